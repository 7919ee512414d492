//! Deep links: `t.me/<bot>?start=<payload>` opens our private chat, and what it carries is asked there at once.
//!
//! A payload is a command's name and answers to its positional parameters, joined by hyphens: `deploy-casper`.
//! Anybody can make such a link for anybody, so it says nothing else: no yes, no price. Not here: who may do what.

use crate::chat::{Answers, Param, ParamKind, Role, Spec, What};
use crate::commands::{Command, commands_for, parse};
use url::Url;

/// The longest payload that Telegram carries.
const LONGEST: usize = 64;
/// Carries nothing: opens the chat.
const NOTHING: &str = "open";

/// What a payload asks; somebody who just came, where it asks nothing that we know.
pub fn read(payload: &str) -> What {
    let mut words = payload.splitn(2, '-');
    let name = words.next().unwrap_or_default().to_lowercase();
    let Some(spec) = specs().find(|spec| spec.name == name) else { return What::Arrived };
    let params: Vec<&Param> = positional(spec).collect();
    let rest = words.next().filter(|rest| !rest.is_empty());
    // A name may have hyphens itself, so the last parameter takes all that is left.
    let values: Vec<&str> = rest.map(|rest| rest.splitn(params.len().max(1), '-').collect()).unwrap_or_default();
    if values.len() > params.len() {
        return What::Arrived;
    }
    let answers = params.iter().zip(values).map(|(param, value)| (param.name.to_owned(), value.to_owned()));
    What::Invoke { command: spec.name.to_owned(), answers: answers.collect() }
}

/// The payload that asks the same, as far as a link can carry it.
fn payload(what: &What) -> Option<String> {
    let (command, answers) = match what {
        What::Invoke { command, answers } => (command.clone(), answers.clone()),
        What::Said(line) => {
            let specs: Vec<&'static Spec> = specs().collect();
            let typed = parse(line, &specs).ok()?;
            (typed.command.to_owned(), typed.answers)
        }
        What::Arrived | What::Press(_) | What::Fill { .. } | What::Turn { .. } | What::Overheard(_) => return None,
    };
    let spec = specs().find(|spec| spec.name == command)?;
    let full = positional(spec).map_while(|param| answers.get(param.name));
    let full = full.fold(command.clone(), |all, value| format!("{all}-{value}"));
    let plain = |text: &str| text.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-".contains(&letter));
    let same = |text: &String| read(text) == What::Invoke { command: command.clone(), answers: bare(spec, &answers) };
    Some(full).filter(|full| full.len() <= LONGEST && plain(full)).filter(same).or(Some(command.clone()))
}

/// The answers that a link carries.
fn bare(spec: &Spec, answers: &Answers) -> Answers {
    let kept = positional(spec).map_while(|param| Some((param.name.to_owned(), answers.get(param.name)?.clone())));
    kept.collect()
}

fn specs() -> impl Iterator<Item = &'static Spec> {
    commands_for(Role::Member).map(Command::spec)
}

fn positional(spec: &Spec) -> impl Iterator<Item = &Param> {
    spec.params.iter().filter(|param| param.positional && param.kind != ParamKind::Inner)
}

/// The link that opens our private chat.
pub fn open(bot: &str) -> Option<Url> {
    Url::parse(&format!("https://t.me/{bot}")).ok()
}

/// The link that starts our private chat and asks `what` there.
pub fn ask(bot: &str, what: Option<&What>) -> Option<Url> {
    let payload = what.and_then(payload).unwrap_or_else(|| NOTHING.to_owned());
    Url::parse(&format!("https://t.me/{bot}?start={payload}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoke(command: &str, answers: &[(&str, &str)]) -> What {
        let answers = answers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        What::Invoke { command: command.to_owned(), answers }
    }

    #[test]
    fn a_payload_asks_a_command() {
        assert_eq!(read("deploy-casper"), invoke("deploy", &[("recipe", "casper")]));
        assert_eq!(read("Deploy"), invoke("deploy", &[]));
        assert_eq!(read("show-my-node"), invoke("show", &[("name", "my-node")]));
        for unknown in ["", "open", "rm-rf", "list-all", "-", "deploy_casper"] {
            assert_eq!(read(unknown), What::Arrived, "{unknown}");
        }
    }

    #[test]
    fn a_link_asks_again_what_was_asked() {
        let url = |what: &What| ask("bellhop_bot", Some(what)).unwrap().to_string();
        let said = |line: &str| url(&What::Said(line.to_owned()));
        assert_eq!(said("/me"), "https://t.me/bellhop_bot?start=me");
        assert_eq!(said("/show@bellhop_bot my-node"), "https://t.me/bellhop_bot?start=show-my-node");
        assert_eq!(said("/deploy casper size:small now"), "https://t.me/bellhop_bot?start=deploy-casper");
        assert_eq!(said("/show \"ünode\""), "https://t.me/bellhop_bot?start=show");
        assert_eq!(said(&format!("/show {}", "x".repeat(64))), "https://t.me/bellhop_bot?start=show");
        assert_eq!(said("what is this"), "https://t.me/bellhop_bot?start=open");
        assert_eq!(url(&invoke("deploy", &[("recipe", "casper")])), "https://t.me/bellhop_bot?start=deploy-casper");
    }
}
