//! Where a grid's services are. Data only.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// One grid's name and addresses: one of ThreeFold's four, a sandbox, or a file of the operator's.
///
/// This is the JSON that `bellhop sandbox --json` prints and that `--grid FILE` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// `main`, `test`, `qa`, `dev`, or another name. `sandbox` is one of ours.
    pub name: String,
    /// TFChain websockets, first choice first.
    pub chain: Vec<String>,
    /// Relay websockets, without a query.
    pub relay: Vec<String>,
    /// What a twin's `relay` says on the chain: host names joined by `_`, no scheme, no port.
    pub relay_domain: String,
    /// Grid proxy base URL.
    pub proxy: String,
    /// GraphQL URL (used by other clients only).
    pub graphql: String,
    /// Activation URL, whole (`…/activation/activate`).
    pub activation: String,
    /// KYC base URL (before `/api/v1/…`).
    pub kyc: String,
    /// The terms and conditions that a person accepts.
    pub terms: String,
    /// `https` on the grid; the sandbox's gateways speak `http`.
    pub gateway_scheme: String,
    /// Where names under the sandbox's gateway domains are answered; `None` on a real grid (DNS does it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateways: Option<SocketAddr>,
}

impl Network {
    /// One of ThreeFold's own: `main`, `test`, `qa` or `dev` (gridproxy.md section 1).
    pub fn known(name: &str) -> Option<Self> {
        let dot = match name {
            "main" => String::new(),
            "test" | "qa" | "dev" => format!("{name}."),
            _ => return None,
        };
        let relays = [format!("relay.{dot}grid.tf")];
        Some(Self {
            name: name.to_owned(),
            chain: vec![format!("wss://tfchain.{dot}grid.tf/ws"), format!("wss://tfchain.02.{dot}grid.tf/ws")],
            relay: relays.iter().map(|host| format!("wss://{host}")).collect(),
            relay_domain: relays.join("_"),
            proxy: format!("https://gridproxy.{dot}grid.tf"),
            graphql: format!("https://graphql.{dot}grid.tf/graphql"),
            activation: format!("https://activation.{dot}grid.tf/activation/activate"),
            kyc: if name == "main" { "https://kyc.threefold.me".to_owned() } else { format!("https://kyc.{dot}grid.tf") },
            terms: "https://raw.githubusercontent.com/threefoldtech/info_grid/development/labs/docs/knowledge_base/terms_conditions_all3/terms_conditions_all3.md".to_owned(),
            gateway_scheme: "https".to_owned(),
            gateways: None,
        })
    }

    /// Whether this is a sandbox: practice without tokens, machines on loopback.
    pub fn is_sandbox(&self) -> bool {
        self.name == "sandbox"
    }
}
