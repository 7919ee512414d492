//! What went wrong at Telegram, by class.
//!
//! Telegram has no codes for its errors, only sentences, so this is the one place that reads sentences. No text
//! from here has the token in it: it is a part of every address. Not here: what is done about it.

use super::handle::Spot;
use crate::chat::{PlatformError, Room};
use serde::Deserialize;
use std::error::Error;
use teloxide::types::{Message, MessageId};
use teloxide::{ApiError, RequestError};

/// Of what is no answer of Telegram's, so many letters are told.
const TOLD: usize = 200;

/// The class of an error of a request about `room`.
pub fn class(error: &RequestError, room: &Room, token: &str) -> PlatformError {
    let why = words(error, token);
    match error {
        RequestError::RetryAfter(after) => {
            PlatformError::Passing { why, after: Some(after.duration()), everywhere: false }
        }
        RequestError::MigrateToChatId(chat) => {
            // A new supergroup has no topics yet.
            PlatformError::Moved(Spot { chat: *chat, thread: None }.room(room.private))
        }
        RequestError::Api(error) => class_of(error, why),
        RequestError::Network(_) | RequestError::InvalidJson { .. } | RequestError::Io(_) => {
            PlatformError::passing(why)
        }
    }
}

fn class_of(error: &ApiError, why: String) -> PlatformError {
    match error {
        ApiError::InvalidToken => {
            tracing::error!("Telegram does not take the bot’s token");
            PlatformError::passing(why)
        }
        ApiError::BotBlocked
        | ApiError::BotKicked
        | ApiError::BotKickedFromSupergroup
        | ApiError::BotKickedFromChannel
        | ApiError::UserDeactivated
        | ApiError::CantInitiateConversation
        | ApiError::CantTalkWithBots
        | ApiError::ChatNotFound
        | ApiError::UserNotFound
        | ApiError::GroupDeactivated
        | ApiError::NotEnoughRightsToPostMessages => PlatformError::Closed(why),
        ApiError::TerminatedByOtherGetUpdates | ApiError::CantGetUpdates => PlatformError::passing(why),
        ApiError::Unknown(text) => class_of_text(text, why),
        // Everything else that has a name of its own is about the request, and will be no better later.
        _ => PlatformError::Gone(why),
    }
}

fn class_of_text(text: &str, why: String) -> PlatformError {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["not enough rights", "have no rights", "CHAT_WRITE_FORBIDDEN", "TOPIC_CLOSED", "PEER_ID_INVALID"])
        || text.starts_with("Forbidden")
    {
        PlatformError::Closed(why)
    } else if text.starts_with("Bad Request") {
        PlatformError::Gone(why)
    } else {
        PlatformError::passing(why)
    }
}

/// An error in words, without the token.
pub fn words(error: &RequestError, token: &str) -> String {
    let told = match error {
        RequestError::Network(error) => {
            // The error's own words have the address.
            let what = match (error.is_timeout(), error.is_connect()) {
                (true, _) => "no answer in time",
                (_, true) => "no connection",
                _ => "the connection failed",
            };
            let mut cause: Option<&dyn Error> = error.source();
            while let Some(deeper) = cause.and_then(Error::source) {
                cause = Some(deeper);
            }
            cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
        }
        RequestError::InvalidJson { raw, .. } => {
            format!("this is no answer of Telegram’s: {:?}", raw.chars().take(TOLD).collect::<String>())
        }
        error => error.to_string(),
    };
    told.replace(token, "…")
}

/// The message that was sent. Telegram's servers are newer than our reading of them: what they have done is done,
/// also where their answer cannot be read in full, or it would be done again.
///
/// # Errors
/// The request's.
pub fn sent(result: Result<Message, RequestError>) -> Result<i32, RequestError> {
    #[derive(Deserialize)]
    struct Bare {
        ok: bool,
        result: MessageId,
    }
    match result {
        Ok(message) => Ok(message.id.0),
        Err(error @ RequestError::InvalidJson { .. }) => {
            let RequestError::InvalidJson { raw, .. } = &error else { return Err(error) };
            match serde_json::from_str::<Bare>(raw) {
                Ok(Bare { ok: true, result }) => Ok(result.0),
                _ => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether a message is now as it was wanted: it may have been so before.
///
/// # Errors
/// The request's.
pub fn edited(result: Result<Message, RequestError>) -> Result<(), RequestError> {
    match sent(result) {
        Ok(_) | Err(RequestError::Api(ApiError::MessageNotModified)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PlatformName;
    use std::time::Duration;
    use teloxide::types::{ChatId, Seconds};

    fn room() -> Room {
        let group = Some("-100".to_owned());
        Room { platform: PlatformName::Telegram, id: "-100/3".into(), private: false, group }
    }

    fn of(text: &str) -> PlatformError {
        let error: ApiError = serde_json::from_value(text.into()).unwrap();
        class(&RequestError::Api(error), &room(), "1:secret")
    }

    #[test]
    fn each_sentence_has_its_class() {
        for closed in [
            "Forbidden: bot was blocked by the user",
            "Forbidden: user is deactivated",
            "Forbidden: bot was kicked from the group chat",
            "Forbidden: bot was kicked from the supergroup chat",
            "Forbidden: bot is not a member of the supergroup chat",
            "Forbidden: bot can't initiate conversation with a user",
            "Bad Request: chat not found",
            "Bad Request: not enough rights to send text messages to the chat",
            "Bad Request: TOPIC_CLOSED",
        ] {
            assert!(matches!(of(closed), PlatformError::Closed(_)), "{closed}");
        }
        for gone in [
            "Bad Request: message to edit not found",
            "Bad Request: message can't be edited",
            "Bad Request: message thread not found",
            "Bad Request: MESSAGE_ID_INVALID",
            "Bad Request: something that is new",
        ] {
            assert!(matches!(of(gone), PlatformError::Gone(_)), "{gone}");
        }
        for passing in ["Unauthorized", "Not Found", "Bad Gateway", "Internal Server Error", "Conflict: whatever"] {
            assert!(matches!(of(passing), PlatformError::Passing { after: None, .. }), "{passing}");
        }
    }

    #[test]
    fn what_telegram_asks_for_is_passed_on() {
        let after = class(&RequestError::RetryAfter(Seconds::from_seconds(7)), &room(), "");
        assert!(matches!(after, PlatformError::Passing { after: Some(after), .. } if after == Duration::from_secs(7)));
        let moved = class(&RequestError::MigrateToChatId(ChatId(-200)), &room(), "");
        let PlatformError::Moved(to) = moved else { panic!("{moved}") };
        assert_eq!((to.id.as_str(), to.group.as_deref()), ("-200", Some("-200")));
    }

    fn unreadable(raw: &str) -> RequestError {
        let source = serde_json::from_str::<u8>("x").unwrap_err();
        RequestError::InvalidJson { source: source.into(), raw: raw.into() }
    }

    #[test]
    fn what_is_done_is_done_even_if_it_cannot_be_read() {
        let new = r#"{"ok":true,"result":{"message_id":77,"something":"new"}}"#;
        assert_eq!(sent(Err(unreadable(new))).ok(), Some(77));
        assert!(edited(Err(unreadable(new))).is_ok());
        assert!(edited(Err(RequestError::Api(ApiError::MessageNotModified))).is_ok());
        for no in ["<html>502</html>", r#"{"ok":false,"result":{"message_id":77}}"#, r#"{"ok":true}"#] {
            assert!(sent(Err(unreadable(no))).is_err(), "{no}");
        }
    }

    #[test]
    fn no_text_has_the_token() {
        let page = format!("<html>cannot POST /bot1:secret/sendMessage {}</html>", "x".repeat(900));
        let told = words(&unreadable(&page), "1:secret");
        assert!(told.contains("cannot POST /bot…/sendMessage") && told.len() < 300, "{told}");
    }
}
