//! What must be said, written down before it is sent: parcels, and the rooms that are closed to us.
//!
//! Records only. Not here: when a parcel goes (`door`), and what comes of it (`send`).

use crate::chat::{Anchor, Ask, Audience, Card, Person, PlatformName, Post, Room, Topic};
use crate::clock::Timestamp;
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// By platform, room, and the order of saying.
const OUTBOX: Table<(String, (String, u64)), Parcel> = Table::new("outbox");
/// By platform and room: since when it is closed to us.
const PARKED: Table<(String, String), Timestamp> = Table::new("parked");
/// How long an answer is tried to be sent.
pub(super) const PATIENCE: Duration = Duration::from_hours(24);

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Parcel {
    /// The name of this one message, however often it is tried.
    pub nonce: String,
    /// What it answers; `None` for a call.
    pub ask: Option<Ask>,
    /// Where to.
    pub room: Room,
    /// For whom.
    pub audience: Audience,
    /// In words; its buttons are stored.
    pub card: Card<String>,
    /// Whom it calls.
    pub call: Option<Person>,
    /// The message that it belongs to.
    pub under: Option<Anchor>,
    /// What it goes on showing.
    pub showing: Option<Showing>,
    /// The ask that it comes from, for the log.
    pub told: String,
    /// When that arrived; of a call: when it was made.
    pub since: Timestamp,
}

/// What a message needs to go on showing a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Showing {
    /// Of what.
    pub topic: Topic,
    /// Who asked: the buttons are theirs.
    pub person: Person,
    /// The languages it may be in, best first.
    pub wishes: Vec<String>,
    /// What its buttons' ids are made from.
    pub salt: String,
}

impl Parcel {
    pub fn post(&self) -> Post<'_> {
        Post {
            nonce: &self.nonce,
            ask: self.ask.as_ref(),
            room: &self.room,
            audience: self.audience,
            topic: self.showing.as_ref().map(|showing| &showing.topic),
            card: &self.card,
            call: self.call.as_ref(),
            under: self.under.as_ref(),
        }
    }

    /// The same, for the room that its room has become.
    pub fn moved(&self, to: &Room) -> Self {
        let mut parcel = self.clone();
        parcel.room = to.clone();
        if let Some(under) = &mut parcel.under {
            under.room = to.clone();
        }
        if let Some(ask) = &mut parcel.ask {
            ask.room = to.clone();
            if let Some(message) = &mut ask.message {
                message.room = to.clone();
            }
        }
        parcel
    }

    fn key(room: &Room, order: u64) -> (String, (String, u64)) {
        (room.platform.word().to_owned(), (room.id.clone(), order))
    }

    pub fn keep(&self, order: u64, change: Change) -> Change {
        change.put(OUTBOX, &Self::key(&self.room, order), self)
    }

    pub fn forget(room: &Room, order: u64, change: Change) -> Change {
        change.remove(OUTBOX, &Self::key(room, order))
    }

    /// What an earlier run left, in order.
    pub fn left(store: &Store, platform: PlatformName) -> StoreResult<Vec<(u64, Self)>> {
        let found = store.scan(OUTBOX, &platform.word().to_owned())?;
        Ok(found.into_iter().map(|((_, (_, order)), parcel)| (order, parcel)).collect())
    }
}

fn parked_key(room: &Room) -> (String, String) {
    (room.platform.word().to_owned(), room.id.clone())
}

/// Notes that a room is closed to us.
pub(super) fn park(room: &Room, at: Timestamp, change: Change) -> Change {
    change.put(PARKED, &parked_key(room), &at)
}

/// Notes that it is open again.
pub(super) fn unpark(room: &Room, change: Change) -> Change {
    change.remove(PARKED, &parked_key(room))
}

/// The ids of the rooms of a platform that are closed to us.
pub(super) fn parked(store: &Store, platform: PlatformName) -> StoreResult<Vec<String>> {
    let found = store.scan(PARKED, &platform.word().to_owned())?;
    Ok(found.into_iter().map(|((_, room), _)| room).collect())
}
