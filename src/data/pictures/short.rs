//! Jpgs whose data are fewer than their size says: decoders go on behind the end as if zeros followed, and say nothing.

use super::CHANNELS;

/// Places after which blocks repeat, in any subsampling of two.
const BLOCK: usize = 16;

/// Whether the lowest line repeats block by block, as where nothing but zeros was decoded; a plain border does so too.
pub(super) fn may_be(pixels: &[u8], width: usize) -> bool {
    let line = &pixels[pixels.len().saturating_sub(width * CHANNELS)..];
    line.iter().zip(line.iter().skip(BLOCK * CHANNELS)).all(|(a, b)| a == b)
}

/// The same file with other data before its end. A picture whose data are all there is not changed by them.
pub(super) fn longer(bytes: &[u8]) -> Vec<u8> {
    const END: [u8; 2] = [0xff, 0xd9];
    let end = bytes.windows(END.len()).rposition(|pair| pair == END).unwrap_or(bytes.len());
    let more = [0x5a, 0xc3, 0x96, 0x2d].repeat(64);
    [&bytes[..end], &more, &bytes[end..]].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

    use super::super::decode;

    fn jpg(picture: RgbImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_jpg_has_the_data_that_its_size_asks_for() {
        let colors = |x: u32, y: u32| Rgb([(7 * x) as u8, (5 * y) as u8, (x * y) as u8]);
        let plain = |_, _| Rgb([255, 255, 255]);
        for (width, whole) in [
            (32, jpg(RgbImage::from_fn(32, 32, colors))),
            (9, jpg(RgbImage::from_fn(9, 32, colors))),
            (40, jpg(RgbImage::from_fn(40, 32, plain))),
        ] {
            assert_eq!(decode(&whole, "a.jpg").unwrap().0.width, width);
            let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
            let mut taller = whole.clone();
            assert_eq!(taller[frame + 5..frame + 7], [0, 32]);
            taller[frame + 6] = 64;
            let said = decode(&taller, "a.jpg").expect_err("half of it is missing").to_string();
            assert!(said.contains("it has fewer data than its size says"), "{said}");
        }
    }
}
