//! `bellhop serve`: all configured chat platforms at once, until it is told to stop.
//!
//! Standard output has what whoever starts it must know; the log goes to standard error. One platform's trouble is its
//! own. Not here: how a platform is opened (`entrances`), and anything that people are told.

use super::entrances::{Entrances, guides};
use super::grounds::{Grounds, GroundsArgs};
use super::signals;
use crate::app::App;
use crate::config::{Config, Env};
use crate::platforms::{Doors, Keeper, OpenError, Opened};
use crate::store::{Change, Store, StoreResult, Table};
use crate::telemetry;
use crate::web::{Pages, Watch};
use anyhow::Context;
use clap::Args;
use futures_util::FutureExt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Whether this store was served before: the guide is for the first time.
const SERVED: Table<String, bool> = Table::new("served");
/// How long stopping may take in all.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serve people on Discord and Telegram: each platform whose bot has a token.
///
/// Tokens come from BELLHOP_DISCORD_TOKEN and BELLHOP_TELEGRAM_TOKEN, from files that these name with _FILE, or from the
/// configuration’s keys. Without --grid: on the embedded sandbox, a practice grid where nothing costs anything.
/// SIGTERM and ctrl-c stop it within 10 s; what is under way goes on at the next start.
/// Exits with 0 when it was told to stop, 1 when no platform has a token, 3 when it could not serve.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    grounds: GroundsArgs,
}

/// Runs it.
pub async fn run(args: ServeArgs, config: Config, env: Env) -> ExitCode {
    match serve(args, config, env).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("bellhop serve: {error:#}");
            ExitCode::from(3)
        }
    }
}

async fn serve(args: ServeArgs, config: Config, env: Env) -> anyhow::Result<u8> {
    telemetry::serve(env.log.as_deref());
    let entrances = Entrances::read(&config, &env)?;
    if entrances.is_empty() {
        println!("No platform is on. A platform is on when its bot’s token is given:");
        guides(&config, &env)?.iter().for_each(|line| println!("{line}"));
        return Ok(1);
    }
    let stop = CancellationToken::new();
    let signals = signals::watch(stop.clone())?;
    let grounds = Grounds::open(&args.grounds, &config, &env).await?;
    println!("grid      {}", grounds.network().name);
    println!("folder    {}", grounds.folder().display());
    let app = Arc::new(grounds.house(&config, &env).await?);
    let doors = Doors::default();
    let pages = pages(&config, &app, &doors, &stop).await?;
    if first_time(&app.house.store).await? {
        println!("\nThis is the first start here. What is to be done once:");
        guides(&config, &env)?.iter().for_each(|line| println!("{line}"));
        println!();
    }
    if let Some(code) = app.house.people.owner_code()? {
        println!("owner     nobody yet. To be it, say to the bot, in a private chat: /claim {code}");
    }
    let outcome = keep(&app, entrances, &doors, &stop).await;
    stop.cancel();
    tracing::info!("stopping");
    let rest = async {
        match Arc::try_unwrap(app) {
            Ok(app) => app.close().await,
            Err(_) => tracing::warn!("something still uses the house; it is left as it is"),
        }
        if let Some(pages) = pages {
            let _ = pages.await;
        }
        grounds.close().await
    };
    match tokio::time::timeout(FAREWELL, rest).await {
        Ok(closed) => closed?,
        Err(_) => tracing::warn!("stopping took too long; what was under way goes on at the next start"),
    }
    signals.abort();
    outcome?;
    println!("stopped");
    Ok(0)
}

/// Keeps all doors open until `stop`.
///
/// # Errors
/// When none of them can ever be opened like this.
async fn keep(app: &Arc<App>, entrances: Entrances, doors: &Doors, stop: &CancellationToken) -> anyhow::Result<()> {
    let served = app.clone();
    let keeper = Keeper {
        doors: doors.clone(),
        meters: app.house.meters.clone(),
        dice: app.house.dice.clone(),
        serve: Arc::new(move |platform, stop| {
            let app = served.clone();
            async move { app.serve(platform, stop).await }.boxed()
        }),
        opened: Arc::new(|opened: &Opened| {
            println!("{:<9} Bellhop serves as {}", opened.platform.name().word(), opened.name);
            opened.notes.iter().for_each(|note| println!("          {note}"));
        }),
    };
    let mut kept: JoinSet<Result<(), OpenError>> = JoinSet::new();
    for door in entrances.doors(&app.house) {
        let (keeper, stop) = (keeper.clone(), stop.clone());
        kept.spawn(async move { keeper.keep(&*door, &stop).await });
    }
    drop(keeper);
    let mut shut = Vec::new();
    let mut ended_well = false;
    while let Some(ended) = kept.join_next().await {
        match ended {
            Ok(Ok(())) => ended_well = true,
            Ok(Err(error)) => shut.push(error.to_string()),
            Err(error) => shut.push(error.to_string()),
        }
    }
    anyhow::ensure!(ended_well, "no platform can be served: {}", shut.join("; "));
    Ok(())
}

/// The pages for machines, if they are wanted.
async fn pages(
    config: &Config,
    app: &App,
    doors: &Doors,
    stop: &CancellationToken,
) -> anyhow::Result<Option<tokio::task::JoinHandle<()>>> {
    let Some(address) = config.web.listen else { return Ok(None) };
    let pages = Pages::bind(address).await.with_context(|| format!("cannot listen at web.listen, {address}"))?;
    println!("machines  http://{0}/metrics http://{0}/health", pages.address()?);
    let house = &app.house;
    let watch = Watch::new(&house.store, &house.grid, &house.clock, &house.meters, doors, stop);
    Ok(Some(tokio::spawn(pages.serve(house.meters.clone(), watch, stop.clone()))))
}

async fn first_time(store: &Store) -> StoreResult<bool> {
    let key = "served".to_owned();
    let first = store.get(SERVED, &key)?.is_none();
    if first {
        store.commit(Change::new().put(SERVED, &key, &true)).await?;
    }
    Ok(first)
}
