//! The short texts by which this door finds again what it has to answer: an ask's handle, an anchor's messages, a room.
//!
//! They are stored, so they are as stable as the store. Not here: what is done with them.

use crate::chat::{PlatformName, Room};
use std::fmt;
use std::ops::RangeInclusive;
use teloxide::types::{ChatId, MessageId, ThreadId};

/// The numbers of basic groups; those of supergroups are below.
const BASIC: RangeInclusive<i64> = -999_999_999_999..=-1;

/// What an ask came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle {
    /// A message, by its id in its chat.
    Message(i32),
    /// A pressed button: the id of its callback query.
    Query(String),
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => write!(f, "m{id}"),
            Self::Query(id) => write!(f, "q{id}"),
        }
    }
}

impl Handle {
    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_prefix('q') {
            Some(id) => Some(Self::Query(id.to_owned())),
            None => text.strip_prefix('m')?.parse().ok().map(Self::Message),
        }
    }
}

/// The messages that show one card, as an anchor has them: `12`, `12+13`, `12+d14`, `n15`, `12@-500`.
///
/// A basic group that becomes a supergroup begins to number its messages anew, so theirs say whose number it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// The texts, in order.
    pub texts: Vec<i32>,
    /// The file that has the whole, where it is too long for messages.
    pub file: Option<i32>,
    /// It is a note about an answer that could not be given: the card itself must not take its place.
    pub note: bool,
    /// The basic group that they are in.
    pub group: Option<i64>,
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.texts.iter().map(|id| if self.note { format!("n{id}") } else { id.to_string() });
        let all: Vec<String> = texts.chain(self.file.map(|id| format!("d{id}"))).collect();
        f.write_str(&all.join("+"))?;
        self.group.map_or(Ok(()), |group| write!(f, "@{group}"))
    }
}

impl Parts {
    /// Messages of a chat.
    #[must_use]
    pub fn at(mut self, chat: ChatId) -> Self {
        self.group = Some(chat.0).filter(|chat| BASIC.contains(chat));
        self
    }

    /// One message.
    pub fn one(id: i32) -> Self {
        Self { texts: vec![id], ..Self::default() }
    }

    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (ids, group) = text.split_once('@').map_or((text, None), |(ids, group)| (ids, Some(group)));
        let group = group.map(str::parse).transpose().ok()?;
        let mut parts = Self { group, ..Self::default() };
        for piece in ids.split('+') {
            if let Some(id) = piece.strip_prefix('d') {
                parts.file = Some(id.parse().ok()?);
            } else if let Some(id) = piece.strip_prefix('n') {
                parts.note = true;
                parts.texts.push(id.parse().ok()?);
            } else {
                parts.texts.push(piece.parse().ok()?);
            }
        }
        Some(parts)
    }
}

/// Where a room is: its chat, and the forum topic in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The chat.
    pub chat: ChatId,
    /// The topic.
    pub thread: Option<ThreadId>,
}

impl Spot {
    /// The spot of a room: `-100123` or `-100123/45`.
    pub fn of(room: &Room) -> Option<Self> {
        let (chat, thread) = room.id.split_once('/').map_or((room.id.as_str(), None), |(chat, id)| (chat, Some(id)));
        let thread = thread.map(str::parse).transpose().ok()?.map(|id| ThreadId(MessageId(id)));
        Some(Self { chat: ChatId(chat.parse().ok()?), thread })
    }

    /// The room of a spot.
    pub fn room(self, private: bool) -> Room {
        let chat = self.chat.0;
        let id = self.thread.map_or_else(|| chat.to_string(), |thread| format!("{chat}/{thread}"));
        let group = (!private).then(|| chat.to_string());
        Room { platform: PlatformName::Telegram, id, private, group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for handle in [Handle::Message(7), Handle::Query("4382bfdwdsb323b2d9".into())] {
            assert_eq!(Handle::read(&handle.to_string()), Some(handle));
        }
        for text in ["12", "12+13", "12+d14", "n15", "12+13+14", "12+d14@-500"] {
            assert_eq!(Parts::read(text).map(|parts| parts.to_string()).as_deref(), Some(text));
        }
        for text in ["", "x", "m", "12+", "12+x", "12@", "@-5"] {
            assert_eq!(Parts::read(text), None, "{text}");
            assert_eq!(Handle::read(text), None, "{text}");
        }
        for (id, private) in [("77", true), ("-100123", false), ("-100123/45", false)] {
            let group = (!private).then(|| "-100123".to_owned());
            let room = Room { platform: PlatformName::Telegram, id: id.to_owned(), private, group };
            assert_eq!(Spot::of(&room).map(|spot| spot.room(private)), Some(room));
        }
    }
}
