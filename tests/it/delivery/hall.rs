//! A platform in memory that remembers when what came where, says no when told to, and can stop at any point.

use bellhop::app::App;
use bellhop::chat::{
    Anchor, Ask, Card, Limits, Person, Platform, PlatformError, PlatformName, Post, Rate, Rates, Room, What,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// A request that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub at: Instant,
    pub kind: &'static str,
    pub room: String,
    pub group: Option<String>,
    pub message: String,
    pub nonce: String,
    pub title: String,
    pub call: Option<String>,
    pub under: Option<String>,
    pub ask: Option<String>,
}

/// What the hall says to the next request for a room (or any).
pub struct Fault {
    pub room: Option<&'static str>,
    pub error: PlatformError,
    pub times: u32,
}

/// Where it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// An ask was taken on.
    Accepted,
    /// A request came, and was not taken.
    BeforePost,
    /// It was taken, and nobody hears of it.
    AfterPost,
}

/// The hall.
pub struct Hall {
    name: PlatformName,
    pub limits: Limits,
    seen: Mutex<Vec<Seen>>,
    messages: Mutex<BTreeMap<String, Card<String>>>,
    faults: Mutex<VecDeque<Fault>>,
    asks: (UnboundedSender<Ask>, tokio::sync::Mutex<UnboundedReceiver<Ask>>),
    pub accepted: Mutex<Vec<String>>,
    pub acknowledged: Mutex<Vec<String>>,
    pub settled: Mutex<Vec<(String, bool)>>,
    stands: Mutex<Option<Point>>,
    reached: Notify,
    changed: Notify,
}

/// Nothing is limited, and messages last.
pub const FREE: Limits = Limits {
    free: None,
    rates: Rates { all: None, room: None, group: None },
    pace: Duration::ZERO,
    tick: None,
    lasting: true,
    quiet: false,
};

pub fn rate(count: u32, secs: u64) -> Option<Rate> {
    Some(Rate { count: count.try_into().unwrap(), per: Duration::from_secs(secs) })
}

impl Hall {
    pub fn new(limits: Limits) -> Self {
        let (asks, asked) = unbounded_channel();
        Self {
            name: PlatformName::Telegram,
            limits,
            seen: Mutex::default(),
            messages: Mutex::default(),
            faults: Mutex::default(),
            asks: (asks, tokio::sync::Mutex::new(asked)),
            accepted: Mutex::default(),
            acknowledged: Mutex::default(),
            settled: Mutex::default(),
            stands: Mutex::default(),
            reached: Notify::new(),
            changed: Notify::new(),
        }
    }

    pub fn hear(&self, ask: Ask) {
        self.asks.0.send(ask).unwrap();
    }

    pub fn fault(&self, room: Option<&'static str>, times: u32, error: PlatformError) {
        self.faults.lock().unwrap().push_back(Fault { room, error, times });
    }

    /// What was taken, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The titles that came to a room, in order, with `post` or `edit`.
    pub fn told(&self, room: &str) -> Vec<String> {
        self.seen()
            .into_iter()
            .filter(|seen| seen.room == room)
            .map(|seen| format!("{} {}", seen.kind, seen.title))
            .collect()
    }

    /// What stands in a message now.
    pub fn card(&self, message: &str) -> Card<String> {
        self.messages.lock().unwrap()[message].clone()
    }

    /// Waits until what was seen is so.
    pub async fn until(&self, so: impl Fn(&[Seen]) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if so(&self.seen()) {
                    return;
                }
                changed.await;
            }
        };
        let week = Duration::from_secs(7 * 24 * 3600);
        tokio::time::timeout(week, wait).await.unwrap_or_else(|_| panic!("never came: {:#?}", self.seen()));
    }

    pub async fn until_settled(&self, count: usize) {
        self.until(|_| self.settled.lock().unwrap().len() >= count).await;
    }

    /// From now on everything stands still there; what stood still elsewhere goes on.
    pub fn stand_still(&self, point: Option<Point>) {
        *self.stands.lock().unwrap() = point;
        self.changed.notify_waiters();
    }

    /// Waits until something stands still.
    pub async fn stood(&self) {
        self.reached.notified().await;
    }

    async fn pass(&self, point: Point) {
        loop {
            let changed = self.changed.notified();
            if *self.stands.lock().unwrap() != Some(point) {
                return;
            }
            self.reached.notify_one();
            changed.await;
        }
    }

    fn refuse(&self, room: &Room) -> Result<(), PlatformError> {
        let mut faults = self.faults.lock().unwrap();
        let mine = |fault: &Fault| fault.times > 0 && fault.room.is_none_or(|of| of == room.id);
        match faults.iter_mut().find(|fault| mine(fault)) {
            Some(fault) => {
                fault.times -= 1;
                Err(fault.error.clone())
            }
            None => Ok(()),
        }
    }

    fn note(&self, seen: Seen, card: &Card<String>) {
        self.messages.lock().unwrap().insert(seen.message.clone(), card.clone());
        self.seen.lock().unwrap().push(seen);
        self.changed.notify_waiters();
    }
}

#[async_trait::async_trait]
impl Platform for Hall {
    fn name(&self) -> PlatformName {
        self.name
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn receive(&self) -> Option<Ask> {
        self.asks.1.lock().await.recv().await
    }

    async fn accepted(&self, ask: &Ask, safe: bool) {
        assert!(safe, "the store works in these stories");
        self.accepted.lock().unwrap().push(ask.id.clone());
        self.pass(Point::Accepted).await;
    }

    async fn acknowledge(&self, ask: &Ask, _: Option<&Card<String>>) -> bool {
        self.acknowledged.lock().unwrap().push(ask.id.clone());
        false
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        self.pass(Point::BeforePost).await;
        self.refuse(post.room)?;
        let message = format!("m{}", self.seen.lock().unwrap().len());
        self.note(
            Seen {
                at: Instant::now(),
                kind: "post",
                room: post.room.id.clone(),
                group: post.room.group.clone(),
                message: message.clone(),
                nonce: post.nonce.to_owned(),
                title: post.card.title.clone(),
                call: post.call.map(|person| person.id.clone()),
                under: post.under.map(|anchor| anchor.message.clone()),
                ask: post.ask.map(|ask| ask.id.clone()),
            },
            post.card,
        );
        self.pass(Point::AfterPost).await;
        Ok(Anchor { platform: self.name, room: post.room.clone(), message })
    }

    async fn edit(&self, anchor: &Anchor, card: &Card<String>, ask: Option<&Ask>) -> Result<Anchor, PlatformError> {
        self.refuse(&anchor.room)?;
        self.note(
            Seen {
                at: Instant::now(),
                kind: "edit",
                room: anchor.room.id.clone(),
                group: anchor.room.group.clone(),
                message: anchor.message.clone(),
                nonce: String::new(),
                title: card.title.clone(),
                call: None,
                under: None,
                ask: ask.map(|ask| ask.id.clone()),
            },
            card,
        );
        Ok(anchor.clone())
    }

    async fn settled(&self, ask: &Ask, well: bool) {
        self.settled.lock().unwrap().push((ask.id.clone(), well));
        self.changed.notify_waiters();
    }
}

pub fn room(id: &str) -> Room {
    Room { platform: PlatformName::Telegram, id: id.to_owned(), private: false, group: None }
}

pub fn ada() -> Person {
    Person { platform: PlatformName::Telegram, id: "ada".to_owned(), name: "ada".to_owned() }
}

/// Everybody is served in the rooms of these stories.
pub async fn admit(app: &App) {
    for room in ["a", "b"] {
        app.house.people.rooms().admit(&format!("telegram|{room}"), &ada().handle()).await.unwrap();
    }
}

/// An ask in a room.
pub fn ask(id: &str, room_id: &str) -> Ask {
    said(id, room_id, "/list")
}

/// A line that was said in a room.
pub fn said(id: &str, room_id: &str, line: &str) -> Ask {
    Ask {
        id: id.to_owned(),
        handle: None,
        from: ada(),
        room: room(room_id),
        locale: Some("en".to_owned()),
        message: None,
        what: What::Said(line.to_owned()),
    }
}

/// No window of a rate has more than it allows, for each key by itself.
#[track_caller]
pub fn within(seen: &[Seen], rate: Option<Rate>, key: impl Fn(&Seen) -> Option<String>) {
    let Some(rate) = rate else { return };
    let mut of: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for seen in seen {
        if let Some(key) = key(seen) {
            of.entry(key).or_default().push(seen.at);
        }
    }
    assert!(!of.is_empty());
    for (key, at) in of {
        for from in &at {
            let count = at.iter().filter(|at| *at >= from && at.duration_since(*from) < rate.per).count();
            assert!(count <= rate.count.get() as usize, "{count} of {} within {:?} in {key}", rate.count, rate.per);
        }
    }
}
