use crate::support::Folder;

const NET: &str = "\
data {
  source moons, rows=200, noise=0.1
  batch 50
}
net {
  input x: real[2]
  dense 16 -> relu -> dropout 0.2
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer adam, lr=1e-2
  epochs 2
}
";

/// One thread, as tests run beside each other and those of a team wait for each other.
fn bench<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["bench", "m.net", "--threads", "1", "--seconds", "0"], more].concat()
}

/// Every kernel of `emit --stage loops` has a time, a count and a bound; nothing is written.
#[test]
fn a_step_is_divided_among_its_kernels() {
    let folder = Folder::new(&[("m.net", NET)]);
    let output = folder.command(&bench(&["--json"])).output().expect("runs");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let kernels = answer["kernels"].as_array().expect("kernels");
    let product = kernels.iter().find(|k| k["name"] == "dense_1.product.gemm").expect("a product");
    assert_eq!(product["flops"], 2 * 50 * 2 * 16);
    assert_eq!(product["bytes"], 4 * (50 * 2 + 2 * 16 + 50 * 16));
    assert!(kernels.iter().all(|k| k["us"].as_f64() >= Some(0.0) && k["bound_us"].as_f64() >= Some(0.0)));
    assert!(answer["step_us"].as_f64() > Some(0.0) && answer["peak_gflops"].as_f64() > Some(0.0));
    assert_eq!(answer["batch"], 50);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    let table = folder.run(&bench(&[]));
    assert!(
        table.contains("dense_1.product.gemm") && table.contains("a step: ") && table.contains("--- exit 0")
    );
}

#[test]
fn the_roofline_is_drawn() {
    let folder = Folder::new(&[("m.net", NET)]);
    let transcript = folder.run(&bench(&["--svg", "m.svg"]));
    assert!(transcript.contains("--- exit 0"), "{transcript}");
    let svg = std::fs::read_to_string(folder.path().join("m.svg")).expect("the picture");
    assert!(svg.contains("dense_1.product.gemm") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn a_net_that_does_not_train_has_no_step() {
    let net = NET.split("train {").next().expect("a net");
    insta::assert_snapshot!(Folder::new(&[("m.net", net)]).run(&["bench", "m.net"]));
}

/// A step is timed as it trains: what is computed once over the data is in none.
#[test]
fn a_frozen_stem_is_in_no_step() {
    let net = NET
        .replace("dense 16 -> relu", "stem: dense 64 -> relu -> dense 64 -> relu\n")
        .replace("-> dropout", "dropout");
    let frozen = net.replace("epochs 2", "epochs 2\n  freeze stem");
    let names = |net: &str| {
        let answer = Folder::new(&[("m.net", net)]).json(&bench(&["--json"]));
        let kernels = answer["kernels"].as_array().expect("kernels").clone();
        kernels.iter().filter_map(|kernel| kernel["name"].as_str()).collect::<Vec<_>>().join(" ")
    };
    assert!(
        names(&net).contains("stem/dense_2.product") || names(&net).contains("stem/dense_2"),
        "{}",
        names(&net)
    );
    assert!(!names(&frozen).contains("stem/dense"), "{}", names(&frozen));
}
