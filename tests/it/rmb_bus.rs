//! Asker, relay and answerer over loopback: what arrives, and what every kind of silence and refusal becomes.

use crate::rmb_house::{Grid, caller, pace};
use async_trait::async_trait;
use bellhop::clock::{Clock, Dice};
use bellhop::grid::live::rmb::envelope::{Address, Envelope, Kind, Message as _, Payload, Request, Response};
use bellhop::grid::live::rmb::{Answer, JSON, RelayBus, Relays, token};
use bellhop::grid::{Bus, GridError, KeyKind, Party, TwinId};
use bellhop::sandbox::fault::{Effect, Face, Rule};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(400);

/// Echoes, refuses, keeps silent, or holds back; counts what it was asked.
#[derive(Clone, Default)]
struct Node {
    asked: Arc<AtomicUsize>,
    arrived: Arc<Notify>,
    go: Arc<Notify>,
}

#[async_trait]
impl Answer for Node {
    async fn answer(&self, from: TwinId, command: &str, payload: Value) -> Option<Result<Value, String>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.arrived.notify_one();
        match command {
            "refuse" => Some(Err("no room: 507".to_owned())),
            "silent" => None,
            "hold" => {
                self.go.notified().await;
                Some(Ok(json!("held")))
            }
            _ => Some(Ok(json!({"from": from, "command": command, "payload": payload}))),
        }
    }
}

fn rule(effect: Effect) -> Rule {
    Rule { face: Face::Relay, on: String::new(), node: None, effect, times: Some(1) }
}

/// A bare websocket of a twin.
async fn raw(
    grid: &Grid,
    who: &bellhop::grid::Caller,
    sid: Option<&str>,
) -> WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>> {
    let token = token::make(&who.identity, who.twin, sid, Clock::system().now());
    connect_async(format!("ws://{}/?{token}", grid.addr)).await.unwrap().0
}

async fn read(socket: &mut WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>) -> Envelope {
    loop {
        if let Message::Binary(bytes) = socket.next().await.unwrap().unwrap() {
            return Envelope::decode(bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn both_schemes_plain_and_encrypted() {
    let grid = Grid::new().await;
    for (n, (asker, node)) in [
        (KeyKind::Sr25519, KeyKind::Ed25519),
        (KeyKind::Sr25519, KeyKind::Sr25519),
        (KeyKind::Ed25519, KeyKind::Ed25519),
    ]
    .into_iter()
    .enumerate()
    {
        for (m, encrypted) in [(true, true), (false, true), (true, false), (false, false)].into_iter().enumerate() {
            let id = u32::try_from(10 + n * 20 + m * 2).unwrap();
            let me = grid.twin(asker, id, encrypted.0);
            let _peer = grid.peer(grid.twin(node, id + 1, encrypted.1), Node::default()).await;
            let answer = grid.bus().call(&me, TwinId(id + 1), "zos.echo", json!({"n": 1}), LONG).await;
            assert_eq!(answer, Ok(json!({"from": id, "command": "zos.echo", "payload": {"n": 1}})));
        }
    }
}

#[tokio::test]
async fn what_is_encrypted_cannot_be_read_on_the_way() {
    let grid = Grid::new().await;
    let (me, node) = (grid.twin(KeyKind::Sr25519, 1, true), grid.twin(KeyKind::Ed25519, 2, true));
    let mut tap = raw(&grid, &node, None).await;
    let bus = grid.bus();
    let call = bus.call(&me, TwinId(2), "zos.deployment.deploy", json!("a wireguard key"), SHORT);
    let (_, seen) = tokio::join!(call, read(&mut tap));
    assert!(matches!(seen.payload, Some(Payload::Cipher(_))), "{:?}", seen.payload);
    assert!(seen.signed_by(&me.identity.account()));
    let session = seen.source.unwrap().connection.unwrap();
    assert!(session.len() > 12, "a session name of its own: {session}");
}

#[tokio::test]
async fn a_node_that_says_no_and_one_that_says_nothing() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), Node::default()).await;
    let bus = grid.bus();
    let no = bus.call(&me, TwinId(2), "refuse", Value::Null, LONG).await;
    assert_eq!(no, Err(GridError::refused(Party::Node, "error", "no room: 507")));
    let silence = bus.call(&me, TwinId(2), "silent", Value::Null, SHORT).await;
    assert!(matches!(silence, Err(GridError::Unclear { by: Party::Node, .. })), "{silence:?}");
}

#[tokio::test]
async fn the_relay_says_no() {
    let grid = Grid::new().await;
    let (me, _) = (grid.twin(KeyKind::Sr25519, 1, true), grid.twin(KeyKind::Ed25519, 2, true));
    let bus = grid.bus();
    let unknown = bus.call(&me, TwinId(99), "zos.echo", Value::Null, LONG).await.unwrap_err();
    assert_eq!(unknown, GridError::refused(Party::Relay, "unknown-twin", "unknown twin destination"));
    grid.chain.put(3, caller(KeyKind::Ed25519, 3).identity.account(), None, None);
    let nowhere = bus.call(&me, TwinId(3), "zos.echo", Value::Null, LONG).await.unwrap_err();
    assert_eq!(nowhere, GridError::refused(Party::Relay, "no-relay", "relay info is not set for this twin"));
    grid.faults.add(rule(Effect::Error("exceeded rate limits, dropping message".to_owned())));
    let busy = bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.unwrap_err();
    assert_eq!(busy, GridError::passing(Party::Relay, "exceeded rate limits, dropping message"));
}

#[tokio::test]
async fn a_twin_that_the_relay_does_not_know_is_refused() {
    let grid = Grid::new().await;
    grid.twin(KeyKind::Ed25519, 2, false);
    let stranger = caller(KeyKind::Sr25519, 77);
    let refused = grid.bus().call(&stranger, TwinId(2), "zos.echo", Value::Null, LONG).await.unwrap_err();
    assert_eq!(refused, GridError::refused(Party::Relay, "401", "twin not found 77"));
}

#[tokio::test]
async fn nothing_was_sent_when_there_is_no_relay() {
    let grid = Grid::new().await;
    let (me, _) = (grid.twin(KeyKind::Sr25519, 1, true), grid.twin(KeyKind::Ed25519, 2, true));
    grid.stop.cancel();
    // A port that nobody listens on.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relays = Relays::new(&[format!("ws://{nobody}")]).unwrap();
    let bus = RelayBus::new(relays, grid.chain.clone(), Clock::system(), Dice::seeded(1)).with_pace(pace());
    let failed = bus.call(&me, TwinId(2), "zos.echo", Value::Null, SHORT).await;
    assert!(matches!(failed, Err(GridError::Passing { by: Party::Relay, .. })), "{failed:?}");
}

#[tokio::test]
async fn the_second_relay_stands_in() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), Node::default()).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relays = Relays::new(&[format!("ws://{nobody}"), format!("ws://{}", grid.addr)]).unwrap();
    let bus = RelayBus::new(relays, grid.chain.clone(), Clock::system(), Dice::seeded(1)).with_pace(pace());
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
}

#[tokio::test]
async fn a_relay_that_restarts_mid_call_loses_nothing() {
    let mut grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let node = Node::default();
    let peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), node.clone()).await;
    let bus = Arc::new(grid.bus());
    let call = tokio::spawn({
        let (bus, me) = (bus.clone(), me.clone());
        async move { bus.call(&me, TwinId(2), "hold", Value::Null, LONG).await }
    });
    node.arrived.notified().await;
    grid.restart().await;
    node.go.notify_one();
    assert_eq!(call.await.unwrap(), Ok(json!("held")), "the answer finds the session again");
    peer.connected().await;
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
}

#[tokio::test]
async fn a_relay_that_goes_for_good_mid_call_leaves_it_unclear() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let node = Node::default();
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), node.clone()).await;
    let bus = grid.bus();
    let (outcome, ()) = tokio::join!(bus.call(&me, TwinId(2), "hold", Value::Null, 3 * SHORT), async {
        node.arrived.notified().await;
        grid.stop.cancel();
    });
    assert!(matches!(outcome, Err(GridError::Unclear { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_cut_connection_is_opened_again() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), Node::default()).await;
    let bus = grid.bus();
    grid.faults.add(rule(Effect::Die));
    let cut = bus.call(&me, TwinId(2), "zos.echo", Value::Null, SHORT).await;
    assert!(matches!(cut, Err(GridError::Unclear { .. })), "{cut:?}");
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
}

#[tokio::test]
async fn lost_messages_and_lost_answers_are_unclear_and_late_ones_arrive() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let node = Node::default();
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), node.clone()).await;
    let bus = grid.bus();
    for (effect, asked) in [(Effect::Drop, 0), (Effect::Lose, 1)] {
        grid.faults.add(rule(effect));
        let lost = bus.call(&me, TwinId(2), "zos.echo", Value::Null, SHORT).await;
        assert!(matches!(lost, Err(GridError::Unclear { .. })), "{lost:?}");
        assert_eq!(node.asked.load(Ordering::SeqCst), asked);
    }
    grid.faults.add(rule(Effect::Delay(50)));
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
}

/// A node made by hand, that answers with whatever `make` says.
async fn forged(make: impl Fn(&Envelope) -> Vec<Envelope>) -> Result<Value, GridError> {
    let grid = Grid::new().await;
    let (me, node) = (grid.twin(KeyKind::Sr25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let mut socket = raw(&grid, &node, None).await;
    let bus = grid.bus();
    let call = bus.call(&me, TwinId(2), "zos.echo", Value::Null, 2 * SHORT);
    let answer = async {
        let request = read(&mut socket).await;
        for answer in make(&request) {
            socket.send(Message::Binary(answer.encode_to_vec().into())).await.unwrap();
        }
    };
    tokio::join!(call, answer).0
}

fn response(request: &Envelope, payload: &str) -> Envelope {
    let mut answer = Envelope {
        uid: request.uid.clone(),
        timestamp: request.timestamp,
        expiration: 60,
        source: Some(Address::new(TwinId(2), None)),
        destination: request.source.clone(),
        kind: Some(Kind::Response(Response {})),
        schema: Some(JSON.to_owned()),
        payload: Some(Payload::Plain(payload.as_bytes().to_vec())),
        ..Envelope::default()
    };
    answer.sign(&caller(KeyKind::Ed25519, 2).identity);
    answer
}

#[tokio::test]
async fn a_wrong_signature_is_no_answer() {
    let wrong = forged(|request| {
        let mut answer = response(request, "1");
        answer.sign(&caller(KeyKind::Ed25519, 9).identity);
        vec![answer]
    });
    assert!(matches!(wrong.await, Err(GridError::Unclear { .. })));
    let none = forged(|request| vec![Envelope { signature: None, ..response(request, "1") }]);
    assert!(matches!(none.await, Err(GridError::Unclear { .. })));
}

#[tokio::test]
async fn the_right_answer_counts_whatever_came_before_and_after() {
    let answer = forged(|request| {
        let stranger = Envelope { uid: "another".to_owned(), ..response(request, "0") };
        let unsigned = Envelope { signature: None, ..response(request, "1") };
        vec![stranger, unsigned, response(request, "2"), response(request, "2"), response(request, "3")]
    });
    assert_eq!(answer.await, Ok(json!(2)));
}

#[tokio::test]
async fn another_twin_cannot_answer() {
    let grid = Grid::new().await;
    let (me, node) = (grid.twin(KeyKind::Sr25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let liar = grid.twin(KeyKind::Ed25519, 3, false);
    let (mut socket, mut other) = (raw(&grid, &node, None).await, raw(&grid, &liar, None).await);
    let bus = grid.bus();
    let call = bus.call(&me, TwinId(2), "zos.echo", Value::Null, 2 * SHORT);
    let answer = async {
        let request = read(&mut socket).await;
        let mut lie = response(&request, "1");
        lie.source = Some(Address::new(TwinId(3), None));
        lie.sign(&liar.identity);
        other.send(Message::Binary(lie.encode_to_vec().into())).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(call, answer);
    assert!(matches!(outcome, Err(GridError::Unclear { .. })), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_unclear_and_an_empty_one_is_null() {
    assert!(matches!(forged(|request| vec![response(request, "{")]).await, Err(GridError::Unclear { .. })));
    assert_eq!(forged(|request| vec![response(request, "")]).await, Ok(Value::Null));
}

#[tokio::test]
async fn a_peer_drops_what_a_go_peer_drops_and_does_nothing_twice() {
    let grid = Grid::new().await;
    let (me, node) = (grid.twin(KeyKind::Sr25519, 1, false), Node::default());
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, false), node.clone()).await;
    let mut socket = raw(&grid, &me, Some("s")).await;
    let request = |uid: &str| Envelope {
        uid: uid.to_owned(),
        source: Some(Address::new(TwinId(1), Some("s"))),
        destination: Some(Address::new(TwinId(2), None)),
        kind: Some(Kind::Request(Request { command: "zos.echo".to_owned() })),
        schema: Some(JSON.to_owned()),
        payload: Some(Payload::Plain(Vec::new())),
        ..Envelope::default()
    };
    let mut bad = vec![request("unsigned"), request("forged"), request("cipher"), request("schema"), request("kind")];
    bad[1].sign(&caller(KeyKind::Sr25519, 5).identity);
    bad[2].payload = Some(Payload::Cipher(vec![7; 40]));
    bad[2].sign(&me.identity);
    bad[3].schema = None;
    bad[3].sign(&me.identity);
    bad[4].kind = Some(Kind::Response(Response {}));
    bad[4].sign(&me.identity);
    let mut good = request("good");
    good.sign(&me.identity);
    let twice = good.clone();
    let mut last = request("last");
    last.kind = Some(Kind::Request(Request { command: "refuse".to_owned() }));
    last.sign(&me.identity);
    for message in bad.into_iter().chain([good, twice, last]) {
        socket.send(Message::Binary(message.encode_to_vec().into())).await.unwrap();
    }
    let mut answers = [read(&mut socket).await, read(&mut socket).await];
    answers.sort_by(|a, b| a.uid.cmp(&b.uid));
    assert_eq!(answers.each_ref().map(|answer| answer.uid.as_str()), ["good", "last"]);
    assert_eq!(node.asked.load(Ordering::SeqCst), 2);
    let Some(Kind::Error(error)) = &answers[1].kind else { panic!("{answers:?}") };
    assert_eq!((error.code, error.message.as_str()), (0, "no room: 507"));
    assert_eq!(answers[1].payload, Some(Payload::Plain(b"null".to_vec())));
    assert!(answers.iter().all(|answer| answer.signed_by(&caller(KeyKind::Ed25519, 2).identity.account())));
}

#[tokio::test]
async fn many_calls_share_one_session() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let _peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), Node::default()).await;
    let bus = grid.bus();
    let calls = (0..100).map(|n| bus.call(&me, TwinId(2), "zos.echo", json!(n), LONG));
    let answers = futures_util::future::join_all(calls).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap()["payload"], json!(n));
    }
    assert_eq!(grid.relay.sessions(), 2, "the peer's and one of ours");
}

#[tokio::test]
async fn an_idle_session_is_closed_and_opened_again_when_needed() {
    let grid = Grid::new().await;
    let me = grid.twin(KeyKind::Sr25519, 1, true);
    let peer = grid.peer(grid.twin(KeyKind::Ed25519, 2, true), Node::default()).await;
    let idle = bellhop::grid::live::rmb::Pace { idle: Duration::from_millis(50), ..pace() };
    let bus = grid.bus().with_pace(idle);
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
    let gone = async {
        while grid.relay.sessions() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, gone).await.expect("the idle session stays");
    assert!(bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG).await.is_ok());
    peer.stop().await;
}

#[tokio::test]
async fn a_silent_relay_is_given_up() {
    // It shakes hands and then never says a word.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((tcp, _)) = listener.accept().await {
            held.push(tokio_tungstenite::accept_async(tcp).await.unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let grid = Grid::new().await;
    let (me, _) = (grid.twin(KeyKind::Sr25519, 1, true), grid.twin(KeyKind::Ed25519, 2, true));
    let relays = Relays::new(&[format!("ws://{addr}")]).unwrap();
    let quick =
        bellhop::grid::live::rmb::Pace { ping: Duration::from_millis(20), dead: Duration::from_millis(60), ..pace() };
    let bus = RelayBus::new(relays, grid.chain.clone(), Clock::system(), Dice::seeded(1)).with_pace(quick);
    let given_up = tokio::time::timeout(LONG, bus.call(&me, TwinId(2), "zos.echo", Value::Null, LONG)).await;
    assert!(matches!(given_up, Ok(Err(GridError::Unclear { .. }))), "{given_up:?}");
    assert_eq!(opened.load(Ordering::SeqCst), 1, "never again under a name that may still be open");
}
