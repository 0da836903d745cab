//! The amount of an L2 penalty that makes dropout training variational inference: `penalize l2, bayes_decay(length_scale=, precision=)`.
//!
//! # What it does
//! Dropout training with an L2 penalty minimises, up to a factor, the negative log-likelihood of the data plus the Kullback-Leibler
//! divergence of the masked weights from a normal prior `N(0, 1/l^2)`, if the penalty of each matrix has one certain strength. This sets it,
//! matrix by matrix, from the rate of the dropout that feeds the matrix, the rows that are fitted and the precision of an observation.
//!
//! # Formula
//! `l^2 / ((1-p) N D tau)` with `squared_error`, `l^2 / (2 (1-p) N)` with a negative log-likelihood (over `D` where that is a mean over
//! `D` outputs). `p` is the rate of dropping in front of the matrix, 0 without one; `N` the terms of the mean that the loss is: the fitted rows, or, where each token of a row is
//! foretold and `loss cross_entropy` is a mean over them, the tokens; `D` the outputs, `tau` the
//! precision, `l` the length-scale. With `scale=test`, `1-p` stands in the numerator. The divergence of a matrix `W` behind inverted
//! dropout is `l^2 / (2 (1-p)) sum w^2` plus what does not depend on `W`; times `2 / (N D tau)` it is the penalty beside the mean squared
//! error.
//!
//! In recurrent layers the matrix of the input goes by `dropout=`, the recurrent one by `recurrent_dropout=`, each one draw for all steps (Gal and Ghahramani 2016, recurrent neural networks); `share=none` is
//! an error. A table of word vectors goes by the rate of dropping word types. Masks in a row multiply what they keep.
//!
//! # Arguments
//! `length_scale` is the inverse standard deviation of the prior. `precision` is the inverse variance of an observation in the target's own
//! units (it is converted where the target is standardised), for `squared_error` alone: other losses say it themselves.
//! `precision=fit` takes the precision under which the validation rows are likeliest around the outputs of the epoch before (the inverse of
//! their mean squared error); before the first epoch, that of targets which nothing is known of. It needs validation rows.
//! `form=reference2018` is the constant `l^2 (1-p) / (2 N tau)` of the code released with the paper, unconverted, to reproduce its table.
//!
//! # Papers
//! Gal and Ghahramani 2016, Dropout as a Bayesian approximation (appendix, section 3.2).

use crate::{
    model::{Fitted, Model, Param, Precision},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value},
};

/// The manual of the word.
pub const SOURCE: &str = include_str!("bayes_decay.rs");

pub static SIG: Sig = Sig {
    name: "bayes_decay",
    about: "the L2 penalty under which dropout training is variational inference",
    args: &[
        ArgSpec::named(
            "length_scale",
            Kind::Number(Bounds::POSITIVE),
            Default::Required,
            "inverse standard deviation of the prior",
        ),
        ArgSpec::named(
            "precision",
            Kind::OneOf(&[Kind::Number(Bounds::POSITIVE), Kind::Word(&["fit"])]),
            Default::Absent,
            "inverse variance of an observation, in the target's own units, or `fit`: the likeliest for the validation rows",
        ),
        ArgSpec::named(
            "form",
            Kind::Word(&["derived", "reference2018"]),
            Default::Word("derived"),
            "the derived constant, or that of the code released with the paper",
        ),
    ],
    block: Block::None,
};

/// The attribute that holds the variance of the fitted targets, where they are standardised.
pub const TARGET_VARIANCE: &str = "target.variance";
/// The attribute that holds how many tokens of the training rows are foretold, where the loss is a mean over them.
pub const TRAIN_TOKENS: &str = "train.tokens";

/// A checked use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BayesDecay {
    pub length_scale: f64,
    pub precision: Option<Precision>,
    pub reference: bool,
}

impl BayesDecay {
    /// As a value of an argument.
    pub fn value(args: &Args) -> Value {
        let given = args.iter().map(|given| (Some(given.name.to_string()), given.value.clone()));
        Value::Call(SIG.name.into(), given.collect())
    }

    /// The use that an argument's value stands for, if it is one.
    pub fn of(value: &Value) -> Option<Self> {
        let Value::Call(name, args) = value else { return None };
        let get = |key: &str| args.iter().find(|(name, _)| name.as_deref() == Some(key)).map(|(_, v)| v);
        let number = |key: &str| match get(key) {
            Some(Value::Number(x)) => Some(*x),
            _ => None,
        };
        (name == SIG.name).then(|| Self {
            length_scale: number("length_scale").unwrap_or(1.0),
            precision: get("precision").map(|value| match value {
                Value::Number(x) => Precision::Known(*x),
                _ => Precision::Fit,
            }),
            reference: matches!(get("form"), Some(Value::Word(form)) if form == "reference2018"),
        })
    }

    /// Whether the precision is fitted while the net is trained.
    pub fn is_fitted(&self) -> bool {
        self.precision == Some(Precision::Fit)
    }

    /// The precision in the target's own units; of one that is fitted, that which is 1 in those of training.
    fn precision_on(&self, fitted: Fitted) -> Option<f64> {
        self.precision.map(|precision| precision.known().unwrap_or(1.0 / fitted.variance))
    }

    /// The coefficient of the sum of squares of a matrix, for a fitted precision to be divided by it (in the units of training). None until
    /// the data are loaded.
    pub fn coefficient(&self, model: &Model, param: &Param) -> Option<f64> {
        model.fitted.map(|fitted| self.coefficient_on(fitted, model, param))
    }

    /// The same for data that are not loaded.
    pub fn coefficient_on(&self, fitted: Fitted, model: &Model, param: &Param) -> f64 {
        let (keep, at_test) = match model.learned_logit(param) {
            // The learned rate divides where the penalty is lowered.
            Some(_) => (model.weights_kept(param), false),
            _ => model.keep_before(param),
        };
        let scale = self.length_scale * self.length_scale;
        if self.reference {
            return scale * keep / (2.0 * fitted.terms * self.precision_on(fitted).unwrap_or(1.0));
        }
        let scale = if at_test { scale * keep } else { scale / keep };
        let each = fitted.terms * outputs(model);
        match self.precision_on(fitted) {
            Some(precision) => scale / (each * precision * fitted.variance),
            None => scale / (2.0 * each),
        }
    }

    /// What the entropy of one coin of a learned rate counts beside the loss, for a fitted precision as [`coefficient`](Self::coefficient). None
    /// until the data are loaded.
    pub fn entropy_coefficient(&self, model: &Model) -> Option<f64> {
        let fitted = model.fitted?;
        let each = fitted.terms * outputs(model);
        Some(
            self.precision_on(fitted)
                .map_or(1.0 / each, |precision| 2.0 / (each * precision * fitted.variance)),
        )
    }

    /// The precision that a plain coefficient of this matrix implies, in the target's own units, for a length-scale of 1.
    pub fn implied_precision(fitted: Fitted, model: &Model, param: &Param, coefficient: f64) -> f64 {
        let unit = Self { length_scale: 1.0, precision: Some(Precision::Known(1.0)), reference: false };
        unit.coefficient_on(fitted, model, param) / coefficient
    }
}

/// Outputs over which the loss is a mean.
fn outputs(model: &Model) -> f64 {
    let kind = model.output.kind;
    if kind.classes().is_some() || kind.steps().is_some() { 1.0 } else { kind.outputs() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ParamRole;
    use crate::{
        check::{Env, check_source},
        graph::{Sink, StepInfo, interpret::Bindings},
        layers::tests::rig,
        lower::{LOSS, OBJECTIVE, lower_forward},
    };

    const ROWS: f64 = rig::ROWS as f64;

    fn model(loss: &str, output: &str, decay: &str, scale: &str) -> Model {
        let source = format!(
            "net {{\n  input x: real[3]\n  dropout 0.25{scale}\n  dense 4 -> tanh -> dropout 0.5{scale}\n  {output}\n}}\n\
             train {{\n  loss {loss}\n  optimizer sgd, lr=1\n  penalize l2, {decay}\n  epochs 1\n}}\n"
        );
        let attributes = [("train.rows".to_string(), ROWS), (TARGET_VARIANCE.to_string(), 4.0)];
        let checked = check_source(&source, &Env { attributes: attributes.into(), ..Env::default() });
        checked.model.unwrap_or_else(|| panic!("{source}{:#?}", checked.diagnostics))
    }

    /// Objective, its data loss, and the outputs.
    fn values(lowered: &crate::lower::Lowered, bindings: &Bindings<f64>) -> (f64, f64, Vec<f64>) {
        let values = rig::run(&lowered.graph, bindings);
        let metric = |i: usize| values.sink(Sink::Metric(i as u32)).expect("a total").reals()[0] / ROWS;
        let outputs = values.sink(Sink::Output).expect("outputs").reals().to_vec();
        (metric(OBJECTIVE), metric(LOSS), outputs)
    }

    /// Half the squared size of all matrices in the unscaled form `W / keep`, times `l^2 keep`.
    fn divergence(model: &Model, bindings: &Bindings<f64>, length_scale: f64, at_test: bool) -> f64 {
        let matrices = model.params.iter().zip(&bindings.params).filter(|(p, _)| p.role == ParamRole::Weight);
        let each = matrices.map(|(param, value)| {
            let keep = model.keep_before(param).0;
            let unit = if at_test { 1.0 } else { keep };
            let size: f64 = value.reals().iter().map(|w| (w / unit) * (w / unit)).sum();
            0.5 * length_scale * length_scale * keep * size
        });
        each.sum()
    }

    /// Central differences of `f` by every weight and bias.
    fn gradient(bindings: &Bindings<f64>, f: impl Fn(&Bindings<f64>) -> f64) -> Vec<f64> {
        const STEP: f64 = 1e-5;
        let mut all = Vec::new();
        for (p, param) in bindings.params.iter().enumerate() {
            for i in 0..param.reals().len() {
                let at = |by: f64| {
                    let mut moved = bindings.clone();
                    let mut reals = param.reals().to_vec();
                    reals[i] += by;
                    moved.params[p] = crate::graph::Tensor::real(&param.dims, reals);
                    f(&moved)
                };
                all.push((at(STEP) - at(-STEP)) / (2.0 * STEP));
            }
        }
        all
    }

    /// `factor` times the objective has the gradient of the negative log-likelihood plus the divergence.
    fn assert_variational(model: &Model, factor: f64, length_scale: f64, at_test: bool) {
        let lowered = lower_forward(model);
        let bindings = rig::bindings::<f64>(&lowered);
        let objective = gradient(&bindings, |b| factor * values(&lowered, b).0);
        let bound = gradient(&bindings, |b| {
            factor * values(&lowered, b).1 + divergence(model, b, length_scale, at_test)
        });
        for (a, b) in objective.iter().zip(&bound) {
            assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{a} {b}");
        }
        let likelihood = gradient(&bindings, |b| factor * values(&lowered, b).1);
        assert!(objective.iter().zip(&likelihood).any(|(a, b)| (a - b).abs() > 1e-2));
    }

    #[test]
    fn the_objective_is_the_bound_of_variational_inference() {
        let decay = "bayes_decay(length_scale=0.7, precision=0.3)";
        let real = model("squared_error", "dense 2\n  output y: real[2]", decay, "");
        // The mean squared error over N rows and D outputs is 2 / (N D tau) times the negative log-likelihood; tau in standardised units.
        let factor = ROWS * 2.0 * (0.3 * 4.0) / 2.0;
        assert_variational(&real, factor, 0.7, false);
        let real = model("squared_error", "dense 2\n  output y: real[2]", decay, ", scale=test");
        assert_variational(&real, factor, 0.7, true);
        let decay = "bayes_decay(length_scale=0.7)";
        let class = model("cross_entropy", "dense 3\n  output y: class[3]", decay, "");
        assert_variational(&class, ROWS, 0.7, false);
        let bits = model("binary_cross_entropy", "dense 2\n  output y: bits[2]", decay, "");
        assert_variational(&bits, 2.0 * ROWS, 0.7, false);
    }

    /// A fitted precision is a number of the step: where it is 1 in the units of training the net is that of this number.
    #[test]
    fn a_fitted_precision_divides_the_penalty() {
        let penalty = |precision: &str, noise: f64| {
            let decay = format!("bayes_decay(length_scale=0.7, precision={precision})");
            let net = model("squared_error", "dense 2\n  output y: real[2]", &decay, "");
            let lowered = lower_forward(&net);
            let mut bindings = rig::bindings::<f64>(&lowered);
            let step = StepInfo { noise, ..StepInfo::of_prediction(rig::ROWS) };
            let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
            bindings.bind_scalar_words(&lowered.graph, &words);
            let (objective, loss, _) = values(&lowered, &bindings);
            objective - loss
        };
        let one = penalty("0.25", 1.0);
        assert!(one > 0.0 && (penalty("fit", 1.0) - one).abs() < 1e-9 * one);
        assert!((penalty("fit", 0.5) - penalty("0.5", 1.0)).abs() < 1e-9 * one);
    }

    /// The squared error itself, against the density written out.
    #[test]
    fn the_squared_error_is_a_likelihood_of_that_precision() {
        let net = model("squared_error", "dense 2\n  output y: real[2]", "0", "");
        let lowered = lower_forward(&net);
        let bindings = rig::bindings::<f64>(&lowered);
        let tau = 1.2;
        let target = bindings.target.clone().expect("targets");
        let density = |b: &Bindings<f64>| {
            let outputs = values(&lowered, b).2;
            outputs.iter().zip(target.reals()).map(|(y, t)| 0.5 * tau * (y - t) * (y - t)).sum::<f64>()
        };
        let by_loss = gradient(&bindings, |b| ROWS * 2.0 * tau / 2.0 * values(&lowered, b).1);
        for (a, b) in by_loss.iter().zip(gradient(&bindings, density)) {
            assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{a} {b}");
        }
    }

    /// A mean over tokens has as many terms as there are tokens; a mean over rows, of what each sums up, as many as rows.
    #[test]
    fn of_answers_at_each_step_the_terms_are_those_of_the_mean() {
        let coefficient = |loss: &str| {
            let source = format!(
                "net {{\n  input x: token[5, vocab=9]\n  embedding 3\n  gru 4, dropout=0.25\n  dense 9\n  output y: token[5, vocab=9]\n}}\n\
                 train {{\n  loss {loss}\n  optimizer sgd, lr=1\n  penalize l2, bayes_decay(length_scale=0.7)\n  epochs 1\n}}\n"
            );
            let attributes = [("train.rows".to_string(), 10.0), (TRAIN_TOKENS.to_string(), 46.0)];
            let checked = check_source(&source, &Env { attributes: attributes.into(), ..Env::default() });
            let net = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
            let decay = BayesDecay { length_scale: 0.7, precision: None, reference: false };
            let param = net.params.iter().find(|param| param.name == "gru_1.input_weight").expect("a matrix");
            decay.coefficient(&net, param).expect("rows are known")
        };
        let by_hand = |terms: f64| 0.7 * 0.7 / (2.0 * 0.75 * terms);
        for (loss, terms) in [("cross_entropy", 46.0), ("cross_entropy, per=row", 10.0)] {
            let found = coefficient(loss);
            assert!((found / by_hand(terms) - 1.0).abs() < 1e-12, "{loss}: {found}, {}", by_hand(terms));
        }
    }

    /// With learned rates the penalty is the divergence of Gal, Hron and Kendall (2017): `sum l^2 w^2 / (2 (1-p))` less the coins' entropies.
    #[test]
    fn learned_rates_add_their_entropy() {
        let source = "net {\n  input x: real[3]\n  dropout kind=concrete\n  dense 4 -> tanh -> dropout 0.3, kind=concrete\n  dense 2\n  output y: real[2]\n}\n\
            train {\n  loss squared_error\n  optimizer sgd, lr=1\n  penalize l2, bayes_decay(length_scale=0.7, precision=0.3)\n  epochs 1\n}\n";
        let attributes = [("train.rows".to_string(), ROWS), (TARGET_VARIANCE.to_string(), 4.0)];
        let checked = check_source(source, &Env { attributes: attributes.into(), ..Env::default() });
        let net = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let lowered = lower_forward(&net);
        let bindings = rig::bindings::<f64>(&lowered);
        let find = |name: &str| {
            let at = net.params.iter().position(|p| p.name == name).expect("a parameter");
            bindings.params[at].reals().to_vec()
        };
        let size = |name: &str| find(name).iter().map(|w| w * w).sum::<f64>();
        let divergence: f64 = [("dropout_1", "dense_1", 3.0), ("dropout_2", "dense_2", 4.0)]
            .map(|(site, layer, coins)| {
                let p = 1.0 / (1.0 + (-find(&format!("{site}.logit"))[0]).exp());
                let entropy = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
                0.7 * 0.7 * size(&format!("{layer}.weight")) / (2.0 * (1.0 - p)) - coins * entropy
            })
            .iter()
            .sum();
        let (objective, loss, _) = values(&lowered, &bindings);
        let factor = ROWS * 2.0 * (0.3 * 4.0) / 2.0;
        assert!((factor * (objective - loss) - divergence).abs() < 1e-5, "{objective} {loss} {divergence}");
    }

    #[test]
    fn the_reference_code_has_its_own_constant() {
        let decay = "bayes_decay(length_scale=1e-2, precision=0.1, form=reference2018)";
        let net = model("squared_error", "dense 1\n  output y: real[1]", decay, "");
        let amount = net.train.as_ref().unwrap().penalties[0].args.value("amount").unwrap().clone();
        let decay = BayesDecay::of(&amount).unwrap();
        let of = |i: usize| decay.coefficient(&net, &net.params[i]).unwrap();
        assert!((of(0) / (1e-4 * 0.75 / (2.0 * ROWS * 0.1)) - 1.0).abs() < 1e-12);
        assert!((of(2) / (1e-4 * 0.5 / (2.0 * ROWS * 0.1)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_plain_coefficient_implies_a_precision() {
        let net = model("squared_error", "dense 1\n  output y: real[1]", "1e-3", "");
        let tau = BayesDecay::implied_precision(net.fitted.unwrap(), &net, &net.params[2], 1e-3);
        assert!((tau - 1.0 / (0.5 * ROWS * 4.0 * 1e-3)).abs() < 1e-9, "{tau}");
    }

    fn kept(layers: &str, input: &str) -> Vec<(String, f64)> {
        let source =
            format!("net {{\n  input x: {input}\n  {layers} -> last -> dense 2\n  output y: class[2]\n}}\n");
        let checked = check_source(&source, &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{source}{:#?}", checked.diagnostics));
        let matrices = model.params.iter().filter(|param| param.role == ParamRole::Weight);
        let rounded = |x: f64| (1000.0 * x).round() / 1000.0;
        matrices.map(|param| (param.name.clone(), rounded(model.keep_before(param).0))).collect()
    }

    /// Each matrix of a recurrent layer by its own mask, a table by the word types; masks in a row multiply.
    #[test]
    fn recurrent_layers_and_tables_go_by_the_masks_within_them() {
        let named = |all: &[(&str, f64)]| {
            all.iter().map(|(name, keep)| (name.to_string(), *keep)).collect::<Vec<_>>()
        };
        assert_eq!(
            kept("dropout 0.2 -> lstm 4, dropout=0.25, recurrent_dropout=0.5", "series[5, 3]"),
            named(&[("lstm_1.input_weight", 0.6), ("lstm_1.recurrent_weight", 0.5), ("dense_1.weight", 1.0)])
        );
        assert_eq!(
            kept("embedding 3, dropout=0.125 -> gru 4, dropout=0.25, gates=untied", "token[5, vocab=9]"),
            named(&[
                ("embedding_1.weight", 0.875),
                ("gru_1.input_weight", 0.75),
                ("gru_1.recurrent_weight", 1.0),
                ("dense_1.weight", 1.0)
            ])
        );
        assert_eq!(
            kept(
                "embedding 3 -> dropout 0.25, share=type -> dropout 0.5 -> rnn 4 -> dropout 0.5",
                "token[5, vocab=9]"
            ),
            named(&[
                ("embedding_1.weight", 0.75),
                ("rnn_1.input_weight", 0.5),
                ("rnn_1.recurrent_weight", 1.0),
                ("dense_1.weight", 0.5)
            ])
        );
        assert_eq!(
            kept("drop_connect 0.25, on=recurrent { lstm 4, recurrent_dropout=0.5 }", "series[5, 3]"),
            named(&[
                ("drop_connect_1/lstm_1.input_weight", 1.0),
                ("drop_connect_1/lstm_1.recurrent_weight", 0.375),
                ("dense_1.weight", 1.0)
            ])
        );
    }
}
