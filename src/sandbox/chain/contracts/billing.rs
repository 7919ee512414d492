//! Bills: what is due, the lock that it extends, the grace period, and the distribution.

use super::{
    ACTIVE_NODE_CONTRACTS, BILLING_INFORMATION, CONTRACT_LOCK, CONTRACTS, Cause, Contract, ContractBill, ContractData,
    ContractLock, ContractState, Error, Event, cost, lifecycle,
};
use crate::sandbox::chain::balances::{self, EXISTENTIAL_DEPOSIT, Keep};
use crate::sandbox::chain::scale::{Account, DispatchError, Money};
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::system;
use crate::sandbox::chain::tfgrid::{FARMS, NODES, PRICING_POLICIES, TWIN_STASH, TWINS};

type Done = Result<(), DispatchError>;

/// How long an unpaid contract lives: 14 days of blocks.
pub const GRACE_PERIOD: u64 = 201_600;
/// After how many bills the locked money is paid out.
pub const DISTRIBUTION_FREQUENCY: u16 = 24;
/// The id of the lock that bills extend.
const GRID_LOCK: [u8; 8] = *b"gridlock";
/// `5CNposRewardAccount11111111111111111111111111FSU`: gets five percent.
pub const STAKING_POOL: Account = Account([
    13, 209, 209, 166, 229, 163, 90, 168, 199, 245, 229, 126, 30, 221, 12, 63, 189, 106, 191, 46, 170, 142, 244, 37,
    72, 152, 110, 84, 162, 86, 32, 0,
]);

/// Bills a contract for the time since its last bill; a contract that is `Deleted` is then removed.
pub fn bill(state: &mut State, contract_id: u64) -> Done {
    let mut contract = CONTRACTS.get(state, &contract_id).ok_or(Error::ContractNotExists)?;
    let owner = TWINS.get(state, &contract.twin_id).ok_or(Error::TwinNotExists)?.account_id;
    let usable = balances::usable(state, &owner);
    let stash = TWIN_STASH.get(state, &contract.twin_id).map_or(0, |stash| balances::usable(state, &stash));
    let now = system::now_secs(state);
    let mut lock = CONTRACT_LOCK.get(state, &contract_id);
    let seconds = now.saturating_sub(lock.lock_updated);
    let (regular, discount_level) = cost::price(state, &contract, seconds, usable.saturating_add(stash))?;
    let extra = cost::extra_fee(state, &contract, seconds)?;
    let due = regular + extra;
    if due == 0 && !contract.is_deleted() {
        return Ok(());
    }
    let owed = lock.amount_locked + lock.extra_amount_locked + due;
    settle_grace(state, &mut contract, usable, owed);
    if !contract.is_deleted() {
        lock.lock_updated = now;
        lock.cycles += 1;
        lock.amount_locked += regular;
        lock.extra_amount_locked += extra;
    }
    if let ContractState::GracePeriod(_) = contract.state {
        CONTRACT_LOCK.put(state, &contract_id, &lock);
        return Ok(());
    }
    collect(state, &contract, &owner, &mut lock, due)?;
    let bill = ContractBill { contract_id, timestamp: now, discount_level, amount_billed: due };
    state.deposit(Event::ContractBilled(bill));
    if contract.is_deleted() {
        return lifecycle::remove(state, contract_id);
    }
    if let ContractData::NodeContract(_) = contract.contract_type {
        BILLING_INFORMATION.change(state, &contract_id, |information| information.amount_unbilled = 0);
    }
    CONTRACT_LOCK.put(state, &contract_id, &lock);
    Ok(())
}

/// Moves a contract into grace, out of it, or to its end. A rented node drags its deployments along.
fn settle_grace(state: &mut State, contract: &mut Contract, usable: Money, owed: Money) {
    let block = u64::from(system::number(state));
    match contract.state {
        ContractState::GracePeriod(_) if usable > owed => move_to(state, contract, ContractState::Created),
        ContractState::GracePeriod(since) if block.saturating_sub(since) >= GRACE_PERIOD => {
            contract.state = ContractState::Deleted(Cause::OutOfFunds);
            CONTRACTS.put(state, &contract.contract_id, contract);
        }
        ContractState::Created if owed >= usable => move_to(state, contract, ContractState::GracePeriod(block)),
        _ => {}
    }
}

fn move_to(state: &mut State, contract: &mut Contract, to: ContractState) {
    let one = |state: &mut State, contract: &mut Contract| {
        contract.state = to;
        CONTRACTS.put(state, &contract.contract_id, contract);
        let (contract_id, node_id, twin_id) = (contract.contract_id, contract.node_id(), contract.twin_id);
        state.deposit(match to {
            ContractState::GracePeriod(block_number) => {
                Event::ContractGracePeriodStarted { contract_id, node_id, twin_id, block_number }
            }
            _ => Event::ContractGracePeriodEnded { contract_id, node_id, twin_id },
        });
    };
    one(state, contract);
    if let ContractData::RentContract(rent) = &contract.contract_type {
        for id in ACTIVE_NODE_CONTRACTS.get(state, &rent.node_id) {
            if let Some(mut deployment) = CONTRACTS.get(state, &id) {
                one(state, &mut deployment);
            }
        }
    }
}

/// What of an account's balance is not usable: the locks, as the chain measures them.
fn locked(state: &State, owner: &Account) -> Money {
    system::ACCOUNT.get(state, owner).data.free.saturating_sub(balances::usable(state, owner))
}

/// Extends the owner's lock by the bill, and pays out when it is time or the contract ends.
///
/// The last bill of a contract that ends is announced but not charged: only what earlier bills locked is
/// paid out (sample finding 1). Out of grace only the newest bill is locked (finding 2).
fn collect(state: &mut State, contract: &Contract, owner: &Account, lock: &mut ContractLock, due: Money) -> Done {
    if contract.state == ContractState::Created {
        let amount = locked(state, owner) + due;
        balances::set_lock(state, owner, GRID_LOCK, amount);
    }
    let owed = lock.amount_locked + lock.extra_amount_locked;
    if lock.cycles < DISTRIBUTION_FREQUENCY && !(contract.is_deleted() && owed > 0) {
        return Ok(());
    }
    let remaining = locked(state, owner).saturating_sub(owed);
    let remaining = if remaining > EXISTENTIAL_DEPOSIT { remaining } else { 0 };
    balances::set_lock(state, owner, GRID_LOCK, 0);
    balances::set_lock(state, owner, GRID_LOCK, remaining);
    let available = |state: &State| {
        let usable = balances::usable(state, owner);
        if remaining > 0 { usable } else { usable.saturating_sub(EXISTENTIAL_DEPOSIT) }
    };
    if lock.extra_amount_locked > 0 {
        let amount = available(state).min(lock.extra_amount_locked);
        if let Some(farmer) = farmer(state, contract) {
            balances::transfer(state, owner, &farmer, amount, Keep::Alive)?;
        }
    }
    let amount = available(state).min(lock.amount_locked);
    distribute(state, contract, owner, amount)?;
    *lock = ContractLock { lock_updated: system::now_secs(state), ..ContractLock::default() };
    Ok(())
}

fn farmer(state: &State, contract: &Contract) -> Option<Account> {
    let node = NODES.get(state, &contract.node_id())?;
    let farm = FARMS.get(state, &node.farm_id)?;
    Some(TWINS.get(state, &farm.twin_id)?.account_id)
}

/// 10 % to the foundation, 5 % to the staking pool, 50 % to sales, the rest is burnt.
fn distribute(state: &mut State, contract: &Contract, owner: &Account, amount: Money) -> Done {
    if amount == 0 {
        return Ok(());
    }
    let policy = PRICING_POLICIES.get(state, &1).ok_or(Error::PricingPolicyNotExists)?;
    let share = |percent: Money| (amount * percent + 50) / 100;
    let mut rest = amount;
    for (to, percent) in [(policy.foundation_account, 10), (STAKING_POOL, 5), (policy.certified_sales_account, 50)] {
        let part = share(percent).min(rest);
        balances::transfer(state, owner, &to, part, Keep::Alive)?;
        rest -= part;
    }
    if balances::withdraw(state, owner, rest) {
        state.deposit(Event::TokensBurned { contract_id: contract.contract_id, amount: rest });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::AccountId;

    #[test]
    fn the_staking_pool_is_the_documented_account() {
        assert_eq!(AccountId::from(STAKING_POOL).to_string(), "5CNposRewardAccount11111111111111111111111111FSU");
    }
}
