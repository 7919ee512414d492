//! How long a whole deployment takes above what blocks and boots cost, and the memory at rest.
//!
//! Over sockets, on the sandbox with 6 s blocks and instant boots: first for a new person (an account is funded, a
//! twin made), then for the same person again. Each run begins just after a block, so that the floor is known:
//! blocks needed times 6 s. Run with `cargo bench --bench deploy`. Not a test: it asserts nothing about speed.

use bellhop::app::{App, Parts};
use bellhop::chat::{Person, PlatformName};
use bellhop::clock::{Clock, Dice};
use bellhop::deploy::{Log, Order, Stage, State};
use bellhop::grid::{Grid, live, terms};
use bellhop::sandbox::{Options, Sandbox};
use bellhop::secret::Root;
use bellhop::store::Store;
use std::time::Duration;
use tokio::time::Instant;

/// Seconds between blocks.
const BLOCK: f64 = 6.0;

#[tokio::main]
async fn main() {
    println!("memory before anything    {:>6.1} MB", resident());
    let clock = Clock::system();
    let options = Options { instant_boots: true, ..Options::new(1) };
    let sandbox = Sandbox::start(options, clock.clone()).await.expect("the sandbox starts");
    println!("memory with the sandbox   {:>6.1} MB (60 nodes, chain, relay, faces)", resident());
    let grid = live::connect(sandbox.network().clone(), &clock, &Dice::system()).await.expect("it is reached");
    let app = App::open(Parts {
        store: Store::temporary().expect("a store"),
        clock,
        dice: Dice::system(),
        grid: grid.clone(),
        root: Root::new(Dice::system().bytes()),
        sponsor: None,
        treasury: None,
        people: Default::default(),
        deploy: Default::default(),
    })
    .await
    .expect("the app opens");
    println!("memory with the bot       {:>6.1} MB\n", resident());
    println!("{:<14} {:>7} {:>8} {:>8} {:>8}   steps, s", "run", "blocks", "took s", "floor s", "above s");
    // New: the service's gift, the twin, the contracts. Known: the contracts.
    run("new person", &app, &grid, "first", 3.0).await;
    for name in ["second", "third"] {
        run("known person", &app, &grid, name, 1.0).await;
    }
    println!("\nmemory with three nodes   {:>6.1} MB", resident());
    app.close().await;
    sandbox.stop(Duration::from_secs(5)).await.expect("the sandbox stops");
}

async fn run(who: &str, app: &App, grid: &Grid, name: &str, blocks: f64) {
    let person = Person { platform: PlatformName::Terminal, id: "bench".into(), name: "bench".into() };
    let people = &app.house.people;
    let account = people.meet(&person).await.expect("an account");
    let text = terms::fetch(grid.web.as_ref(), &grid.network).await.expect("terms");
    let account = people.accept_terms(&account.key, &text).await.expect("the store").unwrap_or(account);
    let order = Order {
        name: name.into(),
        recipe: "casper".into(),
        size: "small".into(),
        region: None,
        node: None,
        ssh_key: None,
    };
    let head = async || grid.chain.head().await.expect("a head").number;
    let before = head().await;
    let mut from = before;
    while from == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
        from = head().await;
    }
    let began = Instant::now();
    let quote = app.house.deployments.quote(&account, &order).await.expect("a quote");
    let entry = app.house.deployments.start(&account, quote, &format!("bench{name}")).await.expect("it starts");
    while entry.seen().stage() == Stage::Starting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed().as_secs_f64();
    let log = entry.seen();
    assert_eq!(log.stage(), Stage::Running, "{:?}", log.turned);
    let (used, floor) = (head().await - from, blocks * BLOCK);
    println!("{who:<14} {used:>7} {took:>8.2} {floor:>8.1} {:>8.2}   {}", took - floor, steps(&log));
}

/// Each step's own time.
fn steps(log: &Log) -> String {
    fn took<T>(name: &str, state: &State<T>) -> String {
        match state {
            State::Did { began, at, .. } => format!("{name} {:.2}", at.since(*began).as_secs_f64()),
            _ => format!("{name} -"),
        }
    }
    let Some(part) = log.parts.first() else { return String::new() };
    let all = [
        took("reserve", &log.reserve),
        took("place", &part.place),
        took("contract", &part.contract),
        took("launch", &part.launch),
        took("prove", &part.prove),
    ];
    all.join(", ")
}

/// This process's resident memory in megabytes, as Linux tells it; zero elsewhere.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
