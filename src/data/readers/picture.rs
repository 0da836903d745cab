//! A picture file as one row, and a folder of them as many: for nets whose rows are pictures, with one channel or three.

use std::path::Path;

use super::ReadRows;
use crate::data::error::DataError;
use crate::data::pictures::{self, CHANNELS, Converted, Picture};
use crate::data::rows::{Growing, Rows};
use crate::data::transform::{Fields, Transform};

pub(super) struct Pictures;
pub(super) static READER: Pictures = Pictures;

impl ReadRows for Pictures {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        pictures::is_picture(bytes)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let mut out = Growing::new(transform, 1, name)?;
        let converted = push(&bytes, transform, name, &mut out)?;
        Ok(Rows { names: vec![name.to_owned()], converted, ..out.finish(name)? })
    }
}

/// All pictures in a folder, in order of their paths; each row is called as its file.
///
/// # Errors
/// E0520, E0528, E0541 to E0543 with the file.
pub(in crate::data) fn folder(path: &Path, transform: &Transform, name: &str) -> Result<Rows, DataError> {
    let files = pictures::all(path, name)?;
    let mut out = Growing::new(transform, files.len(), name)?;
    let mut converted = Converted::default();
    for file in &files {
        let bytes = std::fs::read(&file.path).map_err(|e| {
            DataError::new("E0520", "the file cannot be read").file(&file.name).note(e.to_string())
        })?;
        converted += push(&bytes, transform, &file.name, &mut out)?;
    }
    Ok(Rows { names: files.into_iter().map(|file| file.name).collect(), converted, ..out.finish(name)? })
}

fn push(
    bytes: &[u8],
    transform: &Transform,
    name: &str,
    out: &mut Growing<'_>,
) -> Result<Converted, DataError> {
    let Fields::Array(rule) = &transform.fields else {
        return Err(DataError::new("E0525", "the file is a picture, and rows to predict are text")
            .file(name)
            .note("the net was trained on a table, whose columns have names")
            .help("give it rows with these columns, as csv or json"));
    };
    let (picture, mut converted) = pictures::decode(bytes, name)?;
    let picture = transform.pictures.unwrap_or_default().apply(picture, name)?;
    let places = picture.height * picture.width;
    let pixels = fitting(picture, transform, name)?;
    if pixels.len() == places {
        // Brightness is all that such rows have.
        converted.grey = 0;
    }
    out.push(|line| {
        line.iter_mut()
            .zip(pixels)
            .enumerate()
            .for_each(|(i, (x, byte))| *x = rule.apply(i, f64::from(byte)));
        Ok(())
    })?;
    Ok(converted)
}

/// The bytes of a picture as the net's rows are: its colours, or their brightness where rows have one channel.
fn fitting(picture: Picture, transform: &Transform, name: &str) -> Result<Vec<u8>, DataError> {
    let Picture { height, width, pixels } = picture;
    match transform.inputs.as_slice() {
        [input] if input.shape == [height, width, CHANNELS] => Ok(pixels),
        [input] if input.shape == [height, width, 1] || input.shape == [height, width] => {
            Ok(pixels.chunks_exact(CHANNELS).map(|color| luma([color[0], color[1], color[2]])).collect())
        }
        inputs => {
            let shapes: Vec<String> = inputs.iter().map(|input| format!("{:?}", input.shape)).collect();
            Err(DataError::new("E0542", "the picture has another size than the net's rows")
                .file(name)
                .note(format!("it is {height}x{width}, and a row is {}", shapes.join(" and ")))
                .help("resize it; a net whose `data` says `resize` does so itself"))
        }
    }
}

/// Brightness by the weights of ITU-R 601, rounded; of grey the same byte.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}
