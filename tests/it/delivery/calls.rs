//! Where an edit is not noticed, who waits is called; once.

use super::hall::{FREE, Hall, Point, ask};
use super::{Count, Post};
use crate::house::House;
use bellhop::chat::{Limits, PlatformName};
use std::sync::Arc;
use std::time::Duration;

fn quiet() -> Arc<Hall> {
    Arc::new(Hall::new(Limits { quiet: true, ..FREE }))
}

/// A message of something that takes `secs`; then what was told.
async fn takes(secs: u64, hall: Arc<Hall>) -> Vec<String> {
    let (house, count) = (House::without_grid().await, Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    tokio::time::sleep(Duration::from_secs(secs)).await;
    post.count(&count, 10);
    post.delivery.rest(&Count::topic()).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    // It stirs once more: that is no news to be called for.
    post.count(&count, 5);
    tokio::time::sleep(Duration::from_secs(60)).await;
    post.count(&count, 11);
    post.delivery.rest(&Count::topic()).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    post.close().await;
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    hall.told("a")
}

#[tokio::test(start_paused = true)]
async fn who_waited_is_called_once_after_the_last_edit() {
    let hall = quiet();
    assert_eq!(takes(20, hall.clone()).await, ["post 0", "edit 10", "post 10", "edit 5", "edit 11"]);
    let seen = hall.seen();
    let call = &seen[2];
    assert_eq!((call.call.as_deref(), call.under.as_deref(), call.ask.as_deref()), (Some("ada"), Some("m0"), None));
    let card = hall.card(&call.message);
    assert!(card.buttons.is_empty() && card.blocks.is_empty(), "{card:?}");
}

#[tokio::test(start_paused = true)]
async fn who_did_not_wait_long_is_not_called_nor_where_edits_are_noticed() {
    let told = ["post 0", "edit 10", "edit 5", "edit 11"];
    assert_eq!(takes(19, quiet()).await, told);
    assert_eq!(takes(90, Arc::new(Hall::new(FREE))).await, told);
}

#[tokio::test(start_paused = true)]
async fn a_crash_neither_loses_nor_doubles_a_call() {
    // It ends while nobody looks.
    let (house, hall, count) = (House::without_grid().await, quiet(), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    post.delivery.quiet(PlatformName::Telegram).await;
    post.kill().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    assert_eq!(hall.told("a"), ["post 0", "edit 10", "post 10"]);
    // The call cannot be posted before the next crash.
    let (house, hall, count) = (House::without_grid().await, quiet(), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    post.delivery.quiet(PlatformName::Telegram).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    hall.stand_still(Some(Point::BeforePost));
    post.count(&count, 10);
    hall.stood().await;
    post.kill().await;
    hall.stand_still(None);
    assert_eq!(hall.told("a"), ["post 0", "edit 10"]);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.quiet(PlatformName::Telegram).await;
    assert_eq!(hall.told("a"), ["post 0", "edit 10", "post 10"]);
}
