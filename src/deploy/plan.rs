//! What was ordered, and where it goes: every decision and every random draw, made before the first effect.
//!
//! No secrets in here: the keys of a network are derived from the operator's root when a document is built.
//! Not here: how a place is chosen (`place`), what is sent to nodes (`document`).

use crate::clock::Timestamp;
use crate::grid::{AccountId, FarmId, NodeId, Tft, TwinId};
use crate::people::{Accepted, Amounts};
use crate::recipes::Filled;
use serde::{Deserialize, Serialize};

/// What a person wants, as far as they said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The person's own name for it: `[a-z][a-z0-9]{1,14}`.
    pub name: String,
    /// The recipe.
    pub recipe: String,
    /// One of the recipe's sizes.
    pub size: String,
    /// A region of the grid; `None` for anywhere.
    pub region: Option<String>,
    /// The node to try first, if it fits: the one that a plan showed.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// A public SSH key in OpenSSH form; `None` for no shell.
    pub ssh_key: Option<String>,
}

/// An order that was accepted: the first entry of a deployment's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The deployment's id: opaque, unique; it stands in the contracts' data.
    pub id: String,
    /// The account that it belongs to.
    pub owner: String,
    /// The account on the chain that acts and pays, whatever the operator changes about that later.
    pub payer: AccountId,
    /// Which grid (`Network::name`).
    pub grid: String,
    /// What was ordered.
    pub order: Order,
    /// The terms that the person accepted; `None` when the chain has known of it for longer than Bellhop.
    pub terms: Option<Accepted>,
    /// What it holds of the person's allowance.
    pub want: Amounts,
    /// The price that the person saw, for one hour.
    pub hourly: Tft,
    /// The parts: one for a single node.
    pub parts: Vec<PartPlan>,
}

/// One machine to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartPlan {
    /// The recipe filled in, frozen here: a newer recipe must not change a running deployment's hash.
    pub filled: Filled,
    /// The web name's gateway port and variable, when the recipe has one.
    pub gateway: Option<Web>,
    /// The node that the person saw; tried first.
    pub first: Option<NodeId>,
}

/// A page on a web name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Web {
    /// The port on the machine.
    pub port: u16,
    /// The variable that tells the machine its name, when it wants to know.
    pub env: Option<String>,
}

/// A node that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The node.
    pub node: NodeId,
    /// Its address on the bus.
    pub twin: TwinId,
    /// Its farm.
    pub farm: FarmId,
    /// The farm's name.
    pub farm_name: String,
    /// City; may be empty.
    pub city: String,
    /// Country.
    pub country: String,
    /// A light node: `zmachine-light` and `network-light` (zos.md section 8).
    pub light: bool,
    /// UDP port of the private network on this node.
    pub port: u16,
    /// `address:port` where other nodes of the network can dial it; empty when they cannot.
    pub endpoint: String,
}

/// Where a part goes: drawn anew for each attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Which attempt, from 0: keys and names are derived from it.
    pub attempt: u16,
    /// The machine's node.
    pub machine: Host,
    /// The gateway's node, its domain, and the web name there.
    pub gateway: Option<GatewaySite>,
    /// Second octet of the private network `10.<n>.0.0/16`.
    pub octet: u8,
    /// How many nodes fitted.
    pub fitting: u32,
    /// How long the machine's node took to answer, milliseconds.
    pub answered_ms: u64,
}

/// A gateway that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaySite {
    /// The gateway's node.
    pub host: Host,
    /// Its domain.
    pub domain: String,
    /// The name under it, unique on the grid.
    pub name: String,
}

impl GatewaySite {
    /// The whole name.
    pub fn fqdn(&self) -> String {
        format!("{}.{}", self.name, self.domain)
    }
}

impl Site {
    /// The private network's range.
    pub fn range(&self) -> String {
        format!("10.{}.0.0/16", self.octet)
    }

    /// The machine's address in it.
    pub fn private_ip(&self) -> String {
        format!("10.{}.2.2", self.octet)
    }

    /// The subnet on the machine's node.
    pub fn machine_subnet(&self) -> String {
        format!("10.{}.2.0/24", self.octet)
    }

    /// The subnet on the gateway's node.
    pub fn gateway_subnet(&self) -> String {
        format!("10.{}.3.0/24", self.octet)
    }
}

/// Whether `name` can be a deployment's name: `[a-z][a-z0-9]{1,14}` fits every rule of the grid (workload names,
/// web names, contract names).
pub fn name_is_valid(name: &str) -> bool {
    (2..=15).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// A moment in a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: T,
}
