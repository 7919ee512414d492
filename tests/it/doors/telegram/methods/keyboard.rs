//! `reply_markup`: what a keyboard may hold. Not what a button does when pressed: that is in `people`.

use super::super::BOT_USERNAME;
use super::super::model::{Markup, State};
use super::super::text::is_payload;
use super::{Params, Refusal, breach};
use serde_json::Value;

/// The most buttons of one inline keyboard.
const BUTTONS: usize = 100;
/// What a button of an inline keyboard can do; each does exactly one.
const DEEDS: [&str; 10] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
];

/// The markup of a request. `editing` allows inline keyboards only.
pub fn markup(state: &mut State, params: &Params, editing: bool) -> Result<Option<Markup>, Refusal> {
    if !params.values.contains_key("reply_markup") {
        return Ok(None);
    }
    let Some(value) = params.json("reply_markup") else {
        return Err(breach(state, "object expected as reply markup"));
    };
    if let Some(rows) = value.get("inline_keyboard") {
        check(state, rows)?;
        let empty = rows.as_array().is_none_or(|rows| rows.iter().all(|row| row.as_array().is_none_or(Vec::is_empty)));
        return Ok((!empty).then(|| Markup::Inline(rows.clone())));
    }
    if editing {
        return Err(breach(state, "inline keyboard expected"));
    }
    if value.get("force_reply").is_some() {
        let long = value["input_field_placeholder"].as_str().is_some_and(|text| text.chars().count() > 64);
        if long {
            return Err(breach(state, "the placeholder of a forced reply has at most 64 characters"));
        }
        return Ok(Some(Markup::ForceReply));
    }
    Ok(Some(Markup::Keyboard))
}

fn check(state: &mut State, rows: &Value) -> Result<(), Refusal> {
    let Some(rows) = rows.as_array() else {
        return Err(breach(state, "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays"));
    };
    let buttons: Vec<&Value> = rows.iter().filter_map(Value::as_array).flatten().collect();
    if buttons.len() > BUTTONS {
        return Err(breach(state, "reply markup is too long"));
    }
    for button in buttons {
        if button["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(breach(state, "BUTTON_TEXT_INVALID"));
        }
        let deeds = DEEDS.iter().filter(|deed| button.get(**deed).is_some()).count();
        if deeds != 1 {
            let text = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";
            return Err(breach(state, text));
        }
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            return Err(breach(state, "BUTTON_DATA_INVALID"));
        }
        if let Some(link) = button["url"].as_str() {
            let url = url::Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "tg"));
            let Some(url) = url else { return Err(breach(state, "BUTTON_URL_INVALID")) };
            if let Some((_, payload)) = deep_link(&url)
                && !payload.is_empty()
                && !is_payload(&payload)
            {
                state.violation(format!("{link}: the payload has 1 to 64 of A-Z a-z 0-9 _ -"));
            }
        }
    }
    Ok(())
}

/// `start` or `startgroup`, and the payload, of a link to this bot.
pub fn deep_link(url: &url::Url) -> Option<(String, String)> {
    let ours = url.host_str() == Some("t.me")
        && url.path().trim_matches('/').eq_ignore_ascii_case(BOT_USERNAME)
        && url.scheme() != "tg";
    let mut pairs = url.query_pairs();
    let (kind, payload) = pairs.find(|(name, _)| name == "start" || name == "startgroup")?;
    ours.then(|| (kind.into_owned(), payload.into_owned()))
}
