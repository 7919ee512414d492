//! Discord: slash commands, buttons, dialogs and messages become asks; cards become messages.
//!
//! serenity brings the gateway, the model and the routes; requests are sent by a small client of our own (see
//! `rest`). Nothing outside this folder knows Discord. Not here: limits, retries and queues, which are delivery's.

mod config;
mod controls;
mod custom;
mod edge;
mod first;
mod gateway;
mod markdown;
mod place;
mod receive;
mod register;
mod render;
mod rest;
mod send;
mod setup;
mod threads;

pub use config::{Config, Mode};
pub use edge::{Edge, public_key, router};
pub use setup::{check, guide};

use crate::chat::{Anchor, Ask, Card, Limits, Platform, PlatformError, PlatformName, Post, Rate, Rates, Suggest};
use crate::clock::Clock;
use crate::meters::Meters;
use crate::secret::{ExposeSecret, SecretString};
use crate::speech::Voices;
use async_trait::async_trait;
use gateway::{Gateway, Plan};
use receive::Handle;
use register::Registered;
use reqwest::Method;
use rest::{Call, Fault, Rest};
use serde_json::{Value, json};
use serenity::all::InteractionId;
use serenity::http::Route;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What Discord needs to be served.
pub struct Options {
    /// The operator's settings.
    pub config: Config,
    /// The bot's token.
    pub token: SecretString,
    /// Completions.
    pub suggest: Suggest,
    /// Words.
    pub voices: Arc<Voices>,
    /// Counts.
    pub meters: Meters,
    /// The time.
    pub clock: Clock,
}

/// Discord cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It does not know the token.
    #[error("Discord does not know this token")]
    Token,
    /// It cannot be reached; it may be different in a moment.
    #[error("Discord cannot be served yet: {0}")]
    Passing(String),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused { status: 401, .. } => Self::Token,
            fault => Self::Passing(fault.to_string()),
        }
    }
}

/// What everybody who hears something needs.
struct Heard {
    rest: Arc<Rest>,
    asks: UnboundedSender<Ask>,
    voices: Arc<Voices>,
    suggest: Suggest,
    meters: Meters,
}

impl Heard {
    /// Hands an ask on. When nobody takes asks any more, the program is stopping.
    fn ask(&self, ask: Ask) {
        let _ = self.asks.send(ask);
    }
}

/// How asks come in.
enum Door {
    Gateway(Gateway),
    Http { address: std::net::SocketAddr, server: Mutex<Option<JoinHandle<()>>> },
}

/// Discord, being served.
pub struct Discord {
    rest: Arc<Rest>,
    own: setup::Own,
    config: Config,
    voices: Arc<Voices>,
    asks: tokio::sync::Mutex<UnboundedReceiver<Ask>>,
    door: Door,
    ended: CancellationToken,
    /// Channels that take no threads, by number: said once each.
    threadless: Mutex<HashSet<u64>>,
}

impl Discord {
    /// Connects to Discord: learns who we are, sees to the commands, and opens the way in.
    ///
    /// # Errors
    /// When the token is not known, Discord cannot be reached, or a setting is wrong.
    pub async fn open(options: Options) -> Result<Arc<Self>, OpenError> {
        let Options { config, token, suggest, voices, meters, clock } = options;
        let rest = Arc::new(Rest::new(&config.api, &token)?);
        let own = setup::own(&rest).await?;
        let (sender, asks) = unbounded_channel();
        let ended = CancellationToken::new();
        match register::register(&rest, own.application, &voices).await {
            Ok(Registered::Same) => {}
            Ok(Registered::Written) => tracing::info!("the commands were written to Discord"),
            Ok(Registered::Differs) => tracing::error!("Discord has other commands than were written to it"),
            Err(fault) => tracing::error!(%fault, "the commands could not be seen to at Discord"),
        }
        let door = match config.mode {
            Mode::Gateway => {
                let told = rest.send(Call::new(Method::GET, Route::GatewayBot)).await?;
                let url = told.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
                if url.is_empty() {
                    return Err(OpenError::Passing("it did not say where its gateway is".to_owned()));
                }
                let advised = told.get("shards").and_then(Value::as_u64).and_then(|shards| u32::try_from(shards).ok());
                let plan = Plan {
                    api: &config.api,
                    token: token.expose_secret(),
                    url,
                    shards: config.shards.or(advised).unwrap_or(1).max(1),
                    patience: Duration::from_secs(config.patience.max(1)),
                    me: own.user,
                };
                let heard = Heard { rest: rest.clone(), asks: sender, voices: voices.clone(), suggest, meters };
                Door::Gateway(Gateway::start(plan, Arc::new(heard), ended.clone()))
            }
            Mode::Http => {
                let key = public_key(&config.public_key)
                    .ok_or_else(|| OpenError::Setting("discord.public_key is not 64 hex digits".to_owned()))?;
                let listener = TcpListener::bind(config.listen)
                    .await
                    .map_err(|error| OpenError::Setting(format!("discord.listen {}: {error}", config.listen)))?;
                let address = listener.local_addr().map_err(|error| OpenError::Setting(error.to_string()))?;
                let link = meters.clone();
                let edge = Edge { key, voices: voices.clone(), suggest, asks: sender, clock, meters };
                let (router, stop) = (router(edge, &config.path), ended.clone());
                link.link("discord", "endpoint", true);
                let server = tokio::spawn(async move {
                    let served = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
                    if let Err(error) = served.await {
                        tracing::error!(%error, "the endpoint for Discord ended");
                    }
                    link.link("discord", "endpoint", false);
                    stop.cancel();
                });
                Door::Http { address, server: Mutex::new(Some(server)) }
            }
        };
        tracing::info!(bot = own.name, application = %own.application, "serving Discord");
        let asks = tokio::sync::Mutex::new(asks);
        Ok(Arc::new(Self { rest, own, config, voices, asks, door, ended, threadless: Mutex::default() }))
    }

    /// What we are called there.
    pub fn username(&self) -> &str {
        &self.own.name
    }

    /// Where the endpoint listens, in `http` mode.
    pub fn endpoint(&self) -> Option<std::net::SocketAddr> {
        match &self.door {
            Door::Http { address, .. } => Some(*address),
            Door::Gateway(_) => None,
        }
    }

    /// Takes no more asks, and says farewell to Discord within this time. What is asked already is still answered.
    pub async fn close(&self, within: Duration) {
        self.ended.cancel();
        match &self.door {
            Door::Gateway(gateway) => gateway.close(within).await,
            Door::Http { server, .. } => {
                let server = server.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                if let Some(server) = server {
                    let _ = tokio::time::timeout(within, server).await;
                }
            }
        }
    }

    /// Gives the first answer to an interaction. It has no limit of the bot's; what passes is tried once more, for there
    /// are only three seconds.
    async fn call_back(rest: &Rest, interaction: u64, token: &str, answer: &Value) -> Result<(), Fault> {
        let route = Route::InteractionResponse { interaction_id: InteractionId::new(interaction), token };
        let call = || Call::new(Method::POST, route).body(answer.clone());
        match rest.send(call()).await {
            Err(Fault::Passing(_)) => rest.send(call()).await.map(drop),
            done => done.map(drop),
        }
    }

    /// The message with a `no`, for one person alone.
    fn remark(&self, ask: &Ask, no: &Card<String>) -> Value {
        let spoken = no.language.as_deref().into_iter().chain(ask.locale.as_deref());
        let drawn = render::draw(no, &self.voices.find(spoken));
        let mut body = render::body(drawn.parts.first().map_or("", String::as_str), None);
        render::set(&mut body, "flags", json!(render::SUPPRESS_EMBEDS | render::EPHEMERAL));
        body
    }
}

#[async_trait]
impl Platform for Discord {
    fn name(&self) -> PlatformName {
        PlatformName::Discord
    }

    fn limits(&self) -> Limits {
        let rate =
            |count, seconds| NonZeroU32::new(count).map(|count| Rate { count, per: Duration::from_secs(seconds) });
        Limits {
            rates: Rates { all: rate(50, 1), room: rate(5, 5), group: None },
            // An interaction’s token lives for 15 minutes, and what goes by it is under no limit of the bot’s.
            free: Some(Duration::from_mins(10)),
            pace: Duration::from_secs(2),
            tick: Some(Duration::from_secs(10)),
            lasting: true,
            quiet: true,
        }
    }

    async fn receive(&self) -> Option<Ask> {
        let mut asks = self.asks.lock().await;
        tokio::select! {
            biased;
            ask = asks.recv() => ask,
            () = self.ended.cancelled() => None,
        }
    }

    async fn acknowledge(&self, ask: &Ask, no: Option<&Card<String>>) -> bool {
        let (Some(handle), Ok(interaction)) = (Handle::of(ask), place::snowflake(&ask.id)) else { return false };
        let at_edge = matches!(self.door, Door::Http { .. });
        let done = match no {
            Some(no) if at_edge => {
                let application_id = self.own.application;
                let route = Route::WebhookFollowupMessages { application_id, token: &handle.token };
                self.rest.send(Call::new(Method::POST, route).body(self.remark(ask, no))).await.map(drop)
            }
            None if at_edge => return false,
            Some(no) => {
                let answer = json!({ "type": 4, "data": self.remark(ask, no) });
                Self::call_back(&self.rest, interaction, &handle.token, &answer).await
            }
            None => {
                let answer = edge::wire(&first::acknowledgement(handle.ack));
                Self::call_back(&self.rest, interaction, &handle.token, &answer).await
            }
        };
        match done {
            Ok(()) => no.is_some(),
            Err(fault) => {
                // Too late, or somebody else was faster; the answer finds another way.
                tracing::warn!(%fault, "an interaction could not be acknowledged");
                false
            }
        }
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        self.post_card(post).await
    }

    async fn edit(&self, anchor: &Anchor, card: &Card<String>, ask: Option<&Ask>) -> Result<Anchor, PlatformError> {
        self.edit_card(anchor, card, ask).await
    }
}
