//! Arrays that stay in their npy file: where their rows are, and one look over all numbers before anything is made of them.

use std::fs::File;

use npyz::{NpyHeader, TypeChar, TypeStr};

use super::npy::{EXACT, empty, kind_of, not_finite, told_apart, unread_kind, unusable};
use super::npy_header;
use crate::data::error::DataError;
use crate::data::files;
use crate::data::inputs::Inputs;
use crate::data::stores::{Element, FileRows, Layout};
use crate::memory;

/// Bytes of the longest header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// The shape of an array, and where its rows are.
///
/// # Errors
/// As of an array in memory.
pub(super) fn array(mut file: File, name: &str) -> Result<(Vec<usize>, Inputs), DataError> {
    let begins = npy_header::length(&files::head(&mut file, 12, name)?.0).unwrap_or(LONGEST_HEADER);
    if begins > LONGEST_HEADER {
        return Err(unusable(name, "its header is longer than NumPy writes"));
    }
    let (head, length) = files::head(&mut file, begins, name)?;
    npy_header::check(&head, name)?;
    let header = NpyHeader::from_reader(&head[..])
        .map_err(|_| unusable(name, "its header is not as NumPy writes it"))?;
    let shape: Vec<usize> = header.shape().iter().map(|d| *d as usize).collect();
    let kind = kind_of(&header, &shape, length.saturating_sub(begins), name)?;
    if shape.contains(&0) {
        return Err(empty(name));
    }
    let element = element_of(&kind).ok_or_else(|| unread_kind(&kind, name))?;
    let (rows, width) = (shape.first().copied().unwrap_or(1), shape.iter().skip(1).product());
    let big_endian = kind.endianness() == npyz::Endianness::Big;
    let layout = Layout { start: begins, element, big_endian, width, rows };
    Ok((shape, looked_over(FileRows::new(file, name, layout), width, name)?))
}

fn element_of(kind: &TypeStr) -> Option<Element> {
    Some(match (kind.type_char(), kind.size_field()) {
        (TypeChar::Bool, 1) => Element::Bool,
        (TypeChar::Uint, 1) => Element::U8,
        (TypeChar::Uint, 2) => Element::U16,
        (TypeChar::Uint, 4) => Element::U32,
        (TypeChar::Uint, 8) => Element::U64,
        (TypeChar::Int, 1) => Element::I8,
        (TypeChar::Int, 2) => Element::I16,
        (TypeChar::Int, 4) => Element::I32,
        (TypeChar::Int, 8) => Element::I64,
        (TypeChar::Float, 4) => Element::F32,
        (TypeChar::Float, 8) => Element::F64,
        _ => return None,
    })
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
