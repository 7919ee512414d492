//! What a platform is: a few small IO verbs. Its two pure translations live in its own folder.

use super::ask::{Ask, PlatformName, Room};
use super::card::Card;
use super::command::Audience;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

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
    /// Whether a message can be edited in place.
    pub edits: bool,
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
    /// The next ask; `None` when the platform has ended.
    async fn receive(&self) -> Option<Ask>;
    /// Tells the person that the ask has arrived, before any work.
    async fn acknowledge(&self, ask: &Ask);
    /// Posts a card (in answer to `ask`, when there is one).
    async fn post(
        &self,
        ask: Option<&Ask>,
        room: &Room,
        audience: Audience,
        card: &Card<String>,
    ) -> Result<Anchor, PlatformError>;
    /// Replaces what a message shows.
    async fn edit(&self, anchor: &Anchor, card: &Card<String>) -> Result<(), PlatformError>;
    /// Everything that `ask` started has come to rest (its card will not change by itself any more); `well` is
    /// false when it was refused or failed. A script's terminal waits for this; others ignore it.
    async fn settled(&self, _ask: &Ask, _well: bool) {}
}
