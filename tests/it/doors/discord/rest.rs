//! The REST face: one handler that reads a request, keeps it, judges it (token, limits, file, rules), does it, and
//! checks its own answer. The routes are one table at the end.

use super::compose::{Refused, Sent};
use super::limits::{self, Standing, Verdict};
use super::model::Id;
use super::{Inner, gateway, held, wire};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// When.
    pub at: Instant,
    /// GET, POST, …
    pub method: String,
    /// Below `/api/v10`, with the query.
    pub path: String,
    /// Method and path with `{id}` and `{token}` for what changes: `PATCH /channels/{id}/messages/{id}`,
    /// `POST /interactions/{id}/{token}/callback`, `PATCH /webhooks/{id}/{token}/messages/@original`.
    pub route: String,
    /// The body's JSON, or `payload_json`.
    pub body: Value,
    /// Names of the files that came with it.
    pub files: Vec<String>,
    /// The answer's status.
    pub status: u16,
    /// The answer's error code, if it had one.
    pub code: Option<u64>,
}

/// Trouble that a story ordered for a route.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(super) route: String,
    pub(super) count: usize,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    Limited(Duration),
    Refused(u16),
    Lost,
}

type Home = Weak<Inner>;

pub fn router(inner: Home) -> axum::Router {
    axum::Router::new()
        .route("/gateway", get(connect))
        .route("/gateway/", get(connect))
        .route("/attachments/{channel}/{id}/{name}", get(attachment))
        .fallback(any(request))
        .with_state(inner)
        // The largest upload of a bot, and the form around it.
        .layer(axum::extract::DefaultBodyLimit::max(26 << 20))
}

async fn connect(State(home): State<Home>, upgrade: WebSocketUpgrade) -> Response {
    let Some(inner) = home.upgrade().filter(|inner| !inner.outage.load(Ordering::Relaxed)) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    upgrade.on_upgrade(move |socket| gateway::run(inner.down.clone(), Arc::downgrade(&inner), socket))
}

async fn attachment(
    State(home): State<Home>,
    axum::extract::Path((channel, id, _)): axum::extract::Path<(Id, Id, String)>,
) -> Response {
    let Some(inner) = home.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let world = held(&inner.world);
    let mut files = world.messages.values().filter(|m| m.channel == channel).flat_map(|message| &message.files);
    match files.find(|file| file.id == id) {
        Some(file) => file.bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What a route answers.
pub enum Reply {
    Ok(Value),
    Status(u16, Value),
    Nothing,
}

async fn request(State(home): State<Home>, request: axum::extract::Request) -> Response {
    let Some(inner) = home.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    inner.requests.fetch_add(1, Ordering::Relaxed);
    if inner.outage.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let at = Instant::now();
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let full = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().trim_start_matches('&').to_owned();
    let Some(path) = full.strip_prefix("/api/v10/") else {
        inner.breach("rest", [format!("{method} {full}: not under /api/v10")]);
        return StatusCode::NOT_FOUND.into_response();
    };
    let segments: Vec<&str> = path.split('/').collect();
    let route = route(&method, &segments);
    let sent = match read(request).await {
        Ok(sent) => sent,
        Err(why) => {
            inner.breach(&route, [why.clone()]);
            return finish(400, Some(json!({"code": 50109, "message": why})), &HeaderMap::new());
        }
    };
    let ordered = inner.ordered(&route);
    let answer = inner.judge(&method, &segments, &query, &route, &headers, &sent, ordered);
    if let Some(What::Lost) = ordered {
        inner.note(at, &method, path, &query, route, &sent, 502, None);
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let (status, body, headers) = answer;
    let code = body.as_ref().and_then(|body| body["code"].as_u64()).filter(|_| status >= 400);
    inner.note(at, &method, path, &query, route, &sent, status, code);
    finish(status, body, &headers)
}

fn finish(status: u16, body: Option<Value>, headers: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match body {
        Some(body) => axum::Json(body).into_response(),
        None => Response::new(Body::empty()),
    };
    *response.status_mut() = status;
    response.headers_mut().extend(headers.clone());
    response
}

/// Method and path with placeholders.
pub fn route(method: &Method, segments: &[&str]) -> String {
    let mut route = format!("{method} ");
    for (at, segment) in segments.iter().enumerate() {
        let token = matches!((segments.first(), at), (Some(&"webhooks" | &"interactions"), 2));
        let shown = if token {
            "{token}"
        } else if segment.parse::<Id>().is_ok() {
            "{id}"
        } else {
            segment
        };
        route.push('/');
        route.push_str(shown);
    }
    route
}

/// Reads a body: JSON, or a form with `payload_json` and `files[n]`.
async fn read(request: axum::extract::Request) -> Result<Sent, String> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await.map_err(|why| format!("the form: {why}"))?;
        return read_form(form).await;
    }
    let body = Bytes::from_request(request, &()).await.map_err(|why| format!("the body: {why}"))?;
    if body.is_empty() {
        return Ok(Sent::default());
    }
    let json = serde_json::from_slice(&body).map_err(|why| format!("The request body contains invalid JSON: {why}"))?;
    Ok(Sent { json, files: Vec::new() })
}

pub async fn read_form(mut form: Multipart) -> Result<Sent, String> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|why| format!("the form: {why}"))? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|why| format!("the form: {why}"))?;
        if name == "payload_json" {
            sent.json = serde_json::from_slice(&bytes).map_err(|why| format!("payload_json: {why}"))?;
        } else if let Some(number) = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']')) {
            sent.files.push((number.to_owned(), file.unwrap_or_default(), bytes));
        } else {
            return Err(format!("the form: an unknown field {name}"));
        }
    }
    Ok(sent)
}

impl Inner {
    #[expect(clippy::too_many_arguments, reason = "one line of the log")]
    fn note(
        &self,
        at: Instant,
        method: &Method,
        path: &str,
        query: &str,
        route: String,
        sent: &Sent,
        status: u16,
        code: Option<u64>,
    ) {
        if self.options.record {
            let path = if query.is_empty() { format!("/{path}") } else { format!("/{path}?{query}") };
            let files = sent.files.iter().map(|(_, name, _)| name.clone()).collect();
            let (method, body) = (method.to_string(), sent.json.clone());
            held(&self.log).push(Request { at, method, path, route, body, files, status, code });
            self.changed();
        }
    }

    fn ordered(&self, route: &str) -> Option<What> {
        let mut faults = held(&self.faults);
        let at = faults.iter().position(|fault| fault.route == route)?;
        let fault = faults.get_mut(at)?;
        fault.count = fault.count.saturating_sub(1);
        let what = fault.what;
        if fault.count == 0 {
            faults.remove(at);
        }
        Some(what)
    }

    /// Everything between reading and answering.
    #[expect(clippy::too_many_arguments, reason = "a request's parts")]
    fn judge(
        &self,
        method: &Method,
        segments: &[&str],
        query: &str,
        route: &str,
        headers: &HeaderMap,
        sent: &Sent,
        ordered: Option<What>,
    ) -> (u16, Option<Value>, HeaderMap) {
        let open = matches!(segments, ["webhooks", _, _, ..] | ["interactions", ..] | ["gateway"]);
        let told = headers.get(header::AUTHORIZATION).and_then(|told| told.to_str().ok()).unwrap_or_default();
        let known = told.strip_prefix("Bot ").is_some_and(|token| token == held(&self.world).token);
        if !open && !known {
            held(&self.limits).count(401);
            return (401, Some(json!({"code": 0, "message": "401: Unauthorized"})), HeaderMap::new());
        }
        let wait = match ordered {
            Some(What::Limited(wait)) => Some(wait),
            _ => None,
        };
        let verdict = held(&self.limits).judge(route, &limits::major(segments), wait);
        let mut headers = HeaderMap::new();
        let standing = match verdict {
            Verdict::Free(standing) => standing,
            Verdict::Limited { wait, scope, standing } => {
                held(&self.limits).count(429);
                self.standing(&mut headers, standing.as_ref());
                put(&mut headers, "retry-after", &format!("{}", wait.as_secs_f64().ceil()));
                put(&mut headers, "x-ratelimit-scope", scope);
                if scope == "global" {
                    put(&mut headers, "x-ratelimit-global", "true");
                }
                let seconds = (wait.as_secs_f64() * 1000.0).ceil() / 1000.0;
                let body = json!({
                    "message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global",
                    "code": 0,
                });
                self.answer_fits(method, segments, 429, Some(&body));
                return (429, Some(body), headers);
            }
        };
        self.standing(&mut headers, standing.as_ref());
        if let Some(What::Refused(status)) = ordered {
            return (status, Some(json!({"code": 0, "message": format!("{status}: as ordered")})), headers);
        }
        let faults = self.request_fits(method, segments, sent);
        let done =
            if faults.is_empty() { self.serve(method, segments, query, sent) } else { Err(Refused::form(faults)) };
        let (status, body) = match done {
            Ok(Reply::Ok(body)) => (200, Some(body)),
            Ok(Reply::Status(status, body)) => (status, Some(body)),
            Ok(Reply::Nothing) => (204, None),
            Err(refused) => (refused.status, Some(refused.body())),
        };
        held(&self.limits).count(status);
        self.answer_fits(method, segments, status, body.as_ref());
        (status, body, headers)
    }

    fn standing(&self, headers: &mut HeaderMap, standing: Option<&Standing>) {
        let Some(standing) = standing else { return };
        let in_seconds = standing.ends_in.as_secs_f64();
        put(headers, "x-ratelimit-limit", &standing.limit.to_string());
        put(headers, "x-ratelimit-remaining", &standing.left.to_string());
        put(headers, "x-ratelimit-reset", &format!("{:.3}", self.now() as f64 / 1000.0 + in_seconds));
        put(headers, "x-ratelimit-reset-after", &format!("{in_seconds:.3}"));
        put(headers, "x-ratelimit-bucket", &standing.bucket);
    }

    /// The table of routes.
    fn serve(&self, method: &Method, segments: &[&str], query: &str, sent: &Sent) -> Result<Reply, Refused> {
        let asked = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let yes = |name: &str| asked(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1");
        let own = |app: &str| {
            let known = super::answers::id(app)? == held(&self.world).application;
            if known {
                Ok(())
            } else {
                Err(Refused::new(403, 20012, "You are not authorized to perform this action on this application"))
            }
        };
        let done = |()| Reply::Nothing;
        match (method.as_str(), segments) {
            ("POST", ["interactions", id, token, "callback"]) => {
                let id = super::answers::id(id)?;
                let answered = self.first_answer(id, token, sent)?;
                let told = yes("with_response").then(|| self.callback_response(id, &answered));
                Ok(told.map_or(Reply::Nothing, Reply::Ok))
            }
            (_, ["webhooks", app, token, rest @ ..]) => {
                own(app).map_err(|_| Refused::new(404, 10015, "Unknown Webhook"))?;
                match (method.as_str(), rest) {
                    ("POST", []) => self.follow_up(token, sent).map(Reply::Ok),
                    ("PATCH", ["messages", which]) => self.webhook_edit(token, which, sent).map(Reply::Ok),
                    ("GET", ["messages", which]) => self.webhook_get(token, which).map(Reply::Ok),
                    ("DELETE", ["messages", which]) => self.webhook_delete(token, which).map(done),
                    _ => Err(self.unknown_route(method, segments)),
                }
            }
            ("POST", ["channels", channel, "messages"]) => self.create_message(channel, sent).map(Reply::Ok),
            ("PATCH", ["channels", channel, "messages", id]) => self.edit_message(channel, id, sent).map(Reply::Ok),
            ("GET", ["channels", channel, "messages", id]) => self.get_message(channel, id).map(Reply::Ok),
            ("DELETE", ["channels", channel, "messages", id]) => self.delete(channel, id).map(done),
            ("GET", ["channels", channel, "messages"]) => {
                let limit = asked("limit").and_then(|limit| limit.parse().ok()).unwrap_or(50);
                self.list_messages(channel, limit).map(Reply::Ok)
            }
            ("POST", ["channels", channel, "messages", id, "threads"]) => {
                self.create_thread(channel, Some(id), sent).map(|thread| Reply::Status(201, thread))
            }
            ("POST", ["channels", channel, "threads"]) => {
                self.create_thread(channel, None, sent).map(|thread| Reply::Status(201, thread))
            }
            ("PUT", ["channels", channel, "thread-members", person]) => self.add_to_thread(channel, person).map(done),
            ("POST", ["channels", channel, "typing"]) => self.typing(channel).map(done),
            ("GET", ["channels", channel]) => self.get_channel(channel).map(Reply::Ok),
            ("PATCH", ["channels", channel]) => self.edit_channel(channel, sent).map(Reply::Ok),
            ("DELETE", ["channels", channel]) => self.end_channel(channel).map(Reply::Ok),
            ("POST", ["users", "@me", "channels"]) => self.open_dm(sent).map(Reply::Ok),
            ("GET", ["users", "@me"]) => Ok(Reply::Ok(wire::me(&held(&self.world)))),
            ("GET", ["users", "@me", "guilds"]) => Ok(Reply::Ok(self.guilds())),
            ("GET", ["users", user]) => self.get_user(user).map(Reply::Ok),
            ("GET", ["guilds", guild]) => self.get_guild(guild).map(Reply::Ok),
            ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => {
                let endpoint = held(&self.endpoint).clone();
                Ok(Reply::Ok(wire::application(&held(&self.world), &self.public_key(), endpoint.as_deref())))
            }
            ("PATCH", ["applications", "@me"]) => {
                // Only the endpoint's address can be set here; the real one pings it first, which a story does by `ping`.
                if let Some(url) = sent.json.get("interactions_endpoint_url") {
                    *held(&self.endpoint) = url.as_str().filter(|url| !url.is_empty()).map(str::to_owned);
                }
                let endpoint = held(&self.endpoint).clone();
                Ok(Reply::Ok(wire::application(&held(&self.world), &self.public_key(), endpoint.as_deref())))
            }
            (_, ["applications", app, "commands", rest @ ..]) => {
                own(app)?;
                match (method.as_str(), rest) {
                    ("PUT", []) => self.overwrite_commands(sent).map(Reply::Ok),
                    ("GET", []) => Ok(Reply::Ok(self.list_commands(yes("with_localizations")))),
                    ("POST", []) => self.upsert_command(sent).map(|(status, kept)| Reply::Status(status, kept)),
                    ("GET", [command]) => self.get_command(command).map(Reply::Ok),
                    ("DELETE", [command]) => self.delete_command(command).map(done),
                    _ => Err(self.unknown_route(method, segments)),
                }
            }
            ("GET", ["gateway"]) => Ok(Reply::Ok(json!({"url": self.gateway_url()}))),
            ("GET", ["gateway", "bot"]) => Ok(Reply::Ok(json!({
                "url": self.gateway_url(),
                "shards": self.options.shards,
                "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 16},
            }))),
            _ => Err(self.unknown_route(method, segments)),
        }
    }

    fn unknown_route(&self, method: &Method, segments: &[&str]) -> Refused {
        self.breach("rest", [format!("this Discord has no {}", route(method, segments))]);
        Refused::new(404, 0, "404: Not Found")
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
