//! The reference interpreter: what a graph means, node by node, with no other aim than to be right.
//!
//! It is the oracle of native code (f32) and of derivatives (f64). Elementwise operations in f32 have the bits of native code; reductions
//! and products add in plain order, so their bits are not the native ones. Random nodes draw from `math` as kernels do.
//! Invariants: the graph is verified; bindings are checked against it before anything is computed, and only they can be wrong.

mod attention;
mod eval;
mod real;
mod spectra;
mod tensor;

use std::collections::BTreeMap;
use std::fmt;

pub use attention::attention_weights;
pub(crate) use attention::{attend, attend_back};
pub use real::Real;
pub use tensor::{Data, Tensor};

use super::{DType, Dim, Graph, Op, Sink, SiteId, Type, ValueId};

/// What the runtime would bind for one step.
#[derive(Clone, Debug)]
pub struct Bindings<T> {
    /// Rows of the minibatch.
    pub rows: usize,
    /// By input slot: the minibatch's rows, `[rows, ..]`.
    pub inputs: Vec<Tensor<T>>,
    /// By input slot: the rows they are mixed with; empty where nothing is mixed.
    pub partners: Vec<Tensor<T>>,
    pub target: Option<Tensor<T>>,
    pub partner_target: Option<Tensor<T>>,
    pub params: Vec<Tensor<T>>,
    pub slots: Vec<Tensor<T>>,
    pub states: Vec<Tensor<T>>,
    pub scalars: Vec<Tensor<T>>,
    /// Stream key of each site.
    pub streams: Vec<u64>,
    /// Of each row: its place in the epoch's order, or its number in the input. Addresses the draws.
    pub positions: Vec<u64>,
    /// Ordinal of the update; addresses the draws of sites that are keyed by update.
    pub update: u64,
    /// Of the body of a scan: what it sees, by operand.
    pub enters: Vec<Tensor<T>>,
    /// Masks or deviates to take in place of a site's draws.
    pub overrides: BTreeMap<SiteId, Tensor<T>>,
    /// Whether single-precision polynomials use fused multiply-add, as native code does where the host has it.
    pub fma: bool,
}

impl<T> Default for Bindings<T> {
    fn default() -> Self {
        Self {
            rows: 0,
            inputs: Vec::new(),
            partners: Vec::new(),
            target: None,
            partner_target: None,
            params: Vec::new(),
            slots: Vec::new(),
            states: Vec::new(),
            scalars: Vec::new(),
            streams: Vec::new(),
            positions: Vec::new(),
            update: 0,
            enters: Vec::new(),
            overrides: BTreeMap::new(),
            fma: false,
        }
    }
}

impl<T: Real> Bindings<T> {
    /// Binds the graph's scalars from their 4-byte words, as the runtime passes them: f32 bits, or an i32.
    pub fn bind_scalar_words(&mut self, graph: &Graph, words: &[u32]) {
        let tensor = |(scalar, word): (&super::Scalar, &u32)| match scalar.dtype {
            DType::I32 => Tensor::ints(&[], vec![word.cast_signed()]),
            _ => Tensor::scalar(T::from_f32(f32::from_bits(*word))),
        };
        self.scalars = graph.scalars.iter().zip(words).map(tensor).collect();
    }
}

/// A source of the graph for which there is no binding, or one of another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindError(pub String);

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BindError {}

/// The values of all nodes of a graph.
#[derive(Clone, Debug)]
pub struct Values<T> {
    nodes: Vec<Tensor<T>>,
    sinks: BTreeMap<Sink, ValueId>,
}

impl<T> Values<T> {
    pub fn of(&self, v: ValueId) -> &Tensor<T> {
        &self.nodes[v.index()]
    }

    /// What a sink receives; none where the graph has no such sink.
    pub fn sink(&self, sink: Sink) -> Option<&Tensor<T>> {
        self.sinks.get(&sink).map(|v| self.of(*v))
    }

    pub fn sinks(&self) -> impl Iterator<Item = (Sink, &Tensor<T>)> {
        self.sinks.iter().map(|(sink, v)| (*sink, self.of(*v)))
    }
}

/// Evaluates a verified graph.
pub fn interpret<T: Real>(graph: &Graph, bindings: &Bindings<T>) -> Result<Values<T>, BindError> {
    let mut nodes: Vec<Tensor<T>> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let dims = concrete(&node.ty, bindings.rows);
        let value = match source(graph, &node.op, bindings)? {
            Some(bound) if bound.dims == dims && bound.dtype() == node.ty.dtype => bound,
            Some(bound) => {
                return Err(BindError(format!(
                    "{:?} has the type {}, but {}{:?} is bound for {} rows",
                    node.op,
                    node.ty,
                    bound.dtype(),
                    bound.dims,
                    bindings.rows
                )));
            }
            None => {
                let operands: Vec<&Tensor<T>> = node.inputs.iter().map(|v| &nodes[v.index()]).collect();
                match overridden(graph, &node.op, &node.inputs, bindings) {
                    // Its masks are inside of it.
                    masks @ Some(_) if let Op::Attend(form) = &node.op => {
                        attend(form, &operands, masks, bindings.fma)
                    }
                    Some(mask) if mask.dims == dims => mask.clone(),
                    Some(mask) => {
                        return Err(BindError(format!(
                            "a draw of {} is overridden by {:?}",
                            node.ty, mask.dims
                        )));
                    }
                    None => eval::eval(&node.op, &operands, &dims, bindings.fma),
                }
            }
        };
        nodes.push(value);
    }
    Ok(Values { nodes, sinks: graph.sinks.iter().copied().collect() })
}

/// Dimensions with the minibatch's rows in them.
pub fn concrete(ty: &Type, rows: usize) -> Vec<usize> {
    ty.dims.iter().map(|dim| if let Dim::Const(n) = dim { *n } else { rows }).collect()
}

/// The value of a source; none for an operation with operands.
fn source<T: Real>(graph: &Graph, op: &Op, bindings: &Bindings<T>) -> Result<Option<Tensor<T>>, BindError> {
    let bound = match op {
        Op::Input { slot, partner: false } => bindings.inputs.get(*slot as usize),
        Op::Input { slot, partner: true } => bindings.partners.get(*slot as usize),
        Op::Target { partner: false } => bindings.target.as_ref(),
        Op::Target { partner: true } => bindings.partner_target.as_ref(),
        Op::Param(id) => bindings.params.get(id.index()),
        Op::Slot(id) => bindings.slots.get(id.index()),
        Op::State(id) => bindings.states.get(id.index()),
        Op::Scalar(id) => bindings.scalars.get(id.index()),
        Op::Const(value) => return Ok(Some(Tensor::scalar(T::from_f32(*value)))),
        Op::Enter(slot) => bindings.enters.get(*slot as usize),
        Op::RowKey(site) => return row_keys(graph, *site, bindings).map(Some),
        _ => return Ok(None),
    };
    bound.cloned().map(Some).ok_or_else(|| BindError(format!("nothing is bound for {op:?}")))
}

fn row_keys<T: Real>(graph: &Graph, site: SiteId, bindings: &Bindings<T>) -> Result<Tensor<T>, BindError> {
    let path = &graph.sites[site.index()].path;
    let Some(stream) = bindings.streams.get(site.index()).copied() else {
        // With every draw overridden a site needs no stream.
        if bindings.overrides.contains_key(&site) {
            return keys_of(graph, site, bindings, 0);
        }
        return Err(BindError(format!("no stream is bound for the site {path:?}")));
    };
    keys_of(graph, site, bindings, stream)
}

fn keys_of<T: Real>(
    graph: &Graph,
    site: SiteId,
    bindings: &Bindings<T>,
    stream: u64,
) -> Result<Tensor<T>, BindError> {
    let key = |position: &u64| crate::draws::row_key(stream, *position);
    match graph.sites[site.index()].address {
        super::Address::Update => Ok(Tensor::keys(&[], vec![key(&bindings.update)])),
        super::Address::Row if bindings.positions.len() == bindings.rows => {
            Ok(Tensor::keys(&[bindings.rows], bindings.positions.iter().map(key).collect()))
        }
        super::Address::Row => Err(BindError(format!(
            "{} positions are bound for {} rows",
            bindings.positions.len(),
            bindings.rows
        ))),
    }
}

fn overridden<'b, T>(
    graph: &Graph,
    op: &Op,
    inputs: &[ValueId],
    bindings: &'b Bindings<T>,
) -> Option<&'b Tensor<T>> {
    match (op, &graph.node(*inputs.first()?).op) {
        (Op::KeepMask { .. } | Op::Noise { .. } | Op::Attend(_), Op::RowKey(site)) => {
            bindings.overrides.get(site)
        }
        _ => None,
    }
}
