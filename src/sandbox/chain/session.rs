//! Session: who the validators are. They make blocks, earn the fees and may report prices. No sessions.

use super::item::{Item, storage};
use super::scale::Account;

storage! { "Session";
    VALIDATORS: Item<(), Vec<Account>> = "Validators";
}
