//! What recurrent layers have in common: arguments, parameters, masks, and the loop over time around a cell.
//!
//! A layer says what one step makes of the products of its gates ([`Recurrent`]); the rest is here. The product with the input is one over all
//! steps, before the loop; in the loop stands the product with what the step before left.

pub mod arguments;
mod masks;

use super::{
    Facts, InFile, Infer, InnerDrop, Layer, Library, Lower, OverTime, ParamDecl, Reach, Reached, Sought,
    initial::{self, Shape},
    last,
    rate::unusable,
};
use crate::{
    diag::Diagnostic,
    graph::{Builder, Dim, Enter, Step, ValueId},
    model::{Axis, Init, Node, ParamRole, RECURRENT, Role, Ty},
    vocab::{Args, Sig, Value},
};
use masks::{Factors, Zoneout, factors, in_every_step, shares_time, zoneout};

/// A cell: what one step makes of its gates. All else of its layer is that of every recurrent one.
pub trait Recurrent: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries ([`Layer::elsewhere`]).
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)];

    /// Gates, each with a product of its own.
    fn gates(&self) -> usize;

    /// Values that a step hands on, the output first; what zones each of them out.
    fn carried(&self) -> &'static [&'static str];

    /// Whether the product with what the step before left has a bias of its own.
    fn has_recurrent_bias(&self) -> bool {
        false
    }

    /// What Keras calls a step of it, and where gate `i` stands among the gates there.
    fn in_keras(&self) -> (&'static str, &'static [usize]);

    /// How the bias starts: zeros.
    fn bias(&self, _args: &Args) -> Init {
        Init::Zeros
    }

    /// Arguments that say so.
    fn starts_of_biases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a step hands on, in the order of [`carried`](Self::carried), before zoneout. `input` and `recurrent` are the products `[B, gates width]`, with
    /// their biases; `before` is what the step before left.
    fn step(&self, b: &mut Builder, gates: Gates, before: &[ValueId]) -> Vec<ValueId>;
}

impl<C: Recurrent> Layer for C {
    fn sig(&self) -> &'static Sig {
        Recurrent::sig(self)
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        Recurrent::elsewhere(self)
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        infer(cx, self)
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        match sought.library {
            Library::Torch => torch(self, sought),
            Library::Keras => keras(self, sought),
        }
    }

    fn starts(&self, _args: &Args, _library: Option<Library>) -> Vec<&'static str> {
        let of_biases = self.starts_of_biases().iter().copied();
        initial::arguments(Recurrent::sig(self)).into_iter().chain(of_biases).collect()
    }

    fn facts(&self) -> Facts {
        Facts { recurrent: true, ..Facts::NONE }
    }

    fn over_time(&self, _: &Args) -> OverTime {
        OverTime::Whole
    }

    fn looks_ahead(&self, args: &Args, _: &Ty) -> bool {
        args.flag("reverse")
    }

    /// The other direction of a use that names none.
    fn turn_back(&self, args: &mut Args) -> bool {
        args.change("reverse", Value::Bool(true))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        lower(cx, self)
    }

    fn reach(&self, _: &Reached<'_>) -> Reach {
        Reach { low: -1.0, high: 1.0 }
    }

    fn inner_drops(&self, node: &Node, inputs: &[&Ty]) -> Vec<InnerDrop> {
        let Some(used) = node.layer() else { return Vec::new() };
        let named = SITES.iter().filter(|name| used.args.sig.arg(name).is_some());
        named.filter_map(|name| masks::inner(&used.args, name, self, inputs[0])).collect()
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let Some(used) = node.layer() else { return 0 };
        let (width, [steps, channels]) =
            (used.args.count("width"), [0, 1].map(|axis| inputs[0].axes[axis].size));
        steps * self.gates() * width * (channels + width)
    }
}

/// PyTorch has a bias for each of the two products, which is one bias where both are added before all else; the other direction has names of its own.
fn torch(cell: &dyn Recurrent, sought: &Sought<'_>) -> Vec<InFile> {
    let reverse = sought.args.flag("reverse");
    let named = |stem: &str| {
        let own = format!("{stem}_l{}", sought.stacked);
        let turned = reverse.then(|| format!("{own}_reverse"));
        let of_cell = (sought.stacked == 0).then(|| stem.to_owned());
        turned.into_iter().chain([own]).chain(of_cell).collect::<Vec<_>>()
    };
    let (input, before) = (named("bias_ih"), named("bias_hh"));
    let (matrix, bias) = (|| sought.turned(&[], &[1, 0]), || sought.same(&[]));
    vec![match sought.ending {
        "input_weight" => matrix().called(named("weight_ih")),
        "recurrent_weight" => matrix().called(named("weight_hh")),
        "bias" if cell.has_recurrent_bias() => bias().called(input),
        "bias" => bias().called(input).plus(before),
        _ => bias().called(before),
    }]
}

/// Keras has a level for the cell, gates in an order of its own, and both biases of one product in one tensor.
fn keras(cell: &dyn Recurrent, sought: &Sought<'_>) -> Vec<InFile> {
    let (step, order) = cell.in_keras();
    let name = match sought.ending {
        "input_weight" => "kernel",
        "recurrent_weight" => "recurrent_kernel",
        _ => "bias",
    };
    let within = format!("{step}/{name}");
    let names = [name, &within];
    match sought.ending {
        "input_weight" | "recurrent_weight" => vec![sought.same(&names).ordered(1, order)],
        ending if cell.has_recurrent_bias() => {
            let row = InFile::new(&names, vec![1, sought.dims[0]]).ordered(1, order);
            vec![row.part(0, usize::from(ending != "bias"), 2)]
        }
        _ => vec![sought.same(&names).ordered(0, order)],
    }
}

/// The products of a step.
#[derive(Clone, Copy)]
pub struct Gates {
    pub input: ValueId,
    pub recurrent: ValueId,
    pub width: usize,
}

impl Gates {
    /// The part of a product that is a gate's.
    pub fn of(&self, b: &mut Builder, product: ValueId, gate: usize) -> ValueId {
        b.slice(product, 1, gate * self.width, self.width)
    }
}

/// Names of the sites within a layer, by the arguments that say their rates.
const SITES: &[&str] = &["dropout", "recurrent_dropout", "zoneout", "zoneout_cell"];

/// Endings of what is carried on from window to window, the output first.
const CARRIED: [&str; 2] = ["", "cell"];

/// Steps and channels of the input.
fn over_time(cx: &Infer<'_>) -> Result<(usize, usize), Diagnostic> {
    match cx.input().axes[..] {
        [
            Axis { role: Role::Time | Role::Unit, size: steps, .. },
            Axis { role: Role::Channel | Role::Freq | Role::Unit, size: channels, .. },
        ] => Ok((steps, channels)),
        _ => Err(cx
            .mismatch(format!("`{}` expects steps of channels, found {}", cx.name(), cx.input()))
            .help("such as `input x: real[20, 3]`, 20 steps of 3 channels; `reshape 20x3, roles=[time, channel]` makes them of a vector")),
    }
}

/// Checks a use and declares its parameters.
fn infer(cx: &mut Infer<'_>, cell: &dyn Recurrent) -> Result<Ty, Diagnostic> {
    let (_, channels) = over_time(cx)?;
    check_words(cx)?;
    let (width, gates) = (cx.args.count("width"), cell.gates());
    let start = |cx: &Infer<'_>, inputs, usual| match cx.args.get("init") {
        Some(_) => cx.start("init", Shape::Weights { inputs, outputs: gates * width }),
        None => Ok(usual),
    };
    let limit = (6.0 / (channels + gates * width) as f64).sqrt();
    let input = start(cx, channels, Init::Uniform { limit })?;
    let recurrent = start(cx, width, Init::Orthogonal { gain: 1.0 })?;
    let matrix =
        |suffix, rows, init| ParamDecl::new(suffix, vec![rows, gates * width], ParamRole::Weight, init);
    let [of_input, of_before] =
        [matrix("input_weight", channels, input), matrix("recurrent_weight", width, recurrent)];
    cx.param(ParamDecl { dropped_by: Some("dropout"), ..of_input });
    cx.param(ParamDecl { fed_by: None, dropped_by: Some(RECURRENT), ..of_before });
    let bias = cell.bias(cx.args);
    let mut declare =
        |suffix, init| cx.param(ParamDecl::new(suffix, vec![gates * width], ParamRole::Bias, init));
    declare("bias", bias);
    if cell.has_recurrent_bias() {
        declare("recurrent_bias", Init::Zeros);
    }
    if cx.args.flag("carry") {
        CARRIED.iter().zip(cell.carried()).for_each(|(suffix, _)| cx.carried(suffix, vec![width]));
    }
    Ok(match cx.args.word("output") {
        "last" => Ty::units(width),
        _ => {
            let time = Axis { role: Role::Time, ..cx.input().axes[0] };
            Ty::real(vec![time, Axis::new(Role::Channel, width)])
        }
    })
}

/// Rates that drop something; words that have an effect.
fn check_words(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    for name in SITES.iter().filter(|name| cx.args.sig.arg(name).is_some()) {
        if let Some(fault) = unusable(cx.args.timed(name), "unit", cx.args.span_of(name)) {
            return Err(fault);
        }
    }
    let dropped = ["dropout", "recurrent_dropout"].iter().any(|name| !cx.args.timed(name).is_zero());
    for word in ["share", "gates"] {
        if cx.args.sig.arg(word).is_some() && cx.args.is_written(word) && !dropped {
            return Err(Diagnostic::error(
                "E0211",
                cx.args.span_of(word),
                format!("`{word}` says how masks are shared, and `{}` has none", cx.name()),
            )
            .label("has no effect here")
            .help("give it a `dropout=` or a `recurrent_dropout=`, or leave this out"));
        }
    }
    if cx.args.flag("carry") && cx.args.flag("reverse") {
        return Err(Diagnostic::error(
            "E0211",
            cx.args.span_of("carry"),
            format!("`{}` cannot carry its state on and go backwards", cx.name()),
        )
        .label("what comes before its first step is the next window, which nobody has seen yet")
        .help("leave `carry` out: in `bidirectional`, and beside `reverse`, each window begins anew"));
    }
    Ok(())
}

/// The layer in graph operations.
fn lower(cx: &mut Lower<'_>, cell: &dyn Recurrent) -> ValueId {
    let (width, steps) = (cx.args.count("width"), cx.input_ty().axes[0].size);
    let mut step = Step::default();
    let inside = Inside::enter(cx, cell, &mut step);
    let path = cx.node.path.clone();
    let next = step.b.with_origin(&path, |b| inside.next(b, cell, width));
    inside.before.iter().zip(&next).for_each(|(before, next)| step.carry(*before, *next));
    step.stack(next[0]);
    let carries = cx.left_before(0).is_some();
    next[1..].iter().filter(|_| carries).for_each(|value| step.stack(*value));
    let reverse = cx.args.flag("reverse");
    let stacked = cx.b.scan(step, steps, reverse);
    if carries {
        leave(cx, stacked, (steps, width), next.len());
    }
    let all = if carries && next.len() > 1 { cx.b.slice(stacked, 2, 0, width) } else { stacked };
    if cx.args.word("output") != "last" {
        return all;
    }
    if !reverse && !carries && cx.within().is_some() {
        return last::own_last(cx, all);
    }
    let last = cx.b.slice(all, 1, if reverse { 0 } else { steps - 1 }, 1);
    cx.b.reshape(last, &[Dim::Batch, Dim::Const(width)])
}

/// Leaves what the last step stacked to the row at this place in the next window.
fn leave(cx: &mut Lower<'_>, stacked: ValueId, (steps, width): (usize, usize), values: usize) {
    let end = cx.b.slice(stacked, 1, steps - 1, 1);
    for i in 0..values {
        let own = cx.b.slice(end, 2, i * width, width);
        let own = cx.b.reshape(own, &[Dim::Batch, Dim::Const(width)]);
        cx.update_state(i, own);
    }
}

/// What a step sees.
struct Inside {
    /// What the step before left.
    before: Vec<ValueId>,
    /// The product of its input.
    input: ValueId,
    /// What the step before left is multiplied by, and the matrices that it then meets.
    factors: Factors,
    weights: Vec<ValueId>,
    /// Of the product with the input, and of the other where it has its own.
    bias: ValueId,
    recurrent_bias: Option<ValueId>,
    /// What keeps each carried value, and the mask or rate of it.
    zoned: Vec<(Zoneout, Option<ValueId>)>,
    /// 1 where the step is a row's own; none where rows have no lengths.
    within: Option<ValueId>,
}

impl Inside {
    fn enter(cx: &mut Lower<'_>, cell: &dyn Recurrent, step: &mut Step) -> Self {
        let (width, gates) = (cx.args.count("width"), cell.gates());
        let [steps, channels] = [0, 1].map(|axis| cx.input_ty().axes[axis].size);
        let rows = |width: usize| [Dim::Batch, Dim::Const(width)];
        let mut enter = |b: &Builder, v: ValueId, enter| step.enter(v, b.ty(v), enter);

        let dropped = factors(cx, cell, "dropout", (steps, channels));
        let input = input_product(cx, &dropped, steps);
        let zero = cx.b.constant(0.0);
        let zeros = cx.b.broadcast(zero, &rows(width), &[]);
        let first = |i: usize| cx.left_before(i).unwrap_or(zeros);
        let first: Vec<ValueId> = (0..cell.carried().len()).map(first).collect();
        let before = first.into_iter().map(|v| enter(cx.b, v, Enter::Carried)).collect();
        let input = enter(cx.b, input, Enter::Scanned);

        let masks = if shares_time(cx.args) { Enter::Closed } else { Enter::Scanned };
        let factors = factors(cx, cell, "recurrent_dropout", (steps, width));
        let factors = factors.map(|v| enter(cx.b, v, masks));
        let weights = columns(cx.b, cx.param(1), &factors, width);
        let weights = weights.into_iter().map(|v| enter(cx.b, v, Enter::Closed)).collect();
        // In the step: outside, adding it would read and write the products of all steps once more.
        let mut spread = |cx: &mut Lower<'_>, param| {
            let bias = cx.b.broadcast(cx.param(param), &rows(gates * width), &[1]);
            enter(cx.b, bias, Enter::Closed)
        };
        let bias = spread(cx, 2);
        let recurrent_bias = cell.has_recurrent_bias().then(|| spread(cx, 3));
        let zoned = cell.carried().iter().map(|name| match zoneout(cx, name, (steps, width)) {
            Zoneout::None => (Zoneout::None, None),
            Zoneout::Drawn(mask) => (Zoneout::Drawn(mask), Some(enter(cx.b, mask, Enter::Scanned))),
            Zoneout::Mixed(rate) => {
                let spread = cx.b.broadcast(rate, &rows(width), &[]);
                (Zoneout::Mixed(rate), Some(enter(cx.b, spread, Enter::Closed)))
            }
        });
        let zoned = zoned.collect();
        let within = cx.within().map(|v| enter(cx.b, v, Enter::Scanned));
        // What a row leaves to the next window is read behind its end.
        if let Some(within) = within.filter(|_| cx.left_before(0).is_none()) {
            step.within(within);
        }
        Self { before, input, factors, weights, bias, recurrent_bias, zoned, within }
    }

    /// What the step leaves: new values, as far as they are not zoned out. Behind a row's end its state stays as it is, in either direction.
    fn next(&self, b: &mut Builder, cell: &dyn Recurrent, width: usize) -> Vec<ValueId> {
        let product = recurrent_product(b, self.before[0], &self.factors, &self.weights);
        let recurrent = self.recurrent_bias.map_or(product, |bias| b.add(product, bias));
        let input = b.add(self.input, self.bias);
        let new = cell.step(b, Gates { input, recurrent, width }, &self.before);
        let there = self.within.map(|within| {
            let within = b.broadcast_like(within, self.before[0], &[0]);
            let half = b.splat(0.5, within);
            b.less(half, within)
        });
        let pairs = self.zoned.iter().zip(self.before.iter().zip(new));
        let next = pairs.map(|((zoned, entered), (old, new))| {
            let next = zoned.apply(b, *entered, *old, new);
            there.map_or(next, |there| b.select(there, next, *old))
        });
        next.collect()
    }
}

/// The product of the input of all steps with the input's weights: `[B, T, gates width]`.
fn input_product(cx: &mut Lower<'_>, factors: &Factors, steps: usize) -> ValueId {
    let (x, shares) = (cx.multiplied(0), shares_time(cx.args));
    let width = cx.args.count("width");
    let weights = columns(cx.b, cx.param(0), factors, width);
    let masked = |b: &mut Builder, mask: ValueId| {
        let mask = if shares { in_every_step(b, mask, steps) } else { mask };
        b.mul(x, mask)
    };
    let products: Vec<ValueId> = match factors {
        Factors::None => vec![cx.b.matmul(x, weights[0])],
        Factors::Tied(mask) => {
            let x = masked(cx.b, *mask);
            vec![cx.b.matmul(x, weights[0])]
        }
        Factors::Untied(masks) => {
            let product = |(mask, weight): (&ValueId, &ValueId)| {
                let x = masked(cx.b, *mask);
                cx.b.matmul(x, *weight)
            };
            masks.iter().zip(&weights).map(product).collect()
        }
    };
    side_by_side(cx.b, &products, 2)
}

/// Products of gates as one, along the last axis.
fn side_by_side(b: &mut Builder, products: &[ValueId], axis: usize) -> ValueId {
    match products {
        [all] => *all,
        _ => b.concat(products, axis),
    }
}

/// The weights of all gates, or of each where gates have masks of their own.
fn columns(b: &mut Builder, weight: ValueId, factors: &Factors, width: usize) -> Vec<ValueId> {
    match factors {
        Factors::None | Factors::Tied(_) => vec![weight],
        Factors::Untied(gates) => {
            (0..gates.len()).map(|gate| b.slice(weight, 1, gate * width, width)).collect()
        }
    }
}

/// The product of what the step before left with the recurrent weights: `[B, gates width]`.
fn recurrent_product(b: &mut Builder, h: ValueId, factors: &Factors, weights: &[ValueId]) -> ValueId {
    let products: Vec<ValueId> = match factors {
        Factors::None => vec![b.matmul(h, weights[0])],
        Factors::Tied(mask) => {
            let h = b.mul(h, *mask);
            vec![b.matmul(h, weights[0])]
        }
        Factors::Untied(masks) => {
            let product = |(mask, weight): (&ValueId, &ValueId)| {
                let h = b.mul(h, *mask);
                b.matmul(h, *weight)
            };
            masks.iter().zip(weights).map(product).collect()
        }
    };
    side_by_side(b, &products, 1)
}
