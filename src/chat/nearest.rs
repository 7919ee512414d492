//! "Did you mean": the nearest of several words.

/// The candidate that `word` was probably meant to be, if any is near enough; capitals do not matter.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A beginning counts as near ("dep" means "deploy"); else a third of the letters may be wrong, at most three.
    let reach = (word.chars().count().div_ceil(3)).min(3);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
            let begins = word.chars().count() >= 3 && candidate.to_lowercase().starts_with(&word);
            (begins || distance <= reach).then_some((if begins { 0 } else { distance }, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood_and_strangers_are_not() {
        let words = ["deploy", "destroy", "list", "show"];
        let found = |word| nearest(word, words);
        assert_eq!(found("dpeloy"), Some("deploy"));
        assert_eq!(found("Dest"), Some("destroy"));
        assert_eq!(found("lst"), Some("list"));
        assert_eq!(found("weather"), None);
        assert_eq!(found(""), None);
    }
}
