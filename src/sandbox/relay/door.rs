//! The relay's HTTP side: who may open a websocket, and what other relays hand in.
//!
//! Status, texts and headers are those of ThreeFold's relay (relay-observed.md, section 2).

use super::socket::Seated;
use super::{Key, Relay};
use crate::grid::TwinId;
use crate::grid::live::rmb::envelope::{DecodeError, Envelope, Message};
use crate::grid::live::rmb::token::Unverified;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use tokio_util::sync::CancellationToken;

/// A single frame may be this large.
pub(super) const FRAME: usize = 16 << 20;
/// And a message in several frames this large.
pub(super) const MESSAGE: usize = 64 << 20;

type Answer = (StatusCode, String);

impl Relay {
    /// The relay as a router, for whoever serves it at an address of their own. `stop` ends its sessions.
    pub fn router(&self, stop: CancellationToken) -> Router {
        Router::new().fallback(enter).with_state((self.clone(), stop))
    }

    /// Whose session a token opens.
    async fn admit(&self, query: Option<&str>) -> Result<Key, Answer> {
        let invalid = |error| (StatusCode::UNAUTHORIZED, format!("invalid jwt: {error}"));
        let query = query.ok_or_else(|| (StatusCode::BAD_REQUEST, "missing jwt".to_owned()))?;
        let token = Unverified::read(query, self.0.clock.now()).map_err(invalid)?;
        let id = TwinId(token.claims.sub);
        let twin = match self.0.chain.twin(id).await {
            Ok(Some(twin)) => twin,
            Ok(None) => return Err((StatusCode::UNAUTHORIZED, format!("twin not found {id}"))),
            Err(error) => {
                tracing::debug!(%error, "no twin");
                return Err((StatusCode::INTERNAL_SERVER_ERROR, format!("failed to get twin: {}", super::desk::CHAIN)));
            }
        };
        let claims = token.verify(&twin.account).map_err(invalid)?;
        Ok((id, claims.sid))
    }
}

async fn enter(State((relay, stop)): State<(Relay, CancellationToken)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = if wants_websocket(&parts.headers) {
        match upgrade(&relay, stop, parts).await {
            Ok(response) => return response,
            Err(answer) => answer,
        }
    } else if parts.method == Method::POST && parts.uri.path() == "/" {
        take(&relay, body).await
    } else {
        (StatusCode::NOT_FOUND, "page not found".to_owned())
    };
    let (status, text) = answer;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

fn has(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(word))
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    has(headers, header::CONNECTION, "upgrade") && has(headers, header::UPGRADE, "websocket")
}

async fn upgrade(relay: &Relay, stop: CancellationToken, mut parts: Parts) -> Result<Response, Answer> {
    let key = relay.admit(parts.uri.query()).await?;
    let broken = |what: &str| (StatusCode::INTERNAL_SERVER_ERROR, format!("No \"{what}\" header"));
    if !parts.headers.contains_key(header::SEC_WEBSOCKET_KEY) {
        return Err(broken("Sec-WebSocket-Key"));
    }
    if !has(&parts.headers, header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(broken("Sec-WebSocket-Version: 13"));
    }
    // ThreeFold's relay does not look at the method; the extractor does.
    parts.method = Method::GET;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|rejected| (StatusCode::INTERNAL_SERVER_ERROR, rejected.body_text()))?;
    // Seated before the answer: who has read the answer can be reached.
    let seat = relay.rooms().enter(key, relay.0.options.capacity, relay.0.clock.now());
    let seated = seat.map(|seat| Seated { relay: relay.clone(), seat });
    let relay = relay.clone();
    Ok(upgrade
        .max_frame_size(FRAME)
        .max_message_size(MESSAGE)
        .on_upgrade(move |socket| async move { relay.session(seated, socket, stop).await }))
}

/// What another relay hands in. Nothing is known of its sender, and nothing is checked.
async fn take(relay: &Relay, body: Body) -> Answer {
    let bad = |what: String| (StatusCode::BAD_REQUEST, format!("bad request: {what}"));
    let bytes = match to_bytes(body, MESSAGE).await {
        Ok(bytes) => bytes,
        Err(error) => return bad(error.to_string()),
    };
    match Envelope::decode(bytes.clone()) {
        Err(error) => bad(words(&error).to_owned()),
        Ok(envelope) if relay.hand_in(&envelope, bytes) => (StatusCode::ACCEPTED, String::new()),
        Ok(_) => (StatusCode::NOT_FOUND, "destination offline".to_owned()),
    }
}

/// The words that ThreeFold's relay has for bytes that are no envelope.
fn words(error: &DecodeError) -> &'static str {
    if error.to_string().contains("wire type") { "Unexpected wire type" } else { "Incorrect varint" }
}
