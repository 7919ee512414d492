//! The TTY: a thread that edits lines, and a printer that prints above the line being edited.

use super::Options;
use super::complete::complete;
use super::screen::Screen;
use crate::chat::{Answers, Param, Role, Spec, Typing};
use crate::commands::{Command, commands_for};
use crate::secret::looks_secret;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
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
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use tokio::sync::mpsc;

const PROMPT: &str = "› ";
/// Lines remembered.
const HISTORY: usize = 1000;

/// Prints above the line being edited.
pub(super) struct Printer {
    printer: Box<dyn ExternalPrinter + Send>,
    state: Arc<State>,
    /// How the TTY was before.
    before: Option<Termios>,
}

/// What the editing thread tells the printer.
#[derive(Default)]
struct State {
    columns: AtomicUsize,
    rows: AtomicUsize,
    typed: AtomicU64,
    /// Whether a line is being edited.
    reading: AtomicBool,
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

    /// Gives the TTY back as it was: the editing thread cannot, for it may still wait for a line.
    pub fn close(&mut self) {
        if self.state.reading.load(Ordering::SeqCst) {
            println!();
        }
        if let Some(before) = &self.before
            && let Err(error) = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, before)
        {
            tracing::info!(%error, "the terminal could not be given back as it was");
        }
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
    // Not by itself: a secret that was typed is not remembered.
    editor.set_auto_add_history(false);
    editor.set_max_history_size(HISTORY).map_err(Error::other)?;
    let specs = commands_for(Role::Owner).map(Command::spec).collect();
    editor.set_helper(Some(Completion { specs, options: options.clone() }));
    if let Some(path) = &options.history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    let before = tcgetattr(std::io::stdin()).ok();
    let state = Arc::new(State::default());
    let printer = Box::new(editor.create_external_printer().map_err(Error::other)?);
    let screen = Screen::tty(Printer { printer, state: state.clone(), before }, options);
    let (lines, receiver) = mpsc::channel(16);
    let history = options.history.clone();
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        loop {
            if let Some((columns, rows)) = editor.dimensions() {
                state.columns.store(usize::from(columns), Ordering::Relaxed);
                state.rows.store(usize::from(rows), Ordering::Relaxed);
            }
            state.reading.store(true, Ordering::SeqCst);
            let line = editor.readline(PROMPT);
            state.reading.store(false, Ordering::SeqCst);
            let line = match line {
                Ok(line) => line,
                Err(ReadlineError::Signal(_)) => continue,
                Err(_) => break,
            };
            state.typed.fetch_add(1, Ordering::SeqCst);
            if looks_secret(&line) || editor.add_history_entry(&line).is_err() {
                // Nothing to write down.
            } else if let Some(path) = &history {
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
    options: Options,
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let Options { person, locale, suggest, .. } = &self.options;
        let values = |spec: &Spec, param: &Param, typed: &str| {
            let answers = Answers::new();
            let typing = Typing {
                person,
                locale: locale.as_deref(),
                command: spec.name,
                param: param.name,
                typed,
                answers: &answers,
            };
            suggest(&typing).into_iter().map(|choice| choice.value).collect()
        };
        Ok(complete(line.get(..pos).unwrap_or(line), &self.specs, &values))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}
