//! A safetensors file that is written whole or not at all, with the same bytes for the same contents.
//!
//! Layout: 8 bytes of header length, a JSON header padded with blanks to a multiple of 8, the tensors by name. The only metadata key is
//! `dropnet`. The header is written here because the crate orders metadata by a hash map; reading and checking is the crate's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use crate::{atomic, memory};

/// The metadata key.
pub const KEY: &str = "dropnet";

#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<'a> {
    pub dims: Vec<usize>,
    pub data: Numbers<'a>,
}

impl Tensor<'_> {
    pub fn into_owned(self) -> Tensor<'static> {
        let data = match self.data {
            Numbers::F32(values) => Numbers::F32(values.into_owned().into()),
            Numbers::U64(words) => Numbers::U64(words.into_owned().into()),
        };
        Tensor { dims: self.dims, data }
    }
}

/// Borrowed when they are written: a checkpoint is as large as the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers<'a> {
    F32(Cow<'a, [f32]>),
    U64(Cow<'a, [u64]>),
}

impl Numbers<'_> {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(values) => bytemuck::cast_slice(values),
            Self::U64(words) => bytemuck::cast_slice(words),
        }
    }

    fn dtype(&self) -> &'static str {
        match self {
            Self::F32(_) => "F32",
            Self::U64(_) => "U64",
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::F32(values) => values.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
            Self::U64(words) => words.iter().try_for_each(|word| out.write_all(&word.to_le_bytes())),
        }
    }

    fn read(dtype: Dtype, bytes: &[u8]) -> Option<Numbers<'static>> {
        match dtype {
            Dtype::F32 => {
                let (words, []) = bytes.as_chunks::<4>() else { return None };
                Some(Numbers::F32(words.iter().map(|word| f32::from_le_bytes(*word)).collect()))
            }
            Dtype::U64 => {
                let (words, []) = bytes.as_chunks::<8>() else { return None };
                Some(Numbers::U64(words.iter().map(|word| u64::from_le_bytes(*word)).collect()))
            }
            _ => None,
        }
    }
}

#[derive(Debug)]
pub enum ContainerError {
    Io {
        path: PathBuf,
        error: io::Error,
    },
    /// Not a safetensors file, or cut short.
    Broken {
        path: PathBuf,
        why: String,
    },
    /// A safetensors file of somebody else.
    Foreign {
        path: PathBuf,
    },
}

impl fmt::Display for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Broken { path, why } => write!(f, "{} is not a whole checkpoint: {why}", path.display()),
            Self::Foreign { path } => {
                write!(f, "{} is a safetensors file, but dropnet did not write it", path.display())
            }
        }
    }
}

impl std::error::Error for ContainerError {}

/// Writes tensors and metadata, atomically.
pub fn write(
    path: &Path,
    metadata: &str,
    tensors: &BTreeMap<String, Tensor<'_>>,
) -> Result<(), ContainerError> {
    let written = atomic::replace(path, |out| {
        let header = header(metadata, tensors);
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(header.as_bytes())?;
        tensors.values().try_for_each(|tensor| tensor.data.write(out))
    });
    written.map_err(|error| ContainerError::Io { path: path.to_path_buf(), error })
}

fn header(metadata: &str, tensors: &BTreeMap<String, Tensor<'_>>) -> String {
    let mut entries = Map::new();
    entries.insert("__metadata__".into(), json!({ KEY: metadata }));
    let mut at = 0;
    for (name, tensor) in tensors {
        let end = at + tensor.data.bytes().len();
        let dtype = tensor.data.dtype();
        entries
            .insert(name.clone(), json!({ "dtype": dtype, "shape": tensor.dims, "data_offsets": [at, end] }));
        at = end;
    }
    let mut text = Value::Object(entries).to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    text
}

/// The metadata alone, without reading tensors.
pub fn read_metadata(path: &Path) -> Result<String, ContainerError> {
    let io = |error| ContainerError::Io { path: path.to_path_buf(), error };
    let broken = |why: &str| ContainerError::Broken { path: path.to_path_buf(), why: why.into() };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| broken("the file is shorter than a header's length"))?;
    let header = u64::from_le_bytes(length);
    if header.checked_add(8).is_none_or(|end| end > size) {
        return Err(broken("its header is longer than the file"));
    }
    if header > LONGEST_HEADER {
        return Err(broken("its header is too long"));
    }
    let mut bytes = Vec::new();
    file.take(header).read_to_end(&mut bytes).map_err(io)?;
    let header: Header = serde_json::from_slice(&bytes).map_err(|e| broken(&e.to_string()))?;
    header
        .metadata
        .and_then(|mut m| m.remove(KEY))
        .ok_or(ContainerError::Foreign { path: path.to_path_buf() })
}

/// The length that the format sets to a header.
const LONGEST_HEADER: u64 = 100_000_000;

/// What a safetensors header says besides its tensors.
#[derive(serde::Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: Option<BTreeMap<String, String>>,
}

/// Metadata and tensors of a checkpoint.
pub fn read(path: &Path) -> Result<(String, BTreeMap<String, Tensor<'static>>), ContainerError> {
    let io = |error| ContainerError::Io { path: path.to_path_buf(), error };
    // The bytes, and the numbers that are made of them.
    let size = fs::metadata(path).map_err(io)?.len();
    memory::check(size.saturating_mul(2)).map_err(|e| io(io::Error::new(io::ErrorKind::OutOfMemory, e)))?;
    of_bytes(path, &fs::read(path).map_err(io)?)
}

/// The same of what a file has in it; `path` is how it is called.
pub fn of_bytes(
    path: &Path,
    bytes: &[u8],
) -> Result<(String, BTreeMap<String, Tensor<'static>>), ContainerError> {
    let broken = |why: String| ContainerError::Broken { path: path.to_path_buf(), why };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| broken(e.to_string()))?;
    let metadata = header.metadata().as_ref().and_then(|m| m.get(KEY)).cloned();
    let metadata = metadata.ok_or(ContainerError::Foreign { path: path.to_path_buf() })?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| broken(e.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.tensors() {
        let data = Numbers::read(view.dtype(), view.data())
            .ok_or_else(|| broken(format!("the tensor `{name}` is neither f32 nor u64")))?;
        tensors.insert(name, Tensor { dims: view.shape().to_vec(), data });
    }
    Ok((metadata, tensors))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BTreeMap<String, Tensor<'static>> {
        BTreeMap::from([
            (
                "b".to_string(),
                Tensor {
                    dims: vec![2, 3],
                    data: Numbers::F32(vec![0.5, -1.0, 2.0, 3.0, f32::MIN_POSITIVE, 7.25].into()),
                },
            ),
            ("a".to_string(), Tensor { dims: vec![1], data: Numbers::F32(vec![9.0].into()) }),
            ("c".to_string(), Tensor { dims: vec![2], data: Numbers::U64(vec![u64::MAX, 7].into()) }),
        ])
    }

    #[test]
    fn what_is_written_is_read_and_bytes_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one.ckpt"), folder.path().join("two.ckpt"));
        write(&one, "{\"x\":\"é\\n\"}", &sample()).unwrap();
        write(&two, "{\"x\":\"é\\n\"}", &sample()).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        assert_eq!(read(&one).unwrap(), ("{\"x\":\"é\\n\"}".to_string(), sample()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file stays");
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let rights = |path: &Path| fs::metadata(path).unwrap().permissions();
        assert_eq!(rights(&one), rights(&plain));
    }

    #[test]
    fn broken_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ckpt");
        assert!(matches!(read(&path), Err(ContainerError::Io { .. })));
        write(&path, "{}", &sample()).unwrap();
        let whole = fs::read(&path).unwrap();
        for len in [0, 4, 20, whole.len() - 1] {
            fs::write(&path, &whole[..len]).unwrap();
            assert!(matches!(read(&path), Err(ContainerError::Broken { .. })), "{len}");
        }
        // A file that takes no room on the disk, and more than there is in memory.
        let sparse = fs::File::create(&path).unwrap();
        sparse.set_len(1 << 42).unwrap();
        let refused = read(&path).unwrap_err().to_string();
        assert!(refused.contains("of memory are needed"), "{refused}");
        sparse.set_len(1 << 40).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&sparse, &(1_u64 << 39).to_le_bytes(), 0).unwrap();
        let refused = read_metadata(&path).unwrap_err().to_string();
        assert!(refused.contains("its header is too long"), "{refused}");
        fs::remove_file(&path).unwrap();
        let foreign =
            safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView<'_>)>::new(), None)
                .unwrap();
        fs::write(&path, foreign).unwrap();
        assert!(matches!(read(&path), Err(ContainerError::Foreign { .. })));
    }
}
