//! Judges the training rows as validation rows are judged, for a curve of training that stands beside that of validation.
//!
//! # Formula
//! The figures of an epoch are taken of its steps: with dropout on and rows augmented and mixed as training sees them, by parameters that change from step to step. They lie worse than
//! those of validation wherever dropout is at work, and their distance says nothing of overfitting. `judge train` takes the loss and the reported figures once more after the epoch's last update: dropout off,
//! batch norm as it predicts, hard targets, rows as they were read, averaged parameters where an `average` is kept. The same figures are the line `train` of `dropnet eval`.
//!
//! Nothing of training depends on it, and no bit of a checkpoint's parameters. It costs a forward pass over the training rows, about a third of an epoch; `every=5` takes it after each fifth epoch alone.
//! Figures are in `log.jsonl` under `judged`, in the lines of epochs, in TensorBoard, and a curve of `dropnet plot RUN`: `train (dropout off)`.
//!
//! # Arguments
//! `part` is `train`; `every` is the number of epochs from one time to the next.
//!
//! # Example
//! ```net
//! judge train, every=2
//! ```

use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "judge",
    about: "figures of the training rows with dropout off, after an epoch",
    args: &[
        ArgSpec::required("part", Kind::Word(&["train"]), "which rows: `train`"),
        ArgSpec::named(
            "every",
            Kind::Count { min: 1 },
            Default::Number(1.0),
            "epochs from one time to the next",
        ),
    ],
    block: Block::None,
};

/// The epochs after which training rows are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    pub every: u64,
}

impl Judge {
    pub fn of(args: Args) -> Self {
        Self { every: args.count("every") as u64 }
    }

    /// Whether it does after this epoch, which counts from 1.
    #[must_use]
    pub fn is_due(self, epoch: u64) -> bool {
        epoch.is_multiple_of(self.every)
    }
}
