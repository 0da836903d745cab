//! The operations that policies choose among: torchvision's lists, by strengths in 31 steps.

use super::{
    Fill, Map,
    draw::Draw,
    picture::{Picture, Size},
    rotate::turned,
};

/// Steps of a strength, 0 to 30.
pub const STEPS: usize = 31;

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    Autocontrast,
    Equalize,
}

impl Op {
    pub const ALL: [Op; 14] = [
        Op::Identity,
        Op::ShearX,
        Op::ShearY,
        Op::TranslateX,
        Op::TranslateY,
        Op::Rotate,
        Op::Brightness,
        Op::Color,
        Op::Contrast,
        Op::Sharpness,
        Op::Posterize,
        Op::Solarize,
        Op::Autocontrast,
        Op::Equalize,
    ];

    /// Whether its strength goes both ways.
    fn is_signed(self) -> bool {
        !matches!(self, Op::Identity | Op::Posterize | Op::Solarize | Op::Autocontrast | Op::Equalize)
    }
}

/// The largest strengths of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Slope of a shear.
    pub shear: f64,
    /// Places of a picture with these sides.
    pub translate: fn(Size) -> [f64; 2],
    /// Degrees.
    pub rotate: f64,
    /// Distance of a factor from 1.
    pub colors: f64,
    /// Bits that are taken away.
    pub bits: f64,
}

impl Most {
    /// Applies an operation at a step of strength; the sign is drawn.
    pub fn apply(&self, op: Op, step: f64, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        let share = step / (STEPS as f64 - 1.0);
        // Drawn though it should not be needed, so that the next draws stay where they are.
        let sign = if draw.below(2) == 1 && op.is_signed() { -1.0 } else { 1.0 };
        let (signed, size) = (sign * share, picture.size);
        let factor = (1.0 + signed * self.colors) as f32;
        let [down, right] = (self.translate)(size);
        let mut moved = |map: Map| picture.moved(&map, Fill::Black);
        match op {
            Op::Identity => {}
            // About the corner, as torchvision has it.
            Op::ShearX => moved(Map { size, y: [1.0, 0.0, 0.0], x: [signed * self.shear, 1.0, 0.0] }),
            Op::ShearY => moved(Map { size, y: [1.0, signed * self.shear, 0.0], x: [0.0, 1.0, 0.0] }),
            Op::TranslateX => moved(Map::window(size, 0.0, -(signed * right).trunc())),
            Op::TranslateY => moved(Map::window(size, -(signed * down).trunc(), 0.0)),
            Op::Rotate => moved(turned(size, signed * self.rotate)),
            Op::Brightness => picture.colored(|colors| colors.brightness(factor)),
            Op::Color => picture.colored(|colors| colors.saturation(factor)),
            Op::Contrast => picture.colored(|colors| colors.contrast(factor)),
            Op::Sharpness => picture.colored(|colors| colors.sharpness(factor)),
            Op::Posterize => {
                let bits = (8.0 - (share * self.bits).round_ties_even()) as u32;
                picture.colored(|colors| colors.posterize(bits));
            }
            Op::Solarize => {
                picture.colored(|colors| colors.solarize((1.0 - share) as f32 * super::colors::WHITE))
            }
            Op::Autocontrast => picture.colored(|colors| colors.autocontrast()),
            Op::Equalize => picture.colored(|colors| colors.equalize()),
        }
    }
}
