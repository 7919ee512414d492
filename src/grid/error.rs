//! What can go wrong with the grid, in classes that decide what happens next.
//!
//! The class decides, never a text: texts are evidence for people.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The result of anything asked of the grid.
pub type GridResult<T> = Result<T, GridError>;

/// Who answered, or failed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// TFChain.
    Chain,
    /// The message relay.
    Relay,
    /// A node of the grid.
    Node,
    /// The grid proxy.
    Proxy,
    /// The identity check.
    Kyc,
    /// The service that funds new accounts.
    Activation,
    /// A web address that is none of the above (a probed service, a document).
    Web,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "the chain",
            Self::Relay => "the relay",
            Self::Node => "the node",
            Self::Proxy => "the grid proxy",
            Self::Kyc => "the identity check",
            Self::Activation => "the activation service",
            Self::Web => "the web address",
        })
    }
}

/// A clear no: asking the same again gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Who said no.
    pub by: Party,
    /// A stable name: for the chain `Pallet.Error` (or `stale`, `payment`, `bad-proof` when it was refused
    /// before inclusion), for HTTP the status, for a node `error`.
    pub code: String,
    /// The party's own words.
    pub text: String,
}

/// What went wrong, by what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum GridError {
    /// Nothing happened, and trying again may help (no connection, time-out of a read, 5xx).
    #[error("{by} did not answer: {text}")]
    Passing {
        /// Who did not answer.
        by: Party,
        /// Evidence.
        text: String,
    },
    /// Nothing happened, and trying again will not help.
    #[error("{} refused: {} ({})", .0.by, .0.text, .0.code)]
    Refused(Refused),
    /// What was asked for is not there.
    #[error("{by} has no {what}")]
    Missing {
        /// Who does not have it.
        by: Party,
        /// What was asked for.
        what: String,
    },
    /// It may have happened: look before doing it again.
    #[error("it is not known whether {by} did it: {text}")]
    Unclear {
        /// Who may have done it.
        by: Party,
        /// Evidence.
        text: String,
    },
}

impl GridError {
    /// A passing failure of `by`.
    pub fn passing(by: Party, text: impl fmt::Display) -> Self {
        Self::Passing { by, text: text.to_string() }
    }

    /// An outcome of `by` that is not known.
    pub fn unclear(by: Party, text: impl fmt::Display) -> Self {
        Self::Unclear { by, text: text.to_string() }
    }

    /// A refusal of `by`.
    pub fn refused(by: Party, code: impl Into<String>, text: impl fmt::Display) -> Self {
        Self::Refused(Refused { by, code: code.into(), text: text.to_string() })
    }

    /// The refusal's code, when it is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refused) => Some(&refused.code),
            _ => None,
        }
    }
}
