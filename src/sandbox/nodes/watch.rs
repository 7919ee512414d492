//! The nodes' eye on the chain: contracts that went or are unpaid, and what is reported to it.

use super::engine::Job;
use super::ledger::runs;
use super::plan::Temper;
use super::{Fleet, NodeReport, NodeStatus, Seat};
use crate::clock::Timestamp;
use crate::grid::workload::{State, WorkloadData};
use crate::grid::{Call, ContractId, ContractState, GridResult, Resources, Tx};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a node tells its uptime.
const UPTIME: Duration = Duration::from_secs(40 * 60);
/// How often the chain is looked at when nothing tells of its blocks.
const LOOK: Duration = Duration::from_secs(1);
/// How often at least, when something does.
const AT_LEAST: Duration = Duration::from_secs(6);

impl Fleet {
    /// Watches the chain until `stop`; then all jobs end.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut blocks = self.options.blocks.clone();
        let mut seen = None;
        let mut told = self.clock.now();
        loop {
            let next = async {
                match &mut blocks {
                    Some(blocks) => {
                        if let Ok(Err(_)) = tokio::time::timeout(AT_LEAST, blocks.changed()).await {
                            // The chain has stopped telling; its end is not ours.
                            tokio::time::sleep(AT_LEAST).await;
                        }
                    }
                    None => tokio::time::sleep(LOOK).await,
                }
            };
            if stop.run_until_cancelled(next).await.is_none() {
                break;
            }
            let Ok(head) = self.chain.head().await else { continue };
            if seen != Some(head.number) {
                seen = Some(head.number);
                for seat in &self.seats {
                    self.look(seat).await;
                }
            }
            if self.options.reports && self.clock.now().since(told) >= UPTIME {
                told = self.clock.now();
                self.tell_uptime();
            }
        }
        self.stop().await;
    }

    /// Compares what one node holds with the chain.
    async fn look(self: &Arc<Self>, seat: &Arc<Seat>) {
        if !seat.answers() {
            return;
        }
        let held: Vec<(ContractId, bool, Vec<String>)> = {
            let ledger = seat.ledger();
            let checked = ledger.holdings.iter().filter(|(_, holding)| holding.checked);
            let told = checked.map(|(id, holding)| {
                let paused = holding.document.workloads.iter().any(|w| w.result.state == State::Paused);
                let names = holding.document.workloads.iter().filter(|w| runs(w)).filter_map(|w| match &w.data {
                    WorkloadData::GatewayNameProxy(gateway) => Some(gateway.name.clone()),
                    _ => None,
                });
                (*id, paused, names.collect())
            });
            told.collect()
        };
        for (id, paused, names) in held {
            match self.chain.contract(id).await {
                Ok(None) => self.enqueue(seat, Job::Remove(id)),
                Ok(Some(contract)) => match contract.state {
                    ContractState::Grace { .. } if !paused => self.enqueue(seat, Job::Pause(id)),
                    ContractState::Created if paused => self.enqueue(seat, Job::Resume(id)),
                    _ => self.check_names(seat, id, contract.twin, &names).await,
                },
                Err(_) => {}
            }
        }
        if self.options.reports {
            self.tell_resources(seat);
        }
    }

    /// A name whose contract has gone, or is another's, is served no longer.
    async fn check_names(&self, seat: &Seat, id: ContractId, twin: crate::grid::TwinId, names: &[String]) {
        for name in names {
            let lost = match self.chain.contract_by_name(name).await {
                Ok(None) => true,
                Ok(Some(found)) => matches!(self.chain.contract(found).await, Ok(Some(other)) if other.twin != twin),
                Err(_) => false,
            };
            if !lost {
                continue;
            }
            let workload = {
                let ledger = seat.ledger();
                let workloads = ledger.holdings.get(&id).map(|holding| holding.document.workloads.clone());
                workloads
                    .into_iter()
                    .flatten()
                    .find(|w| matches!(&w.data, WorkloadData::GatewayNameProxy(gateway) if gateway.name == *name))
            };
            if let Some(workload) = workload {
                let why = "workload decommissioned by system, reason: name contract is gone";
                self.remove_one(seat, id, &workload.name, why);
                self.save(seat, id).await;
            }
        }
    }

    /// Tells the chain what has changed since the last time, all contracts of the node at once.
    fn tell_resources(self: &Arc<Self>, seat: &Arc<Seat>) {
        let changed: Vec<(ContractId, Resources)> = {
            let ids: Vec<(ContractId, Option<Resources>)> = {
                let ledger = seat.ledger();
                ledger.holdings.iter().filter(|(_, h)| h.checked).map(|(id, h)| (*id, h.reported)).collect()
            };
            ids.into_iter()
                .map(|(id, told)| (id, Self::in_use(seat, id), told))
                .filter(|(_, now, told)| told.unwrap_or_default() != *now)
                .map(|(id, now, _)| (id, now))
                .collect()
        };
        if changed.is_empty() {
            return;
        }
        let (fleet, seat) = (self.clone(), seat.clone());
        self.tasks.spawn(async move {
            let Ok(_turn) = seat.reporting.try_lock() else { return };
            let call = Call::ReportResources { used: changed.clone() };
            let Some(Ok(())) = fleet.stop.run_until_cancelled(fleet.submit(&seat, call)).await else { return };
            for (id, used) in changed {
                if let Some(holding) = seat.ledger().holdings.get_mut(&id) {
                    holding.reported = Some(used);
                }
                if !seat.has_gone(id) {
                    fleet.save(&seat, id).await;
                }
            }
        });
    }

    fn tell_uptime(self: &Arc<Self>) {
        for seat in self.seats.iter().filter(|seat| seat.answers()) {
            let (fleet, seat) = (self.clone(), seat.clone());
            self.tasks.spawn(async move {
                let told = async {
                    let _turn = seat.reporting.lock().await;
                    // The hint has to be near the chain's time, whatever our own clock says.
                    let hint = fleet.chain.head().await?.time.secs();
                    let uptime = fleet.uptime(&seat, fleet.clock.now());
                    fleet.submit(&seat, Call::ReportUptime { uptime, hint }).await
                };
                if let Some(Err(error)) = fleet.stop.run_until_cancelled(told).await {
                    tracing::debug!(node = %seat.id, %error, "a sandbox node could not report its uptime");
                }
            });
        }
    }

    async fn submit(&self, seat: &Seat, call: Call) -> GridResult<()> {
        let prepared = self.chain.prepare(&seat.plan.identity, &Tx::all(vec![call])).await?;
        self.chain.send(&prepared).await.map(|_| ())
    }

    /// Seconds since the node's boot: it ran for some days before the sandbox did.
    fn uptime(&self, seat: &Seat, at: Timestamp) -> u64 {
        86_400 * (3 + u64::from(seat.id.0) * 7 % 90) + at.since(self.started).as_secs()
    }

    /// What a grid proxy is told of all nodes. A node that died lately is still believed to be up.
    pub fn reports(&self) -> Vec<NodeReport> {
        let now = self.clock.now();
        let of = |seat: &Arc<Seat>| {
            // Each node has its own minute in the period.
            let phase = (now.secs() + u64::from(seat.id.0) * 97) % UPTIME.as_secs();
            let (status, age) = match seat.plan.temper {
                Temper::Down => (NodeStatus::Down, 3 * 86_400 + phase),
                Temper::Standby => (NodeStatus::Standby, 6 * 3600 + phase),
                Temper::Dead => (NodeStatus::Up, 45 * 60 + phase / 2),
                _ => (NodeStatus::Up, phase),
            };
            let last_uptime = Timestamp(now.0.saturating_sub(age * 1000));
            NodeReport {
                node: seat.id,
                farm: seat.farm,
                twin: seat.twin,
                region: seat.plan.region.to_owned(),
                status,
                healthy: status == NodeStatus::Up && seat.plan.temper != Temper::Failing,
                features: seat.features.clone(),
                statistics: seat.ledger().statistics(&seat.plan),
                uptime: self.uptime(seat, last_uptime),
                last_uptime,
                grid_version: if seat.plan.flavour == super::Flavour::Full { 3 } else { 4 },
                upload: f64::from(100 + seat.id.0 * 37 % 900) * 1e6,
                download: f64::from(100 + seat.id.0 * 53 % 900) * 1e6,
                serial: seat.plan.serial.clone(),
            }
        };
        self.seats.iter().map(of).collect()
    }
}
