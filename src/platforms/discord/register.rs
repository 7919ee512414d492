//! The commands as Discord knows them: made from the table of commands, written only when they differ, and read back.
//!
//! Bulk writes have dropped fields before (chat-pitfalls.md 13), so what Discord has afterwards is compared again; who
//! may do what is decided by the desk in any case. Not here: what a command does.

use super::render::set;
use super::rest::{Call, Fault, Rest};
use crate::chat::{ParamKind, Place, Role, Spec};
use crate::commands::commands_for;
use crate::speech::{LANGUAGES, Line, Voices};
use reqwest::Method;
use serde_json::{Map, Value, json};
use serenity::all::{ApplicationId, CommandOptionType};
use serenity::http::Route;

/// The languages that Discord's clients have (chat.md section 1).
const LOCALES: &[&str] = &[
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];
/// A server, and the private chat with the bot. Other people's private chats cannot be reached by the bot itself.
const GUILD: u8 = 0;
const BOT_DM: u8 = 1;

/// What came of registering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// Discord had them already.
    Same,
    /// They were written, and Discord has them.
    Written,
    /// They were written, and Discord has something else.
    Differs,
}

/// Sees to it that Discord has our commands.
///
/// # Errors
/// Discord's.
pub async fn register(rest: &Rest, application: ApplicationId, voices: &Voices) -> Result<Registered, Fault> {
    let wanted = definitions(voices);
    if has(rest, application, &wanted).await? {
        return Ok(Registered::Same);
    }
    let route = Route::Commands { application_id: application };
    rest.send(Call::new(Method::PUT, route).body(Value::Array(wanted.clone()))).await?;
    Ok(if has(rest, application, &wanted).await? { Registered::Written } else { Registered::Differs })
}

/// Whether Discord has exactly these commands.
///
/// # Errors
/// Discord's.
pub async fn has(rest: &Rest, application: ApplicationId, wanted: &[Value]) -> Result<bool, Fault> {
    let call =
        Call::new(Method::GET, Route::Commands { application_id: application }).query("?with_localizations=true");
    let there = rest.send(call).await?;
    Ok(there.as_array().is_some_and(|there| same(wanted, there)))
}

/// All commands, in all languages.
pub fn definitions(voices: &Voices) -> Vec<Value> {
    commands_for(Role::Owner).map(|command| definition(command.spec(), voices)).collect()
}

fn definition(spec: &Spec, voices: &Voices) -> Value {
    let id = format!("{}-command.description", spec.name);
    let options: Vec<Value> = spec
        .params
        .iter()
        .filter_map(|param| {
            let (kind, choices, completes) = match param.kind {
                ParamKind::Inner => return None,
                ParamKind::YesNo => (CommandOptionType::Boolean, &[] as &[&str], false),
                ParamKind::OneOf(values) => (CommandOptionType::String, values, false),
                ParamKind::Text => (CommandOptionType::String, &[] as &[&str], false),
                ParamKind::Recipe | ParamKind::Size | ParamKind::Region | ParamKind::Deployment => {
                    (CommandOptionType::String, &[] as &[&str], true)
                }
            };
            let id = format!("{}-command.{}", spec.name, param.name);
            let choices: Vec<Value> = choices.iter().map(|value| json!({ "name": value, "value": value })).collect();
            let mut option = json!({
                "type": u8::from(kind),
                "name": param.name,
                "name_localizations": names(&[spec.name, "-command.", param.name, "-name"].concat(), voices),
                "description": english(&id, voices),
                "description_localizations": translations(&id, voices),
                // What is not given is asked.
                "required": false,
            });
            if completes {
                set(&mut option, "autocomplete", json!(true));
            } else if !choices.is_empty() {
                set(&mut option, "choices", Value::Array(choices));
            }
            Some(option)
        })
        .collect();
    json!({
        "type": 1,
        "name": spec.name,
        "name_localizations": names(&[spec.name, "-command"].concat(), voices),
        "description": english(&id, voices),
        "description_localizations": translations(&id, voices),
        "options": options,
        // Owners are known to the desk, not to Discord; this only keeps it out of other people's sight.
        "default_member_permissions": (spec.needs == Role::Owner).then_some("0"),
        "contexts": if spec.place == Place::Private { vec![BOT_DM] } else { vec![GUILD, BOT_DM] },
        "integration_types": [0],
        "nsfw": false,
    })
}

fn english(id: &str, voices: &Voices) -> String {
    voices.find([LANGUAGES.first().copied().unwrap_or_default()]).say(&Line::new(id))
}

/// The words of a line in each of Discord's languages that we speak, apart from English.
fn translations(id: &str, voices: &Voices) -> Value {
    by_locale(|language| Some(voices.find([language]).say(&Line::new(id))))
}

/// The names that a command or an option has in other languages, where it has one.
fn names(id: &str, voices: &Voices) -> Value {
    by_locale(|language| voices.find([language]).own(id))
}

fn by_locale(words: impl Fn(&str) -> Option<String>) -> Value {
    let mut found = Map::new();
    for language in LANGUAGES.iter().skip(1) {
        let Some(words) = words(language) else { continue };
        let own = LOCALES.iter().filter(|locale| locale.split('-').next() == Some(*language));
        found.extend(own.map(|locale| ((*locale).to_owned(), Value::String(words.clone()))));
    }
    Value::Object(found)
}

/// Whether Discord has what is wanted, whatever it fills in itself.
pub fn same(wanted: &[Value], there: &[Value]) -> bool {
    let sorted = |commands: &[Value]| {
        let mut commands: Vec<Value> = commands.iter().map(normal).collect();
        commands.sort_by_key(|command| command.get("name").map(Value::to_string));
        commands
    };
    sorted(wanted) == sorted(there)
}

/// What counts in a command or an option, with what is left out said.
fn normal(told: &Value) -> Value {
    let text = |key: &str| told.get(key).cloned().unwrap_or(Value::Null);
    let flag = |key: &str| told.get(key).and_then(Value::as_bool).unwrap_or(false);
    let map = |key: &str| told.get(key).filter(|map| map.is_object()).cloned().unwrap_or_else(|| json!({}));
    let list = |key: &str| told.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let numbers = |key: &str| {
        let mut numbers: Vec<u64> = list(key).iter().filter_map(Value::as_u64).collect();
        numbers.sort_unstable();
        numbers
    };
    let nested = |key: &str| list(key).iter().map(normal).collect::<Vec<_>>();
    json!({
        "name": text("name"), "type": text("type"), "description": text("description"), "value": text("value"),
        "name_localizations": map("name_localizations"), "description_localizations": map("description_localizations"),
        "default_member_permissions": text("default_member_permissions"),
        "required": flag("required"), "autocomplete": flag("autocomplete"), "nsfw": flag("nsfw"),
        "contexts": numbers("contexts"), "integration_types": numbers("integration_types"),
        "options": nested("options"), "choices": nested("choices"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_there_with_its_words_in_each_language() {
        let all = definitions(&Voices::load());
        let deploy = all.iter().find(|command| command["name"] == "deploy").unwrap();
        assert_eq!(deploy["contexts"], json!([0, 1]));
        assert!(deploy["description_localizations"]["fr"].as_str().unwrap().starts_with("Déployer"));
        assert_eq!(deploy["name_localizations"]["fr"], "déployer");
        let option = |name: &str| deploy["options"].as_array().unwrap().iter().find(|option| option["name"] == name);
        assert_eq!(option("recipe").unwrap()["autocomplete"], true);
        assert_eq!(option("terms").unwrap()["type"], 5);
        assert_eq!(option("size").unwrap()["name_localizations"]["fr"], "taille");
        assert!(option("seen").is_none(), "what only a button says is nobody's option");
    }

    #[test]
    fn what_discord_fills_in_makes_no_difference_and_anything_else_does() {
        let ours = definitions(&Voices::load());
        let mut theirs = ours.clone();
        theirs.reverse();
        for (at, command) in theirs.iter_mut().enumerate() {
            let told = command.as_object_mut().unwrap();
            told.insert("id".to_owned(), json!(at.to_string()));
            told.insert("version".to_owned(), json!("1"));
            told.insert("dm_permission".to_owned(), Value::Null);
            told.insert("contexts".to_owned(), json!([1, 0]));
            if told["options"].as_array().unwrap().is_empty() {
                told.remove("options");
            }
            if told["name_localizations"].as_object().unwrap().is_empty() {
                told.insert("name_localizations".to_owned(), Value::Null);
            }
        }
        assert!(same(&ours, &theirs));
        let differs = |change: &dyn Fn(&mut Value)| {
            let mut theirs = theirs.clone();
            change(theirs.iter_mut().find(|command| command["name"] == "deploy").unwrap());
            assert!(!same(&ours, &theirs));
        };
        differs(&|command| command["default_member_permissions"] = json!("0"));
        differs(&|command| command["description_localizations"]["fr"] = json!("Autre"));
        differs(&|command| command["options"][0]["autocomplete"] = json!(false));
        differs(&|command| command["contexts"] = json!([0]));
        assert!(!same(&ours, &theirs[1..]));
    }
}
