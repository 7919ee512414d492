//! What clients show of a bot: its menus of commands by scope and language, its texts, and the rights that it asks for.

use super::super::model::{Kind, Person, Room, State};
use super::{Params, Refusal, breach};
use serde_json::{Value, json};

/// The most commands in one menu.
const COMMANDS: usize = 100;

/// A scope in one spelling, to look it up by.
fn scope(state: &mut State, params: &Params) -> Result<String, Refusal> {
    let value = params.json("scope").unwrap_or_else(|| json!({"type": "default"}));
    if let Some(id) = value["chat_id"].as_i64()
        && !state.chats.contains_key(&Room(id))
    {
        return Err(Refusal::bad("chat not found"));
    }
    match value["type"].as_str() {
        Some(name) => Ok(spelled(name, value["chat_id"].as_i64(), value["user_id"].as_i64())),
        None => Err(breach(state, "can't parse BotCommandScope")),
    }
}

fn spelled(name: &str, chat: Option<i64>, user: Option<i64>) -> String {
    let ids = chat.into_iter().chain(user).map(|id| format!(" {id}"));
    format!("{name}{}", ids.collect::<String>())
}

fn language(state: &mut State, params: &Params) -> Result<String, Refusal> {
    let code = params.text("language_code").unwrap_or_default();
    if code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase())) {
        return Ok(code.to_owned());
    }
    Err(breach(state, "invalid language_code specified"))
}

pub fn set(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(state, params)?, language(state, params)?);
    let given = params.json("commands").and_then(|value| value.as_array().cloned()).unwrap_or_default();
    if given.len() > COMMANDS {
        return Err(breach(state, "BOT_COMMANDS_TOO_MUCH"));
    }
    let mut menu = Vec::new();
    for value in given {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (name, words) = (text("command"), text("description"));
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=32).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(breach(state, "BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&words.chars().count()) {
            return Err(breach(state, "BOT_COMMAND_DESCRIPTION_INVALID"));
        }
        menu.push((name, words));
    }
    state.commands.insert(key, menu);
    Ok(json!(true))
}

pub fn get(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(state, params)?, language(state, params)?);
    let menu = state.commands.get(&key).into_iter().flatten();
    Ok(menu.map(|(name, words)| json!({"command": name, "description": words})).collect())
}

pub fn delete(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let key = (scope(state, params)?, language(state, params)?);
    state.commands.remove(&key);
    Ok(json!(true))
}

impl State {
    /// The menu that a client shows `person` in `room`: of the narrowest scope that has one, in the person's language
    /// before the one without a language.
    pub fn menu(&self, person: Person, room: Room) -> Vec<(String, String)> {
        let chat = self.chat(room);
        let rules = chat.people.get(&person).is_some_and(|standing| standing.rules());
        let mut scopes = Vec::new();
        if chat.kind == Kind::Private {
            scopes.extend([spelled("chat", Some(room.0), None), "all_private_chats".into()]);
        } else {
            scopes.push(spelled("chat_member", Some(room.0), Some(person.0)));
            if rules {
                scopes.push(spelled("chat_administrators", Some(room.0), None));
            }
            scopes.push(spelled("chat", Some(room.0), None));
            if rules {
                scopes.push("all_chat_administrators".into());
            }
            scopes.push("all_group_chats".into());
        }
        scopes.push("default".into());
        let tag = self.user(person).language.clone().unwrap_or_default();
        let language = tag.split('-').next().unwrap_or_default().to_owned();
        let keys = scopes.into_iter().flat_map(|scope| [(scope.clone(), language.clone()), (scope, String::new())]);
        keys.into_iter().find_map(|key| self.commands.get(&key).cloned()).unwrap_or_default()
    }
}

pub fn set_text(state: &mut State, params: &Params, kind: &'static str, most: usize) -> Result<Value, Refusal> {
    let key = (kind, language(state, params)?);
    let text = params.text(kind).unwrap_or_default().to_owned();
    if text.chars().count() > most {
        return Err(breach(state, &format!("the bot's {kind} has at most {most} characters")));
    }
    state.texts.insert(key, text);
    Ok(json!(true))
}

/// The text in the wanted language, else the one without a language.
pub fn get_text(state: &mut State, params: &Params, kind: &'static str) -> Result<Value, Refusal> {
    let code = language(state, params)?;
    let find = |code: String| state.texts.get(&(kind, code)).filter(|text| !text.is_empty());
    Ok(json!({kind: find(code).or_else(|| find(String::new())).cloned().unwrap_or_default()}))
}

pub fn set_rights(state: &mut State, params: &Params) -> Value {
    let rights = params.json("rights").unwrap_or(Value::Null);
    state.rights.insert(params.flag("for_channels"), rights);
    json!(true)
}

pub fn get_rights(state: &State, params: &Params) -> Value {
    let rights = state.rights.get(&params.flag("for_channels")).filter(|rights| !rights.is_null());
    rights.cloned().unwrap_or_else(|| {
        let none = super::super::wire::admin_rights().into_iter().map(|(name, _)| (name, json!(false)));
        Value::Object(none.collect())
    })
}
