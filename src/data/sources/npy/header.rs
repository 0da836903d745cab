//! The head of an npy file: where the numbers of an array are, and what they are.
//!
//! It is looked at before a parser is given it: it is whole, no larger than the file, and no deeper than NumPy writes.

use npyz::{Endianness, NpyHeader, Order, TypeChar, TypeStr};

use super::unusable;
use crate::data::error::DataError;
use crate::data::stores::{Coding, Element, Layout};

/// Brackets within brackets of a header: shapes have one level, records a few.
const DEEPEST: usize = 16;

/// Where the data of a file begin, as its first bytes say; nothing if they say nothing.
pub(super) fn length(bytes: &[u8]) -> Option<u64> {
    match bytes.strip_prefix(b"\x93NUMPY")? {
        [1, _, low, high, ..] => Some(10 + u64::from(u16::from_le_bytes([*low, *high]))),
        [2 | 3, _, a, b, c, d, ..] => Some(12 + u64::from(u32::from_le_bytes([*a, *b, *c, *d]))),
        _ => None,
    }
}

/// The shape of an array and where its rows are, by the first bytes of a file of this length.
///
/// # Errors
/// E0529 for what is no array of numbers, rows first; E0521 for more numbers than the file has.
pub(super) fn read(bytes: &[u8], length: u64, name: &str) -> Result<(Vec<usize>, Layout), DataError> {
    check(bytes, name)?;
    let unread = || unusable(name, "its header is not as NumPy writes it");
    let start = self::length(bytes).ok_or_else(unread)?;
    let header = NpyHeader::from_reader(bytes).map_err(|_| unread())?;
    let shape: Vec<usize> = header.shape().iter().map(|d| *d as usize).collect();
    if header.order() == Order::Fortran && shape.len() > 1 {
        return Err(unusable(name, "it is in Fortran order").help("save it with np.ascontiguousarray(x)"));
    }
    let npyz::DType::Plain(kind) = header.dtype() else { return Err(unusable(name, "its rows are records")) };
    let size = shape
        .iter()
        .try_fold(1u64, |n, d| n.checked_mul(*d as u64))
        .and_then(|n| n.checked_mul(kind.size_field()));
    let there = length.saturating_sub(start);
    if size.is_none_or(|size| size > there) {
        return Err(DataError::new("E0521", "the npy file is shorter than its header says")
            .file(name)
            .note(format!("shape {shape:?} of type {kind}, {there} bytes behind the header"))
            .help("the file was cut off: write or fetch it again"));
    }
    let element = element_of(&kind).ok_or_else(|| {
        unusable(name, &format!("elements of type {kind}"))
            .help("save it as float32, float64, uint8 or int64")
    })?;
    let coding = Coding { element, big_endian: kind.endianness() == Endianness::Big };
    let (rows, width) = (shape.first().copied().unwrap_or(1), shape.iter().skip(1).product());
    Ok((shape, Layout { start, coding, width, rows }))
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

/// # Errors
/// E0521 for a file that ends within its header, E0529 for one that is no npy file.
fn check(bytes: &[u8], name: &str) -> Result<(), DataError> {
    let unusable = |why: &str| unusable(name, why);
    let Some(rest) = bytes.strip_prefix(b"\x93NUMPY") else {
        return Err(unusable("it does not begin as NumPy's files do")
            .help("save the array with np.save(name, x); np.savez writes several arrays into one file"));
    };
    let (length, text) = match rest {
        [1, _, low, high, text @ ..] => (u64::from(u16::from_le_bytes([*low, *high])), text),
        [2 | 3, _, a, b, c, d, text @ ..] => (u64::from(u32::from_le_bytes([*a, *b, *c, *d])), text),
        [version, ..] if !(1..=3).contains(version) => {
            return Err(unusable(&format!("version {version} of the format is not known")));
        }
        _ => return Err(cut_off(name)),
    };
    let text = usize::try_from(length).ok().and_then(|length| text.get(..length));
    let Some(text) = text else {
        return Err(cut_off(name)
            .note(format!("the header is said to have {length} bytes, the file has {}", bytes.len())));
    };
    let mut depth: usize = 0;
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(unusable("its header is nested deeper than NumPy writes"));
        }
    }
    match product_of_numbers(text) {
        Some(_) => Ok(()),
        None => Err(DataError::new("E0521", "the npy file is shorter than its header says")
            .file(name)
            .note("its header says more elements than can be counted")),
    }
}

/// The product of all numbers but 0 that a header names: no less than that of its shape and its element's size, which the parser multiplies
/// without a look at their size.
fn product_of_numbers(header: &[u8]) -> Option<u64> {
    let numbers = header.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let value = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |n, digit| n.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    };
    numbers.map(value).try_fold(1u64, |product, n| product.checked_mul(n?.max(1)))
}

fn cut_off(name: &str) -> DataError {
    DataError::new("E0521", "the npy file ends within its header")
        .file(name)
        .help("the file was cut off or damaged: write or fetch it again")
}
