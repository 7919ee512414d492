//! `/help`: what this person can ask, or how one command is asked.

use super::gate::unserved;
use super::{Command, Context, Trouble, commands_for};
use crate::chat::{
    Answers, Audience, Block, Card, Choice, Field, Form, Param, ParamKind, Place, Reply, Role, Spec, Tone,
};
use crate::speech::Line;
use async_trait::async_trait;

/// The command.
pub(super) struct Help;

static SPEC: Spec = Spec {
    name: "help",
    params: &[Param { name: "command", kind: ParamKind::Text, positional: true }],
    needs: Role::Member,
    place: Place::Anywhere,
    answers: Audience::Room,
    open: true,
    acts: false,
};

#[async_trait]
impl Command for Help {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn form(&self, cx: &Context<'_>, _answers: &Answers) -> Result<Form, Trouble> {
        let choices = here(cx).map(|spec| spec.name);
        let field = Field {
            name: "command",
            question: Line::new("help-which"),
            choices: std::iter::once("all").chain(choices).map(choice).collect(),
            free: false,
            default: Some("all".to_owned()),
        };
        Ok(Form { fields: vec![field] })
    }

    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble> {
        let wanted = answers.get("command").map_or("all", |name| name.trim_start_matches('/'));
        let card = match here(cx).find(|spec| spec.name == wanted) {
            Some(spec) => one(spec),
            None if cx.served => all(here(cx)).text(Line::new("help-more")),
            None => unserved(&cx.ask.room).1.into_iter().fold(all(here(cx)), Card::text),
        };
        Ok(Reply::new(card))
    }
}

/// What can be asked here.
fn here<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'static Spec> + use<'a> {
    let served = cx.served;
    commands_for(cx.account.role).map(Command::spec).filter(move |spec| served || spec.open)
}

fn choice(value: &str) -> Choice {
    Choice::new(value.to_owned(), Line::new("help-name").with("name", value))
}

fn all(specs: impl Iterator<Item = &'static Spec>) -> Card {
    specs.fold(Card::new(Tone::Plain, Line::new("help-all")), |card, spec| {
        let name = Line::new("help-name").with("name", format!("/{}", spec.name));
        card.fact(name, described(spec))
    })
}

fn one(spec: &'static Spec) -> Card {
    let mut card = Card::new(Tone::Plain, described(spec)).block(Block::Code(usage(spec)));
    for param in told(spec) {
        let name = Line::new("help-name").with("name", param.name);
        card = card.fact(name, Line::new(format!("{}-command.{}", spec.name, param.name)));
    }
    card
}

fn described(spec: &Spec) -> Line {
    Line::new(format!("{}-command.description", spec.name))
}

/// The parameters that people are told of.
fn told(spec: &'static Spec) -> impl Iterator<Item = &'static Param> {
    spec.params.iter().filter(|param| param.kind != ParamKind::Inner)
}

/// `/deploy [recipe] [name:…] [now:yes]`
fn usage(spec: &'static Spec) -> String {
    let params = told(spec).map(|param| match param.kind {
        _ if param.positional => format!(" [{}]", param.name),
        ParamKind::YesNo => format!(" [{}:yes]", param.name),
        ParamKind::OneOf(options) => format!(" [{}:{}]", param.name, options.join("|")),
        _ => format!(" [{}:…]", param.name),
    });
    std::iter::once(format!("/{}", spec.name)).chain(params).collect()
}
