//! TfgridModule's records (tfchain.md section 4).

use crate::sandbox::chain::scale::{Account, Bounded, Text};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A relay string.
pub type Relay = Text<1024>;
/// An encryption key.
pub type PublicKey = Text<128>;
/// An address with mask.
pub type Ip4 = Text<18>;
/// A gateway's address.
pub type Gateway4 = Text<15>;
/// A farm's name.
pub type FarmName = Text<40>;
/// A node's serial number.
pub type SerialNumber = Text<128>;

/// An entity's signature on a twin. (Entities themselves are not modelled.)
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EntityProof {
    /// The entity.
    pub entity_id: u32,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// A twin.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Twin {
    /// Its number.
    pub id: u32,
    /// Who signs for it.
    pub account_id: Account,
    /// Relay host names joined by `_`.
    pub relay: Option<Relay>,
    /// Always empty.
    pub entities: Vec<EntityProof>,
    /// Its encryption key.
    pub pk: Option<PublicKey>,
}

/// Whether a farm is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum FarmCertification {
    /// No.
    #[default]
    NotCertified,
    /// Gold.
    Gold,
}

/// Whether a node is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum NodeCertification {
    /// Built by its farmer.
    #[default]
    Diy,
    /// By a vendor.
    Certified,
}

/// A public address of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PublicIp {
    /// With mask.
    pub ip: Ip4,
    /// The gateway.
    pub gateway: Gateway4,
    /// The contract that holds it; 0 is free.
    pub contract_id: u64,
}

/// An address and its gateway.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct IP4 {
    /// With mask.
    pub ip: Ip4,
    /// The gateway.
    pub gw: Gateway4,
}

/// An IPv6 address and its gateway.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct IP6 {
    /// With mask.
    pub ip: Text<43>,
    /// The gateway.
    pub gw: Text<39>,
}

/// A limit on what a farm earns.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct FarmingPolicyLimit {
    /// The policy.
    pub farming_policy_id: u32,
    /// Compute units.
    pub cu: Option<u64>,
    /// Storage units.
    pub su: Option<u64>,
    /// Until when.
    pub end: Option<u64>,
    /// How many nodes.
    pub node_count: Option<u32>,
    /// Whether nodes must be certified.
    pub node_certification: bool,
}

/// A farm.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Farm {
    /// The record's version: 4.
    pub version: u32,
    /// Its number.
    pub id: u32,
    /// Its unique name.
    pub name: FarmName,
    /// The farmer.
    pub twin_id: u32,
    /// Always 1.
    pub pricing_policy_id: u32,
    /// Whether it is certified.
    pub certification: FarmCertification,
    /// Its addresses.
    pub public_ips: Bounded<PublicIp, 256>,
    /// Whether its nodes are only rented whole.
    pub dedicated_farm: bool,
    /// Its limits.
    pub farming_policy_limits: Option<FarmingPolicyLimit>,
}

/// Sizes: bytes, and a count of CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct Resources {
    /// HDD.
    pub hru: u64,
    /// SSD.
    pub sru: u64,
    /// CPUs.
    pub cru: u64,
    /// Memory.
    pub mru: u64,
}

/// Where a node is, as its call says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct LocationInput {
    /// City.
    pub city: Text<58>,
    /// Country.
    pub country: Text<56>,
    /// Degrees north.
    pub latitude: Text<50>,
    /// Degrees east.
    pub longitude: Text<50>,
}

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct Location {
    /// City.
    pub city: Text<58>,
    /// Country.
    pub country: Text<56>,
    /// Degrees north.
    pub latitude: Text<50>,
    /// Degrees east.
    pub longitude: Text<50>,
}

/// A network card.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Interface {
    /// Its name.
    pub name: Text<20>,
    /// Its hardware address.
    pub mac: Text<17>,
    /// Its addresses.
    pub ips: Bounded<Text<42>, 10>,
}

/// A node's own public address and domain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PublicConfig {
    /// IPv4.
    pub ip4: IP4,
    /// IPv6.
    pub ip6: Option<IP6>,
    /// The domain that it serves names under.
    pub domain: Option<Text<128>>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Node {
    /// The record's version: 5.
    pub version: u32,
    /// Its number.
    pub id: u32,
    /// Its farm.
    pub farm_id: u32,
    /// Its twin.
    pub twin_id: u32,
    /// What it has.
    pub resources: Resources,
    /// Where it is.
    pub location: Location,
    /// Its public address.
    pub public_config: Option<PublicConfig>,
    /// When it joined, Unix seconds.
    pub created: u64,
    /// By which policy it earns.
    pub farming_policy_id: u32,
    /// Its network cards.
    pub interfaces: Vec<Interface>,
    /// Whether it is certified.
    pub certification: NodeCertification,
    /// As booted.
    pub secure_boot: bool,
    /// A machine within a machine.
    pub virtualized: bool,
    /// Its serial number.
    pub serial_number: Option<SerialNumber>,
    /// mUSD.
    pub connection_price: u32,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum Power {
    /// On.
    #[default]
    Up,
    /// Off.
    Down,
}

/// On, or off since a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum PowerState {
    /// On.
    #[default]
    Up,
    /// Off since this block.
    Down(u32),
}

/// A node's power: as it is, and as its farmer wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct NodePower {
    /// As it is.
    pub state: PowerState,
    /// As wanted.
    pub target: Power,
}

impl NodePower {
    /// Whether nothing can be deployed for lack of power.
    pub fn is_down(self) -> bool {
        self.state != PowerState::Up || self.target == Power::Down
    }
}

/// That an account accepted a text.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TermsAndConditions {
    /// Who.
    pub account_id: Account,
    /// When, Unix seconds.
    pub timestamp: u64,
    /// Where the text is.
    pub document_link: Text<2048>,
    /// Its MD5, hex.
    pub document_hash: Text<50>,
}
