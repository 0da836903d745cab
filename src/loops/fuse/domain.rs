//! Which domain a root is computed over when it stands alone.

use super::prepare::{ReduceKind, reduce_kind};
use super::trace::{Context, Root, Trace};
use super::view::{extent, is_uniform};
use crate::graph::{Dim, Graph, Op, Type, ValueId};
use crate::loops::{AXES, Axes, Domain};

/// A trace of `root` alone over the first domain that can compute it, or the value that must be stored first.
///
/// Without a seam or a repeated run to cut: batch values as rows of the batch, then as rows of the leading axes; constants flat, then
/// as rows of their first axis. At last everything in columns of whole rows, windows cut where they must be.
pub(super) fn alone<'c, 'g>(context: &'c Context<'g>, root: Root) -> Result<Trace<'c, 'g>, ValueId> {
    let mut blamed = None;
    for (domain, exact) in candidates(context, root) {
        let mut trace = Trace::new(context, domain, exact);
        match trace.add(root) {
            Ok(()) => return Ok(trace),
            // The value itself cannot be what it waits for, unless an update waits for it.
            Err(Some(v)) if !matches!(root, Root::Value(own) if own == v) => blamed = Some(v),
            Err(_) => {}
        }
    }
    match blamed {
        Some(v) if !context.stored.contains(&context.strip(v)) => Err(context.strip(v)),
        _ => panic!("internal: no loop over rows or columns computes {root:?}"),
    }
}

fn candidates(context: &Context, root: Root) -> Vec<(Domain, bool)> {
    let graph = context.graph;
    let v = match root {
        Root::Value(v) => v,
        Root::Sink(i) => graph.sinks[i].1,
    };
    let node = graph.node(v);
    if let (Root::Value(_), Op::Reduce { axes, .. }) = (root, &node.op) {
        let x = node.inputs[0];
        match reduce_kind(&graph.ty(x).dims, axes) {
            ReduceKind::Leading { split } => {
                let domain = leading(graph, x, split);
                return vec![(domain, true), (domain, false)];
            }
            ReduceKind::Full => return over(graph.ty(x)),
            _ => {}
        }
    }
    over(&node.ty)
}

/// Domains whose rows and columns together are the elements of `ty`, in order of preference.
fn over(ty: &Type) -> Vec<(Domain, bool)> {
    if is_uniform(ty) {
        return vec![(Domain::Flat { len: 1 }, true)];
    }
    let rows = ty.dims[0];
    let mut domains = Vec::new();
    if !ty.has_batch() {
        domains.push((Domain::Flat { len: ty.row_len() }, true));
    }
    let mut inner = Vec::new();
    domains.push((Domain::rows(rows), true));
    for d in &ty.dims[1..] {
        if let Dim::Const(n) = d
            && *n > 1
        {
            inner.push(*n);
            domains.push((Domain::nest(rows, axes(&inner)), true));
        }
    }
    let whole = if ty.has_batch() { Dim::Batch } else { Dim::Const(1) };
    domains.push((Domain::rows(whole), false));
    domains
}

/// The extents as inner axes, the first ones together where there are too many.
fn axes(extents: &[usize]) -> Axes {
    let mut axes = [1; AXES];
    for (i, n) in extents.iter().rev().enumerate() {
        axes[AXES - 1 - i.min(AXES - 1)] *= n;
    }
    axes
}

/// The domain over whose rows `x` is reduced when its axes `..split` are removed.
pub(super) fn leading(graph: &Graph, x: ValueId, split: usize) -> Domain {
    let dims = &graph.ty(x).dims;
    let inner: Vec<usize> = dims[1..split].iter().map(|d| extent(*d)).filter(|n| *n > 1).collect();
    Domain::nest(dims[0], axes(&inner))
}
