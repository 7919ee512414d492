//! Pages for machines: what is measured, and whether the program is well.
//!
//! For whoever runs the program, on an address that only they reach: no page has a secret, a person or a room on it.
//! Not here: what platforms send in (each platform listens for itself), and pages for people.

mod health;
mod narrow;

pub use health::{Health, Watch};

use crate::meters::Meters;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use narrow::Narrow;
use serde::Deserialize;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What Prometheus calls the text that the meters write.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the operator says about them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen, reached by nobody but whoever runs the program; `off`: nowhere.
    #[serde(deserialize_with = "listen")]
    pub listen: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 9464))) }
    }
}

fn listen<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "off" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            serde::de::Error::custom(format!("{text:?} is neither an address with a port (127.0.0.1:9464) nor \"off\""))
        }),
    }
}

/// The listener: `GET /metrics` and `GET /health`.
pub struct Pages {
    listener: TcpListener,
}

impl Pages {
    /// Takes the address (port 0: any).
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await? })
    }

    /// The address that it got.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop`; what is under way then is finished.
    pub async fn serve(self, meters: Meters, watch: Watch, stop: CancellationToken) {
        let metrics = get(async |State(meters): State<Meters>| only([(header::CONTENT_TYPE, METRICS)], meters.text()));
        let router = Router::new().route("/metrics", metrics.with_state(meters)).route("/health", {
            get(async |State(watch): State<Watch>| {
                let health = watch.look().await;
                let code = if health.serves() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                (code, only([], axum::Json(health)))
            })
            .with_state(watch)
        });
        let served = axum::serve(Narrow::new(self.listener), router).with_graceful_shutdown(stop.cancelled_owned());
        // It has no error that ends it.
        let _ = served.await;
    }
}

/// An answer that is the only one of its connection, and is not kept by anybody.
fn only<const N: usize>(headers: [(HeaderName, &'static str); N], body: impl IntoResponse) -> impl IntoResponse {
    let mut answer = body.into_response();
    let usual = [(header::CONNECTION, "close"), (header::CACHE_CONTROL, "no-store")];
    for (name, value) in usual.into_iter().chain(headers) {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
