//! Which elements of a value a kernel looks at, and how that carries over from a result to its operands.
//!
//! A [`View`] is a window on a value in row-major order, relative to the kernel's row. [`step`] maps the view of a result to the
//! views of its operands; where a window straddles a seam (of a concatenation, a padding, a repeated run) it says how long a prefix does
//! not, so that the caller can cut the window there.

use super::prepare::{ReduceKind, reduce_kind};
use crate::graph::{Dim, Graph, Op, Reduction, Type, ValueId};
use crate::loops::Domain;

/// How a view moves from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Walk {
    /// Each row of the domain has its own elements.
    Rows,
    /// The same elements for every row (in a flat domain: all elements).
    Fixed,
    /// Element `row % inner`.
    Inner,
}

/// Elements `offset..offset + len` of the row, or the one at `offset` where `len` is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct View {
    pub walk: Walk,
    pub offset: usize,
    pub len: Option<usize>,
}

impl View {
    pub const UNIFORM: View = View { walk: Walk::Fixed, offset: 0, len: None };

    fn at(self, offset: usize) -> View {
        View { offset, ..self }
    }
}

/// Why a view cannot be carried over to the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Only this many elements from the start of the window.
    Cut(usize),
    Cannot,
}

/// What a view of a result is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Zero,
    /// The same elements under another name.
    Alias(ValueId, View),
    /// The operation itself, element by element.
    Compute(Vec<(ValueId, View)>),
    /// A reduction over the columns of the row.
    Accumulate(Reduction, ValueId, View),
    /// A reduction of a few windows, written out.
    Fold(Reduction, Vec<(ValueId, View)>),
    /// Loaded or drawn: no operand has a view.
    Leaf,
}

/// One element, and not one of a batch.
pub(super) fn is_uniform(ty: &Type) -> bool {
    !ty.has_batch() && ty.row_len() == 1
}

/// Elements of one row of the domain in a value of type `ty`; `None` if it does not divide so.
pub(super) fn stride(domain: Domain, ty: &Type) -> Option<usize> {
    let Domain::Rows { rows, inner } = domain else { return None };
    let (len, parts) = match rows {
        Dim::Batch if ty.has_batch() => (ty.row_len(), inner),
        Dim::Const(n) if !ty.has_batch() => (ty.row_len(), inner * n),
        _ => return None,
    };
    (parts > 0 && len % parts == 0).then(|| len / parts)
}

/// True for a domain with a single row: there every constant value is a row of columns.
pub(super) fn is_single(domain: Domain) -> bool {
    domain == Domain::Rows { rows: Dim::Const(1), inner: 1 }
}

/// The view of a whole value as the result of a kernel over `domain`.
pub(super) fn whole(domain: Domain, ty: &Type) -> Option<View> {
    if is_uniform(ty) {
        return Some(View::UNIFORM);
    }
    if let Domain::Flat { len } = domain
        && len != ty.row_len()
    {
        return None;
    }
    if matches!(domain, Domain::Flat { .. }) || is_single(domain) {
        return (!ty.has_batch()).then(|| View { walk: Walk::Fixed, offset: 0, len: Some(ty.row_len()) });
    }
    let stride = stride(domain, ty)?;
    Some(View { walk: Walk::Rows, offset: 0, len: (stride > 1).then_some(stride) })
}

fn extent(d: Dim) -> usize {
    if let Dim::Const(n) = d { n } else { 1 }
}

/// First axis whose elements are columns, for a value seen through `walk`; `None` if the domain's rows do not end at an axis.
fn first_column(domain: Domain, walk: Walk, dims: &[Dim]) -> Option<usize> {
    match (walk, domain) {
        (Walk::Fixed, _) => (dims.first() != Some(&Dim::Batch)).then_some(0),
        (Walk::Inner, _) | (_, Domain::Flat { .. }) => None,
        (Walk::Rows, Domain::Rows { rows, inner }) => {
            if dims.first() != Some(&rows) {
                return None;
            }
            let mut split = 1;
            let mut product = 1;
            while product < inner {
                product *= extent(*dims.get(split)?);
                split += 1;
            }
            (product == inner).then_some(split)
        }
    }
}

/// Carries `view` of `v` over to its operands. With `exact`, windows are not cut into runs of a broadcast, and no sums are written out.
pub(super) fn step(graph: &Graph, domain: Domain, v: ValueId, view: View, exact: bool) -> Result<Step, Stop> {
    let node = graph.node(v);
    let first = node.inputs.first().copied();
    let moves = Moves { graph, domain, v, view };
    match (&node.op, first) {
        (Op::Reshape { .. }, Some(x)) => Ok(Step::Alias(x, view)),
        (Op::Broadcast { axes, .. }, Some(x)) => moves.broadcast(x, axes, exact),
        (Op::Slice { axis, start, .. }, Some(x)) => moves.slice(x, *axis, *start),
        (Op::Pad { axis, before, .. }, Some(x)) => moves.pad(x, *axis, *before),
        (Op::Concat { axis }, _) => moves.concat(&node.inputs, *axis),
        (Op::Reduce { reduction, axes }, Some(x)) => moves.reduce(x, *reduction, axes, exact),
        (Op::Transpose { .. } | Op::Contract { .. }, _) => Err(Stop::Cannot),
        (Op::OneHot { .. }, Some(label)) => {
            if view.walk == Walk::Rows
                && view.offset == 0
                && domain == (Domain::Rows { rows: Dim::Batch, inner: 1 })
            {
                Ok(Step::Compute(vec![(label, View { len: None, ..view })]))
            } else {
                Err(Stop::Cannot)
            }
        }
        (Op::KeepMask { .. } | Op::Noise { .. }, _) | (_, None) => Ok(Step::Leaf),
        _ => Ok(Step::Compute(node.inputs.iter().map(|x| (*x, view)).collect())),
    }
}

struct Moves<'g> {
    graph: &'g Graph,
    domain: Domain,
    v: ValueId,
    view: View,
}

impl Moves<'_> {
    fn dims(&self, v: ValueId) -> &[Dim] {
        &self.graph.ty(v).dims
    }

    /// Number of the outer block, place in the block, and length of the window; the block is `axis` of the result and what lies behind.
    fn block(&self, axis: usize) -> Result<(usize, usize, usize, usize), Stop> {
        let dims = self.dims(self.v);
        let split = first_column(self.domain, self.view.walk, dims).ok_or(Stop::Cannot)?;
        if axis < split {
            return Err(Stop::Cannot);
        }
        let rest: usize = dims[axis + 1..].iter().map(|d| extent(*d)).product();
        let block = extent(dims[axis]) * rest;
        let offset = self.view.offset;
        Ok((offset / block, offset % block, self.view.len.unwrap_or(1), rest))
    }

    /// Refuses a window that does not end before `end` of its block; in a flat domain nothing can be cut.
    fn fit(&self, place: usize, len: usize, end: usize) -> Result<(), Stop> {
        if place + len <= end {
            return Ok(());
        }
        let flat = matches!(self.domain, Domain::Flat { .. });
        Err(if flat { Stop::Cannot } else { Stop::Cut(end - place) })
    }

    fn slice(&self, x: ValueId, axis: usize, start: usize) -> Result<Step, Stop> {
        let (outer, place, len, rest) = self.block(axis)?;
        self.fit(place, len, extent(self.dims(self.v)[axis]) * rest)?;
        let offset = outer * extent(self.dims(x)[axis]) * rest + start * rest + place;
        Ok(Step::Alias(x, self.view.at(offset)))
    }

    fn pad(&self, x: ValueId, axis: usize, before: usize) -> Result<Step, Stop> {
        let (outer, place, len, rest) = self.block(axis)?;
        let inside = extent(self.dims(x)[axis]) * rest;
        let before = before * rest;
        if place < before {
            self.fit(place, len, before)?;
            return Ok(Step::Zero);
        }
        if place < before + inside {
            self.fit(place, len, before + inside)?;
            return Ok(Step::Alias(x, self.view.at(outer * inside + place - before)));
        }
        self.fit(place, len, extent(self.dims(self.v)[axis]) * rest)?;
        Ok(Step::Zero)
    }

    fn concat(&self, operands: &[ValueId], axis: usize) -> Result<Step, Stop> {
        let (outer, place, len, rest) = self.block(axis)?;
        let mut start = 0;
        for x in operands {
            let part = extent(self.dims(*x)[axis]) * rest;
            if place < start + part {
                self.fit(place, len, start + part)?;
                return Ok(Step::Alias(*x, self.view.at(outer * part + place - start)));
            }
            start += part;
        }
        Err(Stop::Cannot)
    }

    fn broadcast(&self, x: ValueId, axes: &[usize], exact: bool) -> Result<Step, Stop> {
        if is_uniform(self.graph.ty(x)) {
            return Ok(Step::Alias(x, View::UNIFORM));
        }
        let dims = self.dims(self.v);
        let split = first_column(self.domain, self.view.walk, dims).ok_or(Stop::Cannot)?;
        let walk = self.operand_walk(axes, split)?;
        // Strides of the operand along the columns' axes of the result.
        let mut strides = vec![0; dims.len() - split];
        let mut next = 1;
        for axis in axes.iter().rev().filter(|a| **a >= split) {
            strides[axis - split] = next;
            next *= extent(dims[*axis]);
        }
        let extents: Vec<usize> = dims[split..].iter().map(|d| extent(*d)).collect();
        let run = Run::new(&extents, &strides);
        let base = run.index(&extents, &strides, self.view.offset);
        let Some(len) = self.view.len else {
            return Ok(Step::Alias(x, View { walk, offset: base, len: None }));
        };
        let left = run.len - self.view.offset % run.len;
        if len > left {
            if exact {
                return Err(Stop::Cannot);
            }
            self.fit(0, len, left)?;
        }
        Ok(Step::Alias(x, View { walk, offset: base, len: run.contiguous.then_some(len) }))
    }

    /// How the operand of a broadcast moves from row to row.
    fn operand_walk(&self, axes: &[usize], split: usize) -> Result<Walk, Stop> {
        if self.view.walk == Walk::Fixed {
            return Ok(Walk::Fixed);
        }
        let dims = self.dims(self.v);
        let solid = |a: &usize| dims[*a] != Dim::Const(1);
        let own_rows = axes.contains(&0) || !solid(&0);
        let inner: Vec<usize> = (1..split).filter(solid).collect();
        let kept = inner.iter().filter(|a| axes.contains(a)).count();
        let columns = axes.iter().any(|a| *a >= split && solid(a));
        if own_rows && kept == inner.len() {
            Ok(Walk::Rows)
        } else if !axes.contains(&0) && kept == 0 {
            Ok(Walk::Fixed)
        } else if !axes.contains(&0) && kept == inner.len() && !columns {
            Ok(Walk::Inner)
        } else {
            Err(Stop::Cannot)
        }
    }

    fn reduce(&self, x: ValueId, reduction: Reduction, axes: &[usize], exact: bool) -> Result<Step, Stop> {
        let dims = self.dims(x);
        match reduce_kind(dims, axes) {
            ReduceKind::Trailing { .. } if self.view.walk == Walk::Rows && self.view.len.is_none() => {
                let own = stride(self.domain, self.graph.ty(self.v));
                let operand = stride(self.domain, self.graph.ty(x));
                match (own, operand) {
                    (Some(1), Some(n)) => {
                        Ok(Step::Accumulate(reduction, x, View { walk: Walk::Rows, offset: 0, len: Some(n) }))
                    }
                    _ => Err(Stop::Cannot),
                }
            }
            ReduceKind::Middle if !exact => self.fold(x, reduction, axes),
            _ => Err(Stop::Cannot),
        }
    }

    /// A middle reduction as a sum of windows: the last removed axis and what lies behind it bound the window.
    fn fold(&self, x: ValueId, reduction: Reduction, axes: &[usize]) -> Result<Step, Stop> {
        let dims = self.dims(x);
        let split = first_column(self.domain, self.view.walk, dims).ok_or(Stop::Cannot)?;
        let (Some(&low), Some(&high)) = (axes.first(), axes.last()) else { return Err(Stop::Cannot) };
        if low < split || high - low + 1 != axes.len() {
            return Err(Stop::Cannot);
        }
        let rest: usize = dims[high + 1..].iter().map(|d| extent(*d)).product();
        let count: usize = dims[low..=high].iter().map(|d| extent(*d)).product();
        let (outer, place) = (self.view.offset / rest, self.view.offset % rest);
        self.fit(place, self.view.len.unwrap_or(1), rest)?;
        let window = |j: usize| (x, self.view.at((outer * count + j) * rest + place));
        Ok(Step::Fold(reduction, (0..count).map(window).collect()))
    }
}

/// Along the columns, an operand of a broadcast is read in runs of `len` that are contiguous or one repeated element.
struct Run {
    len: usize,
    contiguous: bool,
}

impl Run {
    fn new(extents: &[usize], strides: &[usize]) -> Run {
        let mut len = 1;
        let mut contiguous = None;
        for (n, s) in extents.iter().zip(strides).rev().filter(|(n, _)| **n > 1) {
            match contiguous {
                None => contiguous = Some(*s != 0),
                Some(true) if *s == len => {}
                Some(false) if *s == 0 => {}
                _ => break,
            }
            len *= n;
        }
        Run { len, contiguous: contiguous.unwrap_or(false) }
    }

    fn index(&self, extents: &[usize], strides: &[usize], offset: usize) -> usize {
        let mut rest = offset;
        let mut index = 0;
        for (n, s) in extents.iter().zip(strides).rev() {
            index += rest % n * s;
            rest /= n;
        }
        index
    }
}
