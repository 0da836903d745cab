//! Writes grouped and ordered kernels down as a program: buffers, names, products, trees over partials, totals.

use std::collections::{BTreeMap, BTreeSet};

use super::body::emit;
use super::branches::branches;
use super::group::{Groups, Item, is_combined, leaf_home};
use super::library::View;
use super::names::Names;
use super::order::Order;
use super::over_time::{Own, RepeatView};
use super::trace::{Context, Effect, Home, Trace, What};
use super::windows::Turned;
use crate::graph::{Blocks, DType, Dim, Op, Sink, Stored, Type, ValueId};
use crate::kernels::conv::winograd::PRODUCTS;
use crate::loops::calls::Region;
use crate::loops::calls::Turn;
use crate::loops::{AXES, Buffer, BufferId, BufferKind, Call, Combine, Domain, Kernel, Program, Transpose};

/// Shards of what a kernel of the library sums over a block at once.
const ONE_EACH: Domain = Domain::Rows { rows: Dim::Const(1), inner: [1; AXES], grain: 1 };

struct Writer<'c, 'g> {
    context: &'c Context<'g>,
    names: Names<'c, 'g>,
    program: Program,
    buffers: BTreeMap<Home, BufferId>,
    /// Filters that a kernel has turned.
    turned: BTreeSet<Turned>,
    /// In a step of a loop over time: values that lie where they are stacked.
    stacked: BTreeMap<ValueId, Home>,
}

pub(super) fn write<'g>(context: &Context<'g>, groups: &Groups, order: &Order) -> Program {
    let names = Names::new(context);
    let program = Program {
        buffers: Vec::new(),
        kernels: Vec::new(),
        blocks: context.graph.blocks,
        branches: Vec::new(),
    };
    let (buffers, turned, stacked) = (BTreeMap::new(), BTreeSet::new(), context.stacked());
    let mut writer = Writer { context, names, program, buffers, turned, stacked };
    for item in &order.items {
        for home in homes(context, &groups.items[*item]) {
            writer.buffer(home, order);
        }
    }
    // Filters that a step has from before it: turned first, before anything updates them.
    writer.turn(|context, filters| leaf_home(context.graph, filters).is_some());
    for item in &order.items {
        match &groups.items[*item] {
            Item::Loop(trace) => writer.loops(trace, order),
            Item::Call(v) => writer.call(*v),
            Item::Transpose(v) => writer.transpose(*v),
        }
    }
    writer.totals();
    // A step of a loop over time is not left out by itself.
    if context.graph.enters.is_empty() {
        writer.program.branches = branches(context, groups, &writer.buffers);
    }
    writer.program
}

/// Memory that an item touches, what it reads first.
fn homes(context: &Context, item: &Item) -> Vec<Home> {
    match item {
        Item::Loop(trace) => {
            let loads = trace.instances.iter().filter_map(|i| match i.what {
                What::Load { home, .. } => Some(home),
                _ => None,
            });
            loads.chain(trace.actions.iter().map(|a| a.home)).collect()
        }
        Item::Call(v) => {
            let bases = context.bases(*v).into_iter().map(|base| home_of(context, base));
            let turned = context.library.get(v).and_then(View::turned).map(Home::Turned);
            let own =
                context.library.get(v).and_then(View::over_time).into_iter().flat_map(|view| view.homes());
            bases.chain(turned).chain([Home::Value(*v)]).chain(own).collect()
        }
        Item::Transpose(v) => {
            let x = context.strip(context.graph.node(*v).inputs[0]);
            vec![home_of(context, x), Home::Value(*v)]
        }
    }
}

pub(super) fn home_of(context: &Context, v: ValueId) -> Home {
    let leaf = leaf_home(context.graph, v);
    leaf.filter(|_| !context.stored.contains(v)).unwrap_or(Home::Value(v))
}

impl Writer<'_, '_> {
    fn buffer(&mut self, home: Home, order: &Order) -> BufferId {
        if let Some(id) = self.buffers.get(&home) {
            return *id;
        }
        if let Home::Value(v) = home
            && let Some(lodging) = order.lodgers.get(&v).or(self.stacked.get(&v)).copied()
        {
            let id = self.buffer(lodging, order);
            self.buffers.insert(home, id);
            return id;
        }
        let mut buffer = self.describe(home);
        buffer.name = self.names.unique(buffer.name);
        let id = BufferId(self.program.buffers.len() as u32);
        self.program.buffers.push(buffer);
        self.buffers.insert(home, id);
        id
    }

    fn describe(&self, home: Home) -> Buffer {
        let graph = self.context.graph;
        let stored = |s: &Stored, kind, value: &str| Buffer {
            name: s.name.clone(),
            dtype: DType::F32,
            dims: s.ty().dims,
            kind,
            value: value.to_string(),
            place: None,
        };
        match home {
            Home::Param(p) => stored(&graph.params[p.index()], BufferKind::Param(p), "parameter"),
            Home::Slot(s) => stored(&graph.slots[s.index()], BufferKind::Slot(s), "optimizer slot"),
            Home::State(s) => stored(&graph.states[s.index()], BufferKind::State(s), "state"),
            Home::Input(slot) => {
                let array = &graph.inputs[slot as usize];
                let (dtype, dims) = (array.ty.dtype, array.ty.dims.clone());
                let (kind, value) = (BufferKind::Input { slot }, "rows of the data set".to_string());
                Buffer { name: array.name.clone(), dtype, dims, kind, value, place: None }
            }
            Home::Target => {
                let ty = graph.target.clone().unwrap_or_else(|| crate::graph::Type::f32(&[Dim::Batch]));
                let value = "targets of the data set".to_string();
                Buffer {
                    name: "target".to_string(),
                    dtype: ty.dtype,
                    dims: ty.dims,
                    kind: BufferKind::Target,
                    value,
                    place: None,
                }
            }
            Home::Output => {
                let sink = graph.sinks.iter().find(|(sink, _)| *sink == Sink::Output);
                let dims = sink.map(|(_, v)| graph.ty(*v).dims.clone()).unwrap_or_default();
                let value = sink.map(|(_, v)| self.names.describe(*v)).unwrap_or_default();
                Buffer {
                    name: "output".to_string(),
                    dtype: DType::F32,
                    dims,
                    kind: BufferKind::Output,
                    value,
                    place: None,
                }
            }
            Home::Enter(i) | Home::Carry(i) | Home::Stack(i) => self.at_a_border(home, i),
            Home::Private(v, i) => self.of_loop(v, i),
            Home::Turned(filters) => {
                let Turned { weights, channels, filters, inputs } = filters;
                let (rows, cols) = if inputs { (filters, channels) } else { (channels, filters) };
                let name = match leaf_home(graph, weights) {
                    Some(Home::Param(p)) => graph.params[p.index()].name.clone(),
                    _ => self.names.value(weights),
                };
                Buffer {
                    name: format!("{name}.turned"),
                    dtype: DType::F32,
                    dims: [PRODUCTS, rows, cols].map(Dim::Const).to_vec(),
                    kind: BufferKind::Temp,
                    value: format!("{name}, turned for tiles of 2x2 results"),
                    place: None,
                }
            }
            Home::Value(v) => {
                let partials = self.context.leaves_partials(v) || is_combined(graph, v);
                let kind = if partials { BufferKind::Partials } else { BufferKind::Temp };
                let dims = graph.ty(v).dims.clone();
                Buffer {
                    name: self.names.value(v),
                    dtype: DType::F32,
                    dims,
                    kind,
                    value: self.names.describe(v),
                    place: None,
                }
            }
        }
    }

    /// Memory of a loop over time of its own.
    fn of_loop(&self, v: ValueId, i: u32) -> Buffer {
        let own = self.context.library.get(&v).and_then(View::over_time).map(RepeatView::own);
        let own = own.and_then(|own| own.into_iter().nth(i as usize));
        let Own { word, dims } = own.unwrap_or_else(|| Own { word: String::new(), dims: Vec::new() });
        let name = format!("{}.{word}", self.names.value(v));
        Buffer {
            name,
            dtype: DType::F32,
            dims,
            kind: BufferKind::Temp,
            value: "of the loop".to_string(),
            place: None,
        }
    }

    /// What the body of a loop over time has from outside it, or leaves there.
    fn at_a_border(&self, home: Home, i: u32) -> Buffer {
        let graph = self.context.graph;
        let of =
            |sink: Sink| graph.sinks.iter().find(|(own, _)| *own == sink).map(|(_, v)| graph.ty(*v).clone());
        let (word, ty, kind) = match home {
            Home::Carry(_) => ("carry", of(Sink::Carry(i)), BufferKind::Carry(i)),
            Home::Stack(_) => ("stack", of(Sink::Stack(i)), BufferKind::Stack(i)),
            _ => ("enter", graph.enters.get(i as usize).cloned(), BufferKind::Enter(i)),
        };
        let Type { dtype, dims } = ty.unwrap_or_else(|| Type::f32(&[]));
        Buffer { name: format!("{word}.{i}"), dtype, dims, kind, value: String::new(), place: None }
    }

    fn loops(&mut self, trace: &Trace, order: &Order) {
        let name = self.names.kernel(trace);
        let name = self.names.unique(name);
        let buffers = &self.buffers;
        let lookup = |home: Home| buffers[&home];
        let kernel = emit(trace, name, &lookup, &order.lodgers);
        let domain = kernel.domain;
        self.program.kernels.push(Kernel::Loop(kernel));
        for action in &trace.actions {
            if let (Effect::Partial(reduction), Home::Value(v)) = (action.effect, action.home) {
                let (partials, cols) = (self.buffers[&action.home], self.context.graph.ty(v).row_len());
                let blocks = if domain.is_batch() { self.program.blocks } else { Blocks::ONE };
                self.combine(v, Combine { partials, cols, reduction, domain, blocks }.into());
            }
        }
    }

    /// Turns filters that are not turned yet.
    fn turn(&mut self, which: impl Fn(&Context, ValueId) -> bool) {
        let waiting: Vec<(Turned, BufferId)> = self
            .buffers
            .iter()
            .filter_map(
                |(home, id)| if let Home::Turned(filters) = home { Some((*filters, *id)) } else { None },
            )
            .filter(|(filters, _)| which(self.context, filters.weights) && !self.turned.contains(filters))
            .collect();
        for (filters, to) in waiting {
            self.turned.insert(filters);
            let from = self.buffers[&home_of(self.context, filters.weights)];
            let name = self.names.unique(format!("{}.turn", self.program.buffers[from.0 as usize].name));
            let Turned { channels, filters, inputs, .. } = filters;
            let call = Turn { from, to, channels, filters, inputs }.into();
            self.program.kernels.push(Kernel::Call { name, call });
        }
    }

    /// Brings the partials of `v` together.
    fn combine(&mut self, v: ValueId, call: Call) {
        let name = self.names.unique(format!("{}.combine", self.names.value(v)));
        self.program.kernels.push(Kernel::Call { name, call });
    }

    fn call(&mut self, v: ValueId) {
        let Some(view) = self.context.library.get(&v) else { return };
        let own = self.buffers[&Home::Value(v)];
        if let Some(filters) = view.turned() {
            self.turn(|_, weights| weights == filters.weights);
        }
        let buffer = |base| self.buffers[&home_of(self.context, base)];
        let turned = |filters| self.buffers[&Home::Turned(filters)];
        if let Some(view) = view.over_time() {
            return self.over_time(v, own, view);
        }
        let Some(call) = view.call(own, self.context.alone[v.index()], buffer, turned) else { return };
        let name = self.names.unique(format!("{}.{}", self.names.value(v), view.word(&call)));
        let partials = call.operands().iter().find_map(|o| match o.region {
            Region::Partials { domain, .. } if o.buffer == own => Some(domain),
            _ => None,
        });
        let blocks = if self.context.sums_blocks(v) { self.program.blocks } else { Blocks::ONE };
        let partials = partials.or((!blocks.are_one()).then_some(ONE_EACH));
        self.program.kernels.push(Kernel::Call { name, call });
        if let Some(domain) = partials {
            let cols = self.context.graph.ty(v).row_len();
            self.combine(v, view.combine(own, cols, domain, blocks));
        }
    }

    fn over_time(&mut self, v: ValueId, result: BufferId, view: &RepeatView) {
        let own: Vec<BufferId> = view.homes().map(|home| self.buffers[&home]).collect();
        let buffer = |base| self.buffers[&home_of(self.context, base)];
        let name = self.names.value(v);
        let names = &mut self.names;
        let mut unique = |name| names.unique(name);
        let kernels = view.kernels(result, &own, (&name, &mut unique), &self.program.buffers, &buffer);
        self.program.kernels.extend(kernels);
    }

    fn transpose(&mut self, v: ValueId) {
        let graph = self.context.graph;
        let Op::Transpose { permutation } = &graph.node(v).op else { return };
        let x = graph.node(v).inputs[0];
        let name = self.names.unique(format!("{}.transpose", self.names.value(v)));
        let call = Transpose {
            from: self.buffers[&home_of(self.context, self.context.strip(x))],
            to: self.buffers[&Home::Value(v)],
            dims: graph.ty(x).dims.clone(),
            permutation: permutation.clone(),
        };
        self.program.kernels.push(Kernel::Call { name, call: call.into() });
    }

    fn totals(&mut self) {
        for (sink, v) in &self.context.graph.sinks {
            if let Sink::Metric(index) = sink {
                let value = self.buffers[&Home::Value(self.context.strip(*v))];
                self.program.kernels.push(Kernel::Total { index: *index, value });
            }
        }
    }
}
