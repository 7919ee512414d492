//! How a sandbox is set up. Data only.

use super::error::StartError;
use crate::grid::{Identity, Network, Tft};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::chain::Pace;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// What farms, nodes, keys and times are derived from.
    pub seed: u64,
    /// How many nodes.
    pub nodes: usize,
    /// How many farms.
    pub farms: usize,
    /// When blocks are made.
    pub pace: Pace,
    /// Workloads are there at once, and images start and sync far faster than in life.
    pub instant_boots: bool,
    /// What the activation service gives a new account.
    pub activation: Tft,
    /// Where the world is kept; `None`: it ends with the sandbox.
    pub data: Option<PathBuf>,
    /// Where the chain listens. All addresses are on loopback; port 0 is any.
    pub chain_addr: SocketAddr,
    /// Where the relay listens.
    pub relay_addr: SocketAddr,
    /// Where the REST and GraphQL faces listen.
    pub web_addr: SocketAddr,
    /// Where the gateways' names are answered.
    pub gateways_addr: SocketAddr,
    /// Join a grid that runs, instead of making one.
    pub join: Option<Join>,
}

impl Options {
    /// The usual sandbox: 60 nodes in 12 farms, blocks as on the grid, any free ports, nothing kept.
    pub fn new(seed: u64) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed,
            nodes: 60,
            farms: 12,
            pace: Pace::Every(Duration::from_secs(6)),
            instant_boots: false,
            activation: super::activation::Activation::PRACTICE,
            data: None,
            chain_addr: any,
            relay_addr: any,
            web_addr: any,
            gateways_addr: any,
            join: None,
        }
    }
}

/// A chain and a relay that already run, for the fleet to join.
#[derive(Debug, Clone)]
pub struct Join {
    /// The chain's websockets, first choice first.
    pub chain: Vec<String>,
    /// The relay's websockets, first choice first.
    pub relay: Vec<String>,
    /// The host name by which twins find that relay; `None`: the host of its URL.
    pub relay_domain: Option<String>,
    /// Pays for what the fleet makes on the chain.
    pub funder: Identity,
}

impl Join {
    /// By which host name twins find the relay.
    ///
    /// # Errors
    /// When it is not given, and the relay's URL has none.
    pub(super) fn relay_domain(&self) -> Result<String, StartError> {
        let host = |url: &String| url::Url::parse(url).ok()?.host_str().map(str::to_owned);
        let domain = self.relay_domain.clone().or_else(|| self.relay.first().and_then(host));
        domain.ok_or_else(|| StartError::Relay("its URL has no host".to_owned()))
    }

    /// The grid that is joined, as far as its chain is concerned.
    pub(super) fn network(&self) -> Network {
        Network {
            name: "sandbox".to_owned(),
            chain: self.chain.clone(),
            relay: self.relay.clone(),
            relay_domain: String::new(),
            proxy: String::new(),
            graphql: String::new(),
            activation: String::new(),
            kyc: String::new(),
            terms: String::new(),
            gateway_scheme: "http".to_owned(),
            gateways: None,
        }
    }
}
