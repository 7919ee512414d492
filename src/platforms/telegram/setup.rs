//! What whoever runs the program sets up at Telegram, and how that stands: asked, never changed.
//!
//! Words here are English: they are for whoever runs the program. Not here: what is set by ourselves (`menu`,
//! `webhook`, `poll`).

use super::config::{Config, Mode};
use super::wire::{WANTED, Wire};
use super::{address, menu};
use crate::platforms::{Finding, OpenError, State};
use crate::secret::SecretString;
use crate::speech::Voices;
use std::time::Duration;
use teloxide::requests::Requester;
use teloxide::types::{Me, WebhookInfo};
use teloxide::{ApiError, RequestError};

const WHAT: &str = "telegram";

/// Whose token it is.
///
/// # Errors
/// When it is nobody's, or Telegram does not answer.
pub async fn who(wire: &Wire) -> Result<Me, OpenError> {
    wire.bot.get_me().await.map_err(|error| match error {
        RequestError::Api(ApiError::InvalidToken) => OpenError::never(
            "Telegram does not know the bot’s token",
            "copy it again from @BotFather (/mybots, the bot, API Token), or make a new bot there with /newbot",
        ),
        error => OpenError::passing(format!("Telegram does not answer: {}", wire.words(&error))),
    })
}

/// Looks at everything that has to be right at Telegram, without changing anything.
pub async fn check(config: &Config, token: &SecretString, voices: &Voices) -> Vec<Finding> {
    let finding = |state, said: String, mend: &str| Finding {
        what: WHAT,
        address: config.api.clone(),
        state,
        said,
        mend: mend.to_owned(),
    };
    let opened = async {
        let api = address(&config.api, "telegram.api")?;
        if config.mode == Mode::Webhook {
            address(&config.url, "telegram.url")?;
        }
        let wire = Wire::new(&api, token, Duration::ZERO).ok_or_else(|| OpenError::passing("no way to Telegram"))?;
        let me = who(&wire).await?;
        Ok((wire, me))
    };
    let (wire, me) = match opened.await {
        Ok(opened) => opened,
        Err(OpenError::Never { why, mend }) => return vec![finding(State::Bad, why, &mend)],
        Err(OpenError::Passing(why)) => {
            return vec![finding(State::Bad, why, "look at the network and at telegram.api")];
        }
    };
    let mut findings = vec![finding(State::Ok, format!("the token is @{}’s", me.username()), "")];
    if !me.can_join_groups {
        let said = "the bot cannot be added to groups".to_owned();
        findings.push(finding(State::Warn, said, "if it should: @BotFather, /setjoingroups, Enable"));
    }
    match wire.bot.get_webhook_info().await {
        Ok(info) => findings.extend(hook(config, &info).map(|(said, mend)| finding(State::Warn, said, mend))),
        Err(error) => findings.push(finding(State::Warn, wire.words(&error), "ask again later")),
    }
    for entry in menu::wanted(voices) {
        match entry.is_there(&wire).await {
            Ok(true) => {}
            Ok(false) => {
                let said = "the menu on Telegram is not ours yet".to_owned();
                findings.push(finding(State::Warn, said, "bellhop serve writes it when it starts"));
                break;
            }
            Err(error) => {
                findings.push(finding(State::Warn, wire.words(&error), "ask again later"));
                break;
            }
        }
    }
    findings
}

/// What is not as `serve` leaves it, and how to mend it.
fn hook(config: &Config, info: &WebhookInfo) -> impl Iterator<Item = (String, &'static str)> {
    let is = info.url.as_ref().map(ToString::to_string);
    let mut found = Vec::new();
    match (config.mode, is) {
        (Mode::Poll, None) => {}
        (Mode::Poll, Some(is)) => {
            found.push((format!("a webhook is set: {is}"), "bellhop serve takes it away, for it polls"));
        }
        (Mode::Webhook, is) => {
            let same = is.as_deref().and_then(|is| url::Url::parse(is).ok()) == url::Url::parse(&config.url).ok();
            let wanted = info.allowed_updates.as_deref().is_some_and(|list| WANTED.iter().all(|w| list.contains(w)));
            if !same || !wanted {
                let said = format!("the webhook is {}, not as it should be", is.as_deref().unwrap_or("not set"));
                found.push((said, "bellhop serve sets it when it starts"));
            }
            if let Some(error) = &info.last_error_message {
                let said = format!("Telegram could not call {}: {error}", config.url);
                found.push((said, "look at what stands in front of telegram.listen: TLS, the path, the port"));
            }
        }
    }
    found.into_iter()
}

/// What to do at Telegram, step by step. `name`: the bot's, where the token is known already.
pub fn guide(config: &Config, name: Option<&str>) -> Vec<String> {
    let mut steps = Vec::new();
    match name {
        None => steps.extend([
            "In Telegram, open https://t.me/BotFather and send /newbot; choose a name, and a user name that ends in bot.".to_owned(),
            "Put the token that it answers with into a file that only you can read, and name that file in BELLHOP_TELEGRAM_TOKEN_FILE.".to_owned(),
        ]),
        Some(name) => steps.extend([
            format!("Anybody opens a private chat by https://t.me/{name} and Start."),
            format!("Add the bot to a group by https://t.me/{name}?startgroup=hello; it needs no rights there."),
            "In groups it hears commands and answers to its own messages; leave /setprivacy at @BotFather as it is.".to_owned(),
        ]),
    }
    if config.mode == Mode::Webhook {
        let (url, listen, path) = (&config.url, config.listen, &config.path);
        steps.push(format!("Let what ends TLS for {url} pass its requests on to http://{listen}{path}."));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_we_leave_it_is_found() {
        let info = |json: serde_json::Value| serde_json::from_value::<WebhookInfo>(json).unwrap();
        let none = info(serde_json::json!({"url": "", "has_custom_certificate": false, "pending_update_count": 0}));
        let ours = info(serde_json::json!({
            "url": "https://bot.example.org/telegram/updates", "has_custom_certificate": false, "pending_update_count": 3,
            "allowed_updates": ["message", "callback_query", "my_chat_member"],
        }));
        let deaf = WebhookInfo { allowed_updates: Some(vec![WANTED[0]]), ..ours.clone() };
        let failing = WebhookInfo { last_error_message: Some("Connection refused".into()), ..ours.clone() };
        let poll = Config::default();
        let url = "https://bot.example.org/telegram/updates".to_owned();
        let webhook = Config { mode: Mode::Webhook, url, ..Config::default() };
        assert_eq!(hook(&poll, &none).count(), 0);
        assert_eq!(hook(&poll, &ours).count(), 1);
        assert_eq!(hook(&webhook, &none).count(), 1);
        assert_eq!(hook(&webhook, &ours).count(), 0);
        assert_eq!(hook(&webhook, &deaf).count(), 1);
        assert_eq!(hook(&webhook, &failing).count(), 1);
    }

    #[test]
    fn the_guide_has_the_links() {
        let config = Config::default();
        assert!(guide(&config, None).concat().contains("https://t.me/BotFather"));
        assert!(guide(&config, Some("bellhop_bot")).concat().contains("https://t.me/bellhop_bot?startgroup=hello;"));
    }
}
