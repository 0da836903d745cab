//! `source shapes, rows=, size=, noise=, seed=`: pictures of disks, squares, triangles and crosses.
//!
//! A row is `real[size, size, 1]` in bytes: one shape on a plain ground, anywhere in the picture, turned by any angle, brighter or darker than
//! the ground, with Gaussian noise of `noise` grey levels. All shapes have the same area and the same greys, so neither the mean of a
//! picture nor any one pixel tells them apart: what does is their outline. The classes are equally large.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use super::generated::{self, Common, ROWS, SEED};
use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::draws::rng;
use crate::math::sin_cos;
use crate::memory;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "shapes",
    about: "pictures of disks, squares, triangles and crosses, four classes",
    args: &[
        ROWS,
        ArgSpec::named("size", Kind::Count { min: 8 }, Default::Number(24.0), "pixels on a side"),
        ArgSpec::named(
            "noise",
            Kind::Number(Bounds::NON_NEGATIVE),
            Default::Number(20.0),
            "standard deviation of the Gaussian noise, in grey levels of 0 to 255",
        ),
        SEED,
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("shapes.rs"), read };

const SHAPES: [(&str, Form); 4] =
    [("disk", Form::Disk), ("square", Form::Square), ("triangle", Form::Triangle), ("cross", Form::Cross)];

#[derive(Clone, Debug)]
struct Shapes {
    common: Common,
    size: usize,
}

fn read(args: &Args) -> Read {
    let common = Common::read(args);
    generated::enough_rows(args, common.rows, SHAPES.len())?;
    Ok(Arc::new(Shapes { common, size: args.count("size") }))
}

impl Source for Shapes {
    fn gives_bytes(&self) -> bool {
        true
    }

    fn open(&self, _: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let Common { rows, noise, seed } = self.common;
        let pixels = memory::product(&[self.size, self.size]);
        let mut pictures =
            memory::reserve(usize::try_from(pixels).unwrap_or(usize::MAX).saturating_mul(rows))?;
        let ordered: Vec<u32> =
            generated::shares(rows, SHAPES.len()).map(|(class, ..)| class as u32).collect();
        let order = rng::shuffle(seed, "shapes", &[], rows);
        let codes: Vec<u32> = order.iter().map(|row| ordered[*row as usize]).collect();
        let mut draws = self.common.draws("shapes");
        for code in &codes {
            let shape = Placed::drawn(SHAPES[*code as usize].1, self.size, &mut draws);
            shape.paint(self.size, noise, &mut draws, &mut pictures);
        }
        let names = SHAPES.iter().map(|(name, _)| (*name).into()).collect();
        let (shape, target) = (vec![self.size, self.size, 1], RawTarget::Labels { codes, names });
        let train = Arrays::of("shapes", rows, shape, Stored::U8(pictures), target);
        Ok(Raw::Arrays { train, test: None })
    }

    fn has_columns(&self) -> bool {
        false
    }
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Disk,
    Square,
    Triangle,
    Cross,
}

impl Form {
    /// Whether a point is inside a shape about the origin with the area of a disk of radius 1.
    fn holds(self, x: f64, y: f64) -> bool {
        match self {
            Form::Disk => x * x + y * y <= 1.0,
            Form::Square => {
                let half = PI.sqrt() / 2.0;
                x.abs() <= half && y.abs() <= half
            }
            // Of equal sides: area 3 sqrt(3) r^2, r the radius of the inner circle.
            Form::Triangle => {
                let (r, root) = ((PI / 3.0_f64.sqrt() / 3.0).sqrt(), 3.0_f64.sqrt() / 2.0);
                -y <= r && y / 2.0 + root * x <= r && y / 2.0 - root * x <= r
            }
            // Five squares.
            Form::Cross => {
                let half = (PI / 5.0).sqrt() / 2.0;
                let (near, far) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
                near <= half && far <= 3.0 * half
            }
        }
    }

    /// The farthest point of any shape: a corner of the triangle, twice as far as its sides.
    const REACH: f64 = 1.556;
}

/// A shape in a picture.
struct Placed {
    form: Form,
    /// Of the disk with the same area, in pixels.
    radius: f64,
    centre: (f64, f64),
    /// Sine and cosine of the angle that it is turned by.
    turn: (f64, f64),
    /// Grey levels of the ground and the shape.
    ground: f64,
    level: f64,
}

impl Placed {
    fn drawn(form: Form, size: usize, draws: &mut Draws) -> Self {
        let size = size as f64;
        let mut between = |low: f64, high: f64| low + (high - low) * draws.uniform();
        let radius = size * between(0.15, 0.27);
        let margin = radius * Form::REACH;
        let centre = (between(margin, size - margin), between(margin, size - margin));
        let turn = sin_cos(between(0.0, TAU));
        let (dark, bright) = (between(20.0, 90.0), between(150.0, 230.0));
        let (ground, level) = if between(0.0, 1.0) < 0.5 { (dark, bright) } else { (bright, dark) };
        Self { form, radius, centre, turn, ground, level }
    }

    /// Appends the picture row by row, a pixel's level being the mean of 16 points in it.
    fn paint(&self, size: usize, noise: f64, draws: &mut Draws, pictures: &mut Vec<u8>) {
        for y in 0..size {
            for x in 0..size {
                let inside = self.share(x as f64, y as f64);
                let level = self.ground + (self.level - self.ground) * inside + noise * draws.normal();
                pictures.push(level.round().clamp(0.0, 255.0) as u8);
            }
        }
    }

    /// How much of a pixel is inside.
    fn share(&self, x: f64, y: f64) -> f64 {
        const STEPS: usize = 4;
        let at = |k: usize| (k as f64 + 0.5) / STEPS as f64;
        let points = (0..STEPS * STEPS).map(|k| (x + at(k % STEPS), y + at(k / STEPS)));
        points.filter(|(x, y)| self.holds(*x, *y)).count() as f64 / (STEPS * STEPS) as f64
    }

    fn holds(&self, x: f64, y: f64) -> bool {
        let (x, y) = ((x - self.centre.0) / self.radius, (y - self.centre.1) / self.radius);
        let (sin, cos) = self.turn;
        self.form.holds(cos * x + sin * y, cos * y - sin * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_have_the_same_area_and_stay_within_reach() {
        for (name, form) in SHAPES {
            let (steps, reach) = (1000, Form::REACH);
            let at = |k: usize| (2.0 * (k as f64 + 0.5) / steps as f64 - 1.0) * 2.0;
            let points = (0..steps * steps).map(|k| (at(k % steps), at(k / steps)));
            let inside: Vec<(f64, f64)> = points.filter(|(x, y)| form.holds(*x, *y)).collect();
            let area = inside.len() as f64 * (4.0 / steps as f64) * (4.0 / steps as f64);
            assert!((area - PI).abs() < 0.02, "{name}: {area}");
            assert!(inside.iter().all(|(x, y)| x.hypot(*y) <= reach), "{name}");
        }
    }
}
