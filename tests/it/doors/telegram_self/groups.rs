//! Groups: what the bot hears there, who is who, topics.

use super::super::telegram::{BOT_ID, Options, Spot, Standing, Topic};
use super::{Desk, api, clean};
use teloxide::ApiError;
use teloxide::payloads::{CreateForumTopicSetters, SendMessageSetters};
use teloxide::prelude::*;
use teloxide::types::{AllowedUpdate, ChatMemberStatus, MessageId, Rgb, ThreadId, UpdateKind, UserId};

/// Sees the bot come into a group: a change of its standing, and a message about it.
async fn welcomed(desk: &mut Desk) {
    assert!(matches!(desk.next().await.kind, UpdateKind::MyChatMember(_)));
    assert!(desk.message().await.new_chat_members().is_some());
}

#[tokio::test]
async fn in_a_group_the_bot_hears_what_is_meant_for_it() {
    let mut desk = Desk::free().await;
    let (ann, ben) = (desk.fake.user("Ann", None), desk.fake.user("Ben", None));
    let group = desk.fake.group("Crew", &[ann, ben]);
    welcomed(&mut desk).await;
    for words in ["hello", "/list@other_bot", "so /list", "/list", "/list@bellhop_bot now"] {
        desk.fake.say(ben, group, words);
    }
    let heard = desk.message().await;
    assert_eq!(heard.text(), Some("/list"));
    assert_eq!(desk.message().await.text(), Some("/list@bellhop_bot now"));
    desk.bot.send_message(heard.chat.id, "Here").await.expect("sent");
    let shown = desk.fake.newest(ann).expect("shown");
    desk.fake.reply(ann, &shown, "thanks");
    assert_eq!(desk.message().await.text(), Some("thanks"));
    desk.fake.say_as_group(group, "/who");
    let anonymous = desk.message().await;
    assert_eq!(anonymous.from.as_ref().and_then(|from| from.username.as_deref()), Some("GroupAnonymousBot"));
    assert_eq!(anonymous.sender_chat.as_ref().map(|chat| chat.id), Some(anonymous.chat.id));
    desk.quiet().await;

    desk.fake.seat(group, Standing::Admin);
    match desk.next().await.kind {
        UpdateKind::MyChatMember(change) => {
            assert!(change.old_chat_member.is_member() && change.new_chat_member.is_administrator());
            assert_eq!(change.from.id, UserId(u64::try_from(ann.0).expect("positive")));
        }
        other => panic!("{other:?}"),
    }
    desk.fake.say(ben, group, "an administrator hears all");
    assert!(desk.message().await.text().is_some());
    desk.fake.seat(group, Standing::Member);
    desk.next().await;
    desk.fake.privacy(false);
    desk.fake.say(ben, group, "without privacy too");
    assert!(desk.message().await.text().is_some());
    assert!(desk.bot.get_me().await.expect("getMe").can_read_all_group_messages);
    clean(&desk.fake);
}

#[tokio::test]
async fn people_come_go_and_rule() {
    let mut desk = Desk::free().await;
    let (ann, ben) = (desk.fake.user("Ann", None), desk.fake.user("Ben", None));
    let group = desk.fake.supergroup("Crew", &[ann]);
    welcomed(&mut desk).await;
    let chat = ChatId(group.0);
    desk.fake.promote(group, ben, Standing::Member);
    assert_eq!(desk.message().await.new_chat_members().map(|new| new[0].first_name.as_str()), Some("Ben"));
    let id = |number: i64| UserId(u64::try_from(number).expect("positive"));
    let status = async |bot: &Bot, who| bot.get_chat_member(chat, id(who)).await.expect("a member").status();
    assert_eq!(status(&desk.bot, ann.0).await, ChatMemberStatus::Owner);
    assert_eq!(status(&desk.bot, ben.0).await, ChatMemberStatus::Member);
    assert_eq!(desk.bot.get_chat_member_count(chat).await.expect("a count"), 3);
    desk.fake.promote(group, ben, Standing::Muted);
    assert_eq!(status(&desk.bot, ben.0).await, ChatMemberStatus::Restricted);
    desk.fake.promote(group, ben, Standing::Admin);
    desk.fake.seat(group, Standing::Admin);
    assert_eq!(status(&desk.bot, BOT_ID).await, ChatMemberStatus::Administrator);
    let rulers = desk.bot.get_chat_administrators(chat).await.expect("administrators");
    assert_eq!(rulers.len(), 3);
    let full = desk.bot.get_chat(chat).await.expect("a chat");
    assert_eq!((full.title(), full.is_supergroup()), (Some("Crew"), true));
    desk.next().await;
    desk.fake.promote(group, ben, Standing::Kicked);
    assert!(desk.message().await.left_chat_member().is_some(), "chat_member was not asked for");
    let kinds = [AllowedUpdate::ChatMember];
    desk.bot.get_updates().offset(desk.offset).timeout(0).allowed_updates(kinds).await.expect("updates");
    desk.fake.promote(group, ben, Standing::Member);
    let told = desk.bot.get_updates().offset(desk.offset).timeout(5).await.expect("updates");
    match &told[..] {
        [update] => {
            assert!(matches!(&update.kind, UpdateKind::ChatMember(change) if change.old_chat_member.is_banned()))
        }
        other => panic!("the last list of kinds stays: {other:?}"),
    }
    assert_eq!(api(desk.bot.get_chat_member(chat, UserId(5)).await), ApiError::UserNotFound);
    desk.bot.leave_chat(ChatId(ann.0)).await.expect_err("not open");
    desk.fake.start(ann, None);
    desk.bot.leave_chat(ChatId(ann.0)).await.expect_err("a private chat");
    desk.bot.get_chat_administrators(ChatId(ann.0)).await.expect_err("a private chat");
    assert!(desk.bot.get_chat(ChatId(ann.0)).await.expect("a chat").is_private());
    clean(&desk.fake);
}

#[tokio::test]
async fn a_group_becomes_a_supergroup() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let group = desk.fake.group("Crew", &[ann]);
    welcomed(&mut desk).await;
    let new = desk.fake.upgrade(group);
    let (to, from) = (desk.message().await, desk.message().await);
    assert_eq!((to.chat.id.0, to.migrate_to_chat_id().map(|id| id.0)), (group.0, Some(new.0)));
    assert_eq!((from.chat.id.0, from.migrate_from_chat_id().map(|id| id.0)), (new.0, Some(group.0)));
    clean(&desk.fake);
}

#[tokio::test]
async fn topics_keep_talk_apart() {
    let mut desk = Desk::with(Options { limits: false, privacy: false, ..Options::default() }).await;
    let ann = desk.fake.user("Ann", None);
    let forum = desk.fake.forum("Forum", &[ann]);
    welcomed(&mut desk).await;
    let chat = ChatId(forum.0);
    let topic: Topic = desk.fake.topic(ann, forum, "Nodes");
    assert!(desk.message().await.forum_topic_created().is_some());
    desk.fake.say(ann, (forum, topic), "/list");
    let heard = desk.message().await;
    assert_eq!((heard.thread_id.map(|id| i64::from(id.0.0)), heard.is_topic_message), (Some(topic.0), true));
    let thread = heard.thread_id.expect("a topic");
    desk.bot.send_message(chat, "In the topic").message_thread_id(thread).await.expect("sent");
    desk.bot.send_message(chat, "In General").await.expect("sent");
    let texts = |spot: Spot| desk.fake.see(ann, spot).into_iter().map(|shown| shown.text).collect::<Vec<_>>();
    assert_eq!(texts((forum, topic).into()), ["/list", "In the topic"]);
    assert_eq!(texts(forum.into()), ["/list", "In the topic", "In General"]);
    let shown = desk.fake.wait_for(ann, |shown| shown.topic == Some(topic)).await;
    desk.fake.reply(ann, &shown, "ok");
    assert!(desk.message().await.is_topic_message, "an answer lands where the question is");

    let create = |name: &str| desk.bot.create_forum_topic(chat, name.to_owned()).icon_color(Rgb::from_u32(0x6F_B9_F0));
    assert!(create("Mine").await.is_err(), "only an administrator");
    desk.fake.seat(forum, Standing::Admin);
    let mine = create("Mine").await.expect("a topic").thread_id;
    assert!(create("").await.is_err());
    desk.bot.edit_forum_topic(chat, mine).await.expect("edited");
    desk.bot.close_forum_topic(chat, mine).await.expect("closed");
    assert!(desk.bot.close_forum_topic(chat, mine).await.is_err(), "once");
    desk.bot.send_message(chat, "x").message_thread_id(mine).await.expect("administrators may");
    desk.fake.seat(forum, Standing::Member);
    assert!(desk.bot.send_message(chat, "x").message_thread_id(mine).await.is_err(), "closed");
    assert!(desk.bot.reopen_forum_topic(chat, mine).await.is_err(), "no administrator");
    desk.fake.seat(forum, Standing::Admin);
    desk.bot.reopen_forum_topic(chat, mine).await.expect("open");
    desk.bot.delete_forum_topic(chat, mine).await.expect("deleted");
    assert!(desk.bot.delete_forum_topic(chat, mine).await.is_err(), "gone");
    assert!(
        desk.bot.send_message(chat, "x").message_thread_id(ThreadId(MessageId(1))).await.is_err(),
        "General has no number"
    );
    let named = desk.fake.violations();
    assert_eq!(named, ["createForumTopic: TOPIC_NAME_INVALID"]);
}

#[tokio::test]
async fn an_answer_in_a_plain_supergroup_has_a_thread_number_that_is_no_topic() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let room = desk.fake.supergroup("Crew", &[ann]);
    welcomed(&mut desk).await;
    let sent = desk.bot.send_message(ChatId(room.0), "Here").await.expect("sent");
    let shown = desk.fake.newest(ann).expect("shown");
    desk.fake.reply(ann, &shown, "thanks");
    let heard = desk.message().await;
    assert_eq!((heard.thread_id.map(|id| id.0), heard.is_topic_message), (Some(sent.id), false));
    let back = desk.bot.send_message(heard.chat.id, "x").message_thread_id(heard.thread_id.expect("a number"));
    assert!(back.await.is_err());
    assert!(desk.bot.create_forum_topic(heard.chat.id, "x").await.is_err(), "no forum");
    assert_eq!(api(desk.bot.delete_message(heard.chat.id, heard.id).await), ApiError::MessageCantBeDeleted);
    clean(&desk.fake);
}

#[tokio::test]
async fn a_channel_has_posts_without_people() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let channel = desk.fake.channel("News", &[ann]);
    assert!(matches!(desk.next().await.kind, UpdateKind::MyChatMember(_)));
    let id = desk.fake.say(ann, channel, "hear");
    match desk.next().await.kind {
        UpdateKind::ChannelPost(post) => assert!(post.from.is_none() && post.sender_chat.is_some()),
        other => panic!("{other:?}"),
    }
    desk.fake.edit(ann, channel, id, "hear, hear");
    desk.quiet().await;
    clean(&desk.fake);
}
