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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PlatformName;
    use crate::clock::{Clock, Timestamp};
    use crate::platforms::{Doors, Standing};
    use crate::sandbox::{Options, in_process};
    use crate::store::Store;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::JoinHandle;

    struct Open {
        address: SocketAddr,
        doors: Doors,
        meters: Meters,
        stop: CancellationToken,
        serving: JoinHandle<()>,
    }

    impl Open {
        async fn new() -> Self {
            let clock = Clock::runtime(Timestamp::from_secs(1_800_000_000));
            let (_, grid) = in_process(Options { nodes: 4, farms: 2, ..Options::new(7) }, clock.clone()).await.unwrap();
            let (doors, meters, stop) = (Doors::default(), Meters::default(), CancellationToken::new());
            let store = Store::temporary().unwrap();
            let pages = Pages::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let address = pages.address().unwrap();
            let watch = Watch::new(&store, &grid, &clock, &meters, &doors, &stop);
            // It ends after the rest, so that it can tell of the stopping.
            let serving = tokio::spawn(pages.serve(meters.clone(), watch, CancellationToken::new()));
            Self { address, doors, meters, stop, serving }
        }

        async fn exchange(&self, request: &str) -> String {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer).await;
            answer
        }

        async fn health(&self) -> (u16, serde_json::Value) {
            let answer = self.exchange("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
        }
    }

    #[tokio::test]
    async fn health_says_in_fixed_words_what_serves_and_what_does_not() {
        let open = Open::new().await;
        let (discord, telegram) = (PlatformName::Discord, PlatformName::Telegram);
        let (code, told) = open.health().await;
        assert_eq!((code, &told["status"]), (503, &"down".into()), "nobody is served: {told}");
        open.doors.set(discord, Standing::Open);
        open.meters.link("discord", "0", true);
        let (code, told) = open.health().await;
        assert_eq!(
            (code, &told["status"], &told["store"], &told["grid"]["status"]),
            (200, &"ok".into(), &"ok".into(), &"ok".into())
        );
        assert_eq!(
            told["platforms"]["discord"],
            serde_json::json!({"status": "ok", "door": "open", "links": {"0": true}})
        );
        assert!(told["grid"]["head_age_s"].is_u64() && told["grid"]["network"] == "sandbox", "{told}");
        open.doors.set(telegram, Standing::Waiting);
        open.meters.link("discord", "1", false);
        let (code, told) = open.health().await;
        assert_eq!((code, &told["status"]), (200, &"degraded".into()));
        assert_eq!(
            (&told["platforms"]["discord"]["status"], &told["platforms"]["telegram"]["status"]),
            (&"degraded".into(), &"down".into())
        );
        open.meters.link("discord", "0", false);
        assert_eq!(open.health().await.0, 503, "no link is up anywhere");
        open.meters.link("discord", "0", true);
        open.stop.cancel();
        let (code, told) = open.health().await;
        assert_eq!((code, &told["stopping"]), (503, &true.into()));
        open.serving.abort();
    }

    #[tokio::test]
    async fn metrics_have_their_type_and_nothing_else_is_there() {
        let open = Open::new().await;
        let answer = open.exchange("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(&format!("content-type: {METRICS}\r\n")),
            "{answer}"
        );
        assert!(answer.contains("connection: close") && answer.ends_with("# EOF\n"), "{answer}");
        for (request, code) in [("GET / ", "404"), ("GET /metrics/x ", "404"), ("POST /metrics ", "405")] {
            let answer = open.exchange(&format!("{request}HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{request}: {answer}");
        }
        open.serving.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_slowly_is_hung_up_on() {
        let open = Open::new().await;
        assert_eq!(open.exchange("GET /metr").await, "");
        open.serving.abort();
    }
}
