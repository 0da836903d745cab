//! The natural logarithm, with a floor.
//!
//! # What it does
//! Brings numbers of many orders of magnitude, such as the powers of a spectrogram, to a scale on which equal factors are equal steps. What is below the
//! floor counts as the floor, so that silence has a logarithm.
//!
//! # Formula
//! `y = ln(max(x, floor))`. Decibels of a power are 4.34 times larger; there is no `top_db`, which would make a number depend on the loudest of its clip.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `floor` is the least number that is told from silence, 1e-6 unless given.
//!
//! # Train and eval
//! The same. Nothing flows back through what is below the floor.
//!
//! # Example
//! ```net
//! net {
//!   input clip: wave[60ms, rate=4kHz]
//!   mel_spectrogram bands=12, window=16ms, hop=8ms -> log floor=1e-6
//!   mean_pool over=time -> dense 3
//!   output sound: class[3]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, Reach, Reached, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

pub struct Log;
pub static LAYER: Log = Log;

static SIG: Sig = Sig {
    name: "log",
    about: "the natural logarithm, with a floor",
    args: &[ArgSpec::named(
        "floor",
        Kind::Number(Bounds::POSITIVE),
        Default::Number(1e-6),
        "the least number that is told from silence",
    )],
    block: Block::None,
};

impl Layer for Log {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("AmplitudeToDB", "log"), ("amplitude_to_db", "log"), ("power_to_db", "log")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        let floor = cx.args.number("floor");
        cx.input().through(|x| x.max(floor).ln())
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Other)
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let x = cx.input();
        let floor = cx.b.splat(cx.args.number("floor") as f32, x);
        // In this order: what is no number is no silence.
        let raised = cx.b.max(floor, x);
        cx.b.log(raised)
    }
}
