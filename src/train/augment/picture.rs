//! Pictures in memory while they are changed: bytes or floats, height by width by channel.

use super::{
    colors::{Colors, WHITE},
    facts::Facts,
    moves::{Fill, Map, View, moved},
};

pub use crate::data::resample::Pixel;

/// Height and width.
pub type Size = [usize; 2];

/// A rectangle of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Rect {
    /// What lies within a picture of this size of a rectangle whose corner may lie outside of it.
    #[must_use]
    pub fn clipped(top: isize, left: isize, [height, width]: Size, size: Size) -> Self {
        let ends = |start: isize, length: usize, most: usize| {
            let end = (start + length as isize).clamp(0, most as isize) as usize;
            let start = start.clamp(0, most as isize) as usize;
            (start, end - start)
        };
        let ((top, height), (left, width)) = (ends(top, height, size[0]), ends(left, width, size[1]));
        Self { top, left, height, width }
    }

    #[must_use]
    pub fn area(&self) -> usize {
        self.height * self.width
    }

    /// The elements of each of its lines in a picture with rows of `width` places.
    pub fn lines(self, width: usize, channels: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let start = move |y: usize| (y * width + self.left) * channels;
        (self.top..self.top + self.height).map(move |y| start(y)..start(y) + self.width * channels)
    }
}

pub enum Pixels<'a> {
    Bytes(&'a mut [u8]),
    Floats(&'a mut [f32]),
}

/// A picture that a statement changes in place.
pub struct Picture<'a> {
    pub size: Size,
    pub channels: usize,
    pub pixels: Pixels<'a>,
    pub facts: &'a Facts,
}

impl Picture<'_> {
    /// Replaces each number by a function of its channel and itself; bytes are rounded and stay within theirs.
    pub fn change(&mut self, mut value: impl FnMut(usize, f32) -> f32) {
        let channels = self.channels;
        let mut each = |i: usize, x: f32| value(i % channels, x);
        match &mut self.pixels {
            Pixels::Bytes(bytes) => {
                bytes.iter_mut().enumerate().for_each(|(i, x)| *x = u8::of_f32(each(i, x.to_f32())));
            }
            Pixels::Floats(floats) => floats.iter_mut().enumerate().for_each(|(i, x)| *x = each(i, *x)),
        }
    }

    /// Computes with colours from black at 0 to white at 255.
    pub fn colored(&mut self, change: impl FnOnce(&mut Colors<'_>)) {
        let (size, channels) = (self.size, self.channels);
        let [low, high] = self.facts.range;
        let (to, back) = (WHITE / (high - low), (high - low) / WHITE);
        match &mut self.pixels {
            Pixels::Bytes(bytes) => {
                let mut data: Vec<f32> = bytes.iter().map(|byte| (f32::from(*byte) - low) * to).collect();
                change(&mut Colors { data: &mut data, size, channels });
                bytes.iter_mut().zip(data).for_each(|(byte, x)| *byte = u8::of_f32(x * back + low));
            }
            Pixels::Floats(floats) => {
                floats.iter_mut().for_each(|x| *x = (*x - low) * to);
                change(&mut Colors { data: floats, size, channels });
                floats.iter_mut().for_each(|x| *x = *x * back + low);
            }
        }
    }

    /// Moves the picture, whose size stays.
    pub fn moved(&mut self, map: &Map, fill: Fill) {
        fn each<T: Pixel>(data: &mut [T], size: Size, channels: usize, map: &Map, fill: Fill, facts: &Facts) {
            let before = data.to_vec();
            moved(View { data: &before, size, channels }, map, fill, facts, data);
        }
        let (size, channels) = (self.size, self.channels);
        debug_assert_eq!(map.size, size, "in place");
        match &mut self.pixels {
            Pixels::Bytes(bytes) => each(bytes, size, channels, map, fill, self.facts),
            Pixels::Floats(floats) => each(floats, size, channels, map, fill, self.facts),
        }
    }

    /// Sets each element of a rectangle to a function of its channel and its number in the rectangle.
    pub fn fill(&mut self, rect: Rect, mut value: impl FnMut(usize) -> f32) {
        fn each<T: Pixel>(
            all: &mut [T],
            lines: impl Iterator<Item = std::ops::Range<usize>>,
            channels: usize,
            value: &mut impl FnMut(usize) -> f32,
        ) {
            for line in lines {
                for (i, element) in all[line].iter_mut().enumerate() {
                    *element = T::of_f32(value(i % channels));
                }
            }
        }
        let lines = rect.lines(self.size[1], self.channels);
        match &mut self.pixels {
            Pixels::Bytes(bytes) => each(bytes, lines, self.channels, &mut value),
            Pixels::Floats(floats) => each(floats, lines, self.channels, &mut value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_clipped() {
        assert_eq!(Rect::clipped(-2, 3, [4, 4], [8, 5]), Rect { top: 0, left: 3, height: 2, width: 2 });
        assert_eq!(Rect::clipped(-9, 0, [4, 4], [8, 5]).area(), 0);
        let lines: Vec<_> = Rect { top: 1, left: 2, height: 2, width: 1 }.lines(4, 3).collect();
        assert_eq!(lines, [18..21, 30..33]);
    }

    #[test]
    fn bytes_are_rounded_to_the_nearest() {
        assert_eq!([-3.0, 0.49, 0.5, 254.4, 254.5, 300.0].map(u8::of_f32), [0, 0, 1, 254, 255, 255]);
    }
}
