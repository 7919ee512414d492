//! What arrives from Discord as asks: interactions, and messages to the bot.
//!
//! Pure. An ask's handle holds what is needed to answer the interaction: its token, and how it was acknowledged, which
//! follows from the interaction alone (see `first`). Not here: answering, and what does not become an ask.

use super::custom::Meaning;
use super::first;
use crate::chat::{Anchor, Answers, Ask, Person, PlatformName, Press, Room, What};
use serde::{Deserialize, Serialize};
use serenity::all::{
    ActionRowComponent, ChannelType, CommandDataOption, CommandDataOptionValue, ComponentInteractionDataKind,
    Interaction, InteractionContext, Message, MessageFlags, MessageType, ModalInteractionData, PartialChannel,
    Permissions, User, UserId,
};

/// How an interaction is acknowledged before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ack {
    /// A message for everybody, which is to be filled in.
    Room,
    /// A message for the one person, which is to be filled in.
    Private,
    /// The message whose button was pressed stays as it is for now.
    Press,
}

/// What is needed to answer an interaction: stored with the ask, so that a restart can go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// The version of this record.
    v: u8,
    /// The interaction's token: good for 15 minutes.
    pub token: String,
    /// How it was acknowledged.
    pub ack: Ack,
    /// Whether the bot itself can see the channel; if not, only the token reaches it.
    pub sees: bool,
    /// Whether a message there can get a thread.
    pub threads: bool,
}

impl Handle {
    /// The handle of an ask, where it has one that we can read.
    pub fn of(ask: &Ask) -> Option<Self> {
        serde_json::from_str::<Self>(ask.handle.as_deref()?).ok().filter(|handle| handle.v == 1)
    }
}

/// What all interactions tell of themselves.
pub struct Told<'a> {
    /// Who.
    pub user: &'a User,
    /// The language of their client.
    pub locale: &'a str,
    room: Room,
    permissions: Option<Permissions>,
    channel: Option<&'a PartialChannel>,
}

/// What an interaction tells of itself; nothing for a ping.
pub fn told(interaction: &Interaction) -> Option<Told<'_>> {
    macro_rules! told {
        ($i:expr, $context:expr) => {
            Told {
                user: &$i.user,
                locale: &$i.locale,
                room: Room {
                    platform: PlatformName::Discord,
                    id: $i.channel_id.to_string(),
                    // Group chats belong to no server and are not private either.
                    private: $i.guild_id.is_none() && $context != Some(InteractionContext::PrivateChannel),
                    group: $i.guild_id.map(|id| id.to_string()),
                },
                permissions: $i.app_permissions,
                channel: $i.channel.as_ref(),
            }
        };
    }
    match interaction {
        Interaction::Command(i) | Interaction::Autocomplete(i) => Some(told!(i, i.context)),
        Interaction::Component(i) => Some(told!(i, i.context)),
        Interaction::Modal(i) => Some(told!(i, None)),
        _ => None,
    }
}

impl Told<'_> {
    /// Whether only this person and the bot read there.
    pub fn is_private(&self) -> bool {
        self.room.private
    }

    /// Whether the bot has these permissions there; in private it has all that it needs.
    fn may(&self, wanted: Permissions) -> bool {
        self.room.private || self.permissions.is_some_and(|own| own.contains(wanted))
    }

    fn handle(&self, token: &str, ack: Ack) -> Option<String> {
        let sees = self.may(Permissions::VIEW_CHANNEL | Permissions::SEND_MESSAGES);
        let text = self.channel.is_some_and(|channel| channel.kind == ChannelType::Text);
        let threads = text && !self.room.private && self.may(Permissions::CREATE_PUBLIC_THREADS);
        serde_json::to_string(&Handle { v: 1, token: token.to_owned(), ack, sees, threads }).ok()
    }
}

/// Somebody on Discord.
pub fn person(user: &User) -> Person {
    let name = user.global_name.clone().unwrap_or_else(|| user.name.clone());
    Person { platform: PlatformName::Discord, id: user.id.to_string(), name }
}

/// The ask that an interaction is; none for what is answered completely at once (a completion, a dialog that opens).
pub fn ask(interaction: &Interaction) -> Option<Ask> {
    let told = told(interaction)?;
    let ack = first::ack(interaction)?;
    let (what, message) = match interaction {
        Interaction::Command(i) => {
            (What::Invoke { command: i.data.name.clone(), answers: answers(&i.data.options) }, None)
        }
        Interaction::Component(i) => {
            let (meaning, siblings) = pressed(&i.data.custom_id, &i.data.kind)?;
            let what = match meaning {
                Meaning::Press(id) => What::Press(Press { id }),
                Meaning::Turn { draft, page } => What::Turn { draft, page },
                Meaning::Dialog(_) | Meaning::Filled(_) | Meaning::Select => return None,
            };
            (what, Some(anchor(&told.room, &i.message, siblings)))
        }
        Interaction::Modal(i) => {
            let (Meaning::Filled(draft), siblings) = Meaning::read(&i.data.custom_id)? else { return None };
            let message = i.message.as_ref().map(|message| anchor(&told.room, message, siblings));
            (What::Fill { draft, answers: inputs(&i.data) }, message)
        }
        _ => return None,
    };
    Some(Ask {
        id: interaction.id().to_string(),
        handle: told.handle(interaction.token(), ack),
        from: person(told.user),
        locale: Some(told.locale.to_owned()).filter(|locale| !locale.is_empty()),
        room: told.room,
        message,
        what,
    })
}

/// What a press means: a list carries it in the value that was chosen.
pub fn pressed(custom_id: &str, kind: &ComponentInteractionDataKind) -> Option<(Meaning, Vec<String>)> {
    let (meaning, siblings) = Meaning::read(custom_id)?;
    match (meaning, kind) {
        (Meaning::Select, ComponentInteractionDataKind::StringSelect { values }) => {
            Some((Meaning::read(values.first()?)?.0, siblings))
        }
        (meaning, _) => Some((meaning, siblings)),
    }
}

/// Where a pressed message is: its card's messages in order, or `~` and the id where only tokens reach it.
fn anchor(room: &Room, message: &Message, mut siblings: Vec<String>) -> Anchor {
    let own = message.id.to_string();
    let ephemeral = message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
    let id = if ephemeral {
        format!("~{own}")
    } else {
        siblings.push(own);
        siblings.join("+")
    };
    Anchor { platform: PlatformName::Discord, room: room.clone(), message: id }
}

/// The answers that stand in a command's options.
pub fn answers(options: &[CommandDataOption]) -> Answers {
    let value = |option: &CommandDataOption| match &option.value {
        CommandDataOptionValue::Boolean(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        CommandDataOptionValue::String(text) => Some(text.clone()),
        CommandDataOptionValue::Integer(number) => Some(number.to_string()),
        CommandDataOptionValue::Number(number) => Some(number.to_string()),
        _ => None,
    };
    options.iter().filter_map(|option| Some((option.name.clone(), value(option)?))).collect()
}

/// What stands in a dialog's inputs; empty for those that were left empty.
fn inputs(data: &ModalInteractionData) -> Answers {
    let components = data.components.iter().flat_map(|row| &row.components);
    let inputs = components.filter_map(|component| match component {
        ActionRowComponent::InputText(input) => {
            Some((input.custom_id.clone(), input.value.clone().unwrap_or_default()))
        }
        _ => None,
    });
    inputs.collect()
}

/// The ask that a message is, when it was said to the bot `me`: in private, or with its name.
pub fn said(message: &Message, me: UserId) -> Option<Ask> {
    let typed = matches!(message.kind, MessageType::Regular | MessageType::InlineReply);
    if !typed || message.author.bot || message.webhook_id.is_some() || message.author.id == me {
        return None;
    }
    let private = message.guild_id.is_none();
    if !private && !message.mentions.iter().any(|user| user.id == me) {
        return None;
    }
    let text = message.content.trim();
    let names = [format!("<@{me}>"), format!("<@!{me}>")];
    let text = names.iter().find_map(|name| text.strip_prefix(name.as_str())).unwrap_or(text).trim();
    Some(Ask {
        id: message.id.to_string(),
        handle: None,
        from: person(&message.author),
        room: Room {
            platform: PlatformName::Discord,
            id: message.channel_id.to_string(),
            private,
            group: message.guild_id.map(|id| id.to_string()),
        },
        locale: None,
        message: None,
        what: if text.is_empty() { What::Arrived } else { What::Said(text.to_owned()) },
    })
}

#[cfg(test)]
pub(super) mod samples {
    //! Interactions as Discord sends them.

    use serde_json::{Value, json};
    use serenity::all::Interaction;

    pub fn interaction(kind: u8, data: Value, guild: bool, message: Option<Value>) -> Interaction {
        let user = json!({ "id": "11", "username": "ada", "global_name": "Ada", "discriminator": "0", "avatar": null });
        let mut told = json!({
            "id": "900", "application_id": "5", "type": kind, "token": "tok", "version": 1, "data": data,
            "channel_id": "70", "locale": "fr", "entitlements": [], "attachment_size_limit": 1000,
            "authorizing_integration_owners": {}, "app_permissions": "2251799813685247", "context": if guild { 0 } else { 1 },
            "channel": { "id": "70", "type": if guild { 0 } else { 1 }, "name": "general", "permissions": "0" },
        });
        if guild {
            told["guild_id"] = json!("60");
            told["member"] = json!({
                "user": user, "roles": [], "joined_at": "2026-01-01T00:00:00Z", "deaf": false, "mute": false, "flags": 0,
                "permissions": "0",
            });
        } else {
            told["user"] = user;
        }
        if let Some(message) = message {
            told["message"] = message;
        }
        serde_json::from_value(told).unwrap()
    }

    pub fn message(id: &str, flags: u64) -> Value {
        json!({
            "id": id, "channel_id": "70", "content": "card", "timestamp": "2026-01-01T00:00:00Z", "tts": false,
            "author": { "id": "5", "username": "bellhop", "discriminator": "0", "avatar": null, "bot": true },
            "edited_timestamp": null, "mention_everyone": false, "mentions": [], "mention_roles": [],
            "attachments": [], "embeds": [], "pinned": false, "type": 0, "flags": flags, "components": [],
        })
    }

    pub fn slash(name: &str, options: Value, guild: bool) -> Interaction {
        interaction(2, json!({ "id": "1", "name": name, "type": 1, "options": options }), guild, None)
    }

    pub fn press(custom_id: &str, flags: u64) -> Interaction {
        interaction(3, json!({ "custom_id": custom_id, "component_type": 2 }), true, Some(message("800", flags)))
    }

    pub fn choose(custom_id: &str, value: &str) -> Interaction {
        let data = json!({ "custom_id": custom_id, "component_type": 3, "values": [value] });
        interaction(3, data, true, Some(message("800", 0)))
    }

    pub fn filled(custom_id: &str, inputs: &[(&str, &str)]) -> Interaction {
        let row = |(id, value): &(&str, &str)| json!({ "type": 1, "components": [{ "type": 4, "custom_id": id, "value": value }] });
        let rows: Vec<Value> = inputs.iter().map(row).collect();
        let data = json!({ "custom_id": custom_id, "components": rows });
        interaction(5, data, true, Some(message("800", 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{choose, filled, message, press, slash};
    use super::*;
    use crate::chat::DraftId;
    use serde_json::json;

    #[test]
    fn a_slash_command_is_an_ask_with_its_options_as_answers() {
        let options = json!([
            { "name": "recipe", "type": 3, "value": "casper" },
            { "name": "terms", "type": 5, "value": true },
        ]);
        let ask = ask(&slash("deploy", options, true)).unwrap();
        assert_eq!((ask.id.as_str(), ask.from.id.as_str(), ask.from.name.as_str()), ("900", "11", "Ada"));
        assert_eq!((ask.room.id.as_str(), ask.room.private, ask.room.group.as_deref()), ("70", false, Some("60")));
        assert_eq!(ask.locale.as_deref(), Some("fr"));
        let answers = [("recipe", "casper"), ("terms", "yes")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(ask.what, What::Invoke { command: "deploy".to_owned(), answers: answers.into() });
        let handle = Handle::of(&ask).unwrap();
        assert_eq!((handle.token.as_str(), handle.ack, handle.sees, handle.threads), ("tok", Ack::Room, true, true));
        assert!(ask.message.is_none());
    }

    #[test]
    fn in_private_there_is_no_group_and_no_thread() {
        let ask = ask(&slash("me", json!([]), false)).unwrap();
        assert_eq!((ask.room.private, ask.room.group.clone()), (true, None));
        let handle = Handle::of(&ask).unwrap();
        assert_eq!((handle.ack, handle.threads), (Ack::Room, false));
    }

    #[test]
    fn presses_know_all_messages_of_their_card() {
        let asked = |interaction| ask(&interaction).unwrap();
        let button = asked(press("00ff|798|799", 0));
        assert_eq!(button.what, What::Press(Press { id: "00ff".to_owned() }));
        assert_eq!(button.message.unwrap().message, "798+799+800");
        assert_eq!(asked(press("00ff;2", 64)).message.unwrap().message, "~800");
        let draft = DraftId("abc".to_owned());
        assert_eq!(asked(choose("=", "00ff;1")).what, What::Press(Press { id: "00ff".to_owned() }));
        assert_eq!(asked(press(">2.abc", 0)).what, What::Turn { draft: draft.clone(), page: 2 });
        let told = asked(filled("!abc", &[("name", "orchid"), ("ssh_key", "")]));
        let answers = [("name", "orchid"), ("ssh_key", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(told.what, What::Fill { draft, answers: answers.into() });
        assert_eq!(told.message.unwrap().message, "800");
        assert!(ask(&press("?deploy.abc.name", 0)).is_none());
        assert!(ask(&press("", 0)).is_none());
    }

    #[test]
    fn a_handle_of_another_time_is_not_read() {
        let mut ask = ask(&slash("me", json!([]), true)).unwrap();
        assert_eq!(Handle::of(&ask).unwrap().ack, Ack::Private);
        ask.handle = ask.handle.map(|handle| handle.replace("\"v\":1", "\"v\":2"));
        assert_eq!(Handle::of(&ask), None);
    }

    #[test]
    fn messages_count_in_private_and_when_they_name_the_bot() {
        let me = UserId::new(5);
        let heard = |content: &str, guild: bool, mentions: bool, bot: bool| {
            let mut told = message("801", 0);
            told["content"] = json!(content);
            told["author"] = json!({ "id": "11", "username": "ada", "discriminator": "0", "avatar": null, "bot": bot });
            if guild {
                told["guild_id"] = json!("60");
            }
            if mentions {
                told["mentions"] = json!([{ "id": "5", "username": "bellhop", "discriminator": "0", "avatar": null }]);
            }
            said(&serde_json::from_value(told).unwrap(), me)
        };
        assert_eq!(heard("list", false, false, false).unwrap().what, What::Said("list".to_owned()));
        assert_eq!(heard("<@5>  /list", true, true, false).unwrap().what, What::Said("/list".to_owned()));
        assert_eq!(heard("<@!5>", true, true, false).unwrap().what, What::Arrived);
        assert!(heard("list", true, false, false).is_none());
        assert!(heard("list", false, false, true).is_none());
    }
}
