//! Optimizers: `optimizer WORD, lr=...`. An optimizer maps a parameter, its gradient and its slots to their new values, elementwise,
//! so that the update is one kernel a parameter.

pub use super::Wrong;
use crate::{
    graph::{Builder, DType, Pace, ScalarDef, Scalars, ValueId},
    vocab::{ArgSpec, Args, Bounds, Default, Kind, Sig, Timed},
};

pub trait Optimizer: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What the kinds of the arguments do not say; the text is what the argument must be.
    fn check(&self, _args: &Args) -> Result<(), Wrong> {
        Ok(())
    }

    /// Whether a weight's step is divided by the size of its own gradients.
    fn adapts(&self) -> bool;

    /// Whether weights decay apart from the gradient.
    fn decouples(&self) -> bool {
        false
    }

    /// The slots that each parameter needs with these arguments.
    fn slots(&self, args: &Args) -> Vec<&'static str>;

    /// The same of a weight matrix, where its slots are others.
    fn slots_of_matrix(&self, args: &Args) -> Vec<&'static str> {
        self.slots(args)
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated;
}

/// Context of [`Optimizer::update`], for one parameter.
pub struct UpdateCx<'a> {
    pub b: &'a mut Builder,
    pub args: &'a Args,
    pub param: ValueId,
    pub grad: ValueId,
    pub slots: Vec<ValueId>,
    /// Whether it is a matrix that multiplies what a layer reads, filters of convolutions among them: no table of embeddings.
    pub is_matrix: bool,
    /// Whether this parameter decays: weights do, biases and norm parameters only with `on=all`.
    pub decays: bool,
    /// The factor of its rate, and since when it is trained.
    pub pace: Pace,
    pub scalars: &'a mut Scalars,
}

/// New values: the parameter, then its slots in the order of [`Optimizer::slots`].
pub struct Updated {
    pub param: ValueId,
    pub slots: Vec<ValueId>,
}

/// Arguments that every optimizer has.
pub const LR: ArgSpec =
    ArgSpec::named("lr", Kind::Timed(Bounds::POSITIVE), Default::Required, "learning rate");
pub const WEIGHT_DECAY: ArgSpec = ArgSpec::named(
    "weight_decay",
    Kind::Timed(Bounds::NON_NEGATIVE),
    Default::Number(0.0),
    "decay of weights",
);
pub const ON: ArgSpec = ArgSpec::named(
    "on",
    Kind::Word(&["weights", "all"]),
    Default::Word("weights"),
    "what decays: weights, or biases and norms too",
);
pub const CLIP_NORM: ArgSpec = ArgSpec::named(
    "clip_norm",
    Kind::Number(Bounds::POSITIVE),
    Default::Absent,
    "largest norm of the whole gradient",
);
pub const CLIP_VALUE: ArgSpec = ArgSpec::named(
    "clip_value",
    Kind::Number(Bounds::POSITIVE),
    Default::Absent,
    "largest absolute value of a gradient's element",
);

crate::train::family! { Optimizer: adadelta, adagrad, adam, adamax, adamw, lamb, lion, muon, nadam, radam, rmsprop, sgd }

impl UpdateCx<'_> {
    /// `grad + weight_decay * param`, where the parameter decays.
    pub fn decayed_gradient(&mut self) -> ValueId {
        if !self.decays || self.args.timed("weight_decay").is_zero() {
            return self.grad;
        }
        let pull = self.times(self.param, "weight_decay");
        self.b.add(self.grad, pull)
    }

    /// A number of the step, as the parameter sees it.
    pub fn of_step(&mut self, name: &str, def: ScalarDef) -> ValueId {
        if self.pace == Pace::USUAL {
            return self.scalars.define(self.b, name, DType::F32, def);
        }
        let def = ScalarDef::Paced(self.pace, Box::new(def));
        self.scalars.define(self.b, &format!("{name}{}", self.pace), DType::F32, def)
    }

    /// A value times an argument that may change over time.
    pub fn times(&mut self, value: ValueId, arg: &str) -> ValueId {
        match self.args.timed(arg) {
            Timed::Constant(x) => self.b.scale(value, x as f32),
            changing => {
                let factor = self.scalars.define(self.b, arg, DType::F32, ScalarDef::Timed(changing));
                self.b.mul(value, factor)
            }
        }
    }

    /// `keep * old + (1 - keep) * new`: a running mean.
    pub fn blend(&mut self, old: ValueId, new: ValueId, keep: f64) -> ValueId {
        let kept = self.b.scale(old, keep as f32);
        let share = self.b.scale(new, (1.0 - keep) as f32);
        self.b.add(kept, share)
    }

    /// `param - lr * direction`
    pub fn step_along(&mut self, direction: ValueId) -> ValueId {
        let lr = self.of_step("lr", ScalarDef::LearningRate);
        let step = self.b.mul(direction, lr);
        self.b.sub(self.param, step)
    }
}
