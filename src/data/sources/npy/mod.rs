//! `source npy, inputs="x.npy", target="y.npy"`: NumPy arrays, rows first.
//!
//! Bytes stay bytes, every other number type becomes f32 at last: where inputs are normalised, means and differences are taken of the
//! numbers as the file has them. A target has one dimension, or two: rows and outputs.
//!
//! Inputs of more than 1 GB stay in their file and are read row by row while the net trains, with the same results; `keep=memory` and
//! `keep=disk` decide it for files of any size. Targets are held in memory, and so is what is packed with gzip.

use std::sync::Arc;

mod header;
mod held;
mod rows;

use super::keep;
use crate::data::error::{DataError, counted};
use crate::data::files::{self, Keep};
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::single;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::memory;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, exactly};
pub(in crate::data) use held::array;
pub(in crate::data) use rows::rows;

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

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("mod.rs"), read };

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
        Some(file) => rows::array(file, inputs)?,
        None => {
            let (shape, numbers) = array(files::read(&path, inputs)?, inputs)?;
            (shape, numbers.into())
        }
    };
    let (target_shape, values) = array(files::read(&search.find(target_file)?, target_file)?, target_file)?;
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
        short => memory::collected(short.len(), (0..short.len()).map(|i| short.at(i)))?,
    };
    let target = RawTarget::Numbers { data: values, width };
    let read = Arrays::of(inputs, rows, shape.to_vec(), data, target);
    Ok(Arrays { target_file: target_file.to_owned(), ..read })
}

fn empty(name: &str) -> DataError {
    DataError::new("E0528", "the array is empty").file(name)
}

fn unusable(name: &str, why: &str) -> DataError {
    DataError::new("E0529", format!("the npy file cannot be used: {why}")).file(name)
}

/// A number that the net would not see as one.
fn not_finite(x: f64, name: &str, row: usize) -> DataError {
    DataError::new("E0523", format!("`{}` is not a finite number in 32 bits", exactly(x)))
        .file(name)
        .row(row)
        .help("remove or replace such rows before training")
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use npyz::WriterBuilder;

    use super::*;
    use crate::data::inputs::Inputs;

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
