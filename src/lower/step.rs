//! Whole steps: what is minimised, its gradient, the update and its constraints; or outputs and losses only.

use super::{
    Lowered,
    forward::{Forward, Mix},
    objective::penalised,
};
use crate::graph::{ScalarDef, Scalars};
use crate::{
    graph::{Builder, DType, Graph, Mode, Passes, Phase, Sink, ValueId, differentiate, simplify, spared},
    model::{Model, Param, Train, Use},
    train::{
        losses::{LossCx, Mixed, RowLoss},
        optimizers::{Optimizer, UpdateCx},
        steps::accumulate,
    },
    vocab::Time,
};

pub fn train(model: &Model) -> Lowered {
    of_training(model, true)
}

/// The forward half of [`train`].
pub fn forward(model: &Model) -> Lowered {
    of_training(model, false)
}

fn of_training(model: &Model, whole: bool) -> Lowered {
    let Some(section) = &model.train else {
        panic!("this is a bug in dropnet: training without a `train` section")
    };
    let mut b = Builder::new();
    let mut scalars = Scalars::default();
    let (inputs, mix) = mixes(section, &mut b, &mut scalars);
    let mut forward = Forward::new(model, Mode::Train, &mut b);
    let weights = row_weights(model, mix, &mut b);
    let output = forward.run(&mut b, &mut scalars, inputs);
    let of = Judged { model, section, output, within: forward.within(&mut b) };
    let (loss, steps) = b.with_origin("loss", |b| {
        let rows = weighed(of.row_loss(mix, true, b, &mut scalars), weights, b);
        let loss = mean_loss(rows, b);
        (loss, rows.weights.filter(|_| of.is_per_step()).map(|steps| b.sum(steps, &[0])))
    });
    let objective = penalised(model, section, loss, &forward, &mut b, &mut scalars);
    b.with_origin("loss", |b| report(b, &mut scalars, &[("objective", objective), ("loss", loss)], steps));
    of.sink(&mut b);
    if whole {
        let mut grads = gradients(model, objective, &forward.params, &mut b);
        if let Some(rho) = section.sam {
            let here = held_back(model, &grads, &mut b, &mut scalars);
            let uphill = b.with_origin("sam", |b| uphill(&forward.params, &here, rho as f32, b));
            let mut there = forward.at(uphill, &mut b);
            let output = there.run(&mut b, &mut scalars, inputs);
            let of = Judged { model, section, output, within: there.within(&mut b) };
            let loss = b.with_origin("loss", |b| {
                let rows = weighed(of.row_loss(mix, true, b, &mut scalars), weights, b);
                mean_loss(rows, b)
            });
            let objective = penalised(model, section, loss, &there, &mut b, &mut scalars);
            grads = gradients(model, objective, &there.params, &mut b);
        }
        b.with_phase(Phase::Update, |b| update(model, section, &forward.params, grads, b, &mut scalars));
    }
    let lowered = finish(model, b, scalars);
    let graph = if whole { spared(&lowered.graph) } else { lowered.graph };
    Lowered { graph, ..lowered }
}

/// What norms store, measured by steps of training that change nothing else.
pub fn measure(model: &Model) -> Lowered {
    let mut b = Builder::new();
    let mut scalars = Scalars::default();
    let inputs = model.train.as_ref().and_then(|section| mixes(section, &mut b, &mut scalars).0);
    Forward::measuring(model, &mut b).run(&mut b, &mut scalars, inputs);
    finish(model, b, scalars)
}

/// How inputs are mixed with those of another row, and how targets are. Boxes are pasted before rows come here: inputs then stay as they are.
fn mixes(section: &Train, b: &mut Builder, scalars: &mut Scalars) -> (Option<Mix>, Option<Mix>) {
    let Some(pairs) = &section.augmentation.pairs else { return (None, None) };
    let mut mix = |name: &str, own, rest| Mix {
        lambda: scalars.define(b, &format!("{name}.lambda"), DType::F32, own),
        rest: scalars.define(b, &format!("{name}.rest"), DType::F32, rest),
    };
    match (pairs.blends(), pairs.pastes()) {
        (true, true) => {
            let inputs = mix("blend", ScalarDef::Blend, ScalarDef::OneMinusBlend);
            (Some(inputs), Some(mix("pair", ScalarDef::Lambda, ScalarDef::OneMinusLambda)))
        }
        (blends, _) => {
            let both = mix("pair", ScalarDef::Lambda, ScalarDef::OneMinusLambda);
            (Some(both).filter(|_| blends), Some(both))
        }
    }
}

/// How much each row counts, `f32[Batch]`, where the data say: a mixed row as much as both of those that it is made of.
fn row_weights(model: &Model, mix: Option<Mix>, b: &mut Builder) -> Option<ValueId> {
    let slot = model.weighs_rows().then(|| b.declare_input("row weight", DType::F32, &[]))?;
    Some(b.with_origin("loss", |b| {
        let own = b.input(slot, false);
        let Some(mix) = mix else { return own };
        let partner = b.input(slot, true);
        let own = b.mul(own, mix.lambda);
        let partner = b.mul(partner, mix.rest);
        b.add(own, partner)
    }))
}

/// Their mean over the training rows is 1, so that the divisor of the mean stays what it is.
fn weighed(rows: RowLoss, weights: Option<ValueId>, b: &mut Builder) -> RowLoss {
    match weights {
        None => rows,
        Some(weights) => RowLoss { losses: b.mul(rows.losses, weights), ..rows },
    }
}

/// Outputs and, `with_loss`, the sum of losses. Rows that are `apart` carry nothing on.
pub fn eval(model: &Model, mode: Mode, with_loss: bool, apart: bool) -> Lowered {
    let mut b = Builder::new();
    let mut scalars = Scalars::default();
    let forward = Forward::new(model, mode, &mut b);
    let mut forward = if apart { forward.of_rows_apart() } else { forward };
    let output = forward.run(&mut b, &mut scalars, None);
    match (&model.train, with_loss) {
        (Some(section), true) => {
            let of = Judged { model, section, output, within: forward.within(&mut b) };
            of.sink(&mut b);
            b.with_origin("loss", |b| {
                let rows = of.row_loss(None, false, b, &mut scalars);
                let total = b.sum(rows.losses, &[0]);
                b.metric("loss", total);
            });
        }
        _ => b.sink(Sink::Output, output),
    }
    let mut lowered = finish(model, b, scalars);
    lowered.graph.direct = model.direct;
    lowered
}

pub fn samples(model: &Model, meaning: bool) -> Lowered {
    let mut b = Builder::new();
    let mut scalars = Scalars::default();
    let output = Forward::new(model, Mode::Mc, &mut b).of_rows_apart().run(&mut b, &mut scalars, None);
    let output = match meaning {
        true => b.with_origin("output", |b| model.output.kind.lower(b, output)),
        false => output,
    };
    b.sink(Sink::Output, output);
    let mut lowered = finish(model, b, scalars);
    lowered.graph.direct = model.direct;
    lowered
}

fn finish(model: &Model, b: Builder, scalars: Scalars) -> Lowered {
    let graph = simplify(&b.finish(), Passes::ALL);
    let graph = Graph { blocks: model.blocks(), ..graph };
    let scalars = scalars.finish(&graph);
    Lowered { graph, scalars }
}

/// An output beside its targets.
pub(super) struct Judged<'m> {
    pub model: &'m Model,
    pub section: &'m Train,
    pub output: ValueId,
    /// 1 at the rows' own steps.
    pub within: Option<ValueId>,
}

impl Judged<'_> {
    pub fn row_loss(
        &self,
        mix: Option<Mix>,
        training: bool,
        b: &mut Builder,
        scalars: &mut Scalars,
    ) -> RowLoss {
        let (kind, output, within) = (self.model.output.kind, self.output, self.within);
        b.declare_target(kind.target());
        let target = b.target(false);
        let mixed = mix.map(|mix| Mixed { partner: b.target(true), lambda: mix.lambda, rest: mix.rest });
        let args = &self.section.loss.args;
        let mut cx = LossCx { b, args, kind, output, target, within, mixed, training, scalars };
        self.section.loss.word.rows(&mut cx)
    }

    fn is_per_step(&self) -> bool {
        self.section.loss.word.is_per_step(&self.section.loss.args, self.model.output.kind)
    }

    /// What metrics see.
    fn sink(&self, b: &mut Builder) {
        let kind = self.model.output.kind;
        let seen = match kind.steps() {
            None => self.output,
            Some(_) => {
                b.declare_target(kind.target());
                let target = b.target(false);
                b.with_origin("output", |b| kind.judged(b, self.output, target))
            }
        };
        b.sink(Sink::Output, seen);
    }
}

/// The mean over the minibatch: by the rows, or by the sum of the weights.
pub(super) fn mean_loss(rows: RowLoss, b: &mut Builder) -> ValueId {
    match rows.weights {
        None => b.mean(rows.losses, &[0]),
        Some(weights) => {
            let total = b.sum(rows.losses, &[0]);
            let weight = b.sum(weights, &[0]);
            b.div(total, weight)
        }
    }
}

/// Totals are row-weighted sums, so that an epoch's figure is their sum by the rows; or by the rows' own `steps`, of which they are means.
fn report(b: &mut Builder, scalars: &mut Scalars, figures: &[(&str, ValueId)], steps: Option<ValueId>) {
    let count = steps.unwrap_or_else(|| scalars.define(b, "rows", DType::F32, ScalarDef::Rows));
    for (name, value) in figures {
        let weighted = b.mul(*value, count);
        b.metric(name, weighted);
    }
    if let Some(steps) = steps {
        b.metric("steps", steps);
    }
}

/// The gradient of each parameter that is ever trained; the rest of the derivative is dead code.
fn gradients(model: &Model, objective: ValueId, params: &[ValueId], b: &mut Builder) -> Vec<Option<ValueId>> {
    let trained = |param: &&Param| !model.is_frozen(param);
    let wrt = model.params.iter().zip(params).filter(|(param, _)| trained(param)).map(|(_, value)| *value);
    let mut grads = differentiate(b, objective, &wrt.collect::<Vec<_>>()).into_iter();
    model.params.iter().map(|param| if trained(&param) { grads.next().flatten() } else { None }).collect()
}

fn update(
    model: &Model,
    section: &Train,
    params: &[ValueId],
    grads: Vec<Option<ValueId>>,
    b: &mut Builder,
    scalars: &mut Scalars,
) {
    let optimizer = &section.optimizer;
    scalars.define(b, "lr", DType::F32, ScalarDef::LearningRate);
    let live: Vec<Option<ValueId>> =
        model.params.iter().map(|param| live(model, param, b, scalars)).collect();
    let grads = held_back(model, &grads, b, scalars);
    let (grads, due) = accumulated(model, section, grads, b, scalars);
    let grads = clip(optimizer, grads, b);
    for (((param, value), grad), live) in model.params.iter().zip(params).zip(grads).zip(live) {
        let Some(grad) = grad else { continue };
        b.with_origin(&param.name, |b| {
            let is_matrix = model.is_matrix(param);
            let names = match is_matrix {
                true => optimizer.word.slots_of_matrix(&optimizer.args),
                false => optimizer.word.slots(&optimizer.args),
            };
            let slots: Vec<ValueId> =
                names.iter().map(|name| b.slot(&format!("{}.{name}", param.name), &param.dims)).collect();
            let decays = param.is_held(&optimizer.args);
            let mut cx = UpdateCx {
                b,
                args: &optimizer.args,
                param: *value,
                grad,
                slots: slots.clone(),
                is_matrix,
                decays,
                pace: model.pace(param),
                scalars,
            };
            let updated = optimizer.word.update(&mut cx);
            let constrained = constrain(param, updated.param, b);
            let stored = [(*value, constrained)].into_iter().chain(slots.iter().copied().zip(updated.slots));
            for (old, new) in stored {
                let new = live.map_or(new, |live| when(live, new, old, b));
                let new = due.map_or(new, |due| when(due, new, old, b));
                b.store(old, new);
            }
        });
    }
    average(model, section, due, b, scalars);
}

/// Gradients, of what is held still zeros: it has no say in the norm of the whole gradient.
fn held_back(
    model: &Model,
    grads: &[Option<ValueId>],
    b: &mut Builder,
    scalars: &mut Scalars,
) -> Vec<Option<ValueId>> {
    let of = |(param, grad): (&Param, &Option<ValueId>)| {
        let grad = (*grad)?;
        let Some(live) = live(model, param, b, scalars) else { return Some(grad) };
        let nothing = b.splat(0.0, grad);
        Some(when(live, grad, nothing, b))
    };
    model.params.iter().zip(grads).map(of).collect()
}

/// Mean gradients over the minibatches of an update so far, and 1 in the last of them; where every minibatch is one, its own gradients.
fn accumulated(
    model: &Model,
    section: &Train,
    grads: Vec<Option<ValueId>>,
    b: &mut Builder,
    scalars: &mut Scalars,
) -> (Vec<Option<ValueId>>, Option<ValueId>) {
    let every = section.accumulate;
    if every <= 1 {
        return (grads, None);
    }
    let due = scalars.define(b, "accumulate.due", DType::F32, accumulate::due(every));
    let share = scalars.define(b, "accumulate.share", DType::F32, accumulate::share(every));
    let mean = |(param, grad): (&Param, Option<ValueId>)| {
        let grad = grad?;
        Some(b.with_origin(&param.name, |b| {
            let before = b.slot(&format!("{}.accumulated", param.name), &param.dims);
            let sum = b.add(before, grad);
            let nothing = b.splat(0.0, sum);
            let left = when(due, nothing, sum, b);
            b.store(before, left);
            b.mul(sum, share)
        }))
    };
    (model.params.iter().zip(grads).map(mean).collect(), Some(due))
}

/// The parameters at this distance up the slope.
fn uphill(params: &[ValueId], grads: &[Option<ValueId>], rho: f32, b: &mut Builder) -> Vec<ValueId> {
    let norm = norm(grads, b);
    let least = b.constant(LEAST_NORM);
    let norm = b.max(norm, least);
    let rho = b.constant(rho);
    let factor = b.div(rho, norm);
    let moved = |(param, grad): (&ValueId, &Option<ValueId>)| match grad {
        None => *param,
        Some(grad) => {
            let step = b.mul(*grad, factor);
            b.add(*param, step)
        }
    };
    params.iter().zip(grads).map(moved).collect()
}

/// What a gradient that has vanished is divided by.
const LEAST_NORM: f32 = 1e-12;

/// The running averages of what the step has changed.
fn average(model: &Model, section: &Train, due: Option<ValueId>, b: &mut Builder, scalars: &mut Scalars) {
    let Some(used) = &section.average else { return };
    let keep = used.word.keep(&used.args);
    let keep = if due.is_some() { ScalarDef::ByUpdates(Box::new(keep)) } else { keep };
    let keep = scalars.define(b, "average.keep", DType::F32, keep);
    let one = b.constant(1.0);
    let rest = b.sub(one, keep);
    for (sink, new) in b.graph().sinks.clone() {
        let place = match sink {
            Sink::Param(id) => {
                let param = &model.params[id.index()];
                b.param(&param.name, &param.dims)
            }
            Sink::State(id) if model.states[id.index()].by_row => continue,
            Sink::State(id) => {
                let state = &model.states[id.index()];
                b.state(&state.name, &state.dims)
            }
            _ => continue,
        };
        b.with_origin("average", |b| {
            let old = b.average(place);
            let kept = b.mul(old, keep);
            let share = b.mul(new, rest);
            let mean = b.add(kept, share);
            let mean = due.map_or(mean, |due| when(due, mean, old, b));
            b.store(old, mean);
        });
    }
}

/// 1 while the parameter is trained, 0 while it is held still for a time; none if it always is trained.
pub(super) fn live(model: &Model, param: &Param, b: &mut Builder, scalars: &mut Scalars) -> Option<ValueId> {
    Some(since(model.freeze(param)?.until?, b, scalars))
}

/// 0 before this time, 1 from it on.
pub(super) fn since(time: Time, b: &mut Builder, scalars: &mut Scalars) -> ValueId {
    scalars.define(b, &format!("live.after_{time}"), DType::F32, ScalarDef::From(time))
}

/// One value where `live` is 1, the other where it is 0, to the bit.
pub(super) fn when(live: ValueId, then: ValueId, otherwise: ValueId, b: &mut Builder) -> ValueId {
    let (zero, live) = (b.splat(0.0, then), b.spread(live, then));
    let live = b.less(zero, live);
    b.select(live, then, otherwise)
}

/// `clip_norm` on the norm of the whole gradient, `clip_value` on each element.
fn clip(
    optimizer: &Use<dyn Optimizer>,
    mut grads: Vec<Option<ValueId>>,
    b: &mut Builder,
) -> Vec<Option<ValueId>> {
    if let Some(limit) = optimizer.args.opt_number("clip_norm") {
        let factor = b.with_origin("clip_norm", |b| clip_factor(&grads, limit as f32, b));
        for grad in grads.iter_mut().flatten() {
            *grad = b.mul(*grad, factor);
        }
    }
    if let Some(limit) = optimizer.args.opt_number("clip_value") {
        let (low, high) = (b.constant(-limit as f32), b.constant(limit as f32));
        for grad in grads.iter_mut().flatten() {
            // In this order: what is no number stays none, and training ends.
            let below = b.min(high, *grad);
            *grad = b.max(low, below);
        }
    }
    grads
}

/// `limit / max(norm, limit)` over all gradients.
fn clip_factor(grads: &[Option<ValueId>], limit: f32, b: &mut Builder) -> ValueId {
    let total = squares(grads, b);
    ball_factor(total, limit, b)
}

/// The norm of all gradients together.
fn norm(grads: &[Option<ValueId>], b: &mut Builder) -> ValueId {
    let total = squares(grads, b);
    b.sqrt(total)
}

fn squares(grads: &[Option<ValueId>], b: &mut Builder) -> ValueId {
    let mut total = b.constant(0.0);
    for grad in grads.iter().flatten() {
        let squares = b.square(*grad);
        let sum = b.sum_all(squares);
        total = b.add(total, sum);
    }
    total
}

/// `limit / max(sqrt(squares), limit)`: what brings a vector with this sum of squares into the ball.
fn ball_factor(squares: ValueId, limit: f32, b: &mut Builder) -> ValueId {
    let norm = b.sqrt(squares);
    let limit = b.constant(limit);
    let larger = b.max(norm, limit);
    b.div(limit, larger)
}

/// `max_norm`: projects each unit's incoming weights, a column of `[in, out]`, onto the ball of radius c.
fn constrain(param: &Param, value: ValueId, b: &mut Builder) -> ValueId {
    let Some(limit) = param.max_norm else { return value };
    let squares = b.square(value);
    let incoming: Vec<usize> = (0..param.dims.len() - 1).collect();
    let sums = b.sum(squares, &incoming);
    let factors = ball_factor(sums, limit as f32, b);
    let factors = b.along_last(factors, value);
    b.mul(value, factors)
}
