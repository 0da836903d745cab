//! Samples until they are enough: until no row's mean is more uncertain than was asked for.
//!
//! Every `min` samples of each row the standard errors of all means are looked at. All rows have equally many samples. Where there are too
//! many to keep, they are drawn again once their number is known.

use crate::run::{
    folder::trained::TrainedError,
    predictions::sampling::{Drawn, KEPT, Sampling, Voice},
};
use crate::{math::Running, model::Until};

/// The samples so far of each row's outputs.
struct Looked {
    each: Vec<Running>,
    /// Numbers of a sample, and how many of them are outputs with a mean.
    width: usize,
    outputs: usize,
}

impl Sampling<'_> {
    /// As [`each_row`](Sampling::each_row), with no more samples than needed. What has to settle are probabilities, also where the samples
    /// are `logits`.
    pub(in crate::run) fn until_settled<E: From<TrainedError>>(
        &self,
        voices: &mut [Voice<'_>],
        until: Until,
        logits: bool,
        mut row: impl FnMut(usize, &[f32]) -> Result<(), E>,
    ) -> Result<Drawn, E> {
        let mut looked = Looked::new(self);
        let mut looks: Vec<Vec<f32>> = Vec::new();
        let mut kept = true;
        let (mut drawn, mut standard_error) = (0, f64::INFINITY);
        while drawn < self.count && standard_error > until.standard_error {
            let more = until.min.min(self.count - drawn);
            let mut look = Vec::new();
            let mut each = |at: usize, samples: &[f32]| {
                let mut seen = self.together(samples, logits);
                if logits {
                    self.kind().interpret(seen.to_mut(), self.target());
                }
                looked.add(at, &seen);
                if kept {
                    look.extend_from_slice(samples);
                }
                Ok::<(), E>(())
            };
            self.each(voices, self.first + drawn..self.first + drawn + more, &mut each)?;
            drawn += more;
            standard_error = looked.largest_standard_error();
            looks.push(look);
            if looks.iter().map(Vec::len).sum::<usize>() > KEPT {
                (kept, looks) = (false, Vec::new());
            }
        }
        match kept {
            true => deliver(&looks, self.part.rows(), &mut row)?,
            false => self.each(voices, self.first..self.first + drawn, &mut row)?,
        }
        Ok(Drawn { samples: drawn, standard_error: Some(standard_error) })
    }
}

/// Gives each row its samples of all looks.
fn deliver<E>(
    looks: &[Vec<f32>],
    rows: usize,
    row: &mut impl FnMut(usize, &[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let mut samples = Vec::new();
    for at in 0..rows {
        samples.clear();
        for look in looks {
            let each = look.len() / rows;
            samples.extend_from_slice(&look[at * each..(at + 1) * each]);
        }
        row(at, &samples)?;
    }
    Ok(())
}

impl Looked {
    fn new(sampling: &Sampling<'_>) -> Self {
        let kind = sampling.kind();
        let (width, outputs) = (kind.width(), kind.outputs());
        Self { each: vec![Running::default(); sampling.part.rows() * outputs], width, outputs }
    }

    /// More samples of a row, `[samples, width]`.
    fn add(&mut self, at: usize, samples: &[f32]) {
        let own = &mut self.each[at * self.outputs..(at + 1) * self.outputs];
        for sample in samples.chunks_exact(self.width) {
            own.iter_mut().zip(sample).for_each(|(running, x)| running.add(f64::from(*x)));
        }
    }

    /// Of the means; of one sample nothing is known.
    fn largest_standard_error(&self) -> f64 {
        let each = self.each.iter().map(|running| running.moments().standard_error());
        each.map(|error| if error.is_nan() { f64::INFINITY } else { error }).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernels::team::Team,
        model::{McDropout, Mean},
        run::rig::{ROWS, part, trained},
    };

    const NET: &str = "dense 6 -> relu -> dropout 0.5\n  dense 3";

    fn drawn(mc: McDropout) -> (Vec<Vec<f32>>, Option<Drawn>) {
        let (trained, part, team) = (trained(NET), part(), Team::new(1));
        let mut rows = Vec::new();
        let sampling = Sampling::new(vec![&trained], &part, mc, &team);
        let drawn = sampling.each_row(Mean::Arithmetic, |_, samples| rows.push(samples.to_vec()));
        (rows, drawn.unwrap())
    }

    fn standard_error(rows: &[Vec<f32>]) -> f64 {
        let of = |row: &Vec<f32>| crate::runtime::predictive::classes(row, 3).standard_error;
        rows.iter().map(of).fold(0.0, f64::max)
    }

    #[test]
    fn samples_stop_at_the_first_look_that_is_good_enough() {
        let goal = 0.02;
        let until = Some(Until { standard_error: goal, min: 10 });
        let (rows, stopped) = drawn(McDropout { samples: 5000, seed: Some(3), until });
        let stopped = stopped.unwrap();
        let count = stopped.samples as usize;
        assert_eq!((rows.len(), count % 10), (ROWS, 0));
        assert!(count > 20 && count < 5000, "{count}");
        assert!(rows.iter().all(|row| row.len() == 3 * count));
        assert!((standard_error(&rows) - stopped.standard_error.unwrap()).abs() < 1e-6);
        assert!(standard_error(&rows) <= goal);
        let before: Vec<Vec<f32>> = rows.iter().map(|row| row[..3 * (count - 10)].to_vec()).collect();
        assert!(standard_error(&before) > goal);
        // The same samples as if their number had been known.
        let fixed = McDropout { samples: stopped.samples, seed: Some(3), until: None };
        assert_eq!(drawn(fixed).0, rows);
    }

    /// What has to settle is the same, whether probabilities are asked for or logits.
    #[test]
    fn logits_stop_where_probabilities_do() {
        let (trained, part, team) = (trained(NET), part(), Team::new(1));
        let until = Some(Until { standard_error: 0.02, min: 10 });
        let mc = McDropout { samples: 5000, seed: Some(3), until };
        let count = |logits: bool| {
            let sampling = Sampling::new(vec![&trained], &part, mc, &team);
            let found = match logits {
                true => sampling.each_row_of_logits(|_, _| ()),
                false => sampling.each_row(Mean::Arithmetic, |_, _| ()),
            };
            found.unwrap().unwrap().samples
        };
        assert_eq!(count(true), count(false));
    }

    #[test]
    fn there_are_no_more_than_the_most() {
        let until = Some(Until { standard_error: 1e-9, min: 20 });
        let (rows, stopped) = drawn(McDropout { samples: 50, seed: None, until });
        let stopped = stopped.unwrap();
        assert_eq!((stopped.samples, rows[0].len()), (50, 150));
        assert!(stopped.standard_error.unwrap() > 1e-9);
    }
}
