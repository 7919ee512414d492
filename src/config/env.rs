//! The environment's part of the configuration: a few settings, and secrets by value or by file.
//!
//! The only place that reads the process's environment. Not here: what a secret is good for.

use crate::secret::{ExposeSecret, SecretString};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A secret that may be given: by the variable `BELLHOP_<name>`, or in the file that `BELLHOP_<name>_FILE` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// `BELLHOP_ROOT`.
    Root,
    /// `BELLHOP_TREASURY`.
    Treasury,
    /// `BELLHOP_SPONSOR`.
    Sponsor,
    /// `BELLHOP_DISCORD_TOKEN`.
    DiscordToken,
    /// `BELLHOP_TELEGRAM_TOKEN`.
    TelegramToken,
}

impl Given {
    const ALL: [Self; 5] = [Self::Root, Self::Treasury, Self::Sponsor, Self::DiscordToken, Self::TelegramToken];

    /// Its variable.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Root => "BELLHOP_ROOT",
            Self::Treasury => "BELLHOP_TREASURY",
            Self::Sponsor => "BELLHOP_SPONSOR",
            Self::DiscordToken => "BELLHOP_DISCORD_TOKEN",
            Self::TelegramToken => "BELLHOP_TELEGRAM_TOKEN",
        }
    }
}

/// The environment's part.
#[derive(Debug, Default)]
pub struct Env {
    /// `BELLHOP_CONFIG`: the file.
    pub config: Option<PathBuf>,
    /// `BELLHOP_LOG`: a filter for the log, as `bellhop=debug`.
    pub log: Option<String>,
    /// `NO_COLOR` is set and not empty: colours are not wanted.
    pub no_color: bool,
    /// The language of the terminal's user, from `LC_ALL`, `LC_MESSAGES` or `LANG`.
    pub locale: Option<String>,
    secrets: BTreeMap<Given, SecretString>,
    files: BTreeMap<Given, PathBuf>,
}

impl Env {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        Self::from(|name| std::env::var(name).ok())
    }

    /// From anything that knows variables.
    pub fn from(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let secret = |given: Given| Some((given, SecretString::from(get(given.variable())?.trim().to_owned())));
        let file = |given: Given| Some((given, PathBuf::from(get(&format!("{}_FILE", given.variable()))?)));
        // `fr_BE.UTF-8` is `fr-BE` as a language tag; `C` and `POSIX` are no language.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(get);
        let locale = locale.map(|tag| tag.split(['.', '@']).next().unwrap_or_default().replace('_', "-"));
        Self {
            config: get("BELLHOP_CONFIG").map(PathBuf::from),
            log: get("BELLHOP_LOG"),
            no_color: get("NO_COLOR").is_some(),
            locale: locale.filter(|tag| tag != "C" && tag != "POSIX"),
            secrets: Given::ALL.into_iter().filter_map(secret).collect(),
            files: Given::ALL.into_iter().filter_map(file).collect(),
        }
    }

    /// A secret: the variable, else the variable's file, else the configuration's file. A file is read when the
    /// secret is wanted; space around what it says does not count.
    ///
    /// # Errors
    /// When the file that should hold it cannot be read, or holds nothing.
    pub fn secret(&self, given: Given, file: Option<&Path>) -> Result<Option<SecretString>> {
        if let Some(secret) = self.secrets.get(&given) {
            return Ok(Some(secret.clone()));
        }
        let Some(path) = self.files.get(&given).map(PathBuf::as_path).or(file) else { return Ok(None) };
        let text = SecretString::from(
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
        );
        let text = text.expose_secret().trim();
        anyhow::ensure!(!text.is_empty(), "{} is empty; {} should be in it", path.display(), given.variable());
        Ok(Some(SecretString::from(text.to_owned())))
    }
}
