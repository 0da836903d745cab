//! Known answers, computed once by a separate program over plain integers, and statistics with bounds of four standard errors or beyond.

use crate::{
    draws::{
        RateError, draw_place, draw16, dropped_high, dropped_low, fnv1a64, halves, hash32, kept, mix64,
        normal, predict_stream, quantise, row_key, scale, site_key, threshold, train_stream,
    },
    math::Scalar32,
};

const SITE: u64 = 0x4bc6_064f_37a8_92da; // "h1/dropout"
const STREAM: u64 = 0xf91b_46ef_3bc0_3470; // seed 42, epoch 3
const ROW: u64 = 0xf9ab_3292_544f_f2f9; // position 7

fn hash(row: u64, j: u32) -> u32 {
    let [low, high] = halves(row);
    hash32(&mut Scalar32 { fma: false }, low, high, j.cast_signed()).cast_unsigned()
}

#[test]
fn known_answers_of_keys() {
    assert_eq!([mix64(0), mix64(1), mix64(u64::MAX)], [0, 0x5692_161d_100b_05e5, 0xb4d0_55fc_f2cb_bd7b]);
    assert_eq!(mix64(0x9E37_79B9_7F4A_7C15), 0xe220_a839_7b1d_cdaf);
    assert_eq!(fnv1a64(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a64("foobar"), 0x8594_4171_f739_67e8);
    assert_eq!(site_key("h1/dropout"), SITE);
    assert_eq!(train_stream(42, SITE, 3), STREAM);
    assert_eq!(predict_stream(42, SITE, 3), 0x9938_d0a3_bfb8_fb61);
    assert_eq!(row_key(STREAM, 7), ROW);
    assert_eq!(row_key(STREAM, 0), 0x0005_bba8_a7ae_95a7);
    assert_eq!(row_key(STREAM, 1 << 40), 0x7f74_8da8_10c4_853b);
}

#[test]
fn known_answers_of_draws() {
    let got = [0, 1, 2, 3, 4, 1000, u32::MAX].map(|j| hash(ROW, j));
    assert_eq!(
        got,
        [0xaa1b_8144, 0xd4fe_e42d, 0x86df_2f62, 0xd06a_7ab1, 0xf5b0_b6b0, 0x9be2_5ebf, 0x540d_64d8]
    );
    assert_eq!([hash(0, 0), hash(1, 0), hash(1 << 32, 0)], [0, 0x06d3_fa73, 0xd35b_8b23]);
    let got: Vec<u16> = (0..16).map(|u| draw16(ROW, u)).collect();
    let want = [
        324, 25645, 44898, 64177, 10779, 21758, 1759, 20586, 14000, 18030, 45990, 38936, 30128, 14090, 60158,
        33401,
    ];
    assert_eq!(got, want);
    assert_eq!((draw16(ROW, 784), draw16(ROW, u32::MAX)), (38562, 51416));
    let mask = |q| (0..64).fold(0_u64, |bits, u| bits | u64::from(kept(ROW, u, q)) << u);
    assert_eq!((mask(32768), mask(13107)), (0x587a_887e_89fa_cc0c, 0xfeff_f9ff_effb_ffae));
}

#[test]
fn known_answers_of_normals() {
    // The quantile of the normal distribution at the same points, from another implementation, in double precision.
    let want = [0.424_727_07, 0.962_156_02, 0.067_336_3, 0.893_199_26, 1.747_534_93, 0.568_075_65];
    for (u, want) in (0..).zip(want) {
        for fma in [false, true] {
            let got = f64::from(normal(ROW, u, fma));
            assert!((got - want).abs() < 4e-7, "{u}: {got} {want}");
        }
    }
}

#[test]
fn rates() {
    assert_eq!(quantise(0.0), Ok(0));
    assert_eq!(quantise(0.5), Ok(32768));
    assert_eq!(quantise(0.2), Ok(13107));
    assert_eq!(quantise(0.99999), Ok(65535));
    assert_eq!(quantise(0.999_999), Err(RateError::AllDropped(0.999_999)));
    assert!(matches!(quantise(1.0), Err(RateError::Range(_))));
    assert!(matches!(quantise(-0.1), Err(RateError::Range(_))));
    assert!(matches!(quantise(f64::NAN), Err(RateError::Range(_))));
    assert_eq!((scale(0), scale(32768), scale(65535)), (1.0, 2.0, 65536.0));
    assert!((0..1000).all(|u| kept(ROW, u, 0)));
}

#[test]
fn lane_comparisons_agree_with_draws() {
    let mut a = Scalar32 { fma: false };
    for q in [0, 1, 2, 13107, 32767, 32768, 32769, 65534, 65535] {
        for unit in 0..4096 {
            let (j, low) = draw_place(unit);
            let h = hash(ROW, j).cast_signed();
            let dropped = if low {
                dropped_low(&mut a, h, threshold(q))
            } else {
                dropped_high(&mut a, h, threshold(q))
            };
            assert_eq!(dropped, !kept(ROW, unit, q));
        }
    }
}

/// Masks of several seeds, sites, epochs, rows and units, as +-1 about the mean: the sample of every test of independence.
const SEEDS: usize = 2;
const SITES: usize = 3;
const EPOCHS: usize = 4;
const ROWS: usize = 64;
const UNITS: usize = 384;

fn row_of(seed: usize, site: usize, epoch: usize, row: usize) -> u64 {
    let site = site_key(&format!("layer{site}/dropout"));
    row_key(train_stream(seed as u64, site, epoch as u64), row as u64)
}

fn masks(q: u32) -> Vec<bool> {
    let mut all = Vec::with_capacity(SEEDS * SITES * EPOCHS * ROWS * UNITS);
    for seed in 0..SEEDS {
        for site in 0..SITES {
            for epoch in 0..EPOCHS {
                for row in 0..ROWS {
                    let key = row_of(seed, site, epoch, row);
                    all.extend((0..UNITS as u32).map(|u| kept(key, u, q)));
                }
            }
        }
    }
    all
}

#[test]
fn keep_rate_along_every_coordinate() {
    let strides = [("seed", SITES * EPOCHS * ROWS * UNITS, SEEDS), ("site", EPOCHS * ROWS * UNITS, SITES)];
    let strides = strides.into_iter().chain([
        ("epoch", ROWS * UNITS, EPOCHS),
        ("row", UNITS, ROWS),
        ("unit", 1, UNITS),
    ]);
    let strides: Vec<_> = strides.collect();
    for q in [6554, 32768, 52429] {
        let all = masks(q);
        let keep = 1.0 - f64::from(q) / 65536.0;
        for &(name, stride, count) in &strides {
            let mut kept = vec![0_u32; count];
            for (i, keep) in all.iter().enumerate() {
                kept[i / stride % count] += u32::from(*keep);
            }
            let size = (all.len() / count) as f64;
            let error = (keep * (1.0 - keep) / size).sqrt();
            for (value, kept) in kept.iter().enumerate() {
                let rate = f64::from(*kept) / size;
                assert!(
                    (rate - keep).abs() < 4.0 * error,
                    "{name} {value}, q {q}: {rate}, not {keep} +- {error}"
                );
            }
        }
    }
}

#[test]
fn neighbours_are_uncorrelated() {
    let steps = [
        ("unit", 1, UNITS),
        ("two units", 2, UNITS),
        ("half", 4, UNITS),
        ("eight", 8, UNITS),
        ("row", UNITS, UNITS * ROWS),
        ("epoch", UNITS * ROWS, UNITS * ROWS * EPOCHS),
        ("site", UNITS * ROWS * EPOCHS, UNITS * ROWS * EPOCHS * SITES),
        ("seed", UNITS * ROWS * EPOCHS * SITES, usize::MAX),
    ];
    for q in [6554, 32768, 52429] {
        let all = masks(q);
        let keep = 1.0 - f64::from(q) / 65536.0;
        let centred = |i: usize| f64::from(u8::from(all[i])) - keep;
        for (name, step, period) in steps {
            let pairs: Vec<usize> = (0..all.len() - step).filter(|i| i % period + step < period).collect();
            let covariance =
                pairs.iter().map(|&i| centred(i) * centred(i + step)).sum::<f64>() / pairs.len() as f64;
            let correlation = covariance / (keep * (1.0 - keep));
            let bound = 4.0 / (pairs.len() as f64).sqrt();
            assert!(correlation.abs() < bound, "{name}, q {q}: {correlation} beyond {bound}");
        }
    }
}

/// The statistic's distance from its mean, in standard deviations (chi-square of many cells is nearly normal).
fn chi_square(counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().map(|c| f64::from(*c)).sum();
    let expected = total / counts.len() as f64;
    let chi: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
    let freedom = counts.len() as f64 - 1.0;
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn draws_are_uniform() {
    // 2^20 draws over rows and units: all 16 bits at once, and each nibble.
    let mut words = vec![0_u32; 65536];
    let mut nibbles = [[0_u32; 16]; 4];
    let mut bits = [0_u32; 16];
    for row in 0..1024 {
        let key = row_key(STREAM, row);
        for unit in 0..1024 {
            let draw = draw16(key, unit);
            words[usize::from(draw)] += 1;
            for (n, counts) in nibbles.iter_mut().enumerate() {
                counts[usize::from(draw >> (4 * n) & 15)] += 1;
            }
            for (b, count) in bits.iter_mut().enumerate() {
                *count += u32::from(draw >> b & 1);
            }
        }
    }
    assert!(chi_square(&words).abs() < 4.0, "{}", chi_square(&words));
    for counts in &nibbles {
        assert!(chi_square(counts).abs() < 4.0, "{counts:?}");
    }
    for count in bits {
        let half = f64::from(1 << 19);
        assert!((f64::from(count) - half).abs() < 4.0 * (half / 2.0).sqrt(), "{bits:?}");
    }
}

#[test]
fn serial_correlation_of_draws() {
    for lag in 1..=16 {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for row in 0..512 {
            let key = row_key(STREAM, row);
            let draws: Vec<f64> =
                (0..512).map(|u| (f64::from(draw16(key, u)) + 0.5) / 65536.0 - 0.5).collect();
            sum += draws.iter().zip(&draws[lag..]).map(|(a, b)| a * b).sum::<f64>();
            pairs += (512 - lag) as f64;
        }
        let correlation = sum / pairs * 12.0;
        assert!(correlation.abs() < 4.0 / f64::sqrt(pairs), "lag {lag}: {correlation}");
    }
}

#[test]
fn every_bit_of_every_coordinate_reaches_every_draw_bit() {
    let hash_at =
        |seed, epoch, position, unit| hash(row_key(train_stream(seed, SITE, epoch), position), unit);
    for bit in 0..64 {
        let flip = 1_u64 << bit;
        let mut flips = [[0_u32; 32]; 3];
        for trial in 0..1024 {
            let unit = (trial % 97) as u32;
            let plain = hash_at(1, 2, trial, unit);
            let others = [
                hash_at(1 ^ flip, 2, trial, unit),
                hash_at(1, 2 ^ flip, trial, unit),
                hash_at(1, 2, trial ^ flip, unit),
            ];
            for (counts, other) in flips.iter_mut().zip(others) {
                for (b, count) in counts.iter_mut().enumerate() {
                    *count += (plain ^ other) >> b & 1;
                }
            }
        }
        // 6144 rates are looked at: five standard errors.
        let worst = flips.iter().flatten().map(|c| (f64::from(*c) / 1024.0 - 0.5).abs()).fold(0.0, f64::max);
        assert!(worst < 5.0 * 0.5 / 32.0, "bit {bit}: {worst}");
    }
}

#[test]
fn normals_are_normal() {
    let n = 1 << 17;
    let mut z: Vec<f64> = Vec::with_capacity(n);
    for row in 0..256 {
        let key = row_key(STREAM, row);
        z.extend((0..512).map(|u| f64::from(normal(key, u, true))));
    }
    let count = n as f64;
    let mean = z.iter().sum::<f64>() / count;
    let moment = |k: i32| z.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / count;
    let (variance, skew, kurtosis) =
        (moment(2), moment(3) / moment(2).powf(1.5), moment(4) / moment(2).powi(2));
    assert!(mean.abs() < 4.0 / count.sqrt(), "{mean}");
    assert!((variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "{variance}");
    assert!(skew.abs() < 4.0 * (6.0 / count).sqrt(), "{skew}");
    assert!((kurtosis - 3.0).abs() < 4.0 * (24.0 / count).sqrt(), "{kurtosis}");
    // Kolmogorov and Smirnov's distance; 1.95 / sqrt(n) is its 0.1 % point.
    z.sort_by(f64::total_cmp);
    let distance = z
        .iter()
        .enumerate()
        .map(|(i, x)| (cumulative(*x) - (i as f64 + 0.5) / count).abs())
        .fold(0.0, f64::max);
    assert!(distance * count.sqrt() < 1.95, "{distance}");
}

/// The normal distribution function by Simpson's rule from 0, to 1e-9.
fn cumulative(x: f64) -> f64 {
    let steps = 64;
    let h = x / f64::from(steps);
    let density = |t: f64| (-0.5 * t * t).exp() / std::f64::consts::TAU.sqrt();
    let sum = (1..steps).map(|i| density(f64::from(i) * h) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum::<f64>();
    0.5 + (sum + density(0.0) + density(x)) * h / 3.0
}
