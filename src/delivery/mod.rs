//! Delivery: asks are taken on once, answers become messages, and messages that show a topic stay true.
//!
//! What must be said is on disk before it is sent, so that it is sent at least once, in each room in order, and no
//! faster than its platform likes. Whoever changes a topic announces it; every message that shows it is drawn again and
//! edited, the newest state last. One scheduler ([`Delivery::run`]) sends everything. Not here: what a topic looks like
//! (a function given at wiring) and how a platform draws a card.

mod door;
mod draw;
mod gates;
mod inbox;
mod lane;
mod outbox;
mod send;
mod shows;
mod truth;

use crate::chat::{Ask, Card, Platform, PlatformName, Room, Tone, Topic};
use crate::clock::{Clock, Dice, Timestamp};
use crate::commands::{Answer, Cards, House, stow};
use crate::meters::{Meters, On};
use crate::people::People;
use crate::speech::{Voice, Voices};
use crate::store::{Change, Store, StoreResult};
use door::{Door, Priority};
use inbox::Inbox;
use lane::Waiting;
use outbox::{Parcel, Showing};
use shows::Show;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long requests that are under way may take once the program is told to stop. What is not sent stays.
const LAST: Duration = Duration::from_secs(2);
/// How often rooms in which nothing happens are forgotten.
const TIDY: Duration = Duration::from_mins(1);
/// How often asks of long ago are forgotten.
const SWEEP: Duration = Duration::from_hours(24);

/// Delivery. Cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    dice: Dice,
    voices: Arc<Voices>,
    cards: Cards,
    people: People,
    meters: Meters,
    inbox: Inbox,
    doors: Mutex<BTreeMap<PlatformName, Door>>,
    /// Numbers what is said, over restarts too.
    order: AtomicU64,
    /// Rung when something may have to be sent.
    bell: Notify,
    /// Rung when something was sent, or announced.
    moved: Notify,
}

/// An answer that is on its way.
#[derive(Debug)]
pub struct Sent {
    /// How its card stands.
    pub tone: Tone,
    /// What its message goes on showing.
    pub topic: Option<Topic>,
    posted: oneshot::Receiver<bool>,
}

impl Sent {
    /// Waits until it is with the platform; false when it never will be.
    pub async fn posted(&mut self) -> bool {
        (&mut self.posted).await.unwrap_or(false)
    }
}

impl Delivery {
    /// The delivery of a house.
    pub fn new(house: &House) -> Self {
        Self(Arc::new(Inner {
            store: house.store.clone(),
            clock: house.clock.clone(),
            dice: house.dice.clone(),
            voices: house.voices.clone(),
            cards: house.cards.clone(),
            people: house.people.clone(),
            meters: house.meters.clone(),
            inbox: Inbox::new(house.store.clone(), house.clock.clone()),
            doors: Mutex::default(),
            // Later than all that an earlier run said: orders are no shared counter, but never go back.
            order: AtomicU64::new(house.clock.now().0 << 16),
            bell: Notify::new(),
            moved: Notify::new(),
        }))
    }

    /// Takes a platform on, with what was to be said on it and the messages that were posted before a restart.
    ///
    /// # Errors
    /// The store's.
    pub async fn join(&self, platform: Arc<dyn Platform>) -> StoreResult<()> {
        let (name, lasting) = (platform.name(), platform.limits().lasting);
        let now = Instant::now();
        match self.0.doors().entry(name) {
            std::collections::btree_map::Entry::Occupied(mut door) => door.get_mut().serve(platform),
            std::collections::btree_map::Entry::Vacant(door) => drop(door.insert(Door::new(platform))),
        }
        let shows = Show::left(&self.0.store, name)?;
        if lasting {
            let (parcels, parked) = (Parcel::left(&self.0.store, name)?, outbox::parked(&self.0.store, name)?);
            let next = parcels.iter().map(|(order, _)| order + 1).max().unwrap_or(0);
            self.0.order.fetch_max(next, Ordering::SeqCst);
            self.0.with(name, |door| {
                for id in parked {
                    door.park(&Room { platform: name, id, private: false, group: None });
                }
                for (order, parcel) in parcels {
                    door.push(Waiting::kept(order, parcel), now);
                }
                shows.into_iter().for_each(|show| door.add(show, Priority::Digest, now));
            });
        } else {
            // Nobody can edit these any more.
            let change = shows.iter().fold(Change::new(), |change, show| Show::forget(&show.anchor, change));
            self.0.store.commit(change).await?;
        }
        self.0.gauge(name);
        self.0.bell.notify_one();
        Ok(())
    }

    /// Something was heard in a room: it is open to us, even if it was closed.
    pub async fn heard(&self, room: &Room) {
        self.0.unpark(room).await;
    }

    /// Takes an ask on: it is on disk before any work, where its platform lasts. False when it is a repeated one,
    /// answered already or under way.
    ///
    /// # Errors
    /// The store's; then it was not taken on.
    pub async fn accept(&self, ask: &Ask) -> StoreResult<bool> {
        if self.0.lasts(ask.room.platform) { self.0.inbox.accept(ask).await } else { Ok(true) }
    }

    /// The asks that an earlier run left unanswered on a platform, oldest first, each with its arrival.
    ///
    /// # Errors
    /// The store's.
    pub fn unanswered(&self, platform: PlatformName) -> StoreResult<Vec<(Ask, Timestamp)>> {
        if self.0.lasts(platform) { self.0.inbox.unanswered(platform) } else { Ok(Vec::new()) }
    }

    /// There is nothing to say to an ask.
    ///
    /// # Errors
    /// The store's; then it is asked again after a restart.
    pub async fn say_nothing(&self, ask: &Ask) -> StoreResult<()> {
        if self.0.lasts(ask.room.platform) {
            self.0.store.commit(self.0.inbox.answered(Change::new(), ask)).await?;
        }
        self.0.inbox.leave(ask);
        Ok(())
    }

    /// Takes an answer to `ask`, which arrived at `arrived`, to be posted in the reader's language. It is on disk when
    /// this returns, and the ask is answered. An answer to a button takes its message's place, unless that shows a
    /// topic.
    ///
    /// # Errors
    /// The store's; then it is not said.
    pub async fn deliver(&self, ask: &Ask, answer: Answer, arrived: Timestamp) -> StoreResult<Sent> {
        let inner = &self.0;
        let Answer { mut reply, language } = answer;
        let name = ask.room.platform;
        let wishes: Vec<String> = language.into_iter().chain(ask.locale.clone()).collect();
        let salt = inner.dice.word(12);
        let mut change = stow(&inner.store, inner.clock.now(), &ask.from, &salt, &mut reply.card, Change::new())?;
        let voice = inner.voice(&wishes);
        let card = reply.card.say(&voice);
        let (tone, topic) = (card.tone, reply.topic.clone());
        let parcel = Parcel {
            nonce: inner.dice.word(20),
            ask: Some(inbox::without_secrets(ask)),
            room: ask.room.clone(),
            audience: reply.audience,
            card,
            call: None,
            under: None,
            showing: reply.topic.map(|topic| Showing { topic, person: ask.from.clone(), wishes, salt }),
            told: ask.id.clone(),
            since: arrived,
        };
        let order = inner.next();
        if inner.lasts(name) {
            change = inner.inbox.answered(parcel.keep(order, change), ask);
        }
        let (tell, posted) = oneshot::channel();
        let age = inner.clock.now().since(arrived);
        let by_ask = ask.handle.as_ref().and(inner.with(name, |door| door.limits.free).flatten());
        let free = by_ask.and_then(|free| free.checked_sub(age)).map(|left| Instant::now() + left);
        let waiting = Waiting { order, parcel: Arc::new(parcel), kept: false, anew: false, free, posted: Some(tell) };
        // Its place in the room is taken before it is on disk: what is said later comes later.
        inner.with(name, |door| door.push(waiting, Instant::now()));
        let kept = inner.store.commit(change).await;
        inner.with(name, |door| match &kept {
            Ok(()) => door.kept(&ask.room, order, Instant::now()),
            Err(_) => door.done(&ask.room, order, false, Instant::now()),
        });
        inner.inbox.leave(ask);
        inner.gauge(name);
        inner.bell.notify_one();
        kept.map(|()| Sent { tone, topic, posted })
    }

    /// An answer in words, without its buttons: a remark to one person.
    pub fn remark(&self, ask: &Ask, answer: Answer) -> Card<String> {
        let wishes: Vec<String> = answer.language.into_iter().chain(ask.locale.clone()).collect();
        let voice = self.0.voice(&wishes);
        let mut card = answer.reply.card;
        card.buttons.clear();
        card.say(&voice)
    }

    /// Says that a topic has changed. Returns at once.
    pub fn announce(&self, topic: &Topic) {
        let now = Instant::now();
        self.0.doors().values_mut().for_each(|door| door.announce(topic, now));
        self.0.bell.notify_one();
        self.0.moved.notify_waiters();
    }

    /// Waits until a topic's card will not change by itself any more, and all messages say so; its tone then, or
    /// `None` when there is no such topic.
    pub async fn rest(&self, topic: &Topic) -> Option<Tone> {
        self.until(|| (self.0.cards)(topic).is_none_or(|card| card.tone != Tone::Busy)).await;
        // Whoever changed it may not have announced it yet; drawing twice what is the same edits nothing.
        self.announce(topic);
        self.until(|| self.0.doors().values().all(|door| door.is_drawn(topic))).await;
        (self.0.cards)(topic).map(|card| card.tone)
    }

    /// Waits until nothing is being sent to a platform, or could be.
    pub async fn quiet(&self, platform: PlatformName) {
        self.until(|| self.0.doors().get(&platform).is_none_or(Door::is_quiet)).await;
    }

    async fn until(&self, met: impl Fn() -> bool) {
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if met() {
                return;
            }
            moved.await;
        }
    }

    /// Sends everything, and keeps messages true, until `stop`; then ends the requests that are under way.
    pub async fn run(self, stop: CancellationToken) {
        let mut flights = JoinSet::new();
        let mut tidy = tokio::time::interval(TIDY);
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            let next = self.0.pump(&mut flights);
            let wait = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.0.bell.notified() => {}
                () = wait => {}
                Some(_) = flights.join_next() => {}
                now = tidy.tick() => self.0.doors().values_mut().for_each(|door| door.tidy(now)),
                _ = sweep.tick() => self.sweep(&mut flights),
            }
        }
        let ended = async { while flights.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, ended).await.is_err() {
            tracing::info!("messages were still being sent when the program stopped; they are sent at its next start");
        }
    }

    fn sweep(&self, flights: &mut JoinSet<()>) {
        let inner = self.0.clone();
        flights.spawn(async move {
            if let Err(error) = inner.inbox.sweep().await {
                tracing::error!(%error, "asks of long ago could not be forgotten");
            }
        });
    }
}

impl Inner {
    fn doors(&self) -> MutexGuard<'_, BTreeMap<PlatformName, Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a door; nothing where no platform has joined by that name.
    fn with<T>(&self, name: PlatformName, act: impl FnOnce(&mut Door) -> T) -> Option<T> {
        self.doors().get_mut(&name).map(act)
    }

    /// Whether a platform's messages outlive the program: then so must what is to be said there.
    fn lasts(&self, name: PlatformName) -> bool {
        self.doors().get(&name).is_some_and(|door| door.limits.lasting)
    }

    fn next(&self) -> u64 {
        self.order.fetch_add(1, Ordering::SeqCst)
    }

    fn voice(&self, wishes: &[String]) -> Arc<Voice> {
        self.voices.find(wishes.iter().map(String::as_str))
    }

    /// Shows on the meters what waits.
    fn gauge(&self, name: PlatformName) {
        let waiting = self.with(name, |door| door.waiting).unwrap_or(0);
        let on = On { platform: name.word() };
        self.meters.waiting.get_or_create(&on).set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }
}
