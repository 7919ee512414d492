//! Which rooms are served: nobody's until the owner, or a code of theirs, admits it; and becoming the owner.

use crate::house::House;
use bellhop::chat::{Answers, PlatformName, Room, What};
use insta::assert_snapshot;
use std::time::Duration;

fn server(group: &str, channel: &str) -> Room {
    Room { platform: PlatformName::Discord, id: channel.to_owned(), private: false, group: Some(group.to_owned()) }
}

fn group(id: &str) -> Room {
    Room { platform: PlatformName::Telegram, id: id.to_owned(), private: false, group: Some(id.to_owned()) }
}

fn private(platform: PlatformName, id: &str) -> Room {
    Room { platform, id: id.to_owned(), private: true, group: None }
}

/// A house whose owner is ada on Discord; bob stands in a server's channel.
async fn owned() -> House {
    let mut house = House::without_grid().await;
    let code = house.app.house.people.owner_code().unwrap().unwrap();
    house.in_room(private(PlatformName::Discord, "dm-ada")).await.say(&format!("/claim {code}")).await;
    house.in_room(server("guild", "general")).await.now_speaks("bob");
    house
}

/// A code from the owner, who speaks now.
async fn code(house: &mut House) -> String {
    let card = house.in_room(private(PlatformName::Discord, "dm-ada")).await.now_speaks("ada").say("/claim").await;
    card.split('`').nth(1).expect("a code to copy").to_owned()
}

fn is_turned_away(card: &str) -> bool {
    card.starts_with("○ I do not serve this room\n")
}

#[tokio::test(start_paused = true)]
async fn the_first_owner_is_whoever_knows_the_code() {
    let mut house = House::without_grid().await;
    let code = house.app.house.people.owner_code().unwrap().unwrap();
    house.in_room(private(PlatformName::Telegram, "ada")).await;
    assert_snapshot!(house.say("/claim").await, @r"
    ○ I do not serve this chat
      In private I serve those who have spoken to me in a room that I serve.
      Say /help to me there once; from then on this chat is open to you.
      A code from whoever runs this bot admits a room: /claim and the code, said there.
      Nobody owns this bot yet: it wrote a code where it was started, and /claim and that code makes you the owner.
    ");
    assert_snapshot!(house.say("/claim nonsense").await, @r"
    ○ The code opened nothing
      The code is wrong. 4 guesses are left until the program starts anew.
    ");
    assert_snapshot!(house.say(&format!("/claim {}", code.to_uppercase())).await, @r"
    ● You are the owner
      /claim in a room admits it; in a private chat it gives you a code for somebody else to say.
    ");
    assert_snapshot!(house.now_speaks("bob").say(&format!("/claim code:{code}")).await, @r"
    ○ The code opened nothing
      There is an owner already. Ask them.
    ");
    for _ in 0..6 {
        house.say("/claim nonsense").await;
    }
    assert_snapshot!(house.see(), @r"
    ○ The code opened nothing
      Too many wrong codes. The next guess counts after the program starts anew.
    ");
}

#[tokio::test(start_paused = true)]
async fn a_room_that_nobody_admitted_gets_help_only() {
    let mut house = owned().await;
    assert_snapshot!(house.arrives().await, @r"
    ○ I do not serve this room
      I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
      Whoever runs this bot can admit it: /claim
      [Help]
    ");
    assert_snapshot!(house.say("/help").await, @r"
    This is what you can ask
      /claim: Admit this room, or become the owner
      /help: What you can ask here
      I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
      Whoever runs this bot can admit it: /claim
    ");
    assert_snapshot!(house.say("/claim").await, @r"
    ○ I do not serve this room
      I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
      Whoever runs this bot can admit it: /claim
      A code from whoever runs this bot admits a room: /claim and the code, said there.
    ");
    for line in
        ["/deploy casper", "/deploy nonsense:1", "deploy casper", "/nonsense", "/", "good morning", "/list@bellhop", ""]
    {
        assert!(is_turned_away(&house.say(line).await), "{line:?}: {}", house.see());
    }
    for line in ["/HELP@bellhop", "help", "/help help"] {
        assert!(!is_turned_away(&house.say(line).await), "{line:?}");
    }
    assert!(!house.say("/help deploy").await.contains("casper"), "{}", house.see());
    house.send(What::Invoke { command: "deploy".to_owned(), answers: Answers::new() }, None);
    house.settled().await;
    assert!(is_turned_away(&house.see()));
    house.reads("fr");
    assert_snapshot!(house.say("/list").await, @r"
    ○ Je ne sers pas ce salon
      Je ne travaille que là où la personne qui me gère a admis le salon ; ailleurs, je réponds à /help et à /claim.
      La personne qui gère ce bot peut l’admettre : /claim
      [Aide]
    ");
}

#[tokio::test(start_paused = true)]
async fn who_is_not_known_is_not_served_in_private_either() {
    let mut house = owned().await;
    house.in_room(private(PlatformName::Discord, "dm-bob")).await;
    assert_snapshot!(house.say("/deploy casper").await, @r"
    ○ I do not serve this chat
      In private I serve those who have spoken to me in a room that I serve.
      Say /help to me there once; from then on this chat is open to you.
      [Help]
    ");
    house.app.house.people.rooms().admit("discord|guild", "discord|ada").await.unwrap();
    assert!(house.say("/recipes").await.starts_with("○ I do not serve this chat"), "{}", house.see());
    house.in_room(server("guild", "general")).await.say("/help").await;
    house.in_room(private(PlatformName::Discord, "dm-bob")).await;
    assert!(house.say("/recipes").await.starts_with("This can be deployed here"), "{}", house.see());
    // The same id on another platform is somebody else.
    house.in_room(private(PlatformName::Telegram, "bob")).await;
    assert!(house.say("/recipes").await.starts_with("○ I do not serve this chat"), "{}", house.see());
}

#[tokio::test(start_paused = true)]
async fn the_owner_admits_a_room_by_its_button_and_stops_serving_it_by_another() {
    let mut house = owned().await;
    assert_snapshot!(house.now_speaks("ada").say("/list").await, @r"
    ○ I do not serve this room
      I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
      Whoever runs this bot can admit it: /claim
      [Admit this room] [Help]
    ");
    // A button of the owner's does nothing for others.
    assert!(house.now_speaks("bob").press("Admit this room").await.starts_with("○ This button belongs to ada"));
    assert_snapshot!(house.now_speaks("ada").press("Admit this room").await, @r"
    ● I serve this room
      Everybody in it can ask, and those who have can ask in private too. /help lists what.
      Admitted: by ada, 2026-11-23 14:00 UTC
      [Help] [Stop serving this room]
    ");
    house.in_room(server("guild", "another-channel")).await;
    assert!(house.now_speaks("bob").say("/recipes").await.starts_with("This can be deployed here"));
    assert_snapshot!(house.say("/claim").await, @r"
    There is nothing for you to claim here
      A code from whoever runs this bot admits a room: /claim and the code, said there.
    ");
    assert_snapshot!(house.now_speaks("ada").say("/claim").await, @r"
    ● I serve this room
      Everybody in it can ask, and those who have can ask in private too. /help lists what.
      Admitted: by ada, 2026-11-23 14:00 UTC
      [Help] [Stop serving this room]
    ");
    assert_snapshot!(house.press("Stop serving this room").await, @r"
    ▲ Stop serving this room?
      I would answer only /help and /claim here, until it is admitted again.
      What people run goes on; they reach it in a private chat with me.
      [Stop serving this room] [Leave as it is]
    ");
    assert!(house.press("Leave as it is").await.starts_with("● I serve this room"), "{}", house.see());
    house.press("Stop serving this room").await;
    assert_snapshot!(house.press("Stop serving this room").await, @r"
    ● I no longer serve this room
      I work only where whoever runs me has admitted the room; elsewhere I answer /help and /claim.
      [Admit this room]
    ");
    assert!(is_turned_away(&house.now_speaks("bob").say("/recipes").await));
    // What is owed to people who run something: they reach it in private.
    house.in_room(private(PlatformName::Discord, "dm-bob")).await;
    assert!(house.say("/list").await.starts_with("You have no nodes yet"), "{}", house.see());
}

#[tokio::test(start_paused = true)]
async fn only_an_owner_says_what_the_buttons_say() {
    let mut house = owned().await;
    for line in ["/claim room:discord|guild act:admit", "/claim act:admit", "/claim act:stop sure:yes"] {
        assert!(is_turned_away(&house.say(line).await), "{line}: {}", house.see());
    }
    assert!(is_turned_away(&house.say("/list").await));
}

#[tokio::test(start_paused = true)]
async fn a_code_admits_one_room_once() {
    let mut house = owned().await;
    assert_snapshot!(house.in_room(private(PlatformName::Discord, "dm-ada")).await.now_speaks("ada").say("/claim").await, @r"
    A code that admits one room
      Whoever says this in a server or group where I am opens it for everybody there. It works once.
      `/claim pvbqxgxuvew7`
      It can be used until 2026-11-24 14:00 UTC.
    ");
    let line = house.see().split('`').nth(1).unwrap().to_owned();
    house.in_room(private(PlatformName::Telegram, "carol")).await.now_speaks("carol");
    assert_snapshot!(house.say(&line).await, @r"
    ○ The code opened nothing
      It is good, but it admits a room: say it in the server or group that I am to serve.
    ");
    house.in_room(group("-5")).await;
    assert_snapshot!(house.say(&line).await, @r"
    ● I serve this room
      Everybody in it can ask, and those who have can ask in private too. /help lists what.
      Admitted: by carol, 2026-11-23 14:00 UTC
      [Help]
    ");
    assert!(house.say("/recipes").await.starts_with("This can be deployed here"));
    house.in_room(group("-6")).await.now_speaks("dave");
    assert_snapshot!(house.say(&line).await, @r"
    ○ The code opened nothing
      It has been used already. Ask whoever gave it to you for another.
    ");
    assert!(is_turned_away(&house.say("/recipes").await));
    // Whose word it was is kept.
    let admission = house.app.house.people.rooms().admission("telegram|-5").unwrap().unwrap();
    assert_eq!((admission.by.as_str(), admission.code_of.as_deref()), ("telegram|carol", Some("discord|ada")));
}

#[tokio::test(start_paused = true)]
async fn a_code_expires_and_guesses_run_out() {
    let mut house = owned().await;
    let line = code(&mut house).await;
    house.wait(Duration::from_secs(24 * 3600)).await;
    house.in_room(server("guild", "general")).await.now_speaks("bob");
    assert_snapshot!(house.say(&line).await, @r"
    ○ The code opened nothing
      The code is wrong. 4 guesses are left until the program starts anew.
    ");
    for _ in 0..4 {
        house.say("/claim guess").await;
    }
    let line = code(&mut house).await;
    house.in_room(server("guild", "general")).await.now_speaks("bob");
    assert!(house.say(&line).await.contains("Too many wrong codes"), "{}", house.see());
    assert!(house.now_speaks("carol").say(&line).await.starts_with("● I serve this room"), "{}", house.see());
    // Who may make codes need not guess them.
    assert_snapshot!(house.now_speaks("ada").say("/claim guess").await, @r"
    ○ The code opened nothing
      It is not a code that is good now. You are the owner: /claim without a code is all you need.
    ");
}

#[tokio::test(start_paused = true)]
async fn a_form_that_was_open_when_its_room_was_closed_goes_no_further() {
    let mut house = owned().await;
    let rooms = house.app.house.people.rooms().clone();
    rooms.admit("discord|guild", "discord|ada").await.unwrap();
    house.say("/deploy").await;
    let draft = house.open_form();
    let (casper, message) = house.find("Casper");
    let before = house.traffic();
    rooms.dismiss("discord|guild").await.unwrap();
    house.send(What::Overheard("casper".to_owned()), None);
    house.settled().await;
    house.send(What::Overheard("0x".to_owned() + &"5e".repeat(32)), None);
    house.settled().await;
    assert_eq!(house.traffic(), before, "what is only overheard is not answered");
    assert!(is_turned_away(&house.say("casper").await));
    assert!(is_turned_away(&house.fill(draft.clone(), "recipe", "casper").await));
    house.send(What::Turn { draft, page: 1 }, None);
    house.settled().await;
    assert!(is_turned_away(&house.see()));
    house.send(casper, Some(message));
    house.settled().await;
    assert!(is_turned_away(&house.see()));
    // Admitted again, it goes on where it was.
    rooms.admit("discord|guild", "discord|ada").await.unwrap();
    house.send(What::Overheard("casper".to_owned()), None);
    house.settled().await;
    assert!(house.see().starts_with("○ The grid does not answer just now"), "{}", house.see());
}

#[tokio::test(start_paused = true)]
async fn a_restart_and_a_groups_new_id_change_nothing() {
    let mut house = owned().await;
    let line = code(&mut house).await;
    house.in_room(group("-5")).await.now_speaks("carol").say(&line).await;
    let mut house = House::without_grid_but(house.close().await).await;
    house.in_room(group("-5")).await.now_speaks("dave");
    assert!(house.say("/recipes").await.starts_with("This can be deployed here"), "{}", house.see());
    house.app.house.people.rooms().moved(&group("-5"), &group("-1005")).await.unwrap();
    assert!(is_turned_away(&house.say("/recipes").await));
    house.in_room(group("-1005")).await;
    assert!(house.say("/recipes").await.starts_with("This can be deployed here"), "{}", house.see());
    house.in_room(private(PlatformName::Telegram, "dave")).await;
    assert!(house.say("/recipes").await.starts_with("This can be deployed here"), "{}", house.see());
}
