//! The chain's storage: bytes under Substrate's keys, in layers that can be undone.
//!
//! A layer is opened for each block, each extrinsic and each item of a batch. The bottom layer of a block
//! is its undo log, from which old states are read. Not here: what is stored ([`super::item`] has the typed
//! view), and when a block is made.

use super::runtime::{Event, EventRecord, Phase};
use std::collections::{BTreeMap, HashMap};

/// A storage key.
pub type Key = Vec<u8>;

/// The values that a layer (or a block) replaced; `None` where there was none.
pub type Undo = HashMap<Key, Option<Vec<u8>>>;

/// Storage, and the events of the block that is being made.
#[derive(Debug, Default)]
pub struct State {
    map: BTreeMap<Key, Vec<u8>>,
    layers: Vec<(Undo, usize)>,
    /// Where in the block we are; stands in each event.
    pub phase: Phase,
    /// What happened in this block so far.
    pub events: Vec<EventRecord>,
}

impl State {
    /// The value under `key`.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.map.get(key).map(Vec::as_slice)
    }

    /// Replaces the value under `key`; `None` removes it.
    pub fn set(&mut self, key: Key, value: Option<Vec<u8>>) {
        let old = match value {
            Some(value) => self.map.insert(key.clone(), value),
            None => self.map.remove(&key),
        };
        if let Some((undo, _)) = self.layers.last_mut() {
            undo.entry(key).or_insert(old);
        }
    }

    /// All keys that begin with `prefix`, in order, after `start`.
    pub fn keys<'a>(&'a self, prefix: &'a [u8], start: Option<&'a [u8]>) -> impl Iterator<Item = &'a Key> {
        let from = start.map_or(std::ops::Bound::Included(prefix), |start| {
            if start < prefix { std::ops::Bound::Included(prefix) } else { std::ops::Bound::Excluded(start) }
        });
        self.map
            .range::<[u8], _>((from, std::ops::Bound::Unbounded))
            .map(|(key, _)| key)
            .take_while(move |key| key.starts_with(prefix))
    }

    /// All pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&Key, &Vec<u8>)> {
        self.map.iter()
    }

    /// Opens a layer.
    pub fn begin(&mut self) {
        self.layers.push((Undo::new(), self.events.len()));
    }

    /// Closes the top layer and keeps what it did; gives what it replaced.
    pub fn commit(&mut self) -> Undo {
        let Some((undo, _)) = self.layers.pop() else { return Undo::new() };
        match self.layers.last_mut() {
            Some((below, _)) => {
                for (key, old) in undo {
                    below.entry(key).or_insert(old);
                }
                Undo::new()
            }
            None => undo,
        }
    }

    /// Closes the top layer and undoes what it did, its events included.
    pub fn rollback(&mut self) {
        if let Some((undo, events)) = self.layers.pop() {
            self.events.truncate(events);
            self.restore(undo);
        }
    }

    /// Puts old values back.
    pub fn restore(&mut self, undo: Undo) {
        for (key, old) in undo {
            match old {
                Some(value) => self.map.insert(key, value),
                None => self.map.remove(&key),
            };
        }
    }

    /// Runs `work` in a layer of its own: all of it happens, or nothing.
    pub fn transact<T, E>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.begin();
        let outcome = work(self);
        match &outcome {
            Ok(_) => drop(self.commit()),
            Err(_) => self.rollback(),
        }
        outcome
    }

    /// Tells that something happened.
    pub fn deposit(&mut self, event: impl Into<Event>) {
        self.events.push(EventRecord { phase: self.phase, event: event.into(), topics: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_undo_in_order() {
        let mut state = State::default();
        let key = |k: &str| k.as_bytes().to_vec();
        state.set(key("a"), Some(vec![1]));
        state.begin();
        state.set(key("a"), Some(vec![2]));
        let failed: Result<(), ()> = state.transact(|state| {
            state.set(key("a"), None);
            state.set(key("b"), Some(vec![9]));
            Err(())
        });
        assert!(failed.is_err());
        assert_eq!((state.get(b"a"), state.get(b"b")), (Some(&[2u8][..]), None));
        let done: Result<(), ()> = state.transact(|state| {
            state.set(key("a"), Some(vec![3]));
            state.set(key("c"), Some(vec![4]));
            Ok(())
        });
        assert!(done.is_ok());
        let undo = state.commit();
        assert_eq!(undo.get(&key("a")), Some(&Some(vec![1])));
        assert_eq!(undo.get(&key("c")), Some(&None));
        state.restore(undo);
        assert_eq!((state.get(b"a"), state.get(b"c")), (Some(&[1u8][..]), None));
    }

    #[test]
    fn keys_are_paged_by_prefix() {
        let mut state = State::default();
        for key in ["a1", "b1", "b2", "b3", "c1"] {
            state.set(key.as_bytes().to_vec(), Some(vec![]));
        }
        let found = |start: Option<&[u8]>| state.keys(b"b", start).cloned().collect::<Vec<_>>();
        assert_eq!(found(None), [b"b1", b"b2", b"b3"]);
        assert_eq!(found(Some(b"b1")), [b"b2", b"b3"]);
        assert_eq!(found(Some(b"a9")), [b"b1", b"b2", b"b3"]);
        assert_eq!(found(Some(b"b3")), Vec::<Vec<u8>>::new());
    }
}
