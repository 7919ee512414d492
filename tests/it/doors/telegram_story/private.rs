//! One person and the bot: the wizard, one line, French, a restart, somebody who leaves.

use super::Hall;

#[tokio::test]
async fn a_wizard_is_one_message_and_texts_are_the_next_line() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    let asked = hall.say(ada, "/deploy", "What would you like to run?").await;
    assert_eq!(asked.labels().collect::<Vec<_>>(), ["Casper", "Plain machine"]);
    let plan = hall.press(ada, "Casper", "Ready to start: Casper, small").await;
    assert_eq!((plan.id, plan.edits), (asked.id, 1), "one message");
    assert_eq!(plan.link("Terms and conditions").as_deref(), Some("http://faces.sandbox/terms"));
    let place = hall.press(ada, "Change place", "Where?").await;
    assert_eq!(place.id, asked.id);
    hall.press(ada, "Leave as it is", "Ready to start").await;
    let name = hall.press(ada, "Name and SSH key", "What shall it be called?").await;
    assert_eq!((name.id, name.force_reply), (asked.id, false), "in a private chat the next line is the answer");
    hall.fake.say(ada, hall.fake.private(ada), "orchid");
    hall.fake.wait_for(ada, |shown| shown.id > name.id && shown.text.contains("SSH")).await;
    let plan = hall.press(ada, "Leave as it is", "Ready to start: Casper, small").await;
    assert!(plan.text.contains("named orchid"), "{}", plan.text);
    let runs = hall.press(ada, "Accept the terms and deploy", "● orchid runs").await;
    assert_eq!(runs.id, plan.id, "the plan became the node");
    hall.say(ada, "/destroy orchid", "▲ Take orchid down?").await;
    hall.press(ada, "Take it down", "orchid is gone").await;
    assert!(hall.meters.links().iter().all(|(link, up)| link.link == "poll" && *up), "{:?}", hall.meters.links());
    hall.close().await;
}

#[tokio::test]
async fn one_line_in_french_deploys() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("fr-BE"));
    hall.fake.start(ada, None);
    let runs = hall.say(ada, "/Deploy vm name:lys size:small terms:yes now:yes", "● lys").await;
    assert!(runs.text.starts_with("● lys tourne"), "{}", runs.text);
    let menu = hall.fake.menu(ada, hall.fake.private(ada));
    assert!(menu.iter().any(|(name, words)| name == "deploy" && words.contains("nœud")), "{menu:?}");
    hall.close().await;
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_form_and_of_a_deployment_changes_nothing() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    let asked = hall.say(ada, "/deploy", "What would you like to run?").await;
    let hall = hall.restart().await;
    let plan = hall.press(ada, "Plain machine", "Ready to start: Plain machine").await;
    assert_eq!(plan.id, asked.id);
    let busy = hall.press(ada, "Accept the terms and deploy", "◔ vm").await;
    let hall = hall.restart().await;
    let runs = hall.sees(ada, "● vm runs").await;
    assert_eq!((busy.id, runs.id), (asked.id, asked.id), "the same message goes on");
    hall.close().await;
}

#[tokio::test]
async fn what_is_told_twice_is_answered_once_and_what_cannot_be_read_harms_nobody() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    hall.fake.novelty(ada);
    let room = hall.fake.private(ada);
    hall.fake.edit(ada, room, hall.fake.say(ada, room, "/list"), "/me");
    hall.sees(ada, "You have no nodes").await;
    hall.close().await;
}

#[tokio::test]
async fn who_blocks_us_is_left_alone_and_hears_all_when_they_are_back() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.say(ada, "/deploy vm name:lys size:small terms:yes now:yes", "◔ lys").await;
    hall.fake.block(ada);
    let refused = |hall: &Hall| hall.fake.requests().iter().filter(|request| request.code == 403).count();
    let edits = hall.fake.counters().of("editMessageText");
    assert!(hall.fake.until(|counters| counters.of("editMessageText") > edits).await);
    assert_eq!(refused(&hall), 1);
    hall.fake.unblock(ada);
    hall.say(ada, "/list", "You have one node").await;
    hall.sees(ada, "● lys runs").await;
    assert_eq!(refused(&hall), 1, "a closed room is not tried again");
    hall.close().await;
}

#[tokio::test]
async fn what_telegram_asks_for_is_waited_for() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    hall.fake.refuse("sendMessage", None, 1, 2);
    hall.say(ada, "/list", "You have no nodes").await;
    assert_eq!(hall.fake.limited(), 1);
    hall.close().await;
}
