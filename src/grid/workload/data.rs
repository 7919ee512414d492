//! The workload types and their data: the node's JSON, field by field (zos.md section 3).
//!
//! Structures that can hold keys, passwords or a person's environment print their name only.

use super::net::maybe;
use super::{Cidr, Gateway, GatewayFqdn, HexBytes, QsfsData, WireguardKey, Zdb, Zlogs, nullable};
use crate::grid::{GIB, Resources};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

const MIB: u64 = 1 << 20;

/// A workload's `type` and `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
pub enum WorkloadData {
    /// A private network's part on a full node.
    Network(NetworkData),
    /// The same on a light node; mycelium is a must.
    NetworkLight(NetworkData),
    /// A machine on a full node.
    Zmachine(Machine),
    /// A machine on a light node.
    ZmachineLight(Machine),
    /// A disk (SSD).
    Zmount(Volume),
    /// A shared directory with a quota (SSD).
    Volume(Volume),
    /// A public address.
    Ip(IpData),
    /// A web name under the gateway's domain.
    GatewayNameProxy(Gateway),
    /// A web name of one's own.
    GatewayFqdnProxy(GatewayFqdn),
    /// A file system over zdb namespaces.
    Qsfs(QsfsData),
    /// A zdb namespace (HDD).
    Zdb(Zdb),
    /// A machine's log, streamed away.
    Zlogs(Zlogs),
}

/// A workload type without its data, in the order in which a node installs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of WorkloadData")]
pub enum Kind {
    Zmount,
    Volume,
    Qsfs,
    Network,
    NetworkLight,
    Ip,
    Zmachine,
    ZmachineLight,
    Zlogs,
    Zdb,
    GatewayNameProxy,
    GatewayFqdnProxy,
}

impl Kind {
    /// The protocol's word, which is also the node's feature.
    pub fn word(self) -> &'static str {
        match self {
            Self::Zmount => "zmount",
            Self::Volume => "volume",
            Self::Qsfs => "qsfs",
            Self::Network => "network",
            Self::NetworkLight => "network-light",
            Self::Ip => "ip",
            Self::Zmachine => "zmachine",
            Self::ZmachineLight => "zmachine-light",
            Self::Zlogs => "zlogs",
            Self::Zdb => "zdb",
            Self::GatewayNameProxy => "gateway-name-proxy",
            Self::GatewayFqdnProxy => "gateway-fqdn-proxy",
        }
    }

    /// Whether a node can change one in place.
    pub fn can_update(self) -> bool {
        matches!(self, Self::Network | Self::NetworkLight | Self::Zmount | Self::Volume | Self::Zdb | Self::Qsfs)
    }
}

impl WorkloadData {
    /// Which type it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Network(_) => Kind::Network,
            Self::NetworkLight(_) => Kind::NetworkLight,
            Self::Zmachine(_) => Kind::Zmachine,
            Self::ZmachineLight(_) => Kind::ZmachineLight,
            Self::Zmount(_) => Kind::Zmount,
            Self::Volume(_) => Kind::Volume,
            Self::Ip(_) => Kind::Ip,
            Self::GatewayNameProxy(_) => Kind::GatewayNameProxy,
            Self::GatewayFqdnProxy(_) => Kind::GatewayFqdnProxy,
            Self::Qsfs(_) => Kind::Qsfs,
            Self::Zdb(_) => Kind::Zdb,
            Self::Zlogs(_) => Kind::Zlogs,
        }
    }

    /// What it takes of a node.
    pub fn capacity(&self) -> Resources {
        match self {
            Self::Zmachine(machine) | Self::ZmachineLight(machine) => Resources {
                cru: u64::from(machine.compute_capacity.cpu),
                mru: machine.compute_capacity.memory,
                sru: machine.root_size(),
                hru: 0,
            },
            Self::Zmount(disk) | Self::Volume(disk) => Resources { sru: disk.size, ..Resources::default() },
            Self::Qsfs(qsfs) => Resources { cru: 1, mru: GIB, sru: qsfs.cache, hru: 0 },
            Self::Zdb(zdb) => Resources { hru: zdb.size, ..Resources::default() },
            _ => Resources::default(),
        }
    }

    /// The machine, when it is one of either flavour.
    pub fn machine(&self) -> Option<&Machine> {
        match self {
            Self::Zmachine(machine) | Self::ZmachineLight(machine) => Some(machine),
            _ => None,
        }
    }

    /// The network, when it is one of either flavour.
    pub fn network(&self) -> Option<&NetworkData> {
        match self {
            Self::Network(network) | Self::NetworkLight(network) => Some(network),
            _ => None,
        }
    }
}

/// A machine. On light nodes `network.public_ip` and `network.planetary` do not exist and are not hashed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The image's URL.
    pub flist: String,
    /// How it is reached.
    pub network: MachineNetwork,
    /// The root file system's size; zero is the least that the node gives (container images).
    #[serde(default)]
    pub size: u64,
    /// CPU and memory.
    pub compute_capacity: MachineCapacity,
    /// Disks, by the name of their workload. For full images the first is the boot disk.
    #[serde(default, deserialize_with = "nullable")]
    pub mounts: Vec<Mount>,
    /// What is started; empty: what the image says.
    #[serde(default)]
    pub entrypoint: String,
    /// Its environment. `SSH_KEY` holds the keys of root.
    #[serde(default, deserialize_with = "nullable")]
    pub env: BTreeMap<String, String>,
    /// Not hashed.
    #[serde(default)]
    pub corex: bool,
    /// Graphics cards, only on a node that one rents.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub gpu: Vec<String>,
}

impl Machine {
    /// The least root file system for this CPU and memory.
    pub fn min_root_size(&self) -> u64 {
        let units = u64::from(self.compute_capacity.cpu).saturating_mul(self.compute_capacity.memory) / (8 * GIB);
        if units == 0 { 500 * MIB } else { 2 * GIB }
    }

    /// The root file system that it gets.
    pub fn root_size(&self) -> u64 {
        self.size.max(self.min_root_size())
    }
}

/// How a machine is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MachineNetwork {
    /// The name of an `ip` workload of the same document; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// Yggdrasil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planetary: Option<bool>,
    /// Exactly one.
    #[serde(default, deserialize_with = "nullable")]
    pub interfaces: Vec<Interface>,
    /// A mycelium address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mycelium: Option<MyceliumIp>,
}

/// A machine's place in a private network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// The network's name.
    pub network: String,
    /// An address inside the node's subnet, not `.1`.
    pub ip: IpAddr,
}

/// A machine's mycelium address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyceliumIp {
    /// The network whose mycelium it uses. Nodes answer with a capital N.
    #[serde(alias = "Network")]
    pub network: String,
    /// Six bytes that make the address.
    pub hex_seed: HexBytes,
}

/// CPU and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineCapacity {
    /// Virtual CPUs.
    pub cpu: u8,
    /// Bytes.
    pub memory: u64,
}

/// A disk in a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The name of a zmount, volume or qsfs workload of the same document.
    pub name: String,
    /// Where.
    pub mountpoint: String,
}

/// A disk or a shared directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Bytes.
    pub size: u64,
}

/// A private network's part on one node.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkData {
    /// The whole network, by custom a private /16. Always fill it (zos.md section 3, network-light).
    #[serde(default, with = "maybe")]
    pub ip_range: Option<Cidr>,
    /// This node's /24 of it.
    #[serde(default, with = "maybe")]
    pub subnet: Option<Cidr>,
    /// This node's WireGuard secret.
    #[serde(default = "WireguardKey::empty")]
    pub wireguard_private_key: WireguardKey,
    /// A free UDP port of the node.
    #[serde(default)]
    pub wireguard_listen_port: u16,
    /// The other nodes, and laptops.
    #[serde(default, deserialize_with = "nullable")]
    pub peers: Vec<Peer>,
    /// Needed for mycelium addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mycelium: Option<MyceliumNet>,
}

impl WireguardKey {
    fn empty() -> Self {
        Self(String::new())
    }
}

/// Another node (or a laptop) of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its /24.
    #[serde(default, with = "maybe")]
    pub subnet: Option<Cidr>,
    /// Its public key, base64.
    #[serde(default)]
    pub wireguard_public_key: String,
    /// Its subnet and its [routing address](super::routing_address).
    #[serde(default, deserialize_with = "nullable")]
    pub allowed_ips: Vec<Cidr>,
    /// `ip:port`; empty for one that dials in.
    #[serde(default)]
    pub endpoint: String,
}

/// A network's mycelium node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyceliumNet {
    /// Its key, 32 bytes.
    pub hex_key: HexBytes,
    /// Must be empty.
    #[serde(default, deserialize_with = "nullable")]
    pub peers: Vec<String>,
}

/// A public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpData {
    /// IPv4: one of those that the contract reserved.
    #[serde(default)]
    pub v4: bool,
    /// IPv6.
    #[serde(default)]
    pub v6: bool,
}

macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
pub(super) use opaque;

opaque!(Machine, NetworkData);
