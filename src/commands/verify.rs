//! `/verify`: looks at a running deployment afresh, from outside, and shows what was seen.

use super::named::{choose, find};
use super::{Command, Context, Trouble};
use crate::chat::{Answers, Audience, Card, Form, Param, ParamKind, Place, Refusal, Reply, Role, Spec, Tone};
use crate::clock::Timestamp;
use crate::deploy::proof;
use crate::speech::{Line, units};
use crate::verify::Fact;
use async_trait::async_trait;

/// The command.
pub struct Verify;

static SPEC: Spec = Spec {
    name: "verify",
    params: &[Param { name: "name", kind: ParamKind::Deployment, positional: true }],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
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
        let mut evidence: Vec<_> = verdict.evidence.iter().collect();
        evidence.sort_by_key(|evidence| ORDER.iter().position(|what| *what == evidence.what).unwrap_or(ORDER.len()));
        for evidence in evidence {
            card = card.fact(name_of(&evidence.what), value_of(&evidence.what, &evidence.value, verdict.at));
        }
        if let Some(recipe) = &recipe {
            card = proof(card, &verdict, recipe);
        }
        Ok(Reply::new(card))
    }
}

/// What was read of a node, what people ask first in front. Recipes may name more.
const ORDER: &[&str] = &["chain", "state", "peers", "height", "tip", "hash"];
/// Letters of a hash that are enough to compare it by eye.
const HASH: usize = 16;

/// What was read, in words; what only its recipe knows has the recipe's name.
fn name_of(what: &str) -> Line {
    match what {
        "chain" => Line::new("verify-value-chain"),
        "state" => Line::new("verify-value-state"),
        "peers" => Line::new("verify-value-peers"),
        "height" => Line::new("verify-value-height"),
        "tip" => Line::new("verify-value-tip"),
        "hash" => Line::new("verify-value-hash"),
        other => Line::new("verify-evidence").with("text", other),
    }
}

fn value_of(what: &str, value: &Fact, at: Timestamp) -> Line {
    match (what, value) {
        (_, Fact::Time(time)) => Line::new("verify-age").with("age", units::duration(at.since(*time))),
        ("state", Fact::Text(state)) => match state.as_str() {
            "Initialize" => Line::new("verify-state-initialize").with("state", state.as_str()),
            "CatchUp" => Line::new("verify-state-catch-up").with("state", state.as_str()),
            "KeepUp" | "Validate" => Line::new("verify-state-keep-up").with("state", state.as_str()),
            other => Line::new("verify-evidence").with("text", other),
        },
        ("hash", Fact::Text(hash)) if hash.chars().count() > HASH => {
            let start: String = hash.chars().take(HASH).collect();
            Line::new("verify-hash").with("start", start)
        }
        (_, Fact::Number(number)) => Line::new("verify-number").with("number", *number),
        (_, value) => Line::new("verify-evidence").with("text", value.to_string()),
    }
}
