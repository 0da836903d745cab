//! Addresses: every element that a kernel reads or writes, and every unit that it draws for, is an affine function of its place in the nest.

use super::{AXES, Axes, Domain, TAPS, Taps};
use crate::graph::Dim;

/// `row * number of the row + axes . place in the inner axes + taps . place in the taps + col * column + offset`.
///
/// Equal functions are equal structs: what does not move with an axis, because its extent is 1 too, has the factor 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Affine {
    pub row: usize,
    pub axes: Axes,
    pub taps: Taps,
    /// 0 or 1.
    pub col: usize,
    pub offset: usize,
}

/// Which row's number is multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// The row of the domain: of the minibatch, or of a constant.
    #[default]
    Own,
    /// The row of the data set at its place in the order; with `partner`, the row it is mixed with.
    Data { partner: bool },
    /// Its place in the whole pass.
    Pass,
}

/// How an element of a buffer is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Access {
    pub base: Base,
    pub at: Affine,
}

/// The ranges of everything that an address may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranges {
    pub axes: Axes,
    pub taps: Taps,
    pub cols: usize,
}

impl Affine {
    /// Consecutive elements, the same for each row.
    pub const fn cols(offset: usize) -> Self {
        Self { col: 1, ..Self::element(0, offset) }
    }

    /// Consecutive elements of rows of `row` elements.
    pub const fn rows(row: usize, offset: usize) -> Self {
        Self { col: 1, ..Self::element(row, offset) }
    }

    /// One element of each row.
    pub const fn element(row: usize, offset: usize) -> Self {
        Self { row, axes: [0; AXES], taps: [0; TAPS], col: 0, offset }
    }

    pub fn of(&self, row: usize, axes: Axes, taps: Taps, col: usize) -> usize {
        self.offset + self.row * row + dot(self.axes, axes) + dot(self.taps, taps) + self.col * col
    }

    /// One more than the largest value within a row, the row's own contribution apart; 0 if there is no place at all.
    pub fn reach(&self, ranges: Ranges) -> usize {
        let last = |n: usize| n.saturating_sub(1);
        if ranges.axes.contains(&0) || ranges.taps.contains(&0) || ranges.cols == 0 {
            return 0;
        }
        let far = |step: usize, n: usize| step.saturating_mul(last(n));
        let axes = self.axes.iter().zip(ranges.axes).map(|(s, n)| far(*s, n));
        let taps = self.taps.iter().zip(ranges.taps).map(|(s, n)| far(*s, n));
        let rest = far(self.col, ranges.cols).saturating_add(self.offset);
        axes.chain(taps).fold(rest, usize::saturating_add).saturating_add(1)
    }

    /// Whether nothing but the column moves it: a vector that all rows share.
    pub fn is_shared(&self) -> bool {
        self.row == 0 && self.axes == [0; AXES] && self.taps == [0; TAPS]
    }

    /// The function as text; `row` is what the row's number is called.
    pub fn text(&self, row: &str) -> String {
        let names = ["i", "j", "k", "s", "t"];
        let term = |step: &usize, name: &str| match step {
            0 => None,
            1 => Some(name.to_string()),
            n => Some(format!("{name} * {n}")),
        };
        let moving = self.axes.iter().chain(&self.taps).zip(names).filter_map(|(s, name)| term(s, name));
        let mut terms: Vec<String> = term(&self.row, row).into_iter().chain(moving).collect();
        terms.extend((self.offset > 0).then(|| self.offset.to_string()));
        terms.extend(term(&self.col, "col"));
        if terms.is_empty() { "0".to_string() } else { terms.join(" + ") }
    }
}

fn dot<const N: usize>(steps: [usize; N], places: [usize; N]) -> usize {
    steps.iter().zip(places).map(|(s, p)| s * p).sum()
}

impl Access {
    pub const fn own(at: Affine) -> Self {
        Self { base: Base::Own, at }
    }

    pub const fn data(partner: bool, at: Affine) -> Self {
        Self { base: Base::Data { partner }, at }
    }

    pub const fn pass(at: Affine) -> Self {
        Self { base: Base::Pass, at }
    }

    /// Whether every column addresses the same element.
    pub fn is_row_constant(&self) -> bool {
        self.at.col == 0
    }

    /// Whether all that a row addresses lies within a stretch of its own: rows are apart.
    pub fn rows_are_apart(&self, ranges: Ranges) -> bool {
        self.at.row > 0 && self.at.reach(ranges) <= self.at.row
    }

    /// Whether both address parts of the same row, wherever they are in it.
    pub fn same_row(&self, other: &Self) -> bool {
        self.at.row > 0 && self.base == other.base && self.at.row == other.at.row
    }

    /// Equal but for the offset of the columns: windows on the same rows. That windows do not overlap is seen to by who cut them.
    pub fn same_but_for_window(&self, other: &Self) -> bool {
        let columns = self.at.col == 1 && other.at.col == 1;
        self == other
            || columns
                && Self { at: Affine { offset: 0, ..self.at }, ..*self }
                    == Self { at: Affine { offset: 0, ..other.at }, ..*other }
    }

    pub fn text(&self) -> String {
        self.at.text(match self.base {
            Base::Own => "row",
            Base::Data { partner: false } => "order[row]",
            Base::Data { partner: true } => "partner[row]",
            Base::Pass => "(position + row)",
        })
    }
}

impl Ranges {
    /// Of a loop over `cols` columns in a nest.
    pub fn new(domain: Domain, cols: usize, taps: Taps) -> Self {
        Self { axes: domain.inner(), taps, cols }
    }
}

/// Whether `access` stays within the `len` elements that a buffer holds (a batch row, if it is `batched`), whatever the size of the batch.
///
/// It does if the largest value of the affine function over the nest does. In a batch, rows follow each other at `len`, so one row speaks for all.
pub fn is_within(access: Access, domain: Domain, ranges: Ranges, len: usize, batched: bool) -> bool {
    let reach = access.at.reach(ranges);
    match domain {
        Domain::Rows { rows: Dim::Batch, .. } if batched => access.at.row == len && reach <= len,
        Domain::Rows { rows: Dim::Batch, .. } => access.at.row == 0 && reach <= len,
        Domain::Rows { rows: Dim::Const(n), .. } => {
            !batched && access.at.row.saturating_mul(n.saturating_sub(1)).saturating_add(reach) <= len
        }
        Domain::Flat { .. } => !batched && access.at.row == 0 && reach <= len,
    }
}
