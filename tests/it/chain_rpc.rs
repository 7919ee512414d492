//! The chain's wire face: the live client, subxt's default backend, and input that means harm.

use crate::chain_kit::{Codec, Signing, key, v14};
use bellhop::clock::{Clock, Timestamp};
use bellhop::grid::live::LiveChain;
use bellhop::grid::{Batch, Call, Chain, Event, GridError, Identity, Network, Tft, Tx};
use bellhop::sandbox::chain::{Bad, Genesis, Invalid, LocalChain, Options, Pace, Refusal, Rejected, Status};
use bellhop::sandbox::fault::{Effect, Face, Faults, Rule};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use subxt::backend::CombinedBackend;
use subxt::rpcs::client::reconnecting_rpc_client::RpcClient;
use subxt::{OnlineClient, SubstrateConfig};
use tokio_util::sync::CancellationToken;

fn now() -> Timestamp {
    Timestamp::from_secs(1_750_000_000)
}

fn idle_chain(options: Options) -> Arc<LocalChain> {
    LocalChain::new(options, Genesis::new(now()), Clock::runtime(now()), None).unwrap()
}

async fn served(faults: Faults) -> (Arc<LocalChain>, String) {
    let options = Options { pace: Pace::Instant, idle: Duration::from_millis(500), faults, ..Options::default() };
    let chain = idle_chain(options);
    let stop = CancellationToken::new();
    let at = chain.serve("127.0.0.1:0".parse().unwrap(), stop.clone()).await.unwrap();
    tokio::spawn(chain.clone().run(stop));
    (chain, format!("ws://{at}"))
}

fn network(url: &str) -> Network {
    Network { name: "sandbox".to_owned(), chain: vec![url.to_owned()], ..Network::known("dev").unwrap() }
}

fn newcomer() -> Vec<Call> {
    let terms =
        Call::AcceptTerms { link: "https://terms".to_owned(), hash: "d41d8cd98f00b204e9800998ecf8427e".to_owned() };
    vec![terms, Call::CreateTwin { relay: Some("relay.sandbox".to_owned()), pk: Some(vec![2; 33]) }]
}

async fn send(chain: &LiveChain, who: &Identity, tx: Tx) -> Result<bellhop::grid::Landed, GridError> {
    let prepared = chain.prepare(who, &tx).await?;
    chain.send(&prepared).await
}

#[tokio::test]
async fn the_live_client_lives_on_it() {
    let (_, url) = served(Faults::default()).await;
    let live = LiveChain::new(&network(&url));
    let me = key("//me");
    let fund = Call::Transfer { to: me.account(), amount: Tft::whole(100) };
    send(&live, &key("//Alice"), Tx::all(vec![fund])).await.unwrap();
    assert_eq!(live.balance(&me.account()).await.unwrap().free, Tft::whole(100));
    let name = |name: &str| Call::NameContract { name: name.to_owned() };
    let mut calls = newcomer();
    calls.push(name("first"));
    let landed = send(&live, &me, Tx::all(calls)).await.unwrap();
    assert!(matches!(&landed.events[..], [Event::TwinStored(_), Event::ContractCreated(_)]), "{landed:?}");
    let calls = vec![name("first"), name("second")];
    let landed = send(&live, &me, Tx { calls, batch: Batch::Force }).await.unwrap();
    assert_eq!(landed.items[0].as_ref().unwrap_err().code, "SmartContractModule.NameExists");
    assert!(landed.items[1].is_ok());
    let id = live.contract_by_name("second").await.unwrap().unwrap();
    let landed = send(&live, &me, Tx::all(vec![Call::Cancel { contract: id }])).await.unwrap();
    assert_eq!(landed.events, [Event::ContractCanceled(id)]);
    assert_eq!(live.contract(id).await.unwrap(), None);
    assert_eq!(live.prices().await.unwrap().tft_musd, 50);
    let survey = live.survey().await.unwrap();
    assert_eq!((survey.contracts.len(), survey.twins.len()), (1, 1));
    let poor = send(&live, &key("//poor"), Tx::all(newcomer())).await.unwrap_err();
    assert_eq!(poor.code(), Some("payment"));
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_of_a_submit_costs_nothing() {
    for effect in [Effect::Drop, Effect::Lose, Effect::Error("out of order".to_owned()), Effect::Delay(50)] {
        let faults = Faults::default();
        let (_, url) = served(faults.clone()).await;
        let live = LiveChain::new(&network(&url));
        let to = key("//me").account();
        let tx = Tx::all(vec![Call::Transfer { to, amount: Tft::whole(1) }]);
        let prepared = live.prepare(&key("//Alice"), &tx).await.unwrap();
        faults.add(Rule {
            face: Face::Chain,
            on: "author_submit".to_owned(),
            node: None,
            effect: effect.clone(),
            times: Some(1),
        });
        let outcome = live.send(&prepared).await;
        let free = live.balance(&to).await.unwrap().free;
        match (&outcome, &effect) {
            (Ok(_), _) => assert_eq!(free, Tft::whole(1), "{effect:?}"),
            (Err(GridError::Passing { .. }), Effect::Error(_)) => assert_eq!(free, Tft::whole(0)),
            (Err(error), _) => panic!("{effect:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn the_default_backend_reads_and_sends() {
    let (chain, url) = served(Faults::default()).await;
    let rpc = RpcClient::builder().build(&url).await.unwrap();
    let rpc: subxt::rpcs::RpcClient = rpc.into();
    let (backend, driver) = CombinedBackend::<SubstrateConfig>::builder().build(rpc).await.unwrap();
    drop(driver);
    let api = OnlineClient::<SubstrateConfig>::from_backend(Arc::new(backend)).await.unwrap();
    assert_eq!(api.genesis_hash().0, chain.genesis_hash().0);
    let at = api.at_current_block().await.unwrap();
    let id: u32 = at
        .storage()
        .fetch(subxt::dynamic::storage::<(), u32>("TfgridModule", "PricingPolicyID"), ())
        .await
        .unwrap()
        .decode()
        .unwrap();
    assert_eq!(id, 1);
    let alice = subxt_signer::sr25519::dev::alice();
    let remark = subxt::dynamic::tx("System", "remark_with_event", vec![subxt::dynamic::Value::from_bytes(b"hello")]);
    let fee = at.tx().create_signed(&remark, &alice, Default::default()).await.unwrap();
    assert!((10_100..10_200).contains(&fee.partial_fee_estimate().await.unwrap()));
    let events = at
        .tx()
        .sign_and_submit_then_watch_default(&remark, &alice)
        .await
        .unwrap()
        .wait_for_finalized_success()
        .await
        .unwrap();
    let names: Vec<String> = events.iter().map(|e| e.unwrap().event_name().to_owned()).collect();
    assert_eq!(names, ["Withdraw", "Remarked", "Deposit", "TransactionFeePaid", "ExtrinsicSuccess"]);
    let mut blocks = api.stream_best_blocks().await.unwrap();
    let first = blocks.next().await.unwrap().unwrap().number();
    let second = blocks.next().await.unwrap().unwrap().number();
    assert!(second > first);
}

#[tokio::test]
async fn only_loopback_is_served() {
    let chain = idle_chain(Options::default());
    let error = chain.serve("0.0.0.0:0".parse().unwrap(), CancellationToken::new()).await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
}

#[tokio::test]
async fn the_pool_keeps_order_and_refuses_with_reasons() {
    let chain = idle_chain(Options { finality_lag: 2, ..Options::default() });
    let codec = Codec(v14(chain.metadata()));
    let remark = codec.call("System", "remark", &serde_json::json!({ "remark": "0x01" })).unwrap();
    let alice = key("//Alice");
    let signed = |nonce: u32, tip: u128| {
        let signing = Signing { nonce, tip, ..Signing::of(&chain, &alice.account()) };
        signing.sign(&remark, &alice.account(), &alice)
    };
    let (_, mut third) = chain.submit(&signed(2, 0)).unwrap();
    assert_eq!(third.try_recv(), Ok(Status::Future));
    let (_, mut second) = chain.submit(&signed(1, 0)).unwrap();
    let zero = signed(0, 0);
    let (_, mut first) = chain.submit(&zero).unwrap();
    assert_eq!(chain.submit(&zero).unwrap_err(), Rejected::Pool(Refusal::AlreadyImported));
    assert!(chain.submit(&signed(0, 9)).is_ok(), "a better tip takes the place");
    assert_eq!(chain.submit(&signed(0, 1)).unwrap_err(), Rejected::Pool(Refusal::PriorityTooLow));
    assert_eq!(chain.next_nonce(&alice.account()), 3);
    chain.author().unwrap();
    let told = |watcher: &mut tokio::sync::mpsc::UnboundedReceiver<Status>| {
        std::iter::from_fn(|| watcher.try_recv().ok()).collect::<Vec<_>>()
    };
    assert!(matches!(told(&mut first)[..], [Status::Ready, Status::Usurped(_)]));
    let news = told(&mut second);
    assert!(
        matches!(news[..], [Status::Future, Status::Ready, Status::InBlock { number: 1, index: 2, .. }]),
        "{news:?}"
    );
    assert!(matches!(told(&mut third)[..], [Status::Ready, Status::InBlock { index: 3, .. }]));
    chain.author().unwrap();
    assert!(told(&mut second).is_empty(), "final two blocks later");
    chain.author().unwrap();
    assert!(matches!(told(&mut second)[..], [Status::Finalized(_)]));
    assert_eq!(chain.submit(&signed(0, 0)).unwrap_err(), Rejected::Pool(Refusal::Invalid(Invalid::Stale)));
}

#[tokio::test]
async fn nested_calls_and_garbage_are_refused() {
    let chain = idle_chain(Options::default());
    let alice = key("//Alice");
    let submit = |call: &[u8]| {
        let signing = Signing::of(&chain, &alice.account());
        chain.submit(&signing.sign(call, &alice.account(), &alice)).map(|_| ())
    };
    let nested = |levels: usize| [[3u8, 2, 4].repeat(levels), vec![0, 0, 0]].concat();
    assert!(submit(&nested(3)).is_ok());
    for bad in [nested(100), nested(100_000), vec![], vec![255; 40], vec![3, 2, 254, 255, 255, 255], vec![0, 0, 0, 7]] {
        let refused = submit(&bad).unwrap_err();
        let Rejected::Bad(Bad::Undecodable(text)) = refused else { panic!("{refused:?}") };
        assert!(text.len() <= 200, "{text}");
    }
    let inherent = [4u8, 4, 1, 0, 0];
    assert!(chain.submit(&inherent).is_err());
    assert!(chain.submit(&vec![0x84; 3_000_000]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_bytes_do_harm(noise in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..150, flip in 1u8..) {
        static CHAIN: LazyLock<Arc<LocalChain>> = LazyLock::new(|| idle_chain(Options::default()));
        let chain = &*CHAIN;
        prop_assert!(chain.submit(&noise).is_err());
        // A good extrinsic with one byte changed, and with a call of noise.
        let alice = key("//Alice");
        let signing = Signing::of(chain, &alice.account());
        let mut good = signing.sign(&[0, 0, 4, 1], &alice.account(), &alice);
        let at = at % good.len();
        good[at] ^= flip;
        prop_assert!(chain.submit(&good).is_err());
        let _ = chain.submit(&signing.sign(&noise, &alice.account(), &alice));
        chain.author().unwrap();
    }
}
