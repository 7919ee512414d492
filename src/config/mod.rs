//! Configuration: one TOML file and the environment, read once at the start.
//!
//! Secrets come from files or variables, never from arguments (which other users of the machine can see) and never
//! from chat. A file that does not parse stops the start. Not here: what a setting does.

mod env;

pub use env::{Env, Given};

use crate::grid::Identity;
use crate::platforms::{discord, telegram};
use crate::secret::{ExposeSecret, Root, SecretString};
use crate::{deploy, people, web};
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
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
    /// Discord; served when its bot's token is given.
    pub discord: discord::Config,
    /// Telegram; served when its bot's token is given.
    pub telegram: telegram::Config,
    /// Pages for machines.
    pub web: web::Config,
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
    /// The token of the bot on Discord (`BELLHOP_DISCORD_TOKEN`, `BELLHOP_DISCORD_TOKEN_FILE`).
    pub discord_token_file: Option<PathBuf>,
    /// The token of the bot on Telegram (`BELLHOP_TELEGRAM_TOKEN`, `BELLHOP_TELEGRAM_TOKEN_FILE`).
    pub telegram_token_file: Option<PathBuf>,
}

/// Where this computer keeps what may be lost.
pub fn temporary_folder() -> PathBuf {
    std::env::temp_dir()
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
        let Some(secret) = env.secret(Given::Root, self.keys.root_file.as_deref())? else { return Ok(None) };
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
        key(env.secret(Given::Treasury, self.keys.treasury_file.as_deref())?, "treasury")
    }

    /// The sponsor's key, if one is given.
    ///
    /// # Errors
    /// When it is there and is no phrase or key. It is never echoed.
    pub fn sponsor(&self, env: &Env) -> Result<Option<Identity>> {
        key(env.secret(Given::Sponsor, self.keys.sponsor_file.as_deref())?, "sponsor")
    }

    /// The token of the bot on Discord, if one is given.
    ///
    /// # Errors
    /// When the file that should hold it cannot be read.
    pub fn discord_token(&self, env: &Env) -> Result<Option<SecretString>> {
        env.secret(Given::DiscordToken, self.keys.discord_token_file.as_deref())
    }

    /// The token of the bot on Telegram, if one is given.
    ///
    /// # Errors
    /// When the file that should hold it cannot be read.
    pub fn telegram_token(&self, env: &Env) -> Result<Option<SecretString>> {
        env.secret(Given::TelegramToken, self.keys.telegram_token_file.as_deref())
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
        std::fs::write(&path, "[web]\nlisten = \"here\"\n").unwrap();
        let error = Config::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("off"), "{error}");
        std::fs::write(&path, "[web]\nlisten = \"off\"\n").unwrap();
        assert_eq!(Config::read(Some(&path)).unwrap().web.listen, None);
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
    fn a_token_comes_by_value_or_by_file_and_an_empty_file_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, " 42:of-a-file\n").unwrap();
        let path = file.display().to_string();
        let named = Env::from(|name| (name == "BELLHOP_TELEGRAM_TOKEN_FILE").then(|| path.clone()));
        let token =
            |config: &Config, env: &Env| config.telegram_token(env).unwrap().map(|t| t.expose_secret().to_owned());
        assert_eq!(token(&Config::default(), &named).as_deref(), Some("42:of-a-file"));
        let keys = Keys { telegram_token_file: Some(file.clone()), ..Keys::default() };
        let config = Config { keys, ..Config::default() };
        let value = Env::from(|name| (name == "BELLHOP_TELEGRAM_TOKEN").then(|| "42:of-a-variable ".to_owned()));
        assert_eq!(token(&config, &value).as_deref(), Some("42:of-a-variable"));
        assert_eq!(token(&config, &Env::default()).as_deref(), Some("42:of-a-file"));
        assert_eq!(token(&Config::default(), &Env::default()), None);
        std::fs::write(&file, "\n").unwrap();
        let error = config.telegram_token(&Env::default()).unwrap_err().to_string();
        assert!(error.contains("is empty") && error.contains("BELLHOP_TELEGRAM_TOKEN"), "{error}");
    }

    #[test]
    fn the_users_language_is_understood() {
        let locale = |value: &'static str| Env::from(move |name| (name == "LANG").then(|| value.to_owned())).locale;
        assert_eq!(locale("fr_BE.UTF-8").as_deref(), Some("fr-BE"));
        assert_eq!(locale("C.UTF-8"), None);
    }
}
