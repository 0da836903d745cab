//! Penalties, decay and stopping that do not fit each other, the net or the data.

use crate::{
    diag::Diagnostic,
    model::{Model, Train},
    train::metrics,
    vocab::{Value, exactly},
};

/// Smallest learning rate that max-norm is made for, under plain gradient descent (Srivastava et al. 2014: 10 to 100 times the usual).
const HIGH_RATE: f64 = 0.03;

fn rates(model: &Model) -> impl Iterator<Item = f64> {
    model.nodes.iter().filter_map(|node| node.drop_site().map(|site| site.rate.largest()))
}

fn drops(model: &Model) -> bool {
    rates(model).any(|rate| rate > 0.0) || model.nodes.iter().any(|node| node.weight_drop.is_some())
}

/// A fixed coefficient of a penalty, or of decay.
fn amount(args: &crate::vocab::Args, name: &str) -> f64 {
    match args.value(name) {
        Some(Value::Number(x)) => *x,
        Some(_) => 1.0,
        None => 0.0,
    }
}

/// Whether anything holds the weights or the net back.
fn regularized(model: &Model) -> bool {
    let Some(train) = &model.train else { return true };
    let held = |p: &crate::model::Param| p.max_norm.is_some() || !p.penalties.is_empty();
    drops(model)
        || model.params.iter().any(held)
        || train.penalties.iter().any(|p| amount(&p.args, "amount") > 0.0)
        || amount(&train.optimizer.args, "weight_decay") > 0.0
        || train.stop_early.is_some()
        || !train.augmentation.is_empty()
        || train.label_smoothing() > 0.0
}

/// W0104: the norm ball without the noise and the rate that it is made for.
pub fn max_norm_alone(model: &Model) -> Vec<Diagnostic> {
    let Some(param) = model.params.iter().find(|param| param.max_norm.is_some()) else { return Vec::new() };
    let span = model.node(param.node).span;
    let warning = |label: &str| {
        Diagnostic::warning("W0104", span, "`max_norm` without what it is made for")
            .label(label)
            .note("it lets a net with dropout search with large steps without its weights blowing up (Srivastava et al. 2014)")
    };
    if !drops(model) {
        return vec![
            warning("the net has no dropout").help("add `dropout`, or hold the weights by `weight_decay`"),
        ];
    }
    let plain = model.train.as_ref().map(|train| &train.optimizer).filter(|used| !used.word.adapts());
    let rate = plain.map(|used| amount(&used.args, "lr")).filter(|rate| *rate < HIGH_RATE);
    let low = |rate| {
        warning(&format!("the learning rate is {}", exactly(rate)))
            .help("try a rate of 0.1, falling, with `momentum=0.95`")
    };
    rate.map(low).into_iter().collect()
}

/// W0113: adaptive steps divide the gradient of a penalty by its own size, so that strong weights are hardly held.
pub fn decay_under_adaptive_steps(model: &Model) -> Vec<Diagnostic> {
    let adaptive = |train: &&Train| train.optimizer.word.adapts() && !train.optimizer.word.decouples();
    let Some(train) = model.train.as_ref().filter(adaptive) else { return Vec::new() };
    let plain = |p: &&crate::model::Use<dyn crate::train::Penalty>| {
        p.word.is_quadratic() && matches!(p.args.value("amount"), Some(Value::Number(x)) if *x > 0.0)
    };
    let found = train.penalties.iter().filter(plain);
    let warn = |p: &crate::model::Use<dyn crate::train::Penalty>| {
        Diagnostic::warning(
            "W0113",
            p.args.span,
            format!("an `{}` penalty under `{}`", p.args.sig.name, train.optimizer.args.sig.name),
        )
        .label("its gradient is divided by its own size")
        .also(train.optimizer.args.span, "this optimizer")
        .note("weights with large gradients decay less than the penalty says (Loshchilov and Hutter 2019)")
        .help("write `optimizer adamw, lr=..., weight_decay=...` for decay of all weights alike")
    };
    found.map(warn).collect()
}

/// W0114: biases and norm parameters have nothing to be held back from.
pub fn decay_on_all(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let all = [&train.optimizer.args].into_iter().chain(train.penalties.iter().map(|p| &p.args));
    let has = |args: &&&crate::vocab::Args| {
        args.sig.args.iter().any(|arg| arg.name == "on") && args.word("on") == "all"
    };
    let warn = |args: &crate::vocab::Args| {
        Diagnostic::warning("W0114", args.span_of("on"), "decay of biases and norm parameters")
            .label("they have one number a unit, and overfit little")
            .note("decay of a norm's gain fights the norm itself")
            .help("leave `on=all` out")
    };
    all.collect::<Vec<_>>().iter().filter(has).map(|args| warn(args)).collect()
}

/// W0115: three ways of making targets or units unsure at once.
pub fn softened_thrice(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let smoothing = train.label_smoothing();
    let strongest = rates(model).fold(0.0, f64::max);
    let mixed = train.augmentation.pairs.as_ref().filter(|_| smoothing > 0.0 && strongest >= 0.5);
    let Some(alpha) = mixed.map(|pairs| pairs.alpha()) else { return Vec::new() };
    vec![
        Diagnostic::warning("W0115", train.loss.args.span, "label smoothing, mixup and strong dropout together")
            .label(format!("smoothing {smoothing}, mixup alpha {alpha}, dropout up to {strongest}"))
            .note("each keeps the net from being sure; together they often underfit, and its probabilities come out too low")
            .help("take one of them out, and compare by `dropnet experiment`"),
    ]
}

/// W0129: a statement of sounds behind one that usually comes later.
pub fn sounds_out_of_order(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let used = train.augmentation.rows.iter().map(|statement| &statement.used);
    let placed: Vec<_> = used.filter_map(|used| Some((used, used.word.place(&used.args)?))).collect();
    let mut usual = placed.clone();
    usual.sort_by_key(|(_, place)| *place);
    let names: Vec<_> = usual.iter().map(|(used, _)| format!("`{}`", used.args.sig.name)).collect();
    let late = placed.iter().enumerate().find_map(|(i, (used, place))| {
        let before = placed[..i].iter().find(|(_, other)| other > place)?;
        Some((&used.args, &before.0.args))
    });
    let Some((late, early)) = late else { return Vec::new() };
    let message = format!("`{}` behind `{}`", late.sig.name, early.sig.name);
    vec![
        Diagnostic::warning("W0129", late.span, message)
            .label("acts on what that made of the sound")
            .also(early.span, "usually comes later")
            .note("noise that is stretched, shifted or made louder with the sound is no longer the noise that was asked for")
            .help(format!("the usual order is {}", names.join(", "))),
    ]
}

/// W0116: the loss of training goes on falling while the net overfits.
pub fn stops_by_training_loss(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let Some(stop) = train.stop_early.as_ref().filter(|stop| stop.watch.starts_with("train.")) else {
        return Vec::new();
    };
    let divided = model.data.as_ref().is_some_and(|data| data.settings.split.is_some());
    let help = if divided {
        "watch `valid.loss`"
    } else {
        "write `split valid=10%` in `data`, and watch `valid.loss`"
    };
    vec![
        Diagnostic::warning("W0116", stop.span, format!("early stopping by `{}`", stop.watch))
            .label("a net that learns its rows by heart goes on improving by this")
            .help(help),
    ]
}

/// W0126: smoothed targets ask for less than all that perplexity measures.
pub fn smoothed_perplexity(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let smoothing = train.label_smoothing();
    let measured = train.report.iter().find(|used| metrics::is_of_steps(used.word));
    let Some(used) = measured.filter(|_| smoothing > 0.0) else { return Vec::new() };
    let name = used.args.sig.name;
    vec![
        Diagnostic::warning("W0126", train.loss.args.span, format!("label smoothing beside `{name}`"))
            .label(format!("keeps {smoothing} of each probability for all tokens"))
            .also(used.args.span, "is of the token that came alone")
            .help("leave `label_smoothing` out where nets are compared by their perplexity"),
    ]
}

/// The smallest rate that sums over a row's tokens are meant by (Zaremba et al. 2014: 1).
const RATE_OF_SUMS: f64 = 0.5;

/// W0127: a rate that papers take for sums over the tokens of a row, and a mean over tokens.
pub fn rate_of_sums(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let (loss, optimizer) = (&train.loss, &train.optimizer);
    let rate = amount(&optimizer.args, "lr");
    let per_token = loss.word.is_per_step(&loss.args, model.output.kind);
    if !per_token || optimizer.word.adapts() || rate < RATE_OF_SUMS {
        return Vec::new();
    }
    vec![
        Diagnostic::warning(
            "W0127",
            optimizer.args.span,
            format!("a rate of {} for a mean over tokens", exactly(rate)),
        )
        .label("papers with such rates add up the tokens of a row")
        .also(loss.args.span, "divides by the tokens of the minibatch")
        .help("write `loss cross_entropy, per=row`, or a smaller rate"),
    ]
}

fn rows(model: &Model) -> Option<f64> {
    model.fitted.map(|fitted| fitted.rows)
}

/// W0117: more parameters than rows, and nothing to keep the net from learning them by heart.
pub fn nothing_holds_back(model: &Model) -> Vec<Diagnostic> {
    let (Some(train), Some(rows)) = (&model.train, rows(model)) else { return Vec::new() };
    let count = model.parameter_count();
    if regularized(model) || (count as f64) < rows {
        return Vec::new();
    }
    vec![
        Diagnostic::warning(
            "W0117",
            train.loss.args.span,
            format!("{count} parameters, {rows} training rows, and no regularizer"),
        )
        .label("nothing keeps the net from learning its rows by heart")
        .help("add `dropout`, `optimizer adamw, weight_decay=0.01`, or `stop_early`"),
    ]
}

/// W0118: so few parameters that there is nothing to hold back.
pub fn held_back_for_nothing(model: &Model) -> Vec<Diagnostic> {
    let (Some(train), Some(rows)) = (&model.train, rows(model)) else { return Vec::new() };
    let count = model.parameter_count();
    if !drops(model) || count as f64 * 20.0 > rows {
        return Vec::new();
    }
    vec![
        Diagnostic::warning(
            "W0118",
            train.loss.args.span,
            format!("dropout in a net of {count} parameters, on {rows} training rows"),
        )
        .label("more than 20 rows a parameter: such a net underfits before it overfits")
        .help("leave the dropout out, or make the net wider"),
    ]
}

/// W0119: numbers of a table as they come.
pub fn raw_numbers(model: &Model) -> Vec<Diagnostic> {
    let Some(data) = &model.data else { return Vec::new() };
    let settings = &data.settings;
    if !data.source.has_units()
        || settings.normalize.is_some()
        || !settings.cleaning.scaled.is_empty()
        || settings.scale.is_some()
        || model.train.is_none()
    {
        return Vec::new();
    }
    vec![
        Diagnostic::warning("W0119", data.source_span, "the columns are not normalised")
            .label("their sizes are those of their units")
            .note("initial weights and learning rates are made for inputs of mean 0 and variance 1")
            .help("write `normalize inputs`"),
    ]
}

/// W0135: where parameters would begin, of a layer that begins with the numbers of a file.
pub fn begins_otherwise(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let mut found = Vec::new();
    for node in model.nodes.iter().filter(|node| node.params.len() > node.lent) {
        let Some(load) = train.loads.iter().find(|load| load.holds(&node.path)) else { continue };
        let Some(used) = node.layer() else { continue };
        let starts = used.word.starts(&used.args, load.library);
        for name in starts.into_iter().filter(|name| used.args.is_written(name)) {
            let message = format!("`{name}` of `{}` has no effect: `load` says where it begins", node.path);
            found.push(
                Diagnostic::warning("W0135", used.args.span_of(name), message)
                    .label("nothing begins so")
                    .also(load.span, "its numbers are in this file")
                    .help(format!(
                        "leave `{name}` out, or name the layers that the file begins: `into=[LABELS]`"
                    )),
            );
        }
    }
    found
}
