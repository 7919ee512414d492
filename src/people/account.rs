//! Accounts: made at the first meeting, kept by the first handle.

use super::owner::Door;
use super::{Claim, Config, Ledger};
use crate::chat::{Person, Role};
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
}

/// Everybody that Bellhop has met. Cheap to clone.
#[derive(Clone)]
pub struct People {
    store: Store,
    clock: Clock,
    ledger: Ledger,
    door: Arc<Door>,
    /// Held from reading an account to writing it.
    turn: Arc<Mutex<()>>,
}

impl People {
    /// The people of this store.
    pub fn new(store: Store, clock: Clock, dice: Dice, config: &Config) -> Self {
        let ledger = Ledger::new(store.clone(), clock.clone(), config.allowance);
        Self { store, clock, ledger, door: Arc::new(Door::new(dice)), turn: Arc::default() }
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

    /// Somebody says the owner's code. It works once.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(&self, key: &str, code: &str) -> StoreResult<Claim> {
        let turn = self.turn.clone().lock_owned().await;
        let (Some(mut account), false) = (self.get(key)?, self.has_owner()?) else {
            return Ok(Claim::Closed);
        };
        let claim = self.door.knock(key, code);
        if claim == Claim::Owner {
            account.role = Role::Owner;
            self.store.commit_holding(turn, Change::new().put(ACCOUNTS, &account.key, &account)).await?;
        }
        Ok(claim)
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

    #[tokio::test]
    async fn the_first_owner_is_claimed_once() {
        let store = Store::temporary().unwrap();
        let people = people(&store);
        for id in ["1", "2"] {
            people.meet(&person(id, "")).await.unwrap();
        }
        let code = people.owner_code().unwrap().unwrap();
        assert_eq!(people.owner_code().unwrap().as_deref(), Some(code.as_str()));
        assert_eq!(people.claim("discord|1", "guess").await.unwrap(), Claim::Wrong { left: 4 });
        assert_eq!(people.claim("discord|404", &code).await.unwrap(), Claim::Closed, "nobody of that key");
        let typed = format!(" {} ", code.to_uppercase());
        assert_eq!(people.claim("discord|1", &typed).await.unwrap(), Claim::Owner);
        assert_eq!(people.claim("discord|2", &code).await.unwrap(), Claim::Closed);
        assert_eq!(people.get("discord|1").unwrap().unwrap().role, Role::Owner);
        assert_eq!(people.get("discord|2").unwrap().unwrap().role, Role::Member);
        assert_eq!(people.owner_code().unwrap(), None);
    }
}
