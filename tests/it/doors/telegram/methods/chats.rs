//! Chats, who is in them, and the topics of forums.

use super::super::model::{Author, Kind, Person, Standing, State};
use super::super::{BOT_ID, wire};
use super::{Params, Refusal, addressed, breach, visible};
use serde_json::{Value, json};

pub fn get(state: &State, params: &Params) -> Result<Value, Refusal> {
    let room = visible(state, params)?;
    let mut full = wire::chat(state, state.chat(room));
    full["accent_color_id"] = json!(0);
    full["max_reaction_count"] = json!(11);
    full["accepted_gift_types"] = json!({"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
        "premium_subscription": false, "gifts_from_channels": false});
    Ok(full)
}

pub fn member(state: &State, params: &Params) -> Result<Value, Refusal> {
    let room = visible(state, params)?;
    let chat = state.chat(room);
    let who = params.int("user_id").unwrap_or(0);
    if who == BOT_ID {
        return Ok(wire::member(wire::bot(), chat.bot));
    }
    if !state.users.contains_key(&Person(who)) {
        return Err(Refusal::bad("user not found"));
    }
    let standing = chat.people.get(&Person(who)).copied().unwrap_or(Standing::Left);
    Ok(wire::member(wire::person(state, Person(who)), standing))
}

pub fn count(state: &State, params: &Params) -> Result<Value, Refusal> {
    let chat = state.chat(visible(state, params)?);
    let people = chat.people.values().filter(|standing| standing.is_in()).count();
    Ok(json!(people + usize::from(chat.bot.is_in())))
}

pub fn administrators(state: &State, params: &Params) -> Result<Value, Refusal> {
    let chat = state.chat(visible(state, params)?);
    if chat.kind == Kind::Private {
        return Err(Refusal::bad("there are no administrators in the private chat"));
    }
    let people = chat.people.iter().filter(|(_, standing)| standing.rules());
    let mut all: Vec<Value> =
        people.map(|(who, standing)| wire::member(wire::person(state, *who), *standing)).collect();
    if chat.bot.rules() {
        all.push(wire::member(wire::bot(), chat.bot));
    }
    Ok(json!(all))
}

pub fn leave(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let room = visible(state, params)?;
    if state.chat(room).kind == Kind::Private {
        return Err(Refusal::bad("chat member status can't be changed in private chats"));
    }
    let old = std::mem::replace(&mut state.chat_mut(room).bot, Standing::Left);
    let change = wire::member_change(state, room, &wire::bot(), &wire::bot(), (old, Standing::Left));
    state.tell("my_chat_member", room.0, &change);
    Ok(json!(true))
}

pub fn create_topic(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let room = addressed(state, params)?;
    let name = params.text("name").unwrap_or_default().to_owned();
    if !(1..=128).contains(&name.chars().count()) {
        return Err(breach(state, "TOPIC_NAME_INVALID"));
    }
    match state.chat(room) {
        chat if chat.kind != Kind::Forum => Err(Refusal::bad("the chat is not a forum")),
        chat if !chat.bot.rules() => Err(Refusal::bad("not enough rights to create a topic")),
        _ => {
            let topic = state.open_topic(room, &name, Author::Bot);
            Ok(json!({"message_thread_id": topic.0, "name": name, "icon_color": 0x6F_B9_F0}))
        }
    }
}

pub fn change_topic(state: &mut State, params: &Params, method: &str) -> Result<Value, Refusal> {
    let room = addressed(state, params)?;
    let chat = state.chat_mut(room);
    if !chat.bot.rules() {
        return Err(Refusal::bad("not enough rights to edit a topic"));
    }
    let thread = params.int("message_thread_id").unwrap_or(0);
    let Some(topic) = chat.topics.get_mut(&thread) else { return Err(Refusal::bad("TOPIC_ID_INVALID")) };
    match method {
        "closeForumTopic" | "reopenForumTopic" => {
            let closing = method == "closeForumTopic";
            if topic.closed == closing {
                return Err(Refusal::bad("TOPIC_NOT_MODIFIED"));
            }
            topic.closed = closing;
        }
        "deleteForumTopic" => {
            chat.topics.remove(&thread);
            chat.messages.retain(|_, message| !(message.in_topic && message.thread == Some(thread)));
        }
        _ => topic.name = params.text("name").unwrap_or_default().to_owned(),
    }
    Ok(json!(true))
}
