//! TfgridModule: terms, twins, farms and nodes. Entities are left out, and so are the calls that make policies.

mod error;
mod farm;
mod node;
mod policies;
mod rules;
mod twin;
mod types;

pub use error::Error;
pub use node::TIMESTAMP_HINT_DRIFT;
pub use policies::*;
pub use types::*;

use super::item::{Item, Opt, storage};
use super::runtime::Origin;
use super::scale::{Account, Bounded, DispatchResult, Pays, Text};
use super::state::State;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// TfgridModule's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// Makes a farm.
    #[codec(index = 1)]
    create_farm { name: FarmName, public_ips: Bounded<IP4, 512> },
    /// Renames a farm.
    #[codec(index = 2)]
    update_farm { farm_id: u32, name: FarmName },
    /// Where a farm is paid.
    #[codec(index = 3)]
    add_stellar_payout_v2address { farm_id: u32, stellar_address: Vec<u8> },
    /// Root certifies a farm.
    #[codec(index = 4)]
    set_farm_certification { farm_id: u32, certification: FarmCertification },
    /// Adds a public address.
    #[codec(index = 5)]
    add_farm_ip { farm_id: u32, ip: Ip4, gw: Gateway4 },
    /// Removes a free public address.
    #[codec(index = 6)]
    remove_farm_ip { farm_id: u32, ip: Ip4 },
    /// Joins a farm.
    #[codec(index = 8)]
    create_node {
        farm_id: u32,
        resources: Resources,
        location: LocationInput,
        interfaces: Bounded<Interface, 10>,
        secure_boot: bool,
        virtualized: bool,
        serial_number: Option<SerialNumber>,
    },
    /// Describes a node anew.
    #[codec(index = 9)]
    update_node {
        node_id: u32,
        farm_id: u32,
        resources: Resources,
        location: LocationInput,
        interfaces: Bounded<Interface, 10>,
        secure_boot: bool,
        virtualized: bool,
        serial_number: Option<SerialNumber>,
    },
    /// Certifies a node.
    #[codec(index = 10)]
    set_node_certification { node_id: u32, node_certification: NodeCertification },
    /// A node tells how long it is up.
    #[codec(index = 11)]
    report_uptime { uptime: u64 },
    /// Gives a node a public address and a domain.
    #[codec(index = 12)]
    add_node_public_config { farm_id: u32, node_id: u32, public_config: Option<PublicConfig> },
    /// A node leaves.
    #[codec(index = 13)]
    delete_node { node_id: u32 },
    /// Makes a twin.
    #[codec(index = 17)]
    create_twin { relay: Option<Relay>, pk: Option<PublicKey> },
    /// Overwrites a twin's relay and key.
    #[codec(index = 18)]
    update_twin { relay: Option<Relay>, pk: Option<PublicKey> },
    /// Accepts terms and conditions.
    #[codec(index = 25)]
    user_accept_tc { document_link: Text<2048>, document_hash: Text<50> },
    /// A farmer removes a node.
    #[codec(index = 26)]
    delete_node_farm { node_id: u32 },
    /// Root makes a farm dedicated.
    #[codec(index = 27)]
    set_farm_dedicated { farm_id: u32, dedicated: bool },
    /// Root frees an address.
    #[codec(index = 28)]
    force_reset_farm_ip { farm_id: u32, ip: Ip4 },
    /// Root sets what a connection costs.
    #[codec(index = 29)]
    set_connection_price { price: u32 },
    /// Root lets an account certify nodes.
    #[codec(index = 30)]
    add_node_certifier { certifier: Account },
    /// Root takes that back.
    #[codec(index = 31)]
    remove_node_certifier { certifier: Account },
    /// Root limits a farm.
    #[codec(index = 33)]
    attach_policy_to_farm { farm_id: u32, limits: Option<FarmingPolicyLimit> },
    /// Root says which Zero-OS is current.
    #[codec(index = 34)]
    set_zos_version { zos_version: Vec<u8> },
    /// A node tells that it is up or down.
    #[codec(index = 35)]
    change_power_state { power_state: Power },
    /// A farmer wants a node up or down.
    #[codec(index = 36)]
    change_power_target { node_id: u32, power_target: Power },
    /// Counts this account's balance towards a twin's discount.
    #[codec(index = 37)]
    bond_twin_account { twin_id: u32 },
    /// A node tells how long it is up, and what time it thinks it is.
    #[codec(index = 38)]
    report_uptime_v2 { uptime: u64, timestamp_hint: u64 },
}

/// TfgridModule's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A farm was made.
    #[codec(index = 0)]
    FarmStored(Farm),
    /// A farm changed.
    #[codec(index = 1)]
    FarmUpdated(Farm),
    /// A node was made.
    #[codec(index = 3)]
    NodeStored(Node),
    /// A node changed.
    #[codec(index = 4)]
    NodeUpdated(Node),
    /// A node left.
    #[codec(index = 5)]
    NodeDeleted(u32),
    /// Node, now, seconds up.
    #[codec(index = 6)]
    NodeUptimeReported(u32, u64, u64),
    /// A node's public address changed.
    #[codec(index = 7)]
    NodePublicConfigStored(u32, Option<PublicConfig>),
    /// A twin was made.
    #[codec(index = 11)]
    TwinStored(Twin),
    /// A twin changed.
    #[codec(index = 12)]
    TwinUpdated(Twin),
    /// A twin has a stash.
    #[codec(index = 16)]
    TwinAccountBounded(u32, Account),
    /// Where a farm is paid.
    #[codec(index = 19)]
    FarmPayoutV2AddressRegistered(u32, Vec<u8>),
    /// A farm is dedicated.
    #[codec(index = 20)]
    FarmMarkedAsDedicated(u32),
    /// What a connection costs.
    #[codec(index = 21)]
    ConnectionPriceSet(u32),
    /// A node was certified.
    #[codec(index = 22)]
    NodeCertificationSet(u32, NodeCertification),
    /// An account may certify.
    #[codec(index = 23)]
    NodeCertifierAdded(Account),
    /// An account may no longer certify.
    #[codec(index = 24)]
    NodeCertifierRemoved(Account),
    /// A farm's limits.
    #[codec(index = 26)]
    FarmingPolicySet(u32, Option<FarmingPolicyLimit>),
    /// A farm was certified.
    #[codec(index = 27)]
    FarmCertificationSet(u32, FarmCertification),
    /// The current Zero-OS.
    #[codec(index = 28)]
    ZosVersionUpdated(Vec<u8>),
    /// A farmer wants a node up or down.
    #[codec(index = 29)]
    PowerTargetChanged { farm_id: u32, node_id: u32, power_target: Power },
    /// A node is up or down.
    #[codec(index = 30)]
    PowerStateChanged { farm_id: u32, node_id: u32, power_state: PowerState },
}

storage! { "TfgridModule";
    FARMS: Opt<u32, Farm> = "Farms";
    NODES_BY_FARM: Item<u32, Vec<u32>> = "NodesByFarmID";
    FARM_BY_NAME: Item<Vec<u8>, u32> = "FarmIdByName";
    FARM_PAYOUT: Item<u32, Vec<u8>> = "FarmPayoutV2AddressByFarmID";
    NODES: Opt<u32, Node> = "Nodes";
    NODE_BY_TWIN: Item<u32, u32> = "NodeIdByTwinID";
    TWINS: Opt<u32, Twin> = "Twins";
    TWIN_BY_ACCOUNT: Opt<Account, u32> = "TwinIdByAccountID";
    TWIN_STASH: Opt<u32, Account> = "TwinBoundedAccountID";
    PRICING_POLICIES: Opt<u32, PricingPolicy> = "PricingPolicies";
    PRICING_POLICY_BY_NAME: Item<Vec<u8>, u32> = "PricingPolicyIdByName";
    FARMING_POLICIES: Item<u32, FarmingPolicy> = "FarmingPoliciesMap";
    TERMS: Opt<Account, Vec<TermsAndConditions>> = "UsersTermsAndConditions";
    CERTIFIERS: Opt<(), Vec<Account>> = "AllowedNodeCertifiers";
    CONNECTION_PRICE: Item<(), u32> = "ConnectionPrice";
    FARM_ID: Item<(), u32> = "FarmID";
    NODE_ID: Item<(), u32> = "NodeID";
    TWIN_ID: Item<(), u32> = "TwinID";
    PRICING_POLICY_ID: Item<(), u32> = "PricingPolicyID";
    FARMING_POLICY_ID: Item<(), u32> = "FarmingPolicyID";
    ZOS_VERSION: Item<(), Vec<u8>> = "ZosVersion";
    NODE_POWER: Item<u32, NodePower> = "NodePower";
}

/// Runs one of TfgridModule's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    match call {
        Call::user_accept_tc { document_link, document_hash } => {
            twin::accept_terms(state, origin.signed()?, document_link, document_hash)?;
        }
        Call::create_twin { relay, pk } => twin::create(state, origin.signed()?, relay, pk)?,
        Call::update_twin { relay, pk } => twin::update(state, origin.signed()?, relay, pk)?,
        Call::bond_twin_account { twin_id } => twin::bond(state, origin.signed()?, *twin_id)?,
        Call::create_farm { name, public_ips } => farm::create(state, origin.signed()?, name, &public_ips.0)?,
        Call::update_farm { farm_id, name } => farm::rename(state, origin.signed()?, *farm_id, name)?,
        Call::add_stellar_payout_v2address { farm_id, stellar_address } => {
            farm::set_payout(state, origin.signed()?, *farm_id, stellar_address)?;
        }
        Call::add_farm_ip { farm_id, ip, gw } => farm::add_ip(state, origin.signed()?, *farm_id, ip, gw)?,
        Call::remove_farm_ip { farm_id, ip } => farm::remove_ip(state, origin.signed()?, *farm_id, ip)?,
        Call::create_node { farm_id, resources, location, interfaces, secure_boot, virtualized, serial_number } => {
            let form = node::Form {
                farm_id: *farm_id,
                resources: *resources,
                location,
                interfaces: &interfaces.0,
                secure_boot: *secure_boot,
                virtualized: *virtualized,
                serial_number,
            };
            node::create(state, origin.signed()?, &form)?;
        }
        Call::update_node {
            node_id,
            farm_id,
            resources,
            location,
            interfaces,
            secure_boot,
            virtualized,
            serial_number,
        } => {
            let form = node::Form {
                farm_id: *farm_id,
                resources: *resources,
                location,
                interfaces: &interfaces.0,
                secure_boot: *secure_boot,
                virtualized: *virtualized,
                serial_number,
            };
            node::update(state, origin.signed()?, *node_id, &form)?;
            return Ok(Pays::No);
        }
        Call::set_node_certification { node_id, node_certification } => {
            node::certify(state, origin, *node_id, *node_certification)?;
        }
        Call::report_uptime { uptime } => {
            node::report_uptime(state, origin.signed()?, *uptime, None)?;
            return Ok(Pays::No);
        }
        Call::report_uptime_v2 { uptime, timestamp_hint } => {
            node::report_uptime(state, origin.signed()?, *uptime, Some(*timestamp_hint))?;
            return Ok(Pays::No);
        }
        Call::add_node_public_config { farm_id, node_id, public_config } => {
            node::set_public_config(state, origin.signed()?, *farm_id, *node_id, public_config)?;
        }
        Call::delete_node { node_id } => node::leave(state, origin.signed()?, *node_id)?,
        Call::delete_node_farm { node_id } => node::expel(state, origin.signed()?, *node_id)?,
        Call::change_power_state { power_state } => {
            node::set_power_state(state, origin.signed()?, *power_state)?;
            return Ok(Pays::No);
        }
        Call::change_power_target { node_id, power_target } => {
            node::set_power_target(state, origin.signed()?, *node_id, *power_target)?;
        }
        Call::set_farm_certification { .. }
        | Call::set_farm_dedicated { .. }
        | Call::force_reset_farm_ip { .. }
        | Call::set_connection_price { .. }
        | Call::add_node_certifier { .. }
        | Call::remove_node_certifier { .. }
        | Call::attach_policy_to_farm { .. }
        | Call::set_zos_version { .. } => {
            origin.root()?;
            farm::govern(state, call)?;
        }
    }
    Ok(Pays::Yes)
}
