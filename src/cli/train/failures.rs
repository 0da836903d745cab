//! Why a run could not begin, or ended before its time.

use dropnet::internal::{
    run::{self, OpenError, Ready, RunDir, StartError},
    runtime::train::TrainError,
};

use super::super::{
    data,
    source::Source,
    ui::{Exit, Failure, Ui},
};

use super::said::steps;

/// Why a run could not begin.
pub fn unstarted(error: StartError, ui: &mut Ui) -> Failure {
    match error {
        StartError::Usage(message) => Failure::usage(message),
        StartError::Data(message) => Failure::data(message),
        StartError::Rows(error) => data::failure(&error, None, ui),
    }
}

/// What is said where training went astray, and of what is left.
pub fn diverged(epoch: u64, step: u64, kept: &str, ready: &Ready) -> Failure {
    let message = format!(
        "training diverged: the objective is no longer finite in epoch {epoch}, step {step}\n{kept}\n{}",
        run::cure(&ready.model, &ready.dataset)
    );
    Failure::Said(Exit::Diverged, message)
}

/// Why training ended before its time.
pub fn failure(error: TrainError, dir: &RunDir, ready: &Ready, ui: &mut Ui) -> Failure {
    match error {
        TrainError::Interrupted { epoch, step } => {
            Failure::Said(Exit::Interrupted, format!("interrupted in epoch {epoch} after {}", steps(step)))
        }
        TrainError::Diverged { epoch, step } => {
            let kept = match dir.has_checkpoint() {
                true => format!("the last good checkpoint is kept in {}", dir.path().display()),
                false => "no checkpoint had been written yet".into(),
            };
            diverged(epoch, step, &kept, ready)
        }
        TrainError::Checkpoint(error) => Failure::data(error),
        TrainError::Data(message) => Failure::data(message),
        TrainError::Rows(error) => data::failure(&error, None, ui),
        TrainError::Unwritten => Failure::data(format!("cannot write {}", dir.path().display())),
        TrainError::Codegen(error) => data::native(&error),
    }
}

/// A file that holds nothing to train.
pub(super) fn faulty(source: &Source, error: &OpenError) -> Failure {
    Failure::Said(Exit::Faulty, format!("{}: {error}", source.name))
}
