//! Configuration: one TOML file and the environment, read once at the start.
//!
//! The only place that reads the environment. Secrets come from files or variables, never from arguments (which
//! other users of the machine can see) and never from chat. A file that does not parse stops the start.

use crate::grid::Identity;
use crate::secret::{ExposeSecret, Root, SecretString};
use crate::{deploy, people};
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The operator's file. Every key has a default; a key that is not known is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The grid: `sandbox`, `main`, `test`, `qa`, `dev`, or a file with a network's addresses.
    pub grid: Option<String>,
    /// Where the store is kept.
    pub data: Option<PathBuf>,
    /// Secrets, by the files that hold them.
    pub keys: Keys,
    /// Allowances.
    pub people: people::Config,
    /// Deployments.
    pub deploy: deploy::Config,
}

/// Files that hold secrets. Each may also come from the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// 64 hex digits: the root of all twins (`BELLHOP_ROOT`, `BELLHOP_ROOT_FILE`).
    pub root_file: Option<PathBuf>,
    /// The phrase of the account that funds people's accounts (`BELLHOP_TREASURY`, `BELLHOP_TREASURY_FILE`).
    pub treasury_file: Option<PathBuf>,
    /// The phrase of the twin that deploys for everybody (`BELLHOP_SPONSOR`, `BELLHOP_SPONSOR_FILE`).
    pub sponsor_file: Option<PathBuf>,
}

/// Where this computer keeps what may be lost.
pub fn temporary_folder() -> PathBuf {
    std::env::temp_dir()
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
    secrets: BTreeMap<&'static str, SecretString>,
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
        let secrets = ["ROOT", "TREASURY", "SPONSOR"].into_iter().flat_map(|name| {
            let own = get(&format!("BELLHOP_{name}")).map(|value| (name, SecretString::from(value)));
            // A file named by the environment is read when the secret is wanted.
            let file = get(&format!("BELLHOP_{name}_FILE")).map(|value| (file_key(name), SecretString::from(value)));
            own.into_iter().chain(file)
        });
        // `fr_BE.UTF-8` is `fr-BE` as a language tag; `C` and `POSIX` are no language.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(get);
        let locale = locale.map(|tag| tag.split(['.', '@']).next().unwrap_or_default().replace('_', "-"));
        Self {
            config: get("BELLHOP_CONFIG").map(PathBuf::from),
            log: get("BELLHOP_LOG"),
            no_color: get("NO_COLOR").is_some(),
            locale: locale.filter(|tag| tag != "C" && tag != "POSIX"),
            secrets: secrets.collect(),
        }
    }

    /// A secret: the variable, else the variable's file, else the configuration's file.
    fn secret(&self, name: &'static str, file: Option<&Path>) -> Result<Option<SecretString>> {
        if let Some(secret) = self.secrets.get(name) {
            return Ok(Some(secret.clone()));
        }
        let named = self.secrets.get(file_key(name)).map(|path| PathBuf::from(path.expose_secret()));
        let Some(path) = named.as_deref().or(file) else { return Ok(None) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(SecretString::from(text.trim().to_owned())))
    }
}

fn file_key(name: &'static str) -> &'static str {
    match name {
        "ROOT" => "ROOT_FILE",
        "TREASURY" => "TREASURY_FILE",
        _ => "SPONSOR_FILE",
    }
}

impl Config {
    /// Reads the file at `path`; all defaults without one.
    ///
    /// # Errors
    /// When it cannot be read, or says something that is not known; the place is named.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
    }

    /// The root secret, if one is given.
    ///
    /// # Errors
    /// When it is there and is not 64 hex digits. It is never echoed.
    pub fn root(&self, env: &Env) -> Result<Option<Root>> {
        let Some(secret) = env.secret("ROOT", self.keys.root_file.as_deref())? else { return Ok(None) };
        match Root::from_hex(secret.expose_secret()) {
            Some(root) => Ok(Some(root)),
            None => bail!("the root secret is not 64 hex digits; make one with: openssl rand -hex 32"),
        }
    }

    /// The treasury's key, if one is given.
    ///
    /// # Errors
    /// When it is there and is no phrase or key. It is never echoed.
    pub fn treasury(&self, env: &Env) -> Result<Option<Identity>> {
        key(env.secret("TREASURY", self.keys.treasury_file.as_deref())?, "treasury")
    }

    /// The sponsor's key, if one is given.
    ///
    /// # Errors
    /// When it is there and is no phrase or key. It is never echoed.
    pub fn sponsor(&self, env: &Env) -> Result<Option<Identity>> {
        key(env.secret("SPONSOR", self.keys.sponsor_file.as_deref())?, "sponsor")
    }
}

fn key(secret: Option<SecretString>, whose: &str) -> Result<Option<Identity>> {
    let Some(secret) = secret else { return Ok(None) };
    match Identity::from_uri(secret.expose_secret()) {
        Ok(identity) => Ok(Some(identity)),
        Err(_) => bail!("the {whose}’s secret is neither a phrase of 12 or 24 words nor 0x and 64 hex digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bellhop.toml");
        std::fs::write(&path, "grid = \"dev\"\n[people.allowance]\nnods = 3\n").unwrap();
        let error = Config::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("nods"), "{error}");
        std::fs::write(&path, "grid = \"dev\"\n[people.allowance]\nnodes = 3\n[deploy]\nrunway_hours = 48\n").unwrap();
        let config = Config::read(Some(&path)).unwrap();
        assert_eq!((config.people.allowance.nodes, config.deploy.runway_hours), (3, 48));
    }

    #[test]
    fn the_example_says_the_defaults() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
        assert_eq!(Config::read(Some(&example)).unwrap(), Config::default());
    }

    #[test]
    fn secrets_come_from_the_environment_first_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root");
        std::fs::write(&file, format!("{}\n", "ab".repeat(32))).unwrap();
        let config = Config { keys: Keys { root_file: Some(file), ..Keys::default() }, ..Config::default() };
        let none = Env::from(|_| None);
        let from_file = config.root(&none).unwrap().unwrap();
        let env = Env::from(|name| (name == "BELLHOP_ROOT").then(|| "ab".repeat(32)));
        let from_env = Config::default().root(&env).unwrap().unwrap();
        let derived = |root: &Root| *root.derive::<32>("x").expose_secret();
        assert_eq!(derived(&from_file), derived(&from_env));
        assert!(!format!("{env:?}{from_env:?}").contains("abab"));
        let bad = Env::from(|name| (name == "BELLHOP_ROOT").then(|| "hunter2".to_owned()));
        assert!(!config.root(&bad).unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn the_users_language_is_understood() {
        let locale = |value: &'static str| Env::from(move |name| (name == "LANG").then(|| value.to_owned())).locale;
        assert_eq!(locale("fr_BE.UTF-8").as_deref(), Some("fr-BE"));
        assert_eq!(locale("C.UTF-8"), None);
    }
}
