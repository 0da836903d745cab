//! Folders of pictures: trained on, and predicted file by file.

use image::{GrayImage, Luma, Rgb, RgbImage};

use crate::support::{Folder, masked};

const NET: &str = "data {
  source images, \"photos\"
  resize 6x6
  scale 1/255
}

net {
  input image: real[6, 6, 3]
  flatten -> dense 8 -> relu -> dropout 0.1
  dense 2
  output tone: class[2]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 20
}
";

/// Ten dark and ten bright pictures of two forms and several sizes, the first dark one grey.
fn photos(folder: &Folder) {
    for (class, level) in [("bright", 200_u8), ("dark", 30)] {
        std::fs::create_dir_all(folder.path().join("photos").join(class)).expect("a folder");
        for i in 0..10_u8 {
            let path =
                folder.path().join(format!("photos/{class}/{i}.{}", if i % 2 == 0 { "png" } else { "jpg" }));
            let pixel = |x: u32, y: u32| level + (x as u8 * 3 + y as u8 * 2 + i) % 20;
            match (class, i) {
                ("dark", 0) => GrayImage::from_fn(9, 7, |x, y| Luma([pixel(x, y)])).save(path),
                _ => RgbImage::from_fn(8 + u32::from(i), 9, |x, y| Rgb([pixel(x, y); 3])).save(path),
            }
            .expect("a picture");
        }
    }
}

#[test]
fn a_folder_is_trained_on_and_each_file_predicted() {
    let folder = Folder::new(&[("tone.net", NET)]);
    photos(&folder);
    masked(|| insta::assert_snapshot!(folder.run(&["check", "--data", "tone.net"])));
    folder.run(&["train", "tone.net", "-o", "run", "-q"]);
    let predicted = folder.run(&["predict", "run", "--input", "photos"]);
    let written = predicted.lines().skip(2).take_while(|line| !line.starts_with("---"));
    let rows: Vec<Vec<&str>> = written.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["file", "label", "bright", "dark"]);
    assert_eq!(rows.len(), 21, "{predicted}");
    assert!(predicted.contains("warning[W0503]"), "the grey picture was converted: {predicted}");
    for row in &rows[1..21] {
        assert_eq!(row[0].split('/').nth(1), Some(row[1]), "{row:?}");
    }
    let one = folder.json(&["predict", "run", "--input", "photos/dark/0.png", "--output", "json"]);
    assert_eq!((&one["file"], &one["label"]), (&"photos/dark/0.png".into(), &"dark".into()));
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let folder = Folder::new(&[("tone.net", NET)]);
    photos(&folder);
    folder.run(&["train", "tone.net", "-o", "run", "-q"]);
    std::fs::create_dir(folder.path().join("none")).expect("a folder");
    std::fs::write(folder.path().join("photos/dark/9.png"), "no picture").expect("a file");
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run(&["predict", "run", "--input", "none"]),
                folder.run(&["predict", "run", "--input", "photos"]),
                folder.run(&["predict", "run", "--input", "photos/dark/9.png"]),
                folder.run(&["train", "tone.net", "-o", "other"]),
            ]
            .join("\n")
        )
    });
}

/// What a table labels, what stays on disk, and what is judged row by row.
#[test]
fn pictures_on_disk_train_the_net_that_those_in_memory_do() {
    let labelled = NET
        .replace("\"photos\"", "\"photos\", labels=\"labels.csv\", file=id, label=tone")
        .replace("scale 1/255", "normalize inputs, per=channel\n  split valid=4, by=shoot")
        .replace("net {", "augment {\n  flip horizontal\n  cutout 2x2\n}\nnet {");
    let disk = labelled.replace("label=tone", "label=tone, keep=disk");
    let folder = Folder::new(&[("memory.net", &labelled), ("disk.net", &disk), ("labels.csv", &labels())]);
    photos(&folder);
    for (net, run) in [("memory.net", "memory"), ("disk.net", "disk")] {
        folder.run(&["train", net, "-o", run, "-q"]);
    }
    let predicted = |run: &str| {
        let said = folder.command(&["predict", run, "--input", "photos"]).output().expect("the binary runs");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        said.stdout
    };
    assert_eq!(predicted("memory"), predicted("disk"));
    // The same rows, by other fingerprints: what was trained on the pictures knows its files again.
    folder.run(&["train", "disk.net", "-o", "disk", "--resume", "--epochs", "22", "-q"]);
    let figures = |run: &str| folder.json(&["eval", run, "--json"])["valid"]["accuracy"].clone();
    assert_eq!(figures("disk"), figures("memory"));
    let each = folder.run(&["eval", "disk", "--each", "valid"]);
    assert!(each.contains("file,observed,tone,bright,dark,surprise"), "{each}");
    assert_eq!(each.lines().filter(|line| line.starts_with("photos/")).count(), 4, "{each}");
}

/// A row a picture: five shoots of two dark and two bright ones, named without their endings.
fn labels() -> String {
    let row = |i: usize| {
        let tone = if i.is_multiple_of(2) { "bright" } else { "dark" };
        format!("{tone},{tone}/{},s{}\n", i / 2, i / 4)
    };
    (0..20).map(row).fold("tone,id,shoot\n".to_string(), |table, row| table + &row)
}

/// The same pictures by a table that names them, and by the folders of their classes.
#[test]
fn pictures_are_judged_by_a_table() {
    let net = NET.replace(
        "source images, \"photos\"",
        "source images, \"photos\", labels=\"photos/tones.csv\", file=picture, label=tone",
    );
    let folder = Folder::new(&[("tone.net", NET), ("table.net", &net)]);
    photos(&folder);
    let line = |class: &str, i: u8| {
        format!("{class}/{i}.{},{class}\n", if i.is_multiple_of(2) { "png" } else { "jpg" })
    };
    let each = ["bright", "dark"].into_iter().flat_map(|class| (0..10).map(move |i| line(class, i)));
    let table = each.collect::<String>();
    std::fs::write(folder.path().join("photos/tones.csv"), format!("picture,tone\n{table}")).unwrap();
    std::fs::write(folder.path().join("usual.csv"), format!("file,label\n{table}")).unwrap();
    for net in ["tone.net", "table.net"] {
        let said = folder.run(&["train", net, "-o", &net[..5], "-q"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    let figures = |said: String| {
        let line = said.lines().find(|line| line.starts_with("input ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{said}"))
    };
    let by_table = figures(folder.run(&["eval", "table", "--input", "photos/tones.csv"]));
    assert!(by_table.contains("input  20 rows"), "{by_table}");
    // A net of folders takes a table of usual names.
    let by_folders = figures(folder.run(&["eval", "tone.", "--input", "photos"]));
    assert_eq!(
        figures(folder.run(&["eval", "tone.", "--input", "photos", "--labels", "usual.csv"])),
        by_folders
    );
}

#[test]
fn a_folder_of_classes_is_judged_file_by_file() {
    let folder = Folder::new(&[("tone.net", NET)]);
    photos(&folder);
    folder.run(&["train", "tone.net", "-o", "run", "-q"]);
    let new = folder.path().join("new");
    for class in ["bright", "dark"] {
        std::fs::create_dir_all(new.join(class)).expect("a folder");
    }
    let copy = |from: &str, to: &str| {
        std::fs::copy(folder.path().join(from), new.join(to)).expect("a copy");
    };
    copy("photos/bright/0.png", "bright/right.png");
    copy("photos/dark/2.png", "bright/wrong.png");
    copy("photos/dark/0.png", "dark/grey.png");
    let judged = folder.run(&["eval", "run", "--input", "new"]);
    let rows: Vec<&str> = judged.lines().filter(|line| line.starts_with("new/")).collect();
    assert_eq!(rows.len(), 3, "{judged}");
    assert!(rows[0].starts_with("new/bright/right.png,bright,bright,"), "{judged}");
    assert!(rows[1].starts_with("new/bright/wrong.png,bright,dark,"), "{judged}");
    assert!(
        judged.contains("accuracy 0.6667") && judged.contains("warning[W0503]: of 3 pictures 1 grey"),
        "{judged}"
    );
    let wrong = folder.run(&["eval", "run", "--input", "new", "--wrong"]);
    let rows: Vec<&str> = wrong.lines().filter(|line| line.starts_with("new/")).collect();
    assert!(rows.len() == 1 && rows[0].starts_with("new/bright/wrong.png"), "{wrong}");
    let one = folder.json(&["eval", "run", "--input", "new/bright/wrong.png", "--json"]);
    assert_eq!((&one["observed"], &one["label"]), (&"bright".into(), &"dark".into()));
    std::fs::create_dir_all(new.join("dim")).expect("a folder");
    copy("photos/dark/2.png", "dim/0.png");
    std::fs::create_dir_all(folder.path().join("parts/train")).expect("a folder");
    std::fs::rename(new.join("dark"), folder.path().join("parts/train/dark")).expect("moved");
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run(&["eval", "run", "--input", "new"]),
                folder.run(&["eval", "run", "--input", "parts"]),
                folder.run(&["eval", "run", "--input", "nowhere"]),
                folder.run(&["eval", "run", "--each", "test"]),
                folder.run(&["eval", "run", "--wrong"]),
            ]
            .join("\n")
        )
    });
}
