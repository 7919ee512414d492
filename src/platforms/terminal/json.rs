//! Cards as JSON, one line each, for scripts. The field names are stable.
//!
//! ```json
//! {"event":"card","ask":1,"message":1,"topic":"deployment:k4m7qd","private":false,"card":{…}}
//! ```
//! `event` is `card` for a message and `edit` for what a message shows from then on. `ask` counts the lines that
//! were asked, from 1. `topic` is what the message goes on showing, or null. A card has `tone` (`plain`,
//! `busy`, `good`, `no`, `warn`), `title`, `blocks`, `buttons` and `question` (or null); a block has `kind` (`text`,
//! `fact`, `progress`, `code`, `link`, `meter`); a button is answered by its number in order, choices first.

use crate::chat::{Block, Button, ButtonStyle, Card, Choice, Mark, Tone};
use serde::Serialize;

/// One line of output.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub event: &'static str,
    pub ask: u64,
    pub message: u64,
    pub topic: Option<&'a str>,
    pub private: bool,
    pub card: CardView<'a>,
}

#[derive(Serialize)]
pub(super) struct CardView<'a> {
    tone: Tone,
    title: &'a str,
    blocks: Vec<BlockView<'a>>,
    buttons: Vec<ButtonView<'a>>,
    question: Option<QuestionView<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum BlockView<'a> {
    Text { text: &'a str },
    Fact { name: &'a str, value: &'a str },
    Progress { steps: Vec<StepView<'a>> },
    Code { text: &'a str },
    Link { text: &'a str, url: &'a str },
    Meter { name: &'a str, used: u64, of: u64 },
}

#[derive(Serialize)]
struct StepView<'a> {
    mark: Mark,
    text: &'a str,
}

#[derive(Serialize)]
struct ButtonView<'a> {
    text: &'a str,
    style: ButtonStyle,
}

#[derive(Serialize)]
struct QuestionView<'a> {
    field: &'a str,
    text: &'a str,
    free: bool,
    choices: Vec<ChoiceView<'a>>,
}

#[derive(Serialize)]
struct ChoiceView<'a> {
    value: &'a str,
    text: &'a str,
}

/// A card as scripts read it.
pub(super) fn view(card: &Card<String>) -> CardView<'_> {
    CardView {
        tone: card.tone,
        title: &card.title,
        blocks: card.blocks.iter().map(block).collect(),
        buttons: card.buttons.iter().map(|Button { text, style, .. }| ButtonView { text, style: *style }).collect(),
        question: card.question.as_ref().map(|question| QuestionView {
            field: &question.field,
            text: &question.text,
            free: question.free,
            choices: question.choices.iter().map(|Choice { value, text, .. }| ChoiceView { value, text }).collect(),
        }),
    }
}

fn block(block: &Block<String>) -> BlockView<'_> {
    match block {
        Block::Text(text) => BlockView::Text { text },
        Block::Fact { name, value } => BlockView::Fact { name, value },
        Block::Progress(steps) => {
            BlockView::Progress { steps: steps.iter().map(|(mark, text)| StepView { mark: *mark, text }).collect() }
        }
        Block::Code(text) => BlockView::Code { text },
        Block::Link { text, url } => BlockView::Link { text, url },
        Block::Meter { name, used, of } => BlockView::Meter { name, used: *used, of: *of },
    }
}
