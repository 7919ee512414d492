//! Fakes of the chat platforms, over real sockets, and the stories that are told behind our doors to them.

pub mod discord;
mod discord_self;
mod discord_story;
mod equal;
mod fits;
mod house;
mod limits;
mod nowhere;
mod talk;
pub mod telegram;
mod telegram_self;
mod telegram_story;
