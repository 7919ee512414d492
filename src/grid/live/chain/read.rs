//! Reads of storage at one block.

use super::link::{At, Session, Trouble};
use super::raw::{Beside, RawAccount, RawContract, RawFarm, RawNode, RawNodePower, RawPolicy, RawTwin};
use crate::clock::Timestamp;
use crate::grid::{
    AccountId, Balance, Contract, ContractId, DocumentHash, Farm, FarmId, GridError, Head, Node, NodeId, Party, Prices,
    Survey, Twin, TwinId,
};
use std::collections::HashMap;
use subxt::dynamic::Value;
use subxt::error::StorageError;
use subxt::ext::frame_decode::storage::{IntoDecodableValues, IntoEncodableValues};
use subxt::ext::scale_decode::DecodeAsType;

type Read<T> = Result<T, Trouble>;

const GRID: &str = "TfgridModule";
const CONTRACTS: &str = "SmartContractModule";
const PRICE: &str = "TFTPriceModule";

/// One value; the item's default where there is one and nothing is stored.
async fn fetch<K, V>(at: &At, pallet: &str, item: &str, key: K) -> Read<Option<V>>
where
    K: IntoEncodableValues + IntoDecodableValues,
    V: DecodeAsType,
{
    match at.storage().try_fetch(subxt::dynamic::storage::<K, V>(pallet, item), key).await? {
        Some(value) => Ok(Some(value.decode()?)),
        None => Ok(None),
    }
}

/// One value of an item that a runtime may lack.
async fn fetch_if_known<K, V>(at: &At, pallet: &str, item: &str, key: K) -> Read<Option<V>>
where
    K: IntoEncodableValues + IntoDecodableValues,
    V: DecodeAsType,
{
    match at.storage().entry(subxt::dynamic::storage::<K, V>(pallet, item)) {
        Ok(_) => fetch(at, pallet, item, key).await,
        Err(StorageError::StorageInfoError(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All values of a map, with their keys.
async fn all<K, V>(at: &At, pallet: &str, item: &str) -> Read<Vec<(K, V)>>
where
    (K,): IntoEncodableValues + IntoDecodableValues,
    V: DecodeAsType,
{
    let storage = at.storage();
    let mut rows = storage.iter(subxt::dynamic::storage::<(K,), V>(pallet, item), ()).await?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let (key,) = row.key().and_then(|key| key.decode()).map_err(Trouble::runtime)?;
        found.push((key, row.value().decode()?));
    }
    Ok(found)
}

async fn number(at: &At, pallet: &str, item: &str) -> Read<u32> {
    Ok(fetch(at, pallet, item, ()).await?.unwrap_or(0))
}

impl Session {
    pub(super) async fn head(&self) -> Read<Head> {
        let at = self.best().await?;
        let now: Option<u64> = fetch(&at, "Timestamp", "Now", ()).await?;
        Ok(Head {
            number: u32::try_from(at.block_number()).map_err(Trouble::runtime)?,
            hash: at.block_hash().0,
            time: Timestamp(now.unwrap_or(0)),
        })
    }

    pub(super) async fn balance(&self, who: AccountId) -> Read<Balance> {
        let at = self.best().await?;
        let account: Option<RawAccount> = fetch(&at, "System", "Account", (who.0,)).await?;
        Ok(account.map(|account| account.data.into()).unwrap_or_default())
    }

    pub(super) async fn terms_accepted(&self, who: AccountId) -> Read<bool> {
        let at = self.best().await?;
        let terms: Option<Vec<Value>> = fetch(&at, GRID, "UsersTermsAndConditions", (who.0,)).await?;
        Ok(terms.is_some_and(|terms| !terms.is_empty()))
    }

    pub(super) async fn twin_of(&self, who: AccountId) -> Read<Option<TwinId>> {
        let at = self.best().await?;
        let id: Option<u32> = fetch(&at, GRID, "TwinIdByAccountID", (who.0,)).await?;
        Ok(id.filter(|id| *id != 0).map(TwinId))
    }

    pub(super) async fn twin(&self, id: TwinId) -> Read<Option<Twin>> {
        let at = self.best().await?;
        let twin: Option<RawTwin> = fetch(&at, GRID, "Twins", (id.0,)).await?;
        Ok(twin.map(Into::into))
    }

    pub(super) async fn farm(&self, id: FarmId) -> Read<Option<Farm>> {
        let at = self.best().await?;
        let farm: Option<RawFarm> = fetch(&at, GRID, "Farms", (id.0,)).await?;
        Ok(farm.map(Into::into))
    }

    pub(super) async fn node(&self, id: NodeId) -> Read<Option<Node>> {
        let at = self.best().await?;
        let key = (id.0,);
        let (node, rent, extra_fee, power) = tokio::try_join!(
            fetch::<_, RawNode>(&at, GRID, "Nodes", key),
            fetch_if_known::<_, u64>(&at, CONTRACTS, "ActiveRentContractForNode", key),
            fetch_if_known::<_, u64>(&at, CONTRACTS, "DedicatedNodesExtraFee", key),
            fetch_if_known::<_, RawNodePower>(&at, GRID, "NodePower", key),
        )?;
        let beside = Beside {
            rent: rent.filter(|id| *id != 0).map(ContractId),
            extra_fee: extra_fee.unwrap_or(0),
            down: power.is_some_and(|power| power.is_down()),
        };
        Ok(node.map(|node| node.with(beside)))
    }

    pub(super) async fn contract(&self, id: ContractId) -> Read<Option<Contract>> {
        let at = self.best().await?;
        let contract: Option<RawContract> = fetch(&at, CONTRACTS, "Contracts", (id.0,)).await?;
        Ok(contract.and_then(RawContract::living))
    }

    pub(super) async fn contract_by_hash(&self, node: NodeId, hash: DocumentHash) -> Read<Option<ContractId>> {
        let at = self.best().await?;
        let id: Option<u64> = fetch(&at, CONTRACTS, "ContractIDByNodeIDAndHash", (node.0, hash.0)).await?;
        Ok(id.filter(|id| *id != 0).map(ContractId))
    }

    pub(super) async fn contract_by_name(&self, name: String) -> Read<Option<ContractId>> {
        let at = self.best().await?;
        let id: Option<u64> = fetch(&at, CONTRACTS, "ContractIDByNameRegistration", (name.into_bytes(),)).await?;
        Ok(id.filter(|id| *id != 0).map(ContractId))
    }

    pub(super) async fn prices(&self) -> Read<Prices> {
        let at = self.best().await?;
        let (policy, average, least, most) = tokio::try_join!(
            fetch::<_, RawPolicy>(&at, GRID, "PricingPolicies", (1u32,)),
            number(&at, PRICE, "AverageTftPrice"),
            number(&at, PRICE, "MinTftPrice"),
            number(&at, PRICE, "MaxTftPrice"),
        )?;
        let policy = policy.ok_or_else(|| {
            Trouble::Grid(GridError::Missing { by: Party::Chain, what: "pricing policy 1".to_owned() })
        })?;
        Ok(Prices {
            policy: policy.into(),
            // The bounds may cross on a chain that was never set up; the lower one counts then.
            tft_musd: average.min(most).max(least),
        })
    }

    pub(super) async fn survey(&self) -> Read<Survey> {
        let at = self.best().await?;
        let mut farms: Vec<Farm> =
            all::<u32, RawFarm>(&at, GRID, "Farms").await?.into_iter().map(|(_, farm)| farm.into()).collect();
        let mut twins: Vec<Twin> =
            all::<u32, RawTwin>(&at, GRID, "Twins").await?.into_iter().map(|(_, twin)| twin.into()).collect();
        let mut contracts: Vec<Contract> = all::<u64, RawContract>(&at, CONTRACTS, "Contracts")
            .await?
            .into_iter()
            .filter_map(|(_, contract)| contract.living())
            .collect();
        let rents: HashMap<u32, u64> = all(&at, CONTRACTS, "ActiveRentContractForNode").await?.into_iter().collect();
        let fees: HashMap<u32, u64> = all(&at, CONTRACTS, "DedicatedNodesExtraFee").await?.into_iter().collect();
        let power: HashMap<u32, RawNodePower> = all(&at, GRID, "NodePower").await?.into_iter().collect();
        let beside = |id: u32| Beside {
            rent: rents.get(&id).map(|id| ContractId(*id)),
            extra_fee: fees.get(&id).copied().unwrap_or(0),
            down: power.get(&id).is_some_and(RawNodePower::is_down),
        };
        let nodes = all::<u32, RawNode>(&at, GRID, "Nodes").await?;
        let mut nodes: Vec<Node> = nodes.into_iter().map(|(id, node)| node.with(beside(id))).collect();
        farms.sort_by_key(|farm| farm.id);
        twins.sort_by_key(|twin| twin.id);
        nodes.sort_by_key(|node| node.id);
        contracts.sort_by_key(|contract| contract.id);
        let block = u32::try_from(at.block_number()).map_err(Trouble::runtime)?;
        Ok(Survey { block, farms, nodes, contracts, twins })
    }
}
