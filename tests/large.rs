//! Large and hostile sources: what is asked of them takes time and memory in proportion to their length, or ends in an error.
//!
//! The bounds on time are generous, for builds without optimisation on busy machines; what they catch is growth that would take minutes.

use std::time::{Duration, Instant};

use dropnet::internal::{
    check::{Checked, Env, check_source},
    diag::{Format, render},
    model::Summary,
    repl::Buffer,
    syntax::format,
};

const STEPS: usize = 20_000;
const LONG: Duration = Duration::from_secs(40);

fn net(layers: &str) -> String {
    format!("net {{\n  input x: real[4]\n{layers}\n  output y: class[3]\n}}\n")
}

fn checked(source: &str) -> Checked {
    let begun = Instant::now();
    let checked = check_source(source, &Env { pedantic: true, ..Env::default() });
    assert!(begun.elapsed() < LONG, "{:?} for {} bytes", begun.elapsed(), source.len());
    checked
}

fn codes(checked: &Checked) -> Vec<&str> {
    let mut codes: Vec<&str> = checked.diagnostics.iter().map(|d| d.code).collect();
    codes.dedup();
    codes
}

/// Chains on one line and on many, with and without weights, labels, params and things that are read much later.
#[test]
fn long_nets_are_checked_formatted_and_summarised() {
    let lines = |line: &dyn Fn(usize) -> String| (0..STEPS).map(line).collect::<String>();
    let params = lines(&|i| format!("param p{} = p{i}\n", i + 1));
    let sources = [
        net(&format!("  dense 3{}", " -> dropout 0.1".repeat(STEPS))),
        net(&format!("  dense 3\n{}", "  dropout 0.1\n".repeat(STEPS))),
        net(&format!("  dense 3{}\n  dense 3", " -> relu".repeat(STEPS - 2))),
        net(&lines(&|_| "  dense 3\n".into())),
        net(&format!("{}  dense 3", lines(&|i| format!("  a{i}: dense 4 # the {i}th\n")))),
        format!("param p0 = 0.1\n{params}{}", net(&format!("  dense 4 -> dropout p{STEPS}\n  dense 3"))),
    ];
    for source in &sources {
        let begun = Instant::now();
        let model = checked(source).model.expect("a sound net");
        assert!(model.nodes.len() > 2);
        let summary = Summary::new(&model, source);
        let text = format(source).expect("it parses");
        assert_eq!(summary.layers.len(), model.nodes.len());
        assert_eq!(format(&text).as_ref(), Ok(&text));
        assert!(begun.elapsed() < LONG, "{:?} for {} bytes", begun.elapsed(), source.len());
    }
}

#[test]
fn many_faults_are_found_in_time() {
    let unknown: String = (0..STEPS).map(|i| format!("  unknown{i} 3\n")).collect();
    let found = checked(&net(&unknown));
    assert_eq!(codes(&found), ["E0203"]);
    assert_eq!(found.diagnostics.len(), STEPS);
    // Lines that cannot be read are listed up to a thousand, with the number of the others.
    let broken = checked(&net(&"  dense 3 relu\n".repeat(STEPS)));
    assert_eq!(broken.diagnostics.len(), 1001);
    assert_eq!(broken.diagnostics[1000].message, format!("{} more lines that cannot be read", STEPS - 1000));
    // A thousand braces too many are one slip.
    let braces = checked(&(net("  dense 3") + &"}\n".repeat(1000)));
    assert_eq!(codes(&braces), ["E0008"]);
    assert_eq!(braces.diagnostics.len(), 1);
}

/// Layers to be taken out, side by side or between others: one finding, whose picture is as short as it can be.
#[test]
fn long_chains_of_what_squashes_are_one_finding() {
    for (chain, help) in [
        (" -> sigmoid".repeat(STEPS - 10), "+   dense 3\n"),
        (" -> sigmoid -> dropout 0.1".repeat(STEPS / 2 - 10), "take it out, in 9990 places"),
    ] {
        let source = net(&format!("  dense 3{chain}"));
        let begun = Instant::now();
        let found = checked(&source).diagnostics;
        let shown = render(&found, &source, "m.net", Format::Full, false);
        assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
        assert!(found.len() == 1 && found[0].code == "E0306" && shown.contains(help));
    }
}

/// What doubles with each line, by whatever means, comes to an end with an error at its place.
#[test]
fn growth_ends_in_an_error() {
    let doubled = |first: &str, line: &dyn Fn(usize) -> String| {
        (1..60).fold(format!("{first}\n"), |text, i| text + &line(i) + "\n") + &net("  dense 3")
    };
    let blocks = |body: &str| {
        let inner = format!("block B0() {{\n{body}}}\n");
        let outer = (1..60).map(|i| format!("block B{i}() {{\n  B{0}\n  B{0}\n}}\n", i - 1));
        outer.fold(inner, |text, block| text + &block) + &net("  B59\n  dense 3")
    };
    let reused: String = (1..60).map(|i| format!("  a{i}: reuse a{0} -> reuse a{0}\n", i - 1)).collect();
    let name = "n".repeat(100_000);
    let cases = [
        (doubled("let a0 = [1, 1]", &|i| format!("let a{i} = [a{0}, a{0}]", i - 1)), "E0216"),
        (doubled("param a0 = [1]", &|i| format!("param a{i} = [a{0}, a{0}]", i - 1)), "E0216"),
        (doubled("let a0 = train.rows", &|i| format!("let a{i} = a{0} + a{0}", i - 1)), "E0216"),
        (doubled("let a0 = train.rows", &|i| format!("let a{i} = max(a{0}, 1, -a{0})", i - 1)), "E0216"),
        (doubled("let a0 = 1", &|i| format!("let a{i} = [[a{}]]", i - 1)), "E0216"),
        (net("  dense 3\n  repeat 1000 {\n    repeat 1000 {\n      relu\n    }\n  }"), "E0305"),
        (net("  repeat 20_000 {\n    repeat 20_000 {\n      let a = 1\n    }\n  }\n  dense 3"), "E0305"),
        (blocks("  relu\n"), "E0305"),
        (blocks(""), "E0305"),
        (net(&format!("  a0: dense 4\n{reused}  dense 3")), "E0305"),
        (format!("block {name}() {{\n  relu\n}}\n{}", net("  dense 3")), "E0010"),
        (net(&format!("  reshape 4, {}\n  dense 3", vec!["1"; 5000].join(", "))), "E0305"),
    ];
    for (source, code) in cases {
        let found = checked(&source);
        let shown: String = source.chars().take(80).collect();
        assert!(found.diagnostics.iter().any(|d| d.code == code), "{shown}: {:?}", codes(&found));
        assert!(found.model.is_none(), "{shown}");
    }
}

/// An entry to a session of a thousand lines takes a few milliseconds in a build with optimisation.
#[test]
fn entries_to_a_long_session_are_taken_in_time() {
    for line in ["dropout 0.1", "relu", "dense 4", "let a = 1", "param a = 1"] {
        let long: String =
            (0..1000).map(|i| format!("{}\n", line.replace("a =", &format!("a{i} =")))).collect();
        let text = match line.contains('=') {
            true => long + &net("  dense 3"),
            // Nothing reads it yet: a session's net may lack its end.
            false => format!("net {{\n  input x: real[4]\n{long}}}\n"),
        };
        let mut buffer = Buffer::new(&text);
        let begun = Instant::now();
        for _ in 0..10 {
            assert!(buffer.enter(&line.replace("a =", "b ="), &Env::default()).is_ok(), "{line}");
        }
        let each = begun.elapsed() / 10;
        let bound = if cfg!(debug_assertions) { 2000 } else { 20 };
        assert!(each < Duration::from_millis(bound), "{line}: {each:?}");
    }
}

/// A chain of layers that one kernel computes is longer than the stack of the thread that fuses it.
#[test]
fn a_chain_of_layers_is_fused_in_little_stack() {
    let chain = ["relu -> dropout 0.1"; 300].join(" -> ");
    let net = format!(
        "net {{\n  input x: real[2]\n  dense 4 -> {chain}\n  dense 2\n  output y: class[2]\n}}\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
    );
    let model = check_source(&net, &Env::default()).model.expect("a sound net");
    let graph = dropnet::internal::lower::lower_train(&model).graph;
    let little = std::thread::Builder::new().stack_size(256 << 10);
    let fused = little.spawn(move || dropnet::internal::loops::fuse(&graph).expect("kernels").kernels.len());
    assert!(fused.expect("a thread").join().expect("a program") > 0);
}
