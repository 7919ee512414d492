//! Interactions over HTTP: signed requests to the bot's endpoint, whose answer is the first answer. Also the tricks
//! with which Discord (and others) try an endpoint.

use super::compose::Sent;
use super::model::Id;
use super::{Discord, Inner, held};
use ed25519_dalek::Signer;
use serde_json::{Value, json};
use std::sync::Arc;

/// A signed request that was made, so that it can be made again.
#[derive(Clone, Debug)]
pub struct Signed {
    pub url: String,
    pub signature: String,
    pub timestamp: String,
    pub body: String,
}

impl Inner {
    fn sign(&self, url: &str, timestamp: u64, body: String) -> Signed {
        let timestamp = timestamp.to_string();
        let signature = self.key.sign(format!("{timestamp}{body}").as_bytes());
        Signed { url: url.into(), signature: hex::encode(signature.to_bytes()), timestamp, body }
    }

    async fn post(&self, signed: &Signed) -> Result<reqwest::Response, String> {
        let request = self
            .http
            .post(&signed.url)
            .header("content-type", "application/json")
            .header("user-agent", "Discord-Interactions/1.0 (+https://discord.com)")
            .header("x-signature-ed25519", &signed.signature)
            .header("x-signature-timestamp", &signed.timestamp)
            .timeout(self.options.first_answer)
            .body(signed.body.clone());
        request.send().await.map_err(|why| why.to_string())
    }

    /// Brings an interaction to the endpoint and takes its answer as the first one.
    pub async fn bring(self: Arc<Self>, url: String, id: Id, token: String, body: String) {
        let signed = self.sign(&url, self.now() / 1000, body);
        let answer = match self.post(&signed).await {
            Ok(answer) => answer,
            Err(why) => return self.breach("endpoint", [format!("no answer: {why}")]),
        };
        let status = answer.status().as_u16();
        // 202: the answer comes by REST.
        if status == 202 || status == 204 {
            return;
        }
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if status != 200 || !kind.starts_with("application/json") {
            return self.breach("endpoint", [format!("answered {status}, {kind:?}")]);
        }
        let json: Value = match answer.json().await {
            Ok(json) => json,
            Err(why) => return self.breach("endpoint", [format!("the answer is not JSON: {why}")]),
        };
        let sent = Sent { json, files: Vec::new() };
        let callback = ["interactions", "1", "token", "callback"];
        if !self.request_fits(&axum::http::Method::POST, &callback, &sent).is_empty() {
            return;
        }
        if let Err(refused) = self.first_answer(id, &token, &sent) {
            self.breach("endpoint", [format!("the answer is refused: {} {}", refused.code, refused.message)]);
        }
    }

    fn ping_body(&self) -> String {
        let mut world = held(&self.world);
        let (id, application) = (world.id(self.clock.now().0), world.application);
        json!({
            "id": id.to_string(), "application_id": application.to_string(), "type": 1,
            "token": world.interaction_token(id), "version": 1, "entitlements": [],
        })
        .to_string()
    }
}

impl Discord {
    /// From now on interactions go to this address instead of the gateway.
    pub fn deliver_to(&self, url: &str) {
        *held(&self.0.endpoint) = Some(url.to_owned());
    }

    /// From now on interactions go by the gateway.
    pub fn deliver_by_gateway(&self) {
        *held(&self.0.endpoint) = None;
    }

    /// A PING as Discord sends it when an address is entered: status and answer, which must be 200 and type 1.
    pub async fn ping(&self, url: &str) -> Result<(u16, Value), String> {
        let answer = self.0.post(&self.signed(url, 0)).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    /// A PING with a signature that does not fit: the status, which must be 401.
    pub async fn ping_with_bad_signature(&self, url: &str) -> Result<u16, String> {
        let mut signed = self.signed(url, 0);
        signed.body.push(' ');
        self.again(&signed).await
    }

    /// A well signed PING of `seconds` ago: the status, which must be 401 where that is too old.
    pub async fn ping_of_old(&self, url: &str, seconds: u64) -> Result<u16, String> {
        self.again(&self.signed(url, seconds)).await
    }

    /// A well signed PING, not yet sent.
    pub fn signed(&self, url: &str, seconds_ago: u64) -> Signed {
        self.0.sign(url, self.0.now() / 1000 - seconds_ago, self.0.ping_body())
    }

    /// A well signed interaction with this body, not yet sent: for replays and forgeries.
    pub fn signed_body(&self, url: &str, body: &Value) -> Signed {
        self.0.sign(url, self.0.now() / 1000, body.to_string())
    }

    /// Sends a signed request (again): the status.
    pub async fn again(&self, signed: &Signed) -> Result<u16, String> {
        self.0.post(signed).await.map(|answer| answer.status().as_u16())
    }
}
