//! Doors: the one loop that drives every platform.
//!
//! Receive, acknowledge, ask the desk, deliver. A command cannot behave differently on one platform than on
//! another, for none of them knows any command. Not here: how a platform reads and draws.

pub mod discord;
mod doors;
mod finding;
pub mod layout;
pub mod telegram;
pub mod terminal;
pub mod words;

pub use doors::{Door, Doors, Keeper, OpenError, Opened, Standing};
pub use finding::{Finding, State};

use crate::chat::{Ask, Platform};
use crate::commands::{Answer, Desk};
use crate::delivery::Delivery;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How many asks are answered at a time; more wait at the platform.
const AT_ONCE: usize = 64;
/// How long answers that are under way may take once the program is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// A command panicked. The panic itself is logged by whoever watches the program's standard error.
#[derive(Debug, thiserror::Error)]
#[error("a command panicked")]
struct Panicked;

/// Serves a platform until it ends, or `stop`; answers that are under way are finished.
pub async fn converse(platform: Arc<dyn Platform>, desk: Arc<Desk>, delivery: Delivery, stop: CancellationToken) {
    if let Err(error) = delivery.join(platform.clone()).await {
        tracing::error!(%error, "messages from before cannot be kept true");
    }
    let mut asks = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            ask = platform.receive(), if asks.len() < AT_ONCE => match ask {
                Some(ask) => {
                    asks.spawn(serve(platform.clone(), desk.clone(), delivery.clone(), stop.clone(), ask));
                }
                None => break,
            },
            Some(_) = asks.join_next() => {}
        }
    }
    let finished = async { while asks.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, finished).await.is_err() {
        tracing::warn!("an answer was still under way when the program stopped");
    }
}

async fn serve(platform: Arc<dyn Platform>, desk: Arc<Desk>, delivery: Delivery, stop: CancellationToken, ask: Ask) {
    platform.accepted(&ask, true).await;
    let no = desk.foreign(&ask).map(|no| delivery.remark(&ask, no));
    if platform.acknowledge(&ask, no.as_ref()).await {
        return platform.settled(&ask, false).await;
    }
    let answer = match AssertUnwindSafe(desk.answer(&ask)).catch_unwind().await {
        Ok(Some(answer)) => answer,
        Ok(None) => return platform.settled(&ask, true).await,
        Err(_) => Answer { reply: desk.fault(&Panicked, false), language: None },
    };
    let (tone, topic) = match delivery.deliver(&*platform, &ask, answer).await {
        Ok(delivered) => delivered,
        Err(error) => {
            tracing::error!(%error, platform = platform.name().word(), "an answer could not be delivered");
            return platform.settled(&ask, false).await;
        }
    };
    // Nobody but a script waits for what was started, so a farewell does not either.
    tokio::spawn(async move {
        let well = match topic {
            Some(topic) => tokio::select! {
                tone = delivery.rest(&topic) => tone.is_some_and(crate::chat::Tone::is_well),
                () = stop.cancelled() => false,
            },
            None => tone.is_well(),
        };
        platform.settled(&ask, well).await;
    });
}
