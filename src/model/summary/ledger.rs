//! Everything that holds a net back, in one place: what each parameter is held by, what each place of dropout takes, and how sure the targets
//! are when label smoothing and mixup have worked on them.

use std::fmt::Write;

use super::number;
use crate::{
    layers::{DropSite, Each, InnerDrop, Law, When},
    model::{Model, Node, Param, Train},
    train::{BayesDecay, augment::Pairs},
    vocab::{Args, Time, Timed},
};

/// The ledger as text.
#[must_use]
pub fn ledger(model: &Model) -> String {
    let mut out = String::from(" parameters\n");
    let params: Vec<(String, String)> =
        model.params.iter().map(|param| (param.name.clone(), held(model, param))).collect();
    table(&params, &mut out);
    out.push_str(" activations\n");
    let sites: Vec<(String, String)> =
        model.nodes.iter().flat_map(|node| [own(node), inside(model, node)].concat()).collect();
    match sites.is_empty() {
        true => out.push_str("   nothing is dropped\n"),
        false => table(&sites, &mut out),
    }
    if let Some(train) = &model.train {
        out.push_str(" loss and training\n");
        table(&training(model, train), &mut out);
    }
    out
}

fn table(rows: &[(String, String)], out: &mut String) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in rows {
        let _ = writeln!(out, "   {name:<width$}  {text}");
    }
}

/// An amount that may change over time.
fn told(args: &Args, name: &str) -> String {
    match args.timed(name) {
        Timed::Constant(x) => number(x),
        changing => changing.to_string(),
    }
}

/// What acts on a parameter.
fn held(model: &Model, param: &Param) -> String {
    let mut by = Vec::new();
    match model.freeze(param).map(|freeze| freeze.until) {
        Some(None) => return "frozen".into(),
        Some(Some(until)) => by.push(format!("frozen until {until}")),
        None => {}
    }
    if model.rate_factor(param) != 1.0 {
        by.push(format!("learning rate times {}", number(model.rate_factor(param))));
    }
    if let Some(train) = &model.train {
        let optimizer = &train.optimizer.args;
        let decays =
            optimizer.sig.arg("weight_decay").is_some() && !optimizer.timed("weight_decay").is_zero();
        if decays && param.is_held(optimizer) {
            let how = match train.optimizer.word.decouples() {
                true => "times the learning rate, apart from the gradient",
                false => "in the gradient",
            };
            let decay = told(optimizer, "weight_decay");
            by.push(format!("decay {decay} {how} ({})", optimizer.sig.name));
        }
        for penalty in train.penalties.iter().filter(|penalty| param.is_held(&penalty.args)) {
            by.push(match penalty.args.value("amount").and_then(BayesDecay::of) {
                Some(_) => {
                    let note = model.feeding_of_kernel(param).map(|note| format!(" ({note})"));
                    format!(
                        "l2 by `bayes_decay`, from the dropout before it and the rows{}",
                        note.unwrap_or_default()
                    )
                }
                None => format!("{} {} in the loss", penalty.args.sig.name, told(&penalty.args, "amount")),
            });
        }
    }
    for own in &param.penalties {
        by.push(format!("{} {} in the loss", own.name(), number(own.amount)));
    }
    if let Some(limit) = param.max_norm {
        by.push(format!("each unit's weights in a ball of {}", number(limit)));
    }
    if let Some(drop) = model.node(param.node).weight_drop.filter(|drop| drop.masks(param)) {
        by.push(format!("weights dropped anew in each step, rate {}", drop.p));
    }
    if by.is_empty() { "free".into() } else { by.join("; ") }
}

/// What a node drops of its result.
fn own(node: &Node) -> Vec<(String, String)> {
    dropped(node).map(|text| (node.path.clone(), text)).into_iter().collect()
}

/// What a node drops inside.
fn inside(model: &Model, node: &Node) -> Vec<(String, String)> {
    let told = |drop: InnerDrop| {
        let InnerDrop { name, what, rate, scaled, .. } = drop;
        let scaled = if scaled { ", scaled in training" } else { "" };
        (
            format!("{}.{name}", node.path),
            format!("rate {rate}, each {what} of each row by itself, in training and in samples{scaled}"),
        )
    };
    node.inner_drops(model).into_iter().map(told).collect()
}

/// Rate, kind and scope of a place of dropout.
fn dropped(node: &Node) -> Option<String> {
    let site = node.drop_site()?;
    let scope = match (&site.scope.axes[..], site.scope.rows) {
        _ if site.scope.is_branch() => match site.scope.rows {
            Each::Step => "the whole branch, one coin for all rows of a step".to_string(),
            Each::Row | Each::Sample => "the whole branch, one coin a row".to_string(),
        },
        (_, rows) if site.law == Law::Squares => squares(node, &site, rows),
        ([], Each::Row) => "each unit of each row by itself".to_string(),
        (_, Each::Step) => "one mask for all rows of a step".to_string(),
        ([], Each::Sample) => {
            "each unit of each row by itself in training, one mask for all rows of a sample".to_string()
        }
        (axes, rows) => {
            let own = axes.iter().filter(|role| node.ty.has_role(**role));
            let names: Vec<&str> = own.map(|role| role.name()).collect();
            let whole = if rows == Each::Sample { ", one mask for all rows of a sample" } else { "" };
            format!("one coin for all of {}{whole}", names.join(", "))
        }
    };
    let rate = match site.is_learned() {
        true => format!("learned rate, from {}", site.rate),
        false => format!("rate {}", site.rate),
    };
    let when = match (site.always, site.sampled) {
        (true, _) => "in every mode",
        (false, true) => "in training and in samples",
        (false, false) => "in training alone",
    };
    let kind = if site.law == Law::Coin { String::new() } else { format!(", {}", site.law.name()) };
    let scale = match site.scaled {
        When::Test => ", scaled in prediction",
        When::Train => ", scaled in training",
        When::Never => "",
    };
    Some(format!("{rate}{kind}, {scope}, {when}{scale}"))
}

/// `squares of 7x7 through all channels, 20.9 of 100 places in all, each row by itself`
fn squares(node: &Node, site: &DropSite, rows: Each) -> String {
    let Some(squares) = site.squares(&node.ty) else { return String::new() };
    let size = match squares.size {
        [1, size] if squares.rows == 1 => format!("runs of {size} steps"),
        [down, right] => format!("squares of {down}x{right}"),
    };
    let channels = if squares.shared { " through all channels" } else { " in each channel" };
    let dropped = 100.0 * (1.0 - site.share_kept(&node.ty));
    let rows = match rows {
        Each::Row => "each row by itself",
        Each::Step => "one mask for all rows of a step",
        Each::Sample => "each row by itself in training, one mask for all rows of a sample",
    };
    format!("{size}{channels} that take {dropped:.1} of 100 places, {rows}")
}

fn training(model: &Model, train: &Train) -> Vec<(String, String)> {
    let mut rows = vec![("targets".to_string(), softening(model, train))];
    if model.draws_stretches() {
        rows.push(("inputs".into(), "another stretch of longer clips in every epoch".into()));
    }
    rows.extend(train.augmentation.told().into_iter().map(|told| ("inputs".to_string(), told)));
    rows.push(("schedule".into(), schedule(train)));
    rows.extend(train.average.iter().map(|used| ("prediction".to_string(), used.word.told(&used.args))));
    let length = length(train);
    rows.push((
        "length".into(),
        match &train.stop_early {
            Some(stop) => {
                format!("at most {length}; stops when {} has not improved for {}", stop.watch, stop.patience)
            }
            None => length,
        },
    ));
    rows
}

/// `20 epochs`, `1 step`
fn length(train: &Train) -> String {
    let Time(count, unit) = train.length;
    let unit = unit.to_string();
    let unit = if count == 1.0 { unit.trim_end_matches('s') } else { &unit };
    format!("{} {unit}", number(count))
}

fn schedule(train: &Train) -> String {
    let optimizer = &train.optimizer.args;
    let mut text = format!("learning rate {}", train.schedule.args.sig.name);
    if optimizer.timed("lr").changes() {
        text += &format!(", times {}", optimizer.timed("lr"));
    }
    if optimizer.sig.arg("momentum").is_some() && optimizer.timed("momentum").changes() {
        text += &format!("; momentum {}", optimizer.timed("momentum"));
    }
    text
}

/// How sure the target of a row is: `1 - e + e / K` after label smoothing; with mixup its expectation, in which the larger share of a pair is
/// `1/2 + 1 / (a 4^a B(a, a))` on average.
fn softening(model: &Model, train: &Train) -> String {
    let kind = model.output.kind;
    if !kind.has_probabilities() {
        let mixed = train.augmentation.pairs.is_some();
        return if mixed { "mixed with those of another row" } else { "as they are" }.into();
    }
    // A bit is one of two.
    let classes = kind.classes().or(kind.steps().map(|_| kind.outputs())).unwrap_or(2);
    let smoothing = train.label_smoothing();
    let pairs = train.augmentation.pairs.as_ref();
    let larger = pairs.map_or(1.0, |pairs| {
        pairs.larger_share(model.picture().map(|(_, [height, width, _])| [height, width]))
    });
    if smoothing == 0.0 && larger == 1.0 {
        return "sure of their class".into();
    }
    let top = (1.0 - smoothing) * larger + smoothing / classes as f64;
    let mut by = Vec::new();
    if smoothing > 0.0 {
        by.push(format!("label smoothing {}", number(smoothing)));
    }
    by.extend(pairs.map(Pairs::told_of_targets));
    format!("{:.3} on the likeliest class after {}", top, by.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    #[test]
    fn all_that_holds_a_net_back() {
        let source = "augment {\n  mixup alpha=0.2\n}\nnet {\n  input x: real[8]\n  dropout 0.2, share=batch\n  drop_connect 0.3 { dense 16, max_norm=3 -> batch_norm -> relu }\n  dropout 0.4, kind=gaussian\n  dense 4, l1=1e-5\n  output y: class[4]\n}\ntrain {\n  loss cross_entropy, label_smoothing=0.1\n  optimizer adamw, lr=1e-3, weight_decay=0.01\n  penalize l2, 1e-4\n  schedule cosine\n  epochs 20\n  stop_early patience=3, watch=valid.loss\n}\n";
        let checked = check_source(source, &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        insta::assert_snapshot!(ledger(&model));
        let source = "net {\n  input x: real[8]\n  dense 1\n  output y: real[1]\n}\ntrain {\n  loss squared_error\n  optimizer sgd, lr=0.1\n  epochs 1\n}\n";
        insta::assert_snapshot!(ledger(&check_source(source, &Env::default()).model.expect("a sound net")));
    }

    /// A bit with smoothing 0.2 is trained towards 0.9 or 0.1.
    #[test]
    fn bits_are_softened_as_one_of_two() {
        let source = "net {\n  input x: real[8]\n  dense 2\n  output y: bits[2]\n}\ntrain {\n  loss binary_cross_entropy, label_smoothing=0.2\n  optimizer sgd, lr=0.1\n  epochs 1\n}\n";
        let text = ledger(&check_source(source, &Env::default()).model.expect("a sound net"));
        assert!(text.contains("0.900 on the likeliest class after label smoothing 0.2"), "{text}");
    }
}
