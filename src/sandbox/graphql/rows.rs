//! What the GraphQL lists consist of: contracts, nodes, farms, twins, under the real index's field names.
//!
//! Made from the grid proxy's index; not kept.

use super::filter::{BigInt, ContractState, Marks};
use crate::grid::{ContractKind, Farm, Twin};
use crate::sandbox::proxy::{ContractRow, Index, NodeRow, state};
use async_graphql::SimpleObject;
use std::sync::Arc;

/// A contract on a node.
#[derive(SimpleObject)]
pub(super) struct NodeContract {
    id: String,
    grid_version: u32,
    #[graphql(name = "contractID")]
    contract: BigInt,
    #[graphql(name = "twinID")]
    twin: u32,
    #[graphql(name = "nodeID")]
    node: u32,
    deployment_data: String,
    deployment_hash: String,
    #[graphql(name = "numberOfPublicIPs")]
    ips: usize,
    created_at: BigInt,
    state: ContractState,
    #[graphql(name = "solutionProviderID")]
    provider: Option<u32>,
}

/// A contract for a web name.
#[derive(SimpleObject)]
pub(super) struct NameContract {
    id: String,
    grid_version: u32,
    #[graphql(name = "contractID")]
    contract: BigInt,
    #[graphql(name = "twinID")]
    twin: u32,
    name: String,
    created_at: BigInt,
    state: ContractState,
    #[graphql(name = "solutionProviderID")]
    provider: Option<u32>,
}

/// A contract for a whole node.
#[derive(SimpleObject)]
pub(super) struct RentContract {
    id: String,
    grid_version: u32,
    #[graphql(name = "contractID")]
    contract: BigInt,
    #[graphql(name = "twinID")]
    twin: u32,
    #[graphql(name = "nodeID")]
    node: u32,
    created_at: BigInt,
    state: ContractState,
    #[graphql(name = "solutionProviderID")]
    provider: Option<u32>,
}

/// A node.
#[derive(SimpleObject)]
pub(super) struct GridNode {
    id: String,
    #[graphql(name = "nodeID")]
    node: u32,
    #[graphql(name = "farmID")]
    farm: u32,
    #[graphql(name = "twinID")]
    twin: u32,
    country: String,
    city: String,
    created: BigInt,
}

/// A farm.
#[derive(SimpleObject)]
pub(super) struct GridFarm {
    id: String,
    #[graphql(name = "farmID")]
    farm: u32,
    #[graphql(name = "twinID")]
    twin: u32,
    name: String,
}

/// A twin.
#[derive(SimpleObject)]
pub(super) struct GridTwin {
    id: String,
    #[graphql(name = "twinID")]
    twin: u32,
    #[graphql(name = "accountID")]
    account: String,
    relay: Option<String>,
}

/// A bill. There are none: bills are events of the chain, which the index does not hold.
#[derive(SimpleObject)]
pub(super) struct BillReport {
    amount_billed: BigInt,
    timestamp: BigInt,
    discount_received: String,
}

/// How many there are.
#[derive(SimpleObject)]
pub(super) struct Connection {
    pub(super) total_count: usize,
}

/// Rows with what filters look at, of one kind.
pub(super) trait Listed: Sized {
    fn all(index: &Index) -> Vec<(Marks, Self)>;
}

fn contract_marks(row: &ContractRow) -> Marks {
    let state = match state(row) {
        "Created" => ContractState::Created,
        "GracePeriod" => ContractState::GracePeriod,
        _ => ContractState::Deleted,
    };
    Marks {
        contract: Some(row.contract.id.0),
        twin: Some(row.contract.twin.0),
        state: Some(state),
        created: row.created.secs(),
        ..Marks::default()
    }
}

impl Listed for NodeContract {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |row: &ContractRow| {
            let ContractKind::Node { node, hash, data, ips } = &row.contract.kind else { return None };
            let marks = contract_marks(row);
            let listed = NodeContract {
                id: row.contract.id.to_string(),
                grid_version: 4,
                contract: BigInt(row.contract.id.0),
                twin: row.contract.twin.0,
                node: node.0,
                deployment_data: data.clone(),
                deployment_hash: hash.to_string(),
                ips: ips.len(),
                created_at: BigInt(row.created.secs()),
                state: marks.state?,
                provider: None,
            };
            let (data, hash) = (Some(data.clone()), Some(hash.to_string()));
            Some((Marks { node: Some(node.0), data, hash, ..marks }, listed))
        };
        index.contracts.values().filter_map(make).collect()
    }
}

impl Listed for NameContract {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |row: &ContractRow| {
            let ContractKind::Name { name } = &row.contract.kind else { return None };
            let marks = contract_marks(row);
            let listed = NameContract {
                id: row.contract.id.to_string(),
                grid_version: 4,
                contract: BigInt(row.contract.id.0),
                twin: row.contract.twin.0,
                name: name.clone(),
                created_at: BigInt(row.created.secs()),
                state: marks.state?,
                provider: None,
            };
            Some((Marks { name: Some(name.clone()), ..marks }, listed))
        };
        index.contracts.values().filter_map(make).collect()
    }
}

impl Listed for RentContract {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |row: &ContractRow| {
            let ContractKind::Rent { node } = &row.contract.kind else { return None };
            let marks = contract_marks(row);
            let listed = RentContract {
                id: row.contract.id.to_string(),
                grid_version: 4,
                contract: BigInt(row.contract.id.0),
                twin: row.contract.twin.0,
                node: node.0,
                created_at: BigInt(row.created.secs()),
                state: marks.state?,
                provider: None,
            };
            Some((Marks { node: Some(node.0), ..marks }, listed))
        };
        index.contracts.values().filter_map(make).collect()
    }
}

impl Listed for GridNode {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |NodeRow { node, .. }: &NodeRow| {
            let marks = Marks {
                node: Some(node.id.0),
                farm: Some(node.farm.0),
                twin: Some(node.twin.0),
                created: node.created,
                ..Marks::default()
            };
            let listed = GridNode {
                id: node.id.to_string(),
                node: node.id.0,
                farm: node.farm.0,
                twin: node.twin.0,
                country: node.country.clone(),
                city: node.city.clone(),
                created: BigInt(node.created),
            };
            (marks, listed)
        };
        index.nodes.values().map(make).collect()
    }
}

impl Listed for GridFarm {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |farm: &Arc<Farm>| {
            let marks = Marks {
                farm: Some(farm.id.0),
                twin: Some(farm.twin.0),
                name: Some(farm.name.clone()),
                ..Marks::default()
            };
            let listed =
                GridFarm { id: farm.id.to_string(), farm: farm.id.0, twin: farm.twin.0, name: farm.name.clone() };
            (marks, listed)
        };
        index.farms.values().map(make).collect()
    }
}

impl Listed for GridTwin {
    fn all(index: &Index) -> Vec<(Marks, Self)> {
        let make = |twin: &Twin| {
            let account = twin.account.to_string();
            let marks = Marks { twin: Some(twin.id.0), account: Some(account.clone()), ..Marks::default() };
            (marks, GridTwin { id: twin.id.to_string(), twin: twin.id.0, account, relay: twin.relay.clone() })
        };
        index.twins.values().map(make).collect()
    }
}

impl Listed for BillReport {
    fn all(_: &Index) -> Vec<(Marks, Self)> {
        Vec::new()
    }
}
