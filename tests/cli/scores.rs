//! Scores of samples, next to what NumPy makes of the same masks in double precision.

use crate::support::Folder;

fn evaluated(net: &str, table: (&str, &str), args: &[&str]) -> serde_json::Value {
    let folder = Folder::new(&[("m.net", net), table]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder.json(&[&["eval", "run", "--json"], args].concat())["test"]["mc_dropout"].clone()
}

/// A mask moves both outputs of a row: the sum of their own likelihoods is -8.2599.
#[test]
fn the_likelihood_of_several_numbers_is_joint() {
    let table = ("joint.csv", include_str!("../golden/joint.csv"));
    let found = evaluated(include_str!("../golden/joint.net"), table, &[]);
    let log_likelihood = found["log_likelihood"].as_f64().expect("a number");
    assert!((log_likelihood - -8.217715).abs() < 2e-5, "{log_likelihood}");
}

/// The precision that is fitted is the one under which the joint likelihood is highest.
#[test]
fn the_precision_of_several_numbers_is_that_of_their_joint_likelihood() {
    let net = include_str!("../golden/joint.net").replace("precision=0.05", "precision=fit");
    let folder = Folder::new(&[("m.net", &net), ("joint.csv", include_str!("../golden/joint.csv"))]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let fit = &folder.json(&["calibrate", "run", "--json"])["fits"]["mc_dropout"];
    let (best, nll) = (fit["value"].as_f64().expect("a number"), fit["nll"].as_f64().expect("a number"));
    let at = |precision: &str| {
        let eval = folder.json(&["eval", "run", "--json", "--precision", precision]);
        eval["valid"]["mc_dropout"]["log_likelihood"].as_f64().expect("a number")
    };
    assert!((at("fit") + nll).abs() < 1e-6, "{fit}");
    let beside = [0.999, 1.001].map(|factor| at(&(best * factor).to_string()));
    assert!(beside.iter().all(|less| *less < at("fit")), "{beside:?} {fit}");
}

/// Two labels are wrong, where the net is sure beyond what 32 bits can say: -25.90 and -27.36 are their shares.
#[test]
fn bits_that_are_nearly_impossible_have_their_likelihood() {
    let table = ("rare_bits.csv", include_str!("../golden/rare_bits.csv"));
    let net = include_str!("../golden/rare_bits.net");
    let found = evaluated(net, table, &["--samples", "100"]);
    let figure = |name: &str| found[name].as_f64().expect("a number");
    assert!((figure("log_likelihood") - -0.8878).abs() < 1e-4, "{found}");
    assert_eq!(figure("nll"), -figure("log_likelihood"));
    // The same net said by two logits has the same kind of figure.
    let classes = net
        .replace("bits[1]", "class[2]")
        .replace("dense 1\n", "dense 2\n")
        .replace("binary_cross_entropy", "cross_entropy");
    let found = evaluated(&classes, ("rare_bits.csv", table.1), &["--samples", "100"]);
    assert!((found["log_likelihood"].as_f64().expect("a number") - -0.7991).abs() < 1e-4, "{found}");
}
