//! What Telegram shows of us before anything is said: the menu of commands, by language and place, and who we are.
//!
//! Compared with what Telegram has, written only where it differs, and read back. Not here: what the commands do.

use super::wire::Wire;
use crate::chat::{Place, Role};
use crate::commands::{Command, commands_for};
use crate::platforms::layout::shorten;
use crate::platforms::words;
use crate::speech::{LANGUAGES, Line, Voices};
use teloxide::RequestError;
use teloxide::payloads::setters::*;
use teloxide::requests::Requester;
use teloxide::types::{BotCommand, BotCommandScope};

/// The longest description of a command, of us, and of us in short: Telegram's.
const COMMAND: usize = 256;
const ABOUT: usize = 512;
const SHORT: usize = 120;

/// One text or list that Telegram keeps for us, in one language; an empty one is for everybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The commands in one kind of place.
    Commands(&'static str, BotCommandScope, Vec<BotCommand>),
    /// Who we are: the empty chat shows it.
    About(&'static str, String),
    /// The same in one line: our profile shows it.
    Short(&'static str, String),
}

/// All that Telegram is to keep.
pub fn wanted(voices: &Voices) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (at, language) in LANGUAGES.iter().enumerate() {
        // The first language is also the one for everybody whose own we do not have.
        let code = if at == 0 { "" } else { language };
        let voice = voices.find([*language]);
        let say = |id: &str, most: usize| shorten(&voice.say(&Line::new(id)), most, char::len_utf16);
        let commands = |private: bool| {
            let specs = commands_for(Role::Member).map(Command::spec);
            let specs = specs.filter(|spec| private || spec.place == Place::Anywhere);
            let told = |name: &str| say(&format!("{name}-command.description"), COMMAND);
            specs.map(|spec| BotCommand::new(spec.name, told(spec.name))).collect()
        };
        entries.push(Entry::Commands(code, BotCommandScope::Default, commands(false)));
        entries.push(Entry::Commands(code, BotCommandScope::AllPrivateChats, commands(true)));
        entries.push(Entry::About(code, say(words::ABOUT, ABOUT)));
        entries.push(Entry::Short(code, say(words::ABOUT_SHORT, SHORT)));
    }
    entries
}

impl Entry {
    /// Whether Telegram has it.
    ///
    /// # Errors
    /// The request's.
    pub async fn is_there(&self, wire: &Wire) -> Result<bool, RequestError> {
        let bot = &wire.bot;
        Ok(match self {
            Self::Commands(language, scope, commands) => {
                let request = bot.get_my_commands().scope(scope.clone()).language_code(*language);
                request.await? == *commands
            }
            Self::About(language, text) => {
                bot.get_my_description().language_code(*language).await?.description == *text
            }
            Self::Short(language, text) => {
                bot.get_my_short_description().language_code(*language).await?.short_description == *text
            }
        })
    }

    async fn write(&self, wire: &Wire) -> Result<(), RequestError> {
        let bot = &wire.bot;
        match self {
            Self::Commands(language, scope, commands) => {
                let request = bot.set_my_commands(commands.clone()).scope(scope.clone());
                request.language_code(*language).await.map(drop)
            }
            Self::About(language, text) => {
                bot.set_my_description().description(text).language_code(*language).await.map(drop)
            }
            Self::Short(language, text) => {
                bot.set_my_short_description().short_description(text).language_code(*language).await.map(drop)
            }
        }
    }

    /// Writes it where Telegram has something else; whether that was so.
    async fn settle(&self, wire: &Wire) -> Result<bool, RequestError> {
        if self.is_there(wire).await? {
            return Ok(false);
        }
        self.write(wire).await?;
        if !self.is_there(wire).await? {
            tracing::error!(entry = ?self, "Telegram has taken it, and does not have it");
        }
        Ok(true)
    }
}

/// Brings Telegram up to date. What fails is logged: commands can be said without a menu.
pub async fn settle(wire: &Wire, voices: &Voices) {
    let mut written = 0;
    for entry in wanted(voices) {
        match entry.settle(wire).await {
            Ok(changed) => written += usize::from(changed),
            Err(error) => {
                return tracing::warn!(error = wire.words(&error), "the menu could not be brought up to date");
            }
        }
    }
    if written > 0 {
        tracing::info!(written, "the menu on Telegram was brought up to date");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_fits() {
        let entries = wanted(&Voices::load());
        assert_eq!(entries.len(), 4 * LANGUAGES.len());
        for entry in &entries {
            match entry {
                Entry::Commands(_, scope, commands) => {
                    assert!(!commands.is_empty() && commands.len() <= 100);
                    for command in commands {
                        let name = command.command.as_bytes();
                        assert!((1..=32).contains(&name.len()) && name.iter().all(u8::is_ascii_lowercase));
                        assert!(!command.description.is_empty() && !command.description.contains('['));
                    }
                    let private = commands.iter().any(|command| command.command == "me");
                    assert!(private, "{scope:?}");
                }
                Entry::About(_, text) | Entry::Short(_, text) => {
                    assert!(!text.is_empty() && !text.contains('[') && !text.ends_with('…'), "{text}");
                }
            }
        }
        let (english, french) = entries.split_at(4);
        assert!(english.iter().zip(french).all(|(one, other)| one != other));
    }
}
