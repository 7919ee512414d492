//! What can happen to a deployment: the events of its log, and the values that they carry.
//!
//! Data only. Whether an event may follow is the log's business.

use super::plan::{Plan, Site};
use crate::grid::{ContractId, NodeId, Tft, TwinId};
use crate::verify::Verdict;
use serde::{Deserialize, Serialize};

/// The steps, in order. `Reserve` is made once, the others for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// Allowance reserved; twin there, funded, reachable.
    Reserve,
    /// Nodes chosen, asked, and found alive.
    Place,
    /// Contracts on the chain.
    Contract,
    /// Documents at the nodes, every workload up.
    Launch,
    /// The service answers.
    Prove,
}

/// What a step brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The person's twin.
    Reserved {
        /// Its number.
        twin: TwinId,
    },
    /// Where it goes.
    Placed(Box<Site>),
    /// The contracts.
    Contracted(Contracts),
    /// What the nodes gave.
    Launched(Addresses),
    /// It answers.
    Proved(Verdict),
}

/// A part's contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contracts {
    /// On the machine's node.
    pub machine: ContractId,
    /// On the gateway's node.
    pub gateway: Option<ContractId>,
    /// The web name.
    pub name: Option<ContractId>,
}

impl Contracts {
    /// All of them, in the order in which they are cancelled: what faces people first.
    pub fn all(&self) -> Vec<ContractId> {
        self.gateway.iter().chain(&self.name).chain(std::iter::once(&self.machine)).copied().collect()
    }
}

/// Where a running machine can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Addresses {
    /// Public IPv4, without mask.
    pub ipv4: Option<String>,
    /// Mycelium IPv6.
    pub mycelium: Option<String>,
    /// In its private network.
    pub private: Option<String>,
    /// The web page.
    pub web: Option<String>,
}

/// Why a part did not work on its node. It is undone and tried elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// Which node is to be avoided.
    pub node: Option<NodeId>,
    /// Evidence, in the other side's words.
    pub text: String,
}

/// Kinds of failure that another node may heal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// No word from the node.
    Silent,
    /// The node would not take the document.
    Refused,
    /// A workload could not be made.
    Workload,
    /// It took too long.
    Slow,
    /// The service never answered.
    NotAnswering,
    /// The chain would not have a contract there.
    Chain,
}

/// Why a deployment was turned back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Why {
    /// Its owner wanted it gone.
    Person,
    /// No node fits any more.
    NoPlace,
    /// No gateway for its web name.
    NoGateway,
    /// Too many moves; the last failure.
    GaveUp(Failure),
    /// The account cannot pay.
    Money {
        /// What it has.
        have: Tft,
        /// What it takes.
        need: Tft,
    },
    /// The person is not verified.
    NotVerified,
    /// The allowance was used up by something else meanwhile.
    Quota,
    /// The grid said no, in its own words.
    Refused(String),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The order. First, and only first.
    Ordered(Box<Plan>),
    /// A step was begun: its effect may exist from here on.
    Began {
        /// Which.
        step: Step,
        /// Whose.
        part: u16,
        /// The last block that its extrinsic can land in.
        until: Option<u32>,
    },
    /// A step is done.
    Did {
        /// Which.
        step: Step,
        /// Whose.
        part: u16,
        /// What it brought.
        outcome: Outcome,
    },
    /// A part failed on its node.
    Failed {
        /// In which step.
        step: Step,
        /// Which part.
        part: u16,
        /// Why.
        why: Failure,
    },
    /// From here on everything is taken back.
    Turned(Why),
    /// A step's effect is gone.
    Undid {
        /// Which.
        step: Step,
        /// Whose.
        part: u16,
    },
    /// Something new was seen of a running part.
    Saw {
        /// Which part.
        part: u16,
        /// What.
        verdict: Verdict,
    },
    /// Nothing is left. Last, and only last.
    Closed,
}
