//! The program as people run it: real processes, real sockets, real time, nothing from inside.
//!
//! Each story has a home of its own, with nothing else in the environment, and a seed of its own: two sandboxes
//! of one seed on one computer would have the same addresses. Every wait ends; every process ends with its story.

mod apart;
mod killed;
mod pipe;
mod serve;
mod shell;

use serde_json::Value;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Far longer than anything takes, even on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Machines start at once, and blocks come quickly.
const QUICK: &[&str] = &["--block-time", "200ms", "--instant-boots"];

/// What a process came to.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// It ended like this; else what it said is shown.
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n-- out\n{}\n-- err\n{}", self.out, self.err);
        self
    }

    /// Each line of standard output as JSON.
    #[track_caller]
    fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
    }
}

/// A home folder in which nothing was ever done.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.at("tmp")).unwrap();
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
        command.args(args).env_clear().env("HOME", self.0.path()).env("TMPDIR", self.at("tmp"));
        command.current_dir(self.0.path()).kill_on_drop(true);
        command
    }

    /// Runs it to its end, with all of `input` at once.
    async fn run(&self, args: &[&str], input: &str) -> Ended {
        let mut running = self.start(args);
        running.say(input).await;
        running.end().await
    }

    /// Starts it.
    fn start(&self, args: &[&str]) -> Running {
        self.start_with(args, &[])
    }

    /// Starts it, with more in its environment.
    fn start_with(&self, args: &[&str], env: &[(&str, &str)]) -> Running {
        // A file is never full, and tells what was said even when nobody listens any more.
        let err = self.at("tmp").with_file_name(format!("err-{}", std::fs::read_dir(self.0.path()).unwrap().count()));
        let mut command = self.command(args);
        command.envs(env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&err).unwrap());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { input: child.stdin.take(), out, child, told: String::new(), err }
    }

    /// Starts a sandbox as a process of its own, whose addresses are then in the file `name`.
    async fn sandbox(&self, name: &str, args: &[&str]) -> Apart {
        let mut running = self.start(&[&["sandbox", "--json"], args].concat());
        let line = running.until("{").await;
        std::fs::write(self.at(name), &line).unwrap();
        Apart { running, told: serde_json::from_str(&line).unwrap() }
    }

    /// Everything that a sandbox has on its chain and nodes.
    async fn everything(&self, grid: &str) -> Vec<Value> {
        let ended = self.run(&["sandbox", "leftovers", "--json", "--everything", "--grid", grid], "").await;
        let found = ended.json().remove(0);
        assert_eq!(ended.code, Some(i32::from(found != serde_json::json!([]))), "{}", ended.err);
        found.as_array().unwrap().clone()
    }

    /// The contracts on a sandbox's chain.
    async fn contracts(&self, grid: &str) -> usize {
        let all = self.everything(grid).await;
        all.iter().filter(|found| found["kind"].as_str().unwrap().ends_with("-contract")).count()
    }

    /// Nothing is on a sandbox any more: a node sees the end of a contract with one of its next blocks.
    async fn nothing_is_left(&self, grid: &str) {
        let mut left = Vec::new();
        for _ in 0..20 {
            left = self.everything(grid).await;
            if left.is_empty() {
                self.run(&["sandbox", "leftovers", "--json", "--grid", grid], "").await.expect(0);
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        panic!("left over: {left:#?}");
    }

    /// The same for the sandbox that a chat kept in `data`: it is served alone, to be asked.
    async fn nothing_is_left_in(&self, data: &str, seed: &str) {
        let apart = self.kept(data, seed).await;
        self.nothing_is_left("kept.json").await;
        apart.stop().await;
    }

    /// Serves the sandbox that a chat kept in `data`, as `kept.json`.
    async fn kept(&self, data: &str, seed: &str) -> Apart {
        let world = format!("{data}/sandbox");
        self.sandbox("kept.json", &[&["--seed", seed, "--data", &world], QUICK].concat()).await
    }
}

/// A process that runs.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    out: Lines<BufReader<ChildStdout>>,
    told: String,
    err: PathBuf,
}

impl Running {
    /// Types something.
    async fn say(&mut self, text: &str) {
        // One that has ended does not read; that shows in how it ended.
        let _ = self.input.as_mut().unwrap().write_all(text.as_bytes()).await;
    }

    /// Reads to the next line with `text` in it.
    async fn until(&mut self, text: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.out.next_line()).await;
            let Ok(Ok(Some(line))) = line else {
                let err = std::fs::read_to_string(&self.err).unwrap();
                panic!("no {text:?} in\n{}\n-- err\n{err}", self.told);
            };
            self.told += &line;
            self.told.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Reads until each of these was in some line, in whatever order. Returns what was read.
    async fn until_all(&mut self, texts: &[&str]) -> Vec<String> {
        let mut read: Vec<String> = Vec::new();
        while !texts.iter().all(|text| read.iter().any(|line| line.contains(text))) {
            read.push(self.until("").await);
        }
        read
    }

    /// Hangs up, and waits for the end.
    async fn end(mut self) -> Ended {
        drop(self.input.take());
        let all = async {
            while let Some(line) = self.out.next_line().await.unwrap() {
                self.told += &line;
                self.told.push('\n');
            }
            self.child.wait().await.unwrap()
        };
        let status = tokio::time::timeout(PATIENCE, all).await;
        let err = std::fs::read_to_string(&self.err).unwrap();
        let Ok(status) = status else { panic!("it does not end\n{}\n-- err\n{err}", self.told) };
        Ended { code: status.code(), out: self.told, err }
    }

    /// `kill -9`.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Ctrl-C.
    async fn interrupt(&self) {
        self.signal("INT").await;
    }

    /// A signal, by its name.
    async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap();
        assert!(Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().await.unwrap().success());
    }
}

/// A sandbox that runs as a process of its own.
struct Apart {
    running: Running,
    told: Value,
}

impl Apart {
    /// One of the addresses that it printed.
    fn address(&self, name: &str) -> String {
        let told = &self.told[name];
        told.as_str().or_else(|| told[0].as_str()).unwrap().to_owned()
    }

    /// Something goes wrong from now on.
    async fn fault(&self, rule: Value) {
        let url = format!("{}/faults", self.address("control"));
        let answer = reqwest::Client::new().post(url).json(&rule).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Ctrl-C, and it ends well.
    async fn stop(self) {
        self.running.interrupt().await;
        self.running.end().await.expect(0);
    }
}
