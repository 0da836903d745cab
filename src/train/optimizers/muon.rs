//! Momentum whose steps turn all directions of a weight matrix equally far; everything else is stepped by `adam`.
//!
//! # Formula
//! `b = momentum b + g`, `u = g + momentum b` (`b` itself with `nesterov=false`); O is u with all its singular values brought near 1, by five steps of Newton and Schulz from `X = u / |u|`:
//! `A = X^T X`, `X = 3.4445 X + X (-4.775 A + 2.0315 A^2)`, or with `A = X X^T` on the other side where a matrix is wider than high. `w = w (1 - lr weight_decay) - lr s O`.
//! `adjust=rms`: `s = 0.2 sqrt(max(in, out))`, which makes steps as large as those of `adamw`, so that one `lr` serves all parameters (Liu et al. 2025); `adjust=shape`: `s = sqrt(max(1, out / in))` (Jordan et
//! al. 2024; PyTorch's `Muon`).
//!
//! Biases, norm parameters, tables of embeddings and filters of one channel are stepped by `adam` with `betas` and `eps`, decay apart from the gradient. Filters of convolutions are the columns of `[height * width * channels, filters]`.
//!
//! # Arguments
//! `lr` is the learning rate, about that of `adamw` with `adjust=rms`, about 0.02 with `adjust=shape`; `momentum` the share of the last steps that is kept, `nesterov` looks ahead along it; `adjust` is how long
//! a step is. `betas` and `eps` are those of `adam`. `weight_decay` is of weights, times lr; `on=all` decays biases and norm parameters too. `clip_norm` bounds the norm of the whole gradient,
//! `clip_value` each element.
//!
//! # Example
//! ```net
//! optimizer muon, lr=0.002, weight_decay=0.1
//! ```
//!
//! # Papers
//! Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks; Liu et al. 2025, Muon is scalable for LLM training.

use super::{
    CLIP_NORM, CLIP_VALUE, LR, ON, Optimizer, UpdateCx, Updated, WEIGHT_DECAY, Wrong,
    adam::{BETAS, EPS, MOMENTS, check_betas, moments},
    adamw::shrunk,
};
use crate::{
    graph::{Builder, Dim, ScalarDef, ValueId},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Muon;
pub static WORD: Muon = Muon;

static SIG: Sig = Sig {
    name: "muon",
    about: "momentum with orthogonal steps of weight matrices, adam for the rest",
    args: &[
        LR,
        ArgSpec::named(
            "momentum",
            Kind::Timed(Bounds::BELOW_ONE),
            Default::Number(0.95),
            "share of the last steps that is kept",
        ),
        ArgSpec::named("nesterov", Kind::Bool, Default::Bool(true), "look ahead along the momentum"),
        ArgSpec::named(
            "adjust",
            Kind::Word(&["rms", "shape"]),
            Default::Word("rms"),
            "how long a matrix's step is",
        ),
        BETAS,
        EPS,
        WEIGHT_DECAY,
        ON,
        CLIP_NORM,
        CLIP_VALUE,
    ],
    block: Block::None,
};

/// Of the fifth-degree polynomial that lifts singular values in (0, 1] towards 1.
const COEFFICIENTS: [f32; 3] = [3.4445, -4.7750, 2.0315];
const STEPS: usize = 5;
/// The least norm that a matrix is divided by.
const LEAST: f32 = 1e-7;

impl Optimizer for Muon {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn adapts(&self) -> bool {
        true
    }

    fn decouples(&self) -> bool {
        true
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        check_betas(args)
    }

    fn slots(&self, _args: &Args) -> Vec<&'static str> {
        MOMENTS.to_vec()
    }

    fn slots_of_matrix(&self, _args: &Args) -> Vec<&'static str> {
        vec!["momentum"]
    }

    fn update(&self, cx: &mut UpdateCx<'_>) -> Updated {
        let param = shrunk(cx);
        if !cx.is_matrix {
            let (step, slots) = moments(cx, cx.grad);
            return Updated { param: cx.b.sub(param, step), slots };
        }
        let kept = cx.times(cx.slots[0], "momentum");
        let momentum = cx.b.add(kept, cx.grad);
        let ahead = match cx.args.flag("nesterov") {
            true => {
                let ahead = cx.times(momentum, "momentum");
                cx.b.add(cx.grad, ahead)
            }
            false => momentum,
        };
        let dims = cx.b.dims(param);
        let sizes: Vec<usize> = dims.iter().filter_map(|dim| dim.size()).collect();
        let columns = sizes.last().copied().unwrap_or(1);
        let rows = sizes.iter().product::<usize>() / columns.max(1);
        let flat = cx.b.reshape(ahead, &[Dim::Const(rows), Dim::Const(columns)]);
        let turned = orthogonal(cx.b, flat, columns <= rows);
        let turned = cx.b.reshape(turned, &dims);
        let length = length(cx.args, rows, columns);
        let step = cx.b.scale(turned, length as f32);
        let lr = cx.of_step("lr", ScalarDef::LearningRate);
        let step = cx.b.mul(step, lr);
        Updated { param: cx.b.sub(param, step), slots: vec![momentum] }
    }
}

fn length(args: &Args, rows: usize, columns: usize) -> f64 {
    match args.word("adjust") {
        "rms" => 0.2 * (rows.max(columns) as f64).sqrt(),
        _ => (columns as f64 / rows as f64).max(1.0).sqrt(),
    }
}

/// The matrix with singular values near 1; products are of the smaller side, columns if the matrix is `high`.
fn orthogonal(b: &mut Builder, matrix: ValueId, high: bool) -> ValueId {
    let squares = b.square(matrix);
    let sum = b.sum_all(squares);
    let norm = b.sqrt(sum);
    let least = b.constant(LEAST);
    let norm = b.max(norm, least);
    let mut x = b.div(matrix, norm);
    let [first, third, fifth] = COEFFICIENTS;
    let along = if high { 0 } else { 1 };
    for _ in 0..STEPS {
        let products = b.contract(x, x, &[], &[(along, along)]);
        let twice = b.contract(products, products, &[], &[(1, 0)]);
        let (a, c) = (b.scale(products, third), b.scale(twice, fifth));
        let update = b.add(a, c);
        let turned = match high {
            true => b.contract(x, update, &[], &[(1, 0)]),
            false => b.contract(update, x, &[], &[(1, 0)]),
        };
        let own = b.scale(x, first);
        x = b.add(own, turned);
    }
    x
}
