//! The fake under load: it must not be what a bench measures.

use super::super::telegram::{Options, Person, TOKEN, Telegram};
use super::ms;
use axum::{Router, routing::post};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use teloxide::payloads::GetUpdatesSetters;
use teloxide::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn thousands_of_updates_are_picked_up_a_hundred_at_a_time() {
    let fake = Telegram::run(Options::bare()).await;
    let people: Vec<Person> = (0..500).map(|_| fake.user("P", None)).collect();
    let begun = Instant::now();
    for person in &people {
        for word in ["/a", "/b", "/c", "/d"] {
            fake.say(*person, fake.private(*person), word);
        }
    }
    let bot = Bot::new(TOKEN).set_api_url(fake.url());
    let (mut offset, mut seen) = (0, HashSet::new());
    while seen.len() < 2000 {
        let told = bot.get_updates().offset(offset).await.expect("updates");
        assert_eq!(told.len(), 100);
        offset = told.iter().map(|update| update.id.as_offset()).max().unwrap_or(0);
        seen.extend(told.into_iter().map(|update| update.id.0));
    }
    println!("2000 updates in {:?}", begun.elapsed());
    assert!(begun.elapsed() < ms(20_000));
    assert_eq!((fake.counters().updates, fake.counters().of("getUpdates")), (2000, 20));
    assert_eq!(fake.requests().len(), 0, "nothing is logged");
}

#[tokio::test]
async fn a_webhook_gets_thousands_with_each_chat_in_order() {
    let fake = Telegram::run(Options::bare()).await;
    let (send, mut told) = mpsc::unbounded_channel();
    let take = async move |body: String| {
        let update: Value = serde_json::from_str(&body).expect("an update");
        send.send((update["message"]["chat"]["id"].as_i64(), update["update_id"].as_i64())).expect("the test listens");
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(take))).await });
    let bot = Bot::new(TOKEN).set_api_url(fake.url());
    bot.set_webhook(url.parse().expect("a URL")).await.expect("set");
    let people: Vec<Person> = (0..300).map(|_| fake.user("P", None)).collect();
    let begun = Instant::now();
    for word in ["/a", "/b", "/c"] {
        for person in &people {
            fake.say(*person, fake.private(*person), word);
        }
    }
    let mut last = HashMap::new();
    for _ in 0..900 {
        let (chat, id) = timeout(ms(20_000), told.recv()).await.expect("in time").expect("an update");
        assert!(last.insert(chat, id) < Some(id), "{chat:?} out of order");
    }
    println!("900 updates posted in {:?}", begun.elapsed());
    assert_eq!(last.len(), 300);
    while fake.waiting() > 0 {
        tokio::task::yield_now().await;
    }
}
