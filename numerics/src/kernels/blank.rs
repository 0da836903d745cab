//! Rows of zeros in what is multiplied, as values over time have them behind the ends of their rows: what is left is moved together for the library.
//!
//! Invariant: bits are those of the whole product of finite numbers. An element's sum knows neither the rows beside it nor the zeros that it does not
//! add; whoever has kernels of other sizes says for how many rows they could come in.

use std::cell::RefCell;

use super::gemm::Matrix;

/// One in so many rows must be blank, so that moving the others pays.
const SHARE: usize = 4;
/// Rows and steps from which it is looked for blank ones.
const LEAST: usize = 24;
/// Steps that are multiplied at least: for fewer the library has another kernel.
const STEPS_LEAST: usize = 8;

thread_local! {
    static ROOM: RefCell<Room> = const { RefCell::new(Room { kept: Vec::new(), left: Vec::new(), right: Vec::new() }) };
}

/// Memory that a thread keeps from call to call.
struct Room {
    kept: Vec<u32>,
    left: Vec<f32>,
    right: Vec<f32>,
}

/// Whether all of `len` neighbours are zeros.
///
/// # Safety
/// They may be read.
unsafe fn is_blank(start: *const f32, len: usize) -> bool {
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(start, len) }.iter().all(|x| *x == 0.0)
}

/// `c = a b` by `dense`, which is given how many rows to multiply, where they go and where they are: the others alone, where many rows of `a` are blank.
/// `is_small` says for how many rows it would take another kernel.
///
/// # Safety
/// `a` is m x k in memory that may be read, `c` m x n in memory that may be written, with neighbours along its rows; they do not overlap. `dense` writes the
/// rows of `c` that it is told.
pub(super) unsafe fn without_rows(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    a: Matrix<*const f32>,
    is_small: impl Fn(usize) -> bool,
    dense: impl Fn(usize, Matrix<*mut f32>, Matrix<*const f32>),
) {
    if m < LEAST || a.strides.1 != 1 {
        return dense(m, c, a);
    }
    ROOM.with_borrow_mut(|Room { kept, left, .. }| {
        // SAFETY: rows of `a`.
        let line = |row: usize| unsafe { a.start.add(row * a.strides.0) };
        kept.clear();
        // SAFETY: a row has `k` elements.
        kept.extend((0..m as u32).filter(|row| unsafe { !is_blank(line(*row as usize), k) }));
        if SHARE * (m - kept.len()) < m || is_small(kept.len()) {
            return dense(m, c, a);
        }
        left.clear();
        for row in &*kept {
            // SAFETY: a row of `a`.
            left.extend_from_slice(unsafe { std::slice::from_raw_parts(line(*row as usize), k) });
        }
        dense(kept.len(), c, Matrix { start: left.as_ptr(), strides: (k, 1) });
        let mut from = kept.len();
        for row in (0..m).rev() {
            // SAFETY: rows of `c`, each of which moves back or stays: those that have still to move lie in front of it.
            unsafe {
                let to = c.start.add(row * c.strides.0);
                match from.checked_sub(1).filter(|last| kept[*last] as usize == row) {
                    Some(last) => {
                        from = last;
                        if last != row {
                            std::ptr::copy(c.start.add(last * c.strides.0), to, n);
                        }
                    }
                    None => to.write_bytes(0, n),
                }
            }
        }
    });
}

/// Calls `dense` with a product's steps of `k` and its matrices; where in many steps one of them is blank, with the others alone. Columns of `a` are
/// neighbours in memory.
///
/// # Safety
/// `a` is m x k and `b` k x n, in memory that may be read.
pub(super) unsafe fn without_steps(
    (m, n, k): (usize, usize, usize),
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    dense: impl Fn(usize, Matrix<*const f32>, Matrix<*const f32>),
) {
    if k < LEAST || b.strides.1 != 1 {
        return dense(k, a, b);
    }
    ROOM.with_borrow_mut(|Room { kept, left, right }| {
        // SAFETY: columns of `a` and rows of `b`.
        let lines =
            |step: usize| unsafe { (a.start.add(step * a.strides.1), b.start.add(step * b.strides.0)) };
        let adds = |step: &u32| {
            let (a, b) = lines(*step as usize);
            // SAFETY: a column has `m` elements, a row `n`.
            unsafe { !is_blank(b, n) && !is_blank(a, m) }
        };
        kept.clear();
        kept.extend((0..k as u32).filter(adds));
        if SHARE * (k - kept.len()) < k {
            return dense(k, a, b);
        }
        if kept.len() < STEPS_LEAST {
            // Blank ones among them add nothing.
            kept.clear();
            kept.extend(0..k as u32);
            kept.sort_by_key(|step| !adds(step));
            kept.truncate(STEPS_LEAST);
            kept.sort_unstable();
        }
        left.clear();
        right.clear();
        for step in &*kept {
            let (a, b) = lines(*step as usize);
            // SAFETY: as above.
            unsafe {
                left.extend_from_slice(std::slice::from_raw_parts(a, m));
                right.extend_from_slice(std::slice::from_raw_parts(b, n));
            }
        }
        let (left, right) = (left.as_ptr(), right.as_ptr());
        dense(kept.len(), Matrix { start: left, strides: (1, m) }, Matrix { start: right, strides: (n, 1) });
    });
}

#[cfg(test)]
mod tests {
    use crate::draws::mix64;
    use crate::kernels::gemm::{Along, Matrix, dense, multiply};

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        (0..n as u64).map(|i| (mix64(seed * 100_000 + i) % 2001) as f32 / 1000.0 - 1.0).collect()
    }

    /// Rows of texts of up to `steps` steps, zeros behind their ends.
    fn ragged(rows: usize, steps: usize, width: usize, seed: u64) -> Vec<f32> {
        let mut x = numbers(rows * steps * width, seed);
        for (row, text) in x.chunks_mut(steps * width).enumerate() {
            let length = 1 + (mix64(seed + row as u64) as usize) % (steps / 2);
            text[length * width..].fill(0.0);
        }
        x
    }

    /// Rows that are left out change no bit of the others, and are zeros.
    #[test]
    fn products_without_blank_rows_have_the_bits_of_the_whole() {
        for (steps, n, k) in [(20, 64, 50), (48, 130, 60), (96, 33, 17), (30, 512, 63)] {
            let (m, a, b) = (8 * steps, ragged(8, steps, k, 3), numbers(k * n, 4));
            for turned in [false, true] {
                let strides = if turned { (1, k) } else { (n, 1) };
                let right = Matrix { start: b.as_ptr(), strides };
                let left = Matrix { start: a.as_ptr(), strides: (k, 1) };
                let (mut got, mut want) = (vec![7.0; m * (n + 3)], vec![7.0; m * (n + 3)]);
                let to = |c: &mut Vec<f32>| Matrix { start: c.as_mut_ptr(), strides: (n + 3, 1) };
                // SAFETY: all lie in their vectors.
                unsafe {
                    multiply(Along::Columns, (m, n, k), to(&mut got), false, left, right);
                    // In the blocks of columns that `multiply` has.
                    let whole = n - n % 16;
                    for (col, cols) in [(0, whole), (whole, n - whole)].into_iter().filter(|b| b.1 > 0) {
                        let right = Matrix { start: b.as_ptr().add(col * strides.1), strides };
                        let c = Matrix { start: want.as_mut_ptr().add(col), strides: (n + 3, 1) };
                        dense((m, cols, k), c, false, left, right);
                    }
                }
                let bits = |c: &[f32]| c.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
                assert!(bits(&got) == bits(&want), "{m} x {n}, {k} summed, turned {turned}");
            }
        }
    }

    /// Steps in which one of the matrices is blank add nothing, and leaving them out changes no bit: against the library's own, 512 at a time.
    #[test]
    fn sums_without_blank_steps_have_the_bits_of_the_whole() {
        for (steps, m, n) in [(20, 64, 70), (96, 100, 128), (96, 40, 17), (130, 128, 512)] {
            let k = 8 * steps;
            let (a, b) = (numbers(k * m, 5), ragged(8, steps, n, 6));
            let left = Matrix { start: a.as_ptr(), strides: (1, m) };
            let right = Matrix { start: b.as_ptr(), strides: (n, 1) };
            let (mut got, mut want) = (vec![7.0; m * n], vec![7.0; m * n]);
            // SAFETY: all lie in their vectors.
            unsafe {
                let c = Matrix { start: got.as_mut_ptr(), strides: (n, 1) };
                multiply(Along::Columns, (m, n, k), c, false, left, right);
                for start in (0..k).step_by(512) {
                    let (a, b) = (a.as_ptr().add(start * m), b.as_ptr().add(start * n));
                    let depth = 512.min(k - start);
                    let none = gemm::Parallelism::None;
                    let c = want.as_mut_ptr();
                    let add = start > 0;
                    gemm::gemm(
                        m, n, depth, c, 1, n as isize, add, a, m as isize, 1, b, 1, n as isize, 1.0, 1.0,
                        false, false, false, none,
                    );
                }
            }
            assert!(got.iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits()), "{m} x {n}, {k} summed");
        }
    }
}
