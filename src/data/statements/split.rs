//! `split train=55_000, valid=5_000`: how rows become training, validation and test parts.
//!
//! Shares are counts, fractions below 1 or percentages. They are taken after a shuffle with this statement's own seed, each
//! class in proportion; `shuffle=false` keeps the order: training, validation, test. A source with its own test part keeps it.
//! What counts as a class is the target's own matter: a class, each of two numbers, and of several bits each combination that
//! occurs, as long as there are ten rows a combination or more (with fewer, bits are divided at random).
//! - `folds=10, fold=1`: the first of ten disjoint tenths is the test part. With `test=10%` each fold is a division of its own.
//! - `given="index", number=0`: row numbers (from 0) in `index_train_0.txt` and `index_test_0.txt` beside the data.
//! - `forward=true`: the rows stand in the order of time, and nothing is fitted on what comes later: training, then validation, then test rows. With
//!   `folds=4` the rows are cut into five stretches; fold 1 trains on the first and tests on the second, fold 4 trains on four and tests on the
//!   fifth. The validation part is the last rows before the test part.
//! - `valid=tail 20%`: the validation part is the last rows instead of random ones; of index files, the last that they list.

use crate::data::config::{Choosing, Division, Settings, Share, Split};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value, exactly};

pub static SIG: Sig = Sig {
    name: "split",
    about: "training, validation and test parts",
    args: &[
        share("train", "rows of the training part; left out, what remains"),
        ArgSpec::named(
            "valid",
            Kind::Share { tail: true },
            Default::Absent,
            "rows of the validation part; `tail 20%` are the last ones",
        ),
        share("test", "rows of the test part"),
        ArgSpec::named(
            "folds",
            Kind::Count { min: 2 },
            Default::Absent,
            "so many parts, each once the test part",
        ),
        ArgSpec::named(
            "fold",
            Kind::Count { min: 1 },
            Default::Absent,
            "which fold is the test part now, from 1",
        ),
        ArgSpec::named(
            "given",
            Kind::Text,
            Default::Absent,
            "index files: PREFIX_train_NUMBER.txt, PREFIX_test_NUMBER.txt",
        ),
        ArgSpec::named("number", Kind::Count { min: 0 }, Default::Absent, "the NUMBER of the index files"),
        ArgSpec::named(
            "shuffle",
            Kind::Bool,
            Default::Bool(true),
            "whether rows are shuffled before they are divided",
        ),
        ArgSpec::named(
            "forward",
            Kind::Bool,
            Default::Bool(false),
            "whether the rows stand in the order of time, and later parts are of later rows",
        ),
        ArgSpec::named(
            "seed",
            Kind::Count { min: 0 },
            Default::Number(0.0),
            "of that shuffle, apart from the run's seed",
        ),
    ],
    block: Block::None,
};

const fn share(name: &'static str, about: &'static str) -> ArgSpec {
    ArgSpec::named(name, Kind::Share { tail: false }, Default::Absent, about)
}

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("split.rs"), read };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let (train, test) = (read_share(args, "train")?, read_share(args, "test")?);
    let (valid, tail) = (read_share(args, "valid")?, matches!(args.value("valid"), Some(Value::Tail(_))));
    fractions_fit(args, [train, valid, test])?;
    let division = division(args, train, test)?;
    let forward = args.flag("forward");
    if forward {
        forward_fits(args, &division, tail)?;
    }
    let (shuffle, seed) = (args.flag("shuffle") && !forward, args.count("seed") as u64);
    if !shuffle && args.is_written("seed") {
        return Err(conflict(
            args,
            "seed",
            "`seed` without a shuffle",
            "leave `seed` out, or `shuffle=false`",
        ));
    }
    settings.split = Some(Split {
        division,
        valid,
        tail,
        choosing: Choosing::Written,
        shuffle,
        forward,
        seed,
        span: args.span,
    });
    Ok(())
}

/// What divides the rows by chance, or by files, cannot go forward in time.
fn forward_fits(args: &Args, division: &Division, tail: bool) -> Result<(), Box<Diagnostic>> {
    let fault = |name: &str, message: &str, help: &str| Err(conflict(args, name, message, help));
    if args.is_written("shuffle") {
        return fault("shuffle", "`shuffle` beside `forward`, which keeps the order", "leave `shuffle` out");
    }
    if args.is_written("seed") {
        return fault("seed", "`seed` beside `forward`: nothing is drawn", "leave `seed` out");
    }
    if tail {
        let message = "`tail` beside `forward`: the validation rows come right before the test rows already";
        return fault("valid", message, "leave `tail` out");
    }
    match division {
        Division::Repeats { .. } => fault(
            "test",
            "`test` beside `folds` draws each division anew; forward in time there is one order",
            "leave `test` out: each fold tests the stretch after those that it trains on",
        ),
        Division::Given { .. } => fault(
            "forward",
            "`forward` beside `given`: the index files name every row",
            "leave `forward` out",
        ),
        Division::Shares { .. } | Division::Folds { .. } => Ok(()),
    }
}

/// A count, a percentage, or a fraction below 1. 0 is no part at all.
fn read_share(args: &Args, name: &str) -> Result<Option<Share>, Box<Diagnostic>> {
    let x = match args.value(name) {
        Some(Value::Quantity(percent, _)) if *percent != 0.0 => {
            return Ok(Some(Share::Fraction(percent / 100.0)));
        }
        Some(Value::Number(x) | Value::Tail(x)) if *x != 0.0 => *x,
        _ => return Ok(None),
    };
    let fault = |message: String| Diagnostic::error("E0504", args.span_of(name), message);
    match x {
        x if x < 1.0 => Ok(Some(Share::Fraction(x))),
        1.0 => Err(Box::new(
            fault(format!("`{name}` could be one row or all of them"))
                .label("a part is a count of 2 or more, or less than 100%"),
        )),
        x if x.fract() == 0.0 => Ok(Some(Share::Rows(x as usize))),
        x => Err(Box::new(
            fault(format!("`{name}` is {}: neither a count of rows nor a fraction", exactly(x)))
                .help("write a whole number, a percentage below 100%, or a fraction below 1"),
        )),
    }
}

fn fractions_fit(args: &Args, shares: [Option<Share>; 3]) -> Result<(), Box<Diagnostic>> {
    let [train, rest @ ..] = shares.map(|s| if let Some(Share::Fraction(f)) = s { f } else { 0.0 });
    let rest: f64 = rest.iter().sum();
    let sum = train + rest;
    if rest >= 1.0 - 1e-9 && sum <= 1.0 + 1e-9 {
        return Err(Box::new(
            Diagnostic::error("E0504", args.span, "the parts leave no rows to train on")
                .label("are all of them")
                .help("make them smaller: the training part is what remains"),
        ));
    }
    if sum <= 1.0 + 1e-9 {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error(
            "E0504",
            args.span,
            format!("the parts make {}% of the rows", (sum * 1e4).round() / 1e2),
        )
        .label("more than all of them"),
    ))
}

fn division(args: &Args, train: Option<Share>, test: Option<Share>) -> Result<Division, Box<Diagnostic>> {
    let (folds, fold) = (args.opt_count("folds"), args.opt_count("fold"));
    match (folds, args.opt_text("given")) {
        (Some(_), Some(_)) => Err(conflict(
            args,
            "given",
            "`folds` and `given` both say which rows are the test part",
            "keep one of them",
        )),
        (None, Some(prefix)) => {
            if let Some(name) = ["train", "test", "fold"].into_iter().find(|n| args.is_written(n)) {
                return Err(conflict(
                    args,
                    name,
                    &format!("`{name}` beside `given`: the index files say it already"),
                    "leave it out",
                ));
            }
            if !args.flag("shuffle") && args.get("valid").is_none() {
                return Err(conflict(
                    args,
                    "shuffle",
                    "nothing is shuffled: the index files name every row",
                    "leave it out",
                ));
            }
            Ok(Division::Given { prefix: prefix.to_owned(), number: args.opt_count("number") })
        }
        (Some(folds), None) => {
            let fold = fold.unwrap_or(1);
            if args.is_written("train") {
                return Err(conflict(
                    args,
                    "train",
                    "`train` beside `folds`: the training part is what the fold leaves",
                    "leave `train` out",
                ));
            }
            if fold > folds {
                return Err(conflict(
                    args,
                    "fold",
                    &format!("there is no fold {fold} of {folds}"),
                    "folds count from 1",
                ));
            }
            orphan(args, "number", "given")?;
            Ok(match test {
                Some(test) => Division::Repeats { folds, fold, test },
                None => Division::Folds { folds, fold },
            })
        }
        (None, None) => {
            orphan(args, "fold", "folds")?;
            orphan(args, "number", "given")?;
            Ok(Division::Shares { train, test })
        }
    }
}

fn orphan(args: &Args, name: &str, needs: &str) -> Result<(), Box<Diagnostic>> {
    if args.is_written(name) {
        return Err(conflict(
            args,
            name,
            &format!("`{name}` means nothing without `{needs}`"),
            &format!("add `{needs}=`, or leave it out"),
        ));
    }
    Ok(())
}

fn conflict(args: &Args, name: &str, message: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("E0503", args.span_of(name), message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Span;
    use crate::vocab::Given;

    fn split(written: &[(&'static str, Value)]) -> Result<Split, Box<Diagnostic>> {
        let given = |(i, (name, value)): (usize, &(&'static str, Value))| Given {
            name,
            value: value.clone(),
            span: Span::new(10 * i, 10 * i + 5),
            written: true,
        };
        let args = Args::new(&SIG, Span::new(0, 99), written.iter().enumerate().map(given).collect());
        let mut settings = Settings::default();
        read(&args, &mut settings)?;
        Ok(settings.split.expect("a sound statement is kept"))
    }

    fn n(x: f64) -> Value {
        Value::Number(x)
    }

    #[test]
    fn counts_fractions_and_folds() {
        let counts = split(&[("train", n(55_000.0)), ("valid", n(5_000.0))]).unwrap();
        assert_eq!(counts.division, Division::Shares { train: Some(Share::Rows(55_000)), test: None });
        assert_eq!(counts.valid, Some(Share::Rows(5_000)));
        assert!(counts.shuffle && !counts.tail && counts.seed == 0);
        let folds = split(&[("folds", n(5.0)), ("fold", n(2.0))]).unwrap();
        assert_eq!(folds.division, Division::Folds { folds: 5, fold: 2 });
        let repeats = split(&[("folds", n(20.0)), ("test", n(0.1))]).unwrap();
        assert_eq!(repeats.division, Division::Repeats { folds: 20, fold: 1, test: Share::Fraction(0.1) });
        let given =
            split(&[("given", Value::Text("index".into())), ("number", n(0.0)), ("valid", n(0.2))]).unwrap();
        assert_eq!(given.division, Division::Given { prefix: "index".into(), number: Some(0) });
        assert_eq!((given.valid, given.tail), (Some(Share::Fraction(0.2)), false));
        let forward = split(&[("forward", Value::Bool(true)), ("folds", n(4.0)), ("valid", n(0.2))]).unwrap();
        assert!(forward.forward && !forward.shuffle && !forward.tail);
        let last = split(&[("given", Value::Text("index".into())), ("valid", Value::Tail(0.2))]).unwrap();
        assert_eq!((last.valid, last.tail), (Some(Share::Fraction(0.2)), true));
    }

    #[test]
    fn contradictions_have_a_place_and_a_way_out() {
        let text = || Value::Text("index".into());
        let cases: Vec<Vec<(&'static str, Value)>> = vec![
            vec![("folds", n(5.0)), ("train", n(100.0))],
            vec![("folds", n(5.0)), ("given", text())],
            vec![("folds", n(5.0)), ("fold", n(6.0))],
            vec![("fold", n(1.0))],
            vec![("number", n(1.0))],
            vec![("given", text()), ("test", n(0.1))],
            vec![("shuffle", Value::Bool(false)), ("seed", n(1.0))],
            vec![("forward", Value::Bool(true)), ("shuffle", Value::Bool(false))],
            vec![("forward", Value::Bool(true)), ("seed", n(1.0))],
            vec![("forward", Value::Bool(true)), ("valid", Value::Tail(0.2))],
            vec![("forward", Value::Bool(true)), ("folds", n(5.0)), ("test", n(0.1))],
            vec![("forward", Value::Bool(true)), ("given", text())],
            vec![("train", n(0.8)), ("valid", n(0.3))],
            vec![("valid", n(1.0))],
            vec![("valid", n(2.5))],
        ];
        let lines: Vec<String> = cases
            .iter()
            .map(|case| split(case).unwrap_err())
            .map(|d| {
                let help: Vec<&str> = d.fixes.iter().map(|f| f.message.as_str()).collect();
                format!("{} at {}: {} [{}] ({})", d.code, d.span.start, d.message, d.label, help.join("; "))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
