//! Deep links, and what is for one person alone.

use super::Hall;
use crate::doors::telegram::{Followed, Standing};

#[tokio::test]
async fn a_link_asks_at_once() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, Some("deploy-casper"));
    hall.sees(ada, "Ready to start: Casper").await;
    hall.fake.start(ada, Some("nothing-that-we-know"));
    hall.sees(ada, "Bellhop").await;
    hall.close().await;
}

#[tokio::test]
async fn a_private_matter_is_told_in_private_only() {
    let hall = Hall::open().await;
    let (ada, bob) = (hall.fake.user("Ada", Some("en")), hall.fake.user("Bob", Some("en")));
    let room = hall.admit(hall.fake.supergroup("Nodes", &[ada, bob])).await;
    // She never opened our chat: only she can.
    hall.fake.say(ada, room, "/me");
    let note = hall.sees(ada, "This is for you alone").await;
    assert_eq!(note.room, room);
    let followed = hall.fake.follow(ada, "Open our private chat").await.unwrap();
    assert_eq!(followed, Followed::Started(Some("me".to_owned())));
    let private = hall.fake.private(ada);
    let told = hall.fake.wait_for(ada, |shown| shown.room == private).await;
    // From now on we can write to her.
    hall.fake.say(ada, room, "/me");
    let note = hall.sees(ada, "I wrote to you in private").await;
    let leads = note.rows[0][0].url.clone();
    assert_eq!((note.room, leads.as_deref()), (room, Some("https://t.me/bellhop_bot")));
    let again = hall.fake.wait_for(ada, |shown| shown.room == private && shown.id > told.id).await;
    assert_eq!(again.text, told.text);
    let seen: String = hall.fake.see(bob, room).iter().map(|shown| shown.text.clone()).collect();
    assert!(!seen.contains(&told.text), "{seen}");
    // She blocks us: the note is all that is said, in the room.
    hall.fake.block(ada);
    hall.fake.say(ada, room, "/me");
    let last = hall.fake.wait_for(bob, |shown| shown.id > note.id).await;
    assert!(last.text.starts_with("This is for you alone"));
    hall.fake.seat(room, Standing::Kicked);
    hall.close().await;
}
