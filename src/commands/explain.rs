//! What the desk says to lines that cannot be read and buttons that are not yours. Words only; nothing is done here.

use super::{Command, Trouble, Unreadable, commands_for, parse};
use crate::chat::{Audience, Button, ButtonStyle, Card, Refusal, Reply, Role, Spec, Urge, nearest};
use crate::speech::Line;

/// A way to the help, of one command or of all.
pub(super) fn help(command: Option<&str>) -> Button {
    let answers = command.map(|command| ("command".to_owned(), command.to_owned())).into_iter().collect();
    Button::new(Line::new("desk-help"), ButtonStyle::Plain, Urge::Run { command: "help".to_owned(), answers })
}

/// The line with its first word put right, as far as the rest of it can be read.
fn run(word: &str, line: &str, specs: &[&'static Spec]) -> Button {
    let rest = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    let answers = parse(&format!("/{word} {rest}"), specs).map(|typed| typed.answers).unwrap_or_default();
    let urge = Urge::Run { command: word.to_owned(), answers };
    Button::new(Line::new("desk-take").with("word", format!("/{word}")), ButtonStyle::Primary, urge)
}

/// The command of that name, if somebody of this role may run it.
pub(super) fn find(role: Role, name: &str) -> Result<&'static dyn Command, Trouble> {
    commands_for(role).find(|command| command.spec().name == name).ok_or_else(|| {
        let specs: Vec<_> = commands_for(role).map(Command::spec).collect();
        explain(Unreadable::Command(name.to_owned()), name, &specs).into()
    })
}

/// Words that nobody asked for.
pub(super) fn not_a_command(text: &str, specs: &[&'static Spec]) -> Refusal {
    let first = text.split_whitespace().next().unwrap_or_default();
    let refusal = Refusal::new(Line::new("desk-not-understood"), Line::new("desk-not-understood-why"));
    // Words of a conversation are near to some command by chance: only a slip in its middle counts.
    let near = nearest(first, specs.iter().map(|spec| spec.name)).filter(|near| {
        *near != "help" && first.len() > 2 && near.chars().next() == first.to_lowercase().chars().next()
    });
    match near {
        Some(near) => refusal.way(run(near, text, specs)).way(help(None)),
        None => refusal.way(help(None)),
    }
}

/// What is wrong with a line, in words.
pub(super) fn explain(unreadable: Unreadable, line: &str, specs: &[&'static Spec]) -> Refusal {
    let params = |command: &str| specs.iter().find(|spec| spec.name == command).map_or(&[][..], |spec| spec.params);
    let did_you_mean = |mut refusal: Refusal, word: String| {
        refusal.why = vec![Line::new("desk-did-you-mean").with("word", word)];
        refusal
    };
    match unreadable {
        Unreadable::Empty => {
            Refusal::new(Line::new("desk-not-understood"), Line::new("desk-not-understood-why")).way(help(None))
        }
        Unreadable::Command(name) => {
            let refusal = Refusal::new(
                Line::new("desk-no-command").with("name", name.as_str()),
                Line::new("desk-not-understood-why"),
            );
            match nearest(&name, specs.iter().map(|spec| spec.name)) {
                Some(near) => did_you_mean(refusal, format!("/{near}")).way(run(near, line, specs)),
                None => refusal.way(help(None)),
            }
        }
        Unreadable::Param(command, name) => {
            let near = nearest(&name, params(command).iter().map(|param| param.name));
            let refusal = Refusal::new(
                Line::new("desk-no-parameter").with("command", command).with("name", name),
                Line::new("desk-see-help"),
            );
            match near {
                Some(near) => did_you_mean(refusal, near.to_owned()).way(help(Some(command))),
                None => refusal.way(help(Some(command))),
            }
        }
        Unreadable::Extra(command, word) => Refusal::new(
            Line::new("desk-extra").with("command", command).with("word", word),
            Line::new("desk-see-help"),
        )
        .way(help(Some(command))),
        Unreadable::Twice(command, name) => {
            Refusal::new(Line::new("desk-twice").with("name", name), Line::new("desk-see-help"))
                .way(help(Some(command)))
        }
        Unreadable::NoValue(command, name) => {
            Refusal::new(Line::new("desk-no-value").with("name", name), Line::new("desk-see-help"))
                .way(help(Some(command)))
        }
        Unreadable::OpenQuote => Refusal::new(Line::new("desk-open-quote"), Line::new("desk-open-quote-why")),
    }
}

/// Somebody else's button.
pub(super) fn foreign(owner: &str) -> Reply {
    let what = Line::new("desk-foreign").with("owner", owner);
    let card: Card = Refusal::new(what, Line::new("desk-foreign-why")).way(help(None)).into();
    Reply { card, audience: Audience::Private, topic: None }
}
