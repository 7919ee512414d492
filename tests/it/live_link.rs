//! Which chains the live client will have: guards at the connection, against servers that only introduce
//! themselves.

use bellhop::grid::live::LiveChain;
use bellhop::grid::{Chain, GridError, Network, Party};
use jsonrpsee::RpcModule;
use jsonrpsee::server::{Server, ServerHandle};

/// A server that tells its name, kind and genesis, and nothing else.
async fn introduces(chain: &'static str, kind: &'static str, genesis: u8) -> (String, ServerHandle) {
    let server = Server::builder().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    let mut module = RpcModule::new(());
    module.register_method("system_chain", move |_, (), _| chain).unwrap();
    module.register_method("system_chainType", move |_, (), _| kind).unwrap();
    module.register_method("chain_getBlockHash", move |_, (), _| format!("0x{}", hex::encode([genesis; 32]))).unwrap();
    (url, server.start(module))
}

fn network(name: &str, chain: &[&str]) -> Network {
    let chain = chain.iter().map(|url| (*url).to_owned()).collect();
    Network { name: name.to_owned(), chain, ..Network::known("dev").unwrap() }
}

async fn verdict(name: &str, chain: &[&str]) -> String {
    match LiveChain::new(&network(name, chain)).endpoint().await {
        Ok((url, name)) => format!("{name} at {}", chain.iter().position(|one| *one == url).unwrap()),
        Err(error) => error.code().unwrap_or("passing").to_owned(),
    }
}

#[tokio::test]
async fn a_sandbox_is_never_taken_for_a_live_network_nor_the_other_way_round() {
    let (sandbox, _a) = introduces("ThreeFold Sandbox", "Development", 1).await;
    let (main, _b) = introduces("Tfchain Mainnet", "Live", 2).await;
    let (own, _c) = introduces("Tfchain Development", "Development", 3).await;
    for (name, url, expected) in [
        ("sandbox", &sandbox, "ThreeFold Sandbox at 0"),
        ("main", &main, "Tfchain Mainnet at 0"),
        ("dev", &own, "Tfchain Development at 0"),
        ("main", &sandbox, "wrong-chain"),
        ("dev", &sandbox, "wrong-chain"),
        ("sandbox", &main, "wrong-chain"),
        // A sandbox fleet that joins a development chain of ThreeFold's own runtime.
        ("sandbox", &own, "Tfchain Development at 0"),
    ] {
        assert_eq!(verdict(name, &[url]).await, expected, "{name} at {url}");
    }
    let error = LiveChain::new(&network("main", &[&sandbox])).head().await.unwrap_err();
    assert!(error.to_string().contains("is a sandbox, and this network is a live one"), "{error}");
}

#[tokio::test]
async fn the_first_endpoint_that_will_do_is_taken() {
    let (good, _a) = introduces("Tfchain", "Live", 1).await;
    let (sandbox, _b) = introduces("ThreeFold Sandbox", "Development", 2).await;
    let dead = "ws://127.0.0.1:1";
    assert_eq!(verdict("main", &[&good, dead]).await, "Tfchain at 0");
    assert_eq!(verdict("main", &[dead, &good]).await, "Tfchain at 1");
    assert_eq!(verdict("main", &[&sandbox, dead, &good]).await, "Tfchain at 2");
    // The wrong one says more than the dead one.
    assert_eq!(verdict("main", &[dead, &sandbox, dead]).await, "wrong-chain");
    assert_eq!(verdict("main", &[dead]).await, "passing");
    assert_eq!(verdict("main", &[]).await, "passing");
}

#[tokio::test]
async fn plain_websockets_stay_on_this_machine() {
    for url in ["ws://tfchain.grid.tf", "ws://10.0.0.1:9944", "http://example.com", "no url"] {
        assert_eq!(verdict("main", &[url]).await, "url", "{url}");
    }
    // TLS to somebody who does not speak it fails like any dead endpoint.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    assert_eq!(verdict("main", &[&format!("wss://127.0.0.1:{port}")]).await, "passing");
}

#[tokio::test]
async fn endpoints_of_two_chains_do_not_make_a_network() {
    let (first, handle) = introduces("Tfchain", "Live", 1).await;
    let (second, _keep) = introduces("Tfchain", "Live", 2).await;
    let chain = LiveChain::new(&network("main", &[&first, &second]));
    assert_eq!(chain.endpoint().await.unwrap().0, first);
    handle.stop().unwrap();
    handle.stopped().await;
    // The first is gone, the second is another chain.
    assert!(
        matches!(chain.head().await, Err(GridError::Refused(refused)) if refused.by == Party::Chain && refused.code == "wrong-chain")
    );
}
