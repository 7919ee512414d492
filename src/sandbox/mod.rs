//! A grid of our own: a state model, and one face for each wire protocol.
//!
//! Not a mock: chain, relay, nodes, grid proxy, KYC and activation speak the real protocols on loopback, and
//! whatever client can talk to the grid can talk to this. People practise on it without tokens; every test
//! stands on it. It holds no money and says so: its network name is `sandbox`.

pub mod chain;
pub mod fault;
pub mod machines;
pub mod nodes;
pub mod proxy;
pub mod relay;

mod activation;
mod control;
mod error;
mod faces;
mod genesis;
mod graphql;
mod inside;
mod journal;
mod kyc;
mod leftovers;
mod options;
mod serve;
mod site;
mod sockets;
mod terms;
mod world;

pub use chain::Pace;
pub use error::StartError;
pub use fault::{Effect, Face, Faults, Rule};
pub use kyc::Kyc;
pub use leftovers::Leftover;
pub use options::{Join, Options};
pub use sockets::Sandbox;
pub use world::{Lingers, World, in_process};
