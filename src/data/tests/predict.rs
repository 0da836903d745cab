//! Raw rows for prediction give the inputs that the same rows gave in training.

use super::super::Transform;
use super::*;

const ROWS: &str = "sex,mass,length,kind\nf,1,10,a\nm,2,30,b\nm,6,50,b\nf,3,20,a\n";

fn trained(args: &[(&'static str, Value)]) -> Dataset {
    csv(ROWS, args, &[("normalize", vec![])], &need(4, Want::Class(2))).unwrap()
}

fn apply(transform: &Transform, rows: &str) -> Result<Rows, DataError> {
    transform.read_rows(rows.as_bytes().to_vec(), "-")
}

/// The same rows as JSON, of each the cells of these columns in this order.
fn objects(columns: &[&str], between: &str) -> String {
    let mut lines = ROWS.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let names = lines.next().unwrap();
    let cell = |row: &[&str], column: &&str| {
        let text = row[names.iter().position(|name| name == column).unwrap()];
        let quotes = if text.parse::<f64>().is_ok() { "" } else { "\"" };
        format!("\"{column}\": {quotes}{text}{quotes}")
    };
    let object = |row: Vec<&str>| {
        format!("{{{}}}", columns.iter().map(|column| cell(&row, column)).collect::<Vec<_>>().join(", "))
    };
    lines.map(object).collect::<Vec<_>>().join(between)
}

#[test]
fn any_form_of_the_same_rows_gives_the_same_inputs() {
    let data = trained(&[]);
    let wanted = floats(&data.train, 0);
    let transform = serde_json::from_str(&serde_json::to_string(&data.transform).unwrap()).unwrap();
    assert_eq!(data.transform, transform);
    for rows in [
        ROWS.to_owned(),
        "f,1,10,a\nm,2,30,b\nm,6,50,b\nf,3,20,a\n".to_owned(),
        "f,1,10\nm,2,30\nm,6,50\nf,3,20\n".to_owned(),
        "length,id,sex,mass\n10,7,f,1\n30,7,m,2\n50,7,m,6\n20,7,f,3\n".to_owned(),
        "f,1,10,\nm,2,30,\nm,6,50,\nf,3,20,?\n".to_owned(),
        objects(&["sex", "mass", "length", "kind"], "\n"),
        objects(&["length", "mass", "sex"], " "),
        format!("[{}]", objects(&["mass", "sex", "length"], ",\n")),
        "[\"f\", 1, 10]\n[\"m\", 2, 30.0]\n[\"m\", 6, 50]\n[\"f\", 3, 20]\n".to_owned(),
        "\u{feff} [[\"f\",1,10,\"a\"],[\"m\",2,30,\"b\"],[\"m\",6,50,null],[\"f\",3,20,\"?\"]]".to_owned(),
    ] {
        let read = apply(&transform, &rows).unwrap();
        assert_eq!((read.rows, row_floats(&read)), (4, wanted.clone()), "{rows}");
    }
}

#[test]
fn rows_that_cannot_be_predicted() {
    let transform = trained(&[]).transform;
    let faults: Vec<String> = [
        "mass,length,kind\n1,2,a\n",
        "f,1\n",
        "f,1,2\nf,1\n",
        "f,1,2\nx,1,2\n",
        "F,1,2\n",
        "f,heavy,2\n",
        "f,,2\n",
        "f,\"1,5\",2\n",
        "f,1,2\nf,1,\"2\nm,1,2\n",
        "sex,mass,\"length\nm,1,2\n",
        "sex,mass,length\n",
        "",
    ]
    .iter()
    .map(|rows| apply(&transform, rows).expect_err("a fault").to_string())
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn rows_in_json_that_cannot_be_predicted() {
    let transform = trained(&[]).transform;
    let faults: Vec<String> = [
        "{\"sex\": \"f\", \"mass\": 1}",
        "{\"sex\": \"f\", \"mass\": 1, \"length\": 2}\n{\"sex\": \"x\", \"mass\": 1, \"length\": 2}",
        "{\"sex\": \"f\", \"mass\": \"heavy\", \"length\": 2}",
        "{\"sex\": \"f\", \"mass\": null, \"length\": 2}",
        "{\"sex\": \"f\", \"mass\": [1], \"length\": 2}",
        "{\"sex\": \"f\", \"mass\": 1, \"length\": 2}\n\n{\"sex\": \"f\", \"mass\": 1, \"length\": 2}\n{\"sex\" 1}",
        "{\"sex\": \"f\", \"mass\": 1, \"length\": 2} 5",
        "[\"f\", 1]",
        "[[\"f\", 1, 2], 3]",
        "[]",
    ]
    .iter()
    .map(|rows| apply(&transform, rows).expect_err("a fault").to_string())
    .collect();
    insta::assert_snapshot!(faults.join("\n\n"));
}

/// A category may look like the beginning of a list.
#[test]
fn intervals_are_no_json() {
    let rows = "age,mass,kind\n\"[0, 10)\",1,a\n\"[10, 20)\",2,b\n";
    let transform = csv(rows, &[], &[], &need(3, Want::Class(2))).unwrap().transform;
    assert_eq!(apply(&transform, "\"[10, 20)\",3\n").unwrap().rows, 1);
    assert_ne!(apply(&transform, "[10, 20),3\n").unwrap_err().code, "E0546");
}

#[test]
fn gaps_and_unknown_words_follow_the_source() {
    let transform = trained(&[("missing", word("mean")), ("unknown", word("zero"))]).transform;
    let read = apply(&transform, "x,1,10\n").unwrap();
    assert_eq!(row_floats(&read)[..2], [0.0, 0.0]);
    let numbers = |rows: &str| row_floats(&apply(&transform, rows).unwrap());
    let gap = numbers("{\"sex\": null, \"mass\": 1, \"length\": 10}");
    assert_eq!(gap, numbers(",1,10\n"));
    // A word that looks like a mark of a gap is a word.
    let quoted = numbers("{\"sex\": \"NA\", \"mass\": 1, \"length\": 10}");
    assert_eq!(quoted, numbers("\"NA\",1,10\n"));
    assert_ne!(quoted, gap);
}

/// What fills a gap is learnt from the training part for every column, in a table without gaps too.
#[test]
fn a_whole_table_teaches_what_fills_gaps() {
    let rows = "sex,mass,length,kind\nf,1,10,a\nm,2,30,b\nm,6,50,b\nf,300,20,a\nf,300,20,b\n";
    let ordered = ("split", vec![("train", n(3.0)), ("test", n(2.0)), ("shuffle", Value::Bool(false))]);
    let load = |missing| {
        let args = [("missing", word(missing))];
        csv(rows, &args, std::slice::from_ref(&ordered), &need(4, Want::Class(2))).unwrap().transform
    };
    let filled = apply(&load("mean"), "NA,,10\n").unwrap();
    // `m` is the more frequent of the training rows, and their masses have the mean 3.
    assert_eq!(row_floats(&filled), [0.0, 1.0, 3.0, 10.0]);
    for missing in ["error", "drop"] {
        assert_eq!(apply(&load(missing), "f,NA,10\n").unwrap_err().code, "E0524");
    }
}

#[test]
fn packed_and_utf16_rows_are_rows() {
    use std::io::Write;
    let data = trained(&[]);
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let packed = pack(ROWS.as_bytes());
    let wide: Vec<u8> = format!("\u{feff}{ROWS}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [packed.clone(), pack(&packed), wide] {
        assert_eq!(row_floats(&data.transform.read_rows(bytes, "-").unwrap()), floats(&data.train, 0));
    }
    let thrice = data.transform.read_rows(pack(&pack(&packed)), "rows.gz").unwrap_err();
    assert!(thrice.to_string().contains("packed with gzip"), "{thrice}");
}

#[test]
fn an_array_to_predict_is_told_to_be_written_as_text() {
    let fault = trained(&[]).transform.read_rows(b"\x93NUMPY\x01\0".to_vec(), "t.npy").unwrap_err();
    assert_eq!((fault.code, fault.message.contains("rows to predict are text")), ("E0525", true), "{fault}");
    assert!(fault.help[0].contains("numpy.savetxt") && !fault.to_string().contains("source npy"), "{fault}");
}

#[test]
fn a_header_of_another_table_is_named() {
    let transform = trained(&[]).transform;
    let headerless = {
        let rows = ROWS.split_once('\n').unwrap().1;
        csv(rows, &[("header", Value::Bool(false))], &[], &need(4, Want::Class(2))).unwrap().transform
    };
    let faults = [
        apply(&transform, "a,b,c\nf,1,2\n"),
        apply(&transform, "Sex,Mass,Length\nf,1,2\n"),
        apply(&headerless, "sex,mass,length\nf,1,2\n"),
        apply(&transform, "sex,mass,mass,length\nf,1,2,3\n"),
    ]
    .map(|read| read.expect_err("a fault").to_string());
    insta::assert_snapshot!(faults.join("\n\n"));
}

#[test]
fn arrays_take_one_number_an_element() {
    let folder = tempfile::tempdir().unwrap();
    let images = [vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2], vec![0, 51, 102, 255]].concat();
    std::fs::write(folder.path().join("train-images-idx3-ubyte"), &images).unwrap();
    std::fs::write(folder.path().join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 1, 0]).unwrap();
    let uses = [("idx", vec![("folder", text("."))]), ("scale", vec![("factor", n(1.0 / 255.0))])];
    let search = Search::new(folder.path(), folder.path(), None);
    let need = Need {
        inputs: vec![InputShape::new("x", &[1, 2, 1])],
        target: Want::Class(2),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let data = super::super::load(&config(&uses), &search, &need).unwrap();
    assert_eq!(data.train.inputs[0].store.whole(), Some(Numbers::U8(&[0, 51, 102, 255])));
    assert_eq!(data.train.inputs[0].scale, 1.0 / 255.0);
    let read = apply(&data.transform, "0,51\n102,255\n").unwrap();
    assert_eq!(row_floats(&read), [0.0, 51.0 / 255.0, 102.0 / 255.0, 1.0]);
    let numbers = |rows: &str| row_floats(&apply(&data.transform, rows).unwrap());
    assert_eq!(numbers("[0,51]\n[102,255]"), row_floats(&read));
    assert_eq!(numbers("[[0,51],[102,255.0]]"), row_floats(&read));
    assert_eq!(row_floats(&data.transform.read_rows(images, "-").unwrap()), row_floats(&read));
    let array = |shape: &[u64], data_of: &[f64]| {
        use npyz::WriterBuilder;
        let mut bytes = Vec::new();
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(data_of.iter().copied()).unwrap();
        writer.finish().unwrap();
        data.transform.read_rows(bytes, "-")
    };
    for shape in [&[2, 1, 2, 1][..], &[2, 2]] {
        assert_eq!(row_floats(&array(shape, &[0.0, 51.0, 102.0, 255.0]).unwrap()), row_floats(&read));
    }
    assert_eq!(array(&[4], &[0.0, 51.0, 102.0, 255.0]).unwrap_err().code, "E0522");
    assert_eq!(array(&[0, 2], &[]).unwrap_err().code, "E0528");
    assert_eq!(apply(&data.transform, "[0,51,3]").unwrap_err().code, "E0522");
    assert_eq!(apply(&data.transform, "[0,null]").unwrap_err().code, "E0523");
    assert_eq!(apply(&data.transform, "{\"x\":[0,1]}").unwrap_err().code, "E0546");
    assert_eq!(apply(&data.transform, "0,51,3\n").unwrap_err().code, "E0522");
    assert_eq!(apply(&data.transform, "a,b\n").unwrap_err().code, "E0523");
}
