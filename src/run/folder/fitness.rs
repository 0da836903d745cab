//! Whether a checkpoint is one of its net: what it says about rows and targets, held once against the net that its text gives.
//!
//! Invariant: behind this, nothing that prediction reads of a checkpoint can be of another size than the net's, or no number.

use crate::{
    data::{
        Affine, ArrayRule, CellRule, ColumnRule, Fields, Format, InputShape, Need, TargetRule, Transform,
        Units, Want,
    },
    model::Model,
    run::agreement,
    runtime::{
        checkpoint::{Checkpoint, CheckpointError},
        progress::Progress,
    },
};

/// # Errors
/// What does not fit, with the reason.
pub fn check(checkpoint: &Checkpoint, model: &Model) -> Result<(), CheckpointError> {
    let need = agreement::need(model);
    let meta = &checkpoint.meta;
    let fits = inputs(&meta.transform, &need)
        .and_then(|()| target(&meta.transform.target, need.target))
        .and_then(|()| attributes(&meta.attributes))
        .and_then(|()| progress(&meta.progress, model));
    fits.map_err(|why| CheckpointError::Mismatch {
        path: checkpoint.path.clone(),
        why: format!(
            "does not fit the net: {why}\nhelp: the checkpoint was changed by hand or is damaged: put an unharmed copy in its place, or train anew"
        ),
    })
}

type Fits = Result<(), String>;

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Fits {
    if holds { Ok(()) } else { Err(why()) }
}

fn inputs(transform: &Transform, need: &Need) -> Fits {
    let shown = |inputs: &[InputShape]| {
        let each: Vec<String> = inputs.iter().map(|i| format!("{}: {:?}", i.name, i.shape)).collect();
        each.join(", ")
    };
    let is_sound = transform.middle.is_none_or(|size| match transform.inputs.as_slice() {
        [input] => matches!(input.shape[..], [h, w, _] if size[0] <= h && size[1] <= w),
        _ => false,
    });
    ensure(is_sound, || "it sees the middle of rows that are no larger pictures".into())?;
    ensure(transform.seen() == need.inputs, || {
        format!(
            "it reads rows for the inputs {}, the net has {}",
            shown(&transform.seen()),
            shown(&need.inputs)
        )
    })?;
    let width = transform.inputs.iter().map(InputShape::width).sum();
    match &transform.fields {
        Fields::Table { format, columns } => table(format, columns, width),
        Fields::Array(rule) => array(rule, width),
        Fields::Text(rule) => {
            let vocab = need.vocab.unwrap_or(0);
            ensure(rule.tokenizer.len() <= vocab, || {
                format!("it numbers {} tokens, the net has {vocab}", rule.tokenizer.len())
            })
        }
    }
}

fn table(format: &Format, columns: &[ColumnRule], width: usize) -> Fits {
    let numbers: usize = columns.iter().map(|column| column.rule.width()).sum();
    let places: std::collections::BTreeSet<usize> = columns.iter().map(|column| column.number).collect();
    ensure(places.len() == columns.len(), || "it reads one column twice".into())?;
    ensure(numbers == width, || format!("its columns give {numbers} numbers a row, the net takes {width}"))?;
    columns.iter().try_for_each(|column| {
        let ColumnRule { name, number, rule } = column;
        ensure((1..=format.width).contains(number), || {
            format!("the column `{name}` is number {number} of {}", format.width)
        })?;
        match rule {
            CellRule::Ordered { names, scale, shift, fill } => {
                let finite = [Some(*scale), Some(*shift), *fill].into_iter().flatten().all(f64::is_finite);
                ensure(finite && !names.is_empty(), || {
                    format!("what it does with the column `{name}` is no finite number")
                })
            }
            CellRule::Dates { pairs, fill, .. } => {
                let finite = pairs.iter().all(|pair| pair.scale.is_finite() && pair.shift.is_finite());
                ensure(finite && fill.is_none_or(f64::is_finite), || {
                    format!("what it does with the dates of `{name}` is no finite number")
                })
            }
            CellRule::Number { scale, shift, fill } | CellRule::Curved { scale, shift, fill, .. } => {
                let finite = [Some(*scale), Some(*shift), *fill].into_iter().flatten().all(f64::is_finite);
                ensure(finite, || format!("what it does with the column `{name}` is no finite number"))
            }
            CellRule::Category { names, fill } | CellRule::Code { names, fill } => {
                ensure(fill.is_none_or(|fill| (fill as usize) < names.len()), || {
                    format!(
                        "what stands for a gap in the column `{name}` is none of its {} words",
                        names.len()
                    )
                })
            }
        }
    })
}

fn array(rule: &ArrayRule, width: usize) -> Fits {
    let ArrayRule { width: read, pairs } = rule;
    ensure(*read == width, || format!("it reads {read} numbers a row, the net takes {width}"))?;
    ensure(!pairs.is_empty() && width.is_multiple_of(pairs.len()), || {
        format!("its {} pairs of scale and shift do not divide the {width} numbers of a row", pairs.len())
    })?;
    let finite = |pair: &Affine| pair.scale.is_finite() && pair.shift.is_finite();
    ensure(pairs.iter().all(finite), || "a scale or shift of its rows is no finite number".into())
}

fn target(rule: &TargetRule, want: Want) -> Fits {
    match (rule, want) {
        (TargetRule::Classes { names, .. }, Want::Class(classes) | Want::Tokens(classes)) => {
            ensure(names.len() == classes, || {
                format!("it names {} classes, the net has {classes}", names.len())
            })
        }
        (TargetRule::Bits { columns, .. }, Want::Bits(bits)) => {
            ensure(columns.len() == bits, || format!("it names {} bits, the net has {bits}", columns.len()))
        }
        (TargetRule::Real { columns, units: Units { mean, sd, .. } }, Want::Real(outputs)) => {
            let sizes = [columns.len(), mean.len(), sd.len()];
            ensure(sizes == [outputs; 3], || {
                let [columns, means, deviations] = sizes;
                format!(
                    "its target has {columns} columns, {means} means and {deviations} deviations, the net {outputs} outputs"
                )
            })?;
            let sound = mean.iter().all(|m| m.is_finite()) && sd.iter().all(|sd| sd.is_finite() && *sd > 0.0);
            ensure(sound, || "a mean of its target is no finite number, or a deviation is not above 0".into())
        }
        (rule, _) => Err(format!("its target is {}, the net answers otherwise", kind(rule))),
    }
}

fn progress(progress: &Progress, model: &Model) -> Fits {
    let stops = model.train.as_ref().is_some_and(|train| train.stop_early.is_some());
    ensure(stops || !progress.stopped_early, || {
        "it was stopped early, which the net does not ask for".into()
    })?;
    let factor = progress.plateau.factor;
    ensure((0.0..=1.0).contains(&factor), || format!("its schedule has cut the rate to {factor} of itself"))
}

fn kind(rule: &TargetRule) -> &'static str {
    match rule {
        TargetRule::Classes { .. } => "a class",
        TargetRule::Real { .. } => "numbers",
        TargetRule::Bits { .. } => "bits",
    }
}

fn attributes(attributes: &std::collections::BTreeMap<String, f64>) -> Fits {
    attributes.iter().try_for_each(|(name, x)| {
        ensure(x.is_finite(), || format!("what it says of `{name}`, {x}, is no finite number"))
    })
}
