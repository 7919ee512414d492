//! The words as files: which languages there are, and which files each of them has.
//!
//! Every language has the same files; a test compares this list with the folder. Not here: anything that
//! reads them.

/// The languages that are complete; the first is the one that stands in where nothing fits.
pub const LANGUAGES: &[&str] = &["en", "fr"];

/// The pseudo-language: English with accents, 40 % longer. It shows what is not translated and what does not fit.
pub const PSEUDO: &str = "qps";

/// Embeds the files that each language has, one per speaking module.
macro_rules! embed {
    ($($file:literal),*) => {
        /// The files that each language has, without `.ftl`.
        pub const FILES: &[&str] = &[$($file),*];
        /// All files: language, name, and text.
        const TEXTS: &[(&str, &str, &str)] = &[$(
            ("en", $file, include_str!(concat!("../../locales/en/", $file, ".ftl"))),
            ("fr", $file, include_str!(concat!("../../locales/fr/", $file, ".ftl"))),
        )*];
    };
}

embed!(
    "claim", "deploy", "desk", "destroy", "door", "help", "list", "me", "named", "order", "people", "recipes", "show",
    "units", "verify"
);

/// The text of all files of `language`, with their names.
pub fn source(language: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    TEXTS.iter().filter(move |(of, ..)| *of == language).map(|(_, name, text)| (*name, *text))
}
