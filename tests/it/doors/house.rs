//! The whole house behind a door, in real time: an app on an in-process sandbox that is quick, a platform that is
//! served, and what was answered on it. What a fake shows to people is read elsewhere.

use super::discord::Discord;
use super::telegram::{TOKEN, Telegram};
use bellhop::app::{App, Parts};
use bellhop::chat::{Anchor, Ask, Card, Limits, Platform, PlatformError, PlatformName, Post, Rates, Suggest};
use bellhop::clock::{Clock, Dice};
use bellhop::grid::Grid;
use bellhop::meters::Meters;
use bellhop::platforms::{discord, telegram};
use bellhop::sandbox::{Options, Pace, World, in_process};
use bellhop::secret::{Root, SecretString};
use bellhop::speech::Voices;
use bellhop::store::Store;
use bellhop::{deploy, people};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything that a story waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small sandbox in which everything is there at once.
pub async fn quick() -> (Arc<World>, Grid) {
    let pace = Pace::Every(Duration::from_millis(100));
    let options = Options { nodes: 15, farms: 5, pace, instant_boots: true, ..Options::new(7) };
    in_process(options, Clock::system()).await.unwrap()
}

/// A house on it that serves everybody in private.
pub async fn app(grid: Grid, store: Store) -> App {
    App::open(Parts {
        store,
        clock: Clock::system(),
        dice: Dice::seeded(7),
        grid,
        root: Root::new([7; 32]),
        sponsor: None,
        treasury: None,
        people: people::Config { open_private: true, ..people::Config::default() },
        deploy: deploy::Config::default(),
    })
    .await
    .unwrap()
}

/// Our door to a fake Telegram.
pub async fn telegram(fake: &Telegram) -> Arc<telegram::Telegram> {
    let config = telegram::Config { api: fake.url().into(), patience: 5, ..telegram::Config::default() };
    let options = telegram::Options {
        config,
        token: SecretString::from(TOKEN.to_owned()),
        voices: Arc::new(Voices::load()),
        meters: Meters::default(),
        dice: Dice::seeded(7),
    };
    telegram::Telegram::open(options).await.unwrap()
}

/// Our door to a fake Discord.
pub async fn discord(fake: &Discord, suggest: Suggest) -> Arc<discord::Discord> {
    let options = discord::Options {
        config: discord::Config { api: fake.url(), ..discord::Config::default() },
        token: SecretString::from(fake.token()),
        suggest,
        voices: Arc::new(Voices::load()),
        meters: Meters::default(),
        clock: Clock::system(),
    };
    discord::Discord::open(options).await.unwrap()
}

/// What somebody was answered last, and where it stands.
pub type Answered = (Anchor, Card<String>);

/// A platform, and what is answered on it. What it can take is not held against it: fakes are as fast as one likes.
pub struct Watched {
    platform: Arc<dyn Platform>,
    settled: (UnboundedSender<()>, tokio::sync::Mutex<UnboundedReceiver<()>>),
    answers: Mutex<HashMap<String, Answered>>,
}

impl Watched {
    pub fn new(platform: Arc<dyn Platform>) -> Arc<Self> {
        let (settle, settled) = unbounded_channel();
        let settled = (settle, tokio::sync::Mutex::new(settled));
        Arc::new(Self { platform, settled, answers: Mutex::default() })
    }

    /// Waits until one more ask has come to rest.
    pub async fn settled(&self) {
        let mut settled = self.settled.1.lock().await;
        let rest = timeout(PATIENCE, settled.recv()).await;
        assert!(rest.is_ok(), "the ask never came to rest; answered so far: {:#?}", self.seen());
    }

    /// The answer that `person` (the platform's id) got last, as it stands now.
    pub fn answer(&self, person: &str) -> Answered {
        self.last(person).unwrap_or_else(|| panic!("{person} was not answered"))
    }

    /// The same, when there was one.
    pub fn last(&self, person: &str) -> Option<Answered> {
        self.seen().get(person).cloned()
    }

    /// Makes that the last answer again.
    pub fn again(&self, person: &str, answered: Option<Answered>) {
        let mut seen = self.seen();
        seen.remove(person);
        seen.extend(answered.map(|answered| (person.to_owned(), answered)));
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Answered>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, ask: Option<&Ask>, before: Option<&Anchor>, now: &Anchor, card: &Card<String>) {
        let mut seen = self.seen();
        match ask {
            Some(ask) => drop(seen.insert(ask.from.id.clone(), (now.clone(), card.clone()))),
            None => seen.values_mut().filter(|(anchor, _)| Some(anchor) == before).for_each(|answer| {
                *answer = (now.clone(), card.clone());
            }),
        }
    }
}

#[async_trait::async_trait]
impl Platform for Watched {
    fn name(&self) -> PlatformName {
        self.platform.name()
    }

    fn limits(&self) -> Limits {
        Limits { rates: Rates::default(), pace: Duration::ZERO, tick: None, ..self.platform.limits() }
    }

    async fn receive(&self) -> Option<Ask> {
        self.platform.receive().await
    }

    async fn accepted(&self, ask: &Ask, safe: bool) {
        self.platform.accepted(ask, safe).await;
    }

    async fn acknowledge(&self, ask: &Ask, no: Option<&Card<String>>) -> bool {
        self.platform.acknowledge(ask, no).await
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        let anchor = self.platform.post(post).await?;
        if post.call.is_none() {
            self.show(post.ask, None, &anchor, post.card);
        }
        Ok(anchor)
    }

    async fn edit(&self, at: &Anchor, card: &Card<String>, ask: Option<&Ask>) -> Result<Anchor, PlatformError> {
        let anchor = self.platform.edit(at, card, ask).await?;
        self.show(ask, Some(at), &anchor, card);
        Ok(anchor)
    }

    async fn settled(&self, ask: &Ask, well: bool) {
        self.platform.settled(ask, well).await;
        // The story may be over.
        let _ = self.settled.0.send(());
    }
}

/// A house with one platform that is served.
pub struct Served {
    pub app: App,
    pub platform: Arc<Watched>,
    world: Arc<World>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

impl Served {
    /// Begins to serve.
    pub fn serve(app: App, world: Arc<World>, platform: Arc<dyn Platform>) -> Self {
        let (platform, stop) = (Watched::new(platform), CancellationToken::new());
        let (desk, delivery) = (app.desk.clone(), app.delivery.clone());
        let serving = tokio::spawn(bellhop::platforms::converse(platform.clone(), desk, delivery, stop.clone()));
        Self { app, platform, world, serving, stop }
    }

    /// Ends, once everything is said. Nothing may be left on the grid, once the nodes have seen its last block.
    pub async fn close(self) {
        let clean = async {
            while !self.world.leftovers(true).await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let clean = timeout(PATIENCE, clean).await.is_ok();
        assert!(clean, "left over: {:#?}", self.world.leftovers(true).await.unwrap());
        self.stop.cancel();
        self.serving.await.unwrap();
        self.app.close().await;
    }
}
