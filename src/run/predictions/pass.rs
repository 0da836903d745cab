//! What a net says of rows in one pass, with every output checked before anything is made of it.

use std::ops::Range;

use crate::{
    data::Part,
    kernels::team::Team,
    run::{
        folder::trained::{Trained, TrainedError},
        predictions::own_units,
    },
    runtime::evaluate::Evaluator,
};

/// Outputs of a pass over rows, checked.
///
/// # Errors
/// A row of which the net says what is not a number; what code generation says.
pub(in crate::run) fn outputs(
    net: &Trained,
    evaluator: &mut Evaluator,
    part: &Part,
    team: &Team,
) -> Result<Vec<f32>, TrainedError> {
    let outputs = evaluator.outputs(part, &mut net.store()?, team, net.checkpoint.meta.seed)?;
    check_numbers(net, &outputs, net.model.output.kind.width(), 0)?;
    Ok(outputs)
}

/// The same a block of rows at a time, of which no more is held: `block` is given which rows they are and their outputs. Answers the sum
/// of their losses.
///
/// # Errors
/// As [`outputs`].
pub(in crate::run) fn each_block(
    net: &Trained,
    evaluator: &mut Evaluator,
    part: &Part,
    team: &Team,
    mut block: impl FnMut(Range<usize>, Vec<f32>),
) -> Result<f64, TrainedError> {
    let (width, seed) = (evaluator.width(), net.checkpoint.meta.seed);
    evaluator.each_block(part, &mut net.store()?, team, seed, |rows, outputs| {
        check_numbers(net, &outputs, width, rows.start)?;
        block(rows, outputs);
        Ok(())
    })
}

/// Refuses outputs that are none, or will be none in the target's own units: `width` numbers of each row, the first of which has this number.
///
/// # Errors
/// The first such row.
pub(in crate::run) fn check_numbers(
    net: &Trained,
    outputs: &[f32],
    width: usize,
    first: usize,
) -> Result<(), TrainedError> {
    let row = |at: usize| first + at / width + 1;
    if let Some(at) = outputs.iter().position(|x| !x.is_finite()) {
        return Err(TrainedError::Unfit(format!(
            "row {} (counted from 1): the net gives {}, which is no prediction\nhelp: 32-bit numbers end at 3.4e38; see whether the row's inputs are of the size of those that the net was trained on, and whether its weights have grown without bound",
            row(at),
            outputs[at],
        )));
    }
    match own_units::beyond(net, outputs) {
        None => Ok(()),
        Some(at) => Err(TrainedError::Unfit(format!(
            "row {} (counted from 1): the net gives {:e}, which 32-bit numbers do not hold in the target's own units\nhelp: they end at 3.4e38; see whether the row's inputs are of the size of those that the net was trained on, or write the target in a larger unit and train again",
            row(at),
            outputs[at],
        ))),
    }
}

/// Probabilities by weight scaling.
pub(in crate::run) fn weight_scaling(
    net: &Trained,
    part: &Part,
    team: &Team,
) -> Result<Vec<f64>, TrainedError> {
    let mut evaluator = Evaluator::predictor(&net.model, part)?;
    let outputs = self::outputs(net, &mut evaluator, part, team)?;
    let outputs: Vec<f64> = outputs.into_iter().map(f64::from).collect();
    Ok(own_units::of(net, net.model.output.kind.meaning(outputs)))
}
