//! Sessions of the sandbox's relay: kicked, crowded out, too slow, cut off, and what becomes of their messages
//! (relay-observed.md; the relay's golden recordings have no sessions in them).

use crate::relay_wire::{Answer, Seen, Wire, request};
use crate::rmb_house::{Grid, Twins, pace};
use async_trait::async_trait;
use bellhop::clock::{Clock, Dice};
use bellhop::grid::live::rmb::envelope::{Address, Envelope, Kind, Message as _, Payload, Request};
use bellhop::grid::live::rmb::{Answer as Serve, Peer, RelayBus, Relays, WebPost, token};
use bellhop::grid::{Bus, Caller, GridError, KeyKind, Party, TwinId};
use bellhop::sandbox::fault::Faults;
use bellhop::sandbox::relay::{Options, Relay};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LONG: Duration = Duration::from_secs(20);

async fn connect(addr: SocketAddr, who: &Caller, sid: Option<&str>) -> (Answer, Option<Wire>) {
    let token = token::make(&who.identity, who.twin, sid, Clock::system().now());
    let head = format!(
        "GET /?{token} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    request(addr, &head, &[]).await
}

async fn open(addr: SocketAddr, who: &Caller, sid: &str) -> Wire {
    connect(addr, who, Some(sid)).await.1.expect("a websocket")
}

fn message(from: u32, to: u32, uid: usize, size: usize) -> Vec<u8> {
    let envelope = Envelope {
        uid: uid.to_string(),
        source: Some(Address::new(TwinId(from), Some("s"))),
        destination: Some(Address::new(TwinId(to), Some("s"))),
        kind: Some(Kind::Request(Request { command: "zos.echo".to_owned() })),
        payload: Some(Payload::Plain(vec![b'x'; size])),
        ..Envelope::default()
    };
    envelope.encode_to_vec()
}

/// The uid of the next message.
async fn uid(wire: &mut Wire) -> usize {
    match wire.next(LONG).await {
        Some(Seen::Frame { opcode: 2, payload }) => Envelope::decode(payload.as_slice()).unwrap().uid.parse().unwrap(),
        other => panic!("{other:?} instead of a message"),
    }
}

/// An empty goodbye, then the end.
async fn farewell(wire: &mut Wire) {
    assert_eq!(wire.next(LONG).await, Some(Seen::Frame { opcode: 8, payload: Vec::new() }));
    assert_eq!(wire.next(LONG).await, Some(Seen::End { reset: false }));
}

#[tokio::test]
async fn tokens_are_refused_in_the_words_of_the_real_relay() {
    let grid = Grid::new().await;
    let (a, b) = (grid.twin(KeyKind::Sr25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let now = Clock::system().now();
    let good = token::make(&a.identity, a.twin, None, now);
    let (head, rest) = good.split_once('.').unwrap();
    let algorithm = good.replacen(head, "eyJhbGciOiJIUzI1NiJ9", 1);
    let old = token::make(&a.identity, a.twin, None, bellhop::clock::Timestamp(1));
    for (query, status, words) in [
        (String::new(), 400, "missing jwt"),
        ("?".to_owned(), 401, "invalid jwt: jwt: No claims component found in token string"),
        (format!("?{head}.e30"), 401, "invalid jwt: jwt: No signature component found in token string"),
        (format!("?{good}.x"), 401, "invalid jwt: jwt: Too many components found in token string"),
        (format!("?!.{rest}"), 401, "invalid jwt: jwt: Invalid byte 33, offset 0."),
        (format!("?{head}.e30.x"), 401, "invalid jwt: jwt: missing field `sub` at line 1 column 2"),
        (format!("?{algorithm}"), 401, "invalid jwt: jwt: Expected algorithm type Hs256 but found Rs512"),
        (format!("?{old}"), 401, "invalid jwt: jwt has expired"),
        (format!("?{}", token::make(&a.identity, TwinId(9), None, now)), 401, "twin not found 9"),
        (format!("?{}", token::make(&b.identity, a.twin, None, now)), 401, "invalid jwt: jwt: Invalid signature"),
        (format!("?{good}"), 500, "No \"Sec-WebSocket-Key\" header"),
    ] {
        let head = format!("GET /{query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        let (answer, _) = request(grid.addr, &head, &[]).await;
        assert_eq!((answer.status, String::from_utf8(answer.body).unwrap().as_str()), (status, words), "{query}");
        assert!(!answer.headers.contains_key("content-type"));
    }
    for (head, body, status, words) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", 404, "page not found"),
        ("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n", "", 202, ""),
        ("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\n", "hello", 400, "bad request: Unexpected wire type"),
    ] {
        let (answer, _) = request(grid.addr, head, body.as_bytes()).await;
        assert_eq!((answer.status, String::from_utf8(answer.body).unwrap().as_str()), (status, words), "{head}");
    }
}

#[tokio::test]
async fn a_thousand_messages_keep_their_order() {
    let grid = Grid::new().await;
    let (a, b) = (grid.twin(KeyKind::Ed25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let (mut from, mut to) = (open(grid.addr, &a, "s").await, open(grid.addr, &b, "s").await);
    for n in 0..1000 {
        from.frame(2, true, &message(1, 2, n, 1)).await;
    }
    for n in 0..1000 {
        assert_eq!(uid(&mut to).await, n);
    }
}

#[tokio::test]
async fn a_second_connection_closes_both_and_the_third_gets_what_waited() {
    let grid = Grid::new().await;
    let (a, b) = (grid.twin(KeyKind::Ed25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let mut other = connect(grid.addr, &b, None).await.1.unwrap();
    let mut first = open(grid.addr, &b, "s").await;
    let mut second = open(grid.addr, &b, "s").await;
    farewell(&mut first).await;
    farewell(&mut second).await;
    let mut from = open(grid.addr, &a, "s").await;
    from.frame(2, true, &message(1, 2, 7, 1)).await;
    let mut third = open(grid.addr, &b, "s").await;
    assert_eq!(uid(&mut third).await, 7);
    other.frame(9, true, b"still here").await;
    assert_eq!(other.next(LONG).await, Some(Seen::Frame { opcode: 10, payload: b"still here".to_vec() }));
}

#[tokio::test]
async fn who_says_goodbye_may_come_back_at_once() {
    let grid = Grid::new().await;
    let a = grid.twin(KeyKind::Ed25519, 1, false);
    for _ in 0..20 {
        let mut wire = open(grid.addr, &a, "s").await;
        wire.frame(8, true, &[]).await;
        farewell(&mut wire).await;
    }
    assert_eq!(grid.relay.sessions(), 0);
}

#[tokio::test]
async fn a_full_relay_shakes_hands_and_says_goodbye() {
    let mut options = Options::new(vec!["localhost".to_owned()]);
    options.capacity = Some(1);
    let grid = Grid::with(options).await;
    let a = grid.twin(KeyKind::Ed25519, 1, false);
    let _first = open(grid.addr, &a, "s").await;
    let (answer, second) = connect(grid.addr, &a, Some("t")).await;
    assert_eq!(answer.status, 101);
    farewell(&mut second.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_put_out_and_loses_nothing() {
    const COUNT: usize = 40;
    let mut options = Options::new(vec!["localhost".to_owned()]);
    options.slow = Duration::from_millis(200);
    let grid = Grid::with(options).await;
    let (a, b) = (grid.twin(KeyKind::Ed25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let mut from = open(grid.addr, &a, "s").await;
    // Connects, and does not read at all.
    let token = token::make(&b.identity, b.twin, Some("s"), Clock::system().now());
    let url = format!("ws://{}/?{token}", grid.addr);
    let (stuck, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    assert_eq!(grid.relay.sessions(), 2);
    for n in 0..COUNT {
        from.frame(2, true, &message(1, 2, n, 1 << 20)).await;
    }
    let put_out = async {
        while grid.relay.sessions() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, put_out).await.expect("it stays");
    let mut again = open(grid.addr, &b, "s").await;
    let first = uid(&mut again).await;
    assert!(first < COUNT / 2, "{first} messages went into a socket that nobody reads");
    for n in first + 1..COUNT {
        assert_eq!(uid(&mut again).await, n);
    }
    drop(stuck);
}

#[tokio::test]
async fn a_relay_that_stops_says_nothing_and_keeps_its_messages() {
    let mut grid = Grid::new().await;
    let (a, b) = (grid.twin(KeyKind::Ed25519, 1, false), grid.twin(KeyKind::Ed25519, 2, false));
    let mut from = open(grid.addr, &a, "s").await;
    from.frame(2, true, &message(1, 2, 1, 1)).await;
    from.frame(9, true, b"").await;
    assert!(matches!(from.next(LONG).await, Some(Seen::Frame { opcode: 10, .. })), "it has been taken");
    grid.restart().await;
    assert!(matches!(from.next(LONG).await, Some(Seen::End { .. })), "no goodbye");
    assert_eq!(uid(&mut open(grid.addr, &b, "s").await).await, 1);
}

#[tokio::test]
async fn new_twins_and_changed_relays_are_seen_at_once() {
    let grid = Grid::new().await;
    let a = grid.twin(KeyKind::Ed25519, 1, false);
    let mut from = open(grid.addr, &a, "s").await;
    let mut ask = async |n: usize| {
        from.frame(2, true, &message(1, 2, n, 1)).await;
        match from.next(Duration::from_millis(200)).await {
            Some(Seen::Frame { payload, .. }) => match Envelope::decode(payload.as_slice()).unwrap().kind {
                Some(Kind::Error(error)) => Some(error.message),
                other => panic!("{other:?}"),
            },
            other => other.map(|other| format!("{other:?}")),
        }
    };
    assert_eq!(ask(1).await.as_deref(), Some("unknown twin destination"));
    grid.chain.put(2, a.identity.account(), None, None);
    assert_eq!(ask(2).await.as_deref(), Some("relay info is not set for this twin"));
    grid.chain.put(2, a.identity.account(), Some("localhost"), None);
    assert_eq!(ask(3).await, None, "it waits for the twin");
}

#[tokio::test]
async fn it_serves_loopback_only() {
    let chain = Arc::new(Twins::default());
    let relay = Relay::new(Options::new(Vec::new()), chain, Clock::system(), Faults::default());
    let refused = relay.serve(([0, 0, 0, 0], 0).into(), CancellationToken::new()).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

struct Echo;

#[async_trait]
impl Serve for Echo {
    async fn answer(&self, _: TwinId, _: &str, payload: Value) -> Option<Result<Value, String>> {
        Some(Ok(payload))
    }
}

/// Two relays on the default port, as twins name them: a host without a port.
#[tokio::test]
async fn two_relays_carry_a_call_and_its_answer() {
    let hosts = ["127.83.71.1", "127.83.71.2"];
    let (chain, stop) = (Arc::new(Twins::default()), CancellationToken::new());
    for host in hosts {
        let mut options = Options::new(vec![host.to_owned()]);
        options.post = Some(Arc::new(WebPost::new().unwrap()));
        let relay = Relay::new(options, chain.clone(), Clock::system(), Faults::default());
        if let Err(error) = relay.serve(SocketAddr::new(host.parse().unwrap(), 80), stop.clone()).await {
            println!("skipped: port 80 cannot be had: {error}");
            return;
        }
    }
    let [me, node] = [(KeyKind::Sr25519, 1), (KeyKind::Ed25519, 2)].map(|(kind, id)| {
        let caller = crate::rmb_house::caller(kind, id);
        let host = hosts[id as usize - 1];
        chain.put(id, caller.identity.account(), Some(host), caller.identity.encryption_public());
        caller
    });
    let at = |host: &str| Relays::new(&[format!("ws://{host}")]).unwrap();
    let peer = Peer::start(at(hosts[1]), chain.clone(), Clock::system(), Dice::seeded(1), node, Arc::new(Echo));
    peer.connected().await;
    let bus = RelayBus::new(at(hosts[0]), chain.clone(), Clock::system(), Dice::seeded(2)).with_pace(pace());
    assert_eq!(bus.call(&me, TwinId(2), "zos.echo", json!([1]), LONG).await, Ok(json!([1])));
    stop.cancel();
}

/// TLS is set up, and a relay that does not speak it is no answer.
#[tokio::test]
async fn wss_to_a_relay_without_tls_fails_clearly() {
    let grid = Grid::new().await;
    let (me, _) = (grid.twin(KeyKind::Sr25519, 1, true), grid.twin(KeyKind::Ed25519, 2, true));
    let relays = Relays::new(&[format!("wss://{}", grid.addr)]).unwrap();
    let bus = RelayBus::new(relays, grid.chain.clone(), Clock::system(), Dice::seeded(1)).with_pace(pace());
    let failed = bus.call(&me, TwinId(2), "zos.echo", Value::Null, Duration::from_secs(1)).await.unwrap_err();
    let GridError::Passing { by: Party::Relay, text } = &failed else { panic!("{failed:?}") };
    assert!(text.contains("TLS") || text.contains("corrupt"), "{text}");
}
