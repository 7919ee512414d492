//! Proving: the service is asked from outside until it answers, and looked at again until it agrees with others.

use super::{Halt, Work, fail};
use crate::deploy::event::FailureKind;
use crate::deploy::log::State;
use crate::recipes::Recipe;
use crate::verify::{Place, Target, Verdict, judge, observe};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks while it is not done.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks at a young node that is done but does not agree with others yet.
const YOUNG: Duration = Duration::from_secs(15);
/// How long it counts as young.
const YOUTH: Duration = Duration::from_secs(15 * 60);
/// Between two looks afterwards.
const LATER: Duration = Duration::from_secs(120);

impl Work<'_> {
    /// Looks until it is done.
    pub async fn prove(&self) -> Result<Verdict, Halt> {
        let Some((recipe, _)) = self.target().await else {
            return Err(Halt::Again("the recipe is not in this program any more".to_owned()));
        };
        let began = match self.entry.log().await.parts.get(usize::from(self.part)).map(|part| part.prove.clone()) {
            Some(State::Began { at, .. }) => at,
            _ => self.tools.clock.now(),
        };
        let patience = Duration::from_secs(recipe.probe.within_s);
        let node = self.site().await?.machine.node;
        loop {
            if let Some(verdict) = self.look().await {
                if verdict.reaches(recipe.probe.done()) {
                    return Ok(verdict);
                }
                let hopeless = verdict.trouble.is_some_and(|trouble| !trouble.may_pass());
                if hopeless || self.tools.clock.now().since(began) >= patience {
                    let because = verdict
                        .because
                        .map(|why| format!("{}: {} (wanted: {})", why.what, why.seen.unwrap_or_default(), why.wanted));
                    return Err(fail(FailureKind::NotAnswering, Some(node), because.unwrap_or_default()));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// One look, now. `None` when there is no machine (yet).
    pub async fn look(&self) -> Option<Verdict> {
        let (recipe, place) = self.target().await?;
        let target = Target { probes: &recipe.probe, grid: &self.tools.grid.network.name, place: &place };
        let earlier = self.entry.observed(self.part);
        let seen = observe(self.tools.grid.web.as_ref(), &self.tools.clock, &target, earlier.as_ref()).await;
        let verdict = judge(&target, &seen);
        self.entry.observe(self.part, seen);
        Some(verdict)
    }

    /// Waits for the next look at a running part, and looks; `None` when it is as before.
    pub async fn look_again(&self) -> Result<Option<Verdict>, Halt> {
        let part = self.entry.log().await.parts.get(usize::from(self.part)).cloned();
        let young = part.as_ref().is_some_and(|part| match &part.prove {
            State::Did { at, .. } => self.tools.clock.now().since(*at) < YOUTH,
            _ => true,
        });
        tokio::time::sleep(if young { YOUNG } else { LATER }).await;
        let before = part.and_then(|part| part.seen);
        let verdict = self.look().await;
        Ok(verdict.filter(|new| before.is_none_or(|old| (old.level, old.trouble) != (new.level, new.trouble))))
    }

    async fn target(&self) -> Option<(Arc<Recipe>, Place)> {
        let log = self.entry.log().await;
        let addresses = log.parts.get(usize::from(self.part))?.launch.done()?.clone();
        let place = Place {
            ipv4: addresses.ipv4,
            mycelium: addresses.mycelium,
            private: addresses.private,
            name_url: addresses.web.map(|url| url.trim_end_matches('/').to_owned()),
        };
        Some((self.tools.recipes.get(&log.plan.order.recipe)?, place))
    }
}
