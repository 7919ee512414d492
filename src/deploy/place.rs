//! Where a machine goes: the nodes that fit by the grid proxy, and the one that answers just now.
//!
//! The proxy's word is up to 80 minutes old, so it only makes the shortlist; the nodes on it are asked over the
//! bus, all at once, just before anything is spent. Not here: spending.

use super::plan::{GatewaySite, Host, PartPlan, Site};
use crate::clock::{Dice, Timestamp};
use crate::grid::directory::{Directory, NodeInfo, NodeQuery, NodeStatus};
use crate::grid::zos::Zos;
use crate::grid::{Caller, Grid, GridError, GridResult, NodeId, Party};
use crate::store::Table;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// When a deployment last failed on a node. Such a node is left out for a while.
pub(super) const FAILED: Table<u32, Timestamp> = Table::new("place-failed");
/// How long a node that failed is left out.
pub(super) const SHUNNED: Duration = Duration::from_secs(6 * 3600);
/// How many nodes are asked at once.
const ASKED: usize = 5;
/// How long they have.
const ANSWER: Duration = Duration::from_secs(6);
/// How much slower than the quickest the node may answer that the person saw.
const HEAD_START: Duration = Duration::from_secs(2);
/// WireGuard ports are drawn from here (zos.md section 3).
const PORTS: std::ops::Range<u16> = 1024..32767;

/// What a machine needs of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Virtual CPUs.
    pub cpu: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of SSD: root and disks.
    pub ssd: u64,
    /// The largest disk, bytes: it must fit into one pool.
    pub disk: u64,
    /// A public IPv4 address.
    pub ipv4: bool,
    /// A gateway for a web name.
    pub gateway: bool,
    /// A light node will do.
    pub light: bool,
    /// A region of the grid.
    pub region: Option<String>,
}

impl Demand {
    /// What `part` needs, in `region`.
    pub fn of(part: &PartPlan, light: bool, region: Option<String>) -> Self {
        let filled = &part.filled;
        let disks = filled.disks.iter().map(|(_, bytes)| *bytes);
        Self {
            cpu: u64::from(filled.cpu),
            memory: filled.memory_bytes,
            ssd: filled.rootfs_bytes + disks.clone().sum::<u64>(),
            disk: disks.max().unwrap_or(0),
            ipv4: filled.public_ipv4,
            gateway: part.gateway.is_some(),
            light: light && !filled.public_ipv4,
            region,
        }
    }

    /// Whether `node` fits by the proxy's row of it.
    pub(super) fn fits(&self, node: &NodeInfo) -> bool {
        let (free, has) = (node.free(), |feature: &str| node.features.iter().any(|known| known == feature));
        let full = has("zmachine") && has("network");
        let light = self.light && has("zmachine-light") && has("network-light");
        let region = self.region.as_ref().is_none_or(|region| region.eq_ignore_ascii_case(&node.region));
        node.status == NodeStatus::Up
            && node.healthy
            && usable(node)
            && (full || light)
            && region
            && node.total.cru >= self.cpu
            && free.mru >= self.memory
            && free.sru >= self.ssd
            && (!self.ipv4 || (node.farm_free_ips > 0 && has("ip")))
    }

    fn query(&self, light: bool, avoid: &[NodeId]) -> NodeQuery {
        let features: &[&str] = if light { &["zmachine-light", "network-light"] } else { &["zmachine", "network"] };
        NodeQuery {
            live: true,
            total_cru: self.cpu,
            free_mru: self.memory,
            free_sru: self.ssd,
            free_ips: u64::from(self.ipv4),
            features: features.iter().map(|f| (*f).to_owned()).chain(self.ipv4.then(|| "ip".to_owned())).collect(),
            region: self.region.clone(),
            excluded: avoid.to_vec(),
            randomize: true,
            ..NodeQuery::default()
        }
    }
}

/// The nodes that fit.
#[derive(Debug, Clone)]
pub struct Shortlist {
    /// Some of them, best first. Never empty.
    pub nodes: Vec<NodeInfo>,
    /// How many there are.
    pub total: u64,
}

/// One thing that was demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The region.
    Region,
    /// A public address.
    Ipv4,
    /// Memory.
    Memory,
    /// Disk space.
    Disk,
    /// CPUs.
    Cpu,
}

/// Why there is no place.
#[derive(Debug)]
pub enum NoPlace {
    /// Nothing fits: how many nodes would, without one of the demands; and where they are when the region is it.
    NoFit {
        /// For each demand that stands in the way, how many nodes would fit without it.
        without: Vec<(Need, u64)>,
        /// Regions that have some.
        elsewhere: Vec<(String, u64)>,
    },
    /// No gateway is up.
    NoGateway,
    /// Some fit, none of those asked answered well.
    Silent {
        /// Who was asked.
        asked: Vec<NodeId>,
    },
    /// The proxy, or the way to it.
    Grid(GridError),
}

impl From<GridError> for NoPlace {
    fn from(error: GridError) -> Self {
        Self::Grid(error)
    }
}

/// Whether anybody may deploy on it: its farm does not rent it out whole, and nobody rents it.
fn usable(node: &NodeInfo) -> bool {
    !node.dedicated && node.rented_by.is_none() && node.extra_fee == 0
}

/// The nodes that fit by the proxy, without those in `avoid`.
///
/// # Errors
/// `NoFit` with the reasons counted; `Grid` when the proxy does not answer.
pub async fn shortlist(grid: &Grid, demand: &Demand, avoid: &[NodeId]) -> Result<Shortlist, NoPlace> {
    let directory = Directory::new(grid.web.as_ref(), &grid.network);
    let mut page = directory.nodes(&demand.query(false, avoid)).await?;
    if demand.light {
        let light = directory.nodes(&demand.query(true, avoid)).await?;
        page.total += light.total;
        page.rows.extend(light.rows);
    }
    let before = page.rows.len();
    // What the proxy has no parameter for on every version: whole-node farms, and nodes that others rent.
    page.rows.retain(usable);
    page.total = page.total.saturating_sub((before - page.rows.len()) as u64);
    if page.rows.is_empty() {
        return Err(explain(&directory, demand, avoid).await?);
    }
    // Certified hardware first; the proxy's random order within.
    page.rows.sort_by_key(|node| !node.certified);
    Ok(Shortlist { nodes: page.rows, total: page.total })
}

/// Which demand excludes how many.
async fn explain(directory: &Directory<'_>, demand: &Demand, avoid: &[NodeId]) -> GridResult<NoPlace> {
    let least = Demand { region: None, ..demand.clone() };
    let variants = [
        (Need::Region, demand.region.is_some(), least.clone()),
        (Need::Ipv4, demand.ipv4, Demand { ipv4: false, ..demand.clone() }),
        (Need::Memory, demand.memory > 0, Demand { memory: 0, ..demand.clone() }),
        (Need::Disk, demand.ssd > 0, Demand { ssd: 0, ..demand.clone() }),
        (Need::Cpu, demand.cpu > 0, Demand { cpu: 0, ..demand.clone() }),
    ];
    let mut without = Vec::new();
    let mut elsewhere: Vec<(String, u64)> = Vec::new();
    for (need, _, relaxed) in variants.into_iter().filter(|(_, asked, _)| *asked) {
        let found = directory.nodes(&NodeQuery { size: 500, ..relaxed.query(false, avoid) }).await?.rows;
        if need == Need::Region {
            for node in found.iter().filter(|node| usable(node)) {
                match elsewhere.iter_mut().find(|(region, _)| *region == node.region) {
                    Some((_, count)) => *count += 1,
                    None => elsewhere.push((node.region.clone(), 1)),
                }
            }
            elsewhere.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
        let count = found.iter().filter(|node| usable(node)).count() as u64;
        if count > 0 {
            without.push((need, count));
        }
    }
    Ok(NoPlace::NoFit { without, elsewhere })
}

/// How a place is drawn.
pub struct Draw<'a> {
    /// Chance.
    pub dice: &'a Dice,
    /// Nodes to leave out.
    pub avoid: &'a [NodeId],
    /// Asked first, and taken when it answers.
    pub first: Option<NodeId>,
    /// Which attempt.
    pub attempt: u16,
    /// The deployment's name: web names begin with it.
    pub name: &'a str,
}

/// Chooses nodes that answer now, and draws all that a place needs.
///
/// # Errors
/// See [`NoPlace`].
pub async fn choose(grid: &Grid, caller: &Caller, demand: &Demand, draw: &Draw<'_>) -> Result<Site, NoPlace> {
    let list = shortlist(grid, demand, draw.avoid).await?;
    let mut nodes = list.nodes;
    nodes.sort_by_key(|node| Some(node.id) != draw.first);
    nodes.truncate(ASKED);
    let asked = nodes.iter().map(|node| node.id).collect();
    let found = soonest(grid, caller, &nodes, demand.disk, draw, |_| true).await?;
    let (answered_ms, machine) = found.ok_or(NoPlace::Silent { asked })?;
    let gateway = if demand.gateway { Some(gateway(grid, caller, draw, machine.node).await?) } else { None };
    Ok(Site {
        attempt: draw.attempt,
        machine,
        gateway,
        octet: u8::try_from(1 + draw.dice.below(254)).unwrap_or(1),
        fitting: u32::try_from(list.total).unwrap_or(u32::MAX),
        answered_ms,
    })
}

async fn gateway(grid: &Grid, caller: &Caller, draw: &Draw<'_>, machine: NodeId) -> Result<GatewaySite, NoPlace> {
    let query = NodeQuery {
        live: true,
        domain: true,
        features: vec!["gateway-name-proxy".to_owned(), "network".to_owned()],
        // One network can be on a node only once; the machine's node has it already.
        excluded: draw.avoid.iter().copied().chain([machine]).collect(),
        randomize: true,
        size: 20,
        ..NodeQuery::default()
    };
    let mut found = Directory::new(grid.web.as_ref(), &grid.network).nodes(&query).await?.rows;
    found.retain(usable);
    let domain = |node: NodeId, found: &[NodeInfo]| {
        found.iter().find(|n| n.id == node).and_then(|n| n.public.as_ref()).and_then(|p| p.domain.clone())
    };
    found.truncate(ASKED);
    let fits = |host: &Host| !host.endpoint.is_empty() && !host.light && domain(host.node, &found).is_some();
    let host = soonest(grid, caller, &found, 0, draw, fits).await?.map(|(_, host)| host);
    let host = host.and_then(|host| domain(host.node, &found).map(|domain| (host, domain)));
    let (host, domain) = host.ok_or(NoPlace::NoGateway)?;
    Ok(GatewaySite { name: format!("{}{}", draw.name, draw.dice.word(5)), host, domain })
}

/// Asks all at once, and takes the one that answers soonest and will do; `first` has a head start. Nobody waits
/// for those that stay silent once one is found. With the time it took, in milliseconds.
///
/// # Errors
/// When none could be asked because the relay is away: that is no fault of theirs.
async fn soonest(
    grid: &Grid,
    caller: &Caller,
    nodes: &[NodeInfo],
    disk: u64,
    draw: &Draw<'_>,
    will_do: impl Fn(&Host) -> bool,
) -> GridResult<Option<(u64, Host)>> {
    let started = Instant::now();
    let asks =
        nodes.iter().map(async |node| (node.id, timeout(ANSWER, ask(grid, caller, node, disk, draw.dice)).await));
    let mut asks: FuturesUnordered<_> = asks.collect();
    let mut favoured = nodes.iter().any(|node| Some(node.id) == draw.first);
    let (mut best, mut away) = (None::<(u64, Host)>, None);
    let mut until = started + ANSWER;
    while let Ok(Some((node, answer))) = timeout_at(until, asks.next()).await {
        let is_first = Some(node) == draw.first;
        favoured &= !is_first;
        match answer {
            Ok(Ok(Some(host))) if will_do(&host) && (is_first || best.is_none()) => {
                best = Some((u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), host));
                until = until.min(Instant::now() + HEAD_START);
            }
            Ok(Err(error @ GridError::Passing { by: Party::Relay, .. })) => away = Some(error),
            _ => {}
        }
        if best.is_some() && !favoured {
            break;
        }
    }
    match (best, away) {
        (None, Some(error)) => Err(error),
        (best, _) => Ok(best),
    }
}

/// One node's own word: it lives, a pool holds the disk, and a port is free. `None` when it cannot take it.
async fn ask(grid: &Grid, caller: &Caller, node: &NodeInfo, disk: u64, dice: &Dice) -> GridResult<Option<Host>> {
    let zos = Zos::new(grid.bus.as_ref(), caller, node.twin);
    zos.version(ANSWER).await?;
    let pools = if disk > 0 { zos.pools().await? } else { Vec::new() };
    let fits = |pool: &crate::grid::zos::Pool| pool.kind == "ssd" && pool.size.saturating_sub(pool.used) >= disk;
    if disk > 0 && !pools.iter().any(fits) {
        return Ok(None);
    }
    let taken = zos.taken_ports().await?;
    let port = || PORTS.start + u16::try_from(dice.below(u64::from(PORTS.end - PORTS.start))).unwrap_or(0);
    let Some(port) = (0..64).map(|_| port()).find(|port| !taken.contains(port)) else { return Ok(None) };
    let public = zos.public_address().await?;
    let ip = public.as_ref().and_then(|public| public.ipv4.split('/').next()).filter(|ip| !ip.is_empty());
    Ok(Some(Host {
        node: node.id,
        twin: node.twin,
        farm: node.farm,
        farm_name: node.farm_name.clone(),
        city: node.city.clone(),
        country: node.country.clone(),
        light: !node.features.iter().any(|f| f == "zmachine"),
        port,
        endpoint: ip.map(|ip| format!("{ip}:{port}")).unwrap_or_default(),
    }))
}
