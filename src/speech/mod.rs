//! Words: lines, locales and their Fluent bundles.
//!
//! A [`Line`] is data; only a [`Voice`] turns it into words. All words live in `locales/<lang>/<module>.ftl`,
//! embedded in the program. Not here: what is said when.

mod line;
mod pseudo;
pub mod units;
mod voice;
mod words;

pub use line::{Line, Value};
pub use voice::{Voice, Voices};
pub use words::{FILES, LANGUAGES, PSEUDO, source};
