//! The main job in a pipe: one ask per line, a transcript, and an exit code that means something.

use super::{Home, QUICK};
use std::time::Duration;

const JOB: &str =
    "/deploy casper name:first size:small terms:yes now:yes\n/list\n/verify first\n/destroy first now:yes\n";

/// Runs the script in a data folder of its own, and looks that nothing is left on its sandbox.
async fn job(seed: &str, more: &[&str]) -> super::Ended {
    let home = Home::new();
    let args = [&["chat", "--data", "data", "--seed", seed], QUICK, more].concat();
    let ended = home.run(&args, JOB).await.expect(0);
    home.nothing_is_left_in("data", seed).await;
    ended
}

/// These stand in the text in this order.
#[track_caller]
fn in_order(text: &str, marks: &[&str]) {
    let mut rest = text;
    for mark in marks {
        let Some((_, after)) = rest.split_once(mark) else { panic!("no {mark:?} (in this order) in\n{text}") };
        rest = after;
    }
}

#[tokio::test]
async fn a_transcript_tells_of_a_proven_node_and_of_its_end() {
    let ended = job("20", &[]).await;
    in_order(
        &ended.out,
        &[
            "> /deploy casper name:first",
            "◔ first is starting",
            "✓ account ready",
            "✓ place found",
            "✓ contracts",
            "✓ machine running",
            "● first runs",
            "✓ answering",
            "Contracts  ",
            "> /list\nYou have one node",
            "> /verify first\n● first: answering",
            "Network       casper",
            "Looked at",
            "> /destroy first now:yes",
            "first is gone",
            "Nothing is left",
        ],
    );
    assert!(ended.err.starts_with("Nobody owns this Bellhop yet."), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
}

#[tokio::test]
async fn in_json_every_line_is_a_card_or_an_edit() {
    let ended = job("21", &["--json"]).await;
    let lines = ended.json();
    let of = |ask: u64| lines.iter().filter(move |line| line["ask"] == ask).collect::<Vec<_>>();
    let mut tones = Vec::new();
    for ask in 1..=4 {
        // Up to the next ask's first card: later, edits of all the messages about one thing stand side by side.
        let end = lines.iter().position(|line| line["ask"] == ask + 1).unwrap_or(lines.len());
        let (first, last) = (of(ask)[0], lines[..end].iter().rfind(|line| line["ask"] == ask).unwrap());
        assert_eq!(first["event"], "card");
        tones.push((first["card"]["tone"].as_str().unwrap(), last["card"]["tone"].as_str().unwrap()));
    }
    assert_eq!(tones, [("busy", "good"), ("plain", "plain"), ("good", "good"), ("busy", "plain")]);
    let deployed = of(1);
    assert!(deployed.iter().all(|line| line["topic"].as_str().unwrap().starts_with("deployment:")));
    assert!(deployed.iter().skip(1).all(|line| line["event"] == "edit" && line["message"] == 1));
}

#[tokio::test]
async fn in_french() {
    let ended = job("22", &["--locale", "fr"]).await;
    in_order(&ended.out, &["◔ first démarre", "● first", "> /list\nVous avez", "> /verify first\n● first", "first"]);
    for english in ["runs", "Nothing", "gone", "Contracts ", "You have"] {
        assert!(!ended.out.contains(english), "{english:?} in\n{}", ended.out);
    }
}

#[tokio::test]
async fn a_refused_ask_is_an_exit_code_and_the_rest_is_asked() {
    let home = Home::new();
    let args = [&["chat", "--fresh", "--seed", "23"], QUICK].concat();
    let asks = "/deploy casprr\n/deploy casper name:X size:small terms:yes now:yes\n/recipes\n/me\n/list\n";
    let ended = home.run(&args, asks).await.expect(1);
    in_order(&ended.out, &["> /deploy casprr\n○ ", "○ ", "> /recipes", "> /me\n", "> /list\nYou have no nodes yet"]);
    let forgotten = std::fs::read_dir(home.at("tmp")).unwrap().count() == 0;
    assert!(forgotten, "--fresh leaves nothing behind");
    assert!(!home.at(".local").exists(), "--fresh touches no data folder");
}

#[tokio::test]
async fn one_who_asks_nothing_has_nothing_refused() {
    let home = Home::new();
    let ended = home.run(&[&["chat", "--seed", "24"], QUICK].concat(), "").await.expect(0);
    assert_eq!(ended.out, "");
    assert!(home.at(".local/share/bellhop/store-sandbox").is_dir(), "the user's data folder is the default");
}

#[tokio::test]
async fn ctrl_c_ends_a_chat_that_waits_and_what_it_began_goes_on_later() {
    let home = Home::new();
    let args = [&["chat", "--data", "data", "--seed", "25"], QUICK].concat();
    let mut chat = home.start(&args);
    chat.say("/deploy vm name:box size:small terms:yes now:yes\n").await;
    chat.until("✓ account ready").await;
    chat.interrupt().await;
    let ended = tokio::time::timeout(Duration::from_secs(20), chat.end()).await.expect("ends soon");
    assert_eq!(ended.code, Some(1), "what was asked had not come to rest: {ended:?}");
    let ended = home.run(&args, "/show box\n/destroy box now:yes\n").await.expect(0);
    in_order(&ended.out, &["● box runs", "box is gone"]);
    home.nothing_is_left_in("data", "25").await;
}
