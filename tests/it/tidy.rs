//! The house rules, read off the sources. Each failure says where, and how to mend it.
//!
//! What the compiler and clippy can tell is left to them: `src/lib.rs` turns on their lints, and a test here sees
//! that they stay on. Not a style guide: formatting is rustfmt's.

mod source;

use source::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The longest file, in lines, its tests not counted.
const LONGEST: usize = 350;

/// Files that were longer when this rule came and are being split. Nothing is added here.
const OVERDUE: &[&str] = &[];

/// Foreign crates that only some places know, so that each can be replaced in one place.
const FENCES: &[(&str, &[&str])] = &[
    ("subxt", &["src/grid/live/chain/"]),
    ("subxt_signer", &["src/grid/live/chain/", "src/grid/identity.rs", "src/sandbox/"]),
    ("tokio_tungstenite", &["src/grid/live/", "src/sandbox/"]),
    ("prost", &["src/grid/live/", "src/sandbox/"]),
    ("reqwest", &["src/grid/live/", "src/platforms/discord/", "src/platforms/telegram/"]),
    ("serenity", &["src/platforms/discord/"]),
    ("teloxide", &["src/platforms/telegram/"]),
    ("governor", &["src/delivery/"]),
    ("prometheus_client", &["src/meters.rs"]),
    ("sled", &["src/store/"]),
    ("fluent_bundle", &["src/speech/"]),
    ("fluent_langneg", &["src/speech/"]),
    ("unic_langid", &["src/speech/"]),
    ("axum", &["src/sandbox/", "src/platforms/discord/", "src/platforms/telegram/", "src/web/"]),
    ("hyper", &["src/sandbox/"]),
    ("hyper_util", &["src/sandbox/"]),
    ("http_body_util", &["src/sandbox/"]),
    ("jsonrpsee", &["src/sandbox/"]),
    ("async_graphql", &["src/sandbox/"]),
    ("rustyline", &["src/platforms/terminal/"]),
    ("nix", &["src/platforms/terminal/"]),
    ("bip39", &["src/secret.rs"]),
    ("toml", &["src/recipes/", "src/config"]),
    ("clap", &["src/cli/", "src/main.rs"]),
];

/// Shows all failures at once, under the rule and its remedy.
fn settle(rule: &str, failures: &[String]) {
    assert!(failures.is_empty(), "{rule}\n  {}", failures.join("\n  "));
}

fn within(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

/// The modules of `src/lib.rs`, lowest first.
fn layers(all: &[Source]) -> Vec<&str> {
    let map = all.iter().find(|file| file.path == "src/lib.rs").expect("src/lib.rs");
    let names = map.code.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.split(';').next());
    names.collect()
}

#[test]
fn modules_use_only_what_is_above_them_in_the_map() {
    let all = sources();
    let layers = layers(&all);
    let place = |name: &str| layers.iter().position(|layer| *layer == name);
    assert!(place("store") < place("grid") && place("grid") < place("deploy"), "the map could not be read");
    let mut failures = Vec::new();
    for file in all.iter().filter(|file| file.path.starts_with("src/")) {
        let Some((own, at)) = file.module().and_then(|name| Some((name, place(name)?))) else { continue };
        for (line, used) in file.crate_paths() {
            if used != own && place(&used).is_some_and(|used| used > at) {
                failures.push(format!("{}:{line}: {own} uses {used}", file.path));
            }
        }
        for line in file.climbs_to_the_root() {
            failures.push(format!("{}:{line}: reaches the crate's root by super::; say crate::", file.path));
        }
    }
    settle(
        "A module uses only modules above it in src/lib.rs. Move the code to where both may see it, or hand the thing \
         in as a parameter; change the map only with a reason in ARCHITECTURE.md.",
        &failures,
    );
}

#[test]
fn every_module_of_the_map_is_a_layer_and_every_file_belongs_to_one() {
    let all = sources();
    let layers = layers(&all);
    let known =
        |file: &&Source| file.module().is_none_or(|name| layers.contains(&name)) || !file.path.starts_with("src/");
    let strays: Vec<_> = all.iter().filter(|file| !known(file)).map(|file| file.path.clone()).collect();
    settle("Every folder and file directly under src/ is a `pub mod` in src/lib.rs.", &strays);
}

#[test]
fn foreign_crates_stay_behind_their_fences() {
    let mut failures = Vec::new();
    for file in sources().iter().filter(|file| file.path.starts_with("src/")) {
        for (name, places) in FENCES {
            if !within(&file.path, places) {
                failures.extend(file.uses(name).map(|line| format!("{}:{line}: {name}", file.path)));
            }
        }
        if !file.path.starts_with("src/config") {
            failures.extend(file.lines_with("std::env::").map(|line| format!("{}:{line}: std::env", file.path)));
        }
    }
    settle(
        "A crate behind a fence is used only there (see FENCES in this test; the environment is read only in config). \
         Go through the module that wraps it.",
        &failures,
    );
}

#[test]
fn every_file_says_first_what_it_is() {
    let bare: Vec<_> = sources()
        .into_iter()
        .filter(|file| !file.text.starts_with("//! ") || file.text.len() < 20)
        .map(|file| file.path)
        .collect();
    settle("Every file opens with a `//!` head: what it is, and what it deliberately is not.", &bare);
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<_> = sources()
        .iter()
        .filter(|file| file.path.starts_with("src/") && !file.is_test && !OVERDUE.contains(&file.path.as_str()))
        .filter(|file| file.lines_without_tests() > LONGEST)
        .map(|file| format!("{}: {} lines", file.path, file.lines_without_tests()))
        .collect();
    settle("A file has at most 350 lines, its tests not counted. Split it by subject.", &long);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let macros = ["todo!", "unimplemented!", "dbg!", "#[allow(", "#![allow(", "thread::sleep"];
    let mut failures = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            let marked =
                marks.iter().filter(|mark| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == **mark));
            failures.extend(marked.map(|mark| format!("{}:{}: {mark}", file.path, number + 1)));
        }
        for name in macros {
            failures.extend(file.lines_with(name).map(|line| format!("{}:{line}: {name}", file.path)));
        }
    }
    settle(
        "Nothing is left for later in the code: do it, or leave it out. A lint is silenced with \
         #[expect(lint, reason = \"…\")]; a thread never sleeps.",
        &failures,
    );
}

#[test]
fn the_lints_that_replace_half_of_these_tests_stay_on() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("src/lib.rs");
    let missing: Vec<_> = ["missing_docs", "clippy::unwrap_used", "clippy::expect_used", "clippy::panic"]
        .into_iter()
        .filter(|lint| !lib.contains(lint))
        .map(str::to_owned)
        .collect();
    settle("src/lib.rs turns these lints on for the whole library.", &missing);
}

#[test]
fn no_two_tables_have_one_name() {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in sources().iter().filter(|file| file.path.starts_with("src/") && !file.is_test) {
        for (line, name) in file.literals_after("Table::new(") {
            let good =
                !name.is_empty() && name != "schema" && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            if !good {
                failures.push(format!("{}:{line}: {name:?} is not a table's name (a-z and -, not schema)", file.path));
            }
            if !tables.entry(name.clone()).or_default().insert(format!("{}:{line}", file.path))
                || tables[&name].len() > 1
            {
                failures.push(format!("{name:?}: {:?}", tables[&name]));
            }
        }
    }
    assert!(tables.len() >= 3, "the tables could not be found: {tables:?}");
    settle("A table's name stands for one kind of record for ever: choose another.", &failures);
}

#[test]
fn no_path_of_anyones_machine_is_in_the_code() {
    let roots = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
    let mut failures = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            let found = roots.iter().filter(|root| line.contains(**root));
            failures.extend(found.map(|root| format!("{}:{}: {root}", file.path, number + 1)));
        }
    }
    settle("Paths are relative to CARGO_MANIFEST_DIR, or come from the configuration.", &failures);
}
