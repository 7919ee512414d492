//! What an operator at a shell meets: help, completions, recipes, and exit codes.

use super::Home;

#[tokio::test]
async fn each_subcommand_explains_itself() {
    let home = Home::new();
    let top = home.run(&["--help"], "").await.expect(0);
    for name in ["chat", "serve", "sandbox", "check", "recipe", "completions"] {
        let line = top.out.lines().find(|line| line.trim_start().starts_with(name));
        assert!(line.is_some_and(|line| line.split_whitespace().count() > 3), "{name} in\n{}", top.out);
        let own = home.run(&[name, "--help"], "").await.expect(0);
        assert!(own.out.contains(&format!("Usage: bellhop {name}")), "{}", own.out);
    }
    for path in [["sandbox", "leftovers"], ["recipe", "list"], ["recipe", "lint"]] {
        let own = home.run(&[path[0], path[1], "--help"], "").await.expect(0);
        assert!(own.out.contains(&format!("Usage: bellhop {} {}", path[0], path[1])), "{}", own.out);
    }
    let version = home.run(&["--version"], "").await.expect(0);
    assert_eq!(version.out, concat!("bellhop ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[tokio::test]
async fn wrong_arguments_are_two() {
    let home = Home::new();
    for args in [
        &["cht"][..],
        &["chat", "--fresh", "--data", "d"],
        &["chat", "--block-time", "soon"],
        &["sandbox", "--chain", "ws://127.0.0.1:1"],
        &["sandbox", "leftovers"],
        &["recipe"],
        &["recipe", "lnt"],
    ] {
        let ended = home.run(args, "").await.expect(2);
        assert!(ended.out.is_empty() && ended.err.contains("--help"), "{args:?}: {}", ended.err);
    }
}

#[tokio::test]
async fn completions_are_there_for_each_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell], "").await.expect(0).out;
        assert!(script.contains("leftovers") && script.contains("block-time"), "{shell}");
    }
}

#[tokio::test]
async fn recipes_are_listed_and_checked() {
    let home = Home::new();
    let list = home.run(&["recipe", "list"], "").await.expect(0);
    assert!(list.out.contains("\ncasper ") && list.out.contains("\nvm "), "{}", list.out);
    home.run(&["recipe", "lint"], "").await.expect(0);
    std::fs::write(home.at("broken.toml"), "name = ").unwrap();
    let broken = home.run(&["recipe", "lint", "broken.toml"], "").await.expect(1);
    assert!(broken.out.starts_with("broken.toml: "), "{}", broken.out);
    home.run(&["recipe", "lint", "absent.toml"], "").await.expect(3);
}

#[tokio::test]
async fn serve_says_what_is_wrong_with_its_settings() {
    let home = Home::new();
    std::fs::write(home.at("live.toml"), "grid = \"dev\"\n").unwrap();
    let token = [("BELLHOP_TELEGRAM_TOKEN", "1:AA")];
    let ended = home.start_with(&["serve", "--config", "live.toml"], &token).end().await.expect(3);
    assert!(ended.err.contains("root secret"), "{}", ended.err);
    std::fs::write(home.at("odd.toml"), "gird = \"dev\"\n").unwrap();
    let ended = home.run(&["serve", "--config", "odd.toml"], "").await.expect(3);
    assert!(ended.err.contains("odd.toml") && ended.err.contains("gird"), "{}", ended.err);
}

#[tokio::test]
async fn what_cannot_be_opened_is_three_and_says_why() {
    let home = Home::new();
    std::fs::write(home.at("odd.json"), "{\"name\": 1}").unwrap();
    for command in ["chat", "check"] {
        let ended = home.run(&[command, "--grid", "odd.json"], "").await.expect(3);
        assert!(ended.err.contains("odd.json") && ended.err.contains("bellhop sandbox --json"), "{}", ended.err);
        let ended = home.run(&[command, "--grid", "absent.json"], "").await.expect(3);
        assert!(ended.err.contains("absent.json is neither"), "{}", ended.err);
    }
    let ended = home.run(&["chat", "--grid", "dev"], "").await.expect(3);
    assert!(ended.err.contains("openssl rand -hex 32"), "{}", ended.err);
    let ended = home.run(&["sandbox", "leftovers", "--grid", "odd.json"], "").await.expect(3);
    assert!(ended.err.contains("not what a sandbox prints"), "{}", ended.err);
    // There is no grid to check before the embedded one runs.
    home.run(&["check"], "").await.expect(3);
    std::fs::write(home.at("file"), "").unwrap();
    let ended = home.run(&["chat", "--data", "file/inside"], "").await.expect(3);
    assert!(ended.err.contains("file/inside"), "{}", ended.err);
}
