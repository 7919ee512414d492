//! What has been shown, and how it is shown again: as text, as JSON, or redrawn in place on a TTY.

use super::hear::hear;
use super::json::{self, Event};
use super::paint::{self, Look};
use super::{Options, tty};
use crate::chat::{Audience, Block, Card, Mark, Post, Tone, What};
use crate::secret::looks_secret;
use std::collections::BTreeMap;
use std::io::{Result, Write};
use unicode_width::UnicodeWidthStr;

/// How many messages are remembered. Older ones cannot be edited any more.
const REMEMBERED: usize = 500;

/// The screen.
pub(super) struct Screen {
    out: Out,
    look: Look,
    /// The number of the ask that is being answered.
    ask: u64,
    /// Whether it has come to rest.
    rested: bool,
    /// The number of the last message.
    last: u64,
    shown: BTreeMap<u64, Shown>,
    /// The message that stands right above the prompt, with the rows it takes there, and how often something had
    /// been typed by then.
    above: Option<(u64, usize, u64)>,
}

enum Out {
    Text(Box<dyn Write + Send>),
    Json(Box<dyn Write + Send>),
    Tty(tty::Printer),
}

/// A message.
struct Shown {
    ask: u64,
    topic: Option<String>,
    private: bool,
    card: Card<String>,
}

impl Screen {
    pub fn pipe(out: Box<dyn Write + Send>, options: &Options) -> Self {
        let out = if options.json { Out::Json(out) } else { Out::Text(out) };
        Self::with(out, Look { width: options.width, colour: options.colour })
    }

    pub fn tty(printer: tty::Printer, options: &Options) -> Self {
        Self::with(Out::Tty(printer), Look { width: options.width, colour: options.colour })
    }

    fn with(out: Out, look: Look) -> Self {
        Self { out, look, ask: 0, rested: false, last: 0, shown: BTreeMap::new(), above: None }
    }

    /// A line was typed: what it means under the card that was shown last.
    pub fn heard(&mut self, line: &str) -> What {
        self.ask += 1;
        self.rested = false;
        if let Out::Text(out) = &mut self.out {
            // A transcript that cannot be written is noticed at the next card.
            let _ = writeln!(out, "> {}", if looks_secret(line) { "…" } else { line });
        }
        hear(line, self.shown.get(&self.last).map(|shown| &shown.card))
    }

    /// What the last line started has come to rest.
    pub fn rest(&mut self) {
        self.rested = true;
    }

    /// Gives a TTY back as it was.
    pub fn close(&mut self) {
        if let Out::Tty(printer) = &mut self.out {
            printer.close();
        }
    }

    /// Whether the last card waits for an answer.
    pub fn is_asking(&self) -> bool {
        self.shown.get(&self.last).is_some_and(|shown| shown.card.question.is_some())
    }

    pub fn post(&mut self, post: &Post<'_>) -> Result<u64> {
        self.last += 1;
        let shown = Shown {
            ask: self.ask,
            topic: post.topic.map(crate::chat::Topic::name),
            private: post.audience == Audience::Private,
            card: post.card.clone(),
        };
        self.print(self.last, "card", &shown, None)?;
        self.shown.insert(self.last, shown);
        while self.shown.len() > REMEMBERED {
            self.shown.pop_first();
        }
        Ok(self.last)
    }

    /// Shows that a message has changed; false when there is no such message.
    pub fn edit(&mut self, message: u64, card: &Card<String>) -> Result<bool> {
        let Some(mut shown) = self.shown.remove(&message) else { return Ok(false) };
        let before = std::mem::replace(&mut shown.card, card.clone());
        // Of several messages about one topic, the newest tells. In a transcript, what changes in the background, after
        // its line has come to rest, would stand among the answers to others.
        let newer =
            shown.topic.is_some() && self.shown.range(message + 1..).any(|(_, other)| other.topic == shown.topic);
        let quiet = match self.out {
            Out::Json(_) => false,
            Out::Text(_) => newer || shown.ask != self.ask || self.rested,
            // Below its place, only what has come to rest is worth another message.
            Out::Tty(_) => newer || (card.tone == Tone::Busy && self.above.is_none_or(|(above, ..)| above != message)),
        };
        let printed = if quiet { Ok(()) } else { self.print(message, "edit", &shown, Some(&before)) };
        self.shown.insert(message, shown);
        printed.map(|()| true)
    }

    fn print(&mut self, message: u64, event: &'static str, shown: &Shown, before: Option<&Card<String>>) -> Result<()> {
        let card = &shown.card;
        match &mut self.out {
            Out::Json(out) => {
                let topic = shown.topic.as_deref();
                let (ask, private) = (shown.ask, shown.private);
                serde_json::to_writer(
                    &mut *out,
                    &Event { event, ask, message, topic, private, card: json::view(card) },
                )?;
                writeln!(out)?;
                out.flush()
            }
            Out::Text(out) => {
                let lines = match before {
                    Some(before) => told(before, card, self.look),
                    None => whole(card, self.look),
                };
                lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
                out.flush()
            }
            Out::Tty(printer) => {
                let (columns, rows) = printer.size();
                let look = Look { width: Some(self.look.width.unwrap_or(columns)), ..self.look };
                let typed = printer.typed();
                let above = self.above.filter(|(above, high, then)| {
                    before.is_some() && *above == message && *then == typed && *high < rows
                });
                let mut lines = match before.filter(|_| above.is_none()) {
                    None => whole(card, look),
                    Some(before) => told(before, card, look),
                };
                if lines.is_empty() {
                    return Ok(());
                }
                if lines.last().is_some_and(|line| !line.is_empty()) {
                    // News out of its place says what it is about.
                    lines.insert(0, card.title.clone());
                    lines.push(String::new());
                }
                let high = lines.iter().map(|line| plain_width(line).div_ceil(columns.max(1)).max(1)).sum();
                // Up over what stands there, and clear to the end: the new card takes its place.
                let back = above.map_or(String::new(), |(_, high, _)| format!("\x1b[{high}A\r\x1b[J"));
                printer.print(format!("{back}{}\n", lines.join("\n")))?;
                self.above = Some((message, high, typed));
                Ok(())
            }
        }
    }
}

/// How wide a line with colours is on the screen.
fn plain_width(line: &str) -> usize {
    let colours: usize = line.split("\x1b[").skip(1).map(|rest| rest.find('m').map_or(0, |end| end + 1)).sum();
    // The escape letter itself has no width; the bracket has one.
    let brackets = line.matches("\x1b[").count();
    line.replace('\x1b', "").width().saturating_sub(colours + brackets)
}

/// The card, and a line's space below.
fn whole(card: &Card<String>, look: Look) -> Vec<String> {
    paint::card(card, look).into_iter().chain([String::new()]).collect()
}

/// What is worth telling of a change: all of it when it has come to another state, else what is new.
fn told(before: &Card<String>, now: &Card<String>, look: Look) -> Vec<String> {
    let other = before.tone != now.tone || gist(&before.title) != gist(&now.title);
    if other && now.tone != Tone::Busy { whole(now, look) } else { news(before, now, look) }
}

/// What has been done since `before`: steps that came to an end, and new sentences. Ticking figures are no news, and
/// neither is a step that has only begun: whether it is seen at all depends on chance.
fn news(before: &Card<String>, now: &Card<String>, look: Look) -> Vec<String> {
    let steps = |card: &Card<String>| -> Vec<(Mark, String)> {
        card.blocks
            .iter()
            .filter_map(|block| match block {
                Block::Progress(steps) => Some(steps.clone()),
                _ => None,
            })
            .flatten()
            .collect()
    };
    let texts = |card: &Card<String>| -> Vec<String> {
        card.blocks
            .iter()
            .filter_map(|block| match block {
                Block::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    };
    let mut out = Vec::new();
    let told = steps(before);
    for (n, (mark, text)) in steps(now).into_iter().enumerate() {
        let ended = matches!(mark, Mark::Done | Mark::Failed);
        if ended && told.get(n).is_none_or(|(before, _)| *before != mark) {
            out.extend(paint::step(mark, &text, look));
        }
    }
    let told: Vec<_> = texts(before).iter().map(|text| gist(text)).collect();
    for text in texts(now).into_iter().filter(|text| !told.contains(&gist(text))) {
        out.extend(paint::text(&text, look));
    }
    out
}

/// A sentence without its figures.
fn gist(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(steps: &[(Mark, &str)], text: &str) -> Card<String> {
        let steps = steps.iter().map(|(mark, text)| (*mark, (*text).to_owned())).collect();
        Card {
            tone: Tone::Busy,
            title: "orchid".into(),
            blocks: vec![Block::Progress(steps), Block::Text(text.into())],
            buttons: Vec::new(),
            question: None,
            language: None,
        }
    }

    #[test]
    fn news_is_what_ended_and_what_was_not_said_before() {
        let look = Look { width: None, colour: false };
        let before = card(&[(Mark::Busy, "contracts 3 s"), (Mark::Open, "machine")], "usually 2 min");
        let ticked = card(&[(Mark::Busy, "contracts 4 s"), (Mark::Open, "machine")], "usually 3 min");
        assert_eq!(news(&before, &ticked, look), Vec::<String>::new());
        let ended = card(&[(Mark::Done, "contracts 6 s"), (Mark::Busy, "machine")], "moved to Vienna");
        assert_eq!(news(&before, &ended, look), ["  ✓ contracts 6 s", "  moved to Vienna"]);
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(plain_width("\x1b[33m◔\x1b[0m abc"), 5);
    }
}
