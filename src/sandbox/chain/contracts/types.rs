//! SmartContractModule's records (tfchain.md section 4).

use crate::sandbox::chain::scale::{Bounded, Money, Text};
use crate::sandbox::chain::tfgrid::{PublicIp, Resources};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A contract's web name.
pub type ContractName = Text<64>;

/// Why a contract ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Cause {
    /// Its owner wanted it.
    CanceledByUser,
    /// It was not paid.
    OutOfFunds,
    /// Root wanted it.
    CanceledByCollective,
}

/// A contract's state. No reader ever sees `Deleted`: the row goes in the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ContractState {
    /// In force.
    Created,
    /// On its way out.
    Deleted(Cause),
    /// Unpaid since this block.
    GracePeriod(u64),
}

/// A deployment on a node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NodeContract {
    /// The node.
    pub node_id: u32,
    /// Its hash, 32 characters by custom.
    pub deployment_hash: [u8; 32],
    /// Free text.
    pub deployment_data: Text<512>,
    /// How many addresses it wanted.
    pub public_ips: u32,
    /// The addresses it holds.
    pub public_ips_list: Bounded<PublicIp, 512>,
}

/// A web name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NameContract {
    /// The name.
    pub name: ContractName,
}

/// A whole node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RentContract {
    /// The node.
    pub node_id: u32,
}

/// What a contract is for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(clippy::enum_variant_names, reason = "the metadata's names")]
pub enum ContractData {
    /// A deployment on a node.
    NodeContract(NodeContract),
    /// A web name.
    NameContract(NameContract),
    /// A whole node.
    RentContract(RentContract),
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Contract {
    /// The record's version: 4.
    pub version: u32,
    /// Its state.
    pub state: ContractState,
    /// Its number.
    pub contract_id: u64,
    /// Whose it is.
    pub twin_id: u32,
    /// What it is for.
    pub contract_type: ContractData,
    /// Who recommended the software.
    pub solution_provider_id: Option<u64>,
}

impl Contract {
    /// The node, 0 for a name.
    pub fn node_id(&self) -> u32 {
        match &self.contract_type {
            ContractData::NodeContract(contract) => contract.node_id,
            ContractData::RentContract(contract) => contract.node_id,
            ContractData::NameContract(_) => 0,
        }
    }

    /// Whether it is on its way out.
    pub fn is_deleted(&self) -> bool {
        matches!(self.state, ContractState::Deleted(_))
    }
}

/// Traffic that has not been billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct ContractBillingInformation {
    /// Unused.
    pub previous_nu_reported: u64,
    /// When the last report came, Unix seconds.
    pub last_updated: u64,
    /// What it costs, 10⁻⁷ USD.
    pub amount_unbilled: u64,
}

/// What a contract uses, as the node reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct ContractResources {
    /// The contract.
    pub contract_id: u64,
    /// What it uses.
    pub used: Resources,
}

/// What a contract owes since the last distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct ContractLock {
    /// For what it uses.
    pub amount_locked: Money,
    /// For the farmer.
    pub extra_amount_locked: Money,
    /// When it was last billed, Unix seconds.
    pub lock_updated: u64,
    /// How many bills.
    pub cycles: u16,
}

/// How much cheaper, by what the owner holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DiscountLevel {
    /// Not at all.
    None,
    /// 20 %.
    Default,
    /// 30 %.
    Bronze,
    /// 40 %.
    Silver,
    /// 60 %.
    Gold,
}

/// A bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ContractBill {
    /// The contract.
    pub contract_id: u64,
    /// When, Unix seconds.
    pub timestamp: u64,
    /// How much cheaper.
    pub discount_level: DiscountLevel,
    /// How much.
    pub amount_billed: Money,
}

/// A report of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NruConsumption {
    /// The contract.
    pub contract_id: u64,
    /// When, Unix seconds.
    pub timestamp: u64,
    /// Over how many seconds.
    pub window: u64,
    /// How many bytes.
    pub nru: u64,
}
