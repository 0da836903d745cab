//! Runs its block through time in both directions and puts the results side by side.
//!
//! # What it does
//! The recurrent layers of the block go from the first step to the last, and a second time, with weights of their own, from the last to the first; results stand at their own times, so that a step sees what was
//! before it and what comes after. With `output=last` in the block both results are those of the last step that each direction makes.
//!
//! # Formula
//! `y_t = [f_t, b_t]`, `f` the block forwards, `b` the block with `reverse=true`.
//!
//! # Shape
//! That of the block, with twice the channels or units.
//!
//! # Train and eval
//! Those of the block. Layers in it are called `PATH/forward/lstm_1` and `PATH/backward/lstm_1`, and so are their sites of dropout.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[6, 3]
//!   bidirectional { lstm 4, recurrent_dropout=0.2, output=last }
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Schuster and Paliwal 1997, Bidirectional recurrent neural networks.

use super::{Expand, Facts, Infer, Layer, Library, Lower, OverTime, Reach, Reached, Stop};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{NodeId, Ty},
    vocab::{Args, Block, Sig},
};

pub struct Bidirectional;
pub static LAYER: Bidirectional = Bidirectional;

static SIG: Sig = Sig {
    name: "bidirectional",
    about: "runs its block through time in both directions",
    args: &[],
    block: Block::Body,
};

impl Layer for Bidirectional {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Bidirectional", "bidirectional")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let ways = cx.both_ways()?;
        cx.node(&ways)
    }

    /// The two directions of one layer: PyTorch tells them apart in the names of tensors, Keras by a word in front of the layer's.
    fn inside_in_files(&self, library: Library, levels: &[&str]) -> Option<String> {
        let [way @ ("forward" | "backward"), layer] = levels else { return None };
        let word = layer.rsplit_once('_').map_or(*layer, |(word, _)| word);
        Some(match library {
            Library::Torch => String::new(),
            Library::Keras => format!("{way}_{word}"),
        })
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let mut ty = cx.same_types()?;
        if let Some(last) = ty.axes.last_mut() {
            last.size *= 2;
        }
        Ok(ty)
    }

    fn over_time(&self, _: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.inputs().reduce(Reach::hull).unwrap_or(Reach::ANY)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let ways = cx.inputs().to_vec();
        let channels = cx.input_ty().axes.len();
        cx.b.concat(&ways, channels)
    }
}
