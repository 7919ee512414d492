//! Which message shows which topic, and how true it is at this moment.
//!
//! Book-keeping only: what is due, what is under way, what is remembered on disk.

use crate::chat::{Anchor, Person, PlatformName, Topic};
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// By platform and message.
const SHOWS: Table<(String, String), Show> = Table::new("shows");

/// A message that shows a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Show {
    pub topic: Topic,
    pub anchor: Anchor,
    /// Who asked: the buttons are theirs.
    pub person: Person,
    /// The languages it may be in, best first.
    pub wishes: Vec<String>,
    /// What its buttons' ids are made from.
    pub salt: String,
    /// What it showed last, as a digest. On disk only once it has come to rest: after a restart, a message of work
    /// under way is drawn again in any case.
    pub drawn: Option<String>,
}

/// What came of drawing.
pub(super) enum Drawn {
    /// It shows this now, and may be edited again after `pace`; `tick`: draw again by then anyway.
    Done { digest: String, resting: bool, pace: Duration, tick: Option<Duration> },
    /// Try again later.
    Failed,
    /// The topic or the message is gone.
    Gone,
}

struct Live {
    show: Show,
    stale: bool,
    flying: bool,
    failures: u32,
    not_before: Instant,
    tick: Option<Instant>,
}

impl Live {
    fn new(show: Show) -> Self {
        Self { show, stale: true, flying: false, failures: 0, not_before: Instant::now(), tick: None }
    }
}

/// All messages that show something.
#[derive(Default)]
pub(super) struct Shows(Mutex<BTreeMap<Anchor, Live>>);

fn key(anchor: &Anchor) -> (String, String) {
    (anchor.platform.word().to_owned(), format!("{}|{}", anchor.room.id, anchor.message))
}

impl Shows {
    fn live(&self) -> MutexGuard<'_, BTreeMap<Anchor, Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what was stored for a platform; forgets it where messages do not outlive the program.
    pub async fn resume(&self, store: &Store, platform: PlatformName, lasting: bool) -> StoreResult<()> {
        let stored = store.scan(SHOWS, &platform.word().to_owned())?;
        if lasting {
            self.live().extend(stored.into_iter().map(|(_, show)| (show.anchor.clone(), Live::new(show))));
            return Ok(());
        }
        let change = stored.iter().fold(Change::new(), |change, (key, _)| change.remove(SHOWS, key));
        if stored.is_empty() { Ok(()) } else { store.commit(change).await }
    }

    pub async fn add(&self, store: &Store, show: Show, resting: bool) -> StoreResult<()> {
        let kept = Show { drawn: show.drawn.clone().filter(|_| resting), ..show.clone() };
        store.commit(Change::new().put(SHOWS, &key(&show.anchor), &kept)).await?;
        self.live().insert(show.anchor.clone(), Live::new(show));
        Ok(())
    }

    pub fn has(&self, anchor: &Anchor) -> bool {
        self.live().contains_key(anchor)
    }

    pub fn stale(&self, topic: &Topic) {
        self.live().values_mut().filter(|live| live.show.topic == *topic).for_each(|live| live.stale = true);
    }

    /// Whether every message of the topic shows its newest state.
    pub fn is_drawn(&self, topic: &Topic) -> bool {
        !self.live().values().any(|live| live.show.topic == *topic && (live.stale || live.flying))
    }

    /// What is to be drawn now (and counts as under way from here on), and when to look again.
    pub fn due(&self, now: Instant) -> (Vec<Show>, Option<Instant>) {
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        for live in self.live().values_mut().filter(|live| !live.flying) {
            if live.tick.is_some_and(|tick| tick <= now) {
                live.stale = true;
            }
            if live.stale && live.not_before <= now {
                (live.stale, live.flying, live.tick) = (false, true, None);
                due.push(live.show.clone());
            } else if let Some(at) = if live.stale { Some(live.not_before) } else { live.tick } {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        (due, next)
    }

    pub async fn drawn(&self, store: &Store, show: &Show, drawn: Drawn) -> StoreResult<()> {
        let now = Instant::now();
        let change = match drawn {
            Drawn::Gone => {
                self.live().remove(&show.anchor);
                Some(Change::new().remove(SHOWS, &key(&show.anchor)))
            }
            Drawn::Failed => {
                if let Some(live) = self.live().get_mut(&show.anchor) {
                    live.failures += 1;
                    live.not_before = now + Duration::from_secs(1 << live.failures.min(6));
                    (live.stale, live.flying) = (true, false);
                }
                None
            }
            Drawn::Done { digest, resting, pace, tick } => {
                let changed = show.drawn.as_ref() != Some(&digest);
                let mut now_shown = show.clone();
                now_shown.drawn = Some(digest);
                let change = (changed && resting).then(|| Change::new().put(SHOWS, &key(&show.anchor), &now_shown));
                if let Some(live) = self.live().get_mut(&show.anchor) {
                    live.show = now_shown;
                    (live.flying, live.failures) = (false, 0);
                    live.not_before = if changed { now + pace } else { now };
                    live.tick = tick.map(|tick| now + tick);
                }
                change
            }
        };
        match change {
            Some(change) => store.commit(change).await,
            None => Ok(()),
        }
    }
}
