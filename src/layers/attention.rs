//! Every place of a sequence looks at the others and takes a mixture of what they say, weighted by how well its query fits their keys.
//!
//! # What it does
//! Makes a query, a key and a value of each place by matrices, in `heads` parts of `width / heads` numbers. A query and a key give a score; the softmax of a
//! query's scores are its weights; the result is the weighted sum of values, by an output matrix. `causal=true` lets a place
//! see itself and what lies before it alone. Places behind the end of a row get no weight.
//!
//! # Formula
//! `softmax(Q K^T / sqrt(d)) V` a head, `d = width / heads`, heads side by side, then `W_o`.
//!
//! # Shape
//! `[time, channel]`; the result has the same.
//!
//! # Arguments
//! `heads` divides the width. `dropout=p` drops weights behind the softmax (and divides those that are kept by `1 - p`: they are not made to sum to one
//! again), each query's of each head by themselves; without it none are dropped. 0.1 is usual. Pictures show weights undropped. `kv_heads` is the number of keys and
//! values where several heads share them (a divisor of `heads`). `positions=rotary` turns pairs of queries' and keys' numbers by their places, so that scores know the distance
//! (the first half of a head's numbers with the second); `positions=alibi` takes from a score a slope times the distance; without either, attention does
//! not know where a place is: put `positions` before it. `bias=false` leaves the biases out; `init` is the start of the four matrices.
//!
//! # Train and eval
//! Weights are dropped in training and in Monte-Carlo prediction, at the site `PATH.weights`; the coin of a weight is that of the number
//! `(head * 4096 + query) * 4096 + key`, so that it does not depend on how long sequences may be. No mask and no weights are ever stored: the gradient makes them again.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[24]
//!   reshape 6x4, roles=[time, channel]
//!   residual { layer_norm -> attention heads=2, dropout=0.1 -> dropout 0.1 }
//!   mean_pool over=time
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Vaswani et al. 2017, Attention is all you need. Ainslie et al. 2023, GQA (`kv_heads`). Su et al. 2021, RoFormer (`rotary`). Press, Smith and Lewis 2022, Train short, test
//! long (`alibi`).

use super::{
    InFile, Infer, InnerDrop, Layer, Library, Lower, OverTime, Sought,
    infer::ParamDecl,
    initial::{INIT, Shape},
    rate::unusable,
};
use crate::{
    diag::Diagnostic,
    graph::attention::{HEADS_MOST, PLACES_MOST},
    graph::{Attention as Form, DType, Mode, ScalarDef, ValueId},
    model::{Axis, Init, Node, ParamRole, Role, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed},
};

pub struct Attention;
pub static LAYER: Attention = Attention;

/// Where inside of it weights are dropped.
pub(super) const WEIGHTS: &str = "weights";

pub(super) const HEADS: ArgSpec = ArgSpec::required("heads", Kind::Count { min: 1 }, "number of heads");
pub(super) const DROPOUT: ArgSpec = ArgSpec::named(
    "dropout",
    Kind::Timed(Bounds::BELOW_ONE),
    Default::Absent,
    "probability of dropping a weight, behind the softmax",
)
.called(&["attention_probs_dropout_prob", "attn_dropout", "attn_pdrop", "dropout_p"]);
pub(super) const KV_HEADS: ArgSpec = ArgSpec::named(
    "kv_heads",
    Kind::Count { min: 1 },
    Default::Absent,
    "number of keys and values, as many as heads unless given",
);
pub(super) const BIAS: ArgSpec =
    ArgSpec::named("bias", Kind::Bool, Default::Bool(true), "add biases to the four products");

static SIG: Sig = Sig {
    name: "attention",
    about: "mixes places of a sequence by how well queries fit keys",
    args: &[
        HEADS,
        DROPOUT,
        ArgSpec::named("causal", Kind::Bool, Default::Bool(false), "look at earlier places alone"),
        KV_HEADS,
        ArgSpec::named(
            "positions",
            Kind::Word(&["none", "rotary", "alibi"]),
            Default::Word("none"),
            "how scores know places",
        ),
        BIAS,
        INIT,
    ],
    block: Block::None,
};

impl Layer for Attention {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("MultiHeadAttention", "attention"),
            ("MultiheadAttention", "attention"),
            ("MultiHeadDotProductAttention", "attention"),
            ("SelfAttention", "attention"),
            ("CausalSelfAttention", "attention causal=true"),
            ("GroupedQueryAttention", "attention kv_heads=2"),
            ("scaled_dot_product_attention", "attention"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let (steps, width) = sequence(cx, 0)?;
        let form = form(cx.args, steps, steps, width);
        check(cx, &form, width)?;
        declare(cx, &form, (width, width))?;
        Ok(cx.input().with_last(width))
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (steps, width) = (cx.input_ty().axes[0].size, cx.input_ty().axes[1].size);
        let form = form(cx.args, steps, steps, width);
        let weights: Vec<ValueId> = (0..3).map(|i| cx.param(i)).collect();
        let weights = cx.b.concat(&weights, 1);
        let x = cx.multiplied(0);
        let packed = cx.b.matmul(x, weights);
        let packed = match cx.args.flag("bias") {
            true => {
                let biases: Vec<ValueId> = (4..7).map(|i| cx.param(i)).collect();
                let biases = cx.b.concat(&biases, 0);
                cx.b.add_bias(packed, biases)
            }
            false => packed,
        };
        attended(cx, form, packed, 0)
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        in_files(sought)
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn looks_ahead(&self, args: &Args, _input: &Ty) -> bool {
        !args.flag("causal")
    }

    fn inner_drops(&self, node: &Node, inputs: &[&Ty]) -> Vec<InnerDrop> {
        let Some(used) = node.layer() else { return Vec::new() };
        let (steps, width) = (inputs[0].axes[0].size, inputs[0].axes[1].size);
        dropped(&used.args, &form(&used.args, steps, steps, width))
    }

    fn multiply_adds(&self, node: &Node, inputs: &[&Ty]) -> usize {
        let Some(used) = node.layer() else { return 0 };
        let (steps, width) = (inputs[0].axes[0].size, inputs[0].axes[1].size);
        let form = form(&used.args, steps, steps, width);
        steps * width * (2 * form.all() + 2 * form.shared()) + 2 * steps * steps * form.all()
    }
}

/// Steps and numbers a step of an input, which is a sequence.
///
/// # Errors
/// E0301 for anything else.
pub(super) fn sequence(cx: &Infer<'_>, input: usize) -> Result<(usize, usize), Diagnostic> {
    let source = &cx.inputs[input];
    match source.ty.axes[..] {
        [Axis { role: Role::Time, size: steps, .. }, Axis { size: width, .. }] => Ok((steps, width)),
        _ => {
            let message = format!("`{}` expects a value over time, found {}", cx.name(), source.ty);
            Err(Diagnostic::error("E0301", cx.args.span, message)
                .label(format!("sees {}", source.ty))
                .also(source.span, format!("this value comes from {}", source.name))
                .help("its axes are time and channel, as those of a convolution over a series are; or write `reshape 16x8, roles=[time, channel]`"))
        }
    }
}

/// The form that arguments give; heads that do not divide are found by [`check`].
pub(super) fn form(args: &Args, queries: usize, keys: usize, width: usize) -> Form {
    let heads = args.count("heads");
    let positions = args.sig.arg("positions").map_or("none", |_| args.word("positions"));
    Form {
        heads,
        groups: args.opt_number("kv_heads").map_or(heads, |n| n as usize),
        width: width / heads,
        queries,
        keys,
        across: false,
        causal: args.sig.arg("causal").is_some() && args.flag("causal"),
        slopes: positions == "alibi",
        turned: positions == "rotary",
        padded: false,
        dropped: false,
    }
}

/// What arguments must not say of a value of this width.
///
/// # Errors
/// E0302, E0206, placed at the argument.
pub(super) fn check(cx: &mut Infer<'_>, form: &Form, width: usize) -> Result<(), Diagnostic> {
    let fault = |arg: &'static str, message: String, label: String| {
        Diagnostic::error("E0206", cx.args.span_of(arg), message).label(label)
    };
    let heads = form.heads;
    if heads > HEADS_MOST {
        return Err(fault(
            "heads",
            format!("`{}` has at most {HEADS_MOST} heads", cx.name()),
            "too many".into(),
        ));
    }
    if !width.is_multiple_of(heads) {
        let fitting: Vec<String> =
            (1..=width.min(HEADS_MOST)).filter(|n| width.is_multiple_of(*n)).map(|n| n.to_string()).collect();
        return Err(fault(
            "heads",
            format!("{heads} heads do not divide a width of {width}"),
            format!("the value is {}", cx.input()),
        )
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
        .help(format!("heads that do: {}", fitting.join(", "))));
    }
    if !heads.is_multiple_of(form.groups) {
        return Err(fault(
            "kv_heads",
            format!("{heads} heads cannot share {} keys evenly", form.groups),
            "does not divide the heads".into(),
        )
        .help("each of `kv_heads` keys and values belongs to as many heads"));
    }
    if form.queries.max(form.keys) > PLACES_MOST {
        let source = &cx.inputs[usize::from(form.keys > PLACES_MOST && cx.inputs.len() > 1)];
        let message = format!("`{}` looks over at most {PLACES_MOST} places", cx.name());
        return Err(Diagnostic::error("E0206", cx.args.span, message)
            .label(format!("{} places", form.queries.max(form.keys)))
            .also(source.span, format!("this value comes from {}", source.name))
            .help("draws are numbered by places below it; shorten the sequence by a pool or windows"));
    }
    if form.turned && !form.width.is_multiple_of(2) {
        return Err(fault(
            "positions",
            format!(
                "`positions=rotary` turns pairs, and a head has {} number{}",
                form.width,
                if form.width == 1 { "" } else { "s" }
            ),
            "an odd number".into(),
        ));
    }
    match cx.args.opt_timed("dropout").and_then(|rate| unusable(rate, "weight", cx.args.span_of("dropout"))) {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// Declares the matrices of queries (of `widths.0` numbers), keys and values (of `widths.1`) and the result, then their biases.
///
/// # Errors
/// As [`Infer::start`].
pub(super) fn declare(cx: &mut Infer<'_>, form: &Form, widths: (usize, usize)) -> Result<(), Diagnostic> {
    let (all, shared) = (form.all(), form.shared());
    // What the values are mixed to feeds the last; of keys and values it is the last input.
    let last = Some(cx.inputs.len() - 1);
    let matrices = [
        ("query_weight", widths.0, all, Some(0)),
        ("key_weight", widths.1, shared, last),
        ("value_weight", widths.1, shared, last),
        ("output_weight", all, widths.0, None),
    ];
    for (name, inputs, outputs, fed_by) in matrices {
        let start = cx.start("init", Shape::Weights { inputs, outputs })?;
        let decl = ParamDecl::new(name, vec![inputs, outputs], ParamRole::Weight, start);
        cx.param(ParamDecl { fed_by, ..decl });
    }
    if cx.args.flag("bias") {
        let biases =
            [("query_bias", all), ("key_bias", shared), ("value_bias", shared), ("output_bias", widths.0)];
        for (name, units) in biases {
            cx.param(ParamDecl::new(name, vec![units], ParamRole::Bias, Init::Zeros));
        }
    }
    Ok(())
}

/// Where files keep matrices and biases: PyTorch has queries, keys and values in one, where they are equally wide; Keras has an axis of heads.
pub(super) fn in_files(sought: &Sought<'_>) -> Vec<InFile> {
    const PARTS: [(&str, &str); 4] = [("query", "q"), ("key", "k"), ("value", "v"), ("output", "out")];
    let Some((of, kind)) = sought.ending.split_once('_') else { return Vec::new() };
    let Some(i) = PARTS.iter().position(|(name, _)| *name == of) else { return Vec::new() };
    let is_matrix = kind == "weight";
    match (sought.library, of) {
        (Library::Torch, "output") if is_matrix => vec![sought.turned(&["out_proj.weight"], &[1, 0])],
        (Library::Torch, "output") => vec![sought.same(&["out_proj.bias"])],
        // Keys that several heads share it does not know.
        (Library::Torch, _)
            if sought.args.opt_count("kv_heads").is_some_and(|n| n != sought.args.count("heads")) =>
        {
            Vec::new()
        }
        (Library::Torch, _) if is_matrix => {
            let own = format!("{}_proj_weight", PARTS[i].1);
            let packed = sought.turned(&["in_proj_weight"], &[1, 0]).part(0, i, 3);
            vec![packed, sought.turned(&[&own], &[1, 0])]
        }
        (Library::Torch, _) => vec![sought.same(&["in_proj_bias"]).part(0, i, 3)],
        (Library::Keras, "output") if is_matrix => {
            let heads = sought.args.count("heads");
            let dims = vec![heads, sought.dims[0] / heads, sought.dims[1]];
            vec![InFile::new(&["attention_output/kernel"], dims)]
        }
        (Library::Keras, "output") => vec![sought.same(&["attention_output/bias"])],
        (Library::Keras, _) => {
            let heads = sought.args.count("heads");
            let heads = if i == 0 { heads } else { sought.args.opt_count("kv_heads").unwrap_or(heads) };
            let (rows, units) = sought.dims.split_at(sought.dims.len() - 1);
            let dims = [rows, &[heads, units[0] / heads]].concat();
            let name = if is_matrix { format!("{of}/kernel") } else { format!("{of}/bias") };
            vec![InFile::new(&[&name], dims)]
        }
    }
}

/// Attention over packed queries, keys and values, keys being places of input `seen`, and the output matrix behind it: parameter 3, and 7 where there are biases.
pub(super) fn attended(cx: &mut Lower<'_>, form: Form, packed: ValueId, seen: usize) -> ValueId {
    let rate = cx.args.opt_timed("dropout").unwrap_or(Timed::ZERO);
    let dropped = cx.mode != Mode::Eval && rate.acts(cx.mode == Mode::Train);
    let within = cx.within_of(seen);
    let form = Form { dropped, padded: within.is_some(), ..form };
    let mut operands = Vec::new();
    if dropped {
        operands.push(cx.inner_key(WEIGHTS));
        operands.push(cx.scalar("weights.q", DType::I32, ScalarDef::Threshold(rate)));
    }
    operands.push(packed);
    if form.turned {
        operands.push(cx.b.waves(form.queries.max(form.keys), form.width, true));
    }
    if let Some(within) = within {
        operands.push(cx.b.sum(within, &[1]));
    }
    let mixed = cx.b.attend(form, &operands);
    let result = cx.b.matmul(mixed, cx.param(3));
    if cx.args.flag("bias") { cx.b.add_bias(result, cx.param(7)) } else { result }
}

/// The place inside where weights are dropped, if they are.
pub(super) fn dropped(args: &Args, form: &Form) -> Vec<InnerDrop> {
    let Some(rate) = args.opt_timed("dropout").filter(|rate| !rate.is_zero()) else { return Vec::new() };
    let seen: usize = (0..form.queries).map(|query| form.reach(query)).sum();
    vec![InnerDrop {
        name: WEIGHTS,
        of_weights: true,
        what: "weight of each head and query",
        rate,
        coins: form.heads * seen,
        scaled: true,
        fresh: false,
    }]
}
