//! The grid proxy over a small index, parameter by parameter.

use super::*;
use crate::clock::Timestamp;
use crate::grid::zos::{Capacity, Statistics};
use crate::grid::{
    Contract, ContractId, ContractKind, ContractState, DocumentHash, Farm, FarmId, GIB, Node, Policy, Prices,
    PublicConfig, PublicIp, Resources, Survey, Twin, TwinId,
};
use crate::sandbox::nodes::NodeStatus;

fn node(id: u32, farm: u32, cru: u64, gib: u64) -> Node {
    Node {
        id: NodeId(id),
        farm: FarmId(farm),
        twin: TwinId(100 + id),
        resources: Resources { cru, mru: gib * GIB, sru: 10 * gib * GIB, hru: 0 },
        city: if farm == 1 { "Ghent" } else { "Lagos" }.to_owned(),
        country: if farm == 1 { "Belgium" } else { "Nigeria" }.to_owned(),
        latitude: "51.05".to_owned(),
        longitude: "3.72".to_owned(),
        public_config: None,
        created: 1_700_000_000 + u64::from(id),
        certified: false,
        rent: None,
        extra_fee: 0,
        down: false,
    }
}

fn farm(id: u32, dedicated: bool, ips: &[u64]) -> Farm {
    Farm {
        id: FarmId(id),
        name: format!("Farm-{id}"),
        twin: TwinId(10 + id),
        pricing_policy: 1,
        certified: id == 2,
        dedicated,
        public_ips: ips
            .iter()
            .enumerate()
            .map(|(at, contract)| PublicIp {
                ip: format!("127.1.{id}.{}/24", at + 2),
                gateway: format!("127.1.{id}.1"),
                contract: ContractId(*contract),
            })
            .collect(),
    }
}

/// Farm 1 (Belgium): 1 plain, 2 a gateway, 3 rented by twin 7, 4 standby. Farm 2 (Nigeria, dedicated): 5, 6 down.
pub(in crate::sandbox) fn sample() -> Index {
    let mut nodes = vec![
        node(1, 1, 8, 32),
        node(2, 1, 4, 16),
        node(3, 1, 16, 64),
        node(4, 1, 8, 32),
        node(5, 2, 32, 128),
        node(6, 2, 2, 8),
    ];
    nodes[1].public_config = Some(PublicConfig {
        ipv4: "203.0.113.9/24".into(),
        gw4: "203.0.113.1".into(),
        domain: Some("ghent.grid.sandbox".into()),
    });
    nodes[2].rent = Some(ContractId(30));
    nodes[2].certified = true;
    nodes[3].extra_fee = 5000;
    let contract =
        |id, twin, kind| Contract { id: ContractId(id), twin: TwinId(twin), state: ContractState::Created, kind };
    let on = |node, data: &str| ContractKind::Node {
        node: NodeId(node),
        hash: DocumentHash(*b"0123456789abcdef0123456789abcdef"),
        data: data.to_owned(),
        ips: vec![PublicIp { ip: "127.1.1.2/24".into(), gateway: "127.1.1.1".into(), contract: ContractId(28) }],
    };
    let survey = Survey {
        block: 9,
        farms: vec![farm(1, false, &[28, 0, 0]), farm(2, true, &[])],
        contracts: vec![
            contract(28, 7, on(1, r#"{"type":"vm","name":"first"}"#)),
            contract(29, 7, ContractKind::Name { name: "first".into() }),
            contract(30, 7, ContractKind::Rent { node: NodeId(3) }),
            Contract { state: ContractState::Grace { since: 4 }, ..contract(31, 8, on(2, "")) },
        ],
        twins: vec![Twin {
            id: TwinId(7),
            account: crate::grid::AccountId([7; 32]),
            relay: None,
            pk: Some(vec![2; 33]),
        }],
        nodes,
    };
    let facts = survey.nodes.iter().map(|node| {
        let status = match node.id.0 {
            4 => NodeStatus::Standby,
            6 => NodeStatus::Down,
            _ => NodeStatus::Up,
        };
        let features = if node.id.0 == 5 {
            vec!["zmachine-light", "mycelium", "wireguard"]
        } else {
            vec!["zmachine", "network", "mycelium", "wireguard", "ipv4", "ip", "gateway-name-proxy"]
        };
        let used = Capacity { cru: 2, mru: 2 * GIB, sru: 20 * GIB, ..Capacity::default() };
        let facts = NodeReport {
            node: node.id,
            farm: node.farm,
            twin: node.twin,
            region: if node.farm.0 == 1 { "Europe" } else { "Africa" }.to_owned(),
            status,
            healthy: node.id.0 != 2,
            features: features.into_iter().map(str::to_owned).collect(),
            statistics: Statistics { used, ..Statistics::default() },
            uptime: 1000 + u64::from(node.id.0),
            last_uptime: Timestamp::from_secs(1_800_000_000),
            grid_version: 3,
            upload: 1e8,
            download: 1e8,
            serial: String::new(),
        };
        (node.id, facts)
    });
    let facts = facts.collect();
    let policy = Policy { cu: 100_000, su: 50_000, nu: 15_000, ipu: 40_000, unique_name: 2500, domain_name: 5000 };
    let prices = Prices { policy, tft_musd: 50 };
    Index::default().next(survey, &facts, Some(&prices), Timestamp::from_secs(1_800_000_000))
}

fn ids(path: &str, key: &str) -> Vec<u64> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let response = answer(&sample(), path, query, 1);
    assert_eq!(response.status, 200, "{path}?{query}: {}", String::from_utf8_lossy(&response.body));
    let rows: Vec<Value> = serde_json::from_slice(&response.body).expect("a list");
    rows.iter().filter_map(|row| row[key].as_u64()).collect()
}

#[test]
fn node_parameters() {
    let table: &[(&str, &[u64])] = &[
        ("", &[1, 2, 3, 4, 5, 6]),
        ("status=up", &[1, 2, 3, 5]),
        ("status=up,standby", &[1, 2, 3, 4, 5]),
        ("status=down", &[6]),
        ("healthy=false", &[2]),
        ("status=", &[1, 2, 3, 4, 5, 6]),
        ("free_mru=66571993088", &[3, 5]),
        ("free_mru=66571993089", &[5]),
        ("free_sru=1352914698240", &[5]),
        ("free_hru=1", &[]),
        ("total_cru=16", &[3, 5]),
        ("total_mru=137438953472", &[5]),
        ("free_ips=2", &[1, 2, 3, 4]),
        ("free_ips=3", &[]),
        ("country=nigeria", &[5, 6]),
        ("country_contains=GER", &[5, 6]),
        ("city=ghent", &[1, 2, 3, 4]),
        ("city_contains=ago", &[5, 6]),
        ("region=africa", &[5, 6]),
        ("farm_name=farm-2", &[5, 6]),
        ("farm_name_contains=-1", &[1, 2, 3, 4]),
        ("farm_ids=2,9", &[5, 6]),
        ("farm_ids=2&farm_ids=1", &[1, 2, 3, 4, 5, 6]),
        ("node_ids=1,6,99", &[1, 6]),
        ("node_id=3", &[3]),
        ("twin_id=103", &[3]),
        ("owned_by=12", &[5, 6]),
        ("excluded=1,2", &[3, 4, 5, 6]),
        ("available_for=7", &[3, 1, 2]),
        ("available_for=8", &[1, 2]),
        ("rented=true", &[3]),
        ("rented_by=7", &[3]),
        ("rentable=true", &[4, 5, 6]),
        ("rentable_or_rented_by=7", &[3, 4, 5, 6]),
        ("dedicated=false", &[1, 2]),
        ("in_dedicated_farm=true", &[5, 6]),
        ("ipv4=true", &[2]),
        ("ipv6=true", &[]),
        ("domain=true", &[2]),
        ("certification_type=Certified", &[3]),
        ("has_gpu=false", &[1, 2, 3, 4, 5, 6]),
        ("has_gpu=true", &[]),
        ("features=zmachine-light,mycelium", &[5]),
        ("features=network,wireguard", &[1, 2, 3, 4, 6]),
        ("price_min=20&price_max=70", &[1, 3, 4]),
        ("sort_by=total_cru", &[6, 2, 1, 4, 3, 5]),
        ("sort_by=free_cru&sort_order=DESC", &[5, 3, 1, 4, 2, 6]),
        ("sort_by=country&sort_order=desc&size=2", &[5, 6]),
        ("size=2&page=2", &[3, 4]),
        ("size=2&page=9", &[]),
        (
            "status=up&healthy=true&available_for=9&free_mru=1&total_cru=1&features=zmachine,network,mycelium&size=50",
            &[1],
        ),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&format!("/nodes?{query}"), "nodeId"), *expected, "{query}");
    }
}

#[test]
fn other_lists() {
    let table: &[(&str, &str, &[u64])] = &[
        ("/farms?free_ips=1", "farmId", &[1]),
        ("/farms?name_contains=farm&sort_by=used_ips", "farmId", &[2, 1]),
        ("/farms?node_free_mru=100000000000", "farmId", &[2]),
        ("/farms?certification_type=Gold", "farmId", &[2]),
        ("/farms?node_status=standby&country=Belgium", "farmId", &[1]),
        ("/farms?node_features=zmachine-light&node_available_for=7", "farmId", &[]),
        ("/contracts?twin_id=7", "contract_id", &[28, 29, 30]),
        ("/contracts?type=name", "contract_id", &[29]),
        ("/contracts?state=GracePeriod,Deleted", "contract_id", &[31]),
        ("/contracts?node_id=1", "contract_id", &[28]),
        ("/contracts?number_of_public_ips=1&sort_by=contract_id&sort_order=desc", "contract_id", &[31, 28]),
        ("/contracts?farm_name=farm-1&type=rent", "contract_id", &[30]),
        ("/contracts/28/bills", "amountBilled", &[]),
        ("/twins?twin_id=7", "twinId", &[7]),
        ("/twins?relay=nowhere", "twinId", &[]),
        ("/public_ips?free=true", "contract_id", &[0, 0]),
        ("/public_ips?ip=127.1.1.2/24", "contract_id", &[28]),
        ("/gateways?domain=true", "nodeId", &[2]),
    ];
    for (path, key, expected) in table {
        assert_eq!(ids(path, key), *expected, "{path}");
    }
}

#[test]
fn refusals() {
    let table = [
        ("/nodes?colour=red", 400, r#"{"error":"failed to decode params: schema: invalid path \"colour\""}"#),
        ("/nodes?farm_id=1", 400, r#"{"error":"failed to decode params: schema: invalid path \"farm_id\""}"#),
        (
            "/nodes?healthy=maybe",
            400,
            r#"{"error":"failed to decode params: schema: error converting value for \"healthy\""}"#,
        ),
        (
            "/nodes?free_mru=-1",
            400,
            r#"{"error":"failed to decode params: schema: error converting value for \"free_mru\""}"#,
        ),
        ("/nodes?features=teleport", 400, r#"{"error":"invalid feature: teleport"}"#),
        ("/nodes?status=asleep", 400, r#"{"error":"invalid status: asleep"}"#),
        ("/nodes?sort_by=beauty", 400, r#"{"error":"invalid sort_by: beauty"}"#),
        ("/nodes?sort_order=sideways", 400, r#"{"error":"invalid sort_order: sideways"}"#),
        ("/nodes/99", 404, r#"{"error":"node not found: 99"}"#),
        ("/nodes/x", 400, r#"{"error":"invalid node id: x"}"#),
        ("/gateways/1", 404, r#"{"error":"node not found: 1"}"#),
        ("/farms/1", 404, r#"{"error":"not found"}"#),
        ("/contracts/77", 404, r#"{"error":"contract not found: 77"}"#),
    ];
    for (path, status, body) in table {
        let (route, query) = path.split_once('?').unwrap_or((path, ""));
        let response = answer(&sample(), route, query, 1);
        assert_eq!((response.status, String::from_utf8_lossy(&response.body).as_ref()), (status, body), "{path}");
    }
}

#[test]
fn pages_tell_their_count_only_when_asked() {
    let response = answer(&sample(), "/nodes", "size=4&ret_count=true", 1);
    let header = |name| response.header(name).map(str::to_owned);
    assert_eq!(
        (header("count"), header("size"), header("pages")),
        (Some("6".into()), Some("4".into()), Some("2".into()))
    );
    assert_eq!(answer(&sample(), "/nodes", "size=4", 1).header("count"), None);
}

#[test]
fn random_order_is_seeded_and_loses_nothing() {
    let order = |seed| {
        let response = answer(&sample(), "/nodes", "randomize=true&sort_by=node_id", seed);
        let rows: Vec<Value> = serde_json::from_slice(&response.body).expect("a list");
        rows.iter().filter_map(|row| row["nodeId"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(order(3), order(3));
    assert!((0..9).any(|seed| order(seed) != order(3)));
    let mut sorted = order(3);
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn one_node_nests_its_capacity() {
    let response = answer(&sample(), "/nodes/2", "", 1);
    let node: Value = serde_json::from_slice(&response.body).expect("a node");
    assert_eq!(node["capacity"]["total_resources"]["cru"], 4);
    assert_eq!(node["total_resources"], Value::Null);
    assert_eq!(node["publicConfig"]["domain"], "ghent.grid.sandbox");
    assert_eq!(answer(&sample(), "/nodes/4/status", "", 1).body, br#"{"status":"standby"}"#);
}

#[test]
fn a_contract_that_left_the_chain_is_deleted_and_keeps_its_date() {
    let before = sample();
    let after = before.next(Survey::default(), &HashMap::new(), None, Timestamp::from_secs(1_900_000_000));
    let row = &after.contracts[&ContractId(28)];
    assert_eq!((state(row), row.created.secs()), ("Deleted", 1_800_000_000));
}

/// The proxy as our own typed client reaches it.
struct Direct;

#[async_trait]
impl crate::grid::Web for Direct {
    async fn send(&self, request: crate::grid::Request) -> crate::grid::GridResult<Response> {
        let url = url::Url::parse(&request.url).expect("a URL");
        Ok(answer(&sample(), url.path(), url.query().unwrap_or_default(), 1))
    }

    async fn dial(&self, _: &str, _: std::time::Duration) -> crate::grid::GridResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn our_own_client_understands_it() {
    use crate::grid::directory::{Directory, NodeQuery};
    let network = crate::grid::Network::known("dev").expect("known");
    let directory = Directory::new(&Direct, &network);
    let query = NodeQuery {
        live: true,
        total_cru: 4,
        free_mru: GIB,
        free_ips: 1,
        features: vec!["zmachine".into(), "network".into()],
        region: Some("Europe".into()),
        available_for: Some(TwinId(7)),
        excluded: vec![NodeId(1)],
        ..NodeQuery::default()
    };
    let found = directory.nodes(&query).await.expect("nodes");
    assert_eq!((found.rows.iter().map(|node| node.id.0).collect::<Vec<_>>(), found.total), (vec![3], 1));
    let node = directory.node(NodeId(3)).await.expect("a node");
    assert_eq!((node.certified, node.rented_by, node.free()), (true, Some(TwinId(7)), found.rows[0].free()));
    assert_eq!(node.free().mru, 62 * GIB);
    assert!(directory.node(NodeId(99)).await.is_err());
    let farms = directory.farms(&[FarmId(1)]).await.expect("farms");
    assert_eq!(farms.iter().map(|farm| farm.public_ips.len()).collect::<Vec<_>>(), [3]);
    let contracts = directory.contracts_of(TwinId(7)).await.expect("contracts");
    assert_eq!(
        contracts.iter().map(|row| (row.id.0, row.state.as_str())).collect::<Vec<_>>(),
        [(28, "Created"), (29, "Created"), (30, "Created")]
    );
    assert_eq!(directory.stats().await.expect("stats").nodes, 4);
}
