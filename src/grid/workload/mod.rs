//! Deployment documents: what a twin asks a node to run, its challenge, hash and signature (zos.md).
//!
//! The serde shapes are the node's own JSON; all sizes are bytes. Not here: what is deployed and where
//! (`deploy`), how a document reaches a node ([`zos`](super::zos)), and what the chain keeps of it
//! ([`ContractKind`](super::ContractKind)).

mod challenge;
mod data;
mod gateway;
mod net;
mod outcome;
mod storage;
mod valid;

pub use data::{
    Interface, IpData, Kind, Machine, MachineCapacity, MachineNetwork, Mount, MyceliumIp, MyceliumNet, NetworkData,
    Peer, Volume, WorkloadData,
};
pub use gateway::{Gateway, GatewayFqdn};
pub use net::{Cidr, HexBytes, NotACidr, WireguardKey, routing_address, wireguard_public};
pub use outcome::{GatewayResult, MachineResult, Outcome, PublicIpResult, State};
pub use storage::{
    Backend, Compression, Encryption, MetaConfig, QsfsConfig, QsfsData, QsfsGroup, QsfsMeta, Zdb, Zlogs,
};
pub use valid::Invalid;

use super::{AccountId, ContractId, DocumentHash, Identity, KeyKind, Resources, TwinId};
use md5::{Digest, Md5};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Absent, `null` (Go's empty slices and maps) and a value: the first two are the default.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

/// One document: one contract, one node, any number of workloads (zos.md section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Zero at first; one more with each update.
    #[serde(default)]
    pub version: u32,
    /// Whose it is. Must be the sender on the bus.
    pub twin_id: TwinId,
    /// The contract. Zero until it exists; it is not part of the hash.
    #[serde(default)]
    pub contract_id: ContractId,
    /// Free text; by custom the JSON of zos.md section 7.
    #[serde(default)]
    pub metadata: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Unused by nodes, but hashed: zero.
    #[serde(default)]
    pub expiration: i64,
    /// Who has to sign.
    pub signature_requirement: SignatureRequirement,
    /// What to run.
    #[serde(default, deserialize_with = "nullable")]
    pub workloads: Vec<Workload>,
}

/// One thing to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// The document's version when this workload was last changed.
    #[serde(default)]
    pub version: u32,
    /// Unique in the document: 1 to 36 of `a-z A-Z 0-9 _`.
    pub name: String,
    /// `type` and `data`.
    #[serde(flatten)]
    pub data: WorkloadData,
    /// Free text.
    #[serde(default)]
    pub metadata: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// What became of it; only nodes write it.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Outcome::is_unset")]
    pub result: Outcome,
}

impl Workload {
    /// A new workload of a new document.
    pub fn new(name: impl Into<String>, data: WorkloadData) -> Self {
        Self {
            version: 0,
            name: name.into(),
            data,
            metadata: String::new(),
            description: String::new(),
            result: Outcome::default(),
        }
    }
}

/// Who has to sign a document, and who has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureRequirement {
    /// The twins that sign. The node checks every one of them, so list only those that do.
    #[serde(default, deserialize_with = "nullable")]
    pub requests: Vec<SignatureRequest>,
    /// The sum of weights that is needed.
    #[serde(default)]
    pub weight_required: u64,
    /// The signatures.
    #[serde(default, deserialize_with = "nullable")]
    pub signatures: Vec<DocumentSignature>,
    /// Empty, or `polka-wallet` for browser extensions.
    #[serde(default)]
    pub signature_style: String,
}

/// One twin that is to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureRequest {
    /// The twin.
    pub twin_id: TwinId,
    /// Whether nothing goes without it.
    #[serde(default)]
    pub required: bool,
    /// What its signature weighs.
    #[serde(default)]
    pub weight: u64,
}

/// One twin's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSignature {
    /// The twin.
    pub twin_id: TwinId,
    /// 128 hex characters, no prefix byte.
    pub signature: String,
    /// `sr25519`; anything else counts as `ed25519`.
    pub signature_type: String,
}

impl Deployment {
    /// A document of `twin` that asks for the twin's own signature, as every client does.
    pub fn new(twin: TwinId, workloads: Vec<Workload>) -> Self {
        Self {
            version: 0,
            twin_id: twin,
            contract_id: ContractId(0),
            metadata: String::new(),
            description: String::new(),
            expiration: 0,
            signature_requirement: SignatureRequirement {
                requests: vec![SignatureRequest { twin_id: twin, required: false, weight: 1 }],
                weight_required: 1,
                signatures: Vec::new(),
                signature_style: String::new(),
            },
            workloads,
        }
    }

    fn digest(&self) -> [u8; 16] {
        Md5::digest(self.challenge()).into()
    }

    /// The hash that goes into the contract: the 32 hex characters of the challenge's MD5.
    pub fn hash(&self) -> DocumentHash {
        let mut out = [0; 32];
        // Thirty-two bytes hold sixteen in hex, always.
        let _ = hex::encode_to_slice(self.digest(), &mut out);
        DocumentHash(out)
    }

    /// What is signed: the 16 raw bytes of the hash, or its hex in tags for browser extensions.
    fn signed_message(&self) -> Vec<u8> {
        if self.signature_requirement.signature_style == "polka-wallet" {
            format!("<Bytes>{}</Bytes>", hex::encode(self.digest())).into_bytes()
        } else {
            self.digest().to_vec()
        }
    }

    /// Signs as the document's twin; an earlier signature of that twin is replaced.
    pub fn sign(&mut self, identity: &Identity) {
        let signature = DocumentSignature {
            twin_id: self.twin_id,
            signature: hex::encode(identity.sign(&self.signed_message())),
            signature_type: identity.kind().name().to_owned(),
        };
        let twin = self.twin_id;
        self.signature_requirement.signatures.retain(|other| other.twin_id != twin);
        self.signature_requirement.signatures.push(signature);
    }

    /// Checks all signatures as a node does, `accounts` holding the account of each twin in
    /// `signature_requirement.requests`.
    ///
    /// # Errors
    /// The node's own words.
    pub fn verify(&self, accounts: &BTreeMap<TwinId, AccountId>) -> Result<(), Invalid> {
        let message = self.signed_message();
        let needed = &self.signature_requirement;
        let mut originator = false;
        let mut weight = 0u64;
        for request in &needed.requests {
            let own = request.twin_id == self.twin_id;
            originator |= own;
            let found = needed.signatures.iter().find(|signature| signature.twin_id == request.twin_id);
            if found.is_none() && (request.required || own) {
                return Err(Invalid(format!("missing required signature for twin '{}'", request.twin_id)));
            }
            let account = accounts.get(&request.twin_id).ok_or_else(|| {
                Invalid(format!("failed to get public key for twin '{}': twin not found", request.twin_id))
            })?;
            let sound = found.is_some_and(|signature| {
                let kind = if signature.signature_type == KeyKind::Sr25519.name() {
                    KeyKind::Sr25519
                } else {
                    KeyKind::Ed25519
                };
                let mut bytes = [0; 64];
                hex::decode_to_slice(&signature.signature, &mut bytes).is_ok() && kind.verify(account, &message, &bytes)
            });
            if !sound {
                return Err(Invalid("failed to verify signature".to_owned()));
            }
            weight = weight.saturating_add(request.weight);
        }
        if !originator {
            return Err(Invalid("originator twin id must be in the signature requests".to_owned()));
        }
        if weight < needed.weight_required {
            return Err(Invalid("required signature weight is not reached".to_owned()));
        }
        Ok(())
    }

    /// How many public IPv4 addresses the contract has to reserve.
    pub fn public_ips(&self) -> u32 {
        let v4 = self.workloads.iter().filter(|w| matches!(&w.data, WorkloadData::Ip(ip) if ip.v4));
        u32::try_from(v4.count()).unwrap_or(u32::MAX)
    }

    /// What all its workloads take of a node.
    pub fn capacity(&self) -> Resources {
        self.workloads.iter().fold(Resources::default(), |mut sum, workload| {
            let one = workload.data.capacity();
            sum.cru = sum.cru.saturating_add(one.cru);
            sum.mru = sum.mru.saturating_add(one.mru);
            sum.sru = sum.sru.saturating_add(one.sru);
            sum.hru = sum.hru.saturating_add(one.hru);
            sum
        })
    }

    /// A workload by its name.
    pub fn workload(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// One case of `tests/data/deployments.json`.
    #[derive(Deserialize)]
    struct Vector {
        id: String,
        deployment: Value,
        challenge: String,
        hash: String,
        signatures: Vec<DocumentSignature>,
        node_challenge: String,
        node_hash: String,
        node_valid: String,
    }

    /// Recorded from the official client and the node's own code.
    fn vectors() -> Vec<Vector> {
        #[derive(Deserialize)]
        struct File {
            cases: Vec<Vector>,
        }
        serde_json::from_str::<File>(include_str!("../../../tests/data/deployments.json")).unwrap().cases
    }

    fn read(vector: &Vector) -> Deployment {
        serde_json::from_value(vector.deployment.clone()).unwrap()
    }

    #[test]
    fn challenges_and_hashes_are_the_nodes_own() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 17);
        for vector in &vectors {
            let deployment = read(vector);
            assert_eq!(deployment.challenge(), vector.node_challenge, "{}", vector.id);
            assert_eq!(deployment.hash().to_string(), vector.node_hash, "{}", vector.id);
            // The one form in which the official client and the node disagree: we side with the node.
            let agree = vector.challenge == vector.node_challenge && vector.hash == vector.node_hash;
            assert_eq!(agree, vector.id != "light_network_no_wg", "{}", vector.id);
            let said = deployment.validate().map_or_else(|no| no.0, |()| "ok".to_owned());
            assert_eq!(said, vector.node_valid, "{}", vector.id);
        }
    }

    #[test]
    fn recorded_signatures_verify_and_ours_equal_them() {
        let mini: [u8; 32] = hex::decode("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")
            .unwrap()
            .try_into()
            .unwrap();
        for vector in vectors().iter().filter(|vector| vector.id != "light_network_no_wg") {
            let mut deployment = read(vector);
            for recorded in &vector.signatures {
                let kind = if recorded.signature_type == "sr25519" { KeyKind::Sr25519 } else { KeyKind::Ed25519 };
                let identity = Identity::from_mini_secret(kind, mini).unwrap();
                let accounts = BTreeMap::from([(TwinId(42), identity.account())]);
                deployment.signature_requirement.signatures = vec![recorded.clone()];
                assert_eq!(deployment.verify(&accounts), Ok(()), "{} {kind:?}", vector.id);
                deployment.sign(&identity);
                assert_eq!(deployment.verify(&accounts), Ok(()), "{} {kind:?}", vector.id);
                if kind == KeyKind::Ed25519 {
                    assert_eq!(deployment.signature_requirement.signatures.first(), Some(recorded), "{}", vector.id);
                }
                let mut other = deployment.clone();
                other.description.push('!');
                assert_eq!(other.verify(&accounts), Err(Invalid("failed to verify signature".to_owned())));
            }
        }
    }

    #[test]
    fn a_document_survives_its_json() {
        for vector in &vectors() {
            let deployment = read(vector);
            let again: Deployment = serde_json::from_value(serde_json::to_value(&deployment).unwrap()).unwrap();
            assert_eq!(again, deployment, "{}", vector.id);
        }
    }

    #[test]
    fn a_node_may_answer_with_nulls_and_old_names() {
        let deployment: Deployment = serde_json::from_value(serde_json::json!({
            "version": 0, "twin_id": 7, "contract_id": 3, "metadata": "", "description": "", "expiration": 0,
            "signature_requirement": { "requests": null, "weight_required": 0, "signatures": null, "signature_style": "" },
            "workloads": [{
                "version": 0, "name": "vm1", "type": "zmachine", "metadata": "", "description": "",
                "data": {
                    "flist": "x", "size": 0, "compute_capacity": { "cpu": 1, "memory": 1 << 30 }, "mounts": null,
                    "entrypoint": "", "env": null, "corex": false,
                    "network": {
                        "public_ip": "", "planetary": false, "interfaces": [{ "network": "n", "ip": "10.1.2.2" }],
                        "mycelium": { "Network": "n", "hex_seed": "B60F2B7EC39C" },
                    },
                },
                "result": { "created": 5, "state": "ok", "message": "", "data": { "id": "7-3-vm1", "ip": "10.1.2.2", "ygg_ip": "300::1" } },
            }],
        }))
        .unwrap();
        let vm = deployment.workload("vm1").unwrap();
        assert!(deployment.challenge().contains("nb60f2b7ec39c"));
        assert_eq!(vm.result.state, State::Ok);
        assert_eq!(vm.result.read::<MachineResult>().unwrap().planetary_ip, "300::1");
    }

    #[test]
    fn what_a_document_prints_holds_no_secrets() {
        for vector in &vectors() {
            let shown = format!("{:?}", read(vector));
            for secret in ["oFyzpxPHrRDUkqRX", "3b2f1c0d5e6f7081", "secret", "0a1b2c3d"] {
                assert!(!shown.contains(secret), "{}: {shown}", vector.id);
            }
        }
    }
}
