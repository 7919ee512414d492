//! How fast the doors answer, and what that costs: `bellhop serve` against a Discord and a Telegram of our own, and
//! the same `/help` card from minimal bots on other libraries, in the same run.
//!
//! The bot that is measured has a core of its own; the load, the platforms and the grid share the other. Limits and
//! checks of the platforms are off. Run with `cargo bench --bench doors`; the peers are asked for by naming what they
//! need: `PEERS_NODE` (a folder with `benches/peers/package.json` installed) and `PEERS_PYTHON` (a Python with
//! `benches/peers/requirements.txt`). Not a test: it asserts nothing about speed.

mod bot;
#[path = "../../tests/it/doors/discord/mod.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod discord;
mod discord_load;
mod load;
#[path = "../../tests/it/doors/telegram/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the stories use the rest")]
mod telegram;
mod telegram_load;

use bot::{Bot, step_aside};
use discord_load::OnDiscord;
use load::{Load, flood, stream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use telegram_load::OnTelegram;

/// People who ask.
const PEOPLE: usize = 11_000;
/// Asks a second in the stream.
const PER_SECOND: u32 = 1_000;
/// Seconds of it.
const SECONDS: u32 = 10;
/// Asks of a flood, and how many people wait at a time.
const FLOOD: (u64, u64) = (10_000, 64);

fn main() {
    step_aside();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let grid = sandbox(&at("grid.json"), &at("sandbox.log")).await;

    println!(
        "{PER_SECOND} asks a second for {SECONDS} s, from {PEOPLE} people, mixed; ms to the first request that answers"
    );
    println!(
        "{:<22} {:>7} {:>7} {:>7} {:>6} {:>8} {:>9}",
        "bellhop on", "p50", "p99", "worst", "lost", "cpu s", "memory MB"
    );
    for load in [Arc::new(OnTelegram::with(PEOPLE).await) as Arc<dyn Load>, Arc::new(OnDiscord::with(PEOPLE, 2).await)]
    {
        let bot = bellhop(&*load, folder.path()).await;
        load.greet().await;
        let before = bot.cost();
        let stream = stream(load.clone(), PER_SECOND, SECONDS).await;
        let after = bot.cost();
        println!(
            "{:<22} {:>7.1} {:>7.1} {:>7.1} {:>6} {:>8.2} {:>9.1}   {:.0} asks a second were made",
            load.name(),
            stream.quantile(0.5),
            stream.quantile(0.99),
            stream.quantile(1.0),
            stream.lost,
            after.cpu - before.cpu,
            after.memory,
            f64::from(PER_SECOND * SECONDS) / stream.took,
        );
        bot.stop().await;
    }

    println!("\n/help, {} times, {} people at a time", FLOOD.0, FLOOD.1);
    println!("{:<22} {:>10} {:>14} {:>9} {:>9}", "bot", "a second", "a core second", "idle MB", "full MB");
    let (node, python) = (tool("PEERS_NODE"), tool("PEERS_PYTHON"));
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    for platform in ["telegram", "discord"] {
        let load = people_on(platform, 2).await;
        let bot = bellhop(&*load, folder.path()).await;
        report("bellhop", &*load, bot).await;
        let mut others: Vec<(&str, Vec<String>)> = Vec::new();
        if let Some(node) = &node {
            // A module finds what it imports from where it lies: it is run from where that is installed.
            let script = if platform == "telegram" { "telegram-grammy.mjs" } else { "discord-js.mjs" };
            let name = if platform == "telegram" { "grammY with its runner" } else { "discord.js" };
            others.push((name, vec!["node".to_owned(), node.join(script).display().to_string()]));
        }
        if let Some(python) = python.as_ref().filter(|_| platform == "telegram") {
            let script = peers.join("telegram-aiogram.py").display().to_string();
            others.push(("aiogram", vec![python.display().to_string(), script]));
        }
        for (name, command) in others {
            let load = people_on(platform, 1).await;
            let log = at(&format!("{platform}-peer.log"));
            std::fs::write(at("card"), CARD).expect("a file");
            let env = [("API", load.api()), ("TOKEN", load.token()), ("CARD", at("card").display().to_string())];
            let bot = Bot::start(command, &env, &log);
            ready(&log, "ready").await;
            report(name, &*load, bot).await;
        }
    }
    grid.stop().await;
}

async fn people_on(platform: &str, per_ask: u64) -> Arc<dyn Load> {
    match platform {
        "telegram" => Arc::new(OnTelegram::with(PEOPLE).await),
        _ => Arc::new(OnDiscord::with(PEOPLE, per_ask).await),
    }
}

/// What the card says that Bellhop answers `/help` with, about as long: for the peers.
const CARD: &str = "This is what you can ask
/deploy: Deploy a node, proven within minutes
/list: Your nodes
/show: One of your nodes as it is now
/verify: Look at one of your nodes afresh, from outside
/destroy: Take one of your nodes down
/recipes: What can be deployed, and in which sizes
/me: Your twin, balance, allowance and language
/claim: Who this bot serves, and where
/help: What you can ask here
/help and a command’s name explains it. What you leave out, I ask.
";

async fn report(name: &str, load: &dyn Load, bot: Bot) {
    let idle = bot.cost().memory;
    load.greet().await;
    // The first ones warm it up.
    flood(load, FLOOD.0 / 10, FLOOD.1).await;
    let before = bot.cost();
    let took = flood(load, FLOOD.0, FLOOD.1).await;
    let after = bot.cost();
    let many = FLOOD.0 as f64;
    println!(
        "{:<22} {:>10.0} {:>14.0} {:>9.1} {:>9.1}   on {}",
        name,
        many / took,
        many / (after.cpu - before.cpu),
        idle,
        after.memory,
        load.name(),
    );
    bot.stop().await;
}

fn tool(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a bench is told from outside where its peers are")]
    let path = std::env::var(name).ok().filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        println!("({name} is not named: its peers are left out)");
    }
    path
}

/// A sandbox grid as a process, on the load's core.
async fn sandbox(grid: &Path, log: &Path) -> Sandbox {
    let out = std::fs::File::create(grid).expect("a file");
    let err = std::fs::File::create(log).expect("a file");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bellhop"));
    command.args(["sandbox", "--json", "--instant-boots"]).stdout(out).stderr(err).kill_on_drop(true);
    let child = command.spawn().expect("the sandbox starts");
    ready(grid, "}").await;
    Sandbox(child)
}

struct Sandbox(tokio::process::Child);

impl Sandbox {
    async fn stop(mut self) {
        let _ = self.0.kill().await;
    }
}

/// Waits for a word in a file.
async fn ready(file: &Path, word: &str) {
    for _ in 0..600 {
        if std::fs::read_to_string(file).is_ok_and(|text| text.contains(word)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{word:?} never came in {}: {:?}", file.display(), std::fs::read_to_string(file));
}

/// `bellhop serve` on one platform.
async fn bellhop(load: &dyn Load, folder: &Path) -> Bot {
    let config = folder.join("bellhop.toml");
    let text = format!(
        "grid = {:?}\n[people]\nopen_private = true\n[web]\nlisten = \"127.0.0.1:0\"\n[{}]\napi = {:?}\n",
        folder.join("grid.json").display().to_string(),
        load.name(),
        load.api(),
    );
    // Telegram's own limits are off for this run, and so is our obedience to them.
    let text = if load.name() == "telegram" { text + "per_second = 100000\n" } else { text };
    std::fs::write(&config, text).expect("a file");
    let log = folder.join(format!("{}.log", load.name()));
    let command = [env!("CARGO_BIN_EXE_bellhop"), "serve", "--fresh", "--config"].map(str::to_owned);
    let command = command.into_iter().chain([config.display().to_string()]).collect();
    let token = if load.name() == "telegram" { "BELLHOP_TELEGRAM_TOKEN" } else { "BELLHOP_DISCORD_TOKEN" };
    let bot = Bot::start(command, &[(token, load.token())], &log);
    ready(&log, &format!("{:<9} ", load.name())).await;
    bot
}
