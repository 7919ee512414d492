//! The same house in French, and in the pseudo-language, where everything is longer.

use crate::house::House;
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn french() {
    let mut house = House::without_grid().await;
    house.reads("fr-BE");
    assert_snapshot!(house.say("/help").await, @"");
    assert_snapshot!(house.say("/dpeloy").await, @"");
    assert_snapshot!(house.say("/deploy casper").await, @"");
}

#[tokio::test(start_paused = true)]
async fn the_pseudo_language_fits() {
    let mut house = House::without_grid().await;
    house.reads("qps");
    // The room checks what each platform takes.
    for line in ["/help", "/help deploy", "/recipes", "/me", "/deploy", "/deploy casper", "/nonsense", "/list", "/show"] {
        let seen = house.say(line).await;
        assert!(!seen.contains("You ") && !seen.contains(" the "), "not translated: {seen}");
    }
}
