//! Checks a graph between stages and passes. A graph that fails is a bug in dropnet, never in a `.net` file.
//!
//! Invariants:
//! - operands stand before their users, hence there is no cycle;
//! - every node has the number of operands and the type that its rule says (`shape`); with it: elementwise operands have one type,
//!   `Batch` leads, ids of sources are declared;
//! - a sink's value exists and has the type of its place: that of the tensor, `f32[Batch, ..]` for the output, `f32[]` for a total;
//! - the body of a scan is one (`scan`);
//! - no place is written twice, and none that is held still;
//! - inputs and targets have rows, are F32 or I32, a target is `i32[Batch]`, `i32[Batch, T]` or `f32[Batch, D]`; scalars are F32 or I32; names are
//!   unique in their table.

use std::collections::BTreeSet;
use std::fmt;

use super::print::{Note, Place, annotated};
use super::{DType, Dim, Graph, Node, Op, Sink, Stored, Type, ValueId, shape};

/// What is wrong, and the graph's text with it.
#[derive(Clone, Debug)]
pub struct Broken {
    pub faults: Vec<Note>,
    pub dump: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this is a bug in dropnet: the graph is not sound, faults: {}\n{}",
            self.faults.len(),
            self.dump
        )
    }
}

impl std::error::Error for Broken {}

/// Checks all invariants; says every fault, not only the first.
pub fn verify(graph: &Graph) -> Result<(), Box<Broken>> {
    let mut faults = Vec::new();
    check_tables(graph, &mut |text| faults.push(Note { place: Place::Graph, text }));
    for (id, node) in (0_u32..).zip(&graph.nodes) {
        if let Err(text) = check_node(graph, ValueId(id), node) {
            faults.push(Note { place: Place::Node(ValueId(id)), text });
        }
    }
    let mut written = BTreeSet::new();
    for (index, (sink, v)) in graph.sinks.iter().enumerate() {
        let mut fault = |text| faults.push(Note { place: Place::Sink(index), text });
        if !written.insert(*sink) {
            fault("this place is written twice".to_string());
        }
        if let Err(text) = check_sink(graph, *sink, *v) {
            fault(text);
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let dump = annotated(graph, &faults);
    Err(Box::new(Broken { faults, dump }))
}

fn check_node(graph: &Graph, id: ValueId, node: &Node) -> Result<(), String> {
    if let Some(late) = node.inputs.iter().find(|v| **v >= id) {
        return Err(format!("its operand {late} does not stand before it"));
    }
    match shape::infer(graph, &node.op, &node.inputs) {
        Ok(ty) if ty == node.ty => match &node.op {
            Op::Scan(scan) => scan.check(),
            _ => Ok(()),
        },
        Ok(ty) => Err(format!("has the type {}, but its rule says {ty}", node.ty)),
        Err(error) => Err(error.to_string()),
    }
}

fn check_sink(graph: &Graph, sink: Sink, v: ValueId) -> Result<(), String> {
    let Some(node) = graph.nodes.get(v.index()) else { return Err(format!("there is no {v}")) };
    let tensor = |table: &[Stored], index: usize| match table.get(index) {
        Some(stored) if stored.still => Err(format!("{:?} is held still", stored.name)),
        Some(stored) => Ok(stored.ty()),
        None => Err(format!("its tensor {index} is not declared: there are {}", table.len())),
    };
    let want = match sink {
        Sink::Param(id) => tensor(&graph.params, id.index())?,
        Sink::Slot(id) => tensor(&graph.slots, id.index())?,
        Sink::State(id) => tensor(&graph.states, id.index())?,
        Sink::Output if node.ty.has_batch() && node.ty.dtype == DType::F32 => return Ok(()),
        Sink::Output => return Err(format!("an output is f32[B,..], not {}", node.ty)),
        Sink::Metric(index) if index as usize >= graph.metrics.len() => {
            return Err(format!("its total {index} is not declared: there are {}", graph.metrics.len()));
        }
        Sink::Metric(_) => Type::scalar(DType::F32),
        // Of what is stacked, and of its type, the scan knows.
        Sink::Carry(slot) => match graph.enters.get(slot as usize) {
            Some(ty) => ty.clone(),
            None => {
                return Err(format!("its operand {slot} is not declared: there are {}", graph.enters.len()));
            }
        },
        Sink::Stack(_) => return Ok(()),
    };
    if node.ty == want { Ok(()) } else { Err(format!("takes {want}, not {}", node.ty)) }
}

fn check_tables(graph: &Graph, fault: &mut dyn FnMut(String)) {
    let plain = |dtype| matches!(dtype, DType::F32 | DType::I32);
    for array in &graph.inputs {
        if !array.ty.has_batch() || !plain(array.ty.dtype) {
            fault(format!("input {:?} has the type {}", array.name, array.ty));
        }
    }
    if let Some(ty) = &graph.target {
        let form = matches!(
            (ty.dtype, ty.dims.as_slice()),
            (DType::I32, [Dim::Batch] | [Dim::Batch, Dim::Const(_)])
                | (DType::F32, [Dim::Batch, Dim::Const(_)])
        );
        if !form {
            fault(format!("a target is i32[B], i32[B,T] or f32[B,D], not {ty}"));
        }
    }
    for scalar in graph.scalars.iter().filter(|s| !plain(s.dtype)) {
        fault(format!("scalar {:?} has the type {}", scalar.name, scalar.dtype));
    }
    check_names("input", graph.inputs.iter().map(|a| &a.name), fault);
    for (kind, table) in [("param", &graph.params), ("slot", &graph.slots), ("state", &graph.states)] {
        check_names(kind, table.iter().map(|s| &s.name), fault);
    }
    check_names("scalar", graph.scalars.iter().map(|s| &s.name), fault);
    check_names("site", graph.sites.iter().map(|s| &s.path), fault);
    check_names("metric", graph.metrics.iter(), fault);
}

fn check_names<'g>(kind: &str, names: impl Iterator<Item = &'g String>, fault: &mut dyn FnMut(String)) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            fault(format!("two entries of the table '{kind}' are called {name:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, ParamId, Scalar};
    use super::*;

    fn small() -> Graph {
        let mut b = Builder::new();
        let slot = b.declare_input("x", DType::F32, &[2]);
        let (x, w) = (b.input(slot, false), b.param("w", &[2, 3]));
        let y = b.with_origin("dense_1", |b| b.matmul(x, w));
        let total = b.sum_all(y);
        b.sink(Sink::Output, y);
        b.metric("loss", total);
        b.finish()
    }

    fn dump(graph: &Graph) -> String {
        verify(graph).map_or_else(|broken| broken.to_string(), |()| "sound".to_string())
    }

    #[test]
    fn sound() {
        assert_eq!(dump(&small()), "sound");
    }

    #[test]
    fn faults_are_printed_where_they_are() {
        let mut graph = small();
        graph.nodes[2].inputs = vec![ValueId(0), ValueId(2)];
        graph.nodes[3].ty = Type::f32(&[Dim::Batch]);
        graph.sinks.push((Sink::Output, ValueId(9)));
        graph.sinks.push((Sink::Param(ParamId(7)), ValueId(1)));
        insta::assert_snapshot!(dump(&graph));
    }

    #[test]
    fn what_is_held_still_is_not_written() {
        let mut graph = small();
        graph.params[0].still = true;
        graph.sinks.push((Sink::Param(ParamId(0)), ValueId(1)));
        assert!(dump(&graph).contains("\"w\" is held still"));
    }

    #[test]
    fn faults_of_tables_and_sources() {
        let mut graph = small();
        graph.nodes[1].op = Op::Param(ParamId(4));
        graph.scalars = vec![Scalar { name: "lr".into(), dtype: DType::Key, positive: false }; 2];
        graph.target = Some(Type::scalar(DType::F32));
        graph.sinks[1].1 = ValueId(2);
        insta::assert_snapshot!(dump(&graph));
    }
}
