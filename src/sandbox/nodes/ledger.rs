//! What one node holds, and what that takes of it. Pure book-keeping: no time, no chain, no waiting.

use super::plan::NodePlan;
use crate::grid::workload::{Deployment, Kind, Outcome, Workload};
use crate::grid::zos::{Capacity, Pool, Statistics, Users};
use crate::grid::{ContractId, GIB, Resources, TwinId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// SSD that the node keeps for itself.
const OWN_SSD: u64 = 20 * GIB;

/// Which kind of disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// Solid state.
    Ssd,
    /// Spinning.
    Hdd,
}

/// A place on a disk: which medium, which pool of it, how many bytes.
pub type Slice = (Medium, usize, u64);

/// What one workload takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Virtual CPUs (shared, only counted).
    pub cru: u64,
    /// Memory, bytes.
    pub mru: u64,
    /// Its place on a disk.
    pub disk: Option<Slice>,
}

/// One contract's deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Holding {
    /// The document, each workload with its present result.
    pub document: Deployment,
    /// Every change of state, oldest first.
    pub changes: Vec<Workload>,
    /// What its workloads take, by name.
    pub taken: BTreeMap<String, Taken>,
    /// Its contract has been seen on the chain and fits.
    pub checked: bool,
    /// What the chain was told that it uses.
    pub reported: Option<Resources>,
    /// The newest document of an update that has not been carried out.
    pub update: Option<Deployment>,
}

impl Holding {
    /// Notes a new result of a workload.
    pub fn record(&mut self, name: &str, outcome: Outcome) {
        if let Some(workload) = self.document.workloads.iter_mut().find(|workload| workload.name == name) {
            workload.result = outcome;
            self.changes.push(workload.clone());
        }
    }

    /// The workloads that run, with what they take.
    pub fn uses(&self) -> Resources {
        self.taken.values().fold(Resources::default(), |sum, taken| {
            let (sru, hru) = match taken.disk {
                Some((Medium::Ssd, _, bytes)) => (bytes, 0),
                Some((Medium::Hdd, _, bytes)) => (0, bytes),
                None => (0, 0),
            };
            Resources {
                cru: sum.cru.saturating_add(taken.cru),
                mru: sum.mru.saturating_add(taken.mru),
                sru: sum.sru.saturating_add(sru),
                hru: sum.hru.saturating_add(hru),
            }
        })
    }
}

/// All that one node holds.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// By contract.
    pub holdings: BTreeMap<ContractId, Holding>,
}

impl Ledger {
    /// The contract under which a twin has a network of this name here.
    pub fn network(&self, twin: TwinId, name: &str) -> Option<ContractId> {
        self.holdings.iter().find_map(|(id, holding)| {
            let document = &holding.document;
            (document.twin_id == twin
                && document.workload(name).is_some_and(|workload| workload.data.network().is_some()))
            .then_some(*id)
        })
    }

    /// WireGuard ports that are taken.
    pub fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self
            .workloads()
            .filter(|(_, workload)| runs(workload))
            .filter_map(|(_, workload)| workload.data.network().map(|network| network.wireguard_listen_port))
            .filter(|port| *port != 0)
            .collect();
        ports.sort_unstable();
        ports
    }

    /// All workloads with their contract.
    pub fn workloads(&self) -> impl Iterator<Item = (ContractId, &Workload)> {
        self.holdings.iter().flat_map(|(id, holding)| holding.document.workloads.iter().map(|workload| (*id, workload)))
    }

    /// Disk pools and what is used of each.
    pub fn pools(&self, plan: &NodePlan) -> Vec<(Medium, u64, u64)> {
        let ssd = plan.ssd.iter().map(|size| (Medium::Ssd, *size));
        let hdd = plan.hdd.iter().map(|size| (Medium::Hdd, *size));
        let mut pools: Vec<(Medium, u64, u64)> = ssd.chain(hdd).map(|(medium, size)| (medium, size, 0)).collect();
        let own = [(Medium::Ssd, OWN_SSD), (Medium::Ssd, plan.load.sru), (Medium::Hdd, plan.load.hru)];
        for (medium, mut bytes) in own {
            for (_, size, used) in pools.iter_mut().filter(|(kind, ..)| *kind == medium) {
                let here = bytes.min(size.saturating_sub(*used));
                *used += here;
                bytes -= here;
            }
        }
        for taken in self.holdings.values().flat_map(|holding| holding.taken.values()) {
            if let Some((_, index, bytes)) = taken.disk
                && let Some((_, _, used)) = pools.get_mut(index)
            {
                *used = used.saturating_add(bytes);
            }
        }
        pools
    }

    /// Disk pools as the node tells them.
    pub fn pool_list(&self, plan: &NodePlan) -> Vec<Pool> {
        let told = self.pools(plan).into_iter().enumerate().map(|(index, (medium, size, used))| Pool {
            name: format!("pool-{index}"),
            kind: match medium {
                Medium::Ssd => "ssd".to_owned(),
                Medium::Hdd => "hdd".to_owned(),
            },
            size,
            used,
        });
        told.collect()
    }

    /// Memory that the node keeps for itself.
    fn own_memory(plan: &NodePlan) -> u64 {
        (2 * GIB).max(plan.resources.mru / 10)
    }

    fn uses(&self) -> Resources {
        self.holdings.values().map(Holding::uses).fold(Resources::default(), |a, b| Resources {
            cru: a.cru.saturating_add(b.cru),
            mru: a.mru.saturating_add(b.mru),
            sru: a.sru.saturating_add(b.sru),
            hru: a.hru.saturating_add(b.hru),
        })
    }

    /// `zos.statistics.get`
    pub fn statistics(&self, plan: &NodePlan) -> Statistics {
        let uses = self.uses();
        let system = Capacity { cru: 0, sru: OWN_SSD, hru: 0, mru: Self::own_memory(plan), ipv4u: 0 };
        let addresses = self.workloads().filter(|(_, workload)| workload.data.kind() == Kind::Ip && runs(workload));
        let total = plan.resources;
        let newest = self.workloads().map(|(_, workload)| workload.result.created).max().unwrap_or(0);
        Statistics {
            total: Capacity { cru: total.cru, sru: total.sru, hru: total.hru, mru: total.mru, ipv4u: 0 },
            used: Capacity {
                cru: uses.cru + plan.load.cru,
                sru: (uses.sru + plan.load.sru + system.sru).min(total.sru),
                hru: uses.hru + plan.load.hru,
                mru: uses.mru + plan.load.mru + system.mru,
                ipv4u: u64::try_from(addresses.count()).unwrap_or(u64::MAX),
            },
            system,
            users: Users {
                deployments: u64::try_from(self.holdings.len()).unwrap_or(u64::MAX),
                workloads: u64::try_from(self.workloads().count()).unwrap_or(u64::MAX),
                last_deployment_timestamp: newest,
            },
            open_connections: 0,
        }
    }

    /// Finds room for a workload. Nothing is noted: the caller puts it into the holding.
    ///
    /// # Errors
    /// The node's words.
    pub fn room(&self, plan: &NodePlan, workload: &Workload) -> Result<Taken, String> {
        let need = workload.data.capacity();
        if need.cru > plan.resources.cru {
            return Err(format!("cannot use {} cpus, the node has {}", need.cru, plan.resources.cru));
        }
        let statistics = self.statistics(plan);
        let usable = statistics.total.mru.saturating_sub(statistics.used.mru);
        if need.mru > usable {
            return Err(format!("cannot fulfil required memory size {} bytes out of usable {usable} bytes", need.mru));
        }
        let place = |medium: Medium, bytes: u64, word: &str| -> Result<Option<Slice>, String> {
            if bytes == 0 {
                return Ok(None);
            }
            self.pools(plan)
                .into_iter()
                .enumerate()
                .find(|(_, (kind, size, used))| *kind == medium && size.saturating_sub(*used) >= bytes)
                .map(|(index, _)| Some((medium, index, bytes)))
                .ok_or_else(|| format!("not enough space left in pools of this type {word}"))
        };
        let disk =
            if need.hru > 0 { place(Medium::Hdd, need.hru, "hdd")? } else { place(Medium::Ssd, need.sru, "ssd")? };
        Ok(Taken { cru: need.cru, mru: need.mru, disk })
    }
}

/// Whether a workload is there: neither failed nor gone nor still waiting.
pub fn runs(workload: &Workload) -> bool {
    use crate::grid::workload::State;
    matches!(workload.result.state, State::Ok | State::Paused | State::Unchanged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::workload::{Volume, WorkloadData};
    use crate::sandbox::nodes::Plan;
    use proptest::prelude::*;

    fn holding(id: u64) -> Holding {
        let mut document = Deployment::new(TwinId(1), Vec::new());
        document.contract_id = ContractId(id);
        Holding { document, changes: Vec::new(), taken: BTreeMap::new(), checked: true, reported: None, update: None }
    }

    fn machine(memory: u64) -> WorkloadData {
        serde_json::from_value(serde_json::json!({ "type": "zmachine", "data": {
            "flist": "f", "network": { "interfaces": [] }, "compute_capacity": { "cpu": 1, "memory": memory },
        }}))
        .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_free_is_never_below_zero(
            node in 0usize..60,
            steps in prop::collection::vec((any::<bool>(), 0u64..1 << 42, 0u64..8), 1..60),
        ) {
            let plan = Plan::usual(1);
            let plan = &plan.nodes[node];
            let mut ledger = Ledger::default();
            let before = ledger.statistics(plan);
            for (index, (disk, size, victim)) in steps.into_iter().enumerate() {
                let data = if disk { WorkloadData::Zmount(Volume { size }) } else { machine(size / 16) };
                if let Ok(taken) = ledger.room(plan, &Workload::new("w", data)) {
                    let mut holding = holding(index as u64);
                    holding.taken.insert("w".to_owned(), taken);
                    ledger.holdings.insert(ContractId(index as u64), holding);
                }
                if victim == 0 {
                    ledger.holdings.pop_first();
                }
                let now = ledger.statistics(plan);
                prop_assert!(now.used.mru <= now.total.mru && now.used.sru <= now.total.sru);
                for (_, size, used) in ledger.pools(plan) {
                    prop_assert!(used <= size);
                }
            }
            ledger.holdings.clear();
            prop_assert_eq!(ledger.statistics(plan), before);
        }
    }
}
