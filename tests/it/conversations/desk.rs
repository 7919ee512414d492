//! What the desk does for every command: lines, forms, buttons, refusals.

use crate::house::House;
use insta::assert_snapshot;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_refused_with_a_way_out() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/dpeloy casper").await, @"");
    assert_snapshot!(house.say("/weather").await, @"");
    assert_snapshot!(house.say("good morning").await, @"");
    assert_snapshot!(house.say("/deploy casper sise:small").await, @"");
    assert_snapshot!(house.say("/deploy casper large").await, @"");
    assert_snapshot!(house.say("/deploy name:\"x").await, @"");
    assert_snapshot!(house.say("/deploy casper now:perhaps").await, @"");
    assert_snapshot!(house.say("/me language:frr").await, @"");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_recipe_is_refused_and_the_near_one_offered() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/deploy caspr").await, @"");
    assert_snapshot!(house.say("/deploy casper size:huge").await, @"");
    assert_snapshot!(house.press("small").await, @"");
}

#[tokio::test(start_paused = true)]
async fn a_wizard_asks_one_thing_at_a_time_in_one_message() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/deploy").await, @"");
    assert_snapshot!(house.press("Casper").await, @"");
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
    assert_snapshot!(house.press("Casper").await, @"");
    assert_snapshot!(house.press("Start again").await, @"");
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
    assert_snapshot!(house.now_speaks("bob").press("Casper").await, @"");
    house.now_speaks("ada").say("/recipes").await;
    assert_snapshot!(house.now_speaks("bob").press("Deploy Casper").await, @"");
}

#[tokio::test(start_paused = true)]
async fn help_tells_what_there_is() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/help").await, @"");
    assert_snapshot!(house.say("/help deploy").await, @"");
    assert_snapshot!(house.say("help me").await, @"");
    assert_snapshot!(house.say("/recipes").await, @"");
}
