//! `/me`: who one is here, and one's language.

use crate::house::House;
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn without_a_grid_me_tells_what_the_house_knows() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/me").await, @r"
    You are ada
      The chain does not answer just now, so your twin and balance are not known.
      Nodes: 0 of 5
      Virtual CPUs: 0 of 20
      Memory, GB: 0 of 80
      Disk, GB: 0 of 2600
      TFT a month: 0 of 5000
      Language: English
    ");
}

#[tokio::test(start_paused = true)]
async fn a_language_that_is_chosen_counts_at_once_and_outranks_the_platforms() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/me language:FR").await, @"● La langue de mes réponses est désormais : Français");
    assert!(house.say("/help").await.starts_with("Voici ce que vous pouvez demander"));
    assert!(house.now_speaks("bob").say("/help").await.starts_with("This is what you can ask"));
}
