//! `/deploy`: from an order to a plan with its price, and from a plan that is accepted to a deployment.
//!
//! The plan is shown before anything is spent; its button answers the same form with a yes, so that one line
//! and a wizard are the same thing. Not here: what happens after it is accepted (`deploy`).

use super::no::refuse;
use super::{Command, Context, Trouble, one_liner};
use crate::chat::{
    Answers, Audience, Block, Button, ButtonStyle, Card, Choice, Field, Form, Param, ParamKind, Place, Reply, Role,
    Spec, Tone, Topic, Urge,
};
use crate::deploy::{Order, Quote};
use crate::grid::NodeId;
use crate::recipes::Recipe;
use crate::speech::{Line, units};
use async_trait::async_trait;
use std::time::Duration;

/// The grid's regions, as the proxy names them (lower case here).
pub const REGIONS: &[&str] = &["europe", "americas", "asia", "africa", "oceania"];
/// The answer for "no matter where".
const ANYWHERE: &str = "anywhere";

/// Answers for "no SSH key", in any language that is spoken here.
const NO_KEY: &[&str] = &["none", "no", "aucune", "aucun", "non", "-"];

/// The command.
pub struct Deploy;

const fn param(name: &'static str, kind: ParamKind, positional: bool) -> Param {
    Param { name, kind, positional }
}

static SPEC: Spec = Spec {
    name: "deploy",
    params: &[
        param("recipe", ParamKind::Recipe, true),
        param("name", ParamKind::Text, false),
        param("size", ParamKind::Size, false),
        param("region", ParamKind::Region, false),
        param("ssh_key", ParamKind::Text, false),
        param("node", ParamKind::Text, false),
        param("seen", ParamKind::Inner, false),
        param("terms", ParamKind::YesNo, false),
        param("now", ParamKind::YesNo, false),
    ],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: false,
    acts: true,
};

#[async_trait]
impl Command for Deploy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn form(&self, cx: &Context<'_>, answers: &Answers) -> Result<Form, Trouble> {
        let recipes = cx.house.recipes.iter();
        let recipe = Field {
            name: "recipe",
            question: Line::new("order-recipe"),
            choices: recipes.map(|recipe| Choice::new(recipe.name.clone(), recipe.title())).collect(),
            // A name that is near is understood, and one that is not is answered with what there is.
            free: true,
            default: None,
        };
        let Some(chosen) = answers.get("recipe") else { return Ok(Form { fields: vec![recipe] }) };
        let Some(chosen) = cx.house.recipes.get(chosen) else {
            return Err(refuse(crate::deploy::No::UnknownRecipe(cx.house.recipes.suggest(chosen)), cx, answers));
        };
        let sizes = chosen.sizes.iter().map(|size| Choice::new(size.name.clone(), size_line(size)));
        let everywhere = std::iter::once(&ANYWHERE).chain(REGIONS);
        let regions = everywhere.map(|region| Choice::new((*region).to_owned(), region_line(region)));
        let field = |name, question: &str, choices, free, default| Field {
            name,
            question: Line::new(question),
            choices,
            free,
            default: Some(default),
        };
        Ok(Form {
            fields: vec![
                recipe,
                field(
                    "size",
                    "order-size",
                    sizes.collect(),
                    false,
                    chosen.default_size().map(|s| s.name.clone()).unwrap_or_default(),
                ),
                field("region", "order-region", regions.collect(), false, ANYWHERE.to_owned()),
                field("name", "order-name", vec![], true, free_name(cx, &chosen)),
                field("ssh_key", "order-ssh-key", vec![], true, String::new()),
            ],
        })
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        // The same form again: the deployment that it made.
        if cx.house.deployments.get(&cx.draft.0).is_some() {
            return Ok(shown(cx, &cx.draft.0));
        }
        let text = |name: &str| answers.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let order = Order {
            name: text("name").unwrap_or_default(),
            recipe: text("recipe").unwrap_or_default(),
            size: text("size").unwrap_or_default(),
            region: text("region").filter(|region| region != ANYWHERE),
            node: text("node").and_then(|node| node.parse().ok()).map(NodeId),
            ssh_key: text("ssh_key").filter(|key| is_key(key)),
        };
        let quote = match cx.house.deployments.quote(cx.account, &order).await {
            Ok(quote) => quote,
            Err(no) => return Err(refuse(no, cx, answers)),
        };
        let yes = |name: &str| answers.get(name).is_some_and(|answer| answer == "yes");
        let changed = text("seen").is_some_and(|seen| changed_since(&seen, &quote));
        if changed || !yes("now") || (quote.terms.is_some() && !yes("terms")) {
            return Ok(Reply::new(plan_card(cx, &quote, answers, changed)));
        }
        let mut account = cx.account.clone();
        if let Some(terms) = &quote.terms
            && let Some(accepted) = cx.house.people.accept_terms(&account.key, terms).await?
        {
            account = accepted;
        }
        match cx.house.deployments.start(&account, quote, &cx.draft.0).await {
            Ok(entry) => Ok(shown(cx, &entry.id)),
            Err(no) => Err(refuse(no, cx, answers)),
        }
    }
}

fn shown(cx: &Context<'_>, id: &str) -> Reply {
    let gone = || Card::new(Tone::Plain, Line::new("desk-done-already"));
    Reply::new(cx.house.deployments.card(id).unwrap_or_else(gone)).about(Topic::Deployment(id.to_owned()))
}

/// The first of `casper`, `casper2`, `casper3`… that the person has not in use.
fn free_name(cx: &Context<'_>, recipe: &Recipe) -> String {
    let used: Vec<_> = cx.house.deployments.of(cx.account).iter().map(|e| e.seen().plan.order.name.clone()).collect();
    let numbered = (2..).map(|number| format!("{}{number}", recipe.name));
    let mut names = std::iter::once(recipe.name.clone()).chain(numbered);
    names.find(|name| !used.contains(name)).unwrap_or_default()
}

pub(super) fn size_line(size: &crate::recipes::Size) -> Line {
    Line::new("recipes-size")
        .with("name", size.name.as_str())
        .with("cpu", size.cpu)
        .with("memory", size.memory_gb)
        .with("disk", size.disk_gb)
}

/// A region's name in words.
pub(super) fn region_line(region: &str) -> Line {
    match region.to_ascii_lowercase().as_str() {
        "europe" => Line::new("order-region-europe"),
        "americas" => Line::new("order-region-americas"),
        "asia" => Line::new("order-region-asia"),
        "africa" => Line::new("order-region-africa"),
        "oceania" => Line::new("order-region-oceania"),
        ANYWHERE => Line::new("order-region-anywhere"),
        // A region that the proxy knows and we do not: its own name.
        _ => Line::new("order-region-other").with("region", region),
    }
}

/// What a plan card shows that must not change before the yes: the price of an hour, and the terms.
fn seen(quote: &Quote) -> String {
    format!("{}/{}", quote.estimate.hour.tft.0, quote.terms.as_ref().map_or("", |terms| terms.hash.as_str()))
}

/// Whether it is dearer by a tenth, or has other terms, than what was [`seen`].
fn changed_since(seen: &str, quote: &Quote) -> bool {
    let (price, hash) = seen.split_once('/').unwrap_or((seen, ""));
    let dearer = price.parse::<u64>().is_ok_and(|price| quote.estimate.hour.tft.0 > price.saturating_add(price / 10));
    let reworded = quote.terms.as_ref().is_some_and(|terms| !hash.is_empty() && terms.hash != hash);
    dearer || reworded
}

/// Whether it is meant as a key at all.
fn is_key(answer: &str) -> bool {
    !answer.is_empty() && !NO_KEY.contains(&answer.to_lowercase().as_str())
}

/// The line that starts the same at once: every answer that says something.
fn whole_line(answers: &Answers, terms: bool) -> String {
    let mut all = answers.clone();
    all.retain(|name, value| match name.as_str() {
        "region" => value != ANYWHERE,
        "ssh_key" => is_key(value),
        // What only a button says.
        "seen" => false,
        _ => true,
    });
    all.extend(terms.then(|| ("terms".to_owned(), "yes".to_owned())));
    all.insert("now".to_owned(), "yes".to_owned());
    one_liner(&SPEC, &all)
}

/// What it would be, where, for how much, and what is left afterwards.
fn plan_card(cx: &Context<'_>, quote: &Quote, answers: &Answers, changed: bool) -> Card {
    let node = &quote.node;
    let title = Line::new(if node.city.is_empty() { "order-plan-country" } else { "order-plan" });
    let title = title
        .with("recipe", quote.recipe.title())
        .with("size", quote.size.name.as_str())
        .with("country", node.country.as_str())
        .with("name", quote.order.name.as_str());
    let title = if node.city.is_empty() { title } else { title.with("city", node.city.as_str()) };
    let why = if node.certified { "order-why-certified" } else { "order-why" };
    let (from, to) = quote.recipe.usual_s;
    let seconds = |secs| units::duration(Duration::from_secs(secs));
    let share = (quote.want.tft_per_month.0 * 100).checked_div(quote.allowed.tft_per_month.0).unwrap_or(0);
    let mut card = Card::new(if changed { Tone::Warn } else { Tone::Plain }, title);
    if changed {
        card = card.text(Line::new("order-changed"));
    }
    card = card
        .text(
            Line::new("order-price")
                .with("hour", units::tft(quote.estimate.hour.tft.as_f64()))
                .with("month", units::tft(quote.estimate.month.tft.as_f64()))
                .with("usd", units::usd(quote.estimate.month.usd()))
                .with("share", share),
        )
        .text(
            Line::new(why).with("node", node.id.0).with("farm", node.farm_name.as_str()).with("fitting", quote.fitting),
        )
        .text(Line::new("order-time").with("from", seconds(from)).with("to", seconds(to)))
        .block(Block::Meter {
            name: Line::new("order-nodes"),
            used: quote.used.nodes + quote.want.nodes,
            of: quote.allowed.nodes,
        });
    card = match quote.twin.twin {
        Some(_) => {
            card.text(Line::new("order-balance").with("have", units::tft(quote.twin.balance.spendable().as_f64())))
        }
        None => card.text(Line::new("order-new-account")),
    };
    if !quote.recipe.proven_on(&cx.house.grid.network.name) {
        card = card.text(Line::new("order-unproven"));
    }
    // What was shown is what is tried first.
    let answered = [("now", "yes".to_owned()), ("node", node.id.to_string()), ("seen", seen(quote))];
    let mut yes: Answers = answered.map(|(name, value)| (name.to_owned(), value)).into();
    let start = match &quote.terms {
        Some(terms) => {
            card = card
                .text(Line::new("order-terms"))
                .block(Block::Link { text: Line::new("order-terms-link"), url: terms.link.clone() });
            yes.insert("terms".to_owned(), "yes".to_owned());
            "order-accept-and-start"
        }
        None => "order-start",
    };
    card = card.text(Line::new("desk-one-line")).block(Block::Code(whole_line(answers, quote.terms.is_some())));
    let go = Urge::Fill { draft: cx.draft.clone(), answers: yes };
    let reopen = |text: &str, fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let urge = Urge::Reopen { draft: cx.draft.clone(), fields };
        Button::new(Line::new(text), ButtonStyle::Plain, urge)
    };
    card.button(Button::new(Line::new(start), ButtonStyle::Primary, go))
        .button(reopen("order-change-size", &["size"]))
        .button(reopen("order-change-region", &["region"]))
        .button(reopen("order-change-name", &["name", "ssh_key"]))
}
