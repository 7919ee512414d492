//! The control face: what should not be there, and what goes wrong from now on.
//!
//! For tests and for `bellhop sandbox leftovers`; no grid has such a thing. `GET /control/leftovers`
//! (`?everything=true`), `POST` and `DELETE /control/faults`. A body must say that it is JSON, which a
//! page in a browser cannot without asking first (and here it is refused).

use super::fault::{Faults, Rule};
use super::leftovers::Leftover;
use super::site::{Site, Visit, error, json};
use crate::grid::{GridResult, Response};
use async_trait::async_trait;
use std::sync::Arc;

/// Where leftovers are found.
#[async_trait]
pub trait Lost: Send + Sync {
    /// What should not be there; or, with `everything`, all that is there.
    ///
    /// # Errors
    /// When the chain does not answer.
    async fn leftovers(&self, everything: bool) -> GridResult<Vec<Leftover>>;
}

/// The control face.
pub struct Control {
    lost: Arc<dyn Lost>,
    faults: Faults,
}

impl Control {
    /// Of one sandbox.
    pub fn new(lost: Arc<dyn Lost>, faults: Faults) -> Self {
        Self { lost, faults }
    }
}

#[async_trait]
impl Site for Control {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        Some(match (visit.method.as_str(), visit.path.as_str()) {
            ("GET", "/control/leftovers") => {
                let everything = visit.param("everything").is_some_and(|value| value == "true");
                match self.lost.leftovers(everything).await {
                    Ok(leftovers) => json(200, &leftovers),
                    Err(failed) => error(502, &failed.to_string()),
                }
            }
            ("POST", "/control/faults") => {
                if !visit.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
                    return Some(error(415, "application/json is needed"));
                }
                match serde_json::from_slice::<Rule>(&visit.body) {
                    Ok(rule) => {
                        self.faults.add(rule);
                        json(200, &())
                    }
                    Err(wrong) => error(400, &wrong.to_string()),
                }
            }
            ("DELETE", "/control/faults") => {
                self.faults.clear();
                json(200, &())
            }
            _ => error(404, "not found"),
        })
    }
}
