//! Fused kernels over buffers: what native code will do, in order, with nothing said about instructions.
//!
//! A [`Program`] is a list of buffers and an ordered list of kernels. A [`LoopKernel`] visits the rows of its domain in shards, and in each
//! row the places of its inner axes; at each place it runs its sections in order: straight row code, or a loop over columns. Both may
//! fold values over taps. Values live in registers: `Reg`s of uniform code are per kernel call, of row code per place, of a loop section per
//! element, of a fold per tap; only an accumulator's register leaves its loop, and a fold's its taps.
//! Invariants (checked by `verify`):
//! - every register is assigned once, before its uses, and used at its own level or deeper (accumulators: in later sections);
//! - a buffer written by a kernel is read by another kernel only, or by the same kernel at the same element in a later statement;
//! - no buffer holds a mask;
//! - the shards of a kernel and the panels of a product are functions of shapes only;
//! - what a branch alone reads is discarded by whoever else loads it in a step whose coin drops: the branch's kernels are not run then.

mod access;
mod branches;
mod by_element;
pub mod calls;
mod cost;
mod domain;
mod extents;
mod fuse;
pub mod interpret;
mod once;
mod parts;
pub(crate) mod plan;
mod print;
mod repeat;
mod value;
mod verify;
mod work;

pub use access::{Access, Affine, Base, Ranges};
pub use branches::Branch;
pub use calls::{Call, Combine, Extent, Matrix, Product, Transpose};
pub use cost::Cost;
pub use extents::extents;
pub use fuse::{Unfused, fuse};
pub(crate) use once::once;
pub use parts::{PANEL_ROWS, Parts};
pub use print::print;
pub use repeat::{Lies, Line, Repeat, Rest};
pub(crate) use value::before_first;
pub use verify::verify;
pub(crate) use verify::{blocks_are_apart, traffic};
pub use work::Work;

use crate::graph::{Blocks, DType, Dim, ParamId, Reduction, ScalarId, SiteId, SlotId, StateId};
use crate::peers::Slice;

/// Rows of one shard of a row domain: also the grain of the fixed reduction tree.
pub const SHARD_ROWS: usize = 32;
/// Elements of one shard of a flat domain.
pub const SHARD_ELEMENTS: usize = crate::peers::SHARD;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(pub u32);

/// What a buffer is, which says who owns its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BufferKind {
    /// Input array of the data set, whole; rows are gathered through the order. F32, or U8 with the array's affine map.
    Input {
        slot: u32,
    },
    /// Targets of the data set, whole.
    Target,
    Param(ParamId),
    Slot(SlotId),
    State(StateId),
    /// Predictions of the whole pass, one row a position.
    Output,
    /// Lives within a step, or through all where it is computed once; memory is shared where lifetimes allow.
    Temp,
    /// In a loop over time: what a step sees of operand `i`, of the scan's.
    Enter(u32),
    /// Likewise: what the next step sees of operand `i`.
    Carry(u32),
    /// Likewise: the step's own part of what is stacked `i`-th.
    Stack(u32),
    /// One row a shard, combined in the fixed tree into row 0.
    Partials,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    pub name: String,
    /// F32 or I32; inputs may be bound as U8.
    pub dtype: DType,
    /// Without the shard dimension for `Partials`.
    pub dims: Vec<Dim>,
    pub kind: BufferKind,
    /// What it holds, in words: printed by `emit`.
    pub value: String,
    /// Byte offset in the step's arena for `Temp` and `Partials`, per batch row and constant part: set by the plan.
    pub place: Option<Place>,
}

impl Buffer {
    /// Elements without the batch (or shard) dimension.
    pub fn row_len(&self) -> usize {
        self.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product()
    }

    pub fn is_batched(&self) -> bool {
        self.dims.contains(&Dim::Batch)
    }
}

impl BufferKind {
    /// Whether it is part of the model and stays when the pass is over.
    pub fn outlives(self) -> bool {
        matches!(self, BufferKind::Param(_) | BufferKind::Slot(_) | BufferKind::State(_))
    }
}

/// Where a temporary lies in the arena: slot `slot` of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub slot: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub buffers: Vec<Buffer>,
    /// In order of execution.
    pub kernels: Vec<Kernel>,
    /// How the rows of a minibatch are cut: kernels over rows are run on each block by itself.
    pub blocks: Blocks,
    /// What a coin drops for a whole minibatch.
    pub branches: Vec<Branch>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kernel {
    Loop(LoopKernel),
    /// A function of the library.
    Call {
        name: String,
        call: Call,
    },
    /// A loop over time.
    Repeat {
        name: String,
        repeat: Box<Repeat>,
    },
    /// `totals[index] += value`, in f64, by one thread. `value` is row 0 of partials or a one-element buffer.
    Total {
        index: u32,
        value: BufferId,
    },
}

impl Kernel {
    /// Whether it works on rows of the minibatch: on each of the program's blocks by itself.
    pub fn is_of_rows(&self) -> bool {
        match self {
            Kernel::Loop(k) => k.domain.is_batch(),
            Kernel::Call { call, .. } => call.operands().iter().any(|operand| operand.region.is_of_rows()),
            Kernel::Repeat { .. } => true,
            Kernel::Total { .. } => false,
        }
    }
}

/// Axes between the rows and the columns of a nest, at most.
pub const AXES: usize = 3;
/// Axes of the taps of a fold, at most.
pub const TAPS: usize = 2;

/// Extents, places or factors of the inner axes, outermost first. An axis that is not there has the extent 1, place 0 and factor 0.
pub type Axes = [usize; AXES];
/// The same of taps.
pub type Taps = [usize; TAPS];

/// What a loop kernel iterates over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// The places of `inner` in each of `rows` rows, in shards of `grain` rows.
    Rows { rows: Dim, inner: Axes, grain: usize },
    /// `len` consecutive elements in shards of 4096: one row a shard, whose columns are its elements. For addressing the row number is 0
    /// and the column is the element's number in the whole domain; a `Partial` stands in row code only.
    Flat { len: usize },
}

#[derive(Clone, Debug, PartialEq)]
pub struct LoopKernel {
    pub name: String,
    /// The graph operations it fuses, in order: printed.
    pub fused: Vec<String>,
    pub domain: Domain,
    /// Instance-specific; the body names them by index, so equal bodies are compiled once.
    pub operands: Vec<Operand>,
    pub body: Body,
    /// Which shards are a process's, where they are shared out; else all are everybody's.
    pub slice: Option<Slice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    Buffer(BufferId),
    Scalar(ScalarId),
    Site(SiteId),
    /// In a loop over time: a site whose draws are for `units` units a step, in order of time.
    Over {
        site: SiteId,
        units: usize,
    },
}

/// The shape-specific part of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Once per call: scalars, constants, keys addressed by update.
    pub uniform: Vec<(Reg, Inst)>,
    /// Per row, in order.
    pub sections: Vec<Section>,
    pub registers: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Section {
    Row(Vec<Stmt>),
    /// A loop over `cols` columns (over the shard's elements in a flat domain).
    Columns {
        cols: usize,
        stmts: Vec<Stmt>,
    },
}

impl Section {
    pub fn stmts(&self) -> &[Stmt] {
        let (Section::Row(stmts) | Section::Columns { stmts, .. }) = self;
        stmts
    }

    /// Columns of the loop; 1 in row code.
    pub fn cols(&self) -> usize {
        if let Section::Columns { cols, .. } = self { *cols } else { 1 }
    }

    /// Elements that it visits at a place: its columns, each once more for every tap that is folded.
    pub fn work(&self) -> usize {
        let taps = |s: &Stmt| if let Stmt::Fold { taps, .. } = s { taps.iter().product() } else { 0 };
        self.cols() * (1 + self.stmts().iter().map(taps).sum::<usize>())
    }
}

impl Body {
    /// All statements in order, what is folded before its fold, with the columns and taps that each is run for.
    pub fn stmts(&self) -> Vec<(usize, Taps, &Stmt)> {
        let mut all = Vec::new();
        for section in &self.sections {
            for stmt in section.stmts() {
                if let Stmt::Fold { taps, stmts, .. } = stmt {
                    all.extend(stmts.iter().map(|inside| (section.cols(), *taps, inside)));
                }
                all.push((section.cols(), [1; TAPS], stmt));
            }
        }
        all
    }

    /// All instructions likewise, uniform ones first.
    pub fn insts(&self) -> impl Iterator<Item = (usize, Taps, &Inst)> {
        let uniform = self.uniform.iter().map(|(_, inst)| (1, [1; TAPS], inst));
        let rest = self.stmts().into_iter().filter_map(|(cols, taps, stmt)| match stmt {
            Stmt::Let(_, inst) => Some((cols, taps, inst)),
            _ => None,
        });
        uniform.chain(rest)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Let(Reg, Inst),
    Store {
        operand: u32,
        access: Access,
        value: Reg,
    },
    /// In a loop section: reduces over the columns; `into` is a row register of later sections. The order is fixed: eight running values,
    /// column `c` goes to value `c % 8` as `reduce(running, value)` from the identity (0, -inf); then 0 takes 4, 1 takes 5, 2 takes 6,
    /// 3 takes 7; then 0 takes 2, 1 takes 3; then 0 takes 1. A flat domain does so for each shard.
    Accumulate {
        into: Reg,
        reduction: Reduction,
        value: Reg,
    },
    /// `partials[shard][col] = reduction(partials[shard][col], value)`; in row code the partial has one column.
    Partial {
        operand: u32,
        reduction: Reduction,
        value: Reg,
    },
    /// Runs `stmts`, which are `Let`s, for each place of `taps`, the last axis fastest, and reduces `value` from the identity (-0, -inf) in
    /// this order: the first value itself, then one after another.
    Fold {
        taps: Taps,
        stmts: Vec<Stmt>,
        into: Reg,
        reduction: Reduction,
        value: Reg,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Inst {
    Const(f32),
    /// A step scalar: F32, or I32 (threshold).
    Scalar {
        operand: u32,
        dtype: DType,
    },
    Load {
        operand: u32,
        access: Access,
        dtype: DType,
    },
    /// Row key of the site (per row, or uniform if the site is addressed by update).
    RowKey {
        operand: u32,
        by_update: bool,
    },
    /// 1 where kept, 0 where dropped.
    KeepMask {
        key: Reg,
        q: Reg,
        /// The unit's number; eight neighbours share four hashes.
        unit: Affine,
    },
    /// The same of the unit that a register holds.
    KeepMaskAt {
        key: Reg,
        q: Reg,
        unit: Reg,
    },
    Noise {
        key: Reg,
        unit: Affine,
    },
    /// 1 where `stride * unit + offset` is below the row's length.
    Within {
        length: Reg,
        /// The step's number.
        unit: Affine,
        stride: usize,
        offset: isize,
    },
    /// 1 where the column (minus `offset`) equals the label of the row.
    OneHot {
        label: Reg,
        offset: usize,
    },
    Unary(Unary, Reg),
    Binary(Binary, Reg, Reg),
    /// Second operand if either is NaN, as `graph::Op::Max`.
    Select {
        condition: Reg,
        then: Reg,
        otherwise: Reg,
    },
}

impl Inst {
    /// The registers that it reads.
    pub fn arguments(&self) -> Vec<Reg> {
        match self {
            Self::Const(_) | Self::Scalar { .. } | Self::Load { .. } | Self::RowKey { .. } => vec![],
            Self::KeepMask { key, q, .. } => vec![*key, *q],
            Self::KeepMaskAt { key, q, unit } => vec![*key, *q, *unit],
            Self::Noise { key, .. } => vec![*key],
            Self::Within { length, .. } => vec![*length],
            Self::OneHot { label, .. } => vec![*label],
            Self::Unary(_, x) => vec![*x],
            Self::Binary(_, x, y) => vec![*x, *y],
            Self::Select { condition, then, otherwise } => vec![*condition, *then, *otherwise],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Neg,
    Abs,
    Exp,
    Log,
    Sqrt,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Max,
    Min,
    Less,
}
