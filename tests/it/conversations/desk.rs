//! What the desk does for every command: lines, forms, buttons, refusals.

use crate::house::House;
use bellhop::store::Store;
use insta::assert_snapshot;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_refused_with_a_way_out() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/dpeloy casper").await, @r"
    ○ There is no command /dpeloy
      Did you mean /deploy?
      [/deploy]
    ");
    assert_snapshot!(house.say("/weather").await, @r"
    ○ There is no command /weather
      Everything I can do begins with a slash; /help lists it.
      [Help]
    ");
    assert_snapshot!(house.say("good morning").await, @r"
    ○ I did not understand that
      Everything I can do begins with a slash; /help lists it.
      [Help]
    ");
    assert_snapshot!(house.say("/deploy casper sise:small").await, @r"
    ○ /deploy takes no “sise”
      Did you mean size?
      [Help]
    ");
    assert_snapshot!(house.say("/deploy casper large").await, @r"
    ○ “large” does not fit into /deploy
      The help shows what it takes.
      [Help]
    ");
    assert_snapshot!(house.say("/deploy name:\"x").await, @r"
    ○ A quotation mark is not closed
      Put the whole value between two quotation marks.
    ");
    assert_snapshot!(house.say("/deploy casper now:perhaps").await, @r"
    ○ “now” takes yes or no, not “perhaps”
      [Help]
    ");
    assert_snapshot!(house.say("/me language:frr").await, @r"
    ○ “language” takes en, fr, not “frr”
      Did you mean fr?
      [fr]
    ");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_recipe_is_refused_and_the_near_one_offered() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/deploy caspr").await, @r"
    ○ There is no recipe “caspr”
      Did you mean casper?
      [Casper]
    ");
    assert_snapshot!(house.say("/deploy casper size:huge").await, @r"
    ○ There is no size “huge”
      (small: 4 vCPU, 16 GB of memory, 500 GB of disk) (medium: 4 vCPU, 32 GB of memory, 500 GB of disk) (large: 4 vCPU, 32 GB of memory, 2000 GB of disk)
    ");
    assert_snapshot!(house.press("small").await, @r"
    ○ The grid does not answer just now: the chain
      This passes as a rule within minutes. Ask again then; nothing has changed meanwhile.
      [Ask again]
    ");
}

#[tokio::test(start_paused = true)]
async fn a_wizard_asks_one_thing_at_a_time_in_one_message() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/deploy").await, @r"
    What would you like to run?
      (Casper) (Plain machine)
    ");
    assert_snapshot!(house.press("Casper").await, @r"
    ○ The grid does not answer just now: the chain
      This passes as a rule within minutes. Ask again then; nothing has changed meanwhile.
      [Ask again]
    ");
    assert_eq!(house.traffic(), (1, 1), "the answer takes the question's place");
}

#[tokio::test(start_paused = true)]
async fn typed_words_answer_the_open_question_of_their_room() {
    let mut house = House::without_grid().await;
    house.say("/deploy").await;
    let other = house.now_speaks("bob").say("casper").await;
    assert!(other.starts_with("○ I did not understand that"), "{other}");
    let answered = house.now_speaks("ada").say("casper").await;
    assert!(answered.starts_with("○ The grid does not answer just now"), "{answered}");
}

#[tokio::test(start_paused = true)]
async fn a_form_expires_and_offers_a_fresh_one_with_what_was_said() {
    let mut house = House::without_grid().await;
    house.say("/deploy region:europe").await;
    house.wait(Duration::from_secs(31 * 60)).await;
    assert_snapshot!(house.press("Casper").await, @r"
    ○ This form has expired; nothing was started
      A form waits 30 minutes for an answer. Your answers so far are kept for the new one.
      [Start again]
    ");
    assert_snapshot!(house.press("Start again").await, @r"
    What would you like to run?
      (Casper) (Plain machine)
    ");
}

#[tokio::test(start_paused = true)]
async fn a_restart_loses_no_form() {
    let mut house = House::without_grid().await;
    house.say("/deploy").await;
    let draft = house.open_form();
    let store = house.close().await;
    let mut house = House::without_grid_but(store).await;
    let answered = house.fill(draft, "recipe", "casper").await;
    assert!(answered.starts_with("○ The grid does not answer just now"), "{answered}");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_button_does_nothing() {
    let mut house = House::without_grid().await;
    house.say("/deploy").await;
    assert_snapshot!(house.now_speaks("bob").press("Casper").await, @r"
    ○ This button belongs to ada
      Ask yourself, and you get one of your own.
      [Help]
    ");
    house.now_speaks("ada").say("/recipes").await;
    assert_snapshot!(house.now_speaks("bob").press("Deploy Casper").await, @r"
    ○ This button belongs to ada
      Ask yourself, and you get one of your own.
      [Help]
    ");
}

#[tokio::test(start_paused = true)]
async fn help_tells_what_there_is() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/help").await, @r"
    This is what you can ask
      /deploy: Deploy a node, proven within minutes
      /list: Your nodes
      /show: One of your nodes as it is now
      /verify: Look at one of your nodes afresh, from outside
      /destroy: Take one of your nodes down
      /recipes: What can be deployed, and in which sizes
      /me: Your twin, balance, allowance and language
      /claim: Admit this room, or become the owner
      /help: What you can ask here
      /help and a command’s name explains it. What you leave out, I ask.
    ");
    assert_snapshot!(house.say("/help deploy").await, @r"
    Deploy a node, proven within minutes
      `/deploy [recipe] [name:…] [size:…] [region:…] [ssh_key:…] [node:…] [terms:yes] [now:yes]`
      recipe: What to run
      name: What to call it
      size: How large
      region: Where in the world
      ssh_key: A public SSH key, for a shell
      node: A node’s number, to try first
      terms: I accept the grid’s terms
      now: Start at once, without showing the plan
    ");
    assert_snapshot!(house.say("help me").await, @r"
    Your twin, balance, allowance and language
      `/me [language:en|fr]`
      language: The language I answer you in
    ");
    assert_snapshot!(house.say("/recipes").await, @r"
    This can be deployed here
      Casper: A node of the Casper network, with its status page on a web address.
      small: 4 vCPU, 16 GB of memory, 500 GB of disk
      medium: 4 vCPU, 32 GB of memory, 500 GB of disk
      large: 4 vCPU, 32 GB of memory, 2000 GB of disk
      Plain machine: Ubuntu 24.04 and nothing else, reached over Mycelium.
      small: 1 vCPU, 2 GB of memory, 25 GB of disk
      medium: 2 vCPU, 4 GB of memory, 50 GB of disk
      large: 4 vCPU, 16 GB of memory, 100 GB of disk
      [Deploy Casper] [Deploy Plain machine]
    ");
}

#[tokio::test(start_paused = true)]
async fn two_presses_at_once_are_answered_one_after_the_other() {
    let mut house = House::without_grid().await;
    house.say("/deploy").await;
    let seen = house.press_twice("Casper").await;
    assert!(seen.starts_with("○ The grid does not answer just now"), "{seen}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_not_kept_and_the_person_is_warned() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::without_grid_but(Store::open(folder.path()).unwrap()).await;
    let phrase = "abandon ability able about above absent absorb abstract absurd abuse access accident";
    house.say("/deploy region:oceania").await;
    let draft = house.open_form();
    assert_snapshot!(house.say(phrase).await, @r"
    ▲ This looked like a seed phrase or a private key; I did not keep it
      I never need one, and nobody here will ever ask you for one. It is in no history, log or store of mine.
      If others can read here, delete your message, and move what it guards to a new key.
    ");
    house.say(&format!("/deploy casper ssh_key:\"{phrase}\"")).await;
    assert!(house.fill(draft, "recipe", &format!("0x{}", "5e".repeat(32))).await.starts_with("▲ This looked"));
    // The form that was open still is, without it.
    assert!(house.say("casper").await.starts_with("○ The grid does not answer just now"));
    drop(house.close().await);
    let files = std::fs::read_dir(folder.path()).unwrap().filter_map(|file| std::fs::read(file.unwrap().path()).ok());
    let kept = String::from_utf8_lossy(&files.flatten().collect::<Vec<_>>()).into_owned();
    assert!(kept.contains("oceania"), "what was answered is kept");
    assert!(!kept.contains("abandon") && !kept.contains("5e5e5e"));
}

#[tokio::test(start_paused = true)]
async fn who_opens_the_chat_is_greeted() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.arrives().await, @r"
    Bellhop: your own blockchain node, running and proven within minutes
      This is a practice grid: all is as on the ThreeFold Grid, but nothing costs anything.
      /deploy starts your first one. What you leave out, I ask.
      [Deploy a node] [Help]
    ");
    house.reads("fr");
    assert_snapshot!(house.arrives().await, @r"
    Bellhop : votre propre nœud de blockchain, en marche et prouvé en quelques minutes
      Ceci est une grille d’entraînement : tout y est comme sur la ThreeFold Grid, mais rien ne coûte rien.
      /deploy lance votre premier nœud. Ce que vous ne dites pas, je le demande.
      [Déployer un nœud] [Aide]
    ");
    assert_snapshot!(house.press("Déployer un nœud").await, @r"
    Que voulez-vous faire tourner ?
      (Casper) (Machine simple)
    ");
}
