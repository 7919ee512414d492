//! One websocket to a relay: opening it with a fresh token, keeping it alive, noticing when it is dead.
//!
//! Times are those of the existing clients (rmb.md section 2). Not here: what the messages mean, and who waits
//! for them.

use super::envelope::{Envelope, Message as _};
use crate::clock::Dice;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::{Host, Url};

/// A relay hands on a message of up to 64 MiB in one frame (relay-observed.md).
const LARGEST: usize = 64 << 20;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How patient a connection is.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How long opening it may take.
    pub connect: Duration,
    /// How often it is pinged.
    pub ping: Duration,
    /// After this long without a sign of life it is given up.
    pub dead: Duration,
    /// After this long without work an asker's connection is closed.
    pub idle: Duration,
    /// The pause after the first failure; it doubles up to 4 s.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            ping: Duration::from_secs(20),
            dead: Duration::from_secs(40),
            idle: Duration::from_secs(90),
            retry: Duration::from_millis(250),
        }
    }
}

/// Not an address that a relay may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRelayUrl {
    /// None was given.
    #[error("no relay address is given")]
    None,
    /// It does not read as a URL with a host.
    #[error("{0:?} is not the address of a relay")]
    Malformed(String),
    /// It would carry tokens in the clear.
    #[error("{0:?}: a relay is reached over wss; plain ws is for this machine's own addresses only")]
    InTheClear(String),
}

/// The relays of a grid, first choice first. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relays(Arc<[Url]>);

impl Relays {
    /// Takes `wss://host` URLs; `ws://` for loopback addresses only.
    ///
    /// # Errors
    /// When there is none, or one of them is not fit.
    pub fn new<S: AsRef<str>>(urls: &[S]) -> Result<Self, BadRelayUrl> {
        if urls.is_empty() {
            return Err(BadRelayUrl::None);
        }
        urls.iter().map(|url| check(url.as_ref())).collect::<Result<_, _>>().map(Self)
    }
}

fn check(text: &str) -> Result<Url, BadRelayUrl> {
    let url = Url::parse(text).map_err(|_| BadRelayUrl::Malformed(text.to_owned()))?;
    let local = match url.host() {
        None => return Err(BadRelayUrl::Malformed(text.to_owned())),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
    };
    match url.scheme() {
        "wss" => Ok(url),
        "ws" if local => Ok(url),
        "ws" => Err(BadRelayUrl::InTheClear(text.to_owned())),
        _ => Err(BadRelayUrl::Malformed(text.to_owned())),
    }
}

/// Why a connection could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Closed {
    /// The relay does not want this twin (HTTP 4xx).
    #[error("the relay answered {status}: {text}")]
    Refused { status: u16, text: String },
    /// Anything else: try again.
    #[error("{0}")]
    Passing(String),
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// The relay knows it: the session may be opened again.
    #[error("the relay closed the connection ({0})")]
    Closed(String),
    /// The relay may believe it open. A new connection of the same session would close both.
    #[error("the relay fell silent")]
    Silent,
}

/// Chooses the relay, and how long to wait between attempts.
pub(super) struct Dialer {
    relays: Relays,
    at: usize,
    pause: Duration,
    pub pace: Pace,
    dice: Dice,
}

impl Dialer {
    pub fn new(relays: Relays, pace: Pace, dice: Dice) -> Self {
        Self { relays, at: 0, pause: pace.retry, pace, dice }
    }

    /// One attempt; the next one goes to the next relay when this one fails.
    pub async fn dial(&mut self, token: &str) -> Result<Link, Closed> {
        let count = self.relays.0.len().max(1);
        let Some(url) = self.relays.0.get(self.at % count) else {
            return Err(Closed::Passing("no relay".to_owned()));
        };
        let opened = match timeout(self.pace.connect, Link::open(url, token, &self.pace)).await {
            Ok(opened) => opened,
            Err(_) => Err(Closed::Passing("no connection in time".to_owned())),
        };
        if opened.is_err() {
            self.at = (self.at + 1) % count;
        }
        opened
    }

    /// How many relays there are.
    pub fn count(&self) -> usize {
        self.relays.0.len()
    }

    /// The connection did its work: the next failure is a first one again.
    pub fn worked(&mut self) {
        self.pause = self.pace.retry;
    }

    /// Waits before the next attempt: between half the pause and all of it, then twice as long.
    pub async fn wait(&mut self) {
        let half = u64::try_from(self.pause.as_millis() / 2).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(half + self.dice.below(half + 1))).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

/// An open websocket.
pub(super) struct Link {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Instant,
    ping: Interval,
    dead: Duration,
}

impl Link {
    async fn open(url: &Url, token: &str, pace: &Pace) -> Result<Self, Closed> {
        let mut url = url.clone();
        url.set_query(Some(token));
        let config = WebSocketConfig::default().max_frame_size(Some(LARGEST)).max_message_size(Some(LARGEST));
        match connect_async_with_config(url.as_str(), Some(config), true).await {
            Ok((socket, _)) => {
                let mut ping = interval_at(Instant::now() + pace.ping, pace.ping);
                ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
                Ok(Self { socket, heard: Instant::now(), ping, dead: pace.dead })
            }
            Err(tungstenite::Error::Http(answer)) => {
                let text = String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()).into_owned();
                let status = answer.status();
                if status.is_client_error() {
                    Err(Closed::Refused { status: status.as_u16(), text })
                } else {
                    Err(Closed::Passing(format!("the relay answered {status}: {text}")))
                }
            }
            Err(error) => Err(Closed::Passing(error.to_string())),
        }
    }

    /// The next message; keeps the connection alive meanwhile. May be dropped and called again.
    pub async fn next(&mut self) -> Result<Envelope, Lost> {
        loop {
            tokio::select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Binary(bytes))) => {
                        self.heard = Instant::now();
                        match Envelope::decode(bytes) {
                            Ok(envelope) => return Ok(envelope),
                            Err(error) => tracing::debug!(%error, "not an envelope"),
                        }
                    }
                    Some(Ok(Message::Close(why))) => {
                        return Err(Lost::Closed(why.map_or_else(String::new, |why| why.to_string())));
                    }
                    Some(Ok(_)) => self.heard = Instant::now(),
                    Some(Err(error)) => return Err(lost(&error)),
                    None => return Err(Lost::Closed(String::new())),
                },
                _ = self.ping.tick() => {
                    if self.heard.elapsed() >= self.dead {
                        return Err(Lost::Silent);
                    }
                    self.write(Message::Ping(Bytes::new())).await?;
                }
            }
        }
    }

    /// Hands a message over to the relay.
    pub async fn send(&mut self, message: Vec<u8>) -> Result<(), Lost> {
        self.write(Message::Binary(message.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Lost> {
        match timeout(self.dead, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| lost(&error)),
            Err(_) => Err(Lost::Silent),
        }
    }

    /// Closes it and waits a moment for the relay to agree.
    pub async fn close(mut self) {
        let goodbye = async {
            if self.socket.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        if timeout(Duration::from_secs(2), goodbye).await.is_err() {
            tracing::debug!("the relay did not answer the goodbye");
        }
    }
}

fn lost(error: &tungstenite::Error) -> Lost {
    match error {
        tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => Lost::Silent,
        other => Lost::Closed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ws_is_for_this_machine_only() {
        for good in ["wss://relay.grid.tf", "ws://127.0.0.1:8080", "ws://[::1]:1/", "ws://localhost"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for clear in ["ws://relay.grid.tf", "ws://10.0.0.1", "ws://localhost.evil.example"] {
            assert_eq!(check(clear), Err(BadRelayUrl::InTheClear(clear.to_owned())));
        }
        for odd in ["", "relay", "http://127.0.0.1", "wss:"] {
            assert_eq!(check(odd), Err(BadRelayUrl::Malformed(odd.to_owned())));
        }
        assert_eq!(Relays::new::<&str>(&[]).unwrap_err(), BadRelayUrl::None);
    }
}
