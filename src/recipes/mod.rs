//! What can be deployed: one TOML file for each node type, embedded in the program.
//!
//! A recipe is data: it gives the wizard its sizes, the plan its workloads ([`Recipe::fill`]) and the proof
//! its probes ([`Probes`]). Not here: placing, pricing and deploying it; looking at a running one (`verify`).

mod fill;
mod lint;
mod probes;
mod schema;
mod template;

pub use fill::{Filled, Values};
pub use lint::{Fault, Gravity, lint};
pub use probes::{As, Ask, Check, Compare, Level, Probes, Request, Setting, Test, Trend, Trouble, Value};
pub use schema::{Disk, Gateway, Recipe, RecipeError, Rootfs, Size};
pub use template::Template;

use std::sync::{Arc, LazyLock};

/// The files in `recipes/`.
const FILES: &[&str] = &[include_str!("../../recipes/casper.toml"), include_str!("../../recipes/vm.toml")];

#[expect(clippy::expect_used, reason = "they are part of the program; a test parses and lints every one")]
static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
    let parse = |text: &&str| Recipe::parse(text).expect("an embedded recipe can be read");
    Catalogue(FILES.iter().map(parse).map(Arc::new).collect())
});

/// All that can be deployed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalogue(Arc<[Arc<Recipe>]>);

impl Catalogue {
    /// The recipes that came with this program.
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// The recipe of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Recipe>> {
        self.iter().find(|recipe| recipe.name == name).cloned()
    }

    /// All of them, in the order in which they are offered.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Recipe>> {
        self.0.iter()
    }

    /// The recipe that somebody probably meant by `typed`; `None` when nothing is near.
    pub fn suggest(&self, typed: &str) -> Option<Arc<Recipe>> {
        let typed = typed.trim().to_lowercase();
        let near = |recipe: &&Arc<Recipe>| {
            let allowed = (recipe.name.len() / 3).max(1);
            let distance = strsim::damerau_levenshtein(&typed, &recipe.name);
            let begun = typed.len() >= 3 && (recipe.name.starts_with(&typed) || typed.starts_with(&recipe.name));
            (distance <= allowed).then_some(distance).or(begun.then_some(allowed))
        };
        let found = self.iter().filter_map(|recipe| Some((near(&recipe)?, recipe)));
        found.min_by_key(|(distance, _)| *distance).map(|(_, recipe)| recipe.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_recipe_is_without_fault_and_has_words() {
        let names: Vec<_> = Catalogue::embedded().iter().map(|recipe| recipe.name.clone()).collect();
        assert_eq!(names, ["casper", "vm"]);
        for recipe in Catalogue::embedded().iter() {
            let grave: Vec<_> = lint(recipe).into_iter().filter(|fault| fault.gravity == Gravity::Error).collect();
            assert!(grave.is_empty(), "{}: {grave:?}", recipe.name);
            for words in [include_str!("../../locales/en/recipes.ftl"), include_str!("../../locales/fr/recipes.ftl")] {
                for line in [recipe.title(), recipe.about()] {
                    assert!(words.contains(&format!("\n{} = ", line.id)), "no words for {}", line.id);
                }
            }
        }
    }

    #[test]
    fn a_near_miss_is_understood_and_a_far_one_is_not() {
        let catalogue = Catalogue::embedded();
        let meant = |typed: &str| catalogue.suggest(typed).map(|recipe| recipe.name.clone());
        for typed in ["capser", "Casper", "caspr", "casper-node", "casp"] {
            assert_eq!(meant(typed).as_deref(), Some("casper"), "{typed}");
        }
        assert_eq!(meant("vms").as_deref(), Some("vm"));
        for typed in ["", "bitcoin", "algorand", "c"] {
            assert_eq!(meant(typed), None, "{typed}");
        }
    }
}
