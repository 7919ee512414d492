//! What can follow what is typed so far: commands, their parameters, and the values of those. Pure.

use crate::chat::{Param, ParamKind, Spec};

/// Where the word under the cursor begins (in bytes), and what it can become.
pub(super) fn complete(
    typed: &str,
    specs: &[&'static Spec],
    values: &dyn Fn(&Spec, &Param, &str) -> Vec<String>,
) -> (usize, Vec<String>) {
    let start = typed.trim_end_matches(|letter: char| !letter.is_whitespace()).len();
    let (before, word) = typed.split_at(start);
    let begins = |candidates: Vec<String>, head: &str| -> Vec<String> {
        candidates.into_iter().filter(|candidate| candidate.to_lowercase().starts_with(&head.to_lowercase())).collect()
    };
    let mut said = before.split_whitespace();
    let Some(command) = said.next() else {
        let names = specs.iter().map(|spec| format!("/{} ", spec.name)).collect();
        return (start, if word.is_empty() || word.starts_with('/') { begins(names, word) } else { Vec::new() });
    };
    let Some(spec) = specs.iter().find(|spec| command.trim_start_matches('/').eq_ignore_ascii_case(spec.name)) else {
        return (start, Vec::new());
    };
    let offers = |param: &Param, head: &str| match param.kind {
        ParamKind::YesNo => vec!["yes".to_owned()],
        _ => values(spec, param, head),
    };
    if let Some((name, head)) = word.split_once(':') {
        let Some(param) = spec.params.iter().find(|param| param.name == name) else { return (start, Vec::new()) };
        let found = begins(offers(param, head), head);
        return (start, found.into_iter().map(|value| format!("{name}:{value} ")).collect());
    }
    let said: Vec<&str> = said.collect();
    let bare = said.iter().filter(|word| !word.contains(':')).count();
    let positional = spec.params.iter().filter(|param| param.positional).nth(bare);
    let mut found: Vec<String> =
        positional.map(|param| offers(param, word)).unwrap_or_default().into_iter().map(|value| value + " ").collect();
    let placed: Vec<_> = spec.params.iter().filter(|param| param.positional).take(bare).collect();
    for param in spec.params.iter().filter(|param| param.kind != ParamKind::Inner && !placed.contains(param)) {
        let key = format!("{}:", param.name);
        if !said.iter().any(|word| word.starts_with(&key)) {
            found.push(key);
        }
    }
    (start, begins(found, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Audience, Place, Role};

    static SPEC: Spec = Spec {
        name: "deploy",
        params: &[
            Param { name: "recipe", kind: ParamKind::Recipe, positional: true },
            Param { name: "size", kind: ParamKind::OneOf(&["small", "large"]), positional: false },
            Param { name: "now", kind: ParamKind::YesNo, positional: false },
        ],
        needs: Role::Member,
        place: Place::Anywhere,
        answers: Audience::Room,
        open: false,
        acts: true,
    };

    #[test]
    fn commands_parameters_and_values_are_offered() {
        let values = |_: &Spec, param: &Param, _: &str| match param.kind {
            ParamKind::OneOf(options) => options.iter().map(|option| (*option).to_owned()).collect(),
            _ => vec!["casper".into(), "vm".into()],
        };
        let offered = |typed: &str| complete(typed, &[&SPEC], &values);
        assert_eq!(offered("/d"), (0, vec!["/deploy ".to_owned()]));
        assert_eq!(offered("/deploy c"), (8, vec!["casper ".to_owned()]));
        assert_eq!(offered("/deploy casper ").1, ["size:", "now:"]);
        assert_eq!(offered("/deploy r").1, ["recipe:"]);
        assert_eq!(offered("/deploy casper size:l"), (15, vec!["size:large ".to_owned()]));
        assert_eq!(offered("/deploy casper now:").1, ["now:yes "]);
        assert_eq!(offered("/deploy casper size:small n").1, ["now:"]);
        assert_eq!(offered("hello w").1, Vec::<String>::new());
    }
}
