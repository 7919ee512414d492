//! The chain's journal in the sandbox's store: its pairs, as texts.

use super::chain::{Batch, Journal};
use crate::store::{Change, Store, StoreError, Table};
use std::io;

/// The chain's own keys and values, in hex.
const CHAIN: Table<String, String> = Table::new("sandbox-chain");

/// A [`Journal`] in a [`Store`].
pub(super) struct StoreJournal(pub(super) Store);

fn broken(error: StoreError) -> io::Error {
    io::Error::other(error)
}

impl Journal for StoreJournal {
    fn load(&self) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let bytes = |text: &str| hex::decode(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        let pairs = self.0.scan(CHAIN, &()).map_err(broken)?;
        pairs.into_iter().map(|(key, value)| Ok((bytes(&key)?, bytes(&value)?))).collect()
    }

    fn write(&self, batch: Batch) -> io::Result<()> {
        let change = batch.into_iter().fold(Change::new(), |change, (key, value)| match value {
            Some(value) => change.put(CHAIN, &hex::encode(key), &hex::encode(value)),
            None => change.remove(CHAIN, &hex::encode(key)),
        });
        self.0.commit_here(change).map_err(broken)
    }
}
