//! The asking side: [`Bus`] over a relay.
//!
//! One session per twin, opened on demand under a name of its own, so that no other tool of the same twin is
//! kicked. Not here: retries. Who asked knows whether asking twice is harmless.

use super::envelope::{Envelope, Error, Kind, Request};
use super::link::{Dialer, Pace, Relays};
use super::mail::{Letter, Mail, Unreadable};
use super::session::{Claim, End, Order, Session};
use super::twins::Twins;
use crate::clock::{Clock, Dice};
use crate::grid::{AccountId, Bus, Caller, Chain, GridError, GridResult, Party, TwinId};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

type Sessions = Mutex<HashMap<(TwinId, AccountId), Weak<Session>>>;

/// The bus, reached through a relay.
pub struct RelayBus {
    relays: Relays,
    pace: Pace,
    clock: Clock,
    dice: Dice,
    twins: Twins,
    sessions: Sessions,
}

impl RelayBus {
    /// Over these relays; `chain` tells whose account and encryption key a twin has.
    pub fn new(relays: Relays, chain: Arc<dyn Chain>, clock: Clock, dice: Dice) -> Self {
        Self { relays, pace: Pace::default(), clock, dice, twins: Twins::new(chain), sessions: Mutex::default() }
    }

    /// With other patience.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The caller's session: the one that is open, or a new one.
    fn session(&self, from: &Caller) -> Arc<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| session.strong_count() > 0);
        let key = (from.twin, from.identity.account());
        if let Some(session) = sessions.get(&key).and_then(Weak::upgrade)
            && session.end().is_none()
            && !session.orders.is_closed()
        {
            return session;
        }
        let (session, queue) = Session::new(Mail {
            identity: from.identity.clone(),
            twin: from.twin,
            sid: Some(format!("bellhop-{}", self.dice.word(12))),
            clock: self.clock.clone(),
            dice: self.dice.clone(),
        });
        sessions.insert(key, Arc::downgrade(&session));
        let dialer = Dialer::new(self.relays.clone(), self.pace.clone(), self.dice.clone());
        let running = session.clone();
        tokio::spawn(async move { running.run(queue, dialer).await });
        session
    }

    fn uid(&self) -> String {
        let id = hex::encode(self.dice.bytes::<16>());
        let part = |from, to| id.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }
}

/// What became of one attempt.
enum Attempt {
    Answered(GridResult<Value>),
    /// The session ended before the message left: another one may carry it.
    Again,
}

#[async_trait]
impl Bus for RelayBus {
    async fn call(
        &self,
        from: &Caller,
        to: TwinId,
        command: &str,
        payload: Value,
        within: Duration,
    ) -> GridResult<Value> {
        let deadline = Instant::now() + within;
        let payload = payload.to_string();
        let kind = Kind::Request(Request { command: command.to_owned() });
        let late = |text: &str| GridError::passing(Party::Relay, text);
        let Ok(twin) = timeout_at(deadline, self.twins.get(to)).await else {
            return Err(GridError::passing(Party::Chain, "no answer in time"));
        };
        let Some(twin) = twin? else {
            return Err(GridError::refused(Party::Relay, "unknown-twin", "unknown twin destination"));
        };
        loop {
            let session = self.session(from);
            let uid = self.uid();
            let left = deadline.saturating_duration_since(Instant::now());
            let life = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            let letter = Letter {
                to: &twin,
                connection: None,
                uid: &uid,
                kind: kind.clone(),
                payload: payload.as_bytes(),
                life,
            };
            let Ok(message) = timeout_at(deadline, session.mail.seal(&self.twins, letter)).await else {
                return Err(GridError::passing(Party::Chain, "no answer in time"));
            };
            match self.attempt(&session, to, &uid, message?, deadline).await {
                Attempt::Answered(answer) => return answer,
                Attempt::Again if Instant::now() < deadline => {}
                Attempt::Again => {
                    return Err(late(&session.trouble().unwrap_or_else(|| "no connection in time".to_owned())));
                }
            }
        }
    }
}

impl RelayBus {
    async fn attempt(&self, session: &Session, to: TwinId, uid: &str, message: Vec<u8>, deadline: Instant) -> Attempt {
        let claim = Claim::default();
        let mut wait = session.wait(uid);
        let order = Order { message, claim: claim.clone() };
        if let Ok(Err(_)) = timeout_at(deadline, session.orders.send(order)).await {
            return over(session, &claim);
        }
        loop {
            let envelope = match timeout_at(deadline, wait.answers.recv()).await {
                Ok(Some(envelope)) => envelope,
                Ok(None) => return over(session, &claim),
                Err(_) if claim.withdraw() => {
                    let text = session.trouble().unwrap_or_else(|| "no connection in time".to_owned());
                    return Attempt::Answered(Err(GridError::passing(Party::Relay, text)));
                }
                Err(_) => return Attempt::Answered(Err(GridError::unclear(Party::Node, "no answer in time"))),
            };
            if let Some(answer) = self.judge(session, to, &envelope, deadline).await {
                return Attempt::Answered(answer);
            }
        }
    }

    /// What an envelope with our uid says; `None` when it is not the answer.
    async fn judge(
        &self,
        session: &Session,
        to: TwinId,
        envelope: &Envelope,
        deadline: Instant,
    ) -> Option<GridResult<Value>> {
        match (envelope.from(), &envelope.kind) {
            (None, Some(Kind::Error(error))) => return Some(Err(relay_says(error))),
            (Some(from), Some(Kind::Response(_) | Kind::Error(_))) if from == to => {}
            (from, _) => {
                tracing::warn!(uid = %envelope.uid, ?from, "an answer that is none");
                return None;
            }
        }
        let unclear = |text: String| Some(Err(GridError::unclear(Party::Node, text)));
        let payload = match timeout_at(deadline, session.mail.open(&self.twins, envelope)).await {
            Ok(Ok((_, payload))) => payload,
            Ok(Err(Unreadable::Signature)) => {
                tracing::warn!(uid = %envelope.uid, twin = %to, "an answer with a wrong signature");
                return None;
            }
            Ok(Err(error)) => return unclear(error.to_string()),
            Err(_) => return unclear("an answer came, but the chain did not say whose it is".to_owned()),
        };
        if let Some(Kind::Error(error)) = &envelope.kind {
            return Some(Err(GridError::refused(Party::Node, "error", &error.message)));
        }
        if payload.is_empty() {
            return Some(Ok(Value::Null));
        }
        match serde_json::from_slice(&payload) {
            Ok(value) => Some(Ok(value)),
            Err(error) => unclear(format!("the answer is not JSON: {error}")),
        }
    }
}

/// The session ended under us.
fn over(session: &Session, claim: &Claim) -> Attempt {
    if !claim.withdraw() {
        let text = "the connection was lost before the answer";
        return Attempt::Answered(Err(GridError::unclear(Party::Node, text)));
    }
    match session.end() {
        Some(End::Refused { status, text }) => {
            Attempt::Answered(Err(GridError::refused(Party::Relay, status.to_string(), text)))
        }
        _ => Attempt::Again,
    }
}

/// The class of a relay's own error. The wire has only words for it (code 0 always): this table is the one
/// place that reads them (rmb.md section 5, relay-observed.md).
fn relay_says(error: &Error) -> GridError {
    let text = error.message.as_str();
    let refused = |code: &str| GridError::refused(Party::Relay, code, text);
    match text {
        "unknown twin destination" => refused("unknown-twin"),
        "relay info is not set for this twin" => refused("no-relay"),
        "destination offline" => GridError::passing(Party::Node, text),
        // A hop may have taken it and lost its own answer.
        "message has expired" => GridError::unclear(Party::Node, text),
        _ if text.starts_with("exceeded rate limits")
            || text.starts_with("failed to route message")
            || text.starts_with("failed to connect to substrate") =>
        {
            GridError::passing(Party::Relay, text)
        }
        _ => refused("error"),
    }
}
