//! Looks and verdicts, on a web of canned answers and on what real Casper networks were seen to do.

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::grid::{GridError, GridResult, Party, Reach, Request, Response, Web};
use crate::recipes::{Catalogue, Recipe};
use async_trait::async_trait;
use chrono::DateTime;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NODE: &str = "185.69.166.12";
const WITNESSES: [&str; 3] = ["51.81.106.54", "135.148.34.108", "135.148.169.178"];

/// Answers by URL (or `host:port`); what is not there refuses the connection.
#[derive(Default)]
struct Canned(Mutex<BTreeMap<String, (u16, Vec<u8>)>>);

impl Canned {
    fn set(&self, host: &str, status: Option<Value>) {
        let mut answers = self.0.lock().unwrap();
        let (page, door) = (format!("http://{host}:8888/status"), format!("{host}:22"));
        match status {
            Some(body) => {
                answers.insert(page, (200, body.to_string().into_bytes()));
                answers.insert(door, (0, Vec::new()));
            }
            None => {
                answers.remove(&page);
                answers.remove(&door);
            }
        }
    }
}

#[async_trait]
impl Web for Canned {
    async fn send(&self, request: Request) -> GridResult<Response> {
        assert_eq!(request.reach, Reach::Public, "addresses come from nodes and recipes");
        let found = self.0.lock().unwrap().get(&request.url).cloned();
        let (status, body) = found.ok_or_else(|| GridError::passing(Party::Web, "connection refused"))?;
        Ok(Response { status, headers: Vec::new(), body })
    }
    async fn dial(&self, address: &str, _: Duration) -> GridResult<()> {
        let found = self.0.lock().unwrap().contains_key(address);
        found.then_some(()).ok_or_else(|| GridError::passing(Party::Web, "connection refused"))
    }
}

/// One node that is looked at again and again.
struct Watch {
    recipe: Arc<Recipe>,
    web: Canned,
    clock: Clock,
    place: Place,
    seen: Option<Observation>,
}

impl Watch {
    fn new(recipe: &str, start: Timestamp) -> Self {
        Self {
            recipe: Catalogue::embedded().get(recipe).unwrap(),
            web: Canned::default(),
            clock: Clock::runtime(start),
            place: Place { ipv4: Some(NODE.to_owned()), ..Place::default() },
            seen: None,
        }
    }

    async fn look(&mut self) -> Verdict {
        let target = Target { probes: &self.recipe.probe, grid: "main", place: &self.place };
        let seen = observe(&self.web, &self.clock, &target, self.seen.as_ref()).await;
        // Through JSON, as over a restart.
        self.seen = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
        judge(&target, self.seen.as_ref().unwrap())
    }

    fn now(&self, height: u64) -> Value {
        status("KeepUp", height, self.clock.now(), &format!("hash {height}"))
    }
}

fn status(state: &str, height: u64, tip: Timestamp, hash: &str) -> Value {
    json!({
        "chainspec_name": "casper", "reactor_state": state, "peers": [{}, {}],
        "last_added_block_info": { "height": height, "hash": hash, "timestamp": tip.calendar().to_rfc3339() },
    })
}

fn start() -> Timestamp {
    Timestamp::from_secs(1_700_000_000)
}

async fn pass(secs: u64) {
    tokio::time::sleep(Duration::from_secs(secs)).await;
}

fn says(verdict: &Verdict) -> (Option<Level>, Option<Trouble>) {
    (verdict.level, verdict.trouble)
}

#[tokio::test(start_paused = true)]
async fn a_node_climbs_from_nothing_to_agreed() {
    let mut watch = Watch::new("casper", start());
    assert_eq!(says(&watch.look().await), (None, Some(Trouble::Unreachable)));
    watch.web.0.lock().unwrap().insert(format!("{NODE}:22"), (0, Vec::new()));
    assert_eq!(says(&watch.look().await), (Some(Level::Booted), Some(Trouble::Unreachable)));
    watch.web.set(NODE, Some(json!({"chainspec_name": "casper", "reactor_state": "Initialize", "peers": []})));
    assert_eq!(says(&watch.look().await), (Some(Level::Answering), Some(Trouble::NoPeers)));
    watch.web.set(NODE, Some(status("CatchUp", 10, start(), "")));
    assert_eq!(says(&watch.look().await), (Some(Level::Answering), Some(Trouble::Syncing)));

    watch.web.set(NODE, Some(watch.now(100)));
    assert_eq!(says(&watch.look().await), (Some(Level::Following), None), "it grew since the last look");
    for host in WITNESSES {
        watch.web.set(host, Some(watch.now(101)));
    }
    assert_eq!(says(&watch.look().await), (Some(Level::Following), None), "no height in common yet");
    pass(8).await;
    watch.web.set(NODE, Some(watch.now(101)));
    let verdict = watch.look().await;
    assert_eq!(says(&verdict), (Some(Level::Agreed), None));
    assert!(verdict.reaches(Level::Following) && verdict.because.is_none());
    assert_eq!(verdict.fact("height"), Some(&Fact::Number(101)));
    assert_eq!(verdict.fact("tip").unwrap().to_string(), "2023-11-14T22:13:28Z");
}

#[tokio::test(start_paused = true)]
async fn each_trouble_is_told_by_its_name() {
    let mut watch = Watch::new("casper", start());
    watch.web.set(NODE, Some(watch.now(100)));
    assert_eq!(says(&watch.look().await), (Some(Level::Answering), None), "growth takes a second look");
    pass(91).await;
    assert_eq!(says(&watch.look().await), (Some(Level::Answering), Some(Trouble::Stalled)), "it stands still");

    watch.web.set(NODE, Some(watch.now(101)));
    for host in WITNESSES {
        watch.web.set(host, Some(watch.now(105)));
    }
    assert_eq!(says(&watch.look().await), (Some(Level::Following), Some(Trouble::Behind)));
    for (host, hash) in WITNESSES.iter().zip(["x", "x", "hash 101"]) {
        watch.web.set(host, Some(status("KeepUp", 101, watch.clock.now(), hash)));
    }
    assert_eq!(says(&watch.look().await), (Some(Level::Following), Some(Trouble::Forked)));
    watch.web.set(WITNESSES[0], Some(watch.now(101)));
    assert_eq!(says(&watch.look().await), (Some(Level::Agreed), None), "one witness alone accuses nobody");
    watch.web.set(WITNESSES[0], None);
    watch.web.set(WITNESSES[1], None);
    assert_eq!(says(&watch.look().await), (Some(Level::Following), None), "one witness alone proves nothing");

    let mut other = watch.now(102);
    other["chainspec_name"] = json!("casper-test");
    watch.web.set(NODE, Some(other));
    let verdict = watch.look().await;
    assert_eq!(says(&verdict), (Some(Level::Booted), Some(Trouble::WrongNetwork)));
    let because = verdict.because.unwrap();
    assert_eq!((because.seen.as_deref(), because.wanted.as_str()), (Some("casper-test"), "casper"));

    watch.web.set(NODE, Some(json!({"name": "some other service"})));
    assert_eq!(says(&watch.look().await), (Some(Level::Booted), Some(Trouble::Unreachable)));
    let page = format!("http://{NODE}:8888/status");
    watch.web.0.lock().unwrap().insert(page, (503, b"{}".to_vec()));
    assert_eq!(watch.look().await.because.unwrap().seen.as_deref(), Some("HTTP status 503"));
}

#[tokio::test(start_paused = true)]
async fn an_answering_service_proves_that_its_machine_is_up() {
    let mut watch = Watch::new("casper", start());
    watch.web.set(NODE, Some(watch.now(100)));
    watch.web.0.lock().unwrap().remove(&format!("{NODE}:22"));
    assert_eq!(says(&watch.look().await), (Some(Level::Answering), None));
}

#[tokio::test(start_paused = true)]
async fn a_plain_machine_is_reached_over_mycelium() {
    let mut watch = Watch::new("vm", start());
    watch.place = Place::default();
    assert_eq!(watch.look().await.because.unwrap().seen.as_deref(), Some("it has no such address"));
    watch.place.mycelium = Some("4f5:dead::1".to_owned());
    assert_eq!(says(&watch.look().await), (None, Some(Trouble::Unreachable)));
    watch.web.0.lock().unwrap().insert("[4f5:dead::1]:22".to_owned(), (0, Vec::new()));
    assert_eq!(says(&watch.look().await), (Some(Level::Booted), None));
    assert_eq!((watch.recipe.probe.done(), watch.recipe.probe.top()), (Level::Booted, Level::Booted));
}

/// A file of the optional folder with recordings of real Casper networks.
fn recorded(file: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/casper").join(file);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {} is not there", path.display());
    }
    text
}

fn moment(text: &str) -> Timestamp {
    Timestamp(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis().unsigned_abs())
}

/// The recipe, for the name of the recorded networks.
fn lab() -> Recipe {
    let mut recipe = Recipe::clone(&Catalogue::embedded().get("casper").unwrap());
    recipe.probe.on.get_mut("default").unwrap().params.insert("chain".to_owned(), "casper-lab".to_owned());
    recipe
}

#[tokio::test(start_paused = true)]
async fn recorded_answers_are_judged_as_their_names_say() {
    for (file, after_s, level, trouble) in [
        ("before-genesis", 5, Level::Answering, Some(Trouble::Syncing)),
        ("just-after-genesis", 5, Level::Answering, None),
        ("validate", 5, Level::Answering, None),
        ("keepup-nonvalidator", 5, Level::Answering, None),
        ("single-validator", 5, Level::Answering, Some(Trouble::NoPeers)),
        ("wrong-chain-initialize", 5, Level::Booted, Some(Trouble::WrongNetwork)),
        ("nonvalidator-catchup-after-3min-dead-air", 185, Level::Answering, Some(Trouble::Syncing)),
        ("stalled-validator", 181, Level::Answering, Some(Trouble::Stalled)),
        ("stalled-after-peer-ban", 240, Level::Answering, Some(Trouble::Stalled)),
    ] {
        let Some(text) = recorded(&format!("status-2.0.3-{file}.json")) else { return };
        let body: Value = serde_json::from_str(&text).unwrap();
        let tip = body.pointer("/last_added_block_info/timestamp").and_then(Value::as_str);
        let tip = tip.map_or(start(), moment);
        let mut watch = Watch::new("casper", tip.plus(Duration::from_secs(after_s)));
        watch.recipe = Arc::new(lab());
        watch.web.set(NODE, Some(body));
        assert_eq!(says(&watch.look().await), (Some(level), trouble), "{file}");
    }
}

/// Replays a recording of `node`, with the others in it as witnesses; verdicts with their second.
async fn replay(file: &str, node: u64) -> Vec<(u64, Verdict)> {
    let Some(text) = recorded(file) else { return Vec::new() };
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let begin = moment(lines[0]["t"].as_str().unwrap());
    let mut watch = Watch::new("casper", begin);
    let host = |id: u64| if id == node { NODE.to_owned() } else { format!("10.0.0.{id}") };
    let mut recipe = lab();
    let others = lines.iter().filter_map(|line| line["node"].as_u64()).filter(|id| *id != node).map(host);
    let others: std::collections::BTreeSet<_> = others.collect();
    recipe.probe.on.get_mut("default").unwrap().witnesses = others.into_iter().collect();
    watch.recipe = Arc::new(recipe);
    let mut verdicts = Vec::new();
    for line in lines {
        let id = line["node"].as_u64().unwrap();
        let body = line["state"].as_str().map(|state| {
            let mut block = Value::Null;
            if let (Some(height), Some(tip)) = (line["height"].as_u64(), line["bts"].as_str()) {
                block = json!({ "height": height, "timestamp": tip, "hash": line["hash"] });
            }
            let peers = vec![json!({}); line["peers"].as_u64().unwrap_or(0) as usize];
            json!({ "chainspec_name": "casper-lab", "reactor_state": state, "peers": peers, "last_added_block_info": block })
        });
        watch.web.set(&host(id), body);
        let at = moment(line["t"].as_str().unwrap());
        if id == node {
            watch.clock.until(at).await;
            verdicts.push((at.since(begin).as_secs(), watch.look().await));
        }
    }
    verdicts
}

#[tokio::test(start_paused = true)]
async fn a_recorded_genesis_climbs_to_agreed() {
    let verdicts = replay("timeline-genesis.jsonl", 1).await;
    if verdicts.is_empty() {
        return;
    }
    let mut climbed: Vec<_> = verdicts.iter().map(|(_, verdict)| format!("{:?}", says(verdict))).collect();
    climbed.dedup();
    insta::assert_snapshot!(climbed.join("\n"), @r"
    (None, Some(Unreachable))
    (Some(Answering), Some(Syncing))
    (Some(Answering), None)
    (Some(Agreed), None)
    (Some(Following), None)
    ");
    // At the end one of its two witnesses was stopped: what it cannot confirm is no longer claimed.
}

#[tokio::test(start_paused = true)]
async fn a_recorded_long_stall_is_found_though_the_node_says_validate() {
    for node in [1, 5] {
        let verdicts = replay("timeline-long-stall.jsonl", node).await;
        let Some((last, _)) = verdicts.last() else { return };
        let stalled = verdicts.iter().find(|(_, verdict)| verdict.trouble == Some(Trouble::Stalled));
        let stalled = stalled.unwrap_or_else(|| panic!("node {node}: nothing in {last} s")).0;
        assert!((60..120).contains(&stalled), "node {node}: found after {stalled} s");
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_pauses_and_restarts_are_no_stalls() {
    for file in [
        "timeline-kill-restart-validator.jsonl",
        "timeline-restart-all-validators.jsonl",
        "timeline-stall-by-sigstop.jsonl",
    ] {
        for node in [1, 2, 3] {
            for (second, verdict) in replay(file, node).await {
                assert!(
                    !matches!(verdict.trouble, Some(Trouble::Stalled | Trouble::Forked | Trouble::WrongNetwork)),
                    "{file}, node {node}, second {second}: {verdict:?}"
                );
            }
        }
    }
}
