//! `/farms` and `/public_ips` (gridproxy.md section 3).

use super::index::{Index, NodeRow, free_ips, word};
use super::nodes::checked;
use super::page::{SortField, page};
use super::params::{Kind, LIST, Params, Table};
use crate::grid::{ContractId, Farm, Response, TwinId};
use serde_json::json;

/// What `/farms` understands beyond [`LIST`].
const FARMS: Table = &[
    ("farm_id", Kind::Number),
    ("name", Kind::Text),
    ("name_contains", Kind::Text),
    ("twin_id", Kind::Number),
    ("pricing_policy_id", Kind::Number),
    ("certification_type", Kind::Text),
    ("dedicated", Kind::Flag),
    ("stellar_address", Kind::Text),
    ("free_ips", Kind::Number),
    ("total_ips", Kind::Number),
    ("country", Kind::Text),
    ("region", Kind::Text),
    ("node_free_mru", Kind::Number),
    ("node_free_sru", Kind::Number),
    ("node_free_hru", Kind::Number),
    ("node_total_cru", Kind::Number),
    ("node_status", Kind::Texts),
    ("node_rented_by", Kind::Number),
    ("node_available_for", Kind::Number),
    ("node_has_gpu", Kind::Flag),
    ("node_has_ipv6", Kind::Flag),
    ("node_certified", Kind::Flag),
    ("node_features", Kind::Texts),
];

const SORT: &[SortField] = &[
    ("name", &["/name"]),
    ("farm_id", &["/farmId"]),
    ("twin_id", &["/twinId"]),
    ("dedicated", &["/dedicated"]),
    ("free_ips", &["/free"]),
    ("total_ips", &["/total"]),
    ("used_ips", &["/total", "/free"]),
];

/// The answer to a list of farms.
pub(super) fn list(index: &Index, query: &str, seed: u64) -> Result<Response, String> {
    let params = Params::read(query, &[LIST, FARMS])?;
    checked(&params, "node_status", "node_features")?;
    let of_node = FARMS.iter().any(|(name, _)| {
        (name.starts_with("node_") || ["country", "region"].contains(name)) && params.text(name).is_some()
    });
    let rows = index.farms.values().filter(|farm| {
        matches(farm, &params)
            && (!of_node || index.nodes.values().any(|row| row.farm.id == farm.id && has_node(row, &params)))
    });
    let rows = rows.map(|farm| {
        json!({
            "name": farm.name,
            "farmId": farm.id,
            "twinId": farm.twin,
            "pricingPolicyId": farm.pricing_policy,
            "certificationType": certification(farm),
            "stellarAddress": "",
            "dedicated": farm.dedicated,
            "publicIps": farm.public_ips.iter().enumerate().map(|(at, ip)| json!({
                "id": format!("{}-{at}", farm.id),
                "ip": ip.ip,
                "gateway": ip.gateway,
                "contract_id": ip.contract,
            })).collect::<Vec<_>>(),
            // Sorted by; the real answer has them too, under no documented name.
            "free": free_ips(farm),
            "total": farm.public_ips.len(),
        })
    });
    page(rows.collect(), &params, SORT, seed)
}

fn certification(farm: &Farm) -> &'static str {
    if farm.certified { "Gold" } else { "NotCertified" }
}

fn matches(farm: &Farm, params: &Params) -> bool {
    params.equals("farm_id", farm.id.0.into())
        && params.same("name", &farm.name)
        && params.within("name_contains", &farm.name)
        && params.equals("twin_id", farm.twin.0.into())
        && params.equals("pricing_policy_id", farm.pricing_policy.into())
        && params.same("certification_type", certification(farm))
        && params.agrees("dedicated", farm.dedicated)
        && params.same("stellar_address", "")
        && params.reaches("free_ips", free_ips(farm) as i128)
        && params.reaches("total_ips", farm.public_ips.len() as i128)
}

/// Whether one node has all that was asked of "at least one node".
fn has_node(row: &NodeRow, params: &Params) -> bool {
    let twin = |name| params.number(name).map(|id| TwinId(u32::try_from(id).unwrap_or(u32::MAX)));
    params.same("country", &row.node.country)
        && params.same("region", &row.facts.region)
        && params.reaches("node_free_mru", row.free(|r| r.mru))
        && params.reaches("node_free_sru", row.free(|r| r.sru))
        && params.reaches("node_free_hru", row.free(|r| r.hru))
        && params.reaches("node_total_cru", row.node.resources.cru.into())
        && params.texts("node_status").is_none_or(|words| words.contains(&word(row.facts.status)))
        && twin("node_rented_by").is_none_or(|id| row.rented_by == Some(id))
        && twin("node_available_for").is_none_or(|id| row.available_for(id))
        && params.agrees("node_has_gpu", false)
        && params.agrees("node_has_ipv6", false)
        && params.agrees("node_certified", row.node.certified)
        && params
            .texts("node_features")
            .is_none_or(|words| words.iter().all(|word| row.facts.features.iter().any(|feature| feature == word)))
}

/// What `/public_ips` understands beyond [`LIST`].
const IPS: Table = &[("farm_ids", Kind::Numbers), ("free", Kind::Flag), ("ip", Kind::Text), ("gateway", Kind::Text)];

const SORT_IPS: &[SortField] = &[("ip", &["/ip"]), ("farm_id", &["/farm_id"]), ("contract_id", &["/contract_id"])];

/// The answer to a list of public addresses.
pub(super) fn ips(index: &Index, query: &str, seed: u64) -> Result<Response, String> {
    let params = Params::read(query, &[LIST, IPS])?;
    let farms = index.farms.values().filter(|farm| params.among("farm_ids", farm.id.0.into()));
    let rows = farms.flat_map(|farm| farm.public_ips.iter().enumerate().map(move |(at, ip)| (farm, at, ip)));
    let rows = rows.filter(|(_, _, ip)| {
        params.agrees("free", ip.contract == ContractId(0))
            && params.same("ip", &ip.ip)
            && params.same("gateway", &ip.gateway)
    });
    let rows = rows.map(|(farm, at, ip)| {
        json!({
            "id": format!("{}-{at}", farm.id),
            "ip": ip.ip,
            "gateway": ip.gateway,
            "contract_id": ip.contract,
            "farm_id": farm.id,
        })
    });
    page(rows.collect(), &params, SORT_IPS, seed)
}
