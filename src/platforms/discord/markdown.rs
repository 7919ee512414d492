//! Paragraphs in Discord's Markdown: what stands there is what was meant, and nothing that somebody typed is markup.
//!
//! Mentions cannot arise from here (`@` and `<` are escaped), and every message forbids them besides. Not here:
//! buttons, and what is too long.

use crate::platforms::layout::{Para, Span};
use url::Url;

/// A longer address is shown as text, which can be split.
const LONGEST_LINK: usize = 500;
/// Where a code block begins and ends.
const FENCE: &str = "```";

/// Paragraphs, one below the other.
pub fn markdown(paras: &[Para]) -> String {
    let lines: Vec<String> = paras.iter().map(paragraph).filter(|line| !line.trim().is_empty()).collect();
    // A message must not be empty.
    if lines.is_empty() { "\u{200b}".to_owned() } else { lines.join("\n") }
}

fn paragraph(para: &Para) -> String {
    match para {
        Para::Code(text) if text.trim().is_empty() => String::new(),
        // A block cannot hold its own fence, and nothing may be put into a literal that people copy: it is shown as
        // text then, and copied from there it is exact too.
        Para::Code(text) if text.contains(FENCE) => escape(text, true),
        Para::Code(text) => format!("{FENCE}\n{text}\n{FENCE}"),
        Para::Line(spans) => {
            let mut line = String::new();
            for span in spans {
                let first = line.trim().is_empty();
                line.push_str(&piece(span, first));
            }
            line
        }
    }
}

fn piece(span: &Span, first: bool) -> String {
    match span {
        Span::Plain(text) => escape(text, first),
        Span::Strong(text) => {
            let core = text.trim();
            if core.is_empty() {
                return text.clone();
            }
            let (before, after) = text.split_once(core).unwrap_or_default();
            format!("{before}**{}**{after}", escape(core, first))
        }
        Span::Link { text, url } => match link(url) {
            // Discord does not make a link of words that are an address themselves.
            Some(target) if !text.trim().is_empty() && !text.contains("://") => {
                format!("[{}]({target})", escape(text, first))
            }
            _ => escape(&format!("{text} {url}"), first),
        },
    }
}

/// The address as it stands in a link, where it may stand in one.
fn link(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let target = url.as_str().replace('(', "%28").replace(')', "%29").replace('<', "%3C").replace('>', "%3E");
    (target.len() <= LONGEST_LINK && !target.contains(char::is_whitespace)).then_some(target)
}

/// Text that is only text. `first`: it begins a line.
pub fn escape(text: &str, first: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    // Some signs mean something only where a line begins.
    let mut head = first;
    let mut digits = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        let active = match letter {
            '\\' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '<' | '@' => true,
            '#' | '-' | '>' | '+' => head && !digits,
            '.' | ')' => head && digits,
            // `:name:` is a picture, and `https://…` is a link.
            ':' => next.is_some_and(|next| !next.is_whitespace()),
            _ => false,
        };
        if active {
            out.push('\\');
        }
        out.push(letter);
        digits = head && letter.is_ascii_digit();
        head = head && (letter.is_whitespace() || digits);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Para {
        Para::Line(vec![Span::Plain(text.to_owned())])
    }

    #[test]
    fn what_people_type_is_text() {
        for (typed, written) in [
            ("*bold* _it_ ~~gone~~ ||spoiler|| `code`", r"\*bold\* \_it\_ \~\~gone\~\~ \|\|spoiler\|\| \`code\`"),
            ("@everyone <@1> <#2> <:a:3> <t:4>", r"\@everyone \<\@1> \<#2> \<\:a\:3> \<t\:4>"),
            ("# head", r"\# head"),
            ("-# small", r"\-# small"),
            ("  > quote", r"  \> quote"),
            ("- a - b", r"\- a - b"),
            ("12. a 3. b", r"12\. a 3. b"),
            ("at 14:02: :smile:", r"at 14\:02: \:smile:"),
            ("see https://x.y", r"see https\://x.y"),
            (r"a\*b", r"a\\\*b"),
            ("[x](http://y)", r"\[x\](http\://y)"),
        ] {
            assert_eq!(markdown(&[plain(typed)]), written);
        }
    }

    #[test]
    fn literals_stand_alone_and_stay_exact() {
        let code = |text: &str| markdown(&[Para::Code(text.to_owned())]);
        assert_eq!(code("/deploy casper *"), "```\n/deploy casper *\n```");
        assert_eq!(code("a```b"), r"a\`\`\`b");
    }

    #[test]
    fn only_web_addresses_are_links() {
        let link =
            |text: &str, url: &str| markdown(&[Para::Line(vec![Span::Link { text: text.into(), url: url.into() }])]);
        assert_eq!(link("proof", "https://x.y/a(b)"), "[proof](https://x.y/a%28b%29)");
        assert_eq!(link("a]b", "http://x.y"), r"[a\]b](http://x.y/)");
        assert_eq!(link("proof", "javascript:alert(1)"), r"proof javascript\:alert(1)");
        assert_eq!(link("https://bank", "https://thief"), r"https\://bank https\://thief");
        assert!(link("a", &format!("https://x.y/{}", "z".repeat(600))).starts_with(r"a https\:"));
    }

    #[test]
    fn a_message_is_never_empty_and_stars_enclose_something() {
        assert_eq!(markdown(&[]), "\u{200b}");
        let strong = |text: &str| markdown(&[Para::Line(vec![Span::Strong(text.to_owned())])]);
        assert_eq!(strong(" a "), " **a** ");
        assert_eq!(strong("  "), "\u{200b}");
    }
}
