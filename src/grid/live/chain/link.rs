//! The connection to the chain: several endpoints, one session at a time, every wait bounded.
//!
//! A session that fails is left and the next endpoint is tried. Two guards are set at each connect: an endpoint
//! must be of the kind that the network's name says (nobody's tokens are spent by a test, nobody practises on
//! real ones by mistake), and all endpoints must be of one chain.

use crate::grid::{GridError, GridResult, Network, Party};
use std::future::Future;
use std::sync::{Arc, Mutex as Cell, PoisonError};
use std::time::Duration;
use subxt::backend::LegacyBackend;
use subxt::client::OnlineClientAtBlock;
use subxt::config::RpcConfigFor;
use subxt::error::{EventsError, OnlineClientAtBlockError, StorageError, StorageValueError};
use subxt::rpcs::client::reconnecting_rpc_client::{FixedInterval, RpcClient};
use subxt::rpcs::methods::legacy::LegacyRpcMethods;
use subxt::rpcs::utils::url_is_secure;
use subxt::utils::H256;
use subxt::{OnlineClient, SubstrateConfig};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// The client at one block.
pub(super) type At = OnlineClientAtBlock<SubstrateConfig>;

/// What every sandbox answers to `system_chain`.
const SANDBOX_CHAIN: &str = "ThreeFold Sandbox";

/// How long things may take before something else is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// An endpoint to connect and introduce itself.
    pub connect: Duration,
    /// An endpoint to answer a read.
    pub answer: Duration,
    /// An endpoint to say whether it took an extrinsic.
    pub take: Duration,
    /// An endpoint to say nothing of an extrinsic that it took, before the blocks themselves are looked at.
    pub silence: Duration,
    /// An extrinsic to be in a block.
    pub land: Duration,
}

impl Default for Patience {
    /// For a chain with a block each 6 s somewhere on the internet: what has not landed in ten blocks is stuck.
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { connect: secs(10), answer: secs(15), take: secs(10), silence: secs(10), land: secs(60) }
    }
}

/// After all endpoints failed, for how long others are told so without trying again.
const REST: Duration = Duration::from_millis(500);

/// Why something could not be had from a session.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The endpoint's fault: another one may do better.
    Link(String),
    /// An answer; the same everywhere.
    Grid(GridError),
}

impl Trouble {
    /// The runtime is not what this program knows.
    pub(super) fn runtime(error: impl std::fmt::Display) -> Self {
        Self::Grid(GridError::refused(Party::Chain, "runtime", error))
    }
}

impl From<subxt::rpcs::Error> for Trouble {
    fn from(error: subxt::rpcs::Error) -> Self {
        Self::Link(error.to_string())
    }
}

impl From<OnlineClientAtBlockError> for Trouble {
    fn from(error: OnlineClientAtBlockError) -> Self {
        Self::Link(error.to_string())
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        use StorageError::{CannotFetchValue, CannotIterateValues, StreamFailure};
        match error {
            CannotFetchValue(_) | CannotIterateValues(_) | StreamFailure(_) => Self::Link(error.to_string()),
            _ => Self::runtime(error),
        }
    }
}

impl From<StorageValueError> for Trouble {
    fn from(error: StorageValueError) -> Self {
        Self::runtime(error)
    }
}

impl From<EventsError> for Trouble {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::CannotFetchEventBytes(_) => Self::Link(error.to_string()),
            _ => Self::runtime(error),
        }
    }
}

/// One connection that has introduced itself.
pub(super) struct Session {
    /// The endpoint's URL.
    pub(super) url: String,
    /// What it calls its chain.
    pub(super) chain: String,
    /// The plain methods.
    pub(super) rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
    /// The typed client.
    pub(super) client: OnlineClient<SubstrateConfig>,
    /// The newest block that was worked at: most reads of one moment share it.
    newest: Cell<Option<At>>,
}

impl Session {
    /// The client at the best block.
    pub(super) async fn best(&self) -> Result<At, Trouble> {
        let hash = self.rpc.chain_get_block_hash(None).await?;
        let hash = hash.ok_or_else(|| Trouble::Link("the endpoint has no best block".to_owned()))?;
        let known = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(at) = known.filter(|at| at.block_hash() == hash) {
            return Ok(at);
        }
        let at = self.at(hash).await?;
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(at.clone());
        Ok(at)
    }

    /// The client at a certain block; metadata is of that block's runtime.
    pub(super) async fn at(&self, block: H256) -> Result<At, Trouble> {
        Ok(self.client.at_block(block).await?)
    }
}

/// The way to the chain.
pub(super) struct Link {
    pub(super) patience: Patience,
    endpoints: Vec<String>,
    sandbox: bool,
    /// Shared by all sessions, so that metadata is fetched once for each runtime.
    config: SubstrateConfig,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Which endpoint comes next.
    next: usize,
    genesis: Option<H256>,
    /// When all endpoints failed, and how the last one did.
    failed: Option<(Instant, GridError)>,
}

impl Link {
    pub(super) fn new(network: &Network, patience: Patience) -> Self {
        Self {
            patience,
            endpoints: network.chain.clone(),
            sandbox: network.is_sandbox(),
            config: SubstrateConfig::new(),
            state: Mutex::default(),
        }
    }

    /// Asks the present session, and once more a fresh one if that fails.
    pub(super) async fn ask<T, F, Fut>(&self, question: F) -> GridResult<T>
    where
        F: Fn(Arc<Session>) -> Fut,
        Fut: Future<Output = Result<T, Trouble>>,
    {
        let Patience { connect, answer: within, .. } = self.patience;
        let both = async {
            let mut last = String::new();
            for _ in 0..2 {
                let session = self.session().await?;
                match timeout(within, question(session.clone())).await {
                    Ok(Ok(answer)) => return Ok(answer),
                    Ok(Err(Trouble::Grid(error))) => return Err(error),
                    Ok(Err(Trouble::Link(text))) => last = text,
                    Err(_) => last = format!("no answer within {within:?}"),
                }
                tracing::debug!(endpoint = session.url, error = last, "left an endpoint of the chain");
                last = format!("{}: {last}", session.url);
                self.leave(&session).await;
            }
            Err(GridError::passing(Party::Chain, last))
        };
        let all = 2 * (connect + within);
        timeout(all, both)
            .await
            .unwrap_or_else(|_| Err(GridError::passing(Party::Chain, format!("no answer within {all:?}"))))
    }

    /// The present session, or a new one with the first endpoint that will have us.
    pub(super) async fn session(&self) -> GridResult<Arc<Session>> {
        let mut state = self.state.lock().await;
        if let Some(session) = &state.session {
            return Ok(session.clone());
        }
        if let Some((when, error)) = &state.failed
            && when.elapsed() < REST
        {
            return Err(error.clone());
        }
        let mut last = GridError::passing(Party::Chain, "the network names no endpoint");
        for turn in 0..self.endpoints.len() {
            let which = (state.next + turn) % self.endpoints.len();
            let Some(url) = self.endpoints.get(which) else { continue };
            let opened = timeout(self.patience.connect, self.open(url, state.genesis)).await.unwrap_or_else(|_| {
                Err(GridError::passing(
                    Party::Chain,
                    format!("{url}: no connection within {:?}", self.patience.connect),
                ))
            });
            match opened {
                Ok((session, genesis)) => {
                    let session = Arc::new(session);
                    *state =
                        State { session: Some(session.clone()), next: which, genesis: Some(genesis), failed: None };
                    return Ok(session);
                }
                // A wrong chain is worth more to whoever reads this than a dead one.
                Err(error) if error.code().is_none() && last.code().is_some() => {}
                Err(error) => last = error,
            }
        }
        state.failed = Some((Instant::now(), last.clone()));
        Err(last)
    }

    /// Gives a session up; the next one is with the next endpoint.
    pub(super) async fn leave(&self, session: &Arc<Session>) {
        let mut state = self.state.lock().await;
        if state.session.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            state.session = None;
            state.next = (state.next + 1) % self.endpoints.len().max(1);
        }
    }

    async fn open(&self, url: &str, known: Option<H256>) -> GridResult<(Session, H256)> {
        let lost = |error: &dyn std::fmt::Display| GridError::passing(Party::Chain, format!("{url}: {error}"));
        if !url_is_secure(url).map_err(|error| GridError::refused(Party::Chain, "url", format!("{url}: {error}")))? {
            let text = format!("{url}: ws is for this machine only; use wss");
            return Err(GridError::refused(Party::Chain, "url", text));
        }
        let retries = FixedInterval::from_millis(200).take(2);
        let client = RpcClient::builder()
            .retry_policy(retries)
            .connection_timeout(self.patience.connect)
            .request_timeout(self.patience.answer);
        let client: subxt::rpcs::RpcClient = client.build(url).await.map_err(|error| lost(&error))?.into();
        let rpc = LegacyRpcMethods::new(client.clone());
        let chain = rpc.system_chain().await.map_err(|error| lost(&error))?;
        self.check_kind(url, &chain, &rpc).await?;

        let backend = Arc::new(LegacyBackend::<SubstrateConfig>::builder().build(client));
        let client =
            OnlineClient::from_backend_with_config(self.config.clone(), backend).await.map_err(|error| lost(&error))?;
        let genesis = client.genesis_hash();
        if known.is_some_and(|known| known != genesis) {
            let text = format!("{url} serves {chain}, which is another chain than the one this network began with");
            return Err(GridError::refused(Party::Chain, "wrong-chain", text));
        }
        Ok((Session { url: url.to_owned(), chain, rpc, client, newest: Cell::default() }, genesis))
    }

    /// A sandbox's chain is never taken for a live one, nor a live one for a sandbox's. A sandbox fleet may
    /// also join a development chain of ThreeFold's own runtime on this machine.
    async fn check_kind(
        &self,
        url: &str,
        chain: &str,
        rpc: &LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
    ) -> GridResult<()> {
        let text = match (self.sandbox, chain == SANDBOX_CHAIN) {
            (true, true) | (false, false) => return Ok(()),
            (false, true) => {
                format!("{url} is a sandbox, and this network is a live one: correct the network's chain endpoints")
            }
            (true, false) => {
                let near = url.starts_with("ws:");
                let kind = rpc.system_chain_type().await.unwrap_or_default();
                if near && kind != "Live" {
                    return Ok(());
                }
                format!(
                    "{url} serves {chain}, and this network is a sandbox: name the network main, test, qa or dev to use it"
                )
            }
        };
        Err(GridError::refused(Party::Chain, "wrong-chain", text))
    }
}
