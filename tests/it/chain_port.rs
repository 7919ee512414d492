//! The sandbox's chain through its port: what a deployment does with it, end to end, on the test clock.

use crate::chain_kit::key;
use bellhop::clock::{Clock, Timestamp};
use bellhop::grid::{
    AccountId, Batch, Call, Chain, ContractKind, DocumentHash, Event, FarmInput, GIB, GridError, Identity, NodeInput,
    Resources, Tft, Tx,
};
use bellhop::sandbox::chain::{Genesis, GenesisFarm, GenesisNode, LocalChain, LocalPort, MemoryJournal, Options, Pace};
use bellhop::sandbox::fault::{Effect, Face, Rule};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn start() -> Timestamp {
    Timestamp::from_secs(1_750_000_000)
}

fn node_input(farm: bellhop::grid::FarmId) -> NodeInput {
    NodeInput {
        farm,
        resources: Resources { cru: 16, mru: 64 * GIB, sru: 1000 * GIB, hru: 0 },
        city: "Ghent".to_owned(),
        country: "Belgium".to_owned(),
        latitude: "51.05".to_owned(),
        longitude: "3.71".to_owned(),
        serial: None,
    }
}

/// One farm with two addresses in 127.0.0.0/8, one node.
fn world() -> Genesis {
    let mut genesis = Genesis::new(start());
    let farmer = genesis.twin(key("//farmer").account(), None, None).unwrap();
    let ips =
        vec![("127.7.0.2/16".to_owned(), "127.7.0.1".to_owned()), ("127.7.0.3/16".to_owned(), "127.7.0.1".to_owned())];
    let farm = FarmInput { name: "farm-1".to_owned(), ips };
    let farm = genesis.farm(&GenesisFarm { twin: farmer, farm, certified: true, dedicated: false }).unwrap();
    genesis.endow(key("//node").account(), Tft::whole(1));
    let twin = genesis.twin(key("//node").account(), Some("relay.sandbox"), None).unwrap();
    let node = GenesisNode { twin, node: node_input(farm), certified: true, public_config: None, extra_fee: 0 };
    genesis.node(&node).unwrap();
    genesis
}

struct Running {
    chain: Arc<LocalChain>,
    port: LocalPort,
    stop: CancellationToken,
}

fn run(options: Options, journal: Option<MemoryJournal>) -> Running {
    let journal = journal.map(|journal| Box::new(journal) as _);
    let chain = LocalChain::new(options, world(), Clock::runtime(start()), journal).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(chain.clone().run(stop.clone()));
    Running { port: LocalPort::new(chain.clone()), chain, stop }
}

fn instant() -> Options {
    Options { pace: Pace::Instant, ..Options::default() }
}

async fn send(port: &LocalPort, who: &Identity, tx: Tx) -> Result<bellhop::grid::Landed, GridError> {
    let prepared = port.prepare(who, &tx).await?;
    port.send(&prepared).await
}

fn terms() -> Call {
    Call::AcceptTerms { link: "https://terms".to_owned(), hash: "d41d8cd98f00b204e9800998ecf8427e".to_owned() }
}

fn twin() -> Call {
    Call::CreateTwin { relay: Some("relay.sandbox".to_owned()), pk: Some(vec![2; 33]) }
}

fn deployment(hash: u8, public_ips: u32) -> Call {
    Call::NodeContract {
        node: bellhop::grid::NodeId(1),
        hash: DocumentHash([hash; 32]),
        data: "{}".to_owned(),
        public_ips,
    }
}

async fn fund(port: &LocalPort, who: AccountId, tft: u64) {
    let tx = Tx::all(vec![Call::Transfer { to: who, amount: Tft::whole(tft) }]);
    send(port, &key("//Alice"), tx).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_new_person_gets_a_twin_and_contracts_in_one_batch() {
    let Running { port, .. } = run(instant(), None);
    let me = key("//me");
    fund(&port, me.account(), 100).await;
    assert!(!port.terms_accepted(&me.account()).await.unwrap());
    let name = Call::NameContract { name: "mynode".to_owned() };
    let landed = send(&port, &me, Tx::all(vec![terms(), twin(), name, deployment(b'1', 1)])).await.unwrap();
    assert_eq!(landed.items.len(), 4);
    let twin = port.twin_of(&me.account()).await.unwrap().unwrap();
    assert!(matches!(&landed.events[0], Event::TwinStored(stored) if stored.id == twin));
    let name = port.contract_by_name("mynode").await.unwrap().unwrap();
    let id = port.contract_by_hash(bellhop::grid::NodeId(1), &DocumentHash([b'1'; 32])).await.unwrap().unwrap();
    let contract = port.contract(id).await.unwrap().unwrap();
    let ContractKind::Node { ips, .. } = &contract.kind else { panic!("{contract:?}") };
    assert_eq!(ips[0].ip, "127.7.0.2/16");
    assert_eq!(ips[0].contract, id);

    let tx = Tx::all(vec![Call::Cancel { contract: name }, Call::Cancel { contract: id }]);
    let landed = send(&port, &me, tx).await.unwrap();
    assert_eq!(landed.events, [Event::ContractCanceled(name), Event::ContractCanceled(id)]);
    let survey = port.survey().await.unwrap();
    assert_eq!(survey.contracts, []);
    assert!(survey.farms[0].public_ips.iter().all(|ip| ip.contract.0 == 0));
    let spent = Tft::whole(100).0 - port.balance(&me.account()).await.unwrap().free.0;
    assert!((20_000..21_000).contains(&spent), "two fees, and no bill: {spent}");
}

#[tokio::test(start_paused = true)]
async fn failures_have_names_and_force_batch_says_which() {
    let Running { port, .. } = run(instant(), None);
    let me = key("//me");
    let refused = |error: GridError| error.code().map(str::to_owned).unwrap_or_else(|| panic!("{error}"));
    let error = send(&port, &me, Tx::all(vec![twin()])).await.unwrap_err();
    assert_eq!(refused(error), "payment");
    fund(&port, me.account(), 100).await;
    let error = send(&port, &me, Tx::all(vec![twin()])).await.unwrap_err();
    assert_eq!(refused(error), "TfgridModule.UserDidNotSignTermsAndConditions");
    let tx = Tx { calls: vec![terms(), twin(), deployment(b'1', 3), deployment(b'2', 2)], batch: Batch::Force };
    let landed = send(&port, &me, tx).await.unwrap();
    let codes: Vec<_> = landed.items.iter().map(|item| item.as_ref().err().map(|no| no.code.as_str())).collect();
    assert_eq!(codes, [None, None, Some("SmartContractModule.FarmHasNotEnoughPublicIPs"), None]);

    // The same bytes again: their nonce is spent.
    let prepared = port.prepare(&me, &Tx::all(vec![terms()])).await.unwrap();
    port.send(&prepared).await.unwrap();
    assert_eq!(refused(port.send(&prepared).await.unwrap_err()), "stale");
    let mut forged = prepared.clone();
    forged.bytes[80] ^= 1;
    assert_eq!(refused(port.send(&forged).await.unwrap_err()), "bad-proof");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_unclear_and_the_thing_is_done() {
    let options = instant();
    let faults = options.faults.clone();
    let Running { port, chain, .. } = run(options, None);
    let to = key("//me").account();
    let rule = |effect| Rule { face: Face::Chain, on: "author_submit".to_owned(), node: None, effect, times: Some(1) };
    let tx = Tx::all(vec![Call::Transfer { to, amount: Tft::whole(5) }]);
    for (effect, expected) in [(Effect::Lose, 5), (Effect::Drop, 5)] {
        faults.add(rule(effect));
        let error = send(&port, &key("//Alice"), tx.clone()).await.unwrap_err();
        assert!(matches!(error, GridError::Unclear { .. }), "{error}");
        let mut blocks = chain.blocks();
        blocks.changed().await.unwrap();
        assert_eq!(port.balance(&to).await.unwrap().free, Tft::whole(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_come_by_the_timer_and_bills_follow_the_hour() {
    let options = Options { pace: Pace::Every(Duration::from_secs(6)), ..Options::default() };
    let Running { port, stop, .. } = run(options, None);
    let me = key("//me");
    fund(&port, me.account(), 10).await;
    let name = Call::NameContract { name: "mynode".to_owned() };
    send(&port, &me, Tx::all(vec![terms(), twin(), name, deployment(b'1', 1)])).await.unwrap();
    let before = port.head().await.unwrap();
    tokio::time::sleep(Duration::from_secs(3601)).await;
    let after = port.head().await.unwrap();
    assert_eq!(after.number - before.number, 600);
    assert_eq!(after.time.since(before.time), Duration::from_secs(3600));
    let balance = port.balance(&me.account()).await.unwrap();
    assert!(balance.frozen.0 > 0 && balance.frozen < balance.free, "one bill each is locked: {balance:?}");
    // 24 bills later the money is paid out, and the next bill begins a new lock.
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let later = port.balance(&me.account()).await.unwrap();
    assert!(later.free < balance.free && later.frozen < balance.free, "{later:?}");
    stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_restarted_chain_finds_everything_again() {
    let journal = MemoryJournal::default();
    let me = key("//me");
    let (head, survey, genesis) = {
        let Running { port, chain, stop } = run(instant(), Some(journal.clone()));
        fund(&port, me.account(), 100).await;
        send(&port, &me, Tx::all(vec![terms(), twin(), deployment(b'1', 1)])).await.unwrap();
        stop.cancel();
        (port.head().await.unwrap(), port.survey().await.unwrap(), chain.genesis_hash())
    };
    // A gap of a day: the world is not asked again, time goes on from the clock.
    let chain = {
        let later = Clock::runtime(start().plus(Duration::from_secs(86_400)));
        LocalChain::new(instant(), Genesis::new(start()), later, Some(Box::new(journal))).unwrap()
    };
    let port = LocalPort::new(chain.clone());
    assert_eq!(port.head().await.unwrap(), head);
    assert_eq!(chain.genesis_hash(), genesis);
    assert_eq!(port.survey().await.unwrap().contracts, survey.contracts);
    chain.author().unwrap();
    let next = port.head().await.unwrap();
    assert_eq!(next.number, head.number + 1);
    assert!(next.time.since(head.time) > Duration::from_secs(80_000));
    tokio::spawn(chain.clone().run(CancellationToken::new()));
    send(&port, &me, Tx::all(vec![deployment(b'2', 1)])).await.unwrap();
}
