//! What a deployment looks like: its card, as a function of its log.
//!
//! Nothing here awaits, fails or reads the clock: the moment is a parameter. The words are in
//! `locales/<lang>/deploy.ftl`.

use super::event::{Addresses, FailureKind, Why};
use super::log::{Log, Part, Stage, State};
use super::plan::Site;
use crate::chat::{Answers, Block, Button, ButtonStyle, Card, Mark, Tone, Urge};
use crate::clock::Timestamp;
use crate::recipes::{Level, Recipe};
use crate::speech::{Line, units};
use crate::verify::Verdict;

/// The card of `log` at `now`; `waiting` is what is being waited for, in technical words.
pub fn card(log: &Log, recipe: Option<&Recipe>, now: Timestamp, waiting: Option<&str>) -> Card {
    match log.stage() {
        Stage::Starting => starting(log, recipe, now, waiting),
        Stage::Running => running(log, recipe),
        Stage::Stopping => stopping(log, waiting),
        Stage::Gone => gone(log),
    }
}

/// A button that runs a command about this deployment.
fn run(log: &Log, text: &str, style: ButtonStyle, command: &str) -> Button {
    let answers = Answers::from([("name".to_owned(), log.plan.order.name.clone())]);
    Button::new(Line::new(text), style, Urge::Run { command: command.to_owned(), answers })
}

fn named(id: &str, log: &Log) -> Line {
    Line::new(id).with("name", log.plan.order.name.as_str())
}

fn title_of(log: &Log, recipe: Option<&Recipe>) -> Line {
    recipe.map_or_else(|| named("deploy-unknown-recipe", log), Recipe::title)
}

/// `Casper, small`, and where, once it is known.
fn what(log: &Log, recipe: Option<&Recipe>) -> Line {
    Line::new("deploy-what").with("recipe", title_of(log, recipe)).with("size", log.plan.order.size.as_str())
}

/// City and country, and the node.
fn place(site: &Site) -> Line {
    let id = if site.machine.city.is_empty() { "deploy-place-country" } else { "deploy-place" };
    let line = Line::new(id).with("country", site.machine.country.as_str()).with("node", site.machine.node.0);
    if site.machine.city.is_empty() { line } else { line.with("city", site.machine.city.as_str()) }
}

fn starting(log: &Log, recipe: Option<&Recipe>, now: Timestamp, waiting: Option<&str>) -> Card {
    let mut card = Card::new(Tone::Busy, named("deploy-starting", log).with("what", what(log, recipe)));
    for part in &log.parts {
        if let Some(site) = part.place.done() {
            card = card.text(place(site));
        }
        card = moves(card, part);
        card = card.block(Block::Progress(steps(log, part, recipe, now)));
    }
    if let Some(waiting) = waiting {
        card = card.text(Line::new("deploy-waiting").with("what", waiting));
    }
    card.text(price(log)).button(run(log, "deploy-stop", ButtonStyle::Danger, "destroy"))
}

fn price(log: &Log) -> Line {
    Line::new("deploy-price").with("hour", units::tft(log.plan.hourly.as_f64()))
}

fn moves(mut card: Card, part: &Part) -> Card {
    for failure in part.moves.iter().chain(&part.failed) {
        let kind = Line::new(format!("deploy-failed-{}", failure_word(failure.kind)));
        let line = match failure.node {
            Some(node) => Line::new("deploy-moved").with("node", node.0).with("why", kind),
            None => Line::new("deploy-again").with("why", kind),
        };
        card = card.text(line);
    }
    card
}

fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Silent => "silent",
        FailureKind::Refused => "refused",
        FailureKind::Workload => "workload",
        FailureKind::Slow => "slow",
        FailureKind::NotAnswering => "not-answering",
        FailureKind::Chain => "chain",
    }
}

fn steps(log: &Log, part: &Part, recipe: Option<&Recipe>, now: Timestamp) -> Vec<(Mark, Line)> {
    let usual = recipe.map(|recipe| recipe.usual_s);
    vec![
        step("deploy-step-reserve", &log.reserve, now, None),
        step("deploy-step-place", &part.place, now, None),
        step("deploy-step-contract", &part.contract, now, None),
        step("deploy-step-launch", &part.launch, now, usual),
        step("deploy-step-prove", &part.prove, now, None),
    ]
}

fn step<T>(id: &str, state: &State<T>, now: Timestamp, usual: Option<(u64, u64)>) -> (Mark, Line) {
    let name = Line::new(id);
    match (state, usual) {
        (State::Open, _) => (Mark::Open, name),
        (State::Began { at, .. }, Some((from, to))) => {
            let span = |secs| units::duration(std::time::Duration::from_secs(secs));
            let line = Line::new("deploy-step-usual").with("step", name).with("time", units::duration(now.since(*at)));
            (Mark::Busy, line.with("from", span(from)).with("to", span(to)))
        }
        (State::Began { at, .. }, None) => (Mark::Busy, timed(name, now.since(*at))),
        (State::Did { began, at, .. }, _) => (Mark::Done, timed(name, at.since(*began))),
    }
}

fn timed(step: Line, span: std::time::Duration) -> Line {
    Line::new("deploy-step-time").with("step", step).with("time", units::duration(span))
}

fn running(log: &Log, recipe: Option<&Recipe>) -> Card {
    let since = log.parts.iter().filter_map(|part| match &part.prove {
        State::Did { at, .. } => Some(*at),
        _ => None,
    });
    let since = since.max().unwrap_or(log.ordered);
    let verdicts = || log.parts.iter().filter_map(|part| part.seen.as_ref());
    let trouble = verdicts().find_map(|verdict| verdict.trouble.filter(|trouble| !trouble.may_pass()));
    let tone = if trouble.is_some() { Tone::Warn } else { Tone::Good };
    let title = named("deploy-running", log)
        .with("since", units::moment(since))
        .with("took", units::duration(since.since(log.ordered)));
    let mut card = Card::new(tone, title).text(what(log, recipe));
    for part in &log.parts {
        if let Some(site) = part.place.done() {
            card = card.text(place(site));
        }
        card = moves(card, part);
        if let Some(addresses) = part.launch.done() {
            card = reachable(card, addresses, log);
        }
        if let (Some(verdict), Some(recipe)) = (&part.seen, recipe) {
            card = levels(card, verdict, recipe);
        }
        if let Some(contracts) = part.contract.done() {
            let mut ids = contracts.all();
            ids.sort_unstable();
            let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            card = card.fact(Line::new("deploy-contracts"), Line::new("deploy-literal").with("text", ids));
        }
    }
    card.text(price(log)).button(run(log, "deploy-prove-again", ButtonStyle::Plain, "verify")).button(run(
        log,
        "deploy-stop",
        ButtonStyle::Danger,
        "destroy",
    ))
}

/// What a person copies or opens.
fn reachable(mut card: Card, addresses: &Addresses, log: &Log) -> Card {
    let address = addresses.ipv4.as_ref().or(addresses.mycelium.as_ref());
    if let Some(address) = address {
        card = card.block(Block::Code(if log.plan.order.ssh_key.is_some() {
            format!("ssh root@{address}")
        } else {
            address.clone()
        }));
    }
    if let Some(url) = &addresses.web {
        card = card.block(Block::Link { text: Line::new("deploy-web"), url: url.clone() });
    }
    card
}

/// Each level that the recipe can prove, what keeps it from the next, and when that was seen.
pub fn levels(card: Card, verdict: &Verdict, recipe: &Recipe) -> Card {
    let top = recipe.probe.top();
    let mut lines = Vec::new();
    for level in [Level::Booted, Level::Answering, Level::Following, Level::Agreed] {
        if level > top || level < recipe.probe.done() {
            continue;
        }
        let reached = verdict.level.is_some_and(|reached| reached >= level);
        lines.push((if reached { Mark::Done } else { Mark::Busy }, level.line()));
    }
    let card = card.block(Block::Progress(lines));
    let card = match verdict.trouble {
        Some(trouble) => card.text(Line::new("deploy-not-yet").with("trouble", trouble.line())),
        None if verdict.level < Some(top) => card.text(Line::new("deploy-not-yet-look")),
        None => card,
    };
    card.text(Line::new("deploy-looked").with("at", units::moment(verdict.at)))
}

fn stopping(log: &Log, waiting: Option<&str>) -> Card {
    let card = Card::new(Tone::Busy, named("deploy-stopping", log)).text(Line::new("deploy-stopping-what"));
    match waiting {
        Some(waiting) => card.text(Line::new("deploy-waiting").with("what", waiting)),
        None => card,
    }
}

fn gone(log: &Log) -> Card {
    let at = log.closed.unwrap_or(log.ordered);
    let Some((why, _)) = &log.turned else { return Card::new(Tone::Plain, named("deploy-gone", log)) };
    if *why == Why::Person {
        return Card::new(Tone::Plain, named("deploy-gone", log).with("since", units::moment(at)))
            .text(Line::new("deploy-nothing-left"));
    }
    let mut card = Card::new(Tone::No, named("deploy-not-started", log));
    card = match why {
        Why::Person => card,
        Why::NoPlace => card.text(Line::new("deploy-why-no-place")),
        Why::NoGateway => card.text(Line::new("deploy-why-no-gateway")),
        Why::GaveUp(failure) => {
            let kind = Line::new(format!("deploy-failed-{}", failure_word(failure.kind)));
            let card = card.text(Line::new("deploy-why-gave-up").with("why", kind));
            if failure.text.is_empty() { card } else { card.block(Block::Code(failure.text.clone())) }
        }
        Why::Money { have, need } => card
            .text(
                Line::new("deploy-why-money")
                    .with("have", units::tft(have.as_f64()))
                    .with("need", units::tft(need.as_f64())),
            )
            .text(Line::new("order-no-money-send"))
            .block(Block::Code(log.plan.payer.to_string())),
        Why::NotVerified => card.text(Line::new("deploy-why-not-verified")),
        Why::Quota => card.text(Line::new("deploy-why-quota")),
        Why::Refused(text) => card.text(Line::new("deploy-why-refused")).block(Block::Code(text.clone())),
    };
    card.text(Line::new("deploy-nothing-left"))
}
