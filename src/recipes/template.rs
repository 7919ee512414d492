//! Text with `{placeholders}`: `a-z`, `0-9` and `_` between braces. Other braces stand for themselves.

use serde::{Deserialize, Serialize};

/// Text with `{placeholders}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(pub String);

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

impl Template {
    /// The names of its placeholders, in order.
    pub fn names(&self) -> Vec<&str> {
        self.pieces()
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Name(name) => Some(name),
                Piece::Text(_) => None,
            })
            .collect()
    }

    /// With every placeholder replaced; `None` when there is no value for one of them.
    pub fn fill(&self, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
        let mut out = String::with_capacity(self.0.len());
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Name(name) => out.push_str(&value(name)?),
            }
        }
        Some(out)
    }

    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            pieces.push(Piece::Text(before));
            match after.split_once('}') {
                Some((name, after)) if is_name(name) => {
                    pieces.push(Piece::Name(name));
                    rest = after;
                }
                _ => {
                    pieces.push(Piece::Text("{"));
                    rest = after;
                }
            }
        }
        pieces.push(Piece::Text(rest));
        pieces
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_other_braces_stay() {
        let template = Template(r#"{"a":{b}} {c_1}{"#.to_owned());
        assert_eq!(template.names(), ["b", "c_1"]);
        assert_eq!(template.fill(|name| Some(name.to_uppercase())).unwrap(), r#"{"a":B} C_1{"#);
        assert_eq!(template.fill(|name| (name == "b").then(String::new)), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back_when_each_placeholder_is_its_own_value(text in ".*") {
            let same = Template(text.clone()).fill(|name| Some(format!("{{{name}}}")));
            proptest::prop_assert_eq!(same, Some(text));
        }
    }
}
