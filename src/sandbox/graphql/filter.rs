//! Filters and orders of the GraphQL lists.
//!
//! Not the lists: a row shows what can be asked of it as [`Marks`].

use async_graphql::{Enum, InputObject, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use std::cmp::Ordering;

/// A large number, written as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BigInt(pub(super) u64);

#[Scalar]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        number.map(BigInt).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A contract's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "PascalCase")]
pub(super) enum ContractState {
    Created,
    Deleted,
    GracePeriod,
    OutOfFunds,
}

/// A filter: what is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
#[graphql(name = "WhereInput")]
pub(super) struct Where {
    #[graphql(name = "contractID_eq")]
    contract: Option<BigInt>,
    #[graphql(name = "contractID_in")]
    contracts: Option<Vec<BigInt>>,
    #[graphql(name = "twinID_eq")]
    twin: Option<u32>,
    #[graphql(name = "twinID_in")]
    twins: Option<Vec<u32>>,
    #[graphql(name = "nodeID_eq")]
    node: Option<u32>,
    #[graphql(name = "nodeID_in")]
    nodes: Option<Vec<u32>>,
    #[graphql(name = "farmID_eq")]
    farm: Option<u32>,
    #[graphql(name = "farmID_in")]
    farms: Option<Vec<u32>>,
    #[graphql(name = "name_eq")]
    name: Option<String>,
    #[graphql(name = "name_contains")]
    name_part: Option<String>,
    #[graphql(name = "accountID_eq")]
    account: Option<String>,
    #[graphql(name = "state_eq")]
    state: Option<ContractState>,
    #[graphql(name = "state_in")]
    states: Option<Vec<ContractState>>,
    #[graphql(name = "deploymentData_eq")]
    data: Option<String>,
    #[graphql(name = "deploymentData_contains")]
    data_part: Option<String>,
    #[graphql(name = "deploymentHash_eq")]
    hash: Option<String>,
    #[graphql(name = "AND")]
    and: Option<Vec<Where>>,
    #[graphql(name = "OR")]
    or: Option<Vec<Where>>,
}

/// What filters and orders look at. A row has what its kind has; a filter on anything else does not hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    pub(super) contract: Option<u64>,
    pub(super) twin: Option<u32>,
    pub(super) node: Option<u32>,
    pub(super) farm: Option<u32>,
    pub(super) name: Option<String>,
    pub(super) account: Option<String>,
    pub(super) state: Option<ContractState>,
    pub(super) data: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) created: u64,
}

fn holds<W, T: ?Sized>(wanted: &Option<W>, has: Option<&T>, fits: impl Fn(&W, &T) -> bool) -> bool {
    wanted.as_ref().is_none_or(|wanted| has.is_some_and(|has| fits(wanted, has)))
}

impl Where {
    pub(super) fn fits(&self, row: &Marks) -> bool {
        let both = holds(&self.contract, row.contract.as_ref(), |wanted, has| wanted.0 == *has)
            && holds(&self.contracts, row.contract.as_ref(), |any, has| any.iter().any(|one| one.0 == *has))
            && holds(&self.twin, row.twin.as_ref(), |wanted, has| wanted == has)
            && holds(&self.twins, row.twin.as_ref(), |any, has| any.contains(has))
            && holds(&self.node, row.node.as_ref(), |wanted, has| wanted == has)
            && holds(&self.nodes, row.node.as_ref(), |any, has| any.contains(has))
            && holds(&self.farm, row.farm.as_ref(), |wanted, has| wanted == has)
            && holds(&self.farms, row.farm.as_ref(), |any, has| any.contains(has))
            && holds(&self.name, row.name.as_ref(), |wanted, has| wanted == has)
            && holds(&self.name_part, row.name.as_ref(), |part, has| has.contains(part.as_str()))
            && holds(&self.account, row.account.as_ref(), |wanted, has| wanted == has)
            && holds(&self.state, row.state.as_ref(), |wanted, has| wanted == has)
            && holds(&self.states, row.state.as_ref(), |any, has| any.contains(has))
            && holds(&self.data, row.data.as_ref(), |wanted, has| wanted == has)
            && holds(&self.data_part, row.data.as_ref(), |part, has| has.contains(part.as_str()))
            && holds(&self.hash, row.hash.as_ref(), |wanted, has| wanted == has)
            && self.and.iter().flatten().all(|filter| filter.fits(row));
        // As the real index has it: the alternatives of OR stand beside the rest of the filter.
        both || self.or.iter().flatten().any(|filter| filter.fits(row))
    }
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[expect(non_camel_case_types, reason = "the real index's names")]
#[graphql(name = "OrderByInput")]
pub(super) enum Order {
    #[graphql(name = "contractID_ASC")]
    contract_asc,
    #[graphql(name = "contractID_DESC")]
    contract_desc,
    #[graphql(name = "twinID_ASC")]
    twin_asc,
    #[graphql(name = "twinID_DESC")]
    twin_desc,
    #[graphql(name = "nodeID_ASC")]
    node_asc,
    #[graphql(name = "nodeID_DESC")]
    node_desc,
    #[graphql(name = "farmID_ASC")]
    farm_asc,
    #[graphql(name = "farmID_DESC")]
    farm_desc,
    #[graphql(name = "name_ASC")]
    name_asc,
    #[graphql(name = "name_DESC")]
    name_desc,
    #[graphql(name = "createdAt_ASC")]
    created_asc,
    #[graphql(name = "createdAt_DESC")]
    created_desc,
    #[graphql(name = "timestamp_ASC")]
    timestamp_asc,
    #[graphql(name = "timestamp_DESC")]
    timestamp_desc,
}

impl Order {
    pub(super) fn compare(self, a: &Marks, b: &Marks) -> Ordering {
        match self {
            Self::contract_asc => a.contract.cmp(&b.contract),
            Self::contract_desc => b.contract.cmp(&a.contract),
            Self::twin_asc => a.twin.cmp(&b.twin),
            Self::twin_desc => b.twin.cmp(&a.twin),
            Self::node_asc => a.node.cmp(&b.node),
            Self::node_desc => b.node.cmp(&a.node),
            Self::farm_asc => a.farm.cmp(&b.farm),
            Self::farm_desc => b.farm.cmp(&a.farm),
            Self::name_asc => a.name.cmp(&b.name),
            Self::name_desc => b.name.cmp(&a.name),
            Self::created_asc | Self::timestamp_asc => a.created.cmp(&b.created),
            Self::created_desc | Self::timestamp_desc => b.created.cmp(&a.created),
        }
    }
}
