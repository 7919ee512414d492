//! `bellhop recipe`: what can be deployed, and whether a recipe's file is in order.
//!
//! Nothing is asked of any grid here: whether an image works shows only where it is deployed.

use crate::recipes::{Catalogue, Gravity, Recipe, Size, lint};
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// See and check what can be deployed.
#[derive(Debug, Args)]
pub struct RecipeArgs {
    #[command(subcommand)]
    command: RecipeCommand,
}

#[derive(Debug, Subcommand)]
enum RecipeCommand {
    /// List the recipes that this program comes with.
    List,
    /// Check recipes: these files, or the ones that this program comes with.
    ///
    /// Exits with 0 when all can be deployed (there may be warnings), 1 when one cannot, 3 when a file cannot be read.
    Lint {
        /// Files in the form of recipes/*.toml.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Runs it; what there is to say goes to standard output.
///
/// # Errors
/// When standard output is closed.
pub fn run(args: RecipeArgs) -> io::Result<ExitCode> {
    let out = &mut io::stdout().lock();
    match args.command {
        RecipeCommand::List => list(out).map(|()| ExitCode::SUCCESS),
        RecipeCommand::Lint { files } => lint_files(out, &files).map(ExitCode::from),
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:<10} {:<8} {:<12} {:<28} proven on", "recipe", "size", "vCPU/GB/GB", "image")?;
    for recipe in Catalogue::embedded().iter() {
        let image = recipe.image.rsplit('/').next().unwrap_or(&recipe.image).trim_end_matches(".flist");
        for (index, Size { name, cpu, memory_gb, disk_gb }) in recipe.sizes.iter().enumerate() {
            let figures = format!("{cpu}/{memory_gb}/{disk_gb}");
            if index == 0 {
                writeln!(out, "{:<10} {name:<8} {figures:<12} {image:<28} {}", recipe.name, recipe.proven.join(", "))?;
            } else {
                writeln!(out, "{:<10} {name:<8} {figures}", "")?;
            }
        }
    }
    Ok(())
}

/// The exit code.
fn lint_files(out: &mut impl Write, files: &[PathBuf]) -> io::Result<u8> {
    let mut worst = 0;
    if files.is_empty() {
        for recipe in Catalogue::embedded().iter() {
            worst = worst.max(report(out, &recipe.name, recipe)?);
        }
    }
    for file in files {
        let name = file.display().to_string();
        let code = match std::fs::read_to_string(file).map(|text| Recipe::parse(&text)) {
            Err(error) => {
                writeln!(out, "{name}: cannot be read: {error}")?;
                3
            }
            Ok(Err(error)) => {
                writeln!(out, "{name}: {error}")?;
                1
            }
            Ok(Ok(recipe)) => report(out, &name, &recipe)?,
        };
        worst = worst.max(code);
    }
    Ok(worst)
}

fn report(out: &mut impl Write, name: &str, recipe: &Recipe) -> io::Result<u8> {
    let faults = lint(recipe);
    for fault in &faults {
        writeln!(out, "{name}: {fault}")?;
    }
    let grave = faults.iter().any(|fault| fault.gravity == Gravity::Error);
    writeln!(out, "{name}: {}", if grave { "cannot be deployed" } else { "in order" })?;
    Ok(u8::from(grave))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_each_size() {
        let mut out = Vec::new();
        list(&mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        recipe     size     vCPU/GB/GB   image                        proven on
        casper     small    4/16/500     casperlabs-latest            sandbox
                   medium   4/32/500
                   large    4/32/2000
        vm         small    1/2/25       ubuntu-24.04-latest          sandbox
                   medium   2/4/50
                   large    4/16/100
        ");
    }

    #[test]
    fn the_exit_code_is_the_worst_of_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let vm = include_str!("../../recipes/vm.toml");
        let good = write("good.toml", vm);
        let faulty = write("faulty.toml", &vm.replace("ssh = 22", "ssh = 23"));
        let broken = write("broken.toml", "name = ");
        let absent = folder.path().join("absent.toml");
        for (files, code) in [
            (vec![], 0),
            (vec![good.clone()], 0),
            (vec![good.clone(), faulty.clone()], 1),
            (vec![broken], 1),
            (vec![absent, faulty, good], 3),
        ] {
            let mut out = Vec::new();
            assert_eq!(lint_files(&mut out, &files).unwrap(), code, "{}", String::from_utf8_lossy(&out));
        }
    }
}
