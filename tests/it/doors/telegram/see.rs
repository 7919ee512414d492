//! What people see: messages as a client shows them. Not raw JSON: for that there is `requests`.

use super::Telegram;
use super::model::{Author, Document, Entity, Markup, Message, Person, Room, Spot, State, Topic};
use super::press::rows;
use std::time::Duration;
use tokio::time::Instant;

/// One button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What is on it.
    pub label: String,
    /// What the bot hears when it is pressed.
    pub data: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
}

/// One message as a client shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The chat.
    pub room: Room,
    /// The message's number in the chat.
    pub id: i64,
    /// Whether the bot wrote it.
    pub by_bot: bool,
    /// The text or caption, its markup taken out.
    pub text: String,
    /// What is bold, a link, …
    pub entities: Vec<Entity>,
    /// The buttons under it, by row.
    pub rows: Vec<Vec<Button>>,
    /// The client opens an answer to it.
    pub force_reply: bool,
    /// The message that it answers.
    pub reply_to: Option<i64>,
    /// The file in it.
    pub document: Option<Document>,
    /// How often it was edited.
    pub edits: u32,
    /// The topic that it is in.
    pub topic: Option<Topic>,
}

impl Shown {
    /// The labels of all its buttons.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flatten().map(|button| button.label.as_str())
    }

    /// The stretch of text that `entity` is about.
    pub fn part(&self, entity: &Entity) -> String {
        let units: Vec<u16> = self.text.encode_utf16().skip(entity.offset).take(entity.length).collect();
        String::from_utf16_lossy(&units)
    }

    /// Where the words `label` of its text lead.
    pub fn link(&self, label: &str) -> Option<String> {
        self.entities.iter().find(|entity| entity.url.is_some() && self.part(entity) == label)?.url.clone()
    }
}

/// A button that nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spinner {
    /// Who pressed it.
    pub person: Person,
    /// What is on it.
    pub label: String,
    /// How long ago.
    pub age: Duration,
}

fn shown(room: Room, message: &Message) -> Shown {
    Shown {
        room,
        id: message.id,
        by_bot: message.author == Author::Bot,
        text: message.text.clone(),
        entities: message.entities.clone(),
        rows: rows(message.markup.as_ref()),
        force_reply: message.markup == Some(Markup::ForceReply),
        reply_to: message.reply_to,
        document: message.document.clone(),
        edits: message.edits,
        topic: message.thread.filter(|_| message.in_topic).map(Topic),
    }
}

impl State {
    /// What the bot wrote in the chats that `person` is in, the newest first.
    pub fn shown_to(&self, person: Person) -> impl Iterator<Item = Shown> {
        let rooms = self.user(person).rooms.iter().map(|room| (*room, self.chat(*room)));
        let mut all: Vec<(Room, &Message)> = rooms
            .flat_map(|(room, chat)| chat.messages.values().map(move |message| (room, message)))
            .filter(|(_, message)| message.author == Author::Bot && message.service.is_none())
            .collect();
        all.sort_by_key(|(_, message)| -message.order);
        all.into_iter().map(|(room, message)| shown(room, message))
    }
}

impl Telegram {
    /// Everything that people and the bot wrote at `spot`, the oldest first. `user` has to be in the chat. Without a
    /// topic it is the whole chat.
    pub fn see(&self, user: Person, spot: impl Into<Spot>) -> Vec<Shown> {
        let spot = spot.into();
        self.core.quietly(|state| {
            let chat = state.chat(spot.room);
            assert!(chat.people.get(&user).is_some_and(|standing| standing.is_in()), "{user:?} is not in the chat");
            let written = chat.messages.values().filter(|message| message.service.is_none());
            let all = written.map(|message| shown(spot.room, message));
            all.filter(|shown| spot.topic.is_none() || shown.topic == spot.topic).collect()
        })
    }

    /// The newest message of the bot that `user` sees, in any chat.
    pub fn newest(&self, user: Person) -> Option<Shown> {
        self.core.quietly(|state| state.shown_to(user).next())
    }

    /// Waits for a message of the bot that `fits`, in any chat that `user` is in; the newest when there are several.
    pub async fn wait_for(&self, user: Person, fits: impl Fn(&Shown) -> bool) -> Shown {
        let found = self.sought(|state| state.shown_to(user).find(|shown| fits(shown))).await;
        found.unwrap_or_else(|| {
            let seen = self.core.quietly(|state| state.shown_to(user).collect::<Vec<_>>());
            let seen: Vec<_> = seen.iter().map(|shown| (&shown.text, shown.labels().collect::<Vec<_>>())).collect();
            panic!("it never came; in sight, the newest first: {seen:#?}; violations: {:#?}", self.violations())
        })
    }

    /// Pressed buttons that were never answered: their spinners still turn.
    pub fn unanswered(&self) -> Vec<Spinner> {
        self.core.quietly(|state| {
            let open = state.queries.values().filter(|query| query.answered.is_none());
            open.map(|query| Spinner {
                person: query.person,
                label: query.label.clone(),
                age: Instant::now() - query.asked,
            })
            .collect()
        })
    }

    /// Buttons that were answered, but slowly, and how long that took.
    pub fn late(&self) -> Vec<(String, Duration)> {
        self.core.quietly(|state| {
            let slow = state.options.slow;
            let late = state.queries.values().filter_map(|query| Some((query.label.clone(), query.answered?)));
            late.filter(|(_, took)| *took > slow).collect()
        })
    }

    /// The menu of commands that the client shows `user` in `room`: names and descriptions.
    pub fn menu(&self, user: Person, room: Room) -> Vec<(String, String)> {
        self.core.quietly(|state| state.menu(user, room))
    }
}
