//! Which domain a root is computed over when it stands alone.

use std::collections::BTreeSet;

use super::More;
use super::prepare::{ReduceKind, reduce_kind};
use super::trace::{Context, Root, Trace};
use super::unfused::Unfused;
use super::view::{extent, is_uniform};
use crate::graph::{Dim, Graph, Op, Type, ValueId};
use crate::loops::{AXES, Axes, Domain};

/// Values that are looked at for other ways to count a root's elements.
const MOST_VALUES: usize = 64;

/// How a kernel that computes one root visits its elements.
#[derive(Clone, Copy)]
pub(super) struct Alone {
    pub domain: Domain,
    /// No window is cut at the runs of a broadcast.
    pub exact: bool,
}

/// The first domain over which `root` can be computed alone, or what must be stored first. `scratch` is an empty trace, and is left empty.
///
/// Without a seam or a repeated run to cut: batch values as rows of the batch, then as rows of the leading axes; constants flat, then
/// as rows of their first axis; then as the axes of a value that it is made of count the same elements (a map under a `flatten`). At last
/// everything in columns of whole rows, windows cut where they must be.
pub(super) fn alone(scratch: &mut Trace, root: Root) -> Result<Alone, More> {
    let context = scratch.context;
    let graph = context.graph;
    let v = root.value(graph);
    let mut search = Search { trace: scratch, root, blamed: None };
    let own = match reduced(graph, root, v) {
        Some((x, ReduceKind::Leading { split })) => {
            let domain = leading(graph, x, split);
            return search
                .first(&[domain], true)
                .or_else(|| search.first(&[domain], false))
                .ok_or_else(|| search.fault());
        }
        Some((x, ReduceKind::Full)) => x,
        _ => v,
    };
    if let Some(alone) = search.first(&over(graph.ty(own)), true) {
        return Ok(alone);
    }
    for ty in alike(context, own) {
        if let Some(alone) = search.first(&over(ty), true) {
            return Ok(alone);
        }
    }
    let rows = if graph.ty(own).has_batch() { Dim::Batch } else { Dim::Const(1) };
    search.first(&[Domain::rows(rows)], false).ok_or_else(|| search.fault())
}

/// What a root reduces, and how.
fn reduced(graph: &Graph, root: Root, v: ValueId) -> Option<(ValueId, ReduceKind)> {
    match (root, &graph.node(v).op) {
        (Root::Value(_), Op::Reduce { axes, .. }) => {
            let x = graph.node(v).inputs[0];
            Some((x, reduce_kind(&graph.ty(x).dims, axes)))
        }
        _ => None,
    }
}

struct Search<'t, 'c, 'g> {
    /// Empty between two domains.
    trace: &'t mut Trace<'c, 'g>,
    root: Root,
    /// What had to be stored for the last domain to do.
    blamed: Option<ValueId>,
}

impl Search<'_, '_, '_> {
    fn first(&mut self, domains: &[Domain], exact: bool) -> Option<Alone> {
        self.trace.exact = exact;
        for domain in domains {
            self.trace.domain = *domain;
            match self.trace.add(self.root) {
                Ok(()) => {
                    self.trace.clear();
                    return Some(Alone { domain: *domain, exact });
                }
                // The value itself cannot be what it waits for, unless an update waits for it.
                Err(Some(v)) if self.root != Root::Value(v) => self.blamed = Some(v),
                Err(_) => {}
            }
        }
        None
    }

    fn fault(&self) -> More {
        let context = self.trace.context;
        let blamed = self.blamed.map(|v| context.strip(v));
        match blamed.filter(|v| !context.stored.contains(*v)) {
            Some(v) => More::Store(BTreeSet::from([v])),
            None => {
                let v = self.root.value(context.graph);
                More::Never(Unfused::at(context.graph, v, "no loop over rows and columns computes it"))
            }
        }
    }
}

/// Domains whose rows and columns together are the elements of `ty`, in order of preference.
fn over(ty: &Type) -> Vec<Domain> {
    if is_uniform(ty) {
        return vec![Domain::Flat { len: 1 }];
    }
    let rows = ty.dims[0];
    let mut domains = Vec::new();
    if !ty.has_batch() {
        domains.push(Domain::Flat { len: ty.row_len() });
    }
    let mut inner = Vec::new();
    domains.push(Domain::rows(rows));
    for n in ty.dims[1..].iter().map(|d| extent(*d)).filter(|n| *n > 1) {
        inner.push(n);
        domains.push(Domain::nest(rows, axes(&inner)));
    }
    domains
}

/// Types of what `v` is made of that have as many elements on other axes.
fn alike<'g>(context: &Context<'g>, v: ValueId) -> Vec<&'g Type> {
    let graph = context.graph;
    let own = graph.ty(v);
    let mut found: Vec<&Type> = Vec::new();
    let mut seen = Vec::new();
    let mut stack = vec![v];
    while let Some(v) = stack.pop().filter(|_| seen.len() < MOST_VALUES) {
        let ty = graph.ty(v);
        let same = ty.has_batch() == own.has_batch() && ty.row_len() == own.row_len();
        if !same || seen.contains(&v) {
            continue;
        }
        seen.push(v);
        if ty.dims != own.dims && found.iter().all(|f| f.dims != ty.dims) {
            found.push(ty);
        }
        if !context.stored.contains(v) {
            stack.extend(&graph.node(v).inputs);
        }
    }
    found
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
