//! A fake Discord: a state model behind Discord's own protocols (REST v10, gateway v10, HTTP interactions), on
//! loopback sockets, with people who type, press, choose and read.
//!
//! It enforces what the real one enforces (lifecycles, permissions, rate limits, sizes), and writes down every breach
//! ([`Discord::violations`]); a story ends by looking at that list. It stands alone, so that a bench can include it by
//! path. It is not a client of Bellhop and knows nothing of it but its clock. What it leaves out: voice, presence,
//! reactions, polls, user installs, guild commands, compressed frames, components of the second kind.

mod answers;
mod channels;
mod commands;
mod compose;
pub mod endpoint;
mod gateway;
pub mod limits;
pub mod model;
pub mod people;
pub mod rest;
mod rules;
mod spec;
mod wire;

use bellhop::clock::{Clock, Dice};
use ed25519_dalek::SigningKey;
use limits::Limited;
use model::{Id, Ping, World, bits};
use rest::{Fault, Request};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How this Discord behaves. The knobs on [`Discord`] change what may change while it runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Check every request and answer against the OpenAPI file (where present), and against the rules that the file
    /// does not state. Off for benches.
    pub validate: bool,
    /// Enforce rate limits. Off for benches.
    pub limits: bool,
    /// Keep a log of requests with their bodies ([`Discord::requests`]). Off for benches.
    pub record: bool,
    /// How many messages a channel, and how many interactions the whole keep. The oldest go first.
    pub keep: usize,
    /// The time in which the first answer to an interaction must come.
    pub first_answer: Duration,
    /// What the gateway's hello asks for.
    pub heartbeat: Duration,
    /// The recommended number of shards.
    pub shards: u32,
    /// Privileged intents that are switched on in the developer portal (bits).
    pub privileged: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            validate: true,
            limits: true,
            record: true,
            keep: usize::MAX,
            first_answer: Duration::from_secs(3),
            heartbeat: Duration::from_millis(41_250),
            shards: 1,
            privileged: 0,
        }
    }
}

impl Options {
    /// As fast as it goes: no limits, no checks, no log, little memory.
    pub fn bench() -> Self {
        Self { validate: false, limits: false, record: false, keep: 500, ..Self::default() }
    }
}

/// A running fake Discord. Clones are the same one. It ends when the last clone goes.
#[derive(Clone)]
pub struct Discord(Arc<Inner>);

/// What all tasks share. Locks are held for a few microseconds and never across an await; their order is
/// world, then limits, then the rest.
pub struct Inner {
    options: Options,
    addr: SocketAddr,
    clock: Clock,
    key: SigningKey,
    world: Mutex<World>,
    gateway: Mutex<gateway::Sessions>,
    limits: Mutex<limits::Limits>,
    log: Mutex<Vec<Request>>,
    faults: Mutex<Vec<Fault>>,
    violations: Mutex<Vec<String>>,
    /// Where interactions go instead of the gateway.
    endpoint: Mutex<Option<String>>,
    http: reqwest::Client,
    /// Counts changes that a person could see; waiting looks at this.
    changes: watch::Sender<u64>,
    requests: AtomicU64,
    outage: AtomicBool,
    down: tokio_util::sync::CancellationToken,
    _stop: tokio_util::sync::DropGuard,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // A failed assertion elsewhere must not hide behind a poisoned lock.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Discord {
    /// Starts one with the usual behaviour.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// Starts one on a free port of the loopback.
    pub async fn with(options: Options) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port on the loopback");
        let addr = listener.local_addr().expect("its address");
        let (clock, dice) = (Clock::system(), Dice::system());
        let down = tokio_util::sync::CancellationToken::new();
        let inner = Arc::new(Inner {
            world: Mutex::new(World::new(clock.now().0, &dice)),
            limits: Mutex::new(limits::Limits::new(options.limits)),
            options,
            addr,
            key: SigningKey::from_bytes(&dice.bytes()),
            clock,
            gateway: Mutex::default(),
            log: Mutex::default(),
            faults: Mutex::default(),
            violations: Mutex::default(),
            endpoint: Mutex::default(),
            http: reqwest::Client::builder().no_proxy().build().expect("an HTTP client"),
            changes: watch::Sender::new(0),
            requests: AtomicU64::new(0),
            outage: AtomicBool::new(false),
            _stop: down.clone().drop_guard(),
            down: down.clone(),
        });
        let router = rest::router(Arc::downgrade(&inner));
        let serve = axum::serve(tokio_nodelay(listener), router);
        tokio::spawn(async move {
            tokio::select! {
                _ = serve.into_future() => {}
                () = down.cancelled() => {}
            }
        });
        Self(inner)
    }

    // What the bot is given.

    /// What to give to the bot's HTTP client in place of `https://discord.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.addr)
    }

    /// The gateway's address, as `GET /gateway` tells it.
    pub fn gateway_url(&self) -> String {
        self.0.gateway_url()
    }

    /// The bot's token, in the real shape: the application's id in base64, a time, a secret.
    pub fn token(&self) -> String {
        self.world().token.clone()
    }

    /// The application's id.
    pub fn application(&self) -> Id {
        self.world().application
    }

    /// The bot's user.
    pub fn bot(&self) -> Id {
        self.world().bot
    }

    /// The key with which interactions over HTTP are signed, in hex.
    pub fn public_key(&self) -> String {
        self.0.public_key()
    }

    // The world.

    /// A new server in which the bot is. Its id decides its shard: `(id >> 22) % shards`; servers made one after the
    /// other are on neighbouring shards.
    pub fn guild(&self, name: &str) -> Id {
        let id = self.world().add_guild(name);
        self.0.guild_create(id);
        id
    }

    /// A text channel in which the bot may do what it usually may ([`bits::USUAL`]).
    pub fn channel(&self, guild: Id, name: &str) -> Id {
        self.world().add_channel(guild, name)
    }

    /// Takes permissions away from the bot in a channel.
    pub fn forbid(&self, channel: Id, permissions: u64) {
        self.world().channel_mut(channel).permissions &= !permissions;
    }

    /// Gives permissions to the bot in a channel.
    pub fn permit(&self, channel: Id, permissions: u64) {
        self.world().channel_mut(channel).permissions |= permissions;
    }

    /// A new person, who is an ordinary member of every server that exists now, and whose client has this locale.
    pub fn person(&self, name: &str, locale: &str) -> Id {
        self.world().add_person(name, locale)
    }

    /// Lets somebody into a server, with more permissions than usual if wanted (see [`bits`]).
    pub fn join(&self, person: Id, guild: Id, more: u64) {
        self.world().guild_mut(guild).members.insert(person, bits::MEMBER | more);
    }

    /// Somebody leaves a server.
    pub fn leave(&self, person: Id, guild: Id) {
        self.world().guild_mut(guild).members.remove(&person);
    }

    /// Whether the bot may write to somebody first (their privacy setting).
    pub fn allow_dms(&self, person: Id, yes: bool) {
        self.world().user_mut(person).dms = yes;
    }

    /// The private channel between somebody and the bot.
    pub fn dm(&self, person: Id) -> Id {
        self.world().dm_with(person)
    }

    /// A message is deleted by somebody with the right to.
    pub fn delete_message(&self, message: Id) {
        let mut world = self.world();
        let Some(gone) = world.remove_message(message) else { return };
        let guild = world.guild_of(gone.channel);
        drop(world);
        self.0.message_delete(&gone, guild);
    }

    /// A channel is deleted, with everything in it.
    pub fn delete_channel(&self, channel: Id) {
        let mut world = self.world();
        let shape = world.channel(channel).map(|known| wire::channel(&world, known));
        let guild = world.guild_of(channel);
        world.remove_channel(channel);
        drop(world);
        if let Some(shape) = shape {
            self.0.dispatch("CHANNEL_DELETE", guild, &shape);
            self.0.changed();
        }
    }

    /// The bot is thrown out of a server.
    pub fn kick(&self, guild: Id) {
        self.world().remove_guild(guild);
        self.0.dispatch("GUILD_DELETE", Some(guild), &serde_json::json!({"id": guild.to_string()}));
        self.0.changed();
    }

    /// The registered global commands, as the collection's GET with localisations shows them.
    pub fn commands(&self) -> Vec<Value> {
        self.world().commands.clone()
    }

    /// How often the collection of commands was written.
    pub fn command_writes(&self) -> usize {
        self.world().command_writes
    }

    // What went wrong, and what was done.

    /// Everything that Discord would have refused, ignored or complained of. Empty at the end of a good story.
    pub fn violations(&self) -> Vec<String> {
        let mut all = held(&self.0.violations).clone();
        all.extend(held(&self.0.limits).early.iter().cloned());
        all
    }

    /// Takes the violations out, for stories that provoke some.
    pub fn forgive(&self) -> Vec<String> {
        let all = self.violations();
        held(&self.0.violations).clear();
        held(&self.0.limits).early.clear();
        all
    }

    /// Who was notified by a message without the bot having named them in `allowed_mentions`.
    pub fn pings(&self) -> Vec<Ping> {
        self.world().pings.iter().filter(|ping| !ping.meant).cloned().collect()
    }

    /// Who was notified because the bot named them in `allowed_mentions`.
    pub fn called(&self) -> Vec<Ping> {
        self.world().pings.iter().filter(|ping| ping.meant).cloned().collect()
    }

    /// Every request so far, oldest first (empty when not recorded).
    pub fn requests(&self) -> Vec<Request> {
        held(&self.0.log).clone()
    }

    /// How many requests came.
    pub fn request_count(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Every 429 that was given.
    pub fn limited(&self) -> Vec<Limited> {
        held(&self.0.limits).given.clone()
    }

    /// Answers with 401, 403 or 429 (not shared ones): 10,000 in ten minutes would block the address.
    pub fn invalid(&self) -> usize {
        held(&self.0.limits).invalid
    }

    // Trouble to order.

    /// Enforces rate limits from here on, or does not.
    pub fn enforce(&self, on: bool) {
        held(&self.0.limits).switch(on);
    }

    /// The next `count` requests to a route get a 429 that says `wait`, as a per-route limit would. Coming back
    /// earlier is a violation. A route is written as in [`Request::route`].
    pub fn limit(&self, route: &str, count: usize, wait: Duration) {
        self.fault(Fault { route: route.into(), count, what: rest::What::Limited(wait) });
    }

    /// The next `count` requests to a route fail with this status before anything is done.
    pub fn fail(&self, route: &str, count: usize, status: u16) {
        self.fault(Fault { route: route.into(), count, what: rest::What::Refused(status) });
    }

    /// The next `count` requests to a route are carried out, but the answer is lost: a 502 comes instead.
    pub fn lose(&self, route: &str, count: usize) {
        self.fault(Fault { route: route.into(), count, what: rest::What::Lost });
    }

    fn fault(&self, fault: Fault) {
        held(&self.0.faults).push(fault);
    }

    /// The fifteen minutes of every interaction so far are over: their tokens are dead.
    pub fn expire_tokens(&self) {
        self.world().interactions.values_mut().for_each(|one| one.expired = true);
    }

    /// While on, every request gets 503 and no gateway connection is made (those that exist stay).
    pub fn outage(&self, on: bool) {
        self.0.outage.store(on, Ordering::Relaxed);
    }

    /// Waits until `done` says so, looking whenever something changed. False after `limit`.
    pub async fn until(&self, limit: Duration, mut done: impl FnMut() -> bool) -> bool {
        let mut changes = self.0.changes.subscribe();
        let look = async {
            while !done() {
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(limit, look).await.is_ok()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        held(&self.0.world)
    }
}

impl Inner {
    fn gateway_url(&self) -> String {
        format!("ws://{}/gateway", self.addr)
    }

    fn public_key(&self) -> String {
        hex::encode(self.key.verifying_key().to_bytes())
    }

    fn now(&self) -> u64 {
        self.clock.now().0
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Writes breaches down, each kind once for each place.
    fn breach(&self, whence: &str, all: impl IntoIterator<Item = String>) {
        let mut list = held(&self.violations);
        let known: BTreeSet<String> = list.iter().cloned().collect();
        list.extend(all.into_iter().map(|one| format!("{whence}: {one}")).filter(|line| !known.contains(line)));
    }
}

/// Small frames must not wait for one another.
fn tokio_nodelay(
    listener: tokio::net::TcpListener,
) -> impl axum::serve::Listener<Addr = SocketAddr, Io = tokio::net::TcpStream> {
    use axum::serve::ListenerExt;
    listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    })
}
