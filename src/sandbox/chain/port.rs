//! The chain as a port, in process: [`grid::Chain`] without sockets.
//!
//! What is sent is a real extrinsic, encoded and signed, through the same pool as everybody's. Faults of
//! [`Face::Chain`] strike here as at the RPC face, under the RPC methods' names.

use super::pool::{Refusal, Status};
use super::runtime::{Event, EventRecord, Phase};
use super::scale::{Account, Bounded, Era};
use super::{Bad, LocalChain, Rejected, contracts, convert, extrinsic, price, system, tfgrid, utility};
use crate::grid::{
    AccountId, Balance, Chain, Contract, ContractId, DocumentHash, Farm, FarmId, GridError, GridResult, Head, Identity,
    Landed, Node, NodeId, Party, Policy, Prepared, Prices, Survey, Tft, Twin, TwinId, Tx,
};
use crate::sandbox::fault::{Effect, Face, Faults};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// How many blocks an extrinsic lives.
const ERA: u64 = 32;
/// How long to wait for inclusion at least; at a slow pace, ten blocks.
const LAND: Duration = Duration::from_secs(60);

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct LocalPort(Arc<LocalChain>, Option<Faults>);

impl LocalPort {
    /// A port to this chain, for clients: its faults strike here.
    pub fn new(chain: Arc<LocalChain>) -> Self {
        let faults = chain.faults().clone();
        Self(chain, Some(faults))
    }

    /// A port that no fault strikes: for the sandbox's own parts.
    pub fn unstruck(chain: Arc<LocalChain>) -> Self {
        Self(chain, None)
    }

    async fn fault(&self, method: &str) -> GridResult<bool> {
        match self.1.as_ref().and_then(|faults| faults.strike(Face::Chain, method, None)) {
            None => Ok(false),
            Some(Effect::Delay(millis)) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok(false)
            }
            Some(Effect::Lose) => Ok(true),
            Some(Effect::Error(text)) => Err(GridError::passing(Party::Chain, text)),
            Some(Effect::Drop | Effect::Die | Effect::Lie(_)) => {
                Err(GridError::passing(Party::Chain, "the connection was closed"))
            }
        }
    }

    async fn read<T>(&self, method: &str, read: impl FnOnce(&super::State) -> T) -> GridResult<T> {
        if self.fault(method).await? {
            return Err(GridError::passing(Party::Chain, "the answer was lost"));
        }
        Ok(self.0.with_state(read))
    }

    fn landed(&self, number: u32, index: u32, calls: usize) -> GridResult<Landed> {
        let mut landed = Landed { block: number, items: Vec::new(), events: Vec::new() };
        for EventRecord { phase, event, .. } in self.0.events(number) {
            if phase != Phase::ApplyExtrinsic(index) {
                continue;
            }
            match event {
                Event::System(system::Event::ExtrinsicFailed { dispatch_error, .. }) => {
                    return Err(GridError::Refused(convert::refused(dispatch_error)));
                }
                Event::Utility(utility::Event::ItemCompleted) => landed.items.push(Ok(())),
                Event::Utility(utility::Event::ItemFailed { error }) => landed.items.push(Err(convert::refused(error))),
                other => landed.events.extend(convert::event(other)),
            }
        }
        if landed.items.len() != calls {
            landed.items = vec![Ok(()); calls];
        }
        Ok(landed)
    }
}

fn rejected(rejected: Rejected) -> GridError {
    let refused = |code: &str, text: &str| GridError::refused(Party::Chain, code, text);
    match rejected {
        Rejected::Bad(Bad::Undecodable(text)) => refused("argument", &text),
        Rejected::Bad(Bad::Invalid(invalid)) | Rejected::Pool(Refusal::Invalid(invalid)) => {
            refused(convert::code(invalid), invalid.text())
        }
        Rejected::Pool(Refusal::PriorityTooLow) => refused("usurped", "another with this nonce waits"),
        Rejected::Pool(Refusal::AlreadyImported) => GridError::unclear(Party::Chain, "it waits for a block already"),
        Rejected::Pool(Refusal::Full) => GridError::passing(Party::Chain, "the pool is full"),
    }
}

fn whole(state: &super::State, node: tfgrid::Node) -> Node {
    let rent = contracts::ACTIVE_RENT_CONTRACT.get(state, &node.id);
    let extra_fee = contracts::EXTRA_FEE.get(state, &node.id);
    let down = tfgrid::NODE_POWER.get(state, &node.id).is_down();
    convert::node(node, rent, extra_fee, down)
}

const READ: &str = "state_getStorage";

#[async_trait]
impl Chain for LocalPort {
    async fn head(&self) -> GridResult<Head> {
        if self.fault("chain_getHeader").await? {
            return Err(GridError::passing(Party::Chain, "the answer was lost"));
        }
        let (number, hash, time) = self.0.head();
        Ok(Head { number, hash: hash.0, time })
    }

    async fn balance(&self, who: &AccountId) -> GridResult<Balance> {
        let data = self.read(READ, |state| system::ACCOUNT.get(state, &Account::from(*who)).data).await?;
        let tft = |amount| Tft(u64::try_from(amount).unwrap_or(u64::MAX));
        Ok(Balance { free: tft(data.free), reserved: tft(data.reserved), frozen: tft(data.frozen) })
    }

    async fn terms_accepted(&self, who: &AccountId) -> GridResult<bool> {
        self.read(READ, |state| tfgrid::TERMS.has(state, &Account::from(*who))).await
    }

    async fn twin_of(&self, who: &AccountId) -> GridResult<Option<TwinId>> {
        self.read(READ, |state| tfgrid::TWIN_BY_ACCOUNT.get(state, &Account::from(*who)).map(TwinId)).await
    }

    async fn twin(&self, id: TwinId) -> GridResult<Option<Twin>> {
        self.read(READ, |state| tfgrid::TWINS.get(state, &id.0).map(convert::twin)).await
    }

    async fn farm(&self, id: FarmId) -> GridResult<Option<Farm>> {
        self.read(READ, |state| tfgrid::FARMS.get(state, &id.0).map(convert::farm)).await
    }

    async fn node(&self, id: NodeId) -> GridResult<Option<Node>> {
        self.read(READ, |state| tfgrid::NODES.get(state, &id.0).map(|node| whole(state, node))).await
    }

    async fn contract(&self, id: ContractId) -> GridResult<Option<Contract>> {
        self.read(READ, |state| contracts::CONTRACTS.get(state, &id.0).and_then(convert::contract)).await
    }

    async fn contract_by_hash(&self, node: NodeId, hash: &DocumentHash) -> GridResult<Option<ContractId>> {
        let id = self.read(READ, |state| contracts::CONTRACT_BY_HASH.get(state, &(node.0, hash.0))).await?;
        Ok((id != 0).then_some(ContractId(id)))
    }

    async fn contract_by_name(&self, name: &str) -> GridResult<Option<ContractId>> {
        let name = Bounded(name.as_bytes().to_vec());
        let id = self.read(READ, |state| contracts::CONTRACT_BY_NAME.get(state, &name)).await?;
        Ok((id != 0).then_some(ContractId(id)))
    }

    async fn prices(&self) -> GridResult<Prices> {
        let read = |state: &super::State| (tfgrid::PRICING_POLICIES.get(state, &1), price::billed(state));
        let (policy, tft_musd) = self.read(READ, read).await?;
        let policy =
            policy.ok_or_else(|| GridError::Missing { by: Party::Chain, what: "pricing policy 1".to_owned() })?;
        let policy = Policy {
            cu: policy.cu.value.into(),
            su: policy.su.value.into(),
            nu: policy.nu.value.into(),
            ipu: policy.ipu.value.into(),
            unique_name: policy.unique_name.value.into(),
            domain_name: policy.domain_name.value.into(),
        };
        Ok(Prices { policy, tft_musd })
    }

    async fn survey(&self) -> GridResult<Survey> {
        let mut survey = self
            .read(READ, |state| Survey {
                block: system::number(state),
                farms: tfgrid::FARMS.all(state).into_iter().map(convert::farm).collect(),
                nodes: tfgrid::NODES.all(state).into_iter().map(|node| whole(state, node)).collect(),
                contracts: contracts::CONTRACTS.all(state).into_iter().filter_map(convert::contract).collect(),
                twins: tfgrid::TWINS.all(state).into_iter().map(convert::twin).collect(),
            })
            .await?;
        survey.farms.sort_by_key(|farm| farm.id);
        survey.nodes.sort_by_key(|node| node.id);
        survey.contracts.sort_by_key(|contract| contract.id);
        survey.twins.sort_by_key(|twin| twin.id);
        Ok(survey)
    }

    async fn prepare(&self, signer: &Identity, tx: &Tx) -> GridResult<Prepared> {
        if self.fault("system_accountNextIndex").await? {
            return Err(GridError::passing(Party::Chain, "the answer was lost"));
        }
        tx.check()?;
        let call = convert::tx(tx).map_err(GridError::Refused)?;
        let (number, birth, _) = self.0.head();
        let era = Era::mortal(ERA, number.into());
        let nonce = self.0.next_nonce(&signer.account());
        let terms = extrinsic::Terms { nonce, era, birth, genesis: self.0.genesis_hash(), tip: 0 };
        let bytes = extrinsic::sign(&call, signer, &terms);
        let hash = super::scale::blake2_256(&bytes);
        let last_block = u32::try_from(era.death(number.into()).saturating_sub(1)).unwrap_or(u32::MAX);
        Ok(Prepared { bytes, hash, last_block, calls: tx.calls.len() })
    }

    async fn send(&self, prepared: &Prepared) -> GridResult<Landed> {
        let unclear = |text: &str| GridError::unclear(Party::Chain, text);
        let lost = match self.fault("author_submitAndWatchExtrinsic").await {
            Ok(lost) => lost,
            Err(error) => return Err(unclear(&error.to_string())),
        };
        let (_, mut watcher) = self.0.submit(&prepared.bytes).map_err(rejected)?;
        if lost {
            return Err(unclear("the connection was closed after it was handed over"));
        }
        let in_block = async {
            while let Some(status) = watcher.recv().await {
                match status {
                    Status::InBlock { number, index, .. } => return Ok((number, index)),
                    Status::Invalid => return Err(GridError::passing(Party::Chain, "the pool let go of it")),
                    Status::Usurped(_) => {
                        return Err(GridError::refused(Party::Chain, "usurped", "another took its nonce"));
                    }
                    Status::Future | Status::Ready | Status::Finalized(_) => {}
                }
            }
            Err(unclear("the chain stopped"))
        };
        match tokio::time::timeout(LAND.max(self.0.pace() * 10), in_block).await {
            Ok(Ok((number, index))) => self.landed(number, index, prepared.calls),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(unclear("it was not in a block in time")),
        }
    }
}
