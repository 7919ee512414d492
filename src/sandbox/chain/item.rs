//! Storage items: the typed view of [`State`], with Substrate's keys and a description for the metadata.
//!
//! Each pallet declares its items with [`storage!`]. Not here: behaviour.

use super::scale::{Account, Bounded, Text};
use super::state::{Key, State};
use frame_metadata::v14::{StorageEntryMetadata, StorageEntryModifier, StorageEntryType, StorageHasher};
use parity_scale_codec::{Decode, Encode};
use scale_info::form::MetaForm;
use scale_info::{TypeInfo, meta_type};
use std::marker::PhantomData;

/// A map's key: how it is hashed.
pub trait MapKey {
    /// The type that the metadata names.
    type Shown: TypeInfo + 'static;
    /// One hasher for each part; none for a plain value.
    const HASHERS: &'static [StorageHasher];
    /// Appends the hashed key.
    fn append(&self, to: &mut Vec<u8>);
}

fn blake2_128_concat(data: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&sp_crypto_hashing::blake2_128(data));
    to.extend_from_slice(data);
}

impl MapKey for () {
    type Shown = ();
    const HASHERS: &'static [StorageHasher] = &[];
    fn append(&self, _: &mut Vec<u8>) {}
}

macro_rules! blake2_key {
    ($($key:ty),*) => {$(
        impl MapKey for $key {
            type Shown = $key;
            const HASHERS: &'static [StorageHasher] = &[StorageHasher::Blake2_128Concat];
            fn append(&self, to: &mut Vec<u8>) {
                blake2_128_concat(&self.encode(), to);
            }
        }
    )*};
}
blake2_key!(u16, u32, u64, Account, Vec<u8>);

impl<const MAX: usize> MapKey for Text<MAX> {
    type Shown = Bounded<u8, MAX>;
    const HASHERS: &'static [StorageHasher] = &[StorageHasher::Blake2_128Concat];
    fn append(&self, to: &mut Vec<u8>) {
        blake2_128_concat(&self.encode(), to);
    }
}

macro_rules! blake2_pair {
    ($(($a:ty, $b:ty)),*) => {$(
        impl MapKey for ($a, $b) {
            type Shown = ($a, $b);
            const HASHERS: &'static [StorageHasher] = &[StorageHasher::Blake2_128Concat, StorageHasher::Blake2_128Concat];
            fn append(&self, to: &mut Vec<u8>) {
                blake2_128_concat(&self.0.encode(), to);
                blake2_128_concat(&self.1.encode(), to);
            }
        }
    )*};
}
blake2_pair!((u32, [u8; 32]), (Account, Vec<u8>));

/// A key hashed with Twox64Concat.
pub struct Twox(pub u32);

impl MapKey for Twox {
    type Shown = u32;
    const HASHERS: &'static [StorageHasher] = &[StorageHasher::Twox64Concat];
    fn append(&self, to: &mut Vec<u8>) {
        let data = self.0.encode();
        to.extend_from_slice(&sp_crypto_hashing::twox_64(&data));
        to.extend_from_slice(&data);
    }
}

fn prefix(pallet: &str, item: &str) -> Key {
    let mut key = sp_crypto_hashing::twox_128(pallet.as_bytes()).to_vec();
    key.extend_from_slice(&sp_crypto_hashing::twox_128(item.as_bytes()));
    key
}

/// An item that has a default: what is absent reads as that.
pub struct Item<K, V> {
    pallet: &'static str,
    name: &'static str,
    default: fn() -> V,
    key: PhantomData<K>,
}

/// An item that may be absent.
pub struct Opt<K, V> {
    pallet: &'static str,
    name: &'static str,
    types: PhantomData<(K, V)>,
}

impl<K: MapKey, V: Encode + Decode + TypeInfo + 'static> Item<K, V> {
    /// The item `name` of `pallet`, with a default of its own.
    pub const fn with_default(pallet: &'static str, name: &'static str, default: fn() -> V) -> Self {
        Self { pallet, name, default, key: PhantomData }
    }

    /// The storage key.
    pub fn key(&self, key: &K) -> Key {
        let mut out = prefix(self.pallet, self.name);
        key.append(&mut out);
        out
    }

    /// The value, or the default.
    pub fn get(&self, state: &State, key: &K) -> V {
        state.get(&self.key(key)).and_then(|mut raw| V::decode(&mut raw).ok()).unwrap_or_else(self.default)
    }

    /// Writes.
    pub fn put(&self, state: &mut State, key: &K, value: &V) {
        state.set(self.key(key), Some(value.encode()));
    }

    /// Removes: the default again.
    pub fn remove(&self, state: &mut State, key: &K) {
        state.set(self.key(key), None);
    }

    /// Whether there is a value of its own.
    pub fn has(&self, state: &State, key: &K) -> bool {
        state.get(&self.key(key)).is_some()
    }

    /// Changes the value in place.
    pub fn change<R>(&self, state: &mut State, key: &K, change: impl FnOnce(&mut V) -> R) -> R {
        let mut value = self.get(state, key);
        let out = change(&mut value);
        self.put(state, key, &value);
        out
    }

    /// For the metadata.
    pub fn entry(&self) -> StorageEntryMetadata<MetaForm> {
        entry::<K, V>(self.name, StorageEntryModifier::Default, (self.default)().encode())
    }
}

impl<K: MapKey, V: Encode + Decode + TypeInfo + Default + 'static> Item<K, V> {
    /// The item `name` of `pallet`.
    pub const fn new(pallet: &'static str, name: &'static str) -> Self {
        Self::with_default(pallet, name, V::default)
    }
}

impl<K: MapKey, V: Encode + Decode + TypeInfo + 'static> Opt<K, V> {
    /// The item `name` of `pallet`.
    pub const fn new(pallet: &'static str, name: &'static str) -> Self {
        Self { pallet, name, types: PhantomData }
    }

    /// The storage key.
    pub fn key(&self, key: &K) -> Key {
        let mut out = prefix(self.pallet, self.name);
        key.append(&mut out);
        out
    }

    /// The value.
    pub fn get(&self, state: &State, key: &K) -> Option<V> {
        state.get(&self.key(key)).and_then(|mut raw| V::decode(&mut raw).ok())
    }

    /// Writes.
    pub fn put(&self, state: &mut State, key: &K, value: &V) {
        state.set(self.key(key), Some(value.encode()));
    }

    /// Removes.
    pub fn remove(&self, state: &mut State, key: &K) {
        state.set(self.key(key), None);
    }

    /// Whether there is a value.
    pub fn has(&self, state: &State, key: &K) -> bool {
        state.get(&self.key(key)).is_some()
    }

    /// All values, in the order of their hashed keys.
    pub fn all(&self, state: &State) -> Vec<V> {
        let prefix = prefix(self.pallet, self.name);
        state
            .keys(&prefix, None)
            .filter_map(|key| state.get(key))
            .filter_map(|mut raw| V::decode(&mut raw).ok())
            .collect()
    }

    /// For the metadata.
    pub fn entry(&self) -> StorageEntryMetadata<MetaForm> {
        entry::<K, V>(self.name, StorageEntryModifier::Optional, vec![0])
    }
}

fn entry<K: MapKey, V: TypeInfo + 'static>(
    name: &'static str,
    modifier: StorageEntryModifier,
    default: Vec<u8>,
) -> StorageEntryMetadata<MetaForm> {
    let value = meta_type::<V>();
    let ty = if K::HASHERS.is_empty() {
        StorageEntryType::Plain(value)
    } else {
        StorageEntryType::Map { hashers: K::HASHERS.to_vec(), key: meta_type::<K::Shown>(), value }
    };
    StorageEntryMetadata { name, modifier, ty, default, docs: Vec::new() }
}

/// Declares a pallet's storage: `CONST: "Name" => kind` lines, and `entries()` for the metadata.
macro_rules! storage {
    ($pallet:literal; $($item:ident: $kind:ty = $name:literal $(or $default:expr)?;)*) => {
        $(
            #[doc = concat!("`", $pallet, ".", $name, "`")]
            pub const $item: $kind = storage!(@new $kind, $pallet, $name $(, $default)?);
        )*

        /// The items, for the metadata.
        pub fn entries() -> Vec<frame_metadata::v14::StorageEntryMetadata<scale_info::form::MetaForm>> {
            vec![$($item.entry()),*]
        }
    };
    (@new $kind:ty, $pallet:literal, $name:literal) => { <$kind>::new($pallet, $name) };
    (@new $kind:ty, $pallet:literal, $name:literal, $default:expr) => { <$kind>::with_default($pallet, $name, $default) };
}
pub(super) use storage;
