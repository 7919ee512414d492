//! The Bot API's methods over the model, with Telegram's words for what is wrong. What a method's own text of the Bot
//! API says only in prose (lengths, counts, signs) is checked here, and a bot that breaks it is also written down among
//! the violations. Not the protocol: requests arrive parsed (`api`).

mod chats;
mod commands;
mod keyboard;
mod messages;
mod params;
mod queries;
mod webhook;

pub use keyboard::deep_link;
pub use params::{File, Params};
pub use webhook::settings;

use super::model::{Chat, Kind, Person, Room, Standing, State};
use super::wire;
use serde_json::{Value, json};
use tokio::time::Instant;

/// What the fake can do, as the Bot API spells it.
const METHODS: &[&str] = &[
    "getMe",
    "getUpdates",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "sendMessage",
    "sendDocument",
    "sendChatAction",
    "editMessageText",
    "editMessageReplyMarkup",
    "deleteMessage",
    "answerCallbackQuery",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "setMyName",
    "getMyName",
    "setMyDescription",
    "getMyDescription",
    "setMyShortDescription",
    "getMyShortDescription",
    "setMyDefaultAdministratorRights",
    "getMyDefaultAdministratorRights",
    "getChat",
    "getChatMember",
    "getChatMemberCount",
    "getChatAdministrators",
    "leaveChat",
    "createForumTopic",
    "editForumTopic",
    "closeForumTopic",
    "reopenForumTopic",
    "deleteForumTopic",
];

/// Methods that count as a message.
const SENDING: [&str; 4] = ["sendMessage", "sendDocument", "editMessageText", "editMessageReplyMarkup"];

/// A request that is not done.
#[derive(Debug)]
pub struct Refusal {
    pub code: u16,
    pub text: String,
    pub parameters: Option<Value>,
}

impl Refusal {
    pub fn bad(text: &str) -> Self {
        Self { code: 400, text: format!("Bad Request: {text}"), parameters: None }
    }

    pub fn forbidden(text: &str) -> Self {
        Self { code: 403, text: format!("Forbidden: {text}"), parameters: None }
    }

    /// The token belongs to no bot.
    pub fn unauthorized() -> Self {
        Self { code: 401, text: "Unauthorized".into(), parameters: None }
    }

    /// No such method, or nothing that looks like a token.
    pub fn not_found() -> Self {
        Self { code: 404, text: "Not Found".into(), parameters: None }
    }

    pub fn webhook_active() -> Self {
        let text = "Conflict: can't use getUpdates method while webhook is active; \
                    use deleteWebhook to delete the webhook first";
        Self { code: 409, text: text.into(), parameters: None }
    }

    pub fn other_poll() -> Self {
        let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
        Self { code: 409, text: text.into(), parameters: None }
    }

    fn wait(seconds: u64) -> Self {
        let text = format!("Too Many Requests: retry after {seconds}");
        Self { code: 429, text, parameters: Some(json!({"retry_after": seconds})) }
    }

    fn moved(to: i64) -> Self {
        let refusal = Self::bad("group chat was upgraded to a supergroup chat");
        Self { parameters: Some(json!({"migrate_to_chat_id": to})), ..refusal }
    }
}

/// The Bot API's spelling of a method that the fake has; Telegram takes any case.
pub fn known(name: &str) -> Option<&'static str> {
    METHODS.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// Whether the bot may call `method` now.
pub fn admit(state: &mut State, method: &str, params: &Params) -> Result<(), Refusal> {
    let chat = params.int("chat_id");
    let grouped = chat.is_some_and(|id| id < 0);
    let sends = SENDING.contains(&method).then_some(grouped);
    state.limits.admit(method, chat, sends, Instant::now()).map_err(|wait| {
        state.counters.limited += 1;
        if let Some(early) = wait.early {
            state.violation(format!("{method}: came back {early:?} before retry_after had passed (chat {chat:?})"));
        }
        Refusal::wait(wait.seconds)
    })
}

/// Does what `method` says. `getUpdates` waits, and is done by `updates`.
pub fn call(state: &mut State, method: &str, params: &Params) -> Result<Value, Refusal> {
    match method {
        "getMe" => Ok(me(state)),
        "setWebhook" => webhook::set(state, params),
        "deleteWebhook" => Ok(webhook::delete(state, params)),
        "getWebhookInfo" => Ok(webhook::info(state)),
        "sendMessage" => messages::send(state, params),
        "sendDocument" => messages::send_document(state, params),
        "editMessageText" => messages::edit_text(state, params),
        "editMessageReplyMarkup" => messages::edit_markup(state, params),
        "deleteMessage" => messages::delete(state, params),
        "answerCallbackQuery" => queries::answer(state, params),
        "setMyCommands" => commands::set(state, params),
        "getMyCommands" => commands::get(state, params),
        "deleteMyCommands" => commands::delete(state, params),
        "setMyName" => commands::set_text(state, params, "name", 64),
        "getMyName" => commands::get_text(state, params, "name"),
        "setMyDescription" => commands::set_text(state, params, "description", 512),
        "getMyDescription" => commands::get_text(state, params, "description"),
        "setMyShortDescription" => commands::set_text(state, params, "short_description", 120),
        "getMyShortDescription" => commands::get_text(state, params, "short_description"),
        "setMyDefaultAdministratorRights" => Ok(commands::set_rights(state, params)),
        "getMyDefaultAdministratorRights" => Ok(commands::get_rights(state, params)),
        "sendChatAction" => addressed(state, params).map(|_| json!(true)),
        "getChat" => chats::get(state, params),
        "getChatMember" => chats::member(state, params),
        "getChatMemberCount" => chats::count(state, params),
        "getChatAdministrators" => chats::administrators(state, params),
        "leaveChat" => chats::leave(state, params),
        "createForumTopic" => chats::create_topic(state, params),
        "editForumTopic" | "closeForumTopic" | "reopenForumTopic" | "deleteForumTopic" => {
            chats::change_topic(state, params, method)
        }
        _ => Err(Refusal::not_found()),
    }
}

fn me(state: &State) -> Value {
    let mut me = wire::bot();
    let more = json!({
        "can_join_groups": true,
        "can_read_all_group_messages": !state.options.privacy,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        me[name] = value.clone();
    }
    me
}

/// A breach of a rule: refused, and held against the bot.
fn breach(state: &mut State, text: &str) -> Refusal {
    state.violation(text);
    Refusal::bad(text)
}

/// The chat that a request names, when the bot sees it.
fn visible(state: &State, params: &Params) -> Result<Room, Refusal> {
    let id = params.int("chat_id").ok_or_else(|| Refusal::bad("chat not found"))?;
    let Some(chat) = state.chats.get(&Room(id)) else {
        return Err(if state.users.contains_key(&Person(id)) {
            Refusal::forbidden("bot can't initiate conversation with a user")
        } else {
            Refusal::bad("chat not found")
        });
    };
    if let Some(to) = chat.moved_to {
        return Err(Refusal::moved(to));
    }
    let name = if chat.kind == Kind::Private { "" } else { chat.kind.name() };
    match (chat.kind, chat.bot) {
        (Kind::Private, Standing::Outside) => Err(Refusal::forbidden("bot can't initiate conversation with a user")),
        (Kind::Private, Standing::Kicked) => Err(Refusal::forbidden("bot was blocked by the user")),
        (_, Standing::Outside) => Err(Refusal::bad("chat not found")),
        (_, Standing::Kicked) => Err(Refusal::forbidden(&format!("bot was kicked from the {name} chat"))),
        (_, Standing::Left) => Err(Refusal::forbidden(&format!("bot is not a member of the {name} chat"))),
        _ => Ok(Room(id)),
    }
}

/// The chat that a request names, when the bot may write in it.
fn addressed(state: &State, params: &Params) -> Result<Room, Refusal> {
    let room = visible(state, params)?;
    match state.chat(room) {
        Chat { bot: Standing::Muted, .. } => Err(Refusal::bad("not enough rights to send text messages to the chat")),
        Chat { kind: Kind::Channel, bot, .. } if !bot.rules() => {
            Err(Refusal::bad("need administrator rights in the channel chat"))
        }
        _ => Ok(room),
    }
}
