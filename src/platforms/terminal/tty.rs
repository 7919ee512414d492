//! The TTY: a thread that edits lines, and a printer that prints above the line being edited.

use super::complete::complete;
use super::screen::Screen;
use super::{Options, Values};
use crate::chat::{Role, Spec};
use crate::commands::{Command, commands_for};
use rustyline::completion::Completer;
use rustyline::config::{BellStyle, Configurer};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Context, Editor, ExternalPrinter, Helper};
use std::io::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc;

const PROMPT: &str = "› ";
/// Lines remembered.
const HISTORY: usize = 1000;

/// Prints above the line being edited.
pub(super) struct Printer {
    printer: Box<dyn ExternalPrinter + Send>,
    state: Arc<State>,
}

/// What the editing thread tells the printer.
#[derive(Default)]
struct State {
    columns: AtomicUsize,
    rows: AtomicUsize,
    typed: AtomicU64,
}

impl Printer {
    /// Columns and rows of the screen.
    pub fn size(&self) -> (usize, usize) {
        (self.state.columns.load(Ordering::Relaxed).max(20), self.state.rows.load(Ordering::Relaxed).max(5))
    }

    /// How many lines have been typed: each pushes what stands above the prompt out of its place.
    pub fn typed(&self) -> u64 {
        self.state.typed.load(Ordering::SeqCst)
    }

    pub fn print(&mut self, text: String) -> Result<()> {
        self.printer.print(text).map_err(Error::other)
    }
}

/// Starts editing lines; they come out of the receiver, which ends with the person's end of input.
pub(super) fn open(options: &Options) -> Result<(mpsc::Receiver<String>, Screen)> {
    let mut editor: Editor<Completion, FileHistory> = Editor::new().map_err(Error::other)?;
    editor.set_completion_type(CompletionType::List);
    editor.set_bell_style(BellStyle::None);
    editor.set_auto_add_history(true);
    editor.set_max_history_size(HISTORY).map_err(Error::other)?;
    let specs = commands_for(Role::Owner).map(Command::spec).collect();
    editor.set_helper(Some(Completion { specs, values: options.values.clone() }));
    if let Some(path) = &options.history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    let state = Arc::new(State::default());
    let printer = Box::new(editor.create_external_printer().map_err(Error::other)?);
    let screen = Screen::tty(Printer { printer, state: state.clone() }, options);
    let (lines, receiver) = mpsc::channel(16);
    let history = options.history.clone();
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        loop {
            if let Some((columns, rows)) = editor.dimensions() {
                state.columns.store(usize::from(columns), Ordering::Relaxed);
                state.rows.store(usize::from(rows), Ordering::Relaxed);
            }
            let line = match editor.readline(PROMPT) {
                Ok(line) => line,
                Err(ReadlineError::Signal(_)) => continue,
                Err(_) => break,
            };
            state.typed.fetch_add(1, Ordering::SeqCst);
            if let Some(path) = &history {
                // A history that cannot be written is not worth a word in a chat.
                let _ = editor.append_history(path);
            }
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    })?;
    Ok((receiver, screen))
}

struct Completion {
    specs: Vec<&'static Spec>,
    values: Values,
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(line.get(..pos).unwrap_or(line), &self.specs, &*self.values))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}
