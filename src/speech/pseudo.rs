//! The pseudo-language: English with accents, and 40 % longer, made at run time.
//!
//! It stays readable, so that somebody who clicks through it sees at once what was not translated (no
//! accents) and what does not fit (cut). Values are left as they are.

use std::borrow::Cow;

/// Puts accents on a text and stretches it by at least 40 % of its letters.
pub(super) fn stretch(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut letters, mut added) = (0_usize, 0_usize);
    for letter in text.chars() {
        let accented = accent(letter);
        out.push(accented);
        if letter.is_alphabetic() {
            letters += 1;
        }
        // Vowels are doubled while the text is behind its due: words stay words, and lines still wrap at spaces.
        if accented != letter && "aeiouy".contains(letter.to_ascii_lowercase()) && added * 10 < letters * 4 {
            out.push(accented);
            added += 1;
        }
    }
    if letters > 0 {
        out.extend(std::iter::repeat_n('~', (letters * 4).div_ceil(10).saturating_sub(added)));
    }
    Cow::Owned(out)
}

fn accent(letter: char) -> char {
    match letter {
        'a' => 'á',
        'A' => 'Å',
        'c' => 'ç',
        'e' => 'é',
        'E' => 'É',
        'i' => 'í',
        'I' => 'Î',
        'n' => 'ñ',
        'N' => 'Ñ',
        'o' => 'ö',
        'O' => 'Ö',
        's' => 'š',
        'S' => 'Š',
        'u' => 'ü',
        'U' => 'Û',
        'y' => 'ý',
        'Y' => 'Ý',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::stretch;

    #[test]
    fn it_is_readable_and_at_least_forty_percent_longer() {
        assert_eq!(stretch("The machine is starting"), "Théé mááçhííñéé ííš štáártííñg~");
        for text in ["Stop", "Rhythm", "a", "You have 4 of 5 nodes"] {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            assert!(stretch(text).chars().count() >= text.chars().count() + letters * 4 / 10, "{}", stretch(text));
        }
        assert_eq!(stretch(" · 5"), " · 5");
    }
}
