//! Why training may have gone astray: numbers of the data that are far from those a net begins with, else its steps.

use crate::{
    data::{DataError, Dataset, Input, Numbers, Numeric, Observed, Part},
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
    let part = &dataset.train;
    // Of rows that can no longer be read nothing is said.
    let reach = |input: &Input| largest_input(part, input).unwrap_or(0.0);
    let inputs = part.inputs.iter().map(|input| (input.name.as_str(), reach(input)));
    let target = part.all_observed().map(|observed| match observed {
        Observed::Real(numbers) => largest(numbers),
        Observed::Class(_) | Observed::Bits(_) | Observed::Tokens(_) => 0.0,
    });
    let target = target.fold(0.0, f32::max);
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

fn largest_input(part: &Part, input: &Input) -> Result<f32, DataError> {
    if input.store.form().numeric == Numeric::U8 {
        return Ok((255.0 * input.scale + input.shift).abs().max(input.shift.abs()));
    }
    let mut most = 0.0_f32;
    part.each_row(input, |_, numbers| {
        if let Numbers::F32(row) = numbers {
            most = most.max(largest(row));
        }
        Ok(())
    })?;
    Ok(most)
}

/// The largest size; infinite where a number is none.
fn largest(data: &[f32]) -> f32 {
    data.iter().fold(0.0, |most, x| if x.is_nan() { f32::INFINITY } else { x.abs().max(most) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Storage, Target};

    #[test]
    fn what_is_no_number_is_the_largest() {
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
        assert_eq!(largest(&[f32::NAN, 1.0]), f32::INFINITY);
        let pictures = Input::held("x", &[2], Storage::U8(vec![0, 255]), (2.0, -600.0));
        let floats = Input::floats("x", &[1], vec![1.0, -7.0, 9.0]);
        let part = Part::of_first(1, vec![pictures, floats], Target::Classes(vec![0]));
        assert_eq!(largest_input(&part, &part.inputs[0]).unwrap(), 600.0);
        // Rows of other parts do not count.
        let two = Part::new([0, 1].into(), part.inputs.clone(), part.target.clone());
        assert_eq!(largest_input(&two, &two.inputs[1]).unwrap(), 7.0);
    }
}
