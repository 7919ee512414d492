//! The program: arguments, and which part of the library they start.

use bellhop::cli::{self, world::GridChoice};
use bellhop::config::{Config, Env};
use clap::{CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A concierge that deploys blockchain nodes on the ThreeFold Grid, and proves that they run.
#[derive(Debug, Parser)]
#[command(name = "bellhop", version, after_help = "Without a command: chat, on a practice grid of its own.")]
struct Program {
    /// The configuration file (also BELLHOP_CONFIG).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Chat(cli::chat::ChatArgs),
    Serve(Box<cli::serve::ServeArgs>),
    Sandbox(Box<cli::sandbox::SandboxArgs>),
    /// Ask every service of a grid and every chat platform that is configured, and say what is wrong and how to mend it.
    Check {
        /// The grid: main, test, qa, dev, or a file with a grid’s addresses. Without it: the configuration’s.
        #[arg(long, value_name = "GRID|FILE")]
        grid: Option<String>,
        /// Print the findings as one line of JSON.
        #[arg(long)]
        json: bool,
    },
    Recipe(cli::recipe::RecipeArgs),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let program = Program::parse();
    let env = Env::read();
    let config = match Config::read(program.config.as_deref().or(env.config.as_deref())) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match program.command.unwrap_or_else(|| Command::Chat(cli::chat::ChatArgs::default())) {
        Command::Chat(args) => runtime.block_on(cli::chat::run(args, config, env)),
        Command::Serve(args) => runtime.block_on(cli::serve::run(*args, config, env)),
        Command::Sandbox(args) => runtime.block_on(cli::sandbox::run(*args)),
        Command::Check { grid, json } => {
            let choice = GridChoice::read(grid.as_deref().or(config.grid.as_deref()));
            runtime.block_on(cli::check::run(&choice, &config, &env, json)).unwrap_or_else(|error| failed(&error))
        }
        Command::Recipe(args) => cli::recipe::run(args).unwrap_or_else(|error| failed(&error.into())),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Program::command(), "bellhop", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("bellhop: {error:#}");
    ExitCode::from(3)
}
