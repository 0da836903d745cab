//! Axes of a nest that are one: where no address tells them apart, two neighbouring axes are a single loop.

use crate::loops::{Affine, Body, Domain, Inst, LoopKernel, Section, Stmt};

/// Joins the inner axes of a kernel, and the taps of each fold, as far as its addresses allow. The places and their order stay the same.
pub(super) fn join_axes(kernel: &mut LoopKernel) {
    if let Domain::Rows { inner, .. } = &mut kernel.domain {
        let mut addresses = of_body(&mut kernel.body);
        join(inner, &mut addresses, |at| &mut at.axes);
    }
    for section in &mut kernel.body.sections {
        let (Section::Row(stmts) | Section::Columns { stmts, .. }) = section;
        for stmt in stmts {
            if let Stmt::Fold { taps, stmts, .. } = stmt {
                let mut addresses: Vec<&mut Affine> = stmts.iter_mut().flat_map(of_stmt).collect();
                join(taps, &mut addresses, |at| &mut at.taps);
            }
        }
    }
}

/// Joins neighbours of `extents` whose factors, in all addresses, are those of one axis.
fn join<const N: usize>(
    extents: &mut [usize; N],
    addresses: &mut [&mut Affine],
    factors: impl Fn(&mut Affine) -> &mut [usize; N],
) {
    let mut inner = N - 1;
    for outer in (0..N - 1).rev() {
        if extents[outer] == 1 {
            continue;
        }
        let size = extents[inner];
        let one = size > 1
            && addresses.iter_mut().all(|at| {
                let factors = factors(at);
                factors[outer] == factors[inner] * size
            });
        if one {
            extents[inner] *= extents[outer];
            extents[outer] = 1;
            addresses.iter_mut().for_each(|at| factors(at)[outer] = 0);
        } else {
            inner = outer;
        }
    }
}

fn of_body(body: &mut Body) -> Vec<&mut Affine> {
    let uniform = body.uniform.iter_mut().filter_map(|(_, inst)| of_inst(inst));
    let sections = body.sections.iter_mut().flat_map(|section| {
        let (Section::Row(stmts) | Section::Columns { stmts, .. }) = section;
        stmts.iter_mut().flat_map(of_stmt)
    });
    uniform.chain(sections).collect()
}

fn of_stmt(stmt: &mut Stmt) -> Vec<&mut Affine> {
    match stmt {
        Stmt::Let(_, inst) => of_inst(inst).into_iter().collect(),
        Stmt::Store { access, .. } => vec![&mut access.at],
        Stmt::Fold { stmts, .. } => stmts.iter_mut().flat_map(of_stmt).collect(),
        Stmt::Accumulate { .. } | Stmt::Partial { .. } => Vec::new(),
    }
}

fn of_inst(inst: &mut Inst) -> Option<&mut Affine> {
    match inst {
        Inst::Load { access, .. } => Some(&mut access.at),
        Inst::KeepMask { unit, .. } | Inst::Noise { unit, .. } | Inst::Within { unit, .. } => Some(unit),
        Inst::Const(_)
        | Inst::Scalar { .. }
        | Inst::RowKey { .. }
        | Inst::KeepMaskAt { .. }
        | Inst::OneHot { .. }
        | Inst::Unary(..)
        | Inst::Binary(..)
        | Inst::Select { .. } => None,
    }
}
