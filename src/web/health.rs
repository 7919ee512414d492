//! Whether the program is well: its platforms and their links, its store, its grid.
//!
//! What is down is said by a fixed word; why is in the log. Looking costs little, and is done at most every few
//! seconds however often somebody asks. Not here: what is done about it.

use crate::chat::PlatformName;
use crate::clock::{Clock, Timestamp};
use crate::grid::Grid;
use crate::meters::Meters;
use crate::platforms::{Doors, Standing};
use crate::store::{Change, Store, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// When somebody last looked: that it can be written shows that the disk takes what people say.
const LOOKED: Table<String, Timestamp> = Table::new("looked");
/// How long a look counts.
const FRESH: Duration = Duration::from_secs(5);
/// How long the store or the grid may take to answer.
const WITHIN: Duration = Duration::from_secs(3);
/// A chain whose newest block is older than this stands still.
const STALE: Duration = Duration::from_secs(90);

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It serves, and something that it needs is not as it should be.
    Degraded,
    /// It cannot serve.
    Down,
}

/// How the program is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// In one word.
    pub status: State,
    /// Whether it was told to stop.
    pub stopping: bool,
    /// Seconds since it began.
    pub up_s: u64,
    /// Each platform.
    pub platforms: BTreeMap<PlatformName, Place>,
    /// Whether the store can be written.
    pub store: State,
    /// The grid.
    pub grid: Chain,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// In one word: it is down when nothing that people say there arrives.
    pub status: State,
    /// How its door stands.
    pub door: Standing,
    /// Each of its links, and whether it is up.
    pub links: BTreeMap<String, bool>,
}

/// The grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// In one word. Without the grid people are still answered, so it is degraded at worst.
    pub status: State,
    /// Which.
    pub network: String,
    /// The age of its newest block in seconds, if it answers.
    pub head_age_s: Option<u64>,
}

impl Health {
    /// Whether asks are answered.
    pub fn serves(&self) -> bool {
        self.status != State::Down
    }
}

/// What is looked at. Cheap to clone.
#[derive(Clone)]
pub struct Watch {
    store: Store,
    grid: Grid,
    clock: Clock,
    meters: Meters,
    doors: Doors,
    stop: CancellationToken,
    since: Instant,
    last: Arc<Mutex<Option<(Instant, State, Chain)>>>,
}

impl Watch {
    /// Looks at these.
    pub fn new(
        store: &Store,
        grid: &Grid,
        clock: &Clock,
        meters: &Meters,
        doors: &Doors,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            store: store.clone(),
            grid: grid.clone(),
            clock: clock.clone(),
            meters: meters.clone(),
            doors: doors.clone(),
            stop: stop.clone(),
            since: Instant::now(),
            last: Arc::default(),
        }
    }

    /// How the program is.
    pub async fn look(&self) -> Health {
        let (store, grid) = self.outside().await;
        let platforms = self.platforms();
        let stopping = self.stop.is_cancelled();
        let all = platforms.values().map(|place| place.status);
        let status = if stopping || store == State::Down || all.clone().all(|place| place == State::Down) {
            State::Down
        } else if all.chain([grid.status]).any(|part| part != State::Ok) {
            State::Degraded
        } else {
            State::Ok
        };
        Health { status, stopping, up_s: self.since.elapsed().as_secs(), platforms, store, grid }
    }

    fn platforms(&self) -> BTreeMap<PlatformName, Place> {
        let all = self.meters.links();
        let place = |(name, door): (PlatformName, Standing)| {
            let own = all.iter().filter(|(link, _)| link.platform == name.word());
            let links: BTreeMap<_, _> = own.map(|(link, up)| (link.link.clone(), *up)).collect();
            let status = if door != Standing::Open || (!links.is_empty() && links.values().all(|up| !up)) {
                State::Down
            } else if links.values().all(|up| *up) {
                State::Ok
            } else {
                State::Degraded
            };
            (name, Place { status, door, links })
        };
        self.doors.standing().into_iter().map(place).collect()
    }

    /// The store and the grid. One looks at a time, and what was seen just now counts.
    async fn outside(&self) -> (State, Chain) {
        let mut last = self.last.lock().await;
        if let Some((at, store, grid)) = &*last
            && at.elapsed() < FRESH
        {
            return (*store, grid.clone());
        }
        let now = self.clock.now();
        let change = Change::new().put(LOOKED, &"last".to_owned(), &now);
        let (store, head) = tokio::join!(
            tokio::time::timeout(WITHIN, self.store.commit(change)),
            tokio::time::timeout(WITHIN, self.grid.chain.head()),
        );
        let store = if matches!(store, Ok(Ok(()))) { State::Ok } else { State::Down };
        let age = head.ok().and_then(Result::ok).map(|head| now.since(head.time));
        // A sandbox makes blocks as it likes.
        let well = age.is_some_and(|age| age <= STALE || self.grid.network.is_sandbox());
        let grid = Chain {
            status: if well { State::Ok } else { State::Degraded },
            network: self.grid.network.name.clone(),
            head_age_s: age.map(|age| age.as_secs()),
        };
        *last = Some((Instant::now(), store, grid.clone()));
        (store, grid)
    }
}
