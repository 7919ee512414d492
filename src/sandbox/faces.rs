//! All REST faces of a sandbox at one address: which path belongs to which.
//!
//! Their paths do not meet, so one port is enough for all of them. Browsers may read them, as they may on the
//! real grid; not so the control face, which only programs on this machine may use.

use super::activation::Activation;
use super::control::Control;
use super::graphql::Graphql;
use super::kyc::Kyc;
use super::proxy::Proxy;
use super::site::{Site, Visit, text};
use super::terms::Terms;
use crate::grid::Response;
use async_trait::async_trait;
use std::sync::Arc;

/// The REST faces.
pub struct Faces {
    /// The grid proxy.
    pub proxy: Arc<Proxy>,
    /// The identity check.
    pub kyc: Arc<Kyc>,
    /// The faucet.
    pub activation: Activation,
    /// Lists for other clients.
    pub graphql: Graphql,
    /// Leftovers and faults.
    pub control: Control,
}

impl Faces {
    fn site(&self, path: &str) -> &dyn Site {
        let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        match first {
            "terms" => &Terms,
            "graphql" => &self.graphql,
            "activation" => &self.activation,
            "api" if rest.starts_with("v1/") => self.kyc.as_ref(),
            _ => self.proxy.as_ref(),
        }
    }
}

#[async_trait]
impl Site for Faces {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        if visit.path.starts_with("/control/") {
            return self.control.visit(visit).await;
        }
        let mut answer = match visit.method.as_str() {
            "OPTIONS" => text(204, ""),
            _ => self.site(&visit.path).visit(visit).await?,
        };
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-headers", "*"),
            ("access-control-expose-headers", "count, size, pages"),
        ] {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        Some(answer)
    }
}
