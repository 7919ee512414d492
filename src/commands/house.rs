//! The services that commands stand on, told in one place.
//!
//! Cheap to clone. Not here: platforms and the messages on them; a command only answers.

use crate::chat::{Card, Topic};
use crate::clock::{Clock, Dice};
use crate::deploy::Deployments;
use crate::grid::Grid;
use crate::meters::Meters;
use crate::people::{People, Twins};
use crate::recipes::Catalogue;
use crate::speech::Voices;
use crate::store::Store;
use std::sync::Arc;

/// What a topic looks like at this moment; `None` when there is no such thing (any more).
pub type Cards = Arc<dyn Fn(&Topic) -> Option<Card> + Send + Sync>;

/// The services.
#[derive(Clone)]
pub struct House {
    /// What is remembered.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub dice: Dice,
    /// The words.
    pub voices: Arc<Voices>,
    /// The world outside.
    pub grid: Grid,
    /// Who people are.
    pub people: People,
    /// The keys they act with.
    pub twins: Twins,
    /// What can be deployed.
    pub recipes: Catalogue,
    /// What runs, and starts, and stops.
    pub deployments: Deployments,
    /// What topics look like.
    pub cards: Cards,
    /// What is counted.
    pub meters: Meters,
}
