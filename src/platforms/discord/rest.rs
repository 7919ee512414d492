//! Requests to Discord, one attempt each, and what came of them by class.
//!
//! serenity's own client is not used for them: with its limiter on it ignores the address it is told to use, and keeps
//! a record of every interaction for ever; with the limiter off it hides the headers that say how long to wait. Its
//! routes are used. Not here: retries and queues (delivery's), and what is asked for.

use crate::chat::PlatformError;
use crate::secret::{ExposeSecret, SecretString};
use reqwest::header::{AUTHORIZATION, HeaderMap, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use serenity::http::{RatelimitingBucket, Route};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a request may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How long everything rests when Discord does not know our token: each such answer counts towards a block.
const UNKNOWN_TOKEN: Duration = Duration::from_secs(60);
/// Buckets that are remembered before old ones are looked for.
const BUCKETS: usize = 1024;
/// Where serenity's routes lead, before our address takes its place.
const HOST: &str = "https://discord.com";
/// The name of the file that carries what is too long.
const FILE: &str = "bellhop.txt";

/// A request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Discord wants to be left alone for a time.
    #[error("Discord wants to be left alone for {after:?}")]
    Wait {
        /// So long.
        after: Duration,
        /// With everything, not only with this route.
        everywhere: bool,
    },
    /// It may be different in a moment.
    #[error("Discord could not be reached: {0}")]
    Passing(String),
    /// Never like this.
    #[error("Discord refused it ({status}, {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Discord's code; 0 where it gave none.
        code: u64,
        /// Its words.
        message: String,
    },
}

impl Fault {
    /// Whether an interaction cannot be answered by its token any more, or was answered already: too late, or
    /// somebody else was faster (chat-pitfalls.md 11). Never worth another try.
    pub fn token_is_dead(&self) -> bool {
        matches!(self, Self::Refused { code: 10008 | 10015 | 10062 | 40060 | 50027, .. })
            || matches!(self, Self::Refused { status: 401 | 404, .. })
    }

    /// Whether the bot itself may not do this in that channel.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { code: 50001 | 50013, .. })
    }

    /// Whether there is no such channel.
    pub fn has_no_channel(&self) -> bool {
        matches!(self, Self::Refused { code: 10003, .. })
    }
}

impl From<Fault> for PlatformError {
    fn from(fault: Fault) -> Self {
        let why = fault.to_string();
        match fault {
            Fault::Wait { after, everywhere } => Self::Passing { why, after: Some(after), everywhere },
            Fault::Passing(_) => Self::passing(why),
            Fault::Refused { status: 401, code: 0, .. } => {
                Self::Passing { why, after: Some(UNKNOWN_TOKEN), everywhere: true }
            }
            // Unknown channel or guild; no access, no permission, no private messages.
            Fault::Refused { code: 10003 | 10004 | 50001 | 50007 | 50013, .. } | Fault::Refused { status: 403, .. } => {
                Self::Closed(why)
            }
            Fault::Refused { .. } => Self::Gone(why),
        }
    }
}

/// What is left of a route's allowance.
struct Bucket {
    left: u64,
    until: Instant,
}

type Key = (Method, RatelimitingBucket);

/// One request.
pub struct Call<'a> {
    method: Method,
    route: Route<'a>,
    query: &'static str,
    body: Option<Value>,
    file: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// To this route.
    pub fn new(method: Method, route: Route<'a>) -> Self {
        Self { method, route, query: "", body: None, file: None }
    }

    /// With this behind the `?`.
    pub fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    /// With this JSON.
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With this text as a file.
    pub fn file(mut self, text: Option<&'a str>) -> Self {
        self.file = text;
        self
    }

    /// Whose allowance it uses. Interactions have none of the bot's: their tokens have their own.
    fn key(&self) -> Option<Key> {
        let of_a_token = matches!(
            self.route,
            Route::InteractionResponse { .. }
                | Route::WebhookOriginalInteractionResponse { .. }
                | Route::WebhookFollowupMessage { .. }
                | Route::WebhookFollowupMessages { .. }
        );
        (!of_a_token).then(|| (self.method.clone(), self.route.ratelimiting_bucket()))
    }
}

/// The client.
pub struct Rest {
    client: reqwest::Client,
    api: String,
    token: SecretString,
    buckets: Mutex<HashMap<Key, Bucket>>,
}

impl Rest {
    /// For the API at `api`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(api: &str, token: &SecretString) -> Result<Self, Fault> {
        let client = reqwest::Client::builder()
            .user_agent(serenity::constants::USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(WITHIN)
            .build()
            .map_err(|error| Fault::Passing(error.to_string()))?;
        let api = api.trim_end_matches('/').to_owned();
        Ok(Self { client, api, token: token.clone(), buckets: Mutex::default() })
    }

    /// Sends a request, once. The answer is `null` where Discord sends none.
    ///
    /// # Errors
    /// What came of it, by class. Nothing is sent when the route's allowance is known to be used up.
    pub async fn send(&self, call: Call<'_>) -> Result<Value, Fault> {
        let key = call.key();
        if let Some(after) = key.as_ref().and_then(|key| self.rests(key)) {
            return Err(Fault::Wait { after, everywhere: false });
        }
        let path = call.route.path();
        let address = format!("{}{}{}", self.api, path.strip_prefix(HOST).unwrap_or(&path), call.query);
        let mut request = self.client.request(call.method, address);
        // Webhooks and callbacks are authorised by the token in their path.
        if key.is_some() {
            request = request.header(AUTHORIZATION, format!("Bot {}", self.token.expose_secret()));
        }
        request = match (call.body, call.file) {
            (Some(body), None) => request.json(&body),
            (Some(body), Some(text)) => {
                let file = Part::text(text.to_owned()).file_name(FILE).mime_str("text/plain; charset=utf-8");
                let file = file.map_err(unreachable)?;
                request.multipart(Form::new().text("payload_json", body.to_string()).part("files[0]", file))
            }
            (None, _) => request,
        };
        let response = request.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let left = number(&headers, "x-ratelimit-remaining").zip(number(&headers, "x-ratelimit-reset-after"));
        if let (Some(key), Some((left, after))) = (&key, left) {
            self.note(key.clone(), left as u64, seconds(after));
        }
        let body = response.bytes().await.map_err(unreachable)?;
        let body = serde_json::from_slice::<Value>(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        let fault = judge(status, &headers, &body);
        if let (Some(key), Fault::Wait { after, .. }) = (key, &fault) {
            self.note(key, 0, *after);
        }
        Err(fault)
    }

    /// How long a route still has nothing left.
    fn rests(&self, key: &Key) -> Option<Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_mut(key)?;
        let rest = bucket.until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())?;
        if bucket.left == 0 {
            return Some(rest);
        }
        bucket.left -= 1;
        None
    }

    fn note(&self, key: Key, left: u64, after: Duration) {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS {
            buckets.retain(|_, bucket| bucket.until > now);
        }
        buckets.insert(key, Bucket { left, until: now + after });
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// A time as Discord writes it, in an hour's bounds.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 3600.0)).unwrap_or_default()
}

fn judge(status: StatusCode, headers: &HeaderMap, body: &Value) -> Fault {
    if status == StatusCode::TOO_MANY_REQUESTS {
        let told = body.get("retry_after").and_then(Value::as_f64);
        let after = told.or_else(|| number(headers, RETRY_AFTER.as_str())).unwrap_or(1.0);
        // Without Discord's own words it comes from the wall in front of Discord, which blocks the whole address.
        let everywhere = body.get("global").and_then(Value::as_bool).unwrap_or(told.is_none());
        return Fault::Wait { after: seconds(after), everywhere };
    }
    let message = body.get("message").and_then(Value::as_str).unwrap_or("no reason given");
    if status.is_server_error() {
        return Fault::Passing(format!("{status}: {message}"));
    }
    let details = body.get("errors").map(|errors| format!(": {errors}")).unwrap_or_default();
    let code = body.get("code").and_then(Value::as_u64).unwrap_or(0);
    Fault::Refused { status: status.as_u16(), code, message: format!("{message}{details}") }
}

/// Without its address, which may have a token in it. reqwest hides the cause below; people need it.
fn unreachable(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    Fault::Passing(format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(status: u16, code: u64) -> PlatformError {
        let body = json!({ "code": code, "message": "no" });
        judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &body).into()
    }

    #[test]
    fn what_discord_says_decides_what_is_done() {
        for (status, code) in [(404, 10003), (403, 50001), (403, 50013), (403, 50007), (403, 0)] {
            assert!(matches!(refused(status, code), PlatformError::Closed(_)), "{status} {code}");
        }
        for (status, code) in [(404, 10008), (404, 10062), (400, 40060), (404, 10015), (401, 50027), (400, 50035)] {
            assert!(matches!(refused(status, code), PlatformError::Gone(_)), "{status} {code}");
        }
        assert!(matches!(refused(502, 0), PlatformError::Passing { after: None, .. }));
        assert!(matches!(refused(401, 0), PlatformError::Passing { everywhere: true, .. }));
    }

    #[test]
    fn a_limit_says_how_long_and_for_what() {
        let limited = |body: Value, header: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            judge(StatusCode::TOO_MANY_REQUESTS, &headers, &body)
        };
        let wait = |millis, everywhere| Fault::Wait { after: Duration::from_millis(millis), everywhere };
        assert_eq!(limited(json!({ "retry_after": 1.25, "global": false }), Some("2")), wait(1250, false));
        assert_eq!(limited(json!({ "retry_after": 3, "global": true }), None), wait(3000, true));
        assert_eq!(limited(Value::Null, Some("7")), wait(7000, true));
        assert_eq!(limited(json!({ "retry_after": -1e300, "global": false }), None), wait(0, false));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_while_a_route_has_nothing_left() {
        let rest = Rest::new("http://127.0.0.1:1", &SecretString::from("secret")).unwrap();
        let route = || Route::ChannelMessages { channel_id: 7.into() };
        rest.note(Call::new(Method::POST, route()).key().unwrap(), 0, Duration::from_millis(1500));
        let wait = Fault::Wait { after: Duration::from_millis(1500), everywhere: false };
        assert_eq!(rest.send(Call::new(Method::POST, route())).await, Err(wait));
        assert!(
            Call::new(Method::POST, Route::InteractionResponse { interaction_id: 1.into(), token: "t" })
                .key()
                .is_none()
        );
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(rest.rests(&Call::new(Method::POST, route()).key().unwrap()).is_none());
    }
}
