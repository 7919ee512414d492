//! The terms and conditions of a sandbox: a document at an address of ours.
//!
//! Not the grid's terms: those bind, these say that there is nothing to be bound to.

use super::site::{self, Site, Visit};
use crate::grid::Response;
use async_trait::async_trait;

/// What one accepts on a sandbox.
const TEXT: &str = "\
# Terms and conditions of a Bellhop sandbox

This is a sandbox: a grid for practice, on one computer.

1. Tokens here are play money. They cannot be bought, sold or moved to any other network.
2. Machines here are simulated. Nothing that is deployed here runs anywhere, or keeps anything safe.
3. Names, farms, nodes and addresses here are invented.
4. A sandbox may be stopped or erased at any time, with all that is in it.

By accepting, one practises what one does on the ThreeFold Grid: read the document, take its fingerprint,
and sign that one has accepted it. On the ThreeFold Grid its own terms apply, not these.
";

/// The document, at any path below `/terms`.
pub struct Terms;

#[async_trait]
impl Site for Terms {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        Some(match visit.method.as_str() {
            "GET" => site::text(200, TEXT),
            _ => site::error(405, "method not allowed"),
        })
    }
}
