use serde_json::Value as Json;

use crate::support::Folder;

/// A net over iris whose middle is `layers`.
fn trained(layers: &str) -> Folder {
    let net = format!(
        "\
data {{
  source builtin, \"iris\"
  split test=20%
  normalize inputs
  batch 30
}}

net {{
  input x: real[4]
  {layers}
  dense 3
  output species: class[3]
}}

train {{
  loss cross_entropy
  optimizer adam, lr=0.05
  epochs 40
}}
"
    );
    let folder = Folder::new(&[("m.net", &net)]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder
}

fn audited(folder: &Folder) -> Json {
    let output = folder.command(&["audit", "run", "--json"]).output().expect("runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn difference(audit: &Json, way: &str) -> f64 {
    let ways = audit["ways"].as_array().expect("ways");
    let way = ways.iter().find(|w| w["name"] == way).expect("the way");
    way["mean_abs_diff"].as_f64().expect("a number")
}

/// Softmax regression and a net that is linear behind its masks: weight scaling is the geometric mean of all sub-networks.
#[test]
fn weight_scaling_is_exact_where_it_is_certified() {
    for layers in ["dropout 0.5", "dense 5 -> tanh -> dropout 0.3", "dropout 0.2\n  dense 3 -> dropout 0.5"] {
        let audit = audited(&trained(layers));
        assert_eq!(audit["exact"], true, "{layers}");
        let differences = &audit["max_abs_diff"];
        assert!(differences["weight_scaling_vs_geometric"].as_f64() <= Some(1e-6), "{layers}: {differences}");
        assert!(differences["weight_scaling_vs_arithmetic"].as_f64() > Some(1e-3), "{layers}: {differences}");
    }
}

/// 2^12 sub-networks that bend: sampled means come nearer to the exact one as 1 / sqrt(T), weight scaling does not come at all.
#[test]
fn sampled_means_converge_to_the_exact_one() {
    let folder = trained("dropout 0.2\n  dense 8 -> relu -> dropout 0.5");
    let audit = audited(&folder);
    assert_eq!((&audit["exact"], &audit["coins"]), (&false.into(), &12.into()));
    assert!(audit["max_abs_diff"]["weight_scaling_vs_geometric"].as_f64() > Some(1e-3));
    let (ten, thousand) = (difference(&audit, "10 samples"), difference(&audit, "1000 samples"));
    // The expected ratio is 10.
    assert!((4.0..25.0).contains(&(ten / thousand)), "{ten} {thousand}");
    assert!(difference(&audit, "weight scaling") > 3.0 * thousand);
    let table = folder.run(&["audit", "run"]);
    assert!(table.contains("2^12 masks enumerated") && table.contains("approximate: "), "{table}");
}

#[test]
fn what_cannot_be_audited_is_said() {
    let wide = trained("dense 40 -> relu -> dropout 0.5");
    let gaussian = trained("dropout 0.5, kind=gaussian");
    assert_eq!(audited(&wide)["not_enumerated"], "2^40 masks are too many to enumerate");
    assert_eq!(audited(&gaussian)["not_enumerated"], "the draws of dropout_1 are not coins");
    insta::assert_snapshot!(trained("dense 4 -> relu").run(&["audit", "run"]));
}

/// Of numbers both means are one, and the last layer's masks are averaged without enumerating them.
#[test]
fn nets_of_numbers_and_of_bits_are_audited() {
    let net = |target: &str, middle: &str, last: &str, loss: &str| {
        format!(
            "data {{\n  source builtin, \"iris\"\n  {target}\n  normalize inputs\n  batch 30\n}}\nnet {{\n  input x: real[4]\n  {middle}\n  {last}\n}}\n\
             train {{\n  loss {loss}\n  optimizer adam, lr=0.02\n  epochs 20\n}}\n"
        )
    };
    let bent = "dense 6 -> relu -> dropout 0.3\n  dense 5 -> relu -> dropout 0.5";
    let bits = net(
        "classes versicolor, virginica\n  split test=20%",
        bent,
        "dense 1\n  output late: bits[1]",
        "binary_cross_entropy",
    );
    let folder = Folder::new(&[("m.net", &bits)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let audit = audited(&folder);
    assert_eq!((&audit["exact"], &audit["coins"], &audit["rows"]), (&false.into(), &11.into(), &20.into()));
    let (ten, thousand) = (difference(&audit, "10 samples"), difference(&audit, "1000 samples"));
    assert!((3.0..30.0).contains(&(ten / thousand)), "{ten} {thousand}");
    let few = folder.run(&["audit", "run", "--rows", "5"]);
    assert!(few.starts_with("$ dropnet audit run --rows 5\n--- stdout\ntest part, 5 rows\n"), "{few}");

    let friedman = net("", bent, "dense 1\n  output y: real[1]", "squared_error")
        .replace("builtin, \"iris\"\n  ", "friedman, rows=200, noise=1\n  split test=20%")
        .replace("input x: real[4]", "input x: real[10]");
    let folder = Folder::new(&[("m.net", &friedman)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let audit = audited(&folder);
    assert_eq!(difference(&audit, "geometric mean, exact"), 0.0);
    let (ten, thousand) = (difference(&audit, "10 samples"), difference(&audit, "1000 samples"));
    assert!((3.0..30.0).contains(&(ten / thousand)), "{ten} {thousand}");
    assert!(folder.run(&["audit", "run"]).contains("rmse"));
}

/// Too many coins for an enumeration, and yet certain: the mean of the logits is their value at the mean masks.
#[test]
fn many_coins_are_certified_in_closed_form() {
    let audit = audited(&trained("dense 40 -> tanh\n  dropout 0.5"));
    assert_eq!(audit["exact"], true);
    assert!(audit["max_abs_diff"]["weight_scaling_vs_geometric"].as_f64() <= Some(1e-6), "{audit}");
    assert!(audit["not_enumerated"].as_str().unwrap().contains("2^40"));
}

/// One sample errs more than many, and many err as the exact mean does.
#[test]
fn errors_fall_with_the_samples() {
    let folder = trained("dropout 0.2\n  dense 8 -> relu -> dropout 0.5");
    let output =
        folder.command(&["audit", "run", "--curve", "300", "--sets", "12", "--json"]).output().expect("runs");
    let curve: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let points = curve["points"].as_array().unwrap();
    assert_eq!((points.len(), &curve["sets"], &curve["rows"]), (300, &12.into(), &30.into()));
    let error = |t: usize| points[t - 1]["error"].as_f64().unwrap();
    let audit = audited(&folder);
    let ways = audit["ways"].as_array().unwrap();
    let exact =
        ways.iter().find(|w| w["name"] == "arithmetic mean, exact").unwrap()["error"].as_f64().unwrap();
    assert!(error(1) > error(300) + 0.02, "{} {}", error(1), error(300));
    assert!((error(300) - exact).abs() < 0.02, "{} {exact}", error(300));
    let text = folder.run(&["audit", "run", "--curve", "7", "--sets", "1"]);
    for part in ["sets of masks: 1", "weight scaling", "1 sample ", "5 samples", "7 samples"] {
        assert!(text.contains(part), "{text}");
    }
}

/// A net that was trained without dropout is thinned where it has a place for it, and so at the rate that another was trained with.
#[test]
fn another_rate_thins_the_net() {
    let net = |p: f64| format!("dense 6 -> relu -> dropout {p}\n  dense 6 -> relu -> dropout {p}");
    let audit = |folder: &Folder, rate: &str| folder.json(&["audit", "run", "--json", "--rate", rate]);
    let error = |audit: &Json, way: &str| {
        let ways = audit["ways"].as_array().expect("ways");
        ways.iter().find(|w| w["name"] == way).expect("the way")["error"].as_f64().expect("a number")
    };
    let plain = trained(&net(0.0));
    let said = plain.run(&["audit", "run"]);
    assert!(said.contains("--- exit") && !said.ends_with("--- exit 0\n"), "{said}");
    let [low, high] = ["0.05", "0.6"].map(|rate| audit(&plain, rate));
    // One pass stays what it was; single sub-networks err the more, the fewer units they have.
    assert_eq!(error(&low, "weight scaling"), error(&high, "weight scaling"));
    assert!(error(&low, "1 sample") < error(&high, "1 sample"), "{low} {high}");
    assert_eq!(low["coins"], 12, "{low}");
    // At its own rate an audit is what it is without the flag.
    let dropped = trained(&net(0.3));
    assert_eq!(audit(&dropped, "0.3"), audited(&dropped));
    let none = trained("dense 6 -> relu");
    insta::assert_snapshot!(none.run(&["audit", "run", "--rate", "0.5"]), @"
    $ dropnet audit run --rate 0.5
    --- stderr
    error: there is no `dropout` of hidden units by coins whose rate could be another one
    help: `dropout 0` trains as if it were not there, and is such a place
    --- exit 3
    ");
}
