//! Sections as people write them, through the parser and the checker: every statement reads its arguments.

use super::super::{ColumnRef, DataConfig, Division, Per, Share};
use crate::check::{Env, check_source};
use crate::run::agreement;

/// The configuration of a sound file with this section; the net takes eight numbers.
fn section(lines: &str) -> DataConfig {
    let checked = check_source(&file(lines), &Env::default());
    let found = checked.diagnostics;
    checked.model.and_then(|m| m.data).unwrap_or_else(|| panic!("{lines}\n{found:?}"))
}

fn file(lines: &str) -> String {
    format!(
        "edition 1\ndata {{\n{lines}\n}}\nnet {{\n  input x: real[8]\n  dense 3\n  output y: class[3]\n}}\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
    )
}

/// Codes and messages of an unsound file.
fn faults(lines: &str) -> Vec<String> {
    let checked = check_source(&file(lines), &Env::default());
    checked.diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect()
}

#[test]
fn the_uci_section() {
    let config = section(
        "  source csv, \"uci/concrete/data/data.txt\", header=false, delimiter=whitespace, missing=drop\n  \
           inputs 1..7, 8\n  target 9\n  normalize inputs\n  \
           split given=\"index\", number=3, valid=tail 20%\n  batch 64, drop_last=true",
    );
    let settings = &config.settings;
    assert_eq!(settings.inputs.as_ref().unwrap().list, [ColumnRef::Range(1, 7), ColumnRef::Number(8)]);
    assert_eq!(settings.target.as_ref().unwrap().list, [ColumnRef::Number(9)]);
    let split = settings.split.as_ref().unwrap();
    assert_eq!(split.division, Division::Given { prefix: "index".into(), number: Some(3) });
    assert_eq!((split.valid, split.tail), (Some(Share::Fraction(0.2)), true));
    let normalize = settings.normalize.unwrap();
    assert!(normalize.inputs && !normalize.target && normalize.per == Per::Column);
    assert_eq!((config.batch().rows, config.batch().drop_last), (64, true));
}

#[test]
fn names_sizes_and_scales() {
    let config = section(
        "  source csv, \"p.csv\", delimiter=\";\", unknown=zero\n  inputs age, \"body mass\", 3\n  target species\n  \
           split train=55_000, valid=0.1, seed=7\n  scale 1/255\n  normalize per=all",
    );
    let settings = &config.settings;
    let name = |n: &str| ColumnRef::Name(n.into());
    assert_eq!(
        settings.inputs.as_ref().unwrap().list,
        [name("age"), name("body mass"), ColumnRef::Number(3)]
    );
    assert_eq!(settings.target.as_ref().unwrap().list, [name("species")]);
    assert_eq!(settings.scale.unwrap().factor, 1.0 / 255.0);
    let split = settings.split.as_ref().unwrap();
    assert_eq!(split.division, Division::Shares { train: Some(Share::Rows(55_000)), test: None });
    assert_eq!((split.valid, split.seed), (Some(Share::Fraction(0.1)), 7));
    assert_eq!(
        section("  source moons\n  split folds=20, test=10%").settings.split.unwrap().division,
        Division::Repeats { folds: 20, fold: 1, test: Share::Fraction(0.1) }
    );
}

#[test]
fn every_source_is_reachable() {
    for line in [
        "idx, \"mnist\"",
        "idx, images=\"a\", labels=\"b\"",
        "npy, \"x.npy\", \"y.npy\"",
        "npy, inputs=\"x.npy\", target=\"y.npy\"",
        "builtin, \"wine\"",
        "moons, rows=1000, noise=0.2, seed=1",
        "circles, factor=0.5",
        "spirals, classes=3, turns=2",
        "blobs, features=8, classes=4",
        "friedman, features=8",
    ] {
        section(&format!("  source {line}"));
    }
}

#[test]
fn what_is_wrong_is_said_once() {
    assert_eq!(faults("  batch 8"), ["E0501: the data section has no `source`"]);
    assert_eq!(faults("  source moons\n  inputs 0..1"), ["E0506: there is no column 0"]);
    let normalized = faults("  source moons\n  normalize inputs, target");
    assert_eq!(normalized, ["E0508: a class has no mean: `normalize target` needs real outputs"]);
    assert_eq!(
        faults("  source moons\n  split folds=3, train=10"),
        ["E0503: `train` beside `folds`: the training part is what the fold leaves"]
    );
    assert_eq!(faults("  source moon").len(), 1);
}

#[test]
fn a_net_and_its_data_disagree_at_the_nets_place() {
    let source =
        file("  source builtin, \"iris\"").replace("class[3]", "class[4]").replace("dense 3", "dense 4");
    let model = check_source(&source, &Env::default()).model.unwrap();
    let schema = super::super::probe(model.data.as_ref().unwrap(), &super::nowhere()).unwrap();
    let found: Vec<String> = agreement::disagreements(&schema, &model)
        .iter()
        .map(|d| format!("{} `{}`: {} [{}]", d.code, &source[d.span.start..d.span.end], d.message, d.label))
        .collect();
    insta::assert_snapshot!(found.join("\n"));
    let right =
        source.replace("class[4]", "class[3]").replace("dense 4", "dense 3").replace("real[8]", "real[4]");
    let model = check_source(&right, &Env::default()).model.unwrap();
    assert_eq!(agreement::disagreements(&schema, &model), []);
    assert!(
        super::super::load(
            model.data.as_ref().unwrap(),
            &super::nowhere(),
            &crate::run::agreement::need(&model)
        )
        .is_ok()
    );
}
