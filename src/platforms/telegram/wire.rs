//! The Bot API as this door uses it: a few requests, each sent once.
//!
//! Not here: what is in them, how often, and what is done when one fails.

use super::fail::{edited, sent, words};
use super::handle::Spot;
use crate::secret::{ExposeSecret, SecretString};
use std::time::Duration;
use teloxide::payloads::setters::*;
use teloxide::requests::Requester;
use teloxide::types::{
    AllowedUpdate, CallbackQueryId, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, MessageId, ParseMode,
    ReplyMarkup, ReplyParameters, Update,
};
use teloxide::{Bot, RequestError};
use url::Url;

/// What we want to be told. Always said, for Telegram goes on with what was said last.
pub const WANTED: [AllowedUpdate; 3] =
    [AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember];
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Updates in one answer, at most: Telegram's.
const BATCH: u8 = 100;

/// The way to Telegram. Not `Debug`: the token is in it.
#[derive(Clone)]
pub struct Wire {
    /// For short requests.
    pub bot: Bot,
    /// For those that wait at Telegram.
    slow: Bot,
}

impl Wire {
    /// A way to the Bot API at `api`, where a poll may wait `patience` long. `None`: there is no way to make one.
    pub fn new(api: &Url, token: &SecretString, patience: Duration) -> Option<Self> {
        if api.cannot_be_a_base() {
            return None;
        }
        let mut api = api.clone();
        // The library appends to the path, and a slash at its end would be doubled.
        api.path_segments_mut().ok()?.pop_if_empty();
        let bot = |patience: Duration| {
            let client = reqwest::Client::builder().connect_timeout(CONNECT).timeout(patience).tcp_nodelay(true);
            // The token is in every address: it goes nowhere else.
            let client = client.redirect(reqwest::redirect::Policy::none()).build().ok()?;
            Some(Bot::with_client(token.expose_secret(), client).set_api_url(api.clone()))
        };
        Some(Self { bot: bot(PATIENCE)?, slow: bot(patience + PATIENCE)? })
    }

    /// An error in words, without the token.
    pub fn words(&self, error: &RequestError) -> String {
        words(error, self.bot.token())
    }

    /// What has arrived from `offset` on; waits `patience` for something.
    pub async fn updates(&self, offset: Option<i32>, patience: u32) -> Result<Vec<Update>, RequestError> {
        let request = self.slow.get_updates().limit(BATCH).timeout(patience).allowed_updates(WANTED);
        match offset {
            Some(offset) => request.offset(offset).await,
            None => request.await,
        }
    }

    /// Sends a text.
    pub async fn send(
        &self,
        to: Spot,
        html: &str,
        markup: Option<ReplyMarkup>,
        reply: Option<i32>,
    ) -> Result<i32, RequestError> {
        let mut request = self.bot.send_message(to.chat, html).parse_mode(ParseMode::Html);
        request.link_preview_options = Some(no_preview());
        request.message_thread_id = to.thread;
        request.reply_parameters = reply.map(replying);
        request.reply_markup = markup;
        sent(request.await)
    }

    /// Sends a text file.
    pub async fn send_file(
        &self,
        to: Spot,
        (name, text): (&str, String),
        caption: &str,
        markup: Option<ReplyMarkup>,
    ) -> Result<i32, RequestError> {
        let file = InputFile::memory(text.into_bytes()).file_name(name.to_owned());
        let mut request = self.bot.send_document(to.chat, file).caption(caption);
        request.message_thread_id = to.thread;
        request.reply_markup = markup;
        sent(request.await)
    }

    /// Replaces a text and its buttons.
    pub async fn edit(
        &self,
        at: Spot,
        id: i32,
        html: &str,
        keys: Option<InlineKeyboardMarkup>,
    ) -> Result<(), RequestError> {
        let mut request = self.bot.edit_message_text(at.chat, MessageId(id), html).parse_mode(ParseMode::Html);
        request.link_preview_options = Some(no_preview());
        request.reply_markup = keys;
        edited(request.await)
    }

    /// Takes a message away, if it can be; one that stays is only untidy.
    pub async fn delete(&self, at: Spot, id: i32) {
        if let Err(error) = self.bot.delete_message(at.chat, MessageId(id)).await {
            tracing::debug!(error = self.words(&error), "a message could not be taken away");
        }
    }

    /// Answers a pressed button: nothing, or words that have to be closed by a tap.
    pub async fn answer(&self, query: &str, alert: Option<String>) -> Result<(), RequestError> {
        let mut request = self.bot.answer_callback_query(CallbackQueryId(query.to_owned()));
        request.show_alert = alert.as_ref().map(|_| true);
        request.text = alert;
        request.await.map(drop)
    }
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn replying(id: i32) -> ReplyParameters {
    ReplyParameters::new(MessageId(id)).allow_sending_without_reply()
}
