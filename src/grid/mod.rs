//! The ThreeFold Grid as Bellhop sees it: plain values, and three ports to reach it.
//!
//! The ports are cut at the wire's own verbs: the **chain** takes signed calls and is read, the **bus**
//! (RMB) asks a twin to run a command, the **web** fetches a URL (grid proxy, KYC, activation, probes).
//! All that is built on them (typed node commands, placement queries, KYC states) is one code for the real
//! grid, the sandbox over sockets and the sandbox in process. Not here: what is deployed, or for whom.

pub mod activation;
mod bus;
mod call;
mod chain;
pub mod directory;
mod error;
mod identity;
pub mod kyc;
mod limits;
pub mod live;
mod network;
pub mod price;
pub mod terms;
mod types;
mod web;
pub mod workload;
pub mod zos;

pub use bus::{Bus, Caller};
pub use call::{Batch, Call, Event, FarmInput, Landed, NodeInput, Prepared, Tx};
pub use chain::{
    Balance, Chain, Contract, ContractKind, ContractState, Farm, Head, Lanes, Node, Policy, Prices, PublicConfig,
    PublicIp, Survey, Twin,
};
pub use error::{GridError, GridResult, Party, Refused};
pub use identity::{AccountId, Identity, KeyKind, Signature};
pub use network::{Network, doorstep};
pub use types::{ContractId, DocumentHash, FarmId, GIB, NodeId, Resources, Tft, TwinId};
pub use web::{Method, Reach, Request, Response, Web, ask};

use std::sync::Arc;

/// A grid that can be used: its addresses, and its three ports.
#[derive(Clone)]
pub struct Grid {
    /// Which grid, and where its services are.
    pub network: Network,
    /// TFChain.
    pub chain: Arc<dyn Chain>,
    /// The reliable message bus.
    pub bus: Arc<dyn Bus>,
    /// Everything that speaks HTTP, and bare TCP reachability.
    pub web: Arc<dyn Web>,
    /// One lane for each account: who prepares an extrinsic holds the lane until it is sent.
    pub lanes: Lanes,
}
