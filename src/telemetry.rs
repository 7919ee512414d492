//! Logs: where they go and how much of them.
//!
//! A log line has a message and fields; a failure is logged once, where it is handled. Secrets have no form in
//! which they could be logged.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// What is logged when nobody says otherwise: our own notes, and only the worst of the libraries'.
const USUAL: &str = "warn,bellhop=info";
/// Starts logging to standard error, our own notes too: for a program that serves, whose standard error is its log.
/// `filter` is `BELLHOP_LOG`.
pub fn serve(filter: Option<&str>) {
    let filter = EnvFilter::try_new(filter.unwrap_or(USUAL)).unwrap_or_else(|_| EnvFilter::new(USUAL));
    let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr).init();
}

/// What a chat in a terminal shows on its standard error.
const QUIET: &str = "error";

/// Starts logging, to `file` when there is one, else to standard error. `filter` is `BELLHOP_LOG`.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(filter: Option<&str>, file: Option<&Path>) -> std::io::Result<()> {
    let usual = if file.is_some() { USUAL } else { QUIET };
    let filter = EnvFilter::try_new(filter.unwrap_or(usual)).unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    match file {
        Some(path) => {
            let file = File::options().create(true).append(true).open(path)?;
            log.with_ansi(false).with_writer(Arc::new(file)).init();
        }
        None => log.with_writer(std::io::stderr).init(),
    }
    Ok(())
}
