//! The chat in a terminal: a pleasant one on a TTY, a stable transcript in a pipe.
//!
//! In a pipe, one ask per line; `#` begins a comment. Each line is echoed behind `> `, and the next is read
//! when everything it started has come to rest. A message that changes prints the steps that were done, and
//! the whole card when it has come to rest. With `json`, each card and edit is one line instead: see `json.rs`.
//! Not here: what the person may say, and who they are.

mod complete;
mod hear;
mod json;
mod paint;
mod screen;
mod tty;

use crate::chat::{
    Anchor, Ask, Card, Limits, Person, Platform, PlatformError, PlatformName, Post, Rates, Room, Suggest, What,
};
use async_trait::async_trait;
use screen::Screen;
use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, Lines};
use tokio::sync::{Notify, mpsc};

/// How the terminal is used.
#[derive(Clone)]
pub struct Options {
    /// Who sits at it.
    pub person: Person,
    /// The language of the terminal's user, as a tag.
    pub locale: Option<String>,
    /// One JSON line for each card and edit (in a pipe only).
    pub json: bool,
    /// Whether to colour.
    pub colour: bool,
    /// Columns; `None`: those of the TTY, and unlimited in a pipe.
    pub width: Option<usize>,
    /// Where typed lines are remembered; `None`: nowhere.
    pub history: Option<PathBuf>,
    /// What completion offers.
    pub suggest: Suggest,
    /// What is asked by itself when the chat opens.
    pub opening: Vec<What>,
}

/// The platform.
pub struct Terminal {
    person: Person,
    locale: Option<String>,
    room: Room,
    interactive: bool,
    source: tokio::sync::Mutex<Source>,
    opening: Mutex<VecDeque<What>>,
    screen: Mutex<Screen>,
    script: Mutex<Script>,
    settled: Notify,
}

enum Source {
    Pipe(Lines<Box<dyn AsyncBufRead + Send + Unpin>>),
    Keys(mpsc::Receiver<String>),
}

/// How a script stands.
#[derive(Default)]
struct Script {
    waiting: bool,
    failed: bool,
}

impl Terminal {
    /// Not a TTY: asks from `input`, cards to `output`.
    pub fn new(
        options: Options,
        input: impl AsyncBufRead + Send + Unpin + 'static,
        output: impl Write + Send + 'static,
    ) -> Self {
        let input: Box<dyn AsyncBufRead + Send + Unpin> = Box::new(input);
        let screen = Screen::pipe(Box::new(output), &options);
        Self::with(options, false, Source::Pipe(input.lines()), screen)
    }

    /// A TTY: line editing, history, completion, cards redrawn in place.
    ///
    /// # Errors
    /// When standard input and output are not a terminal after all.
    pub fn interactive(options: Options) -> std::io::Result<Self> {
        let (keys, screen) = tty::open(&options)?;
        Ok(Self::with(options, true, Source::Keys(keys), screen))
    }

    fn with(options: Options, interactive: bool, source: Source, screen: Screen) -> Self {
        let room = Room { platform: PlatformName::Terminal, id: options.person.id.clone(), private: true, group: None };
        Self {
            person: options.person,
            locale: options.locale,
            room,
            interactive,
            source: tokio::sync::Mutex::new(source),
            opening: Mutex::new(options.opening.into()),
            screen: Mutex::new(screen),
            script: Mutex::default(),
            settled: Notify::new(),
        }
    }

    /// Whether every ask came out well, and none was left with an open question: what a script's exit code says.
    pub fn is_well(&self) -> bool {
        let script = self.script();
        // What still waits at the end has not come out at all.
        !script.failed && !script.waiting && !self.screen().is_asking()
    }

    /// Gives a TTY back as it was found. The last thing that is done with it.
    pub fn close(&self) {
        self.screen().close();
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, what: What) -> Ask {
        // A terminal's messages scroll away: an answer is a message of its own.
        let message = None;
        let (from, room) = (self.person.clone(), self.room.clone());
        Ask { id: String::new(), handle: None, from, room, locale: self.locale.clone(), message, what }
    }

    /// Waits until the line before has come to rest.
    async fn idle(&self) {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if !self.script().waiting {
                return;
            }
            settled.await;
        }
    }
}

#[async_trait]
impl Platform for Terminal {
    fn name(&self) -> PlatformName {
        PlatformName::Terminal
    }

    fn limits(&self) -> Limits {
        Limits {
            rates: Rates::default(),
            free: None,
            pace: Duration::ZERO,
            tick: self.interactive.then_some(Duration::from_secs(1)),
            lasting: false,
            quiet: false,
        }
    }

    async fn receive(&self) -> Option<Ask> {
        let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(what) = opening {
            return Some(self.ask(what));
        }
        let mut source = self.source.lock().await;
        let line = loop {
            let line = match &mut *source {
                Source::Pipe(lines) => {
                    self.idle().await;
                    lines.next_line().await.ok().flatten()?
                }
                Source::Keys(keys) => keys.recv().await?,
            };
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                break line.to_owned();
            }
        };
        self.script().waiting = true;
        let what = self.screen().heard(&line);
        Some(self.ask(what))
    }

    async fn acknowledge(&self, _ask: &Ask, _no: Option<&Card<String>>) -> bool {
        false
    }

    async fn post(&self, post: Post<'_>) -> Result<Anchor, PlatformError> {
        let message = self.screen().post(&post).map_err(gone)?;
        Ok(Anchor { platform: PlatformName::Terminal, room: self.room.clone(), message: message.to_string() })
    }

    async fn edit(&self, anchor: &Anchor, card: &Card<String>, _: Option<&Ask>) -> Result<Anchor, PlatformError> {
        let message = anchor.message.parse().unwrap_or(0);
        match self.screen().edit(message, card).map_err(gone)? {
            true => Ok(anchor.clone()),
            false => Err(PlatformError::Gone("a message of an earlier session".to_owned())),
        }
    }

    async fn settled(&self, _ask: &Ask, well: bool) {
        self.screen().rest();
        let mut script = self.script();
        script.waiting = false;
        script.failed |= !well;
        drop(script);
        self.settled.notify_waiters();
    }
}

fn gone(error: std::io::Error) -> PlatformError {
    PlatformError::Gone(error.to_string())
}
