//! Handing an envelope to another relay: HTTP POST of the bare bytes (rmb.md section 6).
//!
//! Used by relays only (the sandbox runs one). Retrying is the relay's business.

use async_trait::async_trait;
use bytes::Bytes;
use std::net::IpAddr;
use std::time::Duration;

/// The way to other relays.
#[async_trait]
pub trait Post: Send + Sync {
    /// Posts `envelope` to the relay at `domain` (a host name, no port) and gives its HTTP status. 202 means
    /// that the other relay took it.
    ///
    /// # Errors
    /// Words for a log when there was no answer; the other relay may have taken it all the same.
    async fn post(&self, domain: &str, envelope: Bytes) -> Result<u16, String>;
}

/// Over HTTPS; over plain HTTP for this machine's own addresses (other sandboxes).
#[derive(Debug, Clone)]
pub struct WebPost(reqwest::Client);

impl WebPost {
    /// Three seconds for each attempt, as ThreeFold's relay gives.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, String> {
        reqwest::Client::builder()
            .timeout(Duration::from_secs(3))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Post for WebPost {
    async fn post(&self, domain: &str, envelope: Bytes) -> Result<u16, String> {
        let local = domain == "localhost" || domain.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let scheme = if local { "http" } else { "https" };
        let answer = self.0.post(format!("{scheme}://{domain}/")).body(envelope).send().await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| error.to_string())
    }
}
