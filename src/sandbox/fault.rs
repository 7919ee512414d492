//! Faults: what a sandbox may be told to do wrong, and when.
//!
//! A face asks [`Faults::strike`] before it acts and obeys the effect; nothing else knows of faults.

use crate::grid::NodeId;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// Where something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Face {
    /// The chain's RPC; `on` is the method's name.
    Chain,
    /// The relay; `on` is the command of the request.
    Relay,
    /// A node; `on` is the command.
    Node,
    /// A workload as it is installed; `on` is its type (`zmachine`, `zmount`…).
    Workload,
    /// A service on a machine; `on` is `host:port/path`.
    Service,
    /// The grid proxy; `on` is the path.
    Proxy,
    /// The identity check; `on` is the twin's number.
    Kyc,
    /// The activation service.
    Activation,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// No answer; the connection is closed where there is one.
    Drop,
    /// The answer comes this many milliseconds late.
    Delay(u64),
    /// The answer is an error with this text (HTTP faces: status 500).
    Error(String),
    /// The thing is done, and the answer is lost.
    Lose,
    /// The answer is this instead.
    Lie(serde_json::Value),
    /// The node (or service) is dead from now on.
    Die,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Where.
    pub face: Face,
    /// Which: a substring of the face's own word for it; empty for all.
    #[serde(default)]
    pub on: String,
    /// Only on this node.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// What happens.
    pub effect: Effect,
    /// How many times; `None` for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The rules in force. Cheap to clone; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Adds a rule; earlier rules are asked first.
    pub fn add(&self, rule: Rule) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The effect for this moment, if a rule matches; counts it down.
    pub fn strike(&self, face: Face, what: &str, node: Option<NodeId>) -> Option<Effect> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rules.iter().position(|rule| {
            rule.face == face
                && what.contains(&rule.on)
                && (rule.node.is_none() || rule.node == node)
                && rule.times != Some(0)
        })?;
        let rule = rules.get_mut(at)?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        let effect = rule.effect.clone();
        if rule.times == Some(0) {
            rules.remove(at);
        }
        Some(effect)
    }
}
