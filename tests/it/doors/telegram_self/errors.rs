//! What goes wrong arrives as the client library's typed errors, or with Telegram's own words where it has no type.

use super::super::telegram::{Options, Room, Standing, TOKEN};
use super::{Desk, api, described, ms};
use serde_json::{Value, json};
use teloxide::payloads::{AnswerCallbackQuerySetters, SendDocumentSetters, SendMessageSetters};
use teloxide::prelude::*;
use teloxide::types::{
    InlineKeyboardButton, InlineKeyboardMarkup, InputFile, MessageEntity, MessageId, ParseMode, ReplyParameters,
    ThreadId,
};
use teloxide::{ApiError, RequestError};

fn unknown(text: &str) -> ApiError {
    ApiError::Unknown(text.into())
}

#[tokio::test]
async fn what_may_not_be_said_is_refused() {
    let desk = Desk::free().await;
    let bot = &desk.bot;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    let chat = ChatId(ann.0);
    let sent = bot.send_message(chat, "x").await.expect("sent");
    let long = "🚀".repeat(2049);
    let html = |text: &str| bot.send_message(chat, text.to_owned()).parse_mode(ParseMode::Html);

    bot.send_message(chat, &long[4..]).await.expect("4096 units");
    html(&format!("<b>{}</b>", &long[4..])).await.expect("markup is not counted");
    assert_eq!(api(bot.send_message(chat, &long).await), ApiError::MessageIsTooLong);
    assert_eq!(api(bot.edit_message_text(chat, sent.id, &long).await), ApiError::EditedMessageIsTooLong);
    assert_eq!(api(bot.send_message(chat, " \n ").await), ApiError::MessageTextIsEmpty);
    let error = api(html("<b>x").await);
    let text = "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"";
    assert_eq!(error, ApiError::CantParseEntities(text.into()));
    assert!(bot.send_message(chat, "x").parse_mode(ParseMode::MarkdownV2).await.is_err());
    let many = bot.send_message(chat, "x").entities((0..101).map(|_| MessageEntity::bold(0, 1)).collect::<Vec<_>>());
    assert_eq!(many.await.expect("the rest is dropped").entities().map(<[_]>::len), Some(100));

    let button = |data: &str| InlineKeyboardMarkup::new([[InlineKeyboardButton::callback("b", data)]]);
    let with = |markup| bot.send_message(chat, "x").reply_markup(markup);
    with(button(&"a".repeat(64))).await.expect("64 bytes");
    assert_eq!(api(with(button(&"a".repeat(65))).await), ApiError::ButtonDataInvalid);
    assert_eq!(api(with(button("")).await), ApiError::ButtonDataInvalid);
    let hundred = InlineKeyboardMarkup::new(vec![vec![InlineKeyboardButton::callback("b", "d"); 8]; 13]);
    assert_eq!(api(with(hundred).await), unknown("Bad Request: reply markup is too long"));
    let blank = InlineKeyboardMarkup::new([[InlineKeyboardButton::callback(" ", "d")]]);
    assert_eq!(api(with(blank).await), unknown("Bad Request: BUTTON_TEXT_INVALID"));
    let ftp = InlineKeyboardButton::url("b", "ftp://example.org".parse().expect("a URL"));
    assert_eq!(api(with(InlineKeyboardMarkup::new([[ftp]])).await), ApiError::ButtonUrlInvalid);

    let caption = bot.send_document(chat, InputFile::memory("x")).caption("c".repeat(1025));
    assert_eq!(api(caption.await), unknown("Bad Request: message caption is too long"));
    let empty = bot.send_document(chat, InputFile::memory(""));
    assert_eq!(api(empty.await), unknown("Bad Request: file must be non-empty"));
    let alert = bot.answer_callback_query("1".to_owned().into()).text("t".repeat(201));
    assert_eq!(api(alert.await), ApiError::EditedMessageIsTooLong);
    let violations = desk.fake.violations();
    assert_eq!(violations.len(), 14, "each is held against the bot: {violations:#?}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_costs_nothing() {
    let desk = Desk::free().await;
    let bot = &desk.bot;
    let ann = desk.fake.user("Ann", None);
    let chat = ChatId(ann.0);
    let no = MessageId(999_999);
    assert_eq!(
        api(bot.send_message(chat, "x").await),
        unknown("Forbidden: bot can't initiate conversation with a user"),
        "the client library waits for another text"
    );
    assert_eq!(api(bot.send_message(ChatId(42), "x").await), ApiError::ChatNotFound);
    let heard = desk.fake.start(ann, None);
    let heard = MessageId(i32::try_from(heard).expect("small"));
    let sent = bot.send_message(chat, "x").await.expect("sent");
    assert_eq!(api(bot.edit_message_text(chat, sent.id, "x").await), ApiError::MessageNotModified);
    assert_eq!(api(bot.edit_message_reply_markup(chat, sent.id).await), ApiError::MessageNotModified);
    assert_eq!(api(bot.edit_message_text(chat, no, "y").await), ApiError::MessageToEditNotFound);
    assert_eq!(api(bot.edit_message_text(chat, heard, "y").await), ApiError::MessageCantBeEdited);
    assert_eq!(api(bot.delete_message(chat, no).await), ApiError::MessageToDeleteNotFound);
    let reply = |reply| bot.send_message(chat, "x").reply_parameters(reply);
    assert_eq!(api(reply(ReplyParameters::new(no)).await), ApiError::MessageToReplyNotFound);
    let lax = reply(ReplyParameters::new(no).allow_sending_without_reply()).await.expect("sent");
    assert!(lax.reply_to_message().is_none());
    let thread = bot.send_message(chat, "x").message_thread_id(ThreadId(no));
    assert_eq!(api(thread.await), unknown("Bad Request: message thread not found"));
    assert_eq!(desk.fake.counters().unmodified, 2);
    desk.fake.block(ann);
    assert_eq!(api(bot.send_message(chat, "x").await), ApiError::BotBlocked);
    desk.fake.unblock(ann);
    bot.send_message(chat, "x").await.expect("sent");
    assert_eq!(desk.fake.violations(), [""; 0]);

    let stranger = Bot::new("1:nobody").set_api_url(desk.fake.url());
    assert_eq!(api(stranger.get_me().await), ApiError::InvalidToken);
    let noise = Bot::new("noise").set_api_url(desk.fake.url());
    assert_eq!(api(noise.get_me().await), ApiError::InvalidToken);
}

#[tokio::test]
async fn groups_throw_out_mute_and_move() {
    let desk = Desk::free().await;
    let bot = &desk.bot;
    let ann = desk.fake.user("Ann", None);
    let (group, supergroup) = (desk.fake.group("Crew", &[ann]), desk.fake.supergroup("Big crew", &[ann]));
    let channel = desk.fake.channel("News", &[ann]);
    let send = |room: Room| bot.send_message(ChatId(room.0), "x");
    for room in [group, supergroup, channel] {
        send(room).await.expect("sent");
    }
    desk.fake.seat(group, Standing::Muted);
    assert_eq!(api(send(group).await), unknown("Bad Request: not enough rights to send text messages to the chat"));
    desk.fake.kick(group);
    desk.fake.kick(supergroup);
    assert_eq!(
        api(send(group).await),
        unknown("Forbidden: bot was kicked from the group chat"),
        "the client library waits for another text"
    );
    assert_eq!(api(send(supergroup).await), ApiError::BotKickedFromSupergroup);
    desk.fake.seat(channel, Standing::Member);
    assert_eq!(api(send(channel).await), ApiError::NotEnoughRightsToPostMessages);
    desk.fake.seat(supergroup, Standing::Member);
    bot.leave_chat(ChatId(supergroup.0)).await.expect("left");
    assert_eq!(api(send(supergroup).await), unknown("Forbidden: bot is not a member of the supergroup chat"));

    let other = desk.fake.group("Other", &[ann]);
    let new = desk.fake.upgrade(other);
    assert!(matches!(send(other).await, Err(RequestError::MigrateToChatId(ChatId(to))) if to == new.0));
    send(new).await.expect("sent");
    assert_eq!(desk.fake.newest(ann).map(|shown| shown.room), Some(new));
    assert_eq!(desk.fake.violations(), [""; 0]);
}

#[tokio::test]
async fn too_much_is_refused_with_a_time_to_wait() {
    let desk = Desk::with(Options::default()).await;
    let bot = &desk.bot;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    let chat = ChatId(ann.0);
    for _ in 0..3 {
        bot.send_message(chat, "x").await.expect("a short burst");
    }
    match bot.send_message(chat, "x").await {
        Err(RequestError::RetryAfter(seconds)) => assert_eq!(seconds.seconds(), 3),
        other => panic!("{other:?}"),
    }
    assert_eq!((desk.fake.limited(), desk.fake.violations()), (1, vec![]));
    assert_eq!(desk.fake.requests().last().map(|request| request.code), Some(429));

    let ben = desk.fake.user("Ben", None);
    desk.fake.start(ben, None);
    desk.fake.refuse("sendMessage", Some(desk.fake.private(ben)), 1, 1);
    assert!(matches!(bot.send_message(ChatId(ben.0), "x").await, Err(RequestError::RetryAfter(_))));
    tokio::time::sleep(ms(400)).await;
    assert!(matches!(bot.send_message(ChatId(ben.0), "x").await, Err(RequestError::RetryAfter(_))));
    let violations = desk.fake.violations();
    assert!(violations.len() == 1 && violations[0].contains("before retry_after had passed"), "{violations:?}");
    tokio::time::sleep(ms(700)).await;
    bot.send_message(ChatId(ben.0), "x").await.expect("waited");
    assert_eq!(desk.fake.limited(), 3);
}

#[tokio::test]
async fn a_lost_answer_leaves_what_was_done() {
    let desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    desk.fake.lose("sendMessage", 1);
    let lost = desk.bot.send_message(ChatId(ann.0), "once").await;
    assert!(matches!(lost, Err(RequestError::Network(_))), "{lost:?}");
    assert_eq!(desk.fake.newest(ann).map(|shown| shown.text), Some("once".into()));
    desk.bot.send_message(ChatId(ann.0), "twice").await.expect("sent");
    assert_eq!(desk.fake.violations(), [""; 0]);
}

/// A request of our own making.
async fn post(desk: &Desk, method: &str, kind: &str, body: String) -> (u16, Value) {
    let url = desk.fake.url().join(&format!("/bot{TOKEN}/{method}")).expect("a URL");
    let answer = reqwest::Client::new().post(url).header("content-type", kind).body(body).send().await.expect("sent");
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON"))
}

#[tokio::test]
async fn a_body_is_taken_in_any_form_and_a_wrong_one_is_held_against_the_bot() {
    let desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let markup = "reply_markup=%7B%22inline_keyboard%22%3A%5B%5B%7B%22text%22%3A%22b%22%2C%22callback_data%22%3A%22d%22%7D%5D%5D%7D";
    let (code, answer) = post(&desk, "SENDMESSAGE", form, format!("chat_id={}&text=a+b&{markup}", ann.0)).await;
    assert_eq!((code, &answer["ok"], &answer["result"]["text"]), (200, &json!(true), &json!("a b")));
    let url = format!("{}bot{TOKEN}/sendmessage?chat_id={}&text=get", desk.fake.url(), ann.0);
    assert!(reqwest::get(url).await.expect("sent").status().is_success());
    let boundary = "--b\r\ncontent-disposition: form-data; name=\"chat_id\"\r\n\r\n";
    let file = "--b\r\ncontent-disposition: form-data; name=\"document\"; filename=\"f\"\r\n\r\nbytes\r\n--b--\r\n";
    let body = format!("{boundary}{}\r\n{file}", ann.0);
    let (code, answer) = post(&desk, "sendDocument", "multipart/form-data; boundary=b", body).await;
    assert_eq!((code, &answer["result"]["document"]["file_name"]), (200, &json!("f")));
    assert_eq!(desk.fake.violations(), [""; 0]);

    let missing = post(&desk, "sendDocument", json, json!({"chat_id": ann.0, "document": "x"}).to_string()).await;
    assert_eq!(missing.0, 400);
    let (code, answer) = post(&desk, "danceForMe", json, String::new()).await;
    assert_eq!((code, answer), (404, json!({"ok": false, "error_code": 404, "description": "Not Found"})));
    assert_eq!(post(&desk, "sendMessage", json, "{".into()).await.0, 400);
    assert_eq!(post(&desk, "sendMessage", "multipart/form-data; boundary=b", "x".into()).await.0, 400);
    let editing = json!({"chat_id": ann.0, "message_id": 2, "text": "y", "reply_markup": {"force_reply": true}});
    let (_, answer) = post(&desk, "editMessageText", json, editing.to_string()).await;
    assert_eq!(answer["description"], "Bad Request: inline keyboard expected");
    for wrong in [json!("nothing"), json!({"inline_keyboard": 1}), json!({"inline_keyboard": [[{"text": "b"}]]})] {
        let body = json!({"chat_id": ann.0, "text": "y", "reply_markup": wrong});
        assert_eq!(post(&desk, "sendMessage", json, body.to_string()).await.0, 400, "{body}");
    }
    let long = json!({"force_reply": true, "input_field_placeholder": "p".repeat(65)});
    let body = json!({"chat_id": ann.0, "text": "y", "reply_markup": long});
    assert_eq!(post(&desk, "sendMessage", json, body.to_string()).await.0, 400);
    let own = desk.fake.violations().len();
    assert!(own >= 9, "{:#?}", desk.fake.violations());

    let body = json!({"chat_id": ann.0, "text": "y", "colour": "red", "disable_notification": "yes"});
    assert_eq!(post(&desk, "sendMessage", json, body.to_string()).await.0, 200, "Telegram does not mind");
    if described() {
        let wrong = "sendMessage.disable_notification: Boolean expected, not \"yes\"";
        assert_eq!(desk.fake.violations()[own..], [wrong, "sendMessage: nothing is called colour"]);
        post(&desk, "sendDice", json, String::new()).await;
        assert_eq!(desk.fake.violations().last().map(String::as_str), Some("the fake has no sendDice"));
    }
}
