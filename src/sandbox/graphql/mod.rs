//! The GraphQL face: what other clients list contracts, nodes and farms with (official-client.md).
//!
//! A part of the real index's schema, over the grid proxy's [`Index`]: the names of fields and filters are
//! its own, one filter type serves all lists. Bellhop itself reads the proxy instead.

mod filter;
mod rows;

use super::proxy::{Index, Proxy};
use super::site::{self, Site, Visit};
use crate::grid::Response;
use async_graphql::{Context, EmptyMutation, EmptySubscription, MergedObject, Object, Schema};
use async_trait::async_trait;
use filter::{Order, Where};
use rows::{BillReport, Connection, GridFarm, GridNode, GridTwin, Listed, NameContract, NodeContract, RentContract};
use std::sync::Arc;

/// The deepest query that is answered.
const DEPTH: usize = 12;

/// What a list was asked with.
#[derive(Default)]
struct Asked {
    filter: Option<Where>,
    order: Option<Vec<Order>>,
    limit: Option<usize>,
    offset: Option<usize>,
}

fn listed<T: Listed>(ctx: &Context<'_>, asked: Asked) -> Vec<T> {
    let Ok(index) = ctx.data::<Arc<Index>>() else { return Vec::new() };
    let mut rows = T::all(index);
    rows.retain(|(marks, _)| asked.filter.as_ref().is_none_or(|filter| filter.fits(marks)));
    for order in asked.order.into_iter().flatten().rev() {
        rows.sort_by(|(a, _), (b, _)| order.compare(a, b));
    }
    let rows = rows.into_iter().skip(asked.offset.unwrap_or(0)).take(asked.limit.unwrap_or(usize::MAX));
    rows.map(|(_, row)| row).collect()
}

/// One list and its count, as the real index names them.
macro_rules! lists {
    ($($query:ident: $row:ident, $list:literal, $count:literal;)*) => {
        $(
            #[derive(Default)]
            struct $query;

            #[Object]
            impl $query {
                #[graphql(name = $list)]
                async fn list(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(name = "where")] filter: Option<Where>,
                    order_by: Option<Vec<Order>>,
                    limit: Option<usize>,
                    offset: Option<usize>,
                ) -> Vec<$row> {
                    listed(ctx, Asked { filter, order: order_by, limit, offset })
                }

                #[graphql(name = $count)]
                async fn count(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(name = "where")] filter: Option<Where>,
                    order_by: Option<Vec<Order>>,
                ) -> Connection {
                    let rows: Vec<$row> = listed(ctx, Asked { filter, order: order_by, ..Asked::default() });
                    Connection { total_count: rows.len() }
                }
            }
        )*

        /// All lists.
        #[derive(MergedObject, Default)]
        struct Query($($query),*);
    };
}

lists! {
    NodeContracts: NodeContract, "nodeContracts", "nodeContractsConnection";
    NameContracts: NameContract, "nameContracts", "nameContractsConnection";
    RentContracts: RentContract, "rentContracts", "rentContractsConnection";
    Nodes: GridNode, "nodes", "nodesConnection";
    Farms: GridFarm, "farms", "farmsConnection";
    Twins: GridTwin, "twins", "twinsConnection";
    Bills: BillReport, "contractBillReports", "contractBillReportsConnection";
}

/// The GraphQL face of a sandbox.
pub struct Graphql {
    proxy: Arc<Proxy>,
    schema: Schema<Query, EmptyMutation, EmptySubscription>,
}

impl Graphql {
    /// Answers from the proxy's index.
    pub fn new(proxy: Arc<Proxy>) -> Self {
        let schema = Schema::build(Query::default(), EmptyMutation, EmptySubscription).limit_depth(DEPTH).finish();
        Self { proxy, schema }
    }
}

#[async_trait]
impl Site for Graphql {
    async fn visit(&self, visit: &Visit) -> Option<Response> {
        if visit.method != "POST" {
            return Some(site::error(405, "method not allowed"));
        }
        let Ok(request) = serde_json::from_slice::<async_graphql::Request>(&visit.body) else {
            return Some(site::error(400, "a GraphQL request in JSON is needed"));
        };
        let answer = self.schema.execute(request.data(self.proxy.refresh().await)).await;
        Some(site::json(if answer.is_err() { 400 } else { 200 }, &answer))
    }
}

#[cfg(test)]
mod tests;
