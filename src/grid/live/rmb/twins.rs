//! Twins as the bus needs them: whose key signs, and which key decrypts. Kept for some minutes.
//!
//! Absence is not kept: a twin may be made the next moment.

use crate::grid::{Chain, GridResult, Twin, TwinId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const KEEP: Duration = Duration::from_secs(300);
const MANY: usize = 4096;

/// A memory in front of the chain.
pub(super) struct Twins {
    chain: Arc<dyn Chain>,
    known: Mutex<HashMap<TwinId, (Twin, Instant)>>,
}

impl Twins {
    pub fn new(chain: Arc<dyn Chain>) -> Self {
        Self { chain, known: Mutex::default() }
    }

    /// The twin, from memory when it is there.
    pub async fn get(&self, id: TwinId) -> GridResult<Option<Twin>> {
        if let Some((twin, at)) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id)
            && at.elapsed() < KEEP
        {
            return Ok(Some(twin.clone()));
        }
        self.fresh(id).await
    }

    /// The twin as it is on the chain now.
    pub async fn fresh(&self, id: TwinId) -> GridResult<Option<Twin>> {
        let twin = self.chain.twin(id).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            known.retain(|_, (_, at)| at.elapsed() < KEEP);
        }
        match &twin {
            Some(twin) if known.len() < MANY => drop(known.insert(id, (twin.clone(), Instant::now()))),
            Some(_) => {}
            None => drop(known.remove(&id)),
        }
        Ok(twin)
    }
}
