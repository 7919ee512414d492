//! Serving when something is wrong: one platform's trouble is its own, stopping is never held up, and no log tells a token.
//!
//! Here every connection of the process is looked at, besides: none may lead anywhere but to this computer.

use super::{Both, terminate};
use crate::doors::telegram;
use crate::program::{Home, PATIENCE, Running};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Looks at the sockets of a process, again and again: at whom it spoke to that is not on this computer.
struct Watched {
    strangers: Arc<Mutex<BTreeSet<String>>>,
    /// The looking ends when it is dropped.
    looks: Sender<()>,
}

impl Watched {
    fn new(running: &Running) -> Self {
        let id = running.child.id().unwrap();
        let strangers = Arc::<Mutex<BTreeSet<String>>>::default();
        let found = strangers.clone();
        let (looks, until) = channel();
        // Not on the thread that the platforms of our own run on: it is busy enough.
        tokio::task::spawn_blocking(move || {
            while until.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
                found.lock().unwrap().extend(strangers_of(id));
            }
        });
        Self { strangers, looks }
    }

    fn end(self) {
        drop(self.looks);
        assert_eq!(*self.strangers.lock().unwrap(), BTreeSet::new(), "it spoke to somebody else");
    }
}

/// The peers of a process's sockets that are not on loopback; only Linux tells.
fn strangers_of(id: u32) -> Vec<String> {
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let inodes: BTreeSet<String> = open
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    for kind in ["tcp", "tcp6", "udp", "udp6"] {
        let table = std::fs::read_to_string(format!("/proc/{id}/net/{kind}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(peer), Some(inode)) = (fields.get(2), fields.get(9)) else { continue };
            let address = peer.split(':').next().unwrap();
            let unconnected = address.bytes().all(|digit| digit == b'0');
            // The bytes of each 32 bits stand backwards.
            let here = address.len() == 8 && address.ends_with("7F")
                || address == "00000000000000000000000001000000"
                || address.starts_with("0000000000000000FFFF0000") && address.ends_with("7F");
            if !unconnected && !here && inodes.contains(*inode) {
                found.push(format!("{kind} {peer}"));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_stranger_would_be_seen() {
    // Nothing is sent: a datagram socket that knows its peer is enough, and that peer is nobody (RFC 5737).
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect("192.0.2.1:9").is_err() || !std::path::Path::new("/proc/self/net/udp").exists() {
        return eprintln!("skipped: this computer has no way out, or does not tell of its sockets");
    }
    assert_eq!(strangers_of(std::process::id()), ["udp 010200C0:0009"]);
}

/// What it logged so far.
async fn logged(running: &Running, words: &str) {
    let found = async {
        while !std::fs::read_to_string(&running.err).unwrap().contains(words) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, found).await;
    assert!(found.is_ok(), "{words:?} is not in {}", std::fs::read_to_string(&running.err).unwrap());
}

#[tokio::test]
async fn one_platform_that_cannot_be_used_does_not_take_the_other_down() {
    let (home, both) = (Home::new(), Both::new().await);
    let token = both.discord.token();
    let wrong = "123456:AAWrongTokenOfThirtyFiveCharacters_-";
    let mut running = both.serve(&home, (&token, wrong), "60");
    running.until("Bellhop serves as").await;
    assert!(both.discord.online(1).await);
    logged(&running, "Telegram does not know the bot’s token").await;
    let dm = both.discord.dm(both.ada);
    both.discord.slash(both.ada, dm, "/list").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("You have no nodes yet")).await;
    let (status, health) = both.get("health").await;
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["status"]), (200, &"degraded".into()), "{health}");
    assert_eq!(health["platforms"]["telegram"]["door"], "shut");
    let ended = terminate(running).await;
    assert!(!ended.err.contains("AAWrong") && !ended.out.contains("telegram "), "{ended:?}");
    both.discord.forgive();
    assert_eq!(both.strays.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_platform_that_is_away_is_tried_again_and_no_log_tells_a_token() {
    let (home, both) = (Home::new(), Both::new().await);
    let token = both.discord.token();
    both.discord.outage(true);
    let more = [("BELLHOP_LOG", "debug")];
    let mut running = both.serve_with(&home, (&token, telegram::TOKEN), "61", &["--log-json"], &more);
    let watched = Watched::new(&running);
    let first = running.until("Bellhop serves as").await;
    assert!(first.starts_with("telegram"), "{first}");
    logged(&running, "the platform could not be opened yet").await;
    assert_eq!(both.get("health").await.0, 200, "one is served");
    both.discord.outage(false);
    running.until("discord   Bellhop serves as").await;
    assert!(both.discord.online(1).await);
    both.telegram.start(both.bob, None);
    both.telegram.wait_for(both.bob, |shown| !shown.text.is_empty()).await;
    let dm = both.discord.dm(both.ada);
    both.discord.slash(both.ada, dm, "/list").await.unwrap();
    both.discord.wait_for(both.ada, |shown| shown.content.contains("You have no nodes yet")).await;
    watched.end();
    let ended = terminate(running).await;
    assert!(ended.err.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "not all is JSON");
    let (head, tail) = (token.split('.').next().unwrap(), token.rsplit('.').next().unwrap());
    for (at, line) in ended.out.lines().chain(ended.err.lines()).enumerate() {
        // What the application's id is in base64 is no secret, yet there is no need to tell it.
        assert!(!line.contains(tail) && !line.contains(head), "line {at} tells the Discord token: {line}");
        assert!(!line.contains("AAFakeToken"), "line {at} tells the Telegram token: {line}");
    }
    both.end();
}

#[tokio::test]
async fn an_answer_that_cannot_be_sent_does_not_hold_up_the_stop_and_comes_after_it() {
    let (home, both) = (Home::new(), Both::new().await);
    let tokens = (both.discord.token(), telegram::TOKEN);
    let mut running = both.serve(&home, (&tokens.0, tokens.1), "62");
    running.until("discord   Bellhop serves as").await;
    assert!(both.discord.online(1).await);
    let dm = both.discord.dm(both.ada);
    both.discord.slash(both.ada, dm, "/help").await.unwrap();
    both.discord.outage(true);
    // It is heard, and nothing can be said to it.
    let _ = tokio::time::timeout(Duration::from_secs(1), both.discord.slash(both.ada, dm, "/recipes")).await;
    terminate(running).await;
    both.discord.outage(false);
    let mut running = both.serve(&home, (&tokens.0, tokens.1), "62");
    running.until("discord   Bellhop serves as").await;
    both.discord.wait_for(both.ada, |shown| shown.content.contains("Casper")).await;
    terminate(running).await;
    both.discord.forgive();
}
