//! The runtime as one: the outer call and event, who calls, and the way to each pallet.
//!
//! Indices are those of the real runtime (tfchain.md section 6).

use super::scale::{Account, DispatchError, DispatchResult, Hash, Pays};
use super::state::State;
use super::{balances, burning, contracts, kvstore, price, system, tfgrid, utility};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The real runtime's name.
pub const SPEC_NAME: &str = "substrate-threefold";
/// The version that this models.
pub const SPEC_VERSION: u32 = 149;
/// The version of the extrinsic's form.
pub const TRANSACTION_VERSION: u32 = 2;

macro_rules! outer {
    ($(#[$doc:meta])* $name:ident { $($index:literal $pallet:ident($inner:path)),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
        pub enum $name {
            $(
                #[doc = concat!("Pallet ", stringify!($index))]
                #[codec(index = $index)]
                $pallet($inner),
            )*
        }

        $(
            impl From<$inner> for $name {
                fn from(inner: $inner) -> Self {
                    Self::$pallet(inner)
                }
            }
        )*
    };
}

outer!(
    /// Any call.
    Call {
        0 System(system::Call),
        1 Timestamp(system::TimestampCall),
        3 Utility(utility::Call),
        20 Balances(balances::Call),
        25 TfgridModule(tfgrid::Call),
        26 SmartContractModule(contracts::Call),
        28 TFTPriceModule(price::Call),
        29 BurningModule(burning::Call),
        30 TFKVStore(kvstore::Call),
    }
);

outer!(
    /// Any event.
    Event {
        0 System(system::Event),
        3 Utility(utility::Event),
        20 Balances(balances::Event),
        21 TransactionPayment(system::PaymentEvent),
        25 TfgridModule(tfgrid::Event),
        26 SmartContractModule(contracts::Event),
        28 TFTPriceModule(price::Event),
        29 BurningModule(burning::Event),
        30 TFKVStore(kvstore::Event),
    }
);

/// Where in a block something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum Phase {
    /// In the extrinsic of this index.
    ApplyExtrinsic(u32),
    /// After the extrinsics.
    Finalization,
    /// Before them.
    #[default]
    Initialization,
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EventRecord {
    /// Where it happened.
    pub phase: Phase,
    /// What happened.
    pub event: Event,
    /// Always empty.
    pub topics: Vec<Hash>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The genesis, and tests.
    Root,
    /// An account. `no_batch_all` is set within a `batch_all` and passed on to all that is inside
    /// (sample finding 4).
    Signed {
        /// Who signed.
        who: Account,
        /// Whether `batch_all` is filtered.
        no_batch_all: bool,
    },
}

impl Origin {
    /// A signed origin.
    pub fn of(who: Account) -> Self {
        Self::Signed { who, no_batch_all: false }
    }

    /// The account, or `BadOrigin`.
    pub fn signed(self) -> Result<Account, DispatchError> {
        match self {
            Self::Signed { who, .. } => Ok(who),
            Self::Root => Err(DispatchError::BadOrigin),
        }
    }

    /// Root (on the real chain also three fifths of the council), or `BadOrigin`.
    pub fn root(self) -> Result<(), DispatchError> {
        if self == Self::Root { Ok(()) } else { Err(DispatchError::BadOrigin) }
    }
}

/// Runs a call in a layer of its own.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    state.transact(|state| match call {
        Call::System(call) => system::dispatch(state, origin, call),
        // An inherent, never a call that somebody may make.
        Call::Timestamp(_) => Err(DispatchError::BadOrigin),
        Call::Utility(call) => utility::dispatch(state, origin, call),
        Call::Balances(call) => balances::dispatch(state, origin, call),
        Call::TfgridModule(call) => tfgrid::dispatch(state, origin, call),
        Call::SmartContractModule(call) => contracts::dispatch(state, origin, call),
        Call::TFTPriceModule(call) => price::dispatch(state, origin, call),
        Call::BurningModule(call) => burning::dispatch(state, origin, call).map(|()| Pays::Yes),
        Call::TFKVStore(call) => kvstore::dispatch(state, origin, call).map(|()| Pays::Yes),
    })
}

/// A dispatch error's name: `Pallet.Error`, `Token.FundsUnavailable`, `BadOrigin`.
pub fn error_name(error: DispatchError) -> String {
    fn variant<E: Decode + std::fmt::Debug>(pallet: &str, raw: [u8; 4]) -> String {
        E::decode(&mut &raw[..]).map_or_else(|_| format!("{pallet}.{}", raw[0]), |error| format!("{pallet}.{error:?}"))
    }
    match error {
        DispatchError::Module(module) => match module.index {
            0 => variant::<system::Error>("System", module.error),
            3 => variant::<utility::Error>("Utility", module.error),
            20 => variant::<balances::Error>("Balances", module.error),
            25 => variant::<tfgrid::Error>("TfgridModule", module.error),
            26 => variant::<contracts::Error>("SmartContractModule", module.error),
            28 => variant::<price::Error>("TFTPriceModule", module.error),
            29 => variant::<burning::Error>("BurningModule", module.error),
            30 => variant::<kvstore::Error>("TFKVStore", module.error),
            other => format!("{other}.{}", module.error[0]),
        },
        DispatchError::Token(error) => format!("Token.{error:?}"),
        DispatchError::Arithmetic(error) => format!("Arithmetic.{error:?}"),
        DispatchError::Transactional(error) => format!("Transactional.{error:?}"),
        other => format!("{other:?}"),
    }
}
