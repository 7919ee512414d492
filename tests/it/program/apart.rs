//! Sandboxes as processes of their own: a chat against one, a fleet that joins another, and what a check says.

use super::{Ended, Home, QUICK};

const JOB: &str = "/deploy casper name:first size:small terms:yes now:yes\n/destroy first now:yes\n";

fn deployed(ended: Ended) {
    let ended = ended.expect(0);
    assert!(ended.out.contains("● first runs") && ended.out.contains("first is gone"), "{}", ended.out);
}

#[tokio::test]
async fn a_chat_finds_a_sandbox_by_the_addresses_that_it_printed() {
    let home = Home::new();
    let grid = home.sandbox("grid.json", &[&["--seed", "40"], QUICK].concat()).await;
    let checked = home.run(&["check", "--grid", "grid.json"], "").await.expect(0);
    assert!(checked.out.ends_with("can be used.\n") && !checked.out.contains("BAD"), "{}", checked.out);
    deployed(home.run(&["chat", "--fresh", "--grid", "grid.json"], JOB).await);
    home.nothing_is_left("grid.json").await;
    grid.stop().await;
    let checked = home.run(&["check", "--grid", "grid.json", "--json"], "").await.expect(1);
    assert_eq!(checked.json()[0]["usable"], false);
    home.run(&["sandbox", "leftovers", "--grid", "grid.json"], "").await.expect(3);
    let refused = home.run(&["chat", "--fresh", "--grid", "grid.json"], JOB).await.expect(3);
    assert!(refused.err.contains("this sandbox cannot be reached"), "{}", refused.err);
}

#[tokio::test]
async fn the_whole_job_on_a_fleet_that_joined_another_sandbox() {
    let home = Home::new();
    let host = home.sandbox("host.json", &[&["--seed", "41"], QUICK].concat()).await;
    let (chain, relay) = (host.address("chain"), host.address("relay"));
    let domain = host.address("relay_domain");
    let join = ["--seed", "41", "--instant-boots", "--nodes", "12", "--farms", "4"];
    let to = ["--chain", &chain, "--relay", &relay, "--relay-domain", &domain];
    let guest = home.sandbox("guest.json", &[&join[..], &to].concat()).await;
    home.run(&["check", "--grid", "guest.json"], "").await.expect(0);
    let mut chat = home.start(&["chat", "--fresh", "--grid", "guest.json"]);
    chat.say(JOB.lines().next().unwrap()).await;
    chat.say("\n").await;
    chat.until("● first runs").await;
    assert_eq!(home.contracts("guest.json").await, 3);
    chat.say("/verify first\n/destroy first now:yes\n").await;
    deployed(chat.end().await);
    home.nothing_is_left("guest.json").await;
    home.nothing_is_left("host.json").await;
    guest.stop().await;
    host.stop().await;
}

#[tokio::test]
async fn a_sandbox_tells_people_its_addresses_too() {
    let home = Home::new();
    let mut sandbox = home.start(&[&["sandbox", "--seed", "42", "--nodes", "4", "--farms", "2"], QUICK].concat());
    sandbox.until("funded key").await;
    let told = sandbox.told.clone();
    for name in ["chain ", "relay ", "grid proxy", "graphql", "activation", "kyc", "terms", "gateways", "control"] {
        assert!(told.contains(&format!("\n{name}")), "{name} in\n{told}");
    }
    let line = told.lines().find(|line| line.starts_with("control")).unwrap();
    let control = line.split_whitespace().last().unwrap();
    let ended = home.run(&["sandbox", "leftovers", "--control", control], "").await.expect(0);
    assert_eq!(ended.out, "nothing is left over\n");
    sandbox.interrupt().await;
    sandbox.end().await.expect(0);
}

#[tokio::test]
async fn one_folder_is_for_one_program_at_a_time() {
    let home = Home::new();
    let args = [&["chat", "--data", "data", "--seed", "43"], QUICK].concat();
    let mut first = home.start(&args);
    first.say("/list\n").await;
    first.until("You have no nodes yet").await;
    let second = home.run(&args, "/list\n").await.expect(3);
    assert_eq!(second.err.matches("another Bellhop is using").count(), 1, "{}", second.err);
    first.end().await.expect(0);
}

#[tokio::test]
async fn another_sandbox_is_another_life_even_in_the_same_folder() {
    let home = Home::new();
    let args = [&["--seed", "44"], QUICK].concat();
    let (ask, chat) = ("/deploy vm name:box size:small terms:yes now:yes\n", ["chat", "--data", "data", "--grid"]);
    for grid in ["one.json", "two.json"] {
        let sandbox = home.sandbox(grid, &args).await;
        let to = [&chat[..], &[grid]].concat();
        let ended = home.run(&to, "/list\n").await.expect(0);
        assert!(ended.out.contains("You have no nodes yet"), "{}", ended.out);
        home.run(&to, ask).await.expect(0);
        home.run(&to, "/show box\n").await.expect(0);
        sandbox.stop().await;
    }
}
