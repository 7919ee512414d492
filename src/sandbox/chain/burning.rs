//! BurningModule: destroys one's own tokens, with a message.

use super::balances::{self, Keep};
use super::item::{Opt, storage};
use super::runtime::Origin;
use super::scale::{Account, DispatchError, Money, errors};
use super::state::State;
use super::system;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A burn that happened.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Burn {
    /// Whose tokens.
    pub target: Account,
    /// How much.
    pub amount: Money,
    /// When.
    pub block: u32,
    /// Why.
    pub message: Vec<u8>,
}

/// BurningModule's call.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// Burns.
    #[codec(index = 0)]
    burn_tft { amount: Money, message: Vec<u8> },
}

/// BurningModule's event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// Burnt.
    BurnTransactionCreated(Account, Money, u32, Vec<u8>),
}

errors! { 29; NotEnoughBalanceToBurn }

storage! { "BurningModule";
    BURNS: Opt<(), Vec<Burn>> = "Burns";
}

/// Runs BurningModule's call.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> Result<(), DispatchError> {
    let Call::burn_tft { amount, message } = call;
    let target = origin.signed()?;
    let info = system::ACCOUNT.get(state, &target);
    if balances::reducible(&info, Keep::Alive) < *amount || !balances::withdraw(state, &target, *amount) {
        return Err(Error::NotEnoughBalanceToBurn.into());
    }
    let block = system::number(state);
    let mut burns = BURNS.get(state, &()).unwrap_or_default();
    burns.push(Burn { target, amount: *amount, block, message: message.clone() });
    BURNS.put(state, &(), &burns);
    state.deposit(Event::BurnTransactionCreated(target, *amount, block, message.clone()));
    Ok(())
}
