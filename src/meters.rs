//! What is counted while the program runs: asks, acknowledgements, messages, queues, links.
//!
//! Handles are cheap to clone and to count with; `web` prints them in the Prometheus text format. No label has a
//! person, a room or anything else without bound. Not here: logs and spans (`telemetry`).

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct On {
    /// Its word.
    pub platform: &'static str,
}

/// An ask, by what it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AskOf {
    /// The platform's word.
    pub platform: &'static str,
    /// `command`, `press`, `answer`, `line`, `completion`, …
    pub kind: &'static str,
}

/// A request to a platform, by how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SendOf {
    /// The platform's word.
    pub platform: &'static str,
    /// `post` or `edit`.
    pub kind: &'static str,
    /// `done`, `again` (worth another try), `gone`, `closed`, `moved`.
    pub outcome: &'static str,
}

/// A link to a platform: a shard, a poll.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LinkOf {
    /// The platform's word.
    pub platform: &'static str,
    /// Which: a shard's number, `poll`, `webhook`.
    pub link: String,
}

type Seconds<L> = Family<L, Histogram, fn() -> Histogram>;

/// All meters.
#[derive(Clone)]
pub struct Meters {
    /// Asks that arrived.
    pub asks: Family<AskOf, Counter>,
    /// From an ask's arrival in this process to the platform's answer to its acknowledgement.
    acknowledged: Seconds<On>,
    /// From an ask's arrival to its answer being with the platform.
    answered: Seconds<On>,
    /// Messages that wait to be sent.
    pub waiting: Family<On, Gauge>,
    /// Rooms that are closed to us.
    pub parked: Family<On, Gauge>,
    /// Requests that post or edit.
    pub sends: Family<SendOf, Counter>,
    /// What arrived and could not be understood.
    pub unknown: Family<On, Counter>,
    /// 1: this link is up.
    pub links: Family<LinkOf, Gauge>,
    registry: Arc<Mutex<Registry>>,
}

fn buckets() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 15.0, 60.0])
}

impl Default for Meters {
    fn default() -> Self {
        let meters = Self {
            asks: Family::default(),
            acknowledged: Family::new_with_constructor(buckets as fn() -> Histogram),
            answered: Family::new_with_constructor(buckets as fn() -> Histogram),
            waiting: Family::default(),
            parked: Family::default(),
            sends: Family::default(),
            unknown: Family::default(),
            links: Family::default(),
            registry: Arc::new(Mutex::new(Registry::with_prefix("bellhop"))),
        };
        let mut registry = meters.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register("asks", "Asks that arrived", meters.asks.clone());
        let acknowledged = "From arrival to acknowledgement";
        registry.register_with_unit("acknowledged", acknowledged, Unit::Seconds, meters.acknowledged.clone());
        registry.register_with_unit("answered", "From arrival to answer", Unit::Seconds, meters.answered.clone());
        registry.register("outbox_waiting", "Messages that wait to be sent", meters.waiting.clone());
        registry.register("rooms_parked", "Rooms that are closed to us", meters.parked.clone());
        registry.register("sends", "Requests that post or edit a message", meters.sends.clone());
        registry.register("unknown", "What arrived and could not be understood", meters.unknown.clone());
        registry.register("link_up", "Whether a link to a platform is up", meters.links.clone());
        drop(registry);
        meters
    }
}

impl Meters {
    /// An ask was acknowledged `after` its arrival.
    pub fn acknowledged(&self, platform: &'static str, after: Duration) {
        self.acknowledged.get_or_create(&On { platform }).observe(after.as_secs_f64());
    }

    /// An ask's answer was with the platform `after` its arrival.
    pub fn answered(&self, platform: &'static str, after: Duration) {
        self.answered.get_or_create(&On { platform }).observe(after.as_secs_f64());
    }

    /// A link to a platform is up, or down.
    pub fn link(&self, platform: &'static str, link: impl Into<String>, up: bool) {
        self.links.get_or_create(&LinkOf { platform, link: link.into() }).set(i64::from(up));
    }

    /// Everything, in the Prometheus text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}
