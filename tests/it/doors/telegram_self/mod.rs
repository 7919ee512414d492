//! The fake Telegram, tried with the real client library: what it answers is what that library expects of Telegram.
//! Not our own door: nothing of it is used here.

mod errors;
mod groups;
mod load;
mod private;
mod receiving;
mod settings;

use super::telegram::{Options, TOKEN, Telegram};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use teloxide::prelude::*;
use teloxide::types::{AllowedUpdate, CallbackQuery, Message, Update, UpdateKind};
use teloxide::{ApiError, RequestError};

/// A fake and a bot on it that polls.
struct Desk {
    fake: Telegram,
    bot: Bot,
    offset: i32,
    told: VecDeque<Update>,
}

impl Desk {
    async fn with(options: Options) -> Self {
        let fake = Telegram::run(options).await;
        let bot = Bot::new(TOKEN).set_api_url(fake.url());
        Self { fake, bot, offset: 0, told: VecDeque::new() }
    }

    /// Checks everything, limits nothing: for stories that send a lot.
    async fn free() -> Self {
        Self::with(Options { limits: false, ..Options::default() }).await
    }

    /// The next update.
    async fn next(&mut self) -> Update {
        loop {
            if let Some(update) = self.told.pop_front() {
                return update;
            }
            let kinds = [AllowedUpdate::Message, AllowedUpdate::EditedMessage, AllowedUpdate::CallbackQuery];
            let kinds = kinds.into_iter().chain([AllowedUpdate::MyChatMember, AllowedUpdate::ChannelPost]);
            let poll = self.bot.get_updates().offset(self.offset).timeout(5).allowed_updates(kinds);
            self.told = poll.await.expect("updates").into();
            assert!(!self.told.is_empty(), "nothing came");
            self.offset = self.told.iter().map(|update| update.id.as_offset()).max().unwrap_or(0);
        }
    }

    /// The next update, which is a message.
    async fn message(&mut self) -> Message {
        match self.next().await.kind {
            UpdateKind::Message(message) => message,
            other => panic!("no message: {other:?}"),
        }
    }

    /// The next update, which is a pressed button.
    async fn query(&mut self) -> CallbackQuery {
        match self.next().await.kind {
            UpdateKind::CallbackQuery(query) => query,
            other => panic!("no button: {other:?}"),
        }
    }

    /// Confirms what came and sees that nothing more did.
    async fn quiet(&mut self) {
        assert!(self.told.is_empty(), "{:?}", self.told);
        let more = self.bot.get_updates().offset(self.offset).timeout(0).await.expect("updates");
        assert!(more.is_empty(), "{more:?}");
    }
}

/// The typed error of a request that fails.
#[track_caller]
fn api<T: std::fmt::Debug>(result: Result<T, RequestError>) -> ApiError {
    match result {
        Err(RequestError::Api(error)) => error,
        other => panic!("no error of the API: {other:?}"),
    }
}

/// Nothing was wrong, on neither side.
#[track_caller]
fn clean(fake: &Telegram) {
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!(fake.unanswered(), []);
}

/// Whether the description of the Bot API lies beside the project.
fn described() -> bool {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/telegram-bot-api.json")).exists()
}

fn ms(many: u64) -> Duration {
    Duration::from_millis(many)
}
