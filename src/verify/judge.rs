//! Judging: from what was seen to a level, and what keeps it from the next. Pure.

use super::observe::{Fact, Observation, Sightings, Target};
use crate::clock::Timestamp;
use crate::recipes::{Check, Compare, Level, Test, Trend, Trouble};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One thing that was read of the node, under the recipe's name for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What: `height`, `chain`, `tip`.
    pub what: String,
    /// Its value then.
    pub value: Fact,
}

/// Which rule did not hold: for the curious, and for logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// The request or the value.
    pub what: String,
    /// What was seen of it, if anything.
    pub seen: Option<String>,
    /// What would have been right.
    pub wanted: String,
}

/// What is proven, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it was seen.
    pub at: Timestamp,
    /// The highest level that holds; `None` when nothing answers.
    pub level: Option<Level>,
    /// What keeps it from the next level; `None` when there is no next one, or when it only takes another look.
    pub trouble: Option<Trouble>,
    /// The rule that decided so.
    pub because: Option<Because>,
    /// What was read.
    pub evidence: Vec<Evidence>,
}

impl Verdict {
    /// Whether `level` is proven.
    pub fn reaches(&self, level: Level) -> bool {
        self.level >= Some(level)
    }

    /// The evidence of that name.
    pub fn fact(&self, what: &str) -> Option<&Fact> {
        self.evidence.iter().find(|evidence| evidence.what == what).map(|evidence| &evidence.value)
    }
}

/// A rule that does not hold (yet).
struct Fails {
    trouble: Option<Trouble>,
    because: Because,
}

/// The verdict on what was seen of `target`.
///
/// Levels are climbed in order, and in each the first rule that does not hold decides. An answering service proves
/// that its machine is up, whatever else on it may be closed.
pub fn judge(target: &Target<'_>, seen: &Observation) -> Verdict {
    let mut level = None;
    let mut fails = None;
    for next in [Level::Booted, Level::Answering, Level::Following, Level::Agreed] {
        if next > target.probes.top() {
            break;
        }
        match rules(target, seen, next) {
            Ok(()) => (level, fails) = (Some(next), None),
            Err(failed) if next == Level::Booted => fails = Some(failed),
            Err(failed) => {
                fails = fails.or(Some(failed));
                break;
            }
        }
    }
    let (trouble, because) = fails.map_or((None, None), |fails| (fails.trouble, Some(fails.because)));
    let evidence = seen.values.iter().map(|(what, value)| Evidence { what: what.clone(), value: value.clone() });
    Verdict { at: seen.at, level, trouble, because, evidence: evidence.collect() }
}

fn rules(target: &Target<'_>, seen: &Observation, level: Level) -> Result<(), Fails> {
    let probes = target.probes;
    for (name, _) in probes.requests.iter().filter(|(_, request)| request.level == level) {
        if let Some(why) = seen.failed.get(name) {
            let because = Because { what: name.clone(), seen: Some(why.clone()), wanted: "an answer".to_owned() };
            return Err(Fails { trouble: Some(Trouble::Unreachable), because });
        }
    }
    for check in probes.checks.iter().filter(|check| check.level == level) {
        holds(target, seen, check)?;
    }
    for trend in probes.trends.iter().filter(|trend| trend.level == level) {
        grows(seen, trend)?;
    }
    match &probes.compare {
        Some(compare) if level == Level::Agreed => agrees(seen, compare),
        _ => Ok(()),
    }
}

fn holds(target: &Target<'_>, seen: &Observation, check: &Check) -> Result<(), Fails> {
    let value = seen.values.get(&check.value);
    let (holds, wanted) = match &check.is {
        Test::Present => (value.is_some(), "anything".to_owned()),
        Test::Eq(template) => {
            let wanted = template.fill(|name| target.param(name)).unwrap_or_default();
            (value == Some(&Fact::Text(wanted.clone())), wanted)
        }
        Test::Ge(least) => (value.and_then(Fact::number) >= Some(*least), format!("{least} or more")),
        Test::In(texts) => {
            let found = texts.iter().any(|text| matches!(value, Some(Fact::Text(value)) if value == text));
            (found, texts.join(" or "))
        }
        Test::AgeLeS(secs) => {
            let young =
                |value: &Fact| matches!(value, Fact::Time(time) if seen.at.since(*time) <= Duration::from_secs(*secs));
            (value.is_some_and(young), format!("at most {secs} s old at {}", Fact::Time(seen.at)))
        }
    };
    if holds {
        return Ok(());
    }
    let because = Because { what: check.value.clone(), seen: value.map(Fact::to_string), wanted };
    Err(Fails { trouble: Some(check.r#else), because })
}

fn grows(seen: &Observation, trend: &Trend) -> Result<(), Fails> {
    let trail = seen.trails.get(&trend.value);
    let fresh = trail.is_none_or(|trail| seen.at.since(trail.since) <= Duration::from_secs(trend.grows_within_s));
    if fresh && trail.is_some_and(|trail| trail.grew) {
        return Ok(());
    }
    let because = Because {
        what: trend.value.clone(),
        seen: trail.map(|trail| format!("{} since {}", trail.value, Fact::Time(trail.since))),
        wanted: format!("growth within {} s", trend.grows_within_s),
    };
    // Until the time is up it only takes another look.
    Err(Fails { trouble: (!fresh).then_some(trend.r#else), because })
}

fn agrees(seen: &Observation, compare: &Compare) -> Result<(), Fails> {
    let fails = |trouble, what: &str, seen: String, wanted: String| {
        Err(Fails { trouble, because: Because { what: what.to_owned(), seen: Some(seen), wanted } })
    };
    let needed = compare.witnesses;
    let keys: Vec<u64> = seen.witnesses.values().filter_map(|witness| witness.key).collect();
    if keys.len() < needed {
        return fails(None, "witnesses", format!("{} answer", keys.len()), format!("{needed} or more"));
    }
    let own = seen.values.get(&compare.key).and_then(Fact::number).unwrap_or(0);
    let furthest = keys.iter().copied().max().unwrap_or(0);
    if furthest.saturating_sub(own) > compare.max_behind {
        let wanted = format!("within {} of {furthest}", compare.max_behind);
        return fails(Some(Trouble::Behind), &compare.key, own.to_string(), wanted);
    }
    let judgements: Vec<bool> = seen.witnesses.values().filter_map(|witness| same(&seen.own, &witness.seen)).collect();
    let agree = judgements.iter().filter(|same| **same).count();
    let differ = judgements.len() - agree;
    if differ > agree {
        return fails(Some(Trouble::Forked), &compare.same, format!("{differ} differ"), "the same".to_owned());
    }
    if agree < needed {
        return fails(None, &compare.same, format!("{agree} agree"), format!("{needed} or more"));
    }
    Ok(())
}

/// Whether two had the same at the newest key that both were seen at; `None` without one.
fn same(own: &Sightings, other: &Sightings) -> Option<bool> {
    own.iter().rev().find_map(|(key, value)| Some(other.get(key)? == value))
}
