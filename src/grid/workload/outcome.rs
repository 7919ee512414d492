//! What became of a workload, as its node tells it (zos.md section 6).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A workload's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum State {
    /// Not stored by a node, or a state that we do not know: not final.
    #[default]
    Unset,
    /// Accepted and waiting.
    Init,
    /// Runs.
    Ok,
    /// Failed; the node does not try again.
    Error,
    /// Gone.
    Deleted,
    /// Stopped because the contract is unpaid.
    Paused,
    /// An update failed; what was there before still runs.
    Unchanged,
}

impl State {
    /// The protocol's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Init => "init",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Deleted => "deleted",
            Self::Paused => "paused",
            Self::Unchanged => "unchanged",
        }
    }

    /// Whether it does not change by itself any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Unset | Self::Init)
    }
}

impl From<String> for State {
    fn from(word: String) -> Self {
        let known = [Self::Init, Self::Ok, Self::Error, Self::Deleted, Self::Paused, Self::Unchanged];
        known.into_iter().find(|state| state.word() == word).unwrap_or_default()
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.word().to_owned()
    }
}

/// The `result` of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// When it was written, Unix seconds.
    #[serde(default)]
    pub created: i64,
    /// The state.
    #[serde(default)]
    pub state: State,
    /// The node's words for an error.
    #[serde(default, rename = "message")]
    pub error: String,
    /// Depends on the type; see [`read`](Self::read).
    #[serde(default)]
    pub data: Value,
}

impl Outcome {
    /// Whether no node has written it.
    pub fn is_unset(&self) -> bool {
        self == &Self::default()
    }

    /// Its data as `T`; `None` when there is none, or of another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.data.clone()).ok()
    }
}

/// The result of a `zmachine` or `zmachine-light`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MachineResult {
    /// `<twin>-<contract>-<name>`.
    pub id: String,
    /// The private address.
    #[serde(default)]
    pub ip: String,
    /// Yggdrasil; old nodes call it `ygg_ip`. Empty when there is none.
    #[serde(default, alias = "ygg_ip", skip_serializing_if = "String::is_empty")]
    pub planetary_ip: String,
    /// Mycelium; empty when there is none.
    #[serde(default)]
    pub mycelium_ip: String,
    /// A web console; empty when there is none.
    #[serde(default)]
    pub console_url: String,
}

/// The result of an `ip`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublicIpResult {
    /// IPv4 with mask; empty when there is none.
    #[serde(default)]
    pub ip: String,
    /// IPv6 with mask; empty when there is none.
    #[serde(default)]
    pub ip6: String,
    /// The IPv4 gateway.
    #[serde(default)]
    pub gateway: String,
}

/// The result of a `gateway-name-proxy`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GatewayResult {
    /// The whole name: `<name>.<gateway domain>`.
    #[serde(default)]
    pub fqdn: String,
}
