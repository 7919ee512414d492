//! The webhook: Telegram calls us.
//!
//! Whoever calls has to know a secret, which is derived from the token, so that there is nothing to configure or to
//! keep. An update is confirmed only when it is in safe hands; until then Telegram calls again. TLS ends in front of
//! us. Not here: what an update means.

use super::intake::Intake;
use super::wire::{WANTED, Wire};
use crate::secret::{ExposeSecret, SecretString};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::setters::*;
use teloxide::requests::Requester;
use teloxide::types::Update;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The header with the secret.
const HEADER: &str = "x-telegram-bot-api-secret-token";
/// The longest update.
const LONGEST: usize = 1 << 20;
/// How long an update may wait to be taken, before Telegram is told to call again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The secret that Telegram tells us with every call.
pub fn secret(token: &SecretString) -> String {
    hex::encode(Sha256::digest(format!("bellhop/telegram/webhook/v1|{}", token.expose_secret())))
}

#[derive(Clone)]
struct Hook {
    /// The digest of the secret: comparing digests tells nothing about the secret by the time that it takes.
    secret: [u8; 32],
    intake: Arc<Intake>,
}

/// Listens until told to stop.
pub async fn serve(listener: TcpListener, path: &str, secret: &str, intake: Arc<Intake>, stop: CancellationToken) {
    let hook = Hook { secret: Sha256::digest(secret).into(), intake };
    let router = Router::new().route(path, post(hear)).layer(DefaultBodyLimit::max(LONGEST)).with_state(hook);
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the webhook’s listener has failed");
    }
}

async fn hear(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get(HEADER).map(|value| Sha256::digest(value.as_bytes()));
    if given.is_none_or(|given| given.as_slice() != hook.secret) {
        return StatusCode::UNAUTHORIZED;
    }
    let update: Update = match serde_json::from_slice(&body) {
        Ok(update) => update,
        Err(_) => {
            // It will be no better when it comes again.
            hook.intake.unknown(None);
            return StatusCode::OK;
        }
    };
    let Some(taken) = hook.intake.hand(&update).await else { return StatusCode::OK };
    match tokio::time::timeout(PATIENCE, taken).await {
        Ok(Ok(true)) => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Tells Telegram where to call. At every start, for Telegram does not say which secret it has.
///
/// # Errors
/// The request's.
pub async fn set(wire: &Wire, url: Url, secret: &str, connections: u8) -> Result<(), RequestError> {
    let request = wire.bot.set_webhook(url).secret_token(secret).allowed_updates(WANTED);
    request.max_connections(connections.clamp(1, 100)).await.map(drop)
}
