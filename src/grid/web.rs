//! The port to everything that speaks HTTP, and to bare TCP reachability.
//!
//! Not a browser: no redirects, no cookies, a limit on size and time for each request.

use super::GridResult;
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
        }
    }

    /// A POST of JSON with the usual limits.
    pub fn post(url: impl Into<String>, body: serde_json::Value) -> Self {
        Self { method: Method::Post, body: Some(body), ..Self::get(url) }
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
}

/// HTTP and TCP.
#[async_trait]
pub trait Web: Send + Sync {
    /// Sends one request. Any status is an answer; it is for the caller to judge.
    ///
    /// # Errors
    /// `Passing` by [`Party::Web`](super::Party) when there was no whole answer (refused, time-out, TLS, too long).
    async fn send(&self, request: Request) -> GridResult<Response>;

    /// Opens a TCP connection to `address` (`host:port`) and closes it.
    ///
    /// # Errors
    /// `Passing` when it cannot be opened within `within`.
    async fn dial(&self, address: &str, within: Duration) -> GridResult<()>;
}
