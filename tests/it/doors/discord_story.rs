//! Bellhop behind Discord's door: the real platform over real sockets, a fake Discord with people in it, a whole house
//! behind.
//!
//! What a command says is told elsewhere (`conversations`); here it is how Discord carries it. Time is real, and every
//! wait is for something seen.

use super::discord::model::{Id, bits};
use super::discord::people::{Answered, First, Shown};
use super::discord::{Discord as Fake, Options as Behaviour};
use bellhop::app::{App, Parts};
use bellhop::chat::{
    Anchor, Audience, Block, Button, ButtonStyle, Card, Person, Platform, PlatformError, PlatformName, Post, Press,
    Room, Tone, Topic,
};
use bellhop::clock::{Clock, Dice};
use bellhop::commands::suggestions;
use bellhop::grid::Grid;
use bellhop::meters::Meters;
use bellhop::platforms::discord::{Config, Discord, Mode, Options as Door};
use bellhop::platforms::{State, discord};
use bellhop::sandbox::{Options, Pace, World, in_process};
use bellhop::secret::{Root, SecretString};
use bellhop::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything takes.
const SOON: Duration = Duration::from_secs(20);

/// The bot, running.
struct Bot {
    app: App,
    door: Arc<Discord>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

/// A Discord with one server, and a grid.
struct Scene {
    discord: Fake,
    guild: Id,
    hall: Id,
    ada: Id,
    world: Arc<World>,
    grid: Grid,
    store: Store,
    config: Config,
}

impl Scene {
    async fn new() -> Self {
        Self::behaving(Behaviour::default()).await
    }

    async fn behaving(behaviour: Behaviour) -> Self {
        let discord = Fake::with(behaviour).await;
        let guild = discord.guild("farmers");
        let hall = discord.channel(guild, "hall");
        let ada = discord.person("ada", "en-US");
        let pace = Pace::Every(Duration::from_millis(100));
        let options = Options { nodes: 15, farms: 5, instant_boots: true, pace, ..Options::new(7) };
        let (world, grid) = in_process(options, Clock::system()).await.unwrap();
        let config = Config { api: discord.url(), ..Config::default() };
        Self { discord, guild, hall, ada, world, grid, store: Store::temporary().unwrap(), config }
    }

    /// The bot starts, and its server is admitted.
    async fn bot(&self) -> Bot {
        let bot = self.bot_without_rights().await;
        bot.app.house.people.rooms().admit(&format!("discord|{}", self.guild), "owner").await.unwrap();
        bot
    }

    async fn bot_without_rights(&self) -> Bot {
        let app = App::open(Parts {
            store: self.store.clone(),
            clock: Clock::system(),
            dice: Dice::system(),
            grid: self.grid.clone(),
            root: Root::new([7; 32]),
            sponsor: None,
            treasury: None,
            people: bellhop::people::Config::default(),
            deploy: bellhop::deploy::Config::default(),
        })
        .await
        .unwrap();
        let door = Discord::open(self.door(&app)).await.unwrap();
        let stop = CancellationToken::new();
        let (desk, delivery) = (app.desk.clone(), app.delivery.clone());
        let serving = tokio::spawn(bellhop::platforms::converse(door.clone(), desk, delivery, stop.clone()));
        if self.config.mode == Mode::Gateway {
            let shards = self.config.shards.unwrap_or(1) as usize;
            assert!(self.discord.online(shards).await, "the bot never came: {:?}", self.discord.violations());
        }
        Bot { app, door, serving, stop }
    }

    fn door(&self, app: &App) -> Door {
        Door {
            config: self.config.clone(),
            token: SecretString::from(self.discord.token()),
            suggest: suggestions(&app.house),
            voices: app.house.voices.clone(),
            meters: app.house.meters.clone(),
            clock: app.house.clock.clone(),
        }
    }

    /// Types a command, and sees the message that becomes its answer.
    async fn slash(&self, who: Id, line: &str) -> Answered {
        self.discord.slash(who, self.hall, line).await.unwrap_or_else(|snag| panic!("{line}: {snag:?}"))
    }

    /// What somebody sees once it says this.
    async fn sees(&self, who: Id, words: &str) -> Shown {
        let found =
            tokio::time::timeout(SOON, self.discord.wait_for(who, |shown| plain(&shown.content).contains(words)));
        match found.await {
            Ok(shown) => shown,
            Err(_) => panic!("{words:?} never came; there is: {:#?}", self.discord.newest(who)),
        }
    }

    /// The hall, as an ask from there names it.
    fn room(&self) -> Room {
        let group = Some(self.guild.to_string());
        Room { platform: PlatformName::Discord, id: self.hall.to_string(), private: false, group }
    }

    /// Ends the story: Discord has nothing to complain of, nothing is left on the grid.
    async fn end(self, bot: Bot) {
        bot.stop().await;
        assert_eq!(self.discord.violations(), Vec::<String>::new());
        assert_eq!(self.discord.pings().len(), 0, "somebody was called who should not be");
        drop(self.world);
    }
}

impl Bot {
    /// Stops in order.
    async fn stop(self) {
        self.door.close(Duration::from_secs(5)).await;
        self.stop.cancel();
        self.serving.await.unwrap();
        self.app.close().await;
    }
}

/// Without the backslashes of Markdown.
fn plain(content: &str) -> String {
    content.replace('\\', "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wizard_leads_from_a_slash_command_to_a_running_node_on_one_message() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let (discord, ada) = (&scene.discord, scene.ada);

    let asked = scene.slash(ada, "/deploy").await;
    assert_eq!(asked.first, First::Thinking);
    let card = scene.sees(ada, "What would you like to run?").await;
    assert_eq!(Some(card.id), asked.message, "the placeholder becomes the answer");
    assert_eq!(card.labels(), ["Casper", "Plain machine"]);

    assert_eq!(discord.press(ada, "Plain machine").await.unwrap().first, First::Noted);
    let plan = scene.sees(ada, "Ready to start: Plain machine").await;
    assert_eq!(plan.id, card.id, "one card, edited in place");

    // More than five choices are a list.
    discord.press(ada, "Change place").await.unwrap();
    let question = scene.sees(ada, "Where?").await;
    assert_eq!(question.selects.len(), 1, "{question:?}");
    discord.choose(ada, "Asia").await.unwrap();
    scene.sees(ada, "Ready to start: Plain machine, small, in").await;

    // Several texts are one dialog.
    assert_eq!(discord.press(ada, "Name and SSH key").await.unwrap().first, First::Modal);
    let dialog = discord.modal(ada).unwrap();
    assert_eq!(dialog.inputs.len(), 2, "{dialog:?}");
    let filled = discord.answer_modal(ada, &[("name", "orchid")]).await.unwrap();
    assert_eq!(filled.first, First::Noted);
    let plan = scene.sees(ada, "named orchid").await;
    assert_eq!(plan.id, card.id);

    discord.press(ada, "Accept the terms and deploy").await.unwrap();
    let running = scene.sees(ada, "orchid runs").await;
    assert!(running.content.contains("```\n"), "what is to be copied stands alone: {}", running.content);

    // What was told is said in one line too.
    scene.slash(ada, "/destroy orchid now:yes").await;
    scene.sees(ada, "orchid is gone").await;
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_line_deploys_under_a_card_with_a_thread() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    scene.slash(scene.ada, "/deploy recipe:vm name:fern size:small terms:yes now:yes").await;
    let running = scene.sees(scene.ada, "fern runs").await;
    assert_eq!(running.channel, scene.hall);
    let threads = scene.discord.threads(scene.hall);
    assert_eq!(threads.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["fern"]);
    // Edits go by the bot's own token: nothing depends on the fifteen minutes.
    let edits = |route: &str| scene.discord.requests().iter().filter(|request| request.route == route).count();
    assert!(edits("PATCH /channels/{id}/messages/{id}") > 0, "{:#?}", routes(&scene.discord));
    scene.discord.expire_tokens();
    scene.slash(scene.ada, "/destroy fern now:yes").await;
    let gone = scene.discord.until(SOON, || {
        scene.discord.shown(scene.ada, running.id).is_some_and(|shown| plain(&shown.content).contains("fern is gone"))
    });
    assert!(gone.await, "the first card is kept true too");
    scene.end(bot).await;
}

fn routes(discord: &Fake) -> Vec<String> {
    discord.requests().iter().map(|request| request.route.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_french_everything_is_french_even_the_commands_names() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let zoe = scene.discord.person("zoé", "fr");
    scene.slash(zoe, "/déployer recette:vm").await;
    let plan = scene.sees(zoe, "Prêt à démarrer").await;
    let name = plan.labels().into_iter().find(|label| label.starts_with("Nom")).unwrap().to_owned();
    scene.discord.press(zoe, &name).await.unwrap();
    let dialog = scene.discord.modal(zoe).unwrap();
    assert!(dialog.inputs.iter().any(|input| input.label == "Comment l’appeler"), "{dialog:?}");
    let regions = scene.discord.autocomplete(zoe, scene.hall, "/deploy", "region", "eu", &[]).await.unwrap();
    assert_eq!(regions.len(), 1);
    assert_eq!(regions[0].1, "europe");
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_private_only_its_person_sees() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let bob = scene.discord.person("bob", "en-US");
    scene.slash(scene.ada, "/me").await;
    let own = scene.sees(scene.ada, "You are").await;
    assert!(own.ephemeral);
    assert!(scene.discord.see(bob, scene.hall).iter().all(|shown| !plain(&shown.content).contains("You are")));

    // Another's button gets a polite no, at once and in private; the card stays as it is.
    scene.slash(scene.ada, "/deploy").await;
    let card = scene.sees(scene.ada, "What would you like to run?").await;
    let no = scene.discord.press_on(bob, card.id, "Casper").await.unwrap();
    assert_eq!(no.first, First::Message);
    let no = scene.discord.shown(bob, no.message.unwrap()).unwrap();
    assert!(no.ephemeral && plain(&no.content).contains("ada"), "{no:?}");
    assert_eq!(scene.discord.shown(scene.ada, card.id).unwrap().content, card.content);
    assert!(scene.discord.see(scene.ada, scene.hall).iter().all(|shown| shown.id != no.id));
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_heard_in_private_and_when_they_name_the_bot() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let name = format!("<@{}> /recipes", scene.discord.bot());
    scene.discord.says(scene.ada, scene.hall, "/list");
    scene.discord.says(scene.ada, scene.hall, &name);
    scene.sees(scene.ada, "Casper").await;
    let replies = scene.discord.see(scene.ada, scene.hall);
    assert_eq!(replies.iter().filter(|shown| shown.author == scene.discord.bot()).count(), 1);
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_are_written_once_and_looked_at_by_check() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    assert_eq!(scene.discord.command_writes(), 1);
    bot.stop().await;
    let bot = scene.bot().await;
    assert_eq!(scene.discord.command_writes(), 1, "nothing differed");
    let token = SecretString::from(scene.discord.token());
    let found = discord::check(&scene.config, &token, &bot.app.house.voices).await;
    assert!(found.iter().all(|finding| finding.state == State::Ok), "{found:#?}");
    let wrong = discord::check(&scene.config, &SecretString::from("wrong"), &bot.app.house.voices).await;
    assert!(matches!(wrong.as_slice(), [finding] if finding.state == State::Bad), "{wrong:#?}");
    let opened = Discord::open(Door { token: SecretString::from("wrong"), ..scene.door(&bot.app) }).await;
    assert!(matches!(opened, Err(discord::OpenError::Token)));
    scene.discord.forgive();
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_taken_up_again() {
    let behaviour = Behaviour { heartbeat: Duration::from_millis(300), ..Behaviour::default() };
    let scene = Scene::behaving(behaviour).await;
    let bot = scene.bot().await;
    let answers = async |why: &str| {
        let answered = scene.discord.slash(scene.ada, scene.hall, "/help").await;
        assert!(answered.is_ok(), "after {why}: {answered:?}");
    };
    answers("nothing").await;
    scene.discord.ask_to_reconnect();
    assert!(scene.discord.until(SOON, || scene.discord.resumed() == 1).await, "op 7 is resumed");
    answers("op 7").await;
    scene.discord.close(4000);
    assert!(scene.discord.until(SOON, || scene.discord.resumed() == 2).await, "a close is resumed");
    answers("a close").await;
    scene.discord.cut();
    assert!(scene.discord.until(SOON, || scene.discord.resumed() == 3).await, "a cut is resumed");
    answers("a cut").await;
    let before = scene.discord.identified();
    scene.discord.invalidate(false);
    assert!(scene.discord.until(SOON, || scene.discord.identified() > before).await, "op 9 is a new session");
    assert!(scene.discord.online(1).await);
    answers("op 9").await;
    // Nobody says that it ended: only the missing heartbeats tell.
    let before = scene.discord.identified() + scene.discord.resumed();
    scene.discord.half_open();
    assert!(
        scene.discord.until(SOON, || scene.discord.identified() + scene.discord.resumed() > before).await,
        "a half-open socket is given up"
    );
    answers("half-open").await;
    // What cannot be read is counted.
    let help = scene.discord.prepare(scene.ada, scene.hall, "/help").unwrap();
    scene.discord.fire_broken(&help, "locale");
    let meters: &Meters = &bot.app.house.meters;
    let counted = async {
        while !meters.text().contains("bellhop_unknown_total{platform=\"discord\"} 1") {
            answers("an unreadable event").await;
        }
    };
    assert!(tokio::time::timeout(SOON, counted).await.is_ok(), "{}", meters.text());
    assert!(meters.text().contains("bellhop_link_up{platform=\"discord\",link=\"0\"} 1"), "{}", meters.text());
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_shard_cannot_be_brought_back_serving_ends() {
    let behaviour = Behaviour { heartbeat: Duration::from_millis(300), ..Behaviour::default() };
    let mut scene = Scene::behaving(behaviour).await;
    scene.config.patience = 1;
    let bot = scene.bot().await;
    scene.slash(scene.ada, "/help").await;
    scene.discord.outage(true);
    scene.discord.cut();
    let Bot { serving, app, .. } = bot;
    tokio::time::timeout(2 * SOON, serving).await.expect("whoever supervises it is told").unwrap();
    assert!(app.house.meters.text().contains("bellhop_link_up{platform=\"discord\",link=\"0\"} 0"));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_bot_sees_nothing_the_interactions_token_carries_the_conversation() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    scene.discord.forbid(scene.hall, bits::VIEW_CHANNEL | bits::SEND_MESSAGES);
    scene.slash(scene.ada, "/deploy").await;
    let card = scene.sees(scene.ada, "What would you like to run?").await;
    scene.discord.press(scene.ada, "Plain machine").await.unwrap();
    assert_eq!(scene.sees(scene.ada, "Ready to start: Plain machine").await.id, card.id);
    scene.discord.press(scene.ada, "Accept the terms and deploy").await.unwrap();
    scene.sees(scene.ada, "vm runs").await;
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_said_in_a_room_is_answered_in_private() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let secret = format!("<@{}> my key is 0x{}", scene.discord.bot(), "ab".repeat(32));
    scene.discord.says(scene.ada, scene.hall, &secret);
    let dm = scene.discord.dm(scene.ada);
    let warned = scene.discord.until(SOON, || scene.discord.see(scene.ada, dm).iter().any(|shown| !shown.ephemeral));
    assert!(warned.await, "{:#?}", routes(&scene.discord));
    assert!(scene.discord.see(scene.ada, scene.hall).iter().all(|shown| shown.author == scene.ada));
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_private_chat_the_whole_story_is_told_there() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let dm = scene.discord.dm(scene.ada);
    // Whoever has spoken in an admitted server is served in private too.
    scene.slash(scene.ada, "/help").await;
    scene.sees(scene.ada, "/deploy").await;
    scene.discord.slash(scene.ada, dm, "/me").await.unwrap();
    let own = scene.sees(scene.ada, "You are").await;
    assert_eq!((own.channel, own.ephemeral), (dm, false));
    scene.discord.says(scene.ada, dm, "/deploy vm name:moss terms:yes now:yes");
    let running = scene.sees(scene.ada, "moss runs").await;
    assert_eq!(running.channel, dm);
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_an_endpoint_it_is_the_same_and_forgeries_are_refused() {
    let mut scene = Scene::new().await;
    scene.config.mode = Mode::Http;
    scene.config.listen = ([127, 0, 0, 1], 0).into();
    scene.config.public_key = scene.discord.public_key();
    let bot = scene.bot().await;
    let url = format!("http://{}{}", bot.door.endpoint().unwrap(), scene.config.path);
    let (status, pong) = scene.discord.ping(&url).await.unwrap();
    assert_eq!((status, &pong["type"]), (200, &serde_json::json!(1)));
    assert_eq!(scene.discord.ping_with_bad_signature(&url).await, Ok(401));
    assert_eq!(scene.discord.ping_of_old(&url, 600).await, Ok(401));

    scene.discord.deliver_to(&url);
    let bob = scene.discord.person("bob", "en-US");
    assert_eq!(scene.slash(scene.ada, "/deploy").await.first, First::Thinking);
    let card = scene.sees(scene.ada, "What would you like to run?").await;
    // The edge knows nobody, so the no comes a moment later.
    assert_eq!(scene.discord.press_on(bob, card.id, "Plain machine").await.unwrap().first, First::Noted);
    assert!(scene.sees(bob, "ada").await.ephemeral);
    assert_eq!(scene.discord.press(scene.ada, "Plain machine").await.unwrap().first, First::Noted);
    scene.sees(scene.ada, "Ready to start: Plain machine").await;
    assert_eq!(scene.discord.press(scene.ada, "Name and SSH key").await.unwrap().first, First::Modal);
    scene.discord.answer_modal(scene.ada, &[("name", "lily")]).await.unwrap();
    scene.sees(scene.ada, "named lily").await;
    let sizes = scene.discord.autocomplete(scene.ada, scene.hall, "/deploy", "recipe", "", &[]).await.unwrap();
    assert_eq!(sizes.len(), 2);
    scene.slash(scene.ada, "/me").await;
    assert!(scene.sees(scene.ada, "You are").await.ephemeral);
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_loses_neither_a_wizard_nor_a_progress_message() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    scene.slash(scene.ada, "/deploy").await;
    let card = scene.sees(scene.ada, "What would you like to run?").await;
    bot.stop().await;

    let bot = scene.bot().await;
    scene.discord.press(scene.ada, "Plain machine").await.unwrap();
    let plan = scene.sees(scene.ada, "Ready to start: Plain machine").await;
    assert_eq!(plan.id, card.id);
    scene.discord.press(scene.ada, "Accept the terms and deploy").await.unwrap();
    let under_way = scene.sees(scene.ada, "vm ").await;
    bot.stop().await;

    scene.discord.expire_tokens();
    let bot = scene.bot().await;
    let running = scene.sees(scene.ada, "vm runs").await;
    assert_eq!(running.id, under_way.id, "the same message goes on being edited");
    scene.slash(scene.ada, "/destroy vm now:yes").await;
    scene.sees(scene.ada, "vm is gone").await;
    scene.end(bot).await;
}

// The verbs by themselves, as delivery uses them.

fn card(title: &str, lines: usize, button: Option<&str>) -> Card<String> {
    let button = button.map(|id| Button {
        text: "Go on".to_owned(),
        style: ButtonStyle::Primary,
        urge: None,
        press: Some(Press { id: id.to_owned() }),
        asks: None,
    });
    Card {
        tone: Tone::Plain,
        title: title.to_owned(),
        blocks: (0..lines).map(|at| Block::Text(format!("line {at} {}", "x".repeat(90)))).collect(),
        buttons: button.into_iter().collect(),
        question: None,
        language: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_long_comes_in_parts_or_as_a_file_and_is_replaced_as_one() {
    // How often may be written is delivery's business.
    let scene = Scene::behaving(Behaviour { limits: false, ..Behaviour::default() }).await;
    let bot = scene.bot().await;
    let room = scene.room();
    let post = async |nonce: &str, card: &Card<String>| {
        let post = Post {
            nonce,
            ask: None,
            room: &room,
            audience: Audience::Room,
            topic: None,
            card,
            call: None,
            under: None,
        };
        bot.door.post(post).await
    };
    let shown = |anchor: &Anchor| -> Vec<Shown> {
        let ids = anchor.message.split('+').map(|id| id.parse().unwrap());
        ids.filter_map(|id| scene.discord.shown(scene.ada, id)).collect()
    };
    let long = card("Parts", 50, Some("00000000000000000000000a"));
    let parts = post("first", &long).await.unwrap();
    assert_eq!(shown(&parts).len(), 3, "{parts:?}");
    assert_eq!(post("first", &long).await.unwrap(), parts, "sent again, it is the same message");
    let buttons: Vec<usize> = shown(&parts).iter().map(|shown| shown.buttons.len()).collect();
    assert_eq!(buttons, [0, 0, 1]);

    // A press of the last part is a press of the whole: the answer takes the place of all of them.
    scene.discord.press(scene.ada, "Go on").await.unwrap();
    scene.sees(scene.ada, "button").await;
    let gone = scene.discord.until(SOON, || shown(&parts).len() == 1);
    assert!(gone.await, "{:#?}", shown(&parts));
    assert!(!shown(&parts)[0].content.contains("Parts"));

    let file = post("second", &card("File", 500, None)).await.unwrap();
    let [message] = shown(&file).try_into().unwrap();
    assert_eq!(message.files.len(), 1);
    assert!(String::from_utf8_lossy(&message.files[0].bytes).contains("line 499"));
    let short = bot.door.edit(&file, &card("Short", 1, None), None).await.unwrap();
    assert_eq!(short, file);
    assert_eq!(shown(&short)[0].files.len(), 0, "the file goes with the long text");
    let longer = bot.door.edit(&short, &card("Longer", 30, None), None).await.unwrap();
    assert_eq!(shown(&longer).len(), 2);
    scene.discord.delete_message(shown(&longer)[0].id);
    let lost = bot.door.edit(&longer, &card("Lost", 1, None), None).await;
    assert!(matches!(lost, Err(PlatformError::Gone(_))), "{lost:?}");
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_called_in_the_thread_and_nobody_else_is() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    scene.slash(scene.ada, "/deploy recipe:vm name:fern size:small terms:yes now:yes").await;
    let running = scene.sees(scene.ada, "fern runs").await;
    let room = scene.room();
    let person = Person { platform: PlatformName::Discord, id: scene.ada.to_string(), name: "ada".to_owned() };
    let under = Anchor { platform: PlatformName::Discord, room: room.clone(), message: running.id.to_string() };
    let topic = Topic::Deployment("fern".to_owned());
    let ready = card("fern runs @everyone <@1>", 0, None);
    let call = |under| Post {
        nonce: "call",
        ask: None,
        room: &room,
        audience: Audience::Room,
        topic: Some(&topic),
        card: &ready,
        call: Some(&person),
        under,
    };
    let called = bot.door.post(call(Some(&under))).await.unwrap();
    assert_eq!(called.room.id, running.id.to_string(), "in the thread");
    // Where there is no thread, it answers the message.
    let plain = bot.door.post(Post { nonce: "plain", ask: None, call: None, under: None, ..call(None) }).await.unwrap();
    let answer = bot.door.post(Post { nonce: "again", ..call(Some(&plain)) }).await.unwrap();
    let answer = scene.discord.shown(scene.ada, answer.message.parse().unwrap()).unwrap();
    assert_eq!((answer.channel, answer.reply_to), (scene.hall, Some(plain.message.parse().unwrap())));
    let called: Vec<String> = scene.discord.called().into_iter().map(|ping| ping.whom).collect();
    assert_eq!(called, [scene.ada.to_string(), scene.ada.to_string()]);
    scene.end(bot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn troubles_have_their_class() {
    let scene = Scene::new().await;
    let bot = scene.bot().await;
    let (room, short) = (scene.room(), card("Short", 1, None));
    let post = async |nonce: &str, room: &Room| {
        let post = Post {
            nonce,
            ask: None,
            room,
            audience: Audience::Room,
            topic: None,
            card: &short,
            call: None,
            under: None,
        };
        bot.door.post(post).await
    };
    let route = "POST /channels/{id}/messages";
    scene.discord.limit(route, 1, Duration::from_secs(2));
    let Err(PlatformError::Passing { after: Some(after), everywhere: false, .. }) = post("one", &room).await else {
        panic!("a limit is told");
    };
    assert!(after >= Duration::from_secs(1), "{after:?}");
    let before = scene.discord.request_count();
    let again = post("two", &room).await;
    assert!(matches!(again, Err(PlatformError::Passing { after: Some(_), .. })), "{again:?}");
    assert_eq!(scene.discord.request_count(), before, "nothing is sent while the route has nothing left");
    let other = scene.discord.channel(scene.guild, "other");
    let other = Room { id: other.to_string(), ..room.clone() };
    scene.discord.fail(route, 1, 503);
    assert!(matches!(post("three", &other).await, Err(PlatformError::Passing { after: None, .. })));
    let kept = post("four", &other).await.unwrap();
    scene.discord.forbid(other.id.parse().unwrap(), bits::VIEW_CHANNEL);
    assert!(matches!(post("five", &other).await, Err(PlatformError::Closed(_))));
    assert!(matches!(bot.door.edit(&kept, &short, None).await, Err(PlatformError::Closed(_))));
    scene.discord.delete_channel(other.id.parse().unwrap());
    assert!(matches!(post("six", &other).await, Err(PlatformError::Closed(_))));
    scene.end(bot).await;
}
