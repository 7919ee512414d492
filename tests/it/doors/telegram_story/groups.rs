//! Where others read: groups, forum topics, two people at once, somebody else's button, a group that grows.

use super::Hall;
use crate::doors::telegram::Standing;

#[tokio::test]
async fn in_a_group_a_text_is_asked_for_with_a_reply() {
    let hall = Hall::open().await;
    let (ada, bob) = (hall.fake.user("Ada", Some("en")), hall.fake.user("Bob", Some("en")));
    let room = hall.admit(hall.fake.group("Nodes", &[ada, bob])).await;
    let line = hall.fake.say(ada, room, "/deploy@bellhop_bot casper");
    let plan = hall.sees(ada, "Ready to start").await;
    assert_eq!(plan.reply_to, Some(line));
    hall.fake.say(bob, room, "/deploy@other_bot casper");
    hall.fake.say(bob, room, "/weather");
    assert_eq!(hall.fake.press(ada, "Name and SSH key").await.unwrap().text, None);
    let name = hall.fake.wait_for(ada, |shown| shown.text.contains("What should it be called?")).await;
    assert!(name.force_reply && name.id != plan.id, "a reply is opened by a new message");
    let called = name.entities.iter().find(|entity| entity.kind == "text_mention" || entity.url.is_some());
    assert_eq!(called.map(|entity| name.part(entity)).as_deref(), Some("Ada"), "{:?}", name.entities);
    hall.fake.reply(ada, &name, "orchid");
    let key = hall.fake.wait_for(ada, |shown| shown.text.starts_with("SSH") || shown.text.contains("\nSSH")).await;
    hall.fake.press_on(ada, &key, "Leave as it is").await.unwrap();
    let plan = hall.fake.wait_for(ada, |shown| shown.text.contains("named orchid")).await;
    assert_eq!(plan.room, room);
    // Somebody else presses.
    let answer = hall.fake.press_on(bob, &plan, "Accept the terms and deploy").await.unwrap();
    assert!(answer.alert && answer.text.as_deref().is_some_and(|text| text.contains("Ada")), "{answer:?}");
    hall.press(ada, "Accept the terms and deploy", "● orchid runs").await;
    hall.close().await;
}

#[tokio::test]
async fn a_topic_is_answered_in_the_topic_and_two_wizards_do_not_mix() {
    let hall = Hall::open().await;
    let (ada, bob) = (hall.fake.user("Ada", Some("en")), hall.fake.user("Bob", Some("fr")));
    let room = hall.admit(hall.fake.forum("Nodes", &[ada, bob])).await;
    let topic = hall.fake.topic(ada, room, "Casper");
    hall.fake.say(ada, (room, topic), "/deploy");
    let hers = hall.sees(ada, "What would you like to run?").await;
    hall.fake.say(bob, (room, topic), "/deploy");
    let his = hall.fake.wait_for(bob, |shown| shown.id > hers.id).await;
    assert_eq!((hers.topic, his.topic), (Some(topic), Some(topic)));
    assert_ne!(hers.text, his.text, "each in their language");
    hall.fake.press_on(ada, &hers, "Casper").await.unwrap();
    hall.fake.press_on(bob, &his, his.labels().last().unwrap()).await.unwrap();
    let hers = hall.fake.wait_for(ada, |shown| shown.id == hers.id && shown.edits == 1).await;
    let his = hall.fake.wait_for(bob, |shown| shown.id == his.id && shown.edits == 1).await;
    assert!(hers.text.starts_with("Ready to start: Casper"), "{}", hers.text);
    assert!(his.text.contains("vm") && !his.text.contains("Casper"), "{}", his.text);
    let answer = hall.fake.press_on(ada, &his, his.labels().next().unwrap()).await.unwrap();
    assert!(answer.alert);
    hall.fake.say(ada, room, "/list");
    let general = hall.sees(ada, "You have no nodes").await;
    assert_eq!(general.topic, None);
    hall.close().await;
}

#[tokio::test]
async fn who_writes_as_the_group_is_nobody() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    let room = hall.admit(hall.fake.supergroup("Nodes", &[ada])).await;
    let line = hall.fake.say_as_group(room, "/list");
    let told = hall.sees(ada, "You write as a group").await;
    assert_eq!(told.reply_to, Some(line));
    hall.close().await;
}

#[tokio::test]
async fn an_unknown_group_is_told_how_it_can_be_admitted() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    let room = hall.fake.group("Strangers", &[ada]);
    hall.fake.say(ada, room, "/list");
    hall.sees(ada, "○ I do not serve this room").await;
    hall.fake.seat(room, Standing::Left);
    hall.close().await;
}
