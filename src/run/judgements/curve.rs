//! How the mean over T samples of dropout nears its limit: the error for every T, over disjoint sets of masks, beside weight scaling's
//! (Srivastava et al. 2014, figure 11).

use crate::run::{
    folder::trained::{Trained, TrainedError},
    judgements::held_out,
    predictions::{own_units, pass, sampling::Sampling},
    watch::Watch,
};
use crate::{
    data::Search,
    kernels::team::Team,
    math::Moments,
    memory::{self, product},
    model::{McDropout, Mean, laws::likeliest},
};

/// The error of the mean over `samples` samples: mean and standard deviation over the sets of masks.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct CurvePoint {
    pub samples: u32,
    pub error: f64,
    /// By the number of sets less one; NaN with one set.
    pub sd: f64,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Curve {
    pub part: &'static str,
    pub rows: usize,
    pub sets: u32,
    /// The error of one pass without dropout.
    pub weight_scaling: f64,
    /// For 1, 2, ... samples.
    pub points: Vec<CurvePoint>,
}

/// Shares of rows classified wrong by means over 1 to `samples` samples, for `sets` disjoint sets of masks, on the part that
/// [`audit`](super::audit::audit) takes.
///
/// # Errors
/// As `audit`; a net without classes.
pub fn curve(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
    samples: u32,
    sets: u32,
    (team, watch): (&Team, &Watch),
) -> Result<Curve, TrainedError> {
    let Some(classes) = net.model.output.kind.classes() else {
        return Err(TrainedError::Unfit(
            "the curve is one of classification errors: this net has no classes".into(),
        ));
    };
    let drawn = product(&[samples as usize, sets as usize]);
    if drawn > u64::from(u32::MAX) {
        return Err(TrainedError::Unfit(format!(
            "{sets} sets of {samples} samples are more than have numbers\nhelp: fewer sets, or fewer samples"
        )));
    }
    memory::check(drawn * size_of::<f64>() as u64)?;
    let (name, part) = held_out::first_rows_of_live(net, search, most)?;
    let observed = own_units::observed(net, &part);
    let wrong = |p: &[f64], row: usize| likeliest(p) != likeliest(&observed[row * classes..][..classes]);
    let scaled = pass::weight_scaling(net, &part, team)?;
    let rows = part.rows() as f64;
    let missed = scaled.chunks_exact(classes).enumerate().filter(|(row, p)| wrong(p, *row)).count();
    let mut errors = vec![vec![0.0; sets as usize]; samples as usize];
    watch.begin("rows sampled", part.rows() as u64 * u64::from(sets));
    for set in 0..sets {
        let drawn = McDropout { samples, seed: None, until: None };
        let sampling = Sampling::new(vec![net], &part, drawn, team).from(set * samples);
        sampling.watched().try_each_row(Mean::Arithmetic, |row, drawn| {
            let mut sums = vec![0.0; classes];
            for (sample, errors) in drawn.chunks_exact(classes).zip(&mut errors) {
                sums.iter_mut().zip(sample).for_each(|(sum, p)| *sum += f64::from(*p));
                errors[set as usize] += f64::from(u8::from(wrong(&sums, row))) / rows;
            }
            Ok::<(), TrainedError>(watch.step(1)?)
        })?;
    }
    let points = errors.iter().zip(1..).map(|(errors, samples)| point(samples, errors)).collect();
    Ok(Curve { part: name, rows: part.rows(), sets, weight_scaling: missed as f64 / rows, points })
}

fn point(samples: u32, errors: &[f64]) -> CurvePoint {
    let moments = Moments::of(errors.iter().copied());
    CurvePoint { samples, error: moments.mean, sd: moments.sample_variance().sqrt() }
}
