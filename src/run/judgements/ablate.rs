//! What each unit is worth: the figures of a trained net without it.
//!
//! Units that only work together are worth much one by one (co-adaptation); dropout is meant to prevent that (Hinton et al. 2012).

use crate::run::{
    folder::trained::{Trained, TrainedError},
    judgements::held_out,
};
use crate::{
    data::{Part, Search},
    kernels::team::Team,
    model::{Model, Param, ParamRole},
    runtime::{evaluate::Evaluator, figures::Reporter, store::Store},
    train::metrics,
};

/// The units that feed one matrix, each taken out alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Ablated {
    /// The matrix whose inputs they are.
    pub weight: String,
    /// By unit: how much worse the figure is without it.
    pub lost: Vec<f64>,
}

/// Of a held-out part.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Ablation {
    pub part: &'static str,
    pub rows: usize,
    /// The figure: accuracy, or the root mean square error.
    pub figure: String,
    /// Of the whole net.
    pub whole: f64,
    pub layers: Vec<Ablated>,
}

impl Ablated {
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.lost.iter().sum::<f64>() / self.lost.len() as f64
    }

    /// The unit that is missed most.
    #[must_use]
    pub fn worst(&self) -> (usize, f64) {
        let worse = |best: (usize, f64), (i, x): (usize, &f64)| if *x > best.1 { (i, *x) } else { best };
        self.lost.iter().enumerate().fold((0, f64::NEG_INFINITY), worse)
    }
}

/// Takes each hidden unit out of the net alone, by the row of weights that reads it, on the first rows of the held-out part.
///
/// # Errors
/// A net without hidden units; data that are missing, broken, or not those of training.
pub fn ablate(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
    team: &Team,
) -> Result<Ablation, TrainedError> {
    let (name, part) = held_out::first_rows(net, search, most)?;
    let reporter = Reporter::usual(&net.model, &net.checkpoint.meta.transform);
    let mut evaluator = Evaluator::new(&net.model, &part)?;
    let mut store = net.store()?;
    let figure = metrics::usual(net.model.output.kind).first().map(metrics::label).unwrap_or_default();
    let better = if reporter.higher_is_better(&figure) { 1.0 } else { -1.0 };
    let seed = net.checkpoint.meta.seed;
    let mut value = |store: &mut Store, part: &Part| -> Result<f64, TrainedError> {
        let figures = evaluator.figures(part, store, &reporter, team, seed)?;
        Ok(figures.get(&figure).unwrap_or(f64::NAN))
    };
    let whole = value(&mut store, &part)?;
    let mut layers = Vec::new();
    for (i, param) in net.model.params.iter().enumerate().filter(|(_, param)| reads_hidden(&net.model, param))
    {
        let columns = param.dims[1];
        let mut lost = Vec::with_capacity(param.dims[0]);
        for unit in 0..param.dims[0] {
            let own = unit * columns..(unit + 1) * columns;
            let kept = store.params[i][own.clone()].to_vec();
            store.params[i][own.clone()].fill(0.0);
            lost.push(better * (whole - value(&mut store, &part)?));
            store.params[i][own].copy_from_slice(&kept);
        }
        layers.push(Ablated { weight: param.name.clone(), lost });
    }
    match layers.is_empty() {
        true => Err(TrainedError::Unfit("the net has no hidden units to take out".into())),
        false => Ok(Ablation { part: name, rows: part.rows(), figure, whole, layers }),
    }
}

/// A matrix that reads more than inputs: some layer with parameters stands before it.
fn reads_hidden(model: &Model, param: &Param) -> bool {
    let mut before = model.node(param.node).inputs.clone();
    let mut hidden = false;
    while let Some(id) = before.pop() {
        let node = model.node(id);
        hidden |= !node.params.is_empty();
        before.extend(&node.inputs);
    }
    hidden && param.role == ParamRole::Weight && param.dims.len() == 2
}
