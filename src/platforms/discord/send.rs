//! Posting and editing: one attempt each, by the bot's own token wherever it reaches, so that nothing depends on the 15
//! minutes of an interaction's token.
//!
//! The placeholder of a deferred answer becomes the answer; what only one person may see goes by the interaction's
//! token, and when that is dead, into their private chat. Not here: tries, limits, and how a card looks.

use super::Discord;
use super::place::{Place, snowflake};
use super::receive::{Ack, Handle};
use super::render::{self, Drawn, EPHEMERAL, SUPPRESS_EMBEDS};
use super::rest::{Call, Fault};
use crate::chat::{Anchor, Ask, Audience, Card, PlatformError, PlatformName, Post, Room};
use crate::speech::Voice;
use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{ChannelId, MessageId};
use serenity::http::Route;
use std::sync::Arc;

/// The name of the file, as the rest client sends it.
const FILE: &str = "bellhop.txt";

/// What is to be shown, and in which parts.
pub(super) struct Sheet<'a> {
    card: &'a Card<String>,
    voice: Arc<Voice>,
    pub(super) drawn: Drawn,
}

impl Sheet<'_> {
    /// The parts in order.
    fn len(&self) -> usize {
        self.drawn.parts.len()
    }

    /// The message of part `at`, under the messages of the parts before it.
    pub(super) fn body(&self, at: usize, before: &[String]) -> Value {
        let text = self.drawn.parts.get(at).map_or("", String::as_str);
        let last = at + 1 == self.len();
        let mut body = render::body(text, last.then_some((self.card, &*self.voice, before)));
        if self.file().is_some() {
            render::set(&mut body, "attachments", json!([{ "id": 0, "filename": FILE }]));
        }
        body
    }

    /// The same as an edit: what was attached before goes.
    fn edit(&self, at: usize, before: &[String]) -> Value {
        let mut body = self.body(at, before);
        if self.file().is_none() {
            render::set(&mut body, "attachments", json!([]));
        }
        body
    }

    fn file(&self) -> Option<&str> {
        self.drawn.file.as_deref()
    }
}

/// How a part is sent when there is no message of it yet.
#[derive(Clone, Copy)]
enum By<'a> {
    /// By the bot, into a channel.
    Bot { channel: u64, nonce: &'a str },
    /// By an interaction's token, for all or for the one person.
    Token { token: &'a str, flags: u64 },
}

impl Discord {
    pub(super) fn sheet<'a>(&self, card: &'a Card<String>, ask: Option<&Ask>) -> Sheet<'a> {
        let spoken = card.language.as_deref().into_iter().chain(ask.and_then(|ask| ask.locale.as_deref()));
        let voice = self.voices.find(spoken);
        Sheet { card, drawn: render::draw(card, &voice), voice }
    }

    pub(super) async fn post_card(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        if let Some(person) = post.call {
            return self.call(&post, person).await;
        }
        let sheet = self.sheet(post.card, post.ask);
        let handle = post.ask.and_then(Handle::of);
        if post.audience == Audience::Private && !post.room.private {
            return self.whisper(&post, &sheet, handle.as_ref()).await;
        }
        let place = self.publish(&post, &sheet, handle.as_ref()).await?;
        if let (Place::Messages(messages), Some(handle)) = (&place, &handle)
            && let (Some(_), true, Some((message, None))) = (post.topic, handle.threads, messages.first())
        {
            self.open_thread(post.room, *message, post.card).await;
        }
        Ok(anchor(post.room, &place))
    }

    /// Where everybody in the room reads.
    async fn publish(
        &self,
        post: &Post<'_>,
        sheet: &Sheet<'_>,
        handle: Option<&Handle>,
    ) -> Result<Place, PlatformError> {
        let bot = By::Bot { channel: snowflake(&post.room.id)?, nonce: post.nonce };
        let Some(handle) = handle else { return Ok(self.add(sheet, Vec::new(), bot).await?) };
        let token = By::Token { token: &handle.token, flags: SUPPRESS_EMBEDS };
        let by = if handle.sees { bot } else { token };
        if handle.ack == Ack::Room {
            match self.fill(sheet, &handle.token).await {
                Ok(id) => {
                    let first = (id, (!handle.sees).then(|| handle.token.clone()));
                    return Ok(self.add(sheet, vec![first], by).await?);
                }
                Err(fault) if fault.token_is_dead() => {
                    tracing::debug!(%fault, "an answer comes too late for its placeholder");
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let place = match self.add(sheet, Vec::new(), by).await {
            // What Discord told about the channel with the ask does not hold any more, but the token may.
            Err(fault) if fault.is_forbidden() && handle.sees => self.add(sheet, Vec::new(), token).await?,
            done => done?,
        };
        if handle.ack == Ack::Private {
            // It was only a placeholder, and only its person sees it.
            let _ = self.rest.send(Call::new(Method::DELETE, self.original(&handle.token))).await;
        }
        Ok(place)
    }

    /// What only one person may see, in a room that others read.
    async fn whisper(
        &self,
        post: &Post<'_>,
        sheet: &Sheet<'_>,
        handle: Option<&Handle>,
    ) -> Result<Anchor, PlatformError> {
        if let Some(handle) = handle {
            match self.tell_alone(sheet, handle).await {
                Ok(id) => return Ok(anchor(post.room, &Place::Ephemeral(id))),
                Err(fault) if fault.token_is_dead() => {
                    tracing::debug!(%fault, "a private answer comes too late for its interaction");
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let Some(ask) = post.ask else {
            return Err(PlatformError::Gone("nobody is named whom it is for".to_owned()));
        };
        let to = json!({ "recipient_id": ask.from.id });
        let dm = self.rest.send(Call::new(Method::POST, Route::UserMeDmChannels).body(to)).await.map_err(personal)?;
        let channel = id(&dm).ok_or_else(|| PlatformError::Gone("no private chat with them".to_owned()))?;
        let place = self.add(sheet, Vec::new(), By::Bot { channel, nonce: post.nonce }).await.map_err(personal)?;
        let room = Room { platform: PlatformName::Discord, id: channel.to_string(), private: true, group: None };
        Ok(anchor(&room, &place))
    }

    /// By the interaction, for its person alone. The last message is the one with the buttons.
    async fn tell_alone(&self, sheet: &Sheet<'_>, handle: &Handle) -> Result<u64, Fault> {
        let mut ids = Vec::new();
        match handle.ack {
            Ack::Private => ids.push((self.fill(sheet, &handle.token).await?, None)),
            // The placeholder is public for ever. The first follow-up would fill it, so it goes first.
            Ack::Room => match self.rest.send(Call::new(Method::DELETE, self.original(&handle.token))).await {
                Ok(_) | Err(Fault::Refused { code: 10008, .. }) => {}
                Err(fault) => return Err(fault),
            },
            Ack::Press => {}
        }
        let by = By::Token { token: &handle.token, flags: SUPPRESS_EMBEDS | EPHEMERAL };
        match self.add(sheet, ids, by).await? {
            Place::Messages(ids) => ids.last().map(|(id, _)| *id).ok_or_else(no_id),
            Place::Ephemeral(id) => Ok(id),
        }
    }

    /// Fills the placeholder of a deferred answer (or, after a press, the pressed message) with the first part.
    async fn fill(&self, sheet: &Sheet<'_>, token: &str) -> Result<u64, Fault> {
        let call = Call::new(Method::PATCH, self.original(token)).body(sheet.edit(0, &[])).file(sheet.file());
        id(&self.rest.send(call).await?).ok_or_else(no_id)
    }

    /// Sends the parts for which there is no message yet.
    async fn add(&self, sheet: &Sheet<'_>, mut there: Vec<(u64, Option<String>)>, by: By<'_>) -> Result<Place, Fault> {
        for at in there.len()..sheet.len() {
            let before: Vec<String> = there.iter().map(|(id, _)| id.to_string()).collect();
            let mut body = sheet.body(at, &before);
            let (route, token) = match by {
                By::Bot { channel, nonce } => {
                    render::set(&mut body, "nonce", json!(format!("{nonce}{at}")));
                    render::set(&mut body, "enforce_nonce", json!(true));
                    (Route::ChannelMessages { channel_id: ChannelId::new(channel) }, None)
                }
                By::Token { token, flags } => {
                    render::set(&mut body, "flags", json!(flags));
                    (Route::WebhookFollowupMessages { application_id: self.own.application, token }, Some(token))
                }
            };
            let told = self.rest.send(Call::new(Method::POST, route).body(body).file(sheet.file())).await?;
            there.push((id(&told).ok_or_else(no_id)?, token.map(str::to_owned)));
        }
        Ok(Place::Messages(there))
    }

    fn original<'a>(&self, token: &'a str) -> Route<'a> {
        Route::WebhookOriginalInteractionResponse { application_id: self.own.application, token }
    }

    pub(super) async fn edit_card(
        &self,
        old: &Anchor,
        card: &Card<String>,
        ask: Option<&Ask>,
    ) -> Result<Anchor, PlatformError> {
        let sheet = self.sheet(card, ask);
        let handle = ask.and_then(Handle::of);
        let place = match (Place::read(&old.message)?, handle) {
            (Place::Ephemeral(_), Some(handle)) if handle.ack == Ack::Press => {
                let first = self.fill(&sheet, &handle.token).await?;
                let by = By::Token { token: &handle.token, flags: SUPPRESS_EMBEDS | EPHEMERAL };
                match self.add(&sheet, vec![(first, None)], by).await? {
                    Place::Messages(ids) => Place::Ephemeral(ids.last().map_or(first, |(id, _)| *id)),
                    place => place,
                }
            }
            (Place::Ephemeral(_), _) => {
                return Err(PlatformError::Gone("only a press of it reaches a message for one person".to_owned()));
            }
            (Place::Messages(messages), handle) => {
                self.replace(&old.room, messages, &sheet, handle.filter(|handle| handle.ack == Ack::Press)).await?
            }
        };
        Ok(anchor(&old.room, &place))
    }

    /// Replaces messages: as many as there are parts are edited or sent, the others deleted.
    async fn replace(
        &self,
        room: &Room,
        messages: Vec<(u64, Option<String>)>,
        sheet: &Sheet<'_>,
        press: Option<Handle>,
    ) -> Result<Place, PlatformError> {
        let channel = snowflake(&room.id)?;
        // The pressed message is the last one, and the press has a fresh token for it.
        let fresh = press.as_ref().filter(|_| messages.len() == 1);
        let mut kept: Vec<(u64, Option<String>)> = Vec::new();
        let parts = sheet.len();
        for (at, (message, token)) in messages.iter().take(parts).enumerate() {
            let before: Vec<String> = kept.iter().map(|(id, _)| id.to_string()).collect();
            let body = sheet.edit(at, &before);
            let patch = |route| Call::new(Method::PATCH, route).body(body.clone()).file(sheet.file());
            let own = Route::ChannelMessage { channel_id: channel.into(), message_id: MessageId::new(*message) };
            let route = match (token, fresh) {
                // By the press, which is under no limit of the bot's.
                (_, Some(press)) => self.original(&press.token),
                (Some(token), _) => Route::WebhookFollowupMessage {
                    application_id: self.own.application,
                    token,
                    message_id: MessageId::new(*message),
                },
                (None, _) => own,
            };
            match (self.rest.send(patch(route)).await, fresh) {
                (Err(fault), Some(press)) if fault.token_is_dead() && press.sees && token.is_none() => {
                    self.rest.send(patch(own)).await?;
                }
                // The token has lived its 15 minutes, and nothing else reaches the message.
                (Err(fault), _) if token.is_some() && fault.token_is_dead() => {
                    return Err(PlatformError::Gone(fault.to_string()));
                }
                (done, _) => drop(done?),
            }
            let token = fresh.filter(|press| !press.sees).map(|press| press.token.clone()).or_else(|| token.clone());
            kept.push((*message, token));
        }
        for (message, token) in messages.iter().skip(parts) {
            let message_id = MessageId::new(*message);
            let route = match token {
                Some(token) => {
                    Route::WebhookFollowupMessage { application_id: self.own.application, token, message_id }
                }
                None => Route::ChannelMessage { channel_id: channel.into(), message_id },
            };
            // A part that is gone already is what was wanted.
            let _ = self.rest.send(Call::new(Method::DELETE, route)).await;
        }
        // Tried again, the further parts have the same names.
        let nonce = kept.last().map(|(id, _)| id.to_string()).unwrap_or_default();
        let token = kept.last().and_then(|(_, token)| token.clone());
        let by = match &token {
            Some(token) => By::Token { token, flags: SUPPRESS_EMBEDS },
            None => By::Bot { channel, nonce: &nonce },
        };
        Ok(self.add(sheet, kept, by).await?)
    }
}

pub(super) fn anchor(room: &Room, place: &Place) -> Anchor {
    Anchor { platform: PlatformName::Discord, room: room.clone(), message: place.write() }
}

pub(super) fn id(told: &Value) -> Option<u64> {
    told.get("id")?.as_str()?.parse().ok().filter(|id| *id != 0)
}

pub(super) fn no_id() -> Fault {
    Fault::Passing("Discord did not say where the message is".to_owned())
}

/// A person who takes no messages closes no room: the one in which they asked is still there.
fn personal(fault: Fault) -> PlatformError {
    match PlatformError::from(fault) {
        PlatformError::Closed(why) => PlatformError::Gone(why),
        other => other,
    }
}
