//! The outside fails while a node is on its way: a proven node elsewhere, or a clear no; never anything left.

use crate::house::sandbox::Stage;
use bellhop::grid::NodeId;
use bellhop::sandbox::fault::{Effect, Face};
use std::time::Duration;

const FIRST: &str = "/deploy casper name:first terms:yes now:yes";

/// The node that the plan names.
async fn planned(stage: &mut Stage) -> NodeId {
    let plan = stage.say("/deploy casper name:first").await;
    let after = plan.split("node ").nth(1).unwrap_or_else(|| panic!("no node in:\n{plan}"));
    NodeId(after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap())
}

async fn ends_well(mut stage: Stage, seen: &str) {
    assert!(seen.starts_with("● first runs"), "{seen}");
    assert_eq!(stage.contracts().await.len(), 3, "one set of contracts");
    assert!(stage.say("/destroy first now:yes").await.starts_with("first is gone"));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_node_that_was_shown_is_the_one_that_is_taken() {
    let mut stage = Stage::small().await;
    let node = planned(&mut stage).await;
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(seen.contains(&format!("(node {node})")), "{node}: {seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_chosen_node_is_dead() {
    let mut stage = Stage::small().await;
    let node = planned(&mut stage).await;
    stage.fault(Face::Node, "", Some(node), Effect::Die, None);
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(!seen.contains(&format!("(node {node})")), "{seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_chosen_node_dies_after_the_contracts_were_made() {
    let mut stage = Stage::small().await;
    let node = planned(&mut stage).await;
    stage.fault(Face::Node, "zos.deployment", Some(node), Effect::Drop, None);
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(seen.contains("did not answer"), "{seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_node_answers_an_error_on_launch() {
    let mut stage = Stage::small().await;
    stage.fault(Face::Node, "zos.deployment.deploy", None, Effect::Error("no space left".into()), Some(1));
    let seen = stage.say(FIRST).await;
    assert!(seen.contains("would not take the machine"), "{seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn a_workload_cannot_be_made() {
    let mut stage = Stage::small().await;
    stage.fault(Face::Workload, "zmount", None, Effect::Error("disk could not be made".into()), Some(1));
    let seen = stage.say(FIRST).await;
    assert!(seen.contains("could not make the machine"), "{seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn no_node_can_make_it_and_it_is_given_up_with_nothing_left() {
    let mut stage = Stage::small().await;
    stage.fault(Face::Workload, "zmachine", None, Effect::Error("kernel panic".into()), None);
    let seen = stage.say(FIRST).await;
    assert!(seen.starts_with("○ first was not started") && seen.contains("kernel panic"), "{seen}");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_the_hand_over_is_lost() {
    let mut stage = Stage::small().await;
    stage.fault(Face::Node, "zos.deployment.deploy", None, Effect::Lose, Some(1));
    let seen = stage.say(FIRST).await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_chain_drops_each_kind_of_call_once() {
    for lost in [Effect::Drop, Effect::Lose, Effect::Delay(40_000), Effect::Error("busy".into())] {
        for after in 0..3 {
            let mut stage = Stage::small().await;
            // Let the first `after` submissions through, strike the next.
            for _ in 0..after {
                stage.fault(Face::Chain, "author_submit", None, Effect::Delay(1), Some(1));
            }
            stage.fault(Face::Chain, "author_submit", None, lost.clone(), Some(1));
            let seen = stage.say(FIRST).await;
            if seen.starts_with('●') {
                ends_well(stage, &seen).await;
            } else {
                assert!(seen.starts_with('○'), "{lost:?} {after}: {seen}");
                stage.close().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_proxy_answers_500_for_a_while() {
    let mut stage = Stage::small().await;
    stage.fault(Face::Proxy, "/nodes", None, Effect::Error("database is away".into()), Some(1));
    let seen = stage.say(FIRST).await;
    assert!(seen.starts_with("○ The grid does not answer just now"), "{seen}");
    let seen = stage.say(FIRST).await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_proxy_fails_after_the_order_was_taken() {
    let mut stage = Stage::small().await;
    planned(&mut stage).await;
    // One look for the quote, then the placement's own.
    stage.fault(Face::Proxy, "/nodes", None, Effect::Delay(1), Some(1));
    stage.fault(Face::Proxy, "/nodes", None, Effect::Error("database is away".into()), Some(3));
    let seen = stage.press("Accept the terms and deploy").await;
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_is_away_for_a_while_is_no_nodes_fault() {
    let mut stage = Stage::small().await;
    let node = planned(&mut stage).await;
    stage.fault(Face::Relay, "", None, Effect::Die, Some(5));
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(seen.contains(&format!("(node {node})")), "{node}: {seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn the_service_never_answers_on_one_node() {
    let mut stage = Stage::small().await;
    let node = planned(&mut stage).await;
    // Silent for the ten minutes that it has, and a little longer.
    stage.fault(Face::Service, ":8888", None, Effect::Drop, Some(605));
    let seen = stage.press("Accept the terms and deploy").await;
    assert!(!seen.contains(&format!("(node {node})")), "{seen}");
    assert!(seen.contains("the service never answered"), "{seen}");
    ends_well(stage, &seen).await;
}

#[tokio::test(start_paused = true)]
async fn stopped_at_any_moment_nothing_is_left() {
    for seconds in (1..60).step_by(7) {
        let mut stage = Stage::small().await;
        stage.say("/deploy casper name:first").await;
        let (press, anchor) = stage.house.find("Accept the terms and deploy");
        stage.house.send(press, Some(anchor));
        stage.house.wait(Duration::from_secs(seconds)).await;
        stage.say("/destroy first now:yes").await;
        // Both asks come to rest: the order and its end.
        stage.house.settled().await;
        let seen = stage.house.see();
        assert!(seen.starts_with("first is gone"), "after {seconds} s: {seen}");
        stage.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_moment_it_goes_on_and_makes_one_set_of_contracts() {
    for seconds in (1..90).step_by(8) {
        let mut stage = Stage::small().await;
        stage.say("/deploy casper name:first").await;
        let (press, anchor) = stage.house.find("Accept the terms and deploy");
        stage.house.send(press, Some(anchor));
        stage.house.wait(Duration::from_secs(seconds)).await;
        let mut stage = stage.restart().await;
        let seen = stage.say("/show first").await;
        assert!(seen.starts_with("● first runs"), "after {seconds} s: {seen}");
        ends_well(stage, &seen).await;
    }
}
