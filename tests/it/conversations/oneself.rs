//! `/me`: who one is here, one's language, and becoming the owner.

use crate::house::House;
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn without_a_grid_me_tells_what_the_house_knows() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/me").await, @"");
}

#[tokio::test(start_paused = true)]
async fn a_language_that_is_chosen_counts_at_once_and_outranks_the_platforms() {
    let mut house = House::without_grid().await;
    assert_snapshot!(house.say("/me language:FR").await, @"");
    assert!(house.say("/help").await.starts_with("Voici ce que vous pouvez demander"));
    assert!(house.now_speaks("bob").say("/help").await.starts_with("This is what you can ask"));
}

#[tokio::test(start_paused = true)]
async fn the_first_owner_is_whoever_knows_the_code() {
    let mut house = House::without_grid().await;
    let code = house.app.house.people.owner_code().unwrap().unwrap();
    assert_snapshot!(house.say("/me claim:nonsense").await, @"");
    assert_snapshot!(house.say(&format!("/me claim:{code}")).await, @"");
    assert_snapshot!(house.now_speaks("bob").say(&format!("/me claim:{code}")).await, @"");
}
