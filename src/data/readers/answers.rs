//! What stands in the columns of answers of labelled rows, as training sees it: classes by their names, numbers in training units, bits.

use crate::data::cells::no_logarithm;
use crate::data::dataset::Target;
use crate::data::error::{DataError, cut, listed};
use crate::data::text::number;
use crate::data::transform::TargetRule;

/// Cells of rows, as many in each as there are columns of answers; `at` puts the place of a cell into an error.
///
/// # Errors
/// E0531 for a class that the net does not know, or what is neither a number nor a bit.
pub(super) fn target(
    rows: &[Vec<&str>],
    rule: &TargetRule,
    at: &dyn Fn(usize, usize, DataError) -> DataError,
) -> Result<Target, DataError> {
    let each = || {
        let cells = rows.iter().enumerate();
        cells
            .flat_map(|(row, cells)| cells.iter().enumerate().map(move |(column, cell)| (row, column, *cell)))
    };
    let width = columns(rule);
    Ok(match rule {
        TargetRule::Classes { names, .. } => {
            let class =
                |(row, column, cell)| class(cell, names).map(|k| k as u32).map_err(|e| at(row, column, e));
            Target::Classes(each().map(class).collect::<Result<_, _>>()?)
        }
        TargetRule::Bits { names: Some(names), .. } => {
            let bit =
                |(row, column, cell)| class(cell, names).map(|k| k as f32).map_err(|e| at(row, column, e));
            Target::Bits { data: each().map(bit).collect::<Result<_, _>>()?, width }
        }
        TargetRule::Bits { names: None, .. } => {
            let bit = |(row, column, cell)| match value(cell) {
                Ok(x) if x == 0.0 || x == 1.0 => Ok(x as f32),
                Ok(_) => Err(at(row, column, unknown(cell, "is neither 0 nor 1"))),
                Err(error) => Err(at(row, column, error)),
            };
            Target::Bits { data: each().map(bit).collect::<Result<_, _>>()?, width }
        }
        TargetRule::Real { units, .. } => {
            let seen = |(row, column, cell): (usize, usize, &str)| {
                let own = value(cell).and_then(|own| match units.curve {
                    Some(curve) if curve.of(own).is_none() => Err(no_logarithm(own, curve)),
                    _ => Ok(own),
                });
                own.map(|own| units.seen(column, own)).map_err(|e| at(row, column, e))
            };
            Target::Real { data: each().map(seen).collect::<Result<_, _>>()?, width }
        }
    })
}

/// How many columns answers stand in.
pub(super) fn columns(rule: &TargetRule) -> usize {
    match rule {
        TargetRule::Classes { .. } => 1,
        TargetRule::Bits { columns, .. } => columns.len().max(1),
        TargetRule::Real { columns, .. } => columns.len(),
    }
}

/// Whether a cell can be an answer, so that it is no name of a column.
pub(super) fn may_be(cell: &str, rule: &TargetRule) -> bool {
    match rule {
        TargetRule::Classes { names, .. } => class(cell, names).is_ok(),
        TargetRule::Bits { names: Some(names), .. } => class(cell, names).is_ok(),
        TargetRule::Bits { names: None, .. } | TargetRule::Real { .. } => value(cell).is_ok(),
    }
}

/// By its name; a number however it is written.
fn class(cell: &str, names: &[String]) -> Result<usize, DataError> {
    let cell = cell.trim();
    let by_name = names.iter().position(|name| name == cell);
    let same = |name: &String| number(cell).is_some_and(|x| number(name) == Some(x));
    by_name.or_else(|| names.iter().position(same)).ok_or_else(|| match cell.is_empty() {
        true => missing(),
        false => {
            unknown(cell, "is no class of the net").note(format!("the classes are {}", listed(names, 12)))
        }
    })
}

fn value(cell: &str) -> Result<f64, DataError> {
    let cell = cell.trim();
    number(cell).filter(|x| x.is_finite()).ok_or_else(|| match cell.is_empty() {
        true => missing(),
        false => unknown(cell, "is no number"),
    })
}

fn unknown(cell: &str, what: &str) -> DataError {
    DataError::new("E0531", format!("`{}` {what}", cut(cell)))
}

fn missing() -> DataError {
    DataError::new("E0531", "the answer is missing")
        .help("rows are judged by their answers; `dropnet predict` needs none")
}
