//! The text of a graph: one line a node, grouped into forward, backward and update, sources by their names, sinks at the end.
//!
//! ```text
//! forward:
//!   %0: f32[B,784] = input "x"
//!   %1: f32[784,10] = param "dense_1.weight"   ; dense_1
//!   %2: f32[B,10] = contract %0, %1 over=[(1,0)]   ; dense_1
//! sinks:
//!   output = %2
//! ```
//! Numbers are those of [`ValueId`], so the text is the same on every run. It also prints broken graphs: a name that is not there is `?`.

use std::fmt::{self, Write};

use crate::sound::Spectrum;

use super::{Attention, DType, Dim, Geometry, Graph, Node, Op, Phase, Reduction, Scan, Sink, Slide, ValueId};

/// A remark that is printed below what it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub place: Place,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The graph as a whole: its tables.
    Graph,
    Node(ValueId),
    /// Index into `Graph::sinks`.
    Sink(usize),
}

impl fmt::Display for ValueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_annotated(f, self, &[])
    }
}

/// The graph's text with `notes` in it.
pub fn annotated(graph: &Graph, notes: &[Note]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_annotated(&mut text, graph, notes);
    text
}

fn write_annotated(out: &mut dyn Write, graph: &Graph, notes: &[Note]) -> fmt::Result {
    write_notes(out, notes, Place::Graph)?;
    if !graph.blocks.are_one() {
        writeln!(out, "rows in {} blocks", graph.blocks.count())?;
    }
    for (phase, title) in
        [(Phase::Forward, "forward"), (Phase::Backward, "backward"), (Phase::Update, "update")]
    {
        let mut of_phase =
            (0_u32..).zip(&graph.nodes).filter(|(_, node)| node.origin.phase == phase).peekable();
        if of_phase.peek().is_some() {
            writeln!(out, "{title}:")?;
        }
        for (id, node) in of_phase {
            write!(out, "  %{id}: {} = ", node.ty)?;
            write_operation(out, graph, node)?;
            if !node.origin.path.is_empty() {
                write!(out, "   ; {}", node.origin.path)?;
            }
            writeln!(out)?;
            if let Op::Scan(scan) = &node.op {
                write_body(out, scan)?;
            }
            write_notes(out, notes, Place::Node(ValueId(id)))?;
        }
    }
    if !graph.sinks.is_empty() {
        writeln!(out, "sinks:")?;
    }
    for (index, (sink, v)) in graph.sinks.iter().enumerate() {
        writeln!(out, "  {} = {v}", sink_name(graph, *sink))?;
        write_notes(out, notes, Place::Sink(index))?;
    }
    Ok(())
}

/// The body of a scan, a step further in, without the titles of phases.
fn write_body(out: &mut dyn Write, scan: &Scan) -> fmt::Result {
    for (id, node) in (0_u32..).zip(&scan.body.nodes) {
        write!(out, "    %{id}: {} = ", node.ty)?;
        write_operation(out, &scan.body, node)?;
        if let Op::Enter(slot) = node.op {
            write!(out, " {}", scan.inputs.get(slot as usize).map_or("?", |enter| enter.word()))?;
        }
        writeln!(out)?;
    }
    for (sink, v) in &scan.body.sinks {
        writeln!(out, "    {} = {v}", sink_name(&scan.body, *sink))?;
    }
    Ok(())
}

fn write_notes(out: &mut dyn Write, notes: &[Note], place: Place) -> fmt::Result {
    notes.iter().filter(|note| note.place == place).try_for_each(|note| writeln!(out, "  ^ {}", note.text))
}

fn write_operation(out: &mut dyn Write, graph: &Graph, node: &Node) -> fmt::Result {
    out.write_str(node.op.mnemonic())?;
    for (i, v) in node.inputs.iter().enumerate() {
        write!(out, "{} {v}", if i == 0 { "" } else { "," })?;
    }
    write_attributes(out, graph, &node.op)
}

/// `heads=4 groups=2 causal slopes`
fn write_attention(out: &mut dyn Write, form: &Attention) -> fmt::Result {
    write!(out, " heads={}", form.heads)?;
    if form.groups != form.heads {
        write!(out, " groups={}", form.groups)?;
    }
    let words = [(form.across, " across"), (form.causal, " causal"), (form.slopes, " slopes")];
    words.into_iter().filter(|(said, _)| *said).try_for_each(|(_, word)| out.write_str(word))
}

fn write_attributes(out: &mut dyn Write, graph: &Graph, op: &Op) -> fmt::Result {
    match op {
        Op::Input { slot, partner } => {
            write_name(out, graph.inputs.get(*slot as usize).map(|a| &a.name))?;
            out.write_str(if *partner { " partner" } else { "" })
        }
        Op::Target { partner } => out.write_str(if *partner { " partner" } else { "" }),
        Op::Param(id) => write_name(out, graph.params.get(id.index()).map(|s| &s.name)),
        Op::Slot(id) => write_name(out, graph.slots.get(id.index()).map(|s| &s.name)),
        Op::State(id) => write_name(out, graph.states.get(id.index()).map(|s| &s.name)),
        Op::Scalar(id) => write_name(out, graph.scalars.get(id.index()).map(|s| &s.name)),
        Op::RowKey(id) => write_name(out, graph.sites.get(id.index()).map(|s| &s.path)),
        Op::Const(value) => write!(out, " {value:?}"),
        Op::Enter(slot) => write!(out, " {slot}"),
        Op::Scan(scan) => {
            write!(out, " steps={}{}", scan.steps, if scan.reverse { " reverse" } else { "" })?;
            scan.within.map_or(Ok(()), |slot| write!(out, " within={slot}"))
        }
        Op::KeepMask { dims, shared } | Op::Noise { dims, shared } => {
            write!(out, " dims={}", list(dims))?;
            let axes: Vec<usize> = (0..shared.len()).filter(|axis| shared[*axis]).collect();
            if axes.is_empty() { Ok(()) } else { write!(out, " shared={}", list(&axes)) }
        }
        Op::Within { steps, stride, offset } => match (stride, offset) {
            (1, 0) => write!(out, " steps={steps}"),
            _ => write!(out, " steps={steps} stride={stride} offset={offset}"),
        },
        Op::DropSquares { size, shared } => {
            write!(out, " size={size}{}", if *shared { " shared" } else { "" })
        }
        Op::ScatterAdd { rows } => write!(out, " rows={rows}"),
        Op::OneHot { classes } => write!(out, " classes={classes}"),
        Op::Broadcast { axes, .. } => write!(out, " axes={}", list(axes)),
        Op::Reduce { reduction, axes } => write!(out, " {} axes={}", reduction_name(*reduction), list(axes)),
        Op::Transpose { permutation } => write!(out, " permutation={}", list(permutation)),
        Op::Slice { axis, start, len } => write!(out, " axis={axis} start={start} len={len}"),
        Op::Pad { axis, before, after } => write!(out, " axis={axis} before={before} after={after}"),
        Op::Concat { axis } => write!(out, " axis={axis}"),
        Op::Windows { geometry, pad } => {
            write_geometry(out, geometry)?;
            if *pad == 0.0 { Ok(()) } else { write!(out, " pad={pad:?}") }
        }
        Op::Overlap { geometry } => write_geometry(out, geometry),
        Op::IsFirst { axes } => write!(out, " axes={}", list(axes)),
        Op::Attend(form) | Op::AttendBack(form) => write_attention(out, form),
        Op::Waves { apart, .. } => out.write_str(if *apart { " apart" } else { "" }),
        Op::Spectra(form) | Op::SpectraBack(form) => write_spectrum(out, form),
        Op::Table(table) => write!(out, " {}", table.text()),
        Op::Contract { batch, over } => {
            if !batch.is_empty() {
                write!(out, " batch={}", pairs(batch))?;
            }
            write!(out, " over={}", pairs(over))
        }
        // The type says the form of a reshape; the rest has no attributes.
        Op::Reshape { .. }
        | Op::KeepMaskAt
        | Op::Gather
        | Op::Neg
        | Op::Abs
        | Op::Exp
        | Op::Log
        | Op::Sqrt
        | Op::Tanh
        | Op::Sigmoid
        | Op::Softplus
        | Op::Erf
        | Op::Detach
        | Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Max
        | Op::Min
        | Op::Less
        | Op::Select
        | Op::Moments => Ok(()),
    }
}

/// `window=400 hop=160 before=200`, and what differs from squares of transforms of the window's own size.
fn write_spectrum(out: &mut dyn Write, form: &Spectrum) -> fmt::Result {
    write!(out, " window={} hop={}", form.window, form.hop)?;
    if form.fft != form.window {
        write!(out, " fft={}", form.fft)?;
    }
    if form.before > 0 {
        write!(out, " before={}", form.before)?;
    }
    out.write_str(if form.squared { "" } else { " absolute" })
}

fn write_name(out: &mut dyn Write, name: Option<&String>) -> fmt::Result {
    match name {
        Some(name) => write!(out, " {name:?}"),
        None => out.write_str(" ?"),
    }
}

/// `size=[3,3] over=[1,2]`, and what differs from the plainest windows; the extents are those of the types.
fn write_geometry(out: &mut dyn Write, geometry: &Geometry) -> fmt::Result {
    let by = |of: fn(&Slide) -> usize| list(&geometry.axes.iter().map(of).collect::<Vec<_>>());
    write!(out, " size={} over={}", by(|s| s.size), by(|s| s.axis))?;
    let any = |of: fn(&Slide) -> usize, plain: usize| geometry.axes.iter().any(|s| of(s) != plain);
    if any(|s| s.stride, 1) {
        write!(out, " stride={}", by(|s| s.stride))?;
    }
    if any(|s| s.dilation, 1) {
        write!(out, " dilation={}", by(|s| s.dilation))?;
    }
    if any(|s| s.before, 0) || any(|s| s.after, 0) {
        write!(out, " before={} after={}", by(|s| s.before), by(|s| s.after))?;
    }
    Ok(())
}

fn list(items: &[usize]) -> String {
    let items: Vec<String> = items.iter().map(usize::to_string).collect();
    format!("[{}]", items.join(","))
}

fn pairs(items: &[(usize, usize)]) -> String {
    let items: Vec<String> = items.iter().map(|(l, r)| format!("({l},{r})")).collect();
    format!("[{}]", items.join(","))
}

pub fn reduction_name(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "sum",
        Reduction::Max => "max",
        Reduction::First => "first",
    }
}

fn sink_name(graph: &Graph, sink: Sink) -> String {
    let (kind, name) = match sink {
        Sink::Output => return "output".to_string(),
        Sink::Param(id) => ("param", graph.params.get(id.index()).map(|s| &s.name)),
        Sink::Slot(id) => ("slot", graph.slots.get(id.index()).map(|s| &s.name)),
        Sink::State(id) => ("state", graph.states.get(id.index()).map(|s| &s.name)),
        Sink::Carry(slot) => return format!("carry {slot}"),
        Sink::Stack(index) => return format!("stack {index}"),
        Sink::Metric(index) => ("metric", graph.metrics.get(index as usize)),
    };
    name.map_or_else(|| format!("{kind} ?"), |name| format!("{kind} {name:?}"))
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::I32 => "i32",
            DType::Bool => "bool",
            DType::Key => "key",
        })
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Batch => f.write_str("B"),
            Dim::Const(n) => write!(f, "{n}"),
        }
    }
}

/// `f32[B,784]`
impl fmt::Display for super::Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.dims.iter().map(Dim::to_string).collect();
        write!(f, "{}[{}]", self.dtype, dims.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Address, Builder, DType, Phase, Type, differentiate};
    use super::*;

    #[test]
    fn a_training_step() {
        let mut b = Builder::new();
        let slot = b.declare_input("x", DType::F32, &[784]);
        b.declare_target(Type { dtype: DType::I32, dims: vec![Dim::Batch] });
        let x = b.input(slot, false);
        let (w, y) = b.with_origin("dense_1", |b| {
            let (w, bias) = (b.param("dense_1.weight", &[784, 10]), b.param("dense_1.bias", &[10]));
            let product = b.matmul(x, w);
            (w, b.add_bias(product, bias))
        });
        let y = b.with_origin("dropout_1", |b| {
            let site = b.site("dropout_1", Address::Row);
            let (key, q) = (b.row_key(site), b.scalar("dropout_1.threshold", DType::I32));
            let mask = b.keep_mask(key, q, &[10], &[false]);
            b.mul(y, mask)
        });
        let loss = b.with_origin("cross_entropy", |b| {
            let labels = b.target(false);
            let (picked, log_p) = (b.one_hot(labels, 10), b.log_softmax(y));
            let picked = b.mul(picked, log_p);
            let rows = b.sum(picked, &[1]);
            let rows = b.neg(rows);
            b.mean(rows, &[0])
        });
        b.metric("loss", loss);
        let gradient = differentiate(&mut b, loss, &[w])[0];
        b.with_phase(Phase::Update, |b| {
            let Some(gradient) = gradient else { return };
            let rate = b.scalar("lr", DType::F32);
            let step = b.mul(gradient, rate);
            let new = b.sub(w, step);
            b.store(w, new);
        });
        let graph = b.finish();
        super::super::verify(&graph).unwrap_or_else(|broken| panic!("{broken}"));
        insta::assert_snapshot!(graph.to_string());
    }
}
