//! Look-ups, their adjoint and masks by token: interpreter and native code leave the same bits, for any number of threads.

use super::rig::{One, Pass, ROWS, THREADS, buffer, gathered, load, positioned, put, store, tame};
use crate::graph::{DType, Dim, ParamId, ScalarId, SiteId};
use crate::loops::calls::{Gather, ScatterAdd};
use crate::loops::interpret::Number;
use crate::loops::{Access, Affine, BufferId, BufferKind, Inst, Kernel, Operand, Reg};

/// `y = table[tokens]` and then the table takes the sums of `y` at its tokens: inputs 0 (unread) and 1 (tokens), parameter 0.
fn program(steps: usize, width: usize, rows: usize) -> One {
    let mut tokens = buffer("tokens", &[Dim::Batch, Dim::Const(steps)], BufferKind::Input { slot: 1 });
    tokens.dtype = DType::I32;
    let wide = [Dim::Batch, Dim::Const(steps * width)];
    let table = [Dim::Const(rows), Dim::Const(width)];
    let k = One::new(1, steps * width)
        .buffer(tokens)
        .buffer(buffer("table", &table, BufferKind::Param(ParamId(0))))
        .buffer(buffer("found", &wide, BufferKind::Temp))
        .buffer(buffer("sums", &table, BufferKind::State(crate::graph::StateId(0))));
    let gather = Gather { table: BufferId(3), tokens: BufferId(2), to: BufferId(4), rows, width, steps };
    let scatter = ScatterAdd { from: BufferId(4), tokens: BufferId(2), to: BufferId(5), rows, width, steps };
    let out = One { cols: steps * width, ..k.clone() };
    let own = Access::own(Affine::rows(steps * width, 0));
    let out = out.columns(vec![load(0, 4, own), store(1, positioned(steps * width), 0)]);
    let mut one = k;
    one.after = vec![
        Kernel::Call { name: "gather".into(), call: gather.into() },
        Kernel::Call { name: "scatter".into(), call: scatter.into() },
        out.program().kernels.remove(0),
    ];
    one.columns(vec![load(0, 0, gathered(1))])
}

#[test]
fn tokens_are_looked_up_and_their_gradients_summed() {
    for (steps, width, rows) in [(1, 1, 1), (3, 5, 7), (4, 16, 50), (7, 3, 16)] {
        let program = program(steps, width, rows).program();
        for batch in ROWS {
            let mut pass = Pass::new(batch, 33).input(1, 1).output(steps * width);
            // Some that the table does not have, on both sides.
            let token = |i: usize| ((i * 7 + i / 3) % (rows + 2)) as f32 - 1.0;
            pass.host.inputs.push((0..batch * steps).map(token).collect());
            pass.host.params.push(tame(rows * width, 3));
            pass.host.states.push(vec![9.0; rows * width]);
            pass.compare(&program, &THREADS, &format!("{batch} rows of {steps} by {width} of {rows}"));
        }
    }
}

#[test]
fn masks_by_token() {
    for cols in [1, 3, 8, 21] {
        let mut tokens = buffer("tokens", &[Dim::Batch, Dim::Const(cols)], BufferKind::Input { slot: 1 });
        tokens.dtype = DType::I32;
        let key = Inst::RowKey { operand: 3, by_update: false };
        let token = Inst::Load { operand: 2, access: gathered(cols), dtype: DType::I32 };
        let k = One::new(cols, cols)
            .buffer(tokens)
            .operand(Operand::Site(SiteId(1)))
            .operand(Operand::Scalar(ScalarId(1)))
            .uniform(1, Inst::Scalar { operand: 4, dtype: DType::I32 })
            .row(vec![put(0, key)])
            .columns(vec![
                load(2, 0, gathered(cols)),
                put(3, token),
                put(4, Inst::KeepMaskAt { key: Reg(0), q: Reg(1), unit: Reg(3) }),
                put(5, Inst::Binary(crate::loops::Binary::Mul, Reg(2), Reg(4))),
                store(1, positioned(cols), 5),
            ]);
        let mut pass = Pass::new(70, 33).input(cols, 8).output(cols);
        pass.host.inputs.push((0..70 * cols).map(|i| (i * i % 30_000) as f32).collect());
        pass.scalars = vec![Number::F32(1.0), Number::I32(32768)];
        pass.compare(&k.program(), &[1, 2], &format!("{cols} columns"));
    }
}
