//! Requests to a platform, and what comes of each.
//!
//! A flight is one request: a parcel posted, or a message that shows a topic edited. Whatever the platform says, the
//! disk learns it before the room's next request. Not here: what goes when (`door`), what is drawn (`draw`).

use super::door::Job;
use super::outbox::{self, PATIENCE, Parcel};
use super::shows::Show;
use super::{Inner, Priority};
use crate::chat::{Anchor, Platform, PlatformError, PlatformName, Room, Tone};
use crate::commands::move_questions;
use crate::meters::{On, SendOf};
use crate::store::{Change, StoreResult};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument;

/// The longest pause between two tries of ours.
const LONGEST: Duration = Duration::from_mins(1);

/// What a request was for.
pub(super) enum For {
    /// A parcel, by its order.
    Parcel(u64, Arc<Parcel>),
    /// A message that shows a topic.
    Show(Box<Show>),
}

impl Inner {
    /// Starts everything that may go now, and says when to look again.
    pub fn pump(self: &Arc<Self>, flights: &mut JoinSet<()>) -> Option<Instant> {
        let now = Instant::now();
        let names: Vec<PlatformName> = self.doors().keys().copied().collect();
        for &name in &names {
            while let Some((job, platform)) =
                self.with(name, |door| Some((door.pick(now)?, door.platform.clone()))).flatten()
            {
                let (inner, span) = (self.clone(), told(name, &job));
                match job {
                    Job::Send { order, parcel, over, free } => {
                        if !free {
                            self.with(name, |door| door.pass(&parcel.room));
                        }
                        let flight = async move { inner.send(&*platform, order, parcel, over).await };
                        flights.spawn(flight.instrument(span));
                    }
                    Job::Draw(show) => {
                        let look = span.in_scope(|| self.look(&show));
                        if matches!(&look, Ok(Some(look)) if !look.same) {
                            self.with(name, |door| door.pass(&show.anchor.room));
                        }
                        flights.spawn(async move { inner.redraw(&*platform, *show, look).await }.instrument(span));
                    }
                }
            }
        }
        let now = Instant::now();
        self.doors().values().filter_map(|door| door.wake(now)).min()
    }

    /// Posts a parcel, or puts it in the place of the message that it answers.
    async fn send(&self, platform: &dyn Platform, order: u64, parcel: Arc<Parcel>, over: Option<Anchor>) {
        let (name, room) = (platform.name(), &parcel.room);
        let result = match &over {
            Some(over) => {
                let result = unharmed(platform.edit(over, &parcel.card, parcel.ask.as_ref())).await;
                self.count(name, "edit", &result);
                result
            }
            None => {
                let result = unharmed(platform.post(parcel.post())).await;
                self.count(name, "post", &result);
                result
            }
        };
        match result {
            Ok(anchor) => self.sent(name, order, &parcel, anchor).await,
            Err(PlatformError::Gone(why)) if over.is_some() => {
                tracing::info!(why, "the pressed message cannot be edited; the answer is posted anew");
                self.with(name, |door| {
                    door.anew(room, order);
                    door.end(room, true, Instant::now());
                });
            }
            Err(PlatformError::Gone(why)) => {
                tracing::warn!(why, "a message cannot be posted, and is dropped");
                self.drop_parcels(name, room, &[order]).await;
                self.with(name, |door| door.end(room, true, Instant::now()));
            }
            Err(error) => self.failed(name, For::Parcel(order, parcel.clone()), error).await,
        }
        self.tell(name);
    }

    /// A parcel is with the platform.
    async fn sent(&self, name: PlatformName, order: u64, parcel: &Parcel, anchor: Anchor) {
        let lasting = self.lasts(name);
        let busy = parcel.card.tone == Tone::Busy;
        let show = parcel.showing.clone().map(|showing| Show {
            topic: showing.topic,
            anchor,
            audience: parcel.audience,
            person: showing.person,
            wishes: showing.wishes,
            salt: showing.salt,
            drawn: Some(super::draw::digest(&parcel.card)),
            kept: !busy,
            since: self.clock.now(),
            awaited: busy,
            told: parcel.told.clone(),
        });
        if lasting {
            let change = Parcel::forget(&parcel.room, order, Change::new());
            let change = show.iter().fold(change, |change, show| show.keep(change));
            self.note(self.store.commit(change).await);
        }
        if parcel.ask.is_some() {
            self.meters.answered(name.word(), self.clock.now().since(parcel.since));
        }
        let now = Instant::now();
        self.with(name, |door| {
            if let Some(show) = show {
                door.add(show, Priority::Progress, now);
            }
            door.done(&parcel.room, order, true, now);
            door.end(&parcel.room, true, now);
        });
    }

    /// A request failed, in a way that is the same for posts and edits.
    pub async fn failed(&self, name: PlatformName, what: For, error: PlatformError) {
        let room = match &what {
            For::Parcel(_, parcel) => parcel.room.clone(),
            For::Show(show) => show.anchor.room.clone(),
        };
        if let For::Show(show) = &what {
            self.with(name, |door| door.undrawn(show));
        }
        tracing::info!(%error, "a message could not be sent yet");
        match error {
            PlatformError::Moved(to) if to.id != room.id => self.moved(name, &room, &to).await,
            PlatformError::Closed(_) => self.park(name, &room).await,
            PlatformError::Passing { after, everywhere, .. } => {
                self.give_up_late(name, &what).await;
                self.pause(name, &room, after, everywhere);
            }
            PlatformError::Moved(_) | PlatformError::Gone(_) => {
                self.give_up_late(name, &what).await;
                self.pause(name, &room, None, false);
            }
        }
        self.with(name, |door| door.end(&room, false, Instant::now()));
    }

    /// A day is long enough to try.
    async fn give_up_late(&self, name: PlatformName, what: &For) {
        if let For::Parcel(order, parcel) = what
            && self.clock.now().since(parcel.since) > PATIENCE
        {
            tracing::error!("a message could not be sent for a day, and is dropped");
            self.counted(name, "post", "late");
            self.drop_parcels(name, &parcel.room, &[*order]).await;
        }
    }

    /// A room, or the whole platform, is left alone for as long as it wants, or as seems good.
    fn pause(&self, name: PlatformName, room: &Room, after: Option<Duration>, everywhere: bool) {
        let now = Instant::now();
        self.with(name, |door| {
            let pause = after.unwrap_or_else(|| {
                let failures = door.failed(room, everywhere);
                let most = LONGEST.min(Duration::from_secs(1 << (failures - 1).min(6)));
                // Not all at once: between half of it and all of it.
                most / 2 + Duration::from_millis(self.dice.below(u64::try_from(most.as_millis() / 2).unwrap_or(0)))
            });
            door.rest(room, everywhere, now + pause);
        });
    }

    /// A room is closed to us: nothing is sent there until somebody speaks in it.
    async fn park(&self, name: PlatformName, room: &Room) {
        if self.lasts(name) {
            self.note(self.store.commit(outbox::park(room, self.clock.now(), Change::new())).await);
        }
        if self.with(name, |door| door.park(room)) == Some(false) {
            // It has opened again meanwhile; nobody else would say so.
            if self.lasts(name) {
                self.note(self.store.commit(outbox::unpark(room, Change::new())).await);
            }
            self.pause(name, room, None, false);
        }
        self.gauge_parked(name);
    }

    /// A room is open again; what has waited for too long is not said any more.
    pub async fn unpark(&self, room: &Room) {
        let name = room.platform;
        if !self.with(name, |door| door.is_parked(room)).unwrap_or(false) {
            self.with(name, |door| door.heard(room));
            return;
        }
        let (parcels, _) = self.with(name, |door| door.contents(room)).unwrap_or_default();
        let now = self.clock.now();
        let late = parcels.iter().filter(|(_, parcel)| now.since(parcel.since) > PATIENCE);
        let late: Vec<u64> = late.map(|(order, _)| *order).collect();
        if !late.is_empty() {
            tracing::info!(count = late.len(), "what waited too long for a closed room is dropped");
        }
        if self.lasts(name) {
            self.note(self.store.commit(outbox::unpark(room, Change::new())).await);
        }
        self.drop_parcels(name, room, &late).await;
        self.with(name, |door| door.unpark(room, Instant::now()));
        self.gauge_parked(name);
        self.tell(name);
    }

    /// A room has become another one: everything that is known of it is known of that one, in one change.
    async fn moved(&self, name: PlatformName, from: &Room, to: &Room) {
        let (parcels, shows) = self.with(name, |door| door.contents(from)).unwrap_or_default();
        let mut change = outbox::unpark(from, Change::new());
        for (order, parcel) in &parcels {
            change = parcel.moved(to).keep(*order, Parcel::forget(from, *order, change));
        }
        for show in &shows {
            let anchor = Anchor { room: to.clone(), ..show.anchor.clone() };
            change = Show { anchor, ..show.clone() }.keep(Show::forget(&show.anchor, change));
        }
        match move_questions(&self.store, from, to, change) {
            Ok(change) if self.lasts(name) => self.note(self.store.commit(change).await),
            Ok(_) => {}
            Err(error) => self.note(Err(error)),
        }
        // Whether the room may be served is the people's to know; told again, it is the same.
        self.note(self.people.rooms().moved(from, to).await);
        let orders = parcels.iter().map(|(order, _)| *order).collect();
        self.with(name, |door| door.moved(from, to, &orders, Instant::now()));
    }

    async fn drop_parcels(&self, name: PlatformName, room: &Room, orders: &[u64]) {
        if self.lasts(name) {
            let change = orders.iter().fold(Change::new(), |change, order| Parcel::forget(room, *order, change));
            self.note(self.store.commit(change).await);
        }
        let now = Instant::now();
        self.with(name, |door| orders.iter().for_each(|order| door.done(room, *order, false, now)));
    }

    /// What was sent, was sent: a disk that does not learn it makes the next start send it again.
    pub fn note(&self, noted: StoreResult<()>) {
        if let Err(error) = noted {
            tracing::error!(%error, "it could not be noted what was sent");
        }
    }

    /// Something has happened at a door.
    pub fn tell(&self, name: PlatformName) {
        self.gauge(name);
        self.moved.notify_waiters();
        self.bell.notify_one();
    }

    fn gauge_parked(&self, name: PlatformName) {
        let parked = self.with(name, |door| door.parked()).unwrap_or(0);
        let on = On { platform: name.word() };
        self.meters.parked.get_or_create(&on).set(i64::try_from(parked).unwrap_or(i64::MAX));
    }

    pub fn count<T>(&self, name: PlatformName, kind: &'static str, result: &Result<T, PlatformError>) {
        let outcome = match result {
            Ok(_) => "done",
            Err(PlatformError::Passing { .. }) => "again",
            Err(PlatformError::Gone(_)) => "gone",
            Err(PlatformError::Closed(_)) => "closed",
            Err(PlatformError::Moved(_)) => "moved",
        };
        self.counted(name, kind, outcome);
    }

    fn counted(&self, name: PlatformName, kind: &'static str, outcome: &'static str) {
        self.meters.sends.get_or_create(&SendOf { platform: name.word(), kind, outcome }).inc();
    }
}

/// The span of a job: that of the ask which it comes from.
fn told(name: PlatformName, job: &Job) -> tracing::Span {
    let id = match job {
        Job::Send { parcel, .. } => &parcel.told,
        Job::Draw(show) => &show.told,
    };
    tracing::info_span!("ask", %id, platform = name.word())
}

/// A platform that panics has not taken it: its room must not stand still for that.
pub(super) async fn unharmed<T>(request: impl Future<Output = Result<T, PlatformError>>) -> Result<T, PlatformError> {
    let panicked = |_| Err(PlatformError::passing("the platform's code panicked"));
    AssertUnwindSafe(request).catch_unwind().await.unwrap_or_else(panicked)
}
