//! Bad input: each a clear card, and nothing spent.

use crate::house::sandbox::Stage;
use bellhop::grid::{Batch, Call, Identity, Tft, Tx};
use bellhop::sandbox::Options;
use insta::assert_snapshot;

/// Says each line; nothing may come of it.
async fn refused(stage: &mut Stage, line: &str) -> String {
    let seen = stage.say(line).await;
    assert!(stage.contracts().await.is_empty(), "{line} made a contract:\n{seen}");
    seen
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_is_said_with_the_way_out() {
    let mut stage = Stage::open().await;
    let now = "terms:yes now:yes";
    assert_snapshot!(refused(&mut stage, &format!("/deploy capser {now}")).await, @r"
    ○ There is no recipe “capser”
      Did you mean casper?
      [Casper]
    ");
    assert_snapshot!(refused(&mut stage, &format!("/deploy bitcoin {now}")).await, @r"
    ○ There is no recipe “bitcoin”
      There are: casper, vm.
    ");
    assert_snapshot!(refused(&mut stage, &format!("/deploy casper name:Bad_Name! {now}")).await, @r"
    ○ Not started
      “Bad_Name!” cannot be a name: 2 to 15 of a-z and 0-9, a letter first.
      [Choose a name for me]
    ");
    assert_snapshot!(refused(&mut stage, &format!("/deploy casper size:huge {now}")).await, @r"
    ○ There is no size “huge”
      (small: 4 vCPU, 16 GB of memory, 500 GB of disk) (medium: 4 vCPU, 32 GB of memory, 500 GB of disk) (large: 4 vCPU, 32 GB of memory, 2000 GB of disk)
    ");
    assert_snapshot!(refused(&mut stage, &format!("/deploy casper ssh_key:hunter2 {now}")).await, @r"
    ○ Not started
      This is not a public SSH key. One begins with ssh-ed25519 or ssh-rsa and ends in .pub when it is a file. Never send a private key or a seed phrase.
      [Go on without a shell]
    ");
    assert_snapshot!(refused(&mut stage, "/deploy casper name:first now:yes").await, @r"
    Ready to start: Casper, small, in Auckland, New Zealand, named first
      1.14 TFT an hour, about 818 TFT or 40.9 USD a month: 16 % of your monthly allowance.
      Why there: node 5 of auckland-farm is certified, one of 31 that fit and are up. I ask it once more before anything is spent.
      Usually 1 min to 3 min until it answers.
      Nodes with this: 1 of 5
      Your account on the grid is made with this first node.
      Your first node: the grid wants you to accept its terms.
      Terms and conditions <http://faces.sandbox/terms>
      The same in one line:
      `/deploy casper name:first size:small terms:yes now:yes`
      [Accept the terms and deploy] [Change size] [Change place] [Name and SSH key]
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_in_use_and_a_full_allowance() {
    let mut stage = Stage::open().await;
    stage.say("/deploy vm name:first terms:yes now:yes").await;
    let before = stage.contracts().await.len();
    assert_snapshot!(stage.say("/deploy vm name:first now:yes").await, @r"
    ○ Not started
      You have a node called first already.
      [Choose a name for me] [Show that one]
    ");
    for name in ["second", "third", "fourth", "fifth"] {
        stage.say(&format!("/deploy vm name:{name} now:yes")).await;
    }
    assert_snapshot!(stage.say("/deploy vm name:sixth now:yes").await, @r"
    ○ Not started: this would be more than you may use.
      It takes one node; you have 0 of 5 left.
      Stop one that you no longer need, choose a smaller size, or ask whoever runs this bot for more.
      [Show mine]
    ");
    assert_eq!(stage.contracts().await.len(), before * 5);
    for name in ["first", "second", "third", "fourth", "fifth"] {
        stage.say(&format!("/destroy {name} now:yes")).await;
    }
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn no_node_fits_and_which_demand_excludes_how_many() {
    // Two farms, so that most regions have nothing.
    let options = Options { nodes: 10, farms: 2, ..Options::new(7) };
    let mut stage = Stage::with(options).await;
    assert_snapshot!(refused(&mut stage, "/deploy casper region:oceania terms:yes now:yes").await, @r"
    ○ Not started
      No node fits just now.
      7 would fit in other regions.
      [Europe instead] [The Americas instead]
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn somebody_who_is_not_verified() {
    let mut stage = Stage::open().await;
    stage.fault(
        bellhop::sandbox::fault::Face::Kyc,
        "",
        None,
        bellhop::sandbox::fault::Effect::Lie(serde_json::json!("UNVERIFIED")),
        None,
    );
    assert_snapshot!(refused(&mut stage, "/deploy casper terms:yes now:yes").await, @r"
    ○ The grid does not answer just now: the identity check
      This passes as a rule within minutes. Ask again then; nothing has changed meanwhile.
      [Ask again]
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_pay() {
    let mut stage = Stage::open().await;
    // A first node makes the account; then its money goes elsewhere.
    stage.say("/deploy vm name:first terms:yes now:yes").await;
    stage.say("/destroy first now:yes").await;
    let house = &stage.house.app.house;
    let account = house.people.meet(&crate::house::person("ada")).await.unwrap();
    let identity = house.twins.of(&account);
    let have = house.grid.chain.balance(&identity.account()).await.unwrap().spendable();
    let to = Identity::from_uri("//Bob").unwrap().account();
    let tx = Tx { calls: vec![Call::Transfer { to, amount: Tft(have.0 - Tft::ONE) }], batch: Batch::All };
    let prepared = house.grid.chain.prepare(&identity, &tx).await.unwrap();
    house.grid.chain.send(&prepared).await.unwrap();
    assert_snapshot!(refused(&mut stage, "/deploy casper now:yes").await, @r"
    ○ Not started
      Your account holds 1 TFT; a day of this node takes 27.3 TFT.
      Send more to this address, then ask again.
      `5GjE2iF92ucDFLYdQPdPuLYunkJNga8G2J8JnWoJcNQrtQA6`
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_wizard_that_waited_too_long() {
    let mut stage = Stage::open().await;
    stage.say("/deploy").await;
    stage.house.wait(std::time::Duration::from_secs(45 * 60)).await;
    assert_snapshot!(stage.press("Casper").await, @r"
    ○ This form has expired; nothing was started
      A form waits 30 minutes for an answer. Your answers so far are kept for the new one.
      [Start again]
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_yes_to_taking_down_is_not_about_a_later_one_of_the_same_name() {
    let mut stage = Stage::small().await;
    stage.say("/deploy vm name:first terms:yes now:yes").await;
    stage.say("/destroy first").await;
    let (press, anchor) = stage.house.find("Take it down");
    stage.say("/destroy first now:yes").await;
    stage.say("/deploy vm name:first now:yes").await;
    let living = stage.contracts().await;
    stage.house.send(press, Some(anchor));
    stage.house.settled().await;
    assert_eq!(stage.contracts().await, living, "{}", stage.house.see());
    assert!(stage.say("/destroy first now:yes").await.starts_with("first is gone"));
    stage.close().await;
}
