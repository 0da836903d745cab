//! Rows of arrays, for nets that were trained on arrays: numbers in the order of the elements.

use std::sync::Arc;

use crate::data::dataset::Input;
use crate::data::error::{DataError, counted};
use crate::data::finite;
use crate::data::pictures::Converted;
use crate::data::raw::Stored;
use crate::data::rows::{Growing, Rows, nothing};
use crate::data::stores::{FileRows, Mapped};
use crate::data::texts::Unread;
use crate::data::transform::{ArrayRule, Fields, Transform};
use crate::vocab::exactly;

/// How a net sees rows of this shape, the first extent of which counts them.
///
/// # Errors
/// E0525 for a net that was trained on a table, E0528 without a row, E0522 for rows of another length.
fn rule<'a>(shape: &[usize], transform: &'a Transform, name: &str) -> Result<&'a ArrayRule, DataError> {
    let rule = of_arrays(transform, name)?;
    let Some((rows, shape)) = shape.split_first() else { return Err(nothing(name)) };
    let width: usize = shape.iter().product();
    if width != rule.width {
        let found = counted(width, "number");
        return Err(DataError::new(
            "E0522",
            format!("a row of the array has {found} where {} are expected", rule.width),
        )
        .file(name)
        .help("the first axis of the array counts the rows"));
    }
    if *rows == 0 { Err(nothing(name)) } else { Ok(rule) }
}

/// How a net that was trained on arrays sees their elements.
///
/// # Errors
/// E0525 for a net that was trained on a table.
pub(super) fn of_arrays<'a>(transform: &'a Transform, name: &str) -> Result<&'a ArrayRule, DataError> {
    match &transform.fields {
        Fields::Array(rule) => Ok(rule),
        Fields::Table { .. } | Fields::Text(_) => Err(of_a_table(name)),
    }
}

/// Numbers that are in memory.
///
/// # Errors
/// As of [`rule`]; E0523 for a number that is none to the net, E0540 without memory.
pub(super) fn held(
    shape: &[usize],
    data: &Stored,
    transform: &Transform,
    name: &str,
) -> Result<Rows, DataError> {
    let rule = rule(shape, transform, name)?;
    let mut out = Growing::new(transform, shape[0], name)?;
    for row in 0..shape[0] {
        out.push(|line| {
            for (i, slot) in line.iter_mut().enumerate() {
                *slot = seen(rule, i, data.at(row * rule.width + i)).map_err(|e| e.file(name).row(row))?;
            }
            Ok(())
        })?;
    }
    out.finish(name)
}

/// Rows that stay in their file. All are looked at once, so that what is wrong with one is said before the first is predicted.
///
/// # Errors
/// As of [`held`]; a row that cannot be read.
pub(super) fn left(
    shape: &[usize],
    rows: FileRows,
    transform: &Transform,
    name: &str,
) -> Result<Rows, DataError> {
    let rule = rule(shape, transform, name)?;
    let [input] = transform.inputs.as_slice() else { return Err(nothing(name)) };
    if !rows.element().is_byte() {
        rows.each(0..rows.rows(), |row, bytes| {
            let mut numbers = rows.numbers(bytes).enumerate();
            numbers.try_for_each(|(i, x)| seen(rule, i, x).map(drop)).map_err(|e| e.file(name).row(row))
        })?;
    }
    let count = rows.rows();
    let store = Arc::new(Mapped::floats(rows, input.shape.clone(), rule));
    let input = Input { name: input.name.clone(), store, scale: 1.0, shift: 0.0, raw: None };
    Ok(Rows {
        rows: count,
        inputs: vec![input],
        names: Vec::new(),
        converted: Converted::default(),
        unread: Unread::default(),
        noticed: None,
    })
}

/// What the net sees of element `i`.
fn seen(rule: &ArrayRule, i: usize, x: f64) -> Result<f32, DataError> {
    let seen = rule.apply(i, x);
    match seen.is_finite() {
        true => Ok(seen),
        false => finite::seen(&exactly(x), seen).map_err(|e| e.column(i + 1, "")),
    }
}

fn of_a_table(name: &str) -> DataError {
    DataError::new("E0525", "the file is an array, and rows to predict are text")
        .file(name)
        .note("the net was trained on a table, whose columns have names")
        .help("write the array `x` as text: `numpy.savetxt(\"rows.csv\", x.reshape(len(x), -1), delimiter=\",\")`")
}
