//! The first block of a sandbox of our own: the fleet is there, and the faucet is full.
//!
//! Not for a chain that is joined: there the fleet registers itself by signed calls.

use super::chain::{Genesis, GenesisFarm, GenesisNode};
use super::nodes::Plan;
use crate::clock::Timestamp;
use crate::grid::{FarmId, FarmInput, Identity, Refused, Tft};

/// The host name by which twins find the sandbox's relay.
pub(super) const RELAY: &str = "relay.sandbox";
/// The key of the faucet, as a development URI.
pub(super) const FAUCET: &str = "//Bellhop//faucet";
/// What the faucet holds: people practise for a long time.
const FULL: Tft = Tft::whole(100_000_000);
/// What each farmer and node holds: their calls are free, but only for accounts that could pay.
const POCKET: Tft = Tft::whole(100);

/// The genesis with all of the plan.
///
/// # Errors
/// When the plan breaks a rule of the chain.
pub(super) fn genesis(plan: &Plan, faucet: &Identity, now: Timestamp) -> Result<Genesis, Refused> {
    let mut genesis = Genesis::new(now);
    genesis.endow(faucet.account(), FULL);
    let twin = |genesis: &mut Genesis, who: &Identity| {
        genesis.endow(who.account(), POCKET);
        genesis.twin(who.account(), Some(RELAY), who.encryption_public())
    };
    let mut farms: Vec<FarmId> = Vec::with_capacity(plan.farms.len());
    for farm in &plan.farms {
        let twin = twin(&mut genesis, &farm.farmer)?;
        farms.push(genesis.farm(&GenesisFarm {
            twin,
            farm: FarmInput { name: farm.name.clone(), ips: farm.ips.clone() },
            certified: farm.certified,
            dedicated: farm.dedicated,
        })?);
    }
    for node in &plan.nodes {
        let twin = twin(&mut genesis, &node.identity)?;
        let Some(farm) = farms.get(node.farm) else { continue };
        genesis.node(&GenesisNode {
            twin,
            node: node.input(*farm),
            certified: node.certified,
            public_config: node.public_config.clone(),
            extra_fee: node.extra_fee,
        })?;
    }
    Ok(genesis)
}
