//! Typed tables on disk; the only place that knows sled.
//!
//! One tree holds all tables, so that a [`Change`] over several of them lands whole or not at all. A commit
//! is flushed to disk before it returns: sled alone would do so only every 500 ms. Keys are ordered bytes,
//! values JSON. Not here: what a table means; tables are declared beside the code that owns them.

mod group;
mod key;

pub use key::Key;

use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

/// The layout that this program reads and writes. Raise it with a migration in [`Store::open`].
const SCHEMA: u32 = 1;
/// Where the layout's number is kept. No table may be called this.
const SCHEMA_KEY: &[u8] = b"schema";

/// Something is wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or sled.
    #[error("the store on disk failed: {0}")]
    Disk(#[from] sled::Error),
    /// A stored value cannot be read as what it should be.
    #[error("a record of table {table} cannot be read: {source}")]
    Record {
        /// The table.
        table: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The store was written by another version of Bellhop.
    #[error(
        "the store has layout {found}, this program knows layout {SCHEMA}: run the version that wrote it, or give another --data"
    )]
    Schema {
        /// The layout found.
        found: u32,
    },
    /// Another process has it open.
    #[error("another Bellhop is using {0}: stop it first, or give another --data")]
    InUse(String),
    /// The worker that writes went away (the program is ending).
    #[error("the store is closing")]
    Closing,
}

/// The result of reading or writing.
pub type StoreResult<T> = Result<T, StoreError>;

/// A table's name and types. Declare it as a `const` beside the code that owns it; a name is never reused
/// for something else.
pub struct Table<K, V> {
    name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Table<K, V> {
    /// The table `name` (`a-z` and `-`).
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

/// What a [`Store::commit`] writes, all or nothing.
#[derive(Default)]
pub struct Change {
    batch: sled::Batch,
    some: bool,
    broken: Option<StoreError>,
}

impl Change {
    /// An empty change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` at `key`.
    #[must_use]
    pub fn put<K: Key, V: Serialize>(mut self, table: Table<K, V>, key: &K, value: &V) -> Self {
        self.some = true;
        match serde_json::to_vec(value) {
            Ok(bytes) => self.batch.insert(full_key(table.name, key), bytes),
            Err(source) => self.broken = Some(StoreError::Record { table: table.name, source }),
        }
        self
    }

    /// Removes what is at `key`, if anything.
    #[must_use]
    pub fn remove<K: Key, V>(mut self, table: Table<K, V>, key: &K) -> Self {
        self.some = true;
        self.batch.remove(full_key(table.name, key));
        self
    }
}

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: sled::Db,
    group: Arc<group::Group>,
}

impl Store {
    /// Opens (or makes) the store in the folder `at`. One process at a time.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Schema`], or the disk's.
    pub fn open(at: &Path) -> StoreResult<Self> {
        let db =
            sled::Config::new().path(at).cache_capacity(32 << 20).flush_every_ms(None).open().map_err(|error| {
                match &error {
                    sled::Error::Io(io) if io.to_string().contains("acquire lock") => {
                        StoreError::InUse(at.display().to_string())
                    }
                    _ => StoreError::Disk(error),
                }
            })?;
        Self::settle(db)
    }

    /// A store that is gone when dropped: for tests and benches.
    ///
    /// # Errors
    /// The disk's.
    pub fn temporary() -> StoreResult<Self> {
        Self::settle(sled::Config::new().temporary(true).flush_every_ms(None).open()?)
    }

    fn settle(db: sled::Db) -> StoreResult<Self> {
        match db.get(SCHEMA_KEY)? {
            Some(found) => {
                let found = <[u8; 4]>::try_from(found.as_ref()).map_or(0, u32::from_be_bytes);
                if found != SCHEMA {
                    return Err(StoreError::Schema { found });
                }
            }
            None => {
                db.insert(SCHEMA_KEY, &SCHEMA.to_be_bytes())?;
                db.flush()?;
            }
        }
        Ok(Self(Arc::new(Inner { db, group: Arc::default() })))
    }

    /// Reads what is at `key`.
    ///
    /// # Errors
    /// The disk's, or a record that cannot be read.
    pub fn get<K: Key, V: DeserializeOwned>(&self, table: Table<K, V>, key: &K) -> StoreResult<Option<V>> {
        self.0.db.get(full_key(table.name, key))?.map(|bytes| decode(table.name, &bytes)).transpose()
    }

    /// All records whose key begins with `prefix` (a shorter key), in key order; `&()` for the whole table.
    ///
    /// # Errors
    /// The disk's, or a record that cannot be read.
    pub fn scan<K: Key, V: DeserializeOwned, P: Key>(
        &self,
        table: Table<K, V>,
        prefix: &P,
    ) -> StoreResult<Vec<(K, V)>> {
        let mut found = Vec::new();
        let head = table.name.len() + 1;
        for record in self.0.db.scan_prefix(full_key(table.name, prefix)) {
            let (key, value) = record?;
            let Some(key) = key.get(head..).and_then(K::read) else {
                let source = serde::de::Error::custom("the key does not have the table's form");
                return Err(StoreError::Record { table: table.name, source });
            };
            found.push((key, decode(table.name, &value)?));
        }
        Ok(found)
    }

    /// Writes a change, and returns when it is on disk. Many at once share a flush; an empty one costs nothing.
    ///
    /// # Errors
    /// The disk's; then nothing of it is promised, and the caller must not act as if it were.
    pub async fn commit(&self, change: Change) -> StoreResult<()> {
        self.commit_holding((), change).await
    }

    /// As [`commit`](Self::commit), and lets go of `turn` only when the change is on disk: it gets there even when
    /// the caller is dropped meanwhile, and whoever has the next turn must see it.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub async fn commit_holding(&self, turn: impl Send + 'static, change: Change) -> StoreResult<()> {
        if change.some { self.enqueue(turn, change).await } else { Ok(()) }
    }

    /// As [`commit`](Self::commit), on the caller's own thread, which waits for the disk: for callers that are
    /// not asynchronous.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn commit_here(&self, change: Change) -> StoreResult<()> {
        self.apply(change)?;
        self.0.db.flush()?;
        Ok(())
    }

    fn apply(&self, change: Change) -> StoreResult<()> {
        match change.broken {
            Some(broken) => Err(broken),
            None => Ok(self.0.db.apply_batch(change.batch)?),
        }
    }
}

fn full_key<K: Key>(table: &str, key: &K) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(table.len() + 1 + 16);
    bytes.extend_from_slice(table.as_bytes());
    bytes.push(0);
    key.write(&mut bytes);
    bytes
}

fn decode<V: DeserializeOwned>(table: &'static str, bytes: &[u8]) -> StoreResult<V> {
    serde_json::from_slice(bytes).map_err(|source| StoreError::Record { table, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGS: Table<(String, u64), String> = Table::new("logs");
    const NAMES: Table<String, u32> = Table::new("names");

    #[tokio::test]
    async fn a_change_over_two_tables_lands_whole_and_scans_in_order() {
        let store = Store::temporary().unwrap();
        let mut change = Change::new().put(NAMES, &"b".to_owned(), &2);
        for n in [300, 2, 1] {
            change = change.put(LOGS, &("x".to_owned(), n), &format!("event {n}"));
        }
        store.commit(change.put(LOGS, &("xy".to_owned(), 0), &"other".to_owned())).await.unwrap();
        let found: Vec<_> = store.scan(LOGS, &"x".to_owned()).unwrap().into_iter().map(|((_, n), _)| n).collect();
        assert_eq!(found, [1, 2, 300], "a text prefix ends at the text's end");
        assert_eq!(store.scan(LOGS, &()).unwrap().len(), 4);
        assert_eq!(store.get(NAMES, &"b".to_owned()).unwrap(), Some(2));
        store.commit(Change::new().remove(NAMES, &"b".to_owned())).await.unwrap();
        assert_eq!(store.get(NAMES, &"b".to_owned()).unwrap(), None);
    }

    #[tokio::test]
    async fn it_is_there_after_reopening_and_refuses_a_second_process() {
        let folder = tempfile::tempdir().unwrap();
        {
            let store = Store::open(folder.path()).unwrap();
            store.commit(Change::new().put(NAMES, &"a".to_owned(), &1)).await.unwrap();
            assert!(matches!(Store::open(folder.path()), Err(StoreError::InUse(_))));
        }
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.get(NAMES, &"a".to_owned()).unwrap(), Some(1));
    }

    #[test]
    fn another_layout_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let db = sled::open(folder.path()).unwrap();
        db.insert(SCHEMA_KEY, &9u32.to_be_bytes()).unwrap();
        db.flush().unwrap();
        drop(db);
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Schema { found: 9 })));
    }
}
