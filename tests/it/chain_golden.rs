//! Recordings of TFChain's own runtime (spec 144), replayed against the sandbox's chain where they are present:
//! same results, errors, events, fees and storage. Every difference is in [`DIFFERENCES`], with its reason.
//!
//! Not compared, as the recordings' README says: weights, `Balances.Upgraded`, the pool's priorities.

use crate::chain_kit::{Codec, Signing, key, v14};
use bellhop::clock::{Clock, Timestamp};
use bellhop::sandbox::chain::{Bad, Genesis, LocalChain, Options, Refusal, Rejected, Status};
use frame_metadata::v14::{StorageEntryModifier, StorageEntryType};
use parity_scale_codec::{Compact, Decode, Encode};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// File, step, what differs, why.
const DIFFERENCES: &[(&str, usize, &str, &str)] = &[
    ("03-farms", 15, "result", "149 refuses a private address and a gateway outside the subnet"),
    ("03-farms", 16, "result", "149 refuses what is no address"),
    ("03-farms", 25, "result", "149 refuses a gateway that is the address"),
    ("03-farms", 29, "fields", "so the address of step 25 is not there"),
    ("03-farms", 29, "storage", "so the address of step 25 is not there"),
    ("03-farms", 31, "fields", "so the address of step 25 is not there"),
    ("03-farms", 31, "storage", "so the address of step 25 is not there"),
];

struct Bench {
    chain: Arc<LocalChain>,
    codec: Codec,
    uris: HashMap<String, String>,
    proposal: Value,
}

/// Takes away what is there for readers only.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(name, _)| !name.ends_with("_text") && *name != "weight")
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Puts real times for `T`, `T-61`, `T_ms`.
fn timed(value: &Value, now: Timestamp) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), timed(value, now))).collect(),
        Value::Array(items) => items.iter().map(|item| timed(item, now)).collect(),
        Value::String(text) if text == "T_ms" => json!(now.0),
        Value::String(text) if text == "T" => json!(now.secs()),
        Value::String(text) => match text.strip_prefix('T').and_then(|offset| offset.parse::<i64>().ok()) {
            Some(offset) => json!(now.secs().saturating_add_signed(offset)),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

fn era(period: u64, born: u64) -> Vec<u8> {
    let quantum = (period >> 12).max(1);
    let low = (period.trailing_zeros() as u16 - 1).clamp(1, 15);
    (low | ((born % period / quantum) as u16) << 4).encode()
}

type Sent = Result<UnboundedReceiver<Status>, String>;

impl Bench {
    fn new(file: &Value, now: Timestamp) -> Self {
        let options = Options { billing: false, ..Options::default() };
        let chain = LocalChain::new(options, Genesis::new(now), Clock::runtime(now), None).unwrap();
        let codec = Codec(v14(chain.metadata()));
        let accounts = file["accounts"].as_object().unwrap();
        let uris = accounts.iter().map(|(uri, address)| (uri.clone(), address.as_str().unwrap().to_owned())).collect();
        Self { chain, codec, uris, proposal: Value::Null }
    }

    fn now(&self) -> Timestamp {
        self.chain.head().2
    }

    /// Signs and submits a step; what the pool says.
    fn submit(&self, step: &Value, base: Option<u32>) -> Sent {
        let uri = step["signer"].as_str().unwrap();
        let (who, sign) = (key(uri), &step["sign"]);
        let mut signer = who.clone();
        let mut signing = Signing::of(&self.chain, &who.account());
        let best = u64::from(self.chain.head().0);
        let mut flip = false;
        match sign {
            Value::String(text) => {
                let plus = text.split_once('+').map_or(0, |(_, plus)| plus.parse().unwrap());
                signing.nonce = base.unwrap() + plus;
            }
            Value::Object(map) => {
                for (name, value) in map {
                    match name.as_str() {
                        "nonce" => signing.nonce = value.as_u64().unwrap() as u32,
                        "bad_signature" => flip = true,
                        "signed_by" => signer = key(value.as_str().unwrap()),
                        "genesis" => signing.genesis = [0x11; 32],
                        "spec_version" => signing.spec = 145,
                        "birth" => {}
                        "tip" => {
                            signing.tip =
                                value.as_str().map_or_else(|| value.as_u64().unwrap().into(), |t| t.parse().unwrap())
                        }
                        "era" => {
                            let born = value["born"].as_str().unwrap();
                            let back: u64 = born.split(' ').next().unwrap().parse().unwrap_or(0);
                            let birth = best - back;
                            signing.era = era(value["period"].as_u64().unwrap(), birth);
                            signing.birth = self.chain.block_hash(birth as u32).map_or([7; 32], |hash| hash.0);
                            if map.contains_key("birth") {
                                signing.birth = [0x22; 32];
                            }
                        }
                        other => panic!("{other}"),
                    }
                }
            }
            _ => {}
        }
        let (pallet, name) = step["call"].as_str().unwrap().split_once('.').unwrap();
        // The block of this step comes six seconds after the newest.
        let args = timed(&step["args"], self.now().plus(Duration::from_secs(6)));
        let Some(call) = self.codec.call(pallet, name, &args) else { return Err("not offered".to_owned()) };
        let mut bytes = signing.sign(&call, &who.account(), &signer);
        if flip {
            bytes[60] ^= 1;
        }
        self.hand_in(&bytes)
    }

    fn hand_in(&self, bytes: &[u8]) -> Sent {
        self.chain.submit(bytes).map(|(_, watcher)| watcher).map_err(|rejected| match rejected {
            Rejected::Bad(Bad::Undecodable(_)) => "rpc:undecodable".to_owned(),
            Rejected::Bad(Bad::Invalid(why)) | Rejected::Pool(Refusal::Invalid(why)) => format!("rpc:{}", why.key()),
            Rejected::Pool(_) => "dropped".to_owned(),
        })
    }

    /// Makes the next block.
    async fn block(&self) {
        tokio::time::advance(Duration::from_secs(6)).await;
        self.chain.author().unwrap();
    }

    /// The events of an extrinsic of the newest block: names and fields.
    fn events(&self, index: u32) -> (Vec<Value>, Vec<Value>) {
        let raw = self.chain.storage(&storage_prefix("System", "Events")).unwrap();
        let mut input = &raw[..];
        let Compact(count) = Compact::<u32>::decode(&mut input).unwrap();
        let outer =
            self.codec.types().types.iter().find(|t| t.ty.path.segments.join("::") == "tfchain_runtime::RuntimeEvent");
        let scale_info::TypeDef::Variant(pallets) = &outer.unwrap().ty.type_def else { panic!() };
        let (mut names, mut fields) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let phase = u8::decode(&mut input).unwrap();
            let at = if phase == 0 { Some(u32::decode(&mut input).unwrap()) } else { None };
            let pallet = u8::decode(&mut input).unwrap();
            let pallet = pallets.variants.iter().find(|v| v.index == pallet).unwrap();
            let inner = self.codec.types().resolve(pallet.fields[0].ty.id).unwrap();
            let scale_info::TypeDef::Variant(events) = &inner.type_def else { panic!() };
            let event = u8::decode(&mut input).unwrap();
            let event = events.variants.iter().find(|v| v.index == event).unwrap();
            let value = self.codec.fields(&event.fields, &mut input, true);
            let _topics = Vec::<[u8; 32]>::decode(&mut input).unwrap();
            if at == Some(index) {
                names.push(json!(format!("{}.{}", pallet.name, event.name)));
                fields.push(plain(&value));
            }
        }
        (names, fields)
    }

    /// Reads `Pallet.Item(key, …)`.
    fn read(&self, item: &str) -> Value {
        let (path, keys) =
            item.split_once('(').map_or((item, None), |(path, keys)| (path, Some(keys.trim_end_matches(')'))));
        let (pallet, name) = path.split_once('.').unwrap();
        let entries =
            &self.codec.0.pallets.iter().find(|p| p.name == pallet).unwrap().storage.as_ref().unwrap().entries;
        let entry = entries.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("{item}"));
        let mut key = storage_prefix(pallet, name);
        let value = match &entry.ty {
            StorageEntryType::Plain(value) => value.id,
            StorageEntryType::Map { hashers, key: ty, value } => {
                let keys = keys.unwrap();
                let parts = if hashers.len() == 1 { vec![keys] } else { keys.splitn(2, ',').collect() };
                let types = match &self.codec.types().resolve(ty.id).unwrap().type_def {
                    scale_info::TypeDef::Tuple(tuple) if hashers.len() > 1 => {
                        tuple.fields.iter().map(|f| f.id).collect()
                    }
                    _ => vec![ty.id],
                };
                for (part, ty) in parts.into_iter().zip(types) {
                    let part = match self.uris.get(part) {
                        Some(address) => json!(address),
                        None if part.parse::<u64>().is_ok() && part.len() < 20 && !name.contains("Name") => json!(part),
                        None => json!(hex::encode(part)),
                    };
                    let mut encoded = Vec::new();
                    self.codec.encode(ty, &part, &mut encoded);
                    key.extend(sp_crypto_hashing::blake2_128(&encoded));
                    key.extend(encoded);
                }
                value.id
            }
        };
        match self.chain.storage(&key) {
            Some(raw) => plain(&self.codec.decode(value, &mut &raw[..])),
            None if entry.modifier == StorageEntryModifier::Optional => Value::Null,
            None => plain(&self.codec.decode(value, &mut &entry.default[..])),
        }
    }

    /// Compares what a step came to with the recording.
    fn compare(&self, step: &Value, index: Option<u32>, refused: Option<&str>) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut note = |what: &'static str, ours: &Value, theirs: &Value| {
            if ours != theirs {
                found.push((what, format!("ours {ours}\n      real {theirs}")));
            }
        };
        let expected = step["result"].as_str().unwrap();
        let expected = match expected {
            text if text.contains("unreachable") => "rpc:undecodable".to_owned(),
            text => match text.strip_prefix("rpc:1010 {\"invalid\":{\"") {
                Some(rest) => format!("rpc:{}", rest.split('"').next().unwrap()),
                None => text.to_owned(),
            },
        };
        let (names, fields) = index.map(|index| self.events(index)).unwrap_or_default();
        let result = match (refused, names.last().and_then(Value::as_str)) {
            (Some(refused), _) => refused.to_owned(),
            (None, Some("System.ExtrinsicFailed")) => {
                format!("error:{}", fields.last().unwrap()["dispatch_error"].as_str().unwrap())
            }
            (None, _) => "ok".to_owned(),
        };
        let same = result == expected;
        note("result", &json!(result), &json!(expected));
        if index.is_some() && same {
            let real = step["events"].as_array().unwrap().iter().zip(step["fields"].as_array().unwrap());
            let real: Vec<(&Value, &Value)> = real.filter(|(name, _)| *name != "Balances.Upgraded").collect();
            note("events", &json!(names), &real.iter().map(|(name, _)| (*name).clone()).collect());
            let real_fields: Vec<Value> = real.iter().map(|(_, fields)| timed(&plain(fields), self.now())).collect();
            if names.len() == real_fields.len() {
                for (ours, theirs) in fields.iter().zip(&real_fields) {
                    note("fields", ours, theirs);
                }
            }
            let paid = names.iter().position(|name| name == "TransactionPayment.TransactionFeePaid");
            let paid = paid
                .map_or(Value::Null, |at| json!(fields[at]["actual_fee"].as_str().unwrap().parse::<u64>().unwrap()));
            note("fee", &paid, &step["fee_units"]);
        }
        if same {
            for (item, value) in step["storage_after"].as_object().unwrap() {
                if item.ends_with("_text") {
                    continue;
                }
                let theirs = timed(&plain(value), self.now());
                let ours = self.read(item);
                if ours != theirs {
                    note("storage", &json!({ item.clone(): ours }), &theirs);
                }
            }
        }
        note("block", &json!(self.chain.head().0), &step["block"]);
        found
    }

    /// What only a bench can do.
    async fn special(&mut self, step: &Value) -> bool {
        let count = step["args"]["count"].as_u64().unwrap_or(0);
        match step["call"].as_str().unwrap() {
            "dev.new_blocks" => {
                for _ in 0..count {
                    self.block().await;
                }
            }
            "dev.advance_blocks" => {
                tokio::time::advance(Duration::from_secs(6 * count)).await;
                self.chain.jump(count as u32).unwrap();
            }
            "dev.jump_height_only" => {
                tokio::time::advance(Duration::from_secs(6)).await;
                self.chain.jump(count as u32).unwrap();
            }
            "dev.read" => {}
            // There is no council here: what it decides, root does.
            "Council.propose" => {
                self.proposal = step["args"]["proposal"].clone();
                self.block().await;
            }
            "Council.vote" => self.block().await,
            "Council.close" => {
                let (pallet, name) = self.proposal["call"].as_str().unwrap().split_once('.').unwrap();
                let call = self.codec.call(pallet, name, &self.proposal["args"]).unwrap();
                tokio::time::advance(Duration::from_secs(6)).await;
                let _ = self.chain.govern(&call).unwrap();
            }
            _ => return false,
        }
        true
    }

    async fn replay(&mut self, steps: &[Value]) -> Vec<(usize, &'static str, String)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < steps.len() {
            let step = &steps[at];
            let mut tell = |at: usize, news: Vec<(&'static str, String)>| {
                found.extend(news.into_iter().map(|(what, text)| (at, what, text)));
            };
            if step["call"] == "dev.submit_raw" {
                let bytes = hex::decode(step["args"]["extrinsic"].as_str().unwrap().trim_start_matches("0x")).unwrap();
                let refused = self.hand_in(&bytes).err();
                tell(at, self.compare(step, None, refused.as_deref()));
                at += 1;
                continue;
            }
            if self.special(step).await {
                tell(at, self.compare(step, None, Some("ok")));
                at += 1;
                continue;
            }
            let group = &step["same_block_group"];
            let end = if group.is_null() {
                at + 1
            } else {
                at + steps[at..].iter().take_while(|other| other["same_block_group"] == *group).count()
            };
            let base = self.chain.next_nonce(&key(step["signer"].as_str().unwrap()).account());
            let mut sent: Vec<(usize, Sent)> = Vec::new();
            for (at, step) in steps.iter().enumerate().take(end).skip(at) {
                // Chopsticks forgets what waits for a nonce; a real node keeps it, and so does this.
                let waits =
                    step["validity"]["valid"]["requires"].as_array().is_some_and(|requires| !requires.is_empty());
                let forgotten = step["result"] == "dropped" && waits;
                sent.push((at, if forgotten { Err("dropped".to_owned()) } else { self.submit(step, Some(base)) }));
            }
            if sent.iter().any(|(_, sent)| sent.is_ok()) || steps[at]["block_delta"] == 1 {
                self.block().await;
            }
            for (at, sent) in sent {
                match sent {
                    Ok(mut watcher) => {
                        let statuses = std::iter::from_fn(|| watcher.try_recv().ok());
                        let index = statuses
                            .filter_map(|s| if let Status::InBlock { index, .. } = s { Some(index) } else { None })
                            .next();
                        tell(at, self.compare(&steps[at], index, index.is_none().then_some("dropped")));
                    }
                    Err(refused) => tell(at, self.compare(&steps[at], None, Some(&refused))),
                }
            }
            at = end;
        }
        found
    }
}

fn storage_prefix(pallet: &str, item: &str) -> Vec<u8> {
    [sp_crypto_hashing::twox_128(pallet.as_bytes()), sp_crypto_hashing::twox_128(item.as_bytes())].concat()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/tfchain-golden")
}

#[tokio::test(start_paused = true)]
async fn the_recordings_of_tfchain_come_out_the_same() {
    let Ok(files) = std::fs::read_dir(folder()) else {
        println!("skipped: {} is not there", folder().display());
        return;
    };
    let mut files: Vec<PathBuf> =
        files.map(|f| f.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let (mut unlisted, mut seen, mut steps) = (Vec::new(), BTreeSet::new(), 0);
    for path in files {
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut bench = Bench::new(&file, Timestamp::from_secs(1_750_000_000));
        bench.block().await;
        let all = file["steps"].as_array().unwrap();
        steps += all.len();
        for (at, what, text) in bench.replay(all).await {
            match DIFFERENCES.iter().position(|(f, step, w, _)| (*f, *step, *w) == (name.as_str(), at, what)) {
                Some(known) => drop(seen.insert(known)),
                None => unlisted.push(format!("{name} {at} {} {what}:\n      {text}", all[at]["call"])),
            }
        }
    }
    let gone: Vec<_> = DIFFERENCES.iter().enumerate().filter(|(at, _)| !seen.contains(at)).map(|(_, d)| d).collect();
    assert!(
        unlisted.is_empty(),
        "{} differences in {steps} steps are not listed:\n{}",
        unlisted.len(),
        unlisted.join("\n")
    );
    assert!(gone.is_empty(), "listed, and no difference any more: {gone:?}");
}
