//! The form of a recipe's file. Unknown keys are refused: a misspelt one must not be silently without effect.

use super::probes::Probes;
use super::template::Template;
use crate::speech::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One node type that can be deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name, as people type it: `[a-z][a-z0-9]{1,14}`.
    pub name: String,
    /// The kind of blockchain (or `vm`); recipes of one family can be witnesses for each other.
    pub family: String,
    /// The flist's URL.
    pub image: String,
    /// What the machine runs first; empty when the image says it itself.
    pub entrypoint: String,
    /// The grids on which this image was last seen to work. Others refuse it unless the operator allows it.
    pub proven: Vec<String>,
    /// Needs a public IPv4 address of its own.
    pub ipv4: bool,
    /// May run on light nodes too (no public address there, only mycelium).
    pub light: bool,
    /// From machine started to done, seconds, as a rule: shortest and longest.
    pub usual_s: (u64, u64),
    /// How large the root filesystem is.
    #[serde(default)]
    pub rootfs: Rootfs,
    /// The sizes on offer; the first is the default.
    #[serde(rename = "size")]
    pub sizes: Vec<Size>,
    /// Disks beside the root filesystem.
    #[serde(rename = "disk", default)]
    pub disks: Vec<Disk>,
    /// A web name that leads to the machine.
    #[serde(default)]
    pub gateway: Option<Gateway>,
    /// Environment variables, with the placeholders `{name}`, `{ssh_key}` and `{hostname}`.
    #[serde(default)]
    pub env: BTreeMap<String, Template>,
    /// The TCP ports that it listens on, by what they are for.
    #[serde(default)]
    pub ports: BTreeMap<String, u16>,
    /// How it is proven from outside.
    pub probe: Probes,
}

/// One size of a recipe. A GB is 1024³ bytes, as on the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Its name, as people type it.
    pub name: String,
    /// Virtual CPUs.
    pub cpu: u8,
    /// Memory, GB.
    pub memory_gb: u64,
    /// The disk that grows with the size, GB: see [`Disk::gb`] and [`Rootfs::Size`].
    pub disk_gb: u64,
}

/// How large the root filesystem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rootfs {
    /// The smallest that the node takes for this many CPUs and this much memory.
    #[default]
    Minimum,
    /// The size's `disk_gb`: for images that keep their data there.
    Size,
}

/// A disk beside the root filesystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// How large, GB; the size's `disk_gb` when not given.
    #[serde(default)]
    pub gb: Option<u64>,
}

/// A web name that leads to the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The port behind it.
    pub port: u16,
    /// The variable that tells the image its own host name.
    #[serde(default)]
    pub env: Option<String>,
}

/// A recipe's file cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("not a recipe: {0}")]
pub struct RecipeError(#[from] toml::de::Error);

impl Recipe {
    /// Reads a recipe's file.
    ///
    /// # Errors
    /// When it is not TOML, or not of this form; it names the line and the key.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        Ok(toml::from_str(text)?)
    }

    /// The size of that name.
    pub fn size(&self, name: &str) -> Option<&Size> {
        self.sizes.iter().find(|size| size.name == name)
    }

    /// The size that is taken when nobody says otherwise; every linted recipe has one.
    pub fn default_size(&self) -> Option<&Size> {
        self.sizes.first()
    }

    /// Whether its image was seen to work on the grid of that name.
    pub fn proven_on(&self, grid: &str) -> bool {
        self.proven.iter().any(|name| name == grid)
    }

    /// Its title.
    pub fn title(&self) -> Line {
        Line::new(format!("recipes-{}-title", self.name))
    }

    /// What it is, in a sentence.
    pub fn about(&self) -> Line {
        Line::new(format!("recipes-{}-about", self.name))
    }
}
