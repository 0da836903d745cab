//! Folders, archives and tables of sounds, from their files to rows, and files to predict.

use std::fs;

use flate2::{Compression, write::GzEncoder};

use super::super::{Lengths, load, probe};
use super::folders::classes;
use super::*;

const RATE: u32 = 8000;

/// A wav file of 16 bits: so many samples of one value.
fn wav(samples: usize, value: i16, rate: u32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Vec::new();
    let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut bytes), spec).unwrap();
    (0..samples).for_each(|_| writer.write_sample(value).unwrap());
    writer.finalize().unwrap();
    bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn source(more: &[(&'static str, Value)]) -> Use<'static> {
    ("audio", [&[("folder", text("sounds"))], more].concat())
}

/// Of a net that reads waves of so many samples.
fn waves(steps: usize, target: Want) -> Need {
    Need {
        inputs: vec![InputShape::new("clip", &[steps, 1])],
        target,
        raw: false,
        larger: false,
        fitted: false,
        lengths: Some(Lengths { input: "clip".into(), steps, least: 2, rate: Some(RATE) }),
        vocab: None,
        open: false,
    }
}

fn opened(folder: &Path, uses: &[Use<'_>], steps: usize, classes: usize) -> Result<Dataset, DataError> {
    load(&config(uses), &Search::new(folder, folder, None), &waves(steps, Want::Class(classes)))
}

/// Rows in 32768ths, and their lengths.
fn rows(part: &Part) -> (Vec<f32>, Vec<f32>) {
    let samples = floats(part, 0).into_iter().map(|x| x * 32_768.0).collect();
    (samples, part.seen(&part.inputs[1]).unwrap())
}

#[test]
fn classes_are_folders_and_rows_have_lengths() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "sounds/b/1.wav", &wav(2, 5, RATE));
    write(folder.path(), "sounds/a/deep/x.WAV", &wav(6, 7, RATE));
    write(folder.path(), "sounds/a/cover.jpg", b"none");
    write(folder.path(), "sounds/a/.hidden.wav", b"none");
    let data = opened(folder.path(), &[source(&[])], 4, 2).unwrap();
    assert_eq!(
        (data.transform.class_names(), classes(&data.train)),
        (&["a".into(), "b".into()][..], vec![0, 1])
    );
    assert_eq!(rows(&data.train), (vec![7.0, 7.0, 7.0, 7.0, 5.0, 5.0, 0.0, 0.0], vec![4.0, 2.0]));
    assert_eq!((data.cut, data.names[0][0].as_str()), (1, "sounds/a/deep/x.WAV"));
    let schema = probe(&config(&[source(&[])]), &Search::new(folder.path(), folder.path(), None)).unwrap();
    let sound = schema.sound.unwrap();
    assert_eq!((sound.rate, sound.longest, sound.samples, sound.silent), (RATE, 6, 8, 0));
}

#[test]
fn folders_of_parts_are_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in
        [("train/a/1", 1), ("train/b/1", 2), ("val/b/1", 3), ("test/b/1", 4), ("test/a/1", 5)]
    {
        write(folder.path(), &format!("sounds/{name}.wav"), &wav(2, value, RATE));
    }
    let data = opened(folder.path(), &[source(&[])], 2, 2).unwrap();
    let (valid, test) = (data.valid.as_ref().unwrap(), data.test.as_ref().unwrap());
    let first = |part: &Part| rows(part).0.into_iter().step_by(2).collect::<Vec<f32>>();
    assert_eq!([first(&data.train), first(valid), first(test)], [vec![1.0, 2.0], vec![3.0], vec![5.0, 4.0]]);
    assert_eq!([classes(&data.train), classes(valid), classes(test)], [vec![0, 1], vec![1], vec![0, 1]]);
}

fn spoken(folder: &Path) {
    for (name, value) in
        [("0_ann_0", 1), ("1_ann_0", 2), ("0_bob_0", 3), ("1_bob_1", 4), ("0_cid_1", 5), ("1_cid_1", 6)]
    {
        write(folder, &format!("sounds/{name}.wav"), &wav(2, value, RATE));
    }
}

const PATTERN: (&str, &str) = ("pattern", "{label}_{speaker}_{index}");

fn patterned() -> Use<'static> {
    source(&[(PATTERN.0, text(PATTERN.1))])
}

#[test]
fn names_say_classes_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path());
    let official = ("split", vec![("by", word("index")), ("test", list(vec![n(1.0)]))]);
    let data = opened(folder.path(), &[patterned(), official], 2, 2).unwrap();
    let test = data.test.as_ref().unwrap();
    assert_eq!((classes(&data.train), classes(test)), (vec![0, 0, 1], vec![0, 1, 1]));
    assert_eq!(rows(test).0[..2], [5.0, 5.0]);
    for fold in 1..=3 {
        let leave_one =
            ("split", vec![("by", word("speaker")), ("folds", n(3.0)), ("fold", n(f64::from(fold)))]);
        let data = opened(folder.path(), &[patterned(), leave_one], 2, 2).unwrap();
        let first = rows(data.test.as_ref().unwrap()).0[0];
        assert_eq!(first, [1.0, 3.0, 5.0][fold as usize - 1]);
    }
    let fault = |column: &str| {
        let split = ("split", vec![("by", word(column)), ("test", n(0.5))]);
        opened(folder.path(), &[patterned(), split], 2, 2).unwrap_err().to_string()
    };
    assert!(fault("label").contains("both label and group"));
    assert!(fault("speakr").contains("did you mean `speaker`?"));
}

#[test]
fn a_table_says_classes_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path());
    let table =
        "filename,fold,category\n1_bob_1.wav,1,one\n0_ann_0,2,zero\n0_cid_1.wav,1,zero\n1_cid_1.wav,2,one\n";
    fs::write(folder.path().join("labels.csv"), table).unwrap();
    let labels = |table: &str| {
        source(&[
            ("labels", text(table)),
            ("file", word("filename")),
            ("label", list(vec![word("category")])),
        ])
    };
    let folds = ("split", vec![("by", word("fold")), ("folds", n(2.0)), ("fold", n(2.0))]);
    let data = opened(folder.path(), &[labels("labels.csv"), folds], 2, 2).unwrap();
    assert_eq!(rows(&data.train).0, [4.0, 4.0, 5.0, 5.0]);
    assert_eq!((classes(&data.train), classes(&data.test.unwrap())), (vec![0, 1], vec![1, 0]));
    let mut said = Vec::new();
    for (name, table) in [
        ("missing.csv", "filename,category\n9_bob_1.wav,one\n"),
        ("twice.csv", "filename,category\n1_bob_1.wav,one\n0_cid_1.wav,zero\n1_bob_1.wav,zero\n"),
    ] {
        fs::write(folder.path().join(name), table).unwrap();
        said.push(opened(folder.path(), &[labels(name)], 2, 2).unwrap_err().to_string());
    }
    insta::assert_snapshot!(said.join("\n\n"));
}

/// An archive of these files, packed.
fn packed(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn archives_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("./top/README.md", b"none".to_vec()),
        ("./top/b/2.wav", wav(2, 3, RATE)),
        ("./top/a/1.wav", wav(2, 4, RATE)),
        ("./top/a/._1.wav", b"none".to_vec()),
    ];
    fs::write(folder.path().join("s.tar.gz"), packed(&files)).unwrap();
    let uses = [("audio", vec![("folder", text("s.tar.gz"))])];
    let data = opened(folder.path(), &uses, 2, 2).unwrap();
    assert_eq!((classes(&data.train), rows(&data.train).0), (vec![0, 1], vec![4.0, 4.0, 3.0, 3.0]));
    assert_eq!(data.names[0][0], "s.tar.gz/top/a/1.wav");
    let table = "file,kind\nb/2,x\na/1.wav,y\n";
    fs::write(folder.path().join("labels.csv"), table).unwrap();
    let labelled = [(
        "audio",
        vec![
            ("folder", text("s.tar.gz")),
            ("labels", text("labels.csv")),
            ("file", word("file")),
            ("label", list(vec![word("kind")])),
        ],
    )];
    assert_eq!(rows(&opened(folder.path(), &labelled, 2, 2).unwrap().train).0, [3.0, 3.0, 4.0, 4.0]);
    // Plain, packed twice, and with more than is decoded at a time: the clips of the folder, in its order.
    let many: Vec<(String, Vec<u8>)> = (0..40)
        .map(|i| (format!("top/{}/{:02}.wav", ["b", "a"][i % 2], 39 - i), wav(600_000, i as i16, RATE)))
        .collect();
    let named: Vec<(&str, Vec<u8>)> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let once = packed(&named);
    let plain = super::super::files::unpacked(once.clone(), "s").unwrap();
    let mut twice = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut twice, &once).unwrap();
    for (name, bytes) in [("m.tar.gz", once.clone()), ("m.tgz", twice.finish().unwrap()), ("m.tar", plain)] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let data = opened(folder.path(), &[("audio", vec![("folder", text(name))])], 2, 2).unwrap();
        // Names go from 00 to 39 within a class: the last file of the archive is the first of its class.
        let expected: Vec<f32> =
            [1, 0].iter().flat_map(|odd| (0..20).rev().map(move |i| (2 * i + odd) as f32)).collect();
        let first: Vec<f32> = rows(&data.train).0.into_iter().step_by(2).collect();
        assert_eq!(first, expected, "{name}");
    }
    // A stream that breaks off, and a sound in it that is none.
    fs::write(folder.path().join("m.tar.gz"), &once[..once.len() / 2]).unwrap();
    let uses = [("audio", vec![("folder", text("m.tar.gz"))])];
    let cut = opened(folder.path(), &uses, 2, 2).unwrap_err();
    assert_eq!((cut.code, cut.place.file.as_deref()), ("E0521", Some("m.tar.gz")), "{cut}");
    let mut broken = named;
    broken[30].1 = b"ID3\x04".to_vec();
    fs::write(folder.path().join("m.tar.gz"), packed(&broken)).unwrap();
    let error = opened(folder.path(), &uses, 2, 2).unwrap_err();
    let place = format!("m.tar.gz/{}", broken[30].0);
    assert_eq!((error.code, error.place.file.as_deref()), ("E0552", Some(place.as_str())), "{error}");
    // Unpacked, it ends within a file.
    let whole = super::super::files::read(&folder.path().join("s.tar.gz"), "s").unwrap();
    fs::write(folder.path().join("cut.tar"), &whole[..1300]).unwrap();
    let cut = opened(folder.path(), &[("audio", vec![("folder", text("cut.tar"))])], 2, 2).unwrap_err();
    assert_eq!((cut.code, cut.place.file.as_deref()), ("E0521", Some("cut.tar")), "{cut}");
}

#[test]
fn files_to_predict_are_prepared_like_those_of_training() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path());
    let center = source(&[(PATTERN.0, text(PATTERN.1)), ("long", word("center"))]);
    let level = ("level", vec![("rms", Value::Quantity(-20.0, crate::vocab::Unit::Decibels))]);
    let data = opened(folder.path(), &[center, level], 2, 2).unwrap();
    let saved = serde_json::to_string(&data.transform).unwrap();
    let transform: crate::data::Transform = serde_json::from_str(&saved).unwrap();
    let read = transform.read_folder(&folder.path().join("sounds"), "sounds").unwrap();
    assert_eq!((read.rows, read.names[0].as_str()), (6, "sounds/0_ann_0.wav"));
    assert_eq!(row_floats(&read), floats(&data.train, 0));
    assert!((row_floats(&read)[0] - 0.1).abs() < 1e-6);
    let one = transform.read_rows(wav(5, 9, RATE), "x.wav").unwrap();
    assert_eq!((one.rows, one.unread.sounds, one.names.as_slice()), (1, 1, &["x.wav".to_owned()][..]));
    let (wave, length) = transform.hear(vec![9.0 / 32_768.0; 5], 1, RATE).unwrap();
    assert_eq!((wave, length), (row_floats(&one), 2.0));
    let twice = transform.hear([[0.5, -0.1]; 2].concat(), 2, RATE).unwrap();
    assert!(twice.0.iter().all(|x| (x - 0.1).abs() < 1e-6), "{twice:?}");
    assert_eq!(transform.hear(Vec::new(), 1, RATE).unwrap_err().code, "E0552");
    assert_eq!(transform.hear(vec![0.1; 4], 1, 16_000).unwrap_err().code, "E0553");
    let judged =
        transform.read_labelled(&folder.path().join("sounds"), "sounds", &Default::default()).unwrap();
    assert_eq!(classes(&judged.part), classes(&data.train));
    let alone = transform
        .read_labelled(&folder.path().join("sounds/1_ann_0.wav"), "1_ann_0.wav", &Default::default())
        .unwrap();
    assert_eq!(classes(&alone.part), [1]);
    // What is shorter than the net's windows goes on with silence.
    let short = transform.read_rows(wav(1, 1, RATE), "short.wav").expect("a row");
    let mut length = [0; 4];
    short.inputs[1].store.read(0, &mut length).expect("its length");
    assert_eq!(i32::from_ne_bytes(length), 2);
    let mut said = Vec::new();
    let mut refused = |bytes: Vec<u8>, name: &str| {
        said.push(transform.read_rows(bytes, name).map(|rows| rows.rows).unwrap_err().to_string());
    };
    refused(wav(4, 1, 16_000), "fast.wav");
    refused(b"hello".to_vec(), "text.wav");
    write(folder.path(), "more/7_dan_0.wav", &wav(4, 1, RATE));
    let unknown = transform
        .read_labelled(&folder.path().join("more"), "more", &Default::default())
        .map(|own| own.names);
    said.push(unknown.unwrap_err().to_string());
    let uses = [("builtin", vec![("name", text("iris"))])];
    let flowers = load(&config(&uses), &nowhere(), &need(4, Want::Class(3))).unwrap();
    said.push(
        flowers.transform.read_rows(wav(4, 1, RATE), "x.wav").map(|rows| rows.rows).unwrap_err().to_string(),
    );
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn rows_of_some_classes_are_the_clips_of_them() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path());
    let only = ("classes", vec![("names", list(vec![n(1.0), n(0.0)]))]);
    let data = opened(folder.path(), &[patterned(), only], 2, 2).unwrap();
    assert_eq!(classes(&data.train), [1, 1, 1, 0, 0, 0]);
}

#[test]
fn what_is_wrong_with_a_folder_is_placed() {
    let root = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    let mut case = |name: &str, uses: &[Use<'_>], make: &dyn Fn(&Path)| {
        let folder = root.path().join(name);
        fs::create_dir_all(folder.join("sounds")).unwrap();
        make(&folder);
        said.push(format!("{name}:\n{}", opened(&folder, uses, 4, 2).unwrap_err()));
    };
    let by_folders = [source(&[])];
    let good = |folder: &Path| {
        write(folder, "sounds/a/1.wav", &wav(4, 1, RATE));
        write(folder, "sounds/b/1.wav", &wav(4, 2, RATE));
    };
    case("no classes", &by_folders, &spoken);
    case("nothing", &by_folders, &|_| ());
    case("pictures", &by_folders, &|folder| write(folder, "sounds/a/1.png", b"none"));
    case("an empty class", &by_folders, &|folder| {
        good(folder);
        fs::create_dir(folder.join("sounds/c")).unwrap();
    });
    case("two rates", &by_folders, &|folder| {
        good(folder);
        write(folder, "sounds/b/2.wav", &wav(4, 1, 22_050));
    });
    case("another rate than the net's", &by_folders, &|folder| {
        write(folder, "sounds/a/1.wav", &wav(4, 1, 44_100));
        write(folder, "sounds/b/1.wav", &wav(4, 1, 44_100));
    });
    case("a form that is not read", &by_folders, &|folder| {
        good(folder);
        write(folder, "sounds/b/2.MP3", b"ID3");
    });
    case("mp3 under another name", &by_folders, &|folder| {
        good(folder);
        write(folder, "sounds/b/2.wav", b"ID3\x04");
    });
    case("a class that training lacks", &by_folders, &|folder| {
        write(folder, "sounds/train/a/1.wav", &wav(4, 1, RATE));
        write(folder, "sounds/test/b/1.wav", &wav(4, 1, RATE));
    });
    case("something beside the parts", &by_folders, &|folder| {
        write(folder, "sounds/train/a/1.wav", &wav(4, 1, RATE));
        write(folder, "sounds/b/1.wav", &wav(4, 1, RATE));
    });
    case("another name", &[patterned()], &|folder| {
        spoken(folder);
        write(folder, "sounds/0_dan.wav", &wav(4, 1, RATE));
    });
    case("a file", &[("audio", vec![("folder", text("sounds/a/1.wav"))])], &good);
    case("no folder", &[("audio", vec![("folder", text("snd"))])], &good);
    insta::assert_snapshot!(said.join("\n\n"));
}

/// The numbers that a net without waves is told.
#[test]
fn a_net_without_waves_is_told_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    spoken(folder.path());
    let search = Search::new(folder.path(), folder.path(), None);
    let error = load(&config(&[patterned()]), &search, &need(2, Want::Class(2))).unwrap_err();
    insta::assert_snapshot!(error);
}
