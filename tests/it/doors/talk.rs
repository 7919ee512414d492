//! One way to talk through three doors: people say, press and answer, and read what they are shown, with nothing of the
//! platform in it. Each door has a house of its own, on an equal world. Not here: what is said.

use super::discord::people::First;
use super::house::{self, Served, Watched};
use super::{discord, telegram};
use crate::house::room::Room as Hall;
use async_trait::async_trait;
use bellhop::chat::{Anchor, Ask, Card, Person, PlatformName, Room, What};
use bellhop::platforms::layout::{paragraphs, shorten, text};
use bellhop::platforms::{discord::Discord, telegram::Telegram};
use bellhop::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// How people are called.
pub const NAMES: [&str; 2] = ["Ada", "Bob"];
/// The shortest label that a platform takes: what is longer ends in … there.
const LABEL: usize = 64;

/// What somebody reads.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub text: String,
    /// Choices, then buttons.
    pub labels: Vec<String>,
}

impl View {
    /// What a card says, by itself.
    pub fn of(card: &Card<String>) -> Self {
        let choices = card.question.iter().flat_map(|question| &question.choices).map(|choice| &choice.text);
        let labels = choices.chain(card.buttons.iter().map(|button| &button.text));
        Self { text: text(&paragraphs(card)).trim_end().to_owned(), labels: labels.map(|label| short(label)).collect() }
    }
}

pub fn short(label: &str) -> String {
    shorten(label, LABEL, char::len_utf16)
}

/// Where people talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Each of them alone with the bot.
    Private,
    /// Together: a server's channel, a group.
    Shared,
    /// Together in a topic of a forum; elsewhere as `Shared`.
    Topic,
}

/// A platform with two people on it. Everything is over when it returns.
#[async_trait]
pub trait Door: Send {
    fn name(&self) -> PlatformName;
    fn served(&self) -> &Served;
    /// A person's id there.
    fn id(&self, who: usize) -> String;
    async fn say(&mut self, who: usize, line: &str);
    /// Presses the control `at` under what `whose` was answered last.
    async fn press(&mut self, who: usize, whose: usize, at: usize);
    /// Presses a control that asks for these fields, by whichever way the platform asks.
    async fn fill(&mut self, who: usize, at: usize, answers: &[(&str, &str)]);
    /// What `who` was answered last, as people see it.
    fn see(&self, who: usize) -> View;
    /// The no that somebody got to a press.
    fn refused(&mut self) -> String;
    /// Ends it: nothing was done against the platform's rules.
    async fn close(self: Box<Self>);

    fn watched(&self) -> &Watched {
        &self.served().platform
    }

    fn card(&self, who: usize) -> Card<String> {
        self.watched().answer(&self.id(who)).1
    }
}

async fn house() -> (bellhop::app::App, Arc<bellhop::sandbox::World>) {
    let (world, grid) = house::quick().await;
    (house::app(grid, Store::temporary().unwrap()).await, world)
}

/// The numbers in an anchor, in order.
pub fn numbers(anchor: &Anchor) -> Vec<u64> {
    // A basic group's messages say whose number it is: `12@-5`.
    let ids = anchor.message.split('@').next().unwrap_or_default();
    let parts = ids.split('+').map(|part| part.trim_start_matches(['~', 'n', 'd']));
    parts.map(|part| part.split('~').next().unwrap_or_default().parse().expect("a message's number")).collect()
}

/// The three doors, in one place, for people who read `locale`.
pub async fn doors(place: Where, locale: &str) -> [Box<dyn Door>; 3] {
    let (terminal, telegram, discord) =
        tokio::join!(Terminal::open(place, locale), OnTelegram::open(place, locale), OnDiscord::open(place, locale));
    let doors: [Box<dyn Door>; 3] = [Box::new(terminal), Box::new(telegram), Box::new(discord)];
    for door in &doors {
        let people = &door.served().app.house.people;
        for (who, name) in NAMES.iter().enumerate() {
            let person = Person { platform: door.name(), id: door.id(who), name: (*name).to_owned() };
            // A language that no client has can only be chosen.
            let account = people.meet(&person).await.unwrap();
            people.set_language(&account.key, Some(locale.to_owned())).await.unwrap();
        }
    }
    doors
}

/// The harness's own room: what a card says, and nothing else.
struct Terminal {
    room: Arc<Hall>,
    served: Served,
    place: Where,
    locale: String,
    no: Option<String>,
}

impl Terminal {
    async fn open(place: Where, locale: &str) -> Self {
        let room = Arc::new(Hall::default());
        let (app, world) = house().await;
        let served = Served::serve(app, world, room.clone());
        Self { room, served, place, locale: locale.to_owned(), no: None }
    }

    async fn ask(&self, who: usize, message: Option<Anchor>, what: What) {
        let private = self.place == Where::Private;
        let id = if private { NAMES[who] } else { "hall" }.to_owned();
        self.room.hear(Ask {
            id: String::new(),
            handle: None,
            from: Person { platform: PlatformName::Terminal, id: self.id(who), name: NAMES[who].to_owned() },
            room: Room { platform: PlatformName::Terminal, id, private, group: None },
            locale: Some(self.locale.clone()),
            message,
            what,
        });
        self.watched().settled().await;
    }
}

#[async_trait]
impl Door for Terminal {
    fn name(&self) -> PlatformName {
        PlatformName::Terminal
    }

    fn served(&self) -> &Served {
        &self.served
    }

    fn id(&self, who: usize) -> String {
        NAMES[who].to_lowercase()
    }

    async fn say(&mut self, who: usize, line: &str) {
        self.ask(who, None, What::Said(line.to_owned())).await;
    }

    async fn press(&mut self, who: usize, whose: usize, at: usize) {
        let (anchor, card) = self.watched().answer(&self.id(whose));
        let choices = card.question.iter().flat_map(|question| &question.choices).map(|choice| &choice.press);
        let press = choices.chain(card.buttons.iter().map(|button| &button.press)).nth(at).cloned().flatten();
        let before = [whose, who].map(|one| self.watched().last(&self.id(one)));
        self.ask(who, Some(anchor), What::Press(press.expect("it can be pressed"))).await;
        if who != whose {
            assert_eq!(self.watched().last(&self.id(whose)), before[0], "a foreign press changes nothing");
            self.no = Some(self.see(who).text);
            // Elsewhere the no is no message that anybody goes on with.
            let [_, last] = before;
            self.watched().again(&self.id(who), last);
        }
    }

    async fn fill(&mut self, who: usize, at: usize, answers: &[(&str, &str)]) {
        self.press(who, who, at).await;
        for (_, answer) in answers {
            self.say(who, answer).await;
        }
    }

    fn see(&self, who: usize) -> View {
        View::of(&self.card(who))
    }

    fn refused(&mut self) -> String {
        self.no.take().expect("nothing was refused")
    }

    async fn close(self: Box<Self>) {
        self.served.close().await;
    }
}

/// Telegram.
struct OnTelegram {
    fake: telegram::Telegram,
    door: Arc<Telegram>,
    served: Served,
    people: Vec<telegram::Person>,
    spots: Vec<telegram::Spot>,
    no: Option<String>,
}

impl OnTelegram {
    async fn open(place: Where, locale: &str) -> Self {
        let options = telegram::Options { limits: false, patience: Duration::from_secs(60), ..Default::default() };
        let fake = telegram::Telegram::run(options).await;
        let (app, world) = house().await;
        let door = house::telegram(&fake).await;
        let people: Vec<_> = NAMES.iter().map(|name| fake.user(name, Some(locale))).collect();
        let spots: Vec<telegram::Spot> = match place {
            Where::Private => people.iter().map(|person| fake.private(*person).into()).collect(),
            Where::Shared => vec![fake.group("Nodes", &people).into(); 2],
            Where::Topic => {
                let forum = fake.forum("Nodes", &people);
                vec![(forum, fake.topic(people[0], forum, "Casper")).into(); 2]
            }
        };
        let served = Served::serve(app, world, door.clone());
        let room = spots[0].room;
        match place {
            Where::Private => {
                for person in &people {
                    fake.start(*person, None);
                    served.platform.settled().await;
                }
            }
            // Who took the bot in is answered.
            Where::Shared | Where::Topic => {
                served.platform.settled().await;
                served.app.house.people.rooms().admit(&format!("telegram|{}", room.0), "owner").await.unwrap();
            }
        }
        Self { fake, door, served, people, spots, no: None }
    }

    fn messages(&self, who: usize) -> Vec<telegram::Shown> {
        let (anchor, _) = self.watched().answer(&self.id(who));
        let room = telegram::Room(anchor.room.id.split('/').next().unwrap_or_default().parse().unwrap());
        let seen = self.fake.see(self.people[who], room);
        let find = |id: u64| seen.iter().find(|shown| shown.id as u64 == id).cloned();
        numbers(&anchor).into_iter().map(|id| find(id).unwrap_or_else(|| panic!("{id} is not in {seen:#?}"))).collect()
    }
}

/// A message's words, with where its links lead, and without what keeps names from being mentions.
pub fn read_telegram(shown: &telegram::Shown) -> String {
    let units: Vec<u16> = shown.text.encode_utf16().collect();
    let (mut out, mut at) = (String::new(), 0);
    let mut links: Vec<_> = shown.entities.iter().filter(|entity| entity.url.is_some()).collect();
    links.sort_by_key(|link| link.offset);
    for link in links {
        let end = link.offset + link.length;
        out.push_str(&String::from_utf16_lossy(&units[at..end]));
        out.push_str(&format!(" {}", link.url.as_deref().unwrap_or_default()));
        at = end;
    }
    out.push_str(&String::from_utf16_lossy(&units[at..]));
    out.replace('\u{2060}', "")
}

#[async_trait]
impl Door for OnTelegram {
    fn name(&self) -> PlatformName {
        PlatformName::Telegram
    }

    fn served(&self) -> &Served {
        &self.served
    }

    fn id(&self, who: usize) -> String {
        self.people[who].0.to_string()
    }

    async fn say(&mut self, who: usize, line: &str) {
        self.fake.say(self.people[who], self.spots[who], line);
        self.watched().settled().await;
    }

    async fn press(&mut self, who: usize, whose: usize, at: usize) {
        let shown = self.messages(whose).pop().unwrap();
        let label = shown.labels().nth(at).unwrap_or_else(|| panic!("no control {at} in {shown:#?}")).to_owned();
        let answer = self.fake.press_on(self.people[who], &shown, &label).await.unwrap();
        assert_eq!((answer.alert, answer.text.is_some()), (who != whose, who != whose), "{label}: {answer:?}");
        self.no = answer.text;
        self.watched().settled().await;
    }

    async fn fill(&mut self, who: usize, at: usize, answers: &[(&str, &str)]) {
        self.press(who, who, at).await;
        for (_, answer) in answers {
            let shown = self.messages(who).pop().unwrap();
            if shown.force_reply {
                self.fake.reply(self.people[who], &shown, answer);
                self.watched().settled().await;
            } else {
                self.say(who, answer).await;
            }
        }
    }

    fn see(&self, who: usize) -> View {
        let messages = self.messages(who);
        let labels = messages.last().unwrap().labels().map(short).collect();
        let text = messages.iter().map(read_telegram).collect::<Vec<_>>().join("\n");
        View { text, labels }
    }

    fn refused(&mut self) -> String {
        self.no.take().expect("nothing was refused")
    }

    async fn close(self: Box<Self>) {
        let Self { fake, door, served, .. } = *self;
        door.close(Duration::from_secs(3)).await;
        served.close().await;
        assert_eq!(fake.violations(), Vec::<String>::new());
        assert_eq!(fake.unanswered(), []);
    }
}

/// Discord.
struct OnDiscord {
    fake: discord::Discord,
    door: Arc<Discord>,
    served: Served,
    people: Vec<discord::model::Id>,
    channels: Vec<discord::model::Id>,
    no: Option<String>,
}

impl OnDiscord {
    async fn open(place: Where, locale: &str) -> Self {
        let fake = discord::Discord::with(discord::Options { limits: false, ..Default::default() }).await;
        let guild = fake.guild("Nodes");
        let shared = fake.channel(guild, "casper");
        // Its clients come in some languages only; others a person has to choose.
        let locale = if locale == "fr" { "fr" } else { "en-US" };
        let people: Vec<_> = NAMES.iter().map(|name| fake.person(name, locale)).collect();
        let (app, world) = house().await;
        let door = house::discord(&fake, bellhop::commands::suggestions(&app.house)).await;
        let served = Served::serve(app, world, door.clone());
        assert!(fake.online(1).await);
        let channels = match place {
            Where::Private => people.iter().map(|person| fake.dm(*person)).collect(),
            Where::Shared | Where::Topic => vec![shared; 2],
        };
        served.app.house.people.rooms().admit(&format!("discord|{guild}"), "owner").await.unwrap();
        Self { fake, door, served, people, channels, no: None }
    }

    fn messages(&self, who: usize) -> Vec<discord::people::Shown> {
        let (anchor, _) = self.watched().answer(&self.id(who));
        let shown = |id| self.fake.shown(self.people[who], id);
        numbers(&anchor).into_iter().map(|id| shown(id).unwrap_or_else(|| panic!("{id} is not there"))).collect()
    }

    async fn do_press(&mut self, who: usize, whose: usize, at: usize) -> First {
        let shown = self.messages(whose).pop().unwrap();
        let chosen = shown.selects.iter().flat_map(|select| &select.options).nth(at).map(|one| one.label.clone());
        let before = shown.selects.iter().map(|select| select.options.len()).sum::<usize>();
        let answered = match chosen {
            Some(label) if who == whose => self.fake.choose(self.people[who], &label).await,
            Some(label) => panic!("{label:?} cannot be chosen by somebody else yet"),
            None => {
                let button = shown.buttons.get(at - before).unwrap_or_else(|| panic!("no control {at} in {shown:#?}"));
                self.fake.press_on(self.people[who], shown.id, &button.label).await
            }
        };
        let answered = answered.unwrap();
        if who != whose {
            let no = self.fake.shown(self.people[who], answered.message.unwrap()).unwrap();
            assert!(no.ephemeral, "{no:#?}");
            self.no = Some(read_discord(&no.content));
        }
        answered.first
    }
}

/// Discord's Markdown, read: bold and escapes taken away, links with where they lead.
pub fn read_discord(content: &str) -> String {
    let mut lines = Vec::new();
    let mut literal = false;
    for line in content.split('\n') {
        match line {
            "```" => literal = !literal,
            line if literal => lines.push(line.to_owned()),
            line => lines.push(read_line(line)),
        }
    }
    lines.join("\n")
}

fn read_line(line: &str) -> String {
    let (mut out, mut letters, mut link) = (String::new(), line.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            '*' => {}
            '[' => link = true,
            ']' if link => {
                assert_eq!(letters.next(), Some('('), "{line}");
                out.push(' ');
            }
            ')' if link => link = false,
            letter => out.push(letter),
        }
    }
    out
}

#[async_trait]
impl Door for OnDiscord {
    fn name(&self) -> PlatformName {
        PlatformName::Discord
    }

    fn served(&self) -> &Served {
        &self.served
    }

    fn id(&self, who: usize) -> String {
        self.people[who].to_string()
    }

    async fn say(&mut self, who: usize, line: &str) {
        self.fake.slash(self.people[who], self.channels[who], line).await.unwrap();
        self.watched().settled().await;
    }

    async fn press(&mut self, who: usize, whose: usize, at: usize) {
        assert_ne!(self.do_press(who, whose, at).await, First::Modal);
        self.watched().settled().await;
    }

    async fn fill(&mut self, who: usize, at: usize, answers: &[(&str, &str)]) {
        assert_eq!(self.do_press(who, who, at).await, First::Modal);
        self.fake.answer_modal(self.people[who], answers).await.unwrap();
        self.watched().settled().await;
    }

    fn see(&self, who: usize) -> View {
        let messages = self.messages(who);
        let last = messages.last().unwrap();
        let choices = last.selects.iter().flat_map(|select| &select.options).map(|option| option.label.as_str());
        let labels = choices.chain(last.labels()).map(short).collect();
        let text = messages.iter().map(|shown| read_discord(&shown.content)).collect::<Vec<_>>().join("\n");
        View { text, labels }
    }

    fn refused(&mut self) -> String {
        self.no.take().expect("nothing was refused")
    }

    async fn close(self: Box<Self>) {
        let Self { fake, door, served, .. } = *self;
        door.close(Duration::from_secs(3)).await;
        served.close().await;
        assert_eq!(fake.violations(), Vec::<String>::new());
        assert_eq!(fake.pings(), []);
    }
}

/// Whether all are the same; shows all when they are not.
#[track_caller]
pub fn same<T: std::fmt::Debug + PartialEq>(what: &str, all: &[T]) {
    assert!(all.windows(2).all(|two| two[0] == two[1]), "{what} differs: {all:#?}");
}
