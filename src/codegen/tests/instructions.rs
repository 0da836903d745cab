//! Instructions: bits equal to the interpreter's.

use super::rig::{COLS, FEW_COLS, One, Pass, ROWS, THREADS, gathered, load, positioned, put, store};
use crate::graph::{DType, ScalarId, SiteId};
use crate::loops::interpret::{Data, Number};
use crate::loops::{Access, Affine, Binary, Inst, Operand, Reg, Stmt, Unary};

const UNARY: [Unary; 9] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Exp,
    Unary::Log,
    Unary::Sqrt,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Erf,
];
const BINARY: [Binary; 6] = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Max, Binary::Min];

/// `y = f(x, partner's x)`, registers 0 and 1 to the last of `stmts`.
fn two_to_one(cols: usize, stmts: Vec<Stmt>, result: u32) -> One {
    let mut all = vec![load(0, 0, gathered(cols)), load(1, 0, Access::data(true, Affine::rows(cols, 0)))];
    all.extend(stmts);
    all.push(store(1, positioned(cols), result));
    One::new(cols, cols).columns(all)
}

#[test]
fn unary() {
    for op in UNARY {
        for cols in COLS {
            let k = two_to_one(cols, vec![put(2, Inst::Unary(op, Reg(0)))], 2);
            let pass = Pass::new(5, 3).input(cols, 3).output(cols);
            pass.compare(&k.program(), &[1], &format!("{op:?}, {cols} columns"));
        }
    }
}

#[test]
fn binary() {
    for op in BINARY {
        for cols in COLS {
            let k = two_to_one(cols, vec![put(2, Inst::Binary(op, Reg(0), Reg(1)))], 2);
            let pass = Pass::new(40, 33).input(cols, 4).output(cols);
            pass.compare(&k.program(), &[1], &format!("{op:?}, {cols} columns"));
        }
    }
}

#[test]
fn comparison_and_selection() {
    for cols in COLS {
        let less = put(2, Inst::Binary(Binary::Less, Reg(0), Reg(1)));
        let choose = |then, otherwise| {
            put(4, Inst::Select { condition: Reg(2), then: Reg(then), otherwise: Reg(otherwise) })
        };
        let pass = Pass::new(40, 33).input(cols, 5).output(cols);
        let k = two_to_one(cols, vec![less.clone(), choose(1, 0)], 4);
        pass.compare(&k.program(), &[1], &format!("{cols} columns"));
        // Against a constant zero there is a shorter form.
        for zero in [0.0, -0.0] {
            let k = two_to_one(cols, vec![less.clone(), put(3, Inst::Const(zero)), choose(0, 3)], 4);
            pass.compare(&k.program(), &[1], &format!("{cols} columns, {zero:?} otherwise"));
            let k = two_to_one(cols, vec![less.clone(), put(3, Inst::Const(zero)), choose(3, 1)], 4);
            pass.compare(&k.program(), &[1], &format!("{cols} columns, {zero:?} then"));
        }
    }
}

#[test]
fn rows_batches_and_threads_do_not_matter() {
    let cols = 13;
    let program = two_to_one(cols, vec![put(2, Inst::Unary(Unary::Tanh, Reg(1)))], 2).program();
    for rows in ROWS {
        for batch in ROWS {
            let pass = Pass::new(rows, batch).input(cols, 6).output(cols);
            pass.compare(&program, &THREADS, &format!("{rows} rows by {batch}"));
        }
    }
}

#[test]
fn scalars_and_constants() {
    let k = |cols| {
        One::new(cols, cols)
            .operand(Operand::Scalar(ScalarId(2)))
            .operand(Operand::Scalar(ScalarId(0)))
            .uniform(0, Inst::Scalar { operand: 2, dtype: DType::F32 })
            .uniform(1, Inst::Scalar { operand: 3, dtype: DType::F32 })
            .uniform(2, Inst::Const(-0.5))
            .uniform(3, Inst::Binary(Binary::Mul, Reg(0), Reg(2)))
            .columns(vec![
                load(4, 0, gathered(cols)),
                put(5, Inst::Binary(Binary::Mul, Reg(4), Reg(3))),
                put(6, Inst::Binary(Binary::Add, Reg(5), Reg(1))),
                store(1, positioned(cols), 6),
            ])
    };
    for cols in FEW_COLS {
        let mut pass = Pass::new(40, 33).input(cols, 7).output(cols);
        pass.scalars = vec![Number::F32(0.75), Number::I32(-3), Number::F32(1e-3)];
        pass.compare(&k(cols).program(), &[1, 2], &format!("{cols} columns"));
    }
}

#[test]
fn one_hot() {
    for cols in COLS {
        for offset in [0, 3] {
            let label =
                Inst::Load { operand: 2, access: Access::data(false, Affine::rows(1, 0)), dtype: DType::I32 };
            let mut target =
                super::rig::buffer("t", &[crate::graph::Dim::Batch], crate::loops::BufferKind::Target);
            target.dtype = DType::I32;
            let k = One::new(cols, cols)
                .buffer(target)
                .row(vec![put(0, label)])
                .columns(vec![put(1, Inst::OneHot { label: Reg(0), offset }), store(1, positioned(cols), 1)]);
            let mut pass = Pass::new(70, 33).input(cols, 7).output(cols);
            pass.host.target = Data::I32((0..70).map(|i| i % (cols as i32 + 2) - 1).collect());
            pass.compare(&k.program(), &[1, 2], &format!("{cols} columns from {offset}"));
        }
    }
}

#[test]
fn what_is_within_a_row() {
    for cols in COLS {
        for (stride, offset) in [(1, 0), (2, 0), (3, 4), (2, -1)] {
            let length =
                Inst::Load { operand: 2, access: Access::data(false, Affine::rows(1, 0)), dtype: DType::I32 };
            let kind = crate::loops::BufferKind::Input { slot: 1 };
            let mut lengths = super::rig::buffer("x.length", &[crate::graph::Dim::Batch], kind);
            lengths.dtype = DType::I32;
            let within = Inst::Within { length: Reg(0), unit: Affine::cols(1), stride, offset };
            let k = One::new(cols, cols).buffer(lengths).row(vec![put(0, length)]).columns(vec![
                load(1, 0, gathered(cols)),
                put(2, within),
                put(3, Inst::Binary(Binary::Mul, Reg(1), Reg(2))),
                store(1, positioned(cols), 3),
            ]);
            let mut pass = Pass::new(70, 33).input(cols, 7).output(cols);
            pass.host.inputs.push((0..70).map(|i| (i % (cols + 3)) as f32 - 1.0).collect());
            pass.compare(&k.program(), &[1, 2], &format!("{cols} columns, {stride} t + {offset}"));
        }
    }
}

/// `y = x * mask + noise`, with the key of site 1 in register 0.
fn draws(cols: usize, unit: &Affine, by_update: bool) -> One {
    let key = Inst::RowKey { operand: 2, by_update };
    let q = Inst::Scalar { operand: 3, dtype: DType::I32 };
    let mut k = One::new(cols, cols)
        .operand(Operand::Site(SiteId(1)))
        .operand(Operand::Scalar(ScalarId(1)))
        .uniform(1, q);
    k = if by_update { k.uniform(0, key) } else { k.row(vec![put(0, key)]) };
    k.columns(vec![
        load(2, 0, gathered(cols)),
        put(3, Inst::KeepMask { key: Reg(0), q: Reg(1), unit: *unit }),
        put(4, Inst::Binary(Binary::Mul, Reg(2), Reg(3))),
        put(5, Inst::Noise { key: Reg(0), unit: *unit }),
        put(6, Inst::Binary(Binary::Add, Reg(4), Reg(5))),
        store(1, positioned(cols), 6),
    ])
}

#[test]
fn masks_and_noise() {
    for cols in COLS {
        for unit in [Affine::cols(0), Affine::cols(16), Affine::cols(5), Affine::element(0, 21)] {
            for by_update in [false, true] {
                let program = draws(cols, &unit, by_update).program();
                let mut pass = Pass::new(70, 33).input(cols, 8).output(cols);
                pass.host.inputs[0] = super::rig::tame(70 * cols, 8);
                pass.scalars = vec![Number::F32(1.0), Number::I32(32768)];
                pass.compare(&program, &[1, 2], &format!("{cols} columns, {unit:?}, {by_update}"));
                pass.places = (0..70).map(|position| position * 3 % 70).collect();
                pass.compare(&program, &[2], &format!("{cols} columns, {unit:?}, {by_update}, at places"));
            }
        }
    }
}

#[test]
fn rates_at_their_ends() {
    let cols = 24;
    let program = draws(cols, &Affine::cols(0), false).program();
    for q in [0, 1, 65535] {
        let mut pass = Pass::new(70, 33).input(cols, 8).output(cols);
        pass.scalars = vec![Number::F32(1.0), Number::I32(q)];
        pass.compare(&program, &[1], &format!("q = {q}"));
    }
}
