//! A sandbox on this computer's loopback: the world's faces behind sockets, started and stopped as one.

use super::error::StartError;
use super::genesis::RELAY;
use super::options::Options;
use super::relay::{self, Relay};
use super::serve::serve;
use super::world::{Lingers, World};
use crate::clock::{Clock, Dice};
use crate::grid::Network;
use crate::grid::live::rmb::Relays;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long the first connections of the nodes may take.
const SETTLE: Duration = Duration::from_secs(20);

/// A sandbox that serves. Dropping it ends it.
pub struct Sandbox {
    world: Arc<World>,
    network: Network,
    control: String,
}

impl Sandbox {
    /// Starts a sandbox. When this returns, its chain makes blocks, its nodes are on the relay, and all of its
    /// addresses answer.
    ///
    /// # Errors
    /// When an address cannot be had, a file cannot be read, or a chain cannot be joined.
    pub async fn start(options: Options, clock: Clock) -> Result<Self, StartError> {
        let world = World::start(&options, clock.clone()).await?;
        let stop = world.stop.clone();
        let bound = |what, at| move |source| StartError::Bind { what, at, source };

        let (chain, relay, domain) = match (&world.local, &options.join) {
            (Some(local), _) => {
                let at = options.chain_addr;
                let chain = local.serve(at, stop.clone()).await.map_err(bound("the chain", at))?;
                let at = options.relay_addr;
                let domains = vec![RELAY.to_owned(), "localhost".to_owned(), at.ip().to_string()];
                let relay = Relay::new(
                    relay::Options::new(domains),
                    world.chain().clone(),
                    clock.clone(),
                    world.faults().clone(),
                );
                let relay = relay.serve(at, stop.clone()).await.map_err(bound("the relay", at))?;
                (vec![format!("ws://{chain}")], vec![format!("ws://{relay}")], RELAY.to_owned())
            }
            (None, Some(join)) => (join.chain.clone(), join.relay.clone(), join.relay_domain()?),
            (None, None) => (Vec::new(), Vec::new(), String::new()),
        };
        let at = options.web_addr;
        let web = serve(at, world.faces.clone(), stop.clone()).await.map_err(bound("the REST faces", at))?;
        let at = options.gateways_addr;
        let gateways = world.machines.serve_names(at, stop.clone()).await.map_err(bound("the gateways", at))?;
        let (machines, ends) = (world.machines.clone(), stop.clone());
        world.spawn(async move { machines.serve(ends).await });

        let relays = Relays::new(&relay).map_err(|error| StartError::Relay(error.to_string()))?;
        let dice = Dice::system();
        let joined = world.fleet.join(&relays, &dice);
        if tokio::time::timeout(SETTLE, joined).await.is_err() {
            tracing::warn!("some nodes are not on the relay yet");
        }
        Ok(Self {
            network: network(chain, relay, domain, web, gateways),
            control: format!("http://{web}/control"),
            world,
        })
    }

    /// Its addresses.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The base URL of its control face.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// What is behind its faces.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Stops all of it and waits, at most `within`.
    ///
    /// # Errors
    /// When something still runs then.
    pub async fn stop(self, within: Duration) -> Result<(), Lingers> {
        self.world.stop(within).await
    }
}

fn network(
    chain: Vec<String>,
    relay: Vec<String>,
    relay_domain: String,
    web: SocketAddr,
    gateways: SocketAddr,
) -> Network {
    let web = format!("http://{web}");
    Network {
        name: "sandbox".to_owned(),
        chain,
        relay,
        relay_domain,
        proxy: web.clone(),
        graphql: format!("{web}/graphql"),
        activation: format!("{web}/activation/activate"),
        kyc: web.clone(),
        terms: format!("{web}/terms"),
        gateway_scheme: "http".to_owned(),
        gateways: Some(gateways),
    }
}
