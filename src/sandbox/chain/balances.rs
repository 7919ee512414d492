//! Balances: transfers, locks, reaping. The rules are those of pallet-balances at TFChain's version, as far
//! as transfers, fees and one lock per account need them; there are no reserves, holds or freezes.

use super::item::{Item, storage};
use super::runtime::Origin;
use super::scale::{
    Account, ArithmeticError, Bounded, DispatchError, DispatchResult, Money, MultiAddress, Pays, TokenError, errors,
};
use super::state::State;
use super::system::{self, ACCOUNT, AccountData, AccountInfo};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The least that an account may hold.
pub const EXISTENTIAL_DEPOSIT: Money = 500;

/// What a lock forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Reasons {
    /// Paying fees.
    Fee,
    /// Anything else.
    Misc,
    /// All.
    All,
}

/// A lock on a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BalanceLock {
    /// Whose: `gridlock` for unpaid bills.
    pub id: [u8; 8],
    /// How much.
    pub amount: Money,
    /// What it forbids.
    pub reasons: Reasons,
}

/// Balances' calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// A transfer that may reap the sender.
    #[codec(index = 0)]
    transfer_allow_death {
        dest: MultiAddress,
        #[codec(compact)]
        value: Money,
    },
    /// Root moves somebody's money.
    #[codec(index = 2)]
    force_transfer {
        source: MultiAddress,
        dest: MultiAddress,
        #[codec(compact)]
        value: Money,
    },
    /// A transfer that keeps the sender alive.
    #[codec(index = 3)]
    transfer_keep_alive {
        dest: MultiAddress,
        #[codec(compact)]
        value: Money,
    },
    /// All that can be spent.
    #[codec(index = 4)]
    transfer_all { dest: MultiAddress, keep_alive: bool },
    /// The older name of `transfer_allow_death`.
    #[codec(index = 7)]
    transfer {
        dest: MultiAddress,
        #[codec(compact)]
        value: Money,
    },
    /// Root sets a balance.
    #[codec(index = 8)]
    force_set_balance {
        who: MultiAddress,
        #[codec(compact)]
        new_free: Money,
    },
}

/// Balances' events; those that never happen here keep the others' indices in place.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// An account came to be with this balance.
    #[codec(index = 0)]
    Endowed { account: Account, free_balance: Money },
    /// Too little to live on.
    #[codec(index = 1)]
    DustLost { account: Account, amount: Money },
    /// Money moved.
    #[codec(index = 2)]
    Transfer { from: Account, to: Account, amount: Money },
    /// Root set a balance.
    #[codec(index = 3)]
    BalanceSet { who: Account, free: Money },
    /// Money came (fees to the author, a refund).
    #[codec(index = 7)]
    Deposit { who: Account, amount: Money },
    /// Money went (fees, a burn).
    #[codec(index = 8)]
    Withdraw { who: Account, amount: Money },
    /// More is frozen.
    #[codec(index = 17)]
    Locked { who: Account, amount: Money },
    /// Less is frozen.
    #[codec(index = 18)]
    Unlocked { who: Account, amount: Money },
}

errors! { 20; VestingBalance LiquidityRestrictions InsufficientBalance ExistentialDeposit Expendability ExistingVestingSchedule DeadAccount TooManyReserves TooManyHolds TooManyFreezes }

storage! { "Balances";
    TOTAL_ISSUANCE: Item<(), Money> = "TotalIssuance";
    INACTIVE_ISSUANCE: Item<(), Money> = "InactiveIssuance";
    BALANCE_ACCOUNT: Item<Account, AccountData> = "Account";
    LOCKS: Item<Account, Bounded<BalanceLock, 50>> = "Locks";
}

/// What may happen to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It may be reaped.
    Expendable,
    /// It must live.
    Alive,
}

/// What can be spent.
pub fn reducible(info: &AccountInfo, keep: Keep) -> Money {
    let needed = info.providers == 1 && info.consumers > 0;
    let floor = if info.data.free > 0 && (keep == Keep::Alive || needed) { EXISTENTIAL_DEPOSIT } else { 0 };
    info.data.free.saturating_sub(info.data.frozen.max(floor))
}

/// What can be spent of an account when it may die.
pub fn usable(state: &State, who: &Account) -> Money {
    reducible(&ACCOUNT.get(state, who), Keep::Expendable)
}

fn can_withdraw(state: &State, info: &AccountInfo, amount: Money, keep: Keep) -> Result<(), DispatchError> {
    if amount == 0 {
        return Ok(());
    }
    if TOTAL_ISSUANCE.get(state, &()) < amount {
        return Err(DispatchError::Arithmetic(ArithmeticError::Underflow));
    }
    let left = info.data.free.checked_sub(amount).ok_or(TokenError::FundsUnavailable)?;
    if amount > reducible(info, Keep::Expendable) {
        return Err(TokenError::Frozen.into());
    }
    if left < EXISTENTIAL_DEPOSIT {
        if info.consumers > 0 {
            return Err(TokenError::OnlyProvider.into());
        }
        if keep == Keep::Alive {
            return Err(TokenError::NotExpendable.into());
        }
    }
    Ok(())
}

/// Sets a free balance, with the births, deaths and dust that follow from it.
fn set_free(state: &mut State, who: &Account, free: Money) {
    let mut info = ACCOUNT.get(state, who);
    let lived = info.providers > 0;
    info.data.free = free;
    if free >= EXISTENTIAL_DEPOSIT {
        info.providers = 1;
        ACCOUNT.put(state, who, &info);
        if !lived {
            state.deposit(system::Event::NewAccount { account: *who });
            state.deposit(Event::Endowed { account: *who, free_balance: free });
        }
    } else if lived {
        ACCOUNT.remove(state, who);
        LOCKS.remove(state, who);
        state.deposit(system::Event::KilledAccount { account: *who });
        if free > 0 {
            issue(state, |total| total.saturating_sub(free));
            state.deposit(Event::DustLost { account: *who, amount: free });
        }
    }
}

fn issue(state: &mut State, change: impl FnOnce(Money) -> Money) {
    TOTAL_ISSUANCE.change(state, &(), |total| *total = change(*total));
}

/// Moves money.
///
/// # Errors
/// As the real chain's: `Token.*`, `Arithmetic.*`.
pub fn transfer(
    state: &mut State,
    from: &Account,
    to: &Account,
    amount: Money,
    keep: Keep,
) -> Result<(), DispatchError> {
    let source = ACCOUNT.get(state, from);
    can_withdraw(state, &source, amount, keep)?;
    let target = ACCOUNT.get(state, to).data.free;
    let after = target.checked_add(amount).ok_or(DispatchError::Arithmetic(ArithmeticError::Overflow))?;
    if amount > 0 && after < EXISTENTIAL_DEPOSIT {
        return Err(TokenError::BelowMinimum.into());
    }
    if from != to && amount > 0 {
        set_free(state, from, source.data.free - amount);
        set_free(state, to, after);
    }
    state.deposit(Event::Transfer { from: *from, to: *to, amount });
    Ok(())
}

/// Takes money out of the world (fees on their way to the author, burns); the account stays alive.
/// `false` when it cannot be paid.
pub fn withdraw(state: &mut State, who: &Account, amount: Money) -> bool {
    let info = ACCOUNT.get(state, who);
    let Some(left) = info.data.free.checked_sub(amount) else { return false };
    if amount > 0 && left < EXISTENTIAL_DEPOSIT.max(info.data.frozen) {
        return false;
    }
    set_free(state, who, left);
    issue(state, |total| total.saturating_sub(amount));
    state.deposit(Event::Withdraw { who: *who, amount });
    true
}

/// Whether [`withdraw`] would succeed.
pub fn can_pay(state: &State, who: &Account, amount: Money) -> bool {
    let data = ACCOUNT.get(state, who).data;
    data.free.checked_sub(amount).is_some_and(|left| left >= EXISTENTIAL_DEPOSIT.max(data.frozen))
}

/// Brings money into the world.
pub fn deposit(state: &mut State, who: &Account, amount: Money) {
    let free = ACCOUNT.get(state, who).data.free.saturating_add(amount);
    if amount == 0 || free < EXISTENTIAL_DEPOSIT {
        return;
    }
    set_free(state, who, free);
    issue(state, |total| total.saturating_add(amount));
    state.deposit(Event::Deposit { who: *who, amount });
}

/// Sets the one lock of an account to `amount`; zero removes it. What is frozen needs the account to live.
pub fn set_lock(state: &mut State, who: &Account, id: [u8; 8], amount: Money) {
    let mut info = ACCOUNT.get(state, who);
    let before = info.data.frozen;
    info.data.frozen = amount;
    info.consumers = if amount > 0 { 2 } else { 0 };
    ACCOUNT.put(state, who, &info);
    if amount > 0 {
        LOCKS.put(state, who, &Bounded(vec![BalanceLock { id, amount, reasons: Reasons::All }]));
    } else {
        LOCKS.remove(state, who);
    }
    match amount.cmp(&before) {
        std::cmp::Ordering::Greater => state.deposit(Event::Locked { who: *who, amount: amount - before }),
        std::cmp::Ordering::Less => state.deposit(Event::Unlocked { who: *who, amount: before - amount }),
        std::cmp::Ordering::Equal => {}
    }
}

/// Runs one of Balances' calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    match call {
        Call::transfer_allow_death { dest, value } | Call::transfer { dest, value } => {
            transfer(state, &origin.signed()?, &dest.lookup()?, *value, Keep::Expendable)?;
        }
        Call::transfer_keep_alive { dest, value } => {
            transfer(state, &origin.signed()?, &dest.lookup()?, *value, Keep::Alive)?;
        }
        Call::transfer_all { dest, keep_alive } => {
            let who = origin.signed()?;
            let keep = if *keep_alive { Keep::Alive } else { Keep::Expendable };
            let amount = reducible(&ACCOUNT.get(state, &who), keep);
            transfer(state, &who, &dest.lookup()?, amount, keep)?;
        }
        Call::force_transfer { source, dest, value } => {
            origin.root()?;
            transfer(state, &source.lookup()?, &dest.lookup()?, *value, Keep::Expendable)?;
        }
        Call::force_set_balance { who, new_free } => {
            origin.root()?;
            let who = who.lookup()?;
            let before = ACCOUNT.get(state, &who).data.free;
            let free = if *new_free < EXISTENTIAL_DEPOSIT { 0 } else { *new_free };
            set_free(state, &who, free);
            issue(state, |total| total.saturating_add(free).saturating_sub(before));
            state.deposit(Event::BalanceSet { who, free });
        }
    }
    Ok(Pays::Yes)
}
