//! The identity check (KYC): the REST face that nodes and clients ask (zos.md section 9).
//!
//! Nobody's identity is checked here: everybody of a sandbox counts as verified, unless the book or a fault
//! says otherwise. The domain in a challenge is not compared, since a sandbox does not know by which name it
//! is reached.

use super::fault::{Effect, Face, Faults};
use super::site::{self, Site, Struck, Visit};
use crate::clock::Clock;
use crate::grid::kyc::Standing;
use crate::grid::{AccountId, Chain, KeyKind, Response, Tft, TwinId};
use async_trait::async_trait;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How far a challenge's time may be from ours, milliseconds.
const WINDOW: u64 = 60_000;
/// What an account must hold before it may ask for a verification.
const LEAST: Tft = Tft::whole(1);

/// The service's word for a standing.
fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "VERIFIED",
        Standing::Unverified => "UNVERIFIED",
        Standing::Pending => "PENDING",
        Standing::Rejected => "REJECTED",
    }
}

/// The identity check of a sandbox.
pub struct Kyc {
    chain: Arc<dyn Chain>,
    clock: Clock,
    faults: Faults,
    book: Mutex<HashMap<TwinId, Standing>>,
}

impl Kyc {
    /// Everybody is verified.
    pub fn new(chain: Arc<dyn Chain>, clock: Clock, faults: Faults) -> Self {
        Self { chain, clock, faults, book: Mutex::default() }
    }

    /// Writes a twin's standing into the book.
    pub fn set(&self, twin: TwinId, standing: Standing) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).insert(twin, standing);
    }

    /// What the book says of a twin.
    pub fn standing(&self, twin: TwinId) -> Standing {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.get(&twin).copied().unwrap_or(Standing::Verified)
    }

    /// Whether a node lets a twin deploy: what the face would answer at once, faults included.
    pub fn passes(&self, twin: TwinId) -> bool {
        match self.faults.strike(Face::Kyc, &twin.to_string(), None) {
            None | Some(Effect::Delay(_)) => self.standing(twin) == Standing::Verified,
            Some(Effect::Lie(answer)) => {
                answer.pointer("/result/status").and_then(|status| status.as_str()) == Some("VERIFIED")
            }
            Some(Effect::Drop | Effect::Error(_) | Effect::Lose | Effect::Die) => false,
        }
    }

    /// The answer to `/api/v1/status?…`: by twin number or by address.
    async fn status(&self, visit: &Visit) -> Option<Response> {
        let (twin, client) = match (visit.param("twin_id"), visit.param("client_id")) {
            (Some(twin), _) => match twin.parse().map(TwinId) {
                Ok(twin) => (Some(twin), None),
                Err(_) => return Some(site::error(400, "twin_id must be a number")),
            },
            (None, Some(client)) => match client.parse::<AccountId>() {
                Ok(account) => match self.chain.twin_of(&account).await {
                    Ok(twin) => (twin, Some(client)),
                    Err(error) => return Some(site::error(500, &error.to_string())),
                },
                Err(error) => return Some(site::error(400, &error.to_string())),
            },
            (None, None) => return Some(site::error(400, "client_id or twin_id is required")),
        };
        let what = twin.map(|twin| twin.to_string()).unwrap_or_default();
        let lose = match site::strike(&self.faults, Face::Kyc, &what).await {
            Struck::Instead(answer) => return answer,
            Struck::Lose => true,
            Struck::No => false,
        };
        // By number, only a twin that exists is known; an address needs no twin to be verified.
        if let (Some(twin), None) = (twin, &client) {
            match self.chain.twin(twin).await {
                Ok(Some(_)) => {}
                Ok(None) => return Some(site::error(404, "verification not found")),
                Err(error) => return Some(site::error(500, &error.to_string())),
            }
        }
        let answer = match twin.map_or(Standing::Verified, |twin| self.standing(twin)) {
            Standing::Unverified => site::error(404, "verification not found"),
            standing => site::json(
                200,
                &json!({ "result": {
                "final": standing != Standing::Pending, "idenfyRef": "", "clientId": client, "status": word(standing),
            } }),
            ),
        };
        (!lose).then_some(answer)
    }

    /// Whose request it is, by its three headers.
    ///
    /// # Errors
    /// The service's answer: 400 for what is missing or malformed, 401 for what does not prove it.
    fn proven(&self, visit: &Visit) -> Result<AccountId, Response> {
        let header = |name: &str| {
            let value = visit.header(&name.to_lowercase()).filter(|value| !value.is_empty());
            value.ok_or_else(|| site::error(400, &format!("missing {name} header")))
        };
        let account: AccountId = header("X-Client-ID")?.parse().map_err(|_| site::error(400, "malformed address"))?;
        let bytes = |name: &str| hex::decode(header(name)?).map_err(|_| site::error(400, &format!("malformed {name}")));
        let challenge = bytes("X-Challenge")?;
        let signature: [u8; 64] =
            bytes("X-Signature")?.try_into().map_err(|_| site::error(400, "malformed X-Signature"))?;
        let millis = std::str::from_utf8(&challenge).ok().and_then(|text| text.rsplit_once(':')?.1.parse::<u64>().ok());
        let Some(millis) = millis else { return Err(site::error(400, "malformed challenge")) };
        if self.clock.now().0.abs_diff(millis) > WINDOW {
            return Err(site::error(401, "challenge has expired"));
        }
        let signed = |kind: KeyKind| kind.verify(&account, &challenge, &signature);
        if !signed(KeyKind::Sr25519) && !signed(KeyKind::Ed25519) {
            return Err(site::error(401, "bad signature"));
        }
        Ok(account)
    }

    /// The answer to a question about oneself: `token` or `data`.
    async fn own(&self, visit: &Visit, token: bool) -> Response {
        let account = match self.proven(visit) {
            Ok(account) => account,
            Err(answer) => return answer,
        };
        let (twin, balance) = match tokio::join!(self.chain.twin_of(&account), self.chain.balance(&account)) {
            (Ok(twin), Ok(balance)) => (twin, balance),
            (Err(error), _) | (_, Err(error)) => return site::error(500, &error.to_string()),
        };
        let verified = twin.map_or(Standing::Verified, |twin| self.standing(twin)) == Standing::Verified;
        match (token, verified) {
            (true, true) => site::error(409, "already verified"),
            (true, false) if balance.spendable() < LEAST => site::error(402, "account does not have enough balance"),
            (true, false) => site::json(
                200,
                &json!({ "result": {
                "message": "New token created", "authToken": format!("sandbox-{account}"), "scanRef": "",
                "clientId": account.to_string(), "expiryTime": 86_400, "sessionLength": 1800, "digitString": "",
                "tokenType": "sandbox",
            } }),
            ),
            (false, true) => site::json(
                200,
                &json!({ "result": {
                "clientId": account.to_string(), "fullName": "Sandbox Person", "docType": "SANDBOX",
            } }),
            ),
            (false, false) => site::error(404, "verification data not found"),
        }
    }
}

#[async_trait]
impl Site for Kyc {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        match (visit.method.as_str(), visit.path.as_str()) {
            ("GET", "/api/v1/status") => self.status(visit).await,
            ("GET", "/api/v1/health") => match site::strike(&self.faults, Face::Kyc, "health").await {
                Struck::Instead(answer) => answer,
                _ => Some(site::json(200, &json!({ "result": { "status": "Healthy", "errors": [] } }))),
            },
            ("POST", "/api/v1/token") => Some(self.own(visit, true).await),
            ("GET", "/api/v1/data") => Some(self.own(visit, false).await),
            _ => Some(site::error(404, "not found")),
        }
    }
}
