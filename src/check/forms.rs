//! Forms of the language that are no layers: types of inputs and outputs, `let`, formals, names.

use super::{
    bind::colon,
    eval::{describe, eval, too_late},
    naming::may_declare,
    scope::Scope,
    section::{Home, misplaced},
    sizes::{self, Extent},
    suggest::nearest,
    wave::{WAVE, wave},
    words::eval_or_word,
};
use crate::{
    diag::{Diagnostic, Edit, Fix, Span},
    layers::{self, ParamDecl, Reach},
    model::{Node, NodeId, NodeKind, OutputKind, Ragged, Ty, ends, laws, reaches},
    syntax::ast::{Arg, ArgKey, Binding, BlockDef, Expr, ExprKind, Step},
    vocab::{Block, Sig, Value, exactly},
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Layers that the language has and this version does not.
const NOT_YET: &[&str] = &["encoder", "flip", "highway", "load", "moe", "stack"];
/// What stands before a layer's name in other languages.
const LIBRARIES: &[&str] = &["F", "keras", "layers", "nn", "tf", "torch"];
/// Blocks that only some layers hold.
const PARTS: &[(&str, &str)] = &[("branch", "`concat`, `add` or `mul`"), ("shortcut", "`residual`")];
/// Types that the language has and this version does not.
const TYPES_NOT_YET: &[&str] = &["int"];
/// Types of inputs; some of them are of outputs too.
pub const INPUT_TYPES: &[&str] = &["real", "series", "token", CATEGORY, WAVE];
/// The type of an input that is a column of categories.
const CATEGORY: &str = "category";
/// Types of values over time, which are inputs.
const OVER_TIME: &[&str] = &["series", WAVE];

const MAX_DIM: f64 = sizes::MOST;
const MAX_PARAMETER_BYTES: f64 = 1_099_511_627_776.0;
const MAX_AXES: usize = 16;

pub fn unknown_layer<'a>(step: &Step, blocks: impl Iterator<Item = &'a str>, home: Home) -> Diagnostic {
    let name = step.name.text.as_str();
    let span = step.name.span;
    if NOT_YET.contains(&name) {
        return Diagnostic::error("E0204", span, format!("the layer `{name}` is not in this version"))
            .label("not built yet");
    }
    if let Some((_, holders)) = PARTS.iter().find(|(part, _)| *part == name) {
        return Diagnostic::error("E0103", span, format!("`{name}` stands inside the block of {holders}"))
            .label("no layer of its own");
    }
    if let Some(section) = home(name) {
        return misplaced(name, section, span);
    }
    let error = Diagnostic::error("E0203", span, format!("unknown layer `{name}`"));
    if let Some((layer, ours)) = layers::elsewhere(name) {
        return called_otherwise(error, step, layer.sig(), ours);
    }
    if LIBRARIES.contains(&name) {
        return error.label("no prefix here").help("write the layer alone, by its name: `conv 32, 3x3`");
    }
    let builtin = layers::LAYERS.iter().map(|row| row.layer.sig().name);
    let forms = ["input", "output", "from", "reuse"];
    match nearest(name, builtin.chain(forms).chain(blocks)) {
        Some(known) => {
            error.label("no layer has this name").fix("a layer with a similar name exists", span, known)
        }
        None if name.starts_with(char::is_uppercase) => {
            error.label("no block has this name").help(format!("define it: `block {name}() {{ ... }}`"))
        }
        None => error.label("no layer has this name"),
    }
}

/// The answer to a layer's name in another library: `ours` is its name here, with an argument where one must be added.
fn called_otherwise(error: Diagnostic, step: &Step, sig: &Sig, ours: &str) -> Diagnostic {
    let error = error.label(format!("it is called `{ours}` here"));
    let no_block = sig.block == Block::Body && step.body.is_none();
    let unnamed = step.args.iter().filter(|arg| arg.key == ArgKey::Positional).count();
    let surplus = unnamed > sig.args.iter().filter(|arg| arg.positional).count();
    if no_block || surplus || sig.args.is_empty() && !step.args.is_empty() {
        return error.help(format!("`dropnet explain {}` says how it is written", sig.name));
    }
    let (word, more) = ours.split_once(' ').unwrap_or((ours, ""));
    let mut edits = vec![Edit { span: step.name.span, text: word.into() }];
    match step.args.last() {
        _ if more.is_empty() => {}
        None => edits[0].text = ours.into(),
        Some(last) => {
            let end = Span::new(last.span.end, last.span.end);
            edits.push(Edit { span: end, text: format!(", {more}") });
        }
    }
    let mut error = error;
    error.fixes.push(Fix { message: "write it by its name here".into(), edits });
    error
}

pub fn declare_let(binding: &Binding, scope: &mut Scope, diags: &mut Vec<Diagnostic>) {
    if !may_declare(binding, scope, diags) {
        return;
    }
    let value = eval(&binding.value, scope);
    diags.extend(scope.declare(&binding.name.text, value, binding.name.span));
}

/// `from NAME`, `reuse NAME`.
pub fn one_name(step: &Step) -> Result<(String, Span)> {
    match &step.args[..] {
        [Arg { key: ArgKey::Positional, value: Expr { kind: ExprKind::Path(name), span }, .. }]
            if step.body.is_none() =>
        {
            Ok((name.clone(), *span))
        }
        _ => Err(Box::new(
            Diagnostic::error("E0205", step.span, format!("`{}` takes one name", step.name.text))
                .label("expected the name of a label or an input"),
        )),
    }
}

/// `real[28, 28, 1]`. `taken` are the numbers of a row that other inputs take before this one; none before the data are seen of `real[_]`.
pub fn input_type(input: &str, expr: &Expr, taken: Option<usize>, scope: &mut Scope) -> Result<Option<Ty>> {
    if let ExprKind::Index { name, args } = &expr.kind
        && name.text == WAVE
    {
        return wave(args, expr.span, scope).map(Some);
    }
    let Written { name, extents, vocab } = type_of(expr, scope)?;
    match name {
        "real" => {
            let sizes = sizes::of_input(&extents, taken, &scope.attributes, expr.span)?;
            Ok(sizes.map(|sizes| Ty::of_sizes(&sizes)))
        }
        "series" if extents.len() == 2 => {
            let sizes = sizes::of_input(&extents, taken, &scope.attributes, expr.span)?;
            Ok(sizes.map(|sizes| Ty::series(sizes[0], sizes[1])))
        }
        "token" if extents.len() == 1 => tokens(extents[0], vocab, scope, expr.span),
        CATEGORY if extents.len() == 1 => category(input, extents[0], scope, expr.span),
        "series" | "token" | CATEGORY => Err(Box::new(
            Diagnostic::error("E0205", expr.span, format!("`{name}` has {}", axes_of(name)))
                .label(format!("has {} here", extents.len()))
                .help(format!("write, for example, `{}`", example_of(name))),
        )),
        word if laws::find(word).is_some() => Err(Box::new(
            Diagnostic::error("E0205", expr.span, format!("`{name}` is a type of outputs"))
                .label("an input is real")
                .help("write `real[...]`"),
        )),
        other => Err(unknown_type(other, INPUT_TYPES, expr.span)),
    }
}

/// Whether a type has a size `_`.
pub fn has_open_size(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Index { args, .. } if args.iter().any(|arg| sizes::is_open(&arg.value)))
}

/// Whether it is the type of a column of categories, which takes its own numbers of a row whatever other inputs take.
pub fn is_category(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Index { name, .. } if name.text == CATEGORY)
}

/// Whether a type has as many tokens as the data say.
pub fn has_open_vocab(expr: &Expr) -> bool {
    let is_vocab = |arg: &Arg| matches!(&arg.key, ArgKey::Named(key) if key.text == "vocab");
    matches!(&expr.kind, ExprKind::Index { args, .. } if args.iter().any(|arg| is_vocab(arg) && sizes::is_open(&arg.value)))
}

/// Whether an output of this type is an answer at each step.
pub fn is_over_time(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Index { name, .. } if laws::find(&name.text).is_some_and(|law| law.over_time()))
}

/// `output NAME: TYPE`; no kind before the data are seen of `class[_]`.
pub fn output(step: &Step, scope: &mut Scope) -> Result<(String, Option<OutputKind>)> {
    let [Arg { key: ArgKey::Typed(name), value, .. }] = &step.args[..] else {
        return Err(Box::new(
            Diagnostic::error("E0205", step.span, "`output` needs one `name: type`")
                .label("expected, for example, `output y: class[10]`"),
        ));
    };
    let Written { name: kind, extents, vocab } = type_of(value, scope)?;
    let one = |extents: &[Extent]| match extents {
        [n] => Ok(*n),
        _ => Err(Box::new(
            Diagnostic::error("E0205", value.span, format!("`{kind}` takes one number"))
                .label(format!("has {}", extents.len())),
        )),
    };
    let law = laws::find(kind).ok_or_else(|| unknown_type(kind, &of_outputs(), value.span))?;
    if law.over_time() {
        let of = |ty: Ty| Some(OutputKind::tokens(ty.steps()?.size, ty.vocab()?));
        return Ok((name.text.clone(), tokens(one(&extents)?, vocab, scope, value.span)?.and_then(of)));
    }
    let Some(n) = sizes::of_output(one(&extents)?, law, &scope.attributes, value.span)? else {
        return Ok((name.text.clone(), None));
    };
    if let Some((why, help)) = law.refuses(n) {
        let error = Diagnostic::error("E0206", value.span, why).label(format!("is {n}"));
        return Err(Box::new(error.help(help)));
    }
    Ok((name.text.clone(), Some(OutputKind::new(law, n))))
}

/// `token[T, vocab=V]`; none before the data are seen of a size `_`.
fn tokens(steps: Extent, vocab: Option<Extent>, scope: &Scope, span: Span) -> Result<Option<Ty>> {
    let Some(vocab) = vocab else {
        return Err(Box::new(
            Diagnostic::error("E0201", span, "`token` needs its vocabulary")
                .label("how many different tokens?")
                .help("write `vocab=10_000`, as in `tokenize`, or `vocab=_` for what the text has"),
        ));
    };
    if vocab == Extent::Known(1) {
        return Err(Box::new(
            Diagnostic::error("E0206", span, "a vocabulary of one token says nothing").label("is 1"),
        ));
    }
    if [steps, vocab].contains(&Extent::Open) && sizes::are_of_numbers(&scope.attributes) {
        return Err(Box::new(
            Diagnostic::error("E0533", span, "the data are numbers, not texts")
                .label("reads tokens")
                .help("`source csv, FILE, text=COLUMN, label=COLUMN` reads texts from a table"),
        ));
    }
    let (steps, vocab) =
        (sizes::of_steps(steps, &scope.attributes), sizes::of_vocab(vocab, &scope.attributes));
    Ok(steps.zip(vocab).map(|(steps, vocab)| Ty::tokens(steps, vocab)))
}

/// `category[K]` of the column that is called as the input is; none before the data are seen of `category[_]`.
fn category(input: &str, extent: Extent, scope: &Scope, span: Span) -> Result<Option<Ty>> {
    if let Extent::Known(count @ (0 | 1)) = extent {
        return Err(Box::new(
            Diagnostic::error("E0206", span, "a column of one category says nothing")
                .label(format!("is {count}")),
        ));
    }
    let Extent::Open = extent else { return Ok(sizes::known(extent).map(Ty::category)) };
    match sizes::of_category(input, &scope.attributes) {
        Ok(count) => Ok(count.map(Ty::category)),
        Err(known) => Err(Box::new(
            Diagnostic::error("E0533", span, format!("the data have no column of categories `{input}`"))
                .label("is called as its column is")
                .note(match &known[..] {
                    [] => "no column holds categories".to_owned(),
                    known => format!("columns of categories are {}", known.join(", ")),
                })
                .help("`categories` in `data` makes categories of a column of numbers"),
        )),
    }
}

fn axes_of(name: &str) -> &'static str {
    match name {
        "series" => "steps and channels",
        CATEGORY => "one number: how many categories",
        _ => "one axis: how many tokens",
    }
}

fn example_of(name: &str) -> &'static str {
    match name {
        "series" => "series[24, 3]",
        CATEGORY => "category[12]",
        _ => "token[128, vocab=10_000]",
    }
}

fn of_outputs() -> Vec<&'static str> {
    laws::LAWS.iter().map(|law| law.word()).collect()
}

/// A name where one of these types stands.
fn unknown_type(name: &str, words: &[&str], span: Span) -> Box<Diagnostic> {
    if name == CATEGORY {
        return Box::new(
            Diagnostic::error("E0205", span, format!("`{name}` is a type of inputs"))
                .label("reads a column")
                .help("an answer that is one of K classes is `class[K]`"),
        );
    }
    if OVER_TIME.contains(&name) {
        return Box::new(
            Diagnostic::error("E0205", span, format!("`{name}` is a type of inputs"))
                .label("an output over time is not in this version"),
        );
    }
    if TYPES_NOT_YET.contains(&name) {
        return Box::new(
            Diagnostic::error("E0204", span, format!("the type `{name}` is not in this version"))
                .label("not built yet"),
        );
    }
    let error = Diagnostic::error("E0205", span, format!("unknown type `{name}`"))
        .label(format!("types are {}", words.join(", ")));
    Box::new(match nearest(name, words.iter().copied()) {
        Some(known) => error.help(format!("did you mean `{known}`?")),
        None => error,
    })
}

/// A type as it is written.
struct Written<'e> {
    name: &'e str,
    extents: Vec<Extent>,
    /// Of tokens.
    vocab: Option<Extent>,
}

fn type_of<'e>(expr: &'e Expr, scope: &mut Scope) -> Result<Written<'e>> {
    let ExprKind::Index { name, args } = &expr.kind else {
        return Err(Box::new(
            Diagnostic::error("E0205", expr.span, "expected a type")
                .label("such as `real[8]` or `class[10]`"),
        ));
    };
    if TYPES_NOT_YET.contains(&name.text.as_str()) || name.text == WAVE {
        return Err(unknown_type(&name.text, &of_outputs(), expr.span));
    }
    if args.is_empty() {
        return Err(Box::new(
            Diagnostic::error("E0201", expr.span, format!("`{}` needs its size", name.text))
                .label("such as `[8]`"),
        ));
    }
    let (mut dims, mut extents, mut vocab) = (Vec::new(), Vec::new(), None);
    for arg in args {
        let is_vocab = matches!(&arg.key, ArgKey::Named(key) if key.text == "vocab") && name.text == "token";
        if arg.key != ArgKey::Positional && !is_vocab {
            let error = Diagnostic::error("E0202", arg.span, format!("`{}` takes sizes only", name.text))
                .label("unknown argument");
            return Err(Box::new(match name.text.as_str() {
                "token" => error.help("beside its size it takes `vocab=`"),
                _ => error,
            }));
        }
        if is_vocab && vocab.is_some() {
            return Err(Box::new(
                Diagnostic::error("E0202", arg.span, "`vocab` is given twice").label("given again"),
            ));
        }
        if sizes::is_open(&arg.value) {
            match is_vocab {
                true => vocab = Some(Extent::Open),
                false => extents.push(Extent::Open),
            }
            continue;
        }
        let known = dims.len();
        match eval(&arg.value, scope)? {
            Value::Quantity(x, unit) => {
                return Err(Box::new(
                    Diagnostic::error("E0207", arg.span, "a size takes no unit")
                        .label(format!("is in `{unit}`"))
                        .fix("leave the unit out", arg.span, exactly(x)),
                ));
            }
            Value::Size(sizes) => dims.extend(sizes.into_iter().map(|n| n as f64)),
            Value::Number(n) => dims.push(n),
            Value::Symbol(s) => return Err(too_late(&s, arg.span, "a shape")),
            other => {
                return Err(Box::new(
                    Diagnostic::error(
                        "E0205",
                        arg.span,
                        format!("a size is a whole number, found {}", describe(&other)),
                    )
                    .label("not a size"),
                ));
            }
        }
        let size = dims.last().copied().unwrap_or(0.0);
        if size < 1.0 || size.fract() != 0.0 || size > MAX_DIM {
            return Err(Box::new(
                Diagnostic::error("E0206", arg.span, format!("a size is a whole number from 1 to {MAX_DIM}"))
                    .label(format!("is {}", exactly(size))),
            ));
        }
        if is_vocab {
            vocab = dims.drain(known..).next().map(|size| Extent::Known(size as usize));
        } else {
            extents.extend(dims[known..].iter().map(|size| Extent::Known(*size as usize)));
        }
    }
    if extents.len() > MAX_AXES {
        return Err(Box::new(
            Diagnostic::error("E0305", expr.span, format!("a value of {} axes", extents.len()))
                .label(format!("more than {MAX_AXES}")),
        ));
    }
    if dims.iter().product::<f64>() > MAX_DIM {
        return Err(Box::new(
            Diagnostic::error("E0305", expr.span, "this value is too large")
                .label(format!("more than {MAX_DIM} numbers a row")),
        ));
    }
    Ok(Written { name: &name.text, extents, vocab })
}

/// Limits on what a layer makes: dimensions and parameters.
pub fn fits_memory(ty: Ty, params: &[ParamDecl], span: Span) -> std::result::Result<Ty, Diagnostic> {
    let product = |dims: &[usize]| dims.iter().map(|&d| d as f64).product::<f64>();
    if ty.axes.len() > MAX_AXES {
        return Err(Diagnostic::error("E0305", span, format!("a value of {} axes", ty.axes.len()))
            .label(format!("more than {MAX_AXES}")));
    }
    if product(&ty.sizes()) > MAX_DIM {
        return Err(Diagnostic::error("E0305", span, format!("the result {ty} is too large"))
            .label(format!("more than {MAX_DIM} numbers a row")));
    }
    match params.iter().find(|p| product(&p.dims) * 4.0 > MAX_PARAMETER_BYTES) {
        Some(p) => {
            Err(Diagnostic::error("E0305", span, format!("`{}` would be larger than a terabyte", p.suffix))
                .label(format!("{:?} numbers", p.dims)))
        }
        None => Ok(ty),
    }
}

/// Whether numbers are such as probabilities or their logarithms are.
pub fn is_squashed(reach: Reach) -> bool {
    reach.is_within(Reach::UNIT) || reach.high <= 0.0
}

/// Logits that are probabilities already, or logarithms of them, and the node that makes them so.
pub fn squashed_logits(
    nodes: &[Node],
    source: NodeId,
    kind: OutputKind,
    span: Span,
) -> Option<(NodeId, Diagnostic)> {
    let squash = kind.squash()?;
    let reaches = reaches(nodes);
    let end = ends(nodes, source).into_iter().find(|id| is_squashed(reaches[id.0]))?;
    let NodeKind::Layer(used) = &nodes[end.0].kind else { return None };
    let (name, reach) = (used.args.sig.name, reaches[end.0]);
    let what = match name.ends_with(squash) {
        true => format!("`{name}` before it would be applied twice"),
        false => format!("`{name}` before it leaves them no room"),
    };
    let word = kind.word();
    let label = match reach.is_within(Reach::UNIT) {
        true => format!("gives numbers from {} to {}", reach.low, reach.high),
        false => "gives numbers below 0".into(),
    };
    let error =
        Diagnostic::error("E0306", nodes[end.0].span, format!("a `{word}` output takes logits; {what}"))
            .label(label)
            .also(span, format!("reads logits; its predictions are their {squash}"));
    Some((end, error))
}

/// The last layer must give what the output reads.
pub fn fits_output(nodes: &[Node], source: NodeId, kind: OutputKind, span: Span) -> Result<()> {
    let node = &nodes[source.0];
    if let Some(steps) = kind.steps() {
        return fits_steps(node, (steps, kind.outputs()), kind, span);
    }
    if node.ty.vector() == Some(kind.width()) {
        return Ok(());
    }
    let flat = match () {
        () if node.ty.vector().is_some() => "",
        () if node.ty.ragged().is_some() => "last -> ",
        () => "flatten -> ",
    };
    Err(Box::new(
        Diagnostic::error("E0304", span, format!("`{kind}` needs {}, found {}", kind.reads(), node.ty))
            .label(format!("expects {}", kind.width()))
            .also(node.span, format!("`{}` gives {}", node.path, node.ty))
            .help(format!("end the net with `{flat}dense {}`", kind.width())),
    ))
}

/// An output at each step reads the logits of each token that the net reads.
fn fits_steps(node: &Node, (steps, vocab): (usize, usize), kind: OutputKind, span: Span) -> Result<()> {
    let wrong = |label: String, help: String| {
        let needs = format!("`{kind}` needs {}, found {}", kind.reads(), node.ty);
        let error = Diagnostic::error("E0304", span, needs).label(label);
        Err(Box::new(error.also(node.span, format!("`{}` gives {}", node.path, node.ty)).help(help)))
    };
    let (Some(own), [_, width]) = (node.ty.steps(), &node.ty.axes[..]) else {
        let help = "leave out what makes one of all steps, such as `last`, `flatten` or a pool over time";
        return wrong("reads each step by itself".into(), help.into());
    };
    if own.size != steps && own.ragged == Some(Ragged::OWN) {
        let help = format!("write `token[{}, vocab={vocab}]` here, or {steps} tokens in the input", own.size);
        return wrong(format!("expects {steps} steps, and the net reads {}", own.size), help);
    }
    if own.ragged != Some(Ragged::OWN) {
        let help = "each token that the net reads is a step here: leave out what slides over them, or write `pad=same` there";
        return wrong(format!("expects the {steps} steps of the net's tokens"), help.into());
    }
    if width.size != vocab {
        let help =
            format!("end the net with `dense {vocab}`, or with `unembed LABEL`, the label of its embedding");
        return wrong(format!("expects {vocab} at each step"), help);
    }
    Ok(())
}

fn counted(arguments: usize) -> String {
    format!("{arguments} argument{}", if arguments == 1 { "" } else { "s" })
}

/// What a block is handed: a value, or a word. A name that is nearly one that is defined, and no word of the layers, is a slip.
fn handed(expr: &Expr, scope: &mut Scope) -> Result<Value> {
    if let ExprKind::Path(name) = &expr.kind
        && !layers::is_word(name)
        && nearest(name, scope.names()).is_some()
    {
        return eval(expr, scope);
    }
    eval_or_word(expr, scope)
}

/// The arguments of a block's call, by its formals.
pub fn bind_formals(
    block: &BlockDef,
    step: &Step,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Vec<(String, Value)>> {
    let before = diags.len();
    let mut values: Vec<(String, Value)> = Vec::new();
    let mut positional = block.formals.iter();
    for arg in &step.args {
        if let ArgKey::Typed(name) = &arg.key {
            diags.push(colon(name, arg));
            continue;
        }
        let formal = match &arg.key {
            ArgKey::Positional => positional.next(),
            ArgKey::Named(name) | ArgKey::Typed(name) => {
                block.formals.iter().find(|f| f.name.text == name.text)
            }
        };
        let Some(formal) = formal else {
            let error = match &arg.key {
                ArgKey::Positional => Diagnostic::error(
                    "E0210",
                    arg.span,
                    format!("`{}` takes {}", block.name.text, counted(block.formals.len())),
                )
                .label("one too many"),
                ArgKey::Named(name) | ArgKey::Typed(name) => {
                    let error = Diagnostic::error(
                        "E0202",
                        name.span,
                        format!("`{}` has no argument `{}`", block.name.text, name.text),
                    )
                    .label("unknown argument");
                    match nearest(&name.text, block.formals.iter().map(|f| f.name.text.as_str())) {
                        Some(known) => error.fix("a similar argument exists", name.span, known),
                        None => error,
                    }
                }
            };
            diags.push(error.also(block.name.span, "the block is defined here"));
            continue;
        };
        if values.iter().any(|(name, _)| *name == formal.name.text) {
            diags.push(
                Diagnostic::error("E0210", arg.span, format!("`{}` is given twice", formal.name.text))
                    .label("given again"),
            );
            continue;
        }
        match handed(&arg.value, scope) {
            Ok(value) => values.push((formal.name.text.clone(), value)),
            Err(d) => diags.push(*d),
        }
    }
    for formal in &block.formals {
        if diags.len() > before || values.iter().any(|(name, _)| *name == formal.name.text) {
            continue;
        }
        match &formal.default {
            Some(expr) => match handed(expr, scope) {
                Ok(value) => values.push((formal.name.text.clone(), value)),
                Err(d) => diags.push(*d),
            },
            None => diags.push(
                Diagnostic::error(
                    "E0201",
                    step.span,
                    format!("`{}` needs `{}`", block.name.text, formal.name.text),
                )
                .label(format!("`{}` is missing", formal.name.text))
                .also(formal.name.span, "declared without a default"),
            ),
        }
    }
    (diags.len() == before).then_some(values)
}
