//! The identity check (KYC): whether a twin may deploy (zos.md section 9).
//!
//! Nodes ask the same service before each deployment and refuse twins that are not verified; asking first
//! spares the money. The check itself happens in a web page of its own, entered with a [`token`].

use super::{AccountId, GridError, GridResult, Identity, Network, Party, Request, TwinId, Web, ask};
use crate::clock::Clock;
use serde::{Deserialize, Serialize};

/// How far someone's identity check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Standing {
    /// May deploy.
    Verified,
    /// Never began.
    Unverified,
    /// Was turned down.
    Rejected,
    /// Being looked at.
    Pending,
}

/// Who is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A twin: what nodes ask about.
    Twin(TwinId),
    /// An account, also one without a twin yet.
    Account(AccountId),
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: T,
}

/// How far the identity check of `who` is; unknown people are unverified.
///
/// # Errors
/// `Passing` or `Refused` by [`Party::Kyc`].
pub async fn standing(web: &dyn Web, network: &Network, who: Subject) -> GridResult<Standing> {
    #[derive(Deserialize)]
    struct Status {
        status: Standing,
    }
    let query = match who {
        Subject::Twin(id) => format!("twin_id={id}"),
        Subject::Account(account) => format!("client_id={account}"),
    };
    match ask(web, Party::Kyc, "status", Request::get(address(network, &format!("status?{query}")))).await {
        Ok(response) => Ok(response.json::<Envelope<Status>>(Party::Kyc)?.result.status),
        Err(GridError::Missing { .. }) => Ok(Standing::Unverified),
        Err(error) => Err(error),
    }
}

/// A token that opens the verification page for the account of `identity`.
///
/// # Errors
/// `Refused` with code `402` when the account holds too little TFT, `409` and others as the service says.
pub async fn token(web: &dyn Web, network: &Network, identity: &Identity, clock: &Clock) -> GridResult<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Token {
        auth_token: String,
    }
    let domain =
        url::Url::parse(&network.kyc).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let challenge = format!("{domain}:{}", clock.now().0);
    let mut request = Request::post(address(network, "token"), serde_json::json!({}));
    request.headers = vec![
        ("x-client-id".to_owned(), identity.account().to_string()),
        ("x-challenge".to_owned(), hex::encode(&challenge)),
        ("x-signature".to_owned(), hex::encode(identity.sign(challenge.as_bytes()))),
    ];
    let response = ask(web, Party::Kyc, "token", request).await?;
    Ok(response.json::<Envelope<Token>>(Party::Kyc)?.result.auth_token)
}

/// Whether the service says of itself that it is well.
///
/// # Errors
/// `Passing` or `Refused` by [`Party::Kyc`].
pub async fn healthy(web: &dyn Web, network: &Network) -> GridResult<bool> {
    #[derive(Deserialize)]
    struct Health {
        status: String,
    }
    let response = ask(web, Party::Kyc, "health", Request::get(address(network, "health"))).await?;
    Ok(response.json::<Envelope<Health>>(Party::Kyc)?.result.status == "Healthy")
}

fn address(network: &Network, rest: &str) -> String {
    format!("{}/api/v1/{rest}", network.kyc.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::grid::{KeyKind, Method, Response};
    use async_trait::async_trait;
    use std::sync::Mutex;
    use std::time::Duration;

    struct Stub(u16, &'static str, Mutex<Option<Request>>);

    #[async_trait]
    impl Web for Stub {
        async fn send(&self, request: Request) -> GridResult<Response> {
            *self.2.lock().unwrap() = Some(request);
            Ok(Response { status: self.0, headers: Vec::new(), body: self.1.into() })
        }
        async fn dial(&self, _: &str, _: Duration) -> GridResult<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_standing_is_read_and_unknown_people_are_unverified() {
        let network = Network::known("dev").unwrap();
        for (status, body, expected) in [
            (200, r#"{"result":{"status":"VERIFIED","more":1}}"#, Some(Standing::Verified)),
            (200, r#"{"result":{"status":"UNVERIFIED"}}"#, Some(Standing::Unverified)),
            (200, r#"{"result":{"status":"REJECTED"}}"#, Some(Standing::Rejected)),
            (200, r#"{"result":{"status":"PENDING"}}"#, Some(Standing::Pending)),
            (404, r#"{"error":"not found"}"#, Some(Standing::Unverified)),
            (200, r#"{"result":{"status":"NOVEL"}}"#, None),
            (500, "", None),
        ] {
            let web = Stub(status, body, Mutex::default());
            assert_eq!(standing(&web, &network, Subject::Twin(TwinId(7))).await.ok(), expected, "{status} {body}");
            let asked = web.2.lock().unwrap().take().unwrap();
            assert_eq!(asked.url, "https://kyc.dev.grid.tf/api/v1/status?twin_id=7");
        }
    }

    #[tokio::test]
    async fn a_token_request_is_signed_by_the_account() {
        let identity = Identity::from_uri("//Alice").unwrap();
        let clock = Clock::runtime(Timestamp(1_700_000_000_123));
        let web = Stub(200, r#"{"result":{"authToken":"abc","scanRef":"x"}}"#, Mutex::default());
        let network = Network::known("dev").unwrap();
        assert_eq!(token(&web, &network, &identity, &clock).await.unwrap(), "abc");
        let asked = web.2.lock().unwrap().take().unwrap();
        let header =
            |name: &str| asked.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap();
        let challenge = hex::decode(header("x-challenge")).unwrap();
        assert!(challenge.starts_with(b"kyc.dev.grid.tf:17000000001"));
        let signature = hex::decode(header("x-signature")).unwrap().try_into().unwrap();
        assert!(KeyKind::Sr25519.verify(&identity.account(), &challenge, &signature));
        assert_eq!((asked.method, header("x-client-id")), (Method::Post, identity.account().to_string()));

        let poor = Stub(402, r#"{"error":"balance too low"}"#, Mutex::default());
        assert_eq!(token(&poor, &network, &identity, &clock).await.unwrap_err().code(), Some("402"));
    }
}
