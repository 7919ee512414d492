//! The node's commands on the bus (zos.md section 1): what is asked, and the node's words for every no.

use super::engine::Job;
use super::ledger::{Holding, runs};
use super::plan::{Flavour, Temper};
use super::{Accounts, Boots, Fleet, Seat};
use crate::grid::workload::{Deployment, Outcome, State};
use crate::grid::{ContractId, NodeId, TwinId};
use crate::sandbox::fault::{Effect, Face};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

type Said = Result<Value, String>;

fn say(value: impl serde::Serialize) -> Said {
    serde_json::to_value(value).map_err(|why| why.to_string())
}

fn read<T: DeserializeOwned>(payload: Value) -> Result<T, String> {
    serde_json::from_value(payload).map_err(|why| format!("failed to load request payload: {why}"))
}

#[derive(serde::Deserialize)]
struct ByContract {
    contract_id: ContractId,
}

#[derive(serde::Deserialize)]
struct ByNetwork {
    network_name: String,
}

impl Fleet {
    /// Runs a command of `from` on a node, whose signature has been checked. `None`: no answer, ever (the node is
    /// dead, or a fault keeps it silent). `Err` is the text of an error answer.
    pub async fn handle(
        self: &Arc<Self>,
        node: NodeId,
        from: TwinId,
        command: &str,
        payload: Value,
    ) -> Option<Result<Value, String>> {
        let seat = self.seat(node)?.clone();
        if !seat.answers() {
            return None;
        }
        self.take_time(&seat).await;
        let said = match self.faults.strike(Face::Node, command, Some(node)) {
            None => Some(self.command(&seat, from, command, payload).await),
            Some(Effect::Drop) => None,
            Some(Effect::Delay(ms)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Some(self.command(&seat, from, command, payload).await)
            }
            Some(Effect::Error(text)) => Some(Err(text)),
            Some(Effect::Lie(value)) => Some(Ok(value)),
            Some(Effect::Lose) => {
                // The thing is done, whatever came of it; only the answer is lost.
                let _ = self.command(&seat, from, command, payload).await;
                None
            }
            Some(Effect::Die) => {
                seat.die();
                None
            }
        };
        said.filter(|_| seat.answers())
    }

    async fn take_time(&self, seat: &Seat) {
        let ms = match (seat.plan.temper, self.options.boots) {
            (Temper::Slow, _) => 4000 + seat.dice.below(3000),
            (_, Boots::Seeded) => 5 + seat.dice.below(60),
            (_, Boots::Instant) => return,
        };
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn command(self: &Arc<Self>, seat: &Arc<Seat>, from: TwinId, command: &str, payload: Value) -> Said {
        match command {
            "zos.deployment.deploy" => self.deploy(seat, from, read(payload)?).await,
            "zos.deployment.update" => self.update(seat, from, read(payload)?).await,
            "zos.deployment.get" => own(seat, from, read(payload)?, |holding| say(&holding.document)),
            "zos.deployment.changes" => own(seat, from, read(payload)?, |holding| say(&holding.changes)),
            "zos.deployment.list" => say(active(seat, from)),
            "zos.deployment.delete" => {
                Err("deletion over the api is disabled, please cancel your contract instead".to_owned())
            }
            "zos.statistics.get" => say(seat.ledger().statistics(&seat.plan)),
            "zos.storage.pools" => say(seat.ledger().pool_list(&seat.plan)),
            "zos.gpu.list" | "zos.perf.get_all" => Ok(json!([])),
            "zos.network.list_wg_ports" => say(seat.ledger().ports()),
            "zos.network.public_config_get" => match &seat.plan.public_config {
                None => Err("no public configuration set on this node".to_owned()),
                Some(config) => Ok(json!({
                    "type": "vlan", "ipv4": config.ipv4, "ipv6": "", "gw4": config.gw4, "gw6": "",
                    "domain": config.domain.as_deref().unwrap_or_default(),
                })),
            },
            "zos.network.interfaces" => Ok(match seat.plan.flavour {
                Flavour::Full => json!({ "zos": [seat.private_ip()], "ygg": [format!("300:{:x}::1", seat.id.0)] }),
                Flavour::Light => json!({ "zos": [seat.private_ip()] }),
            }),
            "zos.network.has_ipv6" => say(seat.plan.flavour == Flavour::Full),
            "zos.network.list_public_ips" if seat.plan.flavour == Flavour::Full => say(public_ips(seat)),
            "zos.network.list_private_ips" => say(private_ips(seat, from, &read::<ByNetwork>(payload)?.network_name)),
            "zos.system.version" => Ok(match seat.plan.flavour {
                Flavour::Full => json!({ "zos": "3.14.0", "zinit": "v0.2.14" }),
                Flavour::Light => json!({ "zos": "4.2.0", "zinit": "v0.2.14" }),
            }),
            "zos.system.node_features_get" => say(&seat.features),
            "zos.system.hypervisor" => Ok(json!("")),
            "zos.system.dmi" => Ok(json!({ "sections": [], "serial": seat.plan.serial })),
            "zos.system.diagnostics" => Ok(json!({ "system_status_ok": true, "healthy": true })),
            "zos.location.get" => Ok(json!({
                "city": seat.plan.city, "country": seat.plan.country, "continent": seat.plan.region,
                "latitude": seat.plan.latitude, "longitude": seat.plan.longitude,
            })),
            _ => Err(format!("command '{command}' is not supported")),
        }
    }

    /// All checks that come before a document is stored, in the node's order.
    async fn admit(&self, from: TwinId, document: &Deployment) -> Result<(), String> {
        document.validate().map_err(|no| no.0)?;
        if document.twin_id != from {
            return Err(format!("twin id mismatch (deployment: {}, message: {from})", document.twin_id));
        }
        if !(self.kyc)(from) {
            return Err(format!("user with twin id {from} is not verified"));
        }
        let mut accounts: Accounts = BTreeMap::new();
        for request in &document.signature_requirement.requests {
            let twin = request.twin_id;
            match self.read(|| self.chain.twin(twin)).await {
                Ok(Some(found)) => accounts.insert(twin, found.account),
                Ok(None) => None,
                Err(error) => return Err(format!("failed to get public key for twin '{twin}': {error}")),
            };
        }
        document.verify(&accounts).map_err(|no| no.0)
    }

    async fn deploy(self: &Arc<Self>, seat: &Arc<Seat>, from: TwinId, mut document: Deployment) -> Said {
        self.admit(from, &document).await?;
        if document.version != 0 {
            return Err("expected version to be 0 on deployment creation: invalid version".to_owned());
        }
        let contract = document.contract_id;
        let now = self.seconds();
        for workload in &mut document.workloads {
            workload.result = Outcome { created: now, state: State::Init, ..Outcome::default() };
        }
        {
            let mut ledger = seat.ledger();
            if ledger.holdings.contains_key(&contract) {
                return Err("exists".to_owned());
            }
            for workload in document.workloads.iter().filter(|workload| workload.data.network().is_some()) {
                if ledger.network(from, &workload.name).is_some() {
                    return Err(format!("global workload with the same name '{}' exists: conflict", workload.name));
                }
            }
            let changes = document.workloads.clone();
            let taken = BTreeMap::new();
            let holding = Holding { document, changes, taken, checked: false, reported: None, update: None };
            ledger.holdings.insert(contract, holding);
        }
        self.save(seat, contract).await;
        self.enqueue(seat, Job::Install(contract));
        Ok(Value::Null)
    }

    async fn update(self: &Arc<Self>, seat: &Arc<Seat>, from: TwinId, document: Deployment) -> Said {
        self.admit(from, &document).await?;
        let contract = document.contract_id;
        {
            let mut ledger = seat.ledger();
            let holding = ledger.holdings.get_mut(&contract).filter(|holding| holding.document.twin_id == from);
            let holding = holding.ok_or("deployment not found")?;
            super::update::check(&holding.document, &document)?;
            holding.document.version = document.version;
            holding.document.metadata.clone_from(&document.metadata);
            holding.document.description.clone_from(&document.description);
            holding.document.signature_requirement = document.signature_requirement.clone();
            holding.update = Some(document);
        }
        self.save(seat, contract).await;
        self.enqueue(seat, Job::Update(contract));
        Ok(Value::Null)
    }

    /// The present moment as nodes write it: Unix seconds.
    pub(super) fn seconds(&self) -> i64 {
        i64::try_from(self.clock.now().secs()).unwrap_or(i64::MAX)
    }
}

fn own(seat: &Seat, from: TwinId, asked: ByContract, answer: impl FnOnce(&Holding) -> Said) -> Said {
    let ledger = seat.ledger();
    match ledger.holdings.get(&asked.contract_id).filter(|holding| holding.document.twin_id == from) {
        Some(holding) => answer(holding),
        None => Err("deployment not found".to_owned()),
    }
}

fn active(seat: &Seat, from: TwinId) -> Vec<Deployment> {
    let ledger = seat.ledger();
    let own = ledger.holdings.values().map(|holding| &holding.document).filter(|document| document.twin_id == from);
    own.filter(|d| d.workloads.iter().any(|w| !matches!(w.result.state, State::Deleted | State::Error)))
        .cloned()
        .collect()
}

fn public_ips(seat: &Seat) -> Vec<String> {
    use crate::grid::workload::PublicIpResult;
    let ledger = seat.ledger();
    let held = ledger.workloads().filter(|(_, workload)| runs(workload));
    held.filter_map(|(_, workload)| workload.result.read::<PublicIpResult>().map(|result| result.ip))
        .filter(|ip| ip.contains('/'))
        .collect()
}

fn private_ips(seat: &Seat, from: TwinId, network: &str) -> Vec<String> {
    let ledger = seat.ledger();
    let mine = ledger.holdings.values().filter(|holding| holding.document.twin_id == from);
    mine.flat_map(|holding| &holding.document.workloads)
        .filter(|workload| runs(workload))
        .filter_map(|workload| workload.data.machine())
        .flat_map(|machine| &machine.network.interfaces)
        .filter(|interface| interface.network == network)
        .map(|interface| interface.ip.to_string())
        .collect()
}
