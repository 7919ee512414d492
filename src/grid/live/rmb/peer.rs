//! The answering side: what a node is on the bus.
//!
//! It behaves as ThreeFold's Go peer does: what is not properly signed, not JSON or not decryptable gets no
//! answer at all. It connects without a session name, as nodes do. Not here: what the commands do.

use super::envelope::{Envelope, Error, Kind, Response};
use super::link::{Dialer, Link, Pace, Relays};
use super::mail::{Letter, Mail};
use super::token;
use super::twins::Twins;
use crate::clock::{Clock, Dice};
use crate::grid::{Caller, Chain, TwinId};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many commands run at once; more wait.
const AT_ONCE: usize = 32;
/// How many may wait; more are dropped, as a node that is overrun does.
const MANY: usize = 1024;
/// A relay may hand on a message twice after a restart: this many are remembered.
const REMEMBERED: usize = 4096;
/// How long an answer lives, seconds.
const LIFE: u64 = 300;

/// What a peer does.
#[async_trait]
pub trait Answer: Send + Sync {
    /// Runs `command` for `from`, whose signature has been checked. An error's text is given to the asker as it
    /// is; `None` says nothing at all, and the asker's time runs out.
    async fn answer(&self, from: TwinId, command: &str, payload: Value) -> Option<Result<Value, String>>;
}

/// A running peer; dropping it ends it.
pub struct Peer {
    stop: CancellationToken,
    connected: watch::Receiver<bool>,
    tasks: TaskTracker,
}

impl Peer {
    /// Connects as `who` and answers until it is dropped or stopped. Connects again whenever the relay goes.
    pub fn start(
        relays: Relays,
        chain: Arc<dyn Chain>,
        clock: Clock,
        dice: Dice,
        who: Caller,
        answer: Arc<dyn Answer>,
    ) -> Self {
        let (up, connected) = watch::channel(false);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let dialer = Dialer::new(relays, Pace::default(), dice.clone());
        let mail = Mail { identity: who.identity, twin: who.twin, sid: None, clock, dice };
        let desk = Arc::new(Desk { mail, twins: Twins::new(chain), answer, turns: Semaphore::new(AT_ONCE) });
        let (running, ended) = (tasks.clone(), stop.clone());
        tasks.spawn(async move { ended.run_until_cancelled(desk.run(dialer, up, running, ended.clone())).await });
        tasks.close();
        Self { stop, connected, tasks }
    }

    /// Waits until it is connected.
    pub async fn connected(&self) {
        // An error means that it has been stopped; nothing will come then.
        if self.connected.clone().wait_for(|up| *up).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends it and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Desk {
    mail: Mail,
    twins: Twins,
    answer: Arc<dyn Answer>,
    turns: Semaphore,
}

impl Desk {
    async fn run(
        self: Arc<Self>,
        mut dialer: Dialer,
        up: watch::Sender<bool>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        let (reply, mut replies) = mpsc::channel(256);
        let mut seen = Seen::default();
        loop {
            let token = token::make(&self.mail.identity, self.mail.twin, None, self.mail.clock.now());
            match dialer.dial(&token).await {
                Ok(mut link) => {
                    up.send_replace(true);
                    let mut useful = false;
                    let lost = loop {
                        tokio::select! {
                            message = link.next() => match message {
                                Ok(envelope) => {
                                    useful = true;
                                    if seen.first(&envelope) && tasks.len() < MANY {
                                        let (desk, reply) = (self.clone(), reply.clone());
                                        let work = async move { desk.handle(envelope, reply).await };
                                        let stop = stop.clone();
                                        tasks.spawn(async move { stop.run_until_cancelled(work).await });
                                    }
                                }
                                Err(lost) => break lost,
                            },
                            Some(message) = replies.recv() => if let Err(lost) = Link::send(&mut link, message).await {
                                break lost;
                            },
                        }
                    };
                    up.send_replace(false);
                    tracing::debug!(twin = %self.mail.twin, %lost, "peer");
                    if useful {
                        dialer.worked();
                    }
                }
                Err(closed) => tracing::debug!(twin = %self.mail.twin, %closed, "peer"),
            }
            dialer.wait().await;
        }
    }

    async fn handle(&self, envelope: Envelope, reply: mpsc::Sender<Vec<u8>>) {
        let Some(Kind::Request(request)) = &envelope.kind else { return };
        if envelope.schema.as_deref() != Some(super::JSON) {
            return tracing::debug!(uid = %envelope.uid, "a request that is not JSON");
        }
        let Ok(_turn) = self.turns.acquire().await else { return };
        let (from, payload) = match self.mail.open(&self.twins, &envelope).await {
            Ok(opened) => opened,
            Err(error) => return tracing::debug!(uid = %envelope.uid, %error, "dropped"),
        };
        // Commands without arguments accept anything, an empty payload too.
        let payload = serde_json::from_slice(&payload).unwrap_or(Value::Null);
        let Some(answer) = self.answer.answer(from.id, &request.command, payload).await else { return };
        let (kind, payload) = match answer {
            Ok(value) => (Kind::Response(Response {}), value),
            Err(message) => (Kind::Error(Error { code: 0, message }), Value::Null),
        };
        let session = envelope.source.as_ref().and_then(|source| source.connection.as_deref());
        let payload = payload.to_string();
        let letter = Letter {
            to: &from,
            connection: session,
            uid: &envelope.uid,
            kind,
            payload: payload.as_bytes(),
            life: LIFE,
        };
        match self.mail.seal(&self.twins, letter).await {
            Ok(message) => drop(reply.send(message).await),
            Err(error) => tracing::debug!(uid = %envelope.uid, %error, "no answer"),
        }
    }
}

/// Messages that were already handled: by sender and uid.
#[derive(Default)]
struct Seen {
    set: HashSet<(TwinId, Option<String>, String)>,
    order: VecDeque<(TwinId, Option<String>, String)>,
}

impl Seen {
    fn first(&mut self, envelope: &Envelope) -> bool {
        let Some(from) = envelope.from() else { return false };
        let connection = envelope.source.as_ref().and_then(|source| source.connection.clone());
        let key = (from, connection, envelope.uid.clone());
        if !self.set.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(old) = self.order.pop_front()
        {
            self.set.remove(&old);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::envelope::Address;
    use super::*;

    #[test]
    fn a_message_is_handled_once() {
        let mut seen = Seen::default();
        let message = |twin, uid: &str| Envelope {
            uid: uid.to_owned(),
            source: Some(Address::new(TwinId(twin), Some("s"))),
            ..Envelope::default()
        };
        assert!(seen.first(&message(1, "a")));
        assert!(!seen.first(&message(1, "a")));
        assert!(seen.first(&message(2, "a")), "uids belong to their senders");
        assert!(!seen.first(&message(0, "b")), "nobody sent it");
        for n in 0..REMEMBERED {
            seen.first(&message(3, &n.to_string()));
        }
        assert_eq!((seen.set.len(), seen.order.len()), (REMEMBERED, REMEMBERED), "the memory is bounded");
    }
}
