//! `author_*`: handing extrinsics in, and hearing what becomes of them.

use super::{Answer, Module, hex, notify, unhex};
use crate::sandbox::chain::core::Rejected;
use crate::sandbox::chain::extrinsic::{Bad, Invalid};
use crate::sandbox::chain::pool::{Refusal, Status};
use jsonrpsee::core::{RegisterMethodError, SubscriptionResult};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

/// A refusal in the words and numbers of a real node.
fn refusal(rejected: Rejected) -> ErrorObjectOwned {
    let say = |code, message: &str, data: String| ErrorObjectOwned::owned(code, message, Some(data));
    let invalid = |invalid: Invalid| say(1010, "Invalid Transaction", invalid.text().to_owned());
    match rejected {
        Rejected::Bad(Bad::Undecodable(text)) => {
            let text = format!("Runtime error: Execution failed: the extrinsic does not decode: {text}");
            say(1002, &format!("Verification Error: {text}"), text)
        }
        Rejected::Bad(Bad::Invalid(reason)) | Rejected::Pool(Refusal::Invalid(reason)) => invalid(reason),
        Rejected::Pool(Refusal::AlreadyImported) => {
            say(1013, "Transaction Already Imported", "it waits for a block already".to_owned())
        }
        Rejected::Pool(Refusal::PriorityTooLow) => {
            let text = "The transaction has too low priority to replace another transaction already in the pool.";
            say(1014, "Priority is too low", text.to_owned())
        }
        Rejected::Pool(Refusal::Full) => {
            let text = "The transaction couldn't enter the pool because of the limit";
            say(1016, "Immediately Dropped", text.to_owned())
        }
    }
}

fn shown(status: &Status) -> Value {
    match status {
        Status::Future => json!("future"),
        Status::Ready => json!("ready"),
        Status::InBlock { hash, .. } => json!({ "inBlock": hex(hash.0) }),
        Status::Finalized(hash) => json!({ "finalized": hex(hash.0) }),
        Status::Usurped(hash) => json!({ "usurped": hex(hash.0) }),
        Status::Invalid => json!("invalid"),
    }
}

pub fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_method("author_submitExtrinsic", |params, chain, _| -> Answer<String> {
        let bytes: String = params.one()?;
        let (hash, _) = chain.submit(&unhex(&bytes)?).map_err(refusal)?;
        Ok(hex(hash.0))
    })?;
    module.register_method("author_pendingExtrinsics", |_, chain, _| {
        chain.core().pool.pending().iter().map(hex).collect::<Vec<String>>()
    })?;
    module.register_subscription(
        "author_submitAndWatchExtrinsic",
        "author_extrinsicUpdate",
        "author_unwatchExtrinsic",
        |params, pending, chain, _| async move {
            let bytes = params.one::<String>().and_then(|bytes| unhex(&bytes));
            let taken = bytes.and_then(|bytes| chain.submit(&bytes).map_err(refusal));
            let mut watcher = match taken {
                Ok((_, watcher)) => watcher,
                Err(error) => {
                    pending.reject(error).await;
                    return Ok(());
                }
            };
            let sink = pending.accept().await?;
            loop {
                let status = tokio::select! {
                    () = sink.closed() => return SubscriptionResult::Ok(()),
                    status = watcher.recv() => status,
                };
                let Some(status) = status else { return Ok(()) };
                let last = matches!(status, Status::Finalized(_) | Status::Usurped(_) | Status::Invalid);
                if !notify(&sink, &shown(&status)).await || last {
                    return Ok(());
                }
            }
        },
    )?;
    Ok(())
}
