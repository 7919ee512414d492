//! Where others read: groups, forum topics, two people at once, somebody else's button, a group that grows.

use super::Hall;
use crate::doors::telegram::Standing;
use bellhop::chat::{
    Ask, Audience, Block, Card, Choice, DraftId, Person, Platform, PlatformError, PlatformName, Post, Press, Question,
    Room, Tone, What,
};

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
    let name = hall.sees(ada, "What shall it be called?").await;
    assert_eq!(name.id, plan.id);
    assert!(name.text.ends_with("\nTo answer, reply to this message."), "{}", name.text);
    hall.fake.say(ada, room, "orchid");
    hall.fake.reply(ada, &name, "orchid");
    let key = hall.fake.wait_for(ada, |shown| shown.id > name.id && shown.text.contains("SSH")).await;
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

fn question(choices: Vec<Choice<String>>) -> Card<String> {
    let draft = DraftId("d".repeat(20));
    let text = "Which name?".to_owned();
    let question =
        Question { draft, field: "name".into(), text: text.clone(), choices, free: true, page: 0, asks: None };
    let (blocks, buttons) = (Vec::new(), Vec::new());
    Card { tone: Tone::Plain, title: text, blocks, buttons, question: Some(question), language: Some("fr".into()) }
}

#[tokio::test]
async fn what_takes_a_text_only_opens_a_reply_and_long_cards_are_in_parts() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    let group = hall.admit(hall.fake.supergroup("Nodes", &[ada])).await;
    hall.fake.wait_for(ada, |shown| shown.labels().any(|label| label == "Help")).await;
    let id = group.0.to_string();
    let room = Room { platform: PlatformName::Telegram, id: id.clone(), private: false, group: Some(id) };
    let from = Person { platform: PlatformName::Telegram, id: ada.0.to_string(), name: "Ada".into() };
    let what = What::Press(Press { id: "a".into() });
    let ask = Ask { id: "1".into(), handle: Some("qx".into()), from, room, locale: None, message: None, what };
    let post = |card| Post {
        nonce: "n",
        ask: Some(&ask),
        room: &ask.room,
        audience: Audience::Room,
        topic: None,
        card,
        call: None,
        under: None,
    };
    let bare = question(Vec::new());
    hall.door.post(post(&bare)).await.unwrap();
    let asked = hall.sees(ada, "Ada\nWhich name?").await;
    assert!(asked.force_reply);
    let called = asked.entities.iter().find(|entity| entity.kind.contains("mention") || entity.url.is_some());
    assert_eq!(called.map(|entity| asked.part(entity)).as_deref(), Some("Ada"), "{:?}", asked.entities);

    // Pages of choices, under a card in three messages, then one, then a file.
    let choice = |n: usize| Choice {
        value: n.to_string(),
        text: format!("choice {n}"),
        press: Some(Press { id: format!("{n:024x}") }),
    };
    let long = |lines: usize| {
        let mut card = question((0..20).map(choice).collect());
        card.blocks = (0..lines).map(|n| Block::Text(format!("{n:05} {}", "x".repeat(94)))).collect();
        card
    };
    let shown = || hall.fake.see(ada, group).into_iter().filter(|shown| shown.id > asked.id).collect::<Vec<_>>();
    let mut anchor = hall.door.post(post(&long(100))).await.unwrap();
    let three = shown();
    assert_eq!(three.iter().map(|shown| shown.rows.len()).collect::<Vec<_>>(), [0, 0, 4]);
    assert_eq!(anchor.message, three.iter().map(|shown| shown.id.to_string()).collect::<Vec<_>>().join("+"));
    assert_eq!(three[2].labels().last(), Some("Plus… ›"));
    anchor = hall.door.edit(&anchor, &long(100), None).await.unwrap();
    assert_eq!(shown().len(), 3, "what is not modified is done");
    anchor = hall.door.edit(&anchor, &long(1), None).await.unwrap();
    assert_eq!(shown().iter().map(|shown| shown.rows.len()).collect::<Vec<_>>(), [4]);
    anchor = hall.door.edit(&anchor, &long(200), None).await.unwrap();
    let filed = shown();
    let file = filed[1].document.clone().expect("a file");
    assert_eq!((filed.len(), filed[0].rows.len(), filed[1].rows.len()), (2, 0, 4));
    assert_eq!(file.name, "bellhop.txt");
    assert!(String::from_utf8_lossy(&file.bytes).contains("\n00199 "));
    anchor = hall.door.edit(&anchor, &long(2), None).await.unwrap();
    assert_eq!((shown().len(), anchor.message.as_str()), (1, shown()[0].id.to_string().as_str()));
    assert!(matches!(hall.door.edit(&anchor, &bare, None).await, Err(PlatformError::Gone(_))));
    hall.close().await;
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_stays_served_and_its_deployment_in_sight() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    let old = hall.admit(hall.fake.group("Nodes", &[ada])).await;
    hall.fake.say(ada, old, "/deploy vm name:lys size:small terms:yes now:yes");
    hall.sees(ada, "◔ lys").await;
    let new = hall.fake.upgrade(old);
    let runs = hall.sees(ada, "● lys runs").await;
    assert_eq!(runs.room, new);
    hall.fake.say(ada, new, "/list");
    assert_eq!(hall.sees(ada, "You have one node").await.room, new);
    hall.close().await;
}

#[tokio::test]
async fn a_group_that_grows_while_nothing_happens_stays_served() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    let old = hall.admit(hall.fake.group("Nodes", &[ada])).await;
    let new = hall.fake.upgrade(old);
    hall.fake.wait_for(ada, |shown| shown.room == new && shown.text.starts_with("Bellhop")).await;
    hall.fake.say(ada, new, "/list");
    assert_eq!(hall.sees(ada, "You have no nodes").await.room, new);
    hall.close().await;
}
