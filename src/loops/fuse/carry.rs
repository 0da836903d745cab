//! A view in the digits of a move.
//!
//! Every move of elements (broadcast, slice, transpose, ...) is a list of [`Group`]s: the result's index is a number in mixed radix, and each
//! digit, or run of digits that stay together, has another weight in the operand's index. A view carries over if nothing that moves it
//! carries from one digit to the next: then the operand's index is affine too.

use smallvec::{SmallVec, smallvec};

use super::view::{Tap, View, extent};
use crate::graph::{Dim, Graph, ValueId};
use crate::loops::{AXES, Axes, Domain, TAPS};

/// Why a view cannot be carried over to the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Only this many elements from the start of the window.
    Cut(usize),
    Cannot,
}

/// A list with an entry an axis: few enough to stay off the heap.
pub(super) type Few<T> = SmallVec<[T; 4]>;

/// A run of digits of the result's index: `size` values of weight `from`, of weight `to` in the operand's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub size: usize,
    pub from: usize,
    pub to: usize,
}

/// A view in the digits of a list of groups.
pub(super) struct Carried {
    pub groups: Few<Group>,
    /// Where the window starts, by group.
    pub at: Few<usize>,
    /// How far places, rows and taps move it from there.
    pub reach: Few<usize>,
    pub row: usize,
    pub axes: Axes,
    pub taps: [Tap; TAPS],
}

impl Carried {
    /// Start, movement and size of the last group.
    pub fn last(&self) -> (usize, usize, usize) {
        let last = self.groups.len().checked_sub(1);
        last.map_or((0, 0, 1), |k| (self.at[k], self.reach[k], self.groups[k].size))
    }

    pub fn end(&self) -> usize {
        self.last().2
    }
}

pub(super) struct Moves<'g> {
    pub graph: &'g Graph,
    pub domain: Domain,
    pub v: ValueId,
    pub view: View,
    pub exact: bool,
}

impl<'g> Moves<'g> {
    pub fn dims(&self, v: ValueId) -> &'g [Dim] {
        &self.graph.ty(v).dims
    }

    /// Axes of the result with the weights that they have in the operand, neighbours joined where they stay together.
    pub fn groups(&self, dims: &[Dim], weights: &[usize]) -> Few<Group> {
        let mut groups: Few<Group> = Few::new();
        let mut from = 1;
        for (dim, to) in dims.iter().zip(weights).rev().filter(|(d, _)| extent(**d) > 1) {
            let size = extent(*dim);
            match groups.last_mut() {
                Some(last) if *to == last.to * last.size => last.size *= size,
                _ => groups.push(Group { size, from, to: *to }),
            }
            from *= size;
        }
        groups.reverse();
        groups
    }

    /// Blocks of `from` elements that are blocks of `to` elements in the operand.
    pub fn blocks(&self, count: usize, from: usize, to: usize) -> Few<Group> {
        let outer = (count > 1).then_some(Group { size: count, from, to });
        outer.into_iter().chain([Group { size: from, from: 1, to: 1 }]).collect()
    }

    pub fn carry(&self, groups: Few<Group>) -> Result<Carried, Stop> {
        let view = self.view;
        let mut reach: Few<usize> = smallvec![0; groups.len()];
        let mut movement = |step: usize, count: usize| -> Result<usize, Stop> {
            if step == 0 {
                return Ok(0);
            }
            let digit = groups.iter().position(|g| g.from <= step && step.is_multiple_of(g.from));
            let k = digit.ok_or(Stop::Cannot)?;
            let digits = step / groups[k].from;
            reach[k] += digits * (count - 1);
            Ok(digits * groups[k].to)
        };
        let (rows, extents) = match self.domain {
            Domain::Rows { rows, inner, .. } => (extent(rows), inner),
            Domain::Flat { .. } => (1, [1; AXES]),
        };
        let row = movement(view.row, rows)?;
        let mut axes = [0; AXES];
        for (axis, to) in axes.iter_mut().enumerate() {
            *to = movement(view.axes[axis], extents[axis])?;
        }
        let mut taps = view.taps;
        for tap in &mut taps {
            tap.step = movement(tap.step, tap.count)?;
            tap.count = if tap.step == 0 { 1 } else { tap.count };
        }
        let mut rest = view.offset;
        let mut at = Few::new();
        for group in &groups {
            at.push(rest / group.from);
            rest %= group.from;
        }
        if groups.iter().zip(at.iter().zip(&reach)).any(|(g, (at, reach))| at + reach >= g.size) {
            return Err(Stop::Cannot);
        }
        Ok(Carried { groups, at, reach, row, axes, taps })
    }

    /// Refuses a window that does not end before `end` of the last group; what moves, and a flat domain, cannot be cut.
    pub fn fit(&self, carried: &Carried, end: usize, exact: bool) -> Result<(), Stop> {
        let (at, reach, _) = carried.last();
        if at + reach + self.view.len.unwrap_or(1) <= end {
            return Ok(());
        }
        let fixed = reach > 0 || exact || self.domain.is_flat() || at >= end;
        Err(if fixed { Stop::Cannot } else { Stop::Cut(end - at) })
    }

    /// The view of the operand, whose index is `plus - minus` further on.
    pub fn onto(&self, carried: &Carried, plus: usize, minus: usize) -> Result<View, Stop> {
        let col = carried.groups.last().map_or(0, |g| g.to);
        let len = match (self.view.len, col) {
            (None, _) | (_, 0) => None,
            (len, 1) => len,
            _ => return Err(Stop::Cannot),
        };
        let start: usize = carried.groups.iter().zip(&carried.at).map(|(g, at)| g.to * at).sum();
        let Carried { row, axes, taps, .. } = *carried;
        Ok(View { row, axes, taps, offset: start + plus - minus, len })
    }
}
