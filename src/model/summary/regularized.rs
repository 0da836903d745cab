//! What holds the weights of a node back: decay, penalties, a bound on their norm.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    model::{Fitted, Model, Param, ParamRole},
    train::{BayesDecay, Penalty, losses::Likelihood, penalties},
    vocab::{Args, Value},
};

/// What holds the weights of a node back; coefficients are 0 where nothing does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Regularized {
    /// `weight_decay` of the optimizer.
    pub decay: f64,
    /// Sums of `penalize` and the layer's own, by the penalty's word.
    #[serde(flatten)]
    pub penalties: BTreeMap<&'static str, f64>,
    /// Of `bayes_decay`: its coefficient times the fitted rows (and times the variance of standardised targets).
    pub bayes: f64,
    /// The precision of an observation that a quadratic penalty implies under dropout, for a length-scale of 1 and one fitted row; 0 where it implies none.
    pub implied_precision: f64,
    /// Whether `bayes` is multiplied by the error on validation rows, which fits its precision.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fitted: bool,
    /// Whether these two depend on the variance of the target too.
    pub standardised: bool,
    /// Biases and norm parameters decay or are penalised too (`on=all`).
    pub all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_norm: Option<f64>,
}

impl Regularized {
    pub(super) fn none() -> Self {
        let words = penalties::WORDS.iter().map(|(word, _)| (word.sig().name, 0.0));
        Self { penalties: words.collect(), ..Self::default() }
    }

    fn penalise(&mut self, word: &dyn Penalty, amount: f64) {
        *self.penalties.entry(word.sig().name).or_default() += amount;
    }

    /// The coefficient of the sum of squares.
    fn quadratic(&self) -> f64 {
        let quadratic = penalties::WORDS.iter().filter(|(word, _)| word.is_quadratic());
        quadratic.filter_map(|(word, _)| self.penalties.get(word.sig().name)).sum()
    }
}

pub(super) fn regularized(model: &Model, params: &[&Param]) -> Regularized {
    let mut sum = Regularized::none();
    // Whether a precision in the target's units is turned into those of training.
    let mut converted = true;
    if !params.iter().any(|p| p.role == ParamRole::Weight || p.role == ParamRole::Norm) {
        return sum;
    }
    let has_weight = params.iter().any(|p| is_weight(p));
    if let Some(train) = &model.train {
        let optimizer = &train.optimizer.args;
        let decay = coefficient(optimizer, "weight_decay");
        if decay != 0.0 && (has_weight || on_all(optimizer)) {
            sum.decay = decay;
            sum.all |= on_all(optimizer);
        }
        for penalty in &train.penalties {
            if !has_weight && !on_all(&penalty.args) {
                continue;
            }
            if let (Some(decay), Some(weight)) =
                (penalty.args.value("amount").and_then(BayesDecay::of), params.iter().find(|p| is_weight(p)))
            {
                sum.bayes += decay.coefficient_on(Fitted::ONE, model, weight);
                converted = decay.precision.is_some() && !decay.is_fitted() && !decay.reference;
                sum.fitted |= decay.is_fitted();
                continue;
            }
            let amount = coefficient(&penalty.args, "amount");
            sum.penalise(penalty.word, amount);
            sum.all |= amount != 0.0 && on_all(&penalty.args);
        }
    }
    params.iter().flat_map(|p| &p.penalties).for_each(|own| sum.penalise(own.word, own.amount));
    sum.max_norm = params.iter().find_map(|p| p.max_norm);
    let normalize = model.data.as_ref().and_then(|data| data.settings.normalize.as_ref());
    sum.standardised = converted && normalize.is_some_and(|normalize| normalize.target);
    sum.implied_precision = implied_precision(model, params, sum.quadratic()).unwrap_or(0.0);
    sum
}

fn is_weight(param: &Param) -> bool {
    param.role == ParamRole::Weight
}

/// Where a masked matrix is penalised beside a mean squared error, the two say what precision they are a posterior for.
fn implied_precision(model: &Model, params: &[&Param], coefficient: f64) -> Option<f64> {
    let of_precision = model.train.as_ref()?.loss.word.likelihood() == Likelihood::OfPrecision;
    let weight = params.iter().find(|p| is_weight(p) && model.keep_before(p).0 < 1.0)?;
    (of_precision && coefficient > 0.0)
        .then(|| BayesDecay::implied_precision(Fitted::ONE, model, weight, coefficient))
}

/// 0 where the word has no such argument, or where its value is known only with the data.
fn coefficient(args: &Args, name: &str) -> f64 {
    match args.sig.arg(name).and_then(|_| args.get(name)).map(|given| &given.value) {
        Some(Value::Number(x)) => *x,
        Some(Value::Ramp(ramp)) => ramp.to,
        _ => 0.0,
    }
}

fn on_all(args: &Args) -> bool {
    args.sig.arg("on").is_some() && args.opt_word("on") == Some("all")
}
