//! All words: every one that the program says exists, none is left over, and every language says the same.
//!
//! The sources are read as text, so that a message that is built somewhere is found without running it. What
//! is read: literals that are a message's id, and `format!` patterns of `Line::new`.

use bellhop::chat::Spec;
use bellhop::commands::COMMANDS;
use bellhop::speech::{FILES, LANGUAGES, Line, PSEUDO, Voices, source};
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// By id, or `id.attribute`: the variables.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn messages(language: &str) -> Messages {
    let mut all = Messages::new();
    for (file, text) in source(language) {
        let resource = match fluent_syntax::parser::parse(text) {
            Ok(resource) => resource,
            Err((_, faults)) => panic!("locales/{language}/{file}.ftl cannot be read: {faults:?}"),
        };
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name;
            assert!(
                id == file || id.starts_with(&format!("{file}-")),
                "locales/{language}/{file}.ftl: {id} must begin with {file}-"
            );
            let value = message.value.iter().map(|pattern| (id.to_owned(), pattern));
            let attributes = message.attributes.iter().map(|a| (format!("{id}.{}", a.id.name), &a.value));
            for (id, pattern) in value.chain(attributes) {
                let mut found = BTreeSet::new();
                variables(pattern, &mut found);
                assert!(all.insert(id.clone(), found).is_none(), "{language}: {id} is there twice");
            }
        }
    }
    all
}

fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_variables(expression, found);
        }
    }
}

fn expression_variables(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    let inline = match expression {
        Expression::Inline(inline) => inline,
        Expression::Select { selector, variants } => {
            variants.iter().for_each(|variant| variables(&variant.value, found));
            selector
        }
    };
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => expression_variables(expression, found),
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            for argument in positional {
                if let InlineExpression::VariableReference { id } = argument {
                    found.insert(id.name.to_owned());
                }
            }
        }
        _ => {}
    }
}

/// A source file, without comments and without its tests.
struct Source {
    path: PathBuf,
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.push(Source { path: path.clone(), text: code.collect::<Vec<_>>().join("\n") });
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// Every string literal of a source, with where it begins and ends.
fn literals(text: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        match letter {
            // A quotation mark as a character is no string.
            '\'' => {
                let ahead: String = letters.clone().take(3).map(|(_, letter)| letter).collect();
                if ahead.starts_with("\\\"'") || ahead.starts_with("\\''") {
                    letters.nth(2);
                } else if ahead.starts_with("\"'") {
                    letters.nth(1);
                }
            }
            '"' => {
                let mut literal = String::new();
                while let Some((at, letter)) = letters.next() {
                    match letter {
                        '\\' => drop(letters.next()),
                        '"' => {
                            found.push((literal, start, at + 1));
                            break;
                        }
                        letter => literal.push(letter),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The names given by `.with("…", …)` right behind position `at`.
fn chained(text: &str, at: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text[at..].trim_start().trim_start_matches([',', ')']).trim_start();
    while let Some(after) = rest.strip_prefix(".with(") {
        let Some(name) = after.trim_start().strip_prefix('"').and_then(|name| name.split('"').next()) else { break };
        names.insert(name.to_owned());
        let mut depth = 1;
        let mut quoted = false;
        let end = after.char_indices().find(|(_, letter)| {
            match letter {
                '"' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some((end, _)) = end else { break };
        rest = after[end + 1..].trim_start();
    }
    names
}

/// Whether `id` is one that the `format!` pattern can make.
fn fits(pattern: &str, id: &str) -> bool {
    let mut pieces = pattern.split('{');
    let Some(mut rest) = pieces.next().and_then(|head| id.strip_prefix(head)) else { return false };
    for piece in pieces {
        let tail = piece.split_once('}').map_or("", |(_, tail)| tail);
        if tail.is_empty() {
            return !rest.is_empty();
        }
        let Some(at) = rest.find(tail) else { return false };
        rest = &rest[at + tail.len()..];
    }
    rest.is_empty()
}

#[test]
fn every_word_that_is_said_exists_with_exactly_its_variables_and_none_is_left_over() {
    let english = messages("en");
    let heads: Vec<String> = FILES.iter().map(|file| format!("{file}-")).collect();
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    for Source { path, text } in sources() {
        let name = path.display();
        for (literal, start, end) in literals(&text) {
            let before = text[..start].trim_end();
            let made = ["Line::new(", "Line::new(format!("].iter().any(|call| before.ends_with(call));
            if literal.contains('{') && heads.iter().any(|head| literal.starts_with(head))
                || literal.starts_with("{}-command")
            {
                let family: Vec<_> = english.keys().filter(|id| fits(&literal, id)).cloned().collect();
                if family.is_empty() {
                    faults.push(format!("{name}: no message fits {literal:?}"));
                }
                used.extend(family);
                continue;
            }
            let Some(wanted) = english.get(&literal) else {
                if made {
                    faults.push(format!("{name}: there is no message {literal:?}"));
                }
                continue;
            };
            used.insert(literal.clone());
            let given = if made { chained(&text, end) } else { BTreeSet::new() };
            faults.extend(given.difference(wanted).map(|extra| format!("{name}: {literal} has no variable {extra}")));
            let elsewhere =
                |variable: &&String| !given.contains(*variable) && !text.contains(&format!(".with(\"{variable}\""));
            faults.extend(wanted.iter().filter(elsewhere).map(|lack| format!("{name}: {literal} lacks its {lack}")));
        }
    }
    let spoken = |id: &&String| !used.contains(*id);
    faults.extend(english.keys().filter(spoken).map(|id| format!("nobody says {id}: delete it from locales/")));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_language_says_the_same() {
    let english = messages("en");
    for language in LANGUAGES {
        let own = messages(language);
        for (id, variables) in &english {
            let Some(said) = own.get(id) else { panic!("locales/{language} lacks {id}") };
            assert_eq!(said, variables, "locales/{language}: {id} must use the same variables as in en");
        }
        for id in own.keys().filter(|id| !names_a_command(id)) {
            assert!(english.contains_key(id), "locales/{language}: {id} is not there in en: delete it");
        }
    }
}

#[test]
fn every_file_is_embedded() {
    for language in LANGUAGES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language);
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        there.sort();
        assert_eq!(there, FILES, "src/speech/words.rs must list, in order, the files of locales/{language}");
    }
}

/// Whether `id` is how a command (`deploy-command`) or one of its parameters (`deploy-command.size-name`) is called in
/// another language than English, whose names are everywhere understood.
fn names_a_command(id: &str) -> bool {
    COMMANDS.iter().map(|command| command.spec()).any(|Spec { name, params, .. }| {
        id.strip_prefix(&format!("{name}-command"))
            .is_some_and(|rest| rest.is_empty() || params.iter().any(|param| rest == format!(".{}-name", param.name)))
    })
}

/// What Discord takes as the name of a command or an option in another language: lower case, no spaces.
fn is_name_elsewhere(name: &str) -> bool {
    (1..=32).contains(&name.chars().count())
        && name.to_lowercase() == name
        && name.chars().all(|letter| letter.is_alphanumeric() || "-_'".contains(letter))
}

#[test]
fn commands_have_proper_names_in_other_languages() {
    let voices = Voices::load();
    for language in LANGUAGES {
        let voice = voices.find([*language]);
        let called = |id: &str, base: &str| {
            let own = voice.own(id);
            assert!(*language != "en" || own.is_none(), "{id}: the English name is the base itself");
            let name = own.unwrap_or_else(|| base.to_owned());
            assert!(is_name_elsewhere(&name), "{language}: {id} = {name}");
            name
        };
        let mut commands = BTreeSet::new();
        for Spec { name, params, .. } in COMMANDS.iter().map(|command| command.spec()) {
            let own = called(&format!("{name}-command"), name);
            assert!(commands.insert(own.clone()), "{language}: two commands are called {own}");
            let mut fields = BTreeSet::new();
            for param in *params {
                let own = called(&format!("{name}-command.{}-name", param.name), param.name);
                assert!(fields.insert(own.clone()), "{language}: two options of /{name} are called {own}");
            }
        }
    }
}

/// Discord takes 1 to 32 of these in the name of a command or an option, Telegram in that of a command.
fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[test]
fn commands_fit_the_rules_of_every_platform_in_every_language() {
    let voices = Voices::load();
    let mut names = BTreeSet::new();
    for command in COMMANDS {
        let Spec { name, params, .. } = command.spec();
        assert!(is_name(name), "/{name}");
        assert!(names.insert(name), "/{name} is there twice");
        assert!(params.len() <= 25, "/{name}: Discord takes 25 options");
        let positional: Vec<bool> = params.iter().map(|param| param.positional).collect();
        assert!(positional.is_sorted_by(|a, b| a >= b), "/{name}: bare words come first");
        for language in LANGUAGES.iter().chain(&[PSEUDO]) {
            let voice = voices.find([*language]);
            let described = |id: String| {
                let words = voice.say(&Line::new(id.clone()));
                assert!(!words.contains(&id), "{id} has no words in {language}");
                // Discord: 1 to 100 characters; Telegram: 3 to 256.
                assert!(
                    (3..=100).contains(&words.chars().count()),
                    "{language}: {id} is too long or too short: {words}"
                );
                words.chars().count()
            };
            let mut whole = name.len() + described(format!("{name}-command.description"));
            for param in *params {
                assert!(is_name(param.name), "/{name} {}", param.name);
                whole += param.name.len() + described(format!("{name}-command.{}", param.name));
            }
            assert!(whole <= 8000, "/{name}: Discord takes 8000 characters for a whole command");
        }
    }
}

#[test]
fn the_pseudo_language_is_longer_and_leaves_values_alone() {
    let voices = Voices::load();
    let (english, pseudo) = (voices.find(["en"]), voices.find([PSEUDO]));
    for (id, variables) in messages("en") {
        let mut line = Line::new(id.clone());
        for variable in &variables {
            line = line.with(variable, "VALUE");
        }
        let (plain, long) = (english.say(&line), pseudo.say(&line));
        assert_eq!(plain.matches("VALUE").count(), long.matches("VALUE").count(), "{id}");
        assert!(!plain.contains("{$") && !plain.contains(['\u{2068}', '\u{2069}']), "{id}: {plain}");
        let letters = plain.replace("VALUE", "").chars().filter(|letter| letter.is_alphabetic()).count();
        assert!(long.chars().count() * 10 >= plain.chars().count() * 10 + letters * 4 - 10, "{id}: {long}");
    }
}

#[test]
fn the_reader_of_sources_reads() {
    let text = r#"Line::new("a-b").with("x", f(1, ")")).with("y", z); let c = '"'; "tail""#;
    let found = literals(text);
    assert_eq!(found[0].0, "a-b");
    assert_eq!(found.last().unwrap().0, "tail");
    assert_eq!(chained(text, found[0].2), BTreeSet::from(["x".to_owned(), "y".to_owned()]));
    assert!(fits("recipes-{}-title", "recipes-casper-title"));
    assert!(fits("deploy-failed-{}", "deploy-failed-not-answering"));
    assert!(!fits("recipes-{}-title", "recipes-casper-about"));
}
