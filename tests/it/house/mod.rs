//! The harness: the whole house in one process, a chat room on each platform, and what is seen in it.
//!
//! A story says, presses and sees. Its messages are drawn as plain text, with nothing of the
//! platform in them.

pub mod room;
pub mod sandbox;
mod silent;

use bellhop::app::{App, Parts};
use bellhop::chat::{Answers, Ask, DraftId, Person, Platform, PlatformName, Room as Place, What};
use bellhop::clock::{Clock, Dice, Timestamp};
use bellhop::grid::{Grid, Identity};
use bellhop::secret::Root;
use bellhop::store::Store;
use room::{Room, drawn};
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// When stories begin: Monday, 23 November 2026, 14:00 UTC.
pub const START: Timestamp = Timestamp(1_795_442_400_000);

/// What the operator pays with.
#[derive(Clone, Default)]
pub struct Purse {
    /// Deploys for everybody.
    pub sponsor: Option<Identity>,
    /// Funds people's accounts.
    pub treasury: Option<Identity>,
}

/// A house with somebody in it.
pub struct House {
    /// The whole behind the door.
    pub app: App,
    /// The platform that is looked at.
    room: Arc<Room>,
    /// All platforms that have been, and what serves them.
    serving: Vec<(Arc<Room>, JoinHandle<()>)>,
    place: Place,
    stop: CancellationToken,
    locale: String,
    person: Person,
}

impl House {
    /// A house on `grid`, with a store of its own.
    pub async fn on(grid: Grid, clock: Clock) -> Self {
        Self::with(grid, clock, Store::temporary().unwrap()).await
    }

    /// A house on a grid that never answers.
    pub async fn without_grid() -> Self {
        Self::on(silent::grid(), Clock::runtime(START)).await
    }

    /// The same, with what `store` remembers.
    pub async fn without_grid_but(store: Store) -> Self {
        Self::with(silent::grid(), Clock::runtime(START), store).await
    }

    /// A house on `grid`, with what `store` remembers.
    pub async fn with(grid: Grid, clock: Clock, store: Store) -> Self {
        Self::paid(grid, clock, store, Purse::default()).await
    }

    /// The same, where the operator pays.
    pub async fn paid(grid: Grid, clock: Clock, store: Store, purse: Purse) -> Self {
        let app = App::open(Parts {
            store,
            clock,
            dice: Dice::seeded(7),
            grid,
            root: Root::new([7; 32]),
            sponsor: purse.sponsor,
            treasury: purse.treasury,
            people: bellhop::people::Config::default(),
            deploy: bellhop::deploy::Config::default(),
        })
        .await
        .unwrap();
        let room = Arc::new(Room::default());
        let place = Place { platform: PlatformName::Terminal, id: "hall".to_owned(), private: false, group: None };
        let (stop, locale, person) = (CancellationToken::new(), "en".to_owned(), person("ada"));
        let mut house = Self { app, room: room.clone(), serving: Vec::new(), place, stop, locale, person };
        house.open(room).await;
        house
    }

    /// Serves one more platform.
    async fn open(&mut self, room: Arc<Room>) {
        let (desk, delivery) = (self.app.desk.clone(), self.app.delivery.clone());
        let serving = tokio::spawn(bellhop::platforms::converse(room.clone(), desk, delivery, self.stop.clone()));
        self.serving.push((room, serving));
        // The door opens before anything is said: it looks what it showed before.
        tokio::task::yield_now().await;
    }

    /// From here on, everything is said in `place`, by people of its platform.
    pub async fn in_room(&mut self, place: Place) -> &mut Self {
        self.person.platform = place.platform;
        let there = self.serving.iter().map(|(room, _)| room).find(|room| room.name() == place.platform).cloned();
        self.room = match there {
            Some(room) => room,
            None => {
                let room = Arc::new(Room::on(place.platform));
                self.open(room.clone()).await;
                room
            }
        };
        self.place = place;
        self
    }

    /// From here on, this person speaks.
    pub fn now_speaks(&mut self, name: &str) -> &mut Self {
        self.person = Person { platform: self.place.platform, ..person(name) };
        self
    }

    /// From here on, the platform says that people read this language.
    pub fn reads(&mut self, locale: &str) -> &mut Self {
        locale.clone_into(&mut self.locale);
        self
    }

    /// Says a line, and waits until everything that it started has come to rest. Returns what is seen then.
    pub async fn say(&mut self, line: &str) -> String {
        self.ask(What::Said(line.to_owned()), None).await
    }

    /// Opens the chat.
    pub async fn arrives(&mut self) -> String {
        self.ask(What::Arrived, None).await
    }

    /// Presses the newest button, or chooses the newest choice, of that text.
    pub async fn press(&mut self, text: &str) -> String {
        let (what, anchor) = self.find(text);
        self.ask(what, Some(anchor)).await
    }

    /// Presses a button twice at once. Returns what is seen when both have come to rest.
    pub async fn press_twice(&mut self, text: &str) -> String {
        let (what, anchor) = self.find(text);
        for _ in 0..2 {
            self.send(what.clone(), Some(anchor.clone()));
        }
        self.room.settled().await;
        self.room.settled().await;
        self.see()
    }

    /// The form that the newest message asks about.
    pub fn open_form(&self) -> DraftId {
        self.room.draft()
    }

    /// Answers a form's field, as a platform does that shows a list.
    pub async fn fill(&mut self, draft: DraftId, field: &str, value: &str) -> String {
        self.ask(What::Fill { draft, answers: Answers::from([(field.to_owned(), value.to_owned())]) }, None).await
    }

    async fn ask(&mut self, what: What, message: Option<bellhop::chat::Anchor>) -> String {
        self.send(what, message);
        self.room.settled().await;
        self.see()
    }

    /// Waits until one more ask has come to rest.
    pub async fn settled(&self) -> bool {
        self.room.settled().await
    }

    /// What pressing the newest button of that text says.
    pub fn find(&self, text: &str) -> (What, bellhop::chat::Anchor) {
        self.room.find(text)
    }

    /// Says something without waiting for what comes of it.
    pub fn send(&self, what: What, message: Option<bellhop::chat::Anchor>) {
        self.room.hear(Ask {
            id: String::new(),
            handle: None,
            from: self.person.clone(),
            room: self.place.clone(),
            locale: Some(self.locale.clone()),
            message,
            what,
        });
    }

    /// The message that was posted or edited last.
    pub fn see(&self) -> String {
        self.room.newest().map_or_else(String::new, |card| drawn(&card))
    }

    /// Every card that was shown so far, on whichever platform.
    pub fn shown(&self) -> Vec<bellhop::chat::Card<String>> {
        self.serving.iter().flat_map(|(room, _)| room.history()).collect()
    }

    /// How many messages have been posted, and how many edits made.
    pub fn traffic(&self) -> (usize, usize) {
        self.room.traffic()
    }

    /// Lets `time` pass.
    pub async fn wait(&self, time: std::time::Duration) {
        tokio::time::sleep(time).await;
    }

    /// Ends the story; gives back what is remembered.
    pub async fn close(self) -> Store {
        self.stop.cancel();
        for (_, serving) in self.serving {
            serving.await.unwrap();
        }
        let store = self.app.house.store.clone();
        self.app.close().await;
        store
    }
}

/// Somebody of that name.
pub fn person(name: &str) -> Person {
    Person { platform: PlatformName::Terminal, id: name.to_owned(), name: name.to_owned() }
}
