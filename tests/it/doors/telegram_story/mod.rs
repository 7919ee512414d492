//! Stories on Telegram: the whole house behind the real door, over sockets to a Telegram of our own, in real time on
//! an in-process sandbox. Not what cards say: that is told once, for all platforms, in `conversations`.

mod groups;
mod links;
mod private;
mod setting_up;

use super::telegram::{Options, Person, Room, Shown, TOKEN, Telegram};
use bellhop::app::{App, Parts};
use bellhop::clock::{Clock, Dice};
use bellhop::grid::Grid;
use bellhop::meters::Meters;
use bellhop::people;
use bellhop::platforms::{OpenError, telegram};
use bellhop::sandbox::{self, Pace, World, in_process};
use bellhop::secret::{Root, SecretString};
use bellhop::speech::Voices;
use bellhop::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A house with its door on Telegram.
struct Hall {
    fake: Telegram,
    app: App,
    door: Arc<telegram::Telegram>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
    world: Arc<World>,
    config: telegram::Config,
    meters: Meters,
}

/// The settings for a fake.
fn config(fake: &Telegram) -> telegram::Config {
    telegram::Config { api: fake.url().to_string(), patience: 5, ..telegram::Config::default() }
}

fn options(config: telegram::Config, token: &str) -> telegram::Options {
    telegram::Options {
        config,
        token: SecretString::from(token.to_owned()),
        voices: Arc::new(Voices::load()),
        meters: Meters::default(),
        dice: Dice::seeded(7),
    }
}

/// Why it does not open.
async fn refused(config: telegram::Config, token: &str) -> OpenError {
    match telegram::Telegram::open(options(config, token)).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

impl Hall {
    /// A house on a sandbox that is quick, and a Telegram that checks every request but lets us write as fast as we like.
    async fn open() -> Self {
        let fake = Telegram::run(Options { limits: false, ..Options::default() }).await;
        let config = config(&fake);
        Self::with(fake, config).await
    }

    async fn with(fake: Telegram, config: telegram::Config) -> Self {
        let options = sandbox::Options {
            nodes: 15,
            farms: 5,
            pace: Pace::Every(Duration::from_millis(100)),
            instant_boots: true,
            ..sandbox::Options::new(7)
        };
        let (world, grid) = in_process(options, Clock::system()).await.unwrap();
        Self::build(fake, config, world, grid, Store::temporary().unwrap()).await
    }

    async fn build(fake: Telegram, config: telegram::Config, world: Arc<World>, grid: Grid, store: Store) -> Self {
        let app = App::open(Parts {
            store,
            clock: Clock::system(),
            dice: Dice::system(),
            grid,
            root: Root::new([7; 32]),
            sponsor: None,
            treasury: None,
            people: people::Config { open_private: true, ..people::Config::default() },
            deploy: bellhop::deploy::Config::default(),
        })
        .await
        .unwrap();
        let options = options(config.clone(), TOKEN);
        let meters = options.meters.clone();
        let door = telegram::Telegram::open(options).await.unwrap();
        let stop = CancellationToken::new();
        let (desk, delivery) = (app.desk.clone(), app.delivery.clone());
        let serving = tokio::spawn(bellhop::platforms::converse(door.clone(), desk, delivery, stop.clone()));
        Self { fake, app, door, serving, stop, world, config, meters }
    }

    /// Admits a group, as an owner does.
    async fn admit(&self, room: Room) -> Room {
        self.app.house.people.rooms().admit(&format!("telegram|{}", room.0), "owner").await.unwrap();
        room
    }

    /// Waits for a message of ours that begins so.
    async fn sees(&self, user: Person, begins: &str) -> Shown {
        self.fake.wait_for(user, |shown| shown.text.starts_with(begins)).await
    }

    /// Says a line in the private chat, and waits for what begins so.
    async fn say(&self, user: Person, line: &str, begins: &str) -> Shown {
        self.fake.say(user, self.fake.private(user), line);
        self.sees(user, begins).await
    }

    /// Presses the newest button of that text, without an alert, and waits for what begins so.
    async fn press(&self, user: Person, label: &str, begins: &str) -> Shown {
        let answer = self.fake.press(user, label).await.unwrap();
        assert_eq!(answer.text, None, "{label}");
        self.sees(user, begins).await
    }

    /// The bot ends and is started again with what it remembers.
    async fn restart(self) -> Self {
        let Self { fake, app, door, serving, stop, world, config, .. } = self;
        let (store, grid) = (app.house.store.clone(), app.house.grid.clone());
        stop.cancel();
        door.close(Duration::from_secs(3)).await;
        serving.await.unwrap();
        app.close().await;
        Self::build(fake, config, world, grid, store).await
    }

    /// Ends the story: nothing was done against Telegram's rules, and no button is left busy.
    async fn close(self) {
        self.stop.cancel();
        self.door.close(Duration::from_secs(3)).await;
        self.serving.await.unwrap();
        self.app.close().await;
        assert_eq!(self.fake.violations(), Vec::<String>::new());
        assert_eq!(self.fake.unanswered(), Vec::new());
    }
}
