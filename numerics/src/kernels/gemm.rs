//! Matrix products by libraries, one thread a call: faer's kernels, and those of `gemm` where the left matrix is transposed (gradients of
//! weights), which faer's pack slowly. Single rows, and left matrices that are mostly zeros, are our own: see `row` and `sparse`.
//!
//! A product is divided among threads along its columns (at multiples of 16) or its rows (at multiples of 32, where a last single row joins
//! the part before it). Invariant, on which equal bits for any number of threads rest: a call on any such part gives the bits of
//! the call on the whole. faer's kernel for large products adds in an order that depends on `k` alone; it has other kernels
//! for small products and for single columns, and where those could come in, a call is cut into blocks that are the same for
//! every division. Rows and steps of `k` that are all zeros, as rows of texts have them behind their ends, are left out, which changes no bit (`blank`). `gemm` divides `k` by the size of the whole product, so it is called for at most 512 at a time.

use super::{blank, row, sparse, upper};
use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

/// Products of at most this many multiplications go to the library's other kernel.
const SMALL: usize = 4096;
/// Columns of a block where blocks are needed, and the grain of divisions along columns.
const BLOCK_COLUMNS: usize = 16;
/// Rows of a block where blocks are needed, and the grain of divisions along rows.
const BLOCK_ROWS: usize = 32;
/// Steps of `k` that `gemm` takes in one pass whatever the sizes are.
const DEPTH: usize = 512;
/// Elements from which a transposed left matrix goes to `gemm`.
const TRANSPOSED_LEAST: usize = 8192;

/// The axis of the result along which a product is divided among threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    Columns,
    Rows,
}

/// A matrix of f32 in memory.
#[derive(Clone, Copy)]
pub struct Matrix<P> {
    pub start: P,
    /// Elements from row to row and from column to column.
    pub strides: (usize, usize),
}

/// `c = a b` or `c += a b`: `a` is m x k, `b` is k x n, `c` is m x n; `c` is a part of a product that is divided `along`.
///
/// # Safety
/// The three matrices lie in memory that may be read (and for `c` written) during the call; `c` overlaps neither `a` nor `b`, and no
/// other thread touches its elements.
pub unsafe fn multiply(
    along: Along,
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    if m == 1 && n > 1 && b.strides.1 == 1 && c.strides.1 == 1 {
        // SAFETY: the caller's contract, in the row's words.
        unsafe {
            row::multiply((n, k), c.start, accumulate, (a.start, a.strides.1), (b.start, b.strides.0));
        }
        return;
    }
    // SAFETY: the caller's contract.
    let are_listed = |rows: usize, a: Matrix<*const f32>| unsafe {
        along == Along::Columns && c.strides.1 == 1 && sparse::pays((rows, k), a, b)
    };
    if along == Along::Columns && !accumulate && c.strides.1 == 1 && a.strides.1 == 1 && !is_small(m, k) {
        // SAFETY: the caller's contract, and what was asked.
        unsafe {
            let dense = |rows, c, a| match are_listed(rows, a) {
                true => sparse::multiply((rows, n, k), c, false, a, b),
                false => by_columns((rows, n, k), c, false, a, b),
            };
            blank::without_rows((m, n, k), c, a, |rows| is_small(rows, k), dense);
        }
        return;
    }
    if are_listed(m, a) {
        // SAFETY: the caller's contract, and what was asked above.
        unsafe { sparse::multiply((m, n, k), c, accumulate, a, b) }
        return;
    }
    if along == Along::Columns && m * k >= TRANSPOSED_LEAST && a.strides.0 == 1 && c.strides.1 == 1 {
        // SAFETY: the caller's contract.
        unsafe { transposed_left((m, n, k), c, accumulate, a, b) }
        return;
    }
    let block = |row: usize, rows: usize| {
        // SAFETY: blocks lie in the matrices, so the offsets do; the rest is the caller's contract.
        unsafe {
            let c = Matrix { start: c.start.add(row * c.strides.0), ..c };
            let a = Matrix { start: a.start.add(row * a.strides.0), ..a };
            call((rows, n, k), c, accumulate, a, b);
        }
    };
    match along {
        // SAFETY: the caller's contract.
        Along::Columns => unsafe { by_columns((m, n, k), c, accumulate, a, b) },
        Along::Rows if n > 1 && 2 * n * k > SMALL => block(0, m),
        Along::Rows => {
            let blocks = ((m + BLOCK_ROWS - 2) / BLOCK_ROWS).max(1);
            for i in 0..blocks {
                let row = i * BLOCK_ROWS;
                let rows = if i + 1 == blocks { m - row } else { BLOCK_ROWS };
                block(row, rows);
            }
        }
    }
}

/// `c = a b` or `c += a b` of matrices that are not looked at for zeros and not divided.
///
/// # Safety
/// As for [`multiply`].
pub unsafe fn dense(
    sizes: (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    // SAFETY: the caller's contract.
    unsafe { call(sizes, c, accumulate, a, b) }
}

/// `c = a b` of dense row-major matrices: `a` is m x k, `b` is k x n.
///
/// # Panics
/// If a slice has not the size of its matrix.
pub fn product((m, n, k): (usize, usize, usize), a: &[f32], b: &[f32], c: &mut [f32]) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n, "a matrix of another size");
    let (a, b) =
        (Matrix { start: a.as_ptr(), strides: (k, 1) }, Matrix { start: b.as_ptr(), strides: (n, 1) });
    // SAFETY: the sizes are right, and a unique borrow overlaps nothing.
    unsafe { call((m, n, k), Matrix { start: c.as_mut_ptr(), strides: (n, 1) }, false, a, b) }
}

/// `c = a b` or `c += a b` by `gemm`, [`DEPTH`] steps of `k` after the other. The contract is that of [`multiply`].
unsafe fn transposed_left(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    let strides = |(row, col): (usize, usize)| (col as isize, row as isize);
    let (c_col, c_row) = strides(c.strides);
    for start in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - start);
        let add = accumulate || start > 0;
        // SAFETY: steps `start..start + depth` lie in both matrices; the rest is the caller's contract.
        unsafe {
            let a = Matrix { start: a.start.add(start * a.strides.1), ..a };
            let b = Matrix { start: b.start.add(start * b.strides.0), ..b };
            blank::without_steps((m, n, depth), a, b, |depth, a, b| {
                let ((a_col, a_row), (b_col, b_row)) = (strides(a.strides), strides(b.strides));
                gemm::gemm(
                    m,
                    n,
                    depth,
                    c.start,
                    c_col,
                    c_row,
                    add,
                    a.start,
                    a_col,
                    a_row,
                    b.start,
                    b_col,
                    b_row,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
                upper::clear();
            });
        }
    }
}

/// `c = a b` by faer, in blocks of columns that are the same for every division of them. The contract is that of [`multiply`].
unsafe fn by_columns(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    let block = |col: usize, cols: usize| {
        // SAFETY: blocks lie in the matrices, so the offsets do; the rest is the caller's contract.
        unsafe {
            let c = Matrix { start: c.start.add(col * c.strides.1), ..c };
            let b = Matrix { start: b.start.add(col * b.strides.1), ..b };
            call((m, cols, k), c, accumulate, a, b);
        }
    };
    let whole = n - n % BLOCK_COLUMNS;
    let step = if is_small(m, k) { BLOCK_COLUMNS } else { whole.max(1) };
    (0..whole).step_by(step).for_each(|col| block(col, step));
    if whole < n {
        block(whole, n - whole);
    }
}

/// Whether so many rows could come to faer's other kernels, in a block of few columns.
fn is_small(m: usize, k: usize) -> bool {
    m == 1 || m * BLOCK_COLUMNS * k <= SMALL
}

/// One call of the library. The contract is that of [`multiply`].
unsafe fn call(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    // SAFETY: the caller's contract is that of these constructors.
    let (dst, lhs, rhs) = unsafe {
        (
            MatMut::from_raw_parts_mut(c.start, m, n, c.strides.0 as isize, c.strides.1 as isize),
            MatRef::from_raw_parts(a.start, m, k, a.strides.0 as isize, a.strides.1 as isize),
            MatRef::from_raw_parts(b.start, k, n, b.strides.0 as isize, b.strides.1 as isize),
        )
    };
    let mode = if accumulate { Accum::Add } else { Accum::Replace };
    matmul(dst, mode, lhs, rhs, 1.0, Par::Seq);
    upper::clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First row, rows, first column, columns.
    type Part = (usize, usize, usize, usize);

    /// `c` of a product of the given form, computed in one call a part.
    fn product(
        along: Along,
        (m, n, k): (usize, usize, usize),
        transposed: (bool, bool),
        accumulate: bool,
        value: fn(usize, usize) -> f32,
        parts: &[Part],
    ) -> Vec<f32> {
        let fill = |len: usize, salt: usize| (0..len).map(|i| value(i, salt)).collect::<Vec<f32>>();
        let (a, b, mut c) = (fill(m * k, 1), fill(k * n, 2), fill(m * n, 3));
        let a_strides = if transposed.0 { (1, m) } else { (k, 1) };
        let b_strides = if transposed.1 { (1, k) } else { (n, 1) };
        for &(row, rows, col, cols) in parts {
            // SAFETY: the parts lie in the matrices, which the strides address.
            unsafe {
                let a = Matrix { start: a.as_ptr().add(row * a_strides.0), strides: a_strides };
                let b = Matrix { start: b.as_ptr().add(col * b_strides.1), strides: b_strides };
                let c = Matrix { start: c.as_mut_ptr().add(row * n + col), strides: (n, 1) };
                multiply(along, (rows, cols, k), c, accumulate, a, b);
            }
        }
        c
    }

    /// Small whole numbers, so that sums are exact.
    fn whole(i: usize, salt: usize) -> f32 {
        (((i + 5 * salt) * 7 + 3) % 11) as f32 - 5.0
    }

    /// Numbers of which every sum is rounded.
    fn rough(i: usize, salt: usize) -> f32 {
        f32::from_bits(0x3F80_0000 | (i as u32 ^ salt as u32).wrapping_mul(0x9E37_79B9) >> 9) - 1.5
    }

    const FORMS: [(bool, bool); 3] = [(false, false), (true, false), (false, true)];

    #[test]
    fn every_form_is_exact_on_integers() {
        for (m, n, k) in
            [(1, 1, 1), (3, 5, 7), (32, 10, 64), (128, 50, 8), (2, 129, 33), (65, 1, 40), (1, 301, 20)]
        {
            for (ta, tb) in FORMS {
                for (along, accumulate) in [(Along::Columns, false), (Along::Rows, true)] {
                    let got = product(along, (m, n, k), (ta, tb), accumulate, whole, &[(0, m, 0, n)]);
                    let expected = (0..m * n).map(|i| {
                        let (row, col) = (i / n, i % n);
                        let a = |p: usize| whole(if ta { p * m + row } else { row * k + p }, 1);
                        let b = |p: usize| whole(if tb { col * k + p } else { p * n + col }, 2);
                        let start = if accumulate { whole(i, 3) } else { 0.0 };
                        start + (0..k).map(|p| a(p) * b(p)).sum::<f32>()
                    });
                    assert_eq!(got, expected.collect::<Vec<f32>>(), "{m} {n} {k} {ta} {tb}");
                }
            }
        }
    }

    /// What each of `threads` threads takes of `panels` panels of `width` in `0..len`, the last to the end.
    fn shares(panels: usize, width: usize, len: usize, threads: usize) -> Vec<(usize, usize)> {
        let at = |t: usize| match (panels * t).div_ceil(threads) {
            panel if panel == panels => len,
            panel => panel * width,
        };
        (0..threads).map(|t| (at(t), at(t + 1) - at(t))).filter(|s| s.1 > 0).collect()
    }

    fn assert_same(along: Along, sizes: (usize, usize, usize), parts: &[Part]) {
        for form in FORMS {
            for accumulate in [false, true] {
                let bits = |parts: &[Part]| {
                    let c = product(along, sizes, form, accumulate, rough, parts);
                    c.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
                };
                assert!(bits(parts) == bits(&[(0, sizes.0, 0, sizes.1)]), "{sizes:?} {form:?} {parts:?}");
            }
        }
    }

    #[test]
    fn columns_may_be_divided_among_any_number_of_threads() {
        for m in [1, 2, 31, 33] {
            for n in [32_usize, 33, 50, 127] {
                for k in [1, 2, 7, 40, 130, 513] {
                    for (width, threads) in [(16, 3), (16, 64), (64, 2)] {
                        let shares = shares(n.div_ceil(width), width, n, threads);
                        let parts: Vec<Part> =
                            shares.into_iter().map(|(col, cols)| (0, m, col, cols)).collect();
                        assert_same(Along::Columns, (m, n, k), &parts);
                    }
                }
            }
        }
    }

    #[test]
    fn large_products_too() {
        let rows = [(1, 1024, 515), (1, 301, 77)];
        for sizes in [(784, 512, 128), (1024, 1024, 32), (128, 128, 500), (300, 1024, 1030), rows[0], rows[1]]
        {
            for threads in [2, 3, 8] {
                let shares = shares(usize::div_ceil(sizes.1, 64), 64, sizes.1, threads);
                let parts: Vec<Part> =
                    shares.into_iter().map(|(col, cols)| (0, sizes.0, col, cols)).collect();
                assert_same(Along::Columns, sizes, &parts);
            }
        }
    }

    #[test]
    fn rows_may_be_divided_among_any_number_of_threads() {
        for m in [1, 2, 33, 34, 96] {
            for n in [1, 2, 3, 8, 10, 31] {
                for k in [1, 2, 8, 17, 50, 130, 600] {
                    for threads in [2, 3, 8] {
                        let shares = shares(((m + 30) / 32).max(1), 32, m, threads);
                        let parts: Vec<Part> =
                            shares.into_iter().map(|(row, rows)| (row, rows, 0, n)).collect();
                        assert_same(Along::Rows, (m, n, k), &parts);
                    }
                }
            }
        }
    }

    /// Code behind a product is slow on some processors if the library leaves wide registers filled.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn products_leave_no_wide_registers_filled() {
        for sizes in [(1, 10, 16), (33, 50, 40), (128, 130, 257), (512, 64, 300)] {
            for form in FORMS {
                for along in [Along::Columns, Along::Rows] {
                    upper::clear();
                    product(along, sizes, form, true, rough, &[(0, sizes.0, 0, sizes.1)]);
                    assert_ne!(upper::are_in_use(), Some(true), "{sizes:?} {form:?} {along:?}");
                }
            }
        }
    }
}
