//! How a node is proven, as data: requests, values in their answers, and what must hold of them.
//!
//! A small vocabulary on purpose: what a family needs is added when its recipe comes. Levels and troubles are
//! fixed words, the same for every family. Looking and judging is done by `verify`.

use super::template::Template;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is proven of a node. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The machine takes a connection.
    Booted,
    /// The service speaks, and is on the wanted network.
    Answering,
    /// Its tip is fresh and grows.
    Following,
    /// It has the same chain as others.
    Agreed,
}

/// What keeps a node from its next level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// No answer, or one that makes no sense.
    Unreachable,
    /// It is on another network than it should be.
    WrongNetwork,
    /// It found nobody to talk to so far.
    NoPeers,
    /// It is catching up.
    Syncing,
    /// Its tip has stopped.
    Stalled,
    /// Others are further, though it believes to be at the tip.
    Behind,
    /// It has another chain than others.
    Forked,
}

impl Trouble {
    /// Whether it is the usual thing on the way up: worth waiting for, until the time is up.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Unreachable | Self::NoPeers | Self::Syncing | Self::Behind)
    }
}

/// All probes of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// From machine started to done, seconds, at most.
    pub within_s: u64,
    /// What differs by grid; `default` for grids that are not named.
    #[serde(default)]
    pub on: BTreeMap<String, Setting>,
    /// What is asked, by a name.
    pub requests: BTreeMap<String, Request>,
    /// What is read from the answers, by a name: these are the evidence.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
    /// What must hold, in order.
    #[serde(rename = "check", default)]
    pub checks: Vec<Check>,
    /// What must grow.
    #[serde(rename = "trend", default)]
    pub trends: Vec<Trend>,
    /// What must agree with witnesses.
    #[serde(default)]
    pub compare: Option<Compare>,
}

/// What differs by grid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Placeholders of this recipe's own.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// Hosts of known good nodes of other people. They stand in for `{ipv4}` and `{machine}`.
    #[serde(default)]
    pub witnesses: Vec<String>,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The level that needs an answer.
    pub level: Level,
    /// What.
    pub ask: Ask,
    /// How long to wait for the whole answer, seconds.
    #[serde(default = "five")]
    pub timeout_s: u64,
}

fn five() -> u64 {
    5
}

/// How it is asked. Placeholders: `{ipv4}`, `{mycelium}`, `{private}` (addresses, fit for a URL), `{machine}`
/// (the public one, else mycelium), `{name_url}` (scheme and host of the web name), and the recipe's `params`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// HTTP GET of a URL; only status 200 with a JSON body is an answer.
    Get(Template),
    /// A TCP connection to `host:port`.
    Tcp(Template),
}

impl Ask {
    /// Where it goes.
    pub fn address(&self) -> &Template {
        match self {
            Self::Get(address) | Self::Tcp(address) => address,
        }
    }
}

/// Where a value is found. What is missing is no value, never an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// The request.
    pub r#in: String,
    /// A JSON pointer (RFC 6901) into its answer.
    pub at: String,
    /// What to make of what is there; as it is when not given.
    #[serde(default)]
    pub r#as: Option<As>,
}

/// What to make of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum As {
    /// How many entries a list has.
    Length,
    /// A moment, from RFC 3339 text.
    Time,
}

/// What must hold of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The level that needs it.
    pub level: Level,
    /// The value.
    pub value: String,
    /// What must hold.
    pub is: Test,
    /// The trouble when it does not.
    pub r#else: Trouble,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is there.
    Present,
    /// It is this text.
    Eq(Template),
    /// It is this number or more.
    Ge(u64),
    /// It is one of these texts.
    In(Vec<String>),
    /// It is a moment not longer ago than this many seconds.
    AgeLeS(u64),
}

/// What must grow from look to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trend {
    /// The level that needs it.
    pub level: Level,
    /// The value: a number.
    pub value: String,
    /// How long it may stand still, seconds.
    pub grows_within_s: u64,
    /// The trouble when it stands still longer.
    pub r#else: Trouble,
}

/// What must agree with witnesses, for [`Level::Agreed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// A number that tells how far a node is: the height.
    pub key: String,
    /// The value that is the same wherever the key is: the hash.
    pub same: String,
    /// How far behind the furthest witness it may be.
    pub max_behind: u64,
    /// How many witnesses must agree.
    pub witnesses: usize,
}

impl Probes {
    /// The level at which a deployment is done: answering, or booted when nothing answers.
    pub fn done(&self) -> Level {
        self.top().min(Level::Answering)
    }

    /// The highest level that can be proven.
    pub fn top(&self) -> Level {
        let asked = self.requests.values().map(|request| request.level);
        let checked = self.checks.iter().map(|check| check.level);
        let grown = self.trends.iter().map(|trend| trend.level);
        let agreed = self.compare.iter().map(|_| Level::Agreed);
        asked.chain(checked).chain(grown).chain(agreed).max().unwrap_or(Level::Booted)
    }

    /// The setting for the grid of that name.
    pub fn setting(&self, grid: &str) -> Option<&Setting> {
        self.on.get(grid).or_else(|| self.on.get("default"))
    }
}
