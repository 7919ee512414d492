//! Calls as the runtime knows them: pallet, call and arguments by name (tfchain.md section 6).
//!
//! Encoded by the live metadata, so that indices may move under a runtime upgrade. Not here: the rules for
//! arguments (`Call::check`), signing, sending.

use crate::grid::{Batch, Call, FarmInput, NodeInput, Resources, Tx};
use subxt::dynamic::Value;
use subxt::ext::scale_value::Composite;
use subxt::transactions::{DynamicPayload, dynamic};

/// A call that is ready to be encoded.
pub(super) type Payload = DynamicPayload<Composite<()>>;

/// What is signed for `tx`: one call goes bare, several in their batch.
pub(super) fn payload(tx: &Tx) -> Payload {
    let mut calls = tx.calls.iter().map(call);
    match (calls.next(), calls.len()) {
        (Some(only), 0) => only,
        (first, _) => {
            let name = match tx.batch {
                Batch::All => "batch_all",
                Batch::Force => "force_batch",
            };
            let items = first.into_iter().chain(calls).map(Payload::into_value);
            dynamic("Utility", name, Composite::named([("calls", Value::unnamed_composite(items))]))
        }
    }
}

fn call(call: &Call) -> Payload {
    match call {
        Call::AcceptTerms { link, hash } => {
            grid("user_accept_tc", [("document_link", bytes(link)), ("document_hash", bytes(hash))])
        }
        Call::CreateTwin { relay, pk } => grid("create_twin", twin(relay.as_ref(), pk.as_ref())),
        Call::UpdateTwin { relay, pk } => grid("update_twin", twin(relay.as_ref(), pk.as_ref())),
        Call::Transfer { to, amount } => dynamic(
            "Balances",
            "transfer_keep_alive",
            Composite::named([
                ("dest", Value::unnamed_variant("Id", [bytes(to.0)])),
                ("value", Value::u128(amount.0.into())),
            ]),
        ),
        Call::NameContract { name } => contract("create_name_contract", [("name", bytes(name))]),
        Call::NodeContract { node, hash, data, public_ips } => contract(
            "create_node_contract",
            [
                ("node_id", number(node.0)),
                ("deployment_hash", bytes(hash.0)),
                ("deployment_data", bytes(data)),
                ("public_ips", number(*public_ips)),
                ("solution_provider_id", option(None)),
            ],
        ),
        Call::Cancel { contract: id } => contract("cancel_contract", [("contract_id", number(id.0))]),
        Call::CreateFarm(FarmInput { name, ips }) => grid(
            "create_farm",
            [
                ("name", bytes(name)),
                ("public_ips", Value::unnamed_composite(ips.iter().map(|(address, gateway)| ip(address, gateway)))),
            ],
        ),
        Call::CreateNode(node) => grid("create_node", create_node(node)),
        Call::SetPublicConfig { farm, node, config } => {
            let public = Value::named_composite([
                ("ip4", ip(&config.ipv4, &config.gw4)),
                ("ip6", option(None)),
                ("domain", option(config.domain.as_ref().map(bytes))),
            ]);
            grid(
                "add_node_public_config",
                [("farm_id", number(farm.0)), ("node_id", number(node.0)), ("public_config", option(Some(public)))],
            )
        }
        Call::ReportUptime { uptime, hint } => {
            grid("report_uptime_v2", [("uptime", number(*uptime)), ("timestamp_hint", number(*hint))])
        }
        Call::ReportResources { used } => {
            let each = used
                .iter()
                .map(|(id, used)| Value::named_composite([("contract_id", number(id.0)), ("used", resources(used))]));
            contract("report_contract_resources", [("contract_resources", Value::unnamed_composite(each))])
        }
    }
}

fn create_node(node: &NodeInput) -> [(&'static str, Value); 7] {
    let location = Value::named_composite([
        ("city", bytes(&node.city)),
        ("country", bytes(&node.country)),
        ("latitude", bytes(&node.latitude)),
        ("longitude", bytes(&node.longitude)),
    ]);
    [
        ("farm_id", number(node.farm.0)),
        ("resources", resources(&node.resources)),
        ("location", location),
        ("interfaces", Value::unnamed_composite([])),
        ("secure_boot", Value::bool(false)),
        ("virtualized", Value::bool(false)),
        ("serial_number", option(node.serial.as_ref().map(bytes))),
    ]
}

fn grid<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Payload {
    dynamic("TfgridModule", name, Composite::named(arguments))
}

fn contract<const N: usize>(name: &str, arguments: [(&str, Value); N]) -> Payload {
    dynamic("SmartContractModule", name, Composite::named(arguments))
}

fn twin(relay: Option<&String>, pk: Option<&Vec<u8>>) -> [(&'static str, Value); 2] {
    [("relay", option(relay.map(bytes))), ("pk", option(pk.map(bytes)))]
}

fn ip(address: &str, gateway: &str) -> Value {
    Value::named_composite([("ip", bytes(address)), ("gw", bytes(gateway))])
}

fn resources(of: &Resources) -> Value {
    Value::named_composite([
        ("hru", number(of.hru)),
        ("sru", number(of.sru)),
        ("cru", number(of.cru)),
        ("mru", number(of.mru)),
    ])
}

fn bytes(of: impl AsRef<[u8]>) -> Value {
    Value::from_bytes(of)
}

fn number(n: impl Into<u128>) -> Value {
    Value::u128(n.into())
}

fn option(value: Option<Value>) -> Value {
    match value {
        Some(value) => Value::unnamed_variant("Some", [value]),
        None => Value::unnamed_variant("None", []),
    }
}
