//! Leftovers: contracts and reservations that should not be there.
//!
//! A pure comparison of the chain with what the nodes hold. Right after a contract was made, and right after it
//! was cancelled, the two differ for a moment; who expects none looks when things have come to rest.

use crate::grid::{Contract, ContractId, ContractKind, FarmId, NodeId, Survey, TwinId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What a node holds for one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The node.
    pub node: NodeId,
    /// The contract that it was deployed under.
    pub contract: ContractId,
    /// Whose it is.
    pub twin: TwinId,
    /// Some of its workloads are there (not all are deleted or failed).
    pub live: bool,
    /// Web names that it serves.
    pub names: Vec<String>,
}

/// Something that should not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Leftover {
    /// A node contract with no live deployment on its node.
    NodeContract {
        /// The contract.
        contract: ContractId,
        /// Who pays.
        twin: TwinId,
        /// The node.
        node: NodeId,
    },
    /// A name contract with no gateway that serves it.
    NameContract {
        /// The contract.
        contract: ContractId,
        /// Who pays.
        twin: TwinId,
        /// The name.
        name: String,
    },
    /// A rented node (only when everything is asked for).
    RentContract {
        /// The contract.
        contract: ContractId,
        /// Who pays.
        twin: TwinId,
        /// The node.
        node: NodeId,
    },
    /// A deployment whose contract is gone.
    Deployment {
        /// The contract that was.
        contract: ContractId,
        /// Whose it was.
        twin: TwinId,
        /// The node that still holds it.
        node: NodeId,
    },
    /// A public address that is reserved for a contract that is gone.
    PublicIp {
        /// The farm.
        farm: FarmId,
        /// With mask.
        ip: String,
        /// The contract that was.
        contract: ContractId,
    },
}

impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NodeContract { contract, twin, node } => {
                write!(f, "node contract {contract} of twin {twin} on node {node}")
            }
            Self::NameContract { contract, twin, name } => write!(f, "name contract {contract} of twin {twin}: {name}"),
            Self::RentContract { contract, twin, node } => {
                write!(f, "rent contract {contract} of twin {twin} on node {node}")
            }
            Self::Deployment { contract, twin, node } => {
                write!(f, "deployment of contract {contract} of twin {twin} on node {node}")
            }
            Self::PublicIp { farm, ip, contract } => {
                write!(f, "public address {ip} of farm {farm} for contract {contract}")
            }
        }
    }
}

/// Compares. With `everything`, all contracts, deployments and reservations count, not only the stray ones.
pub fn find(survey: &Survey, held: &[Held], everything: bool) -> Vec<Leftover> {
    let live: HashMap<(NodeId, ContractId), &Held> =
        held.iter().filter(|held| held.live).map(|held| ((held.node, held.contract), held)).collect();
    let alive: HashSet<ContractId> = survey.contracts.iter().map(|contract| contract.id).collect();
    let served = |twin: TwinId, name: &String| {
        live.values().any(|held| held.twin == twin && alive.contains(&held.contract) && held.names.contains(name))
    };
    let contract = |Contract { id, twin, kind, .. }: &Contract| match kind {
        ContractKind::Node { node, .. } if everything || !live.contains_key(&(*node, *id)) => {
            Some(Leftover::NodeContract { contract: *id, twin: *twin, node: *node })
        }
        ContractKind::Name { name } if everything || !served(*twin, name) => {
            Some(Leftover::NameContract { contract: *id, twin: *twin, name: name.clone() })
        }
        ContractKind::Rent { node } if everything => {
            Some(Leftover::RentContract { contract: *id, twin: *twin, node: *node })
        }
        _ => None,
    };
    let contracts = survey.contracts.iter().filter_map(contract);
    let deployments = live
        .values()
        .filter(|held| everything || !alive.contains(&held.contract))
        .map(|held| Leftover::Deployment { contract: held.contract, twin: held.twin, node: held.node });
    let ips = survey.farms.iter().flat_map(|farm| farm.public_ips.iter().map(move |ip| (farm.id, ip)));
    let ips = ips
        .filter(|(_, ip)| ip.contract != ContractId(0) && (everything || !alive.contains(&ip.contract)))
        .map(|(farm, ip)| Leftover::PublicIp { farm, ip: ip.ip.clone(), contract: ip.contract });
    let mut found: Vec<Leftover> = contracts.chain(deployments).chain(ips).collect();
    found.sort_by_key(|leftover| leftover.to_string());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{ContractState, DocumentHash, Farm, PublicIp};

    fn contract(id: u64, kind: ContractKind) -> Contract {
        Contract { id: ContractId(id), twin: TwinId(7), state: ContractState::Created, kind }
    }

    fn on(node: u32) -> ContractKind {
        ContractKind::Node { node: NodeId(node), hash: DocumentHash([b'0'; 32]), data: String::new(), ips: Vec::new() }
    }

    fn held(node: u32, id: u64, live: bool, names: &[&str]) -> Held {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Held { node: NodeId(node), contract: ContractId(id), twin: TwinId(7), live, names }
    }

    #[test]
    fn only_strays_unless_everything_is_asked_for() {
        let ip = |ip: &str, contract| PublicIp {
            ip: ip.to_owned(),
            gateway: "127.1.1.1".to_owned(),
            contract: ContractId(contract),
        };
        let farm = Farm {
            id: FarmId(1),
            name: "one".into(),
            twin: TwinId(2),
            pricing_policy: 1,
            certified: false,
            dedicated: false,
            public_ips: vec![ip("127.1.1.2/24", 1), ip("127.1.1.3/24", 99), ip("127.1.1.4/24", 0)],
        };
        let survey = Survey {
            farms: vec![farm],
            contracts: vec![
                contract(1, on(5)),
                contract(2, on(5)),
                contract(3, ContractKind::Name { name: "good".into() }),
                contract(4, ContractKind::Name { name: "bad".into() }),
                contract(5, ContractKind::Rent { node: NodeId(5) }),
            ],
            ..Survey::default()
        };
        // 1 is well and serves a name, 2 failed on its node, 8 was cancelled and is still held.
        let held = [held(5, 1, true, &["good"]), held(5, 2, false, &[]), held(6, 8, true, &["bad"])];
        let words = |everything| find(&survey, &held, everything).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            words(false),
            [
                "deployment of contract 8 of twin 7 on node 6",
                "name contract 4 of twin 7: bad",
                "node contract 2 of twin 7 on node 5",
                "public address 127.1.1.3/24 of farm 1 for contract 99",
            ]
        );
        assert_eq!(words(true).len(), 5 + 2 + 2);
    }
}
