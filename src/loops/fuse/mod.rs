//! Fusion: from the graph of a step to kernels over buffers.
//!
//! Stages: [`prepare`] brings the graph into few forms; `store` says which values live in memory; `group` makes kernels of them, each
//! traced (`trace`, `instance`, `step`, by what `form` says of operations) down to what it loads; `order` puts them in order; `body` and `program` write them down.
//! A value that cannot be computed where it is needed is stored before kernels are grouped; where several kernels would compute one at a
//! price, it is stored and kernels are grouped anew. The set of stored values only grows, so this ends.
//! The result depends on the graph alone: no hash order, no thread count, no batch size.

mod attention;
mod body;
mod branches;
mod carry;
mod depthwise;
mod domain;
mod exchange;
mod form;
mod gather;
mod group;
mod instance;
mod library;
mod moments;
mod names;
mod nest;
mod order;
mod over_time;
mod pools;
mod prepare;
mod product;
mod program;
mod slices;
mod solo;
mod spectra;
mod squares;
mod step;
mod store;
mod stored;
mod sunk;
mod thinned;
mod trace;
mod unfold;
mod unfused;
mod view;
mod windows;

use std::collections::BTreeSet;

use super::plan::plan;
use super::{Program, verify};
use crate::graph::{Graph, ValueId, of_data_alone};
use solo::Solos;
use stored::Stored;
use trace::Context;
pub use unfused::Unfused;

/// The kernels of a step: of training (forward, loss, backward, update) or of evaluation (forward only).
///
/// # Errors
/// An operation that no kernel computes as it stands in this graph. No net is lowered to such a graph; it would be a bug.
///
/// # Panics
/// In a debug build, where an invariant of the result is broken.
pub fn fuse(graph: &Graph) -> Result<Program, Unfused> {
    let mut program = kernels(graph)?;
    exchange::exchange(&mut program);
    slices::share_out(&mut program);
    plan(&mut program);
    if cfg!(debug_assertions)
        && let Err(broken) = verify(&program)
    {
        panic!("this is a bug in dropnet: {broken}, after fusion");
    }
    Ok(program)
}

/// The same before memory is planned; also of a step of a loop over time.
fn kernels(graph: &Graph) -> Result<Program, Unfused> {
    let (graph, library) = prepare::prepare(graph)?;
    let drawn = store::drawn(&graph, &library);
    let alone = of_data_alone(&graph);
    let context = Context { graph: &graph, library, stored: Stored::none(graph.nodes.len()), drawn, alone };
    context.stored.extend(store::required(&context));
    context.stored.extend(store::hoisted(&context));
    let mut solos = Solos::new(&context)?;
    let mut apart = BTreeSet::new();
    loop {
        match attempt(&context, &solos, &apart) {
            Ok(program) => return Ok(program),
            Err(More::Store(values)) => solos.store(&values)?,
            Err(More::Apart(sink)) => {
                // An update that others wait for and that waits for them: its value is stored and copied at the end.
                apart.insert(sink);
                solos.store(&BTreeSet::from([context.strip(graph.sinks[sink].1)]))?;
            }
            Err(More::Never(unfused)) => return Err(unfused),
        }
    }
}

/// What fusion has to change before it can try again.
enum More {
    /// These values have to lie in memory.
    Store(BTreeSet<ValueId>),
    /// This sink must not join a kernel.
    Apart(usize),
    /// Nothing would help.
    Never(Unfused),
}

fn attempt<'c, 'g>(
    context: &'c Context<'g>,
    solos: &Solos<'c, 'g>,
    apart: &BTreeSet<usize>,
) -> Result<Program, More> {
    let groups = group::group(context, solos, apart);
    let shared = store::shared(context, &groups);
    if !shared.is_empty() {
        return Err(More::Store(shared));
    }
    let order = order::order(context, &groups)?;
    Ok(program::write(context, &groups, &order))
}

/// A step of a recursion over operands: a chain of layers that one kernel computes may be longer than a thread's stack.
fn deep<R>(step: impl FnOnce() -> R) -> R {
    /// Stack that a step may take, and how much is added where less is left.
    const ROOM: usize = 128 << 10;
    const MORE: usize = 4 << 20;
    stacker::maybe_grow(ROOM, MORE, step)
}

#[cfg(test)]
mod tests;
