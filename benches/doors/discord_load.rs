//! People on a Discord of our own who all ask at once, each in a private chat with the bot.
//!
//! Not here: which bot answers them.

use super::discord::{Discord, Options};
use super::load::{Asked, Load};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

type Waits = HashMap<(usize, Instant), JoinHandle<Option<Duration>>>;

/// The load.
pub struct OnDiscord {
    fake: Discord,
    /// Person and private channel.
    people: Vec<(u64, u64)>,
    /// Requests that a bot makes for one ask.
    per_ask: AtomicU64,
    /// Requests that were made before.
    before: AtomicU64,
    waits: Mutex<Waits>,
}

impl OnDiscord {
    /// A Discord with so many people, for a bot that makes `per_ask` requests for each.
    pub async fn with(people: usize, per_ask: u64) -> Self {
        let fake = Discord::with(Options { first_answer: Duration::from_secs(60), ..Options::bench() }).await;
        let guild = fake.guild("bench");
        let person = |n| {
            let person = fake.person(&format!("p{n}"), "en-US");
            fake.join(person, guild, 0);
            (person, fake.dm(person))
        };
        let people = (0..people).map(person).collect();
        let (per_ask, before) = (AtomicU64::new(per_ask), AtomicU64::new(0));
        Self { fake, people, per_ask, before, waits: Mutex::default() }
    }

    fn who(&self, who: usize) -> Option<(u64, u64)> {
        self.people.get(who % self.people.len()).copied()
    }
}

#[async_trait]
impl Load for OnDiscord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn api(&self) -> String {
        self.fake.url()
    }

    fn token(&self) -> String {
        self.fake.token()
    }

    async fn greet(&self) {
        let registered = self.fake.until(Duration::from_secs(60), || !self.fake.commands().is_empty()).await;
        assert!(registered, "the bot did not register its commands");
        for n in 0..self.people.len() {
            let Some((person, channel)) = self.who(n) else { continue };
            let answered = self.fake.slash(person, channel, "/help").await;
            assert!(answered.is_ok(), "{answered:?}");
        }
        // Answers may still be under way.
        let mut last = 0;
        while last != self.fake.request_count() {
            last = self.fake.request_count();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.before.store(last, Ordering::SeqCst);
    }

    fn say(&self, who: usize, words: &str, at: Instant) {
        let Some((person, channel)) = self.who(who) else { return };
        let (fake, words) = (self.fake.clone(), words.to_owned());
        let waits = tokio::spawn(async move { fake.slash(person, channel, &words).await.ok().map(|done| done.took) });
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).insert((who, at), waits);
    }

    async fn press(&self, who: usize, label: &str) -> Option<Duration> {
        let (person, _) = self.who(who)?;
        self.fake.press(person, label).await.ok().map(|done| done.took)
    }

    async fn complete(&self, who: usize, command: &str, param: &str, typed: &str) -> Option<Duration> {
        let (person, channel) = self.who(who)?;
        let prepared = self.fake.prepare_autocomplete(person, channel, command, param, typed, &[]).ok()?;
        self.fake.fire(&prepared).await.ok().map(|done| done.took)
    }

    fn answered(&self) -> u64 {
        let requests = self.fake.request_count() - self.before.load(Ordering::SeqCst);
        requests / self.per_ask.load(Ordering::SeqCst)
    }

    async fn until_answered(&self, many: u64) -> bool {
        self.fake.until(Duration::from_secs(60), || self.answered() >= many).await
    }

    async fn waits(&self, asked: &[Asked]) -> Vec<Option<Duration>> {
        let mut all = std::mem::take(&mut *self.waits.lock().unwrap_or_else(PoisonError::into_inner));
        let mut found = Vec::new();
        for asked in asked {
            found.push(match all.remove(&(asked.who, asked.at)) {
                Some(wait) => wait.await.ok().flatten(),
                None => None,
            });
        }
        found
    }
}
