//! What the relay does with one message: limits, its own answers, and where the message goes.
//!
//! It looks at addresses only: signatures, expiry and payload are the peers' business (relay-observed.md,
//! sections 3 and 5). Its own errors go to requests only; anything else is dropped in silence.

use super::{Key, Limit, Relay};
use crate::clock::Timestamp;
use crate::grid::TwinId;
use crate::grid::live::rmb::envelope::{Address, Envelope, Error, Kind, Message, Payload, Pong};
use crate::sandbox::fault::{Effect, Face};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

/// The words for a chain that cannot be reached.
pub(super) const CHAIN: &str = "failed to connect to substrate using the provided urls";

/// How long an error of the relay lives, seconds.
const LIFE: u64 = 300;

/// What each twin has sent in this minute.
#[derive(Default)]
pub(super) struct Limits {
    minute: u64,
    used: HashMap<TwinId, (u32, usize)>,
}

impl Limits {
    /// Counts a message; whether it may pass. One that could never pass does not count.
    fn pass(&mut self, limit: Limit, twin: TwinId, size: usize, now: Timestamp) -> bool {
        let minute = now.secs() / 60;
        if self.minute != minute {
            *self = Self { minute, used: HashMap::new() };
        }
        if size > limit.bytes {
            return false;
        }
        let (count, bytes) = self.used.entry(twin).or_default();
        *count = count.saturating_add(1);
        *bytes = bytes.saturating_add(size);
        *count <= limit.count && *bytes <= limit.bytes
    }
}

/// What is needed to answer the sender after the message itself has been handed on.
#[derive(Clone)]
pub(super) struct Return {
    pub to: Key,
    uid: String,
    request: bool,
}

impl Relay {
    /// A message from a connected session.
    pub(super) async fn accept(&self, from: &Key, envelope: Envelope, bytes: Bytes) {
        let back = Return {
            to: from.clone(),
            uid: envelope.uid.clone(),
            request: matches!(envelope.kind, Some(Kind::Request(_))),
        };
        if let Some(limit) = self.0.options.limit
            && !self.0.limits.lock().unwrap_or_else(PoisonError::into_inner).pass(
                limit,
                from.0,
                bytes.len(),
                self.0.clock.now(),
            )
        {
            return self.complain(&back, "exceeded rate limits, dropping message", true);
        }
        let sender = envelope.source.as_ref().map(|source| (TwinId(source.twin), source.connection.clone()));
        if sender.as_ref() != Some(from) {
            return self.complain(&back, "message wrong source", true);
        }
        match &envelope.kind {
            Some(Kind::Ping(_)) => return self.pong(from, envelope),
            Some(Kind::Request(request)) => match self.0.faults.strike(Face::Relay, &request.command, None) {
                None | Some(Effect::Lie(_)) => {}
                Some(Effect::Drop) => return,
                Some(Effect::Error(text)) => return self.complain(&back, &text, true),
                Some(Effect::Die) => return self.rooms().put_out(from),
                Some(Effect::Delay(ms)) => {
                    let relay = self.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        relay.route(&back, &envelope, bytes).await;
                    });
                    return;
                }
                Some(Effect::Lose) => {
                    let mut lost = self.0.lost.lock().unwrap_or_else(PoisonError::into_inner);
                    lost.insert((from.0, envelope.uid.clone()));
                }
            },
            _ => {
                let to = envelope.destination.as_ref().map_or(0, |to| to.twin);
                let mut lost = self.0.lost.lock().unwrap_or_else(PoisonError::into_inner);
                if !lost.is_empty() && lost.remove(&(TwinId(to), envelope.uid.clone())) {
                    return;
                }
            }
        }
        self.route(&back, &envelope, bytes).await;
    }

    async fn route(&self, back: &Return, envelope: &Envelope, bytes: Bytes) {
        let Some(key) = destination(envelope) else {
            return self.complain(back, "message with missing destination", true);
        };
        if self.rooms().is_open(&key) {
            return self.put(&key, bytes);
        }
        let relay = match self.0.chain.twin(key.0).await {
            Ok(Some(twin)) => twin.relay.unwrap_or_default(),
            Ok(None) => return self.complain(back, "unknown twin destination", true),
            Err(_) => return self.complain(back, CHAIN, true),
        };
        let hosts: Vec<String> = relay.split('_').filter(|host| !host.is_empty()).map(str::to_owned).collect();
        if hosts.is_empty() {
            self.complain(back, "relay info is not set for this twin", true);
        } else if !hosts.iter().any(|host| self.0.options.domains.contains(host)) {
            self.forward(back.clone(), envelope, bytes, hosts);
        } else if fails_fast(envelope) {
            self.complain(back, "destination offline", true);
        } else {
            self.put(&key, bytes);
        }
    }

    /// A message that another relay hands in; false when it asks to fail fast and its destination is away.
    pub(super) fn hand_in(&self, envelope: &Envelope, bytes: Bytes) -> bool {
        let Some(key) = destination(envelope) else { return true };
        if fails_fast(envelope) && !self.rooms().is_open(&key) {
            return false;
        }
        self.put(&key, bytes);
        true
    }

    fn put(&self, key: &Key, bytes: Bytes) {
        self.rooms().put(key, bytes, self.0.clock.now());
    }

    /// The relay's own error. `here`: its local part names the session that it answers, its federation does not.
    pub(super) fn complain(&self, back: &Return, text: &str, here: bool) {
        if !back.request {
            return;
        }
        let error = Envelope {
            uid: back.uid.clone(),
            timestamp: self.0.clock.now().secs(),
            expiration: LIFE,
            destination: here.then(|| Address::new(back.to.0, back.to.1.as_deref())),
            kind: Some(Kind::Error(Error { code: 0, message: text.to_owned() })),
            ..Envelope::default()
        };
        self.put(&back.to, error.encode_to_vec().into());
    }

    /// The same envelope, turned round, with two words more. Its signature, if any, no longer holds.
    fn pong(&self, from: &Key, ping: Envelope) {
        let mut words = match ping.payload {
            Some(Payload::Plain(bytes) | Payload::Cipher(bytes)) => bytes,
            None => Vec::new(),
        };
        words.extend_from_slice(b"hello world");
        let pong = Envelope {
            source: ping.destination,
            destination: ping.source,
            kind: Some(Kind::Pong(Pong {})),
            payload: Some(Payload::Plain(words)),
            ..ping
        };
        self.put(from, pong.encode_to_vec().into());
    }
}

fn destination(envelope: &Envelope) -> Option<Key> {
    let to = envelope.destination.as_ref().filter(|to| to.twin != 0)?;
    Some((TwinId(to.twin), to.connection.clone()))
}

/// The tag is a word among others, split at commas and blanks.
fn fails_fast(envelope: &Envelope) -> bool {
    let tags = envelope.tags.as_deref().unwrap_or_default();
    tags.split(|c: char| c == ',' || c.is_whitespace()).any(|tag| tag == "fail-fast")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_messages_and_bytes() {
        let (mut limits, limit, twin) = (Limits::default(), Limit { count: 3, bytes: 100 }, TwinId(1));
        let now = Timestamp::from_secs(119);
        assert!(!limits.pass(limit, twin, 101, now), "too large for any minute");
        assert!(limits.pass(limit, twin, 100, now), "and it did not count");
        assert!(!limits.pass(limit, twin, 1, now), "the bytes are used up");
        for n in 0..4 {
            assert_eq!(limits.pass(limit, TwinId(2), 1, now), n < 3, "each twin has its own: message {n}");
        }
        assert!(limits.pass(limit, twin, 1, Timestamp::from_secs(120)), "a minute of the clock");
    }

    #[test]
    fn failing_fast_is_one_exact_word() {
        for (tags, fast) in [
            ("fail-fast", true),
            ("x,fail-fast", true),
            (" fail-fast\t", true),
            ("FAIL-FAST", false),
            ("fail-fast=1", false),
            ("fail-fast;x", false),
        ] {
            let envelope = Envelope { tags: Some(tags.to_owned()), ..Envelope::default() };
            assert_eq!(fails_fast(&envelope), fast, "{tags:?}");
        }
    }
}
