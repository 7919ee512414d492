//! A Casper node as its REST port shows it: a pure function of time (casper.md section 4, real samples).
//!
//! All nodes follow one simulated network whose blocks are computed from the clock alone, so two nodes at the
//! same height have the same hash, in every sandbox. No consensus, no transactions, no peers to talk to.

use super::Answer;
use crate::clock::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Milliseconds from block to block.
pub const BLOCK_MS: u64 = 8000;
/// Blocks of an era (two hours).
const ERA: u64 = 900;
/// The network's first block: 2025-01-01, or the epoch on clocks that are before that.
const GENESIS: u64 = 1_735_689_600_000;
/// What every node of it calls the network.
pub const NETWORK: &str = "casper";
/// Where nodes listen for each other.
pub const P2P_PORT: u16 = 35000;
/// Where `/status` is.
pub const REST_PORT: u16 = 8888;

/// The network at a moment.
#[derive(Debug, Clone, Copy)]
struct Network {
    genesis: u64,
}

impl Network {
    fn at(now: Timestamp) -> Self {
        Self { genesis: if now.0 < GENESIS { 0 } else { GENESIS } }
    }

    fn tip(self, now: u64) -> u64 {
        now.saturating_sub(self.genesis) / BLOCK_MS
    }

    fn time(self, height: u64) -> u64 {
        self.genesis + height * BLOCK_MS
    }
}

fn digest(what: &str, number: u64) -> String {
    hex::encode(Sha256::digest(format!("casper-sandbox|{what}|{number}")))
}

fn short(hash: &str) -> String {
    format!("{}..{}", hash.get(..4).unwrap_or(hash), hash.get(hash.len().saturating_sub(4)..).unwrap_or(hash))
}

fn moment(ms: u64) -> String {
    Timestamp(ms).calendar().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A span as the node prints it: `1h 2m 3s`, whole seconds, units that are zero left out.
fn span(ms: u64) -> String {
    let secs = ms / 1000;
    let parts = [(secs / 86400, "day"), (secs / 3600 % 24, "h"), (secs / 60 % 60, "m"), (secs % 60, "s")];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}{}", if *unit == "day" && *count > 1 { "s" } else { "" }))
        .collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") }
}

/// What a node is to its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// One that others cannot dial: it never gets past `Initialize`.
    Unreachable,
    /// One that joins, syncs and follows.
    Follower,
    /// A public reference node that has always been there.
    Validator,
}

/// One Casper node.
#[derive(Debug, Clone)]
pub struct Casper {
    /// What its keys and times are made from.
    pub seed: u64,
    /// When it was started.
    pub since: Timestamp,
    /// Its place in the network.
    pub role: Role,
    /// How many times faster than life it starts and syncs.
    pub haste: u64,
}

/// Its state at a moment.
struct View {
    state: &'static str,
    /// Where its first own block was.
    start: u64,
    /// The newest block that it has.
    high: Option<u64>,
    low: u64,
    peers: u64,
    progress: u64,
    historical: bool,
}

impl Casper {
    /// A time of its own between `from` and `to` milliseconds after `since`, in haste.
    fn draw(&self, what: &str, from: u64, to: u64) -> u64 {
        let bytes: [u8; 32] = Sha256::digest(format!("{what}|{}", self.seed)).into();
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[..8]);
        (from + u64::from_le_bytes(number) % (to - from).max(1)) / self.haste.max(1)
    }

    /// When its REST port opens.
    pub fn opens(&self) -> Timestamp {
        self.since.plus(Duration::from_millis(self.draw("rest", 1500, 3000)))
    }

    fn view(&self, now: Timestamp) -> View {
        let network = Network::at(now);
        // A block reaches this node a moment after its time.
        let heard = now.0.saturating_sub(self.draw("gossip", 150, 900));
        let tip = network.tip(heard);
        let quiet = View {
            state: "Initialize",
            start: 0,
            high: None,
            low: 0,
            peers: 0,
            progress: self.opens().0,
            historical: false,
        };
        match self.role {
            Role::Unreachable => return quiet,
            Role::Validator => {
                let progress = network.time(tip);
                return View { state: "Validate", start: 0, high: Some(tip), peers: 9, progress, ..quiet };
            }
            Role::Follower => {}
        }
        let met = self.opens().0 + self.draw("meet", 2000, 5000);
        if now.0 < met {
            return quiet;
        }
        let peers = (3 + (now.0 - met) / 5000).min(4 + self.seed % 6);
        let leap = met + self.draw("leap", 4000, 9000);
        let start = network.tip(leap).saturating_sub(30 + self.seed % 30);
        if now.0 < leap {
            return View { state: "CatchUp", peers, progress: met, ..quiet };
        }
        let climbed = start + (now.0 - leap) * 3 * self.haste.max(1) / 1000;
        let high = climbed.min(tip);
        let goal = start.saturating_sub(ERA);
        let low = start.saturating_sub((now.0 - leap) * self.haste.max(1) / 1000).max(goal);
        View {
            state: if climbed < tip { "CatchUp" } else { "KeepUp" },
            start,
            high: Some(high),
            low,
            peers,
            progress: if climbed < tip { now.0 } else { network.time(tip).max(leap) },
            historical: low > goal,
        }
    }

    fn key(&self) -> String {
        format!("01{}", digest("key", self.seed))
    }

    fn status(&self, now: Timestamp) -> Value {
        let network = Network::at(now);
        let view = self.view(now);
        let peers: Vec<Value> = (0..view.peers)
            .map(|index| {
                let id = digest("peer", index);
                let address = match usize::try_from(index).ok().and_then(|index| super::WITNESSES.get(index)) {
                    Some(witness) => witness.to_string(),
                    None => format!("127.102.0.{}", index + 1),
                };
                json!({ "node_id": format!("tls:{}", short(&id)), "address": format!("{address}:{P2P_PORT}") })
            })
            .collect();
        let sync = |height: u64| {
            let hash = digest("block", height);
            let state = format!("have complete block({height}) for: block-hash({})", short(&hash));
            json!({ "block_hash": hash, "block_height": height, "acquisition_state": state })
        };
        let syncing = view.high.filter(|_| self.role == Role::Follower);
        json!({
            "peers": peers,
            "api_version": "2.0.0",
            "build_version": "2.0.3-",
            "chainspec_name": NETWORK,
            "starting_state_root_hash":
                if view.high.is_some() { digest("state", view.start) } else { "0".repeat(64) },
            "last_added_block_info": view.high.map(|height| json!({
                "hash": digest("block", height),
                "timestamp": moment(network.time(height)),
                "era_id": height / ERA,
                "height": height,
                "state_root_hash": digest("state", height),
                "creator": format!("01{}", digest("validator", height % 11)),
            })),
            "our_public_signing_key": self.key(),
            "round_length": (self.role == Role::Validator).then_some("8s"),
            "next_upgrade": null,
            "uptime": span(now.0.saturating_sub(self.since.0)),
            "reactor_state": view.state,
            "last_progress": moment(view.progress),
            "available_block_range": { "low": view.low, "high": view.high.unwrap_or(0) },
            "block_sync": {
                "historical": syncing.filter(|_| view.historical).map(|_| sync(view.low)),
                "forward": syncing.map(sync),
            },
            "latest_switch_block_hash":
                view.high.filter(|height| *height >= ERA).map(|height| digest("block", height / ERA * ERA - 1)),
        })
    }

    fn metrics(&self, now: Timestamp) -> String {
        let view = self.view(now);
        let high = view.high.unwrap_or(0);
        let rows = [
            ("highest_available_block_height", "highest height of the available block range", high),
            ("lowest_available_block_height", "lowest height of the available block range", view.low),
            ("peers", "number of connected peers", view.peers),
            ("consensus_current_era", "the current era in consensus", high / ERA),
        ];
        rows.iter()
            .map(|(name, help, value)| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"))
            .collect()
    }

    /// What its REST port answers; `None` while the port is closed.
    pub fn answer(&self, now: Timestamp, method: &str, path: &str) -> Option<Answer> {
        if now < self.opens() {
            return None;
        }
        let path = path.split('?').next().unwrap_or(path);
        if method != "GET" {
            return Some(Answer::text(405, "HTTP method not allowed"));
        }
        Some(match path {
            "/status" => Answer::json(&self.status(now)),
            "/metrics" => Answer::text(200, &self.metrics(now)),
            "/validator-changes" => Answer::json(&json!({ "api_version": "2.0.0", "changes": [] })),
            "/chainspec" => Answer::json(&json!({
                "api_version": "2.0.0",
                "chainspec_bytes": {
                    "chainspec_bytes": hex::encode(CHAINSPEC),
                    "maybe_genesis_accounts_bytes": null,
                    "maybe_global_state_bytes": null,
                },
            })),
            _ => Answer { status: 404, headers: Vec::new(), body: Vec::new() },
        })
    }
}

/// The simulated network's own specification: equal on all its nodes, and short.
const CHAINSPEC: &str = "[protocol]\nversion = '2.0.0'\n\n[network]\nname = 'casper'\n\n[core]\n\
    era_duration = '120 minutes'\nminimum_block_time = '8 seconds'\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn node(role: Role) -> Casper {
        Casper { seed: 42, since: Timestamp(GENESIS + 90_000_000_000), role, haste: 1 }
    }

    fn status(node: &Casper, secs: u64) -> Option<Value> {
        let answer = node.answer(node.since.plus(Duration::from_secs(secs)), "GET", "/status")?;
        Some(serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn a_follower_initialises_catches_up_and_keeps_up() {
        let node = node(Role::Follower);
        let line = |secs| match status(&node, secs) {
            None => format!("{secs:>4} closed"),
            Some(s) => format!(
                "{secs:>4} {} height {} range {}..{} peers {} uptime {} forward {}",
                s["reactor_state"].as_str().unwrap(),
                s["last_added_block_info"]["height"],
                s["available_block_range"]["low"],
                s["available_block_range"]["high"],
                s["peers"].as_array().unwrap().len(),
                s["uptime"],
                s["block_sync"]["forward"]["block_height"],
            ),
        };
        let told: Vec<String> = [0, 1, 3, 6, 10, 14, 18, 24, 32, 40, 60, 120, 600, 3600].map(line).to_vec();
        insta::assert_snapshot!(told.join("\n"), @r#"
           0 closed
           1 closed
           3 Initialize height null range 0..0 peers 0 uptime "3s" forward null
           6 CatchUp height null range 0..0 peers 3 uptime "6s" forward null
          10 CatchUp height null range 0..0 peers 3 uptime "10s" forward null
          14 CatchUp height 11249968 range 11249956..11249968 peers 4 uptime "14s" forward 11249968
          18 CatchUp height 11249980 range 11249952..11249980 peers 4 uptime "18s" forward 11249980
          24 CatchUp height 11249998 range 11249946..11249998 peers 4 uptime "24s" forward 11249998
          32 KeepUp height 11250003 range 11249938..11250003 peers 4 uptime "32s" forward 11250003
          40 KeepUp height 11250004 range 11249930..11250004 peers 4 uptime "40s" forward 11250004
          60 KeepUp height 11250007 range 11249910..11250007 peers 4 uptime "1m" forward 11250007
         120 KeepUp height 11250014 range 11249850..11250014 peers 4 uptime "2m" forward 11250014
         600 KeepUp height 11250074 range 11249370..11250074 peers 4 uptime "10m" forward 11250074
        3600 KeepUp height 11250449 range 11249059..11250449 peers 4 uptime "1h" forward 11250449
        "#);
    }

    #[test]
    fn heights_never_fall_and_hashes_agree_with_the_witness() {
        let (node, witness) = (node(Role::Follower), node(Role::Validator));
        let mut last = 0;
        for secs in (4..4000).step_by(3) {
            let (Some(mine), Some(other)) = (status(&node, secs), status(&witness, secs)) else { continue };
            let (mine, other) = (&mine["last_added_block_info"], &other["last_added_block_info"]);
            let Some(height) = mine["height"].as_u64() else { continue };
            assert!(height >= last, "{secs}");
            last = height;
            if mine["height"] == other["height"] {
                assert_eq!(mine, other);
            }
        }
        assert!(last > 0);
    }

    #[test]
    fn one_that_cannot_be_dialled_stays_in_initialize() {
        let late = status(&node(Role::Unreachable), 86_400).unwrap();
        assert_eq!(late["reactor_state"], "Initialize");
        assert_eq!(late["last_added_block_info"], Value::Null);
        assert_eq!(late["peers"], json!([]));
    }

    #[test]
    fn other_paths_answer_as_the_real_node_does() {
        let node = node(Role::Follower);
        let at = node.since.plus(Duration::from_secs(100));
        let ask = |method, path| {
            let answer = node.answer(at, method, path).unwrap();
            (answer.status, String::from_utf8(answer.body).unwrap())
        };
        assert_eq!(ask("GET", "/rpc"), (404, String::new()));
        assert_eq!(ask("POST", "/status"), (405, "HTTP method not allowed".to_owned()));
        assert_eq!(ask("GET", "/validator-changes"), (200, r#"{"api_version":"2.0.0","changes":[]}"#.to_owned()));
        assert!(ask("GET", "/metrics").1.contains("\nhighest_available_block_height "));
    }

    #[test]
    fn status_has_the_fields_of_the_real_samples() {
        let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../shared/samples/casper/status-2.0.3-keepup-nonvalidator.json");
        let Ok(text) = std::fs::read_to_string(&sample) else {
            eprintln!("skipped: ../shared is not here");
            return;
        };
        fn shape(value: &Value, at: &str, out: &mut Vec<String>) {
            match value {
                Value::Object(map) => map.iter().for_each(|(key, value)| shape(value, &format!("{at}/{key}"), out)),
                Value::Array(list) => list.iter().for_each(|value| shape(value, &format!("{at}[]"), out)),
                Value::String(_) => out.push(format!("{at} text")),
                Value::Number(_) => out.push(format!("{at} number")),
                other => out.push(format!("{at} {other}")),
            }
            out.sort();
            out.dedup();
        }
        let (mut real, mut ours) = (Vec::new(), Vec::new());
        shape(&serde_json::from_str(&text).unwrap(), "", &mut real);
        shape(&status(&node(Role::Follower), 60).unwrap(), "", &mut ours);
        assert_eq!(real, ours);
    }

    #[test]
    fn spans_read_as_the_node_prints_them() {
        let shown = [0, 44, 120, 154, 3600 + 2 * 60 + 3, 90_000].map(|secs| span(secs * 1000));
        assert_eq!(shown, ["0s", "44s", "2m", "2m 34s", "1h 2m 3s", "1day 1h"]);
    }
}
