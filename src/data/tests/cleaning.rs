//! Tables as they come: columns left out, orders, dates, fillings, other notations, test rows in a file of their own.

use super::super::{ColumnKind, Dataset};
use super::*;
use crate::run;

/// Loads files and a section by whole text, for a net of `real[_]` inputs and this output.
fn loaded(files: &[(&str, &str)], lines: &str, output: &str) -> Result<Dataset, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a temporary file");
    }
    let width = output.split(['[', ']']).nth(1).unwrap_or("1");
    let source = format!(
        "data {{\n{lines}\n}}\nnet {{\n  input x: real[_]\n  dense {width}\n  output y: {output}\n}}\n"
    );
    let search = Search::new(folder.path(), folder.path(), None);
    match run::open(&source, &[], &search) {
        Ok(ready) => Ok(ready.dataset),
        Err(run::OpenError::Data(error)) => Err(error.beside("t.net", &source)),
        Err(run::OpenError::Net(found)) => Err(found
            .iter()
            .map(|d| format!("{} {} [{}] {}", d.code, d.message, d.label, said(d)))
            .collect::<Vec<_>>()
            .join("\n")),
        Err(other) => Err(other.to_string()),
    }
}

/// Notes and ways out.
fn said(d: &Diagnostic) -> String {
    let helps = d.fixes.iter().map(|fix| fix.message.clone());
    d.notes.iter().cloned().chain(helps).collect::<Vec<_>>().join("; ")
}

fn one(text: &str, lines: &str, output: &str) -> Result<Dataset, String> {
    loaded(&[("t.csv", text)], &format!("  source csv, \"t.csv\"\n{lines}"), output)
}

const PEOPLE: &str = "Id,age,Date,height,sex,kind\n1,30,2024-01-01,1.5,f,a\n2,40,2024-02-02,1.75,m,b\n\
                      3,50,2024-03-03,2,f,a\n4,60,2024-04-04,1.25,m,b\n";

#[test]
fn columns_are_left_out_and_named_by_ranges() {
    let inputs = |lines: &str| {
        let data = one(PEOPLE, lines, "class[2]").unwrap();
        let names: Vec<&str> = data.schema.columns.iter().map(|c| c.name.as_str()).collect();
        (names.join(" "), floats(&data.train, 0)[..3].to_vec())
    };
    assert_eq!(inputs("  inputs -Id, -Date").0, "age height sex");
    assert_eq!(inputs("  inputs -1, -3..4").0, "age sex");
    assert_eq!(inputs("  inputs -Id..Date"), ("height sex".into(), vec![1.5, 1.0, 0.0]));
    assert_eq!(inputs("  inputs height..sex, age").0, "height sex age");
    assert_eq!(inputs("  inputs Id..sex, -Date, -\"Id\"").0, "age height sex");
    assert_eq!(inputs("  target sex\n  inputs -Id, -Date, -kind").0, "age height");
    // What is left out is no target either: the last of the others is.
    let data = one(PEOPLE, "  inputs -kind, -Date", "class[2]").unwrap();
    assert_eq!((data.schema.target[0].name.as_str(), data.schema.columns.len()), ("sex", 3));
}

#[test]
fn columns_that_cannot_be_left_out() {
    let faults: Vec<String> = [
        "  inputs -Idd",
        "  inputs age, -height",
        "  inputs height..age",
        "  inputs age..5",
        "  target -kind",
        "  categories -age",
        "  inputs -0",
        "  inputs -Id..sex",
    ]
    .iter()
    .map(|lines| format!("{}\n{}", lines.trim(), one(PEOPLE, lines, "class[2]").unwrap_err()))
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn numbers_are_categories_and_words_have_an_order() {
    let rows = "Pclass,size,kind\n1,mid,a\n3,low,b\n1,high,a\n2,mid,b\n";
    let data = one(rows, "  categories Pclass\n  ordered size, [low, mid, high]", "class[2]").unwrap();
    assert_eq!(floats(&data.train, 0), [1., 0., 0., 1., 0., 0., 1., 0., 1., 0., 0., 2., 0., 1., 0., 1.]);
    assert_eq!(
        data.schema.columns[1].kind,
        ColumnKind::Ordered(["low", "mid", "high"].map(String::from).to_vec())
    );
    // Numbers have an order of their own too, and places are normalised and filled like numbers.
    let gaps = "Pclass,size,kind\n1,mid,a\n3,,b\n1,high,a\n3,high,b\n";
    let lines = "  ordered Pclass, [3, 2, 1]\n  ordered size, [low, mid, high]\n  fill median\n  normalize";
    let data = one(gaps, lines, "class[2]").unwrap();
    let sd = 0.1875_f64.sqrt();
    let seen = floats(&data.train, 0);
    assert_eq!([seen[0], seen[2]], [1.0, -1.0]);
    for (x, place) in [seen[1], seen[3], seen[5], seen[7]].into_iter().zip([1.0, 2.0, 2.0, 2.0]) {
        assert!((f64::from(x) - (place - 1.75) / sd).abs() < 1e-6, "{x}");
    }
    let rows = data.transform.read_rows(b"size,Pclass\nlow,2\n,1\n".to_vec(), "-").unwrap();
    let seen = row_floats(&rows);
    assert!((f64::from(seen[1]) + 1.75 / sd).abs() < 1e-6 && seen[0] == 0.0);
    assert_eq!(seen[3], floats(&data.train, 0)[3]);
}

#[test]
fn gaps_are_filled_column_by_column() {
    let rows = "age,fare,cabin,port,kind\n1,4,,S,a\n,,B,S,b\n3,8,C,,a\n8,0,B,Q,b\n";
    let lines = "  fill median, age\n  fill -1, fare\n  fill category, cabin\n  fill \"none\", port";
    let data = one(rows, lines, "class[2]").unwrap();
    let names = data.schema.columns.iter().map(|column| match &column.kind {
        ColumnKind::Words(names) => names.join("|"),
        _ => column.gaps.to_string(),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["1", "1", "B|C|", "Q|S|none"]);
    let wanted = [
        [1., 4., 0., 0., 1., 0., 1., 0.],
        [3., -1., 1., 0., 0., 0., 1., 0.],
        [3., 8., 0., 1., 0., 0., 0., 1.],
        [8., 0., 1., 0., 0., 1., 0., 0.],
    ];
    assert_eq!(floats(&data.train, 0), wanted.concat());
    let rows = data.transform.read_rows(b"age,fare,cabin,port\n,,,\n".to_vec(), "-").unwrap();
    assert_eq!(row_floats(&rows), [3., -1., 0., 0., 1., 0., 0., 1.]);
    // Of all columns: words take what is of words alone, numbers what is of both; others keep to `missing=`.
    let rows = "age,cabin,kind\n1,,a\n,B,b\n4,C,b\n";
    let data = one(rows, "  fill median\n  fill category", "class[2]").unwrap();
    assert_eq!(floats(&data.train, 0), [1., 0., 0., 1., 2.5, 1., 0., 0., 4., 0., 1., 0.]);
    let drop = "  source csv, \"t.csv\", missing=drop\n  fill category, cabin";
    let data = loaded(&[("t.csv", rows)], drop, "class[2]").unwrap();
    assert_eq!((data.train.rows(), data.schema.dropped), (2, 1));
    assert_eq!(floats(&data.train, 0), [1., 0., 1., 4., 1., 0.]);
}

/// What has no gap in the training part is filled in the test part, and in rows to predict, by what was fitted to the training part.
#[test]
fn gaps_of_the_test_part_alone_are_filled() {
    let rows = "age,sex,kind\n1,f,a\n3,m,b\n8,m,a\n,m,b\n5,,a\n";
    let lines = "  split train=3, test=2, shuffle=false\n  fill median, age\n  fill category, sex";
    let data = one(rows, lines, "class[2]").unwrap();
    assert_eq!(floats(&data.test.unwrap(), 0), [3., 0., 1., 0., 5., 0., 0., 1.]);
}

#[test]
fn fillings_that_cannot_be() {
    let rows = "age,cabin,size,when,kind\n1,A,low,2024-01-01,a\n,B,low,2024-01-02,b\n4,C,high,2024-01-03,a\n";
    let base = "  ordered size, [low, high]\n  dates when\n";
    let faults: Vec<String> = [
        "",
        "  fill category, age",
        "  fill 0, cabin",
        "  fill \"x\", age",
        "  fill \"mid\", size",
        "  fill \"soon\", when",
        "  fill mean, kind",
        "  fill mean, age\n  fill median, age",
        "  fill mean\n  fill median",
        "  fill men, age",
        "  inputs -age\n  fill mean, age",
        "  fill mean, age\n  ordered cabin, [A, B]",
        "  fill mean, age\n  dates cabin",
        "  fill mean, age\n  dates cabin, parts=[year], round=true",
        "  fill mean, age\n  categories cabin, size",
    ]
    .iter()
    .map(|lines| {
        format!("{}\n{}", lines.trim(), one(rows, &format!("{base}{lines}"), "class[2]").unwrap_err())
    })
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
    let generated = loaded(&[], "  source moons, rows=40\n  fill mean", "class[2]").unwrap_err();
    assert!(generated.contains("E0505 `fill` needs a table in a file"), "{generated}");
}

#[test]
fn dates_become_their_parts() {
    let rows = "when,y\n29.02.2024 12:00,1\n01.03.2024,2\n,3\n";
    let lines = "  dates when, parts=[days, month, weekday, hour], order=dmy\n  fill mean, when";
    let data = one(rows, lines, "real[1]").unwrap();
    let wanted = [
        [19782.5, 2., 3., 12.],
        [19783., 3., 4., 0.],
        // The mean of the two, 18 o'clock of the first.
        [19782.75, 2., 3., 18.],
    ];
    assert_eq!(floats(&data.train, 0), wanted.concat().iter().map(|x| *x as f32).collect::<Vec<_>>());
    let text = serde_json::to_string(&data.transform).unwrap();
    let transform: crate::data::Transform = serde_json::from_str(&text).unwrap();
    let rows = transform.read_rows(b"y,when\n9,1.3.2024\n".to_vec(), "-").unwrap();
    assert_eq!(row_floats(&rows), [19783., 3., 4., 0.]);
    let fault = transform.read_rows(b"when\n2024-13-01\n".to_vec(), "-").unwrap_err();
    assert_eq!((fault.code, fault.place.line), ("E0556", Some(2)));
    let round =
        one("when,y\n2024-04-01,1\n2024-10-01,2\n", "  dates when, parts=month, round=true", "real[1]");
    let seen = floats(&round.unwrap().train, 0);
    assert!((seen[0] - 1.0).abs() < 1e-6 && (seen[2] + 1.0).abs() < 1e-6, "{seen:?}");
}

#[test]
fn other_notations_are_read_in_training_and_in_prediction() {
    let rows = "exported 2024\n\nname;price;rate;kind\nx;1.234,5;0,5;a\ny;-2,25;1;b\nx;10;,25;a\n";
    let source = "  source csv, \"t.csv\", delimiter=semicolon, decimal=comma, thousands=point, skip=2";
    let data = loaded(&[("t.csv", rows)], source, "class[2]").unwrap();
    let seen = [1., 0., 1234.5, 0.5, 0., 1., -2.25, 1., 1., 0., 10., 0.25];
    assert_eq!(floats(&data.train, 0), seen);
    let read = |text: &str| data.transform.read_rows(text.as_bytes().to_vec(), "-");
    // With the lines before the header or without them; JSON has points whatever the table writes.
    for text in [
        rows,
        "name;price;rate\nx;1.234,5;0,5\ny;-2,25;1\nx;10;,25\n",
        "[{\"name\": \"x\", \"price\": 1234.5, \"rate\": 0.5}, {\"name\": \"y\", \"price\": -2.25, \"rate\": 1}, {\"name\": \"x\", \"price\": 10, \"rate\": 0.25}]",
    ] {
        assert_eq!(row_floats(&read(text).unwrap()), seen, "{text}");
    }
    let fault = read("name;price;rate\nx;1.5;0,5\n").unwrap_err();
    assert_eq!((fault.code, fault.place.line, fault.place.column), ("E0523", Some(2), Some(2)));
    let real =
        loaded(&[("t.csv", rows)], &format!("{source}\n  inputs name, rate\n  target price"), "real[1]");
    assert_eq!(target(&real.unwrap().train), Target::Real { data: vec![1234.5, -2.25, 10.0], width: 1 });
    let whitespace = "# a\n1 2\n3 4\n";
    let white = "  source csv, \"t.csv\", delimiter=whitespace, header=false, skip=1";
    let data = loaded(&[("t.csv", whitespace)], white, "real[1]").unwrap();
    assert_eq!(floats(&data.train, 0), [1., 3.]);
    let both = "  source csv, \"t.csv\", decimal=comma, thousands=comma";
    assert!(loaded(&[("t.csv", rows)], both, "real[1]").unwrap_err().starts_with("E0507"));
}

#[test]
fn columns_of_another_notation_are_told_how_to_be_read() {
    let comma = "a;b;y\n1,5;2;1\n2,5;3;2\n3,5;4;3\n";
    let semicolon = "  source csv, \"t.csv\", delimiter=semicolon";
    let lines = [
        loaded(&[("t.csv", comma)], semicolon, "real[1]").unwrap_err(),
        one(comma, "", "real[1]").unwrap_err(),
        one("a,y\n\"1,234\",2\n\"5,678\",3\n", "", "real[1]").unwrap_err(),
    ];
    insta::assert_snapshot!(lines.join("\n\n"));
}

#[test]
fn test_rows_stand_in_a_file_of_their_own() {
    let train = "age,sex,kind\n1,f,a\n5,m,b\n8,m,a\n,f,b\n";
    let test = "kind,sex,note,age\nb,m,late,\na,f,,5\n";
    let source =
        "  source csv, \"train.csv\", test=\"test.csv\"\n  fill median\n  split valid=2, shuffle=false";
    let files = |test| [("train.csv", train), ("test.csv", test)];
    let data = loaded(&files(test), source, "class[2]").unwrap();
    let schema = &data.schema;
    assert_eq!((schema.rows, schema.train_rows, schema.valid_rows, schema.test_rows), (6, 2, 2, 2));
    let part = data.test.unwrap();
    assert_eq!(floats(&part, 0), [3., 0., 1., 5., 1., 0.]);
    assert_eq!(target(&part), Target::Classes(vec![1, 0]));
    let faults = [
        loaded(&files("kind,sex,age\nb,x,1\n"), source, "class[2]").unwrap_err(),
        loaded(&files("sex,age\nm,1\n"), source, "class[2]").unwrap_err(),
        loaded(&files("kind,sex,age\n"), source, "class[2]").unwrap_err(),
        loaded(&files(test), &source.replace("valid=2", "test=2"), "class[2]").unwrap_err(),
        loaded(&files(test), &format!("{source}\n  classes a, b"), "class[2]").unwrap_err(),
        loaded(&[("train.csv", train)], source, "class[2]").unwrap_err().replace(['\n'], " "),
    ];
    assert!(faults[5].starts_with("error[E0520]"), "{}", faults[5]);
    insta::assert_snapshot!(faults[..5].join("\n\n"));
}

/// A net with the wrong width is told what each column gives; columns that tell rows apart are named with what leaves them out.
#[test]
fn widths_are_said_column_by_column() {
    let fault = |rows: &str, lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), rows).unwrap();
        let net = "net {\n  input x: real[3]\n  dense 2\n  output y: class[2]\n}\n";
        let source = format!("data {{\n  source csv, \"t.csv\"\n{lines}\n}}\n{net}");
        let search = Search::new(folder.path(), folder.path(), None);
        match run::open(&source, &[], &search) {
            Err(run::OpenError::Net(found)) => found.iter().map(said).collect::<Vec<_>>().join("\n"),
            other => panic!("{:?}", other.err()),
        }
    };
    let dated: String = (1..=20).map(|i| format!("{i},2024-01-{i:02},{}\n", ["x", "y"][i % 2])).collect();
    let lines = [
        fault(PEOPLE, "  inputs -Id, -Date"),
        fault("a,b,c,size,kind\n1,2,3,low,a\n4,5,6,high,b\n", "  ordered size, [low, high]"),
        fault(&format!("Id,Date,kind\n{dated}"), ""),
    ];
    insta::assert_snapshot!(lines.join("\n\n"));
}

/// Filled and scaled as scikit-learn does it, fitted on the first rows: `tests/golden/tables.py`.
#[test]
fn numbers_are_those_of_scikit_learn() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/golden/tables.json")).unwrap();
    let table = golden["table"].as_str().unwrap();
    let train = golden["train"].as_u64().unwrap();
    let rows = table.lines().count() as u64 - 1;
    let compare = |lines: &str, inputs: &str, wanted: &serde_json::Value| {
        let split = format!("  split train={train}, test={}, shuffle=false", rows - train);
        let data = one(table, &format!("  inputs {inputs}\n{lines}\n{split}"), "class[2]").unwrap();
        let seen = [floats(&data.train, 0), floats(&data.test.unwrap(), 0)].concat();
        let wanted: Vec<f64> = wanted
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap())
            .map(|x| x.as_f64().unwrap())
            .collect();
        assert_eq!(seen.len(), wanted.len(), "{lines}");
        for (x, wanted) in seen.iter().zip(&wanted) {
            assert!(
                (f64::from(*x) - wanted).abs() <= 2e-6 * (1.0 + wanted.abs()),
                "{lines}: {x}, not {wanted}"
            );
        }
    };
    for (lines, wanted) in golden["numbers"].as_object().unwrap() {
        compare(&format!("  {lines}"), "age, fare, kin", wanted);
    }
    for (lines, wanted) in golden["words"].as_object().unwrap() {
        compare(&format!("  {lines}"), "deck", wanted);
    }
    compare("  ordered size, [low, mid, high]\n  normalize", "size", &golden["order"]);
}

#[test]
fn scales_are_fitted_and_undone() {
    let rows = "a,b,y\n1,2,10\n3,4,30\n5,8,20\n100,1,1000\n3,4,30\n";
    let split = "  split train=3, test=2, shuffle=false\n";
    let lines = format!(
        "{split}  normalize inputs\n  normalize columns=[b], kind=log\n  normalize target, kind=minmax"
    );
    let data = one(rows, &lines, "real[1]").unwrap();
    assert_eq!(target(&data.train), Target::Real { data: vec![0.0, 1.0, 0.5], width: 1 });
    assert_eq!(target(data.test.as_ref().unwrap()), Target::Real { data: vec![49.5, 1.0], width: 1 });
    let units = data.transform.target.units().unwrap();
    assert_eq!((&units.sd[..], &units.mean[..]), (&[20.0][..], &[10.0][..]));
    let logs = [2.0_f64, 4.0, 8.0, 1.0].map(f64::ln);
    let (mean, sd) = (logs[1], (2.0_f64 / 3.0).sqrt() * 2.0_f64.ln());
    let seen = [floats(&data.train, 0), floats(data.test.as_ref().unwrap(), 0)].concat();
    for (row, log) in logs.iter().enumerate() {
        assert!((f64::from(seen[2 * row + 1]) - (log - mean) / sd).abs() < 1e-6, "{seen:?}");
    }
    assert!(seen[0] < -1.2 && seen[2].abs() < 1e-6 && seen[4] > 1.2);
    let read = data.transform.read_rows(b"a,b\n1,2\n".to_vec(), "-").unwrap();
    assert_eq!(row_floats(&read), seen[..2]);
    let fault = data.transform.read_rows(b"a,b\n1,0\n".to_vec(), "-").unwrap_err();
    assert_eq!((fault.code, fault.place.column), ("E0557", Some(2)));
    // Steps of a window have the scale of their column; all inputs together one.
    let all = one(rows, &format!("{split}  normalize per=all, kind=minmax"), "real[1]").unwrap();
    assert_eq!(floats(&all.train, 0)[..2], [0.0, 1.0 / 7.0]);
    let window = one(rows, "  inputs y\n  window 2, target=y\n  normalize kind=minmax", "real[1]");
    let seen = floats(&window.unwrap().train, 0);
    for (x, y) in seen.iter().zip([10.0_f32, 30.0, 30.0, 20.0, 20.0, 1000.0]) {
        assert!((x - (y - 10.0) / 990.0).abs() < 1e-6, "{seen:?}");
    }
}

#[test]
fn scales_that_cannot_be() {
    let rows = "a,b,w,y\n1,2,u,10\n0,4,v,30\n5,8,u,20\n100,1,v,1000\n";
    let faults: Vec<String> = [
        "  normalize inputs, kind=log",
        "  normalize columns=[b], kind=log\n  normalize columns=[b]",
        "  normalize columns=[w], kind=robust",
        "  normalize columns=[y], kind=robust",
        "  normalize inputs\n  normalize inputs, target",
        "  normalize inputs, columns=[b]",
        "  normalize columns=[b], per=all",
        "  normalize columns=[]",
        "  ordered w, [u, v]\n  normalize columns=[w], kind=log1p",
        "  inputs a, b\n  window 2, target=y\n  normalize kind=robust",
    ]
    .iter()
    .map(|lines| format!("{}\n{}", lines.trim(), one(rows, lines, "real[1]").unwrap_err()))
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
}
