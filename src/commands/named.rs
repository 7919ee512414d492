//! Choosing one of somebody's deployments: the question and the look-up that several commands share.

use super::{Context, Trouble};
use crate::chat::{Answers, Button, ButtonStyle, Choice, Field, Form, Refusal, Urge, nearest};
use crate::deploy::Entry;
use crate::speech::Line;
use std::sync::Arc;

/// Asks which one, when it was not said; the only one is taken without asking.
pub(super) fn choose(cx: &Context<'_>, answers: &Answers, question: Line) -> Result<Form, Trouble> {
    let own = cx.house.deployments.of(cx.account);
    if own.is_empty() && !answers.contains_key("name") {
        return Err(none().into());
    }
    let names: Vec<String> = own.iter().map(|entry| entry.seen().plan.order.name.clone()).collect();
    let choices =
        names.iter().map(|name| Choice::new(name.clone(), Line::new("named-choice").with("name", name.as_str())));
    let default = match names.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    Ok(Form { fields: vec![Field { name: "name", question, choices: choices.collect(), free: true, default }] })
}

/// The deployment that was named; also one that is gone, when no living one has the name. A button may say the id
/// instead, which no name can look like: names are shorter.
pub(super) fn find(cx: &Context<'_>, answers: &Answers) -> Result<Arc<Entry>, Trouble> {
    let name = answers.get("name").map(|name| name.trim().to_lowercase()).unwrap_or_default();
    let by_id = cx.house.deployments.get(&name).filter(|entry| entry.seen().plan.owner == cx.account.key);
    if let Some(entry) = by_id.or_else(|| cx.house.deployments.named(cx.account, &name)) {
        return Ok(entry);
    }
    let own: Vec<String> =
        cx.house.deployments.of(cx.account).iter().map(|entry| entry.seen().plan.order.name.clone()).collect();
    if own.is_empty() {
        return Err(none().into());
    }
    let what = Line::new("named-unknown").with("name", name.as_str());
    let refusal = match nearest(&name, own.iter().map(String::as_str)) {
        Some(meant) => Refusal::new(what, Line::new("named-meant").with("name", meant)),
        None => Refusal::new(what, Line::new("named-known").with("names", own.join(", "))),
    };
    let list = Urge::Run { command: "list".to_owned(), answers: Answers::new() };
    Err(refusal.way(Button::new(Line::new("named-list"), ButtonStyle::Plain, list)).into())
}

fn none() -> Refusal {
    let deploy = Urge::Run { command: "deploy".to_owned(), answers: Answers::new() };
    Refusal::new(Line::new("named-none"), Line::new("named-none-why")).way(Button::new(
        Line::new("list-deploy"),
        ButtonStyle::Primary,
        deploy,
    ))
}
