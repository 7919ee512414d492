//! Placing: the node that the person saw, when it answers, else another.

use super::{Halt, Work};
use crate::deploy::event::Why;
use crate::deploy::place::{Demand, Draw, FAILED, NoPlace, SHUNNED, choose};
use crate::deploy::plan::Site;
use crate::grid::NodeId;
use crate::store::Change;

impl Work<'_> {
    /// Chooses nodes that answer now.
    pub async fn place(&self) -> Result<Site, Halt> {
        let caller = self.caller().await?;
        let log = self.entry.log().await;
        let index = usize::from(self.part);
        let (Some(plan), Some(part)) = (log.plan.parts.get(index), log.parts.get(index)) else {
            return Err(Halt::Again("no such part".to_owned()));
        };
        let light = self.tools.recipes.get(&log.plan.order.recipe).is_some_and(|recipe| recipe.light);
        let demand = Demand::of(plan, light, log.plan.order.region.clone());
        let own: Vec<NodeId> = part.moves.iter().chain(&part.failed).filter_map(|failure| failure.node).collect();
        let now = self.tools.clock.now();
        let lately = self.tools.store.scan(FAILED, &())?;
        let lately = lately.into_iter().filter(|(_, at)| now.since(*at) < SHUNNED).map(|(node, _)| NodeId(node));
        let all: Vec<NodeId> = own.iter().copied().chain(lately).collect();
        let draw = |avoid| Draw {
            dice: &self.tools.dice,
            avoid,
            first: plan.first.filter(|first| !own.contains(first)),
            attempt: u16::try_from(part.moves.len() + usize::from(part.failed.is_some())).unwrap_or(u16::MAX),
            name: &log.plan.order.name,
        };
        let mut drawn = choose(&self.tools.grid, &caller, &demand, &draw(&all)).await;
        if matches!(drawn, Err(NoPlace::NoFit { .. } | NoPlace::NoGateway)) && all.len() > own.len() {
            // Better a node that failed somebody lately than none.
            drawn = choose(&self.tools.grid, &caller, &demand, &draw(&own)).await;
        }
        match drawn {
            Ok(site) => Ok(site),
            Err(NoPlace::NoFit { .. }) => Err(Halt::Turn(Why::NoPlace)),
            Err(NoPlace::NoGateway) => Err(Halt::Turn(Why::NoGateway)),
            Err(NoPlace::Silent { asked }) => {
                let change = asked.iter().fold(Change::new(), |change, node| change.put(FAILED, &node.0, &now));
                self.tools.store.commit(change).await?;
                Err(Halt::Again(format!("none of {} nodes answered", asked.len())))
            }
            Err(NoPlace::Grid(error)) => Err(error.into()),
        }
    }
}
