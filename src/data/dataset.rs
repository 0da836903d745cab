//! What the runtime reads: parts with their inputs and targets as contiguous rows, and the fitted transform.
//!
//! Invariants: every input array and the target of a part hold `rows` rows, in the order of the source; pictures stay bytes with
//! one affine map; all numbers are finite; each byte of the data is held once.

use super::schema::DataSchema;
use super::transform::Transform;
use crate::math::Moments;

/// Numbers as the runtime reads them.
#[derive(Clone, Debug, PartialEq)]
pub enum Storage {
    F32(Vec<f32>),
    U8(Vec<u8>),
}

impl Storage {
    pub fn len(&self) -> usize {
        match self {
            Storage::F32(data) => data.len(),
            Storage::U8(data) => data.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Loaded, divided and fitted data.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub train: Part,
    pub valid: Option<Part>,
    pub test: Option<Part>,
    pub transform: Transform,
    pub schema: DataSchema,
}

/// The rows of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub rows: usize,
    /// In the order of the net's inputs.
    pub inputs: Vec<InputArray>,
    pub target: Target,
    /// The number (from 0) of each row among those of the source that are used: without rows that miss values or are of other classes. For a
    /// source's own test part, its own row numbers.
    pub source_rows: Vec<u32>,
}

/// One input of the net for all rows of a part: row-major, `rows * shape.product()` elements.
#[derive(Clone, Debug, PartialEq)]
pub struct InputArray {
    pub name: String,
    /// Of one row.
    pub shape: Vec<usize>,
    pub data: Storage,
    /// The net sees `element * scale + shift`; 1 and 0 for [`Storage::F32`].
    pub scale: f32,
    pub shift: f32,
}

impl InputArray {
    /// The same array without rows.
    pub fn header(&self) -> Self {
        let data = match self.data {
            Storage::F32(_) => Storage::F32(Vec::new()),
            Storage::U8(_) => Storage::U8(Vec::new()),
        };
        Self {
            name: self.name.clone(),
            shape: self.shape.clone(),
            data,
            scale: self.scale,
            shift: self.shift,
        }
    }
}

/// What the net is to answer, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Class numbers below K.
    Classes(Vec<u32>),
    /// Row-major, normalised if the file says so.
    Real { data: Vec<f32>, width: usize },
    /// Row-major zeros and ones.
    Bits { data: Vec<f32>, width: usize },
}

impl Target {
    /// Mean variance of the outputs in the units of training; 1 of what are no numbers, or do not vary.
    pub fn variance(&self) -> f64 {
        let Target::Real { data, width } = self else { return 1.0 };
        let of = |output: usize| {
            Moments::of(data[output..].iter().step_by(*width).map(|y| f64::from(*y))).variance()
        };
        let mean = (0..*width).map(of).sum::<f64>() / *width as f64;
        if mean == 0.0 { 1.0 } else { mean }
    }
}

impl InputArray {
    /// All numbers as the net sees them, row by row.
    pub fn values(&self) -> Vec<f64> {
        let seen = |x: f64| x * f64::from(self.scale) + f64::from(self.shift);
        match &self.data {
            Storage::F32(data) => data.iter().map(|x| seen(f64::from(*x))).collect(),
            Storage::U8(data) => data.iter().map(|x| seen(f64::from(*x))).collect(),
        }
    }

    /// Elements a row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Part {
    /// The first rows, at most so many.
    #[must_use]
    pub fn first(&self, most: usize) -> Self {
        let rows = self.rows.min(most);
        let input = |input: &InputArray| {
            let data = match &input.data {
                Storage::F32(data) => Storage::F32(data[..rows * input.width()].to_vec()),
                Storage::U8(data) => Storage::U8(data[..rows * input.width()].to_vec()),
            };
            InputArray { data, ..input.header() }
        };
        let target = match &self.target {
            Target::Classes(classes) => Target::Classes(classes[..rows].to_vec()),
            Target::Real { data, width } => {
                Target::Real { data: data[..rows * width].to_vec(), width: *width }
            }
            Target::Bits { data, width } => {
                Target::Bits { data: data[..rows * width].to_vec(), width: *width }
            }
        };
        let source_rows = self.source_rows.iter().copied().take(rows).collect();
        Self { rows, inputs: self.inputs.iter().map(input).collect(), target, source_rows }
    }

    /// Bytes of inputs and target.
    pub fn bytes(&self) -> usize {
        let inputs: usize = self
            .inputs
            .iter()
            .map(|i| match &i.data {
                Storage::F32(data) => 4 * data.len(),
                Storage::U8(data) => data.len(),
            })
            .sum();
        let target = match &self.target {
            Target::Classes(classes) => 4 * classes.len(),
            Target::Real { data, .. } | Target::Bits { data, .. } => 4 * data.len(),
        };
        inputs + target
    }
}
