//! A house on a sandbox, in process, on paused time: deployments as stories.

use super::{House, Purse, START};
use bellhop::clock::Clock;
use bellhop::grid::{ContractId, Grid, NodeId};
use bellhop::sandbox::fault::{Effect, Face, Rule};
use bellhop::sandbox::{Options, World, in_process};
use bellhop::store::Store;
use std::sync::Arc;

/// A house and its world.
pub struct Stage {
    /// The house.
    pub house: House,
    /// The world behind its grid.
    pub world: Arc<World>,
}

impl Stage {
    /// The usual world.
    pub async fn open() -> Self {
        Self::with(Options::new(7)).await
    }

    /// A small world: enough nodes to fail on some.
    pub async fn small() -> Self {
        Self::paid(Purse::default(), |grid| grid).await
    }

    /// A small world where the operator pays, whose grid is changed in some way.
    pub async fn paid(purse: Purse, change: impl FnOnce(Grid) -> Grid) -> Self {
        let clock = Clock::runtime(START);
        let options = Options { nodes: 15, farms: 5, ..Options::new(7) };
        let (world, grid) = in_process(options, clock.clone()).await.unwrap();
        let store = Store::temporary().unwrap();
        Self { house: House::paid(change(grid), clock, store, purse).await, world }
    }

    /// A world of one's own.
    pub async fn with(options: Options) -> Self {
        let clock = Clock::runtime(START);
        let (world, grid) = in_process(options, clock.clone()).await.unwrap();
        Self { house: House::on(grid, clock).await, world }
    }

    /// Something goes wrong from now on; `times` times, or for ever.
    pub fn fault(&self, face: Face, on: &str, node: Option<NodeId>, effect: Effect, times: Option<u32>) {
        self.world.faults().add(Rule { face, on: on.to_owned(), node, effect, times });
    }

    /// Says a line; see [`House::say`].
    pub async fn say(&mut self, line: &str) -> String {
        self.house.say(line).await
    }

    /// Presses a button; see [`House::press`].
    pub async fn press(&mut self, text: &str) -> String {
        self.house.press(text).await
    }

    /// The bot dies at this moment, and is started again with what it remembers.
    pub async fn restart(self) -> Self {
        self.restart_paid(Purse::default()).await
    }

    /// The same, and from now on the operator pays like this.
    pub async fn restart_paid(self, purse: Purse) -> Self {
        let Self { house, world } = self;
        let (grid, clock) = (house.app.house.grid.clone(), house.app.house.clock.clone());
        let store: Store = house.close().await;
        Self { house: House::paid(grid, clock, store, purse).await, world }
    }

    /// The contracts that are alive.
    pub async fn contracts(&self) -> Vec<ContractId> {
        self.world.chain().survey().await.unwrap().contracts.iter().map(|contract| contract.id).collect()
    }

    /// Ends the story: nothing may be left, on the chain, on a node, or in anybody's allowance.
    pub async fn close(self) {
        // A node sees the end of a contract with its next block.
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        let left = self.world.leftovers(true).await.unwrap();
        assert!(left.is_empty(), "left over: {left:#?}");
        self.house.close().await;
    }
}
