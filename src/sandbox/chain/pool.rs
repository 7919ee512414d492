//! The pool: signed extrinsics that wait for a block. One for each account and nonce; those beyond a gap wait.

use super::extrinsic::{Extrinsic, Invalid};
use super::scale::{Account, Hash};
use super::state::State;
use super::system;
use std::collections::HashMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many extrinsics may wait.
const CAPACITY: usize = 4096;

/// What became of an extrinsic; the names are those of Substrate's pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It waits for a nonce before its own.
    Future,
    /// It can go into the next block.
    Ready,
    /// It is in this block, at this index.
    InBlock {
        /// The block.
        hash: Hash,
        /// Its number.
        number: u32,
        /// Where in it.
        index: u32,
    },
    /// Its block is final.
    Finalized(Hash),
    /// Another with the same nonce took its place.
    Usurped(Hash),
    /// It can no longer go into any block.
    Invalid,
}

/// Why the pool did not take an extrinsic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It may not be included.
    Invalid(Invalid),
    /// It is here already.
    AlreadyImported,
    /// Another with this nonce is here, and pays as much.
    PriorityTooLow,
    /// The pool is full.
    Full,
}

/// Those who want to know what becomes of one extrinsic.
pub type Watchers = Vec<UnboundedSender<Status>>;

struct Entry {
    extrinsic: Extrinsic,
    arrival: u64,
    ready: bool,
    watchers: Watchers,
}

/// See the module.
#[derive(Default)]
pub struct Pool {
    entries: HashMap<(Account, u32), Entry>,
    arrivals: u64,
}

fn tell(watchers: &mut Watchers, status: &Status) {
    watchers.retain(|watcher| watcher.send(status.clone()).is_ok());
}

impl Pool {
    /// Takes an extrinsic; the receiver hears what becomes of it.
    pub fn submit(&mut self, state: &State, extrinsic: Extrinsic) -> Result<UnboundedReceiver<Status>, Refusal> {
        match extrinsic.check(state) {
            Ok(()) | Err(Invalid::Future) => {}
            Err(invalid) => return Err(Refusal::Invalid(invalid)),
        }
        let key = (extrinsic.signer, extrinsic.nonce);
        if let Some(known) = self.entries.get_mut(&key) {
            if known.extrinsic.hash == extrinsic.hash {
                return Err(Refusal::AlreadyImported);
            }
            if known.extrinsic.tip >= extrinsic.tip {
                return Err(Refusal::PriorityTooLow);
            }
            tell(&mut known.watchers, &Status::Usurped(extrinsic.hash));
        } else if self.entries.len() >= CAPACITY {
            return Err(Refusal::Full);
        }
        let (sender, receiver) = unbounded_channel();
        self.arrivals += 1;
        self.entries.insert(key, Entry { extrinsic, arrival: self.arrivals, ready: false, watchers: vec![sender] });
        self.refresh(state);
        if let Some(entry) = self.entries.get_mut(&key)
            && !entry.ready
        {
            tell(&mut entry.watchers, &Status::Future);
        }
        Ok(receiver)
    }

    /// The next nonce of an account, those that can go into the next block counted.
    pub fn next_nonce(&self, state: &State, who: &Account) -> u32 {
        let mut nonce = system::ACCOUNT.get(state, who).nonce;
        while self.entries.contains_key(&(*who, nonce)) {
            nonce = nonce.saturating_add(1);
        }
        nonce
    }

    /// Marks those that have become ready; drops those that can no longer be included.
    pub fn refresh(&mut self, state: &State) {
        let next = u64::from(system::number(state)) + 1;
        let nonces: HashMap<Account, (u32, u32)> = self
            .entries
            .keys()
            .map(|(who, _)| (*who, (system::ACCOUNT.get(state, who).nonce, self.next_nonce(state, who))))
            .collect();
        self.entries.retain(|(who, nonce), entry| {
            let (used, end) = nonces.get(who).copied().unwrap_or_default();
            if *nonce < used || entry.extrinsic.dies <= next {
                tell(&mut entry.watchers, &Status::Invalid);
                return false;
            }
            if *nonce < end && !entry.ready {
                entry.ready = true;
                tell(&mut entry.watchers, &Status::Ready);
            }
            true
        });
    }

    /// Whether a block would have something to include.
    pub fn has_ready(&self) -> bool {
        self.entries.values().any(|entry| entry.ready)
    }

    /// Takes out what can go into the next block, in the order of arrival and, per account, of nonces.
    pub fn take_ready(&mut self, at_most: usize) -> Vec<(Extrinsic, Watchers)> {
        let ready = self.entries.extract_if(|_, entry| entry.ready);
        let mut by_account: HashMap<Account, Vec<Entry>> = HashMap::new();
        for ((who, _), entry) in ready {
            by_account.entry(who).or_default().push(entry);
        }
        let mut ordered = Vec::new();
        for entries in by_account.values_mut() {
            entries.sort_by_key(|entry| entry.extrinsic.nonce);
            let mut arrival = 0;
            for entry in entries.drain(..) {
                arrival = arrival.max(entry.arrival);
                ordered.push((arrival, entry));
            }
        }
        ordered.sort_by_key(|(arrival, entry)| (*arrival, entry.extrinsic.nonce));
        for (_, entry) in ordered.split_off(at_most.min(ordered.len())) {
            self.entries.insert((entry.extrinsic.signer, entry.extrinsic.nonce), entry);
        }
        ordered.into_iter().map(|(_, entry)| (entry.extrinsic, entry.watchers)).collect()
    }

    /// The bytes of all that wait.
    pub fn pending(&self) -> Vec<Vec<u8>> {
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by_key(|entry| entry.arrival);
        entries.into_iter().map(|entry| entry.extrinsic.bytes.clone()).collect()
    }
}
