//! What people do: come, open chats, talk, leave. Nothing here waits; buttons are in `press`.

use super::model::{Author, Kind, Message, Person, Room, Spot, Standing, State, Topic, User};
use super::{Shown, Telegram, text, wire};
use serde_json::{Value, json};

/// Where the numbers of people begin.
const PEOPLE: i64 = 1_000_000;
/// Where the numbers of supergroups and channels begin, downwards.
const SUPERGROUPS: i64 = -1_000_000_000_000;

impl State {
    /// Tells the bot of a message when it may hear it.
    fn tell_message(&mut self, kind: &'static str, room: Room, message: &Message) -> Option<i64> {
        let chat = self.chat(room);
        let private = self.options.privacy && !chat.bot.rules();
        let answers_bot = || {
            let first = message.reply_to.and_then(|id| chat.messages.get(&id));
            first.is_some_and(|first| first.author == Author::Bot)
        };
        let hears = match chat.kind {
            _ if !chat.bot.is_in() => false,
            Kind::Private | Kind::Channel => true,
            _ => !private || message.service.is_some() || text::commands_the_bot(&message.text) || answers_bot(),
        };
        let kind = match (chat.kind, kind) {
            (Kind::Channel, "message") => "channel_post",
            (Kind::Channel, _) => "edited_channel_post",
            (_, kind) => kind,
        };
        if !hears || !self.updates.wants(kind) {
            return None;
        }
        let content = wire::message(self, room, message);
        self.tell(kind, room.0, &content)
    }

    /// A message of a person, put into the chat and told to the bot.
    fn said(&mut self, room: Room, message: Message) -> i64 {
        let id = self.put(room, message.clone());
        self.tell_message("message", room, &message);
        id
    }

    /// Telegram itself says something, because of what `by` did.
    fn service(&mut self, room: Room, by: Person, what: &'static str, content: Value) {
        let mut message = self.draft(room.into(), Author::Person(by));
        message.service = Some((what, content));
        self.said(room, message);
    }

    /// The bot becomes something else in `room`, by the hand of `by`.
    fn seat_bot(&mut self, room: Room, by: Person, new: Standing) {
        let old = std::mem::replace(&mut self.chat_mut(room).bot, new);
        let change = wire::member_change(self, room, &wire::person(self, by), &wire::bot(), (old, new));
        self.tell("my_chat_member", room.0, &change);
        if !old.is_in() && new.is_in() && matches!(self.chat(room).kind, Kind::Group | Kind::Supergroup | Kind::Forum) {
            self.service(room, by, "new_chat_members", json!([wire::bot()]));
        }
    }

    fn creator(&self, room: Room) -> Person {
        let chat = self.chat(room);
        let mut people = chat.people.iter();
        let creator = people.find(|(_, standing)| **standing == Standing::Creator || chat.kind == Kind::Private);
        creator.map(|(person, _)| *person).expect("somebody made the chat")
    }

    /// The private chat of `person`, not yet open to the bot when it is new.
    fn private(&mut self, person: Person) -> Room {
        let room = Room(person.0);
        if !self.chats.contains_key(&room) {
            self.open(room.0, Kind::Private, "", &[person]);
        }
        room
    }

    fn typed(&mut self, author: Author, spot: Spot, words: &str) -> Message {
        let (text, entities) = text::trim(words, text::found(words));
        assert!(!text.is_empty() && text::length(&text) <= 4096, "nobody can send that");
        let mut message = self.draft(spot, author);
        (message.text, message.entities) = (text, entities);
        message
    }
}

impl Telegram {
    /// Somebody new, whose client has the language `language` (an IETF tag).
    pub fn user(&self, name: &str, language: Option<&str>) -> Person {
        self.core.change(|state| {
            let id = Person(PEOPLE + state.fresh());
            let username = format!("{}_{}", name.to_lowercase(), id.0);
            let language = language.map(str::to_owned);
            state.users.insert(id, User { id, name: name.into(), username, language, rooms: Vec::new() });
            id
        })
    }

    /// The private chat of `user`. The bot may write there after `start` or `say`.
    pub fn private(&self, user: Person) -> Room {
        self.core.change(|state| state.private(user))
    }

    /// Opens the private chat and presses *Start*: `/start`, with the payload of a link when one led there.
    pub fn start(&self, user: Person, payload: Option<&str>) -> i64 {
        let room = self.private(user);
        let words = match payload {
            Some(payload) => {
                assert!(text::is_payload(payload), "no client starts a bot with {payload:?}");
                format!("/start {payload}")
            }
            None => "/start".into(),
        };
        self.say(user, room, &words)
    }

    fn grouped(&self, kind: Kind, title: &str, people: &[Person]) -> Room {
        self.core.change(|state| {
            let number = state.fresh();
            let id = if kind == Kind::Group { -number } else { SUPERGROUPS - number };
            let room = state.open(id, kind, title, people);
            let standing = if kind == Kind::Channel { Standing::Admin } else { Standing::Member };
            state.seat_bot(room, people[0], standing);
            room
        })
    }

    /// A basic group that the bot is in. The first of `members` made it.
    pub fn group(&self, title: &str, members: &[Person]) -> Room {
        self.grouped(Kind::Group, title, members)
    }

    /// A supergroup that the bot is in.
    pub fn supergroup(&self, title: &str, members: &[Person]) -> Room {
        self.grouped(Kind::Supergroup, title, members)
    }

    /// A supergroup with topics that the bot is in.
    pub fn forum(&self, title: &str, members: &[Person]) -> Room {
        self.grouped(Kind::Forum, title, members)
    }

    /// A channel of which the bot is an administrator.
    pub fn channel(&self, title: &str, members: &[Person]) -> Room {
        self.grouped(Kind::Channel, title, members)
    }

    /// A new topic of a forum.
    pub fn topic(&self, user: Person, room: Room, name: &str) -> Topic {
        self.core.change(|state| {
            assert_eq!(state.chat(room).kind, Kind::Forum, "only a forum has topics");
            let topic = state.open_topic(room, name, Author::Person(user));
            let message = state.chat(room).messages[&topic.0].clone();
            state.tell_message("message", room, &message);
            topic
        })
    }

    /// Turns a group into a supergroup: another chat, with another number. The old one only says where to.
    pub fn upgrade(&self, room: Room) -> Room {
        self.core.change(|state| {
            let by = state.creator(room);
            let chat = state.chat(room);
            let (title, people, bot) = (chat.title.clone(), chat.people.clone(), chat.bot);
            let number = SUPERGROUPS - state.fresh();
            let new = state.open(number, Kind::Supergroup, &title, &[]);
            for user in people.keys() {
                let user = state.users.get_mut(user).expect("a member is somebody");
                user.rooms.iter_mut().filter(|known| **known == room).for_each(|known| *known = new);
            }
            let chat = state.chat_mut(new);
            (chat.people, chat.bot) = (people, bot);
            state.service(room, by, "migrate_to_chat_id", json!(new.0));
            state.chat_mut(room).moved_to = Some(new.0);
            state.service(new, by, "migrate_from_chat_id", json!(room.0));
            new
        })
    }

    /// `user` blocks the bot.
    pub fn block(&self, user: Person) {
        self.core.change(|state| state.seat_bot(Room(user.0), user, Standing::Kicked));
    }

    /// `user` lets the bot write again.
    pub fn unblock(&self, user: Person) {
        self.core.change(|state| state.seat_bot(Room(user.0), user, Standing::Member));
    }

    /// The bot is thrown out of `room`.
    pub fn kick(&self, room: Room) {
        self.seat(room, Standing::Kicked);
    }

    /// The bot becomes a member, an administrator, muted, … of `room`.
    pub fn seat(&self, room: Room, standing: Standing) {
        self.core.change(|state| {
            let by = state.creator(room);
            state.seat_bot(room, by, standing);
        });
    }

    /// `user` becomes a member, an administrator, … of `room`, or leaves it. Bots that are administrators hear of it
    /// when they ask for `chat_member`.
    pub fn promote(&self, room: Room, user: Person, new: Standing) {
        self.core.change(|state| {
            let by = state.creator(room);
            let old = state.chat_mut(room).people.insert(user, new).unwrap_or(Standing::Outside);
            let someone = wire::person(state, user);
            let rooms = &mut state.users.get_mut(&user).expect("the user is somebody").rooms;
            rooms.retain(|known| *known != room);
            if new.is_in() {
                rooms.push(room);
            }
            if state.chat(room).bot.rules() {
                let change = wire::member_change(state, room, &wire::person(state, by), &someone, (old, new));
                state.tell("chat_member", room.0, &change);
            }
            match (old.is_in(), new.is_in()) {
                (false, true) => state.service(room, user, "new_chat_members", json!([someone])),
                (true, false) => state.service(room, by, "left_chat_member", someone),
                _ => {}
            }
        });
    }

    /// `user` writes. Returns the message's id.
    pub fn say(&self, user: Person, spot: impl Into<Spot>, words: &str) -> i64 {
        let spot = spot.into();
        self.core.change(|state| {
            let standing = state.chat(spot.room).people.get(&user).copied().unwrap_or(Standing::Outside);
            assert!(standing.is_in() && standing != Standing::Muted, "{user:?} cannot write in {:?}", spot.room);
            let chat = state.chat_mut(spot.room);
            if chat.kind == Kind::Private {
                assert_ne!(chat.bot, Standing::Kicked, "{user:?} has to unblock the bot first");
                chat.bot = Standing::Member;
            }
            let message = state.typed(Author::Person(user), spot, words);
            state.said(spot.room, message)
        })
    }

    /// `user` answers a message. Returns the new message's id.
    pub fn reply(&self, user: Person, to: &Shown, words: &str) -> i64 {
        self.core.change(|state| {
            let mut message = state.typed(Author::Person(user), to.room.into(), words);
            state.answers(to.room, &mut message, to.id);
            state.said(to.room, message)
        })
    }

    /// An administrator writes as the group. Returns the message's id.
    pub fn say_as_group(&self, spot: impl Into<Spot>, words: &str) -> i64 {
        let spot = spot.into();
        self.core.change(|state| {
            let message = state.typed(Author::Anonymous, spot, words);
            state.said(spot.room, message)
        })
    }

    /// `user` changes what they wrote.
    pub fn edit(&self, user: Person, spot: impl Into<Spot>, id: i64, words: &str) {
        let room = spot.into().room;
        self.core.change(|state| {
            let now = state.now();
            let (text, entities) = text::trim(words, text::found(words));
            let message = state.chat_mut(room).messages.get_mut(&id).expect("there is such a message");
            assert_eq!(message.author, Author::Person(user), "people edit what they wrote");
            (message.text, message.entities, message.edited) = (text, entities, Some(now));
            message.edits += 1;
            let message = message.clone();
            state.tell_message("edited_message", room, &message);
        });
    }

    /// Somebody removes a message, which Telegram does not tell bots.
    pub fn remove(&self, room: Room, id: i64) {
        self.core.change(|state| state.chat_mut(room).messages.remove(&id));
    }

    /// An update of a kind that is newer than most client libraries (`managed_bot`, Bot API 9.6). Returns its number.
    pub fn novelty(&self, user: Person) -> Option<i64> {
        self.core.change(|state| {
            let content = json!({"user": wire::person(state, user), "bot": wire::bot()});
            state.tell("managed_bot", user.0, &content)
        })
    }
}
