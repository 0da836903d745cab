//! The way from the units of training back to a real target's own.
//!
//! Invariant: a net knows a number's distance from a level to seven digits, whatever the level, so distances and levels are added in 64 bits, at the end.

use serde::{Deserialize, Serialize};

use super::scaler::Curve;

/// Output `d` stands for `mean[d] + sd[d] * output`, or for the number whose logarithm that is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Units {
    pub mean: Vec<f64>,
    pub sd: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
}

impl Units {
    /// `outputs` numbers as they are.
    #[must_use]
    pub fn plain(outputs: usize) -> Self {
        Self { mean: vec![0.0; outputs], sd: vec![1.0; outputs], curve: None }
    }

    /// Whether 32-bit outputs are the numbers themselves, but for a level.
    pub fn are_those_of_training(&self) -> bool {
        self.curve.is_none() && self.sd.iter().all(|sd| *sd == 1.0)
    }

    /// Numbers of a row.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.sd.len().max(1)
    }

    fn mean(&self, d: usize) -> f64 {
        self.mean.get(d).copied().unwrap_or(0.0)
    }

    fn sd(&self, d: usize) -> f64 {
        self.sd.get(d).copied().unwrap_or(1.0)
    }

    /// What training sees of output `d`; no number where it has no logarithm and one is taken.
    #[must_use]
    pub fn seen(&self, d: usize, own: f64) -> f32 {
        let measured = self.curve.map_or(Some(own), |curve| curve.of(own)).unwrap_or(f64::NAN);
        ((measured - self.mean(d)) / self.sd(d)) as f32
    }

    /// Output `d` in the target's own units, as its distance from [`level`](Self::level).
    #[must_use]
    pub fn distance(&self, d: usize, x: f64) -> f64 {
        match self.curve {
            None => x * self.sd(d),
            Some(curve) => curve.back(self.mean(d) + x * self.sd(d)),
        }
    }

    /// What training sees of a distance: the way back from [`distance`](Self::distance).
    #[must_use]
    pub fn seen_of_distance(&self, d: usize, distance: f64) -> f64 {
        match self.curve {
            None => distance / self.sd(d),
            Some(curve) => (curve.of(distance).unwrap_or(f64::NAN) - self.mean(d)) / self.sd(d),
        }
    }

    /// What is to be added to distances: nothing where logarithms were taken.
    #[must_use]
    pub fn level(&self, d: usize) -> f64 {
        if self.curve.is_some() { 0.0 } else { self.mean(d) }
    }

    /// Output `d` in the target's own units.
    #[must_use]
    pub fn own(&self, d: usize, x: f64) -> f64 {
        self.level(d) + self.distance(d, x)
    }

    /// The shortest decimal number that training sees as `x`: what the data say, where they say it in as few digits as 32 bits hold.
    #[must_use]
    pub fn shortest(&self, d: usize, x: f32) -> f64 {
        let own = self.own(d, f64::from(x));
        let mut rounded = (0..17).filter_map(|digits| format!("{own:.digits$e}").parse().ok());
        rounded.find(|shorter| self.seen(d, *shorter) == x).unwrap_or(own)
    }

    /// By how much outputs differ in the target's own units that differ by `a` and `b` in those of training.
    #[must_use]
    pub fn difference(&self, d: usize, a: f64, b: f64) -> f64 {
        match self.curve {
            None => (a - b) * self.sd(d),
            Some(_) => self.distance(d, a) - self.distance(d, b),
        }
    }

    /// How long a unit of training is at this number of the target's own.
    #[must_use]
    pub fn length_at(&self, d: usize, own: f64) -> f64 {
        self.sd(d) * self.curve.map_or(1.0, |curve| curve.slope_back(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_data_say_is_found_again() {
        let scaled = Units { mean: vec![302.17], sd: vec![81.3], curve: None };
        for units in [
            scaled.clone(),
            Units { mean: vec![5.2], sd: vec![0.9], curve: Some(Curve::Log) },
            Units::plain(1),
        ] {
            for own in [461.0, 0.3, 302.17, 1e-3, 12_345.67] {
                assert_eq!(units.shortest(0, units.seen(0, own)), own, "{units:?}");
            }
        }
        assert_eq!(scaled.shortest(0, scaled.seen(0, -7.5)), -7.5);
    }

    #[test]
    fn logarithms_are_undone() {
        let units = Units { mean: vec![2.0], sd: vec![0.5], curve: Some(Curve::Log) };
        let seen = units.seen(0, 10.0);
        assert!((f64::from(seen) - (10.0_f64.ln() - 2.0) / 0.5).abs() < 1e-6);
        assert!((units.own(0, f64::from(seen)) - 10.0).abs() < 1e-5);
        assert!((units.seen_of_distance(0, 10.0) - f64::from(seen)).abs() < 1e-6);
        assert!(units.seen(0, 0.0).is_nan());
        let plus_one = Units { curve: Some(Curve::Log1p), ..units.clone() };
        assert!((plus_one.own(0, f64::from(plus_one.seen(0, 0.0)))).abs() < 1e-6);
        // A unit of training at a number is as long as the difference quotient says.
        for units in [units, plus_one] {
            let (x, step) = (0.3, 1e-6);
            let quotient = units.difference(0, x + step, x - step) / (2.0 * step);
            assert!((quotient / units.length_at(0, units.own(0, x)) - 1.0).abs() < 1e-6);
        }
    }
}
