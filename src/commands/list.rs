//! `/list`: what somebody has running.

use super::{Command, Context, Trouble};
use crate::chat::{Answers, Audience, Button, ButtonStyle, Card, Place, Reply, Role, Spec, Tone, Urge};
use crate::deploy::Stage;
use crate::speech::{Line, units};
use async_trait::async_trait;

/// The command.
pub struct List;

static SPEC: Spec = Spec {
    name: "list",
    params: &[],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
    acts: false,
};

#[async_trait]
impl Command for List {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, cx: &Context<'_>, _: &Answers) -> Result<Reply, Trouble> {
        let own = cx.house.deployments.of(cx.account);
        if own.is_empty() {
            let deploy = Urge::Run { command: "deploy".to_owned(), answers: Answers::new() };
            let button = Button::new(Line::new("list-deploy"), ButtonStyle::Primary, deploy);
            return Ok(Reply::new(Card::new(Tone::Plain, Line::new("list-none")).button(button)));
        }
        let mut card = Card::new(Tone::Plain, Line::new("list-some").with("count", own.len()));
        let mut hourly = 0.0;
        for entry in own {
            let log = entry.seen();
            let name = log.plan.order.name.as_str();
            let stage = match log.stage() {
                Stage::Starting => "list-starting",
                Stage::Running => "list-running",
                Stage::Stopping | Stage::Gone => "list-stopping",
            };
            let recipe = cx.house.recipes.get(&log.plan.order.recipe);
            let recipe = recipe.map_or_else(|| Line::new("list-unknown"), |recipe| recipe.title());
            let mut what = Line::new("list-entry")
                .with("recipe", recipe)
                .with("size", log.plan.order.size.as_str())
                .with("stage", Line::new(stage));
            what = match log.parts.first().and_then(|part| part.place.done()).map(|site| &site.machine) {
                Some(host) if host.city.is_empty() => what.with("place", host.country.as_str()),
                Some(host) => what.with("place", host.city.as_str()),
                None => what.with("place", Line::new("list-nowhere")),
            };
            hourly += log.plan.hourly.as_f64();
            let show = Urge::Run {
                command: "show".to_owned(),
                answers: Answers::from([("name".to_owned(), name.to_owned())]),
            };
            card = card.fact(Line::new("list-name").with("name", name), what).button(Button::new(
                Line::new("list-name").with("name", name),
                ButtonStyle::Plain,
                show,
            ));
        }
        Ok(Reply::new(card.text(Line::new("list-cost").with("hour", units::tft(hourly)))))
    }
}
