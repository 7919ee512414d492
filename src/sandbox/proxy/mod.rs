//! The grid proxy: the REST face that placement and other clients read (gridproxy.md).
//!
//! [`answer`] is a pure function of an [`Index`]; [`Proxy`] keeps that index near the chain's head. Not here:
//! live questions to nodes beyond `statistics` and `gpu`, which the real one forwards over RMB too.

mod contracts;
mod farms;
mod index;
mod nodes;
mod page;
mod params;
mod stats;

pub(in crate::sandbox) use contracts::state;
pub use index::{ContractRow, Index, NodeRow};

use super::fault::{Face, Faults};
use super::nodes::NodeReport;
use super::site::{self, Site, Struck, Visit};
use crate::clock::Clock;
use crate::grid::{Chain, NodeId, Response};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The answer of the grid proxy to a GET. `seed` orders `randomize=true`.
pub fn answer(index: &Index, path: &str, query: &str, seed: u64) -> Response {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let answer = match parts.as_slice() {
        ["nodes" | "gateways"] => nodes::list(index, query, seed),
        [kind @ ("nodes" | "gateways"), id] => Ok(nodes::one(index, kind, id, None)),
        [kind @ ("nodes" | "gateways"), id, below] => Ok(nodes::one(index, kind, id, Some(below))),
        ["farms"] => farms::list(index, query, seed),
        ["public_ips"] => farms::ips(index, query, seed),
        ["contracts"] => contracts::list(index, query, seed),
        ["contracts", id] => contracts::one(index, id, None, query),
        ["contracts", id, below] => contracts::one(index, id, Some(below), query),
        ["twins"] => contracts::twins(index, query, seed),
        ["twins", _, "consumption"] => {
            Ok(site::json(200, &json!({ "last_hour_consumption": 0.0, "overall_consumption": 0.0 })))
        }
        ["stats"] => stats::stats(index, query),
        ["ping"] => Ok(site::json(200, &json!({ "ping": "pong" }))),
        ["version"] => {
            Ok(site::json(200, &json!({ "version": concat!("bellhop-sandbox-", env!("CARGO_PKG_VERSION")) })))
        }
        ["health"] => Ok(site::json(200, &stats::health(index))),
        _ => Ok(site::error(404, "not found")),
    };
    answer.unwrap_or_else(|text| site::error(400, &text))
}

/// Where the proxy learns of nodes what the chain does not say, and whom it asks live.
#[async_trait]
pub trait Ground: Send + Sync {
    /// What is known of each node.
    fn facts(&self) -> HashMap<NodeId, NodeReport>;
    /// A live question to a node.
    ///
    /// # Errors
    /// The node's own words, or why it was not reached.
    async fn ask(&self, node: NodeId, command: &str) -> Result<Value, String>;
}

/// The grid proxy of a sandbox.
pub struct Proxy {
    chain: Arc<dyn Chain>,
    ground: Arc<dyn Ground>,
    clock: Clock,
    faults: Faults,
    index: RwLock<Arc<Index>>,
    /// One refresh at a time.
    turn: tokio::sync::Mutex<()>,
    seed: AtomicU64,
}

impl Proxy {
    /// A proxy with an empty index; the first question, or [`Proxy::refresh`], fills it.
    pub fn new(chain: Arc<dyn Chain>, ground: Arc<dyn Ground>, clock: Clock, faults: Faults, seed: u64) -> Self {
        Self {
            chain,
            ground,
            clock,
            faults,
            index: RwLock::default(),
            turn: tokio::sync::Mutex::default(),
            seed: AtomicU64::new(seed),
        }
    }

    /// The index as it stands.
    pub fn index(&self) -> Arc<Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Brings the index to the chain's head; keeps the old one when the chain does not answer (it may lag).
    pub async fn refresh(&self) -> Arc<Index> {
        let _turn = self.turn.lock().await;
        let before = self.index();
        let head = self.chain.head().await.ok();
        // Nodes change between blocks too: an index is never older than its block, nor than a second.
        let now = self.clock.now();
        if head.as_ref().is_none_or(|head| head.number == before.block) && now.since(before.made).as_millis() < 1000 {
            return before;
        }
        let Ok(survey) = self.chain.survey().await else { return before };
        let prices = self.chain.prices().await.ok();
        let next = Arc::new(before.next(survey, &self.ground.facts(), prices.as_ref(), now));
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        next
    }
}

#[async_trait]
impl Site for Proxy {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        let lose = match site::strike(&self.faults, Face::Proxy, &visit.path).await {
            Struck::Instead(answer) => return answer,
            Struck::Lose => true,
            Struck::No => false,
        };
        if visit.method != "GET" {
            return Some(site::error(405, "method not allowed"));
        }
        let index = self.refresh().await;
        let parts: Vec<&str> = visit.path.split('/').filter(|part| !part.is_empty()).collect();
        let answer = match parts.as_slice() {
            ["nodes", id, live @ ("statistics" | "gpu")] => {
                let command = if *live == "gpu" { "zos.gpu.list" } else { "zos.statistics.get" };
                match id.parse().map(NodeId) {
                    Ok(id) if index.nodes.contains_key(&id) => match self.ground.ask(id, command).await {
                        Ok(value) => site::json(200, &value),
                        Err(text) => site::error(502, &text),
                    },
                    _ => site::error(404, &format!("node not found: {id}")),
                }
            }
            _ => answer(&index, &visit.path, &visit.query, self.seed.fetch_add(1, Ordering::Relaxed)),
        };
        (!lose).then_some(answer)
    }
}

#[cfg(test)]
pub(in crate::sandbox) mod tests;
