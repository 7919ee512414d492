//! The plan of a fleet: farms and nodes as data, made from a seed.
//!
//! A chain's genesis or a joined chain registers it; [`Fleet`](super::Fleet) brings it to life. What troubles
//! there are does not depend on the seed, so that every fleet of the usual size has one of each kind.

use super::places::{PLACES, Place};
use crate::clock::Dice;
use crate::grid::{GIB, Identity, KeyKind, PublicConfig, Resources};
use sha2::{Digest, Sha256};

const TIB: u64 = 1 << 40;

/// All farms and nodes of a sandbox.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What everything is derived from, the keys too.
    pub seed: u64,
    /// The farms.
    pub farms: Vec<FarmPlan>,
    /// The nodes.
    pub nodes: Vec<NodePlan>,
}

/// One farm. Its farmer is a twin with an account of its own.
#[derive(Debug, Clone)]
pub struct FarmPlan {
    /// Unique.
    pub name: String,
    /// The farmer's key (sr25519).
    pub farmer: Identity,
    /// Gold certified.
    pub certified: bool,
    /// Its nodes can only be rented whole.
    pub dedicated: bool,
    /// Free public IPv4: address with mask, and gateway. All in the farm's own `127.x.y.0/24`, so that a
    /// machine that gets one can be probed on this computer.
    pub ips: Vec<(String, String)>,
}

/// Which software a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// zos3: `zmachine`, `network`, public IPv4.
    Full,
    /// zos4: `zmachine-light`, `network-light`, mycelium only.
    Light,
}

/// How a node behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// As it should.
    Well,
    /// Each answer takes seconds, and each workload its time.
    Slow,
    /// Answers, and fails to install machines.
    Failing,
    /// Others have taken all its memory.
    Full,
    /// Gone, and the proxy does not know yet.
    Dead,
    /// Gone, and the proxy knows.
    Down,
    /// Powered off by its farmer's bot.
    Standby,
}

impl Temper {
    /// Whether it is on the bus.
    pub fn answers(self) -> bool {
        !matches!(self, Self::Dead | Self::Down | Self::Standby)
    }
}

/// One node.
#[derive(Debug, Clone)]
pub struct NodePlan {
    /// Its farm: an index into [`Plan::farms`].
    pub farm: usize,
    /// Its key (ed25519, as nodes have).
    pub identity: Identity,
    /// Its software.
    pub flavour: Flavour,
    /// How it behaves.
    pub temper: Temper,
    /// What the machine has.
    pub resources: Resources,
    /// SSDs, bytes; their sum is `resources.sru`.
    pub ssd: Vec<u64>,
    /// HDDs, bytes; their sum is `resources.hru`.
    pub hdd: Vec<u64>,
    /// What others use of it, apart from the sandbox's own contracts.
    pub load: Resources,
    /// City.
    pub city: &'static str,
    /// Country.
    pub country: &'static str,
    /// Region.
    pub region: &'static str,
    /// Degrees north.
    pub latitude: &'static str,
    /// Degrees east.
    pub longitude: &'static str,
    /// Gateways have one, with a domain.
    pub public_config: Option<PublicConfig>,
    /// Certified hardware.
    pub certified: bool,
    /// mUSD per 30 days beyond the policy for renting it; above zero it is dedicated.
    pub extra_fee: u64,
    /// The machine's serial number.
    pub serial: String,
}

impl NodePlan {
    /// What it can run (zos.md section 8).
    pub fn features(&self) -> Vec<String> {
        let mut features = match self.flavour {
            Flavour::Full => vec![
                "zmount",
                "network",
                "zdb",
                "zmachine",
                "volume",
                "ipv4",
                "ip",
                "gateway-name-proxy",
                "gateway-fqdn-proxy",
                "qsfs",
                "zlogs",
                "yggdrasil",
                "mycelium",
                "wireguard",
            ],
            Flavour::Light => vec![
                "zmachine-light",
                "network-light",
                "zdb",
                "zmount",
                "volume",
                "qsfs",
                "zlogs",
                "mycelium",
                "wireguard",
            ],
        };
        if self.flavour == Flavour::Light && self.domain().is_some() {
            features.extend(["gateway-name-proxy", "gateway-fqdn-proxy"]);
        }
        features.into_iter().map(str::to_owned).collect()
    }

    /// The domain under which it serves web names.
    pub fn domain(&self) -> Option<&str> {
        self.public_config.as_ref().and_then(|config| config.domain.as_deref())
    }
}

impl Plan {
    /// The usual fleet: 60 nodes in 12 farms.
    pub fn usual(seed: u64) -> Self {
        Self::seeded(seed, 60, 12)
    }

    /// `nodes` nodes in `farms` farms (at least one farm; a farm has room for all its nodes).
    pub fn seeded(seed: u64, nodes: usize, farms: usize) -> Self {
        Self::of(&Origin { seed, block: 10 + seed % 74, tag: String::new() }, nodes, farms)
    }

    /// A fleet that joins another's chain: other keys, names, domains and addresses than those of the fleet that
    /// may be there already, even with the same seed.
    pub fn guest(seed: u64, nodes: usize, farms: usize) -> Self {
        let seed = seed ^ 0x0067_7565_7374;
        let tag = format!("-{}", Dice::seeded(seed).word(4));
        Self::of(&Origin { seed, block: 110 + seed % 16, tag }, nodes, farms)
    }

    fn of(origin: &Origin, nodes: usize, farms: usize) -> Self {
        let dice = Dice::seeded(origin.seed ^ 0x666c_6565_7400);
        // So many that all their addresses stay between those of the reference nodes and the doorsteps.
        let farms = farms.clamp(1, 500);
        let plans = (0..farms).map(|index| farm(origin, index, &dice)).collect();
        let nodes = (0..nodes).map(|index| node(origin, index % farms, index / farms, index, &dice)).collect();
        Self { seed: origin.seed, farms: plans, nodes }
    }
}

/// What tells one fleet from another.
struct Origin {
    seed: u64,
    /// The second octet of its first farm's addresses. From 127.10: clear of 127.0.0.x, where this computer's own
    /// services are; sandboxes of other seeds on the same computer have another one, most of the time.
    block: u64,
    /// At the end of its names.
    tag: String,
}

/// A key that belongs to `role` number `index` of the fleet made from `seed`.
fn identity(kind: KeyKind, seed: u64, role: &str, index: usize) -> Identity {
    let mut attempt = 0u32;
    loop {
        let mini = Sha256::digest(format!("bellhop/sandbox/{role}/v1|{seed}|{index}|{attempt}"));
        match Identity::from_mini_secret(kind, mini.into()) {
            Ok(identity) => return identity,
            Err(_) => attempt += 1,
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "the list is not empty, and the remainder is inside it")]
fn place(index: usize) -> &'static Place {
    &PLACES[index % PLACES.len()]
}

#[expect(clippy::indexing_slicing, reason = "the lists below are not empty, and the remainder is inside them")]
fn pick<const N: usize>(dice: &Dice, of: [u64; N]) -> u64 {
    of[dice.below(N as u64) as usize % N]
}

fn farm(origin: &Origin, index: usize, dice: &Dice) -> FarmPlan {
    let place = place(index);
    let slug: String = place.city.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
    let (b, c) = (origin.block + (index / 250) as u64, index % 250);
    let free = match index % 6 {
        2 => 0,
        4 => 2,
        _ => 16 + dice.below(17),
    };
    let gateway = format!("127.{b}.{c}.1");
    FarmPlan {
        name: {
            let number = if index < PLACES.len() { String::new() } else { format!("-{index}") };
            format!("{slug}-farm{number}{}", origin.tag)
        },
        farmer: identity(KeyKind::Sr25519, origin.seed, "farmer", index),
        certified: index.is_multiple_of(4),
        dedicated: index % 12 == 11,
        ips: (0..free).map(|host| (format!("127.{b}.{c}.{}/24", 10 + host), gateway.clone())).collect(),
    }
}

/// The first two nodes of each farm are well, so that every region has a place to deploy to; troubles come third
/// and fourth.
fn temper(farm: usize, rank: usize) -> Temper {
    match (rank % 5, farm % 12) {
        (2, 0) | (3, 6) => Temper::Dead,
        (2, 1) | (3, 0) => Temper::Slow,
        (2, 5) | (3, 1) => Temper::Failing,
        (2, 6) | (3, 5) => Temper::Full,
        (3, 2) => Temper::Down,
        (3, 3) => Temper::Standby,
        _ => Temper::Well,
    }
}

fn node(origin: &Origin, farm: usize, rank: usize, index: usize, dice: &Dice) -> NodePlan {
    let place = place(farm);
    let temper = temper(farm, rank);
    let light = matches!((rank % 5, farm % 2), (2, 1) | (4, 0));
    let gateway = rank.is_multiple_of(5) && farm.is_multiple_of(2);
    let cru = pick(dice, [16, 24, 32, 48, 64]);
    let mru = pick(dice, [64, 96, 128, 192, 256]) * GIB;
    let ssd: Vec<u64> = (0..1 + dice.below(3)).map(|_| pick(dice, [TIB, 2 * TIB, 4 * TIB])).collect();
    let hdd: Vec<u64> = (0..dice.below(3)).map(|_| 8 * TIB).collect();
    let resources = Resources { cru, mru, sru: ssd.iter().sum(), hru: hdd.iter().sum() };
    let share = if temper == Temper::Full { 100 } else { dice.below(35) };
    let load = Resources {
        cru: cru * share / 100,
        // A tenth of the memory is the node's own: others can have the other nine.
        mru: (mru - mru / 10) / 100 * share,
        sru: if temper == Temper::Full { resources.sru } else { 0 },
        hru: 0,
    };
    // An address of the retired 6to4 relays: global by every rule of a chain, and nobody's. Nothing ever connects to
    // it: names are answered by the sandbox.
    let public_config = gateway.then(|| PublicConfig {
        ipv4: format!("192.88.99.{}/24", 2 + index % 250),
        gw4: "192.88.99.1".to_owned(),
        domain: Some(format!("{}{index:02}{}.grid.sandbox", gateway_name(place), origin.tag)),
    });
    NodePlan {
        farm,
        identity: identity(KeyKind::Ed25519, origin.seed, "node", index),
        flavour: if light { Flavour::Light } else { Flavour::Full },
        temper,
        resources,
        ssd,
        hdd,
        load,
        city: place.city,
        country: place.country,
        region: place.region,
        latitude: place.latitude,
        longitude: place.longitude,
        public_config,
        certified: rank < 2 && farm.is_multiple_of(4),
        extra_fee: if rank % 5 == 4 && farm % 12 == 3 { 50_000 } else { 0 },
        serial: format!("SBX-{}", dice.word(8).to_uppercase()),
    }
}

fn gateway_name(place: &Place) -> String {
    place.city.to_lowercase().chars().filter(char::is_ascii_alphabetic).take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_usual_fleet_has_one_of_everything() {
        let plan = Plan::usual(7);
        assert_eq!((plan.nodes.len(), plan.farms.len()), (60, 12));
        let regions: BTreeSet<_> = plan.nodes.iter().map(|node| node.region).collect();
        assert_eq!(regions.len(), 5);
        for temper in
            [Temper::Well, Temper::Slow, Temper::Failing, Temper::Full, Temper::Dead, Temper::Down, Temper::Standby]
        {
            assert!(plan.nodes.iter().any(|node| node.temper == temper), "{temper:?}");
        }
        let domains: BTreeSet<_> = plan.nodes.iter().filter_map(NodePlan::domain).collect();
        assert_eq!(domains.len(), 6);
        assert!(domains.iter().all(|domain| domain.ends_with(".grid.sandbox")));
        assert!(plan.nodes.iter().any(|node| node.extra_fee > 0) && plan.farms.iter().any(|farm| farm.dedicated));
        assert!(plan.nodes.iter().any(|node| node.flavour == Flavour::Light && node.temper == Temper::Well));
        // Each region has a full node that is well, in an open farm with free addresses.
        for region in regions {
            let good = plan.nodes.iter().filter(|node| {
                let farm = &plan.farms[node.farm];
                node.region == region
                    && node.temper == Temper::Well
                    && node.flavour == Flavour::Full
                    && !farm.dedicated
                    && !farm.ips.is_empty()
            });
            assert!(good.count() > 0, "{region}");
        }
    }

    #[test]
    fn names_keys_and_addresses_are_unique_in_a_large_fleet() {
        let plan = Plan::seeded(3, 400, 120);
        let unique = |items: Vec<String>| {
            let count = items.len();
            assert_eq!(items.into_iter().collect::<BTreeSet<_>>().len(), count);
        };
        unique(plan.farms.iter().map(|farm| farm.name.clone()).collect());
        unique(plan.farms.iter().flat_map(|farm| farm.ips.iter().map(|(ip, _)| ip.clone())).collect());
        unique(plan.nodes.iter().filter_map(|node| node.domain().map(str::to_owned)).collect());
        unique(plan.nodes.iter().map(|node| node.identity.account().to_string()).collect());
        assert!(plan.farms.iter().all(|farm| (3..=40).contains(&farm.name.len())));
    }

    #[test]
    fn a_guest_shares_nothing_with_its_host() {
        let facts = |plan: &Plan| {
            let farms = plan.farms.iter().flat_map(|farm| {
                let ips = farm.ips.iter().map(|(ip, _)| ip.clone());
                ips.chain([farm.name.clone(), farm.farmer.account().to_string()])
            });
            let nodes = plan.nodes.iter().flat_map(|node| {
                node.domain().map(str::to_owned).into_iter().chain([node.identity.account().to_string()])
            });
            farms.chain(nodes).collect::<BTreeSet<_>>()
        };
        for seed in [0, 1, 73, 74, u64::MAX] {
            assert!(facts(&Plan::usual(seed)).is_disjoint(&facts(&Plan::guest(seed, 60, 12))), "{seed}");
        }
    }

    #[test]
    fn a_seed_makes_the_same_fleet_again() {
        let shown = |seed| format!("{:?}", Plan::usual(seed));
        assert_eq!(shown(5), shown(5));
        assert_ne!(shown(5), shown(6));
    }
}
