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
