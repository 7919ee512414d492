//! What the live client makes of an extrinsic's fate, against an endpoint that plays the chain's part by script:
//! losses and lies that no well-behaved chain tells. Needs TFChain's metadata (`../shared`), else skips.

use bellhop::grid::live::{LiveChain, Patience};
use bellhop::grid::{Batch, Call, Chain, ContractId, GridError, Identity, Network, Prepared, Tx};
use jsonrpsee::server::{Server, ServerHandle};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{RpcModule, SubscriptionMessage};
use parity_scale_codec::{Compact, Encode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the endpoint does with an extrinsic that is handed over.
#[derive(Debug, Clone)]
enum Act {
    /// Puts it into the next block and says so.
    Land,
    /// Puts it into the next block, and no answer ever comes.
    Lose,
    /// Puts it into the next block, takes it, and falls silent.
    Mute,
    /// Puts it into the next block and closes the watch.
    HangUp,
    /// Takes it, then lets go of it.
    Let(&'static str),
    /// Says no with this code and reason.
    No(i32, &'static str),
    /// Puts it into the next block, then says no.
    LandAndNo(i32, &'static str),
}

/// The events of each extrinsic: pallet, event, fields.
type Events = Vec<(u8, u8, Vec<u8>)>;

#[derive(Default)]
struct Play {
    /// The extrinsics of each block; the first is block 100.
    blocks: Vec<Vec<Vec<u8>>>,
    script: VecDeque<Act>,
    events: Events,
    handed: usize,
    finalized: Option<u32>,
}

const FIRST: u32 = 100;

impl Play {
    fn best(&self) -> u32 {
        FIRST + self.blocks.len() as u32
    }

    fn land(&mut self, bytes: &[u8]) -> u32 {
        self.blocks.push(vec![b"inherent".to_vec(), bytes.to_vec()]);
        self.best()
    }

    /// System.Events of a block in which the second extrinsic is ours: an inherent's success first.
    fn events(&self) -> Vec<u8> {
        let mut all = vec![(0u32, (0u8, 0u8, vec![0, 0, 0, 0]))];
        all.extend(self.events.iter().map(|event| (1, event.clone())));
        let mut out = Compact(all.len() as u32).encode();
        for (index, (pallet, event, fields)) in all {
            out.push(0);
            out.extend(index.encode());
            out.extend([pallet, event]);
            out.extend(fields);
            out.push(0);
        }
        out
    }
}

fn hex0x(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn hash(number: u32) -> String {
    let mut bytes = [9; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    hex0x(&bytes)
}

fn number(hash: &str) -> u32 {
    u32::from_str_radix(&hash[2..10], 16).unwrap()
}

fn header(number: u32) -> Value {
    let zero = hex0x(&[0; 32]);
    json!({ "parentHash": zero, "number": format!("0x{number:x}"), "stateRoot": zero, "extrinsicsRoot": zero, "digest": { "logs": [] } })
}

fn no(code: i32, reason: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, "Invalid Transaction", Some(reason))
}

/// Serves the play; `None` where TFChain's metadata is not at hand.
async fn stage(play: &Arc<Mutex<Play>>) -> Option<(String, ServerHandle)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/tfchain-149.metadata.scale");
    let Ok(metadata) = std::fs::read(path) else {
        println!("skipped: no metadata of TFChain at hand");
        return None;
    };
    let server = Server::builder().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    let mut module = RpcModule::new(play.clone());
    module.register_method("system_chain", |_, _, _| "Tfchain").unwrap();
    module.register_method("system_accountNextIndex", |_, _, _| 3).unwrap();
    module
        .register_method("chain_getBlockHash", |params, play, _| {
            let wanted: Option<Value> = params.sequence().optional_next().unwrap();
            let best = play.lock().unwrap().best();
            match wanted {
                None => json!(hash(best)),
                Some(wanted) => {
                    let n = wanted.as_u64().unwrap() as u32;
                    if n <= best { json!(hash(n)) } else { Value::Null }
                }
            }
        })
        .unwrap();
    module
        .register_method("chain_getFinalizedHead", |_, play, _| {
            let play = play.lock().unwrap();
            hash(play.finalized.unwrap_or(play.best()))
        })
        .unwrap();
    module
        .register_method("chain_getHeader", |params, _, _| {
            let of: String = params.one().unwrap();
            header(number(&of))
        })
        .unwrap();
    module
        .register_method("chain_getBlock", |params, play, _| {
            let of: String = params.one().unwrap();
            let n = number(&of);
            let inside = n.checked_sub(FIRST + 1).and_then(|at| play.lock().unwrap().blocks.get(at as usize).cloned());
            let bytes: Vec<_> = inside.unwrap_or_default().iter().map(|bytes| hex0x(bytes)).collect();
            json!({ "block": { "header": header(n), "extrinsics": bytes }, "justifications": null })
        })
        .unwrap();
    module.register_method("state_getStorage", |_, play, _| hex0x(&play.lock().unwrap().events())).unwrap();
    module
        .register_method("state_call", move |params, _, _| {
            let method: String = params.sequence().next().unwrap();
            match method.as_str() {
                "Core_version" => {
                    let version = ("tfchain", "tfchain", 1u32, 149u32, 1u32, Vec::<([u8; 8], u32)>::new(), 2u32);
                    Ok(hex0x(&version.encode()))
                }
                "Metadata_metadata" => Ok(hex0x(&metadata.encode())),
                _ => Err(ErrorObjectOwned::owned(-32000, format!("Exported method {method} is not found"), None::<()>)),
            }
        })
        .unwrap();
    module
        .register_subscription(
            "author_submitAndWatchExtrinsic",
            "author_extrinsicUpdate",
            "author_unwatchExtrinsic",
            |params, pending, play, _| async move {
                let text: String = params.one().unwrap();
                let bytes = hex::decode(&text[2..]).unwrap();
                let (act, best) = {
                    let mut play = play.lock().unwrap();
                    play.handed += 1;
                    let act = play.script.pop_front().unwrap_or(Act::Land);
                    if !matches!(act, Act::Let(_) | Act::No(..)) {
                        play.land(&bytes);
                    }
                    (act, play.best())
                };
                let say = |status: Value| SubscriptionMessage::from(serde_json::value::to_raw_value(&status).unwrap());
                match act {
                    Act::No(code, reason) | Act::LandAndNo(code, reason) => pending.reject(no(code, reason)).await,
                    Act::Lose => std::future::pending().await,
                    Act::HangUp => drop(pending.accept().await.unwrap()),
                    Act::Mute => {
                        let sink = pending.accept().await.unwrap();
                        sink.closed().await;
                    }
                    Act::Let(status) => {
                        let sink = pending.accept().await.unwrap();
                        sink.send(say(json!(status))).await.unwrap();
                    }
                    Act::Land => {
                        let sink = pending.accept().await.unwrap();
                        sink.send(say(json!("ready"))).await.unwrap();
                        sink.send(say(json!({ "broadcast": ["peer"] }))).await.unwrap();
                        sink.send(say(json!({ "inBlock": hash(best) }))).await.unwrap();
                    }
                }
            },
        )
        .unwrap();
    Some((url, server.start(module)))
}

fn quick() -> Patience {
    let short = Duration::from_millis(300);
    Patience { take: short, silence: short, answer: 10 * short, connect: 10 * short, land: Duration::from_secs(5) }
}

fn network(urls: &[&str]) -> Network {
    Network { chain: urls.iter().map(|url| (*url).to_owned()).collect(), ..Network::known("dev").unwrap() }
}

fn live(urls: &[&str]) -> LiveChain {
    LiveChain::with_patience(&network(urls), quick())
}

fn success() -> (u8, u8, Vec<u8>) {
    (0, 0, vec![0; 4])
}

/// Prepares and sends one cancellation; the result, and how often it was handed over.
async fn fate(script: &[Act], events: Events) -> Option<(Result<u32, String>, usize)> {
    let play = Arc::new(Mutex::new(Play { script: script.iter().cloned().collect(), events, ..Play::default() }));
    let (url, _server) = stage(&play).await?;
    let chain = live(&[&url]);
    let prepared = prepare(&chain, 1).await;
    let result = chain.send(&prepared).await;
    let result = match result {
        Ok(landed) => {
            assert_eq!(landed.items, [Ok(())]);
            Ok(landed.block)
        }
        Err(GridError::Passing { .. }) => Err("passing".to_owned()),
        Err(GridError::Unclear { .. }) => Err("unclear".to_owned()),
        Err(error) => Err(error.code().unwrap_or("missing").to_owned()),
    };
    let handed = play.lock().unwrap().handed;
    Some((result, handed))
}

async fn prepare(chain: &LiveChain, calls: u64) -> Prepared {
    let signer = Identity::from_uri("//Alice").unwrap();
    let calls = (0..calls).map(|n| Call::Cancel { contract: ContractId(n) }).collect();
    chain.prepare(&signer, &Tx { calls, batch: Batch::Force }).await.unwrap()
}

#[tokio::test]
async fn an_extrinsics_fate_is_found_out() {
    let no = Act::No;
    for (script, expected, handed) in [
        (vec![Act::Land], Ok(101), 1),
        // It landed and the word was lost: it is found in its block and not handed over again.
        (vec![Act::Lose], Ok(101), 1),
        (vec![Act::Mute], Ok(101), 1),
        (vec![Act::HangUp], Ok(101), 1),
        // Let go by the pool: handed over again.
        (vec![Act::Let("dropped"), Act::Land], Ok(101), 2),
        (vec![Act::Let("invalid"), no(1010, "Transaction is outdated")], Err("stale"), 2),
        // Handed over before, it may wait in another pool, whatever this one says now.
        (vec![Act::Let("dropped"), no(1010, "{\"invalid\":{\"ancientBirthBlock\":null}}")], Err("unclear"), 2),
        (vec![Act::Let("dropped"), no(1016, "")], Err("unclear"), 2),
        // A no that only means that it is there already.
        (vec![Act::LandAndNo(1013, "")], Ok(101), 1),
        (vec![Act::LandAndNo(1012, "")], Ok(101), 1),
        (vec![Act::LandAndNo(1010, "Transaction is outdated")], Ok(101), 1),
        // A clear no.
        (vec![no(1010, "{\"invalid\":{\"payment\":null}}")], Err("payment"), 1),
        (vec![no(1010, "Transaction has a bad signature")], Err("bad-proof"), 1),
        (vec![no(1002, "")], Err("argument"), 1),
        (vec![no(1016, "")], Err("passing"), 1),
    ] {
        let expected = expected.map_err(str::to_owned);
        let Some(found) = fate(&script, vec![success()]).await else { return };
        assert_eq!(found, (expected, handed), "{script:?}");
    }
}

#[tokio::test]
async fn what_never_lands_while_it_could_is_unclear() {
    let play = Arc::new(Mutex::new(Play { script: [Act::No(1013, "")].into(), ..Play::default() }));
    let Some((url, _server)) = stage(&play).await else { return };
    let chain = live(&[&url]);
    let prepared = prepare(&chain, 1).await;
    let land = Duration::from_millis(700);
    let hasty = LiveChain::with_patience(&network(&[&url]), Patience { land, ..quick() });
    assert!(matches!(hasty.send(&prepared).await, Err(GridError::Unclear { .. })));
}

#[tokio::test]
async fn what_cannot_land_any_more_has_not_happened() {
    let play = Arc::new(Mutex::new(Play { script: [Act::No(1013, "")].into(), ..Play::default() }));
    let Some((url, _server)) = stage(&play).await else { return };
    let chain = live(&[&url]);
    let prepared = prepare(&chain, 1).await;
    // The era: 32 blocks from the finalized one.
    assert_eq!(prepared.last_block, FIRST + 31);
    {
        let mut play = play.lock().unwrap();
        for _ in 0..31 {
            play.land(b"others");
        }
    }
    assert!(matches!(chain.send(&prepared).await, Err(GridError::Passing { .. })));
    // When finality lags, the best block begins the era.
    play.lock().unwrap().finalized = Some(FIRST);
    assert_eq!(prepare(&chain, 1).await.last_block, FIRST + 31 + 31);
}

#[tokio::test]
async fn dispatch_errors_have_the_runtimes_names() {
    let module = |pallet: u8, error: u8| vec![3, pallet, error, 0, 0, 0];
    let info = [0; 4];
    for (error, code) in [
        (module(26, 7), "SmartContractModule.ContractNotExists"),
        (module(25, 114), "TfgridModule.InvalidTimestampHint"),
        (vec![2], "BadOrigin"),
        (vec![7, 0], "Token.FundsUnavailable"),
        (module(26, 250), "unknown"),
    ] {
        let failed = (0, 1, [&error[..], &info].concat());
        let Some((result, _)) = fate(&[Act::Land], vec![failed]).await else { return };
        assert_eq!(result, Err(code.to_owned()));
    }
}

#[tokio::test]
async fn the_items_of_a_forced_batch_are_told_apart() {
    let failed = (3, 4, vec![3, 26, 7, 0, 0, 0]);
    let completed = (3, 3, Vec::new());
    let gone = (26, 3, 42u64.encode());
    let events = vec![failed, gone, completed, (3, 2, Vec::new()), success()];
    let play = Arc::new(Mutex::new(Play { events, ..Play::default() }));
    let Some((url, _server)) = stage(&play).await else { return };
    let chain = live(&[&url]);
    let landed = chain.send(&prepare(&chain, 2).await).await.unwrap();
    let codes: Vec<_> = landed.items.into_iter().map(|item| item.map_err(|no| no.code)).collect();
    assert_eq!(codes, [Err("SmartContractModule.ContractNotExists".to_owned()), Ok(())]);
    assert_eq!(landed.events, [bellhop::grid::Event::ContractCanceled(ContractId(42))]);
}

#[tokio::test]
async fn another_endpoint_takes_over_in_the_middle_of_a_send() {
    let play = Arc::new(Mutex::new(Play { script: [Act::Lose].into(), events: vec![success()], ..Play::default() }));
    let Some((first, handle)) = stage(&play).await else { return };
    let Some((second, _server)) = stage(&play).await else { return };
    let chain = live(&[&first, &second]);
    let prepared = prepare(&chain, 1).await;
    let (landed, ()) = tokio::join!(chain.send(&prepared), async {
        while play.lock().unwrap().handed == 0 {
            tokio::task::yield_now().await;
        }
        handle.stop().unwrap();
    });
    assert_eq!(landed.unwrap().block, 101);
    assert_eq!(chain.endpoint().await.unwrap().0, second);
    assert_eq!(play.lock().unwrap().handed, 1);
}
