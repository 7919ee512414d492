//! Accounts: made at the first meeting, kept by the first handle.

use super::owner::Door;
use super::rooms::Opened;
use super::{Claim, Config, Ledger, Rooms};
use crate::chat::{Person, Role, Room};
use crate::clock::{Clock, Dice, Timestamp};
use crate::grid::TwinId;
use crate::store::{Change, Store, StoreResult, Table};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Mutex;

const ACCOUNTS: Table<String, Account> = Table::new("accounts");
/// From a handle to the account's key.
const HANDLES: Table<String, String> = Table::new("handles");

/// The terms that somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Where the text is.
    pub link: String,
    /// MD5 of the text as it was then, lower-case hex.
    pub hash: String,
    /// When.
    pub at: Timestamp,
}

/// Somebody that Bellhop has met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The text of the first handle ([`Person::handle`]): never changes, the person's twin is derived from it.
    pub key: String,
    /// Who they are on each platform; never empty, the first one made the account.
    pub handles: Vec<Person>,
    /// What they may do.
    pub role: Role,
    /// The language that they chose, if they did.
    pub language: Option<String>,
    /// When they were first met.
    pub created: Timestamp,
    /// Their twin as last seen on the chain. A note for showing; the chain is asked before it matters.
    pub twin: Option<TwinId>,
    /// The terms that they accepted last.
    pub terms: Option<Accepted>,
    /// Whether they have spoken in a room that was served then: from there on they are served in private too. It is
    /// not taken back with the room, for what they run goes on costing, and they must be able to stop it.
    #[serde(default)]
    pub welcome: bool,
}

impl Account {
    /// How they are called, for showing only.
    pub fn name(&self) -> &str {
        let name = self.handles.first().map_or("", |person| person.name.as_str());
        if name.is_empty() { &self.key } else { name }
    }
}

/// Everybody that Bellhop has met. Cheap to clone.
#[derive(Clone)]
pub struct People {
    store: Store,
    clock: Clock,
    ledger: Ledger,
    rooms: Rooms,
    door: Arc<Door>,
    open_private: bool,
    /// Held from reading an account to writing it.
    turn: Arc<Mutex<()>>,
}

impl People {
    /// The people of this store.
    pub fn new(store: Store, clock: Clock, dice: Dice, config: &Config) -> Self {
        let ledger = Ledger::new(store.clone(), clock.clone(), config.allowance);
        let door = Arc::new(Door::new(&dice));
        let rooms = Rooms::new(store.clone(), clock.clone(), dice);
        Self { store, clock, ledger, rooms, door, open_private: config.open_private, turn: Arc::default() }
    }

    /// Which rooms are served.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// Whether somebody may ask for everything in `room`; else only for what is [open](crate::chat::Spec::open).
    ///
    /// # Errors
    /// The store's.
    pub fn serves(&self, account: &Account, room: &Room) -> StoreResult<bool> {
        let private = Rooms::group(room).is_none();
        let known = account.welcome || account.role == Role::Owner || self.open_private;
        Ok(private && known || self.rooms.serves(room)?)
    }

    /// Notes that somebody has spoken in a room that is served.
    ///
    /// # Errors
    /// The store's.
    pub async fn welcome(&self, key: &str) -> StoreResult<Option<Account>> {
        self.change(key, |account| account.welcome = true).await
    }

    /// How much each may use, and uses.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The account of `person`; made now when they are new. Their name for showing follows the platform's.
    ///
    /// # Errors
    /// The store's.
    pub async fn meet(&self, person: &Person) -> StoreResult<Account> {
        if let Some(account) = self.find(person)?
            && account.handles.contains(person)
        {
            return Ok(account);
        }
        let turn = self.turn.clone().lock_owned().await;
        let handle = person.handle();
        let account = match self.find(person)? {
            Some(mut account) => {
                for known in account.handles.iter_mut().filter(|known| known.handle() == handle) {
                    known.name.clone_from(&person.name);
                }
                account
            }
            None => Account {
                key: handle.clone(),
                handles: vec![person.clone()],
                role: Role::Member,
                language: None,
                created: self.clock.now(),
                twin: None,
                terms: None,
                welcome: false,
            },
        };
        let change = Change::new().put(ACCOUNTS, &account.key, &account).put(HANDLES, &handle, &account.key);
        self.store.commit_holding(turn, change).await?;
        Ok(account)
    }

    /// The account of that key.
    ///
    /// # Errors
    /// The store's.
    pub fn get(&self, key: &str) -> StoreResult<Option<Account>> {
        self.store.get(ACCOUNTS, &key.to_owned())
    }

    /// Sets the language that somebody chose; `None` goes back to their platform's.
    ///
    /// # Errors
    /// The store's.
    pub async fn set_language(&self, key: &str, language: Option<String>) -> StoreResult<Option<Account>> {
        self.change(key, |account| account.language = language).await
    }

    /// Notes the twin that the chain has for somebody.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_twin(&self, key: &str, twin: TwinId) -> StoreResult<Option<Account>> {
        self.change(key, |account| account.twin = Some(twin)).await
    }

    /// Notes that somebody accepted the terms as they read now.
    ///
    /// # Errors
    /// The store's.
    pub async fn accept_terms(&self, key: &str, terms: &crate::grid::terms::Terms) -> StoreResult<Option<Account>> {
        let accepted = Accepted { link: terms.link.clone(), hash: terms.hash.clone(), at: self.clock.now() };
        self.change(key, |account| account.terms = Some(accepted)).await
    }

    /// The code by which the first owner is claimed; `None` when there is an owner. It is for the operator's
    /// eyes: the process prints it at its start. It stays the same until the process ends.
    ///
    /// # Errors
    /// The store's.
    pub fn owner_code(&self) -> StoreResult<Option<String>> {
        Ok((!self.has_owner()?).then(|| self.door.code().to_owned()))
    }

    /// Somebody says a code in `room`: the owner's, or a room's. Each works once.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(&self, key: &str, room: &Room, code: &str) -> StoreResult<Claim> {
        let turn = self.turn.clone().lock_owned().await;
        let Some(mut account) = self.get(key)? else { return Ok(Claim::Closed) };
        if self.door.is_shut(key) {
            return Ok(Claim::TooMany);
        }
        if self.door.fits(code) {
            if account.role != Role::Owner {
                if self.has_owner()? {
                    return Ok(Claim::Closed);
                }
                account.role = Role::Owner;
                self.store.commit_holding(turn, Change::new().put(ACCOUNTS, &account.key, &account)).await?;
            }
            return Ok(Claim::Owner);
        }
        Ok(match self.rooms.open(code, key, Rooms::group(room).as_deref()).await? {
            Opened::Served => Claim::Room,
            Opened::Elsewhere => Claim::Elsewhere,
            Opened::Spent => Claim::Spent,
            Opened::Unknown if account.role == Role::Owner => Claim::Needless,
            Opened::Unknown => Claim::Wrong { left: self.door.missed(key) },
        })
    }

    fn has_owner(&self) -> StoreResult<bool> {
        Ok(self.store.scan(ACCOUNTS, &())?.iter().any(|(_, account)| account.role == Role::Owner))
    }

    /// The account of somebody who was met before.
    ///
    /// # Errors
    /// The store's.
    pub fn known(&self, person: &Person) -> StoreResult<Option<Account>> {
        self.find(person)
    }

    fn find(&self, person: &Person) -> StoreResult<Option<Account>> {
        match self.store.get(HANDLES, &person.handle())? {
            Some(key) => self.store.get(ACCOUNTS, &key),
            None => Ok(None),
        }
    }

    async fn change(&self, key: &str, edit: impl FnOnce(&mut Account)) -> StoreResult<Option<Account>> {
        let turn = self.turn.clone().lock_owned().await;
        let Some(before) = self.get(key)? else { return Ok(None) };
        let mut account = before.clone();
        edit(&mut account);
        if account != before {
            self.store.commit_holding(turn, Change::new().put(ACCOUNTS, &account.key, &account)).await?;
        }
        Ok(Some(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PlatformName;

    fn person(id: &str, name: &str) -> Person {
        Person { platform: PlatformName::Discord, id: id.to_owned(), name: name.to_owned() }
    }

    fn people(store: &Store) -> People {
        let clock = Clock::runtime(Timestamp::from_secs(1_700_000_000));
        People::new(store.clone(), clock, Dice::seeded(7), &Config::default())
    }

    #[tokio::test]
    async fn somebody_is_the_same_under_a_new_name_and_met_by_many_at_once() {
        let people = people(&Store::temporary().unwrap());
        let meetings = (0..8).map(|_| {
            let people = people.clone();
            tokio::spawn(async move { people.meet(&person("1", "ann")).await.unwrap() })
        });
        for meeting in futures_util::future::join_all(meetings).await {
            assert_eq!(meeting.unwrap().key, "discord|1");
        }
        people.set_language("discord|1", Some("fr".to_owned())).await.unwrap();
        let renamed = people.meet(&person("1", "anna")).await.unwrap();
        assert_eq!((renamed.language.as_deref(), renamed.handles), (Some("fr"), vec![person("1", "anna")]));
        assert_ne!(people.meet(&person("11", "ann")).await.unwrap().key, renamed.key);
        assert_eq!(people.set_language("discord|404", None).await.unwrap(), None);
    }

    fn room(private: bool, group: Option<&str>) -> Room {
        Room { platform: PlatformName::Discord, id: "9".to_owned(), private, group: group.map(str::to_owned) }
    }

    #[tokio::test]
    async fn the_first_owner_is_claimed_once() {
        let store = Store::temporary().unwrap();
        let people = people(&store);
        for id in ["1", "2"] {
            people.meet(&person(id, "")).await.unwrap();
        }
        let claim = async |key: &str, code: &str| people.claim(key, &room(true, None), code).await.unwrap();
        let code = people.owner_code().unwrap().unwrap();
        assert_eq!(people.owner_code().unwrap().as_deref(), Some(code.as_str()));
        assert_eq!(claim("discord|1", "guess").await, Claim::Wrong { left: 4 });
        assert_eq!(claim("discord|404", &code).await, Claim::Closed, "nobody of that key");
        let typed = format!(" {} ", code.to_uppercase());
        for _ in 0..2 {
            assert_eq!(claim("discord|1", &typed).await, Claim::Owner, "said twice, done once");
        }
        assert_eq!(claim("discord|2", &code).await, Claim::Closed);
        for _ in 0..9 {
            assert_eq!(claim("discord|1", "guess").await, Claim::Needless);
        }
        assert_eq!(people.get("discord|1").unwrap().unwrap().role, Role::Owner);
        assert_eq!(people.get("discord|2").unwrap().unwrap().role, Role::Member);
        assert_eq!(people.owner_code().unwrap(), None);
    }

    #[tokio::test]
    async fn who_guessed_too_often_cannot_say_a_right_code_either() {
        let people = people(&Store::temporary().unwrap());
        people.meet(&person("1", "")).await.unwrap();
        let here = room(false, Some("1"));
        let code = people.rooms().code("terminal|ada").await.unwrap().code;
        for left in (0..5).rev() {
            assert_eq!(people.claim("discord|1", &here, "guess").await.unwrap(), Claim::Wrong { left });
        }
        assert_eq!(people.claim("discord|1", &here, &code).await.unwrap(), Claim::TooMany);
        assert!(!people.rooms().serves(&here).unwrap());
    }

    #[tokio::test]
    async fn who_spoke_in_a_room_that_is_served_is_served_in_private_too() {
        let store = Store::temporary().unwrap();
        let people = people(&store);
        let ann = people.meet(&person("1", "ann")).await.unwrap();
        let (here, private) = (room(false, Some("1")), room(true, None));
        assert!(!people.serves(&ann, &private).unwrap());
        let ann = people.welcome("discord|1").await.unwrap().unwrap();
        assert!(people.serves(&ann, &private).unwrap() && !people.serves(&ann, &here).unwrap());
        let bob = people.meet(&person("2", "bob")).await.unwrap();
        let owner = Account { role: Role::Owner, ..bob.clone() };
        assert!(people.serves(&owner, &private).unwrap() && !people.serves(&owner, &here).unwrap());
        let config = Config { open_private: true, ..Config::default() };
        let open = People::new(store, people.clock.clone(), Dice::seeded(7), &config);
        assert!(open.serves(&bob, &private).unwrap() && !open.serves(&bob, &here).unwrap());
    }
}
