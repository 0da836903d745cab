//! Parameters and running figures that begin with the tensors of files, as `load` in `train` says.

mod order;
#[cfg(test)]
mod tests;
mod told;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    dir::RunDir,
    open::OpenError,
    trained::{Trained, Which},
};
use crate::{
    data::{
        DataError, Search,
        tensors::{self, Tensors},
    },
    diag::Diagnostic,
    graph::AVERAGE,
    layers::{InFile, Library, Sought},
    model::{Given, Model, NodeId, ParamId, ParamRole, State, StateId},
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        checksum::Checksum,
        container::KEY,
        progress::Loaded,
    },
    train::steps::load::Load,
};

/// What files give.
#[derive(Default)]
pub struct Weights {
    pub given: Vec<Given>,
    pub loaded: Vec<Loaded>,
    pub warnings: Vec<Diagnostic>,
}

/// The tensors that the net's parameters and running figures begin with.
///
/// # Errors
/// E0566 for tensors that a file lacks, E0567 for those of other sizes, E0568 where a file of that library cannot say it; E0520, E0523 and E0565 of the files.
pub fn read(model: &Model, search: &Search) -> Result<Weights, OpenError> {
    let mut all = Weights::default();
    for load in model.train.iter().flat_map(|train| &train.loads) {
        let path = found(load, search)?;
        let file = tensors::read(&path, &load.file).map_err(|e| e.net(load.span))?;
        unharmed(load, &file, &path)?;
        all.loaded.push(Loaded { file: load.file.clone(), checksum: Checksum::of_bytes(file.bytes()) });
        let mut reading = Reading { model, load, file, used: BTreeSet::new(), bases: BTreeSet::new() };
        all.given.extend(reading.all()?);
        all.warnings.extend(reading.unread());
    }
    Ok(all)
}

/// Which files they are, without what they give.
///
/// # Errors
/// E0520 of a file that is not there.
pub fn told(model: &Model, search: &Search) -> Result<Weights, OpenError> {
    let loads = model.train.iter().flat_map(|train| &train.loads);
    let loaded = loads.map(|load| {
        let bytes = fs::read(found(load, search)?).map_err(|e| {
            let error = DataError::new("E0520", "the tensors cannot be read").file(&load.file);
            error.net(load.span).note(e.to_string())
        })?;
        Ok(Loaded { file: load.file.clone(), checksum: Checksum::of_bytes(&bytes) })
    });
    Ok(Weights { loaded: loaded.collect::<Result<_, DataError>>()?, ..Weights::default() })
}

/// The file; of a folder that holds a run the checkpoint that is judged.
fn found(load: &Load, search: &Search) -> Result<PathBuf, DataError> {
    let path = search.find(&load.file).map_err(|e| e.net(load.span))?;
    if !path.is_dir() {
        return Ok(path);
    }
    let refused =
        |what: &str, help: &str| DataError::new("E0565", what).file(&load.file).net(load.span).help(help);
    if let Some(library) = load.library {
        return Err(refused(
            "it is a folder",
            &format!("name the file of {}'s tensors in it", library.name()),
        ));
    }
    match Trained::uncalibrated(&path, Which::Tested) {
        Ok(trained) => Ok(trained.checkpoint.path),
        Err(_) if RunDir::at(&path).members() != [path.clone()] => {
            Err(refused("the folder holds several runs, by seed", "name one of them, such as `DIR/seed-0`"))
        }
        Err(error) => {
            Err(refused("the folder holds no run that is read", "name the folder of a run, or a file")
                .note(error.to_string()))
        }
    }
}

/// Whether a file of dropnet is read as one, and whole.
fn unharmed(load: &Load, file: &Tensors, path: &Path) -> Result<(), OpenError> {
    if !file.is_described_by(KEY) {
        return Ok(());
    }
    if let Some(library) = load.library {
        let message = format!("dropnet wrote `{}`, not {}", load.file, library.name());
        let error = Diagnostic::error("E0568", load.args.span_of("from"), message);
        return Err(OpenError::Net(vec![
            error.label("would turn axes that need no turning").help("leave `from` out"),
        ]));
    }
    let harmed = |error: CheckpointError| {
        let why = match error {
            CheckpointError::Mismatch { why, .. } => why,
            CheckpointError::Container(error) => error.to_string(),
        };
        DataError::new("E0565", "the checkpoint cannot be read").file(&load.file).net(load.span).note(why)
    };
    Ok(Checkpoint::read(path).map(|_| ()).map_err(harmed)?)
}

/// A parameter or running figure that is sought.
struct Own<'m> {
    node: NodeId,
    /// What its layer is called.
    layer: &'m str,
    ending: &'m str,
    dims: &'m [usize],
    place: Place,
}

/// A layer whose tensors are not in the file, and their names there.
type Lacking = (NodeId, Vec<String>);

#[derive(Clone, Copy)]
enum Place {
    Param(ParamId),
    State(StateId),
}

/// One file on its way into the net.
struct Reading<'m> {
    model: &'m Model,
    load: &'m Load,
    file: Tensors,
    /// Tensors that were read, and what the names of those of loaded layers begin with.
    used: BTreeSet<String>,
    bases: BTreeSet<String>,
}

impl<'m> Reading<'m> {
    /// All that the statement speaks of.
    fn all(&mut self) -> Result<Vec<Given>, OpenError> {
        let (mut given, mut faults) = (Vec::new(), Vec::new());
        let (mut lacking, mut unfit) = (Vec::<Lacking>::new(), BTreeSet::new());
        for own in self.sought() {
            let (base, stacked) = self.stacked(self.base(&own));
            let forms = match self.forms(&own, stacked) {
                Ok(forms) => forms,
                Err(fault) => {
                    faults.extend(unfit.insert(own.node).then_some(*fault));
                    continue;
                }
            };
            self.bases.insert(base.clone());
            let Some((name, form)) = self.among(&base, &forms) else {
                let wanted = forms.iter().map(|form| joined(&base, self.separator(), &form.names[0]));
                let wanted = wanted.take(1);
                match lacking.last_mut().filter(|(node, _)| *node == own.node) {
                    Some((_, names)) => names.extend(wanted),
                    None => lacking.push((own.node, wanted.collect())),
                }
                continue;
            };
            match self.numbers(&own, &name, form, &base) {
                Ok(numbers) => given.push(match own.place {
                    Place::Param(param) => Given::Param { param, numbers },
                    Place::State(state) => Given::State { state, numbers },
                }),
                // One fault of a layer says enough.
                Err(OpenError::Net(fault)) if unfit.insert(own.node) => faults.extend(fault),
                Err(OpenError::Net(_)) => {}
                Err(other) => return Err(other),
            }
        }
        faults.extend(self.lacking(&lacking));
        if faults.is_empty() { Ok(given) } else { Err(OpenError::Net(told::few(faults))) }
    }

    /// The layers' own parameters, and what they store of the rows; not what rows carry on.
    fn sought(&self) -> Vec<Own<'m>> {
        let model: &'m Model = self.model;
        let params = model.params.iter().enumerate().map(|(i, param)| {
            (param.node, &param.name, &param.dims, Place::Param(ParamId(i)), param.role == ParamRole::Rate)
        });
        let params: Vec<_> = params.collect();
        let state = |(i, state): (usize, &'m State)| {
            let owner = model.nodes.iter().position(|node| node.states.contains(&StateId(i)))?;
            let place = Place::State(StateId(i));
            (!state.by_row).then_some((NodeId(owner), &state.name, &state.dims, place, false))
        };
        let states: Vec<_> = model.states.iter().enumerate().filter_map(state).collect();
        let own = params.into_iter().chain(states).filter(|(node, .., is_rate)| {
            // Other libraries learn no rates.
            self.load.holds(&model.node(*node).path) && !(*is_rate && self.load.library.is_some())
        });
        let mut own: Vec<Own<'m>> = own
            .map(|(node, name, dims, place, _)| {
                let (layer, ending) = name.rsplit_once('.').unwrap_or((name, ""));
                Own { node, layer: self.called(node, layer), ending, dims, place }
            })
            .collect();
        own.sort_by_key(|own| own.node);
        own
    }

    /// What a layer is called: of dropnet what the tensor is, of others what its parameters are, which a label names.
    fn called(&self, node: NodeId, of_tensor: &'m str) -> &'m str {
        let model: &'m Model = self.model;
        let first = model.node(node).params.first().map(|id| &model.params[id.0]);
        let first = first.filter(|param| self.load.library.is_some() && param.node == node);
        first.and_then(|param| param.name.rsplit_once('.')).map_or(of_tensor, |(layer, _)| layer)
    }

    fn separator(&self) -> &'static str {
        self.load.library.map_or(".", Library::separator)
    }

    /// What the names of a layer's tensors begin with in the file.
    fn base(&self, own: &Own<'_>) -> String {
        let levels = self.load.levels(&self.inside(own));
        let between = self.load.library.map_or("/", Library::separator);
        format!("{}{}", self.load.prefix, levels.join(between))
    }

    /// `rnn_l1` is the second layer of the module `rnn` of PyTorch, where the file has such tensors of it; all else is what it is called.
    fn stacked(&self, base: String) -> (String, usize) {
        let torch = self.load.library == Some(Library::Torch);
        let parts = base.rsplit_once("_l").filter(|_| torch);
        let Some((module, layer)) = parts.and_then(|(module, n)| Some((module, n.parse::<usize>().ok()?)))
        else {
            return (base, 0);
        };
        let (front, ending) = (format!("{module}."), format!("_l{layer}"));
        match self.file.names().any(|name| name.starts_with(&front) && name.ends_with(&ending)) {
            true => (module.to_owned(), layer),
            false => (base, 0),
        }
    }

    /// The layer's name, as far as a layer around it does not call it otherwise.
    fn inside(&self, own: &Own<'_>) -> String {
        let levels: Vec<&str> = own.layer.split('/').collect();
        let called = self.load.library.and_then(|library| {
            (1..levels.len()).find_map(|depth| {
                let around = levels[..depth].join("/");
                let used = self.model.nodes.iter().find(|node| node.path == around)?.layer()?;
                let inner = used.word.inside_in_files(library, &levels[depth..])?;
                Some(if inner.is_empty() { around } else { format!("{around}/{inner}") })
            })
        });
        called.unwrap_or_else(|| own.layer.to_owned())
    }

    /// How the file may keep a tensor.
    fn forms(&self, own: &Own<'_>, stacked: usize) -> Result<Vec<InFile>, Box<Diagnostic>> {
        let Some(library) = self.load.library else {
            return Ok(vec![InFile::new(&[own.ending], own.dims.to_vec())]);
        };
        let node = self.model.node(own.node);
        let (Some(used), Some(input)) = (node.layer(), node.inputs.first()) else { return Ok(Vec::new()) };
        let maps = match library {
            Library::Torch => order::of(self.model, own.node).map_err(|fault| self.unclear(node, fault))?,
            Library::Keras => None,
        };
        let (ending, dims, maps) = (own.ending, own.dims, maps.as_deref());
        let input = &self.model.node(*input).ty;
        let forms =
            used.word.in_files(&Sought { library, args: &used.args, input, ending, dims, stacked, maps });
        if forms.is_empty() { Err(self.unknown(node, own.ending, library)) } else { Ok(forms) }
    }

    /// The first of the forms that is there; of an average that predicts, that.
    fn among<'f>(&self, base: &str, forms: &'f [InFile]) -> Option<(String, &'f InFile)> {
        forms.iter().find_map(|form| {
            let names = form.names.iter().map(|name| joined(base, self.separator(), name));
            let average = |name: String| match self.load.library {
                None => [format!("{AVERAGE}{name}"), name],
                Some(_) => [name.clone(), name],
            };
            let mut there = names.flat_map(average).filter(|name| self.file.dims(name).is_some());
            there.next().map(|name| (name, form))
        })
    }

    /// The numbers of a tensor, in the order that they have here.
    fn numbers(
        &mut self,
        own: &Own<'_>,
        name: &str,
        form: &InFile,
        base: &str,
    ) -> Result<Arc<[f32]>, OpenError> {
        let added = form.added.iter().map(|ending| joined(base, self.separator(), ending));
        let added = added.clone().find(|name| self.file.dims(name).is_some());
        let mut sum: Option<Vec<f32>> = None;
        for name in std::iter::once(name).chain(added.as_deref()) {
            self.used.insert(name.to_owned());
            // What an average is of stands beside it.
            self.used.extend(name.strip_prefix(AVERAGE).map(str::to_owned));
            let dims = self.file.dims(name).unwrap_or_default();
            if dims != form.dims {
                return Err(OpenError::Net(vec![self.other_sizes(own, name, form)]));
            }
            let numbers = self.file.numbers(name).map_err(|e| e.net(self.load.span))?;
            sum = Some(match sum {
                None => numbers,
                Some(sum) => sum.iter().zip(numbers).map(|(a, b)| a + b).collect(),
            });
        }
        Ok(form.own(sum.unwrap_or_default()).into())
    }
}

/// A name behind another one; nothing stands in front of a net's own tensors.
fn joined(base: &str, separator: &str, name: &str) -> String {
    if base.is_empty() || base.ends_with(separator) {
        format!("{base}{name}")
    } else {
        format!("{base}{separator}{name}")
    }
}
