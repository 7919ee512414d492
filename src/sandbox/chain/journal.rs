//! The chain on disk: its state, and its newest blocks with what they replaced.
//!
//! A [`Journal`] is any ordered map of bytes that can write several pairs at once. Not here: which one.

use super::block::Block;
use super::state::{Key, Undo};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;
use std::io;

/// Pairs to write together; `None` deletes.
pub type Batch = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Where a chain is kept.
pub trait Journal: Send + Sync {
    /// All pairs.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&self) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>>;

    /// Writes all pairs, or none; they are on disk when this returns.
    ///
    /// # Errors
    /// When they cannot be written.
    fn write(&self, batch: Batch) -> io::Result<()>;
}

/// A journal in memory, which several chains may use one after the other: for tests of restarts.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(std::sync::Arc<std::sync::Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

impl Journal for MemoryJournal {
    fn load(&self) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let map = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn write(&self, batch: Batch) -> io::Result<()> {
        let mut map = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
        }
        Ok(())
    }
}

const STATE: u8 = b's';
const BLOCK: u8 = b'b';
const UNDO: u8 = b'u';

fn tagged(tag: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(rest);
    key
}

/// What a journal holds, put together again.
#[derive(Default)]
pub struct Loaded {
    /// Storage.
    pub state: Vec<(Key, Vec<u8>)>,
    /// Blocks by number.
    pub blocks: BTreeMap<u32, Block>,
    /// What the newest blocks replaced.
    pub undo: BTreeMap<u32, Undo>,
}

/// Reads a journal; `None` when it is empty.
pub fn load(journal: &dyn Journal) -> io::Result<Option<Loaded>> {
    let broken =
        |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("the chain's journal is broken: {what}"));
    let mut loaded = Loaded::default();
    for (key, value) in journal.load()? {
        let Some((tag, rest)) = key.split_first() else { return Err(broken("empty key")) };
        let number = || <[u8; 4]>::try_from(rest).map(u32::from_be_bytes).map_err(|_| broken("block number"));
        match *tag {
            STATE => loaded.state.push((rest.to_vec(), value)),
            BLOCK => {
                let block = Block::decode(&mut &value[..]).map_err(|_| broken("block"))?;
                loaded.blocks.insert(number()?, block);
            }
            UNDO => {
                let undo = Vec::<(Key, Option<Vec<u8>>)>::decode(&mut &value[..]).map_err(|_| broken("undo"))?;
                loaded.undo.insert(number()?, undo.into_iter().collect());
            }
            _ => return Err(broken("unknown key")),
        }
    }
    Ok((!loaded.blocks.is_empty()).then_some(loaded))
}

/// The batch that writes a block: itself, what it replaced, and the new values.
pub fn batch(block: &Block, undo: &Undo, new: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Batch {
    let number = block.header.number.to_be_bytes();
    let old: Vec<(&Key, &Option<Vec<u8>>)> = undo.iter().collect();
    let mut batch = vec![(tagged(BLOCK, &number), Some(block.encode())), (tagged(UNDO, &number), Some(old.encode()))];
    batch.extend(undo.keys().map(|key| (tagged(STATE, key), new(key))));
    batch
}

/// Appends the removal of blocks that are too old to be kept.
pub fn forget(batch: &mut Batch, block: Option<u32>, undo: Option<u32>) {
    batch.extend(block.map(|number| (tagged(BLOCK, &number.to_be_bytes()), None)));
    batch.extend(undo.map(|number| (tagged(UNDO, &number.to_be_bytes()), None)));
}

/// The batch that writes the genesis.
pub fn genesis<'a>(block: &Block, state: impl Iterator<Item = (&'a Key, &'a Vec<u8>)>) -> Batch {
    let mut batch = vec![(tagged(BLOCK, &0u32.to_be_bytes()), Some(block.encode()))];
    batch.extend(state.map(|(key, value)| (tagged(STATE, key), Some(value.clone()))));
    batch
}
