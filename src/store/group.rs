//! Changes that arrive while the disk is busy are written together: applied in order, flushed once.
//!
//! One flush costs the same for one change and for a hundred, and two flushes at once only hinder each other. Who
//! finds nobody writing becomes the writer, until nothing waits. Not a thread of its own: tokio's paused time stands
//! still while a blocking task runs, and stories rely on that.

use super::{Change, Store, StoreError, StoreResult};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Changes that wait to be written.
#[derive(Default)]
pub(super) struct Group(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    orders: Vec<Order>,
    /// Somebody writes, and will look again before leaving.
    led: bool,
}

struct Order {
    /// Held until it is written, and let go of before its answer: who was answered may close the store.
    store: Store,
    change: Change,
    /// Let go of when the change is on disk.
    turn: Box<dyn Any + Send>,
    done: oneshot::Sender<StoreResult<()>>,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next changes to write together; with none, whoever asked writes no more.
    fn take(&self) -> Option<Vec<Order>> {
        let mut waiting = self.lock();
        waiting.led = !waiting.orders.is_empty();
        waiting.led.then(|| std::mem::take(&mut waiting.orders))
    }
}

impl Store {
    /// Queues a change, and waits until it is on disk. It gets there even when the caller is dropped meanwhile.
    pub(super) async fn enqueue(&self, turn: impl Send + 'static, change: Change) -> StoreResult<()> {
        let (done, answer) = oneshot::channel();
        let lead = {
            let mut waiting = self.0.group.lock();
            waiting.orders.push(Order { store: self.clone(), change, turn: Box::new(turn), done });
            !std::mem::replace(&mut waiting.led, true)
        };
        if lead {
            let leader = Leader { group: self.0.group.clone(), finished: false };
            tokio::task::spawn_blocking(move || leader.write());
        }
        answer.await.map_err(|_| StoreError::Closing)?
    }
}

fn write_together(orders: Vec<Order>) {
    let Some(store) = orders.first().map(|order| order.store.clone()) else { return };
    let applied: Vec<_> =
        orders.into_iter().map(|Order { change, turn, done, .. }| (store.apply(change), turn, done)).collect();
    let flushed =
        if applied.iter().any(|(applied, ..)| applied.is_ok()) { store.0.db.flush().map(|_| ()) } else { Ok(()) };
    drop(store);
    for (applied, turn, done) in applied {
        drop(turn);
        // Who does not wait any more does not want to know.
        drop(done.send(applied.and_then(|()| flushed.clone().map_err(StoreError::Disk))));
    }
}

/// Whoever writes.
struct Leader {
    group: Arc<Group>,
    finished: bool,
}

impl Leader {
    fn write(mut self) {
        while let Some(orders) = self.group.take() {
            write_together(orders);
        }
        self.finished = true;
    }
}

impl Drop for Leader {
    /// After a panic, or when the runtime ended before the writing began: nobody waits for ever.
    fn drop(&mut self) {
        if !self.finished {
            *self.group.lock() = Waiting::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;
    use std::sync::atomic::{AtomicBool, Ordering};

    const LOGS: Table<(String, u64), u64> = Table::new("logs");

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_at_once_all_land_and_the_last_of_each_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let writers = (0..40u64).map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..5 {
                    store.commit(Change::new().put(LOGS, &("log".to_owned(), writer), &n)).await.unwrap();
                    assert_eq!(store.get(LOGS, &("log".to_owned(), writer)).unwrap(), Some(n));
                }
            })
        });
        futures_util::future::join_all(writers).await.into_iter().for_each(|joined| joined.unwrap());
        drop(store);
        let found = Store::open(folder.path()).unwrap().scan(LOGS, &()).unwrap();
        assert_eq!(found.len(), 40);
        assert!(found.iter().all(|(_, n)| *n == 4), "{found:?}");
    }

    #[tokio::test]
    async fn changes_are_applied_in_the_order_in_which_they_came() {
        let store = Store::temporary().unwrap();
        let key = ("log".to_owned(), 0);
        let changes = (0..100).map(|n| store.commit(Change::new().put(LOGS, &key, &n)));
        futures_util::future::join_all(changes).await.into_iter().for_each(|done| done.unwrap());
        assert_eq!(store.get(LOGS, &key).unwrap(), Some(99));
    }

    #[tokio::test]
    async fn what_cannot_be_written_hinders_nobody_else() {
        let store = Store::temporary().unwrap();
        // A key that is no text is what JSON refuses.
        let odd = std::collections::BTreeMap::from([(vec![1], 1)]);
        let broken = Change::new().put(Table::new("odd"), &1u64, &odd);
        let good = Change::new().put(LOGS, &("log".to_owned(), 1), &1);
        let (broken, good) = tokio::join!(store.commit(broken), store.commit(good));
        assert!(matches!(broken, Err(StoreError::Record { .. })));
        good.unwrap();
        assert_eq!(store.scan(LOGS, &()).unwrap().len(), 1);
    }

    struct Turn(Arc<AtomicBool>);
    impl Drop for Turn {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_change_gets_there_without_its_caller_and_its_turn_ends_only_then() {
        let store = Store::temporary().unwrap();
        let key = ("log".to_owned(), 7);
        let ended = Arc::new(AtomicBool::new(false));
        {
            let commit = store.commit_holding(Turn(ended.clone()), Change::new().put(LOGS, &key, &7));
            let mut commit = std::pin::pin!(commit);
            assert!(futures_util::poll!(commit.as_mut()).is_pending());
        }
        // The next change waits for the one before.
        store.commit(Change::new().put(LOGS, &("log".to_owned(), 8), &8)).await.unwrap();
        assert_eq!(store.get(LOGS, &key).unwrap(), Some(7));
        assert!(ended.load(Ordering::SeqCst));
    }

    #[test]
    fn a_runtime_that_ends_leaves_a_store_that_still_writes() {
        let store = Store::temporary().unwrap();
        let write = |n| {
            let store = store.clone();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async move {
                store.commit(Change::new().put(LOGS, &("log".to_owned(), n), &n)).await.unwrap();
            });
        };
        write(1);
        // Nothing runs a leader here.
        *store.0.group.lock() = Waiting { orders: Vec::new(), led: true };
        drop(Leader { group: store.0.group.clone(), finished: false });
        write(2);
        assert_eq!(store.scan(LOGS, &()).unwrap().len(), 2);
    }
}
