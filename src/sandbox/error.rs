//! Why a sandbox does not start. For people; nobody decides by it.

use crate::grid::{GridError, Refused};
use crate::store::StoreError;
use std::net::SocketAddr;

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The fleet does not fit the rules of the chain.
    #[error("the first block cannot be made: {}", .0.text)]
    Genesis(Refused),
    /// The chain on disk, or its first block.
    #[error("the chain cannot be opened: {0}")]
    Chain(std::io::Error),
    /// The world on disk.
    #[error("the world cannot be read")]
    Store(#[from] StoreError),
    /// A face has no port.
    #[error("{what} cannot listen at {at}")]
    Bind {
        /// Which face.
        what: &'static str,
        /// Where.
        at: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A relay's address is not one.
    #[error("the relay cannot be joined: {0}")]
    Relay(String),
    /// The chain that was to be joined.
    #[error("the chain cannot be joined")]
    Join(#[from] GridError),
    /// A key that belongs to the sandbox itself.
    #[error("the sandbox's own key cannot be made")]
    Key,
}
