//! The challenge of a document: the text whose MD5 is its hash (zos.md sections 3 and 4).
//!
//! Plain concatenation without separators, so order and Go's way of printing are all there is to it.

use super::{
    Backend, Deployment, Encryption, HexBytes, Machine, NetworkData, QsfsData, SignatureRequirement, Workload,
    WorkloadData,
};
use std::fmt::{Display, Write as _};

struct Text(String);

impl Text {
    /// Appends; writing to a string cannot fail.
    fn put(&mut self, part: impl Display) {
        let _ = write!(self.0, "{part}");
    }

    /// Appends a value that may be missing, as Go prints a nil.
    fn put_or_nil(&mut self, part: Option<impl Display>) {
        match part {
            Some(part) => self.put(part),
            None => self.put("<nil>"),
        }
    }

    fn hex(&mut self, bytes: &HexBytes) {
        self.put(hex::encode(&bytes.0));
    }

    fn all<T: Display>(&mut self, parts: impl IntoIterator<Item = T>) {
        parts.into_iter().for_each(|part| self.put(part));
    }
}

impl Deployment {
    /// The text that is hashed. The contract's number, signatures and results are not in it.
    pub fn challenge(&self) -> String {
        let mut text = Text(String::new());
        text.put(self.version);
        text.put(self.twin_id);
        text.put(&self.metadata);
        text.put(&self.description);
        text.put(self.expiration);
        self.workloads.iter().for_each(|workload| put_workload(&mut text, workload));
        put_requirement(&mut text, &self.signature_requirement);
        text.0
    }
}

fn put_requirement(text: &mut Text, requirement: &SignatureRequirement) {
    for request in &requirement.requests {
        text.put(request.twin_id);
        text.put(request.required);
        text.put(request.weight);
    }
    text.put(requirement.weight_required);
    text.put(&requirement.signature_style);
}

fn put_workload(text: &mut Text, workload: &Workload) {
    text.put(workload.version);
    text.put(&workload.name);
    text.put(workload.data.kind().word());
    text.put(&workload.metadata);
    text.put(&workload.description);
    match &workload.data {
        WorkloadData::Network(network) | WorkloadData::NetworkLight(network) => put_network(text, network),
        WorkloadData::Zmachine(machine) => put_machine(text, machine, true),
        WorkloadData::ZmachineLight(machine) => put_machine(text, machine, false),
        WorkloadData::Zmount(disk) | WorkloadData::Volume(disk) => text.put(disk.size),
        WorkloadData::Ip(ip) => {
            text.put(ip.v4);
            text.put(ip.v6);
        }
        WorkloadData::GatewayNameProxy(gateway) => {
            text.put(&gateway.name);
            text.put(gateway.tls_passthrough);
            text.all(&gateway.backends);
            text.all(&gateway.network);
        }
        WorkloadData::GatewayFqdnProxy(gateway) => {
            text.put(&gateway.fqdn);
            text.put(gateway.tls_passthrough);
            text.all(&gateway.backends);
            text.all(&gateway.network);
        }
        WorkloadData::Qsfs(qsfs) => put_qsfs(text, qsfs),
        WorkloadData::Zdb(zdb) => {
            text.put(zdb.size);
            text.put(&zdb.mode);
            text.put(&zdb.password);
            text.put(zdb.public);
        }
        WorkloadData::Zlogs(logs) => {
            text.put(&logs.zmachine);
            text.put(&logs.output);
        }
    }
}

/// Public address and planetary flag stand only in the challenge of full nodes' machines.
fn put_machine(text: &mut Text, machine: &Machine, full: bool) {
    text.put(&machine.flist);
    if full {
        text.all(&machine.network.public_ip);
        text.put(machine.network.planetary.unwrap_or(false));
    }
    for interface in &machine.network.interfaces {
        text.put(&interface.network);
        text.put(interface.ip);
    }
    if let Some(mycelium) = &machine.network.mycelium {
        text.put(&mycelium.network);
        text.hex(&mycelium.hex_seed);
    }
    text.put(machine.size);
    text.put(machine.compute_capacity.cpu);
    text.put(machine.compute_capacity.memory);
    for mount in &machine.mounts {
        text.put(&mount.name);
        text.put(&mount.mountpoint);
    }
    text.put(&machine.entrypoint);
    for (key, value) in &machine.env {
        text.put(format_args!("{key}={value}"));
    }
    text.all(&machine.gpu);
}

fn put_network(text: &mut Text, network: &NetworkData) {
    text.put_or_nil(network.ip_range);
    text.put_or_nil(network.subnet);
    text.put(&network.wireguard_private_key.0);
    text.put(network.wireguard_listen_port);
    for peer in &network.peers {
        text.put(&peer.wireguard_public_key);
        text.put(&peer.endpoint);
        text.put_or_nil(peer.subnet);
        text.all(&peer.allowed_ips);
    }
    if let Some(mycelium) = &network.mycelium {
        text.hex(&mycelium.hex_key);
        text.all(&mycelium.peers);
    }
}

fn put_qsfs(text: &mut Text, qsfs: &QsfsData) {
    let config = &qsfs.config;
    text.put(qsfs.cache);
    text.put(config.minimal_shards);
    text.put(config.expected_shards);
    text.put(config.redundant_groups);
    text.put(config.redundant_nodes);
    text.put(config.max_zdb_data_dir_size);
    put_encryption(text, &config.encryption);
    text.put(&config.meta.kind);
    text.put(&config.meta.config.prefix);
    put_encryption(text, &config.meta.config.encryption);
    config.meta.config.backends.iter().for_each(|backend| put_backend(text, backend));
    for group in &config.groups {
        group.backends.iter().for_each(|backend| put_backend(text, backend));
    }
    text.put(&config.compression.algorithm);
}

fn put_encryption(text: &mut Text, encryption: &Encryption) {
    text.put(&encryption.algorithm);
    text.hex(&encryption.key);
}

fn put_backend(text: &mut Text, backend: &Backend) {
    text.put(&backend.address);
    text.put(&backend.namespace);
    text.put(&backend.password);
}
