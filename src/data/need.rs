//! What a net asks of the data.

use super::transform::InputShape;

/// What the net's output asks of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// `class[K]`
    Class(usize),
    /// `real[D]` or `normal[D]`
    Real(usize),
    /// `bits[D]`
    Bits(usize),
}

/// What a net asks of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// In the net's order; empty takes the rows in their own shape.
    pub inputs: Vec<InputShape>,
    pub target: Want,
    /// Whether rows are changed while training, before they are normalised: the numbers of the source are kept too, where a net sees others.
    pub raw: bool,
}
