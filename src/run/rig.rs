//! For tests: a net of three numbers and three classes with fresh parameters, and rows for it.

use super::Trained;
use crate::{
    check::{Env, check_source},
    data::{Affine, ArrayRule, Fields, Input, Part, Target, TargetRule, Transform},
    lower::lower_samples,
    model::Model,
    runtime::{
        checkpoint::Checkpoint,
        progress::{FORMAT, Meta, Progress},
        store::Store,
    },
};

pub const ROWS: usize = 5;

/// `body` makes three logits of three numbers.
pub fn trained(body: &str) -> Trained {
    seeded(body, 4)
}

/// With parameters by `seed`.
pub fn seeded(body: &str, seed: u64) -> Trained {
    let source = format!("net {{\n  input x: real[3]\n  {body}\n  output y: class[3]\n}}\n");
    let model: Model = check_source(&source, &Env::default()).model.expect("a sound net");
    let graph = lower_samples(&model, true).graph;
    let target = TargetRule::Classes { column: "y".into(), names: vec!["a".into(), "b".into(), "c".into()] };
    let fields = Fields::Array(ArrayRule { width: 3, pairs: vec![Affine { scale: 1.0, shift: 0.0 }] });
    let meta = Meta {
        format: FORMAT,
        source,
        sets: Vec::new(),
        seed: 11,
        progress: Progress::default(),
        transform: Transform {
            inputs: Vec::new(),
            fields,
            target,
            pictures: None,
            sounds: None,
            middle: None,
            resized: false,
            lengths: None,
        },
        rows: None,
        loaded: Vec::new(),
        attributes: Default::default(),
    };
    let checkpoint = Checkpoint::held(&graph, &Store::fresh(&model, &graph, seed), meta);
    Trained { model, checkpoint, calibration: Default::default() }
}

pub fn rows() -> Vec<f32> {
    (0..3 * ROWS).map(|i| (i as f32 * 0.7).sin() * 2.0).collect()
}

/// These rows, of the first class.
pub fn part() -> Part {
    fixed_part(Input::floats("x", &[3], rows()), ROWS)
}

/// Rows of the first class.
pub fn fixed_part(input: Input, rows: usize) -> Part {
    Part::of_first(rows, vec![input], Target::Classes(vec![0; rows]))
}
