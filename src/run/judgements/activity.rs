//! What goes on inside trained nets: how strongly hidden units answer held-out rows, how weights are spread.

use crate::run::{
    folder::trained::{Trained, TrainedError},
    judgements::held_out,
};
use crate::{
    data::{Numbers, Part, Search},
    graph::Mode,
    kernels::team::Team,
    model::{Model, NodeId, NodeKind, OutputKind, ParamRole, Ty},
    plot::{Chart, Series},
    runtime::evaluate::Evaluator,
};

/// Bars of a histogram.
const BINS: usize = 60;
/// The share of the largest values that a picture leaves out, to show the others.
const TAIL: f64 = 0.001;

/// A net of which something is shown beside others.
pub struct Shown<'a> {
    /// What it is called, where there are others.
    pub name: String,
    pub net: &'a Trained,
    /// Where its data are looked for.
    pub search: &'a Search,
}

impl Shown<'_> {
    pub(in crate::run) fn titled(&self, what: &str) -> String {
        if self.name.is_empty() { what.into() } else { format!("{}: {what}", self.name) }
    }
}

/// How strongly the units of the first hidden layer answer the held-out rows: the share of activations over their size. Of several nets with
/// dropout off: training with it makes activations few and small (Srivastava et al. 2014, figures 7 and 8). Of one net as it is, and as the next
/// layer sees it in one sample of dropout. Those that are 0, often most, would hide all others: their share stands beside.
///
/// # Errors
/// A net without hidden units; data that are missing, broken, or not those of training.
pub fn activations(nets: &[Shown<'_>], team: &Team) -> Result<Chart, TrainedError> {
    let (mut all, mut titles) = (Vec::new(), Vec::new());
    for one in nets {
        let (part_name, part) = held_out::first_rows(one.net, one.search, None)?;
        let title = format!("First hidden layer, {} rows of {part_name}", part.rows());
        let live = one.net.model.is_live_in_mc();
        let mut answers = |mode, way: &str| {
            all.push((answers_of(one.net, &part, mode, team)?, one.titled(way)));
            Ok::<(), TrainedError>(())
        };
        match (nets, live) {
            ([_], true) => {
                answers(Mode::Eval, "dropout off")?;
                answers(Mode::Mc, "in one sample")?;
            }
            (_, true) => answers(Mode::Eval, "with dropout")?,
            (_, false) => answers(Mode::Eval, "without dropout")?,
        }
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let high = all.iter().map(|(values, _)| quantile(values, 1.0 - TAIL)).fold(0.0, f64::max);
    let low = all.iter().map(|(values, _)| quantile(values, TAIL)).fold(0.0, f64::min);
    let series = all.iter().enumerate().map(|(color, (values, way))| {
        let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / values.len() as f64;
        let silent = values.iter().filter(|x| **x == 0.0).count() as f64 / values.len() as f64;
        let name = format!("{way}: mean {mean:.3}, {:.0} % are 0", 100.0 * silent);
        let awake = |x: f64| x != 0.0;
        Series::steps(&name, color, histogram(values, low, high, awake))
    });
    Ok(Chart {
        title: titles.join("; "),
        x: "activation of a unit".into(),
        y: "share of activations, those of 0 left out".into(),
        series: series.collect(),
        ..Chart::default()
    })
}

/// How the weights of each matrix are spread, over bins that all matrices of all nets share.
///
/// # Errors
/// Parameters that do not fit the net.
pub fn weights(nets: &[Shown<'_>]) -> Result<Chart, TrainedError> {
    let mut matrices = Vec::new();
    for one in nets {
        let store = one.net.store()?;
        let params = one.net.model.params.iter().zip(store.params);
        let own = params.filter(|(p, _)| p.role == ParamRole::Weight);
        matrices.extend(own.map(|(p, values)| (one.titled(&p.name), values)));
    }
    let ends = |at: f64| matrices.iter().map(move |(_, values)| quantile(values, at));
    let (low, high) = (ends(TAIL).fold(0.0, f64::min), ends(1.0 - TAIL).fold(0.0, f64::max));
    let series = matrices.iter().enumerate();
    Ok(Chart {
        title: "Weights".into(),
        x: "weight".into(),
        y: "share of the matrix".into(),
        series: series
            .map(|(i, (name, values))| Series::steps(name, i, histogram(values, low, high, |_| true)))
            .collect(),
        ..Chart::default()
    })
}

/// Answers of the first hidden layer to rows, `[rows, units]`; in a sample behind the dropout of that layer.
fn answers_of(net: &Trained, part: &Part, mode: Mode, team: &Team) -> Result<Vec<f32>, TrainedError> {
    let Some(mut node) = hidden(&net.model) else {
        return Err(TrainedError::Unfit("the net has no hidden units to look at".into()));
    };
    if let (Mode::Mc, Some(behind)) = (mode, net.model.nodes.get(node.0 + 1))
        && let NodeKind::Layer(used) = &behind.kind
        && behind.inputs == [node]
        && used.word.drop_site(&used.args).is_some()
    {
        node = NodeId(node.0 + 1);
    }
    let mut model = net.model.clone();
    model.output.source = node;
    model.output.kind = OutputKind::real(model.node(node).ty.len());
    let mut store = net.store()?;
    let mut evaluator = Evaluator::in_mode(&model, mode, part)?;
    let answers = evaluator.outputs(part, &mut store, team, net.checkpoint.meta.seed)?;
    let (ty, width) = (&model.node(node).ty, model.node(node).ty.len());
    let own = own_numbers(&net.model, ty, part)?;
    Ok(match own {
        None => answers,
        Some(own) => {
            answers.chunks_exact(width).zip(own).flat_map(|(row, own)| &row[..own]).copied().collect()
        }
    })
}

/// How many numbers of a value are each row's own: what lies behind its end means nothing. None where rows have no lengths.
pub(super) fn own_numbers(model: &Model, ty: &Ty, part: &Part) -> Result<Option<Vec<usize>>, TrainedError> {
    let (Some(ragged), Some(lengths)) = (ty.ragged(), part.inputs.get(model.inputs.len())) else {
        return Ok(None);
    };
    let steps = ty.axes[0].size;
    let mut own = Vec::with_capacity(part.rows());
    part.each_row(lengths, |_, numbers| {
        if let Numbers::I32([length, ..]) = numbers {
            let places = ragged.places(usize::try_from(*length).unwrap_or(0)).min(steps);
            own.push(places * (ty.len() / steps.max(1)));
        }
        Ok(())
    })?;
    Ok(Some(own))
}

/// The first activation behind weights.
fn hidden(model: &Model) -> Option<NodeId> {
    let mut weighted = vec![false; model.nodes.len()];
    for (i, node) in model.nodes.iter().enumerate() {
        let behind = node.inputs.iter().any(|id| weighted[id.0]);
        weighted[i] = behind || !node.params.is_empty();
        let NodeKind::Layer(used) = &node.kind else { continue };
        let drops = used.word.drop_site(&used.args).is_some();
        if behind && node.params.is_empty() && !drops && used.word.facts().unitwise.is_some() {
            return Some(NodeId(i));
        }
    }
    None
}

/// Shares of values in bins of equal width, at the middles of the bins. What lies beyond the ends, or is left out, is in none.
fn histogram(values: &[f32], low: f64, high: f64, counts_in: impl Fn(f64) -> bool) -> Vec<(f64, f64)> {
    let width = (high - low).max(f64::MIN_POSITIVE) / BINS as f64;
    let mut counts = [0_usize; BINS];
    for x in values.iter().map(|x| f64::from(*x)).filter(|x| (low..=high).contains(x) && counts_in(*x)) {
        counts[(((x - low) / width) as usize).min(BINS - 1)] += 1;
    }
    let middle = |i: usize| low + (i as f64 + 0.5) * width;
    counts.iter().enumerate().map(|(i, n)| (middle(i), *n as f64 / values.len() as f64)).collect()
}

fn quantile(values: &[f32], at: f64) -> f64 {
    let mut sorted: Vec<f32> = values.to_vec();
    let place = ((sorted.len() - 1) as f64 * at) as usize;
    f64::from(*sorted.select_nth_unstable_by(place, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    #[test]
    fn the_first_hidden_layer_is_found() {
        let find = |layers: &str| {
            let source = format!("net {{\n  input x: real[4]\n  {layers}\n  output y: real[4]\n}}");
            let model = check_source(&source, &Env::default()).model.expect("a sound net");
            hidden(&model).map(|id| model.node(id).path.clone())
        };
        assert_eq!(
            find("dropout 0.2 -> dense 8 -> dropout 0.5 -> tanh -> dense 4").as_deref(),
            Some("tanh_1")
        );
        assert_eq!(find("tanh -> dense 4"), None);
    }

    #[test]
    fn shares_add_up() {
        let values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let bars = histogram(&values, 0.0, 99.0, |_| true);
        assert!((bars.iter().map(|bar| bar.1).sum::<f64>() - 1.0).abs() < 1e-12);
        let awake = histogram(&values, 0.0, 99.0, |x| x != 0.0);
        assert!((awake.iter().map(|bar| bar.1).sum::<f64>() - 0.99).abs() < 1e-12);
        assert_eq!((quantile(&values, 0.0), quantile(&values, 1.0)), (0.0, 99.0));
    }
}
