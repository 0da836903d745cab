//! Sources of pictures, from their files to the rows of a net.

use std::fs;

use super::super::load;
use super::*;

/// Records of so many label bytes, then a picture whose pixel (y, x) of channel c is `pixel(c, y, x)`.
fn record(labels: &[u8], pixel: impl Fn(usize, usize, usize) -> u8) -> Vec<u8> {
    let mut bytes = labels.to_vec();
    for c in 0..3 {
        bytes.extend((0..32 * 32).map(|at| pixel(c, at / 32, at % 32)));
    }
    bytes
}

fn pictures(side: usize, channels: usize, target: Want) -> Need {
    Need {
        inputs: vec![InputShape::new("image", &[side, side, channels])],
        target,
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    }
}

/// Five batches of four records and a test batch, whose labels go round.
fn cifar10(folder: &Path) {
    for (batch, name) in
        (1..=5).map(|n| (n, format!("data_batch_{n}.bin"))).chain([(6, "test_batch.bin".into())])
    {
        let rows = (0..4).map(|row| {
            record(&[(4 * batch + row) as u8 % 10], move |c, y, x| (c * 100 + y * 2 + x + batch) as u8)
        });
        fs::write(folder.join(name), rows.collect::<Vec<_>>().concat()).unwrap();
    }
}

fn opened(folder: &Path, uses: &[Use<'_>], need: &Need) -> Result<Dataset, DataError> {
    load(&config(uses), &Search::new(folder, folder, None), need)
}

fn source(word: &'static str) -> Use<'static> {
    (word, vec![("folder", text("."))])
}

#[test]
fn cifar10_is_read_by_height_width_and_channel() {
    let folder = tempfile::tempdir().unwrap();
    cifar10(folder.path());
    let need = pictures(32, 3, Want::Class(10));
    let data = opened(folder.path(), &[source("cifar10")], &need).unwrap();
    let test = data.test.as_ref().unwrap();
    assert_eq!((data.train.rows(), test.rows()), (20, 4));
    assert_eq!(data.transform.class_names()[..3], ["airplane", "automobile", "bird"]);
    let Some(Numbers::U8(bytes)) = test.inputs[0].store.whole() else { panic!("pictures stay bytes") };
    let pixel = |c: usize, y: usize, x: usize| (c * 100 + y * 2 + x + 6) as u8;
    let expected = (0..32 * 32 * 3).map(|at| pixel(at % 3, at / 3 / 32, at / 3 % 32));
    assert_eq!(bytes[..32 * 32 * 3], expected.collect::<Vec<u8>>());
    let Target::Classes(codes) = target(test) else { panic!("classes") };
    assert_eq!(codes.to_vec(), [4, 5, 6, 7]);
}

#[test]
fn packed_batches_are_read_and_a_test_part_may_be_missing() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    cifar10(folder.path());
    let plain = folder.path().join("data_batch_3.bin");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&fs::read(&plain).unwrap()).unwrap();
    fs::write(folder.path().join("data_batch_3.bin.gz"), packed.finish().unwrap()).unwrap();
    fs::remove_file(plain).unwrap();
    fs::remove_file(folder.path().join("test_batch.bin")).unwrap();
    let data = opened(folder.path(), &[source("cifar10")], &pictures(32, 3, Want::Class(10))).unwrap();
    assert_eq!((data.train.rows(), data.test.is_none()), (20, true));
}

#[test]
fn cifar100_has_two_kinds_of_labels() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in [("train.bin", [[3, 99], [19, 0], [0, 41]]), ("test.bin", [[1, 2]; 3])] {
        let records: Vec<Vec<u8>> = rows.iter().map(|labels| record(labels, |c, _, _| c as u8)).collect();
        fs::write(folder.path().join(name), records.concat()).unwrap();
    }
    let of = |labels: &str, k: usize| {
        let uses = [("cifar100", vec![("folder", text(".")), ("labels", word(labels))])];
        let data = opened(folder.path(), &uses, &pictures(32, 3, Want::Class(k))).unwrap();
        let Target::Classes(codes) = target(&data.train) else { panic!("classes") };
        let mut named: Vec<String> =
            codes.iter().map(|c| data.transform.class_names()[*c as usize].clone()).collect();
        named.sort();
        named
    };
    assert_eq!(of("fine", 100), ["apple", "lawn_mower", "worm"]);
    assert_eq!(of("coarse", 20), ["aquatic_mammals", "food_containers", "vehicles_2"]);
}

#[test]
fn faults_of_cifar_files_are_placed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let refused = |need: &Need| opened(path, &[source("cifar10")], need).unwrap_err().to_string();
    let need = pictures(32, 3, Want::Class(10));
    cifar10(path);
    let mut said =
        vec![refused(&pictures(32, 3, Want::Class(12))), refused(&pictures(28, 1, Want::Class(10)))];
    let bytes = fs::read(path.join("data_batch_2.bin")).unwrap();
    fs::write(path.join("data_batch_2.bin"), &bytes[..bytes.len() - 100]).unwrap();
    said.push(refused(&need));
    let mut wrong = bytes.clone();
    wrong[2 * 3073] = 11;
    fs::write(path.join("data_batch_2.bin"), &wrong).unwrap();
    said.push(refused(&need));
    fs::remove_file(path.join("data_batch_2.bin")).unwrap();
    said.push(refused(&need));
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn shapes_are_equally_many_and_told_apart_by_no_mean() {
    let args = |seed: f64| vec![("rows", n(402.0)), ("size", n(20.0)), ("noise", n(5.0)), ("seed", n(seed))];
    let need = pictures(20, 1, Want::Class(4));
    let made = |seed: f64| load(&config(&[("shapes", args(seed))]), &nowhere(), &need).unwrap();
    let data = made(1.0);
    let Some(Numbers::U8(bytes)) = data.train.inputs[0].store.whole() else { panic!("pictures stay bytes") };
    let Target::Classes(codes) = target(&data.train) else { panic!("classes") };
    assert_eq!(data.transform.class_names(), ["disk", "square", "triangle", "cross"]);
    let of = |class: u32| codes.iter().zip(bytes.chunks_exact(400)).filter(move |(c, _)| **c == class);
    assert_eq!((0..4).map(|class| of(class).count()).collect::<Vec<_>>(), [101, 101, 100, 100]);
    for class in 0..4 {
        // Of each picture the share of pixels that are nearer to the middle's level than to the corner's: the area of a shape.
        let share = |picture: &[u8]| {
            let (low, high) = (picture.iter().min().unwrap(), picture.iter().max().unwrap());
            let middle = (f64::from(*low) + f64::from(*high)) / 2.0;
            let bright = picture.iter().filter(|b| f64::from(**b) > middle).count() as f64 / 400.0;
            bright.min(1.0 - bright)
        };
        let mean = of(class).map(|(_, picture)| share(picture)).sum::<f64>() / of(class).count() as f64;
        // pi r^2 with r uniform over 0.15 to 0.27: a mean of 0.142, and a standard deviation of 0.046.
        assert!((mean - 0.142).abs() < 0.02, "class {class}: {mean}");
    }
    assert!(made(1.0).train.inputs[0].store.whole() == data.train.inputs[0].store.whole());
    assert!(made(2.0).train.inputs[0].store.whole() != data.train.inputs[0].store.whole());
}

#[test]
fn digits_are_those_of_the_published_set() {
    let uses = [("builtin", vec![("name", text("digits"))])];
    let data = load(&config(&uses), &nowhere(), &pictures(8, 1, Want::Class(10))).unwrap();
    let Some(Numbers::U8(bytes)) = data.train.inputs[0].store.whole() else { panic!("pictures stay bytes") };
    assert_eq!(bytes.len(), 1797 * 64);
    // The first picture, a zero, as the set's own page lists it.
    assert_eq!(bytes[..16], [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
    assert_eq!(bytes.iter().max(), Some(&16));
    let Target::Classes(codes) = target(&data.train) else { panic!("classes") };
    let count = |class: u32| codes.iter().filter(|c| **c == class).count();
    assert_eq!((0..10).map(count).collect::<Vec<_>>(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
}
