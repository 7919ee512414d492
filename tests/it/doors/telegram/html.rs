//! `parse_mode=HTML`: markup into text and entities, with Telegram's own complaints. Not a general HTML parser: Telegram
//! knows a dozen tags and four named characters, and refuses the rest.

use super::model::Entity;

/// A tag that is open.
struct Open {
    tag: String,
    kind: &'static str,
    argument: String,
    offset: usize,
    byte: usize,
}

fn kind(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "span" | "tg-spoiler" => "spoiler",
        "a" => "text_link",
        "code" => "code",
        "pre" => "pre",
        "blockquote" => "blockquote",
        "tg-emoji" => "custom_emoji",
        _ => return None,
    })
}

/// Text and entities of `source`, or what Telegram says after "can't parse entities: ".
pub fn parse(source: &str) -> Result<(String, Vec<Entity>), String> {
    let mut parser = Parser { source, at: 0, text: String::new(), units: 0, open: Vec::new(), done: Vec::new() };
    while let Some(letter) = parser.peek() {
        match letter {
            '&' => {
                let letter = parser.character();
                parser.write(letter);
            }
            '<' if source[parser.at..].starts_with("</") => parser.close()?,
            '<' => parser.begin()?,
            _ => {
                parser.at += letter.len_utf8();
                parser.write(letter);
            }
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    Ok((parser.text, settled(parser.done)))
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    text: String,
    units: usize,
    open: Vec<Open>,
    done: Vec<Entity>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn write(&mut self, letter: char) {
        self.text.push(letter);
        self.units += letter.len_utf16();
    }

    fn skip_spaces(&mut self) {
        self.take(|letter| letter.is_ascii_whitespace());
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let rest = &self.source[self.at..];
        let size = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.at += size;
        rest[..size].to_owned()
    }

    /// A character written as `&lt;`, `&#60;` or `&#x3c;`. Any other ampersand stands for itself.
    fn character(&mut self) -> char {
        let rest = &self.source[self.at + 1..];
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '#').take(10).collect();
        let letter = match name.as_str() {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            _ => match name.strip_prefix('#') {
                Some(number) => match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                }
                .filter(|number| *number > 0)
                .and_then(char::from_u32),
                None => None,
            },
        };
        match letter {
            Some(letter) => {
                self.at += 1 + name.len();
                self.at += usize::from(self.peek() == Some(';'));
                letter
            }
            None => {
                self.at += 1;
                '&'
            }
        }
    }

    fn begin(&mut self) -> Result<(), String> {
        let byte = self.at;
        self.at += 1;
        let tag = self.take(|letter| !letter.is_ascii_whitespace() && letter != '>').to_lowercase();
        let unclosed = || format!("Unclosed start tag at byte offset {byte}");
        if self.peek().is_none() {
            return Err(unclosed());
        }
        let Some(kind) = kind(&tag) else {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {byte}"));
        };
        let mut argument = String::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return Err(unclosed()),
                Some('>') => break,
                Some(_) => {}
            }
            let name = self.take(|c| !c.is_ascii_whitespace() && !"=>/\"'".contains(c)).to_lowercase();
            if name.is_empty() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {byte}"));
            }
            self.skip_spaces();
            if tag == "blockquote" && name == "expandable" && self.peek() != Some('=') {
                continue;
            }
            if self.peek() != Some('=') {
                return Err(format!(
                    "Expected equal sign in declaration of an attribute of the tag \"{tag}\" at byte offset {byte}"
                ));
            }
            self.at += 1;
            self.skip_spaces();
            let value = match self.peek() {
                Some(quote @ ('"' | '\'')) => {
                    self.at += 1;
                    let mut value = String::new();
                    loop {
                        match self.peek() {
                            None => return Err(unclosed()),
                            Some(letter) if letter == quote => break,
                            Some('&') => value.push(self.character()),
                            Some(letter) => {
                                self.at += letter.len_utf8();
                                value.push(letter);
                            }
                        }
                    }
                    self.at += 1;
                    value
                }
                _ => self.take(|letter| !letter.is_ascii_whitespace() && letter != '>'),
            };
            match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("span", "class") | ("tg-emoji", "emoji-id") => argument = value,
                ("code", "class") => argument = value.strip_prefix("language-").unwrap_or_default().to_owned(),
                _ => {}
            }
        }
        self.at += 1;
        if tag == "span" && argument != "tg-spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {byte}"));
        }
        self.open.push(Open { tag, kind, argument, offset: self.units, byte: self.text.len() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let byte = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {byte}"));
        };
        self.at += 2;
        let tag = self.take(|letter| !letter.is_ascii_whitespace() && letter != '>').to_lowercase();
        self.skip_spaces();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {byte}"));
        }
        self.at += 1;
        if !tag.is_empty() && tag != open.tag {
            let Open { tag: expected, .. } = open;
            return Err(format!(
                "Unmatched end tag at byte offset {byte}, expected \"</{expected}>\", found \"</{tag}>\""
            ));
        }
        let length = self.units - open.offset;
        let mut entity = Entity { kind: open.kind.into(), offset: open.offset, length, url: None, language: None };
        match open.kind {
            "text_link" => {
                let target = if open.argument.is_empty() { &self.text[open.byte..] } else { &open.argument };
                match target_url(target) {
                    Some(url) => entity.url = Some(url),
                    None => return Ok(()),
                }
            }
            "code" if !open.argument.is_empty() => entity.language = Some(open.argument),
            _ => {}
        }
        if length > 0 {
            self.done.push(entity);
        }
        Ok(())
    }
}

/// Where a link leads; a link that leads nowhere is shown as plain text.
fn target_url(text: &str) -> Option<String> {
    let full = if text.contains("://") || text.starts_with("tg:") { text.to_owned() } else { format!("http://{text}") };
    let url = url::Url::parse(&full).ok()?;
    let leads = match url.scheme() {
        "tg" => true,
        "http" | "https" => url.host_str().is_some_and(|host| host.contains('.') || host == "localhost"),
        _ => false,
    };
    leads.then(|| url.to_string())
}

/// Which of two entities over the same stretch is the outer one.
fn rank(kind: &str) -> u8 {
    match kind {
        "pre" => 0,
        "code" => 1,
        "text_link" | "custom_emoji" => 2,
        _ => 3,
    }
}

/// Nested as Telegram allows: `pre`, `code`, links and emoji do not overlap (the outer one stays, and
/// `<pre><code class="language-…">` is one `pre`); bold and the like stop where code begins.
fn settled(mut all: Vec<Entity>) -> Vec<Entity> {
    all.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length, rank(&entity.kind)));
    let (whole, soft): (Vec<_>, Vec<_>) = all.into_iter().partition(|entity| rank(&entity.kind) < 3);
    let mut kept: Vec<Entity> = Vec::new();
    for entity in whole {
        match kept.last_mut().filter(|outer| entity.offset < outer.offset + outer.length) {
            Some(outer) if outer.kind == "pre" && entity.kind == "code" && outer.length == entity.length => {
                outer.language = entity.language;
            }
            Some(_) => {}
            None => kept.push(Entity { language: entity.language.filter(|_| entity.kind == "pre"), ..entity }),
        }
    }
    let code: Vec<_> = kept.iter().filter(|entity| rank(&entity.kind) < 2).map(|e| (e.offset, e.length)).collect();
    for entity in soft {
        if entity.kind == "blockquote" {
            kept.push(entity);
            continue;
        }
        let end = entity.offset + entity.length;
        let mut from = entity.offset;
        for (offset, length) in code.iter().chain(&[(end, 0)]) {
            let until = (*offset).min(end);
            if until > from {
                kept.push(Entity { offset: from, length: until - from, ..entity.clone() });
            }
            from = from.max(offset + length);
        }
    }
    kept.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length, rank(&entity.kind)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        match parse(source) {
            Err(error) => error,
            Ok((text, entities)) => {
                let marks = entities.iter().map(|e| {
                    let more = e.url.iter().chain(&e.language).map(|more| format!(" {more}")).collect::<String>();
                    format!(" {}@{}+{}{more}", e.kind, e.offset, e.length)
                });
                format!("{text:?}{}", marks.collect::<String>())
            }
        }
    }

    #[test]
    fn markup_becomes_text_and_entities_in_utf16_units() {
        let cases = [
            ("a &lt;b&gt; &amp; &quot;c&quot; &#33; &#x1F680;", "\"a <b> & \\\"c\\\" ! 🚀\""),
            ("AT&T &copy; &;", "\"AT&T &copy; &;\""),
            ("🚀<b>é<i>👩‍🚀</i></b>", "\"🚀é👩\\u{200d}🚀\" bold@2+6 italic@3+5"),
            ("<B>x</b> <strong>y</strong>", "\"x y\" bold@0+1 bold@2+1"),
            ("<a href=\"https://t.me/x?start=a&amp;b=1\">go</a>", "\"go\" text_link@0+2 https://t.me/x?start=a&b=1"),
            ("<a href='nowhere'>plain</a>", "\"plain\""),
            ("<a href=example.org>u</a>", "\"u\" text_link@0+1 http://example.org/"),
            ("<pre><code class=\"language-rust\">fn</code></pre>", "\"fn\" pre@0+2 rust"),
            ("<code>a<b>b</b></code>", "\"ab\" code@0+2"),
            ("<b>a<code>x</code>b <i>c</i></b>", "\"axb c\" bold@0+1 code@1+1 bold@2+3 italic@4+1"),
            ("<b><code>x</code></b>", "\"x\" code@0+1"),
            ("<a href='a.b'>l<code>x</code></a>", "\"lx\" text_link@0+2 http://a.b/"),
            ("<blockquote><code>x</code><b>y</b></blockquote>", "\"xy\" blockquote@0+2 code@0+1 bold@1+1"),
            ("<b></b><blockquote expandable>q</blockquote>", "\"q\" blockquote@0+1"),
            (
                "<span class=\"tg-spoiler\">s</span><u>u</><s>d</s>",
                "\"sud\" spoiler@0+1 underline@1+1 strikethrough@2+1",
            ),
            ("<tg-emoji emoji-id=\"5\">👍</tg-emoji>", "\"👍\" custom_emoji@0+2"),
        ];
        for (source, expected) in cases {
            assert_eq!(shown(source), expected, "{source}");
        }
    }

    #[test]
    fn broken_markup_is_refused_with_telegrams_words() {
        let cases = [
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("é<br>x", "Unsupported start tag \"br\" at byte offset 2"),
            ("1 < 2 >", "Unsupported start tag \"\" at byte offset 2"),
            ("a < b", "Unsupported start tag \"\" at byte offset 2"),
            ("a <b", "Unclosed start tag at byte offset 2"),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<a href>x</a>", "Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0"),
            ("<a =x>x</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
            ("<a href=\"x>y</a>", "Unclosed start tag at byte offset 0"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ];
        for (source, expected) in cases {
            assert_eq!(shown(source), expected, "{source}");
        }
    }
}
