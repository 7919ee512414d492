//! `kill -9` of a chat in the middle of a deployment, and another start: the same deployment, one contract set.

use super::{Home, QUICK, Running};
use serde_json::json;

const DEPLOY: &str = "/deploy casper name:first size:small terms:yes now:yes\n";
/// A name, a gateway and a machine.
const ONE_SET: usize = 3;

/// Asks for a node, and kills the chat as soon as it says `when`.
async fn struck(home: &Home, args: &[&str], when: &str) {
    let mut chat: Running = home.start(args);
    chat.say(DEPLOY).await;
    chat.until(when).await;
    chat.kill().await;
}

/// With the sandbox embedded: it dies with the chat, in the same instant.
async fn embedded(seed: &str, when: &str) {
    let home = Home::new();
    let args = [&["chat", "--data", "data", "--seed", seed], QUICK].concat();
    struck(&home, &args, when).await;
    let ended = home.run(&args, "/list\n/show first\n").await.expect(0);
    assert!(ended.out.contains("You have one node") && ended.out.contains("● first runs"), "{}", ended.out);
    let apart = home.kept("data", seed).await;
    assert_eq!(home.contracts("kept.json").await, ONE_SET);
    apart.stop().await;
    home.run(&args, "/destroy first now:yes\n").await.expect(0);
    home.nothing_is_left_in("data", seed).await;
}

/// With the sandbox as a process of its own: its blocks and nodes go on meanwhile.
async fn apart(seed: &str, when: &str) {
    let home = Home::new();
    let grid = home.sandbox("grid.json", &[&["--seed", seed], QUICK].concat()).await;
    // So that there is something to interrupt.
    grid.fault(json!({"face": "workload", "on": "zmachine", "effect": {"delay": 1000}})).await;
    let args = ["chat", "--data", "data", "--grid", "grid.json"];
    struck(&home, &args, when).await;
    let mut chat = home.start(&args);
    chat.say("/list\n/show first\n").await;
    chat.until("● first runs").await;
    assert_eq!(home.contracts("grid.json").await, ONE_SET);
    chat.say("/destroy first now:yes\n").await;
    let ended = chat.end().await.expect(0);
    assert!(ended.out.contains("You have one node"), "{}", ended.out);
    home.nothing_is_left("grid.json").await;
    grid.stop().await;
}

#[tokio::test]
async fn embedded_at_the_first_card() {
    embedded("30", "is starting").await;
}

#[tokio::test]
async fn embedded_before_the_contracts() {
    embedded("31", "✓ place found").await;
}

#[tokio::test]
async fn embedded_while_the_machine_starts() {
    embedded("32", "✓ contracts").await;
}

#[tokio::test]
async fn apart_before_the_contracts() {
    apart("33", "✓ account ready").await;
}

#[tokio::test]
async fn apart_as_the_contracts_are_made() {
    apart("34", "✓ place found").await;
}

#[tokio::test]
async fn apart_while_the_machine_starts() {
    apart("35", "✓ contracts").await;
}

#[tokio::test]
async fn while_it_is_taken_down() {
    let home = Home::new();
    let grid = home.sandbox("grid.json", &[&["--seed", "36"], QUICK].concat()).await;
    let args = ["chat", "--data", "data", "--grid", "grid.json"];
    let mut chat = home.start(&args);
    chat.say(DEPLOY).await;
    chat.until("● first runs").await;
    chat.say("/destroy first now:yes\n").await;
    chat.until("is being taken down").await;
    chat.kill().await;
    let ended = home.run(&args, "/show first\n").await;
    assert!(ended.out.contains("first is gone"), "{ended:?}");
    home.nothing_is_left("grid.json").await;
    grid.stop().await;
}
