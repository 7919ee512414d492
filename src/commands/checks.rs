//! Whether answers make sense, before a command sees them: yes and no, closed lists, names that do not exist.
//!
//! Pure. Each no says what was meant to be, and offers it.

use crate::chat::{
    Answers, Button, ButtonStyle, Card, Draft, Field, Form, Param, ParamKind, Question, Spec, Texts, Tone, Urge,
    nearest,
};
use crate::speech::Line;

/// An answer that does not fit.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    /// The parameter's name.
    pub name: String,
    /// What is wrong with it.
    pub what: Line,
    /// Whether there is such a parameter; else its name is what does not fit.
    pub known: bool,
    /// What it was probably meant to be.
    pub near: Option<String>,
}

/// Takes `given` into the draft, each by its parameter's kind.
pub(super) fn take(spec: &Spec, draft: &mut Draft, given: Answers) -> Result<(), Misfit> {
    for (name, value) in given {
        let Some(param) = spec.params.iter().find(|param| param.name == name) else {
            let near = nearest(&name, spec.params.iter().map(|param| param.name));
            let what = Line::new("desk-no-parameter").with("command", spec.name).with("name", name.as_str());
            return Err(Misfit { near: near.map(str::to_owned), known: false, name, what });
        };
        let value = by_kind(param, value.trim());
        // Said with nothing: leave it as it is.
        if !matches!(&value, Ok(value) if value.is_empty()) {
            draft.answers.insert(name.clone(), value?);
        }
        draft.reopened.retain(|reopened| *reopened != name);
    }
    Ok(())
}

fn by_kind(param: &Param, value: &str) -> Result<String, Misfit> {
    let options: &[&str] = match param.kind {
        ParamKind::YesNo => {
            return match value.to_lowercase().as_str() {
                "yes" | "y" | "true" | "on" | "1" | "oui" | "o" => Ok("yes".to_owned()),
                "no" | "n" | "false" | "off" | "0" | "non" => Ok("no".to_owned()),
                _ => Err(unfit(param, value, ["yes", "no"])),
            };
        }
        ParamKind::OneOf(options) => options,
        ParamKind::Text
        | ParamKind::Recipe
        | ParamKind::Size
        | ParamKind::Region
        | ParamKind::Deployment
        | ParamKind::Inner => {
            return Ok(value.to_owned());
        }
    };
    let found = options.iter().find(|option| option.eq_ignore_ascii_case(value));
    found.map(|found| (*found).to_owned()).ok_or_else(|| unfit(param, value, options.iter().copied()))
}

/// Turns answers that name a choice loosely into its value, and refuses those that name none. Whether
/// anything was turned is said, for the form may depend on it.
pub(super) fn choose(spec: &Spec, form: &Form, answers: &mut Answers) -> Result<bool, Misfit> {
    let mut turned = false;
    for field in form.fields.iter().filter(|field| !field.free && !field.choices.is_empty()) {
        let Some(answer) = answers.get_mut(field.name) else { continue };
        let values = || field.choices.iter().map(|choice| choice.value.as_str());
        match values().find(|value| value.eq_ignore_ascii_case(answer)) {
            Some(value) if value == answer => {}
            Some(value) => {
                value.clone_into(answer);
                turned = true;
            }
            None => {
                let param = spec.params.iter().find(|param| param.name == field.name);
                let fallback = Param { name: field.name, kind: ParamKind::Text, positional: false };
                return Err(unfit(param.unwrap_or(&fallback), answer, values()));
            }
        }
    }
    Ok(turned)
}

fn unfit<'a>(param: &Param, value: &str, options: impl IntoIterator<Item = &'a str>) -> Misfit {
    let options: Vec<_> = options.into_iter().collect();
    let what = match param.kind {
        ParamKind::Recipe => Line::new("desk-no-recipe").with("value", value),
        ParamKind::Size => Line::new("desk-no-size").with("value", value),
        ParamKind::Region => Line::new("desk-no-region").with("value", value),
        ParamKind::Deployment => Line::new("desk-no-deployment").with("value", value),
        ParamKind::YesNo => Line::new("desk-no-yes").with("value", value).with("name", param.name),
        ParamKind::Text | ParamKind::Inner | ParamKind::OneOf(_) => Line::new("desk-no-choice")
            .with("value", value)
            .with("name", param.name)
            .with("choices", options.join(", ")),
    };
    let near = nearest(value, options.iter().copied()).map(str::to_owned);
    Misfit { name: param.name.to_owned(), known: true, what, near }
}

/// The card that says so: the nearest answer as a button, and the question again where the form has it.
pub(super) fn refuse(misfit: Misfit, draft: &Draft, form: &Form) -> Card {
    let mut card = Card::new(Tone::No, misfit.what);
    if let Some(near) = misfit.near {
        card = card.text(Line::new("desk-did-you-mean").with("word", near.as_str()));
        if misfit.known {
            let urge =
                Urge::Fill { draft: draft.id.clone(), answers: Answers::from([(misfit.name.clone(), near.clone())]) };
            let text = Line::new("desk-take").with("word", near);
            card = card.button(Button::new(text, ButtonStyle::Primary, urge));
        }
    }
    let field = form.fields.iter().find(|field| field.name == misfit.name);
    card.question = field.map(|field| question(field, form, draft));
    card
}

/// The card that asks what is missing, if anything is.
pub(super) fn ask(form: &Form, draft: &Draft) -> Option<Card> {
    let field = form.gap(draft)?;
    let mut card = Card::new(Tone::Plain, field.question.clone());
    card.question = Some(question(field, form, draft));
    let known = field.default.is_some() || draft.answers.contains_key(field.name);
    if known {
        let answers = Answers::from([(field.name.to_owned(), String::new())]);
        let urge = Urge::Fill { draft: draft.id.clone(), answers };
        card = card.button(Button::new(Line::new("desk-leave"), ButtonStyle::Plain, urge));
    }
    Some(card)
}

/// Notes on the buttons of a card which of them ask for texts and nothing else.
pub(super) fn note_texts(card: &mut Card, form: &Form, draft: &Draft) {
    let is_text = |name: &String| form.fields.iter().any(|field| field.name == name && field.choices.is_empty());
    for button in &mut card.buttons {
        if let Some(Urge::Reopen { draft: of, fields }) = &button.urge
            && *of == draft.id
            && fields.iter().all(is_text)
        {
            button.asks = Some(texts(draft, fields.clone()));
        }
    }
}

fn texts(draft: &Draft, fields: Vec<String>) -> Texts {
    Texts { command: draft.command.clone(), draft: draft.id.clone(), fields }
}

/// A field's question.
fn question(field: &Field, form: &Form, draft: &Draft) -> Question {
    // It is the first gap, or it was answered wrongly and is no gap before it is asked again.
    let next = form.gaps(draft).filter(|gap| gap.name != field.name).take_while(|gap| gap.choices.is_empty());
    let together = std::iter::once(field.name).chain(next.map(|gap| gap.name)).map(str::to_owned);
    Question {
        page: 0,
        asks: field.choices.is_empty().then(|| texts(draft, together.collect())),
        draft: draft.id.clone(),
        field: field.name.to_owned(),
        text: field.question.clone(),
        choices: field.choices.clone(),
        free: field.free || field.choices.is_empty(),
    }
}

/// Whether a card offers fields of this draft: then its form stays open.
pub(super) fn offers(card: &Card, draft: &Draft) -> bool {
    card.question.as_ref().is_some_and(|question| question.draft == draft.id)
        || card.buttons.iter().any(|button| match &button.urge {
            Some(Urge::Fill { draft: of, .. } | Urge::Reopen { draft: of, .. }) => *of == draft.id,
            Some(Urge::Run { .. }) | None => false,
        })
}
