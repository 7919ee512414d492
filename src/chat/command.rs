//! A command as data, and what it answers.

use super::card::{Button, Card, Topic};
use crate::speech::Line;
use serde::{Deserialize, Serialize};

/// What somebody may do at least, to run a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Anyone who may use the bot.
    Member,
    /// Who runs it.
    Owner,
}

/// Where a command may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Anywhere.
    Anywhere,
    /// Only where nobody else reads.
    Private,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// Free text.
    Text,
    /// `yes` or `no`.
    YesNo,
    /// One of a closed list of values.
    OneOf(&'static [&'static str]),
    /// A recipe's name.
    Recipe,
    /// A size of the recipe.
    Size,
    /// A region of the grid.
    Region,
    /// The name of one of the person's deployments.
    Deployment,
    /// What only a button says: nobody types it, and nobody is told of it.
    Inner,
}

/// A parameter as data. Its words are attributes of the command's message: `.<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name, the same in every language: `[a-z_]{1,32}`.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// May be given as a bare word, in order.
    pub positional: bool,
}

/// A command as data: feeds the parser, the help, a platform's registration and the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Its name, the same in every language: `[a-z]{1,32}`. Its words are the message `<name>-command`, with
    /// attribute `.description` and one for each parameter.
    pub name: &'static str,
    /// Its parameters; positional ones first.
    pub params: &'static [Param],
    /// Who may run it.
    pub needs: Role,
    /// Where.
    pub place: Place,
    /// Who sees its answer, as a rule: a platform may have to know before there is one.
    pub answers: Audience,
    /// Whether it is answered even in a room that no operator has admitted.
    pub open: bool,
    /// Whether it changes anything. A button that runs such a command runs it once, however often it is pressed.
    pub acts: bool,
}

/// Who may see an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everyone in the room.
    Room,
    /// Only the one who asked.
    Private,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What is shown.
    pub card: Card,
    /// To whom.
    pub audience: Audience,
    /// The topic that the message goes on showing, if any.
    pub topic: Option<Topic>,
}

impl Reply {
    /// An answer in the room.
    pub fn new(card: Card) -> Self {
        Self { card, audience: Audience::Room, topic: None }
    }

    /// An answer for the asker only.
    pub fn private(card: Card) -> Self {
        Self { card, audience: Audience::Private, topic: None }
    }

    /// A message that keeps showing `topic`.
    #[must_use]
    pub fn about(mut self, topic: Topic) -> Self {
        self.topic = Some(topic);
        self
    }
}

/// A no, and what to do about it. Not an error of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What is refused.
    pub what: Line,
    /// Why, and what would be right.
    pub why: Vec<Line>,
    /// What helps and is to be copied: an address, a command.
    pub copy: Option<String>,
    /// Whether asking the same again later may be answered otherwise: then the desk offers to.
    pub passing: bool,
    /// The ways out.
    pub ways: Vec<Button>,
}

impl Refusal {
    /// A no with a reason.
    pub fn new(what: Line, why: Line) -> Self {
        Self { what, why: vec![why], copy: None, passing: false, ways: Vec::new() }
    }

    /// With a way out.
    #[must_use]
    pub fn way(mut self, button: Button) -> Self {
        self.ways.push(button);
        self
    }
}
