//! The driver: does what a log says is next, part by part, until nothing is left to do.
//!
//! One task for each deployment that is not at rest. It may be killed at any instant: everything it needs is
//! in the log and on the grid. Not here: what a step does (`steps`), what is next (`log`).

use super::event::{Event, Failure, Outcome, Step, Why};
use super::log::{Log, Part, Stage, State, Todo};
use super::place::FAILED;
use super::plan::Stamped;
use super::steps::{Halt, Work};
use super::{EVENTS, Tools};
use crate::chat::Topic;
use crate::store::{Change, StoreResult};
use crate::verify::Observation;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The first pause after something did not answer; doubled each time.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// How often a step is tried before its money is spent; then the deployment is turned.
const TRIES: u32 = 30;

/// A deployment in memory.
pub struct Entry {
    /// Its id.
    pub id: String,
    log: tokio::sync::Mutex<Log>,
    /// A copy for those who only look; never behind the log on disk for long.
    seen: Mutex<Arc<Log>>,
    /// Rung at every event.
    pub(super) bell: Notify,
    /// What is being waited for, by part: said on the card, forgotten when it goes on.
    waits: Mutex<HashMap<u16, String>>,
    /// The newest look at each part: the next one goes on from it. Forgotten at a restart, which only costs a look.
    looks: Mutex<HashMap<u16, Observation>>,
}

impl Entry {
    pub(super) fn new(log: Log) -> Arc<Self> {
        Arc::new(Self {
            id: log.plan.id.clone(),
            seen: Mutex::new(Arc::new(log.clone())),
            log: tokio::sync::Mutex::new(log),
            bell: Notify::new(),
            waits: Mutex::default(),
            looks: Mutex::default(),
        })
    }

    pub(super) async fn log(&self) -> Log {
        self.log.lock().await.clone()
    }

    /// The log as it was last announced.
    pub fn seen(&self) -> Arc<Log> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is being waited for, in technical words, if anything.
    pub fn waiting(&self) -> Option<String> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).values().next().cloned()
    }

    pub(super) fn observed(&self, part: u16) -> Option<Observation> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).get(&part).cloned()
    }

    pub(super) fn observe(&self, part: u16, seen: Observation) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).insert(part, seen);
    }

    /// Nothing is under way any more.
    fn drop_waits(&self) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn wait_for(&self, part: u16, what: Option<String>) -> bool {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        match what {
            Some(what) => waits.insert(part, what.clone()).as_ref() != Some(&what),
            None => waits.remove(&part).is_some(),
        }
    }
}

impl Tools {
    /// Appends an event: on disk first, then in memory, then announced. Runs to its end even when the caller is
    /// dropped meanwhile, so that memory never lags the disk. `false`: it came too late, and is not in the log.
    /// Whoever wrote it down before acting must not act then.
    pub(super) async fn record(&self, entry: &Entry, event: Event) -> StoreResult<bool> {
        let (tools, entry) = (self.clone(), self.entry_of(entry));
        let Some(entry) = entry else { return Ok(false) };
        let task = self.tasks.spawn(async move {
            let mut log = entry.log.lock().await;
            let stamped = Stamped { at: tools.clock.now(), event };
            let mut next = log.clone();
            if let Err(illegal) = next.record(&stamped) {
                // Two hands at one log, the later one late: its news has no place any more.
                tracing::warn!(deployment = entry.id, %illegal, "an event came too late");
                return Ok(false);
            }
            let key = (entry.id.clone(), log.length);
            tools.store.commit(Change::new().put(EVENTS, &key, &stamped)).await?;
            *entry.seen.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(next.clone());
            *log = next;
            drop(log);
            entry.bell.notify_waiters();
            (tools.announce)(Topic::Deployment(entry.id.clone()));
            Ok(true)
        });
        task.await.unwrap_or(Err(crate::store::StoreError::Closing))
    }

    /// Drives one deployment until it is gone (or the program ends).
    pub(super) async fn drive(self, entry: Arc<Entry>) {
        let mut at_work = FuturesUnordered::new();
        let mut busy = BTreeSet::new();
        let mut turned = false;
        loop {
            let changed = entry.bell.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let log = entry.log().await;
            if log.stage() == Stage::Gone {
                return;
            }
            if log.turned.is_some() && !turned {
                // Whatever is under way is dropped here: every step finds again what it may have made.
                turned = true;
                at_work.clear();
                busy.clear();
                entry.drop_waits();
            }
            for todo in log.next(self.clock.now()) {
                if busy.insert(todo.part()) {
                    let (tools, entry) = (&self, &entry);
                    at_work.push(async move {
                        tools.work(entry, &todo).await;
                        todo.part()
                    });
                }
            }
            tokio::select! {
                // News first: a stop reaches what is under way before that goes on.
                biased;
                () = changed => {}
                Some(part) = at_work.next() => { busy.remove(&part); }
            }
        }
    }

    /// Does one thing, with patience for what passes.
    async fn work(&self, entry: &Arc<Entry>, todo: &Todo) {
        let part = todo.part();
        let mut pause = PAUSE;
        for tried in 1.. {
            let result = self.attempt(entry, todo).await;
            let again = match result {
                Ok(()) => break,
                Err(Halt::Turn(why)) => self.record(entry, Event::Turned(why)).await.err().map(|e| e.to_string()),
                Err(Halt::Fail(failure)) => self.failed(entry, todo, failure).await.err().map(|e| e.to_string()),
                Err(Halt::Store(error)) => {
                    tracing::error!(deployment = entry.id, %error, "the store failed; waiting");
                    Some(error.to_string())
                }
                Err(Halt::Again(text)) if tried >= TRIES && todo.is_free() => {
                    self.record(entry, Event::Turned(Why::Refused(text))).await.err().map(|e| e.to_string())
                }
                Err(Halt::Again(text)) => Some(text),
            };
            let Some(text) = again else { break };
            tracing::info!(deployment = entry.id, part, ?todo, %text, "waiting");
            if entry.wait_for(part, Some(text)) {
                (self.announce)(Topic::Deployment(entry.id.clone()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
        if entry.wait_for(part, None) {
            (self.announce)(Topic::Deployment(entry.id.clone()));
        }
    }

    async fn failed(&self, entry: &Arc<Entry>, todo: &Todo, why: Failure) -> StoreResult<()> {
        if let Some(node) = why.node {
            self.store.commit(Change::new().put(FAILED, &node.0, &self.clock.now())).await?;
        }
        let Todo::Make(step, part) = *todo else { return Ok(()) };
        self.record(entry, Event::Failed { step, part, why }).await.map(|_| ())
    }

    async fn attempt(&self, entry: &Arc<Entry>, todo: &Todo) -> Result<(), Halt> {
        let work = Work { tools: self, entry, part: todo.part() };
        let did = |step, part, outcome| Event::Did { step, part, outcome };
        match *todo {
            Todo::Make(step, part) => {
                // Contracts write this down themselves, with the block until which they can land. A step that is
                // tried again has begun already.
                if step != Step::Contract && !has_begun(&entry.log().await, step, part) {
                    work.record(Event::Began { step, part, until: None }).await?;
                }
                let outcome = match step {
                    Step::Reserve => Outcome::Reserved { twin: work.reserve().await? },
                    Step::Place => Outcome::Placed(Box::new(work.place().await?)),
                    Step::Contract => Outcome::Contracted(work.contract().await?),
                    Step::Launch => Outcome::Launched(work.launch().await?),
                    Step::Prove => Outcome::Proved(work.prove().await?),
                };
                work.record(did(step, part, outcome)).await?;
            }
            Todo::Undo(Step::Reserve, part) => {
                work.release().await?;
                work.record(Event::Undid { step: Step::Reserve, part }).await?;
            }
            Todo::Undo(step, part) => {
                work.cancel().await?;
                work.record(Event::Undid { step, part }).await?;
            }
            Todo::Turn(part) => {
                let log = entry.log().await;
                let failure = log.parts.get(usize::from(part)).and_then(|part| part.failed.clone());
                let why = failure.map_or(Why::NoPlace, Why::GaveUp);
                work.record(Event::Turned(why)).await?;
            }
            Todo::Follow(part) => {
                if let Some(verdict) = work.look_again().await? {
                    work.record(Event::Saw { part, verdict }).await?;
                }
            }
            Todo::Close => work.record(Event::Closed).await?,
        }
        Ok(())
    }
}

/// Whether the step is under way: begun, and not done.
fn has_begun(log: &Log, step: Step, part: u16) -> bool {
    fn begun<T>(state: &State<T>) -> bool {
        matches!(state, State::Began { .. })
    }
    let of = |is: fn(&Part) -> bool| log.parts.get(usize::from(part)).is_some_and(is);
    match step {
        Step::Reserve => begun(&log.reserve),
        Step::Place => of(|part| begun(&part.place)),
        Step::Contract => of(|part| begun(&part.contract)),
        Step::Launch => of(|part| begun(&part.launch)),
        Step::Prove => of(|part| begun(&part.prove)),
    }
}

impl Todo {
    /// Whose it is; what concerns all parts counts as the first's.
    pub(super) fn part(&self) -> u16 {
        match self {
            Self::Make(_, part) | Self::Undo(_, part) | Self::Turn(part) | Self::Follow(part) => *part,
            Self::Close => 0,
        }
    }

    /// Whether giving it up costs nothing: no contract can exist yet, or it is quickly taken back.
    fn is_free(&self) -> bool {
        matches!(self, Self::Make(Step::Reserve | Step::Place | Step::Contract, _))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Person, PlatformName};
    use crate::clock::{Clock, Dice, Timestamp};
    use crate::deploy::{Config, Deployments, Order, Services};
    use crate::grid::terms;
    use crate::people::{People, TwinPolicy, Twins};
    use crate::recipes::Catalogue;
    use crate::sandbox::fault::{Effect, Face, Rule};
    use crate::sandbox::{Options, World, in_process};
    use crate::secret::Root;
    use crate::store::Store;

    /// A deployment that nobody drives.
    async fn at_rest() -> (Arc<World>, Deployments, Arc<Entry>) {
        let clock = Clock::runtime(Timestamp::from_secs(1_795_442_400));
        let options = Options { nodes: 15, farms: 5, ..Options::new(7) };
        let (world, grid) = in_process(options, clock.clone()).await.unwrap();
        let (store, dice, root) = (Store::temporary().unwrap(), Dice::seeded(7), Root::new([7; 32]));
        let people = People::new(store.clone(), clock.clone(), dice.clone(), &crate::people::Config::default());
        let ada = Person { platform: PlatformName::Terminal, id: "ada".to_owned(), name: "ada".to_owned() };
        let key = people.meet(&ada).await.unwrap().key;
        let terms = terms::fetch(grid.web.as_ref(), &grid.network).await.unwrap();
        let account = people.accept_terms(&key, &terms).await.unwrap().unwrap();
        let deployments = Deployments::open(Services {
            store,
            clock: clock.clone(),
            dice,
            grid,
            root: root.clone(),
            people,
            twins: Twins::new(root, TwinPolicy::Own),
            treasury: None,
            recipes: Catalogue::embedded(),
            announce: Arc::new(|_| {}),
            config: Config::default(),
        })
        .unwrap();
        let order = Order {
            name: "first".to_owned(),
            recipe: "vm".to_owned(),
            size: "small".to_owned(),
            region: None,
            node: None,
            ssh_key: None,
        };
        let quote = deployments.quote(&account, &order).await.unwrap();
        let entry = Entry::new(Log::begin(quote.plan("k4m7qd", &account, "sandbox"), clock.now()));
        deployments.tools.entries.lock().unwrap().insert(entry.id.clone(), entry.clone());
        (world, deployments, entry)
    }

    #[tokio::test(start_paused = true)]
    async fn an_intention_that_comes_after_a_stop_is_not_carried_out() {
        let (world, deployments, entry) = at_rest().await;
        let tools = &deployments.tools;
        for step in [Step::Reserve, Step::Place] {
            tools.attempt(&entry, &Todo::Make(step, 0)).await.unwrap();
        }
        deployments.destroy(&entry).await.unwrap();
        // The step had looked at the log before the stop; what it would make now, nobody would ever take back.
        assert!(tools.attempt(&entry, &Todo::Make(Step::Contract, 0)).await.is_err());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(world.chain().survey().await.unwrap().contracts.is_empty());
        assert_eq!(entry.seen().next(tools.clock.now()), [Todo::Undo(Step::Reserve, 0)]);
        deployments.close().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_is_tried_again_and_again_does_not_fill_the_disk() {
        let (world, deployments, entry) = at_rest().await;
        let (face, effect) = (Face::Kyc, Effect::Error("away".to_owned()));
        world.faults().add(Rule { face, on: String::new(), node: None, effect, times: None });
        for _ in 0..3 {
            assert!(deployments.tools.attempt(&entry, &Todo::Make(Step::Reserve, 0)).await.is_err());
        }
        assert_eq!(entry.seen().length, 2, "the order, and that it was begun");
    }
}
