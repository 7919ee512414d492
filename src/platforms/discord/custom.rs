//! What stands in the `custom_id` of a component, and in the values of a select: what a press of it means, without a
//! look at anything else.
//!
//! At most 100 characters: the meaning; `;n` where the same stands twice; and `|id` for each other message that the
//! card consists of, so that all of them can be edited. Not here: what the desk's opaque ids mean.

use crate::chat::{DraftId, Texts};

/// The most that Discord takes.
const LONGEST: usize = 100;
/// The most inputs that a dialog has.
const INPUTS: usize = 5;

/// What a press means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// One of the desk's ids.
    Press(String),
    /// Another page of a question's choices.
    Turn {
        /// Which form.
        draft: DraftId,
        /// Which page.
        page: usize,
    },
    /// A dialog is to be opened.
    Dialog(Texts),
    /// A dialog was filled in.
    Filled(DraftId),
    /// A select, whose chosen value has the meaning.
    Select,
}

impl Meaning {
    /// As an id, next to `siblings`; `turn` tells equal ones in a message apart.
    pub fn id(&self, turn: usize, siblings: &[String]) -> String {
        let mut tail = if turn == 0 { String::new() } else { format!(";{turn}") };
        siblings.iter().for_each(|id| tail.extend(["|", id]));
        let head = match self {
            Self::Press(id) => id.clone(),
            Self::Turn { draft, page } => format!(">{page}.{draft}"),
            Self::Filled(draft) => format!("!{draft}"),
            Self::Select => "=".to_owned(),
            Self::Dialog(texts) => {
                let mut head = format!("?{}.{}", texts.command, texts.draft);
                for (at, field) in texts.fields.iter().take(INPUTS).enumerate() {
                    // What does not fit is asked afterwards.
                    if head.len() + field.len() + 1 + tail.len() <= LONGEST {
                        head.extend([if at == 0 { "." } else { "+" }, field]);
                    }
                }
                head
            }
        };
        head + &tail
    }

    /// What an id means, and the other messages of the card.
    pub fn read(id: &str) -> Option<(Self, Vec<String>)> {
        let mut pieces = id.split('|');
        let head = pieces.next()?.split(';').next()?;
        let siblings = pieces.map(str::to_owned).collect();
        let mut letters = head.chars();
        let meaning = match letters.next()? {
            '>' => {
                let (page, draft) = letters.as_str().split_once('.')?;
                Self::Turn { draft: DraftId(draft.to_owned()), page: page.parse().ok()? }
            }
            '!' => Self::Filled(DraftId(letters.as_str().to_owned())),
            '=' => Self::Select,
            '?' => {
                let mut parts = letters.as_str().splitn(3, '.');
                let (command, draft, fields) = (parts.next()?, parts.next()?, parts.next()?);
                let fields = fields.split('+').map(str::to_owned).collect();
                Self::Dialog(Texts { command: command.to_owned(), draft: DraftId(draft.to_owned()), fields })
            }
            _ => Self::Press(head.to_owned()),
        };
        Some((meaning, siblings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_meaning() -> impl Strategy<Value = Meaning> {
        let draft = || "[a-z0-9]{1,24}".prop_map(DraftId);
        let fields = proptest::collection::vec("[a-z_]{1,16}", 1..8);
        prop_oneof![
            "[0-9a-f]{24}".prop_map(Meaning::Press),
            (draft(), 0usize..99).prop_map(|(draft, page)| Meaning::Turn { draft, page }),
            draft().prop_map(Meaning::Filled),
            Just(Meaning::Select),
            ("[a-z]{1,12}", draft(), fields).prop_map(|(command, draft, fields)| Meaning::Dialog(Texts {
                command,
                draft,
                fields
            })),
        ]
    }

    proptest! {
        #[test]
        fn an_id_fits_and_is_read_again(
            meaning in any_meaning(),
            turn in 0usize..99,
            siblings in proptest::collection::vec("[1-9][0-9]{18}", 0..3),
        ) {
            let id = meaning.id(turn, &siblings);
            prop_assert!(id.len() <= LONGEST, "{}", id);
            let (read, others) = Meaning::read(&id).unwrap();
            prop_assert_eq!(others, siblings);
            match (read, meaning) {
                (Meaning::Dialog(read), Meaning::Dialog(meant)) => {
                    prop_assert_eq!((&read.command, &read.draft), (&meant.command, &meant.draft));
                    prop_assert!(!read.fields.is_empty() && meant.fields.starts_with(&read.fields[..1]));
                }
                (read, meant) => prop_assert_eq!(read, meant),
            }
        }
    }

    #[test]
    fn nonsense_means_nothing() {
        for id in ["", "?x", "?a.b", ">x.y", ">1", "|1"] {
            assert_eq!(Meaning::read(id), None, "{id}");
        }
    }
}
