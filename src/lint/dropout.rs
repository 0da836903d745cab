//! Where dropout stands, and how much of it.

use super::ways::{behind_weights, behind_windows, ends, has_weights, leads_to, straight_from};
use crate::{
    diag::Diagnostic,
    layers::{Across, DropSite, Law, Scope},
    model::{Model, Node, NodeId, NodeKind, OutputKind, PredictMode, Role},
};

/// Units below which a mask leaves hardly a choice of sub-networks.
const NARROW: usize = 8;

/// The place of dropout of a node, unless it drops nothing, or a whole branch.
fn site(node: &Node) -> Option<DropSite> {
    node.drop_site().filter(|site| site.rate.largest() > 0.0 && !site.scope.is_branch())
}

fn sites(model: &Model) -> impl Iterator<Item = (usize, &Node, DropSite)> {
    model.nodes.iter().enumerate().filter_map(|(i, node)| Some((i, node, site(node)?)))
}

/// W0102: nothing with weights stands between a dropout and the output, so that it perturbs the logits or the number itself.
pub fn on_logits(model: &Model) -> Vec<Diagnostic> {
    let what = if model.output.kind.has_probabilities() { "logits" } else { "the prediction itself" };
    let (behind, ends) = (behind_weights(model), ends(model));
    let found = sites(model).filter(|(i, ..)| behind[*i] && ends[*i]);
    let warn = |(_, node, site): (usize, &Node, DropSite)| {
        Diagnostic::warning("W0102", node.span, format!("dropout on {what}"))
            .label("no layer with weights comes after it")
            .note(format!(
                "a dropped output is 0 whatever the net says, in {} of 100 rows",
                (100.0 * site.rate.largest()).round()
            ))
            .help("put it before the last layer")
    };
    found.map(warn).collect()
}

/// W0106: masks anywhere before a batch norm change the variance that it stores.
pub fn upstream_of_batch_norm(model: &Model) -> Vec<Diagnostic> {
    let across = |node: &Node| node.facts().normalises;
    let mut found = Vec::new();
    let stores = |i: usize| across(&model.nodes[i]) == Some(Across::Batch);
    let norms = leads_to(model, stores, |node| across(node) == Some(Across::Row));
    for (i, node, site) in sites(model).filter(|(_, _, site)| site.shifts_variance()) {
        // Directly behind is W0103.
        let Some(norm) = norms[i].filter(|norm| !model.nodes[*norm].inputs.contains(&NodeId(i))) else {
            continue;
        };
        // What the norm stores is of the last updates.
        let factor = site.variance_factor(&node.ty);
        found.push(
            Diagnostic::warning("W0106", node.span, "dropout before a batch norm")
                .label(format!("its masks make the mean square of its output {factor:.3} times as large"))
                .also(model.nodes[norm].span, "stores the variance of training")
                .note("prediction without masks sees another variance (Li et al. 2019)")
                .help("put the dropout behind the last batch norm, or use `layer_norm`"),
        );
    }
    found
}

/// W0111: so few units that a mask takes away most of what there is.
pub fn narrow(model: &Model) -> Vec<Diagnostic> {
    let single = !model.output.kind.has_probabilities() && model.output.kind.outputs() == 1;
    let (mut found, ends) = (Vec::new(), ends(model));
    for (_, node, site) in sites(model).filter(|(i, ..)| !ends[*i]) {
        let width = node.ty.len();
        let of_input = node.inputs.iter().all(|id| matches!(model.node(*id).kind, NodeKind::Input { .. }));
        if of_input || width >= NARROW {
            continue;
        }
        let nobody = site.rate.largest().powi(width as i32);
        let rows = if nobody >= 1e-3 {
            format!("; none is left in {:.1} of 100 rows", 100.0 * nobody)
        } else {
            String::new()
        };
        let warning = Diagnostic::warning("W0111", node.span, format!("dropout on {width} units"))
            .label(format!("{:.1} are left of them{rows}", width as f64 * (1.0 - site.rate.largest())));
        found.push(match single {
            true => warning.help("a regression with so narrow a layer does better without"),
            false => warning.help("make the layer wider, or leave the dropout out"),
        });
    }
    found
}

/// W0121: a mask right before the one number of a regression that is predicted in one pass.
pub fn before_a_number(model: &Model) -> Vec<Diagnostic> {
    if model.output.kind != OutputKind::real(1) || model.predict.mode != PredictMode::WeightScaling {
        return Vec::new();
    }
    let (behind, ends) = (behind_weights(model), ends(model));
    let last = leads_to(model, |i| ends[i] && has_weights(&model.nodes[i]), has_weights);
    let found = sites(model).filter(|(i, ..)| !ends[*i] && behind[*i] && last[*i].is_some());
    let warn = |(_, node, _): (usize, &Node, DropSite)| {
        Diagnostic::warning("W0121", node.span, "dropout right before the one number of a regression")
            .label("a mask here moves the prediction itself")
            .note("there is no second unit that could make up for it: the loss then holds the last weights small, as a penalty would")
            .help("put it before an earlier layer; where samples of the prediction are wanted, say so by `predict { mc_dropout }`")
    };
    found.map(warn).collect()
}

/// Of each node, whether its value over time comes straight from a recurrent layer, or goes straight into one.
fn beside_recurrent(model: &Model) -> Vec<bool> {
    let recurrent = |node: &Node| node.facts().recurrent;
    let from = straight_from(model, recurrent);
    let into = leads_to(model, |i| recurrent(&model.nodes[i]), has_weights);
    let over_time = model.nodes.iter().map(|node| node.ty.has_role(Role::Time));
    over_time
        .zip(from.into_iter().zip(into))
        .map(|(over, (from, into))| over && (from || into.is_some()))
        .collect()
}

/// W0112: a rate far from what is usual for its place: 0.2 on inputs, 0.1 on maps, sequences and weights of attention, 0.25 in recurrent layers
/// and between them, 0.5 on hidden units.
pub fn unusual_rate(model: &Model) -> Vec<Diagnostic> {
    let (mut found, behind, beside) = (Vec::new(), behind_weights(model), beside_recurrent(model));
    for (i, node, site) in
        sites(model).filter(|(_, _, site)| !site.is_learned() && site.rate.largest() <= 0.8)
    {
        let of_input = !behind[i];
        let (place, usual, most) = match node.ty.channels() {
            _ if of_input => ("an input", 0.2, 0.4),
            // Zaremba et al. 2014 and Gal and Ghahramani 2016 drop half there, and larger nets more.
            Some(_) if beside[i] => ("the way into or out of a recurrent layer", 0.25, 0.65),
            Some(_) if node.ty.has_role(Role::Time) && !node.ty.has_role(Role::Freq) => {
                ("a sequence", 0.1, 0.3)
            }
            Some(_) => ("maps", 0.1, 0.3),
            None => ("hidden units", 0.5, 0.65),
        };
        if site.rate.largest() > most {
            found.push(unusual(node, site.rate.largest(), place, ("dropout ", usual)));
        }
    }
    for (node, drop) in
        model.nodes.iter().flat_map(|node| node.inner_drops(model).into_iter().map(move |drop| (node, drop)))
    {
        let (place, (word, usual), most) = match drop.of_weights {
            true => ("weights of attention", ("dropout=".to_owned(), 0.1), 0.3),
            false => ("a recurrent layer", (format!("{}=", drop.name), 0.25), 0.65),
        };
        if drop.rate.largest() > most {
            found.push(unusual(node, drop.rate.largest(), place, (&word, usual)));
        }
    }
    found
}

fn unusual(node: &Node, rate: f64, place: &str, (word, usual): (&str, f64)) -> Diagnostic {
    Diagnostic::warning("W0112", node.span, format!("a rate of {rate} on {place}"))
        .label(format!("usual is about {usual}"))
        .note("what is dropped cannot be learnt from: the rates of the papers were found on held-out rows")
        .help(format!("try `{word}{usual}`, or find the rate by a `sweep`"))
}

/// W0124: scores that are dropped in front of a softmax: 0 is a score like others.
pub fn before_a_softmax(model: &Model) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (i, node, _) in sites(model).filter(|(_, _, site)| site.law != Law::Additive) {
        let of = |next: &&Node| next.facts().shares && next.inputs.contains(&NodeId(i));
        let Some(softmax) = model.nodes.iter().find(of) else { continue };
        found.push(
            Diagnostic::warning("W0124", node.span, "scores are dropped in front of a softmax")
                .label("a dropped score is 0, and its share is not")
                .also(softmax.span, "takes the power of it: e^0 = 1")
                .note("shares are dropped behind the softmax, as `attention` does with `dropout=` (Vaswani et al. 2017)")
                .help("put the dropout behind the softmax"),
        );
    }
    found
}

/// W0120: single places of a map whose weights are shared along its axes: neighbours say nearly the same.
pub fn places_of_a_map(model: &Model) -> Vec<Diagnostic> {
    let (mut found, behind, windowed) = (Vec::new(), behind_weights(model), behind_windows(model));
    for (i, node, site) in sites(model) {
        let shared = site.scope != Scope::UNIT || site.law == Law::Squares;
        // Steps that no window slid over are dropped unit by unit in transformers.
        let along = |role: Role| match role {
            Role::Time => windowed[i],
            role => matches!(role, Role::Height | Role::Width | Role::Freq),
        };
        let axes: Vec<&str> = node
            .ty
            .axes
            .iter()
            .filter(|axis| along(axis.role) && axis.size > 1)
            .map(|axis| axis.role.name())
            .collect();
        if shared || axes.is_empty() || !behind[i] {
            continue;
        }
        found.push(
            Diagnostic::warning("W0120", node.span, format!("single places of a map ({}) are dropped", node.ty))
                .label(format!("a coin for each place along {}", axes.join(" and ")))
                .note("what one place says its neighbours say too: hardly anything is hidden from the next layer (Tompson et al. 2015)")
                .help("drop whole maps by `share=space`"),
        );
    }
    found
}

/// W0125: masks within recurrent layers, or on the ways into and out of them, that are drawn afresh in every step.
pub fn fresh_each_step(model: &Model) -> Vec<Diagnostic> {
    let (mut found, beside) = (Vec::new(), beside_recurrent(model));
    for (i, node) in model.nodes.iter().enumerate() {
        let fresh = site(node).is_some_and(|site| site.scope == Scope::UNIT && site.law != Law::Additive);
        if fresh && beside[i] {
            found.push(
                Diagnostic::warning("W0125", node.span, "a fresh mask in every step beside a recurrent layer")
                    .label("each step sees another net")
                    .note("what one step drops the next ones show again: hardly anything is hidden from a layer that goes through them all (Gal and Ghahramani 2016)")
                    .help("write `share=time`: one mask for all steps"),
            );
        }
        if let Some(own) = node.inner_drops(model).iter().find(|own| own.fresh) {
            let what = format!("`{}` draws a fresh mask in every step", own.name);
            found.push(
                Diagnostic::warning("W0125", node.span, what)
                    .label("each step sees another net")
                    .note("what one step drops the next ones show again, and what is carried loses a little in each (Gal and Ghahramani 2016)")
                    .help("leave `share=none` out: one mask for all steps"),
            );
        }
    }
    found
}

/// W0123: layers between a branch that is dropped whole and the sum that it belongs to: they go on where it is dropped.
pub fn behind_a_branch(model: &Model) -> Vec<Diagnostic> {
    let branch = |node: &Node| node.drop_site().is_some_and(|site| site.scope.is_branch());
    let mut found = Vec::new();
    for next in model.nodes.iter().filter(|node| !node.facts().sums && !branch(node)) {
        for node in next.inputs.iter().map(|id| model.node(*id)).filter(|node| branch(node)) {
            found.push(
                Diagnostic::warning(
                    "W0123",
                    node.span,
                    "a branch that is dropped goes on before it is added",
                )
                .label("zeros where it is dropped")
                .also(next.span, "makes numbers of these zeros too, by its bias or its statistics")
                .note("in the paper a dropped block leaves what goes around it as it is (Huang et al. 2016)")
                .help("put what follows into the block, as its last layers"),
            );
        }
    }
    found
}
