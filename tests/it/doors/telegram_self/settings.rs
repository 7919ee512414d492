//! What a bot sets once: menus, descriptions, rights.

use super::{Desk, clean};
use teloxide::payloads::{
    DeleteMyCommandsSetters, GetMyCommandsSetters, GetMyDescriptionSetters, SetMyCommandsSetters,
    SetMyDefaultAdministratorRightsSetters, SetMyDescriptionSetters, SetMyNameSetters, SetMyShortDescriptionSetters,
};
use teloxide::prelude::*;
use teloxide::types::{BotCommand, BotCommandScope, Recipient};

fn menu(words: &[(&str, &str)]) -> Vec<BotCommand> {
    words.iter().map(|(name, text)| BotCommand::new(*name, *text)).collect()
}

#[tokio::test]
async fn people_see_the_menu_of_their_chat_and_language() {
    let desk = Desk::free().await;
    let bot = &desk.bot;
    let (ann, ben) = (desk.fake.user("Ann", Some("de-AT")), desk.fake.user("Ben", None));
    let (home, group) = (desk.fake.private(ann), desk.fake.supergroup("Crew", &[ann, ben]));
    let chat = Recipient::Id(ChatId(group.0));
    assert_eq!(desk.fake.menu(ann, home), []);
    let set = async |words: &str, scope: Option<BotCommandScope>, language: &str| {
        let mut request = bot.set_my_commands(menu(&[("help", words)]));
        request = if let Some(scope) = scope { request.scope(scope) } else { request };
        let request = if language.is_empty() { request } else { request.language_code(language) };
        request.await.expect("set");
    };
    let sees = |who, room| desk.fake.menu(who, room).first().map(|(_, words)| words.clone()).unwrap_or_default();
    set("default", None, "").await;
    assert_eq!((sees(ann, home), sees(ben, group)), ("default".into(), "default".into()));
    set("german", None, "de").await;
    set("private", Some(BotCommandScope::AllPrivateChats), "").await;
    set("groups", Some(BotCommandScope::AllGroupChats), "").await;
    assert_eq!((sees(ann, home), sees(ben, group)), ("private".into(), "groups".into()));
    set("rulers", Some(BotCommandScope::AllChatAdministrators), "").await;
    set("here", Some(BotCommandScope::Chat { chat_id: chat.clone() }), "").await;
    assert_eq!((sees(ann, group), sees(ben, group)), ("here".into(), "here".into()));
    set("rulers here", Some(BotCommandScope::ChatAdministrators { chat_id: chat.clone() }), "").await;
    assert_eq!((sees(ann, group), sees(ben, group)), ("rulers here".into(), "here".into()));
    bot.delete_my_commands().scope(BotCommandScope::AllPrivateChats).await.expect("deleted");
    assert_eq!(sees(ann, home), "german");
    let stored = bot.get_my_commands().language_code("de").await.expect("commands");
    assert_eq!(stored, menu(&[("help", "german")]));
    let none = bot.get_my_commands().scope(BotCommandScope::AllPrivateChats).await.expect("commands");
    assert_eq!(none, []);
    clean(&desk.fake);

    let bad = [menu(&[("Help", "x")]), menu(&[("help", "")]), menu(&[("x", "y"); 101]), menu(&[("", "x")])];
    for commands in bad {
        assert!(bot.set_my_commands(commands).await.is_err());
    }
    assert!(bot.set_my_commands(menu(&[("x", "y")])).language_code("deu").await.is_err());
    let nowhere = BotCommandScope::Chat { chat_id: Recipient::Id(ChatId(-5)) };
    assert!(bot.set_my_commands(menu(&[("x", "y")])).scope(nowhere).await.is_err());
    assert_eq!(desk.fake.violations().len(), 5);
}

#[tokio::test]
async fn texts_and_rights_are_kept() {
    let desk = Desk::free().await;
    let bot = &desk.bot;
    bot.set_my_description().description("Deploys nodes").await.expect("set");
    bot.set_my_description().description("Stellt Knoten auf").language_code("de").await.expect("set");
    let german = bot.get_my_description().language_code("de").await.expect("text");
    assert_eq!(german.description, "Stellt Knoten auf");
    let french = bot.get_my_description().language_code("fr").await.expect("text");
    assert_eq!(french.description, "Deploys nodes", "the one without a language stands in");
    bot.set_my_short_description().short_description("Nodes").await.expect("set");
    assert_eq!(bot.get_my_short_description().await.expect("text").short_description, "Nodes");
    bot.set_my_name().name("Bell").await.expect("set");
    assert_eq!(bot.get_my_name().await.expect("text").name, "Bell");
    let rights = bot.get_my_default_administrator_rights().await.expect("rights");
    assert!(!rights.can_delete_messages);
    let wanted = teloxide::types::ChatAdministratorRights { can_delete_messages: true, ..rights };
    bot.set_my_default_administrator_rights().rights(wanted.clone()).await.expect("set");
    let kept = bot.get_my_default_administrator_rights().await.expect("rights");
    assert_eq!(kept, wanted);
    clean(&desk.fake);
    assert!(bot.set_my_short_description().short_description("x".repeat(121)).await.is_err());
    assert_eq!(desk.fake.violations().len(), 1);
}
