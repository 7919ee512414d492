//! The buttons under a message: which stand in which row, and what each of them carries. Pure.
//!
//! A button carries the opaque id of what it does, or `>page.form` for another page of choices; and, where the card
//! is in several messages, their ids, so that a press knows the whole card: `id+12+13`, and `+d` when the buttons
//! are under a file. Not here: what a press does.

use super::handle::Parts;
use crate::chat::{Card, DraftId, Press, Question, What};
use crate::platforms::layout::shorten;
use teloxide::types::InlineKeyboardButton;

/// Choices on one page.
const PAGE: usize = 8;
/// Letters that fit in one row of a phone.
const ROW: usize = 30;
/// Buttons in one row, at most.
const ABREAST: usize = 3;
/// Buttons under one message, at most: Telegram's.
const MOST: usize = 100;
/// Letters of one label: three rows of a phone, on which it would be hidden anyway.
const LABEL: usize = 64;
/// What one button carries, in bytes, at most: Telegram's.
const DATA: usize = 64;

/// The words of the buttons that turn the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    /// Back.
    pub back: String,
    /// On.
    pub more: String,
}

/// Whether a card has anything to press.
pub fn has_any(card: &Card<String>) -> bool {
    card.buttons.iter().any(|button| button.press.is_some())
        || card.question.iter().flat_map(|question| &question.choices).any(|choice| choice.press.is_some())
}

/// The rows of buttons, choices first. `before` are the messages that show the rest of the card.
pub fn keyboard(card: &Card<String>, turns: &Turns, before: &Parts) -> Vec<Vec<InlineKeyboardButton>> {
    let tail = tail(before);
    let key = |label: &str, data: &str| {
        let label = shorten(label, LABEL, char::len_utf16);
        let label = if label.trim().is_empty() { "…".to_owned() } else { label };
        Some(InlineKeyboardButton::callback(label, format!("{data}{tail}")))
            .filter(|_| !data.is_empty() && data.len() + tail.len() <= DATA)
    };
    let mut rows = Vec::new();
    if let Some(question) = &card.question {
        let (choices, page, last) = page(question);
        rows.extend(pack(choices.into_iter().filter_map(|(text, press)| key(text, &press.id)).collect()));
        let turn = |page: usize| format!(">{page}.{}", question.draft);
        let back = (page > 0).then(|| key(&format!("‹ {}", turns.back), &turn(page.saturating_sub(1))));
        let more = (page < last).then(|| key(&format!("{} ›", turns.more), &turn(page.saturating_add(1))));
        rows.push(back.into_iter().chain(more).flatten().collect());
    }
    let buttons = card.buttons.iter().filter_map(|button| key(&button.text, &button.press.as_ref()?.id));
    rows.extend(pack(buttons.collect()));
    rows.retain(|row| !row.is_empty());
    let mut left = MOST;
    for row in &mut rows {
        if row.len() > left {
            tracing::warn!(most = MOST, "a card has more buttons than a message can have");
        }
        row.truncate(left);
        left = left.saturating_sub(row.len());
    }
    rows.retain(|row| !row.is_empty());
    rows
}

/// The choices on the wanted page, which page that is, and which is the last.
fn page(question: &Question<String>) -> (Vec<(&str, &Press)>, usize, usize) {
    let choices = question.choices.iter().filter_map(|choice| Some((choice.text.as_str(), choice.press.as_ref()?)));
    let choices: Vec<_> = choices.collect();
    let last = choices.len().saturating_sub(1) / PAGE;
    let page = question.page.min(last);
    (choices.into_iter().skip(page * PAGE).take(PAGE).collect(), page, last)
}

/// Puts buttons side by side as long as all in a row can be read: they share it equally.
fn pack(buttons: Vec<InlineKeyboardButton>) -> Vec<Vec<InlineKeyboardButton>> {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    for button in buttons {
        let fits = |row: &Vec<InlineKeyboardButton>| {
            let each = ROW / (row.len() + 1);
            row.len() < ABREAST && row.iter().chain([&button]).all(|key| key.text.chars().count() <= each)
        };
        match rows.last_mut().filter(|row| fits(row)) {
            Some(row) => row.push(button),
            None => rows.push(vec![button]),
        }
    }
    rows
}

fn tail(before: &Parts) -> String {
    let ids = before.texts.iter().map(|id| format!("+{id}"));
    // The buttons are under a file when it comes last.
    ids.chain(before.file.map(|_| "+d".to_owned())).collect()
}

/// What a pressed button asks, and which messages show the rest of its card.
pub fn read(data: &str) -> (What, Parts) {
    let mut pieces = data.split('+');
    let id = pieces.next().unwrap_or_default();
    let mut before = Parts::default();
    for piece in pieces {
        match piece.parse() {
            Ok(id) => before.texts.push(id),
            Err(_) => before.file = Some(0),
        }
    }
    let turn = id.strip_prefix('>').and_then(|turn| turn.split_once('.'));
    let what = match turn.and_then(|(page, draft)| Some((page.parse().ok()?, draft))) {
        Some((page, draft)) => What::Turn { draft: DraftId(draft.to_owned()), page },
        None => What::Press(Press { id: id.to_owned() }),
    };
    (what, before)
}

/// The messages of the whole card, when the buttons of message `id` were pressed.
pub fn pressed(mut before: Parts, id: i32) -> Parts {
    match before.file {
        Some(_) => before.file = Some(id),
        None => before.texts.push(id),
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Button, ButtonStyle, Choice, Tone};
    use proptest::prelude::*;
    use teloxide::types::InlineKeyboardButtonKind;

    fn turns() -> Turns {
        Turns { back: "Back".into(), more: "More".into() }
    }

    fn card(choices: &[&str], page: usize, buttons: &[&str]) -> Card<String> {
        let press = |text: &&str| Some(Press { id: format!("{:024x}", text.len()) });
        let choices = choices.iter().map(|t| Choice { value: String::new(), text: (*t).into(), press: press(t) });
        let question = Question {
            draft: DraftId("d".repeat(20)),
            field: "size".into(),
            text: "Which?".into(),
            choices: choices.collect(),
            free: false,
            page,
            asks: None,
        };
        let button = |text: &&str| Button {
            text: (*text).to_owned(),
            style: ButtonStyle::Plain,
            urge: None,
            press: press(text),
            asks: None,
        };
        let buttons = buttons.iter().map(button).collect();
        Card {
            tone: Tone::Plain,
            title: "Which?".into(),
            blocks: Vec::new(),
            buttons,
            question: Some(question),
            language: None,
        }
    }

    fn labels(card: &Card<String>) -> Vec<Vec<String>> {
        let rows = keyboard(card, &turns(), &Parts::default());
        rows.into_iter().map(|row| row.into_iter().map(|key| key.text).collect()).collect()
    }

    #[test]
    fn buttons_share_a_row_while_they_can_be_read() {
        assert_eq!(
            labels(&card(&["small", "medium", "large"], 0, &["Leave as it is"])),
            [vec!["small", "medium", "large"], vec!["Leave as it is"]]
        );
        assert_eq!(
            labels(&card(&["North America", "Europe", "Asia", "Anywhere"], 0, &[])),
            [vec!["North America", "Europe"], vec!["Asia", "Anywhere"]]
        );
        let long = "a long label that nobody can read on half a row";
        assert_eq!(labels(&card(&[long, "b"], 0, &[])), [[long], ["b"]]);
    }

    #[test]
    fn many_choices_are_on_pages() {
        let many: Vec<String> = (0..20).map(|n| format!("choice number {n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let shown = |page| labels(&card(&many, page, &[])).concat();
        let first = shown(0);
        assert_eq!((first.len(), first[0].as_str(), first[8].as_str()), (9, "choice number 00", "More ›"));
        let middle = shown(1);
        assert_eq!((middle.len(), middle[8].as_str(), middle[9].as_str()), (10, "‹ Back", "More ›"));
        for page in [2, 77, usize::MAX] {
            let last = shown(page);
            assert_eq!((last.len(), last[3].as_str(), last[4].as_str()), (5, "choice number 19", "‹ Back"));
        }
    }

    #[test]
    fn what_a_button_carries_is_read_again() {
        let many = ["12345678901234567890"; 20];
        let card = card(&many, 1, &["Stop"]);
        for before in ["", "2147483647", "2147483646+2147483647", "2147483646+d1"] {
            let before = Parts::read(before).unwrap_or_default();
            for key in keyboard(&card, &turns(), &before).concat() {
                let InlineKeyboardButtonKind::CallbackData(data) = key.kind else { panic!() };
                assert!(data.len() <= DATA, "{data}");
                let (what, read) = read(&data);
                let id = match what {
                    What::Press(press) => press.id,
                    What::Turn { draft, page } => {
                        assert!(page == 0 || page == 2);
                        draft.0
                    }
                    other => panic!("{other:?}"),
                };
                assert!(id == "d".repeat(20) || id.len() == 24, "{id}");
                let whole = pressed(read, 5);
                assert_eq!(whole.texts.len() + usize::from(whole.file.is_some()), before.texts.len() + 1);
                assert_eq!(whole.file, before.file.map(|_| 5));
            }
        }
        assert_eq!(read("").0, What::Press(Press { id: String::new() }));
        assert_eq!(read(">x.y").0, What::Press(Press { id: ">x.y".into() }));
    }

    fn any_label() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,80}",
            "(👩‍👩‍👧|e\u{301}|\u{202e}|\n|@everyone|<b>| ){0,30}",
            Just("x".repeat(10_000)),
            Just(String::new())
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_keyboard_is_one_that_telegram_takes(
            choices in proptest::collection::vec(any_label(), 0..30),
            buttons in proptest::collection::vec(any_label(), 0..60),
            page in 0usize..5,
        ) {
            let mut card = card(&[], page, &[]);
            let press = |at: usize| Some(Press { id: format!("{at:024x}") });
            if let Some(question) = &mut card.question {
                let choice = |(at, text): (usize, &String)| Choice { value: String::new(), text: text.clone(), press: press(at) };
                question.choices = choices.iter().enumerate().map(choice).collect();
            }
            let button = |(at, text): (usize, &String)| Button {
                text: text.clone(),
                style: ButtonStyle::Plain,
                urge: None,
                press: press(100 + at),
                asks: None,
            };
            card.buttons = buttons.iter().enumerate().map(button).collect();
            let before = Parts::read("2147483645+2147483646").unwrap_or_default();
            let rows = keyboard(&card, &turns(), &before);
            prop_assert!(rows.iter().all(|row| (1..=ABREAST).contains(&row.len())));
            let keys = rows.concat();
            prop_assert!(keys.len() <= MOST);
            for key in &keys {
                let InlineKeyboardButtonKind::CallbackData(data) = &key.kind else { panic!() };
                prop_assert!((1..=DATA).contains(&data.len()), "{}", data);
                prop_assert!(!key.text.trim().is_empty() && key.text.encode_utf16().count() <= LABEL, "{:?}", key.text);
            }
            // Nothing that can be pressed is left out.
            let last = choices.len().saturating_sub(1) / PAGE;
            let page = page.min(last);
            let shown = choices.len().saturating_sub(page * PAGE).min(PAGE) + usize::from(page > 0) + usize::from(page < last);
            prop_assert_eq!(keys.len(), shown + buttons.len());
        }
    }
}
