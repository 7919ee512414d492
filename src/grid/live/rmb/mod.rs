//! The reliable message bus (RMB) on the wire: tokens, envelopes, end-to-end encryption, and both of its ends,
//! the one that asks ([`RelayBus`]) and the one that answers ([`Peer`]).
//!
//! Not here: the relay between them (ThreeFold runs it; `sandbox/relay` is one of ours), and what the commands
//! mean (`grid::zos`).

mod bus;
pub mod cipher;
pub mod envelope;
mod link;
mod mail;
mod peer;
mod post;
mod session;
pub mod token;
mod twins;

pub use bus::RelayBus;
pub use link::{BadRelayUrl, Pace, Relays};
pub use peer::{Answer, Peer};
pub use post::{Post, WebPost};

/// The only schema that nodes answer to (rmb.md section 5).
pub const JSON: &str = "application/json";
