//! Cards become messages: one attempt each, however many messages a card takes.
//!
//! Not here: when that is, in which order, and what is done when it fails (`delivery`).

use super::handle::{Handle, Parts, Spot};
use super::keys::{Turns, has_any, keyboard};
use super::receive::Myself;
use super::render::{Extra, Sheet, sheet};
use super::wire::Wire;
use super::{fail, link};
use crate::chat::{Anchor, Audience, Card, PlatformError, PlatformName, Post, Room};
use crate::platforms::layout::shorten;
use crate::platforms::words;
use crate::speech::{Line, Voices};
use std::sync::Arc;
use teloxide::RequestError;
use teloxide::types::{ChatId, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, ReplyMarkup};
use url::Url;

/// The file that has what is too long for messages.
const FILE: &str = "bellhop.txt";
/// Letters in an empty input field: Telegram's.
const PLACEHOLDER: usize = 64;

/// What writes.
pub struct Pen {
    /// The way to Telegram.
    pub wire: Wire,
    /// Who we are.
    pub me: Myself,
    /// The words around the cards.
    pub voices: Arc<Voices>,
}

/// What goes with the messages of one card.
#[derive(Clone, Copy, Default)]
struct With<'a> {
    /// The message that they answer.
    reply: Option<i32>,
    extra: Extra<'a>,
    /// Opens the reader's reply at once.
    force: bool,
}

impl Pen {
    fn say(&self, card: &Card<String>, id: &str) -> String {
        self.voices.find(card.language.as_deref()).say(&Line::new(id))
    }

    fn failed(&self, error: &RequestError, room: &Room) -> PlatformError {
        fail::class(error, room, self.wire.bot.token())
    }

    /// Posts a card.
    ///
    /// # Errors
    /// The platform's. What was sent of it before it failed is taken away again.
    pub async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        if post.audience == Audience::Private && !post.room.private {
            return self.post_apart(post).await;
        }
        let spot = spot(post.room)?;
        let asked = post.ask.and_then(|ask| Handle::read(ask.handle.as_deref()?));
        let under = post.under.filter(|under| under.room == *post.room);
        let under =
            under.and_then(|under| Parts::read(&under.message)).filter(|parts| *parts == parts.clone().at(spot.chat));
        let reply = match asked {
            _ if under.is_some() => under.and_then(|parts| parts.texts.first().copied()),
            Some(Handle::Message(id)) if !post.room.private => Some(id),
            _ => None,
        };
        let force = !post.room.private && takes_only_a_text(post.card);
        // A reply calls whom it answers; a pressed button leaves nothing to reply to.
        let asker = post.ask.map(|ask| &ask.from).filter(|_| force && reply.is_none());
        let whom = post.call.or(asker).filter(|_| !post.room.private);
        let hint = self.hint(post.card, post.room);
        let with = With { reply, extra: Extra { whom, hint: hint.as_deref() }, force };
        let parts = self.send(spot, post.card, with).await.map_err(|error| self.failed(&error, post.room))?;
        Ok(anchor(post.room.clone(), spot, parts))
    }

    /// Where only texts are taken and there are buttons too, nothing opens a reply: then the card says how to answer.
    fn hint(&self, card: &Card<String>, room: &Room) -> Option<String> {
        let texts = card.question.as_ref().is_some_and(|question| question.free && question.choices.is_empty());
        (!room.private && texts && has_any(card)).then(|| self.say(card, words::REPLY))
    }

    /// What is for one person only, asked where others read: it goes to our private chat, and here a note says so.
    async fn post_apart(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        let Some(person) = post.ask.map(|ask| &ask.from).or(post.call) else {
            return Err(PlatformError::Gone("a private answer to nobody".to_owned()));
        };
        let private = Spot { chat: ChatId(number(&person.id)?), thread: None };
        let room = private.room(true);
        let sent = match self.send(private, post.card, With::default()).await {
            Ok(parts) => Some(anchor(room, private, parts)),
            Err(error) => match self.failed(&error, &room) {
                // They never opened our chat, or have closed it: only they can.
                PlatformError::Closed(_) => None,
                error => return Err(error),
            },
        };
        let ask = post.ask.map(|ask| &ask.what);
        let (note, url) = match sent {
            Some(_) => (words::PRIVATE_HERE, link::open(&self.me.name)),
            None => (words::PRIVATE_FIRST, link::ask(&self.me.name, ask)),
        };
        let note = self.note(post, note, url).await;
        match (sent, note) {
            (Some(sent), Ok(_)) => Ok(sent),
            // The answer is where it belongs; to say it again would be worse than a missing note.
            (Some(sent), Err(error)) => {
                tracing::info!(%error, "a note about a private answer could not be posted");
                Ok(sent)
            }
            (None, Ok(id)) => Ok(anchor(post.room.clone(), spot(post.room)?, Parts { note: true, ..Parts::one(id) })),
            (None, Err(error)) => Err(error),
        }
    }

    async fn note(&self, post: Post<'_>, id: &str, url: Option<Url>) -> Result<i32, PlatformError> {
        let spot = spot(post.room)?;
        let reply = post.ask.and_then(|ask| Handle::read(ask.handle.as_deref()?));
        let reply = match reply {
            Some(Handle::Message(id)) => Some(id),
            _ => None,
        };
        let label = self.say(post.card, words::OPEN_PRIVATE);
        let keys = url.map(|url| InlineKeyboardMarkup::new([[InlineKeyboardButton::url(label, url)]]));
        let markup = keys.map(ReplyMarkup::InlineKeyboard);
        let sent = self.wire.send(spot, &self.say(post.card, id), markup, reply).await;
        sent.map_err(|error| self.failed(&error, post.room))
    }

    async fn send(&self, to: Spot, card: &Card<String>, with: With<'_>) -> Result<Parts, RequestError> {
        let mut parts = Parts::default();
        let sheet = sheet(card, with.extra);
        let outcome = self.send_from(to, card, &sheet, with, &mut parts).await;
        if outcome.is_err() {
            self.take_away(to, parts.texts.iter().copied()).await;
        }
        outcome.map(|()| parts)
    }

    /// Sends what is on `sheet` and not yet in `parts`; the buttons go with the last message.
    async fn send_from(
        &self,
        to: Spot,
        card: &Card<String>,
        sheet: &Sheet,
        with: With<'_>,
        parts: &mut Parts,
    ) -> Result<(), RequestError> {
        for (at, html) in sheet.texts.iter().enumerate().skip(parts.texts.len()) {
            let last = at + 1 == sheet.texts.len() && sheet.file.is_none();
            let markup = last.then(|| self.markup(card, parts, with.force)).flatten();
            let reply = with.reply.filter(|_| at == 0);
            parts.texts.push(self.wire.send(to, html, markup, reply).await?);
        }
        if let Some(text) = sheet.file.clone() {
            let before = Parts { file: Some(0), ..parts.clone() };
            let markup = self.markup(card, &before, with.force);
            parts.file = Some(self.wire.send_file(to, (FILE, text), &self.say(card, words::FILE), markup).await?);
        }
        Ok(())
    }

    fn markup(&self, card: &Card<String>, before: &Parts, force: bool) -> Option<ReplyMarkup> {
        if force {
            let placeholder = shorten(&self.say(card, words::ANSWER), PLACEHOLDER, char::len_utf16);
            return Some(ForceReply::new().selective().input_field_placeholder(placeholder).into());
        }
        self.keys(card, before).map(ReplyMarkup::InlineKeyboard)
    }

    fn keys(&self, card: &Card<String>, before: &Parts) -> Option<InlineKeyboardMarkup> {
        let turns = Turns { back: self.say(card, words::BACK), more: self.say(card, words::MORE) };
        let rows = keyboard(card, &turns, before);
        (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
    }

    /// Puts a card in the place of another.
    ///
    /// # Errors
    /// The platform's; [`PlatformError::Gone`] also where what is wanted cannot be an edit.
    pub async fn edit(&self, at: &Anchor, card: &Card<String>) -> Result<Anchor, PlatformError> {
        let gone = |why: &str| PlatformError::Gone(why.to_owned());
        let spot = spot(&at.room)?;
        let old = Parts::read(&at.message).ok_or_else(|| gone("no such message"))?;
        if old.note {
            return Err(gone("only a note about it is there"));
        }
        if !at.room.private && takes_only_a_text(card) {
            return Err(gone("a message that opens a reply has to be a new one"));
        }
        let hint = self.hint(card, &at.room);
        let extra = Extra { whom: None, hint: hint.as_deref() };
        let sheet = sheet(card, extra);
        let mut parts = Parts::default();
        let group = Parts::default().at(spot.chat).group;
        // A group that has become another one: its messages are out of reach, and their numbers are others' now.
        let old = if old.group == group { old } else { Parts::default() };
        for (id, (at_part, html)) in old.texts.iter().zip(sheet.texts.iter().enumerate()) {
            let last = at_part + 1 == sheet.texts.len() && sheet.file.is_none();
            let keys = last.then(|| self.keys(card, &parts)).flatten();
            self.wire.edit(spot, *id, html, keys).await.map_err(|error| self.failed(&error, &at.room))?;
            parts.texts.push(*id);
        }
        let kept = parts.texts.len();
        let with = With { extra, ..With::default() };
        if let Err(error) = self.send_from(spot, card, &sheet, with, &mut parts).await {
            self.take_away(spot, parts.texts.iter().skip(kept).copied()).await;
            return Err(self.failed(&error, &at.room));
        }
        self.take_away(spot, old.texts.iter().skip(kept).copied().chain(old.file)).await;
        Ok(anchor(at.room.clone(), spot, parts))
    }

    async fn take_away(&self, at: Spot, ids: impl Iterator<Item = i32>) {
        for id in ids {
            self.wire.delete(at, id).await;
        }
    }
}

/// Whether a card asks for a text and has nothing to press.
fn takes_only_a_text(card: &Card<String>) -> bool {
    card.question.as_ref().is_some_and(|question| question.free || question.choices.is_empty()) && !has_any(card)
}

fn anchor(room: Room, spot: Spot, parts: Parts) -> Anchor {
    Anchor { platform: PlatformName::Telegram, room, message: parts.at(spot.chat).to_string() }
}

fn spot(room: &Room) -> Result<Spot, PlatformError> {
    Spot::of(room).ok_or_else(|| PlatformError::Closed(format!("{} is no chat of Telegram’s", room.id)))
}

fn number(id: &str) -> Result<i64, PlatformError> {
    id.parse().map_err(|_| PlatformError::Gone(format!("{id} is nobody on Telegram")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Choice, DraftId, Press, Question, Tone};

    #[test]
    fn a_reply_is_opened_only_where_nothing_can_be_pressed() {
        let mut card = Card {
            tone: Tone::Plain,
            title: "Which name?".to_owned(),
            blocks: Vec::new(),
            buttons: Vec::new(),
            question: None,
            language: None,
        };
        assert!(!takes_only_a_text(&card));
        card.question = Some(Question {
            draft: DraftId("d".into()),
            field: "name".into(),
            text: "Which name?".into(),
            choices: Vec::new(),
            free: true,
            page: 0,
            asks: None,
        });
        assert!(takes_only_a_text(&card));
        let press = Some(Press { id: "a".into() });
        if let Some(question) = &mut card.question {
            question.choices.push(Choice { value: "a".into(), text: "a".into(), press });
        }
        assert!(!takes_only_a_text(&card));
    }
}
