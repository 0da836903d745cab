//! Arrays that stay in their npy file: where their rows are, and one look over all numbers before anything is made of them.

use std::fs::File;

use super::{EXACT, empty, header, not_finite, told_apart, unusable};
use crate::data::error::DataError;
use crate::data::files;
use crate::data::inputs::Inputs;
use crate::data::stores::{Element, FileRows};
use crate::memory;

/// Bytes of the longest header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// The shape of an array, and where its rows are.
///
/// # Errors
/// As of an array in memory.
pub(super) fn array(file: File, name: &str) -> Result<(Vec<usize>, Inputs), DataError> {
    let (shape, rows) = rows(file, name)?;
    let width = shape.iter().skip(1).product();
    Ok((shape, looked_over(rows, width, name)?))
}

/// The same without a look at the numbers.
///
/// # Errors
/// E0529 and E0521 of the header, E0528 for an array without numbers.
pub(in crate::data) fn rows(mut file: File, name: &str) -> Result<(Vec<usize>, FileRows), DataError> {
    let begins = header::length(&files::head(&mut file, 12, name)?.0).unwrap_or(LONGEST_HEADER);
    if begins > LONGEST_HEADER {
        return Err(unusable(name, "its header is longer than NumPy writes"));
    }
    let (head, length) = files::head(&mut file, begins, name)?;
    let (shape, layout) = header::read(&head, length, name)?;
    if shape.contains(&0) {
        return Err(empty(name));
    }
    Ok((shape, FileRows::new(file, name, layout)))
}

/// Rows in a file, every number of which is one in 32 bits, and told apart in 64.
///
/// # Errors
/// E0523: a number that is none; E0544: two of a column become one.
fn looked_over(rows: FileRows, width: usize, name: &str) -> Result<Inputs, DataError> {
    if rows.element().is_byte() {
        return Ok(Inputs::Filed { rows, is_short: true });
    }
    let (mut is_short, mut largest) = (true, 0.0_f64);
    rows.each(0..rows.rows(), |row, bytes| {
        rows.numbers(bytes).try_for_each(|x| {
            is_short &= f64::from(x as f32) == x;
            largest = largest.max(x.abs());
            if (x as f32).is_finite() { Ok(()) } else { Err(not_finite(x, name, row)) }
        })
    })?;
    let is_whole = matches!(rows.element(), Element::I64 | Element::U64);
    for element in (0..width).filter(|_| is_whole && largest >= EXACT as f64) {
        let mut column = memory::reserve(rows.rows())?;
        rows.each(0..rows.rows(), |_, bytes| {
            column.extend(rows.whole(bytes).nth(element).flatten());
            Ok(())
        })?;
        told_apart(&column, element).map_err(|e| e.file(name))?;
    }
    Ok(Inputs::Filed { rows, is_short })
}
