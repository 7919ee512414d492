//! Where a grid's services are. Data only.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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

/// On a sandbox: where a machine's address is answered on this computer, when it is not that address itself.
///
/// Mycelium addresses (400::/7) have a place in 127.128.0.0/9; and ports below 1024, which only root may open on
/// most computers, are answered 20,000 higher. `None`: nothing is different there.
pub fn doorstep(address: SocketAddr) -> Option<SocketAddr> {
    let ip = match address.ip() {
        // 127.0.0.x up to 127.9.x.y are this computer's own business.
        IpAddr::V4(ip) if ip.is_loopback() && ip.octets()[1] >= 10 => ip,
        IpAddr::V6(ip) if ip.segments()[0] & 0xfe00 == 0x0400 => {
            let hash: [u8; 32] = Sha256::digest(ip.octets()).into();
            Ipv4Addr::new(127, 128 | hash[0], hash[1], 1 + hash[2] % 254)
        }
        _ => return None,
    };
    let port = if address.port() < 1024 { address.port() + 20_000 } else { address.port() };
    let door = SocketAddr::from((ip, port));
    (door != address).then_some(door)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doorsteps_are_on_this_computer_and_only_where_needed() {
        let door = |address: &str| doorstep(address.parse().unwrap()).map(|door| door.to_string());
        assert_eq!(door("127.10.0.10:8888"), None);
        assert_eq!(door("127.10.0.10:22").as_deref(), Some("127.10.0.10:20022"));
        assert_eq!(door("127.0.0.1:22"), None);
        assert_eq!(door("8.8.8.8:22"), None);
        assert_eq!(door("[2a02::1]:22"), None);
        let overlay = door("[4f5:dead::1]:8888").unwrap();
        assert!(overlay.starts_with("127.") && overlay.ends_with(":8888"), "{overlay}");
    }
}
