//! Limits are kept, and a platform that says wait is left alone for exactly so long.

use super::hall::{FREE, Hall, ada, ask, rate, room, within};
use super::{Count, Post, plain};
use crate::house::House;
use bellhop::chat::{Ask, Limits, PlatformError, Rates};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

fn telegram() -> Limits {
    let rates = Rates { all: rate(30, 1), room: rate(1, 1), group: rate(20, 60) };
    Limits { rates, pace: Duration::from_secs(2), ..FREE }
}

fn discord() -> Limits {
    let rates = Rates { all: rate(50, 1), room: rate(5, 5), group: None };
    Limits { rates, pace: Duration::from_secs(2), ..FREE }
}

/// 200 rooms (every fourth of them in one group with three others) learn of three changes, all at once, while people
/// ask things in some of them.
async fn two_hundred_rooms(limits: Limits) {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(limits)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    let asks: Vec<Ask> = (0..200)
        .map(|n| {
            let mut ask = ask(&format!("{n}"), &format!("r{n}"));
            ask.room.group = (n % 4 == 0).then(|| format!("g{}", n / 16));
            ask
        })
        .collect();
    let mut sent = Vec::new();
    for ask in &asks {
        sent.push(post.say(ask, count.answer()).await);
    }
    for (n, to) in [3, 6, 10].into_iter().enumerate() {
        tokio::time::sleep(Duration::from_secs(3)).await;
        post.count(&count, to);
        for ask in asks.iter().skip(n * 7).step_by(20) {
            let again = Ask { id: format!("{}-{to}", ask.id), ..ask.clone() };
            sent.push(post.say(&again, plain("meanwhile")).await);
        }
    }
    for sent in &mut sent {
        assert!(sent.posted().await);
    }
    post.delivery.rest(&Count::topic()).await;
    let seen = hall.seen();
    within(&seen, limits.rates.all, |_| Some("all".to_owned()));
    within(&seen, limits.rates.room, |seen| Some(seen.room.clone()));
    within(&seen, limits.rates.group, |seen| seen.group.clone());
    for ask in &asks {
        let shown = seen.iter().find(|seen| seen.ask.as_deref() == Some(&ask.id)).unwrap();
        assert_eq!(hall.card(&shown.message).title, "10", "the newest state is everywhere");
    }
    assert_eq!(seen.iter().filter(|seen| seen.kind == "post").count(), 230);
}

#[tokio::test(start_paused = true)]
async fn two_hundred_rooms_at_once_within_telegrams_limits() {
    two_hundred_rooms(telegram()).await;
}

#[tokio::test(start_paused = true)]
async fn two_hundred_rooms_at_once_within_discords_limits() {
    two_hundred_rooms(discord()).await;
}

#[tokio::test(start_paused = true)]
async fn answers_go_before_progress() {
    let limits = Limits { rates: Rates { all: rate(1, 1), room: None, group: None }, free: None, ..FREE };
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(limits)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    for n in 0..5 {
        post.say(&ask(&format!("{n}"), &format!("r{n}")), count.answer()).await.posted().await;
    }
    post.count(&count, 10);
    let mut last = None;
    for n in 0..5 {
        last = Some(post.say(&ask(&format!("a{n}"), &format!("s{n}")), plain("answer")).await);
    }
    assert!(last.unwrap().posted().await);
    post.delivery.rest(&Count::topic()).await;
    let kinds: Vec<_> = hall.seen().into_iter().skip(5).map(|seen| seen.kind).collect();
    // One edit may have been on its way when the answers came.
    let late = kinds.iter().rposition(|kind| *kind == "post").unwrap();
    assert!(late <= 5 && kinds.len() == 10, "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_room_rests_for_exactly_as_long_as_it_wants_and_others_do_not() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    let wait = Duration::from_millis(12_345);
    hall.fault(Some("a"), 1, PlatformError::Passing { why: "429".into(), after: Some(wait), everywhere: false });
    let began = Instant::now();
    let mut first = post.say(&ask("1", "a"), plain("one")).await;
    let mut second = post.say(&ask("2", "a"), plain("two")).await;
    assert!(post.say(&ask("3", "b"), plain("other")).await.posted().await);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(first.posted().await && second.posted().await);
    assert_eq!(hall.told("a"), ["post one", "post two"], "in order all the same");
    let seen = hall.seen();
    let at = seen.iter().find(|seen| seen.title == "one").unwrap().at;
    let late = at.duration_since(began).checked_sub(wait).expect("not too early");
    assert!(late <= Duration::from_millis(2), "{late:?} too late");
}

#[tokio::test(start_paused = true)]
async fn what_is_meant_for_everywhere_holds_everywhere() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    let wait = Duration::from_millis(5_001);
    hall.fault(Some("a"), 1, PlatformError::Passing { why: "429".into(), after: Some(wait), everywhere: true });
    let began = Instant::now();
    let mut first = post.say(&ask("1", "a"), plain("one")).await;
    while began.elapsed().is_zero() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(post.say(&ask("2", "b"), plain("two")).await.posted().await);
    assert!(first.posted().await);
    for seen in hall.seen() {
        let late = seen.at.duration_since(began).checked_sub(wait).expect("not too early");
        assert!(late <= Duration::from_millis(3), "{late:?} too late");
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_is_down_is_asked_less_and_less_and_nothing_is_lost_or_out_of_order() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    hall.fault(None, 100, PlatformError::passing("500"));
    let began = Instant::now();
    let mut sent = Vec::new();
    for n in 0..4 {
        sent.push(post.say(&ask(&format!("{n}"), "a"), plain(&format!("{n}"))).await);
    }
    for sent in &mut sent {
        assert!(sent.posted().await);
    }
    assert_eq!(hall.told("a"), ["post 0", "post 1", "post 2", "post 3"]);
    let took = began.elapsed();
    let minutes = |n: u64| Duration::from_secs(n * 60);
    assert!(took > minutes(40) && took < minutes(101), "a hundred tries took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_posted_is_dropped_and_does_not_hold_up_the_next() {
    let (house, hall, count) = (House::without_grid().await, Arc::new(Hall::new(FREE)), Count::default());
    let post = Post::open(&house, &hall, &count).await;
    hall.fault(Some("a"), 1, PlatformError::Gone("malformed".into()));
    let mut first = post.say(&ask("1", "a"), plain("one")).await;
    let mut second = post.say(&ask("2", "a"), plain("two")).await;
    assert!(!first.posted().await && second.posted().await);
    // For a day, but not for ever.
    hall.fault(Some("b"), u32::MAX, PlatformError::passing("500"));
    let mut never = post.say(&ask("3", "b"), plain("three")).await;
    let began = Instant::now();
    assert!(!never.posted().await);
    let hours = began.elapsed().as_secs() / 3600;
    assert_eq!(hours, 24);
    post.close().await;
    let post = Post::open(&house, &hall, &count).await;
    post.delivery.quiet(room("a").platform).await;
    assert_eq!(hall.seen().len(), 1, "{} is told nothing of it again", ada().id);
}
