//! What a platform is: a few small IO verbs. Its two pure translations live in its own folder.

use super::ask::{Ask, PlatformName, Room};
use super::card::{Card, Topic};
use super::command::Audience;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
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

/// What fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Characters in a message.
    pub text: usize,
    /// Buttons on a message.
    pub buttons: usize,
    /// Characters on a button.
    pub label: usize,
    /// The least time between two edits of one message.
    pub pace: Duration,
    /// How often a message that tells of work under way is drawn again by itself, so that its clock moves;
    /// `None`: only when something happens.
    pub tick: Option<Duration>,
    /// Whether its messages outlive the program, so that they can be edited after a restart.
    pub lasting: bool,
}

/// A message to post.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
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
}

/// A platform's IO failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Worth another try.
    #[error("the chat platform did not answer: {0}")]
    Passing(String),
    /// The message or the room is gone, or the bot may not write there.
    #[error("the chat platform refused: {0}")]
    Gone(String),
}

/// A chat platform.
#[async_trait]
pub trait Platform: Send + Sync {
    /// Which one.
    fn name(&self) -> PlatformName;
    /// What fits.
    fn limits(&self) -> Limits;
    /// The next ask; `None` when the platform has ended. May be given up while it waits, without losing an ask.
    async fn receive(&self) -> Option<Ask>;
    /// Tells the person that the ask has arrived, before any work.
    async fn acknowledge(&self, ask: &Ask);
    /// Posts a message, and says where it is.
    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError>;
    /// Replaces what a message shows.
    async fn edit(&self, anchor: &Anchor, card: &Card<String>) -> Result<(), PlatformError>;
    /// Everything that `ask` started has come to rest (its card will not change by itself any more); `well` is
    /// false when it was refused or failed. A script's terminal waits for this; others ignore it.
    async fn settled(&self, _ask: &Ask, _well: bool) {}
}
