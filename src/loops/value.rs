//! Scalar evaluation of one instruction, and reductions in the order that native code keeps.

use super::interpret::Point;
use super::{Binary, Inst, Reg, Unary};
use crate::draws;
use crate::graph::Reduction;
use crate::math::{self, Arith, Scalar32};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    F32(f32),
    I32(i32),
    Bool(bool),
    Key(u64),
}

impl Value {
    pub fn float(self) -> f32 {
        match self {
            Value::F32(x) => x,
            other => panic!("{other:?} is no f32"),
        }
    }
}

/// An instruction that touches no memory.
pub(super) fn evaluate(inst: &Inst, registers: &[Value], point: Point, fma: bool) -> Value {
    let get = |r: &Reg| registers[r.0 as usize];
    let mut a = Scalar32 { fma };
    match inst {
        Inst::Const(c) => Value::F32(*c),
        Inst::KeepMask { key, q, unit } => match (get(key), get(q)) {
            (Value::Key(key), Value::I32(q)) => {
                let kept = draws::kept(key, point.of(unit) as u32, q.cast_unsigned());
                Value::F32(if kept { 1.0 } else { 0.0 })
            }
            other => panic!("{other:?} is no key and threshold"),
        },
        Inst::KeepMaskAt { key, q, unit } => match (get(key), get(q), get(unit)) {
            (Value::Key(key), Value::I32(q), Value::I32(unit)) => {
                let kept = draws::kept(key, unit.cast_unsigned(), q.cast_unsigned());
                Value::F32(if kept { 1.0 } else { 0.0 })
            }
            other => panic!("{other:?} is no key, threshold and unit"),
        },
        Inst::Noise { key, unit } => match get(key) {
            Value::Key(key) => Value::F32(draws::normal(key, point.of(unit) as u32, fma)),
            other => panic!("{other:?} is no key"),
        },
        Inst::Within { length, unit, stride, offset } => match get(length) {
            Value::I32(length) => {
                let within = ((stride * point.of(unit)) as i64 + *offset as i64) < i64::from(length);
                Value::F32(if within { 1.0 } else { 0.0 })
            }
            other => panic!("{other:?} is no length"),
        },
        Inst::OneHot { label, offset } => match get(label) {
            Value::I32(label) => {
                let hit = point.col as i64 - *offset as i64 == i64::from(label);
                Value::F32(if hit { 1.0 } else { 0.0 })
            }
            other => panic!("{other:?} is no label"),
        },
        Inst::Unary(op, x) => Value::F32(unary(&mut a, *op, get(x).float())),
        Inst::Binary(Binary::Less, x, y) => Value::Bool(get(x).float() < get(y).float()),
        Inst::Binary(op, x, y) => Value::F32(binary(&mut a, *op, get(x).float(), get(y).float())),
        Inst::Select { condition, then, otherwise } => match get(condition) {
            Value::Bool(true) => get(then),
            Value::Bool(false) => get(otherwise),
            other => panic!("{other:?} is no condition"),
        },
        Inst::Scalar { .. } | Inst::Load { .. } | Inst::RowKey { .. } => panic!("{inst:?} needs the machine"),
    }
}

fn unary(a: &mut Scalar32, op: Unary, x: f32) -> f32 {
    match op {
        Unary::Neg => a.neg(x),
        Unary::Abs => a.abs(x),
        Unary::Exp => math::exp(a, x),
        Unary::Log => math::ln(a, x),
        Unary::Sqrt => a.sqrt(x),
        Unary::Tanh => math::tanh(a, x),
        Unary::Sigmoid => math::sigmoid(a, x),
        Unary::Softplus => math::softplus(a, x),
        Unary::Erf => math::erf(a, x),
    }
}

fn binary(a: &mut Scalar32, op: Binary, x: f32, y: f32) -> f32 {
    match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Max => a.max(x, y),
        Binary::Min => a.min(x, y),
        Binary::Less => panic!("a comparison is no number"),
    }
}

pub(super) fn reduce(reduction: Reduction, running: f32, value: f32) -> f32 {
    match reduction {
        Reduction::Sum => running + value,
        Reduction::Max | Reduction::First => Scalar32 { fma: false }.max(running, value),
    }
}

/// What a fold starts from: the first value itself follows.
pub(crate) fn before_first(reduction: Reduction) -> f32 {
    match reduction {
        Reduction::Sum => -0.0,
        Reduction::Max | Reduction::First => f32::NEG_INFINITY,
    }
}

/// The reduction over the columns of a row: eight running values, column `c` to value `c % 8`, then halves onto halves.
pub(super) fn accumulate(reduction: Reduction, values: &[f32]) -> f32 {
    let identity = match reduction {
        Reduction::Sum => 0.0,
        Reduction::Max | Reduction::First => f32::NEG_INFINITY,
    };
    let mut running = [identity; 8];
    for (c, value) in values.iter().enumerate() {
        running[c % 8] = reduce(reduction, running[c % 8], *value);
    }
    for half in [4, 2, 1] {
        for i in 0..half {
            running[i] = reduce(reduction, running[i], running[i + half]);
        }
    }
    running[0]
}
