//! The two ways to get updates: polls and the webhook.

use super::super::telegram::TOKEN;
use super::{Desk, api, clean, ms};
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use teloxide::ApiError;
use teloxide::payloads::{DeleteWebhookSetters, GetUpdatesSetters, SetWebhookSetters};
use teloxide::prelude::*;
use teloxide::types::{AllowedUpdate, UpdateKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_poll_returns_at_once_when_something_comes() {
    let desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let begun = Instant::now();
    let poll = desk.bot.get_updates().timeout(10);
    let (told, ()) = tokio::join!(poll.send(), async {
        assert!(desk.fake.until(|counters| counters.updates == 0).await);
        tokio::task::yield_now().await;
        desk.fake.start(ann, None);
    });
    let told = told.expect("updates");
    assert!(told.len() == 1 && begun.elapsed() < ms(5000));
    let again = desk.bot.get_updates().await.expect("updates");
    assert_eq!(again, told, "nothing was confirmed");
    for _ in 0..2 {
        desk.fake.start(ann, None);
    }
    let one = desk.bot.get_updates().offset(told[0].id.as_offset()).limit(1).await.expect("updates");
    assert_eq!((one.len(), desk.fake.waiting()), (1, 2));
    let last = desk.bot.get_updates().offset(-1).await.expect("updates");
    assert_eq!((last.len(), desk.fake.waiting()), (1, 1), "the last one only");
    let none = desk.bot.get_updates().offset(last[0].id.as_offset()).await.expect("updates");
    assert_eq!((none.len(), desk.fake.waiting()), (0, 0));

    desk.fake.redeliver(i64::from(last[0].id.0));
    let again = desk.bot.get_updates().offset(last[0].id.as_offset()).await.expect("updates");
    assert_eq!(again, last, "told twice, with one number");
    clean(&desk.fake);
}

#[tokio::test]
async fn a_second_poll_ends_the_first() {
    let desk = Desk::free().await;
    let other = Bot::new(TOKEN).set_api_url(desk.fake.url());
    let first = desk.bot.get_updates().timeout(10);
    let second = async {
        // The first has to be waiting: nothing but its own request can tell.
        while !matches!(other.get_updates().timeout(0).await, Ok(told) if told.is_empty())
            || desk.fake.counters().conflicts == 0
        {
            tokio::task::yield_now().await;
        }
    };
    let (first, done) = tokio::join!(first.send(), timeout(ms(9000), second));
    done.expect("a conflict");
    assert_eq!(api(first), ApiError::TerminatedByOtherGetUpdates);
}

#[tokio::test]
async fn kinds_that_are_not_asked_for_do_not_come_and_new_ones_do_no_harm() {
    let desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let poll = |kinds: Vec<AllowedUpdate>| desk.bot.get_updates().timeout(0).allowed_updates(kinds);
    poll(vec![AllowedUpdate::CallbackQuery]).await.expect("updates");
    desk.fake.start(ann, None);
    assert_eq!((desk.fake.novelty(ann), desk.fake.waiting()), (None, 0));
    poll(vec![]).await.expect("updates");
    let number = desk.fake.novelty(ann).expect("all kinds are wanted");
    desk.fake.start(ann, None);
    let told = desk.bot.get_updates().await.expect("updates");
    assert!(matches!(told[0].kind, UpdateKind::Error(_)) && i64::from(told[0].id.0) == number);
    assert!(matches!(told[1].kind, UpdateKind::Message(_)));
    clean(&desk.fake);
}

/// A webhook of ours: what came, with the secret, and what to answer (200 when nothing is left).
async fn hook(answers: &[u16]) -> (String, mpsc::UnboundedReceiver<(Option<String>, i64)>) {
    let (send, receive) = mpsc::unbounded_channel();
    let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
    let take = async move |headers: HeaderMap, body: String| {
        let secret = headers.get("x-telegram-bot-api-secret-token").map(|v| v.to_str().unwrap_or("?").to_owned());
        let update: serde_json::Value = serde_json::from_str(&body).expect("an update");
        let code = answers.lock().expect("unpoisoned").pop_front().unwrap_or(200);
        send.send((secret, update["update_id"].as_i64().expect("a number"))).expect("the test listens");
        StatusCode::from_u16(code).expect("a code")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(take))).await });
    (url, receive)
}

#[tokio::test]
async fn a_webhook_gets_everything_in_order_with_the_secret_until_it_takes_it() {
    let desk = Desk::free().await;
    let (ann, bot) = (desk.fake.user("Ann", None), &desk.bot);
    desk.fake.start(ann, None);
    let (url, mut told) = hook(&[500, 503]).await;
    let set = bot.set_webhook(url.parse().expect("a URL")).secret_token("s-3_cret".to_owned()).max_connections(5);
    set.allowed_updates([AllowedUpdate::Message]).await.expect("set");
    desk.fake.start(ann, None);
    let mut next = async || timeout(ms(9000), told.recv()).await.expect("in time").expect("an update");
    let secret = Some("s-3_cret".to_owned());
    for expected in [1, 1, 1, 2] {
        assert_eq!(next().await, (secret.clone(), expected));
    }
    let info = bot.get_webhook_info().await.expect("info");
    assert_eq!(info.url.as_ref().map(ToString::to_string), Some(url.clone()));
    assert_eq!((info.max_connections, info.allowed_updates.as_deref()), (Some(5), Some(&[AllowedUpdate::Message][..])));
    let error = info.last_error_message.expect("it failed before");
    assert!(error.starts_with("Wrong response from the webhook: 503") && info.last_error_date.is_some(), "{error}");
    desk.fake.redeliver(2);
    assert_eq!(next().await, (secret.clone(), 2));

    let poll = bot.get_updates().await.expect_err("a webhook is set").to_string();
    assert!(poll.contains("can't use getUpdates method while webhook is active"), "{poll}");
    while desk.fake.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    bot.delete_webhook().await.expect("deleted");
    desk.fake.start(ann, None);
    assert_eq!(bot.get_updates().await.expect("updates").len(), 1);
    bot.delete_webhook().drop_pending_updates(true).await.expect("deleted");
    assert_eq!((desk.fake.waiting(), bot.get_webhook_info().await.expect("info").url), (0, None));
    clean(&desk.fake);
}

#[tokio::test]
async fn a_webhook_that_is_away_is_tried_again_and_a_new_one_gets_what_waits() {
    let desk = Desk::free().await;
    let (ann, ben) = (desk.fake.user("Ann", None), desk.fake.user("Ben", None));
    let nobody = "http://127.0.0.1:9/".parse().expect("a URL");
    desk.bot.set_webhook(nobody).await.expect("set");
    desk.fake.start(ann, None);
    desk.fake.start(ben, None);
    let failed = async {
        while desk.bot.get_webhook_info().await.expect("info").last_error_message.is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(ms(9000), failed).await.expect("it is tried");
    let (url, mut told) = hook(&[]).await;
    desk.bot.set_webhook(url.parse().expect("a URL")).await.expect("set");
    let mut got = Vec::new();
    for _ in 0..2 {
        let (secret, id) = timeout(ms(9000), told.recv()).await.expect("in time").expect("an update");
        assert_eq!(secret, None);
        got.push(id);
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2]);
    clean(&desk.fake);
}

#[tokio::test]
async fn a_webhook_has_to_be_a_good_address() {
    let desk = Desk::free().await;
    let error = async |url: &str| {
        let set = desk.bot.set_webhook(url.parse().expect("a URL")).await;
        set.err().map(|error| error.to_string())
    };
    assert!(error("http://example.org/").await.expect("refused").contains("HTTPS url"));
    assert!(error("https://example.org:1234/").await.expect("refused").contains("ports 80, 88, 443 or 8443"));
    assert_eq!(error("https://example.org:8443/").await, None);
    let near: url::Url = "http://127.0.0.1:9/".parse().expect("a URL");
    assert!(desk.bot.set_webhook(near.clone()).secret_token("no good!".to_owned()).await.is_err());
    assert!(desk.bot.set_webhook(near).max_connections(101).await.is_err());
    assert_eq!(desk.fake.violations().len(), 4);
}
