//! What depends on data alone: rows of the inputs, each by itself, constants, and tensors that no step changes. It is the same in every epoch,
//! so it need be computed only once over the data.
//!
//! ```text
//! x -> dense (frozen) -> relu -> dropout -> dense        the prefix ends behind relu: a mask is drawn anew in every epoch
//! x -> dense (frozen) -> batch_norm -> dense             behind the first dense: the moments are those of other rows too
//! ```
//!
//! Of all cuts through the prefix that which spares the most is taken, less what it costs to read what was kept; so a prefix that only maps
//! numbers of the input to as many others is computed where it is used.

use super::cut::{Cut, Line, reached};
use super::{Blocks, DType, Dim, Graph, Node, Op, Passes, ValueId, op::Class, simplify};

/// Costs in multiplications of a product. A number that is read from far memory, as rows in a new order are: 4 bytes at 6 GB/s a core
/// against 60 GFLOP/s.
const READ: usize = 20;
/// An element of a loop that is fused with others: an operation, a division, and a curve.
const ELEMENT: usize = 2;
const ROOT: usize = 4;
const CURVE: usize = 16;

/// A graph in two, the first of which is computed once.
#[derive(Clone, Debug)]
pub struct Prefix {
    /// Its output is the cut's columns side by side, `[Batch, columns]`.
    pub once: Graph,
    /// Its inputs are the cut, in order.
    pub rest: Graph,
    pub cut: Vec<Cut>,
    /// Numbers of a row that are kept, inputs that the rest still reads among them.
    pub width: usize,
}

/// By node: whether it depends on data alone, and what has rows on the same row alone.
#[must_use]
pub fn of_data_alone(graph: &Graph) -> Vec<bool> {
    let mut alone: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let own = match &node.op {
            Op::Input { partner, .. } => !partner,
            Op::Param(id) => graph.params[id.index()].still,
            Op::State(id) => graph.states[id.index()].still,
            Op::Const(_) => true,
            Op::Target { .. } | Op::Slot(_) | Op::Scalar(_) | Op::RowKey(_) => false,
            _ => !mixes_rows(graph, node) && node.inputs.iter().all(|v| alone[v.index()]),
        };
        alone.push(own);
    }
    alone
}

/// Whether an element of the result is a sum, or the like, over rows, or a convolution, transposed or not: its products take the windows of several rows
/// together, and so the last bits of a row may be those of its neighbours.
fn mixes_rows(graph: &Graph, node: &Node) -> bool {
    let rows = |operand: usize, axis: usize| graph.ty(node.inputs[operand]).dims[axis] == Dim::Batch;
    match &node.op {
        Op::Reduce { axes, .. } => axes.iter().any(|axis| rows(0, *axis)),
        Op::Contract { .. } if matches!(graph.node(node.inputs[0]).op, Op::Windows { .. }) => true,
        Op::Overlap { .. } => matches!(graph.node(node.inputs[0]).op, Op::Contract { .. }),
        Op::ScatterAdd { .. } => true,
        Op::Contract { over, .. } => over.iter().any(|(left, _)| rows(0, *left)),
        _ => false,
    }
}

/// Whether it is a value with something else behind the ends of rows. Those are found again, and the value filled, wherever it is read.
fn is_own<'g>(graph: &'g Graph, mut node: &'g Node) -> bool {
    while let Op::Reshape { .. } = node.op {
        node = graph.node(node.inputs[0]);
    }
    let Op::Select = node.op else { return false };
    let mut condition = graph.node(node.inputs[0]);
    while let (Op::Less | Op::Broadcast { .. }, Some(last)) = (&condition.op, condition.inputs.last()) {
        condition = graph.node(*last);
    }
    matches!(condition.op, Op::Within { .. })
}

/// By node: whether its elements are those of windows. One kernel makes them and what becomes of them, and nothing is cut between the two.
fn of_windows(graph: &Graph) -> Vec<bool> {
    let mut windows = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        windows[index] = match &node.op {
            Op::Windows { .. } => true,
            Op::Reduce { .. } | Op::Contract { .. } | Op::Overlap { .. } => false,
            _ => node.inputs.iter().any(|v| windows[v.index()]),
        };
        if let Op::Overlap { .. } = &node.op {
            windows[node.inputs[0].index()] = true;
        }
    }
    windows
}

/// Divides a graph where the most is spared, if rows of at most `most` numbers may be kept. None if nothing that is worth its room
/// depends on data alone.
#[must_use]
pub fn prefix(graph: &Graph, most: usize) -> Option<Prefix> {
    let ends = Ends::of(graph);
    let mut best: Option<(usize, Line)> = None;
    // The later the end, the more is spared, so few are looked at where the last ones fit.
    for (last, all) in ends.with_costs(graph).into_iter().rev() {
        if best.as_ref().is_some_and(|(gain, _)| *gain >= all) {
            break;
        }
        let line = ends.line(graph, last);
        let width = width(graph, &line);
        let gain = spared(graph, &line).saturating_sub(READ.saturating_mul(width));
        if width <= most && gain > best.as_ref().map_or(0, |(gain, _)| *gain) {
            best = Some((gain, line));
        }
    }
    divided(graph, &best?.1)
}

/// Every way to divide a graph, whether it pays or not.
#[cfg(test)]
pub(crate) fn prefixes(graph: &Graph) -> Vec<Prefix> {
    let ends = Ends::of(graph);
    let all = ends.with_costs(graph).into_iter();
    all.filter_map(|(last, _)| divided(graph, &ends.line(graph, last))).collect()
}

/// Where what depends on data alone may end, by node.
struct Ends(Vec<bool>);

impl Ends {
    fn of(graph: &Graph) -> Self {
        let (alone, of_windows) = (of_data_alone(graph), of_windows(graph));
        let of_rows = reached(graph, |op| matches!(op, Op::Input { .. }));
        let may_end = |(index, node): (usize, &Node)| {
            let number = node.ty.dtype == DType::F32 && node.ty.has_batch();
            let read = matches!(node.op, Op::Input { .. });
            let whole = !of_windows[index]
                && !matches!(node.op, Op::Broadcast { .. } | Op::Within { .. })
                && !is_own(graph, node);
            alone[index] && of_rows[index] && (read || number && whole)
        };
        Self(graph.nodes.iter().enumerate().map(may_end).collect())
    }

    /// Values that are computed, in order, each with what it and all before it cost.
    fn with_costs(&self, graph: &Graph) -> Vec<(ValueId, usize)> {
        let mut all = 0_usize;
        let mut ends = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate().filter(|(index, _)| self.0[*index]) {
            all = all.saturating_add(cost(graph, node));
            if !matches!(node.op, Op::Input { .. }) {
                ends.push((ValueId(index as u32), all));
            }
        }
        ends
    }

    /// The cut that goes no further than this value.
    fn line(&self, graph: &Graph, last: ValueId) -> Line {
        let is_input = |v: ValueId| matches!(graph.node(v).op, Op::Input { .. });
        Line::of(graph, |v| self.0[v.index()] && (v <= last || is_input(v)))
    }
}

/// Numbers of a row that a cut keeps.
fn width(graph: &Graph, line: &Line) -> usize {
    line.values.iter().map(|v| graph.ty(*v).row_len()).sum()
}

fn divided(graph: &Graph, line: &Line) -> Option<Prefix> {
    let dead = Passes { dce: true, ..Passes::NONE };
    let once = simplify(&line.before(graph)?, dead);
    Some(Prefix {
        // Neither numbers of a step nor draws nor targets are among what it reads, and its rows are each by itself.
        once: Graph {
            target: None,
            scalars: Vec::new(),
            sites: Vec::new(),
            metrics: Vec::new(),
            blocks: Blocks::ONE,
            ..once
        },
        rest: simplify(&line.behind(graph), dead),
        cut: line.cut(graph),
        width: width(graph, line),
    })
}

/// What a row costs before the cut and not behind it.
fn spared(graph: &Graph, line: &Line) -> usize {
    let mut before = vec![false; graph.nodes.len()];
    line.values.iter().for_each(|v| before[v.index()] = true);
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if before[index] {
            node.inputs.iter().for_each(|v| before[v.index()] = true);
        }
    }
    let ends = |index: usize| line.values.contains(&ValueId(index as u32));
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .filter(|(i, _)| before[*i] && (!line.wanted[*i] || ends(*i)))
        .map(|(_, node)| cost(graph, node))
        .sum()
}

/// What a row of a value costs; what has no rows is computed once a step at most.
fn cost(graph: &Graph, node: &Node) -> usize {
    if !node.ty.has_batch() {
        return 0;
    }
    let len = node.ty.row_len();
    match &node.op {
        Op::Contract { over, .. } => {
            let left = graph.ty(node.inputs[0]);
            over.iter().filter_map(|(axis, _)| left.dims[*axis].size()).fold(len, usize::saturating_mul)
        }
        Op::Exp | Op::Log | Op::Tanh | Op::Sigmoid | Op::Softplus | Op::Erf => CURVE * len,
        Op::Spectra(form) => form.frame_cost().saturating_mul(form.frames),
        Op::Div | Op::Sqrt => ROOT * len,
        Op::Scan(scan) => {
            let step = scan.body.nodes.iter().map(|node| cost(&scan.body, node));
            step.fold(0, usize::saturating_add).saturating_mul(scan.steps)
        }
        Op::Reduce { .. } => ELEMENT * graph.ty(node.inputs[0]).row_len(),
        op if op.class() == Class::Elementwise => ELEMENT * len,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};
    use crate::graph::Mode;
    use crate::lower::{lower_eval, lower_train};

    /// Paths of the layers where the training graph is cut, each with its numbers a row.
    fn ends(layers: &str, train: &str, most: usize) -> Vec<String> {
        let source = format!(
            "net {{\n  input x: real[40]\n  {layers}\n  dense 3\n  output y: class[3]\n}}\n\
             train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n  {train}\n}}"
        );
        let checked = check_source(&source, &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        shown(&lower_train(&model).graph, most)
    }

    fn shown(graph: &Graph, most: usize) -> Vec<String> {
        let Some(prefix) = prefix(graph, most) else { return Vec::new() };
        let ends = prefix.rest.inputs.iter().map(|input| format!("{} {}", input.name, input.ty.row_len()));
        ends.collect()
    }

    const ALL: usize = usize::MAX;

    #[test]
    fn it_ends_where_chance_other_rows_or_training_begin() {
        let stem = "stem: dense 64 -> relu";
        assert_eq!(ends(stem, "freeze stem", ALL), ["stem/relu_1 64"]);
        assert_eq!(ends(stem, "", ALL), [""; 0]);
        assert_eq!(ends(stem, "freeze stem, until=1steps", ALL), [""; 0]);
        assert_eq!(ends(&format!("dropout 0.2\n  {stem}"), "freeze stem", ALL), [""; 0]);
        assert_eq!(ends(stem, "freeze stem\n}\naugment {\n  mixup alpha=0.2", ALL), [""; 0]);
        let norm = "stem: dense 64\n  norm: batch_norm -> relu";
        assert_eq!(ends(norm, "freeze stem", ALL), ["stem 64"]);
        assert_eq!(ends(norm, "freeze stem\n  freeze norm", ALL), ["norm/relu_1 64"]);
        let dropped = "stem: dense 64 -> relu -> dropout 0.5 -> dense 32 -> relu";
        assert_eq!(ends(dropped, "freeze stem", ALL), ["stem/relu_1 64"]);
    }

    #[test]
    fn it_is_cut_where_it_fits() {
        let widens = "stem: dense 64 -> relu -> dense 200 -> relu";
        assert_eq!(ends(widens, "freeze stem", ALL), ["stem/relu_2 200"]);
        assert_eq!(ends(widens, "freeze stem", 199), ["stem/relu_1 64"]);
        assert_eq!(ends(widens, "freeze stem", 63), [""; 0]);
    }

    #[test]
    fn what_is_as_cheap_as_reading_it_is_not_kept() {
        assert_eq!(ends("stem: batch_norm -> relu", "freeze stem", ALL), [""; 0]);
        assert_eq!(ends("a: dense 2\n  stem: dense 16 -> relu", "freeze a\n  freeze stem", ALL), ["a 2"]);
    }

    #[test]
    fn spectra_are_kept_up_to_where_draws_or_training_begin() {
        let net = |layers: &str| {
            let source = format!(
                "net {{\n  input clip: wave[1s, rate=8kHz]\n  {layers}\n  mean_pool over=[time, freq] -> dense 3\n  output y: class[3]\n}}\n\
                 train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}"
            );
            check_source(&source, &Env::default()).model.unwrap_or_else(|| panic!("{source}"))
        };
        let bands = "mel_spectrogram bands=40 -> log";
        let masked = net(&format!("{bands} -> spec_mask time=200ms, freq=8, count=2\n  conv 4, 3x3 -> relu"));
        for graph in [&lower_train(&masked).graph, &lower_eval(&masked, Mode::Eval).graph] {
            let ends = shown(graph, ALL);
            let wide: Vec<&String> = ends.iter().filter(|end| end.ends_with(" 4040")).collect();
            assert_eq!(wide, ["log_1 4040"], "{ends:?}");
        }
        let plain = net(&format!("{bands} -> standardize over=time\n  conv 4, 3x3 -> batch_norm -> relu"));
        let ends = shown(&lower_train(&plain).graph, ALL);
        assert!(ends.iter().any(|end| end.starts_with("standardize_1 4040")), "{ends:?}");
        // Beside the bands of a clip its length is read.
        let narrow = shown(&lower_train(&masked).graph, 4040);
        assert!(!narrow.iter().any(|end| end.ends_with(" 4040")), "{narrow:?}");
    }

    #[test]
    fn evaluation_draws_nothing() {
        let source = "net {\n  input x: real[40]\n  dropout 0.2\n  stem: dense 64 -> relu\n  dense 3\n  output y: class[3]\n}\n\
             train {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n  freeze stem\n}";
        let model = check_source(source, &Env::default()).model.expect("a sound net");
        assert_eq!(shown(&lower_train(&model).graph, ALL), [""; 0]);
        assert_eq!(shown(&lower_eval(&model, Mode::Eval).graph, ALL), ["stem/relu_1 64"]);
    }
}
