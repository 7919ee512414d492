//! Limits: what all rooms are to learn at once comes to each of them, in order, without one 429; and a 429 that comes
//! anyway is obeyed. The real platforms, and fakes that enforce what is documented. What the queue does with all that
//! is told in `delivery`, on a paused clock.

use super::house::{self, Watched};
use super::{discord, telegram};
use crate::house::House;
use bellhop::chat::{Ask, Card, Person, Platform, PlatformName, Reply, Room, Tone, Topic, What};
use bellhop::commands::Answer;
use bellhop::delivery::Delivery;
use bellhop::speech::Line;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Something that counts, for everybody to see.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn topic() -> Topic {
        Topic::Deployment("count".to_owned())
    }

    fn card(&self) -> Card {
        let count = self.0.load(Ordering::SeqCst);
        let tone = if count < 10 { Tone::Busy } else { Tone::Good };
        Card::new(tone, Line::new("help-name").with("name", format!("count {count}")))
    }
}

fn line(text: &str) -> Answer {
    let card = Card::new(Tone::Plain, Line::new("help-name").with("name", text.to_owned()));
    Answer { reply: Reply::new(card), language: None }
}

/// Many rooms that show the same, all quiet; and what goes on there once limits are enforced.
struct Crowd {
    house: House,
    count: Count,
    asks: Vec<Ask>,
}

impl Crowd {
    /// In each of these rooms a message shows the count. Nothing is limited yet.
    async fn gather(platform: Arc<dyn Platform>, rooms: Vec<Room>) -> Self {
        let count = Count::default();
        let mut house = House::without_grid().await;
        let cards = count.clone();
        house.app.house.cards = Arc::new(move |topic| (*topic == Count::topic()).then(|| cards.card()));
        let name = platform.name();
        let from = Person { platform: name, id: "1000000".to_owned(), name: "Ada".to_owned() };
        let asks = rooms.into_iter().enumerate().map(|(at, room)| Ask {
            id: at.to_string(),
            handle: None,
            from: from.clone(),
            room,
            locale: None,
            message: None,
            what: What::Said(String::new()),
        });
        let crowd = Self { house, count, asks: asks.collect() };
        let post = crowd.post(Watched::new(platform)).await;
        let mut sent = Vec::new();
        for ask in &crowd.asks {
            let answer = Answer { reply: Reply::new(crowd.count.card()).about(Count::topic()), language: None };
            sent.push(post.delivery.deliver(ask, answer, crowd.house.app.house.clock.now()).await.unwrap());
        }
        for sent in &mut sent {
            assert!(sent.posted().await);
        }
        post.close().await;
        crowd
    }

    /// A delivery with this platform; it goes on with all that is shown.
    async fn post(&self, platform: Arc<dyn Platform>) -> Running {
        let delivery = Delivery::new(&self.house.app.house);
        delivery.join(platform).await.unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(delivery.clone().run(stop.clone()));
        Running { delivery, running, stop }
    }

    fn set(&self, post: &Running, count: u64) {
        self.count.0.store(count, Ordering::SeqCst);
        post.delivery.announce(&Count::topic());
    }

    /// Everybody learns of three changes, while in some rooms people are answered. Returns how long it took.
    async fn learn(&self, platform: Arc<dyn Platform>) -> Duration {
        let began = Instant::now();
        self.count.0.store(3, Ordering::SeqCst);
        let post = self.post(platform).await;
        let mut sent = Vec::new();
        for ask in self.asks.iter().step_by(20) {
            for said in ["one", "two", "three"] {
                let again = Ask { id: format!("{}-{said}", ask.id), ..ask.clone() };
                sent.push(post.delivery.deliver(&again, line(said), self.house.app.house.clock.now()).await.unwrap());
            }
        }
        for count in [6, 10] {
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.set(&post, count);
        }
        for sent in &mut sent {
            assert!(sent.posted().await);
        }
        assert_eq!(post.delivery.rest(&Count::topic()).await, Some(Tone::Good));
        post.close().await;
        began.elapsed()
    }
}

struct Running {
    delivery: Delivery,
    running: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    async fn close(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }
}

/// What was sent to a room, oldest first: the message (none for a new one) and its words.
type Told = BTreeMap<String, Vec<(Option<String>, String)>>;

/// Every room shows the newest state, no message went back, and what was said came in order.
fn in_order(told: &Told, rooms: usize) {
    assert_eq!(told.len(), rooms);
    let number = |text: &str| {
        text.rsplit_once("count ")
            .and_then(|(_, number)| number.trim_matches(['*', '<', '/', 'b', '>']).parse::<u64>().ok())
    };
    for (room, told) in told {
        let counts: Vec<u64> =
            told.iter().filter(|(message, _)| message.is_some()).filter_map(|(_, text)| number(text)).collect();
        assert!(counts.is_sorted() && counts.last() == Some(&10), "{room}: {told:?}");
        let said: Vec<&str> = told
            .iter()
            .filter(|(message, _)| message.is_none())
            .map(|(_, text)| text.trim_matches(['*', '<', '/', 'b', '>']))
            .collect();
        assert!(said.is_empty() || said == ["one", "two", "three"], "{room}: {said:?}");
    }
}

async fn telegram(rooms: usize) -> (telegram::Telegram, Arc<bellhop::platforms::telegram::Telegram>, Vec<Room>) {
    let fake = telegram::Telegram::run(telegram::Options { limits: false, ..Default::default() }).await;
    let door = house::telegram(&fake).await;
    let rooms = (0..rooms).map(|at| {
        let user = fake.user(&format!("Ada{at}"), Some("en"));
        let room = fake.private(user);
        fake.start(user, None);
        Room { platform: PlatformName::Telegram, id: room.0.to_string(), private: true, group: None }
    });
    let rooms = rooms.collect();
    (fake, door, rooms)
}

fn told_on_telegram(fake: &telegram::Telegram, from: usize) -> Told {
    let mut told = Told::new();
    for request in fake.requests().iter().skip(from).filter(|request| request.code == 200) {
        let text = |name: &str| {
            request.params.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        if let ("sendMessage" | "editMessageText", Some(room)) = (request.method.as_str(), text("chat_id")) {
            told.entry(room).or_default().push((text("message_id"), text("text").unwrap_or_default()));
        }
    }
    told
}

async fn discord(rooms: usize) -> (discord::Discord, Arc<bellhop::platforms::discord::Discord>, Vec<Room>) {
    let fake = discord::Discord::with(discord::Options { limits: false, ..Default::default() }).await;
    let guild = fake.guild("Nodes");
    let door = house::discord(&fake, Arc::new(|_| Vec::new())).await;
    let rooms = (0..rooms).map(|at| Room {
        platform: PlatformName::Discord,
        id: fake.channel(guild, &format!("casper-{at}")).to_string(),
        private: false,
        group: Some(guild.to_string()),
    });
    let rooms = rooms.collect();
    (fake, door, rooms)
}

fn told_on_discord(fake: &discord::Discord, from: usize) -> Told {
    let mut told = Told::new();
    for request in fake.requests().iter().skip(from).filter(|request| request.status == 200) {
        let mut steps = request.path.trim_start_matches('/').split(['/', '?']);
        if let (Some("channels"), Some(room), Some("messages")) = (steps.next(), steps.next(), steps.next()) {
            let text = request.body["content"].as_str().unwrap_or_default().to_owned();
            told.entry(room.to_owned()).or_default().push((steps.next().map(str::to_owned), text));
        }
    }
    told
}

#[tokio::test]
async fn two_hundred_rooms_learn_at_once_without_one_429() {
    let on_telegram = async {
        let (fake, door, rooms) = telegram(200).await;
        let crowd = Crowd::gather(door.clone(), rooms).await;
        let before = fake.requests().len();
        fake.enforce(true);
        let took = crowd.learn(door.clone()).await;
        door.close(Duration::from_secs(3)).await;
        assert_eq!((fake.limited(), fake.violations()), (0, Vec::new()));
        in_order(&told_on_telegram(&fake, before), 200);
        took
    };
    let on_discord = async {
        let (fake, door, rooms) = discord(200).await;
        let crowd = Crowd::gather(door.clone(), rooms).await;
        let before = fake.requests().len();
        fake.enforce(true);
        let took = crowd.learn(door.clone()).await;
        door.close(Duration::from_secs(3)).await;
        assert_eq!((fake.limited().len(), fake.violations()), (0, Vec::new()));
        in_order(&told_on_discord(&fake, before), 200);
        took
    };
    let (telegram, discord) = tokio::join!(on_telegram, on_discord);
    println!("200 rooms, three changes: {telegram:.1?} on Telegram, {discord:.1?} on Discord");
}

#[tokio::test]
async fn a_429_that_comes_anyway_is_obeyed_and_holds_up_nobody_else() {
    let on_telegram = async {
        let (fake, door, rooms) = telegram(20).await;
        let closed = telegram::Room(rooms[0].id.parse().unwrap());
        let crowd = Crowd::gather(door.clone(), rooms).await;
        let before = fake.requests().len();
        fake.enforce(true);
        fake.refuse("editMessageText", Some(closed), 1, 2);
        crowd.learn(door.clone()).await;
        door.close(Duration::from_secs(3)).await;
        assert_eq!((fake.limited(), fake.violations()), (1, Vec::new()));
        in_order(&told_on_telegram(&fake, before), 20);
    };
    let on_discord = async {
        let (fake, door, rooms) = discord(20).await;
        let crowd = Crowd::gather(door.clone(), rooms).await;
        let before = fake.requests().len();
        fake.enforce(true);
        fake.limit("PATCH /channels/{id}/messages/{id}", 1, Duration::from_secs(2));
        crowd.learn(door.clone()).await;
        door.close(Duration::from_secs(3)).await;
        assert_eq!((fake.limited().len(), fake.violations()), (1, Vec::new()));
        in_order(&told_on_discord(&fake, before), 20);
    };
    tokio::join!(on_telegram, on_discord);
}
