//! What a platform is: a few small IO verbs. Its two pure translations live in its own folder.

use super::ask::{Answers, Ask, Person, PlatformName, Room};
use super::card::{Card, Choice, Topic};
use super::command::Audience;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// Where a message is. Serialisable: it survives restarts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Anchor {
    /// The platform.
    pub platform: PlatformName,
    /// The room.
    pub room: Room,
    /// The platform's id of the message.
    pub message: String,
}

/// So many messages in such a time; edits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages.
    pub count: NonZeroU32,
    /// In this time.
    pub per: Duration,
}

/// How often a platform lets itself be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Over all rooms.
    pub all: Option<Rate>,
    /// In one room.
    pub room: Option<Rate>,
    /// In one room that is part of a group, besides.
    pub group: Option<Rate>,
}

/// What a platform can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How often it lets itself be written to.
    pub rates: Rates,
    /// How long after an ask its answer goes by the ask itself (its handle), outside of those rates; `None`: never.
    pub free: Option<Duration>,
    /// The least time between two edits of one message.
    pub pace: Duration,
    /// How often a message that tells of work under way is drawn again by itself, so that its clock moves;
    /// `None`: only when something happens.
    pub tick: Option<Duration>,
    /// Whether its messages outlive the program, so that they can be edited after a restart.
    pub lasting: bool,
    /// Whether people notice an edit only when they look: who waits for something is then called by a message of its
    /// own when it has come to rest.
    pub quiet: bool,
}

/// A message to post.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The name of this one message, however often it is tried; at most 24 letters and digits.
    pub nonce: &'a str,
    /// What it answers, when it answers something.
    pub ask: Option<&'a Ask>,
    /// Where.
    pub room: &'a Room,
    /// Who may see it.
    pub audience: Audience,
    /// What it goes on showing, if anything.
    pub topic: Option<&'a Topic>,
    /// What it shows now.
    pub card: &'a Card<String>,
    /// Whom it is to call: they are told that it came, as far as the platform can. Nobody else is.
    pub call: Option<&'a Person>,
    /// The message that it belongs to: it stands under that one, or answers it, where a platform can.
    pub under: Option<&'a Anchor>,
}

/// A platform's IO failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Worth another try.
    #[error("the chat platform did not take it: {why}")]
    Passing {
        /// Its words.
        why: String,
        /// The time that it wants to be left alone, where it says one.
        after: Option<Duration>,
        /// Whether that is for all rooms, not for this one alone.
        everywhere: bool,
    },
    /// This message is gone, or cannot be what it should; the room is still there.
    #[error("the chat platform refused the message: {0}")]
    Gone(String),
    /// The room is closed to us: deleted, or we were blocked or removed. Nothing more is sent there.
    #[error("the room is closed: {0}")]
    Closed(String),
    /// The room has another id from now on.
    #[error("the room is now {}", .0.id)]
    Moved(Room),
}

impl PlatformError {
    /// Worth another try, at a time of ours.
    pub fn passing(why: impl ToString) -> Self {
        Self::Passing { why: why.to_string(), after: None, everywhere: false }
    }
}

/// What somebody is typing: the value of a command's parameter, so far.
#[derive(Debug, Clone, Copy)]
pub struct Typing<'a> {
    /// Who.
    pub person: &'a Person,
    /// The language that the platform says they read.
    pub locale: Option<&'a str>,
    /// The command.
    pub command: &'a str,
    /// The parameter.
    pub param: &'a str,
    /// What stands there so far.
    pub typed: &'a str,
    /// The other answers so far.
    pub answers: &'a Answers,
}

/// What somebody may mean who is [`Typing`]: from memory, at once, best first.
pub type Suggest = Arc<dyn Fn(&Typing<'_>) -> Vec<Choice<String>> + Send + Sync>;

/// A chat platform.
#[async_trait]
pub trait Platform: Send + Sync {
    /// Which one.
    fn name(&self) -> PlatformName;
    /// What fits.
    fn limits(&self) -> Limits;
    /// The next ask; `None` when the platform has ended. May be given up while it waits, without losing an ask.
    async fn receive(&self) -> Option<Ask>;
    /// An ask that [`receive`](Platform::receive) gave is in our hands: written down, or known to need no writing
    /// down (a repeated one, one that is none of ours). Said once for each ask, and only then does the platform tell
    /// its own servers that it need not come again. `safe` is false where writing it down failed: it is to come again.
    async fn accepted(&self, _ask: &Ask, _safe: bool) {}
    /// Tells the person that the ask has arrived, before any work. `no` is the whole answer, for the person alone,
    /// where it is known already; true is returned where the platform has shown it.
    async fn acknowledge(&self, ask: &Ask, no: Option<&Card<String>>) -> bool;
    /// Posts a message, and says where it is.
    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError>;
    /// Replaces what a message shows, and says where it is then: a message in parts may have more or fewer. `ask` is
    /// what the edit answers, when it answers something.
    async fn edit(&self, anchor: &Anchor, card: &Card<String>, ask: Option<&Ask>) -> Result<Anchor, PlatformError>;
    /// Everything that `ask` started has come to rest (its card will not change by itself any more); `well` is
    /// false when it was refused or failed. A script's terminal waits for this; others ignore it.
    async fn settled(&self, _ask: &Ask, _well: bool) {}
}
