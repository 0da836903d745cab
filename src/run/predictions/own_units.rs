//! Outputs and targets in the target's own units, from its level.

use crate::{
    data::{Observed, Part, Units},
    run::folder::trained::Trained,
};

/// Numbers in the units of training in the target's own, from its level; probabilities as they are.
pub(in crate::run) fn of(net: &Trained, mut values: Vec<f64>) -> Vec<f64> {
    if let Some(units) = net.checkpoint.meta.transform.target.units() {
        for row in values.chunks_mut(units.outputs()) {
            row.iter_mut().enumerate().for_each(|(d, x)| *x = units.distance(d, *x));
        }
    }
    values
}

/// Whether means of what training sees are not those of the target's own numbers.
pub(in crate::run) fn are_curved(net: &Trained) -> bool {
    net.checkpoint.meta.transform.target.units().is_some_and(|units| units.curve.is_some())
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
    if target.units().is_none_or(Units::are_those_of_training) && !kind.says_spread() {
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
