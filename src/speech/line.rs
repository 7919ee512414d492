//! A line: the id of a message and its values, not yet in any language.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A value in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number, shown by the language's rules, and by which plurals are chosen. An id is not a number: give it
    /// as text.
    Number(f64),
    /// Text as it is: names, addresses, what a person typed. Never markup.
    Text(String),
    /// Another line, put into words first.
    Line(Line),
}

/// A message id and its values. Put into words only when it is delivered, in the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The Fluent message id, beginning with its file's name: `deploy-running`. An attribute follows a dot:
    /// `deploy-command.description`.
    pub id: String,
    /// Its variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
}

impl Line {
    /// The message `id`, without values yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), values: BTreeMap::new() }
    }

    /// With a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Line> for Value {
    fn from(line: Line) -> Self {
        Self::Line(line)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Number(number as f64)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64, f64);
