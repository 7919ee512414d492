//! The activation service: the first TFT of a new account (gridproxy.md section 4).
//!
//! It gives about 1 TFT, enough to accept the terms and make a twin, not for a node of any size.

use super::{AccountId, Balance, Grid, GridError, GridResult, Network, Party, Request, Tft, Web, ask};
use std::time::Duration;

/// What an account holds at least after activation: the service tops up below this.
pub const FLOOR: Tft = Tft(15_000);

/// Asks the service to fund `account`. Asking again does no harm.
///
/// # Errors
/// By [`Party::Activation`]: `Passing` when it does not answer or its own transfer failed, `Refused` or `Missing`
/// when it does not take the account.
pub async fn request(web: &dyn Web, network: &Network, account: &AccountId) -> GridResult<()> {
    let body = serde_json::json!({ "substrateAccountID": account.to_string() });
    match ask(web, Party::Activation, "account", Request::post(&network.activation, body)).await {
        Ok(_) => Ok(()),
        // Already active.
        Err(error) if error.code() == Some("409") => Ok(()),
        Err(error) => Err(error),
    }
}

/// Funds `account` and waits until the chain shows at least [`FLOOR`], at most `within`.
///
/// # Errors
/// As [`request`]; `Unclear` by [`Party::Activation`] when nothing arrived in time (it may still).
pub async fn fund(grid: &Grid, account: &AccountId, within: Duration) -> GridResult<Balance> {
    request(grid.web.as_ref(), &grid.network, account).await?;
    let arrival = async {
        loop {
            match grid.chain.balance(account).await {
                Ok(balance) if balance.spendable() >= FLOOR => return balance,
                // A chain that is away for a moment does not undo the transfer.
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    };
    tokio::time::timeout(within, arrival)
        .await
        .map_err(|_| GridError::unclear(Party::Activation, format!("no TFT arrived within {within:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Response;
    use async_trait::async_trait;

    struct Stub(u16, &'static str);

    #[async_trait]
    impl Web for Stub {
        async fn send(&self, request: Request) -> GridResult<Response> {
            assert_eq!(request.body, Some(serde_json::json!({ "substrateAccountID": AccountId([0; 32]).to_string() })));
            Ok(Response { status: self.0, headers: Vec::new(), body: self.1.into() })
        }
        async fn dial(&self, _: &str, _: Duration) -> GridResult<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn answers_have_their_class() {
        let network = Network::known("dev").unwrap();
        let asked = async |status, body| request(&Stub(status, body), &network, &AccountId([0; 32])).await;
        assert_eq!(asked(200, "null").await, Ok(()));
        assert_eq!(asked(409, "{}").await, Ok(()));
        assert!(matches!(
            asked(404, r#"{"err":"substrate account is not found"}"#).await,
            Err(GridError::Missing { .. })
        ));
        assert_eq!(
            asked(400, r#"{"err":"invalid input data"}"#).await,
            Err(GridError::refused(Party::Activation, "400", "invalid input data"))
        );
        assert!(matches!(asked(500, "").await, Err(GridError::Passing { by: Party::Activation, .. })));
    }
}
