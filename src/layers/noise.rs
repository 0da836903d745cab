//! Adds Gaussian noise while training.
//!
//! # What it does
//! Adds an independent normal deviate to every number of every row, a regulariser for inputs and activations.
//!
//! # Formula
//! `y = x + sd * z`, `z ~ N(0, 1)`.
//!
//! # Shape
//! Any; the result has the shape of the input.
//!
//! # Arguments
//! `sd` is the standard deviation, in the units of the value. `always=true` adds noise in every mode.
//!
//! # Train and eval
//! Training adds noise; evaluation and Monte-Carlo prediction pass the input on, unless `always=true`.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   noise 0.1
//!   dense 16 -> relu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! Bishop 1995, Training with noise is equivalent to Tikhonov regularization.

use super::{DropSite, Facts, Infer, Law, Layer, Lower, OverTime, Reach, Reached, Scope, When};
use crate::graph::Mode;
use crate::{
    diag::Diagnostic,
    graph::{Address, DType, ScalarDef, ValueId},
    model::Ty,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed},
};

pub struct Noise;
pub static LAYER: Noise = Noise;

static SIG: Sig = Sig {
    name: "noise",
    about: "adds Gaussian noise while training",
    args: &[
        ArgSpec::required("sd", Kind::Timed(Bounds::NON_NEGATIVE), "standard deviation"),
        ArgSpec::named("always", Kind::Bool, Default::Bool(false), "add noise in every mode"),
    ],
    block: Block::None,
};

impl Layer for Noise {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("GaussianNoise", "noise")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        Ok(cx.input().clone())
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let sd = cx.args.timed("sd");
        let live = cx.mode == Mode::Train || cx.args.flag("always");
        if !live || !sd.acts(cx.mode == Mode::Train) {
            return cx.input();
        }
        let key = cx.site_key(Address::Row);
        let dims = cx.input_ty().sizes();
        let deviates = cx.b.noise(key, &dims, &vec![false; dims.len()]);
        let noise = match sd {
            Timed::Constant(sd) => cx.b.scale(deviates, sd as f32),
            changing => {
                let sd = cx.scalar("sd", DType::F32, ScalarDef::Timed(changing));
                cx.b.mul(deviates, sd)
            }
        };
        cx.b.add(cx.input(), noise)
    }

    /// Noise that is always on makes Monte-Carlo samples differ; its rate of dropping is zero.
    fn drop_site(&self, args: &Args) -> Option<DropSite> {
        let live = args.flag("always") && args.number("sd") > 0.0;
        live.then_some(DropSite {
            rate: Timed::ZERO,
            law: Law::Additive,
            scope: Scope::UNIT,
            size: None,
            scaled: When::Never,
            sampled: true,
            always: true,
        })
    }
}
