//! The form of attention: how many heads, over which places, and where queries, keys and values lie in the numbers that are attended.
//!
//! Queries, keys and values are one value, so that they are the result of one product and their gradient the operand of one. Where they belong to the
//! same places, a place holds its queries, its keys and its values side by side; where other places are looked at, the queries of all places
//! stand before keys and values of those:
//!
//! ```text
//! self     [B, places, (heads + 2 groups) width]
//! across   [B, queries heads width + keys 2 groups width]
//! ```

use super::{Dim, Type};
use crate::math::slope;

/// Places of a value and heads that attention may have: addresses of its draws have so many numbers for each.
pub const PLACES_MOST: usize = 4096;
pub const HEADS_MOST: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attention {
    pub heads: usize,
    /// Keys and values, each of which so many heads share: a divisor of `heads`.
    pub groups: usize,
    /// Numbers of a head at a place.
    pub width: usize,
    /// Places that ask, and places that are looked at.
    pub queries: usize,
    pub keys: usize,
    /// Whether the two are places of different values.
    pub across: bool,
    /// Whether a place looks at itself and the ones before it alone.
    pub causal: bool,
    /// Whether scores fall with the distance, by a slope a head.
    pub slopes: bool,
    /// Whether queries and keys are turned by their places: an operand has the sines and cosines.
    pub turned: bool,
    /// Whether an operand says how many of the places that are looked at hold something: the first ones. Where places look at each other the results of
    /// the rest are zeros.
    pub padded: bool,
    /// Whether weights are dropped: the first two operands are the key and the threshold.
    pub dropped: bool,
}

/// Numbers of one kind in a row: the first of head 0 at place 0, and how many lie from place to place. Heads follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    pub offset: usize,
    pub stride: usize,
}

impl Attention {
    /// Operands of attention: `[key, threshold,] packed [, turns] [, lengths]`, lengths `f32[B]`.
    pub fn operands(&self) -> usize {
        1 + 2 * usize::from(self.dropped) + usize::from(self.turned) + usize::from(self.padded)
    }

    /// Which of them are the packed numbers, the turns, and the lengths.
    pub fn packed(&self) -> usize {
        2 * usize::from(self.dropped)
    }

    pub fn turns(&self) -> Option<usize> {
        self.turned.then(|| self.packed() + 1)
    }

    pub fn lengths(&self) -> Option<usize> {
        self.padded.then(|| self.packed() + 1 + usize::from(self.turned))
    }

    /// Numbers of all heads at a place.
    pub fn all(&self) -> usize {
        self.heads * self.width
    }

    /// Numbers of keys, or of values, at a place.
    pub fn shared(&self) -> usize {
        self.groups * self.width
    }

    pub fn query(&self) -> Lane {
        let stride = if self.across { self.all() } else { self.all() + 2 * self.shared() };
        Lane { offset: 0, stride }
    }

    pub fn key(&self) -> Lane {
        match self.across {
            true => Lane { offset: self.queries * self.all(), stride: 2 * self.shared() },
            false => Lane { offset: self.all(), stride: self.query().stride },
        }
    }

    pub fn value(&self) -> Lane {
        let key = self.key();
        Lane { offset: key.offset + self.shared(), ..key }
    }

    /// Numbers of a row that are attended.
    pub fn row_len(&self) -> usize {
        self.queries * self.all() + self.keys * 2 * self.shared()
    }

    /// Dimensions of the result.
    pub fn result(&self) -> Type {
        Type::f32(&[Dim::Batch, Dim::Const(self.queries), Dim::Const(self.all())])
    }

    /// Dimensions of the packed numbers.
    pub fn operand(&self) -> Type {
        match self.across {
            true => Type::f32(&[Dim::Batch, Dim::Const(self.row_len())]),
            false => {
                Type::f32(&[Dim::Batch, Dim::Const(self.queries), Dim::Const(self.row_len() / self.queries)])
            }
        }
    }

    /// Sines and cosines by which a head's pairs of numbers are turned: those of all pairs, then the cosines.
    pub fn turns_type(&self) -> Type {
        Type::f32(&[Dim::Const(self.queries.max(self.keys)), Dim::Const(self.width)])
    }

    /// Keys that query `i` may look at, apart from those that hold nothing.
    pub fn reach(&self, i: usize) -> usize {
        if self.causal { self.keys.min(i + 1) } else { self.keys }
    }

    /// What a score of this head loses for each place between (Press et al. 2022).
    pub fn slope(&self, head: usize) -> f64 {
        if self.slopes { slope(head, self.heads) } else { 0.0 }
    }

    /// What scores are multiplied by.
    pub fn scale(&self) -> f64 {
        1.0 / (self.width as f64).sqrt()
    }

    /// The number of the draw of a weight.
    pub fn unit(&self, head: usize, query: usize, key: usize) -> u32 {
        ((head * PLACES_MOST + query) * PLACES_MOST + key) as u32
    }

    /// Why there is no such attention.
    pub fn check(&self) -> Result<(), String> {
        let sizes = [self.heads, self.groups, self.width, self.queries, self.keys];
        if sizes.contains(&0) || !self.heads.is_multiple_of(self.groups) {
            return Err(format!("attends by {} heads over {} groups", self.heads, self.groups));
        }
        if self.queries.max(self.keys) > PLACES_MOST || self.heads > HEADS_MOST {
            return Err(format!("attends by {} heads over {} places", self.heads, self.keys));
        }
        if (self.causal || !self.across) && self.queries != self.keys {
            return Err(format!("looks back from {} places over {}", self.queries, self.keys));
        }
        if self.turned && !self.width.is_multiple_of(2) {
            return Err(format!("turns pairs of {} numbers", self.width));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(heads: usize) -> Attention {
        Attention {
            heads,
            groups: 1,
            width: 2,
            queries: 3,
            keys: 3,
            across: false,
            causal: false,
            slopes: true,
            turned: false,
            padded: false,
            dropped: false,
        }
    }

    #[test]
    fn queries_keys_and_values_lie_side_by_side_or_apart() {
        let same = Attention { groups: 2, ..form(4) };
        assert_eq!(same.row_len(), 3 * (8 + 4 + 4));
        assert_eq!(
            (same.query(), same.key(), same.value()),
            (Lane { offset: 0, stride: 16 }, Lane { offset: 8, stride: 16 }, Lane { offset: 12, stride: 16 },)
        );
        let apart = Attention { across: true, keys: 5, ..same };
        assert_eq!(apart.row_len(), 3 * 8 + 5 * 8);
        assert_eq!(
            (apart.query(), apart.key(), apart.value()),
            (Lane { offset: 0, stride: 8 }, Lane { offset: 24, stride: 8 }, Lane { offset: 28, stride: 8 },)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let sound = form(4);
        assert_eq!(sound.check(), Ok(()));
        for form in [
            Attention { groups: 3, ..sound },
            Attention { keys: 4, ..sound },
            Attention { queries: 4097, keys: 4097, ..sound },
            Attention { across: true, causal: true, keys: 4, ..sound },
            Attention { turned: true, width: 3, ..sound },
        ] {
            assert!(form.check().is_err(), "{form:?}");
        }
    }
}
