//! Student's t distribution: how far a mean of few numbers may lie from its expectation, in standard errors.

use std::f64::consts::LN_2;

/// The number of standard errors below which a share of means lies, with so many degrees of freedom (any positive number); of a share in (0, 1).
#[must_use]
pub fn student_quantile(share: f64, freedom: f64) -> f64 {
    if share < 0.5 {
        return -student_quantile(1.0 - share, freedom);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while student_below(high, freedom) < share && high < 1e300 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if student_below(middle, freedom) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The share of a t distribution below `t`.
fn student_below(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(0.5 * freedom, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The regularised incomplete beta function `I_x(a, b)`, by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast on this side of the mean; the other side is its mirror image.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let log_front = a * x.ln() + b * (-x).ln_1p() - log_beta(a, b);
    log_front.exp() / a * fraction(a, b, x)
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The continued fraction of the incomplete beta function, by the method of Lentz (1976).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut d = away(1.0 - (a + b) * x / (a + 1.0)).recip();
    let (mut c, mut value) = (1.0, d);
    for m in 1..=1000 {
        let m = f64::from(m);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = away(1.0 + term * d).recip();
            c = away(1.0 + term / c);
            value *= d * c;
        }
        if (d * c - 1.0).abs() < f64::EPSILON * LN_2 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of Student (1908) as every book prints it.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (share, freedom, expected) in [
            (0.975, 1.0, 12.706),
            (0.975, 2.0, 4.303),
            (0.975, 4.0, 2.776),
            (0.975, 9.0, 2.262),
            (0.975, 30.0, 2.042),
            (0.975, 120.0, 1.980),
            (0.95, 5.0, 2.015),
            (0.995, 10.0, 3.169),
        ] {
            let found = student_quantile(share, freedom);
            assert!((found - expected).abs() < 6e-4, "{share} {freedom}: {found}");
        }
        // Many degrees of freedom are the normal distribution, one is Cauchy's.
        assert!((student_quantile(0.975, 1e7) - 1.959_964).abs() < 1e-5);
        let cauchy = (std::f64::consts::PI * 0.4).tan();
        assert!((student_quantile(0.9, 1.0) - cauchy).abs() < 1e-9);
        assert!((student_quantile(0.1, 1.0) + cauchy).abs() < 1e-9);
        assert!(student_quantile(0.5, 3.0).abs() < 1e-9);
    }
}
