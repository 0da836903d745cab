//! Files to the rows of one array: decoded and prepared by all cores, each row where its number says.

use std::fs;
use std::num::NonZero;
use std::thread;

use super::{CHANNELS, Converted, File, Picture, Prepare, decode};
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
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(threads);
    let rows = |(files, into): (&[File], &mut [u8])| -> Result<Converted, DataError> {
        let mut all = Converted::default();
        for (file, into) in files.iter().zip(into.chunks_exact_mut(row)) {
            let (picture, converted) = read(file, prepare)?;
            if [picture.height, picture.width] != [height, width] {
                return Err(another_size(&picture, file, [height, width], first));
            }
            into.copy_from_slice(&picture.pixels);
            all += converted;
        }
        Ok(all)
    };
    let outcomes: Vec<Result<Converted, DataError>> = thread::scope(|scope| {
        let shares = files.chunks(share).zip(pixels.chunks_mut(share * row));
        let working: Vec<_> = shares.map(|share| scope.spawn(move || rows(share))).collect();
        working
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut converted = Converted::default();
    for outcome in outcomes {
        converted += outcome?;
    }
    Ok(Loaded { height, width, pixels, converted })
}

fn read(file: &File, prepare: &Prepare) -> Result<(Picture, Converted), DataError> {
    let bytes = fs::read(&file.path).map_err(|e| {
        DataError::new("E0520", "the file cannot be read").file(&file.name).note(e.to_string())
    })?;
    let (picture, converted) = decode(&bytes, &file.name)?;
    Ok((prepare.apply(picture, &file.name)?, converted))
}

fn another_size(picture: &Picture, file: &File, [height, width]: [usize; 2], first: &File) -> DataError {
    let (h, w) = (picture.height, picture.width);
    DataError::new("E0542", "the pictures have different sizes")
        .file(&file.name)
        .note(format!("{h}x{w} here, {height}x{width} in {}", first.name))
        .help(format!(
            "write `resize {height}x{width}` in `data`, or `resize shorter=` and `crop` to keep proportions"
        ))
}
