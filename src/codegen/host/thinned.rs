//! Products without the columns that a row drops in all its steps.

use std::ops::Range;

use crate::draws;
use crate::kernels::gemm::{Along, Matrix, multiply};
use crate::kernels::thinned::{Lists, Rows, Thinned, pays, with_lists};
use crate::loops::calls::thinned::{PANEL, Side, ThinnedParams};

use super::{Args, params, row_key};

/// Operands: a, b and c. Parts are panels of columns of the result.
///
/// # Safety
/// As for [`HostFn`](super::HostFn).
pub(super) unsafe extern "C" fn thinned(operands: *const u64, args: *const Args, first: u64, last: u64) {
    if first == last {
        return;
    }
    // SAFETY: by the contract the row has three addresses and the parameters; `check` proved that the matrices lie in their buffers, and columns of
    // these parts are this thread's own. The step has its scalars.
    unsafe {
        let (call, args) = (params::<ThinnedParams>(operands, 3), &*args);
        let (steps, units, cols) = (call.steps as usize, call.units as usize, call.cols as usize);
        let width = if call.side == Side::INPUTS { units } else { cols };
        let own = (first as usize * PANEL).min(width)..(last as usize * PANEL).min(width);
        let a = (*operands as *const f32).add(call.a_offset as usize);
        let b = (*operands.add(1) as *const f32).add(call.b_offset as usize);
        let c = (*operands.add(2) as *mut f32).add(call.c_offset as usize);
        let (a, b) = (
            Rows { start: a, stride: call.a_stride as usize },
            Rows { start: b, stride: call.b_stride as usize },
        );
        let c = Rows { start: c, stride: call.c_stride as usize };
        let q = *args.step_scalars.add(call.scalar as usize);
        if !pays(q) {
            return dense(call, own, args.rows as usize * steps, (a, b, c));
        }
        with_lists(|lists| {
            let drawn = if call.side == Side::INPUTS { own.clone() } else { 0..units };
            fill(lists, call, args, drawn, q);
            let form = Thinned { lists, steps, units };
            match call.side {
                Side::FORWARD => form.forward(own, a, b, c),
                Side::WEIGHTS => form.weights(own, a, b, c),
                _ => form.inputs((own, cols), a, b, c),
            }
        });
    }
}

/// The columns of `units` that each row of the step keeps.
///
/// # Safety
/// The key's tables are those that `needs` asks for.
unsafe fn fill(lists: &mut Lists, call: &ThinnedParams, args: &Args, units: Range<usize>, q: u32) {
    for row in 0..args.rows {
        // SAFETY: by the contract.
        let key = unsafe { row_key(call.site, call.by_update != 0, args, row) };
        let kept = |unit: &u32| draws::kept(key, call.unit as u32 + unit, q);
        lists.push((units.start as u32..units.end as u32).filter(kept));
    }
}

/// Columns `own` of the product of all that is there, of `rows` lines.
///
/// # Safety
/// As for [`thinned`].
unsafe fn dense(
    call: &ThinnedParams,
    own: Range<usize>,
    rows: usize,
    (a, b, c): (Rows<*const f32>, Rows<*const f32>, Rows<*mut f32>),
) {
    let (units, cols) = (call.units as usize, call.cols as usize);
    let (sizes, down, across) = match call.side {
        Side::FORWARD => ((rows, own.len(), units), (a.stride, 1), (b.stride, 1)),
        Side::WEIGHTS => ((units, own.len(), rows), (1, a.stride), (b.stride, 1)),
        _ => ((rows, own.len(), cols), (a.stride, 1), (1, b.stride)),
    };
    // SAFETY: the caller's contract; columns are offsets into lines of `b`, or lines of it.
    unsafe {
        let b = Matrix { start: b.start.add(own.start * across.1), strides: across };
        let c = Matrix { start: c.start.add(own.start), strides: (c.stride, 1) };
        multiply(Along::Columns, sizes, c, false, Matrix { start: a.start, strides: down }, b);
    }
}
