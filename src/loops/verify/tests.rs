//! A program for each invariant that breaks it, and what is said of it.

use super::*;
use crate::graph::{Blocks, Dim, Reduction, SiteId};
use crate::loops::{Affine, Axes, Binary, Body, Buffer, Combine, Domain, Place, Taps, Unary};

const COLS: usize = 4;
const FULL: Access = Access::own(Affine::rows(COLS, 0));
const GATHERED: Access = Access::data(false, Affine::rows(COLS, 0));
const POSITIONED: Access = Access::pass(Affine::rows(COLS, 0));

fn buffer(name: &str, dims: &[Dim], kind: BufferKind) -> Buffer {
    let place = matches!(kind, BufferKind::Temp | BufferKind::Partials).then_some(Place { slot: 0 });
    Buffer { name: name.into(), dtype: DType::F32, dims: dims.to_vec(), kind, value: name.into(), place }
}

fn put(reg: u32, inst: Inst) -> Stmt {
    Stmt::Let(Reg(reg), inst)
}

fn load(reg: u32, operand: u32, access: Access) -> Stmt {
    put(reg, Inst::Load { operand, access, dtype: DType::F32 })
}

fn store(operand: u32, access: Access, value: u32) -> Stmt {
    Stmt::Store { operand, access, value: Reg(value) }
}

fn mask(reg: u32, key: u32, q: u32, unit: Affine) -> Stmt {
    put(reg, Inst::KeepMask { key: Reg(key), q: Reg(q), unit })
}

/// Operands of every kernel: the input, the predictions, a temporary, a parameter of one row, partials, a site.
fn program(kernels: Vec<Kernel>) -> Program {
    let rows = [Dim::Batch, Dim::Const(COLS)];
    let buffers = vec![
        buffer("x", &rows, BufferKind::Input { slot: 0 }),
        buffer("y", &rows, BufferKind::Output),
        buffer("t", &rows, BufferKind::Temp),
        buffer("w", &[Dim::Const(COLS)], BufferKind::Param(crate::graph::ParamId(0))),
        Buffer { place: Some(Place { slot: 1 }), ..buffer("p", &[Dim::Const(COLS)], BufferKind::Partials) },
    ];
    Program { buffers, kernels, blocks: Blocks::ONE, branches: Vec::new() }
}

fn kernel_in(domain: Domain, uniform: Vec<(Reg, Inst)>, sections: Vec<Section>) -> Kernel {
    let mut operands: Vec<Operand> = (0..5).map(|i| Operand::Buffer(BufferId(i))).collect();
    operands.push(Operand::Site(SiteId(0)));
    let body = Body { uniform, sections, registers: 16 };
    Kernel::Loop(LoopKernel { name: "k".into(), fused: Vec::new(), domain, operands, body, slice: None })
}

fn kernel(sections: Vec<Section>) -> Kernel {
    kernel_in(Domain::rows(Dim::Batch), Vec::new(), sections)
}

fn columns(stmts: Vec<Stmt>) -> Section {
    Section::Columns { cols: COLS, stmts }
}

fn in_columns(stmts: Vec<Stmt>) -> Kernel {
    kernel(vec![columns(stmts)])
}

fn fault(kernels: Vec<Kernel>) -> String {
    verify(&program(kernels)).err().unwrap_or_default()
}

fn copy() -> Kernel {
    in_columns(vec![load(0, 0, GATHERED), store(1, POSITIONED, 0)])
}

#[test]
fn what_is_sound_passes() {
    let through =
        in_columns(vec![load(0, 0, GATHERED), store(2, FULL, 0), load(1, 2, FULL), store(1, POSITIONED, 1)]);
    let sums = kernel(vec![
        columns(vec![
            load(0, 0, GATHERED),
            Stmt::Accumulate { into: Reg(1), reduction: Reduction::Sum, value: Reg(0) },
        ]),
        columns(vec![
            load(2, 3, Access::own(Affine::cols(0))),
            put(3, Inst::Binary(Binary::Add, Reg(1), Reg(2))),
            store(1, POSITIONED, 3),
        ]),
    ]);
    for kernel in [copy(), through, sums] {
        assert_eq!(verify(&program(vec![kernel])), Ok(()));
    }
}

#[test]
fn a_buffer_is_written_before_it_is_read() {
    let read = in_columns(vec![load(0, 2, FULL), store(1, POSITIONED, 0)]);
    assert_eq!(fault(vec![read.clone()]), "t is read before it is written");
    let own = in_columns(vec![load(0, 2, FULL), store(2, FULL, 0)]);
    assert_eq!(fault(vec![own]), "t is read before it is written");
    let write = in_columns(vec![load(0, 0, GATHERED), store(2, FULL, 0)]);
    assert_eq!(verify(&program(vec![write, read])), Ok(()));
    let call = Combine {
        partials: BufferId(4),
        cols: COLS,
        reduction: Reduction::Sum,
        domain: Domain::rows(Dim::Batch),
        blocks: Blocks::ONE,
    };
    let combine = Kernel::Call { name: "c".into(), call: call.into() };
    assert_eq!(fault(vec![combine]), "p is read before it is written");
}

#[test]
fn temporaries_have_places_of_their_own() {
    let write = in_columns(vec![load(0, 0, GATHERED), store(2, FULL, 0)]);
    let read = in_columns(vec![load(0, 2, FULL), store(1, POSITIONED, 0)]);
    let with = |change: &dyn Fn(&mut Program)| {
        let mut program = program(vec![write.clone(), read.clone()]);
        change(&mut program);
        verify(&program).err().unwrap_or_default()
    };
    assert_eq!(with(&|p| p.buffers[2].place = None), "t has no place");
    assert_eq!(with(&|p| p.buffers[3].place = Some(Place { slot: 0 })), "w is not the plan's to place");
    let shared = with(&|p| {
        let other = Buffer { name: "u".into(), ..p.buffers[2].clone() };
        p.buffers.push(other);
        for kernel in &mut p.kernels {
            let Kernel::Loop(k) = kernel else { continue };
            k.operands.push(Operand::Buffer(BufferId(5)));
            let Section::Columns { stmts, .. } = &mut k.body.sections[0] else { continue };
            stmts.push(store(6, FULL, 0));
        }
    });
    assert_eq!(shared, "t and u live at the same time in one place");
}

#[test]
fn registers_are_assigned_once_and_used_where_they_are_known() {
    let one = || Inst::Const(1.0);
    assert_eq!(fault(vec![in_columns(vec![put(16, one())])]), "k: r16 is beyond the body's registers");
    assert_eq!(fault(vec![in_columns(vec![put(1, one()), put(1, one())])]), "k: r1 is assigned twice");
    assert_eq!(fault(vec![in_columns(vec![store(1, POSITIONED, 3)])]), "k: r3 is used where it is not known");
    let other_loop = kernel(vec![columns(vec![put(1, one())]), columns(vec![store(1, POSITIONED, 1)])]);
    assert_eq!(fault(vec![other_loop]), "k: r1 is used where it is not known");
    let outside = kernel(vec![
        columns(vec![put(1, one())]),
        Section::Row(vec![put(2, Inst::Binary(Binary::Add, Reg(1), Reg(1)))]),
    ]);
    assert_eq!(fault(vec![outside]), "k: r1 is used where it is not known");
    let accumulated = kernel(vec![Section::Row(vec![
        put(0, one()),
        Stmt::Accumulate { into: Reg(1), reduction: Reduction::Sum, value: Reg(0) },
    ])]);
    assert_eq!(fault(vec![accumulated]), "k: accumulates outside of a loop over columns");
}

#[test]
fn masks_are_drawn_per_row_and_never_kept() {
    let rows = Domain::rows(Dim::Batch);
    let key = |by_update| Inst::RowKey { operand: 5, by_update };
    let early = kernel_in(rows, vec![(Reg(0), key(false))], Vec::new());
    assert_eq!(fault(vec![early]), "k: r0 is drawn in uniform code");
    let drawn = |units, more: Vec<Stmt>| {
        let uniform = vec![(Reg(0), key(true)), (Reg(1), Inst::Const(0.5))];
        let stmts = [vec![mask(2, 0, 1, units)], more].concat();
        fault(vec![kernel_in(rows, uniform, vec![columns(stmts)])])
    };
    let units = || Affine::cols(0);
    assert_eq!(drawn(units(), vec![store(1, POSITIONED, 2)]), "k: y holds a mask");
    let scaled = put(3, Inst::Binary(Binary::Mul, Reg(2), Reg(1)));
    assert_eq!(drawn(units(), vec![scaled, store(2, FULL, 3)]), "k: t holds a mask");
    let applied = vec![
        load(3, 0, GATHERED),
        put(4, Inst::Binary(Binary::Mul, Reg(2), Reg(3))),
        store(1, POSITIONED, 4),
    ];
    assert_eq!(drawn(units(), applied), "");
}

#[test]
fn operands_are_what_they_are_taken_for() {
    let site = fault(vec![in_columns(vec![load(0, 5, FULL)])]);
    assert_eq!(site, "k: operand 5 is not a buffer");
    let integers = put(0, Inst::Load { operand: 0, access: GATHERED, dtype: DType::I32 });
    assert_eq!(fault(vec![in_columns(vec![integers])]), "k: `x` is loaded as I32");
    let written = in_columns(vec![put(0, Inst::Const(0.0)), store(0, GATHERED, 0)]);
    assert_eq!(fault(vec![written]), "k: x belongs to the data set");
}

#[test]
fn partials_are_as_wide_as_their_code() {
    let partial = |operand| Stmt::Partial { operand, reduction: Reduction::Sum, value: Reg(0) };
    let in_row = kernel(vec![Section::Row(vec![put(0, Inst::Const(1.0)), partial(4)])]);
    assert_eq!(fault(vec![in_row]), "k: `p` is not partials of 1 columns");
    let other = in_columns(vec![put(0, Inst::Const(1.0)), partial(2)]);
    assert_eq!(fault(vec![other]), "k: `t` is not partials of 4 columns");
    let flat = Domain::Flat { len: COLS };
    let stmts = vec![put(0, Inst::Const(1.0)), partial(4)];
    assert_eq!(
        fault(vec![kernel_in(flat, Vec::new(), vec![columns(stmts)])]),
        "k: a flat domain has partials in row code only"
    );
}

#[test]
fn elements_that_are_written_are_read_where_they_were_written() {
    let shifted = vec![
        load(0, 0, GATHERED),
        store(2, FULL, 0),
        load(1, 2, Access::own(Affine::element(COLS, 0))),
        store(1, POSITIONED, 1),
    ];
    assert_eq!(fault(vec![in_columns(shifted)]), "k: t is written and read at different elements");
    // A row's own element may be read before the loop that overwrites it, and not in that loop.
    let first = || load(1, 2, Access::own(Affine::element(COLS, 0)));
    let write = || in_columns(vec![load(0, 0, GATHERED), store(2, FULL, 0)]);
    let before = kernel(vec![Section::Row(vec![first()]), columns(vec![store(2, FULL, 1)])]);
    assert_eq!(fault(vec![write(), before]), "");
    let inside = in_columns(vec![first(), store(2, FULL, 1)]);
    assert_eq!(fault(vec![write(), inside]), "k: t is written and read at different elements");
}

#[test]
fn accesses_stay_within_their_buffers() {
    let leaves = |operand: u32, access: Access, name: &str| {
        let found = fault(vec![in_columns(vec![load(0, operand, access)])]);
        assert_eq!(found, format!("k: [{}] over {COLS} columns leaves `{name}`", access.text()));
    };
    // `x` counts as written, so that only where it is read is at fault.
    leaves(0, Access::own(Affine::rows(COLS, 1)), "x");
    leaves(0, Access::own(Affine::rows(COLS + 1, 0)), "x");
    leaves(3, FULL, "w");
    leaves(0, Access::own(Affine::element(COLS, COLS)), "x");
    leaves(3, Access::own(Affine::element(0, COLS)), "w");
    leaves(0, Access::data(false, Affine::rows(COLS + 1, 0)), "x");
    leaves(3, GATHERED, "w");
    leaves(0, POSITIONED, "x");
    leaves(1, Access::pass(Affine::rows(COLS, 1)), "y");
    leaves(3, Access::own(Affine::cols(1)), "w");
    leaves(0, Access::own(Affine::cols(0)), "x");
    leaves(0, Access::own(Affine::element(0, 0)), "x");
}

#[test]
fn the_last_place_of_a_nest_lies_within_the_buffer() {
    // `w` has 4 elements; the nest 2 places, the fold 3 taps.
    let folded = |axes: Axes, taps: Taps, offset: usize| {
        let at = Affine { axes, taps, ..Affine::element(0, offset) };
        let stmts = vec![load(0, 3, Access::own(at))];
        let fold = Stmt::Fold { taps: [1, 3], stmts, into: Reg(1), reduction: Reduction::Sum, value: Reg(0) };
        let nest = Domain::nest(Dim::Batch, [1, 1, 2]);
        fault(vec![kernel_in(nest, Vec::new(), vec![Section::Row(vec![fold])])])
    };
    assert_eq!(folded([0, 0, 1], [0, 1], 0), "");
    assert_eq!(folded([0, 0, 1], [0, 1], 1), "k: [k + t + 1] over 1 columns leaves `w`");
    assert_eq!(folded([0, 0, 2], [0, 1], 0), "k: [k * 2 + t] over 1 columns leaves `w`");
    assert_eq!(folded([0, 0, 0], [0, 2], 0), "k: [t * 2] over 1 columns leaves `w`");
    // An axis of one place moves nothing.
    assert_eq!(folded([9, 0, 1], [9, 1], 0), "");
}

#[test]
fn rows_that_are_written_are_apart() {
    let rows = Domain::rows(Dim::Const(3));
    let stored = |access| {
        let stmts = vec![put(0, Inst::Const(0.0)), store(3, access, 0)];
        fault(vec![kernel_in(rows, Vec::new(), vec![Section::Columns { cols: 2, stmts }])])
    };
    assert_eq!(stored(Access::own(Affine::rows(1, 0))), "k: rows of `w` overlap");
    assert_eq!(stored(Access::own(Affine::cols(0))), "k: rows of `w` overlap");
}

#[test]
fn folds_are_flat_and_keep_their_taps_to_themselves() {
    let fold = |stmts: Vec<Stmt>, value: u32, into: u32| Stmt::Fold {
        taps: [1, 3],
        stmts,
        into: Reg(into),
        reduction: Reduction::Max,
        value: Reg(value),
    };
    let row = |stmts: Vec<Stmt>| fault(vec![kernel(vec![Section::Row(stmts)])]);
    let one = |reg: u32| put(reg, Inst::Const(1.0));
    assert_eq!(row(vec![fold(vec![one(0)], 0, 1)]), "");
    assert_eq!(row(vec![one(0), fold(Vec::new(), 0, 1), put(2, Inst::Unary(Unary::Abs, Reg(1)))]), "");
    let outside = vec![fold(vec![one(0)], 0, 1), put(2, Inst::Unary(Unary::Abs, Reg(0)))];
    assert_eq!(row(outside), "k: r0 is used where it is not known");
    let other = vec![fold(vec![one(0)], 0, 1), fold(Vec::new(), 0, 2)];
    assert_eq!(row(other), "k: r0 is used where it is not known");
    let nested = vec![fold(vec![fold(vec![one(0)], 0, 1)], 1, 2)];
    assert_eq!(row(nested), "k: a fold computes values and does nothing else");
}

/// A loop over time with something about it bent.
fn repeated(bend: impl Fn(&mut crate::loops::Repeat)) -> String {
    let source = "net {
        input x: real[4, 3]
        rnn 8, recurrent_dropout=0.5 -> last
        dense 2
        output y: class[2]
    }";
    let model = crate::check::check_source(source, &Default::default()).model.expect("a model");
    let graph = crate::lower::lower_predict(&model, crate::graph::Mode::Mc).graph;
    let mut program = crate::loops::fuse(&graph).expect("kernels");
    for kernel in &mut program.kernels {
        if let Kernel::Repeat { repeat, .. } = kernel {
            bend(repeat);
        }
    }
    verify(&program).err().unwrap_or_default()
}

#[test]
fn a_loop_over_time_stays_with_its_rows() {
    assert_eq!(repeated(|_| {}), "");
    assert!(
        repeated(|repeat| repeat.steps = 0)
            .ends_with("a loop over no time, or with buffers that lie nowhere")
    );
    assert!(repeated(|repeat| repeat.lies.truncate(1)).ends_with("or with buffers that lie nowhere"));
    assert!(repeated(|repeat| repeat.grain = 8).ends_with("does not stay with its rows"));
    let total = Kernel::Total { index: 0, value: BufferId(0) };
    assert!(
        repeated(|repeat| repeat.body.kernels.push(total.clone())).ends_with("does not stay with its rows")
    );
    // The product is made of what the first kernel masks.
    assert!(repeated(|repeat| drop(repeat.body.kernels.remove(0))).ends_with("is read before it is written"));
    let entered = |repeat: &mut crate::loops::Repeat| {
        let carry = repeat.body.buffers.iter_mut().find(|b| matches!(b.kind, BufferKind::Carry(_)));
        carry.expect("what is carried on").kind = BufferKind::Enter(0);
    };
    assert!(repeated(entered).ends_with("is written, and enters"));
}
