//! Rewrites a graph into the few shapes of operation that fusion handles: dead nodes dropped, moves that move nothing turned into
//! `Reshape`, each contraction and overlap a kernel of the library, and each `Reduce` either leading (removes the first axes), trailing (keeps them) or a middle one that keeps axis 0.
//!
//! The result computes the same sinks; node order stays topological.

use super::attention::WavesView;
use super::form::{Form, form};
use super::library::{Library, View};
use super::spectra::{self, TableView};
use super::thinned::{self, Thin};
use super::unfused::Unfused;
use super::{attention, depthwise, gather, moments, over_time, pools, product, squares, unfold, windows};
use crate::graph::{DType, Dim, Graph, Node, Op, Reduction, Type, ValueId};
use crate::loops::calls::conv::Read;

/// How the axes of a `Reduce` lie, where axes of extent 1 count as either kept or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReduceKind {
    /// Leaves one element.
    Full,
    /// Removes axes `..split`, axis 0 among them.
    Leading { split: usize },
    /// Removes axes `split..`, keeps axis 0.
    Trailing { split: usize },
    /// Keeps axis 0 and something after the removed axes, which are neighbours.
    Middle,
    /// Removes axes with kept ones between them.
    Mixed,
}

fn unit(d: Dim) -> bool {
    d == Dim::Const(1)
}

pub(super) fn reduce_kind(dims: &[Dim], axes: &[usize]) -> ReduceKind {
    let removed = |i: &usize| axes.contains(i);
    let solid: Vec<usize> = (0..dims.len()).filter(|i| !unit(dims[*i])).collect();
    if solid.iter().all(removed) {
        return ReduceKind::Full;
    }
    let leading = solid.iter().take_while(|i| removed(i)).count();
    let trailing = solid.iter().rev().take_while(|i| removed(i)).count();
    let all = solid.iter().filter(|i| removed(i)).count();
    if leading == all {
        return ReduceKind::Leading { split: solid[leading] };
    }
    if trailing == all {
        return ReduceKind::Trailing { split: solid[solid.len() - trailing - 1] + 1 };
    }
    let first = solid.iter().position(&removed).unwrap_or(0);
    let run = solid[first..].iter().take_while(|i| removed(i)).count();
    if leading == 0 && run == all { ReduceKind::Middle } else { ReduceKind::Mixed }
}

/// The graph without dead nodes and in the forms above, with the kernels of the library that its contractions and overlaps are.
///
/// # Errors
/// A contraction that is no product of matrices, whatever order its operands are brought into; sums of windows over more than two axes.
pub(super) fn prepare(graph: &Graph) -> Result<(Graph, Library), Unfused> {
    let mut live = vec![false; graph.nodes.len()];
    for (_, v) in &graph.sinks {
        live[v.index()] = true;
    }
    for i in (0..graph.nodes.len()).rev() {
        if live[i] {
            for v in &graph.nodes[i].inputs {
                live[v.index()] = true;
            }
        }
    }
    let mut out = graph.tables();
    let mut library = Library::new();
    let mut map = vec![ValueId(u32::MAX); graph.nodes.len()];
    let thin = thinned::found(graph, &live);
    for (i, node) in graph.nodes.iter().enumerate() {
        if live[i] {
            let mut node = node.clone();
            for v in &mut node.inputs {
                *v = map[v.index()];
            }
            map[i] = match node.op {
                Op::Contract { .. } => {
                    let thin = thin.get(&ValueId(i as u32)).copied();
                    contraction(&mut out, node, thin, &mut library)?
                }
                Op::Windows { .. } => windowed(&mut out, node, &mut library),
                Op::Overlap { .. } => {
                    let read = thin.get(&ValueId(i as u32)).map(Thin::read);
                    overlap(&mut out, node, read, &mut library)?
                }
                Op::Reduce { .. } => reduction(&mut out, node, &mut library),
                Op::Gather | Op::ScatterAdd { .. } => looked_up(&mut out, node, &mut library)?,
                Op::Scan(_) => {
                    let v = push(&mut out, node);
                    library.insert(v, View::Repeat(Box::new(over_time::view(&out, v)?)));
                    v
                }
                Op::DropSquares { .. } => without_squares(&mut out, node, &mut library)?,
                Op::Moments => moments_of_channels(&mut out, node, &mut library),
                Op::Attend(_) | Op::AttendBack(_) => attention(&mut out, node, &mut library)?,
                Op::Waves { .. } => waves(&mut out, node, &mut library),
                Op::Spectra(_) | Op::SpectraBack(_) => spectra_of(&mut out, node, &mut library),
                Op::Table(_) => table(&mut out, node, &mut library),
                _ => rewrite(&mut out, node),
            };
        }
    }
    out.sinks = graph.sinks.iter().map(|(sink, v)| (*sink, map[v.index()])).collect();
    Ok((out, library))
}

/// Writes a contraction down, with operands whose axes are in an order that a product can read.
fn contraction(
    out: &mut Graph,
    node: Node,
    thin: Option<Thin>,
    library: &mut Library,
) -> Result<ValueId, Unfused> {
    if let Some(view) = windows::contraction(out, &node) {
        let v = push(out, node);
        library.insert(v, View::Conv(view));
        return Ok(v);
    }
    let Some(((left, right), batch, over)) = product::parts(&node) else { return Ok(push(out, node)) };
    if let Some(view) = product::view(out, (left, right), batch, over) {
        let v = push(out, node);
        let thinned = thin.and_then(|thin| view.thinned(thin));
        library.insert(v, thinned.map_or(View::Product(view), View::Thinned));
        return Ok(v);
    }
    let over = product::rows_first(out.ty(left), over);
    let (order_left, order_right) = (
        product::ordered(out.ty(left), batch, &over, true),
        product::ordered(out.ty(right), batch, &over, false),
    );
    let batch = product::renamed(batch, &order_left, &order_right);
    let over = product::renamed(&over, &order_left, &order_right);
    let (left, right) = (transposed(out, left, order_left), transposed(out, right, order_right));
    let view = product::view(out, (left, right), &batch, &over);
    let v = push(out, Node { op: Op::Contract { batch, over }, inputs: vec![left, right], ..node });
    let view = view.ok_or_else(|| Unfused::at(out, v, "no order of its axes is a product of matrices"))?;
    library.insert(v, View::Product(view));
    Ok(v)
}

/// Writes an overlap down: the derivative of a convolution, of a depthwise one or of a pool; a transposed convolution.
fn overlap(
    out: &mut Graph,
    node: Node,
    read: Option<Read>,
    library: &mut Library,
) -> Result<ValueId, Unfused> {
    if moves_nothing(out, &node) {
        return Ok(rewrite(out, node));
    }
    let view = windows::overlap(out, &node, read)
        .map(View::Conv)
        .or_else(|| depthwise::overlap(out, &node).map(View::Depthwise))
        .or_else(|| pools::backward(out, &node).map(View::Pool))
        .or_else(|| unfold::view(out, &node).map(View::Unfold));
    let v = push(out, node);
    let view = view.ok_or_else(|| Unfused::at(out, v, "its windows slide over more than two axes"))?;
    library.insert(v, view);
    Ok(v)
}

/// Windows are looked through; a kernel writes them down where that cannot be.
fn windowed(out: &mut Graph, node: Node, library: &mut Library) -> ValueId {
    if moves_nothing(out, &node) {
        return rewrite(out, node);
    }
    let view = unfold::view(out, &node);
    let v = push(out, node);
    library.extend(view.map(|view| (v, View::Unfold(view))));
    v
}

/// Writes a reduction down: of windows that reach into the border, a pool; of their products with weights or gradients, a depthwise convolution.
fn reduction(out: &mut Graph, mut node: Node, library: &mut Library) -> ValueId {
    // Which of equal maxima is meant matters to the derivative alone.
    if let Op::Reduce { reduction: reduction @ Reduction::First, .. } = &mut node.op {
        *reduction = Reduction::Max;
    }
    let view = pools::forward(out, &node)
        .map(View::Pool)
        .or_else(|| depthwise::reduction(out, &node).map(View::Depthwise));
    let v = if view.is_some() { push(out, node) } else { rewrite(out, node) };
    library.extend(view.map(|view| (v, view)));
    v
}

/// Writes squares down: always a kernel of the library.
fn without_squares(out: &mut Graph, node: Node, library: &mut Library) -> Result<ValueId, Unfused> {
    let view = squares::view(out, &node);
    let v = push(out, node);
    let view = view.ok_or_else(|| Unfused::at(out, v, "its squares are not drawn by a key and a scalar"))?;
    library.insert(v, View::Squares(view));
    Ok(v)
}

/// Writes moments down: always a kernel of the library.
fn moments_of_channels(out: &mut Graph, node: Node, library: &mut Library) -> ValueId {
    let view = moments::view(out, &node);
    let v = push(out, node);
    library.extend(view.map(|view| (v, View::Moments(view))));
    v
}

/// Writes attention down, or its gradient: always a kernel of the library.
fn attention(out: &mut Graph, node: Node, library: &mut Library) -> Result<ValueId, Unfused> {
    let view = attention::view(out, &node);
    let v = push(out, node);
    let view = view.ok_or_else(|| Unfused::at(out, v, "its weights are not drawn by a key and a scalar"))?;
    library.insert(v, View::Attention(view));
    Ok(v)
}

/// Writes spectra of waves down, or what flows back through them: always a kernel of the library.
fn spectra_of(out: &mut Graph, node: Node, library: &mut Library) -> ValueId {
    let view = spectra::view(out, &node);
    let v = push(out, node);
    library.extend(view.map(|view| (v, View::Spectra(view))));
    v
}

/// Writes a matrix down that is known before any data.
fn table(out: &mut Graph, node: Node, library: &mut Library) -> ValueId {
    let view = TableView::of(&node);
    let v = push(out, node);
    library.extend(view.map(|view| (v, View::Table(view))));
    v
}

/// Writes a table of waves down.
fn waves(out: &mut Graph, node: Node, library: &mut Library) -> ValueId {
    let view = WavesView::of(&node);
    let v = push(out, node);
    library.extend(view.map(|view| (v, View::Waves(view))));
    v
}

/// Writes a look-up down, or the sums that are its adjoint: always a kernel of the library.
fn looked_up(out: &mut Graph, node: Node, library: &mut Library) -> Result<ValueId, Unfused> {
    let view = gather::view(out, &node);
    let v = push(out, node);
    let view = view.ok_or_else(|| Unfused::at(out, v, "its tokens are no input of the net"))?;
    library.insert(v, View::Gather(view));
    Ok(v)
}

fn transposed(out: &mut Graph, x: ValueId, permutation: Vec<usize>) -> ValueId {
    if permutation.is_sorted() {
        return x;
    }
    let dims = permutation.iter().map(|axis| out.ty(x).dims[*axis]).collect();
    let ty = Type { dtype: DType::F32, dims };
    let origin = out.node(x).origin.clone();
    rewrite(out, Node { op: Op::Transpose { permutation }, inputs: vec![x], ty, origin })
}

fn push(out: &mut Graph, node: Node) -> ValueId {
    out.nodes.push(node);
    ValueId(out.nodes.len() as u32 - 1)
}

pub(super) fn rewrite(out: &mut Graph, mut node: Node) -> ValueId {
    if moves_nothing(out, &node) {
        if out.ty(node.inputs[0]).dims == node.ty.dims {
            return node.inputs[0];
        }
        node.op = Op::Reshape { dims: node.ty.dims.clone() };
        node.inputs.truncate(1);
    }
    if let Op::Reduce { reduction, axes } = &node.op
        && reduce_kind(&out.ty(node.inputs[0]).dims, axes) == ReduceKind::Mixed
    {
        let (reduction, axes) = (*reduction, axes.clone());
        return split_reduce(out, node, reduction, &axes);
    }
    push(out, node)
}

/// True if the result is the operand's elements in the operand's order.
fn moves_nothing(graph: &Graph, node: &Node) -> bool {
    let Some(operand) = node.inputs.first().map(|v| graph.ty(*v)) else { return false };
    match form(node) {
        Form::Same(_) => true,
        Form::Broadcast { .. } | Form::Pad { .. } | Form::Slice { .. } => {
            operand.has_batch() == node.ty.has_batch() && operand.row_len() == node.ty.row_len()
        }
        Form::Concat { operands, .. } => operands.len() == 1,
        Form::Reduce { axes, .. } => axes.iter().all(|a| unit(operand.dims[*a])),
        Form::Transpose { permutation, .. } => {
            let solid: Vec<usize> = permutation.iter().copied().filter(|a| !unit(operand.dims[*a])).collect();
            solid.is_sorted()
        }
        Form::Windows { geometry, .. } | Form::Overlap { geometry } => geometry.is_identity(),
        Form::Leaf(_)
        | Form::Drawn { .. }
        | Form::DrawnAt { .. }
        | Form::Compute(_)
        | Form::OneHot(_)
        | Form::Library => false,
    }
}

/// Removes the last run of neighbouring axes first, then the others.
fn split_reduce(out: &mut Graph, node: Node, reduction: Reduction, axes: &[usize]) -> ValueId {
    let dims = out.ty(node.inputs[0]).dims.clone();
    let solid = |a: &usize| !unit(dims[*a]);
    let mut start = dims.len();
    while start > 0
        && (axes.contains(&(start - 1))
            || !axes.iter().any(|a| *a >= start && solid(a))
            || unit(dims[start - 1]))
    {
        start -= 1;
    }
    let (first, last): (Vec<usize>, Vec<usize>) = axes.iter().partition(|a| **a < start);
    let kept: Vec<Dim> = (0..dims.len()).filter(|i| !last.contains(i)).map(|i| dims[i]).collect();
    let inner = Node {
        op: Op::Reduce { reduction, axes: last },
        inputs: node.inputs,
        ty: Type { dtype: DType::F32, dims: kept },
        origin: node.origin.clone(),
    };
    let inner = rewrite(out, inner);
    rewrite(
        out,
        Node {
            op: Op::Reduce { reduction, axes: first },
            inputs: vec![inner],
            ty: node.ty,
            origin: node.origin,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reductions_are_classified_by_the_place_of_their_axes() {
        let b = Dim::Batch;
        let c = Dim::Const;
        assert_eq!(reduce_kind(&[b, c(3)], &[0, 1]), ReduceKind::Full);
        assert_eq!(reduce_kind(&[b, c(3)], &[0]), ReduceKind::Leading { split: 1 });
        assert_eq!(reduce_kind(&[b, c(3)], &[1]), ReduceKind::Trailing { split: 1 });
        assert_eq!(reduce_kind(&[b, c(2), c(3)], &[1]), ReduceKind::Middle);
        assert_eq!(reduce_kind(&[b, c(2), c(3)], &[0, 2]), ReduceKind::Mixed);
        assert_eq!(reduce_kind(&[b, c(1), c(3)], &[0]), ReduceKind::Leading { split: 2 });
        assert_eq!(reduce_kind(&[c(1), c(3)], &[1]), ReduceKind::Full);
    }
}
