//! Whether a node would take a document, by the rules that need nothing but the document (zos.md sections 2, 3).
//!
//! The sandbox's nodes refuse with these words, and `deploy` checks its own plans before anything is spent.
//! What depends on the node (free capacity, taken ports, contracts) is not here.

use super::{Deployment, Machine, MyceliumNet, NetworkData, Workload, WorkloadData};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const MIB: u64 = 1 << 20;

/// Why a node does not take a document: its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

fn no<T>(text: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid(text.into()))
}

impl Deployment {
    /// Checks the document as a node does, in the node's order.
    ///
    /// # Errors
    /// The first rule that is broken, in the node's words.
    pub fn validate(&self) -> Result<(), Invalid> {
        let mut names = BTreeSet::new();
        for workload in &self.workloads {
            let name = &workload.name;
            if workload.version > self.version {
                return no(format!(
                    "workload '{name}' version '{}' cannot be higher than deployment version '{}'",
                    workload.version, self.version
                ));
            }
            if let Err(why) = valid_name(name) {
                return no(format!("name '{name}' is invalid: {why}"));
            }
            if !names.insert(name) {
                return no(format!("multiple workloads with the same name '{name}'"));
            }
            self.validate_workload(workload)?;
        }
        Ok(())
    }

    fn validate_workload(&self, workload: &Workload) -> Result<(), Invalid> {
        match &workload.data {
            WorkloadData::Network(network) => valid_network(network),
            WorkloadData::NetworkLight(network) => valid_light_network(network),
            WorkloadData::Zmachine(machine) => {
                valid_machine(machine)?;
                self.validate_public_ip(machine)?;
                valid_machine_network(machine)
            }
            WorkloadData::ZmachineLight(machine) => {
                valid_machine(machine)?;
                valid_machine_network(machine)
            }
            WorkloadData::Zmount(disk) | WorkloadData::Volume(disk) if disk.size == 0 => no("invalid size"),
            WorkloadData::Zmount(_) | WorkloadData::Volume(_) | WorkloadData::Qsfs(_) => Ok(()),
            WorkloadData::Ip(ip) if !ip.v4 && !ip.v6 => no("public ip workload with no selections"),
            WorkloadData::Ip(_) => Ok(()),
            WorkloadData::GatewayNameProxy(gateway) => {
                if gateway.name.is_empty() || !gateway.name.bytes().all(label_byte) {
                    return no(format!("name {} is invalid", gateway.name));
                }
                valid_backends(&gateway.backends, gateway.tls_passthrough)
            }
            WorkloadData::GatewayFqdnProxy(gateway) => {
                let labels: Vec<&str> = gateway.fqdn.split('.').collect();
                let sound = labels.len() > 1
                    && labels.iter().all(|label| !label.is_empty() && label.bytes().all(label_byte))
                    && labels.last().is_some_and(|top| top.len() > 1);
                if !sound {
                    return no(format!("fqdn {} is invalid", gateway.fqdn));
                }
                valid_backends(&gateway.backends, gateway.tls_passthrough)
            }
            WorkloadData::Zdb(zdb) if zdb.size == 0 => no("invalid size"),
            WorkloadData::Zdb(zdb) if !matches!(zdb.mode.as_str(), "seq" | "user") => no("invalid mode"),
            WorkloadData::Zdb(_) => Ok(()),
            WorkloadData::Zlogs(logs) => {
                let target = self.workload(&logs.zmachine).map(|workload| &workload.data);
                if !matches!(target, Some(WorkloadData::Zmachine(_))) {
                    return no(format!("no zmachine with name '{}' found", logs.zmachine));
                }
                match url::Url::parse(&logs.output) {
                    Ok(url) if matches!(url.scheme(), "redis" | "ws" | "wss") => Ok(()),
                    Ok(url) => no(format!("invalid output schema '{}' not supported", url.scheme())),
                    Err(why) => no(format!("invalid url supplied in output: {why}")),
                }
            }
        }
    }

    fn validate_public_ip(&self, machine: &Machine) -> Result<(), Invalid> {
        let Some(name) = machine.network.public_ip.as_deref().filter(|name| !name.is_empty()) else { return Ok(()) };
        match self.workload(name).map(|workload| &workload.data) {
            None => return no("public ip is not found"),
            Some(WorkloadData::Ip(_)) => {}
            Some(_) => return no(format!("workload of name '{name}' is not a public ip")),
        }
        let users = self.workloads.iter().filter(|workload| {
            matches!(&workload.data, WorkloadData::Zmachine(other) if other.network.public_ip.as_deref() == Some(name))
        });
        if users.count() > 1 { no("public ip is assigned to multiple vms") } else { Ok(()) }
    }
}

fn valid_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err("name cannot be empty".to_owned())
    } else if name.len() > 36 {
        Err("name cannot exceed 36 characters".to_owned())
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Err("unsupported character in workload name".to_owned())
    } else if name == "ygg" {
        Err(format!("invalid name '{name}' is reserved"))
    } else {
        Ok(())
    }
}

fn label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn valid_network(network: &NetworkData) -> Result<(), Invalid> {
    if network.ip_range.is_none() {
        return no("network IP range cannot be empty");
    }
    if network.subnet.is_none() {
        return no("network resource subnet cannot empty");
    }
    if network.wireguard_private_key.0.is_empty() {
        return no("network resource wireguard private key cannot empty");
    }
    for peer in &network.peers {
        if peer.subnet.is_none() {
            return no("peer wireguard subnet cannot empty");
        }
        if peer.allowed_ips.is_empty() {
            return no("peer wireguard allowedIPs cannot empty");
        }
        if peer.wireguard_public_key.is_empty() {
            return no("peer wireguard public key cannot empty");
        }
    }
    network.mycelium.as_ref().map_or(Ok(()), valid_mycelium)
}

fn valid_light_network(network: &NetworkData) -> Result<(), Invalid> {
    if network.subnet.is_none() {
        return no("network resource subnet cannot empty");
    }
    match &network.mycelium {
        Some(mycelium) => valid_mycelium(mycelium),
        None => no("invalid mycelium key length, expected 32"),
    }
}

fn valid_mycelium(mycelium: &MyceliumNet) -> Result<(), Invalid> {
    if mycelium.hex_key.0.len() != 32 {
        return no("invalid mycelium key length, expected 32");
    }
    if !mycelium.peers.is_empty() {
        return no("user defined peers list is not supported right now");
    }
    Ok(())
}

fn valid_machine(machine: &Machine) -> Result<(), Invalid> {
    if machine.network.interfaces.len() != 1 {
        return no("only one network private network is supported at the moment");
    }
    if machine.compute_capacity.cpu == 0 {
        return no("cpu capacity can't be 0");
    }
    if machine.compute_capacity.memory < 250 * MIB {
        return no("mem capacity can't be less that 250M");
    }
    let least = machine.min_root_size();
    if machine.size != 0 && machine.size < least {
        return no(format!("disk size can't be less that {least}. Set to 0 for minimum"));
    }
    Ok(())
}

fn valid_machine_network(machine: &Machine) -> Result<(), Invalid> {
    for interface in &machine.network.interfaces {
        if matches!(interface.network.as_str(), "ygg" | "pub" | "mycelium") {
            return no(format!("'{}' is reserved network name", interface.network));
        }
    }
    if machine.network.mycelium.as_ref().is_some_and(|mycelium| mycelium.hex_seed.0.len() != 6) {
        return no("invalid mycelium seed length expected 6 bytes");
    }
    Ok(())
}

fn valid_backends(backends: &[String], passthrough: bool) -> Result<(), Invalid> {
    if backends.is_empty() {
        return no("backends list can not be empty");
    }
    for backend in backends {
        if let Err(why) = valid_backend(backend, passthrough) {
            return no(format!("failed to validate backend '{backend}': {why}"));
        }
    }
    Ok(())
}

fn valid_backend(backend: &str, passthrough: bool) -> Result<(), String> {
    if passthrough {
        return SocketAddr::from_str(backend).map(|_| ()).map_err(|_| format!("failed to parse backend {backend}"));
    }
    let url = url::Url::parse(backend).map_err(|why| format!("failed to parse backend with error: {why}"))?;
    if url.scheme() != "http" {
        return Err("scheme expected to be http".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) if !ip.is_loopback() => Ok(()),
        _ => Err(format!("invalid ip address in backend: {host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::TwinId;
    use serde_json::{Value, json};

    fn vm(network: &Value) -> Value {
        json!({ "flist": "f", "network": network, "size": 0, "compute_capacity": { "cpu": 1, "memory": 1 << 30 } })
    }

    fn says(workloads: &[(&str, &str, Value)]) -> String {
        let workloads = workloads
            .iter()
            .map(|(name, kind, data)| {
                serde_json::from_value(json!({ "name": name, "type": kind, "data": data })).unwrap()
            })
            .collect();
        Deployment::new(TwinId(1), workloads).validate().map_or_else(|why| why.0, |()| "ok".to_owned())
    }

    #[test]
    fn each_broken_rule_has_the_nodes_words() {
        let size = json!({ "size": 1 });
        let lone = json!({ "interfaces": [{ "network": "n", "ip": "10.1.2.2" }] });
        let net = |patch: Value| {
            let mut net = json!({ "ip_range": "10.1.0.0/16", "subnet": "10.1.2.0/24", "wireguard_private_key": "k" });
            net.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
            net
        };
        let with_ip = json!({ "public_ip": "ip1", "interfaces": [{ "network": "n", "ip": "10.1.2.2" }] });
        let gateway =
            |backend: &str, tls: bool| json!({ "name": "a-b", "tls_passthrough": tls, "backends": [backend] });
        let long = "x".repeat(37);
        type Case<'a> = (Vec<(&'a str, &'a str, Value)>, &'a str);
        let cases: Vec<Case<'_>> = vec![
            (vec![("", "zmount", size.clone())], "name '' is invalid: name cannot be empty"),
            (vec![("a-b", "zmount", size.clone())], "name 'a-b' is invalid: unsupported character in workload name"),
            (vec![("ygg", "zmount", size.clone())], "name 'ygg' is invalid: invalid name 'ygg' is reserved"),
            (
                vec![(&long, "zmount", size.clone())],
                "name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is invalid: name cannot exceed 36 characters",
            ),
            (vec![("a", "zmount", size.clone()), ("a", "volume", size)], "multiple workloads with the same name 'a'"),
            (vec![("a", "zmount", json!({ "size": 0 }))], "invalid size"),
            (vec![("a", "ip", json!({ "v4": false, "v6": false }))], "public ip workload with no selections"),
            (
                vec![("a", "zmachine", vm(&json!({ "interfaces": [] })))],
                "only one network private network is supported at the moment",
            ),
            (
                vec![("a", "zmachine", vm(&json!({ "interfaces": [{ "network": "pub", "ip": "10.1.2.2" }] })))],
                "'pub' is reserved network name",
            ),
            (vec![("a", "zmachine", vm(&with_ip))], "public ip is not found"),
            (
                vec![
                    ("ip1", "ip", json!({ "v4": true })),
                    ("a", "zmachine", vm(&with_ip)),
                    ("b", "zmachine", vm(&with_ip)),
                ],
                "public ip is assigned to multiple vms",
            ),
            (
                vec![("ip1", "zmount", json!({ "size": 1 })), ("a", "zmachine", vm(&with_ip))],
                "workload of name 'ip1' is not a public ip",
            ),
            (
                vec![(
                    "a",
                    "zmachine",
                    vm(
                        &json!({ "interfaces": [{ "network": "n", "ip": "10.1.2.2" }], "mycelium": { "network": "n", "hex_seed": "00" } }),
                    ),
                )],
                "invalid mycelium seed length expected 6 bytes",
            ),
            (
                vec![(
                    "a",
                    "zmachine",
                    json!({ "flist": "f", "network": lone, "size": 0, "compute_capacity": { "cpu": 0, "memory": 1 } }),
                )],
                "cpu capacity can't be 0",
            ),
            (
                vec![(
                    "a",
                    "zmachine",
                    json!({ "flist": "f", "network": lone, "size": 0, "compute_capacity": { "cpu": 1, "memory": 1 } }),
                )],
                "mem capacity can't be less that 250M",
            ),
            (
                vec![(
                    "a",
                    "zmachine",
                    json!({ "flist": "f", "network": lone, "size": 5, "compute_capacity": { "cpu": 2, "memory": 4u64 << 30 } }),
                )],
                "disk size can't be less that 2147483648. Set to 0 for minimum",
            ),
            (vec![("a", "network", net(json!({ "ip_range": "" })))], "network IP range cannot be empty"),
            (vec![("a", "network", net(json!({ "subnet": "" })))], "network resource subnet cannot empty"),
            (
                vec![("a", "network", net(json!({ "wireguard_private_key": "" })))],
                "network resource wireguard private key cannot empty",
            ),
            (
                vec![("a", "network", net(json!({ "peers": [{ "subnet": "10.1.3.0/24" }] })))],
                "peer wireguard allowedIPs cannot empty",
            ),
            (
                vec![("a", "network", net(json!({ "mycelium": { "hex_key": "00" } })))],
                "invalid mycelium key length, expected 32",
            ),
            (vec![("a", "network-light", net(json!({})))], "invalid mycelium key length, expected 32"),
            (vec![("a", "gateway-name-proxy", json!({ "name": "a.b", "backends": [] }))], "name a.b is invalid"),
            (
                vec![("a", "gateway-name-proxy", json!({ "name": "ab", "backends": [] }))],
                "backends list can not be empty",
            ),
            (
                vec![("a", "gateway-name-proxy", gateway("https://10.1.2.2", false))],
                "failed to validate backend 'https://10.1.2.2': scheme expected to be http",
            ),
            (
                vec![("a", "gateway-name-proxy", gateway("http://127.0.0.1", false))],
                "failed to validate backend 'http://127.0.0.1': invalid ip address in backend: 127.0.0.1",
            ),
            (
                vec![("a", "gateway-name-proxy", gateway("http://example.com", false))],
                "failed to validate backend 'http://example.com': invalid ip address in backend: example.com",
            ),
            (vec![("a", "gateway-name-proxy", gateway("10.1.2.2:443", true))], "ok"),
            (vec![("a", "gateway-name-proxy", gateway("http://[300::2]:80", false))], "ok"),
            (
                vec![("a", "gateway-fqdn-proxy", json!({ "fqdn": "nodot", "backends": ["http://10.1.2.2"] }))],
                "fqdn nodot is invalid",
            ),
            (vec![("a", "zdb", json!({ "size": 1, "mode": "x" }))], "invalid mode"),
            (
                vec![("a", "zlogs", json!({ "zmachine": "vm", "output": "wss://x" }))],
                "no zmachine with name 'vm' found",
            ),
            (
                vec![("vm", "zmachine", vm(&lone)), ("a", "zlogs", json!({ "zmachine": "vm", "output": "ftp://x" }))],
                "invalid output schema 'ftp' not supported",
            ),
            (vec![("vm", "zmachine", vm(&lone))], "ok"),
        ];
        for (workloads, expected) in cases {
            assert_eq!(says(&workloads), expected, "{workloads:?}");
        }
    }

    #[test]
    fn a_workload_is_never_newer_than_its_document() {
        let mut deployment = Deployment::new(
            TwinId(1),
            vec![
                serde_json::from_value(json!({ "version": 1, "name": "a", "type": "zmount", "data": { "size": 1 } }))
                    .unwrap(),
            ],
        );
        assert_eq!(
            deployment.validate().unwrap_err().0,
            "workload 'a' version '1' cannot be higher than deployment version '0'"
        );
        deployment.version = 1;
        assert_eq!(deployment.validate(), Ok(()));
    }
}
