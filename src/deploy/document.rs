//! From a plan and its place to the documents that nodes run, and the calls that make their contracts.
//!
//! Pure: the same plan, place, twin and root give the same documents, so that their hashes are known before
//! anything is spent, and a contract can be found again after a crash. Not here: sending any of it.

use super::plan::{Host, PartPlan, Plan, Site, Web};
use crate::grid::workload::{
    Cidr, Deployment, Gateway, HexBytes, Interface, IpData, Machine, MachineCapacity, MachineNetwork, Mount,
    MyceliumIp, MyceliumNet, NetworkData, Peer, Volume, WireguardKey, Workload, WorkloadData, routing_address,
    wireguard_public,
};
use crate::grid::{Call, NodeId, TwinId};
use crate::secret::{ExposeSecret, Root};

/// Names of workloads. One document holds each at most once, except disks, which are numbered.
const MACHINE: &str = "machine";
const ADDRESS: &str = "address";

/// A document and where it goes.
#[derive(Debug, Clone)]
pub struct Document {
    /// The node.
    pub node: NodeId,
    /// The node's address on the bus.
    pub twin: TwinId,
    /// What it runs. Not yet signed, and without its contract's number: neither is hashed.
    pub deployment: Deployment,
    /// Public IPv4 to reserve.
    pub public_ips: u32,
    /// The contract's free text.
    pub data: String,
}

/// A part's documents: the machine's, and the gateway's when there is a web name.
#[derive(Debug, Clone)]
pub struct Documents {
    /// For the machine's node.
    pub machine: Document,
    /// For the gateway's node.
    pub gateway: Option<Document>,
    /// The web name to register.
    pub name: Option<String>,
}

impl Documents {
    /// The calls that make all contracts: the name first, since a name that is taken spoils the rest.
    pub fn calls(&self) -> Vec<Call> {
        let contract = |document: &Document| Call::NodeContract {
            node: document.node,
            hash: document.deployment.hash(),
            data: document.data.clone(),
            public_ips: document.public_ips,
        };
        let name = self.name.iter().map(|name| Call::NameContract { name: name.clone() });
        name.chain(self.gateway.iter().map(contract)).chain(std::iter::once(contract(&self.machine))).collect()
    }
}

/// Builds a part's documents for `twin`; `None` when the plan has no such part.
///
/// The private network's keys are derived from `root`, the deployment, the part and the attempt: a new attempt
/// has new keys, the same attempt always the same.
pub fn documents(plan: &Plan, number: u16, site: &Site, twin: TwinId, root: &Root) -> Option<Documents> {
    let part = plan.parts.get(usize::from(number))?;
    let net = Net { plan, number, site, root };
    let mut machine = Deployment::new(twin, net.machine_workloads(part));
    machine.metadata = net.data("vm");
    let gateway = part.gateway.as_ref().and_then(|web| net.gateway_document(web, twin));
    Some(Documents {
        machine: Document {
            node: site.machine.node,
            twin: site.machine.twin,
            data: machine.metadata.clone(),
            deployment: machine,
            public_ips: u32::from(part.filled.public_ipv4),
        },
        name: gateway.as_ref().and(site.gateway.as_ref()).map(|g| g.name.clone()),
        gateway,
    })
}

/// One part's private network.
struct Net<'a> {
    plan: &'a Plan,
    number: u16,
    site: &'a Site,
    root: &'a Root,
}

impl Net<'_> {
    /// The network's name on the nodes: unique for the twin on a node.
    fn name(&self) -> String {
        format!("n{}{}{}", self.plan.id, self.number, self.site.attempt)
    }

    fn key(&self, purpose: &str) -> [u8; 32] {
        let (id, part, attempt) = (&self.plan.id, self.number, self.site.attempt);
        *self.root.derive::<32>(&format!("bellhop/network/v1|{id}|{part}|{attempt}|{purpose}")).expose_secret()
    }

    fn wireguard(&self, side: &str) -> WireguardKey {
        WireguardKey::from_bytes(self.key(side))
    }

    /// The contract's free text: what other tools read (zos.md section 7), and our own id, by which a
    /// contract is traced back to its log.
    fn data(&self, kind: &str) -> String {
        let order = &self.plan.order;
        serde_json::json!({
            "version": 3,
            "type": kind,
            "name": order.name,
            "projectName": format!("{}/{}", order.recipe, order.name),
            "bellhop": format!("{}/{}/{}", self.plan.id, self.number, self.site.attempt),
        })
        .to_string()
    }

    fn subnet(&self, host: u8) -> Cidr {
        Cidr::v4(10, self.site.octet, host, 0, 24)
    }

    fn peer(&self, side: &str, host: u8, endpoint: &str) -> Peer {
        let subnet = self.subnet(host);
        Peer {
            subnet: Some(subnet),
            wireguard_public_key: wireguard_public(&self.wireguard(side).0).unwrap_or_default(),
            allowed_ips: std::iter::once(subnet).chain(routing_address(&subnet)).collect(),
            endpoint: endpoint.to_owned(),
        }
    }

    fn network(&self, side: &str, host: u8, at: &Host, peers: Vec<Peer>, mycelium: bool) -> WorkloadData {
        let data = NetworkData {
            ip_range: Some(Cidr::v4(10, self.site.octet, 0, 0, 16)),
            subnet: Some(self.subnet(host)),
            wireguard_private_key: self.wireguard(side),
            wireguard_listen_port: at.port,
            peers,
            mycelium: mycelium.then(|| MyceliumNet {
                hex_key: HexBytes(self.key(&format!("{side} mycelium")).to_vec()),
                peers: vec![],
            }),
        };
        if at.light { WorkloadData::NetworkLight(data) } else { WorkloadData::Network(data) }
    }

    fn machine_workloads(&self, part: &PartPlan) -> Vec<Workload> {
        let (filled, site) = (&part.filled, self.site);
        let light = site.machine.light;
        let mut workloads = Vec::new();
        let peers = site.gateway.iter().map(|g| self.peer("gateway", 3, &g.host.endpoint)).collect();
        workloads.push(Workload::new(
            self.name(),
            self.network("machine", 2, &site.machine, peers, filled.mycelium || light),
        ));
        let mut mounts = Vec::new();
        for (number, (mountpoint, size)) in filled.disks.iter().enumerate() {
            let name = format!("disk{number}");
            workloads.push(Workload::new(&name, WorkloadData::Zmount(Volume { size: *size })));
            mounts.push(Mount { name, mountpoint: mountpoint.clone() });
        }
        if filled.public_ipv4 {
            workloads.push(Workload::new(ADDRESS, WorkloadData::Ip(IpData { v4: true, v6: false })));
        }
        let mut env = filled.env.clone();
        if let (Some(gateway), Some(name)) = (&site.gateway, part.gateway.as_ref().and_then(|web| web.env.as_ref())) {
            env.insert(name.clone(), gateway.fqdn());
        }
        let mut seed = [0; 6];
        seed.copy_from_slice(&self.key("machine address")[..6]);
        let machine = Machine {
            flist: filled.flist.clone(),
            network: MachineNetwork {
                public_ip: (!light).then(|| if filled.public_ipv4 { ADDRESS.to_owned() } else { String::new() }),
                planetary: (!light).then_some(false),
                interfaces: vec![Interface {
                    network: self.name(),
                    ip: std::net::IpAddr::from([10, site.octet, 2, 2]),
                }],
                mycelium: (filled.mycelium || light)
                    .then(|| MyceliumIp { network: self.name(), hex_seed: HexBytes(seed.to_vec()) }),
            },
            size: filled.rootfs_bytes,
            compute_capacity: MachineCapacity { cpu: filled.cpu, memory: filled.memory_bytes },
            mounts,
            entrypoint: filled.entrypoint.clone(),
            env,
            corex: false,
            gpu: Vec::new(),
        };
        let machine = if light { WorkloadData::ZmachineLight(machine) } else { WorkloadData::Zmachine(machine) };
        workloads.push(Workload::new(MACHINE, machine));
        workloads
    }

    /// The gateway needs the same network on its own node, or it cannot reach a private address (zos.md
    /// section 3, gateway-name-proxy).
    fn gateway_document(&self, web: &Web, twin: TwinId) -> Option<Document> {
        let gateway = self.site.gateway.as_ref()?;
        let peers = vec![self.peer("machine", 2, &self.site.machine.endpoint)];
        let backend = format!("http://{}:{}", self.site.private_ip(), web.port);
        let mut deployment = Deployment::new(
            twin,
            vec![
                Workload::new(self.name(), self.network("gateway", 3, &gateway.host, peers, false)),
                Workload::new(
                    "web",
                    WorkloadData::GatewayNameProxy(Gateway {
                        name: gateway.name.clone(),
                        tls_passthrough: false,
                        backends: vec![backend],
                        network: Some(self.name()),
                    }),
                ),
            ],
        );
        deployment.metadata = self.data("gateway");
        Some(Document {
            node: gateway.host.node,
            twin: gateway.host.twin,
            data: deployment.metadata.clone(),
            deployment,
            public_ips: 0,
        })
    }
}
