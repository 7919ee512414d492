//! A Telegram of our own: a state model of people, chats and messages behind the Bot API (10.1) on a loopback socket,
//! for a real client library to talk to. It says what Telegram says when a bot does something wrong, and writes down
//! what no bot should do. Not a mock: nothing is answered that did not happen in the model.
//!
//! Left out: media other than documents, inline mode, payments, Markdown, a second bot.

mod api;
mod html;
mod limits;
mod methods;
mod model;
mod people;
mod press;
mod see;
mod spec;
mod text;
mod updates;
mod wire;

pub use model::{Answer, Counters, Document, Entity, Person, Request, Room, Spot, Standing, Topic};
pub use press::{Followed, Unpressed};
pub use see::{Button, Shown, Spinner};

use model::State;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// The bot's number.
pub const BOT_ID: i64 = 7_000_000_001;
/// The bot's name.
pub const BOT_NAME: &str = "Bellhop";
/// The bot's user name, as in `/help@bellhop_bot`.
pub const BOT_USERNAME: &str = "bellhop_bot";
/// The bot's token: the only one that the fake takes.
pub const TOKEN: &str = "7000000001:AAFakeTokenOfThirtyFiveCharacters_-";

/// How the fake behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Hold every request, answer and update against the description of the Bot API.
    pub validate: bool,
    /// Enforce how much a bot may send. Ordered refusals come all the same.
    pub limits: bool,
    /// Keep every request for `requests`.
    pub log: bool,
    /// In groups the bot hears only commands, answers to it, and service messages.
    pub privacy: bool,
    /// How long a pressed button can be answered.
    pub query_life: Duration,
    /// An answer to a pressed button that takes longer is kept for `late`.
    pub slow: Duration,
    /// How long `wait_for`, `press` and the like wait.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            validate: true,
            limits: true,
            log: true,
            privacy: true,
            query_life: Duration::from_secs(15),
            slow: Duration::from_secs(1),
            patience: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// For load: nothing is checked, limited or logged.
    pub fn bare() -> Self {
        Self { validate: false, limits: false, log: false, ..Self::default() }
    }
}

struct Core {
    state: Mutex<State>,
    /// Something changed that somebody may be waiting to see.
    changed: watch::Sender<()>,
    /// Updates came, or the way to get them changed.
    arrivals: Notify,
    http: reqwest::Client,
}

impl Core {
    /// Looks at or changes the state, and tells nobody.
    fn quietly<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, sends new updates on, and wakes whoever waits to see something.
    fn change<T>(self: &Arc<Self>, act: impl FnOnce(&mut State) -> T) -> T {
        let out = self.quietly(act);
        updates::send_on(self);
        self.changed.send_replace(());
        out
    }
}

/// Ends the server with the last handle.
struct Server {
    core: Arc<Core>,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.core.quietly(|state| state.updates.redirect(None, true));
    }
}

/// A running fake. Clones are handles on the same one; it ends with the last.
#[derive(Clone)]
pub struct Telegram {
    core: Arc<Core>,
    url: url::Url,
    _server: Arc<Server>,
}

impl Telegram {
    /// Starts one on a free port of the loopback interface.
    pub async fn run(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let core = Arc::new(Core {
            state: Mutex::new(State::new(options)),
            changed: watch::Sender::new(()),
            arrivals: Notify::new(),
            http: reqwest::Client::new(),
        });
        let router = api::router(core.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        let url = url::Url::parse(&format!("http://{address}/")).expect("an address is a URL");
        Self { core: core.clone(), url, _server: Arc::new(Server { core, task }) }
    }

    /// Where the Bot API is, for `set_api_url`.
    pub fn url(&self) -> url::Url {
        self.url.clone()
    }

    /// What the bot did against the rules, and what of the fake's own does not fit the description.
    pub fn violations(&self) -> Vec<String> {
        self.core.quietly(|state| state.violations.clone())
    }

    /// Every request that was answered, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.core.quietly(|state| state.log.clone())
    }

    /// How often things happened so far.
    pub fn counters(&self) -> Counters {
        self.core.quietly(|state| state.counters.clone())
    }

    /// How many requests were refused with 429.
    pub fn limited(&self) -> u64 {
        self.counters().limited
    }

    /// The next `times` calls of `method`, in `room` only when given, are refused with 429 for `seconds`. A bot that
    /// comes back before that is among the violations.
    pub fn refuse(&self, method: &str, room: Option<Room>, times: u32, seconds: u64) {
        self.core.quietly(|state| state.limits.order(method, room.map(|room| room.0), times, seconds));
    }

    /// The next `times` calls of `method` are done, but the connection breaks before the bot hears so.
    pub fn lose(&self, method: &str, times: u32) {
        self.core.quietly(|state| *state.losses.entry(method.to_owned()).or_default() += times);
    }

    /// Enforces, from here on, how much a bot may send; or does not.
    pub fn enforce(&self, on: bool) {
        self.core.quietly(|state| state.limits.switch(on));
    }

    /// Switches privacy mode.
    pub fn privacy(&self, on: bool) {
        self.core.quietly(|state| state.options.privacy = on);
    }

    /// Tells the update `id` again, with the same number, as Telegram does when it did not hear the confirmation.
    pub fn redeliver(&self, id: i64) {
        let known = self.core.change(|state| state.updates.again(id));
        assert!(known, "update {id} is not among the latest");
    }

    /// How many updates the bot has not taken yet.
    pub fn waiting(&self) -> usize {
        self.core.quietly(|state| state.updates.waiting())
    }

    /// Waits until the counts say what `look` wants; `false` when they do not in time.
    pub async fn until(&self, look: impl Fn(&Counters) -> bool) -> bool {
        self.sought(|state| look(&state.counters).then_some(())).await.is_some()
    }

    /// Waits until `look` finds something; `None` when it does not in time.
    async fn sought<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let patience = self.core.quietly(|state| state.options.patience);
        let mut changes = self.core.changed.subscribe();
        let search = async {
            loop {
                if let Some(found) = self.core.quietly(|state| look(state)) {
                    return Some(found);
                }
                changes.changed().await.ok()?;
            }
        };
        timeout(patience, search).await.ok().flatten()
    }
}
