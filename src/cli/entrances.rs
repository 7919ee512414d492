//! The chat platforms that are configured, as doors that can be opened: from settings and tokens to platforms.
//!
//! Not here: when they are opened and closed (`platforms::doors`).

use crate::chat::{Platform, PlatformName};
use crate::commands::{House, suggestions};
use crate::config::{Config, Env};
use crate::platforms::discord::{self, Discord};
use crate::platforms::telegram::{self, Telegram};
use crate::platforms::{Door, Finding, OpenError, Opened};
use crate::secret::SecretString;
use crate::speech::Voices;
use async_trait::async_trait;
use futures_util::FutureExt;

/// What is configured.
pub struct Entrances {
    discord: Option<(discord::Config, SecretString)>,
    telegram: Option<(telegram::Config, SecretString)>,
}

impl Entrances {
    /// Each platform whose bot has a token.
    ///
    /// # Errors
    /// When the file that should hold a token cannot be read.
    pub fn read(config: &Config, env: &Env) -> anyhow::Result<Self> {
        Ok(Self {
            discord: config.discord_token(env)?.map(|token| (config.discord.clone(), token)),
            telegram: config.telegram_token(env)?.map(|token| (config.telegram.clone(), token)),
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.discord.is_none() && self.telegram.is_none()
    }

    /// The doors of `house`.
    pub fn doors(self, house: &House) -> Vec<Box<dyn Door>> {
        let mut doors: Vec<Box<dyn Door>> = Vec::new();
        if let Some((config, token)) = self.discord {
            doors.push(Box::new(ToDiscord { config, token, house: house.clone() }));
        }
        if let Some((config, token)) = self.telegram {
            doors.push(Box::new(ToTelegram { config, token, house: house.clone() }));
        }
        doors
    }

    /// Asks each platform whether all is as it must be. Nothing is changed.
    pub async fn check(&self) -> Vec<Finding> {
        let voices = Voices::load();
        let discord = async {
            match &self.discord {
                Some((config, token)) => discord::check(config, token, &voices).await,
                None => Vec::new(),
            }
        };
        let telegram = async {
            match &self.telegram {
                Some((config, token)) => telegram::check(config, token, &voices).await,
                None => Vec::new(),
            }
        };
        let (discord, telegram) = tokio::join!(discord, telegram);
        discord.into_iter().chain(telegram).collect()
    }
}

/// How a platform is called in what an operator reads.
pub fn title(name: PlatformName) -> &'static str {
    match name {
        PlatformName::Terminal => "Terminal",
        PlatformName::Discord => "Discord",
        PlatformName::Telegram => "Telegram",
    }
}

/// What is to be done at each platform by somebody who has no bot there yet.
pub fn beginnings(config: &Config) -> [(PlatformName, Vec<String>); 2] {
    [
        (PlatformName::Discord, discord::guide(&config.discord, None)),
        (PlatformName::Telegram, telegram::guide(&config.telegram, None)),
    ]
}

struct ToDiscord {
    config: discord::Config,
    token: SecretString,
    house: House,
}

#[async_trait]
impl Door for ToDiscord {
    fn name(&self) -> PlatformName {
        PlatformName::Discord
    }

    async fn open(&self) -> Result<Opened, OpenError> {
        let house = &self.house;
        let options = discord::Options {
            config: self.config.clone(),
            token: self.token.clone(),
            suggest: suggestions(house),
            voices: house.voices.clone(),
            meters: house.meters.clone(),
            clock: house.clock.clone(),
        };
        let open = Discord::open(options).await.map_err(|error| match error {
            discord::OpenError::Token => OpenError::never(
                error,
                "copy it again from the developer portal (Bot, Reset Token), without “Bot ” before it",
            ),
            discord::OpenError::Setting(_) => OpenError::never(error, "correct it in the configuration"),
            discord::OpenError::Passing(_) => OpenError::passing(error),
        })?;
        let notes = open.endpoint().map(|at| format!("Discord is to call http://{at}{}", self.config.path));
        Ok(Opened {
            name: open.username().to_owned(),
            notes: notes.into_iter().collect(),
            guide: discord::guide(&self.config, Some(&self.token)),
            platform: open.clone() as std::sync::Arc<dyn Platform>,
            close: Box::new(move |within| async move { open.close(within).await }.boxed()),
        })
    }
}

struct ToTelegram {
    config: telegram::Config,
    token: SecretString,
    house: House,
}

#[async_trait]
impl Door for ToTelegram {
    fn name(&self) -> PlatformName {
        PlatformName::Telegram
    }

    async fn open(&self) -> Result<Opened, OpenError> {
        let house = &self.house;
        let options = telegram::Options {
            config: self.config.clone(),
            token: self.token.clone(),
            voices: house.voices.clone(),
            meters: house.meters.clone(),
            dice: house.dice.clone(),
        };
        let open = Telegram::open(options).await?;
        let notes = match self.config.mode {
            telegram::Mode::Webhook => {
                vec![format!("Telegram is to call http://{}{}", self.config.listen, self.config.path)]
            }
            telegram::Mode::Poll => Vec::new(),
        };
        Ok(Opened {
            name: format!("@{}", open.username()),
            notes,
            guide: telegram::guide(&self.config, Some(open.username())),
            platform: open.clone() as std::sync::Arc<dyn Platform>,
            close: Box::new(move |within| async move { open.close(within).await }.boxed()),
        })
    }
}
