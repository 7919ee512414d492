//! What the grid proxy is told of a node, beside what the chain says. Data only.

use crate::clock::Timestamp;
use crate::grid::zos::Statistics;
use crate::grid::{FarmId, NodeId, TwinId};
use serde::{Deserialize, Serialize};

/// Whether the proxy takes a node for usable (gridproxy.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeStatus {
    /// Reported its uptime within the last 80 minutes.
    Up,
    /// Did not.
    Down,
    /// Powered off by its farmer's bot, and can be woken.
    Standby,
}

/// What a proxy believes of one node. A dead node that reported lately is believed to be up, as in life.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeReport {
    /// The node.
    pub node: NodeId,
    /// Its farm.
    pub farm: FarmId,
    /// Its twin.
    pub twin: TwinId,
    /// One of Africa, Americas, Asia, Europe, Oceania.
    pub region: String,
    /// As the proxy believes.
    pub status: NodeStatus,
    /// Whether its last health check was good.
    pub healthy: bool,
    /// What it can run (zos.md section 8).
    pub features: Vec<String>,
    /// Total, used (`system` included) and reserved capacity.
    pub statistics: Statistics,
    /// Seconds since its boot, when it last reported.
    pub uptime: u64,
    /// When it last reported.
    pub last_uptime: Timestamp,
    /// The release line of its software (the proxy's `gridVersion`).
    pub grid_version: u32,
    /// Bits per second, up.
    pub upload: f64,
    /// Bits per second, down.
    pub download: f64,
    /// The machine's serial number.
    pub serial: String,
}
