//! A card as Telegram's HTML. Pure.
//!
//! Nothing that somebody wrote is markup, and nothing of it calls anybody: an `@name` is kept from becoming a
//! mention. A card that is too long for one message is cut between paragraphs into several, and beyond that goes
//! into a file. Not here: the buttons (`keys`), and sending.

use crate::chat::{Card, Person};
use crate::platforms::layout::{Para, Span, clean, paragraphs, split, text};
use std::fmt::Write;

/// The longest text of a message, in UTF-16 units after its markup is read: Telegram's.
pub const LONGEST: usize = 4096;
/// Messages for one card.
const PARTS: usize = 3;
/// Telegram honours so many pieces of markup in one message.
const ENTITIES: usize = 100;
/// Keeps `@name` from being a mention, and is not seen.
const JOINER: char = '\u{2060}';

/// What a card is in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Texts in Telegram's HTML, each for one message; at least one.
    pub texts: Vec<String>,
    /// The whole as a file, where it is too long for messages.
    pub file: Option<String>,
}

/// What stands on a card besides what it says itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra<'a> {
    /// Who is called, in the first line.
    pub whom: Option<&'a Person>,
    /// How to answer, in the last line.
    pub hint: Option<&'a str>,
}

/// Draws a card.
pub fn sheet(card: &Card<String>, extra: Extra<'_>) -> Sheet {
    let mut paras = paragraphs(card);
    if let Some(hint) = extra.hint {
        paras.push(Para::Line(vec![Span::Plain(clean(hint))]));
    }
    if let Some(whom) = extra.whom {
        paras.insert(0, Para::Line(vec![Span::Link { text: name(whom), url: call(whom) }]));
    }
    // An address that is not linked is read, and is as long as it is.
    let paras: Vec<Para> = paras.into_iter().map(readable).collect();
    let parts = split(paras.clone(), LONGEST, |paras| draw(paras).units);
    let html = |part: &Vec<Para>| draw(part).html;
    match parts.len() {
        0..=PARTS => Sheet { texts: parts.iter().map(html).collect(), file: None },
        _ => Sheet { texts: parts.iter().take(1).map(html).collect(), file: Some(text(&paras)) },
    }
}

/// A paragraph with only such links as lead somewhere.
fn readable(para: Para) -> Para {
    let bare = |span| match span {
        Span::Link { text, url } if !leads_somewhere(&url) => Span::Plain(format!("{text} {url}")),
        span => span,
    };
    match para {
        Para::Line(spans) => Para::Line(spans.into_iter().map(bare).collect()),
        code @ Para::Code(_) => code,
    }
}

/// At most `most` UTF-16 units of what a card says, without markup: for an alert.
pub fn brief(card: &Card<String>, most: usize) -> String {
    let lines = text(&paragraphs(card));
    let mut brief = String::new();
    for line in lines.lines() {
        let longer = if brief.is_empty() { line.to_owned() } else { format!("{brief}\n{line}") };
        if longer.encode_utf16().count() > most {
            break;
        }
        brief = longer;
    }
    if brief.trim().is_empty() { crate::platforms::layout::shorten(&lines, most, char::len_utf16) } else { brief }
}

/// Where a tap on a person's name leads; in a message of a group, it calls them.
fn call(person: &Person) -> String {
    format!("tg://user?id={}", person.id)
}

fn name(person: &Person) -> String {
    let name = clean(&person.name);
    if name.trim().is_empty() { person.id.clone() } else { name }
}

/// A text in HTML, and how long it is when it is read.
struct Drawn {
    html: String,
    units: usize,
}

struct Pen {
    html: String,
    seen: String,
    entities: usize,
}

impl Pen {
    fn plain(&mut self, text: &str) {
        let mut last = None;
        for letter in text.chars() {
            if last == Some('@') && (letter.is_alphanumeric() || letter == '_') {
                self.letter(JOINER);
            }
            self.letter(letter);
            last = Some(letter);
        }
    }

    fn letter(&mut self, letter: char) {
        self.seen.push(letter);
        match letter {
            '<' => self.html.push_str("&lt;"),
            '>' => self.html.push_str("&gt;"),
            '&' => self.html.push_str("&amp;"),
            '"' => self.html.push_str("&quot;"),
            letter => self.html.push(letter),
        }
    }

    /// Writes between two tags, as long as Telegram honours them.
    fn tagged(&mut self, open: &str, close: &str, write: impl FnOnce(&mut Self)) {
        self.entities += 1;
        let honoured = self.entities <= ENTITIES;
        if honoured {
            self.html.push_str(open);
        }
        write(self);
        if honoured {
            self.html.push_str(close);
        }
    }

    fn span(&mut self, span: &Span) {
        match span {
            Span::Plain(text) => self.plain(text),
            Span::Strong(text) => self.tagged("<b>", "</b>", |pen| pen.plain(text)),
            Span::Link { text, url } if self.entities >= ENTITIES => self.plain(&format!("{text} {url}")),
            Span::Link { text, url } => {
                let mut open = String::from("<a href=\"");
                let mut address = Self { html: String::new(), seen: String::new(), entities: 0 };
                url.chars().for_each(|letter| address.letter(letter));
                // Writing to a string does not fail.
                let _ = write!(open, "{}\">", address.html);
                self.tagged(&open, "</a>", |pen| pen.plain(text));
            }
        }
    }
}

/// Whether an address can be the target of a link: what a card links to is on the web; what we link to is a person.
fn leads_somewhere(url: &str) -> bool {
    let person = url.strip_prefix("tg://user?id=").is_some_and(|id| id.bytes().all(|digit| digit.is_ascii_digit()));
    person || url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn draw(paras: &[Para]) -> Drawn {
    let mut pen = Pen { html: String::new(), seen: String::new(), entities: 0 };
    for (at, para) in paras.iter().enumerate() {
        if at > 0 {
            pen.letter('\n');
        }
        match para {
            // A literal is copied as it is; nothing in it is read as a mention.
            Para::Code(text) if pen.entities < ENTITIES => {
                pen.tagged("<pre>", "</pre>", |pen| text.chars().for_each(|letter| pen.letter(letter)));
            }
            Para::Code(text) => pen.plain(text),
            Para::Line(spans) => spans.iter().for_each(|span| pen.span(span)),
        }
    }
    // Telegram takes no message that shows nothing.
    if pen.seen.chars().all(|letter| letter.is_whitespace() || letter == JOINER) {
        pen.plain("…");
    }
    Drawn { html: pen.html, units: pen.seen.encode_utf16().count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Block, PlatformName, Tone};
    use proptest::prelude::*;

    /// What a message shows and how many pieces of markup it has; an error where the markup is not as it should be.
    fn read(html: &str) -> Result<(String, usize), String> {
        let (mut seen, mut open, mut pieces) = (String::new(), None::<String>, 0);
        let mut rest = html;
        while let Some(letter) = rest.chars().next() {
            match letter {
                '<' => {
                    let (tag, after) = rest[1..].split_once('>').ok_or("a tag that does not end")?;
                    match (tag.strip_prefix('/'), &open) {
                        (Some(name), Some(was)) if name == was => open = None,
                        (None, None) => {
                            let name = tag.split(' ').next().unwrap();
                            let plain = ["b", "pre"].contains(&tag);
                            let link = tag.strip_prefix("a href=\"").and_then(|t| t.strip_suffix('"'));
                            let safe = link.is_some_and(|t| !t.contains(['"', '<', '>']) && leads(t));
                            if !plain && !safe {
                                return Err(format!("<{tag}>"));
                            }
                            (open, pieces) = (Some(name.to_owned()), pieces + 1);
                        }
                        _ => return Err(format!("<{tag}> in {open:?}")),
                    }
                    rest = after;
                }
                '&' => {
                    let (name, after) = rest[1..].split_once(';').ok_or("an & that does not end")?;
                    seen.push(match name {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        name => return Err(format!("&{name};")),
                    });
                    rest = after;
                }
                '>' => return Err("a bare >".into()),
                letter => {
                    seen.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        if open.is_some() { Err("a tag that is not closed".into()) } else { Ok((seen, pieces)) }
    }

    fn leads(address: &str) -> bool {
        ["http://", "https://", "tg://user?id="].iter().any(|begin| address.to_lowercase().starts_with(begin))
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,60}",
            "[a-z ]{0,200}",
            "(👩‍👩‍👧|é|\u{202e}|\n|@everyone|<b>|</b>|&amp;|\"|<a href=\"x\">|@ann|/stop| ){0,40}",
            Just("x".repeat(10_000)),
            Just(" ".repeat(5_000)),
        ]
    }

    fn any_block() -> impl Strategy<Value = Block<String>> {
        prop_oneof![
            any_text().prop_map(Block::Text),
            (any_text(), any_text()).prop_map(|(name, value)| Block::Fact { name, value }),
            any_text().prop_map(Block::Code),
            (any_text(), prop_oneof![any_text(), Just("https://a.b/?x=\"1\"&y=<2>".to_owned())])
                .prop_map(|(text, url)| Block::Link { text, url }),
            (any_text(), any::<u64>(), any::<u64>()).prop_map(|(name, used, of)| Block::Meter { name, used, of }),
        ]
    }

    fn card(title: &str, blocks: Vec<Block<String>>) -> Card<String> {
        Card { tone: Tone::Good, title: title.to_owned(), blocks, buttons: Vec::new(), question: None, language: None }
    }

    proptest! {
        #![proptest_config(ProptestConfig { max_shrink_iters: 64, ..ProptestConfig::with_cases(48) })]
        #[test]
        fn any_card_fits_and_nothing_of_it_is_markup(
            title in any_text(),
            blocks in proptest::collection::vec(any_block(), 0..24),
            name in any_text(),
            called: bool,
        ) {
            let card = card(&title, blocks);
            let person = Person { platform: PlatformName::Telegram, id: "77".into(), name };
            let extra = Extra { whom: called.then_some(&person), hint: called.then_some("Answer by replying.") };
            let Sheet { texts, file } = sheet(&card, extra);
            prop_assert!(!texts.is_empty() && texts.len() <= PARTS);
            let mut all = String::new();
            for html in &texts {
                let (seen, pieces) = read(html).map_err(TestCaseError::fail)?;
                prop_assert!(seen.encode_utf16().count() <= LONGEST);
                prop_assert!(pieces <= ENTITIES);
                prop_assert!(!seen.trim().is_empty());
                let calls = seen.split('@').skip(1).any(|after| after.starts_with(char::is_alphanumeric));
                let copied = html.contains("<pre>");
                prop_assert!(copied || !calls, "{seen}");
                all.push_str(&seen);
            }
            // Nothing is lost.
            if file.is_none() {
                let bare = |text: &str| text.replace([JOINER, '\n', '…'], "");
                let mut paras = paragraphs(&card);
                paras.iter_mut().for_each(|para| if let Para::Line(spans) = para {
                    spans.iter_mut().for_each(|span| if let Span::Link { text, url } = span
                        && leads_somewhere(url) { *span = Span::Plain(text.clone()) });
                });
                if !called && paras.len() < ENTITIES / 2 {
                    prop_assert_eq!(bare(&all), bare(&text(&paras)));
                }
            }
            prop_assert!(brief(&card, 200).encode_utf16().count() <= 200);
            prop_assert!(!brief(&card, 200).is_empty());
        }
    }

    #[test]
    fn a_card_looks_like_this() {
        let card = card(
            "orchid runs",
            vec![
                Block::Text("Since 14:02, said @ann & <b>Bob</b>.".into()),
                Block::Fact { name: "Tip".into(), value: "6 s old".into() },
                Block::Code("curl \"http://185.69.166.12:8888/status\" | grep @me".into()),
                Block::Link { text: "Proof".into(), url: "https://example.org/?a=1&b=\"2\"".into() },
                Block::Link { text: "Odd".into(), url: "javascript:alert(1)".into() },
            ],
        );
        let Sheet { texts, file } = sheet(&card, Extra::default());
        assert_eq!(file, None);
        assert_eq!(
            texts.join("---").replace(JOINER, "|"),
            "<b>● orchid runs</b>\n\
             Since 14:02, said @|ann &amp; &lt;b&gt;Bob&lt;/b&gt;.\n\
             Tip: <b>6 s old</b>\n\
             <pre>curl &quot;http://185.69.166.12:8888/status&quot; | grep @me</pre>\n\
             <a href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\">Proof</a>\n\
             Odd javascript:alert(1)"
        );
        let ann = Person { platform: PlatformName::Telegram, id: "77".into(), name: "Ann <3".into() };
        let called = sheet(&card, Extra { whom: Some(&ann), hint: None }).texts.remove(0);
        assert!(called.starts_with("<a href=\"tg://user?id=77\">Ann &lt;3</a>\n<b>● orchid runs</b>"), "{called}");
    }

    #[test]
    fn what_is_too_long_is_in_parts_and_then_in_a_file() {
        let line = |n: usize| Block::Text(format!("{n:04} {}", "x".repeat(90)));
        let two = sheet(&card("Long", (0..80).map(line).collect()), Extra::default());
        assert_eq!((two.texts.len(), two.file), (2, None));
        let many = sheet(&card("Long", (0..400).map(line).collect()), Extra::default());
        assert_eq!(many.texts.len(), 1);
        let file = many.file.unwrap();
        assert!(file.starts_with("● Long\n0000") && file.trim_end().ends_with('x') && file.contains("\n0399 "));
    }

    #[test]
    fn only_so_many_pieces_of_markup_are_written() {
        let facts = (0..150).map(|n| Block::Fact { name: "n".into(), value: n.to_string() });
        let sheet = sheet(&card("Facts", facts.collect()), Extra::default());
        let (seen, pieces) = read(&sheet.texts[0]).unwrap();
        assert_eq!(pieces, ENTITIES);
        assert!(seen.ends_with("n: 149"));
    }
}
