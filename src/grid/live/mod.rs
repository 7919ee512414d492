//! The ports over the wire: the only folder that knows subxt's client, the relay's socket and HTTP.

mod chain;
pub mod rmb;
mod web;

pub use chain::{LiveChain, Patience};
pub use web::LiveWeb;

use super::{Chain, Grid, GridError, GridResult, Lanes, Network, Party};
use crate::clock::{Clock, Dice};
use rmb::{RelayBus, Relays};
use std::sync::Arc;

/// The grid of `network`, reached over the wire.
///
/// A chain that does not answer at this moment is no reason to stay down: it is tried again whenever it is
/// needed. One that answers and is not this network's is.
///
/// # Errors
/// `Refused` with code `wrong-chain` or `url` when the network's description cannot be right.
pub async fn connect(network: Network, clock: &Clock, dice: &Dice) -> GridResult<Grid> {
    let chain: Arc<dyn Chain> = Arc::new(LiveChain::new(&network));
    match chain.head().await {
        Err(error @ GridError::Refused(_)) => return Err(error),
        Err(error) => tracing::warn!(network = network.name, %error, "started without the chain"),
        Ok(head) => tracing::info!(network = network.name, block = head.number, "connected to the chain"),
    }
    let relays = Relays::new(&network.relay).map_err(|error| GridError::refused(Party::Relay, "url", error))?;
    let bus = Arc::new(RelayBus::new(relays, chain.clone(), clock.clone(), dice.clone()));
    let web = Arc::new(LiveWeb::new(&network)?);
    Ok(Grid { network, chain, bus, web, lanes: Lanes::default() })
}
