//! A card as lines of text: wrapped to a width, with or without colour. Pure.
//!
//! The first column carries the tone's symbol; what is to be copied stands alone and is never broken.

use crate::chat::{Block, Button, Card, Choice, Mark, Tone};
use unicode_width::UnicodeWidthStr;

/// How to paint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Columns; `None`: as long as it takes.
    pub width: Option<usize>,
    /// Whether to colour.
    pub colour: bool,
}

/// Columns before everything but a first line.
const INDENT: &str = "  ";
/// The widest column of names.
const NAMES: usize = 18;
/// Parts of a meter.
const METER: usize = 10;

impl Look {
    fn ink(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// `text` in lines: the first with `first` in front, the others with as many spaces. `columns`: how wide `first`
    /// is on the screen.
    fn put(self, out: &mut Vec<String>, first: &str, columns: usize, text: &str, code: &str) {
        for (n, line) in wrap(text, self.width.map(|width| width.saturating_sub(columns))).into_iter().enumerate() {
            let head = if n == 0 { first.to_owned() } else { " ".repeat(columns) };
            out.push(format!("{head}{}", self.ink(code, &line)).trim_end().to_owned());
        }
    }
}

/// The whole card.
pub(super) fn card(card: &Card<String>, look: Look) -> Vec<String> {
    let mut out = Vec::new();
    let (symbol, ink) = tone(card.tone);
    if symbol.is_empty() {
        look.put(&mut out, "", 0, &card.title, "1");
    } else {
        look.put(&mut out, &format!("{} ", look.ink(ink, symbol)), 2, &card.title, "1");
    }
    let mut blocks = card.blocks.as_slice();
    while let Some((block, rest)) = blocks.split_first() {
        let named = blocks.iter().take_while(|block| pair(block).is_some()).count();
        if named > 0 {
            let (facts, rest) = blocks.split_at(named);
            pairs(&mut out, facts, look);
            blocks = rest;
            continue;
        }
        one(&mut out, block, look);
        blocks = rest;
    }
    if let Some(question) = &card.question
        && question.text != card.title
    {
        look.put(&mut out, INDENT, INDENT.len(), &question.text, "");
    }
    ways(&mut out, card, look);
    out
}

/// One block that is not a name and its value.
fn one(out: &mut Vec<String>, block: &Block<String>, look: Look) {
    match block {
        Block::Text(text) => look.put(out, INDENT, INDENT.len(), text, ""),
        Block::Progress(steps) => steps.iter().for_each(|(mark, text)| out.extend(step(*mark, text, look))),
        // What is copied is never broken, however narrow the screen.
        Block::Code(text) => out.extend(text.lines().map(|line| format!("    {}", look.ink("36", line)))),
        Block::Link { text, url } => {
            look.put(out, INDENT, INDENT.len(), text, "");
            out.push(format!("    {}", look.ink("36", url)));
        }
        Block::Fact { .. } | Block::Meter { .. } => {}
    }
}

/// A sentence.
pub(super) fn text(text: &str, look: Look) -> Vec<String> {
    let mut out = Vec::new();
    look.put(&mut out, INDENT, INDENT.len(), text, "");
    out
}

/// A step and how far it is.
pub(super) fn step(state: Mark, text: &str, look: Look) -> Vec<String> {
    let (symbol, ink) = mark(state);
    let mut out = Vec::new();
    look.put(&mut out, &format!("{INDENT}{} ", look.ink(ink, symbol)), INDENT.len() + 2, text, "");
    out
}

/// What has a name and a value.
fn pair(block: &Block<String>) -> Option<(&str, String)> {
    match block {
        Block::Fact { name, value } => Some((name, value.clone())),
        Block::Meter { name, used, of } => {
            let full = usize::try_from(used.saturating_mul(METER as u64) / (*of).max(1)).unwrap_or(METER).min(METER);
            Some((name, format!("{}{} {used} / {of}", "█".repeat(full), "░".repeat(METER - full))))
        }
        _ => None,
    }
}

/// Names in one column, values in another; on a narrow screen each value under its name.
fn pairs(out: &mut Vec<String>, blocks: &[Block<String>], look: Look) {
    let pairs: Vec<_> = blocks.iter().filter_map(pair).collect();
    let names = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(NAMES);
    let narrow = look.width.is_some_and(|width| width < names + 30);
    for (name, value) in pairs {
        if narrow || name.width() > NAMES {
            look.put(out, INDENT, INDENT.len(), name, "2");
            look.put(out, "    ", 4, &value, "");
        } else {
            let gap = " ".repeat(names - name.width() + 2);
            look.put(out, &format!("{INDENT}{}{gap}", look.ink("2", name)), INDENT.len() + names + 2, &value, "");
        }
    }
}

/// What can be answered, with the numbers that answer it: choices first, then buttons.
fn ways(out: &mut Vec<String>, card: &Card<String>, look: Look) {
    let choices = card.question.iter().flat_map(|question| &question.choices);
    let texts = choices.map(|Choice { text, .. }| text).chain(card.buttons.iter().map(|Button { text, .. }| text));
    let mut line = String::new();
    let mut columns = 0;
    for (n, text) in texts.enumerate() {
        let number = format!("[{}]", n + 1);
        let wide = number.width() + 1 + text.width();
        let fits = look.width.unwrap_or(100);
        if columns > 0 && columns + 3 + wide > fits {
            out.push(std::mem::take(&mut line));
            columns = 0;
        }
        line.push_str(if columns == 0 { INDENT } else { "   " });
        columns += wide + if columns == 0 { INDENT.len() } else { 3 };
        if wide + INDENT.len() > fits {
            // One that is wider than the screen has its own lines.
            line.clear();
            columns = 0;
            look.put(out, &format!("{INDENT}{} ", look.ink("36", &number)), INDENT.len() + number.len() + 1, text, "");
            continue;
        }
        line.push_str(&format!("{} {text}", look.ink("36", &number)));
    }
    if columns > 0 {
        out.push(line);
    }
}

fn tone(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Plain => ("", ""),
        Tone::Busy => ("◔", "33"),
        Tone::Good => ("●", "32"),
        Tone::No => ("○", "31"),
        Tone::Warn => ("▲", "33"),
    }
}

fn mark(mark: Mark) -> (&'static str, &'static str) {
    match mark {
        Mark::Open => ("·", "2"),
        Mark::Busy => ("◔", "33"),
        Mark::Done => ("✓", "32"),
        Mark::Failed => ("✗", "31"),
    }
}

/// Breaks a text at spaces; a word that is too long for a line has one to itself, and is not broken.
fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        // Control characters never reach the screen: a name must not be able to move the cursor.
        let paragraph: String = paragraph.chars().filter(|letter| !letter.is_control()).collect();
        let Some(width) = width else {
            lines.push(paragraph);
            continue;
        };
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.width() + 1 + word.width() > width {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ButtonStyle, DraftId, Press, Question};

    fn busy() -> Card<String> {
        let button = |text: &str| Button {
            text: text.to_owned(),
            style: ButtonStyle::Plain,
            urge: None,
            press: Some(Press { id: "x".into() }),
            asks: None,
        };
        Card {
            tone: Tone::Busy,
            title: "orchid · Casper, small · Ghent, Belgium (node 4312)".into(),
            blocks: vec![
                Block::Progress(vec![
                    (Mark::Done, "contracts 6 s".into()),
                    (Mark::Busy, "machine starting 41 s · usually 1 to 3 min".into()),
                    (Mark::Open, "answering".into()),
                ]),
                Block::Fact { name: "Price".into(), value: "0.9 TFT an hour, about 16 USD a month".into() },
                Block::Meter { name: "Nodes".into(), used: 3, of: 5 },
                Block::Code("ssh root@185.69.166.12".into()),
            ],
            buttons: vec![button("Stop"), button("Show proof")],
            question: None,
            language: None,
        }
    }

    #[test]
    fn a_wide_screen() {
        insta::assert_snapshot!(card(&busy(), Look { width: Some(80), colour: false }).join("\n"), @r"
        ◔ orchid · Casper, small · Ghent, Belgium (node 4312)
          ✓ contracts 6 s
          ◔ machine starting 41 s · usually 1 to 3 min
          · answering
          Price  0.9 TFT an hour, about 16 USD a month
          Nodes  ██████░░░░ 3 / 5
            ssh root@185.69.166.12
          [1] Stop   [2] Show proof
        ");
    }

    #[test]
    fn a_phone_wide_screen() {
        let mut narrow = busy();
        narrow.question = Some(Question {
            page: 0,
            asks: None,
            draft: DraftId("d".into()),
            field: "size".into(),
            text: "Which size?".into(),
            choices: ["small: 4 vCPU, 16 GB of memory, 500 GB of disk", "medium"]
                .map(|text| Choice::new(text, text.into()))
                .into(),
            free: false,
        });
        insta::assert_snapshot!(card(&narrow, Look { width: Some(34), colour: false }).join("\n"), @r"
        ◔ orchid · Casper, small · Ghent,
          Belgium (node 4312)
          ✓ contracts 6 s
          ◔ machine starting 41 s ·
            usually 1 to 3 min
          · answering
          Price
            0.9 TFT an hour, about 16 USD
            a month
          Nodes
            ██████░░░░ 3 / 5
            ssh root@185.69.166.12
          Which size?
          [1] small: 4 vCPU, 16 GB of
              memory, 500 GB of disk
          [2] medium   [3] Stop
          [4] Show proof
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_screen_and_names_cannot_move_the_cursor() {
        let mut wild = busy();
        wild.title = "a\x1b[2Jb".into();
        for width in [20, 40, 80] {
            for line in card(&wild, Look { width: Some(width), colour: false }) {
                assert!(line.starts_with("    ") || line.width() <= width, "{line}");
                assert!(!line.contains('\x1b'));
            }
        }
        assert!(card(&busy(), Look { width: Some(80), colour: true }).join("\n").contains("\x1b[33m◔\x1b[0m"));
    }
}
