//! Which elements of a value a kernel looks at, and how that carries over from a result to its operands.
//!
//! A [`View`] is an affine window on a value in row-major order, relative to the kernel's row. [`step`] maps the view of a result to the
//! views of its operands; where a window straddles a seam (of a concatenation, a padding, a repeated run) it says how long a prefix does
//! not, so that the caller can cut the window there.
//!
//! Every move of elements (broadcast, slice, transpose, ...) is a list of [`Group`]s: the result's index is a number in mixed radix, and each
//! digit, or run of digits that stay together, has another weight in the operand's index. A view carries over if nothing that moves it
//! carries from one digit to the next: then the operand's index is affine too.

use super::prepare::{ReduceKind, reduce_kind};
use super::trace::{Home, What};
use crate::graph::{Dim, Geometry, Graph, Op, Reduction, ScalarId, SiteId, Type, ValueId};
use crate::loops::{AXES, Affine, Axes, Binary, Domain, TAPS, Unary};

/// A middle reduction of no more than this many windows is written out: they stay in registers together.
const FEW_WINDOWS: usize = 8;

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
    fn same_places(&self, other: &View) -> bool {
        (self.row, self.axes, self.taps) == (other.row, other.axes, other.taps)
    }
}

/// Why a view cannot be carried over to the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Only this many elements from the start of the window.
    Cut(usize),
    Cannot,
}

/// A value that has no operand to look at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf<'g> {
    Const(f32),
    Scalar(ScalarId),
    Key(SiteId),
    /// Memory that outlives the step.
    Kept(Home),
    /// Rows of the data set.
    Data {
        home: Home,
        partner: bool,
    },
    /// Drawn with the key that is its first operand.
    Drawn {
        law: Law,
        dims: &'g [usize],
        shared: &'g [bool],
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    Mask,
    Noise,
}

/// What a view of a result is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step<'g> {
    Zero,
    /// The same elements under another name.
    Alias(ValueId, View),
    /// An instruction, element by element.
    Compute(What, Vec<(ValueId, View)>),
    /// A reduction over the columns of the row.
    Accumulate(Reduction, ValueId, View),
    /// A reduction of a few windows, written out.
    Windows(Reduction, Vec<(ValueId, View)>),
    /// A reduction over the taps of the operand's view.
    Fold(Reduction, ValueId, View),
    Leaf(Leaf<'g>),
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

fn product(dims: &[Dim]) -> usize {
    dims.iter().map(|d| extent(*d)).product()
}

/// Whether a transpose leaves the last axis where it is: then columns stay columns and a loop can read it as it lies.
pub(super) fn keeps_columns(dims: &[Dim], permutation: &[usize]) -> bool {
    let solid = |axis: &&usize| extent(dims[**axis]) > 1;
    let last = (0..dims.len()).rev().find(|axis| extent(dims[*axis]) > 1);
    let inner = permutation.iter().skip(1).filter(solid).count();
    permutation.iter().rev().find(solid).copied() == last && inner <= AXES + 1
}

/// Carries `view` of `v` over to its operands. With `exact`, windows are not cut into runs of a broadcast.
///
/// This is the one place that knows all operations; what it says of one is all that fusion knows.
pub(super) fn step(
    graph: &Graph,
    domain: Domain,
    v: ValueId,
    view: View,
    exact: bool,
) -> Result<Step<'_>, Stop> {
    let node = graph.node(v);
    let moves = Moves { graph, domain, v, view, exact };
    let leaf = |leaf| Ok(Step::Leaf(leaf));
    let compute = |what| Ok(Step::Compute(what, node.inputs.iter().map(|x| (*x, view)).collect()));
    let unary = |op| compute(What::Unary(op));
    let binary = |op| compute(What::Binary(op));
    match &node.op {
        Op::Input { slot, partner } => leaf(Leaf::Data { home: Home::Input(*slot), partner: *partner }),
        Op::Target { partner } => leaf(Leaf::Data { home: Home::Target, partner: *partner }),
        Op::Param(p) => leaf(Leaf::Kept(Home::Param(*p))),
        Op::Slot(s) => leaf(Leaf::Kept(Home::Slot(*s))),
        Op::State(s) => leaf(Leaf::Kept(Home::State(*s))),
        Op::Scalar(s) => leaf(Leaf::Scalar(*s)),
        Op::Const(x) => leaf(Leaf::Const(*x)),
        Op::RowKey(site) => leaf(Leaf::Key(*site)),
        Op::KeepMask { dims, shared } => leaf(Leaf::Drawn { law: Law::Mask, dims, shared }),
        Op::Noise { dims, shared } => leaf(Leaf::Drawn { law: Law::Noise, dims, shared }),
        Op::Neg => unary(Unary::Neg),
        Op::Abs => unary(Unary::Abs),
        Op::Exp => unary(Unary::Exp),
        Op::Log => unary(Unary::Log),
        Op::Sqrt => unary(Unary::Sqrt),
        Op::Tanh => unary(Unary::Tanh),
        Op::Sigmoid => unary(Unary::Sigmoid),
        Op::Softplus => unary(Unary::Softplus),
        Op::Erf => unary(Unary::Erf),
        Op::Add => binary(Binary::Add),
        Op::Sub => binary(Binary::Sub),
        Op::Mul => binary(Binary::Mul),
        Op::Div => binary(Binary::Div),
        Op::Max => binary(Binary::Max),
        Op::Min => binary(Binary::Min),
        Op::Less => binary(Binary::Less),
        Op::Select => compute(What::Select),
        Op::OneHot { .. } => moves.one_hot(node.inputs[0]),
        Op::Detach | Op::Reshape { .. } => Ok(Step::Alias(node.inputs[0], view)),
        Op::Broadcast { axes, .. } => moves.broadcast(node.inputs[0], axes),
        Op::Slice { axis, start, .. } => moves.slice(node.inputs[0], *axis, *start),
        Op::Pad { axis, before, .. } => moves.pad(node.inputs[0], *axis, *before),
        Op::Concat { axis } => moves.concat(&node.inputs, *axis),
        Op::Reduce { reduction, axes } => moves.reduce(node.inputs[0], *reduction, axes),
        Op::Transpose { permutation } => moves.transpose(node.inputs[0], permutation),
        Op::Windows { geometry, .. } => moves.windows(node.inputs[0], geometry),
        // Kernels of the library: always stored.
        Op::Contract { .. } | Op::Overlap { .. } | Op::IsFirst { .. } => Err(Stop::Cannot),
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
    let carried = moves.carry(&groups)?;
    moves.fit(&carried, carried.end(), exact)?;
    Ok(moves.onto(&carried, 0, 0)?.affine(0))
}

/// A run of digits of the result's index: `size` values of weight `from`, of weight `to` in the operand's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    size: usize,
    from: usize,
    to: usize,
}

/// A view in the digits of a list of groups.
struct Carried {
    groups: Vec<Group>,
    /// Where the window starts, by group.
    at: Vec<usize>,
    /// How far places, rows and taps move it from there.
    reach: Vec<usize>,
    row: usize,
    axes: Axes,
    taps: [Tap; TAPS],
}

impl Carried {
    /// Start, movement and size of the last group.
    fn last(&self) -> (usize, usize, usize) {
        let last = self.groups.len().checked_sub(1);
        last.map_or((0, 0, 1), |k| (self.at[k], self.reach[k], self.groups[k].size))
    }

    fn end(&self) -> usize {
        self.last().2
    }
}

struct Moves<'g> {
    graph: &'g Graph,
    domain: Domain,
    v: ValueId,
    view: View,
    exact: bool,
}

impl<'g> Moves<'g> {
    fn dims(&self, v: ValueId) -> &'g [Dim] {
        &self.graph.ty(v).dims
    }

    /// Axes of the result with the weights that they have in the operand, neighbours joined where they stay together.
    fn groups(&self, dims: &[Dim], weights: &[usize]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::with_capacity(dims.len());
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
    fn blocks(&self, count: usize, from: usize, to: usize) -> Vec<Group> {
        let outer = (count > 1).then_some(Group { size: count, from, to });
        outer.into_iter().chain([Group { size: from, from: 1, to: 1 }]).collect()
    }

    fn carry(&self, groups: &[Group]) -> Result<Carried, Stop> {
        let view = self.view;
        let mut reach = vec![0; groups.len()];
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
        let mut at = Vec::with_capacity(groups.len());
        for group in groups {
            at.push(rest / group.from);
            rest %= group.from;
        }
        if groups.iter().zip(at.iter().zip(&reach)).any(|(g, (at, reach))| at + reach >= g.size) {
            return Err(Stop::Cannot);
        }
        Ok(Carried { groups: groups.to_vec(), at, reach, row, axes, taps })
    }

    /// Refuses a window that does not end before `end` of the last group; what moves, and a flat domain, cannot be cut.
    fn fit(&self, carried: &Carried, end: usize, exact: bool) -> Result<(), Stop> {
        let (at, reach, _) = carried.last();
        if at + reach + self.view.len.unwrap_or(1) <= end {
            return Ok(());
        }
        let fixed = reach > 0 || exact || self.domain.is_flat() || at >= end;
        Err(if fixed { Stop::Cannot } else { Stop::Cut(end - at) })
    }

    /// The view of the operand, whose index is `plus - minus` further on.
    fn onto(&self, carried: &Carried, plus: usize, minus: usize) -> Result<View, Stop> {
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

    /// Blocks of the result that end with `axis`: its elements behind each place on it, and the result in blocks.
    fn along(&self, x: ValueId, axis: usize) -> Result<(usize, Carried), Stop> {
        let (dims, operand) = (self.dims(self.v), self.dims(x));
        let rest = product(&dims[axis + 1..]);
        let groups =
            self.blocks(product(&dims[..axis]), extent(dims[axis]) * rest, extent(operand[axis]) * rest);
        Ok((rest, self.carry(&groups)?))
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
        let mut weights = vec![0; dims.len()];
        let mut next = 1;
        for axis in axes.iter().rev() {
            weights[*axis] = next;
            next *= extent(dims[*axis]);
        }
        self.moved(x, &weights)
    }

    fn transpose(&self, x: ValueId, permutation: &[usize]) -> Result<Step<'g>, Stop> {
        let dims = self.dims(x);
        let weights: Vec<usize> = permutation.iter().map(|axis| product(&dims[axis + 1..])).collect();
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
        let carried = self.carry(&self.groups(self.dims(self.v), weights))?;
        self.fit(&carried, carried.end(), self.exact)?;
        Ok(Step::Alias(x, self.onto(&carried, 0, 0)?))
    }

    /// The label is one a row: columns count from the row's first.
    fn one_hot(&self, label: ValueId) -> Result<Step<'g>, Stop> {
        let whole_rows = self.domain.is_batch() && self.domain.places() == 1;
        if whole_rows && self.view.offset == 0 && !self.view.is_tapped() {
            return Ok(Step::Compute(What::OneHot, vec![(label, self.view.of_row())]));
        }
        Err(Stop::Cannot)
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
        let carried = self.carry(&self.blocks(product(&dims[..low]), rest, count * rest))?;
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
