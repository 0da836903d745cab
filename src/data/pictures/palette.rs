//! What decoders pass over in silence: colours that a palette does not have.

use std::io::Cursor;

use png::{BitDepth, Transformations};

use super::CHANNELS;

/// What a png's header says of colours that are numbers of a palette.
const INDEXED: u8 = 3;

/// So many bytes of a file say whether it has a palette.
pub(super) const HEAD: u64 = 26;

/// Whether the colours of a picture are numbers of a palette.
pub(super) fn is_in(bytes: &[u8]) -> bool {
    // Behind 8 bytes of magic, length and name of the header: width, height, depth and the kind of colours.
    bytes.starts_with(b"\x89PNG") && bytes.get(25) == Some(&INDEXED)
}

/// Whether all colours of a png that has a palette are in it; others would be black.
///
/// # Errors
/// The first colour that is not.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    if !is_in(bytes) {
        return Ok(());
    }
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let colors = reader.info().palette.as_ref().map_or(0, |palette| palette.len() / CHANNELS);
    let mut packed = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let frame = reader.next_frame(&mut packed).map_err(|e| e.to_string())?;
    let bits = match frame.bit_depth {
        BitDepth::One => 1,
        BitDepth::Two => 2,
        BitDepth::Four => 4,
        _ => 8,
    };
    let each = 8 / bits;
    let index =
        |line: &[u8], x: usize| usize::from(line[x / each] >> (8 - bits * (x % each + 1))) % (1 << bits);
    let lines = packed.chunks_exact(frame.line_size);
    let mut all = lines.flat_map(|line| (0..frame.width as usize).map(move |x| index(line, x)));
    match all.find(|index| *index >= colors) {
        Some(index) => Err(format!("it has colour {index} of a palette of {colors}, whose first one is 0")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode;

    use super::*;

    /// A picture of 3x2 whose colours are numbers of 2 bits.
    fn indexed(lines: [u8; 2], colors: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(BitDepth::Two);
        encoder.set_palette((0..3 * colors as u8).collect::<Vec<u8>>());
        encoder.write_header().unwrap().write_image_data(&lines).unwrap();
        bytes
    }

    #[test]
    fn colours_are_those_of_the_palette() {
        // Colours 0, 1, 2 and 2, 1, 0; what fills the byte is no colour.
        let sound = indexed([0b0001_1011, 0b1001_0011], 3);
        let (picture, converted) = decode(&sound, "a.png").unwrap();
        assert_eq!((&picture.pixels[..9], converted.indexed), (&[0, 1, 2, 3, 4, 5, 6, 7, 8][..], 1));
        let said = check(&indexed([0b0001_1011, 0b1001_0011], 2)).unwrap_err();
        assert_eq!(said, "it has colour 2 of a palette of 2, whose first one is 0");
        assert!(decode(&indexed([0b0001_1011, 0b1101_0011], 3), "a.png").is_err());
    }
}
