//! Why training may have gone astray: numbers of the data that are far from those a net begins with, else its steps.

use crate::{
    data::{Dataset, InputArray, Storage, Target},
    model::{Model, summary::number},
};

/// Parameters begin below 1. Numbers beyond this make gradients that no rate of learning suits: those of a squared error grow with the square
/// of the inputs.
const LARGE: f32 = 1000.0;

/// What usually cures it, as a line of help.
#[must_use]
pub fn cure(model: &Model, dataset: &Dataset) -> String {
    let settings = model.data.as_ref().map(|data| &data.settings);
    let normalize = settings.and_then(|settings| settings.normalize);
    let inputs = dataset.train.inputs.iter().map(|input| (input.name.as_str(), largest_input(input)));
    let target = match &dataset.train.target {
        Target::Real { data, .. } => largest(data),
        Target::Classes(_) | Target::Bits { .. } => 0.0,
    };
    let steps = "help: a smaller `lr`, or `clip_norm=1` on the optimizer, usually cures it";
    match inputs.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((name, reach)) if reach > LARGE => too_large(
            &format!("the input `{name}`"),
            reach,
            "normalize inputs",
            normalize.is_some_and(|normalize| normalize.inputs),
        ),
        _ if target > LARGE => too_large(
            "the target",
            target,
            "normalize target",
            normalize.is_some_and(|normalize| normalize.target),
        ),
        _ => steps.into(),
    }
}

fn too_large(what: &str, reach: f32, word: &str, is_normalized: bool) -> String {
    let reaches = match reach.is_finite() {
        true => {
            format!("{what} reaches {}, where a net begins with numbers below 1", number(f64::from(reach)))
        }
        false => format!("{what} holds numbers that are not finite in 32 bits"),
    };
    match is_normalized || !reach.is_finite() {
        true => format!("help: {reaches}: look for wrong values in the data"),
        false => format!("help: {reaches}: write `{word}` in `data`; a smaller `lr` does not cure that"),
    }
}

fn largest_input(input: &InputArray) -> f32 {
    match &input.data {
        Storage::F32(data) => largest(data),
        Storage::U8(_) => (255.0 * input.scale + input.shift).abs().max(input.shift.abs()),
    }
}

/// The largest size; infinite where a number is none.
fn largest(data: &[f32]) -> f32 {
    data.iter().fold(0.0, |most, x| if x.is_nan() { f32::INFINITY } else { x.abs().max(most) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_the_largest() {
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
        assert_eq!(largest(&[f32::NAN, 1.0]), f32::INFINITY);
        let pictures = Storage::U8(vec![0, 255]);
        let input =
            InputArray { name: "x".into(), shape: vec![2], data: pictures, scale: 2.0, shift: -600.0 };
        assert_eq!(largest_input(&input), 600.0);
    }
}
