//! Who someone is, the twin they act with, and how much they may use.
//!
//! A person is known by the immutable id that a platform gives them; nothing secret is stored about them: keys
//! are derived when needed ([`twin`]). And in which rooms they are served. Not here: what they deploy, and what they may
//! say (`commands`).

mod account;
mod owner;
mod quota;
mod rooms;
pub mod twin;

pub use account::{Accepted, Account, People};
pub use owner::Claim;
pub use quota::{Allowance, Amounts, Ledger, Over, Which};
pub use rooms::{Admission, RoomCode, Rooms};
pub use twin::{TwinPolicy, TwinState, Twins};

use serde::{Deserialize, Serialize};

/// What the operator says about people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether everybody is served in a private chat; else those who have spoken in a room that is served, and owners.
    pub open_private: bool,
    /// How much each person may use at a time.
    pub allowance: Allowance,
}
