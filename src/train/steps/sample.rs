//! Which rows an epoch visits: `balanced` visits every class equally often, whatever its share of the rows.
//!
//! # Formula
//! An epoch has as many rows as without it, each class the same number of them (or one more). Rows of a class come in a shuffled order, from the beginning when all have come: those of a rare class
//! several times an epoch, with masks and augmentation of their own each time, those of a frequent one in some epochs and not in others. Figures of training are over the rows that were
//! visited; validation and test rows keep their shares, so probabilities are too large for rare classes: `class_weights` of the loss has the same effect on them.
//!
//! # Arguments
//! `rows` is `balanced`.
//!
//! # Example
//! ```net
//! sample balanced
//! ```
//!
//! # Papers
//! Buda, Maki and Mazurowski 2018, A systematic study of the class imbalance problem in convolutional neural networks.

use crate::{
    draws::rng,
    vocab::{ArgSpec, Block, Kind, Sig},
};

pub static SIG: Sig = Sig {
    name: "sample",
    about: "visits every class equally often in an epoch",
    args: &[ArgSpec::required("rows", Kind::Word(&["balanced"]), "which rows: `balanced`")],
    block: Block::None,
};

/// The rows of each class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance(Vec<Vec<u32>>);

impl Balance {
    /// Of rows with these classes, in their order. Classes without rows have no share.
    pub fn of(classes: impl Iterator<Item = u32>) -> Self {
        let mut rows: Vec<Vec<u32>> = Vec::new();
        for (row, class) in (0..).zip(classes) {
            if rows.len() <= class as usize {
                rows.resize(class as usize + 1, Vec::new());
            }
            rows[class as usize].push(row);
        }
        rows.retain(|rows| !rows.is_empty());
        Self(rows)
    }

    /// The rows of an epoch that visits `count`, in their order: a function of seed and epoch.
    #[must_use]
    pub fn order(&self, seed: u64, epoch: u64, count: usize) -> Vec<u32> {
        let classes = self.0.len().max(1);
        // Which classes have one more.
        let first = rng::shuffle(seed, "balanced.rest", &[epoch], classes);
        let mut drawn = Vec::with_capacity(count);
        for (place, class) in first.into_iter().enumerate() {
            let share = count / classes + usize::from(place < count % classes);
            let Some(rows) = self.0.get(class as usize) else { continue };
            let end = drawn.len() + share;
            for round in 0.. {
                if drawn.len() == end {
                    break;
                }
                let shuffled =
                    rng::shuffle(seed, "balanced.class", &[epoch, u64::from(class), round], rows.len());
                let left = end - drawn.len();
                drawn.extend(shuffled.into_iter().take(left).map(|i| rows[i as usize]));
            }
        }
        let order = rng::shuffle(seed, "order", &[epoch], drawn.len());
        order.into_iter().map(|i| drawn[i as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_share_and_rare_rows_come_equally_often() {
        let class = |row: u32| if row < 90 { 0 } else { 2 + u32::from(row >= 97) };
        let balance = Balance::of((0..100).map(class));
        let order = balance.order(5, 3, 100);
        let times = |of: &dyn Fn(u32) -> bool| order.iter().filter(|row| of(**row)).count();
        let mut shares = [0, 2, 3].map(|c| times(&|row| class(row) == c));
        shares.sort_unstable();
        assert_eq!(shares, [33, 33, 34]);
        let rare: Vec<usize> = (90..97).map(|row| times(&|other| other == row)).collect();
        assert!(rare.iter().all(|n| (4..=5).contains(n)), "{rare:?}");
        let frequent: Vec<usize> = (0..90).map(|row| times(&|other| other == row)).collect();
        assert!(frequent.iter().all(|n| *n <= 1), "{frequent:?}");
        assert_eq!(order, balance.order(5, 3, 100));
        assert_ne!(order, balance.order(5, 4, 100));
        assert_ne!(order, balance.order(6, 3, 100));
        assert_eq!(Balance::of([1, 1].into_iter()).order(0, 0, 5).len(), 5);
    }
}
