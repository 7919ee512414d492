//! `/verify`: looks at a running deployment afresh, from outside, and shows what was seen.

use super::named::{choose, find};
use super::{Command, Context, Trouble};
use crate::chat::{Answers, Card, Form, Param, ParamKind, Place, Refusal, Reply, Role, Spec, Tone};
use crate::speech::Line;
use async_trait::async_trait;

/// The command.
pub struct Verify;

static SPEC: Spec = Spec {
    name: "verify",
    params: &[Param { name: "name", kind: ParamKind::Deployment, positional: true }],
    needs: Role::Member,
    place: Place::Anywhere,
    acts: false,
};

#[async_trait]
impl Command for Verify {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn form(&self, cx: &Context<'_>, answers: &Answers) -> Result<Form, Trouble> {
        choose(cx, answers, Line::new("verify-which"))
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let entry = find(cx, answers)?;
        let name = entry.seen().plan.order.name.clone();
        let Some(verdict) = cx.house.deployments.verify(&entry).await? else {
            let why = Line::new("verify-no-machine").with("name", name.as_str());
            return Err(Refusal::new(Line::new("verify-no"), why).into());
        };
        let recipe = cx.house.recipes.get(&entry.seen().plan.order.recipe);
        let done = recipe.as_ref().map(|recipe| recipe.probe.done());
        let well = verdict.level.is_some() && verdict.level >= done;
        let title = match verdict.level {
            Some(level) => Line::new("verify-level").with("name", name.as_str()).with("level", level.line()),
            None => Line::new("verify-nothing").with("name", name.as_str()),
        };
        let mut card = Card::new(if well { Tone::Good } else { Tone::Warn }, title);
        if let Some(trouble) = verdict.trouble {
            card = card.text(Line::new("deploy-not-yet").with("trouble", trouble.line()));
        }
        for evidence in &verdict.evidence {
            card = card.fact(
                Line::new("verify-evidence").with("text", evidence.what.as_str()),
                Line::new("verify-evidence").with("text", evidence.value.to_string()),
            );
        }
        Ok(Reply::new(card))
    }
}
