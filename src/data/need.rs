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
    /// `token[T, vocab=V]`, V: what comes at each step.
    Tokens(usize),
}

/// The input whose rows have lengths.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Lengths {
    pub input: String,
    /// Of the longest row.
    pub steps: usize,
    /// Of the shortest: windows of the net lie in it.
    pub least: usize,
    /// Steps a second, of a wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
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
    /// Whether they may have any size: while training windows of them are resized, and else the largest in the middle that has the input's proportions.
    pub fitted: bool,
    /// The input whose rows have lengths: its name, and the steps of the longest.
    pub lengths: Option<Lengths>,
    /// Numbers of tokens of the input that reads them, and whether `vocab=_` leaves to the data how many.
    pub vocab: Option<usize>,
    pub open: bool,
}

impl Need {
    /// Numbers of a row that the inputs take together, a category as many as there are.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.inputs.iter().map(InputShape::stands_for).sum()
    }

    /// Whether rows of this shape are what the inputs take: as many numbers and, where a row has places and channels, the same of them, or all of
    /// them as one line. A picture is never cut into lines of another length because their numbers come to the same.
    #[must_use]
    pub fn takes(&self, shape: &[usize]) -> bool {
        let wanted = self.numbers();
        let alike = match self.inputs.as_slice() {
            [input] => input.shape.len() == 1 || is_line(shape) || places(&input.shape) == places(shape),
            _ => true,
        };
        alike && wanted == shape.iter().product::<usize>()
    }

    /// Height and width of what is cut out of the middle of rows of this shape, or of what they are resized to; none of rows that are as large as the input.
    #[must_use]
    pub fn middle(&self, shape: &[usize]) -> Option<[usize; 2]> {
        let [input] = self.inputs.as_slice() else { return None };
        match (input.shape.as_slice(), shape) {
            (&[h, w, c], &[rows, columns, channels]) if c == channels && [h, w] != [rows, columns] => {
                (self.fitted || self.larger && h <= rows && w <= columns).then_some([h, w])
            }
            _ => None,
        }
    }
}

/// Whether all numbers of a row lie along one axis.
fn is_line(shape: &[usize]) -> bool {
    shape.iter().filter(|size| **size > 1).count() <= 1
}

/// A picture's height and width where it has one channel, for which no axis need be written; else all of its axes.
fn places(shape: &[usize]) -> &[usize] {
    match shape {
        [places @ .., 1] if places.len() == 2 => places,
        axes => axes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_axes_or_become_one_line() {
        let takes = |input: &[usize], shape: &[usize]| {
            let inputs = vec![InputShape::new("x", input)];
            Need {
                inputs,
                target: Want::Class(2),
                raw: false,
                larger: false,
                fitted: false,
                lengths: None,
                vocab: None,
                open: false,
            }
            .takes(shape)
        };
        let picture = [12, 12, 1];
        assert!(takes(&[12, 12, 1], &picture) && takes(&[12, 12], &picture) && takes(&[144], &picture));
        assert!(
            takes(&[12, 12, 1], &[12, 12]) && takes(&[12, 12, 1], &[144]) && takes(&[12, 12, 1], &[1, 144])
        );
        for other in [&[6, 6, 4][..], &[144, 1, 1], &[1, 12, 12], &[9, 16, 1], &[36, 4], &[6, 6, 2, 2]] {
            assert!(!takes(other, &picture), "{other:?}");
        }
        assert!(!takes(&[32, 32, 3], &[3, 32, 32]) && takes(&[3, 32, 32], &[3, 32, 32]));
        assert!(!takes(&[32, 96], &[32, 32, 3]) && !takes(&[143], &picture));
    }
}
