//! What came with a request. Telegram takes JSON bodies, forms and queries alike, and in each a number or an object may
//! be written as a string; so does this.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A file that was uploaded.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub bytes: Bytes,
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub struct Params {
    pub values: Map<String, Value>,
    pub files: HashMap<String, File>,
    /// It came as a form, where everything is a string.
    pub form: bool,
}

impl Params {
    pub fn int(&self, name: &str) -> Option<i64> {
        let value = self.values.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    pub fn flag(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "True" | "1"),
            _ => false,
        }
    }

    /// An object or a list.
    pub fn json(&self, name: &str) -> Option<Value> {
        match self.values.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Some(value.clone()),
        }
    }

    /// An object or a list of a known shape.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.json(name)?).ok()
    }

    /// The file that the parameter `name` is, or names by `attach://`.
    pub fn file(&self, name: &str) -> Option<&File> {
        let part = self.text(name).and_then(|text| text.strip_prefix("attach://")).unwrap_or(name);
        self.files.get(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strings_stand_for_everything() {
        let values = json!({"a": "-5", "b": 7, "c": "true", "d": true, "e": "[1]", "f": [1], "g": "attach://x"});
        let file = File { name: "n".into(), bytes: "b".into() };
        let files = HashMap::from([("x".to_owned(), file)]);
        let params = Params { values: values.as_object().cloned().expect("an object"), files, form: true };
        assert_eq!((params.int("a"), params.int("b"), params.int("c")), (Some(-5), Some(7), None));
        assert!(params.flag("c") && params.flag("d") && !params.flag("b"));
        assert_eq!(params.read::<Vec<u8>>("e"), params.read("f"));
        assert_eq!(params.file("g").map(|file| file.name.as_str()), Some("n"));
        assert_eq!(params.file("h").map(|file| &file.bytes), None);
    }
}
