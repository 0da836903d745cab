//! Every word of training: its manual, its example, and what it refuses.

use super::{activities, losses, metrics, optimizers, penalties, schedules, steps};
use crate::{
    check::{Env, check_source},
    layers::manual,
    model::{Model, OutputKind},
    vocab::Sig,
};

/// A net for this output, and a `train` section of these statements with those that it must have beside them.
pub(crate) fn file(kind: OutputKind, statements: &str) -> String {
    let has = |word: &str| statements.lines().any(|line| line.trim().starts_with(word));
    let loss = format!("loss {}", kind.usual_loss().sig().name);
    let mut lines: Vec<&str> = statements.lines().collect();
    for (word, line) in
        [("loss", loss.as_str()), ("optimizer", "optimizer sgd, lr=0.1"), ("epochs", "epochs 10")]
    {
        if !has(word) {
            lines.push(line);
        }
    }
    let (input, width) = match kind.steps() {
        None => ("real[3]".to_owned(), kind.width()),
        Some(steps) => (format!("series[{steps}, 3]"), kind.outputs()),
    };
    let net = format!("net {{\n  input x: {input}\n  dense {width}\n  output y: {kind}\n}}\n");
    format!("{net}train {{\n  {}\n}}\n", lines.join("\n  "))
}

const KINDS: [OutputKind; 5] = [
    OutputKind::class(4),
    OutputKind::bits(2),
    OutputKind::real(2),
    OutputKind::normal(2),
    OutputKind::tokens(3, 4),
];

pub(crate) fn findings(source: &str) -> Vec<String> {
    let checked = check_source(source, &Env::default());
    checked.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

pub(crate) fn model_of(source: &str) -> Model {
    let checked = check_source(source, &Env::default());
    assert!(checked.diagnostics.is_empty(), "{source}\n{:#?}", checked.diagnostics);
    checked.model.expect("a model")
}

/// Name, manual and an output that the word can stand beside.
fn words() -> Vec<(&'static Sig, String, OutputKind)> {
    let fitting = |fits: &dyn Fn(OutputKind) -> bool| {
        KINDS.into_iter().find(|kind| fits(*kind)).expect("an output that fits")
    };
    let mut words = Vec::new();
    words.extend(losses::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), fitting(&|k| w.fits(k)))));
    words.extend(metrics::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), fitting(&|k| w.fits(k)))));
    words.extend(optimizers::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), KINDS[0])));
    words.extend(schedules::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), KINDS[0])));
    words.extend(penalties::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), KINDS[0])));
    words.extend(steps::STATEMENTS.iter().map(|(sig, s)| (*sig, manual(s), KINDS[0])));
    words.extend(activities::WORDS.iter().map(|(w, s)| (w.sig(), manual(s), KINDS[2])));
    words
}

#[test]
fn every_example_checks_and_uses_its_word() {
    for (sig, manual, kind) in words() {
        let example = manual.split_once("```net\n").and_then(|(_, rest)| rest.split_once("```"));
        let example = example.unwrap_or_else(|| panic!("the manual of `{}` has no example", sig.name)).0;
        assert!(example.contains(sig.name), "{example}");
        // What speaks of labels brings its net.
        model_of(&if example.starts_with("net") { example.to_owned() } else { file(kind, example) });
    }
}

#[test]
fn every_manual_has_its_headings_in_order_and_names_every_argument() {
    let headings = ["Formula", "Arguments", "In files", "Example", "Papers"];
    for (sig, manual, _) in words() {
        let found: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let expected: Vec<&str> = headings.into_iter().filter(|h| found.contains(h)).collect();
        assert_eq!(found, expected, "{}", sig.name);
        for arg in sig.args {
            assert!(manual.contains(arg.name), "the manual of `{}` does not name `{}`", sig.name, arg.name);
        }
    }
}

#[test]
fn every_output_has_a_loss() {
    for kind in KINDS {
        model_of(&file(kind, ""));
    }
}

/// The first finding in a file with these statements.
fn refused(kind: OutputKind, statements: &str) -> String {
    findings(&file(kind, statements)).into_iter().next().unwrap_or_default()
}

#[test]
fn losses_refuse_outputs_and_arguments_that_do_not_fit() {
    let [class, bits, real, normal, tokens] = KINDS;
    for (kind, statement, expected) in [
        (real, "loss poisson", "E0402 `poisson` of numbers that may be below 0"),
        (real, "loss cross_entropy", "E0402 `cross_entropy` cannot read an output of type `real[2]`"),
        (
            class,
            "loss binary_cross_entropy",
            "E0402 `binary_cross_entropy` cannot read an output of type `class[4]`",
        ),
        (normal, "loss squared_error", "E0402 `squared_error` cannot read an output of type `normal[2]`"),
        (
            tokens,
            "loss cross_entropy, class_weights=[1, 1, 1, 1]",
            "E0206 `class_weights` of `cross_entropy` are of classes of rows, and `token[3, vocab=4]` has tokens",
        ),
        (
            class,
            "loss cross_entropy, per=token",
            "E0206 `per` of `cross_entropy` has no effect: an output of type `class[4]` is one answer a row",
        ),
        (bits, "loss absolute_error", "E0402 `absolute_error` cannot read an output of type `bits[2]`"),
        (real, "loss gaussian_nll", "E0402 `gaussian_nll` cannot read an output of type `real[2]`"),
        (real, "loss huber, delta=0", "E0206 `delta` of `huber` must be > 0"),
        (
            bits,
            "loss binary_cross_entropy, label_smoothing=1",
            "E0206 `label_smoothing` of `binary_cross_entropy` must be in [0, 1)",
        ),
        (
            class,
            "loss cross_entropy, class_weights=[1, 2]",
            "E0206 `class_weights` of `cross_entropy` needs 4 weights, one a class, found 2",
        ),
        (
            class,
            "loss cross_entropy, class_weights=[1, 2, 3, -1]",
            "E0206 `class_weights` of `cross_entropy` must not be negative, and one must be positive",
        ),
        (real, "loss squared_eror", "E0203 unknown loss `squared_eror`"),
    ] {
        assert_eq!(refused(kind, statement), expected);
    }
}

#[test]
fn optimizers_refuse_arguments_that_do_not_fit() {
    for (statement, expected) in [
        ("optimizer adam", "E0201 `adam` needs `lr`: learning rate"),
        ("optimizer adam, lr=0", "E0206 `lr` of `adam` must be > 0"),
        ("optimizer adam, lr=1, betas=[0.9]", "E0206 `betas` of `adam` must be two numbers in [0, 1)"),
        ("optimizer adam, lr=1, betas=[]", "E0206 `betas` of `adam` must be two numbers in [0, 1)"),
        ("optimizer adamw, lr=1, betas=[0.9, 1]", "E0206 `betas` of `adamw` must be two numbers in [0, 1)"),
        ("optimizer adam, lr=1, eps=0", "E0206 `eps` of `adam` must be in (0, 1]"),
        ("optimizer rmsprop, lr=1, alpha=1", "E0206 `alpha` of `rmsprop` must be in [0, 1)"),
        (
            "optimizer sgd, lr=1, nesterov=true",
            "E0206 `nesterov` of `sgd` needs a `momentum` to look ahead along",
        ),
        ("optimizer sgd, lr=1, beta=1", "E0202 `sgd` has no argument `beta`"),
        ("optimizer sgd, lr=1, on=biases", "E0215 `on` of `sgd` cannot be `biases`"),
    ] {
        assert_eq!(refused(KINDS[0], statement), expected);
    }
}

#[test]
fn schedules_refuse_arguments_that_do_not_fit() {
    for (statement, expected) in [
        (
            "schedule cosine, warmup=5",
            "E0205 `warmup` of `cosine` is a number with the unit `epochs` or `steps`, found the number 5",
        ),
        ("schedule cosine, warmup=5s", "E0207 `warmup` of `cosine` is in `epochs` or `steps`, not `s`"),
        ("schedule cosine, floor=2", "E0206 `floor` of `cosine` must be in [0, 1]"),
        ("schedule exponential", "E0201 `exponential` needs `rate`: factor of an epoch"),
        (
            "schedule step, rate=0.1",
            "E0206 `every` of `step` must be given, or `after`: the time between cuts, or of the first",
        ),
        ("schedule step, rate=0.1, every=0epochs", "E0206 `every` of `step` must be longer than nothing"),
        ("schedule plateau, factor=1", "E0206 `factor` of `plateau` must be in (0, 1)"),
        (
            "schedule plateau, watch=valid.accuracy",
            "E0406 `valid.accuracy` is not reported, so it cannot be watched",
        ),
        ("schedule constant, over=2epochs", "E0202 `constant` has no argument `over`"),
    ] {
        assert_eq!(refused(KINDS[0], statement), expected);
    }
    model_of(&file(KINDS[0], "schedule plateau, watch=valid.top2\nreport top2"));
}

#[test]
fn metrics_refuse_outputs_and_arguments_that_do_not_fit() {
    let [class, _, real, _, tokens] = KINDS;
    for (kind, statement, expected) in [
        (real, "report accuracy", "E0403 `accuracy` says nothing about an output of type `real[2]`"),
        (class, "report rmse", "E0403 `rmse` says nothing about an output of type `class[4]`"),
        (class, "report r2", "E0403 `r2` says nothing about an output of type `class[4]`"),
        (class, "report top4", "E0206 `k` of `top_k` must be less than the 4 classes, or every row counts"),
        (class, "report top_k", "E0201 `top_k` needs `k`: how many outputs count"),
        (class, "report top_k(0)", "E0206 `k` of `top_k` must be at least 1"),
        (
            tokens,
            "report macro_f1",
            "E0403 `macro_f1` says nothing about an output of type `token[3, vocab=4]`",
        ),
        (class, "report perplexity", "E0403 `perplexity` says nothing about an output of type `class[4]`"),
        (real, "report macro_f1", "E0403 `macro_f1` says nothing about an output of type `real[2]`"),
    ] {
        assert_eq!(refused(kind, statement), expected);
    }
}

/// Names in other libraries, family by family: each leads to the word that says it, and to its page.
#[test]
fn names_elsewhere_lead_to_words_and_pages() {
    type Names = &'static [(&'static str, &'static str)];
    fn held<T: ?Sized>(words: &[(&T, &str)], of: fn(&T) -> (&'static Sig, Names)) {
        for (word, _) in words {
            let (sig, names) = of(word);
            for (other, here) in names {
                assert!(here.starts_with(sig.name), "`{other}` of `{}` is answered by `{here}`", sig.name);
                assert!(words.iter().all(|(word, _)| of(word).0.name != *other), "`{other}` is a word");
                assert!(!crate::manual::find(other).is_empty(), "no page for `{other}`");
            }
        }
    }
    held(losses::WORDS, |word| (word.sig(), word.elsewhere()));
    held(optimizers::WORDS, |word| (word.sig(), word.elsewhere()));
    held(schedules::WORDS, |word| (word.sig(), word.elsewhere()));
    held(penalties::WORDS, |word| (word.sig(), word.elsewhere()));
    held(metrics::WORDS, |word| (word.sig(), word.elsewhere()));
    held(super::averages::WORDS, |word| (word.sig(), word.elsewhere()));
    held(super::augment::WORDS, |word| (word.sig(), word.elsewhere()));
}
