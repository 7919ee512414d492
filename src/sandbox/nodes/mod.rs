//! The sandbox's nodes: who they are, what they hold, and how they answer on the bus (zos.md).
//!
//! A node here checks, counts and times as a real one does, and runs nothing: what "runs" on it is
//! `machines`. Not here: the chain, the relay, the proxy.

mod bus;
mod engine;
mod install;
mod join;
mod ledger;
mod lights;
mod places;
mod plan;
mod register;
mod report;
mod serve;
mod update;
mod watch;

#[cfg(test)]
mod tests;

pub use bus::FleetBus;
pub use plan::{FarmPlan, Flavour, NodePlan, Plan, Temper};
pub use report::{NodeReport, NodeStatus};

use super::fault::Faults;
use super::leftovers::Held;
use super::machines::Machines;
use crate::clock::{Clock, Dice, Timestamp};
use crate::grid::workload::WorkloadData;
use crate::grid::{Chain, ContractId, FarmId, GridError, GridResult, NodeId, TwinId};
use crate::store::{Change, Store, Table};
use ledger::{Holding, Ledger, runs};
use lights::web_name;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch as channel;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What nodes hold, by node and contract.
const HELD: Table<(u32, u64), Holding> = Table::new("sandbox-held");

/// Whether a twin's person has been verified: the nodes' gate (zos.md section 9).
pub type Kyc = Arc<dyn Fn(TwinId) -> bool + Send + Sync>;

/// How long images and disks take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boots {
    /// As in life, drawn from the seed.
    Seeded,
    /// No time at all.
    Instant,
}

/// What can be chosen about a fleet.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long workloads take.
    pub boots: Boots,
    /// Whether nodes report to the chain: resources used (what bills are made from) and uptime.
    pub reports: bool,
    /// The chain's newest block, where it is known without asking; else the chain is asked every second.
    pub blocks: Option<channel::Receiver<u32>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { boots: Boots::Seeded, reports: true, blocks: None }
    }
}

/// What a fleet needs of the world. `chain` should be a port that no fault strikes: faults are for clients.
pub struct Parts {
    /// Who the nodes are. They must be on the chain already.
    pub plan: Plan,
    /// Where contracts are read, and reports sent.
    pub chain: Arc<dyn Chain>,
    /// The time.
    pub clock: Clock,
    /// Who is verified.
    pub kyc: Kyc,
    /// What to do wrong.
    pub faults: Faults,
    /// Where machines run.
    pub machines: Machines,
    /// Where held deployments survive a restart; `None` when they need not.
    pub store: Option<Store>,
    /// The rest.
    pub options: Options,
}

/// One node at its place in the grid.
pub struct Seat {
    /// Its number.
    pub id: NodeId,
    /// Its twin.
    pub twin: TwinId,
    /// Its farm.
    pub farm: FarmId,
    /// What it is.
    pub plan: NodePlan,
    features: Vec<String>,
    ledger: Mutex<Ledger>,
    /// One job at a time, other users' jobs included.
    lane: tokio::sync::Mutex<()>,
    /// One report at a time.
    reporting: tokio::sync::Mutex<()>,
    dice: Dice,
    dead: AtomicBool,
    /// Ends when the node dies or the fleet stops.
    alive: CancellationToken,
}

impl Seat {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is on the bus.
    pub fn answers(&self) -> bool {
        self.plan.temper.answers() && !self.dead.load(Ordering::Relaxed)
    }

    fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.alive.cancel();
    }

    /// Its own address on its farm's network.
    fn private_ip(&self) -> String {
        format!("192.168.{}.{}", self.id.0 / 250 % 250, 2 + self.id.0 % 250)
    }

    fn has_gone(&self, contract: ContractId) -> bool {
        !self.ledger().holdings.contains_key(&contract)
    }
}

/// All nodes of a sandbox.
pub struct Fleet {
    seats: Vec<Arc<Seat>>,
    by_twin: HashMap<TwinId, usize>,
    chain: Arc<dyn Chain>,
    clock: Clock,
    kyc: Kyc,
    faults: Faults,
    machines: Machines,
    store: Option<Store>,
    options: Options,
    started: Timestamp,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Fleet {
    /// Finds the plan's nodes on the chain (nodes that are not there are left out), and what they held.
    ///
    /// # Errors
    /// When the chain or the store cannot be read.
    pub async fn open(parts: Parts) -> GridResult<Arc<Self>> {
        let survey = parts.chain.survey().await?;
        let twins: HashMap<_, _> = survey.twins.iter().map(|twin| (twin.account, twin.id)).collect();
        let nodes: HashMap<_, _> = survey.nodes.iter().map(|node| (node.twin, (node.id, node.farm))).collect();
        let mut held: HashMap<u32, Ledger> = HashMap::new();
        if let Some(store) = &parts.store {
            let lost = |error| GridError::passing(crate::grid::Party::Node, format!("the sandbox's store: {error}"));
            for ((node, contract), holding) in store.scan(HELD, &()).map_err(lost)? {
                held.entry(node).or_default().holdings.insert(ContractId(contract), holding);
            }
        }
        let stop = CancellationToken::new();
        let mut seats = Vec::new();
        for (index, plan) in parts.plan.nodes.into_iter().enumerate() {
            let Some(twin) = twins.get(&plan.identity.account()) else { continue };
            let Some((id, farm)) = nodes.get(twin) else { continue };
            seats.push(Arc::new(Seat {
                id: *id,
                twin: *twin,
                farm: *farm,
                features: plan.features(),
                plan,
                ledger: Mutex::new(held.remove(&id.0).unwrap_or_default()),
                lane: tokio::sync::Mutex::new(()),
                reporting: tokio::sync::Mutex::new(()),
                dice: Dice::seeded(parts.plan.seed.wrapping_mul(1_000_003).wrapping_add(index as u64)),
                dead: AtomicBool::new(false),
                alive: stop.child_token(),
            }));
        }
        let started = parts.clock.now();
        let fleet = Arc::new(Self {
            by_twin: seats.iter().enumerate().map(|(index, seat)| (seat.twin, index)).collect(),
            seats,
            chain: parts.chain,
            clock: parts.clock,
            kyc: parts.kyc,
            faults: parts.faults,
            machines: parts.machines,
            store: parts.store,
            options: parts.options,
            started,
            stop,
            tasks: TaskTracker::new(),
        });
        fleet.reboot();
        Ok(fleet)
    }

    /// After a restart: what ran runs again, what waited goes on.
    fn reboot(self: &Arc<Self>) {
        for seat in &self.seats {
            let held: Vec<ContractId> = seat.ledger().holdings.keys().copied().collect();
            for contract in held {
                let ledger = seat.ledger();
                let Some(holding) = ledger.holdings.get(&contract) else { continue };
                holding.document.workloads.iter().for_each(|workload| self.light(seat, &holding.document, workload));
                let waits = holding.document.workloads.iter().any(|workload| !workload.result.state.is_final());
                let update = holding.update.is_some();
                drop(ledger);
                if update {
                    self.enqueue(seat, engine::Job::Update(contract));
                } else if waits {
                    self.enqueue(seat, engine::Job::Install(contract));
                }
            }
        }
    }

    /// The nodes.
    pub fn seats(&self) -> &[Arc<Seat>] {
        &self.seats
    }

    /// Where its machines run.
    pub fn machines(&self) -> &Machines {
        &self.machines
    }

    fn seat(&self, node: NodeId) -> Option<&Arc<Seat>> {
        self.seats.iter().find(|seat| seat.id == node)
    }

    /// What all nodes hold, for the search for leftovers.
    pub fn held(&self) -> Vec<Held> {
        let of = |seat: &Arc<Seat>| {
            let ledger = seat.ledger();
            let held = ledger.holdings.iter().map(|(contract, holding)| {
                let workloads = &holding.document.workloads;
                let names = workloads.iter().filter(|workload| runs(workload)).filter_map(|w| match &w.data {
                    WorkloadData::GatewayNameProxy(gateway) => Some(gateway.name.clone()),
                    _ => None,
                });
                Held {
                    node: seat.id,
                    contract: *contract,
                    twin: holding.document.twin_id,
                    live: workloads.iter().any(|workload| runs(workload) || !workload.result.state.is_final()),
                    names: names.collect(),
                }
            });
            held.collect::<Vec<_>>()
        };
        self.seats.iter().flat_map(of).collect()
    }

    /// Ends all jobs, and waits for them.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Writes what a node holds for a contract to the store (or its absence).
    async fn save(&self, seat: &Seat, contract: ContractId) {
        let Some(store) = &self.store else { return };
        let key = (seat.id.0, contract.0);
        let holding = seat.ledger().holdings.get(&contract).cloned();
        let change = match holding {
            Some(holding) => Change::new().put(HELD, &key, &holding),
            None => Change::new().remove(HELD, &key),
        };
        if let Err(error) = store.commit(change).await {
            tracing::error!(%error, node = %seat.id, %contract, "the sandbox's node cannot write down what it holds");
        }
    }

    /// Reads the chain, patiently: a node does not give up because its chain connection hiccups.
    async fn read<T, F: Future<Output = GridResult<T>>>(&self, read: impl Fn() -> F) -> GridResult<T> {
        let mut tries = 0;
        loop {
            match read().await {
                Err(GridError::Passing { .. }) if tries < 5 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(tries)).await;
                }
                done => return done,
            }
        }
    }
}

/// Accounts of twins, for checking signatures.
type Accounts = BTreeMap<TwinId, crate::grid::AccountId>;
