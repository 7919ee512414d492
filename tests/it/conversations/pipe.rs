//! The terminal in a pipe: a transcript, JSON, and what the exit code says.

use crate::house::{House, person};
use bellhop::platforms::terminal::{Options, Terminal};
use insta::assert_snapshot;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a script prints, and whether all of it went well.
async fn script(lines: &'static str, json: bool) -> (String, bool) {
    let house = House::without_grid().await;
    let paper = Paper::default();
    let options = Options {
        person: person("ada"),
        locale: Some("en".to_owned()),
        json,
        colour: false,
        width: None,
        history: None,
        suggest: Arc::new(|_| Vec::new()),
        opening: Vec::new(),
    };
    let terminal = Arc::new(Terminal::new(options, lines.as_bytes(), paper.clone()));
    house.app.serve(terminal.clone(), CancellationToken::new()).await;
    let printed = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    (printed, terminal.is_well())
}

#[tokio::test(start_paused = true)]
async fn a_transcript_echoes_each_line_and_skips_comments() {
    let (printed, well) = script("# a comment\n\n/list\n/help list\n", false).await;
    assert!(well);
    assert_snapshot!(printed, @r"
    > /list
    You have no nodes yet
      [1] Deploy one

    > /help list
    Your nodes
        /list
    ");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_failure_and_the_rest_is_asked_all_the_same() {
    let (printed, well) = script("/dpeloy\n/list\n", false).await;
    assert!(!well);
    assert!(
        printed.contains("○ There is no command /dpeloy") && printed.contains("You have no nodes yet"),
        "{printed}"
    );
}

#[tokio::test(start_paused = true)]
async fn numbers_and_words_answer_and_a_question_left_open_is_a_failure() {
    let (printed, well) = script("/deploy\n", false).await;
    assert!(!well);
    assert_snapshot!(printed, @r"
    > /deploy
    What would you like to run?
      [1] Casper   [2] Plain machine
    ");
    let (printed, _) = script("/recipes\n2\n", false).await;
    assert!(printed.contains("> 2\n○ The grid does not answer just now"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn json_has_one_line_for_each_card() {
    let (printed, well) = script("/list\n/deploy\n", true).await;
    assert!(!well);
    assert_snapshot!(printed, @r#"
    {"event":"card","ask":1,"message":1,"topic":null,"private":false,"card":{"tone":"plain","title":"You have no nodes yet","blocks":[],"buttons":[{"text":"Deploy one","style":"primary"}],"question":null}}
    {"event":"card","ask":2,"message":2,"topic":null,"private":false,"card":{"tone":"plain","title":"What would you like to run?","blocks":[],"buttons":[],"question":{"field":"recipe","text":"What would you like to run?","free":true,"choices":[{"value":"casper","text":"Casper"},{"value":"vm","text":"Plain machine"}]}}}
    "#);
}
