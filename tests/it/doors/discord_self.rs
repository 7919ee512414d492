//! The fake itself, tried with the real serenity, and where serenity is too well behaved, by hand.

use super::discord::model::{File, Id, bits};
use super::discord::people::{First, Snag};
use super::discord::{Discord, Options};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use serenity::all::{
    ButtonStyle, Client, Command, CommandOptionType, Context, CreateActionRow, CreateAllowedMentions, CreateAttachment,
    CreateAutocompleteResponse, CreateButton, CreateCommand, CreateCommandOption, CreateInputText,
    CreateInteractionResponse, CreateInteractionResponseFollowup, CreateInteractionResponseMessage, CreateMessage,
    CreateModal, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, CreateThread, EditAttachments,
    EditInteractionResponse, EditMessage, EventHandler, GatewayIntents, Http, HttpBuilder, InputTextStyle, Interaction,
    Nonce, ReactionType, Ready, ShardManager,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;

// A bot of the real serenity's.

struct Bot {
    http: Arc<Http>,
    shards: Arc<ShardManager>,
    asks: mpsc::UnboundedReceiver<Interaction>,
    said: mpsc::UnboundedReceiver<serenity::all::Message>,
    task: tokio::task::JoinHandle<()>,
}

struct Ear {
    asks: mpsc::UnboundedSender<Interaction>,
    said: mpsc::UnboundedSender<serenity::all::Message>,
}

#[serenity::async_trait]
impl EventHandler for Ear {
    async fn ready(&self, _: Context, ready: Ready) {
        assert_eq!(ready.version, 10);
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let _ = self.asks.send(interaction);
    }

    async fn message(&self, _: Context, message: serenity::all::Message) {
        let _ = self.said.send(message);
    }
}

impl Bot {
    async fn online(discord: &Discord) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        let (said, heard) = mpsc::unbounded_channel();
        let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
        let plain = HttpBuilder::new(discord.token()).proxy(discord.url()).ratelimiter_disabled(true);
        let plain = plain.application_id(discord.application().into()).build();
        let builder = serenity::client::ClientBuilder::new_with_http(plain, intents);
        let mut client: Client = builder.event_handler(Ear { asks, said }).await.expect("a client");
        let (http, shards) = (client.http.clone(), client.shard_manager.clone());
        let task = tokio::spawn(async move {
            let _ = client.start().await;
        });
        assert!(discord.online(1).await, "the bot never came: {:?}", discord.violations());
        Self { http, shards, asks: asked, said: heard, task }
    }

    async fn ask(&mut self) -> Interaction {
        let ask = tokio::time::timeout(Duration::from_secs(10), self.asks.recv());
        ask.await.expect("an interaction in time").expect("the bot runs")
    }

    async fn stop(self) {
        let _ = tokio::time::timeout(Duration::from_secs(5), self.shards.shutdown_all()).await;
        self.task.abort();
    }
}

fn web() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("an HTTP client")
}

/// One request by hand, with the bot's token.
async fn call(discord: &Discord, method: &str, path: &str, body: Value) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let url = format!("{}/api/v10{path}", discord.url());
    let request = web().request(method, url).header("authorization", format!("Bot {}", discord.token()));
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn answer(discord: &Discord, ask: &(Id, String), body: Value) -> (u16, Value) {
    call(discord, "POST", &format!("/interactions/{}/{}/callback", ask.0, ask.1), body).await
}

fn code(answer: &(u16, Value)) -> (u16, u64) {
    (answer.0, answer.1["code"].as_u64().unwrap_or(0))
}

fn none_wrong(discord: &Discord) {
    let violations = discord.violations();
    assert!(violations.is_empty(), "{violations:#?}");
}

fn deploy() -> Value {
    json!([
        {
            "name": "deploy", "description": "Deploys a node", "type": 1, "contexts": [0, 1], "integration_types": [0],
            "name_localizations": {"fr": "déployer"},
            "options": [
                {"type": 3, "name": "recipe", "description": "What", "required": true, "autocomplete": true},
                {"type": 3, "name": "size", "description": "How large", "name_localizations": {"fr": "taille"},
                 "choices": [{"name": "Small", "value": "small"}, {"name": "Large", "value": "large"}]},
                {"type": 5, "name": "now", "description": "At once"},
                {"type": 4, "name": "days", "description": "How long", "min_value": 1, "max_value": 30},
            ],
        },
        {"name": "admit", "description": "Admits a room", "default_member_permissions": "32"},
        {
            "name": "alerts", "description": "Alerts", "options": [
                {"type": 1, "name": "on", "description": "On", "options": [
                    {"type": 6, "name": "whom", "description": "Whom"},
                    {"type": 7, "name": "where", "description": "Where"},
                ]},
            ],
        },
    ])
}

/// A server with a channel, a person, and commands, without a bot.
async fn house(options: Options) -> (Discord, Id, Id, Id) {
    let discord = Discord::with(options).await;
    let guild = discord.guild("Hotel");
    let channel = discord.channel(guild, "lobby");
    let ana = discord.person("Ana", "en-US");
    let path = format!("/applications/{}/commands", discord.application());
    let (status, body) = call(&discord, "PUT", &path, deploy()).await;
    assert_eq!(status, 200, "{body}");
    (discord, guild, channel, ana)
}

// With serenity.

#[tokio::test]
async fn serenity_registers_is_asked_answers_and_edits() {
    let discord = Discord::start().await;
    let guild = discord.guild("Hotel");
    let lobby = discord.channel(guild, "lobby");
    let ana = discord.person("Ana", "fr");
    let mut bot = Bot::online(&discord).await;
    assert_eq!((discord.identified(), discord.shards()), (1, vec![(0, 1)]));
    assert_ne!(discord.intents() & GatewayIntents::GUILDS.bits(), 0);

    let size = CreateCommandOption::new(CommandOptionType::String, "size", "How large").add_string_choice("Small", "s");
    let command = CreateCommand::new("deploy").description("Deploys").add_option(size).name_localized("fr", "déployer");
    let kept = Command::set_global_commands(&bot.http, vec![command.clone()]).await.expect("registered");
    let again = Command::set_global_commands(&bot.http, vec![command]).await.expect("registered again");
    assert_eq!((kept[0].id, kept[0].version), (again[0].id, again[0].version), "nothing changed");
    assert_eq!(bot.http.get_global_commands().await.expect("read back")[0].name, "deploy");
    assert_eq!((discord.command_writes(), discord.commands().len()), (2, 1));

    let ask = {
        let discord = discord.clone();
        tokio::spawn(async move { discord.slash(ana, lobby, "/déployer taille-x:1").await })
    };
    assert_eq!(ask.await.expect("done").expect_err("no such option"), Snag::NoOption("taille-x:1".into()));
    let ask = {
        let discord = discord.clone();
        tokio::spawn(async move { discord.slash(ana, lobby, "/déployer Small").await })
    };
    let Interaction::Command(command) = bot.ask().await else { panic!("a command") };
    assert_eq!((command.data.name.as_str(), command.locale.as_str()), ("deploy", "fr"));
    assert_eq!(command.data.options[0].value.as_str(), Some("s"));
    assert_eq!(command.guild_id.map(|id| id.get()), Some(guild));
    let defer = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
    command.create_response(&bot.http, defer).await.expect("in time");
    let answered = ask.await.expect("done").expect("answered");
    assert_eq!(answered.first, First::Thinking);
    assert!(answered.took < Duration::from_secs(3));
    assert!(discord.newest(ana).expect("it thinks").thinking);

    let rows = vec![
        CreateActionRow::Buttons(vec![
            CreateButton::new("b1")
                .label("Start it")
                .style(ButtonStyle::Success)
                .emoji(ReactionType::Unicode("▶".into())),
            CreateButton::new("b2").label("Stop").disabled(true),
            CreateButton::new_link("https://example.org/x").label("Read"),
        ]),
        CreateActionRow::SelectMenu(
            CreateSelectMenu::new(
                "s1",
                CreateSelectMenuKind::String {
                    options: vec![
                        CreateSelectMenuOption::new("Europe", "eu"),
                        CreateSelectMenuOption::new("Asia", "as"),
                    ],
                },
            )
            .placeholder("Where"),
        ),
    ];
    let edit = EditInteractionResponse::new().content("Casper for @everyone").components(rows);
    let edit = edit.allowed_mentions(CreateAllowedMentions::new());
    let edit = edit.new_attachment(CreateAttachment::bytes("long\n", "proof.txt"));
    let message = command.edit_response(&bot.http, edit).await.expect("filled");
    assert_eq!(message.components.len(), 2);
    let shown = discord.wait_for(ana, |shown| !shown.thinking).await;
    assert_eq!(shown.labels(), ["▶ Start it", "Read"]);
    assert_eq!(shown.selects[0].options[1].label, "Asia");
    assert!(shown.ephemeral && shown.edits == 0);
    let File { name, bytes, .. } = &shown.files[0];
    assert_eq!((name.as_str(), &bytes[..]), ("proof.txt", &b"long\n"[..]));
    // Ephemeral: others do not see it, nor does the bot's token.
    let ben = discord.person("Ben", "en-US");
    assert!(discord.see(ben, lobby).is_empty());
    assert_eq!(discord.see(ana, lobby).first(), Some(&shown));
    let got = bot.http.get_message(lobby.into(), message.id).await.expect_err("it does not exist for a token");
    assert!(got.to_string().contains("Unknown Message"), "{got}");

    // A press, a choice, a modal, a follow-up.
    let press = {
        let discord = discord.clone();
        tokio::spawn(async move { discord.press(ana, "▶ Start it").await })
    };
    let Interaction::Component(pressed) = bot.ask().await else { panic!("a press") };
    assert_eq!(pressed.data.custom_id, "b1");
    assert_eq!(pressed.message.attachments.len(), 1);
    let input = CreateInputText::new(InputTextStyle::Short, "Name", "name").max_length(10);
    let modal = CreateModal::new("m1", "Name it").components(vec![CreateActionRow::InputText(input)]);
    pressed.create_response(&bot.http, CreateInteractionResponse::Modal(modal)).await.expect("a form");
    assert_eq!(press.await.expect("done").expect("answered").first, First::Modal);
    let form = discord.modal(ana).expect("open");
    assert_eq!((form.title.as_str(), form.inputs[0].label.as_str(), form.inputs[0].max), ("Name it", "Name", 10));
    let long = discord.answer_modal(ana, &[("Name", "much too long a name")]).await.expect_err("too long");
    assert!(matches!(long, Snag::NotTaken { .. }));
    assert!(matches!(discord.answer_modal(ana, &[]).await, Err(Snag::Missing(_))));
    let fill = {
        let discord = discord.clone();
        tokio::spawn(async move { discord.answer_modal(ana, &[("name", "orchid")]).await })
    };
    let Interaction::Modal(filled) = bot.ask().await else { panic!("a modal") };
    let update = CreateInteractionResponseMessage::new().content("orchid").components(vec![]);
    filled.create_response(&bot.http, CreateInteractionResponse::UpdateMessage(update)).await.expect("changed");
    assert_eq!(fill.await.expect("done").expect("answered").first, First::Changed);
    let shown = discord.shown(ana, message.id.get()).expect("still there");
    assert_eq!((shown.content.as_str(), shown.buttons.len(), shown.edits), ("orchid", 0, 1));
    let follow = CreateInteractionResponseFollowup::new().content("And one more");
    let more = filled.create_followup(&bot.http, follow).await.expect("a follow-up");
    assert_eq!(discord.newest(ana).map(|shown| (shown.id, shown.ephemeral)), Some((more.id.get(), false)));
    filled.delete_followup(&bot.http, more.id).await.expect("gone");
    filled.delete_response(&bot.http).await.expect("gone, ephemeral or not");
    assert!(discord.see(ana, lobby).is_empty());
    assert!(discord.pings().is_empty(), "parse: [] rings nobody");
    none_wrong(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn serenity_writes_in_channels_threads_and_private() {
    let discord = Discord::start().await;
    let guild = discord.guild("Hotel");
    let lobby = discord.channel(guild, "lobby");
    let ana = discord.person("Ana", "en-US");
    let mut bot = Bot::online(&discord).await;
    let place = serenity::all::ChannelId::new(lobby);
    let quiet = CreateAllowedMentions::new();
    let draft = CreateMessage::new().content(format!("Running, <@{ana}>")).allowed_mentions(quiet.clone());
    let draft = draft.nonce(Nonce::String("n-1".into())).enforce_nonce(true);
    let first = place.send_message(&bot.http, draft.clone()).await.expect("sent");
    let second = place.send_message(&bot.http, draft).await.expect("the same again");
    assert_eq!(first.id, second.id, "a nonce is enforced");
    let called = CreateMessage::new().content(format!("<@{ana}>")).allowed_mentions(quiet.users([ana]));
    let called = place.send_message(&bot.http, called).await.expect("sent");
    assert_eq!((discord.pings().len(), discord.called()[0].whom.clone()), (0, ana.to_string()));

    let edit = EditMessage::new().content("Done");
    let edit = edit.attachments(EditAttachments::new().add(CreateAttachment::bytes("x", "a.txt")));
    place.edit_message(&bot.http, first.id, edit).await.expect("edited");
    let shown = discord.shown(ana, first.id.get()).expect("shown");
    assert_eq!((shown.content.as_str(), shown.edits, shown.files.len()), ("Done", 1, 1));
    let url = bot.http.get_message(place, first.id).await.expect("read").attachments[0].url.clone();
    let file = web().get(url).send().await.expect("a file").bytes().await.expect("its bytes");
    assert_eq!(&file[..], b"x");

    let thread = place.create_thread_from_message(&bot.http, first.id, CreateThread::new("orchid")).await.expect("one");
    assert_eq!(thread.id.get(), first.id.get());
    assert_eq!(discord.threads(lobby), [(first.id.get(), "orchid".to_owned())]);
    let again = place.create_thread_from_message(&bot.http, first.id, CreateThread::new("orchid")).await;
    assert!(again.expect_err("only one").to_string().contains("already been created"));
    thread.id.say(&bot.http, "inside").await.expect("said");
    assert_eq!(discord.see(ana, thread.id.get())[0].content, "inside");
    assert_eq!(discord.shown(ana, first.id.get()).and_then(|shown| shown.thread), Some(thread.id.get()));

    // Private: what she says has its content; in a server only what names the bot has.
    let private = discord.dm(ana);
    discord.says(ana, private, "hello");
    discord.says(ana, lobby, "between us");
    discord.says(ana, lobby, &format!("<@{}> help", discord.bot()));
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let said = tokio::time::timeout(Duration::from_secs(5), bot.said.recv()).await.expect("in time").expect("said");
        if said.author.id.get() == ana {
            heard.push(said.content);
        }
    }
    assert_eq!(heard, ["hello", "", &format!("<@{}> help", discord.bot())]);
    let user = serenity::all::UserId::new(ana);
    user.create_dm_channel(&bot.http).await.expect("a channel").say(&bot.http, "psst").await.expect("said");
    assert_eq!(discord.newest(ana).map(|shown| (shown.channel, shown.content)), Some((private, "psst".into())));
    discord.allow_dms(ana, false);
    let closed = user.create_dm_channel(&bot.http).await.expect("still a channel").say(&bot.http, "psst").await;
    assert!(closed.expect_err("she does not want that").to_string().contains("Cannot send messages to this user"));

    place.delete_message(&bot.http, called.id).await.expect("gone");
    let me = bot.http.get_current_user().await.expect("me");
    assert_eq!(me.id.get(), discord.bot());
    let about = bot.http.get_current_application_info().await.expect("about");
    assert_eq!(about.verify_key, discord.public_key());
    assert_eq!(bot.http.get_bot_gateway().await.expect("the gateway").url, discord.gateway_url());
    none_wrong(&discord);
    assert_eq!(discord.invalid(), 1, "the 403");
    bot.stop().await;
}

#[tokio::test]
async fn serenity_resumes_after_op_7_a_cut_and_a_close() {
    let (discord, _, lobby, ana) = house(Options::default()).await;
    let mut bot = Bot::online(&discord).await;
    for (round, trouble) in [Discord::ask_to_reconnect, Discord::cut, |d: &Discord| d.close(4000)].iter().enumerate() {
        trouble(&discord);
        let back = discord.until(Duration::from_secs(10), || discord.resumed() > round).await;
        assert!(back, "round {round}: resumed {}", discord.resumed());
        let ask = discord.send(&discord.prepare(ana, lobby, "/deploy casper").expect("a command"));
        assert_eq!(bot.ask().await.id().get(), ask.0);
    }
    assert_eq!(discord.identified(), 1);
    discord.forget_sessions();
    discord.close(4009);
    let anew = discord.until(Duration::from_secs(15), || discord.identified() == 2).await;
    assert!(anew, "identified {}", discord.identified());
    none_wrong(&discord);
    bot.stop().await;
}

#[tokio::test]
async fn serenity_notices_missing_acks() {
    let (discord, ..) = house(Options { heartbeat: Duration::from_millis(300), ..Options::default() }).await;
    let bot = Bot::online(&discord).await;
    assert!(discord.until(Duration::from_secs(5), || discord.heartbeats() > 1).await);
    discord.deaf(true);
    let before = discord.identified() + discord.resumed();
    let back = discord.until(Duration::from_secs(15), || discord.identified() + discord.resumed() > before).await;
    assert!(back, "it never reconnected");
    discord.deaf(false);
    none_wrong(&discord);
    bot.stop().await;
}

// By hand.

#[tokio::test]
async fn the_first_answer_comes_once_in_time_and_fits() {
    let options = Options { first_answer: Duration::from_millis(400), ..Options::default() };
    let (discord, _, lobby, ana) = house(options).await;
    let command = discord.prepare(ana, lobby, "/deploy casper size:large now:yes days:3").expect("fits");
    let ask = discord.send(&command);
    let said = json!({"type": 4, "data": {"content": "Hello", "components": [
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]}});
    assert_eq!(code(&answer(&discord, &ask, said.clone()).await), (204, 0));
    assert_eq!(code(&answer(&discord, &ask, said.clone()).await), (400, 40060));
    let late = discord.send(&command);
    assert_eq!(code(&answer(&discord, &(late.0, "forged".into()), said.clone()).await), (404, 10062));
    assert_eq!(discord.fire(&command).await.expect_err("nobody answers, for as long as one may wait"), Snag::NoAnswer);
    assert_eq!(code(&answer(&discord, &late, said.clone()).await), (404, 10062));
    none_wrong(&discord);

    // Types that do not fit.
    let ask = discord.send(&command);
    for kind in [1, 6, 7, 8] {
        let data = if kind == 8 { json!({"choices": []}) } else { json!({}) };
        assert_eq!(code(&answer(&discord, &ask, json!({"type": kind, "data": data})).await), (400, 50035), "{kind}");
    }
    let choices: Vec<_> = (0..26).map(|n| json!({"name": n.to_string(), "value": n.to_string()})).collect();
    let typing =
        discord.prepare_autocomplete(ana, lobby, "deploy", "recipe", "ca", &[("size", "small")]).expect("fits");
    let ask = discord.send(&typing);
    let many = json!({"type": 8, "data": {"choices": choices}});
    assert_eq!(code(&answer(&discord, &ask, many).await), (400, 50035));
    assert_eq!(code(&answer(&discord, &ask, json!({"type": 5})).await), (400, 50035));
    let webhook = format!("/webhooks/{}/{}", discord.application(), ask.1);
    assert_eq!(code(&call(&discord, "POST", &webhook, json!({"content": "x"})).await), (404, 10015));
    assert!(!discord.forgive().is_empty());
    none_wrong(&discord);

    // A modal is not the answer to a modal.
    let shown = discord.newest(ana).expect("the first message");
    let press = discord.send(&discord.prepare_press(ana, shown.id, "go").expect("seen"));
    let input = json!({"type": 4, "custom_id": "n", "label": "Name", "style": 1});
    let form = json!({"custom_id": "m", "title": "Form", "components": [{"type": 1, "components": [input]}]});
    let form = json!({"type": 9, "data": form});
    assert_eq!(code(&answer(&discord, &press, form.clone()).await), (204, 0));
    assert_eq!(discord.answer_modal(ana, &[("n", "orchid")]).await.expect_err("unanswered"), Snag::NoAnswer);
    assert_eq!(discord.answer_modal(ana, &[]).await.expect_err("closed"), Snag::NoModal);
    let press = discord.send(&discord.prepare_press(ana, shown.id, "go").expect("seen"));
    assert_eq!(code(&answer(&discord, &press, form).await), (204, 0));
    discord.dismiss_modal(ana);
    assert!(discord.modal(ana).is_none());
    none_wrong(&discord);
}

#[tokio::test]
async fn placeholders_follow_ups_and_dead_tokens() {
    let options = Options { limits: false, ..Options::default() };
    let (discord, _, lobby, ana) = house(options).await;
    let command = discord.prepare(ana, lobby, "/deploy casper").expect("fits");
    let ask = discord.send(&command);
    let webhook = format!("/webhooks/{}/{}", discord.application(), ask.1);
    assert_eq!(code(&call(&discord, "POST", &webhook, json!({"content": "too early"})).await), (404, 10015));
    let told = format!("/interactions/{}/{}/callback?with_response=true", ask.0, ask.1);
    let (status, told) = call(&discord, "POST", &told, json!({"type": 5, "data": {"flags": 64}})).await;
    assert_eq!((status, &told["interaction"]["response_message_loading"]), (200, &json!(true)));
    // The first follow-up fills the placeholder, and stays as private as it was.
    let (_, filled) = call(&discord, "POST", &webhook, json!({"content": "filled", "flags": 0})).await;
    assert_eq!(filled["id"], told["interaction"]["response_message_id"]);
    assert_eq!(filled["flags"], 64);
    let (_, second) = call(&discord, "POST", &webhook, json!({"content": "open to all"})).await;
    assert_eq!(second["flags"], 0);
    let original = format!("{webhook}/messages/@original");
    assert_eq!(call(&discord, "GET", &original, Value::Null).await.1["content"], "filled");
    let id = second["id"].as_str().expect("an id").to_owned();
    assert_eq!(call(&discord, "PATCH", &format!("{webhook}/messages/{id}"), json!({"content": "b"})).await.0, 200);
    // The bot's token reaches the open one only.
    let private = format!("/channels/{lobby}/messages/{}", filled["id"].as_str().expect("an id"));
    assert_eq!(code(&call(&discord, "PATCH", &private, json!({"content": "c"})).await), (404, 10008));
    let open = format!("/channels/{lobby}/messages/{id}");
    assert_eq!(call(&discord, "PATCH", &open, json!({"content": "c"})).await.0, 200);
    assert_eq!(call(&discord, "DELETE", &original, Value::Null).await.0, 204);
    assert_eq!(code(&call(&discord, "GET", &original, Value::Null).await), (404, 10008));
    discord.expire_tokens();
    assert_eq!(code(&call(&discord, "PATCH", &original, json!({"content": "x"})).await), (401, 50027));
    assert_eq!(call(&discord, "GET", &open, Value::Null).await.1["content"], "c", "the message outlives the token");
    none_wrong(&discord);
}

#[tokio::test]
async fn permissions_and_things_that_are_gone() {
    let (discord, guild, lobby, ana) = house(Options::default()).await;
    let say = format!("/channels/{lobby}/messages");
    let (_, first) = call(&discord, "POST", &say, json!({"content": "one"})).await;
    let id = first["id"].as_str().expect("an id").to_owned();
    let thread = format!("{say}/{id}/threads");
    discord.forbid(lobby, bits::CREATE_PUBLIC_THREADS);
    assert_eq!(code(&call(&discord, "POST", &thread, json!({"name": "t"})).await), (403, 50013));
    discord.permit(lobby, bits::CREATE_PUBLIC_THREADS);
    let (status, made) = call(&discord, "POST", &thread, json!({"name": "t"})).await;
    assert_eq!(status, 201);
    let in_thread = format!("/channels/{id}");
    assert_eq!(call(&discord, "PUT", &format!("{in_thread}/thread-members/{ana}"), Value::Null).await.0, 204);
    assert_eq!(
        call(&discord, "PATCH", &in_thread, json!({"archived": true})).await.1["thread_metadata"]["archived"],
        true
    );
    assert_eq!(made["parent_id"], lobby.to_string());
    let (_, inner) = call(&discord, "POST", &format!("{in_thread}/messages"), json!({"content": "up again"})).await;
    assert_eq!(call(&discord, "GET", &in_thread, Value::Null).await.1["thread_metadata"]["archived"], false);
    assert_eq!(code(&call(&discord, "DELETE", &in_thread, Value::Null).await), (403, 50013));
    assert!(inner["id"].is_string());
    discord.forbid(lobby, bits::SEND_MESSAGES);
    assert_eq!(code(&call(&discord, "POST", &say, json!({"content": "two"})).await), (403, 50013));
    assert_eq!(code(&call(&discord, "POST", &format!("/channels/{lobby}/typing"), Value::Null).await), (403, 50013));
    assert_eq!(call(&discord, "PATCH", &format!("{say}/{id}"), json!({"content": "edited"})).await.0, 200);
    discord.forbid(lobby, bits::VIEW_CHANNEL);
    assert_eq!(code(&call(&discord, "PATCH", &format!("{say}/{id}"), json!({"content": "x"})).await), (403, 50001));
    discord.permit(lobby, bits::USUAL);
    let hers = discord.says(ana, lobby, "hers");
    assert_eq!(code(&call(&discord, "PATCH", &format!("{say}/{hers}"), json!({"content": "x"})).await), (403, 50005));
    assert_eq!(code(&call(&discord, "DELETE", &format!("{say}/{hers}"), Value::Null).await), (403, 50013));
    assert_eq!(call(&discord, "GET", &format!("{say}?limit=1"), Value::Null).await.1[0]["content"], "hers");
    discord.delete_message(hers);
    assert_eq!(code(&call(&discord, "GET", &format!("{say}/{hers}"), Value::Null).await), (404, 10008));
    assert_eq!(code(&call(&discord, "POST", &say, json!({"content": " "})).await), (400, 50035));
    assert_eq!(discord.forgive().len(), 1);
    assert_eq!(call(&discord, "GET", "/users/@me/guilds", Value::Null).await.1[0]["name"], "Hotel");
    assert_eq!(call(&discord, "GET", &format!("/guilds/{guild}"), Value::Null).await.1["name"], "Hotel");
    assert_eq!(call(&discord, "GET", &format!("/users/{ana}"), Value::Null).await.1["global_name"], "Ana");
    discord.delete_channel(lobby);
    assert_eq!(code(&call(&discord, "POST", &say, json!({"content": "two"})).await), (404, 10003));
    discord.leave(ana, guild);
    assert_eq!(code(&call(&discord, "POST", "/users/@me/channels", json!({"recipient_id": "1"})).await), (400, 50033));
    let (_, private) = call(&discord, "POST", "/users/@me/channels", json!({"recipient_id": ana.to_string()})).await;
    let private = format!("/channels/{}/messages", private["id"].as_str().expect("an id"));
    assert_eq!(code(&call(&discord, "POST", &private, json!({"content": "psst"})).await), (403, 50007));
    discord.join(ana, guild, bits::ADMINISTRATOR);
    assert_eq!(call(&discord, "POST", &private, json!({"content": "psst"})).await.0, 200);
    discord.kick(guild);
    assert_eq!(code(&call(&discord, "GET", &format!("/guilds/{guild}"), Value::Null).await), (404, 10004));
    let stranger = web().get(format!("{}/api/v10/users/@me", discord.url())).send().await.expect("an answer");
    assert_eq!(stranger.status(), 401);
    none_wrong(&discord);
}

#[tokio::test]
async fn clients_offer_only_what_is_registered_and_fits() {
    let (discord, guild, lobby, ana) = house(Options::default()).await;
    let snag = |line: &str| discord.prepare(ana, lobby, line).expect_err(line);
    assert_eq!(snag("/destroy"), Snag::NoCommand("destroy".into()));
    assert_eq!(snag("/deploy"), Snag::Missing(vec!["recipe".into()]));
    assert_eq!(snag("/deploy casper place:ghent"), Snag::NoOption("place:ghent".into()));
    let not_taken = |option: &str, value: &str| Snag::NotTaken { option: option.into(), value: value.into() };
    assert_eq!(snag("/deploy casper size:huge"), not_taken("size", "huge"));
    assert_eq!(snag("/deploy casper days:31"), not_taken("days", "31"));
    assert_eq!(snag("/deploy casper now:perhaps"), not_taken("now", "perhaps"));
    assert_eq!(snag("/deploy casper small yes 3 four"), Snag::NoOption("four".into()));
    assert_eq!(snag("/admit"), Snag::NoCommand("admit".into()));
    discord.join(ana, guild, bits::MANAGE_GUILD);
    discord.prepare(ana, lobby, "/admit").expect("she manages the server");
    discord.prepare(ana, discord.dm(ana), "/deploy \"two words\"").expect("also in private");
    discord.prepare(ana, lobby, &format!("/alerts on <@{ana}> where:<#{lobby}>")).expect("resolved");
    let ben = discord.person("Ben", "en-US");
    assert_eq!(discord.prepare(ben, discord.dm(ana), "/deploy x").expect_err("not his"), Snag::NoChannel);
    assert!(matches!(discord.press(ana, "Nowhere").await, Err(Snag::NotThere { .. })));
    assert!(matches!(discord.choose(ana, "Nowhere").await, Err(Snag::NotThere { .. })));
    assert_eq!(discord.autocomplete(ana, lobby, "deploy", "size", "s", &[]).await, Err(Snag::NoOption("size".into())));

    // Suggestions, choices and links, answered by a bot of few words.
    let path = format!("/channels/{lobby}/messages");
    let menu = json!({"type": 3, "custom_id": "s", "placeholder": "Where", "min_values": 1, "max_values": 2, "options": [
        {"label": "Europe", "value": "eu", "description": "near"}, {"label": "Asia", "value": "as"}]});
    let link = json!({"type": 2, "style": 5, "label": "Read", "url": "https://example.org"});
    let rows = json!([{"type": 1, "components": [menu]}, {"type": 1, "components": [link]}]);
    call(&discord, "POST", &path, json!({"content": "Where?", "components": rows})).await;
    assert_eq!(discord.press(ana, "Read").await.expect("a link").first, First::Link("https://example.org".into()));
    let bot = Bot::online(&discord).await;
    let mut asks = bot.asks;
    let http = bot.http.clone();
    let servant = tokio::spawn(async move {
        let mut values = Vec::new();
        while let Some(ask) = asks.recv().await {
            match ask {
                Interaction::Autocomplete(ask) => {
                    let typed = ask.data.autocomplete().expect("a focused option").value.to_owned();
                    let choices = CreateAutocompleteResponse::new().add_string_choice(typed.to_uppercase(), typed);
                    ask.create_response(&http, CreateInteractionResponse::Autocomplete(choices))
                        .await
                        .expect("in time");
                }
                Interaction::Component(ask) => {
                    if let serenity::all::ComponentInteractionDataKind::StringSelect { values: chosen } = &ask.data.kind
                    {
                        values.extend(chosen.clone());
                    }
                    ask.create_response(&http, CreateInteractionResponse::Acknowledge).await.expect("in time");
                }
                _ => break,
            }
        }
        values
    });
    let offered = discord.autocomplete(ana, lobby, "/deploy", "recipe", "ca", &[("days", "3")]).await;
    assert_eq!(offered, Ok(vec![("CA".into(), json!("ca"))]));
    assert_eq!(discord.choose(ana, "Asia").await.expect("noted").first, First::Noted);
    let both = discord.choose_all(ana, &["Europe", "as"]).await.expect("noted");
    assert_eq!((both.first, both.message), (First::Noted, discord.newest(ana).map(|shown| shown.id)));
    let done = discord.prepare(ana, lobby, "/deploy x").expect("fits");
    discord.fire_broken(&done, "locale");
    discord.event("SOMETHING_NEW", Some(guild), &json!({"what": 1}));
    discord.send(&done);
    assert_eq!(servant.await.expect("served"), ["as", "eu", "as"], "and what serenity cannot read just vanishes");
    let read = discord.requests();
    assert!(
        read.iter().any(|request| request.route == "POST /interactions/{id}/{token}/callback" && request.status == 204)
    );
    assert!(read.len() as u64 <= discord.request_count());
    let noted = read.iter().find(|request| request.body["type"] == 6).expect("the choice was noted");
    assert_eq!((noted.method.as_str(), noted.code, noted.files.len()), ("POST", None, 0));
    assert!(noted.path.ends_with("/callback") && noted.at <= Instant::now(), "{}", noted.path);
    none_wrong(&discord);
    bot.task.abort();
}

#[tokio::test]
async fn wrong_bodies_are_refused_and_written_down() {
    let (discord, _, lobby, _) = house(Options { limits: false, ..Options::default() }).await;
    let path = format!("/channels/{lobby}/messages");
    let button = |id: &str| json!({"type": 2, "style": 1, "label": "B", "custom_id": id});
    let row = |inner: Vec<Value>| json!({"type": 1, "components": inner});
    let option = |at: usize| json!({"label": "x", "value": at.to_string()});
    let select =
        |count: usize| json!({"type": 3, "custom_id": "s", "options": (0..count).map(option).collect::<Vec<_>>()});
    let embed = json!({"description": "x".repeat(4000)});
    let bodies = [
        json!({"content": "x".repeat(2001)}),
        json!({"content": "x", "components": (0..6).map(|at| row(vec![button(&at.to_string())])).collect::<Vec<_>>()}),
        json!({"content": "x", "components": [row((0..6).map(|at| button(&at.to_string())).collect())]}),
        json!({"content": "x", "components": [row(vec![button("a"), button("a")])]}),
        json!({"content": "x", "components": [row(vec![button(&"i".repeat(101))])]}),
        json!({"content": "x", "components": [row(vec![select(1), button("a")])]}),
        json!({"content": "x", "components": [row(vec![select(26)])]}),
        json!({"content": "x", "components": [row(vec![json!({"type": 2, "style": 1, "label": "", "custom_id": "a"})])]}),
        json!({"content": "x", "components": [row(vec![json!({"type": 2, "style": 5, "label": "l"})])]}),
        json!({"embeds": [embed, embed]}),
    ];
    for body in bodies {
        let got = call(&discord, "POST", &path, body.clone()).await;
        assert_eq!(code(&got), (400, 50035), "{body}");
        assert!(!discord.forgive().is_empty(), "{body}");
    }
    // What only the file knows.
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/discord-openapi.json");
    if file.exists() {
        for body in
            [json!({"content": 5}), json!({"content": "x", "components": [row(vec![json!({"type": 2, "label": 5})])]})]
        {
            let got = call(&discord, "POST", &path, body.clone()).await;
            let told = discord.forgive();
            assert_eq!(code(&got), (400, 50035), "{body}");
            assert!(told.iter().any(|line| line.contains("POST /channels/{id}/messages: /")), "{told:#?}");
        }
    }
    // Good conduct: it is done, and it is written down, and it rings.
    assert_eq!(call(&discord, "POST", &path, json!({"content": "@everyone `@here`"})).await.0, 200);
    assert_eq!(discord.forgive().len(), 1);
    assert_eq!(discord.pings().iter().map(|ping| ping.whom.as_str()).collect::<Vec<_>>(), ["everyone"]);

    let commands = format!("/applications/{}/commands", discord.application());
    let named = |name: &str| json!([{"name": name, "description": "d"}]);
    let many: Vec<_> = (0..101).map(|at| json!({"name": format!("c{at}"), "description": "d"})).collect();
    let optional = json!({"type": 3, "name": "a", "description": "d"});
    let required = json!({"type": 3, "name": "b", "description": "d", "required": true});
    let long: Vec<_> = (0..25)
        .map(|at| {
            let choices: Vec<_> = (0..4)
                .map(|n| json!({"name": "n".repeat(60) + &n.to_string(), "value": n.to_string().repeat(60)}))
                .collect();
            json!({"type": 3, "name": format!("o{at}"), "description": "d", "choices": choices})
        })
        .collect();
    for body in [
        named("Deploy"),
        named("de ploy"),
        json!(many),
        json!([{"name": "a", "description": "d", "options": [optional, required]}]),
        json!([{"name": "a", "description": "d", "name_localizations": {"xx": "b"}}]),
        json!([{"name": "a", "description": "d", "options": long}]),
        json!([{"name": "a"}]),
    ] {
        assert_eq!(code(&call(&discord, "PUT", &commands, body.clone()).await), (400, 50035), "{body}");
        assert!(!discord.forgive().is_empty(), "{body}");
    }
    assert_eq!(call(&discord, "GET", "/voice/regions", Value::Null).await.0, 404);
    assert!(!discord.forgive().is_empty(), "a route that nobody needs");
    let (status, made) = call(&discord, "POST", &commands, json!({"name": "help", "description": "Helps"})).await;
    let one = format!("{commands}/{}", made["id"].as_str().expect("an id"));
    assert_eq!((status, call(&discord, "GET", &one, Value::Null).await.0), (201, 200));
    assert_eq!(call(&discord, "DELETE", &one, Value::Null).await.0, 204);
    assert_eq!(code(&call(&discord, "GET", &one, Value::Null).await), (404, 10063));
    none_wrong(&discord);
}

#[tokio::test]
async fn limits_are_told_kept_and_ordered() {
    let (discord, guild, lobby, _) = house(Options::default()).await;
    let other = discord.channel(guild, "other");
    let path = format!("/channels/{lobby}/messages");
    let url = format!("{}/api/v10{path}", discord.url());
    let post = || {
        let token = format!("Bot {}", discord.token());
        web().post(&url).header("authorization", token).json(&json!({"content": "x"})).send()
    };
    for left in (0..5).rev() {
        let answer = post().await.expect("an answer");
        assert_eq!(answer.headers()["x-ratelimit-remaining"], left.to_string());
        assert_eq!(answer.headers()["x-ratelimit-limit"], "5");
    }
    let sixth = post().await.expect("an answer");
    assert_eq!(
        (sixth.status().as_u16(), &sixth.headers()["x-ratelimit-scope"]),
        (429, &"user".parse().expect("a value"))
    );
    assert!(sixth.headers().contains_key("retry-after") && sixth.headers().contains_key("x-ratelimit-bucket"));
    let body: Value = sixth.json().await.expect("a body");
    assert!(body["retry_after"].as_f64().is_some_and(|wait| wait > 3.0) && body["global"] == false, "{body}");
    assert_eq!(call(&discord, "POST", &format!("/channels/{other}/messages"), json!({"content": "x"})).await.0, 200);
    let given = discord.limited();
    assert_eq!((given.len(), given[0].route.as_str(), given[0].scope), (1, "POST /channels/{id}/messages", "user"));
    assert_eq!(given[0].about, lobby.to_string());
    assert!(given[0].wait > Duration::from_secs(3) && given[0].back.is_none() && given[0].at <= Instant::now());
    assert_eq!(discord.invalid(), 1);
    none_wrong(&discord);

    // An ordered one, obeyed; then one that is not.
    discord.limit("GET /users/@me", 1, Duration::from_millis(600));
    assert_eq!(call(&discord, "GET", "/users/@me", Value::Null).await.0, 429);
    tokio::time::sleep(Duration::from_millis(620)).await;
    assert_eq!(call(&discord, "GET", "/users/@me", Value::Null).await.0, 200);
    assert!(discord.limited()[1].back.is_some());
    none_wrong(&discord);
    discord.limit("GET /users/@me", 1, Duration::from_secs(5));
    assert_eq!(call(&discord, "GET", "/users/@me", Value::Null).await.0, 429);
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(call(&discord, "GET", "/users/@me", Value::Null).await.0, 429);
    assert!(discord.forgive()[0].contains("came back"));

    // The global limit: fifty in a second, over different channels.
    let places: Vec<Id> = (0..120).map(|at| discord.channel(guild, &format!("c{at}"))).collect();
    let all = places.iter().map(|id| {
        let (discord, path) = (&discord, format!("/channels/{id}/messages"));
        async move { call(discord, "POST", &path, json!({"content": "x"})).await }
    });
    let told: Vec<_> = futures_util::future::join_all(all).await;
    let global = told.iter().filter(|(status, body)| *status == 429 && body["global"] == true).count();
    assert!((1..=80).contains(&global), "{global}");

    // Other trouble.
    let (discord, _, lobby, ana) = house(Options { limits: false, ..Options::default() }).await;
    let path = format!("/channels/{lobby}/messages");
    discord.fail("POST /channels/{id}/messages", 2, 500);
    discord.lose("POST /channels/{id}/messages", 1);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(call(&discord, "POST", &path, json!({"content": "x", "nonce": "1", "enforce_nonce": true})).await.0);
    }
    assert_eq!((seen, discord.see(ana, lobby).len()), (vec![500, 500, 502, 200], 1));
    discord.outage(true);
    assert_eq!(call(&discord, "POST", &path, json!({"content": "x"})).await.0, 503);
    discord.outage(false);
    none_wrong(&discord);
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn raw(discord: &Discord, token: &str, intents: u64, shard: [u64; 2]) -> Socket {
    let (mut socket, _) =
        tokio_tungstenite::connect_async(format!("{}?v=10", discord.gateway_url())).await.expect("a line");
    assert_eq!(frame(&mut socket).await["op"], 10);
    let identify = json!({"op": 2, "d": {"token": token, "intents": intents, "shard": shard, "properties": {}}});
    socket.send(Frame::text(identify.to_string())).await.expect("sent");
    socket
}

/// The next frame; a close frame's code as `close`.
async fn frame(socket: &mut Socket) -> Value {
    let next = tokio::time::timeout(Duration::from_secs(5), socket.next()).await.expect("a frame in time");
    match next {
        Some(Ok(Frame::Text(text))) => serde_json::from_str(&text).expect("JSON"),
        Some(Ok(Frame::Close(Some(close)))) => json!({"close": u16::from(close.code)}),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_gateway_is_strict_and_shards() {
    let discord = Discord::with(Options { shards: 2, ..Options::default() }).await;
    let (first, second) = (discord.guild("A"), discord.guild("B"));
    let token = discord.token();
    for (token, intents, shard, code) in
        [("wrong", 1, [0, 1], 4004), (&*token, 1 << 15, [0, 1], 4014), (&*token, 1, [2, 2], 4010)]
    {
        assert_eq!(frame(&mut raw(&discord, token, intents, shard).await).await, json!({"close": code}));
    }
    let mut shards = [raw(&discord, &token, 1, [0, 2]).await, raw(&discord, &token, 1, [1, 2]).await];
    assert!(discord.online(2).await);
    assert_eq!(discord.shards(), [(0, 2), (1, 2)]);
    let mut session = Vec::new();
    for (at, socket) in shards.iter_mut().enumerate() {
        let ready = frame(socket).await;
        assert_eq!((&ready["t"], &ready["d"]["shard"]), (&json!("READY"), &json!([at, 2])));
        session.push(ready["d"]["session_id"].as_str().expect("a session").to_owned());
        let mine = [first, second].into_iter().find(|id| (id >> 22) % 2 == at as u64).expect("one each");
        let create = frame(socket).await;
        assert_eq!(
            (&create["t"], &create["d"]["id"], &create["s"]),
            (&json!("GUILD_CREATE"), &json!(mine.to_string()), &json!(2))
        );
    }
    // What is missed while away is told again, then RESUMED.
    let [mut one, mut two] = shards;
    drop(two.close(None).await);
    assert!(discord.online(1).await);
    let on_two = [first, second].into_iter().find(|id| (id >> 22) % 2 == 1).expect("one");
    discord.event("GUILD_MISSED", Some(on_two), &json!({}));
    let (mut back, _) = tokio_tungstenite::connect_async(discord.gateway_url()).await.expect("a line");
    let resume = json!({"op": 6, "d": {"token": token, "session_id": session[1], "seq": 2}});
    back.send(Frame::text(resume.to_string())).await.expect("sent");
    let heard = [frame(&mut back).await, frame(&mut back).await, frame(&mut back).await];
    assert_eq!(heard.map(|one| one["t"].clone()), [json!(null), json!("GUILD_MISSED"), json!("RESUMED")]);
    // Unknown sessions are told so.
    discord.invalidate(true);
    assert_eq!(frame(&mut back).await, json!({"op": 9, "t": null, "s": null, "d": true}));
    discord.invalidate(false);
    assert_eq!(frame(&mut back).await["d"], false);
    let (mut lost, _) = tokio_tungstenite::connect_async(discord.gateway_url()).await.expect("a line");
    lost.send(Frame::text(resume.to_string())).await.expect("sent");
    assert_eq!((frame(&mut lost).await["op"].clone(), frame(&mut lost).await["d"].clone()), (json!(10), json!(false)));
    // Half-open: it takes everything and says nothing, not even goodbye.
    assert_eq!(frame(&mut one).await["op"], 9);
    assert_eq!(frame(&mut one).await["op"], 9);
    discord.half_open();
    one.send(Frame::text(r#"{"op":1,"d":null}"#)).await.expect("it is taken");
    one.send(Frame::Close(None)).await.expect("it is taken");
    assert!(tokio::time::timeout(Duration::from_millis(300), one.next()).await.is_err(), "silence");
    none_wrong(&discord);
}

#[tokio::test]
async fn interactions_over_http_are_signed() {
    use axum::http::HeaderMap;
    let (discord, _, lobby, ana) =
        house(Options { first_answer: Duration::from_millis(500), ..Options::default() }).await;
    let key: [u8; 32] = hex::decode(discord.public_key()).expect("hex").try_into().expect("32 bytes");
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
    let handler = move |headers: HeaderMap, body: String| async move {
        let header = |name: &str| headers[name].to_str().expect("text").to_owned();
        let signature = hex::decode(header("x-signature-ed25519")).expect("hex");
        let signature = ed25519_dalek::Signature::from_slice(&signature).expect("a signature");
        let signed = format!("{}{body}", header("x-signature-timestamp"));
        if key.verify_strict(signed.as_bytes(), &signature).is_err() {
            return (axum::http::StatusCode::UNAUTHORIZED, axum::Json(Value::Null));
        }
        let ask: Value = serde_json::from_str(&body).expect("JSON");
        let answer = match ask["type"].as_u64() {
            Some(1) => json!({"type": 1}),
            _ if ask["data"]["options"][0]["value"] == "nothing" => json!({"type": 7}),
            _ => json!({"type": 4, "data": {"content": "by HTTP", "flags": 64}}),
        };
        (axum::http::StatusCode::OK, axum::Json(answer))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/interactions", listener.local_addr().expect("an address"));
    let app = axum::Router::new().route("/interactions", axum::routing::post(handler));
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    assert_eq!(discord.ping(&url).await, Ok((200, json!({"type": 1}))));
    assert_eq!(discord.ping_with_bad_signature(&url).await, Ok(401));
    assert_eq!(discord.ping_of_old(&url, 3600).await, Ok(200), "this one does not look at the time");
    let signed = discord.signed_body(&url, &json!({"type": 1}));
    assert_eq!((discord.again(&signed).await, discord.again(&signed).await), (Ok(200), Ok(200)));
    discord.deliver_to(&url);
    let answered = discord.slash(ana, lobby, "/deploy casper").await.expect("answered");
    assert_eq!(answered.first, First::Message);
    let shown = answered.message.and_then(|id| discord.shown(ana, id)).expect("shown");
    assert_eq!((shown.content.as_str(), shown.ephemeral), ("by HTTP", true));
    assert!(answered.interaction > 0);
    none_wrong(&discord);
    assert_eq!(discord.slash(ana, lobby, "/deploy nothing").await.expect_err("no such answer"), Snag::NoAnswer);
    assert!(!discord.forgive().is_empty());
    discord.deliver_by_gateway();
    assert_eq!(discord.slash(ana, lobby, "/deploy casper").await.expect_err("nobody is there"), Snag::NoAnswer);
    server.abort();
}

#[tokio::test]
async fn a_bench_goes_fast() {
    let discord = Discord::with(Options { first_answer: Duration::from_secs(60), ..Options::bench() }).await;
    let guild = discord.guild("Hotel");
    let lobby = discord.channel(guild, "lobby");
    let ana = discord.person("Ana", "en-US");
    let path = format!("/applications/{}/commands", discord.application());
    call(&discord, "PUT", &path, deploy()).await;
    let command = discord.prepare(ana, lobby, "/deploy casper").expect("fits");
    let mut bot = Bot::online(&discord).await;
    let http = bot.http.clone();
    let servant = tokio::spawn(async move {
        while let Some(ask) = bot.asks.recv().await {
            let http = http.clone();
            tokio::spawn(async move {
                let Interaction::Command(ask) = ask else { return };
                let said = CreateInteractionResponseMessage::new().content("help");
                let _ = ask.create_response(&http, CreateInteractionResponse::Message(said)).await;
            });
        }
    });
    let begun = Instant::now();
    let all = (0..1000).map(|_| discord.fire(&command));
    let done = futures_util::future::join_all(all).await;
    println!("1000 asks answered in {:?}", begun.elapsed());
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1000);
    assert!(discord.see(ana, lobby).len() <= 500 && discord.requests().is_empty());
    none_wrong(&discord);
    servant.abort();
}
