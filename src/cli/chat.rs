//! `bellhop chat`: a conversation in this terminal, with the embedded sandbox or a real grid.

use super::grounds::{Grounds, GroundsArgs};
use crate::app::App;
use crate::chat::{Answers, Person, PlatformName, What};
use crate::commands::suggestions;
use crate::config::{Config, Env};
use crate::deploy::Stage;
use crate::platforms::terminal::{Options, Terminal};
use crate::telemetry::{self, Form};
use anyhow::Context;
use clap::Args;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Chat in this terminal. Without --grid: on the embedded sandbox, a practice grid where nothing costs anything.
///
/// In a pipe, one line is one ask, and the next line waits until everything it started has come to rest.
/// Exits with 0 when every ask came out well, 1 when one did not, 3 when the chat could not be opened.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// Who you are here.
    #[arg(long = "as", value_name = "NAME", default_value = "me")]
    person: String,
    /// The language: en, fr; qps is a test language.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    #[command(flatten)]
    grounds: GroundsArgs,
    /// Print each card and edit as one line of JSON.
    #[arg(long)]
    json: bool,
}

impl Default for ChatArgs {
    fn default() -> Self {
        let grounds = GroundsArgs::default();
        Self { person: "me".to_owned(), locale: None, grounds, json: false }
    }
}

/// Runs it.
pub async fn run(args: ChatArgs, config: Config, env: Env) -> ExitCode {
    match chat(args, config, env).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("bellhop: {error:#}");
            ExitCode::from(3)
        }
    }
}

async fn chat(args: ChatArgs, config: Config, env: Env) -> anyhow::Result<bool> {
    let tty = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !args.json;
    let folder = Grounds::folder_of(&args.grounds, &config)?;
    let log = tty.then(|| folder.path().join("bellhop.log"));
    let history = tty.then(|| folder.path().join("history"));
    let form = log.as_deref().map_or(Form::Terminal, Form::File);
    telemetry::start(env.log.as_deref(), form).context("cannot write the log")?;
    let grounds = Grounds::on(folder, &args.grounds, &config).await?;
    let app = grounds.house(&config, &env).await?;
    if let Some(code) = app.house.people.owner_code()? {
        // The operator's eyes only: standard error is not the chat.
        eprintln!("Nobody owns this Bellhop yet. To be its owner, say: /claim {code}");
    }

    let person = Person { platform: PlatformName::Terminal, id: args.person.clone(), name: args.person };
    let options = Options {
        locale: args.locale.or(env.locale),
        json: args.json,
        colour: tty && !env.no_color,
        width: None,
        history,
        suggest: suggestions(&app.house),
        opening: if tty { opening(&app, &person).await? } else { Vec::new() },
        person,
    };
    let terminal = Arc::new(if tty {
        Terminal::interactive(options)?
    } else {
        Terminal::new(options, tokio::io::BufReader::new(tokio::io::stdin()), std::io::stdout())
    });
    let stop = CancellationToken::new();
    let signals = super::signals::watch(stop.clone())?;
    app.serve(terminal.clone(), stop).await;
    signals.abort();
    let well = terminal.is_well();
    app.close().await;
    grounds.close().await?;
    terminal.close();
    Ok(well)
}

/// What a chat opens with: the cards of what is still under way, or else a greeting.
async fn opening(app: &App, person: &Person) -> anyhow::Result<Vec<What>> {
    let account = app.house.people.meet(person).await?;
    let own = app.house.deployments.of(&account).into_iter().map(|entry| entry.seen());
    let busy = own.filter(|log| log.stage() != Stage::Running);
    let shown: Vec<_> = busy
        .map(|log| {
            let answers = Answers::from([("name".to_owned(), log.plan.order.name.clone())]);
            What::Invoke { command: "show".to_owned(), answers }
        })
        .collect();
    Ok(if shown.is_empty() { vec![What::Arrived] } else { shown })
}
