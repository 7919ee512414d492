//! Keeps the doors open: each configured platform is opened, listened to, and opened again when it ends.
//!
//! One platform's trouble is its own: others go on. What can never work (a wrong token) is not tried again. Not
//! here: how a platform is opened, and what is done with its asks.

use crate::chat::{Platform, PlatformName};
use crate::clock::Dice;
use crate::meters::Meters;
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a platform may take to open.
const OPENING: Duration = Duration::from_secs(60);
/// How long one may take to close, before it is left.
const CLOSING: Duration = Duration::from_secs(3);
/// The first wait before another try; it doubles from there.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(120);

/// A platform cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Worth another try: it does not answer at this moment.
    #[error("{0}")]
    Passing(String),
    /// It will never work like this: a wrong token, an address that is none.
    #[error("{why}; {mend}")]
    Never {
        /// Why. No secret is in it.
        why: String,
        /// What whoever runs the program can do about it.
        mend: String,
    },
}

impl OpenError {
    /// Worth another try.
    pub fn passing(why: impl ToString) -> Self {
        Self::Passing(why.to_string())
    }

    /// It will never work like this.
    pub fn never(why: impl ToString, mend: impl ToString) -> Self {
        Self::Never { why: why.to_string(), mend: mend.to_string() }
    }
}

/// Ends a platform, within the time given.
pub type Close = Box<dyn FnOnce(Duration) -> BoxFuture<'static, ()> + Send>;

/// Does what is to be done with the asks of an open platform, until it ends or the token is cancelled.
pub type Serve = Arc<dyn Fn(Arc<dyn Platform>, CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// A platform that is open.
pub struct Opened {
    /// It.
    pub platform: Arc<dyn Platform>,
    /// What we are called there.
    pub name: String,
    /// What whoever runs the program should know of it, a line each: at which address it listens.
    pub notes: Vec<String>,
    /// What whoever runs the program does there, step by step, so that people can come in.
    pub guide: Vec<String>,
    /// Ends it.
    pub close: Close,
}

/// How a platform is opened, as often as needed.
#[async_trait]
pub trait Door: Send + Sync {
    /// Which platform.
    fn name(&self) -> PlatformName;

    /// Opens it.
    ///
    /// # Errors
    /// [`OpenError`]; its texts are logged and shown, so no secret is in them.
    async fn open(&self) -> Result<Opened, OpenError>;
}

/// How a door stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is being opened.
    Opening,
    /// People can come in.
    Open,
    /// It did not open, or did not stay open; it is tried again.
    Waiting,
    /// It will not open until whoever runs the program mends something.
    Shut,
}

/// How all doors stand. Cheap to clone.
#[derive(Clone, Default)]
pub struct Doors(Arc<Mutex<BTreeMap<PlatformName, Standing>>>);

impl Doors {
    /// Each door.
    pub fn standing(&self) -> BTreeMap<PlatformName, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it stands so.
    pub(crate) fn set(&self, name: PlatformName, standing: Standing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, standing);
    }
}

/// What keeping a door open needs.
#[derive(Clone)]
pub struct Keeper {
    /// How the doors stand.
    pub doors: Doors,
    /// The links of a platform that ended are down.
    pub meters: Meters,
    /// Spreads the tries.
    pub dice: Dice,
    /// Serves an open platform.
    pub serve: Serve,
    /// Is told of every opening.
    pub opened: Arc<dyn Fn(&Opened) + Send + Sync>,
}

impl Keeper {
    /// Keeps `door` open until `stop`.
    ///
    /// # Errors
    /// When it can never be opened like this.
    pub async fn keep(&self, door: &dyn Door, stop: &CancellationToken) -> Result<(), OpenError> {
        let (name, word) = (door.name(), door.name().word());
        let mut wait = FIRST;
        loop {
            self.doors.set(name, Standing::Opening);
            let Some(opened) = stop.run_until_cancelled(open(door)).await else { return Ok(()) };
            match opened {
                Ok(opened) => {
                    (self.opened)(&opened);
                    self.doors.set(name, Standing::Open);
                    let since = Instant::now();
                    self.live(opened, stop).await;
                    self.meters.links_down(word);
                    if stop.is_cancelled() {
                        return Ok(());
                    }
                    tracing::warn!(platform = word, "the platform ended; it is opened again");
                    if since.elapsed() > LONGEST {
                        wait = FIRST;
                    }
                }
                Err(error @ OpenError::Never { .. }) => {
                    self.doors.set(name, Standing::Shut);
                    tracing::error!(platform = word, %error, "the platform cannot be used");
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(platform = word, %error, again_in = ?wait, "the platform could not be opened yet");
                }
            }
            self.doors.set(name, Standing::Waiting);
            let most = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let spread = Duration::from_millis(most / 2 + self.dice.below(most / 2 + 1));
            if stop.run_until_cancelled(tokio::time::sleep(spread)).await.is_none() {
                return Ok(());
            }
            wait = (wait * 2).min(LONGEST);
        }
    }

    /// From opening to the end. Told to stop, it takes nothing more at once, while answers under way are finished.
    async fn live(&self, opened: Opened, stop: &CancellationToken) {
        let Opened { platform, close, .. } = opened;
        let word = platform.name().word();
        let served = AssertUnwindSafe((self.serve)(platform, stop.clone())).catch_unwind();
        let ended = CancellationToken::new();
        let served = async {
            let _ended = ended.clone().drop_guard();
            if served.await.is_err() {
                tracing::error!(platform = word, "serving the platform panicked");
            }
        };
        let closed = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = ended.cancelled() => {}
            }
            // A little more than it is given, for one that does not keep to it.
            if tokio::time::timeout(CLOSING * 2, close(CLOSING)).await.is_err() {
                tracing::warn!(platform = word, "the platform did not close in time, and is left");
            }
        };
        tokio::join!(served, closed);
    }
}

async fn open(door: &dyn Door) -> Result<Opened, OpenError> {
    let opened = tokio::time::timeout(OPENING, AssertUnwindSafe(door.open()).catch_unwind()).await;
    match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(OpenError::passing("opening it panicked")),
        Err(_) => Err(OpenError::passing(format!("it did not open within {OPENING:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Anchor, Ask, Card, Limits, PlatformError, Post, Rates};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A platform that ends when it is told to.
    struct Quiet(CancellationToken);

    #[async_trait]
    impl Platform for Quiet {
        fn name(&self) -> PlatformName {
            PlatformName::Telegram
        }
        fn limits(&self) -> Limits {
            Limits {
                rates: Rates::default(),
                free: None,
                pace: Duration::ZERO,
                tick: None,
                lasting: false,
                quiet: false,
            }
        }
        async fn receive(&self) -> Option<Ask> {
            self.0.cancelled().await;
            None
        }
        async fn acknowledge(&self, _: &Ask, _: Option<&Card<String>>) -> bool {
            false
        }
        async fn post(&self, _: Post<'_>) -> Result<Anchor, PlatformError> {
            Err(PlatformError::Gone(String::new()))
        }
        async fn edit(&self, anchor: &Anchor, _: &Card<String>, _: Option<&Ask>) -> Result<Anchor, PlatformError> {
            Ok(anchor.clone())
        }
    }

    /// Opens as `plan` says, try by try.
    struct Scripted {
        plan: fn(u32) -> Result<(), OpenError>,
        tries: AtomicU32,
        ends: CancellationToken,
        closed: Arc<AtomicU32>,
    }

    impl Scripted {
        fn new(plan: fn(u32) -> Result<(), OpenError>) -> Self {
            Self { plan, tries: AtomicU32::new(0), ends: CancellationToken::new(), closed: Arc::default() }
        }
    }

    #[async_trait]
    impl Door for Scripted {
        fn name(&self) -> PlatformName {
            PlatformName::Telegram
        }
        async fn open(&self) -> Result<Opened, OpenError> {
            (self.plan)(self.tries.fetch_add(1, Ordering::SeqCst))?;
            let closed = self.closed.clone();
            Ok(Opened {
                platform: Arc::new(Quiet(self.ends.clone())),
                name: "bot".to_owned(),
                notes: Vec::new(),
                guide: Vec::new(),
                close: Box::new(move |_| {
                    closed.fetch_add(1, Ordering::SeqCst);
                    async {}.boxed()
                }),
            })
        }
    }

    fn keeper() -> Keeper {
        Keeper {
            doors: Doors::default(),
            meters: Meters::default(),
            dice: Dice::seeded(1),
            serve: Arc::new(|platform, stop| {
                async move {
                    let _ = stop.run_until_cancelled(platform.receive()).await;
                }
                .boxed()
            }),
            opened: Arc::new(|_| {}),
        }
    }

    async fn until(keeper: &Keeper, standing: Standing) {
        while keeper.doors.standing().get(&PlatformName::Telegram) != Some(&standing) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_in_passing_is_tried_until_it_opens_and_again_when_it_ends() {
        let (keeper, stop) = (keeper(), CancellationToken::new());
        let door = Arc::new(Scripted::new(|at| match at {
            0 => Err(OpenError::passing("not now")),
            1 => panic!("a bug in a platform"),
            _ => Ok(()),
        }));
        let kept = tokio::spawn({
            let (keeper, door, stop) = (keeper.clone(), door.clone(), stop.clone());
            async move { keeper.keep(&*door, &stop).await }
        });
        until(&keeper, Standing::Open).await;
        assert_eq!(door.tries.load(Ordering::SeqCst), 3);
        keeper.meters.link("telegram", "poll", true);
        door.ends.cancel();
        until(&keeper, Standing::Waiting).await;
        assert_eq!(door.closed.load(Ordering::SeqCst), 1);
        assert!(keeper.meters.links().iter().all(|(_, up)| !up));
        stop.cancel();
        assert_eq!(kept.await.unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_token_is_not_tried_again() {
        let (keeper, stop) = (keeper(), CancellationToken::new());
        let door = Scripted::new(|_| Err(OpenError::never("the token is wrong", "give another")));
        let kept = keeper.keep(&door, &stop).await;
        assert_eq!(kept.unwrap_err().to_string(), "the token is wrong; give another");
        assert_eq!(door.tries.load(Ordering::SeqCst), 1);
        assert_eq!(keeper.doors.standing()[&PlatformName::Telegram], Standing::Shut);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_and_end() {
        let (keeper, stop) = (keeper(), CancellationToken::new());
        let door = Scripted::new(|_| Err(OpenError::passing("never today")));
        let hour = tokio::time::timeout(Duration::from_secs(3600), keeper.keep(&door, &stop)).await;
        assert!(hour.is_err());
        let tries = door.tries.load(Ordering::SeqCst);
        assert!((30..=70).contains(&tries), "{tries} tries in an hour");
    }
}
