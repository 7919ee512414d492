//! The messages of one platform that show a topic: which are to be drawn again, and what stands there now.
//!
//! Book-keeping, without IO. Not here: when it is their turn (`door`).

use super::door::{Door, Priority};
use super::lane::Lane;
use super::outbox::Parcel;
use super::shows::{At, Live, Show, at};
use crate::chat::{Anchor, Room, Topic};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

impl Door {
    /// One more message that shows something. It may have changed since it was made, so it is looked at once more.
    pub fn add(&mut self, show: Show, priority: Priority, now: Instant) {
        self.last += 1;
        let (key, room) = (at(&show.anchor), show.anchor.room.clone());
        self.topics.entry(show.topic.clone()).or_default().insert(key.clone());
        let news = Some((priority, self.last));
        self.shows.insert(key.clone(), Live { show, news, flying: false, not_before: now, tick: None });
        self.lane(&room).wanted.insert(key);
        self.place(&room.id, now);
    }

    /// A topic has changed.
    pub fn announce(&mut self, topic: &Topic, now: Instant) {
        for key in self.topics.get(topic).cloned().unwrap_or_default() {
            self.last += 1;
            if let Some(live) = self.shows.get_mut(&key) {
                let since = live.news.map_or(self.last, |(_, since)| since);
                live.news = Some((Priority::Progress, since));
                let room = live.show.anchor.room.clone();
                self.lane(&room).wanted.insert(key);
                self.place(&room.id, now);
            }
        }
    }

    /// Whether a message shows a topic.
    pub(super) fn shows(&self, anchor: &Anchor) -> bool {
        self.shows.contains_key(&at(anchor))
    }

    /// Whether every message of the topic shows its newest state.
    pub fn is_drawn(&self, topic: &Topic) -> bool {
        let keys = self.topics.get(topic).into_iter().flatten();
        !keys.filter_map(|key| self.shows.get(key)).any(|live| live.news.is_some() || live.flying)
    }

    /// A message was drawn, and stands there now; `None`: nothing is drawn there any more.
    pub fn drawn(&mut self, before: &Show, after: Option<Show>, edited: bool, tick: Option<Duration>, now: Instant) {
        let (old, pace) = (at(&before.anchor), self.limits.pace);
        let Some(mut live) = self.shows.remove(&old) else { return };
        let keys = self.topics.entry(before.topic.clone()).or_default();
        keys.remove(&old);
        let wanted = &mut self
            .lanes
            .entry(before.anchor.room.id.clone())
            .or_insert_with(|| Lane::of(&before.anchor.room))
            .wanted;
        wanted.remove(&old);
        let Some(after) = after else {
            if keys.is_empty() {
                self.topics.remove(&before.topic);
            }
            return;
        };
        let new = at(&after.anchor);
        keys.insert(new.clone());
        live.show = after;
        live.flying = false;
        live.not_before = if edited { now + pace } else { now };
        live.tick = tick.map(|tick| now + tick);
        if live.due().is_some() {
            wanted.insert(new.clone());
        }
        self.shows.insert(new, live);
    }

    /// A message could not be drawn: it still has to be.
    pub fn undrawn(&mut self, show: &Show) {
        let key = at(&show.anchor);
        self.last += 1;
        let last = self.last;
        if let Some(live) = self.shows.get_mut(&key) {
            live.flying = false;
            live.news = live.news.or(Some((Priority::Progress, last)));
            self.lane(&show.anchor.room).wanted.insert(key);
        }
    }

    /// All that is to be sent to a room, and the messages in it that show something.
    pub fn contents(&self, room: &Room) -> (Vec<(u64, Arc<Parcel>)>, Vec<Show>) {
        let lane = self.lanes.get(&room.id);
        let parcels = lane.into_iter().flat_map(|lane| &lane.parcels).filter(|waiting| waiting.kept);
        let shows = self.shows.values().filter(|live| live.show.anchor.room.id == room.id);
        (
            parcels.map(|waiting| (waiting.order, waiting.parcel.clone())).collect(),
            shows.map(|live| live.show.clone()).collect(),
        )
    }

    /// A room has become another one: what was in it is there now.
    pub fn moved(&mut self, from: &Room, to: &Room, orders: &BTreeSet<u64>, now: Instant) {
        let (going, staying): (VecDeque<_>, _) = std::mem::take(&mut self.lane(from).parcels)
            .into_iter()
            .partition(|waiting| orders.contains(&waiting.order));
        self.waiting = self.waiting.saturating_sub(going.len());
        let lane = self.lane(from);
        (lane.parcels, lane.parked) = (staying, false);
        lane.wanted.clear();
        for mut waiting in going {
            waiting.parcel = Arc::new(waiting.parcel.moved(to));
            self.push(waiting, now);
        }
        let keys: Vec<At> = self.shows.keys().filter(|(room, _)| *room == from.id).cloned().collect();
        for key in keys {
            let Some(Live { mut show, .. }) = self.shows.remove(&key) else { continue };
            self.topics.entry(show.topic.clone()).or_default().remove(&key);
            show.anchor.room = to.clone();
            self.add(show, Priority::Progress, now);
        }
    }
}
