//! Stories of nodes against a small stub of a chain, on paused time.

use super::*;
use crate::clock::Timestamp;
use crate::grid::workload::{
    Cidr, Deployment, HexBytes, Interface, IpData, Machine as Wanted, MachineCapacity, MachineNetwork, MachineResult,
    Mount, MyceliumIp, MyceliumNet, NetworkData, PublicIpResult, State, Volume, WireguardKey, Workload,
};
use crate::grid::zos::Zos;
use crate::grid::{
    AccountId, Balance, Bus, Call, Caller, Contract, ContractKind, ContractState, DocumentHash, Farm, GIB, Head,
    Identity, KeyKind, Landed, Node, Party, Prepared, Prices, PublicIp, Resources, Survey, Twin, Tx,
};
use crate::sandbox::fault::{Effect, Face, Rule};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::atomic::AtomicU32;

/// Twins and contracts in memory; a block for each question for the head.
#[derive(Default)]
struct Stub {
    survey: Mutex<Survey>,
    block: AtomicU32,
    reported: Mutex<Vec<(ContractId, Resources)>>,
}

impl Stub {
    fn survey(&self) -> MutexGuard<'_, Survey> {
        self.survey.lock().unwrap()
    }

    fn make(&self, id: u64, twin: TwinId, kind: ContractKind) {
        let contract = Contract { id: ContractId(id), twin, state: ContractState::Created, kind };
        self.survey().contracts.push(contract);
    }

    fn cancel(&self, id: u64) {
        self.survey().contracts.retain(|contract| contract.id != ContractId(id));
    }

    fn set(&self, id: u64, state: ContractState) {
        let mut survey = self.survey();
        survey.contracts.iter_mut().filter(|contract| contract.id.0 == id).for_each(|contract| contract.state = state);
    }
}

#[async_trait]
impl Chain for Stub {
    async fn head(&self) -> GridResult<Head> {
        let number = self.block.fetch_add(1, Ordering::Relaxed);
        Ok(Head { number, hash: [0; 32], time: Timestamp(0) })
    }
    async fn balance(&self, _: &AccountId) -> GridResult<Balance> {
        Ok(Balance::default())
    }
    async fn terms_accepted(&self, _: &AccountId) -> GridResult<bool> {
        Ok(true)
    }
    async fn twin_of(&self, who: &AccountId) -> GridResult<Option<TwinId>> {
        Ok(self.survey().twins.iter().find(|twin| twin.account == *who).map(|twin| twin.id))
    }
    async fn twin(&self, id: TwinId) -> GridResult<Option<Twin>> {
        Ok(self.survey().twins.iter().find(|twin| twin.id == id).cloned())
    }
    async fn farm(&self, _: FarmId) -> GridResult<Option<Farm>> {
        Ok(None)
    }
    async fn node(&self, _: NodeId) -> GridResult<Option<Node>> {
        Ok(None)
    }
    async fn contract(&self, id: ContractId) -> GridResult<Option<Contract>> {
        Ok(self.survey().contracts.iter().find(|contract| contract.id == id).cloned())
    }
    async fn contract_by_hash(&self, _: NodeId, _: &DocumentHash) -> GridResult<Option<ContractId>> {
        Ok(None)
    }
    async fn contract_by_name(&self, wanted: &str) -> GridResult<Option<ContractId>> {
        let survey = self.survey();
        let named = |c: &&Contract| matches!(&c.kind, ContractKind::Name { name } if name == wanted);
        Ok(survey.contracts.iter().find(named).map(|contract| contract.id))
    }
    async fn prices(&self) -> GridResult<Prices> {
        Err(GridError::passing(Party::Chain, "no prices here"))
    }
    async fn survey(&self) -> GridResult<Survey> {
        Ok(Stub::survey(self).clone())
    }
    async fn prepare(&self, _: &Identity, tx: &Tx) -> GridResult<Prepared> {
        for call in &tx.calls {
            if let Call::ReportResources { used } = call {
                self.reported.lock().unwrap().extend(used);
            }
        }
        Ok(Prepared { bytes: Vec::new(), hash: [0; 32], last_block: 0, calls: tx.calls.len() })
    }
    async fn send(&self, _: &Prepared) -> GridResult<Landed> {
        Ok(Landed { block: 0, items: Vec::new(), events: Vec::new() })
    }
}

const PERSON: TwinId = TwinId(900);

struct House {
    chain: Arc<Stub>,
    fleet: Arc<Fleet>,
    faults: Faults,
    bus: FleetBus,
    caller: Caller,
    running: tokio::task::JoinHandle<()>,
    stop: CancellationToken,
}

impl House {
    async fn open() -> Self {
        Self::with(Arc::default(), None, Clock::runtime(Timestamp::from_secs(1_800_000_000))).await
    }

    async fn with(chain: Arc<Stub>, store: Option<Store>, clock: Clock) -> Self {
        let plan = Plan::usual(1);
        let identity = Identity::from_mini_secret(KeyKind::Sr25519, [9; 32]).unwrap();
        {
            let mut survey = chain.survey();
            survey.twins.clear();
            survey.nodes.clear();
            for (index, node) in (1u32..).zip(&plan.nodes) {
                let account = node.identity.account();
                survey.twins.push(Twin { id: TwinId(100 + index), account, relay: None, pk: None });
                survey.nodes.push(Node {
                    id: NodeId(index),
                    farm: FarmId(1 + u32::try_from(node.farm).unwrap()),
                    twin: TwinId(100 + index),
                    resources: node.resources,
                    city: String::new(),
                    country: String::new(),
                    latitude: String::new(),
                    longitude: String::new(),
                    public_config: None,
                    created: 0,
                    certified: false,
                    rent: None,
                    extra_fee: 0,
                    down: false,
                });
            }
            survey.twins.push(Twin { id: PERSON, account: identity.account(), relay: None, pk: None });
            survey.twins.push(Twin { id: TwinId(901), account: identity.account(), relay: None, pk: None });
        }
        let faults = Faults::default();
        let machines = Machines::new(clock.clone(), faults.clone(), 1);
        let fleet = Fleet::open(Parts {
            plan,
            chain: chain.clone(),
            clock,
            kyc: Arc::new(|twin| twin == PERSON),
            faults: faults.clone(),
            machines,
            store,
            options: Options::default(),
        })
        .await
        .unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(fleet.clone().run(stop.clone()));
        let bus = FleetBus::new(fleet.clone(), faults.clone());
        Self { chain, bus, faults, caller: Caller { identity, twin: PERSON }, fleet, running, stop }
    }

    /// The first node that a plan's reader would choose for this.
    fn pick(&self, fit: impl Fn(&NodePlan) -> bool) -> Arc<Seat> {
        self.fleet.seats().iter().find(|seat| fit(&seat.plan)).unwrap().clone()
    }

    fn full(&self) -> Arc<Seat> {
        self.pick(|plan| plan.temper == Temper::Well && plan.flavour == Flavour::Full && plan.domain().is_none())
    }

    fn zos<'a>(&'a self, seat: &Seat) -> Zos<'a> {
        Zos::new(&self.bus, &self.caller, seat.twin)
    }

    /// Makes the contract, signs and sends.
    async fn deploy(&self, seat: &Seat, id: u64, mut document: Deployment) -> GridResult<()> {
        let ips = (0..document.public_ips()).map(|n| PublicIp {
            ip: format!("127.10.0.{}/24", 10 + n),
            gateway: "127.10.0.1".to_owned(),
            contract: ContractId(id),
        });
        let kind = ContractKind::Node { node: seat.id, hash: document.hash(), data: String::new(), ips: ips.collect() };
        self.chain.make(id, document.twin_id, kind);
        document.contract_id = ContractId(id);
        document.sign(&self.caller.identity);
        self.zos(seat).deploy(&document).await
    }

    async fn settled(&self, seat: &Seat, id: u64) -> Deployment {
        loop {
            let document = self.zos(seat).get(ContractId(id)).await.unwrap().unwrap();
            if document.workloads.iter().all(|workload| workload.result.state.is_final()) {
                return document;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    async fn gone(&self, seat: &Seat, id: u64) {
        while self.zos(seat).get(ContractId(id)).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn close(self) -> Arc<Stub> {
        self.stop.cancel();
        self.running.await.unwrap();
        self.chain
    }
}

fn network(port: u16) -> Workload {
    Workload::new("net1", WorkloadData::Network(network_data(port)))
}

fn network_data(port: u16) -> NetworkData {
    NetworkData {
        ip_range: Some(Cidr::v4(10, 20, 0, 0, 16)),
        subnet: Some(Cidr::v4(10, 20, 2, 0, 24)),
        wireguard_private_key: WireguardKey::from_bytes([3; 32]),
        wireguard_listen_port: port,
        peers: Vec::new(),
        mycelium: Some(MyceliumNet { hex_key: HexBytes(vec![7; 32]), peers: Vec::new() }),
    }
}

fn machine_data(public: Option<&str>, disk: Option<&str>) -> Wanted {
    Wanted {
        flist: "https://hub.grid.tf/tf-official-apps/casperlabs-latest.flist".to_owned(),
        network: MachineNetwork {
            public_ip: public.map(str::to_owned),
            planetary: Some(false),
            interfaces: vec![Interface { network: "net1".to_owned(), ip: "10.20.2.2".parse().unwrap() }],
            mycelium: Some(MyceliumIp { network: "net1".to_owned(), hex_seed: HexBytes(vec![1, 2, 3, 4, 5, 6]) }),
        },
        size: 0,
        compute_capacity: MachineCapacity { cpu: 4, memory: 16 * GIB },
        mounts: disk.map(|name| Mount { name: name.to_owned(), mountpoint: "/data".to_owned() }).into_iter().collect(),
        entrypoint: String::new(),
        env: [("CASPERLABS_HOSTNAME".to_owned(), "first.example".to_owned())].into(),
        corex: false,
        gpu: Vec::new(),
    }
}

fn casper(port: u16) -> Deployment {
    Deployment::new(
        PERSON,
        vec![
            Workload::new("vm1", WorkloadData::Zmachine(machine_data(Some("ip1"), Some("disk1")))),
            Workload::new("ip1", WorkloadData::Ip(IpData { v4: true, v6: false })),
            Workload::new("disk1", WorkloadData::Zmount(Volume { size: 500 * GIB })),
            network(port),
        ],
    )
}

fn states(document: &Deployment) -> Vec<(String, State, String)> {
    let told = document.workloads.iter();
    told.map(|w| (w.name.clone(), w.result.state, w.result.error.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_deployment_goes_from_init_to_ok_and_away_after_its_contract() {
    let house = House::open().await;
    let seat = house.full();
    let before = house.zos(&seat).statistics().await.unwrap();
    house.deploy(&seat, 7, casper(4001)).await.unwrap();
    let first = house.zos(&seat).get(ContractId(7)).await.unwrap().unwrap();
    assert!(first.workloads.iter().all(|workload| workload.result.state == State::Init));
    let done = house.settled(&seat, 7).await;
    assert!(done.workloads.iter().all(|workload| workload.result.state == State::Ok), "{:?}", states(&done));
    let ip: PublicIpResult = done.workload("ip1").unwrap().result.read().unwrap();
    assert_eq!((ip.ip.as_str(), ip.gateway.as_str()), ("127.10.0.10/24", "127.10.0.1"));
    let vm: MachineResult = done.workload("vm1").unwrap().result.read().unwrap();
    assert_eq!((vm.id.as_str(), vm.ip.as_str()), ("900-7-vm1", "10.20.2.2"));
    assert!(vm.mycelium_ip.ends_with(":ff0f:102:304:506"), "{}", vm.mycelium_ip);

    // Every change was noted, in install order.
    let changes = house.zos(&seat).changes(ContractId(7)).await.unwrap().unwrap();
    let ok: Vec<_> = changes.iter().filter(|w| w.result.state == State::Ok).map(|w| w.name.as_str()).collect();
    assert_eq!(ok, ["disk1", "net1", "ip1", "vm1"]);
    assert_eq!(house.zos(&seat).taken_ports().await.unwrap(), [4001]);

    // It is counted, reported, and reachable.
    let during = house.zos(&seat).statistics().await.unwrap();
    assert_eq!(during.used.mru - before.used.mru, 16 * GIB);
    assert_eq!(during.used.sru - before.used.sru, 502 * GIB);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let reported = house.chain.reported.lock().unwrap().last().copied().unwrap();
    assert_eq!(reported.0, ContractId(7));
    assert_eq!((reported.1.cru, reported.1.mru, reported.1.sru), (4, 16 * GIB, 502 * GIB));
    let status = house.fleet.machines().ask("127.10.0.10", 8888, "GET", "/status").await.unwrap();
    assert!(String::from_utf8(status.body).unwrap().contains(r#""reactor_state":"KeepUp""#));

    house.chain.cancel(7);
    house.gone(&seat, 7).await;
    assert_eq!(house.zos(&seat).statistics().await.unwrap(), before);
    assert_eq!(house.zos(&seat).taken_ports().await.unwrap(), [0u16; 0]);
    assert!(house.fleet.machines().ask("127.10.0.10", 8888, "GET", "/status").await.is_none());
    assert!(house.fleet.held().is_empty());
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn refusals_have_the_nodes_words() {
    let house = House::open().await;
    let seat = house.full();
    let send = async |document: Deployment, from: TwinId| {
        let caller = Caller { twin: from, ..house.caller.clone() };
        let payload = serde_json::to_value(&document).unwrap();
        let within = Duration::from_secs(60);
        match house.bus.call(&caller, seat.twin, "zos.deployment.deploy", payload, within).await {
            Ok(_) => "ok".to_owned(),
            Err(GridError::Refused(refused)) => refused.text,
            Err(other) => other.to_string(),
        }
    };
    let signed = |mut document: Deployment| {
        document.contract_id = ContractId(7);
        document.sign(&house.caller.identity);
        document
    };
    let mut unsigned = casper(1);
    unsigned.contract_id = ContractId(7);
    assert_eq!(send(unsigned, PERSON).await, "missing required signature for twin '900'");
    let mut broken = signed(casper(1));
    broken.description = "changed".to_owned();
    assert_eq!(send(broken, PERSON).await, "failed to verify signature");
    assert_eq!(send(signed(casper(1)), TwinId(5)).await, "twin id mismatch (deployment: 900, message: 5)");
    let mut other = casper(1);
    other.twin_id = TwinId(901);
    other.signature_requirement.requests[0].twin_id = TwinId(901);
    assert_eq!(send(signed(other), TwinId(901)).await, "user with twin id 901 is not verified");
    let mut bad = casper(1);
    bad.workloads[0].name = "a-b".to_owned();
    assert_eq!(send(signed(bad), PERSON).await, "name 'a-b' is invalid: unsupported character in workload name");
    let mut later = casper(1);
    later.version = 1;
    assert_eq!(send(signed(later), PERSON).await, "expected version to be 0 on deployment creation: invalid version");
    let ask = async |command: &str, payload: Value| {
        let within = Duration::from_secs(60);
        house.bus.call(&house.caller, seat.twin, command, payload, within).await.unwrap_err().to_string()
    };
    assert!(ask("zos.deployment.get", json!({ "contract_id": 1 })).await.contains("deployment not found"));
    assert!(ask("zos.deployment.delete", Value::Null).await.contains("deletion over the api is disabled"));

    // What is accepted and then does not fit its contract fails as a whole.
    assert_eq!(send(signed(casper(1)), PERSON).await, "ok");
    assert_eq!(send(signed(casper(1)), PERSON).await, "exists");
    let mut second = signed(casper(1));
    second.contract_id = ContractId(8);
    assert_eq!(send(second, PERSON).await, "global workload with the same name 'net1' exists: conflict");
    let failed = house.settled(&seat, 7).await;
    assert!(failed.workloads.iter().all(|w| w.result.error.starts_with("failed to get deployment contract")));
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_contract_for_another_document_or_node_is_not_served() {
    let house = House::open().await;
    let (seat, hash) = (house.full(), casper(2).hash());
    let elsewhere = house.pick(|plan| plan.temper == Temper::Well && plan.flavour == Flavour::Light);
    let node_contract = |node| ContractKind::Node { node, hash, data: String::new(), ips: Vec::new() };
    let cases = [
        (21, ContractKind::Name { name: "abc".to_owned() }, "invalid contract type, expecting node contract"),
        (22, node_contract(elsewhere.id), "invalid node address in contract"),
        (23, node_contract(seat.id), "contract hash does not match deployment hash"),
    ];
    for (id, kind, expected) in cases {
        house.chain.make(id, PERSON, kind);
        let mut document =
            Deployment::new(PERSON, vec![Workload::new("d", WorkloadData::Zmount(Volume { size: GIB }))]);
        document.contract_id = ContractId(id);
        document.sign(&house.caller.identity);
        house.zos(&seat).deploy(&document).await.unwrap();
        let done = house.settled(&seat, id).await;
        assert_eq!(states(&done), [("d".to_owned(), State::Error, expected.to_owned())]);
    }
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn workloads_that_do_not_fit_their_node_fail_alone() {
    let house = House::open().await;
    let seat = house.full();
    let light = house.pick(|plan| plan.temper == Temper::Well && plan.flavour == Flavour::Light);
    let failing = house.pick(|plan| plan.temper == Temper::Failing && plan.flavour == Flavour::Full);
    let crowded = house.pick(|plan| plan.temper == Temper::Full);
    let one = |name: &str, data| Deployment::new(PERSON, vec![Workload::new(name, data)]);
    let with_net = |port, machine| {
        Deployment::new(PERSON, vec![network(port), Workload::new("vm1", WorkloadData::Zmachine(machine))])
    };
    let moved = |ip: &str| {
        let mut machine = machine_data(None, None);
        machine.network.interfaces[0].ip = ip.parse().unwrap();
        machine
    };
    let gateway = |network: Option<&str>| {
        serde_json::from_value::<WorkloadData>(json!({ "type": "gateway-name-proxy", "data": {
            "name": "mine", "backends": ["http://10.20.2.2:80"], "network": network,
        }}))
        .unwrap()
    };
    let cases: Vec<(&Arc<Seat>, Deployment, &str)> = vec![
        (&light, one("vm1", WorkloadData::Zmachine(machine_data(None, None))), "unknown workload type 'zmachine'"),
        (
            &seat,
            one("vm1", WorkloadData::Zmachine(machine_data(None, None))),
            "failed to get network 'net1': not found",
        ),
        (
            &seat,
            one("d", WorkloadData::Zmount(Volume { size: 1 << 50 })),
            "not enough space left in pools of this type ssd",
        ),
        (
            &seat,
            with_net(3001, moved("10.20.3.2")),
            "ip 10.20.3.2 is not part of the network resource subnet 10.20.2.0/24",
        ),
        (&seat, with_net(3002, moved("10.20.2.1")), "ip 10.20.2.1 is the gateway of the network"),
        (&seat, with_net(3003, machine_data(None, Some("none"))), "failed to get mount 'none': not found or not ready"),
        (&failing, with_net(3004, machine_data(None, None)), "failed to mount flist: context deadline exceeded"),
        (&seat, one("gw", gateway(None)), "gateway is not supported on this node: no domain is configured"),
    ];
    for (id, (seat, document, expected)) in (100..).zip(cases) {
        house.deploy(seat, id, document).await.unwrap();
        let done = house.settled(seat, id).await;
        assert_eq!(done.workloads.last().unwrap().result.error, expected);
        house.chain.cancel(id);
        house.gone(seat, id).await;
    }
    house.deploy(&crowded, 120, with_net(3005, machine_data(None, None))).await.unwrap();
    let error = house.settled(&crowded, 120).await.workloads[1].result.error.clone();
    assert!(error.starts_with("cannot fulfil required memory size 17179869184 bytes out of usable "), "{error}");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_serves_a_name_while_its_contract_lives() {
    let house = House::open().await;
    let seat = house.full();
    let gate = house.pick(|plan| plan.domain().is_some());
    let domain = gate.plan.domain().unwrap().to_owned();
    house.deploy(&seat, 7, casper(4001)).await.unwrap();
    let document = |description: &str| {
        let mut document = Deployment::new(
            PERSON,
            vec![
                network(4002),
                Workload::new(
                    "gw",
                    serde_json::from_value(json!({ "type": "gateway-name-proxy", "data": {
                        "name": "mine", "tls_passthrough": false, "backends": ["http://10.20.2.2:80"], "network": "net1",
                    }}))
                    .unwrap(),
                ),
            ],
        );
        document.description = description.to_owned();
        document
    };
    house.deploy(&gate, 8, document("too early")).await.unwrap();
    let early = house.settled(&gate, 8).await;
    assert_eq!(early.workload("gw").unwrap().result.error, "failed to get name contract 'mine': not found");
    house.chain.cancel(8);
    house.gone(&gate, 8).await;

    house.chain.make(9, PERSON, ContractKind::Name { name: "mine".to_owned() });
    house.deploy(&gate, 10, document("now")).await.unwrap();
    let done = house.settled(&gate, 10).await;
    assert_eq!(done.workload("gw").unwrap().result.data, json!({ "fqdn": format!("mine.{domain}") }));
    house.settled(&seat, 7).await;
    let page = house.fleet.machines().ask_name(&format!("mine.{domain}"), "GET", "/").await.unwrap();
    assert_eq!(page.status, 200);
    assert!(String::from_utf8(page.body).unwrap().contains("first.example"));
    assert_eq!(house.fleet.held().iter().find(|held| held.contract == ContractId(10)).unwrap().names, ["mine"]);

    house.chain.cancel(9);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let left = house.zos(&gate).get(ContractId(10)).await.unwrap().unwrap();
    assert_eq!(left.workload("gw").unwrap().result.state, State::Deleted);
    let page = house.fleet.machines().ask_name(&format!("mine.{domain}"), "GET", "/").await.unwrap();
    assert_eq!(page.status, 404);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_contract_pauses_its_machine() {
    let house = House::open().await;
    let seat = house.full();
    house.deploy(&seat, 7, casper(4001)).await.unwrap();
    house.settled(&seat, 7).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let reachable = async || house.fleet.machines().dials("127.10.0.10", 8888).await;
    assert!(reachable().await);
    house.chain.set(7, ContractState::Grace { since: 1 });
    tokio::time::sleep(Duration::from_secs(5)).await;
    let paused = house.zos(&seat).get(ContractId(7)).await.unwrap().unwrap();
    assert!(paused.workloads.iter().all(|w| w.result.state == State::Paused) && !reachable().await);
    house.chain.set(7, ContractState::Created);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let paid = house.zos(&seat).get(ContractId(7)).await.unwrap().unwrap();
    assert!(paid.workloads.iter().all(|w| w.result.state == State::Ok) && reachable().await);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn updates_change_what_can_be_changed() {
    let house = House::open().await;
    let seat = house.full();
    let disk = |version, size| Workload { version, ..Workload::new("d", WorkloadData::Zmount(Volume { size })) };
    house.deploy(&seat, 7, Deployment::new(PERSON, vec![network(4001), disk(0, GIB)])).await.unwrap();
    house.settled(&seat, 7).await;
    let update = async |mut document: Deployment| {
        document.contract_id = ContractId(7);
        let hash = document.hash();
        if let Some(contract) = house.chain.survey().contracts.first_mut() {
            contract.kind = ContractKind::Node { node: seat.id, hash, data: String::new(), ips: Vec::new() };
        }
        document.sign(&house.caller.identity);
        let payload = serde_json::to_value(&document).unwrap();
        let within = Duration::from_secs(60);
        let said = house.bus.call(&house.caller, seat.twin, "zos.deployment.update", payload, within).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        said.map(|_| ()).map_err(|error| match error {
            GridError::Refused(refused) => refused.text,
            other => other.to_string(),
        })
    };
    let version = |version, workloads| Deployment { version, ..Deployment::new(PERSON, workloads) };
    let wrong = update(version(2, vec![network(4001), disk(2, 2 * GIB)])).await;
    assert_eq!(wrong.unwrap_err(), "expecting deployment version 1, got 2");
    update(version(1, vec![network(4001), disk(1, 2 * GIB)])).await.unwrap();
    let grown = house.settled(&seat, 7).await;
    assert_eq!(grown.workload("d").unwrap().data, WorkloadData::Zmount(Volume { size: 2 * GIB }));
    assert_eq!(grown.workload("d").unwrap().result.state, State::Ok);
    update(version(2, vec![network(4001), disk(2, GIB)])).await.unwrap();
    let shrunk = house.settled(&seat, 7).await;
    assert_eq!(shrunk.workload("d").unwrap().result.state, State::Unchanged);
    assert_eq!(shrunk.workload("d").unwrap().result.error, "cannot shrink a disk");
    update(version(3, vec![network(4001)])).await.unwrap();
    assert!(house.settled(&seat, 7).await.workload("d").is_none());
    let vm = Workload { version: 4, ..Workload::new("vm1", WorkloadData::Zmachine(machine_data(None, None))) };
    update(version(4, vec![network(4001), vm.clone()])).await.unwrap();
    assert_eq!(house.settled(&seat, 7).await.workload("vm1").unwrap().result.state, State::Ok);
    let mut changed = vm;
    changed.version = 5;
    let no = update(version(5, vec![network(4001), changed])).await.unwrap_err();
    assert_eq!(no, "workload 'zmachine' does not support upgrade");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_node_holds_survives_a_restart() {
    let store = Store::temporary().unwrap();
    let clock = Clock::runtime(Timestamp::from_secs(1_800_000_000));
    let house = House::with(Arc::default(), Some(store.clone()), clock.clone()).await;
    let seat = house.full();
    house.deploy(&seat, 7, casper(4001)).await.unwrap();
    house.settled(&seat, 7).await;
    house
        .deploy(&seat, 8, Deployment::new(PERSON, vec![Workload::new("d", WorkloadData::Zmount(Volume { size: GIB }))]))
        .await
        .unwrap();
    // Down before the second one is installed.
    let chain = house.close().await;
    let house = House::with(chain, Some(store), clock).await;
    assert_eq!(house.fleet.held().len(), 2);
    assert!(house.fleet.machines().dials("127.10.0.10", 22).await);
    let second = house.settled(&seat, 8).await;
    assert_eq!(second.workloads[0].result.state, State::Ok);
    house.chain.cancel(7);
    house.gone(&seat, 7).await;
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn dead_slow_and_faulty_nodes_behave_like_it() {
    let house = House::open().await;
    let dead = house.pick(|plan| plan.temper == Temper::Dead);
    let slow = house.pick(|plan| plan.temper == Temper::Slow);
    let seat = house.full();
    let ping = async |seat: &Seat, secs| house.zos(seat).version(Duration::from_secs(secs)).await.map(|_| ());
    let unclear = |answer| matches!(answer, Err(GridError::Unclear { by: Party::Node, .. }));
    assert!(unclear(ping(&dead, 5).await));
    let report = house.fleet.reports().into_iter().find(|report| report.node == dead.id).unwrap();
    assert_eq!(report.status, NodeStatus::Up, "the proxy does not know yet");
    assert!(unclear(ping(&slow, 3).await) && ping(&slow, 10).await.is_ok());
    let fault = |effect| {
        let on = "zos.system.version".to_owned();
        house.faults.add(Rule { face: Face::Node, on, node: Some(seat.id), effect, times: Some(1) });
    };
    assert!(ping(&seat, 5).await.is_ok());
    fault(Effect::Error("out of order".to_owned()));
    assert_eq!(ping(&seat, 5).await.unwrap_err().code(), Some("error"));
    fault(Effect::Drop);
    assert!(unclear(ping(&seat, 5).await));
    fault(Effect::Die);
    assert!(unclear(ping(&seat, 5).await) && unclear(ping(&seat, 5).await));
    let stranger = Zos::new(&house.bus, &house.caller, TwinId(77_777));
    let nobody = stranger.version(Duration::from_secs(5)).await;
    assert!(matches!(nobody, Err(GridError::Refused(refused)) if refused.by == Party::Relay));
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn workload_faults_strike_the_workload() {
    let house = House::open().await;
    let seat = house.full();
    let on = "zmachine".to_owned();
    let effect = Effect::Error("no luck".to_owned());
    house.faults.add(Rule { face: Face::Workload, on, node: None, effect, times: Some(1) });
    house.deploy(&seat, 7, casper(4001)).await.unwrap();
    let done = house.settled(&seat, 7).await;
    assert_eq!(done.workload("vm1").unwrap().result.error, "no luck");
    assert_eq!(done.workload("disk1").unwrap().result.state, State::Ok);
    house.close().await;
}
