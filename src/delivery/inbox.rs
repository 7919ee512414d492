//! Asks that arrived: written down before any work, so that a crash loses none, and known again when they come twice.
//!
//! Only what a platform can repeat, or somebody still waits for after a restart, is written: an ask has an id, and its
//! platform outlives the program. What looks like a secret is never written. Not here: answers (`outbox`).

use crate::chat::{Ask, PlatformName, What};
use crate::clock::{Clock, Timestamp};
use crate::commands::tells_a_secret;
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// By platform and the platform's id of the ask.
const INBOX: Table<(String, String), Received> = Table::new("inbox");
/// How long it is remembered that an ask was answered: no platform repeats one after that.
const MEMORY: Duration = Duration::from_hours(48);
/// How long an ask is still worth an answer. What it wants may not be wanted any more.
const WORTH: Duration = Duration::from_hours(24);

/// An ask that arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Received {
    /// It; `None` once it is answered: nothing of what people said is kept longer than needed.
    ask: Option<Ask>,
    /// When it arrived.
    at: Timestamp,
}

/// The asks of all platforms.
pub(super) struct Inbox {
    store: Store,
    clock: Clock,
    /// Those that are being answered by this process.
    under_way: Mutex<HashSet<(String, String)>>,
}

fn key(ask: &Ask) -> Option<(String, String)> {
    (!ask.id.is_empty()).then(|| (ask.room.platform.word().to_owned(), ask.id.clone()))
}

impl Inbox {
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, under_way: Mutex::default() }
    }

    /// Takes an ask on; false when it is a repeated one, answered already or under way.
    pub async fn accept(&self, ask: &Ask) -> StoreResult<bool> {
        let Some(key) = key(ask) else { return Ok(true) };
        if !self.begin(&key) {
            return Ok(false);
        }
        let taken = self.write(&key, ask).await;
        if !matches!(taken, Ok(true)) {
            self.end(&key);
        }
        taken
    }

    async fn write(&self, key: &(String, String), ask: &Ask) -> StoreResult<bool> {
        if self.store.get(INBOX, key)?.is_some_and(|received| received.ask.is_none()) {
            return Ok(false);
        }
        if !tells_a_secret(&ask.what) {
            let received = Received { ask: Some(ask.clone()), at: self.clock.now() };
            self.store.commit(Change::new().put(INBOX, key, &received)).await?;
        }
        Ok(true)
    }

    /// With the note that the ask is answered. Whoever commits it calls [`leave`](Self::leave) then.
    pub fn answered(&self, change: Change, ask: &Ask) -> Change {
        match key(ask) {
            Some(key) => change.put(INBOX, &key, &Received { ask: None, at: self.clock.now() }),
            None => change,
        }
    }

    /// The ask is not under way any more.
    pub fn leave(&self, ask: &Ask) {
        if let Some(key) = key(ask) {
            self.end(&key);
        }
    }

    /// The asks of a platform that an earlier run left unanswered, oldest first; they are under way from here on.
    pub fn unanswered(&self, platform: PlatformName) -> StoreResult<Vec<(Ask, Timestamp)>> {
        let mut found = Vec::new();
        for (key, received) in self.store.scan(INBOX, &platform.word().to_owned())? {
            let Received { ask: Some(ask), at } = received else { continue };
            if self.clock.now().since(at) > WORTH {
                tracing::warn!(ask = %ask.id, platform = platform.word(), "an ask of long ago is not answered any more");
            } else if self.begin(&key) {
                found.push((ask, at));
            }
        }
        found.sort_by_key(|(_, at)| *at);
        Ok(found)
    }

    /// Forgets what is long past.
    pub async fn sweep(&self) -> StoreResult<()> {
        let now = self.clock.now();
        let old = self.store.scan(INBOX, &())?.into_iter().filter(|(_, received)| now.since(received.at) > MEMORY);
        self.store.commit(old.fold(Change::new(), |change, (key, _)| change.remove(INBOX, &key))).await
    }

    fn begin(&self, key: &(String, String)) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone())
    }

    fn end(&self, key: &(String, String)) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The ask without what was said in it, where that looks like a secret.
pub(super) fn without_secrets(ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    if tells_a_secret(&ask.what) {
        match &mut ask.what {
            What::Said(text) | What::Overheard(text) => text.clear(),
            What::Invoke { answers, .. } | What::Fill { answers, .. } => answers.clear(),
            What::Arrived | What::Press(_) | What::Turn { .. } => {}
        }
    }
    ask
}
