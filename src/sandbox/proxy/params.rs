//! Query parameters of the grid proxy: read strictly, as the real one does (gridproxy.md section 2).
//!
//! An unknown name is refused, an empty value is no value, lists are separated by commas. Not here: what a
//! parameter filters.

use std::collections::BTreeMap;

/// What a parameter's value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number, zero or more.
    Number,
    /// Whole numbers.
    Numbers,
    /// A decimal number.
    Decimal,
    /// Any text.
    Text,
    /// Texts.
    Texts,
}

/// Names and kinds of what an endpoint understands.
pub(super) type Table = &'static [(&'static str, Kind)];

/// What every list endpoint understands.
pub(super) const LIST: Table = &[
    ("page", Kind::Number),
    ("size", Kind::Number),
    ("ret_count", Kind::Flag),
    ("randomize", Kind::Flag),
    ("sort_by", Kind::Text),
    ("sort_order", Kind::Text),
];

/// A query that was understood: every value fits its kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(BTreeMap<&'static str, String>);

impl Params {
    /// Reads `query` against the tables of an endpoint.
    ///
    /// # Errors
    /// The proxy's own words for an unknown name or a value of the wrong kind.
    pub(super) fn read(query: &str, tables: &[Table]) -> Result<Self, String> {
        let mut read = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let known = tables.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name);
            let Some((name, kind)) = known else {
                return Err(format!("failed to decode params: schema: invalid path \"{name}\""));
            };
            if value.is_empty() {
                continue;
            }
            let fits = match kind {
                Kind::Flag => value.parse::<bool>().is_ok(),
                Kind::Number => value.parse::<u64>().is_ok(),
                Kind::Numbers => value.split(',').all(|item| item.is_empty() || item.parse::<u64>().is_ok()),
                Kind::Decimal => value.parse::<f64>().is_ok(),
                Kind::Text | Kind::Texts => true,
            };
            if !fits {
                return Err(format!("failed to decode params: schema: error converting value for \"{name}\""));
            }
            // A repeated list grows; of a repeated single value the last counts.
            match (kind, read.get_mut(name)) {
                (Kind::Numbers | Kind::Texts, Some(before)) => *before = format!("{before},{value}"),
                (_, Some(before)) => *before = value.into_owned(),
                (_, None) => {
                    read.insert(*name, value.into_owned());
                }
            }
        }
        Ok(Self(read))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A flag.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)?.parse().ok()
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A decimal number.
    pub(super) fn decimal(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// The texts of a list; `None` when it was not given.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.text(name)?.split(',').filter(|item| !item.is_empty()).collect())
    }

    /// The numbers of a list; `None` when it was not given.
    pub(super) fn numbers(&self, name: &str) -> Option<Vec<u64>> {
        Some(self.texts(name)?.iter().filter_map(|item| item.parse().ok()).collect())
    }

    /// Whether `value` passes an equality without regard to case.
    pub(super) fn same(&self, name: &str, value: &str) -> bool {
        self.text(name).is_none_or(|wanted| wanted.to_lowercase() == value.to_lowercase())
    }

    /// Whether `value` passes a search for a part of it, without regard to case.
    pub(super) fn within(&self, name: &str, value: &str) -> bool {
        self.text(name).is_none_or(|wanted| value.to_lowercase().contains(&wanted.to_lowercase()))
    }

    /// Whether `value` passes a flag.
    pub(super) fn agrees(&self, name: &str, value: bool) -> bool {
        self.flag(name).is_none_or(|wanted| wanted == value)
    }

    /// Whether `value` is the wanted number.
    pub(super) fn equals(&self, name: &str, value: u64) -> bool {
        self.number(name).is_none_or(|wanted| wanted == value)
    }

    /// Whether `value` reaches a minimum. (`value` may be negative: a node can be over-used.)
    pub(super) fn reaches(&self, name: &str, value: i128) -> bool {
        self.number(name).is_none_or(|wanted| value >= i128::from(wanted))
    }

    /// Whether `value` is one of the wanted numbers.
    pub(super) fn among(&self, name: &str, value: u64) -> bool {
        self.numbers(name).is_none_or(|wanted| wanted.contains(&value))
    }
}
