//! Messages: sent, edited, deleted.

use super::super::model::{Author, Document, Entity, Kind, Markup, Message, Room, Spot, State, Topic};
use super::super::{html, text, wire};
use super::keyboard::markup;
use super::{Params, Refusal, addressed, breach};
use serde_json::{Value, json};

/// The longest text, in UTF-16 units, its markup not counted.
const TEXT: usize = 4096;
/// The longest caption of a file.
const CAPTION: usize = 1024;
/// Entities after these are dropped.
const ENTITIES: usize = 100;
/// The largest file that a bot may upload, in bytes.
const FILE: usize = 50 * 1024 * 1024;

/// Text and entities of the parameter `name`, its markup taken out.
fn formatted(state: &mut State, params: &Params, name: &str) -> Result<(String, Vec<Entity>), Refusal> {
    let given = params.text(name).unwrap_or_default();
    let (plain, mut entities) = match params.text("parse_mode").unwrap_or_default() {
        "" => {
            let marks = if name == "caption" { "caption_entities" } else { "entities" };
            let list = params.json(marks).and_then(|value| value.as_array().cloned()).unwrap_or_default();
            (given.to_owned(), list.iter().filter_map(entity).collect())
        }
        mode if mode.eq_ignore_ascii_case("html") => {
            html::parse(given).map_err(|error| breach(state, &format!("can't parse entities: {error}")))?
        }
        mode => return Err(breach(state, &format!("unsupported parse_mode {mode}: the fake reads HTML only"))),
    };
    if entities.len() > ENTITIES {
        state.violation(format!("{} entities: those after the first {ENTITIES} are dropped", entities.len()));
        entities.truncate(ENTITIES);
    }
    Ok(text::trim(&plain, entities))
}

fn entity(value: &Value) -> Option<Entity> {
    let number = |name: &str| usize::try_from(value[name].as_u64()?).ok();
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    Some(Entity {
        kind: text("type")?,
        offset: number("offset")?,
        length: number("length")?,
        url: text("url"),
        language: text("language"),
    })
}

/// The text of a message.
fn body(state: &mut State, params: &Params, too_long: &str) -> Result<(String, Vec<Entity>), Refusal> {
    let (plain, entities) = formatted(state, params, "text")?;
    if plain.is_empty() {
        return Err(breach(state, "message text is empty"));
    }
    if text::length(&plain) > TEXT {
        return Err(breach(state, too_long));
    }
    Ok((plain, entities))
}

/// A new message where the request wants it: chat, topic, and the message that it answers.
fn placed(state: &mut State, params: &Params, room: Room) -> Result<Message, Refusal> {
    let chat = state.chat(room);
    let topic = match params.int("message_thread_id") {
        None => None,
        Some(thread) => match chat.topics.get(&thread) {
            None => return Err(Refusal::bad("message thread not found")),
            Some(topic) if topic.closed && !chat.bot.rules() => return Err(Refusal::bad("TOPIC_CLOSED")),
            Some(_) => Some(Topic(thread)),
        },
    };
    let mut answered = None;
    if let Some(reply) = params.json("reply_parameters") {
        let to = reply["message_id"].as_i64().filter(|id| chat.messages.contains_key(id));
        match to {
            Some(_) => answered = to,
            None if reply["allow_sending_without_reply"] == true => {}
            None => return Err(Refusal::bad("message to be replied not found")),
        }
    }
    let mut message = state.draft(Spot { room, topic }, Author::Bot);
    if let Some(to) = answered {
        state.answers(room, &mut message, to);
    }
    Ok(message)
}

fn put(state: &mut State, room: Room, message: Message) -> Value {
    let value = wire::message(state, room, &message);
    state.put(room, message);
    value
}

pub fn send(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let room = addressed(state, params)?;
    let (text, entities) = body(state, params, "message is too long")?;
    let markup = markup(state, params, false)?;
    let message = placed(state, params, room)?;
    Ok(put(state, room, Message { text, entities, markup, ..message }))
}

pub fn send_document(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let room = addressed(state, params)?;
    let (text, entities) = formatted(state, params, "caption")?;
    if text::length(&text) > CAPTION {
        return Err(breach(state, "message caption is too long"));
    }
    let Some(file) = params.file("document") else {
        return Err(breach(state, "there is no document in the request"));
    };
    if file.bytes.is_empty() {
        return Err(breach(state, "file must be non-empty"));
    }
    if file.bytes.len() > FILE {
        return Err(Refusal { code: 413, text: "Request Entity Too Large".into(), parameters: None });
    }
    let markup = markup(state, params, false)?;
    let message = placed(state, params, room)?;
    let file_id = format!("file{}", state.fresh());
    let document = Some(Document { name: file.name.clone(), bytes: file.bytes.clone(), file_id });
    Ok(put(state, room, Message { text, entities, markup, document, ..message }))
}

/// The bot's own message that a request wants to change.
fn own(state: &State, params: &Params) -> Result<(Room, Message), Refusal> {
    let room = addressed(state, params)?;
    let message = params.int("message_id").and_then(|id| state.chat(room).messages.get(&id));
    let message = message.ok_or_else(|| Refusal::bad("message to edit not found"))?;
    let fixed = matches!(message.markup, Some(Markup::ForceReply | Markup::Keyboard));
    if message.author != Author::Bot || message.service.is_some() || fixed {
        return Err(Refusal::bad("message can't be edited"));
    }
    Ok((room, message.clone()))
}

fn replace(state: &mut State, room: Room, old: &Message, new: Message) -> Result<Value, Refusal> {
    if (&old.text, &old.entities, &old.markup) == (&new.text, &new.entities, &new.markup) {
        state.counters.unmodified += 1;
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        ));
    }
    let edited = Some(state.now());
    Ok(put(state, room, Message { edited, edits: old.edits + 1, ..new }))
}

pub fn edit_text(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let (room, old) = own(state, params)?;
    if old.document.is_some() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    let (text, entities) = body(state, params, "MESSAGE_TOO_LONG")?;
    let markup = markup(state, params, true)?;
    let new = Message { text, entities, markup, ..old.clone() };
    replace(state, room, &old, new)
}

pub fn edit_markup(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let (room, old) = own(state, params)?;
    let markup = markup(state, params, true)?;
    let new = Message { markup, ..old.clone() };
    replace(state, room, &old, new)
}

/// A bot deletes its own messages, any in a private chat, and any where it is an administrator.
pub fn delete(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let room = addressed(state, params)?;
    let chat = state.chat_mut(room);
    let message = params.int("message_id").and_then(|id| chat.messages.get(&id));
    let message = message.ok_or_else(|| Refusal::bad("message to delete not found"))?;
    if message.author != Author::Bot && chat.kind != Kind::Private && !chat.bot.rules() {
        return Err(Refusal::bad("message can't be deleted"));
    }
    let id = message.id;
    chat.messages.remove(&id);
    Ok(json!(true))
}
