//! Who is connected, and what waits for whom. Plain state; no sockets, no time of its own.

use super::Key;
use crate::clock::Timestamp;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// As many as were seen to be kept (relay-observed.md); the oldest go first.
const KEPT: usize = 10_041;
/// After this long without a new message, all that waits is dropped.
const LIFE: Duration = Duration::from_secs(3600);

/// Sessions and their messages.
#[derive(Default)]
pub(super) struct Rooms {
    live: HashMap<Key, Live>,
    boxes: HashMap<Key, Mailbox>,
    next: u64,
    swept: Timestamp,
}

struct Live {
    id: u64,
    out: CancellationToken,
    news: Arc<Notify>,
}

#[derive(Default)]
struct Mailbox {
    messages: VecDeque<(u64, Bytes)>,
    touched: Timestamp,
}

/// A session's place in the relay.
pub(super) struct Seat {
    pub key: Key,
    id: u64,
    /// Told when the session must end.
    pub out: CancellationToken,
    /// Told when a message waits.
    pub news: Arc<Notify>,
}

impl Rooms {
    /// Takes a place. `None`: no room, or the session was already open, which closes the old connection *and*
    /// the new one (relay-observed.md).
    pub fn enter(&mut self, key: Key, capacity: Option<usize>, now: Timestamp) -> Option<Seat> {
        if let Some(old) = self.live.remove(&key) {
            old.out.cancel();
            return None;
        }
        if capacity.is_some_and(|most| self.live.len() >= most) {
            return None;
        }
        self.sweep(now);
        let (id, out, news) = (self.number(), CancellationToken::new(), Arc::new(Notify::new()));
        news.notify_one();
        self.live.insert(key.clone(), Live { id, out: out.clone(), news: news.clone() });
        Some(Seat { key, id, out, news })
    }

    /// Gives the place back, unless somebody else has it by now.
    pub fn leave(&mut self, seat: &Seat) {
        if self.live.get(&seat.key).is_some_and(|live| live.id == seat.id) {
            self.live.remove(&seat.key);
        }
    }

    /// Whether the session is connected.
    pub fn is_open(&self, key: &Key) -> bool {
        self.live.contains_key(key)
    }

    /// How many are connected.
    pub fn open(&self) -> usize {
        self.live.len()
    }

    /// Ends a connection.
    pub fn put_out(&mut self, key: &Key) {
        if let Some(live) = self.live.remove(key) {
            live.out.cancel();
        }
    }

    /// Keeps a message for a session, connected or not.
    pub fn put(&mut self, key: &Key, message: Bytes, now: Timestamp) {
        self.sweep(now);
        let number = self.number();
        let mailbox = self.boxes.entry(key.clone()).or_default();
        mailbox.messages.push_back((number, message));
        mailbox.touched = now;
        if mailbox.messages.len() > KEPT {
            mailbox.messages.pop_front();
        }
        if let Some(live) = self.live.get(key) {
            live.news.notify_one();
        }
    }

    /// The oldest message, which stays until [`taken`](Self::taken) says that it was handed over.
    pub fn first(&self, key: &Key) -> Option<(u64, Bytes)> {
        self.boxes.get(key)?.messages.front().cloned()
    }

    /// The message with this number was handed over.
    pub fn taken(&mut self, key: &Key, number: u64) {
        let Some(mailbox) = self.boxes.get_mut(key) else { return };
        if mailbox.messages.front().is_some_and(|(first, _)| *first == number) {
            mailbox.messages.pop_front();
        }
        if mailbox.messages.is_empty() {
            self.boxes.remove(key);
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn sweep(&mut self, now: Timestamp) {
        if now.since(self.swept) >= Duration::from_secs(60) {
            self.swept = now;
            self.boxes.retain(|_, mailbox| now.since(mailbox.touched) < LIFE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::TwinId;

    fn key(sid: &str) -> Key {
        (TwinId(1), Some(sid.to_owned()))
    }

    #[test]
    fn a_second_connection_closes_both_and_the_third_stays() {
        let (mut rooms, now) = (Rooms::default(), Timestamp(1));
        let first = rooms.enter(key("s"), None, now).unwrap();
        assert!(rooms.enter((TwinId(1), None), None, now).is_some(), "another session of the twin");
        assert!(rooms.enter(key("s"), None, now).is_none());
        assert!(first.out.is_cancelled());
        let third = rooms.enter(key("s"), None, now).unwrap();
        rooms.leave(&first);
        assert!(rooms.is_open(&third.key), "the first one's goodbye is not the third one's");
    }

    #[test]
    fn what_waits_is_bounded_in_number_and_time() {
        let (mut rooms, now, key) = (Rooms::default(), Timestamp(60_000), key("s"));
        for n in 0..KEPT + 5 {
            rooms.put(&key, n.to_string().into(), now);
        }
        let (number, oldest) = rooms.first(&key).unwrap();
        assert_eq!(oldest, "5");
        rooms.put(&key, "one more".into(), now);
        rooms.taken(&key, number);
        assert_eq!(rooms.first(&key).unwrap().1, "6", "only what was handed over is taken away");
        let later = now.plus(LIFE);
        rooms.enter(key.clone(), None, later).unwrap();
        assert_eq!(rooms.first(&key), None);
    }

    #[test]
    fn a_full_relay_takes_nobody() {
        let mut rooms = Rooms::default();
        let seat = rooms.enter(key("a"), Some(1), Timestamp(1)).unwrap();
        assert!(rooms.enter(key("b"), Some(1), Timestamp(1)).is_none());
        rooms.leave(&seat);
        assert!(rooms.enter(key("b"), Some(1), Timestamp(1)).is_some());
    }
}
