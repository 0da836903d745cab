//! The exact means over all sub-networks of a small net: every mask of the live coins, weighted by its probability, in f64.
//!
//! Where the output is affine in the masks of one site (the last one of a net, as a rule), that site's masks are sums of a table and the
//! others are visited one by one (`linear`); elsewhere each mask is a pass of the reference interpreter (`interpreted`).

mod coins;
mod interpreted;
mod linear;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::{
    data::{DataError, Numeric, Part},
    graph::{Bindings, Graph, Sink, StepInfo, Tensor, interpret},
    lower::{Lowered, lower_samples},
    model::Model,
    run::watch::{Interrupted, Watch},
    runtime::store::Store,
};

/// Rows that the interpreter sees at a time.
const TOGETHER: usize = 32;

/// Coins above which nobody waits.
const MOST_COINS: usize = 24;

/// How long an enumeration may take, and on how many threads.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// None: as long as it takes.
    pub patience: Option<Duration>,
    pub threads: usize,
}

impl Effort {
    /// Ten minutes.
    pub fn usual(threads: usize) -> Self {
        Self { patience: Some(Duration::from_secs(600)), threads }
    }
}

/// Probabilities (or numbers in the units of training) of each row, `[rows, width]`, under both means.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactMeans {
    pub coins: usize,
    pub arithmetic: Vec<f64>,
    pub geometric: Vec<f64>,
    /// What one net would give to say the same: logits, or the numbers themselves.
    pub arithmetic_outputs: Vec<f64>,
    pub geometric_outputs: Vec<f64>,
}

/// Why there is no enumeration.
#[derive(Clone, Debug, PartialEq)]
pub enum NotEnumerated {
    NothingLive,
    /// Rows that go on from one another: each sub-network would carry a state of its own.
    GoesOn,
    /// A target of which logarithms are taken: the mean of theirs is not that of the numbers.
    OfLogarithms,
    /// A site whose multipliers are not coins.
    Continuous(String),
    TooMany {
        coins: usize,
    },
    TooLong {
        coins: usize,
        seconds: f64,
    },
    /// A row that cannot be read.
    Unread(DataError),
    Interrupted,
}

impl std::fmt::Display for NotEnumerated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NothingLive => f.write_str("nothing is left to chance"),
            Self::GoesOn => f.write_str("rows go on from one another, and each sub-network would carry a state of its own\nhelp: `--samples` draws some of them"),
            Self::OfLogarithms => f.write_str("training sees logarithms of the target, whose mean is not that of the numbers\nhelp: `--ensemble` and `--samples` take the mean of sampled sub-networks' numbers"),
            Self::Continuous(path) => write!(f, "the draws of {path} are not coins"),
            Self::TooMany { coins } => write!(f, "2^{coins} masks are too many to enumerate"),
            Self::TooLong { coins, seconds } => {
                write!(f, "2^{coins} masks would take {seconds:.0} s on these rows")
            }
            Self::Unread(error) => f.write_str(&error.plain()),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// Means over all masks, for the rows of a part. The bits depend on neither threads nor patience.
///
/// # Errors
/// Why the masks cannot be enumerated.
pub fn exact_means(
    model: &Model,
    part: &Part,
    store: &Store,
    effort: Effort,
    watch: &Watch,
) -> Result<ExactMeans, NotEnumerated> {
    if model.carries() && part.streams().is_some() {
        return Err(NotEnumerated::GoesOn);
    }
    let lowered = lower_samples(model, false);
    let sites = coins::coins(&lowered)?;
    let total: usize = sites.iter().map(|s| s.count).sum();
    match total {
        0 => return Err(NotEnumerated::NothingLive),
        n if n > MOST_COINS => return Err(NotEnumerated::TooMany { coins: n }),
        _ => {}
    }
    let bindings = bindings(&lowered, part, store)?;
    let kind = model.output.kind;
    let found = match linear::Plan::new(&lowered.graph, &sites, kind) {
        Some(plan) => plan.means(&bindings, effort, watch),
        None => interpreted::means(&lowered.graph, &sites, bindings, kind, effort, watch),
    };
    let (chances, geometric_outputs) = found.map_err(|ended| match ended {
        Ended::TooLong(seconds) => NotEnumerated::TooLong { coins: total, seconds },
        Ended::Interrupted => NotEnumerated::Interrupted,
    })?;
    let rows = || chances.chunks_exact(kind.chances_width());
    Ok(ExactMeans {
        coins: total,
        arithmetic: rows().flat_map(|row| &row[..kind.width()]).copied().collect(),
        geometric: kind.meaning(geometric_outputs.clone()),
        arithmetic_outputs: rows().flat_map(|row| kind.outputs_of_chances(row)).collect(),
        geometric_outputs,
    })
}

/// The geometric mean over all sub-networks of a net whose outputs are affine in the masks, however many: what the outputs mean at the mean
/// masks, `[rows, width]`. Only where [`is_affine_in_masks`](crate::graph::is_affine_in_masks).
///
/// # Errors
/// A net without coins, or with multipliers that are none.
pub fn mean_outputs(
    model: &Model,
    part: &Part,
    store: &Store,
    watch: &Watch,
) -> Result<Vec<f64>, NotEnumerated> {
    let lowered = lower_samples(model, false);
    let sites = coins::coins(&lowered)?;
    // Rows that go on from one another are one pass; others know nothing of each other.
    let block = if part.streams().is_some() { part.rows().max(1) } else { TOGETHER };
    watch.begin("closed form", part.rows() as u64);
    let mut outputs = Vec::with_capacity(part.rows() * model.output.kind.width());
    for rows in part.numbers().chunks(block) {
        watch.go_on()?;
        let own = Part::new(rows.into(), part.inputs.clone(), part.target.clone());
        let mut bindings = bindings(&lowered, &own, store)?;
        sites.iter().for_each(|site| site.bind_mean(rows.len(), &mut bindings));
        let values = interpret(&lowered.graph, &bindings)
            .unwrap_or_else(|error| panic!("this is a bug in dropnet: {error}"));
        outputs.extend(values.sink(Sink::Output).iter().flat_map(|tensor| tensor.reals()));
        watch.step(rows.len() as u64)?;
    }
    Ok(model.output.kind.meaning(outputs))
}

impl From<Interrupted> for NotEnumerated {
    fn from(Interrupted: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Sums of [`chances`](crate::model::OutputKind::chances) and of raw outputs, weighted.
type Sums = Result<(Vec<f64>, Vec<f64>), Ended>;

/// Why there are no sums.
#[derive(Clone, Copy, Debug)]
enum Ended {
    /// They would take so many seconds.
    TooLong(f64),
    Interrupted,
}

impl From<Interrupted> for Ended {
    fn from(Interrupted: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Watches the time of `parts` equal parts.
struct Clock {
    begun: Instant,
    effort: Effort,
    parts: f64,
}

impl Clock {
    fn new(effort: Effort, parts: f64) -> Self {
        Self { begun: Instant::now(), effort, parts }
    }

    /// After `done` parts.
    ///
    /// # Errors
    /// If nobody would wait for all.
    fn in_time(&self, done: u64) -> Result<(), Ended> {
        let whole = self.begun.elapsed().as_secs_f64() / done as f64 * self.parts;
        match self.effort.patience {
            Some(patience) if whole > patience.as_secs_f64() => Err(Ended::TooLong(whole)),
            _ => Ok(()),
        }
    }
}

fn bindings(lowered: &Lowered, part: &Part, store: &Store) -> Result<Bindings<f64>, NotEnumerated> {
    let graph: &Graph = &lowered.graph;
    let wide = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
    let rows = part.rows();
    let inputs = part.inputs.iter().map(|input| {
        let seen = part.seen(input).map_err(NotEnumerated::Unread)?;
        let dims = [&[rows], input.shape()].concat();
        Ok(match input.store.form().numeric {
            Numeric::I32 => Tensor::ints(&dims, seen.iter().map(|x| *x as i32).collect()),
            Numeric::F32 | Numeric::U8 => Tensor::real(&dims, wide(&seen)),
        })
    });
    let step = StepInfo::of_prediction(rows);
    let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
    let mut bindings = Bindings {
        rows,
        inputs: inputs.collect::<Result<_, NotEnumerated>>()?,
        params: graph.params.iter().zip(&store.params).map(|(s, v)| Tensor::real(&s.dims, wide(v))).collect(),
        states: graph.states.iter().zip(&store.states).map(|(s, v)| Tensor::real(&s.dims, wide(v))).collect(),
        positions: (0..rows as u64).collect(),
        ..Bindings::default()
    };
    bindings.bind_scalar_words(graph, &words);
    Ok(bindings)
}
