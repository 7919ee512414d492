//! Words: lines, locales and their Fluent bundles.
//!
//! A [`Line`] is data; only a [`Voice`] turns it into words. All words live in `locales/<lang>/<module>.ftl`,
//! embedded in the program. Not here: what is said when.

mod line;

pub use line::{Line, Value};
