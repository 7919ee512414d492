//! `chain_*`: blocks and their headers, as they come.

use super::{Answer, Module, hex, invalid, notify, number_at};
use crate::sandbox::chain::LocalChain;
use crate::sandbox::chain::block::Header;
use jsonrpsee::core::{RegisterMethodError, SubscriptionResult};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

/// A header as polkadot.js reads it: the number in hex.
fn header(header: &Header) -> Value {
    json!({
        "parentHash": hex(header.parent.0),
        "number": format!("{:#x}", header.number),
        "stateRoot": hex(header.state_root.0),
        "extrinsicsRoot": hex(header.extrinsics_root.0),
        "digest": { "logs": [] },
    })
}

/// A block's number as clients give it: a number, or hex.
fn number(value: &Value) -> Answer<u32> {
    let parsed = match value {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => u32::from_str_radix(text.trim_start_matches("0x"), 16).ok(),
        _ => None,
    };
    parsed.ok_or_else(|| invalid("a block number is a number or hex"))
}

pub fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    for name in ["chain_getBlockHash", "chain_getHead"] {
        module.register_method(name, |params, chain, _| -> Answer<Value> {
            let wanted: Option<Value> = params.sequence().optional_next()?;
            let core = chain.core();
            let of = |value: &Value| -> Answer<Value> {
                Ok(core.hash(number(value)?).map_or(Value::Null, |hash| json!(hex(hash.0))))
            };
            match wanted {
                None | Some(Value::Null) => Ok(json!(hex(core.head().hash().0))),
                Some(Value::Array(numbers)) => {
                    Ok(Value::Array(numbers.iter().take(1000).map(of).collect::<Answer<Vec<Value>>>()?))
                }
                Some(value) => of(&value),
            }
        })?;
    }
    for name in ["chain_getFinalizedHead", "chain_getFinalisedHead"] {
        module.register_method(name, |_, chain, _| {
            let core = chain.core();
            core.hash(core.finalized()).map(|hash| hex(hash.0))
        })?;
    }
    module.register_method("chain_getHeader", |params, chain, _| -> Answer<Option<Value>> {
        let at: Option<String> = params.sequence().optional_next()?;
        let core = chain.core();
        let found = number_at(&core, at).ok().and_then(|number| core.block(number));
        Ok(found.map(|block| header(&block.header)))
    })?;
    module.register_method("chain_getBlock", |params, chain, _| -> Answer<Option<Value>> {
        let at: Option<String> = params.sequence().optional_next()?;
        let core = chain.core();
        let found = number_at(&core, at).ok().and_then(|number| core.block(number));
        Ok(found.map(|block| {
            let extrinsics: Vec<String> = block.extrinsics.iter().map(hex).collect();
            json!({
                "block": { "header": header(&block.header), "extrinsics": extrinsics },
                "justifications": null,
            })
        }))
    })?;
    heads(module, ["chain_subscribeNewHeads", "chain_newHead", "chain_unsubscribeNewHeads"], LocalChain::blocks)?;
    heads(module, ["chain_subscribeNewHead", "chain_newHead", "chain_unsubscribeNewHead"], LocalChain::blocks)?;
    heads(module, ["chain_subscribeAllHeads", "chain_allHead", "chain_unsubscribeAllHeads"], LocalChain::blocks)?;
    let finalized = ["chain_subscribeFinalizedHeads", "chain_finalizedHead", "chain_unsubscribeFinalizedHeads"];
    heads(module, finalized, LocalChain::finalized_blocks)
}

type Numbers = fn(&LocalChain) -> watch::Receiver<u32>;

/// A subscription to headers: the newest at once, then each.
fn heads(module: &mut Module, names: [&'static str; 3], numbers: Numbers) -> Result<(), RegisterMethodError> {
    let [subscribe, notification, unsubscribe] = names;
    module.register_subscription(subscribe, notification, unsubscribe, move |_, pending, chain, _| async move {
        let mut numbers = numbers(&chain);
        let sink = pending.accept().await?;
        let mut next = *numbers.borrow_and_update();
        loop {
            let newest = *numbers.borrow_and_update();
            while next <= newest {
                let found = head(&chain, next);
                next = next.saturating_add(1);
                if let Some(found) = found
                    && !notify(&sink, &found).await
                {
                    return Ok(());
                }
            }
            tokio::select! {
                () = sink.closed() => return SubscriptionResult::Ok(()),
                changed = numbers.changed() => changed?,
            }
        }
    })?;
    Ok(())
}

fn head(chain: &Arc<LocalChain>, number: u32) -> Option<Value> {
    chain.core().block(number).map(|block| header(&block.header))
}
