//! Normal deviates of which the far ones are drawn anew: no weight begins large.
//!
//! # Formula
//! `w = mean + sd z`, `z ~ N(0, 1)` given `|z| <= within`
//!
//! # Arguments
//! `sd` is the standard deviation before the far ones are left out; of what is left it is 0.88 of that with `within=2`, which is the default. `mean` is the
//! mean, 0 unless given.
//!
//! # Example
//! ```net
//! dense 8, init=truncated_normal(sd=0.02)
//! ```
//!
//! # Papers
//! Devlin et al. 2019, BERT: pre-training of deep bidirectional transformers (0.02).

use super::{Initial, Shape};
use crate::{
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct TruncatedNormal;
pub static WORD: TruncatedNormal = TruncatedNormal;

/// No deviate is drawn beyond 5.4; below a tenth nearly all would be drawn in vain, and `uniform` does as well.
const WITHIN: Bounds = Bounds { low: 0.1, high: 5.0, open_low: false, open_high: false };

static SIG: Sig = Sig {
    name: "truncated_normal",
    about: "normal deviates without the far ones",
    args: &[
        ArgSpec::required("sd", Kind::Number(Bounds::POSITIVE), "standard deviation"),
        ArgSpec::named("mean", Kind::Number(Bounds::ANY), Default::Number(0.0), "the mean"),
        ArgSpec::named(
            "within",
            Kind::Number(WITHIN),
            Default::Number(2.0),
            "largest distance from the mean, in standard deviations",
        ),
    ],
    block: Block::None,
};

impl Initial for TruncatedNormal {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn start(&self, args: &Args, _shape: &Shape) -> Result<Init, String> {
        let number = |name| args.number(name);
        Ok(Init::Truncated { mean: number("mean"), sd: number("sd"), within: number("within") })
    }
}
