//! `system_*`: who is there. It names itself a sandbox, so that nobody takes it for a live network.

use super::{Answer, Module, invalid};
use crate::grid::AccountId;
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

/// What the chain is called.
const CHAIN: &str = "ThreeFold Sandbox";

pub fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_method("system_chain", |_, _, _| CHAIN)?;
    module.register_method("system_chainType", |_, _, _| "Development")?;
    module.register_method("system_name", |_, _, _| "Bellhop sandbox")?;
    module.register_method("system_version", |_, _, _| env!("CARGO_PKG_VERSION"))?;
    module.register_method(
        "system_properties",
        |_, _, _| json!({ "ss58Format": 42, "tokenDecimals": 7, "tokenSymbol": "TFT" }),
    )?;
    module.register_method(
        "system_health",
        |_, _, _| json!({ "peers": 0, "isSyncing": false, "shouldHavePeers": false }),
    )?;
    for name in ["system_accountNextIndex", "account_nextIndex"] {
        module.register_method(name, |params, chain, _| -> Answer<u32> {
            let who: String = params.one()?;
            Ok(chain.next_nonce(&who.parse::<AccountId>().map_err(invalid)?))
        })?;
    }
    Ok(())
}
