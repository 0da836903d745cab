//! Which domain a root is computed over when it stands alone.

use super::prepare::{ReduceKind, reduce_kind};
use super::trace::{Context, Root, Trace, leading_domain};
use super::view::is_uniform;
use crate::graph::{Dim, Op, Type, ValueId};
use crate::loops::Domain;

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
                let domain = leading_domain(graph, x, split);
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
    let mut inner = 1;
    domains.push((Domain::Rows { rows, inner }, true));
    for d in &ty.dims[1..] {
        if let Dim::Const(n) = d
            && *n > 1
        {
            inner *= n;
            domains.push((Domain::Rows { rows, inner }, true));
        }
    }
    let whole = if ty.has_batch() { Dim::Batch } else { Dim::Const(1) };
    domains.push((Domain::Rows { rows: whole, inner: 1 }, false));
    domains
}
