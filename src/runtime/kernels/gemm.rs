//! Matrix products by a library: faer's kernels, one thread a call.
//!
//! Whoever splits a product over threads does so by a list of panels that depends on shapes only (`codegen::schedule`), so that every
//! panel is the same call with any number of threads.

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

/// `c = a b` or `c += a b`: `a` is m x k, `b` is k x n, `c` is m x n. Strides are elements from row to row and from column to column.
///
/// # Safety
/// The three matrices lie in memory that may be read (and for `c` written) during the call; `c` overlaps neither `a` nor `b`, and no
/// other thread touches its elements.
#[allow(clippy::too_many_arguments)]
pub unsafe fn multiply(
    m: usize,
    n: usize,
    k: usize,
    c: *mut f32,
    c_strides: (usize, usize),
    accumulate: bool,
    a: *const f32,
    a_strides: (usize, usize),
    b: *const f32,
    b_strides: (usize, usize),
) {
    // SAFETY: the caller's contract is that of these constructors.
    let (dst, lhs, rhs) = unsafe {
        (
            MatMut::from_raw_parts_mut(c, m, n, c_strides.0 as isize, c_strides.1 as isize),
            MatRef::from_raw_parts(a, m, k, a_strides.0 as isize, a_strides.1 as isize),
            MatRef::from_raw_parts(b, k, n, b_strides.0 as isize, b_strides.1 as isize),
        )
    };
    let beta = if accumulate { Accum::Add } else { Accum::Replace };
    matmul(dst, beta, lhs, rhs, 1.0, Par::Seq);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` and `b` small integers, so that f32 sums are exact.
    fn check(m: usize, n: usize, k: usize, transposed: (bool, bool), accumulate: bool) {
        let value = |i: usize| ((i * 7 + 3) % 11) as f32 - 5.0;
        let a: Vec<f32> = (0..m * k).map(value).collect();
        let b: Vec<f32> = (0..k * n).map(|i| value(i + 5)).collect();
        let mut c: Vec<f32> = (0..m * n).map(|i| value(i + 2)).collect();
        let a_strides = if transposed.0 { (1, m) } else { (k, 1) };
        let b_strides = if transposed.1 { (1, k) } else { (n, 1) };
        let mut expected = c.clone();
        for (i, e) in expected.iter_mut().enumerate() {
            let (row, col) = (i / n, i % n);
            let at =
                |p: usize| a[row * a_strides.0 + p * a_strides.1] * b[p * b_strides.0 + col * b_strides.1];
            *e = if accumulate { *e } else { 0.0 } + (0..k).map(at).sum::<f32>();
        }
        // SAFETY: the vectors have m k, k n and m n elements, which the strides address.
        unsafe {
            multiply(
                m,
                n,
                k,
                c.as_mut_ptr(),
                (n, 1),
                accumulate,
                a.as_ptr(),
                a_strides,
                b.as_ptr(),
                b_strides,
            );
        }
        assert_eq!(c, expected, "{m} {n} {k} {transposed:?}");
    }

    #[test]
    fn every_form_is_exact_on_integers() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (32, 10, 64), (128, 50, 8), (2, 129, 33), (65, 1, 40)] {
            for transposed in [(false, false), (true, false), (false, true)] {
                check(m, n, k, transposed, false);
                check(m, n, k, transposed, true);
            }
        }
    }
}
