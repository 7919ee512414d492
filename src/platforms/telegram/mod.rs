//! Telegram: the door for private chats, groups and forum topics.
//!
//! Not here: what commands do, and in which order and how fast messages go out (`delivery`).

mod config;

pub use config::{Config, Mode};
