//! A session of an asking twin: one connection under one name, opened on demand, and who waits for what on it.
//!
//! It reconnects under its name only after the relay has closed the connection itself; a connection that fell
//! silent ends the session, because a second one under the same name would close both (relay-observed.md).

use super::envelope::Envelope;
use super::link::{Closed, Dialer, Lost};
use super::mail::Mail;
use super::token;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// After this many refusals in a row by every relay, those who wait are told. That is some seconds: a relay may
/// hear of a new twin a moment later than we do.
const REFUSALS: usize = 5;

/// Whether a message has left us: decides between "could not be sent" and "may have happened".
#[derive(Debug, Clone, Default)]
pub(super) struct Claim(Arc<AtomicU8>);

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Claim {
    fn step(&self, to: u8) -> bool {
        self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The asker gives up; false when the message is already on its way.
    pub fn withdraw(&self) -> bool {
        self.step(WITHDRAWN)
    }
}

/// A message to be sent.
pub(super) struct Order {
    pub message: Vec<u8>,
    pub claim: Claim,
}

/// Why a session is over.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// Nothing to do any more, or the connection fell silent: a new session may try.
    Over,
    /// The relays do not want this twin.
    Refused { status: u16, text: String },
}

/// The asker's side of a session.
pub(super) struct Session {
    pub mail: Mail,
    pub orders: mpsc::Sender<Order>,
    waiting: Mutex<HashMap<String, mpsc::Sender<Envelope>>>,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    last: Option<String>,
    end: Option<End>,
}

/// Someone waits for the answers to one request; dropping it ends the wait.
pub(super) struct Wait<'a> {
    session: &'a Session,
    uid: &'a str,
    pub answers: mpsc::Receiver<Envelope>,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.session.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(self.uid);
    }
}

impl Session {
    pub fn new(mail: Mail) -> (Arc<Self>, mpsc::Receiver<Order>) {
        let (orders, queue) = mpsc::channel(64);
        (Arc::new(Self { mail, orders, waiting: Mutex::default(), trouble: Mutex::default() }), queue)
    }

    /// Registers for the answers to `uid`.
    pub fn wait<'a>(&'a self, uid: &'a str) -> Wait<'a> {
        let (tell, answers) = mpsc::channel(8);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // A session that is over answers nobody: dropping `tell` says so at once.
        if self.end().is_none() {
            waiting.insert(uid.to_owned(), tell);
        }
        Wait { session: self, uid, answers }
    }

    /// Whether somebody waits.
    fn awaited(&self) -> bool {
        !self.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Why it is over, when it is.
    pub fn end(&self) -> Option<End> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).end.clone()
    }

    /// What went wrong last, for people.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).last.clone()
    }

    fn note(&self, text: String) {
        tracing::debug!(twin = %self.mail.twin, trouble = %text, "relay session");
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).last = Some(text);
    }

    fn finish(&self, end: End) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).end = Some(end);
        waiting.clear();
    }

    /// Hands an answer to whoever waits for it. Who asked judges it; a second copy finds nobody.
    fn deliver(&self, envelope: Envelope) {
        let tell = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get(&envelope.uid).cloned();
        match tell {
            Some(tell) => drop(tell.try_send(envelope)),
            None => tracing::debug!(uid = %envelope.uid, "an answer that nobody waits for"),
        }
    }

    /// Keeps the session until nobody needs it.
    pub async fn run(&self, mut queue: mpsc::Receiver<Order>, mut dialer: Dialer) {
        let mut refused = 0;
        let end = loop {
            let token =
                token::make(&self.mail.identity, self.mail.twin, self.mail.sid.as_deref(), self.mail.clock.now());
            match dialer.dial(&token).await {
                Ok(link) => {
                    refused = 0;
                    let mut useful = false;
                    match self.serve(link, &mut queue, dialer.pace.idle, &mut useful).await {
                        None | Some(Lost::Silent) => break End::Over,
                        Some(lost) => self.note(lost.to_string()),
                    }
                    if useful {
                        dialer.worked();
                    }
                }
                Err(closed) => {
                    self.note(closed.to_string());
                    match closed {
                        Closed::Refused { status, text } => {
                            refused += 1;
                            if refused >= REFUSALS * dialer.count() {
                                break End::Refused { status, text };
                            }
                        }
                        Closed::Passing(_) => refused = 0,
                    }
                }
            }
            if !self.awaited() {
                break End::Over;
            }
            dialer.wait().await;
        };
        queue.close();
        self.finish(end);
    }

    /// Serves one connection; `None` when it was closed because nobody needs it.
    async fn serve(
        &self,
        mut link: super::link::Link,
        queue: &mut mpsc::Receiver<Order>,
        idle: std::time::Duration,
        useful: &mut bool,
    ) -> Option<Lost> {
        let mut rest = Instant::now() + idle;
        loop {
            tokio::select! {
                message = link.next() => match message {
                    Ok(envelope) => {
                        *useful = true;
                        rest = Instant::now() + idle;
                        self.deliver(envelope);
                    }
                    Err(lost) => return Some(lost),
                },
                order = queue.recv() => {
                    let order = order?;
                    rest = Instant::now() + idle;
                    if order.claim.step(TAKEN) && let Err(lost) = link.send(order.message).await {
                        return Some(lost);
                    }
                }
                () = tokio::time::sleep_until(rest) => {
                    if self.awaited() || !queue.is_empty() {
                        rest = Instant::now() + idle;
                    } else {
                        link.close().await;
                        return None;
                    }
                }
            }
        }
    }
}
