//! The front door: what a program sees that uses the crate, and nothing but that.

use std::{fs, ops::ControlFlow, path::Path};

use dropnet::{Cell, ErrorKind, Net, Prediction, Training, load};

/// A table with a number that is missing now and then, a word, and a class that both tell.
fn table(folder: &Path) {
    let mut text = "mass,island,kind\n".to_owned();
    for i in 0..60 {
        let (mass, island) = (f64::from(i) / 10.0, ["north", "south"][i as usize % 2]);
        let mass = if i % 15 == 7 { String::new() } else { mass.to_string() };
        let kind = if (i > 30) == (i % 2 == 0) { "a" } else { "b" };
        text += &format!("{mass},{island},{kind}\n");
    }
    fs::write(folder.join("t.csv"), text).expect("a table");
}

const OF_TABLE: &str = "
data {
  source csv, \"t.csv\", missing=mean
  target kind
  split test=20%
  normalize inputs
}
net {
  input x: real[3]
  dense 8 -> relu -> dropout 0.3
  dense 2
  output kind: class[2]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 4
  report accuracy
}";

fn of_numbers(body: &str) -> String {
    format!(
        "data {{\n source line, rows=60, noise=0.1\n split test=20%\n normalize inputs, target\n}}
net {{\n input x: real[1]\n {body}\n output y: real[1]\n}}
train {{\n loss squared_error\n optimizer sgd, lr=0.05\n epochs 2\n}}"
    )
}

fn close(a: &Prediction, b: &Prediction) {
    assert_eq!(a.outputs().len(), b.outputs().len());
    let far = a.outputs().iter().zip(b.outputs()).any(|(a, b)| (a - b).abs() > 1e-6);
    assert!(!far, "{a:?} and {b:?}");
}

#[test]
fn raw_rows_are_predicted_as_they_stood_in_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    table(folder.path());
    let trained = Training::new(OF_TABLE).data_in(folder.path()).threads(1).run().expect("trained");
    assert_eq!(trained.test.len(), 2, "{:?}", trained.test);
    assert!(trained.test("accuracy").is_some_and(|share| (0.0..=1.0).contains(&share)));
    let net = trained.net;
    assert_eq!(net.columns(), ["mass", "island"]);
    assert_eq!(net.source(), OF_TABLE);
    let csv = net.predict_csv("island,mass\nsouth,1.25\nnorth,\n").expect("predicted");
    assert_eq!((csv.len(), csv.names()), (2, &["a".to_owned(), "b".to_owned()][..]));
    let row = net.predict_row([Cell::from(1.25), "south".into()]).expect("predicted");
    close(&row, &csv.get(0).expect("a row"));
    assert_eq!(row.class(), Some(if row.outputs()[0] >= row.outputs()[1] { "a" } else { "b" }));
    assert_eq!(row.get("b"), Some(row.outputs()[1]));
    assert_eq!((row.sd("a"), row.get("entropy"), row.get("c")), (None, None, None));
    let gap = net.predict_row([Cell::Gap, "north".into()]).expect("predicted");
    close(&gap, &csv.get(1).expect("a row"));
    let rows = [vec![Cell::from(1.25), "south".into()], vec![None::<f64>.into(), "north".into()]];
    let rows = net.predict_rows(rows).expect("predicted");
    assert_eq!(rows.to_csv(), csv.to_csv());
    assert_eq!(rows.iter().count(), 2);
    fs::write(folder.path().join("new.csv"), "mass,island\n1.25,south\n,north\n").expect("a file");
    assert_eq!(net.predict_file(folder.path().join("new.csv")).expect("predicted").to_csv(), csv.to_csv());
    assert!(csv.to_csv().starts_with("kind,a,b\n"), "{}", csv.to_csv());

    // The same text as a file finds the table beside it.
    let file = folder.path().join("kinds.net");
    fs::write(&file, OF_TABLE).expect("a file");
    let of_file = Training::from_file(&file).expect("a text").threads(1).run().expect("trained").net;
    let rows = of_file.predict_csv("island,mass\nsouth,1.25\nnorth,\n").expect("predicted");
    assert_eq!(rows.to_csv(), csv.to_csv());
}

#[test]
fn rows_that_are_none_of_the_nets_are_told_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    table(folder.path());
    let net = Training::new(OF_TABLE).data_in(folder.path()).epochs(1).run().expect("trained").net;
    let refused = |row: Vec<Cell>| net.predict_rows([vec![Cell::from(1.0), "north".into()], row]);
    let unknown = refused(vec![1.0.into(), "west".into()]).expect_err("an unknown island");
    assert_eq!(unknown.kind(), ErrorKind::Data);
    let text = unknown.to_string();
    assert!(text.contains("<rows>:2, column 2 `island`") && text.contains("west"), "{text}");
    assert_eq!(format!("{unknown:?}"), text);
    let short = net.predict_row([1.0]).expect_err("one cell is lacking");
    assert_eq!(short.codes(), ["E0522"], "{short}");
    let word = refused(vec!["much".into(), "north".into()]).expect_err("no number");
    assert_eq!(word.codes(), ["E0523"], "{word}");
    let nan = refused(vec![f64::NAN.into(), "north".into()]).expect_err("not finite");
    assert_eq!(nan.kind(), ErrorKind::Request);
    assert!(nan.to_string().starts_with("cell 1 of row 2 is NaN"), "{nan}");
    let none = net.predict_rows(Vec::<Vec<Cell>>::new()).expect_err("no rows");
    assert_eq!(none.codes(), ["E0528"], "{none}");
    assert_eq!(net.predict_file(folder.path().join("no.csv")).expect_err("no file").codes(), ["E0520"]);
    assert_eq!(load(folder.path().join("no")).expect_err("no run").kind(), ErrorKind::Data);
}

#[test]
fn samples_differ_and_say_how_far() {
    let shared = |net: Net| -> Net {
        fn is_shared<T: Send + Sync>(_: &T) {}
        is_shared(&net);
        net
    };
    let net = Training::new(of_numbers("dense 8 -> relu -> dropout 0.5\n dense 1")).seed(3).run();
    let net = shared(net.expect("trained").net);
    let still = net.predict_row([0.3]).expect("predicted");
    assert_eq!((still.class(), still.sd("y")), (None, None));
    let net = net.monte_carlo(64).expect("live");
    let sampled = net.predict_row([0.3]).expect("predicted");
    let sd = sampled.sd("y").expect("a deviation");
    assert!(sd > 0.0 && (sampled.outputs()[0] - still.outputs()[0]).abs() < 4.0 * sd, "{sampled:?}");
    assert_eq!(sampled, net.predict_csv("0.3\n").expect("predicted").get(0).expect("a row"));
    let other = net.mask_seed(9).expect("samples").predict_row([0.3]).expect("predicted");
    assert_ne!(sampled.outputs(), other.outputs());
    let classes = "data {\n source moons, rows=60\n}
net {\n input x: real[2]\n dense 8 -> relu -> dropout 0.5\n dense 2\n output y: class[2]\n}
train {\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 1\n}";
    let net = Training::new(classes).run().expect("trained").net.monte_carlo(32).expect("live");
    let row = net.predict_row([0.5, 0.5]).expect("predicted");
    let class = row.class().expect("a class");
    assert!(row.sd(class).is_some_and(|sd| sd > 0.0) && row.get("mutual_information").is_some(), "{row:?}");
}

#[test]
fn samples_of_what_is_still_are_refused() {
    let net = || Training::new(of_numbers("dense 1")).run().expect("trained").net;
    let refused = net().monte_carlo(10).expect_err("nothing is live");
    assert_eq!(refused.kind(), ErrorKind::Request);
    assert!(refused.to_string().contains("nothing of this net is left to chance"), "{refused}");
    assert!(net().monte_carlo(0).is_err());
    assert!(net().mask_seed(1).expect_err("no samples").to_string().contains("`monte_carlo`"));
}

#[test]
fn a_run_in_a_folder_is_the_run_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = of_numbers("dense 8 -> relu -> dropout 0.2\n dense 1");
    let training = |epochs: u64| Training::new(&source).seed(5).epochs(epochs);
    let mut epochs = Vec::new();
    let held = training(2).threads(1).each_epoch(|epoch| {
        epochs.push(epoch.number);
        assert!(epoch.train("loss").is_some() && epoch.valid.is_empty());
        ControlFlow::Continue(())
    });
    let held = held.run().expect("trained");
    assert_eq!(epochs, [1, 2]);
    let out = folder.path().join("run");
    training(1).threads(2).keep_in(&out).run().expect("trained");
    let taken = training(2).keep_in(&out).run().expect_err("there is a run");
    assert_eq!(taken.kind(), ErrorKind::Request, "{taken}");
    assert!(taken.to_string().contains("`resume`"), "{taken}");
    let resumed = training(2).threads(3).keep_in(&out).resume().run().expect("resumed");
    let rows = "0.1\n-2\n7.5\n";
    let of = |net: &Net| net.predict_csv(rows).expect("predicted").to_csv();
    assert_eq!(of(&resumed.net), of(&held.net));
    assert_eq!(of(&load(&out).expect("a run")), of(&held.net));
    let log = fs::read_to_string(out.join("log.jsonl")).expect("a log");
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(out.join("metrics.json").exists() && out.join("model.net").exists());
    let mut count = 0;
    let ended = training(2).each_epoch(|_| {
        count += 1;
        ControlFlow::Break(())
    });
    ended.run().expect("trained");
    assert_eq!(count, 1);
    assert!(training(2).resume().run().expect_err("no folder").to_string().contains("`keep_in`"));
}

#[test]
fn a_text_with_errors_is_told_them_all() {
    let slip = Training::new(of_numbers("densee 8\n dense 1")).run().expect_err("an unknown layer");
    assert_eq!((slip.kind(), slip.codes()), (ErrorKind::Net, &["E0203"][..]));
    let text = slip.to_string();
    assert!(text.contains("--> <text>:8:2") && text.contains("dense") && text.ends_with("1 error"), "{text}");
    let set = Training::new(of_numbers("dense 1")).set("p", 0.3).run().expect_err("an unknown param");
    assert_eq!(set.codes(), ["E0111"], "{set}");
    let missing = Training::new(OF_TABLE).run().expect_err("no table");
    assert_eq!((missing.kind(), missing.codes()), (ErrorKind::Data, &["E0520"][..]));
    assert!(missing.to_string().contains("<text>:3:3: source csv"), "{missing}");
    let untrained = Training::new("net {\n input x: real[1]\n dense 1\n output y: real[1]\n}").run();
    assert_eq!(untrained.expect_err("no data").kind(), ErrorKind::Net);
    let diverged = of_numbers("dense 64 -> relu\n dense 64 -> relu\n dense 1").replace("lr=0.05", "lr=1e6");
    let diverged = Training::new(diverged).run().expect_err("too large a step");
    assert_eq!(diverged.kind(), ErrorKind::Diverged);
    assert!(diverged.to_string().contains("smaller `lr`"), "{diverged}");
}

#[test]
fn texts_and_arrays_are_rows_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines: String = (0..40)
        .map(|i| if i % 2 == 0 { "good old days,+\n".to_owned() } else { format!("bad {i} times,-\n") })
        .collect();
    fs::write(folder.path().join("t.csv"), format!("said,mood\n{lines}")).expect("a table");
    let words = "data {\n source csv, \"t.csv\", text=said, label=mood\n tokenize words, vocab=20\n}
net {\n input x: token[6, vocab=20]\n embedding 4\n mean_pool over=time\n dense 2\n output mood: class[2]\n}
train {\n loss cross_entropy\n optimizer sgd, lr=0.1\n epochs 2\n}";
    let net = Training::new(words).data_in(folder.path()).run().expect("trained").net;
    let one = net.predict_row(["good times bad days"]).expect("predicted");
    close(&one, &net.predict_csv("good times bad days\n").expect("predicted").get(0).expect("a row"));
    let both = net.predict_rows([["good"], ["bad old times and so much more of them"]]).expect("predicted");
    assert_eq!((both.len(), both.warnings().len()), (2, 1), "{:?}", both.warnings());
    assert!(both.warnings()[0].starts_with("warning[W0"), "{:?}", both.warnings());
    let numbers = net.predict_row([1.0]).expect_err("no text");
    assert!(numbers.to_string().starts_with("row 1 is no text"), "{numbers}");
    let arrays = "data {\n source builtin, \"digits\"\n batch 300\n}
net {\n input x: real[8, 8, 1]
 flatten\n dense 10\n output y: class[10]\n}
train {\n loss cross_entropy\n optimizer sgd, lr=0.01\n epochs 1\n}";
    let net = Training::new(arrays).run().expect("trained").net;
    let row: Vec<u8> = (0..64).map(|i| i % 17).collect();
    let line = row.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let told = net.predict_row(&row).expect("predicted");
    close(&told, &net.predict_csv(format!("{line}\n")).expect("predicted").get(0).expect("a row"));
    let mirrored: Vec<u8> = row.chunks(8).flat_map(|line| line.iter().rev()).copied().collect();
    let other = net.predict_row(&mirrored).expect("predicted");
    let net = net.in_views("flip vertical").and_then(|net| net.in_views("flip horizontal")).expect("views");
    let seen = net.predict_row(&row).expect("predicted");
    for ((seen, one), other) in seen.outputs().iter().zip(told.outputs()).zip(other.outputs()) {
        assert!((seen - (one + other) / 2.0).abs() < 1e-6, "{seen}: {one} and {other}");
    }
    let refused = net.in_views("flip horizontal; rotate 5deg").expect_err("no fixed views");
    assert_eq!((refused.kind(), refused.codes()), (ErrorKind::Request, &["E0413"][..]), "{refused}");
}
