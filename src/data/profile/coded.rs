//! A column as the numbers of its different values.

use rustc_hash::FxHashMap;

use crate::data::raw::{Cells, Column, MISSING, OWN};
use crate::vocab::exactly;

/// The values of a column, each once, and which of them each row has.
#[derive(Debug, Default)]
pub(super) struct Coded {
    /// [`MISSING`] where nothing is known.
    pub codes: Vec<u32>,
    pub values: Vec<String>,
    pub counts: Vec<usize>,
}

impl Coded {
    /// Of cells, none where they are gaps.
    pub fn of<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut places: FxHashMap<&'a str, u32> = FxHashMap::default();
        let mut coded = Coded::default();
        for cell in cells {
            let Some(text) = cell else {
                coded.codes.push(MISSING);
                continue;
            };
            let code = *places.entry(text).or_insert_with(|| {
                coded.values.push(text.to_owned());
                coded.counts.push(0);
                coded.values.len() as u32 - 1
            });
            coded.counts[code as usize] += 1;
            coded.codes.push(code);
        }
        coded
    }

    /// Of a column that was read.
    pub fn of_column(column: &Column) -> Self {
        match &column.cells {
            Cells::Numbers(values) => {
                let texts: Vec<Option<String>> =
                    values.iter().map(|x| (!x.is_nan()).then(|| exactly(*x))).collect();
                Self::of(texts.iter().map(Option::as_deref))
            }
            Cells::Words { codes, names } => {
                Self::of(codes.iter().map(|code| names.get(*code as usize).map(String::as_str)))
            }
        }
    }

    pub fn rows(&self) -> usize {
        self.codes.len()
    }

    pub fn gaps(&self) -> usize {
        self.rows() - self.counts.iter().sum::<usize>()
    }

    /// The values by how often they occur, the most frequent first.
    pub fn by_count(&self) -> Vec<(&str, usize)> {
        let all = self.values.iter().map(String::as_str).zip(self.counts.iter().copied());
        let mut all: Vec<(&str, usize)> = all.filter(|(value, _)| *value != OWN).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| crate::data::raw::label_order(a.0, b.0)));
        all
    }

    /// Whether each value stands with one value of the other column, in rows where both are known, and values occur often enough for that to say something.
    pub fn determines(&self, other: &Coded) -> bool {
        let mut of = vec![None; self.values.len()];
        let mut rows = 0_usize;
        for (own, its) in self.codes.iter().zip(&other.codes) {
            if *own == MISSING || *its == MISSING {
                continue;
            }
            rows += 1;
            match &mut of[*own as usize] {
                Some(known) if *known != *its => return false,
                slot => *slot = Some(*its),
            }
        }
        let seen: std::collections::BTreeSet<u32> = of.into_iter().flatten().collect();
        seen.len() > 1 && rows >= ROWS && self.values.len() * ROWS_A_VALUE <= rows
    }

    /// Whether it is not known in all rows of one of the two values of the other column, and in no others.
    pub fn is_missing_by(&self, other: &Coded) -> bool {
        let missing: Vec<bool> = self.codes.iter().map(|code| *code == MISSING).collect();
        let texts = missing.iter().map(|missing| Some(if *missing { "missing" } else { "known" }));
        other.values.len() == 2 && Coded::of(texts).determines(other)
    }
}

/// Fewer rows than this say nothing.
const ROWS: usize = 20;
/// Of a value there are so many rows, on average, for it to be one that other rows could have.
const ROWS_A_VALUE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_what_they_determine_is_found() {
        let cycle = |words: &[&'static str], rows: usize| -> Vec<Option<&'static str>> {
            (0..rows).map(|i| Some(words[i % words.len()]).filter(|word| !word.is_empty())).collect()
        };
        let of = |words: &[&'static str]| Coded::of(cycle(words, 24).into_iter());
        let (classes, names) = (of(&["a", "b"]), of(&["x", "y", "z", "w"]));
        assert_eq!(names.by_count(), [("w", 6), ("x", 6), ("y", 6), ("z", 6)]);
        assert!(names.determines(&classes) && !classes.determines(&names));
        assert!(!of(&["x", "y", "z"]).determines(&classes));
        // Every row its own value: what tells rows apart tells their classes.
        let numbers: Vec<String> = (0..24).map(|i| i.to_string()).collect();
        assert!(!Coded::of(numbers.iter().map(|n| Some(n.as_str()))).determines(&classes));
        assert!(of(&["", "q"]).is_missing_by(&classes) && of(&["", "q"]).gaps() == 12);
        assert!(!of(&["", "q", "q"]).is_missing_by(&classes));
    }
}
