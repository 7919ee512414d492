//! What a typed line means, given the card it was typed under: a number or the words of a choice or a button,
//! or a line for the desk. Pure.

use crate::chat::{Answers, Card, What};

/// Reads a line.
pub(super) fn hear(line: &str, under: Option<&Card<String>>) -> What {
    let line = line.trim();
    if let Some(card) = under.filter(|_| !line.starts_with('/')) {
        let choices = card.question.iter().flat_map(|question| {
            question.choices.iter().map(|choice| {
                let answers = Answers::from([(question.field.clone(), choice.value.clone())]);
                let fill = What::Fill { draft: question.draft.clone(), answers };
                (choice.text.as_str(), choice.value.as_str(), Some(fill))
            })
        });
        let buttons = card
            .buttons
            .iter()
            .map(|button| (button.text.as_str(), button.text.as_str(), button.press.clone().map(What::Press)));
        let typed = line.to_lowercase();
        let number = line.trim_matches(['[', ']']).parse::<usize>().ok();
        let free = card.question.as_ref().is_some_and(|question| question.choices.is_empty());
        for (n, (text, value, what)) in choices.chain(buttons).enumerate() {
            // Where any text is an answer, a bare number may be one too: only brackets mean the button then.
            let chosen = number == Some(n + 1) && (!free || line.starts_with('['));
            if (chosen || typed == text.to_lowercase() || typed == value.to_lowercase()) && what.is_some() {
                return what.unwrap_or_else(|| What::Said(line.to_owned()));
            }
        }
    }
    What::Said(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Button, ButtonStyle, Choice, DraftId, Press, Question, Tone};

    fn asked(choices: &[&str]) -> Card<String> {
        let choices = choices.iter().map(|c| Choice::new((*c).to_owned(), format!("{c} one"))).collect();
        let stop = Press { id: "stop".into() };
        Card {
            tone: Tone::Plain,
            title: "Which?".into(),
            blocks: Vec::new(),
            buttons: vec![Button {
                text: "Stop".into(),
                style: ButtonStyle::Plain,
                urge: None,
                press: Some(stop),
                asks: None,
            }],
            question: Some(Question {
                page: 0,
                asks: None,
                draft: DraftId("d".into()),
                field: "size".into(),
                text: "Which?".into(),
                choices,
                free: true,
            }),
            language: None,
        }
    }

    #[test]
    fn a_number_a_word_or_the_text_choose() {
        let card = asked(&["small", "large"]);
        let large =
            What::Fill { draft: DraftId("d".into()), answers: Answers::from([("size".into(), "large".into())]) };
        for line in ["2", "[2]", "large", "LARGE ONE", " large "] {
            assert_eq!(hear(line, Some(&card)), large, "{line}");
        }
        for line in ["3", "stop"] {
            assert_eq!(hear(line, Some(&card)), What::Press(Press { id: "stop".into() }));
        }
        assert_eq!(hear("4", Some(&card)), What::Said("4".into()));
        assert_eq!(hear("/list", Some(&card)), What::Said("/list".into()));
        assert_eq!(hear("huge", None), What::Said("huge".into()));
    }

    #[test]
    fn where_text_is_asked_a_bare_number_is_text() {
        let card = asked(&[]);
        assert_eq!(hear("1", Some(&card)), What::Said("1".into()));
        assert_eq!(hear("[1]", Some(&card)), What::Press(Press { id: "stop".into() }));
    }
}
