//! A card as messages of Discord: text in parts, and what stands under the last of them.
//!
//! No embeds: people copy from a phone, and a channel can forbid them. Not here: where the messages go.

use super::{controls, markdown};
use crate::chat::Card;
use crate::platforms::{layout, words};
use crate::speech::{Line, Voice};
use serde_json::{Value, json};

/// Letters in a message, counted in UTF-16 units: never fewer than Discord counts.
const LONGEST: usize = 2000;
/// With more messages than this a card becomes its beginning and a file.
const PARTS: usize = 3;
/// Room for the line that points to the file.
const POINTER: usize = 150;
/// Links do not unfold.
pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// Only one person sees it.
pub const EPHEMERAL: u64 = 1 << 6;

/// A card, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The texts of its messages; at least one.
    pub parts: Vec<String>,
    /// All of it, where the parts are only the beginning.
    pub file: Option<String>,
}

/// Draws the text of a card.
pub fn draw(card: &Card<String>, voice: &Voice) -> Drawn {
    let paras = layout::paragraphs(card);
    let measure = |paras: &[layout::Para]| markdown::markdown(paras).encode_utf16().count();
    let parts = layout::split(paras.clone(), LONGEST, measure);
    if parts.len() <= PARTS {
        let parts: Vec<String> = parts.iter().map(|part| markdown::markdown(part)).collect();
        return Drawn { parts: if parts.is_empty() { vec![markdown::markdown(&[])] } else { parts }, file: None };
    }
    let file = Some(layout::text(&paras));
    let pointer = layout::shorten(&voice.say(&Line::new(words::FILE)), POINTER / 2, char::len_utf16);
    let head = layout::split(paras, LONGEST - POINTER, measure).into_iter().next().unwrap_or_default();
    Drawn { parts: vec![format!("{}\n{}", markdown::markdown(&head), markdown::escape(&pointer, true))], file }
}

/// The body of the message with `text`; the last one of a card has its controls.
pub fn body(text: &str, last: Option<(&Card<String>, &Voice, &[String])>) -> Value {
    let components = last.map(|(card, voice, siblings)| controls::rows(card, voice, siblings)).unwrap_or_default();
    json!({
        "content": text,
        "components": components,
        "allowed_mentions": { "parse": [] },
        "flags": SUPPRESS_EMBEDS,
    })
}

/// Says one more thing in a body.
pub fn set(body: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = body.as_object_mut() {
        map.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Block, Button, ButtonStyle, Choice, DraftId, Mark, Press, Question, Texts, Tone};
    use crate::platforms::layout::{Para, Span, paragraphs};
    use crate::speech::{LANGUAGES, PSEUDO, Voices};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    static VOICES: LazyLock<Voices> = LazyLock::new(Voices::load);

    /// What somebody reads, when nothing but our own bold, links and code blocks is markup in it.
    fn read(content: &str) -> Result<String, String> {
        let mut out = String::new();
        let (mut block, mut bold) = (false, false);
        for line in content.split('\n') {
            if line == "```" {
                block = !block;
                continue;
            }
            if block {
                if line.contains("```") {
                    return Err(format!("a fence inside a literal: {line:?}"));
                }
                out.extend([line, "\n"]);
                continue;
            }
            let mut letters = line.chars().peekable();
            let mut begins = true;
            let mut number = false;
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => match letters.next() {
                        Some(escaped) if escaped.is_ascii_punctuation() => out.push(escaped),
                        other => return Err(format!("a backslash before {other:?} in {line:?}")),
                    },
                    '*' if letters.next() == Some('*') => bold = !bold,
                    '[' | ']' if line.contains("](http") => {
                        if letter == ']' {
                            let rest: String = letters.by_ref().collect();
                            let url = rest.strip_prefix("(http").and_then(|rest| rest.strip_suffix(')'));
                            let url = url.ok_or_else(|| format!("half a link: {line:?}"))?;
                            if url.contains(['(', ')', '<', '>', ' ']) {
                                return Err(format!("an address that ends early: {line:?}"));
                            }
                        }
                    }
                    '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' | '@' => {
                        return Err(format!("{letter} is markup in {line:?}"));
                    }
                    '#' | '-' | '>' if begins && !number => return Err(format!("{letter} begins {line:?}")),
                    '.' if begins && number => return Err(format!("a list: {line:?}")),
                    ':' if letters.peek().is_some_and(|next| !next.is_whitespace() && !"*[]".contains(*next)) => {
                        return Err(format!("a picture or a link: {line:?}"));
                    }
                    letter => out.push(letter),
                }
                number = begins && letter.is_ascii_digit();
                begins = begins && (letter.is_whitespace() || number);
            }
            if bold {
                return Err(format!("bold never ends: {line:?}"));
            }
            out.push('\n');
        }
        if block { Err("a literal never ends".to_owned()) } else { Ok(out) }
    }

    /// What should be read, without what a link's address and spaces make different.
    fn bare(text: &str) -> String {
        text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{200b}' && *letter != ':').collect()
    }

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            8 => ".{0,60}",
            4 => "[a-z ]{0,300}",
            4 => r"[\\*_~|`\[\]<>@#:().\-0-9a \n]{0,80}",
            2 => "(@everyone|<@1>|<#2>|```|\\*\\*|\\[x\\]\\(http://y\\)|1\\. |-# |> |👩‍👩‍👧|é|\u{202e}| ){0,30}",
            1 => "[a-z*]{1,40}".prop_map(|word| word.repeat(250)),
        ]
    }

    fn press() -> impl Strategy<Value = Option<Press>> {
        prop_oneof![4 => "[0-9a-f]{24}".prop_map(|id| Some(Press { id })), 1 => Just(Some(Press { id: "00".repeat(12) })), 1 => Just(None)]
    }

    fn texts() -> impl Strategy<Value = Option<Texts>> {
        let some = vec("[a-z_]{1,12}", 1..7)
            .prop_map(|fields| Some(Texts { command: "deploy".into(), draft: DraftId("abc".into()), fields }));
        prop_oneof![3 => Just(None), 1 => some]
    }

    fn block() -> impl Strategy<Value = Block<String>> {
        prop_oneof![
            words().prop_map(Block::Text),
            (words(), words()).prop_map(|(name, value)| Block::Fact { name, value }),
            vec(words(), 0..4)
                .prop_map(|lines| Block::Progress(lines.into_iter().map(|line| (Mark::Busy, line)).collect())),
            words().prop_map(Block::Code),
            (words(), prop_oneof![Just("https://x.y/a?b=(c)#d e".to_owned()), words()])
                .prop_map(|(text, url)| Block::Link { text, url }),
            (words(), 0u64..9).prop_map(|(name, used)| Block::Meter { name, used, of: 5 }),
        ]
    }

    fn question() -> impl Strategy<Value = Option<Question<String>>> {
        let choice = (words(), press()).prop_map(|(text, press)| Choice { value: String::new(), text, press });
        let some = (words(), vec(choice, 0..60), 0usize..4, texts()).prop_map(|(text, choices, page, asks)| {
            Some(Question { draft: DraftId("abc".into()), field: "name".into(), text, choices, free: true, page, asks })
        });
        prop_oneof![Just(None), some]
    }

    prop_compose! {
        fn card()(
            title in words(),
            blocks in vec(block(), 0..8),
            buttons in vec((words(), press(), texts()), 0..40),
            question in question(),
        ) -> Card<String> {
            let button = |(text, press, asks)| Button { text, style: ButtonStyle::Danger, urge: None, press, asks };
            let buttons = buttons.into_iter().map(button).collect();
            Card { tone: Tone::Busy, title, blocks, buttons, question, language: None }
        }
    }

    fn fits(rows: &[Value]) -> Result<usize, String> {
        let mut ids = BTreeSet::new();
        let mut controls = 0;
        let short = |text: &Value, most: usize| {
            let letters = text.as_str().unwrap_or_default().encode_utf16().count();
            if (1..=most).contains(&letters) { Ok(()) } else { Err(format!("{letters} letters of {most}: {text}")) }
        };
        for row in rows {
            let parts = row["components"].as_array().unwrap();
            for part in parts {
                if !ids.insert(part["custom_id"].to_string()) {
                    return Err(format!("an id stands twice: {part}"));
                }
                short(&part["custom_id"], 100)?;
                if part["type"] == 3 {
                    let options = part["options"].as_array().unwrap();
                    let values: BTreeSet<_> = options.iter().map(|option| option["value"].to_string()).collect();
                    if parts.len() != 1 || options.len() > 25 || options.is_empty() || values.len() != options.len() {
                        return Err(format!("a bad list: {part}"));
                    }
                    for option in options {
                        short(&option["label"], 100)?;
                        short(&option["value"], 100)?;
                    }
                    controls += options.len();
                } else {
                    short(&part["label"], 80)?;
                    controls += 1;
                }
            }
            if parts.is_empty() || parts.len() > 5 {
                return Err(format!("a bad row: {row}"));
            }
        }
        if rows.len() > 5 { Err(format!("{} rows", rows.len())) } else { Ok(controls) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn any_card_fits_and_says_what_it_says(card in card()) {
            let voice = VOICES.find([PSEUDO]);
            let Drawn { parts, file } = draw(&card, &voice);
            prop_assert!((1..=PARTS).contains(&parts.len()));
            let mut seen = String::new();
            for part in &parts {
                prop_assert!((1..=LONGEST).contains(&part.encode_utf16().count()), "{}", part.len());
                match read(part) {
                    Ok(text) => seen.push_str(&text),
                    Err(fault) => prop_assert!(false, "{}", fault),
                }
            }
            let whole = layout::text(&paragraphs(&card));
            match file {
                Some(file) => prop_assert_eq!(file, whole),
                None => {
                    let links = paragraphs(&card).iter().any(|para| match para {
                        Para::Line(spans) => spans.iter().any(|span| matches!(span, Span::Link { .. })),
                        Para::Code(_) => false,
                    });
                    prop_assert!(links || bare(&seen) == bare(&whole), "{}\n---\n{}", seen, whole);
                }
            }
            let body = body("x", Some((&card, &voice, &["1".repeat(19), "2".repeat(19)])));
            let drawn = fits(body["components"].as_array().unwrap());
            prop_assert!(drawn.is_ok(), "{:?}", drawn);
            // Nothing that can be pressed is left out.
            let buttons = card.buttons.iter().filter(|button| button.press.is_some() || button.asks.is_some()).count();
            let question = card.question.as_ref().map_or(0, |question| {
                let choices = question.choices.iter().filter(|choice| choice.press.is_some()).count();
                let last = choices.div_ceil(25).saturating_sub(1);
                let page = question.page.min(last);
                let nav = usize::from(choices > 5 && page > 0) + usize::from(choices > 5 && page < last);
                let shown = if choices > 5 { (choices - page * 25).min(25) } else { choices };
                shown + nav + usize::from(question.asks.is_some())
            });
            prop_assert_eq!(drawn, Ok(buttons + question));
        }
    }

    #[test]
    fn the_checker_sees_markup() {
        for bad in
            ["*a*", "a @b", "# a", "1. a", "<@1>", "a `b`", ":smile:", "**a", "```\na", r"a\b", "[a](http://x) y"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("**a** b\\*\n```\n* x\n```\n[c](https://x.y/z)").unwrap(), "a b*\n* x\nc\n");
    }

    #[test]
    fn what_is_long_comes_in_parts_and_what_is_very_long_as_a_file() {
        let card = |sentences: usize| Card {
            tone: Tone::Plain,
            title: "Long".into(),
            blocks: (0..sentences).map(|at| Block::Text(format!("sentence {at} {}", "x".repeat(80)))).collect(),
            buttons: Vec::new(),
            question: None,
            language: None,
        };
        for language in LANGUAGES {
            let voice = VOICES.find([*language]);
            assert_eq!(draw(&card(5), &voice).parts.len(), 1);
            assert_eq!(draw(&card(50), &voice).parts.len(), 3);
            let long = draw(&card(500), &voice);
            assert_eq!(long.parts.len(), 1);
            assert!(long.parts[0].ends_with(&voice.say(&Line::new(words::FILE))));
            assert!(long.file.unwrap().contains("sentence 499"));
        }
    }
}
