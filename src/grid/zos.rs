//! Node commands over the bus, typed (zos.md section 1).
//!
//! One method for each command that Bellhop uses; the node's errors come as [`GridError`] of the party
//! `Node`. Not here: what the commands mean for a deployment (`deploy`), nor the bus itself.

use super::workload::{Deployment, Workload};
use super::{Bus, Caller, ContractId, GridError, GridResult, Party, TwinId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an ordinary command may take.
const USUAL: Duration = Duration::from_secs(20);
/// `deploy` asks the identity check first, with retries.
const DEPLOY: Duration = Duration::from_secs(75);

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(d).map(Option::unwrap_or_default)
}

/// A sum of capacity: bytes, and counts of CPUs and addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Capacity {
    /// Virtual CPUs.
    pub cru: u64,
    /// SSD, bytes.
    pub sru: u64,
    /// HDD, bytes.
    pub hru: u64,
    /// Memory, bytes.
    pub mru: u64,
    /// Public IPv4 addresses.
    pub ipv4u: u64,
}

/// `zos.statistics.get`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// What the node has.
    pub total: Capacity,
    /// What is taken, `system` included.
    pub used: Capacity,
    /// What the node itself takes.
    pub system: Capacity,
    /// Who uses it.
    pub users: Users,
    /// Open connections.
    pub open_connections: u64,
}

/// Counts of what runs on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Users {
    /// Deployments.
    pub deployments: u64,
    /// Workloads.
    pub workloads: u64,
    /// Unix seconds of the newest deployment.
    pub last_deployment_timestamp: i64,
}

/// One disk pool; a disk has to fit into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// `ssd` or `hdd`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub used: u64,
}

/// A node's own public address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PublicAddress {
    /// IPv4 with mask.
    pub ipv4: String,
    /// IPv6 with mask.
    pub ipv6: String,
    /// IPv4 gateway.
    pub gw4: String,
    /// IPv6 gateway.
    pub gw6: String,
    /// The domain of its gateway.
    pub domain: String,
}

/// The addresses of a node's own interfaces, without masks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Interfaces {
    /// On its network.
    #[serde(deserialize_with = "list")]
    pub zos: Vec<String>,
    /// On yggdrasil; light nodes have none.
    #[serde(deserialize_with = "list")]
    pub ygg: Vec<String>,
}

/// What software a node runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// The operating system.
    pub zos: String,
    /// Its process manager.
    pub zinit: String,
}

/// A graphics card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// As a machine's `gpu` names it.
    pub id: String,
    /// Maker.
    #[serde(default)]
    pub vendor: String,
    /// Model.
    #[serde(default)]
    pub device: String,
    /// Who uses it; zero is nobody.
    #[serde(default)]
    pub contract: ContractId,
}

/// One node, asked by one caller.
#[derive(Clone, Copy)]
pub struct Zos<'a> {
    bus: &'a dyn Bus,
    caller: &'a Caller,
    node: TwinId,
}

impl<'a> Zos<'a> {
    /// `node` is the node's *twin*.
    pub fn new(bus: &'a dyn Bus, caller: &'a Caller, node: TwinId) -> Self {
        Self { bus, caller, node }
    }

    async fn ask<T: DeserializeOwned>(&self, command: &str, payload: Value, within: Duration) -> GridResult<T> {
        let answer = self.bus.call(self.caller, self.node, command, payload, within).await?;
        // Go writes an empty slice as null.
        serde_json::from_value(answer)
            .map_err(|why| GridError::passing(Party::Node, format!("{command}: an answer of another shape: {why}")))
    }

    async fn ask_list<T: DeserializeOwned>(&self, command: &str, payload: Value) -> GridResult<Vec<T>> {
        self.ask::<Option<Vec<T>>>(command, payload, USUAL).await.map(Option::unwrap_or_default)
    }

    /// Hands a new document over. `Ok` means accepted, not deployed; a document that is there already is
    /// accepted too, so that asking again after an unclear answer is safe.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn deploy(&self, document: &Deployment) -> GridResult<()> {
        let payload = serde_json::to_value(document)
            .map_err(|why| GridError::refused(Party::Node, "error", format!("the document has no JSON: {why}")))?;
        match self.ask::<Value>("zos.deployment.deploy", payload, DEPLOY).await {
            Ok(_) => Ok(()),
            Err(GridError::Refused(refused)) if refused.by == Party::Node => {
                // The protocol has one error code for everything; that this contract's document is there is
                // seen by asking for it, whatever words the node has for it.
                match self.get(document.contract_id).await {
                    Ok(Some(there)) if there.hash() == document.hash() => Ok(()),
                    _ => Err(GridError::Refused(refused)),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The caller's document of a contract with its results; `None` when the node does not have it.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn get(&self, contract: ContractId) -> GridResult<Option<Deployment>> {
        absent(self.ask("zos.deployment.get", json!({ "contract_id": contract }), USUAL).await)
    }

    /// Every change of state of a contract's workloads, oldest first; `None` when the node does not have it.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn changes(&self, contract: ContractId) -> GridResult<Option<Vec<Workload>>> {
        absent(self.ask_list("zos.deployment.changes", json!({ "contract_id": contract })).await)
    }

    /// The caller's documents that are active there.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn list(&self) -> GridResult<Vec<Deployment>> {
        self.ask_list("zos.deployment.list", Value::Null).await
    }

    /// Capacity, and what is taken of it.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn statistics(&self) -> GridResult<Statistics> {
        self.ask("zos.statistics.get", Value::Null, USUAL).await
    }

    /// Disk pools.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn pools(&self) -> GridResult<Vec<Pool>> {
        self.ask_list("zos.storage.pools", Value::Null).await
    }

    /// What it can run (zos.md section 8).
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn features(&self) -> GridResult<Vec<String>> {
        self.ask_list("zos.system.node_features_get", Value::Null).await
    }

    /// WireGuard ports that are taken.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn taken_ports(&self) -> GridResult<Vec<u16>> {
        self.ask_list("zos.network.list_wg_ports", Value::Null).await
    }

    /// Its own public address; `None` when the node answers with an error, which is how it says that it has none.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn public_address(&self) -> GridResult<Option<PublicAddress>> {
        absent(self.ask("zos.network.public_config_get", Value::Null, USUAL).await)
    }

    /// The addresses of its interfaces.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn interfaces(&self) -> GridResult<Interfaces> {
        self.ask("zos.network.interfaces", Value::Null, USUAL).await
    }

    /// Which software it runs; the cheapest sign of life.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn version(&self, within: Duration) -> GridResult<Version> {
        self.ask("zos.system.version", Value::Null, within).await
    }

    /// Its graphics cards.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn gpus(&self) -> GridResult<Vec<Gpu>> {
        self.ask_list("zos.gpu.list", Value::Null).await
    }
}

/// For commands whose only error is that the thing is not there.
fn absent<T>(answer: GridResult<T>) -> GridResult<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(GridError::Refused(refused)) if refused.by == Party::Node => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Identity, KeyKind};
    use async_trait::async_trait;
    use std::collections::HashMap;

    struct Canned(HashMap<&'static str, Result<Value, &'static str>>);

    #[async_trait]
    impl Bus for Canned {
        async fn call(&self, _: &Caller, _: TwinId, command: &str, _: Value, _: Duration) -> GridResult<Value> {
            match self.0.get(command) {
                Some(Ok(value)) => Ok(value.clone()),
                Some(Err(text)) => Err(GridError::refused(Party::Node, "error", text)),
                None => Err(GridError::unclear(Party::Node, "no answer")),
            }
        }
    }

    fn caller() -> Caller {
        Caller { identity: Identity::from_mini_secret(KeyKind::Sr25519, [1; 32]).unwrap(), twin: TwinId(1) }
    }

    #[tokio::test]
    async fn nulls_are_empty_lists_and_known_errors_are_none() {
        let caller = caller();
        let bus = Canned(HashMap::from([
            ("zos.deployment.get", Err("deployment not found")),
            ("zos.network.public_config_get", Err("no public config")),
            ("zos.deployment.list", Ok(Value::Null)),
            ("zos.network.interfaces", Ok(json!({ "zos": ["10.0.0.2"], "ygg": null }))),
            ("zos.storage.pools", Ok(json!([{ "name": "a", "type": "ssd", "size": 5, "used": 1 }]))),
        ]));
        let zos = Zos::new(&bus, &caller, TwinId(9));
        assert_eq!(zos.get(ContractId(4)).await.unwrap(), None);
        assert_eq!(zos.public_address().await.unwrap(), None);
        assert_eq!(zos.list().await.unwrap(), []);
        assert_eq!(zos.interfaces().await.unwrap().zos, ["10.0.0.2"]);
        assert_eq!(zos.pools().await.unwrap()[0].kind, "ssd");
        assert!(matches!(zos.statistics().await, Err(GridError::Unclear { by: Party::Node, .. })));
    }

    #[tokio::test]
    async fn deploying_again_is_accepted_only_when_the_same_document_is_there() {
        let caller = caller();
        let mut document = Deployment::new(TwinId(1), Vec::new());
        document.contract_id = ContractId(4);
        let there = serde_json::to_value(&document).unwrap();
        let bus = Canned(HashMap::from([("zos.deployment.deploy", Err("exists")), ("zos.deployment.get", Ok(there))]));
        let zos = Zos::new(&bus, &caller, TwinId(9));
        assert_eq!(zos.deploy(&document).await, Ok(()));
        document.description = "another".to_owned();
        assert!(matches!(zos.deploy(&document).await, Err(GridError::Refused(_))));
    }
}
