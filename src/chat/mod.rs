//! The neutral conversation: what people ask, what is shown to them. Plain values only.
//!
//! A platform turns its native input into an [`Ask`] and a [`Card`] into its native output; everything
//! between speaks these types. Building a card never awaits, never fails, never reads the clock. Nothing here
//! knows a platform, except by its name in [`PlatformName`].

mod ask;
mod card;
mod command;
mod form;
mod nearest;
mod platform;

pub use ask::{Answers, Ask, DraftId, Person, PlatformName, Press, Room, What};
pub use card::{Block, Button, ButtonStyle, Card, Choice, Mark, Question, Texts, Tone, Topic, Urge};
pub use command::{Audience, Param, ParamKind, Place, Refusal, Reply, Role, Spec};
pub use form::{Done, Draft, Field, Form, Gap};
pub use nearest::nearest;
pub use platform::{Anchor, Limits, Platform, PlatformError, Post, Rate, Rates, Suggest, Typing};
