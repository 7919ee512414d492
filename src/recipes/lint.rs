//! What is wrong with a recipe, beyond its form: rules of the nodes, of the chain and of common sense.
//!
//! Its texts are for whoever writes recipes (`bellhop recipe lint`), not for people in a chat.

use super::fill::smallest_rootfs;
use super::probes::{Ask, Level, Probes, Test};
use super::schema::{Recipe, Rootfs, Size};
use crate::grid::GIB;
use std::collections::BTreeSet;
use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// It works, and there is something to know.
    Warning,
    /// It cannot work.
    Error,
}

/// Something wrong with a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How bad.
    pub gravity: Gravity,
    /// Where in the file: `probe.check[2].value`.
    pub at: String,
    /// What is wrong, and what would be right.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gravity = match self.gravity {
            Gravity::Warning => "warning",
            Gravity::Error => "error",
        };
        write!(f, "{gravity}: {}: {}", self.at, self.says)
    }
}

/// All faults of a recipe, in the file's order.
pub fn lint(recipe: &Recipe) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    machine(recipe, &mut faults);
    sizes(recipe, &mut faults);
    surroundings(recipe, &mut faults);
    probes(recipe, &mut faults);
    faults.0
}

struct Faults(Vec<Fault>);

impl Faults {
    fn need(&mut self, holds: bool, at: impl Into<String>, says: impl Into<String>) {
        if !holds {
            self.0.push(Fault { gravity: Gravity::Error, at: at.into(), says: says.into() });
        }
    }

    fn wish(&mut self, holds: bool, at: impl Into<String>, says: impl Into<String>) {
        if !holds {
            self.0.push(Fault { gravity: Gravity::Warning, at: at.into(), says: says.into() });
        }
    }
}

fn is_word(text: &str, longest: usize) -> bool {
    (2..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn machine(recipe: &Recipe, faults: &mut Faults) {
    faults.need(is_word(&recipe.name, 15), "name", "must be 2 to 15 of a-z and 0-9, beginning with a letter");
    faults.need(is_word(&recipe.family, 15), "family", "must be 2 to 15 of a-z and 0-9, beginning with a letter");
    let image = &recipe.image;
    faults.need(image.starts_with("https://"), "image", "must be an https URL");
    faults.need(image.ends_with(".flist"), "image", "must end in .flist");
    faults.wish(
        !image.contains("latest"),
        "image",
        "is called `latest`: its content may change under this recipe, so what was proven may not be what runs",
    );
    faults.wish(!recipe.proven.is_empty(), "proven", "is empty: every grid will refuse this recipe");
    faults.need(
        !(recipe.light && recipe.ipv4),
        "light",
        "cannot go with ipv4 = true: light nodes have no public addresses",
    );
    faults.need(
        recipe.usual_s.0 <= recipe.usual_s.1 && recipe.usual_s.1 <= recipe.probe.within_s,
        "usual_s",
        "must be [shortest, longest], the longest within probe.within_s",
    );
}

fn sizes(recipe: &Recipe, faults: &mut Faults) {
    faults.need(!recipe.sizes.is_empty(), "size", "is missing: at least one [[size]], the first is the default");
    let mut seen = BTreeSet::new();
    for (index, size) in recipe.sizes.iter().enumerate() {
        let at = |field: &str| format!("size[{index}].{field}");
        faults.need(is_word(&size.name, 15), at("name"), "must be 2 to 15 of a-z and 0-9, beginning with a letter");
        faults.need(seen.insert(&size.name), at("name"), "is there twice");
        let Size { cpu, memory_gb, disk_gb, .. } = *size;
        faults.need((1..=32).contains(&cpu), at("cpu"), "must be 1 to 32");
        faults.need((1..=256).contains(&memory_gb), at("memory_gb"), "must be 1 to 256");
        faults.need((1..=10_000).contains(&disk_gb), at("disk_gb"), "must be 1 to 10000");
        faults.need(
            recipe.rootfs == Rootfs::Minimum || disk_gb.saturating_mul(GIB) >= smallest_rootfs(size),
            at("disk_gb"),
            "is less than the node's smallest root filesystem (500 MiB; 2 GiB from 8 GB times CPUs on)",
        );
    }
    let growing = recipe.disks.iter().filter(|disk| disk.gb.is_none()).count();
    let growing = growing + usize::from(recipe.rootfs == Rootfs::Size);
    faults.need(
        growing == 1,
        "disk",
        format!("a size's disk_gb must have one place to go (a disk without gb, or rootfs = \"size\"), not {growing}"),
    );
    let mut mounts = BTreeSet::new();
    for (index, disk) in recipe.disks.iter().enumerate() {
        let at = |field: &str| format!("disk[{index}].{field}");
        faults.need(
            disk.mount.starts_with('/') && disk.mount.len() > 1 && !disk.mount.contains(char::is_whitespace),
            at("mount"),
            "must be an absolute path other than /",
        );
        faults.need(mounts.insert(&disk.mount), at("mount"), "is there twice");
        faults.need(disk.gb.is_none_or(|gb| (1..=10_000).contains(&gb)), at("gb"), "must be 1 to 10000");
    }
}

fn surroundings(recipe: &Recipe, faults: &mut Faults) {
    let known: &[&str] = if recipe.gateway.is_some() { &["name", "ssh_key", "hostname"] } else { &["name", "ssh_key"] };
    for (key, template) in &recipe.env {
        let at = format!("env.{key}");
        let good = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        faults.need(good, &at, "a variable's name is letters, digits and _, beginning with a letter");
        for name in template.names() {
            faults.need(
                known.contains(&name),
                &at,
                format!("does not know {{{name}}}; there are {{{}}}", known.join("}, {")),
            );
        }
    }
    let listens = |port: u16| recipe.ports.values().any(|known| *known == port);
    if let Some(gateway) = &recipe.gateway {
        faults.need(listens(gateway.port), "gateway.port", "is not among [ports]");
        let twice = gateway.env.as_ref().is_some_and(|key| recipe.env.contains_key(key));
        faults.need(!twice, "gateway.env", "is set in [env] too");
    }
    let all: BTreeSet<_> = recipe.ports.values().collect();
    faults.need(all.len() == recipe.ports.len() && !all.contains(&0), "ports", "a port is 1 to 65535, and there once");
}

fn probes(recipe: &Recipe, faults: &mut Faults) {
    let probes = &recipe.probe;
    faults.need(!probes.requests.is_empty(), "probe.requests", "is empty: nothing would ever be proven");
    faults.need(
        probes.on.is_empty() || probes.on.contains_key("default"),
        "probe.on",
        "must have `default`, for grids that are not named",
    );
    for (name, request) in &probes.requests {
        let at = format!("probe.requests.{name}");
        address(recipe, &request.ask, &at, faults);
        faults.need((1..=60).contains(&request.timeout_s), format!("{at}.timeout_s"), "must be 1 to 60");
    }
    for (name, value) in &probes.values {
        let at = format!("probe.values.{name}");
        let read = probes.requests.get(&value.r#in).is_some_and(|request| matches!(request.ask, Ask::Get(_)));
        faults.need(read, format!("{at}.in"), format!("there is no `get` request called {}", value.r#in));
        let pointer = value.at.is_empty() || value.at.starts_with('/');
        faults.need(pointer, format!("{at}.at"), "must be a JSON pointer: empty, or beginning with /");
    }
    let has = |name: &String| probes.values.contains_key(name);
    for (index, check) in probes.checks.iter().enumerate() {
        let at = format!("probe.check[{index}]");
        faults.need(has(&check.value), format!("{at}.value"), format!("there is no value called {}", check.value));
        if let Test::Eq(template) = &check.is {
            for name in template.names() {
                param(probes, name, &at, faults);
            }
        }
    }
    for (index, trend) in probes.trends.iter().enumerate() {
        let at = format!("probe.trend[{index}].value");
        faults.need(has(&trend.value), at, format!("there is no value called {}", trend.value));
    }
    if let Some(compare) = &probes.compare {
        for (field, value) in [("key", &compare.key), ("same", &compare.same)] {
            faults.need(has(value), format!("probe.compare.{field}"), format!("there is no value called {value}"));
        }
        for (grid, setting) in &probes.on {
            faults.need(
                (1..=setting.witnesses.len()).contains(&compare.witnesses),
                format!("probe.on.{grid}.witnesses"),
                format!("are fewer than the {} that must agree", compare.witnesses),
            );
        }
    }
    faults.wish(
        probes.top() == Level::Booted || probes.checks.iter().any(|check| check.level == Level::Answering),
        "probe.check",
        "nothing checks at level `answering` that the node is on the right network",
    );
}

/// The placeholders that `verify` fills, and what a recipe must have for each.
fn address(recipe: &Recipe, ask: &Ask, at: &str, faults: &mut Faults) {
    let at = format!("{at}.ask");
    let text = &ask.address().0;
    for name in ask.address().names() {
        match name {
            "machine" | "mycelium" | "private" => {}
            "ipv4" => faults.need(recipe.ipv4, &at, "uses {ipv4}, and the recipe has ipv4 = false"),
            "name_url" => faults.need(recipe.gateway.is_some(), &at, "uses {name_url}, and there is no [gateway]"),
            other => param(&recipe.probe, other, &at, faults),
        }
    }
    let after_host = match ask {
        Ask::Get(_) => {
            let web = ["http://", "https://", "{name_url}"].iter().any(|begin| text.starts_with(begin));
            faults.need(web, &at, "must begin with http://, https:// or {name_url}");
            text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest))
        }
        Ask::Tcp(_) => {
            faults.need(text.contains(':'), &at, "must be host:port");
            Some(text.as_str())
        }
    };
    if let Some(port) = after_host.and_then(|host| host.rsplit_once("}:")).map(|(_, port)| port) {
        let known = port.parse().is_ok_and(|port: u16| recipe.ports.values().any(|known| *known == port));
        faults.need(known, &at, format!("port {port} is not among [ports]"));
    }
}

fn param(probes: &Probes, name: &str, at: &str, faults: &mut Faults) {
    let everywhere = !probes.on.is_empty() && probes.on.values().all(|setting| setting.params.contains_key(name));
    faults.need(everywhere, at, format!("does not know {{{name}}}: it must be in params of every [probe.on.…]"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASPER: &str = include_str!("../../recipes/casper.toml");
    const VM: &str = include_str!("../../recipes/vm.toml");

    #[test]
    fn an_image_called_latest_is_a_warning_that_says_so() {
        let said: Vec<_> = lint(&Recipe::parse(CASPER).unwrap()).iter().map(Fault::to_string).collect();
        assert_eq!(
            said,
            [
                "warning: image: is called `latest`: its content may change under this recipe, so what was proven may not \
              be what runs"
            ]
        );
    }

    #[test]
    fn each_mistake_is_found_where_it_is() {
        for (file, right, wrong, at) in [
            (CASPER, r#"name       = "casper""#, r#"name = "Casper-2""#, "name"),
            (CASPER, "https://hub.grid.tf/tf-official-apps/casperlabs-latest.flist", "casperlabs.flist", "image"),
            (CASPER, "light      = false", "light = true", "light"),
            (CASPER, "usual_s    = [60, 180]", "usual_s = [60, 6000]", "usual_s"),
            (CASPER, "cpu = 4", "cpu = 64", "size[0].cpu"),
            (CASPER, "name = \"medium\"", "name = \"small\"", "size[1].name"),
            (CASPER, "/var/lib/casper/casper-node", "/", "disk[0].mount"),
            (CASPER, "[gateway]", "[[disk]]\nmount = \"/data\"\n[gateway]", "disk"),
            (CASPER, "port = 80", "port = 81", "gateway.port"),
            (CASPER, "{ssh_key}", "{password}", "env.SSH_KEY"),
            (CASPER, "rest = 8888", "rest = 80", "ports"),
            (CASPER, "rest = 8888", "rest = 8889", "probe.requests.status.ask"),
            (CASPER, "http://{ipv4}", "ftp://{ipv4}", "probe.requests.status.ask"),
            (CASPER, "http://{ipv4}", "http://{address}", "probe.requests.status.ask"),
            (CASPER, "at = \"/peers\"", "at = \"peers\"", "probe.values.peers.at"),
            (CASPER, "in = \"status\", at = \"/peers\"", "in = \"machine\", at = \"/peers\"", "probe.values.peers.in"),
            (CASPER, "value = \"state\"", "value = \"mood\"", "probe.check[4].value"),
            (CASPER, "{ eq = \"{chain}\" }", "{ eq = \"{net}\" }", "probe.check[1]"),
            (CASPER, "same = \"hash\"", "same = \"root\"", "probe.compare.same"),
            (CASPER, "\"127.101.0.1\", ", "", "probe.on.sandbox.witnesses"),
            (CASPER, "[probe.on.default]", "[probe.on.main]", "probe.on"),
            (VM, "{machine}:22", "{ipv4}:22", "probe.requests.machine.ask"),
            (VM, "rootfs     = \"size\"", "", "disk"),
            (VM, "disk_gb = 50", "disk_gb = 1", "size[1].disk_gb"),
        ] {
            assert!(file.contains(right), "the test no longer fits the recipe: {right}");
            let recipe = Recipe::parse(&file.replacen(right, wrong, 1)).expect(wrong);
            let found = lint(&recipe);
            let found: Vec<_> = found.iter().filter(|fault| fault.gravity == Gravity::Error).collect();
            assert!(found.iter().any(|fault| fault.at == at), "{wrong}: expected a fault at {at}, found {found:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = Recipe::parse(&VM.replace("light ", "lihgt ")).unwrap_err().to_string();
        assert!(error.contains("lihgt"), "{error}");
    }
}
