//! `bellhop sandbox`: a sandbox of its own, until it is told to stop; and what one has left over.

use super::signals;
use crate::clock::Clock;
use crate::grid::live::LiveWeb;
use crate::grid::{Identity, Network, Party, Request, Response, Tft, ask};
use crate::sandbox::{Join, Leftover, Options, Pace, Sandbox};
use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the parts of a sandbox may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// Serve a grid of your own on this computer: chain, relay, nodes, grid proxy, KYC, activation.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SandboxArgs {
    #[command(subcommand)]
    command: Option<SandboxCommand>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum SandboxCommand {
    /// Ask a running sandbox what should not be there: contracts and reservations that nobody uses.
    ///
    /// Exits with 0 when there is nothing, 1 when there is something, 3 when it cannot be asked.
    Leftovers(LeftoversArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// What farms, nodes, keys and times are derived from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The time between blocks: `6s` (as on the grid), `500ms`, or `instant`.
    #[arg(long, default_value = "6s", value_parser = pace)]
    block_time: Pace,
    /// How many nodes.
    #[arg(long, default_value_t = 60)]
    nodes: usize,
    /// How many farms.
    #[arg(long, default_value_t = 12)]
    farms: usize,
    /// Keep the world here, and go on with what is here. Without it, the world ends with the program.
    #[arg(long, value_name = "DIR", conflicts_with = "chain")]
    data: Option<PathBuf>,
    /// Join this chain, which already runs, instead of making one.
    #[arg(long, value_name = "URL", requires = "relay")]
    chain: Vec<String>,
    /// Join this relay. With --chain.
    #[arg(long, value_name = "URL", requires = "chain")]
    relay: Vec<String>,
    /// By which host name twins are to find that relay; by default the host of its URL.
    #[arg(long, value_name = "HOST", requires = "relay")]
    relay_domain: Option<String>,
    /// Who pays for joining: a development URI, a phrase or a seed.
    #[arg(long, value_name = "URI", default_value = "//Alice")]
    funder: String,
    /// Workloads are there at once, and images start and sync far faster than in life.
    #[arg(long)]
    instant_boots: bool,
    /// What the activation service gives a new account, TFT. (The grid's gives 1.)
    #[arg(long, value_name = "TFT", default_value_t = 1000)]
    activation: u64,
    /// Where the chain listens (loopback; port 0: any).
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    chain_addr: SocketAddr,
    /// Where the relay listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    relay_addr: SocketAddr,
    /// Where the REST and GraphQL faces listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    web_addr: SocketAddr,
    /// Where the gateways' names are answered.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    gateways_addr: SocketAddr,
    /// Print the addresses as one line of JSON (what `--grid FILE` reads).
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct LeftoversArgs {
    /// The file with the JSON that the sandbox printed.
    #[arg(long, value_name = "FILE", required_unless_present = "control", conflicts_with = "control")]
    grid: Option<PathBuf>,
    /// The control address that the sandbox printed.
    #[arg(long, value_name = "URL")]
    control: Option<String>,
    /// All contracts, deployments and reservations, not only the stray ones.
    #[arg(long)]
    everything: bool,
    /// Print them as JSON.
    #[arg(long)]
    json: bool,
}

/// What a sandbox prints: a [`Network`], and what only a sandbox has.
#[derive(Debug, Serialize, Deserialize)]
struct Printed {
    #[serde(flatten)]
    network: Network,
    /// The control face.
    control: String,
    /// A key with money on this chain, as a development URI.
    funder: String,
}

pub(super) fn pace(text: &str) -> Result<Pace, String> {
    let wrong = || format!("`{text}` is neither a time such as 6s or 500ms, nor `instant`");
    if text == "instant" {
        return Ok(Pace::Instant);
    }
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1000),
    };
    let millis = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    match millis {
        0 => Err("a time above zero is needed; `instant` makes blocks on demand".to_owned()),
        millis => Ok(Pace::Every(Duration::from_millis(millis))),
    }
}

/// Runs `bellhop sandbox …`.
pub async fn run(args: SandboxArgs) -> ExitCode {
    let done = match args.command {
        Some(SandboxCommand::Leftovers(args)) => leftovers(args).await,
        None => serve(args.serve).await.map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("bellhop sandbox: {error:#}");
        ExitCode::from(3)
    })
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let join = (!args.chain.is_empty()).then(|| {
        // The key is not echoed: it may be a real phrase.
        let funder = Identity::from_uri(&args.funder).map_err(|_| anyhow!("--funder is not a key"))?;
        anyhow::Ok(Join { chain: args.chain, relay: args.relay, relay_domain: args.relay_domain, funder })
    });
    let options = Options {
        pace: args.block_time,
        nodes: args.nodes,
        farms: args.farms,
        data: args.data,
        instant_boots: args.instant_boots,
        activation: Tft(args.activation.saturating_mul(Tft::ONE)),
        chain_addr: args.chain_addr,
        relay_addr: args.relay_addr,
        web_addr: args.web_addr,
        gateways_addr: args.gateways_addr,
        join: join.transpose()?,
        ..Options::new(args.seed)
    };
    let stop = CancellationToken::new();
    signals::watch(stop.clone())?;
    let Some(started) = stop.run_until_cancelled(Sandbox::start(options, Clock::system())).await else { return Ok(()) };
    let sandbox = started?;
    let printed =
        Printed { network: sandbox.network().clone(), control: sandbox.control().to_owned(), funder: args.funder };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&printed)?)?;
    } else {
        write!(out, "{}", table(&printed))?;
    }
    out.flush()?;
    drop(out);
    stop.cancelled().await;
    sandbox.stop(STOP).await.context("it did not stop in time")
}

fn table(printed: &Printed) -> String {
    let network = &printed.network;
    let gateways = network.gateways.map(|addr| addr.to_string()).unwrap_or_default();
    let rows = [
        ("chain", network.chain.join(" ")),
        ("relay", network.relay.join(" ")),
        ("relay domain", network.relay_domain.clone()),
        ("grid proxy", network.proxy.clone()),
        ("graphql", network.graphql.clone()),
        ("activation", network.activation.clone()),
        ("kyc", network.kyc.clone()),
        ("terms", network.terms.clone()),
        ("gateways", gateways),
        ("control", printed.control.clone()),
        ("funded key", printed.funder.clone()),
    ];
    let rows = rows.iter().map(|(name, value)| format!("{name:<13} {value}\n"));
    format!("A sandbox grid: play money, simulated machines. Ctrl-C ends it.\n\n{}", rows.collect::<String>())
}

async fn leftovers(args: LeftoversArgs) -> anyhow::Result<ExitCode> {
    let control = match (args.control, args.grid) {
        (Some(control), _) => control,
        (None, Some(file)) => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let printed: Printed = serde_json::from_str(&text)
                .with_context(|| format!("{} is not what a sandbox prints", file.display()))?;
            printed.control
        }
        (None, None) => bail!("--grid or --control is needed"),
    };
    let answer = control_get(&format!("{control}/leftovers?everything={}", args.everything)).await?;
    let found: Vec<Leftover> = answer.json(Party::Web)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
    } else if found.is_empty() {
        writeln!(out, "nothing is left over")?;
    } else {
        for leftover in &found {
            writeln!(out, "{leftover}")?;
        }
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn control_get(url: &str) -> anyhow::Result<Response> {
    // Any network will do: the control address is the operator's own, wherever it is.
    let nowhere = Network::known("dev").ok_or_else(|| anyhow!("no network"))?;
    let web = LiveWeb::new(&nowhere)?;
    ask(&web, Party::Web, "leftovers", Request::get(url)).await.context("the sandbox does not answer")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: SandboxArgs,
    }

    #[test]
    fn block_times() {
        let shown = |text| pace(text).map(|pace| format!("{pace:?}"));
        assert_eq!(shown("6s").as_deref(), Ok("Every(6s)"));
        assert_eq!(shown("250ms").as_deref(), Ok("Every(250ms)"));
        assert_eq!(shown("instant").as_deref(), Ok("Instant"));
        for wrong in ["", "6", "s", "-1s", "0s", "0ms", "6 s", "99999999999999999999s", "18446744073709551615s"] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn arguments_that_do_not_go_together() {
        let good: &[&[&str]] = &[
            &[],
            &["--json", "--seed", "7", "--block-time", "instant"],
            &["--chain", "ws://127.0.0.1:1", "--relay", "ws://127.0.0.1:2", "--funder", "//Bob"],
            &["leftovers", "--control", "http://127.0.0.1:1/control", "--json"],
        ];
        let bad: &[&[&str]] = &[
            &["--chain", "ws://127.0.0.1:1"],
            &["--relay", "ws://127.0.0.1:1"],
            &["--data", "d", "--chain", "ws://a", "--relay", "ws://b"],
            &["leftovers"],
            &["leftovers", "--grid", "f", "--control", "c"],
            &["--seed", "7", "leftovers", "--control", "c"],
            &["--block-time", "soon"],
        ];
        let parse = |line: &&[&str]| Line::try_parse_from([&["sandbox"], *line].concat());
        for line in good {
            assert!(parse(line).is_ok(), "{line:?}: {:?}", parse(line));
        }
        for line in bad {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}
