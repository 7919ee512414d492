//! Rust sources as the house rules see them: text, and code without comments and literals. Not a parser.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One `.rs` file.
pub struct Source {
    /// Relative to the package, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// With comments and the insides of literals blanked; every byte stands where it stands in `text`.
    pub code: String,
    /// A file of tests only, declared by `#[cfg(test)] mod name;`, or under `tests/` or `benches/`.
    pub is_test: bool,
}

/// All sources of the package, in order of their paths.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let mut all: Vec<Source> = paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("a source can be read");
            let relative = path.strip_prefix(root).expect("below the package");
            let path =
                relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            Source { is_test: !path.starts_with("src/"), code: blank(&text), path, text }
        })
        .collect();
    let tests: BTreeSet<String> = all.iter().flat_map(Source::test_files).collect();
    for file in &mut all {
        let stem = file.path.trim_end_matches(".rs");
        file.is_test |= tests.iter().any(|test| stem == test || stem.starts_with(&format!("{test}/")));
    }
    assert!(all.len() > 20, "the sources could not be found");
    all
}

fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                collect(&path, out);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Source {
    /// The top module it belongs to; `None` for lib.rs, main.rs and what is not under `src/`.
    pub fn module(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?;
        let name = rest.split('/').next()?.trim_end_matches(".rs");
        (name != "lib" && name != "main").then_some(name)
    }

    /// Where the tests at its bottom begin, if there are any.
    fn tests_at(&self) -> Option<usize> {
        self.code.match_indices("#[cfg(test)]").map(|(at, _)| at).find(|at| {
            let rest = self.code[at + "#[cfg(test)]".len()..].trim_start();
            rest.starts_with("mod ")
                && rest.split(['{', ';']).next().is_some_and(|head| rest[head.len()..].starts_with('{'))
        })
    }

    /// The lines before its tests.
    pub fn lines_without_tests(&self) -> usize {
        self.text[..self.tests_at().unwrap_or(self.text.len())].lines().count()
    }

    /// The files that it declares as `#[cfg(test)] mod name;`, without `.rs`.
    fn test_files(&self) -> Vec<String> {
        let folder = match self.path.trim_end_matches(".rs") {
            stem if stem.ends_with("/mod") || stem == "src/lib" => {
                stem.rsplit_once('/').map_or("", |(folder, _)| folder)
            }
            stem => stem,
        };
        let declared = self.code.split("#[cfg(test)]").skip(1).filter_map(|rest| {
            let name = rest.trim_start().strip_prefix("mod ")?.split(|c: char| c == ';' || !is_word(c as u8)).next()?;
            rest.trim_start().strip_prefix("mod ")?.strip_prefix(name)?.starts_with(';').then_some(name)
        });
        declared.map(|name| format!("{folder}/{name}")).collect()
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// The lines whose code has `what`.
    pub fn lines_with(&self, what: &str) -> impl Iterator<Item = usize> {
        self.code.match_indices(what).map(|(at, _)| self.line(at)).collect::<Vec<_>>().into_iter()
    }

    /// The lines that use the foreign crate `name`: `name::…`, `use name;`, `use name as …`.
    pub fn uses(&self, name: &str) -> impl Iterator<Item = usize> {
        let bytes = self.code.as_bytes();
        let found = self.code.match_indices(name).filter(|(at, _)| {
            let before = self.code[..*at].trim_end();
            let fresh = *at == 0 || !is_word(bytes[at - 1]);
            let after = &self.code[at + name.len()..];
            let path = after.starts_with("::") && !before.ends_with("::");
            let import = before.ends_with("use") && (after.starts_with(';') || after.starts_with(" as "));
            fresh && (path || import)
        });
        found.map(|(at, _)| self.line(at)).collect::<Vec<_>>().into_iter()
    }

    /// The top modules named by `crate::name` and `crate::{a, b::c}`, with their lines.
    pub fn crate_paths(&self) -> Vec<(usize, String)> {
        let word = |text: &str| text.bytes().take_while(|byte| is_word(*byte)).count();
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            if at > 0 && is_word(self.code.as_bytes()[at - 1]) {
                continue;
            }
            let rest = &self.code[at + "crate::".len()..];
            let Some(group) = rest.strip_prefix('{') else {
                found.push((self.line(at), rest[..word(rest)].to_owned()));
                continue;
            };
            let (mut depth, mut fresh) = (0, true);
            for (offset, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    c if fresh && is_word(c as u8) => {
                        let name = &group[offset..];
                        found.push((self.line(at), name[..word(name)].to_owned()));
                        fresh = false;
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The lines where a chain of `super::` reaches the crate's root.
    pub fn climbs_to_the_root(&self) -> Vec<usize> {
        let stem = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let depth = stem.trim_end_matches("/mod").split('/').count();
        let tests = self.tests_at().unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("super::") {
            if self.code[..at].ends_with("super::") {
                continue;
            }
            let chain = self.code[at..].split("super::").skip(1).take_while(|part| part.is_empty()).count() + 1;
            if chain >= depth + usize::from(at > tests) {
                found.push(self.line(at));
            }
        }
        found
    }

    /// The string literals right after `before`, with their lines; only outside of tests.
    pub fn literals_after(&self, before: &str) -> Vec<(usize, String)> {
        let end = self.tests_at().unwrap_or(self.code.len());
        let found = self.code[..end].match_indices(before).filter_map(|(at, _)| {
            let literal = self.text[at + before.len()..].strip_prefix('"')?.split('"').next()?;
            Some((self.line(at), literal.to_owned()))
        });
        found.collect()
    }
}

/// Blanks comments and the insides of literals, byte for byte; line ends stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let fresh = at == 0 || !is_word(bytes[at - 1]);
        let (open, close, length) = if rest.starts_with(b"//") {
            (0, 0, rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()))
        } else if rest.starts_with(b"/*") {
            (0, 0, block_comment(rest))
        } else if fresh && let Some(lengths) = raw_string(rest) {
            lengths
        } else if rest[0] == b'"' || (rest[0] == b'\'' && is_char(rest)) {
            (1, 1, quoted(rest))
        } else {
            at += 1;
            continue;
        };
        for byte in &mut out[at + open..(at + length - close).max(at + open)] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += length;
    }
    String::from_utf8(out).expect("blanks are ASCII, and whole characters are blanked")
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The lengths of the opening, of the closing and of the whole of `r"…"`, `r#"…"#`, `br"…"`.
fn raw_string(rest: &[u8]) -> Option<(usize, usize, usize)> {
    let begin = if rest.starts_with(b"br") { 2 } else { usize::from(rest.starts_with(b"r")) };
    let hashes = rest.get(begin..)?.iter().take_while(|byte| **byte == b'#').count();
    if begin == 0 || rest.get(begin + hashes) != Some(&b'"') {
        return None;
    }
    let open = begin + hashes + 1;
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let inside = rest[open..].windows(close.len()).position(|window| window == close)?;
    Some((open, close.len(), open + inside + close.len()))
}

/// The length of a quoted literal, both quotes included.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != rest[0] {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Whether a `'` begins a character and not a lifetime.
fn is_char(rest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(rest.get(1..12).unwrap_or(&rest[1..]));
    let mut chars = text.chars();
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

#[test]
fn comments_and_literals_are_blanked_and_code_stays() {
    let text = r##"let a = "x // \" y"; // TO
/* b /* c */ d */ fn f<'a>(c: char) { ['"', '\'', 'é'] } r#"e"f"# g"##;
    let expected = r##"let a = "         ";      
                  fn f<'a>(c: char) { [' ', '  ', '  '] } r#"   "# g"##;
    assert_eq!(blank(text), expected);
}

#[test]
fn paths_and_test_files_are_found() {
    let file =
        |path: &str, text: &str| Source { path: path.into(), text: text.into(), code: blank(text), is_test: false };
    let paths = file("src/a/b.rs", "use crate::{c::{d, e}, f};\nuse crate::g::h; mycrate::i!(); super::super::j();");
    assert_eq!(paths.crate_paths(), [(1, "c".to_owned()), (1, "f".to_owned()), (2, "g".to_owned())]);
    assert_eq!(paths.climbs_to_the_root(), [2]);
    let uses = file("src/a.rs", "use subxt;\nuse subxt_signer::x;\nlet subxt = a::subxt::b;\nsubxt::c();");
    assert_eq!(uses.uses("subxt").collect::<Vec<_>>(), [1, 4]);
    assert_eq!(file("src/a/mod.rs", "#[cfg(test)]\nmod tests;\n").test_files(), ["src/a/tests"]);
    assert_eq!(file("src/a.rs", "x\ny\n#[cfg(test)]\nmod tests {\n}\n").lines_without_tests(), 2);
    assert_eq!(file("src/a.rs", "T::new(\"x-y\")").literals_after("T::new("), [(1, "x-y".to_owned())]);
}
