//! From a recipe to the figures of its workloads.

use super::schema::{Recipe, Rootfs, Size};
use crate::grid::GIB;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person's deployment brings. An empty text is "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Values<'a> {
    /// The deployment's name.
    pub name: &'a str,
    /// SSH public keys, one a line; many people own none.
    pub ssh_key: &'a str,
    /// The whole host name under the gateway's domain.
    pub hostname: &'a str,
}

/// All that a machine's workloads need to know. Sizes in bytes, as the node counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// The flist's URL.
    pub flist: String,
    /// What the machine runs first.
    pub entrypoint: String,
    /// Virtual CPUs.
    pub cpu: u8,
    /// Memory.
    pub memory_bytes: u64,
    /// The root filesystem.
    pub rootfs_bytes: u64,
    /// Disks beside it: where they are mounted, and how large.
    pub disks: Vec<(String, u64)>,
    /// Environment variables. One whose value came out empty because a person brought none is left out.
    pub env: BTreeMap<String, String>,
    /// Wants a public IPv4.
    pub public_ipv4: bool,
    /// Wants a mycelium address: always, it costs nothing and reaches every node.
    pub mycelium: bool,
}

impl Recipe {
    /// The figures of this recipe in `size` for `values`.
    pub fn fill(&self, size: &Size, values: &Values<'_>) -> Filled {
        let value = |name: &str| match name {
            "name" => Some(values.name.to_owned()),
            "ssh_key" => Some(values.ssh_key.trim().to_owned()),
            "hostname" => Some(values.hostname.to_owned()),
            _ => None,
        };
        let mut env: BTreeMap<String, String> = self
            .env
            .iter()
            .filter_map(|(key, template)| {
                let text = template.fill(value)?;
                (!text.is_empty() || template.0.is_empty()).then(|| (key.clone(), text))
            })
            .collect();
        if let Some(key) = self.gateway.as_ref().and_then(|gateway| gateway.env.as_ref())
            && !values.hostname.is_empty()
        {
            env.insert(key.clone(), values.hostname.to_owned());
        }
        Filled {
            flist: self.image.clone(),
            entrypoint: self.entrypoint.clone(),
            cpu: size.cpu,
            memory_bytes: size.memory_gb * GIB,
            rootfs_bytes: match self.rootfs {
                Rootfs::Minimum => smallest_rootfs(size),
                Rootfs::Size => size.disk_gb * GIB,
            },
            disks: self.disks.iter().map(|disk| (disk.mount.clone(), disk.gb.unwrap_or(size.disk_gb) * GIB)).collect(),
            env,
            public_ipv4: self.ipv4,
            mycelium: true,
        }
    }
}

/// The node's smallest root filesystem: 500 MiB while CPUs times memory stay below 8 GiB, else 2 GiB (zos.md
/// section 3).
pub(super) fn smallest_rootfs(size: &Size) -> u64 {
    if u64::from(size.cpu) * size.memory_gb / 8 == 0 { 500 << 20 } else { 2 * GIB }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    #[test]
    fn casper_gets_its_disk_where_the_image_keeps_the_chain() {
        let recipe = Catalogue::embedded().get("casper").unwrap();
        let values = Values { name: "orchid", ssh_key: "ssh-ed25519 AAAA me", hostname: "orchid.gent01.grid.tf" };
        let filled = recipe.fill(recipe.default_size().unwrap(), &values);
        assert_eq!((filled.cpu, filled.memory_bytes, filled.rootfs_bytes), (4, 16 * GIB, 2 * GIB));
        assert_eq!(filled.disks, [("/var/lib/casper/casper-node".to_owned(), 500 * GIB)]);
        let env: Vec<_> = filled.env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(env, ["CASPERLABS_HOSTNAME=orchid.gent01.grid.tf", "SSH_KEY=ssh-ed25519 AAAA me"]);
        assert!(filled.public_ipv4);
    }

    #[test]
    fn without_a_key_there_is_no_ssh_variable() {
        let recipe = Catalogue::embedded().get("vm").unwrap();
        let filled = recipe.fill(recipe.default_size().unwrap(), &Values { name: "box", ssh_key: " ", hostname: "" });
        assert_eq!(filled.env, BTreeMap::new());
        assert_eq!((filled.rootfs_bytes, filled.disks.len(), filled.public_ipv4), (25 * GIB, 0, false));
    }

    #[test]
    fn the_smallest_root_filesystem_follows_the_nodes_rule() {
        let size = |cpu, memory_gb| Size { name: String::new(), cpu, memory_gb, disk_gb: 1 };
        assert_eq!(smallest_rootfs(&size(1, 7)), 500 << 20);
        assert_eq!(smallest_rootfs(&size(2, 4)), 2 * GIB);
    }
}
