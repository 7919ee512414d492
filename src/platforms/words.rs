//! The few words that a platform itself says, around the cards: ids of messages in `locales/*/door.ftl`.
//!
//! Not here: what cards say.

/// On the button that opens a dialog for a text.
pub const ANSWER: &str = "door-answer";
/// On the button that shows more choices.
pub const MORE: &str = "door-more";
/// On the button that shows the choices before these.
pub const BACK: &str = "door-back";
/// In a list of choices of which none is chosen yet.
pub const CHOOSE: &str = "door-choose";
/// In a shared room: the answer is in the private chat.
pub const PRIVATE_HERE: &str = "door-private-here";
/// On the button that leads to the private chat.
pub const OPEN_PRIVATE: &str = "door-open-private";
/// Under the first part of a long message: the whole of it is in the file.
pub const FILE: &str = "door-file";
/// Under a question in a shared room, where nothing opens a reply: how to answer.
pub const REPLY: &str = "door-reply";
/// In a shared room: the answer waits until they open the private chat.
pub const PRIVATE_FIRST: &str = "door-private-first";
/// To somebody who writes as a group or a channel.
pub const ANONYMOUS: &str = "door-anonymous";
/// Who we are, before anything is said.
pub const ABOUT: &str = "door-about";
/// The same in one line.
pub const ABOUT_SHORT: &str = "door-about-short";
