//! A message that shows a topic is drawn again, edited where that changes anything, and its asker called.
//!
//! Not here: when (`door`), and failures that posts have too (`send`).

use super::Inner;
use super::door::Door;
use super::lane::Waiting;
use super::outbox::Parcel;
use super::send::{For, unharmed};
use super::shows::Show;
use crate::chat::{Anchor, Card, Platform, PlatformError, PlatformName, Tone};
use crate::commands::stow;
use crate::store::{Change, StoreResult};
use tokio::time::Instant;

/// What a message should show now.
pub(super) struct Look {
    card: Card<String>,
    digest: String,
    /// It shows that already.
    pub same: bool,
    /// What its buttons do, where that is new.
    change: Change,
}

impl Inner {
    /// What a message should show now; `None` when its topic is gone.
    pub fn look(&self, show: &Show) -> StoreResult<Option<Look>> {
        let Some(mut card) = (self.cards)(&show.topic) else { return Ok(None) };
        let change = stow(&self.store, self.clock.now(), &show.person, &show.salt, &mut card, Change::new())?;
        let voice = self.voice(&show.wishes);
        let card = card.say(&voice);
        let digest = digest(&card);
        Ok(Some(Look { same: show.drawn.as_deref() == Some(&digest), card, digest, change }))
    }

    /// Edits a message, if that changes anything.
    pub async fn redraw(&self, platform: &dyn Platform, show: Show, look: StoreResult<Option<Look>>) {
        let name = platform.name();
        match self.edit(platform, &show, look).await {
            Ok(Some((anchor, look))) => self.drawn(name, &show, anchor, look).await,
            Ok(None) => self.forget(name, &show).await,
            Err(PlatformError::Gone(why)) => {
                tracing::info!(topic = %show.topic.name(), why, "a message is gone, and is not kept any more");
                self.forget(name, &show).await;
            }
            Err(error) => self.failed(name, For::Show(Box::new(show)), error).await,
        }
        self.tell(name);
    }

    async fn edit(
        &self,
        platform: &dyn Platform,
        show: &Show,
        look: StoreResult<Option<Look>>,
    ) -> Result<Option<(Anchor, Look)>, PlatformError> {
        let Some(mut look) = look.map_err(PlatformError::passing)? else { return Ok(None) };
        if look.same {
            return Ok(Some((show.anchor.clone(), look)));
        }
        self.store.commit(std::mem::take(&mut look.change)).await.map_err(PlatformError::passing)?;
        let result = unharmed(platform.edit(&show.anchor, &look.card, None)).await;
        self.count(platform.name(), "edit", &result);
        Ok(Some((result?, look)))
    }

    /// A message shows what it should. Who waited long for that is called, once: the call and the rest are one change.
    async fn drawn(&self, name: PlatformName, show: &Show, anchor: Anchor, look: Look) {
        let Look { card, digest, same, .. } = look;
        let Some((lasting, quiet, tick)) =
            self.with(name, |Door { limits, .. }| (limits.lasting, limits.quiet, limits.tick))
        else {
            return;
        };
        let (after, call, note) = show.drawn(anchor, digest, card.tone, self.clock.now());
        let tick = tick.filter(|_| card.tone == Tone::Busy);
        let call = (call && quiet).then(|| (self.next(), self.call(&after, card)));
        if lasting && note {
            let mut change = Change::new();
            if after.anchor != show.anchor {
                change = Show::forget(&show.anchor, change);
            }
            change = after.keep(change);
            if let Some((order, parcel)) = &call {
                change = parcel.keep(*order, change);
            }
            self.note(self.store.commit(change).await);
        }
        let (now, room) = (Instant::now(), &show.anchor.room);
        self.with(name, |door| {
            door.drawn(show, Some(after), !same, tick, now);
            if let Some((order, parcel)) = call {
                door.push(Waiting::kept(order, parcel), now);
            }
            door.end(room, !same, now);
        });
    }

    /// A short message that tells who waited how it came out.
    fn call(&self, show: &Show, card: Card<String>) -> Parcel {
        let card = Card { blocks: Vec::new(), buttons: Vec::new(), question: None, ..card };
        Parcel {
            nonce: self.dice.word(20),
            ask: None,
            room: show.anchor.room.clone(),
            audience: show.audience,
            card,
            call: Some(show.person.clone()),
            under: Some(show.anchor.clone()),
            showing: None,
            told: show.told.clone(),
            since: self.clock.now(),
        }
    }

    /// Nothing is drawn there any more.
    async fn forget(&self, name: PlatformName, show: &Show) {
        if self.lasts(name) {
            self.note(self.store.commit(Show::forget(&show.anchor, Change::new())).await);
        }
        let now = Instant::now();
        self.with(name, |door| {
            door.drawn(show, None, false, None, now);
            door.end(&show.anchor.room, true, now);
        });
    }
}

/// A short digest of what a message shows.
pub(super) fn digest(card: &Card<String>) -> String {
    use sha2::Digest;
    let told = serde_json::to_vec(card).unwrap_or_default();
    hex::encode(sha2::Sha256::digest(&told).get(..8).unwrap_or_default())
}
