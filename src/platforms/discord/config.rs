//! What an operator says about Discord. Not here: the token, which is a secret and comes apart from this.

use serde::Deserialize;
use std::net::SocketAddr;

/// How asks reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// We hold a connection to Discord (the gateway). Needs nothing but the token, and private messages reach us.
    #[default]
    Gateway,
    /// Discord calls us at an address of ours (an interactions endpoint). Only commands, buttons and dialogs reach
    /// us; any number of processes can stand behind that address.
    Http,
}

/// The operator's settings for Discord.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How asks reach us: `gateway` or `http`. Discord does only one of them at a time for an application.
    pub mode: Mode,
    /// Where Discord's API is.
    pub api: String,
    /// Gateway: how many shards; without it, as many as Discord recommends.
    pub shards: Option<u32>,
    /// Gateway: seconds after which a shard that is silent, or not connected, is started anew; when that does not
    /// help for as long again, serving Discord ends, so that whoever supervises the program starts it again. A
    /// connection's own repairs take up to 15 seconds.
    pub patience: u64,
    /// Http: where to listen.
    pub listen: SocketAddr,
    /// Http: the path of the endpoint.
    pub path: String,
    /// Http: the application's public key, 64 hex digits, from the developer portal.
    pub public_key: String,
    /// Whether a deployment gets a thread of its own, where the channel allows it.
    pub threads: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            api: "https://discord.com".to_owned(),
            shards: None,
            patience: 100,
            listen: SocketAddr::from(([127, 0, 0, 1], 8810)),
            path: "/discord/interactions".to_owned(),
            public_key: String::new(),
            threads: true,
        }
    }
}
