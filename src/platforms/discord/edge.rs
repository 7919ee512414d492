//! The endpoint that Discord calls: each request is verified, answered at once, and handed on.
//!
//! It has no state of its own but a memory of the last ids, so that it can stand apart behind a load balancer. What it
//! needs is the application's public key, words and completions, and somewhere to hand asks on. Not here: the answers
//! that come later, which go to Discord by other ways.

use super::{first, receive};
use crate::chat::{Ask, Suggest};
use crate::clock::{Clock, Timestamp};
use crate::meters::{AskOf, Meters, On};
use crate::speech::Voices;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use serenity::all::Interaction;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// The largest request that is read.
const LARGEST: usize = 256 * 1024;
/// How far a request's time may be from ours.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long an id is remembered at least: longer than a request stays fresh in either direction.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// What the endpoint needs.
pub struct Edge {
    /// The application's public key.
    pub key: VerifyingKey,
    /// Words for dialogs.
    pub voices: Arc<Voices>,
    /// Completions.
    pub suggest: Suggest,
    /// Where asks go.
    pub asks: UnboundedSender<Ask>,
    /// The time.
    pub clock: Clock,
    /// Counts.
    pub meters: Meters,
}

struct Seen {
    edge: Edge,
    ids: Mutex<Ids>,
}

/// The ids of late: those since the last turn, and those of the turn before it.
#[derive(Default)]
struct Ids {
    turned: Timestamp,
    new: HashSet<u64>,
    old: HashSet<u64>,
}

impl Ids {
    /// Whether an id was not heard of late. From now on it was.
    fn is_new(&mut self, id: u64, now: Timestamp) -> bool {
        if now.since(self.turned) >= MEMORY {
            self.turned = now;
            self.old = std::mem::take(&mut self.new);
        }
        !self.old.contains(&id) && self.new.insert(id)
    }
}

/// Reads a public key: 64 hex digits.
pub fn public_key(text: &str) -> Option<VerifyingKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

/// The endpoint at `path`.
pub fn router(edge: Edge, path: &str) -> Router {
    let seen = Arc::new(Seen { edge, ids: Mutex::default() });
    Router::new().route(path, post(heard)).layer(DefaultBodyLimit::max(LARGEST)).with_state(seen)
}

async fn heard(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) -> Response {
    let edge = &seen.edge;
    if !is_genuine(edge, &headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let unknown = |error: &dyn std::fmt::Display| {
        edge.meters.unknown.get_or_create(&On { platform: "discord" }).inc();
        tracing::warn!(%error, "Discord sent an interaction that cannot be read");
        StatusCode::BAD_REQUEST.into_response()
    };
    let told = match serde_json::from_slice::<Value>(&body) {
        Ok(told) => told,
        Err(error) => return unknown(&error),
    };
    // A ping has little in it, and must be answered whatever it has.
    if told.get("type").and_then(Value::as_u64) == Some(1) {
        return answer(json!({ "type": 1 }));
    }
    let interaction = match serde_json::from_value::<Interaction>(told) {
        Ok(interaction) => interaction,
        Err(error) => return unknown(&error),
    };
    let first = wire(&first::answer(&interaction, &edge.voices, &edge.suggest));
    let is_new =
        seen.ids.lock().unwrap_or_else(PoisonError::into_inner).is_new(interaction.id().get(), edge.clock.now());
    if is_new {
        match receive::ask(&interaction) {
            Some(ask) => {
                if edge.asks.send(ask).is_err() {
                    return StatusCode::SERVICE_UNAVAILABLE.into_response();
                }
            }
            None => count(&edge.meters, &interaction),
        }
    }
    answer(first)
}

/// Whether Discord signed it, and not long ago. Discord itself sends wrong signatures now and then, to see.
fn is_genuine(edge: &Edge, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let Some(timestamp) = header("x-signature-timestamp") else { return false };
    let Some(signature) = header("x-signature-ed25519") else { return false };
    let mut bytes = [0; 64];
    let Ok(sent) = timestamp.parse::<u64>().map(Timestamp::from_secs) else { return false };
    if hex::decode_to_slice(signature, &mut bytes).is_err() {
        return false;
    }
    let now = edge.clock.now();
    let signed = [timestamp.as_bytes(), body].concat();
    now.since(sent).max(sent.since(now)) <= FRESH
        && edge.key.verify_strict(&signed, &Signature::from_bytes(&bytes)).is_ok()
}

/// Counts what is answered completely at once.
pub fn count(meters: &Meters, interaction: &Interaction) {
    let kind = match interaction {
        Interaction::Autocomplete(_) => "completion",
        _ => "dialog",
    };
    meters.asks.get_or_create(&AskOf { platform: "discord", kind }).inc();
}

/// A first answer as it goes over the wire: what is nothing is left out.
pub fn wire(first: &serenity::builder::CreateInteractionResponse) -> Value {
    let mut told = serde_json::to_value(first).unwrap_or_else(|_| json!({ "type": 6 }));
    if let Some(map) = told.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    told
}

fn answer(body: Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_known_for_as_long_as_it_could_be_fresh() {
        let start = Timestamp::from_secs(1_700_000_000);
        for wait in [Duration::ZERO, FRESH, MEMORY - Duration::from_secs(1)] {
            let mut ids = Ids::default();
            assert!(ids.is_new(1, start) && ids.is_new(7, start.plus(wait)));
            assert!(!ids.is_new(7, start.plus(wait + FRESH * 2)), "heard {wait:?} after the turn");
        }
        // Nothing is remembered for ever.
        let mut ids = Ids::default();
        assert!(ids.is_new(7, start) && ids.is_new(1, start.plus(MEMORY)) && ids.is_new(7, start.plus(MEMORY * 2)));
    }
}
