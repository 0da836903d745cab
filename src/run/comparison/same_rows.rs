//! Whether two nets were tested on the same rows: only then does a row's difference say something of the nets.

use crate::data::{Observed, Part, TargetRule, Transform};

/// Of two numbers that went through different scales of 32 bits, as a share of their units.
const ROUNDING: f64 = 1e-5;

/// What a net sees of the data, and the part of them that it is judged by.
#[derive(Clone, Copy)]
pub struct Tested<'a> {
    pub transform: &'a Transform,
    pub part: &'a Part,
}

/// Why rows of two nets cannot be compared one by one; none if they are the same rows of their source, with the same answers.
pub fn difference(a: Tested<'_>, b: Tested<'_>) -> Option<String> {
    let [rows, others] = [a, b].map(|one| one.part.rows());
    if rows != others {
        return Some(format!("there are {rows} rows of one and {others} of the other"));
    }
    if a.transform.class_names() != b.transform.class_names() {
        return Some("their classes differ".into());
    }
    if a.part.numbers() != b.part.numbers() {
        return Some("they are other rows of the data: the files divide them differently".into());
    }
    let observed = a.part.all_observed().zip(b.part.all_observed());
    let row = observed.enumerate().find_map(|(row, (own, other))| {
        let same = match (own, other) {
            (Observed::Class(own), Observed::Class(other)) => own == other,
            (Observed::Bits(own), Observed::Bits(other)) => own == other,
            (Observed::Real(own), Observed::Real(other)) => are_equal((own, a), (other, b)),
            (Observed::Tokens(own), Observed::Tokens(other)) => own == other,
            _ => false,
        };
        (!same).then_some(row)
    });
    row.map(|row| format!("what is to be predicted differs, first in row {}", row + 1))
}

/// In the target's own units.
fn are_equal((own, a): (&[f32], Tested<'_>), (other, b): (&[f32], Tested<'_>)) -> bool {
    let (first, second) = (&a.transform.target, &b.transform.target);
    let value = |rule: &TargetRule, d: usize, x: f32| {
        let Some(units) = rule.units() else { return (f64::from(x), 1.0) };
        let own = units.own(d, f64::from(x));
        (own, units.length_at(d, own))
    };
    own.len() == other.len()
        && own.iter().zip(other).enumerate().all(|(d, (x, y))| {
            let ((x, unit), (y, other_unit)) = (value(first, d, *x), value(second, d, *y));
            (x - y).abs() <= ROUNDING * (unit + other_unit)
        })
}
