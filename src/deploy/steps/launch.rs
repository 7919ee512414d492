//! Launching: each document to its node, and following until every workload is up.

use super::{Halt, Work, fail};
use crate::deploy::document::Document;
use crate::deploy::event::{Addresses, FailureKind};
use crate::grid::workload::{Deployment, MachineResult, PublicIpResult, State, WorkloadData};
use crate::grid::zos::Zos;
use crate::grid::{Caller, ContractId, GridError, Party};
use std::time::Duration;
use tokio::time::Instant;

/// Before the second question to a node: some workloads are there at once.
const FIRST: Duration = Duration::from_millis(100);
/// Between two questions, once it takes longer. Ready is seen within this time of being true.
const POLL: Duration = Duration::from_secs(1);
/// Between two questions, once it takes much longer.
const SLOW_POLL: Duration = Duration::from_secs(5);
/// When it does.
const LONG: Duration = Duration::from_secs(120);
/// A node that has not answered anything for this long is lost.
const SILENCE: Duration = Duration::from_secs(90);

impl Work<'_> {
    /// Sends the documents and follows them to their end.
    pub async fn launch(&self) -> Result<Addresses, Halt> {
        let caller = self.caller().await?;
        let site = self.site().await?;
        let documents = self.documents(caller.twin, &site).await?;
        let contracts =
            self.entry.log().await.parts.get(usize::from(self.part)).and_then(|p| p.contract.done().cloned());
        let Some(contracts) = contracts else { return Err(Halt::Again("no contracts yet".to_owned())) };
        let machine = self.follow(&caller, &documents.machine, contracts.machine);
        let gateway = async {
            match (&documents.gateway, contracts.gateway) {
                (Some(document), Some(contract)) => self.follow(&caller, document, contract).await.map(Some),
                _ => Ok(None),
            }
        };
        let (machine, gateway) = tokio::try_join!(machine, gateway)?;
        let mut addresses = Addresses { private: Some(site.private_ip()), ..Addresses::default() };
        for workload in &machine.workloads {
            match &workload.data {
                WorkloadData::Ip(_) => {
                    let ip = workload.result.read::<PublicIpResult>().unwrap_or_default().ip;
                    addresses.ipv4 = ip.split('/').next().filter(|ip| !ip.is_empty()).map(str::to_owned);
                }
                data if data.machine().is_some() => {
                    let result = workload.result.read::<MachineResult>().unwrap_or_default();
                    addresses.mycelium = Some(result.mycelium_ip).filter(|ip| !ip.is_empty());
                }
                _ => {}
            }
        }
        let scheme = &self.tools.grid.network.gateway_scheme;
        addresses.web = gateway.and(site.gateway.as_ref()).map(|gateway| format!("{scheme}://{}/", gateway.fqdn()));
        Ok(addresses)
    }

    /// One document: handed over unless it is there, then asked after until it is final.
    async fn follow(&self, caller: &Caller, document: &Document, contract: ContractId) -> Result<Deployment, Halt> {
        let zos = Zos::new(self.tools.grid.bus.as_ref(), caller, document.twin);
        let mut signed = document.deployment.clone();
        signed.contract_id = contract;
        signed.sign(&caller.identity);
        let node = Some(document.node);
        let began = Instant::now();
        let mut heard = began;
        let mut pause = FIRST;
        loop {
            let trouble = match zos.get(contract).await {
                Ok(Some(there)) => {
                    heard = Instant::now();
                    if let Some(end) = judge(&there) {
                        return end.map(|()| there).map_err(|text| fail(FailureKind::Workload, node, text));
                    }
                    None
                }
                Ok(None) => match zos.deploy(&signed).await {
                    Ok(()) => {
                        heard = Instant::now();
                        None
                    }
                    // The node has read it and will not have it: asking again gives the same answer.
                    Err(GridError::Refused(refused)) if refused.by == Party::Node => {
                        return Err(fail(FailureKind::Refused, node, refused.text));
                    }
                    Err(error) => Some(error),
                },
                Err(error) => Some(error),
            };
            if matches!(trouble, Some(GridError::Passing { by: Party::Relay, .. })) {
                // The way to all nodes is cut: no fault of this one.
                heard = Instant::now();
            }
            if let Some(error) = trouble
                && heard.elapsed() >= SILENCE
            {
                return Err(fail(FailureKind::Silent, node, error.to_string()));
            }
            if began.elapsed() >= self.tools.config.launch_within() {
                return Err(fail(FailureKind::Slow, node, String::new()));
            }
            tokio::time::sleep(pause).await;
            pause = (pause + pause / 2).min(if began.elapsed() < LONG { POLL } else { SLOW_POLL });
        }
    }
}

/// `None` while anything is still under way; then all well, or the first error in the node's words.
fn judge(there: &Deployment) -> Option<Result<(), String>> {
    let bad = there.workloads.iter().find(|w| w.result.state.is_final() && w.result.state != State::Ok);
    if let Some(workload) = bad {
        return Some(Err(format!("{}: {} {}", workload.name, workload.result.state.word(), workload.result.error)));
    }
    there.workloads.iter().all(|w| w.result.state == State::Ok).then_some(Ok(()))
}
