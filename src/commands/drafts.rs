//! Forms that are being filled, and buttons that wait to be pressed: what the desk remembers.
//!
//! Both have opaque ids of at most 24 bytes and belong to one person. A button's id follows from the message
//! it stands on and what it does, so that drawing a message again makes no new ones. Not here: what they do.

use crate::chat::{Answers, Card, Draft, DraftId, Person, Press, Room, Urge};
use crate::clock::Timestamp;
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// How long a form waits for its next answer.
pub(super) const PATIENCE: Duration = Duration::from_mins(30);
/// How long a form that has acted, or expired, is remembered, so that its buttons can say so.
const MEMORY: Duration = Duration::from_hours(24 * 7);
/// How long a button is remembered.
const BUTTONS: Duration = Duration::from_hours(24 * 90);

const DRAFTS: Table<String, Draft> = Table::new("drafts");
const PRESSES: Table<String, StoredPress> = Table::new("presses");
/// By person and room: the form that a typed line answers.
const OPEN: Table<(String, String), String> = Table::new("open-questions");

/// A button that waits to be pressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredPress {
    /// Who may press it.
    pub person: Person,
    /// What it does.
    pub urge: Urge,
    /// Since when.
    pub made: Timestamp,
}

/// Stores what the buttons and choices of a card do, for `person` alone, and gives each its press. `salt` names the message:
/// drawn again with the same salt, a button keeps its id. What is not stored yet is added to `change`.
///
/// # Errors
/// The store's.
pub fn stow(
    store: &Store,
    now: Timestamp,
    person: &Person,
    salt: &str,
    card: &mut Card,
    mut change: Change,
) -> StoreResult<Change> {
    let mut urges: Vec<(Urge, &mut Option<Press>)> = Vec::new();
    if let Some(question) = &mut card.question {
        for choice in &mut question.choices {
            let answers = Answers::from([(question.field.clone(), choice.value.clone())]);
            urges.push((Urge::Fill { draft: question.draft.clone(), answers }, &mut choice.press));
        }
    }
    for button in &mut card.buttons {
        urges.extend(button.urge.take().map(|urge| (urge, &mut button.press)));
    }
    for (urge, press) in urges {
        let mut hash = Sha256::new();
        let told = serde_json::to_vec(&urge).unwrap_or_default();
        for part in [salt.as_bytes(), person.handle().as_bytes(), &told] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        // 24 letters and digits, nothing else: a form that it opens takes its name, and so does what that form
        // makes on the grid, where a hyphen is refused.
        let id = hex::encode(hash.finalize().get(..12).unwrap_or_default());
        *press = Some(Press { id: id.clone() });
        if store.get(PRESSES, &id)?.is_none() {
            change = change.put(PRESSES, &id, &StoredPress { person: person.clone(), urge, made: now });
        }
    }
    Ok(change)
}

/// Questions that were open in a room stay open in the one that it has become.
///
/// # Errors
/// The store's.
pub fn move_questions(store: &Store, from: &Room, to: &Room, mut change: Change) -> StoreResult<Change> {
    for (at, id) in store.scan(OPEN, &())?.into_iter().filter(|((_, at), _)| *at == place(from)) {
        change = change.put(OPEN, &(at.0.clone(), place(to)), &id).remove(OPEN, &at);
    }
    Ok(change)
}

/// What the desk remembers.
#[derive(Clone)]
pub(super) struct Drafts(pub Store);

impl Drafts {
    pub(super) fn press(&self, id: &str) -> StoreResult<Option<StoredPress>> {
        self.0.get(PRESSES, &id.to_owned())
    }

    pub(super) fn get(&self, id: &DraftId) -> StoreResult<Option<Draft>> {
        self.0.get(DRAFTS, &id.0)
    }

    /// Keeps a draft; with `room`, lines typed there by its person answer it.
    pub(super) async fn keep(&self, draft: &Draft, room: Option<&Room>) -> StoreResult<()> {
        let mut change = Change::new().put(DRAFTS, &draft.id.0, draft);
        if let Some(room) = room {
            change = change.put(OPEN, &(draft.person.handle(), place(room)), &draft.id.0);
        }
        self.0.commit(change).await
    }

    /// The form that a line typed by `person` in `room` answers.
    pub(super) fn open(&self, person: &Person, room: &Room) -> StoreResult<Option<Draft>> {
        match self.0.get(OPEN, &(person.handle(), place(room)))? {
            Some(id) => self.get(&DraftId(id)),
            None => Ok(None),
        }
    }

    /// Forgets what is long past.
    pub(super) async fn sweep(&self, now: Timestamp) -> StoreResult<()> {
        let mut change = Change::new();
        for (id, draft) in self.0.scan(DRAFTS, &())? {
            if draft.expires.plus(MEMORY) < now {
                change = change.remove(DRAFTS, &id);
            }
        }
        for (id, press) in self.0.scan(PRESSES, &())? {
            if press.made.plus(BUTTONS) < now {
                change = change.remove(PRESSES, &id);
            }
        }
        for (at, id) in self.0.scan(OPEN, &())? {
            if self.get(&DraftId(id))?.is_none_or(|draft| draft.expires < now) {
                change = change.remove(OPEN, &at);
            }
        }
        self.0.commit(change).await
    }
}

fn place(room: &Room) -> String {
    format!("{}|{}", room.platform.word(), room.id)
}

/// One lane for each draft: of two presses at once, the second waits and sees what came of the first.
#[derive(Default)]
pub(super) struct Lanes(Mutex<HashMap<DraftId, Arc<tokio::sync::Mutex<()>>>>);

impl Lanes {
    pub(super) async fn enter(&self, id: &DraftId) -> OwnedMutexGuard<()> {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
            lanes.entry(id.clone()).or_default().clone()
        };
        lane.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Button, ButtonStyle, PlatformName, Tone};
    use crate::speech::Line;

    #[test]
    fn a_buttons_id_can_be_part_of_a_name_on_the_grid() {
        let store = Store::temporary().unwrap();
        let ada = Person { platform: PlatformName::Terminal, id: "ada".to_owned(), name: "ada".to_owned() };
        let urge = || Urge::Run { command: "deploy".to_owned(), answers: Default::default() };
        let button = || Button::new(Line::new("list-deploy"), ButtonStyle::Primary, urge());
        for salt in 0..50 {
            let mut card = Card::new(Tone::Plain, Line::new("list-none")).button(button());
            stow(&store, Timestamp::default(), &ada, &salt.to_string(), &mut card, Change::new()).unwrap();
            let id = card.buttons.first().and_then(|button| button.press.clone()).unwrap().id;
            assert!(id.len() <= 24 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");
        }
    }
}
