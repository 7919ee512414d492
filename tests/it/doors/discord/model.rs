//! What there is: people, servers, channels, messages, commands, interactions. Plain data and the steps that change
//! it; knows no protocol and no time but what it is told.

use bellhop::clock::Dice;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A snowflake: milliseconds since 2015 in the upper 42 bits.
pub type Id = u64;

/// Discord's epoch in Unix milliseconds.
const EPOCH: u64 = 1_420_070_400_000;

/// Permission bits, by Discord's names.
pub mod bits {
    /// May do everything.
    pub const ADMINISTRATOR: u64 = 1 << 3;
    /// Manages the server.
    pub const MANAGE_GUILD: u64 = 1 << 5;
    /// Sees the channel.
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    /// Writes.
    pub const SEND_MESSAGES: u64 = 1 << 11;
    /// Deletes what others wrote.
    pub const MANAGE_MESSAGES: u64 = 1 << 13;
    /// Its links and embeds are shown.
    pub const EMBED_LINKS: u64 = 1 << 14;
    /// Sends files.
    pub const ATTACH_FILES: u64 = 1 << 15;
    /// Reads what was written before.
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// Uses commands (people).
    pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
    /// Archives, renames and deletes threads.
    pub const MANAGE_THREADS: u64 = 1 << 34;
    /// Opens threads.
    pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
    /// Opens threads that only some see.
    pub const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
    /// Writes in threads.
    pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
    /// What an invited bot of our kind usually has.
    pub const USUAL: u64 = VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | CREATE_PUBLIC_THREADS
        | SEND_MESSAGES_IN_THREADS;
    /// What an ordinary member has.
    pub const MEMBER: u64 = USUAL | USE_APPLICATION_COMMANDS;
}

pub struct User {
    pub id: Id,
    pub name: String,
    pub locale: String,
    /// Whether the bot may write first.
    pub dms: bool,
    pub bot: bool,
}

pub struct Guild {
    pub id: Id,
    pub name: String,
    pub locale: String,
    /// Everybody in it but the bot, with their permissions.
    pub members: BTreeMap<Id, u64>,
    pub channels: Vec<Id>,
}

pub struct Channel {
    pub id: Id,
    pub guild: Option<Id>,
    pub name: String,
    /// 0 text, 1 private, 11 public thread, 12 private thread.
    pub kind: u8,
    /// Of a thread: the channel it is in.
    pub parent: Option<Id>,
    /// Of a private channel: the person.
    pub recipient: Option<Id>,
    /// The bot's own permissions here.
    pub permissions: u64,
    pub archived: bool,
    pub locked: bool,
    pub messages: VecDeque<Id>,
    /// Messages ever written here.
    pub written: u64,
}

impl Channel {
    pub fn is_thread(&self) -> bool {
        self.kind == 11 || self.kind == 12
    }
}

/// A file as it was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The attachment's id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: bytes::Bytes,
}

pub struct Message {
    pub id: Id,
    pub channel: Id,
    pub author: Id,
    pub content: String,
    /// In the shape of answers.
    pub embeds: Vec<Value>,
    /// Rows in the shape of answers.
    pub components: Vec<Value>,
    pub files: Vec<File>,
    pub flags: u64,
    pub nonce: Option<Value>,
    /// Unix milliseconds.
    pub written: u64,
    pub edited: Option<u64>,
    pub edits: u32,
    /// The interaction whose token made it, and what the message tells about it.
    pub from: Option<(Id, Value)>,
    /// Ephemeral: only this person sees it.
    pub only_for: Option<Id>,
    pub thread: Option<Id>,
    pub reply_to: Option<Id>,
    pub mentions: Vec<Id>,
}

/// Message flags.
pub const EPHEMERAL: u64 = 1 << 6;
pub const LOADING: u64 = 1 << 7;
pub const HAS_THREAD: u64 = 1 << 5;
pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;

/// Somebody's client made a sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The message that did it.
    pub message: Id,
    /// `everyone`, `here`, or a user's or role's id.
    pub whom: String,
    /// Whether the bot named them in `allowed_mentions`.
    pub meant: bool,
}

/// Kinds of interactions, by Discord's numbers.
pub const COMMAND: u8 = 2;
pub const COMPONENT: u8 = 3;
pub const AUTOCOMPLETE: u8 = 4;
pub const MODAL: u8 = 5;

pub struct Interaction {
    pub id: Id,
    pub token: String,
    pub kind: u8,
    pub user: Id,
    pub channel: Id,
    pub created: Instant,
    /// The message of the component (or of the component from which the modal came).
    pub message: Option<Id>,
    /// The first answer's type, once it is there.
    pub answered: Option<u8>,
    /// What `@original` is.
    pub original: Option<Id>,
    /// Messages made with the token.
    pub made: Vec<Id>,
    /// What messages tell about it (`interaction_metadata`).
    pub metadata: Value,
    /// Its token is dead before its time.
    pub expired: bool,
    /// Who waits for the first answer.
    pub waiting: Option<oneshot::Sender<Reply>>,
}

/// The first answer, as the person's client gets it.
pub struct Reply {
    pub kind: u8,
    pub data: Value,
    pub message: Option<Id>,
    pub at: Instant,
}

/// A modal that is open on somebody's screen.
#[derive(Clone)]
pub struct OpenModal {
    pub channel: Id,
    pub message: Option<Id>,
    pub metadata: Value,
    pub data: Value,
}

pub struct World {
    pub application: Id,
    pub bot: Id,
    pub token: String,
    pub users: BTreeMap<Id, User>,
    pub guilds: BTreeMap<Id, Guild>,
    pub channels: BTreeMap<Id, Channel>,
    pub messages: HashMap<Id, Message>,
    pub commands: Vec<Value>,
    pub command_writes: usize,
    pub interactions: HashMap<Id, Interaction>,
    pub tokens: HashMap<String, Id>,
    pub order: VecDeque<Id>,
    pub modals: HashMap<Id, OpenModal>,
    pub pings: Vec<Ping>,
    private: HashMap<Id, Id>,
    started: u64,
    last: Id,
    salt: String,
}

impl World {
    pub fn new(now: u64, dice: &Dice) -> Self {
        use base64::Engine;
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        let application = (now.saturating_sub(EPOCH) - 1000) << 22;
        let token = format!("{}.{}.{}", base64.encode(application.to_string()), dice.word(6), dice.word(38));
        let mut world = Self {
            application,
            bot: application,
            token,
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: HashMap::new(),
            commands: Vec::new(),
            command_writes: 0,
            interactions: HashMap::new(),
            tokens: HashMap::new(),
            order: VecDeque::new(),
            modals: HashMap::new(),
            pings: Vec::new(),
            private: HashMap::new(),
            started: now,
            last: 0,
            salt: dice.word(24),
        };
        let bot = User { id: application, name: "bellhop".into(), locale: "en-US".into(), dms: false, bot: true };
        world.users.insert(application, bot);
        world
    }

    /// The next snowflake: of this moment, and larger than every one before.
    pub fn id(&mut self, now: u64) -> Id {
        self.last = (self.last + 1).max(now.saturating_sub(EPOCH) << 22);
        self.last
    }

    /// A token that nobody can guess from the id.
    pub fn interaction_token(&self, id: Id) -> String {
        format!("aW50ZXJhY3Rpb246{id:x}{}", self.salt)
    }

    pub fn add_guild(&mut self, name: &str) -> Id {
        // One after the other in the bits that decide the shard, and all in the past.
        let id = (self.started - EPOCH - 86_400_000 + self.guilds.len() as u64) << 22;
        let guild =
            Guild { id, name: name.into(), locale: "en-US".into(), members: BTreeMap::new(), channels: Vec::new() };
        self.guilds.insert(id, guild);
        id
    }

    fn blank_channel(&mut self, kind: u8) -> Channel {
        Channel {
            id: self.id(self.started),
            guild: None,
            name: String::new(),
            kind,
            parent: None,
            recipient: None,
            permissions: bits::USUAL,
            archived: false,
            locked: false,
            messages: VecDeque::new(),
            written: 0,
        }
    }

    pub fn add_channel(&mut self, guild: Id, name: &str) -> Id {
        let channel = Channel { guild: Some(guild), name: name.into(), ..self.blank_channel(0) };
        let id = channel.id;
        self.guild_mut(guild).channels.push(id);
        self.channels.insert(id, channel);
        id
    }

    pub fn add_thread(&mut self, parent: Id, id: Id, name: &str, kind: u8) {
        let Some(over) = self.channels.get(&parent) else { return };
        let (guild, permissions) = (over.guild, over.permissions);
        let blank = self.blank_channel(kind);
        let thread = Channel { id, guild, name: name.into(), parent: Some(parent), permissions, ..blank };
        self.channels.insert(id, thread);
    }

    pub fn add_person(&mut self, name: &str, locale: &str) -> Id {
        let id = self.id(self.started);
        let user = User { id, name: name.into(), locale: locale.into(), dms: true, bot: false };
        self.users.insert(id, user);
        for guild in self.guilds.values_mut() {
            guild.members.insert(id, bits::MEMBER);
        }
        id
    }

    pub fn dm_with(&mut self, person: Id) -> Id {
        if let Some(id) = self.private.get(&person) {
            return *id;
        }
        let channel = Channel { recipient: Some(person), ..self.blank_channel(1) };
        let id = channel.id;
        self.private.insert(person, id);
        self.channels.insert(id, channel);
        id
    }

    // Stories name things that exist; a wrong id there is a fault of the story.

    pub fn guild_mut(&mut self, id: Id) -> &mut Guild {
        self.guilds.get_mut(&id).expect("a server of this story")
    }

    pub fn channel_mut(&mut self, id: Id) -> &mut Channel {
        self.channels.get_mut(&id).expect("a channel of this story")
    }

    pub fn user_mut(&mut self, id: Id) -> &mut User {
        self.users.get_mut(&id).expect("a person of this story")
    }

    pub fn channel(&self, id: Id) -> Option<&Channel> {
        self.channels.get(&id)
    }

    pub fn user(&self, id: Id) -> &User {
        self.users.get(&id).expect("a person of this story")
    }

    pub fn guild_of(&self, channel: Id) -> Option<Id> {
        self.channels.get(&channel)?.guild
    }

    /// The bot's permissions in a channel; a thread has those of its parent. All in private.
    pub fn bot_permissions(&self, channel: &Channel) -> u64 {
        if channel.guild.is_none() {
            return bits::USUAL;
        }
        let owner = channel.parent.and_then(|parent| self.channels.get(&parent)).unwrap_or(channel);
        if owner.permissions & bits::ADMINISTRATOR != 0 { u64::MAX } else { owner.permissions }
    }

    /// Whether a person sees a channel.
    pub fn sees(&self, person: Id, channel: &Channel) -> bool {
        match channel.guild {
            Some(guild) => self.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&person)),
            None => channel.recipient == Some(person),
        }
    }

    /// Whether the bot could write to a person first: they allow it, and there is a server in common.
    pub fn reachable(&self, person: Id) -> bool {
        self.users.get(&person).is_some_and(|user| user.dms && !user.bot)
            && (self.guilds.values().any(|guild| guild.members.contains_key(&person)) || self.wrote_first(person))
    }

    fn wrote_first(&self, person: Id) -> bool {
        self.private.get(&person).and_then(|id| self.channels.get(id)).is_some_and(|channel| channel.written > 0)
    }

    pub fn add_message(&mut self, message: Message, keep: usize) {
        let Some(channel) = self.channels.get_mut(&message.channel) else { return };
        channel.archived = false;
        channel.written += 1;
        channel.messages.push_back(message.id);
        if channel.messages.len() > keep
            && let Some(oldest) = channel.messages.pop_front()
        {
            self.messages.remove(&oldest);
        }
        self.messages.insert(message.id, message);
    }

    pub fn remove_message(&mut self, id: Id) -> Option<Message> {
        let message = self.messages.remove(&id)?;
        if let Some(channel) = self.channels.get_mut(&message.channel) {
            channel.messages.retain(|other| *other != id);
        }
        Some(message)
    }

    pub fn remove_channel(&mut self, id: Id) {
        let Some(channel) = self.channels.remove(&id) else { return };
        for message in &channel.messages {
            self.messages.remove(message);
        }
        if let Some(guild) = channel.guild.and_then(|guild| self.guilds.get_mut(&guild)) {
            guild.channels.retain(|other| *other != id);
        }
        let threads: Vec<_> = self.channels.values().filter(|other| other.parent == Some(id)).map(|t| t.id).collect();
        threads.into_iter().for_each(|thread| self.remove_channel(thread));
        // A thread's starter message loses its mark.
        if let Some(starter) = self.messages.get_mut(&id) {
            starter.thread = None;
            starter.flags &= !HAS_THREAD;
        }
    }

    pub fn remove_guild(&mut self, id: Id) {
        let channels = self.guilds.get(&id).map(|guild| guild.channels.clone()).unwrap_or_default();
        channels.into_iter().for_each(|channel| self.remove_channel(channel));
        self.guilds.remove(&id);
    }

    pub fn add_interaction(&mut self, interaction: Interaction, keep: usize) {
        self.tokens.insert(interaction.token.clone(), interaction.id);
        self.order.push_back(interaction.id);
        self.interactions.insert(interaction.id, interaction);
        if self.order.len() > keep
            && let Some(oldest) = self.order.pop_front().and_then(|id| self.interactions.remove(&id))
        {
            self.tokens.remove(&oldest.token);
        }
    }
}
