//! `/contracts`, one contract, its bills, and `/twins` (gridproxy.md section 3).

use super::index::{ContractRow, Index};
use super::page::{SortField, page};
use super::params::{Kind, LIST, Params, Table};
use crate::grid::{ContractId, ContractKind, ContractState, Farm, NodeId, Response};
use crate::sandbox::site;
use serde_json::{Value, json};

/// What `/contracts` understands beyond [`LIST`].
const CONTRACTS: Table = &[
    ("contract_id", Kind::Number),
    ("twin_id", Kind::Number),
    ("node_id", Kind::Number),
    ("name", Kind::Text),
    ("type", Kind::Text),
    ("state", Kind::Texts),
    ("number_of_public_ips", Kind::Number),
    ("deployment_data", Kind::Text),
    ("deployment_hash", Kind::Text),
    ("farm_name", Kind::Text),
    ("farm_id", Kind::Number),
];

const SORT: &[SortField] = &[
    ("contract_id", &["/contract_id"]),
    ("twin_id", &["/twin_id"]),
    ("state", &["/state"]),
    ("type", &["/type"]),
    ("created_at", &["/created_at"]),
];

/// The state's word.
pub(in crate::sandbox) fn state(row: &ContractRow) -> &'static str {
    match row.contract.state {
        _ if row.deleted => "Deleted",
        ContractState::Created => "Created",
        ContractState::Grace { .. } => "GracePeriod",
    }
}

fn farm_of(index: &Index, node: NodeId) -> Option<&Farm> {
    index.nodes.get(&node).map(|row| row.farm.as_ref())
}

fn kind(row: &ContractRow) -> &'static str {
    match row.contract.kind {
        ContractKind::Node { .. } => "node",
        ContractKind::Name { .. } => "name",
        ContractKind::Rent { .. } => "rent",
    }
}

fn render(index: &Index, row: &ContractRow) -> Value {
    let details = match &row.contract.kind {
        ContractKind::Name { name } => json!({ "name": name }),
        ContractKind::Rent { node } => {
            let farm = farm_of(index, *node);
            json!({ "nodeId": node, "farm_name": farm.map(|farm| &farm.name), "farm_id": farm.map(|farm| farm.id) })
        }
        ContractKind::Node { node, hash, data, ips } => {
            let farm = farm_of(index, *node);
            json!({
                "nodeId": node,
                "deployment_data": data,
                "deployment_hash": hash.to_string(),
                "number_of_public_ips": ips.len(),
                "farm_name": farm.map(|farm| &farm.name),
                "farm_id": farm.map(|farm| farm.id),
            })
        }
    };
    json!({
        "contract_id": row.contract.id,
        "twin_id": row.contract.twin,
        "state": state(row),
        "created_at": row.created.secs(),
        "type": kind(row),
        "details": details,
    })
}

fn matches(index: &Index, row: &ContractRow, params: &Params) -> bool {
    let (node, name, data, hash, ips) = match &row.contract.kind {
        ContractKind::Node { node, hash, data, ips } => (Some(*node), "", data.as_str(), hash.to_string(), ips.len()),
        ContractKind::Name { name } => (None, name.as_str(), "", String::new(), 0),
        ContractKind::Rent { node } => (Some(*node), "", "", String::new(), 0),
    };
    let farm = node.and_then(|node| farm_of(index, node));
    params.equals("contract_id", row.contract.id.0)
        && params.equals("twin_id", row.contract.twin.0.into())
        && params.equals("node_id", node.map_or(0, |node| node.0.into()))
        && params.same("name", name)
        && params.same("type", kind(row))
        && params.texts("state").is_none_or(|words| words.iter().any(|word| word.eq_ignore_ascii_case(state(row))))
        && params.reaches("number_of_public_ips", ips as i128)
        && params.text("deployment_data").is_none_or(|wanted| wanted == data)
        && params.text("deployment_hash").is_none_or(|wanted| wanted == hash)
        && params.same("farm_name", farm.map_or("", |farm| &farm.name))
        && params.equals("farm_id", farm.map_or(0, |farm| farm.id.0.into()))
}

/// The answer to a list of contracts.
pub(super) fn list(index: &Index, query: &str, seed: u64) -> Result<Response, String> {
    let params = Params::read(query, &[LIST, CONTRACTS])?;
    let rows = index.contracts.values().filter(|row| matches(index, row, &params));
    page(rows.map(|row| render(index, row)).collect(), &params, SORT, seed)
}

/// The answer to one contract, or to its bills.
pub(super) fn one(index: &Index, id: &str, below: Option<&str>, query: &str) -> Result<Response, String> {
    let id = ContractId(id.parse().map_err(|_| format!("invalid contract id: {id}"))?);
    let Some(row) = index.contracts.get(&id) else {
        return Ok(site::error(404, &format!("contract not found: {id}")));
    };
    match below {
        None => Ok(site::json(200, &render(index, row))),
        // Bills are events of the chain, which a survey does not hold.
        Some("bills") => page(Vec::new(), &Params::read(query, &[LIST])?, &[], 0),
        Some(_) => Ok(site::error(404, "not found")),
    }
}

/// What `/twins` understands beyond [`LIST`].
const TWINS: Table =
    &[("twin_id", Kind::Number), ("account_id", Kind::Text), ("relay", Kind::Text), ("public_key", Kind::Text)];

const SORT_TWINS: &[SortField] = &[("twin_id", &["/twinId"]), ("account_id", &["/accountId"]), ("relay", &["/relay"])];

/// The answer to a list of twins.
pub(super) fn twins(index: &Index, query: &str, seed: u64) -> Result<Response, String> {
    let params = Params::read(query, &[LIST, TWINS])?;
    let rows = index.twins.values().map(|twin| {
        json!({
            "twinId": twin.id,
            "accountId": twin.account.to_string(),
            "relay": twin.relay.as_deref().unwrap_or_default(),
            "publicKey": twin.pk.as_ref().map(|pk| format!("0x{}", hex::encode(pk))).unwrap_or_default(),
        })
    });
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = rows.filter(|row| {
        params.equals("twin_id", row["twinId"].as_u64().unwrap_or(0))
            && params.text("account_id").is_none_or(|wanted| wanted == text(row, "accountId"))
            && params.text("relay").is_none_or(|wanted| wanted == text(row, "relay"))
            && params.text("public_key").is_none_or(|wanted| wanted == text(row, "publicKey"))
    });
    page(rows.collect(), &params, SORT_TWINS, seed)
}
