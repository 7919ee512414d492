//! What a bot stands on, however people reach it: a folder, a grid (embedded or outside), keys, a store, a house.
//!
//! Shared by `chat` and `serve`. Not here: who speaks to it.

use super::world::{Folder, GridChoice, folder, network, root};
use crate::app::{App, Parts};
use crate::clock::{Clock, Dice};
use crate::config::{Config, Env};
use crate::grid::Network;
use crate::grid::live::{self, LiveChain};
use crate::sandbox::{self, Pace, Sandbox};
use crate::store::Store;
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the embedded sandbox may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// Arguments.
#[derive(Debug, Clone, Args)]
pub struct GroundsArgs {
    /// Where everything is kept. Without it: your data folder.
    #[arg(long, value_name = "DIR", conflicts_with = "fresh")]
    pub data: Option<PathBuf>,
    /// Begin with nothing, and forget everything at the end.
    #[arg(long)]
    pub fresh: bool,
    /// The grid: sandbox, dev, qa, test, main, or a file with a grid’s addresses (what `sandbox --json` prints).
    #[arg(long, value_name = "GRID|FILE")]
    pub grid: Option<String>,
    /// The embedded sandbox’s time between blocks: `6s` as on the grid, or `instant`.
    #[arg(long, value_name = "TIME", default_value = "6s", value_parser = super::sandbox::pace)]
    pub block_time: Pace,
    /// The embedded sandbox’s machines start at once.
    #[arg(long)]
    pub instant_boots: bool,
    /// The embedded sandbox’s seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Default for GroundsArgs {
    fn default() -> Self {
        let block_time = Pace::Every(Duration::from_secs(6));
        Self { data: None, fresh: false, grid: None, block_time, instant_boots: false, seed: 1 }
    }
}

/// An open folder and a running grid.
pub struct Grounds {
    folder: Folder,
    network: Network,
    embedded: Option<Sandbox>,
    clock: Clock,
}

impl Grounds {
    /// The folder of these arguments, before anything runs there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder_of(args: &GroundsArgs, config: &Config) -> anyhow::Result<Folder> {
        folder(args.data.clone().or(config.data.clone()), args.fresh)
    }

    /// Opens the folder, and starts the sandbox where it is embedded.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub async fn open(args: &GroundsArgs, config: &Config) -> anyhow::Result<Self> {
        Self::on(Self::folder_of(args, config)?, args, config).await
    }

    /// The same in a folder that is open already.
    ///
    /// # Errors
    /// When the sandbox does not start, or there is no such grid.
    pub async fn on(folder: Folder, args: &GroundsArgs, config: &Config) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let choice = GridChoice::read(args.grid.as_deref().or(config.grid.as_deref()));
        let (network, embedded) = match choice {
            GridChoice::Embedded => {
                let options = sandbox::Options {
                    pace: args.block_time,
                    instant_boots: args.instant_boots,
                    data: Some(folder.path().join("sandbox")),
                    ..sandbox::Options::new(args.seed)
                };
                let sandbox =
                    Sandbox::start(options, clock.clone()).await.context("the embedded sandbox did not start")?;
                (sandbox.network().clone(), Some(sandbox))
            }
            other => (network(&other)?, None),
        };
        Ok(Self { folder, network, embedded, clock })
    }

    /// Where everything is kept.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The grid.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The grid, in a few words.
    pub fn describe(&self) -> String {
        match self.embedded {
            Some(_) => format!("{} (embedded, for practice: nothing costs anything)", self.network.name),
            None => self.network.name.clone(),
        }
    }

    /// Opens the house, which goes on with what an earlier run left under way.
    ///
    /// # Errors
    /// When a key is missing, the grid cannot be reached, or the store cannot be opened.
    pub async fn house(&self, config: &Config, env: &Env) -> anyhow::Result<App> {
        let dice = Dice::system();
        let root = root(config, env, &self.network, self.folder(), &dice)?;
        let store = store_name(&self.network, self.embedded.is_some()).await?;
        let grid = live::connect(self.network.clone(), &self.clock, &dice).await?;
        let store = Store::open(&self.folder().join(store))?;
        let app = App::open(Parts {
            store,
            clock: self.clock.clone(),
            dice,
            grid,
            root,
            sponsor: config.sponsor(env)?,
            treasury: config.treasury(env)?,
            people: config.people.clone(),
            deploy: config.deploy.clone(),
        });
        Ok(app.await?)
    }

    /// Stops the sandbox, if it is ours. A passing folder goes.
    ///
    /// # Errors
    /// When the sandbox does not stop well.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(sandbox) = self.embedded {
            sandbox.stop(STOP).await?;
        }
        Ok(())
    }
}

/// One store for each grid: the twins and contracts of one mean nothing on another. All sandboxes have one name,
/// and their addresses change with every start: one that is not kept beside the store is known by its first block.
async fn store_name(network: &Network, embedded: bool) -> anyhow::Result<String> {
    if embedded || !network.is_sandbox() {
        return Ok(format!("store-{}", network.name));
    }
    let genesis = LiveChain::new(network).genesis().await.context("this sandbox cannot be reached; does it run?")?;
    Ok(format!("store-sandbox-{}", hex::encode(genesis.get(..8).unwrap_or_default())))
}
