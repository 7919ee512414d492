//! The first answer to an interaction, due within three seconds: a function of the interaction and of what never
//! changes while the program runs.
//!
//! That is why it can be given anywhere: by the process that holds the gateway, or at the edge by one that knows
//! nothing else. Not here: the real answer, which comes later.

use super::controls::label;
use super::custom::Meaning;
use super::receive::{self, Ack};
use crate::chat::{Answers, Audience, Choice, Suggest, Texts, Typing};
use crate::commands::COMMANDS;
use crate::speech::{Line, Voices};
use serenity::all::{
    CommandData, CommandDataOptionValue, InputTextStyle, Interaction, InteractionResponseFlags as Flags,
};
use serenity::builder::{
    AutocompleteChoice, CreateActionRow, CreateAutocompleteResponse, CreateInputText, CreateInteractionResponse,
    CreateInteractionResponseMessage, CreateModal,
};

/// Entries that a completion may have, and letters of each.
const SUGGESTIONS: usize = 25;
const SUGGESTION: usize = 100;
/// Inputs of a dialog, and letters of its title and labels.
const INPUTS: usize = 5;
const TITLE: usize = 45;

/// How an interaction that becomes an ask is acknowledged; nothing for others.
pub fn ack(interaction: &Interaction) -> Option<Ack> {
    let alone = receive::told(interaction).is_some_and(|told| told.is_private());
    match interaction {
        Interaction::Command(i) => {
            let mut specs = COMMANDS.iter().map(|command| command.spec());
            let private = specs.any(|spec| spec.name == i.data.name && spec.answers == Audience::Private);
            Some(if private && !alone { Ack::Private } else { Ack::Room })
        }
        Interaction::Component(_) => Some(Ack::Press),
        Interaction::Modal(i) => Some(if i.message.is_some() { Ack::Press } else { Ack::Room }),
        _ => None,
    }
}

/// The first answer.
pub fn answer(interaction: &Interaction, voices: &Voices, suggest: &Suggest) -> CreateInteractionResponse {
    match interaction {
        Interaction::Ping(_) => CreateInteractionResponse::Pong,
        Interaction::Autocomplete(i) => {
            let told = receive::told(interaction);
            let person = receive::person(&i.user);
            CreateInteractionResponse::Autocomplete(complete(&i.data, &person, told.map(|told| told.locale), suggest))
        }
        Interaction::Component(i) => {
            let pressed = receive::pressed(&i.data.custom_id, &i.data.kind);
            let dialog = pressed.and_then(|(meaning, siblings)| match meaning {
                Meaning::Dialog(texts) => dialog(&texts, &siblings, &i.locale, voices),
                _ => None,
            });
            dialog.map_or(CreateInteractionResponse::Acknowledge, CreateInteractionResponse::Modal)
        }
        _ => acknowledgement(ack(interaction).unwrap_or(Ack::Room)),
    }
}

/// The acknowledgement that nothing is known behind yet.
pub fn acknowledgement(ack: Ack) -> CreateInteractionResponse {
    let message = CreateInteractionResponseMessage::new();
    match ack {
        Ack::Press => CreateInteractionResponse::Acknowledge,
        Ack::Room => CreateInteractionResponse::Defer(message),
        Ack::Private => CreateInteractionResponse::Defer(message.flags(Flags::EPHEMERAL)),
    }
}

fn complete(
    data: &CommandData,
    person: &crate::chat::Person,
    locale: Option<&str>,
    suggest: &Suggest,
) -> CreateAutocompleteResponse {
    let focused = data.options.iter().find_map(|option| match &option.value {
        CommandDataOptionValue::Autocomplete { value, .. } => Some((option.name.as_str(), value.as_str())),
        _ => None,
    });
    let Some((param, typed)) = focused else { return CreateAutocompleteResponse::new() };
    let answers: Answers = receive::answers(&data.options);
    let typing = Typing { person, locale, command: &data.name, param, typed, answers: &answers };
    let fits = |choice: &Choice<String>| (1..=SUGGESTION).contains(&choice.value.encode_utf16().count());
    let found = suggest(&typing).into_iter().filter(fits).take(SUGGESTIONS);
    let choices = found.map(|choice| AutocompleteChoice::new(label(&choice.text, SUGGESTION), choice.value));
    CreateAutocompleteResponse::new().set_choices(choices.collect())
}

/// A dialog for texts: the command's words are its title and labels. Whatever stands in the way of one (an id of an
/// earlier release), the press is only acknowledged.
fn dialog(texts: &Texts, siblings: &[String], locale: &str, voices: &Voices) -> Option<CreateModal> {
    let spec = COMMANDS.iter().map(|command| command.spec()).find(|spec| spec.name == texts.command)?;
    let voice = voices.find([locale]);
    let fields = texts.fields.iter().filter(|field| spec.params.iter().any(|param| param.name == **field));
    let input = |field: &String| {
        let words = voice.say(&Line::new(format!("{}-command.{field}", spec.name)));
        // What is left empty is told as empty: the form knows what that means.
        let input = CreateInputText::new(InputTextStyle::Short, label(&words, TITLE), field.clone()).required(false);
        CreateActionRow::InputText(input)
    };
    let rows: Vec<_> = fields.take(INPUTS).map(input).collect();
    let title = label(&voice.say(&Line::new(format!("{}-command.description", spec.name))), TITLE);
    let id = Meaning::Filled(texts.draft.clone()).id(0, siblings);
    (!rows.is_empty()).then(|| CreateModal::new(id, title).components(rows))
}

#[cfg(test)]
mod tests {
    use super::super::receive::samples::{interaction, press, slash};
    use super::*;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn answered(interaction: &Interaction) -> Value {
        let suggest: Suggest = Arc::new(|typing: &Typing<'_>| {
            assert_eq!(typing.answers.get("recipe").map(String::as_str), Some("casper"));
            (0..40).map(|number| Choice::new(format!("{}{number}", typing.typed), "x".repeat(120))).collect()
        });
        serde_json::to_value(answer(interaction, &Voices::load(), &suggest)).unwrap()
    }

    #[test]
    fn each_kind_has_its_first_answer() {
        let none = || json!([]);
        assert_eq!(answered(&slash("deploy", none(), true))["type"], 5);
        assert_eq!(answered(&slash("deploy", none(), true))["data"]["flags"], Value::Null);
        assert_eq!(answered(&slash("me", none(), true))["data"]["flags"], 64);
        assert_eq!(answered(&slash("me", none(), false))["data"]["flags"], Value::Null);
        assert_eq!(answered(&press("00ff", 0))["type"], 6);
        assert_eq!(answered(&press("?gone.abc.name", 0))["type"], 6);
    }

    #[test]
    fn a_completion_is_never_longer_than_discord_takes() {
        let options = json!([
            { "name": "recipe", "type": 3, "value": "casper" },
            { "name": "size", "type": 3, "value": "sm", "focused": true },
        ]);
        let data = json!({ "id": "1", "name": "deploy", "type": 1, "options": options });
        let answer = answered(&interaction(4, data, true, None));
        assert_eq!(answer["type"], 8);
        let choices = answer["data"]["choices"].as_array().unwrap();
        assert_eq!(choices.len(), 25);
        assert_eq!(choices[0]["value"], "sm0");
        assert_eq!(choices[0]["name"].as_str().unwrap().chars().count(), 100);
    }

    #[test]
    fn a_dialog_asks_for_all_texts_in_the_readers_language() {
        let answer = answered(&press("?deploy.abc.name+ssh_key+nothing|799", 0));
        assert_eq!(answer["type"], 9);
        assert_eq!(answer["data"]["custom_id"], "!abc|799");
        let rows = answer["data"]["components"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        let input = &rows[0]["components"][0];
        assert_eq!((&input["custom_id"], &input["required"]), (&json!("name"), &json!(false)));
        assert_eq!(input["label"], Voices::load().find(["fr"]).say(&Line::new("deploy-command.name")));
    }
}
