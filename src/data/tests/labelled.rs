//! Pictures that a table labels, and pictures that stay in their files.

use std::fs;

use image::ImageFormat;

use super::super::{load, read_rows};
use super::folders::{classes, encoded, plain, write};
use super::*;

fn opened(
    folder: &Path,
    source: &[(&'static str, Value)],
    more: &[Use<'_>],
    target: Want,
) -> Result<Dataset, DataError> {
    let images = ("images", [&[("folder", text("photos"))], source].concat());
    let uses: Vec<Use<'_>> = [images].into_iter().chain(more.iter().cloned()).collect();
    let inputs = vec![InputShape::new("image", &[2, 3, 3])];
    load(
        &config(&uses),
        &Search::new(folder, folder, None),
        &Need {
            inputs,
            target,
            raw: false,
            larger: false,
            fitted: false,
            lengths: None,
            vocab: None,
            open: false,
        },
    )
}

fn labels(label: Value) -> Vec<(&'static str, Value)> {
    vec![("labels", text("labels.csv")), ("file", word("id")), ("label", label)]
}

const TABLE: &str = "id,kind,patient,age,left,right\nb,cat,x,3.5,1,0\na.png,dog,y,2,0,0\nsub/c.jpg,cat,x,1,1,1\nd,cat,z,7,0,1\n";

/// Four pictures in another order than the table's, and one that the table does not name.
fn photos() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, grey) in [("a.png", 10), ("b.png", 20), ("sub/c.jpg", 30), ("d.webp", 40), ("e.png", 50)] {
        write(folder.path(), &format!("photos/{name}"), &plain(2, 3, [grey; 3]));
    }
    fs::write(folder.path().join("labels.csv"), TABLE).unwrap();
    folder
}

/// The first byte of each row.
fn greys(part: &Part) -> Vec<u8> {
    let read = |row: &u32| {
        let mut bytes = [0_u8; 18];
        part.inputs[0].store.read(*row as usize, &mut bytes).unwrap();
        bytes[0]
    };
    part.numbers().iter().map(read).collect()
}

#[test]
fn rows_are_those_of_the_table() {
    let folder = photos();
    let data = opened(folder.path(), &labels(list(vec![word("kind")])), &[], Want::Class(2)).unwrap();
    assert_eq!(
        (data.transform.class_names(), greys(&data.train)),
        (&["cat".to_owned(), "dog".to_owned()][..], vec![20, 10, 30, 40])
    );
    assert_eq!(classes(&data.train), [0, 1, 0, 0]);
    assert_eq!(data.names[0][2], "photos/sub/c.jpg");
    let ages = opened(folder.path(), &labels(list(vec![word("age")])), &[], Want::Real(1)).unwrap();
    assert_eq!(target(&ages.train), Target::Real { data: vec![3.5, 2.0, 1.0, 7.0], width: 1 });
    let both = list(vec![word("left"), word("right")]);
    let sides = opened(folder.path(), &labels(both), &[], Want::Bits(2)).unwrap();
    assert_eq!(
        target(&sides.train),
        Target::Bits { data: vec![1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0], width: 2 }
    );
}

#[test]
fn pictures_of_one_patient_stay_together() {
    let folder = photos();
    let split = ("split", vec![("valid", n(2.0)), ("by", word("patient"))]);
    let data = opened(folder.path(), &labels(list(vec![word("age")])), &[split], Want::Real(1)).unwrap();
    let parts = [&data.train, data.valid.as_ref().unwrap()].map(greys);
    assert!(parts.contains(&vec![20, 30]), "{parts:?}");
}

#[test]
fn classes_may_be_chosen_among_those_of_a_table() {
    let folder = photos();
    let only = ("classes", vec![("names", list(vec![word("dog"), word("cat")]))]);
    let data = opened(folder.path(), &labels(list(vec![word("kind")])), &[only], Want::Class(2)).unwrap();
    assert_eq!((data.transform.class_names()[0].as_str(), classes(&data.train)), ("dog", vec![1, 0, 1, 1]));
}

#[test]
fn what_is_wrong_with_a_table_is_placed() {
    let mut said = Vec::new();
    let mut case = |name: &str, table: &str, target: Want| {
        let folder = photos();
        fs::write(folder.path().join("labels.csv"), table).unwrap();
        said.push(format!(
            "{name}:\n{}",
            opened(folder.path(), &labels(list(vec![word("kind")])), &[], target).unwrap_err()
        ));
    };
    case("a picture that is not there", "id,kind\na,cat\nzebra,dog\n", Want::Class(2));
    case("a picture that stands twice", "id,kind\na,cat\nb,dog\na,dog\n", Want::Class(2));
    case("a column that is not there", "id,kinds\na,cat\n", Want::Class(2));
    case("a label that is not known", "id,kind\na,cat\nb,\n", Want::Class(2));
    case("words for numbers", "id,kind\na,cat\nb,dog\n", Want::Real(1));
    case("fewer classes than the net's", "id,kind\na,cat\nb,dog\n", Want::Class(3));
    insta::assert_snapshot!(said.join("\n\n"));
}

const DISK: fn() -> Vec<(&'static str, Value)> = || vec![("keep", word("disk"))];

/// Pictures of two classes that become one size.
fn of_classes() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, class) in ["a", "b"].into_iter().cycle().take(9).enumerate() {
        let side = 4 + i as u32;
        write(
            folder.path(),
            &format!("photos/{class}/{i}.png"),
            &plain(side, side + 1, [20 * i as u8, 7, 9]),
        );
    }
    folder
}

#[test]
fn what_stays_on_disk_says_what_is_said_in_memory() {
    let folder = of_classes();
    let prepare = [
        ("resize", vec![("size", Value::Size(vec![2, 3]))]),
        ("normalize", vec![("what", list(vec![word("inputs")])), ("per", word("channel"))]),
        ("split", vec![("valid", n(3.0))]),
    ];
    let open =
        |source: &[(&'static str, Value)]| opened(folder.path(), source, &prepare, Want::Class(2)).unwrap();
    let (disk, memory) = (open(&DISK()), open(&[]));
    assert_eq!(disk.transform, memory.transform);
    assert!(disk.train.inputs[0].store.is_work() && !memory.train.inputs[0].store.is_work());
    for (disk, memory) in
        [(&disk.train, &memory.train), (disk.valid.as_ref().unwrap(), memory.valid.as_ref().unwrap())]
    {
        let seen = disk.seen(&disk.inputs[0]).unwrap();
        assert_eq!(seen, memory.seen(&memory.inputs[0]).unwrap());
        let mut together = vec![0.0_f32; seen.len()];
        read_rows(&*disk.inputs[0].store, disk.numbers(), bytemuck::cast_slice_mut(&mut together)).unwrap();
        assert_eq!(seen, together);
    }
    let sum = |data: &Dataset| {
        let mut bytes = Vec::new();
        let rows = data.train.numbers().iter();
        rows.for_each(|row| data.train.inputs[0].entire().stamp(*row as usize, &mut bytes).unwrap());
        bytes
    };
    let before = sum(&disk);
    assert_eq!(before, sum(&open(&DISK())));
    // Its last byte is behind the picture, and counts.
    let path = folder.path().join(&disk.names[0][disk.train.numbers()[0] as usize]);
    let changed = [fs::read(&path).unwrap(), vec![0]].concat();
    fs::write(&path, changed).unwrap();
    assert_ne!(before, sum(&open(&DISK())));
}

#[test]
fn files_on_disk_are_looked_at_before_training_and_broken_ones_are_named_when_they_are_read() {
    let folder = of_classes();
    let resize = ("resize", vec![("size", Value::Size(vec![2, 3]))]);
    let open = |more: &[Use<'_>]| opened(folder.path(), &DISK(), more, Want::Class(2));
    let sizes = open(&[]).unwrap_err().to_string();
    assert!(
        sizes.contains("E0542")
            && sizes.contains("photos/a/2.png")
            && sizes.contains("4x5 in photos/a/0.png"),
        "{sizes}"
    );
    let bytes = encoded(&plain(8, 8, [1; 3]), ImageFormat::Png);
    fs::write(folder.path().join("photos/b/3.png"), &bytes[..bytes.len() - 20]).unwrap();
    let data = open(std::slice::from_ref(&resize)).unwrap();
    let cut = data.train.seen(&data.train.inputs[0]).unwrap_err().to_string();
    assert!(cut.contains("E0541") && cut.contains("photos/b/3.png"), "{cut}");
    fs::write(folder.path().join("photos/b/3.png"), "none").unwrap();
    let none = open(&[resize]).unwrap_err().to_string();
    assert!(none.contains("neither png, jpg nor webp") && none.contains("photos/b/3.png"), "{none}");
}
