//! What is said is said, in order and no faster than a platform likes; messages that show a topic stay true.

mod calls;
mod crashes;
mod hall;
mod limits;
mod rooms;
mod truth;

use crate::house::House;
use bellhop::chat::{Answers, Button, ButtonStyle, Card, Platform, Reply, Tone, Topic, Urge};
use bellhop::commands::Answer;
use bellhop::delivery::{Delivery, Sent};
use bellhop::speech::Line;
use hall::Hall;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Something that counts to ten, and is at rest then.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn topic() -> Topic {
        Topic::Deployment("count".to_owned())
    }

    fn set(&self, count: u64) {
        self.0.store(count, Ordering::SeqCst);
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

    fn answer(&self) -> Answer {
        Answer { reply: Reply::new(self.card()).about(Self::topic()), language: None }
    }
}

/// An answer of one line.
fn plain(text: &str) -> Answer {
    let card = Card::new(Tone::Plain, Line::new("help-name").with("name", text.to_owned()));
    Answer { reply: Reply::new(card), language: None }
}

/// A delivery of its own on a house's store, that knows only the count.
struct Post {
    delivery: Delivery,
    running: JoinHandle<()>,
    stop: CancellationToken,
    house: bellhop::commands::House,
}

impl Post {
    async fn open(house: &House, hall: &Arc<Hall>, count: &Count) -> Self {
        let count = count.clone();
        let mut services = house.app.house.clone();
        services.cards = Arc::new(move |topic| (*topic == Count::topic()).then(|| count.card()));
        let delivery = Delivery::new(&services);
        delivery.join(hall.clone() as Arc<dyn Platform>).await.unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(delivery.clone().run(stop.clone()));
        Self { delivery, running, stop, house: services }
    }

    /// An answer to an ask in a room; it is on disk then.
    async fn say(&self, ask: &bellhop::chat::Ask, answer: Answer) -> Sent {
        self.delivery.deliver(ask, answer, self.house.clock.now()).await.unwrap()
    }

    /// It changes, and everybody is told.
    fn count(&self, count: &Count, to: u64) {
        count.set(to);
        self.delivery.announce(&Count::topic());
    }

    /// It dies at once.
    async fn kill(self) {
        self.running.abort();
        // Whether it was cancelled or had ended is all the same.
        let _ = self.running.await;
    }

    /// It ends in order.
    async fn close(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }
}
