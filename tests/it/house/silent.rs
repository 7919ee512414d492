//! A grid of which nothing ever answers.

use bellhop::grid::{
    AccountId, Balance, Bus, Caller, Chain, Contract, ContractId, DocumentHash, Farm, FarmId, Grid, GridError,
    GridResult, Head, Identity, Landed, Lanes, Network, Node, NodeId, Party, Prepared, Prices, Request, Response,
    Survey, Twin, TwinId, Tx, Web,
};
use std::sync::Arc;
use std::time::Duration;

struct Silent;

/// The grid.
pub fn grid() -> Grid {
    let network = Network { name: "sandbox".to_owned(), ..Network::known("dev").unwrap() };
    Grid { network, chain: Arc::new(Silent), bus: Arc::new(Silent), web: Arc::new(Silent), lanes: Lanes::default() }
}

fn silence<T>(by: Party) -> GridResult<T> {
    Err(GridError::passing(by, "no line"))
}

#[async_trait::async_trait]
impl Chain for Silent {
    async fn head(&self) -> GridResult<Head> {
        silence(Party::Chain)
    }
    async fn balance(&self, _: &AccountId) -> GridResult<Balance> {
        silence(Party::Chain)
    }
    async fn terms_accepted(&self, _: &AccountId) -> GridResult<bool> {
        silence(Party::Chain)
    }
    async fn twin_of(&self, _: &AccountId) -> GridResult<Option<TwinId>> {
        silence(Party::Chain)
    }
    async fn twin(&self, _: TwinId) -> GridResult<Option<Twin>> {
        silence(Party::Chain)
    }
    async fn farm(&self, _: FarmId) -> GridResult<Option<Farm>> {
        silence(Party::Chain)
    }
    async fn node(&self, _: NodeId) -> GridResult<Option<Node>> {
        silence(Party::Chain)
    }
    async fn contract(&self, _: ContractId) -> GridResult<Option<Contract>> {
        silence(Party::Chain)
    }
    async fn contract_by_hash(&self, _: NodeId, _: &DocumentHash) -> GridResult<Option<ContractId>> {
        silence(Party::Chain)
    }
    async fn contract_by_name(&self, _: &str) -> GridResult<Option<ContractId>> {
        silence(Party::Chain)
    }
    async fn prices(&self) -> GridResult<Prices> {
        silence(Party::Chain)
    }
    async fn survey(&self) -> GridResult<Survey> {
        silence(Party::Chain)
    }
    async fn prepare(&self, _: &Identity, _: &Tx) -> GridResult<Prepared> {
        silence(Party::Chain)
    }
    async fn send(&self, _: &Prepared) -> GridResult<Landed> {
        silence(Party::Chain)
    }
}

#[async_trait::async_trait]
impl Bus for Silent {
    async fn call(
        &self,
        _: &Caller,
        _: TwinId,
        _: &str,
        _: serde_json::Value,
        _: Duration,
    ) -> GridResult<serde_json::Value> {
        silence(Party::Relay)
    }
}

#[async_trait::async_trait]
impl Web for Silent {
    async fn send(&self, _: Request) -> GridResult<Response> {
        silence(Party::Proxy)
    }
    async fn dial(&self, _: &str, _: Duration) -> GridResult<()> {
        silence(Party::Web)
    }
}
