//! What is shown: one card for a matter, edited in place.
//!
//! `Card<Line>` is not yet in any language, `Card<String>` is. Secrets cannot get in: they have no conversion
//! to a line.

use super::ask::Press;
use crate::speech::{Line, Voice};
use serde::{Deserialize, Serialize};

/// The state that a card tells, first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Neutral: an answer, a list, a question.
    Plain,
    /// Something is under way and will change by itself. ◔
    Busy,
    /// It is well. ●
    Good,
    /// A no, or nothing was done. ○
    No,
    /// Something needs attention. ▲
    Warn,
}

impl Tone {
    /// Whether what was asked has come out well, as far as it has come.
    pub fn is_well(self) -> bool {
        !matches!(self, Self::No | Self::Warn)
    }
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Still to come. ·
    Open,
    /// Under way. ◔
    Busy,
    /// Done. ✓
    Done,
    /// It did not work. ✗
    Failed,
}

/// One part of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block<L = Line> {
    /// A sentence or two.
    Text(L),
    /// A name and its value.
    Fact {
        /// What it is.
        name: L,
        /// What it is worth.
        value: L,
    },
    /// Steps, in order.
    Progress(Vec<(Mark, L)>),
    /// A literal to copy: an address, a command. Stands alone.
    Code(String),
    /// A web address.
    Link {
        /// What to read.
        text: L,
        /// Where it goes.
        url: String,
    },
    /// How much of an allowance is used.
    Meter {
        /// Of what.
        name: L,
        /// Used.
        used: u64,
        /// Allowed.
        of: u64,
    },
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ButtonStyle {
    /// The next step.
    Primary,
    /// Anything else.
    Plain,
    /// It takes something away.
    Danger,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Urge {
    /// Runs a command with these answers, as if the person had typed it. Stored; the button carries only an id.
    Run {
        /// The command.
        command: String,
        /// Its answers.
        answers: super::Answers,
    },
    /// Answers an open form.
    Fill {
        /// The form.
        draft: super::DraftId,
        /// The answers.
        answers: super::Answers,
    },
    /// Opens fields of a form again.
    Reopen {
        /// The form.
        draft: super::DraftId,
        /// The fields.
        fields: Vec<String>,
    },
}

/// Fields of a form that take a text. A platform with dialogs asks for all of them in one; others ask in turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// The command that is being filled: its words are the fields' names.
    pub command: String,
    /// The form.
    pub draft: super::DraftId,
    /// The fields.
    pub fields: Vec<String>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Button<L = Line> {
    /// Its words.
    pub text: L,
    /// Its look.
    pub style: ButtonStyle,
    /// What it does (before delivery).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urge: Option<Urge>,
    /// The opaque id that a press carries (after delivery has stored the urge).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub press: Option<Press>,
    /// The texts that pressing it asks for, where it does: a dialog can open at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Texts>,
}

impl Button<Line> {
    /// A button that does `urge`.
    pub fn new(text: Line, style: ButtonStyle, urge: Urge) -> Self {
        Self { text, style, urge: Some(urge), press: None, asks: None }
    }
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice<L = Line> {
    /// What is answered.
    pub value: String,
    /// What is read.
    pub text: L,
    /// The opaque id that choosing it carries (after delivery).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub press: Option<Press>,
}

impl<L> Choice<L> {
    /// A choice.
    pub fn new(value: impl Into<String>, text: L) -> Self {
        Self { value: value.into(), text, press: None }
    }
}

/// An open question of a form: choices where there are few, else a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question<L = Line> {
    /// The form.
    pub draft: super::DraftId,
    /// The field.
    pub field: String,
    /// The words.
    pub text: L,
    /// The choices; empty for a free text.
    pub choices: Vec<Choice<L>>,
    /// Whether a text is taken too (or only).
    pub free: bool,
    /// Which page of the choices is wanted, from 0, where they do not fit at once.
    #[serde(default)]
    pub page: usize,
    /// What a dialog can ask for, when only a text is taken: this field, and the next ones that take only texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Texts>,
}

/// What a card is about, when it is about something that changes: whoever changes it announces the topic, and
/// every message that shows it is edited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// A deployment, by its id.
    Deployment(String),
}

impl Topic {
    /// Its stable name: a store key, and what a script reads.
    pub fn name(&self) -> String {
        match self {
            Self::Deployment(id) => format!("deployment:{id}"),
        }
    }
}

/// A card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card<L = Line> {
    /// The state at a glance.
    pub tone: Tone,
    /// The first line: the state, in words that stay true.
    pub title: L,
    /// The rest.
    pub blocks: Vec<Block<L>>,
    /// What can be done next.
    pub buttons: Vec<Button<L>>,
    /// What is asked.
    pub question: Option<Question<L>>,
    /// The language it is in, once it is in one: what a platform adds is said in the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Card<Line> {
    /// A card with only a first line.
    pub fn new(tone: Tone, title: Line) -> Self {
        Self { tone, title, blocks: Vec::new(), buttons: Vec::new(), question: None, language: None }
    }

    /// With one more block.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// With a sentence.
    #[must_use]
    pub fn text(self, line: Line) -> Self {
        self.block(Block::Text(line))
    }

    /// With a name and its value.
    #[must_use]
    pub fn fact(self, name: Line, value: Line) -> Self {
        self.block(Block::Fact { name, value })
    }

    /// In words.
    pub fn say(&self, voice: &Voice) -> Card<String> {
        Card { language: Some(voice.language().to_owned()), ..self.map(&mut |line| voice.say(line)) }
    }

    /// With a button.
    #[must_use]
    pub fn button(mut self, button: Button) -> Self {
        self.buttons.push(button);
        self
    }
}

impl<L> Card<L> {
    /// The same card with every line turned into something else (words, as a rule).
    pub fn map<M>(&self, say: &mut impl FnMut(&L) -> M) -> Card<M> {
        Card {
            tone: self.tone,
            title: say(&self.title),
            blocks: self.blocks.iter().map(|block| block.map(say)).collect(),
            buttons: self
                .buttons
                .iter()
                .map(|b| Button {
                    text: say(&b.text),
                    style: b.style,
                    urge: b.urge.clone(),
                    press: b.press.clone(),
                    asks: b.asks.clone(),
                })
                .collect(),
            question: self.question.as_ref().map(|q| Question {
                draft: q.draft.clone(),
                field: q.field.clone(),
                text: say(&q.text),
                choices: q
                    .choices
                    .iter()
                    .map(|c| Choice { value: c.value.clone(), text: say(&c.text), press: c.press.clone() })
                    .collect(),
                free: q.free,
                page: q.page,
                asks: q.asks.clone(),
            }),
            language: self.language.clone(),
        }
    }
}

impl<L> Block<L> {
    fn map<M>(&self, say: &mut impl FnMut(&L) -> M) -> Block<M> {
        match self {
            Self::Text(line) => Block::Text(say(line)),
            Self::Fact { name, value } => Block::Fact { name: say(name), value: say(value) },
            Self::Progress(steps) => Block::Progress(steps.iter().map(|(mark, line)| (*mark, say(line))).collect()),
            Self::Code(text) => Block::Code(text.clone()),
            Self::Link { text, url } => Block::Link { text: say(text), url: url.clone() },
            Self::Meter { name, used, of } => Block::Meter { name: say(name), used: *used, of: *of },
        }
    }
}
