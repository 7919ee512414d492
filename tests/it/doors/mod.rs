//! Fakes of the chat platforms, over real sockets, for the doors that talk to them. Not the doors' stories.

pub mod discord;
mod discord_self;
mod discord_story;
pub mod telegram;
mod telegram_self;
