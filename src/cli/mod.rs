//! What the technical subcommands do: their arguments, their words, their exit codes.
//!
//! Not the chat: whoever runs these is an operator at a shell, and reads plain English. Exit codes: 0 all is
//! well, 1 the answer is no, 2 the arguments are wrong, 3 it could not be done or found out.

pub mod chat;
pub mod check;
pub mod entrances;
pub mod grounds;
pub mod recipe;
pub mod sandbox;
pub mod serve;
pub mod signals;
pub mod world;
