//! `/show`: one deployment as it is now; the message goes on showing it.

use super::named::{choose, find};
use super::{Command, Context, Trouble};
use crate::chat::{Answers, Audience, Card, Form, Param, ParamKind, Place, Reply, Role, Spec, Tone, Topic};
use crate::speech::Line;
use async_trait::async_trait;

/// The command.
pub struct Show;

static SPEC: Spec = Spec {
    name: "show",
    params: &[Param { name: "name", kind: ParamKind::Deployment, positional: true }],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
    acts: false,
};

#[async_trait]
impl Command for Show {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn form(&self, cx: &Context<'_>, answers: &Answers) -> Result<Form, Trouble> {
        choose(cx, answers, Line::new("show-which"))
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let entry = find(cx, answers)?;
        let card = cx.house.deployments.card(&entry.id);
        let card = card.unwrap_or_else(|| Card::new(Tone::Plain, Line::new("desk-done-already")));
        Ok(Reply::new(card).about(Topic::Deployment(entry.id.clone())))
    }
}
