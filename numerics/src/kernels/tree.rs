//! Rows of partials brought together in the fixed tree (stride 1, 2, 4, ...).

/// Columns that a tree is made of at a time, so that what one pair leaves is still near when it meets another's.
pub const NEAR: usize = 2048;

/// Some columns of partials: `len` from `from` on, of rows of `cols`.
pub struct Tree {
    pub partials: *mut f32,
    pub cols: usize,
    pub from: usize,
    pub len: usize,
    /// Whether the larger of two is kept, not their sum.
    pub is_max: bool,
}

impl Tree {
    /// Brings `count` rows together in the first of them, each `apart` rows behind the one before.
    ///
    /// # Safety
    /// Rows `first`, `first + apart`, ... are among the partials, and nobody else touches these columns of them.
    pub unsafe fn over(&self, first: usize, count: usize, apart: usize) {
        let Self { partials, cols, from, len, is_max } = *self;
        let mut stride = 1;
        while stride < count {
            let mut row = 0;
            while row + stride < count {
                // SAFETY: by the contract; the two rows differ.
                let (low, high) = unsafe {
                    let low = partials.add((first + row * apart) * cols + from);
                    let high = partials.add((first + (row + stride) * apart) * cols + from);
                    (std::slice::from_raw_parts_mut(low, len), std::slice::from_raw_parts(high, len))
                };
                let pairs = low.iter_mut().zip(high);
                match is_max {
                    false => pairs.for_each(|(a, &b)| *a += b),
                    true => pairs.for_each(|(a, &b)| *a = if b < *a { *a } else { b }),
                }
                row += 2 * stride;
            }
            stride *= 2;
        }
    }
}
