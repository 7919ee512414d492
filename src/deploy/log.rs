//! A deployment is its log: events that are only ever appended, and the state that they fold to.
//!
//! State is never stored beside it. An impossible history is an error, not a shrug. Destroying is one event
//! (`Turned`), after which the same log says what to take back. Not here: doing any of it (`drive`).

use super::event::{Addresses, Contracts, Event, Failure, Outcome, Step, Why};
use super::plan::{Plan, Site, Stamped};
use crate::clock::Timestamp;
use crate::grid::TwinId;
use crate::recipes::Level;
use crate::verify::Verdict;
use std::time::Duration;

/// How often a part may be moved to another node before the deployment is given up.
const MOVES: usize = 3;
/// How long it is watched for *agreed* after it answered.
const FOLLOWED: Duration = Duration::from_secs(24 * 3600);

/// How far a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum State<T> {
    /// Not begun, or undone.
    Open,
    /// Begun.
    Began {
        /// When.
        at: Timestamp,
        /// The last block of its extrinsic.
        until: Option<u32>,
    },
    /// Done.
    Did {
        /// When it began.
        began: Timestamp,
        /// When it was done.
        at: Timestamp,
        /// What it brought.
        outcome: T,
    },
}

impl<T> State<T> {
    /// The outcome, when done.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Did { outcome, .. } => Some(outcome),
            _ => None,
        }
    }

    /// Whether its effect may exist.
    pub fn touched(&self) -> bool {
        !matches!(self, Self::Open)
    }

    fn begin(&mut self, at: Timestamp, until: Option<u32>) {
        let (at, earlier) = match self {
            Self::Began { at, until } => (*at, *until),
            _ => (at, None),
        };
        *self = Self::Began { at, until: until.max(earlier) };
    }

    fn finish(&mut self, at: Timestamp, outcome: T) {
        let began = match self {
            Self::Began { at, .. } => *at,
            _ => at,
        };
        *self = Self::Did { began, at, outcome };
    }
}

/// One part's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where it goes.
    pub place: State<Site>,
    /// Its contracts.
    pub contract: State<Contracts>,
    /// Its machine.
    pub launch: State<Addresses>,
    /// Its service.
    pub prove: State<Verdict>,
    /// The failure that is being cleared away.
    pub failed: Option<Failure>,
    /// Earlier failures, oldest first.
    pub moves: Vec<Failure>,
    /// The newest look at it.
    pub seen: Option<Verdict>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Todo {
    /// Make a step.
    Make(Step, u16),
    /// Take a step back.
    Undo(Step, u16),
    /// Give up: turn with this reason.
    Turn(u16),
    /// Look at a running part again.
    Follow(u16),
    /// Write down that nothing is left.
    Close,
}

/// The log cannot be continued with this event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("impossible in this history: {0}")]
pub struct Illegal(pub String);

/// A deployment: its events folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// What was ordered.
    pub plan: Plan,
    /// When.
    pub ordered: Timestamp,
    /// The reservation.
    pub reserve: State<TwinId>,
    /// The parts.
    pub parts: Vec<Part>,
    /// Why and when it was turned.
    pub turned: Option<(Why, Timestamp)>,
    /// When nothing was left.
    pub closed: Option<Timestamp>,
    /// How many events there are: the next one's number.
    pub length: u64,
}

/// Where a deployment stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// On its way up.
    Starting,
    /// All parts answer.
    Running,
    /// On its way down.
    Stopping,
    /// Gone.
    Gone,
}

impl Log {
    /// Folds a whole history.
    ///
    /// # Errors
    /// When it is not a possible one.
    pub fn replay(entries: impl IntoIterator<Item = Stamped<Event>>) -> Result<Self, Illegal> {
        let mut entries = entries.into_iter();
        let Some(Stamped { at, event: Event::Ordered(plan) }) = entries.next() else {
            return Err(Illegal("a log begins with an order".into()));
        };
        let mut log = Self::begin(*plan, at);
        for entry in entries {
            log.record(&entry)?;
        }
        Ok(log)
    }

    /// A log of one event: the order.
    pub fn begin(plan: Plan, at: Timestamp) -> Self {
        let part = || Part {
            place: State::Open,
            contract: State::Open,
            launch: State::Open,
            prove: State::Open,
            failed: None,
            moves: Vec::new(),
            seen: None,
        };
        let parts = plan.parts.iter().map(|_| part()).collect();
        Self { plan, ordered: at, reserve: State::Open, parts, turned: None, closed: None, length: 1 }
    }

    /// Appends one event.
    ///
    /// # Errors
    /// When it cannot follow what happened so far; then nothing is changed.
    pub fn record(&mut self, entry: &Stamped<Event>) -> Result<(), Illegal> {
        if self.closed.is_some() {
            return Err(Illegal("nothing follows the end".into()));
        }
        let at = entry.at;
        match &entry.event {
            Event::Ordered(_) => return Err(Illegal("a second order".into())),
            Event::Began { step: Step::Reserve, until, .. } => match self.reserve {
                State::Did { .. } => return Err(Illegal("reserved already".into())),
                _ => self.reserve.begin(at, *until),
            },
            Event::Began { step, part, until } => {
                let turned = self.turned.is_some();
                let part = self.part_mut(*part)?;
                if turned || part.failed.is_some() && *step != Step::Place {
                    return Err(Illegal(format!("{step:?} begun on the way back")));
                }
                part.begin(*step, at, *until)?;
            }
            Event::Did { step, part, outcome } => self.did(*step, *part, outcome, at)?,
            Event::Failed { part, why, .. } => {
                let part = self.part_mut(*part)?;
                if part.failed.is_some() {
                    return Err(Illegal("failed twice without a move".into()));
                }
                part.failed = Some(why.clone());
            }
            Event::Turned(why) => {
                if self.turned.is_some() {
                    return Err(Illegal("turned twice".into()));
                }
                self.turned = Some((why.clone(), at));
            }
            Event::Undid { step: Step::Reserve, .. } => self.reserve = State::Open,
            Event::Undid { part, .. } => {
                let part = self.part_mut(*part)?;
                // The place stays: it is drawn anew only after a failure.
                (part.contract, part.launch, part.prove) = (State::Open, State::Open, State::Open);
                part.seen = None;
            }
            Event::Saw { part, verdict } => self.part_mut(*part)?.seen = Some(verdict.clone()),
            Event::Closed => {
                if self.turned.is_none() || self.reserve.touched() || self.parts.iter().any(|p| p.contract.touched()) {
                    return Err(Illegal("closed with something left".into()));
                }
                self.closed = Some(at);
            }
        }
        self.length += 1;
        Ok(())
    }

    fn part_mut(&mut self, part: u16) -> Result<&mut Part, Illegal> {
        self.parts.get_mut(usize::from(part)).ok_or_else(|| Illegal(format!("no part {part}")))
    }

    fn did(&mut self, step: Step, part: u16, outcome: &Outcome, at: Timestamp) -> Result<(), Illegal> {
        if let (Step::Reserve, Outcome::Reserved { twin }) = (step, outcome) {
            self.reserve.finish(at, *twin);
            return Ok(());
        }
        let part = self.part_mut(part)?;
        match (step, outcome) {
            (Step::Place, Outcome::Placed(site)) if !part.contract.touched() => {
                part.place.finish(at, (**site).clone());
                part.moves.extend(part.failed.take());
            }
            (Step::Contract, Outcome::Contracted(contracts)) if part.place.done().is_some() => {
                part.contract.finish(at, contracts.clone());
            }
            (Step::Launch, Outcome::Launched(addresses)) if part.contract.done().is_some() => {
                part.launch.finish(at, addresses.clone());
            }
            (Step::Prove, Outcome::Proved(verdict)) if part.launch.done().is_some() => {
                part.prove.finish(at, verdict.clone());
                part.seen = Some(verdict.clone());
            }
            _ => return Err(Illegal(format!("{step:?} done out of order"))),
        }
        Ok(())
    }

    /// What to do now. Empty: nothing, until something is announced.
    pub fn next(&self, now: Timestamp) -> Vec<Todo> {
        if self.closed.is_some() {
            return Vec::new();
        }
        let numbered = || (0u16..).zip(&self.parts);
        if self.turned.is_some() {
            let left: Vec<_> =
                numbered().filter(|(_, p)| p.contract.touched()).map(|(n, _)| Todo::Undo(Step::Contract, n)).collect();
            return match (left.is_empty(), self.reserve.touched()) {
                (false, _) => left,
                (true, true) => vec![Todo::Undo(Step::Reserve, 0)],
                (true, false) => vec![Todo::Close],
            };
        }
        if self.reserve.done().is_none() {
            return vec![Todo::Make(Step::Reserve, 0)];
        }
        numbered().filter_map(|(n, part)| part.next(n, now)).collect()
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        if self.closed.is_some() {
            Stage::Gone
        } else if self.turned.is_some() {
            Stage::Stopping
        } else if self.parts.iter().all(|p| p.prove.done().is_some() && p.failed.is_none()) {
            Stage::Running
        } else {
            Stage::Starting
        }
    }
}

impl Part {
    fn begin(&mut self, step: Step, at: Timestamp, until: Option<u32>) -> Result<(), Illegal> {
        let ready = match step {
            Step::Reserve => false,
            Step::Place => !self.contract.touched(),
            Step::Contract => self.place.done().is_some() && self.contract.done().is_none(),
            Step::Launch => self.contract.done().is_some() && self.launch.done().is_none(),
            Step::Prove => self.launch.done().is_some() && self.prove.done().is_none(),
        };
        if !ready {
            return Err(Illegal(format!("{step:?} begun out of order")));
        }
        match step {
            Step::Reserve => {}
            Step::Place => self.place.begin(at, until),
            Step::Contract => self.contract.begin(at, until),
            Step::Launch => self.launch.begin(at, until),
            Step::Prove => self.prove.begin(at, until),
        }
        Ok(())
    }

    fn next(&self, number: u16, now: Timestamp) -> Option<Todo> {
        if self.failed.is_some() {
            return Some(if self.contract.touched() {
                Todo::Undo(Step::Contract, number)
            } else if self.moves.len() >= MOVES {
                Todo::Turn(number)
            } else {
                Todo::Make(Step::Place, number)
            });
        }
        if self.place.done().is_none() {
            return Some(Todo::Make(Step::Place, number));
        }
        if self.contract.done().is_none() {
            return Some(Todo::Make(Step::Contract, number));
        }
        if self.launch.done().is_none() {
            return Some(Todo::Make(Step::Launch, number));
        }
        match &self.prove {
            State::Did { at, .. } => {
                let agreed = self.seen.as_ref().is_some_and(|v| v.level == Some(Level::Agreed));
                (!agreed && now.since(*at) < FOLLOWED).then_some(Todo::Follow(number))
            }
            _ => Some(Todo::Make(Step::Prove, number)),
        }
    }
}

#[cfg(test)]
mod tests;
