//! What somebody who looks after the program is told of one thing it depends on: how it is, and how to mend it.
//!
//! Words here are English: this is for whoever runs the program, not for people in a chat. Not here: the looking.

use serde::Serialize;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Not as it should be, and the rest works without it.
    Warn,
    /// It cannot be used like this.
    Bad,
}

/// What was found at one place. The JSON of `--json` has these names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which service.
    pub what: &'static str,
    /// Where.
    pub address: String,
    /// How it is.
    pub state: State,
    /// What it said, or why it said nothing.
    pub said: String,
    /// What to do about it; empty when all is well.
    pub mend: String,
}
