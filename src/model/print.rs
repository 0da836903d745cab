//! The checked model as text: `dropnet emit --stage model`. Everything is resolved here: what stands in this listing is what is lowered.
//!
//! Invariant: a function of the model alone; nodes, parameters and states stand in their own order.

use std::fmt::Write;

use super::{Model, Node, NodeId, NodeKind, ParamRole, summary::init_text, summary::number};
use crate::{
    train::augment::Augmentation,
    vocab::{Args, exactly},
};

pub fn print(model: &Model) -> String {
    let mut out = String::new();
    for (name, value) in &model.knobs {
        let _ = writeln!(out, "param {name} = {value}");
    }
    for i in 0..model.nodes.len() {
        node(model, NodeId(i), &mut out);
    }
    let output = &model.output;
    let _ = writeln!(out, "output {}: {} = {}", output.name, output.kind, model.node(output.source).path);
    parameters(model, &mut out);
    train(model, &mut out);
    out
}

/// `relu_1: 1024 = relu(dense_1)`
fn node(model: &Model, id: NodeId, out: &mut String) {
    let node = model.node(id);
    let definition = match &node.kind {
        NodeKind::Input { name } => format!("input {name}"),
        NodeKind::Layer(used) => {
            let mut operands: Vec<String> = node.inputs.iter().map(|i| model.node(*i).path.clone()).collect();
            operands.extend(arguments(&used.args));
            format!("{}({})", used.args.sig.name, operands.join(", "))
        }
    };
    let _ = writeln!(out, "{}: {} = {definition}{}", node.path, typed(node), masked(node));
}

/// Sizes, with the roles of axes that have one: `28x28x1 (height, width, channel)`.
fn typed(node: &Node) -> String {
    let roles: Vec<&str> = node.ty.axes.iter().map(|axis| axis.role.name()).collect();
    if roles.iter().all(|role| *role == "unit") {
        node.ty.to_string()
    } else {
        format!("{} ({})", node.ty, roles.join(", "))
    }
}

fn masked(node: &Node) -> String {
    match node.weight_drop {
        None => String::new(),
        Some(drop) => {
            let which = if drop.recurrent { "recurrent weights" } else { "weights" };
            format!("  # {which} dropped {}{}", drop.p, if drop.always { ", always" } else { "" })
        }
    }
}

/// Arguments after defaults, in the order of the signature.
fn arguments(args: &Args) -> impl Iterator<Item = String> {
    args.iter().map(|given| format!("{}={}", given.name, given.value))
}

fn parameters(model: &Model, out: &mut String) {
    for param in &model.params {
        let dims: Vec<String> = param.dims.iter().map(usize::to_string).collect();
        let role = match param.role {
            ParamRole::Weight => "weight",
            ParamRole::Bias => "bias",
            ParamRole::Norm => "norm",
            ParamRole::Rate => "rate",
        };
        let _ = write!(out, "parameter {}: {} {role}, {}", param.name, dims.join("x"), init_text(param.init));
        if let Some(limit) = param.max_norm {
            let _ = write!(out, ", max_norm {}", number(limit));
        }
        for own in &param.penalties {
            let _ = write!(out, ", {} {}", own.name(), number(own.amount));
        }
        out.push('\n');
    }
    for state in &model.states {
        let dims: Vec<String> = state.dims.iter().map(usize::to_string).collect();
        let each = if state.by_row { " each row" } else { "" };
        let _ = writeln!(out, "state {}: {}{each}, starts at {}", state.name, dims.join("x"), state.start);
    }
}

fn train(model: &Model, out: &mut String) {
    let Some(train) = &model.train else { return };
    let mut line = |word: &str, args: &Args| {
        let args: Vec<String> = std::iter::once(args.sig.name.to_string()).chain(arguments(args)).collect();
        let _ = writeln!(out, "{word} {}", args.join(", "));
    };
    line("loss", &train.loss.args);
    line("optimizer", &train.optimizer.args);
    line("schedule", &train.schedule.args);
    train.penalties.iter().for_each(|penalty| line("penalize", &penalty.args));
    train.held.iter().for_each(|held| line("penalize", &held.used.args));
    train.average.iter().for_each(|average| line("average", &average.args));
    train.report.iter().for_each(|metric| line("report", &metric.args));
    let _ = writeln!(out, "{} {}", train.length.1, exactly(train.length.0));
    train.loads.iter().for_each(|load| {
        let _ = writeln!(out, "load {}", arguments(&load.args).collect::<Vec<_>>().join(", "));
    });
    for freeze in &train.freezes {
        let until = freeze.until.map_or(String::new(), |until| format!(", until={until}"));
        let _ = writeln!(out, "freeze {}{until}", freeze.label);
    }
    for rate in &train.rates {
        let _ = writeln!(out, "lr {}, factor={}", rate.label, exactly(rate.factor));
    }
    if train.accumulate > 1 {
        let _ = writeln!(out, "accumulate {}", train.accumulate);
    }
    if let Some(rho) = train.sam {
        let _ = writeln!(out, "sam {}", exactly(rho));
    }
    if train.balanced {
        let _ = writeln!(out, "sample balanced");
    }
    if let Some(judge) = train.judge {
        let _ = writeln!(out, "judge train, every={}", judge.every);
    }
    augmentation(&train.augmentation, out);
    if let Some(stop) = &train.stop_early {
        let _ = writeln!(
            out,
            "stop_early patience={}, watch={}, min_delta={}",
            stop.patience, stop.watch, stop.min_delta
        );
    }
    if let Some(seed) = train.seed {
        let _ = writeln!(out, "seed {seed}");
    }
}

/// The statements of `augment`; of several that one chooses among, with the weight of each.
fn augmentation(augmentation: &Augmentation, out: &mut String) {
    let written =
        |args: &Args| format!("{} {}", args.sig.name, arguments(args).collect::<Vec<_>>().join(", "));
    for statement in &augmentation.rows {
        let _ = writeln!(out, "{}", written(&statement.used.args));
    }
    let Some(pairs) = &augmentation.pairs else { return };
    match &pairs.among[..] {
        [(_, only)] if only.path == pairs.path => {
            let _ = writeln!(out, "{}", written(&only.used.args));
        }
        several => {
            let _ = writeln!(out, "{} p={}", pairs.path, pairs.p);
            for (weight, statement) in several {
                let _ = writeln!(out, "  {}: {}", exactly(*weight), written(&statement.used.args));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    #[test]
    fn everything_that_is_resolved_is_listed() {
        let source = "\
param width = 8
net {
  input picture: real[2, 2, 1]
  flatten -> dropout
  residual {
    dense 4, max_norm=2, l2=0.01 -> relu
  }
  dense 3
  output kind: class[3]
}
train {
  loss cross_entropy, label_smoothing=0.1
  optimizer sgd, lr=0.1, momentum=0.9
  penalize l1, 1e-5
  epochs 3
  stop_early patience=2, watch=train.loss
  seed 7
}
";
        let checked = check_source(&source.replace("dense 3", "dense width -> dense 3"), &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        insta::assert_snapshot!(super::print(&model));
    }
}
