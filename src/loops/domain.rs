//! Domains: their places, and the grain that their rows are cut by.

use super::{AXES, Axes, Domain, SHARD_ROWS};
use crate::graph::Dim;

/// Places of a map that a shard has at least, where 32 rows would be too many.
const SHARD_PLACES: usize = 256;

impl Domain {
    /// Rows with nothing between them and their columns.
    pub fn rows(rows: Dim) -> Self {
        Self::nest(rows, [1; AXES])
    }

    /// Rows with inner axes.
    pub fn nest(rows: Dim, inner: Axes) -> Self {
        let places = inner.iter().copied().fold(1, usize::saturating_mul);
        Domain::Rows { rows, inner, grain: grain(places) }
    }

    /// The same domain in shards for rows that hold `places` places among their columns. Partials are a shard's: only kernels that leave none
    /// may be cut anew.
    pub fn with_places(self, places: usize) -> Self {
        match self {
            Domain::Rows { rows, inner, grain: own } => {
                Domain::Rows { rows, inner, grain: own.min(grain(places)) }
            }
            Domain::Flat { .. } => self,
        }
    }

    /// Extents of the inner axes.
    pub fn inner(self) -> Axes {
        if let Domain::Rows { inner, .. } = self { inner } else { [1; AXES] }
    }

    /// Places of the inner axes in a row.
    pub fn places(self) -> usize {
        self.inner().iter().product()
    }

    /// True if both visit as many places of as many rows, whatever axes they are counted by.
    pub fn same_places(self, other: Self) -> bool {
        match (self, other) {
            (Domain::Rows { rows: a, .. }, Domain::Rows { rows: b, .. }) => {
                a == b && self.places() == other.places()
            }
            _ => self == other,
        }
    }

    pub fn is_batch(self) -> bool {
        matches!(self, Domain::Rows { rows: Dim::Batch, .. })
    }

    pub fn is_flat(self) -> bool {
        matches!(self, Domain::Flat { .. })
    }
}

/// Rows of a shard: 32 where a row is one place; of a map the least power of two whose shards have 256 places, if 32 rows have as many. It
/// depends on places and not on columns: a few pictures are enough for several threads.
fn grain(places: usize) -> usize {
    let enough = |grain: &usize| grain.saturating_mul(places) >= SHARD_PLACES;
    [1, 2, 4, 8, 16].into_iter().find(enough).unwrap_or(SHARD_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_of_a_map_has_a_few_hundred_places() {
        let grain = |inner| match Domain::nest(Dim::Batch, inner) {
            Domain::Rows { grain, .. } => grain,
            Domain::Flat { .. } => 0,
        };
        assert_eq!(grain([1, 1, 1]), 32);
        assert_eq!(grain([1, 1, 7]), 32);
        assert_eq!(grain([1, 1, 8]), 32);
        assert_eq!(grain([1, 1, 16]), 16);
        assert_eq!(grain([1, 8, 8]), 4);
        assert_eq!(grain([1, 32, 32]), 1);
        let rows = |places| Domain::rows(Dim::Batch).with_places(places).shards(64);
        assert_eq!((rows(1), rows(7), rows(64), rows(1024)), (2, 2, 16, 64));
    }
}
