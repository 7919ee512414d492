//! A grid of our own: a state model, and one face for each wire protocol.
//!
//! Not a mock: chain, relay, nodes, grid proxy, KYC and activation speak the real protocols on loopback, and
//! whatever client can talk to the grid can talk to this. People practise on it without tokens; every test
//! stands on it. It holds no money and says so: its network name is `sandbox`.

pub mod activation;
pub mod chain;
pub mod control;
pub mod faces;
pub mod fault;
pub mod graphql;
pub mod kyc;
pub mod leftovers;
pub mod machines;
pub mod nodes;
pub mod proxy;
pub mod relay;
pub mod serve;
pub mod site;
pub mod terms;
