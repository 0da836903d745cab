//! Per-step scalars: numbers that may change without recompiling, and how the host computes them.

use std::{collections::BTreeMap, fmt};

use crate::{
    draws::{self, Squares},
    graph::{Builder, DType, Graph, ValueId, builder::INV_ROWS},
    vocab::{Clock, Time, Timed},
};

/// What the host knows of a step when it fills in the scalars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInfo {
    pub clock: Clock,
    /// Rows of this minibatch.
    pub rows: usize,
    /// Learning rate after the schedule.
    pub lr: f64,
    /// The share of the row's own target, where rows are mixed in pairs.
    pub lambda: f64,
    /// The share of its own inputs.
    pub blend: f64,
    /// Variance of an observation in the units of training, where `bayes_decay` has it fitted.
    pub noise: f64,
    /// Updates that went by before the parameter in question was trained.
    pub idle: u64,
    /// Minibatches that make one step of the optimizer.
    pub every: u64,
}

impl StepInfo {
    /// Ordinal of the update among those of the parameter, from 1.
    #[must_use]
    pub fn ordinal(&self) -> f64 {
        (self.made(self.clock.update).saturating_sub(self.made(self.idle)) + 1) as f64
    }

    /// Steps of the optimizer before the minibatch of this number: the last one of an epoch takes what is left.
    fn made(&self, minibatch: u64) -> u64 {
        if self.every <= 1 {
            return minibatch;
        }
        let epoch = self.clock.updates_per_epoch.max(1);
        minibatch / epoch * epoch.div_ceil(self.every) + minibatch % epoch / self.every
    }

    /// The step as it is where steps of the optimizer are counted in place of minibatches.
    fn by_updates(&self) -> Self {
        let Clock { update, updates_per_epoch, horizon } = self.clock;
        let clock = Clock {
            update: self.made(update),
            updates_per_epoch: updates_per_epoch.div_ceil(self.every.max(1)),
            horizon: self.made(horizon),
        };
        Self { clock, every: 1, ..*self }
    }

    /// A step of prediction: nothing of training has a say in it, and what changes over time has its last value.
    #[must_use]
    pub fn of_prediction(rows: usize) -> Self {
        Self { clock: Clock::END, rows, lr: 0.0, lambda: 1.0, blend: 1.0, noise: 1.0, idle: 0, every: 1 }
    }
}

/// How a parameter is trained beside the others: the factor of its learning rate, and the time from which on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub factor: f64,
    pub after: Option<Time>,
}

impl Pace {
    /// That of a parameter of which nothing is said.
    pub const USUAL: Pace = Pace { factor: 1.0, after: None };

    /// The step as the parameter sees it.
    fn seen(&self, step: &StepInfo) -> StepInfo {
        let idle = self.after.map_or(0, |after| after.updates(step.clock.updates_per_epoch));
        StepInfo { lr: step.lr * self.factor, idle, ..*step }
    }
}

/// As the name of a scalar goes on: `.times_0.1.after_3epochs`.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.factor != 1.0 {
            write!(f, ".times_{}", self.factor)?;
        }
        self.after.map_or(Ok(()), |after| write!(f, ".after_{after}"))
    }
}

/// How a scalar is computed.
#[derive(Clone, Debug)]
pub enum ScalarDef {
    Fixed(f32),
    /// `round(65536 p)`, the I32 threshold of a rate of dropping.
    Threshold(Timed),
    /// `65536 / (65536 - q)`
    InverseKeepOf(Timed),
    KeepOf(Timed),
    /// A number that may change.
    Timed(Timed),
    /// The I32 threshold, of 32 bits, of the seeds of squares that drop at a rate.
    Seeds(Squares, Timed),
    /// What makes up for squares that drop at a rate, on average over the map.
    InverseKeepOfSquares(Squares, Timed),
    /// A function of a rate.
    OfRate(fn(f64) -> f64, Timed),
    LearningRate,
    /// `1 - lr decay`
    Shrink(Timed),
    Rows,
    InverseRows,
    Lambda,
    OneMinusLambda,
    Blend,
    OneMinusBlend,
    Noise,
    /// 0 before this time, 1 from it on.
    From(Time),
    /// As a parameter of this pace sees the step.
    Paced(Pace, Box<ScalarDef>),
    /// As it is where steps of the optimizer are counted in place of minibatches.
    ByUpdates(Box<ScalarDef>),
    /// A word's own function of the step and two of its arguments.
    Of {
        f: fn(&StepInfo, f64, f64) -> f64,
        a: f64,
        b: f64,
    },
}

impl ScalarDef {
    /// The 4-byte word of this scalar at a step.
    pub fn word(&self, step: &StepInfo) -> u32 {
        let quantised = |p: Timed| draws::quantise(p.at(&step.clock)).unwrap_or(0);
        let value = match *self {
            ScalarDef::Fixed(x) => x,
            ScalarDef::Threshold(p) => return quantised(p),
            ScalarDef::Seeds(squares, p) => return squares.threshold(p.at(&step.clock)),
            ScalarDef::InverseKeepOfSquares(squares, p) => (1.0 / squares.keep(p.at(&step.clock))) as f32,
            ScalarDef::InverseKeepOf(p) => draws::scale(quantised(p)),
            ScalarDef::KeepOf(p) => 1.0 - quantised(p) as f32 / 65536.0,
            ScalarDef::Timed(x) => x.at(&step.clock) as f32,
            ScalarDef::OfRate(f, p) => f(p.at(&step.clock)) as f32,
            ScalarDef::LearningRate => step.lr as f32,
            ScalarDef::Shrink(decay) => (1.0 - step.lr * decay.at(&step.clock)) as f32,
            ScalarDef::Rows => step.rows as f32,
            ScalarDef::InverseRows => (1.0 / step.rows as f64) as f32,
            ScalarDef::Lambda => step.lambda as f32,
            ScalarDef::OneMinusLambda => (1.0 - step.lambda) as f32,
            ScalarDef::Blend => step.blend as f32,
            ScalarDef::OneMinusBlend => (1.0 - step.blend) as f32,
            ScalarDef::Noise => step.noise as f32,
            ScalarDef::From(time) => {
                f32::from(step.clock.update >= time.updates(step.clock.updates_per_epoch))
            }
            ScalarDef::Paced(pace, ref def) => return def.word(&pace.seen(step)),
            ScalarDef::ByUpdates(ref def) => return def.word(&step.by_updates()),
            ScalarDef::Of { f, a, b } => f(step, a, b) as f32,
        };
        value.to_bits()
    }
}

/// The definitions of a graph's scalars, by name; equal names are one scalar.
pub struct Scalars {
    defs: BTreeMap<String, ScalarDef>,
}

impl Default for Scalars {
    /// With the scalar that the builder declares by itself, for means over the rows.
    fn default() -> Self {
        Self { defs: BTreeMap::from([(INV_ROWS.to_string(), ScalarDef::InverseRows)]) }
    }
}

impl Scalars {
    pub fn define(&mut self, b: &mut Builder, name: &str, dtype: DType, def: ScalarDef) -> ValueId {
        let positive = matches!(def, ScalarDef::InverseKeepOf(_));
        self.defs.entry(name.into()).or_insert(def);
        if positive { b.positive_scalar(name) } else { b.scalar(name, dtype) }
    }

    /// The definitions in the order of the graph's scalars.
    pub fn finish(self, graph: &Graph) -> Vec<ScalarDef> {
        let def = |name: &str| {
            let known = self.defs.get(name);
            known
                .cloned()
                .unwrap_or_else(|| panic!("this is a bug in dropnet: nobody defines the scalar `{name}`"))
        };
        graph.scalars.iter().map(|scalar| def(&scalar.name)).collect()
    }
}
