//! `bellhop serve` as a process, against a Discord and a Telegram of our own at once.
//!
//! Whatever it tried to reach besides them would show: its environment names a recorder as proxy for everything, and
//! nothing may be heard there.

mod trouble;

use super::{Home, PATIENCE, QUICK, Running};
use crate::doors::discord::{Discord, model::Id};
use crate::doors::telegram::{self, Telegram};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Both platforms, with somebody on each.
struct Both {
    discord: Discord,
    hall: Id,
    ada: Id,
    telegram: Telegram,
    bob: telegram::Person,
    strays: Arc<AtomicU32>,
    proxy: String,
    /// Where the pages for machines are: chosen before, so that a restart has the same.
    pages: String,
}

impl Both {
    async fn new() -> Self {
        let discord = Discord::start().await;
        let guild = discord.guild("farmers");
        let (hall, ada) = (discord.channel(guild, "hall"), discord.person("ada", "en-US"));
        let telegram = Telegram::run(telegram::Options { limits: false, ..telegram::Options::default() }).await;
        let bob = telegram.user("Bob", Some("fr"));
        let strays = Arc::new(AtomicU32::new(0));
        let recorder = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", recorder.local_addr().unwrap());
        let heard = strays.clone();
        tokio::spawn(async move {
            while recorder.accept().await.is_ok() {
                heard.fetch_add(1, Ordering::SeqCst);
            }
        });
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        Self { discord, hall, ada, telegram, bob, strays, proxy, pages: free.to_string() }
    }

    fn config(&self, home: &Home) {
        let telegram = self.telegram.url().to_string();
        let text = format!(
            "[people]\nopen_private = true\n[web]\nlisten = {:?}\n[discord]\napi = {:?}\n[telegram]\napi = {telegram:?}\n",
            self.pages,
            self.discord.url(),
        );
        std::fs::write(home.at("bellhop.toml"), text).unwrap();
    }

    /// Starts it, with tokens and with nowhere else to go.
    fn serve(&self, home: &Home, tokens: (&str, &str), seed: &str) -> Running {
        self.serve_with(home, tokens, seed, &[], &[])
    }

    /// The same, with more arguments and more in its environment.
    fn serve_with(
        &self,
        home: &Home,
        tokens: (&str, &str),
        seed: &str,
        more: &[&str],
        env_too: &[(&str, &str)],
    ) -> Running {
        self.config(home);
        let args = [&["serve", "--config", "bellhop.toml", "--data", "data", "--seed", seed], QUICK, more].concat();
        let proxy = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
        let env = proxy.map(|name| (name, self.proxy.as_str())).into_iter();
        let env = env.chain([("NO_PROXY", "127.0.0.0/8,127.0.0.1"), ("BELLHOP_DISCORD_TOKEN", tokens.0)]);
        let env = env.chain([("BELLHOP_TELEGRAM_TOKEN", tokens.1)]).chain(env_too.iter().copied());
        home.start_with(&args, &env.collect::<Vec<_>>())
    }

    async fn get(&self, page: &str) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://{}/{page}", self.pages)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until what was sent is also noted as sent: a kill in between would say it once more (Telegram cannot tell).
    async fn noted(&self) {
        for _ in 0..200 {
            let (_, metrics) = self.get("metrics").await;
            let none = |platform: &str| metrics.contains(&format!("outbox_waiting{{platform=\"{platform}\"}} 0"));
            if none("discord") && none("telegram") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("something still waits to be sent");
    }

    fn end(self) {
        assert_eq!(self.discord.violations(), Vec::<String>::new());
        assert_eq!(self.telegram.violations(), Vec::<String>::new());
        assert_eq!(self.strays.load(Ordering::SeqCst), 0, "it tried to reach somebody else");
    }
}

/// Tells a process to end, as a supervisor does, and sees that it does so in time.
async fn terminate(running: Running) -> super::Ended {
    let began = Instant::now();
    running.signal("TERM").await;
    let ended = running.end().await.expect(0);
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?} to stop", began.elapsed());
    ended
}

#[tokio::test]
async fn both_platforms_at_once_from_the_first_start_to_the_node_that_runs() {
    let (home, both) = (Home::new(), Both::new().await);
    let tokens = (both.discord.token(), telegram::TOKEN);
    let mut running = both.serve(&home, (&tokens.0, tokens.1), "46");
    let owner = running.until("private chat: /claim ").await;
    let claim = owner.split("/claim ").nth(1).unwrap().trim().to_owned();
    let said = running.until_all(&["discord   ", "telegram  ", "oauth2/authorize", "startgroup="]).await;
    let invite = said.iter().find(|line| line.contains("oauth2/authorize")).unwrap();
    assert!(invite.contains("permissions=") && invite.contains("scope=bot+applications.commands"), "{invite}");
    assert!(both.discord.online(1).await);

    // An unknown server gets help only, until its owner admits it.
    both.discord.slash(both.ada, both.hall, "/list").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("I do not serve this room")).await;
    let dm = both.discord.dm(both.ada);
    both.discord.slash(both.ada, dm, &format!("/claim {claim}")).await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("You are the owner")).await;
    both.discord.slash(both.ada, both.hall, "/claim").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.labels().contains(&"Admit this room")).await;
    both.discord.press(both.ada, "Admit this room").await.unwrap();
    both.discord.slash(both.ada, both.hall, "/deploy casper name:orchid size:small terms:yes now:yes").await.unwrap();

    // Meanwhile somebody else, elsewhere, in another language.
    let private = both.telegram.private(both.bob);
    both.telegram.start(both.bob, Some("deploy-vm"));
    both.telegram.wait_for(both.bob, |shown| shown.text.contains("Prêt à démarrer")).await;
    both.telegram.press(both.bob, "Accepter les conditions et déployer").await.unwrap();
    both.telegram.wait_for(both.bob, |shown| shown.text.contains("vm tourne")).await;
    both.discord.wait_for(both.ada, |shown| shown.content.contains("orchid runs")).await;

    let (status, health) = both.get("health").await;
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, health["status"].as_str()), (200, Some("ok")), "{health}");
    assert_eq!(health["platforms"]["discord"]["door"], "open");
    let (status, metrics) = both.get("metrics").await;
    assert_eq!(status, 200);
    for counted in
        ["bellhop_asks_total{platform=\"discord\"", "bellhop_sends_total{platform=\"telegram\"", "bellhop_link_up"]
    {
        assert!(metrics.contains(counted), "{counted} is not in\n{metrics}");
    }
    assert!(!metrics.contains("orchid") && !metrics.contains("Bob"), "{metrics}");
    assert_eq!(both.get("secrets").await.0, 404);

    // Told to stop, it stops; started again, it goes on: the same buttons, the same message.
    let ended = terminate(running).await;
    let invite = format!("client_id={}&scope=bot+applications.commands&permissions=", both.discord.application());
    assert!(ended.out.contains(&invite) && ended.out.contains("?startgroup="), "{}", ended.out);
    let mut running = both.serve(&home, (&tokens.0, tokens.1), "46");
    running.until_all(&["discord   ", "telegram  "]).await;
    let card = both.telegram.wait_for(both.bob, |shown| shown.text.contains("vm tourne")).await;
    both.telegram.say(both.bob, private, "/destroy vm now:yes");
    both.telegram.wait_for(both.bob, |shown| shown.id == card.id && !shown.text.contains("vm tourne")).await;
    assert!(both.discord.online(1).await);
    both.discord.slash(both.ada, both.hall, "/destroy orchid now:yes").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("orchid is gone")).await;
    both.telegram.wait_for(both.bob, |shown| shown.text.contains("vm n’existe plus")).await;
    let again = terminate(running).await;
    for said in [&ended.out, &ended.err, &again.out, &again.err] {
        assert!(!said.contains(&tokens.0) && !said.contains("AAFakeToken"), "a token was shown");
    }
    assert!(!again.out.contains("oauth2/authorize"), "the guide is for the first start");
    both.end();
    home.nothing_is_left_in("data", "46").await;
}

#[tokio::test]
async fn killed_in_mid_wizard_and_in_mid_deployment_it_goes_on() {
    let (home, both) = (Home::new(), Both::new().await);
    let tokens = (both.discord.token(), telegram::TOKEN);
    let serve = async || {
        let mut running = both.serve(&home, (&tokens.0, tokens.1), "48");
        running.until_all(&["discord   ", "telegram  "]).await;
        assert!(both.discord.online(1).await);
        running
    };
    let running = serve().await;
    let dm = both.discord.dm(both.ada);
    both.discord.slash(both.ada, dm, "/deploy").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.labels().contains(&"Casper")).await;
    both.telegram.start(both.bob, Some("deploy-vm"));
    let plan = both.telegram.wait_for(both.bob, |shown| shown.text.contains("Prêt à démarrer")).await;
    both.noted().await;
    running.kill().await;

    // The old buttons work; a quick grid may be done before anybody looks.
    let running = serve().await;
    both.telegram.press(both.bob, "Accepter les conditions et déployer").await.unwrap();
    both.telegram.wait_for(both.bob, |shown| shown.id == plan.id && !shown.text.contains("Prêt")).await;
    running.kill().await;

    // The same message goes on being edited, and there is one node, not two.
    let running = serve().await;
    both.telegram.wait_for(both.bob, |shown| shown.id == plan.id && shown.text.contains("vm tourne")).await;
    both.discord.press(both.ada, "Casper").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("Ready to start")).await;
    both.telegram.say(both.bob, both.telegram.private(both.bob), "/list");
    both.telegram.wait_for(both.bob, |shown| shown.text.contains("Vous avez un nœud")).await;
    both.telegram.say(both.bob, both.telegram.private(both.bob), "/destroy vm now:yes");
    both.telegram.wait_for(both.bob, |shown| shown.text.contains("vm n’existe plus")).await;
    terminate(running).await;
    both.end();
    home.nothing_is_left_in("data", "48").await;
}

#[tokio::test]
async fn wrong_tokens_are_told_without_being_shown() {
    let (home, both) = (Home::new(), Both::new().await);
    let wrong = ("MTIzNDU2Nzg5MDEyMzQ1Njc4.wrong.token-of-nobody", "123456:AAWrongTokenOfThirtyFiveCharacters_-");
    let running = both.serve(&home, wrong, "47");
    let ended = tokio::time::timeout(PATIENCE, running.end()).await.unwrap().expect(3);
    for words in ["Discord does not know this token", "Telegram does not know the bot’s token", "@BotFather"] {
        assert!(ended.err.contains(words), "{words:?} is not in {}", ended.err);
    }
    for said in [&ended.out, &ended.err] {
        assert!(!said.contains("token-of-nobody") && !said.contains("AAWrongToken"), "a token was shown");
    }
    assert_eq!(both.strays.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn check_looks_at_the_platforms_too() {
    let (home, both) = (Home::new(), Both::new().await);
    both.config(&home);
    let token = both.discord.token();
    let env = [("BELLHOP_DISCORD_TOKEN", token.as_str()), ("BELLHOP_TELEGRAM_TOKEN", telegram::TOKEN)];
    let running = home.start_with(&["check", "--json", "--config", "bellhop.toml"], &env);
    let ended = running.end().await.expect(0);
    let report = ended.json().remove(0);
    let found: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert!(found.contains(&"discord") && found.contains(&"telegram"), "{report}");
    let running = home.start_with(&["check", "--config", "bellhop.toml"], &[("BELLHOP_TELEGRAM_TOKEN", "1:AAWrong")]);
    let ended = running.end().await.expect(1);
    assert!(ended.out.contains("BAD") && !ended.out.contains("AAWrong"), "{}", ended.out);
}

#[tokio::test]
async fn without_a_token_it_says_how_to_give_one() {
    let home = Home::new();
    let ended = home.run(&["serve"], "").await.expect(1);
    for words in ["BELLHOP_DISCORD_TOKEN_FILE", "BELLHOP_TELEGRAM_TOKEN_FILE", "@BotFather", "discord.com/developers"] {
        let found = ended.out.contains(words) || words == "@BotFather" && ended.out.contains("t.me/BotFather");
        assert!(found, "{words:?} is not in {}", ended.out);
    }
}
