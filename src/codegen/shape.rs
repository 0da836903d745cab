//! What of a loop kernel is in its code, apart from what stands in its row of the operand table.
//!
//! Kernels of equal shape share one function. A row of operand words is, in order: one word an operand (the address of a buffer, the
//! byte offset of a scalar in the step's scalars, the index of a stream), one word for each operand bound as bytes (its affine
//! map).

use crate::graph::DType;
use crate::loops::{Body, Buffer, BufferId, BufferKind, Domain, Inst, LoopKernel, Operand};

use super::{CodegenError, Options, Storage};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperandShape {
    /// Operands with equal regions are the same memory.
    Buffer {
        region: u32,
        storage: Storage,
    },
    Scalar,
    Site,
    /// A site whose units move with time; whether by whole groups of eight.
    Over {
        by_eight: bool,
    },
}

/// The part of a kernel that its code depends on.
pub(super) struct Shape<'p> {
    pub name: &'p str,
    pub domain: Domain,
    pub body: &'p Body,
    pub operands: Vec<OperandShape>,
    /// Of the options: whether keys depend on the position's sample.
    pub sampled: bool,
}

/// What memory a buffer is in: two buffers in one slot of the arena are one memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Memory {
    Own(BufferId),
    Slot(u32),
}

pub(super) fn memory(id: BufferId, buffer: &Buffer) -> Memory {
    match (buffer.kind, buffer.place) {
        (BufferKind::Temp | BufferKind::Partials, Some(place)) => Memory::Slot(place.slot),
        _ => Memory::Own(id),
    }
}

/// How the elements of a buffer are stored.
pub(super) fn storage(buffer: &Buffer, options: &Options) -> Storage {
    match buffer.kind {
        BufferKind::Input { slot } => options.inputs.get(slot as usize).copied().unwrap_or_default(),
        _ => Storage::Words,
    }
}

impl<'p> Shape<'p> {
    pub fn new(kernel: &'p LoopKernel, buffers: &[Buffer], options: &Options) -> Result<Self, CodegenError> {
        let mut regions = Vec::new();
        let mut operands = Vec::with_capacity(kernel.operands.len());
        for operand in &kernel.operands {
            operands.push(match *operand {
                Operand::Scalar(_) => OperandShape::Scalar,
                Operand::Site(_) => OperandShape::Site,
                Operand::Over { units, .. } => OperandShape::Over { by_eight: units % 8 == 0 },
                Operand::Buffer(id) => {
                    let buffer = buffers.get(id.0 as usize).ok_or_else(|| CodegenError::Program {
                        kernel: kernel.name.clone(),
                        reason: format!("operand names buffer {}, which does not exist", id.0),
                    })?;
                    let memory = memory(id, buffer);
                    let region = regions.iter().position(|m| *m == memory).unwrap_or_else(|| {
                        regions.push(memory);
                        regions.len() - 1
                    });
                    OperandShape::Buffer { region: region as u32, storage: storage(buffer, options) }
                }
            });
        }
        Ok(Self {
            name: &kernel.name,
            domain: kernel.domain,
            body: &kernel.body,
            operands,
            sampled: options.sampled,
        })
    }

    /// Whether both have the same code. Constants are compared as bits: 0 is not -0.
    pub fn same_code(&self, other: &Self) -> bool {
        (self.sampled, self.domain) == (other.sampled, other.domain)
            && self.operands == other.operands
            && self.body == other.body
            && self.constants().eq(other.constants())
    }

    fn constants(&self) -> impl Iterator<Item = u32> + '_ {
        self.body.insts().filter_map(|(_, _, inst)| match inst {
            Inst::Const(x) => Some(x.to_bits()),
            _ => None,
        })
    }

    /// Operands stored as bytes, in order.
    pub fn byte_operands(&self) -> impl Iterator<Item = u32> + '_ {
        let bytes = |o: &OperandShape| matches!(o, OperandShape::Buffer { storage: Storage::Bytes, .. });
        self.operands.iter().enumerate().filter(move |(_, o)| bytes(o)).map(|(i, _)| i as u32)
    }

    /// Index of the word that holds an operand's affine map.
    pub fn affine_word(&self, operand: u32) -> usize {
        self.operands.len() + self.byte_operands().position(|o| o == operand).unwrap_or(0)
    }

    pub fn words(&self) -> usize {
        self.operands.len() + self.byte_operands().count()
    }
}

/// Elements of a buffer without its batch (or shard) dimension.
pub(super) fn row_len(buffer: &Buffer) -> usize {
    buffer.row_len()
}

/// Type that a load of this storage must be declared with.
pub(super) fn loads_as(storage: Storage, dtype: DType) -> bool {
    matches!((storage, dtype), (Storage::Words, DType::F32 | DType::I32) | (Storage::Bytes, DType::F32))
}
