//! What is sent to TFChain, and what comes of it: calls, their batches, what was signed, what happened.
//!
//! Plain values. How they travel is [`Chain`](super::Chain)'s; which calls a deployment needs is `deploy`'s.

use super::{
    AccountId, Contract, ContractId, DocumentHash, FarmId, NodeId, PublicConfig, Refused, Resources, Tft, Twin,
};
use serde::{Deserialize, Serialize};

/// One call. Byte limits are checked before signing (tfchain.md section 3): a real node refuses an
/// over-long argument while decoding, without a name for the mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// `TfgridModule.user_accept_tc`
    AcceptTerms {
        /// Where the text is.
        link: String,
        /// MD5 of the text, lower-case hex.
        hash: String,
    },
    /// `TfgridModule.create_twin`
    CreateTwin {
        /// Relay host names joined by `_`.
        relay: Option<String>,
        /// Encryption key, 33 bytes.
        pk: Option<Vec<u8>>,
    },
    /// `TfgridModule.update_twin`; overwrites both.
    UpdateTwin {
        /// Relay host names joined by `_`.
        relay: Option<String>,
        /// Encryption key, 33 bytes.
        pk: Option<Vec<u8>>,
    },
    /// `Balances.transfer_keep_alive`
    Transfer {
        /// Who gets it.
        to: AccountId,
        /// How much.
        amount: Tft,
    },
    /// `SmartContractModule.create_name_contract`
    NameContract {
        /// 3 to 64 of `a-z 0-9 - _`.
        name: String,
    },
    /// `SmartContractModule.create_node_contract`
    NodeContract {
        /// The node.
        node: NodeId,
        /// The deployment's hash.
        hash: DocumentHash,
        /// At most 512 bytes.
        data: String,
        /// How many public IPv4 to reserve from the node's farm.
        public_ips: u32,
    },
    /// `SmartContractModule.cancel_contract`
    Cancel {
        /// The contract.
        contract: ContractId,
    },
    /// `TfgridModule.create_farm` (a sandbox fleet that joins another chain).
    CreateFarm(FarmInput),
    /// `TfgridModule.create_node` (likewise; signed by the node's own account).
    CreateNode(NodeInput),
    /// `TfgridModule.add_node_public_config` (likewise; signed by the farmer).
    SetPublicConfig {
        /// The farm.
        farm: FarmId,
        /// The node.
        node: NodeId,
        /// Its public address and domain.
        config: PublicConfig,
    },
    /// `TfgridModule.report_uptime_v2` (free; signed by the node).
    ReportUptime {
        /// Seconds since boot.
        uptime: u64,
        /// The node's idea of the time, Unix seconds; within 60 s of the chain's.
        hint: u64,
    },
    /// `SmartContractModule.report_contract_resources` (free; signed by the node): what bills are made from.
    ReportResources {
        /// Contract and what it uses.
        used: Vec<(ContractId, Resources)>,
    },
}

/// A farm to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarmInput {
    /// 3 to 40 of `A-Z a-z 0-9 - _`, unique.
    pub name: String,
    /// Address with mask, and gateway.
    pub ips: Vec<(String, String)>,
}

/// A node to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInput {
    /// Its farm.
    pub farm: FarmId,
    /// What the machine has.
    pub resources: Resources,
    /// City.
    pub city: String,
    /// Country.
    pub country: String,
    /// Decimal degrees.
    pub latitude: String,
    /// Decimal degrees.
    pub longitude: String,
    /// Serial number.
    pub serial: Option<String>,
}

/// How several calls travel together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Batch {
    /// All or nothing (`Utility.batch_all`); it does not say which item failed.
    All,
    /// Each on its own (`Utility.force_batch`); [`Landed::items`] says which failed.
    Force,
}

/// What to sign: one call goes bare, several in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tx {
    /// In order.
    pub calls: Vec<Call>,
    /// How they travel when there are several.
    pub batch: Batch,
}

impl Tx {
    /// All of `calls`, or none.
    pub fn all(calls: Vec<Call>) -> Self {
        Self { calls, batch: Batch::All }
    }
}

/// A signed extrinsic that has not been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The extrinsic's bytes.
    pub bytes: Vec<u8>,
    /// Its hash (blake2-256 of the bytes).
    pub hash: [u8; 32],
    /// The last block that it can land in.
    pub last_block: u32,
    /// How many calls it carries.
    pub calls: usize,
}

/// What happened on the chain that Bellhop cares about; anything else is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A twin was made or changed.
    TwinStored(Twin),
    /// A contract was made.
    ContractCreated(Contract),
    /// A contract is gone (cancelled by its owner, or for lack of money).
    ContractCanceled(ContractId),
    /// A farm was made.
    FarmStored(FarmId),
    /// A node was made.
    NodeStored(NodeId),
}

/// An extrinsic that is in a block and succeeded (with [`Batch::Force`], see `items`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The block's number.
    pub block: u32,
    /// For each call, whether it succeeded.
    pub items: Vec<Result<(), Refused>>,
    /// What happened, in order.
    pub events: Vec<Event>,
}
