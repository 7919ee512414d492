//! What is counted while the program runs: asks, acknowledgements, messages, queues, links.
//!
//! Handles are cheap to clone and to count with; `web` prints them in the Prometheus text format. No label has a
//! person, a room or anything else without bound. Not here: logs and spans (`telemetry`).

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
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
    links: Family<LinkOf, Gauge>,
    /// The same, to be read.
    states: Arc<Mutex<BTreeMap<LinkOf, bool>>>,
    /// What the process uses.
    process: Process,
    registry: Arc<Mutex<Registry>>,
}

/// What the process itself uses, read when somebody asks.
#[derive(Clone)]
struct Process {
    since: Instant,
    up: Gauge,
    resident: Gauge,
}

impl Process {
    fn begin() -> Self {
        Self { since: Instant::now(), up: Gauge::default(), resident: Gauge::default() }
    }

    fn read(&self) {
        self.up.set(i64::try_from(self.since.elapsed().as_secs()).unwrap_or(i64::MAX));
        // Only Linux tells it in a file; elsewhere it stays zero.
        let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
        self.resident.set(kilobytes.unwrap_or(0).saturating_mul(1024));
    }
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
            states: Arc::default(),
            process: Process::begin(),
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
        let Process { up, resident, .. } = &meters.process;
        registry.register_with_unit("up", "Since the program began", Unit::Seconds, up.clone());
        let memory = "Memory of the process that is not swapped out";
        registry.register_with_unit("memory_resident", memory, Unit::Bytes, resident.clone());
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
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
        let link = LinkOf { platform, link: link.into() };
        self.links.get_or_create(&link).set(i64::from(up));
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(link, up);
    }

    /// All links of a platform are down: it ended.
    pub fn links_down(&self, platform: &'static str) {
        for (link, _) in self.links().into_iter().filter(|(link, _)| link.platform == platform) {
            self.link(platform, link.link, false);
        }
    }

    /// Every link, and whether it is up.
    pub fn links(&self) -> Vec<(LinkOf, bool)> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.iter().map(|(link, up)| (link.clone(), *up)).collect()
    }

    /// Everything, in the Prometheus text format.
    pub fn text(&self) -> String {
        self.process.read();
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_in_text() {
        let meters = Meters::default();
        meters.asks.get_or_create(&AskOf { platform: "discord", kind: "press" }).inc();
        meters.acknowledged("discord", Duration::from_millis(3));
        meters.link("discord", "0", true);
        meters.link("telegram", "poll", true);
        meters.links_down("discord");
        let text = meters.text();
        for line in [
            "bellhop_asks_total{platform=\"discord\",kind=\"press\"} 1",
            "bellhop_acknowledged_seconds_bucket{le=\"0.005\",platform=\"discord\"} 1",
            "bellhop_link_up{platform=\"discord\",link=\"0\"} 0",
            "bellhop_link_up{platform=\"telegram\",link=\"poll\"} 1",
            "bellhop_up_seconds 0",
            concat!("bellhop_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|said| said == line), "{line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        let resident = text.lines().find_map(|line| line.strip_prefix("bellhop_memory_resident_bytes "));
        assert!(!cfg!(target_os = "linux") || resident.unwrap().parse::<u64>().unwrap() > 1 << 20);
    }
}
