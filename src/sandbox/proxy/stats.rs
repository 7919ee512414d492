//! `/stats` and `/health` (gridproxy.md section 3).

use super::index::{Index, NodeRow, word};
use super::params::{Kind, Params};
use crate::grid::{Resources, Response};
use crate::sandbox::site;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The answer to `/stats`.
pub(super) fn stats(index: &Index, query: &str) -> Result<Response, String> {
    let params = Params::read(query, &[&[("status", Kind::Texts)]])?;
    super::nodes::checked(&params, "status", "")?;
    let wanted = |row: &&NodeRow| params.texts("status").is_none_or(|words| words.contains(&word(row.facts.status)));
    let nodes: Vec<&NodeRow> = index.nodes.values().filter(wanted).collect();
    let mut countries: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &nodes {
        *countries.entry(&row.node.country).or_default() += 1;
    }
    let sum = |of: fn(&Resources) -> u64| nodes.iter().map(|row| of(&row.node.resources)).sum::<u64>();
    let configs = || nodes.iter().filter_map(|row| row.node.public_config.as_ref());
    let farms: BTreeSet<_> = nodes.iter().map(|row| row.farm.id).collect();
    let live = index.contracts.values().filter(|row| !row.deleted).count();
    Ok(site::json(
        200,
        &json!({
            "nodes": nodes.len(),
            "farms": farms.len(),
            "countries": countries.len(),
            "totalCru": sum(|r| r.cru),
            "totalSru": sum(|r| r.sru),
            "totalMru": sum(|r| r.mru),
            "totalHru": sum(|r| r.hru),
            "publicIps": index.farms.values().map(|farm| farm.public_ips.len()).sum::<usize>(),
            "accessNodes": configs().count(),
            "gateways": configs().filter(|config| config.domain.is_some()).count(),
            "twins": index.twins.len(),
            "contracts": live,
            "nodesDistribution": countries,
            "gpus": 0,
            "dedicatedNodes": nodes.iter().filter(|row| row.farm.dedicated).count(),
            "workloads_number": live,
        }),
    ))
}

/// The answer to `/health`.
pub(super) fn health(index: &Index) -> Value {
    json!({
        "total_state_ok": true,
        "db_conn": "ok",
        "rmb_conn": "ok",
        "indexers": { "chain": { "updated_at": index.made.secs(), "block": index.block } },
    })
}
