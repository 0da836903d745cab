//! How a view of a result carries over to its operands.
//!
//! [`step`] maps the view of a result to the views of its operands; where a window straddles a seam (of a concatenation, a padding, a
//! repeated run) it says how long a prefix does not, so that the caller can cut the window there.

use smallvec::smallvec;

use super::carry::{Carried, Few, Moves, Stop};
use super::form::{Compute, Form, Law, Leaf, form};
use super::prepare::{ReduceKind, reduce_kind};
use super::view::{Tap, View, extent, is_uniform, product, stride, whole};
use crate::graph::{Dim, Geometry, Graph, Reduction, ValueId};
use crate::loops::{Affine, Domain, TAPS};

/// A middle reduction of no more than this many windows is written out: they stay in registers together.
const FEW_WINDOWS: usize = 8;

/// What a view of a result is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step<'g> {
    Zero,
    /// The same elements under another name.
    Alias(ValueId, View),
    /// An instruction, element by element.
    Compute(Compute<(ValueId, View)>),
    /// Whether the column is the label's.
    OneHot(ValueId, View),
    /// A reduction over the columns of the row.
    Accumulate(Reduction, ValueId, View),
    /// A reduction of a few windows, written out.
    Windows(Reduction, Vec<(ValueId, View)>),
    /// A reduction over the taps of the operand's view.
    Fold(Reduction, ValueId, View),
    Leaf(Leaf),
    /// A draw with a key, for the units that a value names.
    DrawnAt {
        key: ValueId,
        q: ValueId,
        tokens: (ValueId, View),
    },
    /// A draw with a key, for units that [`units`] numbers.
    Drawn {
        law: Law,
        key: ValueId,
        dims: &'g [usize],
        shared: &'g [bool],
    },
}

/// Carries `view` of `v` over to its operands. With `exact`, windows are not cut into runs of a broadcast.
pub(super) fn step(
    graph: &Graph,
    domain: Domain,
    v: ValueId,
    view: View,
    exact: bool,
) -> Result<Step<'_>, Stop> {
    let moves = Moves { graph, domain, v, view, exact };
    match form(graph.node(v)) {
        Form::Leaf(leaf) => Ok(Step::Leaf(leaf)),
        Form::Drawn { law, key, dims, shared } => Ok(Step::Drawn { law, key, dims, shared }),
        Form::DrawnAt { key, q, tokens } => Ok(Step::DrawnAt { key, q, tokens: (tokens, view) }),
        Form::Compute(compute) => compute.map(|x| Ok((x, view))).map(Step::Compute),
        Form::OneHot(label) => moves.one_hot(label),
        Form::Same(x) => Ok(Step::Alias(x, view)),
        Form::Broadcast { x, axes } => moves.broadcast(x, axes),
        Form::Slice { x, axis, start } => moves.slice(x, axis, start),
        Form::Pad { x, axis, before } => moves.pad(x, axis, before),
        Form::Concat { operands, axis } => moves.concat(operands, axis),
        Form::Reduce { x, reduction, axes } => moves.reduce(x, reduction, axes),
        Form::Transpose { x, permutation } => moves.transpose(x, permutation),
        Form::Windows { x, geometry } => moves.windows(x, geometry),
        Form::Overlap { .. } | Form::Library => Err(Stop::Cannot),
    }
}

/// The numbers of the units that `view` of a draw with these dims looks at: `weights` are what a step along each axis adds.
pub(super) fn units(
    graph: &Graph,
    domain: Domain,
    v: ValueId,
    view: View,
    weights: &[usize],
    exact: bool,
) -> Result<Affine, Stop> {
    let moves = Moves { graph, domain, v, view, exact };
    let dims = &graph.ty(v).dims;
    let own = dims.len() - weights.len();
    let groups = moves.groups(&dims[own..], weights);
    let carried = moves.carry(groups)?;
    moves.fit(&carried, carried.end(), exact)?;
    Ok(moves.onto(&carried, 0, 0)?.affine(0))
}

impl<'g> Moves<'g> {
    /// Blocks of the result that end with `axis`: its elements behind each place on it, and the result in blocks.
    fn along(&self, x: ValueId, axis: usize) -> Result<(usize, Carried), Stop> {
        let (dims, operand) = (self.dims(self.v), self.dims(x));
        let rest = product(&dims[axis + 1..]);
        let groups =
            self.blocks(product(&dims[..axis]), extent(dims[axis]) * rest, extent(operand[axis]) * rest);
        Ok((rest, self.carry(groups)?))
    }

    /// The same for a seam within the last group: many of them, one a block of the window, are for another domain.
    fn seam(&self, carried: &Carried, end: usize) -> Result<(), Stop> {
        let (at, reach, size) = carried.last();
        let blocks = at + reach + self.view.len.unwrap_or(1) > size;
        self.fit(carried, end, self.exact && blocks)
    }

    fn slice(&self, x: ValueId, axis: usize, start: usize) -> Result<Step<'g>, Stop> {
        let (rest, carried) = self.along(x, axis)?;
        self.seam(&carried, carried.end())?;
        Ok(Step::Alias(x, self.onto(&carried, start * rest, 0)?))
    }

    fn pad(&self, x: ValueId, axis: usize, before: usize) -> Result<Step<'g>, Stop> {
        let (rest, carried) = self.along(x, axis)?;
        let (before, inside) = (before * rest, extent(self.dims(x)[axis]) * rest);
        let (place, ..) = carried.last();
        if place < before {
            self.seam(&carried, before)?;
            return Ok(Step::Zero);
        }
        if place < before + inside {
            self.seam(&carried, before + inside)?;
            return Ok(Step::Alias(x, self.onto(&carried, 0, before)?));
        }
        self.seam(&carried, carried.end())?;
        Ok(Step::Zero)
    }

    fn concat(&self, operands: &[ValueId], axis: usize) -> Result<Step<'g>, Stop> {
        let mut start = 0;
        for x in operands {
            let (rest, carried) = self.along(*x, axis)?;
            let part = extent(self.dims(*x)[axis]) * rest;
            if carried.last().0 < start + part {
                self.seam(&carried, start + part)?;
                return Ok(Step::Alias(*x, self.onto(&carried, 0, start)?));
            }
            start += part;
        }
        Err(Stop::Cannot)
    }

    fn broadcast(&self, x: ValueId, axes: &[usize]) -> Result<Step<'g>, Stop> {
        if is_uniform(self.graph.ty(x)) {
            return Ok(Step::Alias(x, View::UNIFORM));
        }
        let dims = self.dims(self.v);
        let mut weights: Few<usize> = smallvec![0; dims.len()];
        let mut next = 1;
        for axis in axes.iter().rev() {
            weights[*axis] = next;
            next *= extent(dims[*axis]);
        }
        self.moved(x, &weights)
    }

    fn transpose(&self, x: ValueId, permutation: &[usize]) -> Result<Step<'g>, Stop> {
        let dims = self.dims(x);
        let weights: Few<usize> = permutation.iter().map(|axis| product(&dims[axis + 1..])).collect();
        self.moved(x, &weights)
    }

    /// The operand, in which a window and a tap move the same axis; where windows reach into the border, no function of the place says what
    /// they hold.
    fn windows(&self, x: ValueId, geometry: &Geometry) -> Result<Step<'g>, Stop> {
        if geometry.has_border() {
            return Err(Stop::Cannot);
        }
        let dims = self.dims(x);
        let weight = |axis: usize| product(&dims[axis + 1..]);
        let (places, taps): (Vec<usize>, Vec<usize>) = geometry
            .axes
            .iter()
            .map(|slide| (slide.stride * weight(slide.axis), slide.dilation * weight(slide.axis)))
            .unzip();
        let own = |range: std::ops::Range<usize>| range.map(weight).collect::<Vec<_>>();
        let (outer, inner) = (own(0..geometry.first()), own(geometry.taps()..dims.len()));
        self.moved(x, &[outer, places, taps, inner].concat())
    }

    /// The operand, whose index each axis of the result moves by its weight.
    fn moved(&self, x: ValueId, weights: &[usize]) -> Result<Step<'g>, Stop> {
        let carried = self.carry(self.groups(self.dims(self.v), weights))?;
        self.fit(&carried, carried.end(), self.exact)?;
        Ok(Step::Alias(x, self.onto(&carried, 0, 0)?))
    }

    /// The label is one a place: columns count from the place's first.
    fn one_hot(&self, label: ValueId) -> Result<Step<'g>, Stop> {
        let one_a_place = self.domain.is_batch() && stride(self.domain, self.graph.ty(label)) == Some(1);
        let (own, labels) =
            (whole(self.domain, self.graph.ty(self.v)), whole(self.domain, self.graph.ty(label)));
        match (own, labels) {
            (Some(own), Some(labels))
                if one_a_place
                    && self.view.same_places(&own)
                    && self.view.offset == 0
                    && !self.view.is_tapped() =>
            {
                Ok(Step::OneHot(label, labels))
            }
            _ => Err(Stop::Cannot),
        }
    }

    fn reduce(&self, x: ValueId, reduction: Reduction, axes: &[usize]) -> Result<Step<'g>, Stop> {
        let own = whole(self.domain, self.graph.ty(self.v));
        let one_a_place = stride(self.domain, self.graph.ty(self.v)) == Some(1);
        match reduce_kind(self.dims(x), axes) {
            ReduceKind::Trailing { .. } if one_a_place && own == Some(self.view) => {
                let row = whole(self.domain, self.graph.ty(x)).ok_or(Stop::Cannot)?;
                Ok(Step::Accumulate(reduction, x, row))
            }
            ReduceKind::Middle if axes.windows(2).all(|pair| pair[0] + 1 == pair[1]) => {
                self.middle(x, reduction, axes, own)
            }
            ReduceKind::Full
            | ReduceKind::Leading { .. }
            | ReduceKind::Trailing { .. }
            | ReduceKind::Middle
            | ReduceKind::Mixed => Err(Stop::Cannot),
        }
    }

    /// A middle reduction: a few windows that are written out, or a window that taps move, if the kernel looks at each result once.
    fn middle(
        &self,
        x: ValueId,
        reduction: Reduction,
        axes: &[usize],
        own: Option<View>,
    ) -> Result<Step<'g>, Stop> {
        let dims = self.dims(x);
        let (low, high) = (axes[0], axes[axes.len() - 1]);
        let rest = product(&dims[high + 1..]);
        let count = product(&dims[low..=high]);
        let carried = self.carry(self.blocks(product(&dims[..low]), rest, count * rest))?;
        self.fit(&carried, rest, self.exact)?;
        let first = self.onto(&carried, 0, 0)?;
        if count <= FEW_WINDOWS {
            return Ok(Step::Windows(reduction, (0..count).map(|j| (x, first.further(j * rest))).collect()));
        }
        if self.view.is_tapped() || !own.is_some_and(|own| self.view.same_places(&own)) {
            return Err(Stop::Cannot);
        }
        Ok(Step::Fold(reduction, x, View { taps: taps(&dims[low..=high], rest), ..first }))
    }
}

/// The taps of a reduction over `dims` with `rest` elements behind them: one axis each, the first ones together where there are too many.
fn taps(dims: &[Dim], rest: usize) -> [Tap; TAPS] {
    let mut taps = View::UNIFORM.taps;
    let mut solid: Vec<usize> = dims.iter().map(|d| extent(*d)).filter(|n| *n > 1).collect();
    while solid.len() > TAPS {
        let first = solid.remove(0);
        solid[0] *= first;
    }
    let mut step = rest;
    for (tap, count) in taps.iter_mut().rev().zip(solid.into_iter().rev()) {
        *tap = Tap { count, step };
        step *= count;
    }
    taps
}
