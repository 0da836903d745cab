//! Checkpoints: tensors and what they mean, in one safetensors file.
//!
//! Parameters and states stand under their names, optimizer slots under `optimizer.` and theirs, outputs of the training rows of an
//! unfinished epoch under `epoch.outputs`. The metadata is [`Meta`] as JSON.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    container::{self, ContainerError, Tensor},
    kernels::aligned::AlignedVec,
    progress::{FORMAT, Meta},
    store::Store,
};
use crate::graph::{Graph, Stored};

const OUTPUTS: &str = "epoch.outputs";
const SLOT: &str = "optimizer.";

/// A checkpoint as read.
#[derive(Debug)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub meta: Meta,
    /// Outputs of the training rows of an unfinished epoch, by position.
    pub outputs: Vec<f32>,
    tensors: BTreeMap<String, Tensor<'static>>,
}

#[derive(Debug)]
pub enum CheckpointError {
    Container(ContainerError),
    /// The file is a checkpoint, but not of this net or of this version.
    Mismatch {
        path: PathBuf,
        why: String,
    },
}

impl From<ContainerError> for CheckpointError {
    fn from(error: ContainerError) -> Self {
        CheckpointError::Container(error)
    }
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Container(error) => error.fmt(f),
            CheckpointError::Mismatch { path, why } => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl Checkpoint {
    /// Writes tensors of `graph` atomically.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(
        path: &Path,
        graph: &Graph,
        store: &Store,
        outputs: &[f32],
        meta: &Meta,
    ) -> Result<(), CheckpointError> {
        let mut tensors = BTreeMap::new();
        let tables = [
            ("", &graph.params, &store.params),
            ("", &graph.states, &store.states),
            (SLOT, &graph.slots, &store.slots),
        ];
        for (prefix, table, values) in tables {
            for (stored, value) in table.iter().zip(values) {
                let tensor = Tensor { dims: stored.dims.clone(), data: Cow::Borrowed(&value[..]) };
                tensors.insert(format!("{prefix}{}", stored.name), tensor);
            }
        }
        if !outputs.is_empty() {
            tensors.insert(OUTPUTS.into(), Tensor { dims: vec![outputs.len()], data: outputs.into() });
        }
        let metadata = serde_json::to_value(meta).map(|value| value.to_string());
        let metadata =
            metadata.map_err(|e| CheckpointError::Mismatch { path: path.into(), why: e.to_string() })?;
        container::write(path, &metadata, &tensors)?;
        Ok(())
    }

    /// What would be read back from a file with these tensors of `graph`.
    pub fn held(graph: &Graph, store: &Store, meta: Meta) -> Self {
        let tables = [
            ("", &graph.params, &store.params),
            ("", &graph.states, &store.states),
            (SLOT, &graph.slots, &store.slots),
        ];
        let tensors = tables.into_iter().flat_map(|(prefix, table, values)| {
            table.iter().zip(values).map(move |(stored, value)| {
                let tensor = Tensor { dims: stored.dims.clone(), data: Cow::Owned(value.to_vec()) };
                (format!("{prefix}{}", stored.name), tensor)
            })
        });
        Self { path: PathBuf::new(), meta, outputs: Vec::new(), tensors: tensors.collect() }
    }

    /// Reads and validates a checkpoint.
    ///
    /// # Errors
    /// A file that is missing, broken, somebody else's or of another format.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let mismatch = |why: String| CheckpointError::Mismatch { path: path.into(), why };
        let (metadata, mut tensors) = container::read(path)?;
        let format =
            serde_json::from_str::<serde_json::Value>(&metadata).ok().and_then(|v| v.get("format")?.as_u64());
        if format != Some(u64::from(FORMAT)) {
            let found = format.map_or("none".into(), |f| f.to_string());
            return Err(mismatch(format!(
                "this version reads checkpoint format {FORMAT}, the file has {found}"
            )));
        }
        let meta = serde_json::from_str(&metadata)
            .map_err(|e| mismatch(format!("its description does not parse: {e}")))?;
        let outputs = tensors.remove(OUTPUTS).map(|t| t.data.into_owned()).unwrap_or_default();
        Ok(Self { path: path.into(), meta, outputs, tensors })
    }

    /// The tensors that `graph` declares; slots only where the graph has them.
    ///
    /// # Errors
    /// A tensor that is missing or has other dimensions.
    pub fn store(&self, graph: &Graph) -> Result<Store, CheckpointError> {
        Ok(Store {
            params: self.tensors("", &graph.params)?,
            states: self.tensors("", &graph.states)?,
            slots: self.tensors(SLOT, &graph.slots)?,
        })
    }

    fn tensors(&self, prefix: &str, table: &[Stored]) -> Result<Vec<AlignedVec>, CheckpointError> {
        let find = |stored: &Stored| {
            let name = format!("{prefix}{}", stored.name);
            match self.tensors.get(&name) {
                Some(tensor) if tensor.dims == stored.dims => Ok(AlignedVec::of(&tensor.data)),
                Some(tensor) => {
                    Err(format!("`{name}` is {:?}, the net needs {:?}", tensor.dims, stored.dims))
                }
                None => Err(format!("it has no tensor `{name}`")),
            }
        };
        let found: Result<Vec<AlignedVec>, String> = table.iter().map(find).collect();
        found.map_err(|why| CheckpointError::Mismatch { path: self.path.clone(), why })
    }
}
