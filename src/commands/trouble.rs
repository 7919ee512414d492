//! Why a command did not do it: a no that the person can do something about, or our own fault.
//!
//! Here is the one translation from technical errors to what people read. Evidence goes to the log.

use crate::chat::{Block, Card, Refusal, Tone};
use crate::grid::{GridError, Party};
use crate::speech::Line;
use crate::store::StoreError;
use std::error::Error;

/// Why not.
#[derive(Debug)]
pub enum Trouble {
    /// A no, and what to do about it. Not logged as an error.
    No(Box<Refusal>),
    /// Our own fault: logged once, at the desk, with a reference that the person sees too.
    Ours(Box<dyn Error + Send + Sync>),
}

impl Trouble {
    /// Our own fault, told in a few technical words.
    pub fn ours(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Ours(error.into())
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::No(Box::new(refusal))
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::ours(error)
    }
}

impl From<GridError> for Trouble {
    fn from(error: GridError) -> Self {
        tracing::info!(%error, "the grid stood in the way of a command");
        refusal(&error).into()
    }
}

/// What somebody reads when the grid did not do as asked.
pub(super) fn refusal(error: &GridError) -> Refusal {
    match error {
        GridError::Passing { by, .. } => {
            let what = Line::new("desk-grid-passing").with("party", party(*by));
            Refusal { passing: true, ..Refusal::new(what, Line::new("desk-grid-passing-why")) }
        }
        GridError::Refused(refused) => Refusal::new(
            Line::new("desk-grid-refused").with("party", party(refused.by)),
            Line::new("desk-grid-refused-why").with("text", refused.text.as_str()).with("code", refused.code.as_str()),
        ),
        GridError::Missing { by, what } => Refusal::new(
            Line::new("desk-grid-missing").with("party", party(*by)).with("what", what.as_str()),
            Line::new("desk-grid-missing-why"),
        ),
        GridError::Unclear { by, .. } => {
            Refusal::new(Line::new("desk-grid-unclear").with("party", party(*by)), Line::new("desk-grid-unclear-why"))
        }
    }
}

fn party(by: Party) -> Line {
    match by {
        Party::Chain => Line::new("desk-party-chain"),
        Party::Relay => Line::new("desk-party-relay"),
        Party::Node => Line::new("desk-party-node"),
        Party::Proxy => Line::new("desk-party-proxy"),
        Party::Kyc => Line::new("desk-party-kyc"),
        Party::Activation => Line::new("desk-party-activation"),
        Party::Web => Line::new("desk-party-web"),
    }
}

impl From<Refusal> for Card {
    fn from(refusal: Refusal) -> Self {
        let mut card = refusal.why.into_iter().fold(Card::new(Tone::No, refusal.what), Card::text);
        card.blocks.extend(refusal.copy.map(Block::Code));
        card.buttons = refusal.ways;
        card
    }
}
