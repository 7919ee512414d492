//! SmartContractModule: contracts for names, deployments and whole nodes, and their bills.
//! Service contracts and solution providers are left out.

mod billing;
mod cost;
mod error;
mod lifecycle;
mod reports;
mod types;

pub use error::Error;
pub use lifecycle::node_left;
pub use types::*;

use super::item::{Item, Opt, storage};
use super::runtime::Origin;
use super::scale::{DispatchResult, Money, Pays, Text};
use super::state::State;
use super::tfgrid::PublicIp;
use crate::sandbox::chain::scale::Bounded;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// SmartContractModule's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// For a deployment.
    #[codec(index = 0)]
    create_node_contract {
        node_id: u32,
        deployment_hash: [u8; 32],
        deployment_data: Text<512>,
        public_ips: u32,
        solution_provider_id: Option<u64>,
    },
    /// Another hash and other data.
    #[codec(index = 1)]
    update_node_contract { contract_id: u64, deployment_hash: [u8; 32], deployment_data: Text<512> },
    /// Ends a contract.
    #[codec(index = 2)]
    cancel_contract { contract_id: u64 },
    /// For a web name.
    #[codec(index = 4)]
    create_name_contract { name: Vec<u8> },
    /// A node reports traffic (free).
    #[codec(index = 5)]
    add_nru_reports { reports: Vec<NruConsumption> },
    /// A node reports what contracts use (free).
    #[codec(index = 6)]
    report_contract_resources { contract_resources: Vec<ContractResources> },
    /// For a whole node.
    #[codec(index = 7)]
    create_rent_contract { node_id: u32, solution_provider_id: Option<u64> },
    /// Bills a contract now; open to anybody.
    #[codec(index = 10)]
    bill_contract_for_block { contract_id: u64 },
    /// Root bills less often.
    #[codec(index = 18)]
    change_billing_frequency { frequency: u64 },
    /// A farmer asks for more.
    #[codec(index = 20)]
    set_dedicated_node_extra_fee { node_id: u32, extra_fee: u64 },
    /// Root ends a contract.
    #[codec(index = 21)]
    cancel_contract_collective { contract_id: u64 },
}

/// SmartContractModule's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A contract was made.
    #[codec(index = 0)]
    ContractCreated(Contract),
    /// A contract changed.
    #[codec(index = 1)]
    ContractUpdated(Contract),
    /// A deployment's contract ended.
    #[codec(index = 2)]
    NodeContractCanceled { contract_id: u64, node_id: u32, twin_id: u32 },
    /// A name's contract ended.
    #[codec(index = 3)]
    NameContractCanceled { contract_id: u64 },
    /// Addresses are free again.
    #[codec(index = 5)]
    IPsFreed { contract_id: u64, public_ips: Bounded<PublicIp, 512> },
    /// A bill.
    #[codec(index = 8)]
    ContractBilled(ContractBill),
    /// The share that nobody gets.
    #[codec(index = 9)]
    TokensBurned { contract_id: u64, amount: Money },
    /// What a contract uses.
    #[codec(index = 10)]
    UpdatedUsedResources(ContractResources),
    /// A report of traffic.
    #[codec(index = 11)]
    NruConsumptionReportReceived(NruConsumption),
    /// A whole node's contract ended.
    #[codec(index = 12)]
    RentContractCanceled { contract_id: u64 },
    /// A bill could not be paid.
    #[codec(index = 13)]
    ContractGracePeriodStarted { contract_id: u64, node_id: u32, twin_id: u32, block_number: u64 },
    /// It can be paid again.
    #[codec(index = 14)]
    ContractGracePeriodEnded { contract_id: u64, node_id: u32, twin_id: u32 },
    /// Bills come less often.
    #[codec(index = 23)]
    BillingFrequencyChanged(u64),
    /// A farmer asks for more.
    #[codec(index = 24)]
    NodeExtraFeeSet { node_id: u32, extra_fee: u64 },
}

storage! { "SmartContractModule";
    CONTRACTS: Opt<u64, Contract> = "Contracts";
    BILLING_INFORMATION: Item<u64, ContractBillingInformation> = "ContractBillingInformationByID";
    NODE_CONTRACT_RESOURCES: Item<u64, ContractResources> = "NodeContractResources";
    CONTRACT_BY_HASH: Item<(u32, [u8; 32]), u64> = "ContractIDByNodeIDAndHash";
    ACTIVE_NODE_CONTRACTS: Item<u32, Vec<u64>> = "ActiveNodeContracts";
    CONTRACTS_TO_BILL_AT: Item<u64, Vec<u64>> = "ContractsToBillAt";
    CONTRACT_LOCK: Item<u64, ContractLock> = "ContractLock";
    CONTRACT_BY_NAME: Item<ContractName, u64> = "ContractIDByNameRegistration";
    ACTIVE_RENT_CONTRACT: Opt<u32, u64> = "ActiveRentContractForNode";
    CONTRACT_ID: Item<(), u64> = "ContractID";
    BILLING_FREQUENCY: Item<(), u64> = "BillingFrequency" or || 600;
    EXTRA_FEE: Item<u32, u64> = "DedicatedNodesExtraFee";
}

/// Runs one of SmartContractModule's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    match call {
        Call::create_node_contract { node_id, deployment_hash, deployment_data, public_ips, solution_provider_id } => {
            let wanted = NodeContract {
                node_id: *node_id,
                deployment_hash: *deployment_hash,
                deployment_data: deployment_data.clone(),
                public_ips: *public_ips,
                public_ips_list: Bounded::default(),
            };
            lifecycle::create_node_contract(state, origin.signed()?, wanted, *solution_provider_id)?;
        }
        Call::update_node_contract { contract_id, deployment_hash, deployment_data } => {
            let who = origin.signed()?;
            lifecycle::update_node_contract(state, who, *contract_id, *deployment_hash, deployment_data)?;
        }
        Call::cancel_contract { contract_id } => {
            lifecycle::cancel(state, origin.signed()?, *contract_id)?;
        }
        Call::create_name_contract { name } => lifecycle::create_name_contract(state, origin.signed()?, name)?,
        Call::create_rent_contract { node_id, solution_provider_id } => {
            lifecycle::create_rent_contract(state, origin.signed()?, *node_id, *solution_provider_id)?;
        }
        Call::add_nru_reports { reports } => {
            reports::traffic(state, origin.signed()?, reports)?;
            return Ok(Pays::No);
        }
        Call::report_contract_resources { contract_resources } => {
            reports::resources(state, origin.signed()?, contract_resources)?;
            return Ok(Pays::No);
        }
        Call::bill_contract_for_block { contract_id } => {
            origin.signed()?;
            billing::bill(state, *contract_id)?;
        }
        Call::change_billing_frequency { frequency } => {
            origin.root()?;
            if *frequency <= BILLING_FREQUENCY.get(state, &()) {
                return Err(Error::CanOnlyIncreaseFrequency.into());
            }
            BILLING_FREQUENCY.put(state, &(), frequency);
            state.deposit(Event::BillingFrequencyChanged(*frequency));
        }
        Call::set_dedicated_node_extra_fee { node_id, extra_fee } => {
            lifecycle::set_extra_fee(state, origin.signed()?, *node_id, *extra_fee)?;
        }
        Call::cancel_contract_collective { contract_id } => {
            origin.root()?;
            lifecycle::end(state, *contract_id, Cause::CanceledByCollective)?;
        }
    }
    Ok(Pays::Yes)
}

/// The contracts whose turn it is to be billed in this block, less those that cost nothing: what the real
/// chain's off-chain worker sends bills for (tfchain.md section 5).
pub fn due(state: &State, block: u32) -> Vec<u64> {
    let frequency = BILLING_FREQUENCY.get(state, &()).max(1);
    let mut due = CONTRACTS_TO_BILL_AT.get(state, &(u64::from(block) % frequency));
    due.retain(|id| match CONTRACTS.get(state, id).map(|contract| contract.contract_type) {
        Some(ContractData::NodeContract(contract)) => {
            contract.public_ips > 0
                || NODE_CONTRACT_RESOURCES.has(state, id)
                || BILLING_INFORMATION.get(state, id).amount_unbilled > 0
        }
        Some(_) => true,
        None => false,
    });
    due
}
