//! Checkpoints: tensors and what they mean, in one safetensors file.
//!
//! Parameters and states stand under their names, optimizer slots under `optimizer.` and theirs, running averages under `average.` and theirs (in the
//! checkpoint of the best epoch they have the names, and what was trained stands under `trained.`); in the middle of an epoch, what rows carry from minibatch to minibatch under `carry.`
//! and the path of the layer; what each figure knows of the training rows
//! of an unfinished epoch under `epoch.` and its name, in words of 64 bits. The metadata is [`Meta`] as JSON, with checksums of it and of the tensors, which are checked
//! whenever a checkpoint is read.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    checksum::{Checksum, Checksums},
    container::{self, ContainerError, Numbers, Tensor},
    figures::{Tallies, Words},
    plan::Shape,
    progress::{FORMAT, Meta, Progress},
    store::{Store, averages},
};
use crate::graph::{AVERAGE, Averaged, Graph, Stored};
use crate::kernels::aligned::AlignedVec;

const TALLY: &str = "epoch.";
/// What stood there in the middle of an epoch before there were tallies.
const FORMER: &str = "epoch.outputs";
const SLOT: &str = "optimizer.";
/// In front of the path of a layer that carries its state from window to window.
const CARRIED: &str = "carry.";
/// In front of a parameter or state whose average stands under its own name.
const TRAINED: &str = "trained.";

/// Which of two has the name of a parameter or state that is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// What is trained, as in the checkpoint of the last moment.
    Trained,
    /// What predicts, as in that of the best epoch.
    Average,
}

/// A checkpoint as read.
#[derive(Debug)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub meta: Meta,
    /// As they were found in the file; of none where the tensors are held in memory.
    pub checksums: Option<Checksums>,
    /// What each figure knows of the training rows of an unfinished epoch.
    pub tallies: Words,
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

/// Whether prediction reads a tensor.
fn for_prediction(name: &str, tensor: &Tensor<'_>) -> bool {
    let of_training = name.starts_with(SLOT) || name.starts_with(CARRIED) || name == FORMER;
    !of_training && matches!(tensor.data, Numbers::F32(_))
}

/// Whether a name is that of what training keeps beside parameters and running figures, or of one that stands there twice.
pub fn is_beside(name: &str) -> bool {
    [SLOT, CARRIED, TALLY, TRAINED, AVERAGE].iter().any(|front| name.starts_with(front))
}

/// The tensors of a checkpoint, by the names they have in its file.
struct Tensors<'a>(BTreeMap<String, Tensor<'a>>);

impl<'a> Tensors<'a> {
    /// `begun` says that the epoch is: else nothing is carried.
    fn of(graph: &'a Graph, store: &'a Store, tallies: &'a Words, (named, begun): (Named, bool)) -> Self {
        let averaged: BTreeSet<&str> = averages(graph).map(|(_, of)| name_of(graph, of)).collect();
        let name = move |stored: &Stored, is_slot: bool| match (stored.averages, named) {
            (Some(_), Named::Trained) => stored.name.clone(),
            (Some(of), Named::Average) => name_of(graph, of).to_string(),
            (None, _) if is_slot => format!("{SLOT}{}", stored.name),
            (None, Named::Average) if averaged.contains(stored.name.as_str()) => {
                format!("{TRAINED}{}", stored.name)
            }
            (None, _) => stored.name.clone(),
        };
        let tables = [
            (false, &graph.params, &store.params),
            (false, &graph.states, &store.states),
            (true, &graph.slots, &store.slots),
        ];
        let of_tables = tables.into_iter().flat_map(|(is_slot, table, values)| {
            table.iter().zip(values).map(move |(stored, value)| (is_slot, stored, value))
        });
        let of_tables = of_tables.filter(move |(_, stored, _)| begun || !stored.by_row);
        let tensors = of_tables.map(|(is_slot, stored, value)| {
            let data = Numbers::F32(Cow::Borrowed(&value[..]));
            (name(stored, is_slot), Tensor { dims: stored.dims.clone(), data })
        });
        let tallies = tallies.iter().map(|(name, words)| {
            let data = Numbers::U64(Cow::Borrowed(&words[..]));
            (format!("{TALLY}{name}"), Tensor { dims: vec![words.len()], data })
        });
        Self(tensors.chain(tallies).collect())
    }
}

/// The checksum of all tensors of the best epoch's checkpoint.
pub fn checksum_of_best(graph: &Graph, store: &Store) -> Checksum {
    Checksum::of_tensors(Tensors::of(graph, store, &Words::new(), (Named::Average, false)).0.iter())
}

/// The name of what is averaged.
fn name_of(graph: &Graph, averages: Averaged) -> &str {
    match averages {
        Averaged::Param(id) => &graph.params[id.index()].name,
        Averaged::State(id) => &graph.states[id.index()].name,
    }
}

impl Checkpoint {
    /// Writes tensors of `graph` atomically.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(
        path: &Path,
        graph: &Graph,
        store: &Store,
        tallies: &Words,
        meta: &Meta,
        named: Named,
    ) -> Result<(), CheckpointError> {
        Self::write_tensors(
            path,
            &Tensors::of(graph, store, tallies, (named, meta.progress.step > 0)).0,
            meta,
        )
    }

    /// Makes the checkpoint of the best epoch that of the last moment: where averages have the names, what was trained gets them back.
    ///
    /// # Errors
    /// A file that is missing, broken or damaged; what the file system says.
    pub fn last_from_best(best: &Path, last: &Path) -> Result<(), CheckpointError> {
        let Self { meta, mut tensors, .. } = Self::read(best)?;
        let trained = tensors.keys().filter_map(|name| name.strip_prefix(TRAINED));
        for name in trained.map(str::to_string).collect::<Vec<_>>() {
            let trained = tensors.remove(&format!("{TRAINED}{name}"));
            let average = trained.and_then(|trained| tensors.insert(name.clone(), trained));
            tensors.extend(average.map(|average| (format!("{AVERAGE}{name}"), average)));
        }
        Self::write_tensors(last, &tensors, &meta)
    }

    fn write_tensors(
        path: &Path,
        tensors: &BTreeMap<String, Tensor<'_>>,
        meta: &Meta,
    ) -> Result<(), CheckpointError> {
        let described = serde_json::to_value(meta).and_then(|mut description| {
            Checksums::of(tensors, for_prediction, &description).add_to(&mut description)?;
            Ok(description.to_string())
        });
        let metadata =
            described.map_err(|e| CheckpointError::Mismatch { path: path.into(), why: e.to_string() })?;
        container::write(path, &metadata, tensors)?;
        Ok(())
    }

    /// What would be read back from a file with these tensors of `graph`.
    pub fn held(graph: &Graph, store: &Store, meta: Meta) -> Self {
        let none = Words::new();
        let tensors = Tensors::of(graph, store, &none, (Named::Trained, false))
            .0
            .into_iter()
            .map(|(name, t)| (name, t.into_owned()));
        Self {
            path: PathBuf::new(),
            meta,
            checksums: None,
            tallies: none.clone(),
            tensors: tensors.collect(),
        }
    }

    /// Reads and validates a checkpoint.
    ///
    /// # Errors
    /// A file that is missing, broken, damaged, somebody else's or of another format.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        Self::checked(path, container::read(path)?)
    }

    /// The same of the bytes of one; `path` is how it is called.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::checked(path, container::of_bytes(path, bytes)?)
    }

    fn checked(
        path: &Path,
        (metadata, mut tensors): (String, BTreeMap<String, Tensor<'static>>),
    ) -> Result<Self, CheckpointError> {
        let damaged = |what: &str| CheckpointError::Mismatch {
            path: path.into(),
            why: format!(
                "the file is damaged: {what} not those that were written (their checksum differs)\nhelp: put an unharmed copy in its place, or train anew"
            ),
        };
        let (meta, written, description) = described(path, &metadata)?;
        let found = Checksums::of(&tensors, for_prediction, &description);
        if found.description != written.description {
            return Err(damaged("its description and settings are"));
        }
        if found != written {
            return Err(damaged("its tensors are"));
        }
        let mut tallies = Words::new();
        tensors.retain(|name, tensor| match (&tensor.data, name.strip_prefix(TALLY)) {
            (Numbers::U64(words), Some(figure)) => {
                tallies.insert(figure.into(), words.to_vec());
                false
            }
            _ => true,
        });
        Ok(Self { path: path.into(), meta, checksums: Some(found), tallies, tensors })
    }

    /// What a checkpoint says of itself, without its tensors: they are not checked.
    ///
    /// # Errors
    /// A file that is missing, broken, somebody else's or of another format.
    pub fn describe(path: &Path) -> Result<Meta, CheckpointError> {
        Ok(described(path, &container::read_metadata(path)?)?.0)
    }

    /// The checksum of the tensors that prediction reads: it tells one set of parameters from another.
    pub fn parameters(&self) -> Checksum {
        let computed =
            || Checksum::of_tensors(self.tensors.iter().filter(|(name, t)| for_prediction(name, t)));
        self.checksums.map_or_else(computed, |sums| sums.prediction)
    }

    /// Holds what it says of an unfinished epoch against an epoch of this shape, for a net with `metrics` sums.
    ///
    /// # Errors
    /// Numbers that no run of this net comes to.
    pub fn check_progress(&self, shape: &Shape, metrics: usize) -> Result<(), CheckpointError> {
        let Progress { epoch, step, totals, best, bad_epochs, plateau, noise, .. } = &self.meta.progress;
        let steps = shape.steps() as u64;
        let why = if *step >= steps {
            format!("it is {step} steps into an epoch of {steps}")
        } else if epoch.checked_mul(steps).is_none() {
            format!("it says that {epoch} epochs are done")
        } else if *step > 0 && totals.len() != metrics || totals.iter().any(|x| !x.is_finite()) {
            format!("its sums over the epoch are {totals:?}, not {metrics} finite numbers")
        } else if best.is_some_and(|best| best.epoch > *epoch || !best.value.is_finite())
            || bad_epochs > epoch
        {
            "its best epoch is none of those that are done".into()
        } else if !plateau.factor.is_finite() || plateau.best.is_some_and(|best| !best.is_finite()) {
            "what its schedule remembers is no finite number".into()
        } else if noise.is_some_and(|noise| !(noise.is_finite() && noise > 0.0)) {
            "the variance it has fitted is not above 0".into()
        } else {
            return Ok(());
        };
        Err(CheckpointError::Mismatch {
            path: self.path.clone(),
            why: format!("does not fit the net: {why}"),
        })
    }

    /// Gives the figures of an unfinished epoch what they knew of its rows.
    ///
    /// # Errors
    /// Words that are missing, or none of these figures.
    pub fn resume_epoch(&self, tallies: &mut Tallies) -> Result<(), CheckpointError> {
        let refused = |why: String| CheckpointError::Mismatch { path: self.path.clone(), why };
        if self.meta.progress.step == 0 {
            return Ok(());
        }
        if self.tensors.contains_key(FORMER) {
            return Err(refused(format!(
                "it is of the middle of an epoch, which an earlier version began and this one cannot end: it holds outputs (`{FORMER}`) where figures are now\nhelp: end the epoch with the version that began it, or train anew"
            )));
        }
        tallies.resume(&self.tallies).map_err(|figure| {
            refused(format!(
                "does not fit the net: of `{figure}` it does not know the rows of its unfinished epoch"
            ))
        })
    }

    /// The tensors that `graph` declares; slots only where the graph has them. A graph without averages predicts: it gets them in place of
    /// what they are of.
    ///
    /// # Errors
    /// A tensor that is missing, has other dimensions, or holds what is no finite number.
    pub fn store(&self, graph: &Graph) -> Result<Store, CheckpointError> {
        let trains = averages(graph).next().is_some();
        // No parameter has such a name: those of a layer called `average` have one part less.
        let there = |name: String| Some(name).filter(|name| self.tensors.contains_key(name));
        let prefix = if trains { TRAINED } else { AVERAGE };
        let under = |stored: &Stored| {
            there(format!("{prefix}{}", stored.name)).unwrap_or_else(|| stored.name.clone())
        };
        let of_slot = |stored: &Stored| match stored.averages {
            None => format!("{SLOT}{}", stored.name),
            Some(of) => there(stored.name.clone()).unwrap_or_else(|| name_of(graph, of).to_string()),
        };
        Ok(Store {
            params: self.tensors(&graph.params, under)?,
            states: self.tensors(&graph.states, under)?,
            slots: self.tensors(&graph.slots, of_slot)?,
        })
    }

    fn tensors(
        &self,
        table: &[Stored],
        name: impl Fn(&Stored) -> String,
    ) -> Result<Vec<AlignedVec>, CheckpointError> {
        let find = |stored: &Stored| {
            let name = name(stored);
            match self.tensors.get(&name) {
                Some(Tensor { dims, data: Numbers::F32(values) }) if *dims == stored.dims => {
                    match values.iter().find(|x| !x.is_finite()) {
                        None => Ok(AlignedVec::of(values)),
                        Some(x) => Err(format!("`{name}` holds {x}, which is no finite number")),
                    }
                }
                Some(tensor) => {
                    Err(format!("`{name}` is {:?}, the net needs {:?}", tensor.dims, stored.dims))
                }
                None if stored.by_row && self.meta.progress.step == 0 => {
                    Ok(AlignedVec::filled(stored.dims.iter().product(), 0.0))
                }
                None => Err(format!("it has no tensor `{name}`")),
            }
        };
        let found: Result<Vec<AlignedVec>, String> = table.iter().map(find).collect();
        found.map_err(|why| CheckpointError::Mismatch { path: self.path.clone(), why })
    }
}

/// A description taken apart: what it says, its checksums, and the text they are of.
fn described(path: &Path, metadata: &str) -> Result<(Meta, Checksums, Json), CheckpointError> {
    let mismatch = |why: String| CheckpointError::Mismatch { path: path.into(), why };
    let unread = |e: serde_json::Error| mismatch(format!("its description does not parse: {e}"));
    let mut description: Json = serde_json::from_str(metadata).map_err(unread)?;
    let format = description.get("format").and_then(Json::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let found = format.map_or("none".into(), |f| f.to_string());
        return Err(mismatch(format!("this version reads checkpoint format {FORMAT}, the file has {found}")));
    }
    let checksums = Checksums::take_from(&mut description)
        .ok_or_else(|| mismatch("its description has no checksums".into()))?;
    let meta = Meta::deserialize(&description).map_err(unread)?;
    Ok((meta, checksums, description))
}
