//! The steps: what each makes, how it finds what an earlier try has made, and how it is taken back.
//!
//! A step looks before it acts, records before it acts, and can be dropped at any await: a crash, a person's
//! *stop* and a lost connection are all the same to it. Not here: which step is next (`log`).

mod contract;
mod launch;
mod place;
mod prove;
mod reserve;

use super::Tools;
use super::drive::Entry;
use super::event::{Event, Failure, FailureKind, Step, Why};
use super::plan::Site;
use crate::grid::{AccountId, Caller, GridError, GridResult, NodeId, Refused, TwinId, Tx};
use crate::store::StoreError;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Between two looks at something that is under way on the chain.
const LOOK: Duration = Duration::from_secs(2);

/// How many best blocks may still be exchanged for others, or be missing at another endpoint.
const REORG: u32 = 4;

/// Why a step did not end with an outcome.
#[derive(Debug)]
pub(super) enum Halt {
    /// Everything has to be taken back.
    Turn(Why),
    /// This node will not do; another may.
    Fail(Failure),
    /// Something did not answer: the same again, later.
    Again(String),
    /// Our own store failed.
    Store(StoreError),
}

impl From<GridError> for Halt {
    /// Passing trouble is waited out; a clear no ends the deployment. Where another node may heal it, the step
    /// says so itself.
    fn from(error: GridError) -> Self {
        match error {
            GridError::Refused(refused) => Self::Turn(Why::Refused(format!("{} ({})", refused.text, refused.code))),
            GridError::Passing { .. } | GridError::Unclear { .. } | GridError::Missing { .. } => {
                Self::Again(error.to_string())
            }
        }
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) fn fail(kind: FailureKind, node: Option<NodeId>, text: impl Into<String>) -> Halt {
    Halt::Fail(Failure { kind, node, text: text.into() })
}

/// One step of one part of one deployment, at work.
pub(super) struct Work<'a> {
    pub tools: &'a Tools,
    pub entry: &'a Entry,
    pub part: u16,
}

/// Whether an effect is there: asked again and again until it is, or can never be.
type There<'a> = &'a (dyn Fn() -> BoxFuture<'a, GridResult<bool>> + Sync);

/// What sending came to.
pub(super) enum Sent {
    /// It is in a block, perhaps with a call that the chain refused (only where others stand without it). What it
    /// made is found by looking: the answer may have been lost.
    Landed(Option<Refused>),
    /// It did not land, and never will; nothing happened.
    Lost,
}

impl Work<'_> {
    /// The person's key and twin.
    async fn caller(&self) -> Result<Caller, Halt> {
        let log = self.entry.log().await;
        let account = self.tools.people.get(&log.plan.owner)?;
        let account = account.ok_or_else(|| Halt::Again("the owner's account is not in the store".to_owned()))?;
        let identity = self.tools.twins.acting_as(&account, log.plan.payer);
        let identity = identity.ok_or_else(|| {
            tracing::error!(deployment = self.entry.id, payer = %log.plan.payer, "the key of this account is not at hand");
            Halt::Again(format!("the key of {} is not at hand", log.plan.payer))
        })?;
        let twin = log.reserve.done().copied().unwrap_or(TwinId(0));
        Ok(Caller { identity, twin })
    }

    async fn site(&self) -> Result<Site, Halt> {
        let log = self.entry.log().await;
        let part = log.parts.get(usize::from(self.part));
        part.and_then(|part| part.place.done().cloned()).ok_or_else(|| Halt::Again("no place yet".to_owned()))
    }

    /// Writes an event down; when that fails, or it comes too late, the step must not go on.
    pub async fn record(&self, event: Event) -> Result<(), Halt> {
        match self.tools.record(self.entry, event).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halt::Again("the deployment went another way meanwhile".to_owned())),
            Err(error) => Err(Halt::Store(error)),
        }
    }

    /// Signs, writes down until when it can land, and sends; `there` looks whether its effect exists, for when
    /// the answer is lost. Holds the account's lane all the while.
    async fn send(
        &self,
        caller: &Caller,
        tx: &Tx,
        step: Option<Step>,
        there: There<'_>,
    ) -> Result<Result<Sent, GridError>, Halt> {
        let chain = &self.tools.grid.chain;
        let account: AccountId = caller.identity.account();
        let _lane = self.tools.grid.lanes.enter(account).await;
        let prepared = match chain.prepare(&caller.identity, tx).await {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(step) = step {
            self.record(Event::Began { step, part: self.part, until: Some(prepared.last_block) }).await?;
        }
        match chain.send(&prepared).await {
            Ok(landed) => Ok(Ok(Sent::Landed(landed.items.into_iter().find_map(Result::err)))),
            Err(GridError::Unclear { text, .. }) => {
                tracing::info!(deployment = self.entry.id, %text, "an extrinsic's fate is unclear; looking");
                let landed = self.settle(Some(prepared.last_block), there).await?;
                Ok(Ok(if landed { Sent::Landed(None) } else { Sent::Lost }))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// Waits until the effect is there, or can never come: the block `until` has passed and it is still not.
    async fn settle(&self, until: Option<u32>, there: There<'_>) -> Result<bool, Halt> {
        loop {
            // The head first: what lands after this look lands after this head.
            let head = self.tools.grid.chain.head().await;
            match (head, there().await) {
                (_, Ok(true)) => return Ok(true),
                (Ok(head), Ok(false)) if until.is_none_or(|until| head.number > until.saturating_add(REORG)) => {
                    return Ok(false);
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }
}
