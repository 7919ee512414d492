//! The gate: in a room that nobody has admitted, only what is open to everybody is answered.
//!
//! Deny by default: every command, said, pressed or filled in, is found through [`Caller::command`], and by no other
//! way. Not here: which rooms are served (`people`), and how one is admitted (`claim`).

use super::explain::{find, help};
use super::{COMMANDS, Command, House, Trouble, claim};
use crate::chat::{Ask, Refusal, Role, Room};
use crate::people::{Account, Rooms};
use crate::speech::Line;
use crate::store::StoreResult;

/// Somebody, what they said, and whether they are served there.
pub(super) struct Caller<'a> {
    pub(super) ask: &'a Ask,
    pub(super) account: Account,
    /// Whether they may ask for everything; else only for what is open.
    pub(super) served: bool,
}

impl<'a> Caller<'a> {
    /// Who asks, and whether they are served there. Who speaks in a room that is served is known from then on.
    pub(super) async fn meet(house: &House, ask: &'a Ask) -> StoreResult<Self> {
        let account = house.people.meet(&ask.from).await?;
        let served = house.people.serves(&account, &ask.room)?;
        let known = account.welcome || Rooms::group(&ask.room).is_none();
        if served && !known {
            house.people.welcome(&account.key).await?;
        }
        Ok(Self { ask, account, served })
    }

    /// The command of that name, if they may run it here.
    pub(super) fn command(&self, name: &str) -> Result<&'static dyn Command, Trouble> {
        if self.served || is_open(name) { find(self.account.role, name) } else { Err(self.closed().into()) }
    }

    /// Whether a typed line may be read here.
    pub(super) fn may_say(&self, line: &str) -> bool {
        let word = line.trim_start().trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        // Telegram writes `/help@the_bot` in groups.
        self.served || is_open(&word.split('@').next().unwrap_or(word).to_lowercase())
    }

    /// The no to everything else, with the ways out.
    pub(super) fn closed(&self) -> Refusal {
        let (what, why) = unserved(&self.ask.room);
        let mut refusal = Refusal { why, ..Refusal::new(what, Line::new("desk-help")) };
        if self.account.role == Role::Owner {
            refusal.ways.extend(Rooms::group(&self.ask.room).map(|group| claim::admit_button(&group)));
        }
        refusal.way(help(None))
    }
}

/// That a room or private chat is not served, why, and what would change it.
pub(super) fn unserved(room: &Room) -> (Line, Vec<Line>) {
    if Rooms::group(room).is_some() {
        (Line::new("desk-room-unknown"), vec![Line::new("desk-room-unknown-why"), Line::new("desk-room-unknown-way")])
    } else {
        let why = vec![Line::new("desk-private-unknown-why"), Line::new("desk-private-unknown-way")];
        (Line::new("desk-private-unknown"), why)
    }
}

fn is_open(name: &str) -> bool {
    COMMANDS.iter().any(|command| command.spec().open && command.spec().name == name)
}
