//! Folders of sounds: trained on, and predicted file by file.

use std::fs;
use std::path::Path;

use crate::support::{Folder, masked};

const NET: &str = "data {
  source audio, \"sounds\"
  split valid=4
}

net {
  input clip: wave[40ms, rate=8kHz]
  conv 8, 16, stride=8, pad=valid -> relu -> mean_pool over=time
  dense 2
  output level: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 40
}
";

/// A wav file of a tone of 900 Hz as loud as this, so many samples long.
fn write(folder: &Folder, name: &str, samples: usize, level: f64, rate: u32) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
    for i in 0..samples {
        let x = (i as f64 * 900.0 / f64::from(rate) * std::f64::consts::TAU).sin() * level * 32_767.0;
        writer.write_sample(x as i16).expect("a sample");
    }
    writer.finalize().expect("a whole file");
}

/// Twelve loud and twelve quiet clips of several lengths, one of them longer than a row and one silent.
fn sounds(folder: &Folder) {
    for (class, level) in [("loud", 0.8), ("quiet", 0.1)] {
        for i in 0..12 {
            write(folder, &format!("sounds/{class}/{i:02}.wav"), 200 + 12 * i, level, 8000);
        }
    }
    write(folder, "sounds/quiet/03.wav", 220, 0.0, 8000);
}

#[test]
fn a_folder_is_trained_on_and_each_file_predicted() {
    let folder = Folder::new(&[("level.net", NET)]);
    sounds(&folder);
    masked(|| insta::assert_snapshot!(folder.run(&["check", "--data", "level.net"])));
    folder.run(&["train", "level.net", "-o", "run", "-q"]);
    let predicted = folder.run(&["predict", "run", "--input", "sounds"]);
    let rows: Vec<&str> = predicted.lines().filter(|line| line.starts_with("sounds/")).collect();
    assert_eq!(rows.len(), 24, "{predicted}");
    assert!(predicted.contains("warning[W0506]: 2 of 24 sounds are longer"), "{predicted}");
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[0].split('/').nth(1), Some(cells[1]), "{row}");
    }
    let one = folder.json(&["predict", "run", "--input", "sounds/loud/03.wav", "--output", "json"]);
    assert_eq!((&one["file"], &one["label"]), (&"sounds/loud/03.wav".into(), &"loud".into()));
    let judged = folder.run(&["eval", "run", "--input", "sounds"]);
    assert!(judged.contains("accuracy 1.0000"), "{judged}");
    let alone = folder.json(&["eval", "run", "--input", "sounds/quiet/07.wav", "--json"]);
    assert_eq!((&alone["observed"], &alone["label"]), (&"quiet".into(), &"quiet".into()));
    let asked = folder.run_with(&["repl"], ":load run\n:predict sounds/loud/01.wav\n");
    assert!(asked.contains("sounds/loud/01.wav") && asked.contains("loud"), "{asked}");
}

/// What was said of the files in training is done to those that are predicted, whatever their rate.
#[test]
fn other_rates_are_resampled_in_training_and_prediction() {
    let net = NET.replace("split valid=4", "resample 8kHz\n  trim below=-40dB\n  split valid=4");
    let folder = Folder::new(&[("level.net", &net), ("plain.net", NET)]);
    sounds(&folder);
    write(&folder, "sounds/loud/12.wav", 600, 0.8, 16_000);
    folder.run(&["train", "level.net", "-o", "run", "-q"]);
    write(&folder, "new/loud/a.wav", 1200, 0.8, 44_100);
    write(&folder, "new/quiet/b.wav", 300, 0.1, 16_000);
    let judged = folder.run(&["eval", "run", "--input", "new"]);
    assert!(judged.contains("accuracy 1.0000"), "{judged}");
    fs::remove_file(folder.path().join("sounds/loud/12.wav")).expect("the file");
    folder.run(&["train", "plain.net", "-o", "plain", "-q"]);
    fs::write(folder.path().join("song.wav"), b"ID3\x04").expect("a file");
    cut(&folder.path().join("sounds/quiet/05.wav"));
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run(&["predict", "plain", "--input", "new"]),
                folder.run(&["predict", "plain", "--input", "song.wav"]),
                folder.run(&["predict", "plain", "--input", "sounds/quiet/05.wav"]),
                folder.run(&["eval", "plain", "--input", "nowhere"]),
                folder.run(&["train", "plain.net", "-o", "other"]),
            ]
            .join("\n")
        )
    });
}

/// What is no sound is told so, and what is read instead; an archive is read as a folder is.
#[test]
fn what_is_no_sound_is_told_which_files_are() {
    let folder = Folder::new(&[("level.net", NET), ("notes.txt", "Listen: hear, hear\n"), ("empty", "")]);
    sounds(&folder);
    folder.run(&["train", "level.net", "-o", "run", "-q"]);
    fs::write(folder.path().join("song"), b"ID3\x04\0\0\0\0\0\0").expect("a file");
    fs::write(folder.path().join("paper.pdf"), b"%PDF-1.7 \xff\xfe").expect("a file");
    let asked = ["notes.txt", "empty", "song", "paper.pdf"]
        .map(|name| folder.run(&["predict", "run", "--input", name]));
    masked(|| insta::assert_snapshot!(asked.join("\n")));
    let archive = fs::File::create(folder.path().join("sounds.tar")).expect("a file");
    let mut archive = tar::Builder::new(archive);
    archive.append_dir_all("sounds", folder.path().join("sounds")).expect("an archive");
    archive.finish().expect("an archive");
    let rows = |input: &str| {
        let said = folder.run(&["predict", "run", "--input", input]);
        let cells = |line: &str| line.split_once(',').map(|(_, cells)| cells.to_owned());
        said.lines().filter(|line| line.contains(".wav,")).filter_map(cells).collect::<Vec<_>>()
    };
    assert_eq!((rows("sounds.tar"), rows("sounds").len()), (rows("sounds"), 24));
}

/// A folder is decoded and answered in blocks, with the numbers that its files have one by one; what is broken in it is told where it comes, behind the
/// answers before it.
#[test]
fn a_folder_is_answered_as_it_is_decoded() {
    let net = NET.replace("mean_pool over=time", "mean_pool over=time -> dropout 0.5");
    let folder = Folder::new(&[("level.net", &net)]);
    sounds(&folder);
    folder.run(&["train", "level.net", "-o", "run", "-q"]);
    let answer = |line: &str| line.split_once(',').map(|(_, cells)| cells.to_owned()).unwrap_or_default();
    for class in ["loud", "quiet"] {
        for clip in 0..12 {
            for copy in 0..26 {
                let to = folder.path().join(format!("many/{copy:02}_{class}_{clip:02}.wav"));
                fs::create_dir_all(folder.path().join("many")).expect("a folder");
                fs::copy(folder.path().join(format!("sounds/{class}/{clip:02}.wav")), to).expect("a copy");
            }
        }
    }
    let said = folder.run(&["predict", "run", "--input", "many"]);
    let rows: Vec<&str> = said.lines().filter(|line| line.starts_with("many/")).collect();
    assert_eq!(rows.len(), 624);
    assert!(said.contains("warning[W0506]: 52 of 624 sounds are longer"), "{said}");
    for (clip, row) in rows.iter().enumerate().step_by(101) {
        let file = row.split(',').next().unwrap_or_default();
        let alone = folder.run(&["predict", "run", "--input", file]);
        let line = alone.lines().find(|line| line.starts_with("many/")).unwrap_or_default();
        assert_eq!(answer(line), answer(row), "row {clip}");
    }
    // Samples go by the number of the row, and two nets read each sound once.
    let sampled = folder.run(&["predict", "run", "--input", "many", "--samples", "3"]);
    let first = folder.run(&["predict", "run", "--input", "many/00_loud_00.wav", "--samples", "3"]);
    let line = |text: &str| {
        text.lines().find(|line| line.starts_with("many/00_loud_00")).unwrap_or_default().to_owned()
    };
    assert_eq!(line(&sampled), line(&first));
    cut(&folder.path().join("many/20_loud_00.wav"));
    let broken = folder.run(&["predict", "run", "--input", "many"]);
    assert!(broken.contains("error[E0552]") && broken.ends_with("--- exit 3\n"), "{broken}");
    let answered: Vec<&str> = broken.lines().filter(|line| line.starts_with("many/")).collect();
    assert!(answered.len() >= 256 && answered[..] == rows[..answered.len()], "{}", answered.len());
}

/// Half of a file, as an interrupted download leaves it.
fn cut(path: &Path) {
    let bytes = fs::read(path).expect("a file");
    fs::write(path, &bytes[..bytes.len() / 2]).expect("a file");
}

/// A table says what the files are, in training and where a net is judged.
#[test]
fn a_table_labels_sounds() {
    let labelled = "source audio, \"sounds\", labels=\"labels.csv\", file=id, label=level";
    let net = NET.replace("source audio, \"sounds\"", labelled).replace("valid=4", "by=day, valid=[2]");
    let row = |i: usize| {
        let class = if i.is_multiple_of(2) { "loud" } else { "quiet" };
        format!("{class},{class}/{:02},{}\n", i / 2, i % 3)
    };
    let table = (0..24).map(row).fold("level,id,day\n".to_owned(), |table, row| table + &row);
    let folder = Folder::new(&[("level.net", &net), ("labels.csv", &table)]);
    sounds(&folder);
    folder.run(&["train", "level.net", "-o", "run", "-q"]);
    let valid = folder.json(&["eval", "run", "--json"]);
    assert_eq!(valid["valid"]["accuracy"], 1.0, "{valid}");
    fs::write(folder.path().join("sounds/some.csv"), "id,level\nloud/01,loud\nquiet/02.wav,quiet\n")
        .expect("a table");
    let judged = folder.run(&["eval", "run", "--input", "sounds/some.csv"]);
    let rows: Vec<&str> = judged.lines().filter(|line| line.starts_with("sounds/")).collect();
    assert!(rows.len() == 2 && rows[0].starts_with("sounds/loud/01.wav,loud,loud,"), "{judged}");
    assert!(judged.contains("accuracy 1.0000"), "{judged}");
}

/// Without any file: tones that are made.
#[test]
fn tones_are_trained_on_at_once() {
    let net = NET
        .replace("audio, \"sounds\"", "tones, rows=80, length=100ms")
        .replace("split valid=4", "split valid=20%")
        .replace("wave[40ms", "wave[100ms")
        .replace("dense 2", "dense 4")
        .replace("class[2]", "class[4]")
        .replace("epochs 40", "epochs 1");
    let folder = Folder::new(&[("tones.net", &net)]);
    let said = folder.run(&["train", "tones.net", "-o", "run"]);
    assert!(said.contains("64 training + 16 validation rows") && said.ends_with("--- exit 0\n"), "{said}");
}
