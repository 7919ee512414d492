//! One person and the bot: words, markup, buttons, files.

use super::super::telegram::{Answer, Button, Document, Entity, Followed, Options, Spinner, Unpressed};
use super::{Desk, api, clean, ms};
use teloxide::payloads::{AnswerCallbackQuerySetters, EditMessageTextSetters, SendDocumentSetters, SendMessageSetters};
use teloxide::prelude::*;
use teloxide::types::{
    ChatAction, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, KeyboardButton, KeyboardMarkup,
    LinkPreviewOptions, MessageEntityKind, MessageId, ParseMode, ReplyParameters,
};

fn keys(labels: &[&str]) -> InlineKeyboardMarkup {
    let row = labels.iter().map(|label| InlineKeyboardButton::callback(*label, format!("data of {label}")));
    InlineKeyboardMarkup::new([row.collect::<Vec<_>>()])
}

#[tokio::test]
async fn a_person_starts_the_bot_and_talks() {
    let mut desk = Desk::with(Options::default()).await;
    let me = desk.bot.get_me().await.expect("getMe");
    assert_eq!((me.username(), me.can_read_all_group_messages), ("bellhop_bot", false));
    let ann = desk.fake.user("Ann", Some("pt-BR"));
    let room = desk.fake.private(ann);
    let first = desk.fake.start(ann, Some("casper-1"));
    desk.fake.say(ann, room, " 🚀 /deploy casper @bob ");

    let start = desk.message().await;
    assert_eq!((start.text(), i64::from(start.id.0)), (Some("/start casper-1"), first));
    let from = start.from.as_ref().expect("somebody");
    assert_eq!((from.language_code.as_deref(), from.first_name.as_str()), (Some("pt-BR"), "Ann"));
    assert!(start.chat.is_private() && start.chat.id.0 == room.0);
    let said = desk.message().await;
    let marks: Vec<_> = said.parse_entities().unwrap_or_default().iter().map(|e| e.text().to_owned()).collect();
    assert_eq!((said.text(), marks), (Some("🚀 /deploy casper @bob"), vec!["/deploy".into(), "@bob".into()]));
    desk.quiet().await;

    desk.bot.send_chat_action(said.chat.id, ChatAction::Typing).await.expect("typing");
    let preview = LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    };
    let text =
        "<b>Casper</b> &lt;1&gt; 🚀 <a href=\"https://example.org/a?b=1&amp;c=2\">docs</a>\n<pre>x &amp; y</pre>";
    let send = desk.bot.send_message(said.chat.id, text).parse_mode(ParseMode::Html);
    let sent = send.link_preview_options(preview).reply_parameters(ReplyParameters::new(said.id)).await.expect("sent");
    assert_eq!(sent.reply_to_message().map(|message| message.id), Some(said.id));
    let kinds: Vec<_> = sent.entities().into_iter().flatten().map(|entity| entity.kind.clone()).collect();
    assert_eq!(kinds.last(), Some(&MessageEntityKind::Pre { language: None }));

    let seen = desk.fake.see(ann, room);
    let texts: Vec<_> = seen.iter().map(|shown| (shown.by_bot, shown.text.as_str())).collect();
    assert_eq!(
        texts,
        [(false, "/start casper-1"), (false, "🚀 /deploy casper @bob"), (true, "Casper <1> 🚀 docs\nx & y"),]
    );
    let newest = desk.fake.newest(ann).expect("a message");
    assert_eq!((newest.id, newest.reply_to), (i64::from(sent.id.0), Some(i64::from(said.id.0))));
    assert_eq!((newest.room, newest.topic, newest.edits, newest.document.as_ref()), (room, None, 0, None));
    let link = Entity {
        kind: "text_link".into(),
        offset: 14,
        length: 4,
        url: Some("https://example.org/a?b=1&c=2".into()),
        language: None,
    };
    assert_eq!(newest.entities[1], link);
    assert_eq!(
        newest.entities.iter().map(|entity| newest.part(entity)).collect::<Vec<_>>(),
        ["Casper", "docs", "x & y"]
    );
    assert_eq!(desk.fake.follow(ann, "docs").await, Ok(Followed::Web("https://example.org/a?b=1&c=2".into())));
    clean(&desk.fake);
}

#[tokio::test]
async fn a_button_is_pressed_answered_and_edited_away() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    let chat = desk.message().await.chat.id;
    let sent = desk.bot.send_message(chat, "Which?").reply_markup(keys(&["Yes", "No"])).await.expect("sent");

    let (bot, fake) = (desk.bot.clone(), desk.fake.clone());
    let answers = async {
        let query = desk.query().await;
        assert_eq!(query.data.as_deref(), Some("data of No"));
        assert_eq!(
            query.regular_message().map(|message| (message.id, message.text())),
            Some((sent.id, Some("Which?")))
        );
        bot.answer_callback_query(query.id).text("Noted").show_alert(true).await.expect("answered");
        bot.edit_message_text(chat, sent.id, "Sure?").reply_markup(keys(&["Sure"])).await.expect("edited");
        let query = desk.query().await;
        bot.answer_callback_query(query.id).await.expect("answered");
        bot.edit_message_reply_markup(chat, sent.id).await.expect("edited");
    };
    let presses = async {
        let answer = fake.press(ann, "No").await.expect("answered");
        assert_eq!((answer.text.as_deref(), answer.alert), (Some("Noted"), true));
        let Answer { text, alert, url, took } = fake.press(ann, "Sure").await.expect("answered");
        assert!(text.is_none() && !alert && url.is_none() && took < ms(5000));
        fake.wait_for(ann, |shown| shown.rows.is_empty()).await
    };
    let ((), last) = tokio::join!(answers, presses);
    assert_eq!((last.text.as_str(), last.edits), ("Sure?", 2));
    assert_eq!(desk.fake.late(), []);
    assert_eq!(desk.fake.press_on(ann, &last, "No").await, Err(Unpressed::NoButton(vec![])));
    clean(&desk.fake);
    let requests = desk.fake.requests();
    let answers: Vec<_> = requests.iter().filter(|request| request.method == "answerCallbackQuery").collect();
    let texts: Vec<_> =
        answers.iter().map(|request| request.params.get("text").and_then(|text| text.as_str())).collect();
    assert_eq!(texts, [Some("Noted"), None]);
    assert!(answers[0].at < answers[1].at);
}

#[tokio::test]
async fn a_button_that_nobody_answers_in_time_keeps_turning() {
    let options = Options { query_life: ms(30), slow: ms(0), patience: ms(60), limits: false, ..Options::default() };
    let mut desk = Desk::with(options).await;
    let ann = desk.fake.user("Ann", None);
    desk.fake.start(ann, None);
    let chat = desk.message().await.chat.id;
    let sent = desk.bot.send_message(chat, "Which?").reply_markup(keys(&["Old"])).await.expect("sent");
    let before = desk.fake.newest(ann).expect("shown");

    assert_eq!(desk.fake.press(ann, "Old").await, Err(Unpressed::Spinner));
    let stale = desk.query().await;
    let error = desk.bot.answer_callback_query(stale.id).await.expect_err("too old");
    assert!(error.to_string().contains("query is too old and response timeout expired"), "{error}");
    match &desk.fake.unanswered()[..] {
        [Spinner { person, label, age }] => assert!(*person == ann && label == "Old" && *age >= ms(60)),
        other => panic!("{other:?}"),
    }

    // An outdated client still shows the button, though the message is gone.
    desk.bot.delete_message(chat, sent.id).await.expect("deleted");
    assert_eq!(desk.fake.press(ann, "Old").await, Err(Unpressed::NoButton(vec![])));
    let bot = desk.bot.clone();
    let fake = desk.fake.clone();
    let (pressed, query) = tokio::join!(fake.press_on(ann, &before, "Old"), async {
        let query = desk.query().await;
        bot.answer_callback_query(query.id.clone()).await.expect("answered");
        query
    });
    assert!(pressed.is_ok() && query.regular_message().is_none() && query.message.is_some());
    assert_eq!(desk.fake.late().len(), 1, "slower than nothing");
    assert_eq!(desk.fake.violations(), [""; 0]);

    desk.bot.answer_callback_query(query.id).await.expect_err("once");
    desk.bot.answer_callback_query("nonsense".to_owned().into()).await.expect_err("no such");
    assert_eq!(desk.fake.violations().len(), 2, "{:?}", desk.fake.violations());
}

#[tokio::test]
async fn links_lead_back_to_the_bot() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let group = desk.fake.group("Crew", &[ann]);
    let url = |text: &str| text.parse().expect("a URL");
    let rows = InlineKeyboardMarkup::new([[
        InlineKeyboardButton::url("In private", url("https://t.me/bellhop_bot?start=secret_1")),
        InlineKeyboardButton::url("Just open", url("https://t.me/Bellhop_bot?start=")),
        InlineKeyboardButton::url("Elsewhere", url("https://t.me/other_bot?start=1")),
    ]]);
    desk.bot.send_message(ChatId(group.0), "Go").reply_markup(rows).await.expect("sent");
    assert_eq!(desk.fake.follow(ann, "In private").await, Ok(Followed::Started(Some("secret_1".into()))));
    assert_eq!(desk.fake.follow(ann, "Just open").await, Ok(Followed::Started(None)));
    let elsewhere = desk.fake.follow(ann, "Elsewhere").await;
    assert_eq!(elsewhere, Ok(Followed::Web("https://t.me/other_bot?start=1".into())));
    assert!(matches!(desk.next().await.kind, teloxide::types::UpdateKind::MyChatMember(_)));
    assert!(desk.message().await.new_chat_members().is_some());
    assert_eq!(desk.message().await.text(), Some("/start secret_1"));
    assert_eq!(desk.message().await.text(), Some("/start"));
    clean(&desk.fake);

    let here = desk.bot.send_message(ChatId(group.0), "Go").reply_markup(keys(&["Tell me alone"]));
    here.await.expect("sent");
    let (bot, fake) = (desk.bot.clone(), desk.fake.clone());
    let (pressed, ()) = tokio::join!(fake.press(ann, "Tell me alone"), async {
        let query = desk.query().await;
        let link = |text: &str| bot.answer_callback_query(query.id.clone()).url(url(text));
        assert!(link("https://example.org/").await.is_err(), "only to the bot");
        link("https://t.me/bellhop_bot?start=alone").await.expect("answered");
    });
    assert_eq!(pressed.expect("answered").url.as_deref(), Some("https://t.me/bellhop_bot?start=alone"));
    assert_eq!(desk.message().await.text(), Some("/start alone"));
    assert_eq!(desk.fake.violations(), ["answerCallbackQuery: URL_INVALID"]);

    let bad = InlineKeyboardButton::url("Bad", url("https://t.me/bellhop_bot?start=a%20b"));
    desk.bot.send_message(ChatId(group.0), "Go").reply_markup(InlineKeyboardMarkup::new([[bad]])).await.expect("sent");
    assert!(desk.fake.violations()[1].contains("1 to 64 of A-Z"), "{:?}", desk.fake.violations());
}

#[tokio::test]
async fn questions_open_an_answer_and_files_arrive() {
    let mut desk = Desk::free().await;
    let ann = desk.fake.user("Ann", None);
    let room = desk.fake.private(ann);
    desk.fake.start(ann, None);
    let chat = desk.message().await.chat.id;
    let ask = ForceReply::new().input_field_placeholder(Some("a name".into()));
    desk.bot.send_message(chat, "Name?").reply_markup(ask).await.expect("sent");
    let asked = desk.fake.wait_for(ann, |shown| shown.force_reply).await;
    let answer = desk.fake.reply(ann, &asked, "my-node");
    let heard = desk.message().await;
    assert_eq!(heard.reply_to_message().map(|first| i64::from(first.id.0)), Some(asked.id));
    desk.fake.edit(ann, room, answer, "my-node-2");
    match desk.next().await.kind {
        teloxide::types::UpdateKind::EditedMessage(edited) => assert_eq!(edited.text(), Some("my-node-2")),
        other => panic!("{other:?}"),
    }
    let asked = MessageId(i32::try_from(asked.id).expect("small"));
    let error = api(desk.bot.edit_message_text(chat, asked, "Never mind").await);
    assert_eq!(error, teloxide::ApiError::MessageCantBeEdited, "a forced reply stays");
    let keyboard = KeyboardMarkup::new([[KeyboardButton::new("Below")]]);
    let below = desk.bot.send_message(chat, "Keyboard").reply_markup(keyboard).await.expect("sent");
    desk.bot.edit_message_text(chat, below.id, "x").await.expect_err("so does a keyboard");

    let file = InputFile::memory("peer: 1\n").file_name("node.yaml");
    let send = desk.bot.send_document(chat, file).caption("<b>Yours</b>").parse_mode(ParseMode::Html);
    let sent =
        send.reply_markup(keys(&["Thanks"])).reply_parameters(ReplyParameters::new(heard.id)).await.expect("sent");
    assert_eq!(sent.document().and_then(|file| file.file_name.as_deref()), Some("node.yaml"));
    let shown = desk.fake.newest(ann).expect("shown");
    let Some(Document { name, bytes, .. }) = &shown.document else { panic!("no file") };
    assert_eq!((name.as_str(), &bytes[..], shown.text.as_str()), ("node.yaml", &b"peer: 1\n"[..], "Yours"));
    assert_eq!((shown.entities[0].kind.as_str(), shown.labels().collect::<Vec<_>>()), ("bold", vec!["Thanks"]));
    desk.bot.edit_message_text(chat, sent.id, "x").await.expect_err("a file is no text");
    let thanks = Button { label: "Thanks".into(), data: Some("data of Thanks".into()), url: None };
    assert_eq!(shown.rows, [[thanks]]);
    desk.bot.delete_message(chat, heard.id).await.expect("a bot deletes anything in a private chat");
    assert!(desk.fake.see(ann, room).iter().all(|shown| shown.id != answer));
    desk.fake.remove(room, shown.id);
    assert_ne!(desk.fake.newest(ann).map(|newest| newest.id), Some(shown.id));
    clean(&desk.fake);
}
