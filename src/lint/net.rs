//! Layers that do not do what they seem to.

use crate::{
    diag::Diagnostic,
    layers::{Across, Reach},
    model::{Model, Node, NodeKind, OutputKind, ends, reaches},
};

/// Logits beyond these make no difference that anybody sees: probabilities of 5 in 100 000.
const OPEN_LOGITS: Reach = Reach { low: -10.0, high: 10.0 };
/// What a target of mean 0 and variance 1 has to be able to reach.
const STANDARD: Reach = Reach { low: -3.0, high: 3.0 };

/// The nodes that make the output's numbers, with their words and what they can be.
fn makers(model: &Model) -> Vec<(&Node, &'static str, Reach)> {
    let reaches = reaches(&model.nodes);
    let mut found = ends(&model.nodes, model.output.source);
    if model.output.kind.says_spread() {
        // The means come first; to bound a log-variance is usual.
        found.truncate(1);
    }
    let maker = |id: &crate::model::NodeId| match &model.node(*id).kind {
        NodeKind::Layer(used) => Some((model.node(*id), used.args.sig.name, reaches[id.0])),
        NodeKind::Input { .. } => None,
    };
    found.iter().filter_map(maker).collect()
}

fn evens_out(node: &Node) -> bool {
    node.facts().normalises == Some(Across::Row)
}

/// W0110: logits that cannot be any number.
pub fn bounded_logits(model: &Model) -> Vec<Diagnostic> {
    let kind = model.output.kind;
    if !kind.has_probabilities() {
        return Vec::new();
    }
    let warn = |(node, name, reach): (&Node, &'static str, Reach)| {
        let warning = Diagnostic::warning("W0110", node.span, format!("`{name}` on logits"));
        let warning = match (evens_out(node), OPEN_LOGITS.is_within(reach)) {
            (true, _) => warning
                .label("the logits of every row come out with one mean and one spread")
                .note("the net is then as sure of one row as of any other"),
            (false, true) => return None,
            (false, false) => warning
                .label(left_out(kind, reach))
                .note("and where a logit is cut off or saturated there is hardly a gradient"),
        };
        Some(warning.help("leave it out: the output takes logits of either sign and any size"))
    };
    makers(model).into_iter().filter_map(warn).collect()
}

/// W0134: windows over samples of which the longest clip has one.
pub fn whole_sounds(model: &Model) -> Vec<Diagnostic> {
    let warn = |node: &Node| {
        let used = node.layer()?;
        let heard = &model.node(*node.inputs.first()?).ty;
        let samples = heard.rate().and(heard.steps())?.size;
        (node.ty.steps()?.size == 1 && samples > 1).then(|| {
            let message = format!("one window of `{}` takes a whole clip", used.args.sig.name);
            Diagnostic::warning("W0134", node.span, message)
                .label(format!("the longest has {samples} samples, and time has one step behind it"))
                .note("shorter clips go on with silence as far as the window reaches")
                .help("take shorter windows, 25 ms are usual, or declare longer clips")
        })
    };
    model.nodes.iter().filter_map(warn).collect()
}

/// The probabilities that bounded logits cannot come to.
fn left_out(kind: OutputKind, reach: Reach) -> String {
    let probability = |logit: f64| match 1.0 / (1.0 + (-logit).exp()) {
        0.5 => "one half".to_string(),
        p => format!("{p:.3}"),
    };
    match (kind.classes(), reach.low.is_finite(), reach.high.is_finite()) {
        (Some(k), true, true) => {
            let most = 1.0 / (1.0 + (k as f64 - 1.0) * (reach.low - reach.high).exp());
            format!("no class can have a probability above {most:.3}")
        }
        (Some(_), true, _) => {
            format!("no class can be made less likely than one whose logit is {}", three(reach.low))
        }
        (Some(_), ..) => {
            format!("no class can be made likelier than one whose logit is {}", three(reach.high))
        }
        (_, true, true) => {
            let (low, high) = (probability(reach.low), probability(reach.high));
            format!("no probability can be below {low} or above {high}")
        }
        (_, true, _) => format!("no probability can be below {}", probability(reach.low)),
        _ => format!("no probability can be above {}", probability(reach.high)),
    }
}

/// Three decimals are enough to say where a bound lies.
fn three(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

/// W0122: numbers that a target of mean 0 and variance 1 has and the net cannot give.
pub fn unreachable_targets(model: &Model) -> Vec<Diagnostic> {
    let numbers = !model.output.kind.has_probabilities();
    let normalize = model.data.as_ref().and_then(|data| data.settings.normalize);
    let standard =
        normalize.filter(|normalize| normalize.target && normalize.target_by.makes_unit_variance());
    let warn = |(node, name, reach): (&Node, &'static str, Reach)| {
        let (low, high) = (three(reach.low), three(reach.high));
        if reach.low == reach.high {
            let warning = Diagnostic::warning("W0122", node.span, format!("`{name}` of one number"));
            return Some(warning.label(format!("gives {low} for every row")).help("leave it out"));
        }
        let normalize = standard.filter(|_| !STANDARD.is_within(reach))?;
        let label = match (low.is_finite(), high.is_finite()) {
            (true, true) => format!("gives numbers from {low} to {high}"),
            (true, false) => format!("gives no number below {low}"),
            _ => format!("gives no number above {high}"),
        };
        Some(
            Diagnostic::warning("W0122", node.span, format!("`{name}` before a target that is normalised"))
                .label(label)
                .also(normalize.span, "brings the target to mean 0 and variance 1")
                .note("targets beyond that are out of the net's reach")
                .help("leave it out, or leave `target` out of `normalize`"),
        )
    };
    if numbers { makers(model).into_iter().filter_map(warn).collect() } else { Vec::new() }
}

/// W0128: a net that foretells the next token, and reads it.
pub fn sees_what_it_foretells(model: &Model) -> Vec<Diagnostic> {
    let windows = model.data.as_ref().is_some_and(|data| data.settings.window.is_some());
    if !windows || model.output.kind.steps().is_none() {
        return Vec::new();
    }
    let ahead = |node: &&Node| {
        let inputs = node.inputs.first().map(|id| &model.node(*id).ty);
        node.layer().zip(inputs).is_some_and(|(used, input)| used.word.looks_ahead(&used.args, input))
    };
    let found = upstream(model).into_iter().find(ahead);
    found.into_iter().map(|node| looks_ahead(node, model)).collect()
}

fn looks_ahead(node: &Node, model: &Model) -> Diagnostic {
    let name = node.layer().map_or("", |used| used.args.sig.name);
    Diagnostic::warning("W0128", node.span, format!("`{name}` shows each step the tokens that come after it"))
        .label("reads what is to be foretold")
        .also(model.output.span, "the next token at each step")
        .note(
            "losses come out low, and the net has learnt to copy: `dropnet sample` cannot go on with a text",
        )
        .help(
            "look back alone: recurrent layers from the first step to the last, `attention ..., causal=true`",
        )
}

/// What the output depends on, in order.
fn upstream(model: &Model) -> Vec<&Node> {
    let mut is_read = vec![false; model.nodes.len()];
    is_read[model.output.source.0] = true;
    for (at, node) in model.nodes.iter().enumerate().rev() {
        if is_read[at] {
            node.inputs.iter().for_each(|id| is_read[id.0] = true);
        }
    }
    model.nodes.iter().zip(is_read).filter(|(_, is_read)| *is_read).map(|(node, _)| node).collect()
}
