//! `source npy, inputs="x.npy", target="y.npy"`: NumPy arrays, rows first.
//!
//! Bytes stay bytes, every other number type becomes f32. A target has one dimension, or two: rows and outputs.

use std::sync::Arc;

use npyz::{NpyFile, Order, TypeChar};

use super::npy_header;
use crate::data::config::Source;
use crate::data::error::{DataError, counted};
use crate::data::files;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Storage};
use crate::data::search::Search;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "npy",
    about: "NumPy arrays, rows first",
    args: &[
        ArgSpec::required("inputs", Kind::Text, "the inputs, rows first"),
        ArgSpec::required("target", Kind::Text, "the target: a number a row, or a row of numbers"),
        ArgSpec::named("test_inputs", Kind::Text, Default::Absent, "the inputs of the test part"),
        ArgSpec::named("test_target", Kind::Text, Default::Absent, "its target"),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("npy.rs"), read };

#[derive(Clone, Debug)]
struct Npy {
    train: (String, String),
    test: Option<(String, String)>,
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
    Ok(Arc::new(Npy { train: (args.text("inputs").to_owned(), args.text("target").to_owned()), test }))
}

impl Source for Npy {
    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let load = |(inputs, target): &(String, String)| load(inputs, target, search);
        let (train, test) = (load(&self.train)?, self.test.as_ref().map(load).transpose()?);
        Ok(Raw::Arrays { train, test })
    }

    fn has_columns(&self) -> bool {
        false
    }
}

fn load(inputs: &str, target_file: &str, search: &Search) -> Result<Arrays, DataError> {
    let (shape, data) = array(&files::read(&search.find(inputs)?, inputs)?, inputs)?;
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
    if rows == 0 || width == 0 || data.is_empty() {
        return Err(DataError::new("E0528", "the array is empty").file(if data.is_empty() {
            inputs
        } else {
            target_file
        }));
    }
    let data = match data {
        Numbers::Bytes(bytes) => Storage::U8(bytes),
        Numbers::Floats(floats) => Storage::F32(floats.iter().map(|x| *x as f32).collect()),
    };
    let values = match values {
        Numbers::Bytes(bytes) => bytes.into_iter().map(f64::from).collect(),
        Numbers::Floats(floats) => floats,
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

fn unusable(name: &str, why: &str) -> DataError {
    DataError::new("E0529", format!("the npy file cannot be used: {why}")).file(name)
}

pub(in crate::data) enum Numbers {
    Bytes(Vec<u8>),
    Floats(Vec<f64>),
}

impl Numbers {
    #[cfg(test)]
    pub(in crate::data) fn len(&self) -> usize {
        match self {
            Numbers::Bytes(bytes) => bytes.len(),
            Numbers::Floats(floats) => floats.len(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Numbers::Bytes(bytes) => bytes.is_empty(),
            Numbers::Floats(floats) => floats.is_empty(),
        }
    }
}

pub(in crate::data) fn array(bytes: &[u8], name: &str) -> Result<(Vec<usize>, Numbers), DataError> {
    npy_header::check(bytes, name)?;
    let file = NpyFile::new(bytes).map_err(|_| unusable(name, "its header is not as NumPy writes it"))?;
    let shape: Vec<usize> = file.shape().iter().map(|d| *d as usize).collect();
    if file.order() == Order::Fortran && shape.len() > 1 {
        return Err(unusable(name, "it is in Fortran order").help("save it with np.ascontiguousarray(x)"));
    }
    let kind = match file.dtype() {
        npyz::DType::Plain(kind) => kind,
        _ => return Err(unusable(name, "its rows are records")),
    };
    let size = shape
        .iter()
        .try_fold(1usize, |n, d| n.checked_mul(*d))
        .and_then(|n| n.checked_mul(kind.size_field() as usize));
    if size.is_none_or(|size| size > bytes.len()) {
        return Err(DataError::new("E0521", "the npy file is shorter than its header says")
            .file(name)
            .note(format!("shape {shape:?} of type {kind}, {} bytes in all", bytes.len())));
    }
    macro_rules! floats {
        ($type:ty) => {
            file.into_vec::<$type>().map(|v| Numbers::Floats(v.into_iter().map(|x| x as f64).collect()))
        };
    }
    let numbers = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Uint, 1) => file.into_vec::<u8>().map(Numbers::Bytes),
        (TypeChar::Bool, 1) => {
            file.into_vec::<bool>().map(|v| Numbers::Bytes(v.into_iter().map(u8::from).collect()))
        }
        (TypeChar::Uint, 2) => floats!(u16),
        (TypeChar::Uint, 4) => floats!(u32),
        (TypeChar::Uint, 8) => floats!(u64),
        (TypeChar::Int, 1) => floats!(i8),
        (TypeChar::Int, 2) => floats!(i16),
        (TypeChar::Int, 4) => floats!(i32),
        (TypeChar::Int, 8) => floats!(i64),
        (TypeChar::Float, 4) => floats!(f32),
        (TypeChar::Float, 8) => floats!(f64),
        _ => {
            return Err(unusable(name, &format!("elements of type {kind}"))
                .help("save it as float32, float64, uint8 or int64"));
        }
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
    finite(&numbers, &shape, name)?;
    Ok((shape, numbers))
}

fn finite(numbers: &Numbers, shape: &[usize], name: &str) -> Result<(), DataError> {
    let Numbers::Floats(floats) = numbers else { return Ok(()) };
    let Some(at) = floats.iter().position(|x| !(*x as f32).is_finite()) else { return Ok(()) };
    let a_row: usize = shape.iter().skip(1).product();
    Err(DataError::new("E0523", format!("`{}` is not a finite number in 32 bits", floats[at]))
        .file(name)
        .row(at / a_row.max(1))
        .help("remove or replace such rows before training"))
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
        load("x.npy", "y.npy", &Search::new(folder.path(), folder.path(), None))
    }

    #[test]
    fn floats_and_integers() {
        let arrays = open(&npy(&[2, 2], &[1.0f64, 2.0, 3.0, 4.5]), &npy(&[2], &[1i64, 0])).unwrap();
        assert_eq!((arrays.rows, arrays.shape.as_slice()), (2, [2].as_slice()));
        assert_eq!(arrays.data, Storage::F32(vec![1.0, 2.0, 3.0, 4.5]));
        assert_eq!(arrays.target, RawTarget::Numbers { data: vec![1.0, 0.0], width: 1 });
        let bytes = open(&npy(&[1, 2, 2], &[0u8, 1, 2, 255]), &npy(&[1, 3], &[1f32, 2.0, 3.0])).unwrap();
        assert_eq!(bytes.data, Storage::U8(vec![0, 1, 2, 255]));
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
