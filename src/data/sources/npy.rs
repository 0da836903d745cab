//! `source npy, inputs="x.npy", target="y.npy"`: NumPy arrays, rows first.
//!
//! Bytes stay bytes, every other number type becomes f32 at last: where inputs are normalised, means and differences are taken of the
//! numbers as the file has them. A target has one dimension, or two: rows and outputs.
//!
//! Inputs of more than 1 GB stay in their file and are read row by row while the net trains, with the same results; `keep=memory` and
//! `keep=disk` decide it for files of any size. Targets are held in memory, and so is what is packed with gzip.

use std::fs::File;
use std::sync::Arc;

use npyz::{NpyFile, NpyHeader, Order, TypeChar, TypeStr};

use super::{keep, npy_header};
use crate::data::config::Source;
use crate::data::error::{DataError, counted};
use crate::data::files::{self, Keep};
use crate::data::raw::{Arrays, Inputs, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::single;
use crate::data::stores::{Element, FileRows, Layout};
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::memory;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, exactly};

pub static SIG: Sig = Sig {
    name: "npy",
    about: "NumPy arrays, rows first",
    args: &[
        ArgSpec::required("inputs", Kind::Text, "the inputs, rows first"),
        ArgSpec::required("target", Kind::Text, "the target: a number a row, or a row of numbers"),
        ArgSpec::named("test_inputs", Kind::Text, Default::Absent, "the inputs of the test part"),
        ArgSpec::named("test_target", Kind::Text, Default::Absent, "its target"),
        keep::ARG,
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("npy.rs"), read };

#[derive(Clone, Debug)]
struct Npy {
    train: (String, String),
    test: Option<(String, String)>,
    keep: Keep,
}

fn read(args: &Args) -> Read {
    let test = match (args.opt_text("test_inputs"), args.opt_text("test_target")) {
        (Some(inputs), Some(target)) => Some((inputs.to_owned(), target.to_owned())),
        (None, None) => None,
        _ => {
            return Err(Box::new(Diagnostic::error(
                "E0507",
                args.span,
                "`test_inputs` and `test_target` belong together",
            )));
        }
    };
    let train = (args.text("inputs").to_owned(), args.text("target").to_owned());
    Ok(Arc::new(Npy { train, test, keep: keep::of(args) }))
}

impl Source for Npy {
    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let load = |(inputs, target): &(String, String)| load(inputs, target, self.keep, search);
        let (train, test) = (load(&self.train)?, self.test.as_ref().map(load).transpose()?);
        Ok(Raw::Arrays { train, test })
    }

    fn has_columns(&self) -> bool {
        false
    }
}

fn load(inputs: &str, target_file: &str, keep: Keep, search: &Search) -> Result<Arrays, DataError> {
    let path = search.find(inputs)?;
    let (shape, data) = match files::by_row(&path, inputs, keep)? {
        Some(file) => array_in(file, inputs)?,
        None => {
            let (shape, numbers) = array(&files::read(&path, inputs)?, inputs)?;
            (shape, numbers.into())
        }
    };
    let (target_shape, values) = array(&files::read(&search.find(target_file)?, target_file)?, target_file)?;
    let (&rows, shape) =
        shape.split_first().ok_or_else(|| unusable(inputs, "a single number has no rows"))?;
    // An array of one dimension has a number a row.
    let shape = if shape.is_empty() { &[1] } else { shape };
    let (targets, width) = match target_shape[..] {
        [rows] => (rows, 1),
        [rows, width] => (rows, width),
        _ => return Err(unusable(target_file, "a target has one or two dimensions")),
    };
    if rows != targets {
        return Err(DataError::new("E0530", "inputs and target differ in their number of rows")
            .file(target_file)
            .note(format!(
                "{} in {inputs}, {} in {target_file}",
                counted(rows, "row"),
                counted(targets, "row")
            )));
    }
    if rows == 0 || shape.contains(&0) {
        return Err(empty(inputs));
    }
    if width == 0 {
        return Err(empty(target_file));
    }
    let values = match values {
        Stored::F64(floats) => floats,
        short => (0..short.len()).map(|i| short.at(i)).collect(),
    };
    let target = RawTarget::Numbers { data: values, width };
    Ok(Arrays {
        file: inputs.to_owned(),
        target_file: target_file.to_owned(),
        rows,
        shape: shape.to_vec(),
        data,
        target,
    })
}

fn empty(name: &str) -> DataError {
    DataError::new("E0528", "the array is empty").file(name)
}

fn unusable(name: &str, why: &str) -> DataError {
    DataError::new("E0529", format!("the npy file cannot be used: {why}")).file(name)
}

pub(in crate::data) fn array(bytes: &[u8], name: &str) -> Result<(Vec<usize>, Stored), DataError> {
    npy_header::check(bytes, name)?;
    let file = NpyFile::new(bytes).map_err(|_| unusable(name, "its header is not as NumPy writes it"))?;
    let shape: Vec<usize> = file.shape().iter().map(|d| *d as usize).collect();
    let kind = kind_of(file.header(), &shape, bytes.len() as u64, name)?;
    let width = shape.iter().skip(1).product();
    macro_rules! read {
        ($type:ty, $to:path) => {
            file.into_vec::<$type>().map(|v| Ok($to(v.into_iter().map(Into::into).collect())))
        };
    }
    macro_rules! whole {
        ($type:ty) => {
            file.into_vec::<$type>().map(|v| whole(&v, width, |x| x as f64, i128::from))
        };
    }
    let numbers = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Uint, 1) => read!(u8, Stored::U8),
        (TypeChar::Bool, 1) => read!(bool, Stored::U8),
        (TypeChar::Uint, 2) => read!(u16, Stored::F32),
        (TypeChar::Uint, 4) => read!(u32, Stored::F64),
        (TypeChar::Uint, 8) => whole!(u64),
        (TypeChar::Int, 1) => read!(i8, Stored::F32),
        (TypeChar::Int, 2) => read!(i16, Stored::F32),
        (TypeChar::Int, 4) => read!(i32, Stored::F64),
        (TypeChar::Int, 8) => whole!(i64),
        (TypeChar::Float, 4) => read!(f32, Stored::F32),
        (TypeChar::Float, 8) => read!(f64, Stored::F64),
        _ => return Err(unread_kind(&kind, name)),
    };
    let numbers = numbers.map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            DataError::new("E0521", "the npy file is shorter than its header says")
                .file(name)
                .note(format!("shape {shape:?} of type {kind}"))
                .help("the file was cut off: write or fetch it again")
        }
        _ => unusable(name, &e.to_string()),
    })?;
    let numbers = numbers.map_err(|e| e.file(name))?;
    finite(&numbers, width, name)?;
    Ok((shape, shortest(numbers)))
}

/// What the numbers of an array in a file of `length` bytes are.
///
/// # Errors
/// E0529 for arrays in another order than rows first, or of records; E0521 for more numbers than the file can hold.
fn kind_of(header: &NpyHeader, shape: &[usize], length: u64, name: &str) -> Result<TypeStr, DataError> {
    if header.order() == Order::Fortran && shape.len() > 1 {
        return Err(unusable(name, "it is in Fortran order").help("save it with np.ascontiguousarray(x)"));
    }
    let kind = match header.dtype() {
        npyz::DType::Plain(kind) => kind,
        _ => return Err(unusable(name, "its rows are records")),
    };
    let size = shape
        .iter()
        .try_fold(1u64, |n, d| n.checked_mul(*d as u64))
        .and_then(|n| n.checked_mul(kind.size_field()));
    match size.is_some_and(|size| size <= length) {
        true => Ok(kind),
        false => Err(DataError::new("E0521", "the npy file is shorter than its header says")
            .file(name)
            .note(format!("shape {shape:?} of type {kind}, {length} bytes in all"))),
    }
}

fn unread_kind(kind: &TypeStr, name: &str) -> DataError {
    unusable(name, &format!("elements of type {kind}")).help("save it as float32, float64, uint8 or int64")
}

/// Bytes of the longest header that is read.
const LONGEST_HEADER: u64 = 1 << 20;

/// The shape of an array, and where its rows are.
///
/// # Errors
/// As [`array`].
fn array_in(mut file: File, name: &str) -> Result<(Vec<usize>, Inputs), DataError> {
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

/// Whole numbers up to this size are exact in 64 bits of floating point.
const EXACT: i128 = 1 << f64::MANTISSA_DIGITS;

/// Integers of a column, in 64 bits of floating point.
///
/// # Errors
/// E0544: two of them become one.
fn told_apart(column: &[i128], element: usize) -> Result<(), DataError> {
    let numbers = single::Column {
        count: column.len(),
        exact: &|row| (column[row] - column[0]) as f64,
        short: &|row| column[row] as f64,
        step: &|size| size * f64::EPSILON,
    };
    let Some((a, b)) = numbers.merged() else { return Ok(()) };
    let (a, b) = (column[a], column[b]);
    Err(DataError::new("E0544", format!("{a} and {b} become one number in 64 bits"))
        .column(element + 1, "")
        .help("take a number that all rows share off the column before it is saved: `x - x[0]`"))
}

/// Integers of 64 bits, those of a column told apart.
///
/// # Errors
/// E0544: two of a column become one.
fn whole<T: Copy>(
    values: &[T],
    width: usize,
    short: impl Fn(T) -> f64,
    exact: impl Fn(T) -> i128,
) -> Result<Stored, DataError> {
    if values.iter().any(|x| exact(*x).abs() > EXACT) {
        for element in 0..width {
            let column: Vec<i128> = values.iter().skip(element).step_by(width).map(|x| exact(*x)).collect();
            told_apart(&column, element)?;
        }
    }
    Ok(Stored::F64(values.iter().map(|x| short(*x)).collect()))
}

/// In single precision where that holds every number.
fn shortest(numbers: Stored) -> Stored {
    match numbers {
        Stored::F64(floats) if floats.iter().all(|x| f64::from(*x as f32) == *x) => {
            Stored::F32(floats.into_iter().map(|x| x as f32).collect())
        }
        other => other,
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

fn not_finite(x: f64, name: &str, row: usize) -> DataError {
    DataError::new("E0523", format!("`{}` is not a finite number in 32 bits", exactly(x)))
        .file(name)
        .row(row)
        .help("remove or replace such rows before training")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use npyz::WriterBuilder;

    use super::*;

    fn npy<T: npyz::AutoSerialize + Copy>(shape: &[u64], data: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(data.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn open(inputs: &[u8], target: &[u8]) -> Result<Arrays, DataError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [("x.npy", inputs), ("y.npy", target)] {
            std::fs::File::create(folder.path().join(name)).unwrap().write_all(bytes).unwrap();
        }
        load("x.npy", "y.npy", Keep::BySize, &Search::new(folder.path(), folder.path(), None))
    }

    fn held(arrays: &Arrays) -> &Stored {
        let Inputs::Held(stored) = &arrays.data else { panic!("a small file is held") };
        stored
    }

    #[test]
    fn floats_and_integers() {
        let arrays = open(&npy(&[2, 2], &[1.0f64, 2.0, 3.0, 4.5]), &npy(&[2], &[1i64, 0])).unwrap();
        assert_eq!((arrays.rows, arrays.shape.as_slice()), (2, [2].as_slice()));
        assert_eq!(held(&arrays), &Stored::F32(vec![1.0, 2.0, 3.0, 4.5]));
        assert_eq!(arrays.target, RawTarget::Numbers { data: vec![1.0, 0.0], width: 1 });
        let bytes = open(&npy(&[1, 2, 2], &[0u8, 1, 2, 255]), &npy(&[1, 3], &[1f32, 2.0, 3.0])).unwrap();
        assert_eq!(held(&bytes), &Stored::U8(vec![0, 1, 2, 255]));
        // Doubles only where singles do not do.
        let doubles = open(&npy(&[2], &[0.1_f64, 2.0]), &npy(&[2], &[1i64, 0])).unwrap();
        assert_eq!(held(&doubles), &Stored::F64(vec![0.1, 2.0]));
        let singles = open(&npy(&[2], &[0.1_f32, 2.0]), &npy(&[2], &[1i64, 0])).unwrap();
        assert_eq!(held(&singles), &Stored::F32(vec![0.1, 2.0]));
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        let y = npy(&[2], &[1i64, 0]);
        let good = npy(&[2, 1], &[1.0f32, 2.0]);
        let faults: Vec<String> = [
            open(b"PNG", &y),
            open(&good[..good.len() - 1], &y),
            open(&npy(&[3, 1], &[1.0f32, 2.0, 3.0]), &y),
            open(&npy(&[2, 2], &[1.0f32, 2.0, f32::NAN, 3.0]), &y),
            open(&good, &npy(&[2, 1, 1], &[1.0f32, 2.0])),
        ]
        .into_iter()
        .map(|r| r.unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(faults.join("\n\n"));
    }
}
