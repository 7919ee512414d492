//! `bellhop serve`: checks its configuration and says which platforms are on.

use super::world::{GridChoice, network};
use crate::config::{Config, Env};
use anyhow::bail;
use clap::Args;
use std::process::ExitCode;

/// Check the configuration, and say which chat platforms are on.
///
/// Exits with 0 when it could serve, 1 when no platform is on, 3 when the configuration is wrong.
#[derive(Debug, Args)]
pub struct ServeArgs {}

/// Runs it.
pub fn run(_: &ServeArgs, config: &Config, env: &Env) -> ExitCode {
    match examine(config, env) {
        Ok(grid) => {
            println!("configuration  in order");
            println!("grid           {grid}");
            println!("platforms      none is on: this version speaks in the terminal only (bellhop chat)");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("bellhop serve: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn examine(config: &Config, env: &Env) -> anyhow::Result<String> {
    let choice = GridChoice::read(config.grid.as_deref());
    let has_root = config.root(env)?.is_some();
    config.treasury(env)?;
    config.sponsor(env)?;
    if choice == GridChoice::Embedded {
        return Ok("sandbox (embedded)".to_owned());
    }
    let network = network(&choice)?;
    if !network.is_sandbox() && !has_root {
        bail!("the root secret is missing: name it by BELLHOP_ROOT_FILE or by keys.root_file");
    }
    Ok(network.name)
}
