//! The meaning of a scan: its body, once a step.

use super::{Enter, Scan};
use crate::graph::builder::ice;
use crate::graph::interpret::{Bindings, Real, Tensor, interpret};
use crate::graph::{Op, Sink};

/// The result over operands of the types its rule wants; `dims` are those of the result.
pub fn run<T: Real>(scan: &Scan, operands: &[&Tensor<T>], dims: &[usize], fma: bool) -> Tensor<T> {
    let rows = dims[0];
    let mut carried: Vec<Tensor<T>> = operands.iter().map(|x| (*x).clone()).collect();
    let mut data = vec![T::from_f32(0.0); dims.iter().product()];
    let width = dims[2];
    for turn in 0..scan.steps {
        let time = scan.time(turn);
        let enters = scan.inputs.iter().enumerate().map(|(i, enter)| match enter {
            Enter::Carried => carried[i].clone(),
            Enter::Closed => operands[i].clone(),
            Enter::Scanned => at_time(operands[i], time),
        });
        let bindings = Bindings { rows, fma, enters: enters.collect(), ..Bindings::default() };
        let values = match interpret(&scan.body, &bindings) {
            Ok(values) => values,
            Err(error) => ice(&error.to_string(), &"a scan"),
        };
        let mut column = 0;
        for v in scan.stacked() {
            let part = values.of(v);
            let len = part.dims[1..].iter().product::<usize>();
            for (row, numbers) in part.reals().chunks_exact(len.max(1)).enumerate() {
                let at = (row * scan.steps + time) * width + column;
                data[at..at + len].copy_from_slice(numbers);
            }
            column += len;
        }
        for (sink, v) in &scan.body.sinks {
            if let Sink::Carry(operand) = sink {
                carried[*operand as usize] = values.of(*v).clone();
            }
        }
    }
    Tensor::real(dims, data)
}

/// `[rows, ..]` of `[rows, T, ..]`.
fn at_time<T: Real>(x: &Tensor<T>, time: usize) -> Tensor<T> {
    let (rows, steps) = (x.dims[0], x.dims[1]);
    let len: usize = x.dims[2..].iter().product();
    let row = |row: usize| x.reals()[(row * steps + time) * len..][..len].iter().copied();
    let dims: Vec<usize> = std::iter::once(rows).chain(x.dims[2..].iter().copied()).collect();
    Tensor::real(&dims, (0..rows).flat_map(row).collect())
}

/// Whether a value of a body is what enters by `enter`.
pub(super) fn enters_as(scan: &Scan, op: &Op, enter: Enter) -> bool {
    matches!(op, Op::Enter(slot) if scan.inputs.get(*slot as usize) == Some(&enter))
}
