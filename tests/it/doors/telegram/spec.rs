//! Every request, answer and update against the Bot API's description (version 10.1), where that file lies beside the
//! project; elsewhere nothing is checked and one line says so. Rules that the description gives only in prose (lengths,
//! counts) are in `methods`.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

enum Type {
    Integer,
    Float,
    Boolean,
    String,
    /// A file to upload, or the name of its part.
    File,
    Array(Box<Type>),
    Object(String),
}

struct Field {
    types: Vec<Type>,
    required: bool,
}

enum Shape {
    Fields(HashMap<String, Field>),
    OneOf(Vec<Type>),
    /// Described in prose only.
    Open,
}

struct Method {
    fields: HashMap<String, Field>,
    returns: Vec<Type>,
}

/// The description, as far as it can be checked.
pub struct Spec {
    methods: HashMap<String, Method>,
    objects: HashMap<String, Shape>,
}

/// The description; `None` when it does not lie beside the project.
pub fn spec() -> Option<&'static Spec> {
    static SPEC: OnceLock<Option<Spec>> = OnceLock::new();
    let load = || {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/telegram-bot-api.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: no description of the Bot API beside the project, requests are not checked against it");
            return None;
        };
        Some(Spec::read(&serde_json::from_str(&text).expect("the description is JSON")))
    };
    SPEC.get_or_init(load).as_ref()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn named(name: &str) -> Type {
    if let Some(inner) = name.strip_prefix("Array of ") {
        return Type::Array(Box::new(named(inner)));
    }
    match name {
        "Integer" => Type::Integer,
        "Float" => Type::Float,
        "Boolean" => Type::Boolean,
        "String" => Type::String,
        "InputFile" => Type::File,
        _ => Type::Object(name.to_owned()),
    }
}

fn fields(value: &Value) -> HashMap<String, Field> {
    let all = value["fields"].as_array().into_iter().flatten();
    all.map(|field| {
        let types = strings(&field["types"]).map(named).collect();
        (field["name"].as_str().unwrap_or_default().to_owned(), Field { types, required: field["required"] == true })
    })
    .collect()
}

impl Spec {
    fn read(file: &Value) -> Self {
        let entries = |name: &str| file[name].as_object().cloned().unwrap_or_default();
        let methods = entries("methods").into_iter().map(|(name, value)| {
            let returns = strings(&value["returns"]).map(named).collect();
            (name, Method { fields: fields(&value), returns })
        });
        let objects = entries("types").into_iter().map(|(name, value)| {
            let shape = if value["subtypes"].is_array() {
                Shape::OneOf(strings(&value["subtypes"]).map(named).collect())
            } else if value["fields"].is_array() {
                Shape::Fields(fields(&value))
            } else {
                Shape::Open
            };
            (name, shape)
        });
        Self { methods: methods.collect(), objects: objects.collect() }
    }

    /// The Bot API's spelling of a method; it takes any case.
    pub fn method(&self, name: &str) -> Option<&str> {
        self.methods.keys().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// What is wrong with a request. `form` tells that it came as a form, where everything is a string.
    pub fn request(&self, method: &str, params: &Map<String, Value>, form: bool) -> Vec<String> {
        let Some(known) = self.methods.get(method) else { return vec![format!("{method}: no such method")] };
        self.fields(&known.fields, params, method, form)
    }

    /// What is wrong with the answer to a request.
    pub fn answer(&self, method: &str, result: &Value) -> Vec<String> {
        self.methods
            .get(method)
            .map_or_else(Vec::new, |known| self.union(&known.returns, result, &format!("answer to {method}"), false))
    }

    /// What is wrong with `value` as an object of the kind `name`.
    pub fn object(&self, name: &str, value: &Value) -> Vec<String> {
        self.value(&named(name), value, name, false)
    }

    fn fields(&self, known: &HashMap<String, Field>, given: &Map<String, Value>, at: &str, form: bool) -> Vec<String> {
        let missing = known.iter().filter(|(name, field)| field.required && !given.contains_key(*name));
        let mut out: Vec<String> = missing.map(|(name, _)| format!("{at}: {name} is missing")).collect();
        for (name, value) in given {
            match known.get(name) {
                None => out.push(format!("{at}: nothing is called {name}")),
                Some(field) => out.extend(self.union(&field.types, value, &format!("{at}.{name}"), form)),
            }
        }
        out.sort();
        out
    }

    fn union(&self, types: &[Type], value: &Value, at: &str, form: bool) -> Vec<String> {
        let verdicts = types.iter().map(|kind| self.value(kind, value, at, form));
        verdicts.min_by_key(Vec::len).unwrap_or_default()
    }

    fn value(&self, kind: &Type, value: &Value, at: &str, form: bool) -> Vec<String> {
        let parsed;
        let value = match (form, kind, value) {
            (_, Type::String | Type::File, _) | (false, ..) => value,
            (true, _, Value::String(text)) => {
                parsed = serde_json::from_str(text).unwrap_or(Value::Null);
                &parsed
            }
            (true, ..) => value,
        };
        let wrong = |expected: &str| vec![format!("{at}: {expected} expected, not {value}")];
        match kind {
            Type::Integer if value.is_i64() || value.is_u64() => Vec::new(),
            Type::Integer => wrong("Integer"),
            Type::Float if value.is_number() => Vec::new(),
            Type::Float => wrong("Float"),
            Type::Boolean if value.is_boolean() => Vec::new(),
            Type::Boolean => wrong("Boolean"),
            Type::String | Type::File if value.is_string() => Vec::new(),
            Type::String | Type::File => wrong("String"),
            Type::Array(inner) => match value {
                Value::Array(all) => {
                    let each = all.iter().enumerate();
                    each.flat_map(|(i, value)| self.value(inner, value, &format!("{at}[{i}]"), false)).collect()
                }
                _ => wrong("Array"),
            },
            Type::Object(name) => match (self.objects.get(name), value) {
                (Some(Shape::OneOf(types)), _) => self.union(types, value, at, false),
                (Some(Shape::Fields(known)), Value::Object(given)) => self.fields(known, given, at, false),
                (Some(Shape::Fields(_)), _) => wrong(name),
                (Some(Shape::Open) | None, _) => Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn small() -> Spec {
        let field =
            |name: &str, types: &[&str], required: bool| json!({"name": name, "types": types, "required": required});
        Spec::read(&json!({
            "methods": {"say": {"returns": ["Word", "Boolean"], "fields": [
                field("chat_id", &["Integer", "String"], true), field("words", &["Array of Word"], false),
                field("loud", &["Boolean"], false), field("file", &["InputFile", "String"], false)]}},
            "types": {
                "Word": {"subtypes": ["Long", "Short"]},
                "Long": {"fields": [field("text", &["String"], true), field("size", &["Float"], true)]},
                "Short": {"fields": [field("text", &["String"], true)]},
                "Any": {},
            },
        }))
    }

    fn request(value: &Value, form: bool) -> Vec<String> {
        small().request("say", value.as_object().expect("an object"), form)
    }

    #[test]
    fn requests_are_checked_down_to_the_last_field() {
        assert_eq!(
            request(&json!({"chat_id": "@x", "words": [{"text": "a", "size": 1.5}, {"text": "b"}]}), false),
            [""; 0]
        );
        assert_eq!(
            request(&json!({"chat_id": "5", "words": "[{\"text\": \"a\"}]", "loud": "true", "file": "f"}), true),
            [""; 0]
        );
        assert_eq!(
            request(&json!({"words": [{"text": 1}, 2], "loud": "yes", "pitch": 3}), false),
            [
                "say.loud: Boolean expected, not \"yes\"",
                "say.words[0].text: String expected, not 1",
                "say.words[1]: Long expected, not 2",
                "say: chat_id is missing",
                "say: nothing is called pitch",
            ]
        );
        assert_eq!(request(&json!({"chat_id": 1, "words": "{}"}), true), ["say.words: Array expected, not {}"]);
        assert_eq!(small().request("sing", &Map::new(), false), ["sing: no such method"]);
    }

    #[test]
    fn answers_and_objects_are_checked_too() {
        assert_eq!(small().answer("say", &json!(true)), [""; 0]);
        assert_eq!(small().answer("say", &json!({"text": "a", "size": "big"})).len(), 1);
        assert_eq!(small().object("Any", &json!([1])), [""; 0]);
        assert_eq!((small().method("SAY"), small().method("sing")), (Some("say"), None));
    }
}
