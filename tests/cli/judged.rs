//! New rows whose answers are known, and what is written beside predictions.

use serde_json::Value as Json;

use crate::support::Folder;

const NET: &str = "\
data {
  source csv, \"t.csv\"
  target kind
  split test=50%
  normalize inputs
  batch 16
}

net {
  input x: real[3]
  dense 8 -> relu -> dropout 0.2
  dense 3
  output flower: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=5e-2
  epochs 15
  report accuracy, mcc, balanced_accuracy, f1, precision, recall, recall_1, average_precision
}
";

/// Numbers that tell three words apart, not always.
fn table(rows: std::ops::Range<u32>) -> String {
    let row = |i: u32| {
        let kind = i % 3;
        let noise = |k: u32| f64::from((i * k) % 17) / 6.0;
        format!(
            "{},{},{},{}\n",
            f64::from(kind) + noise(5),
            noise(7),
            noise(3) - f64::from(kind),
            ["a", "b", "c"][kind as usize]
        )
    };
    "p,q,r,kind\n".to_string() + &rows.map(row).collect::<String>()
}

fn folder() -> Folder {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", &table(0..120)), ("new.csv", &table(200..260))]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    folder
}

fn rows(said: &str) -> Vec<Vec<&str>> {
    let lines = said.lines().skip_while(|line| *line != "--- stdout").skip(1);
    lines.take_while(|line| !line.starts_with("---")).map(|line| line.split(',').collect()).collect()
}

/// The whole table of training, judged by itself, has the answers of `--each`; in other columns, without those that no net needs, and with a target first it is the same table.
#[test]
fn a_labelled_table_is_judged() {
    let folder = folder();
    let said = folder.run(&["eval", "run", "--input", "new.csv"]);
    let found = rows(&said);
    assert_eq!((found.len(), found[0][1], found[0][2]), (61, "observed", "kind"), "{said}");
    let right = found[1..].iter().filter(|row| row[1] == row[2]).count() as f64 / 60.0;
    assert!(
        said.contains("input  60 rows  loss ") && said.contains(&format!("accuracy {right:.4}")),
        "{said}"
    );
    // Turned round, with a column more.
    let turned: String = table(200..260)
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells.reverse();
            format!("{},more\n", cells.join(","))
        })
        .collect();
    std::fs::write(folder.path().join("turned.csv"), turned).unwrap();
    assert_eq!(rows(&folder.run(&["eval", "run", "--input", "turned.csv"])), found);
    std::fs::write(folder.path().join("wrong.csv"), table(200..203).replace(",b\n", ",bee\n")).unwrap();
    std::fs::write(folder.path().join("none.csv"), "p,q,r\n1,2,3\n").unwrap();
    std::fs::write(folder.path().join("gap.csv"), "p,q,r,kind\n1,2,3,\n").unwrap();
    let mut refused = String::new();
    for file in ["wrong.csv", "none.csv", "gap.csv", "nowhere.csv"] {
        refused += &folder.run(&["eval", "run", "--input", file]);
    }
    refused += &folder.run(&["eval", "run", "--input", "new.csv", "--labels", "new.csv"]);
    insta::assert_snapshot!(refused);
}

/// The matrix counts the rows of `--each`, and its figures are those of the metrics.
#[test]
fn confusions_are_counted() {
    let folder = folder();
    let found = rows(&folder.run(&["eval", "run", "--input", "new.csv"]))
        .iter()
        .skip(1)
        .map(|row| (row[1].to_string(), row[2].to_string()))
        .collect::<Vec<_>>();
    let json = folder.json(&["eval", "run", "--input", "new.csv", "--confusion", "--json"]);
    let classes = ["a", "b", "c"];
    for (i, observed) in classes.iter().enumerate() {
        for (j, predicted) in classes.iter().enumerate() {
            let count = found.iter().filter(|(is, said)| is == observed && said == predicted).count();
            assert_eq!(json["input"]["counts"][i][j], count, "{json}");
        }
    }
    let test = folder.json(&["eval", "run", "--confusion", "--json"]);
    let figures = folder.json(&["eval", "run", "--json"]);
    let by_class = test["test"]["by_class"].as_array().unwrap();
    let mean = |what: &str| by_class.iter().map(|one| one[what].as_f64().unwrap()).sum::<f64>() / 3.0;
    for (what, metric) in
        [("precision", "precision"), ("recall", "recall"), ("recall", "balanced_accuracy"), ("f1", "f1")]
    {
        let metric = figures["test"][metric].as_f64().unwrap();
        assert!((mean(what) - metric).abs() < 1e-12, "{what} {metric} {test}");
    }
    assert_eq!(by_class[1]["recall"], figures["test"]["recall_1"]);
    insta::assert_snapshot!(folder.run(&["eval", "run", "--confusion"]));
}

/// Rows of arrays have their answers in a file beside them: labels as they were trained on, or a text.
#[test]
fn arrays_are_judged_by_a_file_of_answers() {
    let net = NET
        .replace("source csv, \"t.csv\"\n  target kind", "source idx, \"d\"")
        .replace("real[3]", "real[1, 3, 1]\n  flatten")
        .replace("split test=50%", "split valid=20%")
        .replace("normalize inputs", "scale 1/255")
        .replace("class[3]", "class[2]")
        .replace("dense 3\n", "dense 2\n");
    let folder = Folder::new(&[("m.net", &net)]);
    std::fs::create_dir(folder.path().join("d")).unwrap();
    let pixel = |i: u32| if i.is_multiple_of(2) { i % 90 } else { 160 + i % 90 } as u8;
    let mut labels = Vec::new();
    for (part, rows) in [("train", 60_u32), ("t10k", 12)] {
        let images: Vec<u8> = (0..rows).flat_map(|i| [pixel(i), (i * 7 % 256) as u8, pixel(i)]).collect();
        labels = (0..rows).map(|i| (i % 2) as u8).collect();
        let head = |magic: u8, shape: &[u8]| {
            let mut head = vec![0, 0, 8, magic];
            shape.iter().for_each(|extent| head.extend([0, 0, 0, *extent]));
            head
        };
        std::fs::write(
            folder.path().join(format!("d/{part}-images-idx3-ubyte")),
            [head(3, &[rows as u8, 1, 3]), images].concat(),
        )
        .unwrap();
        std::fs::write(
            folder.path().join(format!("d/{part}-labels-idx1-ubyte")),
            [head(1, &[rows as u8]), labels.clone()].concat(),
        )
        .unwrap();
    }
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let own = folder.run(&["eval", "run"]);
    let test =
        own.lines().find(|line| line.starts_with("test ")).unwrap().split_once("rows").unwrap().1.to_string();
    let text = "answer\n".to_string() + &labels.iter().map(|label| format!("{label}\n")).collect::<String>();
    std::fs::write(folder.path().join("y.txt"), &text).unwrap();
    for labels in ["d/t10k-labels-idx1-ubyte", "y.txt"] {
        let said = folder.run(&["eval", "run", "--input", "d/t10k-images-idx3-ubyte", "--labels", labels]);
        assert!(said.contains(&format!("input  12 rows{test}\n")), "{said} {test}");
    }
    std::fs::write(folder.path().join("short.txt"), "1\n0\n").unwrap();
    let refused = folder.run(&["eval", "run", "--input", "d/t10k-images-idx3-ubyte"])
        + &folder.run(&["eval", "run", "--input", "d/t10k-images-idx3-ubyte", "--labels", "short.txt"]);
    insta::assert_snapshot!(refused);
}

/// Columns of the rows stand beside the predictions, which are those without; a file is written whole, in the form that its ending says.
#[test]
fn rows_keep_their_columns() {
    let folder = folder();
    let plain = folder.run(&["predict", "run", "--input", "new.csv"]);
    let kept = folder.run(&["predict", "run", "--input", "new.csv", "--keep", "kind,2"]);
    let (plain, kept) = (rows(&plain), rows(&kept));
    assert_eq!(kept[0][..3], ["input_kind", "q", "kind"], "one name for one column");
    let cells: Vec<String> = table(200..260).lines().map(str::to_owned).collect();
    for ((plain, kept), line) in plain.iter().zip(&kept).zip(&cells).skip(1) {
        let own: Vec<&str> = line.split(',').collect();
        assert_eq!((kept[0], kept[1], &kept[2..]), (own[3], own[1], &plain[..]));
    }
    let said = folder.run(&["predict", "run", "--input", "new.csv", "--keep", "q", "--output", "out.jsonl"]);
    assert_eq!(said, "$ dropnet predict run --input new.csv --keep q --output out.jsonl\n--- exit 0\n");
    let first: Json = serde_json::from_str(folder.read("out.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["q"].as_f64(), &first["kind"]),
        (cells[1].split(',').nth(1).unwrap().parse().ok(), &plain[1][0].into())
    );
    let json = |args: &[&str]| {
        folder
            .run(&[&["predict", "run", "--input", "new.csv"], args].concat())
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(json(&["--json"]), json(&["--output", "json"]));
    let mut refused = String::new();
    for args in [
        &["--keep", "z"][..],
        &["--keep", "p", "--output", "npy"],
        &["--output", "out.txt"],
        &["--json", "--output", "out.csv"],
        &["--sd"],
    ] {
        refused += &folder.run(&[&["predict", "run", "--input", "new.csv"], args].concat());
    }
    insta::assert_snapshot!(refused);
    // The spread of each class between samples: 0 where all agree, at most a half.
    let spread = folder.run(&["predict", "run", "--input", "new.csv", "--samples", "50", "--sd"]);
    let spread = rows(&spread);
    let at = |name: &str| spread[0].iter().position(|head| *head == name).unwrap_or_else(|| panic!("{name}"));
    let column =
        |name: &str| spread[1..].iter().map(|row| row[at(name)].parse::<f64>().unwrap()).collect::<Vec<_>>();
    let (a, b, c) = (column("a_sd"), column("b_sd"), column("c_sd"));
    assert!(a.iter().chain(&b).chain(&c).all(|sd| (0.0..=0.5).contains(sd)) && a.iter().any(|sd| *sd > 0.01));
    // Probabilities sum to 1, so the spread of one is no more than those of the others together.
    assert!((0..60).all(|i| a[i] <= b[i] + c[i] + 1e-6));
}

/// A table without a header: the number that is predicted is called as the file says, not by its column.
#[test]
fn outputs_are_called_as_the_file_says() {
    let net = NET
        .replace("\"t.csv\"\n  target kind", "\"t.csv\", header=false\n  target 1")
        .replace("real[3]", "real[2]")
        .replace("dense 3\n", "dense 1\n")
        .replace("output flower: class[3]", "output strength: real[1]")
        .replace("cross_entropy", "squared_error")
        .replace(
            "report accuracy, mcc, balanced_accuracy, f1, precision, recall, recall_1, average_precision",
            "report rmse, mape, rmsle",
        );
    let bare: String = (0..60).map(|i| format!("{},{},{}\n", 3 + i % 7, i % 5, i % 7)).collect();
    let folder = Folder::new(&[("m.net", &net), ("t.csv", &bare)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let said = folder.run(&["predict", "run", "--input", "t.csv", "--samples", "5"]);
    assert!(said.contains("\nstrength,strength_epistemic_sd,strength_standard_error\n"), "{said}");
    let judged = folder.run(&["eval", "run", "--input", "t.csv"]);
    assert!(judged.contains("\nrow,strength_observed,strength\n1,3,"), "{judged}");
    for kind in ["predicted", "residuals"] {
        let csv = folder.run(&["plot", "run", "--kind", kind, "--csv"]);
        let points: Vec<(f64, f64)> = rows(&csv)
            .iter()
            .filter(|row| row[0] == "strength")
            .map(|row| (row[1].parse().unwrap(), row[2].parse().unwrap()))
            .collect();
        assert_eq!(points.len(), 30, "{csv}");
        let each = folder.run(&["eval", "run", "--each", "test"]);
        for ((x, y), row) in points.iter().zip(rows(&each).iter().skip(1)) {
            let (observed, predicted): (f64, f64) = (row[1].parse().unwrap(), row[2].parse().unwrap());
            let expected =
                if kind == "predicted" { (observed, predicted) } else { (predicted, observed - predicted) };
            assert!(
                (x - expected.0).abs() < 1e-4 && (y - expected.1).abs() < 1e-4,
                "{kind} {x} {y} {expected:?}"
            );
        }
    }
    let classes = self::folder().run(&["plot", "run", "--kind", "residuals"]);
    assert!(
        classes.contains("such a picture is of numbers") && classes.ends_with("--- exit 3\n"),
        "{classes}"
    );
}

/// The plane of two inputs: the regions are what `predict` says of their places, paler where samples disagree more.
#[test]
fn a_boundary_is_what_is_predicted() {
    let net = "data {\n  source moons, rows=300, noise=0.2, seed=1\n  split test=30%\n  normalize inputs\n  batch 30\n}\nnet {\n  input x: real[2]\n  dense 16 -> relu -> dropout 0.3\n  dense 2\n  output moon: class[2]\n}\ntrain {\n  loss cross_entropy\n  optimizer adam, lr=2e-2\n  epochs 20\n}\n";
    let folder = Folder::trained(net);
    let csv = folder.run(&["plot", "run", "--kind", "boundary", "--samples", "30", "--csv"]);
    let all = rows(&csv);
    let cells: Vec<&Vec<&str>> = all.iter().filter(|row| row[0].starts_with("taken for ")).collect();
    assert_eq!(cells.len(), 64 * 64);
    let places: String = cells.iter().map(|row| format!("{},{}\n", row[1], row[2])).collect();
    std::fs::write(folder.path().join("places.csv"), places).unwrap();
    let said = folder.run(&["predict", "run", "--input", "places.csv", "--samples", "30"]);
    let predicted = rows(&said);
    let information = predicted[0].iter().position(|head| *head == "mutual_information").unwrap();
    let (mut same, mut pairs) = (0, Vec::new());
    for (cell, row) in cells.iter().zip(&predicted[1..]) {
        same += usize::from(cell[0] == format!("taken for {}", row[0]));
        pairs.push((row[information].parse::<f64>().unwrap(), cell[3].parse::<f64>().unwrap()));
    }
    // Masks go by the number of a row, and the order is another one here: places at the edge may fall to either side.
    assert!(same > 4000, "{same}");
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |pairs: &[(f64, f64)]| pairs.iter().map(|pair| pair.1).sum::<f64>() / pairs.len() as f64;
    assert!(mean(&pairs[..400]) > mean(&pairs[pairs.len() - 400..]) + 0.1, "paler where samples disagree");
    let training = all
        .iter()
        .filter(|row| row[0].ends_with(" training rows\"") || row[1].contains("training rows"))
        .count();
    assert_eq!(training, 210, "{}", &csv[csv.len().saturating_sub(400)..]);
    assert!(folder.run(&["plot", "run", "--kind", "boundary"]).contains("<svg"));
    let three = self::folder().run(&["plot", "run", "--kind", "boundary"]);
    assert!(
        three.contains("classes over two inputs that are numbers") && three.ends_with("--- exit 3\n"),
        "{three}"
    );
}

const SERIES: &str = "\
data {
  source csv, \"t.csv\"
  window 6, horizon=2, stride=2, target=level
  split test=25%
  normalize inputs, target
  batch 8
}

net {
  input past: real[6, 2]
  lstm 4, output=last
  dense 1
  output next: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 2
  report rmse
}
";

/// A table in the order of time: two waves.
fn waves(lines: std::ops::Range<u32>) -> String {
    let line = |t: u32| {
        let t = f64::from(t);
        format!("{},{}\n", 5.0 + (t * 0.4).sin(), (t * 0.7).cos())
    };
    "level,other\n".to_string() + &lines.map(line).collect::<String>()
}

/// Windows of another table are those that a net was trained on: of the same table they are its parts.
#[test]
fn windows_of_a_table_are_judged() {
    let carried = SERIES.replace("stride=2, ", "").replace("target=level", "target=level, carry=true");
    let carried = carried.replace("lstm 4", "lstm 4, carry=true").replace("batch 8", "batch 2");
    let folder = Folder::new(&[
        ("m.net", SERIES),
        ("carried.net", &carried),
        ("t.csv", &waves(0..90)),
        ("new.csv", &waves(200..260)),
        ("short.csv", &waves(0..7)),
        ("one.csv", "level\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"),
    ]);
    for (net, run) in [("m.net", "run"), ("carried.net", "carried")] {
        let said = folder.run(&["train", net, "-q", "-o", run]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    let cells = |args: &[&str]| -> Vec<Vec<String>> {
        let said = folder.run(args);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let own = |row: &Vec<&str>| row[1..].iter().map(|cell| cell.to_string()).collect();
        rows(&said).iter().skip(1).map(own).collect()
    };
    let all = cells(&["eval", "run", "--input", "t.csv"]);
    let parts =
        [cells(&["eval", "run", "--each", "train"]), cells(&["eval", "run", "--each", "test"])].concat();
    assert_eq!((all.len(), &all), (42, &parts), "windows of 90 lines, every second of 8");
    let said = folder.run(&["eval", "run", "--input", "new.csv"]);
    assert!(said.contains("input  27 rows  loss ") && said.contains("  rmse "), "{said}");
    let json = folder.run(&["eval", "carried", "--input", "new.csv", "--json"]);
    assert_eq!(
        json.lines().filter(|line| line.starts_with('{')).count(),
        8,
        "two streams of 29 steps: {json}"
    );
    let mut refused = String::new();
    for file in ["short.csv", "one.csv", "none.csv"] {
        refused += &folder.run(&["eval", "run", "--input", file]);
    }
    insta::assert_snapshot!(refused);
}
