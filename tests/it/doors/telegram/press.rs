//! Buttons: pressed, answered, or left busy; and links that lead back to the bot.

use super::model::{Answer, Markup, Person, Query, State};
use super::see::Button;
use super::text::is_payload;
use super::{Shown, Telegram, methods, wire};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// Why pressing came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpressed {
    /// There is no such button in sight. Holds the labels that are.
    NoButton(Vec<String>),
    /// Nobody answered: the button stayed busy.
    Spinner,
}

/// Where a link led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// To the bot: the private chat was started with this payload.
    Started(Option<String>),
    /// Elsewhere.
    Web(String),
}

impl State {
    /// The newest message with a button that `fits`, in the chats that `person` is in.
    fn button(&self, person: Person, fits: impl Fn(&Button) -> bool) -> Option<(Shown, Button)> {
        self.shown_to(person).find_map(|shown| {
            let button = shown.rows.iter().flatten().find(|button| fits(button)).cloned()?;
            Some((shown, button))
        })
    }

    fn labels(&self, person: Person) -> Vec<String> {
        self.shown_to(person).flat_map(|shown| shown.labels().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    fn pressed(&mut self, person: Person, shown: &Shown, label: &str, data: &str) -> oneshot::Receiver<Answer> {
        let (waiter, answer) = oneshot::channel();
        let id = self.queries.len() as u64 + 4_200_000_000_000_000;
        let query = Query { person, label: label.into(), asked: Instant::now(), answered: None, waiter: Some(waiter) };
        self.queries.insert(id, query);
        let chat = self.chat(shown.room);
        let message = match chat.messages.get(&shown.id) {
            Some(message) => wire::message(self, shown.room, message),
            None => json!({"chat": wire::chat(self, chat), "message_id": shown.id, "date": 0}),
        };
        let content = json!({
            "id": id.to_string(),
            "from": wire::person(self, person),
            "message": message,
            "chat_instance": format!("{}", shown.room.0.unsigned_abs()),
            "data": data,
        });
        self.tell("callback_query", shown.room.0, &content);
        answer
    }
}

impl Telegram {
    /// Presses the button `label` of the newest message that has one, waiting for it to come into sight, and then for
    /// the answer.
    pub async fn press(&self, user: Person, label: &str) -> Result<Answer, Unpressed> {
        let found = self.sought(|state| state.button(user, |button| button.label == label && button.data.is_some()));
        match found.await {
            Some((shown, _)) => self.press_on(user, &shown, label).await,
            None => Err(Unpressed::NoButton(self.core.quietly(|state| state.labels(user)))),
        }
    }

    /// Presses a button of a message as it was when `shown` was taken, though it may look different by now.
    pub async fn press_on(&self, user: Person, shown: &Shown, label: &str) -> Result<Answer, Unpressed> {
        let button = shown.rows.iter().flatten().find(|button| button.label == label);
        let Some(data) = button.and_then(|button| button.data.as_deref()) else {
            return Err(Unpressed::NoButton(shown.labels().map(str::to_owned).collect()));
        };
        let patience = self.core.quietly(|state| state.options.patience);
        let answer = self.core.change(|state| state.pressed(user, shown, label, data));
        match timeout(patience, answer).await {
            Ok(Ok(answer)) => {
                if let Some(url) = &answer.url {
                    self.open(user, url);
                }
                Ok(answer)
            }
            _ => Err(Unpressed::Spinner),
        }
    }

    /// Opens the newest link `label` that `user` sees, on a button or in a text.
    pub async fn follow(&self, user: Person, label: &str) -> Result<Followed, Unpressed> {
        let found = self.sought(|state| {
            let button = state.button(user, |button| button.label == label && button.url.is_some());
            let button = button.and_then(|(_, button)| button.url);
            button.or_else(|| state.shown_to(user).find_map(|shown| shown.link(label)))
        });
        let Some(link) = found.await else {
            return Err(Unpressed::NoButton(self.core.quietly(|state| state.labels(user))));
        };
        Ok(self.open(user, &link))
    }

    /// A client opens `link`.
    fn open(&self, user: Person, link: &str) -> Followed {
        match url::Url::parse(link).ok().and_then(|url| methods::deep_link(&url)) {
            Some((kind, payload)) if kind == "start" => {
                let payload = Some(payload).filter(|payload| is_payload(payload));
                self.start(user, payload.as_deref());
                Followed::Started(payload)
            }
            _ => Followed::Web(link.to_owned()),
        }
    }
}

/// The rows of the inline keyboard of a message.
pub fn rows(markup: Option<&Markup>) -> Vec<Vec<Button>> {
    let Some(Markup::Inline(rows)) = markup else { return Vec::new() };
    let rows = rows.as_array().into_iter().flatten().filter_map(|row| row.as_array());
    let button = |value: &serde_json::Value| {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Button { label: text("text").unwrap_or_default(), data: text("callback_data"), url: text("url") }
    };
    rows.map(|row| row.iter().map(button).collect()).collect()
}
