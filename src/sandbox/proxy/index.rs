//! What the grid proxy knows: the chain at one block, joined with what is known of each node.
//!
//! Plain data, made anew for each block. Not the chain and not the nodes: like the real one it may lag
//! behind both, and may believe that a dead node is up.

use crate::clock::Timestamp;
use crate::grid::{
    Contract, ContractId, ContractKind, Farm, FarmId, GIB, Node, NodeId, Prices, Resources, Survey, Twin, TwinId,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Whether a node is there, as the proxy believes it (gridproxy.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It reported within 80 minutes and its power is on.
    Up,
    /// The farmer's bot sent it to sleep.
    Standby,
    /// Neither.
    Down,
}

impl Status {
    /// The proxy's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Standby => "standby",
            Self::Down => "down",
        }
    }
}

/// What is known of a node beyond the chain.
#[derive(Debug, Clone)]
pub struct NodeFacts {
    /// Whether it is there.
    pub status: Status,
    /// It answered a message in the last minutes.
    pub healthy: bool,
    /// In use, the node's own part included.
    pub used: Resources,
    /// What it can do (zos.md section 8).
    pub features: Vec<String>,
    /// Seconds since it started.
    pub uptime: u64,
    /// When it last reported.
    pub reported: Timestamp,
    /// Continent.
    pub region: String,
}

/// A node and all that queries ask of it.
#[derive(Debug, Clone)]
pub struct NodeRow {
    /// As the chain has it.
    pub node: Node,
    /// Its farm.
    pub farm: Arc<Farm>,
    /// As it is known.
    pub facts: NodeFacts,
    /// How many node contracts are on it.
    pub contracts: usize,
    /// Who rents it whole.
    pub rented_by: Option<TwinId>,
    /// Renting it whole for a month, USD.
    pub price_usd: f64,
}

impl NodeRow {
    /// Rented whole.
    pub fn rented(&self) -> bool {
        self.rented_by.is_some()
    }

    /// Nobody rents it, and it could be rented whole.
    pub fn rentable(&self) -> bool {
        !self.rented() && (self.farm.dedicated || self.contracts == 0)
    }

    /// The proxy's wide word for it: dedicated farm, or no node contracts, or rented.
    pub fn dedicated(&self) -> bool {
        self.farm.dedicated || self.contracts == 0 || self.rented()
    }

    /// A twin may deploy on it.
    pub fn available_for(&self, twin: TwinId) -> bool {
        match self.rented_by {
            Some(by) => by == twin,
            None => !self.farm.dedicated && self.node.extra_fee == 0,
        }
    }

    /// Total less used; negative when over-used.
    pub fn free(&self, of: fn(&Resources) -> u64) -> i128 {
        i128::from(of(&self.node.resources)) - i128::from(of(&self.facts.used))
    }

    /// Free public addresses of its farm.
    pub fn free_ips(&self) -> usize {
        free_ips(&self.farm)
    }
}

/// How many of a farm's public addresses are free.
pub(super) fn free_ips(farm: &Farm) -> usize {
    farm.public_ips.iter().filter(|ip| ip.contract == ContractId(0)).count()
}

/// A contract, alive or gone.
#[derive(Debug, Clone)]
pub struct ContractRow {
    /// As the chain has, or had, it.
    pub contract: Contract,
    /// When the index first saw it.
    pub created: Timestamp,
    /// It is no longer on the chain.
    pub deleted: bool,
}

/// Everything that the proxy answers from.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// The block that it shows.
    pub block: u32,
    /// When it was made.
    pub made: Timestamp,
    /// Nodes by number.
    pub nodes: BTreeMap<NodeId, NodeRow>,
    /// Farms by number.
    pub farms: BTreeMap<FarmId, Arc<Farm>>,
    /// Contracts by number, the gone ones too.
    pub contracts: BTreeMap<ContractId, ContractRow>,
    /// Twins by number.
    pub twins: BTreeMap<TwinId, Twin>,
}

impl Index {
    /// The index of a new block, after that of an earlier one (whose contracts it remembers).
    pub fn next(
        &self,
        survey: Survey,
        facts: &HashMap<NodeId, NodeFacts>,
        prices: Option<&Prices>,
        now: Timestamp,
    ) -> Index {
        let mut contracts = self.contracts.clone();
        for row in contracts.values_mut() {
            row.deleted = true;
        }
        for contract in survey.contracts {
            let created = contracts.get(&contract.id).map_or(now, |row| row.created);
            contracts.insert(contract.id, ContractRow { contract, created, deleted: false });
        }
        let mut busy: HashMap<NodeId, usize> = HashMap::new();
        for row in contracts.values().filter(|row| !row.deleted) {
            if let ContractKind::Node { node, .. } = &row.contract.kind {
                *busy.entry(*node).or_default() += 1;
            }
        }
        let farms: BTreeMap<FarmId, Arc<Farm>> =
            survey.farms.into_iter().map(|farm| (farm.id, Arc::new(farm))).collect();
        let nodes = survey.nodes.into_iter().filter_map(|node| {
            let farm = farms.get(&node.farm)?.clone();
            let rented_by = node.rent.and_then(|id| contracts.get(&id)).map(|row| row.contract.twin);
            let row = NodeRow {
                facts: facts.get(&node.id).cloned().unwrap_or_else(unknown),
                contracts: busy.get(&node.id).copied().unwrap_or(0),
                price_usd: prices.map_or(0.0, |prices| monthly_usd(prices, &node)),
                rented_by,
                farm,
                node,
            };
            Some((row.node.id, row))
        });
        Index {
            block: survey.block,
            made: now,
            nodes: nodes.collect(),
            contracts,
            twins: survey.twins.into_iter().map(|twin| (twin.id, twin)).collect(),
            farms,
        }
    }
}

/// A node of which nothing but its row on the chain is known.
fn unknown() -> NodeFacts {
    NodeFacts {
        status: Status::Down,
        healthy: false,
        used: Resources::default(),
        features: Vec::new(),
        uptime: 0,
        reported: Timestamp::default(),
        region: String::new(),
    }
}

/// What renting a node whole costs in 30 days: the policy's price of all that it has, half of it (the discount
/// for dedication), and the farmer's extra fee in full (tfchain.md section 5).
fn monthly_usd(prices: &Prices, node: &Node) -> f64 {
    let gib = |bytes: u64| bytes as f64 / GIB as f64;
    let (cru, mru) = (node.resources.cru as f64, gib(node.resources.mru));
    let cu = (mru / 4.0).max(cru / 2.0).min((mru / 8.0).max(cru)).min((mru / 2.0).max(cru / 4.0));
    let su = gib(node.resources.hru) / 1200.0 + gib(node.resources.sru) / 200.0;
    let hourly = (cu * prices.policy.cu as f64 + su * prices.policy.su as f64) / 1e7;
    hourly * 720.0 * 0.5 + node.extra_fee as f64 / 1000.0
}
