//! What of a node can be seen from outside: its machines, and the web names that it serves.

use super::{Fleet, Seat, install};
use crate::grid::ContractId;
use crate::grid::workload::{Deployment, State, Workload, WorkloadData};
use crate::sandbox::machines::Route;

impl Fleet {
    /// Makes a workload that runs visible from outside: its machine, or its web name.
    pub(super) fn light(&self, seat: &Seat, document: &Deployment, workload: &Workload) {
        if workload.result.state != State::Ok {
            return;
        }
        if let Some(machine) = install::machine(seat, document, workload) {
            self.machines.start((document.contract_id, workload.name.clone()), machine);
        }
        if let Some((fqdn, backend, network)) = web_name(seat, &workload.data) {
            let route =
                Route { contract: document.contract_id, node: seat.id, twin: document.twin_id, backend, network };
            self.machines.set_name(&fqdn, route);
        }
    }

    /// Takes it away again.
    pub(super) fn darken(&self, seat: &Seat, contract: ContractId, workload: &Workload) {
        if workload.data.machine().is_some() {
            self.machines.stop(&(contract, workload.name.clone()));
        }
        if let Some((fqdn, ..)) = web_name(seat, &workload.data) {
            self.machines.drop_name(&fqdn, contract);
        }
    }
}

/// The whole name that a gateway workload serves on this node, its backend, and its network.
pub(super) fn web_name(seat: &Seat, data: &WorkloadData) -> Option<(String, String, Option<String>)> {
    match data {
        WorkloadData::GatewayNameProxy(gateway) => {
            let fqdn = format!("{}.{}", gateway.name, seat.plan.domain()?);
            Some((fqdn, gateway.backends.first()?.clone(), gateway.network.clone()))
        }
        WorkloadData::GatewayFqdnProxy(gateway) => {
            Some((gateway.fqdn.clone(), gateway.backends.first()?.clone(), gateway.network.clone()))
        }
        _ => None,
    }
}
