//! `answerCallbackQuery`: a pressed button is busy until it is answered, once and soon. The only link that an answer may
//! hold is one to the bot itself.

use super::super::model::{Answer, State};
use super::super::text::is_payload;
use super::{Params, Refusal, breach, deep_link};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The longest text, in characters.
const TEXT: usize = 200;

pub fn answer(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let stale = || Refusal::bad("query is too old and response timeout expired or query ID is invalid");
    let text = params.text("text").filter(|text| !text.is_empty()).map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > TEXT) {
        return Err(breach(state, "MESSAGE_TOO_LONG"));
    }
    let url = params.text("url").map(str::to_owned);
    let target = url.as_deref().map(|url| url::Url::parse(url).ok().and_then(|url| deep_link(&url)));
    if target.is_some_and(|target| target.is_none_or(|(_, payload)| !is_payload(&payload))) {
        return Err(breach(state, "URL_INVALID"));
    }
    let life = state.options.query_life;
    let id = params.text("callback_query_id").and_then(|id| id.parse::<u64>().ok());
    let Some((id, query)) = id.and_then(|id| Some((id, state.queries.get_mut(&id)?))) else {
        state.violation("there was no such query");
        return Err(stale());
    };
    if query.answered.is_some() {
        state.violation(format!("query {id} was answered before"));
        return Err(stale());
    }
    let took = Instant::now() - query.asked;
    if took > life {
        return Err(stale());
    }
    query.answered = Some(took);
    if let Some(waiter) = query.waiter.take() {
        // Whoever pressed may have stopped looking.
        let _ = waiter.send(Answer { text, alert: params.flag("show_alert"), url, took });
    }
    Ok(json!(true))
}
