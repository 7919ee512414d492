//! The port to the reliable message bus (RMB): ask a twin to run a command.
//!
//! Not the wire: tokens, envelopes and encryption are in `live/`. Typed node commands are in `zos`.

use super::{GridResult, Identity, TwinId};
use async_trait::async_trait;
use serde_json::Value;
use std::time::Duration;

/// Who asks: a key, and the twin that it has on the chain.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Signs and encrypts.
    pub identity: Identity,
    /// The twin of that account.
    pub twin: TwinId,
}

/// Commands over RMB.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Asks `to` to run `command` with `payload` (JSON) and waits for its answer, at most `within`.
    ///
    /// # Errors
    /// [`GridError::Refused`](super::GridError) by the node when it answered with an error (code `error`, its
    /// own words); by the relay when the relay did; `Unclear` when no answer came in time after the message
    /// was handed over (the command may have run); `Passing` when it could not be sent.
    async fn call(
        &self,
        from: &Caller,
        to: TwinId,
        command: &str,
        payload: Value,
        within: Duration,
    ) -> GridResult<Value>;
}
