//! Discord's OpenAPI file as a judge of requests, answers and the gateway's objects. Where the file is not beside the
//! project, nothing is checked and one line says so.

use super::compose::Sent;
use super::{Inner, held};
use axum::http::Method;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Registry, ValidationError, Validator};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

/// The name under which the document is known to its references.
const NAME: &str = "urn:discord:v10";

struct Spec {
    paths: Vec<(Vec<String>, Value)>,
    registry: Registry<'static>,
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

static SPEC: LazyLock<Option<Spec>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/discord-openapi.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: Discord's OpenAPI file is not beside the project; requests are not checked against it");
        return None;
    };
    let mut document: Value = serde_json::from_str(&text).expect("the OpenAPI file is JSON");
    let listed = document["paths"].as_object().expect("paths");
    let paths = listed.iter().map(|(path, item)| {
        let segments = path.split('/').skip(1).map(str::to_owned).collect();
        (segments, item.clone())
    });
    let paths = paths.collect();
    // References are written from the document's root; the root gets a name, so that they resolve from anywhere.
    rename(&mut document);
    let registry = Registry::new().add(NAME, document).expect("a document").prepare().expect("its references");
    Some(Spec { paths, registry, compiled: Mutex::default() })
});

fn rename(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(target) if name == "$ref" && target.starts_with('#') => {
                        *target = format!("{NAME}{target}");
                    }
                    other => rename(other),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(rename),
        _ => {}
    }
}

impl Spec {
    /// The operation of a request: literal segments win over parameters.
    fn operation(&self, method: &Method, segments: &[&str]) -> Option<&Value> {
        let fits = self.paths.iter().filter(|(pattern, _)| {
            pattern.len() == segments.len()
                && pattern.iter().zip(segments).all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
        });
        let item = fits.min_by_key(|(pattern, _)| pattern.iter().filter(|part| part.starts_with('{')).count());
        item?.1.get(method.as_str().to_lowercase())
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let key = schema.to_string();
        if let Some(known) = held(&self.compiled).get(&key) {
            return known.clone();
        }
        let mut schema = schema.clone();
        rename(&mut schema);
        let built = jsonschema::draft202012::options()
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|why| panic!("a schema of the OpenAPI file: {why}"));
        held(&self.compiled).entry(key).or_insert_with(|| Arc::new(built)).clone()
    }

    fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut all = Vec::new();
        for fault in self.validator(schema).iter_errors(value) {
            tell(&fault, &mut all);
        }
        all.truncate(5);
        all
    }
}

/// A fault in words; of a union that no branch fits, the branch that comes nearest.
fn tell(fault: &ValidationError<'_>, all: &mut Vec<String>) {
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } = fault.kind() {
        let told = context.iter().map(|branch| {
            let mut words = Vec::new();
            branch.iter().for_each(|inner| tell(inner, &mut words));
            // Branches of another kind fail at `type` (or at being null); they are the far ones.
            let far = branch.iter().any(|inner| {
                let at = inner.instance_path().to_string();
                at.ends_with("/type") || at == fault.instance_path().to_string() && inner.kind().keyword() == "type"
            });
            (far, words.len(), words)
        });
        if let Some((_, _, words)) = told.min_by_key(|(far, count, _)| (*far, *count)) {
            all.extend(words);
            return;
        }
    }
    let place = fault.instance_path().to_string();
    let line: String = format!("{}: {fault}", if place.is_empty() { "/" } else { &place }).chars().take(300).collect();
    all.push(line);
}

/// Of a callback, the schema of its type: better words than the union's.
fn callback(kind: u64) -> Option<&'static str> {
    Some(match kind {
        1 => "PongInteractionCallbackRequest",
        4 | 5 => "CreateMessageInteractionCallbackRequest",
        6 | 7 => "UpdateMessageInteractionCallbackRequest",
        8 => "ApplicationCommandAutocompleteCallbackRequest",
        9 => "ModalInteractionCallbackRequest",
        _ => return None,
    })
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// Where the file says less than Discord takes, with the reason. Each was seen to be so.
fn excused(value: &Value) -> Value {
    let mut value = value.clone();
    let commands = match &mut value {
        Value::Array(all) => all.iter_mut().collect(),
        one => vec![one],
    };
    for command in commands {
        // The file wants an integer; Discord's documentation and its own answers have a string, and serenity sends one.
        if let Some(bits) = command.get("default_member_permissions").and_then(Value::as_str).map(str::parse::<u64>)
            && let Ok(bits) = bits
        {
            command["default_member_permissions"] = bits.into();
        }
    }
    // The file wants snowflakes as strings; Discord takes the numbers of files, which serenity sends as integers.
    if let Some(attachments) = value.get_mut("attachments").and_then(Value::as_array_mut) {
        stringed(attachments);
    }
    if let Some(attachments) = value.pointer_mut("/data/attachments").and_then(Value::as_array_mut) {
        stringed(attachments);
    }
    value
}

fn stringed(attachments: &mut [Value]) {
    for attachment in attachments {
        if let Some(id) = attachment["id"].as_u64() {
            attachment["id"] = id.to_string().into();
        }
    }
}

impl Inner {
    /// What is wrong with a request by the file. It is written down as well.
    pub fn request_fits(&self, method: &Method, segments: &[&str], sent: &Sent) -> Vec<String> {
        let Some(spec) = SPEC.as_ref().filter(|_| self.options.validate) else { return Vec::new() };
        let route = super::rest::route(method, segments);
        let Some(operation) = spec.operation(method, segments) else {
            self.breach("spec", [format!("{route} is not in the file")]);
            return Vec::new();
        };
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Vec::new();
        }
        if sent.json.is_null() && operation["requestBody"]["required"] != true {
            return Vec::new();
        }
        let by_type = matches!(segments, ["interactions", ..]).then(|| sent.json["type"].as_u64()).flatten();
        let schema = by_type.and_then(callback).map_or_else(|| schema.clone(), named);
        let mut faults = spec.faults(&schema, &excused(&sent.json));
        if sent.files.len() > 10 {
            faults.push(format!("{} files, 10 allowed", sent.files.len()));
        }
        self.breach(&route, faults.iter().cloned());
        faults
    }

    /// Whether our own answer is one that Discord could give.
    pub fn answer_fits(&self, method: &Method, segments: &[&str], status: u16, body: Option<&Value>) {
        let Some(spec) = SPEC.as_ref().filter(|_| self.options.validate) else { return };
        let Some(operation) = spec.operation(method, segments) else { return };
        let (exact, class) = (status.to_string(), format!("{}XX", status / 100));
        let answers = &operation["responses"];
        let answer = answers.get(&exact).or_else(|| answers.get(&class));
        let route = super::rest::route(method, segments);
        let Some(answer) = answer else {
            self.breach("our answer", [format!("{route}: the file knows no {status}")]);
            return;
        };
        let schema = match answer["$ref"].as_str() {
            Some(shared) if shared.ends_with("ClientRatelimitedResponse") => named("RatelimitedResponse"),
            Some(_) => named("ErrorResponse"),
            None => answer["content"]["application/json"]["schema"].clone(),
        };
        let faults = match (body, schema.is_null()) {
            (None, true) => Vec::new(),
            (Some(body), false) => spec.faults(&schema, body),
            (body, _) => vec![format!("a body: {}", body.is_some())],
        };
        self.breach(&format!("our answer {status} to {route}"), faults);
    }

    /// Checks an object that we send by the gateway against a schema of the file.
    pub fn spec(&self, whence: &str, schema: &str, value: &Value) {
        if let Some(spec) = SPEC.as_ref().filter(|_| self.options.validate) {
            self.breach(&format!("our {schema} by the {whence}"), spec.faults(&named(schema), value));
        }
    }
}
