//! The model as the Bot API's JSON (types of Bot API 10.1). Not the methods: those are in `methods`.

use super::model::{Author, Chat, Entity, Kind, Markup, Message, Person, Room, Standing, State};
use super::{BOT_ID, BOT_NAME, BOT_USERNAME};
use serde_json::{Map, Value, json};

pub fn entity(entity: &Entity) -> Value {
    let mut value = json!({"type": entity.kind, "offset": entity.offset, "length": entity.length});
    if let Some(url) = &entity.url {
        value["url"] = json!(url);
    }
    if let Some(language) = &entity.language {
        value["language"] = json!(language);
    }
    value
}

pub fn entities(all: &[Entity]) -> Value {
    all.iter().map(entity).collect()
}

pub fn bot() -> Value {
    json!({"id": BOT_ID, "is_bot": true, "first_name": BOT_NAME, "username": BOT_USERNAME})
}

pub fn person(state: &State, person: Person) -> Value {
    let user = state.user(person);
    let mut value = json!({"id": user.id.0, "is_bot": false, "first_name": user.name, "username": user.username});
    if let Some(language) = &user.language {
        value["language_code"] = json!(language);
    }
    value
}

pub fn chat(state: &State, chat: &Chat) -> Value {
    let mut value = json!({"id": chat.id, "type": chat.kind.name()});
    if chat.kind == Kind::Private {
        let user = state.user(Person(chat.id));
        value["first_name"] = json!(user.name);
        value["username"] = json!(user.username);
    } else {
        value["title"] = json!(chat.title);
    }
    if chat.kind == Kind::Forum {
        value["is_forum"] = json!(true);
    }
    value
}

/// Permissions that a group gives to everybody, and what the bot or a person has as an administrator.
pub fn admin_rights() -> Map<String, Value> {
    let yes = [
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_change_info",
        "can_invite_users",
    ];
    let no = ["is_anonymous", "can_promote_members", "can_post_stories", "can_edit_stories", "can_delete_stories"];
    let yes = yes.iter().map(|name| ((*name).to_owned(), json!(true)));
    yes.chain(no.iter().map(|name| ((*name).to_owned(), json!(false)))).collect()
}

pub fn member(user: Value, standing: Standing) -> Value {
    let mut value = match standing {
        Standing::Creator => json!({"status": "creator", "is_anonymous": false}),
        Standing::Admin => {
            let mut rights = admin_rights();
            rights.insert("status".into(), json!("administrator"));
            rights.insert("can_be_edited".into(), json!(false));
            Value::Object(rights)
        }
        Standing::Member => json!({"status": "member"}),
        Standing::Muted => {
            let mut value = json!({"status": "restricted", "is_member": true, "until_date": 0});
            let kinds = ["messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls"];
            for kind in kinds.iter().chain(&["other_messages"]) {
                value[format!("can_send_{kind}")] = json!(false);
            }
            let rest = ["add_web_page_previews", "react_to_messages", "edit_tag", "change_info", "invite_users"];
            for right in rest.iter().chain(&["pin_messages", "manage_topics"]) {
                value[format!("can_{right}")] = json!(false);
            }
            value
        }
        Standing::Outside | Standing::Left => json!({"status": "left"}),
        Standing::Kicked => json!({"status": "kicked", "until_date": 0}),
    };
    value["user"] = user;
    value
}

/// A `ChatMemberUpdated` about `user`, caused by `by`.
pub fn member_change(state: &State, room: Room, by: &Value, user: &Value, (old, new): (Standing, Standing)) -> Value {
    json!({
        "chat": chat(state, state.chat(room)),
        "from": by,
        "date": state.now(),
        "old_chat_member": member(user.clone(), old),
        "new_chat_member": member(user.clone(), new),
    })
}

pub fn message(state: &State, room: Room, message: &Message) -> Value {
    let mut value = bare(state, room, message);
    let replied = message.reply_to.and_then(|id| state.chat(room).messages.get(&id));
    if let Some(replied) = replied {
        value["reply_to_message"] = bare(state, room, replied);
    }
    value
}

/// A message without the one that it answers.
fn bare(state: &State, room: Room, message: &Message) -> Value {
    let inside = state.chat(room);
    let mut value = json!({"message_id": message.id, "date": message.date, "chat": chat(state, inside)});
    match message.author {
        _ if inside.kind == Kind::Channel => value["sender_chat"] = chat(state, inside),
        Author::Bot => value["from"] = bot(),
        Author::Person(who) => value["from"] = person(state, who),
        Author::Anonymous => {
            value["from"] = json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group",
                "username": "GroupAnonymousBot"});
            value["sender_chat"] = chat(state, inside);
        }
    }
    if let Some(thread) = message.thread {
        value["message_thread_id"] = json!(thread);
    }
    if message.in_topic {
        value["is_topic_message"] = json!(true);
    }
    if let Some(edited) = message.edited {
        value["edit_date"] = json!(edited);
    }
    if let Some((name, content)) = &message.service {
        value[*name] = content.clone();
        return value;
    }
    let (text, marks) = match &message.document {
        Some(file) => {
            value["document"] = json!({"file_id": file.file_id, "file_unique_id": format!("u{}", file.file_id),
                "file_name": file.name, "file_size": file.bytes.len()});
            ("caption", "caption_entities")
        }
        None => ("text", "entities"),
    };
    if !message.text.is_empty() {
        value[text] = json!(message.text);
    }
    if !message.entities.is_empty() {
        value[marks] = entities(&message.entities);
    }
    if let Some(Markup::Inline(rows)) = &message.markup {
        value["reply_markup"] = json!({"inline_keyboard": rows});
    }
    value
}
