//! What people can say: one file each, the table of them, and the desk that answers.
//!
//! A command is data (its [`Spec`]) and two verbs: what it needs to know ([`Command::form`]) and what it does
//! ([`Command::run`]). Wizards, one-liners, buttons, refusals and faults are the desk's, the same for all.
//! Not here: how a platform shows a card, or which messages go on showing it.

mod checks;
mod claim;
mod deploy;
mod desk;
mod destroy;
mod door;
mod drafts;
mod explain;
mod filling;
mod gate;
mod help;
mod house;
mod list;
mod me;
mod named;
mod no;
mod parse;
mod recipes;
mod show;
mod suggest;
mod trouble;
mod verify;

pub use desk::{Answer, Desk};
pub use door::tells_a_secret;
pub use drafts::{StoredPress, move_questions, stow};
pub use house::{Cards, House};
pub use parse::{Typed, Unreadable, one_liner, parse};
pub use suggest::suggestions;
pub use trouble::Trouble;

use crate::chat::{Answers, Ask, DraftId, Form, Reply, Role, Spec};
use crate::people::Account;
use async_trait::async_trait;

/// All commands, in the order in which help lists them.
pub const COMMANDS: &[&dyn Command] = &[
    &deploy::Deploy,
    &list::List,
    &show::Show,
    &verify::Verify,
    &destroy::Destroy,
    &recipes::Recipes,
    &me::Me,
    &claim::Claim,
    &help::Help,
];

/// One thing that people can ask.
#[async_trait]
pub trait Command: Send + Sync {
    /// It as data.
    fn spec(&self) -> &'static Spec;

    /// What it needs to know, given the answers so far. An answer that is in a field's choices by its text is
    /// already its value; others may still be nonsense, and are refused by the desk once the form is known.
    ///
    /// # Errors
    /// A no that makes asking pointless, or our own fault.
    async fn form(&self, _cx: &Context<'_>, _answers: &Answers) -> Result<Form, Trouble> {
        Ok(Form::default())
    }

    /// Does it. Every field of the form has an answer or its default.
    ///
    /// A reply whose card offers fields of `cx.draft` (by a button or a question) keeps the form open: that is
    /// how a plan is shown before it is carried out. Any other reply of a command that [acts](Spec::acts)
    /// closes it, and its buttons do nothing again. The program may die between the act and the note of it: an
    /// acting command that is run again with the same `cx.draft` must find what it did the first time.
    ///
    /// # Errors
    /// A no, with nothing done; or our own fault.
    async fn run(&self, cx: &Context<'_>, answers: &Answers) -> Result<Reply, Trouble>;
}

/// Who asks what, and the house that serves them.
pub struct Context<'a> {
    /// The ask.
    pub ask: &'a Ask,
    /// Who asks.
    pub account: &'a Account,
    /// Whether they may ask for everything here; else only for what is [open](Spec::open).
    pub served: bool,
    /// The form that is being filled; also the name of this one act, however often its button is pressed.
    pub draft: &'a DraftId,
    /// The services.
    pub house: &'a House,
}

/// The commands that somebody of this role may run; everything else does not exist for them.
pub fn commands_for(role: Role) -> impl Iterator<Item = &'static dyn Command> {
    COMMANDS.iter().copied().filter(move |command| command.spec().needs <= role)
}
