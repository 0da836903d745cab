//! Folds: loops over taps with running values.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32X4, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};

use crate::graph::Reduction;
use crate::loops::{Reg, Stmt, TAPS, Taps, before_first};
use crate::math::Arith;

use super::{At, Emit, Emitter};

impl Emitter<'_, '_, '_> {
    /// `stmts` for each tap, and `value` reduced in the order of the taps.
    pub(super) fn fold(
        &mut self,
        at: At<'_>,
        taps: Taps,
        stmts: &[Stmt],
        reduction: Reduction,
        value: Reg,
    ) -> Emit<[Value; 2]> {
        self.pointers_of(stmts)?;
        let start = self.lanes.f32(before_first(reduction));
        let folded = self.fold_taps(at, &taps, stmts, reduction, value, [start; 2])?;
        self.taps = [None; TAPS];
        Ok(folded)
    }

    /// The same over the last `extents.len()` axes of taps, going on from `running`.
    fn fold_taps(
        &mut self,
        at: At<'_>,
        extents: &[usize],
        stmts: &[Stmt],
        reduction: Reduction,
        value: Reg,
        running: [Value; 2],
    ) -> Emit<[Value; 2]> {
        let Some((n, rest)) = extents.split_first() else {
            self.stmts(at, stmts, &mut [])?;
            let value = self.f32s(value)?;
            return Ok(self.each_vector(at, |e, v| e.lanes.reduce(reduction, running[v], value[v])));
        };
        if *n == 1 {
            return self.fold_taps(at, rest, stmts, reduction, value, running);
        }
        let (body, after) = (self.lanes.fb.create_block(), self.lanes.fb.create_block());
        let zero = self.lanes.i64(0);
        self.lanes.fb.ins().jump(body, &[zero, running[0], running[1]].map(BlockArg::from));
        let tap = self.lanes.fb.append_block_param(body, I64);
        let running = [(); 2].map(|()| self.lanes.fb.append_block_param(body, F32X4));
        self.lanes.fb.switch_to_block(body);
        self.taps[TAPS - extents.len()] = Some(tap);
        let folded = self.fold_taps(at, rest, stmts, reduction, value, running)?;
        let next = self.lanes.fb.ins().iadd_imm_s(tap, 1);
        let more = self.lanes.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, next, *n as i64);
        self.lanes.fb.ins().brif(more, body, &[next, folded[0], folded[1]].map(BlockArg::from), after, &[]);
        self.lanes.fb.switch_to_block(after);
        Ok(folded)
    }
}
