//! Installing one workload on one node: the checks that need the node, and the result (zos.md section 3).

use super::Seat;
use super::ledger::{Ledger, Medium, Taken, runs};
use super::plan::{Flavour, Temper};
use crate::clock::Timestamp;
use crate::grid::workload::{
    Deployment, GatewayResult, IpData, Kind, Machine as Wanted, MachineResult, NetworkData, PublicIpResult, Workload,
    WorkloadData,
};
use crate::grid::{PublicIp, TwinId};
use crate::sandbox::machines::{Machine, Software};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the chain says that a workload's checks need.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The addresses that the contract holds.
    pub ips: Vec<PublicIp>,
    /// Whose the name contract of a gateway is; `None` when there is none.
    pub name_owner: Option<TwinId>,
    /// A gateway elsewhere serves the same name already.
    pub name_taken: bool,
}

/// How long a workload takes, milliseconds from and to.
pub fn duration(kind: Kind) -> (u64, u64) {
    match kind {
        Kind::Zmount | Kind::Ip => (300, 900),
        Kind::Volume | Kind::Zlogs => (200, 500),
        Kind::Network | Kind::NetworkLight | Kind::Zdb => (400, 1500),
        Kind::Qsfs => (2000, 5000),
        Kind::Zmachine | Kind::ZmachineLight => (6000, 25_000),
        Kind::GatewayNameProxy | Kind::GatewayFqdnProxy => (800, 2500),
    }
}

/// Checks one workload of `document` against its node and finds room for it.
///
/// # Errors
/// The node's words: they become the workload's error.
pub fn install(
    seat: &Seat,
    ledger: &Ledger,
    document: &Deployment,
    workload: &Workload,
    facts: &Facts,
) -> Result<(Taken, Value), String> {
    let kind = workload.data.kind();
    if !seat.features.iter().any(|feature| feature == kind.word()) {
        return Err(format!("unknown workload type '{}'", kind.word()));
    }
    let id = format!("{}-{}-{}", document.twin_id, document.contract_id, workload.name);
    let data = match &workload.data {
        WorkloadData::Network(network) | WorkloadData::NetworkLight(network) => {
            check_network(ledger, network)?;
            Value::Null
        }
        WorkloadData::Zmachine(machine) | WorkloadData::ZmachineLight(machine) => {
            if seat.plan.temper == Temper::Failing {
                return Err("failed to mount flist: context deadline exceeded".to_owned());
            }
            value(&check_machine(ledger, document, machine, id)?)
        }
        WorkloadData::Zmount(_) => json!({ "volume_id": id }),
        WorkloadData::Volume(_) => json!({ "id": id }),
        WorkloadData::Ip(ip) => value(&address(seat, document, workload, *ip, facts)?),
        WorkloadData::GatewayNameProxy(gateway) => {
            let domain = seat.plan.domain().ok_or("gateway is not supported on this node: no domain is configured")?;
            match facts.name_owner {
                None => return Err(format!("failed to get name contract '{}': not found", gateway.name)),
                Some(owner) if owner != document.twin_id => {
                    return Err(format!(
                        "name contract '{}' does not belong to twin {}",
                        gateway.name, document.twin_id
                    ));
                }
                Some(_) => {}
            }
            check_gateway(seat, ledger, document, &gateway.backends, gateway.network.as_deref(), facts)?;
            value(&GatewayResult { fqdn: format!("{}.{domain}", gateway.name) })
        }
        WorkloadData::GatewayFqdnProxy(gateway) => {
            if seat.plan.public_config.is_none() {
                return Err("gateway is not supported on this node: no public config".to_owned());
            }
            check_gateway(seat, ledger, document, &gateway.backends, gateway.network.as_deref(), facts)?;
            json!({})
        }
        WorkloadData::Qsfs(_) => json!({ "path": format!("/qsfs/{id}"), "metrics_endpoint": "" }),
        WorkloadData::Zdb(_) => json!({ "Namespace": id, "IPs": [seat.private_ip()], "Port": 9900 }),
        WorkloadData::Zlogs(logs) => {
            if !document.workload(&logs.zmachine).is_some_and(runs) {
                return Err(format!("no running zmachine with name '{}'", logs.zmachine));
            }
            Value::Null
        }
    };
    Ok((ledger.room(&seat.plan, workload)?, data))
}

fn value(result: &impl serde::Serialize) -> Value {
    serde_json::to_value(result).unwrap_or_default()
}

fn check_network(ledger: &Ledger, network: &NetworkData) -> Result<(), String> {
    let port = network.wireguard_listen_port;
    if port != 0 && ledger.ports().contains(&port) {
        return Err(format!("wireguard listen port {port} is already in use"));
    }
    match (network.ip_range, network.subnet) {
        (Some(range), Some(subnet)) if !range.contains(subnet.ip) => {
            Err(format!("subnet {subnet} is not part of the network range {range}"))
        }
        _ => Ok(()),
    }
}

/// A twin's network on this node, when it runs.
fn user_network<'a>(ledger: &'a Ledger, twin: TwinId, name: &str) -> Option<&'a NetworkData> {
    let contract = ledger.network(twin, name)?;
    let workload = ledger.holdings.get(&contract)?.document.workload(name)?;
    if runs(workload) { workload.data.network() } else { None }
}

fn check_machine(
    ledger: &Ledger,
    document: &Deployment,
    machine: &Wanted,
    id: String,
) -> Result<MachineResult, String> {
    if !machine.gpu.is_empty() {
        return Err("usage of GPU is not allowed unless node is rented".to_owned());
    }
    let interface = machine.network.interfaces.first().ok_or("the machine has no interface")?;
    let network = user_network(ledger, document.twin_id, &interface.network)
        .ok_or_else(|| format!("failed to get network '{}': not found", interface.network))?;
    let subnet = network.subnet.ok_or("the network has no subnet")?;
    if !subnet.contains(interface.ip) {
        return Err(format!("ip {} is not part of the network resource subnet {subnet}", interface.ip));
    }
    if matches!(interface.ip, IpAddr::V4(ip) if ip.octets()[3] == 1) {
        return Err(format!("ip {} is the gateway of the network", interface.ip));
    }
    let taken = ledger.workloads().any(|(contract, other)| {
        let same_twin = ledger.holdings.get(&contract).is_some_and(|held| held.document.twin_id == document.twin_id);
        same_twin && runs(other) && other.data.machine().is_some_and(|m| m.network.interfaces.contains(interface))
    });
    if taken {
        return Err(format!("ip {} is already in use", interface.ip));
    }
    for mount in &machine.mounts {
        let disk = document.workload(&mount.name);
        let mountable = matches!(disk.map(|d| d.data.kind()), Some(Kind::Zmount | Kind::Volume | Kind::Qsfs));
        if !mountable || !disk.is_some_and(runs) {
            return Err(format!("failed to get mount '{}': not found or not ready", mount.name));
        }
    }
    if let Some(name) = machine.network.public_ip.as_deref().filter(|name| !name.is_empty())
        && !document.workload(name).is_some_and(runs)
    {
        return Err(format!("public ip '{name}' is not ready"));
    }
    let mycelium_ip = match &machine.network.mycelium {
        None => String::new(),
        Some(wanted) => {
            let network = user_network(ledger, document.twin_id, &wanted.network)
                .ok_or_else(|| format!("failed to get network '{}': not found", wanted.network))?;
            let key = network.mycelium.as_ref().ok_or("network has no mycelium configuration")?;
            mycelium(&key.hex_key.0, &wanted.hex_seed.0).to_string()
        }
    };
    let planetary_ip = if machine.network.planetary == Some(true) {
        let mut bytes = overlay(id.as_bytes(), 0x03);
        bytes[0] = 0x03;
        Ipv6Addr::from(bytes).to_string()
    } else {
        String::new()
    };
    Ok(MachineResult { id, ip: interface.ip.to_string(), planetary_ip, mycelium_ip, console_url: String::new() })
}

fn overlay(key: &[u8], first: u8) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(key).into();
    let mut bytes = [first; 16];
    bytes[1..].copy_from_slice(&digest[1..16]);
    bytes
}

/// A mycelium address (400::/7): the network's /64 from its key, then the machine's seed.
fn mycelium(key: &[u8], seed: &[u8]) -> Ipv6Addr {
    let mut bytes = overlay(key, 0x04);
    bytes[0] = 0x04 | (bytes[1] & 0x01);
    bytes[8] = 0xff;
    bytes[9] = 0x0f;
    for (to, from) in bytes[10..].iter_mut().zip(seed) {
        *to = *from;
    }
    Ipv6Addr::from(bytes)
}

fn address(
    seat: &Seat,
    document: &Deployment,
    workload: &Workload,
    wanted: IpData,
    facts: &Facts,
) -> Result<PublicIpResult, String> {
    let mut result = PublicIpResult::default();
    if wanted.v4 {
        // The first address of the contract that no other workload of it has.
        let others: Vec<String> = document
            .workloads
            .iter()
            .filter(|other| other.name != workload.name)
            .filter_map(|other| other.result.read::<PublicIpResult>().map(|held| held.ip))
            .collect();
        let free = facts.ips.iter().find(|ip| !others.contains(&ip.ip));
        let free = free.ok_or("no public ip is reserved in the contract")?;
        result.ip = free.ip.clone();
        result.gateway = free.gateway.clone();
    }
    if wanted.v6 {
        result.ip6 = format!("2001:db8:{:x}:{:x}::2/64", seat.id.0, document.contract_id.0 & 0xffff);
    }
    Ok(result)
}

fn check_gateway(
    seat: &Seat,
    ledger: &Ledger,
    document: &Deployment,
    backends: &[String],
    network: Option<&str>,
    facts: &Facts,
) -> Result<(), String> {
    if facts.name_taken {
        return Err("domain already registered".to_owned());
    }
    if let Some(network) = network
        && user_network(ledger, document.twin_id, network).is_none()
    {
        return Err(format!("failed to get user network '{network}'"));
    }
    let own = seat.plan.public_config.as_ref().and_then(|config| config.ipv4.split('/').next());
    if own.is_some_and(|own| backends.iter().any(|backend| backend.contains(own))) {
        return Err("backend is a public ip of the gateway itself".to_owned());
    }
    Ok(())
}

/// An update in place: what it takes afterwards. Only sizes have anything to check.
///
/// # Errors
/// The node's words; the old state runs on.
pub fn change(
    seat: &Seat,
    ledger: &Ledger,
    document: &Deployment,
    old: &Workload,
    new: &Workload,
) -> Result<Taken, String> {
    let held = ledger.holdings.get(&document.contract_id).and_then(|holding| holding.taken.get(&old.name));
    let held = held.copied().unwrap_or_default();
    let (before, after) = (old.data.capacity(), new.data.capacity());
    if after.sru < before.sru || after.hru < before.hru {
        return Err("cannot shrink a disk".to_owned());
    }
    let mounted = document.workloads.iter().any(|other| {
        runs(other) && other.data.machine().is_some_and(|m| m.mounts.iter().any(|mount| mount.name == old.name))
    });
    if new.data.kind() == Kind::Zmount && mounted && after.sru != before.sru {
        return Err("disk is mounted, please delete the VM first".to_owned());
    }
    let Some((medium, index, bytes)) = held.disk else { return Ok(held) };
    let wanted = if medium == Medium::Ssd { after.sru } else { after.hru };
    match ledger.pools(&seat.plan).get(index) {
        Some((_, size, used)) if size.saturating_sub(*used) >= wanted.saturating_sub(bytes) => {
            Ok(Taken { disk: Some((medium, index, wanted)), ..held })
        }
        _ => Err("not enough space left in this pool".to_owned()),
    }
}

/// The machine that a workload with its result is.
pub fn machine(seat: &Seat, document: &Deployment, workload: &Workload) -> Option<Machine> {
    let wanted = workload.data.machine()?;
    let result: MachineResult = workload.result.read()?;
    let public = wanted.network.public_ip.as_deref().and_then(|name| document.workload(name));
    let public = public.and_then(|ip| ip.result.read::<PublicIpResult>());
    let public: Option<Ipv4Addr> = public.and_then(|ip| ip.ip.split('/').next().and_then(|ip| ip.parse().ok()));
    let hostname = wanted.env.get("CASPERLABS_HOSTNAME").filter(|name| !name.is_empty());
    Some(Machine {
        node: seat.id,
        twin: document.twin_id,
        software: Software::of(wanted),
        public: public.filter(|_| seat.plan.flavour == Flavour::Full),
        private: wanted.network.interfaces.iter().map(|i| (i.network.clone(), i.ip)).collect(),
        mycelium: result.mycelium_ip.parse().ok(),
        hostname: hostname.cloned().unwrap_or_else(|| workload.name.clone()),
        since: Timestamp::from_secs(u64::try_from(workload.result.created).unwrap_or(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::doorstep;
    use std::net::SocketAddr;

    #[test]
    fn each_mycelium_address_has_a_doorstep_on_this_computer() {
        for key in 0..=u8::MAX {
            let address = mycelium(&[key; 32], &[7; 6]);
            assert!(doorstep(SocketAddr::new(address.into(), 22)).is_some(), "{address}");
        }
    }
}
