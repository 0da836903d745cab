//! Files to the rows of one array: decoded and prepared by all cores, each row where its number says.

use std::fs;

use super::{CHANNELS, Converted, File, Picture, Prepare, decode};
use crate::data::cores::side_by_side;
use crate::data::error::DataError;
use crate::memory;

/// Pictures of one size.
#[derive(Debug)]
pub(in crate::data) struct Loaded {
    pub height: usize,
    pub width: usize,
    /// Rows of `height * width * CHANNELS` bytes.
    pub pixels: Vec<u8>,
    pub converted: Converted,
}

/// Decodes files in their order. All must have the size of `like`, or of the first where there is none.
///
/// # Errors
/// E0541 for a picture that cannot be read, E0542 for one of another size, E0540 without memory for all. Of several the first.
pub(in crate::data) fn load(
    files: &[File],
    prepare: &Prepare,
    like: Option<[usize; 2]>,
) -> Result<Loaded, DataError> {
    let Some(first) = files.first() else { return Err(DataError::new("E0528", "there are no pictures")) };
    let [height, width] = match like {
        Some(size) => size,
        None => {
            let (picture, _) = read(first, prepare)?;
            [picture.height, picture.width]
        }
    };
    let row = height * width * CHANNELS;
    let mut pixels = memory::filled(files.len().saturating_mul(row), 0_u8)?;
    let each = side_by_side(files, row, &mut pixels, |file, into| {
        let (picture, converted) = read(file, prepare)?;
        if [picture.height, picture.width] != [height, width] {
            return Err(another_size([picture.height, picture.width], file, [height, width], &first.name));
        }
        into.copy_from_slice(&picture.pixels);
        Ok(converted)
    })?;
    let mut converted = Converted::default();
    each.into_iter().for_each(|one| converted += one);
    Ok(Loaded { height, width, pixels, converted })
}

/// The picture of a file as the net sees it, and what was converted.
///
/// # Errors
/// E0520 and E0541 with the file; as [`Prepare::apply`].
pub(super) fn read(file: &File, prepare: &Prepare) -> Result<(Picture, Converted), DataError> {
    let bytes = fs::read(&file.path).map_err(|e| {
        DataError::new("E0520", "the file cannot be read").file(&file.name).note(e.to_string())
    })?;
    let (picture, converted) = decode(&bytes, &file.name)?;
    Ok((prepare.apply(picture, &file.name)?, converted))
}

pub(super) fn another_size(
    [h, w]: [usize; 2],
    file: &File,
    [height, width]: [usize; 2],
    first: &str,
) -> DataError {
    DataError::new("E0542", "the pictures have different sizes")
        .file(&file.name)
        .note(format!("{h}x{w} here, {height}x{width} in {first}"))
        .help(format!(
            "write `resize {height}x{width}` in `data`, or `resize shorter=` and `crop` to keep proportions"
        ))
}
