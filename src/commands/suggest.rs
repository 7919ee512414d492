//! What somebody may mean who is typing a command: recipes, sizes, regions, the names of their own nodes.
//!
//! From memory and at once: a platform that completes while one types waits two seconds at most. Nobody is
//! offered what is not theirs. Not here: how a platform shows it.

use super::deploy::{REGIONS, region_line};
use super::{House, commands_for};
use crate::chat::{Choice, Param, ParamKind, Role, Suggest, Typing};
use crate::recipes::Recipe;
use crate::speech::Line;
use std::sync::Arc;

/// No platform shows more.
const MOST: usize = 25;

/// Suggests from what `house` knows.
pub fn suggestions(house: &House) -> Suggest {
    let house = house.clone();
    Arc::new(move |typing| suggest(&house, typing))
}

fn suggest(house: &House, typing: &Typing<'_>) -> Vec<Choice<String>> {
    let account = house.people.known(typing.person).ok().flatten();
    let role = account.as_ref().map_or(Role::Member, |account| account.role);
    let spec = commands_for(role).map(|command| command.spec()).find(|spec| spec.name == typing.command);
    let Some(param) = spec.and_then(|spec| spec.params.iter().find(|param| param.name == typing.param)) else {
        return Vec::new();
    };
    let chosen = account.as_ref().and_then(|account| account.language.as_deref());
    let voice = house.voices.find(chosen.into_iter().chain(typing.locale));
    let choice = |(value, line): (String, Option<Line>)| {
        let text = line.map_or_else(|| value.clone(), |line| voice.say(&line));
        Choice::new(value, text)
    };
    let typed = typing.typed.trim().to_lowercase();
    let fits = |choice: &Choice<String>| {
        let (value, text) = (choice.value.to_lowercase(), choice.text.to_lowercase());
        value.starts_with(&typed) || text.split_whitespace().any(|word| word.starts_with(&typed))
    };
    values(house, param, typing, account.as_ref()).into_iter().map(choice).filter(fits).take(MOST).collect()
}

fn values(
    house: &House,
    param: &Param,
    typing: &Typing<'_>,
    account: Option<&crate::people::Account>,
) -> Vec<(String, Option<Line>)> {
    match param.kind {
        ParamKind::YesNo => ["yes", "no"].map(|value| (value.to_owned(), None)).into(),
        ParamKind::OneOf(options) => options.iter().map(|option| ((*option).to_owned(), None)).collect(),
        ParamKind::Recipe => house.recipes.iter().map(|recipe| (recipe.name.clone(), Some(recipe.title()))).collect(),
        ParamKind::Region => REGIONS.iter().map(|region| ((*region).to_owned(), Some(region_line(region)))).collect(),
        ParamKind::Size => sizes(house, typing.answers.get("recipe").and_then(|name| house.recipes.get(name))),
        ParamKind::Deployment => {
            let own = account.map(|account| house.deployments.of(account)).unwrap_or_default();
            own.iter().map(|entry| (entry.seen().plan.order.name.clone(), None)).collect()
        }
        ParamKind::Text | ParamKind::Inner => Vec::new(),
    }
}

/// The sizes of a recipe, or of all when it is not chosen yet.
fn sizes(house: &House, recipe: Option<Arc<Recipe>>) -> Vec<(String, Option<Line>)> {
    let mut found: Vec<(String, Option<Line>)> = Vec::new();
    match recipe {
        Some(recipe) => {
            found.extend(recipe.sizes.iter().map(|size| (size.name.clone(), Some(super::deploy::size_line(size)))));
        }
        None => {
            for size in house.recipes.iter().flat_map(|recipe| &recipe.sizes) {
                if !found.iter().any(|(name, _)| *name == size.name) {
                    found.push((size.name.clone(), None));
                }
            }
        }
    }
    found
}
