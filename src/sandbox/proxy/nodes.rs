//! `/nodes`, `/gateways` and what hangs below them (gridproxy.md section 3).

use super::index::{Index, NodeRow, word};
use super::page::{SortField, page};
use super::params::{Kind, LIST, Params, Table};
use crate::grid::{NodeId, Response, TwinId};
use crate::sandbox::site;
use serde_json::{Value, json};

/// What `/nodes` understands beyond [`LIST`].
pub(super) const NODES: Table = &[
    ("status", Kind::Texts),
    ("healthy", Kind::Flag),
    ("free_mru", Kind::Number),
    ("free_sru", Kind::Number),
    ("free_hru", Kind::Number),
    ("total_cru", Kind::Number),
    ("total_mru", Kind::Number),
    ("total_sru", Kind::Number),
    ("total_hru", Kind::Number),
    ("free_ips", Kind::Number),
    ("country", Kind::Text),
    ("country_contains", Kind::Text),
    ("city", Kind::Text),
    ("city_contains", Kind::Text),
    ("region", Kind::Text),
    ("farm_name", Kind::Text),
    ("farm_name_contains", Kind::Text),
    ("farm_ids", Kind::Numbers),
    ("node_ids", Kind::Numbers),
    ("node_id", Kind::Number),
    ("twin_id", Kind::Number),
    ("excluded", Kind::Numbers),
    ("available_for", Kind::Number),
    ("rentable", Kind::Flag),
    ("rented", Kind::Flag),
    ("rented_by", Kind::Number),
    ("rentable_or_rented_by", Kind::Number),
    ("dedicated", Kind::Flag),
    ("in_dedicated_farm", Kind::Flag),
    ("owned_by", Kind::Number),
    ("ipv4", Kind::Flag),
    ("ipv6", Kind::Flag),
    ("has_ipv6", Kind::Flag),
    ("domain", Kind::Flag),
    ("certification_type", Kind::Text),
    ("has_gpu", Kind::Flag),
    ("num_gpu", Kind::Number),
    ("gpu_available", Kind::Flag),
    ("gpu_vendor_name", Kind::Text),
    ("gpu_device_name", Kind::Text),
    ("gpu_vendor_id", Kind::Text),
    ("gpu_device_id", Kind::Text),
    ("features", Kind::Texts),
    ("price_min", Kind::Decimal),
    ("price_max", Kind::Decimal),
    ("balance", Kind::Decimal),
];

const SORT: &[SortField] = &[
    ("status", &["/status"]),
    ("node_id", &["/nodeId"]),
    ("farm_id", &["/farmId"]),
    ("twin_id", &["/twinId"]),
    ("uptime", &["/uptime"]),
    ("created", &["/created"]),
    ("updated_at", &["/updatedAt"]),
    ("country", &["/country"]),
    ("city", &["/city"]),
    ("dedicated_farm", &["/inDedicatedFarm"]),
    ("rent_contract_id", &["/rentContractId"]),
    ("rented", &["/rented"]),
    ("rentable", &["/rentable"]),
    ("num_gpu", &["/num_gpu"]),
    ("extra_fee", &["/extraFee"]),
    ("price_usd", &["/price_usd"]),
    ("free_cru", &["/total_resources/cru", "/used_resources/cru"]),
    ("total_cru", &["/total_resources/cru"]),
    ("total_mru", &["/total_resources/mru"]),
    ("total_sru", &["/total_resources/sru"]),
    ("total_hru", &["/total_resources/hru"]),
    ("used_cru", &["/used_resources/cru"]),
    ("used_mru", &["/used_resources/mru"]),
    ("used_sru", &["/used_resources/sru"]),
    ("used_hru", &["/used_resources/hru"]),
];

/// The features that may be asked for.
const FEATURES: [&str; 16] = [
    "zmount",
    "zdb",
    "volume",
    "ipv4",
    "ip",
    "gateway-name-proxy",
    "gateway-fqdn-proxy",
    "qsfs",
    "zlogs",
    "network",
    "zmachine",
    "zmachine-light",
    "network-light",
    "wireguard",
    "yggdrasil",
    "mycelium",
];

/// The answer to a list of nodes.
pub(super) fn list(index: &Index, query: &str, seed: u64) -> Result<Response, String> {
    let params = Params::read(query, &[LIST, NODES])?;
    checked(&params, "status", "features")?;
    let mut rows: Vec<&NodeRow> = index.nodes.values().filter(|row| matches(row, &params)).collect();
    if params.number("available_for").is_some() {
        rows.sort_by_key(|row| !row.rented());
    }
    let rows = rows.into_iter().map(|row| flat(row, params.decimal("balance"))).collect();
    page(rows, &params, SORT, seed)
}

/// Refuses words of the lists of states and features that the proxy does not know.
pub(super) fn checked(params: &Params, status: &str, features: &str) -> Result<(), String> {
    for word in params.texts(status).unwrap_or_default() {
        if !["up", "down", "standby"].contains(&word) {
            return Err(format!("invalid status: {word}"));
        }
    }
    for word in params.texts(features).unwrap_or_default() {
        if !FEATURES.contains(&word) {
            return Err(format!("invalid feature: {word}"));
        }
    }
    Ok(())
}

fn twin(params: &Params, name: &str) -> Option<TwinId> {
    params.number(name).map(|id| TwinId(u32::try_from(id).unwrap_or(u32::MAX)))
}

fn matches(row: &NodeRow, params: &Params) -> bool {
    let (node, facts, total) = (&row.node, &row.facts, &row.node.resources);
    let config = node.public_config.as_ref();
    let size = params.reaches("free_mru", row.free(|r| r.mru))
        && params.reaches("free_sru", row.free(|r| r.sru))
        && params.reaches("free_hru", row.free(|r| r.hru))
        && params.reaches("total_cru", total.cru.into())
        && params.reaches("total_mru", total.mru.into())
        && params.reaches("total_sru", total.sru.into())
        && params.reaches("total_hru", total.hru.into())
        && params.reaches("free_ips", row.free_ips() as i128);
    let place = params.same("country", &node.country)
        && params.within("country_contains", &node.country)
        && params.same("city", &node.city)
        && params.within("city_contains", &node.city)
        && params.same("region", &facts.region)
        && params.same("farm_name", &row.farm.name)
        && params.within("farm_name_contains", &row.farm.name);
    let ids = params.among("farm_ids", node.farm.0.into())
        && params.among("node_ids", node.id.0.into())
        && params.equals("node_id", node.id.0.into())
        && params.equals("twin_id", node.twin.0.into())
        && params.equals("owned_by", row.farm.twin.0.into())
        && params.numbers("excluded").is_none_or(|out| !out.contains(&node.id.0.into()));
    let rent = twin(params, "available_for").is_none_or(|id| row.available_for(id))
        && params.agrees("rentable", row.rentable())
        && params.agrees("rented", row.rented())
        && twin(params, "rented_by").is_none_or(|id| row.rented_by == Some(id))
        && twin(params, "rentable_or_rented_by").is_none_or(|id| row.rentable() || row.rented_by == Some(id))
        && params.agrees("dedicated", row.dedicated())
        && params.agrees("in_dedicated_farm", row.farm.dedicated);
    let net = params.agrees("ipv4", config.is_some_and(|config| !config.ipv4.is_empty()))
        && params.agrees("ipv6", false)
        && params.agrees("has_ipv6", false)
        && params.agrees("domain", config.is_some_and(|config| config.domain.is_some()));
    // No node of a sandbox has a graphics card.
    let gpu = params.agrees("has_gpu", false)
        && params.agrees("gpu_available", false)
        && params.reaches("num_gpu", 0)
        && ["gpu_vendor_name", "gpu_device_name", "gpu_vendor_id", "gpu_device_id"]
            .iter()
            .all(|name| params.text(name).is_none());
    let rest = params.texts("status").is_none_or(|words| words.contains(&word(facts.status)))
        && params.agrees("healthy", facts.healthy)
        && params.same("certification_type", certification(row))
        && params.texts("features").is_none_or(|words| words.iter().all(|w| facts.features.iter().any(|f| f == w)))
        && params.decimal("price_min").is_none_or(|least| row.price_usd >= least)
        && params.decimal("price_max").is_none_or(|most| row.price_usd <= most);
    size && place && ids && rent && net && gpu && rest
}

fn certification(row: &NodeRow) -> &'static str {
    if row.node.certified { "Certified" } else { "Diy" }
}

/// The price for somebody who holds `balance` USD: the discount levels of tfchain.md section 5.
fn discounted(monthly: f64, balance: Option<f64>) -> f64 {
    let months = balance.filter(|_| monthly > 0.0).map_or(0.0, |balance| balance / monthly);
    let factor = [(18.0, 0.4), (6.0, 0.6), (3.0, 0.7), (1.5, 0.8)].iter().find(|(least, _)| months >= *least);
    monthly * factor.map_or(1.0, |(_, factor)| *factor)
}

/// A row of the list.
fn flat(row: &NodeRow, balance: Option<f64>) -> Value {
    let (node, facts, farm) = (&row.node, &row.facts, &row.farm);
    let config = node.public_config.as_ref();
    let power = if node.down { "Down" } else { "Up" };
    json!({
        "id": format!("{:010}-{:06}-node{}", node.created, node.id.0, node.id),
        "nodeId": node.id,
        "farmId": node.farm,
        "farmName": farm.name,
        "twinId": node.twin,
        "country": node.country,
        "region": facts.region,
        "city": node.city,
        "gridVersion": facts.grid_version,
        "uptime": facts.uptime,
        "created": node.created,
        "farmingPolicyId": 1,
        "updatedAt": facts.last_uptime.secs(),
        "total_resources": node.resources,
        "used_resources": row.used(),
        "location": {
            "country": node.country,
            "city": node.city,
            "longitude": node.longitude.parse::<f64>().ok(),
            "latitude": node.latitude.parse::<f64>().ok(),
        },
        "publicConfig": {
            "domain": config.and_then(|config| config.domain.as_deref()).unwrap_or_default(),
            "gw4": config.map(|config| config.gw4.as_str()).unwrap_or_default(),
            "gw6": "",
            "ipv4": config.map(|config| config.ipv4.as_str()).unwrap_or_default(),
            "ipv6": "",
        },
        "status": word(facts.status),
        "certificationType": certification(row),
        "dedicated": row.dedicated(),
        "inDedicatedFarm": farm.dedicated,
        "rentContractId": node.rent.unwrap_or_default(),
        "rented": row.rented(),
        "rentable": row.rentable(),
        "rentedByTwinId": row.rented_by.unwrap_or_default(),
        "serialNumber": facts.serial,
        "power": { "state": power, "target": power },
        "num_gpu": 0,
        "extraFee": node.extra_fee,
        "healthy": facts.healthy,
        "dmi": {},
        "speed": { "upload": facts.upload, "download": facts.download },
        "gpus": [],
        "price_usd": discounted(row.price_usd, balance),
        "farm_free_ips": row.free_ips(),
        "features": facts.features,
    })
}

/// The answer to one node (`nodes`) or gateway (`gateways`), or to what hangs below it.
pub(super) fn one(index: &Index, kind: &str, id: &str, below: Option<&str>) -> Response {
    let Ok(id) = id.parse::<u32>() else { return site::error(400, &format!("invalid node id: {id}")) };
    let row = index.nodes.get(&NodeId(id));
    let domain = |row: &NodeRow| row.node.public_config.as_ref().is_some_and(|config| config.domain.is_some());
    let Some(row) = row.filter(|row| kind == "nodes" || domain(row)) else {
        return site::error(404, &format!("node not found: {id}"));
    };
    match below {
        None => site::json(200, &nested(row)),
        Some("status") => site::json(200, &json!({ "status": word(row.facts.status) })),
        Some(_) => site::error(404, "not found"),
    }
}

fn nested(row: &NodeRow) -> Value {
    let mut value = flat(row, None);
    if let Some(fields) = value.as_object_mut() {
        let total = fields.remove("total_resources");
        let used = fields.remove("used_resources");
        fields.insert("capacity".to_owned(), json!({ "total_resources": total, "used_resources": used }));
    }
    value
}
