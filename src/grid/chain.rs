//! The port to TFChain: what is read of it, and how signed calls reach it.
//!
//! Sending has two halves on purpose: [`Chain::prepare`] signs and tells until which block the extrinsic can
//! still land, the caller writes that down, and only then [`Chain::send`] lets it go. After a crash one waits
//! for that block, looks once more, and knows.

use super::call::{Landed, Prepared, Tx};
use super::{AccountId, ContractId, DocumentHash, FarmId, GridResult, Identity, NodeId, Resources, Tft, TwinId};
use crate::clock::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The chain's newest block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its own time (Timestamp.Now). A sandbox with instant blocks may run ahead of the wall clock.
    pub time: Timestamp,
}

/// An account's balance in chain units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// All that is not reserved.
    pub free: Tft,
    /// Set aside.
    pub reserved: Tft,
    /// The part of `free` that may not be spent (locked by unpaid bills).
    pub frozen: Tft,
}

impl Balance {
    /// What can be spent: free less frozen.
    pub fn spendable(&self) -> Tft {
        Tft(self.free.0.saturating_sub(self.frozen.0))
    }
}

/// A twin as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// Its number.
    pub id: TwinId,
    /// The account that signs for it.
    pub account: AccountId,
    /// Relay host names joined by `_`.
    pub relay: Option<String>,
    /// Its public key for end-to-end encryption, 33 bytes.
    pub pk: Option<Vec<u8>>,
}

/// A public IPv4 address of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicIp {
    /// With mask: `a.b.c.d/n`.
    pub ip: String,
    /// The gateway.
    pub gateway: String,
    /// The contract that holds it; zero when free.
    pub contract: ContractId,
}

/// A farm as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farm {
    /// Its number.
    pub id: FarmId,
    /// Its unique name.
    pub name: String,
    /// The farmer's twin.
    pub twin: TwinId,
    /// The pricing policy.
    pub pricing_policy: u32,
    /// Gold certified.
    pub certified: bool,
    /// Its nodes can only be rented whole.
    pub dedicated: bool,
    /// Its public addresses.
    pub public_ips: Vec<PublicIp>,
}

/// A node's own public address and domain (gateways have one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicConfig {
    /// IPv4 with mask.
    pub ipv4: String,
    /// IPv4 gateway.
    pub gw4: String,
    /// The domain under which it serves web names.
    pub domain: Option<String>,
}

/// A node as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// Its farm.
    pub farm: FarmId,
    /// Its twin: the address on the bus.
    pub twin: TwinId,
    /// What the machine has.
    pub resources: Resources,
    /// City, as the farmer wrote it.
    pub city: String,
    /// Country, as the farmer wrote it.
    pub country: String,
    /// Degrees north, decimal text.
    pub latitude: String,
    /// Degrees east, decimal text.
    pub longitude: String,
    /// Public address and domain.
    pub public_config: Option<PublicConfig>,
    /// When it joined, Unix seconds.
    pub created: u64,
    /// Certified hardware.
    pub certified: bool,
    /// The contract by which somebody rents the whole node.
    pub rent: Option<ContractId>,
    /// What renting it costs beyond the policy, mUSD per 30 days; above zero it is dedicated.
    pub extra_fee: u64,
    /// Powered down, or told to.
    pub down: bool,
}

/// What a contract is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContractKind {
    /// A deployment on a node.
    Node {
        /// The node.
        node: NodeId,
        /// The deployment's hash.
        hash: DocumentHash,
        /// Free text of the client (JSON by custom), at most 512 bytes.
        data: String,
        /// The public addresses that it holds.
        ips: Vec<PublicIp>,
    },
    /// A web name, unique on the grid.
    Name {
        /// `a-z 0-9 - _`, 3 to 64 characters.
        name: String,
    },
    /// A whole node.
    Rent {
        /// The node.
        node: NodeId,
    },
}

/// A live contract's state. (A cancelled one is gone from storage.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContractState {
    /// In force.
    Created,
    /// Unpaid since this block; cancelled 201,600 blocks (14 days) later unless paid.
    Grace {
        /// The block where it began.
        since: u64,
    },
}

/// A contract as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its number.
    pub id: ContractId,
    /// Whose it is, and who pays.
    pub twin: TwinId,
    /// In force, or unpaid.
    pub state: ContractState,
    /// What it is for.
    pub kind: ContractKind,
}

/// Prices of the chain's policy 1, in units of 10⁻⁷ USD per hour (tfchain.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// One compute unit.
    pub cu: u64,
    /// One storage unit.
    pub su: u64,
    /// One GB of traffic.
    pub nu: u64,
    /// One public IPv4.
    pub ipu: u64,
    /// One web name.
    pub unique_name: u64,
    /// One domain name.
    pub domain_name: u64,
}

/// What things cost now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Policy 1.
    pub policy: Policy,
    /// The TFT price that bills use: the average, held between its bounds, in mUSD for one TFT.
    pub tft_musd: u32,
}

/// Everything on a chain at one block: small chains only (sandboxes and their proxies).
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The block's number.
    pub block: u32,
    /// All farms.
    pub farms: Vec<Farm>,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All live contracts.
    pub contracts: Vec<Contract>,
    /// All twins.
    pub twins: Vec<Twin>,
}

/// TFChain.
///
/// Reads are of the best block. Errors: `Passing` when it cannot be reached in time; reads of things that
/// are not there give `None`.
#[async_trait]
pub trait Chain: Send + Sync {
    /// The best block.
    async fn head(&self) -> GridResult<Head>;
    /// An account's balance; zero for one that was never funded.
    async fn balance(&self, who: &AccountId) -> GridResult<Balance>;
    /// Whether the account has accepted terms and conditions (any).
    async fn terms_accepted(&self, who: &AccountId) -> GridResult<bool>;
    /// The twin of an account.
    async fn twin_of(&self, who: &AccountId) -> GridResult<Option<TwinId>>;
    /// A twin.
    async fn twin(&self, id: TwinId) -> GridResult<Option<Twin>>;
    /// A farm.
    async fn farm(&self, id: FarmId) -> GridResult<Option<Farm>>;
    /// A node.
    async fn node(&self, id: NodeId) -> GridResult<Option<Node>>;
    /// A live contract.
    async fn contract(&self, id: ContractId) -> GridResult<Option<Contract>>;
    /// The live contract for a deployment's hash on a node.
    async fn contract_by_hash(&self, node: NodeId, hash: &DocumentHash) -> GridResult<Option<ContractId>>;
    /// The live contract for a web name.
    async fn contract_by_name(&self, name: &str) -> GridResult<Option<ContractId>>;
    /// What things cost now.
    async fn prices(&self) -> GridResult<Prices>;
    /// Everything; see [`Survey`].
    async fn survey(&self) -> GridResult<Survey>;

    /// Signs `tx` with the account's next nonce and a short era. Nothing is sent. Hold the account's
    /// [lane](Lanes) from here until `send` has returned.
    ///
    /// # Errors
    /// `Refused` when an argument breaks the chain's rules; `Passing` when the chain cannot be reached.
    async fn prepare(&self, signer: &Identity, tx: &Tx) -> GridResult<Prepared>;

    /// Sends it and waits until it is in a best block.
    ///
    /// # Errors
    /// `Refused` with `Pallet.Error` when its dispatch failed (fee and nonce are spent, nothing else happened),
    /// or with `stale`, `payment`, `bad-proof`… when it was refused before inclusion (nothing happened);
    /// `Unclear` when contact was lost, or the time ran out, after it may have been taken.
    async fn send(&self, prepared: &Prepared) -> GridResult<Landed>;
}

/// One lane for each account. Two extrinsics that are prepared at once would take the same nonce.
#[derive(Debug, Clone, Default)]
pub struct Lanes(Arc<Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>>);

impl Lanes {
    /// Waits for the account's turn; the turn ends when the guard is dropped.
    pub async fn enter(&self, account: AccountId) -> tokio::sync::OwnedMutexGuard<()> {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.retain(|key, lane| *key == account || Arc::strong_count(lane) > 1);
            lanes.entry(account).or_default().clone()
        };
        lane.lock_owned().await
    }
}
