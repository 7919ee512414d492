//! Opening the door: tokens, the menu, the webhook, another program at the same bot, what `check` finds.

use super::{Hall, config, refused};
use crate::doors::telegram::{Options, TOKEN, Telegram};
use bellhop::platforms::telegram::{Config, Mode, check};
use bellhop::platforms::{OpenError, State};
use bellhop::secret::SecretString;
use bellhop::speech::Voices;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

#[tokio::test]
async fn a_wrong_token_is_told_and_not_shown() {
    let fake = Telegram::run(Options::default()).await;
    let wrong = "123456:AAWrongTokenWrongTokenWrongTokenWro";
    let error = refused(config(&fake), wrong).await;
    assert!(matches!(error, OpenError::Never { .. }), "{error}");
    assert!(error.to_string().contains("BotFather") && !error.to_string().contains(wrong), "{error}");
    let nowhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let error = refused(Config { api: format!("http://{nowhere}"), ..config(&fake) }, TOKEN).await;
    assert!(matches!(error, OpenError::Passing(_)) && !error.to_string().contains(TOKEN), "{error}");
    let error = refused(Config { api: "telegram".into(), ..config(&fake) }, TOKEN).await;
    assert!(matches!(error, OpenError::Never { .. }), "{error}");
}

#[tokio::test]
async fn the_menu_is_written_once() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    assert!(hall.fake.until(|counters| counters.of("setMyShortDescription") == 2).await);
    let menu = hall.fake.menu(ada, hall.fake.private(ada));
    assert!(menu.iter().any(|(name, _)| name == "deploy"), "{menu:?}");
    let token = SecretString::from(TOKEN.to_owned());
    assert!(hall.fake.until(|counters| counters.of("getMyShortDescription") == 4).await);
    let findings = check(&config(&hall.fake), &token, &Voices::load()).await;
    assert!(findings.iter().all(|finding| finding.state == State::Ok), "{findings:?}");
    let written = |hall: &Hall| hall.fake.counters().of("setMyCommands");
    let before = written(&hall);
    let hall = hall.restart().await;
    assert!(hall.fake.until(|counters| counters.of("getMyShortDescription") == 8).await);
    assert_eq!((before, written(&hall)), (4, 4), "what is the same is not written again");
    hall.close().await;
}

fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn the_webhook_tells_the_same_and_only_telegram_may_call_it() {
    let fake = Telegram::run(Options { limits: false, ..Options::default() }).await;
    let listen = free();
    let url = format!("http://{listen}/telegram/updates");
    let settings = Config { mode: Mode::Webhook, listen, url: url.clone(), ..config(&fake) };
    let hall = Hall::with(fake, settings.clone()).await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    hall.say(ada, "/deploy", "What would you like to run?").await;
    hall.press(ada, "Casper", "Ready to start").await;
    let client = reqwest::Client::new();
    for secret in [None, Some("wrong")] {
        let mut request = client.post(&url).body(r#"{"update_id":1}"#);
        if let Some(secret) = secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    let findings = check(&settings, &SecretString::from(TOKEN.to_owned()), &Voices::load()).await;
    assert!(findings.iter().all(|finding| !finding.said.contains("webhook")), "{findings:?}");
    // Back to polling: the webhook is taken away, and nothing is lost.
    let Hall { fake, app, door, serving, stop, world, .. } = hall;
    let (store, grid) = (app.house.store.clone(), app.house.grid.clone());
    stop.cancel();
    door.close(std::time::Duration::from_secs(3)).await;
    serving.await.unwrap();
    app.close().await;
    fake.say(ada, fake.private(ada), "/list");
    let settings = config(&fake);
    let hall = Hall::build(fake, settings, world, grid, store).await;
    hall.sees(ada, "You have no nodes").await;
    hall.close().await;
}

#[tokio::test]
async fn another_program_at_the_same_bot_is_outlived() {
    let hall = Hall::open().await;
    let ada = hall.fake.user("Ada", Some("en"));
    hall.fake.start(ada, None);
    hall.sees(ada, "Bellhop").await;
    let rival = format!("{}bot{TOKEN}/getUpdates", hall.fake.url());
    let polls = hall.fake.counters().of("getUpdates");
    reqwest::get(rival).await.unwrap();
    assert!(hall.fake.until(|counters| counters.of("getUpdates") >= polls + 2).await);
    hall.say(ada, "/list", "You have no nodes").await;
    hall.close().await;
}
