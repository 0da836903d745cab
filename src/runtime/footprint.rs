//! What training holds in memory beside its data, known before any of it is allocated.

use crate::{
    graph::{Dim, Graph, Stored},
    loops,
    memory::{self, TooMuch, product},
    model::{Model, summary::grouped},
    runtime::prefix,
};

/// Up to this the exact plan of the temporaries is not worth its time.
const SMALL: u64 = 64 << 20;
const F32: usize = size_of::<f32>();

/// Whether training `model` on so many rows, in minibatches of `batch`, finds room: parameters, slots and states twice, since the best ones
/// are kept, the temporaries of a step, the outputs of an epoch, and what is kept of the rows. `graph` is that of its training step.
///
/// # Errors
/// If the system has less.
pub fn check(model: &Model, graph: &Graph, rows: usize, batch: usize) -> Result<(), TooMuch> {
    let kept = [&graph.params, &graph.slots, &graph.states].into_iter().flatten().map(bytes);
    let kept = kept.fold(0, u64::saturating_add).saturating_mul(2);
    let outputs = product(&[rows, model.output.kind.judged_width(), F32]);
    let most = graph.nodes.iter().map(|node| {
        let size = |dim: &Dim| dim.size().unwrap_or(batch);
        product(&node.ty.dims.iter().map(size).chain([F32]).collect::<Vec<usize>>())
    });
    let most = most.fold(0, u64::saturating_add);
    let temporaries = match most <= SMALL && graph.blocks.are_one() {
        true => most,
        // A graph without kernels is refused where it is compiled.
        false => loops::fuse(graph).map_or(most, |program| program.peak_bytes(batch) as u64),
    };
    let prefix = prefix::needed(graph, rows, model.training_prefix_limit());
    memory::check([kept, outputs, temporaries, prefix].into_iter().fold(0, u64::saturating_add))
}

fn bytes(stored: &Stored) -> u64 {
    product(&stored.dims.iter().copied().chain([F32]).collect::<Vec<usize>>())
}

/// What is said of a net that finds no room: how much is lacking, what takes the most, and the way out.
pub fn lacking(model: &Model, error: TooMuch) -> String {
    let sizes = model.params.iter().map(|param| (param.name.as_str(), param.len()));
    let largest = sizes.max_by_key(|(_, len)| *len).map_or(String::new(), |(name, len)| {
        format!("\n  = the largest parameter is `{name}` with {} numbers", grouped(len))
    });
    format!(
        "there is no room to train this net: {error}{largest}\nhelp: narrower layers, or a smaller `batch`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        lower::lower_train,
    };

    fn needed(width: usize, batch: usize) -> Result<(), TooMuch> {
        let source = format!(
            "net {{\n  input x: real[2]\n  dense {width} -> relu\n  dense {width} -> relu\n  dense 1\n  output y: real[1]\n}}\ntrain {{\n  loss squared_error\n  optimizer adam, lr=0.1\n  epochs 1\n}}"
        );
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        let found = check(&model, &lower_train(&model).graph, 100, batch);
        if let Err(error) = found {
            let largest = format!("`dense_2.weight` with {} numbers", grouped(width * width));
            assert!(lacking(&model, error).contains(&largest));
        }
        found
    }

    /// A weight of 1.6 10^11 numbers with its two moments, twice: more than 3.8 TB.
    #[test]
    fn what_cannot_be_had_is_known_beforehand() {
        assert_eq!(needed(64, 32), Ok(()));
        let error = needed(400_000, 32).unwrap_err();
        let weight = 4 * 400_000_u64.pow(2);
        assert!((2 * 3 * weight..9 * weight).contains(&error.needed), "{error}");
        let error = needed(64, 1 << 40).unwrap_err();
        assert!(error.needed > (64 * 4) << 40, "{error}");
    }
}
