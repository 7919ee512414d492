//! The fake under load: it must not be what a bench measures.

use super::super::telegram::{Options, Person, TOKEN, Telegram};
use super::ms;
use std::collections::HashSet;
use teloxide::payloads::GetUpdatesSetters;
use teloxide::prelude::*;
use tokio::time::Instant;

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
