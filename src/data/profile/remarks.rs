//! What speaks for or against a column before a net sees it.

use serde::Serialize;

use super::coded::Coded;
use super::looked_up::{FEW, input_name, width};
use super::{ColumnProfile, Held, Profile, Role};
use crate::data::advice::written as quoted;
use crate::data::digits::Digits;
use crate::data::error::cut;
use crate::data::raw::MISSING;

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Empty,
    Constant,
    /// Whole numbers, each one more than the one before it.
    CountsRows,
    /// Words that differ in nearly every row.
    TellsRowsApart,
    Dates,
    WordsAmongNumbers,
    MostlyMissing,
    /// Few whole numbers, which may be names of something.
    MayBeCategories,
    /// More words than should be inputs of their own.
    ManyCategories,
    /// It says the target, and may not be known when the target is not.
    Leaks,
    /// Of a target: rows without it teach nothing.
    TargetMissing,
    /// Of a target: a class of few rows.
    RareClass,
    /// Of a target: nearly every row is a class of its own.
    HardlyClasses,
}

/// One thing to know of a column, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub about: About,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Rows from which few different numbers are a sign of something.
const SOME: usize = 40;
/// Numbers that go together so closely say one another.
const CLOSE: f64 = 0.999;
/// Classes with a smaller share are rare.
const RARE: f64 = 0.05;

impl Profile {
    pub(super) fn remark(&mut self, coded: &[Coded], digits: Digits) {
        let rows = self.rows;
        let target = self.columns.iter().position(|column| column.role == Role::Target);
        let of_target = target.filter(|_| self.target().is_some());
        for (place, own) in coded.iter().enumerate() {
            let column = &self.columns[place];
            let mut remarks = match column.role {
                Role::Input => about(column, own, rows, digits),
                Role::Target => of_the_target(column, own, rows),
                Role::Group | Role::Weight | Role::Unused => Vec::new(),
            };
            if let Some(target) = of_target.filter(|_| column.role == Role::Input) {
                remarks.extend(leak(column, own, &self.columns[target], &coded[target], digits));
            }
            self.columns[place].remarks = remarks;
        }
    }
}

fn remark(about: About, text: String, advice: Option<String>) -> Remark {
    Remark { about, text, advice }
}

fn without(column: &ColumnProfile) -> Option<String> {
    Some(format!("inputs -{}", quoted(&column.name)))
}

fn about(column: &ColumnProfile, own: &Coded, rows: usize, digits: Digits) -> Vec<Remark> {
    let name = quoted(&column.name);
    let mut found = Vec::new();
    match &column.held {
        Held::Nothing => {
            return vec![remark(About::Empty, "nothing is known in any row".into(), without(column))];
        }
        _ if column.different == 1 && column.gaps == 0 => {
            return vec![remark(About::Constant, "one value in all rows".into(), without(column))];
        }
        Held::Numbers { whole: true, .. } if counts(own, digits) => {
            found.push(remark(About::CountsRows, "counts the rows".into(), without(column)));
        }
        Held::Numbers { whole: true, .. } if (3..=FEW).contains(&column.different) && rows >= SOME => {
            let text = format!("{} different whole numbers: do they name something?", column.different);
            found.push(remark(About::MayBeCategories, text, Some(format!("categories {name}"))));
        }
        Held::Words if column.different > FEW && 2 * column.different > rows => {
            let text = format!("{} different words in {rows} rows", column.different);
            found.push(remark(About::TellsRowsApart, text, without(column)));
        }
        Held::Words if column.different > FEW => {
            let text = format!("{} categories, which a net may look up", column.different);
            let advice = input_name(&column.name).map(|input| {
                format!("input {input}: category[_], and `embedding {}` behind it", width(column.different))
            });
            found.extend(advice.map(|advice| remark(About::ManyCategories, text, Some(advice))));
        }
        Held::Dates { order } => {
            let order = if order == "ymd" { String::new() } else { format!(", order={order}") };
            let advice = Some(format!("dates {name}{order}"));
            found.push(remark(About::Dates, "dates".into(), advice));
        }
        Held::Mixed { words } => {
            let odd: Vec<String> = own
                .values
                .iter()
                .filter(|value| digits.number(value).is_none())
                .take(3)
                .map(|value| format!("`{}`", cut(value)))
                .collect();
            let text = format!("{words} of {} cells are no numbers: {}", rows - column.gaps, odd.join(", "));
            let advice = Some(format!("na=[...] on the source, or categories {name}"));
            found.push(remark(About::WordsAmongNumbers, text, advice));
        }
        _ => {}
    }
    if 2 * column.gaps > rows {
        let text = format!("{} of {rows} values are not known", column.gaps);
        found.push(remark(About::MostlyMissing, text, without(column)));
    }
    found
}

/// Whether each number is one more than the one before it.
fn counts(own: &Coded, digits: Digits) -> bool {
    let number = |code: &u32| digits.number(own.values.get(*code as usize)?);
    let numbers: Option<Vec<f64>> = own.codes.iter().map(number).collect();
    let more = |pair: &[f64]| pair[1] == pair[0] + 1.0;
    numbers.is_some_and(|numbers| numbers.len() >= FEW && numbers.windows(2).all(more))
}

fn of_the_target(column: &ColumnProfile, own: &Coded, rows: usize) -> Vec<Remark> {
    let mut found = Vec::new();
    if column.gaps > 0 {
        let text = format!("{} rows have no answer", column.gaps);
        found.push(remark(About::TargetMissing, text, Some("missing=drop on the source".into())));
    }
    if column.held != Held::Words {
        return found;
    }
    if column.different > FEW && 2 * column.different > rows {
        let text = format!("{} different words in {rows} rows are hardly classes", column.different);
        found.push(remark(About::HardlyClasses, text, None));
    } else if let Some((rarest, count)) = own.by_count().last()
        && (*count as f64) < RARE * rows as f64
    {
        let text = format!("`{}` has {count} of {rows} rows", cut(rarest));
        found.push(remark(About::RareClass, text, None));
    }
    found
}

fn leak(
    column: &ColumnProfile,
    own: &Coded,
    target: &ColumnProfile,
    its: &Coded,
    digits: Digits,
) -> Option<Remark> {
    let name = quoted(&target.name);
    let text = match (&column.held, &target.held) {
        _ if own.determines(its) => format!("each of its values stands with one value of {name}"),
        _ if own.is_missing_by(its) => format!("whether it is known says {name}"),
        (Held::Numbers { .. }, Held::Numbers { .. }) => {
            let close = correlation(own, its, digits).filter(|r| r.abs() >= CLOSE)?;
            format!("says {name}: correlation {close:.4}")
        }
        _ => return None,
    };
    let advice = without(column).map(|without| format!("{without}, if it is known only when {name} is"));
    Some(remark(About::Leaks, text, advice))
}

/// Pearson's, over rows where both are known.
fn correlation(own: &Coded, its: &Coded, digits: Digits) -> Option<f64> {
    let numbers = |coded: &Coded| -> Vec<f64> {
        coded.values.iter().map(|value| digits.number(value).unwrap_or(f64::NAN)).collect()
    };
    let (xs, ys) = (numbers(own), numbers(its));
    let both = own.codes.iter().zip(&its.codes).filter(|(a, b)| **a != MISSING && **b != MISSING);
    let pairs: Vec<(f64, f64)> = both.map(|(a, b)| (xs[*a as usize], ys[*b as usize])).collect();
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|p| of(p.0 - x, p.1 - y)).sum::<f64>();
    let (xy, xx, yy) = (sum(&|a, b| a * b), sum(&|a, _| a * a), sum(&|_, b| b * b));
    (pairs.len() >= FEW && xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}
