//! Which rooms are served: those that somebody with the right to it has admitted, and no others.
//!
//! A Discord server or a Telegram group is admitted as one. Read for every ask, so reading is one look-up and writes
//! nothing. Not here: who is served in private ([`People::serves`](super::People::serves)), and what is said to those
//! who are not (`commands`).

use crate::chat::{PlatformName, Room};
use crate::clock::{Clock, Dice, Timestamp};
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// By a group's key ([`Rooms::group`]).
const ROOMS: Table<String, Admission> = Table::new("rooms");
/// By the hash of a code, lower-case hex: who reads the store cannot say a code.
const CODES: Table<String, Code> = Table::new("room-codes");
/// How long a room code can be used.
const LIFE: Duration = Duration::from_hours(24);
/// Characters of a code: 12 of 32 letters are 60 bits.
pub(super) const LENGTH: usize = 12;

/// How a room came to be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// The account key of who admitted it.
    pub by: String,
    /// The account key of whose code it was, where it was admitted by a code.
    #[serde(default)]
    pub code_of: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A code that admits a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Code {
    /// The account key of who made it.
    by: String,
    /// From when on it is worth nothing.
    expires: Timestamp,
    /// The group that it has admitted, and the account key of who said it.
    #[serde(default)]
    used: Option<(String, String)>,
}

/// A fresh room code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomCode {
    /// What is to be said. It is in no store.
    pub code: String,
    /// From when on it is worth nothing.
    pub expires: Timestamp,
}

/// What came of saying a room code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// The room is served.
    Served,
    /// It is right, but was not said in a room that can be admitted. It is as good as before.
    Elsewhere,
    /// It has admitted another room.
    Spent,
    /// There is no such code (any more).
    Unknown,
}

/// The rooms that are served. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    store: Store,
    clock: Clock,
    dice: Dice,
    /// Held from reading to writing.
    turn: Arc<Mutex<()>>,
}

impl Rooms {
    pub(super) fn new(store: Store, clock: Clock, dice: Dice) -> Self {
        Self { store, clock, dice, turn: Arc::default() }
    }

    /// The key of what is admitted when `room` is: the server or group that it is part of, else the shared room
    /// itself. `None`: a private chat, or this computer's terminal; there is nothing to admit.
    pub fn group(room: &Room) -> Option<String> {
        if room.platform == PlatformName::Terminal {
            return None;
        }
        let id = room.group.as_ref().or((!room.private).then_some(&room.id))?;
        Some(format!("{}|{id}", room.platform.word()))
    }

    /// Whether everybody in `room` is served. In a private chat it depends on who it is.
    ///
    /// # Errors
    /// The store's.
    pub fn serves(&self, room: &Room) -> StoreResult<bool> {
        match Self::group(room) {
            Some(group) => Ok(self.admission(&group)?.is_some()),
            None => Ok(room.platform == PlatformName::Terminal),
        }
    }

    /// How the group of that key came to be served; `None`: it is not.
    ///
    /// # Errors
    /// The store's.
    pub fn admission(&self, group: &str) -> StoreResult<Option<Admission>> {
        self.store.get(ROOMS, &group.to_owned())
    }

    /// Serves a group from here on; who admitted it first stays so.
    ///
    /// # Errors
    /// The store's.
    pub async fn admit(&self, group: &str, by: &str) -> StoreResult<Admission> {
        let turn = self.turn.clone().lock_owned().await;
        if let Some(admission) = self.admission(group)? {
            return Ok(admission);
        }
        let admission = Admission { by: by.to_owned(), code_of: None, at: self.clock.now() };
        self.store.commit_holding(turn, Change::new().put(ROOMS, &group.to_owned(), &admission)).await?;
        Ok(admission)
    }

    /// Serves a group no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn dismiss(&self, group: &str) -> StoreResult<()> {
        let turn = self.turn.clone().lock_owned().await;
        self.store.commit_holding(turn, Change::new().remove(ROOMS, &group.to_owned())).await
    }

    /// The platform says that `from` is `to` from now on (a Telegram group that became a supergroup): it is served
    /// there as it was here. May be told any number of times.
    ///
    /// # Errors
    /// The store's.
    pub async fn moved(&self, from: &Room, to: &Room) -> StoreResult<()> {
        let (Some(from), Some(to)) = (Self::group(from), Self::group(to)) else { return Ok(()) };
        if from == to {
            return Ok(());
        }
        let turn = self.turn.clone().lock_owned().await;
        let Some(admission) = self.admission(&from)? else { return Ok(()) };
        let mut change = Change::new().remove(ROOMS, &from);
        if self.admission(&to)?.is_none() {
            change = change.put(ROOMS, &to, &admission);
        }
        self.store.commit_holding(turn, change).await
    }

    /// A fresh code that admits one room: for whoever is to bring Bellhop there. Forgets those that have expired.
    ///
    /// # Errors
    /// The store's.
    pub async fn code(&self, by: &str) -> StoreResult<RoomCode> {
        let turn = self.turn.clone().lock_owned().await;
        let now = self.clock.now();
        let (code, expires) = (self.dice.word(LENGTH), now.plus(LIFE));
        let old = self.store.scan(CODES, &())?.into_iter().filter(|(_, code)| code.expires <= now);
        let change = old.fold(Change::new(), |change, (hash, _)| change.remove(CODES, &hash));
        let made = Code { by: by.to_owned(), expires, used: None };
        self.store.commit_holding(turn, change.put(CODES, &hash(&code), &made)).await?;
        Ok(RoomCode { code, expires })
    }

    /// `by` says a code in `group`. Said again where it was used, by who used it, it comes to the same.
    pub(super) async fn open(&self, code: &str, by: &str, group: Option<&str>) -> StoreResult<Opened> {
        let turn = self.turn.clone().lock_owned().await;
        let (hash, now) = (hash(code), self.clock.now());
        let Some(mut found) = self.store.get(CODES, &hash)?.filter(|code| code.expires > now) else {
            return Ok(Opened::Unknown);
        };
        if let Some((there, who)) = &found.used {
            let again = group == Some(there.as_str()) && who == by && self.admission(there)?.is_some();
            return Ok(if again { Opened::Served } else { Opened::Spent });
        }
        let Some(group) = group else { return Ok(Opened::Elsewhere) };
        // Others have read it there: it is used up even where the room is served already.
        found.used = Some((group.to_owned(), by.to_owned()));
        let mut change = Change::new().put(CODES, &hash, &found);
        if self.admission(group)?.is_none() {
            let admission = Admission { by: by.to_owned(), code_of: Some(found.by), at: now };
            change = change.put(ROOMS, &group.to_owned(), &admission);
        }
        self.store.commit_holding(turn, change).await?;
        Ok(Opened::Served)
    }
}

/// What is stored of a code.
pub(super) fn hash(code: &str) -> String {
    hex::encode(Sha256::digest(code.trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(platform: PlatformName, id: &str, private: bool, group: Option<&str>) -> Room {
        Room { platform, id: id.to_owned(), private, group: group.map(str::to_owned) }
    }

    fn rooms(store: &Store) -> Rooms {
        Rooms::new(store.clone(), Clock::runtime(Timestamp::from_secs(1_700_000_000)), Dice::seeded(7))
    }

    #[test]
    fn what_is_admitted_is_the_whole_server_or_group() {
        let group = |room| Rooms::group(&room);
        let (discord, telegram) = (PlatformName::Discord, PlatformName::Telegram);
        assert_eq!(group(room(discord, "7", false, Some("1"))).as_deref(), Some("discord|1"));
        assert_eq!(group(room(telegram, "-5/3", false, Some("-5"))).as_deref(), Some("telegram|-5"));
        assert_eq!(group(room(discord, "7", false, None)).as_deref(), Some("discord|7"), "a shared room of its own");
        assert_eq!(group(room(discord, "7", true, None)), None);
        assert_eq!(group(room(PlatformName::Terminal, "hall", false, None)), None);
    }

    #[tokio::test]
    async fn nothing_is_served_that_was_not_admitted() {
        let store = Store::temporary().unwrap();
        let rooms = rooms(&store);
        let here = room(PlatformName::Discord, "7", false, Some("1"));
        let private = room(PlatformName::Discord, "9", true, None);
        assert!(!rooms.serves(&here).unwrap() && !rooms.serves(&private).unwrap());
        assert!(rooms.serves(&room(PlatformName::Terminal, "hall", true, None)).unwrap());
        rooms.admit("discord|1", "discord|ada").await.unwrap();
        assert!(rooms.serves(&here).unwrap() && !rooms.serves(&private).unwrap());
        assert!(!rooms.serves(&room(PlatformName::Telegram, "7", false, Some("1"))).unwrap(), "another platform's");
        assert_eq!(rooms.admit("discord|1", "discord|bob").await.unwrap().by, "discord|ada");
        rooms.dismiss("discord|1").await.unwrap();
        assert!(!rooms.serves(&here).unwrap());
    }

    #[tokio::test]
    async fn a_group_that_moves_is_served_there_and_no_longer_here() {
        let store = Store::temporary().unwrap();
        let rooms = rooms(&store);
        let from = room(PlatformName::Telegram, "-5", false, Some("-5"));
        let to = room(PlatformName::Telegram, "-1005", false, Some("-1005"));
        rooms.moved(&from, &to).await.unwrap();
        assert!(!rooms.serves(&to).unwrap(), "a move admits nothing");
        rooms.admit("telegram|-5", "telegram|ada").await.unwrap();
        for _ in 0..2 {
            rooms.moved(&from, &to).await.unwrap();
            assert!(rooms.serves(&to).unwrap() && !rooms.serves(&from).unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_code_admits_one_room_within_a_day_and_is_not_in_the_store() {
        let store = Store::temporary().unwrap();
        let rooms = rooms(&store);
        let [first, second, spare] = [(); 3].map(|()| rooms.code("ada"));
        let (first, second, spare) = (first.await.unwrap(), second.await.unwrap(), spare.await.unwrap());
        let open = async |code: &str, by: &str, group: Option<&str>| rooms.open(code, by, group).await.unwrap();
        assert_eq!(open("nonsense", "bob", Some("discord|1")).await, Opened::Unknown);
        assert_eq!(open(&first.code, "bob", None).await, Opened::Elsewhere);
        let typed = format!(" {} ", first.code.to_uppercase());
        for _ in 0..2 {
            assert_eq!(open(&typed, "bob", Some("discord|1")).await, Opened::Served, "said twice, done once");
        }
        let admission = rooms.admission("discord|1").unwrap().unwrap();
        assert_eq!((admission.by.as_str(), admission.code_of.as_deref()), ("bob", Some("ada")));
        assert_eq!(open(&first.code, "eve", Some("discord|1")).await, Opened::Spent);
        assert_eq!(open(&first.code, "bob", Some("discord|2")).await, Opened::Spent);
        assert_eq!(open(&spare.code, "bob", Some("discord|1")).await, Opened::Served);
        assert_eq!(open(&spare.code, "eve", Some("discord|2")).await, Opened::Spent, "others have read it");
        rooms.dismiss("discord|1").await.unwrap();
        assert_eq!(open(&first.code, "bob", Some("discord|1")).await, Opened::Spent, "it does not open again");
        tokio::time::advance(LIFE - Duration::from_secs(1)).await;
        assert_eq!(open(&second.code, "bob", Some("discord|2")).await, Opened::Served);
        let third = rooms.code("ada").await.unwrap();
        tokio::time::advance(LIFE).await;
        assert_eq!(open(&third.code, "bob", Some("discord|3")).await, Opened::Unknown);
        rooms.code("ada").await.unwrap();
        let kept = store.scan(CODES, &()).unwrap();
        assert_eq!(kept.len(), 1, "those that expired are forgotten");
        assert!(kept.iter().all(|(key, _)| *key != hash(&third.code)));
    }
}
