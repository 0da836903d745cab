//! What is said of files that do not fit the net.

use super::{Lacking, Own, Reading, order::Unclear};
use crate::{
    check::nearest,
    diag::Diagnostic,
    layers::{InFile, Library},
    model::Node,
    runtime::{checkpoint, container::KEY},
};

/// So many faults are told one by one.
const TOLD: usize = 5;
/// So many names are listed.
const LISTED: usize = 6;

/// The first of many faults.
pub(super) fn few(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = faults.len().saturating_sub(TOLD);
    faults.truncate(TOLD);
    if more > 0 {
        faults = faults
            .into_iter()
            .enumerate()
            .map(|(i, fault)| match i + 1 {
                TOLD => fault.note(format!("{more} more layers do not fit the file")),
                _ => fault,
            })
            .collect();
    }
    faults
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let first: Vec<String> = names.take(LISTED).map(|name| format!("`{name}`")).collect();
    if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
}

fn it(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

impl Reading<'_> {
    /// Layers whose tensors the file lacks.
    pub(super) fn lacking(&self, layers: &[Lacking]) -> Vec<Diagnostic> {
        // What has one way out is one fault.
        let way_out = |(_, names): &Lacking| self.way_out(&names[0]);
        let mut ways: Vec<(String, Vec<&Lacking>)> = Vec::new();
        for layer in layers {
            let way = way_out(layer);
            match ways.iter_mut().find(|(known, _)| *known == way) {
                Some((_, alike)) => alike.push(layer),
                None => ways.push((way, vec![layer])),
            }
        }
        let fault = |(way, alike): &(String, Vec<&Lacking>)| {
            let (id, names) = alike[0];
            let (node, file) = (self.model.node(*id), &self.load.file);
            let message = format!("`{file}` has no tensor {}", listed(names.iter().map(String::as_str)));
            let error = Diagnostic::error("E0566", self.load.span, message)
                .label(format!("`{}` would begin with {}", node.path, it(names.len())))
                .also(node.span, "this layer");
            let there: Vec<&str> = self.weights().collect();
            let error = match there.is_empty() {
                true => error.note("it has no tensors at all"),
                false => error.note(format!("it has {}", listed(there.into_iter()))),
            };
            let others = alike[1..].iter().map(|(id, _)| self.model.node(*id).path.as_str());
            let error = match alike.len() {
                1 => error,
                2 => error.note(format!("{} lacks its tensors too", listed(others))),
                _ => error.note(format!("{} lack their tensors too", listed(others))),
            };
            error.help(way.clone())
        };
        ways.iter().map(fault).collect()
    }

    /// Tensors that could be weights.
    fn weights(&self) -> impl Iterator<Item = &str> {
        self.file.names().filter(|name| !self.is_beside(name))
    }

    /// What training keeps beside weights, and libraries count.
    fn is_beside(&self, name: &str) -> bool {
        match self.load.library {
            None => checkpoint::is_beside(name),
            Some(Library::Torch) => name.ends_with("num_batches_tracked"),
            Some(Library::Keras) => name.contains("seed_generator") || name.starts_with("optimizer/"),
        }
    }

    /// What to write where a name is not there.
    fn way_out(&self, name: &str) -> String {
        let behind =
            |there: &str| there.strip_suffix(name).filter(|front| !front.is_empty()).map(str::to_owned);
        let is_of = |mark: &[&str]| self.weights().any(|there| mark.iter().any(|mark| there.ends_with(mark)));
        let keras = || is_of(&["/kernel", "/gamma"]);
        match self.load.library {
            None if !self.file.is_described_by(KEY) && keras() => {
                return "Keras calls tensors so: write `from=keras`".into();
            }
            None if !self.file.is_described_by(KEY) => {
                return "if another library wrote the file, say so: `from=torch` or `from=keras`".into();
            }
            Some(Library::Torch) if keras() => return "Keras calls tensors so: write `from=keras`".into(),
            Some(Library::Keras) if is_of(&[".weight"]) => {
                return "PyTorch calls tensors so: write `from=torch`".into();
            }
            _ => {}
        }
        let is_numbered = self.weights().any(|there| there.starts_with(|c: char| c.is_ascii_digit()));
        if is_numbered && self.load.names.is_empty() {
            return "`Sequential` numbers its layers: `into=[LABELS], names=[0, 2, ...]` says which are which".into();
        }
        if let Some(front) = self.weights().find_map(behind).filter(|_| self.load.prefix.is_empty()) {
            return format!("write `prefix={front:?}`: that stands in front of names in the file");
        }
        let unread = self.weights().filter(|there| !self.used.contains(*there));
        match nearest(name, unread) {
            Some(near) => format!("the file has `{near}`: label the layer so, or write `names=` beside `into=`"),
            None => "label layers as the file calls them, or write `into=[LABELS], names=[...]`; `into=` alone leaves the others to be drawn".into(),
        }
    }

    /// A tensor of other sizes.
    pub(super) fn other_sizes(&self, own: &Own<'_>, name: &str, form: &InFile) -> Diagnostic {
        let node = self.model.node(own.node);
        let found = self.file.dims(name).unwrap_or_default();
        let message = format!(
            "`{name}` of `{}` is {found:?}, and `{}` needs {:?}",
            self.load.file, node.path, form.dims
        );
        let error = Diagnostic::error("E0567", self.load.span, message)
            .label("has other sizes")
            .also(node.span, format!("`{}` here is {:?}", own.ending, own.dims));
        let error = match self.load.library.filter(|_| form.is_turned()) {
            Some(library) => error.note(format!("{} keeps the axes in another order", library.name())),
            None => error,
        };
        let mut turned = found.to_vec();
        turned.reverse();
        error.help(match self.load.library {
            Some(Library::Torch) if found == own.dims => {
                "its axes are not those of PyTorch: who wrote the file?".to_owned()
            }
            None if turned == own.dims => "its axes are turned: `from=torch` turns them".to_owned(),
            _ => "make the layer as large as it was there, or leave it out: `into=[LABELS]` names the others"
                .to_owned(),
        })
    }

    /// A layer whose numbers have an order that the file cannot tell.
    pub(super) fn unclear(&self, node: &Node, why: Unclear) -> Box<Diagnostic> {
        let (at, what, label) = match why {
            Unclear::Joined(id) => {
                (id, "joins numbers of maps with others", "whose numbers come first in PyTorch?")
            }
            Unclear::LaidOut(id) => (id, "makes maps of its units", "whose numbers come first in PyTorch?"),
        };
        let at = self.model.node(at);
        let message = format!("`{}` cannot be loaded from PyTorch: `{}` {what}", node.path, at.path);
        Box::new(
            Diagnostic::error("E0568", self.load.span, message)
                .label("maps have their channels first there, and last here")
                .also(at.span, label)
                .also(node.span, "this layer")
                .help("leave it out: `into=[LABELS]` names the others"),
        )
    }

    /// A tensor that files of the library do not have.
    pub(super) fn unknown(&self, node: &Node, ending: &str, library: Library) -> Box<Diagnostic> {
        let message = format!("{} has no such tensor as `{}.{ending}`", library.name(), node.path);
        Box::new(
            Diagnostic::error("E0568", self.load.span, message)
                .label("cannot be loaded from there")
                .also(node.span, "this layer")
                .help("leave it out: `into=[LABELS]` names the others"),
        )
    }

    /// Tensors of the file, or of the layers that are loaded, that nothing has read.
    pub(super) fn unread(&self) -> Option<Diagnostic> {
        let separator = self.separator();
        let is_loaded = |name: &str| {
            let of = |base: &String| {
                name.strip_prefix(base.as_str()).is_some_and(|rest| rest.starts_with(separator))
            };
            self.load.into.is_empty() || self.bases.iter().any(of)
        };
        let unread: Vec<&str> =
            self.weights().filter(|name| !self.used.contains(*name) && is_loaded(name)).collect();
        let what = if unread.len() == 1 { "a tensor" } else { "tensors" };
        let message = format!(
            "`{}` has {what} that no layer reads: {}",
            self.load.file,
            listed(unread.iter().copied())
        );
        (!unread.is_empty()).then(|| {
            Diagnostic::warning("W0508", self.load.span, message)
                .label(format!("the net that wrote the file computes something with {}", it(unread.len())))
                .help("a layer may lack its bias here, or have another name; `into=[LABELS]` says which layers are meant")
        })
    }
}
