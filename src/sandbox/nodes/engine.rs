//! The node's engine: one job at a time, from an accepted document to running workloads and back.

use super::install::{Facts, duration, install};
use super::ledger::runs;
use super::plan::Temper;
use super::{Boots, Fleet, Seat, web_name};
use crate::grid::workload::{Deployment, Kind, Outcome, State, Workload, WorkloadData};
use crate::grid::{ContractId, ContractKind, PublicIp};
use crate::sandbox::fault::{Effect, Face};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What a node has to do for one contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Install all that waits.
    Install(ContractId),
    /// Carry out an update.
    Update(ContractId),
    /// Take everything away: the contract is gone.
    Remove(ContractId),
    /// Stop what runs: the contract is unpaid.
    Pause(ContractId),
    /// Start it again: it has been paid.
    Resume(ContractId),
}

/// What a fault does to a workload.
enum Twist {
    None,
    Fail(String),
    Lie(Value),
    /// It never gets past `init`.
    Hang,
}

impl Fleet {
    /// Puts a job at the end of the node's queue.
    pub(super) fn enqueue(self: &Arc<Self>, seat: &Arc<Seat>, job: Job) {
        let (fleet, seat, alive) = (self.clone(), seat.clone(), seat.alive.clone());
        self.tasks.spawn(async move {
            let work = async {
                let _turn = seat.lane.lock().await;
                match job {
                    Job::Install(contract) => fleet.install_all(&seat, contract).await,
                    Job::Update(contract) => fleet.carry_out(&seat, contract).await,
                    Job::Remove(contract) => fleet.remove_all(&seat, contract).await,
                    Job::Pause(contract) => fleet.hold(&seat, contract, true).await,
                    Job::Resume(contract) => fleet.hold(&seat, contract, false).await,
                }
            };
            alive.run_until_cancelled(work).await;
        });
    }

    /// The contract's addresses, when the contract is for this node and this document.
    pub(super) async fn contract_fits(&self, seat: &Seat, document: &Deployment) -> Result<Vec<PublicIp>, String> {
        let id = document.contract_id;
        let found = self.read(|| self.chain.contract(id)).await;
        let contract = match found {
            Ok(Some(contract)) => contract,
            Ok(None) => return Err("failed to get deployment contract: contract not found".to_owned()),
            Err(error) => return Err(format!("failed to get deployment contract: {error}")),
        };
        let ContractKind::Node { node, hash, ips, .. } = contract.kind else {
            return Err("invalid contract type, expecting node contract".to_owned());
        };
        if node != seat.id {
            return Err("invalid node address in contract".to_owned());
        }
        if hash != document.hash() {
            return Err("contract hash does not match deployment hash".to_owned());
        }
        Ok(ips)
    }

    /// Sets all workloads of a contract to an error.
    pub(super) async fn fail_all(&self, seat: &Seat, contract: ContractId, why: &str) {
        let created = self.seconds();
        if let Some(holding) = seat.ledger().holdings.get_mut(&contract) {
            holding.update = None;
            let names: Vec<String> = holding.document.workloads.iter().map(|workload| workload.name.clone()).collect();
            for name in names {
                let outcome = Outcome { created, state: State::Error, error: why.to_owned(), data: Value::Null };
                holding.record(&name, outcome);
            }
        }
        self.save(seat, contract).await;
    }

    async fn install_all(&self, seat: &Seat, contract: ContractId) {
        let Some(document) = seat.ledger().holdings.get(&contract).map(|holding| holding.document.clone()) else {
            return;
        };
        let ips = match self.contract_fits(seat, &document).await {
            Ok(ips) => ips,
            Err(why) => return self.fail_all(seat, contract, &why).await,
        };
        if let Some(holding) = seat.ledger().holdings.get_mut(&contract) {
            holding.checked = true;
        }
        for name in install_order(&document) {
            self.install_one(seat, contract, &name, &ips).await;
        }
    }

    /// Installs one workload that waits; anything else is left as it is.
    pub(super) async fn install_one(&self, seat: &Seat, contract: ContractId, name: &str, ips: &[PublicIp]) {
        let waiting = {
            let ledger = seat.ledger();
            let workload = ledger.holdings.get(&contract).and_then(|holding| holding.document.workload(name));
            workload.filter(|workload| workload.result.state == State::Init).cloned()
        };
        let Some(workload) = waiting else { return };
        let twist = self.twist(seat, workload.data.kind()).await;
        if matches!(twist, Twist::Hang) {
            return;
        }
        self.working_time(seat, workload.data.kind()).await;
        let facts = self.facts(seat, contract, &workload, ips).await;
        let created = self.seconds();
        {
            let mut ledger = seat.ledger();
            let Some(document) = ledger.holdings.get(&contract).map(|holding| holding.document.clone()) else { return };
            let result = match &twist {
                Twist::Fail(why) => Err(why.clone()),
                _ => install(seat, &ledger, &document, &workload, &facts),
            };
            let Some(holding) = ledger.holdings.get_mut(&contract) else { return };
            let outcome = match result {
                Ok((taken, data)) => {
                    holding.taken.insert(name.to_owned(), taken);
                    let data = if let Twist::Lie(lie) = twist { lie } else { data };
                    Outcome { created, state: State::Ok, error: String::new(), data }
                }
                Err(error) => Outcome { created, state: State::Error, error, data: Value::Null },
            };
            holding.record(name, outcome);
            if let Some(workload) = holding.document.workload(name) {
                self.light(seat, &holding.document, workload);
            }
        }
        self.save(seat, contract).await;
    }

    async fn twist(&self, seat: &Seat, kind: Kind) -> Twist {
        match self.faults.strike(Face::Workload, kind.word(), Some(seat.id)) {
            None => Twist::None,
            Some(Effect::Error(why)) => Twist::Fail(why),
            Some(Effect::Lie(value)) => Twist::Lie(value),
            Some(Effect::Delay(ms)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Twist::None
            }
            Some(Effect::Drop | Effect::Lose) => Twist::Hang,
            Some(Effect::Die) => {
                seat.die();
                Twist::Hang
            }
        }
    }

    pub(super) async fn working_time(&self, seat: &Seat, kind: Kind) {
        if self.options.boots == Boots::Instant {
            return;
        }
        let (from, to) = duration(kind);
        let mut ms = from + seat.dice.below(to - from);
        if seat.plan.temper == Temper::Slow {
            ms *= 6;
        }
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    async fn facts(&self, seat: &Seat, contract: ContractId, workload: &Workload, ips: &[PublicIp]) -> Facts {
        let mut facts = Facts { ips: ips.to_vec(), ..Facts::default() };
        if let WorkloadData::GatewayNameProxy(gateway) = &workload.data
            && let Ok(Some(id)) = self.read(|| self.chain.contract_by_name(&gateway.name)).await
            && let Ok(Some(found)) = self.read(|| self.chain.contract(id)).await
        {
            facts.name_owner = Some(found.twin);
        }
        if let Some((fqdn, ..)) = web_name(seat, &workload.data) {
            let fqdn = fqdn.to_ascii_lowercase();
            facts.name_taken =
                self.machines.names().iter().any(|(name, route)| *name == fqdn && route.contract != contract);
        }
        facts
    }

    /// Takes one workload away, and gives its capacity back.
    pub(super) fn remove_one(&self, seat: &Seat, contract: ContractId, name: &str, why: &str) {
        let mut ledger = seat.ledger();
        let Some(holding) = ledger.holdings.get_mut(&contract) else { return };
        holding.taken.remove(name);
        let created = self.seconds();
        holding.record(name, Outcome { created, state: State::Deleted, error: why.to_owned(), data: Value::Null });
        if let Some(workload) = holding.document.workload(name) {
            self.darken(seat, contract, workload);
        }
    }

    async fn remove_all(&self, seat: &Seat, contract: ContractId) {
        let names = {
            let ledger = seat.ledger();
            let Some(holding) = ledger.holdings.get(&contract) else { return };
            let mut names = install_order(&holding.document);
            names.reverse();
            names
        };
        if self.options.boots == Boots::Seeded {
            tokio::time::sleep(Duration::from_millis(200 + seat.dice.below(1300))).await;
        }
        for name in names {
            self.remove_one(seat, contract, &name, "contract canceled");
        }
        seat.ledger().holdings.remove(&contract);
        self.save(seat, contract).await;
    }

    async fn hold(&self, seat: &Seat, contract: ContractId, pause: bool) {
        {
            let mut ledger = seat.ledger();
            let Some(holding) = ledger.holdings.get_mut(&contract) else { return };
            let (from, to) = if pause { (State::Ok, State::Paused) } else { (State::Paused, State::Ok) };
            let affected: Vec<Workload> =
                holding.document.workloads.iter().filter(|workload| workload.result.state == from).cloned().collect();
            for workload in affected {
                let outcome = Outcome { created: workload.result.created, state: to, ..workload.result.clone() };
                holding.record(&workload.name, outcome);
                if pause {
                    self.darken(seat, contract, &workload);
                }
            }
            if !pause {
                let document = &holding.document;
                document.workloads.iter().for_each(|workload| self.light(seat, document, workload));
            }
        }
        self.save(seat, contract).await;
    }

    /// What a contract's workloads use now; nothing when none runs.
    pub(super) fn in_use(seat: &Seat, contract: ContractId) -> crate::grid::Resources {
        let ledger = seat.ledger();
        let holding = ledger.holdings.get(&contract);
        holding.filter(|holding| holding.document.workloads.iter().any(runs)).map(|h| h.uses()).unwrap_or_default()
    }
}

/// Names in the order in which a node installs: by type, and disks by size, the largest first.
pub fn install_order(document: &Deployment) -> Vec<String> {
    let mut order: Vec<&Workload> = document.workloads.iter().collect();
    order.sort_by_key(|workload| {
        let kind = workload.data.kind();
        let size = if matches!(kind, Kind::Zmount | Kind::Volume) { workload.data.capacity().sru } else { 0 };
        (kind, std::cmp::Reverse(size))
    });
    order.into_iter().map(|workload| workload.name.clone()).collect()
}
