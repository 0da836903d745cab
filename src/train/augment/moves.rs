//! Where each place of a picture comes from: statements that move pictures, composed into one map and read once.
//!
//! A map leads from places of the result back to places of the picture. Statements that stand together are one map and one interpolation: what
//! one moves out of the picture another may bring back. A map of whole steps and flips copies, bit for bit; any other reads between four places.

use super::{
    draw::Draw,
    facts::Facts,
    picture::{Pixel, Rect, Size},
};

/// What stands beyond a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    Black,
    /// The channel's mean over the training part.
    Mean,
    /// The picture in a mirror that stands on its last places.
    Reflect,
    /// Its last places.
    Edge,
}

impl Fill {
    pub const WORDS: &'static [&'static str] = &["black", "mean", "reflect", "edge"];

    #[must_use]
    pub fn named(word: &str) -> Self {
        match word {
            "mean" => Self::Mean,
            "reflect" => Self::Reflect,
            "edge" => Self::Edge,
            _ => Self::Black,
        }
    }
}

/// A statement that moves pictures.
pub trait Move: Send + Sync {
    /// The map of one row, whose picture has this size.
    fn map(&self, draw: &mut Draw<'_>, size: Size) -> Map;

    /// The map of a row on which the statement does not act.
    fn idle(&self, size: Size) -> Map {
        Map::same(size)
    }

    /// What stands beyond the picture; none where nothing beyond it is ever seen.
    fn fill(&self) -> Option<Fill> {
        None
    }
}

/// The place `(y, x)` of a result of this size comes from `(yy y + yx x + y0, xy y + xx x + x0)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Map {
    pub size: Size,
    pub y: [f64; 3],
    pub x: [f64; 3],
}

impl Map {
    /// A picture as it is.
    #[must_use]
    pub fn same(size: Size) -> Self {
        Self { size, y: [1.0, 0.0, 0.0], x: [0.0, 1.0, 0.0] }
    }

    /// What begins at this place, which may lie outside.
    #[must_use]
    pub fn window(size: Size, top: f64, left: f64) -> Self {
        Self { size, y: [1.0, 0.0, top], x: [0.0, 1.0, left] }
    }

    /// A linear map `[yy, yx, xy, xx]` about the centre.
    #[must_use]
    pub fn centred(size: Size, [yy, yx, xy, xx]: [f64; 4]) -> Self {
        let [cy, cx] = size.map(|side| (side as f64 - 1.0) / 2.0);
        Self { size, y: [yy, yx, cy - yy * cy - yx * cx], x: [xy, xx, cx - xy * cy - xx * cx] }
    }

    /// This map of the result of a map before it.
    #[must_use]
    pub fn after(&self, before: &Map) -> Self {
        let composed = |[a, b, c]: [f64; 3]| {
            [a * self.y[0] + b * self.x[0], a * self.y[1] + b * self.x[1], a * self.y[2] + b * self.x[2] + c]
        };
        Self { size: self.size, y: composed(before.y), x: composed(before.x) }
    }

    /// The steps and the start along each axis, where the map takes whole steps along its own axes.
    fn whole(&self) -> Option<[(isize, isize); 2]> {
        let is_whole = |x: f64| x.fract() == 0.0 && x.abs() < 1e9;
        let along = |step: f64, other: f64, start: f64| {
            (step.abs() == 1.0 && other == 0.0 && is_whole(start)).then_some((step as isize, start as isize))
        };
        Some([along(self.y[0], self.y[1], self.y[2])?, along(self.x[1], self.x[0], self.x[2])?])
    }
}

/// A picture that is read.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    pub data: &'a [T],
    pub size: Size,
    pub channels: usize,
}

/// Writes the picture that a map makes of another one.
pub fn moved<T: Pixel>(from: View<'_, T>, map: &Map, fill: Fill, facts: &Facts, into: &mut [T]) {
    match map.whole() {
        Some(steps) => copied(from, map.size, steps, fill, facts, into),
        None => read_between(from, map, fill, facts, into),
    }
}

/// The place within `0..side` that stands at `i`; none beyond it where nothing of the picture stands there.
fn within(i: isize, side: usize, fill: Fill) -> Option<usize> {
    let side = side as isize;
    if (0..side).contains(&i) {
        return Some(i as usize);
    }
    match fill {
        Fill::Black | Fill::Mean => None,
        Fill::Edge => Some(i.clamp(0, side - 1) as usize),
        Fill::Reflect if side == 1 => Some(0),
        Fill::Reflect => {
            let around = i.rem_euclid(2 * (side - 1));
            Some(around.min(2 * (side - 1) - around) as usize)
        }
    }
}

fn color(fill: Fill, facts: &Facts, channel: usize) -> f32 {
    if fill == Fill::Mean { facts.mean[channel] } else { facts.range[0] }
}

/// Whole steps: each line is a run of the picture's own, forward or backward, between what stands beyond it.
fn copied<T: Pixel>(
    from: View<'_, T>,
    [height, width]: Size,
    [(dy, y0), (dx, x0)]: [(isize, isize); 2],
    fill: Fill,
    facts: &Facts,
    into: &mut [T],
) {
    let (c, [rows, columns]) = (from.channels, from.size);
    // Columns of the result whose places lie in the picture.
    let inside = match dx {
        1 => Rect::clipped(0, -x0, [1, columns], [1, width]),
        _ => Rect::clipped(0, x0 - columns as isize + 1, [1, columns], [1, width]),
    };
    let (first, last) = (inside.left, inside.left + inside.width);
    let beyond = |line: &mut [T], source: &[T], column: usize| {
        let place = within(x0 + dx * column as isize, columns, fill);
        for channel in 0..c {
            line[column * c + channel] = match place {
                Some(x) => source[x * c + channel],
                None => T::of_f32(color(fill, facts, channel)),
            };
        }
    };
    for (y, line) in into.chunks_exact_mut(width * c).enumerate().take(height) {
        let Some(row) = within(y0 + dy * y as isize, rows, fill) else {
            line.iter_mut().enumerate().for_each(|(i, x)| *x = T::of_f32(color(fill, facts, i % c)));
            continue;
        };
        let source = &from.data[row * columns * c..(row + 1) * columns * c];
        (0..first).for_each(|column| beyond(line, source, column));
        if first < last {
            let start = (x0 + dx * first as isize) as usize;
            let run = &mut line[first * c..last * c];
            match dx {
                1 => run.copy_from_slice(&source[start * c..][..run.len()]),
                _ => {
                    let end = start + 1;
                    let source = &source[(end - inside.width) * c..end * c];
                    run.chunks_exact_mut(c)
                        .zip(source.chunks_exact(c).rev())
                        .for_each(|(to, from)| to.copy_from_slice(from));
                }
            }
        }
        (last..width).for_each(|column| beyond(line, source, column));
    }
}

/// Bilinear: the four places around, weighted by their nearness.
fn read_between<T: Pixel>(from: View<'_, T>, map: &Map, fill: Fill, facts: &Facts, into: &mut [T]) {
    let (c, [rows, columns]) = (from.channels, from.size);
    let [_, width] = map.size;
    let mut out = into.chunks_exact_mut(c);
    for y in 0..map.size[0] {
        for x in 0..width {
            let Some(out) = out.next() else { return };
            let at = |m: [f64; 3]| m[0] * y as f64 + m[1] * x as f64 + m[2];
            let (sy, sx) = (at(map.y), at(map.x));
            let (top, left) = (sy.floor(), sx.floor());
            let (wy, wx) = ((sy - top) as f32, (sx - left) as f32);
            let (top, left) = (top as isize, left as isize);
            let weights = [(1.0 - wy) * (1.0 - wx), (1.0 - wy) * wx, wy * (1.0 - wx), wy * wx];
            let is_inside = top >= 0 && left >= 0 && top + 1 < rows as isize && left + 1 < columns as isize;
            if is_inside {
                let first = (top as usize * columns + left as usize) * c;
                let [above, below] = [first, first + columns * c].map(|at| &from.data[at..at + 2 * c]);
                for (channel, out) in out.iter_mut().enumerate() {
                    let sum = weights[0] * above[channel].to_f32()
                        + weights[1] * above[c + channel].to_f32()
                        + weights[2] * below[channel].to_f32()
                        + weights[3] * below[c + channel].to_f32();
                    *out = T::of_f32(sum);
                }
                continue;
            }
            let places = [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)];
            let places = places.map(|(y, x)| Some((within(y, rows, fill)?, within(x, columns, fill)?)));
            for (channel, out) in out.iter_mut().enumerate() {
                let value = |place: Option<(usize, usize)>| match place {
                    Some((y, x)) => from.data[(y * columns + x) * c + channel].to_f32(),
                    None => color(fill, facts, channel),
                };
                let terms = places.iter().zip(weights).map(|(place, weight)| weight * value(*place));
                *out = T::of_f32(terms.sum());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &Facts = &Facts { mean: Vec::new(), sd: Vec::new(), range: [0.0, 255.0], unit: Vec::new() };

    fn of(map: &Map, fill: Fill) -> Vec<u8> {
        let data: Vec<u8> = (1..=12).collect();
        let from = View { data: &data, size: [3, 4], channels: 1 };
        let facts = Facts { mean: vec![77.0], ..FACTS.clone() };
        let mut into = vec![0; map.size[0] * map.size[1]];
        moved(from, map, fill, &facts, &mut into);
        into
    }

    #[test]
    fn windows_are_copied_and_what_is_beyond_is_filled() {
        let window = Map::window([2, 3], -1.0, 2.0);
        assert_eq!(of(&window, Fill::Black), [0, 0, 0, 3, 4, 0]);
        assert_eq!(of(&window, Fill::Mean), [77, 77, 77, 3, 4, 77]);
        assert_eq!(of(&window, Fill::Edge), [3, 4, 4, 3, 4, 4]);
        assert_eq!(of(&window, Fill::Reflect), [7, 8, 7, 3, 4, 3]);
    }

    #[test]
    fn a_mirror_is_a_map_of_whole_steps() {
        let mirror = Map { size: [3, 4], y: [1.0, 0.0, 0.0], x: [0.0, -1.0, 3.0] };
        assert_eq!(of(&mirror, Fill::Black), [4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9]);
        // Cut first, then mirrored: the second of the window's columns stands first.
        let window = Map::window([1, 3], 0.0, -2.0);
        let mirror = Map { size: [1, 3], y: [1.0, 0.0, 0.0], x: [0.0, -1.0, 2.0] };
        assert_eq!(of(&window, Fill::Black), [0, 0, 1]);
        assert_eq!(of(&mirror.after(&window), Fill::Black), [1, 0, 0]);
        let far = Map::window([1, 3], 0.0, 9.0);
        assert_eq!(of(&mirror.after(&far), Fill::Black), [0, 0, 0]);
    }

    /// Whole steps read between places give what copying gives.
    #[test]
    fn both_ways_of_reading_agree() {
        let data: Vec<u8> = (0..5 * 6 * 3).map(|i| (i * 37 % 251) as u8).collect();
        let from = View { data: &data, size: [5, 6], channels: 3 };
        let facts = Facts { mean: vec![9.0, 8.0, 7.0], ..FACTS.clone() };
        for fill in [Fill::Black, Fill::Mean, Fill::Reflect, Fill::Edge] {
            for (dy, dx) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                for (y0, x0) in [(0.0, 0.0), (-3.0, 2.0), (6.0, 4.0), (2.0, -4.0)] {
                    let map = Map { size: [4, 7], y: [dy, 0.0, y0], x: [0.0, dx, x0] };
                    let (mut copy, mut read) = (vec![0_u8; 84], vec![0_u8; 84]);
                    moved(from, &map, fill, &facts, &mut copy);
                    read_between(from, &map, fill, &facts, &mut read);
                    assert_eq!(copy, read, "{fill:?} {map:?}");
                }
            }
        }
    }

    #[test]
    fn halfway_is_the_mean() {
        let half = Map::window([1, 3], 0.0, 0.5);
        // 1.5, 2.5 and 3.5 go up.
        assert_eq!(of(&half, Fill::Black), [2, 3, 4]);
        assert_eq!(of(&Map::window([1, 1], 0.5, 0.0), Fill::Black), [3]);
    }
}
