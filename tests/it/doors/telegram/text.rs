//! Lengths and entities of what people type. Not markup: that is `html`.

use super::BOT_USERNAME;
use super::model::Entity;

/// How long Telegram takes `text` to be: in UTF-16 units.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Cuts the white space at both ends, as Telegram does, and moves the entities along.
pub fn trim(text: &str, entities: Vec<Entity>) -> (String, Vec<Entity>) {
    let lead = length(text) - length(text.trim_start());
    let kept = text.trim();
    let end = length(kept);
    let moved = entities.into_iter().filter_map(|mut entity| {
        let until = (entity.offset + entity.length).saturating_sub(lead).min(end);
        entity.offset = entity.offset.saturating_sub(lead);
        entity.length = until.saturating_sub(entity.offset);
        (entity.length > 0).then_some(entity)
    });
    let moved = moved.collect();
    (kept.to_owned(), moved)
}

/// The commands and mentions that Telegram finds in what a person types.
pub fn found(text: &str) -> Vec<Entity> {
    let mut out = Vec::new();
    let mut before = None;
    let mut skip_to = 0;
    for (at, letter) in text.char_indices() {
        let starts = at >= skip_to && !before.is_some_and(|c: char| c.is_alphanumeric() || c == '_' || c == '/');
        before = Some(letter);
        let rest = &text[at + letter.len_utf8()..];
        let kind = match letter {
            '/' if starts => "bot_command",
            '@' if starts => "mention",
            _ => continue,
        };
        let mut size = word(rest);
        if size == 0 {
            continue;
        }
        if kind == "bot_command" {
            let named = rest[size..].strip_prefix('@').map_or(0, word);
            size += if named > 0 { named + 1 } else { 0 };
        }
        skip_to = at + 1 + size;
        out.push(Entity {
            kind: kind.into(),
            offset: length(&text[..at]),
            length: size + 1,
            url: None,
            language: None,
        });
    }
    out
}

/// How many bytes at the beginning of `text` may be in a command or a user's name. All are ASCII.
fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count().min(64)
}

/// Whether `text` begins with a command that is meant for this bot: one without a name, or with its name.
pub fn commands_the_bot(text: &str) -> bool {
    let Some(first) = found(text).into_iter().find(|entity| entity.offset == 0) else { return false };
    let command = &text[..first.length];
    first.kind == "bot_command"
        && command.split_once('@').is_none_or(|(_, name)| name.eq_ignore_ascii_case(BOT_USERNAME))
}

/// Whether `payload` may follow `?start=` in a link to a bot: 1 to 64 of `A-Z a-z 0-9 _ -`.
pub fn is_payload(payload: &str) -> bool {
    (1..=64).contains(&payload.len())
        && payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_mentions_are_found_where_telegram_finds_them() {
        let kinds = |text: &str| -> Vec<_> {
            found(text).into_iter().map(|e| format!("{} {}+{}", e.kind, e.offset, e.length)).collect()
        };
        assert_eq!(kinds("/deploy casper @bob"), ["bot_command 0+7", "mention 15+4"]);
        assert_eq!(kinds("🚀 /me@BellhopBot"), ["bot_command 3+14"], "UTF-16 offsets");
        assert_eq!(kinds("a/b mail@host //x / @"), Vec::<String>::new());
    }

    #[test]
    fn a_command_is_for_this_bot_unless_it_names_another() {
        let named = format!("/list@{} now", BOT_USERNAME.to_uppercase());
        assert!(commands_the_bot("/list") && commands_the_bot(&named));
        assert!(!commands_the_bot("/list@other_bot") && !commands_the_bot("so /list") && !commands_the_bot("@bob /x"));
    }

    #[test]
    fn trimming_moves_entities() {
        let bold = |offset, length| Entity { kind: "bold".into(), offset, length, url: None, language: None };
        let (text, entities) = trim(" \n🚀 go  ", vec![bold(0, 4), bold(4, 6), bold(0, 1)]);
        assert_eq!((text.as_str(), entities), ("🚀 go", vec![bold(0, 2), bold(2, 3)]));
    }

    #[test]
    fn payloads_are_short_and_plain() {
        assert!(is_payload("Ab_-9") && is_payload(&"a".repeat(64)));
        assert!(!is_payload("") && !is_payload(&"a".repeat(65)) && !is_payload("a b") && !is_payload("ü"));
    }
}
