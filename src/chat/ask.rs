//! What arrived: who said what, where.

use super::platform::Anchor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A platform's name: the only thing the core knows of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlatformName {
    /// The chat in a terminal.
    Terminal,
    /// Discord.
    Discord,
    /// Telegram.
    Telegram,
}

impl PlatformName {
    /// The stable word for it: part of key derivation, never changed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
        }
    }
}

/// Someone on a platform, by the platform's immutable id (never by a name that can change).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Where.
    pub platform: PlatformName,
    /// The platform's immutable id.
    pub id: String,
    /// How they are called there today; for showing only.
    #[serde(default)]
    pub name: String,
}

impl Person {
    /// The stable text of this handle: `platform|id`. A store key, and part of key derivation: frozen.
    pub fn handle(&self) -> String {
        format!("{}|{}", self.platform.word(), self.id)
    }
}

/// Where it was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Room {
    /// The platform.
    pub platform: PlatformName,
    /// The platform's id of the channel, chat or thread.
    pub id: String,
    /// Whether only this person and the bot can read it.
    pub private: bool,
    /// The Discord server or Telegram group that it is part of: what an operator admits. `None`: it is no part of any.
    #[serde(default)]
    pub group: Option<String>,
}

/// A form that is being filled; short and opaque, so that it fits a button and tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DraftId(pub String);

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Answers by a parameter's name.
pub type Answers = BTreeMap<String, String>;

/// What a pressed button carried: the opaque id of a stored press (at most 24 bytes), or the value chosen for
/// a question. What it means is looked up in the store, and only for the person it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// The opaque id.
    pub id: String,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Nothing yet: somebody opened the chat.
    Arrived,
    /// A command with the answers that were given with it: `/deploy casper size:small`.
    Invoke {
        /// The command's name, without the slash.
        command: String,
        /// Named answers; bare words stand under the names of the command's positional parameters already.
        answers: Answers,
    },
    /// A button.
    Press(Press),
    /// Answers to a form's open questions.
    Fill {
        /// Which form.
        draft: DraftId,
        /// The answers.
        answers: Answers,
    },
    /// Another page of a question's choices.
    Turn {
        /// Which form.
        draft: DraftId,
        /// Which page, from 0.
        page: usize,
    },
    /// A line as it was typed to us: a command (`/deploy casper size:small`), the answer to the one open question, or
    /// something else; the desk finds out which.
    Said(String),
    /// A line in a shared room that was not said to us. It can answer the open question of the one who said it;
    /// anything else is other people's conversation, and left alone.
    Overheard(String),
}

/// One request: the only thing that comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The platform's own id of what arrived: the same when it arrives again, so that it is answered once. Empty where
    /// a platform repeats nothing.
    #[serde(default)]
    pub id: String,
    /// What the platform needs to answer this very ask (a token); opaque, and of no use for long.
    #[serde(default)]
    pub handle: Option<String>,
    /// Who.
    pub from: Person,
    /// Where.
    pub room: Room,
    /// The language that the platform says they read (`en`, `fr-BE`); a person's own choice outranks it.
    pub locale: Option<String>,
    /// The message whose button was pressed, where the platform can edit it: the answer then takes its place,
    /// unless that message shows a topic.
    #[serde(default)]
    pub message: Option<Anchor>,
    /// What.
    pub what: What,
}
