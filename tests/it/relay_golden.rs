//! What ThreeFold's own relay did on the wire, done again against ours: the same steps, the same answers.
//!
//! The recordings are not part of this repository (`../shared/samples/relay-golden`); without them the room says
//! so and is empty. Each case gets a relay whose clock stands at the moment of the recording, so that the recorded
//! tokens are good and can be sent as they are.
//!
//! What is compared: status, version, headers and body of HTTP answers (not the date); frames in order for each
//! session; messages that were handed on, byte for byte; what the relay itself made, field for field except its
//! timestamp (protobuf libraries differ in the order of fields). Silence is listened to for a shorter time than
//! in the recording, because our relay has no slow start.

use crate::relay_wire::{Answer, Seen, Wire, request};
use crate::rmb_house::Twins;
use async_trait::async_trait;
use bellhop::clock::{Clock, Timestamp};
use bellhop::grid::live::rmb::cipher::Shared;
use bellhop::grid::live::rmb::envelope::{Address, Envelope, Kind, Message as _, Payload, Request};
use bellhop::grid::live::rmb::{Post, token};
use bellhop::grid::{AccountId, Identity, KeyKind, TwinId};
use bellhop::sandbox::fault::Faults;
use bellhop::sandbox::relay::{Limit, Options, Relay};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Every difference between the two relays, and every case that is not done again, with its reason.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("01-http", "get_metrics", "the sandbox's relay has no metrics page (404)"),
    ("01-http", "sid_long_60000", "the recording cuts the request; one as long is sent instead"),
    ("02-frames", "hundred_quick_messages", "only its summary is recorded; see `a_thousand_messages_keep_their_order`"),
    ("02-frames", "thousand_quick_messages", "only its summary is recorded; see the same"),
    (
        "02-frames",
        "payload_16MiB_plus",
        "reset or closed: the kernel decides by what it has not yet read (also 20MB, 65MiB)",
    ),
    ("02-frames", "payload_65MiB_fragmented_1MB", "the recording has no bytes of it; as many are sent"),
    ("04-official-client", "connect_and_first_ping", "begins with a late message of an earlier case"),
    ("04-official-client", "connect_others", "nothing is recorded of it"),
    ("04-official-client", "relay_error_destination_missing_twin", "the client asks the chain and sends nothing"),
    (
        "06-federation-out",
        "answer_200",
        "the clock starts near the message's end: one round of posts, not two or three",
    ),
    ("06-federation-out", "answer_500", "likewise"),
    ("06-federation-out", "unreachable_domain", "likewise; the other relay is a stand-in that cannot be reached"),
    ("06-federation-out", "hang", "likewise"),
    ("03-sessions", "*", "no recording here; kick, capacity, restart and queues have tests of their own"),
    ("07-extra", "*", "no recording here; there is no redis, and no memory of twins to use while the chain is down"),
];

/// Not done again at all.
const SKIPPED: &[&str] = &["get_metrics", "hundred_quick_messages", "thousand_quick_messages"];

const PROMPT: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(250);

fn recording(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/relay-golden").join(name);
    match std::fs::read(path.with_extension("json")) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: no recording {name}");
            None
        }
    }
}

fn identity(twin: &Value) -> Identity {
    let sr = Identity::from_uri(twin["mnemonic"].as_str().unwrap()).unwrap();
    if twin["key_type"] == "sr25519" {
        return sr;
    }
    let mini = sr.encryption_secret().unwrap().to_bytes().into();
    Identity::from_mini_secret(KeyKind::Ed25519, mini).unwrap()
}

fn chain(recording: &Value) -> Arc<Twins> {
    let twins = Twins::default();
    for twin in recording["twins"].as_object().unwrap().values() {
        let account = identity(twin).account();
        assert_eq!(hex::encode(account.0), twin["public_hex"].as_str().unwrap());
        let pk = twin["pk"].as_str().map(|pk| hex::decode(pk.trim_start_matches("0x")).unwrap());
        twins.put(number(&twin["id"]), account, twin["relay"].as_str(), pk);
    }
    Arc::new(twins)
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

/// The other relays of a case.
struct Others {
    case: String,
    posts: Mutex<Vec<(String, Bytes)>>,
    relays: Mutex<HashMap<String, SocketAddr>>,
}

#[async_trait]
impl Post for Others {
    async fn post(&self, domain: &str, envelope: Bytes) -> Result<u16, String> {
        self.posts.lock().unwrap().push((domain.to_owned(), envelope.clone()));
        let relay = self.relays.lock().unwrap().get(domain).copied();
        if let Some(relay) = relay {
            let head = format!("POST / HTTP/1.1\r\nhost: {domain}\r\ncontent-length: {}\r\n\r\n", envelope.len());
            return Ok(request(relay, &head, &envelope).await.0.status);
        }
        match self.case.as_str() {
            "hang" => std::future::pending().await,
            "unreachable_domain" => Err("no such host".to_owned()),
            "fail_fast_foreign" => Ok(404),
            case => case.split('_').find_map(|word| word.parse().ok()).ok_or_else(|| case.to_owned()),
        }
    }
}

/// A case while it is done again.
struct Stage<'a> {
    case: &'a Value,
    clock: Clock,
    relays: HashMap<&'static str, SocketAddr>,
    wires: BTreeMap<String, Wire>,
    handed_on: Vec<Vec<u8>>,
    problems: Vec<String>,
}

fn date(case: &Value) -> Option<Timestamp> {
    let steps = case["steps"].as_array().unwrap();
    let date = steps.iter().find_map(|step| step["recv"]["headers"]["date"].as_str())?;
    let date = chrono::DateTime::parse_from_rfc2822(date).unwrap();
    Some(Timestamp::from_secs(date.timestamp().try_into().unwrap()))
}

/// The case's relay stands at the moment of the recording; at another one where waiting would be long.
fn start(file: &str, case: &Value) -> Timestamp {
    let recorded = date(case).unwrap_or(Timestamp(0));
    let last = case["steps"].as_array().unwrap().iter().rfind(|step| step["send"]["do"] == "frame");
    let stamp = last.map_or(0, |step| step["send"]["envelope"]["timestamp"].as_u64().unwrap_or(0));
    match file {
        "06-federation-out" if last.is_some_and(|step| step["send"]["envelope"]["expiration"] == 8) => {
            Timestamp::from_secs(stamp + 5)
        }
        "06-federation-out" if stamp.abs_diff(recorded.secs()) < 60 => Timestamp::from_secs(stamp),
        "05-rate-limit" if stamp / 60 > recorded.secs() / 60 => Timestamp(stamp * 1000 - 4_000),
        _ => recorded,
    }
}

async fn perform(file: &'static str, chain: Arc<Twins>, case: &Value) -> Vec<String> {
    let id = case["id"].as_str().unwrap();
    let stop = CancellationToken::new();
    let clock = Clock::runtime(start(file, case));
    let others = Arc::new(Others { case: id.to_owned(), posts: Mutex::default(), relays: Mutex::default() });
    let mut relays = HashMap::new();
    for domain in ["localhost", "relay2.test"] {
        let mut options = Options::new(vec![domain.to_owned()]);
        options.post = Some(others.clone());
        if file == "05-rate-limit" {
            options.limit = Some(Limit { count: 5, bytes: 2000 });
        }
        let relay = Relay::new(options, chain.clone(), clock.clone(), Faults::default());
        relays.insert(domain, relay.serve(([127, 0, 0, 1], 0).into(), stop.clone()).await.unwrap());
    }
    if ["two_real_relays", "twin_connected_to_a_relay_not_in_its_list"].contains(&id) {
        *others.relays.lock().unwrap() = relays.iter().map(|(name, addr)| ((*name).to_owned(), *addr)).collect();
    }
    let mut stage = Stage { case, clock, relays, wires: BTreeMap::new(), handed_on: Vec::new(), problems: Vec::new() };
    for (at, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let before = stage.problems.len();
        if file == "05-rate-limit" && step["send"]["envelope"]["uid"] == "u-l-next" {
            stage.clock.until(Timestamp::from_secs(step["send"]["envelope"]["timestamp"].as_u64().unwrap())).await;
        }
        stage.step(at, step).await;
        if stage.problems.len() > before {
            break;
        }
    }
    for (name, wire) in &mut stage.wires {
        if let Some(seen) = wire.pending() {
            stage.problems.push(format!("{name}: unexpected {seen:?}"));
        }
    }
    let posts = others.posts.lock().unwrap();
    if file == "06-federation-out" && !id.starts_with("two_real") {
        let summary = &case["observed"][0];
        let recorded = summary["posts_seen_by_other_relay"].as_u64().unwrap();
        if (recorded == 0) != posts.is_empty() && id != "unreachable_domain" {
            stage.problems.push(format!("{} posts, recorded {recorded}", posts.len()));
        }
        if let Some(body) = posts.iter().map(|(_, body)| body).find(|body| !stage.handed_on.contains(&body.to_vec())) {
            stage.problems.push(format!("posted something else than was sent: {body:?}"));
        }
    }
    stop.cancel();
    stage.problems.into_iter().map(|problem| format!("{file} {id}: {problem}")).collect()
}

impl Stage<'_> {
    /// Which relay a session is at.
    fn addr(&self, session: &str) -> SocketAddr {
        let other = match self.case["id"].as_str().unwrap() {
            "two_real_relays" => session.starts_with("FOREIGN"),
            "twin_connected_to_a_relay_not_in_its_list" => session.starts_with("C:"),
            _ => false,
        };
        self.relays[if other { "relay2.test" } else { "localhost" }]
    }

    async fn step(&mut self, at: usize, step: &Value) {
        let send = &step["send"];
        match send["do"].as_str() {
            Some("http") => {
                let expected = &self.case["steps"][at + 1]["recv"];
                self.http(send, expected).await;
            }
            Some("frame") => {
                let opcode = match send["opcode"].as_str() {
                    Some("continuation") => 0,
                    Some("text") => 1,
                    Some("binary") => 2,
                    Some("close") => 8,
                    Some("ping") => 9,
                    Some("pong") => 10,
                    other => send["opcode"].as_u64().unwrap_or_else(|| panic!("opcode {other:?}")) as u8,
                };
                let payload = payload(send, "hex", "envelope");
                self.handed_on.push(payload.clone());
                self.wire(&send["session"]).frame(opcode, send["fin"] != 0, &payload).await;
            }
            Some("raw") => {
                let bytes = hex::decode(send["hex"].as_str().unwrap()).unwrap();
                self.wires.values_mut().next().unwrap().raw(&bytes).await;
            }
            Some("fragments") => {
                let payload = match &self.case["steps"][at + 1]["recv"]["envelope"] {
                    Value::Null => vec![b'x'; send["total"].as_u64().unwrap() as usize],
                    described => rebuild(described),
                };
                assert_eq!(payload.len() as u64, send["total"].as_u64().unwrap());
                self.handed_on.push(payload.clone());
                let wire = self.wires.iter_mut().find(|(name, _)| name.starts_with('A')).unwrap().1;
                let mut parts = payload.chunks(send["of"].as_u64().unwrap() as usize).peekable();
                let mut opcode = 2;
                while let Some(part) = parts.next() {
                    wire.frame(opcode, parts.peek().is_none(), part).await;
                    opcode = 0;
                }
            }
            Some(other) => panic!("step {other}"),
            None => self.recv(&step["recv"]).await,
        }
    }

    fn wire(&mut self, session: &Value) -> &mut Wire {
        self.wires.get_mut(session.as_str().unwrap()).unwrap_or_else(|| panic!("no session {session}"))
    }

    async fn http(&mut self, send: &Value, expected: &Value) {
        let session = send["session"].as_str().unwrap();
        let mut head = send["request_head"].as_str().unwrap().to_owned();
        if head.contains('…') {
            let upgrade = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            head = format!("GET /?{} HTTP/1.1\r\n{upgrade}", "x".repeat(80_344));
        }
        let body = if send["body_hex"].is_null() { Vec::new() } else { payload(send, "body_hex", "body_envelope") };
        self.handed_on.push(body.clone());
        if let Some(old) = self.wires.remove(session) {
            // The recorder closes the old connection of a session before it opens a new one.
            drop(old);
            tokio::time::sleep(QUIET).await;
        }
        let (answer, wire) = request(self.addr(session), &head, &body).await;
        if let Some(difference) = differs(&answer, expected) {
            self.problems.push(difference);
        }
        if let Some(wire) = wire {
            self.wires.insert(session.to_owned(), wire);
        }
    }

    async fn recv(&mut self, expected: &Value) {
        if !expected["status"].is_null() {
            return; // Compared with its request.
        }
        if !expected["nothing_for_s"].is_null() {
            tokio::time::sleep(QUIET).await;
            for (name, wire) in &mut self.wires {
                if let Some(seen) = wire.pending() {
                    self.problems.push(format!("{name}: {seen:?} instead of silence"));
                }
            }
            return;
        }
        let Some(seen) = self.wire(&expected["session"]).next(PROMPT).await else {
            return self.problems.push(format!("nothing came instead of {expected}"));
        };
        let same = match (&seen, expected["event"].as_str(), expected["opcode"].as_str()) {
            (Seen::End { reset }, Some(event), _) => !reset || event == "tcp_reset",
            (Seen::Frame { opcode: 8, payload }, _, Some("close")) => {
                let code = payload.get(..2).map(|code| u64::from(u16::from_be_bytes(code.try_into().unwrap())));
                code == expected["close_code"].as_u64()
                    && payload.get(2..).unwrap_or_default() == expected["close_reason"].as_str().unwrap().as_bytes()
            }
            (Seen::Frame { opcode: 10, payload }, _, Some("pong")) => {
                hex::encode(payload) == expected["hex"].as_str().unwrap()
            }
            (Seen::Frame { opcode: 2, payload }, _, Some("binary")) => self.same_message(payload, expected),
            _ => false,
        };
        if !same {
            let short = format!("{seen:?}");
            self.problems.push(format!("{:.600} instead of {expected}", short));
        }
    }

    /// Handed on: the very bytes. Made by the relay: the same fields.
    fn same_message(&self, payload: &[u8], expected: &Value) -> bool {
        if let Some(sum) = expected["sha256"].as_str() {
            return hex::encode(Sha256::digest(payload)) == sum || self.handed_on.iter().any(|sent| sent == payload);
        }
        let recorded = hex::decode(expected["hex"].as_str().unwrap()).unwrap();
        if recorded == payload {
            return true;
        }
        let (Ok(theirs), Ok(mut ours)) = (Envelope::decode(recorded.as_slice()), Envelope::decode(payload)) else {
            return false;
        };
        let made = matches!(&theirs.kind, Some(Kind::Pong(_)))
            || (theirs.source.is_none() && matches!(&theirs.kind, Some(Kind::Error(_))));
        if matches!(&theirs.kind, Some(Kind::Error(_))) && ours.timestamp.abs_diff(self.clock.now().secs()) <= 5 {
            ours.timestamp = theirs.timestamp;
        }
        made && ours == theirs
    }
}

fn differs(answer: &Answer, expected: &Value) -> Option<String> {
    let mut headers: BTreeMap<&str, &str> =
        answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut recorded: BTreeMap<&str, &str> = expected["headers"]
        .as_object()?
        .iter()
        .filter_map(|(name, value)| value.as_str().map(|value| (name.as_str(), value)))
        .collect();
    let dated = (headers.remove("date").is_some(), recorded.remove("date").is_some());
    let same = dated.0 == dated.1
        && headers == recorded
        && u64::from(answer.status) == expected["status"].as_u64()?
        && answer.version == expected["http_version"].as_str()?
        && answer.body == expected["body_text"].as_str()?.as_bytes();
    (!same).then(|| format!("{answer:?} ({}) instead of {expected}", String::from_utf8_lossy(&answer.body)))
}

/// The bytes of a step; long ones are recorded by their description only.
fn payload(send: &Value, hex: &str, described: &str) -> Vec<u8> {
    match send[hex].as_str() {
        Some(digits) if !digits.contains('…') => hex::decode(digits).unwrap(),
        Some(_) => {
            let bytes = rebuild(&send[described]);
            if let Some(sum) = send["sha256"].as_str() {
                assert_eq!(hex::encode(Sha256::digest(&bytes)), sum, "rebuilt wrongly");
            }
            bytes
        }
        None => send["text"].as_str().unwrap_or_default().as_bytes().to_vec(),
    }
}

fn rebuild(described: &Value) -> Vec<u8> {
    let text = |name: &str| described[name].as_str().map(str::to_owned);
    let address = |name: &str| Address {
        twin: number(&described[name]["twin"]),
        connection: described[name]["connection"].as_str().map(str::to_owned),
    };
    let plain = described["plain"].as_str().unwrap();
    let count = plain.trim_start_matches('<').split(' ').next().unwrap().parse().unwrap();
    let envelope = Envelope {
        uid: text("uid").unwrap(),
        timestamp: described["timestamp"].as_u64().unwrap(),
        expiration: described["expiration"].as_u64().unwrap(),
        source: Some(address("source")),
        destination: Some(address("destination")),
        kind: Some(Kind::Request(Request { command: described["request"]["command"].as_str().unwrap().to_owned() })),
        schema: text("schema"),
        payload: Some(Payload::Plain(vec![b'x'; count])),
        ..Envelope::default()
    };
    envelope.encode_to_vec()
}

async fn replay(file: &'static str) {
    let Some(recording) = recording(file) else { return };
    let mut cases: Vec<Value> = Vec::new();
    for case in recording["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if SKIPPED.contains(&id) {
            assert!(DIFFERENT.iter().any(|(in_file, case, _)| *in_file == file && *case == id));
            continue;
        }
        if id == "expired_offline_queue_delivery" {
            // It goes on where the case before ended.
            let steps = cases.last_mut().unwrap()["steps"].as_array_mut().unwrap();
            steps.extend(case["steps"].as_array().unwrap().iter().cloned());
        } else {
            cases.push(case.clone());
        }
    }
    for (in_file, case, reason) in DIFFERENT {
        let known = recording["cases"].as_array().unwrap().iter().any(|known| known["id"] == *case);
        assert!(*in_file != file || known, "the table names {case} ({reason}), which is not recorded");
    }
    let count = cases.len();
    let chain = chain(&recording);
    let problems: Vec<Vec<String>> = futures_util::stream::iter(&cases)
        .map(|case| perform(file, chain.clone(), case))
        .buffer_unordered(12)
        .collect()
        .await;
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    println!("{file}: {count} cases");
    assert!(problems.is_empty(), "{} of {count}:\n{}", problems.len(), problems.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_and_tokens() {
    replay("01-http").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_and_routing() {
    replay("02-frames").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rate_limits() {
    replay("05-rate-limit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn federation() {
    replay("06-federation-out").await;
}

/// The official clients' messages through our relay, and what they saw in them, read by our own code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_client() {
    let Some(recording) = recording("04-official-client") else { return };
    let (chain, stop) = (chain(&recording), CancellationToken::new());
    let options = Options::new(vec!["localhost".to_owned()]);
    let relay = Relay::new(options, chain.clone(), Clock::system(), Faults::default());
    let addr = relay.serve(([127, 0, 0, 1], 0).into(), stop.clone()).await.unwrap();
    let mut wires: HashMap<(u32, Option<String>), Wire> = HashMap::new();
    for twin in recording["twins"].as_object().unwrap().values() {
        for sid in [None, Some("off-b"), Some("off-c"), Some("off-e")] {
            let id = number(&twin["id"]);
            let token = token::make(&identity(twin), TwinId(id), sid, Clock::system().now());
            let upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
            let head =
                format!("GET /?{token} HTTP/1.1\r\n{upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            // The others are away in the recording.
            if id <= 4 {
                wires.insert((id, sid.map(str::to_owned)), request(addr, &head, &[]).await.1.unwrap());
            }
        }
    }
    let keys: HashMap<u32, Identity> =
        recording["twins"].as_object().unwrap().values().map(|twin| (number(&twin["id"]), identity(twin))).collect();
    let (mut checked, mut opened) = (0, 0);
    for case in recording["cases"].as_array().unwrap() {
        let (mut sent, mut last) = (Vec::new(), Envelope::default());
        for step in case["steps"].as_array().unwrap() {
            if let Some(seen) = step["sees"].as_object() {
                let (from, to) = (last.from().unwrap(), last.destination.clone().unwrap().twin);
                let account: AccountId = keys[&from.0].account();
                assert_eq!(seen["signature_verified_by_official_code"], last.signed_by(&account), "{case}");
                let plain = match last.payload.clone().unwrap() {
                    Payload::Plain(bytes) => bytes,
                    Payload::Cipher(field) => {
                        let theirs = keys[&from.0].encryption_public().unwrap();
                        let shared = Shared::new(&keys[&to].encryption_secret().unwrap(), &theirs).unwrap();
                        shared.open(&field).unwrap()
                    }
                };
                assert_eq!(seen["payload_after_decryption"].as_str().unwrap().as_bytes(), plain);
                opened += 1;
                continue;
            }
            let bytes = hex::decode(step["hex"].as_str().unwrap()).unwrap();
            let envelope = Envelope::decode(bytes.as_slice()).unwrap();
            if step["dir"] == "send" {
                let source = envelope.source.clone().unwrap();
                wires.get_mut(&(source.twin, source.connection)).unwrap().frame(2, true, &bytes).await;
                sent.push(envelope.uid.clone());
            } else if sent.contains(&envelope.uid) {
                let to = envelope.destination.clone().unwrap();
                let wire = wires.get_mut(&(to.twin, to.connection)).unwrap();
                let mut ours = loop {
                    let seen = wire.next(PROMPT).await;
                    let Some(Seen::Frame { opcode: 2, payload }) = seen else { panic!("{seen:?} instead of {step}") };
                    let ours = Envelope::decode(payload.as_slice()).unwrap();
                    // Pongs come whenever they like; some were recorded in a later case, or not at all.
                    if ours.uid == envelope.uid || !matches!(ours.kind, Some(Kind::Pong(_))) {
                        break ours;
                    }
                };
                if envelope.source.is_none() {
                    ours.timestamp = envelope.timestamp;
                }
                assert_eq!(ours, envelope, "{}", case["id"]);
                (checked, last) = (checked + 1, envelope);
            }
        }
    }
    assert!(checked > 30 && opened > 15, "{checked} messages, {opened} opened");
    stop.cancel();
}
