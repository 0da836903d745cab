//! What is minimised beside the loss: `penalize` statements, layers' own penalties, and the entropy of learned rates.

use super::{forward::Forward, step::live};
use crate::graph::{ScalarDef, Scalars};
use crate::{
    graph::{Builder, DType, ValueId},
    model::{Held, Model, Param, Train},
    train::BayesDecay,
    vocab::{Args, Timed, Value},
};

/// The loss and everything that is added to it.
pub fn penalised(
    model: &Model,
    section: &Train,
    loss: ValueId,
    forward: &Forward<'_>,
    b: &mut Builder,
    scalars: &mut Scalars,
) -> ValueId {
    let params = &forward.params;
    let mut objective = loss;
    for (param, value) in model.params.iter().zip(params).filter(|(param, _)| !model.is_frozen(param)) {
        let live = live(model, param, b, scalars);
        for (nth, penalty) in section.penalties.iter().enumerate().filter(|(_, p)| param.is_held(&p.args)) {
            let decay = penalty.args.value("amount").and_then(BayesDecay::of);
            objective = b.with_origin(&param.name, |b| {
                let size = counted(live, penalty.word.size(b, *value), b);
                let size = match decay.and_then(|_| model.learned_logit(param)) {
                    Some(logit) => over_keep(size, params[logit.0], b),
                    None => size,
                };
                let size = at_noise(decay, size, b, scalars);
                match penalty.args.value("amount") {
                    Some(Value::Ramp(ramp)) => {
                        let def = ScalarDef::Timed(Timed::Ramp(*ramp));
                        let amount = scalars.define(b, &format!("penalty_{nth}.amount"), DType::F32, def);
                        let term = b.mul(size, amount);
                        b.add(objective, term)
                    }
                    _ => add(objective, size, amount(model, param, &penalty.args), b),
                }
            });
        }
        for own in &param.penalties {
            objective = b.with_origin(&param.name, |b| {
                let size = counted(live, own.word.size(b, *value), b);
                add(objective, size, own.amount, b)
            });
        }
    }
    objective = held(section, forward, objective, b);
    section
        .bayes_decays()
        .fold(objective, |objective, decay| entropies(model, decay, objective, params, b, scalars))
}

/// Adds what is said of values.
fn held(section: &Train, forward: &Forward<'_>, objective: ValueId, b: &mut Builder) -> ValueId {
    section.held.iter().fold(objective, |objective, Held { used, value }| {
        b.with_origin(forward.path(*value), |b| {
            let of = forward.penalised(*value, b);
            let size = used.word.size(b, &of);
            add(objective, size, used.args.number("amount"), b)
        })
    })
}

/// The size of what is trained; of what is held still, nothing.
fn counted(live: Option<ValueId>, size: ValueId, b: &mut Builder) -> ValueId {
    live.map_or(size, |live| b.mul(size, live))
}

/// The size times the variance of an observation, where that is fitted while the net is trained.
fn at_noise(decay: Option<BayesDecay>, size: ValueId, b: &mut Builder, scalars: &mut Scalars) -> ValueId {
    match decay {
        Some(decay) if decay.is_fitted() => {
            let noise = scalars.define(b, "observation.variance", DType::F32, ScalarDef::Noise);
            b.mul(size, noise)
        }
        _ => size,
    }
}

fn add(objective: ValueId, size: ValueId, amount: f64, b: &mut Builder) -> ValueId {
    if amount == 0.0 {
        return objective;
    }
    let term = b.scale(size, amount as f32);
    b.add(objective, term)
}

/// The amount of a penalty of a parameter; what depends on the data is bound before a net is trained.
fn amount(model: &Model, param: &Param, args: &Args) -> f64 {
    match args.get("amount").map(|g| &g.value) {
        Some(Value::Number(x)) => *x,
        Some(call) => BayesDecay::of(call).and_then(|decay| decay.coefficient(model, param)).unwrap_or(0.0),
        None => 0.0,
    }
}

/// `size / (1 - p)` of a learned rate.
fn over_keep(size: ValueId, logit: ValueId, b: &mut Builder) -> ValueId {
    let minus = b.neg(logit);
    let keep = b.sigmoid(minus);
    let keep = b.reshape(keep, &[]);
    b.div(size, keep)
}

/// For each learned rate the negative entropy of its coins, `p ln p + (1 - p) ln(1 - p)` a coin, at the weight that the divergence has
/// (Gal, Hron and Kendall 2017, equation 3).
fn entropies(
    model: &Model,
    decay: BayesDecay,
    mut objective: ValueId,
    params: &[ValueId],
    b: &mut Builder,
    scalars: &mut Scalars,
) -> ValueId {
    let Some(amount) = decay.entropy_coefficient(model) else { return objective };
    for node in &model.nodes {
        let Some(site) = node.drop_site().filter(|site| site.is_learned()) else { continue };
        let logit = &model.params[node.params[0].0];
        if model.is_frozen(logit) {
            continue;
        }
        let live = live(model, logit, b, scalars);
        let coins = site.coins(&model.node(node.inputs[0]).ty);
        objective = b.with_origin(&node.path, |b| {
            let entropy = counted(live, entropy(params[node.params[0].0], b), b);
            let entropy = at_noise(Some(decay), entropy, b, scalars);
            add(objective, entropy, -amount * coins as f64, b)
        });
    }
    objective
}

/// `-p ln p - (1 - p) ln(1 - p)` of a logit: `softplus(z) - z sigmoid(z)`.
fn entropy(logit: ValueId, b: &mut Builder) -> ValueId {
    let soft = b.softplus(logit);
    let p = b.sigmoid(logit);
    let product = b.mul(logit, p);
    let entropy = b.sub(soft, product);
    b.reshape(entropy, &[])
}
