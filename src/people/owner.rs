//! The door to becoming the first owner: a code that only whoever sees the process's output can know.
//!
//! And how often somebody may guess a code, this one or a room's. Not here: the codes of rooms (`rooms`).

use super::rooms::{LENGTH, hash};
use crate::clock::Dice;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often one account may guess until the process starts anew.
const GUESSES: u32 = 5;

/// What came of saying a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was right: they are the owner now.
    Owner,
    /// It was right: the room is served.
    Room,
    /// It is a room's, and was not said in a room that can be admitted. It is as good as before.
    Elsewhere,
    /// It is a room's, and has admitted another room.
    Spent,
    /// It was wrong.
    Wrong {
        /// How many guesses they have left.
        left: u32,
    },
    /// It was wrong, but an owner need not guess: they can make one.
    Needless,
    /// They guessed too often.
    TooMany,
    /// It is the owner's, and there is an owner already.
    Closed,
}

pub(super) struct Door {
    code: String,
    guesses: Mutex<HashMap<String, u32>>,
}

impl Door {
    pub fn new(dice: &Dice) -> Self {
        Self { code: dice.word(LENGTH), guesses: Mutex::default() }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether that account may say no more codes.
    pub fn is_shut(&self, account: &str) -> bool {
        self.guesses().get(account).is_some_and(|used| *used >= GUESSES)
    }

    /// Whether it is the owner's code. Hashes are compared, so that the time it takes tells nothing about how much of
    /// it was right.
    pub fn fits(&self, code: &str) -> bool {
        hash(code) == hash(&self.code)
    }

    /// A wrong guess; returns how many are left.
    pub fn missed(&self, account: &str) -> u32 {
        let mut guesses = self.guesses();
        let used = guesses.entry(account.to_owned()).or_default();
        *used = GUESSES.min(*used + 1);
        GUESSES - *used
    }

    fn guesses(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_run_out_for_each_account_apart() {
        let door = Door::new(&Dice::seeded(1));
        assert!(door.fits(door.code()) && !door.fits(""));
        for left in (0..GUESSES).rev() {
            assert!(!door.is_shut("a"));
            assert_eq!(door.missed("a"), left);
        }
        assert_eq!(door.missed("a"), 0);
        assert!(door.is_shut("a") && !door.is_shut("b"));
    }
}
