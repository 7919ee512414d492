//! The door to becoming the first owner: a code that only whoever sees the process's output can know.

use crate::clock::Dice;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How often one account may guess until the process starts anew.
const GUESSES: u32 = 5;
/// Characters of the code: 12 of 32 letters are 60 bits.
const LENGTH: usize = 12;

/// What came of saying the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was right: they are the owner now.
    Owner,
    /// It was wrong.
    Wrong {
        /// How many guesses they have left.
        left: u32,
    },
    /// They guessed too often.
    TooMany,
    /// There is an owner already.
    Closed,
}

pub(super) struct Door {
    code: String,
    guesses: Mutex<HashMap<String, u32>>,
}

impl Door {
    pub fn new(dice: Dice) -> Self {
        Self { code: dice.word(LENGTH), guesses: Mutex::default() }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn knock(&self, account: &str, code: &str) -> Claim {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let used = guesses.get(account).copied().unwrap_or(0);
        if used >= GUESSES {
            return Claim::TooMany;
        }
        // Hashes are compared, so that the time it takes tells nothing about how much of the code was right.
        if Sha256::digest(code.trim().to_lowercase()) == Sha256::digest(&self.code) {
            return Claim::Owner;
        }
        guesses.insert(account.to_owned(), used + 1);
        Claim::Wrong { left: GUESSES - used - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_run_out_for_each_account_apart() {
        let door = Door::new(Dice::seeded(1));
        let code = door.code().to_owned();
        for left in (0..GUESSES).rev() {
            assert_eq!(door.knock("a", ""), Claim::Wrong { left });
        }
        assert_eq!(door.knock("a", &code), Claim::TooMany);
        assert_eq!(door.knock("b", &code), Claim::Owner);
    }
}
