//! A voice: one language that can put lines into words; and all voices, with the choice of the right one.
//!
//! Nothing here fails: a line that cannot be said is logged and shows its id, for a card with one odd
//! word is better than none.

use super::line::{Line, Value};
use super::pseudo;
use super::words::{LANGUAGES, PSEUDO, source};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::memoizer::MemoizerKind;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use std::sync::Arc;
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

/// One language, with English behind it where a word is missing.
pub struct Voice {
    language: String,
    bundles: Vec<Arc<Bundle>>,
}

impl Voice {
    /// The language's tag: `en`.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// What stands under `id` in this very language, where English does not stand in for it.
    pub fn own(&self, id: &str) -> Option<String> {
        format(self.bundles.first()?, id, None, &mut Vec::new())
    }

    /// Puts a line into words. Values are put in as they are, without Unicode marks around them, so that what is
    /// copied is what was meant.
    pub fn say(&self, line: &Line) -> String {
        let mut values = FluentArgs::with_capacity(line.values.len());
        for (name, value) in &line.values {
            values.set(
                name.clone(),
                match value {
                    Value::Number(number) => FluentValue::from(*number),
                    Value::Text(text) => FluentValue::from(text.clone()),
                    Value::Line(line) => FluentValue::from(self.say(line)),
                },
            );
        }
        for bundle in &self.bundles {
            let mut faults = Vec::new();
            if let Some(words) = format(bundle, &line.id, Some(&values), &mut faults) {
                if !faults.is_empty() {
                    tracing::warn!(language = %self.language, id = %line.id, ?faults, "a line lacks a value");
                }
                return words;
            }
        }
        tracing::warn!(language = %self.language, id = %line.id, "no words for a line");
        format!("[{}]", line.id)
    }
}

/// What a message of one language, or an attribute of it (`id.attribute`), says.
fn format(bundle: &Bundle, id: &str, values: Option<&FluentArgs<'_>>, faults: &mut Vec<FluentError>) -> Option<String> {
    let (id, attribute) = id.split_once('.').map_or((id, None), |(id, name)| (id, Some(name)));
    let message = bundle.get_message(id)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    Some(bundle.format_pattern(pattern, values, faults).into_owned())
}

/// All voices. They are made once, and shared.
pub struct Voices(Vec<(LanguageIdentifier, Arc<Voice>)>);

impl Voices {
    /// Reads the embedded words. A test keeps them free of faults; should one slip through, the message it spoils
    /// is logged and missing.
    pub fn load() -> Self {
        let bundles: Vec<_> = LANGUAGES.iter().map(|language| (*language, Arc::new(bundle(language, false)))).collect();
        let english = bundles.first().map(|(_, bundle)| bundle.clone());
        let mut voices: Vec<_> = bundles
            .into_iter()
            .map(|(language, own)| {
                let spare = english.clone().filter(|english| !Arc::ptr_eq(english, &own));
                (tag(language), voice(language, std::iter::once(own).chain(spare).collect()))
            })
            .collect();
        voices.push((tag(PSEUDO), voice(PSEUDO, vec![Arc::new(bundle(LANGUAGES.first().unwrap_or(&""), true))])));
        Self(voices)
    }

    /// The voice for the first wish that can be met (`fr-BE` is met by `fr`), else English.
    pub fn find<'a>(&self, wishes: impl IntoIterator<Item = &'a str>) -> Arc<Voice> {
        let wishes: Vec<LanguageIdentifier> = wishes.into_iter().filter_map(|wish| wish.parse().ok()).collect();
        let offered: Vec<_> = self.0.iter().map(|(tag, _)| tag).collect();
        negotiate_languages(&wishes, &offered, None, NegotiationStrategy::Filtering)
            .first()
            .and_then(|found| self.0.iter().find(|(tag, _)| tag == **found))
            .or(self.0.first())
            .map_or_else(|| voice("", Vec::new()), |(_, voice)| voice.clone())
    }

    /// The languages that a person can choose.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, voice)| voice.language())
    }
}

fn voice(language: &str, bundles: Vec<Arc<Bundle>>) -> Arc<Voice> {
    Arc::new(Voice { language: language.to_owned(), bundles })
}

fn tag(language: &str) -> LanguageIdentifier {
    language.parse().unwrap_or_default()
}

fn bundle(language: &str, stretched: bool) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![tag(language)]);
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(if language == "fr" { with_comma } else { with_point }));
    if stretched {
        bundle.set_transform(Some(pseudo::stretch));
    }
    for (name, text) in source(language) {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, faults)| {
            tracing::error!(language, name, ?faults, "a file of words has faults");
            readable
        });
        if let Err(faults) = bundle.add_resource(resource) {
            tracing::error!(language, name, ?faults, "a message is there twice");
        }
    }
    bundle
}

fn with_point<M: MemoizerKind>(value: &FluentValue, _: &M) -> Option<String> {
    match value {
        // At most three decimals, for the sums of amounts carry binary dust.
        FluentValue::Number(number) => Some(((number.value * 1000.0).round() / 1000.0).to_string()),
        _ => None,
    }
}

fn with_comma<M: MemoizerKind>(value: &FluentValue, memoizer: &M) -> Option<String> {
    with_point(value, memoizer).map(|text| text.replace('.', ","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_is_found() {
        let voices = Voices::load();
        let find = |wishes: &[&str]| voices.find(wishes.iter().copied()).language().to_owned();
        assert_eq!(find(&["fr-BE", "en"]), "fr");
        assert_eq!(find(&["xx", "fr"]), "fr");
        assert_eq!(find(&["en-GB"]), "en");
        assert_eq!(find(&["qps"]), "qps");
        assert_eq!(find(&["", "not a tag"]), "en");
    }

    #[test]
    fn a_line_without_words_shows_its_id_and_values_carry_no_marks() {
        let en = Voices::load().find(["en"]);
        assert_eq!(en.say(&Line::new("desk-nothing-of-the-kind")), "[desk-nothing-of-the-kind]");
        let words = en.say(&Line::new("units-moment").with("time", "14:02"));
        assert_eq!(words, "14:02 UTC");
    }
}
