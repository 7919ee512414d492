//! The buttons and lists under a card.
//!
//! Five rows at most, each with up to five buttons or one list of up to 25 entries; a question's choices come first.
//! Not here: the text, and what a press does.

use super::custom::Meaning;
use crate::chat::{Button, ButtonStyle, Card, Choice, Question};
use crate::platforms::{layout, words};
use crate::speech::{Line, Voice};
use serenity::all::ButtonStyle as Style;
use serenity::builder::{
    CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption,
};
use std::collections::BTreeMap;

/// Rows under a message.
const ROWS: usize = 5;
/// Buttons in a row; more choices than this become a list.
const IN_A_ROW: usize = 5;
/// Entries of a list.
const IN_A_LIST: usize = 25;
/// Letters on a button, of an entry, and of a list's hint.
const LABEL: usize = 80;
const ENTRY: usize = 100;
const HINT: usize = 150;

/// Something to press.
struct Control {
    text: String,
    style: Style,
    meaning: Meaning,
}

/// Writes ids so that none stands twice.
struct Ids<'a> {
    siblings: &'a [String],
    seen: BTreeMap<String, usize>,
}

impl Ids<'_> {
    fn next(&mut self, meaning: &Meaning) -> String {
        let turn = self.seen.entry(meaning.id(0, &[])).or_default();
        let id = meaning.id(*turn, self.siblings);
        *turn += 1;
        id
    }
}

/// The rows under a card. `siblings` are the ids of the messages before the one that they stand under.
pub fn rows(card: &Card<String>, voice: &Voice, siblings: &[String]) -> Vec<CreateActionRow> {
    let say = |id: &str| voice.say(&Line::new(id));
    let mut ids = Ids { siblings, seen: BTreeMap::new() };
    let mut rows = Vec::new();
    if let Some(question) = &card.question {
        let choices: Vec<_> = question.choices.iter().filter_map(choice).collect();
        let (list, mut buttons) =
            if choices.len() > IN_A_ROW { page(question, choices, &say) } else { (Vec::new(), choices) };
        if !list.is_empty() {
            rows.push(select(&list, &say(words::CHOOSE), &mut ids));
        }
        if let Some(texts) = &question.asks {
            let meaning = Meaning::Dialog(texts.clone());
            buttons.push(Control { text: say(words::ANSWER), style: Style::Primary, meaning });
        }
        rows.extend(buttons.chunks(IN_A_ROW).map(|chunk| row(chunk, &mut ids)));
    }
    let buttons: Vec<_> = card.buttons.iter().filter_map(button).collect();
    let left = ROWS.saturating_sub(rows.len());
    let shown = if buttons.len() <= left * IN_A_ROW {
        buttons.len()
    } else if buttons.len() <= left.saturating_sub(1) * IN_A_ROW + IN_A_LIST {
        left.saturating_sub(1) * IN_A_ROW
    } else {
        0
    };
    let (buttons, listed) = buttons.split_at_checked(shown).unwrap_or((&buttons, &[]));
    rows.extend(buttons.chunks(IN_A_ROW).map(|chunk| row(chunk, &mut ids)));
    rows.extend(listed.chunks(IN_A_LIST).map(|chunk| select(chunk, &say(words::MORE), &mut ids)));
    if rows.len() > ROWS {
        tracing::error!(rows = rows.len(), "a card has more buttons than Discord can show");
        rows.truncate(ROWS);
    }
    rows
}

/// One page of many choices, and the buttons that lead to the pages beside it.
fn page(
    question: &Question<String>,
    choices: Vec<Control>,
    say: &impl Fn(&str) -> String,
) -> (Vec<Control>, Vec<Control>) {
    let last = choices.len().div_ceil(IN_A_LIST).saturating_sub(1);
    let page = question.page.min(last);
    let turn = |text: &str, page| Control {
        text: say(text),
        style: Style::Secondary,
        meaning: Meaning::Turn { draft: question.draft.clone(), page },
    };
    let back = page.checked_sub(1).map(|before| turn(words::BACK, before));
    let more = (page < last).then(|| turn(words::MORE, page + 1));
    let list = choices.into_iter().skip(page * IN_A_LIST).take(IN_A_LIST).collect();
    (list, back.into_iter().chain(more).collect())
}

fn choice(choice: &Choice<String>) -> Option<Control> {
    let meaning = Meaning::Press(choice.press.as_ref()?.id.clone());
    Some(Control { text: choice.text.clone(), style: Style::Secondary, meaning })
}

fn button(button: &Button<String>) -> Option<Control> {
    let meaning = match (&button.asks, &button.press) {
        (Some(texts), _) => Meaning::Dialog(texts.clone()),
        (None, Some(press)) => Meaning::Press(press.id.clone()),
        (None, None) => return None,
    };
    let style = match button.style {
        ButtonStyle::Primary => Style::Primary,
        ButtonStyle::Plain => Style::Secondary,
        ButtonStyle::Danger => Style::Danger,
    };
    Some(Control { text: button.text.clone(), style, meaning })
}

fn row(controls: &[Control], ids: &mut Ids<'_>) -> CreateActionRow {
    let buttons = controls.iter().map(|control| {
        CreateButton::new(ids.next(&control.meaning)).style(control.style).label(label(&control.text, LABEL))
    });
    CreateActionRow::Buttons(buttons.collect())
}

fn select(controls: &[Control], hint: &str, ids: &mut Ids<'_>) -> CreateActionRow {
    let mut own = Ids { siblings: &[], seen: BTreeMap::new() };
    let options = controls
        .iter()
        .map(|control| CreateSelectMenuOption::new(label(&control.text, ENTRY), own.next(&control.meaning)));
    let kind = CreateSelectMenuKind::String { options: options.collect() };
    CreateActionRow::SelectMenu(
        CreateSelectMenu::new(ids.next(&Meaning::Select), kind)
            .placeholder(label(hint, HINT))
            .min_values(1)
            .max_values(1),
    )
}

/// A label is never empty.
pub fn label(text: &str, most: usize) -> String {
    let text = layout::shorten(text, most, char::len_utf16);
    if text.trim().is_empty() { "…".to_owned() } else { text }
}
