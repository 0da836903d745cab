use super::*;
use crate::{
    check::{Env, check_source},
    diag::{Format, render},
};

fn pedantic(source: &str, rows: f64) -> Vec<Diagnostic> {
    let attributes = [("train.rows".to_string(), rows)].into();
    let checked = check_source(source, &Env { attributes, pedantic: true, ..Env::default() });
    assert!(checked.model.is_some(), "{source}\n{:#?}", checked.diagnostics);
    checked.diagnostics
}

/// A code, layers and a training section that fire it, and such that do not.
type Case = (&'static str, (&'static str, &'static str), (&'static str, &'static str));

const PLAIN: &str = "loss cross_entropy\n  optimizer adamw, lr=1e-3, weight_decay=0.01";

const CASES: &[Case] = &[
    (
        "W0125",
        (
            "dense 18 -> reshape 6x3, roles=[time, channel] -> gru 16, dropout=0.2, share=none -> last -> dense 3",
            PLAIN,
        ),
        ("dense 18 -> reshape 6x3, roles=[time, channel] -> gru 16, dropout=0.2 -> last -> dense 3", PLAIN),
    ),
    (
        "W0102",
        ("dense 16 -> relu\n  dense 3 -> dropout 0.2", PLAIN),
        ("dense 16 -> relu -> dropout 0.2\n  dense 3", PLAIN),
    ),
    (
        "W0104",
        ("dense 16, max_norm=3 -> relu\n  dense 3", PLAIN),
        ("dense 16, max_norm=3 -> relu -> dropout 0.5\n  dense 3", PLAIN),
    ),
    (
        "W0106",
        ("dense 16 -> relu -> dropout 0.5\n  dense 16 -> batch_norm -> relu\n  dense 3", PLAIN),
        (
            "dense 16 -> batch_norm -> relu -> dropout 0.5\n  dense 16 -> layer_norm -> batch_norm\n  dense 3",
            PLAIN,
        ),
    ),
    ("W0110", ("dense 16 -> relu\n  dense 3 -> relu", PLAIN), ("dense 16 -> relu\n  dense 3", PLAIN)),
    (
        "W0111",
        ("dense 4 -> relu -> dropout 0.5\n  dense 3", PLAIN),
        ("dense 8 -> relu -> dropout 0.5\n  dense 3", PLAIN),
    ),
    (
        "W0112",
        ("dropout 0.6\n  dense 16 -> relu\n  dense 3", PLAIN),
        ("dropout 0.2\n  dense 16 -> relu -> dropout 0.5\n  dense 3", PLAIN),
    ),
    (
        "W0113",
        ("dense 16 -> relu\n  dense 3", "loss cross_entropy\n  optimizer adam, lr=1e-3\n  penalize l2, 1e-4"),
        ("dense 16 -> relu\n  dense 3", "loss cross_entropy\n  optimizer sgd, lr=1e-1\n  penalize l2, 1e-4"),
    ),
    (
        "W0114",
        (
            "dense 16 -> relu\n  dense 3",
            "loss cross_entropy\n  optimizer adamw, lr=1e-3, weight_decay=0.01, on=all",
        ),
        ("dense 16 -> relu\n  dense 3", PLAIN),
    ),
    (
        "W0116",
        (
            "dense 16 -> relu\n  dense 3",
            "loss cross_entropy\n  optimizer adam, lr=1e-3\n  stop_early patience=3, watch=train.loss",
        ),
        (
            "dense 16 -> relu\n  dense 3",
            "loss cross_entropy\n  optimizer adam, lr=1e-3\n  stop_early patience=3, watch=valid.loss",
        ),
    ),
    (
        "W0117",
        ("dense 512 -> relu\n  dense 3", "loss cross_entropy\n  optimizer adam, lr=1e-3"),
        ("dense 512 -> relu\n  dense 3", PLAIN),
    ),
    (
        "W0124",
        ("dense 16 -> dropout 0.1 -> softmax\n  dense 3", PLAIN),
        ("dense 16 -> softmax -> dropout 0.1\n  dense 3", PLAIN),
    ),
    (
        "W0123",
        ("dense 16\n  residual {\n    drop_path 0.2 { dense 16 }\n    relu\n  }\n  dense 3", PLAIN),
        ("dense 16\n  residual {\n    relu\n    drop_path 0.2 { dense 16 }\n  }\n  dense 3", PLAIN),
    ),
    ("W0118", ("dense 2 -> relu -> dropout 0.5\n  dense 3", PLAIN), ("dense 2 -> relu\n  dense 3", PLAIN)),
];

fn source((layers, training): (&str, &str), augment: &str) -> String {
    let split = if training.contains("valid") { "\n  split valid=20%" } else { "" };
    format!(
        "data {{\n  source moons, rows=1000, noise=0.2{split}\n}}\n{augment}net {{\n  input x: real[2]\n  {layers}\n  output y: class[3]\n}}\ntrain {{\n  {training}\n  epochs 3\n}}\n"
    )
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|d| d.code).collect()
}

#[test]
fn each_fires_where_it_should_and_nowhere_else() {
    let mut all = String::new();
    for (code, fires, quiet) in CASES {
        let source_of = |case| source(case, "");
        let rows = if *code == "W0118" { 1e5 } else { 700.0 };
        let text = source_of(*fires);
        let found = pedantic(&text, rows);
        let own: Vec<Diagnostic> = found.iter().filter(|d| d.code == *code).cloned().collect();
        assert!(!own.is_empty(), "{code}: {:?}", codes(&found));
        all += &render(&own, &text, "fires.net", Format::Full, false);
        assert!(!codes(&pedantic(&source_of(*quiet), rows)).contains(code), "{code}");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn language_models_have_advice_of_their_own() {
    let found = |training: &str| {
        let text = format!(
            "net {{\n  input x: token[4, vocab=9]\n  embedding 6\n  dense 9\n  output y: token[4, vocab=9]\n}}\ntrain {{\n  {training}\n  epochs 3\n}}\n"
        );
        let found = pedantic(&text, 700.0);
        let own = codes(&found).into_iter().filter(|code| ["W0126", "W0127"].contains(code));
        own.map(str::to_owned).collect::<Vec<String>>()
    };
    let none: Vec<String> = Vec::new();
    let smoothed = "loss cross_entropy, label_smoothing=0.1\n  optimizer adam, lr=1";
    assert_eq!(found(&format!("{smoothed}\n  report bits_per_token")), ["W0126"]);
    assert_eq!(found(&format!("{smoothed}\n  report accuracy")), none, "of which smoothing takes nothing");
    assert_eq!(found("loss cross_entropy\n  optimizer sgd, lr=1, clip_norm=5"), ["W0127"]);
    assert_eq!(found("loss cross_entropy, per=row\n  optimizer sgd, lr=1, clip_norm=5"), none);
    assert_eq!(found("loss cross_entropy\n  optimizer sgd, lr=0.4"), none);
}

#[test]
fn softening_three_times_is_said_once() {
    let three = source(
        (
            "dense 16 -> relu -> dropout 0.5\n  dense 3",
            "loss cross_entropy, label_smoothing=0.1\n  optimizer adam, lr=1e-3",
        ),
        "augment {\n  mixup alpha=0.2\n}\n",
    );
    assert_eq!(codes(&pedantic(&three, 700.0)), ["W0115"]);
    let two = three.replace(", label_smoothing=0.1", "");
    assert!(codes(&pedantic(&two, 700.0)).is_empty());
}

#[test]
fn sounds_are_changed_in_the_usual_order() {
    let of = |statements: &str| {
        let net = format!(
            "augment {{\n  {statements}\n}}\nnet {{\n  input clip: wave[1s, rate=8kHz]\n  conv 4, 80, stride=40, pad=valid -> relu -> mean_pool over=time\n  dense 2\n  output y: class[2]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 3\n}}\n"
        );
        let found = pedantic(&net, 700.0).into_iter().filter(|d| d.code == "W0129");
        found.map(|d| format!("{}: {}", d.message, d.fixes[0].message)).collect::<Vec<_>>()
    };
    let usual = "the usual order is `pitch_shift`, `gain`, `noise`";
    assert_eq!(
        of("noise snr=20dB\n  gain 3dB\n  pitch_shift 2st"),
        [format!("`gain` behind `noise`: {usual}")]
    );
    assert_eq!(
        of("gain 3dB\n  pitch_shift 2st\n  noise snr=20dB"),
        [format!("`pitch_shift` behind `gain`: {usual}")]
    );
    let none: [String; 0] = [];
    assert_eq!(of("pitch_shift 2st\n  gain 3dB\n  noise snr=20dB\n  lowpass 1kHz"), none);
    assert_eq!(of("lowpass 1kHz\n  speed 0.9..1.1\n  polarity"), none);
}

#[test]
fn tables_want_to_be_normalised() {
    let table = "data {\n  source builtin, \"iris\"\n}\nnet {\n  input x: real[4]\n  dense 16 -> relu -> dropout 0.3\n  dense 3\n  output y: class[3]\n}\ntrain {\n  loss cross_entropy\n  optimizer adam, lr=1e-3\n  epochs 3\n}\n";
    assert_eq!(codes(&pedantic(table, 100.0)), ["W0119"]);
    let normalised = table.replace("\"iris\"\n", "\"iris\"\n  normalize inputs\n");
    assert!(codes(&pedantic(&normalised, 100.0)).is_empty());
}

#[test]
fn one_number_is_not_dropped_right_before() {
    let net = |layers: &str, more: &str| {
        format!("net {{\n  input x: real[8]\n  {layers}\n  output y: real[1]\n}}\n{more}")
    };
    let of = |layers: &str, more: &str| codes(&pedantic(&net(layers, more), 1e6)).join(" ");
    assert_eq!(of("dense 64 -> relu -> dropout 0.5\n  dense 1", ""), "W0121");
    assert_eq!(of("dense 64 -> dropout 0.5 -> relu\n  dense 1", ""), "W0121");
    assert_eq!(of("dense 64 -> relu -> dropout 0.5\n  dense 64 -> relu\n  dense 1", ""), "");
    assert_eq!(of("dropout 0.2\n  dense 1", ""), "", "of an input");
    let samples = "predict {\n  mc_dropout samples=10\n}\n";
    assert_eq!(of("dense 64 -> relu -> dropout 0.5\n  dense 1", samples), "");
}

/// What a batch norm stores is of the last updates: a rate that goes to 0 shifts nothing, one that grows shifts by its last value.
#[test]
fn ramps_before_a_batch_norm_go_by_their_end() {
    let of = |rate: &str, between: &str| {
        let layers = format!("dense 16 -> relu -> dropout {rate}\n  {between}batch_norm -> relu\n  dense 3");
        pedantic(&source((&layers, PLAIN), ""), 700.0)
    };
    for (between, code) in [("", "W0103"), ("dense 16 -> ", "W0106")] {
        assert!(!codes(&of("ramp(0.5, 0)", between)).contains(&code), "{code}");
        let found = of("ramp(0, 0.5)", between);
        let own = found.iter().find(|d| d.code == code).unwrap_or_else(|| panic!("{code}"));
        assert!(
            render(std::slice::from_ref(own), &source(("", PLAIN), ""), "m.net", Format::Full, false)
                .contains("2.000 times"),
            "{code}"
        );
    }
}

#[test]
fn maps_are_dropped_as_a_whole() {
    let net = |layers: &str| {
        format!(
            "net {{\n  input x: real[8, 8, 3]\n  {layers}\n  flatten -> dense 64 -> relu -> dense 3\n  output y: class[3]\n}}\n"
        )
    };
    let of = |layers: &str| codes(&pedantic(&net(layers), 1e6)).join(" ");
    assert_eq!(of("layer_norm -> relu -> dropout 0.1"), "W0120");
    assert_eq!(of("layer_norm -> relu -> dropout 0.1, share=space"), "");
    assert_eq!(of("layer_norm -> relu -> dropout 0.1, kind=dropblock, size=3"), "");
    assert_eq!(of("layer_norm -> relu -> dropout 0.3, share=space"), "");
    assert_eq!(of("layer_norm -> relu -> dropout 0.4, share=space"), "W0112");
    assert_eq!(of("dropout 0.1"), "", "on the image itself");
}

/// Half is what papers drop between recurrent layers, one mask for all steps; a tenth what they drop beside attention.
#[test]
fn what_lies_between_recurrent_layers_is_no_other_sequence() {
    let of = |layers: &str| {
        let net = format!(
            "net {{\n  input x: series[6, 8]\n  {layers} -> last -> dense 3\n  output y: class[3]\n}}\n"
        );
        codes(&pedantic(&net, 1e6)).join(" ")
    };
    for (share, fresh) in [(", share=time", ""), ("", "W0125")] {
        let drop = |p: f64| format!("dropout {p}{share}");
        assert_eq!(of(&format!("dense 8 -> {} -> gru 8", drop(0.5))), fresh);
        assert_eq!(of(&format!("gru 8 -> relu -> {} -> lstm 8", drop(0.5))), fresh);
        assert_eq!(of(&format!("gru 8 -> {}", drop(0.7))), ["W0112", fresh].join(" ").trim());
        // Weights stand between it and the recurrent layer.
        assert_eq!(of(&format!("gru 8 -> dense 8 -> {} -> dense 8", drop(0.5))), "W0112");
    }
}

/// What a recurrent layer drops of itself has a rate and an argument of its own.
#[test]
fn rates_inside_of_layers_have_their_own_place() {
    let of = |layer: &str| {
        let net = format!(
            "net {{\n  input x: series[6, 4]\n  {layer}\n  last -> dense 3\n  output y: class[3]\n}}\n"
        );
        let found = pedantic(&net, 1e6).into_iter().filter(|found| found.code == "W0112");
        found.map(|found| format!("{} {}", found.message, found.fixes[0].message)).collect::<Vec<_>>()
    };
    assert_eq!(of("lstm 8, recurrent_dropout=0.5"), Vec::<String>::new());
    assert_eq!(
        of("lstm 8, recurrent_dropout=0.7"),
        ["a rate of 0.7 on a recurrent layer try `recurrent_dropout=0.25`, or find the rate by a `sweep`"]
    );
    assert_eq!(
        of("attention 2, dropout=0.5"),
        ["a rate of 0.5 on weights of attention try `dropout=0.1`, or find the rate by a `sweep`"]
    );
}

/// Advice waits to be asked for; what is proved does not.
#[test]
fn plain_checks_say_what_is_proved() {
    for (code, fires, _) in CASES {
        let proved = LINTS.iter().any(|lint| lint.code == *code && lint.level == Level::Proved);
        let found = check_source(&source(*fires, ""), &Env::default()).diagnostics;
        assert_eq!(codes(&found).contains(code), proved, "{code}");
    }
}

#[test]
fn a_comment_silences_its_line() {
    let text = source(("dense 16 -> relu\n  dense 3 -> dropout 0.9 # allow(W0102, W0101)", PLAIN), "");
    assert!(codes(&pedantic(&text, 700.0)).is_empty(), "{:?}", codes(&pedantic(&text, 700.0)));
    let above = text.replace(
        "\n  dense 3 -> dropout 0.9 # allow(W0102, W0101)",
        "\n  # allow(W0101): on purpose\n  dense 3 -> dropout 0.9",
    );
    assert_eq!(codes(&pedantic(&above, 700.0)), ["W0102"]);
    let unknown = text.replace("W0101", "W0999");
    assert_eq!(codes(&pedantic(&unknown, 700.0)), ["W0101", "W0205"]);
}

/// What only hands numbers on does not hide what made them; what has weights, or a second term without bounds, undoes a bound.
#[test]
fn bounds_are_seen_through_what_hands_numbers_on() {
    let of = |layers: &str, output: &str| {
        let text = format!("net {{\n  input x: real[4]\n  {layers}\n  output y: {output}\n}}\n");
        let checked = check_source(&text, &Env::default());
        codes(&checked.diagnostics)
            .into_iter()
            .filter(|code| ["E0306", "W0110"].contains(code))
            .collect::<String>()
    };
    for layer in
        ["sigmoid", "softmax", "log_softmax", "sigmoid -> relu", "relu -> sigmoid", "sigmoid -> tanh"]
    {
        assert_eq!(of(&format!("dense 3 -> {layer}"), "bits[3]"), "E0306", "{layer}");
        let behind =
            format!("dense 3 -> {layer} -> identity -> dropout 0.2 -> noise 0.1 -> reshape 3 -> flatten");
        assert_eq!(of(&behind, "class[3]"), "E0306", "{layer}");
    }
    for layer in [
        "tanh",
        "relu",
        "softplus",
        "elu",
        "gelu",
        "silu",
        "selu",
        "leaky_relu 0",
        "leaky_relu -1",
        "layer_norm",
        "tanh -> leaky_relu",
    ] {
        for output in ["bits[3]", "class[3]"] {
            assert_eq!(
                of(&format!("dense 3 -> {layer} -> dropout 0.2, scale=test"), output),
                "W0110",
                "{layer}"
            );
        }
    }
    let open =
        ["leaky_relu", "leaky_relu 0.3", "batch_norm", "elu alpha=20", "sigmoid -> dense 3", "identity"];
    for layer in open {
        assert_eq!(of(&format!("dense 3 -> {layer}"), "bits[3]"), "", "{layer}");
    }
    let gate = "mul {\n branch { dense 3 }\n branch { dense 3 -> sigmoid }\n}";
    assert_eq!(of(gate, "class[3]"), "");
    assert_eq!(of(&gate.replace("dense 3 }", "dense 3 -> tanh }"), "class[3]"), "W0110");
    assert_eq!(of("dense 3\n residual { dense 3 -> sigmoid }", "bits[3]"), "");
    assert_eq!(of("dense 3 -> sigmoid\n residual { dense 3 -> tanh }", "bits[3]"), "W0110");
    assert_eq!(of("dense 3 -> sigmoid", "real[3]"), "");
}

#[test]
fn targets_that_are_normalised_are_within_reach() {
    let of = |layers: &str, output: &str, normalize: &str| {
        let text = format!(
            "data {{\n  source csv, \"t.csv\"\n  normalize {normalize}\n}}\nnet {{\n  input x: real[4]\n  {layers}\n  output y: {output}\n}}\n"
        );
        let found = check_source(&text, &Env::default());
        assert!(found.model.is_some(), "{text}");
        codes(&found.diagnostics).into_iter().filter(|code| *code == "W0122").collect::<String>()
    };
    for layer in ["sigmoid", "relu", "tanh", "softplus", "relu -> dropout 0.1", "elu"] {
        let layers = format!("dense 2 -> {layer}");
        assert_eq!(of(&layers, "real[2]", "inputs, target"), "W0122", "{layer}");
        assert_eq!(of(&layers, "normal[1]", "inputs, target"), "W0122", "{layer}");
        assert_eq!(of(&layers, "real[2]", "inputs"), "", "{layer}");
    }
    // A log-variance may be held within bounds.
    let held = "concat {\n branch { dense 1 }\n branch { dense 1 -> tanh }\n}";
    assert_eq!(of(held, "normal[1]", "inputs, target"), "");
    assert_eq!(of(held, "real[2]", "inputs, target"), "W0122");
    assert_eq!(of("dense 2 -> elu alpha=4", "real[2]", "inputs, target"), "");
    assert_eq!(of("dense 1 -> softmax", "real[1]", "inputs"), "W0122");
}
