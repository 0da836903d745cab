//! Folders of pictures, from their files to rows, and files to predict.

use std::fs;
use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use super::super::load;
use super::*;

/// A picture of one colour.
pub(super) fn plain(height: u32, width: u32, color: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb(color)).into()
}

pub(super) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(super) fn write(folder: &Path, name: &str, picture: &DynamicImage) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let format = ImageFormat::from_path(&path).unwrap();
    fs::write(path, encoded(picture, format)).unwrap();
}

fn source() -> Use<'static> {
    ("images", vec![("folder", text("photos"))])
}

fn opened(folder: &Path, more: &[Use<'_>], size: [usize; 2], classes: usize) -> Result<Dataset, DataError> {
    let uses: Vec<Use<'_>> = [source()].into_iter().chain(more.iter().cloned()).collect();
    let shape = vec![size[0], size[1], 3];
    let need = Need {
        inputs: vec![InputShape::new("image", &shape)],
        target: Want::Class(classes),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    load(&config(&uses), &Search::new(folder, folder, None), &need)
}

fn bytes(part: &Part) -> Vec<u8> {
    let Some(Numbers::U8(all)) = part.inputs[0].store.whole() else { panic!("pictures stay bytes") };
    let width = part.inputs[0].store.form().width();
    part.numbers()
        .iter()
        .flat_map(|row| &all[*row as usize * width..(*row as usize + 1) * width])
        .copied()
        .collect()
}

pub(super) fn classes(part: &Part) -> Vec<u32> {
    let Target::Classes(codes) = target(part) else { panic!("classes") };
    codes
}

#[test]
fn classes_are_folders_in_order_of_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path();
    write(photos, "photos/b/2.png", &plain(2, 3, [1, 2, 3]));
    write(photos, "photos/b/10.webp", &plain(2, 3, [4, 5, 6]));
    write(photos, "photos/B/deeper/x.png", &plain(2, 3, [7, 8, 9]));
    fs::write(photos.join("photos/b/notes.txt"), "none").unwrap();
    fs::create_dir(photos.join("photos/.thumbs")).unwrap();
    fs::write(photos.join("photos/b/.2.png"), "none").unwrap();
    let data = opened(photos, &[], [2, 3], 2).unwrap();
    assert_eq!(data.transform.class_names(), ["B", "b"]);
    assert_eq!(classes(&data.train), [0, 1, 1]);
    let colors: Vec<[u8; 3]> =
        bytes(&data.train).chunks_exact(18).map(|row| [row[0], row[1], row[2]]).collect();
    assert_eq!(colors, [[7, 8, 9], [4, 5, 6], [1, 2, 3]]);
}

#[test]
fn folders_of_parts_are_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, grey) in [
        ("train/a/1", 1),
        ("train/b/1", 2),
        ("train/b/2", 3),
        ("valid/b/1", 4),
        ("test/b/1", 5),
        ("test/a/1", 6),
    ] {
        write(folder.path(), &format!("photos/{name}.png"), &plain(1, 1, [grey; 3]));
    }
    let data = opened(folder.path(), &[], [1, 1], 2).unwrap();
    let (valid, test) = (data.valid.as_ref().unwrap(), data.test.as_ref().unwrap());
    assert_eq!(
        [bytes(&data.train), bytes(valid), bytes(test)].map(|all| all
            .iter()
            .step_by(3)
            .copied()
            .collect::<Vec<u8>>()),
        [vec![1, 2, 3], vec![4], vec![6, 5]]
    );
    assert_eq!([classes(&data.train), classes(valid), classes(test)], [vec![0, 1, 1], vec![1], vec![0, 1]]);
    let split = ("split", vec![("valid", n(2.0))]);
    assert!(
        opened(folder.path(), &[split], [1, 1], 2)
            .unwrap_err()
            .to_string()
            .contains("validation part of its own")
    );
    let only = ("classes", vec![("names", list(vec![word("b"), word("a")]))]);
    let data = opened(folder.path(), &[only], [1, 1], 2).unwrap();
    assert_eq!([classes(&data.train), classes(&data.valid.unwrap())], [vec![1, 0, 0], vec![0]]);
}

fn grey_picture() -> DynamicImage {
    GrayImage::from_pixel(1, 1, Luma([9])).into()
}

#[test]
fn other_colours_become_red_green_and_blue() {
    let folder = tempfile::tempdir().unwrap();
    let grey = grey_picture();
    let clear = RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 0])).into();
    let deep =
        DynamicImage::ImageRgb16(image::ImageBuffer::from_pixel(1, 1, Rgb([257 * 5, 257 * 6 + 100, 65535])));
    for (name, picture) in [("1", &grey), ("2", &clear), ("3", &deep), ("4", &plain(1, 1, [7, 8, 9]))] {
        write(folder.path(), &format!("photos/a/{name}.png"), picture);
    }
    let data = opened(folder.path(), &[], [1, 1], 1).unwrap();
    assert_eq!(bytes(&data.train), [9, 9, 9, 1, 2, 3, 5, 6, 255, 7, 8, 9]);
    let super::super::Converted { grey, transparent, deep, .. } = data.schema.converted;
    assert_eq!((grey, transparent, deep), (1, 1, 1));
    // Pictures to predict are counted alike.
    let read = data.transform.read_folder(&folder.path().join("photos"), "photos").unwrap();
    let (mut room, noticed) = ([0.0_f32; 3], read.noticed.clone().unwrap());
    assert_eq!(noticed.so_far().0.told(), [""; 0], "nothing was read yet");
    for row in (0..read.rows).chain([0]) {
        read.inputs[0].store.read(row, bytemuck::cast_slice_mut(&mut room)).unwrap();
    }
    assert_eq!(noticed.so_far().0, data.schema.converted);
    let one = data.transform.read_rows(encoded(&grey_picture(), ImageFormat::Png), "1.png").unwrap();
    assert_eq!(one.converted.told(), ["1 grey: red, green and blue are the same"]);
}

#[test]
fn files_to_predict_go_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let ramp = RgbImage::from_fn(20, 30, |x, y| Rgb([(7 * x) as u8, (8 * y) as u8, 9])).into();
    write(folder.path(), "photos/a/1.png", &ramp);
    write(folder.path(), "photos/a/2.png", &plain(40, 15, [1, 2, 3]));
    let prepare = [
        ("resize", vec![("shorter", n(10.0))]),
        ("crop", vec![("size", Value::Size(vec![8, 9]))]),
        ("scale", vec![("factor", n(0.5))]),
    ];
    let data = opened(folder.path(), &prepare, [8, 9], 1).unwrap();
    let read = data.transform.read_folder(&folder.path().join("photos"), "photos").unwrap();
    assert_eq!(read.names, ["photos/a/1.png", "photos/a/2.png"]);
    let halves: Vec<f32> = bytes(&data.train).iter().map(|byte| f32::from(*byte) * 0.5).collect();
    assert_eq!(row_floats(&read), halves);
    let one = data.transform.read_rows(encoded(&ramp, ImageFormat::Png), "1.png").unwrap();
    assert_eq!((one.rows, one.names.as_slice()), (1, &["1.png".to_owned()][..]));
    assert_eq!(row_floats(&one), halves[..8 * 9 * 3]);
}

/// A net of grey rows takes the brightness of a picture's colours.
#[test]
fn rows_of_one_channel_take_the_brightness() {
    let uses = [("builtin", vec![("name", text("digits"))])];
    let need = Need {
        inputs: vec![InputShape::new("image", &[8, 8, 1])],
        target: Want::Class(10),
        raw: false,
        larger: false,
        fitted: false,
        lengths: None,
        vocab: None,
        open: false,
    };
    let data = load(&config(&uses), &nowhere(), &need).unwrap();
    let read = |picture: &DynamicImage| data.transform.read_rows(encoded(picture, ImageFormat::Png), "a.png");
    let rows = read(&plain(8, 8, [255, 0, 0])).unwrap();
    assert_eq!(row_floats(&rows), [76.0; 64]);
    let refused = read(&plain(7, 8, [0; 3])).unwrap_err().to_string();
    assert!(refused.contains("it is 7x8, and a row is 8x8x1"), "{refused}");
}

#[test]
fn what_is_wrong_with_a_folder_is_placed() {
    let root = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    let mut case = |name: &str, more: &[Use<'_>], make: &dyn Fn(&Path)| {
        let folder = root.path().join(name);
        fs::create_dir_all(folder.join("photos")).unwrap();
        make(&folder);
        said.push(format!("{name}:\n{}", opened(&folder, more, [4, 4], 2).unwrap_err()));
    };
    let good = |folder: &Path| {
        write(folder, "photos/a/1.png", &plain(4, 4, [1; 3]));
        write(folder, "photos/b/1.jpg", &plain(4, 4, [1; 3]));
    };
    case("no classes", &[], &|folder| write(folder, "photos/1.png", &plain(4, 4, [1; 3])));
    case("an empty class", &[], &|folder| {
        good(folder);
        fs::create_dir(folder.join("photos/c")).unwrap();
    });
    case("another size", &[], &|folder| {
        good(folder);
        write(folder, "photos/b/2.png", &plain(4, 5, [1; 3]));
    });
    case("too small", &[("crop", vec![("size", Value::Size(vec![4, 5]))])], &good);
    case("a form that is not read", &[], &|folder| {
        good(folder);
        fs::write(folder.join("photos/b/2.GIF"), "GIF89a").unwrap();
    });
    case("another file under the name of a picture", &[], &|folder| {
        good(folder);
        fs::write(folder.join("photos/b/2.png"), "<html>not found</html>").unwrap();
    });
    case("a png that is cut off", &[], &|folder| {
        good(folder);
        let bytes = encoded(&plain(4, 4, [1; 3]), ImageFormat::Png);
        fs::write(folder.join("photos/b/2.png"), &bytes[..bytes.len() - 20]).unwrap();
    });
    case("a jpg that is cut off", &[], &|folder| {
        good(folder);
        let bytes = encoded(&plain(4, 4, [1; 3]), ImageFormat::Jpeg);
        fs::write(folder.join("photos/b/2.jpg"), &bytes[..bytes.len() - 2]).unwrap();
    });
    case("a png whose header lies", &[], &|folder| {
        good(folder);
        let mut bytes = encoded(&plain(4, 4, [1; 3]), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&2_000_000_000_u32.to_be_bytes());
        let mut sum = flate2::Crc::new();
        sum.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        fs::write(folder.join("photos/b/2.png"), bytes).unwrap();
    });
    case("inks", &[], &|folder| {
        good(folder);
        let head = [&[0xff, 0xd8, 0xff, 0xc0, 0, 20, 8, 0, 4, 0, 4, 4][..], &[0; 12], &[0xff, 0xd9]].concat();
        fs::write(folder.join("photos/b/2.jpg"), head).unwrap();
    });
    case("a class that training lacks", &[], &|folder| {
        write(folder, "photos/train/a/1.png", &plain(4, 4, [1; 3]));
        write(folder, "photos/test/b/1.png", &plain(4, 4, [1; 3]));
    });
    case("something beside the parts", &[], &|folder| {
        write(folder, "photos/train/a/1.png", &plain(4, 4, [1; 3]));
        write(folder, "photos/b/1.png", &plain(4, 4, [1; 3]));
    });
    insta::assert_snapshot!(said.join("\n\n"));
}
