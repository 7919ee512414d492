//! Between the chain's records and the grid's plain values. Both ways, nothing else.

use super::contracts::{self, Contract, ContractData, ContractState};
use super::extrinsic::Invalid;
use super::runtime::{self, Call, Event};
use super::scale::{Bounded, MultiAddress, Text};
use super::tfgrid::{self, Farm, FarmCertification, IP4, LocationInput, Node, NodeCertification, PublicIp, Twin};
use super::utility;
use crate::grid;
use crate::grid::{ContractId, DocumentHash, FarmId, NodeId, NodeInput, Party, Refused, Resources, TwinId};
use parity_scale_codec::Encode;

/// Bytes with a limit.
///
/// # Errors
/// `argument` when they are too long: a real node could not even read them.
pub fn bytes<const MAX: usize>(bytes: Vec<u8>, argument: &str) -> Result<Text<MAX>, Refused> {
    if bytes.len() <= MAX {
        return Ok(Bounded(bytes));
    }
    let text = format!("{argument} must be at most {MAX} bytes long, not {}", bytes.len());
    Err(Refused { by: Party::Chain, code: "argument".to_owned(), text })
}

/// Text with a limit.
///
/// # Errors
/// As [`bytes`].
pub fn text<const MAX: usize>(text: &str, argument: &str) -> Result<Text<MAX>, Refused> {
    bytes(text.as_bytes().to_vec(), argument)
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The stable code of an extrinsic that was refused before inclusion.
pub fn code(invalid: Invalid) -> &'static str {
    match invalid {
        Invalid::Call => "call",
        Invalid::Payment => "payment",
        Invalid::Future => "future",
        Invalid::Stale => "stale",
        Invalid::BadProof => "bad-proof",
        Invalid::AncientBirthBlock => "ancient",
    }
}

/// A public address as the chain takes it.
pub fn public_config(config: &grid::PublicConfig) -> Result<tfgrid::PublicConfig, Refused> {
    Ok(tfgrid::PublicConfig {
        ip4: IP4 { ip: text(&config.ipv4, "ip")?, gw: text(&config.gw4, "gw")? },
        ip6: None,
        domain: config.domain.as_deref().map(|domain| text(domain, "domain")).transpose()?,
    })
}

fn resources(resources: Resources) -> tfgrid::Resources {
    let Resources { cru, mru, sru, hru } = resources;
    tfgrid::Resources { hru, sru, cru, mru }
}

/// `create_node`.
pub fn create_node(node: &NodeInput) -> Result<tfgrid::Call, Refused> {
    Ok(tfgrid::Call::create_node {
        farm_id: node.farm.0,
        resources: resources(node.resources),
        location: LocationInput {
            city: text(&node.city, "city")?,
            country: text(&node.country, "country")?,
            latitude: text(&node.latitude, "latitude")?,
            longitude: text(&node.longitude, "longitude")?,
        },
        interfaces: Bounded::default(),
        secure_boot: false,
        virtualized: false,
        serial_number: node.serial.as_deref().map(|serial| text(serial, "serial_number")).transpose()?,
    })
}

/// A call as the chain takes it.
///
/// # Errors
/// `argument` when something is too long.
pub fn call(call: &grid::Call) -> Result<Call, Refused> {
    Ok(match call {
        grid::Call::AcceptTerms { link, hash } => tfgrid::Call::user_accept_tc {
            document_link: text(link, "document_link")?,
            document_hash: text(hash, "document_hash")?,
        }
        .into(),
        grid::Call::CreateTwin { relay, pk } => {
            let relay = relay.as_deref().map(|relay| text(relay, "relay")).transpose()?;
            let pk = pk.clone().map(|pk| bytes(pk, "pk")).transpose()?;
            tfgrid::Call::create_twin { relay, pk }.into()
        }
        grid::Call::UpdateTwin { relay, pk } => {
            let relay = relay.as_deref().map(|relay| text(relay, "relay")).transpose()?;
            let pk = pk.clone().map(|pk| bytes(pk, "pk")).transpose()?;
            tfgrid::Call::update_twin { relay, pk }.into()
        }
        grid::Call::Transfer { to, amount } => {
            let dest = MultiAddress::Id((*to).into());
            super::balances::Call::transfer_keep_alive { dest, value: amount.0.into() }.into()
        }
        grid::Call::NameContract { name } => {
            contracts::Call::create_name_contract { name: name.as_bytes().to_vec() }.into()
        }
        grid::Call::NodeContract { node, hash, data, public_ips } => contracts::Call::create_node_contract {
            node_id: node.0,
            deployment_hash: hash.0,
            deployment_data: text(data, "deployment_data")?,
            public_ips: *public_ips,
            solution_provider_id: None,
        }
        .into(),
        grid::Call::Cancel { contract } => contracts::Call::cancel_contract { contract_id: contract.0 }.into(),
        grid::Call::CreateFarm(farm) => {
            let ip = |(ip, gw): &(String, String)| Ok(IP4 { ip: text(ip, "ip")?, gw: text(gw, "gw")? });
            let ips: Result<Vec<IP4>, Refused> = farm.ips.iter().map(ip).collect();
            tfgrid::Call::create_farm { name: text(&farm.name, "name")?, public_ips: Bounded(ips?) }.into()
        }
        grid::Call::CreateNode(node) => create_node(node)?.into(),
        grid::Call::SetPublicConfig { farm, node, config } => tfgrid::Call::add_node_public_config {
            farm_id: farm.0,
            node_id: node.0,
            public_config: Some(public_config(config)?),
        }
        .into(),
        grid::Call::ReportUptime { uptime, hint } => {
            tfgrid::Call::report_uptime_v2 { uptime: *uptime, timestamp_hint: *hint }.into()
        }
        grid::Call::ReportResources { used } => {
            let report = |(contract, used): &(ContractId, Resources)| contracts::ContractResources {
                contract_id: contract.0,
                used: resources(*used),
            };
            let contract_resources = used.iter().map(report).collect();
            contracts::Call::report_contract_resources { contract_resources }.into()
        }
    })
}

/// What one extrinsic carries, as bytes: a call bare, or several in a batch.
///
/// # Errors
/// As [`call`].
pub fn tx(tx: &grid::Tx) -> Result<Vec<u8>, Refused> {
    let mut calls = tx.calls.iter().map(call).collect::<Result<Vec<Call>, Refused>>()?;
    Ok(match (calls.len(), tx.batch) {
        (1, _) => calls.remove(0).encode(),
        (_, grid::Batch::All) => Call::from(utility::Call::batch_all { calls }).encode(),
        (_, grid::Batch::Force) => Call::from(utility::Call::force_batch { calls }).encode(),
    })
}

/// A twin.
pub fn twin(twin: Twin) -> grid::Twin {
    grid::Twin {
        id: TwinId(twin.id),
        account: twin.account_id.into(),
        relay: twin.relay.map(|relay| shown(&relay.0)),
        pk: twin.pk.map(|pk| pk.0),
    }
}

fn public_ip(ip: PublicIp) -> grid::PublicIp {
    grid::PublicIp { ip: shown(&ip.ip.0), gateway: shown(&ip.gateway.0), contract: ContractId(ip.contract_id) }
}

/// A farm.
pub fn farm(farm: Farm) -> grid::Farm {
    grid::Farm {
        id: FarmId(farm.id),
        name: shown(&farm.name.0),
        twin: TwinId(farm.twin_id),
        pricing_policy: farm.pricing_policy_id,
        certified: farm.certification == FarmCertification::Gold,
        dedicated: farm.dedicated_farm,
        public_ips: farm.public_ips.0.into_iter().map(public_ip).collect(),
    }
}

/// A node, with what stands elsewhere: who rents it, the extra fee, its power.
pub fn node(node: Node, rent: Option<u64>, extra_fee: u64, down: bool) -> grid::Node {
    let tfgrid::Resources { hru, sru, cru, mru } = node.resources;
    grid::Node {
        id: NodeId(node.id),
        farm: FarmId(node.farm_id),
        twin: TwinId(node.twin_id),
        resources: Resources { cru, mru, sru, hru },
        city: shown(&node.location.city.0),
        country: shown(&node.location.country.0),
        latitude: shown(&node.location.latitude.0),
        longitude: shown(&node.location.longitude.0),
        public_config: node.public_config.map(|config| grid::PublicConfig {
            ipv4: shown(&config.ip4.ip.0),
            gw4: shown(&config.ip4.gw.0),
            domain: config.domain.map(|domain| shown(&domain.0)),
        }),
        created: node.created,
        certified: node.certification == NodeCertification::Certified,
        rent: rent.map(ContractId),
        extra_fee,
        down,
    }
}

/// A contract that is in storage.
pub fn contract(contract: Contract) -> Option<grid::Contract> {
    let state = match contract.state {
        ContractState::Created => grid::ContractState::Created,
        ContractState::GracePeriod(since) => grid::ContractState::Grace { since },
        ContractState::Deleted(_) => return None,
    };
    let kind = match contract.contract_type {
        ContractData::NodeContract(deployment) => grid::ContractKind::Node {
            node: NodeId(deployment.node_id),
            hash: DocumentHash(deployment.deployment_hash),
            data: shown(&deployment.deployment_data.0),
            ips: deployment.public_ips_list.0.into_iter().map(public_ip).collect(),
        },
        ContractData::NameContract(name) => grid::ContractKind::Name { name: shown(&name.name.0) },
        ContractData::RentContract(rent) => grid::ContractKind::Rent { node: NodeId(rent.node_id) },
    };
    Some(grid::Contract { id: ContractId(contract.contract_id), twin: TwinId(contract.twin_id), state, kind })
}

/// An event, when it is one that the grid's ports tell of.
pub fn event(event: Event) -> Option<grid::Event> {
    match event {
        Event::TfgridModule(tfgrid::Event::TwinStored(stored) | tfgrid::Event::TwinUpdated(stored)) => {
            Some(grid::Event::TwinStored(twin(stored)))
        }
        Event::TfgridModule(tfgrid::Event::FarmStored(farm)) => Some(grid::Event::FarmStored(FarmId(farm.id))),
        Event::TfgridModule(tfgrid::Event::NodeStored(node)) => Some(grid::Event::NodeStored(NodeId(node.id))),
        Event::SmartContractModule(event) => match event {
            contracts::Event::ContractCreated(created) => contract(created).map(grid::Event::ContractCreated),
            contracts::Event::NodeContractCanceled { contract_id, .. }
            | contracts::Event::NameContractCanceled { contract_id }
            | contracts::Event::RentContractCanceled { contract_id } => {
                Some(grid::Event::ContractCanceled(ContractId(contract_id)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A dispatch error as a refusal.
pub fn refused(error: super::scale::DispatchError) -> Refused {
    let code = runtime::error_name(error);
    Refused { by: Party::Chain, text: code.clone(), code }
}
