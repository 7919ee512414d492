//! Contracts: made all at once, found by node and hash and by name, cancelled to undo everything.

use super::{Halt, Sent, Work, fail};
use crate::deploy::document::{Documents, documents};
use crate::deploy::event::{Contracts, Event, FailureKind, Step, Why};
use crate::deploy::log::State;
use crate::deploy::plan::Site;
use crate::deploy::quote::FEES;
use crate::grid::{
    Batch, Call, Caller, ContractId, ContractKind, GridError, GridResult, NodeId, Party, Refused, TwinId, Tx,
};
use futures_util::FutureExt;

impl Work<'_> {
    pub(super) async fn documents(&self, twin: TwinId, site: &Site) -> Result<Documents, Halt> {
        let plan = self.entry.log().await.plan.clone();
        documents(&plan, self.part, site, twin, &self.tools.root).ok_or_else(|| Halt::Again("no such part".to_owned()))
    }

    /// The contracts of these documents, as far as they exist and are ours.
    async fn find_each(&self, documents: &Documents, twin: TwinId) -> GridResult<Found> {
        let chain = &self.tools.grid.chain;
        let name = match &documents.name {
            Some(name) => match chain.contract_by_name(name).await? {
                Some(id) => chain.contract(id).await?.filter(|c| c.twin == twin).map(|c| c.id),
                None => None,
            },
            None => None,
        };
        let gateway = match &documents.gateway {
            Some(document) => chain.contract_by_hash(document.node, &document.deployment.hash()).await?,
            None => None,
        };
        let machine = chain.contract_by_hash(documents.machine.node, &documents.machine.deployment.hash()).await?;
        Ok(Found { machine, gateway, name })
    }

    /// Makes the contracts of this part in one all-or-nothing extrinsic.
    pub async fn contract(&self) -> Result<Contracts, Halt> {
        let caller = self.caller().await?;
        let site = self.site().await?;
        let documents = self.documents(caller.twin, &site).await?;
        let until = match self.entry.log().await.parts.get(usize::from(self.part)).map(|p| p.contract.clone()) {
            Some(State::Began { until, .. }) => until,
            _ => None,
        };
        let look = || async { Ok(self.find_each(&documents, caller.twin).await?.whole(&documents).is_some()) };
        let there = || look().boxed();
        // An earlier try may have landed, or may still land.
        if until.is_some() && self.settle(until, &there).await? {
            return self.found(&documents, caller.twin).await;
        }
        let tx = Tx::all(documents.calls());
        match self.send(&caller, &tx, Some(Step::Contract), &there).await? {
            Ok(Sent::Landed(_)) => self.found(&documents, caller.twin).await,
            Ok(Sent::Lost) => Err(Halt::Again("the contracts did not land".to_owned())),
            Err(GridError::Refused(refused)) => Err(self.refused(&refused, &caller, &documents, &site).await),
            Err(error) => Err(error.into()),
        }
    }

    async fn found(&self, documents: &Documents, twin: TwinId) -> Result<Contracts, Halt> {
        // A read may lag the block that we were told of; the contracts are there or will be.
        let found = self.find_each(documents, twin).await?;
        let contracts = found.whole(documents);
        let contracts = contracts.ok_or_else(|| Halt::Again("the contracts are not all to be seen yet".to_owned()))?;
        let plan = &self.entry.seen().plan;
        self.tools.people.ledger().commit(&plan.owner, &plan.id).await?;
        Ok(contracts)
    }

    /// What a refusal means. Nothing was made, and nothing will be: a batch is all or nothing, and what was
    /// refused is in no pool.
    async fn refused(&self, refused: &Refused, caller: &Caller, documents: &Documents, site: &Site) -> Halt {
        let name = refused.code.rsplit('.').next().unwrap_or_default();
        let halt = match name {
            // Ours, from an earlier try: the next look finds it.
            "ContractIsNotUnique" => return Halt::Again(refused.text.clone()),
            "NameExists" => match self.find_each(documents, caller.twin).await {
                Ok(found) if found.name.is_none() => fail(FailureKind::Chain, None, refused.text.clone()),
                _ => return Halt::Again(refused.text.clone()),
            },
            "payment" | "InsufficientBalance" => {
                let have = self.tools.grid.chain.balance(&caller.identity.account()).await;
                let have = have.map(|balance| balance.spendable()).unwrap_or_default();
                Halt::Turn(Why::Money { have, need: self.entry.seen().plan.hourly })
            }
            "NodeNotAvailableToDeploy"
            | "NodeNotExists"
            | "FarmNotExists"
            | "FarmHasNotEnoughPublicIPs"
            | "FarmHasNotEnoughPublicIPsFree" => {
                let node = self.blame(site, documents).await;
                fail(FailureKind::Chain, Some(node), refused.text.clone())
            }
            _ if refused.code.contains('.') || name == "argument" => {
                Halt::Turn(Why::Refused(format!("{} ({})", refused.text, refused.code)))
            }
            // A nonce taken by another hand, an era that ran out: the same again.
            _ => Halt::Again(refused.text.clone()),
        };
        match self.record(Event::Undid { step: Step::Contract, part: self.part }).await {
            Ok(()) => halt,
            Err(store) => store,
        }
    }

    /// `batch_all` does not say which item failed: the gateway's node when it is down or rented, else the machine's.
    async fn blame(&self, site: &Site, documents: &Documents) -> NodeId {
        if let Some(gateway) = &documents.gateway
            && let Ok(node) = self.tools.grid.chain.node(gateway.node).await
            && node.is_none_or(|node| node.down || node.rent.is_some() || node.extra_fee > 0)
        {
            return gateway.node;
        }
        site.machine.node
    }

    /// Cancels whatever exists of this part's contracts, and returns when nothing does. Nothing there is success.
    pub async fn cancel(&self) -> Result<(), Halt> {
        let caller = self.caller().await?;
        let (known, until) = {
            let log = self.entry.log().await;
            match log.parts.get(usize::from(self.part)).map(|part| part.contract.clone()) {
                Some(State::Did { outcome, .. }) => (Some(outcome.all()), None),
                Some(State::Began { until, .. }) => (None, until),
                _ => (Some(Vec::new()), None),
            }
        };
        let ids = match known {
            Some(ids) => ids,
            None => {
                let site = self.site().await?;
                let documents = self.documents(caller.twin, &site).await?;
                let look = || async { Ok(self.find_each(&documents, caller.twin).await?.any()) };
                if !self.settle(until, &|| look().boxed()).await? {
                    return Ok(());
                }
                self.find_each(&documents, caller.twin).await?.all()
            }
        };
        loop {
            let mut alive = Vec::new();
            for id in &ids {
                if self.ours(*id, caller.twin).await? {
                    alive.push(*id);
                }
            }
            if alive.is_empty() {
                return Ok(());
            }
            let calls = alive.iter().map(|id| Call::Cancel { contract: *id }).collect();
            let gone = || async {
                for id in &alive {
                    if self.tools.grid.chain.contract(*id).await?.is_some() {
                        return Ok(false);
                    }
                }
                Ok(true)
            };
            // Each on its own: one that is gone meanwhile must not keep the others.
            match self.send(&caller, &Tx { calls, batch: Batch::Force }, None, &|| gone().boxed()).await? {
                // Gone by another hand, or cancelled twice: the next look says so.
                Ok(Sent::Landed(Some(refused))) if refused.code.ends_with(".ContractNotExists") => {}
                // Each try costs a fee: not at once again.
                Ok(Sent::Landed(Some(refused))) => {
                    return Err(Halt::Again(format!("{} ({})", refused.text, refused.code)));
                }
                Ok(Sent::Landed(None) | Sent::Lost) => {}
                Err(GridError::Refused(refused)) if refused.code == "payment" => {
                    self.lend(&caller, FEES, None).await?;
                    let account = caller.identity.account();
                    let have = self.tools.grid.chain.balance(&account).await?.spendable();
                    if have < FEES {
                        // Whoever sends something to it lets this go on; else the chain ends unpaid contracts itself.
                        let (have, need) = (have.as_f64(), FEES.as_f64());
                        let text = format!("{account} has {have} TFT, cancelling takes {need} TFT in fees");
                        return Err(Halt::Again(text));
                    }
                }
                Err(GridError::Refused(refused)) if refused.by == Party::Chain => {
                    return Err(Halt::Again(format!("{} ({})", refused.text, refused.code)));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn ours(&self, id: ContractId, twin: TwinId) -> GridResult<bool> {
        Ok(self.tools.grid.chain.contract(id).await?.is_some_and(|contract| {
            debug_assert!(!matches!(contract.kind, ContractKind::Rent { .. }), "Bellhop rents nothing");
            contract.twin == twin
        }))
    }
}

/// Contracts that were found.
struct Found {
    machine: Option<ContractId>,
    gateway: Option<ContractId>,
    name: Option<ContractId>,
}

impl Found {
    fn any(&self) -> bool {
        self.machine.or(self.gateway).or(self.name).is_some()
    }

    fn all(&self) -> Vec<ContractId> {
        self.gateway.iter().chain(&self.name).chain(&self.machine).copied().collect()
    }

    fn whole(&self, documents: &Documents) -> Option<Contracts> {
        let complete =
            documents.gateway.is_some() == self.gateway.is_some() && documents.name.is_some() == self.name.is_some();
        let machine = self.machine.filter(|_| complete)?;
        Some(Contracts { machine, gateway: self.gateway, name: self.name })
    }
}
