//! The workload types that give a machine a web name (zos.md section 3).

use super::nullable;
use serde::{Deserialize, Serialize};

/// A web name under the gateway's domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// The name before the domain; the twin needs a name contract for it.
    pub name: String,
    /// Whether TLS ends at the backend.
    #[serde(default)]
    pub tls_passthrough: bool,
    /// Exactly one in practice: `http://IP:port`.
    #[serde(default, deserialize_with = "nullable")]
    pub backends: Vec<String>,
    /// The private network through which the backend is reached; it must exist on the gateway node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// A web name of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayFqdn {
    /// The whole name.
    pub fqdn: String,
    /// Whether TLS ends at the backend.
    #[serde(default)]
    pub tls_passthrough: bool,
    /// As for [`Gateway`].
    #[serde(default, deserialize_with = "nullable")]
    pub backends: Vec<String>,
    /// As for [`Gateway`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}
