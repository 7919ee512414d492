//! From what Telegram tells to asks that are taken: the way in, the same for polling and for the webhook.
//!
//! Telegram forgets an update only when we say so, and we say so only when its ask is in safe hands. Not here: how
//! updates reach us.

use super::handle::Handle;
use super::receive::{Heard, Myself, hear};
use super::wire::Wire;
use crate::chat::{Ask, PlatformName};
use crate::meters::{Meters, On};
use crate::platforms::words;
use crate::speech::{Line, Voices};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use teloxide::types::Update;
use tokio::sync::{mpsc, oneshot};

/// Asks that wait to be taken.
const WAITING: usize = 100;

/// Resolves when an ask is in our hands: true when it is safe, false (or an error) when it has to come again.
pub type Taken = oneshot::Receiver<bool>;

/// The way in.
pub struct Intake {
    me: Myself,
    wire: Wire,
    voices: Arc<Voices>,
    meters: Meters,
    asks: mpsc::Sender<Ask>,
    waiting: Mutex<HashMap<String, oneshot::Sender<bool>>>,
}

impl Intake {
    /// The way in, and where asks come out.
    pub fn new(me: Myself, wire: Wire, voices: Arc<Voices>, meters: Meters) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, receiver) = mpsc::channel(WAITING);
        (Self { me, wire, voices, meters, asks, waiting: Mutex::default() }, receiver)
    }

    /// Hands an update on. `None`: there is nothing to wait for.
    pub async fn hand(&self, update: &Update) -> Option<Taken> {
        match hear(update, &self.me) {
            Heard::Ask(ask) => {
                let (sender, taken) = oneshot::channel();
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(ask.id.clone(), sender);
                // It fails only when nobody takes asks any more; then nobody says that they are taken either.
                let _ = self.asks.send(*ask).await;
                Some(taken)
            }
            Heard::Faceless { handle, spot } => {
                let told = self.voices.find([]).say(&Line::new(words::ANONYMOUS));
                let wire = self.wire.clone();
                tokio::spawn(async move {
                    let done = match &handle {
                        Handle::Query(query) => wire.answer(query, Some(told)).await,
                        Handle::Message(id) => wire.send(spot, &told, None, Some(*id)).await.map(drop),
                    };
                    if let Err(error) = done {
                        tracing::info!(error = wire.words(&error), "somebody without a name was not answered");
                    }
                });
                None
            }
            Heard::Nothing => None,
            Heard::Unknown => {
                self.unknown(Some(update.id.0));
                None
            }
        }
    }

    /// Counts what could not be read. Its content is not logged: it is somebody's.
    pub fn unknown(&self, id: Option<u32>) {
        tracing::warn!(?id, "Telegram told something that cannot be read");
        self.meters.unknown.get_or_create(&On { platform: PlatformName::Telegram.word() }).inc();
    }

    /// An ask is in our hands.
    pub fn accepted(&self, ask: &Ask, safe: bool) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ask.id);
        if let Some(waiting) = waiting {
            // Whoever waited may have gone: then it comes again.
            let _ = waiting.send(safe);
        }
    }
}
