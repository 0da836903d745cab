//! Real sets, where `DROPNET_DATA` says they lie; without it each test says that it was skipped.

use std::path::PathBuf;

use super::super::ColumnKind;
use super::*;

/// The search of the data root, or a word about the skipped test.
fn root(test: &str) -> Option<Search> {
    let root = std::env::var_os("DROPNET_DATA").map(PathBuf::from);
    if root.is_none() {
        eprintln!("skipped: {test} needs DROPNET_DATA");
    }
    // Tests may run in any folder: a relative root counts from the project.
    root.map(|r| {
        Search::new(
            Path::new("/nowhere"),
            Path::new("/nowhere"),
            Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join(r)),
        )
    })
}

#[test]
fn mnist_is_whole_and_in_order() {
    let Some(search) = root("mnist") else { return };
    let uses = [
        ("idx", vec![("folder", text("mnist"))]),
        ("split", vec![("train", n(55_000.0)), ("valid", n(5_000.0))]),
        ("scale", vec![("factor", n(1.0 / 255.0))]),
    ];
    let need = Need {
        inputs: vec![InputShape::new("image", &[28, 28, 1])],
        target: Want::Class(10),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let data = super::super::load(&config(&uses), &search, &need).unwrap();
    let (valid, test) = (data.valid.unwrap(), data.test.unwrap());
    assert_eq!((data.train.rows(), valid.rows(), test.rows()), (55_000, 5_000, 10_000));
    assert_eq!((data.schema.rows, data.schema.classes.unwrap().len()), (70_000, 10));
    let Target::Classes(labels) = target(&test) else { panic!("mnist has classes") };
    assert_eq!(labels[..5], [7, 2, 1, 0, 4]);
    let first = data.train.numbers().iter().position(|r| *r < 5).map(|at| data.train.numbers()[at]).unwrap();
    let Target::Classes(labels) = target(&data.train) else { panic!("mnist has classes") };
    assert_eq!(labels[0], [5, 0, 4, 1, 9][first as usize]);
    // Every byte is held once; sums over all training pictures are those of the original file.
    let sum = |part: &super::super::Part| -> u64 {
        let mut sum = 0;
        let add = |_: usize, numbers: Numbers<'_>| {
            let Numbers::U8(bytes) = numbers else { panic!("pictures stay bytes") };
            assert_eq!(bytes.len(), 784);
            sum += bytes.iter().map(|b| u64::from(*b)).sum::<u64>();
            Ok(())
        };
        part.each_row(&part.inputs[0], add).unwrap();
        sum
    };
    let mean = (sum(&data.train) + sum(&valid)) as f64 / (60_000.0 * 784.0 * 255.0);
    assert!((mean - 0.1306604).abs() < 1e-6, "{mean}");
    let tens = |part: &super::super::Part, class: u32| match target(part) {
        Target::Classes(labels) => labels.iter().filter(|l| **l == class).count(),
        _ => 0,
    };
    assert_eq!(tens(&data.train, 1) + tens(&valid, 1), 6742);
    assert!(tens(&valid, 1).abs_diff(562) <= 1, "each class in proportion");
}

#[test]
fn penguins_mix_words_numbers_and_gaps() {
    let Some(search) = root("penguins") else { return };
    let uses = |missing: &str| {
        let file = ("csv", vec![("file", text("penguins/penguins.csv")), ("missing", word(missing))]);
        [file, ("target", vec![("columns", list(vec![word("species")]))])]
    };
    let load =
        |missing: &str| super::super::load(&config(&uses(missing)), &search, &need(10, Want::Class(3)));
    let dropped = load("drop").unwrap();
    assert_eq!((dropped.train.rows(), dropped.schema.dropped), (333, 11));
    assert_eq!(dropped.transform.class_names(), ["Adelie", "Chinstrap", "Gentoo"]);
    assert_eq!(
        dropped.schema.columns[0].kind,
        ColumnKind::Words(["Biscoe", "Dream", "Torgersen"].map(String::from).to_vec())
    );
    assert_eq!(load("mean").unwrap().train.rows(), 344);
    let error = load("error").unwrap_err();
    assert_eq!((error.code, error.place.line, error.place.column), ("E0524", Some(5), Some(3)));
}

#[test]
fn raw_penguins_have_quoted_fields() {
    let Some(search) = root("raw penguins") else { return };
    let column = |name: &str| text(name);
    let uses = [
        ("csv", vec![("file", text("penguins/penguins_raw.csv")), ("missing", word("drop"))]),
        (
            "inputs",
            vec![(
                "columns",
                list(vec![column("Stage"), column("Culmen Length (mm)"), column("Body Mass (g)")]),
            )],
        ),
        ("target", vec![("columns", list(vec![column("Species")]))]),
    ];
    let data = super::super::load(&config(&uses), &search, &need(3, Want::Class(3))).unwrap();
    assert_eq!((data.train.rows(), data.schema.dropped), (342, 2));
    assert_eq!(data.schema.columns[0].kind, ColumnKind::Words(vec!["Adult, 1 Egg Stage".into()]));
}

#[test]
fn uci_splits_are_the_papers() {
    let Some(search) = root("uci") else { return };
    for (set, rows, features, test_rows) in [
        ("concrete", 1030, 8, 103),
        ("bostonHousing", 506, 13, 51),
        ("wine-quality-red", 1599, 11, 160),
        ("kin8nm", 8192, 8, 819),
    ] {
        for number in [0.0, 19.0] {
            let file = vec![
                ("file", text(&format!("uci/{set}/data/data.txt"))),
                ("header", Value::Bool(false)),
                ("delimiter", text("whitespace")),
            ];
            let uses = [
                ("csv", file),
                ("split", vec![("given", text("index")), ("number", n(number)), ("valid", n(0.2))]),
                ("normalize", vec![("what", list(vec![word("inputs"), word("target")]))]),
            ];
            let data = super::super::load(&config(&uses), &search, &need(features, Want::Real(1))).unwrap();
            let (valid, test) = (data.valid.unwrap(), data.test.unwrap());
            assert_eq!(
                (data.train.rows() + valid.rows() + test.rows(), test.rows()),
                (rows, test_rows),
                "{set}"
            );
            let column: Vec<f32> = floats(&data.train, 0).iter().step_by(features).copied().collect();
            let mean = column.iter().map(|x| f64::from(*x)).sum::<f64>() / column.len() as f64;
            assert!(mean.abs() < 1e-5, "{set}: {mean}");
        }
    }
    let error = super::super::probe(
        &config(&[
            (
                "csv",
                vec![
                    ("file", text("uci/concrete/data/data.txt")),
                    ("header", Value::Bool(false)),
                    ("delimiter", word("whitespace")),
                ],
            ),
            ("split", vec![("given", text("index")), ("number", n(20.0))]),
        ]),
        &search,
    );
    assert_eq!(error.unwrap_err().code, "E0520");
}

/// The set's own division: the first five recordings of each digit by each speaker are tested.
#[test]
fn spoken_digits_come_out_of_their_archive() {
    let Some(search) = root("fsdd") else { return };
    let uses = [
        (
            "audio",
            vec![
                ("folder", text("fsdd/fsdd_recordings.tar.gz")),
                ("pattern", text("{label}_{speaker}_{index}")),
            ],
        ),
        ("split", vec![("by", word("index")), ("test", list((0..5).map(|i| n(f64::from(i))).collect()))]),
    ];
    let lengths = super::super::Lengths { input: "clip".into(), steps: 8000, least: 1, rate: Some(8000) };
    let need = Need {
        inputs: vec![InputShape::new("clip", &[8000, 1])],
        target: Want::Class(10),
        raw: false,
        larger: false,
        fitted: false,
        lengths: Some(lengths),
        vocab: None,
        open: false,
    };
    let data = super::super::load(&config(&uses), &search, &need).unwrap();
    assert_eq!((data.train.rows(), data.test.as_ref().map(super::super::Part::rows)), (2_700, Some(300)));
    let sound = data.schema.sound.as_ref().unwrap();
    assert_eq!((sound.rate, sound.longest, sound.silent, data.cut), (8000, 18_262, 0, 20));
    assert!((sound.samples as f64 / 8000.0 - 1312.0).abs() < 1.0, "{}", sound.samples);
    let groups = data.schema.groups.as_ref().unwrap();
    assert_eq!((groups.column.as_str(), groups.train, groups.test), ("index", 45, 5));
}

#[test]
fn cifar10_is_whole_and_in_order() {
    let Some(search) = root("cifar10") else { return };
    let uses = [
        ("cifar10", vec![("folder", text("cifar-10-batches-bin"))]),
        ("split", vec![("train", n(30_000.0)), ("valid", n(5_000.0))]),
    ];
    let need = Need {
        inputs: vec![InputShape::new("image", &[32, 32, 3])],
        target: Want::Class(10),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let data = super::super::load(&config(&uses), &search, &need).unwrap();
    assert_eq!(
        [&data.valid, &data.test].map(|part| part.as_ref().map(super::super::Part::rows)),
        [Some(5_000), Some(1_000)]
    );
    let Some(Numbers::U8(bytes)) = data.train.inputs[0].store.whole() else { panic!("pictures stay bytes") };
    // The first picture of the original: a frog, whose first pixel is 59, 62, 63.
    assert_eq!((bytes.len(), &bytes[..3]), (40_000 * 3072, &[59, 62, 63][..]));
    let Target::Classes(codes) = &*data.train.target else { panic!("classes") };
    assert_eq!(data.transform.class_names()[codes[0] as usize], "frog");
}
