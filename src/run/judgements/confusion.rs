//! What rows of each class were taken for: the confusion matrix, and precision, recall and F1 of each class; of bits the same of each bit.

use serde::Serialize;

use crate::{
    data::{Observed, Part},
    kernels::team::Team,
    model::{Predict, PredictMode},
    run::{folder::trained::TrainedError, predictions::committee::Committee},
};

/// Of one part of the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    pub part: &'static str,
    pub rows: usize,
    /// Row by row what was observed, column by column what was predicted, in the order of the classes; of bits empty.
    pub counts: Vec<Vec<u64>>,
    pub by_class: Vec<OfClass>,
}

/// What became of one class or bit; figures are NaN where there is nothing to divide by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfClass {
    pub class: String,
    /// Observed rows.
    pub rows: u64,
    pub predicted: u64,
    pub hits: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl OfClass {
    fn new(class: String, hits: u64, predicted: u64, rows: u64) -> Self {
        let share = |part: u64, whole: u64| if whole == 0 { f64::NAN } else { part as f64 / whole as f64 };
        Self {
            class,
            rows,
            predicted,
            hits,
            precision: share(hits, predicted),
            recall: share(hits, rows),
            f1: share(2 * hits, predicted + rows),
        }
    }
}

/// Predicts the rows of a part and holds them against what was observed.
///
/// # Errors
/// A net without classes or bits; what prediction says.
pub fn confusion(
    committee: &Committee,
    name: &'static str,
    part: &Part,
    mode: PredictMode,
    team: &Team,
) -> Result<Confusion, TrainedError> {
    let first = committee.first();
    let (kind, predict) = (first.model.output.kind, &first.model.predict);
    if !kind.has_probabilities() || kind.steps().is_some() {
        return Err(TrainedError::Unfit(
            "a confusion matrix is of classes or bits: this net predicts neither".into(),
        ));
    }
    let how = Predict { mode, ..predict.clone() };
    let width = kind.width();
    let (mut counts, mut bits) = (vec![vec![0; width]; width], vec![[0_u64; 3]; width]);
    let (mut names, mut done) = (Vec::new(), 0);
    committee.predict_part(part, &how, team, |block| {
        names = block.names(width);
        for row in block.rows() {
            match part.observed(done) {
                Observed::Class(class) => counts[class as usize][likeliest(row)] += 1,
                Observed::Bits(observed) => {
                    for ((count, p), y) in bits.iter_mut().zip(row).zip(observed) {
                        let (said, is) = (*p > 0.5, *y > 0.5);
                        let found = [said && is, said, is].map(u64::from);
                        count.iter_mut().zip(found).for_each(|(count, found)| *count += found);
                    }
                }
                Observed::Real(_) | Observed::Tokens(_) => {}
            }
            done += 1;
        }
        Ok::<(), TrainedError>(())
    })?;
    let of_bits = kind.classes().is_none();
    let by_class = names.into_iter().enumerate().map(|(k, class)| match of_bits {
        true => OfClass::new(class, bits[k][0], bits[k][1], bits[k][2]),
        false => {
            let predicted = counts.iter().map(|row| row[k]).sum();
            OfClass::new(class, counts[k][k], predicted, counts[k].iter().sum())
        }
    });
    let by_class = by_class.collect();
    Ok(Confusion {
        part: name,
        rows: part.rows(),
        counts: if of_bits { Vec::new() } else { counts },
        by_class,
    })
}

/// The first of the largest.
fn likeliest(row: &[f64]) -> usize {
    row.iter().enumerate().fold(0, |best, (k, p)| if *p > row[best] { k } else { best })
}
