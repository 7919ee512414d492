//! TFKVStore: a small store of each account's own; the official client keeps its network keys there.

use super::item::{Item, storage};
use super::runtime::Origin;
use super::scale::{Account, DispatchError, errors};
use super::state::State;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// TFKVStore's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// Writes; key of at most 512 bytes, value of at most 2048.
    #[codec(index = 0)]
    set { key: Vec<u8>, value: Vec<u8> },
    /// Removes.
    #[codec(index = 1)]
    delete { key: Vec<u8> },
}

/// TFKVStore's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(clippy::enum_variant_names, reason = "the metadata's names")]
pub enum Event {
    /// Written.
    EntrySet(Account, Vec<u8>, Vec<u8>),
    /// Never here.
    EntryGot(Account, Vec<u8>, Vec<u8>),
    /// Removed.
    EntryTaken(Account, Vec<u8>, Vec<u8>),
}

errors! { 30; NoValueStored KeyIsTooLarge ValueIsTooLarge }

storage! { "TFKVStore";
    ENTRIES: Item<(Account, Vec<u8>), Vec<u8>> = "TFKVStore";
}

/// Runs one of TFKVStore's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> Result<(), DispatchError> {
    let who = origin.signed()?;
    match call {
        Call::set { key, value } => {
            if key.len() > 512 {
                return Err(Error::KeyIsTooLarge.into());
            }
            if value.len() > 2048 {
                return Err(Error::ValueIsTooLarge.into());
            }
            ENTRIES.put(state, &(who, key.clone()), value);
            state.deposit(Event::EntrySet(who, key.clone(), value.clone()));
        }
        Call::delete { key } => {
            let entry = (who, key.clone());
            if !ENTRIES.has(state, &entry) {
                return Err(Error::NoValueStored.into());
            }
            let value = ENTRIES.get(state, &entry);
            ENTRIES.remove(state, &entry);
            state.deposit(Event::EntryTaken(who, key.clone(), value));
        }
    }
    Ok(())
}
