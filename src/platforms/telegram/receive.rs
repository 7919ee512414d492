//! What Telegram tells, as asks. Pure.
//!
//! In a group only what is said to us counts as said: a command that is ours, a line that begins with our name, an
//! answer to a message of ours. Not here: what a line means.

use super::handle::{Handle, Spot};
use super::{keys, link};
use crate::chat::{Anchor, Ask, Person, PlatformName, Role, What, nearest};
use crate::commands::{Command, commands_for};
use teloxide::types::{
    CallbackQuery, ChatMemberUpdated, MaybeInaccessibleMessage, Message, MessageKind, Update, UpdateKind, User, UserId,
};

/// Who we are on Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Myself {
    /// Our number.
    pub id: UserId,
    /// Our user name, without `@`.
    pub name: String,
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Somebody asks.
    Ask(Box<Ask>),
    /// Somebody asks who hides behind a group or a channel: there is no person to answer.
    Faceless {
        /// What is to be answered.
        handle: Handle,
        /// Where.
        spot: Spot,
    },
    /// Nothing for us.
    Nothing,
    /// Something that cannot be read.
    Unknown,
}

/// Reads an update.
pub fn hear(update: &Update, me: &Myself) -> Heard {
    let id = update.id.0;
    match &update.kind {
        UpdateKind::Message(message) => hear_message(id, message, me),
        UpdateKind::CallbackQuery(query) => hear_press(id, query),
        UpdateKind::MyChatMember(change) => hear_member(id, change),
        UpdateKind::Error(_) => Heard::Unknown,
        _ => Heard::Nothing,
    }
}

fn ask(id: u32, from: &User, spot: Spot, private: bool, handle: Option<Handle>, what: What) -> Heard {
    Heard::Ask(Box::new(Ask {
        id: id.to_string(),
        handle: handle.map(|handle| handle.to_string()),
        from: Person { platform: PlatformName::Telegram, id: from.id.to_string(), name: from.full_name() },
        room: spot.room(private),
        locale: from.language_code.clone(),
        message: None,
        what,
    }))
}

fn spot(message: &Message) -> Spot {
    // Outside forums a thread id only says what a message replies to.
    Spot { chat: message.chat.id, thread: message.thread_id.filter(|_| message.is_topic_message) }
}

fn hear_message(id: u32, message: &Message, me: &Myself) -> Heard {
    let private = message.chat.is_private();
    let MessageKind::Common(common) = &message.kind else { return Heard::Nothing };
    if message.chat.is_channel() || common.is_automatic_forward || message.migrate_from_chat_id().is_some() {
        return Heard::Nothing;
    }
    if message.migrate_to_chat_id().is_some() {
        // We greet the group that was, and learn by that where all that we know of it belongs.
        return match message.from.as_ref().filter(|from| !from.is_bot) {
            Some(from) => ask(id, from, spot(message), false, None, What::Arrived),
            None => Heard::Nothing,
        };
    }
    let text = message.text().or(message.caption());
    let what = if private {
        Some(command(text.unwrap_or_default()).unwrap_or_else(|| What::Said(text.unwrap_or_default().to_owned())))
    } else {
        text.and_then(|text| said_in_group(text, message, me))
    };
    let Some(what) = what else { return Heard::Nothing };
    let handle = Handle::Message(message.id.0);
    match message.from.as_ref().filter(|_| message.sender_chat.is_none()) {
        Some(from) if !from.is_bot => ask(id, from, spot(message), private, Some(handle), what),
        // Another bot, which might answer us for ever.
        Some(_) => Heard::Nothing,
        None if matches!(what, What::Overheard(_)) => Heard::Nothing,
        None => Heard::Faceless { handle, spot: spot(message) },
    }
}

/// `/start`, with what its link carried. Every other command is a line for the desk.
fn command(text: &str) -> Option<What> {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let name = word.strip_prefix('/')?.split('@').next()?;
    name.eq_ignore_ascii_case("start").then(|| link::read(rest.trim()))
}

fn said_in_group(text: &str, message: &Message, me: &Myself) -> Option<What> {
    let text = text.trim();
    if let Some(line) = text.strip_prefix('/') {
        let word = line.split(char::is_whitespace).next().unwrap_or_default();
        let (name, bot) = word.split_once('@').map_or((word, None), |(name, bot)| (name, Some(bot)));
        let name = name.to_lowercase();
        let names = || commands_for(Role::Owner).map(Command::spec).map(|spec| spec.name).chain(["start"]);
        let ours = match bot {
            Some(bot) => bot.eq_ignore_ascii_case(&me.name),
            // Said to all bots of the group: ours only where it is, or nearly is, a command of ours.
            None => names().any(|known| known == name) || nearest(&name, names()).is_some(),
        };
        return ours.then(|| command(text).unwrap_or_else(|| What::Said(text.to_owned())));
    }
    if let Some(rest) = text.strip_prefix('@').and_then(|text| {
        let (name, rest) = text.split_at_checked(me.name.len())?;
        let ends = !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        (name.eq_ignore_ascii_case(&me.name) && ends).then_some(rest)
    }) {
        let line = rest.trim_start_matches([',', ':']).trim();
        return Some(command(line).unwrap_or_else(|| What::Said(line.to_owned())));
    }
    let replied = message.reply_to_message().and_then(|replied| replied.from.as_ref());
    if replied.is_some_and(|from| from.id == me.id) {
        return Some(What::Said(text.to_owned()));
    }
    Some(What::Overheard(text.to_owned()))
}

fn hear_press(id: u32, query: &CallbackQuery) -> Heard {
    let handle = Handle::Query(query.id.0.clone());
    let (Some(message), Some(data)) = (&query.message, &query.data) else { return Heard::Nothing };
    let (spot, private) = match message {
        MaybeInaccessibleMessage::Regular(message) => (spot(message), message.chat.is_private()),
        MaybeInaccessibleMessage::Inaccessible(gone) => {
            (Spot { chat: gone.chat.id, thread: None }, gone.chat.is_private())
        }
    };
    if query.from.is_bot {
        return Heard::Faceless { handle, spot };
    }
    let (what, before) = keys::read(data);
    let mut heard = ask(id, &query.from, spot, private, Some(handle), what);
    if let Heard::Ask(ask) = &mut heard {
        let message = keys::pressed(before, message.id().0).at(spot.chat);
        ask.message =
            Some(Anchor { platform: PlatformName::Telegram, room: ask.room.clone(), message: message.to_string() });
    }
    heard
}

/// Somebody has taken us into a group, or thrown us out.
fn hear_member(id: u32, change: &ChatMemberUpdated) -> Heard {
    let (before, now) = (&change.old_chat_member.kind, &change.new_chat_member.kind);
    if now.is_present() == before.is_present() {
        return Heard::Nothing;
    }
    let private = change.chat.is_private();
    tracing::info!(present = now.is_present(), private, "our place in a chat has changed");
    if private || !now.is_present() || change.from.is_bot || change.chat.is_channel() {
        return Heard::Nothing;
    }
    ask(id, &change.from, Spot { chat: change.chat.id, thread: None }, false, None, What::Arrived)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{DraftId, Press};
    use serde_json::{Value, json};

    fn me() -> Myself {
        Myself { id: UserId(42), name: "Bellhop_bot".to_owned() }
    }

    fn heard(update: Value) -> Heard {
        hear(&serde_json::from_str(&update.to_string()).unwrap(), &me())
    }

    fn ann() -> Value {
        json!({"id": 7, "is_bot": false, "first_name": "Ann", "last_name": "Lee", "language_code": "fr-BE"})
    }

    fn private() -> Value {
        json!({"id": 7, "type": "private", "first_name": "Ann"})
    }

    fn forum() -> Value {
        json!({"id": -1001234567890_i64, "type": "supergroup", "title": "Nodes", "is_forum": true})
    }

    /// A message with these fields besides.
    fn message(chat: Value, more: Value) -> Heard {
        let mut message = json!({"message_id": 5, "date": 1_700_000_000, "chat": chat, "from": ann()});
        for (name, value) in more.as_object().unwrap() {
            message[name] = value.clone();
        }
        heard(json!({"update_id": 9, "message": message}))
    }

    fn what(heard: Heard) -> Option<What> {
        match heard {
            Heard::Ask(ask) => Some(ask.what),
            Heard::Nothing => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_says_what_where() {
        let Heard::Ask(ask) = message(private(), json!({"text": "/deploy casper"})) else { panic!() };
        assert_eq!((ask.id.as_str(), ask.handle.as_deref()), ("9", Some("m5")));
        assert_eq!((ask.from.id.as_str(), ask.from.name.as_str()), ("7", "Ann Lee"));
        assert_eq!((ask.room.id.as_str(), ask.room.private, ask.room.group.as_deref()), ("7", true, None));
        assert_eq!(ask.locale.as_deref(), Some("fr-BE"));
        let more = json!({"text": "/list", "message_thread_id": 3, "is_topic_message": true});
        let Heard::Ask(ask) = message(forum(), more) else { panic!() };
        assert_eq!(
            (ask.room.id.as_str(), ask.room.private, ask.room.group.as_deref()),
            ("-1001234567890/3", false, Some("-1001234567890"))
        );
        // A thread of replies is no topic.
        let Heard::Ask(ask) = message(forum(), json!({"text": "/list", "message_thread_id": 3})) else { panic!() };
        assert_eq!(ask.room.id, "-1001234567890");
    }

    #[test]
    fn a_private_chat_is_all_for_us() {
        let said = |text: &str| what(message(private(), json!({"text": text})));
        assert_eq!(said("hello"), Some(What::Said("hello".into())));
        assert_eq!(said("/start"), Some(What::Arrived));
        assert_eq!(said("/START"), Some(What::Arrived));
        assert_eq!(said("/start deploy-casper"), Some(link::read("deploy-casper")));
        assert_ne!(said("/start deploy-casper"), Some(What::Arrived));
        let sticker = json!({"dice": {"emoji": "🎲", "value": 3}});
        assert_eq!(what(message(private(), sticker)), None);
        let place = json!({"location": {"latitude": 1.0, "longitude": 2.0}});
        assert_eq!(what(message(private(), place)), Some(What::Said(String::new())));
        let photo = json!({"caption": "/list", "photo": [
            {"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1, "file_size": 1}]});
        assert_eq!(what(message(private(), photo)), Some(What::Said("/list".into())));
        assert_eq!(what(message(private(), json!({"pinned_message": null, "something_new": {}}))), None);
    }

    #[test]
    fn in_a_group_only_what_is_said_to_us_is_said() {
        let said = |text: &str| what(message(forum(), json!({"text": text})));
        let is = |text: &str| Some(What::Said(text.to_owned()));
        assert_eq!(said("/deploy@bellhop_BOT casper"), is("/deploy@bellhop_BOT casper"));
        assert_eq!(said("/Deploy casper"), is("/Deploy casper"));
        assert_eq!(said("/dpeloy casper"), is("/dpeloy casper"));
        assert_eq!(said("/deploy@other_bot casper"), None);
        assert_eq!(said("/weather"), None);
        assert_eq!(said("/weather@bellhop_bot"), is("/weather@bellhop_bot"));
        assert_eq!(said("/start@bellhop_bot list"), Some(link::read("list")));
        assert_eq!(said("@Bellhop_bot, deploy casper"), is("deploy casper"));
        assert_eq!(said("@bellhop_bot_2 deploy"), Some(What::Overheard("@bellhop_bot_2 deploy".into())));
        assert_eq!(said("good morning"), Some(What::Overheard("good morning".into())));
        let to = |from: Value| {
            let replied = json!({"message_id": 4, "date": 1, "chat": forum(), "from": from, "text": "Which name?"});
            what(message(forum(), json!({"text": "orchid", "reply_to_message": replied})))
        };
        assert_eq!(to(json!({"id": 42, "is_bot": true, "first_name": "B", "username": "bellhop_bot"})), is("orchid"));
        assert_eq!(to(ann()), Some(What::Overheard("orchid".into())));
        let photo =
            json!({"photo": [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1, "file_size": 1}]});
        assert_eq!(what(message(forum(), photo)), None);
    }

    #[test]
    fn who_has_no_face_is_no_person() {
        let group =
            json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"});
        let as_group = |text: &str| message(forum(), json!({"text": text, "from": group, "sender_chat": forum()}));
        assert!(matches!(as_group("/list"), Heard::Faceless { handle: Handle::Message(5), .. }));
        assert_eq!(as_group("good morning"), Heard::Nothing);
        let bot = json!({"id": 43, "is_bot": true, "first_name": "Other", "username": "other_bot"});
        assert_eq!(message(forum(), json!({"text": "/list", "from": bot})), Heard::Nothing);
    }

    fn press(data: &str, more: Value) -> Heard {
        let mut shown = json!({"message_id": 6, "date": 1, "chat": forum(), "text": "x"});
        for (name, value) in more.as_object().unwrap() {
            shown[name] = value.clone();
        }
        let query = json!({"id": "q1", "from": ann(), "message": shown, "chat_instance": "c", "data": data});
        heard(json!({"update_id": 10, "callback_query": query}))
    }

    #[test]
    fn a_press_knows_its_message() {
        let topic = json!({"message_thread_id": 3, "is_topic_message": true});
        let Heard::Ask(ask) = press("abc123", topic) else { panic!() };
        assert_eq!(ask.what, What::Press(Press { id: "abc123".into() }));
        assert_eq!(ask.handle.as_deref(), Some("qq1"));
        let anchor = ask.message.unwrap();
        assert_eq!((anchor.room.id.as_str(), anchor.message.as_str()), ("-1001234567890/3", "6"));
        let Heard::Ask(ask) = press(">2.d1+4+5", json!({})) else { panic!() };
        assert_eq!(ask.what, What::Turn { draft: DraftId("d1".into()), page: 2 });
        assert_eq!(ask.message.unwrap().message, "4+5+6");
        // Too old for Telegram to show it to us.
        let Heard::Ask(ask) = press("abc123", json!({"date": 0, "text": null})) else { panic!() };
        assert_eq!(ask.message.unwrap().message, "6");
    }

    #[test]
    fn who_takes_us_in_has_arrived() {
        let member = |status: &str| json!({"user": {"id": 42, "is_bot": true, "first_name": "B"}, "status": status, "until_date": 0});
        let change = |chat: Value, old: &str, new: &str| {
            let change = json!({"chat": chat, "from": ann(), "date": 1, "old_chat_member": member(old), "new_chat_member": member(new)});
            what(heard(json!({"update_id": 11, "my_chat_member": change})))
        };
        assert_eq!(change(forum(), "left", "member"), Some(What::Arrived));
        assert_eq!(change(forum(), "member", "left"), None);
        assert_eq!(change(forum(), "member", "kicked"), None);
        assert_eq!(change(private(), "kicked", "member"), None);
        let group = json!({"id": -5, "type": "group", "title": "Nodes"});
        let Heard::Ask(ask) = message(group, json!({"migrate_to_chat_id": -1001234567890_i64})) else { panic!() };
        assert_eq!((ask.what, ask.room.id.as_str()), (What::Arrived, "-5"));
        assert_eq!(what(message(forum(), json!({"migrate_from_chat_id": -5}))), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_so() {
        assert_eq!(heard(json!({"update_id": 12, "message": {"message_id": 1}})), Heard::Unknown);
        assert_eq!(heard(json!({"update_id": 12, "brand_new": {}})), Heard::Unknown);
        assert_eq!(
            heard(json!({"update_id": 12, "poll_answer": {"poll_id": "x", "option_ids": [], "user": ann()}})),
            Heard::Nothing
        );
    }
}
