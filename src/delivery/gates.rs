//! How often one platform lets itself be written to: over all rooms, in a room, and in a group; kept by `governor`.
//!
//! What is allowed is used up with some room to spare, so that no window of the platform's is ever exceeded, even
//! when the line delays one message more than the next. Not here: what waits, and a platform's own words that it
//! wants to be left alone (`door`).

use crate::chat::{Rate, Rates, Room};
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;
use tokio::time::Instant;

/// The limits of one platform.
pub(super) struct Gates {
    all: Option<Gate<()>>,
    room: Option<Gate<String>>,
    group: Option<Gate<String>>,
}

impl Gates {
    pub fn new(rates: Rates) -> Self {
        Self {
            all: rates.all.and_then(Gate::new),
            room: rates.room.and_then(Gate::new),
            group: rates.group.and_then(Gate::new),
        }
    }

    /// Until when nothing may be sent anywhere.
    pub fn all(&self) -> Option<Instant> {
        self.all.as_ref().and_then(|gate| gate.shut(&()))
    }

    /// Until when nothing may be sent to this room.
    pub fn room(&self, room: &Room) -> Option<Instant> {
        let own = self.room.as_ref().and_then(|gate| gate.shut(&room.id));
        let group = self.group.as_ref().zip(room.group.as_ref()).and_then(|(gate, group)| gate.shut(group));
        own.max(group)
    }

    /// One message goes to this room now.
    pub fn pass(&mut self, room: &Room) {
        if let Some(gate) = &mut self.all {
            gate.pass(&());
        }
        if let Some(gate) = &mut self.room {
            gate.pass(&room.id);
        }
        if let (Some(gate), Some(group)) = (&mut self.group, &room.group) {
            gate.pass(group);
        }
    }

    /// The message has arrived. Where only one may come at a time, the next one's time counts from here.
    pub fn arrived(&mut self, room: &Room, now: Instant) {
        if let Some(gate) = self.room.as_mut().filter(|gate| gate.rate.count.get() == 1) {
            gate.shut.insert(room.id.clone(), now + gate.rate.per);
        }
    }

    /// Forgets rooms that were quiet long enough.
    pub fn tidy(&mut self, now: Instant) {
        for gate in [&mut self.room, &mut self.group].into_iter().flatten() {
            gate.limiter.retain_recent();
            gate.shut.retain(|_, until| *until > now);
        }
    }
}

/// Time as tokio has it, so that a test can pause it.
#[derive(Debug, Clone)]
struct Ticks(Instant);

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// One limit, for each key by itself.
struct Gate<K: Hash + Eq + Clone> {
    rate: Rate,
    limiter: RateLimiter<K, HashMapStateStore<K>, Ticks, StateInformationMiddleware>,
    /// Where the limiter would refuse the next one, and until when: so that one may look without passing.
    shut: HashMap<K, Instant>,
}

impl<K: Hash + Eq + Clone> Gate<K> {
    /// `None` for a rate that limits nothing.
    fn new(rate: Rate) -> Option<Self> {
        let (burst, every) = thrift(rate);
        let quota = Quota::with_period(every)?.allow_burst(burst.try_into().ok()?);
        let limiter = RateLimiter::new(quota, HashMapStateStore::default(), Ticks(Instant::now()));
        Some(Self { rate, limiter, shut: HashMap::new() })
    }

    fn shut(&self, key: &K) -> Option<Instant> {
        self.shut.get(key).copied()
    }

    fn pass(&mut self, key: &K) {
        let until = match self.limiter.check_key(key) {
            Ok(left) if left.remaining_burst_capacity() > 0 => None,
            // The next one would be refused, and the refusal says until when.
            Ok(_) => self.limiter.check_key(key).err(),
            Err(not_until) => Some(not_until),
        };
        match until {
            Some(until) => self.shut.insert(key.clone(), self.limiter.clock().0 + until.earliest_possible()),
            None => self.shut.remove(key),
        };
    }
}

/// How many may go at once, and the time in which one more may, so that no window of the rate ever sees more than it
/// allows: a tenth, but at least one, is left unused where there is more than one. Within a second, nobody notices that messages are spread
/// evenly; over a longer time, people talk in bursts.
fn thrift(rate: Rate) -> (u32, Duration) {
    let count = rate.count.get();
    let used = if count == 1 { 1 } else { count - (count / 10).max(1) };
    let burst = if rate.per <= Duration::from_secs(1) { 1 } else { used.div_ceil(2) };
    (burst, rate.per / (used - burst + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PlatformName;
    use proptest::prelude::*;

    fn rate(count: u32, per: Duration) -> Rate {
        Rate { count: count.try_into().unwrap(), per }
    }

    fn room(id: &str, group: Option<&str>) -> Room {
        Room { platform: PlatformName::Telegram, id: id.into(), private: false, group: group.map(Into::into) }
    }

    /// The moments at which messages go when there is always one.
    async fn busy(gates: &mut Gates, room: &Room, for_: Duration) -> Vec<Instant> {
        let end = Instant::now() + for_;
        let mut sent = Vec::new();
        while Instant::now() < end {
            if let Some(until) = gates.all().max(gates.room(room)) {
                tokio::time::sleep_until(until).await;
            }
            gates.pass(room);
            sent.push(Instant::now());
        }
        sent
    }

    fn worst(sent: &[Instant], per: Duration) -> usize {
        let window = |from: &Instant| sent.iter().filter(|at| *at >= from && at.duration_since(*from) < per).count();
        sent.iter().map(window).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn telegrams_and_discords_rates_are_used_well_and_never_exceeded() {
        for (count, per, at_least) in [(1, 1, 1), (30, 1, 26), (50, 1, 40), (20, 60, 18), (5, 5, 4), (2, 1, 1)] {
            let rates = Rates { room: Some(rate(count, Duration::from_secs(per))), ..Rates::default() };
            let sent = busy(&mut Gates::new(rates), &room("a", None), Duration::from_secs(300)).await;
            let worst = worst(&sent, Duration::from_secs(per));
            assert!((at_least..=count as usize).contains(&worst), "{worst} of {count} in {per} s");
            let sustained = sent.len() as f64 / 300.0 * per as f64;
            assert!(sustained >= f64::from(count) / 2.0, "{sustained} of {count} in {per} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_of_one_group_share_its_limit_and_others_do_not() {
        let rates = Rates { group: Some(rate(2, Duration::from_secs(60))), ..Rates::default() };
        let mut gates = Gates::new(rates);
        let (one, two, other) = (room("1", Some("g")), room("2", Some("g")), room("3", Some("h")));
        gates.pass(&one);
        assert!(gates.room(&two) > Some(Instant::now()));
        assert_eq!(gates.room(&other), None);
        assert_eq!(gates.room(&room("4", None)), None);
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert_eq!(gates.room(&two).filter(|until| *until > Instant::now()), None);
        tokio::time::sleep(Duration::from_secs(61)).await;
        gates.tidy(Instant::now());
        assert_eq!(gates.room(&two), None);
        assert!(gates.group.as_ref().unwrap().limiter.is_empty(), "what is quiet is forgotten");
    }

    proptest! {
        #[test]
        fn no_window_of_any_rate_is_exceeded(count in 1u32..60, per in 1u64..90) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let per = Duration::from_secs(per);
            let sent = runtime.block_on(async {
                let rates = Rates { all: Some(rate(count, per)), ..Rates::default() };
                busy(&mut Gates::new(rates), &room("a", None), per * 4).await
            });
            prop_assert!(worst(&sent, per) <= count as usize);
        }
    }
}
