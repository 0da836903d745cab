//! Sums and maxima: over columns in the fixed order, over rows through partials and the tree, into totals.

use super::rig::{
    COLS, FEW_COLS, One, Pass, ROWS, THREADS, buffer, gathered, load, positioned, put, store, tame,
};
use crate::graph::{Blocks, DType, Dim, ParamId, Reduction};
use crate::loops::{
    Access, Affine, Binary, BufferId, BufferKind, Combine, Domain, Inst, Kernel, Reg, SHARD_ELEMENTS, Stmt,
    Unary,
};

const REDUCTIONS: [Reduction; 2] = [Reduction::Sum, Reduction::Max];

fn accumulate(into: u32, reduction: Reduction, value: u32) -> Stmt {
    Stmt::Accumulate { into: Reg(into), reduction, value: Reg(value) }
}

#[test]
fn over_columns() {
    for reduction in REDUCTIONS {
        for cols in COLS {
            // y = x - reduce(x), and two accumulators in one loop.
            let k = One::new(cols, cols)
                .columns(vec![
                    load(0, 0, gathered(cols)),
                    put(1, Inst::Unary(Unary::Abs, Reg(0))),
                    accumulate(2, reduction, 0),
                    accumulate(3, Reduction::Sum, 1),
                ])
                .row(vec![put(4, Inst::Binary(Binary::Add, Reg(2), Reg(3)))])
                .columns(vec![
                    load(5, 0, gathered(cols)),
                    put(6, Inst::Binary(Binary::Sub, Reg(5), Reg(4))),
                    store(1, positioned(cols), 6),
                ]);
            let mut pass = Pass::new(40, 33).output(cols);
            pass.host.inputs.push(tame(40 * cols, 5));
            pass.compare(&k.program(), &[1, 2], &format!("{reduction:?}, {cols} columns"));
        }
    }
}

/// Strips of wide rows: curves of curves, more of them than have slots, running values and counted columns beside them, and what is left over.
#[test]
fn curves_of_wide_rows() {
    for cols in [63, 64, 75, 200, 256, 257, 331, 530] {
        let of = |op, reg| Inst::Unary(op, Reg(reg));
        let mut stmts = vec![
            load(0, 0, gathered(cols)),
            put(1, of(Unary::Tanh, 0)),
            put(2, Inst::Binary(Binary::Sub, Reg(1), Reg(0))),
            put(3, of(Unary::Exp, 2)),
            put(4, Inst::OneHot { label: Reg(30), offset: 1 }),
            put(5, Inst::Binary(Binary::Mul, Reg(3), Reg(4))),
            accumulate(40, Reduction::Sum, 1),
            accumulate(41, Reduction::Max, 5),
            put(6, of(Unary::Sigmoid, 5)),
        ];
        // Each of the one before it.
        stmts.extend((7..17).map(|reg| put(reg, of(Unary::Sigmoid, reg - 1))));
        stmts.push(put(17, Inst::Binary(Binary::Add, Reg(16), Reg(3))));
        stmts.push(store(1, positioned(cols), 17));
        let label =
            Inst::Load { operand: 2, access: Access::data(false, Affine::rows(1, 0)), dtype: DType::I32 };
        let kind = BufferKind::Input { slot: 1 };
        let mut labels = buffer("labels", &[Dim::Batch], kind);
        labels.dtype = DType::I32;
        let k = One::new(cols, cols)
            .buffer(labels)
            .row(vec![put(30, label)])
            .columns(stmts)
            .row(vec![put(18, Inst::Binary(Binary::Add, Reg(40), Reg(41)))])
            .columns(vec![
                load(19, 1, positioned(cols)),
                put(20, Inst::Binary(Binary::Add, Reg(19), Reg(18))),
                store(1, positioned(cols), 20),
            ]);
        let mut pass = Pass::new(40, 33).output(cols);
        pass.host.inputs.push(tame(40 * cols, 5));
        pass.host.inputs.push((0..40).map(|i| (i * 7 % cols) as f32).collect());
        pass.compare(&k.program(), &[1, 2], &format!("{cols} columns"));
    }
}

/// Partials of columns and of rows, combined; the first goes to the predictions, the second to a total.
fn partials(cols: usize, reduction: Reduction, blocks: Blocks) -> One {
    let domain = Domain::rows(Dim::Batch);
    let mut k = One::new(cols, cols)
        .blocks(blocks)
        .buffer(buffer("columns", &[Dim::Const(cols)], BufferKind::Partials))
        .buffer(buffer("rows", &[], BufferKind::Partials))
        .columns(vec![
            load(0, 0, gathered(cols)),
            accumulate(1, reduction, 0),
            Stmt::Partial { operand: 2, reduction, value: Reg(0) },
        ])
        .row(vec![Stmt::Partial { operand: 3, reduction: Reduction::Sum, value: Reg(1) }]);
    let combine = |partials, cols, reduction| Kernel::Call {
        name: "c".into(),
        call: Combine { partials, cols, reduction, domain, blocks }.into(),
    };
    let operands = k.operands.clone();
    let out = One::new(cols, cols)
        .columns(vec![load(0, 2, Access::own(Affine::cols(0))), store(1, positioned(cols), 0)]);
    let mut out = out.program().kernels.remove(0);
    if let Kernel::Loop(k) = &mut out {
        k.operands = operands;
    }
    k.after = vec![
        combine(BufferId(2), cols, reduction),
        combine(BufferId(3), 1, Reduction::Sum),
        out,
        Kernel::Total { index: 1, value: BufferId(3) },
    ];
    k
}

#[test]
fn over_rows() {
    for (reduction, blocks) in REDUCTIONS.iter().flat_map(|r| [1, 3, 4, 40].map(|n| (*r, Blocks::new(n)))) {
        // What is not one block depends on columns no more.
        for cols in if blocks.are_one() { &FEW_COLS[..] } else { &FEW_COLS[3..4] }.iter().copied() {
            let program = partials(cols, reduction, blocks).program();
            for rows in ROWS {
                for batch in [1, 33, 128, 129] {
                    let mut pass = Pass::new(rows, batch).output(cols);
                    pass.host.inputs.push(tame(rows * cols, 5));
                    let what = format!("{reduction:?}, {cols} columns, {rows} rows by {batch}, {blocks:?}");
                    pass.compare(&program, &[1, 3], &what);
                }
            }
        }
    }
}

#[test]
fn over_rows_by_any_number_of_threads() {
    let program = partials(1000, Reduction::Sum, Blocks::ONE).program();
    let mut pass = Pass::new(1000, 500).output(1000);
    pass.host.inputs.push(tame(1_000_000, 5));
    pass.compare(&program, &THREADS, "1000 rows by 500");
}

#[test]
fn over_a_flat_domain() {
    for len in [1, 8, 13, SHARD_ELEMENTS, SHARD_ELEMENTS + 5, 5 * SHARD_ELEMENTS + 100] {
        let mut k = One::new(len, 1);
        k.domain = Domain::Flat { len };
        k.buffers[1] = buffer("w", &[Dim::Const(len)], BufferKind::Param(ParamId(0)));
        let mut k = k
            .buffer(buffer("norm", &[], BufferKind::Partials))
            .columns(vec![
                load(0, 1, Access::own(Affine::cols(0))),
                put(1, Inst::Binary(Binary::Mul, Reg(0), Reg(0))),
                accumulate(2, Reduction::Sum, 1),
            ])
            .row(vec![Stmt::Partial { operand: 2, reduction: Reduction::Sum, value: Reg(2) }]);
        k.after = vec![
            Kernel::Call {
                name: "c".into(),
                call: Combine {
                    partials: BufferId(2),
                    cols: 1,
                    reduction: Reduction::Sum,
                    domain: k.domain,
                    blocks: Blocks::ONE,
                }
                .into(),
            },
            Kernel::Total { index: 3, value: BufferId(2) },
        ];
        let mut pass = Pass::new(40, 33).input(len, 1);
        pass.host.params.push(tame(len, 2));
        pass.compare(&k.program(), &THREADS, &format!("{len} elements"));
    }
}
