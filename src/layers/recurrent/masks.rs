//! The random multipliers of a recurrent layer: which there are, and what they multiply by.

use super::Recurrent;
use crate::{
    graph::{Address, Builder, DType, Dim, Mode, ScalarDef, ValueId},
    layers::{InnerDrop, Lower},
    model::Ty,
    vocab::Args,
};

/// Multipliers for each gate's own product, or one for all.
pub(super) enum Factors {
    None,
    /// In the form of what is multiplied.
    Tied(ValueId),
    /// A gate, in the order of the checkpoint.
    Untied(Vec<ValueId>),
}

impl Factors {
    /// The same of other values.
    pub fn map(self, mut f: impl FnMut(ValueId) -> ValueId) -> Self {
        match self {
            Self::None => Self::None,
            Self::Tied(v) => Self::Tied(f(v)),
            Self::Untied(gates) => Self::Untied(gates.into_iter().map(f).collect()),
        }
    }
}

/// Whether all steps share a mask.
pub(super) fn shares_time(args: &Args) -> bool {
    args.word("share") == "time"
}

/// Whether each gate has its own masks.
fn is_untied(args: &Args, gates: usize) -> bool {
    gates > 1 && args.sig.arg("gates").is_some() && args.word("gates") == "untied"
}

/// What the site of an argument drops, for summaries, prediction and lints.
pub(super) fn inner(args: &Args, name: &'static str, cell: &dyn Recurrent, input: &Ty) -> Option<InnerDrop> {
    let rate = args.timed(name);
    let multiplies = matches!(name, "dropout" | "recurrent_dropout");
    let (shared, untied) = (multiplies && shares_time(args), multiplies && is_untied(args, cell.gates()));
    let [steps, channels] = [0, 1].map(|axis| input.axes.get(axis).map_or(0, |axis| axis.size));
    let width = if name == "dropout" { channels } else { args.count("width") };
    let coins = width * if untied { cell.gates() } else { 1 } * if shared { 1 } else { steps };
    let what = match (shared, untied) {
        (true, false) => "unit, at all steps at once,",
        (true, true) => "unit of each gate, at all steps at once,",
        (false, false) => "unit of each step",
        (false, true) => "unit of each gate and step",
    };
    let fresh = multiplies && !shared;
    (!rate.is_zero()).then_some(InnerDrop {
        name,
        of_weights: false,
        what,
        rate,
        coins,
        scaled: multiplies,
        fresh,
    })
}

/// 1 where kept: `[B, T, ..]`, or `[B, ..]` where all steps share it, of units in `rest`.
fn mask(cx: &mut Lower<'_>, name: &'static str, (steps, shared): (usize, bool), rest: &[usize]) -> ValueId {
    let rate = cx.args.timed(name);
    let key = cx.key_of(name, Address::Row);
    let q = cx.scalar(&format!("{name}.q"), DType::I32, ScalarDef::Threshold(rate));
    let dims = if shared { rest.to_vec() } else { [&[steps], rest].concat() };
    cx.b.keep_mask(key, q, &dims, &vec![false; dims.len()])
}

/// What `dropout=` and `recurrent_dropout=` multiply values of `width` units by, masks over the share that is kept; over time where each step has
/// its own.
pub(super) fn factors(
    cx: &mut Lower<'_>,
    cell: &dyn Recurrent,
    name: &'static str,
    (steps, width): (usize, usize),
) -> Factors {
    let rate = cx.args.timed(name);
    if cx.mode == Mode::Eval || !rate.acts(cx.mode == Mode::Train) {
        return Factors::None;
    }
    let (shared, gates) = (shares_time(cx.args), cell.gates());
    let untied = is_untied(cx.args, gates);
    let rest = if untied { vec![gates, width] } else { vec![width] };
    let mask = mask(cx, name, (steps, shared), &rest);
    let scale = cx.scalar(&format!("{name}.scale"), DType::F32, ScalarDef::InverseKeepOf(rate));
    let all = cx.b.mul(mask, scale);
    if !untied {
        return Factors::Tied(all);
    }
    let axis = if shared { 1 } else { 2 };
    let gate = |b: &mut Builder, gate: usize| {
        let one = b.slice(all, axis, gate, 1);
        let mut dims = b.dims(one);
        dims.remove(axis);
        b.reshape(one, &dims)
    };
    Factors::Untied((0..gates).map(|i| gate(cx.b, i)).collect())
}

/// What `zoneout` makes of a carried value.
#[derive(Clone, Copy)]
pub(super) enum Zoneout {
    None,
    /// A mask a step, `[B, T, width]`: 1 takes the new value, 0 keeps the old.
    Drawn(ValueId),
    /// The mean of the two: the rate, a number of the step.
    Mixed(ValueId),
}

pub(super) fn zoneout(cx: &mut Lower<'_>, name: &'static str, (steps, width): (usize, usize)) -> Zoneout {
    if cx.args.sig.arg(name).is_none() {
        return Zoneout::None;
    }
    let rate = cx.args.timed(name);
    match cx.mode {
        mode if !rate.acts(mode == Mode::Train) => Zoneout::None,
        Mode::Eval => Zoneout::Mixed(cx.scalar(&format!("{name}.rate"), DType::F32, ScalarDef::Timed(rate))),
        Mode::Train | Mode::Mc => Zoneout::Drawn(mask(cx, name, (steps, false), &[width])),
    }
}

impl Zoneout {
    /// The carried value of the next step; `entered` is what entered, in a step.
    pub fn apply(self, b: &mut Builder, entered: Option<ValueId>, old: ValueId, new: ValueId) -> ValueId {
        match (self, entered) {
            (Zoneout::Drawn(_), Some(mask)) => {
                let half = b.splat(0.5, mask);
                let taken = b.less(half, mask);
                b.select(taken, new, old)
            }
            (Zoneout::Mixed(_), Some(rate)) => {
                let change = b.sub(old, new);
                let part = b.mul(rate, change);
                b.add(new, part)
            }
            _ => new,
        }
    }
}

/// A value of the row in every step.
pub(super) fn in_every_step(b: &mut Builder, x: ValueId, steps: usize) -> ValueId {
    let mut dims = b.dims(x);
    dims.insert(1, Dim::Const(steps));
    let axes: Vec<usize> = (0..dims.len()).filter(|axis| *axis != 1).collect();
    b.broadcast(x, &dims, &axes)
}
