//! A person's first hour on a sandbox, told through the grid's ports: on paused time without sockets, and in
//! real time over them. The same story, since it is the same code.

use bellhop::clock::{Clock, Dice, Timestamp};
use bellhop::grid::directory::{Directory, NodeQuery};
use bellhop::grid::kyc::{self, Standing, Subject};
use bellhop::grid::workload::{
    Cidr, Deployment, Gateway, HexBytes, Interface, Machine, MachineCapacity, MachineNetwork, MachineResult, Mount,
    MyceliumIp, MyceliumNet, NetworkData, Volume, WireguardKey, Workload, WorkloadData,
};
use bellhop::grid::zos::Zos;
use bellhop::grid::{
    Call, Caller, ContractId, Event, GIB, Grid, GridError, Identity, Landed, NodeId, Party, Tft, TwinId, Tx,
    activation, terms,
};
use bellhop::sandbox::{Effect, Face, Options, Pace, Rule, Sandbox, World, in_process};
use std::time::Duration;

async fn send(grid: &Grid, who: &Identity, calls: Vec<Call>) -> Landed {
    let _turn = grid.lanes.enter(who.account()).await;
    let prepared = grid.chain.prepare(who, &Tx::all(calls)).await.expect("signs");
    grid.chain.send(&prepared).await.expect("lands")
}

fn contracts(landed: &Landed) -> Vec<ContractId> {
    let made = landed.events.iter().filter_map(|event| match event {
        Event::ContractCreated(contract) => Some(contract.id),
        _ => None,
    });
    made.collect()
}

/// Waits until `look` is true; the surrounding test has the patience.
async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let seen = async {
        while !look().await {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), seen).await.unwrap_or_else(|_| panic!("waited for {what}"));
}

fn machine(twin: TwinId) -> Deployment {
    let network = NetworkData {
        ip_range: Some(Cidr::v4(10, 20, 0, 0, 16)),
        subnet: Some(Cidr::v4(10, 20, 2, 0, 24)),
        wireguard_private_key: WireguardKey::from_bytes([7; 32]),
        wireguard_listen_port: 12345,
        peers: Vec::new(),
        mycelium: Some(MyceliumNet { hex_key: HexBytes(vec![5; 32]), peers: Vec::new() }),
    };
    let vm = Machine {
        flist: "https://hub.grid.tf/tf-official-vms/ubuntu-24.04-latest.flist".into(),
        network: MachineNetwork {
            public_ip: Some(String::new()),
            planetary: Some(false),
            interfaces: vec![Interface { network: "net1".into(), ip: [10, 20, 2, 2].into() }],
            mycelium: Some(MyceliumIp { network: "net1".into(), hex_seed: HexBytes(vec![1; 6]) }),
        },
        size: 0,
        compute_capacity: MachineCapacity { cpu: 2, memory: 2 * GIB },
        mounts: vec![Mount { name: "disk1".into(), mountpoint: "/data".into() }],
        entrypoint: "/sbin/zinit init".into(),
        env: [("SSH_KEY".to_owned(), "ssh-ed25519 AAAA".to_owned())].into(),
        corex: false,
        gpu: Vec::new(),
    };
    Deployment::new(
        twin,
        vec![
            Workload::new("net1", WorkloadData::Network(network)),
            Workload::new("disk1", WorkloadData::Zmount(Volume { size: 10 * GIB })),
            Workload::new("vm1", WorkloadData::Zmachine(vm)),
        ],
    )
}

/// A new person: money, terms, twin.
async fn arrive(grid: &Grid, seed: u8) -> Caller {
    let identity = Identity::from_entropy(&[seed; 32]).expect("a key");
    let balance = activation::fund(grid, &identity.account(), Duration::from_secs(60)).await.expect("funded");
    assert_eq!(balance.free, Tft::whole(1000));
    let terms = terms::fetch(grid.web.as_ref(), &grid.network).await.expect("terms");
    let (relay, pk) = (Some(grid.network.relay_domain.clone()), identity.encryption_public());
    send(grid, &identity, vec![terms.accept(), Call::CreateTwin { relay, pk }]).await;
    let twin = grid.chain.twin_of(&identity.account()).await.expect("asked").expect("a twin");
    Caller { identity, twin }
}

/// The first node of a query that answers on the bus.
async fn alive(grid: &Grid, caller: &Caller, query: NodeQuery) -> (NodeId, TwinId) {
    let found = Directory::new(grid.web.as_ref(), &grid.network).nodes(&query).await.expect("nodes");
    for node in &found.rows {
        let zos = Zos::new(grid.bus.as_ref(), caller, node.twin);
        if zos.version(Duration::from_secs(10)).await.is_ok() {
            return (node.id, node.twin);
        }
    }
    panic!("none of {} nodes answers", found.rows.len());
}

async fn ready(grid: &Grid, caller: &Caller, node: TwinId, contract: ContractId) -> Deployment {
    let zos = Zos::new(grid.bus.as_ref(), caller, node);
    until("the deployment", async || {
        let document = zos.get(contract).await.expect("asked").expect("held");
        document.workloads.iter().all(|workload| workload.result.state.is_final())
    })
    .await;
    zos.get(contract).await.expect("asked").expect("held")
}

/// Where machines are wanted.
fn place(caller: &Caller) -> NodeQuery {
    NodeQuery {
        live: true,
        total_cru: 2,
        free_mru: 4 * GIB,
        free_sru: 50 * GIB,
        features: ["zmachine", "network", "zmount", "mycelium"].map(str::to_owned).to_vec(),
        available_for: Some(caller.twin),
        ..NodeQuery::default()
    }
}

/// A machine on a node, up and running: its contract and its mycelium address.
async fn deploy(
    grid: &Grid,
    world: &World,
    caller: &Caller,
    (node, node_twin): (NodeId, TwinId),
) -> (ContractId, String) {
    let mut document = machine(caller.twin);
    let data = r#"{"version":3,"type":"vm","name":"story"}"#.to_owned();
    let calls = vec![Call::NodeContract { node, hash: document.hash(), data, public_ips: 0 }];
    let landed = send(grid, &caller.identity, calls).await;
    let [contract] = contracts(&landed)[..] else { panic!("one contract") };

    // Until the node has it, the contract is a leftover.
    assert_eq!(world.leftovers(false).await.expect("asked").len(), 1);
    document.contract_id = contract;
    document.sign(&caller.identity);
    Zos::new(grid.bus.as_ref(), caller, node_twin).deploy(&document).await.expect("accepted");
    let held = ready(grid, caller, node_twin, contract).await;
    assert!(held.workloads.iter().all(|workload| workload.result.state.word() == "ok"), "{held:?}");
    assert_eq!(world.leftovers(false).await, Ok(Vec::new()));
    let result = held.workload("vm1").expect("the machine").result.read::<MachineResult>();
    (contract, result.expect("a result").mycelium_ip)
}

async fn first_hour(grid: &Grid, world: &World) {
    let caller = arrive(grid, 9).await;
    let standing = kyc::standing(grid.web.as_ref(), &grid.network, Subject::Twin(caller.twin)).await;
    assert_eq!(standing, Ok(Standing::Verified));

    // Giving again changes nothing; the real service does the same.
    activation::request(grid.web.as_ref(), &grid.network, &caller.identity.account()).await.expect("again");

    let (node, node_twin) = alive(grid, &caller, place(&caller)).await;
    let door = NodeQuery {
        live: true,
        domain: true,
        features: vec!["gateway-name-proxy".into()],
        available_for: Some(caller.twin),
        ..NodeQuery::default()
    };
    let (door, door_twin) = alive(grid, &caller, door).await;
    let before = Zos::new(grid.bus.as_ref(), &caller, node_twin).statistics().await.expect("statistics");
    let (contract, mycelium) = deploy(grid, world, &caller, (node, node_twin)).await;

    // A web name, on the gateway.
    let gateway = Gateway {
        name: "story".into(),
        tls_passthrough: false,
        backends: vec![format!("http://[{mycelium}]:80")],
        network: None,
    };
    let mut web = Deployment::new(caller.twin, vec![Workload::new("gw1", WorkloadData::GatewayNameProxy(gateway))]);
    let calls = vec![
        Call::NameContract { name: "story".into() },
        Call::NodeContract { node: door, hash: web.hash(), data: String::new(), public_ips: 0 },
    ];
    let landed = send(grid, &caller.identity, calls).await;
    let [name, gateway] = contracts(&landed)[..] else { panic!("two contracts") };
    assert_eq!(world.leftovers(false).await.expect("asked").len(), 2);
    web.contract_id = gateway;
    web.sign(&caller.identity);
    Zos::new(grid.bus.as_ref(), &caller, door_twin).deploy(&web).await.expect("accepted");
    ready(grid, &caller, door_twin, gateway).await;
    assert_eq!(world.leftovers(false).await, Ok(Vec::new()));

    let directory = Directory::new(grid.web.as_ref(), &grid.network);
    let listed = directory.contracts_of(caller.twin).await.expect("contracts");
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [contract, name, gateway]);
    assert!(!world.leftovers(true).await.expect("asked").is_empty());

    // All of it goes when the contracts go.
    let cancel = [gateway, name, contract].map(|contract| Call::Cancel { contract });
    send(grid, &caller.identity, cancel.to_vec()).await;
    until("an empty sandbox", async || world.leftovers(true).await.expect("asked").is_empty()).await;
    let after = Zos::new(grid.bus.as_ref(), &caller, node_twin).statistics().await.expect("statistics");
    assert_eq!((after.used.mru, after.used.sru), (before.used.mru, before.used.sru));
    let gone = directory.contracts_of(caller.twin).await.expect("contracts");
    assert!(gone.iter().all(|row| row.state == "Deleted"), "{gone:?}");
}

fn options(seed: u64) -> Options {
    Options { pace: Pace::Every(Duration::from_secs(6)), ..Options::new(seed) }
}

#[tokio::test(start_paused = true)]
async fn in_process_on_paused_time() {
    let (world, grid) =
        in_process(options(7), Clock::runtime(Timestamp::from_secs(1_800_000_000))).await.expect("starts");
    first_hour(&grid, &world).await;
    world.stop(Duration::from_secs(5)).await.expect("stops");
}

#[tokio::test]
async fn over_sockets() {
    let options = Options { pace: Pace::Every(Duration::from_millis(300)), instant_boots: true, ..options(8) };
    let sandbox = Sandbox::start(options, Clock::system()).await.expect("starts");
    let grid = bellhop::grid::live::connect(sandbox.network().clone(), &Clock::system(), &Dice::system())
        .await
        .expect("connects");
    first_hour(&grid, sandbox.world()).await;
    sandbox.stop(Duration::from_secs(5)).await.expect("stops");
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_rest_faces() {
    let (world, grid) =
        in_process(options(3), Clock::runtime(Timestamp::from_secs(1_800_000_000))).await.expect("starts");
    let caller = arrive(&grid, 4).await;
    let fault =
        |face, on: &str, effect, times| world.faults().add(Rule { face, on: on.to_owned(), node: None, effect, times });
    let standing = async || kyc::standing(grid.web.as_ref(), &grid.network, Subject::Twin(caller.twin)).await;
    let directory = Directory::new(grid.web.as_ref(), &grid.network);

    fault(Face::Proxy, "/nodes", Effect::Error("broken".into()), Some(1));
    assert!(matches!(directory.nodes(&NodeQuery::default()).await, Err(GridError::Passing { by: Party::Proxy, .. })));
    assert_eq!(directory.nodes(&NodeQuery::default()).await.expect("again").total, 60);
    fault(Face::Proxy, "", Effect::Drop, Some(1));
    assert!(directory.version().await.is_err());
    fault(Face::Proxy, "", Effect::Die, None);
    assert!(directory.version().await.is_err() && directory.version().await.is_err());
    world.faults().clear();
    assert!(directory.version().await.is_ok());

    // The nodes ask the same service.
    world.kyc().set(caller.twin, Standing::Pending);
    assert_eq!(standing().await, Ok(Standing::Pending));
    world.kyc().set(caller.twin, Standing::Unverified);
    assert_eq!(standing().await, Ok(Standing::Unverified));
    let lie = serde_json::json!({ "result": { "status": "REJECTED" } });
    fault(Face::Kyc, &caller.twin.to_string(), Effect::Lie(lie), Some(1));
    assert_eq!(standing().await, Ok(Standing::Rejected));
    let token = kyc::token(grid.web.as_ref(), &grid.network, &caller.identity, world.clock()).await.expect("a token");
    assert!(token.starts_with("sandbox-"));
    world.kyc().set(caller.twin, Standing::Verified);
    let verified = kyc::token(grid.web.as_ref(), &grid.network, &caller.identity, world.clock()).await;
    assert_eq!(verified.expect_err("verified").code(), Some("409"));

    let other = Identity::from_entropy(&[8; 32]).expect("a key").account();
    fault(Face::Activation, "", Effect::Error("no".into()), Some(1));
    assert!(activation::request(grid.web.as_ref(), &grid.network, &other).await.is_err());
    fault(Face::Activation, "", Effect::Lose, Some(1));
    assert!(activation::request(grid.web.as_ref(), &grid.network, &other).await.is_err());
    assert_eq!(grid.chain.balance(&other).await.expect("asked").free, Tft::whole(1000), "done, and the answer lost");
}

#[tokio::test(start_paused = true)]
async fn a_kept_world_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Options { data: Some(folder.path().join("world")), ..options(5) };
    let began = Timestamp::from_secs(1_800_000_000);
    let (caller, node, contract, head) = {
        let (world, grid) = in_process(kept.clone(), Clock::runtime(began)).await.expect("starts");
        let caller = arrive(&grid, 6).await;
        let node = alive(&grid, &caller, place(&caller)).await;
        let (contract, _) = deploy(&grid, &world, &caller, node).await;
        let head = grid.chain.head().await.expect("asked");
        world.stop(Duration::from_secs(5)).await.expect("stops");
        (caller, node, contract, head)
    };
    // A day later.
    let later = began.plus(Duration::from_secs(86_400));
    let (world, grid) = in_process(kept, Clock::runtime(later)).await.expect("starts again");
    assert_eq!(grid.chain.twin_of(&caller.identity.account()).await, Ok(Some(caller.twin)));
    until("a block", async || grid.chain.head().await.is_ok_and(|now| now.number > head.number)).await;
    assert!(grid.chain.head().await.expect("asked").time >= later);
    let zos = Zos::new(grid.bus.as_ref(), &caller, node.1);
    let held = zos.get(contract).await.expect("asked").expect("held");
    assert!(held.workloads.iter().all(|workload| workload.result.state.word() == "ok"), "{held:?}");
    assert_eq!(world.leftovers(false).await, Ok(Vec::new()));
    send(&grid, &caller.identity, vec![Call::Cancel { contract }]).await;
    until("an empty sandbox", async || world.leftovers(true).await.expect("asked").is_empty()).await;
}
