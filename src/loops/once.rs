//! What is computed once a binding of the parameters and not in each step: kernels that read parameters, states and constants alone, none of
//! which the program updates. Frozen batch norm's deviations are such values.
//!
//! Their kernels run before the first step; what they write keeps its place through all steps (`plan`). A training step updates what it
//! reads, so that there nothing is computed ahead.

use super::verify::traffic;
use super::{Buffer, BufferId, Domain, Kernel, LoopKernel, Operand, Parts, Program, plan::is_temporary};
use crate::graph::Dim;

/// By kernel: whether it runs once, before the steps.
pub(crate) fn once(program: &Program) -> Vec<bool> {
    let mut once: Vec<bool> = program.kernels.iter().map(is_of_no_step).collect();
    let traffic: Vec<_> = program.kernels.iter().map(traffic).collect();
    // A kernel that falls out takes those along that read what it writes; those before it that write the same fall in the next round.
    loop {
        let mut stays: Vec<bool> = program.buffers.iter().map(may_stay).collect();
        let by_steps = traffic.iter().zip(&once).filter(|(_, once)| !**once);
        by_steps.for_each(|((_, writes), _)| writes.iter().for_each(|id| stays[id.0 as usize] = false));
        let before = once.clone();
        for (once, (reads, writes)) in once.iter_mut().zip(&traffic) {
            let outlives = |id: &BufferId| program.buffers[id.0 as usize].kind.outlives();
            let holds =
                reads.iter().chain(writes).all(|id| stays[id.0 as usize]) && !writes.iter().any(outlives);
            if *once && !holds {
                *once = false;
                writes.iter().for_each(|id| stays[id.0 as usize] = false);
            }
        }
        if once == before {
            return once;
        }
    }
}

/// Whether the contents of a buffer can be the same in all steps.
fn may_stay(buffer: &Buffer) -> bool {
    !buffer.dims.contains(&Dim::Batch) && (buffer.kind.outlives() || is_temporary(buffer))
}

/// Whether a kernel reads no rows of the batch, no number of the step and no stream.
fn is_of_no_step(kernel: &Kernel) -> bool {
    match kernel {
        Kernel::Loop(LoopKernel { domain, operands, .. }) => {
            let of_rows = matches!(domain, Domain::Rows { rows: Dim::Batch, .. });
            !of_rows && operands.iter().all(|operand| matches!(operand, Operand::Buffer(_)))
        }
        Kernel::Call { call, .. } => matches!(call.parts(), Parts::Const(_)),
        Kernel::Repeat { .. } | Kernel::Total { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check_source;
    use crate::graph::Mode;
    use crate::loops::{Call, fuse};
    use crate::lower::{lower_eval, lower_train};

    const NET: &str = "
net {
  input x: real[4]
  dense 8 -> batch_norm -> relu -> dropout 0.5
  dense 3
  output y: class[3]
}
train {
  loss cross_entropy
  optimizer adam, lr=0.01
  epochs 1
}
";

    fn names(program: &Program) -> Vec<String> {
        let once = once(program);
        let kernels = program.kernels.iter().zip(once);
        kernels.filter(|(_, once)| *once).map(|(kernel, _)| kernel.name().into()).collect()
    }

    #[test]
    fn deviations_of_frozen_batch_norm() {
        let model = check_source(NET, &Default::default()).model.expect("sound");
        for mode in [Mode::Eval, Mode::Mc] {
            assert_eq!(
                names(&fuse(&lower_eval(&model, mode).graph).expect("kernels")),
                ["batch_norm_1.forward"]
            );
        }
    }

    #[test]
    fn nothing_in_a_step_that_updates_what_it_reads() {
        let model = check_source(NET, &Default::default()).model.expect("sound");
        assert_eq!(names(&fuse(&lower_train(&model).graph).expect("kernels")), Vec::<String>::new());
    }

    /// A kernel reads what another wrote, and is written over by a third that reads rows: none of the two can stay.
    #[test]
    fn a_value_that_a_step_changes_takes_its_readers_along() {
        let model = check_source(NET, &Default::default()).model.expect("sound");
        let mut program = fuse(&lower_eval(&model, Mode::Eval).graph).expect("kernels");
        let deviation = program.buffers.iter().position(|b| b.name == "batch_norm_1.out").expect("a buffer");
        let deviation = BufferId(deviation as u32);
        let step =
            program.kernels.iter().position(|k| k.name() == "dense_1.product.gemm").expect("a product");
        let Kernel::Call { call: Call::Product(product), .. } = &mut program.kernels[step] else {
            panic!("a product")
        };
        product.c.buffer = deviation;
        assert_eq!(names(&program), Vec::<String>::new());
    }
}
