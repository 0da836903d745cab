//! `search` and `prune`: which combinations are tried, and how long.

use crate::{
    diag::Diagnostic,
    model::{Prune, Search, Sweep, summary::grouped},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Unit, Value, exactly},
};

pub(super) static SEARCH: Sig = Sig {
    name: "search",
    about: "which combinations are tried: all of them, random ones, or those that look promising after earlier trials",
    args: &[
        ArgSpec::required("kind", Kind::Word(&["grid", "random", "tpe"]), "the way to search"),
        ArgSpec::named("trials", Kind::Count { min: 1 }, Default::Absent, "combinations that are drawn"),
        ArgSpec::named("seed", Kind::Count { min: 0 }, Default::Number(0.0), "seed of the draws"),
    ],
    block: Block::None,
};
pub(super) static PRUNE: Sig = Sig {
    name: "prune",
    about: "gives up trials that are worse than the median of earlier ones after as many epochs",
    args: &[
        ArgSpec::required("kind", Kind::Word(&["median"]), "the rule"),
        ArgSpec::named(
            "after",
            Kind::Quantity(&[Unit::Epochs]),
            Default::Absent,
            "epochs that every trial is given; 1 unless given",
        ),
    ],
    block: Block::None,
};
pub(super) fn search(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Search> {
    let fault = match (args.word("kind"), args.opt_count("trials")) {
        ("grid", None) if !args.is_written("seed") => return Some(Search::Grid),
        ("grid", _) => {
            let written = if args.is_written("trials") { "trials" } else { "seed" };
            Diagnostic::error(
                "E0211",
                args.span_of(written),
                format!("`{written}` beside `search grid`, which tries all"),
            )
            .label("has no effect here")
            .help(format!("leave `{written}` out, or write `search random`"))
        }
        (_, Some(trials)) if trials > Sweep::MOST_POINTS => {
            let most = grouped(Sweep::MOST_POINTS);
            Diagnostic::error("E0206", args.span_of("trials"), format!("`trials` must be at most {most}"))
                .label(format!("is {}", grouped(trials)))
        }
        (kind, Some(trials)) => {
            let (trials, seed) = (trials as u32, args.count("seed") as u64);
            return Some(match kind {
                "tpe" => Search::Tpe { trials, seed },
                _ => Search::Random { trials, seed },
            });
        }
        (kind, None) => Diagnostic::error("E0201", args.span, format!("`search {kind}` needs `trials`"))
            .label("how many combinations?")
            .help(format!("write `search {kind}, trials=40`")),
    };
    diags.push(fault);
    None
}

pub(super) fn prune(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Prune> {
    let epochs = match args.value("after") {
        Some(Value::Quantity(epochs, _)) => *epochs,
        _ => 1.0,
    };
    if epochs.fract() == 0.0 && epochs >= 1.0 {
        return Some(Prune { after: epochs as u64 });
    }
    diags.push(
        Diagnostic::error("E0206", args.span_of("after"), "trials are compared after whole epochs, from 1")
            .label(format!("is {}", exactly(epochs))),
    );
    None
}
