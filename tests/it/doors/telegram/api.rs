//! The protocol face: HTTP requests in, Telegram's envelopes out. What a method does is in `methods`.

use super::methods::{File, Params, Refusal, admit, call, known, settings};
use super::model::{Request as Logged, State};
use super::{Core, TOKEN, spec, updates};
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::any};
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::stream;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;

/// The routes: `/bot<token>/<method>`, with any HTTP verb.
pub fn router(core: Arc<Core>) -> Router {
    Router::new().fallback(any(receive)).layer(DefaultBodyLimit::disable()).with_state(core)
}

async fn receive(Shared(core): Shared<Arc<Core>>, request: Request) -> Response {
    let answer = answer(&core, request).await;
    let (code, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let mut body = json!({"ok": false, "error_code": refusal.code, "description": refusal.text});
            if let Some(parameters) = refusal.parameters {
                body["parameters"] = parameters;
            }
            let code = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST);
            (code, Body::from(body.to_string()))
        }
    };
    (code, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// `result` in the envelope of success.
fn envelope(result: &[u8]) -> Bytes {
    [b"{\"ok\":true,\"result\":", result, b"}"].concat().into()
}

async fn answer(core: &Arc<Core>, request: Request) -> Result<Body, Refusal> {
    let at = Instant::now();
    let path = request.uri().path().to_owned();
    let (token, method) = path
        .strip_prefix("/bot")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(token, _)| token.split_once(':').is_some_and(|(id, _)| id.parse::<i64>().is_ok()))
        .ok_or_else(Refusal::not_found)?;
    if token != TOKEN {
        return Err(Refusal::unauthorized());
    }
    let Some(method) = known(method) else {
        let named = spec::spec().and_then(|spec| spec.method(method));
        let what = named.map_or_else(|| format!("{method}: no such method"), |name| format!("the fake has no {name}"));
        core.quietly(|state| state.violation(what));
        return Err(Refusal::not_found());
    };
    let params = params(request).await.inspect_err(|refusal| {
        core.quietly(|state| state.violation(format!("{method}: {}", refusal.text)));
    })?;
    let admitted = core.quietly(|state| {
        if state.options.validate
            && let Some(spec) = spec::spec()
        {
            let mut given = params.values.clone();
            let named = |part: &str| params.values.values().any(|value| *value == format!("attach://{part}"));
            given.extend(params.files.keys().filter(|part| !named(part)).map(|part| (part.clone(), json!(""))));
            state.violations.extend(spec.request(method, &given, params.form));
        }
        admit(state, method, &params)?;
        if method == "getUpdates" { settings(state, &params).map(Some) } else { Ok(None) }
    });
    let result = match admitted {
        Err(refusal) => Err(refusal),
        Ok(Some(poll)) => updates::poll(core, poll).await,
        Ok(None) => core.change(|state| {
            let before = state.violations.len();
            let result = call(state, method, &params);
            state.violations[before..].iter_mut().for_each(|what| *what = format!("{method}: {what}"));
            let result = result?;
            check(state, method, &result);
            Ok(result.to_string().into())
        }),
    };
    let code = result.as_ref().err().map_or(200, |refusal| refusal.code);
    let lost = core.quietly(|state| {
        *state.counters.requests.entry(method.to_owned()).or_default() += 1;
        if state.options.log {
            state.log.push(Logged { method: method.to_owned(), at, params: params.values, code });
        }
        let left = state.losses.get_mut(method).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    });
    core.changed.send_replace(());
    if lost {
        let broken = stream::once(ready(Err::<Bytes, _>(std::io::Error::other("lost"))));
        return Ok(Body::from_stream(broken));
    }
    result.map(|body| envelope(&body).into())
}

/// Holds an answer of the fake's own against the description.
fn check(state: &mut State, method: &str, result: &Value) {
    if state.options.validate
        && let Some(spec) = spec::spec()
    {
        state.violations.extend(spec.answer(method, result).into_iter().map(|what| format!("the fake: {what}")));
    }
}

/// Query and body, in any of the forms that Telegram takes.
async fn params(request: Request) -> Result<Params, Refusal> {
    let mut params = Params::default();
    let query = request.uri().query().unwrap_or_default().to_owned();
    read_form(&mut params, query.as_bytes());
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        params.form = true;
        read_parts(&mut params, request).await.map_err(|_| Refusal::bad("can't parse the multipart form"))?;
        return Ok(params);
    }
    let json = kind.starts_with("application/json");
    let body = to_bytes(request.into_body(), usize::MAX).await.map_err(|_| Refusal::bad("the body ended early"))?;
    if !json {
        read_form(&mut params, &body);
    } else if !body.is_empty() {
        match serde_json::from_slice(&body) {
            Ok(Value::Object(values)) => params.values.extend(values),
            _ => return Err(Refusal::bad("can't parse request: object expected")),
        }
    }
    Ok(params)
}

fn read_form(params: &mut Params, form: &[u8]) {
    for (name, value) in url::form_urlencoded::parse(form) {
        params.values.insert(name.into_owned(), json!(value));
        params.form = true;
    }
}

async fn read_parts(params: &mut Params, request: Request) -> Result<(), Box<dyn std::error::Error>> {
    let mut parts = Multipart::from_request(request, &()).await?;
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(file) => {
                params.files.insert(name, File { name: file, bytes: part.bytes().await? });
            }
            None => {
                params.values.insert(name, json!(part.text().await?));
            }
        }
    }
    Ok(())
}
