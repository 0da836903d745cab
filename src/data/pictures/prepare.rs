//! Pictures of any size to pictures of one size, in training and in prediction alike.

use image::{RgbImage, imageops};
use serde::{Deserialize, Serialize};

use super::{CHANNELS, LONGEST_SIDE, Picture};
use crate::data::error::DataError;
use crate::memory;

/// What becomes of a picture before a net sees it: resized, then cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepare {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize: Option<Resize>,
    /// Height and width of what is cut out of the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop: Option<[usize; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resize {
    /// To this height and width, whatever the proportions were.
    To([usize; 2]),
    /// So that the shorter side is so long; the proportions stay.
    Shorter(usize),
}

impl Resize {
    /// Height and width of what becomes of a picture of that size.
    fn result(self, height: usize, width: usize) -> [usize; 2] {
        let longer = |side: usize, short: usize, long: usize| (side * long / short).max(1);
        match self {
            Resize::To(size) => size,
            Resize::Shorter(side) if height <= width => [side, longer(side, height, width)],
            Resize::Shorter(side) => [longer(side, width, height), side],
        }
    }
}

impl Prepare {
    /// # Errors
    /// E0542 for a picture that is smaller than what is to be cut out of it, or would become too long, E0540 without memory.
    pub(in crate::data) fn apply(&self, picture: Picture, name: &str) -> Result<Picture, DataError> {
        let resized = match self.resize {
            Some(resize) => resized(picture, resize, name)?,
            None => picture,
        };
        match self.crop {
            Some(size) => cropped(resized, size, name).map_err(|e| e.help(self.enough(size))),
            None => Ok(resized),
        }
    }
}

impl Prepare {
    /// Height and width of what becomes of a picture of this size.
    ///
    /// # Errors
    /// E0542 as [`apply`](Self::apply).
    pub(in crate::data) fn result(&self, from: [usize; 2], name: &str) -> Result<[usize; 2], DataError> {
        let resized = self.resize.map_or(from, |resize| resize.result(from[0], from[1]));
        if resized != from {
            fits(from, resized, name)?;
        }
        let Some(crop) = self.crop else { return Ok(resized) };
        match crop[0] > resized[0] || crop[1] > resized[1] {
            true => Err(too_small(resized, crop, name).help(self.enough(crop))),
            false => Ok(crop),
        }
    }

    /// How pictures become large enough to cut this size out of them.
    fn enough(&self, [height, width]: [usize; 2]) -> String {
        let side = height.max(width);
        match self.resize {
            None => format!("write a `resize` in `data`, such as `resize shorter={}`", side.max(256)),
            Some(Resize::To([h, w])) => {
                let (h, w) = (h.max(height), w.max(width));
                format!("write `resize {h}x{w}` or more, or a smaller `crop`")
            }
            Some(Resize::Shorter(_)) => format!("write `resize shorter={side}` or more, or a smaller `crop`"),
        }
    }
}

/// Bilinear, over as wide a neighbourhood as the picture becomes smaller (antialiased).
fn resized(picture: Picture, resize: Resize, name: &str) -> Result<Picture, DataError> {
    let (h, w) = (picture.height, picture.width);
    let [height, width] = resize.result(h, w);
    if [height, width] == [h, w] {
        return Ok(picture);
    }
    fits([h, w], [height, width], name)?;
    // Between its two passes the library holds four floats a place.
    memory::check(memory::product(&[h.max(height), w.max(width), 4 * size_of::<f32>()]))
        .map_err(|e| DataError::from(e).file(name))?;
    let image = RgbImage::from_raw(w as u32, h as u32, picture.pixels).ok_or_else(|| {
        DataError::new("E0541", "the picture has not as many bytes as its size says").file(name)
    })?;
    let image = imageops::resize(&image, width as u32, height as u32, imageops::FilterType::Triangle);
    Ok(Picture { height, width, pixels: image.into_raw() })
}

/// Whether a resized picture is not longer than pictures are.
fn fits([h, w]: [usize; 2], [height, width]: [usize; 2], name: &str) -> Result<(), DataError> {
    match height.max(width) > LONGEST_SIDE {
        true => Err(DataError::new("E0542", format!("resized, the picture would be {height}x{width}"))
            .file(name)
            .note(format!("it is {h}x{w}, and a side has {LONGEST_SIDE} places at most"))
            .help("write `resize` with a height and a width, or take the picture out of the folder")),
        false => Ok(()),
    }
}

fn too_small([h, w]: [usize; 2], [height, width]: [usize; 2], name: &str) -> DataError {
    DataError::new("E0542", "the picture is smaller than what is to be cut out of it")
        .file(name)
        .note(format!("{h}x{w} here, `crop {height}x{width}`"))
}

/// The middle; of an odd rest the larger part is cut off below and on the right.
fn cropped(picture: Picture, [height, width]: [usize; 2], name: &str) -> Result<Picture, DataError> {
    if picture.height < height || picture.width < width {
        return Err(too_small([picture.height, picture.width], [height, width], name));
    }
    let (top, left) = ((picture.height - height) / 2, (picture.width - width) / 2);
    let rows = picture.pixels.chunks_exact(picture.width * CHANNELS).skip(top).take(height);
    let pixels = rows.flat_map(|row| &row[left * CHANNELS..(left + width) * CHANNELS]).copied().collect();
    Ok(Picture { height, width, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(height: usize, width: usize) -> Picture {
        let pixels = (0..height * width * CHANNELS).map(|i| (7 * i) as u8).collect();
        Picture { height, width, pixels }
    }

    #[test]
    fn the_shorter_side_decides() {
        let size = |height, width| Resize::Shorter(256).result(height, width);
        assert_eq!([size(375, 500), size(500, 375), size(256, 256)], [[256, 341], [341, 256], [256, 256]]);
        assert_eq!(Resize::Shorter(1).result(1, 10_000), [1, 10_000]);
    }

    #[test]
    fn the_middle_is_cut_out() {
        let prepare = Prepare { resize: None, crop: Some([1, 2]) };
        let cut = prepare.apply(picture(4, 5), "a.png").unwrap();
        // Of 4 rows the second, of 5 columns the second and third.
        let whole = picture(4, 5).pixels;
        assert_eq!((cut.height, cut.width, cut.pixels.as_slice()), (1, 2, &whole[(5 + 1) * 3..(5 + 3) * 3]));
        assert!(
            prepare.apply(picture(4, 1), "a.png").unwrap_err().to_string().contains("4x1 here, `crop 1x2`")
        );
        let said = |resize| {
            let prepare = Prepare { resize, crop: Some([40, 40]) };
            prepare.apply(picture(4, 5), "a.png").unwrap_err().to_string()
        };
        assert!(said(None).contains("write a `resize` in `data`, such as `resize shorter=256`"));
        assert!(
            said(Some(Resize::To([3, 50]))).contains("write `resize 40x50` or more, or a smaller `crop`")
        );
        assert!(said(Some(Resize::Shorter(3))).contains("write `resize shorter=40` or more"));
    }

    #[test]
    fn nothing_becomes_longer_than_pictures_are() {
        let prepare = Prepare { resize: Some(Resize::Shorter(300)), crop: None };
        let said = prepare.apply(picture(1, 200), "a.png").unwrap_err().to_string();
        assert!(
            said.contains("resized, the picture would be 300x60000") && said.contains("it is 1x200"),
            "{said}"
        );
    }

    #[test]
    fn halving_takes_means_over_four_columns_and_rows() {
        // A ramp along the width: weights 1, 3, 3, 1 about each new centre keep it a ramp but at its ends.
        let pixels = (0..8).flat_map(|x| [10 * x as u8; 3]).collect();
        let ramp = Picture { height: 1, width: 8, pixels };
        let half = Prepare { resize: Some(Resize::To([1, 4])), crop: None }.apply(ramp, "a.png").unwrap();
        let red: Vec<u8> = half.pixels.chunks_exact(3).map(|p| p[0]).collect();
        // The first: (0 * 3 + 10 * 3 + 20 * 1) / 7.
        assert_eq!(red, [7, 25, 45, 63]);
    }

    /// From docs/pictures.py.
    #[rustfmt::skip]
    const PILLOW: &[([usize; 2], [usize; 2], &[u8])] = &[
        ([5, 7], [3, 4], &[
            64, 110, 166, 123, 110, 145, 88, 140, 101, 165, 145, 88, 102, 105, 147, 94, 100, 142, 135, 141, 97, 184, 120, 146,
            153, 88, 132, 147, 90, 144, 161, 116, 102, 76, 171, 137,
        ]),
        ([13, 17], [4, 5], &[
            138, 146, 156, 145, 112, 151, 119, 134, 124, 134, 126, 101, 127, 118, 122, 120, 147, 155, 125, 131, 125, 118, 114, 95,
            100, 89, 112, 121, 121, 106, 152, 146, 152, 108, 128, 125, 125, 94, 106, 107, 117, 131, 129, 134, 112, 156, 142, 109,
            139, 126, 129, 96, 116, 120, 106, 119, 121, 155, 112, 151,
        ]),
        ([4, 6], [9, 5], &[
            22, 55, 90, 145, 95, 137, 166, 87, 136, 48, 102, 158, 151, 211, 77, 38, 78, 86, 134, 105, 153, 149, 97, 152,
            51, 111, 146, 142, 208, 71, 82, 138, 74, 105, 132, 196, 103, 123, 194, 60, 136, 116, 118, 201, 56, 123, 181, 68,
            85, 154, 229, 65, 143, 223, 68, 155, 88, 99, 187, 48, 144, 106, 97, 121, 134, 185, 85, 123, 163, 71, 134, 83,
            117, 133, 98, 164, 31, 125, 156, 114, 141, 104, 102, 103, 73, 113, 77, 134, 79, 147, 144, 90, 113, 186, 116, 127,
            130, 89, 147, 97, 85, 128, 131, 60, 176, 119, 168, 96, 215, 121, 116, 158, 77, 207, 125, 57, 188, 126, 47, 202,
            109, 197, 89, 226, 123, 112, 169, 73, 230, 135, 46, 210, 124, 42, 212,
        ]),
        ([40, 3], [6, 3], &[
            104, 109, 142, 110, 123, 120, 135, 137, 124, 123, 110, 125, 139, 133, 123, 180, 151, 152, 127, 143, 143, 104, 117, 155,
            129, 161, 109, 110, 88, 113, 101, 91, 113, 126, 128, 113, 102, 116, 90, 112, 118, 129, 133, 118, 97, 100, 144, 144,
            126, 106, 173, 130, 150, 109,
        ]),
    ];

    #[test]
    fn resizing_agrees_with_pillow() {
        for (old, new, expected) in PILLOW {
            let pixels = (0..old[0] * old[1] * CHANNELS).map(|i| ((i * i + 31 * i) % 251) as u8).collect();
            let picture = Picture { height: old[0], width: old[1], pixels };
            let prepare = Prepare { resize: Some(Resize::To(*new)), crop: None };
            let found = prepare.apply(picture, "a.png").unwrap().pixels;
            assert_eq!(found.len(), expected.len());
            let off = found.iter().zip(*expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(1), "{old:?} to {new:?}: {off:?} of 255\n{found:?}\n{expected:?}");
        }
    }
}
