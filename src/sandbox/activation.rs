//! The activation service: first money for a new account (gridproxy.md section 4), and the terms document.
//!
//! The real service gives one TFT, enough to make a twin. A sandbox gives enough to practise with for a long
//! time, unless it is told to be as tight as the real one.

use super::fault::{Face, Faults};
use super::site::{self, Site, Struck, Visit};
use crate::grid::{AccountId, Call, Chain, GridResult, Identity, Lanes, Response, Tft, Tx};
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

/// Below this balance an account gets as much once more.
const FLOOR: Tft = Tft(15_000);

/// The activation service of a sandbox.
pub struct Activation {
    chain: Arc<dyn Chain>,
    lanes: Lanes,
    faucet: Identity,
    amount: Tft,
    faults: Faults,
}

impl Activation {
    /// What a new account gets on a sandbox: at usual prices years of a small machine. (The real service gives
    /// 1 TFT.)
    pub const PRACTICE: Tft = Tft::whole(1000);

    /// Gives `amount` to new accounts, from `faucet`.
    pub fn new(chain: Arc<dyn Chain>, lanes: Lanes, faucet: Identity, amount: Tft, faults: Faults) -> Self {
        Self { chain, lanes, faucet, amount, faults }
    }

    async fn activate(&self, to: AccountId) -> GridResult<()> {
        // The lane first: two requests for one account must not both see it empty.
        let _turn = self.lanes.enter(self.faucet.account()).await;
        let balance = self.chain.balance(&to).await?;
        let amount = match balance.free {
            Tft(0) => self.amount,
            free if free < FLOOR => FLOOR,
            _ => return Ok(()),
        };
        let tx = Tx::all(vec![Call::Transfer { to, amount }]);
        let prepared = self.chain.prepare(&self.faucet, &tx).await?;
        self.chain.send(&prepared).await?;
        Ok(())
    }
}

#[async_trait]
impl Site for Activation {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        let lose = match site::strike(&self.faults, Face::Activation, &visit.path).await {
            Struck::Instead(answer) => return answer,
            Struck::Lose => true,
            Struck::No => false,
        };
        let refuse = |status, text: &str| Some(site::json(status, &json!({ "err": text })));
        if (visit.method.as_str(), visit.path.as_str()) != ("POST", "/activation/activate") {
            return refuse(404, "not found");
        }
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&visit.body) else {
            return refuse(400, "failed to read input data");
        };
        let Some(address) = body.get("substrateAccountID").and_then(|id| id.as_str()).filter(|id| !id.is_empty())
        else {
            return refuse(400, "invalid input data");
        };
        let Ok(account) = address.parse() else { return refuse(404, "substrate account is not found") };
        match self.activate(account).await {
            Ok(()) if lose => None,
            Ok(()) => Some(site::json(200, &())),
            Err(error) => {
                tracing::warn!(%error, %account, "activation");
                refuse(500, "internal server error")
            }
        }
    }
}
