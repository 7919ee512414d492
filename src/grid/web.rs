//! The port to everything that speaks HTTP, and to bare TCP reachability.
//!
//! Not a browser: no redirects, no cookies, a limit on size and time for each request. What an answer means
//! is for the typed clients (`directory`, `kyc`, `terms`, `activation`); [`ask`] sorts it by class for them.

use super::{GridError, GridResult, Party};
use async_trait::async_trait;
use std::time::Duration;

/// The verb of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes; carries a JSON body.
    Post,
}

/// Who chose the address of a request, and so how far it may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The operator, in the [`Network`](super::Network): anywhere, also on loopback or a private net.
    Service,
    /// Anybody else (a node's answer, a recipe, a person): public addresses only, so that nobody can make
    /// Bellhop knock at doors inside its operator's house. A sandbox is all loopback and lifts this.
    Public,
}

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Extra headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// A JSON body.
    pub body: Option<serde_json::Value>,
    /// How long the whole exchange may take.
    pub within: Duration,
    /// The largest body that is read; a longer one is an error.
    pub max_bytes: usize,
    /// Who chose the address; [`Reach::Public`] unless said otherwise.
    pub reach: Reach,
}

impl Request {
    /// A GET with the usual limits: 10 s, 4 MiB.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            within: Duration::from_secs(10),
            max_bytes: 4 << 20,
            reach: Reach::Public,
        }
    }

    /// A POST of JSON with the usual limits.
    pub fn post(url: impl Into<String>, body: serde_json::Value) -> Self {
        Self { method: Method::Post, body: Some(body), ..Self::get(url) }
    }

    /// The same, to an address that the operator chose.
    #[must_use]
    pub fn to_service(self) -> Self {
        Self { reach: Reach::Service, ..self }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, at most the request's `max_bytes`.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header (`name` in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, on behalf of `by`.
    ///
    /// # Errors
    /// `Passing`: what speaks no JSON today (a proxy's error page) may do so tomorrow.
    pub fn json<T: serde::de::DeserializeOwned>(&self, by: Party) -> GridResult<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| GridError::passing(by, format!("unexpected answer: {error}")))
    }

    /// What an error answer says for itself: the text under `error`, `err` or `message`, or the body's beginning.
    pub fn complaint(&self) -> String {
        let json: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let said = json.as_ref().and_then(|json| {
            ["error", "err", "message"].iter().find_map(|key| json.get(key)).and_then(|text| text.as_str())
        });
        let text = said.map_or_else(|| String::from_utf8_lossy(&self.body).into_owned(), str::to_owned);
        text.trim().chars().take(200).collect()
    }
}

/// Sends `request` to a service of the grid and sorts the answer by class on behalf of `by`.
///
/// # Errors
/// `Passing` when there was no answer, or one of 408, 429 or 5xx; `Missing` (of `what`) for 404; `Refused` with
/// the status as its code for every other status outside 200 to 299.
pub async fn ask(web: &dyn Web, by: Party, what: &str, request: Request) -> GridResult<Response> {
    let response = web.send(request.to_service()).await.map_err(|error| match error {
        GridError::Passing { text, .. } => GridError::passing(by, text),
        other => other,
    })?;
    match response.status {
        200..=299 => Ok(response),
        404 => Err(GridError::Missing { by, what: what.to_owned() }),
        status @ (408 | 429 | 500..) => Err(GridError::passing(by, format!("HTTP {status}: {}", response.complaint()))),
        status => Err(GridError::refused(by, status.to_string(), response.complaint())),
    }
}

/// HTTP and TCP.
#[async_trait]
pub trait Web: Send + Sync {
    /// Sends one request. Any status is an answer; it is for the caller to judge.
    ///
    /// # Errors
    /// `Passing` by [`Party::Web`] when there was no whole answer (refused, time-out, TLS, too long);
    /// `Refused` with code `address` when the request may not go there (see [`Reach`]), `url` when it is no URL.
    async fn send(&self, request: Request) -> GridResult<Response>;

    /// Opens a TCP connection to `address` (`host:port`) and closes it. Always [`Reach::Public`].
    ///
    /// # Errors
    /// `Passing` when it cannot be opened within `within`; `Refused` as for `send`.
    async fn dial(&self, address: &str, within: Duration) -> GridResult<()>;
}
