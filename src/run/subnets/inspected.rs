//! What a row's sub-network says, layer by layer, and the gradient of its loss by every unit and weight.
//!
//! Units that were dropped get no gradient, nor do the weights that lead to them and away from them: that row trains the others. The interpreter
//! computes it, in double precision.

use serde::Serialize;

use crate::{
    data::{DataError, Dataset, Numbers, Observed, Part, RowBuffer, Search},
    draws,
    graph::{
        Bindings, DType, Graph, StepInfo, Stored, Tensor, ValueId, interpret,
        interpret::{BindError, concrete},
    },
    kernels::aligned::AlignedVec,
    lower::{Probe, lower_probe},
    model::{Model, NodeKind},
    run::{
        folder::trained::{Trained, TrainedError},
        subnets::{
            drawn::Drawn,
            subnet::{Known, SiteMask, subnet},
        },
    },
    runtime::store::Store,
};

/// A row of a part of the data, and the sample whose masks it has.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `train`, `valid` or `test`.
    pub part: &'a str,
    /// From 0, in the part.
    pub row: usize,
    pub sample: u32,
    pub seed: u64,
}

/// What one pass of one row was, forwards and backwards.
#[derive(Debug, Serialize)]
pub struct Inspected {
    /// Without penalties.
    pub loss: f64,
    pub layers: Vec<Layer>,
    pub params: Vec<Weights>,
}

/// What an input or a layer says of the row.
#[derive(Debug, Serialize)]
pub struct Layer {
    pub path: String,
    /// Without the batch; of a row that ends early, without what lies behind its end.
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
    /// Of the loss by each of them; none where it has no way to them.
    pub gradient: Option<Vec<f64>>,
    /// Of a layer that drops units: which it kept.
    pub kept: Option<Vec<bool>>,
}

/// A parameter that is trained.
#[derive(Debug, Serialize)]
pub struct Weights {
    pub name: String,
    pub shape: Vec<usize>,
    pub gradient: Vec<f64>,
}

/// One pass of one row.
///
/// # Errors
/// A net that is not trained by a loss of its rows; data that are missing, broken, or not those of training; a part or a row that is not there.
pub fn inspected(net: &Trained, search: &Search, asked: Asked<'_>) -> Result<Inspected, TrainedError> {
    let Some(probe) = lower_probe(&net.model) else {
        return Err(TrainedError::Unfit(
            "the file has no `train` section: nothing says what its loss is".into(),
        ));
    };
    let dataset = net.dataset(search)?;
    passed(net, &probe, part(&dataset, asked)?, asked)
}

/// The same of a row of this part.
fn passed(net: &Trained, probe: &Probe, part: &Part, asked: Asked<'_>) -> Result<Inspected, TrainedError> {
    let bindings = bindings(net, probe, part, asked)?;
    let unfit = |error: BindError| TrainedError::Unfit(error.to_string());
    let values = interpret(&probe.lowered.graph, &bindings).map_err(unfit)?;
    let reals = |v: ValueId| values.of(v).reals().to_vec();
    let masks = masks(net, asked);
    let length = bindings.inputs.get(net.model.inputs.len()).map(|length| length.as_ints()[0]);
    let mut layers = Vec::new();
    for (i, node) in net.model.nodes.iter().enumerate() {
        let own = Own::of(&net.model, i, length);
        let said = values.of(probe.values[i]);
        let numbers = match said.dtype() {
            DType::I32 => said.as_ints().iter().map(|x| f64::from(*x)).collect(),
            _ => reals(probe.values[i]),
        };
        let mask = masks.iter().find(|mask| mask.path == node.path && mask.kept.len() == numbers.len());
        layers.push(Layer {
            path: match node.kind {
                NodeKind::Input { .. } => format!("input {}", node.path),
                NodeKind::Layer(_) => node.path.clone(),
            },
            shape: own.shape.clone(),
            gradient: probe.by_value[i].map(|v| own.cut(reals(v))),
            kept: mask.map(|mask| own.cut(mask.kept.clone())),
            values: own.cut(numbers),
        });
    }
    let params = net.model.params.iter().zip(&probe.by_param);
    let params = params.filter_map(|(param, gradient)| {
        Some(Weights { name: param.name.clone(), shape: param.dims.clone(), gradient: reals((*gradient)?) })
    });
    Ok(Inspected { loss: values.of(probe.loss).reals()[0], layers, params: params.collect() })
}

/// How much of a value is the row's own.
struct Own {
    shape: Vec<usize>,
}

impl Own {
    fn of(model: &Model, node: usize, length: Option<i32>) -> Self {
        let ty = &model.nodes[node].ty;
        let mut shape = ty.sizes();
        if let (Some(ragged), Some(length), Some(first)) = (ty.ragged(), length, shape.first_mut()) {
            *first = ragged.places(usize::try_from(length).unwrap_or(0)).min(*first);
        }
        Self { shape }
    }

    fn cut<T>(&self, mut all: Vec<T>) -> Vec<T> {
        all.truncate(self.shape.iter().product());
        all
    }
}

fn part<'d>(dataset: &'d Dataset, asked: Asked<'_>) -> Result<&'d Part, TrainedError> {
    let part = match asked.part {
        "valid" => dataset.valid.as_ref(),
        "test" => dataset.test.as_ref(),
        _ => Some(&dataset.train),
    };
    let unfit = |why: String| Err(TrainedError::Unfit(why));
    let Some(part) = part else {
        return unfit(format!("the data have no {} part\nhelp: `--part train` is always there", asked.part));
    };
    let rows = part.rows();
    match asked.row < rows {
        true => Ok(part),
        false => unfit(format!(
            "the {} part has {rows} rows, counted from 0: there is no row {}",
            asked.part, asked.row
        )),
    }
}

/// The masks of the sample, of nets that have some.
fn masks(net: &Trained, asked: Asked<'_>) -> Vec<SiteMask> {
    let drawn = Drawn::Sample { row: asked.row as u64, sample: asked.sample, seed: asked.seed };
    // Multipliers that are no coins have no masks; what they made of the values is there to see.
    subnet(net, drawn, &Known::default()).unwrap_or_default()
}

/// The row at its place in the part, which addresses its draws as in `predict`.
fn bindings(
    net: &Trained,
    probe: &Probe,
    part: &Part,
    asked: Asked<'_>,
) -> Result<Bindings<f64>, TrainedError> {
    let graph = &probe.lowered.graph;
    let store = net.store()?;
    let stream = |hash| draws::predict_stream(asked.seed, hash, u64::from(asked.sample));
    let mut bindings = Bindings {
        rows: 1,
        inputs: inputs(graph, part, asked.row).map_err(TrainedError::Data)?,
        target: graph.target.as_ref().map(|ty| target(&concrete(ty, 1), ty.dtype, part.observed(asked.row))),
        params: tensors(&graph.params, &store.params),
        states: states(graph, &store),
        streams: graph.sites.iter().map(|site| stream(site.hash)).collect(),
        positions: vec![asked.row as u64],
        ..Bindings::default()
    };
    let step = StepInfo::of_prediction(1);
    let words: Vec<u32> = probe.lowered.scalars.iter().map(|def| def.word(&step)).collect();
    bindings.bind_scalar_words(graph, &words);
    Ok(bindings)
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|x| f64::from(*x)).collect()
}

fn tensors(stored: &[Stored], numbers: &[AlignedVec]) -> Vec<Tensor<f64>> {
    stored.iter().zip(numbers).map(|(stored, numbers)| Tensor::real(&stored.dims, wide(numbers))).collect()
}

/// What norms measured in training; what rows carry begins anew.
fn states(graph: &Graph, store: &Store) -> Vec<Tensor<f64>> {
    let of = |(stored, numbers): (&Stored, &AlignedVec)| {
        let dims = concrete(&stored.ty(), 1);
        let count = dims.iter().product();
        let own = if stored.by_row { vec![0.0; count] } else { wide(numbers) };
        Tensor::real(&dims, own)
    };
    graph.states.iter().zip(&store.states).map(of).collect()
}

/// What the net sees of the row.
fn inputs(graph: &Graph, part: &Part, row: usize) -> Result<Vec<Tensor<f64>>, DataError> {
    let number = part.numbers()[row] as usize;
    let mut buffer = RowBuffer::default();
    let mut tensors = Vec::new();
    for (array, input) in graph.inputs.iter().zip(&part.inputs) {
        let dims = concrete(&array.ty, 1);
        tensors.push(match buffer.row(&*input.store, number)? {
            Numbers::I32(whole) => Tensor::ints(&dims, whole.to_vec()),
            numbers => Tensor::real(&dims, wide(&input.seen(numbers))),
        });
    }
    Ok(tensors)
}

/// What the row is to answer; behind its last step nothing that counts.
fn target(dims: &[usize], dtype: DType, observed: Observed<'_>) -> Tensor<f64> {
    let count: usize = dims.iter().product();
    let whole = |own: &[i32]| {
        let mut all = own.to_vec();
        all.resize(count, 0);
        Tensor::ints(dims, all)
    };
    match observed {
        Observed::Class(class) if dtype == DType::I32 => whole(&[class.cast_signed()]),
        Observed::Class(class) => Tensor::real(dims, vec![f64::from(class); count]),
        Observed::Real(numbers) | Observed::Bits(numbers) => Tensor::real(dims, wide(numbers)),
        Observed::Tokens(tokens) => whole(tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        kernels::team::Team,
        model::{McDropout, Mean},
        run::{
            predictions::sampling::Sampling,
            rig::{part, trained},
        },
    };

    const ASKED: Asked<'_> = Asked { part: "train", row: 3, sample: 7, seed: 5 };

    fn learning(body: &str) -> Trained {
        let net = trained(body);
        let train = "train {\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}\n";
        let source = net.checkpoint.meta.source.clone() + train;
        Trained { model: check_source(&source, &Env::default()).model.expect("a sound net"), ..net }
    }

    fn inspect(net: &Trained) -> Inspected {
        let probe = lower_probe(&net.model).expect("a loss");
        passed(net, &probe, &part(), ASKED).expect("a row")
    }

    #[test]
    fn what_is_dropped_says_nothing_and_learns_nothing() {
        let found = inspect(&learning("dense 12 -> tanh -> dropout 0.5\n  dense 3"));
        let layer = |path: &str| found.layers.iter().find(|layer| layer.path == path).expect("a layer");
        let gradient = |name: &str| &found.params.iter().find(|p| p.name == name).expect("a param").gradient;
        let (tanh, dropout) = (layer("tanh_1"), layer("dropout_1"));
        let kept = dropout.kept.as_ref().expect("a mask");
        assert!(kept.iter().any(|kept| *kept) && kept.iter().any(|kept| !*kept));
        for (unit, kept) in kept.iter().enumerate() {
            let scaled = if *kept { 2.0 * tanh.values[unit] } else { 0.0 };
            assert!((dropout.values[unit] - scaled).abs() < 1e-12);
            assert_eq!(tanh.gradient.as_ref().expect("a way")[unit] != 0.0, *kept);
            assert!((0..3).all(|i| (gradient("dense_1.weight")[i * 12 + unit] != 0.0) == *kept));
            assert_eq!(gradient("dense_1.bias")[unit] != 0.0, *kept);
            assert!((0..3).all(|k| (gradient("dense_2.weight")[unit * 3 + k] != 0.0) == *kept));
        }
    }

    #[test]
    fn the_loss_is_that_of_the_sample() {
        let net = learning("dropout 0.3 -> dense 6 -> relu -> dropout 0.5\n  drop_connect 0.3 { dense 3 }");
        let (part, team) = (part(), Team::new(1));
        let mc = McDropout { samples: ASKED.sample + 1, seed: Some(ASKED.seed), until: None };
        let mut drawn = Vec::new();
        let sampling = Sampling::new(vec![&net], &part, mc, &team);
        sampling.each_row(Mean::Arithmetic, |_, samples| drawn.push(samples.to_vec())).expect("samples");
        let first = drawn[ASKED.row][3 * ASKED.sample as usize];
        let loss = inspect(&net).loss;
        assert!((loss + f64::from(first).ln()).abs() < 1e-5, "{loss} {first}");
    }

    #[test]
    fn gradients_are_differences() {
        let net = learning("dense 5 -> tanh -> layer_norm -> dropout 0.4\n  dense 3");
        let probe = lower_probe(&net.model).expect("a loss");
        let bound = bindings(&net, &probe, &part(), ASKED).expect("a row");
        let loss = |param: usize, at: usize, by: f64| {
            let mut bound = bound.clone();
            let mut numbers = bound.params[param].reals().to_vec();
            numbers[at] += by;
            bound.params[param] = Tensor::real(&net.model.params[param].dims, numbers);
            let values = interpret(&probe.lowered.graph, &bound).expect("bound");
            values.of(probe.loss).reals()[0]
        };
        for (param, weights) in inspect(&net).params.iter().enumerate() {
            assert_eq!(weights.name, net.model.params[param].name);
            for (at, gradient) in weights.gradient.iter().enumerate() {
                let difference = (loss(param, at, 1e-5) - loss(param, at, -1e-5)) / 2e-5;
                assert!(
                    (gradient - difference).abs() < 1e-8,
                    "{} {at}: {gradient} {difference}",
                    weights.name
                );
            }
        }
    }
}
