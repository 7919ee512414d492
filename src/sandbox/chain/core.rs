//! The chain as one value: state, history, pool. All of it under one lock; nothing here waits.

use super::block::{self, Block, Header, Recipe};
use super::extrinsic::{Bad, Extrinsic};
use super::journal::{self, Journal};
use super::pool::{Pool, Refusal, Status, Watchers};
use super::runtime::Call;
use super::scale::{Account, DispatchError, Hash};
use super::state::{Key, State, Undo};
use super::system::timestamp;
use crate::clock::Timestamp;
use crate::grid::Identity;
use std::collections::{BTreeMap, HashMap};
use std::io;
use tokio::sync::mpsc::UnboundedReceiver;

/// How many old states can be read.
const OLD_STATES: u32 = 256;
/// How many blocks are kept, beside the genesis: a day of the real pace.
const BLOCKS: usize = 14_400;

/// Why an extrinsic was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It cannot be read, or its signature does not fit.
    Bad(Bad),
    /// The pool does not want it.
    Pool(Refusal),
}

/// See the module.
pub struct Core {
    /// The state after the newest block.
    pub state: State,
    /// What waits for a block.
    pub pool: Pool,
    blocks: BTreeMap<u32, Block>,
    undo: BTreeMap<u32, Undo>,
    numbers: HashMap<Hash, u32>,
    best: u32,
    finalized: u32,
    lag: u32,
    unfinal: Vec<(u32, Hash, Watchers)>,
    author: Account,
    biller: Option<Identity>,
    journal: Option<Box<dyn Journal>>,
}

/// Who does what of its own.
pub struct Staff {
    /// Earns the fees.
    pub author: Account,
    /// Signs the bills.
    pub biller: Option<Identity>,
}

impl Core {
    /// Goes on from the journal, or begins with the genesis.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn open(mut state: State, staff: Staff, lag: u32, journal: Option<Box<dyn Journal>>) -> io::Result<Self> {
        let loaded = journal.as_deref().map(journal::load).transpose()?.flatten();
        let (blocks, undo) = match loaded {
            Some(loaded) => {
                state = State::default();
                for (key, value) in loaded.state {
                    state.set(key, Some(value));
                }
                (loaded.blocks, loaded.undo)
            }
            None => {
                let genesis = block::genesis(&mut state);
                if let Some(journal) = &journal {
                    journal.write(journal::genesis(&genesis, state.pairs()))?;
                }
                (BTreeMap::from([(0, genesis)]), BTreeMap::new())
            }
        };
        let best = blocks.keys().next_back().copied().unwrap_or_default();
        let numbers = blocks.iter().map(|(number, block)| (block.header.hash(), *number)).collect();
        Ok(Self {
            state,
            pool: Pool::default(),
            blocks,
            undo,
            numbers,
            best,
            finalized: best.saturating_sub(lag),
            lag,
            unfinal: Vec::new(),
            author: staff.author,
            biller: staff.biller,
            journal,
        })
    }

    /// The newest block's number.
    pub fn best(&self) -> u32 {
        self.best
    }

    /// The newest final block's number.
    pub fn finalized(&self) -> u32 {
        self.finalized
    }

    /// A block.
    pub fn block(&self, number: u32) -> Option<&Block> {
        self.blocks.get(&number)
    }

    /// The newest block's header.
    pub fn head(&self) -> Header {
        match self.blocks.get(&self.best) {
            Some(block) => block.header.clone(),
            None => Header {
                parent: Hash::default(),
                number: self.best,
                state_root: Hash::default(),
                extrinsics_root: Hash::default(),
                digest: Vec::new(),
            },
        }
    }

    /// The hash of a block.
    pub fn hash(&self, number: u32) -> Option<Hash> {
        self.blocks.get(&number).map(|block| block.header.hash())
    }

    /// The number of a block.
    pub fn number(&self, hash: &Hash) -> Option<u32> {
        self.numbers.get(hash).copied()
    }

    /// Whether the state after a block can still be read.
    pub fn has_state(&self, number: u32) -> bool {
        number == self.best
            || (self.blocks.contains_key(&number)
                && self.undo.keys().next().is_some_and(|oldest| number >= oldest.saturating_sub(1)))
    }

    /// A value as it was after a block.
    pub fn read(&self, number: u32, key: &[u8]) -> Option<Vec<u8>> {
        let replaced = self.undo.range(number.saturating_add(1)..).find_map(|(_, undo)| undo.get(key));
        match replaced {
            Some(old) => old.clone(),
            None => self.state.get(key).map(<[u8]>::to_vec),
        }
    }

    /// The keys with a prefix as they were after a block, in order, after `start`.
    pub fn keys(&self, number: u32, prefix: &[u8], start: Option<&[u8]>, count: usize) -> Vec<Key> {
        let mut keys: std::collections::BTreeSet<&Key> = self.state.keys(prefix, start).collect();
        let newer = self.undo.range(number.saturating_add(1)..).flat_map(|(_, undo)| undo.keys());
        let wanted = |key: &&Key| key.starts_with(prefix) && start.is_none_or(|start| key.as_slice() > start);
        keys.extend(newer.filter(wanted));
        keys.into_iter().filter(|key| self.read(number, key).is_some()).take(count).cloned().collect()
    }

    /// The keys that a block changed.
    pub fn changed(&self, number: u32) -> impl Iterator<Item = &Key> {
        self.undo.get(&number).into_iter().flat_map(|undo| undo.keys())
    }

    /// Takes an extrinsic into the pool.
    pub fn submit(&mut self, bytes: &[u8]) -> Result<(Hash, UnboundedReceiver<Status>), Rejected> {
        let head = self.head().hash();
        let extrinsic = Extrinsic::read(&self.state, &head, bytes).map_err(Rejected::Bad)?;
        let hash = extrinsic.hash;
        let watcher = self.pool.submit(&self.state, extrinsic).map_err(Rejected::Pool)?;
        Ok((hash, watcher))
    }

    /// Makes the block `ahead` numbers after the newest, on disk before this returns.
    ///
    /// # Errors
    /// When the journal cannot be written: then the block is not announced, and the chain must stop.
    pub fn author(&mut self, now: Timestamp, ahead: u32, root: Option<&Call>) -> io::Result<Result<(), DispatchError>> {
        let number = self.best.saturating_add(ahead.max(1));
        self.pool.refresh(&self.state);
        let extrinsics = self.pool.take_ready(block::capacity());
        let parent = self.head();
        let recipe = Recipe {
            parent: &parent,
            number,
            now: now.0.max(timestamp::NOW.get(&self.state, &()) + 1),
            author: self.author,
            biller: self.biller.as_ref(),
            root,
            extrinsics,
        };
        let made = block::make(&mut self.state, recipe);
        let hash = made.block.header.hash();
        let old_undo = number.checked_sub(OLD_STATES).filter(|old| self.undo.contains_key(old));
        let old_block = (self.blocks.len() > BLOCKS).then(|| self.blocks.keys().nth(1).copied()).flatten();
        if let Some(journal) = &self.journal {
            let state = &self.state;
            let mut batch = journal::batch(&made.block, &made.undo, |key| state.get(key).map(<[u8]>::to_vec));
            journal::forget(&mut batch, old_block, old_undo);
            journal.write(batch)?;
        }
        if let Some(old) = old_block
            && let Some(block) = self.blocks.remove(&old)
        {
            self.numbers.remove(&block.header.hash());
        }
        if ahead > 1 {
            // What lies before a jump cannot be told apart by number any more.
            self.undo.clear();
        }
        self.undo.insert(number, made.undo);
        while self.undo.len() > OLD_STATES as usize {
            self.undo.pop_first();
        }
        self.numbers.insert(hash, number);
        self.blocks.insert(number, made.block);
        self.best = number;
        for (index, mut watchers) in made.watchers {
            let status = Status::InBlock { hash, number, index };
            watchers.retain(|watcher| watcher.send(status.clone()).is_ok());
            if !watchers.is_empty() {
                self.unfinal.push((number, hash, watchers));
            }
        }
        self.finalize();
        self.pool.refresh(&self.state);
        Ok(made.root)
    }

    fn finalize(&mut self) {
        let target = self.best.saturating_sub(self.lag);
        if let Some((number, _)) = self.blocks.range(..=target).next_back() {
            self.finalized = self.finalized.max(*number);
        }
        let finalized = self.finalized;
        self.unfinal.retain(|(number, hash, watchers)| {
            if *number > finalized {
                return true;
            }
            for watcher in watchers {
                // Whoever stopped listening does not mind.
                let _ = watcher.send(Status::Finalized(*hash));
            }
            false
        });
    }
}
