//! What nets were made of, as far as two of them can differ in it: values of params, lines of the text, seeds.

use std::collections::BTreeSet;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::{
    model::Model,
    run::folder::trained::Trained,
    syntax::{
        self,
        ast::{Stmt, span_of},
    },
};

/// Letters of a line of the text, at most, where it tells a net from others in a few words.
const SHORT: usize = 40;

/// Of one net, or of several that differ in their seeds alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// `param` values as they were used.
    pub params: Vec<(String, String)>,
    /// The text in the one layout, without its comments, empty lines and `param` lines, whose values stand in `params`.
    pub text: Vec<String>,
    pub seeds: Vec<u64>,
}

/// A param whose value is not the same everywhere; none where there is no such param.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParamValues {
    pub name: String,
    pub values: Vec<Option<String>>,
}

/// A line that one text has and another lacks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub added: bool,
    pub line: String,
}

impl Traits {
    #[must_use]
    pub fn of(net: &Trained) -> Self {
        let meta = &net.checkpoint.meta;
        Self::new(&meta.source, &net.model, meta.seed)
    }

    pub(in crate::run) fn new(source: &str, model: &Model, seed: u64) -> Self {
        let params = model.knobs.iter().map(|(name, value)| (name.clone(), value.to_string()));
        Self { params: params.collect(), text: lines(source), seeds: vec![seed] }
    }

    /// What came of one net with several seeds, the first of which has these traits.
    #[must_use]
    pub fn with_seeds(self, seeds: Vec<u64>) -> Self {
        Self { seeds, ..self }
    }

    /// The lines in which the text of `self` differs from another one, in their order.
    #[must_use]
    pub fn changes_since(&self, other: &Self) -> Vec<Change> {
        let [before, after] =
            [other, self].map(|one| one.text.iter().map(String::as_str).collect::<Vec<_>>());
        let diff = TextDiff::from_slices(&before, &after);
        let changed = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
        changed
            .map(|change| Change {
                added: change.tag() == ChangeTag::Insert,
                line: change.value().trim().into(),
            })
            .collect()
    }
}

/// A `param` line says what `params` say; what is no statement (comments, empty lines) changes no net.
fn lines(source: &str) -> Vec<String> {
    let text = syntax::format(source).unwrap_or_else(|_| source.into());
    let (file, _) = syntax::parse(&text);
    let is_param = |at: usize| {
        let inside = |stmt: &Stmt| (span_of(stmt).start..span_of(stmt).end).contains(&at);
        file.stmts.iter().any(|stmt| matches!(stmt, Stmt::Param(_)) && inside(stmt))
    };
    let mut at = 0;
    let mut kept = Vec::new();
    for line in text.split_inclusive('\n') {
        let begin = at + line.len() - line.trim_start().len();
        at += line.len();
        let own = without_comment(line);
        if !own.is_empty() && !is_param(begin) {
            kept.push(own.to_owned());
        }
    }
    kept
}

/// Up to a `#` that stands in no text.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '#' if !quoted => return line[..at].trim_end(),
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    line.trim_end()
}

/// Params whose values differ between some nets, in the order in which they are met.
#[must_use]
pub fn differing_params(all: &[Traits]) -> Vec<ParamValues> {
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in all.iter().flat_map(|one| &one.params) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let value = |one: &Traits, name: &str| {
        one.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let values = names.into_iter().map(|name| ParamValues {
        name: name.clone(),
        values: all.iter().map(|one| value(one, name)).collect(),
    });
    values.filter(|one| one.values.windows(2).any(|two| two[0] != two[1])).collect()
}

/// What tells each net from the others in a few words: `p=0.5`, a line of its own, or its seed; nothing where nothing does.
#[must_use]
pub fn labels(all: &[Traits]) -> Vec<String> {
    let params = differing_params(all);
    let texts = all.iter().any(|one| one.text != all[0].text);
    let label = |(i, one): (usize, &Traits)| {
        let mut words: Vec<String> = params
            .iter()
            .map(|param| match &param.values[i] {
                Some(value) => format!("{}={value}", param.name),
                None => format!("no {}", param.name),
            })
            .collect();
        words.extend(if texts { of_text(one, all) } else { None });
        if words.is_empty() && all.iter().any(|other| other.seeds != one.seeds) {
            words.extend(seeds(&one.seeds));
        }
        words.join(", ")
    };
    all.iter().enumerate().map(label).collect()
}

/// A line that only some of the nets have, or that this one lacks.
fn of_text(one: &Traits, all: &[Traits]) -> Option<String> {
    let own: BTreeSet<&String> = one.text.iter().collect();
    let rare = |line: &&String| all.iter().any(|other| !other.text.contains(line));
    let mut seen: Vec<&String> = one.text.iter().filter(rare).collect();
    seen.dedup();
    // What the fewest have tells it best.
    seen.sort_by_key(|line| all.iter().filter(|other| other.text.contains(line)).count());
    let missing = all.iter().flat_map(|other| &other.text).find(|line| !own.contains(line));
    match (seen[..].split_first(), missing) {
        (Some((first, [])), _) => Some(short(first)),
        (Some((first, more)), _) => {
            let lines = if more.len() == 1 { "line" } else { "lines" };
            Some(format!("{} and {} more {lines}", short(first), more.len()))
        }
        (None, Some(missing)) => Some(format!("without `{}`", short(missing))),
        (None, None) => None,
    }
}

fn short(line: &str) -> String {
    let line = line.trim().trim_end_matches(" {");
    match line.char_indices().nth(SHORT) {
        None => line.into(),
        Some((at, _)) => format!("{}...", line[..at].trim_end()),
    }
}

/// `seed 3`, `seeds 0 ... 4`
fn seeds(seeds: &[u64]) -> Option<String> {
    match seeds {
        [] => None,
        [one] => Some(format!("seed {one}")),
        [first, .., last] => Some(format!("{} seeds, {first} ... {last}", seeds.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    const NET: &str = "## About it.\nedition 1\nparam p = 0.5\n\nnet {\n  input x: real[2]\n  dense 4 -> relu -> dropout p  # often\n  dense 2\n  output y: class[2]\n}\n";

    fn traits(source: &str, set: &str, seed: u64) -> Traits {
        let sets = set.split_once('=').map(|(name, value)| (name.to_string(), value.to_string()));
        let checked = check_source(source, &Env { sets: sets.into_iter().collect(), ..Env::default() });
        Traits::new(source, &checked.model.expect("a sound net"), seed)
    }

    #[test]
    fn nets_are_told_apart_by_what_differs() {
        let said = |all: &[Traits]| labels(all).join(" | ");
        let one = traits(NET, "", 0);
        assert_eq!(said(&[one.clone(), traits(NET, "p=0", 0)]), "p=0.5 | p=0");
        // Where a value stands, and what is said about it, is no difference.
        let written = NET.replace("0.5\n", "0   # none\n").replace("often", "never");
        assert_eq!(said(&[traits(NET, "p=0", 0), traits(&written, "", 0)]), " | ");
        assert_eq!(said(&[one.clone(), traits(NET, "", 3)]), "seed 0 | seed 3");
        let wider = NET.replace("dense 4", "dense 8");
        let lines = "dense 4 -> relu -> dropout p | dense 8 -> relu -> dropout p";
        assert_eq!(said(&[one.clone(), traits(&wider, "", 0)]), lines);
        let deeper = NET.replace("  dense 2\n", "  relu\n  dense 2\n");
        assert_eq!(said(&[one.clone(), traits(&deeper, "", 0)]), "without `relu` | relu");
        let with_q = NET.replace("param p", "param q = 3\nparam p");
        assert_eq!(said(&[one.clone(), traits(&with_q, "p=0.1", 0)]), "p=0.5, no q | p=0.1, q=3");
        assert_eq!(said(&[one]), "");
    }

    #[test]
    fn changed_lines_are_those_of_the_net() {
        let wider = NET.replace("dense 4", "dense 8").replace("p = 0.5", "p = 0.1");
        let found = traits(&wider, "", 0).changes_since(&traits(NET, "", 0));
        let told: Vec<(bool, &str)> = found.iter().map(|one| (one.added, one.line.as_str())).collect();
        assert_eq!(told, [(false, "dense 4 -> relu -> dropout p"), (true, "dense 8 -> relu -> dropout p")]);
    }
}
