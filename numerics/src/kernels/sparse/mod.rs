//! Products whose left matrix is mostly zeros, as dropout and relu leave it: only what is not zero is multiplied.
//!
//! The places that are not zero are listed once; then each row's list runs over a panel of the right matrix that lies in the nearest cache,
//! with the row's sums in registers. A half of zeros saves a third of the time that a dense product takes, three quarters save nearly
//! two thirds.
//!
//! Each element is a sum in order of `k`, so its bits depend on no division of the columns.

pub mod lanes;

use std::cell::RefCell;

use super::gemm::Matrix;
use super::panel::{DEPTH, PANEL, Panel, load, store};
use lanes::{Entry, Lane, append, nonzeros};

/// Rows whose lists are kept at a time.
const ROWS: usize = 256;
/// Rows and steps of `k` from which lists and panels pay. Of columns nothing is asked: a thread may have few of many.
const LEAST: (usize, usize) = (24, 64);
/// The share of elements that may be other than zero; dense products are as fast at about 0.7, and where the right matrix is turned
/// to make its panels at about 0.5.
const DENSEST: f64 = 0.55;
const DENSEST_TURNED: f64 = 0.42;
/// Rows that are looked at to estimate the share.
const LOOKS: usize = 8;

/// Whether a product with this left matrix is worth it, judged by some rows of it: the same answer for any division of the columns.
///
/// # Safety
/// `a` is an m x k matrix in memory that may be read.
pub unsafe fn pays((m, k): (usize, usize), a: Matrix<*const f32>, b: Matrix<*const f32>) -> bool {
    if m < LEAST.0 || k < LEAST.1 || (a.strides.0 != 1 && a.strides.1 != 1) {
        return false;
    }
    let densest = if b.strides.1 == 1 { DENSEST } else { DENSEST_TURNED };
    // SAFETY: the caller's contract.
    unsafe { share((m, k), a) < densest }
}

/// The share of elements that are not zero, by some lines of the matrix; a line is a row or a column, whichever lies in memory as one.
///
/// # Safety
/// `a` is an m x k matrix in memory that may be read, whose elements are neighbours along rows or along columns.
pub unsafe fn share((m, k): (usize, usize), a: Matrix<*const f32>) -> f64 {
    let (lines, len, stride) = if a.strides.1 == 1 { (m, k, a.strides.0) } else { (k, m, a.strides.1) };
    let step = (lines / LOOKS).max(1);
    let looked = (0..lines).step_by(step).map(|line| {
        // SAFETY: `len` elements from the start of a line are the matrix's.
        let line = unsafe { std::slice::from_raw_parts(a.start.add(line * stride), len) };
        line.iter().filter(|x| **x != 0.0).count()
    });
    let nonzeros: usize = looked.sum();
    nonzeros as f64 / (len * lines.div_ceil(step)).max(1) as f64
}

/// `c = a b` or `c += a b`: `a` is m x k, `b` is k x n, `c` is m x n.
///
/// # Safety
/// The three matrices lie in memory that may be read (and for `c` written) during the call; elements of `a` are neighbours along rows or
/// along columns, those of `c` along rows; `c` overlaps neither `a` nor `b`, and no other thread touches its elements.
pub unsafe fn multiply(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    SCRATCH.with_borrow_mut(|scratch| {
        for row in (0..m).step_by(ROWS) {
            let rows = ROWS.min(m - row);
            // SAFETY: these rows are the matrices'; the features are there where they are asked for; the rest is the caller's contract.
            unsafe {
                let a = Matrix { start: a.start.add(row * a.strides.0), ..a };
                let c = Matrix { start: c.start.add(row * c.strides.0), ..c };
                let call = Call { rows, n, k, accumulate, a, b, c };
                #[cfg(target_arch = "x86_64")]
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    with_avx2(&call, scratch);
                    continue;
                }
                call.run::<false>(scratch);
            }
        }
    });
}

/// The same code for processors with vectors of eight.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1")]
unsafe fn with_avx2(call: &Call, scratch: &mut Scratch) {
    // SAFETY: the caller's contract.
    unsafe { call.run::<true>(scratch) }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch { entries: Vec::new(), starts: Vec::new(), panel: None }) };
}

/// Lists and a panel, kept by a thread from call to call.
struct Scratch {
    /// One after the other, list `b * rows + i` for block `b` of `k` and row `i`.
    entries: Vec<Entry>,
    /// Where each list begins, and the end of the last.
    starts: Vec<u32>,
    panel: Option<Box<Panel>>,
}

/// A product of at most [`ROWS`] rows.
struct Call {
    rows: usize,
    n: usize,
    k: usize,
    accumulate: bool,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    c: Matrix<*mut f32>,
}

impl Call {
    /// The contract is that of [`multiply`]. `FUSED`: on a processor with AVX2, with one rounding a multiplication and addition.
    #[inline(always)]
    unsafe fn run<const FUSED: bool>(&self, scratch: &mut Scratch) {
        let lists = self.rows * self.k.div_ceil(DEPTH);
        scratch.starts.clear();
        scratch.starts.resize(lists + 1, 0);
        // A lane is written whole, whatever it adds.
        let room = self.rows * self.k + 8;
        if scratch.entries.len() < room {
            scratch.entries.resize(room, Entry::default());
        }
        let panel = scratch.panel.get_or_insert_with(Panel::boxed);
        // SAFETY: the caller's contract.
        unsafe {
            match self.a.strides.1 {
                1 => self.list_rows::<FUSED>(&mut scratch.entries, &mut scratch.starts),
                _ => self.list_columns::<FUSED>(&mut scratch.entries, &mut scratch.starts),
            }
        }
        let lists = (&*scratch.entries, &*scratch.starts);
        let mut col = 0;
        while col < self.n {
            // SAFETY: each panel has at most the `n - col` columns that are left.
            unsafe {
                col += match self.n - col {
                    PANEL.. => self.panel::<FUSED, 8>(col, PANEL, lists, panel),
                    32.. => self.panel::<FUSED, 4>(col, 32, lists, panel),
                    16.. => self.panel::<FUSED, 2>(col, 16, lists, panel),
                    left => self.panel::<FUSED, 1>(col, left.min(8), lists, panel),
                };
            }
        }
    }

    /// Lists of a matrix whose rows are lines of memory. There is room for entries of all elements, and `starts` are zeros.
    #[inline(always)]
    unsafe fn list_rows<const FUSED: bool>(&self, entries: &mut [Entry], starts: &mut [u32]) {
        let mut len = 0;
        for (list, end) in starts[1..].iter_mut().enumerate() {
            let (block, row) = (list / self.rows, list % self.rows);
            let first = block * DEPTH;
            // SAFETY: a part of a row of the matrix.
            let line = unsafe {
                let start = self.a.start.add(row * self.a.strides.0 + first);
                std::slice::from_raw_parts(start, DEPTH.min(self.k - first))
            };
            let (lanes, rest) = line.as_chunks();
            let mut last: Lane = [0.0; 8];
            last[..rest.len()].copy_from_slice(rest);
            for (i, lane) in lanes.iter().chain((!rest.is_empty()).then_some(&last)).enumerate() {
                // SAFETY: there are no more entries than elements, and room for a lane behind them.
                len += unsafe { append::<FUSED, PANEL>(lane, 8 * i, entries.as_mut_ptr().add(len)) };
            }
            *end = len as u32;
        }
    }

    /// Lists of a matrix whose columns are lines of memory: counted first, then filled. The contract is that of `list_rows`.
    #[inline(always)]
    unsafe fn list_columns<const FUSED: bool>(&self, entries: &mut [Entry], starts: &mut [u32]) {
        // SAFETY: a column of the matrix.
        let line = |p: usize| unsafe {
            std::slice::from_raw_parts(self.a.start.add(p * self.a.strides.1), self.rows)
        };
        for p in 0..self.k {
            let counts = &mut starts[1 + p / DEPTH * self.rows..][..self.rows];
            for (count, x) in counts.iter_mut().zip(line(p)) {
                *count += u32::from(*x != 0.0);
            }
        }
        // Each list's count becomes its start, one place late; filling moves it on to its end, which is the next one's start.
        let mut sum = 0;
        for start in &mut starts[1..] {
            sum += std::mem::replace(start, sum);
        }
        for p in 0..self.k {
            let at = (p % DEPTH * PANEL) as u32;
            let ends = &mut starts[1 + p / DEPTH * self.rows..][..self.rows];
            each_nonzero::<FUSED>(line(p), |row, value| {
                // SAFETY: a row of the matrix, and a place among those that were counted for its list.
                unsafe {
                    let end = ends.get_unchecked_mut(row);
                    *entries.get_unchecked_mut(*end as usize) = Entry { at, value };
                    *end += 1;
                }
            });
        }
    }

    /// Columns `col..col + width`, of at most `W` vectors; answers `width`.
    #[inline(always)]
    unsafe fn panel<const FUSED: bool, const W: usize>(
        &self,
        col: usize,
        width: usize,
        (entries, starts): (&[Entry], &[u32]),
        panel: &mut Panel,
    ) -> usize {
        for (block, start) in (0..self.k).step_by(DEPTH).enumerate() {
            let starts = &starts[block * self.rows..=(block + 1) * self.rows];
            // SAFETY: the block lies in `b`; `c` has `width` columns from `col` on, and entries point to rows of the panel.
            unsafe {
                panel.pack::<FUSED, W>(self.b, (start, DEPTH.min(self.k - start)), (col, width));
                for (row, ends) in starts.array_windows::<2>().enumerate() {
                    let entries = entries.get_unchecked(ends[0] as usize..ends[1] as usize);
                    let c = self.c.start.add(row * self.c.strides.0 + col);
                    let add = self.accumulate || start > 0;
                    let mut sums = [[0.0; 8]; W];
                    if add {
                        load(c, width, &mut sums);
                    }
                    sum::<FUSED, W>(entries, panel, &mut sums);
                    store(c, width, &sums);
                }
            }
        }
        width
    }
}

/// Calls `each` with the place and the value of what is not zero in a line, in order.
#[inline(always)]
fn each_nonzero<const FUSED: bool>(line: &[f32], mut each: impl FnMut(usize, f32)) {
    let (words, rest) = line.as_chunks::<32>();
    let mut last = [0.0; 32];
    last[..rest.len()].copy_from_slice(rest);
    let all = words.iter().chain((!rest.is_empty()).then_some(&last));
    for (word, values) in all.enumerate() {
        let mut set = 0;
        for (i, lane) in values.as_chunks().0.iter().enumerate() {
            set |= nonzeros::<FUSED>(lane) << (8 * i);
        }
        while set != 0 {
            let bit = set.trailing_zeros() as usize;
            each(32 * word + bit, values[bit]);
            set &= set - 1;
        }
    }
}

/// Adds the entries' multiples of their rows of the panel.
#[inline(always)]
unsafe fn sum<const FUSED: bool, const W: usize>(entries: &[Entry], panel: &Panel, sums: &mut [Lane; W]) {
    let mut own = *sums;
    for entry in entries {
        let x = entry.value;
        // SAFETY: each entry begins a row of the panel.
        let row = unsafe { &*panel.0.as_ptr().add(entry.at as usize).cast::<[Lane; W]>() };
        for w in 0..W {
            for l in 0..8 {
                own[w][l] = if FUSED { x.mul_add(row[w][l], own[w][l]) } else { x * row[w][l] + own[w][l] };
            }
        }
    }
    *sums = own;
}

#[cfg(test)]
mod tests;
