//! The sandbox's nodes: who they are, what they hold, and how they answer on the bus (zos.md).
//!
//! A node here checks, counts and times as a real one does, and runs nothing: what "runs" on it is
//! `machines`. Not here: the chain, the relay, the proxy.

mod places;
mod plan;
mod report;

pub use plan::{FarmPlan, Flavour, NodePlan, Plan, Temper};
pub use report::{NodeReport, NodeStatus};
