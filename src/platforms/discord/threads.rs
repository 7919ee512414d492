//! A deployment's thread: it begins with the message that shows it, and whoever waits is called there.
//!
//! The card stays on the message that the thread began with. Not here: when somebody is called.

use super::Discord;
use super::controls::label;
use super::place::{Place, snowflake};
use super::render;
use super::rest::{Call, Fault};
use super::send::{anchor, id, no_id};
use crate::chat::{Anchor, Card, Person, PlatformError, Post, Room};
use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{ChannelId, MessageId};
use serenity::http::Route;
use std::sync::PoisonError;

impl Discord {
    /// A message that calls somebody: in the thread of what it is about, or as an answer to it.
    pub(super) async fn call(&self, post: &Post<'_>, person: &Person) -> Result<Anchor, PlatformError> {
        let sheet = self.sheet(post.card, post.ask);
        let mut body = sheet.body(0, &[]);
        if !post.room.private {
            let user = snowflake(&person.id)?;
            let text = sheet.drawn.parts.first().map_or("", String::as_str);
            let text = if text.encode_utf16().count() > 1900 { "" } else { text };
            render::set(&mut body, "content", json!(format!("<@{user}> {text}")));
            render::set(&mut body, "allowed_mentions", json!({ "parse": [], "users": [user.to_string()] }));
        }
        render::set(&mut body, "nonce", json!(post.nonce));
        render::set(&mut body, "enforce_nonce", json!(true));
        let under = match post.under.map(|under| Place::read(&under.message)) {
            Some(Ok(Place::Messages(messages))) => messages.first().map(|(id, _)| *id),
            _ => None,
        };
        let send = |channel: u64, body: Value| {
            let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
            self.rest.send(Call::new(Method::POST, route).body(body))
        };
        let told = |room: &Room, told: Value| {
            let id = id(&told).ok_or_else(no_id)?;
            Ok(anchor(room, &Place::Messages(vec![(id, None)])))
        };
        // A thread that began with a message has that message's id.
        if let Some(thread) = under.filter(|_| self.config.threads && !post.room.private) {
            match send(thread, body.clone()).await {
                Ok(answer) => return told(&Room { id: thread.to_string(), ..post.room.clone() }, answer),
                Err(fault @ (Fault::Passing(_) | Fault::Wait { .. })) => return Err(fault.into()),
                Err(_) => {}
            }
        }
        if let Some(message) = under {
            render::set(
                &mut body,
                "message_reference",
                json!({ "message_id": message.to_string(), "fail_if_not_exists": false }),
            );
        }
        told(post.room, send(snowflake(&post.room.id)?, body).await?)
    }

    /// A thread for a deployment. That there can be none is no failure.
    pub(super) async fn open_thread(&self, room: &Room, message: u64, card: &Card<String>) {
        let name = label(card.title.split_whitespace().next().unwrap_or_default(), 100);
        let body = json!({ "name": name, "auto_archive_duration": 1440 });
        let Ok(channel) = snowflake(&room.id) else { return };
        let route = Route::ChannelMessageThreads { channel_id: channel.into(), message_id: MessageId::new(message) };
        if let Err(fault) = self.rest.send(Call::new(Method::POST, route).body(body)).await
            && self.threadless.lock().unwrap_or_else(PoisonError::into_inner).insert(channel)
        {
            tracing::info!(%fault, channel, "deployments get no threads in this channel");
        }
    }
}
