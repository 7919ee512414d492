//! What the rooms of the message bus share: a chain that knows twins only, keys, a relay on loopback.

use async_trait::async_trait;
use bellhop::clock::{Clock, Dice};
use bellhop::grid::live::rmb::{Answer, Pace, Peer, RelayBus, Relays};
use bellhop::grid::{
    AccountId, Balance, Caller, Chain, Contract, ContractId, DocumentHash, Farm, FarmId, GridError, GridResult, Head,
    Identity, KeyKind, Landed, Node, NodeId, Party, Prepared, Prices, Survey, Twin, TwinId, Tx,
};
use bellhop::sandbox::fault::Faults;
use bellhop::sandbox::relay::{Options, Relay};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Twins, and nothing else.
#[derive(Default)]
pub struct Twins(pub Mutex<HashMap<TwinId, Twin>>);

impl Twins {
    pub fn put(&self, id: u32, account: AccountId, relay: Option<&str>, pk: Option<Vec<u8>>) {
        let twin = Twin { id: TwinId(id), account, relay: relay.map(str::to_owned), pk };
        self.0.lock().unwrap().insert(TwinId(id), twin);
    }
}

fn absent<T>() -> GridResult<T> {
    Err(GridError::passing(Party::Chain, "this chain knows twins only"))
}

#[async_trait]
impl Chain for Twins {
    async fn twin(&self, id: TwinId) -> GridResult<Option<Twin>> {
        Ok(self.0.lock().unwrap().get(&id).cloned())
    }
    async fn head(&self) -> GridResult<Head> {
        absent()
    }
    async fn balance(&self, _: &AccountId) -> GridResult<Balance> {
        absent()
    }
    async fn terms_accepted(&self, _: &AccountId) -> GridResult<bool> {
        absent()
    }
    async fn twin_of(&self, _: &AccountId) -> GridResult<Option<TwinId>> {
        absent()
    }
    async fn farm(&self, _: FarmId) -> GridResult<Option<Farm>> {
        absent()
    }
    async fn node(&self, _: NodeId) -> GridResult<Option<Node>> {
        absent()
    }
    async fn contract(&self, _: ContractId) -> GridResult<Option<Contract>> {
        absent()
    }
    async fn contract_by_hash(&self, _: NodeId, _: &DocumentHash) -> GridResult<Option<ContractId>> {
        absent()
    }
    async fn contract_by_name(&self, _: &str) -> GridResult<Option<ContractId>> {
        absent()
    }
    async fn prices(&self) -> GridResult<Prices> {
        absent()
    }
    async fn survey(&self) -> GridResult<Survey> {
        absent()
    }
    async fn prepare(&self, _: &Identity, _: &Tx) -> GridResult<Prepared> {
        absent()
    }
    async fn send(&self, _: &Prepared) -> GridResult<Landed> {
        absent()
    }
}

/// A person's or node's key for tests.
pub fn caller(kind: KeyKind, twin: u32) -> Caller {
    let mut mini = [9; 32];
    mini[0] = u8::try_from(twin).unwrap();
    Caller { identity: Identity::from_mini_secret(kind, mini).unwrap(), twin: TwinId(twin) }
}

/// A relay, its chain and its faults.
pub struct Grid {
    pub chain: Arc<Twins>,
    pub relay: Relay,
    pub faults: Faults,
    pub addr: SocketAddr,
    pub stop: CancellationToken,
}

impl Grid {
    pub async fn new() -> Self {
        Self::with(Options::new(vec!["localhost".to_owned()])).await
    }

    pub async fn with(options: Options) -> Self {
        let (chain, faults) = (Arc::new(Twins::default()), Faults::default());
        let relay = Relay::new(options, chain.clone(), Clock::system(), faults.clone());
        let stop = CancellationToken::new();
        let addr = relay.serve(([127, 0, 0, 1], 0).into(), stop.clone()).await.unwrap();
        Self { chain, relay, faults, addr, stop }
    }

    /// Stops serving and starts again at the same address.
    pub async fn restart(&mut self) {
        self.stop.cancel();
        self.stop = CancellationToken::new();
        // The old listener lets go of the address a moment later.
        for _ in 0..500 {
            match self.relay.serve(self.addr, self.stop.clone()).await {
                Ok(_) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("the relay does not start again");
    }

    pub fn twin(&self, kind: KeyKind, id: u32, encrypted: bool) -> Caller {
        let caller = caller(kind, id);
        let pk = caller.identity.encryption_public().filter(|_| encrypted);
        self.chain.put(id, caller.identity.account(), Some("localhost"), pk);
        caller
    }

    pub fn relays(&self) -> Relays {
        Relays::new(&[format!("ws://{}", self.addr)]).unwrap()
    }

    pub fn bus(&self) -> RelayBus {
        RelayBus::new(self.relays(), self.chain.clone(), Clock::system(), Dice::seeded(7)).with_pace(pace())
    }

    pub async fn peer(&self, who: Caller, answer: impl Answer + 'static) -> Peer {
        let (chain, answer) = (self.chain.clone(), Arc::new(answer));
        let peer = Peer::start(self.relays(), chain, Clock::system(), Dice::seeded(8), who, answer);
        peer.connected().await;
        peer
    }
}

pub fn pace() -> Pace {
    Pace { retry: Duration::from_millis(20), ..Pace::default() }
}
