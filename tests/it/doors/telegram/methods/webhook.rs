//! Settings of the two ways to get updates. The ways themselves are in `updates`.

use super::super::model::State;
use super::super::updates::{Hook, Poll};
use super::{Params, Refusal, breach};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Remembers `allowed_updates`; a request without them leaves the last ones as they are.
fn remember_kinds(state: &mut State, params: &Params) {
    if let Some(kinds) = params.read::<Vec<String>>("allowed_updates") {
        state.updates.allowed = Some(kinds);
    }
}

/// What a `getUpdates` asks for; also takes its settings over.
pub fn settings(state: &mut State, params: &Params) -> Result<Poll, Refusal> {
    if state.updates.hook.is_some() {
        return Err(Refusal::webhook_active());
    }
    remember_kinds(state, params);
    let limit = params.int("limit").unwrap_or(100).clamp(1, 100);
    Ok(Poll {
        offset: params.int("offset").unwrap_or(0),
        limit: usize::try_from(limit).unwrap_or(100),
        timeout: Duration::from_secs(u64::try_from(params.int("timeout").unwrap_or(0)).unwrap_or(0)),
    })
}

pub fn set(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let link = params.text("url").unwrap_or_default().to_owned();
    if link.is_empty() {
        return Ok(delete(state, params));
    }
    let Ok(url) = url::Url::parse(&link) else { return Err(breach(state, "can't parse URL")) };
    let near = url.host_str().is_some_and(|host| host == "127.0.0.1" || host == "localhost");
    if url.scheme() != "https" && !near {
        return Err(breach(state, "bad webhook: HTTPS url must be provided for webhook"));
    }
    if !near && !matches!(url.port_or_known_default(), Some(443 | 80 | 88 | 8443)) {
        return Err(breach(state, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"));
    }
    let secret = params.text("secret_token").map(str::to_owned);
    let plain = |text: &String| {
        (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if secret.as_ref().is_some_and(|text| !plain(text)) {
        return Err(breach(state, "secret token contains unallowed characters"));
    }
    let connections = params.int("max_connections").unwrap_or(40);
    let Some(connections) = usize::try_from(connections).ok().filter(|many| (1..=100).contains(many)) else {
        return Err(breach(state, "max_connections is 1 to 100"));
    };
    remember_kinds(state, params);
    let hook = Hook { url: link, secret, connections, permits: Arc::new(Semaphore::new(connections)) };
    state.updates.redirect(Some(hook), params.flag("drop_pending_updates"));
    Ok(json!(true))
}

pub fn delete(state: &mut State, params: &Params) -> Value {
    state.updates.redirect(None, params.flag("drop_pending_updates"));
    json!(true)
}

pub fn info(state: &State) -> Value {
    let updates = &state.updates;
    let mut info = json!({"url": "", "has_custom_certificate": false, "pending_update_count": updates.waiting()});
    if let Some(hook) = &updates.hook {
        info["url"] = json!(hook.url);
        info["max_connections"] = json!(hook.connections);
    }
    if let Some(kinds) = updates.allowed.as_ref().filter(|kinds| !kinds.is_empty()) {
        info["allowed_updates"] = json!(kinds);
    }
    if let Some((date, text)) = &updates.last_error {
        info["last_error_date"] = json!(date);
        info["last_error_message"] = json!(text);
    }
    info
}
