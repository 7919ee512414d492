//! `bellhop check`: asks every endpoint of a network, and every chat platform that is configured, and says what is
//! wrong and how to mend it.
//!
//! Nothing is changed anywhere, and the grid needs no key. Words here are English: this is for whoever runs the
//! program, not for people in a chat.

use super::entrances::{Entrances, title};
use super::world::{GridChoice, network};
use crate::chat::PlatformName;
use crate::clock::Clock;
use crate::config::{Config, Env};
use crate::grid::directory::Directory;
use crate::grid::live::{LiveChain, LiveWeb};
use crate::grid::{Call, Chain as _, GridError, GridResult, Network, Request, Web, kyc, terms};
use crate::platforms::{Finding, State};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// What is checked beside the network.
const PLATFORMS: [PlatformName; 2] = [PlatformName::Discord, PlatformName::Telegram];
/// A chain whose newest block is older than this stands still, or the machine's clock is wrong.
const STALE: Duration = Duration::from_secs(90);

/// All findings of a network, and of the chat platforms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The network's name.
    pub network: String,
    /// Whether all of it can be used.
    pub usable: bool,
    /// One per endpoint, or per thing that has to be right at a platform.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let mark = match finding.state {
                State::Ok => "ok  ",
                State::Warn => "warn",
                State::Bad => "BAD ",
            };
            writeln!(f, "{mark}  {:<10}  {}", finding.what, finding.address)?;
            writeln!(f, "                  {}", finding.said)?;
            if !finding.mend.is_empty() {
                writeln!(f, "                  -> {}", finding.mend)?;
            }
        }
        let platforms = PLATFORMS.map(|name| (name.word(), title(name).to_owned()));
        let (known, mut subjects) = (platforms.clone().map(|(word, _)| word), platforms.to_vec());
        subjects.insert(0, ("", format!("The network {:?}", self.network)));
        for (word, subject) in subjects {
            let own = |finding: &&Finding| finding.what == word || (word.is_empty() && !known.contains(&finding.what));
            let mut own = self.findings.iter().filter(own).peekable();
            if own.peek().is_some() {
                let bad = own.any(|finding| finding.state == State::Bad);
                writeln!(f, "{subject} {}.", if bad { "cannot be used" } else { "can be used" })?;
            }
        }
        Ok(())
    }
}

/// Asks every endpoint of the grid and every configured chat platform, prints the report (`json`: as one JSON line)
/// and gives the exit code: 0 when all that is configured can be used, 1 when not. An embedded sandbox is not asked:
/// it does not run yet.
///
/// # Errors
/// When there is no such grid, or a token's file cannot be read.
pub async fn run(choice: &GridChoice, config: &Config, env: &Env, json: bool) -> anyhow::Result<ExitCode> {
    let entrances = Entrances::read(config, env)?;
    let mut report = match choice {
        GridChoice::Embedded if !entrances.is_empty() => {
            Report { network: "sandbox".to_owned(), usable: true, findings: Vec::new() }
        }
        choice => examine(&network(choice)?, &Clock::system()).await,
    };
    report.findings.extend(entrances.check().await);
    report.usable = report.findings.iter().all(|finding| finding.state != State::Bad);
    match serde_json::to_string(&report) {
        Ok(line) if json => println!("{line}"),
        _ => print!("{report}"),
    }
    Ok(if report.usable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks every endpoint of `network`, all at once.
pub async fn examine(network: &Network, clock: &Clock) -> Report {
    let web = match LiveWeb::new(network) {
        Ok(web) => web,
        Err(error) => {
            let finding = found("web", "TLS".to_owned(), Err(error), "the program's TLS cannot start: report this");
            return Report { network: network.name.clone(), usable: false, findings: vec![finding] };
        }
    };
    let web = &web;
    let chains = network.chain.iter().map(|url| chain(network, url, clock).boxed());
    let relays = network.relay.iter().map(|url| relay(web, url).boxed());
    let others: [BoxFuture<'_, Finding>; 4] = [
        proxy(web, network).boxed(),
        identity(web, network).boxed(),
        activation(web, network).boxed(),
        text(web, network).boxed(),
    ];

    let mut findings = one_is_enough(join_all(chains).await, "chain", "name the network's chain endpoints (wss://…)");
    findings.extend(one_is_enough(join_all(relays).await, "relay", "name the network's relay endpoints (wss://…)"));
    findings.push(domain(network));
    findings.extend(join_all(others).await);
    let usable = findings.iter().all(|finding| finding.state != State::Bad);
    Report { network: network.name.clone(), usable, findings }
}

/// Of several endpoints of one service, one must work; the others are then reserves.
fn one_is_enough(mut findings: Vec<Finding>, what: &'static str, mend: &str) -> Vec<Finding> {
    if findings.is_empty() {
        let (said, mend) = ("no endpoint is named".to_owned(), mend.to_owned());
        return vec![Finding { what, address: "-".to_owned(), state: State::Bad, said, mend }];
    }
    if findings.iter().any(|finding| finding.state == State::Ok) {
        findings
            .iter_mut()
            .filter(|finding| finding.state == State::Bad)
            .for_each(|finding| finding.state = State::Warn);
    }
    findings
}

fn found(what: &'static str, address: String, said: GridResult<String>, mend: &str) -> Finding {
    let (state, said, mend) = match said {
        Ok(said) => (State::Ok, said, String::new()),
        Err(error) => (State::Bad, error.to_string(), advice(&error, mend)),
    };
    Finding { what, address, state, said, mend }
}

/// What can be done, by the error's class.
fn advice(error: &GridError, otherwise: &str) -> String {
    match (error, error.code()) {
        (_, Some("wrong-chain")) => {
            "the name and the endpoints of this network do not belong together: correct one of them".to_owned()
        }
        (_, Some("url" | "address")) => "correct this address in the network's file".to_owned(),
        (_, Some("runtime")) => {
            "this chain's runtime is not one that this version knows: look for a newer version".to_owned()
        }
        (GridError::Passing { .. } | GridError::Unclear { .. }, _) => {
            format!(
                "see whether this machine reaches it (name service, firewall), or wait if the service is down; {otherwise}"
            )
        }
        (GridError::Missing { .. } | GridError::Refused(_), _) => otherwise.to_owned(),
    }
}

async fn chain(network: &Network, url: &str, clock: &Clock) -> Finding {
    let alone = LiveChain::new(&Network { chain: vec![url.to_owned()], ..network.clone() });
    let said = async {
        let (_, name) = alone.endpoint().await?;
        let head = alone.head().await?;
        let prices = alone.prices().await?;
        let text = format!("{name}, block {}, 1 TFT = {} mUSD", head.number, prices.tft_musd);
        Ok((text, clock.now().since(head.time)))
    };
    match said.await {
        Ok((said, age)) if age > STALE && !network.is_sandbox() => Finding {
            what: "chain",
            address: url.to_owned(),
            state: State::Warn,
            said: format!("{said}, {} s old", age.as_secs()),
            mend: "the chain stands still, or this machine's clock is wrong: compare it with another clock".to_owned(),
        },
        said => found("chain", url.to_owned(), said.map(|(said, _)| said), "or name another endpoint"),
    }
}

async fn relay(web: &dyn Web, url: &str) -> Finding {
    // Without a token there is no session, and any HTTP answer shows that somebody is there.
    let page = url.replacen("ws", "http", 1);
    let said =
        web.send(Request::get(page).to_service()).await.map(|answer| format!("answers (HTTP {})", answer.status));
    found("relay", url.to_owned(), said, "or name another endpoint")
}

fn domain(network: &Network) -> Finding {
    let call = Call::CreateTwin { relay: Some(network.relay_domain.clone()), pk: None };
    let said = call.check().map(|()| "fit for the chain".to_owned());
    found("domain", network.relay_domain.clone(), said, "host names joined by _, without scheme and port")
}

async fn proxy(web: &dyn Web, network: &Network) -> Finding {
    let directory = Directory::new(web, network);
    let said = async {
        let version = directory.version().await?;
        let stats = directory.stats().await?;
        Ok(format!("version {version}, {} nodes up in {} farms", stats.nodes, stats.farms))
    };
    found("proxy", network.proxy.clone(), said.await, "without it no node can be chosen")
}

async fn identity(web: &dyn Web, network: &Network) -> Finding {
    let said = kyc::healthy(web, network).await.and_then(|well| match well {
        true => Ok("healthy".to_owned()),
        false => Err(GridError::passing(crate::grid::Party::Kyc, "says that it is not healthy")),
    });
    found("kyc", network.kyc.clone(), said, "without it nodes refuse every deployment")
}

async fn activation(web: &dyn Web, network: &Network) -> Finding {
    // An account is missing on purpose: a living service says so, and does nothing.
    let asked = Request::post(&network.activation, serde_json::json!({})).to_service();
    let said = web.send(asked).await.and_then(|answer| match answer.status {
        500.. => Err(GridError::passing(crate::grid::Party::Activation, format!("HTTP {}", answer.status))),
        _ => Ok("answers".to_owned()),
    });
    let finding = found(
        "activation",
        network.activation.clone(),
        said,
        "new twins can be funded from the operator's treasury meanwhile",
    );
    match finding.state {
        State::Bad => Finding { state: State::Warn, ..finding },
        _ => finding,
    }
}

async fn text(web: &dyn Web, network: &Network) -> Finding {
    let said = terms::fetch(web, network).await.map(|terms| format!("MD5 {}", terms.hash));
    found("terms", network.terms.clone(), said, "without the text nobody new can accept it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_network_that_is_not_there_is_told_endpoint_by_endpoint() {
        let network = Network {
            name: "nowhere".to_owned(),
            chain: vec!["ws://127.0.0.1:1".to_owned(), "ws://chain.example:1".to_owned()],
            relay: Vec::new(),
            relay_domain: "relay.example:80".to_owned(),
            proxy: "http://127.0.0.1:1".to_owned(),
            graphql: String::new(),
            activation: "http://127.0.0.1:1/a".to_owned(),
            kyc: "ftp://127.0.0.1:1".to_owned(),
            terms: "http://127.0.0.1:1/t".to_owned(),
            gateway_scheme: "http".to_owned(),
            gateways: None,
        };
        let report = examine(&network, &Clock::system()).await;
        assert!(!report.usable);
        let seen: Vec<_> =
            report.findings.iter().map(|finding| format!("{} {:?}", finding.what, finding.state)).collect();
        insta::assert_snapshot!(seen.join("\n"), @r"
        chain Bad
        chain Bad
        relay Bad
        domain Bad
        proxy Bad
        kyc Bad
        activation Warn
        terms Bad
        ");
        assert!(report.findings.iter().all(|finding| !finding.mend.is_empty()));
        assert!(report.to_string().ends_with("The network \"nowhere\" cannot be used.\n"));
        let finding =
            |what, state| Finding { what, address: String::new(), state, said: String::new(), mend: String::new() };
        let findings =
            vec![finding("discord", State::Ok), finding("telegram", State::Ok), finding("telegram", State::Bad)];
        let report = Report { network: "sandbox".to_owned(), usable: false, findings };
        assert!(report.to_string().ends_with("Discord can be used.\nTelegram cannot be used.\n"), "{report}");
        assert!(!report.to_string().contains("network"), "nothing was found out about it");
    }
}
