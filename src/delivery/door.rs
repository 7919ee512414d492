//! What waits to be sent to one platform, and what goes next: book-keeping, without IO.
//!
//! Each room has a lane: one request at a time, posts in order, and an edit only when no post waits. Of all lanes that
//! may go, the most urgent goes first. Not here: messages that show a topic (`truth`), and what
//! comes of a request (`send`).

use super::gates::Gates;
use super::lane::{Lane, Slot, Waiting};
use super::outbox::Parcel;
use super::shows::{At, Live, Show};
use crate::chat::{Anchor, Audience, Limits, Platform, Room, Topic};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::time::Instant;

/// How urgent something is, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Somebody asked, or is called.
    Answer,
    /// Something that is shown has changed.
    Progress,
    /// Nothing happened: a clock moves on, a message is looked at after a start.
    Digest,
}

/// One platform.
pub(super) struct Door {
    pub platform: Arc<dyn Platform>,
    pub limits: Limits,
    gates: Gates,
    /// Until when it wants to be left alone everywhere, and how often in a row it said so without saying how long.
    rests: Option<Instant>,
    failures: u32,
    pub(super) lanes: HashMap<String, Lane>,
    pub(super) shows: BTreeMap<At, Live>,
    pub(super) topics: BTreeMap<Topic, BTreeSet<At>>,
    ready: BTreeSet<(Priority, u64, String)>,
    later: BTreeSet<(Instant, String)>,
    /// Numbers what becomes due.
    pub(super) last: u64,
    /// How many parcels wait.
    pub waiting: usize,
}

/// What is to be done now.
pub(super) enum Job {
    /// Send a parcel; `over`: in that message's place; `free`: outside of the platform's rates.
    Send { order: u64, parcel: Arc<Parcel>, over: Option<Anchor>, free: bool },
    /// Draw a message again.
    Draw(Box<Show>),
}

impl Door {
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        let limits = platform.limits();
        Self {
            platform,
            limits,
            gates: Gates::new(limits.rates),
            rests: None,
            failures: 0,
            lanes: HashMap::new(),
            shows: BTreeMap::new(),
            topics: BTreeMap::new(),
            ready: BTreeSet::new(),
            later: BTreeSet::new(),
            last: 0,
            waiting: 0,
        }
    }

    /// The same door with another platform behind it.
    pub fn serve(&mut self, platform: Arc<dyn Platform>) {
        self.limits = platform.limits();
        self.gates = Gates::new(self.limits.rates);
        self.platform = platform;
    }

    pub(super) fn lane(&mut self, room: &Room) -> &mut Lane {
        self.lanes.entry(room.id.clone()).or_insert_with(|| Lane::of(room))
    }

    /// One more parcel. Its place in line is fixed, even when it may not go yet.
    pub fn push(&mut self, waiting: Waiting, now: Instant) {
        let room = waiting.parcel.room.clone();
        self.waiting += 1;
        let lane = self.lane(&room);
        let place = lane.parcels.partition_point(|other| other.order < waiting.order);
        lane.parcels.insert(place, waiting);
        self.place(&room.id, now);
    }

    /// A parcel is on disk, and may go.
    pub fn kept(&mut self, room: &Room, order: u64, now: Instant) {
        self.lane(room).with(order, |waiting| waiting.kept = true);
        self.place(&room.id, now);
    }

    /// Whether nothing is under way, nor waits without a reason.
    pub fn is_quiet(&self) -> bool {
        let waits = |lane: &Lane| !lane.parcels.is_empty() && !lane.parked && lane.rests.or(self.rests).is_none();
        !self.lanes.values().any(|lane| lane.flying || waits(lane))
    }

    /// How many rooms are closed to us.
    pub fn parked(&self) -> usize {
        self.lanes.values().filter(|lane| lane.parked).count()
    }

    /// Stands a lane in line anew, after anything about it has changed.
    pub(super) fn place(&mut self, id: &str, now: Instant) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        match lane.slot.take() {
            Some(Slot::Ready(priority, order)) => drop(self.ready.remove(&(priority, order, id.to_owned()))),
            Some(Slot::Later(at)) => drop(self.later.remove(&(at, id.to_owned()))),
            None => {}
        }
        if lane.flying || lane.parked {
            return;
        }
        let due = match lane.parcels.front() {
            Some(waiting) => waiting.kept.then_some((now, Priority::Answer, waiting.order)),
            None => lane.first(&self.shows, now).map(|(due, _)| due),
        };
        let Some((at, priority, order)) = due else { return };
        let free = lane.parcels.front().is_some_and(|waiting| waiting.is_free(now));
        let gate = self.gates.room(&lane.room).filter(|_| !free);
        let at = Some(at).max(lane.rests).max(gate).unwrap_or(now);
        if at <= now {
            lane.slot = Some(Slot::Ready(priority, order));
            self.ready.insert((priority, order, id.to_owned()));
        } else {
            lane.slot = Some(Slot::Later(at));
            self.later.insert((at, id.to_owned()));
        }
    }

    /// A room whose turn it is with something that the rates do not concern.
    fn free(&self, now: Instant) -> Option<String> {
        let is_free = |id: &String| self.lanes.get(id)?.parcels.front().map(|waiting| waiting.is_free(now));
        self.ready.iter().map(|(.., id)| id).find(|id| is_free(id) == Some(true)).cloned()
    }

    /// Until when nothing may be sent anywhere.
    fn shut(&self) -> Option<Instant> {
        self.rests.max(self.gates.all())
    }

    /// What is to be done now; its room has it under way from here on.
    pub fn pick(&mut self, now: Instant) -> Option<Job> {
        while let Some((at, id)) = self.later.first().cloned()
            && at <= now
        {
            self.place(&id, now);
        }
        if self.rests.is_some_and(|until| until > now) {
            return None;
        }
        let id = if self.gates.all().is_some_and(|until| until > now) {
            self.free(now)?
        } else {
            loop {
                let first = self.ready.first().cloned()?;
                // A room of the same group may have gone meanwhile.
                self.place(&first.2, now);
                if self.ready.first() == Some(&first) {
                    break first.2;
                }
            }
        };
        let lane = self.lanes.get_mut(&id)?;
        let job = match lane.parcels.front() {
            Some(waiting) => {
                let free = waiting.is_free(now);
                Job::Send { order: waiting.order, parcel: waiting.parcel.clone(), over: None, free }
            }
            None => {
                let (_, key) = lane.first(&self.shows, now)?;
                lane.wanted.remove(&key);
                let live = self.shows.get_mut(&key)?;
                (live.news, live.tick, live.flying) = (None, None, true);
                Job::Draw(Box::new(live.show.clone()))
            }
        };
        let anew = lane.parcels.front().is_some_and(|waiting| waiting.anew);
        (lane.flying, lane.heard) = (true, false);
        self.place(&id, now);
        Some(match job {
            Job::Send { order, parcel, free, .. } => {
                let over = parcel.ask.as_ref().and_then(|ask| ask.message.clone());
                let over = over.filter(|over| !anew && parcel.audience == Audience::Room && !self.shows(over));
                Job::Send { order, parcel, over, free }
            }
            draw => draw,
        })
    }

    /// When to look again, if nothing else happens.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let ready = (!self.ready.is_empty()).then(|| self.shut().unwrap_or(now));
        let later = self.later.first().map(|(at, _)| *at);
        ready.into_iter().chain(later).min()
    }

    /// A request goes out to a room.
    pub fn pass(&mut self, room: &Room) {
        self.gates.pass(room);
    }

    /// What was under way in a room has ended. `sent`: the platform took a request.
    pub fn end(&mut self, room: &Room, sent: bool, now: Instant) {
        if sent {
            self.gates.arrived(room, now);
            (self.failures, self.rests) = (0, self.rests.filter(|until| *until > now));
        }
        let lane = self.lane(room);
        lane.flying = false;
        if sent {
            (lane.failures, lane.rests) = (0, None);
        }
        self.place(&room.id, now);
    }

    /// A parcel is not to be sent any more: it was (`posted`), or cannot be.
    pub fn done(&mut self, room: &Room, order: u64, posted: bool, now: Instant) {
        let lane = self.lane(room);
        if let Some(place) = lane.parcels.iter().position(|waiting| waiting.order == order)
            && let Some(waiting) = lane.parcels.remove(place)
        {
            self.waiting = self.waiting.saturating_sub(1);
            if let Some(waits) = waiting.posted {
                // Who does not wait any more does not want to know.
                let _ = waits.send(posted);
            }
        }
        self.place(&room.id, now);
    }

    /// The message whose place a parcel was to take is gone.
    pub fn anew(&mut self, room: &Room, order: u64) {
        self.lane(room).with(order, |waiting| waiting.anew = true);
    }

    /// How often in a row a room, or the platform, did not take what was sent, this time counted.
    pub fn failed(&mut self, room: &Room, everywhere: bool) -> u32 {
        let failures = if everywhere { &mut self.failures } else { &mut self.lane(room).failures };
        *failures += 1;
        *failures
    }

    /// A room, or the platform, is left alone until then.
    pub fn rest(&mut self, room: &Room, everywhere: bool, until: Instant) {
        let rests = if everywhere { &mut self.rests } else { &mut self.lane(room).rests };
        *rests = (*rests).max(Some(until));
    }

    /// A room is closed to us; returns false where somebody has spoken there since the request that said so began.
    pub fn park(&mut self, room: &Room) -> bool {
        let lane = self.lane(room);
        lane.parked = !lane.heard;
        lane.parked
    }

    /// Somebody has spoken in a room that is not closed, or not known to be.
    pub fn heard(&mut self, room: &Room) {
        if let Some(lane) = self.lanes.get_mut(&room.id) {
            lane.heard = lane.flying;
        }
    }

    /// Whether a room is closed to us.
    pub fn is_parked(&self, room: &Room) -> bool {
        self.lanes.get(&room.id).is_some_and(|lane| lane.parked)
    }

    /// A room is open again.
    pub fn unpark(&mut self, room: &Room, now: Instant) {
        let lane = self.lane(room);
        // What is known of it may come from the disk, where only its id is.
        (lane.parked, lane.rests, lane.failures, lane.room) = (false, None, 0, room.clone());
        self.place(&room.id, now);
    }

    /// Forgets rooms in which nothing happens.
    pub fn tidy(&mut self, now: Instant) {
        self.gates.tidy(now);
        self.lanes.retain(|_, lane| {
            let empty = lane.parcels.is_empty() && lane.wanted.is_empty() && !lane.flying && !lane.parked;
            !empty || lane.rests.is_some_and(|until| until > now)
        });
    }
}
