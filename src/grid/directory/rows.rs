//! Farms, contracts and counts as the grid proxy lists them, and how tolerantly that is read.

use crate::grid::{ContractId, FarmId, NodeId, TwinId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// A public IPv4 of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FarmIp {
    /// With mask.
    #[serde(default, deserialize_with = "or_default")]
    pub ip: String,
    /// The gateway.
    #[serde(default, deserialize_with = "or_default")]
    pub gateway: String,
    /// Zero when free.
    #[serde(default, rename = "contract_id", deserialize_with = "or_default")]
    pub contract: ContractId,
}

/// A farm as the proxy lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FarmInfo {
    /// Its number.
    #[serde(rename = "farmId")]
    pub id: FarmId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The farmer's twin.
    #[serde(default, rename = "twinId", deserialize_with = "or_default")]
    pub twin: TwinId,
    /// `NotCertified`, `Silver` or `Gold`.
    #[serde(default, rename = "certificationType", deserialize_with = "or_default")]
    pub certification: String,
    /// Its nodes can only be rented whole.
    #[serde(default, deserialize_with = "or_default")]
    pub dedicated: bool,
    /// Its public addresses.
    #[serde(default, deserialize_with = "or_default")]
    pub public_ips: Vec<FarmIp>,
}

/// A contract as the proxy lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "RawContract")]
pub struct ContractRow {
    /// Its number.
    pub id: ContractId,
    /// Whose it is.
    pub twin: TwinId,
    /// `Created`, `GracePeriod` or `Deleted`.
    pub state: String,
    /// `node`, `name` or `rent`.
    pub kind: String,
    /// When it was made, Unix seconds.
    pub created: u64,
    /// The node, of node and rent contracts.
    pub node: Option<NodeId>,
    /// The web name, of name contracts.
    pub name: Option<String>,
    /// The client's own text, of node contracts.
    pub data: String,
    /// The deployment's hash, of node contracts.
    pub hash: String,
    /// Public IPv4 that it holds.
    pub public_ips: u64,
}

/// Counts of the whole grid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Stats {
    /// Nodes.
    #[serde(deserialize_with = "or_default")]
    pub nodes: u64,
    /// Farms.
    #[serde(deserialize_with = "or_default")]
    pub farms: u64,
    /// Countries with nodes.
    #[serde(deserialize_with = "or_default")]
    pub countries: u64,
    /// Logical CPUs.
    #[serde(deserialize_with = "or_default")]
    pub total_cru: u64,
    /// Memory, bytes.
    #[serde(deserialize_with = "or_default")]
    pub total_mru: u64,
    /// SSD, bytes.
    #[serde(deserialize_with = "or_default")]
    pub total_sru: u64,
    /// HDD, bytes.
    #[serde(deserialize_with = "or_default")]
    pub total_hru: u64,
    /// Public addresses of all farms.
    #[serde(deserialize_with = "or_default")]
    pub public_ips: u64,
    /// Nodes with a domain.
    #[serde(deserialize_with = "or_default")]
    pub gateways: u64,
    /// Twins.
    #[serde(deserialize_with = "or_default")]
    pub twins: u64,
    /// Contracts ever made.
    #[serde(deserialize_with = "or_default")]
    pub contracts: u64,
    /// Nodes by country.
    #[serde(deserialize_with = "or_default")]
    pub nodes_distribution: BTreeMap<String, u64>,
}

/// `null` is the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// A count that may come as null, a fraction, a text or (the proxy subtracts) below zero.
pub(super) fn count<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Number(number) => number.as_u64().or(number.as_f64().map(|wide| wide as u64)).unwrap_or(0),
        Value::String(text) => text.parse().unwrap_or(0),
        _ => 0,
    })
}

/// The proxy writes "" for none.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[derive(Default, Deserialize)]
struct RawDetails {
    #[serde(rename = "nodeId")]
    node: Option<NodeId>,
    name: Option<String>,
    deployment_data: Option<String>,
    deployment_hash: Option<String>,
    #[serde(default, deserialize_with = "count")]
    number_of_public_ips: u64,
}

#[derive(Deserialize)]
struct RawContract {
    contract_id: ContractId,
    twin_id: Option<TwinId>,
    state: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "count")]
    created_at: u64,
    details: Option<RawDetails>,
}

impl From<RawContract> for ContractRow {
    fn from(raw: RawContract) -> Self {
        let details = raw.details.unwrap_or_default();
        Self {
            id: raw.contract_id,
            twin: raw.twin_id.unwrap_or_default(),
            state: raw.state.unwrap_or_default(),
            kind: raw.kind.unwrap_or_default(),
            created: raw.created_at,
            node: details.node,
            name: filled(details.name),
            data: details.deployment_data.unwrap_or_default(),
            hash: details.deployment_hash.unwrap_or_default(),
            public_ips: details.number_of_public_ips,
        }
    }
}
