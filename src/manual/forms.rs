//! Pages of the words that are not layers, losses or the like, but the language itself: sections, declarations, ways of a value.
//!
//! Invariant: every example is a whole file that checks; the tests see to it.

use crate::vocab::{Block, Sig};

/// A word, one line about it, how it is written, and its page.
pub struct Form {
    pub sig: Sig,
    pub usage: &'static str,
    pub text: &'static str,
}

pub(super) const fn form(
    name: &'static str,
    about: &'static str,
    usage: &'static str,
    text: &'static str,
) -> Form {
    Form { sig: Sig { name, about, args: &[], block: Block::None }, usage, text }
}

/// In the order in which a file uses them.
pub static FORMS: &[Form] = &[
    form(
        "edition",
        "the edition of the language that a file is written in",
        "edition 1",
        "The first line of a file, if it is there. Usual rates and random draws never change within an edition.",
    ),
    form(
        "param",
        "a knob: a named value that the command line may set",
        "param NAME = VALUE",
        "Stands at the top of the file. `--set NAME=VALUE` replaces the value for one run. Expressions may use params that stand above.

A bare name that nothing has defined is a word: `param act = relu` may stand where a layer, a block, an optimizer, a source, a metric or another word is
wanted, may be handed to a block, compared (`if act == relu`) and tried (`vary act, [relu, tanh]`).

# Example
```net
param width = 32
param p = 0.3
param act = relu

net {
  input x: real[4]
  dense width -> act -> dropout p
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "let",
        "a name for an expression",
        "let NAME = EXPRESSION",
        "At the top of the file or in `net`. Unlike a `param` it cannot be set from outside.

# Example
```net
param width = 32
let half = width / 2

net {
  input x: real[4]
  dense width -> relu -> dense half -> relu
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "block",
        "defines a layer of your own",
        "block Name(argument, other=default) { ... }",
        "Names of blocks are CamelCase, so that no later layer can clash with them. A block is used like a layer; each use has its own weights.
What it is handed may be a word, as the name of a layer: `act=tanh`.

# Example
```net
block Hidden(width, p=0.5, act=relu) {
  dense width -> act -> dropout p
}

net {
  input x: real[4]
  Hidden 32
  Hidden 16, p=0.2, act=tanh
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "net",
        "the section that says what the net is",
        "net { ... }",
        "A value flows downward, and every line transforms it; `->` puts several layers on one line. It begins with `input` and ends with `output`.",
    ),
    form(
        "data",
        "the section that says what the net is fed with",
        "data { ... }",
        "Holds `source`, `split`, `normalize`, `scale`, `range`, `inputs`, `target`, `classes`, `batch` and `prefix_limit`, each once.",
    ),
    form(
        "augment",
        "the section of what is done to rows while training",
        "augment { ... }",
        "Acts on the training rows alone, statement by statement in the order written: first those that change rows one by one, then at most one that mixes them in
pairs. Rows are changed as the source has them, before `normalize` and `scale`, which are fitted to rows as they are; bytes stay bytes. `if` may stand around statements.

# What is drawn
What becomes of a row is a function of the seed, the statement, the epoch and the row's position in it: neither the minibatch, threads nor a run's interruption change a
bit. Statements that move pictures and stand together are one map and one interpolation; a statement that paints ends the group, and so does another `fill`. A statement
is known by its word, with an ordinal from the second of its kind on: the draws of others do not change when one is added. `p` and strengths may be `ramp(...)`.

# Texts
Statements of texts change the words of a row, which are tokens of `tokenize words`: a row has as many tokens as they leave it, and what is longer than the net's input
is cut. Tokens of windows of a stream stay in their places: `word_mask` and `synonym` act there. `dropnet plot FILE --kind augment` prints texts and what the net is fed
of them.

# Example
```net
augment {
  crop 32x32, pad=4, fill=reflect
  flip horizontal
  cutout 8x8
}

net {
  input x: real[32, 32, 3]
  conv 16, 3x3 -> relu -> global_avg_pool
  dense 10
  output y: class[10]
}

train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  epochs 20
}
```",
    ),
    form(
        "train",
        "the section that says how the net is trained",
        "train { ... }",
        "Needs a `loss`, an `optimizer` and `epochs` or `steps`; may have `schedule`, `penalize`, `load`, `freeze`, `lr`, `report`, `stop_early`, `average`, `seed`.

# How long
`epochs 20` counts passes over the training rows, `steps 5000` updates. What is left of a last epoch is trained and has figures; `stop_early`, `plateau`,
`best.ckpt` and a fitted precision look after whole epochs alone. `--epochs` goes on from there, to the same bits as a run that never stopped.

# Parts of a net
`load \"FILE\", into=[stem]` begins what stands under the label `stem` with the tensors of a file instead of drawing them. `freeze stem` holds it still: no gradient is computed for it, nothing penalises it, the optimizer keeps nothing of it,
and its batch norms use their stored figures. `freeze stem, until=3epochs` trains it from then on, as if its training began there. `lr stem, factor=0.1`
trains it at a tenth of the rate. What a part that stays as it is makes of the data is computed once, within `prefix_limit`. `summary` says so.

# Example
```net
net {
  input x: real[8]
  stem: dense 32 -> relu
  dense 3
  output y: class[3]
}

train {
  loss cross_entropy
  optimizer adam, lr=1e-3
  schedule linear, warmup=100steps
  freeze stem, until=500steps
  lr stem, factor=0.1
  steps 5000
}
```

# What a run leaves
`dropnet train` writes into the folder of the run:
- `model.net` and `model.lock.json`: the text that was trained, its values, where its file was;
- `log.jsonl`: a line an epoch;
- `last.ckpt`: the whole state after the last epoch, or inside it after Ctrl-C;
- `best.ckpt`: what `last.ckpt` was after the best epoch, byte for byte;
- `metrics.json`: the figures of the end; `calibration.json`: what `dropnet calibrate` fitted to one of the checkpoints, and no other uses.

Equal runs leave equal files, but for the times in `log.jsonl`. Checkpoints are safetensors files; they hold checksums of their tensors and of the
rows that were read, so damage and data that have changed are noticed. Every file is written beside and renamed. One process writes to a folder at a
time (`.lock`).

# What can be lost
Ctrl-C and SIGTERM lose nothing: the step in progress is finished and written. A process that is killed, or that finds the disk full, loses the epoch in
progress and at most two seconds of epochs before it. `dropnet train FILE -o DIR --resume` goes on from there, to the same bits as a run that nothing
disturbed; where no checkpoint had been written yet, it begins anew.",
    ),
    form(
        "predict",
        "the section that says how the net predicts",
        "predict { ... }",
        "One way to predict: `weight_scaling` (also without the section), `mc_dropout`, `ensemble` or `exact`; `interval` for numbers; and `report`, the figures that `eval`
and `experiment` give of predictions. The flags of `eval` and `predict` take its place.

`report` knows the metrics of training and, of the predictive distribution, `log_likelihood` (of numbers by `precision=`), `coverage` of the intervals,
`epistemic_sd`, `aleatoric_sd` and `mutual_information`. The log-likelihood of a row with several outputs is joint: the logarithm of the mean over
samples of the product of their probabilities. `precision=fit` is the precision under which the validation rows are likeliest, which
`dropnet calibrate` finds.

# Views
`augment` in `predict` names statements with fixed variants: `flip` has two, `translate` five. Each picture is seen in all their combinations, and predicted by the mean of
the probabilities (test-time augmentation): `predict { augment { flip horizontal } }` takes twice the time. A sample of dropout is one sub-network that looks at a picture in
all views, so what samples disagree about stays epistemic; how far the views are from one another is a column of its own, which is not: `view_information` of classes, in nats, and
`y_view_sd` of other outputs. `eval` prints the figures of one pass and, beneath, those of the mean; `calibrate` and diagrams go by the mean. Audits, `Session` and figures of training see
pictures as they are. A net that is trained already is seen in other views by a flag of `eval`, `predict` and `calibrate`: `--views 'flip horizontal'`, several statements on lines or parted by
`;`, `--views none` for pictures as they are.

# Example
```net
net {
  input x: real[1]
  dense 64 -> relu -> dropout 0.1
  dense 1
  output y: real[1]
}

predict {
  mc_dropout samples=1000, until_se=0.02
  interval 95%, precision=fit
  report rmse, log_likelihood, coverage, epistemic_sd
}
```",
    ),
    form(
        "sweep",
        "the section of what `dropnet experiment` tries",
        "sweep { ... }",
        "`vary` names the params and their values, `search grid` (also without it) tries all combinations and `search random` draws some, `goal` says
which figure of the validation part decides. The best is trained again, on training and validation rows, and tested once; a net that watches
validation rows while it trains (`stop_early`, `plateau`, `precision=fit`) keeps them for that, and is trained again on the training rows alone.

# Example
```net
param p = 0.1

data {
  source friedman, rows=400
  split folds=4, valid=25%
}

net {
  input x: real[10]
  dense 16 -> relu -> dropout p
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 10
}

sweep {
  vary p, [0, 0.1, 0.3]
  goal min, valid.rmse
}
```",
    ),
    form(
        "input",
        "declares what the net takes",
        "input NAME: real[SIZES] | series[T, C] | token[T, vocab=V] | category[K] | wave[SECONDS, rate=HERTZ]",
        "`real[8]` is a row of eight numbers, `real[28, 28, 1]` a picture: height, width, channels. The minibatch is not written.

`series[24, 3]` is up to 24 steps of 3 numbers, `token[128, vocab=10_000]` up to 128 words, characters or bytes by their numbers. Their rows have lengths:
what lies behind a row's end reaches no result, loss or gradient. Layers that act step by step (`dense`, `relu`, `dropout`) keep the lengths, those that cross
time (`mean_pool over=time`, `conv`) leave out what is no step of the row, and what does neither is refused (E0308). Tokens are read by
layers that look them up alone (E0309).

`category[12]` is the column of a table that is called as the input is, one of twelve categories a row, which an `embedding` looks up; it takes its column whatever the other inputs take, and stands before
one with `_`.

`wave[5s, rate=16kHz]` is a sound of up to five seconds, 16 000 samples a second between -1 and 1: a series of one channel that knows how long its steps are.

`_` is a size that the data say: `real[_]` takes as many numbers as a row gives, `real[_, _, 1]` pictures of the data's size. Of several inputs the last may
have it, and takes what the others leave. `check` reads no data and leaves shapes behind a `_` alone; `check --data`, `summary` and `train` read them.",
    ),
    form(
        "output",
        "declares what the net answers, and ends it",
        "output NAME: class[K] | real[D] | bits[K] | normal[D] | token[T, vocab=V]",
        "`class[K]` takes K logits, predictions are their softmax. `bits[K]` takes K logits of yes-or-no answers. `real[D]` are numbers.
`normal[D]` takes 2D numbers, means and log-variances.

`token[T, vocab=V]` takes V logits at each of the T steps of the tokens that the net reads: what comes behind each of them is foretold there. With `source text, FILE` and `window T` that is the same text
moved by one token. Its loss is `cross_entropy`, a mean over tokens (`per=row` adds up those of a row), and it is reported as `perplexity`, `bits_per_token`, `bits_per_character` and `accuracy`. `token[_, vocab=_]` has the sizes of the text.

`class[_]`, `real[_]`, `bits[_]` and `normal[_]` have as many classes, numbers or bits as the target of the data; the last layer must still say its width.",
    ),
    form(
        "from",
        "goes back to a named value",
        "from LABEL",
        "`LABEL: chain` names a result and its weights; `from LABEL` lets that value flow again. The name of an input will do as well.

# Example
```net
net {
  input x: real[4]
  stem: dense 16 -> relu
  left: dense 8 -> relu
  from stem -> dense 8 -> tanh
  right: dropout 0.2
  concat left, right
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "reuse",
        "applies a named chain again, with the same weights",
        "reuse LABEL",
        "Every pass draws its own dropout masks.

# Example
```net
net {
  input a: real[4], b: real[4]
  from a
  twin: dense 8 -> relu
  from b
  other: reuse twin
  concat twin, other
  dense 2
  output same: class[2]
}
```",
    ),
    form(
        "branch",
        "one of the ways inside `add`, `mul` or `concat`",
        "branch { ... }",
        "Every branch begins with the value that flows into the layer around it.

# Example
```net
net {
  input x: real[4]
  concat {
    branch {
      dense 8 -> relu
    }
    branch {
      dense 8 -> tanh
    }
  }
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "shortcut",
        "the other way inside `residual`",
        "shortcut { ... }",
        "What is added to the body of a `residual` instead of the value itself, where the two differ in shape.

# Example
```net
net {
  input x: real[4]
  residual {
    dense 8 -> relu -> dense 8
    shortcut {
      dense 8
    }
  }
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "repeat",
        "the same lines several times",
        "repeat COUNT [as NAME] { ... }",
        "Each pass has its own weights and masks; `NAME` counts them from 0.

# Example
```net
net {
  input x: real[4]
  repeat 3 as i {
    dense 32 / 2^i -> relu
  }
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "if",
        "lines that are there or not",
        "if CONDITION { ... } else { ... }",
        "Decided when the file is checked, in blocks and in every section but `sweep`. The branch that is not taken must parse; more is not asked of it.

# Example
```net
param deep = true

net {
  input x: real[4]
  if deep {
    dense 16 -> relu
  }
  dense 3
  output y: class[3]
}
```",
    ),
    form(
        "round",
        "the whole number nearest to a value",
        "round(X), floor(X), ceil(X)",
        "Functions of expressions: `round` goes to the nearest whole number (halves away from 0), `floor` to the one below, `ceil` to the one above. A value that is whole but for
rounding, as `0.29 * 100`, counts as whole. A width that is computed needs one of them.

The others are `min(A, B, ...)`, `max(A, B, ...)`, `sqrt(X)`, `log(X)` (natural), `pick(CONDITION, A, B)` and `ramp(...)`.

# Example
```net
param n = 800
param keep = 0.3

net {
  input x: real[4]
  dense round(n / keep) -> relu -> dropout keep=keep
  dense 3
  output y: class[3]
}
```",
    ),
    form("floor", "the whole number below a value", "floor(X)", "See `round`."),
    form("ceil", "the whole number above a value", "ceil(X)", "See `round`."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::check_source,
        manual::{self, types},
        syntax,
    };

    #[test]
    fn examples_check_and_are_tidy() {
        for form in FORMS.iter().chain(types::TYPES) {
            for example in form.text.split("```net\n").skip(1) {
                let example = example.split("```").next().unwrap_or_default();
                let checked = check_source(example, &Default::default());
                assert!(checked.diagnostics.is_empty(), "{}: {:#?}", form.sig.name, checked.diagnostics);
                assert_eq!(syntax::format(example).as_deref(), Ok(example), "{}", form.sig.name);
            }
        }
    }

    #[test]
    fn a_page() {
        insta::assert_snapshot!(manual::find("reuse").iter().map(manual::Page::markdown).collect::<String>());
    }
}
