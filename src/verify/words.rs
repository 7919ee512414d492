//! The fixed words for levels and troubles, the same for every kind of node.

use crate::recipes::{Level, Trouble};
use crate::speech::Line;

impl Level {
    /// In words, to stand after "proven:".
    pub fn line(self) -> Line {
        Line::new(match self {
            Self::Booted => "verify-level-booted",
            Self::Answering => "verify-level-answering",
            Self::Following => "verify-level-following",
            Self::Agreed => "verify-level-agreed",
        })
    }
}

impl Trouble {
    /// In words, to stand after "not yet:".
    pub fn line(self) -> Line {
        Line::new(match self {
            Self::Unreachable => "verify-trouble-unreachable",
            Self::WrongNetwork => "verify-trouble-wrong-network",
            Self::NoPeers => "verify-trouble-no-peers",
            Self::Syncing => "verify-trouble-syncing",
            Self::Stalled => "verify-trouble-stalled",
            Self::Behind => "verify-trouble-behind",
            Self::Forked => "verify-trouble-forked",
        })
    }
}
