//! Telegram: the door for private chats, groups and forum topics.
//!
//! The library is used for its types, its requests and its errors. Its dispatcher is not: it confirms what arrived
//! before it is safe, keeps an order of its own, and stops only when Telegram lets it. Not here: what commands do,
//! and in which order and how fast messages go out (`delivery`).

mod config;
mod fail;
mod handle;
mod intake;
mod keys;
mod link;
mod menu;
mod poll;
mod post;
mod receive;
mod render;
mod setup;
mod webhook;
mod wire;

pub use config::{Config, Mode};
pub use setup::{check, guide};

use crate::chat::{Anchor, Ask, Card, Limits, Platform, PlatformError, PlatformName, Post, Rate, Rates};
use crate::clock::Dice;
use crate::meters::Meters;
use crate::platforms::OpenError;
use crate::secret::SecretString;
use crate::speech::Voices;
use async_trait::async_trait;
use handle::Handle;
use intake::Intake;
use poll::Poll;
use post::Pen;
use receive::Myself;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;
use wire::Wire;

/// How long somebody who pressed a button may wait for Telegram to hear that it was seen.
const NOTICE: Duration = Duration::from_secs(5);
/// Letters in an alert: Telegram's.
const ALERT: usize = 200;

/// What the outside gives.
pub struct Options {
    /// The operator's settings.
    pub config: Config,
    /// The bot's token.
    pub token: SecretString,
    /// The words around the cards.
    pub voices: Arc<Voices>,
    /// What is counted.
    pub meters: Meters,
    /// Chance.
    pub dice: Dice,
}

/// Telegram, open.
pub struct Telegram {
    pen: Pen,
    intake: Arc<Intake>,
    asks: Mutex<mpsc::Receiver<Ask>>,
    /// Messages a second over all chats.
    per_second: u32,
    stop: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

/// An address of the configuration.
fn address(text: &str, key: &str) -> Result<Url, OpenError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| OpenError::never(format!("{key} is no address: {text:?}"), format!("correct {key}")))
}

impl Telegram {
    /// Opens it: asks Telegram who we are, and begins to listen.
    ///
    /// # Errors
    /// When the token or the settings are wrong, or Telegram does not answer.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        let Options { config, token, voices, meters, dice } = options;
        let api = address(&config.api, "telegram.api")?;
        let wire = Wire::new(&api, &token, Duration::from_secs(config.patience.into()))
            .ok_or_else(|| OpenError::passing("no client for Telegram could be made"))?;
        let me = setup::who(&wire).await?;
        let me = Myself { id: me.user.id, name: me.user.username.clone().unwrap_or_default() };
        let (intake, asks) = Intake::new(me.clone(), wire.clone(), voices.clone(), meters.clone());
        let intake = Arc::new(intake);
        let stop = CancellationToken::new();
        // Whatever ends first, no more asks come.
        let mut tasks = JoinSet::new();
        match config.mode {
            Mode::Poll => {
                look(&wire).await?;
                let (wire, intake, stop) = (wire.clone(), intake.clone(), stop.clone());
                let poll = Poll { wire, intake, patience: config.patience, dice, meters, stop: stop.clone() };
                tasks.spawn(async move {
                    let _end = stop.drop_guard();
                    poll.run().await;
                });
            }
            Mode::Webhook => {
                let url = address(&config.url, "telegram.url")?;
                if !config.path.starts_with('/') {
                    return Err(OpenError::never("telegram.path does not begin with /", "correct telegram.path"));
                }
                let listener = TcpListener::bind(config.listen)
                    .await
                    .map_err(|error| OpenError::passing(format!("cannot listen at {}: {error}", config.listen)))?;
                let secret = webhook::secret(&token);
                let (intake, ends, path) = (intake.clone(), stop.clone(), config.path.clone());
                let name = PlatformName::Telegram.word();
                meters.link(name, "webhook", true);
                let served = secret.clone();
                tasks.spawn(async move {
                    let end = ends.clone().drop_guard();
                    webhook::serve(listener, &path, &served, intake, ends).await;
                    meters.link(name, "webhook", false);
                    drop(end);
                });
                webhook::set(&wire, url, &secret, config.connections).await.map_err(|error| {
                    OpenError::passing(format!("Telegram does not take the webhook: {}", wire.words(&error)))
                })?;
            }
        }
        let (way, words, ends) = (wire.clone(), voices.clone(), stop.clone());
        tasks.spawn(async move {
            ends.run_until_cancelled(menu::settle(&way, &words)).await;
        });
        let pen = Pen { wire, me, voices };
        let (asks, per_second, tasks) = (Mutex::new(asks), config.per_second, Mutex::new(tasks));
        Ok(Arc::new(Self { pen, intake, asks, per_second, stop, tasks }))
    }

    /// What we are called there, without `@`.
    pub fn username(&self) -> &str {
        &self.pen.me.name
    }

    /// Listens no more. What is not confirmed comes again at the next start.
    pub async fn close(&self, within: Duration) {
        self.stop.cancel();
        let mut tasks = self.tasks.lock().await;
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, ended).await.is_err() {
            tasks.abort_all();
        }
    }
}

/// Takes away a webhook, with which nothing can be polled.
async fn look(wire: &Wire) -> Result<(), OpenError> {
    use teloxide::requests::Requester;
    let info = wire.bot.get_webhook_info().await;
    let info = info.map_err(|error| OpenError::passing(format!("Telegram does not answer: {}", wire.words(&error))))?;
    if info.url.is_some() {
        tracing::warn!("a webhook is set for this bot; it is taken away, for we poll");
        poll::unhook(wire).await;
    }
    Ok(())
}

#[async_trait]
impl Platform for Telegram {
    fn name(&self) -> PlatformName {
        PlatformName::Telegram
    }

    fn limits(&self) -> Limits {
        let rate =
            |count, seconds| NonZeroU32::new(count).map(|count| Rate { count, per: Duration::from_secs(seconds) });
        Limits {
            // What Telegram documents; delivery leaves a little of it unused.
            rates: Rates { all: rate(self.per_second, 1), room: rate(1, 1), group: rate(20, 60) },
            free: None,
            pace: Duration::from_secs(3),
            tick: Some(Duration::from_secs(15)),
            lasting: true,
            quiet: true,
        }
    }

    async fn receive(&self) -> Option<Ask> {
        let mut asks = self.asks.lock().await;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            ask = asks.recv() => ask,
        }
    }

    async fn accepted(&self, ask: &Ask, safe: bool) {
        self.intake.accepted(ask, safe);
    }

    async fn acknowledge(&self, ask: &Ask, no: Option<&Card<String>>) -> bool {
        let Some(Handle::Query(query)) = ask.handle.as_deref().and_then(Handle::read) else { return false };
        let alert = no.map(|card| render::brief(card, ALERT));
        let shows = alert.is_some();
        match tokio::time::timeout(NOTICE, self.pen.wire.answer(&query, alert)).await {
            Ok(Ok(())) => shows,
            Ok(Err(error)) => {
                // Too late, as a rule: Telegram holds a press for seconds only.
                tracing::info!(error = self.pen.wire.words(&error), "a press could not be acknowledged");
                false
            }
            Err(_) => {
                tracing::info!("Telegram was too slow to acknowledge a press");
                false
            }
        }
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        self.pen.post(post).await
    }

    async fn edit(&self, anchor: &Anchor, card: &Card<String>, _ask: Option<&Ask>) -> Result<Anchor, PlatformError> {
        self.pen.edit(anchor, card).await
    }
}
