//! What the mean of all sub-networks says of each row.

use crate::{
    data::Part,
    kernels::team::Team,
    model::Mean,
    run::{
        exact::{Effort, ExactMeans, NotEnumerated, exact_means},
        folder::trained::{Trained, TrainedError},
        predictions::{own_units, pass},
        watch::Watch,
    },
};

/// As one net would predict: probabilities, or numbers from the target's level.
pub(in crate::run) fn outputs(
    trained: &Trained,
    part: &Part,
    mean: Mean,
    team: &Team,
) -> Result<Vec<f32>, TrainedError> {
    let exact = means(trained, part, team)?;
    own_singles(trained, if mean == Mean::Arithmetic { exact.arithmetic } else { exact.geometric })
}

/// The same with logits instead of probabilities.
pub(in crate::run) fn logits(
    trained: &Trained,
    part: &Part,
    mean: Mean,
    team: &Team,
) -> Result<Vec<f32>, TrainedError> {
    let exact = means(trained, part, team)?;
    let arithmetic = mean == Mean::Arithmetic;
    own_singles(trained, if arithmetic { exact.arithmetic_outputs } else { exact.geometric_outputs })
}

fn means(trained: &Trained, part: &Part, team: &Team) -> Result<ExactMeans, TrainedError> {
    trained.answers_once("an exact mean")?;
    if trained.model.output.kind.says_spread() {
        let why = "a `normal` output says a distribution: there is no exact mean of it in this version\nhelp: `--samples` or `--ensemble` average sampled sub-networks";
        return Err(TrainedError::Unfit(why.into()));
    }
    let exact = match own_units::are_curved(trained) {
        true => Err(NotEnumerated::OfLogarithms),
        false => exact_means(
            &trained.model,
            part,
            &trained.store()?,
            Effort::usual(team.threads()),
            &Watch::default(),
        ),
    };
    exact.map_err(|why| match why {
        NotEnumerated::Unread(error) => TrainedError::Data(error),
        why => TrainedError::Unfit(format!("no exact mean: {why}")),
    })
}

fn own_singles(trained: &Trained, values: Vec<f64>) -> Result<Vec<f32>, TrainedError> {
    let plain: Vec<f32> = values.iter().map(|x| *x as f32).collect();
    pass::check_numbers(trained, &plain, trained.model.output.kind.width(), 0)?;
    Ok(own_units::of(trained, values).into_iter().map(|x| x as f32).collect())
}
