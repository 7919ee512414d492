//! One room: the parcels that wait for it, in order, and its messages that are to be drawn.
//!
//! Not here: when it has its turn (`door`).

use super::door::Priority;
use super::outbox::Parcel;
use super::shows::{At, Live};
use crate::chat::Room;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// One room.
pub(super) struct Lane {
    pub room: Room,
    pub parcels: VecDeque<Waiting>,
    /// Its messages that are to be drawn.
    pub wanted: BTreeSet<At>,
    pub flying: bool,
    /// Somebody has spoken there since the request under way began.
    pub heard: bool,
    /// It is closed to us.
    pub parked: bool,
    pub rests: Option<Instant>,
    pub failures: u32,
    pub slot: Option<Slot>,
}

/// Where a lane stands in line.
pub(super) enum Slot {
    Ready(Priority, u64),
    Later(Instant),
}

/// A parcel that waits.
pub(super) struct Waiting {
    pub order: u64,
    pub parcel: Arc<Parcel>,
    /// It is on disk: it may go.
    pub kept: bool,
    /// The message whose place it was to take is gone.
    pub anew: bool,
    /// Until when it goes by its ask, outside of the platform's rates.
    pub free: Option<Instant>,
    /// Whoever waits for it to be posted.
    pub posted: Option<oneshot::Sender<bool>>,
}

impl Lane {
    pub fn of(room: &Room) -> Self {
        Self {
            room: room.clone(),
            parcels: VecDeque::new(),
            wanted: BTreeSet::new(),
            flying: false,
            heard: false,
            parked: false,
            rests: None,
            failures: 0,
            slot: None,
        }
    }

    /// Of its messages that are to be drawn, the first one, and when.
    pub fn first(&self, shows: &BTreeMap<At, Live>, now: Instant) -> Option<((Instant, Priority, u64), At)> {
        let due = |key: &At| {
            let (at, priority, order) = shows.get(key)?.due()?;
            Some(((at.max(now), priority, order), key.clone()))
        };
        self.wanted.iter().filter_map(due).min()
    }

    /// Does something with one of its parcels.
    pub fn with(&mut self, order: u64, change: impl Fn(&mut Waiting)) {
        self.parcels.iter_mut().filter(|waiting| waiting.order == order).for_each(change);
    }
}

impl Waiting {
    /// Whether it goes by its ask at this moment, outside of the platform's rates.
    pub fn is_free(&self, now: Instant) -> bool {
        self.kept && self.free.is_some_and(|until| now < until)
    }

    /// A parcel that is on disk, and nobody waits for.
    pub fn kept(order: u64, parcel: Parcel) -> Self {
        Self { order, parcel: Arc::new(parcel), kept: true, anew: false, free: None, posted: None }
    }
}
