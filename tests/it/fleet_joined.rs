//! A fleet that joins a chain and a relay which know nothing of it: registered by signed calls, each node a peer.

use bellhop::clock::{Clock, Dice, Timestamp};
use bellhop::grid::live::rmb::{RelayBus, Relays};
use bellhop::grid::workload::{Deployment, State, Volume, Workload, WorkloadData};
use bellhop::grid::zos::Zos;
use bellhop::grid::{Bus, Call, Caller, Chain, ContractId, Event, GIB, GridError, Identity, KeyKind, Party, Tft, Tx};
use bellhop::sandbox::chain::{Genesis, LocalChain, LocalPort, Options as ChainOptions, Pace};
use bellhop::sandbox::fault::Faults;
use bellhop::sandbox::machines::Machines;
use bellhop::sandbox::nodes::{Boots, Flavour, Fleet, FleetBus, Options, Parts, Plan, Seat, Temper};
use bellhop::sandbox::relay::{Options as RelayOptions, Relay};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const RELAY: &str = "relay.sandbox";

struct House {
    chain: Arc<dyn Chain>,
    clock: Clock,
    plan: Plan,
    stop: CancellationToken,
}

impl House {
    fn open(clock: Clock, nodes: usize, farms: usize) -> Self {
        let idle = Duration::from_secs(6);
        let options = ChainOptions { pace: Pace::Instant, idle, ..ChainOptions::default() };
        let local = LocalChain::new(options, Genesis::new(clock.now()), clock.clone(), None).unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(local.clone().run(stop.clone()));
        Self { chain: Arc::new(LocalPort::new(local)), clock, plan: Plan::guest(1, nodes, farms), stop }
    }

    async fn register(&self) {
        let alice = Identity::from_uri("//Alice").unwrap();
        self.plan.register(self.chain.as_ref(), &alice, RELAY).await.unwrap();
    }

    async fn fleet(&self) -> Arc<Fleet> {
        let faults = Faults::default();
        let fleet = Fleet::open(Parts {
            plan: self.plan.clone(),
            chain: self.chain.clone(),
            clock: self.clock.clone(),
            kyc: Arc::new(|_| true),
            faults: faults.clone(),
            machines: Machines::new(self.clock.clone(), faults, 1),
            store: None,
            options: Options { boots: Boots::Instant, ..Options::default() },
        })
        .await
        .unwrap();
        tokio::spawn(fleet.clone().run(self.stop.clone()));
        fleet
    }

    async fn submit(&self, signer: &Identity, calls: Vec<Call>) -> Vec<Event> {
        let prepared = self.chain.prepare(signer, &Tx::all(calls)).await.unwrap();
        self.chain.send(&prepared).await.unwrap().events
    }

    async fn person(&self) -> Caller {
        let identity = Identity::from_mini_secret(KeyKind::Sr25519, [77; 32]).unwrap();
        let alice = Identity::from_uri("//Alice").unwrap();
        self.submit(&alice, vec![Call::Transfer { to: identity.account(), amount: Tft::whole(100) }]).await;
        let twin = Call::CreateTwin { relay: Some(RELAY.to_owned()), pk: identity.encryption_public() };
        let terms = Call::AcceptTerms { link: "http://terms.sandbox".to_owned(), hash: "0".repeat(32) };
        self.submit(&identity, vec![terms, twin]).await;
        let twin = self.chain.twin_of(&identity.account()).await.unwrap().unwrap();
        Caller { identity, twin }
    }

    /// Deploys a disk and waits until it is there; gives the contract.
    async fn disk(&self, bus: &dyn Bus, who: &Caller, seat: &Seat) -> ContractId {
        let disk = Workload::new("disk1", WorkloadData::Zmount(Volume { size: 5 * GIB }));
        let mut document = Deployment::new(who.twin, vec![disk]);
        let call = Call::NodeContract { node: seat.id, hash: document.hash(), data: "{}".to_owned(), public_ips: 0 };
        let made = self.submit(&who.identity, vec![call]).await;
        let contract = made.iter().find_map(|event| match event {
            Event::ContractCreated(contract) => Some(contract.id),
            _ => None,
        });
        document.contract_id = contract.unwrap();
        document.sign(&who.identity);
        let zos = Zos::new(bus, who, seat.twin);
        zos.deploy(&document).await.unwrap();
        zos.deploy(&document).await.expect("sending it again is accepted");
        let done = async {
            loop {
                let told = zos.get(document.contract_id).await.unwrap().unwrap();
                if told.workloads[0].result.state.is_final() {
                    return told.workloads[0].result.clone();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
        assert_eq!((result.state, result.error.as_str()), (State::Ok, ""));
        document.contract_id
    }
}

fn good(fleet: &Fleet) -> Arc<Seat> {
    let fits = |seat: &&Arc<Seat>| seat.plan.temper == Temper::Well && seat.plan.flavour == Flavour::Full;
    fleet.seats().iter().find(fits).unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn registration_puts_the_plan_on_a_running_chain_once() {
    let house = House::open(Clock::runtime(Timestamp::from_secs(1_800_000_000)), 24, 6);
    house.register().await;
    let first = house.chain.survey().await.unwrap();
    assert_eq!((first.farms.len(), first.nodes.len()), (6, 24));
    let gateways = first.nodes.iter().filter(|node| node.public_config.is_some()).count();
    assert_eq!(gateways, house.plan.nodes.iter().filter(|node| node.public_config.is_some()).count());
    assert!(gateways > 0);
    let free = |plan: &Plan| plan.farms.iter().map(|farm| farm.ips.len()).sum::<usize>();
    assert_eq!(first.farms.iter().map(|farm| farm.public_ips.len()).sum::<usize>(), free(&house.plan));
    house.register().await;
    let again = house.chain.survey().await.unwrap();
    assert_eq!((first.farms, first.nodes, first.twins), (again.farms, again.nodes, again.twins));
    assert_eq!(house.fleet().await.seats().len(), 24);
    house.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn nodes_report_what_is_used_and_let_go_of_what_is_cancelled() {
    let house = House::open(Clock::runtime(Timestamp::from_secs(1_800_000_000)), 4, 2);
    house.register().await;
    let fleet = house.fleet().await;
    let (who, seat) = (house.person().await, good(&fleet));
    let bus = FleetBus::new(fleet.clone(), Faults::default());
    let contract = house.disk(&bus, &who, &seat).await;
    // Two hours are billed from what the node reported: a disk of 5 GB is not free.
    let before = house.chain.balance(&who.identity.account()).await.unwrap().spendable();
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let after = house.chain.balance(&who.identity.account()).await.unwrap().spendable();
    assert!(after < before, "{after} {before}");
    house.submit(&who.identity, vec![Call::Cancel { contract }]).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(Zos::new(&bus, &who, seat.twin).get(contract).await.unwrap(), None);
    assert!(fleet.held().is_empty());
    house.stop.cancel();
}

#[tokio::test]
async fn each_living_node_is_a_peer_on_the_relay() {
    let house = House::open(Clock::system(), 24, 6);
    house.register().await;
    let fleet = house.fleet().await;
    let relay = Relay::new(
        RelayOptions::new(vec![RELAY.to_owned()]),
        house.chain.clone(),
        house.clock.clone(),
        Faults::default(),
    );
    let address = relay.serve(([127, 0, 0, 1], 0).into(), house.stop.clone()).await.unwrap();
    let relays = Relays::new(&[format!("ws://{address}")]).unwrap();
    fleet.join(&relays, &Dice::seeded(1)).await;
    let living = fleet.seats().iter().filter(|seat| seat.answers()).count();
    assert_eq!(relay.sessions(), living);
    assert!(living < fleet.seats().len());

    let who = house.person().await;
    let bus = RelayBus::new(relays, house.chain.clone(), house.clock.clone(), Dice::seeded(2));
    house.disk(&bus, &who, &good(&fleet)).await;
    let dead = fleet.seats().iter().find(|seat| seat.plan.temper == Temper::Dead).unwrap();
    let silence = Zos::new(&bus, &who, dead.twin).version(Duration::from_millis(500)).await;
    assert!(matches!(silence, Err(GridError::Unclear { by: Party::Node, .. })), "{silence:?}");
    house.stop.cancel();
}
