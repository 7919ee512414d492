//! What the grid proxy knows: the chain at one block, joined with what is known of each node.
//!
//! Plain data, made anew for each block. Not the chain and not the nodes: like the real one it may lag
//! behind both, and may believe that a dead node is up.

use crate::clock::Timestamp;
use crate::grid::price::{MONTH, Usage};
use crate::grid::zos::Statistics;
use crate::grid::{
    Contract, ContractId, ContractKind, Farm, FarmId, Node, NodeId, Prices, Resources, Survey, Twin, TwinId,
};
use crate::sandbox::nodes::{NodeReport, NodeStatus};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The proxy's word for a node's status.
pub(super) fn word(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Up => "up",
        NodeStatus::Standby => "standby",
        NodeStatus::Down => "down",
    }
}

/// A node and all that queries ask of it.
#[derive(Debug, Clone)]
pub struct NodeRow {
    /// As the chain has it.
    pub node: Node,
    /// Its farm.
    pub farm: Arc<Farm>,
    /// As it is known.
    pub facts: NodeReport,
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
        i128::from(of(&self.node.resources)) - i128::from(of(&self.used()))
    }

    /// In use, the node's own part included.
    pub fn used(&self) -> Resources {
        let used = self.facts.statistics.used;
        Resources { cru: used.cru, mru: used.mru, sru: used.sru, hru: used.hru }
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
        facts: &HashMap<NodeId, NodeReport>,
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
                facts: facts.get(&node.id).cloned().unwrap_or_else(|| unknown(&node)),
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
fn unknown(node: &Node) -> NodeReport {
    NodeReport {
        node: node.id,
        farm: node.farm,
        twin: node.twin,
        region: String::new(),
        status: NodeStatus::Down,
        healthy: false,
        features: Vec::new(),
        statistics: Statistics::default(),
        uptime: 0,
        last_uptime: Timestamp::default(),
        grid_version: 3,
        upload: 0.0,
        download: 0.0,
        serial: String::new(),
    }
}

/// What renting a node whole costs in 30 days: the policy's price of all that it has, half of it (the discount
/// for dedication), and the farmer's extra fee in full (tfchain.md section 5).
fn monthly_usd(prices: &Prices, node: &Node) -> f64 {
    let whole = Usage { resources: node.resources, ips: 0, names: 0 };
    whole.units_usd(prices, MONTH) as f64 / 1e7 * 0.5 + node.extra_fee as f64 / 1000.0
}
