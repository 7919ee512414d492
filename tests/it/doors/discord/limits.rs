//! Rate limits as Discord states them: a global one, one for each route and its main resource, and those that a story
//! orders. Says when each ends, and sees who comes back before that.

use super::model::Id;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Requests of one bot in a second, over all routes but interactions.
const GLOBAL: u32 = 50;
/// A request that was already on its way when the 429 was told is no breach.
const UNDER_WAY: Duration = Duration::from_millis(200);
/// Clocks and timers are not finer than this.
const FINE: Duration = Duration::from_millis(20);

/// A 429 that was given.
#[derive(Clone, Debug)]
pub struct Limited {
    /// The route, as in the log.
    pub route: String,
    /// The channel, application or token that it was about.
    pub about: String,
    /// What `retry_after` said.
    pub wait: Duration,
    /// `user`, `global` or `shared`.
    pub scope: &'static str,
    /// When.
    pub at: Instant,
    /// When somebody came to this bucket again, if they did.
    pub back: Option<Instant>,
}

struct Window {
    left: u32,
    ends: Instant,
}

/// What the headers tell.
#[derive(Clone, Debug)]
pub struct Standing {
    pub bucket: String,
    pub limit: u32,
    pub left: u32,
    pub ends_in: Duration,
}

/// The verdict on one request.
pub enum Verdict {
    Free(Option<Standing>),
    Limited { wait: Duration, scope: &'static str, standing: Option<Standing> },
}

pub struct Limits {
    on: bool,
    windows: HashMap<String, Window>,
    /// Buckets that were told to wait: until when, since when, and the number in `given`.
    told: HashMap<String, (Instant, Instant, usize)>,
    pub given: Vec<Limited>,
    pub early: Vec<String>,
    pub invalid: usize,
}

/// How many in what time, for the routes whose limits are known; the main resource makes it a bucket.
fn known(route: &str) -> Option<(&'static str, u32, Duration)> {
    let seconds = Duration::from_secs;
    Some(match route {
        "POST /channels/{id}/messages" => ("create", 5, seconds(5)),
        "PATCH /channels/{id}/messages/{id}" => ("edit", 5, seconds(5)),
        "DELETE /channels/{id}/messages/{id}" => ("delete", 5, seconds(1)),
        "POST /channels/{id}/messages/{id}/threads" | "POST /channels/{id}/threads" => ("thread", 50, seconds(300)),
        _ if route.contains(" /webhooks/") => ("webhook", 5, seconds(2)),
        _ if route.contains(" /interactions/") => return None,
        _ if route.contains(" /gateway") => return None,
        _ => ("other", 30, seconds(5)),
    })
}

impl Limits {
    pub fn new(on: bool) -> Self {
        let (windows, told) = (HashMap::new(), HashMap::new());
        Self { on, windows, told, given: Vec::new(), early: Vec::new(), invalid: 0 }
    }

    pub fn switch(&mut self, on: bool) {
        self.on = on;
    }

    /// Judges a request to `route` about `major` (its channel, application or token). `ordered`: a story wants a 429.
    pub fn judge(&mut self, route: &str, major: &str, ordered: Option<Duration>) -> Verdict {
        if !self.on && ordered.is_none() && self.told.is_empty() {
            return Verdict::Free(None);
        }
        let now = Instant::now();
        let rule = known(route);
        let name = rule.map_or("free", |(name, ..)| name);
        let key =
            if name == "other" || name == "free" { format!("{route} {major}") } else { format!("{name} {major}") };
        let outside_global = route.contains(" /webhooks/") || route.contains(" /interactions/");
        for (told, scope) in [(key.as_str(), "user"), ("global", "global")] {
            if scope == "global" && outside_global {
                continue;
            }
            let Some((until, since, given)) = self.told.get(told).copied() else { continue };
            if let Some(given) = self.given.get_mut(given) {
                given.back.get_or_insert(now);
            }
            if now + FINE < until {
                if now > since + UNDER_WAY {
                    let wait = (until - now).as_secs_f64();
                    self.early.push(format!("{route} ({major}): came back {wait:.2} s before it was told to"));
                }
                return self.refuse(route, major, told.to_owned(), until - now, scope, None);
            }
            self.told.remove(told);
        }
        if let Some(wait) = ordered {
            return self.refuse(route, major, key, wait, "user", None);
        }
        if !self.on {
            return Verdict::Free(None);
        }
        if !outside_global {
            let (_, ends, free) = self.take("global", GLOBAL, Duration::from_secs(1), now);
            if !free {
                return self.refuse(route, major, "global".into(), ends - now, "global", None);
            }
        }
        let Some((_, limit, length)) = rule else { return Verdict::Free(None) };
        let (left, ends, free) = self.take(&key, limit, length, now);
        let standing = Standing { bucket: bucket(name, route), limit, left, ends_in: ends - now };
        if free {
            Verdict::Free(Some(standing))
        } else {
            self.refuse(route, major, key, ends - now, "user", Some(standing))
        }
    }

    /// Takes one of a window's share; the window begins with its first request.
    fn take(&mut self, key: &str, limit: u32, length: Duration, now: Instant) -> (u32, Instant, bool) {
        if !self.windows.contains_key(key) {
            self.windows.insert(key.into(), Window { left: limit, ends: now + length });
        }
        let Some(window) = self.windows.get_mut(key) else { return (0, now, true) };
        if window.ends <= now {
            *window = Window { left: limit, ends: now + length };
        }
        let free = window.left > 0;
        window.left = window.left.saturating_sub(1);
        (window.left, window.ends, free)
    }

    fn refuse(
        &mut self,
        route: &str,
        about: &str,
        key: String,
        wait: Duration,
        scope: &'static str,
        standing: Option<Standing>,
    ) -> Verdict {
        let now = Instant::now();
        self.told.entry(key).or_insert((now + wait, now, self.given.len()));
        self.given.push(Limited { route: route.into(), about: about.into(), wait, scope, at: now, back: None });
        Verdict::Limited { wait, scope, standing }
    }

    pub fn count(&mut self, status: u16) {
        self.invalid += usize::from(matches!(status, 401 | 403 | 429));
    }
}

/// Looks like a hash and is none.
fn bucket(name: &str, route: &str) -> String {
    let name = if name == "other" { route } else { name };
    let sum =
        name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{sum:016x}{:016x}", sum.rotate_left(29))
}

/// The id of a channel or the like, as the log shows it.
pub fn major(segments: &[&str]) -> String {
    match segments {
        ["webhooks", app, token, ..] => format!("{app}/{token}"),
        [_, id, ..] if id.parse::<Id>().is_ok() => (*id).into(),
        _ => String::new(),
    }
}
