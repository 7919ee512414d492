//! A card as paragraphs: what stands on which line, the same on every platform that shows formatted text.
//!
//! A platform only has to write a [`Span`] in its own markup and to measure it. What people and machines outside
//! have written is cleaned of everything that could change how the rest reads. Not here: any markup, any button.

use crate::chat::{Block, Card, Mark, Tone};

/// Squares in a meter.
const METER: u64 = 10;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain.
    Plain(String),
    /// To be seen first.
    Strong(String),
    /// A link.
    Link {
        /// What to read.
        text: String,
        /// Where it goes.
        url: String,
    },
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Para {
    /// One line.
    Line(Vec<Span>),
    /// A literal to copy, alone.
    Code(String),
}

/// The paragraphs of a card, first its title; the question's words last, where they are not the title already.
pub fn paragraphs(card: &Card<String>) -> Vec<Para> {
    let title = clean(&card.title);
    let sign = sign(card.tone);
    let first = if sign.is_empty() { title.clone() } else { format!("{sign} {title}") };
    let mut paras = vec![Para::Line(vec![Span::Strong(first)])];
    for block in &card.blocks {
        match block {
            Block::Text(text) => paras.push(plain(text)),
            Block::Fact { name, value } => {
                paras.push(Para::Line(vec![Span::Plain(format!("{}: ", clean(name))), Span::Strong(clean(value))]));
            }
            Block::Progress(steps) => {
                paras.extend(steps.iter().map(|(at, text)| plain(&format!("{} {text}", mark(*at)))));
            }
            Block::Code(text) => paras.push(Para::Code(clean(text))),
            Block::Link { text, url } => {
                paras.push(Para::Line(vec![Span::Link { text: clean(text), url: clean(url) }]));
            }
            Block::Meter { name, used, of } => {
                let bar = bar(*used, *of);
                paras.push(plain(&format!("{bar} {name}: {used} / {of}")));
            }
        }
    }
    if let Some(question) = &card.question
        && clean(&question.text) != title
    {
        paras.push(Para::Line(vec![Span::Strong(clean(&question.text))]));
    }
    paras
}

fn plain(text: &str) -> Para {
    Para::Line(vec![Span::Plain(clean(text))])
}

/// Parts none of which measures more than `most`; split between paragraphs, and inside one only where it alone is
/// too long. Nothing is lost.
pub fn split(paras: Vec<Para>, most: usize, measure: impl Fn(&[Para]) -> usize) -> Vec<Vec<Para>> {
    let mut parts: Vec<Vec<Para>> = vec![Vec::new()];
    let mut waiting: Vec<Para> = paras.into_iter().rev().collect();
    while let Some(para) = waiting.pop() {
        let Some(part) = parts.last_mut() else { break };
        part.push(para);
        if measure(part) <= most {
            continue;
        }
        let Some(para) = part.pop() else { break };
        if !part.is_empty() {
            parts.push(Vec::new());
            waiting.push(para);
        } else if let Some((head, tail)) = halve(&para) {
            waiting.extend([tail, head]);
        } else {
            // A single letter that measures more than everything: there is nothing left to split.
            part.push(para);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A paragraph in two, at a space near the middle where there is one.
fn halve(para: &Para) -> Option<(Para, Para)> {
    let spans = match para {
        Para::Code(text) => {
            let (head, tail) = halve_text(text)?;
            return Some((Para::Code(head), Para::Code(tail)));
        }
        Para::Line(spans) => spans,
    };
    let longest = spans.iter().enumerate().max_by_key(|(_, span)| words(span).len())?.0;
    let (before, rest) = spans.split_at_checked(longest)?;
    let (span, after) = rest.split_first()?;
    let (head, tail) = halve_text(words(span))?;
    let same = |text: String| match span {
        Span::Plain(_) => Span::Plain(text),
        Span::Strong(_) => Span::Strong(text),
        Span::Link { url, .. } => Span::Link { text, url: url.clone() },
    };
    let first = before.iter().cloned().chain([same(head)]).collect();
    let second = std::iter::once(same(tail)).chain(after.iter().cloned()).collect();
    Some((Para::Line(first), Para::Line(second)))
}

fn words(span: &Span) -> &str {
    match span {
        Span::Plain(text) | Span::Strong(text) | Span::Link { text, .. } => text,
    }
}

fn halve_text(text: &str) -> Option<(String, String)> {
    let middle = text.char_indices().map(|(at, _)| at).find(|at| *at > 0 && *at >= text.len() / 2)?;
    let space = text.get(..middle)?.rfind(' ').filter(|space| *space > text.len() / 4).map(|space| space + 1);
    let (head, tail) = text.split_at_checked(space.unwrap_or(middle))?;
    Some((head.to_owned(), tail.to_owned()))
}

/// Plain text, as a file has it.
pub fn text(paras: &[Para]) -> String {
    let mut out = String::new();
    for para in paras {
        match para {
            Para::Code(text) => out.push_str(text),
            Para::Line(spans) => spans.iter().for_each(|span| match span {
                Span::Plain(text) | Span::Strong(text) => out.push_str(text),
                Span::Link { text, url } => out.push_str(&format!("{text} {url}")),
            }),
        }
        out.push('\n');
    }
    out
}

/// Without control characters and marks that turn the direction of what follows: a name must not rearrange a card.
/// A line break becomes a space, and so does a tab.
pub fn clean(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}');
    let kept = text.chars().filter(|letter| !turns(*letter));
    let spaced = kept.map(|letter| if matches!(letter, '\n' | '\r' | '\t') { ' ' } else { letter });
    spaced.filter(|letter| !letter.is_control()).collect()
}

/// At most `most` letters as `measure` counts them, with … where something is missing: for labels, whose words stand
/// in full elsewhere.
pub fn shorten(text: &str, most: usize, measure: impl Fn(char) -> usize) -> String {
    let text = clean(text);
    if text.chars().map(&measure).sum::<usize>() <= most {
        return text;
    }
    let mut left = most.saturating_sub(1);
    let head = text.chars().take_while(|letter| match left.checked_sub(measure(*letter)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    format!("{}…", head.collect::<String>().trim_end())
}

/// The tone's one sign.
pub fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Busy => "◔",
        Tone::Good => "●",
        Tone::No => "○",
        Tone::Warn => "▲",
    }
}

/// A step's sign.
pub fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Open => "·",
        Mark::Busy => "◔",
        Mark::Done => "✓",
        Mark::Failed => "✗",
    }
}

fn bar(used: u64, of: u64) -> String {
    let full = (u128::from(used.min(of)) * u128::from(METER)).checked_div(u128::from(of)).unwrap_or(0);
    (0..u128::from(METER)).map(|square| if square < full { '▰' } else { '▱' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![".{0,300}", "[a-z ]{0,2000}", "(👩‍👩‍👧|é|x| |\u{202e}|\n){0,400}"]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_splitting(texts in proptest::collection::vec(any_text(), 1..12), most in 20usize..400) {
            let paras: Vec<Para> = texts.iter().map(|text| plain(text)).collect();
            let whole = text(&paras).replace('\n', "");
            let parts = split(paras, most, |paras| text(paras).chars().count());
            prop_assert!(parts.iter().all(|part| text(part).chars().count() <= most));
            let again: String = parts.iter().map(|part| text(part).replace('\n', "")).collect();
            prop_assert_eq!(again, whole);
        }

        #[test]
        fn a_label_fits(label in any_text(), most in 2usize..80) {
            prop_assert!(shorten(&label, most, |_| 1).chars().count() <= most);
            prop_assert!(shorten(&label, most, char::len_utf16).encode_utf16().count() <= most);
        }
    }

    #[test]
    fn what_turns_the_text_round_is_gone() {
        assert_eq!(clean("a\u{202e}b\nc\u{7}"), "ab c");
    }
}
