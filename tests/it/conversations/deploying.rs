//! From `/deploy` to a proven node and back: the main job, in words and buttons.

use crate::house::sandbox::Stage;
use insta::assert_snapshot;

const FIRST: &str = "/deploy casper name:first size:small terms:yes now:yes";

#[tokio::test(start_paused = true)]
async fn one_line_deploys_a_proven_node_and_another_takes_it_down() {
    let mut stage = Stage::open().await;
    assert_snapshot!(stage.say(FIRST).await, @r"
    ● first runs · answering since 14:00 UTC · 34 s
      Casper, small
      Auckland, New Zealand (node 5)
      `127.17.4.10`
      Status page <http://first52xcs.ghen00.grid.sandbox/>
      ✓ answering
      ◔ following the network
      ◔ agreed with others
      Not more yet: it has not found others to talk to yet.
      Looked at 14:00 UTC.
      Contracts: 1, 2, 3
      1.14 TFT an hour
      [Show proof] [Stop]
    ");
    assert_eq!(stage.contracts().await.len(), 3, "machine, gateway, name");
    assert_snapshot!(stage.say("/list").await, @r"
    You have one node
      first: runs · Casper, small · Auckland
      In all 1.14 TFT an hour.
      [first]
    ");
    assert_snapshot!(stage.say("/verify first").await, @r"
    ● first: answering
      Network: casper
      State: catching up (CatchUp)
      Peers: 3
      ✓ answering
      ◔ following the network
      ◔ agreed with others
      Not more yet: it is still catching up.
      Looked at 14:00 UTC.
    ");
    assert_snapshot!(stage.say("/destroy first now:yes").await, @r"
    first is gone since 14:00 UTC
      Nothing is left on the grid, and nothing is billed any more.
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_wizard_shows_a_plan_with_its_price_and_terms_before_anything_is_spent() {
    let mut stage = Stage::open().await;
    assert_snapshot!(stage.say("/deploy").await, @r"
    What would you like to run?
      (Casper) (Plain machine)
    ");
    assert_snapshot!(stage.press("Casper").await, @r"
    Ready to start: Casper, small, in Auckland, New Zealand, named casper
      1.14 TFT an hour, about 818 TFT or 40.9 USD a month: 16 % of your monthly allowance.
      Why there: node 5 of auckland-farm is certified, one of 31 that fit and are up. I ask it once more before anything is spent.
      Usually 1 min to 3 min until it answers.
      Nodes with this: 1 of 5
      Your account on the grid is made with this first node.
      Your first node: the grid wants you to accept its terms.
      Terms and conditions <http://faces.sandbox/terms>
      The same in one line:
      `/deploy casper name:casper size:small terms:yes now:yes`
      [Accept the terms and deploy] [Change size] [Change place] [Name and SSH key]
    ");
    assert_snapshot!(stage.press("Change place").await, @r"
    Where?
      (Anywhere) (Europe) (The Americas) (Asia) (Africa) (Oceania) [Leave as it is]
    ");
    assert_snapshot!(stage.press("Asia").await, @r"
    Ready to start: Casper, small, in Tokyo, Japan, named casper
      1.14 TFT an hour, about 818 TFT or 40.9 USD a month: 16 % of your monthly allowance.
      Why there: node 20 of tokyo-farm, one of 4 that fit and are up. I ask it once more before anything is spent.
      Usually 1 min to 3 min until it answers.
      Nodes with this: 1 of 5
      Your account on the grid is made with this first node.
      Your first node: the grid wants you to accept its terms.
      Terms and conditions <http://faces.sandbox/terms>
      The same in one line:
      `/deploy casper name:casper size:small region:asia terms:yes now:yes`
      [Accept the terms and deploy] [Change size] [Change place] [Name and SSH key]
    ");
    assert!(stage.contracts().await.is_empty(), "nothing is spent before the yes");
    assert!(stage.press("Accept the terms and deploy").await.starts_with("● casper runs"));
    // The second one of the same person needs no terms, and knows the balance.
    assert_snapshot!(stage.say("/deploy vm").await, @r"
    Ready to start: Plain machine, small, in Auckland, New Zealand, named vm
      0.11 TFT an hour, about 81 TFT or 4.05 USD a month: 1 % of your monthly allowance.
      Why there: node 5 of auckland-farm is certified, one of 48 that fit and are up. I ask it once more before anything is spent.
      Usually 20 s to 1 min 30 s until it answers.
      Nodes with this: 2 of 5
      Your account holds 1000 TFT.
      The same in one line:
      `/deploy vm name:vm size:small now:yes`
      [Start it] [Change size] [Change place] [Name and SSH key]
    ");
    assert!(stage.press("Start it").await.starts_with("● vm runs"));
    assert_snapshot!(stage.say("/destroy casper").await, @r"
    ▲ Take casper down?
      Its machine and its disk are deleted, for good.
      It stops costing 1.14 TFT an hour.
      [Take it down] [Keep it]
    ");
    assert!(stage.press("Take it down").await.starts_with("casper is gone"));
    assert!(stage.say("/destroy vm now:yes").await.starts_with("vm is gone"));
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_button_that_is_pressed_twice_starts_one_node() {
    let mut stage = Stage::open().await;
    stage.say("/deploy casper name:once").await;
    let seen = stage.house.press_twice("Accept the terms and deploy").await;
    assert!(seen.starts_with("● once runs"), "{seen}");
    assert_eq!(stage.contracts().await.len(), 3);
    stage.say("/destroy once now:yes").await;
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn following_and_agreed_appear_later_on_the_same_card() {
    let mut stage = Stage::open().await;
    let at_first = stage.say(FIRST).await;
    assert!(!at_first.contains("✓ agreed"), "{at_first}");
    stage.house.wait(std::time::Duration::from_secs(20 * 60)).await;
    let later = stage.house.see();
    assert!(later.contains("✓ following") && later.contains("✓ agreed"), "{later}");
    stage.say("/destroy first now:yes").await;
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_all_in_french_too() {
    let mut stage = Stage::open().await;
    stage.house.reads("fr-BE");
    assert_snapshot!(stage.say(FIRST).await, @r"
    ● first tourne · répond depuis 14:00 UTC · 34 s
      Casper, small
      Auckland, New Zealand (nœud 5)
      `127.17.4.10`
      Page d’état <http://first52xcs.ghen00.grid.sandbox/>
      ✓ répond
      ◔ suit le réseau
      ◔ d’accord avec les autres
      Pas plus pour l’instant : il n’a pas encore trouvé d’autres nœuds à qui parler.
      Vu à 14:00 UTC.
      Contrats: 1, 2, 3
      1,14 TFT par heure
      [Montrer la preuve] [Arrêter]
    ");
    assert_snapshot!(stage.say("/destroy first now:oui").await, @r"
    first n’existe plus depuis 14:00 UTC
      Rien n’est resté sur la grille, et rien n’est plus facturé.
    ");
    stage.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_light_node_runs_a_plain_machine_reached_over_mycelium() {
    let mut stage = Stage::open().await;
    assert_snapshot!(stage.say("/deploy vm name:box terms:yes now:yes").await, @r"
    ● box runs · answering since 14:00 UTC · 43 s
      Plain machine, small
      Auckland, New Zealand (node 17)
      `40c:991d:934a:7faf:ff0f:70c6:a4f6:6e96`
      ✓ the machine is up
      Looked at 14:00 UTC.
      Contracts: 1
      0.11 TFT an hour
      [Show proof] [Stop]
    ");
    stage.say("/destroy box now:yes").await;
    stage.close().await;
}
