//! Updates of a deployment in place (zos.md section 6): removals first, then additions and changes.

use super::engine::install_order;
use super::{Fleet, Seat, install};
use crate::grid::ContractId;
use crate::grid::workload::{Deployment, Outcome, State, Workload};
use serde_json::Value;
use std::collections::HashMap;

/// Whether `new` is a lawful next version of `old`.
///
/// # Errors
/// The node's words.
pub fn check(old: &Deployment, new: &Deployment) -> Result<(), String> {
    let expected = old.version.saturating_add(1);
    if new.version != expected {
        return Err(format!("expecting deployment version {expected}, got {}", new.version));
    }
    if old.public_ips() != new.public_ips() {
        return Err("cannot change the number of public ips".to_owned());
    }
    let before: HashMap<&str, &Workload> = old.workloads.iter().map(|w| (w.name.as_str(), w)).collect();
    for workload in &new.workloads {
        match before.get(workload.name.as_str()) {
            None if workload.version != expected => {
                return Err(format!("invalid version number for workload '{}' expected '{expected}'", workload.name));
            }
            None => {}
            Some(older) if older.data.kind() != workload.data.kind() => {
                return Err(format!("cannot change workload type '{}'", workload.name));
            }
            Some(older) if older.version == workload.version => {}
            Some(_) if workload.version != expected => {
                return Err(format!("invalid version number for workload '{}' expected '{expected}'", workload.name));
            }
            Some(_) if !workload.data.kind().can_update() => {
                return Err(format!("workload '{}' does not support upgrade", workload.data.kind().word()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

impl Fleet {
    /// The job that carries an accepted update out.
    pub(super) async fn carry_out(&self, seat: &Seat, contract: ContractId) {
        let Some((old, new)) = seat
            .ledger()
            .holdings
            .get(&contract)
            .and_then(|holding| Some((holding.document.clone(), holding.update.clone()?)))
        else {
            return;
        };
        let ips = match self.contract_fits(seat, &new).await {
            Ok(ips) => ips,
            Err(why) => return self.fail_all(seat, contract, &why).await,
        };
        let mut gone: Vec<String> =
            install_order(&old).into_iter().filter(|name| new.workload(name).is_none()).collect();
        gone.reverse();
        for name in gone {
            self.remove_one(seat, contract, &name, "deleted by an update");
            if let Some(holding) = seat.ledger().holdings.get_mut(&contract) {
                holding.document.workloads.retain(|workload| workload.name != name);
            }
        }
        for name in install_order(&new) {
            let Some(workload) = new.workload(&name) else { continue };
            match old.workload(&name) {
                None => {
                    if let Some(holding) = seat.ledger().holdings.get_mut(&contract) {
                        let mut fresh = workload.clone();
                        let created = self.seconds();
                        fresh.result = Outcome { created, state: State::Init, ..Outcome::default() };
                        holding.changes.push(fresh.clone());
                        holding.document.workloads.push(fresh);
                    }
                    self.install_one(seat, contract, &name, &ips).await;
                }
                Some(older) if older.version == workload.version => {}
                Some(older) => self.change_one(seat, contract, older, workload).await,
            }
        }
        if let Some(holding) = seat.ledger().holdings.get_mut(&contract) {
            holding.update = None;
            // The order is hashed: keep the client's.
            let order: Vec<&str> = new.workloads.iter().map(|workload| workload.name.as_str()).collect();
            holding.document.workloads.sort_by_key(|workload| order.iter().position(|name| *name == workload.name));
        }
        self.save(seat, contract).await;
    }

    async fn change_one(&self, seat: &Seat, contract: ContractId, old: &Workload, new: &Workload) {
        self.working_time(seat, new.data.kind()).await;
        let created = self.seconds();
        let mut ledger = seat.ledger();
        let Some(document) = ledger.holdings.get(&contract).map(|holding| holding.document.clone()) else { return };
        let changed = install::change(seat, &ledger, &document, old, new);
        let Some(holding) = ledger.holdings.get_mut(&contract) else { return };
        let slot = holding.document.workloads.iter_mut().find(|workload| workload.name == new.name);
        let data = old.result.data.clone();
        let outcome = match changed {
            Ok(taken) => {
                holding.taken.insert(new.name.clone(), taken);
                if let Some(slot) = slot {
                    *slot = new.clone();
                }
                Outcome { created, state: State::Ok, error: String::new(), data }
            }
            Err(error) => {
                if let Some(slot) = slot {
                    slot.version = new.version;
                }
                Outcome { created, state: State::Unchanged, error, data: Value::Null }
            }
        };
        holding.record(&new.name, outcome);
    }
}
