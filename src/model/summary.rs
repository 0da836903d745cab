//! What a net is, in numbers: `dropnet summary`. Shapes, parameters, rates and where they come from, what is decayed and constrained.
//!
//! Sizes are of one row (a picture, a line of a table): shapes leave the batch out, FLOPs are those of one row's evaluation.
//! Invariant: a parameter is counted once, at the node that declared it, however often it is reused.

use serde::Serialize;

use super::{Init, Model, Node, NodeId, NodeKind, Param, ParamId};
use crate::{
    model::{Freeze, Ty},
    vocab::in_digits,
};
use dropped::dropped;
use regularized::regularized;

mod dropped;
mod ledger;
mod regularized;
mod table;

pub use dropped::{Drop, Dropped, Inside, RateSource};
pub use ledger::ledger;
pub use regularized::Regularized;
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Inside>,
    pub parameters: usize,
    pub bytes: usize,
    pub flops: usize,
    /// Numbers that a row carries on to the next window.
    #[serde(skip_serializing_if = "is_zero")]
    pub carries: usize,
    /// What is hidden of the input in training, besides dropout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hides: Option<String>,
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

/// Independent random masks of a node: its own, those inside of it, and one a masked weight matrix.
fn sites(model: &Model, id: NodeId) -> usize {
    let node = model.node(id);
    let own = match &node.kind {
        NodeKind::Layer(used) => usize::from(used.word.drop_site(&used.args).is_some()),
        NodeKind::Input { .. } => 0,
    };
    let masked = |param: &&ParamId| node.weight_drop.is_some_and(|drop| drop.masks(&model.params[param.0]));
    own + node.inner_drops(model).len() + node.params.iter().filter(masked).count()
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
            dropout: dropped(model, node, source),
            inside: Inside::of(model, node),
            parameters,
            bytes: parameters * NUMBER,
            flops: 2 * multiply_adds,
            carries: carried(model, node),
            hides: hides(model, node),
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

/// What a node hides of its input in training.
fn hides(model: &Model, node: &Node) -> Option<String> {
    let (used, input) = (node.layer()?, node.inputs.first()?);
    used.word.hides(&used.args, &model.node(*input).ty)
}

/// Numbers that a row carries on from window to window.
fn carried(model: &Model, node: &Node) -> usize {
    let states = node.states.iter().map(|state| &model.states[state.0]).filter(|state| state.by_row);
    states.map(|state| state.dims.iter().product::<usize>()).sum()
}

/// `frozen`, `frozen until 3epochs`
fn still(freeze: &Freeze) -> String {
    freeze.until.map_or("frozen".into(), |until| format!("frozen until {until}"))
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
        Init::Gate { gate, of, value } => format!("{} in gate {} of {of}, else 0", number(value), gate + 1),
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
    fn what_is_dropped_inside_of_a_layer_is_told() {
        let summary = summary(
            "net {
  input x: real[60]
  reshape 20x3, roles=[time, channel]
  lstm 8, dropout=0.2, recurrent_dropout=0.3, zoneout_cell=0.1
  residual { attention heads=2, dropout=0.1 }
  mean_pool over=time
  dropout 0.5
  dense 1
  output y: real[1]
}
",
        );
        assert_eq!(summary.dropout_sites, 5);
        insta::assert_snapshot!(summary.table("series.net"));
    }

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> =
            [0.0, 0.5, 1e-5, 0.002, 3.0, 1234.5678, 0.1 + 0.2, 1e9, -2.5e-7, 65536.0].map(number).to_vec();
        assert_eq!(shown.join(" "), "0 0.5 1e-5 0.002 3 1235 0.3 1e9 -2.5e-7 65536");
    }
}
