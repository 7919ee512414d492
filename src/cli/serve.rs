//! `bellhop serve`: all configured chat platforms at once, until it is told to stop.
//!
//! What it prints on standard output is for whoever starts it: where it is, who is served, what is left to set up. The
//! log goes to standard error. Not here: what is done with asks (`app`), and how a platform works (`platforms`).

use super::entrances::{Entrances, beginnings, title};
use super::grounds::{Grounds, GroundsArgs};
use super::signals;
use crate::app::App;
use crate::chat::PlatformName;
use crate::clock::Timestamp;
use crate::config::{Config, Env};
use crate::platforms::{Doors, Keeper, OpenError, Opened};
use crate::store::{Change, Store, Table};
use crate::telemetry::{self, Form};
use crate::web::{Pages, Watch};
use anyhow::{Context, Result};
use clap::Args;
use futures_util::FutureExt;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Platforms whose guide was printed here already.
const GUIDED: Table<String, Timestamp> = Table::new("guided");
/// How long everything may take to end once it is told to stop.
const STOP: Duration = Duration::from_millis(9_500);
/// Of that, what is kept for whatever stands behind the platforms.
const BEHIND: Duration = Duration::from_secs(1);

/// Serve all configured chat platforms. Without --grid: on the embedded sandbox, a practice grid.
///
/// A platform is configured when there is a token for it: BELLHOP_DISCORD_TOKEN, BELLHOP_TELEGRAM_TOKEN, or the same
/// with _FILE. Ctrl-C or SIGTERM ends it in order within 10 seconds, a second one at once.
/// Exits with 0 when it was told to stop, 1 when no platform is configured, 3 when none can be served like this.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    grounds: GroundsArgs,
    /// Print again, step by step, what is to be set up at each platform.
    #[arg(long)]
    guide: bool,
    /// Log lines of JSON.
    #[arg(long)]
    log_json: bool,
}

/// Runs it.
pub async fn run(args: ServeArgs, config: Config, env: Env) -> ExitCode {
    match serve(&args, &config, &env).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bellhop serve: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// Nobody need be reading any more.
fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

async fn serve(args: &ServeArgs, config: &Config, env: &Env) -> Result<ExitCode> {
    let form = if args.log_json { Form::Json } else { Form::Lines };
    telemetry::start(env.log.as_deref(), form).context("cannot write the log")?;
    let entrances = Entrances::read(config, env)?;
    if entrances.is_empty() {
        say(&nobody(config));
        return Ok(ExitCode::from(1));
    }
    let pages = match config.web.listen {
        Some(at) => Some(Pages::bind(at).await.with_context(|| format!("cannot listen at web.listen, {at}"))?),
        None => None,
    };
    let stop = CancellationToken::new();
    // Until the process ends: the second signal counts while it stops, too.
    let _signals = signals::watch(stop.clone())?;

    let grounds = Grounds::open(&args.grounds, config).await?;
    say(concat!("Bellhop ", env!("CARGO_PKG_VERSION"), "\n"));
    say(&format!("grid      {}\nfolder    {}\n", grounds.describe(), grounds.folder().display()));
    let app = Arc::new(grounds.house(config, env).await?);
    let house = &app.house;
    let doors = Doors::default();
    // The pages tell of the stopping too, so they end after the rest.
    let ending = CancellationToken::new();
    let pages = match pages {
        Some(pages) => {
            say(&format!("machines  http://{0}/metrics http://{0}/health\n", pages.address()?));
            let watch = Watch::new(&house.store, &house.grid, &house.clock, &house.meters, &doors, &stop);
            Some(tokio::spawn(pages.serve(house.meters.clone(), watch, ending.clone())))
        }
        None => None,
    };
    if let Some(code) = house.people.owner_code()? {
        say(&format!("owner     nobody yet. To be it, say to the bot, in a private chat: /claim {code}\n"));
    }
    let (mut open, shut) = keep(&app, entrances, doors, args.guide, &stop).await;

    // In order: nothing more is taken, answers under way are finished, then what they stand on is closed.
    let by = Instant::now() + STOP;
    stop.cancel();
    tracing::info!("stopping");
    if timeout_at(by - BEHIND, async { while open.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("not everything under way could be finished in time; it goes on at the next start");
        open.shutdown().await;
    }
    let closed = timeout_at(by, async {
        match Arc::try_unwrap(app) {
            Ok(app) => app.close().await,
            Err(_) => tracing::warn!("something still uses the house; it is left as it is"),
        }
        grounds.close().await?;
        ending.cancel();
        if let Some(pages) = pages {
            let _ = pages.await;
        }
        anyhow::Ok(())
    });
    match closed.await {
        Ok(closed) => closed?,
        Err(_) => tracing::warn!("not everything could be closed in time; it goes on at the next start"),
    }
    for (name, error) in &shut {
        eprintln!("bellhop serve: {} cannot be served: {error}", title(*name));
    }
    if shut.is_empty() {
        say("stopped\n");
    }
    Ok(if shut.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

type Kept = Option<(PlatformName, OpenError)>;

/// Keeps all doors open until `stop`, or until none is left that could ever open; then gives the reasons.
async fn keep(
    app: &Arc<App>,
    entrances: Entrances,
    doors: Doors,
    guide: bool,
    stop: &CancellationToken,
) -> (JoinSet<Kept>, Vec<(PlatformName, OpenError)>) {
    let house = &app.house;
    let (served, store, now) = (app.clone(), house.store.clone(), house.clock.now());
    let keeper = Keeper {
        doors,
        meters: house.meters.clone(),
        dice: house.dice.clone(),
        serve: Arc::new(move |platform, stop| {
            let app = served.clone();
            async move { app.serve(platform, stop).await }.boxed()
        }),
        opened: Arc::new(move |opened| welcome(&store, now, guide, opened)),
    };
    let mut open = JoinSet::new();
    for door in entrances.doors(house) {
        let (keeper, stop) = (keeper.clone(), stop.clone());
        open.spawn(async move { keeper.keep(&*door, &stop).await.err().map(|error| (door.name(), error)) });
    }
    drop(keeper);
    let mut shut = Vec::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return (open, Vec::new()),
            ended = open.join_next() => match ended {
                Some(Ok(Some(why))) => shut.push(why),
                // Told to stop; or a bug, which has told about itself.
                Some(_) => {}
                None => return (open, shut),
            },
        }
    }
}

/// A platform is open: who we are there, and the first time also what is to be set up.
fn welcome(store: &Store, now: Timestamp, again: bool, opened: &Opened) {
    let name = opened.platform.name();
    let mut text = format!("{:<9} Bellhop serves as {}\n", name.word(), opened.name);
    opened.notes.iter().for_each(|note| text.push_str(&format!("          {note}\n")));
    let key = name.word().to_owned();
    let first = !matches!(store.get(GUIDED, &key), Ok(Some(_)));
    if first || again {
        text.push_str(&steps(name, &opened.guide));
        let store = store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.commit(Change::new().put(GUIDED, &key, &now)).await {
                tracing::warn!(%error, "it could not be noted that a guide was printed");
            }
        });
    }
    say(&text);
}

fn steps(name: PlatformName, guide: &[String]) -> String {
    let mut text = format!("\n{}, step by step\n", title(name));
    for (at, step) in guide.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {}. {step}", at + 1);
    }
    text.push('\n');
    text
}

fn nobody(config: &Config) -> String {
    let mut text = "No chat platform is configured, so there is nobody to serve. A platform is served when there is a token \
                    for it: in\nBELLHOP_DISCORD_TOKEN or BELLHOP_TELEGRAM_TOKEN, or in a file named by the same with _FILE or \
                    in the configuration.\n"
        .to_owned();
    for (name, guide) in beginnings(config) {
        text.push_str(&steps(name, &guide));
    }
    text.push_str("Then `bellhop check` says whether all is well, and `bellhop serve` serves.\n");
    text
}
