//! Wiring, told top to bottom: from what the outside gave to a desk that answers and messages that stay true.
//!
//! Not here: arguments and files (`cli`, `config`), and whichever grid it is given.

use crate::chat::{Platform, Topic};
use crate::clock::{Clock, Dice};
use crate::commands::{Desk, House};
use crate::delivery::Delivery;
use crate::deploy::{self, Deployments};
use crate::grid::{Grid, Identity};
use crate::meters::Meters;
use crate::people::{self, People, TwinPolicy, Twins};
use crate::platforms::converse;
use crate::recipes::Catalogue;
use crate::secret::Root;
use crate::speech::Voices;
use crate::store::{Store, StoreResult};
use std::sync::{Arc, OnceLock};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What the outside gives.
pub struct Parts {
    /// What is remembered.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// The grid.
    pub grid: Grid,
    /// The operator's root secret.
    pub root: Root,
    /// The operator's twin that deploys for everybody, if one does.
    pub sponsor: Option<Identity>,
    /// The operator's account that funds people's, if one does.
    pub treasury: Option<Identity>,
    /// What the operator says about people.
    pub people: people::Config,
    /// What the operator says about deployments.
    pub deploy: deploy::Config,
}

/// The running whole.
pub struct App {
    /// The services.
    pub house: House,
    /// Answers asks.
    pub desk: Arc<Desk>,
    /// Keeps messages true.
    pub delivery: Delivery,
    stop: CancellationToken,
    messages: JoinHandle<()>,
}

impl App {
    /// Opens everything, and goes on with what an earlier run left under way.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(parts: Parts) -> StoreResult<Self> {
        let Parts { store, clock, dice, grid, root, sponsor, treasury, people, deploy } = parts;
        let people = People::new(store.clone(), clock.clone(), dice.clone(), &people);
        let twins = Twins::new(root.clone(), sponsor.map_or(TwinPolicy::Own, TwinPolicy::Sponsor));
        let recipes = Catalogue::embedded();

        // Deployments tell delivery what changed, and delivery asks deployments what it looks like now.
        let listener: Arc<OnceLock<Delivery>> = Arc::default();
        let ear = listener.clone();
        let announce = Arc::new(move |topic: Topic| {
            if let Some(delivery) = ear.get() {
                delivery.announce(&topic);
            }
        });
        let deployments = Deployments::open(deploy::Services {
            store: store.clone(),
            clock: clock.clone(),
            dice: dice.clone(),
            grid: grid.clone(),
            root,
            people: people.clone(),
            twins: twins.clone(),
            treasury,
            recipes: recipes.clone(),
            announce,
            config: deploy,
        })?;
        let cards = {
            let deployments = deployments.clone();
            Arc::new(move |topic: &Topic| match topic {
                Topic::Deployment(id) => deployments.card(id),
            })
        };
        let voices = Arc::new(Voices::load());
        let house = House {
            store,
            clock,
            dice,
            voices,
            grid,
            people,
            twins,
            recipes,
            deployments,
            cards,
            meters: Meters::default(),
        };
        let desk = Arc::new(Desk::new(house.clone()));
        desk.sweep().await?;
        let delivery = Delivery::new(&house);
        // Set once, here.
        let _ = listener.set(delivery.clone());
        let stop = CancellationToken::new();
        let messages = tokio::spawn(delivery.clone().run(stop.clone()));
        house.deployments.resume();
        Ok(Self { house, desk, delivery, stop, messages })
    }

    /// Serves a platform until it ends, or `stop`.
    pub async fn serve(&self, platform: Arc<dyn Platform>, stop: CancellationToken) {
        converse(platform, self.desk.clone(), self.delivery.clone(), stop).await;
    }

    /// Stops driving and finishes the edits that are under way. Deployments go on at the next start.
    pub async fn close(self) {
        self.house.deployments.close().await;
        self.stop.cancel();
        if self.messages.await.is_err() {
            tracing::warn!("delivery did not end well");
        }
    }
}
