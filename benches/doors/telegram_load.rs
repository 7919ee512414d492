//! People on a Telegram of our own who all ask at once.
//!
//! Not here: which bot answers them.

use super::load::{Asked, Load};
use super::telegram::{Options, Person, Room, TOKEN, Telegram};
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// The load.
pub struct OnTelegram {
    fake: Telegram,
    people: Vec<(Person, Room)>,
}

impl OnTelegram {
    /// A Telegram with so many people, who have all pressed Start.
    pub async fn with(people: usize) -> Self {
        // Only the log stays on: it says when each answer came.
        let patience = Duration::from_secs(120);
        let fake = Telegram::run(Options { log: true, patience, ..Options::bare() }).await;
        let people =
            (0..people).map(|n| fake.user(&format!("p{n}"), Some("en"))).map(|p| (p, fake.private(p))).collect();
        Self { fake, people }
    }
}

/// What counts as an answer: a message, or a new text of one.
fn answers(method: &str) -> bool {
    matches!(method, "sendMessage" | "editMessageText")
}

#[async_trait]
impl Load for OnTelegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn api(&self) -> String {
        self.fake.url().to_string().trim_end_matches('/').to_owned()
    }

    fn token(&self) -> String {
        TOKEN.to_owned()
    }

    async fn greet(&self) {
        for chunk in self.people.chunks(200) {
            let before = self.answered();
            for (person, _) in chunk {
                self.fake.start(*person, None);
            }
            self.until_answered(before + chunk.len() as u64).await;
        }
    }

    fn say(&self, who: usize, words: &str, _: Instant) {
        if let Some((person, room)) = self.people.get(who % self.people.len()) {
            self.fake.say(*person, *room, words);
        }
    }

    async fn press(&self, who: usize, label: &str) -> Option<Duration> {
        let (person, _) = self.people.get(who % self.people.len())?;
        let began = Instant::now();
        self.fake.press(*person, label).await.ok().map(|_| began.elapsed())
    }

    async fn complete(&self, _: usize, _: &str, _: &str, _: &str) -> Option<Duration> {
        None
    }

    fn answered(&self) -> u64 {
        let counters = self.fake.counters();
        counters.of("sendMessage") + counters.of("editMessageText")
    }

    async fn until_answered(&self, many: u64) -> bool {
        self.fake.until(|counters| counters.of("sendMessage") + counters.of("editMessageText") >= many).await
    }

    async fn waits(&self, asked: &[Asked]) -> Vec<Option<Duration>> {
        let log = self.fake.requests();
        let mut by_room: std::collections::HashMap<i64, Vec<Instant>> = std::collections::HashMap::new();
        for request in log.iter().filter(|request| answers(&request.method)) {
            if let Some(room) = request.params.get("chat_id").and_then(serde_json::Value::as_i64) {
                by_room.entry(room).or_default().push(request.at);
            }
        }
        let first = |asked: &Asked| {
            let (_, room) = self.people.get(asked.who % self.people.len())?;
            by_room.get(&room.0)?.iter().find(|at| **at >= asked.at).map(|at| at.duration_since(asked.at))
        };
        asked.iter().map(first).collect()
    }
}
