//! Delivery: answers become messages, and messages that show a topic stay true.
//!
//! Whoever changes a topic announces it; every message that shows it is drawn again and edited, the newest
//! state last, never two edits of one message at once, no faster than its platform likes. What shows what is
//! stored, so that a restart goes on editing. Not here: what a topic looks like (a function given at wiring)
//! and how a platform draws a card.

mod shows;

use crate::chat::{Anchor, Ask, Audience, Card, Limits, Platform, PlatformError, PlatformName, Post, Tone, Topic};
use crate::clock::{Clock, Dice};
use crate::commands::{Answer, Cards, House, stow};
use crate::speech::{Voice, Voices};
use crate::store::{Store, StoreError, StoreResult};
use shows::{Drawn, Show, Shows};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often a message is posted before it is given up.
const TRIES: u32 = 4;

/// A message could not be posted.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The platform's.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Delivery. Cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    dice: Dice,
    voices: Arc<Voices>,
    cards: Cards,
    platforms: Mutex<BTreeMap<PlatformName, Arc<dyn Platform>>>,
    shows: Shows,
    /// Rung when something may have to be drawn.
    bell: Notify,
    /// Rung when something was drawn, or announced.
    moved: Notify,
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
            platforms: Mutex::default(),
            shows: Shows::default(),
            bell: Notify::new(),
            moved: Notify::new(),
        }))
    }

    /// Takes a platform on, with the messages on it that were posted before a restart.
    ///
    /// # Errors
    /// The store's.
    pub async fn join(&self, platform: Arc<dyn Platform>) -> StoreResult<()> {
        let name = platform.name();
        let lasting = platform.limits().lasting;
        self.0.platforms.lock().unwrap_or_else(PoisonError::into_inner).insert(name, platform);
        self.0.shows.resume(&self.0.store, name, lasting).await?;
        self.0.bell.notify_one();
        Ok(())
    }

    /// Posts an answer to `ask`, in the reader's language. An answer to a button takes its message's place,
    /// unless that shows a topic. Returns how the card stands.
    ///
    /// # Errors
    /// The platform's, after some tries; the store's.
    pub async fn deliver(
        &self,
        platform: &dyn Platform,
        ask: &Ask,
        answer: Answer,
    ) -> Result<(Tone, Option<Topic>), DeliveryError> {
        let Answer { mut reply, language } = answer;
        let wishes: Vec<String> = language.into_iter().chain(ask.locale.clone()).collect();
        let voice = self.0.voice(&wishes);
        let salt = self.0.dice.word(12);
        stow(&self.0.store, self.0.clock.now(), &ask.from, &salt, &mut reply.card).await?;
        let card = reply.card.say(&voice);
        let anchor = self.place(platform, ask, reply.audience, reply.topic.as_ref(), &card).await?;
        if let Some(topic) = reply.topic.clone() {
            let show = Show {
                topic: topic.clone(),
                anchor,
                person: ask.from.clone(),
                wishes,
                salt,
                drawn: Some(digest(&card)),
            };
            // It may have changed while it was posted, so it is looked at once more.
            self.0.shows.add(&self.0.store, show, card.tone != Tone::Busy).await?;
            self.0.bell.notify_one();
        }
        Ok((card.tone, reply.topic))
    }

    /// An answer in words, without its buttons: a remark to one person.
    pub fn remark(&self, ask: &Ask, answer: Answer) -> Card<String> {
        let wishes: Vec<String> = answer.language.into_iter().chain(ask.locale.clone()).collect();
        let voice = self.0.voice(&wishes);
        let mut card = answer.reply.card;
        card.buttons.clear();
        card.say(&voice)
    }

    async fn place(
        &self,
        platform: &dyn Platform,
        ask: &Ask,
        audience: Audience,
        topic: Option<&Topic>,
        card: &Card<String>,
    ) -> Result<Anchor, PlatformError> {
        if let Some(anchor) =
            ask.message.as_ref().filter(|anchor| audience == Audience::Room && !self.0.shows.has(anchor))
        {
            match platform.edit(anchor, card, Some(ask)).await {
                Ok(anchor) => return Ok(anchor),
                Err(error) => tracing::info!(%error, "the pressed message cannot be edited; the answer is posted anew"),
            }
        }
        let nonce = self.0.dice.word(20);
        let post =
            Post { nonce: &nonce, ask: Some(ask), room: &ask.room, audience, topic, card, call: None, under: None };
        let mut tried = 0;
        loop {
            tried += 1;
            match platform.post(post).await {
                Err(error @ PlatformError::Passing { .. }) if tried < TRIES => {
                    tracing::info!(%error, tried, "a message could not be posted yet");
                    tokio::time::sleep(Duration::from_secs(1 << tried)).await;
                }
                done => return done,
            }
        }
    }

    /// Says that a topic has changed. Returns at once.
    pub fn announce(&self, topic: &Topic) {
        self.0.shows.stale(topic);
        self.0.bell.notify_one();
        self.0.moved.notify_waiters();
    }

    /// Waits until a topic's card will not change by itself any more, and all messages say so; its tone then, or
    /// `None` when there is no such topic.
    pub async fn rest(&self, topic: &Topic) -> Option<Tone> {
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let tone = (self.0.cards)(topic)?.tone;
            if tone != Tone::Busy {
                break;
            }
            moved.await;
        }
        // Whoever changed it may not have announced it yet; drawing twice what is the same edits nothing.
        self.announce(topic);
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.0.shows.is_drawn(topic) {
                return (self.0.cards)(topic).map(|card| card.tone);
            }
            moved.await;
        }
    }

    /// Keeps messages true until `stop`; then finishes the edits that are under way.
    pub async fn run(self, stop: CancellationToken) {
        let mut edits = JoinSet::new();
        loop {
            let (due, next) = self.0.shows.due(Instant::now());
            for show in due {
                let inner = self.0.clone();
                edits.spawn(async move { inner.draw(show).await });
            }
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
                Some(_) = edits.join_next() => {}
            }
        }
        while edits.join_next().await.is_some() {}
    }
}

impl Inner {
    fn voice(&self, wishes: &[String]) -> Arc<Voice> {
        self.voices.find(wishes.iter().map(String::as_str))
    }

    /// Draws one message again, and edits it if that changes anything.
    async fn draw(&self, show: Show) {
        let platform =
            self.platforms.lock().unwrap_or_else(PoisonError::into_inner).get(&show.anchor.platform).cloned();
        let Some(platform) = platform else { return };
        let Limits { pace, tick, .. } = platform.limits();
        let drawn = match self.redraw(&*platform, &show).await {
            Ok(None) => Drawn::Gone,
            Ok(Some((tone, digest))) => {
                let tick = tick.filter(|_| tone == Tone::Busy);
                Drawn::Done { digest, resting: tone != Tone::Busy, pace, tick }
            }
            Err(DeliveryError::Platform(PlatformError::Gone(why))) => {
                tracing::info!(topic = %show.topic.name(), why, "a message is gone, and is not kept any more");
                Drawn::Gone
            }
            Err(error) => {
                tracing::info!(topic = %show.topic.name(), %error, "a message could not be edited yet");
                Drawn::Failed
            }
        };
        if let Err(error) = self.shows.drawn(&self.store, &show, drawn).await {
            tracing::error!(%error, "it could not be noted what a message shows");
        }
        self.moved.notify_waiters();
        self.bell.notify_one();
    }

    async fn redraw(&self, platform: &dyn Platform, show: &Show) -> Result<Option<(Tone, String)>, DeliveryError> {
        let Some(mut card) = (self.cards)(&show.topic) else { return Ok(None) };
        stow(&self.store, self.clock.now(), &show.person, &show.salt, &mut card).await?;
        let voice = self.voice(&show.wishes);
        let card = card.say(&voice);
        let digest = digest(&card);
        if show.drawn.as_deref() != Some(&digest) {
            platform.edit(&show.anchor, &card, None).await?;
        }
        Ok(Some((card.tone, digest)))
    }
}

/// A short digest of what a message shows.
fn digest(card: &Card<String>) -> String {
    use sha2::Digest;
    let told = serde_json::to_vec(card).unwrap_or_default();
    hex::encode(sha2::Sha256::digest(&told).get(..8).unwrap_or_default())
}
