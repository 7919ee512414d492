//! [`Chain`] over subxt: TFChain by websocket.
//!
//! Everything is encoded and decoded by the live metadata; the repository carries no metadata and no generated
//! code, and a runtime upgrade is followed by itself. Older runtimes than spec 144 have other calls and are not
//! supported. Method family: `legacy` (TFChain's nodes are of that age).

mod link;
mod outcome;
mod raw;
mod read;
mod send;
mod sign;
mod wire;

use crate::grid::{
    AccountId, Balance, Chain, Contract, ContractId, DocumentHash, Farm, FarmId, GridResult, Head, Identity, Landed,
    Network, Node, NodeId, Prepared, Prices, Survey, Twin, TwinId, Tx,
};
use async_trait::async_trait;
use link::Link;
pub use link::Patience;

/// TFChain over the wire. Connects when first asked, and again whenever that is needed.
pub struct LiveChain(Link);

impl LiveChain {
    /// The chain of `network`. Errors show when it is first asked: `Passing` when no endpoint answers, `Refused`
    /// with code `wrong-chain` when one answers that is not this network's (a sandbox for a live network or the
    /// other way round), with code `url` when an endpoint may not be used (`ws` beyond this machine).
    pub fn new(network: &Network) -> Self {
        Self::with_patience(network, Patience::default())
    }

    /// The same, with other patience.
    pub fn with_patience(network: &Network, patience: Patience) -> Self {
        Self(Link::new(network, patience))
    }

    /// The endpoint that is in use, and what it calls its chain.
    ///
    /// # Errors
    /// As in [`LiveChain::new`].
    pub async fn endpoint(&self) -> GridResult<(String, String)> {
        let session = self.0.session().await?;
        Ok((session.url.clone(), session.chain.clone()))
    }

    /// The hash of the chain's first block: which chain it is, whatever it is called and wherever it is reached.
    ///
    /// # Errors
    /// As in [`LiveChain::new`].
    pub async fn genesis(&self) -> GridResult<[u8; 32]> {
        Ok(self.0.session().await?.client.genesis_hash().0)
    }
}

#[async_trait]
impl Chain for LiveChain {
    async fn head(&self) -> GridResult<Head> {
        self.0.ask(async |session| session.head().await).await
    }

    async fn balance(&self, who: &AccountId) -> GridResult<Balance> {
        self.0.ask(async |session| session.balance(*who).await).await
    }

    async fn terms_accepted(&self, who: &AccountId) -> GridResult<bool> {
        self.0.ask(async |session| session.terms_accepted(*who).await).await
    }

    async fn twin_of(&self, who: &AccountId) -> GridResult<Option<TwinId>> {
        self.0.ask(async |session| session.twin_of(*who).await).await
    }

    async fn twin(&self, id: TwinId) -> GridResult<Option<Twin>> {
        self.0.ask(async |session| session.twin(id).await).await
    }

    async fn farm(&self, id: FarmId) -> GridResult<Option<Farm>> {
        self.0.ask(async |session| session.farm(id).await).await
    }

    async fn node(&self, id: NodeId) -> GridResult<Option<Node>> {
        self.0.ask(async |session| session.node(id).await).await
    }

    async fn contract(&self, id: ContractId) -> GridResult<Option<Contract>> {
        self.0.ask(async |session| session.contract(id).await).await
    }

    async fn contract_by_hash(&self, node: NodeId, hash: &DocumentHash) -> GridResult<Option<ContractId>> {
        self.0.ask(async |session| session.contract_by_hash(node, *hash).await).await
    }

    async fn contract_by_name(&self, name: &str) -> GridResult<Option<ContractId>> {
        self.0.ask(async |session| session.contract_by_name(name.to_owned()).await).await
    }

    async fn prices(&self) -> GridResult<Prices> {
        self.0.ask(async |session| session.prices().await).await
    }

    async fn survey(&self) -> GridResult<Survey> {
        self.0.ask(async |session| session.survey().await).await
    }

    async fn prepare(&self, signer: &Identity, tx: &Tx) -> GridResult<Prepared> {
        tx.check()?;
        self.0.ask(async |session| session.sign(signer, tx).await).await
    }

    async fn send(&self, prepared: &Prepared) -> GridResult<Landed> {
        send::send(&self.0, prepared).await
    }
}
