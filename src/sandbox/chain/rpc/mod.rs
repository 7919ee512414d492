//! The chain's wire face: Substrate's JSON-RPC over websocket and HTTP, on loopback, as far as subxt (legacy
//! and default backend), polkadot.js and the official client use it (sandbox-chain.md).
//!
//! Not the newer `chainHead` and `archive` methods: TFChain's nodes are older than those.

mod author;
mod blocks;
mod link;
mod node;
mod storage;

use super::LocalChain;
use super::core::Core;
use super::scale::Hash;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::server::SubscriptionSink;
use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a method answers.
type Answer<T> = Result<T, ErrorObjectOwned>;
/// The methods, with the chain beside them.
type Module = RpcModule<Arc<LocalChain>>;

impl LocalChain {
    /// Serves the chain's RPC until told to stop; the address that it is at.
    ///
    /// # Errors
    /// When the address is not loopback, or cannot be had.
    pub async fn serve(self: &Arc<Self>, at: SocketAddr, stop: CancellationToken) -> io::Result<SocketAddr> {
        if !at.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a sandbox is served on loopback only"));
        }
        let module = module(self.clone()).map_err(io::Error::other)?;
        let listener = tokio::net::TcpListener::bind(at).await?;
        let at = listener.local_addr()?;
        tokio::spawn(link::accept(listener, module.into(), self.faults().clone(), stop));
        Ok(at)
    }
}

fn module(chain: Arc<LocalChain>) -> Result<Module, RegisterMethodError> {
    let mut module = RpcModule::new(chain);
    storage::register(&mut module)?;
    blocks::register(&mut module)?;
    author::register(&mut module)?;
    node::register(&mut module)?;
    let mut methods: Vec<String> = module.method_names().map(str::to_owned).chain(["rpc_methods".to_owned()]).collect();
    methods.sort();
    module.register_method("rpc_methods", move |_, _, _| serde_json::json!({ "methods": methods.clone() }))?;
    Ok(module)
}

fn error(code: i32, message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(code, message, None::<()>)
}

fn invalid(what: impl std::fmt::Display) -> ErrorObjectOwned {
    error(-32602, format!("Invalid params: {what}"))
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", ::hex::encode(bytes))
}

fn unhex(text: &str) -> Answer<Vec<u8>> {
    ::hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(invalid)
}

fn hash(text: &str) -> Answer<Hash> {
    let bytes = unhex(text)?;
    <[u8; 32]>::try_from(bytes).map(Hash).map_err(|_| invalid("a hash is 32 bytes"))
}

/// The number of the block that a request means: the named one, or the newest.
fn number_at(core: &Core, at: Option<String>) -> Answer<u32> {
    let Some(at) = at else { return Ok(core.best()) };
    core.number(&hash(&at)?)
        .ok_or_else(|| error(-32000, format!("Client error: UnknownBlock: Header was not found in the database: {at}")))
}

/// As [`number_at`], when its state can still be read.
fn state_at(core: &Core, at: Option<String>) -> Answer<u32> {
    let number = number_at(core, at)?;
    if core.has_state(number) {
        Ok(number)
    } else {
        Err(error(
            4003,
            format!("Client error: Api called for an unknown Block: State already discarded for block {number}"),
        ))
    }
}

/// Sends a notification; `false` when nobody listens any more.
async fn notify(sink: &SubscriptionSink, value: &impl Serialize) -> bool {
    match serde_json::value::to_raw_value(value) {
        Ok(raw) => sink.send(raw).await.is_ok(),
        Err(_) => false,
    }
}
