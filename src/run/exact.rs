//! The exact means over all sub-networks of a small net: every mask of the live coins, weighted by its probability, in f64.
//!
//! Each mask is one pass of the reference interpreter over all rows, so that any kind of layer may stand behind it. Sums are f64.

use std::time::{Duration, Instant};

use crate::{
    data::{Part, Storage},
    graph::{Bindings, Graph, Op, Sink, SiteId, Tensor, interpret},
    lower::{Lowered, StepInfo, lower_samples},
    model::{Model, OutputKind},
    runtime::store::Store,
};

/// Coins above which nobody waits.
const MOST_COINS: usize = 24;
/// How long an enumeration may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Probabilities (or numbers in the units of training) of each row, `[rows, width]`, under both means.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactMeans {
    pub coins: usize,
    pub arithmetic: Vec<f64>,
    pub geometric: Vec<f64>,
}

/// Why there is no enumeration.
#[derive(Clone, Debug, PartialEq)]
pub enum NotEnumerated {
    NothingLive,
    /// A site whose multipliers are not coins.
    Continuous(String),
    TooMany {
        coins: usize,
    },
    TooLong {
        coins: usize,
        seconds: f64,
    },
}

impl std::fmt::Display for NotEnumerated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NothingLive => f.write_str("nothing is left to chance"),
            Self::Continuous(path) => write!(f, "the draws of {path} are not coins"),
            Self::TooMany { coins } => write!(f, "2^{coins} masks are too many to enumerate"),
            Self::TooLong { coins, seconds } => {
                write!(f, "2^{coins} masks would take {seconds:.0} s on these rows")
            }
        }
    }
}

/// A site's coins.
struct Coins {
    site: SiteId,
    /// Whether the mask has the rows in front.
    of_rows: bool,
    dims: Vec<usize>,
    /// The coin of each unit.
    coin: Vec<usize>,
    count: usize,
    keep: f64,
}

/// Means over all masks, for the rows of a part.
///
/// # Errors
/// Why the masks cannot be enumerated.
pub fn exact_means(model: &Model, part: &Part, store: &Store) -> Result<ExactMeans, NotEnumerated> {
    let lowered = lower_samples(model, false);
    let sites = coins(&lowered)?;
    let total: usize = sites.iter().map(|s| s.count).sum();
    match total {
        0 => return Err(NotEnumerated::NothingLive),
        n if n > MOST_COINS => return Err(NotEnumerated::TooMany { coins: n }),
        _ => {}
    }
    let mut bindings = bindings(&lowered, part, store);
    let width = model.output.kind.width();
    let mut sums = (vec![0.0; part.rows * width], vec![0.0; part.rows * width]);
    let begun = Instant::now();
    for mask in 0..1_u64 << total {
        let weight = toss(&sites, mask, part.rows, &mut bindings);
        let values = interpret(&lowered.graph, &bindings)
            .unwrap_or_else(|error| panic!("this is a bug in dropnet: {error}"));
        let Some(logits) = values.sink(Sink::Output) else { continue };
        for (i, row) in logits.reals().chunks_exact(width).enumerate() {
            let row_of = |sum: &mut Vec<f64>, values: &[f64]| {
                sum[i * width..(i + 1) * width].iter_mut().zip(values).for_each(|(s, x)| *s += weight * x);
            };
            row_of(&mut sums.0, &meaning(row, model.output.kind));
            row_of(&mut sums.1, row);
        }
        let each = begun.elapsed() / (mask as u32 + 1);
        let whole = each.as_secs_f64() * (1_u64 << total) as f64;
        if mask == 15 && whole > PATIENCE.as_secs_f64() {
            return Err(NotEnumerated::TooLong { coins: total, seconds: whole });
        }
    }
    let geometric = sums.1.chunks_exact(width).flat_map(|row| meaning(row, model.output.kind)).collect();
    Ok(ExactMeans { coins: total, arithmetic: sums.0, geometric })
}

/// The coins of every site that the graph draws from.
fn coins(lowered: &Lowered) -> Result<Vec<Coins>, NotEnumerated> {
    let graph = &lowered.graph;
    let mut all = Vec::new();
    for node in &graph.nodes {
        let Some(key) = node.inputs.first() else { continue };
        let Op::RowKey(site) = graph.node(*key).op else { continue };
        let Op::KeepMask { dims, shared } = &node.op else {
            return Err(NotEnumerated::Continuous(graph.sites[site.index()].path.clone()));
        };
        let Op::Scalar(q) = graph.node(node.inputs[1]).op else { continue };
        let step = StepInfo { update: 1, rows: 1, lr: 0.0, lambda: 1.0 };
        let dropped = f64::from(lowered.scalars[q.index()].word(&step)) / 65536.0;
        let coin = units(dims, shared);
        let count = coin.iter().max().map_or(0, |last| last + 1);
        let of_rows = node.ty.has_batch();
        all.push(Coins { site, of_rows, dims: dims.clone(), coin, count, keep: 1.0 - dropped });
    }
    Ok(all)
}

/// The coin of each unit in row-major order: shared axes count once.
fn units(dims: &[usize], shared: &[bool]) -> Vec<usize> {
    let coin = |unit: usize| {
        let (mut rest, mut step, mut coin) = (unit, 1, 0);
        for (size, shared) in dims.iter().zip(shared).rev() {
            let index = rest % size;
            rest /= size;
            if !shared {
                coin += index * step;
                step *= size;
            }
        }
        coin
    };
    (0..dims.iter().product()).map(coin).collect()
}

/// Binds the masks of one outcome; answers its probability.
fn toss(sites: &[Coins], mask: u64, rows: usize, bindings: &mut Bindings<f64>) -> f64 {
    let mut weight = 1.0;
    let mut first = 0;
    for site in sites {
        let kept = |coin: usize| mask >> (first + coin) & 1 == 1;
        weight *= (0..site.count).map(|c| if kept(c) { site.keep } else { 1.0 - site.keep }).product::<f64>();
        let one: Vec<f64> = site.coin.iter().map(|c| f64::from(u8::from(kept(*c)))).collect();
        let tensor = match site.of_rows {
            true => Tensor::real(&[&[rows], &site.dims[..]].concat(), one.repeat(rows)),
            false => Tensor::real(&site.dims, one),
        };
        bindings.overrides.insert(site.site, tensor);
        first += site.count;
    }
    weight
}

fn bindings(lowered: &Lowered, part: &Part, store: &Store) -> Bindings<f64> {
    let graph: &Graph = &lowered.graph;
    let wide = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
    let inputs = part.inputs.iter().map(|input| {
        let data = match &input.data {
            Storage::F32(values) => wide(values),
            Storage::U8(bytes) => {
                bytes.iter().map(|b| f64::from(f32::from(*b) * input.scale + input.shift)).collect()
            }
        };
        Tensor::real(&[&[part.rows], &input.shape[..]].concat(), data)
    });
    let step = StepInfo { update: 1, rows: part.rows, lr: 0.0, lambda: 1.0 };
    let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
    let mut bindings = Bindings {
        rows: part.rows,
        inputs: inputs.collect(),
        params: graph.params.iter().zip(&store.params).map(|(s, v)| Tensor::real(&s.dims, wide(v))).collect(),
        states: graph.states.iter().zip(&store.states).map(|(s, v)| Tensor::real(&s.dims, wide(v))).collect(),
        positions: (0..part.rows as u64).collect(),
        ..Bindings::default()
    };
    bindings.bind_scalar_words(graph, &words);
    bindings
}

/// What a row of outputs means: probabilities of classes and bits.
fn meaning(row: &[f64], kind: OutputKind) -> Vec<f64> {
    match kind {
        OutputKind::Class(_) => {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = row.iter().map(|z| (z - top).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.into_iter().map(|p| p / sum).collect()
        }
        OutputKind::Bits(_) => row.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        OutputKind::Real(_) | OutputKind::Normal(_) => row.to_vec(),
    }
}
