//! Addresses: every way to reach a buffer, in every kind of domain.

use super::rig::{
    COLS, FEW_COLS, One, Pass, THREADS, buffer, gathered, load, numbers, positioned, put, store, tame,
};
use crate::graph::{DType, Dim, ParamId, SiteId, SlotId};
use crate::loops::interpret::Number;
use crate::loops::{
    Access, Affine, Binary, BufferKind, Domain, Inst, Kernel, LoopKernel, Operand, Program, Reg,
    SHARD_ELEMENTS, Stmt,
};

fn add(to: u32, a: u32, b: u32) -> Stmt {
    put(to, Inst::Binary(Binary::Add, Reg(a), Reg(b)))
}

#[test]
fn columns_rows_and_single_elements() {
    for cols in COLS {
        // y = x + w[2 + col] + w[0] + w[1]
        let k = One::new(cols, cols)
            .buffer(buffer("w", &[Dim::Const(cols + 2)], BufferKind::Param(ParamId(0))))
            .columns(vec![
                load(0, 0, gathered(cols)),
                load(1, 2, Access::own(Affine::cols(2))),
                load(2, 2, Access::own(Affine::element(0, 0))),
                load(3, 2, Access::own(Affine::element(0, 1))),
                add(4, 0, 1),
                add(5, 4, 2),
                add(6, 5, 3),
                store(1, positioned(cols), 6),
            ]);
        let mut pass = Pass::new(40, 33).input(cols, 1).output(cols);
        pass.host.params.push(numbers(cols + 2, 2));
        pass.compare(&k.program(), &[1, 2], &format!("{cols} columns"));
    }
}

#[test]
fn parts_of_wider_rows() {
    for cols in FEW_COLS {
        let k = One::new(cols, 2 * cols + 3).columns(vec![
            load(0, 0, gathered(cols)),
            store(1, Access::pass(Affine::rows(2 * cols + 3, 1)), 0),
            store(1, Access::pass(Affine::rows(2 * cols + 3, cols + 2)), 0),
        ]);
        let pass = Pass::new(40, 33).input(cols, 1).output(2 * cols + 3);
        pass.compare(&k.program(), &THREADS, &format!("{cols} columns"));
    }
}

#[test]
fn bytes() {
    for cols in COLS {
        let program = One::new(cols, cols)
            .columns(vec![load(0, 0, gathered(cols)), store(1, positioned(cols), 0)])
            .program();
        let mut pass = Pass::new(40, 33).input(cols, 1).output(cols);
        let (scale, shift) = (1.0 / 255.0, -0.3);
        let bytes: Vec<u8> = (0..40 * cols).map(|i| (i * 31 % 256) as u8).collect();
        pass.host.inputs[0] = bytes.iter().map(|b| f32::from(*b) * scale + shift).collect();
        pass.bytes = Some((bytes, scale, shift));
        pass.compare(&program, &[1, 2], &format!("{cols} columns"));
    }
}

/// Two kernels over a temporary `[Batch, inner, cols]`: data to it, then it to the predictions through row domains with an inner axis.
fn inner_program(inner: usize, cols: usize) -> Program {
    let width = inner * cols;
    let mut first = One::new(width, width)
        .buffer(buffer("t", &[Dim::Batch, Dim::Const(inner), Dim::Const(cols)], BufferKind::Temp))
        .buffer(buffer("u", &[Dim::Batch, Dim::Const(inner)], BufferKind::Temp))
        .buffer(buffer("w", &[Dim::Const(2 * inner + 1)], BufferKind::Param(ParamId(0))))
        .columns(vec![load(0, 0, gathered(width)), store(2, Access::own(Affine::rows(width, 0)), 0)])
        .program();
    let mut second = One::new(cols, width);
    second.buffers = first.buffers.clone();
    second.domain = Domain::nest(Dim::Batch, [1, 1, inner]);
    second.operands = first_operands(&first);
    second.operands.push(Operand::Site(SiteId(0)));
    second.operands.push(Operand::Scalar(crate::graph::ScalarId(0)));
    // Places of the inner axis, and places with columns.
    let place = |step: usize, offset: usize| Affine { axes: [0, 0, step], ..Affine::element(width, offset) };
    let columns = Affine { col: 1, ..place(cols, 0) };
    let unit = Affine { row: 0, ..columns };
    let second = second
        .uniform(9, Inst::Scalar { operand: 6, dtype: DType::I32 })
        .row(vec![
            put(8, Inst::RowKey { operand: 5, by_update: false }),
            load(0, 2, Access::own(place(cols, cols - 1))),
            load(1, 4, Access::own(Affine { row: 0, ..place(2, 1) })),
            add(2, 0, 1),
            store(3, Access::own(Affine { row: inner, ..place(1, 0) }), 2),
        ])
        .columns(vec![
            load(3, 2, Access::own(columns)),
            add(4, 3, 2),
            put(5, Inst::KeepMask { key: Reg(8), q: Reg(9), unit: Affine { offset: 8, ..unit } }),
            put(6, Inst::Binary(Binary::Mul, Reg(4), Reg(5))),
            put(10, Inst::Noise { key: Reg(8), unit: Affine { axes: [0, 0, 3], ..unit } }),
            add(11, 6, 10),
            store(2, Access::own(columns), 11),
        ])
        .program();
    let third = LoopKernel {
        name: "out".into(),
        ..match &One::new(width, width)
            .columns(vec![
                load(0, 2, Access::own(Affine::rows(width, 0))),
                load(1, 3, Access::own(Affine::element(inner, inner - 1))),
                add(2, 0, 1),
                store(1, positioned(width), 2),
            ])
            .program()
            .kernels[0]
        {
            Kernel::Loop(k) => k.clone(),
            _ => return first,
        }
    };
    let third = LoopKernel { operands: first_operands(&first), ..third };
    first.kernels.extend(second.kernels);
    first.kernels.push(Kernel::Loop(third));
    first
}

fn first_operands(program: &Program) -> Vec<Operand> {
    match &program.kernels[0] {
        Kernel::Loop(k) => k.operands.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn inner_axes_and_temporaries() {
    for inner in [1, 2, 3] {
        for cols in FEW_COLS {
            let program = inner_program(inner, cols);
            for (rows, batch) in [(1, 1), (70, 33), (129, 128)] {
                let width = inner * cols;
                let mut pass = Pass::new(rows, batch).output(width);
                pass.host.inputs.push(tame(rows * width, 2));
                pass.host.params.push(tame(2 * inner + 1, 3));
                pass.scalars = vec![Number::I32(20000)];
                pass.compare(&program, &THREADS, &format!("{inner} x {cols}, {rows} rows by {batch}"));
            }
        }
    }
}

/// `v = 0.9 v + w; w = w - 0.1 v`, in place, over `len` elements from `offset`.
fn update(len: usize, offset: usize) -> Program {
    let mut k = One::new(len, 1);
    k.domain = Domain::Flat { len };
    k.buffers[1] = buffer("w", &[Dim::Const(len + offset)], BufferKind::Param(ParamId(0)));
    let k = k.buffer(buffer("v", &[Dim::Const(len)], BufferKind::Slot(SlotId(0))));
    k.uniform(0, Inst::Const(0.9))
        .uniform(1, Inst::Const(0.1))
        .columns(vec![
            load(2, 1, Access::own(Affine::cols(offset))),
            load(3, 2, Access::own(Affine::cols(0))),
            put(4, Inst::Binary(Binary::Mul, Reg(3), Reg(0))),
            add(5, 4, 2),
            put(6, Inst::Binary(Binary::Mul, Reg(5), Reg(1))),
            put(7, Inst::Binary(Binary::Sub, Reg(2), Reg(6))),
            store(1, Access::own(Affine::cols(offset)), 7),
            store(2, Access::own(Affine::cols(0)), 5),
        ])
        .program()
}

#[test]
fn flat_domains() {
    let whole = SHARD_ELEMENTS;
    for len in [1, 7, 8, 9, 20, 1000, whole - 1, whole, whole + 1, whole + 7, whole + 8, 3 * whole + 13] {
        let mut pass = Pass::new(40, 33).input(len, 1);
        pass.host.params.push(tame(len + 5, 2));
        pass.host.slots.push(tame(len, 3));
        pass.compare(&update(len, 5), &THREADS, &format!("{len} elements"));
    }
}

#[test]
fn rows_of_a_parameter() {
    // Each row of w [rows, cols] is divided by its first element.
    for (rows, cols) in [(1, 5), (31, 8), (33, 20), (129, 3)] {
        let mut k = One::new(cols, 1);
        k.domain = Domain::rows(Dim::Const(rows));
        k.buffers[1] = buffer("w", &[Dim::Const(rows), Dim::Const(cols)], BufferKind::Param(ParamId(0)));
        let k = k.row(vec![load(0, 1, Access::own(Affine::element(cols, 0)))]).columns(vec![
            load(1, 1, Access::own(Affine::rows(cols, 0))),
            put(2, Inst::Binary(Binary::Div, Reg(1), Reg(0))),
            store(1, Access::own(Affine::rows(cols, 0)), 2),
        ]);
        let mut pass = Pass::new(40, 33).input(cols, 1);
        pass.host.params.push(tame(rows * cols, 2));
        pass.compare(&k.program(), &THREADS, &format!("{rows} x {cols}"));
    }
}
