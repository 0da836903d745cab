//! Arithmetic of single elements: bits equal to the interpreter's.

use super::rig::{COLS, OneKernel, Pass, ROWS, THREADS, assert_bits, load, numbers, store};
use crate::loops::{Access, Binary, Inst, Reg, Stmt, Unary};
use crate::math::{self, Scalar32};

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

fn unary(op: Unary, x: f32) -> f32 {
    let a = &mut Scalar32 { fma: true };
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Exp => math::exp(a, x),
        Unary::Log => math::ln(a, x),
        Unary::Sqrt => x.sqrt(),
        Unary::Tanh => math::tanh(a, x),
        Unary::Sigmoid => math::sigmoid(a, x),
        Unary::Softplus => math::softplus(a, x),
        Unary::Erf => math::erf(a, x),
    }
}

fn gathered(cols: usize) -> Access {
    Access::Gathered { stride: cols, partner: false }
}

fn positioned(cols: usize) -> Access {
    Access::Positioned { stride: cols, offset: 0 }
}

#[test]
fn unary_instructions_have_the_interpreter_s_bits() {
    for op in UNARY {
        for cols in COLS {
            let k = OneKernel::new(cols).columns(vec![
                load(0, 0, gathered(cols)),
                Stmt::Let(Reg(1), Inst::Unary(op, Reg(0))),
                store(1, positioned(cols), 1),
            ]);
            let compiled = k.compile();
            let rows = 5;
            let x = numbers(rows * cols, 3);
            let mut pass = Pass::new(rows, 3);
            pass.output = vec![9.0; rows * cols];
            pass.inputs.push(x.clone());
            pass.run(&compiled, 1);
            let expected: Vec<f32> = (0..rows)
                .flat_map(|p| x[pass.order[p] as usize * cols..][..cols].to_vec())
                .map(|x| unary(op, x))
                .collect();
            assert_bits(&pass.output, &expected, &format!("{op:?}, {cols} columns"));
        }
    }
}

#[test]
fn rows_and_threads_do_not_matter() {
    let cols = 13;
    let k = OneKernel::new(cols).columns(vec![
        load(0, 0, gathered(cols)),
        Stmt::Let(Reg(1), Inst::Unary(Unary::Tanh, Reg(0))),
        store(1, positioned(cols), 1),
    ]);
    let compiled = k.compile();
    for rows in ROWS {
        for threads in THREADS {
            for batch in ROWS {
                let x = numbers(rows * cols, 3);
                let mut pass = Pass::new(rows, batch);
                pass.output = vec![9.0; rows * cols];
                pass.inputs.push(x.clone());
                pass.run(&compiled, threads);
                let expected: Vec<f32> = (0..rows)
                    .flat_map(|p| x[pass.order[p] as usize * cols..][..cols].to_vec())
                    .map(|x| unary(Unary::Tanh, x))
                    .collect();
                assert_bits(&pass.output, &expected, &format!("{rows} rows by {batch}, {threads} threads"));
            }
        }
    }
}

#[test]
fn binary_instructions_and_selection() {
    let ops = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Max, Binary::Min, Binary::Less];
    for op in ops {
        for cols in [1, 7, 8, 10, 20] {
            let mut stmts = vec![
                load(0, 0, gathered(cols)),
                load(1, 0, Access::Gathered { stride: cols, partner: true }),
                Stmt::Let(Reg(2), Inst::Binary(op, Reg(0), Reg(1))),
            ];
            let mut last = 2;
            if op == Binary::Less {
                let select = Inst::Select { condition: Reg(2), then: Reg(1), otherwise: Reg(0) };
                stmts.push(Stmt::Let(Reg(3), select));
                last = 3;
            }
            stmts.push(store(1, positioned(cols), last));
            let compiled = OneKernel::new(cols).columns(stmts).compile();
            let rows = 40;
            let x = numbers(rows * cols, 4);
            let mut pass = Pass::new(rows, 33);
            pass.output = vec![9.0; rows * cols];
            pass.inputs.push(x.clone());
            pass.run(&compiled, 1);
            let row = |order: &[u32], p: usize, c: usize| x[order[p] as usize * cols + c];
            let expected: Vec<f32> = (0..rows * cols)
                .map(|i| (row(&pass.order, i / cols, i % cols), row(&pass.partner, i / cols, i % cols)))
                .map(|(a, b)| match op {
                    Binary::Add => a + b,
                    Binary::Sub => a - b,
                    Binary::Mul => a * b,
                    Binary::Div => a / b,
                    Binary::Max => {
                        if b < a {
                            a
                        } else {
                            b
                        }
                    }
                    Binary::Min => {
                        if a < b {
                            a
                        } else {
                            b
                        }
                    }
                    Binary::Less => {
                        if a < b {
                            b
                        } else {
                            a
                        }
                    }
                })
                .collect();
            assert_bits(&pass.output, &expected, &format!("{op:?}, {cols} columns"));
        }
    }
}
