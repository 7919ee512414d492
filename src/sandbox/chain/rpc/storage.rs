//! `state_*` and `payment_*`: storage, metadata, runtime calls.

use super::{Answer, Module, error, hash, hex, invalid, notify, number_at, state_at, unhex};
use crate::sandbox::chain::LocalChain;
use crate::sandbox::chain::core::Core;
use crate::sandbox::chain::extrinsic::Extrinsic;
use crate::sandbox::chain::runtime::{SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION};
use crate::sandbox::chain::scale::{Account, Pays, Weight};
use crate::sandbox::chain::state::Key;
use crate::sandbox::chain::{block, system};
use jsonrpsee::core::{RegisterMethodError, SubscriptionResult};
use parity_scale_codec::{Decode, Encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The runtime APIs that can be called, by the first 8 bytes of the hash of their names: Core, Metadata,
/// AccountNonceApi, TransactionPaymentApi.
const APIS: [([u8; 8], u32); 4] = [
    ([0xdf, 0x6a, 0xcb, 0x68, 0x99, 0x07, 0x60, 0x9b], 4),
    ([0x37, 0xe3, 0x97, 0xfc, 0x7c, 0x91, 0xf5, 0xe4], 2),
    ([0xbc, 0x9d, 0x89, 0x90, 0x4f, 0x5b, 0x92, 0x3f], 1),
    ([0x37, 0xc8, 0xbb, 0x13, 0x50, 0xa9, 0xa2, 0xa8], 4),
];

/// The most keys in one answer.
const PAGE: u32 = 1000;

type Maybe = Option<String>;

pub fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    for name in ["state_getStorage", "state_getStorageAt"] {
        module.register_method(name, |params, chain, _| -> Answer<Option<String>> {
            let (key, at): (String, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
            let core = chain.core();
            let number = state_at(&core, at)?;
            Ok(core.read(number, &unhex(&key)?).map(hex))
        })?;
    }
    module.register_method("state_getStorageHash", |params, chain, _| -> Answer<Option<String>> {
        let (key, at): (String, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
        let core = chain.core();
        let number = state_at(&core, at)?;
        Ok(core.read(number, &unhex(&key)?).map(|value| hex(crate::sandbox::chain::scale::blake2_256(&value))))
    })?;
    module.register_method("state_getStorageSize", |params, chain, _| -> Answer<Option<u64>> {
        let (key, at): (String, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
        let core = chain.core();
        let number = state_at(&core, at)?;
        Ok(core.read(number, &unhex(&key)?).map(|value| value.len() as u64))
    })?;
    module.register_method("state_getKeys", |params, chain, _| -> Answer<Vec<String>> {
        let (prefix, at): (String, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
        let core = chain.core();
        let number = state_at(&core, at)?;
        Ok(core.keys(number, &unhex(&prefix)?, None, PAGE as usize).into_iter().map(hex).collect())
    })?;
    for name in ["state_getKeysPaged", "state_getKeysPagedAt"] {
        module.register_method(name, |params, chain, _| -> Answer<Vec<String>> {
            let mut params = params.sequence();
            let prefix: Maybe = params.optional_next()?;
            let count: u32 = params.next()?;
            let (start, at): (Maybe, Maybe) = (params.optional_next()?, params.optional_next()?);
            if count > PAGE {
                return Err(error(4002, format!("count exceeds maximum value. value: {count}, max: {PAGE}")));
            }
            let core = chain.core();
            let number = state_at(&core, at)?;
            let start = start.map(|start| unhex(&start)).transpose()?;
            let prefix = unhex(&prefix.unwrap_or_default())?;
            Ok(core.keys(number, &prefix, start.as_deref(), count as usize).into_iter().map(hex).collect())
        })?;
    }
    module.register_method("state_queryStorageAt", |params, chain, _| -> Answer<Value> {
        let (keys, at): (Vec<String>, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
        let core = chain.core();
        let number = state_at(&core, at)?;
        let keys = keys.iter().map(|key| unhex(key)).collect::<Answer<Vec<Key>>>()?;
        Ok(json!([changes(&core, number, keys.iter())]))
    })?;
    module.register_method("state_getMetadata", |_, chain, _| hex(chain.metadata()))?;
    for name in ["state_getRuntimeVersion", "chain_getRuntimeVersion"] {
        module.register_method(name, |_, _, _| version())?;
    }
    for name in ["state_call", "state_callAt"] {
        module.register_method(name, |params, chain, _| -> Answer<String> {
            let mut params = params.sequence();
            let (method, data, at): (String, String, Maybe) = (params.next()?, params.next()?, params.optional_next()?);
            call(chain, &method, &unhex(&data)?, at).map(hex)
        })?;
    }
    module.register_method("payment_queryInfo", |params, chain, _| -> Answer<Value> {
        let (bytes, at): (String, Maybe) = with_at(params.parse::<Vec<Value>>()?)?;
        number_at(&chain.core(), at)?;
        let Weight { ref_time, proof_size } = block::WEIGHT;
        let fee = Extrinsic::base_fee(unhex(&bytes)?.len()).to_string();
        Ok(json!({ "weight": { "ref_time": ref_time, "proof_size": proof_size }, "class": "normal", "partialFee": fee }))
    })?;
    subscriptions(module)
}

fn subscriptions(module: &mut Module) -> Result<(), RegisterMethodError> {
    for (subscribe, unsubscribe) in [
        ("state_subscribeRuntimeVersion", "state_unsubscribeRuntimeVersion"),
        ("chain_subscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion"),
    ] {
        module.register_subscription(
            subscribe,
            "state_runtimeVersion",
            unsubscribe,
            |_, pending, _, _| async move {
                let sink = pending.accept().await?;
                notify(&sink, &version()).await;
                sink.closed().await;
                SubscriptionResult::Ok(())
            },
        )?;
    }
    module.register_subscription(
        "state_subscribeStorage",
        "state_storage",
        "state_unsubscribeStorage",
        |params, pending, chain, _| async move {
            let keys = params.parse::<(Vec<String>,)>().map_err(invalid);
            let keys = keys.and_then(|(keys,)| keys.iter().map(|key| unhex(key)).collect::<Answer<BTreeSet<Key>>>());
            let keys = match keys {
                Ok(keys) => keys,
                Err(error) => {
                    pending.reject(error).await;
                    return Ok(());
                }
            };
            let sink = pending.accept().await?;
            let mut blocks = chain.blocks();
            let mut seen = *blocks.borrow_and_update();
            let first = changes(&chain.core(), seen, keys.iter());
            if !notify(&sink, &first).await {
                return Ok(());
            }
            loop {
                tokio::select! {
                    () = sink.closed() => return SubscriptionResult::Ok(()),
                    changed = blocks.changed() => changed?,
                }
                let newest = *blocks.borrow_and_update();
                let news = {
                    let core = chain.core();
                    let range = seen.saturating_add(1)..=newest;
                    let touched: BTreeSet<&Key> =
                        range.flat_map(|number| core.changed(number)).filter(|key| keys.contains(*key)).collect();
                    (!touched.is_empty()).then(|| changes(&core, newest, touched.into_iter()))
                };
                seen = newest;
                if let Some(news) = news
                    && !notify(&sink, &news).await
                {
                    return Ok(());
                }
            }
        },
    )?;
    Ok(())
}

/// One parameter and an optional block.
fn with_at<T: serde::de::DeserializeOwned>(params: Vec<Value>) -> Answer<(T, Maybe)> {
    let mut params = params.into_iter();
    let first = serde_json::from_value(params.next().unwrap_or(Value::Null)).map_err(invalid)?;
    let at = serde_json::from_value(params.next().unwrap_or(Value::Null)).map_err(invalid)?;
    Ok((first, at))
}

fn changes<'a>(core: &Core, number: u32, keys: impl Iterator<Item = &'a Key>) -> Value {
    let changes: Vec<(String, Option<String>)> = keys.map(|key| (hex(key), core.read(number, key).map(hex))).collect();
    json!({ "block": core.hash(number).map(|hash| hex(hash.0)), "changes": changes })
}

fn version() -> Value {
    json!({
        "specName": SPEC_NAME,
        "implName": SPEC_NAME,
        "authoringVersion": 1,
        "specVersion": SPEC_VERSION,
        "implVersion": 1,
        "apis": APIS.map(|(api, version)| (hex(api), version)),
        "transactionVersion": TRANSACTION_VERSION,
        "stateVersion": 0,
    })
}

/// Runs a function of the runtime.
fn call(chain: &LocalChain, method: &str, mut data: &[u8], at: Maybe) -> Answer<Vec<u8>> {
    if let Some(at) = &at {
        hash(at)?;
    }
    match method {
        "Core_version" => {
            Ok((SPEC_NAME, SPEC_NAME, 1u32, SPEC_VERSION, 1u32, APIS.to_vec(), TRANSACTION_VERSION, 0u8).encode())
        }
        "Metadata_metadata" => Ok(chain.metadata().encode()),
        "Metadata_metadata_versions" => Ok(vec![14u32].encode()),
        "Metadata_metadata_at_version" => {
            let wanted = u32::decode(&mut data).map_err(invalid)?;
            Ok((wanted == 14).then(|| chain.metadata().to_vec()).encode())
        }
        "AccountNonceApi_account_nonce" => {
            let who = Account::decode(&mut data).map_err(invalid)?;
            let core = chain.core();
            let number = state_at(&core, at)?;
            let info = core.read(number, &system::ACCOUNT.key(&who));
            let nonce =
                info.and_then(|raw| system::AccountInfo::decode(&mut &raw[..]).ok()).map_or(0, |info| info.nonce);
            Ok(nonce.encode())
        }
        "TransactionPaymentApi_query_info" => {
            // The extrinsic, then its length as u32.
            let length = data.len().saturating_sub(4);
            Ok((block::WEIGHT, Pays::Yes, Extrinsic::base_fee(length)).encode())
        }
        other => Err(error(4003, format!("Client error: Execution failed: Exported method {other} is not found"))),
    }
}
