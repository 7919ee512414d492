//! Reserving: the allowance, and a twin that is there, funded, verified and reachable.

use super::{Halt, Sent, Work};
use crate::deploy::event::{Step, Why};
use crate::deploy::log::State;
use crate::deploy::quote::runway;
use crate::grid::kyc::Standing;
use crate::grid::terms::Terms;
use crate::grid::{Caller, GridError, Tft, TwinId, Tx, activation};
use crate::people::twin::{self, calls_to_settle, top_up};
use futures_util::FutureExt;
use std::time::Duration;

/// How long the activation service's transfer may take.
const ACTIVATION: Duration = Duration::from_secs(30);

impl Work<'_> {
    /// Makes sure of everything that comes before a contract. Looks before each thing that it does.
    pub async fn reserve(&self) -> Result<TwinId, Halt> {
        let plan = self.entry.log().await.plan;
        if self.tools.people.ledger().reserve(&plan.owner, &plan.id, plan.want).await?.is_err() {
            return Err(Halt::Turn(Why::Quota));
        }
        let caller = self.caller().await?;
        let grid = &self.tools.grid;
        let state = twin::state(grid, &caller.identity).await?;
        match state.kyc.clone()? {
            Standing::Verified => {}
            _ => return Err(Halt::Turn(Why::NotVerified)),
        }
        self.fund(&caller).await?;
        let terms = plan.terms.as_ref().map(|t| Terms { link: t.link.clone(), hash: t.hash.clone() });
        let calls = calls_to_settle(&grid.network, &caller.identity, &state, terms.as_ref())
            .map_err(|needed| Halt::Turn(Why::Refused(needed.to_string())))?;
        let settled = || async {
            let state = twin::state(grid, &caller.identity).await?;
            Ok(state.twin.is_some() && state.relay_ok)
        };
        if !calls.is_empty() {
            match self.send(&caller, &Tx::all(calls), Some(Step::Reserve), &|| settled().boxed()).await? {
                Ok(Sent::Landed(_)) => {}
                Ok(Sent::Lost) => return Err(Halt::Again("the twin's registration did not land".to_owned())),
                // Another hand (a second order of the same person) may have been quicker.
                Err(GridError::Refused(refused)) if settled().await? => {
                    tracing::info!(code = refused.code, "the twin was settled by another hand");
                }
                Err(error) => return Err(error.into()),
            }
        }
        let twin = grid.chain.twin_of(&caller.identity.account()).await?;
        let twin = twin.ok_or_else(|| Halt::Again("the twin is not to be seen yet".to_owned()))?;
        self.tools.people.note_twin(&plan.owner, twin).await?;
        Ok(twin)
    }

    /// Brings the account to what the deployment needs at least, from the treasury or the activation service.
    async fn fund(&self, caller: &Caller) -> Result<(), Halt> {
        let plan = self.entry.log().await.plan;
        let (grid, account) = (&self.tools.grid, caller.identity.account());
        let need = runway(plan.hourly, &self.tools.config);
        if self.tools.treasury.is_some() {
            // A transfer of an earlier try may have landed, or may still land: it must not be made twice.
            if let State::Began { until: Some(until), .. } = self.entry.log().await.reserve {
                let arrived = || async { Ok(grid.chain.balance(&account).await?.spendable() >= need) };
                self.settle(Some(until), &|| arrived().boxed()).await?;
            }
            self.lend(caller, need, Some(Step::Reserve)).await?;
        } else if grid.chain.balance(&account).await?.spendable() < activation::FLOOR.min(need) {
            activation::fund(grid, &account, ACTIVATION).await?;
        }
        let have = grid.chain.balance(&account).await?.spendable();
        if have < need { Err(Halt::Turn(Why::Money { have, need })) } else { Ok(()) }
    }

    /// Brings the account to `need` from the treasury, if there is one and it can pay.
    pub(super) async fn lend(&self, caller: &Caller, need: Tft, step: Option<Step>) -> Result<(), Halt> {
        let (grid, account) = (&self.tools.grid, caller.identity.account());
        let Some(treasury) = &self.tools.treasury else { return Ok(()) };
        let Some(call) = top_up(&grid.chain.balance(&account).await?, account, need) else { return Ok(()) };
        let treasury = Caller { identity: treasury.clone(), twin: TwinId(0) };
        let arrived = || async { Ok(grid.chain.balance(&account).await?.spendable() >= need) };
        match self.send(&treasury, &Tx::all(vec![call]), step, &|| arrived().boxed()).await? {
            Ok(_) => Ok(()),
            // The treasury is empty: what the account has decides.
            Err(GridError::Refused(refused)) => {
                tracing::error!(?refused, "the treasury could not pay");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the allowance back.
    pub async fn release(&self) -> Result<(), Halt> {
        let plan = &self.entry.seen().plan;
        Ok(self.tools.people.ledger().release(&plan.owner, &plan.id).await?)
    }
}
