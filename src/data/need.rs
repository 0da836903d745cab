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
    /// Whether the pictures of the source may be larger than the net's input: while training they are cut at random, and else in the middle.
    pub larger: bool,
}

impl Need {
    /// Height and width of what is cut out of the middle of rows of this shape; none of rows that are as large as the input.
    #[must_use]
    pub fn middle(&self, shape: &[usize]) -> Option<[usize; 2]> {
        let [input] = self.inputs.as_slice() else { return None };
        match (input.shape.as_slice(), shape) {
            (&[h, w, c], &[rows, columns, channels])
                if self.larger && c == channels && h <= rows && w <= columns && [h, w] != [rows, columns] =>
            {
                Some([h, w])
            }
            _ => None,
        }
    }
}
