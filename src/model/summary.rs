//! What a net is, in numbers: `dropnet summary`. Shapes, parameters, rates and where they come from, what is decayed and constrained.
//!
//! Sizes are of one row (a picture, a line of a table): shapes leave the batch out, FLOPs are those of one row's evaluation.
//! Invariant: a parameter is counted once, at the node that declared it, however often it is reused.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Init, Model, Node, NodeId, NodeKind, Param, ParamRole};
use crate::{
    layers::Law,
    model::{Fitted, Freeze, Ty},
    train::{BayesDecay, Penalty, losses::Likelihood, penalties},
    vocab::{Args, Given, Value, in_digits},
};

mod ledger;
mod table;

pub use ledger::ledger;
pub use table::{flops, grouped};

/// Bytes of one stored number.
const NUMBER: usize = 4;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub inputs: Vec<Port>,
    pub output: Port,
    /// Values of `param` after `--set`, as text.
    pub params: Vec<(String, String)>,
    pub layers: Vec<Row>,
    pub parameters: usize,
    /// Of them, those that training leaves as they are.
    #[serde(skip_serializing_if = "is_zero")]
    pub frozen: usize,
    /// Of the parameters.
    pub bytes: usize,
    /// Of the matrix products of one row's evaluation, a multiply and an add being two.
    pub flops: usize,
    pub dropout_sites: usize,
    /// Units and weights that are kept or dropped by a coin of their own: the net stands for 2 to this power of sub-networks.
    pub coins: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// A declared input or output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    pub name: String,
    /// `28x28x1`, `class[10]`
    pub ty: String,
}

/// One use of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub path: String,
    /// The layer's word; `input` for an input.
    pub layer: String,
    pub output: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<Drop>,
    pub parameters: usize,
    pub bytes: usize,
    pub flops: usize,
    /// The node whose parameters these are, where they are reused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<String>,
    pub regularized: Regularized,
    /// Parameters and running figures that training leaves as they are: `frozen`, `frozen until 3epochs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
    /// The factor of the learning rate, where it is not 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_factor: Option<f64>,
}

/// A place where units or weights are dropped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drop {
    pub rate: f64,
    pub source: RateSource,
    pub kind: &'static str,
    /// Stochastic in every mode.
    pub always: bool,
    pub of: Dropped,
    /// The other arguments that the file gives, as `scale=test`.
    pub settings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    Units,
    Weights,
}

/// Where a rate comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// A number in the file.
    Written,
    /// An expression in the file: a `param`, a block's argument.
    Expression(String),
    /// Left out: the rate that is usual for the place.
    Usual,
}

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
    fn none() -> Self {
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

impl Summary {
    /// `source` is the text that the model was checked from: rates are shown as they are written there.
    pub fn new(model: &Model, source: &str) -> Self {
        let rows = (0..model.nodes.len()).map(|i| Row::new(model, NodeId(i), source));
        let layers: Vec<Row> = rows.collect();
        let inputs = model.inputs.iter().map(|id| {
            let node = model.node(*id);
            Port { name: node.path.clone(), ty: node.ty.to_string() }
        });
        let parameters = model.parameter_count();
        Self {
            inputs: inputs.collect(),
            output: Port { name: model.output.name.clone(), ty: model.output.kind.to_string() },
            params: model.knobs.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
            parameters,
            frozen: model.params.iter().filter(|param| model.is_frozen(param)).map(Param::len).sum(),
            bytes: parameters * NUMBER,
            flops: layers.iter().map(|row| row.flops).sum(),
            dropout_sites: (0..model.nodes.len()).map(|i| sites(model, NodeId(i))).sum(),
            coins: model.coins(),
            layers,
        }
    }
}

/// Independent random masks of a node: its own, and one a masked weight matrix.
fn sites(model: &Model, id: NodeId) -> usize {
    let node = model.node(id);
    let own = match &node.kind {
        NodeKind::Layer(used) => usize::from(used.word.drop_site(&used.args).is_some()),
        NodeKind::Input { .. } => 0,
    };
    let matrices = node.params.iter().filter(|p| model.params[p.0].role == ParamRole::Weight).count();
    own + if node.weight_drop.is_some() { matrices } else { 0 }
}

impl Row {
    fn new(model: &Model, id: NodeId, source: &str) -> Self {
        let node = model.node(id);
        let types: Vec<&Ty> = node.inputs.iter().map(|i| &model.node(*i).ty).collect();
        let (layer, multiply_adds) = match &node.kind {
            NodeKind::Input { .. } => ("input", 0),
            NodeKind::Layer(used) => (used.args.sig.name, used.word.multiply_adds(node, &types)),
        };
        let all: Vec<&Param> = node.params.iter().map(|p| &model.params[p.0]).collect();
        let owner = all.first().map(|param| param.node).filter(|owner| *owner != id);
        let parameters = all.iter().filter(|p| p.node == id).map(|p| p.len()).sum();
        Self {
            path: node.path.clone(),
            layer: layer.into(),
            output: node.ty.sizes(),
            dropout: dropped(node, !all.is_empty(), source),
            parameters,
            bytes: parameters * NUMBER,
            flops: 2 * multiply_adds,
            shares: owner.map(|owner| model.node(owner).path.clone()),
            frozen: model.freeze_of(node).filter(|_| !all.is_empty() || !node.states.is_empty()).map(still),
            rate_factor: all.first().map(|param| model.rate_factor(param)).filter(|factor| *factor != 1.0),
            regularized: if owner.is_none() && !all.iter().all(|param| model.is_frozen(param)) {
                regularized(model, &all)
            } else {
                Regularized::none()
            },
        }
    }
}

/// `frozen`, `frozen until 3epochs`
fn still(freeze: &Freeze) -> String {
    freeze.until.map_or("frozen".into(), |until| format!("frozen until {until}"))
}

/// The node's own site, or the mask over its weights.
fn dropped(node: &Node, has_params: bool, source: &str) -> Option<Drop> {
    if let NodeKind::Layer(used) = &node.kind
        && let Some(site) = used.word.drop_site(&used.args)
    {
        let rate = used
            .args
            .iter()
            .find(|given| given.written && matches!(given.value, Value::Number(_) | Value::Ramp(_)));
        return Some(Drop {
            rate: site.rate.last(),
            source: rate_source(rate, source),
            settings: settings(&used.args, rate),
            kind: site.law.name(),
            always: site.always,
            of: Dropped::Units,
        });
    }
    let drop = node.weight_drop.filter(|_| has_params)?;
    Some(Drop {
        rate: drop.p.last(),
        source: RateSource::Written,
        kind: Law::Coin.name(),
        always: drop.always,
        of: Dropped::Weights,
        settings: Vec::new(),
    })
}

/// What is written beside the rate; kind and `always` are said elsewhere.
fn settings(args: &Args, rate: Option<&Given>) -> Vec<String> {
    let told = |name: &str| rate.is_some_and(|rate| rate.name == name) || name == "kind" || name == "always";
    let rest = args.iter().filter(|given| given.written && !told(given.name));
    rest.map(|given| format!("{}={}", given.name, given.value)).collect()
}

/// A rate is the first number that a dropping layer was given; without one it was settled by the place.
fn rate_source(rate: Option<&Given>, source: &str) -> RateSource {
    let Some(given) = rate else { return RateSource::Usual };
    let text = source.get(given.span.start..given.span.end).unwrap_or_default();
    if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(char::is_whitespace) {
        RateSource::Written
    } else {
        RateSource::Expression(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

fn regularized(model: &Model, params: &[&Param]) -> Regularized {
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

/// How an initialiser is written in listings.
pub(super) fn init_text(init: Init) -> String {
    match init {
        Init::Zeros => "zeros".into(),
        Init::Ones => "ones".into(),
        Init::Constant(x) => format!("constant {}", number(x)),
        Init::Uniform { limit } => format!("uniform ±{}", number(limit)),
        Init::Normal { mean, sd } => format!("normal {}sd {}", around(mean), number(sd)),
        Init::Truncated { mean, sd, within } => {
            format!("normal {}sd {} within {} sd", around(mean), number(sd), number(within))
        }
        Init::Orthogonal { gain: 1.0 } => "orthogonal".into(),
        Init::Orthogonal { gain } => format!("orthogonal gain {}", number(gain)),
        Init::Dirac => "dirac".into(),
    }
}

/// A mean that is not 0.
fn around(mean: f64) -> String {
    if mean == 0.0 { String::new() } else { format!("mean {} ", number(mean)) }
}

/// Up to four significant digits; small and large numbers with an exponent.
pub fn number(x: f64) -> String {
    in_digits(x, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn summary(source: &str) -> Summary {
        let checked = check_source(source, &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        Summary::new(&model, source)
    }

    const MLP: &str = "\
param hidden = 1024
param p_hid = 0.5
net {
  input image: real[28, 28, 1]
  flatten -> dropout
  repeat 2 {
    dense hidden, max_norm=3 -> relu -> dropout p_hid
  }
  dense 10
  output digit: class[10]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1, weight_decay=1e-5
  penalize l2, 0.001
  epochs 1
}
";

    #[test]
    fn mlp_table() {
        insta::assert_snapshot!(summary(MLP).table("mnist.net"));
    }

    #[test]
    fn totals_are_those_of_the_textbook() {
        let summary = summary(MLP);
        assert_eq!(summary.parameters, 1_863_690);
        assert_eq!(summary.flops, 2 * (784 * 1024 + 1024 * 1024 + 1024 * 10));
        assert_eq!(summary.dropout_sites, 3);
    }

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> =
            [0.0, 0.5, 1e-5, 0.002, 3.0, 1234.5678, 0.1 + 0.2, 1e9, -2.5e-7, 65536.0].map(number).to_vec();
        assert_eq!(shown.join(" "), "0 0.5 1e-5 0.002 3 1235 0.3 1e9 -2.5e-7 65536");
    }
}
