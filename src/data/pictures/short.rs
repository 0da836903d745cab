//! Jpgs whose data are fewer than their size says: decoders go on behind the end as if zeros followed, and say nothing.
//!
//! The codes of a sequential scan are walked through without making a picture of them, which takes a fraction of decoding. A progressive one refines a
//! picture scan by scan; whether its data end early is told by decoding it once more with others behind them.

use super::huffman::{Bits, Table};

/// Coefficients of a block.
const BLOCK: usize = 64;

/// The same file with other data before its end. A picture whose data are all there is not changed by them.
pub(super) fn longer(bytes: &[u8]) -> Vec<u8> {
    const END: [u8; 2] = [0xff, 0xd9];
    let end = bytes.windows(END.len()).rposition(|pair| pair == END).unwrap_or(bytes.len());
    let more = [0x5a, 0xc3, 0x96, 0x2d].repeat(64);
    [&bytes[..end], &more, &bytes[end..]].concat()
}

/// Whether the scans of a jpg hold a code for each coefficient that its size asks for. None where they are not sequential, or what stands in the
/// file is no sense that decoders make either.
pub(super) fn is_whole(bytes: &[u8]) -> Option<bool> {
    let mut jpg = Jpg::default();
    let (mut at, mut scanned) = (2, 0);
    loop {
        let [0xff, marker, high, low] = bytes.get(at..)?.first_chunk::<4>()? else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let segment = bytes.get(at + 4..at + 2 + length)?;
        match marker {
            0xff => {
                at += 1;
                continue;
            }
            0xc0 | 0xc1 => jpg.frame(segment)?,
            0xc2..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => return None,
            0xc4 => jpg.tables(segment)?,
            0xdd => jpg.interval = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
            0xda => {
                let Some(end) = jpg.scan(segment, &bytes[at + 2 + length..])? else { return Some(false) };
                scanned += usize::from(*segment.first()?);
                at += 2 + length + end;
                // Once each colour has been scanned there is nothing that could lack.
                if scanned >= jpg.colors.len() {
                    return Some(true);
                }
                at += bytes.get(at..)?.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0)?;
                continue;
            }
            _ => {}
        }
        at += 2 + length;
    }
}

/// A colour of a picture, and how many of its blocks lie beside and above one another in a unit of all colours.
#[derive(Clone, Copy)]
struct Color {
    name: u8,
    across: usize,
    down: usize,
}

/// What a file has said so far.
#[derive(Default)]
struct Jpg {
    height: usize,
    width: usize,
    colors: Vec<Color>,
    /// Of the first coefficients of blocks, and of the others, by number.
    tables: [[Option<Table>; 4]; 2],
    /// Units between two marks at which decoding may begin anew; 0 without such.
    interval: usize,
}

impl Jpg {
    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        let [_, h1, h0, w1, w0, count, colors @ ..] = segment else { return None };
        (self.height, self.width) =
            (usize::from(u16::from_be_bytes([*h1, *h0])), usize::from(u16::from_be_bytes([*w1, *w0])));
        let color = |color: &[u8]| {
            let (across, down) = (usize::from(color[1] >> 4), usize::from(color[1] & 15));
            let sound = (1..=4).contains(&across) && (1..=4).contains(&down);
            sound.then_some(Color { name: color[0], across, down })
        };
        self.colors = colors.chunks_exact(3).take(usize::from(*count)).map(color).collect::<Option<_>>()?;
        (self.colors.len() == usize::from(*count) && self.height > 0 && self.width > 0).then_some(())
    }

    fn tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [which, rest @ ..] = segment {
            let counts = rest.first_chunk::<16>()?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let table = Table::new(counts, rest.get(16..16 + total)?)?;
            *self.tables.get_mut(usize::from(which >> 4))?.get_mut(usize::from(which & 15))? = Some(table);
            segment = &rest[16 + total..];
        }
        Some(())
    }

    /// Walks through the codes of a scan. Answers where they end; within, None where they end before the picture does.
    fn scan(&self, head: &[u8], data: &[u8]) -> Option<Option<usize>> {
        let count = usize::from(*head.first()?);
        let chosen = head.get(1..1 + 2 * count)?.chunks_exact(2);
        let color = |pair: &[u8]| {
            let color = self.colors.iter().find(|color| color.name == pair[0])?;
            let table = |kind: usize, number: u8| self.tables[kind].get(usize::from(number))?.as_ref();
            Some((color, table(0, pair[1] >> 4)?, table(1, pair[1] & 15)?))
        };
        let colors = chosen.map(color).collect::<Option<Vec<_>>>()?;
        let most = |of: fn(&Color) -> usize| self.colors.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|color| color.across), most(|color| color.down));
        // A scan of one colour goes block by block, over those that the picture reaches into.
        let units = match colors[..] {
            [(color, ..)] => {
                let blocks = |side: usize, own: usize, most: usize| (side * own).div_ceil(most).div_ceil(8);
                blocks(self.width, color.across, across) * blocks(self.height, color.down, down)
            }
            _ => self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down),
        };
        let mut bits = Bits::new(data);
        for unit in 0..units {
            if self.interval > 0 && unit > 0 && unit % self.interval == 0 && !bits.restart() {
                return Some(None);
            }
            for (color, first, others) in &colors {
                let blocks = if colors.len() == 1 { 1 } else { color.across * color.down };
                for _ in 0..blocks {
                    if block(&mut bits, first, others).is_none() {
                        return Some(None);
                    }
                }
            }
        }
        Some(Some(bits.at()))
    }
}

/// Passes over the codes of a block; None where they end.
fn block(bits: &mut Bits<'_>, first: &Table, others: &Table) -> Option<()> {
    let size = bits.symbol(first)?;
    bits.skip(u32::from(size & 15))?;
    let mut at = 1;
    while at < BLOCK {
        let code = bits.symbol(others)?;
        let (zeros, size) = (usize::from(code >> 4), code & 15);
        match (zeros, size) {
            (15, 0) => at += 16,
            (_, 0) => break,
            _ => {
                at += zeros + 1;
                bits.skip(u32::from(size))?;
            }
        }
    }
    Some(())
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

    /// Whatever the last line shows, also where it is the lowest blocks alone that lack.
    #[test]
    fn each_block_of_a_jpg_is_there() {
        let noise = |x: u32, y: u32| Rgb([0, 1, 2].map(|c| ((x * 7919 + y * 104_729 + c * 31) % 251) as u8));
        let whole = jpg(RgbImage::from_fn(40, 40, noise));
        assert!(decode(&whole, "a.jpg").is_ok());
        let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        let codes = scan + 14..whole.len() - 2;
        for cut in [1, 2, 3, 10, codes.len() / 2, codes.len() - 1] {
            let mut short = whole[..codes.end - cut].to_vec();
            // A last byte of 0xff would be half of a mark.
            while short.last() == Some(&0xff) {
                short.pop();
            }
            short.extend([0xff, 0xd9]);
            let said = decode(&short, "a.jpg").map(|_| cut).expect_err("some blocks lack").to_string();
            assert!(said.contains("E0541"), "{cut}: {said}");
        }
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
