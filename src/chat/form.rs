//! A wizard is a form: fields with defaults, a draft of the answers so far, and the gap that is asked next.
//!
//! What to ask is computed, never stored. A command with every answer given leaves no gap.

use super::ask::{Answers, DraftId, Person};
use super::card::{Choice, Topic};
use crate::clock::Timestamp;
use crate::speech::Line;
use serde::{Deserialize, Serialize};

/// One thing to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The parameter's name.
    pub name: &'static str,
    /// The question.
    pub question: Line,
    /// The choices; empty for a free text.
    pub choices: Vec<Choice>,
    /// Whether a text is taken too (or only).
    pub free: bool,
    /// The answer when nobody says otherwise; `None`: it must be asked.
    pub default: Option<String>,
}

/// What a command needs to know, given what is known so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// In the order of asking.
    pub fields: Vec<Field>,
}

/// A field without an answer or a default.
pub type Gap<'a> = &'a Field;

/// What came of a draft whose command has acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What it is about now.
    pub topic: Option<Topic>,
}

/// The answers so far. Lives in the store, so that a restart loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// Whose it is: nobody else's press counts.
    pub person: Person,
    /// The command being filled.
    pub command: String,
    /// The answers so far.
    pub answers: Answers,
    /// Fields to be asked even though they have an answer or a default.
    #[serde(default)]
    pub reopened: Vec<String>,
    /// Whether anything was asked: then the end shows the equal one-liner.
    #[serde(default)]
    pub asked: bool,
    /// Set when its command has acted: it does not act again.
    #[serde(default)]
    pub done: Option<Done>,
    /// When it is forgotten.
    pub expires: Timestamp,
}

impl Form {
    /// All that is to be asked, in order: first what was reopened, then what has neither answer nor default.
    pub fn gaps<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = Gap<'a>> {
        let reopened = |field: &&Field| draft.reopened.iter().any(|name| name == field.name);
        let open = move |field: &&Field| {
            !reopened(field) && field.default.is_none() && !draft.answers.contains_key(field.name)
        };
        self.fields.iter().filter(reopened).chain(self.fields.iter().filter(open))
    }

    /// What to ask next.
    pub fn gap<'a>(&'a self, draft: &'a Draft) -> Option<Gap<'a>> {
        self.gaps(draft).next()
    }
}
