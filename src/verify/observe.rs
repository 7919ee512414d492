//! Looking: asks a node (and, where they are needed, its witnesses) once, and keeps what was seen.

use crate::clock::{Clock, Timestamp};
use crate::grid::{Request, Web};
use crate::recipes::{As, Ask, Compare, Probes, Value};
use chrono::{DateTime, SecondsFormat};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// The largest answer that is read. A Casper node's status is 1 kB, and 70 B for each peer.
const MAX_BYTES: usize = 1 << 20;
/// How many keys with their values are remembered for comparing.
const MEMORY: usize = 16;

/// Where a node can be reached. Addresses without mask or port; what it does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Its public IPv4 address.
    pub ipv4: Option<String>,
    /// Its mycelium address.
    pub mycelium: Option<String>,
    /// Its address in the private network.
    pub private: Option<String>,
    /// Scheme and host of its web name: `https://name.domain`.
    pub name_url: Option<String>,
}

impl Place {
    fn get(&self, name: &str) -> Option<String> {
        match name {
            "ipv4" => self.ipv4.as_deref().map(host),
            "mycelium" => self.mycelium.as_deref().map(host),
            "private" => self.private.as_deref().map(host),
            "machine" => self.ipv4.as_deref().or(self.mycelium.as_deref()).map(host),
            "name_url" => self.name_url.clone(),
            _ => None,
        }
    }
}

/// An address as it stands in a URL.
fn host(address: &str) -> String {
    if address.contains(':') && !address.starts_with('[') { format!("[{address}]") } else { address.to_owned() }
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// What to ask, and what must hold.
    pub probes: &'a Probes,
    /// The grid's name: it decides the recipe's parameters and witnesses.
    pub grid: &'a str,
    /// Where it is.
    pub place: &'a Place,
}

impl Target<'_> {
    pub(super) fn param(&self, name: &str) -> Option<String> {
        self.probes.setting(self.grid).and_then(|setting| setting.params.get(name)).cloned()
    }
}

/// One thing that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fact {
    /// A text.
    Text(String),
    /// A count.
    Number(u64),
    /// A moment.
    Time(Timestamp),
}

impl Fact {
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Time(at) => f.write_str(&at.calendar().to_rfc3339_opts(SecondsFormat::Secs, true)),
        }
    }
}

/// A value that should grow: since when it stands where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trail {
    pub value: u64,
    pub since: Timestamp,
    /// Whether it was seen to grow up to here.
    pub grew: bool,
}

/// What somebody had at some keys: hashes by height.
pub(super) type Sightings = BTreeMap<u64, Fact>;

/// What a witness said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Witness {
    /// Its key now; `None` when it did not answer this time.
    pub key: Option<u64>,
    pub seen: Sightings,
}

/// What was seen, now and of what mattered before. Serialisable: the next look, after a restart too, goes on from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// Requests that got no answer, and why: evidence, not words for people.
    pub failed: BTreeMap<String, String>,
    /// What was read, by the recipe's names for it.
    pub values: BTreeMap<String, Fact>,
    pub(super) trails: BTreeMap<String, Trail>,
    pub(super) own: Sightings,
    pub(super) witnesses: BTreeMap<String, Witness>,
}

/// Looks once. `earlier` is the last look at the same node: growth and agreement show only over several.
///
/// Takes as long as the slowest request (and the slowest witness after it); never fails: what went wrong is seen.
pub async fn observe(web: &dyn Web, clock: &Clock, target: &Target<'_>, earlier: Option<&Observation>) -> Observation {
    let probes = target.probes;
    let all = probes.requests.keys().map(String::as_str).collect();
    let (answers, failed) = ask(web, target, target.place, &all).await;
    let at = clock.now();
    let values = read(probes, &answers);
    let mut seen = Observation { at, failed, values, ..earlier.cloned().unwrap_or_default() };
    for trend in &probes.trends {
        if let Some(value) = seen.values.get(&trend.value).and_then(Fact::number) {
            let before = seen.trails.get(&trend.value).copied();
            seen.trails.insert(trend.value.clone(), trail(before, value, at));
        }
    }
    if let Some(compare) = &probes.compare {
        remember(&mut seen.own, compare, &seen.values);
        seen.witnesses = if seen.values.contains_key(&compare.key) {
            call(web, target, compare, std::mem::take(&mut seen.witnesses)).await
        } else {
            let silent = |(host, witness): (String, Witness)| (host, Witness { key: None, ..witness });
            std::mem::take(&mut seen.witnesses).into_iter().map(silent).collect()
        };
    }
    seen
}

fn trail(before: Option<Trail>, value: u64, at: Timestamp) -> Trail {
    match before {
        Some(before) if value == before.value => before,
        before => Trail { value, since: at, grew: before.is_some_and(|before| value > before.value) },
    }
}

/// Asks the witnesses for the two values that are compared.
async fn call(
    web: &dyn Web,
    target: &Target<'_>,
    compare: &Compare,
    mut before: BTreeMap<String, Witness>,
) -> BTreeMap<String, Witness> {
    let probes = target.probes;
    let wanted: BTreeSet<_> =
        [&compare.key, &compare.same].iter().filter_map(|name| Some(probes.values.get(*name)?.r#in.as_str())).collect();
    let hosts = probes.setting(target.grid).map_or(&[][..], |setting| &setting.witnesses);
    let answers = join_all(hosts.iter().map(async |host| {
        let place = Place { ipv4: Some(host.clone()), ..Place::default() };
        read(probes, &ask(web, target, &place, &wanted).await.0)
    }))
    .await;
    hosts
        .iter()
        .zip(answers)
        .map(|(host, values)| {
            let mut witness = before.remove(host).unwrap_or_default();
            witness.key = values.get(&compare.key).and_then(Fact::number);
            remember(&mut witness.seen, compare, &values);
            (host.clone(), witness)
        })
        .collect()
}

fn remember(seen: &mut Sightings, compare: &Compare, values: &BTreeMap<String, Fact>) {
    if let (Some(Fact::Number(key)), Some(same)) = (values.get(&compare.key), values.get(&compare.same)) {
        seen.insert(*key, same.clone());
        while seen.len() > MEMORY {
            seen.pop_first();
        }
    }
}

type Answers = BTreeMap<String, serde_json::Value>;

/// Sends the named requests side by side: their answers, and why others got none.
async fn ask(
    web: &dyn Web,
    target: &Target<'_>,
    place: &Place,
    names: &BTreeSet<&str>,
) -> (Answers, BTreeMap<String, String>) {
    let requests = target.probes.requests.iter().filter(|(name, _)| names.contains(name.as_str()));
    let exchanges = requests.map(async |(name, request)| {
        let within = Duration::from_secs(request.timeout_s);
        let value = |name: &str| place.get(name).or_else(|| target.param(name));
        let outcome = match request.ask.address().fill(value) {
            None => Err("it has no such address".to_owned()),
            Some(address) => match request.ask {
                Ask::Tcp(_) => match web.dial(&address, within).await {
                    Ok(()) => Ok(serde_json::Value::Null),
                    Err(error) => Err(error.to_string()),
                },
                Ask::Get(_) => get(web, address, within).await,
            },
        };
        (name.clone(), outcome)
    });
    let mut answers = (Answers::new(), BTreeMap::new());
    for (name, outcome) in join_all(exchanges).await {
        match outcome {
            Ok(answer) => _ = answers.0.insert(name, answer),
            Err(why) => _ = answers.1.insert(name, why),
        }
    }
    answers
}

async fn get(web: &dyn Web, url: String, within: Duration) -> Result<serde_json::Value, String> {
    let request = Request { within, max_bytes: MAX_BYTES, ..Request::get(url) };
    let response = web.send(request).await.map_err(|error| error.to_string())?;
    if response.status != 200 {
        return Err(format!("HTTP status {}", response.status));
    }
    serde_json::from_slice(&response.body).map_err(|error| format!("not JSON: {error}"))
}

fn read(probes: &Probes, answers: &Answers) -> BTreeMap<String, Fact> {
    let found = |value: &Value| fact(answers.get(&value.r#in)?.pointer(&value.at)?, value.r#as);
    probes.values.iter().filter_map(|(name, value)| Some((name.clone(), found(value)?))).collect()
}

fn fact(found: &serde_json::Value, r#as: Option<As>) -> Option<Fact> {
    match r#as {
        None => match found {
            serde_json::Value::String(text) => Some(Fact::Text(text.clone())),
            other => other.as_u64().map(Fact::Number),
        },
        Some(As::Length) => Some(Fact::Number(found.as_array()?.len() as u64)),
        Some(As::Time) => {
            let at = DateTime::parse_from_rfc3339(found.as_str()?).ok()?;
            Some(Fact::Time(Timestamp(u64::try_from(at.timestamp_millis()).ok()?)))
        }
    }
}
