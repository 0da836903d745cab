//! The share of rows whose class is among the k largest outputs. `top5` is `top_k(5)`; with k = 1 it is the accuracy.
//!
//! # Arguments
//! `k` is less than the number of classes. Of equal outputs the earlier class ranks first.
//!
//! # Example
//! ```net
//! report top2, top_k(3)
//! ```

use super::{Metric, Tally, Targets, Wrong, tally};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Args, Block, Kind, Sig},
};

pub struct TopK;
pub static WORD: TopK = TopK;

static SIG: Sig = Sig {
    name: "top_k",
    about: "share of rows whose class is among the k largest outputs",
    args: &[ArgSpec::required("k", Kind::Count { min: 1 }, "how many outputs count")],
    block: Block::None,
};

impl Metric for TopK {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.classes().is_some() || kind.steps().is_some()
    }

    fn check(&self, args: &Args, kind: OutputKind) -> Result<(), Wrong> {
        if args.count("k") >= kind.outputs() {
            return Err((
                "k",
                format!("must be less than the {} classes, or every row counts", kind.outputs()),
            ));
        }
        Ok(())
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn tally(&self, args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        let k = args.count("k");
        tally::mean(move |rows, right| {
            let classes = match rows.targets {
                Targets::Classes(classes) => classes,
                Targets::Tokens { .. } => {
                    return rows.told().for_each(|(_, others)| right.add(f64::from(others < k)));
                }
                Targets::Real { .. } => return,
            };
            rows.outputs()
                .zip(classes)
                .for_each(|(row, class)| right.add(f64::from(rank(row, *class as usize) < k)));
        })
    }
}

/// How many outputs stand before that of `class`; all where it is no number.
fn rank(row: &[f32], class: usize) -> usize {
    let own = row[class];
    let behind = |(i, x): (usize, &f32)| own > *x || (own == *x && class <= i);
    row.len() - row.iter().enumerate().filter(|(i, x)| behind((*i, x))).count()
}
