//! Files of tensors by their names: safetensors, whoever wrote them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::error::{DataError, counted};
use super::files::GZIP;
use crate::memory;

/// A file of tensors, whose numbers are read when they are asked for.
pub struct Tensors {
    name: String,
    bytes: Vec<u8>,
    tensors: BTreeMap<String, Stored>,
    metadata: Vec<String>,
}

struct Stored {
    dtype: Dtype,
    dims: Vec<usize>,
    place: Range<usize>,
}

/// How files of other kinds begin, what they are, and what writes one of this kind.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (
        b"PK\x03\x04",
        "it is a zip archive, as `torch.save` and Keras write them",
        "write the tensors alone: of PyTorch `safetensors.torch.save_file(model.state_dict(), \"FILE\")`, of Keras `safetensors.numpy.save_file({v.path: v.numpy() for v in model.variables}, \"FILE\")`",
    ),
    (
        b"\x89HDF",
        "it is HDF5, as Keras writes it",
        "write the tensors alone: `safetensors.numpy.save_file({v.path: v.numpy() for v in model.variables}, \"FILE\")`",
    ),
    (
        b"\x80",
        "it is a pickle, as `torch.save` wrote them once",
        "write the tensors alone: `safetensors.torch.save_file(model.state_dict(), \"FILE\")`",
    ),
    (GZIP, "it is compressed by gzip", "unpack it: `gunzip FILE`"),
];

/// The tensors of a file, which the net calls `name`.
///
/// # Errors
/// E0520 for a file that cannot be read, E0540 for one that is larger than memory, E0565 for one that holds no tensors by their names.
pub fn read(path: &Path, name: &str) -> Result<Tensors, DataError> {
    let unread = |e: std::io::Error| {
        DataError::new("E0520", "the tensors cannot be read").file(name).note(e.to_string())
    };
    memory::check(fs::metadata(path).map_err(unread)?.len()).map_err(|e| DataError::from(e).file(name))?;
    of(fs::read(path).map_err(unread)?, name)
}

fn of(bytes: Vec<u8>, name: &str) -> Result<Tensors, DataError> {
    let refused = |why: &str, help: &str| {
        DataError::new("E0565", "the file is not read as tensors by their names (safetensors)")
            .file(name)
            .note(why)
            .help(help)
    };
    if let Some((_, what, help)) = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(refused(what, help));
    }
    let cut = |e: safetensors::SafeTensorError| {
        let why = format!("it is of another kind, cut short or damaged: {e}");
        refused(&why, "name the file of the weights, or fetch or write it again")
    };
    let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(cut)?;
    // The numbers stand behind the length of the header and the header; the whole must end with them.
    SafeTensors::deserialize(&bytes).map_err(cut)?;
    let start = header + size_of::<u64>();
    let stored = |info: &safetensors::tensor::TensorInfo| Stored {
        dtype: info.dtype,
        dims: info.shape.clone(),
        place: start + info.data_offsets.0..start + info.data_offsets.1,
    };
    let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, stored(info))).collect();
    let keys = metadata.metadata().iter().flatten().map(|(key, _)| key.clone()).collect();
    Ok(Tensors { name: name.to_owned(), tensors, metadata: keys, bytes })
}

impl Tensors {
    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether its description has this key.
    pub fn is_described_by(&self, key: &str) -> bool {
        self.metadata.iter().any(|known| known == key)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The sizes of a tensor; none that is not there.
    pub fn dims(&self, tensor: &str) -> Option<&[usize]> {
        self.tensors.get(tensor).map(|stored| &stored.dims[..])
    }

    /// The numbers of a tensor, row-major, in 32 bits; of one that is not there none.
    ///
    /// # Errors
    /// E0523 for a number that is not finite, or not in 32 bits; E0565 for a tensor of integers or other values.
    pub fn numbers(&self, tensor: &str) -> Result<Vec<f32>, DataError> {
        let Some(stored) = self.tensors.get(tensor) else { return Ok(Vec::new()) };
        let bytes = &self.bytes[stored.place.clone()];
        let numbers: Vec<f32> = match stored.dtype {
            Dtype::F32 => each(bytes, f32::from_le_bytes),
            Dtype::F64 => each(bytes, |word| f64::from_le_bytes(word) as f32),
            Dtype::F16 => each(bytes, |word| f16::from_le_bytes(word).to_f32()),
            Dtype::BF16 => each(bytes, |word| bf16::from_le_bytes(word).to_f32()),
            other => {
                let message = format!(
                    "the tensor `{tensor}` holds {other:?}, and parameters are numbers with a fraction"
                );
                return Err(DataError::new("E0565", message)
                    .file(&self.name)
                    .help("write it as F32, F64, F16 or BF16; weights that were quantised must be turned back first"));
            }
        };
        match numbers.iter().position(|x| !x.is_finite()) {
            None => Ok(numbers),
            Some(at) => {
                let message = format!("number {} of the tensor `{tensor}` is {}", at + 1, numbers[at]);
                let all = counted(numbers.len(), "number");
                Err(DataError::new("E0523", message)
                    .file(&self.name)
                    .note(format!("it has {all}, and parameters are finite in 32 bits"))
                    .help("write the weights of a moment before training diverged"))
            }
        }
    }
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|word| number(*word)).collect()
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn file(dtype: Dtype, dims: &[usize], bytes: &[u8]) -> Vec<u8> {
        let view = TensorView::new(dtype, dims.to_vec(), bytes).expect("a tensor");
        safetensors::serialize([("w", view)], None).expect("a file")
    }

    #[test]
    fn numbers_of_all_widths_are_read() {
        let expected: [f64; 3] = [1.5, -0.25, 1024.0];
        let wide: Vec<u8> = expected.iter().flat_map(|x| x.to_le_bytes()).collect();
        let single: Vec<u8> = expected.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect();
        let half: Vec<u8> = expected.iter().flat_map(|x| f16::from_f64(*x).to_le_bytes()).collect();
        let brain: Vec<u8> = expected.iter().flat_map(|x| bf16::from_f64(*x).to_le_bytes()).collect();
        for (dtype, bytes) in
            [(Dtype::F64, wide), (Dtype::F32, single), (Dtype::F16, half), (Dtype::BF16, brain)]
        {
            let tensors = of(file(dtype, &[3, 1], &bytes), "w.safetensors").expect("tensors");
            assert_eq!(tensors.dims("w"), Some(&[3, 1][..]));
            let found = tensors.numbers("w").expect("numbers");
            assert_eq!(found, expected.map(|x| x as f32), "{dtype:?}");
        }
    }

    #[test]
    fn faults_say_what_the_file_is() {
        let refused = |bytes: &[u8]| of(bytes.to_vec(), "w").err().expect("a fault").to_string();
        let zip = refused(b"PK\x03\x04........");
        assert!(zip.contains("zip archive") && zip.contains("save_file(model.state_dict()"), "{zip}");
        assert!(refused(b"\x89HDF\r\n").contains("HDF5"));
        let whole = file(Dtype::F32, &[2], &[0; 8]);
        for len in [0, 5, 20, whole.len() - 1] {
            assert!(refused(&whole[..len]).starts_with("error[E0565]"), "{len}");
        }
        let longer = [&whole[..], &[0]].concat();
        assert!(refused(&longer).starts_with("error[E0565]"));
        let whats = |dtype, bytes: &[u8]| {
            let tensors = of(file(dtype, &[1], bytes), "w").expect("tensors");
            tensors.numbers("w").expect_err("a fault").to_string()
        };
        assert!(whats(Dtype::F32, &f32::NAN.to_le_bytes()).contains("number 1 of the tensor `w` is NaN"));
        assert!(whats(Dtype::F64, &1e300_f64.to_le_bytes()).contains("is inf"));
        assert!(whats(Dtype::I64, &[0; 8]).contains("holds I64"));
    }
}
