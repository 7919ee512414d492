//! The bus without a wire: commands reach the sandbox's nodes by a call, under the same contract as over a relay.

use super::Fleet;
use crate::grid::{Bus, Caller, GridError, GridResult, Party, TwinId};
use crate::sandbox::fault::{Effect, Face, Faults};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// [`Bus`] in process.
#[derive(Clone)]
pub struct FleetBus {
    fleet: Arc<Fleet>,
    faults: Faults,
}

impl FleetBus {
    /// A bus to the fleet's nodes. `faults` are asked as a relay would (`Face::Relay`).
    pub fn new(fleet: Arc<Fleet>, faults: Faults) -> Self {
        Self { fleet, faults }
    }

    async fn unanswered(&self, deadline: Instant) -> GridResult<Value> {
        sleep_until(deadline).await;
        Err(GridError::unclear(Party::Node, "no answer in time"))
    }
}

#[async_trait]
impl Bus for FleetBus {
    async fn call(
        &self,
        from: &Caller,
        to: TwinId,
        command: &str,
        payload: Value,
        within: Duration,
    ) -> GridResult<Value> {
        let deadline = Instant::now() + within;
        let mut lost = false;
        match self.faults.strike(Face::Relay, command, None) {
            None | Some(Effect::Lie(_)) => {}
            Some(Effect::Drop) => return self.unanswered(deadline).await,
            Some(Effect::Lose) => lost = true,
            Some(Effect::Delay(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Some(Effect::Error(text)) => return Err(GridError::refused(Party::Relay, "error", text)),
            Some(Effect::Die) => return Err(GridError::passing(Party::Relay, "the connection was cut")),
        }
        let Some(seat) = self.fleet.by_twin.get(&to).and_then(|index| self.fleet.seats.get(*index)) else {
            return match self.fleet.chain.twin(to).await {
                Ok(Some(_)) => self.unanswered(deadline).await,
                Ok(None) => Err(GridError::refused(Party::Relay, "unknown-twin", "unknown twin destination")),
                Err(error) => Err(error),
            };
        };
        // The command goes on when the caller has stopped waiting, as it would over a relay.
        let (fleet, node, twin, command) = (self.fleet.clone(), seat.id, from.twin, command.to_owned());
        let work = tokio::spawn(async move { fleet.handle(node, twin, &command, payload).await });
        match timeout_at(deadline, work).await {
            Ok(Ok(Some(Ok(value)))) if !lost => Ok(value),
            Ok(Ok(Some(Err(text)))) if !lost => Err(GridError::refused(Party::Node, "error", text)),
            _ => self.unanswered(deadline).await,
        }
    }
}
