//! The endpoints that a bot's token opens: channels, messages, threads, private channels. Permissions are checked here;
//! ephemeral messages do not exist for them.

use super::answers::id;
use super::compose::{Origin, Refused, Sent, number};
use super::model::{Channel, HAS_THREAD, Id, Message, World, bits};
use super::{Inner, held, rules, wire};
use serde_json::{Value, json};

fn unknown_message() -> Refused {
    Refused::new(404, 10008, "Unknown Message")
}

fn unknown_channel() -> Refused {
    Refused::new(404, 10003, "Unknown Channel")
}

fn missing_access() -> Refused {
    Refused::new(403, 50001, "Missing Access")
}

fn missing_permissions() -> Refused {
    Refused::new(403, 50013, "Missing Permissions")
}

impl World {
    /// A channel that the bot sees.
    fn open(&self, channel: &str) -> Result<&Channel, Refused> {
        let channel = self.channel(id(channel)?).ok_or_else(unknown_channel)?;
        self.require(channel, bits::VIEW_CHANNEL)?;
        Ok(channel)
    }

    /// What is missing: access when the channel is not even seen, else permissions.
    fn require(&self, channel: &Channel, needed: u64) -> Result<(), Refused> {
        let held = self.bot_permissions(channel);
        if held & bits::VIEW_CHANNEL == 0 {
            return Err(missing_access());
        }
        if held & needed == needed { Ok(()) } else { Err(missing_permissions()) }
    }

    /// A message in a channel, as far as a bot's token reaches: not an ephemeral one.
    fn lasting(&self, channel: Id, message: &str) -> Result<&Message, Refused> {
        let message = self.messages.get(&id(message)?).ok_or_else(unknown_message)?;
        let visible = message.channel == channel && message.only_for.is_none();
        if visible { Ok(message) } else { Err(unknown_message()) }
    }
}

impl Inner {
    pub fn create_message(&self, channel: &str, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        let write = if open.is_thread() { bits::SEND_MESSAGES_IN_THREADS } else { bits::SEND_MESSAGES };
        world.require(open, write | if sent.files.is_empty() { 0 } else { bits::ATTACH_FILES })?;
        if open.locked && world.bot_permissions(open) & bits::MANAGE_THREADS == 0 {
            return Err(Refused::new(400, 50083, "Thread is archived"));
        }
        if open.recipient.is_some_and(|person| !world.reachable(person)) {
            return Err(Refused::new(403, 50007, "Cannot send messages to this user"));
        }
        let (channel, bot) = (open.id, world.bot);
        self.check(|| rules::message(&sent.json, 2000, sent.files.is_empty()))?;
        if rules::is_empty(&sent.json) && sent.files.is_empty() {
            return Err(Refused::new(400, 50006, "Cannot send an empty message"));
        }
        let nonce = &sent.json["nonce"];
        if sent.json["enforce_nonce"] == true && !nonce.is_null() {
            // The same message again: what is there already is the answer.
            let recent = world.channel(channel).into_iter().flat_map(|open| open.messages.iter().rev().take(100));
            let recent = recent.filter_map(|id| world.messages.get(id));
            let same = recent.filter(|m| m.author == bot).find(|m| m.nonce.as_ref() == Some(nonce));
            if let Some(same) = same {
                return Ok(wire::message(&world, same, &self.base()));
            }
        }
        let reference = &sent.json["message_reference"];
        if let Some(to) = number(&reference["message_id"])
            && world.lasting(channel, &to.to_string()).is_err()
            && reference["fail_if_not_exists"] != false
        {
            return Err(Refused::form(vec!["message_reference: Unknown message".into()]));
        }
        let origin = Origin { channel, author: bot, from: None, only_for: None, flags: 0 };
        let message = world.compose(self.now(), self.options.keep, origin, sent);
        let told = world.messages.get(&message).map(|message| wire::message(&world, message, &self.base()));
        drop(world);
        self.tell_message("MESSAGE_CREATE", message);
        told.ok_or_else(unknown_message)
    }

    pub fn edit_message(&self, channel: &str, message: &str, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        if open.archived || open.locked && world.bot_permissions(open) & bits::MANAGE_THREADS == 0 {
            return Err(Refused::new(400, 50083, "Thread is archived"));
        }
        let message = world.lasting(open.id, message)?;
        if message.author != world.bot {
            return Err(Refused::new(403, 50005, "Cannot edit a message authored by another user"));
        }
        let id = message.id;
        self.check(|| rules::message(&sent.json, 2000, false))?;
        world.edit(self.now(), id, sent);
        let told = world.messages.get(&id).map(|message| wire::message(&world, message, &self.base()));
        drop(world);
        self.tell_message("MESSAGE_UPDATE", id);
        told.ok_or_else(unknown_message)
    }

    pub fn get_message(&self, channel: &str, message: &str) -> Result<Value, Refused> {
        let world = held(&self.world);
        let open = world.open(channel)?;
        world.require(open, bits::READ_MESSAGE_HISTORY).map_err(|_| missing_access())?;
        Ok(wire::message(&world, world.lasting(open.id, message)?, &self.base()))
    }

    pub fn list_messages(&self, channel: &str, limit: usize) -> Result<Value, Refused> {
        let world = held(&self.world);
        let open = world.open(channel)?;
        world.require(open, bits::READ_MESSAGE_HISTORY).map_err(|_| missing_access())?;
        let newest = open.messages.iter().rev().filter_map(|id| world.messages.get(id));
        let newest = newest.filter(|message| message.only_for.is_none()).take(limit);
        Ok(newest.map(|message| wire::message(&world, message, &self.base())).collect())
    }

    pub fn delete(&self, channel: &str, message: &str) -> Result<(), Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        let message = world.lasting(open.id, message)?;
        if message.author != world.bot {
            if open.guild.is_none() {
                return Err(Refused::new(403, 50003, "Cannot execute action on a DM channel"));
            }
            world.require(open, bits::MANAGE_MESSAGES)?;
        }
        let id = message.id;
        let gone = world.remove_message(id).ok_or_else(unknown_message)?;
        let guild = world.guild_of(gone.channel);
        drop(world);
        self.message_delete(&gone, guild);
        Ok(())
    }

    pub fn get_channel(&self, channel: &str) -> Result<Value, Refused> {
        let world = held(&self.world);
        Ok(wire::channel(&world, world.open(channel)?))
    }

    /// A thread on a message (`message` given) or beside the messages.
    pub fn create_thread(&self, channel: &str, message: Option<&str>, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        if open.kind != 0 {
            return Err(Refused::new(400, 50024, "Cannot execute action on this channel type"));
        }
        let kind = if message.is_none() && sent.json["type"] == 12 { 12 } else { 11 };
        let needed = if kind == 12 { bits::CREATE_PRIVATE_THREADS } else { bits::CREATE_PUBLIC_THREADS };
        world.require(open, needed)?;
        let (channel, guild) = (open.id, open.guild);
        let starter = message.map(|message| world.lasting(channel, message)).transpose()?;
        if starter.is_some_and(|message| message.thread.is_some()) {
            return Err(Refused::new(400, 160_004, "A thread has already been created for this message"));
        }
        let starter = starter.map(|message| message.id);
        let name = sent.json["name"].as_str().unwrap_or_default().trim().to_owned();
        if name.is_empty() {
            return Err(Refused::form(vec!["name: This field is required".into()]));
        }
        let thread = match starter {
            Some(id) => id,
            None => world.id(self.now()),
        };
        world.add_thread(channel, thread, &name, kind);
        if let Some(message) = starter.and_then(|id| world.messages.get_mut(&id)) {
            message.thread = Some(thread);
            message.flags |= HAS_THREAD;
        }
        let shape = world.channel(thread).map(|thread| wire::channel(&world, thread)).unwrap_or_default();
        drop(world);
        self.dispatch("THREAD_CREATE", guild, &shape);
        self.changed();
        Ok(shape)
    }

    /// Renames, archives or locks a thread.
    pub fn edit_channel(&self, channel: &str, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        if !open.is_thread() {
            return Err(missing_permissions());
        }
        // Its owner, which the bot always is here, may rename and archive; locking takes more.
        if sent.json["locked"] == true {
            world.require(open, bits::MANAGE_THREADS)?;
        }
        let id = open.id;
        let thread = world.channel_mut(id);
        if let Some(name) = sent.json["name"].as_str() {
            thread.name = name.into();
        }
        thread.archived = sent.json["archived"].as_bool().unwrap_or(thread.archived);
        thread.locked = sent.json["locked"].as_bool().unwrap_or(thread.locked);
        let guild = thread.guild;
        let shape = world.channel(id).map(|thread| wire::channel(&world, thread)).unwrap_or_default();
        drop(world);
        self.dispatch("THREAD_UPDATE", guild, &shape);
        self.changed();
        Ok(shape)
    }

    pub fn end_channel(&self, channel: &str) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let open = world.open(channel)?;
        if open.guild.is_some() {
            world.require(open, bits::MANAGE_THREADS)?;
        }
        let shape = wire::channel(&world, open);
        let (id, guild) = (open.id, open.guild);
        if guild.is_some() {
            world.remove_channel(id);
        }
        drop(world);
        self.dispatch("THREAD_DELETE", guild, &shape);
        self.changed();
        Ok(shape)
    }

    /// Somebody is brought into a thread.
    pub fn add_to_thread(&self, channel: &str, person: &str) -> Result<(), Refused> {
        let world = held(&self.world);
        let open = world.open(channel)?;
        if !open.is_thread() {
            return Err(Refused::new(400, 50024, "Cannot execute action on this channel type"));
        }
        world.require(open, bits::SEND_MESSAGES_IN_THREADS)?;
        let known = person == "@me" || world.users.contains_key(&id(person)?);
        if known { Ok(()) } else { Err(Refused::new(404, 10013, "Unknown User")) }
    }

    /// The private channel with somebody. That it exists does not mean that they can be written to.
    pub fn open_dm(&self, sent: &Sent) -> Result<Value, Refused> {
        let mut world = held(&self.world);
        let person = number(&sent.json["recipient_id"]).filter(|id| world.users.get(id).is_some_and(|u| !u.bot));
        let Some(person) = person else { return Err(Refused::new(400, 50033, "Invalid Recipient(s)")) };
        let channel = world.dm_with(person);
        let shape = world.channel(channel).map(|open| wire::channel(&world, open)).unwrap_or_default();
        drop(world);
        Ok(shape)
    }

    pub fn typing(&self, channel: &str) -> Result<(), Refused> {
        let world = held(&self.world);
        let open = world.open(channel)?;
        world.require(open, bits::SEND_MESSAGES)
    }

    pub fn guilds(&self) -> Value {
        let world = held(&self.world);
        let each = world.guilds.values().map(|guild| {
            json!({
                "id": guild.id.to_string(), "name": guild.name, "icon": null, "banner": null, "owner": false,
                "permissions": bits::USUAL.to_string(), "features": [],
            })
        });
        each.collect()
    }

    pub fn get_guild(&self, guild: &str) -> Result<Value, Refused> {
        let world = held(&self.world);
        let guild = world.guilds.get(&id(guild)?).ok_or_else(|| Refused::new(404, 10004, "Unknown Guild"))?;
        Ok(wire::rest_guild(&world, guild))
    }

    pub fn get_user(&self, user: &str) -> Result<Value, Refused> {
        let world = held(&self.world);
        let user = world.users.get(&id(user)?).ok_or_else(|| Refused::new(404, 10013, "Unknown User"))?;
        Ok(wire::user(user))
    }
}
