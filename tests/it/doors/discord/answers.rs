//! The life of an interaction: the first answer with its deadline, then what its token may do. Serves both REST and
//! the HTTP endpoint. Not the asking, which people do.

use super::compose::{Origin, Refused, Sent, number};
use super::model::{self, AUTOCOMPLETE, COMMAND, COMPONENT, EPHEMERAL, Id, LOADING, MODAL, OpenModal, Reply};
use super::{Inner, held, rules, wire};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How long an interaction's token lives.
const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// What became of a first answer.
pub struct Done {
    /// The message that was made or changed.
    pub message: Option<Id>,
}

fn unknown_interaction() -> Refused {
    Refused::new(404, 10062, "Unknown interaction")
}

fn unknown_message() -> Refused {
    Refused::new(404, 10008, "Unknown Message")
}

fn unknown_webhook() -> Refused {
    Refused::new(404, 10015, "Unknown Webhook")
}

impl Inner {
    /// The first answer (facts: exactly one, in time, of a type that fits).
    pub fn first_answer(&self, id: Id, token: &str, sent: &Sent) -> Result<Done, Refused> {
        let at = Instant::now();
        let kind = sent.json["type"].as_u64().unwrap_or(0) as u8;
        let data = &sent.json["data"];
        let mut world = held(&self.world);
        let (user, channel, of, source, metadata) = {
            let known = world.interactions.get(&id).filter(|known| known.token == token);
            let known = known.ok_or_else(unknown_interaction)?;
            if known.answered.is_some() {
                return Err(Refused::new(400, 40060, "Interaction has already been acknowledged."));
            }
            if at.duration_since(known.created) > self.options.first_answer {
                return Err(unknown_interaction());
            }
            (known.user, known.channel, known.kind, known.message, known.metadata.clone())
        };
        let fits = match kind {
            4 | 5 => of != AUTOCOMPLETE,
            6 | 7 => of == COMPONENT || (of == MODAL && source.is_some()),
            8 => of == AUTOCOMPLETE,
            9 => of == COMMAND || of == COMPONENT,
            _ => false,
        };
        if !fits {
            let fault = format!("type {kind} is not an answer to an interaction of kind {of}");
            self.breach("first answer", [fault.clone()]);
            return Err(Refused::form(vec![fault]));
        }
        self.check(|| match kind {
            4 | 7 => rules::message(data, 2000, kind == 4 && sent.files.is_empty()),
            8 => rules::choices(data),
            9 => rules::modal(data),
            _ => Vec::new(),
        })?;
        let now = self.now();
        let mut body = Sent { json: data.clone(), files: sent.files.clone() };
        let mut event = "MESSAGE_CREATE";
        let message = match kind {
            4 | 5 => {
                let private = data["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0;
                if kind == 5 {
                    body = Sent { json: json!({"flags": data["flags"].as_u64().unwrap_or(0)}), files: Vec::new() };
                }
                let origin = Origin {
                    channel,
                    author: world.bot,
                    from: Some((id, metadata)),
                    only_for: private.then_some(user),
                    flags: if kind == 5 { LOADING } else { 0 },
                };
                Some(world.compose(now, self.options.keep, origin, &body))
            }
            6 => source,
            7 => {
                event = "MESSAGE_UPDATE";
                let source = source.filter(|id| world.messages.contains_key(id)).ok_or_else(unknown_message)?;
                world.edit(now, source, &body);
                Some(source)
            }
            9 => {
                let metadata = world.interactions.get(&id).map(|known| known.metadata.clone()).unwrap_or_default();
                let open = OpenModal { channel, message: source, metadata, data: data.clone() };
                world.modals.insert(user, open);
                None
            }
            _ => None,
        };
        if let Some(known) = world.interactions.get_mut(&id) {
            known.answered = Some(kind);
            known.original = message;
            if kind == 4 || kind == 5 {
                known.made.extend(message);
            }
            if let Some(waiting) = known.waiting.take() {
                let _ = waiting.send(Reply { kind, data: data.clone(), message, at });
            }
        }
        drop(world);
        match message {
            Some(message) if kind != 6 => self.tell_message(event, message),
            _ => self.changed(),
        }
        Ok(Done { message })
    }

    /// What a callback answers when asked `with_response`.
    pub fn callback_response(&self, id: Id, done: &Done) -> Value {
        let world = held(&self.world);
        let known = world.interactions.get(&id);
        let kind = known.and_then(|known| known.answered).unwrap_or(0);
        let message = done.message.and_then(|id| world.messages.get(&id));
        let mut about = json!({"id": id.to_string(), "type": known.map_or(2, |known| known.kind)});
        if let Some(message) = message {
            wire::merge(
                &mut about,
                json!({
                    "response_message_id": message.id.to_string(),
                    "response_message_loading": message.flags & LOADING != 0,
                    "response_message_ephemeral": message.flags & EPHEMERAL != 0,
                }),
            );
        }
        let mut all = json!({"interaction": about});
        if let Some(message) = message.filter(|_| kind == 4 || kind == 7) {
            all["resource"] = json!({"type": kind, "message": wire::message(&world, message, &self.base())});
        }
        all
    }

    /// The interaction behind a webhook's token, once it was answered and while the token lives.
    fn behind(&self, world: &model::World, token: &str) -> Result<Id, Refused> {
        let known = world.tokens.get(token).and_then(|id| world.interactions.get(id)).ok_or_else(unknown_webhook)?;
        if known.expired || known.created.elapsed() > TOKEN_LIFE {
            return Err(Refused::new(401, 50027, "Invalid Webhook Token"));
        }
        // An autocomplete has no messages.
        known.answered.filter(|kind| *kind != 8).ok_or_else(unknown_webhook)?;
        Ok(known.id)
    }

    /// The message that `@original` or an id stands for, if the token may reach it.
    fn reach(&self, world: &model::World, token: &str, which: &str) -> Result<Id, Refused> {
        let id = self.behind(world, token)?;
        let known = world.interactions.get(&id).ok_or_else(unknown_webhook)?;
        let message = match which {
            "@original" => known.original,
            id => id.parse().ok().filter(|id| known.made.contains(id) || known.original == Some(*id)),
        };
        message.filter(|id| world.messages.contains_key(id)).ok_or_else(unknown_message)
    }

    /// A follow-up. After a type 5 the first one fills the placeholder.
    pub fn follow_up(&self, token: &str, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let id = self.behind(&world, token)?;
        self.check(|| rules::message(&sent.json, 2000, sent.files.is_empty()))?;
        let now = self.now();
        let known = world.interactions.get(&id).ok_or_else(unknown_webhook)?;
        let (user, channel, metadata) = (known.user, known.channel, known.metadata.clone());
        let waiting = known.original.filter(|id| world.messages.get(id).is_some_and(|m| m.flags & LOADING != 0));
        let (message, event) = if let Some(placeholder) = waiting {
            world.edit(now, placeholder, sent);
            (placeholder, "MESSAGE_UPDATE")
        } else {
            let private = sent.json["flags"].as_u64().unwrap_or(0) & EPHEMERAL != 0;
            let only_for = private.then_some(user);
            let origin = Origin { channel, author: world.bot, from: Some((id, metadata)), only_for, flags: 0 };
            (world.compose(now, self.options.keep, origin, sent), "MESSAGE_CREATE")
        };
        if let Some(known) = world.interactions.get_mut(&id)
            && !known.made.contains(&message)
        {
            known.made.push(message);
        }
        let told = world.messages.get(&message).map(|message| wire::message(&world, message, &self.base()));
        drop(world);
        self.tell_message(event, message);
        told.ok_or_else(unknown_message)
    }

    /// An edit with the interaction's token. Ephemeral or not was decided before and stays.
    pub fn webhook_edit(&self, token: &str, which: &str, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let message = self.reach(&world, token, which)?;
        self.check(|| rules::message(&sent.json, 2000, false))?;
        world.edit(self.now(), message, sent);
        let told = world.messages.get(&message).map(|message| wire::message(&world, message, &self.base()));
        drop(world);
        self.tell_message("MESSAGE_UPDATE", message);
        told.ok_or_else(unknown_message)
    }

    pub fn webhook_get(&self, token: &str, which: &str) -> Result<Value, Refused> {
        let world = held(&self.world);
        let message = self.reach(&world, token, which)?;
        let message = world.messages.get(&message).ok_or_else(unknown_message)?;
        Ok(wire::message(&world, message, &self.base()))
    }

    pub fn webhook_delete(&self, token: &str, which: &str) -> Result<(), Refused> {
        let mut world = held(&self.world);
        let message = self.reach(&world, token, which)?;
        let gone = world.remove_message(message).ok_or_else(unknown_message)?;
        let guild = world.guild_of(gone.channel);
        drop(world);
        self.message_delete(&gone, guild);
        Ok(())
    }

    /// Runs the rules that the file does not state; breaches are written down and refused.
    pub fn check(&self, rules: impl FnOnce() -> Vec<rules::Fault>) -> Result<(), Refused> {
        if !self.options.validate {
            return Ok(());
        }
        let faults = rules();
        self.breach("rules", faults.iter().map(|fault| fault.text.clone()));
        let hard: Vec<_> = faults.into_iter().filter(|fault| fault.refused).map(|fault| fault.text).collect();
        if hard.is_empty() { Ok(()) } else { Err(Refused::form(hard)) }
    }
}

/// The id in a path.
pub fn id(text: &str) -> Result<Id, Refused> {
    number(&Value::String(text.into()))
        .ok_or_else(|| Refused::form(vec![format!("Value \"{text}\" is not snowflake.")]))
}
