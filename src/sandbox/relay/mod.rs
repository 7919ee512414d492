//! The relay face: a message relay that any client of ThreeFold's relay can use (rmb.md, relay-observed.md).
//!
//! It knows twins only from the chain it is given, checks tokens but never the signatures of messages, keeps
//! messages for sessions that are away, and hands those for other domains to other relays. It is for loopback:
//! it speaks plain HTTP. What is not imitated: the up to two seconds that a new session's first message takes,
//! `/metrics`, and a memory that outlives the process.

mod desk;
mod door;
mod federation;
mod rooms;
mod socket;

use crate::clock::Clock;
use crate::grid::live::rmb::Post;
use crate::grid::{Chain, TwinId};
use crate::sandbox::fault::Faults;
use desk::Limits;
use rooms::Rooms;
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How a relay is set up.
#[derive(Clone)]
pub struct Options {
    /// The host names that are this relay: a twin that lists one of them is served here.
    pub domains: Vec<String>,
    /// How many sessions may be open; `None` for any number.
    pub capacity: Option<usize>,
    /// Messages and bytes that a twin may send in a minute; `None` for any.
    pub limit: Option<Limit>,
    /// After this long without taking a message, a session is put out. It keeps its messages.
    pub slow: Duration,
    /// The way to other relays; without one, twins of other domains cannot be reached.
    pub post: Option<Arc<dyn Post>>,
}

impl Options {
    /// A relay under these host names, without limits.
    pub fn new(domains: Vec<String>) -> Self {
        Self { domains, capacity: None, limit: None, slow: Duration::from_secs(60), post: None }
    }
}

/// What a twin may send in a minute of the clock, over all its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Messages.
    pub count: u32,
    /// Bytes; a larger single message never passes.
    pub bytes: usize,
}

/// Whose session: the twin, and the session's name. No name and an empty name differ.
type Key = (TwinId, Option<String>);

/// A relay. Cheap to clone; clones are the same relay.
#[derive(Clone)]
pub struct Relay(Arc<Inner>);

struct Inner {
    options: Options,
    chain: Arc<dyn Chain>,
    clock: Clock,
    faults: Faults,
    rooms: Mutex<Rooms>,
    limits: Mutex<Limits>,
    /// Requests whose answers a fault loses: who asked, and the uid.
    lost: Mutex<HashSet<(TwinId, String)>>,
    /// How many messages may be on their way to other relays.
    couriers: Arc<Semaphore>,
}

impl Relay {
    /// A relay that asks `chain` who a twin is.
    pub fn new(options: Options, chain: Arc<dyn Chain>, clock: Clock, faults: Faults) -> Self {
        Self(Arc::new(Inner {
            options,
            chain,
            clock,
            faults,
            rooms: Mutex::default(),
            limits: Mutex::default(),
            lost: Mutex::default(),
            couriers: Arc::new(Semaphore::new(64)),
        }))
    }

    /// Serves at `addr` until `stop`, which also ends its sessions. What waits for sessions that are away stays
    /// in this relay and is there when it is served again. Gives the address (for port 0).
    ///
    /// # Errors
    /// When the address is not a loopback address, or cannot be had.
    pub async fn serve(&self, addr: SocketAddr, stop: CancellationToken) -> io::Result<SocketAddr> {
        if !addr.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the sandbox's relay is for loopback only"));
        }
        use axum::serve::ListenerExt;
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let listener = listener.tap_io(|tcp| {
            if let Err(error) = tcp.set_nodelay(true) {
                tracing::debug!(%error, "nodelay");
            }
        });
        let router = self.router(stop.clone());
        tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = served.await {
                tracing::error!(%error, "the relay stopped");
            }
        });
        Ok(addr)
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.rooms().open()
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
