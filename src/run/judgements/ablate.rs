//! What each unit is worth: the figures of a trained net without it.
//!
//! Units that only work together are worth much one by one (co-adaptation); dropout is meant to prevent that (Hinton et al. 2012).

use crate::run::{
    folder::trained::{Trained, TrainedError},
    judgements::held_out,
    watch::Watch,
};
use crate::{
    data::{Part, Search},
    kernels::team::Team,
    model::{Model, NodeId, Param, ParamRole},
    runtime::{evaluate::Evaluator, figures::Reporter, store::Store},
    train::metrics,
};

/// The units that feed one layer's weights, each taken out alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Ablated {
    /// The weights whose inputs they are.
    pub weight: String,
    /// Whether they are feature maps, each taken out as a whole.
    pub maps: bool,
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

/// Takes each hidden unit out of the net alone, by the weights that read it, on the first rows of the held-out part. Feature maps are
/// taken out whole, also those that a matrix reads flattened.
///
/// # Errors
/// A net without hidden units; data that are missing, broken, or not those of training.
pub fn ablate(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
    (team, watch): (&Team, &Watch),
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
    let units = net.model.params.iter().filter_map(|param| Units::read_by(&net.model, param));
    watch.begin("units", units.map(|units| units.count as u64).sum());
    for (i, param) in net.model.params.iter().enumerate() {
        let Some(units) = Units::read_by(&net.model, param) else { continue };
        let mut lost = Vec::with_capacity(units.count);
        for unit in 0..units.count {
            let kept = store.params[i].to_vec();
            units.weights_of(unit, param).for_each(|at| store.params[i][at] = 0.0);
            lost.push(better * (whole - value(&mut store, &part)?));
            store.params[i].copy_from_slice(&kept);
            watch.step(1)?;
        }
        layers.push(Ablated { weight: param.name.clone(), maps: units.maps, lost });
    }
    match layers.is_empty() {
        true => Err(TrainedError::Unfit("the net has no hidden units to take out".into())),
        false => Ok(Ablation { part: name, rows: part.rows(), figure, whole, layers }),
    }
}

/// The hidden units that a layer's weights read.
#[derive(Debug, PartialEq, Eq)]
struct Units {
    count: usize,
    maps: bool,
    /// Filters read their own run of maps alone: so many runs.
    groups: usize,
}

impl Units {
    /// None where the weights read inputs, or are none.
    fn read_by(model: &Model, param: &Param) -> Option<Self> {
        if param.role != ParamRole::Weight || !reads_hidden(model, param) {
            return None;
        }
        let read = &model.node(*model.node(param.node).inputs.first()?).ty;
        match (&param.dims[..], read.channels()) {
            (&[rows, _], _) => {
                let channels =
                    maps_behind(model, param.node).filter(|channels| rows.is_multiple_of(*channels));
                Some(Self { count: channels.unwrap_or(rows), maps: channels.is_some(), groups: 1 })
            }
            (&[.., own, _], Some(channels)) => {
                Some(Self { count: channels, maps: true, groups: channels / own.max(1) })
            }
            _ => None,
        }
    }

    /// The numbers of the weights that read a unit.
    fn weights_of(&self, unit: usize, param: &Param) -> impl Iterator<Item = usize> + use<> {
        let outputs = param.dims[param.dims.len() - 1];
        let (own, run) = (self.count / self.groups, outputs / self.groups);
        let first = unit / own * run;
        // Row `r` of the weights reads unit `r % own` of each group; its columns are the groups' runs of outputs.
        let rows = (0..param.len() / outputs).filter(move |row| row % own == unit % own);
        rows.flat_map(move |row| row * outputs + first..row * outputs + first + run)
    }
}

/// The channels of the maps that a node reads as one vector, in the order in which they lie.
fn maps_behind(model: &Model, node: NodeId) -> Option<usize> {
    let mut at = *model.node(node).inputs.first()?;
    let len = model.node(at).ty.len();
    loop {
        let node = model.node(at);
        if node.ty.places() > 1 {
            return node.ty.channels();
        }
        at = match node.inputs[..] {
            [before] if node.params.is_empty() && model.node(before).ty.len() == len => before,
            _ => return None,
        };
    }
}

/// Whether some layer with parameters stands before the one that has this one.
fn reads_hidden(model: &Model, param: &Param) -> bool {
    let mut before = model.node(param.node).inputs.clone();
    while let Some(id) = before.pop() {
        let node = model.node(id);
        if !node.params.is_empty() {
            return true;
        }
        before.extend(&node.inputs);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn of(layers: &str) -> Vec<Option<Units>> {
        let source = format!("net {{\n  input x: real[6, 6, 2]\n  {layers}\n  output y: class[3]\n}}");
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        let weights = model.params.iter().filter(|param| param.role == ParamRole::Weight);
        weights.map(|param| Units::read_by(&model, param)).collect()
    }

    #[test]
    fn maps_are_units() {
        let units = |count, maps, groups| Some(Units { count, maps, groups });
        let net = "conv 4, 3x3 -> relu -> conv 6, 3x3, groups=2 -> flatten -> dropout 0.5 -> dense 8 -> relu -> dense 3";
        assert_eq!(of(net), [None, units(4, true, 2), units(6, true, 1), units(8, false, 1)]);
        // A pool of a whole map leaves units.
        assert_eq!(of("conv 4, 3x3 -> global_avg_pool -> dense 3"), [None, units(4, false, 1)]);
    }

    #[test]
    fn the_weights_of_a_unit_are_those_that_read_it() {
        let param = |dims: &[usize]| Param {
            name: "w".into(),
            dims: dims.to_vec(),
            role: ParamRole::Weight,
            init: crate::model::Init::Zeros,
            max_norm: None,
            penalties: Vec::new(),
            fed_by: Some(0),
            dropped_by: None,
            held: None,
            node: NodeId(0),
        };
        let of = |units: Units, unit: usize, dims: &[usize]| {
            units.weights_of(unit, &param(dims)).collect::<Vec<_>>()
        };
        assert_eq!(of(Units { count: 3, maps: false, groups: 1 }, 1, &[3, 2]), [2, 3]);
        // Two places of two maps, flattened: map 1 is rows 1 and 3.
        assert_eq!(of(Units { count: 2, maps: true, groups: 1 }, 1, &[4, 2]), [2, 3, 6, 7]);
        // Two taps, two maps in each of two groups, four filters: map 3 is the second of group 1, whose filters are 2 and 3.
        assert_eq!(of(Units { count: 4, maps: true, groups: 2 }, 3, &[1, 2, 2, 4]), [6, 7, 14, 15]);
    }
}
