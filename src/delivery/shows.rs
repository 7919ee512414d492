//! Which message shows which topic: what is remembered on disk, and how true it is at this moment.
//!
//! Records and book-keeping only. Not here: when a message is drawn again (`door`).

use super::door::Priority;
use crate::chat::{Anchor, Audience, Person, PlatformName, Tone, Topic};
use crate::clock::Timestamp;
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// By platform and message.
const SHOWS: Table<(String, String), Show> = Table::new("shows");
/// Who waits longer than this for something is called when it has come to rest.
const WAITED: Duration = Duration::from_secs(20);

/// A message that shows a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Show {
    pub topic: Topic,
    pub anchor: Anchor,
    /// Who may see it.
    #[serde(default = "room")]
    pub audience: Audience,
    /// Who asked: the buttons are theirs.
    pub person: Person,
    /// The languages it may be in, best first.
    pub wishes: Vec<String>,
    /// What its buttons' ids are made from.
    pub salt: String,
    /// What it showed last, as a digest. On disk only once it has come to rest: after a restart, a message of work
    /// under way is drawn again in any case.
    pub drawn: Option<String>,
    /// Whether that is on disk.
    #[serde(skip)]
    pub kept: bool,
    /// When it was posted.
    #[serde(default)]
    pub since: Timestamp,
    /// Whether somebody waits for it to come to rest, and has not been called.
    #[serde(default)]
    pub awaited: bool,
    /// The ask that it comes from, for the log.
    #[serde(default)]
    pub told: String,
}

fn room() -> Audience {
    Audience::Room
}

/// A message, by room and the platform's id.
pub(super) type At = (String, String);

pub(super) fn at(anchor: &Anchor) -> At {
    (anchor.room.id.clone(), anchor.message.clone())
}

impl Show {
    fn key(anchor: &Anchor) -> (String, String) {
        (anchor.platform.word().to_owned(), format!("{}|{}", anchor.room.id, anchor.message))
    }

    /// Written down as it is now.
    pub fn keep(&self, change: Change) -> Change {
        let drawn = self.drawn.clone().filter(|_| self.kept);
        change.put(SHOWS, &Self::key(&self.anchor), &Self { drawn, ..self.clone() })
    }

    pub fn forget(anchor: &Anchor, change: Change) -> Change {
        change.remove(SHOWS, &Self::key(anchor))
    }

    /// What an earlier run left.
    pub fn left(store: &Store, platform: PlatformName) -> StoreResult<Vec<Self>> {
        let found = store.scan(SHOWS, &platform.word().to_owned())?;
        Ok(found.into_iter().map(|(_, show)| Self { kept: show.drawn.is_some(), ..show }).collect())
    }

    /// As it is after it was drawn; whether its asker is to be called; and whether the disk must know.
    pub fn drawn(&self, anchor: Anchor, digest: String, tone: Tone, now: Timestamp) -> (Self, bool, bool) {
        let resting = tone != Tone::Busy;
        let changed = self.drawn.as_ref() != Some(&digest);
        let call = self.awaited && resting && now.since(self.since) >= WAITED;
        let show =
            Self { anchor, drawn: Some(digest), kept: resting, awaited: self.awaited && !resting, ..self.clone() };
        let note = show.anchor != self.anchor
            || show.awaited != self.awaited
            || show.kept != self.kept
            || (changed && resting);
        (show, call, note)
    }
}

/// How true a message is.
pub(super) struct Live {
    pub show: Show,
    /// It is to be drawn: how urgent that is, and since when.
    pub news: Option<(Priority, u64)>,
    /// It is being drawn.
    pub flying: bool,
    pub not_before: Instant,
    /// When it is drawn again even without news.
    pub tick: Option<Instant>,
}

impl Live {
    /// When it is due, how urgently, and its place among its equals.
    pub fn due(&self) -> Option<(Instant, Priority, u64)> {
        match (self.news, self.tick) {
            (Some((priority, order)), _) => Some((self.not_before, priority, order)),
            (None, Some(tick)) => Some((tick, Priority::Digest, 0)),
            (None, None) => None,
        }
    }
}
