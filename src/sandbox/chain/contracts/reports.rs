//! What nodes report of their contracts: resources, and traffic. Bills are made from it.

use super::{
    BILLING_INFORMATION, CONTRACTS, ContractData, ContractResources, Error, Event, NODE_CONTRACT_RESOURCES,
    NruConsumption, cost,
};
use crate::sandbox::chain::scale::{Account, DispatchError};
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::tfgrid::{NODE_BY_TWIN, NODES, PRICING_POLICIES, TWIN_BY_ACCOUNT};

type Done = Result<(), DispatchError>;

/// The node of the account that reports.
fn node_of(state: &State, who: &Account) -> Result<u32, Error> {
    let twin = TWIN_BY_ACCOUNT.get(state, who).ok_or(Error::TwinNotExists)?;
    let node = NODE_BY_TWIN.get(state, &twin);
    if NODES.has(state, &node) { Ok(node) } else { Err(Error::NodeNotExists) }
}

/// Whether the contract is still there; an error when it is none of this node's.
fn on_node(state: &State, contract_id: u64, node: u32) -> Result<bool, Error> {
    match CONTRACTS.get(state, &contract_id).map(|contract| contract.contract_type) {
        None => Ok(false),
        Some(ContractData::NodeContract(deployment)) if deployment.node_id == node => Ok(true),
        Some(ContractData::NodeContract(_)) => Err(Error::NodeNotAuthorizedToComputeReport),
        Some(_) => Err(Error::InvalidContractType),
    }
}

pub fn resources(state: &mut State, who: Account, reports: &[ContractResources]) -> Done {
    let node = node_of(state, &who)?;
    for report in reports {
        if on_node(state, report.contract_id, node)? {
            NODE_CONTRACT_RESOURCES.put(state, &report.contract_id, report);
            state.deposit(Event::UpdatedUsedResources(*report));
        }
    }
    Ok(())
}

pub fn traffic(state: &mut State, who: Account, reports: &[NruConsumption]) -> Done {
    let node = node_of(state, &who)?;
    let policy = PRICING_POLICIES.get(state, &1).ok_or(Error::PricingPolicyNotExists)?;
    for report in reports {
        // Name contracts have no billing information and are passed over (sample finding 12).
        if !BILLING_INFORMATION.has(state, &report.contract_id) || !on_node(state, report.contract_id, node)? {
            continue;
        }
        BILLING_INFORMATION.change(state, &report.contract_id, |information| {
            if report.timestamp >= information.last_updated {
                let cost = cost::traffic(report.nru, report.window, &policy);
                information.amount_unbilled = information.amount_unbilled.saturating_add(cost);
                information.last_updated = report.timestamp;
            }
        });
        state.deposit(Event::NruConsumptionReportReceived(*report));
    }
    Ok(())
}
