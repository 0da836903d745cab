//! A scan as a loop over time: its body fused like any graph, its buffers laid where they are in each step.
//!
//! Products in the body become products of a few rows with packed matrices; the packing stands before the loop. What is stacked and stored anyway
//! (results and left operands of products) is written where it is stacked, by who makes it.

use std::collections::BTreeMap;

use super::sunk::{Sunk, row_of_step, stripped, sunk};
use super::unfused::Unfused;
use super::{kernels, trace::Home};
use crate::graph::{Blocks, Dim, Enter, Graph, Node, Op, ValueId};
use crate::kernels::packed::{COLUMNS, panels};
use crate::loops::calls::{Pack, Packed};
use crate::loops::{
    Buffer, BufferId, BufferKind, Call, Domain, Extent, Kernel, Lies, Matrix, Program, Repeat, repeat,
};

/// Rows of a shard of a loop over time: few, so that a small minibatch is enough for several threads. A thread takes all its shards at once, so that
/// matrices are read once a step.
const GRAIN: usize = 4;

/// A loop over time, and what it reads.
#[derive(Clone, Debug)]
pub(super) struct RepeatView {
    of: ValueId,
    steps: usize,
    reverse: bool,
    inputs: Vec<Enter>,
    /// What lies in the memory that enters, by operand.
    operands: Vec<ValueId>,
    /// Elements of a row of one step, of operands and of what is stacked.
    entering: Vec<usize>,
    stacked: Vec<usize>,
    body: Program,
    packs: Vec<Matrix>,
    sizes: Vec<(usize, usize)>,
    /// What enters that says which steps are a row's own.
    within: Option<u32>,
}

/// Memory of a loop's own.
pub(super) struct Own {
    pub word: String,
    pub dims: Vec<Dim>,
}

/// The loop of a scan, a node that `graph` has.
///
/// # Errors
/// A step that does not stay with its rows.
pub(super) fn view(graph: &Graph, of: ValueId) -> Result<RepeatView, Unfused> {
    let Node { op: Op::Scan(scan), inputs, .. } = graph.node(of) else {
        return Err(Unfused::at(graph, of, "it is no loop over time"));
    };
    let Sunk { body: step, inputs, operands, units, within } = sunk(graph, scan, inputs);
    let mut body = kernels(&step)?;
    let mut view = RepeatView {
        of,
        steps: scan.steps,
        reverse: scan.reverse,
        entering: step.enters.iter().map(row_of_step).collect(),
        stacked: scan.stacked().map(|v| scan.body.ty(v).row_len()).collect(),
        inputs,
        operands: operands.into_iter().map(|v| stripped(graph, v)).collect(),
        body: Program { buffers: Vec::new(), kernels: Vec::new(), blocks: Blocks::ONE, branches: Vec::new() },
        packs: Vec::new(),
        sizes: Vec::new(),
        within,
    };
    let kept = std::mem::take(&mut body.kernels);
    for kernel in kept {
        let kernel = match kernel {
            Kernel::Loop(mut k) => {
                let Domain::Rows { rows: Dim::Batch, inner, .. } = k.domain else {
                    return Err(Unfused::at(graph, of, "what is the same in all steps is computed in them"));
                };
                k.domain = Domain::Rows { rows: Dim::Batch, inner, grain: GRAIN };
                repeat::over_time(&mut k, &units);
                Kernel::Loop(k)
            }
            Kernel::Call { name, call: Call::Product(product) } if product.is_of_rows() => {
                let packed = view.packed(&mut body.buffers, &product);
                Kernel::Call { name, call: packed.into() }
            }
            _ => return Err(Unfused::at(graph, of, "a step does not stay with its rows")),
        };
        body.kernels.push(kernel);
    }
    view.body = body;
    view.stretch();
    Ok(view)
}

impl RepeatView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        self.operands.clone()
    }

    /// A product with its right matrix packed, in memory that is packed before the loop.
    fn packed(&mut self, buffers: &mut Vec<Buffer>, product: &crate::loops::Product) -> Packed {
        let (k, n) = (product.k.len, product.n.len);
        let known = self.packs.iter().zip(&self.sizes).position(|own| own == (&product.b, &(k, n)));
        let number = known.unwrap_or_else(|| {
            self.packs.push(product.b);
            self.sizes.push((k, n));
            self.packs.len() - 1
        });
        // Packed matrices are told by a number behind those of all that enters.
        let kind = BufferKind::Enter((self.inputs.len() + number) as u32);
        let id = buffers.iter().position(|buffer| buffer.kind == kind).unwrap_or_else(|| {
            buffers.push(Buffer {
                name: format!("packed.{number}"),
                dtype: crate::graph::DType::F32,
                dims: [panels(n), k, COLUMNS].map(Dim::Const).to_vec(),
                kind,
                value: String::new(),
                place: None,
            });
            buffers.len() - 1
        });
        let (a, c) = (product.a, product.c);
        Packed { a, b: BufferId(id as u32), c, k, n, grain: GRAIN }
    }

    /// Columns of the result.
    fn width(&self) -> usize {
        self.stacked.iter().sum()
    }

    /// Elements of a row of all steps, of a buffer that lies over time.
    fn row_of(&self, buffer: &Buffer) -> Option<usize> {
        match buffer.kind {
            BufferKind::Enter(i) if self.inputs.get(i as usize) == Some(&Enter::Scanned) => {
                Some(self.steps * self.entering[i as usize])
            }
            BufferKind::Stack(_) => Some(self.steps * self.width()),
            _ => None,
        }
    }

    /// Gives what lies over time the rows of all steps.
    fn stretch(&mut self) {
        let rows: Vec<Option<usize>> = self.body.buffers.iter().map(|buffer| self.row_of(buffer)).collect();
        let row = |id: BufferId| rows[id.0 as usize];
        for kernel in &mut self.body.kernels {
            match kernel {
                Kernel::Loop(k) => repeat::stretch(k, &row),
                Kernel::Call { call, .. } => {
                    for matrix in repeat::matrices(call) {
                        matrix.stride = row(matrix.buffer).unwrap_or(matrix.stride);
                    }
                }
                Kernel::Repeat { .. } | Kernel::Total { .. } => {}
            }
        }
        for (buffer, row) in self.body.buffers.iter_mut().zip(&rows) {
            if let Some(row) = row {
                buffer.dims = vec![Dim::Batch, Dim::Const(*row)];
            }
        }
    }

    fn temporaries(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.body.buffers.len()).filter(|i| self.body.buffers[*i].kind == BufferKind::Temp)
    }

    fn carried(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.inputs.len()).filter(|i| self.inputs[*i] == Enter::Carried)
    }

    /// Memory of its own: packed matrices, two slots for each carried value, temporaries of the body.
    pub fn own(&self) -> Vec<Own> {
        let packs = (0..self.packs.len()).map(|i| {
            let (k, n) = self.sizes[i];
            Own { word: format!("packed.{i}"), dims: [panels(n), k, COLUMNS].map(Dim::Const).to_vec() }
        });
        let slots = self.carried().flat_map(|i| {
            let dims = vec![Dim::Batch, Dim::Const(self.entering[i])];
            ["even", "odd"].map(|word| Own { word: format!("carried.{i}.{word}"), dims: dims.clone() })
        });
        let temporaries = self.temporaries().map(|i| {
            let Buffer { name, dims, .. } = &self.body.buffers[i];
            Own { word: format!("step.{name}"), dims: dims.clone() }
        });
        packs.chain(slots).chain(temporaries).collect()
    }

    /// Kernels that come before it, and itself: its result in `result`, its own memory in `own`.
    pub fn kernels(
        &self,
        result: BufferId,
        own: &[BufferId],
        names: (&str, &mut dyn FnMut(String) -> String),
        buffers: &[Buffer],
        buffer: &dyn Fn(ValueId) -> BufferId,
    ) -> Vec<Kernel> {
        let (name, unique) = names;
        let (packs, rest) = own.split_at(self.packs.len());
        let mut kernels = Vec::new();
        for ((matrix, (k, n)), to) in self.packs.iter().zip(&self.sizes).zip(packs) {
            let from = self.entered(matrix.buffer).map_or(result, buffer);
            let call = Pack { from: Matrix { buffer: from, ..*matrix }, to: *to, k: *k, n: *n }.into();
            kernels.push(Kernel::Call { name: unique(format!("{name}.pack")), call });
        }
        let lies: Vec<Lies> =
            (0..self.body.buffers.len()).map(|local| self.lies(local, result, packs, rest, buffer)).collect();
        let size = |id: BufferId| {
            let own = &buffers[id.0 as usize];
            (id, Extent { batch: own.is_batched(), len: own.row_len() })
        };
        let around = lies.iter().flat_map(|lies| match *lies {
            Lies::Fixed(a) => vec![a],
            Lies::Over { buffer, .. } => vec![buffer],
            Lies::Before { first, slots: [a, b] } => vec![first, a, b],
            Lies::After { slots: [a, b] } => vec![a, b],
        });
        let sizes: BTreeMap<BufferId, Extent> = around.map(size).collect();
        let (steps, reverse, body) = (self.steps, self.reverse, self.body.clone());
        let entered = |slot| body.buffers.iter().position(|buffer| buffer.kind == BufferKind::Enter(slot));
        let within = self.within.and_then(entered).map(|local| BufferId(local as u32));
        let repeat = Box::new(Repeat { steps, reverse, body, lies, sizes, grain: GRAIN, within });
        kernels.push(Kernel::Repeat { name: unique(format!("{name}.loop")), repeat });
        kernels
    }

    /// What enters as a buffer of the body.
    fn entered(&self, local: BufferId) -> Option<ValueId> {
        match self.body.buffers[local.0 as usize].kind {
            BufferKind::Enter(i) => self.operands.get(i as usize).copied(),
            _ => None,
        }
    }

    fn lies(
        &self,
        local: usize,
        result: BufferId,
        packs: &[BufferId],
        rest: &[BufferId],
        buffer: &dyn Fn(ValueId) -> BufferId,
    ) -> Lies {
        let slots = |i: usize| {
            let at = 2 * self.carried().position(|own| own == i).unwrap_or(0);
            [rest[at], rest[at + 1]]
        };
        match self.body.buffers[local].kind {
            BufferKind::Enter(i) => {
                let i = i as usize;
                match self.inputs.get(i) {
                    None => Lies::Fixed(packs[i - self.inputs.len()]),
                    Some(Enter::Closed) => Lies::Fixed(buffer(self.operands[i])),
                    Some(Enter::Carried) => Lies::Before { first: buffer(self.operands[i]), slots: slots(i) },
                    Some(Enter::Scanned) => {
                        Lies::Over { buffer: buffer(self.operands[i]), offset: 0, step: self.entering[i] }
                    }
                }
            }
            BufferKind::Carry(i) => Lies::After { slots: slots(i as usize) },
            BufferKind::Stack(i) => {
                let offset = self.stacked[..i as usize].iter().sum();
                Lies::Over { buffer: result, offset, step: self.width() }
            }
            _ => {
                let at = self.temporaries().take_while(|own| *own != local).count();
                Lies::Fixed(rest[2 * self.carried().count() + at])
            }
        }
    }

    /// Its memory, as homes.
    pub fn homes(&self) -> impl Iterator<Item = Home> + '_ {
        (0..self.own().len() as u32).map(|i| Home::Private(self.of, i))
    }
}
