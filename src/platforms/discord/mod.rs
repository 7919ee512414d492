//! Discord: slash commands, buttons, dialogs and messages become asks; cards become messages.
//!
//! serenity brings the gateway, the model and the routes; requests are sent by a small client of our own (see
//! `rest`). Nothing outside this folder knows Discord. Not here: limits, retries and queues, which are delivery's.

mod config;

pub use config::{Config, Mode};
