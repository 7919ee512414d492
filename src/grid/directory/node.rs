//! A node as the grid proxy lists it, and how tolerantly that is read.

use super::rows::{count, filled, or_default};
use crate::grid::{FarmId, NodeId, Resources, TwinId};
use serde::Deserialize;

/// What the proxy believes of a node (gridproxy.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeStatus {
    /// Reported within 80 minutes.
    Up,
    /// Powered off by its farmer's robot, can be woken.
    Standby,
    /// Anything else, also words that are not known here.
    #[serde(other)]
    Down,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Degrees north.
    #[serde(deserialize_with = "or_default")]
    pub latitude: f64,
    /// Degrees east.
    #[serde(deserialize_with = "or_default")]
    pub longitude: f64,
}

/// A node's own public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress {
    /// IPv4 with mask; `None` when it has none.
    pub ipv4: Option<String>,
    /// IPv6 with mask.
    pub ipv6: Option<String>,
    /// The domain under which it serves web names.
    pub domain: Option<String>,
}

/// A node as the proxy lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "RawNode")]
pub struct NodeInfo {
    /// Its number.
    pub id: NodeId,
    /// Its farm.
    pub farm: FarmId,
    /// The farm's name.
    pub farm_name: String,
    /// Its address on the bus.
    pub twin: TwinId,
    /// As the farmer wrote it.
    pub country: String,
    /// Continent; empty on older proxies.
    pub region: String,
    /// As the farmer wrote it.
    pub city: String,
    /// Coordinates.
    pub location: Location,
    /// What the machine has.
    pub total: Resources,
    /// What is reserved, the node's own reserve included. May exceed the total.
    pub used: Resources,
    /// Public address and domain; `None` when it has neither.
    pub public: Option<PublicAddress>,
    /// Up, asleep or down.
    pub status: NodeStatus,
    /// Answered a call within the last minutes.
    pub healthy: bool,
    /// Certified hardware.
    pub certified: bool,
    /// Of a farm that rents its nodes out only whole. (The proxy's own `dedicated` is wider: it also counts every
    /// node that has no contracts.)
    pub dedicated: bool,
    /// Somebody rents it whole.
    pub rented_by: Option<TwinId>,
    /// Graphics cards.
    pub gpus: u64,
    /// Renting fee beyond the policy, in the chain's unit (mUSD per 30 days).
    pub extra_fee: u64,
    /// Free public IPv4 of its farm.
    pub farm_free_ips: u64,
    /// What it can run, by the proxy's names; empty on older proxies.
    pub features: Vec<String>,
    /// Seconds since boot, at its last report.
    pub uptime: u64,
    /// When its row last changed, Unix seconds.
    pub updated: u64,
}

impl NodeInfo {
    /// What is left: total less used, never below zero. For CPUs this is a hint only, they are shared.
    pub fn free(&self) -> Resources {
        Resources {
            cru: self.total.cru.saturating_sub(self.used.cru),
            mru: self.total.mru.saturating_sub(self.used.mru),
            sru: self.total.sru.saturating_sub(self.used.sru),
            hru: self.total.hru.saturating_sub(self.used.hru),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawResources {
    #[serde(deserialize_with = "count")]
    cru: u64,
    #[serde(deserialize_with = "count")]
    mru: u64,
    #[serde(deserialize_with = "count")]
    sru: u64,
    #[serde(deserialize_with = "count")]
    hru: u64,
}

impl From<RawResources> for Resources {
    fn from(RawResources { cru, mru, sru, hru }: RawResources) -> Self {
        Self { cru, mru, sru, hru }
    }
}

#[derive(Deserialize)]
struct Capacity {
    total_resources: Option<RawResources>,
    used_resources: Option<RawResources>,
}

#[derive(Deserialize)]
struct RawPublic {
    ipv4: Option<String>,
    ipv6: Option<String>,
    domain: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawNode {
    node_id: NodeId,
    farm_id: Option<FarmId>,
    farm_name: Option<String>,
    twin_id: Option<TwinId>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    location: Option<Location>,
    #[serde(rename = "total_resources")]
    total: Option<RawResources>,
    #[serde(rename = "used_resources")]
    used: Option<RawResources>,
    capacity: Option<Capacity>,
    public_config: Option<RawPublic>,
    status: Option<NodeStatus>,
    healthy: Option<bool>,
    certification_type: Option<String>,
    in_dedicated_farm: Option<bool>,
    rented_by_twin_id: Option<TwinId>,
    #[serde(default, rename = "num_gpu", deserialize_with = "count")]
    gpus: u64,
    #[serde(default, deserialize_with = "count")]
    extra_fee: u64,
    #[serde(default, rename = "farm_free_ips", deserialize_with = "count")]
    farm_free_ips: u64,
    features: Option<Vec<String>>,
    #[serde(default, deserialize_with = "count")]
    uptime: u64,
    #[serde(default, deserialize_with = "count")]
    updated_at: u64,
}

impl From<RawNode> for NodeInfo {
    fn from(raw: RawNode) -> Self {
        // A list has the resources flat, a single node has them under `capacity`.
        let (total, used) = match raw.capacity {
            Some(capacity) => (raw.total.or(capacity.total_resources), raw.used.or(capacity.used_resources)),
            None => (raw.total, raw.used),
        };
        let public = raw.public_config.map(|at| PublicAddress {
            ipv4: filled(at.ipv4),
            ipv6: filled(at.ipv6),
            domain: filled(at.domain),
        });
        Self {
            id: raw.node_id,
            farm: raw.farm_id.unwrap_or_default(),
            farm_name: raw.farm_name.unwrap_or_default(),
            twin: raw.twin_id.unwrap_or_default(),
            country: raw.country.unwrap_or_default(),
            region: raw.region.unwrap_or_default(),
            city: raw.city.unwrap_or_default(),
            location: raw.location.unwrap_or_default(),
            total: total.unwrap_or_default().into(),
            used: used.unwrap_or_default().into(),
            public: public.filter(|at| at.ipv4.is_some() || at.ipv6.is_some() || at.domain.is_some()),
            status: raw.status.unwrap_or(NodeStatus::Down),
            healthy: raw.healthy.unwrap_or_default(),
            certified: raw.certification_type.is_some_and(|kind| kind == "Certified"),
            dedicated: raw.in_dedicated_farm.unwrap_or_default(),
            rented_by: raw.rented_by_twin_id.filter(|twin| *twin != TwinId(0)),
            gpus: raw.gpus,
            extra_fee: raw.extra_fee,
            farm_free_ips: raw.farm_free_ips,
            features: raw.features.unwrap_or_default(),
            uptime: raw.uptime,
            updated: raw.updated_at,
        }
    }
}
