//! Every card of the transcripts, in every language, is shown whole on every platform: in English, in French, in the
//! language that is longer, and in one that reads from right to left. The fakes judge each message by the platforms' own
//! rules and files; here it is seen that nothing is cut or lost. Cards that no transcript has are generated beside the
//! renderers.

use super::house;
use super::talk::{View, numbers, read_discord, read_telegram, short};
use super::{discord, telegram};
use crate::house::sandbox::Stage;
use bellhop::chat::{Audience, Card, Platform, PlatformName, Post, Room};
use bellhop::commands::{Command, commands_for};
use bellhop::platforms::words;
use bellhop::sandbox::fault::{Effect, Face};
use bellhop::speech::{Line, Voices};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What is said and pressed: the main job with all its questions, every other command, and many ways to be refused.
/// What begins with `+` is the id of a button, with `=` a choice.
const SCRIPT: &[&str] = &[
    "/help",
    "/recipes",
    "/me",
    "/list",
    "/show",
    "/deploy",
    "=casper",
    "+order-change-size",
    "=medium",
    "+order-change-region",
    "=europe",
    "+order-change-name",
    "orchid",
    "none",
    "+order-accept-and-start",
    "/list",
    "/show orchid",
    "/verify orchid",
    "/deploy vm name:orchid",
    "/deploy vm name:fern now:yes",
    "/show",
    "/verify",
    "/destroy",
    "=fern",
    "+destroy-keep",
    "/deploy caspr",
    "/deploy casper size:huge",
    "/deploy casper name:1st",
    "/deploy casper ssh_key:nonsense",
    "/deploy casper region:atlantis",
    "/deploy casper sise:small",
    "/deploy casper now:perhaps",
    "/deploy name:\"x",
    "/dpeloy",
    "/weather",
    "good morning",
    "/show nothing",
    "/destroy nothing",
    "/me language:xx",
    "/claim",
    "/claim nonsense",
    "abandon ability able about above absent absorb abstract absurd abuse access accident",
    "/deploy vm name:elm now:yes",
    "/deploy vm name:oak now:yes",
    "/deploy vm name:ash now:yes",
    "/deploy vm name:yew now:yes",
    "/list",
    "/me",
    "/destroy fern now:yes",
    "/destroy elm now:yes",
    "/destroy oak now:yes",
    "/destroy ash now:yes",
];

/// Every card that is seen in `language`.
async fn seen(language: &str) -> Vec<Card<String>> {
    let (mut stage, voice) = (Stage::small().await, Voices::load().find([language]));
    stage.house.reads(language);
    stage.house.arrives().await;
    for command in commands_for(bellhop::chat::Role::Owner).map(Command::spec) {
        stage.say(&format!("/help {}", command.name)).await;
    }
    for line in SCRIPT {
        match line.split_at(1) {
            ("+", id) => stage.press(&voice.say(&Line::new(id))).await,
            ("=", value) => stage.press(value).await,
            _ => stage.say(line).await,
        };
    }
    // Later it is proven further; then nothing works.
    stage.house.wait(Duration::from_secs(20 * 60)).await;
    for name in ["orchid", "yew"] {
        stage.say(&format!("/destroy {name} now:yes")).await;
    }
    stage.fault(Face::Workload, "zmachine", None, Effect::Error("kernel panic <b>*at*</b> @everyone".into()), None);
    stage.say("/deploy vm name:first now:yes").await;
    stage.fault(Face::Proxy, "/nodes", None, Effect::Error("away".into()), None);
    stage.say("/deploy vm name:second now:yes").await;
    let server = Room { platform: PlatformName::Discord, id: "1".into(), private: false, group: Some("2".into()) };
    let chat = Room { platform: PlatformName::Telegram, id: "3".into(), private: true, group: None };
    for room in [server, chat] {
        stage.house.in_room(room).await;
        stage.say("/help").await;
        stage.say("/list").await;
        stage.say("/claim").await;
    }
    let shown = stage.house.shown();
    stage
        .house
        .in_room(Room { platform: PlatformName::Terminal, id: "hall".into(), private: false, group: None })
        .await;
    stage.close().await;
    shown
}

/// As somebody reads it whose letters run from right to left.
fn mirrored(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        letter if letter.is_alphabetic() => char::from_u32(0x627 + u32::from(letter) % 26).unwrap(),
        letter => letter,
    });
    letters.collect()
}

/// Every card of the transcripts, once.
fn cards() -> Vec<Card<String>> {
    let transcript = |language| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let cards = runtime.block_on(seen(language));
        let mirrors: Vec<_> =
            cards.iter().filter(|_| language == "en").map(|card| card.map(&mut |text| mirrored(text))).collect();
        [cards, mirrors].concat()
    };
    let cards = std::thread::scope(|threads| {
        let told = ["en", "fr", "qps"].map(|language| threads.spawn(move || transcript(language)));
        told.into_iter().flat_map(|told| told.join().unwrap()).collect::<Vec<_>>()
    });
    let mut all = BTreeMap::new();
    for card in cards {
        let view = View::of(&card);
        // What differs in its ids only looks the same.
        all.entry((view.text, view.labels)).or_insert(card);
    }
    all.into_values().collect()
}

/// What a platform itself says besides what the card does: on its buttons, or how to answer, in the last line.
fn own() -> BTreeSet<String> {
    let voices = Voices::load();
    let say = |language: &str, id: &str| voices.find([language]).say(&Line::new(id));
    let all = ["en", "fr", "qps"].map(|language| {
        let (more, back) = (say(language, words::MORE), say(language, words::BACK));
        let arrows = [format!("{more} ›"), format!("‹ {back}")];
        arrows.into_iter().chain([more, back, say(language, words::ANSWER), say(language, words::REPLY)])
    });
    all.into_iter().flatten().collect()
}

/// Reads the messages with these numbers as one.
type Read<'a> = Box<dyn Fn(&[u64]) -> View + 'a>;

/// One room, and how what stands there is read.
struct Wall<'a> {
    platform: Arc<dyn Platform>,
    room: Room,
    read: Read<'a>,
    /// Choices that stand on one page.
    page: usize,
    own: BTreeSet<String>,
}

impl Wall<'_> {
    /// Each card is a new message; in private it takes the place of the one before too, and elsewhere only questions
    /// look different.
    async fn show(&self, cards: &[Card<String>]) {
        let mut last = None;
        let here = cards.iter().filter(|card| self.room.private || card.question.is_some());
        for (at, card) in here.enumerate() {
            let nonce = format!("n{at}");
            let post = Post {
                nonce: &nonce,
                ask: None,
                room: &self.room,
                audience: Audience::Room,
                topic: None,
                card,
                call: None,
                under: None,
            };
            let posted = self.platform.post(post).await.unwrap();
            self.look(card, &numbers(&posted));
            if let Some(before) = last.replace(posted)
                && self.room.private
            {
                let edited = self.platform.edit(&before, card, None).await.unwrap();
                self.look(card, &numbers(&edited));
            }
        }
    }

    fn look(&self, card: &Card<String>, ids: &[u64]) {
        let (wanted, mut seen) = (View::of(card), (self.read)(ids));
        if let Some((text, _)) = seen.text.rsplit_once('\n').filter(|(_, last)| self.own.contains(*last)) {
            seen.text = text.to_owned();
        }
        assert_eq!(seen.text, wanted.text, "in {:?}", self.room);
        seen.labels.retain(|label| wanted.labels.contains(label) || !self.own.contains(label));
        let choices = card.question.as_ref().map_or(0, |question| question.choices.len());
        let beyond = choices.min(self.page)..choices;
        let labels = wanted.labels.iter().enumerate().filter(|(at, _)| !beyond.contains(at));
        assert_eq!(seen.labels, labels.map(|(_, label)| label.clone()).collect::<Vec<_>>(), "{}", wanted.text);
    }
}

async fn on_telegram(cards: &[Card<String>]) {
    let options = telegram::Options { limits: false, log: false, ..Default::default() };
    let fake = telegram::Telegram::run(options).await;
    let door = house::telegram(&fake).await;
    let ada = fake.user("Ada", Some("en"));
    let (private, group) = (fake.private(ada), fake.supergroup("Nodes", &[ada]));
    fake.start(ada, None);
    for (room, private) in [(private, true), (group, false)] {
        let read = |ids: &[u64]| {
            let all = fake.see(ada, room);
            let shown = ids.iter().map(|id| all.iter().find(|shown| shown.id as u64 == *id).unwrap());
            let shown: Vec<_> = shown.collect();
            View {
                text: shown.iter().map(|shown| read_telegram(shown)).collect::<Vec<_>>().join("\n"),
                labels: shown.last().unwrap().labels().map(short).collect(),
            }
        };
        let group = (!private).then(|| room.0.to_string());
        let room = Room { platform: PlatformName::Telegram, id: room.0.to_string(), private, group };
        let wall = Wall { platform: door.clone(), room, read: Box::new(read), page: 8, own: own() };
        wall.show(cards).await;
    }
    door.close(Duration::from_secs(3)).await;
    assert_eq!(fake.violations(), Vec::<String>::new());
}

async fn on_discord(cards: &[Card<String>]) {
    let options = discord::Options { limits: false, record: false, ..Default::default() };
    let fake = discord::Discord::with(options).await;
    let guild = fake.guild("Nodes");
    let (channel, ada) = (fake.channel(guild, "casper"), fake.person("ada", "en-US"));
    let private = fake.dm(ada);
    let door = house::discord(&fake, Arc::new(|_| Vec::new())).await;
    for (channel, group) in [(private, None), (channel, Some(guild.to_string()))] {
        let read = |ids: &[u64]| {
            let shown: Vec<_> = ids.iter().map(|id| fake.shown(ada, *id).unwrap()).collect();
            let last = shown.last().unwrap();
            let choices = last.selects.iter().flat_map(|select| &select.options).map(|one| one.label.as_str());
            View {
                text: shown.iter().map(|shown| read_discord(&shown.content)).collect::<Vec<_>>().join("\n"),
                labels: choices.chain(last.labels()).map(short).collect(),
            }
        };
        let private = group.is_none();
        let room = Room { platform: PlatformName::Discord, id: channel.to_string(), private, group };
        let wall = Wall { platform: door.clone(), room, read: Box::new(read), page: 25, own: own() };
        wall.show(cards).await;
    }
    door.close(Duration::from_secs(3)).await;
    assert_eq!(fake.violations(), Vec::<String>::new());
    assert_eq!(fake.pings(), []);
}

#[test]
fn every_card_of_the_transcripts_is_shown_whole_in_every_language() {
    let cards = cards();
    assert!(cards.len() > 300, "{} cards only", cards.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::join!(on_telegram(&cards), on_discord(&cards));
    });
}
