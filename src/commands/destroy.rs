//! `/destroy`: takes a deployment down, after a second yes.

use super::named::{choose, find};
use super::{Command, Context, Trouble};
use crate::chat::{
    Answers, Audience, Button, ButtonStyle, Card, Form, Param, ParamKind, Place, Refusal, Reply, Role, Spec, Tone,
    Topic, Urge,
};
use crate::deploy::Stage;
use crate::speech::{Line, units};
use async_trait::async_trait;

/// The command.
pub struct Destroy;

static SPEC: Spec = Spec {
    name: "destroy",
    params: &[
        Param { name: "name", kind: ParamKind::Deployment, positional: true },
        Param { name: "now", kind: ParamKind::YesNo, positional: false },
    ],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
    acts: true,
};

#[async_trait]
impl Command for Destroy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn form(&self, cx: &Context<'_>, answers: &Answers) -> Result<Form, Trouble> {
        choose(cx, answers, Line::new("destroy-which"))
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let entry = find(cx, answers)?;
        let log = entry.seen();
        let name = log.plan.order.name.as_str();
        if log.stage() == Stage::Gone {
            let why = Line::new("destroy-gone").with("name", name);
            return Err(Refusal::new(Line::new("destroy-no"), why).into());
        }
        if answers.get("now").is_none_or(|now| now != "yes") {
            // By its id: this yes is about this one, not about a later one of the same name.
            let now = Answers::from([("name".to_owned(), entry.id.clone()), ("now".to_owned(), "yes".to_owned())]);
            let yes = Urge::Run { command: SPEC.name.to_owned(), answers: now };
            let keep = Urge::Run {
                command: "show".to_owned(),
                answers: Answers::from([("name".to_owned(), name.to_owned())]),
            };
            let card = Card::new(Tone::Warn, Line::new("destroy-sure").with("name", name))
                .text(Line::new("destroy-what"))
                .text(Line::new("destroy-saves").with("hour", units::tft(log.plan.hourly.as_f64())))
                .button(Button::new(Line::new("destroy-yes"), ButtonStyle::Danger, yes))
                .button(Button::new(Line::new("destroy-keep"), ButtonStyle::Plain, keep));
            return Ok(Reply::new(card));
        }
        cx.house.deployments.destroy(&entry).await?;
        let card = cx.house.deployments.card(&entry.id);
        let card = card.unwrap_or_else(|| Card::new(Tone::Plain, Line::new("desk-done-already")));
        Ok(Reply::new(card).about(Topic::Deployment(entry.id.clone())))
    }
}
