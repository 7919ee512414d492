//! Messages that show a topic stay true: coalesced, paced, and across a restart.

use crate::house::room::Room;
use crate::house::{House, person};
use bellhop::chat::{
    Answers, Ask, Button, ButtonStyle, Card, Person, Platform, PlatformName, Reply, Room as Place, Tone, Topic, Urge,
    What,
};
use bellhop::commands::Answer;
use bellhop::delivery::Delivery;
use bellhop::speech::Line;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Something that counts to ten, and is at rest then.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn topic() -> Topic {
        Topic::Deployment("count".to_owned())
    }

    fn card(&self) -> Card {
        let count = self.0.load(Ordering::SeqCst);
        let tone = if count < 10 { Tone::Busy } else { Tone::Good };
        let list = Urge::Run { command: "list".to_owned(), answers: Answers::new() };
        Card::new(tone, Line::new("help-name").with("name", count.to_string())).button(Button::new(
            Line::new("desk-help"),
            ButtonStyle::Plain,
            list,
        ))
    }

    /// A delivery that knows only this topic, and keeps its messages true.
    async fn delivered(&self, house: &House, room: &Arc<Room>) -> Delivery {
        let delivery = self.joined(house, room).await;
        tokio::spawn(delivery.clone().run(CancellationToken::new()));
        delivery
    }

    /// The same; it posts, and then does nothing more.
    async fn joined(&self, house: &House, room: &Arc<Room>) -> Delivery {
        let count = self.clone();
        let mut services = house.app.house.clone();
        services.cards = Arc::new(move |_| Some(count.card()));
        let delivery = Delivery::new(&services);
        delivery.join(room.clone() as Arc<dyn Platform>).await.unwrap();
        delivery
    }
}

fn ask(from: Person) -> Ask {
    let room = Place { platform: PlatformName::Terminal, id: "hall".to_owned(), private: false, group: None };
    Ask { id: String::new(), handle: None, from, room, locale: None, message: None, what: What::Said(String::new()) }
}

fn answer(count: &Count) -> Answer {
    Answer { reply: Reply::new(count.card()).about(Count::topic()), language: None }
}

#[tokio::test(start_paused = true)]
async fn many_changes_are_few_edits_and_the_newest_state_wins() {
    let (house, room, count) = (House::without_grid().await, Arc::new(Room::default()), Count::default());
    let delivery = count.delivered(&house, &room).await;
    delivery.deliver(&*room, &ask(person("ada")), answer(&count)).await.unwrap();
    // A change each tenth of a second, on a platform that likes one edit every two seconds.
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        count.0.fetch_add(1, Ordering::SeqCst);
        delivery.announce(&Count::topic());
    }
    assert_eq!(delivery.rest(&Count::topic()).await, Some(Tone::Good));
    assert_eq!(room.newest().unwrap().title, "10");
    let (posts, edits) = room.traffic();
    assert!(posts == 1 && edits <= 3, "{edits} edits in a second");
}

#[tokio::test(start_paused = true)]
async fn what_did_not_change_is_not_edited() {
    let (house, room, count) = (House::without_grid().await, Arc::new(Room::default()), Count::default());
    count.0.store(10, Ordering::SeqCst);
    let delivery = count.delivered(&house, &room).await;
    delivery.deliver(&*room, &ask(person("ada")), answer(&count)).await.unwrap();
    delivery.announce(&Count::topic());
    delivery.rest(&Count::topic()).await;
    assert_eq!(room.traffic(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_message_is_kept_true_after_a_restart_and_its_buttons_stay_the_same() {
    let (house, room, count) = (House::without_grid().await, Arc::new(Room::default()), Count::default());
    let delivery = count.joined(&house, &room).await;
    delivery.deliver(&*room, &ask(person("ada")), answer(&count)).await.unwrap();
    let before = room.newest().unwrap();
    // A new delivery on the same store is what a restart makes of it. (A new house would open its own door to the same
    // platform, and clear away there what it does not know.) It went on while nobody looked.
    count.0.store(10, Ordering::SeqCst);
    let delivery = count.delivered(&house, &room).await;
    delivery.rest(&Count::topic()).await;
    let after = room.newest().unwrap();
    assert_eq!((room.traffic(), after.title.as_str()), ((1, 1), "10"));
    assert_eq!(before.buttons, after.buttons);
}
