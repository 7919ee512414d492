//! `bellhop chat`: a conversation in this terminal, with the embedded sandbox or a real grid.

use super::world::{GridChoice, folder, network, root};
use crate::app::{App, Parts};
use crate::chat::{Answers, Person, PlatformName, What};
use crate::clock::{Clock, Dice};
use crate::commands::suggestions;
use crate::config::{Config, Env};
use crate::deploy::Stage;
use crate::grid::Network;
use crate::grid::live::{self, LiveChain};
use crate::platforms::terminal::{Options, Terminal};
use crate::sandbox::{self, Pace, Sandbox};
use crate::store::Store;
use crate::telemetry;
use anyhow::Context;
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the embedded sandbox may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// Chat in this terminal. Without --grid: on the embedded sandbox, a practice grid where nothing costs anything.
///
/// In a pipe, one line is one ask, and the next line waits until everything it started has come to rest.
/// Exits with 0 when every ask came out well, 1 when one did not, 3 when the chat could not be opened.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// Who you are here.
    #[arg(long = "as", value_name = "NAME", default_value = "me")]
    person: String,
    /// The language: en, fr; qps is a test language.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Where everything is kept. Without it: your data folder.
    #[arg(long, value_name = "DIR", conflicts_with = "fresh")]
    data: Option<PathBuf>,
    /// Begin with nothing, and forget everything at the end.
    #[arg(long)]
    fresh: bool,
    /// The grid: sandbox, dev, qa, test, main, or a file with a grid’s addresses (what `sandbox --json` prints).
    #[arg(long, value_name = "GRID|FILE")]
    grid: Option<String>,
    /// Print each card and edit as one line of JSON.
    #[arg(long)]
    json: bool,
    /// The embedded sandbox’s time between blocks: `6s` as on the grid, or `instant`.
    #[arg(long, value_name = "TIME", default_value = "6s", value_parser = super::sandbox::pace)]
    block_time: Pace,
    /// The embedded sandbox’s machines start at once.
    #[arg(long)]
    instant_boots: bool,
    /// The embedded sandbox’s seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Default for ChatArgs {
    fn default() -> Self {
        Self {
            person: "me".to_owned(),
            locale: None,
            data: None,
            fresh: false,
            grid: None,
            json: false,
            block_time: Pace::Every(Duration::from_secs(6)),
            instant_boots: false,
            seed: 1,
        }
    }
}

/// Runs it.
pub async fn run(args: ChatArgs, config: Config, env: Env) -> ExitCode {
    match chat(args, config, env).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("bellhop: {error:#}");
            ExitCode::from(3)
        }
    }
}

async fn chat(args: ChatArgs, config: Config, env: Env) -> anyhow::Result<bool> {
    let tty = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !args.json;
    let folder = folder(args.data.clone().or(config.data.clone()), args.fresh)?;
    let log = tty.then(|| folder.path().join("bellhop.log"));
    telemetry::start(env.log.as_deref(), log.as_deref()).context("cannot write the log")?;

    let (clock, dice) = (Clock::system(), Dice::system());
    let choice = GridChoice::read(args.grid.as_deref().or(config.grid.as_deref()));
    let (network, embedded) = match choice {
        GridChoice::Embedded => {
            let options = sandbox::Options {
                pace: args.block_time,
                instant_boots: args.instant_boots,
                data: Some(folder.path().join("sandbox")),
                ..sandbox::Options::new(args.seed)
            };
            let sandbox = Sandbox::start(options, clock.clone()).await.context("the embedded sandbox did not start")?;
            (sandbox.network().clone(), Some(sandbox))
        }
        other => (network(&other)?, None),
    };
    let root = root(&config, &env, &network, folder.path(), &dice)?;
    let store = store_name(&network, embedded.is_some()).await?;
    let grid = live::connect(network, &clock, &dice).await?;
    let store = Store::open(&folder.path().join(store))?;
    let app = App::open(Parts {
        store,
        clock,
        dice,
        grid,
        root,
        sponsor: config.sponsor(&env)?,
        treasury: config.treasury(&env)?,
        people: config.people.clone(),
        deploy: config.deploy.clone(),
    })
    .await?;
    if let Some(code) = app.house.people.owner_code()? {
        // The operator's eyes only: standard error is not the chat.
        eprintln!("Nobody owns this Bellhop yet. To be its owner, say: /claim {code}");
    }

    let person = Person { platform: PlatformName::Terminal, id: args.person.clone(), name: args.person };
    let options = Options {
        locale: args.locale.or(env.locale),
        json: args.json,
        colour: tty && !env.no_color,
        width: None,
        history: tty.then(|| folder.path().join("history")),
        suggest: suggestions(&app.house),
        opening: if tty { opening(&app, &person).await? } else { Vec::new() },
        person,
    };
    let terminal = Arc::new(if tty {
        Terminal::interactive(options)?
    } else {
        Terminal::new(options, tokio::io::BufReader::new(tokio::io::stdin()), std::io::stdout())
    });
    let stop = CancellationToken::new();
    let signals = super::signals::watch(stop.clone())?;
    app.serve(terminal.clone(), stop).await;
    signals.abort();
    let well = terminal.is_well();
    app.close().await;
    if let Some(sandbox) = embedded {
        sandbox.stop(STOP).await?;
    }
    terminal.close();
    Ok(well)
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

/// What a chat opens with: the cards of what is still under way, or else a greeting.
async fn opening(app: &App, person: &Person) -> anyhow::Result<Vec<What>> {
    let account = app.house.people.meet(person).await?;
    let own = app.house.deployments.of(&account).into_iter().map(|entry| entry.seen());
    let busy = own.filter(|log| log.stage() != Stage::Running);
    let shown: Vec<_> = busy
        .map(|log| {
            let answers = Answers::from([("name".to_owned(), log.plan.order.name.clone())]);
            What::Invoke { command: "show".to_owned(), answers }
        })
        .collect();
    Ok(if shown.is_empty() { vec![What::Arrived] } else { shown })
}
