//! `split train=55_000, valid=5_000`: how rows become training, validation and test parts.
//!
//! Shares are counts, fractions below 1 or percentages. They are taken after a shuffle with this statement's own seed, each
//! class in proportion; `shuffle=false` keeps the order: training, validation, test. A source with its own test part keeps it.
//! What counts as a class is the target's own matter: a class, each of two numbers, and of several bits each combination that
//! occurs, as long as there are ten rows a combination or more (with fewer, bits are divided at random).
//! - `folds=10, fold=1`: the first of ten disjoint tenths is the test part. With `test=10%` each fold is a division of its own.
//!   Where `train` watches validation rows (`stop_early`, `schedule plateau`) and `valid=` is not written, a fifth of a fold's training rows, or groups, are
//!   set apart for it.
//! - `given="index", number=0`: row numbers (from 0) in `index_train_0.txt` and `index_test_0.txt` beside the data.
//! - `forward=true`: the rows stand in the order of time, and nothing is fitted on what comes later: training, then validation, then test rows. With
//!   `folds=4` the rows are cut into five stretches; fold 1 trains on the first and tests on the second, fold 4 trains on four and tests on the
//!   fifth. The validation part is the last rows before the test part.
//! - `by=speaker`: the rows of a speaker are a group, which stands whole in one part; so for whatever a column of the table tells apart. Shares and
//!   counts are still of rows, met as closely as whole groups allow, and classes come in the proportion that the groups have. With `folds=5` groups are
//!   dealt into five folds of about equally many rows; as many folds as groups leave one out each, fold 1 the first of them. `test=[a, b]`
//!   and `valid=[c]` name the groups of a part: `split by=part, valid=[valid], test=[test]` takes a division that the table has. With
//!   `forward=true` each group has to be one stretch of rows. The column is no input unless `inputs` names it.
//! - `valid=tail 20%`: the validation part is the last rows instead of random ones; of index files, the last that they list.

use crate::data::config::{By, Choosing, ColumnRef, Division, Settings, Share, Split};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value, exactly};

pub static SIG: Sig = Sig {
    name: "split",
    about: "training, validation and test parts",
    args: &[
        ArgSpec::named(
            "train",
            Kind::Share { tail: false },
            Default::Absent,
            "rows of the training part; left out, what remains",
        ),
        ArgSpec::named(
            "valid",
            Kind::OneOf(&[Kind::Share { tail: true }, Kind::Items]),
            Default::Absent,
            "rows of the validation part; `tail 20%` are the last ones; with `by`, or a list of groups",
        ),
        ArgSpec::named(
            "test",
            Kind::OneOf(&[Kind::Share { tail: false }, Kind::Items]),
            Default::Absent,
            "rows of the test part; with `by`, or a list of groups",
        ),
        ArgSpec::named(
            "by",
            Kind::OneOf(&[Kind::Count { min: 1 }, Kind::Name, Kind::Text]),
            Default::Absent,
            "the column (a name, or a number from 1) whose equal values stay in one part",
        ),
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

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("split.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let (train, test) = (read_share(args, "train")?, read_share(args, "test")?);
    let (valid, tail) = (read_share(args, "valid")?, matches!(args.value("valid"), Some(Value::Tail(_))));
    fractions_fit(args, [train, valid, test])?;
    let forward = args.flag("forward");
    let division = match named(args, test, valid, forward)? {
        Some(named) => named,
        None => division(args, train, test)?,
    };
    if forward {
        forward_fits(args, &division, tail)?;
    }
    let by = by(args, &division, tail)?;
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
        shuffle_asked: (args.is_written("shuffle") && shuffle).then(|| args.span_of("shuffle")),
        by,
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
        Division::Shares { .. } | Division::Folds { .. } | Division::Named { .. } => Ok(()),
    }
}

/// Groups whose names stand in a list: those of the test part, and of the validation part.
fn named(
    args: &Args,
    test: Option<Share>,
    valid: Option<Share>,
    forward: bool,
) -> Result<Option<Division>, Box<Diagnostic>> {
    let lists = ["valid", "test"].map(|name| matches!(args.value(name), Some(Value::List(_))));
    let Some(first) = ["valid", "test"].into_iter().zip(lists).find_map(|(name, is)| is.then_some(name))
    else {
        return Ok(None);
    };
    let fault = |name: &str, message: String, help: &str| Err(conflict(args, name, &message, help));
    if !args.is_written("by") {
        return fault(
            first,
            format!("`{first}=[...]` names groups, and `by` names no column"),
            "add `by=COLUMN`",
        );
    }
    for (name, is_list) in ["valid", "test"].into_iter().zip(lists) {
        if is_list && args.list(name).is_empty() {
            return fault(name, format!("`{name}=[]` names no group"), "name one or more, or leave it out");
        }
    }
    if let Some(other) = ["train", "folds", "fold", "given"].into_iter().find(|name| args.is_written(name)) {
        let message = format!("`{other}` beside a list of groups: what no list names is trained on");
        return fault(other, message, "leave it out");
    }
    if forward {
        let message = "`forward` beside a list of groups: the list says which part they are".into();
        return fault("forward", message, "leave `forward` out");
    }
    if test.is_some() {
        let message = "`test` is a share and `valid` a list of groups".into();
        return fault("test", message, "name the groups of the test part too");
    }
    if lists == [false, true] && valid.is_none() && args.is_written("seed") {
        return fault("seed", "`seed` beside lists of groups: nothing is drawn".into(), "leave `seed` out");
    }
    let names = |(name, is_list): (&str, bool)| match is_list {
        true => args.list(name).iter().map(text_of).collect(),
        false => Vec::new(),
    };
    Ok(Some(Division::Named { valid: names(("valid", lists[0])), test: names(("test", lists[1])) }))
}

/// The column that tells groups.
fn by(args: &Args, division: &Division, tail: bool) -> Result<Option<By>, Box<Diagnostic>> {
    let column = match args.value("by") {
        None => return Ok(None),
        Some(Value::Number(n)) => ColumnRef::Number(*n as usize),
        Some(name) => ColumnRef::Name(text_of(name)),
    };
    if matches!(division, Division::Given { .. }) {
        let message = "`by` beside `given`: the index files name every row";
        return Err(conflict(args, "by", message, "leave `by` out"));
    }
    if tail {
        let message = "`tail` beside `by`: the last rows may be a part of a group";
        return Err(conflict(args, "valid", message, "leave `tail` out, or name groups: `valid=[a, b]`"));
    }
    Ok(Some(By { column, span: args.span_of("by") }))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Word(text) | Value::Text(text) => text.clone(),
        other => other.to_string(),
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
        let (who, groups) = (|| Value::Word("who".into()), || Value::List(vec![Value::Word("ann".into())]));
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
            vec![("by", who()), ("given", text())],
            vec![("by", who()), ("valid", Value::Tail(0.2))],
            vec![("test", groups())],
            vec![("by", who()), ("test", Value::List(vec![]))],
            vec![("by", who()), ("test", groups()), ("folds", n(3.0))],
            vec![("by", who()), ("test", groups()), ("train", n(0.5))],
            vec![("by", who()), ("test", groups()), ("forward", Value::Bool(true))],
            vec![("by", who()), ("valid", groups()), ("test", n(0.5))],
            vec![("by", who()), ("test", groups()), ("seed", n(1.0))],
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
