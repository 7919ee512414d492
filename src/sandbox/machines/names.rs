//! Web names: which machine a gateway's name leads to.

use super::{Answer, Machines, Struck};
use crate::grid::{ContractId, NodeId, TwinId};
use std::net::IpAddr;

/// Where a web name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The gateway's contract.
    pub contract: ContractId,
    /// The gateway's node.
    pub node: NodeId,
    /// Whose it is.
    pub twin: TwinId,
    /// The backend, as in the workload: `http://IP[:port]`, or `IP:port` when TLS ends there.
    pub backend: String,
    /// The private network through which the backend is reached.
    pub network: Option<String>,
}

impl Machines {
    /// Makes a name lead somewhere.
    pub fn set_name(&self, fqdn: &str, route: Route) {
        self.book().names.insert(fqdn.to_ascii_lowercase(), route);
    }

    /// Takes a name away, if `contract` has it.
    pub fn drop_name(&self, fqdn: &str, contract: ContractId) {
        let mut book = self.book();
        let fqdn = fqdn.to_ascii_lowercase();
        if book.names.get(&fqdn).is_some_and(|route| route.contract == contract) {
            book.names.remove(&fqdn);
        }
    }

    /// All names and where they lead.
    pub fn names(&self) -> Vec<(String, Route)> {
        self.book().names.iter().map(|(name, route)| (name.clone(), route.clone())).collect()
    }

    /// What `http(s)://host/path` answers, faults aside: 404 for a name that no gateway serves, 502 when nothing
    /// answers behind it.
    pub fn answer_name(&self, host: &str, method: &str, path: &str) -> Answer {
        let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        let Some(route) = self.book().names.get(&host).cloned() else {
            return Answer::text(404, "404 page not found\n");
        };
        self.behind(&route, method, path).unwrap_or_else(|| Answer::text(502, "Bad Gateway"))
    }

    /// As [`answer_name`](Self::answer_name), with faults obeyed; `None` when the connection just ends.
    pub async fn ask_name(&self, host: &str, method: &str, path: &str) -> Option<Answer> {
        let name = host.split(':').next().unwrap_or(host);
        match self.strike(name, 443, path).await {
            Struck::Nothing => Some(self.answer_name(name, method, path)),
            Struck::Silence => None,
            Struck::Instead(answer) => Some(answer),
        }
    }

    fn behind(&self, route: &Route, method: &str, path: &str) -> Option<Answer> {
        let (host, port) = backend(&route.backend)?;
        let Some(network) = &route.network else { return self.answer(&host.to_string(), port, method, path) };
        let running = {
            let book = self.book();
            let (id, machine) = book.machines.iter().find(|(_, machine)| {
                machine.twin == route.twin && machine.private.iter().any(|(name, ip)| name == network && *ip == host)
            })?;
            self.running(machine, id)
        };
        running.answer(self.0.clock.now(), port, method, path)
    }
}

fn backend(text: &str) -> Option<(IpAddr, u16)> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = url::Url::parse(&text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).parse().ok()?;
    Some((host, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::super::{Machine, Software};
    use super::*;
    use crate::clock::{Clock, Timestamp};
    use crate::sandbox::fault::Faults;

    #[tokio::test(start_paused = true)]
    async fn a_name_leads_to_its_machine_and_nowhere_else() {
        let clock = Clock::runtime(Timestamp::from_secs(1_800_000_000));
        let machines = Machines::new(clock.clone(), Faults::default(), 1);
        let machine = Machine {
            node: NodeId(1),
            twin: TwinId(2),
            software: Software::Casper,
            public: None,
            private: vec![("net1".to_owned(), "10.20.2.2".parse().unwrap())],
            mycelium: None,
            hostname: "first".to_owned(),
            since: clock.now(),
        };
        machines.start((ContractId(5), "vm1".to_owned()), machine);
        let route = |twin, network: Option<&str>| Route {
            contract: ContractId(6),
            node: NodeId(9),
            twin: TwinId(twin),
            backend: "http://10.20.2.2:80".to_owned(),
            network: network.map(str::to_owned),
        };
        let status = |name: &str| machines.answer_name(name, "GET", "/").status;
        machines.set_name("Mine.gent01.grid.sandbox", route(2, Some("net1")));
        machines.set_name("theirs.gent01.grid.sandbox", route(3, Some("net1")));
        machines.set_name("open.gent01.grid.sandbox", route(2, None));
        assert_eq!(status("mine.gent01.grid.sandbox:8080"), 200);
        assert_eq!(status("theirs.gent01.grid.sandbox"), 502, "another twin's network of the same name");
        assert_eq!(status("open.gent01.grid.sandbox"), 502, "a private address without its network");
        assert_eq!(status("none.gent01.grid.sandbox"), 404);
        machines.drop_name("mine.gent01.grid.sandbox", ContractId(7));
        assert_eq!(status("mine.gent01.grid.sandbox"), 200, "another contract cannot take it away");
        machines.drop_name("mine.gent01.grid.sandbox", ContractId(6));
        assert_eq!(status("mine.gent01.grid.sandbox"), 404);
    }
}
