//! What the fake Telegram knows: people, chats, messages, and who may do what. Plain data without a protocol: JSON is
//! in `wire`, the Bot API's methods are in `methods`, what people do is in `people`.

use super::Options;
use super::limits::Limits;
use super::updates::Updates;
use bellhop::clock::Clock;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A human, by Telegram's number. A person's private chat with the bot has the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Person(pub i64);

/// A chat, by Telegram's number: positive for private chats, negative for groups, `-100…` for supergroups and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Room(pub i64);

/// A topic of a forum, by the id of the service message that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(pub i64);

/// Where something is said: a chat, or one topic of it. A forum without a topic is its *General*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The chat.
    pub room: Room,
    /// The topic, in a forum.
    pub topic: Option<Topic>,
}

impl From<Room> for Spot {
    fn from(room: Room) -> Self {
        Self { room, topic: None }
    }
}

impl From<(Room, Topic)> for Spot {
    fn from((room, topic): (Room, Topic)) -> Self {
        Self { room, topic: Some(topic) }
    }
}

/// What somebody is in a chat. In a private chat the bot is `Outside` before the person's first word, then a `Member`,
/// and `Kicked` while it is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Outside,
    Member,
    Admin,
    Creator,
    Muted,
    Left,
    Kicked,
}

impl Standing {
    /// Whether one in this standing sees what is said.
    pub fn is_in(self) -> bool {
        matches!(self, Self::Member | Self::Admin | Self::Creator | Self::Muted)
    }

    /// Whether one in this standing runs the chat.
    pub fn rules(self) -> bool {
        matches!(self, Self::Admin | Self::Creator)
    }
}

/// The kinds of chats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Private,
    Group,
    Supergroup,
    Forum,
    Channel,
}

impl Kind {
    /// As the Bot API calls it; a forum is a supergroup.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::Supergroup | Self::Forum => "supergroup",
            Self::Channel => "channel",
        }
    }
}

/// A stretch of a text with a meaning. Offsets and lengths are in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// As the Bot API calls it: `bold`, `code`, `pre`, `text_link`, `bot_command`, …
    pub kind: String,
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// Where a `text_link` leads.
    pub url: Option<String>,
    /// The language of a `pre`.
    pub language: Option<String>,
}

/// A file in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
    pub(super) file_id: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Bot,
    Person(Person),
    /// An administrator who speaks as the group.
    Anonymous,
}

/// The buttons and the like that came with a message of the bot.
#[derive(Debug, Clone, PartialEq)]
pub enum Markup {
    /// The rows of an inline keyboard, as they came.
    Inline(Value),
    /// The client opens an answer to this message.
    ForceReply,
    /// A keyboard below the text field, or its removal.
    Keyboard,
}

/// One message, of the bot, of a person, or of Telegram itself (`service`).
#[derive(Debug, Clone)]
pub struct Message {
    pub id: i64,
    /// Grows with every message of all chats.
    pub order: i64,
    pub author: Author,
    pub date: u64,
    pub edited: Option<u64>,
    pub edits: u32,
    pub text: String,
    pub entities: Vec<Entity>,
    pub markup: Option<Markup>,
    pub reply_to: Option<i64>,
    pub thread: Option<i64>,
    pub in_topic: bool,
    pub document: Option<Document>,
    pub service: Option<(&'static str, Value)>,
}

/// A topic of a forum.
#[derive(Debug, Clone)]
pub struct TopicState {
    pub name: String,
    pub closed: bool,
}

/// One chat.
#[derive(Debug)]
pub struct Chat {
    pub id: i64,
    pub kind: Kind,
    pub title: String,
    pub people: BTreeMap<Person, Standing>,
    pub bot: Standing,
    pub messages: BTreeMap<i64, Message>,
    pub topics: BTreeMap<i64, TopicState>,
    pub moved_to: Option<i64>,
    next_message: i64,
}

/// One human.
#[derive(Debug)]
pub struct User {
    pub id: Person,
    pub name: String,
    pub username: String,
    pub language: Option<String>,
    pub rooms: Vec<Room>,
}

/// What answering a pressed button showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The words, when there were any.
    pub text: Option<String>,
    /// Whether they stood in the way until dismissed, rather than at the top for a moment.
    pub alert: bool,
    /// The link to the bot that the client opened.
    pub url: Option<String>,
    /// How long the button was busy.
    pub took: Duration,
}

/// A pressed button.
#[derive(Debug)]
pub struct Query {
    pub person: Person,
    pub label: String,
    pub asked: Instant,
    pub answered: Option<Duration>,
    pub waiter: Option<oneshot::Sender<Answer>>,
}

/// One request of the bot.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as the Bot API spells it.
    pub method: String,
    /// When it came.
    pub at: Instant,
    /// What came with it, files left out.
    pub params: Map<String, Value>,
    /// The HTTP status of the answer.
    pub code: u16,
}

/// How often things happened.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Requests answered, by method.
    pub requests: HashMap<String, u64>,
    /// Updates made for the bot.
    pub updates: u64,
    /// Requests refused with 429.
    pub limited: u64,
    /// Polls ended by another poll.
    pub conflicts: u64,
    /// Edits that changed nothing.
    pub unmodified: u64,
}

impl Counters {
    /// How often `method` was called.
    pub fn of(&self, method: &str) -> u64 {
        self.requests.get(method).copied().unwrap_or(0)
    }
}

/// Everything.
pub struct State {
    pub options: Options,
    pub clock: Clock,
    pub users: HashMap<Person, User>,
    pub chats: HashMap<Room, Chat>,
    pub updates: Updates,
    pub limits: Limits,
    pub queries: BTreeMap<u64, Query>,
    /// By scope and language; a scope is its JSON.
    pub commands: BTreeMap<(String, String), Vec<(String, String)>>,
    /// Name, description and short description by language.
    pub texts: BTreeMap<(&'static str, String), String>,
    /// Default administrator rights, for channels and for groups.
    pub rights: BTreeMap<bool, Value>,
    pub log: Vec<Request>,
    /// How many of the next answers get lost, by method.
    pub losses: HashMap<String, u32>,
    pub counters: Counters,
    pub violations: Vec<String>,
    next_message: i64,
    next_id: i64,
}

impl State {
    pub fn new(options: Options) -> Self {
        Self {
            clock: Clock::system(),
            users: HashMap::new(),
            chats: HashMap::new(),
            updates: Updates::default(),
            limits: Limits::new(options.limits),
            queries: BTreeMap::new(),
            commands: BTreeMap::new(),
            texts: BTreeMap::new(),
            rights: BTreeMap::new(),
            log: Vec::new(),
            losses: HashMap::new(),
            counters: Counters::default(),
            violations: Vec::new(),
            next_message: 0,
            next_id: 0,
            options,
        }
    }

    /// A number that nothing else has.
    pub fn fresh(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn now(&self) -> u64 {
        self.clock.now().secs()
    }

    pub fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }

    /// A chat that is there; a test that names another is wrong.
    pub fn chat(&self, room: Room) -> &Chat {
        self.chats.get(&room).unwrap_or_else(|| panic!("there is no chat {room:?}"))
    }

    pub fn chat_mut(&mut self, room: Room) -> &mut Chat {
        self.chats.get_mut(&room).unwrap_or_else(|| panic!("there is no chat {room:?}"))
    }

    pub fn user(&self, person: Person) -> &User {
        self.users.get(&person).unwrap_or_else(|| panic!("there is nobody {person:?}"))
    }

    /// A new chat in which `people` are, the first as its creator.
    pub fn open(&mut self, id: i64, kind: Kind, title: &str, people: &[Person]) -> Room {
        let room = Room(id);
        let mut members = BTreeMap::new();
        for (at, person) in people.iter().enumerate() {
            let creator = at == 0 && kind != Kind::Private;
            members.insert(*person, if creator { Standing::Creator } else { Standing::Member });
            let user = self.users.get_mut(person).unwrap_or_else(|| panic!("there is nobody {person:?}"));
            user.rooms.push(room);
        }
        let chat = Chat {
            id,
            kind,
            title: title.into(),
            people: members,
            bot: Standing::Outside,
            messages: BTreeMap::new(),
            topics: BTreeMap::new(),
            moved_to: None,
            next_message: 0,
        };
        self.chats.insert(room, chat);
        room
    }

    /// An empty message at `spot`, with the next id. Private chats and groups share one counter, as with Telegram;
    /// a supergroup or channel has its own.
    pub fn draft(&mut self, spot: Spot, author: Author) -> Message {
        let (date, order) = (self.now(), self.fresh());
        let own = matches!(self.chat(spot.room).kind, Kind::Supergroup | Kind::Forum | Kind::Channel);
        let counter = if own { &mut self.chat_mut(spot.room).next_message } else { &mut self.next_message };
        *counter += 1;
        Message {
            id: *counter,
            order,
            author,
            date,
            edited: None,
            edits: 0,
            text: String::new(),
            entities: Vec::new(),
            markup: None,
            reply_to: None,
            thread: spot.topic.map(|topic| topic.0),
            in_topic: spot.topic.is_some(),
            document: None,
            service: None,
        }
    }

    /// Makes `message` one that answers `to`. It lands in the other's topic. In a supergroup that is no forum the
    /// answer carries a thread number too, but is no topic message: a bot must not send that number back.
    pub fn answers(&self, room: Room, message: &mut Message, to: i64) {
        let chat = self.chat(room);
        let Some(first) = chat.messages.get(&to) else { return };
        message.reply_to = Some(to);
        if first.in_topic {
            (message.thread, message.in_topic) = (first.thread, true);
        } else if chat.kind == Kind::Supergroup {
            message.thread = Some(first.thread.unwrap_or(to));
        }
    }

    /// Opens a topic and says so in it, as `author`.
    pub fn open_topic(&mut self, room: Room, name: &str, author: Author) -> Topic {
        let mut message = self.draft(room.into(), author);
        let topic = Topic(message.id);
        (message.thread, message.in_topic) = (Some(topic.0), true);
        message.service = Some(("forum_topic_created", json!({"name": name, "icon_color": 0x6F_B9_F0})));
        let chat = self.chat_mut(room);
        chat.topics.insert(topic.0, TopicState { name: name.into(), closed: false });
        self.put(room, message);
        topic
    }

    pub fn put(&mut self, room: Room, message: Message) -> i64 {
        let id = message.id;
        self.chat_mut(room).messages.insert(id, message);
        id
    }
}
