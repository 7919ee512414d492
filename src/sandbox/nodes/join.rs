//! The nodes as real peers on a relay.

use super::{Fleet, Seat};
use crate::clock::Dice;
use crate::grid::live::rmb::{Answer, Peer, Relays};
use crate::grid::{Caller, TwinId};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

struct OnRelay {
    fleet: Arc<Fleet>,
    seat: Arc<Seat>,
}

#[async_trait]
impl Answer for OnRelay {
    async fn answer(&self, from: TwinId, command: &str, payload: Value) -> Option<Result<Value, String>> {
        self.fleet.handle(self.seat.id, from, command, payload).await
    }
}

impl Fleet {
    /// Connects every living node to a relay, and waits until they are connected. They leave when they die, and
    /// when the fleet stops.
    pub async fn join(self: &Arc<Self>, relays: &Relays, dice: &Dice) {
        let mut arriving = Vec::new();
        for seat in self.seats.iter().filter(|seat| seat.answers()) {
            let who = Caller { identity: seat.plan.identity.clone(), twin: seat.twin };
            let answer = Arc::new(OnRelay { fleet: self.clone(), seat: seat.clone() });
            let (chain, clock) = (self.chain.clone(), self.clock.clone());
            let peer = Peer::start(relays.clone(), chain, clock, dice.clone(), who, answer);
            let (here, arrived) = tokio::sync::oneshot::channel();
            let alive = seat.alive.clone();
            self.tasks.spawn(async move {
                if alive.run_until_cancelled(peer.connected()).await.is_some() {
                    // Nobody waits any more when the fleet is being stopped.
                    let _ = here.send(());
                    alive.cancelled().await;
                }
                peer.stop().await;
            });
            arriving.push(arrived);
        }
        futures_util::future::join_all(arriving).await;
    }
}
