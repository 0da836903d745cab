//! What a use of `dropout` must not say.

use super::{
    super::{Infer, Law, initial, over},
    SQUARE, law,
};
use crate::{diag::Diagnostic, model::Role, vocab::Value};

/// What goes by one rate alone: a rate that is learned, and the factor of `scale=test`.
pub(super) fn check_changing(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    if !cx.args.timed("p").changes() {
        return Ok(());
    }
    let (arg, why) = match (law(cx.args), cx.args.word("scale")) {
        (Law::Relaxed, _) => ("kind", "the rate of `kind=concrete` is learned"),
        (_, "test") => {
            ("scale", "`scale=test` multiplies by `1 - p` in evaluation, and `p` differs from epoch to epoch")
        }
        _ => return Ok(()),
    };
    let written = if cx.args.is_written("keep") { "keep" } else { "p" };
    Err(Diagnostic::error("E0211", cx.args.span_of(arg), format!("{why}: no `ramp` beside it"))
        .label("does not go with a ramp")
        .also(cx.args.span_of(written), "the rate changes over time")
        .help(format!("write one rate, or leave `{arg}` out")))
}

/// Every shared axis must exist in the value.
pub(super) fn check_shared(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    over::distinct(cx, "share")?;
    for word in cx.args.words("share") {
        if word == "rows" && cx.args.flag("always") {
            let span = cx.args.span_of("share");
            return Err(Diagnostic::error(
                "E0204",
                span,
                "`share=rows` beside `always=true` is not in this version",
            )
            .label("one draw for all rows of a sample")
            .help("leave one of them out"));
        }
        if word == "space" && cx.input().has_role(Role::Time) && !cx.slid {
            let span = cx.args.span_of("share");
            let error =
                Diagnostic::error("E0302", span, "`share=space` of steps that no convolution slid over")
                    .label(format!("the value is {}", cx.input()))
                    .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name));
            return Err(match cx.args.words("share").len() {
                1 => error.fix("steps are time", span, "time"),
                _ => error.help("steps are time: write `time` for `space`"),
            });
        }
        if !cx.input().has(word) && !matches!(word, "batch" | "rows" | "type") {
            return Err(Diagnostic::error(
                "E0302",
                cx.args.span_of("share"),
                format!("`share={word}` on a value without that axis"),
            )
            .label(format!("the value is {}", cx.input()))
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("share an axis that the value has, or leave `share` out"));
        }
    }
    Ok(())
}

/// Tokens have no units to drop; word types are those of a table, right behind it, and share nothing but the rows of a step.
pub(super) fn check_tokens(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    if cx.input().categories().is_some() {
        return Err(Diagnostic::error("E0309", cx.args.span, "`dropout` reads numbers, not categories")
            .label(format!("sees {}", cx.input()))
            .also(cx.inputs[0].span, format!("these categories come from {}", cx.inputs[0].name))
            .help("look them up first: `embedding 4, dropout=0.1` drops whole categories"));
    }
    if cx.input().vocab().is_some() {
        return Err(Diagnostic::error("E0309", cx.args.span, "`dropout` reads numbers, not tokens")
            .label(format!("sees {}", cx.input()))
            .also(cx.inputs[0].span, format!("these tokens come from {}", cx.inputs[0].name))
            .help("look them up first: `embedding 128, dropout=0.1` drops word types"));
    }
    let words = cx.args.words("share");
    if !words.contains(&"type") {
        return Ok(());
    }
    let span = cx.args.span_of("share");
    if cx.inputs.len() < 2 {
        return Err(Diagnostic::error("E0302", span, "`share=type` on what was not looked up")
            .label("these numbers belong to no word type")
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help("it stands right behind an `embedding`"));
    }
    if let Some(word) = words.iter().find(|word| !matches!(**word, "type" | "batch")) {
        return Err(Diagnostic::error("E0211", span, format!("`share=type` beside `{word}`"))
            .label("a word type is dropped whole, wherever it stands in a row")
            .help("write `share=type`, or `share=[type, batch]` for one mask a step"));
    }
    match law(cx.args) {
        Law::Coin => Ok(()),
        other => {
            Err(Diagnostic::error("E0211", span, format!("`share=type` beside `kind={}`", other.name()))
                .label("word types are kept or dropped")
                .help("leave `kind` out"))
        }
    }
}

/// `kind=dropblock` has maps to drop squares from, `size` belongs to it alone, and its squares share whole channels or nothing.
pub(super) fn check_squares(cx: &mut Infer<'_>) -> Result<(), Diagnostic> {
    let size_span = cx.args.span_of("size");
    if law(cx.args) != Law::Squares {
        return match cx.args.is_written("size") {
            true => Err(Diagnostic::error("E0211", size_span, "`size` belongs to `kind=dropblock`")
                .label("has no effect here")
                .help("leave it out, or write `kind=dropblock`")),
            false => Ok(()),
        };
    }
    cx.settle("size", Value::Number(SQUARE));
    if cx.input().channels().is_none() || cx.input().axes.len() > 3 {
        return Err(cx
            .mismatch(format!("`kind=dropblock` drops squares of maps, found {}", cx.input()))
            .help("put it behind a `conv`, or drop units one by one: leave `kind` out"));
    }
    let along = ["unit", "height", "width", "space", "time", "freq"];
    if let Some(word) = cx.args.words("share").iter().find(|word| along.contains(word)) {
        let span = cx.args.span_of("share");
        return Err(Diagnostic::error("E0211", span, format!("`share={word}` of squares"))
            .label("a square is what neighbours share")
            .help("leave it out; `share=channel` drops squares through all channels, and `share=space` without `kind` whole maps"));
    }
    let size = cx.args.count("size");
    let least = cx.input().axes[..cx.input().axes.len() - 1].iter().map(|axis| axis.size).min().unwrap_or(0);
    if size > least {
        return Err(Diagnostic::error(
            "E0301",
            size_span,
            format!("squares of {size}x{size} on a map of {}", cx.input()),
        )
        .label("larger than the map")
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help(format!("take `size={}`, or drop whole maps: `share=space`", usual_square(least))));
    }
    Ok(())
}

/// The largest odd number that is less than half of a map, or 1.
fn usual_square(side: usize) -> usize {
    (side / 2).saturating_sub(1) / 2 * 2 + 1
}

pub(super) fn warn_rate(cx: &mut Infer<'_>) {
    let rate = cx.args.timed("p").largest();
    if rate <= 0.8 || !cx.args.is_written("p") {
        return;
    }
    let message = format!("`dropout {rate}` drops {} of 100 units", percent(rate));
    let warning = Diagnostic::warning("W0101", cx.args.span_of("p"), message)
        .label("the probability of dropping")
        .help(format!("to keep that many instead write `dropout keep={rate}`"));
    cx.warn(warning);
}

/// A rate in percent, to as many digits as it takes to tell that it is less than all.
fn percent(rate: f64) -> f64 {
    let rounded = |digits: i32| (rate * 100.0 * 10_f64.powi(digits)).round() / 10_f64.powi(digits);
    (2..10).map(rounded).find(|percent| *percent < 100.0).unwrap_or(rate * 100.0)
}

/// Alpha dropout keeps mean 0 and variance 1 of what has them: the output of `selu` behind `init=lecun_normal`.
pub(super) fn warn_alpha(cx: &mut Infer<'_>) {
    if law(cx.args) != Law::Alpha {
        return;
    }
    let steady = cx.behind(0).is_some_and(|used| used.word.facts().self_normalising);
    let suited = || cx.behind(1).is_some_and(|used| initial::suits_self_normalising(&used.args));
    if steady && suited() {
        return;
    }
    let warning = Diagnostic::warning("W0105", cx.args.span, "`kind=alpha` away from `selu`")
        .label("its input has not mean 0 and variance 1")
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help("write `dense ..., init=lecun_normal -> selu -> dropout ..., kind=alpha`");
    cx.warn(warning);
}
