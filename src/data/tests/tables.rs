//! What comes out of sound tables: encoding, filling, dividing, normalising.

use super::super::{CellRule, Fields, TargetRule, Units};
use super::*;

#[test]
fn words_become_one_input_a_category_and_classes_are_sorted() {
    let rows = "colour,size,kind\nred,1,pear\nblue,2,apple\nred,3,pear\n";
    let data = csv(rows, &[], &[], &need(3, Want::Class(2))).unwrap();
    assert_eq!(floats(&data.train, 0), [0., 1., 1., 1., 0., 2., 0., 1., 3.]);
    assert_eq!(target(&data.train), Target::Classes(vec![1, 0, 1]));
    assert_eq!(data.transform.class_names(), ["apple", "pear"]);
    assert_eq!(data.schema.features(), 3);
}

#[test]
fn quotes_semicolons_tabs_and_white_space() {
    let quoted =
        csv("a,b,c\n\"1\",2,\"x, \"\"y\"\"\"\n3,4,\"z\nz\"\n", &[], &[], &need(2, Want::Class(2))).unwrap();
    assert_eq!(quoted.transform.class_names(), ["x, \"y\"", "z\nz"]);
    let semicolon = [("delimiter", word("semicolon"))];
    assert_eq!(
        csv("a;b;c\n1;2;x\n3;4;y\n", &semicolon, &[], &need(2, Want::Class(2))).unwrap().train.rows(),
        2
    );
    let tab = [("delimiter", text("\t"))];
    assert_eq!(
        csv("a\tb\tc\n1\t2\tx\n3\t4\ty\n", &tab, &[], &need(2, Want::Class(2))).unwrap().train.rows(),
        2
    );
    let white = [("delimiter", text("whitespace")), ("header", Value::Bool(false))];
    let data = csv("1.0 \t2.0  5\n 3 4 6\n\n", &white, &[], &need(2, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0), [1., 2., 3., 4.]);
    assert_eq!(target(&data.train), Target::Real { data: vec![5., 6.], width: 1 });
}

#[test]
fn several_inputs_share_the_columns_in_order() {
    let need = Need {
        inputs: vec![InputShape::new("a", &[1]), InputShape::new("b", &[2])],
        target: Want::Real(1),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let data = csv("a,b,c,y\n1,2,3,0\n4,5,6,0\n", &[], &[], &need).unwrap();
    assert_eq!(floats(&data.train, 0), [1., 4.]);
    assert_eq!(floats(&data.train, 1), [2., 3., 5., 6.]);
}

#[test]
fn missing_rows_are_dropped_or_filled() {
    let rows = "sex,mass,kind\nf,1,a\nm,,b\nm,5,b\nNA,3,a\n";
    let data = csv(rows, &[("missing", word("drop"))], &[], &need(3, Want::Class(2))).unwrap();
    assert_eq!((data.train.rows(), data.schema.dropped), (2, 2));
    let data = csv(rows, &[("missing", word("mean"))], &[], &need(3, Want::Class(2))).unwrap();
    assert_eq!(floats(&data.train, 0), [1., 0., 1., 0., 1., 3., 0., 1., 5., 0., 1., 3.]);
}

#[test]
fn marks_of_gaps_can_be_named_and_quoted() {
    let rows = "alley,size,kind\n\"NA\",-,a\nGrvl,1,b\nGrvl,3,a\nNA,-999.0,b\n";
    let load = |args: &[(&'static str, Value)], width| {
        let data = csv(rows, args, &[], &need(width, Want::Class(2))).unwrap();
        floats(&data.train, 0).to_vec()
    };
    let mean = ("missing", word("mean"));
    let marks = |marks: Vec<Value>| ("na", list(marks));
    // Named marks take the place of the usual ones: `NA` is a word, `-` and -999 are gaps, of which the mean is 2.
    assert_eq!(
        load(&[mean.clone(), marks(vec![text("-"), n(-999.0)])], 3),
        [0., 1., 2., 1., 0., 1., 1., 0., 3., 0., 1., 2.]
    );
    let rows = "alley,size,kind\n\"NA\",2,a\nGrvl,1,b\nGrvl,3,a\nNA,2,b\n";
    let load = |args: &[(&'static str, Value)], width| {
        let data = csv(rows, args, &[], &need(width, Want::Class(2))).unwrap();
        floats(&data.train, 0).to_vec()
    };
    // In quotes `NA` is a word; without them it is a gap, filled with the more frequent word.
    assert_eq!(load(std::slice::from_ref(&mean), 3), [0., 1., 2., 1., 0., 1., 1., 0., 3., 1., 0., 2.]);
    assert_eq!(load(&[("missing", word("drop"))], 3), [0., 1., 2., 1., 0., 1., 1., 0., 3.]);
    // A mark that is named counts with quotes too, and leaves one word.
    assert_eq!(load(&[mean, marks(vec![word("NA")])], 2), [1., 2., 1., 1., 1., 3., 1., 2.]);
}

#[test]
fn numbers_are_categories_where_the_file_says_so() {
    let rows = "grade,size,kind\n1,4,a\n3,5,b\n1,6,a\n2b,7,b\n";
    for columns in [vec![word("grade")], vec![n(1.0)], vec![text("grade")]] {
        let data = csv(rows, &[("words", list(columns))], &[], &need(4, Want::Class(2))).unwrap();
        let wanted = [1., 0., 0., 4., 0., 1., 0., 5., 1., 0., 0., 6., 0., 0., 1., 7.];
        assert_eq!(floats(&data.train, 0), wanted);
    }
}

/// What a column holds does not depend on which of its cells comes first.
#[test]
fn a_number_among_words_is_a_word() {
    let kinds = |first: &str| {
        let rows = format!("code,size,kind\n{first},1,a\nA,2,b\nB,3,a\nA,4,b\nC,4,b\n7,5,a\nA1,6,b\n");
        csv(&rows, &[], &[], &need(6, Want::Class(2))).unwrap().schema.columns[0].kind.clone()
    };
    assert_eq!(kinds("7"), kinds("A"));
}

#[test]
fn normalisation_is_fitted_on_the_training_part() {
    let rows = "x,y\n1,10\n3,20\n100,1000\n";
    let ordered = ("split", vec![("train", n(2.0)), ("test", n(0.34)), ("shuffle", Value::Bool(false))]);
    let both = ("normalize", vec![("what", list(vec![word("inputs"), word("target")]))]);
    let data = csv(rows, &[], &[ordered, both], &need(1, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0), [-1., 1.]);
    assert_eq!(target(&data.train), Target::Real { data: vec![-1., 1.], width: 1 });
    let test = data.test.unwrap();
    assert_eq!((floats(&test, 0), test.numbers()), (vec![98.], [2].as_slice()));
    assert_eq!(
        data.transform.target,
        TargetRule::Real {
            columns: vec!["y".into()],
            units: Units { mean: vec![15.], sd: vec![5.], curve: None }
        }
    );
    let mut back = [98.5 * 2.0];
    data.transform.target.to_units(&mut back);
    assert_eq!(data.transform.target.raised(0, f64::from(back[0])), 1000.0);
}

#[test]
fn scale_goes_before_normalisation() {
    let scaled = || ("scale", vec![("factor", n(0.5))]);
    let data = csv("x,y\n2,1\n6,2\n", &[], &[scaled()], &need(1, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0), [1., 3.]);
    let data =
        csv("x,y\n2,1\n6,2\n", &[], &[scaled(), ("normalize", vec![])], &need(1, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0), [-1., 1.]);
    let Fields::Table { columns, .. } = &data.transform.fields else { panic!("a table was read") };
    assert_eq!(columns[0].rule, CellRule::Number { scale: 0.5, shift: -2.0, fill: None });
}

#[test]
fn built_in_sets_and_generators() {
    let wine = config(&[
        ("builtin", vec![("name", text("wine"))]),
        ("split", vec![("test", n(0.2)), ("valid", n(0.1))]),
    ]);
    let schema = super::super::probe(&wine, &nowhere()).unwrap();
    assert_eq!(schema.classes.as_deref().unwrap(), ["3", "4", "5", "6", "7", "8"]);
    assert_eq!((schema.train_rows, schema.valid_rows, schema.test_rows), (1119, 160, 320));
    let graded = super::super::load(&wine, &nowhere(), &need(11, Want::Real(1))).unwrap();
    assert!(matches!(*graded.train.target, Target::Real { width: 1, .. }));
    let classed = super::super::load(&wine, &nowhere(), &need(11, Want::Class(6))).unwrap();
    assert_eq!((classed.train.rows(), classed.test.unwrap().rows()), (schema.train_rows, schema.test_rows));
    for (word, features, want) in [
        ("moons", 2, Want::Class(2)),
        ("circles", 2, Want::Bits(1)),
        ("spirals", 2, Want::Class(2)),
        ("blobs", 2, Want::Class(3)),
        ("friedman", 10, Want::Real(1)),
    ] {
        let noisy =
            |seed: f64| config(&[(word, vec![("rows", n(101.0)), ("noise", n(0.1)), ("seed", n(seed))])]);
        let load = |c: &DataConfig| super::super::load(c, &nowhere(), &need(features, want)).unwrap().train;
        assert_eq!(load(&noisy(0.0)).rows(), 101, "{word}");
        assert_eq!(floats(&load(&noisy(0.0)), 0), floats(&load(&noisy(0.0)), 0), "{word}");
        assert_ne!(floats(&load(&noisy(0.0)), 0), floats(&load(&noisy(1.0)), 0), "{word}");
    }
}

#[test]
fn rings_have_their_radii_and_moons_their_centres() {
    let load = |word: &str| {
        let config = config(&[(word, vec![("rows", n(60.0))])]);
        super::super::load(&config, &nowhere(), &need(2, Want::Class(2))).unwrap().train
    };
    for (word, centres, radii) in
        [("circles", [(0.0, 0.0), (0.0, 0.0)], [1.0, 0.8]), ("moons", [(0.0, 0.0), (1.0, 0.5)], [1.0, 1.0])]
    {
        let part = load(word);
        let Target::Classes(classes) = target(&part) else { panic!("classes were asked for") };
        for (point, class) in floats(&part, 0).chunks(2).zip(classes) {
            let (centre, radius): ((f32, f32), f32) = (centres[class as usize], radii[class as usize]);
            let distance = (point[0] - centre.0).hypot(point[1] - centre.1);
            assert!((distance - radius).abs() < 1e-5, "{word}: {point:?}");
        }
    }
}

#[test]
fn chosen_classes_are_numbered_in_their_order() {
    let rows = "a,kind\n1,pear\n2,apple\n3,fig\n4,pear\n";
    let chosen =
        |names: &[&str]| [("classes", vec![("names", list(names.iter().map(|n| text(n)).collect()))])];
    let data = csv(rows, &[], &chosen(&["pear", "apple"]), &need(1, Want::Class(2))).unwrap();
    assert_eq!(floats(&data.train, 0), [1., 2., 4.]);
    assert_eq!(target(&data.train), Target::Classes(vec![0, 1, 0]));
    assert_eq!(data.transform.class_names(), ["pear", "apple"]);
    let data = csv(rows, &[], &chosen(&["pear", "apple"]), &need(1, Want::Bits(1))).unwrap();
    assert_eq!(target(&data.train), Target::Bits { data: vec![0., 1., 0.], width: 1 });
    let error = csv(rows, &[], &chosen(&["pear", "appel"]), &need(1, Want::Class(2))).unwrap_err();
    assert_eq!(error.code, "E0532");
    assert!(error.to_string().contains("no row is of class `appel`"), "{error}");
}

/// Names are looked up, not searched for: this takes a moment, and took minutes when each was compared with all others.
#[test]
fn a_hundred_thousand_columns_are_read() {
    let width = 100_000;
    let header: Vec<String> = (0..width).map(|i| format!("c{i}")).collect();
    let row = vec!["1"; width].join(",");
    let rows = format!("{}\n{row}\n{row}\n", header.join(","));
    let inputs = header[..width - 1].iter().map(|name| word(name)).collect();
    let inputs = ("inputs", vec![("columns", list(inputs))]);
    let data = csv(&rows, &[], &[inputs], &need(width - 1, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0).len(), 2 * (width - 1));
    let read = data.transform.read_rows(rows.into_bytes(), "-").unwrap();
    assert_eq!(row_floats(&read), floats(&data.train, 0));
}
