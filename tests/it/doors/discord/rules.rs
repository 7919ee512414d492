//! What Discord demands beyond its OpenAPI file: lengths, counts, uniqueness, orders. Pure.

use serde_json::Value;
use std::collections::BTreeSet;

/// One breach.
pub struct Fault {
    pub text: String,
    /// Whether Discord itself refuses it (50035). Else it is a rule of good conduct.
    pub refused: bool,
}

struct Found(Vec<Fault>);

impl Found {
    fn refuse(&mut self, breach: bool, text: impl FnOnce() -> String) {
        if breach {
            self.0.push(Fault { text: text(), refused: true });
        }
    }
}

/// The languages that Discord knows (facts).
const LOCALES: &[&str] = &[
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Discord counts code points.
fn length(value: &Value) -> usize {
    text(value).chars().count()
}

/// Nothing that a person could see.
pub fn is_empty(body: &Value) -> bool {
    text(&body["content"]).trim().is_empty()
        && ["embeds", "components", "sticker_ids", "poll"].iter().all(|field| match &body[*field] {
            Value::Array(all) => all.is_empty(),
            other => other.is_null(),
        })
}

/// A message that is made or edited. `fresh`: it may not be empty.
pub fn message(body: &Value, longest: usize, fresh: bool) -> Vec<Fault> {
    let mut found = Found(Vec::new());
    found.refuse(fresh && is_empty(body), || "the message is empty".into());
    let content = length(&body["content"]);
    found.refuse(content > longest, || format!("content: must be {longest} or fewer in length, is {content}"));
    let said = text(&body["content"]);
    if ["@everyone", "@here", "<@"].iter().any(|mark| said.contains(mark))
        && body["allowed_mentions"]["parse"].as_array().is_none_or(|parse| !parse.is_empty())
    {
        found.0.push(Fault {
            text: format!("allowed_mentions with parse:[] is missing although the content has a mention: {said:.80}"),
            refused: false,
        });
    }
    embeds(&mut found, &body["embeds"]);
    rows(&mut found, &body["components"]);
    found.refuse(body["flags"].as_u64().unwrap_or(0) & 1 << 15 != 0, || {
        "flags: components of the second kind are not what serenity 0.12 can read".into()
    });
    found.0
}

fn embeds(found: &mut Found, embeds: &Value) {
    let mut sum = 0;
    for embed in list(embeds) {
        let mut count = |what: &str, value: &Value, longest: usize| {
            sum += length(value);
            found.refuse(length(value) > longest, || format!("embeds: {what} is longer than {longest}"));
        };
        count("title", &embed["title"], 256);
        count("description", &embed["description"], 4096);
        count("footer", &embed["footer"]["text"], 2048);
        count("author", &embed["author"]["name"], 256);
        for field in list(&embed["fields"]) {
            count("field name", &field["name"], 256);
            count("field value", &field["value"], 1024);
        }
        let fields = list(&embed["fields"]);
        found.refuse(fields.len() > 25, || "embeds: more than 25 fields".into());
        found.refuse(fields.iter().any(|f| length(&f["name"]) == 0 || length(&f["value"]) == 0), || {
            "embeds: a field without a name or value".into()
        });
    }
    found.refuse(sum > 6000, || format!("embeds: {sum} characters in all, 6000 allowed"));
}

fn rows(found: &mut Found, rows: &Value) {
    let rows = list(rows);
    found.refuse(rows.len() > 5, || format!("components: {} rows, 5 allowed", rows.len()));
    let mut ids = BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        let here = format!("components[{at}]");
        found.refuse(row["type"] != 1, || format!("{here}: a row is of type 1, not {}", row["type"]));
        let inner = list(&row["components"]);
        let selects = inner.iter().filter(|one| matches!(one["type"].as_u64(), Some(3 | 5..=8))).count();
        found.refuse(inner.is_empty(), || format!("{here}: an empty row"));
        found.refuse(inner.len() > 5, || format!("{here}: {} in a row, 5 allowed", inner.len()));
        found.refuse(selects > 0 && inner.len() > 1, || format!("{here}: a select is alone in its row"));
        for one in inner {
            let kind = one["type"].as_u64().unwrap_or(0);
            found.refuse(!matches!(kind, 2 | 3 | 5..=8), || format!("{here}: type {kind} is not for messages"));
            let id = text(&one["custom_id"]);
            found.refuse(!id.is_empty() && !ids.insert(id.to_owned()), || {
                format!("{here}: Component custom id cannot be duplicated: {id}")
            });
            found.refuse(length(&one["custom_id"]) > 100, || format!("{here}: custom_id is longer than 100"));
            if kind == 2 { button(found, &here, one) } else { select(found, &here, one) }
        }
    }
}

fn button(found: &mut Found, here: &str, button: &Value) {
    let link = button["style"] == 5;
    let label = length(&button["label"]);
    found.refuse(label > 80, || format!("{here}: a label of {label}, 80 allowed"));
    found.refuse(text(&button["label"]).trim().is_empty() && button["emoji"].is_null(), || {
        format!("{here}: a button without label and emoji")
    });
    found.refuse(link == text(&button["url"]).is_empty() || link != text(&button["custom_id"]).is_empty(), || {
        format!("{here}: a link has a url, any other button a custom_id, and never both")
    });
    let url = text(&button["url"]);
    found.refuse(link && !["http://", "https://", "discord://"].iter().any(|scheme| url.starts_with(scheme)), || {
        format!("{here}: Scheme \"{url:.20}\" must be one of ('http', 'https', 'discord')")
    });
    found.refuse(url.len() > 512, || format!("{here}: a url longer than 512"));
}

fn select(found: &mut Found, here: &str, select: &Value) {
    let options = list(&select["options"]);
    let (least, most) = (select["min_values"].as_u64().unwrap_or(1), select["max_values"].as_u64().unwrap_or(1));
    found.refuse(text(&select["custom_id"]).is_empty(), || format!("{here}: a select without custom_id"));
    found.refuse(length(&select["placeholder"]) > 150, || format!("{here}: a placeholder longer than 150"));
    found.refuse(least > most || most > 25, || format!("{here}: min_values {least}, max_values {most}"));
    if select["type"] != 3 {
        return;
    }
    found.refuse(options.is_empty() || options.len() > 25, || format!("{here}: {} options, 1 to 25", options.len()));
    found.refuse(options.len() < most as usize, || format!("{here}: max_values {most}, {} options", options.len()));
    let mut values = BTreeSet::new();
    for option in options {
        for (what, least, value) in [("label", 1, "label"), ("value", 1, "value"), ("description", 0, "description")] {
            let length = length(&option[value]);
            found.refuse(length < least || length > 100, || format!("{here}: an option's {what} of length {length}"));
        }
        found.refuse(!values.insert(text(&option["value"])), || format!("{here}: an option's value comes twice"));
    }
    let chosen = options.iter().filter(|option| option["default"] == true).count();
    found.refuse(chosen as u64 > most, || format!("{here}: {chosen} default options, {most} may be chosen"));
}

/// The answer to an autocomplete.
pub fn choices(data: &Value) -> Vec<Fault> {
    let mut found = Found(Vec::new());
    let choices = list(&data["choices"]);
    found.refuse(choices.len() > 25, || format!("choices: {}, 25 allowed", choices.len()));
    for choice in choices {
        let name = length(&choice["name"]);
        found.refuse(name == 0 || name > 100, || format!("choices: a name of length {name}, 1 to 100"));
        let value = length(&choice["value"]);
        found.refuse(choice["value"].is_string() && (value == 0 || value > 100), || {
            format!("choices: a value of length {value}, 1 to 100")
        });
    }
    found.0
}

/// A modal of the first kind.
pub fn modal(data: &Value) -> Vec<Fault> {
    let mut found = Found(Vec::new());
    let title = length(&data["title"]);
    found.refuse(title == 0 || title > 45, || format!("modal: a title of length {title}, 1 to 45"));
    let id = length(&data["custom_id"]);
    found.refuse(id == 0 || id > 100, || format!("modal: a custom_id of length {id}, 1 to 100"));
    let rows = list(&data["components"]);
    found.refuse(rows.is_empty() || rows.len() > 5, || format!("modal: {} rows, 1 to 5", rows.len()));
    let mut ids = BTreeSet::new();
    for row in rows {
        let inner = list(&row["components"]);
        let one = inner.first().filter(|one| inner.len() == 1 && row["type"] == 1 && one["type"] == 4);
        let Some(one) = one else {
            found.refuse(true, || "modal: each row holds one text input".into());
            continue;
        };
        let id = text(&one["custom_id"]);
        found.refuse(id.is_empty() || length(&one["custom_id"]) > 100, || "modal: an input's custom_id".into());
        found.refuse(!ids.insert(id), || format!("modal: the custom_id {id} comes twice"));
        let label = length(&one["label"]);
        found.refuse(label == 0 || label > 45, || format!("modal: a label of length {label}, 1 to 45"));
        found.refuse(length(&one["placeholder"]) > 100, || "modal: a placeholder longer than 100".into());
        found.refuse(!matches!(one["style"].as_u64(), Some(1 | 2)), || "modal: an input without a style".into());
        let (least, most) = (one["min_length"].as_u64().unwrap_or(0), one["max_length"].as_u64().unwrap_or(4000));
        found.refuse(least > most || most == 0 || most > 4000, || format!("modal: lengths {least} to {most}"));
        found.refuse(length(&one["value"]) as u64 > most, || "modal: a value longer than its own limit".into());
    }
    found.0
}

/// The whole collection of commands.
pub fn commands(all: &Value) -> Vec<Fault> {
    let mut found = Found(Vec::new());
    let all = list(all);
    let chat = all.iter().filter(|one| one["type"].as_u64().unwrap_or(1) == 1).count();
    found.refuse(chat > 100, || format!("commands: {chat}, 100 allowed"));
    let mut names = BTreeSet::new();
    for command in all {
        let (name, kind) = (text(&command["name"]), command["type"].as_u64().unwrap_or(1));
        let here = format!("/{name}");
        found.refuse(!names.insert((kind, name.to_owned())), || format!("{here}: the name comes twice"));
        if kind == 1 {
            named(&mut found, &here, command);
        }
        options(&mut found, &here, list(&command["options"]), 0);
        let size = size(command);
        found.refuse(size > 8000, || format!("{here}: {size} characters in all, 8000 allowed"));
        let permissions = &command["default_member_permissions"];
        found.refuse(permissions.is_string() && text(permissions).parse::<u64>().is_err(), || {
            format!("{here}: default_member_permissions is not a number")
        });
        if !command["dm_permission"].is_null() {
            let text = format!("{here}: dm_permission is deprecated; say contexts");
            found.0.push(Fault { text, refused: false });
        }
    }
    found.0
}

/// A chat command or an option: its name, description and their translations.
fn named(found: &mut Found, here: &str, one: &Value) {
    let translations = |field: &str| {
        let map = one[field].as_object().into_iter().flatten();
        map.map(|(locale, text)| (Some(locale.clone()), text.clone())).collect::<Vec<_>>()
    };
    let mut names = translations("name_localizations");
    names.push((None, one["name"].clone()));
    for (locale, name) in &names {
        let name = text(name);
        found.refuse(!is_name(name), || format!("{here}: {name:?} is not a command's or option's name ({locale:?})"));
    }
    let mut descriptions = translations("description_localizations");
    descriptions.push((None, one["description"].clone()));
    for (locale, description) in &descriptions {
        let length = length(description);
        found.refuse(length == 0 || length > 100, || {
            format!("{here}: a description of length {length}, 1 to 100 ({locale:?})")
        });
    }
    for (locale, _) in names.iter().chain(&descriptions) {
        let Some(locale) = locale else { continue };
        found.refuse(!LOCALES.contains(&locale.as_str()), || format!("{here}: Discord has no locale {locale:?}"));
    }
}

/// `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, in lower case where there is one.
fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    let devanagari_or_thai =
        |c: char| matches!(c, '\u{900}'..='\u{97f}' | '\u{a8e0}'..='\u{a8ff}' | '\u{e01}'..='\u{e5b}');
    (1..=32).contains(&length)
        && name.chars().all(|c| "-_'".contains(c) || c.is_alphanumeric() || devanagari_or_thai(c))
        && name.to_lowercase() == name
}

fn options(found: &mut Found, here: &str, options: &[Value], depth: usize) {
    found.refuse(options.len() > 25, || format!("{here}: {} options, 25 allowed", options.len()));
    let mut names = BTreeSet::new();
    let mut optional = false;
    let groups = options.iter().filter(|one| matches!(one["type"].as_u64(), Some(1 | 2))).count();
    found.refuse(groups > 0 && groups < options.len(), || format!("{here}: subcommands and options side by side"));
    for option in options {
        let (name, kind) = (text(&option["name"]), option["type"].as_u64().unwrap_or(0));
        let here = format!("{here} {name}");
        named(found, &here, option);
        found.refuse(!names.insert(name), || format!("{here}: the name comes twice"));
        if matches!(kind, 1 | 2) {
            found.refuse(depth > 1 || (depth == 1 && kind == 2), || format!("{here}: nested too deep"));
            self::options(found, &here, list(&option["options"]), depth + 1);
            continue;
        }
        let required = option["required"] == true;
        found.refuse(required && optional, || format!("{here}: required options come before optional ones"));
        optional |= !required;
        let choices = list(&option["choices"]);
        found.refuse(choices.len() > 25, || format!("{here}: {} choices, 25 allowed", choices.len()));
        found.refuse(!choices.is_empty() && option["autocomplete"] == true, || {
            format!("{here}: choices and autocomplete exclude each other")
        });
        found.refuse(option["autocomplete"] == true && !matches!(kind, 3 | 4 | 10), || {
            format!("{here}: no autocomplete for type {kind}")
        });
        let (mut words, mut values) = (BTreeSet::new(), BTreeSet::new());
        for choice in choices {
            let name = length(&choice["name"]);
            found.refuse(name == 0 || name > 100, || format!("{here}: a choice's name of length {name}"));
            found.refuse(kind == 3 && length(&choice["value"]) > 100, || format!("{here}: a choice's value too long"));
            found.refuse(!words.insert(text(&choice["name"])), || format!("{here}: a choice's name comes twice"));
            found.refuse(!values.insert(choice["value"].to_string()), || format!("{here}: a value comes twice"));
            for (locale, said) in choice["name_localizations"].as_object().into_iter().flatten() {
                found.refuse(!LOCALES.contains(&locale.as_str()), || format!("{here}: no locale {locale:?}"));
                found.refuse(length(said) == 0 || length(said) > 100, || format!("{here}: a choice in {locale}"));
            }
        }
    }
}

/// Names, descriptions and choices together; of several languages the longest counts.
fn size(one: &Value) -> usize {
    let longest = |field: &str, languages: &str| {
        let spoken = one[languages].as_object().into_iter().flatten().map(|(_, said)| length(said));
        spoken.chain([length(&one[field])]).max().unwrap_or(0)
    };
    longest("name", "name_localizations")
        + longest("description", "description_localizations")
        + if one["value"].is_string() { length(&one["value"]) } else { 0 }
        + list(&one["options"]).iter().chain(list(&one["choices"])).map(size).sum::<usize>()
}
