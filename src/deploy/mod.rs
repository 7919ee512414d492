//! A deployment from its plan to a proven node, and back to nothing.
//!
//! [`Deployments`] is the door: quote an order, start it, list, stop, verify, and the card of each. Behind it, a
//! deployment is its log, a driver does what the log says is next, and taking back is the same code as
//! destroying. Not here: the words of a command, or who may do what.

mod card;
mod document;
mod drive;
mod event;
mod log;
mod place;
mod plan;
mod quote;
mod steps;

pub use card::levels as proof;
pub use drive::Entry;
pub use event::{Addresses, Contracts, Event, Failure, FailureKind, Outcome, Step, Why};
pub use log::{Illegal, Log, Part, Stage, State, Todo};
pub use place::{Need, NoPlace};
pub use plan::{GatewaySite, Host, Order, PartPlan, Plan, Site, Stamped, Web, name_is_valid};
pub use quote::{No, Quote};

use crate::chat::{Card, Topic};
use crate::clock::{Clock, Dice};
use crate::grid::{Grid, Identity};
use crate::people::{Account, People, Twins};
use crate::recipes::Catalogue;
use crate::secret::Root;
use crate::store::{Change, Store, StoreResult, Table};
use crate::verify::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The logs: deployment and number of the event.
const EVENTS: Table<(String, u64), Stamped<Event>> = Table::new("deploy-log");

/// Tells whoever shows a topic that it has changed.
pub type Announce = Arc<dyn Fn(Topic) + Send + Sync>;

/// What an operator may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Hours of a deployment that an account must be able to pay before it is started.
    pub runway_hours: u64,
    /// Seconds from a document's hand-over to the end of patience with a node.
    pub launch_within_s: u64,
    /// Recipes that may run here although their image was not proven on this grid.
    pub allow_unproven: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { runway_hours: 24, launch_within_s: 600, allow_unproven: Vec::new() }
    }
}

impl Config {
    fn launch_within(&self) -> Duration {
        Duration::from_secs(self.launch_within_s)
    }
}

/// What the work stands on.
#[derive(Clone)]
pub struct Services {
    /// Where logs are kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// The grid.
    pub grid: Grid,
    /// Keys of private networks are derived from it.
    pub root: Root,
    /// Accounts and allowances.
    pub people: People,
    /// Whose key acts for whom.
    pub twins: Twins,
    /// The operator's account that funds people's; `None`: only the activation service does.
    pub treasury: Option<Identity>,
    /// What can be deployed.
    pub recipes: Catalogue,
    /// Who is told of changes.
    pub announce: Announce,
    /// What the operator set.
    pub config: Config,
}

type Entries = Arc<Mutex<BTreeMap<String, Arc<Entry>>>>;

/// The services, and all deployments in memory.
#[derive(Clone)]
struct Tools {
    services: Services,
    entries: Entries,
    /// All that runs for deployments: drivers, and events on their way to the disk.
    tasks: TaskTracker,
}

impl std::ops::Deref for Tools {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Tools {
    fn entry_of(&self, entry: &Entry) -> Option<Arc<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&entry.id).cloned()
    }
}

/// All deployments. Cheap to clone.
#[derive(Clone)]
pub struct Deployments {
    tools: Tools,
    stop: CancellationToken,
    /// Held while an order is checked against the names in use and written down.
    ordering: Arc<tokio::sync::Mutex<()>>,
}

impl Deployments {
    /// Reads all logs. Nothing is driven yet: see [`resume`](Self::resume).
    ///
    /// # Errors
    /// The store's. A log that cannot be read is said loudly and left alone; the others go on.
    pub fn open(services: Services) -> StoreResult<Self> {
        let mut logs: BTreeMap<String, Vec<Stamped<Event>>> = BTreeMap::new();
        for ((id, _), event) in services.store.scan(EVENTS, &())? {
            logs.entry(id).or_default().push(event);
        }
        let mut entries = BTreeMap::new();
        for (id, events) in logs {
            match Log::replay(events) {
                Ok(log) => {
                    entries.insert(id, Entry::new(log));
                }
                Err(illegal) => tracing::error!(deployment = id, %illegal, "a log cannot be read; it is left alone"),
            }
        }
        Ok(Self {
            tools: Tools { services, entries: Arc::new(Mutex::new(entries)), tasks: TaskTracker::new() },
            stop: CancellationToken::new(),
            ordering: Arc::default(),
        })
    }

    /// Goes on with every deployment that is not gone.
    pub fn resume(&self) {
        for entry in self.all() {
            self.drive(entry);
        }
    }

    /// Stops driving, and waits for events that are on their way to the disk. What was under way is found again by
    /// the next [`resume`](Self::resume).
    pub async fn close(&self) {
        self.stop.cancel();
        self.tools.tasks.close();
        self.tools.tasks.wait().await;
    }

    fn drive(&self, entry: Arc<Entry>) {
        if entry.seen().stage() == Stage::Gone {
            return;
        }
        let (tools, stop) = (self.tools.clone(), self.stop.clone());
        self.tools.tasks.spawn(async move {
            tokio::select! {
                () = tools.drive(entry) => {}
                () = stop.cancelled() => {}
            }
        });
    }

    fn all(&self) -> Vec<Arc<Entry>> {
        self.tools.entries.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One deployment.
    pub fn get(&self, id: &str) -> Option<Arc<Entry>> {
        self.tools.entries.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The account's deployments that are not gone, oldest first.
    pub fn of(&self, account: &Account) -> Vec<Arc<Entry>> {
        let mut own: Vec<_> = self.all();
        own.retain(|entry| {
            let log = entry.seen();
            log.plan.owner == account.key && log.stage() != Stage::Gone
        });
        own.sort_by_key(|entry| entry.seen().ordered);
        own
    }

    /// The account's deployment of that name: the living one, else the one that was last.
    pub fn named(&self, account: &Account, name: &str) -> Option<Arc<Entry>> {
        let own = self.all().into_iter().filter(|entry| {
            let log = entry.seen();
            log.plan.owner == account.key && log.plan.order.name == name
        });
        own.max_by_key(|entry| {
            let log = entry.seen();
            (log.stage() != Stage::Gone, log.ordered)
        })
    }

    /// What `order` would get and cost now.
    ///
    /// # Errors
    /// Why it cannot be had; nothing was done.
    pub async fn quote(&self, account: &Account, order: &Order) -> Result<Quote, No> {
        if self.named(account, &order.name).is_some_and(|entry| entry.seen().stage() != Stage::Gone) {
            return Err(No::NameTaken);
        }
        quote::quote(&self.tools.services, account, order).await
    }

    /// Starts what was quoted, under `id`. Starting the same `id` again gives the same deployment.
    ///
    /// # Errors
    /// `NameTaken`, or the store's; then nothing was started.
    pub async fn start(&self, account: &Account, quote: Quote, id: &str) -> Result<Arc<Entry>, No> {
        let _ordering = self.ordering.lock().await;
        if let Some(entry) = self.get(id) {
            return Ok(entry);
        }
        if self.named(account, &quote.order.name).is_some_and(|entry| entry.seen().stage() != Stage::Gone) {
            return Err(No::NameTaken);
        }
        let plan = quote.plan(id, account, &self.tools.grid.network.name);
        let at = self.tools.clock.now();
        let stamped = Stamped { at, event: Event::Ordered(Box::new(plan.clone())) };
        self.tools.store.commit(Change::new().put(EVENTS, &(id.to_owned(), 0), &stamped)).await?;
        let entry = Entry::new(Log::begin(plan, at));
        self.tools.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), entry.clone());
        self.drive(entry.clone());
        Ok(entry)
    }

    /// Turns a deployment back: it is taken down, step by step, until nothing is left. Again is harmless.
    ///
    /// # Errors
    /// The store's; then nothing was changed.
    pub async fn destroy(&self, entry: &Entry) -> StoreResult<()> {
        if entry.seen().turned.is_some() {
            return Ok(());
        }
        self.tools.record(entry, Event::Turned(Why::Person)).await.map(|_| ())
    }

    /// Looks at a running deployment afresh, and keeps what was seen. `None` when it has no machine yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn verify(&self, entry: &Entry) -> StoreResult<Option<Verdict>> {
        let mut newest = None;
        let parts = u16::try_from(entry.seen().parts.len()).unwrap_or(u16::MAX);
        for part in 0..parts {
            let work = steps::Work { tools: &self.tools, entry, part };
            if let Some(verdict) = work.look().await {
                self.tools.record(entry, Event::Saw { part, verdict: verdict.clone() }).await?;
                newest = Some(verdict);
            }
        }
        Ok(newest)
    }

    /// The card of a deployment as it is now.
    pub fn card(&self, id: &str) -> Option<Card> {
        let entry = self.get(id)?;
        let log = entry.seen();
        let recipe = self.tools.recipes.get(&log.plan.order.recipe);
        Some(card::card(&log, recipe.as_deref(), self.tools.clock.now(), entry.waiting().as_deref()))
    }
}
