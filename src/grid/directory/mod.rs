//! The grid proxy, typed: which nodes, farms and contracts there are (gridproxy.md sections 2 and 3).
//!
//! An index, not the truth: it lags the chain by blocks and the nodes by minutes. Placement asks it first and
//! then asks the node itself; contracts are read from the chain wherever money hangs on the answer. Answers are
//! read tolerantly: unknown fields are left aside, absent or null ones take their default, a row that makes no
//! sense is skipped with a warning, since one odd row must not hide the other thousand.

mod node;
mod rows;

pub use node::{Location, NodeInfo, NodeStatus, PublicAddress};
pub use rows::{ContractRow, FarmInfo, FarmIp, Stats};

use super::{FarmId, GridResult, Network, NodeId, Party, Request, Response, TwinId, Web, ask};
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// The largest page that is asked for.
const PAGE: u32 = 100;

/// Pages read at most by calls that read all of them.
const PAGES: u32 = 100;

/// Which nodes. Everything that is set must hold; see gridproxy.md for the proxy's exact rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeQuery {
    /// Up by the proxy's belief (80 minutes stale at worst) and healthy (answered a call within 5 minutes).
    pub live: bool,
    /// Logical CPUs of the machine at least. (CPUs are shared: there is no free count.)
    pub total_cru: u64,
    /// Free memory at least, bytes.
    pub free_mru: u64,
    /// Free SSD at least, bytes.
    pub free_sru: u64,
    /// Free HDD at least, bytes.
    pub free_hru: u64,
    /// Free public IPv4 of the farm at least.
    pub free_ips: u64,
    /// All of these, by the proxy's names (`zmachine`, `network`, `mycelium`…).
    pub features: Vec<String>,
    /// Region, any case.
    pub region: Option<String>,
    /// Country, any case.
    pub country: Option<String>,
    /// City, any case.
    pub city: Option<String>,
    /// Farm by its name, any case.
    pub farm_name: Option<String>,
    /// Farms by number.
    pub farms: Vec<FarmId>,
    /// Certified hardware only.
    pub certified: bool,
    /// With a domain for web names.
    pub domain: bool,
    /// Usable by this twin: rented by it, or free for all.
    pub available_for: Option<TwinId>,
    /// Not these.
    pub excluded: Vec<NodeId>,
    /// In random order (pages are then not stable): spreads the load of many deployments.
    pub randomize: bool,
    /// From 1; zero means 1.
    pub page: u32,
    /// Rows of a page; zero means 50.
    pub size: u32,
}

/// One page of rows, and how many rows there are on all pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The total, as far as the proxy told it.
    pub total: u64,
}

struct Query(url::form_urlencoded::Serializer<'static, String>);

impl Query {
    fn new() -> Self {
        Self(url::form_urlencoded::Serializer::new(String::new()))
    }

    fn put(&mut self, name: &str, value: impl Display) {
        self.0.append_pair(name, &value.to_string());
    }

    fn least(&mut self, name: &str, value: u64) {
        if value > 0 {
            self.put(name, value);
        }
    }

    fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn list(&mut self, name: &str, values: &[impl Display]) {
        if !values.is_empty() {
            self.put(name, values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        }
    }
}

impl NodeQuery {
    /// As the proxy wants it. Only what is set is named: the proxy refuses names that it does not know, and an
    /// older one may not know the newest.
    fn encode(&self) -> String {
        let mut query = Query::new();
        if self.live {
            query.put("status", "up");
            query.put("healthy", true);
        }
        query.least("total_cru", self.total_cru);
        query.least("free_mru", self.free_mru);
        query.least("free_sru", self.free_sru);
        query.least("free_hru", self.free_hru);
        query.least("free_ips", self.free_ips);
        query.list("features", &self.features);
        query.maybe("region", self.region.as_ref());
        query.maybe("country", self.country.as_ref());
        query.maybe("city", self.city.as_ref());
        query.maybe("farm_name", self.farm_name.as_ref());
        query.list("farm_ids", &self.farms);
        query.maybe("certification_type", self.certified.then_some("Certified"));
        query.maybe("domain", self.domain.then_some(true));
        query.maybe("available_for", self.available_for);
        query.list("excluded", &self.excluded);
        query.maybe("randomize", self.randomize.then_some(true));
        query.put("page", self.page.max(1));
        query.put("size", if self.size == 0 { 50 } else { self.size });
        query.put("ret_count", true);
        query.0.finish()
    }
}

/// The grid proxy of one network.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    web: &'a dyn Web,
    base: &'a str,
}

impl<'a> Directory<'a> {
    /// The proxy of `network`, asked over `web`.
    ///
    /// Errors of all calls: `Passing` for no answer and 5xx, `Missing` for 404, `Refused` for other 4xx (the
    /// code is the status, the text the proxy's own), all by [`Party::Proxy`].
    pub fn new(web: &'a dyn Web, network: &'a Network) -> Self {
        Self { web, base: network.proxy.trim_end_matches('/') }
    }

    async fn get(&self, what: &str, path: &str) -> GridResult<Response> {
        ask(self.web, Party::Proxy, what, Request::get(format!("{}{path}", self.base))).await
    }

    async fn rows<T: DeserializeOwned>(&self, what: &str, path: &str) -> GridResult<Page<T>> {
        let response = self.get(what, path).await?;
        let all: Vec<serde_json::Value> = response.json(Party::Proxy)?;
        let count = all.len();
        let rows: Vec<T> = all
            .into_iter()
            .filter_map(|row| {
                serde_json::from_value(row)
                    .inspect_err(|error| tracing::warn!(what, %error, "skipped a row of the grid proxy"))
                    .ok()
            })
            .collect();
        let total = response.header("count").and_then(|count| count.parse().ok()).unwrap_or(count as u64);
        Ok(Page { rows, total })
    }

    /// One page of the nodes that fit.
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn nodes(&self, query: &NodeQuery) -> GridResult<Page<NodeInfo>> {
        self.rows("nodes", &format!("/nodes?{}", query.encode())).await
    }

    /// One node.
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn node(&self, id: NodeId) -> GridResult<NodeInfo> {
        self.get(&format!("node {id}"), &format!("/nodes/{id}")).await?.json(Party::Proxy)
    }

    /// Farms by number; all of them when `ids` is empty (page by page, at most 10,000).
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn farms(&self, ids: &[FarmId]) -> GridResult<Vec<FarmInfo>> {
        match ids {
            [] => self.all("farms", "/farms", |_| {}).await,
            // The proxy takes one farm number per question.
            ids => {
                let mut farms = Vec::new();
                for id in ids {
                    farms.extend(self.rows::<FarmInfo>("farms", &format!("/farms?farm_id={id}")).await?.rows);
                }
                Ok(farms)
            }
        }
    }

    /// The living contracts of a twin, oldest first (page by page, at most 10,000).
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn contracts_of(&self, twin: TwinId) -> GridResult<Vec<ContractRow>> {
        self.all("contracts", "/contracts", |query| {
            query.put("twin_id", twin);
            query.put("state", "Created,GracePeriod");
            query.put("sort_by", "contract_id");
            query.put("sort_order", "asc");
        })
        .await
    }

    /// Counts of the whole grid, of nodes that are up.
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn stats(&self) -> GridResult<Stats> {
        self.get("statistics", "/stats?status=up").await?.json(Party::Proxy)
    }

    /// The proxy's own version text.
    ///
    /// # Errors
    /// As in [`Directory::new`].
    pub async fn version(&self) -> GridResult<String> {
        #[derive(serde::Deserialize)]
        struct Version {
            version: String,
        }
        Ok(self.get("version", "/version").await?.json::<Version>(Party::Proxy)?.version)
    }

    async fn all<T: DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
        narrow: impl Fn(&mut Query),
    ) -> GridResult<Vec<T>> {
        let mut rows = Vec::new();
        for page in 1..=PAGES {
            let mut query = Query::new();
            narrow(&mut query);
            query.put("page", page);
            query.put("size", PAGE);
            query.put("ret_count", true);
            let next = self.rows(what, &format!("{path}?{}", query.0.finish())).await?;
            rows.extend(next.rows);
            if u64::from(page) * u64::from(PAGE) >= next.total {
                break;
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{ContractId, GIB, GridError};
    use async_trait::async_trait;
    use std::sync::Mutex;
    use std::time::Duration;

    /// Answers every request from a function, and keeps the URLs.
    struct Stub<F>(F, Mutex<Vec<String>>);

    #[async_trait]
    impl<F: Fn(&str) -> (u16, Vec<(String, String)>, String) + Send + Sync> Web for Stub<F> {
        async fn send(&self, request: Request) -> GridResult<Response> {
            self.1.lock().unwrap().push(request.url.clone());
            let (status, headers, body) = (self.0)(&request.url);
            Ok(Response { status, headers, body: body.into_bytes() })
        }
        async fn dial(&self, _: &str, _: Duration) -> GridResult<()> {
            Ok(())
        }
    }

    fn stub<F: Fn(&str) -> (u16, Vec<(String, String)>, String) + Send + Sync>(answer: F) -> Stub<F> {
        Stub(answer, Mutex::default())
    }

    fn network() -> Network {
        Network { proxy: "http://proxy/".to_owned(), ..Network::known("dev").unwrap() }
    }

    #[test]
    fn a_query_names_only_what_is_asked() {
        assert_eq!(NodeQuery::default().encode(), "page=1&size=50&ret_count=true");
        let query = NodeQuery {
            live: true,
            total_cru: 4,
            free_mru: 16 * GIB,
            free_ips: 1,
            features: vec!["zmachine".to_owned(), "network".to_owned()],
            region: Some("Europe".to_owned()),
            country: Some("Côte d'Ivoire".to_owned()),
            farms: vec![FarmId(1), FarmId(2)],
            certified: true,
            domain: true,
            available_for: Some(TwinId(9)),
            excluded: vec![NodeId(5), NodeId(6)],
            page: 3,
            size: 10,
            ..NodeQuery::default()
        };
        insta::assert_snapshot!(query.encode(), @"status=up&healthy=true&total_cru=4&free_mru=17179869184&free_ips=1&features=zmachine%2Cnetwork&region=Europe&country=C%C3%B4te+d%27Ivoire&farm_ids=1%2C2&certification_type=Certified&domain=true&available_for=9&excluded=5%2C6&page=3&size=10&ret_count=true");
    }

    #[tokio::test]
    async fn rows_are_read_tolerantly() {
        let full = r#"{"id":"0001-x","nodeId":7,"farmId":2,"farmName":"Green","twinId":31,"country":"Belgium","region":"Europe","city":"Gent",
            "uptime":99,"created":1700000000,"updatedAt":1700000009,"total_resources":{"cru":8,"sru":1099511627776,"hru":0,"mru":34359738368},
            "used_resources":{"cru":2,"sru":1099511627777,"hru":0,"mru":4294967296},"location":{"country":"Belgium","city":"Gent","longitude":3.72,"latitude":51.05},
            "publicConfig":{"domain":"gent01.grid.sandbox","gw4":"1.2.3.1","gw6":"","ipv4":"1.2.3.4/24","ipv6":""},"status":"up","certificationType":"Certified",
            "dedicated":false,"rented":false,"rentable":true,"rentedByTwinId":0,"healthy":true,"num_gpu":0,"extraFee":0,"price_usd":12.5,"farm_free_ips":3,
            "features":["zmachine"],"somethingNew":{"a":1}}"#;
        let bare = r#"{"nodeId":8,"status":"asleep","total_resources":null,"used_resources":{"cru":-1,"mru":null},"publicConfig":null,"location":null,"features":null,"farm_free_ips":null,"city":null}"#;
        let body = format!("[{full},{bare},{{\"nodeId\":\"x\"}},null]");
        let web = stub(move |_| (200, vec![("count".to_owned(), "120".to_owned())], body.clone()));
        let network = network();
        let page = Directory::new(&web, &network).nodes(&NodeQuery::default()).await.unwrap();
        assert_eq!((page.total, page.rows.len()), (120, 2));
        let node = &page.rows[0];
        assert_eq!((node.id, node.farm, node.twin, node.status), (NodeId(7), FarmId(2), TwinId(31), NodeStatus::Up));
        assert_eq!(node.public.as_ref().and_then(|at| at.domain.as_deref()), Some("gent01.grid.sandbox"));
        assert_eq!((node.free().mru, node.free().sru), (28 * GIB, 0));
        let bare = &page.rows[1];
        assert_eq!((bare.status, bare.public.clone(), bare.features.len()), (NodeStatus::Down, None, 0));
        assert_eq!(bare.used.cru, 0);
    }

    #[tokio::test]
    async fn one_node_has_its_resources_nested() {
        let web = stub(|_| {
            (200, vec![], r#"{"nodeId":7,"status":"standby","capacity":{"total_resources":{"cru":4,"mru":1},"used_resources":{"cru":1}}}"#.to_owned())
        });
        let network = network();
        let node = Directory::new(&web, &network).node(NodeId(7)).await.unwrap();
        assert_eq!((node.total.cru, node.used.cru, node.status), (4, 1, NodeStatus::Standby));
        assert_eq!(web.1.lock().unwrap().as_slice(), ["http://proxy/nodes/7"]);
    }

    #[tokio::test]
    async fn contracts_are_read_to_the_last_page() {
        let web = stub(|url| {
            let page: u64 =
                url.split("page=").nth(1).and_then(|rest| rest.split('&').next()).and_then(|n| n.parse().ok()).unwrap();
            let row = |id: u64| {
                format!(
                    r#"{{"contract_id":{id},"twin_id":9,"state":"Created","created_at":1,"type":"node","details":{{"nodeId":3,"deployment_data":"d","deployment_hash":"h","number_of_public_ips":1}}}}"#
                )
            };
            let rows: Vec<_> = ((page - 1) * 100..(page * 100).min(230)).map(row).collect();
            (200, vec![("count".to_owned(), "230".to_owned())], format!("[{}]", rows.join(",")))
        });
        let network = network();
        let contracts = Directory::new(&web, &network).contracts_of(TwinId(9)).await.unwrap();
        assert_eq!((contracts.len(), contracts[229].id, contracts[0].node), (230, ContractId(229), Some(NodeId(3))));
        assert_eq!(web.1.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn errors_have_their_class() {
        let network = network();
        for (status, class) in
            [(500, "passing"), (502, "passing"), (429, "passing"), (400, "refused"), (404, "missing"), (301, "refused")]
        {
            let web = stub(move |_| (status, vec![], r#"{"error":"failed to decode params: x"}"#.to_owned()));
            let error = Directory::new(&web, &network).node(NodeId(1)).await.unwrap_err();
            let found = match &error {
                GridError::Passing { by: Party::Proxy, .. } => "passing",
                GridError::Refused(refused)
                    if refused.by == Party::Proxy && refused.text == "failed to decode params: x" =>
                {
                    "refused"
                }
                GridError::Missing { by: Party::Proxy, .. } => "missing",
                _ => "other",
            };
            assert_eq!(found, class, "{status}: {error}");
        }
        let html = stub(|_| (200, vec![], "<html>".to_owned()));
        assert!(matches!(
            Directory::new(&html, &network).stats().await,
            Err(GridError::Passing { by: Party::Proxy, .. })
        ));
    }
}
