//! Metrics against numbers worked out by hand.

use super::*;
use crate::{
    diag::Span,
    vocab::{Given, Value},
};

fn value(name: &str, k: Option<usize>, rows: &Rows<'_>) -> f64 {
    let word = find(name).expect("a metric");
    let given =
        k.map(|k| Given { name: "k", value: Value::Number(k as f64), span: Span::default(), written: true });
    let mut tally =
        word.tally(&Args::new(word.sig(), Span::default(), given.into_iter().collect()), kind(rows));
    tally.add(rows);
    tally.value()
}

/// What the rows are of: bits count as numbers of the same width.
fn kind(rows: &Rows<'_>) -> OutputKind {
    match rows.targets {
        Targets::Classes(_) => OutputKind::class(rows.width),
        Targets::Tokens { .. } => OutputKind::tokens(1, 4),
        Targets::Real { width, .. } if rows.width == 2 * width => OutputKind::normal(width),
        Targets::Real { width, .. } => OutputKind::real(width),
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

const LOGITS: &[f32] = &[
    3.0, 2.0, 1.0, //
    1.0, 3.0, 2.0, //
    2.0, 3.0, 1.0, //
    1.0, 1.0, 0.0,
];

fn classes(targets: &[u32]) -> Rows<'_> {
    Rows { outputs: LOGITS, width: 3, targets: Targets::Classes(targets) }
}

#[test]
fn accuracy_and_top_k_count_ranks() {
    let rows = classes(&[0, 2, 0, 1]);
    // Predictions 0, 1, 1, 0: of equal outputs the first.
    close(value("accuracy", None, &rows), 0.25);
    close(value("top_k", Some(1), &rows), 0.25);
    close(value("top_k", Some(2), &rows), 1.0);
    close(value("top_k", Some(2), &classes(&[2, 0, 2, 2])), 0.0);
}

#[test]
fn what_is_no_number_is_never_right() {
    let rows = Rows { outputs: &[f32::NAN, 1.0, f32::NAN], width: 3, targets: Targets::Classes(&[0]) };
    close(value("top_k", Some(2), &rows), 0.0);
}

#[test]
fn macro_f1_weighs_classes_equally() {
    // Predictions 0, 1, 1, 0 for classes 0, 1, 0, 0: F1 of class 0 is 2*2/(2*2+1), of class 1 is 2/(2+1); class 2 does not occur.
    close(value("macro_f1", None, &classes(&[0, 1, 0, 0])), (0.8 + 2.0 / 3.0) / 2.0);
}

#[test]
fn bits_are_judged_by_their_sign() {
    let targets = Targets::Real {
        data: &[1.0, 0.0, 1.0, 1.0],
        width: 2,
        units: &Units { mean: Vec::new(), sd: vec![1.0, 1.0], curve: None },
    };
    let rows = Rows { outputs: &[2.0, -1.0, -0.5, 0.5], width: 2, targets };
    close(value("accuracy", None, &rows), 0.75);
    // First bit: one hit, one miss; second bit: one hit.
    close(value("macro_f1", None, &rows), (2.0 / 3.0 + 1.0) / 2.0);
}

#[test]
fn errors_are_in_original_units() {
    let targets = Targets::Real {
        data: &[1.0, 10.0, 3.0, 20.0],
        width: 2,
        units: &Units { mean: Vec::new(), sd: vec![2.0, 0.5], curve: None },
    };
    let rows = Rows { outputs: &[2.0, 14.0, 3.0, 12.0], width: 2, targets };
    // Differences 1, 4, 0, -8 become 2, 2, 0, -4.
    close(value("rmse", None, &rows), 6.0_f64.sqrt());
    close(value("mae", None, &rows), 2.0);
    // 1 - 1/2 and 1 - 80/50.
    close(value("r2", None, &rows), (0.5 - 0.6) / 2.0);
}

#[test]
fn of_a_normal_distribution_the_means_count() {
    let targets = Targets::Real {
        data: &[1.0, 2.0],
        width: 1,
        units: &Units { mean: Vec::new(), sd: vec![3.0], curve: None },
    };
    let rows = Rows { outputs: &[2.0, -5.0, 2.0, 7.0], width: 2, targets };
    close(value("rmse", None, &rows), 3.0 / 2.0_f64.sqrt());
    close(value("mae", None, &rows), 1.5);
    close(value("r2", None, &rows), 1.0 - 1.0 / 0.5);
}

#[test]
fn r2_of_equal_targets_is_one_or_none() {
    let units = Units::plain(1);
    let rows = |outputs| Rows {
        outputs,
        width: 1,
        targets: Targets::Real { data: &[2.0, 2.0], width: 1, units: &units },
    };
    close(value("r2", None, &rows(&[2.0, 2.0])), 1.0);
    assert!(value("r2", None, &rows(&[2.0, 1.0])).is_nan());
    // Of two outputs the one that differs counts alone.
    let targets = Targets::Real {
        data: &[2.0, 1.0, 2.0, 3.0],
        width: 2,
        units: &Units { mean: Vec::new(), sd: vec![1.0, 1.0], curve: None },
    };
    close(value("r2", None, &Rows { outputs: &[1.0, 1.0, 2.0, 2.0], width: 2, targets }), 0.5);
}

/// Logits whose softmax is `p`.
fn logits(p: &[f32]) -> Vec<f32> {
    p.iter().map(|p| p.ln()).collect()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

#[test]
fn probabilities_are_scored() {
    let outputs = logits(&[0.8, 0.2, 0.4, 0.6]);
    let rows = |targets| Rows { outputs: &outputs, width: 2, targets: Targets::Classes(targets) };
    // Distances 0.2^2 + 0.2^2 and 0.6^2 + 0.6^2.
    near(value("brier", None, &rows(&[0, 0])), (0.08 + 0.72) / 2.0);
    near(value("nll", None, &rows(&[0, 0])), -(0.8_f64.ln() + 0.4_f64.ln()) / 2.0);
    // Confidences 0.8 (right) and 0.6 (wrong), each alone in its bin.
    near(value("ece", None, &rows(&[0, 0])), (0.2 + 0.6) / 2.0);
    near(value("ece", None, &rows(&[0, 1])), (0.2 + 0.4) / 2.0);
    near(value("auc", None, &rows(&[0, 1])), 1.0);
    near(value("auc", None, &rows(&[1, 0])), 0.0);
    assert!(value("auc", None, &rows(&[0, 0])).is_nan(), "nothing to rank");
}

#[test]
fn bits_are_scored_one_by_one() {
    let outputs = [0.0_f32, 2.0, 0.0, -1.0, 5.0, -3.0, 0.0, 1.0];
    let bits = [1.0_f32, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    let rows = Rows {
        outputs: &outputs,
        width: 2,
        targets: Targets::Real {
            data: &bits,
            width: 2,
            units: &Units { mean: Vec::new(), sd: vec![1.0, 1.0], curve: None },
        },
    };
    // First bit: 0 and 5 against 0 and 0: two ties of four pairs. Second bit: 2 against -1, -3 and 1.
    near(value("auc", None, &rows), (0.75 + 1.0) / 2.0);
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let own = |z: f64, y: f64| if y > 0.5 { sigmoid(z) } else { 1.0 - sigmoid(z) };
    let pairs = || outputs.iter().zip(&bits).map(|(z, y)| own(f64::from(*z), f64::from(*y)));
    near(value("nll", None, &rows), -pairs().map(f64::ln).sum::<f64>() / 4.0);
    near(value("brier", None, &rows), pairs().map(|p| (1.0 - p).powi(2)).sum::<f64>() / 8.0);
}

/// Logits 40 apart give probabilities that are 1 in 64 bits; which of them is surer is known all the same.
#[test]
fn certainty_is_told_apart() {
    let outputs = [50.0_f32, 0.0, 90.0, 0.0, 45.0, 0.0, 0.0, 800.0];
    let rows = |targets| Rows { outputs: &outputs, width: 2, targets: Targets::Classes(targets) };
    // Scores of the first class 50, 90, 45, -800; the rows 50 and 90 are of it.
    near(value("auc", None, &rows(&[0, 0, 1, 1])), 1.0);
    near(value("auc", None, &rows(&[1, 0, 0, 1])), 0.5 * (0.5 + 1.0));
    // The row that is wrong is the least sure of the three first.
    close(value("aurc", None, &rows(&[0, 0, 1, 1])), 0.25 / 4.0);
    let nll = value("nll", None, &rows(&[0, 0, 0, 1]));
    assert!((nll / ((-45.0_f64).exp() / 4.0) - 1.0).abs() < 1e-2, "{nll}");
    let small = (-45.0_f64).exp().powi(2) * 2.0 / 4.0;
    let brier = value("brier", None, &rows(&[0, 0, 0, 1]));
    assert!((brier / small - 1.0).abs() < 1e-3, "{brier}");
    let bits = Targets::Real {
        data: &[1.0, 1.0, 0.0],
        width: 1,
        units: &Units { mean: Vec::new(), sd: vec![1.0], curve: None },
    };
    let rows = Rows { outputs: &[60.0, 50.0, 45.0], width: 1, targets: bits };
    close(value("aurc", None, &rows), (1.0 / 3.0) / 3.0);
    let sure = Targets::Real {
        data: &[1.0, 0.0],
        width: 1,
        units: &Units { mean: Vec::new(), sd: vec![1.0], curve: None },
    };
    let brier = value("brier", None, &Rows { outputs: &[45.0, -45.0], width: 1, targets: sure });
    assert!((brier / (-90.0_f64).exp() - 1.0).abs() < 1e-9, "{brier}");
}

/// Confidence that says what it means has no calibration error.
#[test]
fn calibrated_confidence_has_no_error() {
    let outputs = logits(&[0.75, 0.25]).repeat(4);
    let rows = Rows { outputs: &outputs, width: 2, targets: Targets::Classes(&[0, 0, 1, 0]) };
    near(value("ece", None, &rows), 0.0);
}

#[test]
fn risk_grows_with_coverage_where_confidence_is_right() {
    // Confidences of the rows in order: 0.665, 0.665, 0.665, 0.422; taken for 0, 1, 1, 0.
    // Right, right, right, wrong: risks 0, 0, 0, 1/4.
    close(value("aurc", None, &classes(&[0, 1, 1, 1])), 0.25 / 4.0);
    // Three equal confidences, one of them wrong: 1/3 for each, then 1/4.
    close(value("aurc", None, &classes(&[0, 1, 0, 0])), (3.0 * (1.0 / 3.0) + 0.25) / 4.0);
    let targets = Targets::Real {
        data: &[1.0, 1.0, 0.0],
        width: 1,
        units: &Units { mean: Vec::new(), sd: vec![1.0], curve: None },
    };
    // Doubts fall with |z|: 3 right, -2 wrong, 1 wrong.
    close(
        value("aurc", None, &Rows { outputs: &[3.0, -2.0, 1.0], width: 1, targets }),
        (0.5 + 2.0 / 3.0) / 3.0,
    );
}

/// Rows of some output, as a block of a pass has them.
struct Drawn {
    kind: OutputKind,
    outputs: Vec<f32>,
    classes: Vec<u32>,
    real: Vec<f32>,
    units: Units,
}

impl Drawn {
    const ROWS: usize = 53;

    fn new(kind: OutputKind) -> Self {
        let draw = |j: u32| (crate::draws::mix64(u64::from(j)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
        let draws = |n: usize, from: u32| (0..n as u32).map(move |j| draw(from + j));
        let number = |x: f64| match kind.has_probabilities() {
            true => f32::from(u8::from(x > 0.0)),
            false => (3.0 * x) as f32,
        };
        Self {
            kind,
            outputs: draws(Self::ROWS * kind.width(), 0).map(|x| (8.0 * x) as f32).collect(),
            classes: draws(Self::ROWS, 10_000).map(|x| ((x + 0.5) * 2.99) as u32).collect(),
            real: draws(Self::ROWS * kind.outputs(), 20_000).map(number).collect(),
            // Shares and logarithms are of numbers above 0.
            units: Units { mean: vec![50.0; 3], sd: vec![2.0, 0.3, 7.0], curve: None },
        }
    }

    fn rows(&self, rows: std::ops::Range<usize>) -> Rows<'_> {
        let (width, columns) = (self.kind.width(), self.kind.outputs());
        let targets = match self.kind.classes() {
            Some(_) => Targets::Classes(&self.classes[rows.clone()]),
            None => Targets::Real {
                data: &self.real[rows.start * columns..rows.end * columns],
                width: columns,
                units: &self.units,
            },
        };
        Rows { outputs: &self.outputs[rows.start * width..rows.end * width], width, targets }
    }
}

/// Every metric of every output that it fits, with its arguments.
fn each_use(mut of: impl FnMut(&str, &Drawn, &dyn Fn() -> Box<dyn Tally>)) {
    let kinds = [OutputKind::class(3), OutputKind::bits(3), OutputKind::real(3), OutputKind::normal(3)];
    for kind in kinds {
        let drawn = Drawn::new(kind);
        for (word, _) in WORDS.iter().filter(|(word, _)| word.fits(kind)) {
            let sig = word.sig();
            let k = sig.arg("k").map(|_| Given {
                name: "k",
                value: Value::Number(2.0),
                span: Span::default(),
                written: true,
            });
            let args = Args::new(sig, Span::default(), k.into_iter().collect());
            of(&format!("{} of {kind}", sig.name), &drawn, &|| word.tally(&args, kind));
        }
    }
}

/// Where a pass is cut into blocks, and where it is left and taken up again, changes no bit.
#[test]
fn blocks_and_pauses_change_no_bit() {
    each_use(|what, drawn, new| {
        let mut whole = new();
        whole.add(&drawn.rows(0..Drawn::ROWS));
        assert!(whole.value().is_finite(), "{what}");
        for (first, second) in [(0, 1), (1, 2), (20, 21), (7, 50)] {
            let mut before = new();
            before.add(&drawn.rows(0..first));
            before.add(&drawn.rows(first..second));
            let mut after = new();
            assert!(after.resume(&before.words()), "{what}");
            after.add(&drawn.rows(second..Drawn::ROWS));
            assert_eq!(after.value().to_bits(), whole.value().to_bits(), "{what}: {first}, {second}");
            assert_eq!(after.words(), whole.words(), "{what}");
        }
    });
}

/// What was not written by the same tally is not taken up.
#[test]
fn other_words_are_refused() {
    each_use(|what, drawn, new| {
        let mut tally = new();
        tally.add(&drawn.rows(0..5));
        let before = tally.value().to_bits();
        for words in [&[1][..], &[1, 2, 3], &[u64::MAX; 5]] {
            assert!(!tally.resume(words), "{what}: {words:?}");
            assert_eq!(tally.value().to_bits(), before, "{what}: {words:?}");
        }
    });
}

/// Figures of no rows are none.
#[test]
fn no_rows_have_no_figure() {
    each_use(|what, _, new| assert!(new().value().is_nan(), "{what}"));
}

/// Three tokens with probabilities 1/2, 1/4 and 1/8: 2 bits each on average, among four equally likely ones.
#[test]
fn perplexity_is_of_all_tokens_together() {
    let told = [0.5_f64, 0.25, 0.125].map(|p| p.ln() as f32);
    let told = [told[0], 0.0, told[1], 2.0, told[2], 1.0];
    // One character, a word of four with the space behind it, and one that no vocabulary has.
    let rows = Rows {
        outputs: &told,
        width: TOLD,
        targets: Targets::Tokens { tokens: &[2, 3, 1], characters: &[0, 1, 1, 5] },
    };
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    near(value("perplexity", None, &rows), 4.0);
    near(value("bits_per_token", None, &rows), 2.0);
    near(value("bits_per_character", None, &rows), 6.0 / 7.0);
    near(value("nll", None, &rows), 4.0_f64.ln());
    close(value("accuracy", None, &rows), 1.0 / 3.0);
    close(value("top_k", Some(2), &rows), 2.0 / 3.0);
}

/// A figure by its spelling in `report`, of an output of this kind.
fn figure(spelling: &str, kind: OutputKind, rows: &Rows<'_>) -> f64 {
    let (word, number) = spelled(spelling).unwrap_or_else(|| panic!("{spelling} is no metric"));
    let name = if word.sig().arg("k").is_some() { "k" } else { "class" };
    let given =
        number.map(|n| Given { name, value: Value::Number(n as f64), span: Span::default(), written: true });
    let args = Args::new(word.sig(), Span::default(), given.into_iter().collect());
    let used = crate::model::Use { word, args: args.clone() };
    assert_eq!(label(&used), spelling);
    let mut tally = word.tally(&args, kind);
    tally.add(rows);
    tally.value()
}

/// Against scikit-learn (tests/golden/metrics.py). Where it has no figure, neither have we.
#[test]
fn figures_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/golden/metrics.json")).expect("JSON");
    let numbers = |of: &str, name: &str| -> Vec<f32> {
        let all = golden[of][name].as_array().expect("a list");
        all.iter().map(|x| x.as_f64().expect("a number") as f32).collect()
    };
    let wide = |name: &str| -> Vec<f64> { numbers("numbers", name).into_iter().map(f64::from).collect() };
    let classes: Vec<u32> = numbers("classes", "targets").into_iter().map(|x| x as u32).collect();
    let (bits, real) = (numbers("bits", "targets"), numbers("numbers", "targets"));
    let (scale, level) = (wide("scale"), wide("level"));
    let cases = [
        ("classes", OutputKind::class(4), Targets::Classes(&classes)),
        ("bits", OutputKind::bits(3), Targets::Real { data: &bits, width: 3, units: &Units::default() }),
        (
            "numbers",
            OutputKind::real(2),
            Targets::Real { data: &real, width: 2, units: &Units { mean: level, sd: scale, curve: None } },
        ),
    ];
    let mut count = 0;
    for (of, kind, targets) in cases {
        let outputs = numbers(of, "outputs");
        let rows = Rows { outputs: &outputs, width: kind.width(), targets };
        for (name, expected) in golden[of]["figures"].as_object().expect("figures") {
            let found = figure(name, kind, &rows);
            match expected.as_f64() {
                Some(expected) => assert!(
                    (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{of} {name}: {found} {expected}"
                ),
                None => assert!(found.is_nan(), "{of} {name}: {found}"),
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count} figures");
}
