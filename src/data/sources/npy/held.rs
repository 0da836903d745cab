//! Arrays in memory, in the smallest type that holds their numbers.

use super::{EXACT, header, not_finite, told_apart};
use crate::data::error::DataError;
use crate::data::raw::Stored;
use crate::data::stores::{Coding, Element, Layout};
use crate::memory::{self, TooMuch};

/// The shape and the numbers of an npy file.
///
/// # Errors
/// E0529 and E0521 of the header; E0523: a number that is none in 32 bits; E0544: two of a column become one; E0540 without memory.
pub(in crate::data) fn array(mut bytes: Vec<u8>, name: &str) -> Result<(Vec<usize>, Stored), DataError> {
    let (shape, layout) = header::read(&bytes, bytes.len() as u64, name)?;
    let Layout { start, coding, width, .. } = layout;
    let count = shape.iter().product::<usize>();
    if coding.element == Element::U8 {
        // What was read is what is held: a copy would take the memory twice.
        bytes.truncate(start as usize + count);
        bytes.drain(..start as usize);
        return Ok((shape, Stored::U8(bytes)));
    }
    let numbers = &bytes[start as usize..][..count * coding.element.bytes()];
    let at = |e: DataError| e.file(name);
    whole_are_told_apart(coding, numbers, width).map_err(at)?;
    let stored = decoded(coding, numbers, count).map_err(|e| at(e.into()))?;
    finite(&stored, width, name)?;
    Ok((shape, shortest(stored).map_err(|e| at(e.into()))?))
}

fn decoded(coding: Coding, bytes: &[u8], count: usize) -> Result<Stored, TooMuch> {
    let numbers = coding.numbers(bytes);
    Ok(match coding.element {
        Element::U8 => Stored::U8(memory::collected(count, bytes.iter().copied())?),
        Element::Bool => Stored::U8(memory::collected(count, bytes.iter().map(|b| u8::from(*b != 0)))?),
        Element::I8 | Element::U16 | Element::I16 | Element::F32 => {
            Stored::F32(memory::collected(count, numbers.map(|x| x as f32))?)
        }
        Element::U32 | Element::I32 | Element::U64 | Element::I64 | Element::F64 => {
            Stored::F64(memory::collected(count, numbers)?)
        }
    })
}

/// Integers of 64 bits stay apart from others of their column.
///
/// # Errors
/// E0544: two of a column become one.
fn whole_are_told_apart(coding: Coding, bytes: &[u8], width: usize) -> Result<(), DataError> {
    let whole = || coding.whole(bytes).flatten();
    if !whole().any(|x| x.abs() > EXACT) {
        return Ok(());
    }
    for element in 0..width {
        let rows = bytes.len() / coding.element.bytes() / width;
        told_apart(&memory::collected(rows, whole().skip(element).step_by(width))?, element)?;
    }
    Ok(())
}

/// In single precision where that holds every number.
fn shortest(numbers: Stored) -> Result<Stored, TooMuch> {
    match numbers {
        Stored::F64(floats) if floats.iter().all(|x| f64::from(*x as f32) == *x) => {
            Ok(Stored::F32(memory::collected(floats.len(), floats.iter().map(|x| *x as f32))?))
        }
        other => Ok(other),
    }
}

fn finite(numbers: &Stored, width: usize, name: &str) -> Result<(), DataError> {
    if let Stored::U8(_) = numbers {
        return Ok(());
    }
    match (0..numbers.len()).find(|i| !(numbers.at(*i) as f32).is_finite()) {
        Some(at) => Err(not_finite(numbers.at(at), name, at / width.max(1))),
        None => Ok(()),
    }
}
