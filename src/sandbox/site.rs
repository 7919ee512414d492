//! What every HTTP face of the sandbox is: a place that answers visits.
//!
//! Not a server: `serve` puts a site behind a socket, `inside` reaches it without one. A face therefore is
//! written once, and answers the same over the wire and in a test on paused time.

use super::fault::{Effect, Face, Faults, Rule};
use crate::grid::Response;
use async_trait::async_trait;
use serde::Serialize;
use std::time::Duration;

/// One HTTP request, already read whole.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The verb, upper case.
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// What stands behind the `?`, percent-encoded as it came; empty when there is none.
    pub query: String,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Visit {
    /// The value of a header (`name` in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a query parameter, decoded; the last one when it is repeated.
    pub fn param(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .filter(|(key, value)| key == name && !value.is_empty())
            .last()
            .map(|(_, value)| value.into_owned())
    }
}

/// Something that answers HTTP.
#[async_trait]
pub trait Site: Send + Sync {
    /// The answer; `None` when the connection is to be closed without one.
    async fn visit(&self, visit: &Visit) -> Option<Response>;
}

/// What a fault makes of a visit.
pub enum Struck {
    /// Nothing: answer as always.
    No,
    /// Do it, then lose the answer.
    Lose,
    /// This instead of the answer (`None`: the connection is closed).
    Instead(Option<Response>),
}

/// Asks the faults about a visit to an HTTP face, and waits when it is to be late.
///
/// A face that is to die drops everything from then on, until the faults are cleared.
pub async fn strike(faults: &Faults, face: Face, what: &str) -> Struck {
    match faults.strike(face, what, None) {
        None => Struck::No,
        Some(Effect::Drop) => Struck::Instead(None),
        Some(Effect::Delay(millis)) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Struck::No
        }
        Some(Effect::Error(text)) => Struck::Instead(Some(error(500, &text))),
        Some(Effect::Lose) => Struck::Lose,
        Some(Effect::Lie(value)) => Struck::Instead(Some(json(200, &value))),
        Some(Effect::Die) => {
            faults.add(Rule { face, on: String::new(), node: None, effect: Effect::Drop, times: None });
            Struck::Instead(None)
        }
    }
}

/// An answer in JSON.
pub fn json(status: u16, body: &impl Serialize) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_vec(body).unwrap_or_default(),
    }
}

/// An answer in plain text.
pub fn text(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

/// The error form of the grid's services: `{"error": text}`.
pub fn error(status: u16, text: &str) -> Response {
    json(status, &serde_json::json!({ "error": text }))
}
