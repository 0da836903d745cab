//! Drops its block for whole rows at random while training: stochastic depth.
//!
//! # What it does
//! Runs its block, and for each row either keeps the result, divided by `1 - p`, or puts zeros in its place. Inside a `residual` the net is then shallower for that row. In
//! evaluation the block is always kept.
//!
//! # Formula
//! `y = f(x) m / (1 - p)`, one `m ~ Bernoulli(1 - p)` a row, in training; `y = f(x)` in evaluation. That has the mean of the paper's `f(x) m` with `(1 - p) f(x)` in
//! evaluation.
//!
//! # Shape
//! That of the block.
//!
//! # Arguments
//! `p` is the probability of dropping the block, in steps of 1/65536. The paper's rates grow with depth: `drop_path p * (i + 1) / depth` in a `repeat depth as i`.
//! `share=batch` is one coin for all rows of a step: what it drops is not computed, forward or backward, so that a step takes less time the more it drops. `always=true`
//! drops in every mode.
//!
//! # Train and eval
//! Drops in training; evaluation and Monte-Carlo prediction keep the block, unless `always=true`. The coin of a row depends on seed, place, epoch and position of the row alone. A batch norm in
//! the block sees all rows, dropped ones too; under `share=batch` it sees no minibatch that is dropped, and its running figures then stay as they were. Parameters of a dropped
//! block have the gradient 0: momentum and decay go on.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[4, 4, 3]
//!   conv 6, 3x3
//!   repeat 2 as i {
//!     residual {
//!       drop_path 0.3 * (i + 1) / 2 {
//!         relu -> conv 6, 3x3
//!       }
//!     }
//!   }
//!   global_avg_pool -> dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Huang et al. 2016, Deep networks with stochastic depth.

use super::{
    DropSite, Each, Expand, Facts, Infer, Law, Layer, Lower, OverTime, Reach, Reached, Scope, Stop, When,
    over, rate::unusable,
};
use crate::{
    diag::Diagnostic,
    graph::{Address, DType, Mode, ScalarDef, ValueId},
    model::{NodeId, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct DropPath;
pub static LAYER: DropPath = DropPath;

static SIG: Sig = Sig {
    name: "drop_path",
    about: "drops its block for whole rows at random while training",
    args: &[
        ArgSpec::required("p", Kind::Timed(Bounds::BELOW_ONE), "probability of dropping the block"),
        ArgSpec::named("share", Kind::Words(&["batch"]), Default::Absent, "one coin for all rows of a step"),
        ArgSpec::named("always", Kind::Bool, Default::Bool(false), "drop in evaluation too"),
    ],
    block: Block::Body,
};

impl Layer for DropPath {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("StochasticDepth", "drop_path"), ("DropPath", "drop_path")]
    }

    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        let branch = cx.body(cx.flow());
        cx.node(&[branch])
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        over::distinct(cx, "share")?;
        match unusable(cx.args.timed("p"), "branch", cx.args.span_of("p")) {
            Some(fault) => Err(fault),
            None => Ok(cx.input().clone()),
        }
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
        let rate = cx.args.timed("p");
        let live = cx.mode == Mode::Train || cx.args.flag("always");
        if !live || !rate.acts(cx.mode == Mode::Train) {
            return cx.input();
        }
        let dims = cx.input_ty().sizes();
        let key = cx.site_key(if rows(cx.args) == Each::Step { Address::Update } else { Address::Row });
        let q = cx.scalar("q", DType::I32, ScalarDef::Threshold(rate));
        let coin = cx.b.keep_mask(key, q, &dims, &vec![true; dims.len()]);
        let coin = cx.b.along_last(coin, cx.input());
        let kept = cx.b.mul(cx.input(), coin);
        let scale = cx.scalar("scale", DType::F32, ScalarDef::InverseKeepOf(rate));
        cx.b.mul(kept, scale)
    }

    fn drop_site(&self, args: &Args) -> Option<DropSite> {
        let rate = args.timed("p");
        let always = args.flag("always");
        (!rate.is_zero()).then(|| DropSite {
            rate,
            law: Law::Coin,
            scope: Scope::branch(rows(args)),
            size: None,
            scaled: When::Train,
            sampled: always,
            always,
        })
    }
}

/// What has a coin of its own.
fn rows(args: &Args) -> Each {
    if args.words("share").contains(&"batch") { Each::Step } else { Each::Row }
}
