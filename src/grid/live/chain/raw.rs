//! Storage values as the runtime has them, and their way to the plain values of the port.
//!
//! Fields are matched by name against the live metadata: what is not named here is skipped, so that a newer
//! runtime may add fields. Names are the runtime's (tfchain.md section 4).

use crate::grid::{
    AccountId, Balance, Contract, ContractId, ContractKind, ContractState, DocumentHash, Farm, FarmId, Node, NodeId,
    Policy, PublicConfig, PublicIp, Resources, Tft, Twin, TwinId,
};
use subxt::ext::scale_decode::DecodeAsType;

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawAccount {
    pub(super) data: RawFunds,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawFunds {
    free: u128,
    reserved: u128,
    frozen: u128,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawTwin {
    id: u32,
    account_id: [u8; 32],
    relay: Option<Vec<u8>>,
    pk: Option<Vec<u8>>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum RawFarmCertification {
    NotCertified,
    Gold,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawPublicIp {
    ip: Vec<u8>,
    gateway: Vec<u8>,
    contract_id: u64,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawFarm {
    pub(super) id: u32,
    name: Vec<u8>,
    twin_id: u32,
    pricing_policy_id: u32,
    certification: RawFarmCertification,
    public_ips: Vec<RawPublicIp>,
    dedicated_farm: bool,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawResources {
    hru: u64,
    sru: u64,
    cru: u64,
    mru: u64,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawLocation {
    city: Vec<u8>,
    country: Vec<u8>,
    latitude: Vec<u8>,
    longitude: Vec<u8>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawIp4 {
    ip: Vec<u8>,
    gw: Vec<u8>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawPublicConfig {
    ip4: RawIp4,
    domain: Option<Vec<u8>>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum RawNodeCertification {
    Diy,
    Certified,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawNode {
    pub(super) id: u32,
    farm_id: u32,
    twin_id: u32,
    resources: RawResources,
    location: RawLocation,
    public_config: Option<RawPublicConfig>,
    created: u64,
    certification: RawNodeCertification,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum RawPower {
    Up,
    Down,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum RawPowerState {
    Up,
    Down,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawNodePower {
    state: RawPowerState,
    target: RawPower,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum RawContractState {
    Created,
    Deleted,
    GracePeriod(u64),
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawNodeContract {
    node_id: u32,
    deployment_hash: [u8; 32],
    deployment_data: Vec<u8>,
    public_ips_list: Vec<RawPublicIp>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawNameContract {
    name: Vec<u8>,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawRentContract {
    node_id: u32,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[expect(clippy::enum_variant_names, reason = "the runtime's names")]
enum RawContractData {
    NodeContract(RawNodeContract),
    NameContract(RawNameContract),
    RentContract(RawRentContract),
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawContract {
    state: RawContractState,
    contract_id: u64,
    twin_id: u32,
    contract_type: RawContractData,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct RawRate {
    value: u32,
}

#[derive(Debug, Clone, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(super) struct RawPolicy {
    su: RawRate,
    cu: RawRate,
    nu: RawRate,
    ipu: RawRate,
    unique_name: RawRate,
    domain_name: RawRate,
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

fn tft(units: u128) -> Tft {
    Tft(u64::try_from(units).unwrap_or(u64::MAX))
}

impl From<RawFunds> for Balance {
    fn from(raw: RawFunds) -> Self {
        Self { free: tft(raw.free), reserved: tft(raw.reserved), frozen: tft(raw.frozen) }
    }
}

impl From<RawPolicy> for Policy {
    fn from(raw: RawPolicy) -> Self {
        let rate = |rate: RawRate| u64::from(rate.value);
        Self {
            cu: rate(raw.cu),
            su: rate(raw.su),
            nu: rate(raw.nu),
            ipu: rate(raw.ipu),
            unique_name: rate(raw.unique_name),
            domain_name: rate(raw.domain_name),
        }
    }
}

impl From<RawTwin> for Twin {
    fn from(raw: RawTwin) -> Self {
        Self { id: TwinId(raw.id), account: AccountId(raw.account_id), relay: raw.relay.map(text), pk: raw.pk }
    }
}

impl From<RawPublicIp> for PublicIp {
    fn from(raw: RawPublicIp) -> Self {
        Self { ip: text(raw.ip), gateway: text(raw.gateway), contract: ContractId(raw.contract_id) }
    }
}

impl From<RawFarm> for Farm {
    fn from(raw: RawFarm) -> Self {
        Self {
            id: FarmId(raw.id),
            name: text(raw.name),
            twin: TwinId(raw.twin_id),
            pricing_policy: raw.pricing_policy_id,
            certified: matches!(raw.certification, RawFarmCertification::Gold),
            dedicated: raw.dedicated_farm,
            public_ips: raw.public_ips.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<RawResources> for Resources {
    fn from(RawResources { hru, sru, cru, mru }: RawResources) -> Self {
        Self { cru, mru, sru, hru }
    }
}

impl RawNodePower {
    pub(super) fn is_down(&self) -> bool {
        !matches!((&self.state, &self.target), (RawPowerState::Up, RawPower::Up))
    }
}

/// What the chain keeps of a node outside its row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    pub(super) rent: Option<ContractId>,
    pub(super) extra_fee: u64,
    pub(super) down: bool,
}

impl RawNode {
    pub(super) fn with(self, beside: Beside) -> Node {
        Node {
            id: NodeId(self.id),
            farm: FarmId(self.farm_id),
            twin: TwinId(self.twin_id),
            resources: self.resources.into(),
            city: text(self.location.city),
            country: text(self.location.country),
            latitude: text(self.location.latitude),
            longitude: text(self.location.longitude),
            public_config: self.public_config.map(|config| PublicConfig {
                ipv4: text(config.ip4.ip),
                gw4: text(config.ip4.gw),
                domain: config.domain.map(text),
            }),
            created: self.created,
            certified: matches!(self.certification, RawNodeCertification::Certified),
            rent: beside.rent,
            extra_fee: beside.extra_fee,
            down: beside.down,
        }
    }
}

impl RawContract {
    /// `None` for one that is deleted: those are not in storage, only ever in passing.
    pub(super) fn living(self) -> Option<Contract> {
        let state = match self.state {
            RawContractState::Created => ContractState::Created,
            RawContractState::GracePeriod(since) => ContractState::Grace { since },
            RawContractState::Deleted => return None,
        };
        let kind = match self.contract_type {
            RawContractData::NodeContract(raw) => ContractKind::Node {
                node: NodeId(raw.node_id),
                hash: DocumentHash(raw.deployment_hash),
                data: text(raw.deployment_data),
                ips: raw.public_ips_list.into_iter().map(Into::into).collect(),
            },
            RawContractData::NameContract(raw) => ContractKind::Name { name: text(raw.name) },
            RawContractData::RentContract(raw) => ContractKind::Rent { node: NodeId(raw.node_id) },
        };
        Some(Contract { id: ContractId(self.contract_id), twin: TwinId(self.twin_id), state, kind })
    }
}
