//! Putting a plan's farms and nodes on a chain: into a genesis, or by signed calls on one that runs.
//!
//! A running chain is another's: what needs root or a council there (certification, dedicated farms) is skipped,
//! and what its rules refuse (addresses that are not public) is left out, with a word in the log.

use super::plan::{FarmPlan, NodePlan, Plan};
use crate::grid::{
    AccountId, Call, Chain, FarmId, FarmInput, GridError, GridResult, Identity, NodeInput, Survey, Tft, Tx,
};
use futures_util::{StreamExt as _, stream};
use std::collections::HashMap;

/// What each farmer and node is given for its fees.
const POCKET: Tft = Tft::whole(10);
/// How many accounts act at once.
const AT_ONCE: usize = 32;
/// Where the nodes' own terms are (gridproxy.md section 5).
const TERMS: (&str, &str) = ("http://zos.tf/terms/v0.1", "9021d4dee05a661e2cb6838152c67f25");

impl NodePlan {
    /// What `create_node` takes.
    pub fn input(&self, farm: FarmId) -> NodeInput {
        NodeInput {
            farm,
            resources: self.resources,
            city: self.city.to_owned(),
            country: self.country.to_owned(),
            latitude: self.latitude.to_owned(),
            longitude: self.longitude.to_owned(),
            serial: Some(self.serial.clone()),
        }
    }
}

async fn submit(chain: &dyn Chain, signer: &Identity, calls: Vec<Call>) -> GridResult<()> {
    let prepared = chain.prepare(signer, &Tx::all(calls)).await?;
    chain.send(&prepared).await.map(|_| ())
}

struct Known {
    twins: HashMap<AccountId, crate::grid::TwinId>,
    survey: Survey,
}

impl Known {
    async fn read(chain: &dyn Chain) -> GridResult<Self> {
        let survey = chain.survey().await?;
        Ok(Self { twins: survey.twins.iter().map(|twin| (twin.account, twin.id)).collect(), survey })
    }

    /// A farm of the plan, if it is there and its farmer's.
    fn farm(&self, plan: &FarmPlan) -> Option<FarmId> {
        let twin = self.twins.get(&plan.farmer.account())?;
        self.survey.farms.iter().find(|farm| farm.name == plan.name && farm.twin == *twin).map(|farm| farm.id)
    }

    fn node(&self, plan: &NodePlan) -> Option<&crate::grid::Node> {
        let twin = self.twins.get(&plan.identity.account())?;
        self.survey.nodes.iter().find(|node| node.twin == *twin)
    }
}

impl Plan {
    /// Registers all of it on a chain that runs, paid by `funder`. What is there already is left as it is, so it
    /// can be run again.
    ///
    /// # Errors
    /// The chain's, the first one; what landed before it stays.
    pub async fn register(&self, chain: &dyn Chain, funder: &Identity, relay: &str) -> GridResult<()> {
        self.fund(chain, funder).await?;
        let known = Known::read(chain).await?;
        let farms = self.farms.iter().map(|farm| {
            let calls = twin_calls(&known, &farm.farmer, relay);
            let missing = known.farm(farm).is_none();
            async move {
                let create = |ips: &[(String, String)]| {
                    Call::CreateFarm(FarmInput { name: farm.name.clone(), ips: ips.to_vec() })
                };
                let with = |ips: &[(String, String)]| {
                    calls.iter().cloned().chain(missing.then(|| create(ips))).collect::<Vec<_>>()
                };
                match try_submit(chain, &farm.farmer, with(&farm.ips)).await {
                    Err(GridError::Refused(refused)) if missing && !farm.ips.is_empty() => {
                        tracing::warn!(farm = farm.name, %refused.code, "this chain does not take loopback addresses: the farm gets none");
                        try_submit(chain, &farm.farmer, with(&[])).await
                    }
                    done => done,
                }
            }
        });
        all(farms).await?;
        let known = Known::read(chain).await?;
        let nodes = self.nodes.iter().filter(|node| known.node(node).is_none()).map(|node| {
            let mut calls = twin_calls(&known, &node.identity, relay);
            let farm = self.farms.get(node.farm).and_then(|farm| known.farm(farm));
            calls.extend(farm.map(|farm| Call::CreateNode(node.input(farm))));
            try_submit(chain, &node.identity, calls)
        });
        all(nodes).await?;
        let known = Known::read(chain).await?;
        let gateways = self.farms.iter().enumerate().map(|(index, farm)| {
            let missing = self.nodes.iter().filter(|node| node.farm == index).filter_map(|node| {
                let there = known.node(node).filter(|there| there.public_config.is_none())?;
                let config = node.public_config.clone()?;
                Some(Call::SetPublicConfig { farm: there.farm, node: there.id, config })
            });
            let calls: Vec<Call> = missing.collect();
            async move {
                match try_submit(chain, &farm.farmer, calls).await {
                    Err(GridError::Refused(refused)) => {
                        tracing::warn!(farm = farm.name, %refused.code, "this chain does not take the gateways' addresses");
                        Ok(())
                    }
                    done => done,
                }
            }
        });
        all(gateways).await
    }

    /// Gives every farmer and node that has less than a tenth of it something to pay fees with.
    async fn fund(&self, chain: &dyn Chain, funder: &Identity) -> GridResult<()> {
        let accounts = self.farms.iter().map(|farm| &farm.farmer).chain(self.nodes.iter().map(|node| &node.identity));
        let mut poor = Vec::new();
        for account in accounts.map(Identity::account) {
            if chain.balance(&account).await?.spendable().0 < POCKET.0 / 10 {
                poor.push(Call::Transfer { to: account, amount: POCKET });
            }
        }
        for calls in poor.chunks(100) {
            submit(chain, funder, calls.to_vec()).await?;
        }
        Ok(())
    }
}

fn twin_calls(known: &Known, who: &Identity, relay: &str) -> Vec<Call> {
    if known.twins.contains_key(&who.account()) {
        return Vec::new();
    }
    vec![
        Call::AcceptTerms { link: TERMS.0.to_owned(), hash: TERMS.1.to_owned() },
        Call::CreateTwin { relay: Some(relay.to_owned()), pk: who.encryption_public() },
    ]
}

async fn try_submit(chain: &dyn Chain, signer: &Identity, calls: Vec<Call>) -> GridResult<()> {
    if calls.is_empty() { Ok(()) } else { submit(chain, signer, calls).await }
}

async fn all(work: impl Iterator<Item = impl Future<Output = GridResult<()>>>) -> GridResult<()> {
    let mut running = stream::iter(work).buffer_unordered(AT_ONCE);
    while let Some(done) = running.next().await {
        done?;
    }
    Ok(())
}
