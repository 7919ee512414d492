//! One story on two chains of the same genesis: over the sandbox's port in process, and by the live client over
//! a socket. Both tell the same, read by read, call by call, error by error.

use bellhop::clock::{Clock, Timestamp};
use bellhop::grid::live::{LiveChain, Patience};
use bellhop::grid::{
    AccountId, Batch, Call, Chain, ContractId, DocumentHash, FarmId, FarmInput, GIB, GridError, Identity, KeyKind,
    Landed, Network, NodeId, NodeInput, PublicConfig, Resources, Tft, TwinId, Tx,
};
use bellhop::sandbox::chain::{Genesis, LocalChain, LocalPort, Options, Pace};
use bellhop::sandbox::fault::{Effect, Face, Faults, Rule};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A chain with instant blocks that runs until the guard is dropped.
fn chain(options: Options) -> (Arc<LocalChain>, DropGuard) {
    let start = Timestamp(1_700_000_000_000);
    let options = Options { pace: Pace::Instant, ..options };
    let chain = LocalChain::new(options, Genesis::new(start), Clock::runtime(start), None).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(chain.clone().run(stop.clone()));
    (chain, stop.drop_guard())
}

/// Its RPC face and a client of it.
async fn live(chain: &Arc<LocalChain>, stop: &CancellationToken) -> LiveChain {
    let at = chain.serve("127.0.0.1:0".parse().unwrap(), stop.clone()).await.unwrap();
    LiveChain::with_patience(&network(&[&format!("ws://{at}")]), patience())
}

fn network(urls: &[&str]) -> Network {
    let chain = urls.iter().map(|url| (*url).to_owned()).collect();
    Network { name: "sandbox".to_owned(), chain, ..Network::known("dev").unwrap() }
}

fn patience() -> Patience {
    let short = Duration::from_secs(1);
    Patience { take: short, silence: short, ..Patience::default() }
}

fn key(uri: &str) -> Identity {
    Identity::from_uri(uri).unwrap()
}

/// The node signs with the other scheme, as nodes do.
fn node_key() -> Identity {
    Identity::from_mini_secret(KeyKind::Ed25519, [7; 32]).unwrap()
}

const GB: u64 = GIB;

fn hash(letter: u8) -> DocumentHash {
    DocumentHash([letter; 32])
}

fn terms() -> Call {
    Call::AcceptTerms { link: "https://example.com/terms".to_owned(), hash: "f".repeat(32) }
}

fn twin(relay: &str) -> Call {
    Call::CreateTwin { relay: Some(relay.to_owned()), pk: Some(vec![2; 33]) }
}

fn name(name: &str) -> Call {
    Call::NameContract { name: name.to_owned() }
}

fn deploy(node: u32, letter: u8, public_ips: u32) -> Call {
    Call::NodeContract { node: NodeId(node), hash: hash(letter), data: format!("{{\"n\":{letter}}}"), public_ips }
}

fn cancel(id: u64) -> Call {
    Call::Cancel { contract: ContractId(id) }
}

fn pay(to: &Identity, amount: Tft) -> Call {
    Call::Transfer { to: to.account(), amount }
}

fn machine(city: &str) -> Call {
    Call::CreateNode(NodeInput {
        farm: FarmId(1),
        resources: Resources { cru: 8, mru: 32 * GB, sru: 1000 * GB, hru: 5 },
        city: city.to_owned(),
        country: "Belgium".to_owned(),
        latitude: "51.05".to_owned(),
        longitude: "3.72".to_owned(),
        serial: Some("serial".to_owned()),
    })
}

fn used(id: u64) -> Call {
    Call::ReportResources { used: vec![(ContractId(id), Resources { cru: 2, mru: 4 * GB, sru: 50 * GB, hru: 0 })] }
}

/// Who does what, in order.
fn story() -> Vec<(&'static str, Identity, Tx)> {
    let (alice, bob, poor, node) = (key("//Alice"), key("//Bob"), key("//Poor"), node_key());
    let one = |call: Call| Tx::all(vec![call]);
    let all = Tx::all;
    let force = |calls| Tx { calls, batch: Batch::Force };
    let farm = FarmInput {
        name: "greenfarm".to_owned(),
        ips: vec![
            ("185.69.166.10/24".to_owned(), "185.69.166.1".to_owned()),
            ("185.69.166.11/24".to_owned(), "185.69.166.1".to_owned()),
        ],
    };
    let config = PublicConfig {
        ipv4: "185.69.166.20/24".to_owned(),
        gw4: "185.69.166.1".to_owned(),
        domain: Some("gent01.grid.sandbox".to_owned()),
    };
    vec![
        ("a twin before the terms", alice.clone(), one(twin("relay.grid.tf"))),
        ("terms", alice.clone(), one(terms())),
        ("a twin", alice.clone(), one(twin("relay.grid.tf"))),
        ("a second twin", alice.clone(), one(twin("relay.grid.tf"))),
        ("another relay", alice.clone(), one(Call::UpdateTwin { relay: Some("r1.tf_r2.tf".to_owned()), pk: None })),
        ("a relay with a port", alice.clone(), one(Call::UpdateTwin { relay: Some("r.tf:1".to_owned()), pk: None })),
        ("nobody pays", poor.clone(), one(terms())),
        ("money", alice.clone(), one(pay(&node, Tft::whole(10)))),
        ("more than there is", bob.clone(), one(pay(&poor, Tft::whole(9_000_000)))),
        ("too little to live", bob.clone(), one(pay(&poor, Tft(499)))),
        ("a farm without a twin", bob.clone(), one(Call::CreateFarm(farm.clone()))),
        ("a farm", alice.clone(), one(Call::CreateFarm(farm.clone()))),
        ("the same farm", alice.clone(), one(Call::CreateFarm(farm))),
        ("the node's twin and row", node.clone(), all(vec![terms(), twin("relay.grid.tf"), machine("Gent")])),
        ("the node again", node.clone(), one(machine("Gent"))),
        ("a node with too little", node.clone(), one(machine(""))),
        (
            "its public side",
            alice.clone(),
            one(Call::SetPublicConfig { farm: FarmId(1), node: NodeId(1), config: config.clone() }),
        ),
        ("not the farmer", bob.clone(), one(Call::SetPublicConfig { farm: FarmId(1), node: NodeId(1), config })),
        ("a clock that is wrong", node.clone(), one(Call::ReportUptime { uptime: 9, hint: 5 })),
        ("a name", alice.clone(), one(name("first"))),
        ("the same name", alice.clone(), one(name("first"))),
        ("a bad name", alice.clone(), one(name("First"))),
        ("a deployment with an address", alice.clone(), one(deploy(1, b'a', 1))),
        ("the same deployment", alice.clone(), one(deploy(1, b'a', 1))),
        ("no such node", alice.clone(), one(deploy(9, b'b', 0))),
        ("too many addresses", alice.clone(), one(deploy(1, b'b', 2))),
        ("what it uses", node.clone(), one(used(2))),
        ("what it uses, by another", bob.clone(), one(used(2))),
        ("all of a set", alice.clone(), all(vec![name("second"), deploy(1, b'c', 1), deploy(1, b'd', 0)])),
        ("all or nothing", alice.clone(), all(vec![name("third"), deploy(9, b'e', 0)])),
        ("each on its own", alice.clone(), force(vec![cancel(99), name("fourth"), name("second"), cancel(1)])),
        ("all refused", alice.clone(), force(vec![cancel(99), cancel(98)])),
        ("somebody else's", node.clone(), one(cancel(2))),
        ("the end", alice.clone(), all(vec![cancel(2), cancel(3)])),
        ("the end again", alice.clone(), one(cancel(2))),
        ("nothing", alice.clone(), all(Vec::new())),
        ("one, forced", alice, force(vec![cancel(4)])),
    ]
}

/// A result without what differs by nature: block numbers.
fn told(result: Result<Landed, GridError>) -> String {
    match result {
        Ok(landed) => format!("{:?} {:?}", landed.items, landed.events),
        Err(GridError::Refused(refused)) => format!("refused {} {:?}: {}", refused.by, refused.code, refused.text),
        Err(error) => error.to_string(),
    }
}

/// The whole state at once, without what differs by nature: blocks and times.
async fn survey(chain: &dyn Chain) -> String {
    let survey = chain.survey().await.unwrap();
    let nodes: Vec<_> = survey.nodes.into_iter().map(|node| bellhop::grid::Node { created: 0, ..node }).collect();
    let balance = chain.balance(&key("//Alice").account()).await.unwrap();
    format!("{:?} {nodes:?} {:?} {:?} {balance:?}", survey.farms, survey.contracts, survey.twins)
}

/// The same by every other read.
async fn read(chain: &dyn Chain) -> String {
    let mut out = String::new();
    for account in [
        key("//Alice").account(),
        key("//Bob").account(),
        key("//Poor").account(),
        node_key().account(),
        AccountId([0; 32]),
    ] {
        let balance = chain.balance(&account).await.unwrap();
        let terms = chain.terms_accepted(&account).await.unwrap();
        writeln!(out, "{account} {balance:?} {terms} {:?}", chain.twin_of(&account).await.unwrap()).unwrap();
    }
    for id in 0..4 {
        writeln!(out, "{:?}", chain.twin(TwinId(id)).await.unwrap()).unwrap();
        writeln!(out, "{:?}", chain.farm(FarmId(id)).await.unwrap()).unwrap();
        let node = chain.node(NodeId(id)).await.unwrap().map(|node| bellhop::grid::Node { created: 0, ..node });
        writeln!(out, "{node:?}").unwrap();
    }
    for id in 0..9 {
        writeln!(out, "{:?}", chain.contract(ContractId(id)).await.unwrap()).unwrap();
    }
    for letter in b'a'..=b'e' {
        writeln!(out, "{:?}", chain.contract_by_hash(NodeId(1), &hash(letter)).await.unwrap()).unwrap();
    }
    for name in ["first", "second", "third", "fourth", "", "no such name"] {
        writeln!(out, "{:?}", chain.contract_by_name(name).await.unwrap()).unwrap();
    }
    writeln!(out, "{:?}", chain.prices().await.unwrap()).unwrap();
    out
}

async fn perform(chain: &dyn Chain, signer: &Identity, tx: &Tx) -> Result<Landed, GridError> {
    let prepared = chain.prepare(signer, tx).await?;
    assert_eq!(prepared.calls, tx.calls.len());
    chain.send(&prepared).await
}

#[tokio::test]
async fn the_same_story_over_the_socket() {
    let (here, _a) = chain(Options::default());
    let (there, guard) = chain(Options::default());
    let stop = guard.disarm();
    let local = LocalPort::new(here);
    let live = live(&there, &stop).await;
    assert_eq!(read(&local).await, read(&live).await, "at the start");
    let mut codes = String::new();
    for (title, signer, tx) in story() {
        let (one, other) = (perform(&local, &signer, &tx).await, perform(&live, &signer, &tx).await);
        let code = match &one {
            Ok(landed) => landed
                .items
                .iter()
                .map(|item| item.as_ref().map_or_else(|no| no.code.as_str(), |()| "ok"))
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => error.code().unwrap_or("no code").to_owned(),
        };
        writeln!(codes, "{title}: {code}").unwrap();
        assert_eq!(told(one), told(other), "{title}");
        if tx.calls.len() > 1 {
            assert_eq!(survey(&local).await, survey(&live).await, "after {title}");
        }
        if title == "all of a set" {
            assert_eq!(read(&local).await, read(&live).await, "in the middle");
        }
    }
    assert_eq!(read(&local).await, read(&live).await, "at the end");
    insta::assert_snapshot!(codes, @r"
    a twin before the terms: TfgridModule.UserDidNotSignTermsAndConditions
    terms: ok
    a twin: ok
    a second twin: TfgridModule.TwinWithPubkeyExists
    another relay: ok
    a relay with a port: argument
    nobody pays: payment
    money: ok
    more than there is: Token.FundsUnavailable
    too little to live: Token.BelowMinimum
    a farm without a twin: TfgridModule.TwinNotExists
    a farm: ok
    the same farm: TfgridModule.FarmExists
    the node's twin and row: ok, ok, ok
    the node again: TfgridModule.NodeWithTwinIdExists
    a node with too little: argument
    its public side: ok
    not the farmer: TfgridModule.CannotUpdateFarmWrongTwin
    a clock that is wrong: TfgridModule.InvalidTimestampHint
    a name: ok
    the same name: SmartContractModule.NameExists
    a bad name: argument
    a deployment with an address: ok
    the same deployment: SmartContractModule.ContractIsNotUnique
    no such node: SmartContractModule.NodeNotExists
    too many addresses: SmartContractModule.FarmHasNotEnoughPublicIPsFree
    what it uses: ok
    what it uses, by another: SmartContractModule.TwinNotExists
    all of a set: ok, ok, ok
    all or nothing: SmartContractModule.NodeNotExists
    each on its own: SmartContractModule.ContractNotExists, ok, SmartContractModule.NameExists, ok
    all refused: SmartContractModule.ContractNotExists, SmartContractModule.ContractNotExists
    somebody else's: SmartContractModule.TwinNotAuthorizedToCancelContract
    the end: ok, ok
    the end again: SmartContractModule.ContractNotExists
    nothing: argument
    one, forced: ok
    ");
    stop.cancel();
}

#[tokio::test]
async fn an_extrinsic_sent_through_faults_lands_once() {
    let faults = [(Effect::Drop, 1), (Effect::Lose, 1), (Effect::Drop, 2), (Effect::Delay(100), 1)];
    futures_util::future::join_all(faults.map(|(effect, times)| lands_once(effect, times))).await;
}

async fn lands_once(effect: Effect, times: u32) {
    let faults = Faults::default();
    let (chain, guard) = chain(Options { faults: faults.clone(), ..Options::default() });
    let stop = guard.disarm();
    let live = live(&chain, &stop).await;
    let (alice, poor) = (key("//Alice"), key("//Poor"));
    let prepared = live.prepare(&alice, &Tx::all(vec![pay(&poor, Tft::whole(1))])).await.unwrap();
    let on = "author_submitAndWatchExtrinsic".to_owned();
    faults.add(Rule { face: Face::Chain, on, node: None, effect: effect.clone(), times: Some(times) });
    let landed = live.send(&prepared).await;
    assert!(landed.is_ok(), "{effect:?}: {landed:?}");
    // Sending it once more finds it where it is.
    assert_eq!(live.send(&prepared).await, landed, "{effect:?}");
    assert_eq!(live.balance(&poor.account()).await.unwrap().free, Tft::whole(1), "{effect:?}");
    stop.cancel();
}

#[tokio::test]
async fn reads_survive_a_lost_endpoint() {
    let faults = Faults::default();
    let (chain, guard) = chain(Options { faults: faults.clone(), ..Options::default() });
    let (first_stop, stop) = (CancellationToken::new(), guard.disarm());
    let first = chain.serve("127.0.0.1:0".parse().unwrap(), first_stop.clone()).await.unwrap();
    let second = chain.serve("127.0.0.1:0".parse().unwrap(), stop.clone()).await.unwrap();
    let (first, second) = (format!("ws://{first}"), format!("ws://{second}"));
    let live = LiveChain::with_patience(&network(&[&first, &second]), patience());
    assert_eq!(live.endpoint().await.unwrap(), (first, "ThreeFold Sandbox".to_owned()));
    let before = live.head().await.unwrap();
    first_stop.cancel();
    let after = live.head().await.unwrap();
    assert!(after.number >= before.number && after.time >= before.time);
    assert_eq!(live.endpoint().await.unwrap().0, second);

    // One dropped answer is asked for again.
    faults.add(Rule {
        face: Face::Chain,
        on: "state_getStorage".to_owned(),
        node: None,
        effect: Effect::Drop,
        times: Some(1),
    });
    assert!(live.balance(&key("//Alice").account()).await.unwrap().free > Tft(0));
    stop.cancel();
}

#[tokio::test]
async fn a_nonce_is_taken_once() {
    let (chain, guard) = chain(Options::default());
    let stop = guard.disarm();
    let live = live(&chain, &stop).await;
    let (alice, poor) = (key("//Alice"), key("//Poor"));
    let one = live.prepare(&alice, &Tx::all(vec![pay(&poor, Tft::whole(1))])).await.unwrap();
    let other = live.prepare(&alice, &Tx::all(vec![pay(&poor, Tft(1_000))])).await.unwrap();
    assert_eq!((one.hash != other.hash, one.calls), (true, 1));
    live.send(&one).await.unwrap();
    assert_eq!(live.send(&other).await.unwrap_err().code(), Some("stale"));
    assert_eq!(live.balance(&poor.account()).await.unwrap().free, Tft::whole(1));
    stop.cancel();
}
