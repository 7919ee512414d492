//! What runs on the sandbox's machines, and answers when it is probed.
//!
//! [`Machines::ask`] and [`Machines::dials`] are the whole truth, in process; [`sockets`](Machines::serve) put
//! the same answers on this computer's 127.0.0.0/8. Gateways send web names to machines. Nothing is executed:
//! a machine is its image's behaviour as a function of time. Not here: who may have a machine (`nodes`).

mod casper;
mod names;
mod sockets;

pub use casper::{BLOCK_MS as CASPER_BLOCK_MS, NETWORK as CASPER_NETWORK};
pub use names::Route;

use crate::clock::{Clock, Timestamp};
use crate::grid::workload::Machine as Wanted;
use crate::grid::{ContractId, NodeId, TwinId};
use crate::sandbox::fault::{Effect, Face, Faults};
use casper::{Casper, P2P_PORT, REST_PORT, Role};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The reference nodes of the simulated Casper network, on every sandbox. REST on 8888.
pub const WITNESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 101, 0, 1), Ipv4Addr::new(127, 101, 0, 2)];

/// Which machine: its contract, and the name of its workload.
pub type MachineId = (ContractId, String);

/// What an image does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// A Casper node, with a status page and a shell.
    Casper,
    /// A shell.
    Plain,
}

impl Software {
    /// Known by the image's URL, or by the environment that only one kind of image reads.
    pub fn of(machine: &Wanted) -> Self {
        if machine.flist.contains("casper") || machine.env.contains_key("CASPERLABS_HOSTNAME") {
            Self::Casper
        } else {
            Self::Plain
        }
    }
}

/// A machine that runs.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its node.
    pub node: NodeId,
    /// Whose it is.
    pub twin: TwinId,
    /// What it does.
    pub software: Software,
    /// Its public IPv4.
    pub public: Option<Ipv4Addr>,
    /// Its places in private networks, by the network's name.
    pub private: Vec<(String, IpAddr)>,
    /// Its mycelium address.
    pub mycelium: Option<Ipv6Addr>,
    /// The name that its status page shows.
    pub hostname: String,
    /// When it was started.
    pub since: Timestamp,
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    fn with(status: u16, kind: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body }
    }

    fn json(value: &Value) -> Self {
        Self::with(200, "application/json", value.to_string().into_bytes())
    }

    fn text(status: u16, text: &str) -> Self {
        Self::with(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }
}

/// What a port of a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Http,
    /// Takes connections, says nothing that a probe could read.
    Silent,
    /// Says this and closes.
    Banner(&'static str),
}

/// A running service: what it is, and from when.
struct Running {
    casper: Option<Casper>,
    hostname: String,
    since: Timestamp,
}

impl Running {
    fn ports(&self) -> Vec<(u16, Port)> {
        let shell = (22, Port::Banner("SSH-2.0-OpenSSH_9.6\r\n"));
        match &self.casper {
            Some(casper) if casper.role == Role::Validator => vec![(P2P_PORT, Port::Silent), (REST_PORT, Port::Http)],
            Some(_) => vec![shell, (80, Port::Http), (P2P_PORT, Port::Silent), (REST_PORT, Port::Http)],
            None => vec![shell],
        }
    }

    /// When a port opens.
    fn opens(&self, port: u16) -> Timestamp {
        match &self.casper {
            Some(casper) if port != 22 && port != 80 => casper.opens(),
            _ => self.since,
        }
    }

    fn answer(&self, now: Timestamp, port: u16, method: &str, path: &str) -> Option<Answer> {
        let casper = self.casper.as_ref()?;
        match port {
            REST_PORT => casper.answer(now, method, path),
            80 if now >= self.since => Some(page(&self.hostname, casper.answer(now, "GET", "/status"))),
            _ => None,
        }
    }
}

/// The page on port 80: what the image's own page shows, plainly.
fn page(hostname: &str, status: Option<Answer>) -> Answer {
    let status: Value = status.and_then(|answer| serde_json::from_slice(&answer.body).ok()).unwrap_or_default();
    let word = |pointer: &str| match status.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let escaped = hostname.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<!doctype html><title>Casper node</title><h1>{escaped}</h1><dl><dt>network<dd>{}<dt>state<dd>{}<dt>height<dd>{}</dl>\n",
        word("/chainspec_name"),
        word("/reactor_state"),
        word("/last_added_block_info/height"),
    );
    Answer::with(200, "text/html; charset=utf-8", body.into_bytes())
}

#[derive(Default)]
struct Book {
    machines: BTreeMap<MachineId, Machine>,
    names: BTreeMap<String, Route>,
    /// Addresses that a fault has killed.
    dead: BTreeSet<String>,
}

struct Inner {
    clock: Clock,
    faults: Faults,
    haste: u64,
    book: Mutex<Book>,
    changed: watch::Sender<u64>,
}

/// All machines of a sandbox. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Machines(Arc<Inner>);

impl Machines {
    /// None yet, but the reference nodes. `haste`: how many times faster than life images start and sync.
    pub fn new(clock: Clock, faults: Faults, haste: u64) -> Self {
        Self(Arc::new(Inner { clock, faults, haste, book: Mutex::default(), changed: watch::Sender::new(0) }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a machine, or changes one that runs.
    pub fn start(&self, id: MachineId, machine: Machine) {
        self.book().machines.insert(id, machine);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Stops a machine, if it is there.
    pub fn stop(&self, id: &MachineId) {
        if self.book().machines.remove(id).is_some() {
            self.0.changed.send_modify(|count| *count += 1);
        }
    }

    /// All that run.
    pub fn all(&self) -> Vec<(MachineId, Machine)> {
        self.book().machines.iter().map(|(id, machine)| (id.clone(), machine.clone())).collect()
    }

    fn running(&self, machine: &Machine, id: &MachineId) -> Running {
        let casper = (machine.software == Software::Casper).then(|| Casper {
            seed: id.0.0 ^ machine.since.0,
            since: machine.since,
            role: if machine.public.is_some() { Role::Follower } else { Role::Unreachable },
            haste: self.0.haste,
        });
        Running { casper, hostname: machine.hostname.clone(), since: machine.since }
    }

    /// What is at an address that can be reached from outside: a public or mycelium one.
    fn at(&self, host: &str) -> Option<Running> {
        let ip: IpAddr = host.trim_matches(['[', ']']).parse().ok()?;
        let book = self.book();
        if book.dead.contains(&ip.to_string()) {
            return None;
        }
        let found = book.machines.iter().find(|(_, machine)| match ip {
            IpAddr::V4(ip) => machine.public == Some(ip),
            IpAddr::V6(ip) => machine.mycelium == Some(ip),
        });
        if let Some((id, machine)) = found {
            return Some(self.running(machine, id));
        }
        let index = WITNESSES.iter().position(|witness| IpAddr::V4(*witness) == ip)?;
        Some(witness(index))
    }

    /// What `http://host:port/path` answers now, faults aside; `None` when nothing listens there.
    pub fn answer(&self, host: &str, port: u16, method: &str, path: &str) -> Option<Answer> {
        self.at(host)?.answer(self.0.clock.now(), port, method, path)
    }

    /// As [`answer`](Self::answer), with faults obeyed.
    pub async fn ask(&self, host: &str, port: u16, method: &str, path: &str) -> Option<Answer> {
        match self.strike(host, port, path).await {
            Struck::Nothing => self.answer(host, port, method, path),
            Struck::Silence => None,
            Struck::Instead(answer) => Some(answer),
        }
    }

    /// Whether a TCP connection to `host:port` opens, faults obeyed.
    pub async fn dials(&self, host: &str, port: u16) -> bool {
        if matches!(self.strike(host, port, "").await, Struck::Silence) {
            return false;
        }
        let now = self.0.clock.now();
        self.at(host)
            .is_some_and(|running| running.ports().iter().any(|(open, _)| *open == port) && now >= running.opens(port))
    }

    async fn strike(&self, host: &str, port: u16, path: &str) -> Struck {
        match self.0.faults.strike(Face::Service, &format!("{host}:{port}{path}"), None) {
            None => Struck::Nothing,
            Some(Effect::Drop | Effect::Lose) => Struck::Silence,
            Some(Effect::Delay(ms)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Struck::Nothing
            }
            Some(Effect::Error(text)) => Struck::Instead(Answer::text(500, &text)),
            Some(Effect::Lie(value)) => Struck::Instead(Answer::json(&value)),
            Some(Effect::Die) => {
                self.book().dead.insert(host.trim_matches(['[', ']']).to_owned());
                self.0.changed.send_modify(|count| *count += 1);
                Struck::Silence
            }
        }
    }
}

enum Struck {
    Nothing,
    Silence,
    Instead(Answer),
}

fn witness(index: usize) -> Running {
    let seed = u64::try_from(index).unwrap_or(0);
    let since = Timestamp(0);
    Running {
        casper: Some(Casper { seed, since, role: Role::Validator, haste: 1 }),
        hostname: format!("witness-{}", index + 1),
        since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::fault::Rule;

    fn machine(public: Option<Ipv4Addr>) -> Machine {
        Machine {
            node: NodeId(1),
            twin: TwinId(2),
            software: Software::Casper,
            public,
            private: vec![("net1".to_owned(), IpAddr::V4(Ipv4Addr::new(10, 20, 2, 2)))],
            mycelium: Some("5b0:1::2".parse().unwrap()),
            hostname: "<first>".to_owned(),
            since: Timestamp::from_secs(1_800_000_000),
        }
    }

    fn machines() -> (Machines, Faults) {
        let faults = Faults::default();
        let clock = Clock::runtime(Timestamp::from_secs(1_800_000_000));
        (Machines::new(clock, faults.clone(), 1), faults)
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_is_reached_by_its_public_and_mycelium_addresses_only() {
        let (machines, _) = machines();
        let id = (ContractId(5), "vm1".to_owned());
        machines.start(id.clone(), machine(Some(Ipv4Addr::new(127, 10, 0, 10))));
        assert!(!machines.dials("127.10.0.10", 8888).await, "its port opens a moment later");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(machines.dials("127.10.0.10", 8888).await && machines.dials("127.10.0.10", 35000).await);
        assert!(machines.dials("[5b0:1::2]", 22).await && !machines.dials("10.20.2.2", 22).await);
        assert!(!machines.dials("127.10.0.10", 7777).await && !machines.dials("127.10.0.11", 8888).await);
        let page = machines.ask("127.10.0.10", 80, "GET", "/").await.unwrap();
        let page = String::from_utf8(page.body).unwrap();
        assert!(page.contains("&lt;first>") && page.contains("KeepUp"), "{page}");
        machines.stop(&id);
        assert!(machines.ask("127.10.0.10", 8888, "GET", "/status").await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_witnesses_are_always_there() {
        let (machines, _) = machines();
        for witness in WITNESSES {
            let answer = machines.ask(&witness.to_string(), 8888, "GET", "/status").await.unwrap();
            let status: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(status["chainspec_name"], CASPER_NETWORK);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn faults_strike_services() {
        let (machines, faults) = machines();
        let host = WITNESSES[0].to_string();
        let rule = |effect, times| Rule { face: Face::Service, on: "/status".to_owned(), node: None, effect, times };
        faults.add(rule(Effect::Error("broken".to_owned()), Some(1)));
        faults.add(rule(Effect::Lie(serde_json::json!({ "peers": [] })), Some(1)));
        faults.add(rule(Effect::Die, Some(1)));
        assert_eq!(machines.ask(&host, 8888, "GET", "/status").await.unwrap().status, 500);
        assert_eq!(machines.ask(&host, 8888, "GET", "/status").await.unwrap().body, br#"{"peers":[]}"#);
        assert!(machines.ask(&host, 8888, "GET", "/status").await.is_none());
        assert!(machines.ask(&host, 8888, "GET", "/status").await.is_none(), "dead stays dead");
    }
}
