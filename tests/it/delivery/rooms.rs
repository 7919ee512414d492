//! Rooms that close, open again, and become others.

use super::hall::{FREE, Hall, Point, admit, ask, room, said};
use super::{Count, Post, plain};
use crate::house::House;
use bellhop::chat::{Platform, PlatformError, PlatformName, Tone};
use bellhop::delivery::Delivery;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test(start_paused = true)]
async fn a_closed_room_is_left_alone_until_somebody_speaks_there_even_over_a_restart() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("0", "a"), count.answer()).await.posted().await;
    hall.fault(Some("a"), 1, PlatformError::Closed("blocked".into()));
    let _one = post.say(&ask("1", "a"), plain("one")).await;
    let _two = post.say(&ask("2", "a"), plain("two")).await;
    assert!(post.say(&ask("3", "b"), plain("other")).await.posted().await);
    post.count(&count, 10);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(hall.told("a"), ["post 0"]);
    let meters = house.app.house.meters.text();
    assert!(meters.contains("bellhop_rooms_parked{platform=\"telegram\"} 1"), "{meters}");
    assert!(meters.contains("bellhop_outbox_waiting{platform=\"telegram\"} 2"), "{meters}");
    post.close().await;
    let post = Post::open(&house, &hall, &count).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(hall.told("a"), ["post 0"]);
    post.delivery.heard(&room("a")).await;
    assert_eq!(post.delivery.rest(&Count::topic()).await, Some(Tone::Good));
    assert_eq!(hall.told("a"), ["post 0", "post one", "post two", "edit 10"]);
    let meters = house.app.house.meters.text();
    assert!(meters.contains("bellhop_rooms_parked{platform=\"telegram\"} 0"), "{meters}");
    assert!(meters.contains("bellhop_outbox_waiting{platform=\"telegram\"} 0"), "{meters}");
}

#[tokio::test(start_paused = true)]
async fn a_room_that_opens_again_while_it_is_found_closed_is_not_closed() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    hall.stand_still(Some(Point::BeforePost));
    hall.fault(Some("a"), 1, PlatformError::Closed("blocked".into()));
    let mut one = post.say(&ask("1", "a"), plain("one")).await;
    hall.stood().await;
    post.delivery.heard(&room("a")).await;
    let mut two = post.say(&ask("2", "a"), plain("two")).await;
    hall.stand_still(None);
    assert!(one.posted().await && two.posted().await);
    assert_eq!(hall.told("a"), ["post one", "post two"]);
    post.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_a_closed_room_for_more_than_a_day_is_not_said_any_more() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    hall.fault(Some("a"), 1, PlatformError::Closed("blocked".into()));
    let mut old = post.say(&ask("1", "a"), plain("old")).await;
    tokio::time::sleep(Duration::from_secs(23 * 3600)).await;
    let mut young = post.say(&ask("2", "a"), plain("young")).await;
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    post.delivery.heard(&room("a")).await;
    assert!(!old.posted().await && young.posted().await);
    assert_eq!(hall.told("a"), ["post young"]);
}

#[tokio::test(start_paused = true)]
async fn a_room_that_becomes_another_takes_everything_with_it() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    post.say(&ask("0", "a"), count.answer()).await.posted().await;
    hall.fault(Some("a"), u32::MAX, PlatformError::Moved(room("super-a")));
    let mut one = post.say(&ask("1", "a"), plain("one")).await;
    let mut two = post.say(&ask("2", "a"), plain("two")).await;
    assert!(one.posted().await && two.posted().await);
    post.count(&count, 4);
    hall.until(|seen| seen.len() == 4).await;
    assert_eq!(hall.told("super-a"), ["post one", "post two", "edit 4"]);
    post.delivery.quiet(PlatformName::Telegram).await;
    post.kill().await;
    count.set(10);
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.rest(&Count::topic()).await;
    assert_eq!(hall.told("super-a"), ["post one", "post two", "edit 4", "edit 10"]);
    assert_eq!(hall.told("a"), ["post 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_open_is_open_in_the_room_that_its_room_became() {
    let (house, hall) = (House::without_grid().await, Arc::new(Hall::new(FREE)));
    admit(&house.app).await;
    let delivery = Delivery::new(&house.app.house);
    tokio::spawn(delivery.clone().run(CancellationToken::new()));
    let served = bellhop::platforms::converse(
        hall.clone() as Arc<dyn Platform>,
        house.app.desk.clone(),
        delivery,
        CancellationToken::new(),
    );
    tokio::spawn(served);
    hall.hear(said("1", "a", "/deploy"));
    hall.until_settled(1).await;
    hall.fault(Some("a"), 1, PlatformError::Moved(room("super-a")));
    hall.hear(said("2", "a", "/list"));
    hall.until_settled(2).await;
    hall.hear(said("3", "super-a", "vm"));
    hall.until_settled(3).await;
    let title = &hall.seen()[2].title;
    assert!(title.contains("grid does not answer"), "it is a recipe, as was asked, and no unknown command: {title}");
}
