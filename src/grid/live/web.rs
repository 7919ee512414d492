//! [`Web`] over reqwest: HTTP with limits, and bare TCP.
//!
//! Two guards stand here. *How much*: time and size are bounded while the answer streams in. *Where to*: a
//! [`Reach::Public`] request never touches a private address, whether the URL names it or a name resolves to
//! it (the check is in the resolver, so there is no gap between looking and connecting). No environment
//! proxies, no redirects: both would step around the guard.

use crate::grid::{GridError, GridResult, Method, Network, Party, Reach, Request, Response, Web, doorstep};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use url::{Host, Url};

/// The ending of all gateway domains of a sandbox; no public domain can have it.
const SANDBOX_NAMES: &str = ".sandbox";

/// HTTP and TCP with the guards of this module.
#[derive(Debug, Clone)]
pub struct LiveWeb {
    service: reqwest::Client,
    public: reqwest::Client,
    resolver: Arc<Resolver>,
    sandbox: bool,
}

impl LiveWeb {
    /// For one network: on a sandbox, loopback may be reached and gateway names are answered by
    /// `network.gateways`; elsewhere neither.
    ///
    /// # Errors
    /// `Passing` when TLS cannot be set up.
    pub fn new(network: &Network) -> GridResult<Self> {
        let sandbox = network.is_sandbox();
        let anywhere = Resolver { guarded: false, gateways: network.gateways.filter(|_| sandbox) };
        let public = Arc::new(Resolver { guarded: !sandbox, ..anywhere });
        Ok(Self { service: client(Arc::new(anywhere))?, public: client(public.clone())?, resolver: public, sandbox })
    }
}

fn client(resolver: Arc<Resolver>) -> GridResult<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .dns_resolver(resolver)
        .build()
        .map_err(|error| GridError::passing(Party::Web, error))
}

#[async_trait]
impl Web for LiveWeb {
    async fn send(&self, request: Request) -> GridResult<Response> {
        let within = request.within;
        tokio::time::timeout(within, self.exchange(request))
            .await
            .unwrap_or_else(|_| Err(GridError::passing(Party::Web, format!("no answer within {within:?}"))))
    }

    async fn dial(&self, address: &str, within: Duration) -> GridResult<()> {
        let connect = async {
            let (host, port) = split(address)?;
            let addresses = self.resolver.addresses(&host, port).await.map_err(not_found)?;
            let mut last = GridError::passing(Party::Web, format!("{address} has no address"));
            let doors = |address| self.sandbox.then(|| doorstep(address)).flatten();
            for address in addresses.into_iter().flat_map(|address| doors(address).into_iter().chain([address])) {
                match TcpStream::connect(address).await {
                    Ok(_) => return Ok(()),
                    Err(error) => last = GridError::passing(Party::Web, format!("{address}: {error}")),
                }
            }
            Err(last)
        };
        tokio::time::timeout(within, connect).await.unwrap_or_else(|_| {
            Err(GridError::passing(Party::Web, format!("{address} did not answer within {within:?}")))
        })
    }
}

impl LiveWeb {
    async fn exchange(&self, request: Request) -> GridResult<Response> {
        let mut url = Url::parse(&request.url).map_err(|error| bad_url(&request.url, error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad_url(&request.url, "neither http nor https"));
        }
        let client = match request.reach {
            Reach::Service => &self.service,
            Reach::Public => {
                // A literal address never meets the resolver.
                let literal = match url.host() {
                    Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
                    Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
                    _ => None,
                };
                if let Some(ip) = literal.filter(|ip| self.resolver.guarded && !is_public(*ip)) {
                    return Err(forbidden(Forbidden(ip.to_string())));
                }
                if let Some(ip) = literal.filter(|_| self.sandbox)
                    && let Some(door) = doorstep(SocketAddr::new(ip, url.port_or_known_default().unwrap_or(80)))
                {
                    url = Url::parse(&format!("http://{door}{}", url.path()))
                        .map_err(|error| bad_url(&request.url, error))?;
                }
                &self.public
            }
        };
        let mut builder = match request.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
        };
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let mut answer = builder.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > request.max_bytes {
                return Err(GridError::passing(
                    Party::Web,
                    format!("the answer is longer than {} bytes", request.max_bytes),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        Ok(Response { status: answer.status().as_u16(), headers: headers.collect(), body })
    }
}

/// The address may not be reached from here.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a public address")]
struct Forbidden(String);

fn forbidden(error: Forbidden) -> GridError {
    GridError::refused(Party::Web, "address", error)
}

fn bad_url(url: &str, why: impl std::fmt::Display) -> GridError {
    GridError::refused(Party::Web, "url", format!("{url}: {why}"))
}

fn not_found(error: Box<dyn std::error::Error + Send + Sync>) -> GridError {
    match error.downcast::<Forbidden>() {
        Ok(no) => forbidden(*no),
        Err(error) => GridError::passing(Party::Web, error),
    }
}

/// reqwest says "error sending request" and hides the cause below; people need the cause.
fn failed(error: reqwest::Error) -> GridError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(Forbidden(what)) = inner.downcast_ref() {
            return forbidden(Forbidden(what.clone()));
        }
        text = inner.to_string();
        cause = inner.source();
    }
    GridError::passing(Party::Web, text)
}

fn split(address: &str) -> GridResult<(String, u16)> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = parts.ok_or_else(|| bad_url(address, "not host:port"))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok((host.to_owned(), port))
}

/// Names to addresses, with the guard and the sandbox's gateways.
#[derive(Debug, Clone, Copy)]
struct Resolver {
    guarded: bool,
    gateways: Option<SocketAddr>,
}

impl Resolver {
    async fn addresses(
        self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        if let Some(gateways) = self.gateways.filter(|_| name.ends_with(SANDBOX_NAMES)) {
            return Ok(vec![gateways]);
        }
        let all: Vec<_> = lookup_host((host, port)).await?.collect();
        let open: Vec<_> = all.iter().copied().filter(|address| !self.guarded || is_public(address.ip())).collect();
        if open.is_empty() && !all.is_empty() {
            return Err(Box::new(Forbidden(host.to_owned())));
        }
        Ok(open)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            // Port 0 lets the URL's own port stand; the gateways' answer carries theirs, which wins.
            let found = resolver.addresses(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is out in the open: not this machine, its nets, or a special range (RFC 6890). Overlay
/// nets whose addresses are their owners' keys (Mycelium, Yggdrasil) count as open.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => public_v4(inner),
            None => {
                let [first, ..] = ip.segments();
                let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first & 0xffc0 == 0xfec0;
                !(local || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
            }
        },
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18);
    !(special || ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast())
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64 or 6to4.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => joined(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => joined(high, low),
        [0x2002, high, low, ..] => joined(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn network(name: &str) -> Network {
        Network { name: name.to_owned(), ..Network::known("dev").unwrap() }
    }

    /// Serves one fixed answer to every connection.
    async fn serve(answer: String) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut seen = [0; 2048];
                let count = socket.read(&mut seen).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&seen[..count]).to_lowercase();
                let _ = socket
                    .write_all(
                        answer
                            .replace(
                                "{asked}",
                                if asked.contains("user-agent: bellhop/") { "bellhop" } else { "other" },
                            )
                            .as_bytes(),
                    )
                    .await;
            }
        });
        address
    }

    fn ok(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nCount: 7\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    #[test]
    fn private_addresses_are_known_in_every_disguise() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip} is not public");
        }
        for ip in
            ["1.1.1.1", "185.206.122.33", "2a01:4f8::1", "400:1234::1", "200:abcd::1", "::ffff:8.8.8.8", "172.32.0.1"]
        {
            assert!(is_public(ip.parse().unwrap()), "{ip} is public");
        }
    }

    #[tokio::test]
    async fn only_the_operators_addresses_may_be_private_on_a_live_network() {
        let at = serve(ok("{asked} ")).await;
        let live = LiveWeb::new(&network("dev")).unwrap();
        let port = at.port();
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"] {
            let url = format!("http://{host}:{port}/");
            let error = live.send(Request::get(&url)).await.unwrap_err();
            assert_eq!(error.code(), Some("address"), "{url}: {error}");
        }
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            let error = live.dial(&format!("{host}:{port}"), Duration::from_secs(5)).await.unwrap_err();
            assert_eq!(error.code(), Some("address"), "{host}: {error}");
        }
        let answer = live.send(Request::get(format!("http://127.0.0.1:{port}/")).to_service()).await.unwrap();
        assert_eq!(
            (answer.status, answer.body.as_slice(), answer.header("count")),
            (200, b"bellhop ".as_slice(), Some("7"))
        );
    }

    #[tokio::test]
    async fn a_sandbox_is_reached_by_name_through_its_gateways() {
        let at = serve(ok("hello")).await;
        let sandbox = LiveWeb::new(&Network { gateways: Some(at), ..network("sandbox") }).unwrap();
        // The URL's port is the gateways' own, or absent: both reach the one listener.
        for url in
            ["http://first.gent01.grid.sandbox/".to_owned(), format!("http://first.gent01.grid.sandbox:{}/", at.port())]
        {
            assert_eq!(sandbox.send(Request::get(&url)).await.unwrap().body, b"hello", "{url}");
        }
        sandbox.dial("first.gent01.grid.sandbox:80", Duration::from_secs(5)).await.unwrap();
        let live = LiveWeb::new(&Network { gateways: Some(at), ..network("dev") }).unwrap();
        assert!(live.dial("first.gent01.grid.sandbox:80", Duration::from_secs(5)).await.is_err());
    }

    #[tokio::test]
    async fn limits_hold() {
        let at = serve(ok(&"x".repeat(5000))).await;
        let sandbox = LiveWeb::new(&network("sandbox")).unwrap();
        let small = Request { max_bytes: 4999, ..Request::get(format!("http://{at}/")) };
        assert!(matches!(sandbox.send(small).await, Err(GridError::Passing { by: Party::Web, .. })));
        let exact = Request { max_bytes: 5000, ..Request::get(format!("http://{at}/")) };
        assert_eq!(sandbox.send(exact).await.unwrap().body.len(), 5000);

        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let short = Request { within: Duration::from_millis(50), ..Request::get(url) };
        assert!(matches!(sandbox.send(short).await, Err(GridError::Passing { .. })));

        let moved =
            serve("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
        assert_eq!(sandbox.send(Request::get(format!("http://{moved}/"))).await.unwrap().status, 302);
        for url in ["ftp://example.com/", "no url", "file:///etc/passwd"] {
            assert_eq!(sandbox.send(Request::get(url)).await.unwrap_err().code(), Some("url"));
        }
    }
}
