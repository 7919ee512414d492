//! Logs: where they go and how much of them.
//!
//! A log line has a message and fields; a failure is logged once, where it is handled. What belongs to one ask stands
//! in a span with its id, from its arrival to the last edit of its answer. Secrets have no form in which they could be
//! logged.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// What is logged when nobody says otherwise: our own notes, and only the worst of the libraries'.
const USUAL: &str = "warn,bellhop=info";
/// What a chat in a terminal shows on its standard error.
const QUIET: &str = "error";

/// Where the log goes, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// Only the worst, to standard error, beside a chat.
    Terminal,
    /// Lines at the end of a file.
    File(&'a Path),
    /// Lines to standard error.
    Lines,
    /// Lines of JSON to standard error.
    Json,
}

/// Starts logging. `filter` is `BELLHOP_LOG`.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(filter: Option<&str>, form: Form<'_>) -> std::io::Result<()> {
    let usual = if form == Form::Terminal { QUIET } else { USUAL };
    let filter = EnvFilter::try_new(filter.unwrap_or(usual)).unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    match form {
        Form::File(path) => {
            let file = File::options().create(true).append(true).open(path)?;
            log.with_ansi(false).with_writer(Arc::new(file)).init();
        }
        Form::Terminal => log.with_writer(std::io::stderr).init(),
        Form::Lines => log.with_ansi(false).with_writer(std::io::stderr).init(),
        Form::Json => log.json().with_writer(std::io::stderr).init(),
    }
    Ok(())
}
