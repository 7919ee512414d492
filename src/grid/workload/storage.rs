//! The workload types that store data elsewhere or stream it away: qsfs, zdb, zlogs (zos.md section 3).

use super::data::opaque;
use super::{HexBytes, nullable};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A file system over zdb namespaces.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "zos.md section 3, qsfs: names of the protocol, without more to say")]
pub struct QsfsData {
    pub cache: u64,
    pub config: QsfsConfig,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct QsfsConfig {
    pub minimal_shards: u32,
    pub expected_shards: u32,
    pub redundant_groups: u32,
    pub redundant_nodes: u32,
    pub max_zdb_data_dir_size: u32,
    pub encryption: Encryption,
    pub meta: QsfsMeta,
    #[serde(default, deserialize_with = "nullable")]
    pub groups: Vec<QsfsGroup>,
    pub compression: Compression,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct Encryption {
    pub algorithm: String,
    pub key: HexBytes,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct QsfsMeta {
    #[serde(rename = "type")]
    pub kind: String,
    pub config: MetaConfig,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct MetaConfig {
    pub prefix: String,
    pub encryption: Encryption,
    #[serde(default, deserialize_with = "nullable")]
    pub backends: Vec<Backend>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct QsfsGroup {
    #[serde(default, deserialize_with = "nullable")]
    pub backends: Vec<Backend>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct Backend {
    pub address: String,
    pub namespace: String,
    pub password: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as QsfsData")]
pub struct Compression {
    pub algorithm: String,
}

/// A zdb namespace.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zdb {
    /// Bytes of HDD.
    pub size: u64,
    /// `seq` or `user`.
    pub mode: String,
    /// Its password.
    #[serde(default)]
    pub password: String,
    /// Whether reading needs no password.
    #[serde(default)]
    pub public: bool,
}

/// A machine's log, streamed away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zlogs {
    /// The name of a `zmachine` of the same document.
    pub zmachine: String,
    /// `redis`, `ws` or `wss` URL.
    pub output: String,
}

opaque!(QsfsData, QsfsConfig, QsfsMeta, MetaConfig, QsfsGroup, Backend, Zdb);
