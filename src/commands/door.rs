//! What is said at the door, before any command: a greeting, and that a secret was left with us. Cards only.

use super::{House, explain};
use crate::chat::{Answers, Button, ButtonStyle, Card, Reply, Tone, Urge, What};
use crate::people::Account;
use crate::secret::looks_secret;
use crate::speech::Line;

/// Whether something secret is in what was said. Then nothing of it may be read on, kept or logged.
pub fn tells_a_secret(what: &What) -> bool {
    match what {
        What::Said(text) | What::Overheard(text) => looks_secret(text),
        What::Invoke { answers, .. } | What::Fill { answers, .. } => answers.values().any(|value| looks_secret(value)),
        What::Press(_) | What::Turn { .. } | What::Arrived => false,
    }
}

/// The warning, for the person alone.
pub(super) fn secret_told() -> Reply {
    let card = Card::new(Tone::Warn, Line::new("desk-secret"))
        .text(Line::new("desk-secret-kept"))
        .text(Line::new("desk-secret-what-now"));
    Reply::private(card)
}

/// What this is, what it costs, and where to begin.
pub(super) fn greeting(house: &House, account: &Account) -> Reply {
    let network = &house.grid.network;
    let grid = if network.is_sandbox() {
        Line::new("desk-hello-practice")
    } else {
        Line::new("desk-hello-grid").with("grid", network.name.as_str())
    };
    let button = |text: &str, style, command: &str| {
        Button::new(Line::new(text), style, Urge::Run { command: command.to_owned(), answers: Answers::new() })
    };
    let mut card = Card::new(Tone::Plain, Line::new("desk-hello")).text(grid);
    let own = house.deployments.of(account).len();
    card = match own {
        0 => card.text(Line::new("desk-hello-begin")),
        _ => card.text(Line::new("desk-hello-again").with("count", own)),
    };
    card = card.button(button("desk-hello-deploy", ButtonStyle::Primary, "deploy"));
    if own > 0 {
        card = card.button(button("named-list", ButtonStyle::Plain, "list"));
    }
    Reply::new(card.button(explain::help(None)))
}
