//! What people do to a bot under measurement: an even stream of mixed asks, or as many as it can take.
//!
//! Not here: any platform, and who answers.

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// An ask that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// By whom.
    pub who: usize,
    /// When.
    pub at: Instant,
}

/// People on a platform.
#[async_trait]
pub trait Load: Send + Sync + 'static {
    /// The platform's word.
    fn name(&self) -> &'static str;
    /// Where a bot finds it.
    fn api(&self) -> String;
    /// The bot's token.
    fn token(&self) -> String;
    /// Everybody opens the chat, and is answered.
    async fn greet(&self);
    /// Somebody says something; nobody waits for the answer.
    fn say(&self, who: usize, words: &str, at: Instant);
    /// Somebody presses a button: how long until the first answer.
    async fn press(&self, who: usize, label: &str) -> Option<Duration>;
    /// Somebody is offered completions while typing: how long until they come. `None` where there are none.
    async fn complete(&self, who: usize, command: &str, param: &str, typed: &str) -> Option<Duration>;
    /// How many answers have come in all.
    fn answered(&self) -> u64;
    /// Waits until so many have come.
    async fn until_answered(&self, many: u64) -> bool;
    /// For each ask that was said, how long it waited for the first request that answers it.
    async fn waits(&self, asked: &[Asked]) -> Vec<Option<Duration>>;
}

/// What came of a stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// Waits of all that were answered, shortest first.
    pub waits: Vec<Duration>,
    /// How many were not answered.
    pub lost: usize,
    /// Seconds from the first ask to the last.
    pub took: f64,
}

impl Stream {
    /// The wait that this share of asks does not exceed.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = ((self.waits.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.waits.get(at).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1000.0)
    }
}

/// Of ten asks, by their numbers: help four times, list twice, recipes, a wizard's first question, a button that leads to
/// it, and a completion where the platform has them. None of them touches the grid.
pub async fn stream(load: Arc<dyn Load>, per_second: u32, seconds: u32) -> Stream {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / per_second);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asked = Vec::new();
    let mut others: JoinSet<Option<Duration>> = JoinSet::new();
    let began = Instant::now();
    for n in 0..(per_second * seconds) as usize {
        tick.tick().await;
        let at = Instant::now();
        let mut say = |words: &str| {
            load.say(n, words, at);
            asked.push(Asked { who: n, at });
        };
        match n % 10 {
            0..=3 => say("/help"),
            4 | 5 => say("/list"),
            6 => say("/recipes"),
            7 => say("/deploy"),
            8 => {
                // Who asked for their list a tenth of a second ago, and has seen it.
                let Some(who) = n.checked_sub(103) else { continue };
                let load = load.clone();
                others.spawn(async move { load.press(who, "Deploy one").await });
            }
            _ if load.name() == "telegram" => say("/help deploy"),
            _ => {
                let load = load.clone();
                others.spawn(async move { load.complete(n, "deploy", "recipe", "ca").await });
            }
        }
    }
    let took = began.elapsed().as_secs_f64();
    let mut all = others.join_all().await;
    // The last ones are on their way.
    tokio::time::sleep(Duration::from_secs(3)).await;
    all.extend(load.waits(&asked).await);
    let mut stream = Stream { took, ..Stream::default() };
    stream.lost = all.iter().filter(|wait| wait.is_none()).count();
    stream.waits = all.into_iter().flatten().collect();
    stream.waits.sort();
    stream
}

/// `/help` as often as the bot can take it, `wide` people at a time: seconds for `many`.
pub async fn flood(load: &dyn Load, many: u64, wide: u64) -> f64 {
    let before = load.answered();
    let began = Instant::now();
    for n in 0..many {
        if n >= wide && !load.until_answered(before + n - wide + 1).await {
            panic!("{}: {} of {n} were answered", load.name(), load.answered() - before);
        }
        load.say(usize::try_from(n).unwrap_or(0), "/help", Instant::now());
    }
    assert!(load.until_answered(before + many).await, "{}: not all were answered", load.name());
    began.elapsed().as_secs_f64()
}
