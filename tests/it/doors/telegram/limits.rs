//! How much a bot may send, and 429s on demand. Telegram does not publish how it counts (facts: about 30 messages a
//! second over all, one a second in a chat with short bursts, 20 a minute in a group); here these are sliding windows.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Over all chats in one second.
const ALL: usize = 30;
/// In one chat in three seconds: one a second, with a short burst.
const CHAT: (usize, Duration) = (3, Duration::from_secs(3));
/// In one group in a minute.
const GROUP: (usize, Duration) = (20, Duration::from_secs(60));
/// Requests that were under way when a 429 was given are not held against the bot.
const GRACE: Duration = Duration::from_millis(300);

/// A place that is closed for a while.
struct Closed {
    method: Option<String>,
    chat: Option<i64>,
    since: Instant,
    until: Instant,
}

/// A 429 that a test ordered.
struct Ordered {
    method: String,
    chat: Option<i64>,
    times: u32,
    seconds: u64,
}

pub struct Limits {
    on: bool,
    all: VecDeque<Instant>,
    chats: HashMap<i64, VecDeque<Instant>>,
    closed: Vec<Closed>,
    ordered: Vec<Ordered>,
}

/// A request that has to wait.
pub struct Wait {
    /// Whole seconds, as `retry_after`.
    pub seconds: u64,
    /// When the bot had been told to wait and came all the same: how much too early.
    pub early: Option<Duration>,
}

impl Limits {
    pub fn new(on: bool) -> Self {
        Self { on, all: VecDeque::new(), chats: HashMap::new(), closed: Vec::new(), ordered: Vec::new() }
    }

    pub fn switch(&mut self, on: bool) {
        self.on = on;
    }

    pub fn order(&mut self, method: &str, chat: Option<i64>, times: u32, seconds: u64) {
        self.ordered.push(Ordered { method: method.into(), chat, times, seconds });
    }

    /// Whether `method` may be called now. `chat` is the chat that it concerns; `sends` tells whether the call counts
    /// as a message, and there whether in a group.
    pub fn admit(&mut self, method: &str, chat: Option<i64>, sends: Option<bool>, now: Instant) -> Result<(), Wait> {
        self.closed.retain(|closed| closed.until > now);
        let closed = self.closed.iter().find(|closed| {
            closed.method.as_deref().is_none_or(|name| name == method)
                && closed.chat.is_none_or(|id| Some(id) == chat)
                && (closed.method.is_some() || sends.is_some())
        });
        if let Some(closed) = closed {
            let left = closed.until - now;
            let early = (now - closed.since > GRACE).then_some(left);
            return Err(Wait { seconds: whole(left), early });
        }
        let ordered = self
            .ordered
            .iter_mut()
            .find(|order| order.method == method && (order.chat.is_none() || order.chat == chat));
        if let Some(order) = ordered {
            let (seconds, chat) = (order.seconds, order.chat);
            order.times -= 1;
            self.ordered.retain(|order| order.times > 0);
            self.close(Some(method), chat, now, Duration::from_secs(seconds));
            return Err(Wait { seconds, early: None });
        }
        let (Some(grouped), Some(chat), true) = (sends, chat, self.on) else { return Ok(()) };
        if let Some(left) = full(&mut self.all, ALL, Duration::from_secs(1), now) {
            self.close(None, None, now, left);
            return Err(Wait { seconds: whole(left), early: None });
        }
        let sent = self.chats.entry(chat).or_default();
        let minute = if grouped { full(sent, GROUP.0, GROUP.1, now) } else { None };
        let burst = sent.iter().rev().nth(CHAT.0 - 1).and_then(|first| (*first + CHAT.1).checked_duration_since(now));
        if let Some(left) = minute.or(burst.filter(|left| !left.is_zero())) {
            self.close(None, Some(chat), now, left);
            return Err(Wait { seconds: whole(left), early: None });
        }
        sent.push_back(now);
        if !grouped && sent.len() > CHAT.0 {
            sent.pop_front();
        }
        self.all.push_back(now);
        Ok(())
    }

    fn close(&mut self, method: Option<&str>, chat: Option<i64>, since: Instant, left: Duration) {
        let until = since + Duration::from_secs(whole(left));
        self.closed.push(Closed { method: method.map(str::to_owned), chat, since, until });
    }
}

fn whole(left: Duration) -> u64 {
    u64::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

/// Forgets what has left the window; when it is still full, how long until it is not.
fn full(sent: &mut VecDeque<Instant>, most: usize, window: Duration, now: Instant) -> Option<Duration> {
    while sent.front().is_some_and(|first| now - *first >= window) {
        sent.pop_front();
    }
    let first = sent.iter().rev().nth(most - 1)?;
    Some((*first + window).saturating_duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(limits: &mut Limits, chat: i64, grouped: bool, now: Instant) -> Result<(), u64> {
        limits.admit("sendMessage", Some(chat), Some(grouped), now).map_err(|wait| wait.seconds)
    }

    #[test]
    fn a_chat_takes_a_short_burst_then_one_a_second() {
        let (mut limits, start) = (Limits::new(true), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert!((0..3).all(|_| send(&mut limits, 1, false, start).is_ok()));
        assert_eq!(send(&mut limits, 1, false, after(10)), Err(3));
        assert!(send(&mut limits, 2, false, after(10)).is_ok(), "other chats are not concerned");
        assert!(limits.admit("answerCallbackQuery", Some(1), None, after(20)).is_ok(), "an answer is no message");
        let wait = limits.admit("editMessageText", Some(1), Some(false), after(2000)).expect_err("closed");
        assert_eq!((wait.seconds, wait.early.is_some()), (2, true));
        assert!((0..3).all(|at| send(&mut limits, 1, false, after(4000 + at * 1000)).is_ok()));
    }

    #[test]
    fn a_group_takes_twenty_a_minute_and_the_bot_thirty_a_second() {
        let (mut limits, start) = (Limits::new(true), Instant::now());
        for at in 0..20 {
            assert!(send(&mut limits, -1, true, start + Duration::from_secs(at)).is_ok(), "{at}");
        }
        assert_eq!(send(&mut limits, -1, true, start + Duration::from_secs(20)), Err(40));
        let later = start + Duration::from_secs(30);
        assert!((0..30).all(|chat| send(&mut limits, 100 + chat, false, later).is_ok()));
        assert_eq!(send(&mut limits, 999, false, later), Err(1));
        assert!(Limits::new(false).admit("sendMessage", Some(1), Some(false), later).is_ok());
    }

    #[test]
    fn an_ordered_refusal_counts_down_and_sees_who_comes_too_early() {
        let (mut limits, start) = (Limits::new(false), Instant::now());
        limits.order("editMessageText", Some(5), 2, 4);
        assert!(limits.admit("editMessageText", Some(6), Some(false), start).is_ok());
        let early = |limits: &mut Limits, ms| {
            let wait = limits.admit("editMessageText", Some(5), Some(false), start + Duration::from_millis(ms));
            wait.map_err(|wait| (wait.seconds, wait.early.is_some()))
        };
        assert_eq!(early(&mut limits, 0), Err((4, false)));
        assert_eq!(early(&mut limits, 100), Err((4, false)), "was under way");
        assert_eq!(early(&mut limits, 1000), Err((3, true)));
        assert_eq!(early(&mut limits, 4000), Err((4, false)), "the second one");
        assert_eq!(early(&mut limits, 8000), Ok(()));
    }
}
