//! `/recipes`: what can be deployed, and in which sizes.

use super::{Command, Context, Trouble};
use crate::chat::{Answers, Audience, Button, ButtonStyle, Card, Place, Reply, Role, Spec, Tone, Urge};
use crate::recipes::{Recipe, Size};
use crate::speech::Line;
use async_trait::async_trait;

/// The command.
pub(super) struct Recipes;

static SPEC: Spec = Spec {
    name: "recipes",
    params: &[],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
    acts: false,
};

#[async_trait]
impl Command for Recipes {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, cx: &Context<'_>, _answers: &Answers) -> Result<Reply, Trouble> {
        let mut card = Card::new(Tone::Plain, Line::new("recipes-list"));
        for recipe in cx.house.recipes.iter() {
            card = card.fact(recipe.title(), recipe.about());
            for size in &recipe.sizes {
                card = card.text(size_line(size));
            }
            if !recipe.proven_on(&cx.house.grid.network.name) {
                card = card.text(Line::new("recipes-unproven"));
            }
        }
        for recipe in cx.house.recipes.iter() {
            card = card.button(deploy(recipe));
        }
        Ok(Reply::new(card))
    }
}

fn size_line(size: &Size) -> Line {
    Line::new("recipes-size")
        .with("name", size.name.as_str())
        .with("cpu", size.cpu)
        .with("memory", size.memory_gb)
        .with("disk", size.disk_gb)
}

fn deploy(recipe: &Recipe) -> Button {
    let answers = Answers::from([("recipe".to_owned(), recipe.name.clone())]);
    let text = Line::new("recipes-deploy").with("recipe", recipe.title());
    Button::new(text, ButtonStyle::Plain, Urge::Run { command: "deploy".to_owned(), answers })
}
