//! The GraphQL face, asked what the official client asks.

use super::*;
use crate::sandbox::proxy;
use serde_json::{Value, json};

/// What the official client sends, answered from the proxy's sample index.
async fn ask(query: &str, variables: Value) -> Value {
    let schema = Schema::build(Query::default(), EmptyMutation, EmptySubscription).limit_depth(DEPTH).finish();
    let request: async_graphql::Request =
        serde_json::from_value(json!({ "query": query, "variables": variables })).expect("a request");
    let answer = schema.execute(request.data(Arc::new(proxy::tests::sample()))).await;
    assert_eq!(answer.errors, [], "{query}");
    serde_json::to_value(answer.data).expect("json")
}

#[tokio::test]
async fn the_official_clients_queries() {
    assert_eq!(ask("query { __typename }", json!({})).await, json!({ "__typename": "Query" }));
    let count = "query { items: nodeContractsConnection(where: {twinID_eq: 7, state_in: [Created, GracePeriod]}, orderBy: twinID_ASC) { count: totalCount } }";
    assert_eq!(ask(count, json!({})).await, json!({ "items": { "count": 1 } }));
    let lists = "query getContracts($nameContractsCount: Int!, $nodeContractsCount: Int!, $rentContractsCount: Int!){
        nameContracts(where: {twinID_eq: 7, state_in: [Created, GracePeriod]}, limit: $nameContractsCount) { contractID createdAt name solutionProviderID state twinID }
        nodeContracts(where: {twinID_eq: 7, state_in: [Created, GracePeriod]}, limit: $nodeContractsCount) { contractID deploymentData state createdAt nodeID numberOfPublicIPs }
        rentContracts(where: {twinID_eq: 7, state_in: [Created, GracePeriod]}, limit: $rentContractsCount) { contractID createdAt nodeID solutionProviderID state twinID }
    }";
    let variables = json!({ "nameContractsCount": 1, "nodeContractsCount": 1, "rentContractsCount": 1 });
    assert_eq!(
        ask(lists, variables).await,
        json!({
            "nameContracts": [{ "contractID": "29", "createdAt": "1800000000", "name": "first", "solutionProviderID": null, "state": "Created", "twinID": 7 }],
            "nodeContracts": [{ "contractID": "28", "deploymentData": r#"{"type":"vm","name":"first"}"#, "state": "Created", "createdAt": "1800000000", "nodeID": 1, "numberOfPublicIPs": 1 }],
            "rentContracts": [{ "contractID": "30", "createdAt": "1800000000", "nodeID": 3, "solutionProviderID": null, "state": "Created", "twinID": 7 }],
        })
    );
    let parts = r#"query getContracts($n: Int!){ nodeContracts(where: {twinID_eq: 7, state_in: [Created] , nodeID_eq: 1 , AND: [{ deploymentData_contains: "\"type\":\"vm\"" },{ deploymentData_contains: "\"projectName\":\"x" }]}, limit: $n) { contractID } }"#;
    assert_eq!(ask(parts, json!({ "n": 5 })).await, json!({ "nodeContracts": [] }));
    let bills = "query getConsumption($contractId: BigInt!){ contractBillReports(where: {contractID_eq: $contractId}, limit: 2 , orderBy: timestamp_DESC) { amountBilled timestamp discountReceived } nodeContracts(where: {contractID_eq: $contractId}) { createdAt } }";
    assert_eq!(
        ask(bills, json!({ "contractId": 28 })).await,
        json!({ "contractBillReports": [], "nodeContracts": [{ "createdAt": "1800000000" }] })
    );
    let twin = "query getNodeTwinId($nodeId: Int!){ nodes(where: { nodeID_eq: $nodeId }) { twinID } }";
    assert_eq!(ask(twin, json!({ "nodeId": 3 })).await, json!({ "nodes": [{ "twinID": 103 }] }));
    let farms = "query { items: farmsConnection(orderBy: farmID_ASC) { count: totalCount } }";
    assert_eq!(ask(farms, json!({})).await, json!({ "items": { "count": 2 } }));
    let either = "query { nodes(where: {nodeID_eq: 1, OR: {nodeID_eq: 2}}, orderBy: [nodeID_DESC]) { nodeID } }";
    assert_eq!(ask(either, json!({})).await, json!({ "nodes": [{ "nodeID": 2 }, { "nodeID": 1 }] }));
}
