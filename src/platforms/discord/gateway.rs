//! The gateway: serenity's shards, and a watch over them.
//!
//! serenity reconnects and resumes by itself, and sometimes hangs while it does (chat-pitfalls.md 1 to 3), and what it
//! cannot read it drops in silence (5). So every sign of life of a shard is noted; one that gives none is started anew,
//! and when that does not help either, serving ends, so that whoever supervises the program starts it again. Its
//! client is not used: when it cannot ask where the gateway is, it takes the real one.

use super::{Discord, Heard};
use super::{edge, first, receive};
use crate::meters::On;
use futures_util::StreamExt;
use serenity::all::{ConnectionStage, Event, GatewayIntents, ShardId, UserId};
use serenity::client::{Context, RawEventHandler};
use serenity::gateway::{ShardManager, ShardManagerOptions};
use serenity::http::HttpBuilder;
use serenity::prelude::TypeMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Nothing privileged: commands and buttons need no intent at all, these are for messages to the bot.
const INTENTS: GatewayIntents =
    GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGES).union(GatewayIntents::DIRECT_MESSAGES);
/// Between two shards' starts serenity waits 5 s.
const BETWEEN_STARTS: Duration = Duration::from_secs(6);
/// What cannot be read is logged once in this time.
const QUIET: Duration = Duration::from_secs(60);

/// The shards.
pub struct Gateway {
    manager: Arc<ShardManager>,
}

/// How a shard is.
struct Pulse {
    /// When it was last known to be well.
    well: Instant,
    /// The last heartbeat's time, which changes with every heartbeat that is answered.
    latency: Option<Duration>,
    /// Whether it was started anew since.
    renewed: bool,
}

/// Where events arrive.
struct Ears {
    heard: Arc<Heard>,
    me: UserId,
    pulses: Mutex<HashMap<u32, Pulse>>,
    /// When something unreadable was logged last.
    complained: Mutex<Option<Instant>>,
}

/// How to connect.
pub struct Plan<'a> {
    pub api: &'a str,
    pub token: &'a str,
    /// Where the gateway is, as Discord says.
    pub url: String,
    pub shards: u32,
    pub patience: Duration,
    pub me: UserId,
}

impl Gateway {
    /// Starts the shards. `ended` is cancelled when they cannot be kept alive.
    pub fn start(plan: Plan<'_>, heard: Arc<Heard>, ended: CancellationToken) -> Self {
        let Plan { api, token, url, shards, patience, me } = plan;
        // Shards carry it about; none of our requests goes through it.
        let http = HttpBuilder::new(token).proxy(api).ratelimiter_disabled(true).build();
        let start = Instant::now();
        let pulse = |number| Pulse { well: start + BETWEEN_STARTS * number, latency: None, renewed: false };
        let pulses = (0..shards).map(|number| (number, pulse(number))).collect();
        let ears = Arc::new(Ears { heard, me, pulses: Mutex::new(pulses), complained: Mutex::default() });
        let (manager, mut failed) = ShardManager::new(ShardManagerOptions {
            data: Arc::new(RwLock::new(TypeMap::new())),
            event_handlers: Vec::new(),
            raw_event_handlers: vec![ears.clone()],
            shard_index: 0,
            shard_init: shards,
            shard_total: shards,
            ws_url: Arc::new(tokio::sync::Mutex::new(url)),
            http: Arc::new(http),
            intents: INTENTS,
            presence: None,
        });
        if let Err(error) = manager.initialize() {
            tracing::error!(%error, "the shards do not start");
            ended.cancel();
        }
        let watched = manager.clone();
        tokio::spawn(async move {
            let watch = ears.watch(&watched, patience);
            tokio::select! {
                () = ended.cancelled() => {}
                () = watch => ended.cancel(),
                Some(Err(error)) = failed.next() => {
                    tracing::error!(%error, "Discord's gateway does not take us");
                    ended.cancel();
                }
            }
            for number in 0..shards {
                ears.heard.meters.link("discord", number.to_string(), false);
            }
        });
        Self { manager }
    }

    /// Says farewell to Discord, within this time.
    pub async fn close(&self, within: Duration) {
        if tokio::time::timeout(within, self.manager.shutdown_all()).await.is_err() {
            tracing::warn!("the shards did not close in time");
        }
    }
}

impl Ears {
    fn pulses(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Pulse>> {
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self, shard: ShardId) {
        // The watch comes round every few seconds; who looks meanwhile should not find it down.
        self.heard.meters.link("discord", shard.0.to_string(), true);
        if let Some(pulse) = self.pulses().get_mut(&shard.0) {
            (pulse.well, pulse.renewed) = (Instant::now(), false);
        }
    }

    /// Watches the shards; returns when one cannot be brought back.
    async fn watch(&self, manager: &ShardManager, patience: Duration) {
        let mut round = tokio::time::interval((patience / 20).clamp(Duration::from_millis(50), Duration::from_secs(5)));
        loop {
            round.tick().await;
            self.look(manager).await;
            let now = Instant::now();
            let (mut silent, mut lost) = (Vec::new(), None);
            for (number, pulse) in self.pulses().iter_mut() {
                if now.saturating_duration_since(pulse.well) < patience {
                    continue;
                }
                if pulse.renewed {
                    lost = Some(*number);
                }
                (pulse.well, pulse.renewed) = (now, true);
                silent.push(*number);
            }
            if let Some(shard) = lost {
                tracing::error!(shard, "a shard stays silent after it was started anew; serving Discord ends");
                return;
            }
            for shard in silent {
                tracing::warn!(shard, ?patience, "a shard is silent or not connected, and is started anew");
                // Bounded by serenity to 5 s; whatever hangs is left behind.
                let _ = tokio::time::timeout(2 * BETWEEN_STARTS, manager.restart(ShardId(shard))).await;
                if let Some(pulse) = self.pulses().get_mut(&shard) {
                    pulse.well = Instant::now();
                }
            }
        }
    }

    /// Takes notice of heartbeats and stages.
    async fn look(&self, manager: &ShardManager) {
        let runners: Vec<_> =
            manager.runners.lock().await.iter().map(|(shard, info)| (*shard, info.latency, info.stage)).collect();
        for (shard, latency, stage) in runners {
            let connected = stage == ConnectionStage::Connected;
            self.heard.meters.link("discord", shard.0.to_string(), connected);
            let mut pulses = self.pulses();
            let Some(pulse) = pulses.get_mut(&shard.0) else { continue };
            if connected && latency.is_some() && latency != pulse.latency {
                pulse.latency = latency;
                (pulse.well, pulse.renewed) = (Instant::now(), false);
            }
        }
    }

    fn unknown(&self, kind: &str) {
        self.heard.meters.unknown.get_or_create(&On { platform: "discord" }).inc();
        let now = Instant::now();
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|at| now.saturating_duration_since(at) >= QUIET) {
            *complained = Some(now);
            tracing::warn!(kind, "Discord sent an event that cannot be read");
        }
    }
}

#[serenity::async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, context: Context, event: Event) {
        self.alive(context.shard_id);
        match event {
            Event::InteractionCreate(event) => match receive::ask(&event.interaction) {
                Some(ask) => self.heard.ask(ask),
                None => {
                    edge::count(&self.heard.meters, &event.interaction);
                    let first = first::answer(&event.interaction, &self.heard.voices, &self.heard.suggest);
                    let (id, token) = (event.interaction.id(), event.interaction.token());
                    if let Err(fault) = Discord::call_back(&self.heard.rest, id.get(), token, &edge::wire(&first)).await
                    {
                        tracing::info!(%fault, "a completion or a dialog came too late");
                    }
                }
            },
            Event::MessageCreate(event) => {
                if let Some(ask) = receive::said(&event.message, self.me) {
                    self.heard.ask(ask);
                }
            }
            Event::Unknown(event) => self.unknown(&event.kind),
            _ => {}
        }
    }
}
