//! What an order would get and cost: computed before anything is spent, with every reason why not.

use super::place::{Demand, FAILED, NoPlace, SHUNNED, shortlist};
use super::plan::{Order, PartPlan, Plan, Web, name_is_valid};
use super::{Config, Services};
use crate::grid::directory::{Directory, NodeInfo};
use crate::grid::kyc::Standing;
use crate::grid::price::{Estimate, Usage, estimate};
use crate::grid::terms::{self, Terms};
use crate::grid::{AccountId, GIB, GridError, NodeId, Resources, Tft};
use crate::people::{Accepted, Account, Amounts, Over, TwinState, twin};
use crate::recipes::{Filled, Recipe, Size, Values};
use crate::store::StoreError;
use std::sync::Arc;

/// Fees of a deployment's whole life, generously: three extrinsics of about 0.001 TFT (tfchain.md section 1).
pub(super) const FEES: Tft = Tft(100_000);

/// What an account must hold before something of this price is started.
pub(super) fn runway(hourly: Tft, config: &Config) -> Tft {
    Tft(hourly.0.saturating_mul(config.runway_hours).saturating_add(FEES.0))
}

/// An order that can be had.
#[derive(Debug, Clone)]
pub struct Quote {
    /// What was ordered.
    pub order: Order,
    /// The recipe.
    pub recipe: Arc<Recipe>,
    /// The size.
    pub size: Size,
    /// The node that is tried first, and how many fit.
    pub node: NodeInfo,
    /// How many nodes fit.
    pub fitting: u64,
    /// What it costs.
    pub estimate: Estimate,
    /// What it takes of the allowance.
    pub want: Amounts,
    /// What of the account's allowance is used already.
    pub used: Amounts,
    /// The account's allowance.
    pub allowed: Amounts,
    /// The account on the grid as it is now.
    pub twin: TwinState,
    /// The terms that still have to be accepted.
    pub terms: Option<Terms>,
    /// What the account accepted before.
    accepted: Option<Accepted>,
    filled: Filled,
}

/// Why an order cannot be had.
#[derive(Debug)]
pub enum No {
    /// No recipe of that name; perhaps this one was meant.
    UnknownRecipe(Option<Arc<Recipe>>),
    /// No size of that name; these there are.
    UnknownSize(Arc<Recipe>),
    /// Not a name.
    BadName,
    /// A living deployment of the account has it.
    NameTaken,
    /// Not a public SSH key.
    BadKey,
    /// The image was never seen to work on this grid.
    Unproven(Arc<Recipe>),
    /// No node.
    NoPlace(NoPlace),
    /// More than the allowance.
    Over(Over),
    /// The identity check is not done.
    NotVerified(Standing),
    /// The account cannot pay.
    Money {
        /// What it can spend.
        have: Tft,
        /// What it must have.
        need: Tft,
        /// Where to send more.
        address: AccountId,
    },
    /// The grid does not answer, or refuses.
    Grid(GridError),
    /// Our own store.
    Store(StoreError),
}

impl From<GridError> for No {
    fn from(error: GridError) -> Self {
        Self::Grid(error)
    }
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NoPlace> for No {
    fn from(no: NoPlace) -> Self {
        match no {
            NoPlace::Grid(error) => Self::Grid(error),
            other => Self::NoPlace(other),
        }
    }
}

/// Whether it is one public SSH key in OpenSSH form.
fn is_public_key(text: &str) -> bool {
    ssh_key::PublicKey::from_openssh(text.trim()).is_ok()
}

pub(super) async fn quote(services: &Services, account: &Account, order: &Order) -> Result<Quote, No> {
    let Some(recipe) = services.recipes.get(&order.recipe) else {
        return Err(No::UnknownRecipe(services.recipes.suggest(&order.recipe)));
    };
    let Some(size) = recipe.size(&order.size).cloned() else { return Err(No::UnknownSize(recipe)) };
    if !name_is_valid(&order.name) {
        return Err(No::BadName);
    }
    if order.ssh_key.as_deref().is_some_and(|key| !is_public_key(key)) {
        return Err(No::BadKey);
    }
    let grid = &services.grid;
    if !recipe.proven_on(&grid.network.name) && !services.config.allow_unproven.contains(&recipe.name) {
        return Err(No::Unproven(recipe));
    }
    let identity = services.twins.of(account);
    let values = Values { name: &order.name, ssh_key: order.ssh_key.as_deref().unwrap_or_default(), hostname: "" };
    let filled = recipe.fill(&size, &values);
    let part = part(&recipe, &filled, None);
    let now = services.clock.now();
    let lately = services.store.scan(FAILED, &())?.into_iter();
    let avoid: Vec<_> = lately.filter(|(_, at)| now.since(*at) < SHUNNED).map(|(node, _)| NodeId(node)).collect();
    let demand = Demand::of(&part, recipe.light, order.region.clone());
    let (twin, prices, list) = tokio::join!(twin::state(grid, &identity), grid.chain.prices(), async {
        match shortlist(grid, &demand, &avoid).await {
            // Better a node that failed somebody lately than none.
            Err(NoPlace::NoFit { .. }) if !avoid.is_empty() => shortlist(grid, &demand, &[]).await,
            other => other,
        }
    });
    let (twin, prices, list) = (twin?, prices?, list?);
    let wanted = match order.node {
        Some(id) => wanted(services, &demand, &list.nodes, id).await,
        None => None,
    };
    let Some(node) = wanted.or_else(|| list.nodes.into_iter().next()) else {
        return Err(No::NoPlace(NoPlace::NoFit { without: vec![], elsewhere: vec![] }));
    };
    match &twin.kyc {
        Ok(Standing::Verified) => {}
        Ok(standing) => return Err(No::NotVerified(*standing)),
        Err(error) => return Err(error.clone().into()),
    }
    let estimate = estimate(&usages(&part), &prices, None);
    let want = amounts(&filled, estimate.month.tft);
    let ledger = services.people.ledger();
    if let Err(over) = ledger.fits(&account.key, &want)? {
        return Err(No::Over(over));
    }
    let (used, allowed) = (ledger.usage(&account.key)?, ledger.allowance(&account.key));
    // An account that was never funded will be; one that was has to hold enough.
    let need = runway(estimate.hour.tft, &services.config);
    let have = twin.balance.spendable();
    if twin.twin.is_some() && have < need && services.treasury.is_none() {
        return Err(No::Money { have, need, address: twin.address });
    }
    let known = twin.terms_accepted || account.terms.is_some();
    let terms = if known { None } else { Some(terms::fetch(grid.web.as_ref(), &grid.network).await?) };
    Ok(Quote {
        order: order.clone(),
        recipe,
        size,
        node,
        fitting: list.total,
        estimate,
        want,
        used,
        allowed,
        twin,
        terms,
        accepted: account.terms.clone(),
        filled,
    })
}

/// The node that was asked for, when it fits; a large grid's page of fitting nodes may not show it.
async fn wanted(services: &Services, demand: &Demand, listed: &[NodeInfo], id: NodeId) -> Option<NodeInfo> {
    if let Some(node) = listed.iter().find(|node| node.id == id) {
        return Some(node.clone());
    }
    let directory = Directory::new(services.grid.web.as_ref(), &services.grid.network);
    directory.node(id).await.ok().filter(|node| demand.fits(node))
}

fn part(recipe: &Recipe, filled: &Filled, first: Option<NodeId>) -> PartPlan {
    let gateway = recipe.gateway.as_ref().map(|gateway| Web { port: gateway.port, env: gateway.env.clone() });
    PartPlan { filled: filled.clone(), gateway, first }
}

/// What is billed: the machine's contract, and the web name's. A gateway's own contract uses nothing.
fn usages(part: &PartPlan) -> Vec<Usage> {
    let filled = &part.filled;
    let machine = Usage {
        resources: Resources {
            cru: u64::from(filled.cpu),
            mru: filled.memory_bytes,
            sru: filled.rootfs_bytes + filled.disks.iter().map(|(_, bytes)| bytes).sum::<u64>(),
            hru: 0,
        },
        ips: u64::from(filled.public_ipv4),
        names: 0,
    };
    let name = part.gateway.is_some().then_some(Usage { names: 1, ..Usage::default() });
    std::iter::once(machine).chain(name).collect()
}

fn amounts(filled: &Filled, month: Tft) -> Amounts {
    let disk = filled.rootfs_bytes + filled.disks.iter().map(|(_, bytes)| bytes).sum::<u64>();
    Amounts {
        nodes: 1,
        vcpu: u64::from(filled.cpu),
        memory_gb: filled.memory_bytes.div_ceil(GIB),
        disk_gb: disk.div_ceil(GIB),
        tft_per_month: month,
    }
}

impl Quote {
    /// The plan to write down when it is accepted; `terms` that the person accepted just now stand in it.
    pub(super) fn plan(self, id: &str, account: &Account, grid: &str) -> Plan {
        let parts = vec![part(&self.recipe, &self.filled, Some(self.node.id))];
        Plan {
            id: id.to_owned(),
            owner: account.key.clone(),
            payer: self.twin.address,
            grid: grid.to_owned(),
            order: self.order,
            terms: account.terms.clone().or(self.accepted),
            want: self.want,
            hourly: self.estimate.hour.tft,
            parts,
        }
    }
}
