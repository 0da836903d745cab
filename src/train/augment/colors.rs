//! Functions of colours, as torchvision has them: over pictures in floats from 0, black, to 255, white.
//!
//! Invariant: results lie between black and white where the picture does.

use super::picture::Size;

/// Black is 0.
pub const WHITE: f32 = 255.0;

/// A picture whose colours are computed.
pub struct Colors<'a> {
    pub data: &'a mut [f32],
    pub size: Size,
    pub channels: usize,
}

/// The share of each channel in what the eye sees.
const LUMA: [f32; 3] = [0.2989, 0.587, 0.114];

fn between(x: f32) -> f32 {
    x.clamp(0.0, WHITE)
}

/// How bright a place is.
fn grey(place: &[f32]) -> f32 {
    match place {
        [red, green, blue] => LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue,
        _ => place.iter().sum::<f32>() / place.len() as f32,
    }
}

impl Colors<'_> {
    fn places(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.data.chunks_exact_mut(self.channels)
    }

    /// `x factor`
    pub fn brightness(&mut self, factor: f32) {
        self.data.iter_mut().for_each(|x| *x = between(*x * factor));
    }

    /// Distances from the mean brightness of the picture, by a factor.
    pub fn contrast(&mut self, factor: f32) {
        let count = self.size[0] * self.size[1];
        let sum: f64 = self.places().map(|place| f64::from(grey(place).floor())).sum();
        let rest = (1.0 - factor) * (sum / count as f64) as f32;
        self.data.iter_mut().for_each(|x| *x = between(*x * factor + rest));
    }

    /// Distances from the place's own grey, by a factor; of three channels.
    pub fn saturation(&mut self, factor: f32) {
        for place in self.places() {
            let rest = (1.0 - factor) * grey(place);
            place.iter_mut().for_each(|x| *x = between(*x * factor + rest));
        }
    }

    /// Turns the circle of colours by a share of it; of three channels.
    pub fn hue(&mut self, turn: f32) {
        for place in self.places() {
            if let [red, green, blue] = place {
                [*red, *green, *blue] = turned([*red, *green, *blue], turn);
            }
        }
    }

    /// Each place by its grey; of three channels.
    pub fn grayscale(&mut self) {
        for place in self.places() {
            let grey = grey(place);
            place.fill(grey);
        }
    }

    /// Only the highest bits of each byte.
    pub fn posterize(&mut self, bits: u32) {
        let step = (1_u32 << (8 - bits)) as f32;
        self.data.iter_mut().for_each(|x| *x = (*x / step).floor() * step);
    }

    /// What is at least so bright, inverted.
    pub fn solarize(&mut self, threshold: f32) {
        self.data.iter_mut().for_each(|x| *x = if *x >= threshold { WHITE - *x } else { *x });
    }

    pub fn invert(&mut self) {
        self.data.iter_mut().for_each(|x| *x = WHITE - *x);
    }

    /// Each channel from its darkest place at black to its brightest at white.
    pub fn autocontrast(&mut self) {
        for channel in 0..self.channels {
            let of_channel = || self.data.iter().skip(channel).step_by(self.channels);
            let low = of_channel().fold(f32::INFINITY, |low, x| low.min(*x));
            let high = of_channel().fold(f32::NEG_INFINITY, |high, x| high.max(*x));
            if low == high {
                continue;
            }
            let scale = WHITE / (high - low);
            let own = self.data.iter_mut().skip(channel).step_by(self.channels);
            own.for_each(|x| *x = between((*x - low) * scale));
        }
    }

    /// Each channel's brightnesses as evenly spread as their counts allow (Pillow's way, over 256 levels).
    pub fn equalize(&mut self) {
        for channel in 0..self.channels {
            let level = |x: f32| (x + 0.5) as u8;
            let mut counts = [0_usize; 256];
            let of_channel = self.data.iter().skip(channel).step_by(self.channels);
            of_channel.for_each(|x| counts[usize::from(level(*x))] += 1);
            let Some(last) = counts.iter().rposition(|count| *count > 0) else { continue };
            let step = (self.size[0] * self.size[1] - counts[last]) / 255;
            if step == 0 {
                continue;
            }
            let mut before = step / 2;
            let levels = counts.map(|count| {
                let level = (before / step).min(255) as f32;
                before += count;
                level
            });
            let own = self.data.iter_mut().skip(channel).step_by(self.channels);
            own.for_each(|x| *x = levels[usize::from(level(*x))]);
        }
    }

    /// Distances from a smoothed picture, by a factor; the border stays.
    pub fn sharpness(&mut self, factor: f32) {
        let ([height, width], c) = (self.size, self.channels);
        if height < 3 || width < 3 {
            return;
        }
        let before = self.data.to_vec();
        for y in 1..height - 1 {
            for i in c..(width - 1) * c {
                let line = |y: usize| y * width * c + i;
                let row = |y: usize| before[line(y) - c] + before[line(y)] + before[line(y) + c];
                let own = before[line(y)];
                let smooth = ((row(y - 1) + row(y) + row(y + 1) + 4.0 * own) / 13.0).round_ties_even();
                self.data[line(y)] = between(own * factor + (1.0 - factor) * smooth);
            }
        }
    }

    /// Gaussian blur of this deviation over `size` places in both directions, the picture mirrored at its border.
    pub fn blur(&mut self, sigma: f64, size: usize) {
        let weights = bell(sigma, size);
        let ([height, width], c) = (self.size, self.channels);
        let half = (size / 2) as isize;
        let mirrored = |i: isize, side: usize| match side {
            1 => 0,
            _ => {
                let around = i.rem_euclid(2 * (side as isize - 1));
                around.min(2 * (side as isize - 1) - around) as usize
            }
        };
        let mut across = vec![0.0_f32; self.data.len()];
        for y in 0..height {
            let line = &self.data[y * width * c..(y + 1) * width * c];
            let out = &mut across[y * width * c..(y + 1) * width * c];
            for (k, weight) in weights.iter().enumerate() {
                for (x, out) in out.chunks_exact_mut(c).enumerate() {
                    let from = mirrored(x as isize + k as isize - half, width) * c;
                    out.iter_mut().zip(&line[from..from + c]).for_each(|(out, x)| *out += weight * x);
                }
            }
        }
        self.data.fill(0.0);
        for (y, out) in self.data.chunks_exact_mut(width * c).enumerate() {
            for (k, weight) in weights.iter().enumerate() {
                let from = mirrored(y as isize + k as isize - half, height) * width * c;
                let line = &across[from..from + width * c];
                out.iter_mut().zip(line).for_each(|(out, x)| *out += weight * x);
            }
        }
    }
}

/// Weights of a Gaussian at whole places about the middle, whose sum is 1.
fn bell(sigma: f64, size: usize) -> Vec<f32> {
    let half = (size as f64 - 1.0) / 2.0;
    let at = |i: usize| {
        let x = (i as f64 - half) / sigma;
        libm::exp(-0.5 * x * x)
    };
    let total: f64 = (0..size).map(at).sum();
    (0..size).map(|i| (at(i) / total) as f32).collect()
}

/// A colour with its hue turned by a share of the circle.
fn turned([red, green, blue]: [f32; 3], turn: f32) -> [f32; 3] {
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    let chroma = high - low;
    if chroma <= 0.0 {
        return [red, green, blue];
    }
    let sixths = match () {
        () if high == red => (green - blue) / chroma,
        () if high == green => 2.0 + (blue - red) / chroma,
        () => 4.0 + (red - green) / chroma,
    };
    // One of six sides, and how far along it.
    let hue = (sixths / 6.0 + turn).rem_euclid(1.0) * 6.0;
    let side = hue.floor();
    let (rising, falling) = (low + chroma * (hue - side), high - chroma * (hue - side));
    match side as u32 % 6 {
        0 => [high, rising, low],
        1 => [falling, high, low],
        2 => [low, high, rising],
        3 => [low, falling, high],
        4 => [rising, low, high],
        _ => [high, low, falling],
    }
}
