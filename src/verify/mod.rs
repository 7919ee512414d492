//! Proof from outside that a node does what it should: look ([`observe`]), then judge ([`judge`]).
//!
//! Looking asks the network and decides nothing; judging decides and asks nothing, so that what was seen once can
//! be judged again. What is asked and what must hold is data of the recipe ([`Probes`]). Every request is
//! [`Reach::Public`](crate::grid::Reach): addresses come from nodes and recipes, so private and loopback ones must
//! be refused by the web port unless the grid is a sandbox. Not here: when to look again, and what to do about it.

mod judge;
mod observe;
mod words;

pub use crate::recipes::{Level, Probes, Trouble};
pub use judge::{Because, Evidence, Verdict, judge};
pub use observe::{Fact, Observation, Place, Target, observe};

#[cfg(test)]
mod tests;
