//! Outputs and targets in the target's own units, from its level.

use crate::{
    data::{Observed, Part, TargetRule},
    run::folder::trained::Trained,
};

/// Numbers in the units of training in the target's own, from its level; probabilities as they are.
pub(in crate::run) fn of(net: &Trained, mut values: Vec<f64>) -> Vec<f64> {
    if let TargetRule::Real { sd, .. } = &net.checkpoint.meta.transform.target {
        values.iter_mut().zip(sd.iter().cycle()).for_each(|(x, sd)| *x *= sd);
    }
    values
}

/// What was observed, `[rows, width]`: one-hot classes, bits, numbers in their own units from the target's level.
pub(in crate::run) fn observed(net: &Trained, part: &Part) -> Vec<f64> {
    let k = net.model.output.kind.width();
    let row = |observed: Observed<'_>| -> Vec<f64> {
        match observed {
            Observed::Class(class) => one_hot(class as usize, k).collect(),
            Observed::Tokens(tokens) => {
                let vocab = net.model.output.kind.outputs();
                tokens.iter().flat_map(|token| one_hot(*token as usize, vocab)).collect()
            }
            Observed::Bits(bits) => bits.iter().map(|x| f64::from(*x)).collect(),
            Observed::Real(numbers) => of(net, numbers.iter().map(|x| f64::from(*x)).collect()),
        }
    };
    part.all_observed().flat_map(row).collect()
}

fn one_hot(class: usize, classes: usize) -> impl Iterator<Item = f64> {
    (0..classes).map(move |c| f64::from(u8::from(c == class)))
}

/// The first of these outputs that is no number in the target's own units.
pub(in crate::run) fn beyond(net: &Trained, outputs: &[f32]) -> Option<usize> {
    let (kind, target) = (net.model.output.kind, &net.checkpoint.meta.transform.target);
    if target.units().iter().all(|unit| *unit == 1.0) && !kind.says_spread() {
        return None;
    }
    let mut own = Vec::with_capacity(kind.width());
    outputs.chunks_exact(kind.width()).enumerate().find_map(|(row, raw)| {
        own.clear();
        own.extend_from_slice(raw);
        kind.to_units(&mut own, target);
        own.iter().position(|x| !x.is_finite()).map(|at| row * kind.width() + at)
    })
}
