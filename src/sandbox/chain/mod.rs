//! TFChain, modelled: a state machine with the real chain's calls, storage, events, errors and fees (spec 149),
//! that makes blocks of signed extrinsics.
//!
//! Two faces: [`LocalPort`] in process, and Substrate's JSON-RPC. Not FRAME, and no consensus: one author,
//! blocks by a timer or as soon as something waits. The clock of the chain follows [`Clock`], and rises by
//! at least a millisecond a block (the real one: three seconds).

mod balances;
mod block;
mod burning;
mod contracts;
mod convert;
mod core;
mod extrinsic;
mod genesis;
mod item;
mod journal;
mod kvstore;
mod metadata;
mod pool;
mod port;
mod price;
mod rpc;
mod runtime;
mod scale;
mod session;
mod state;
mod system;
mod tfgrid;
mod utility;

pub use core::Rejected;
pub use extrinsic::{Bad, Invalid};
pub use genesis::{Genesis, GenesisFarm, GenesisNode};
pub use journal::{Batch, Journal, MemoryJournal};
pub use pool::{Refusal, Status};
pub use port::LocalPort;
pub use scale::Hash;

use self::core::{Core, Staff};
use crate::clock::{Clock, Timestamp};
use crate::grid::{AccountId, Party, Refused, Tft};
use crate::sandbox::fault::Faults;
use parity_scale_codec::{Decode, DecodeLimit};
use runtime::EventRecord;
use state::State;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// At this interval.
    Every(Duration),
    /// As soon as an extrinsic waits, and at [`Options::idle`] when none does.
    Instant,
}

/// How a chain behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// When blocks are made; default 6 s.
    pub pace: Pace,
    /// With [`Pace::Instant`]: the interval when nothing happens; default 500 ms.
    pub idle: Duration,
    /// How many blocks the final one is behind the newest; default 0, at most 128.
    pub finality_lag: u32,
    /// Whether contracts are billed when their turn comes; default yes.
    pub billing: bool,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pace: Pace::Every(Duration::from_secs(6)),
            idle: Duration::from_millis(500),
            finality_lag: 0,
            billing: true,
            faults: Faults::default(),
        }
    }
}

/// A chain. Nothing happens until [`run`](Self::run) (or [`author`](Self::author)).
pub struct LocalChain {
    core: Mutex<Core>,
    clock: Clock,
    options: Options,
    wake: Notify,
    metadata: Vec<u8>,
    best: watch::Sender<u32>,
    finalized: watch::Sender<u32>,
}

impl LocalChain {
    /// Goes on from the journal when it holds a chain; else begins with the genesis.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn new(
        options: Options,
        mut genesis: Genesis,
        clock: Clock,
        journal: Option<Box<dyn Journal>>,
    ) -> io::Result<Arc<Self>> {
        let biller = genesis.biller.take().filter(|_| options.billing);
        if let Some(biller) = &biller {
            genesis.endow(biller.account(), Tft::whole(1_000_000));
        }
        let staff = Staff { author: genesis.author.into(), biller };
        let core = Core::open(genesis.state, staff, options.finality_lag.min(128), journal)?;
        let (best, finalized) = (watch::Sender::new(core.best()), watch::Sender::new(core.finalized()));
        Ok(Arc::new(Self {
            core: Mutex::new(core),
            clock,
            options,
            wake: Notify::new(),
            metadata: metadata::encoded(),
            best,
            finalized,
        }))
    }

    /// Makes blocks until it is told to stop, or a block cannot be written.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut next = tokio::time::Instant::now();
        loop {
            let (interval, hurry) = match self.options.pace {
                Pace::Every(interval) => (interval, false),
                Pace::Instant => (self.options.idle, true),
            };
            next = (next + interval).max(tokio::time::Instant::now());
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(next) => {}
                () = self.something_waits(), if hurry => next = tokio::time::Instant::now(),
            }
            if let Err(error) = self.author() {
                tracing::error!(%error, "the sandbox's chain cannot write its blocks and stops");
                return;
            }
        }
    }

    async fn something_waits(&self) {
        loop {
            let woken = self.wake.notified();
            if self.core().pool.has_ready() {
                return;
            }
            woken.await;
        }
    }

    /// Makes a block now, whatever the pace; its number.
    ///
    /// # Errors
    /// When it cannot be written to the journal; then it is not announced, and the chain must not go on.
    pub fn author(&self) -> io::Result<u32> {
        self.jump(1)
    }

    /// Makes one block that is `ahead` numbers after the newest: for stories about long times. Bills and
    /// mortal extrinsics in between are passed over.
    ///
    /// # Errors
    /// As [`author`](Self::author).
    pub fn jump(&self, ahead: u32) -> io::Result<u32> {
        let mut core = self.core();
        let _ = core.author(self.clock.now(), ahead, None)?;
        Ok(self.announce(core))
    }

    /// What root does, or on the real chain the council: makes a block whose first act is this call (encoded).
    ///
    /// # Errors
    /// As [`author`](Self::author). Inside: the call cannot be read (`argument`), or failed by name.
    pub fn govern(&self, call: &[u8]) -> io::Result<Result<(), Refused>> {
        let call = match runtime::Call::decode_all_with_depth_limit(16, &mut &*call) {
            Ok(call) => call,
            Err(error) => {
                let (by, code) = (Party::Chain, "argument".to_owned());
                return Ok(Err(Refused { by, code, text: error.to_string().chars().take(200).collect() }));
            }
        };
        let mut core = self.core();
        let done = core.author(self.clock.now(), 1, Some(&call))?;
        self.announce(core);
        Ok(done.map_err(convert::refused))
    }

    fn announce(&self, core: MutexGuard<'_, Core>) -> u32 {
        let (best, finalized) = (core.best(), core.finalized());
        drop(core);
        self.best.send_replace(best);
        self.finalized.send_replace(finalized);
        best
    }

    /// The newest block's number, as it changes.
    pub fn blocks(&self) -> watch::Receiver<u32> {
        self.best.subscribe()
    }

    /// The newest final block's number, as it changes.
    pub fn finalized_blocks(&self) -> watch::Receiver<u32> {
        self.finalized.subscribe()
    }

    /// Hands an extrinsic to the pool; its hash, and what becomes of it.
    ///
    /// # Errors
    /// When it cannot be read, or the pool does not want it.
    pub fn submit(&self, bytes: &[u8]) -> Result<(Hash, UnboundedReceiver<Status>), Rejected> {
        let taken = self.core().submit(bytes)?;
        self.wake.notify_waiters();
        Ok(taken)
    }

    /// The runtime's metadata, V14, encoded.
    pub fn metadata(&self) -> &[u8] {
        &self.metadata
    }

    /// The newest block: number, hash, and the chain's time.
    pub fn head(&self) -> (u32, Hash, Timestamp) {
        let core = self.core();
        (core.best(), core.head().hash(), Timestamp(system::timestamp::NOW.get(&core.state, &())))
    }

    /// The hash of block 0.
    pub fn genesis_hash(&self) -> Hash {
        extrinsic::genesis_hash(&self.core().state)
    }

    /// The hash of a block that is kept.
    pub fn block_hash(&self, number: u32) -> Option<Hash> {
        self.core().hash(number)
    }

    /// The value under a storage key, after the newest block.
    pub fn storage(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.with_state(|state| state.get(key).map(<[u8]>::to_vec))
    }

    /// The next nonce of an account, those that wait counted.
    pub fn next_nonce(&self, who: &AccountId) -> u32 {
        let core = self.core();
        core.pool.next_nonce(&core.state, &(*who).into())
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.core().state)
    }

    fn events(&self, number: u32) -> Vec<EventRecord> {
        let raw = self.core().read(number, &system::EVENTS.key(&()));
        raw.and_then(|raw| Vec::decode(&mut &raw[..]).ok()).unwrap_or_default()
    }

    fn faults(&self) -> &Faults {
        &self.options.faults
    }

    fn pace(&self) -> Duration {
        match self.options.pace {
            Pace::Every(interval) => interval,
            Pace::Instant => self.options.idle,
        }
    }
}
