//! What an operator says about Telegram. Not here: the token, which is a secret and comes apart from this.

use serde::Deserialize;
use std::net::SocketAddr;

/// How what people say reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// We ask Telegram (long polling). Needs nothing but the token, and one program for each bot.
    #[default]
    Poll,
    /// Telegram calls us at an address of ours.
    Webhook,
}

/// The operator's settings for Telegram.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How what people say reaches us: `poll` or `webhook`. Telegram does one of them at a time for a bot.
    pub mode: Mode,
    /// Where the Bot API is.
    pub api: String,
    /// Poll: seconds for which Telegram holds a request while nobody says anything.
    pub patience: u32,
    /// Messages and edits a second over all chats: Telegram's 30, or what it allows a bot with paid broadcasts, up to 1000.
    pub per_second: u32,
    /// Webhook: our address as Telegram sees it: https, at port 443, 80, 88 or 8443.
    pub url: String,
    /// Webhook: where to listen, behind whatever ends the TLS of `url`.
    pub listen: SocketAddr,
    /// Webhook: the path of the endpoint, as it arrives at `listen`.
    pub path: String,
    /// Webhook: how many connections Telegram may open at once, from 1 to 100.
    pub connections: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            api: "https://api.telegram.org".to_owned(),
            patience: 25,
            per_second: 30,
            url: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8811)),
            path: "/telegram/updates".to_owned(),
            connections: 40,
        }
    }
}
