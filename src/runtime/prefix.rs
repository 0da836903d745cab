//! What depends on data alone, computed once over the rows of a part and kept in memory, where the rest of a function reads it by row number.
//!
//! Invariants: whether it is kept is decided by the net, the number of rows and `prefix_limit`, never by what memory is free; every bit is
//! the same either way, since rows of such values are functions of one row each; it is in no checkpoint.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{
    evaluate::BATCH,
    function::{Function, Layout, Pass, PassError},
    store::Store,
};
use crate::{
    codegen::CodegenError,
    data::{DataError, Input, Part},
    graph::{self, Cut, Graph, ScalarDef, prefix},
    kernels::team::Team,
    lower::Lowered,
    memory,
};

/// Numbers of a block of results on their way to where they are kept: 4 MiB.
const BLOCK: usize = 1 << 20;

/// What is computed once over a part.
pub struct Prefix {
    function: Function,
    cut: Vec<Cut>,
    /// Numbers of a row that are kept.
    width: usize,
}

/// How a lowered function becomes native code for rows that are stored as those of a part.
pub type Compile = fn(Lowered, &Part) -> Result<Function, CodegenError>;

/// Bytes of what is kept of so many rows.
pub fn bytes(rows: usize, width: usize) -> u64 {
    memory::product(&[rows, width, size_of::<f32>()])
}

/// Numbers of a row that may be kept of so many rows.
pub fn most(rows: usize, limit: u64) -> usize {
    let most = limit / bytes(rows, 1).max(1);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// Bytes of what is kept of so many rows of a graph.
pub fn needed(graph: &Graph, rows: usize, limit: u64) -> u64 {
    prefix(graph, most(rows, limit)).map_or(0, |prefix| bytes(rows, prefix.width))
}

impl Prefix {
    /// Compiles a function for passes over `part`: whole, or what is left of it where at most `limit` bytes keep the rest.
    ///
    /// # Errors
    /// What code generation says.
    pub fn divide(
        lowered: Lowered,
        part: &Part,
        limit: u64,
        compile: Compile,
    ) -> Result<(Option<Self>, Function), PassError> {
        match prefix(&lowered.graph, most(part.rows(), limit)) {
            None => Ok((None, compile(lowered, part)?)),
            Some(divided) => {
                let (prefix, rest) = Self::compile(divided, &lowered.scalars, part, compile)?;
                Ok((Some(prefix), rest))
            }
        }
    }

    /// Both parts of a function that was divided.
    fn compile(
        divided: graph::Prefix,
        scalars: &[ScalarDef],
        part: &Part,
        compile: Compile,
    ) -> Result<(Self, Function), PassError> {
        let function = Function::new(Lowered { graph: divided.once, scalars: Vec::new() }, part)?;
        let prefix = Self { function, cut: divided.cut, width: divided.width };
        let none = prefix.of(part, &[], vec![Vec::new(); prefix.columns().count()])?;
        let rest = compile(Lowered { graph: divided.rest, scalars: scalars.to_vec() }, &none)?;
        Ok((prefix, rest))
    }

    /// Bytes of what is kept of so many rows.
    pub fn bytes(&self, rows: usize) -> u64 {
        bytes(rows, self.width)
    }

    /// The part with what is kept of its rows in place of its inputs; none if `stop` was set before all were there.
    ///
    /// # Errors
    /// A row that cannot be read; no memory for what is kept.
    pub fn part(
        &self,
        part: &Part,
        store: &mut Store,
        team: &Team,
        stop: &AtomicU32,
    ) -> Result<Option<Part>, PassError> {
        let room = self.columns().map(|(_, len)| memory::reserve(part.rows().saturating_mul(len)));
        let mut kept = room.collect::<Result<Vec<Vec<f32>>, _>>().map_err(DataError::from)?;
        let width = self.function.native().output_width();
        let rows_of_block = (BLOCK / width).max(1).next_multiple_of(BATCH);
        let order: Vec<u32> = (0..part.rows() as u32).collect();
        for order in order.chunks(rows_of_block) {
            if stop.load(Ordering::Relaxed) != 0 {
                return Ok(None);
            }
            let outputs = self.block(part, order, store, team)?;
            for ((start, len), kept) in self.columns().zip(&mut kept) {
                outputs.chunks_exact(width).for_each(|row| kept.extend_from_slice(&row[start..start + len]));
            }
        }
        Ok(Some(self.of(part, part.numbers(), kept)?))
    }

    /// Where the values of the cut stand in a row of the output, and how many numbers each has.
    fn columns(&self) -> impl Iterator<Item = (usize, usize)> {
        self.cut.iter().filter_map(|cut| match *cut {
            Cut::Columns { start, len } => Some((start, len)),
            Cut::Input { .. } => None,
        })
    }

    /// Outputs of the rows of the part at `order`.
    fn block(
        &self,
        part: &Part,
        order: &[u32],
        store: &mut Store,
        team: &Team,
    ) -> Result<Vec<f32>, PassError> {
        let layout = Layout { order, batch: self.function.rows_of_step(BATCH), scalars: &[], streams: &[] };
        let mut outputs = vec![0.0; order.len() * self.function.native().output_width()];
        self.function.run(Pass::once(part, layout, store, &mut outputs, team))?;
        Ok(outputs)
    }

    /// These rows of the part's stores: what was kept of them, beside inputs that the rest still reads.
    fn of(&self, part: &Part, rows: &[u32], kept: Vec<Vec<f32>>) -> Result<Part, DataError> {
        let mut kept = kept.into_iter();
        let input = |cut: &Cut| match *cut {
            Cut::Input { slot } => part.inputs[slot as usize].of_rows(rows),
            Cut::Columns { len, .. } => Ok(Input::floats("", &[len], kept.next().unwrap_or_default())),
        };
        let inputs = self.cut.iter().map(input).collect::<Result<_, _>>()?;
        Ok(Part::of_first(rows.len(), inputs, part.target.of_rows(rows)).in_streams(part.streams()))
    }
}

#[cfg(test)]
mod tests;
