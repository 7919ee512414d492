//! Contracts from their making to their end.

use super::{
    ACTIVE_NODE_CONTRACTS, ACTIVE_RENT_CONTRACT, BILLING_FREQUENCY, BILLING_INFORMATION, CONTRACT_BY_HASH,
    CONTRACT_BY_NAME, CONTRACT_ID, CONTRACT_LOCK, CONTRACTS, CONTRACTS_TO_BILL_AT, Cause, Contract,
    ContractBillingInformation, ContractData, ContractLock, ContractState, EXTRA_FEE, Error, Event,
    NODE_CONTRACT_RESOURCES, NameContract, NodeContract, RentContract, billing,
};
use crate::sandbox::chain::scale::{Account, Bounded, DispatchError, Text};
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::system;
use crate::sandbox::chain::tfgrid::{FARMS, NODE_POWER, NODES, PublicIp, TWIN_BY_ACCOUNT, TWINS};

type Done = Result<(), DispatchError>;

fn twin_of(state: &State, who: &Account) -> Result<u32, Error> {
    TWIN_BY_ACCOUNT.get(state, who).ok_or(Error::TwinNotExists)
}

/// Refuses a node that `twin` may not deploy on: off, rented by another, or dedicated and not rented.
fn deployable(state: &State, twin: u32, node_id: u32) -> Done {
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    let farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    let dedicated = farm.dedicated_farm || EXTRA_FEE.get(state, &node_id) > 0;
    let open = match ACTIVE_RENT_CONTRACT.get(state, &node_id) {
        Some(rent) => CONTRACTS.get(state, &rent).is_some_and(|rent| rent.twin_id == twin),
        None => !dedicated,
    };
    if open && !NODE_POWER.get(state, &node_id).is_down() {
        Ok(())
    } else {
        Err(Error::NodeNotAvailableToDeploy.into())
    }
}

/// Writes a new contract, takes its addresses, and puts it into the billing loop.
fn create(state: &mut State, twin_id: u32, mut contract_type: ContractData, provider: Option<u64>) -> Done {
    if provider.is_some() {
        return Err(Error::NoSuchSolutionProvider.into());
    }
    let id = CONTRACT_ID.change(state, &(), |id| {
        *id += 1;
        *id
    });
    if let ContractData::NodeContract(contract) = &mut contract_type {
        contract.public_ips_list = reserve_ips(state, id, contract.node_id, contract.public_ips)?;
    }
    let contract = Contract {
        version: 4,
        state: ContractState::Created,
        contract_id: id,
        twin_id,
        contract_type,
        solution_provider_id: None,
    };
    CONTRACTS.put(state, &id, &contract);
    let turn = id % BILLING_FREQUENCY.get(state, &()).max(1);
    CONTRACTS_TO_BILL_AT.change(state, &turn, |contracts| contracts.push(id));
    let now = system::now_secs(state);
    CONTRACT_LOCK.put(state, &id, &ContractLock { lock_updated: now, ..ContractLock::default() });
    match &contract.contract_type {
        ContractData::NodeContract(deployment) => {
            CONTRACT_BY_HASH.put(state, &(deployment.node_id, deployment.deployment_hash), &id);
            ACTIVE_NODE_CONTRACTS.change(state, &deployment.node_id, |contracts| contracts.push(id));
            let information = ContractBillingInformation { last_updated: now, ..Default::default() };
            BILLING_INFORMATION.put(state, &id, &information);
        }
        ContractData::NameContract(name) => CONTRACT_BY_NAME.put(state, &name.name, &id),
        ContractData::RentContract(rent) => ACTIVE_RENT_CONTRACT.put(state, &rent.node_id, &id),
    }
    state.deposit(Event::ContractCreated(contract));
    Ok(())
}

pub fn create_node_contract(state: &mut State, who: Account, wanted: NodeContract, provider: Option<u64>) -> Done {
    let twin = twin_of(state, &who)?;
    deployable(state, twin, wanted.node_id)?;
    if CONTRACT_BY_HASH.has(state, &(wanted.node_id, wanted.deployment_hash)) {
        return Err(Error::ContractIsNotUnique.into());
    }
    create(state, twin, ContractData::NodeContract(wanted), provider)
}

pub fn create_name_contract(state: &mut State, who: Account, name: &[u8]) -> Done {
    let twin = twin_of(state, &who)?;
    if name.len() < 3 {
        return Err(Error::NameContractNameTooShort.into());
    }
    if name.len() > 64 {
        return Err(Error::NameContractNameTooLong.into());
    }
    let fine = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte);
    if !name.iter().all(fine) {
        return Err(Error::NameNotValid.into());
    }
    let name = Bounded(name.to_vec());
    if CONTRACT_BY_NAME.has(state, &name) {
        return Err(Error::NameExists.into());
    }
    create(state, twin, ContractData::NameContract(NameContract { name }), None)
}

pub fn create_rent_contract(state: &mut State, who: Account, node_id: u32, provider: Option<u64>) -> Done {
    let twin = twin_of(state, &who)?;
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    if ACTIVE_RENT_CONTRACT.has(state, &node_id) {
        return Err(Error::NodeHasRentContract.into());
    }
    let farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    let free = farm.dedicated_farm || ACTIVE_NODE_CONTRACTS.get(state, &node_id).is_empty();
    if !free || NODE_POWER.get(state, &node_id).is_down() {
        return Err(Error::NodeNotAvailableToDeploy.into());
    }
    create(state, twin, ContractData::RentContract(RentContract { node_id }), provider)
}

/// A contract and the account that owns it.
fn owned(state: &State, contract_id: u64) -> Result<(Contract, Account), Error> {
    let contract = CONTRACTS.get(state, &contract_id).ok_or(Error::ContractNotExists)?;
    let owner = TWINS.get(state, &contract.twin_id).ok_or(Error::TwinNotExists)?.account_id;
    Ok((contract, owner))
}

pub fn update_node_contract(
    state: &mut State,
    who: Account,
    contract_id: u64,
    hash: [u8; 32],
    data: &Text<512>,
) -> Done {
    let (mut contract, owner) = owned(state, contract_id)?;
    if owner != who {
        return Err(Error::TwinNotAuthorizedToUpdateContract.into());
    }
    if contract.state != ContractState::Created {
        return Err(Error::CannotUpdateContractInGraceState.into());
    }
    let ContractData::NodeContract(deployment) = &mut contract.contract_type else {
        return Err(Error::InvalidContractType.into());
    };
    CONTRACT_BY_HASH.remove(state, &(deployment.node_id, deployment.deployment_hash));
    // The hash of another live contract may be taken over (sample finding 6).
    CONTRACT_BY_HASH.put(state, &(deployment.node_id, hash), &contract_id);
    deployment.deployment_hash = hash;
    deployment.deployment_data = data.clone();
    CONTRACTS.put(state, &contract_id, &contract);
    state.deposit(Event::ContractUpdated(contract));
    Ok(())
}

pub fn cancel(state: &mut State, who: Account, contract_id: u64) -> Done {
    let (_, owner) = owned(state, contract_id)?;
    if owner != who {
        return Err(Error::TwinNotAuthorizedToCancelContract.into());
    }
    end(state, contract_id, Cause::CanceledByUser)
}

/// Ends a contract: a last bill, and it is gone.
pub fn end(state: &mut State, contract_id: u64, cause: Cause) -> Done {
    let mut contract = CONTRACTS.get(state, &contract_id).ok_or(Error::ContractNotExists)?;
    if let ContractData::RentContract(rent) = &contract.contract_type
        && !ACTIVE_NODE_CONTRACTS.get(state, &rent.node_id).is_empty()
    {
        return Err(Error::NodeHasActiveContracts.into());
    }
    contract.state = ContractState::Deleted(cause);
    CONTRACTS.put(state, &contract_id, &contract);
    billing::bill(state, contract_id)
}

/// Ends all contracts of a node that leaves: deployments first, then the rent.
pub fn node_left(state: &mut State, node_id: u32) -> Done {
    for id in ACTIVE_NODE_CONTRACTS.get(state, &node_id) {
        end(state, id, Cause::CanceledByUser)?;
    }
    match ACTIVE_RENT_CONTRACT.get(state, &node_id) {
        Some(rent) => end(state, rent, Cause::CanceledByUser),
        None => Ok(()),
    }
}

/// Takes a contract out of storage, with all that hangs on it.
pub fn remove(state: &mut State, contract_id: u64) -> Done {
    let contract = CONTRACTS.get(state, &contract_id).ok_or(Error::ContractNotExists)?;
    let canceled = match &contract.contract_type {
        ContractData::NodeContract(deployment) => {
            let node_id = deployment.node_id;
            free_ips(state, contract_id, deployment)?;
            ACTIVE_NODE_CONTRACTS.change(state, &node_id, |contracts| contracts.retain(|id| *id != contract_id));
            CONTRACT_BY_HASH.remove(state, &(node_id, deployment.deployment_hash));
            NODE_CONTRACT_RESOURCES.remove(state, &contract_id);
            BILLING_INFORMATION.remove(state, &contract_id);
            Event::NodeContractCanceled { contract_id, node_id, twin_id: contract.twin_id }
        }
        ContractData::NameContract(name) => {
            CONTRACT_BY_NAME.remove(state, &name.name);
            Event::NameContractCanceled { contract_id }
        }
        ContractData::RentContract(rent) => {
            ACTIVE_RENT_CONTRACT.remove(state, &rent.node_id);
            for deployment in ACTIVE_NODE_CONTRACTS.get(state, &rent.node_id) {
                remove(state, deployment)?;
            }
            Event::RentContractCanceled { contract_id }
        }
    };
    state.deposit(canceled);
    CONTRACTS.remove(state, &contract_id);
    CONTRACT_LOCK.remove(state, &contract_id);
    let turn = contract_id % BILLING_FREQUENCY.get(state, &()).max(1);
    CONTRACTS_TO_BILL_AT.change(state, &turn, |contracts| contracts.retain(|id| *id != contract_id));
    Ok(())
}

/// Takes the first free addresses of the node's farm.
fn reserve_ips(
    state: &mut State,
    contract_id: u64,
    node_id: u32,
    wanted: u32,
) -> Result<Bounded<PublicIp, 512>, DispatchError> {
    if wanted == 0 {
        return Ok(Bounded::default());
    }
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    let mut farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    let wanted = wanted as usize;
    if farm.public_ips.0.len() < wanted {
        return Err(Error::FarmHasNotEnoughPublicIPs.into());
    }
    let mut taken = Vec::with_capacity(wanted);
    for ip in farm.public_ips.0.iter_mut().filter(|ip| ip.contract_id == 0).take(wanted) {
        ip.contract_id = contract_id;
        taken.push(ip.clone());
    }
    if taken.len() < wanted {
        return Err(Error::FarmHasNotEnoughPublicIPsFree.into());
    }
    FARMS.put(state, &farm.id, &farm);
    Ok(Bounded(taken))
}

fn free_ips(state: &mut State, contract_id: u64, deployment: &NodeContract) -> Done {
    if deployment.public_ips == 0 {
        return Ok(());
    }
    let node = NODES.get(state, &deployment.node_id).ok_or(Error::NodeNotExists)?;
    let mut farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    let mut freed = Vec::new();
    for ip in farm.public_ips.0.iter_mut().filter(|ip| ip.contract_id == contract_id) {
        ip.contract_id = 0;
        freed.push(ip.clone());
    }
    FARMS.put(state, &farm.id, &farm);
    state.deposit(Event::IPsFreed { contract_id, public_ips: Bounded(freed) });
    Ok(())
}

pub fn set_extra_fee(state: &mut State, who: Account, node_id: u32, extra_fee: u64) -> Done {
    let twin = twin_of(state, &who)?;
    let node = NODES.get(state, &node_id).ok_or(Error::NodeNotExists)?;
    let farm = FARMS.get(state, &node.farm_id).ok_or(Error::FarmNotExists)?;
    if farm.twin_id != twin {
        return Err(Error::UnauthorizedToSetExtraFee.into());
    }
    let used = ACTIVE_RENT_CONTRACT.has(state, &node_id) || !ACTIVE_NODE_CONTRACTS.get(state, &node_id).is_empty();
    if used {
        return Err(Error::NodeHasActiveContracts.into());
    }
    EXTRA_FEE.put(state, &node_id, &extra_fee);
    state.deposit(Event::NodeExtraFeeSet { node_id, extra_fee });
    Ok(())
}
