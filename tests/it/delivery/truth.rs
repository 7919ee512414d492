//! Messages that show a topic: coalesced, paced, and across a restart.

use super::hall::{FREE, Hall, ask};
use super::{Count, Post};
use crate::house::House;
use bellhop::chat::{Limits, PlatformError, Tone};
use std::sync::Arc;
use std::time::Duration;

fn paced() -> Arc<Hall> {
    Arc::new(Hall::new(Limits { pace: Duration::from_secs(2), ..FREE }))
}

#[tokio::test(start_paused = true)]
async fn many_changes_are_few_edits_and_the_newest_state_wins() {
    let (house, hall, count) = (House::without_grid().await, paced(), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    assert!(post.say(&ask("1", "a"), count.answer()).await.posted().await);
    // A change each tenth of a second, on a platform that likes one edit every two seconds.
    for to in 1..=10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        post.count(&count, to);
    }
    assert_eq!(post.delivery.rest(&Count::topic()).await, Some(Tone::Good));
    let told = hall.told("a");
    assert!(told.len() <= 4 && told[0] == "post 0" && told.last().unwrap() == "edit 10", "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_did_not_change_is_not_edited() {
    let (house, hall, count) = (House::without_grid().await, paced(), Count::default());
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    post.count(&count, 10);
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("a"), ["post 10"]);
    // Nor after a restart.
    post.close().await;
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("a"), ["post 10"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_kept_true_after_a_restart_and_its_buttons_stay_the_same() {
    let (house, hall, count) = (House::without_grid().await, paced(), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    post.delivery.quiet(bellhop::chat::PlatformName::Telegram).await;
    let before = hall.card("m0");
    post.kill().await;
    // It went on while nobody looked.
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("a"), ["post 0", "edit 10"]);
    assert_eq!(before.buttons, hall.card("m0").buttons);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_moved_on_and_back_while_nobody_looked_is_drawn() {
    let (house, hall, count) = (House::without_grid().await, paced(), Count::default());
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    post.count(&count, 3);
    hall.until(|seen| seen.len() == 2).await;
    post.delivery.quiet(bellhop::chat::PlatformName::Telegram).await;
    post.kill().await;
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("a"), ["post 10", "edit 3", "edit 10"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_gone_is_forgotten_for_a_topic_and_posted_anew_for_an_answer() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("1", "a"), count.answer()).await.posted().await;
    hall.fault(Some("a"), 1, PlatformError::Gone("deleted".into()));
    post.count(&count, 1);
    post.count(&count, 10);
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("a"), ["post 0"], "nobody reads it any more");
    // A button's answer takes its message's place; where that is gone, it comes anew.
    let mut pressed = ask("2", "b");
    let anchor = |message: &str| {
        Some(bellhop::chat::Anchor {
            platform: pressed.room.platform,
            room: pressed.room.clone(),
            message: message.into(),
        })
    };
    let (first, second) = (anchor("x"), anchor("y"));
    pressed.message = first;
    assert!(post.say(&pressed, super::plain("over")).await.posted().await);
    hall.fault(Some("b"), 1, PlatformError::Gone("deleted".into()));
    pressed = bellhop::chat::Ask { id: "3".into(), message: second, ..pressed };
    assert!(post.say(&pressed, super::plain("anew")).await.posted().await);
    assert_eq!(hall.told("b"), ["edit over", "post anew"]);
}
