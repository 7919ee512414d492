//! The world of a sandbox: everything that its faces show, without a single socket.
//!
//! One chain (of our own, or one that was joined), the fleet on it, and the services beside it. `Sandbox` gives
//! it ports; [`in_process`] gives its callers the grid's ports directly, on whatever clock they like.

use super::activation::Activation;
use super::chain::{Journal, LocalChain, LocalPort, Options as ChainOptions};
use super::control::{Control, Lost};
use super::error::StartError;
use super::faces::Faces;
use super::fault::Faults;
use super::genesis::{FAUCET, RELAY, genesis};
use super::graphql::Graphql;
use super::inside::{HOST, InsideWeb};
use super::journal::StoreJournal;
use super::kyc::Kyc;
use super::leftovers::{self, Leftover};
use super::machines::Machines;
use super::nodes::{Boots, Fleet, FleetBus, NodeReport, Options as FleetOptions, Parts, Plan};
use super::options::Options;
use super::proxy::{Ground, Proxy};
use crate::clock::Clock;
use crate::grid::live::LiveChain;
use crate::grid::{Chain, ContractKind, FarmId, Grid, GridResult, Identity, Lanes, Network, NodeId, TwinId};
use crate::store::Store;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the proxy's index follows the chain when nobody asks.
const INDEX: Duration = Duration::from_secs(6);
/// How many blocks the final one is behind the newest, as on the grid. Not zero: polkadot.js tells of a block that
/// is final at once only as final, and the official client waits for the word before.
const FINALITY_LAG: u32 = 2;
/// How many times faster than life images start and sync, with instant boots.
const HASTE: u64 = 600;

/// A sandbox's world. Everything in it ends when it is dropped.
pub struct World {
    clock: Clock,
    faults: Faults,
    /// The chain that no fault strikes: the sandbox's own parts use it.
    chain: Arc<dyn Chain>,
    /// The chain when it is our own.
    pub(super) local: Option<Arc<LocalChain>>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) machines: Machines,
    kyc: Arc<Kyc>,
    pub(super) faces: Arc<Faces>,
    tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl World {
    /// Makes a world, or goes on with the one that was kept; starts its blocks and its nodes.
    ///
    /// # Errors
    /// When its files cannot be read, or the chain that is to be joined does not let it.
    pub(super) async fn start(options: &Options, clock: Clock) -> Result<Arc<Self>, StartError> {
        let plan = match options.join {
            None => Plan::seeded(options.seed, options.nodes, options.farms),
            Some(_) => Plan::guest(options.seed, options.nodes, options.farms),
        };
        let store = options.data.as_deref().map(Store::open).transpose()?;
        let (faults, lanes) = (Faults::default(), Lanes::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let ends = stop.clone().drop_guard();

        let (local, chain, faucet) = match &options.join {
            None => {
                let faucet = Identity::from_uri(FAUCET).map_err(|_| StartError::Key)?;
                let genesis = genesis(&plan, &faucet, clock.now()).map_err(StartError::Genesis)?;
                let local = LocalChain::new(
                    ChainOptions {
                        finality_lag: FINALITY_LAG,
                        pace: options.pace,
                        faults: faults.clone(),
                        ..ChainOptions::default()
                    },
                    genesis,
                    clock.clone(),
                    store.clone().map(|store| Box::new(StoreJournal(store)) as Box<dyn Journal>),
                )
                .map_err(StartError::Chain)?;
                tasks.spawn(local.clone().run(stop.clone()));
                let port: Arc<dyn Chain> = Arc::new(LocalPort::unstruck(local.clone()));
                (Some(local), port, faucet)
            }
            Some(join) => {
                let chain: Arc<dyn Chain> = Arc::new(LiveChain::new(&join.network()));
                plan.register(chain.as_ref(), &join.funder, &join.relay_domain()?).await?;
                (None, chain, join.funder.clone())
            }
        };

        let kyc = Arc::new(Kyc::new(chain.clone(), clock.clone(), faults.clone()));
        let machines = Machines::new(clock.clone(), faults.clone(), if options.instant_boots { HASTE } else { 1 });
        let gate = kyc.clone();
        let fleet = Fleet::open(Parts {
            plan,
            chain: chain.clone(),
            clock: clock.clone(),
            kyc: Arc::new(move |twin| gate.passes(twin)),
            faults: faults.clone(),
            machines: machines.clone(),
            store,
            options: FleetOptions {
                boots: if options.instant_boots { Boots::Instant } else { Boots::Seeded },
                reports: true,
                blocks: local.as_ref().map(|local| local.blocks()),
            },
        })
        .await?;
        tasks.spawn(fleet.clone().run(stop.clone()));

        let known: Arc<dyn Ground> = Arc::new(Known(fleet.clone()));
        let proxy = Arc::new(Proxy::new(chain.clone(), known, clock.clone(), faults.clone(), options.seed));
        let follow = proxy.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            loop {
                follow.refresh().await;
                tokio::time::sleep(INDEX).await;
            }
        }));
        let lost: Arc<dyn Lost> = Arc::new(Searched { chain: chain.clone(), fleet: fleet.clone() });
        let faces = Arc::new(Faces {
            activation: Activation::new(chain.clone(), lanes, faucet, options.activation, faults.clone()),
            graphql: Graphql::new(proxy.clone()),
            control: Control::new(lost, faults.clone()),
            kyc: kyc.clone(),
            proxy,
        });
        ends.disarm();
        tasks.close();
        Ok(Arc::new(Self { clock, faults, chain, local, fleet, machines, kyc, faces, tasks, stop }))
    }

    /// What goes wrong from now on.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Who is verified.
    pub fn kyc(&self) -> &Kyc {
        &self.kyc
    }

    /// The world's time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The chain, which no fault strikes here: for looking behind the scenes.
    pub fn chain(&self) -> &Arc<dyn Chain> {
        &self.chain
    }

    /// The nodes.
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    /// What should not be there; with `everything`, all contracts, deployments and reservations.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn leftovers(&self, everything: bool) -> GridResult<Vec<Leftover>> {
        find(self.chain.as_ref(), &self.fleet, everything).await
    }

    /// Runs something that belongs to it, and that ends when its token does.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Ends all of it and waits, at most `within`.
    ///
    /// # Errors
    /// When something still runs then.
    pub async fn stop(&self, within: Duration) -> Result<(), Lingers> {
        self.stop.cancel();
        tokio::time::timeout(within, self.tasks.wait()).await.map_err(|_| Lingers(within))
    }
}

/// Something of a sandbox still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox did not stop within {0:?}")]
pub struct Lingers(pub Duration);

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A sandbox without sockets, and the grid's ports to it. Works on paused time. It ends when the world is dropped.
///
/// # Errors
/// When its files cannot be read.
pub async fn in_process(options: Options, clock: Clock) -> Result<(Arc<World>, Grid), StartError> {
    let world = World::start(&options, clock).await?;
    let web = format!("http://{HOST}");
    let network = Network {
        name: "sandbox".to_owned(),
        chain: Vec::new(),
        relay: Vec::new(),
        relay_domain: RELAY.to_owned(),
        proxy: web.clone(),
        graphql: format!("{web}/graphql"),
        activation: format!("{web}/activation/activate"),
        kyc: web.clone(),
        terms: format!("{web}/terms"),
        gateway_scheme: "http".to_owned(),
        gateways: None,
    };
    let chain: Arc<dyn Chain> = match &world.local {
        Some(local) => Arc::new(LocalPort::new(local.clone())),
        None => world.chain.clone(),
    };
    let grid = Grid {
        network,
        chain,
        bus: Arc::new(FleetBus::new(world.fleet.clone(), world.faults.clone())),
        web: Arc::new(InsideWeb::new(world.faces.clone(), world.machines.clone())),
        lanes: Lanes::default(),
    };
    Ok((world, grid))
}

/// What the fleet tells the proxy.
struct Known(Arc<Fleet>);

#[async_trait]
impl Ground for Known {
    fn facts(&self) -> HashMap<NodeId, NodeReport> {
        self.0.reports().into_iter().map(|report| (report.node, report)).collect()
    }

    async fn ask(&self, node: NodeId, command: &str) -> Result<Value, String> {
        let answer = self.0.handle(node, TwinId(0), command, Value::Null).await;
        answer.unwrap_or_else(|| Err("the node does not answer".to_owned()))
    }
}

/// Where leftovers are found.
struct Searched {
    chain: Arc<dyn Chain>,
    fleet: Arc<Fleet>,
}

#[async_trait]
impl Lost for Searched {
    async fn leftovers(&self, everything: bool) -> GridResult<Vec<Leftover>> {
        find(self.chain.as_ref(), &self.fleet, everything).await
    }
}

async fn find(chain: &dyn Chain, fleet: &Fleet, everything: bool) -> GridResult<Vec<Leftover>> {
    let mut survey = chain.survey().await?;
    // On a chain that was joined there are other people's nodes too, of which nothing is known here.
    let ours: HashSet<NodeId> = fleet.seats().iter().map(|seat| seat.id).collect();
    survey.contracts.retain(|contract| match &contract.kind {
        ContractKind::Node { node, .. } | ContractKind::Rent { node } => ours.contains(node),
        ContractKind::Name { .. } => true,
    });
    let farms: HashSet<FarmId> = fleet.seats().iter().map(|seat| seat.farm).collect();
    survey.farms.retain(|farm| farms.contains(&farm.id));
    Ok(leftovers::find(&survey, &fleet.held(), everything))
}
