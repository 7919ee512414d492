//! Time and randomness as parameters: `Clock` and `Dice`.
//!
//! Not a scheduler: waiting is done with `tokio::time`, which a test can pause; a test clock follows the
//! paused time, so that a story of hours runs in milliseconds. Direct calls to the system clock and the
//! system's randomness are banned by `clippy.toml` everywhere else.

use chrono::{DateTime, TimeDelta, Utc};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Whole seconds since the Unix epoch.
    pub fn secs(self) -> u64 {
        self.0 / 1000
    }

    /// From whole seconds since the Unix epoch.
    pub fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment plus `by`.
    pub fn plus(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// As a calendar date and time; the epoch for a moment that no calendar has.
    pub fn calendar(self) -> DateTime<Utc> {
        i64::try_from(self.0).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default()
    }
}

/// Where the time comes from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Follows tokio's time from a fixed start, so that a paused runtime pauses it too.
    Runtime {
        start: Timestamp,
        since: tokio::time::Instant,
    },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that reads `start` now and advances with tokio's time (which a test may pause).
    pub fn runtime(start: Timestamp) -> Self {
        Self(Source::Runtime { start, since: tokio::time::Instant::now() })
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0)),
            Source::Runtime { start, since } => start.plus(since.elapsed()),
        }
    }

    /// Waits until `moment`; returns at once when it has passed.
    pub async fn until(&self, moment: Timestamp) {
        let wait = TimeDelta::milliseconds(i64::try_from(moment.0.saturating_sub(self.now().0)).unwrap_or(i64::MAX));
        if let Ok(wait) = wait.to_std() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Where chance comes from. Cheap to clone; clones draw from the same sequence.
#[derive(Debug, Clone)]
pub struct Dice(Arc<Mutex<ChaCha20Rng>>);

impl Dice {
    /// Seeded by the operating system.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::from_entropy())))
    }

    /// The same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    /// `N` fresh bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut out);
        out
    }

    /// A number in `0..below` (0 when `below` is 0).
    pub fn below(&self, below: u64) -> u64 {
        if below == 0 { 0 } else { u64::from_le_bytes(self.bytes()) % below }
    }

    /// `len` characters of `a-z2-7` without look-alikes: an opaque id that is easy to read aloud.
    pub fn word(&self, len: usize) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..len).filter_map(|_| LETTERS.get(self.below(32) as usize)).map(|b| *b as char).collect()
    }
}
