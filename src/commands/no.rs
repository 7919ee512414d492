//! Why an order cannot be had, in words: what, why, and the way out.

use super::deploy::region_line;
use super::{Context, Trouble};
use crate::chat::{Answers, Button, ButtonStyle, Refusal, Urge};
use crate::deploy::{Need, No, NoPlace};
use crate::grid::kyc::Standing;
use crate::speech::{Line, units};

/// The refusal of an order whose answers so far are `answers`.
pub(super) fn refuse(no: No, cx: &Context<'_>, answers: &Answers) -> Trouble {
    let refusal = |what: Line, why: Line| Refusal::new(what, why);
    let nothing = || Line::new("order-no");
    let again = |text: Line, field: &str, value: Option<&str>| {
        let mut answers = answers.clone();
        match value {
            Some(value) => answers.insert(field.to_owned(), value.to_owned()),
            None => answers.remove(field),
        };
        Button::new(text, ButtonStyle::Primary, Urge::Run { command: "deploy".to_owned(), answers })
    };
    let name = answers.get("name").map(String::as_str).unwrap_or_default();
    match no {
        No::Grid(error) => error.into(),
        No::Store(error) => error.into(),
        No::UnknownRecipe(meant) => {
            let typed = answers.get("recipe").map(String::as_str).unwrap_or_default();
            let what = Line::new("order-no-recipe").with("recipe", typed);
            match meant {
                Some(meant) => refusal(what, Line::new("order-no-recipe-meant").with("recipe", meant.name.as_str()))
                    .way(again(meant.title(), "recipe", Some(&meant.name))),
                None => {
                    let known: Vec<_> = cx.house.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
                    refusal(what, Line::new("order-no-recipe-known").with("recipes", known.join(", ")))
                }
            }
            .into()
        }
        No::UnknownSize(recipe) => {
            let sizes: Vec<_> = recipe.sizes.iter().map(|size| size.name.as_str()).collect();
            refusal(nothing(), Line::new("order-no-size").with("sizes", sizes.join(", "))).into()
        }
        No::BadName => refusal(nothing(), Line::new("order-no-name").with("name", name))
            .way(again(Line::new("order-any-name"), "name", None))
            .into(),
        No::NameTaken => refusal(nothing(), Line::new("order-no-name-taken").with("name", name))
            .way(again(Line::new("order-any-name"), "name", None))
            .way(Button::new(
                Line::new("order-show-it"),
                ButtonStyle::Plain,
                Urge::Run {
                    command: "show".to_owned(),
                    answers: Answers::from([("name".to_owned(), name.to_owned())]),
                },
            ))
            .into(),
        No::BadKey => refusal(nothing(), Line::new("order-no-key"))
            .way(again(Line::new("order-without-key"), "ssh_key", None))
            .into(),
        No::Unproven(recipe) => refusal(
            nothing(),
            Line::new("order-no-unproven")
                .with("recipe", recipe.title())
                .with("grid", cx.house.grid.network.name.as_str())
                .with("proven", recipe.proven.join(", ")),
        )
        .into(),
        No::NoPlace(no) => no_place(no, again).into(),
        No::Over(over) => over.refusal().into(),
        No::NotVerified(standing) => {
            let why = match standing {
                Standing::Pending => Line::new("order-no-kyc-pending"),
                Standing::Rejected => Line::new("order-no-kyc-rejected"),
                Standing::Unverified | Standing::Verified => Line::new("order-no-kyc"),
            };
            refusal(nothing(), why).into()
        }
        No::Money { have, need, address } => {
            let mut no = refusal(
                nothing(),
                Line::new("order-no-money")
                    .with("have", units::tft(have.as_f64()))
                    .with("need", units::tft(need.as_f64())),
            );
            no.why.push(Line::new("order-no-money-send"));
            no.copy = Some(address.to_string());
            no.into()
        }
    }
}

fn no_place(no: NoPlace, again: impl Fn(Line, &str, Option<&str>) -> Button) -> Refusal {
    let refusal = |why| Refusal::new(Line::new("order-no"), why);
    let (without, elsewhere) = match no {
        NoPlace::NoFit { without, elsewhere } => (without, elsewhere),
        NoPlace::NoGateway => return Refusal { passing: true, ..refusal(Line::new("order-no-gateway")) },
        NoPlace::Silent { asked } => {
            let why = Line::new("order-no-answer").with("count", asked.len());
            return Refusal { passing: true, ..refusal(why) };
        }
        NoPlace::Grid(error) => return super::trouble::refusal(&error),
    };
    let mut refusal = refusal(Line::new("order-no-place"));
    for (need, count) in without {
        let id = match need {
            Need::Region => "order-without-region",
            Need::Ipv4 => "order-without-ipv4",
            Need::Memory => "order-without-memory",
            Need::Disk => "order-without-disk",
            Need::Cpu => "order-without-cpu",
        };
        refusal.why.push(Line::new(id).with("count", count));
    }
    for (region, _) in elsewhere.iter().take(2) {
        let text = Line::new("order-use-region").with("region", region_line(region));
        refusal.ways.push(again(text, "region", Some(&region.to_lowercase())));
    }
    refusal
}
