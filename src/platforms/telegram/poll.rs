//! Long polling: we ask Telegram what has arrived.
//!
//! Our own loop, not the library's dispatcher: the next request confirms what the last one brought, so it is made
//! only when all of that is in safe hands; and a stop does not wait for Telegram. Not here: what an update means.

use super::intake::Intake;
use super::wire::Wire;
use crate::chat::PlatformName;
use crate::clock::Dice;
use crate::meters::Meters;
use std::sync::Arc;
use std::time::Duration;
use teloxide::types::Update;
use teloxide::{ApiError, RequestError};
use tokio_util::sync::CancellationToken;

/// The longest pause after an error.
const PAUSE: Duration = Duration::from_secs(30);
/// While another program polls, we try again after one second to so many milliseconds.
const RIVAL: u64 = 15_000;
/// What could not be written down is asked for again after this.
const UNSAFE: Duration = Duration::from_secs(1);

/// The loop.
pub struct Poll {
    /// The way to Telegram.
    pub wire: Wire,
    /// Where updates go.
    pub intake: Arc<Intake>,
    /// How long Telegram holds a request, in seconds.
    pub patience: u32,
    /// For pauses that do not beat in time with another's.
    pub dice: Dice,
    /// What is counted.
    pub meters: Meters,
    /// Ends it.
    pub stop: CancellationToken,
}

impl Poll {
    /// Polls until told to stop.
    pub async fn run(self) {
        let mut offset = None;
        let mut failures = 0_u32;
        // The bot's name was just asked for, so Telegram is there.
        self.link(true);
        loop {
            let round = async {
                match self.wire.updates(offset, self.patience).await {
                    Ok(updates) => {
                        self.link(true);
                        failures = 0;
                        let (next, safe) = self.take(&updates, offset).await;
                        offset = next;
                        if !safe {
                            tokio::time::sleep(UNSAFE).await;
                        }
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        let pause = self.trouble(&error, failures).await;
                        tokio::time::sleep(pause).await;
                    }
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = round => {}
            }
        }
        self.link(false);
    }

    /// Hands updates on, in order, and waits until they are safe. Returns from where on to ask next, and whether
    /// that is behind all of them.
    async fn take(&self, updates: &[Update], offset: Option<i32>) -> (Option<i32>, bool) {
        let mut taken = Vec::with_capacity(updates.len());
        for update in updates {
            taken.push((update, self.intake.hand(update).await));
        }
        let mut next = offset;
        for (update, taken) in taken {
            let Ok(id) = i32::try_from(update.id.0) else { continue };
            if let Some(taken) = taken
                && !taken.await.unwrap_or(false)
            {
                tracing::warn!(id, "an update could not be kept; Telegram is asked for it again");
                return (Some(id), false);
            }
            next = Some(id.saturating_add(1));
        }
        (next, true)
    }

    /// Tells of an error, does what helps, and says how long to wait.
    async fn trouble(&self, error: &RequestError, failures: u32) -> Duration {
        self.link(false);
        let told = self.wire.words(error);
        // Longer each time, for the other may be ourselves before a restart, or may not go away.
        let rival = || {
            let most = (1000 << failures.min(8)).min(RIVAL - 1000);
            Duration::from_millis(1000 + self.dice.below(most))
        };
        match error {
            RequestError::RetryAfter(after) => after.duration(),
            RequestError::Api(ApiError::TerminatedByOtherGetUpdates) => {
                tracing::warn!("another program polls with this bot’s token; each bot needs one program");
                rival()
            }
            RequestError::Api(ApiError::CantGetUpdates) => self.unhook().await,
            // The library knows an older wording of it.
            RequestError::Api(ApiError::Unknown(text)) if text.contains("webhook is active") => self.unhook().await,
            RequestError::Api(ApiError::InvalidToken) => {
                tracing::error!("Telegram does not take the bot’s token (any more)");
                PAUSE
            }
            _ => {
                tracing::warn!(error = told, failures, "Telegram could not be polled");
                let most = Duration::from_millis(250 << failures.min(8)).min(PAUSE);
                most / 2 + most.mul_f64(self.dice.below(1000) as f64 / 2000.0)
            }
        }
    }

    /// Somebody has set a webhook: nothing can be polled while there is one.
    async fn unhook(&self) -> Duration {
        tracing::warn!("a webhook was set for this bot while we poll; it is taken away");
        unhook(&self.wire).await;
        Duration::from_secs(1)
    }

    fn link(&self, up: bool) {
        self.meters.link(PlatformName::Telegram.word(), "poll", up);
    }
}

/// Takes the webhook away; what waits to be told stays.
pub async fn unhook(wire: &Wire) {
    use teloxide::payloads::setters::*;
    use teloxide::requests::Requester;
    if let Err(error) = wire.bot.delete_webhook().drop_pending_updates(false).await {
        tracing::warn!(error = wire.words(&error), "the webhook could not be taken away");
    }
}
