//! How other libraries keep the tensors of a layer in files: their names, the order of their axes, what is packed together. A layer says it of its own in
//! [`Layer::in_files`](super::Layer::in_files); who reads a file knows neither layers nor libraries.

use crate::{model::Ty, vocab::Args};

/// A library whose files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    Torch,
    Keras,
}

impl Library {
    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Torch => "PyTorch",
            Self::Keras => "Keras",
        }
    }

    /// What stands between the levels of a name.
    #[must_use]
    pub fn separator(self) -> &'static str {
        match self {
            Self::Torch => ".",
            Self::Keras => "/",
        }
    }
}

/// A parameter or running figure of a layer that is sought in a file.
pub struct Sought<'a> {
    pub library: Library,
    pub args: &'a Args,
    /// What the layer reads.
    pub input: &'a Ty,
    /// The ending of its name, and its sizes here.
    pub ending: &'a str,
    pub dims: &'a [usize],
    /// Which layer it is of a module that has several, from 0.
    pub stacked: usize,
    /// Sizes of the maps, channels last, that were laid out as the vector which the layer reads, where the library has channels first.
    pub maps: Option<&'a [usize]>,
}

/// A form in which a file may keep a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct InFile {
    /// Endings of its name there; the first that is there counts.
    pub names: Vec<String>,
    /// The same of a tensor that is added to it.
    pub added: Vec<String>,
    /// Its sizes there.
    pub dims: Vec<usize>,
    steps: Vec<Step>,
}

/// What is done to an array on its way from the file.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// An axis becomes several.
    Split(usize, Vec<usize>),
    /// Of an axis these places alone, in this order.
    Take(usize, Vec<usize>),
    /// Axis `i` of the result is axis `of[i]`.
    Turn(Vec<usize>),
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

impl Sought<'_> {
    /// Another axis order here than there: axis `i` here is axis `of[i]` there.
    #[must_use]
    pub fn turned(&self, names: &[&str], of: &[usize]) -> InFile {
        let mut dims = vec![0; of.len()];
        of.iter().zip(self.dims).for_each(|(there, size)| dims[*there] = *size);
        InFile { steps: vec![Step::Turn(of.to_vec())], ..InFile::new(names, dims) }
    }

    /// As it is here.
    #[must_use]
    pub fn same(&self, names: &[&str]) -> InFile {
        InFile::new(names, self.dims.to_vec())
    }

    /// A number for each unit of the vector, or each channel, that the layer reads.
    #[must_use]
    pub fn per_unit(&self, names: &[&str]) -> InFile {
        let there = self.same(names);
        match self.maps {
            None => there,
            Some(maps) => InFile { steps: from_channels_first(0, maps, 1), ..there },
        }
    }

    /// A matrix between what the layer reads and units: `[in, out]` here, `[out, in]` in PyTorch, whose inputs are in another order where they were maps.
    #[must_use]
    pub fn matrix(&self, names: &[&str]) -> InFile {
        let there = self.turned(names, &[1, 0]);
        match self.maps {
            None => there,
            Some(maps) => InFile { steps: from_channels_first(1, maps, 2), ..there },
        }
    }

    /// Filters over places: `[sizes, in, out]` here; there the last two are the axes `inputs` and `outputs`, both in front of the sizes or both behind them.
    #[must_use]
    pub fn filters(&self, names: &[&str], inputs: usize, outputs: usize) -> InFile {
        let places = self.dims.len() - 2;
        let first = if inputs < 2 && outputs < 2 { 2 } else { 0 };
        let of: Vec<usize> = (first..first + places).chain([inputs, outputs]).collect();
        self.turned(names, &of)
    }

    /// Axes of places where the two axes of channels stand behind them.
    #[must_use]
    pub fn places(&self) -> usize {
        self.dims.len() - 2
    }
}

/// Makes an axis of maps with channels first, of an array with so many axes, one with channels last, and puts it first; the others follow in turn.
fn from_channels_first(axis: usize, maps: &[usize], axes: usize) -> Vec<Step> {
    let places = maps.len() - 1;
    let there: Vec<usize> = maps[places..].iter().chain(&maps[..places]).copied().collect();
    let of_maps = (axis + 1..=axis + places).chain([axis]);
    let others =
        (0..axes).filter(|other| *other != axis).map(|other| other + if other > axis { places } else { 0 });
    vec![Step::Split(axis, there), Step::Turn(of_maps.chain(others).collect())]
}

impl InFile {
    #[must_use]
    pub fn new(names: &[&str], dims: Vec<usize>) -> Self {
        Self { names: owned(names), added: Vec::new(), dims, steps: Vec::new() }
    }

    /// With these endings of its name.
    #[must_use]
    pub fn called(self, names: Vec<String>) -> Self {
        Self { names, ..self }
    }

    /// With another tensor of this form added to it, by the endings of its name.
    #[must_use]
    pub fn plus(self, added: Vec<String>) -> Self {
        Self { added, ..self }
    }

    /// Part `i` of `n` equal ones along an axis of the file's, of which this is one.
    #[must_use]
    pub fn part(mut self, axis: usize, i: usize, n: usize) -> Self {
        let size = self.dims[axis];
        self.dims[axis] *= n;
        let own = (i * size..(i + 1) * size).collect();
        self.steps.insert(0, Step::Take(axis, own));
        self
    }

    /// With blocks of an axis of the file's in another order: block `i` here is block `order[i]` there.
    #[must_use]
    pub fn ordered(mut self, axis: usize, order: &[usize]) -> Self {
        let size = self.dims[axis] / order.len().max(1);
        let places = order.iter().flat_map(|block| block * size..(block + 1) * size).collect();
        self.steps.insert(0, Step::Take(axis, places));
        self
    }

    /// Whether axes stand in another order there.
    #[must_use]
    pub fn is_turned(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Turn(of) if !of.is_sorted()))
    }

    /// The numbers of the file, which has the sizes of this form, in the order they have here.
    #[must_use]
    pub fn own(&self, numbers: Vec<f32>) -> Vec<f32> {
        let mut dims = self.dims.clone();
        self.steps.iter().fold(numbers, |numbers, step| step.applied(&mut dims, numbers))
    }
}

impl Step {
    fn applied(&self, dims: &mut Vec<usize>, numbers: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Split(axis, into) => {
                dims.splice(axis..=axis, into.iter().copied());
                numbers
            }
            Self::Take(axis, places) => {
                let behind: usize = dims[axis + 1..].iter().product();
                let size = std::mem::replace(&mut dims[*axis], places.len());
                let outer = numbers.chunks_exact((size * behind).max(1));
                let taken =
                    outer.flat_map(|all| places.iter().flat_map(|i| &all[i * behind..(i + 1) * behind]));
                taken.copied().collect()
            }
            Self::Turn(of) => {
                let strides = strides(dims);
                let own: Vec<usize> = of.iter().map(|axis| dims[*axis]).collect();
                let steps: Vec<usize> = of.iter().map(|axis| strides[*axis]).collect();
                *dims = own;
                turned(dims, &steps, &numbers)
            }
        }
    }
}

/// How far apart neighbours along each axis lie.
fn strides(dims: &[usize]) -> Vec<usize> {
    (0..dims.len()).map(|axis| dims[axis + 1..].iter().product()).collect()
}

/// Numbers in the order of an array of these sizes, whose neighbours along an axis lie so far apart.
fn turned(dims: &[usize], steps: &[usize], numbers: &[f32]) -> Vec<f32> {
    let mut place = vec![0; dims.len()];
    let mut from = 0;
    let mut result = Vec::with_capacity(numbers.len());
    for _ in 0..numbers.len() {
        result.push(numbers[from]);
        for axis in (0..dims.len()).rev() {
            place[axis] += 1;
            from += steps[axis];
            if place[axis] < dims[axis] {
                break;
            }
            from -= steps[axis] * dims[axis];
            place[axis] = 0;
        }
    }
    result
}
