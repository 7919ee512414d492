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

use crate::chat::{Ask, Platform, Tone, What};
use crate::clock::{Clock, Timestamp};
use crate::commands::{Answer, Desk};
use crate::delivery::{Delivery, Sent};
use crate::meters::AskOf;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How many asks are answered at a time. More are acknowledged, and wait for their turn.
const AT_ONCE: usize = 64;
/// How many asks wait or are answered; more wait at the platform.
const TAKEN: usize = 4096;
/// How long answers that are under way may take once the program is told to stop; what is left of ten seconds is for
/// the last requests.
const FAREWELL: Duration = Duration::from_secs(8);

/// A command panicked. The panic itself is logged by whoever watches the program's standard error.
#[derive(Debug, thiserror::Error)]
#[error("a command panicked")]
struct Panicked;

/// What serves a platform.
struct Conversation {
    platform: Arc<dyn Platform>,
    desk: Arc<Desk>,
    delivery: Delivery,
    stop: CancellationToken,
    turns: Semaphore,
}

/// Serves a platform until it ends, or `stop`; answers that are under way are finished. What an earlier run was asked
/// and did not answer is answered first.
pub async fn converse(platform: Arc<dyn Platform>, desk: Arc<Desk>, delivery: Delivery, stop: CancellationToken) {
    if let Err(error) = delivery.join(platform.clone()).await {
        tracing::error!(%error, "what an earlier run left cannot be gone on with");
    }
    let mut asks = JoinSet::new();
    let unanswered = delivery.unanswered(platform.name()).unwrap_or_else(|error| {
        tracing::error!(%error, "what an earlier run was asked is not known");
        Vec::new()
    });
    let turns = Semaphore::new(AT_ONCE);
    let conversation = Arc::new(Conversation { platform, desk, delivery, stop, turns });
    for (ask, arrived) in unanswered {
        let (conversation, span) = (conversation.clone(), span(&ask));
        asks.spawn(async move { conversation.again(ask, arrived).await }.instrument(span));
    }
    loop {
        tokio::select! {
            () = conversation.stop.cancelled() => break,
            ask = conversation.platform.receive(), if asks.len() < TAKEN => match ask {
                Some(ask) => {
                    let (conversation, span) = (conversation.clone(), span(&ask));
                    asks.spawn(async move { conversation.serve(ask).await }.instrument(span));
                }
                None => break,
            },
            Some(_) = asks.join_next() => {}
        }
    }
    let name = conversation.platform.name();
    let finished = async {
        while asks.join_next().await.is_some() {}
        conversation.delivery.quiet(name).await;
    };
    if tokio::time::timeout(FAREWELL, finished).await.is_err() {
        tracing::warn!(platform = name.word(), "an answer was still under way when the program stopped");
    }
}

/// What an ask is, for counting.
fn kind(what: &What) -> &'static str {
    match what {
        What::Arrived => "arrival",
        What::Invoke { .. } => "command",
        What::Press(_) => "press",
        What::Fill { .. } => "answer",
        What::Turn { .. } => "page",
        What::Said(_) => "line",
        What::Overheard(_) => "overheard",
    }
}

/// One id from an ask to the last edit of what answers it.
fn span(ask: &Ask) -> tracing::Span {
    tracing::info_span!("ask", id = %ask.id, platform = ask.room.platform.word())
}

impl Conversation {
    fn clock(&self) -> &Clock {
        &self.desk.house().clock
    }

    async fn serve(self: Arc<Self>, ask: Ask) {
        let (platform, delivery, arrived) = (&*self.platform, &self.delivery, self.clock().now());
        if self.desk.is_none_of_ours(&ask) {
            platform.accepted(&ask, true).await;
            return platform.settled(&ask, true).await;
        }
        let meters = &self.desk.house().meters;
        let word = platform.name().word();
        meters.asks.get_or_create(&AskOf { platform: word, kind: kind(&ask.what) }).inc();
        delivery.heard(&ask.room).await;
        let no = self.desk.foreign(&ask).map(|no| delivery.remark(&ask, no));
        if no.is_some() && platform.acknowledge(&ask, no.as_ref()).await {
            platform.accepted(&ask, true).await;
            return platform.settled(&ask, false).await;
        }
        let accept = async {
            let taken = delivery.accept(&ask).await;
            platform.accepted(&ask, taken.is_ok()).await;
            taken
        };
        // The person hears at once; the disk need not be waited for.
        let taken = match no {
            Some(_) => accept.await,
            None => {
                let began = Instant::now();
                let acknowledge = async {
                    platform.acknowledge(&ask, None).await;
                    meters.acknowledged(word, began.elapsed());
                };
                tokio::join!(accept, acknowledge).0
            }
        };
        match taken {
            Ok(true) => self.answer(ask, arrived).await,
            Ok(false) => platform.settled(&ask, true).await,
            Err(error) => {
                tracing::error!(%error, "an ask could not be taken on");
                platform.settled(&ask, false).await;
            }
        }
    }

    /// An ask that an earlier run took on. Whether it was acknowledged is not known.
    async fn again(self: Arc<Self>, ask: Ask, arrived: Timestamp) {
        self.platform.acknowledge(&ask, None).await;
        self.answer(ask, arrived).await;
    }

    async fn answer(self: Arc<Self>, ask: Ask, arrived: Timestamp) {
        // It is never closed.
        let turn = self.turns.acquire().await;
        let answer = match AssertUnwindSafe(self.desk.answer(&ask)).catch_unwind().await {
            Ok(Some(answer)) => answer,
            Ok(None) => {
                if let Err(error) = self.delivery.say_nothing(&ask).await {
                    tracing::error!(%error, "it could not be noted that an ask needs no answer");
                }
                return self.platform.settled(&ask, true).await;
            }
            Err(_) => Answer { reply: self.desk.fault(&Panicked, false), language: None },
        };
        let sent = self.delivery.deliver(&ask, answer, arrived).await;
        drop(turn);
        match sent {
            // Nobody but a script waits for what was started, so a farewell does not either.
            Ok(sent) => drop(tokio::spawn(self.settle(ask, sent).in_current_span())),
            Err(error) => {
                tracing::error!(%error, "an answer could not be delivered");
                self.platform.settled(&ask, false).await;
            }
        }
    }

    /// Waits until the answer is posted, and what it shows has come to rest.
    async fn settle(self: Arc<Self>, ask: Ask, mut sent: Sent) {
        let rest = async {
            let posted = sent.posted().await;
            match &sent.topic {
                _ if !posted => false,
                Some(topic) => self.delivery.rest(topic).await.is_some_and(Tone::is_well),
                None => sent.tone.is_well(),
            }
        };
        let well = tokio::select! {
            biased;
            well = rest => well,
            () = self.stop.cancelled() => false,
        };
        self.platform.settled(&ask, well).await;
    }
}
