//! Which elements of a value a kernel looks at: an affine window on the value in row-major order, relative to the kernel's row.

use crate::graph::{Dim, Type};
use crate::loops::{AXES, Affine, Axes, Domain, TAPS};

/// How the taps of a fold move a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Tap {
    /// 1 where the fold has no such axis.
    pub count: usize,
    pub step: usize,
}

/// Elements `offset..offset + len` at the first place of the first row, or the one at `offset` where `len` is `None`. From place to place
/// they move by `axes`, from tap to tap by `taps`; from row to row by `row` if the rows are a constant's, else by a row of the batch if
/// the value has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct View {
    pub row: usize,
    pub axes: Axes,
    pub taps: [Tap; TAPS],
    pub offset: usize,
    pub len: Option<usize>,
}

impl View {
    pub const UNIFORM: View =
        View { row: 0, axes: [0; AXES], taps: [Tap { count: 1, step: 0 }; TAPS], offset: 0, len: None };

    /// The view of the same element of each row.
    pub fn of_row(self) -> View {
        View { row: self.row, ..View::UNIFORM }
    }

    /// The same window, `by` elements further on.
    pub fn further(mut self, by: usize) -> View {
        self.offset += by;
        self
    }

    pub fn is_tapped(&self) -> bool {
        self.taps.iter().any(|t| t.count > 1)
    }

    /// The index that it describes; `batch_row` is what a row of the batch holds of the value, 0 if it has none.
    pub fn affine(&self, batch_row: usize) -> Affine {
        Affine {
            row: self.row + batch_row,
            axes: self.axes,
            taps: self.taps.map(|t| t.step),
            col: usize::from(self.len.is_some()),
            offset: self.offset,
        }
    }

    /// The same places, wherever the window lies in them.
    pub fn same_places(&self, other: &View) -> bool {
        (self.row, self.axes, self.taps) == (other.row, other.axes, other.taps)
    }
}

/// One element, and not one of a batch.
pub(super) fn is_uniform(ty: &Type) -> bool {
    !ty.has_batch() && ty.row_len() == 1
}

/// Elements of one place of the domain in a value of type `ty`; `None` if it does not divide so.
pub(super) fn stride(domain: Domain, ty: &Type) -> Option<usize> {
    let Domain::Rows { rows, .. } = domain else { return None };
    let parts = match rows {
        Dim::Batch if ty.has_batch() => domain.places(),
        Dim::Const(n) if !ty.has_batch() => domain.places() * n,
        _ => return None,
    };
    let len = ty.row_len();
    (parts > 0 && len.is_multiple_of(parts)).then(|| len / parts)
}

/// The view of a whole value as the result of a kernel over `domain`.
pub(super) fn whole(domain: Domain, ty: &Type) -> Option<View> {
    if is_uniform(ty) {
        return Some(View::UNIFORM);
    }
    let Domain::Rows { rows, inner, .. } = domain else {
        let all = domain == Domain::Flat { len: ty.row_len() } && !ty.has_batch();
        return all.then_some(View { len: Some(ty.row_len()), ..View::UNIFORM });
    };
    let stride = stride(domain, ty)?;
    let mut view = View { len: (stride > 1).then_some(stride), ..View::UNIFORM };
    let mut step = stride;
    for (axis, n) in inner.iter().enumerate().rev().filter(|(_, n)| **n > 1) {
        view.axes[axis] = step;
        step *= n;
    }
    view.row = if matches!(rows, Dim::Const(n) if n > 1) { step } else { 0 };
    Some(view)
}

pub(super) fn extent(d: Dim) -> usize {
    if let Dim::Const(n) = d { n } else { 1 }
}

pub(super) fn product(dims: &[Dim]) -> usize {
    dims.iter().map(|d| extent(*d)).product()
}

/// Whether a transpose leaves the last axis where it is: then columns stay columns and a loop can read it as it lies.
pub(super) fn keeps_columns(dims: &[Dim], permutation: &[usize]) -> bool {
    let solid = |axis: &&usize| extent(dims[**axis]) > 1;
    let last = (0..dims.len()).rev().find(|axis| extent(dims[*axis]) > 1);
    let inner = permutation.iter().skip(1).filter(solid).count();
    permutation.iter().rev().find(solid).copied() == last && inner <= AXES + 1
}
