use super::*;
use crate::draws::mix64;

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    (0..n as u64).map(|i| (mix64(seed * 100_000 + i) % 2001) as f32 / 1000.0 - 1.0).collect()
}

fn lists(rows: usize, units: usize, least: u64) -> Lists {
    let mut lists = Lists::default();
    for row in 0..rows as u64 {
        lists.push((0..units as u32).filter(|unit| mix64(row * 7919 + u64::from(*unit)) % 10 >= least));
    }
    lists
}

/// Rows, steps, units, columns; of ten units so many are dropped.
const FORMS: [(usize, usize, usize, usize, u64); 5] =
    [(3, 5, 40, 70, 5), (1, 1, 1, 32, 0), (4, 7, 33, 100, 3), (2, 12, 64, 1100, 7), (2, 3, 8, 40, 10)];

/// `[row, step, unit]` of what is kept, by list.
fn kept(lists: &Lists, steps: usize) -> Vec<(usize, usize)> {
    let of = |line: usize| lists.of(line / steps).iter().map(move |unit| (line, *unit as usize));
    (0..lists.rows() * steps).flat_map(of).collect()
}

/// As all products have it, in any division of the columns to the bit.
#[test]
fn products_of_what_is_kept() {
    for (rows, steps, units, cols, least) in FORMS.into_iter().filter(|_| is_fast()) {
        let lists = lists(rows, units, least);
        let (x, w, dy) =
            (numbers(rows * steps * units, 1), numbers(units * cols, 2), numbers(rows * steps * cols, 3));
        let form = Thinned { lists: &lists, steps, units };
        let (mut y, mut dw, mut dx) = (vec![0.0; dy.len()], vec![0.0; w.len()], vec![7.0; x.len()]);
        for (line, unit) in kept(&lists, steps) {
            for col in 0..cols {
                let (a, b, g) = (x[line * units + unit], w[unit * cols + col], dy[line * cols + col]);
                y[line * cols + col] += f64::from(a) * f64::from(b);
                dw[unit * cols + col] += f64::from(a) * f64::from(g);
            }
        }
        let flows = |line: usize, unit: usize| -> f64 {
            (0..cols).map(|col| f64::from(w[unit * cols + col]) * f64::from(dy[line * cols + col])).sum()
        };
        dx.fill(0.0);
        kept(&lists, steps).into_iter().for_each(|(line, unit)| dx[line * units + unit] = flows(line, unit));
        let read = |m: &[f32], stride| Rows { start: m.as_ptr(), stride };
        let divided = |n: usize, at: usize| [0..at.min(n), at.min(n)..n];
        let mut found: Vec<[Vec<f32>; 3]> = Vec::new();
        for at in [0, 32] {
            let mut own = [vec![7.0; y.len()], vec![7.0; w.len()], vec![7.0; x.len()]];
            let [to_y, to_w, to_x] = &mut own;
            for cols in divided(cols, at) {
                // SAFETY: all matrices are of this form.
                unsafe {
                    let (y, dw) = (
                        Rows { start: to_y.as_mut_ptr(), stride: dy.len() / (rows * steps) },
                        Rows { start: to_w.as_mut_ptr(), stride: w.len() / units },
                    );
                    form.forward(cols.clone(), read(&x, units), read(&w, dw.stride), y);
                    form.weights(cols, read(&x, units), read(&dy, y.stride), dw);
                }
            }
            for own in divided(units, at) {
                let mut part = Lists::default();
                (0..rows).for_each(|row| {
                    part.push(lists.of(row).iter().copied().filter(|unit| own.contains(&(*unit as usize))));
                });
                let form = Thinned { lists: &part, ..form };
                let dx = Rows { start: to_x.as_mut_ptr(), stride: units };
                // SAFETY: likewise.
                unsafe { form.inputs((own, cols), read(&dy, cols), read(&w, cols), dx) };
            }
            found.push(own);
        }
        assert_eq!(found[0], found[1], "divided");
        for (got, want) in found[0].iter().zip([&y, &dw, &dx]) {
            for (i, (got, want)) in got.iter().zip(want).enumerate() {
                let off = (f64::from(*got) - want).abs();
                assert!(off < 2e-5, "{rows} {steps} {units} {cols}: {i} is {got}, not {want}");
            }
        }
    }
}
