//! What statements ask of the training rows: means and deviations of channels, and the net's units.

use crate::{
    data::{DataError, Input, Numbers, Numeric, Part, RowBuffer},
    math::Running,
};

/// How much of each channel's numbers is 1 to the net.
pub(super) fn unit(input: &Input, channels: usize) -> Vec<f32> {
    let of = |scale: f64| if scale == 0.0 { 0.0 } else { (1.0 / scale.abs()) as f32 };
    let Some(raw) = &input.raw else { return vec![of(f64::from(input.scale)); channels] };
    let pairs = &raw.rule.pairs;
    // Of a pair an element, that of the channel's first place.
    (0..channels).map(|channel| of(pairs[channel % pairs.len()].scale)).collect()
}

/// Means and deviations of the channels of the training rows.
pub(super) fn moments(part: &Part, input: usize, channels: usize) -> Result<Vec<(f64, f64)>, DataError> {
    let store = part.inputs[input].unmapped();
    let mut buffer = RowBuffer::default();
    let mut sums = vec![Running::default(); channels];
    // How often each byte occurs: exact, and soon done.
    let mut counts = vec![[0_u64; 256]; channels];
    for number in part.numbers() {
        match buffer.row(store, *number as usize)? {
            Numbers::U8(bytes) => bytes.chunks_exact(channels).for_each(|place| {
                place.iter().zip(&mut counts).for_each(|(byte, counts)| counts[usize::from(*byte)] += 1);
            }),
            Numbers::I32(_) => {}
            Numbers::F32(floats) => floats.chunks_exact(channels).for_each(|place| {
                place.iter().zip(&mut sums).for_each(|(x, sum)| sum.add(f64::from(*x)));
            }),
        }
    }
    Ok(match store.form().numeric {
        Numeric::U8 => counts.iter().map(of_counts).collect(),
        Numeric::F32 | Numeric::I32 => {
            sums.iter().map(Running::moments).map(|m| (m.mean, m.deviation())).collect()
        }
    })
}

/// Mean and deviation of bytes that occur so often.
fn of_counts(counts: &[u64; 256]) -> (f64, f64) {
    let rows = counts.iter().sum::<u64>().max(1) as f64;
    let sum = |f: &dyn Fn(f64) -> f64| (0..256).map(|byte| counts[byte] as f64 * f(byte as f64)).sum::<f64>();
    let mean = sum(&|byte| byte) / rows;
    (mean, (sum(&|byte| (byte - mean) * (byte - mean)) / rows).sqrt())
}
