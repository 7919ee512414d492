//! System, Timestamp and TransactionPayment: accounts, block numbers, the clock, remarks, the events of
//! success and failure. Balances within the account are the business of `balances`.

use super::item::{Item, Opt, Twox, storage};
use super::runtime::{EventRecord, Origin};
use super::scale::{Account, DispatchError, DispatchInfo, DispatchResult, Hash, Money, Pays, blake2_256, errors};
use super::state::State;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Balances of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AccountData {
    /// All that is not reserved.
    pub free: Money,
    /// Set aside.
    pub reserved: Money,
    /// The part of `free` that locks hold.
    pub frozen: Money,
    /// The top bit says that the account follows the newer rules; all of ours do.
    pub flags: ExtraFlags,
}

/// See [`AccountData::flags`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ExtraFlags(pub u128);

impl Default for AccountData {
    fn default() -> Self {
        Self { free: 0, reserved: 0, frozen: 0, flags: ExtraFlags(1 << 127) }
    }
}

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct AccountInfo {
    /// The next extrinsic's number.
    pub nonce: u32,
    /// Things that need the account to exist (locks).
    pub consumers: u32,
    /// Things that let it exist (a balance).
    pub providers: u32,
    /// Things that let it exist without a balance.
    pub sufficients: u32,
    /// Its balances.
    pub data: AccountData,
}

/// The runtime that last ran.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct LastRuntimeUpgradeInfo {
    /// Its version.
    #[codec(compact)]
    pub spec_version: u32,
    /// Its name.
    pub spec_name: String,
}

/// System's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// Does nothing.
    #[codec(index = 0)]
    remark { remark: Vec<u8> },
    /// Does nothing, and says so.
    #[codec(index = 7)]
    remark_with_event { remark: Vec<u8> },
}

/// Timestamp's one call, the inherent of each block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum TimestampCall {
    /// Sets the chain's clock, in milliseconds.
    #[codec(index = 0)]
    set {
        #[codec(compact)]
        now: u64,
    },
}

/// System's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// An extrinsic succeeded.
    ExtrinsicSuccess { dispatch_info: DispatchInfo },
    /// An extrinsic failed.
    ExtrinsicFailed { dispatch_error: DispatchError, dispatch_info: DispatchInfo },
    /// Never here.
    CodeUpdated,
    /// An account came to be.
    NewAccount { account: Account },
    /// An account is gone.
    KilledAccount { account: Account },
    /// A remark was made.
    Remarked { sender: Account, hash: Hash },
}

/// TransactionPayment's event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum PaymentEvent {
    /// What an extrinsic cost.
    TransactionFeePaid { who: Account, actual_fee: Money, tip: Money },
}

errors! { 0; InvalidSpecName SpecVersionNeedsToIncrease FailedToExtractRuntimeVersion NonDefaultComposite NonZeroRefCount CallFiltered }

storage! { "System";
    ACCOUNT: Item<Account, AccountInfo> = "Account";
    BLOCK_HASH: Item<Twox, Hash> = "BlockHash";
    NUMBER: Item<(), u32> = "Number";
    PARENT_HASH: Item<(), Hash> = "ParentHash";
    EVENTS: Item<(), Vec<EventRecord>> = "Events";
    EVENT_COUNT: Item<(), u32> = "EventCount";
    LAST_RUNTIME_UPGRADE: Opt<(), LastRuntimeUpgradeInfo> = "LastRuntimeUpgrade";
}

/// Timestamp's storage.
pub mod timestamp {
    use super::{Item, storage};
    storage! { "Timestamp";
        NOW: Item<(), u64> = "Now";
        DID_UPDATE: Item<(), bool> = "DidUpdate";
    }
}

/// TransactionPayment's storage.
pub mod payment {
    use super::{Decode, Encode, Item, TypeInfo, storage};

    /// A number with 18 decimals.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
    pub struct FixedU128(pub u128);

    /// The layout of this pallet's storage.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
    pub enum Releases {
        /// Before 2021.
        #[default]
        V1Ancient,
        /// Since.
        V2,
    }

    storage! { "TransactionPayment";
        NEXT_FEE_MULTIPLIER: Item<(), FixedU128> = "NextFeeMultiplier" or || FixedU128(1_000_000_000_000_000_000);
        STORAGE_VERSION: Item<(), Releases> = "StorageVersion";
    }
}

/// The number of the block being made.
pub fn number(state: &State) -> u32 {
    NUMBER.get(state, &())
}

/// The chain's clock, in whole seconds.
pub fn now_secs(state: &State) -> u64 {
    timestamp::NOW.get(state, &()) / 1000
}

/// Runs one of System's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    match call {
        Call::remark { .. } => {}
        Call::remark_with_event { remark } => {
            let sender = origin.signed()?;
            state.deposit(Event::Remarked { sender, hash: Hash(blake2_256(remark)) });
        }
    }
    Ok(Pays::Yes)
}
