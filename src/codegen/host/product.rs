//! Products, by the library's kernels.

use crate::kernels::gemm::{Along, Matrix, multiply};
use crate::kernels::ordered;
use crate::loops::PANEL_ROWS;
use crate::loops::calls::product::{ProductParams, piece};

use super::{Args, params};

/// Rows and columns of the result: first row, rows, first column, columns.
struct Block {
    row: usize,
    rows: usize,
    col: usize,
    cols: usize,
}

fn extent(batch: u64, len: u64, rows: usize) -> usize {
    if batch != 0 { rows * len as usize } else { len as usize }
}

/// What parts `first..last` cover of a result of `m` x `n` that is cut by rows or columns.
fn block(call: &ProductParams, (m, n): (usize, usize), first: usize, last: usize) -> Block {
    match (call.cut, call.size as usize) {
        (ProductParams::COLUMNS, width) => {
            let col = (first * width).min(n);
            Block { row: 0, rows: m, col, cols: (last * width).min(n) - col }
        }
        _ => {
            let parts = ((m + PANEL_ROWS - 2) / PANEL_ROWS).max(1);
            let row = (first * PANEL_ROWS).min(m);
            let to = if last >= parts { m } else { (last * PANEL_ROWS).min(m) };
            Block { row, rows: to - row, col: 0, cols: n }
        }
    }
}

/// Operands: a, b and c. Parts are the panels of the product's cut.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn product(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has three addresses and the parameters of a product.
    let (call, a, b, c, batch) = unsafe {
        (
            params::<ProductParams>(operands, 3),
            *operands as *const f32,
            *operands.add(1) as *const f32,
            *operands.add(2) as *mut f32,
            (*args).rows as usize,
        )
    };
    let sizes = (
        extent(call.m_batch, call.m_len, batch),
        extent(call.n_batch, call.n_len, batch),
        extent(call.k_batch, call.k_len, batch),
    );
    if call.panels == 0 {
        // SAFETY: by the contract; there is one pair of matrices.
        unsafe { pair(call, sizes, (a, b, c), (first as usize, last as usize)) };
        return;
    }
    for number in first / call.panels..last.div_ceil(call.panels) {
        let (outer, inner) = ((number / call.inner_len) as usize, (number % call.inner_len) as usize);
        let at = |around: u64, within: u64| outer * around as usize + inner * within as usize;
        let start = number * call.panels;
        let (from, to) = (first.max(start) - start, last.min(start + call.panels) - start);
        // SAFETY: by the contract; `check` proved that the matrices of all pairs lie in their buffers.
        unsafe {
            let operands = (
                a.add(at(call.a_outer, call.a_inner)),
                b.add(at(call.b_outer, call.b_inner)),
                c.add(at(call.c_outer, call.c_inner)),
            );
            pair(call, sizes, operands, (from as usize, to as usize));
        }
    }
}

/// Panels `first..last` of the product of one pair of matrices.
///
/// # Safety
/// The addresses are those of a pair of the product's matrices and of their result, with the contract of [`product`].
#[inline(always)]
unsafe fn pair(
    call: &ProductParams,
    (m, n, k): (usize, usize, usize),
    (a, b, c): (*const f32, *const f32, *mut f32),
    (first, last): (usize, usize),
) {
    let strides = |down: u64, right: u64| (down as usize, right as usize);
    let (down, across) = (strides(call.a_down, call.a_right), strides(call.b_down, call.b_right));
    let result = strides(call.c_down, call.c_right);
    // `from..from + steps` of `k`, into the result's memory `c`.
    let part =
        |along: Along, c: *mut f32, Block { row, rows, col, cols }: Block, from: usize, steps: usize| {
            // SAFETY: `check` proved that the matrices lie in their buffers and `Compiled::run` that the buffers are bound; parts of the
            // result are disjoint between threads, and the schedule has no writer of a or b since the last barrier.
            unsafe {
                let a = a.add(call.a_offset as usize + row * down.0 + from * down.1);
                let b = b.add(call.b_offset as usize + col * across.1 + from * across.0);
                let c = c.add(call.c_offset as usize + row * result.0 + col * result.1);
                let (a, b) = (Matrix { start: a, strides: down }, Matrix { start: b, strides: across });
                let c = Matrix { start: c, strides: result };
                match call.ordered != 0 {
                    true => ordered::multiply((rows, cols, steps), c, a, b),
                    false => multiply(along, (rows, cols, steps), c, call.accumulate != 0, a, b),
                }
            }
        };
    match call.cut {
        ProductParams::SHARDS => {
            // A call a shard: what the library does depends on sizes, and those of a shard are the same for every thread.
            let size = call.size as usize * call.m_len as usize;
            for shard in first..last {
                let row = shard * size;
                let block = Block { row, rows: size.min(m - row), col: 0, cols: n };
                part(Along::Columns, c, block, 0, k);
            }
        }
        ProductParams::PIECES => {
            let steps = piece(k, call.size as usize);
            for number in first..last {
                let from = (number * steps).min(k);
                let block = Block { row: 0, rows: m, col: 0, cols: n };
                // SAFETY: partials have a row of m n elements for each piece.
                part(Along::Columns, unsafe { c.add(number * m * n) }, block, from, steps.min(k - from));
            }
        }
        cut => {
            let along = if cut == ProductParams::ROWS { Along::Rows } else { Along::Columns };
            part(along, c, block(call, (m, n), first, last), 0, k);
        }
    }
}
