//! A line that somebody typed, read as a command: `/deploy casper name:orchid ssh_key:"ssh-ed25519 AAAA… me@host"`.
//!
//! Pure, and it never panics. Forgives what phones and habits do: a capital at the start, curly quotes,
//! `--size=small`, a bot's name behind the command, an SSH key without quotes. Whether an answer makes sense
//! is not decided here.

use crate::chat::{Answers, ParamKind, Spec};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The command, as the table names it.
    pub command: &'static str,
    /// Its answers, by the names of its parameters.
    pub answers: Answers,
}

/// Why a line is not a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing but a slash.
    Empty,
    /// No such command.
    Command(String),
    /// The command has no such parameter.
    Param(&'static str, String),
    /// A word that fits nowhere.
    Extra(&'static str, String),
    /// A parameter given twice.
    Twice(&'static str, &'static str),
    /// A parameter without a value.
    NoValue(&'static str, &'static str),
    /// A quote that is not closed.
    OpenQuote,
}

/// One word: a key and what follows it, or a bare word.
#[derive(Debug, PartialEq)]
struct Word {
    key: Option<String>,
    value: String,
    /// Written as `--key`, with or without a value.
    dashed: bool,
}

/// Reads `line` as one of the commands of `specs`; a slash in front may be there or not.
///
/// # Errors
/// The first thing that cannot be read.
pub fn parse(line: &str, specs: &[&'static Spec]) -> Result<Typed, Unreadable> {
    let line = line.trim().trim_start_matches('/');
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    // Telegram writes `/deploy@the_bot` in groups.
    let name = name.split('@').next().unwrap_or(name).to_lowercase();
    if name.is_empty() {
        return Err(Unreadable::Empty);
    }
    let spec = specs.iter().find(|spec| spec.name == name).ok_or(Unreadable::Command(name))?;
    let mut answers = Answers::new();
    for word in words(rest, spec)? {
        let (param, value) = place(word, spec, &answers)?;
        if answers.insert(param.to_owned(), value).is_some() {
            return Err(Unreadable::Twice(spec.name, param));
        }
    }
    Ok(Typed { command: spec.name, answers })
}

/// Which parameter a word answers.
fn place(word: Word, spec: &Spec, answers: &Answers) -> Result<(&'static str, String), Unreadable> {
    let named = |name: &str| spec.params.iter().find(|param| param.name == name.to_lowercase().replace('-', "_"));
    if let Some(key) = word.key {
        let param = named(&key).ok_or(Unreadable::Param(spec.name, key))?;
        return match (word.value.is_empty(), word.dashed, param.kind) {
            (true, true, ParamKind::YesNo) => Ok((param.name, "yes".to_owned())),
            (true, ..) => Err(Unreadable::NoValue(spec.name, param.name)),
            _ => Ok((param.name, word.value)),
        };
    }
    // `terms` and `now` say yes by being there, unless a positional parameter waits for just that word.
    if let Some(param) = named(&word.value)
        && param.kind == ParamKind::YesNo
        && !answers.contains_key(param.name)
    {
        return Ok((param.name, "yes".to_owned()));
    }
    let free = spec.params.iter().find(|param| param.positional && !answers.contains_key(param.name));
    free.map(|param| (param.name, word.value.clone())).ok_or(Unreadable::Extra(spec.name, word.value))
}

/// Cuts the rest of a line into words.
fn words(text: &str, spec: &Spec) -> Result<Vec<Word>, Unreadable> {
    let mut words: Vec<Word> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut word = Word { key: None, value: String::new(), dashed: false };
        // A phone makes one long dash of two.
        if let Some(after) = rest.strip_prefix("--").or_else(|| rest.strip_prefix('—'))
            && after.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            word.dashed = true;
            rest = after;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(end);
        if head.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // `http://…` is a bare word, not the parameter `http`.
            if let Some(value) = tail.strip_prefix([':', '=']).filter(|value| !value.starts_with("//")) {
                word.key = Some(head.to_owned());
                rest = value;
            } else if word.dashed {
                word.key = Some(head.to_owned());
                rest = tail;
                words.push(word);
                rest = rest.trim_start();
                continue;
            }
        }
        (word.value, rest) = value(rest)?;
        if !joins(words.last(), &word, spec) {
            words.push(word);
        } else if let Some(last) = words.last_mut() {
            last.value.push(' ');
            last.value.push_str(&word.value);
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// Whether `word` is the next piece of an SSH key that somebody pasted without quotes.
fn joins(last: Option<&Word>, word: &Word, spec: &Spec) -> bool {
    let Some(last) = last.filter(|last| last.key.is_some() && word.key.is_none() && !word.dashed) else { return false };
    let pieces = last.value.split(' ').count();
    let key = ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| last.value.starts_with(kind));
    let known = spec.params.iter().any(|param| param.name == word.value);
    key && ((pieces == 1 && word.value.starts_with("AAAA")) || (pieces == 2 && !known && word.value.contains('@')))
}

const DOUBLE: &[char] = &['"', '“', '”', '„', '«', '»'];
const SINGLE: &[char] = &['\'', '‘', '’', '‚'];

/// A value at the front of `text`, quoted or up to the next space, and what follows it.
fn value(text: &str) -> Result<(String, &str), Unreadable> {
    let quotes = [DOUBLE, SINGLE].into_iter().find(|quotes| text.starts_with(*quotes));
    let Some(quotes) = quotes else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return Ok((word.to_owned(), rest));
    };
    let mut letters = text.chars();
    letters.next();
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            match letters.clone().next() {
                Some(next) if next == '\\' || quotes.contains(&next) => {
                    value.push(next);
                    letters.next();
                }
                _ => value.push(letter),
            }
        } else if quotes.contains(&letter) {
            return Ok((value, letters.as_str()));
        } else {
            value.push(letter);
        }
    }
    Err(Unreadable::OpenQuote)
}

/// The line that says the same at once: what a finished wizard shows.
pub fn one_liner(spec: &Spec, answers: &Answers) -> String {
    let mut line = format!("/{}", spec.name);
    let mut bare = true;
    for param in spec.params {
        let Some(value) = answers.get(param.name) else {
            bare = bare && !param.positional;
            continue;
        };
        let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/@+".contains(c));
        let flag = |param: &crate::chat::Param| param.kind == ParamKind::YesNo && param.name == value;
        line.push(' ');
        if !(param.positional && bare && plain && !value.starts_with('-') && !spec.params.iter().any(flag)) {
            line.push_str(param.name);
            line.push(':');
        }
        if plain {
            line.push_str(value);
        } else {
            line.push('"');
            for letter in value.chars() {
                if letter == '\\' || DOUBLE.contains(&letter) {
                    line.push('\\');
                }
                line.push(letter);
            }
            line.push('"');
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Param, Place, Role};
    use proptest::prelude::*;

    static DEPLOY: Spec = Spec {
        name: "deploy",
        params: &[
            Param { name: "recipe", kind: ParamKind::Recipe, positional: true },
            Param { name: "name", kind: ParamKind::Text, positional: false },
            Param { name: "ssh_key", kind: ParamKind::Text, positional: false },
            Param { name: "now", kind: ParamKind::YesNo, positional: false },
        ],
        needs: Role::Member,
        place: Place::Anywhere,
        answers: crate::chat::Audience::Room,
        open: false,
        acts: true,
    };

    fn read(line: &str) -> Result<Vec<(String, String)>, Unreadable> {
        parse(line, &[&DEPLOY]).map(|typed| typed.answers.into_iter().collect())
    }

    fn is(line: &str, answers: &[(&str, &str)]) {
        let answers: Vec<_> = answers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(read(line), Ok(answers), "{line}");
    }

    #[test]
    fn a_line_with_every_answer_is_read() {
        is(
            r#"/deploy casper name:x ssh_key:"ssh-ed25519 AAAA me@host" now:yes"#,
            &[("name", "x"), ("now", "yes"), ("recipe", "casper"), ("ssh_key", "ssh-ed25519 AAAA me@host")],
        );
    }

    #[test]
    fn the_habits_of_phones_are_forgiven() {
        is("/Deploy Casper Name:x", &[("name", "x"), ("recipe", "Casper")]);
        is("/deploy@bellhop_bot casper", &[("recipe", "casper")]);
        is("/deploy name:“my node”", &[("name", "my node")]);
        is("/deploy --recipe=casper --now", &[("now", "yes"), ("recipe", "casper")]);
        is("/deploy casper —now", &[("now", "yes"), ("recipe", "casper")]);
        is("/deploy casper now", &[("now", "yes"), ("recipe", "casper")]);
        is("/deploy --ssh-key=x", &[("ssh_key", "x")]);
        is(
            "/deploy casper ssh_key:ssh-ed25519 AAAAC3Nz me@host now",
            &[("now", "yes"), ("recipe", "casper"), ("ssh_key", "ssh-ed25519 AAAAC3Nz me@host")],
        );
        is("/deploy http://x/y", &[("recipe", "http://x/y")]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(read("/"), Err(Unreadable::Empty));
        assert_eq!(read("/dpeloy"), Err(Unreadable::Command("dpeloy".into())));
        assert_eq!(read("/deploy nmae:x"), Err(Unreadable::Param("deploy", "nmae".into())));
        assert_eq!(read("/deploy casper large"), Err(Unreadable::Extra("deploy", "large".into())));
        assert_eq!(read("/deploy name:x name:y"), Err(Unreadable::Twice("deploy", "name")));
        assert_eq!(read("/deploy name: casper"), Err(Unreadable::NoValue("deploy", "name")));
        assert_eq!(read("/deploy name:\"x"), Err(Unreadable::OpenQuote));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,80}") {
            let _ = read(&line);
            let _ = read(&format!("/deploy {line}"));
        }

        #[test]
        fn the_one_liner_says_the_same(recipe in ".{1,12}", name in proptest::option::of("[^\u{0}]{1,12}"), now: bool) {
            let mut answers = Answers::from([("recipe".to_owned(), recipe)]);
            answers.extend(name.map(|name| ("name".to_owned(), name)));
            answers.extend(now.then(|| ("now".to_owned(), "yes".to_owned())));
            let line = one_liner(&DEPLOY, &answers);
            prop_assert_eq!(parse(&line, &[&DEPLOY]).map(|typed| typed.answers), Ok(answers), "{}", line);
        }
    }
}
